#!/usr/bin/env bash
# A patient moves with their record: one file, entered before it is there, opened by the ordinary age and tar and by a second hospital that has nothing of the first; changed in no byte without that being said; killed on the way, there is no file or a whole one.
# (Takes longer than ten seconds: each file of words costs a scrypt, and ten makings are killed on the way.)
. "$(dirname "$0")/lib.sh"
command -v age >/dev/null || skip "age is not installed"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 2>/dev/null
python3 - <<'P'
import base64, json
def hl7(name, *segments):
    open(name, 'w').write('\r'.join(segments) + '\r')
def msh(kind, n):
    return f'MSH|^~\\&|EHR|HOSP|||20261101080000||{kind}|{n}|P|2.5.1'
pid = 'PID|1||1001^^^HOSP^MR||SMITH^JOHN||19570312|M'
hl7('a.hl7', msh('ADT^A01', 'A1'), pid, 'PV1|1|I|ICU^12^A||||||||||||||||V1|||||||||||||||||||||||||20261101080000', 'AL1|1|DA|7980^penicillin^RXNORM|SV|anaphylaxis')
hl7('b.hl7', msh('ADT^A01', 'B1'), 'PID|1||1002^^^HOSP^MR||SMITH^JOAN||19620707|F', 'PV1|1|I|3W^13^A||||||||||||||||V2')
hl7('c.hl7', msh('ADT^A01', 'C1'), 'PID|1||1003^^^HOSP^MR||Grey^Ada||19700101|F', 'PD1||||||||||||Y', 'PV1|1|I|NICU^1^A||||||||||||||||V3')
hl7('d.hl7', msh('ORU^R01', 'D1'), pid, 'OBR|1||4711|24323-8^CMP^LN|||20261101090000|||||||||||||||20261101091500||LAB|F', 'OBX|1|NM|2823-3^Potassium^LN||5.9|mmol/L|3.5-5.1|H|||F')
hl7('e.hl7', msh('ORU^R01', 'E1'), pid, 'OBR|1||4712|36643-5^Chest X-ray^LN|||20261101093000|||||||||||||||20261101094000||RAD|F', 'OBX|1|TX|36643-5^Chest X-ray^LN||no infiltrate||||||F')
pdf = base64.b64encode(b'%PDF-1.4 a letter of the cardiologist').decode()
hl7('f.hl7', msh('MDM^T02', 'F1'), pid, 'PV1|1|I|ICU^12^A||||||||||||||||V1', 'TXA|1|CN^Consultation|application/pdf|20261101100000|||20261101100000|||||DOC-1|||||LA', f'OBX|1|ED|11488-4^Consult note^LN||EHR^application^pdf^Base64^{pdf}||||||F')
who = {'reference': 'Patient/x1'}
json.dump({'resourceType': 'Bundle', 'type': 'batch', 'entry': [{'resource': r} for r in (
    {'resourceType': 'Patient', 'id': 'x1', 'identifier': [{'type': {'coding': [{'code': 'MR'}]}, 'system': 'urn:holdfast:assigner:HOSP', 'value': '1001'}], 'name': [{'family': 'SMITH', 'given': ['JOHN']}]},
    {'resourceType': 'MedicationRequest', 'id': 'm1', 'status': 'active', 'intent': 'order', 'subject': who, 'medicationCodeableConcept': {'text': 'norepinephrine'}, 'dosageInstruction': [{'route': {'text': 'IV'}, 'doseAndRate': [{'rateQuantity': {'value': 8, 'unit': 'ug/min'}}]}]},
    {'resourceType': 'Observation', 'id': 'o1', 'status': 'final', 'subject': who, 'category': [{'coding': [{'system': 'http://terminology.hl7.org/CodeSystem/observation-category', 'code': 'vital-signs'}]}], 'code': {'coding': [{'system': 'http://loinc.org', 'code': '3151-8'}]}, 'effectiveDateTime': '2026-11-01T10:00:00Z', 'valueQuantity': {'value': 4, 'unit': 'L/min'}},
)]}, open('x.json', 'w'))
import struct
v = []
for i in range(5000):
    t = i % 400
    v += [1000 - 60 * abs(t - 150) if abs(t - 150) < 16 else 0, 500 if abs(t - 150) < 8 else 0]
open('one.dat', 'wb').write(b''.join(struct.pack('<h', x) for x in v))
open('one.hea', 'w').write('one 2 500 5000 10:30:00 01/11/2026\none.dat 16 1000 16 0 0 0 0 II\none.dat 16 1000 16 0 0 0 0 V5\n')
P
hf import --site site a.hl7 b.hl7 c.hl7 d.hl7 e.hl7 f.hl7 x.json >/dev/null
hf ecg import --site site one.hea --patient 1001 --birth 1957-03-12 --json >ecg.json
same "$(json match <ecg.json)" matched "the ECG is that patient's"
hf ecg import --site site one.hea --json >/dev/null
age-keygen -o key 2>/dev/null
age-keygen -o other 2>/dev/null
to=$(age-keygen -y key)

# ---- who moves first
hf transfer candidates --site site --json >who.json
same "$(json candidates.0.number <who.json)" 1001 "intensive care comes first"
same "$(json candidates.1.unit <who.json)" NICU "then newborns"
grep -q 'Grey' who.json && fail "a protected name is listed"
needs=$(json candidates.0.needs <who.json)
case $needs in *"oxygen 4 L/min"*"norepinephrine"*"8 ug/min"*) ;; *) fail "what is needed is not said: $needs" ;; esac
hf transfer candidates --site site --unit 3W --unit ICU --json >two.json
same "$(json candidates.0.unit <two.json),$(json candidates.1.unit <two.json)" 3W,ICU "in the order of --unit"

# ---- what is not made, and leaves nothing behind
before=$(entries site transfer)
refused 2 'receiver.s key' transfer make --site site --patient 1001 -o t.age
refused 2 '' transfer make --site site --patient 1001 --to "$to" --passphrase-file key -o t.age
refused 2 'does not go to a terminal' transfer make --site site --patient 1001 --to "$to" -o -
refused 1 '' transfer make --site site --patient 1001 --to age1nonsense -o t.age
refused 1 '' transfer make --site site --patient 4242 --to "$to" -o t.age
refused 1 '' transfer make --site site --patient 1001 --to "$to" -o nowhere/t.age
refused 1 'include-protected' transfer make --site site --patient 1003 --to "$to" -o t.age
refused 2 'needs --reason' transfer make --site site --patient 1003 --include-protected --to "$to" -o t.age
refused 2 'hours is 1' transfer make --site site --patient 1001 --to "$to" --hours 200 -o t.age
echo mine >there.age
refused 1 'there already' transfer make --site site --patient 1001 --to "$to" -o there.age
same "$(cat there.age)" mine "a file that is there"
same "$(entries site transfer)" "$before" "nothing was begun"
[ ! -e t.age ] || fail "a file was written all the same"

# ---- one is made: three entries, and age and tar read it
hf transfer make --site site --patient 1001 --to "$to" --to "$(age-keygen -y other)" --receiver "University Hospital" --bed 12 --transport "helicopter" --reason "no EHR" --by "Dr. Lee" -o t.age --json >made.json
id=$(json id <made.json)
same "$(entries site transfer)" $((before + 3)) "begun, made, written"
same "$(sha256sum <t.age | cut -d' ' -f1)" "$(json sha256 <made.json)" "the hash that was entered"
seq=$(hf ledger list --site site --json --kind transfer | tail -2 | head -1 | json seq)
hf ledger show --site site "$seq" >entry
grep -q "\"what\":\"made\"" entry && grep -q "$(json sha256 <made.json)" entry && grep -q '"by":"Dr. Lee"' entry && grep -q '"receiver":"University Hospital"' entry || fail "the entry: $(cat entry)"
grep -q SMITH t.age && fail "a name stands in the file in clear"
age -d -i key t.age >t.tar
tar tf t.tar >names
for n in manifest.json manifest.note README.txt SHA256SUMS ips.json summary.pdf mar.pdf labs.pdf images.txt; do grep -qx "$n" names || fail "$n is not in it: $(cat names)"; done
entry=$(json entry <ecg.json)
grep -qx "ecg/$entry.pdf" names && grep -qx "ecg/$entry/one.hea" names && grep -qx "ecg/$entry/one.dat" names || fail "the ECG is not in it: $(cat names)"
mkdir byhand
tar xf t.tar -C byhand
(cd byhand && sha256sum --quiet -c SHA256SUMS) || fail "the sums"
cmp -s one.dat byhand/ecg/"$entry"/one.dat || fail "the recording is not as the device wrote it"
same "$(cat byhand/documents/*.pdf)" '%PDF-1.4 a letter of the cardiologist' "the letter"
grep -q 'Chest X-ray.*4712' byhand/images.txt || fail "the imaging is not listed: $(cat byhand/images.txt)"
if command -v pdftotext >/dev/null; then
	pdftotext -layout byhand/summary.pdf s.txt
	for w in SMITH 1001 penicillin 5.9 norepinephrine University "$id"; do grep -q -- "$w" s.txt || fail "the summary does not say $w"; done
	pdftotext byhand/ecg/"$entry".pdf - | grep -qi 'unconfirmed' || fail "an ECG that nobody has read is not called that"
fi
python3 - <<'P' || fail "the IPS"
import json, sys
b = json.load(open('byhand/ips.json'))
assert b['resourceType'] == 'Bundle' and b['type'] == 'document' and b['identifier'] and b['timestamp']
c = b['entry'][0]['resource']
assert c['resourceType'] == 'Composition' and c['type']['coding'][0]['code'] == '60591-5'
full = {e['fullUrl'] for e in b['entry']}
assert len(full) == len(b['entry'])
def refs(x):
    if isinstance(x, dict):
        if isinstance(x.get('reference'), str):
            yield x['reference']
        for v in x.values():
            yield from refs(v)
    elif isinstance(x, list):
        for v in x:
            yield from refs(v)
here = {u.split(':')[-1] for u in full} | {f"{e['resource']['resourceType']}/{e['resource'].get('id')}" for e in b['entry']} | full
lost = [r for r in refs(b) if r not in here and not r.startswith('#')]
assert not lost, lost
sections = {s['code']['coding'][0]['code']: s for s in c['section']}
for code in ('48765-2', '11450-4', '10160-0'):
    s = sections[code]
    assert s['text']['status'] and (s.get('entry') or s.get('emptyReason')), code
assert 'penicillin' in json.dumps(b) and any(e['resource']['resourceType'] == 'Patient' and e['resource']['name'][0]['family'] == 'SMITH' for e in b['entry'])
P

# ---- the second hospital: the file, its own key, the first one's verifier key, and nothing else
mkdir far
cp t.age key other far/
cp site/ledger/vkey far/
mv site elsewhere
(
	cd far
	hf transfer open t.age --identity key --vkey vkey >said
	grep -q 'the key that you named' said && grep -q 'SMITH, JOHN' said && grep -q 'University Hospital' said || fail "opened: $(cat said)"
	hf transfer open t.age --identity other | grep -q 'MAKER NOT VERIFIED' || fail "without a key the maker is not verified, and that is to be said"
	hf transfer open t.age --identity key --vkey "$(cat vkey)" -o record --json | json makerVerified | grep -q True || fail "with the key itself"
	diff -r record ../byhand || fail "what open writes is not what tar writes"
	refused 1 'not an empty folder' transfer open t.age --identity key -o record
	hf transfer open ../t.tar --vkey vkey >/dev/null || fail "one that age has opened"
	refused 2 'it is sealed' transfer open t.age
	age-keygen -o third 2>/dev/null
	refused 1 '' transfer open t.age --identity third -o no
	hf init their --shares 1/1 2>/dev/null
	refused 1 'another key' transfer open t.age --identity key --vkey their/ledger/vkey -o no
	grep -q 'NOT THE KEY THAT YOU NAMED' out || fail "not said: $(cat out)"
	refused 2 '' transfer open t.age --identity key --vkey nonsense
	hf import --site their record/ips.json >/dev/null
	hf chart search --site their SMITH | grep -q '1957-03-12' || fail "the receiver's own holdfast does not read the IPS"
	[ ! -e no ] || fail "something was written of what was not to be gone by"
)

# ---- changed on the way: in the seal, in the tar, cut at blocks, with something added; and what tar could be talked into
python3 - "$to" <<'P'
import io, random, tarfile
b, s = open('t.tar', 'rb').read(), open('t.age', 'rb').read()
for i in range(12):
    at = random.randrange(len(b))
    open(f'bad-tar-{i}', 'wb').write(b[:at] + bytes([b[at] ^ 1 << random.randrange(8)]) + b[at + 1:])
    at = random.randrange(len(s))
    open(f'bad-age-{i}', 'wb').write(s[:at] + bytes([s[at] ^ 1 << random.randrange(8)]) + s[at + 1:])
for i, n in enumerate([0, 511, 512, 1024, len(b) // 2 // 512 * 512, len(b) - 1024, len(b) - 512, len(b) - 1]):
    open(f'bad-cut-{i}', 'wb').write(b[:n])
open('bad-age-cut', 'wb').write(s[:-1])
open('bad-longer', 'wb').write(b + b'\0' * 512)
def again(name, change):
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(b)) as t, tarfile.open(fileobj=out, mode='w', format=tarfile.USTAR_FORMAT) as w:
        for m in t.getmembers():
            change(w, m, t.extractfile(m).read())
    open(name, 'wb').write(out.getvalue())
def put(w, m, data):
    m.size = len(data)
    w.addfile(m, io.BytesIO(data))
def extra(w, m, data):
    put(w, m, data)
    if m.name == 'ips.json':
        x = tarfile.TarInfo('extra.txt')
        put(w, x, b'x')
def twice(w, m, data):
    put(w, m, data)
    if m.name == 'mar.pdf':
        put(w, m, b'another')
def link(w, m, data):
    if m.name == 'mar.pdf':
        m.type, m.linkname = tarfile.SYMTYPE, '/etc/passwd'
        w.addfile(m)
    else:
        put(w, m, data)
def up(w, m, data):
    if m.name == 'images.txt':
        m.name = '../../images.txt'
    put(w, m, data)
for name, f in (('bad-extra', extra), ('bad-twice', twice), ('bad-link', link), ('bad-up', up)):
    again(name, f)
P
for f in bad-*; do
	case $f in bad-age-*) refused 1 '' transfer open "$f" --identity key -o no ;; *) refused 1 '' transfer open "$f" -o no ;; esac
	[ ! -e no ] || fail "$f: something was written"
done
python3 - <<'P'
b = bytearray(open('t.tar', 'rb').read())
b[b.index(b'%PDF') + 5] ^= 1
open('named', 'wb').write(b)
P
refused 1 'summary.pdf: differs' transfer open named
mv elsewhere site

# ---- words for a courier: on paper, as letters and as code, and nowhere else
hf transfer make --site site --patient 1002 --print-key paper.pdf -o w.age --receiver "University Hospital" >/dev/null 2>said
grep -q 'kept nowhere else' said || fail "$(cat said)"
if command -v pdftoppm >/dev/null && command -v zbarimg >/dev/null; then
	pdftoppm -r 150 -png paper.pdf paper
	zbarimg -q --raw paper-1.png >words 2>/dev/null || fail "the code on the page is not read"
	grep -Eqx '([bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]-){5}[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]' words || fail "the words: $(cat words)"
	pdftotext -layout paper.pdf - | tr -d '\n ' | grep -q "$(cat words)" || fail "the letters do not say what the code says"
	pdftotext paper.pdf - | grep -q 'JOAN\|SMITH\|1002' && fail "the page says who the patient is"
	grep -rqF "$(cat words)" site && fail "the words stand in the site"
	hf transfer open w.age --passphrase-file words --vkey site/ledger/vkey | grep -q 'SMITH, JOAN' || fail "the words do not open it"
	cat >age_with.py <<'P'
# age asks for a passphrase on its terminal alone
import os, pty, sys
words, source, to = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.execlp('age', 'age', '-d', '-o', to, source)
seen = b''
while b'passphrase' not in seen.lower():
    seen += os.read(fd, 1000)
os.write(fd, words.encode() + b'\n')
try:
    while os.read(fd, 1000):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
	python3 age_with.py "$(cat words)" w.age w.tar && tar tf w.tar | grep -q ips.json || fail "age does not open it with the words"
fi

# ---- a protected record, on purpose; several at once
hf transfer make --site site --patient 1003 --include-protected --reason "moved to University Hospital" --to "$to" -o grey.age >/dev/null
hf transfer open grey.age --identity key --vkey site/ledger/vkey | grep -q 'PROTECTED RECORD' || fail "that it is a protected one is not said"
hf ledger list --site site --json --kind transfer | tail -3 | head -1 | json seq >seq
hf ledger show --site site "$(cat seq)" | grep -q '"protected":true' || fail "the entry does not say that it is a protected record"
hf transfer make --site site --patient 1001 --patient 1002 --to "$to" -o both --json >both.json
same "$(ls both | wc -l)" 2 "a file each"
for f in both/*; do hf transfer open "$f" --identity key --vkey site/ledger/vkey >/dev/null; done

# ---- what became of it, with the daemon running
start site
hf transfer make --site site --patient 1001 --to "$to" -o live.age --json >live.json
hf transfer open live.age --identity key --vkey site/ledger/vkey >/dev/null
live=$(json id <live.json)
hf transfer sent --site site "$id" --transport "helicopter, Dr. Lee" --at 2026-11-01T12:00 >/dev/null
hf transfer list --site site --json >list.json
python3 - "$id" <<'P' || fail "the list: $(cat list.json)"
import json, sys
t = {x['id']: x for x in json.load(open('list.json'))['transfers']}[sys.argv[1]]
assert t['state'] == 'sent' and t['waitingSeconds'] > 0 and t['transport'] == 'helicopter, Dr. Lee' and t['bed'] == '12' and t['sent'].startswith('2026-11-01T12:00')
P
refused 2 'by NAME' transfer receipt --site site "$id"
hf transfer receipt --site site "$id" --by "Dr. Ho, University Hospital" >/dev/null
refused 1 'already' transfer receipt --site site "$id" --by "Dr. Ho"
refused 1 'its end' transfer cancel --site site "$id" --reason "too late"
refused 1 'no transfer' transfer sent --site site T999999
refused 1 'reads T and digits' transfer sent --site site nonsense
refused 2 'reason' transfer cancel --site site "$live"
hf transfer cancel --site site "$live" --reason "the patient stays" >/dev/null
hf transfer list --site site --open --json >list.json
grep -q "\"$live\"" list.json && fail "a cancelled one is waited for"
hf transfer candidates --site site --json | python3 -c '
import json, sys
c = {x.get("number", ""): x for x in json.load(sys.stdin)["candidates"]}
assert c["1002"]["transferState"] == "written" and c["1001"]["transfer"], c' || fail "candidates say who has one"

# ---- killed on the way, while the daemon goes on: no file, or a whole one that was entered before; and of each that was begun the list says how far it came
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	# the disk fails: there is no file, and the ledger says so, and why
	status=0
	timeout 100 strace -qq -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=1 "$HOLDFAST" transfer make --site site --patient 1002 --to "$to" -o fails.age >out 2>said || status=$?
	same $status 3 "a file that cannot be made durable ($(cat said))"
	[ ! -e fails.age ] || fail "it is there all the same"
	hf transfer list --site site --json >list.json
	python3 -c 'import json,sys; t=json.load(open("list.json"))["transfers"][-1]; sys.exit(0 if t["state"]=="cancelled" and t["reason"] else 1)' || fail "not said in the ledger: $(cat list.json)"
	killed=0
	: >whole
	: >states
	for point in fsync:1 fsync:2 renameat,renameat2,rename:1 sendto,sendmsg,write,writev:{1,2,3,4,5,6,8}; do
		call=${point%:*} n=${point#*:}
		rm -f kill.age
		hurt "$call":signal=KILL:when=$n transfer make --site site --patient 1002 --to "$to" -o kill.age || true
		[ $status = 0 ] || killed=$((killed + 1))
		hf transfer list --site site --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["transfers"][-1]["state"])' >>states
		[ -e kill.age ] || continue
		sha256sum <kill.age | cut -d' ' -f1 >>whole
		hf transfer open kill.age --identity key --vkey site/ledger/vkey >/dev/null || fail "$point: a file that is there is not whole"
	done
	[ $killed -gt 4 ] || fail "only $killed were killed"
	grep -q begun states && grep -q made states || fail "none was killed between its entries: $(sort states | uniq -c)"
	hf transfer list --site site | grep -q 'NO FILE' || fail "that there is no file of one is not said"
	hf transfer list --site site | grep -q 'FILE NOT CONFIRMED' || fail "that nothing is known of the file of one is not said"
	hf transfer list --site site --json >list.json
	python3 - <<'P' || fail "a file that is there stands in no entry: $(cat list.json)"
import json
list_ = json.load(open('list.json'))
entered = {t.get('sha256') for t in list_['transfers']}
assert all(h in entered for h in open('whole').read().split())
assert list_['odd'] == 0
P
fi
stop
hf ledger verify --site site >/dev/null

# ---- a SMART Health Link, opened by what this house did not write
hf transfer link --site site --patient 1001 --url https://share.example.org/r --label "Transfer" --exp 2036-01-01 -o web --json >link.json
refused 1 'https://' transfer link --site site --patient 1001 --url http://share.example.org -o web
if python3 -c 'import cryptography' 2>/dev/null; then
	python3 - <<'P' || fail "the link does not open"
import base64, json, os, zlib
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
def un(s):
    return base64.urlsafe_b64decode(s + '=' * (-len(s) % 4))
made = json.load(open('link.json'))
assert made['link'].startswith('shlink:/')
p = json.loads(un(made['link'][8:]))
assert p['flag'] == 'U' and p['v'] == 1 and p['exp'] == 2082758400 and len(p['key']) == 43 and p['url'] == 'https://share.example.org/r/' + made['file'] and len(p['url']) <= 128
head, none, iv, text, tag = open('web/' + made['file']).read().split('.')
h = json.loads(un(head))
assert none == '' and h == {'alg': 'dir', 'enc': 'A256GCM', 'cty': 'application/fhir+json', 'zip': 'DEF'}
plain = AESGCM(un(p['key'])).decrypt(un(iv), un(text) + un(tag), head.encode())
b = json.loads(zlib.decompress(plain, -15))
assert b['type'] == 'document' and b['entry'][0]['resource']['resourceType'] == 'Composition'
P
fi
echo "a record moved"
