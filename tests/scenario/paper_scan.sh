#!/usr/bin/env bash
# Paper comes home: sheets that the product printed, as a scanner and a telephone give them back (worn, upside down, out of order), find their patient by their QR; a file that comes twice is filed once; what cannot be placed waits for a person, and hostile files
# hurt nobody. What nobody has typed is open work, and in the balance. It takes longer than 10 s on a busy machine because some thirty pages are drawn,
# and decoded at up to seven sizes each.
. "$(dirname "$0")/lib.sh"
for tool in pdftoppm python3 curl; do command -v $tool >/dev/null || skip "$tool is not installed"; done
unset HOLDFAST_SITE
# A PDF as scanners make them: a JPEG a page, some of them turned.
cat >pdf_of.py <<'P'
import struct, sys
def size(d):
    i = 2
    while d[i + 1] not in (0xc0, 0xc1, 0xc2):
        i += 2 + struct.unpack('>H', d[i + 2:i + 4])[0]
    h, w = struct.unpack('>HH', d[i + 5:i + 9])
    return w, h, d[i + 9]
objs, kids = [b'<</Type/Catalog/Pages 2 0 R>>', None], []
for f in sys.argv[2:]:
    f, _, turn = f.partition('@')
    d = open(f, 'rb').read()
    w, h, c = size(d)
    k = len(objs) + 1
    kids.append(b'%d 0 R' % k)
    s = b'q %.1f 0 0 %.1f 0 0 cm /I Do Q' % (w * .48, h * .48)
    objs += [b'<</Type/Page/Parent 2 0 R/Rotate %d/MediaBox[0 0 %.1f %.1f]/Contents %d 0 R/Resources<</XObject<</I %d 0 R>>>>>>' % (int(turn or 0), w * .48, h * .48, k + 1, k + 2),
             b'<</Length %d>>stream\n%s\nendstream' % (len(s), s),
             b'<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%s/BitsPerComponent 8/Filter/DCTDecode/Length %d>>stream\n' % (w, h, b'DeviceGray' if c == 1 else b'DeviceRGB', len(d)) + d + b'\nendstream']
objs[1] = b'<</Type/Pages/Kids[%s]/Count %d>>' % (b' '.join(kids), len(kids))
o, at = b'%PDF-1.4\n', []
for i, b in enumerate(objs):
    at.append(len(o))
    o += b'%d 0 obj' % (i + 1) + b + b'endobj\n'
o += b'xref\n0 %d\n0000000000 65535 f \n' % (len(objs) + 1) + b''.join(b'%010d 00000 n \n' % a for a in at) + b'trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF' % (len(objs) + 1, len(o))
open(sys.argv[1], 'wb').write(o)
P
hf init site --name "St. Gabriel" >/dev/null 2>&1
hf simulate --out day.hl7 --beds 20 --count 400 >/dev/null
hf import --site site day.hl7 >/dev/null 2>&1
hf chart census --site site --json 2>/dev/null >census.json
read -r number unit < <(python3 -c 'import json; p=json.load(open("census.json"))["patients"][0]; print(p["identifier"][0]["value"], p["location"]["unit"])')
other=$(python3 -c 'import json; print(json.load(open("census.json"))["patients"][1]["identifier"][0]["value"])')
mine=$(json patients.0.id <census.json)

# ---- printed, written on, scanned: 150 dpi, JPEG of quality 40, in another order, upside down
hf paper print --site site --patient "$number" --sheet notes,mar,vitals -o one.pdf --json >one.json
hf paper print --site site --unit "$unit" --sheet registration -o form.pdf --json >form.json 2>/dev/null
pdftoppm -r 150 -gray -jpeg -jpegopt quality=40 one.pdf page
pdftoppm -r 150 -jpeg -jpegopt quality=40 form.pdf form
mapfile -t pages < <(ls page-*.jpg)
[ ${#pages[@]} -ge 4 ] || fail "only ${#pages[@]} pages were printed"
turned=() turn=180
for ((i = ${#pages[@]} - 1; i > 0; i--)); do turned+=("${pages[i]}@$turn") turn=$((turn == 180 ? 90 : 180)); done
python3 pdf_of.py pile.pdf "${turned[@]}"
hf paper scan --site site pile.pdf --json >scan.json || fail "a pile was not filed: $(cat scan.json)"
same "$(json filed <scan.json)" $((${#pages[@]} - 1)) "pages filed"
same "$(python3 -c 'import json; print({p["patient"] for p in json.load(open("scan.json"))["pages"]} == {"'"$mine"'"})')" True "whose pages they are"
hf chart patient "$number" --site site --json >chart.json 2>/dev/null
grep -q "$(json pages.0.sheet <scan.json), page" chart.json || fail "the chart does not show the page"

# ---- the same file again is filed once
before=$(entries site capture)
hf paper scan --site site pile.pdf --json >again.json || fail "the same file again"
same "$(json known <again.json)" $((${#pages[@]} - 1)) "pages that were brought before"
same "$(entries site capture)" "$before" "items after the same file again"
# ---- the count closes with the last page: the MAR is scanned, the notes are not yet
hf paper list --site site --json >list.json
same "$(python3 -c 'import json; print(*sorted(s["kind"] + ":" + s["state"] for s in json.load(open("list.json"))["sheets"]))')" "mar:scanned notes:printed registration:printed vitals:scanned" "the register"

# ---- what cannot be placed is kept: another patient than was said, a sheet of another site, a form of nobody, the same page from another file, a page without a code; and hostile files
python3 pdf_of.py second.pdf "${pages[1]}" "form-1.jpg"
cp "$top/tests/data/scan/worn.jpg" worn.jpg
head -c 9000 "${pages[0]}" >torn.jpg
python3 - <<'P'
import struct, zlib
def chunk(t, d): return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))
def png(name, w, h, d): open(name, 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, 0, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(d)) + chunk(b'IEND', b''))
png('huge.png', 100000, 100000, b'\0' * 100)
png('short.png', 3000, 3000, b'\0' * 100)
png('letter.png', 900, 1200, b''.join(b'\0' + bytes((x * y) % 251 for x in range(900)) for y in range(1200)))
open('text.pdf', 'w').write('%PDF-1.7\nno such thing')
P
refused 1 "" paper scan --site site "${pages[0]}" --patient "$other" --json
same "$(json pages.0.why <out)" other-patient "another patient's sheet"
refused 1 "" paper scan --site site second.pdf worn.jpg letter.png huge.png short.png text.pdf --json
same "$(python3 -c 'import json; print(*[p.get("why", p["result"]) for p in json.load(open("out"))["pages"]])')" "twice nobodys other-site no-code unreadable unreadable unreadable" "what became of them"
refused 1 "5 pages are not filed" paper scan --site site --unfiled
refused 1 "nothing.pdf: COULD NOT BE READ" paper scan --site site nothing.pdf

# ---- a person looks, and files by hand; or drops it
hf paper scan --site site --unfiled --json >unfiled.json || true
name() { python3 -c 'import json,sys; print([u["id"] for u in json.load(open("unfiled.json"))["unfiled"] if u["why"] == sys.argv[1]][0])' "$1"; }
hf paper show --site site "$(name nobodys)" -o look.jpg
same "$(head -c 3 look.jpg | od -An -tx1 | tr -d ' ')" ffd8ff "a page to look at"
form=$(json first <form.json)
refused 2 "whose it is" paper file --site site "$(name nobodys)" --sheet "$form"
hf paper file --site site "$(name nobodys)" --sheet "$form" --patient "$number" | grep -q "$mine" || fail "filed by hand"
refused 1 "filed already" paper file --site site "$(name nobodys)" --sheet "$form" --patient "$number"
notes=$(json first <one.json)
refused 1 "another patient" paper file --site site "$(name other-patient)" --sheet "$notes" --patient "$other"
hf paper file --site site "$(name other-patient)" --sheet "$notes" >/dev/null
refused 2 reason paper drop --site site "$(name no-code)"
hf paper drop --site site "$(name no-code)" "$(name twice)" "$(name other-site)" --reason "not ours" >/dev/null
hf paper scan --site site --unfiled >/dev/null || fail "the list is not empty"
refused 0 "" paper scan --site site letter.png
grep -q "brought before" out || fail "a page that was dropped came back on the list"

# ---- what nobody has typed is open work
hf downtime begin --site site --reason storm >/dev/null
same "$(hf downtime balance --site site --json | json toBeTyped)" 4 "sheets to be typed"
vitals=$(python3 -c 'import json; print([s["number"] for s in json.load(open("list.json"))["sheets"] if s["kind"] == "vitals"][0])')
echo '{"v":1,"id":"W3K7-000001","unit":"'"$unit"'","patient":"'"$number"'","kind":"vitals","occurred":"2026-01-07T03:12","by":"a.keller","sheet":"'"$vitals"'","identifiers":["birth","wristband"],"values":{"pulse":"80"}}' >typed.json
hf capture import --site site typed.json >/dev/null 2>&1
hf paper typed --site site "$notes" --reason "nothing is written on it" >/dev/null
same "$(hf downtime balance --site site --json | json toBeTyped)" 2 "sheets to be typed, then"
hf downtime status --site site | grep -q "TO BE TYPED: 2" || fail "the status does not say it"

# ---- the same over the page: a file goes to the role that has nothing, its pages to their sheets; a person looks at what is left
hf paper print --site site --patient "$other" --sheet transfer -o two.pdf --json >two.json
hf paper print --site site --unit "$unit" --sheet notes -o blank.pdf --json >blank.json 2>/dev/null
pdftoppm -r 150 -gray -jpeg -jpegopt quality=40 two.pdf two
pdftoppm -r 150 -gray -jpeg -jpegopt quality=40 blank.pdf none
python3 pdf_of.py both.pdf two-1.jpg@180 none-1.jpg
nurse=(-H "Authorization: Bearer $(hf token create --role clinician --label ward --site site)")
cart=(-H "Authorization: Bearer $(hf token create --role device --label cart --site site)")
start site
shown site
ask() { curl -s -o "$1" -w '%{http_code}' "${nurse[@]}" "${@:3}" "http://127.0.0.1:$http/api/paper/scan$2"; }
same "$(curl -s -o /dev/null -w '%{http_code}' "${cart[@]}" --data-binary @both.pdf "http://127.0.0.1:$http/api/paper/scan")" 403 "who may not"
same "$(ask out "" --data-binary @both.pdf)" 201 "a file over the page ($(cat out))"
same "$(python3 -c 'import json; print(*[p.get("why", p["result"]) for p in json.load(open("out"))["pages"]])')" "filed nobodys" "what became of its pages"
same "$(json pages.0.patient <out)" "$(json patients.1.id <census.json)" "whose it is"
same "$(ask out "" --data-binary @both.pdf)" 200 "the same file again"
same "$(json known <out)" 2 "pages that were brought before"
same "$(ask out "" --data-binary @huge.png)" 413 "a picture that is too large"
same "$(ask out "" --data-binary @text.pdf)" 400 "no file of pages"
same "$(ask out "?patient=$number" --data-binary @two-1.jpg)" 201 "another patient than was said"
same "$(json pages.0.why <out)" twice "a page that is filed already"
same "$(ask out "")" 200 "the list"
same "$(python3 -c 'import json; d=json.load(open("out")); print(*[u["why"] for u in d["unfiled"]], *sorted(u["of"] for u in d["untyped"]))')" "nobodys twice mar registration transfer" "the list"
first=$(json unfiled.0.id <out) second=$(json unfiled.1.id <out)
same "$(ask look.jpg "/$first")" 200 "its picture"
same "$(head -c 3 look.jpg | od -An -tx1 | tr -d ' ')" ffd8ff "a picture"
sheet=$(json first <blank.json)
json_of=(-H "Content-Type: application/json")
same "$(ask out "/$first" "${json_of[@]}" -d "{\"sheet\":\"$sheet\"}")" 400 "a form of nobody"
same "$(ask out "/$first" "${json_of[@]}" -d "{\"sheet\":\"$sheet\",\"patient\":\"$number\"}")" 201 "filed by hand ($(cat out))"
same "$(json patient <out)" "$mine" "to whom"
same "$(ask out "/$first" "${json_of[@]}" -d "{\"sheet\":\"$sheet\",\"patient\":\"$number\"}")" 409 "filed twice"
same "$(ask out "/$second" "${json_of[@]}" -d '{"drop":true}')" 400 "dropped without a reason"
same "$(ask out "/$second" "${json_of[@]}" -d '{"drop":true,"reason":"a copy"}')" 201 "dropped"
same "$(ask out /typed "${json_of[@]}" -d "{\"sheet\":\"$sheet\",\"reason\":\"empty\"}")" 201 "nothing to be typed"
same "$(ask out "")" 200 "the list"
same "$(python3 -c 'import json; d=json.load(open("out")); print(len(d["unfiled"]), *sorted(u["of"] for u in d["untyped"]))')" "0 mar registration transfer" "the list, then"
stop
same "$(hf paper list --site site --json | python3 -c 'import json,sys; print(*[s["state"] for s in json.load(sys.stdin)["sheets"] if s["kind"] in ("transfer", "notes")])')" "scanned scanned scanned" "the register"
hf ledger verify --site site >/dev/null 2>&1 || fail "the ledger does not verify"
