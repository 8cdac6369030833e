#!/usr/bin/env bash
# Care while the EHR is away: its feed ends, wards write down what they do, each item once, whoever is killed; charts and FHIR show it as captured; a rebuild gives the same charts and the same list.
# Takes half a minute: 2,000 items are brought while the importer and the daemon are killed again and again.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 --shares-dir . 2>/dev/null
hf simulate --out day.hl7 --beds 20 --count 400 2>/dev/null
hf import --site site day.hl7 >/dev/null
printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000+0000||ADT^A01|R1|P|2.5.1\rEVN|A01|20260105120000+0000\rPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\rPV1|1|I|3W^12^A\r' >one.hl7
hf import --site site one.hl7 >/dev/null

# ---- every kind, names in Chinese, late, corrected, withdrawn
python3 - <<'PY'
import json
def item(n, kind, values, patient="4711", **more):
    d = {"id": "W3K7-%06d" % n, "unit": "3W", "patient": patient, "kind": kind, "occurred": "2026-11-22T03:%02d" % n, "by": "a.keller", "values": values}
    d.update(more)
    return d
items = [
    item(1, "vitals", {"bp": "120/80", "pulse": 72, "temp": "38.20"}),
    item(2, "medication-given", {"drug": "Morphine", "dose": "5.0", "unit": "mg", "route": "iv"}, on_behalf_of="Dr. Roy", identifiers=["birth", "wristband"]),
    item(3, "held", {"drug": "Heparin", "why": "bleeding"}),
    item(4, "order", {"category": "laboratory", "what": "CBC", "priority": "stat"}),
    item(5, "order", {"drug": "Heparin", "dose": 5000, "unit": "IU", "frequency": "Q8H"}),
    item(6, "result", {"test": "Potassium", "code": "2823-3", "system": "LN", "value": "6.1", "unit": "mmol/L", "critical": True, "readBack": True, "specimen": "S-1"}),
    item(7, "note", {"title": "Night", "text": "Slept well. 患者安静。"}),
    item(8, "allergy", {"substance": "Penicillin", "reaction": "rash"}),
    item(9, "specimen", {"number": "S-1", "state": "sent", "test": "K"}),
    item(10, "specimen", {"number": "S-2", "state": "sent", "test": "CBC"}),
    item(11, "transfer", {"bed": "ICU^1^2"}),
    item(12, "registration", {"family": "王", "given": "小明", "birth": "1990-01-02", "sex": "M", "class": "emergency"}, patient="T-0077", unit="ED"),
    item(13, "vitals", {"pulse": 99}, patient="T-0077"),
    item(14, "discharge", {"to": "home"}),
    item(15, "cancel", {"of": "W3K7-000014"}),
    item(16, "vitals", {"pulse": 75}, replaces="W3K7-000001", reason="misread"),
    item(17, "given", {"drug": "Insulin", "dose": "4"}, patient="4711"),
    item(18, "given", {}, replaces="W3K7-000017", withdraw=True, reason="another patient's"),
    item(19, "sheet", {"number": "S-000001", "of": "MAR"}),
]
json.dump(items, open("night.json", "w"), ensure_ascii=False, indent=1)
with open("again.json", "w") as f:  # in another layout, a line each
    f.writelines(json.dumps(i, ensure_ascii=False) + "\n" for i in items)
bad = [item(1, "vitals", {"pulse": 1}), item(40, "vitals", {"pulse": "fast"}), item(41, "vitals", {"pulse": 80})]
json.dump(bad, open("bad.json", "w"))
PY
hf capture import --site site night.json --json >said 2>why || fail "$(cat said why)"
same "$(wc -l <said) $(grep -c '"duplicate":false' said)" "19 19" "taken"
hf capture import --site site again.json --json >said 2>why || fail "$(cat said why)"
same "$(grep -c '"duplicate":true' said) $(entries site capture)" "19 19" "the same items again are no second ones"
set +e; hf capture import --site site bad.json >said 2>why; status=$?; set -e
same "$status $(entries site capture)" "1 20" "the good one of three was taken: $(cat why)"
grep -q 'W3K7-000001: id: an item of this id is there already' why && grep -q 'values.pulse' why || fail "not said why: $(cat why)"
refused 1 "there is nothing in it" capture import --site site /dev/null
refused 2 "name at least one" capture import --site site

# ---- the chart, marked captured; what was withdrawn is gone, what was corrected says the new
hf chart patient 4711 --site site --json >chart.json 2>/dev/null
python3 - <<'PY'
import json
d = json.load(open("chart.json"))
s = {x["section"] if "section" in x else x.get("id"): x for x in d["sections"]} if isinstance(d["sections"], list) else d["sections"]
def current(name):
    tags = lambda e: {t["system"][13:]: t["code"] for t in e["meta"]["tag"]}  # urn:holdfast:...
    return [e for e in s[name]["entries"] if tags(e).get("origin") == "captured" and "state" not in tags(e)]
text = json.dumps(d, ensure_ascii=False)
assert d["place"]["unit"] == "ICU", d["place"]
assert "Morphine" in json.dumps(current("administrations")), s["administrations"]
assert "Insulin" not in json.dumps(current("administrations")), "it was withdrawn"
v = json.dumps(current("vitals"))
assert '"value": 75' in v and '"value": 120' not in v, v
assert "38.20" not in v, "it was not said again"
assert "Penicillin" in json.dumps(current("allergies"))
assert "6.1" in json.dumps(current("results"))
assert "Night" in text
PY
hf chart search 王小明 --site site --json 2>/dev/null | grep -q T-0077 || fail "the temporary identity is not found"
set +e; hf capture specimens --site site >said; status=$?; set -e
same $status 1 "a specimen is open"
grep -q '^S-2 .*sent, never received' said && ! grep -q '^S-1 ' said || fail "$(cat said)"

# ---- a scan closes the sheet it is of
if hf paper print --site site --patient 4711 --sheet mar --output mar.pdf >said 2>&1; then
	n=$(hf paper list --site site --json | json sheets.0.number)
	echo '{"id":"W3K7-000050","unit":"3W","patient":"4711","kind":"sheet","occurred":"2026-11-22T05:00","by":"r","values":{"number":"'$n'","of":"MAR"}}' >sheet.json
	hf capture import --site site sheet.json >/dev/null 2>&1 || fail "the scan was not taken"
	same "$(hf paper list --site site --json | json sheets.0.state)" scanned "the register of sheets"
	more=1
else
	grep -q 'cairo\|pango' said || fail "$(cat said)"
	more=0
fi

# ---- numbers: no two alike, also of ten at once
for i in $(seq 6); do hf downtime numbers --site site --unit 3W --count 200 2>/dev/null >n.$i & done
for job in $(jobs -p); do wait $job; done
same "$(cat n.* | wc -l) $(cat n.* | sort -u | wc -l)" "1200 1200" "numbers given out"
n=$(head -1 n.1)
hf downtime numbers check $n >/dev/null || fail "$n is one of ours"
refused 1 "check letter" downtime numbers check "${n%?}$([ ${n: -1} = A ] && echo B || echo A)"

# ---- lists of calls: brought, joined under one name, marked; nobody who was reached is called again because somebody else tried
printf 'name,patient,phone,date,time,type,clinic\nKeller Jeanne,4711,079 1,2026-11-24,9:30,Echo,OPD\nNobody Here,,,2026-11-24,8:00,Echo,OPD\nDiaz Noor,0815,55,,,,\n' >clinic.csv
calls() { hf downtime calls "$@"; }
calls import --site site --list opd clinic.csv --dry-run | grep -q 'opd: 3 calls, nothing was stored' || fail "a dry run of calls"
same "$(entries site calls)" 0 "a dry run stored nothing"
calls import --site site --list opd --title "the clinic is closed" clinic.csv >said 2>why || fail "$(cat why)"
grep -q '1 of them have no number' why || fail "$(cat why)"
call=$(calls list --site site --list opd --json | python3 -c 'import json,sys; print([json.loads(l)["id"] for l in sys.stdin if "4711" in l][0])')
calls mark $call --site site --state no-answer --note "engaged" --by ann >/dev/null
calls mark $call --site site --state reached --by bob >/dev/null
calls mark $call --site site --state no-answer --by ann --json >said
same "$(json state <said) $(json tries <said)" "reached 3" "who was reached"
printf 'name,patient,phone,date,time,type,clinic\nKELLER,4711,079 2,24.11.2026,9:30,echo,OPD\nMore,9,1,,,,\n' >more.csv
calls import --site site --list opd more.csv >/dev/null
same "$(calls list --site site --json | wc -l) $(calls list --site site --state open --json | wc -l)" "4 3" "a list that was brought twice is one list"
calls list --site site --list opd | grep -q 'KELLER.*079 2' || fail "the newer number is not shown: $(calls list --site site)"
calls list --site site | grep -q 'opd (cancelled: the clinic is closed): 4 calls: 3 to-call, 1 reached' || fail "$(calls list --site site)"
calls mark 0815 --site site --list opd --state letter --json >said
same "$(json name <said) $(json state <said)" "Diaz Noor letter" "a call by its record number"
calls mark 0815 --site site --list opd --state to-call >/dev/null
refused 1 "no call" downtime calls mark 7-7 --site site --state reached
refused 2 "no-answer" downtime calls mark $call --site site --state dead
refused 1 "no list of calls" downtime calls list --site site --list nowhere
refused 1 "line 3, column date" downtime calls import --site site --list opd <(printf 'name,date\nA,2026-11-24\nB,soon\n')
refused 2 "another verb" downtime calls list --site site --note x
refused 1 "no contact is of these" downtime calls import --site site --list tell --contacts neighbour
printf 'name,phone,category\nSt. Mary,+41 44 1,neighbour\nPolice,117,police\n' >contacts.csv
hf contacts import --site site contacts.csv >/dev/null
calls import --site site --list tell --contacts neighbour,police --title "ED diverts strokes" >/dev/null
same "$(calls list --site site --list tell --json | grep -c '"kind":"diversion"')" 2 "whom a diversion has to be told"
hf import --site site <(printf 'MSH|^~\\&|EHR|GAB|HF|GAB|20260105130000+0000||SIU^S12|R2|P|2.5.1\rSCH|A1^PL|B1^FI|||||CHK|FU^Follow-up||30|min|^^30^20261125143000^20261125150000\rPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F|||||079 77\rRGS|1\rAIL|1||OPD2^12\r') >/dev/null 2>&1
calls import --site site --list feed --appointments --from 2026-11-25 --until 2026-11-26 >said 2>why || fail "$(cat why)"
same "$(calls list --site site --list feed --json | json patient) $(calls list --site site --list feed --json | json when)" "4711 2026-11-25T14:30" "an appointment of the feed"
refused 1 "no appointment that stands" downtime calls import --site site --list feed --appointments --from 2026-12-25 --until 2026-12-26
if hf paper print --site site --all --sheet calls --list opd --output calls.pdf >said 2>&1; then
	same "$(hf paper list --site site --json | grep -c '"calls"')" 1 "a sheet of calls is registered"
else
	grep -q 'cairo\|pango' said || fail "$(cat said)"
fi

# ---- over the API: two identifiers, once, the double dose said before; FHIR tells the origin
hf user add ada --role clinician --site site >user 2>&1
start site
base=http://127.0.0.1:$http
python3 - $base "$(cat user)" <<'PY'
import http.client, json, re, sys, urllib.parse
host = sys.argv[1].split("//")[1]
said = sys.argv[2]
cookie = csrf = None
def ask(method, path, body=None, raw=None):
    c = http.client.HTTPConnection(host, timeout=60)
    h = {"Content-Type": "application/json"}
    if cookie: h["Cookie"] = cookie
    if csrf: h["X-Holdfast-CSRF"] = csrf
    c.request(method, path, raw if raw is not None else json.dumps(body) if body is not None else None, h)
    r = c.getresponse()
    t = r.read()
    try: d = json.loads(t)
    except ValueError: d = t
    return r.status, d, r
words = re.findall(r"\S{8,}", said)
status = 0
for w in words:
    status, d, r = ask("POST", "/api/login", {"user": "ada", "password": w})
    if status == 200:
        break
assert status == 200, (said, d)
cookie = r.getheader("Set-Cookie").split(";")[0]; csrf = d["csrf"]
if d.get("mustChange"):
    s, d, r = ask("POST", "/api/password", {"old": w, "new": "another long one 2"})
    assert s == 204, d
    s, d, r = ask("POST", "/api/login", {"user": "ada", "password": "another long one 2"})
    cookie = r.getheader("Set-Cookie").split(";")[0]; csrf = d["csrf"]
item = {"id": "PAGE-1", "unit": "3W", "patient": "4711", "kind": "given", "occurred": "2026-11-22T03:14:00Z", "values": {"drug": "morphine", "dose": "5"}}
s, d, r = ask("POST", "/api/capture", item); assert (s, d["error"]["code"]) == (400, "identifiers"), d
item["identifiers"] = ["birth", "family"]
s, d, r = ask("POST", "/api/capture/check", item); assert s == 200 and d["verdict"] == "given-before" and d["which"]["origin"] == "captured", d
s, d, r = ask("POST", "/api/capture", dict(item, by="somebody")); assert s == 403, d
s, d, r = ask("POST", "/api/capture", dict(item, values={"drug": "x", "doze": 1})); assert (s, d["error"]["code"]) == (400, "unknown"), d
s, d, r = ask("POST", "/api/capture", item); assert s == 201 and not d["duplicate"] and d["item"]["by"] == "ada", d
first = d["entry"]
s, d, r = ask("POST", "/api/capture", item); assert s == 200 and d["duplicate"] and d["entry"] == first, d
s, d, r = ask("POST", "/api/capture", dict(item, values={"drug": "morphine", "dose": "6"})); assert s == 409 and "replaces" in d["error"]["text"], d
s, d, r = ask("POST", "/api/capture/scan?id=PAGE-2&number=S-000002&occurred=2026-11-22T04:00&patient=4711&of=MAR", raw=b"%PDF-1.7\nscan"); assert s == 201, d
s, d, r = ask("GET", "/api/captures?patient=4711&max=5"); assert s == 200 and len(d["items"]) == 5 and d["before"], d
s, d, r = ask("GET", "/api/captures?owner=pharmacy&state=open"); assert s == 200 and {i["kind"] for i in d["items"]} <= {"given", "held", "order"}, d
s, d, r = ask("GET", "/api/capture/PAGE-1"); assert s == 200 and d["values"]["drug"] == "morphine" and d["acts"] == [], d
person = d["person"]
s, d, r = ask("GET", "/api/capture/nothing-7"); assert s == 404, d
s, d, r = ask("POST", "/api/capture", {"id": "PAGE-3", "unit": "ICU", "patient": "T-0077", "kind": "transfer", "occurred": "2026-11-22T04:00Z", "values": {"bed": "ICU^1^2"}}); assert s == 201, d
s, d, r = ask("GET", "/api/beds"); bed = [b for b in d["beds"] if b["conflict"]]; assert d["conflicts"] == 1 and len(bed[0]["claims"]) == 2 and bed[0]["claims"][0]["origin"] == "captured", d["conflicts"]
# ingredients by name, classes by the ATC where it was said, and said where it was not
dose = {"unit": "3W", "patient": "4711", "kind": "given", "occurred": "2026-11-22T06:00:00Z", "identifiers": ["birth", "family"], "values": {"drug": "Ibuprofen", "code": "M01AE01", "system": "ATC", "dose": "400"}}
s, d, r = ask("POST", "/api/capture", dict(dose, id="PAGE-30")); assert s == 201, d
def before(**values): return ask("POST", "/api/capture/check", dict(dose, id="PAGE-31", occurred="2026-11-22T06:10:00Z", values=values))[1]
d = before(drug="Naproxen", code="M01AE02", system="ATC"); assert d["verdict"] == "same-class" and d["which"]["drug"] == "Ibuprofen" and d["classesCompared"] is False, d
d = before(drug="Codeine + IBUPROFÈNE 200 mg"); assert d["verdict"] == "given-before" and d["which"]["drug"] == "Ibuprofen", d
d = before(drug="Ondansetron"); assert d["verdict"] in ("clear", "unknown") and d["classesCompared"] is False, d
# the same names and birth date in two beds, under two numbers; and a bed that was written down without its facility is the EHR's bed
s, d, r = ask("POST", "/api/capture", {"id": "PAGE-20", "unit": "3W", "patient": "T-0078", "kind": "registration", "occurred": "2026-11-22T04:00Z", "values": {"family": "KELLER", "given": "Jeanne", "birth": "1957-03-12", "class": "inpatient", "bed": "3W^9^A"}}); assert s == 201, d
s, d, r = ask("GET", "/api/beds"); also = [(b["unit"], c["also"]) for b in d["beds"] for c in b["claims"] if "also" in c]; assert d["conflicts"] == 2 and {u for u, a in also} == {"ICU", "3W"} and all(a[0]["otherNumber"] for u, a in also), also
fed = [b for b in d["beds"] if b.get("facility") and b.get("bed") and len(b["claims"]) == 1 and not b["conflict"]][0]
s, d, r = ask("POST", "/api/capture", {"id": "PAGE-21", "unit": fed["unit"], "patient": "T-0078", "kind": "transfer", "occurred": "2026-11-22T04:30Z", "values": {"bed": "^".join([fed["unit"], fed.get("room", ""), fed["bed"]])}}); assert s == 201, d
s, d, r = ask("GET", "/api/beds"); bed = [b for b in d["beds"] if all(b.get(k) == fed.get(k) for k in ("facility", "unit", "room", "bed"))]; assert len(bed) == 1 and bed[0]["conflict"] and len(bed[0]["claims"]) == 2 and not [b for b in d["beds"] if b["unit"] == fed["unit"] and not b.get("facility")], bed
s, d, r = ask("POST", "/api/capture/check", {"patient": "T-9", "kind": "registration", "occurred": "2026-11-22", "values": {"family": "Keller", "given": "Jeanne", "birth": "1957-03-12"}}); assert s == 200 and any(p["sameBirth"] for p in d["persons"]), d
# specimens: the counts, and what is open by age
s, d, r = ask("GET", "/api/specimens?state=open"); assert s == 200 and d["open"] == 1 and d["openBy"]["neverReceived"] == 1 and not d["closes"] and d["counts"]["delivered"] == 1, d
assert [x["specimen"]["number"] for x in d["list"]] == ["S-2"] and "eller" in json.dumps(d["list"][0]["patient"]), d["list"]
n = {"unit": "3W", "patient": "4711", "kind": "specimen", "identifiers": ["birth", "family"]}
for i, state in enumerate(["received", "resulted"]):
    s, d, r = ask("POST", "/api/capture", dict(n, id="PAGE-1%d" % i, occurred="2026-11-22T05:0%d:00Z" % i, values={"number": "S-2", "state": state})); assert s == 201, d
s, d, r = ask("GET", "/api/specimens"); assert d["openBy"]["notDelivered"] == 1 and d["specimens"] == 2, d
s, d, r = ask("POST", "/api/capture", dict(n, id="PAGE-12", occurred="2026-11-22T05:09:00Z", values={"number": "S-2", "state": "delivered"})); assert s == 201, d
s, d, r = ask("GET", "/api/specimens?state=open"); assert d["closes"] and d["open"] == 0 and d["list"] == [], d
# calls: read, marked, the same mark sent again is one, two at once are two
s, d, r = ask("GET", "/api/calls?list=opd&state=open"); assert s == 200 and len(d["calls"]) == 3 and {l["list"] for l in d["lists"]} == {"opd", "tell", "feed"}, d
one = d["calls"][0]["id"]
mark = {"call": one, "state": "no-answer", "note": "engaged", "at": "2026-11-23T08:00:00Z"}
s, d, r = ask("POST", "/api/calls", mark); assert s == 201 and d["call"]["tries"] == 1 and d["call"]["marks"][0]["by"] == "ada", d
again = d["entry"]
s, d, r = ask("POST", "/api/calls", mark); assert s == 200 and d["duplicate"] and d["entry"] == again and d["call"]["tries"] == 1, d
import threading
out = []
def press(state): out.append(ask("POST", "/api/calls", {"call": one, "state": state, "at": "2026-11-23T09:00:00Z"})[0])
both = [threading.Thread(target=press, args=(x,)) for x in ("reached", "no-answer", "called", "letter")]
[x.start() for x in both]; [x.join() for x in both]
assert out == [201] * 4, out
s, d, r = ask("GET", "/api/calls?list=opd"); x = [c for c in d["calls"] if c["id"] == one][0]; assert len(x["marks"]) == 5 and x["settled"], x
s, d, r = ask("POST", "/api/calls", {"call": "9-9", "state": "reached"}); assert s == 404, d
s, d, r = ask("POST", "/api/calls", {"call": one, "state": "gone"}); assert s == 400, d
s, d, r = ask("POST", "/api/calls", {"call": one, "state": "reached", "at": "soon"}); assert s == 400, d
s, d, r = ask("DELETE", "/api/calls"); assert s == 405 and "POST" in r.getheader("Allow"), (s, d)
s, d, r = ask("GET", "/fhir/MedicationAdministration?patient=" + person); assert s == 200, d
t = json.dumps(d); assert "orphine" in t and "aptur" in t, t[:2000]
PY
same "$(entries site capture)" $((29 + more)) "over the API"
same "$(hf downtime calls list --site site --list opd --json | wc -l)" 4 "calls while the daemon runs"
hf downtime calls mark $call --site site --state to-call --by root >/dev/null || fail "a mark while the daemon runs"

# ---- killed between any two items, and run again: each once
python3 - <<'PY'
import json
with open("many.json", "w") as f:
    for n in range(2000):
        f.write(json.dumps({"id": "K9MN-%06d" % n, "unit": "3W", "patient": "4711", "kind": "vitals", "occurred": "2026-11-22T%02d:%02d" % (n // 60 % 24, n % 60), "by": "b", "values": {"pulse": 60 + n % 60}}) + "\n")
PY
for ms in 050 120 030 250 090 180; do
	"$HOLDFAST" capture import --site site many.json >/dev/null 2>&1 &
	import=$!
	sleep 0.$ms
	[ $ms != 250 ] || kill -9 "$daemon"
	kill -9 $import 2>/dev/null || true
	wait $import 2>/dev/null || true
	if [ $ms = 250 ]; then
		wait "$daemon" 2>/dev/null || true
		daemon=
		for _ in $(seq 200); do curl -sf $base/healthz >/dev/null 2>&1 || break; sleep 0.05; done
		start site
	fi
done
hf capture import --site site many.json >/dev/null 2>said || fail "$(cat said)"
same "$(entries site capture)" $((2029 + more)) "each item once"
stop
hf capture import --site site many.json 2>said >/dev/null || fail "$(cat said)"
grep -q ' 0 taken, 2000 there already, 0 refused' said || fail "without a daemon: $(cat said)"

# ---- a rebuild says the same, of charts and of items
hf chart export --site site >before 2>/dev/null
hf capture list --site site --json >list.before
hf downtime calls list --site site --json >calls.before
hf view rebuild --site site >/dev/null 2>&1
hf chart export --site site >after 2>/dev/null
hf capture list --site site --json >list.after
hf downtime calls list --site site --json >calls.after
cmp before after && cmp list.before list.after && cmp calls.before calls.after || fail "a rebuild gives other charts"
same "$(wc -l <list.after)" $((2029 + more)) "items listed"

# ---- the key cache is lost with the accounts': keys and ids are known from the ledger
rm site/keys/accounts.json
hf capture import --site site many.json 2>said >/dev/null || fail "$(cat said)"
grep -q ' 0 taken, 2000 there already' said || fail "after the cache was lost: $(cat said)"
hf ledger verify --site site >/dev/null || fail "the ledger does not verify"
