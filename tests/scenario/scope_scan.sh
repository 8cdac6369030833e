#!/usr/bin/env bash
# holdfast scope scan: files of several formats below a folder to hits; the same for any number of jobs; what cannot be read is told; identical files are read once and each is named.
. "$(dirname "$0")/lib.sh"
mkdir -p "share/b, \"odd\"" share/a
cat >persons.csv <<'P'
person_id,last,first,dob,ssn,mrn,phone,street,zip
P1,Creveling,John,1965-03-25,142-81-6943,WES000004400,615-426-0848,3782 Lunsford Way,46211
P2,Smith,Mary,1980-01-02,,ORT000000001,,12 Elm St,37225
P
cat >share/a/letter.txt <<'P'
County Hospital

RE: Creveling, John   DOB: 03/25/1965

SSN on file: 517-24-8890. Diagnosis: J45.909
P
printf 'MSH|^~\\&|A|B|C|D|20200101||ADT^A08|1|P|2.5\rPID|1||ORT000000001^^^ORT^MR||SMITH^MARY||19800102|F\rDG1|1||F32.9^Depression^I10\rNK1|1|OTHER^ANN\r' >share/a/m.hl7
printf 'mrn,last,first,ssn\nWES000004400,CREVELING,JOHN,142816943\nXXX000000009,Nobody,Nora,517-24-8891\n' >"share/b, \"odd\"/list.csv"
cp share/a/letter.txt "share/b, \"odd\"/copy.txt"
"$HOLDFAST" scope scan share --persons persons.csv --jobs 1 -o one.csv --strangers strangers.csv --json >summary.json 2>talk || fail "a folder that can be read: $(cat talk)"
cat >want <<'P'
person,element,file,offset,rule,confidence
P1,name,share/a/letter.txt,21,known.name,0.98
P1,dob,share/a/letter.txt,44,label.dob,0.95
P1,ssn,share/a/letter.txt,69,label.ssn,0.97
P1,diagnosis,share/a/letter.txt,93,icd10.form,0.95
P
head -5 one.csv | diff want - || fail "a letter's hits"
grep -q '^P2,behavioral,share/a/m.hl7,' one.csv || fail "an F code is behavioural, too"
grep -q '^P2,mrn,share/a/m.hl7,' one.csv || fail "the message's patient"
grep -q '^P1,ssn,"share/b, ""odd""/list.csv",' one.csv || fail "a row of a list, in a folder with an odd name"
grep -q '^,ssn,"share/b, ""odd""/list.csv",' one.csv || fail "a row whose person is not known is nobody's"
grep -c '^P1,ssn,"share/b, ""odd""/copy.txt",69,' one.csv | grep -qx 1 || fail "a copy has its hits, too"
grep -q '^kin,ANN OTHER,share/a/m.hl7,' strangers.csv || fail "the next of kin is a stranger"
grep -q '^subject,Nora Nobody,' strangers.csv || fail "who is not known is a stranger"
grep -q 'Nobody\|517-24' one.csv talk && fail "content in the hits or the talk"
python3 - <<'P' || fail "the summary"
import json
s=json.load(open('summary.json'))
assert s['files']==4 and s['identical']==1 and s['unread']==0 and s['persons']==2, s
P
"$HOLDFAST" scope scan share --persons persons.csv --jobs 3 -o three.csv 2>/dev/null || fail "three jobs"
cmp one.csv three.csv || fail "the order depends on the jobs"
"$HOLDFAST" scope scan share --persons persons.csv 2>/dev/null | cmp - one.csv || fail "standard output"
r=0
"$HOLDFAST" scope scan share --persons missing.csv -o six.csv 2>talk || r=$?
[ $r -eq 1 ] && grep -q 'missing.csv' talk || fail "a list that is not there: $r"
# whoever reads the first line only has enough
for _ in $(seq 400); do cat share/a/letter.txt; done >many.txt
"$HOLDFAST" scope scan many.txt --all 2>talk | head -1 >/dev/null
[ "${PIPESTATUS[0]}" -eq 0 ] || fail "a closed pipe: $(cat talk)"
# without a list: what, not whose
"$HOLDFAST" scope scan share/a/letter.txt -o none.csv 2>/dev/null || fail "without a list"
grep -q '^,ssn,share/a/letter.txt,69,' none.csv || fail "rules alone"
# what cannot be read
ln -s a share/link
printf 'PK\003\004broken' >share/x.zip
r=0
"$HOLDFAST" scope scan share missing --persons persons.csv -o four.csv --unread unread.csv 2>talk || r=$?
[ $r -eq 1 ] || fail "unread files are exit 1, not $r"
grep -q '^share/link,unreadable,"a symbolic link, not followed"' unread.csv || fail "a link is told"
grep -q '^missing,unreadable,' unread.csv || fail "what is not there is told"
grep -q '^share/x.zip' unread.csv || fail "a broken archive is told"
grep -q 'could not be read' talk || fail "the count is said"
cmp one.csv four.csv || fail "the others are read all the same"
ls -A | grep -q tmp && fail "a temporary file stays"
r=0
printf 'id,colour\n1,red\n' >bad.csv
"$HOLDFAST" scope scan share --persons bad.csv -o five.csv 2>talk || r=$?
[ $r -eq 1 ] && [ ! -e five.csv ] && grep -q 'bad.csv' talk || fail "a list without a known column: $r"
r=0
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then # the list ends before its end: somebody makes it shorter
	strace -qq -f -o /dev/null -P "$PWD/persons.csv" -e trace=read -e inject=read:retval=0:when=1 "$HOLDFAST" scope scan share --persons persons.csv -o seven.csv 2>talk || r=$?
	[ $r -eq 1 ] && [ ! -e seven.csv ] && grep -q 'persons.csv: .*shorter' talk || fail "a list that became shorter is $r: $(cat talk)"
fi
echo "hits are found, and told whose"
