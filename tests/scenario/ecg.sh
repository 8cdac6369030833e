#!/usr/bin/env bash
# Recordings from outside: handed in by a person, a cart and a command; unmatched until somebody says whose; read, signed with the password, amended; the keeper and the ecg role killed in the middle; the view made anew.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 2>/dev/null
printf 'MSH|^~\\&|EHR|HOSP|||20261101080000||ADT^A01|1|P|2.5\rPID|1||1001^^^HOSP^MR||SMITH^JOHN||19570312|M\rPV1|1|I|3W^12^A||||||||||||||||V1\r' >a.hl7
printf 'MSH|^~\\&|EHR|HOSP|||20261101080100||ADT^A01|2|P|2.5\rPID|1||1002^^^HOSP^MR||SMITH^JOAN||19620707|F\rPV1|1|I|3W^13^A||||||||||||||||V2\r' >b.hl7
hf import --site site a.hl7 b.hl7 >/dev/null

# recordings of our own: WFDB, two leads, ten seconds of beats
record() { # NAME SEED [COMMENT]
	python3 - "$1" "$2" "${3:-}" <<'PY'
import struct, sys
name, seed, comment = sys.argv[1], int(sys.argv[2]), sys.argv[3]
n, rate, v = 5000, 500, []
for i in range(n):
    t = (i + 7 * seed) % (rate * 4 // 5)
    r = 1000 - 60 * abs(t - 150) if abs(t - 150) < 16 else 0
    p = 120 - 4 * abs(t - 70) if abs(t - 70) < 30 else 0
    w = 250 - 4 * abs(t - 290) if abs(t - 290) < 60 else 0
    v += [r + p + w, (r + p + w) // 2]
open(name + ".dat", "wb").write(b"".join(struct.pack("<h", x) for x in v))
open(name + ".hea", "w").write("%s 2 %d %d\n%s.dat 16 1000 16 0 0 0 0 II\n%s.dat 16 1000 16 0 0 0 0 V5\n%s" % (name, rate, n, name, name, "# " + comment + "\n" if comment else ""))
PY
}
record one 1; record two 2; record three 3; record four 4
for r in one two three four; do hf ecg convert $r.hea --to edf -o $r.edf; done

# ---- by a command, without a daemon
hf ecg import --site site one.hea >said
grep -q 'unmatched' said || fail "not said that it is unmatched: $(cat said)"
one=$(sed -n 's/.*entry \([0-9]*\).*/\1/p' said)
hf ecg import --site site one.hea >said; grep -q 'there already' said || fail "the same again: $(cat said)"
same "$(entries site ecg)" 1 "the same recording is no second entry"
hf ecg import --site site two.hea --patient 1001 --birth 1957-03-12 --urgency stat --json >two.json
same "$(json match <two.json)" matched "two identifiers that agree"
refused 2 "belong together" ecg import --site site three.hea --patient 1001
hf ecg import --site site three.hea --patient 1001 --birth 1957-12-03 --json >three.json 2>said
same "$(json match <three.json)" unmatched "day and month exchanged"
grep -q 'another birth date' said || fail "not said why: $(cat said)"
echo 'no ECG at all' >letter.txt
refused 1 "no ECG" ecg import --site site letter.txt
same "$(entries site ecg)" 3 "a letter is no recording"
hf ecg list --site site --json >list.json; same "$(head -1 list.json | json urgency)" stat "what comes first"
hf ledger verify --site site >/dev/null

# ---- with a daemon: over HTTP
start site
base=http://127.0.0.1:$http
cart=$(hf token create --role ecg-send --site site)
pw=$(hf user add ada --role clinician --site site)
code() { curl -s -o got -w '%{http_code}' "$@"; }
send() { code -H "Authorization: Bearer $cart" --data-binary "@$1" "$base/api/ecg?name=$1&$2"; }
same "$(code --data-binary @four.edf "$base/api/ecg?name=four.edf")" 401 "without a token"
same "$(send four.edf 'key=k1&urgency=urgent')" 201 "handed in by a cart"
four=$(json entry <got)
same "$(json match <got) $(json reading <got)" "unmatched unread" "what became of it"
same "$(send four.edf 'key=k1&urgency=urgent')" 200 "handed in again"
same "$(json entry <got) $(json duplicate <got)" "$four True" "the old entry"
same "$(send letter.txt '')" 400 "a letter"
grep -q 'not stored' got || fail "not said: $(cat got)"
same "$(code -H "Authorization: Bearer $cart" $base/api/ecg/$four)" 200 "a cart asks for its own"
same "$(code -H "Authorization: Bearer $cart" $base/api/ecg/$one)" 404 "and for nobody else's"
same "$(code -H "Authorization: Bearer $cart" $base/api/ecg/$four/wave)" 403 "nor for what is in it"
same "$(code -H "Authorization: Bearer $cart" $base/api/patient/p2)" 403 "nor for charts"

# ---- a person
curl -s -c jar -d "{\"user\":\"ada\",\"password\":\"$pw\"}" $base/api/login >login.json
csrf=$(json csrf <login.json)
me() { code -b jar -c jar -H "X-Holdfast-CSRF: $csrf" "$@"; }
same "$(me -d "{\"old\":\"$pw\",\"new\":\"a long night in march\"}" $base/api/password)" 204 "own password"
same "$(me "$base/api/ecgs?list=unread")" 200 "the worklist"
same "$(json ecgs.0.urgency <got) $(json counts.unread <got) $(json counts.unmatched <got)" "stat 4 3" "the most urgent first"
looks() { hf ledger list --site site --json --kind audit | wc -l; }
before=$(looks)
same "$(me $base/api/ecg/$four/wave?seconds=2)" 200 "its trace"
same "$(json rateHz <got) $(json samples <got) $(json total <got) $(json leads.0.name <got)" "500 1000 5000 II" "two seconds of it"
python3 - <<'PY' || fail "the samples are not those of the file"
import base64, json, struct
w = json.load(open("got"))
l = w["leads"][0]
v = struct.unpack("<1000h", base64.b64decode(l["data"]))
f = struct.unpack("<10000h", open("four.dat", "rb").read())[0:2000:2]
assert all(abs(a * float(l["uv"]) - b) < 1.5 for a, b in zip(v, f)), (l["uv"], v[:5], f[:5])
PY
[ "$(looks)" -gt "$before" ] || fail "a look is no entry"
same "$(me $base/api/ecg/$four/analysis)" 200 "what is measured"
hf ecg measure --json four.edf >measure.json
hf ecg rhythm --json four.edf >rhythm.json
python3 - <<'PY' || fail "the pages are told something else than the command prints"
import json
def has(a, b): # all of b is in a
    if isinstance(b, dict): return all(k in a and has(a[k], v) for k, v in b.items())
    if isinstance(b, list): return len(a) == len(b) and all(map(has, a, b))
    return a == b
n, m, r = (json.load(open(f)) for f in ("got", "measure.json", "rhythm.json"))
assert n["measure"] == m and m["leads"], "measure"
assert has(n["rhythm"], r) and r["episodes"] and all(e["text"] for e in n["rhythm"]["episodes"]), "rhythm"
assert n["rhythm"]["beats"]["pauses"] == r["rate"]["pauses"] and len(n["median"]["leads"]) == 2 and n["median"]["fiducials"]["r_peak"] > 0
PY
same "$(me "$base/api/ecg/$four/convert?to=scp")" 200 "as SCP-ECG"
cp got four.scp; hf ecg info four.scp >said; grep -qi scp said || fail "what was given is no SCP: $(cat said)"
same "$(me $base/api/ecg/$four/file)" 200 "its file"
cmp got four.edf || fail "the file is not as it came"
same "$(me "$base/api/ecg/$four/convert?to=poem")" 400 "no such format"
same "$(me $base/api/ecg/2/wave)" 404 "what is no ECG"

# anything new? Who has just that is told so, and has not looked again: no entry. Looked at anew it is one.
asked() { code -b jar -D head.txt -H "If-None-Match: $1" "$base/api/$2"; }
for p in ecg/$four "ecg/$four/wave?seconds=2" ecg/$four/analysis; do
	had=$(looks)
	same "$(me -D head.txt "$base/api/$p")" 200 "$p"
	same "$(looks)" $((had + 1)) "a look at $p is an entry"
	tag=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' head.txt)
	[ -n "$tag" ] || fail "$p has no ETag"
	same "$(curl -s -b jar -H "If-None-Match: $tag" -o /dev/null -w '%{http_code} %{size_download}' "$base/api/$p")" "304 0" "$p again"
	same "$(looks)" $((had + 1)) "entries that a 304 of $p makes"
	same "$(asked '"00000000000000000000000000000000"' "$p")" 200 "$p with another tag"
	same "$(looks)" $((had + 2)) "which is a look"
done
same "$(asked "$tag" "ecg/$one/analysis")" 200 "one's tag is not another's"
same "$(code -H "If-None-Match: $tag" "$base/api/ecg/$four/analysis")" 401 "a tag is no right"
me -D head.txt "$base/api/ecg/$four/wave?seconds=2" >/dev/null
same "$(asked "$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' head.txt)" "ecg/$four/wave?seconds=3")" 200 "a longer stretch is another"

# unmatched is in no chart; candidates are shown, and somebody says whose it is
shown site
# one clinical thing a section's line: count of the section "ecgs"
ecgs() { curl -s -b jar "$base/api/patient/$1" | json sections.ecgs.count; }
john=$(curl -s -b jar "$base/api/search?q=1001" | json patients.0.id)
joan=$(curl -s -b jar "$base/api/search?q=1002" | json patients.0.id)
had=$(ecgs $john)
same "$(ecgs $joan)" 0 "nothing in her chart"
post() { me -d "$2" "$base/api/ecg/$1"; }
same "$(post $four/act "{\"act\":\"sign\",\"basis\":$four,\"password\":\"a long night in march\",\"statements\":[]}")" 409 "signed for nobody"
same "$(post $four/match "{\"patient\":\"$joan\",\"basis\":$four,\"identifiers\":[\"birth\"]}")" 400 "one identifier"
same "$(post $four/match "{\"patient\":\"p999\",\"basis\":$four,\"identifiers\":[\"birth\",\"recordNumber\"]}")" 404 "nobody"
same "$(post $four/match "{\"patient\":\"$joan\",\"basis\":$four,\"identifiers\":[\"birth\",\"recordNumber\"]}")" 200 "whose it is"
basis=$(json entry <got)
same "$(ecgs $joan)" 2 "in her chart: the report and its measurements"
same "$(post $four/match "{\"patient\":\"$john\",\"basis\":$basis,\"identifiers\":[\"birth\",\"recordNumber\"],\"reason\":\"I think so\"}")" 409 "another's, without taking it back"
same "$(ecgs $john)" "$had" "nothing in his"

# somebody on the ward asks to have it read: an act, whatever happened meanwhile, by whoever sees charts
me -D head.txt $base/api/ecg/$four >/dev/null
tag=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' head.txt)
same "$(json review <got)" False "nobody has asked"
same "$(post $four/act '{"act":"review-request","note":"the same as last week?"}')" 200 "asked to have it read"
same "$(asked "$tag" ecg/$four) $(json review <got) $(json basis <got)" "200 True $basis" "it is marked, and is no other reading"
same "$(json acts.-1.act <got) $(json acts.-1.note <got)" "review-request the same as last week?" "with what was asked"
same "$(me "$base/api/ecgs?list=unread"; json counts.review <got)" 2001 "in the worklist"
same "$(code -H "Authorization: Bearer $cart" -d '{"act":"review-request"}' $base/api/ecg/$four/act)" 403 "a cart asks for no reading"

# two read it at the same time: the second is told
same "$(post $four/act "{\"act\":\"read\",\"basis\":$basis,\"statements\":[{\"text\":\"sinus rhythm\"}]}")" 200 "a draft"
draft=$(json entry <got)
same "$(post $four/act "{\"act\":\"sign\",\"basis\":$basis,\"password\":\"a long night in march\",\"statements\":[{\"text\":\"old\"}]}")" 409 "stale"
same "$(json error.code <got) $(json ecg.reading <got) $(json ecg.basis <got)" "changed reading $draft" "and how it is now"
sign() { post $four/act "{\"act\":\"sign\",\"basis\":$1,\"password\":\"$2\",\"statements\":[{\"code\":\"rhythm-sr\",\"text\":\"sinus rhythm\"}],\"measures\":{\"qt_ms\":402},\"comment\":\"as before\"}"; }
same "$(post $four/act "{\"act\":\"sign\",\"basis\":$draft,\"statements\":[]}")" 403 "without the password"
same "$(sign $draft 'not my password')" 403 "with a wrong one"
same "$(code -b jar -H "X-Holdfast-CSRF: $csrf" $base/api/ecg/$four; json reading <got)" "200reading" "nothing was signed"

# the keeper is killed; what was acknowledged is there, and the work goes on
kill -9 "$(hf status --site site --json | python3 -c 'import json,sys; print(next(r["pid"] for r in json.load(sys.stdin)["roles"] if r["name"]=="keeper"))')"
for _ in $(seq 100); do [ "$(sign $draft 'a long night in march')" = 200 ] && break; sleep 0.1; done
same "$(me $base/api/ecg/$four; json reading <got) $(json signedBy <got) $(json measures.qt_ms <got)" "200signed ada 402" "signed"
signed=$(json basis <got)
same "$(post $four/act "{\"act\":\"read\",\"basis\":$signed,\"statements\":[]}")" 409 "what is signed is not read again"
same "$(post $four/act "{\"act\":\"addend\",\"basis\":$signed,\"text\":\"QT measured by hand\"}")" 200 "an addend"
same "$(me $base/api/ecg/$four; json reading <got)" "200amended" "amended"
same "$(post $four/unmatch "{\"basis\":$(json basis <got)}")" 400 "taken back without a reason"

# FHIR: matched ones, as report and observation
api=$(hf token create --role api --site site)
curl -s -H "Authorization: Bearer $api" "$base/fhir/DiagnosticReport?patient=$joan" >reports.json
same "$(json entry.0.resource.status <reports.json) $(json entry.0.resource.code.coding.0.code <reports.json)" "amended 11524-6" "DiagnosticReport"
json entry.0.resource.conclusion <reports.json >said; grep -q 'sinus rhythm' said || fail "what was signed is not the conclusion"
ref=$(json entry.0.resource.result.0.reference <reports.json); ref=${ref##*/fhir/}
same "$(curl -s -H "Authorization: Bearer $api" "$base/fhir/$ref" | json category.0.coding.0.code)" procedure "Observation"
curl -s -H "Authorization: Bearer $api" "$base/fhir/Patient/$joan/\$everything" >said; grep -q '11524-6' said || fail "not in \$everything"

# ---- the role is killed while it draws: another takes its place, nobody else's request is lost
role() { hf status --site site --json | python3 -c 'import json,sys; print(next(r["pid"] for r in json.load(sys.stdin)["roles"] if r["name"]=="ecg"))'; }
old=$(role)
kill -9 "$old"
ok=
for _ in $(seq 100); do [ "$(me "$base/api/ecg/$four/wave?seconds=1")" = 200 ] && ok=1 && break; sleep 0.1; done
[ -n "$ok" ] || fail "no trace after the role was killed: $(cat got)"
[ "$(role)" != "$old" ] || fail "it is still the same process"
status=$(me "$base/api/ecg/$four/report.pdf")
case $status in
200) same "$(head -c 5 got)" %PDF- "a PDF" ;;
503) grep -q 'cannot be shown' got || fail "not said in words: $(cat got)" ;;
*) fail "report: $status $(head -c 300 got)" ;;
esac

# a recording on which it dies, twice: told in words, and not tried again; the others are drawn as before
python3 - <<'PY'
n = 4000000
open("long.dat", "wb").write(bytes((i * 7) & 0x3f if i % 2 == 0 else 0 for i in range(64000)) * (2 * n // 64000))
open("long.hea", "w").write("long 1 500 %d\nlong.dat 16 1000 16 0 0 0 0 II\n" % n)
PY
python3 - >long.body <<'PY'
import json, os, sys
h, d = open("long.hea", "rb").read(), open("long.dat", "rb").read()
sys.stdout.buffer.write(json.dumps({"ecg": 1, "files": [{"name": "long.hea", "size": len(h)}, {"name": "long.dat", "size": len(d)}]}).encode() + b"\n" + h + d)
PY
same "$(me -H 'Content-Type: application/vnd.holdfast.ecg' --data-binary @long.body "$base/api/ecg?name=long")" 201 "a long one, of two files"
long=$(json entry <got)
deaths=0
for _ in $(seq 20); do
	pid=$(role)
	me "$base/api/ecg/$long/convert?to=csv" >answered &
	asked=$!
	for _ in $(seq 50); do # until it works on it
		[ -s answered ] && break
		[ "$(awk '{print $3}' /proc/$pid/stat 2>/dev/null)" = R ] && break
		sleep 0.02
	done
	sleep 0.1
	kill -9 "$pid" 2>/dev/null || true
	wait $asked || true
	if [ "$(cat answered)" = 500 ] && grep -q '"died"' got; then deaths=$((deaths + 1)); fi
	for _ in $(seq 100); do [ "$(role)" != "$pid" ] && [ "$(role)" != 0 ] && break; sleep 0.05; done
	[ $deaths = 2 ] && break
done
same $deaths 2 "answered in words when it died on it"
pid=$(role)
same "$(me "$base/api/ecg/$long/convert?to=csv")" 500 "the third time"
grep -q twice got || fail "not said that it is not tried again: $(cat got)"
same "$(me "$base/api/ecg/$four/wave?seconds=1") $(role)" "200 $pid" "and the others are shown"

# ---- made anew, the worklist is the same
worklist() { curl -s -b jar "$base/api/ecgs?list=all" | python3 -c 'import json,sys; print(json.dumps(json.load(sys.stdin)["ecgs"],sort_keys=True))'; }
worklist >first
hf view rebuild --site site >/dev/null
for _ in $(seq 100); do worklist >second; cmp -s first second && break; sleep 0.1; done
cmp first second || fail "the rebuilt view says something else"
stop
same "$(hf ledger list --site site --json --kind ecg-act | wc -l)" 5 "acts that were refused are no entries"
hf ledger verify --site site >/dev/null
hf ecg list --site site --list signed >said
grep -q 'SMITH' said || fail "signed: $(cat said)"
