#!/usr/bin/env bash
# Wards' PCs: one that never had a network brings what was written down on a stick; items are there once, whoever brings them and however often; a copied or changed folder or file is found out; a station that was revoked brings nothing.
# Takes half a minute: 2,000 items are written down, and one station is killed again and again while it writes.
. "$(dirname "$0")/lib.sh"
export XDG_STATE_HOME=$work/state
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 --shares-dir . 2>/dev/null
printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000+0000||ADT^A01|R1|P|2.5.1\rEVN|A01|20260105120000+0000\rPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\rPV1|1|I|3W^12^A\r' >one.hl7
hf import --site site one.hl7 >/dev/null
item() { printf '{"unit":"3W","patient":"4711","kind":"vitals","occurred":"2026-11-22T03:12","by":"a.keller","identifiers":["birth","wristband"],"values":{"pulse":%s}}\n' "$1"; }
at() { # STATION ARGUMENTS: its witness is beside it
	local d=$1 verb=$2
	shift 2
	hf station "$verb" --dir "$d" --witness "$d.witness" "$@"
}
# one that was kept by somebody else's hand
refused_at() { # STATION STATUS WORD VERB ARGUMENTS
	local d=$1 status=$2 word=$3 verb=$4
	shift 4
	refused "$status" "$word" station "$verb" --dir "$d" --witness "$d.witness" "$@"
}

# ---- made, enrolled, joined
for d in a b; do at $d new --unit 3W --name "desk $d" 2>/dev/null; done
refused_at a 1 'is there already' new --unit 3W
item 70 >i
refused_at a 1 'not enrolled' capture i
hf station enrol --site site a.request b.request --json >enrolled 2>/dev/null
same "$(wc -l <enrolled)" 2 "stations enrolled"
a=$(head -1 enrolled | json key) b=$(tail -1 enrolled | json key)
[ "$a" != "$b" ] || fail "two stations have one key"
refused_at a 1 'another station' join b.answer
hf init other --shares 1/1 2>/dev/null
refused_at a 1 "another site" join a.answer --vkey other/ledger/vkey
at a join a.answer --vkey site/ledger/vkey 2>/dev/null
at b join b.answer 2>said
grep -q 'SITE NOT VERIFIED' said || fail "without --vkey the site is not verified: $(cat said)"
hf station enrol --site site a.request --json 2>/dev/null | json key >k
same "$(cat k)" "$a" "the same request again gets the same key"
same "$(entries site station)" 2 "entries of two stations"
grep -q PRIVATE a.request a.answer && fail "a secret travels"
sed 's/^unit 3W/unit 4W/' a.request >bad.request
refused 1 '' station enrol --site site bad.request

# ---- written down, each with an id of its own; numbers
for i in 1 2 3; do item 7$i; done >three
same "$(at a capture three 2>/dev/null | tr '\n' ' ')" "$a-000001 $a-000002 $a-000003 " "ids"
n1=$(at a number) n2=$(at a number)
[ "$n1" != "$n2" ] || fail "a number is given twice"
hf downtime numbers check "$n2" >/dev/null || fail "the number does not check: $n2"
echo '{"kind":"vitals"}' >bad
refused_at a 1 '' capture bad
at a status --json >st || true
same "$(json items <st) $(json waiting <st) $(json numbersLeft <st)" "3 3 198" "items, waiting, numbers"
refused_at a 1 'NONE HAS COME' status

# ---- a stick: sealed, taken once however often, and by the daemon as well
at a export -o stick 2>/dev/null
grep -qF 4711 stick && fail "a patient's number stands in the file in clear"
hf capture import --site site stick >out 2>said
grep -q '3 taken, 0 there already, 0 refused' said || fail "first time: $(cat said)"
hf capture import --site site stick --json >out 2>said
grep -q '0 taken, 3 there already' said || fail "second time: $(cat said)"
same "$(json id <<<"$(head -1 out)")" "$a-000001" "its id"
same "$(entries site capture)" 3 "entries"
same "$(hf station list --site site --json | json stations.0.last)" 3 "the highest number that is here"
refused 1 'another site' capture import --site other stick
python3 - <<'P'
b = open('stick', 'rb').read()
note = b.index(b'age-encryption.org')
for i, at in enumerate([3, 40, note - 20, note + 3, note + 200, len(b) - 1]):
    open(f'changed-{i}', 'wb').write(b[:at] + bytes([b[at] ^ 1]) + b[at + 1:])
open('changed-shorter', 'wb').write(b[:-1])
P
for f in changed-*; do refused 1 '' capture import --site site $f; done
same "$(entries site capture)" 3 "entries after files that were changed"

# ---- 2,000 items at b, which is killed while it writes; what it has said is in the ledger, once
python3 - <<'P'
import json
with open('many', 'w') as f:
    for i in range(2000):
        f.write(json.dumps({"unit": "3W", "patient": "4711", "kind": "vitals", "occurred": "2026-11-22T04:%02d" % (i % 60), "by": "a.keller", "values": {"pulse": 50 + i % 80}, "id": "PAGE-%06d" % i}) + "\n")
P
: >told
for ms in 30 60 90 120 200 300 500; do
	timeout 60 "$HOLDFAST" station capture --dir b --witness b.witness many >part 2>/dev/null &
	pid=$!
	sleep "0.$(printf %03d $ms)"
	kill -9 $(pgrep -P $pid) 2>/dev/null || true
	wait $pid 2>/dev/null || true
	grep -Eo '^PAGE-[0-9]{6}' part >>told || true
done
head -200 many >some
at b capture some >part 2>/dev/null || fail "after the kills"
cut -d: -f1 part >>told
head -5 three | while read -r line; do echo "$line"; done >plain
at b capture plain >>told 2>/dev/null
at b export -o stick-b 2>/dev/null
start site
hf capture import --site site stick-b --json >out 2>said || fail "beside the daemon: $(cat said)"
hf capture import --site site stick-b >/dev/null 2>said
grep -q ' 0 refused' said && grep -q '^holdfast: 0 taken' said || fail "again: $(cat said)"
sort -u told >told.sorted
python3 - <<'P' || fail "what was said at the station is not there once"
import json, sys
there = [json.loads(l)["id"] for l in open('out')]
told = set(open('told.sorted').read().split())
sys.exit(0 if len(there) == len(set(there)) and told <= set(there) else 1)
P
shown site
same "$(hf capture list --site site --json 2>/dev/null | grep -c '"kind":"vitals"')" "$(entries site capture)" "items listed and entries"

# ---- a copy writes nothing, for ever; what it holds may still be brought
item 90 >i
cp -a a copy && cp a.witness copy.witness
refused_at copy 1 'copied or restored' capture i
refused_at copy 1 'writes nothing any more' number
at copy export --all -o stick-copy 2>/dev/null
hf capture import --site site stick-copy >/dev/null 2>said || fail "what a copy holds: $(cat said)"
at a capture i >id 2>/dev/null || fail "the first goes on"
rm a.witness
refused_at a 1 'witness is not there' capture i
at a export -o stick 2>/dev/null
hf capture import --site site stick >out 2>/dev/null || fail "a station without its witness brings what it holds"
grep -q "$(cat id)" out || fail "its last item: $(cat out)"

# ---- revoked
refused 1 'no station of this key' station revoke --site site --reason lost XXXX
hf station revoke --site site --reason "the PC was stolen" "$b" 2>/dev/null
at b capture i >/dev/null 2>&1
at b export --all -o stick-b 2>/dev/null
refused 1 'was revoked' capture import --site site stick-b
stop

# ---- the table of stations is made again from the ledger
rm site/keys/accounts.json
hf station list --site site --json >list
same "$(json stations.0.key <list) $(json stations.1.revoked <list)" "$a True" "stations out of the ledger"
[ "$(json stations.0.last <list)" -ge 6 ] || fail "the highest number: $(cat list)"
hf ledger verify --site site >/dev/null || fail "the ledger does not verify"
echo "stations hold"
