#!/usr/bin/env bash
# An account at home: bound to one person, hands in with a note, sees what became of its own in plain words, and nothing else of the house answers it.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 2>/dev/null
printf 'MSH|^~\\&|EHR|HOSP|||20261101080000||ADT^A01|1|P|2.5\rPID|1||1001^^^HOSP^MR||SMITH^JOHN||19570312|M\rPV1|1|I|3W^12^A||||||||||||||||V1\r' >a.hl7
printf 'MSH|^~\\&|EHR|HOSP|||20261101080100||ADT^A01|2|P|2.5\rPID|1||1002^^^HOSP^MR||SMITH^JOAN||19620707|F\rPV1|1|I|3W^13^A||||||||||||||||V2\r' >b.hl7
hf import --site site a.hl7 b.hl7 >/dev/null
python3 - <<'PY'
import struct
for k, name in enumerate(("one", "two", "three", "four")):
    v = []
    for i in range(5000):
        t = (i + 9 * k) % 400
        x = 1000 - 60 * abs(t - 150) if abs(t - 150) < 16 else 0
        v += [x, x // 2]
    open(name + ".dat", "wb").write(struct.pack("<%dh" % len(v), *v))
    open(name + ".hea", "w").write("%s 2 500 5000\n%s.dat 16 1000 16 0 0 0 0 II\n%s.dat 16 1000 16 0 0 0 0 V5\n" % (name, name, name))
PY
for r in one two three four; do hf ecg convert $r.hea --to edf -o $r.edf; done
ward=$(hf ecg import --site site two.hea --patient 1001 --birth 1957-03-12 --json | json entry)

# ---- the account
refused 2 "--patient" user add john --role patient --site site
refused 2 "--patient" user add eve --role clinician --patient 1001 --site site
refused 1 "" user add john --role patient --patient 9999 --site site
refused 2 "--user" token create --role patient --site site
pw=$(hf user add john --role patient --patient 1001@HOSP --site site 2>said)
grep -q 'SMITH, JOHN' said || fail "not said whose account it is: $(cat said)"
start site
base=http://127.0.0.1:$http
code() { curl -s -o got -w '%{http_code}' "$@"; }
csrf=$(curl -s -c jar -d "{\"user\":\"john\",\"password\":\"$pw\"}" $base/api/login | json csrf)
me() { code -b jar -c jar -H "X-Holdfast-CSRF: $csrf" "$@"; }
same "$(me $base/api/home)" 403 "with the one-time password"
same "$(me $base/api/ecgs)" 403 "nor anything else"
same "$(me -d "{\"old\":\"$pw\",\"new\":\"a garden behind the house\"}" $base/api/password)" 204 "own password"

# ---- handing in
same "$(me --data-binary @one.edf "$base/api/home/ecg?name=one.edf&key=h1&note=after%20the%20stairs&urgency=stat&patient=p2&id=1002")" 201 "handed in"
one=$(json entry <got)
same "$(me --data-binary @one.edf "$base/api/home/ecg?name=one.edf&key=h1&note=after%20the%20stairs")" 200 "again is the same"
same "$(json entry <got) $(json duplicate <got)" "$one True" "one entry"
echo letter >letter.txt
same "$(me --data-binary @letter.txt "$base/api/home/ecg?name=letter.txt")" 400 "a letter"
same "$(me $base/api/home)" 200 "what there is"
same "$(json patient.name <got) $(json ecgs.0.entry <got) $(json ecgs.0.status <got) $(json ecgs.0.note <got) $(json ecgs.0.statementsIfSigned <got)" "SMITH, JOHN $one received after the stairs []" "in plain words"
python3 -c 'import json; assert len(json.load(open("got"))["ecgs"]) == 1' || fail "what the ward recorded is in the list at home"
same "$(me -d '{"text":"better now"}' $base/api/home/ecg/$one/note)" 200 "a note"
same "$(me -d '{"text":" "}' $base/api/home/ecg/$one/note)" 400 "nothing"
same "$(me -d '{"note":"does it look right?"}' $base/api/home/ecg/$one/review)" 200 "a request"
me $base/api/home >/dev/null
same "$(json ecgs.0.status <got) $(json ecgs.0.review <got)" "waiting for reading True" "it waits"
json ecgs.0.note <got | grep -q 'better now' || fail "the note: $(cat got)"
same "$(me "$base/api/home/ecg/$one/wave?seconds=2")" 200 "its trace"
same "$(json samples <got)" 1000 "two seconds"
same "$(me $base/api/home/ecg/$one/report.pdf)" 200 "its paper"
head -c 5 got | grep -q '%PDF' || fail "no PDF"

# ---- of nobody else's, and nothing else
for n in $ward 0 1 2 999999; do
	for part in wave report.pdf; do same "$(me $base/api/home/ecg/$n/$part)" 404 "entry $n $part"; done
	same "$(me -d '{"text":"x","note":"x"}' $base/api/home/ecg/$n/note)" 404 "a note to $n"
	same "$(me -d '{"text":"x","note":"x"}' $base/api/home/ecg/$n/review)" 404 "a request for $n"
done
for p in api/board api/span api/moment api/units api/census "api/search?q=1002" api/events api/audit api/patient/p1 api/patient/1001 api/entry/1 api/entry/$one api/ecgs "api/ecgs?list=all" api/ecg/$one api/ecg/$one/wave api/ecg/$one/file \
	api/ecg/$one/report.pdf "api/ecg/$one/convert?to=scp" api/users api/live fhir/Patient fhir/metadata "fhir/Patient?name=smith" "fhir/DiagnosticReport?patient=p1" vault/begin replica/newest api/homework api/nothing; do
	same "$(me "$base/$p")" 403 "GET /$p"
done
for p in api/ecg api/ecg/$one/act api/ecg/$one/match api/ecg/$one/unmatch api/ecg/$one/share api/ecg/share/x/revoke api/users api/users/ada/disable api/break-glass api/print api/live fhir/Observation fhir vault/begin vault/snapshot; do
	same "$(me -d '{"text":"x"}' "$base/$p")" 403 "POST /$p"
done
same "$(me -X DELETE $base/fhir/Observation/1)" 403 "DELETE"
same "$(me $base/api/home/ecg/$one)" 404 "no such page"
same "$(me -X PUT $base/api/home)" 405 "PUT"
same "$(code $base/api/home)" 401 "nobody"
app=$(hf token create --user john --label phone --site site)
same "$(code -H "Authorization: Bearer $app" $base/api/home)" 200 "a telephone of his"
same "$(code -H "Authorization: Bearer $app" $base/api/ecgs)" 403 "nothing else for it"

# ---- the clinic: whose it is rests on the account, and that is said; what is signed is seen at home
pw2=$(hf user add ada --role clinician --site site)
csrf2=$(curl -s -c jar2 -d "{\"user\":\"ada\",\"password\":\"$pw2\"}" $base/api/login | json csrf)
ada() { code -b jar2 -c jar2 -H "X-Holdfast-CSRF: $csrf2" "$@"; }
same "$(ada -d "{\"old\":\"$pw2\",\"new\":\"a long night in march\"}" $base/api/password)" 204 "own password"
same "$(ada $base/api/home)" 403 "staff has no home"
same "$(ada --data-binary @three.edf "$base/api/home/ecg?name=three.edf")" 403 "nor hands in there"
same "$(ada $base/api/ecg/$one)" 200 "the recording"
same "$(json match <got) $(json matchedBy <got) $(json via <got) $(json by <got) $(json urgency <got) $(json review <got) $(json patient.recordNumber <got)" "matched account home john routine True 1001" "by the account"
basis=$(json basis <got)
same "$(ada -d "{\"act\":\"read\",\"basis\":$basis,\"statements\":[{\"text\":\"not for the patient yet\"}]}" $base/api/ecg/$one/act)" 200 "a draft"
draft=$(json entry <got)
me $base/api/home >/dev/null
! grep -q 'not for the patient' got || fail "a draft is seen at home"
same "$(ada -d "{\"act\":\"sign\",\"basis\":$draft,\"password\":\"a long night in march\",\"statements\":[{\"code\":\"rhythm-sr\",\"text\":\"sinus rhythm\"}],\"comment\":\"no change\"}" $base/api/ecg/$one/act)" 200 "signed"
me $base/api/home >/dev/null
same "$(json ecgs.0.status <got) $(json ecgs.0.statementsIfSigned.0.text <got) $(json ecgs.0.statementsIfSigned.1.text <got)" "read sinus rhythm no change" "read"

# ---- what was not read again is no second look
looks() { hf ledger list --site site --json --kind audit | wc -l; }
me -D head.txt $base/api/home >/dev/null
tag=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' head.txt)
[ -n "$tag" ] || fail "the list has no ETag"
had=$(looks)
same "$(curl -s -b jar -H "If-None-Match: $tag" -o /dev/null -w '%{http_code} %{size_download}' $base/api/home)" "304 0" "nothing new"
same "$(looks)" "$had" "entries that a 304 makes"

# ---- what could not be used is said to be so; page by page
same "$(me --data-binary @three.edf "$base/api/home/ecg?name=three.edf&key=h3")" 201 "another"
three=$(json entry <got)
same "$(me --data-binary @four.edf "$base/api/home/ecg?name=four.edf&key=h4")" 201 "and another"
four=$(json entry <got)
same "$(me -H "If-None-Match: $tag" $base/api/home)" 200 "something new"
same "$(ada $base/api/ecg/$three)" 200 "the other"
same "$(ada -d "{\"act\":\"reject\",\"basis\":$(json basis <got),\"reason\":\"nothing but noise in it\"}" $base/api/ecg/$three/act)" 200 "rejected"
same "$(me $base/api/home; json ecgs.0.status <got) $(json ecgs.1.entry <got) $(json ecgs.1.status <got) $(json next <got)" "200received $three could not be used None" "in plain words"
! grep -q 'nothing but noise' got || fail "the clinic's words are seen at home"
same "$(me "$base/api/home?max=2"; json ecgs.0.entry <got) $(json ecgs.1.entry <got) $(json next <got)" "200$four $three $three" "the newest two, and where to go on"
same "$(me "$base/api/home?max=2&before=$three"; json ecgs.0.entry <got) $(json next <got)" "200$one None" "those before"
same "$(me "$base/api/home?max=1&before=$((three + 1))"; json ecgs.0.entry <got)" "200$three" "one of them"

# ---- a name is one person's: who had it before leaves nothing to who comes after
hf user disable john --reason "moved away" --site site
same "$(me $base/api/home)" 401 "closed"
refused 1 "another name" user add john --role patient --patient 1002@HOSP --site site
refused 1 "another name" user add john --role clinician --site site
hf user add john --role patient --patient 1001 --site site >/dev/null 2>&1 || fail "the same person comes back"
stop
hf ledger verify --site site >/dev/null
