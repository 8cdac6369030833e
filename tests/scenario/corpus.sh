#!/usr/bin/env bash
# The whole shared corpus: every message stored once, byte-identical out, no crash; the chart rebuilt is the same chart.
. "$(dirname "$0")/lib.sh"
[ -d "${HOLDFAST_CORPUS:-/nonexistent}/hl7v2" ] || skip "the corpus is not here"
"$HOLDFAST" init site --shares 1/1 2>/dev/null
find "$HOLDFAST_CORPUS/hl7v2" "$HOLDFAST_CORPUS/fhir" -type f ! -name '*.md' ! -name 'LICENSE*' -print0 | sort -z >files
set +e
mapfile -d '' -t names <files
"$HOLDFAST" import --site site --json "${names[@]}" >counts 2>refused
[ $? -le 1 ] || fail "import ended with an error of the system: $(tail -3 refused)"
set -e
"$HOLDFAST" ledger verify --site site --bodies
python3 - "$HOLDFAST" <<'P'
# every message of the corpus, cut by a few lines of another language, is the body of exactly one entry
import json,re,subprocess,sys
hf=sys.argv[1]
want={}
for name in open('files','rb').read().split(b'\0'):
    if not name: continue
    data=open(name,'rb').read()
    if data.lstrip(b'\xef\xbb\xbf \r\n\t')[:1]==b'{': want.setdefault(data,name); continue
    t=data.lstrip(b'\xef\xbb\xbf')
    if not re.search(rb'(^|[\r\n\x0b])(MSH|FHS|BHS)',t): continue
    starts=[m.start(2) for m in re.finditer(rb'(^|[\r\n\x0b])((?:MSH|FHS|BHS|BTS|FTS)(?=[^A-Za-z0-9\r\n]))',t)]
    for i,s in enumerate(starts):
        piece=t[s:starts[i+1] if i+1<len(starts) else len(t)]
        if piece[:3]==b'MSH': want.setdefault(piece.strip(b'\r\n\x0b\x1c \t'),name)
have={}; exact=set()
kinds=[json.loads(l) for l in subprocess.run([hf,'ledger','list','--site','site','--json'],capture_output=True,check=True).stdout.splitlines()]
bodies={}
for kind in('hl7v2','fhir'): # all at once: each command that shows bodies is an entry
    rest=subprocess.run([hf,'ledger','cat','--kind',kind,'--site','site'],capture_output=True,check=True).stdout
    for e in kinds:
        if e['kind']==kind: bodies[e['seq']],rest=rest[:e['size']],rest[e['size']+1:]
    assert rest==b'',kind
for n in list(bodies)[::97]:
    assert bodies[n]==subprocess.run([hf,'ledger','show',str(n),'--raw','--site','site'],capture_output=True,check=True).stdout,n
for e in kinds:
    if e['kind'] in('hl7v2','fhir'):
        body=bodies[e['seq']]
        assert len(body)==e['size'],e
        key=body if e['kind']=='fhir' else body.removeprefix(b'\xef\xbb\xbf').strip(b'\r\n\x0b\x1c \t')
        assert body not in exact,('stored twice',e); exact.add(body)
        have[body]=e['seq']
        have.setdefault(key,e['seq'])
missing=[n for b,n in want.items() if b not in have and b.rstrip() not in have]
print(len(want),'different messages and resources in the corpus;',len(missing),'not found as a body')
for n in missing[:10]: print('  ',n.decode())
sys.exit(1 if missing else 0)
P
"$HOLDFAST" chart export --site site >a
"$HOLDFAST" view rebuild --site site
"$HOLDFAST" chart export --site site >b
cmp a b || fail "the rebuilt chart differs"
"$HOLDFAST" import --site site --json "${names[@]}" >again 2>/dev/null || true
same "$(json entries <again)" 0 "entries of a second import"
echo "corpus holds: $(cat counts)"
