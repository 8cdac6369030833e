#!/usr/bin/env bash
# FHIR writes that change something: updates and deletions by address and in transactions, versions, conditional creation. The charts after a rebuild are the same.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --shares 1/1 2>/dev/null
printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ORU^R01|C1|P|2.5.1\rPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\rOBR|1|P1^EHR|F1^LAB|24323-8^CMP^LN|||20260105123000|||||||||||||||||F\rOBX|1|NM|2823-3^Potassium^LN||3.10|mmol/L|3.5-5.1|L|||F|||20260105123000\rOBX|2|NM|2951-2^Sodium^LN||140|mmol/L|||||F|||20260105123000\r' >a.hl7
printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A01|C2|P|2.5.1\rPID|1||4712^^^GAB^MR||Other^Bo||19600101|M\rPV1|1|I|ICU^1^A\r' >b.hl7
"$HOLDFAST" import --site site a.hl7 b.hl7 >/dev/null
# what is not so does not read as if it was, on a terminal either
"$HOLDFAST" import --site site "$top/tests/data/fhir/not-so.json" >/dev/null
"$HOLDFAST" chart census --site site | grep -q 'Notso.*allergies: Penicillin$' || fail "a refuted or resolved allergy in the census: $("$HOLDFAST" chart census --site site)"
"$HOLDFAST" chart patient N-1 --site site >page
for line in 'Latex REFUTED' 'Embolism REFUTED' 'Troponin <0.010 ug/L' 'Systolic 120 mmHg; Diastolic (no value)' 'Warfarin NOT ORDERED (proposal) 1 - 2 tab'; do grep -qF "$line" page || fail "not on the page: $line: $(cat page)"; done
export TOKEN=$("$HOLDFAST" token create --role api --label engine --site site)
export TOKEN2=$("$HOLDFAST" token create --role api --label other --site site)
export DEVICE=$("$HOLDFAST" token create --role device --label monitor --site site)
export READER=$("$HOLDFAST" token create --role clinician --site site)
start site
BASE=http://127.0.0.1:$http/fhir timeout 100 python3 "$here/change.py"
stop
"$HOLDFAST" chart export --site site >before
"$HOLDFAST" view rebuild --site site
"$HOLDFAST" chart export --site site | cmp - before || fail "charts after a rebuild"
"$HOLDFAST" ledger verify --site site --bodies >/dev/null
