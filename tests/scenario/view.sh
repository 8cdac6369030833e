#!/usr/bin/env bash
# Charts while they are being made: over a view that is rebuilt, of another version, or not there at all. What there was stays readable and says up to when it is; what is not there yet is no empty hospital; how far it is stands on the board.
source "$(dirname "$0")/lib.sh"

hf() { "$HOLDFAST" "$@" >out 2>err || { got=$?; cat out err >&2; fail "holdfast $* ended with $got"; }; }
mkdir keep
hf init site --name Gabriel --shares-dir keep
hf simulate --out feed.hl7 --beds 60 --count 20000 --seed 7
hf import --site site feed.hl7
token=$("$HOLDFAST" token create --site site --role api)
watch=$("$HOLDFAST" token create --site site --role admin)
get() { curl -s -D head -o body -w '%{http_code}' -H "Authorization: Bearer ${2:-$token}" "http://127.0.0.1:$http$1"; }
view() { get /api/board "$watch" >/dev/null; json "view.$1" <body; }
until_view() { for _ in $(seq 300); do [ "$(view "$1")" = "$2" ] && return 0; sleep 0.05; done; fail "view.$1 does not become $2: $(cat body)"; }
# The scribe as soon as it is there
scribe() { for _ in $(seq 2000); do p=$(ps -o pid=,comm= --ppid "$daemon" | awk '$2 == "scribe" {print $1}'); [ -z "$p" ] || { echo "$p"; return; }; done; }
send() { python3 - "$mllp" "$1" <<'P'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
n = sys.argv[2].encode()
s.sendall(b"\x0bMSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A01^ADT_A01|" + n + b"|P|2.5\rEVN|A01|20260105120000\rPID|1||" + n + b"^^^GAB^MR||Keller^" + n + b"||19570312|F\rPV1|1|I|3W^301^1\r\x1c\r")
s.settimeout(10)
sys.exit(0 if b"MSA|AA" in s.recv(1000) else 1)
P
}

# --- a rebuild beside a daemon at work: the old view is read, and says so
start site
until_view state following
for _ in $(seq 100); do [ "$(get /api/census "$watch")" = 200 ] && break; sleep 0.05; done # its scribe has just begun
same "$(get /api/census "$watch")" 200 "census: $(cat body)"
cp body census
[ "$(view shown.entry)" -ge "$(json asOf.entry <census)" ] || fail "what the board says is shown"
kill -STOP "$(scribe)" # so that there is time to look
"$HOLDFAST" view rebuild --site site >rebuild.out 2>&1 &
rebuild=$!
until_view state rebuilding
[ "$(view done)" -lt "$(view total)" ] || fail "it is done already"
# a few moments of work: how long it takes is known then
for _ in 1 2 3 4 5 6 7 8; do
	kill -CONT "$(scribe)"
	sleep 0.02
	kill -STOP "$(scribe)"
	[ "$(view state)" = rebuilding ] || break
	[ "$(view done)" = 0 ] || { sleep 0.6; view secondsLeft >left; break; }
done
same "$(view state)" rebuilding "the view's state"
[ "$(view done)" = 0 ] || [ "$(cat left)" -ge 1 ] || fail "nothing says how long it takes"
same "$(get /api/census "$watch")" 200 "census during a rebuild"
python3 - <<'P' || fail "the census of a view that is being rebuilt is not the one before"
import json
a, b = json.load(open("census")), json.load(open("body"))
del a["asOf"], b["asOf"]
assert a == b
P
grep -qi "^holdfast-view: rebuilding; done=[0-9]*; total=[0-9]*; shown=" head || fail "the answer does not say that it is of the view before: $(cat head)"
same "$(get '/fhir/Patient?_count=5')" 200 "FHIR during a rebuild"
python3 -c 'import json,sys
b = json.load(sys.stdin)
o = [e for e in b["entry"] if e["search"]["mode"] == "outcome"]
assert b["total"] > 50 and len(o) == 1 and "made anew" in o[0]["resource"]["issue"][0]["diagnostics"]' <body || fail "the bundle does not say it"
send DURING || fail "a message is not acknowledged during a rebuild"
kill -CONT "$(scribe)"
wait $rebuild || fail "the rebuild: $(cat rebuild.out)"
until_view state following
for _ in $(seq 100); do get '/fhir/Patient?name=DURING' >/dev/null; [ "$(json total <body)" = 1 ] && break; sleep 0.1; done
same "$(json total <body)" 1 "what came during the rebuild"
! grep -qi "^holdfast-view" head || fail "a view that follows says that it does not"

# --- without any view: not an empty hospital, but how far it is
stop
rm -f site/view/*
"$HOLDFAST" serve --site site --plain --http 127.0.0.1:$http --mllp 127.0.0.1:$mllp 2>>"$work/serve.log" &
daemon=$!
stopped=$(scribe)
kill -STOP "$stopped"
# (it may have been stopped before the daemon could say that it is ready: the pages are there all the same)
for _ in $(seq 200); do curl -sf "http://127.0.0.1:$http/healthz" >/dev/null && break; sleep 0.05; done
same "$(get /api/census "$watch")" 503 "the census without a view"
grep -q '"no-view"' body || fail "it does not say that there is no view: $(cat body)"
grep -qi '^retry-after' head || fail "it does not say when to ask again"
same "$(get /fhir/Patient)" 503 "FHIR without a view"
same "$(get /api/board "$watch")" 200 "the board without a view"
python3 -c 'import json,sys
b = json.load(sys.stdin)
assert b["view"]["shown"] == {} or b["view"]["shown"]["entry"] <= 1, b["view"]
assert b["view"]["total"] > 20000 and b["ledger"]["size"] > 20000' <body || fail "the board without a view: $(cat body)"
send FIRST || fail "a message is not acknowledged without a view"
kill -CONT "$stopped"
until_view state following
for _ in $(seq 100); do [ "$(get /api/census "$watch")" = 200 ] && break; sleep 0.05; done # its scribe has just begun
same "$(get /api/census "$watch")" 200 "census: $(cat body)"
get '/fhir/Patient?name=FIRST' >/dev/null
same "$(json total <body)" 1 "what came before there was a view"

# --- a view that other readers made (an upgrade): it is read until the new one is whole, without a moment between
stop
python3 - <<'P' || fail "the view cannot be made another's"
import sqlite3
d = sqlite3.connect("site/view/chart.db")
n = d.execute("update kv set value = cast('hl7 0 fhir 0' as blob) where key = cast('readers' as blob)").rowcount
d.commit()
d.execute("pragma wal_checkpoint(truncate)")
d.close()
assert n == 1, n
P
chown --reference=site/view site/view/* 2>/dev/null || true
"$HOLDFAST" serve --site site --plain --http 127.0.0.1:$http --mllp 127.0.0.1:$mllp 2>>"$work/serve.log" &
daemon=$!
for _ in $(seq 400); do curl -sf "http://127.0.0.1:$http/healthz" >/dev/null && break; sleep 0.02; done
asked=0
while :; do
	same "$(get '/fhir/Patient?name=FIRST')" 200 "FHIR while an upgrade makes its view"
	same "$(json total <body)" 1 "who was there before the upgrade"
	asked=$((asked + 1))
	view state >state && [ "$(cat state)" = following ] && [ "$(view done)" = "$(view total)" ] && [ $asked -gt 10 ] && break
done
grep -q "made by other readers" serve.log || fail "it does not say that the view was another's"
stop
python3 -c 'import sqlite3; d = sqlite3.connect("file:site/view/chart.db?mode=ro", uri=True); r = d.execute("select value from kv where key = cast(? as blob)", ("readers",)).fetchone()[0]; import sys; sys.exit(r == b"hl7 0 fhir 0")' || fail "the view was not made again"
echo "charts while they are made: $asked looks during an upgrade"
