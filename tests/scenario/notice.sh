#!/usr/bin/env bash
# holdfast notice duties as a privacy officer's office uses it: a case from a file and from a pipe, JSON, what changed, what is wrong with a file.
. "$(dirname "$0")/lib.sh"
cat >case.json <<'J'
{"name":"St. Gabriel","discovered":"2026-03-02T09:30:00-06:00","entity":{"kind":"covered-entity","country":"US","state":"TX"},"persons":{"US-TX":499,"US-VT":1,"FR":12,"BR":4,"unknown":3},"elements":["name","ssn","diagnosis"],"acquired":true,"encrypted":false,"media":"electronic"}
J
"$HOLDFAST" notice duties --case case.json --json >duties.json 2>talk
python3 - <<'P' || fail "the JSON of duties"
import json
d = json.load(open('duties.json'))
by = {x['id']: x for x in d}
for x in d:
    assert {'id', 'jurisdiction', 'recipient', 'due', 'why', 'citation', 'checked'} <= set(x), x
assert len(by) == len(d)
assert by['us-hipaa-ocr-ge500']['due'] == '2026-05-01' and 'us-hipaa-media' not in by
assert by['us-tx-regulator']['due'] == '2026-04-01' and by['us-vt-regulator']['due'] == '2026-03-20'
assert by['fr-cnil']['due'] == '2026-03-05T09:30:00-06:00' and by['fr-cnil']['may_apply'] is True
assert by['eu-gdpr-34']['due'] is None
dated = [x['due'] for x in d if x['due']]
assert [x['due'] for x in d][:len(dated)] == dated
P
grep -q "BR (4 persons)" talk || fail "a country without rules is said"
grep -q "3 persons live nobody knows where" talk || fail "unknown residence is said"
"$HOLDFAST" notice duties --case - --json <case.json 2>/dev/null | cmp - duties.json || fail "a case from a pipe"
"$HOLDFAST" notice duties --case case.json --now 2026-03-04T15:30:00Z 2>/dev/null >table
grep -q '^\*? 2026-03-05T09:30:00-06:00 24 h .*fr-cnil' table || fail "the countdown in hours"
grep -q '^\*  2026-03-20 *16 d .*us-vt-regulator' table || fail "the countdown in days"
"$HOLDFAST" notice duties --case case.json --possible --json 2>/dev/null | python3 -c 'import json,sys; d = json.load(sys.stdin); assert any(x.get("possible") and x["id"] == "us-hipaa-media" for x in d)' || fail "what is possible"
for lang in en fr zh es; do
	"$HOLDFAST" notice duties --case case.json --why --lang $lang 2>/dev/null >why.$lang
	grep -q 521.053 why.$lang || fail "why in $lang"
done
cmp -s why.en why.fr && fail "French is English"

# the count moves: two more in Texas
sed 's/"US-TX":499/"US-TX":501/; s/2026-03-02T/2026-03-01T/' case.json >later.json
"$HOLDFAST" notice duties --case later.json --since duties.json >changes 2>/dev/null
grep -q '^added   US    us-hipaa-media *2026-04-30$' changes || fail "what is added"
grep -q '^moved   US-TX us-tx-regulator *2026-04-01 -> 2026-03-31$' changes || fail "what is moved"
"$HOLDFAST" notice duties --case case.json --since duties.json --json 2>/dev/null >none
same "$(cat none)" '{"added":[],"removed":[],"moved":[]}' "nothing changed"

# what is wrong is said, with its place
set +e
"$HOLDFAST" notice duties 2>err; same $? 2 "no case"
"$HOLDFAST" notice duties --case none.json 2>err; same $? 1 "a case that is not there"
"$HOLDFAST" notice duties --case case.json --lang de 2>err; same $? 2 "a language that there is not"
echo '{"discovered":"2026-03-02","persons":{"US-TX":-4}}' >bad.json
"$HOLDFAST" notice duties --case bad.json 2>err; same $? 1 "a number that is none"
grep -q 'bad.json:persons.US-TX' err || fail "where it stands"
echo '{"discovered":"2026-03-02"' >bad.json
"$HOLDFAST" notice duties --case bad.json 2>err; same $? 1 "half a file"
"$HOLDFAST" notice duties --case case.json --since case.json 2>err; same $? 1 "a case as earlier duties"
set -e
echo "duties hold"
