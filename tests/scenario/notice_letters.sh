#!/usr/bin/env bash
# Letters to persons: one mailing from case and persons to PDF, file and manifest; a mailing that was killed is none; what the mail-house sends back; forms with honest blanks.
. "$(dirname "$0")/lib.sh"

cat >case.json <<'J'
{"name": "Riverside", "discovered": "2026-07-05", "window": "2026-06-30/2026-07-05", "persons": {"US-TX": 3, "US-RI": 41}, "elements": ["name", "ssn"],
 "entity": {"kind": "covered-entity", "country": "US", "state": "US-TX", "name": "Riverside Hospital", "address": ["4700 River Road", "Austin, TX 78701"], "phone": "1-800-555-0142"},
 "letter": {"date": "2026-08-20", "cause": "ransomware", "doing": {"en": "We shut them out.", "es": "Los echamos."}, "monitoring": {"provider": "Watch", "months": 24, "url": "watch.example"}},
 "entries": {"discovered": 4711, "US-RI": 4801}}
J
cat >persons.ndjson <<'J'
{"person_id": "p1", "first": "Maria", "last": "Lopez", "addr1": "12 Oak St", "city": "Providence", "state": "RI", "zip": "02903", "acquired": ["name", "ssn"]}
{"person_id": "p2", "first": "Juan", "last": "Diaz", "addr1": "7 Elm St", "city": "Austin", "state": "TX", "zip": "78702", "language": "es", "accessed": ["name"]}
{"person_id": "p3", "first": "No", "last": "Address", "accessed": ["name"]}
{"person_id": "p1", "first": "Maria", "last": "Lopez", "addr1": "12 Oak St", "city": "Providence", "state": "RI", "zip": "02903", "acquired": ["dob"]}
J
head -c 32 /dev/urandom >key

# one to look at, with entries
hf notice letters --case case.json --persons persons.ndjson --person p1 --entries -o - >one.txt
grep -q 'learned that criminals had entered' one.txt && grep -q 'July 5, 2026 \[#4711\]' one.txt || fail "the letter: $(cat one.txt)"
grep -q 'affects 41 \[#4801\] residents of Rhode Island' one.txt || fail "the number of residents"
refused 1 'no-address' notice letters --case case.json --persons persons.ndjson --person p3 -o -
refused 1 'p9\|person_id' notice letters --case case.json --persons persons.ndjson --person p9 -o -

# all of them
hf notice letters --case case.json --persons persons.ndjson --code-key key -o mailed --json >manifest.json 2>said.log
cmp manifest.json mailed/manifest.json
same "$(json count <manifest.json)" 2 "letters"
same "$(json sha256 <manifest.json)" "$(sha256sum mailed/mail.csv | cut -d' ' -f1)" "SHA-256 of the file"
same "$(json bytes <manifest.json)" "$(stat -c %s mailed/mail.csv)" "its bytes"
same "$(json substitute_notice.persons <manifest.json)" 1 "persons for substitute notice"
same "$(sort mailed/not-mailed.csv | tr -d '\r' | tr '\n' ' ')" 'p1,double p3,no-address person_id,reason ' "who has no letter"
if command -v pdfinfo >/dev/null; then
	same "$(pdfinfo mailed/letters-0001.pdf | awk '/^Pages/ {print $2}')" "$(json pages <manifest.json)" "pages"
	pdfinfo mailed/letters-0001.pdf | grep -q 'Tagged: *yes' || fail "the PDF has no tags"
	pdfinfo -struct mailed/letters-0001.pdf >tags
	for tag in Art H1 H2 LI Lbl LBody; do grep -Eq "^ *$tag( |\$)" tags || fail "nothing is tagged $tag"; done
	pdftotext mailed/letters-0001.pdf - | grep -q 'Aviso de filtración de datos' || fail "the Spanish letter"
fi
[ -z "$(find mailed -name '.*.tmp')" ] || fail "a temporary file stayed"
refused 1 'earlier mailing' notice letters --case case.json --persons persons.ndjson --code-key key -o mailed

# again, elsewhere: the same bytes
hf notice letters --case case.json --persons persons.ndjson --code-key key -o again 2>>said.log
diff -r mailed again || fail "made again it is another mailing"
printf '\xef\xbb\xbf' | cat - mailed/mail.csv >want.csv
hf notice mailfile --case case.json --persons persons.ndjson --code-key key --bom -o bom 2>>said.log
cmp want.csv bom/mail.csv || fail "the file of mailfile is another"

# killed in the middle: no manifest says that it is whole, and nobody adds to it
mkfifo slow
hf notice letters --case case.json --persons slow -o killed 2>>said.log &
pid=$!
exec 9>slow
head -2 persons.ndjson >&9
for _ in $(seq 600); do [ -e killed/.letters-0001.pdf.tmp ] && break; sleep 0.05; done
[ -e killed/.letters-0001.pdf.tmp ] || fail "it did not begin"
kill -9 "$(pgrep -P "$pid" 2>/dev/null || echo "$pid")"
exec 9>&-
wait "$pid" 2>/dev/null || true
[ ! -e killed/manifest.json ] && [ ! -e killed/mail.csv ] || fail "a mailing that was killed looks whole"

# each of its writes fails once, and the process is killed at each: it says so, and without a manifest it is no mailing
if can_hurt; then
	for how in fsync:error=EIO fsync:signal=KILL rename,renameat,renameat2:signal=KILL write:error=ENOSPC; do # killed between two of these is killed at the second
		for n in $(seq 30); do
			rm -rf swept
			hurt "$how:when=$n" notice mailfile --case case.json --persons persons.ndjson -o swept || break
			case $how:$status in *signal*:137 | *error*:3) ;; *error*:0) command grep -q 'write(2' hurt.trace || fail "$how $n: a failure and all is well" ;; *) fail "$how $n: exit status $status: $(cat hurt.said)" ;; esac
			[ -e swept/manifest.json ] || continue
			case $how in *error*) grep -q 'durable' hurt.said || [ $status = 0 ] || fail "$how $n: it failed ($(cat hurt.said)) and looks whole" ;; esac
			same "$(json sha256 <swept/manifest.json)" "$(sha256sum swept/mail.csv | cut -d' ' -f1)" "what is whole after $how $n"
		done
		[ $n -lt 30 ] && [ $n -gt 1 ] || fail "$how was never seen, or never survived"
	done
fi

# what is wrong is named with its line, and nothing is left that looks whole
(head -1 persons.ndjson; echo '{"person_id": "p7", "acquired": ["shoe-size"]}') >wrong.ndjson
refused 1 'line 2' notice letters --case case.json --persons wrong.ndjson -o wrong
[ ! -e wrong/manifest.json ] && [ ! -e wrong/mail.csv ] || fail "half a mailing"
sed 's/"doing": {[^}]*}, //' case.json >nodoing.json
refused 1 'letter.doing' notice letters --case nodoing.json --persons persons.ndjson -o none

# what comes back
printf 'person_id,printed,mailed,returned,reason\np1,yes,2026-08-21,no,\np2,yes,2026-08-21,yes,moved\n' >back.csv
hf notice returned --mailfile mailed/mail.csv --no-address 9 --json back.csv >back.json
same "$(json undeliverable.0.id <back.json)" p2 "who did not get it"
same "$(json substitute_notice.citation <back.json)" '45 CFR 164.404(d)(2)(ii)' "ten in all"
printf 'person_id,returned,reason\np1,2026-09-02,no such street\np2,yes,moved\n' >later.csv
hf notice returned --mailfile mailed/mail.csv --no-address 9 --also back.csv --json later.csv >back.json
same "$(json mailed <back.json) $(json returned <back.json) $(json substitute_notice.persons <back.json)" "2 2 11" "two files of one mailing"
echo 'p8,yes,2026-08-21,no,' >>back.csv
refused 1 'not in the file that was sent 1' notice returned --mailfile mailed/mail.csv back.csv

# forms
hf notice forms --case case.json -o forms 2>>said.log
same "$(ls forms/*.json | wc -l)" "$(hf notice forms --list | wc -l)" "forms"
python3 - <<'P'
import json
f = json.load(open('forms/us-hhs-ocr.json'))
v = {x['key']: x for x in f['fields']}
assert v['discovery_start_date']['value'] == '2026-07-05' and v['discovery_start_date']['entry'] == 4711
assert v['report_type']['value'] is None and v['report_type']['required']
assert f['blanks'] == sum(x['required'] and x['value'] is None for x in f['fields'])
P
grep -q 'Los echamos' forms/substitute-es.txt || fail "substitute notice in Spanish"
[ ! -e forms/media-fr.txt ] || fail "a notice in a language that the case has no words in"
refused 2 '' notice forms --case case.json
echo "letters are written"
