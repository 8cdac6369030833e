#!/usr/bin/env bash
# A ward works from paper: its pack is printed and read back from pictures of its pages (QR codes, barcodes, letters); a silent feed is said to be silent; protected records stay closed; every sheet is numbered before it is handed out, whoever is
# killed in between, and the count of a unit closes. It takes longer than 10 s because pages are drawn as pictures and a print is killed at its writes a dozen times.
. "$(dirname "$0")/lib.sh"
for tool in pdftotext pdftoppm zbarimg dmtxread gcc; do command -v $tool >/dev/null || skip "$tool is not installed"; done
unset HOLDFAST_SITE
gcc -shared -fPIC -o clock.so "$here/clock.c"
text() { pdftotext -layout "$1" - 2>/dev/null; }
count() { text "$1" | grep -c -- "$2" || true; }
has() { [ "$(count "$1" "$2")" != 0 ] || fail "$1 does not say '$2'"; }
hasnt() { [ "$(count "$1" "$2")" = 0 ] || fail "$1 says '$2'"; }
pages() { pdfinfo "$1" | awk '/^Pages/{print $2}'; }

hf init site --name "St. Gabriel" >/dev/null 2>&1
hf simulate --out day.hl7 --beds 40 --count 3000 >/dev/null
# Beside them one whose name is in Chinese and who is stated to have no allergies, one whose record is protected, one with a very long name, and one with sixty medications.
long=Wolfeschlegelsteinhausenbergerdorff-Hohenzollern-Sigmaringen-von-und-zu-Langenfeld
python3 - "$long" >more.hl7 <<'P'
import sys
n=0
def say(kind, seg):
    global n; n+=1
    sys.stdout.write('MSH|^~\\&|EHR|GAB|HF|GAB|20260107120000||%s|X%d|P|2.5.1|||||||UNICODE UTF-8\r' % (kind, n) + '\r'.join(seg) + '\r')
def admit(no, name, vip='', more=()):
    say('ADT^A01', ['EVN||20260107120000', 'PID|1||%s^^^GAB^MR||%s||19570312|F' % (no, name), 'PV1|1|I|PAP^7^%s^GAB|||||||||||||%s|||V%s^^^GAB^VN|||||||||||||||||||||||||20260107' % (no[-1], vip, no)] + list(more))
admit('900001', '欧阳^如意', more=['AL1|1|DA|716186003^No known allergy^SCT'])
admit('900002', 'Secret^Sam', 'VIP')
admit('900003', sys.argv[1] + '^Maria Theresia Antonia Josepha Walburga')
admit('900004', 'Sixty^Sara')
for i in range(60):
    say('RDE^O11', ['PID|1||900004^^^GAB^MR||Sixty^Sara||19570312|F', 'ORC|NW|P%d^EHR|F%d^PHARM||IP' % (i, i), 'RXE|^Q6H|%d^drug-%02d^L|%d||mg' % (i, i, i + 1), 'RXR|PO^PO^HL70162'])
P
hf import --site site more.hl7 day.hl7 >/dev/null 2>&1
hf chart census --site site --unit PAP --json >census.json 2>/dev/null

# ---- a unit's pack: one of each sheet, and the page says what the chart says
hf paper print --site site --unit PAP --sheet pack -o pap.pdf --json >printed.json 2>said || fail "$(cat said)"
same "$(json patients <printed.json)" 3 "patients whose charts are in the pack"
same "$(json withheld <printed.json)" 1 "protected records"
grep -q "1 protected" said || fail "nothing was said of the protected record: $(cat said)"
for words in Census "Patient summary" "Medication administration record" "Laboratory results" "Registration form" "Vital signs form" "Order form" "Progress notes" "Laboratory request" "Transfer form" Contacts "欧阳, 如意" "NOT RECEIVED" "STATED NONE" "\[protected record\]" "as of entry #"; do has pap.pdf "$words"; done
hasnt pap.pdf Secret
for i in 00 17 42 59; do has pap.pdf "drug-$i"; done
has pap.pdf "No dose given is known to us"
[ "$(count pap.pdf 'Page 1 of')" -ge 18 ] || fail "not every sheet counts its pages"

# ---- the same sheet once more is the same but for its number and its time
first=$(json first <printed.json)
case $first in ???-*-1-?) ;; *) fail "first number: $first" ;; esac
same "$(entries site sheet)" 1 "entries of kind sheet"
[ "$(hf ledger list --site site --json --kind audit | wc -l)" -ge 3 ] || fail "prints of charts are not in the audit"

# ---- from the picture of a page: its QR code; from labels Code 128 and Data Matrix; from a wristband QR and Code 128
pdftoppm -r 150 -f 1 -l 1 -png pap.pdf page
code=$(zbarimg -q --raw -Sdisable -Sqrcode.enable page*.png 2>/dev/null)
case $code in HF1:$first:CENSUS:*) ;; *) fail "the page's QR code says '$code'" ;; esac
case $code in *Secret*|*900001*) fail "a QR code tells who it is" ;; esac
for paper in a4 letter; do
	hf paper print --site site --patient 900003 --sheet labels,wristbands --paper $paper -o labels.pdf >/dev/null
	pdftoppm -r 200 -png labels.pdf label
	same "$(zbarimg -q --raw -Sdisable -Scode128.enable label-1.png 2>/dev/null | sort -u)" 900003 "Code 128 of labels on $paper"
	for at in "0 0" "1 4" "2 9"; do # where the label's own paper is cut: first, middle, last
		set -- $at
		[ $paper = a4 ] && box="$((551 * $1)) $((234 * $2)) 551 234" || box="$((38 + 550 * $1)) $((100 + 200 * $2)) 525 200"
		set -- $box
		pdftoppm -r 200 -f 1 -l 1 -x $1 -y $2 -W $3 -H $4 -png labels.pdf one
		same "$(zbarimg -q --raw -Sdisable -Scode128.enable one*.png 2>/dev/null)" 900003 "Code 128 of the label at $at on $paper"
		rm -f one*.png
	done
	same "$(dmtxread -N 1 -m 20000 label-1.png 2>/dev/null)" 900003 "Data Matrix of a label on $paper"
	same "$(zbarimg -q --raw -Sdisable -Sqrcode.enable -Scode128.enable label-2.png 2>/dev/null | sort -u)" 900003 "codes of a wristband on $paper"
	has labels.pdf "$(echo $long | cut -c1-20)"
	rm -f label-*.png
done
same "$(pdfinfo -f 1 -l 1 labels.pdf | awk '/Page.*size/{print $4, $6}')" "612 792" "points of US letter"

# ---- in three languages, in large print, as of a past entry
hf paper print --site site --patient 900004 --sheet mar --lang fr -o fr.pdf >/dev/null
has fr.pdf "Feuille d’administration des médicaments"
hf paper print --site site --patient 900004 --sheet mar,summary --lang zh --large -o zh.pdf >/dev/null
has zh.pdf 给药记录单
[ "$(pages zh.pdf)" -gt "$(pages fr.pdf)" ] || fail "large print is not larger"
hf paper print --site site --patient 900004 --sheet mar --as-of '#5' -o then.pdf >/dev/null
hasnt then.pdf drug-59

# ---- a protected record: not by the way, not without a reason, and marked
refused 1 protected paper print --site site --patient 900002 --sheet summary -o no.pdf
[ ! -e no.pdf ] || fail "a protected record was printed"
refused 2 reason paper print --site site --patient 900002 --sheet summary -o no.pdf --protected
hf paper print --site site --patient 900002 --sheet summary --protected --reason "goes to theatre" -o yes.pdf >/dev/null
has yes.pdf "PROTECTED RECORD"
refused 1 "no unit" paper print --site site --unit NOWHERE --sheet census -o no.pdf
refused 2 "no such sheet" paper print --site site --unit PAP --sheet novel -o no.pdf
refused 2 whose paper print --site site --sheet census -o no.pdf

# ---- the register: counts that close
n=$(json sheets <printed.json)
hf paper list --site site --json >list.json
same "$(json units.0.unit <list.json)" PAP "the unit of the first sheet"
same "$(python3 -c 'import json;print(sum(s["unit"]=="PAP" for s in json.load(open("list.json"))["sheets"]))')" "$(json units.0.sheets <list.json)" "sheets of the unit"
same "$(json units.0.open <list.json)" "$(json units.0.sheets <list.json)" "open sheets, nothing has come back"
hf paper sign-out --site site "$first" --to theatre >/dev/null
hf paper return --site site "$(echo "$code" | tr A-Z a-z)" >/dev/null # as a scanner or a hand writes it
refused 1 already paper return --site site "$first"
refused 1 "check character" paper return --site site "${first%?}$(case $first in *A) echo B ;; *) echo A ;; esac)"
refused 1 "no sheet" paper return --site site "$(python3 - <<'P'
s="AAA-1-1-"
p=36
for c in s:
    v=35 if c=='-' else int(c,36)
    p=(p+v)%36 or 36
    p=p*2%37
print(s+"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(37-p)%36])
P
)"
refused 2 reason paper destroy --site site "$first"
refused 1 "" paper list --site site --unit PAP --open
python3 -c 'import json;print("\n".join(s["number"] for s in json.load(open("list.json"))["sheets"] if s["unit"]=="PAP"))' | grep -vx "$first" >rest
hf paper scan --site site "$first" >/dev/null
xargs timeout 100 "$HOLDFAST" paper destroy --site site --reason "the drill is over" <rest >/dev/null
hf paper list --site site --unit PAP --open >/dev/null || fail "the count does not close: $(hf paper list --site site --unit PAP --open)"
refused 1 already paper destroy --site site "$first" --reason again

# ---- killed at a write: a PDF that is there has its numbers in the register, and no number is there twice
killed=0
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
	for call in fdatasync fsync renameat,renameat2,rename; do
		for n in 1 2 3 4; do
			rm -f kill.pdf
			hurt "$call":signal=KILL:when=$n paper print --site site --patient 900001 --sheet mar -o kill.pdf || break # (each keeper that is asked may die of it; the print does not go on asking)
			[ $status = 0 ] || killed=$((killed + 1))
			[ -e kill.pdf ] || continue
			text kill.pdf >kill.txt
			grep -oE -m 1 '[0-9A-Z]{3}-[0-9]+-1-[0-9A-Z]' kill.txt >>survived
		done
	done
	[ $killed -gt 2 ] || fail "only $killed prints were killed"
fi
hf paper print --site site --patient 900001 --sheet mar -o last.pdf >/dev/null
hf paper list --site site --json >list.json
python3 - <<'P'
import json, os
numbers=[s["number"] for s in json.load(open("list.json"))["sheets"]]
assert len(numbers)==len(set(numbers)), "a number was given twice"
if os.path.exists("survived"):
    seen=open("survived").read().split()
    assert len(seen)==len(set(seen)), "a number is on two sheets"
    assert set(seen)<=set(numbers), "a sheet is on paper and not in the register"
P
# a place that cannot be written to: seen before a number is used up, or said, and the sheet is open in the register
before=$(hf paper list --site site --json | json units.0.open)
refused 1 "does not exist" paper print --site site --patient 900001 --sheet mar -o nowhere/at/all.pdf
mkdir folder
refused 3 "" paper print --site site --patient 900001 --sheet mar -o folder
grep -q "paper destroy" said || fail "nobody is told what to do about a sheet that is not on paper"
same "$(hf paper list --site site --json | json units.0.open)" $((before + 1)) "open sheets after a print that failed"

# ---- a feed that falls silent is silent on paper, in words; before that it is not
hf init live >/dev/null 2>&1
start live
hf simulate --to 127.0.0.1:$mllp --beds 20 --count 1500 --start "$(date -ud '-50 hours' +%FT%TZ)" >/dev/null
stop
unit=$(hf chart census --site live --json 2>/dev/null | python3 -c 'import json,sys;print([x["location"]["unit"] for x in json.load(sys.stdin)["patients"] if x.get("location",{}).get("unit")][0])')
LD_PRELOAD="$work/clock.so" HOLDFAST_TEST_CLOCK=$(($(date +%s) + 30 * 3600)) hf paper print --site live --unit "$unit" --sheet census,summary,mar -o silent.pdf >/dev/null
has silent.pdf "STALE: no message from"
has silent.pdf "silent since"
echo "the ward works from paper"
