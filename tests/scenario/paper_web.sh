#!/usr/bin/env bash
# Sheets and contacts over the web: a unit's pack and a patient's sheets as PDF, numbered and registered before the first byte, in the audit of each patient; a protected record not among a unit's; who may not, what is not there, what nobody understands;
# two at a time are not both made at once; and the QR code of every form, from the picture of its page.
. "$(dirname "$0")/lib.sh"
for tool in pdftotext pdftoppm zbarimg; do command -v $tool >/dev/null || skip "$tool is not installed"; done
hf init site --name "St. Gabriel" >/dev/null 2>&1
hf simulate --out day.hl7 --beds 40 --count 2000 >/dev/null
printf 'MSH|^~\\&|EHR|STGABRIEL|HF|H|20260105120000||ADT^A01|R1|P|2.5.1\rPID|1||9001^^^STGABRIEL^MR||Grey^Ada||19620707|F\rPV1|1|I|CARD^699^Z^STGABRIEL|||||||||||||VIP\r' >grey.hl7
hf import --site site day.hl7 grey.hl7 >/dev/null 2>&1
printf 'name,role,phone,category\nCanton police,cybercrime,117,police\nDr Noor Diaz,Cardiology,5501,on-call\n' >phones.csv
hf contacts import --site site phones.csv >/dev/null
chief=(-H "Authorization: Bearer $(hf token create --role admin --site site)")
other=(-H "Authorization: Bearer $(hf token create --role device --label cart --site site)")
start site
shown site
get() { curl -s -o "$1" -w '%{http_code}' "${chief[@]}" "http://127.0.0.1:$http$2"; }
text() { pdftotext -layout "$1" -; }

# ---- contacts
same "$(get c.json /api/contacts)" 200 "contacts"
same "$(python3 -c 'import json; print(",".join(c["phone"] for c in json.load(open("c.json"))["contacts"] if c["source"]=="phones"))')" 5501,117 "numbers, who is on call first"
same "$(get c.json '/api/contacts?category=police')" 200 "contacts of a category"
same "$(json contacts.0.name <c.json)" "Canton police" "its one"
same "$(get c.json '/api/contacts?category=friends')" 400 "a category that there is not"
same "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$http/api/contacts")" 401 "contacts for nobody"

# ---- a unit's pack
unit=$(hf chart census --site site --json 2>/dev/null | python3 -c 'import json,sys;print([x["location"]["unit"] for x in json.load(sys.stdin)["patients"] if x.get("isProtected")][0])')
before=$(entries site sheet)
same "$(get pack.pdf "/api/paper?unit=$unit&sheet=pack")" 200 "a unit's pack"
same "$(head -c 5 pack.pdf)" %PDF- "what it begins with"
text pack.pdf >pack.txt
for words in Census "Medication administration record" "Registration form" Contacts "Canton police" 117 "\[protected record\]" "checkpoint of"; do grep -q -- "$words" pack.txt || fail "the pack does not say '$words'"; done
! grep -q Grey pack.txt || fail "a protected record is in a unit's pack"
same "$(entries site sheet)" $((before + 1)) "entries of sheets"
number=$(grep -oE -m 1 '[0-9A-Z]{3}-[0-9]+-1-[0-9A-Z]' pack.txt)
hf paper list --site site --json >list.json
python3 - "$number" "$unit" <<'P' || fail "the register: $(cat list.json | head -c 400)"
import json, sys
s = json.load(open("list.json"))["sheets"]
mine = [x for x in s if x["number"] == sys.argv[1]]
assert mine and mine[0]["kind"] == "census" and mine[0]["unit"] == sys.argv[2] and mine[0]["state"] == "printed", mine
assert len({x["number"] for x in s}) == len(s)
P
hf paper return --site site "$number" >/dev/null

# ---- one patient, in another language; in the audit
patient=$(hf chart census --site site --json 2>/dev/null | python3 -c 'import json,sys;print([x["id"] for x in json.load(sys.stdin)["patients"] if not x.get("isProtected")][0])')
same "$(get one.pdf "/api/paper?patient=$patient&sheet=mar&lang=fr&paper=letter&large=1")" 200 "a patient's sheet"
text one.pdf >one.txt
grep -q "administration" one.txt && grep -q "Né(e) le" one.txt || fail "not in French: $(head -5 one.txt)"
same "$(pdfinfo one.pdf | awk '/^Page size/{print $3, $5}')" "792 612" "US letter"
shown site
same "$(get a.json "/api/audit?patient=$patient")" 200 "the audit"
grep -q '"print"' a.json || fail "the print is not in the audit of that patient: $(head -c 300 a.json)"
protected=$(hf chart census --site site --json 2>/dev/null | python3 -c 'import json,sys;print([x["id"] for x in json.load(sys.stdin)["patients"] if x.get("isProtected")][0])')
same "$(get no.json "/api/paper?patient=$protected&sheet=summary")" 403 "a protected record without a reason"

# ---- no
same "$(get no.json '/api/paper')" 400 "nobody's sheets"
same "$(get no.json "/api/paper?unit=$unit&patient=$patient")" 400 "a unit's and a patient's at once"
same "$(get no.json "/api/paper?unit=$unit&sheet=novel")" 400 "a sheet that there is not"
same "$(get no.json "/api/paper?unit=$unit&lang=de")" 400 "a language that there is not"
same "$(get no.json '/api/paper?unit=NOWHERE')" 404 "a unit that there is not"
same "$(get no.json '/api/paper?patient=p99999')" 404 "a patient that there is not"
same "$(curl -s -o no.json -w '%{http_code}' -X POST "${chief[@]}" "http://127.0.0.1:$http/api/paper?unit=$unit")" 405 "a POST"
same "$(curl -s -o no.json -w '%{http_code}' "http://127.0.0.1:$http/api/paper?unit=$unit")" 401 "nobody"
same "$(curl -s -o no.json -w "%{http_code}" "${other[@]}" "http://127.0.0.1:$http/api/paper?unit=$unit")" 403 "a cart that may send recordings"

# ---- several at once: each is made, or told to come again; whatever came has numbers of its own, which are in the register
for i in 1 2 3 4 5 6; do
	curl -s -o "at$i.pdf" -w '%{http_code}\n' "${chief[@]}" "http://127.0.0.1:$http/api/paper?unit=$unit&sheet=census,mar" >"at$i.code" &
done
wait $(jobs -p | grep -vx "$daemon")
made=0
for i in 1 2 3 4 5 6; do
	case $(cat "at$i.code") in
	200) made=$((made + 1)); text "at$i.pdf" >one.txt; grep -oE -m 1 '[0-9A-Z]{3}-[0-9]+-1-[0-9A-Z]' one.txt >>numbers ;;
	503) grep -q busy "at$i.pdf" || fail "503: $(cat "at$i.pdf")" ;;
	*) fail "at once: $(cat "at$i.code")" ;;
	esac
done
[ $made -ge 1 ] || fail "none was made"
same "$(sort -u numbers | wc -l)" $made "different numbers"
hf paper list --site site --json >list.json
while read -r n; do grep -q "\"$n\"" list.json || fail "$n is on paper and not in the register"; done <numbers

# ---- the code of every form, from the picture of its page, in each language
for lang in en fr zh; do
	same "$(get forms.pdf "/api/paper?unit=$unit&lang=$lang&sheet=registration,vitals,mar-form,orders-form,notes,lab-requisition,transfer,contacts")" 200 "forms in $lang"
	pdftoppm -r 110 -gray -png forms.pdf form
	codes=$(zbarimg -q --raw -Sdisable -Sqrcode.enable form*.png 2>/dev/null | cut -d: -f3 | sort -u | tr '\n' ' ')
	same "$codes" "CONTACTS LAB-REQUISITION MAR-FORM NOTES ORDERS-FORM REGISTRATION TRANSFER VITALS " "codes of the forms in $lang"
	rm -f form*.png
done
stop
hf ledger verify --site site >/dev/null 2>&1 || fail "the ledger does not verify"
echo "a ward prints from its browser"
