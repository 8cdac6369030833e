#!/usr/bin/env bash
# A downtime to its end. The EHR takes what was captured and tells of it in its own feed: every kind of item stands in the chart once, as fed, with a word on who captured it first; one that it changed on the way stands twice and is put up for review; FHIR and the
# dose check count it once; a rebuild says the same. Before it takes entries the doses that it
# does not know of are compared with its own; each chart that was touched gets a downtime note, once; then it is closed.
. "$(dirname "$0")/lib.sh"
"$HOLDFAST" init site --name "St. Gabriel" --shares 1/1 --shares-dir . 2>/dev/null
printf 'MSH|^~\\&|EHR|GAB|||20261101080000||ADT^A01|R1|P|2.5|||||||UNICODE UTF-8\rPID|1||4711^^^GAB^MR||KELLER^Jeanne||19570312|F\rPV1|1|I|3W^12^A||||||||||||||||V4711^^^GAB|||||||||||||||||||||||||20261101080000\r' >a.hl7
hf import --site site a.hl7 >/dev/null 2>&1
python3 - <<'PY'
import json
values = {
    "vitals": {"systolic": 120, "diastolic": 80, "temperature": "38.50", "spo2": 97}, "given": {"drug": "Metoprolol", "dose": "50.0", "unit": "mg", "route": "PO", "order": "O1"}, "held": {"drug": "Insulin", "why": "sugar 62"},
    "order": {"category": "medication", "what": "Ceftriaxone", "dose": "2", "unit": "g", "frequency": "Q24H"}, "result": {"test": "Potassium", "code": "2823-3", "system": "LN", "value": "6.1", "unit": "mmol/L", "critical": True, "readBack": True},
    "note": {"title": "Night", "text": "slept\nwell | ^~\\& 患者安静"}, "allergy": {"substance": "Penicillin", "reaction": "rash"},
}
items = [dict(id=f"W3K7-{i + 1}", kind=k, values=v) for i, (k, v) in enumerate(values.items())]
items += [dict(id="W3K7-8", kind="order", values={"category": "laboratory", "what": "Lactate", "number": "REQ-7"}), dict(id="W3K7-9", kind="given", values={"drug": "Heparin", "dose": "5000", "unit": "[iU]"})]
for n, i in enumerate(items):
    i.update(patient="4711", unit="3W", by="a.keller", occurred="2026-11-22T03:%02d" % n)
json.dump(items, open("items.json", "w"))
PY
hf downtime begin --site site --reason "EHR switched off" >/dev/null
hf capture import --site site items.json >/dev/null 2>&1
rport=$(free_port)
python3 "$here/backload_receiver.py" $rport came aa >up 2>receiver.log &
receiver=$!
trap 'kill $receiver 2>/dev/null || true; cleanup' EXIT
for _ in $(seq 600); do [ ! -s up ] || break; sleep 0.05; done
hf backload send --site site --to 127.0.0.1:$rport --name EHR >said || fail "sent: $(cat said)"
same "$(wc -l <came)" 9 "messages"
# What the EHR makes of them: its own sender, control ids and order numbers, an hour later; of the heparin ten times as much.
python3 - <<'PY'
import base64
out = []
for n, l in enumerate(open("came")):
    segs = base64.b64decode(l.split()[3]).decode().rstrip("\r").split("\r")
    for k, s in enumerate(segs):
        f = s.split("|")
        if f[0] == "MSH":
            f[2:4], f[4:6], f[6], f[9] = ["EHR", "GAB"], ["", ""], "20261123080000", "E%d" % n
        elif f[0] in ("ORC", "OBR") and len(f) > 3 and not f[3].startswith("O1"):
            f[3] = "F%d^EHR" % n
        elif f[0] == "RXA" and "Heparin" in s:
            assert f[6] == "5000", f
            f[6] = "50000"
        segs[k] = "|".join(f)
    out.append("\r".join(segs) + "\r")
open("echo.hl7", "w", newline="").write("".join(out))
PY
hf import --site site echo.hl7 >/dev/null 2>&1
hf backload scan --site site >said; grep -q '^9 of' said || fail "the acts: $(cat said)"
hf chart patient 4711 --site site --json >chart.json 2>/dev/null
cat >look.py <<'PY'
import json, collections
d = json.load(open("chart.json"))
tags = lambda e: {t["system"][13:]: t["code"] for t in e["meta"]["tag"]}
state = collections.defaultdict(list)
for name, s in d["sections"].items():
    for e in s["entries"]:
        t = tags(e)
        if t.get("state") is None:
            state[name].append((t["origin"], t.get("captured"), e))
flat = [(name, o, c, e) for name, l in state.items() for o, c, e in l]
own = [(n, json.dumps(e)) for n, o, c, e in flat if o == "captured"]
assert len(own) == 1 and "Heparin" in own[0][1] and "DIFFERS" in own[0][1] and "there 50000, here 5000" in own[0][1], own
first = collections.Counter(n for n, o, c, e in flat if c == "first")
assert first == {"vitals": 4, "administrations": 2, "medications": 1, "results": 1, "documents": 1, "allergies": 1, "orders": 1}, (first, [(n, o, c, e.get("code") or e.get("medicationCodeableConcept")) for n, o, c, e in flat])
assert all("captured here first at 2026-11-22T03:0" in json.dumps(e) and "by a.keller" in json.dumps(e) for n, o, c, e in flat if c == "first" and n != "documents"), "who captured it first"
assert sum(c == "differs" for n, o, c, e in flat) == 2
assert [r for r in d["review"] if r["what"] == "echo-differs"], d["review"]
PY
python3 look.py || fail "the chart"
hf chart export --site site >before 2>/dev/null
hf view rebuild --site site >/dev/null 2>&1
hf chart export --site site >after 2>/dev/null
cmp before after || fail "a rebuild gives another chart"

# ---- the record of doses, before the first electronic one
for n in 1 2; do
	printf '{"id":"LATE-%s","unit":"3W","patient":"%s","kind":"given","occurred":"2026-11-23T07:00","by":"b.roy","values":{"drug":"Digoxin","dose":"0.25","unit":"mg"}}\n' $n $([ $n = 1 ] && echo 4711 || echo 4711@GAB)
done >late.json
hf capture import --site site late.json >/dev/null 2>&1
hf downtime advance read-only --site site >/dev/null
hf downtime advance write --site site >left 2>said || fail "write: $(cat said)"
grep -q '^not reconciled: 4711, unit 3W, 2 doses' left || fail "who is left: $(cat left)"
grep -q 'NO ELECTRONIC DOSE YET: of 1 patient doses' said || fail "that they are left: $(cat said)"
refused 1 "open" downtime advance closed --site site
refused 2 "with --reason" downtime advance closed --unreconciled --site site
refused 2 "say whose doses" downtime reconcile --patient 4711 --site site
refused 1 "no dose of that patient" downtime reconcile --patient 4712 --by "C. Wu" --site site
same "$(hf downtime doses --site site --json | grep -c '"reconciled":true')" 0 "nothing was compared yet"
same "$(hf downtime reconcile --patient 4711@GAB --by "C. Wu" --site site --json)" '{"reconciled":2,"patientsLeft":0}' "compared, under whatever number they were written"
same "$(hf downtime doses --site site --json | grep -c '"reconciled":true')" 2 "and said so"
hf capture list --site site --json | grep LATE-1 | grep -q '"state":"open"' || fail "that somebody compared it is not that it is there"

# ---- the note of each chart that was touched: made once, also when the run that made it was cut short
rm came
kill $receiver; wait $receiver 2>/dev/null || true
refused 1 "1 downtime note was made" backload send --site site --to 127.0.0.1:$rport --name EHR --paper "ward office, green box"
refused 1 "" downtime advance closed --site site
python3 "$here/backload_receiver.py" $rport came aa >up2 2>receiver.log &
receiver=$!
for _ in $(seq 600); do [ ! -s up2 ] || break; sleep 0.05; done
hf backload send --site site --to 127.0.0.1:$rport --name EHR >said || fail "sent: $(cat said)"
same "$(wc -l <came) $(awk '{print $3}' came | grep -c MDM)" "3 1" "two doses and one note"
awk '$3 ~ /MDM/ {print $4}' came | base64 -d | tr '\r' '\n' >note
for words in 'Downtime from .* to .* (EHR switched off). 11 items were captured meanwhile: vitals 1, given 4, held 1, order 2, result 1, note 1, allergy 1' 'Written down by a.keller, b.roy' 'The paper is kept: ward office, green box'; do
	grep -q "$words" note || fail "the note does not say '$words': $(cat note)"
done
hf chart patient 4711 --site site --json 2>/dev/null | grep -q "Downtime note" || fail "the note is not in the chart here"
hf downtime advance closed --site site >said 2>why || fail "closed: $(cat said why)"
[ ! -s why ] || fail "nothing is left to be said: $(cat why)"
same "$(hf downtime balance --site site --json | json open) $(hf downtime balance --site site --json | json items)" "0 12" "the note is counted with the rest"
