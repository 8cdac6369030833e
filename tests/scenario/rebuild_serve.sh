#!/usr/bin/env bash
# A daemon on a site that is being rebuilt: people sign in and read charts from the copy while the ledger comes back, marked as what they are; who looked is an entry of the new epoch, once, whatever is killed; full service begins
# by itself.
. "$(dirname "$0")/lib.sh"
command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null || skip "strace cannot trace here"

hf init site --name Gabriel --shares-dir shares 2>/dev/null
keys=$(ls shares/*1-of-3.txt shares/*2-of-3.txt)
pw=$(hf user add nora --role clinician --site site </dev/null)
echo "$pw" >first
gone=$(hf user add olga --role clinician --site site </dev/null)
hf user disable olga --reason "left us" --site site >/dev/null
hf simulate --out feed.hl7 --beds 30 --count 600 --seed 7 >/dev/null 2>&1
hf import feed.hl7 --site site >/dev/null
hf view copy --site site >/dev/null
hf simulate --out more.hl7 --beds 30 --count 60 --seed 8 >/dev/null 2>&1
hf import more.hl7 --site site >/dev/null
hf replica add off "$work/off" --site site >/dev/null
hf replica push off --site site >/dev/null
[ -d off/files/keys/accounts.age ] || fail "a head does not carry the accounts"
hf replica push off --site site >/dev/null
same "$(ls off/files/keys/accounts.age | wc -l)" 1 "sealed anew only when something is new"

rebuilder=
# The rebuild stops (a slow network would make it as long) when charts are there and the new epoch has not begun.
rebuild_stopped() { # DEST
	rm -f trace
	strace -f -o trace -P "$work/$1/view/chart.db" -P "$work/$1/rebuild.progress" -s 200 -e trace=fsync,pwrite64 -e inject=fsync:signal=STOP:when=1 "$HOLDFAST" rebuild --from off --shares $keys "$1" >rebuilt.txt 2>told &
	rebuilder=$!
	for _ in $(seq 200); do
		! grep -q -- "SIGSTOP" trace 2>/dev/null || return 0
		sleep 0.05
	done
	fail "the rebuild does not stop: $(cat told)"
}
traced() { awk '/SIGSTOP/ {print $1; exit}' trace; }
# What was written down for a daemon: how much there is, and never more done than that
told_total() { python3 -c 'import re
seen = [(int(d), int(t)) for d, t in re.findall(r"pwrite64\(\d+(?:<[^>]*>)?, \"[a-z][^\"]*?\\t(\d+)\\t(\d+)\\t", open("trace", errors="replace").read())]
assert any(t > 0 for d, t in seen) and all(d <= t for d, t in seen), seen'; }
go_on() { kill -CONT "$(traced)"; wait $rebuilder || fail "the rebuild: $(cat told)"; rebuilder=; }
kill_rebuild() { kill -KILL "$(traced)" 2>/dev/null || true; wait $rebuilder 2>/dev/null || true; rebuilder=; }
base() { echo "http://127.0.0.1:$http"; }
code() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
login() { # JAR
	curl -s -c "$1" -d "{\"user\":\"nora\",\"password\":\"$pw\"}" "$(base)/api/login" >login.json
	csrf=$(json csrf <login.json)
}
noted() { grep -c "$(printf '^[0-9]*\tweb\t')" "$1"; }
# The entries of the time of the rebuild: what happened, one a line
entered() { # SITE KIND
	hf ledger cat --kind "$2" --site "$1" 2>/dev/null | python3 -c 'import base64, re, sys
for s in re.findall(r"(?:\"query\"|\"reason\"): ?\"([^\"]*)\"", sys.stdin.read()):
    t = s
    if "during" not in s:
        try: t = base64.b64decode(s).decode()
        except Exception: pass
    if "during the rebuild, at 20" in t: print(t)'
}

rebuild_stopped new
[ ! -e new/site.ini ] || fail "it is a site already"
start new
login jar
same "$(json mustChange <login.json)" False "a password need not be changed now"
same "$(code -d "{\"user\":\"olga\",\"password\":\"$gone\"}" "$(base)/api/login")" 401 "who was disabled stays so"
curl -s -b jar "$(base)/api/board" >board.json
same "$(json view.state <board.json)" restoring "the board says what it is"
same "$(json restoring.running <board.json)" True "a rebuild is at work"
[ -n "$(json restoring.doing <board.json)" ] || fail "it is not said what is done: $(cat board.json)" # (how much there is may be known a moment later only, the charts come first: told_total)
curl -s -D head -b jar "$(base)/api/census" >census.json
grep -qi "^holdfast-view: restoring; .*read-only" head || fail "the census is not marked: $(cat head)"
id=$(python3 -c 'import json; print(json.load(open("census.json"))["patients"][0]["id"])')
curl -s -D head -b jar "$(base)/api/patient/$id" >chart.json || true
grep -q " 200" head || fail "the chart: $(head -1 head) $(cat chart.json | head -c 300)"
same "$(json viewEntry <chart.json)" None "the look has no number yet"
same "$(code -b jar -H "X-Holdfast-CSRF: $csrf" -d '{"old":"x","new":"a long night in march"}' "$(base)/api/password")" 503 "nothing is changed"
same "$(code -b jar -H "X-Holdfast-CSRF: $csrf" -H 'Content-Type: application/fhir+json' -d '{"resourceType":"Patient"}' "$(base)/fhir/Patient")" 403 "nothing is written"
python3 - $mllp <<'P' || fail "a feed is let in"
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)
    sys.exit(1)
except ConnectionRefusedError:
    pass
P
refused 3 "another rebuild is at work" rebuild --from off --shares $keys new
before=$(noted new/rebuild.looked)
[ "$before" -ge 3 ] || fail "sign-in and looks are not noted: $(cat new/rebuild.looked)"

# --- killed, the daemon: what was noted stays, a torn line goes; the rebuild: it is said, and goes on
kill -KILL $daemon
wait $daemon 2>/dev/null || true
printf '7\tweb\t{"torn' >>new/rebuild.looked
start new
login jar
same "$(noted new/rebuild.looked)" $((before + 1)) "nothing was lost, and what was told to nobody is gone"
kill_rebuild
sleep 1
curl -s -b jar "$(base)/api/board" >board.json
same "$(json restoring.running <board.json)" False "the rebuild was broken off"
same "$(code -b jar "$(base)/api/patient/$id")" 200 "charts are read all the same"
rebuild_stopped new
same "$(code -b jar "$(base)/api/patient/$id")" 200 "and while the same rebuild goes on"
count=$(noted new/rebuild.looked)

# --- it is whole: full service begins by itself, and nobody is signed out
go_on
told_total || fail "how much there is to fetch was never said"
for _ in $(seq 60); do
	[ "$(curl -s -b jar "$(base)/api/session" | json mustChange 2>/dev/null || true)" != True ] || break
	sleep 0.1
done
same "$(curl -s -b jar "$(base)/api/session" | json mustChange)" True "signed in still, and the rules of every day hold again"
same "$(code -b jar -c jar -H "X-Holdfast-CSRF: $csrf" -d "{\"old\":\"$pw\",\"new\":\"a long night in march\"}" "$(base)/api/password")" 204 "own password"
pw="a long night in march"
same "$(curl -s -b jar "$(base)/api/board" | json view.state)" following "full service"
[ ! -e new/rebuild.looked ] || fail "the list of who looked was left: $(cat new/rebuild.looked)"
[ ! -e new/rebuild ] && [ ! -e new/rebuild.accounts ] && [ ! -e new/rebuild.progress ] || fail "left: $(ls new)"
hf simulate --to 127.0.0.1:$mllp --beds 30 --count 50 --seed 9 >/dev/null 2>&1
same "$({ entered new audit; entered new session; } | wc -l)" "$count" "each sign-in and look is an entry, once"
entered new session >lines
[ -s lines ] || fail "no sign-in among them"
shown new
stop
hf ledger verify --bodies --site new >/dev/null
hf view check --site new >/dev/null 2>&1 || true

# --- killed while the looks are entered, by the daemon's keeper or by that of the rebuild: once each
pw=$(cat first)
for when in fdatasync:1 ftruncate:2; do # (strace counts each call by itself)
	rm -rf again
	rebuild_stopped again
	start again
	login jar
	for _ in 1 2 3; do code -b jar "$(base)/api/patient/$id" >/dev/null; done
	kill -KILL $daemon
	wait $daemon 2>/dev/null || true
	daemon=
	count=$(noted again/rebuild.looked)
	kill_rebuild
	# killed when it has said from where on they are entered, and when all are entered and the list is not emptied yet
	status=0
	timeout 100 strace -f -o killed -e trace=${when%:*} -P "$work/again/rebuild.looked" -e inject=${when%:*}:signal=KILL:when=${when#*:} "$HOLDFAST" rebuild --from off --shares $keys again >/dev/null 2>&1 || status=$?
	[ $status != 124 ] && grep -q 'killed by SIGKILL' killed || fail "not killed at step $when: exit status $status"
	hf rebuild --from off --shares $keys again >/dev/null 2>told || grep -q "there is a site" told || fail "$(cat told)"
	hf status --site again >/dev/null
	same "$({ entered again audit; entered again session; } | wc -l)" "$count" "each, once (killed at step $when)"
	[ ! -e again/rebuild.looked ] || fail "the list was left"
done

# --- a daemon that is there before the rebuild has brought anything
rm -rf third
mkdir third
printf '%s/off\n' "$work" >third/rebuild
"$HOLDFAST" serve --site third --plain --http 127.0.0.1:$(free_port) 2>early.log &
early=$!
for _ in $(seq 100); do ! grep -q "waiting for its keys" early.log || break; sleep 0.05; done
grep -q "waiting for its keys" early.log || fail "$(cat early.log)"
kill $early
wait $early 2>/dev/null || true
