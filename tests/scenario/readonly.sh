#!/usr/bin/env bash
# An old copy of a site is started (a disk image of yesterday): others have seen more of its log. Nothing is appended and no message is acknowledged; the charts that it has are read in the browser and over FHIR, loudly marked, and views are
# counted. What to do next is named; when it is done, the site goes on.
source "$(dirname "$0")/lib.sh"

hf() { "$HOLDFAST" "$@" >out 2>err || { got=$?; cat out err >&2; fail "holdfast $* ended with $got"; }; }
status() { "$HOLDFAST" status --site "$1" --json; }

mkdir keep
hf init site --name Gabriel --shares-dir keep
hf simulate --out early.hl7 --beds 20 --count 300 --seed 7
hf simulate --out late.hl7 --beds 20 --count 500 --seed 8
hf import --site site early.hl7
token=$("$HOLDFAST" token create --site site --role api)
password=$("$HOLDFAST" user add nora --role clinician --site site 2>/dev/null)
hf replica add off "$work/off" --site site
hf replica push off --site site
cp -a site old # the disk image of that evening
hf import --site site late.hl7
hf replica push off --site site
seen=$(sed -n 2p off/ledger/checkpoint)

# --- started: it asks, and finds that it is old
before=$("$HOLDFAST" ledger head --site old --json | json size)
start old
for _ in $(seq 200); do status old >st 2>/dev/null && grep -q '"readOnly"' st && grep -q '"state":"refusing"' st && break; sleep 0.1; done
grep -q '"readOnly"' st || fail "status does not say that it is read-only: $(cat st)"
grep -q "READ-ONLY" serve.log || fail "the journal does not say it"
python3 - <<'P' || fail "status: what is wrong and what to do"
import json
s = json.load(open("st"))
assert "holdfast ledger epoch" in s["readOnly"]["next"] and "more of this log" in s["readOnly"]["reason"], s["readOnly"]
a = [x for x in s["alarms"] if x["id"] == "read-only"]
assert a and a[0]["severity"] == "alarm" and "epoch" in a[0]["next"], s["alarms"]
assert all(l["state"] == "refusing" and "read-only" in l["reason"] for l in s["listeners"]), s["listeners"]
P
"$HOLDFAST" status --site old >text 2>&1 || true
grep -q "READ-ONLY" text || fail "the status for people does not say it"

# --- charts are read: board, census, a chart, FHIR; each answer says what it is
api() { curl -s -D head -H "Authorization: Bearer $token" "http://127.0.0.1:$http$1"; }
api /fhir/Patient >bundle
grep -qi '^holdfast-view: .*read-only' head || fail "the answer does not say that it is of a read-only copy: $(cat head)"
python3 - <<'P' || fail "the bundle"
import json
b = json.load(open("bundle"))
assert b["total"] > 5, b["total"]
o = [e for e in b["entry"] if e["search"]["mode"] == "outcome"]
assert len(o) == 1 and "read-only" in o[0]["resource"]["issue"][0]["diagnostics"], o
json.dump([e["resource"]["id"] for e in b["entry"] if e["resource"]["resourceType"] == "Patient"][0], open("id", "w"))
P
id=$(tr -d '"' <id)
api "/fhir/Patient/$id/\$summary" | python3 -c 'import json,sys; assert json.load(sys.stdin)["type"] == "document"' || fail "a summary"
# a person signs in and reads, though the sign-in cannot be entered
curl -s -c jar -H 'Content-Type: application/json' -d "{\"user\":\"nora\",\"password\":\"$password\"}" "http://127.0.0.1:$http/api/login" >login
grep -q '"user":"nora"' login || fail "nobody can sign in: $(cat login)"
curl -sf -b jar "http://127.0.0.1:$http/api/board" >board || fail "no board"
grep -q '"readOnly"' board || fail "the board does not say it"
curl -sf -b jar "http://127.0.0.1:$http/api/census" | grep -q '"id"' || fail "no census"
curl -sf -b jar "http://127.0.0.1:$http/api/patient/$id" >chart || fail "no chart"
curl -sf -b jar "http://127.0.0.1:$http/api/board" | python3 -c 'import json,sys
b = json.load(sys.stdin)
assert b["notRecorded"] >= 4, b["notRecorded"]
assert any(a["id"] == "not-recorded" for a in b["alarms"])' || fail "views are not counted"
"$HOLDFAST" chart census --site old >census 2>said || fail "the command does not read charts: $(cat said)"
grep -q "NOT BEING RECORDED" said || fail "the command does not say that it is not recorded"

# --- nothing is taken in: no acknowledgement, no entry, by no way
python3 - "$mllp" <<'P' || fail "a message was acknowledged"
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"\x0bMSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A01^ADT_A01|NEW1|P|2.5\rEVN|A01|20260105120000\rPID|1||NEW1^^^GAB^MR||Keller^Jeanne||19570312|F\r\x1c\r")
s.settimeout(3)
try:
    got = s.recv(1000)
except socket.timeout:
    got = b""
sys.exit(1 if b"MSA|" in got else 0)
P
! "$HOLDFAST" import --site old late.hl7 >out 2>err || fail "an import was taken"
grep -q "Nothing is appended under this name" err || fail "the import does not say why: $(cat err)"
code=$(curl -s -o answer -w '%{http_code}' -H "Authorization: Bearer $token" -H 'Content-Type: application/fhir+json' -d '{"resourceType":"Patient","name":[{"family":"New"}]}' "http://127.0.0.1:$http/fhir/Patient")
[ "$code" -ge 500 ] || fail "a resource was taken: $code"
! "$HOLDFAST" user add max --role clinician --site old >out 2>err || fail "an account was made"
! "$HOLDFAST" vault backup --site old --source x keep >out 2>err || fail "a backup was taken"

# --- its processes are killed: it is what it was
kill -9 "$(status old | python3 -c 'import json,sys; print([r["pid"] for r in json.load(sys.stdin)["roles"] if r["name"] == "keeper"][0])')"
for _ in $(seq 100); do status old >st 2>/dev/null && grep -q '"readOnly"' st && break; sleep 0.1; done
grep -q '"readOnly"' st || fail "after a death it is not what it was"
curl -sf -b jar "http://127.0.0.1:$http/api/patient/$id" >again || fail "no chart after a death"

# --- stopped, it says again why, and ends with 1; not one entry more
set +e
kill -TERM "$daemon"; wait "$daemon"; got=$?
daemon=
set -e
same $got 1 "exit of a site that needs a decision"
grep -q "holdfast ledger epoch" serve.log || fail "it does not say what to do"
same "$("$HOLDFAST" ledger head --site old --json | json size)" "$before" "entries"
hf ledger verify --site old
same "$(sed -n 2p off/ledger/checkpoint)" "$seen" "the replica"

# --- the decision: it goes on under another name
hf ledger epoch --reason "an old image was restored" --site old
"$HOLDFAST" replica status off --site old >/dev/null 2>&1 || true
start old
status old | grep -q '"readOnly"' && fail "it is read-only after the decision"
hf import --site old late.hl7
stop
echo "an old copy of a site: read, marked, counted, and not written"
