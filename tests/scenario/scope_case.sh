#!/usr/bin/env bash
# A case from a file server's log to persons and elements: what was only listed or opened concerns nobody, what was read does; known persons by a list, others as strangers told apart by linkage; pairs that people decide; the same result
# whoever reads it and again from the ledger's entries alone; what is missing or changed is said and never passed over.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
hf init site --name "St. Gabriel" >/dev/null 2>&1
export HOLDFAST_SITE=$work/site

mkdir -p share/lab share/bill
cat >share/lab/feb.csv <<'C'
mrn,last,first,dob,ssn,test,result,Primary Language
A100,Keller,Anna,1961-03-09,536-90-4399,Glucose,5.4 mmol/L,English
A101,Roth,Max,1975-11-23,,Potassium,4.1 mmol/L,Vietnamese
Z900,Unbekannt,Otto,1950-01-02,219-40-7712,HIV antibody,negative,CHI
C
cat >share/bill/claim.csv <<'C'
last,first,dob,ssn,claim,amount,zip
Unbekannt,Otto,1950-01-02,219-40-7712,C-77,120.00,
Diaz,Noor,1988-06-30,458-11-2034,C-78,80.00,78702
C
printf 'nothing about anybody\n' >share/notes.txt
cp share/bill/claim.csv share/bill/copy.csv
cat >persons.csv <<'C'
person_id,mrn,last,first,dob,ssn,street,city,state,zip,lang
P1,A100,Keller,Anna,1961-03-09,536904399,1 Lake Road,Austin,TX,78701,Español
P2,A101,Roth,Max,1975-11-23,,2 Hill Street,Boston,MA,02108,
P3,A102,Nobody,Touched,1980-01-01,,3 Far Away,Miami,FL,33101,fr
C
stamp() { printf '[2026/11/21 23:0%s:00.000000,  1] ../../source3/modules/vfs_full_audit.c:100(do_log)\n' "$1"; }
op() { stamp "$1"; printf '  mallory|10.0.0.66|records|%s\n' "$2"; }
{
	op 1 "pread_send|ok|/srv/records/notes.txt" # before the window
	op 3 "openat|ok|r|/srv/records/lab/feb.csv"
	op 3 "pread_send|ok|/srv/records/lab/feb.csv"
	op 3 "close|ok|/srv/records/lab/feb.csv"
	op 4 "openat|ok|r|/srv/records/bill/claim.csv"
	op 4 "pread_send|ok|/srv/records/bill/claim.csv"
	op 4 "pread_send|ok|/srv/records/bill/copy.csv"
	op 4 "openat|ok|r|/srv/records/notes.txt"
	op 4 "close|ok|/srv/records/notes.txt"
	op 5 "pread_send|ok|/srv/records/gone.csv"
} >audit.log

case_() { hf scope case "$@"; }
case_ new c1 --window 2026-11-21T23:02Z/2026-11-21T23:06Z --title "the share" --discovered 2026-11-22 >/dev/null
refused 1 "already" scope case new c1 --window 2026-01-01/2026-01-02
refused 1 "no case" scope case status c2
refused 2 "window" scope case new c3 --window 2026-01-01
refused 2 "ends before" scope case new c3 --window 2026-01-02/2026-01-01
case_ status c1 | grep -q "NOTHING IS KNOWN YET" || fail "before a run something is known"
case_ evidence c1 audit.log >out
case_ evidence c1 audit.log | grep -q "there already" || fail "the same log is two"
case_ content c1 share >/dev/null
case_ persons c1 persons.csv >/dev/null
rm audit.log persons.csv # the ledger has them

set +e
case_ run c1 --jobs 1 >out 2>said
status=$?
set -e
same $status 1 "a file that is not there is said by the exit status ($(cat out said))"
grep -q "NOT READ  *1 files: 1 are not where the content is" out || fail "$(cat out)"
grep -q "persons  *4: 2 known, 2 strangers" out || fail "$(cat out)"
grep -q "1 the same as another" out || fail "$(cat out)"
grep -q "RESIDENCE  *1 persons: in which state they live is not known; of 1 others only the ZIP Code says it" out || fail "$(cat out)"
case_ export c1 --json >exported
python3 - <<'P'
import json, collections
d = collections.defaultdict(dict)
for line in open("exported"):
    r = json.loads(line)
    d[r["person"]][r["element"]] = (r["touch"], sorted(p.rsplit("/", 1)[1] for p in r["sources"]))
assert set(d["P1"]) == {"name", "dob", "ssn", "mrn", "lab"}, d["P1"]
assert set(d["P2"]) == {"name", "dob", "mrn", "lab"}, d["P2"]
assert "P3" not in d
assert all(t == "acquired" for p in d.values() for t, _ in p.values())
strangers = sorted((sorted(e) for p, e in d.items() if p.startswith("S-")), key=len)
assert strangers == [["address", "claim", "dob", "name", "ssn"], ["claim", "dob", "lab", "mrn", "name", "ssn"]], strangers
otto = [e for p, e in d.items() if p.startswith("S-") and "mrn" in e][0]
assert otto["ssn"][1] == ["claim.csv", "copy.csv", "feb.csv"], otto
spoken = {}
for line in open("site/scope/c1/persons.ndjson"):
    p = json.loads(line)
    spoken[p["person_id"] if p["person_id"][0] == "P" else p["last"]] = p.get("language")
    if p["person_id"] == "P1": assert p["place"] == "US-TX" and p["addr1"] == "1 Lake Road" and p["combinations"] == ["core", "medical", "dob"], p
    if p["last"] == "Diaz": assert p["place"] == "US-TX" and "state" not in p, p # a ZIP Code says which state
    if p["last"] == "Unbekannt": assert p["records"] == 2 and p["place"] == "ZZ" and p["protected"] == ["hiv"], p
assert spoken == {"P1": "es", "P2": "vi", "Unbekannt": "zh", "Diaz": None}, spoken # the list's word counts, else that of the records
P
cp -r site/scope/c1 first
# the same whoever reads it, and made again from the entries when somebody has deleted or changed it
rm -r site/scope/c1
refused 1 "is gone" scope case export c1
case_ run c1 --jobs 4 >/dev/null 2>&1 || true
diff -r first site/scope/c1 || fail "another result with four workers"
echo '{}' >>site/scope/c1/exposure.ndjson
refused 1 "is not what the newest run wrote" scope case export c1
# what people know counts over what a program thinks
read -r a b < <(python3 - <<'P'
print("/srv/records/lab/feb.csv#%d" % open("share/lab/feb.csv").read().index("Z900"), "/srv/records/bill/claim.csv#%d" % open("share/bill/claim.csv").read().index("Unbekannt"))
P
)
case_ pair c1 "$a" "$b" different --reason "father and son" >/dev/null
case_ run c1 >out 2>&1 || true
grep -q "persons  *5: 2 known, 3 strangers" out || fail "two records stay one, though somebody said otherwise: $(cat out)"
case_ pair c1 "$b" "$a" same >/dev/null
case_ run c1 >out 2>&1 || true
grep -q "persons  *4: 2 known, 2 strangers" out || fail "$(cat out)"
case_ assess c1 mitigated --outcome low --reason "the disk was taken back unread" --by "Keller" >/dev/null
refused 2 "factors" scope case assess c1 weather --outcome low --reason x
case_ question c1 "Was the disk copied?" >/dev/null
case_ decide c1 "letters to all" --reason "cannot be ruled out" >/dev/null
case_ status c1 --json >status
same "$(json assessment.presumption <status)" "stands: not all four factors are assessed" "presumption"
same "$(json assessment.mitigated.by <status)" Keller "who assessed"
same "$(json estimate.low <status)" 4 "the interval's lower end"
same "$(json estimate.complete <status)" True "complete"
# content that changed is content that changed: its hash in objects.ndjson says which bytes were read
grep -q "$(sha256sum share/lab/feb.csv | cut -d' ' -f1)" site/scope/c1/objects.ndjson || fail "the hash of what was read is not there"
# a reference is held to its hash
printf 'person_id,last,first,dob\nP9,Diaz,Noor,1988-06-30\n' >more.csv
case_ persons c1 more.csv --reference >/dev/null
case_ status c1 | grep -q "NEWER THAN THE RUN" || fail "nothing says that the run is old"
case_ run c1 >out 2>&1 || true
grep -q "persons  *4: 3 known, 1 strangers" out || fail "$(cat out)"
echo 'P10,X,Y,1990-01-01' >>more.csv
refused 1 "its hash is another" scope case run c1
hf ledger verify | grep -q whole || fail "the ledger"

# ---- notices from the case; nothing is ready before two people have signed for its very bytes ----
cat >facts.json <<'J'
{"entity":{"name":"St. Gabriel Hospital","kind":"covered-entity","country":"US","state":"TX","address":["1 Hospital Way","Austin, TX 78701"],"phone":"1-800-555-0100"},
 "persons":{"US-TX":999999},
 "letter":{"date":"2026-12-01","happened":{"en":["Somebody copied files from one of our servers."],"es":["Alguien copió archivos de uno de nuestros servidores."]},"doing":{"en":["We closed the way in."],"es":["Cerramos la entrada."]},"hours":{"en":["Monday to Friday, 8 am to 6 pm Central"]}}}
J
sed -i '$d' more.csv # as it was brought
case_ run c1 --jobs 1 >/dev/null 2>&1 || true
refused 1 "no case" notice duties c5x
case_ facts c1 facts.json >/dev/null
hf notice duties c1 --json >duties.json 2>/dev/null
python3 - <<'P'
import json
d = {r["id"]: r for r in json.load(open("duties.json"))}
assert d["us-hipaa-individual"]["due"] == "2027-01-21", d["us-hipaa-individual"]
assert "us-tx-ag" not in d, "what somebody typed counts over what was found"
P
hf notice letters c1 -o letters --entries >/dev/null 2>&1
[ -s letters/mail.csv ] && [ -s letters/letters-0001.pdf ] || fail "no letters"
grep -q "P1" letters/mail.csv || fail "no letter for P1"
same "$(json by_language.en <letters/manifest.json) $(json by_language.es <letters/manifest.json) $(json by_person_language.es <letters/manifest.json) $(json by_person_language.vi <letters/manifest.json) $(json language_not_in_the_case <letters/manifest.json)" "1 1 1 1 1" "each in his own language where there are words in it"
for who in ann:privacy bob:owner cleo:clinician; do
	hf user add ${who%:*} --role ${who#*:} >/dev/null 2>&1
	eval "t_${who%:*}=$(hf token create --user ${who%:*})"
done
same "$(json files_sha256 <letters/manifest.json)" "$(cd letters && sha256sum letters-*.pdf mail.csv not-mailed.csv | sha256sum | cut -d' ' -f1)" "the sum of all files of a mailing"
made=$(sha256sum letters/manifest.json | cut -d' ' -f1)
hf notice forms c1 -o forms >/dev/null 2>&1
(cd forms && sha256sum --quiet -c SHA256SUMS) || fail "the sums of the forms"
refused 1 "nobody has signed" notice ready c1 letters/manifest.json
refused 1 "signed by a person" notice sign c1 letters/manifest.json
HOLDFAST_TOKEN=$t_cleo refused 1 "may not sign" notice sign c1 letters/manifest.json
HOLDFAST_TOKEN=$t_ann hf notice sign c1 letters/manifest.json >/dev/null
HOLDFAST_TOKEN=$t_ann hf notice sign c1 letters/manifest.json >/dev/null
refused 1 "one more person" notice ready c1 letters/manifest.json
HOLDFAST_TOKEN=$t_bob hf notice sign c1 letters/manifest.json >/dev/null
hf notice ready c1 letters/manifest.json | grep -q "READY, signed by ann.* bob" || fail "two have signed"
echo >>letters/manifest.json
refused 1 "nobody has signed" notice ready c1 letters/manifest.json

# ---- letters that went and authorities that were told stop the clocks they are for, and start those that run from them ----
sed 1d letters/mail.csv | cut -d, -f1 | sed 's/$/,yes,2026-12-0X,no/' | awk '{ sub("X", NR); print }' | { echo letter_id,printed,mailed,returned; sed '2s/no$/yes/'; } >back.csv
letters=$(($(wc -l <back.csv) - 1))
hf notice returned c1 --mailfile letters/mail.csv --no-address 9 back.csv >/dev/null 2>entered || fail "what came back: $(cat entered)"
grep -q "c1: entered, entry" entered || fail "no entry of what came back: $(cat entered)"
echo a receipt >receipt
hf notice told c1 us-hipaa-ocr-lt500 --on 2020-01-02 --reference HHS-1 --proof receipt >/dev/null || fail "an authority was told"
refused 2 "in the future" notice told c1 us-hipaa-ocr-lt500 --on 2200-01-01
refused 2 "the id of no rule" notice told c1 us-hippa-media --on 2026-11-20
refused 2 "is no day" notice told c1 us-hipaa-media --on 2020-11-31
case_ status c1 >status
grep -q "2026-12-01  letters: $letters of $letters mailed until 2026-12-0$letters, 1 came back, 9 without an address: 10 to reach by substitute notice (back.csv, sha256" status || fail "letters are not in the status: $(cat status)"
grep -q "2020-01-02  us-hipaa-ocr-lt500 told, HHS-1 (receipt, sha256" status || fail "who was told is not in the status: $(cat status)"
hf notice duties c1 --json >duties.json 2>/dev/null
same "$(json notified <site/scope/c1/case.json) $(json hhs_notified <site/scope/c1/case.json)" "2026-12-01 2020-01-02" "the days that other clocks run from"
sed 1d back.csv | sed -n '1s/,.*/,2026-12-20,no such street/p' | { echo letter_id,returned,reason; cat; } >later.csv # the first came back, too
hf notice returned c1 --mailfile letters/mail.csv --no-address 9 --also back.csv later.csv >/dev/null 2>entered || fail "what came back later: $(cat entered)"
case_ status c1 >status
grep -q "letters: $letters of $letters mailed until 2026-12-0$letters, 2 came back, 9 without an address: 11 to reach by substitute notice (later.csv, sha256" status || fail "two files of one mailing are not put together: $(cat status)"
hf ledger show "$(sed -n 's/^c1: entered, entry //p' entered)" --site site --raw | grep -q '"file":"later.csv","sha256":"[0-9a-f]*","with":\[{"file":"back.csv","sha256":"'"$(sha256sum <back.csv | cut -c1-64)" || fail "the earlier file is not in the entry"

# ---- over the API: what is known of it, and a person's word; no name is in it ----
start site
api() { curl -s -o got -w '%{http_code}' -H "Authorization: Bearer $1" "${@:3}" "http://127.0.0.1:$http/api/$2"; }
same "$(api "$t_cleo" cases)" 403 "a clinician sees no cases"
same "$(api "$t_ann" cases)" 200 "cases"
same "$(json cases.0.case <got)" c1 "the case"
same "$(json cases.0.low <got)" 4 "at least so many"
[ "$(json cases.0.listed <got | cut -c1-2)" = 20 ] || fail "when there was a list first: $(cat got)"
same "$(api "$t_ann" cases/c1)" 200 "one case"
same "$(json assessment.mitigated.outcome <got)" low "its factor"
! grep -q "Unbekannt\|536-90" got || fail "the API says who it is"
same "$(api "$t_ann" cases/none)" 404 "no such case"
# what was made stands there with its hash and counts, and who has signed for it; a token signs nothing over the web, nor does anybody without the password
same "$(api "$t_ann" cases/c1/letters)" 200 "letters"
same "$(json sets.0.set <got) $(json sets.0.sha256 <got) $(json sets.0.counts.letters <got) $(json sets.0.people <got) $(json sets.0.ready <got) $(json sets.0.stale <got) $(json sets.1.file <got)" "letters $made 2 2 True False SHA256SUMS" "what was made"
same "$(api "$t_ann" cases/c1/sign -H 'Content-Type: application/json' -d "{\"sha256\":\"$made\"}")" 403 "no password"
same "$(api "$t_ann" cases/c1/sign -H 'Content-Type: application/json' -d "{\"sha256\":\"$made\",\"password\":\"x\"}")" 403 "a token is no person who has signed in"
same "$(api "$t_cleo" cases/c1/sign -H 'Content-Type: application/json' -d "{\"sha256\":\"$made\",\"password\":\"x\"}")" 403 "a clinician signs for no letters"
same "$(api "$t_ann" cases/c1 -H 'Content-Type: application/json' -d '{"what":"assess","subject":"weather","outcome":"low","text":"x"}')" 400 "no such factor"
same "$(api "$t_cleo" cases/c1 -H 'Content-Type: application/json' -d '{"what":"decide","subject":"x","text":"y"}')" 403 "a clinician decides nothing"
same "$(api "$t_ann" cases/c1 -H 'Content-Type: application/json' -d '{"what":"decide","subject":"tell the press","text":"more than 500 of one state"}')" 201 "a decision"
case_ status c1 | grep -q "tell the press.*ann" || fail "the decision is not there with who made it"
kill -TERM $daemon && wait $daemon || true
daemon=

# ---- the host is encrypted meanwhile: the content comes out of the vault, as it was ----
mkdir -p host/srv/records && cp -r share/lab share/bill host/srv/records/
case_ new c4 --window 2026-11-21T23:02Z/2030-01-01 >/dev/null
sed 's/gone.csv/later.csv/' <<<"$(for i in lab/feb.csv bill/claim.csv bill/gone.csv; do op 4 "pread_send|ok|$work/host/srv/records/$i"; done)" >audit.log
hf vault backup host --source fs1 >/dev/null 2>&1
cp share/bill/claim.csv host/srv/records/bill/later.csv
printf 'Z901,Spaet,Ida,1971-05-05,,HbA1c,6\n' | cat share/lab/feb.csv - >host/srv/records/lab/other.csv
hf vault backup host --source fs1 >/dev/null 2>&1
find host -type f -exec sh -c 'head -c 900 /dev/urandom >"$1"' _ {} \;
case_ evidence c4 audit.log >/dev/null
case_ content c4 --vault fs1 >/dev/null
refused 2 "identity" scope case run c4
shares=("$work"/*share*.txt)
case_ run c4 --shares "${shares[@]:0:2}" >out 2>&1 || fail "$(cat out)"
grep -q "read  *3 files" out || fail "three files are not read out of the vault: $(cat out)"
grep -q "persons  *4: 0 known, 4 strangers" out || fail "$(cat out)"
[ -z "$(find site/scope/c4 -name '.content*')" ] || fail "what came out of the vault is left behind"

# ---- a whole name with a comma is parted, for the letter ----
mkdir -p plain/b && printf 'pat_name,brth_dte,ssn_nbr\n"Park, Ji-woo K",19570820,232-92-7075\n"Reed, Jr.",19430802,618-39-0889\n' >plain/b/q.csv
case_ new c5 --window 2026-11-21T23:02Z/2030-01-01 >/dev/null
op 4 "pread_send|ok|/srv/plain/b/q.csv" >plain.log
case_ evidence c5 plain.log >/dev/null
case_ content c5 plain --root /srv/plain >/dev/null
case_ run c5 >out 2>&1 || fail "$(cat out)"
grep -q '"last":"Park","first":"Ji-woo","middle":"K","dob":"1957-08-20"' site/scope/c5/persons.ndjson || fail "a name with a comma: $(cat site/scope/c5/persons.ndjson)"
grep -q '"last":"Reed, Jr.","dob"' site/scope/c5/persons.ndjson || fail "a comma before what is no given name: $(cat site/scope/c5/persons.ndjson)"

# ---- the known are the patients of the charts, by every name, number and address that was said of them ----
adt() { printf 'MSH|^~\\&|EHR|GAB|HF|GAB|2026010%s120000||%s|R%s|P|2.5.1\rEVN|A08|20260101120000\rPID|1||4711^^^GAB^MR~536904398^^^USA^SS||%s^Jeanne^Marie||19570312|F|||%s||%s\rPV1|1|O|ED\rIN1|1|A|B|Aetna|||||||||||||||||||||||||||||||%s\r' "$@"; }
{
	adt 1 'ADT^A04' 1 Keller '1 Lake Road^^Austin^TX^78701' 5125550147 W123456789
	adt 2 'ADT^A08' 2 Keller-Roth '9 Hill Street^^Boston^MA^02108' 6175550148 W123456789
} >two.hl7
hf import two.hl7 >/dev/null
mkdir -p ward && printf 'Jeanne Keller, born 12 March 1957, member W123456789, was seen for diabetes.\n' >ward/old.txt
case_ new c6 --window 2026-11-21T23:02Z/2030-01-01 >/dev/null
op 4 "pread_send|ok|/srv/ward/old.txt" >ward.log
case_ evidence c6 ward.log >/dev/null
case_ content c6 ward --root /srv/ward >/dev/null
refused 2 "or --charts" scope case persons c6 --charts ward.log
refused 2 "as-of" scope case persons c6 --as-of 2026-01-01 ward.log
refused 1 "know no patient" scope case persons c6 --charts --as-of 2020-01-01
case_ persons c6 --charts >out 2>said || fail "$(cat said)"
grep -q "1 patients in 2 rows" said || fail "the two wordings: $(cat said)"
case_ persons c6 --charts 2>/dev/null | grep -q "there already" || fail "the same charts are two lists"
case_ run c6 >out 2>&1 || fail "$(cat out)"
grep -q "persons  *1: 1 known, 0 strangers" out || fail "the patient's former name: $(cat out)"
id=$(hf chart patient 4711 --json | json id)
[ "$(grep -c "\"person\":\"$id\"" site/scope/c6/exposure.ndjson)" -ge 3 ] || fail "not under the chart's number: $(cat site/scope/c6/exposure.ndjson)"

# ---- a real file server's log, played by real tools ----
corpus=${HOLDFAST_CORPUS:-}/evidence/samba_case
if [ -d "$corpus" ]; then
	case_ new samba --window 2026-11-21T23:03:39Z/2026-11-21T23:03:41Z >/dev/null
	case_ evidence samba "$corpus/samba_full_audit.log" >/dev/null
	case_ content samba "$corpus/share" >/dev/null
	case_ run samba --json >run.json
	same "$(json totals.acquired <run.json)" "$(grep -c ',acquired' "$corpus/expected.csv")" "acquired files"
	same "$(json totals.read <run.json)" "$(json totals.acquired <run.json)" "read of them"
	truth=$(python3 - "$corpus" <<'P'
import csv, sys
d = sys.argv[1] + "/"
acquired = {r["file"] for r in csv.DictReader(open(d + "expected.csv")) if r["touch"] == "acquired"}
print(len({r["person_id"] for r in csv.DictReader(open(d + "truth.csv")) if r["file"] in acquired}))
P
	)
	low=$(json totals.low <run.json) high=$(json totals.high <run.json)
	[ "$low" -le $((truth + truth / 50)) ] && [ "$high" -ge "$truth" ] || fail "persons without any list: $low to $high, truth $truth"
else
	echo "part skipped: no corpus"
fi
