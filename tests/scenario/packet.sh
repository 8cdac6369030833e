#!/usr/bin/env bash
# A ward's packet: made by a site that knows no words, read with nothing but age and gunzip, changed in no byte without the check saying so, and an entry before anybody has it.
# (Takes longer than ten seconds: each new pair of words costs a scrypt, and each of some dozen changed files a check.)
. "$(dirname "$0")/lib.sh"
hf init site --name "St. Gabriel" --shares 1/1 2>/dev/null
hf simulate --out day.hl7 --beds 60 --count 1500 --start "$(date -u -d '-1 day' +%FT%TZ)"
printf 'MSH|^~\\&|EHR|STGABRIEL|HF|H|20260105120000||ADT^A01|R1|P|2.5.1\rPID|1||9001^^^STGABRIEL^MR||Grey^Ada||19620707|F\rPD1||||||||||||Y\rPV1|1|I|PULM^699^Z^STGABRIEL\r' >grey.hl7
hf import --site site day.hl7 grey.hl7 >/dev/null
count=$(hf chart census --site site --unit PULM --json | json count)
[ "$count" -gt 1 ] || fail "only $count patients in the unit"

# ---- no words, no packet; a name that is no unit's
refused 1 'has no words yet' packet make --site site --unit PULM -o x.html
grep -q 'packet key' said || fail "the next step is not said: $(cat said)"
refused 1 'there is no unit of this name; there are' packet make --site site --unit PLUM -o x.html
refused 2 '' packet make --site site -o x.html
refused 2 '' packet make --site site --unit PULM --all -o x.html
refused 2 '' packet make --site site --unit PULM --hours 25 -o x.html
[ ! -e x.html ] || fail "a packet was written all the same"
echo short >bad
refused 1 'at least 10' packet make --site site --unit PULM -o x.html --passphrase-file bad

# ---- words: six, shown once, kept nowhere
hf packet key --site site --unit PULM >words 2>said
grep -Eqx '([bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]-){5}[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]' words || fail "the words: $(cat words)"
grep -rq -- "$(cat words)" site && fail "the words stand in the site"
grep -rq 'AGE-SECRET-KEY' site/packets && fail "a private half stands in clear"
refused 1 'has words since' packet key --site site --unit PULM
hf packet make --site site --unit PULM -o p.html --json >made.json 2>/dev/null
same "$(json persons <made.json)" "$((count - 1))" "patients in it"
same "$(json protectedLeftOut <made.json)" 1 "protected records left out"
same "$(entries site packet)" 2 "entries: the words, and the packet"
hf ledger list --site site --json --kind packet | tail -1 | json seq >seq
hf ledger show "$(cat seq)" --site site >body 2>/dev/null || hf ledger show --site site "$(cat seq)" >body
grep -q '"what":"made"' body && grep -q "\"sha256\":\"$(json sha256 <made.json)\"" body && grep -q '"validUntil"' body || fail "the entry: $(cat body)"
name=$(hf chart census --site site --unit PULM --json | python3 -c 'import json,sys; print([p for p in json.load(sys.stdin)["patients"] if not p.get("isProtected")][0]["identifier"][0]["value"])')
grep -qF "\"$name\"" p.html && fail "a record number stands in the file in clear"

# ---- a stranger's tools open it: age with the words, age with the key, gunzip
cat >open.py <<'P'
import base64, json, re, sys
page, what = open(sys.argv[1]).read(), sys.argv[2]
if what == 'key' or what == 'apartKey':
    sys.stdout.buffer.write(base64.b64decode(json.loads(re.search(r'id="packet">(.*?)</script>', page, re.S).group(1))[what]))
else:
    sys.stdout.buffer.write(base64.b64decode(re.search(f'id="{what}">(.*?)</script>', page, re.S).group(1)))
P
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
if command -v age >/dev/null; then
	python3 open.py p.html key >key.age
	python3 age_with.py "$(cat words)" key.age identity || fail "age does not open the key with the words"
	python3 open.py p.html packet-data | age -d -i identity | gunzip >pages || fail "age and gunzip do not open the pages"
	same "$(grep -c '^/api/patient/' pages)" "$((count - 1))" "charts in it"
	grep -q "$name" pages || fail "the charts are not in it"
	grep -q 'Grey' pages && fail "a protected name is in it"
	grep -q '^/api/contacts' pages || fail "no contacts are in it"
	grep '^/api/census' pages | cut -f2 | json count >n
	same "$(cat n)" "$count" "beds in its census"
	id=$(grep -m1 '^/api/patient/' pages | cut -f1 | cut -d/ -f4)
	seq=$(grep '^about' pages | cut -f2 | json asOf.entry)
	hf chart patient "$id" --site site --as-of "#$seq" --json >then.json
	python3 - "$id" <<'P' || fail "a page of the packet is not the chart as of that moment"
import json, sys
page = [l.split('\t', 1)[1] for l in open('pages') if l.startswith(f'/api/patient/{sys.argv[1]}\t')][0]
a, b = json.loads(page), json.load(open('then.json'))
for x in (a, b):
    x.pop('asOf', None)
    for s in x['sections'].values():
        s.pop('sources', None)
        s.pop('feedsState', None)
sys.exit(0 if a['patient'] == b['patient'] and {n: s.get('entries') for n, s in a['sections'].items()} == {n: s.get('entries') for n, s in b['sections'].items()} else 1)
P
fi

# ---- the check: needs no site and no words
mv site elsewhere
hf packet verify p.html >said || fail "a whole one: $(cat said)"
grep -q 'MAKER NOT VERIFIED' said || fail "without a key the maker is not verified, and that is to be said"
hf packet verify p.html --vkey elsewhere/ledger/vkey | grep -q 'the key that you named' || fail "verified with the key's file"
hf packet verify p.html --vkey "$(cat elsewhere/ledger/vkey)" --json | json makerVerified | grep -q True || fail "verified with the key itself"
hf init other --shares 1/1 2>/dev/null
refused 1 'another key' packet verify p.html --vkey other/ledger/vkey
refused 2 '' packet verify p.html --vkey nonsense
refused 1 '' packet verify nowhere.html
mv elsewhere site
python3 - <<'P'
import random
b = open('p.html', 'rb').read()
note = b.rindex(b'<!--holdfast-packet-note')
places = [0, b.index(b'id="packet">') + 20, b.index(b'packet-data">') + 100, note - 2, note + 3, note + 30, b.rindex(b'made ') + 7, b.rindex(b'sha256 ') + 9, len(b) - 20, len(b) - 1] + random.sample(range(len(b)), 10)
for i, at in enumerate(places):
    open(f'changed-{i}', 'wb').write(b[:at] + bytes([b[at] ^ 1 << random.randrange(8)]) + b[at + 1:])
open('changed-longer', 'wb').write(b + b'\n')
open('changed-shorter', 'wb').write(b[:-1])
open('changed-twice', 'wb').write(b + b[note:])
P
for f in changed-*; do refused 1 '' packet verify $f; done

# ---- the second words; a key that is there is kept; every unit at once; new words
printf 'a second passphrase\n' >second
hf packet make --site site --unit PULM -o q.html --protected-passphrase-file second --json >made.json 2>/dev/null
same "$(json protectedApart <made.json)" 1 "protected records under the second words"
grep -q 'Grey' q.html && fail "a protected name in clear"
if command -v age >/dev/null; then
	python3 open.py q.html apartKey >key.age
	python3 age_with.py 'a second passphrase' key.age second-identity || fail "the second words do not open the second key"
	python3 open.py q.html packet-protected | age -d -i second-identity | gunzip | grep -q 'Grey' || fail "the protected record is not in it"
	python3 open.py q.html packet-data | age -d -i identity | gunzip | grep -q 'Grey' && fail "the first words open a protected name"
fi
printf 'another passphrase\n' >another
refused 1 'has other words' packet make --site site --unit PULM -o x.html --passphrase-file another
hf packet make --site site --unit PULM -o x.html --passphrase-file words 2>/dev/null
for u in CARD ICU; do hf packet make --site site --unit $u -o $u.html --passphrase-file another 2>/dev/null; done
hf packet make --site site --all -o all --json >all.json 2>/dev/null
same "$(ls all | tr '\n' ' ')" "CARD.html ICU.html PULM.html " "one for each unit that has words"
for f in all/*.html; do hf packet verify $f --vkey site/ledger/vkey >/dev/null || fail "$f"; done
hf packet key --site site --unit PULM --replace >new-words 2>/dev/null
cmp -s words new-words && fail "the words are the same"

# ---- the daemon is at work: the same, by asking it; and the ledger holds (that it makes them by itself is packet_keep.sh's)
printf '\n[packets]\nminutes = 0\n' >>site/site.ini
start site
hf packet make --site site --unit PULM -o r.html 2>/dev/null || fail "beside the daemon"
hf packet verify r.html --vkey site/ledger/vkey >/dev/null || fail "what was made beside the daemon"
# ... and by asking it over HTTP: who may see charts gets one, each is an entry, and who has it already gets nothing
token=$(hf token create --role clinician --label ward-pc --site site)
other=$(hf token create --role device --label cart --site site)
get() { curl -s -m 60 -w '%{http_code}' -H "Authorization: Bearer $token" "$@"; }
same "$(get -o got.json http://127.0.0.1:$http/api/packet)" 200 "which units have words"
same "$(json packets <got.json | python3 -c 'import json,sys; print(" ".join(sorted(p["unit"] for p in json.load(sys.stdin))))')" "CARD ICU PULM" "units with words"
before=$(entries site packet)
same "$(get -D head -o w.html http://127.0.0.1:$http/api/packet/CARD)" 200 "a packet over HTTP"
hf packet verify w.html --vkey site/ledger/vkey | grep -q 'Unit CARD' || fail "what came over HTTP"
grep -qi 'content-disposition: attachment; filename="CARD.html"' head || fail "its name: $(cat head)"
same "$(($(entries site packet) - before))" 2 "entries of one that was made and fetched"
tag=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' head)
same "$(get -o none -H "If-None-Match: $tag" http://127.0.0.1:$http/api/packet/CARD)" 304 "who has it already"
same "$(get -o w2.html http://127.0.0.1:$http/api/packet/CARD)" 200 "the ward's next PC"
cmp w.html w2.html || fail "the ward's next PC gets another one"
same "$(($(entries site packet) - before))" 3 "entries: one for each that went out"
same "$(get -o none http://127.0.0.1:$http/api/packet/ORTH)" 404 "a unit without words"
grep -q 'packet key' none || fail "the next step: $(cat none)"
# the board says which units have one, and since when: also what was made before this daemon, and by a daemon that was killed
newest() { get -o board.json http://127.0.0.1:$http/api/board >code; json packets <board.json | python3 -c 'import json,sys; print(" ".join(sorted(p["unit"] + "@" + str(p["entry"]) + "+" + str(p["persons"]) for p in json.load(sys.stdin))))'; }
known=$(newest)
case $known in CARD@*\ ICU@*\ PULM@*) ;; *) fail "packets on the board: $known" ;; esac
mine=$token
token=$other
same "$(get -o none http://127.0.0.1:$http/api/packet/CARD)" 403 "a cart"
token=nothing
same "$(get -o none http://127.0.0.1:$http/api/packet/CARD)" 401 "nobody"
same "$(($(entries site packet) - before))" 3 "entries of who got none"
stop
start site
token=$mine
same "$(newest)" "$known" "packets on the board after a restart"
stop
hf ledger verify --site site >/dev/null || fail "the ledger does not verify"

# ---- killed at any moment of it: the old file or the new one, whole, and no packet without its entry
hf packet make --site site --unit PULM -o k.html 2>/dev/null
for ms in 5 20 40 60 80 100 130 160 200; do
	"$HOLDFAST" packet make --site site --unit PULM -o k.html 2>/dev/null &
	pid=$!
	sleep "0.$(printf %03d $ms)"
	kill -9 $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
	hf packet verify k.html --vkey site/ledger/vkey --json >v.json || fail "a packet is neither the old one nor the new one"
done
hf ledger verify --site site >/dev/null || fail "the ledger does not verify after the kills"
sha=$(json sha256 <v.json)
found=
for s in $(hf ledger list --site site --json --kind packet | python3 -c 'import json,sys
for l in sys.stdin: print(json.loads(l)["seq"])'); do hf ledger show "$s" --site site 2>/dev/null | grep -q "$sha" && found=1; done
[ -n "$found" ] || fail "a packet stands there without its entry"

# ---- time: a day later it is whole and expired
gcc -shared -fPIC -o clock.so "$here/clock.c"
if HOLDFAST_TEST_CLOCK=$(($(date +%s) + 90000)) LD_PRELOAD=$work/clock.so timeout 100 "$HOLDFAST" packet verify p.html >said 2>&1; then
	grep -q EXPIRED said || fail "a day later: $(cat said)"
else
	grep -qi 'sanitizer' said || fail "a day later it does not verify: $(cat said)" # which wants to be loaded first
fi
echo "packets hold"
