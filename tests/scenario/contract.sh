#!/usr/bin/env bash
# The commands other programs rely on, as their man pages state them, on one small site.
. "$(dirname "$0")/lib.sh"

# --- names and usage
"$HOLDFAST" --help >/dev/null || fail "--help"
set +e
"$HOLDFAST" frobnicate 2>err; same $? 2 "unknown command's exit"; grep -q "unknown command" err || fail "unknown command is said"
for c in init serve status import chart ledger view hl7 identity user token key simulate; do
	"$HOLDFAST" $c --help >/dev/null; same $? 0 "$c --help"
	"$HOLDFAST" $c --no-such-option 2>/dev/null; same $? 2 "$c with a wrong option"
done
set -e

# --- init
mkdir shares
"$HOLDFAST" init site --name "St. Gabriel" --shares 2/3 --shares-dir shares 2>talk
same "$(ls shares | wc -l)" 3 "shares"
[ "$(stat -c %a shares/*1-of-3*)" = 600 ] || fail "a share is readable by others"
grep -rqs "AGE-SECRET-KEY" site/keys/recovery* && fail "a private recovery key lies in the site"
[ -s site/ledger/vkey ] && [ -s site/ledger/checkpoint ] || fail "vkey and checkpoint"
"$HOLDFAST" key check shares/*2-of-3* --site site
sed 's/[A-Z2-7]\{4\}/AAAA/2' shares/*2-of-3* >bad-share
set +e; "$HOLDFAST" key check bad-share 2>/dev/null; same $? 1 "a mistyped share"; set -e
set +e; "$HOLDFAST" init site 2>/dev/null; [ $? -ne 0 ] || fail "init over a site"; set -e

# --- import without a daemon: every line end, a batch, FHIR, NDJSON
printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A01^ADT_A01|C1|P|2.5.1\rEVN|A01|20260105120000\rPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\rPV1|1|I|ICU^101^A^GAB||||||||||||||||V1^^^GAB^VN|||||||||||||||||||||||||20260105113000\rAL1|1|DA|91936005^Penicillin^SCT|SV|Hives\r' >cr.hl7
printf 'MSH|^~\\&|LAB|GAB|HF|GAB|20260105130000||ORU^R01^ORU_R01|L1|P|2.5.1\nPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\nPV1|1|I|ICU^101^A^GAB\nOBR|1|P1^EHR|F1^LAB|24323-8^CMP^LN|||20260105123000|||||||||||||||||F\nOBX|1|NM|2823-3^Potassium^LN||3.10|mmol/L|3.5-5.1|L|||F|||20260105123000\n' >lf.hl7
printf 'FHS|^~\\&|X\r\nBHS|^~\\&|X\r\nMSH|^~\\&|EHR|GAB|HF|GAB|20260105140000||ADT^A02^ADT_A02|C2|P|2.5.1\r\nEVN|A02|20260105140000\r\nPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\r\nPV1|1|I|CARD^501^B^GAB|||ICU^101^A^GAB|||||||||||||V1^^^GAB^VN\r\nBTS|1\r\nFTS|1\r\n' >batch.hl7
cat >bundle.json <<'J'
{"resourceType":"Bundle","type":"transaction","entry":[
 {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","identifier":[{"type":{"coding":[{"code":"MR"}]},"system":"urn:oid:1.2.3","value":"F-1"}],"name":[{"family":"Nguyễn","given":["An"]}],"gender":"male","birthDate":"1980-02-01"},"request":{"method":"POST","url":"Patient"}},
 {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2823-3","display":"Potassium"}]},"subject":{"reference":"urn:uuid:1"},"effectiveDateTime":"2026-01-05T10:00:00Z","valueQuantity":{"value":4.50,"unit":"mmol/L"}},"request":{"method":"POST","url":"Observation"}}]}
J
printf '{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"N-1"}],"name":[{"family":"Line"}]}\n{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"N-2"}],"name":[{"family":"Other"}]}\n' >lines.ndjson
"$HOLDFAST" import --site site cr.hl7 lf.hl7 batch.hl7 bundle.json lines.ndjson >out
same "$(entries site hl7v2)" 3 "messages"
same "$(entries site hl7v2-envelope)" 4 "batch lines"
same "$(entries site fhir)" 3 "resources"
"$HOLDFAST" import --site site cr.hl7 lf.hl7 batch.hl7 || fail "a repeated message is no error"
same "$(entries site hl7v2)" 3 "messages after a repeat"
same "$(entries site hl7v2-envelope)" 4 "batch lines after a repeat"
# the same envelope around another message is another batch; half of a file, then all of it: each line once
sed 's/|C2|/|C3|/' batch.hl7 >batch3.hl7
"$HOLDFAST" import --site site --json batch3.hl7 >out
same "$(json entries <out)" 5 "another message in the same envelope"
python3 - <<'P'
m=lambda n: b"MSH|^~\\&|EHR|GAB|HF|GAB|20260105140000||ADT^A08|D%d|P|2.5.1\rPID|1||4711^^^GAB^MR\r"%n
head=b"FHS|^~\\&|X\r\nBHS|^~\\&|X\r\n"
whole=head+m(1)+m(2)+b"BTS|2\r\n"+b"BHS|^~\\&|X\r\n"+m(3)+b"BTS|1\r\n"+b"FTS|2\r\n"
open("half.hl7","wb").write(head+m(1))
open("whole.hl7","wb").write(whole)
P
"$HOLDFAST" import --site site --json half.hl7 >out
same "$(json entries <out)" 3 "half of a file"
"$HOLDFAST" import --site site --json whole.hl7 >out
same "$(json entries <out) $(json repeated <out)" "6 3" "then all of it"
"$HOLDFAST" import --site site --json whole.hl7 >out
same "$(json entries <out) $(json repeated <out)" "0 9" "and once more"
# what is counted by kind as new is new
same "$(json messages <out) $(json envelopes <out) $(json new <out)" '3 6 {"messages": 0, "resources": 0, "envelopes": 0, "fragments": 0}' "counts of what was read, and of what is new"
"$HOLDFAST" import --site site whole.hl7 >out
same "$(cat out)" "0 new entries; there already, and not stored again: 3 HL7 v2 messages, 6 batch lines" "nothing new, in words"
# what stands in front of the first message is kept once, however often the file comes
printf 'sample lines:\nMSH|^~\\&|J|H|||20260102||ADT^A08|J1|P|2.5\rPID|||9^^^H^MR\r' >junk.hl7
"$HOLDFAST" import --site site --json junk.hl7 >out 2>/dev/null
same "$(json entries <out) $(json fragments <out)" "2 1" "a message behind a line of junk"
"$HOLDFAST" import --site site --json junk.hl7 >out 2>/dev/null
same "$(json entries <out) $(json repeated <out)" "0 2" "the same file again"
sed 's/|C1|/|C1b|/' cr.hl7 | cat - lf.hl7 >mixed.hl7
"$HOLDFAST" import --site site mixed.hl7 lines.ndjson >out
same "$(cat out)" "1 new entry: 1 HL7 v2 message; there already, and not stored again: 1 HL7 v2 message, 2 FHIR resources or bundles" "one of them new, in words"
rm site/ledger/seen.idx
"$HOLDFAST" import --site site --json whole.hl7 batch3.hl7 batch.hl7 >out
same "$(json entries <out)" 0 "after the table of seen messages was lost"

# --- the ledger gives back the very bytes; the checkpoint covers them
seq=$("$HOLDFAST" ledger list --site site --json --kind hl7v2 | head -1 | json seq)
"$HOLDFAST" ledger show "$seq" --raw --site site >raw
cmp raw cr.hl7 || fail "body differs from what came"
"$HOLDFAST" ledger head --site site >kept
same "$(sed -n 2p kept)" "$("$HOLDFAST" ledger list --site site --json | wc -l)" "checkpoint covers all entries"
same "$(sed -n 1p kept)" "$(cut -d+ -f1 site/ledger/vkey)" "origin is the key's name"
"$HOLDFAST" ledger prove "$seq" --site site >proof; grep -q '^c2sp.org/tlog-proof@v1' proof || fail \"tlog-proof\"
"$HOLDFAST" ledger verify --site site --bodies >/dev/null
sed 's/|C1|/|C9|/; s/Jeanne/Jeanne Marie/' cr.hl7 >later.hl7
"$HOLDFAST" import --site site later.hl7
"$HOLDFAST" ledger verify --site site --since kept >/dev/null

# --- charts now and then
"$HOLDFAST" chart patient 4711 --site site --json >chart.json
same "$(json patient.name.0.family <chart.json)" Keller "family name"
same "$(json patient.birthDate <chart.json)" 1957-03-12 "birth date"
grep -q '3.10' chart.json || fail "the decimal stands as written"
grep -qi penicillin chart.json || fail "allergy"
"$HOLDFAST" chart census --site site --json >census.json
grep -q CARD census.json || fail "transfer"
"$HOLDFAST" chart census --site site --json --as-of "#$seq" >then.json
# a moment that is empty is no moment: a script whose variable is not set must not be shown now for then
for verb in census 'search keller' 'patient 4711' export; do
	set +e; "$HOLDFAST" chart $verb --site site --as-of '' >out 2>said; same $? 2 "chart $verb as of nothing"; set -e
	[ ! -s out ] || fail "chart $verb as of nothing shows something"
done
grep -q ICU then.json && ! grep -q CARD then.json || fail "census as of the admission"
"$HOLDFAST" chart search Nguyen --site site --json >found; grep -q Nguy found || fail "search without accents"
set +e; "$HOLDFAST" chart patient nobody --site site 2>/dev/null; same $? 1 "unknown patient"; set -e

# --- who looked is recorded, and looking changes nothing that is shown
"$HOLDFAST" chart patient 4711 --site site --json >one.json
before=$("$HOLDFAST" ledger list --site site --json --kind audit | wc -l)
"$HOLDFAST" chart census --site site --json >one.census
"$HOLDFAST" chart search Keller --site site --json >one.search
"$HOLDFAST" chart export --site site >one.export
"$HOLDFAST" ledger show "$seq" --site site >text
"$HOLDFAST" ledger show "$seq" --site site --raw | cmp - cr.hl7
same "$("$HOLDFAST" ledger list --site site --json --kind audit | wc -l)" $((before + 5)) "audit entries"
"$HOLDFAST" ledger cat --site site --kind audit >audits
python3 - audits "$(id -un)" "$(id -u)" <<'E'
import base64,json,sys
rows=[json.loads(l) for l in open(sys.argv[1])]
who="%s (uid %s)"%(sys.argv[2],sys.argv[3])
def said(r):
    d={x['type']:x['valueString'] for e in r['entity'] for x in e.get('detail',[])}
    p=[e['what']['reference'] for e in r['entity'] if 'what' in e]
    return d['what'],p
assert all(r['agent'][0]['who']['display'].endswith("(uid %s)"%sys.argv[3]) for r in rows),rows[-1]
kinds=[said(r) for r in rows[-5:]]
assert [k[0] for k in kinds]==['view','search','export','raw','raw'],kinds
patient=[said(r)[1] for r in rows if said(r)[0]=='view' and said(r)[1]]
assert patient and kinds[3][1]==patient[-1],(patient,kinds)
E
"$HOLDFAST" view rebuild --site site
"$HOLDFAST" chart patient 4711 --site site --json | cmp - one.json
"$HOLDFAST" chart census --site site --json | cmp - one.census
"$HOLDFAST" chart search Keller --site site --json | cmp - one.search
"$HOLDFAST" chart export --site site | cmp - one.export
"$HOLDFAST" chart patient 4711 --site site --json --as-of 2200-01-01 | cmp - one.json
mv site/lock kept.lock; mkdir site/lock # nobody can be the keeper
"$HOLDFAST" chart patient 4711 --site site --json 2>err | cmp - one.json
grep -q "NOT BEING RECORDED" err || fail "a chart that is not being recorded says so"
rmdir site/lock; mv kept.lock site/lock

# --- leaves, heads and proofs need no key at all
mkdir public; cp -r site/ledger site/packs site/site.ini public/
for what in list head "prove $seq" verify; do "$HOLDFAST" ledger $what --site public >/dev/null || fail "ledger $what without keys"; done
set +e; "$HOLDFAST" ledger show "$seq" --site public 2>err; same $? 1 "a body without keys"; set -e
grep -q "recovery.pub" err || fail "which key is missing"
rm public/ledger/vkey
set +e; "$HOLDFAST" ledger head --site public 2>err; same $? 1 "a log without its key"; set -e
grep -q "vkey.*put a copy" err || fail "what to do without a vkey: $(cat err)"

# --- a view is only a view
"$HOLDFAST" chart export --site site >a
"$HOLDFAST" view rebuild --site site
"$HOLDFAST" chart export --site site >b
cmp a b || fail "rebuild gives another chart"
"$HOLDFAST" chart export --site site --as-of "#$seq" >c
"$HOLDFAST" view rebuild --site site --to "$seq"
"$HOLDFAST" chart export --site site >d
cmp c d || fail "the view up to an entry differs from the view as of it"
"$HOLDFAST" chart census --site site --json >pinned; grep -q CARD pinned && fail "a pinned view went on"
"$HOLDFAST" view rebuild --site site

# --- accounts and tokens
pw=$("$HOLDFAST" user add nora --role clinician --site site </dev/null)
[ ${#pw} -ge 12 ] || fail "one-time password"
account=$("$HOLDFAST" ledger list --site site --json --kind account | tail -1 | json seq)
"$HOLDFAST" ledger show "$account" --site site >text; "$HOLDFAST" ledger show "$account" --site site --json >>text; "$HOLDFAST" ledger cat --kind account --site site >>text
grep -q nora text || fail "the account"; ! grep -q argon2 text || fail "a password hash is shown"
token=$("$HOLDFAST" token create --role api --site site)
[ "$(printf '%s' "$token" | wc -w)" = 1 ] || fail "token alone on stdout"
"$HOLDFAST" status --site site --json >status; json ledger.size <status >/dev/null

# --- hl7 show
"$HOLDFAST" hl7 show --json cr.hl7 >show
same "$(json type <show)" "ADT^A01" "type"
same "$(json control_id <show)" C1 "control id"
same "$(json segments.0.0 <show)" MSH "segment id"
# --- one authority, named in three ways in three messages: one person, as soon as the third has said so
"$HOLDFAST" init spelt --shares 1/1 --shares-dir . 2>/dev/null
printf 'MSH|^~\\&|EHR|H|HF|H|20260105120000||ADT^A08|1|P|2.5\rPID|1||1001^^^GAB^MR||SMITH^JOHN||19570312|M\r' >1.hl7
printf 'MSH|^~\\&|LAB|H|HF|H|20260105120100||ORU^R01|2|P|2.5\rPID|1||1001^^^&1.2.3&ISO^MR||SMITH^JOHN||19570312|M\rOBR|1||F1|K\rOBX|1|NM|K^Potassium||4.1|mmol/L|||||F\r' >2.hl7
printf 'MSH|^~\\&|REG|H|HF|H|20260105120200||ADT^A08|3|P|2.5\rPID|1||2002^^^gab&1.2.3&ISO^MR||DOE^JANE||19570313|F\r' >3.hl7
"$HOLDFAST" import --site spelt 1.hl7 2.hl7 3.hl7 >/dev/null
found() { "$HOLDFAST" chart search smith --site spelt --json "$@" | python3 -c 'import json, sys; print(json.load(sys.stdin)["count"])'; }
same "$(found)" 1 "one person of one number"
last=$("$HOLDFAST" ledger list --site spelt --json --kind hl7v2 | tail -1 | json seq)
same "$(found --as-of "#$((last - 1))")" 2 "before it was said"
"$HOLDFAST" view rebuild --site spelt >/dev/null
same "$(found)" 1 "one person after a rebuild"
# on a terminal a line says what a later message changed: the value where that was corrected, else the state, and never an empty "was"
printf 'MSH|^~\\&|PHARM|H|HF|H|20260301080000||RDE^O11|rx1|P|2.5\rPID|1||8811^^^H||CHANGE^LINE\rORC|NW|RX8811^PHARM\rRXE|1^^^20260301080000|AMOX^amoxicillin^L|500||mg\rRXR|PO\r' >changed.hl7
printf 'MSH|^~\\&|PHARM|H|HF|H|20260302080000||RDE^O11|rx2|P|2.5\rPID|1||8811^^^H||CHANGE^LINE\rORC|DC|RX8811^PHARM\rRXE|1^^^20260301080000|AMOX^amoxicillin^L|500||mg\rRXR|PO\r' >>changed.hl7
for status in P F C; do
	printf 'MSH|^~\\&|LAB|H|HF|H|20260301090000||ORU^R01|lab-%s|P|2.5\rPID|1||8811^^^H||CHANGE^LINE\rOBR|1||L8811^LAB|K^Potassium^L|||20260301083000|||||||||||||||20260301090000|||%s\rOBX|1|NM|K^Potassium^L||%s|mmol/L|||||%s|||20260301083000\r' $status $status "$([ $status = C ] && echo 4.1 || echo 5.1)" $status >>changed.hl7
	[ $status != F ] || { "$HOLDFAST" import --site spelt changed.hl7 >/dev/null; "$HOLDFAST" chart patient 8811 --site spelt >final.txt; }
done
"$HOLDFAST" import --site spelt changed.hl7 >/dev/null
"$HOLDFAST" chart patient 8811 --site spelt >corrected.txt
grep -q 'amoxicillin.*(before: active)' final.txt || fail "what became of an order: $(cat final.txt)"
grep -q 'Potassium 5.1 mmol/L final *(before: preliminary)' final.txt || fail "a result that became final: $(cat final.txt)"
grep -q 'Potassium 4.1 mmol/L corrected *(corrected; was: 5.1 mmol/L)' corrected.txt || fail "a correction: $(cat corrected.txt)"
echo "contract holds"
