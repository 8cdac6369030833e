#!/usr/bin/env bash
# The registry over the API: a list is brought by who may and is an entry; figures, rows, one incident and pictures say the lists they stand on; a list taken in by a command beside the daemon is there at once, and after a restart.
# Longer than five seconds where others work, too: two starts of the daemon, one run of a case, and some fifty questions, each with a program of its own.
. "$(dirname "$0")/lib.sh"
unset HOLDFAST_SITE
hf init site --name "St. Gabriel" >/dev/null 2>&1
export HOLDFAST_SITE=$work/site
python3 - <<'P'
head = '"Name of Covered Entity","State","Covered Entity Type","Individuals Affected","Breach Submission Date","Type of Breach","Location of Breached Information","Business Associate Present","Web Description"\n'
def row(name, state, persons, date, text=""): return f'"{name}","{state}","Healthcare Provider","{persons}","{date}","Hacking/IT Incident","Network Server, Email","No","{text}"\n'
many = "".join(row(f"Clinic {i}", "TX", 700 + i * 31, f"{1+i%9:02d}/{1+i%27:02d}/2024") for i in range(40))
open("ui.csv", "w").write(head + many + row("Hôpital <b>Nord</b>", "CA", 500, "09/03/2024") + row("Moved Away", "NY", 9000, "02/02/2024"))
open("later.csv", "w").write(head + many + row("Hôpital <b>Nord</b>", "CA", 45357, "09/03/2024"))
open("archive.csv", "w").write(head + row("Moved Away", "NY", 9000, "02/02/2024", "It was closed.") + "".join(row(f"Old {i}", "NY", 1000 + i, f"03/{1+i%27:02d}/2020", "Closed.") for i in range(20)))
P
for who in ann:privacy cleo:clinician; do
	hf user add ${who%:*} --role ${who#*:} >/dev/null 2>&1
	eval "t_${who%:*}=$(hf token create --user ${who%:*})"
done
start site
api() { curl -s -o got -w '%{http_code}' -H "Authorization: Bearer $1" "${@:3}" "http://127.0.0.1:$http/api/registry$2"; }
bring() { api "$1" "/import?$2" -X POST -H 'Content-Type: application/octet-stream' --data-binary "@$3"; }

same "$(api "$t_cleo" "")" 403 "a clinician"
same "$(bring "$t_cleo" "file=ui.csv" ui.csv)" 403 "a clinician brings a list"
same "$(api "$t_ann" "")" 200 "nothing yet"
grep -q '"figures":null' got && grep -q '"imports":\[\]' got || fail "nothing is in: $(cat got)"
same "$(api "$t_ann" "/plot/map.svg")" 404 "a picture of nothing"
same "$(bring "$t_ann" "file=ui.csv&view=under-investigation&as_of=2024-10-08" ui.csv)" 201 "a list ($(cat got))"
same "$(json rows <got) $(json view <got) $(json as_of <got)" "42 under-investigation 2024-10-08" "what was recognised"
same "$(bring "$t_ann" "file=again.csv&view=under-investigation&as_of=2024-10-08" ui.csv)" 409 "the same bytes again"
printf 'a,b\n1,2\n' >none.csv
same "$(bring "$t_ann" "file=none.csv" none.csv)" 400 "no list at all"
same "$(bring "$t_ann" "file=../x.csv" ui.csv)" 400 "a name with a folder"
same "$(api "$t_ann" "?year=2024")" 200 "figures"
same "$(json figures.incidents <got) $(json figures.as_of <got) $(json figures.placeholders <got) $(json figures.state.0.name <got)" "42 2024-10-08 1 TX" "figures of one list"
grep -q '"what":"one-list"' got || fail "that one list is missing is not said: $(cat got)"

hf registry import archive.csv --view archive --as-of 2024-10-08 >/dev/null 2>&1 || fail "by a command, beside the daemon"
same "$(api "$t_ann" "?year=2024")" 200 "figures of both"
same "$(json figures.incidents <got) $(json imports.1.view <got)" "42 archive" "no incident twice"
same "$(bring "$t_ann" "file=later.csv&view=under-investigation&as_of=2026-04-07" later.csv)" 201 "a later list"
same "$(api "$t_ann" "/incidents?year=2024&q=hopital&sort=persons")" 200 "a search, without its accent"
same "$(json total <got) $(json incidents.0.persons <got) $(json incidents.0.placeholder <got)" "1 45357 False" "the row as it is now"
id=$(json incidents.0.id <got)
same "$(api "$t_ann" "/incidents?as_of=2024-12&q=hopital")" 200 "as it was"
same "$(json incidents.0.persons <got) $(json incidents.0.placeholder <got)" "500 True" "the row as it was"
same "$(api "$t_ann" "/incidents?year=2024&state=TX&sort=persons&order=desc&limit=2&offset=1")" 200 "rows in pages"
same "$(json total <got) $(json incidents.0.name <got) $(json incidents.1.name <got)" "40 Clinic 38 Clinic 37" "by size, from the second on"
same "$(api "$t_ann" "/incident/$id")" 200 "one"
same "$(json history.0.persons <got) $(json history.1.persons <got) $(json history.1.changed <got)" "500 45357 True" "its history"
same "$(api "$t_ann" "/incident/999999")" 404 "nobody's number"
for k in trend map types largest drift distribution timeline "place"; do
	same "$(api "$t_ann" "/plot/$k.svg?year=2024&lang=fr&width=480&persons=45357&name=Nous+%3Cx%3E")" 200 "$k"
	python3 -c 'import xml.dom.minidom as m; m.parse("got")' || fail "$k is no XML"
done
grep -q "Nous &lt;x&gt;" got || fail "one's own name"
api "$t_ann" "/plot/map.svg" -D heads >/dev/null
grep -qi "content-type: image/svg+xml" heads && grep -qi "content-security-policy:.*sandbox" heads || fail "$(cat heads)"
hf scope case new c1 --window 2026-11-01T02:00Z/2026-11-01T03:00Z --title "our <share>" --discovered 2026-11-02 >/dev/null # a case of the house, beside the known ones
hf registry plot timeline --case c1 -o own.svg || fail "a case's own line"
grep -q "our &lt;share&gt;" own.svg && grep -q "discovered 2 Nov 2026" own.svg && grep -q "no list of persons yet" own.svg && grep -q "Medibank" own.svg || fail "$(grep -o '<desc.*' own.svg)"
hf registry plot place --case c1 -o none.svg 2>err && fail "a place without persons"
grep -q "needs a number of persons" err || fail "$(cat err)"
hf registry plot place --case c1 --persons 5000 --state TX -o own.svg || fail "with a number that is known otherwise"
grep -q "our &lt;share&gt;: 5,000 persons" own.svg || fail "the case's name"
mkdir share # when letters went, and what it is compared with, are the case's own to say
printf 'last,first,dob,ssn\nSmith,James,1950-01-02,536-90-4399\nJones,Mary,1961-03-09,219-40-7712\n' >share/a.csv
printf '[2026/11/01 02:03:00.000000,  1] ../../source3/modules/vfs_full_audit.c:100(do_log)\n  mallory|10.0.0.66|records|pread_send|ok|/srv/records/a.csv\n' >audit.log
echo '{"entity": {"name": "St. Gabriel", "kind": "covered-entity", "country": "US", "state": "US-TX", "type": "Healthcare Provider"}, "notified": "2026-11-20", "letter": {"cause": "ransomware"}}' >facts.json
hf scope case evidence c1 audit.log >/dev/null && hf scope case content c1 share >/dev/null && hf scope case facts c1 facts.json >/dev/null && hf scope case run c1 >/dev/null 2>&1 || fail "a case"
hf registry plot timeline --case c1 -o own.svg || fail "a case whose letters went"
grep -q "18: first letters" own.svg || fail "letters went on day 18: $(grep -o '<desc.*' own.svg)"
same "$(curl -s -H "Authorization: Bearer $t_ann" "http://127.0.0.1:$http/api/cases" | json cases.0.written)" 2026-11-20 "the page knows when letters went"
hf registry plot place --case c1 -o own.svg || fail "a case that knows what it is"
grep -q "Same state: TX" own.svg && grep -q "Same type: Hacking/IT Incident" own.svg || fail "state and type of its facts: $(grep -o '<desc.*' own.svg)"
hf registry plot place --case c1 --state CA -o own.svg && grep -q "Same state: CA" own.svg || fail "what is said goes before the case"
hf registry plot place --case nobody -o none.svg 2>err && fail "a case that is not"
[ ! -e none.svg ] || fail "a picture of nothing"
for bad in "?year=17" "?view=all" "?as_of=soon" "/incidents?sort=size" "/incidents?order=up"; do same "$(api "$t_ann" "$bad")" 400 "$bad"; done
same "$(api "$t_ann" "/plot/pie.svg")" 404 "no such picture"
same "$(api "$t_ann" "" -X DELETE)" 405 "DELETE"
stop
start site
same "$(api "$t_ann" "?year=2024")" 200 "after a restart"
same "$(json figures.as_of <got)" "2026-04-07" "all that was brought"
hf registry stats --year 2024 --json >out 2>/dev/null || fail "the command"
same "$(json incidents <out)" "$(json figures.incidents <got)" "the command and the API count alike"
stop
hf ledger verify >/dev/null || fail "the ledger"
echo "the registry answers"
