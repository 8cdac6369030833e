#!/usr/bin/env bash
# holdfast scope text: what is read in files of many formats, as text and as JSON; what is not read is said on standard error and is exit 1.
. "$(dirname "$0")/lib.sh"
/usr/bin/env python3 "$top/tests/data/extract/make.py" files
cp "$top/tests/data/extract/old.xls" files/
cd files
said() { # STATUS FILE WORD: the exit status, and a word on standard error ("": nothing is said there)
	local r=0
	"$HOLDFAST" scope text "$2" >../out 2>../said || r=$?
	sed -i '/this kernel has no Landlock/d' ../said
	same "$r" "$1" "exit status of $2 ($(cat ../said))"
	if [ -z "$3" ]; then [ ! -s ../said ] || fail "$2: $(cat ../said)"; else grep -q -- "$3" ../said || fail "$2: '$3' is not said: $(cat ../said)"; fi
}
told() { for w; do grep -qF -- "$w" ../out || fail "'$w' is not told: $(cat ../out)"; done; }

said 0 letter.docx "" && told "RE: Maria Sanchez" "Patient Name [name]: Olsen, Kai" "was deleted: 219-88-1234" "== #header1 (part)" "== word/embeddings/list.csv (csv)"
said 0 list.xlsx "" && told "== #May & June (sheet)" "Date of Birth [dob]: 1964-03-07" "SSN [ssn]: 012-34-5678" "ZIP [zip]: 02134"
said 0 letter.odt "" && told "Patient:	Eva Lind" "Phone [phone]: 212-555-0187"
for _ in $(seq 4000); do echo "a line that is longer than what a pipe holds of it, many times over"; done >long.txt
{ "$HOLDFAST" scope text long.txt 2>../said; echo "$?" >../status; } | head -1 >../out # whoever read it has enough: no failure
same "$(cat ../status)" 0 "exit status into head"
[ ! -s ../said ] || fail "said to a reader that left: $(cat ../said)"
{ "$HOLDFAST" scope text long.txt long.txt --json 2>../said; echo "$?" >../status; } | head -c 9 >../out
same "$(cat ../status)" 0 "exit status of --json into head"
[ ! -s ../said ] || fail "said to a reader that left: $(cat ../said)"
r=0; "$HOLDFAST" scope text long.txt >/dev/full 2>../said || r=$?
same "$r" 3 "exit status where nothing can be written"
grep -q "No space left on device" ../said || fail "a full disk is not said: $(cat ../said)"
said 0 nested.zip "" && told "inner note about Ida Berg" "== a.zip/../../etc/passwd (text)"
said 0 mail.eml "" && told "Subject: Résultats de Lefèvre" "born 03/07/1964" "SSN [ssn]: 219-88-7777" "Forwarded body of Ida Berg"
said 0 gb.txt "" && told "王小明"
said 1 letter.rtf "letter.rtf: picture: 1 pictures in it were not read" && told "RE: María Sánchez"
said 1 cut.tar.gz "cut.tar.gz: broken: " && told "first member" "third member"
said 1 bomb.zip "bomb.zip / zeros3.bin: limit: "
said 1 sealed.odt "sealed.odt: sealed: under a password"
said 1 noise.bin "unknown: " && told "some words in the noise"
if command -v pdftotext >/dev/null; then
	said 1 three.pdf "three.pdf#page 2: picture: " && told "Ida Berg" "Third page"
	said 0 pdfs.zip "" && told "inside the zip" "after the pdf"
fi
if command -v xls2csv >/dev/null; then said 0 old.xls "" && told "Date of Birth [dob]: 1964-03-07"; fi
# a password in an archive, where there is a program to make one
if command -v 7z >/dev/null; then
	7z a -bd -ppw one.7z gb.txt >/dev/null && 7z a -bd -ppw -mhe=on two.7z gb.txt >/dev/null && 7z a -bd -ppw three.zip gb.txt >/dev/null
	said 1 one.7z "sealed: under a password" && said 1 two.7z "sealed: under a password" && said 1 three.zip "three.zip / gb.txt: sealed: under a password"
fi
# OCR, where it is
if command -v tesseract >/dev/null && command -v pdftoppm >/dev/null; then
	pdftoppm -r 150 -png -f 1 -l 1 three.pdf page
	said 1 page-1.png "picture: " && r=0
	"$HOLDFAST" scope text --ocr page-1.png >../out || r=$?
	same $r 0 "OCR" && told "Ida Berg"
fi

# JSON: a piece a line, and a report
"$HOLDFAST" scope text --json list.xlsx nested.zip >../out
python3 - <<'P' || fail "JSON"
import hashlib, json
v = [json.loads(l) for l in open('../out')]
dob = [x for x in v if x.get('role') == 'dob']
assert [(x['text'], x['name'], x['member'], x['offset']) for x in dob] == [('1964-03-07', 'Date of Birth', '#May & June', 4), ('2023-03-15 12:00:00', 'Date of Birth', '#May & June', 5)], dob
r = [x for x in v if x['kind'] == 'report']
assert [x['type'] for x in r] == ['ooxml', 'zip'] and r[1]['members'] == 4 and r[0]['records'] == 4, r
for x in r:
    assert x['sha256'] == hashlib.sha256(open(x['file'], 'rb').read()).hexdigest() and x['troubles'] == 0
P
cat nested.zip | "$HOLDFAST" scope text - >../out && told "outer"
"$HOLDFAST" scope text --troubles nested.zip three.pdf >../out 2>../said || true
[ ! -s ../out ] || fail "only what was not read is wanted"
# one that is not there does not keep the others from being read
r=0
"$HOLDFAST" scope text no-such-file gb.txt >../out 2>../said || r=$?
same $r 1 "a file that is not there" && told "王小明" && grep -q 'no-such-file: it cannot be opened' ../said || fail "no-such-file: $(cat ../said)"
refused 2 "needs a FILE" scope text
refused 2 "depth" scope text --depth 0 gb.txt
# a kernel without Landlock is said, once, and files are read
if can_hurt; then
	hurt landlock_create_ruleset:error=ENOSYS scope text gb.txt three.pdf || fail "Landlock is not asked for"
	same "$(grep -c 'no Landlock' hurt.said)" 1 "how often it is said ($(cat hurt.said))"
	grep -q "王小明" hurt.out || fail "not read: $(cat hurt.out)"
	! command -v pdftotext >/dev/null || grep -q "Ida Berg" hurt.out || fail "the PDF is not read: $(cat hurt.out hurt.said)"
fi
# nothing of what was read is left behind, and what a killed command left is taken away by the next that unpacks
left() { find /var/tmp -maxdepth 1 -name 'holdfast-p[sd][tf]-*' -user "$(id -u)" -newer list.xlsx; }
[ -z "$(left)" ] || fail "a folder stays: $(left)"
if command -v pdfdetach >/dev/null; then
	said 0 attached.pdf "" && told "SSN [ssn]: 219-88-5555" "about Ida Berg"
	if can_hurt; then
		hurt unlinkat:signal=KILL:when=1 scope text attached.pdf || fail "nothing was taken away"
		same $status 137 "killed before it takes its folder away"
		[ -n "$(left)" ] || fail "there was no folder"
	fi
	said 0 attached.pdf ""
	[ -z "$(left)" ] || fail "a killed command's folder stays: $(left)"
fi
echo "what files say is told"
