"""What fhir.sh asks over HTTP: fhir.py PORT FOLDER_WITH_TOKENS. Prints what is wrong and ends with 1, or nothing."""
import http.client
import json
import sys
import urllib.parse

port, folder = int(sys.argv[1]), sys.argv[2]
base = f"http://127.0.0.1:{port}/fhir"
tokens = {r: open(f"{folder}/token-{r}").read().strip() for r in ("api", "clinician", "privacy", "device", "auditor")}
wrong = []
LOINC, SNOMED, RXNORM = "http://loinc.org", "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
HL7 = "http://terminology.hl7.org/CodeSystem/"


def want(ok, what, *seen):
    if not ok:
        wrong.append(what)
        print("FAIL:", what, *[str(s)[:400] for s in seen])


def ask(method, path, body=None, role="api", **headers):
    """status, headers, JSON or bytes"""
    h = {k.replace("_", "-"): v for k, v in headers.items()}
    if role:
        h["Authorization"] = "Bearer " + tokens[role]
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if body is not None:
        h.setdefault("Content-Type", "application/fhir+json")
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    c.request(method, path if path.startswith("/") else "/fhir/" + path, body.encode() if isinstance(body, str) else body, h)
    r = c.getresponse()
    data = r.read()
    try:
        data = json.loads(data)
    except ValueError:
        pass
    return r.status, {k.lower(): v for k, v in r.getheaders()}, data


def get(path, **more):
    return ask("GET", path, **more)[2]


def post(resource, **more):
    status, headers, answer = ask("POST", resource["resourceType"], resource, **more)
    want(status in (200, 201), f"POST {resource['resourceType']}", status, answer)
    return answer


def found(path, **more):
    status, _, d = ask("GET", path, **more)
    if status != 200:
        return [f"status {status}"]
    return [e["resource"] for e in d.get("entry", []) if e["search"]["mode"] == "match"]


def finds(path, n, **more):
    r = found(path, **more)
    want(len(r) == n and (not r or not isinstance(r[0], str)), f"{path}: {n} wanted", len(r), r[:1])
    return r


def concept(system, code, text=None):
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def patient(number, family, **more):
    return {"resourceType": "Patient", "identifier": [{"system": "urn:t", "value": number}], "name": [{"family": family, "given": ["Åsa", "Märta"]}], "gender": "female", "birthDate": "1961-02-28", **more}


def observation(subject, code, value, **more):
    return {"resourceType": "Observation", "status": "final", "category": [concept(HL7 + "observation-category", "laboratory")], "code": concept(LOINC, code, "a test"), "subject": subject,
            "effectiveDateTime": "2026-11-20T10:00:00+01:00", "valueQuantity": {"value": value, "unit": "mmol/L"}, **more}


# ---- who reads a patient here and sends something about it, means that patient
one = post(patient("T-1", "Strandberg"))
here = {"reference": "Patient/" + one["id"]}
sent = post(observation(here, "2823-3", 4.5))
want(sent.get("subject", {}).get("reference") == here["reference"], "an Observation about Patient/ID of this server is that patient's", sent)
finds("Patient?identifier=urn:t|T-1", 1)
finds("Patient", 1)
finds(f"Observation?patient={one['id']}", 1)
two = post(patient("T-2", "Oyelaran"))

# ---- a version replaces the one before, wherever it came
for value, status in ((5.1, "preliminary"), (5.2, "final"), (5.3, "corrected")):
    post(observation(here, "6298-4", value, id="obs-77", status=status, meta={"versionId": str(value)}))
r = finds(f"Observation?patient={one['id']}&code=6298-4", 1)
want(r and r[0]["valueQuantity"]["value"] == 5.3, "the newest version is shown", r)
report = {"resourceType": "Bundle", "type": "transaction", "entry": [
    {"fullUrl": "urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427", "resource": observation(here, "6299-2", 7, id="obs-78"), "request": {"method": "PUT", "url": "Observation/obs-78"}},
    {"resource": {"resourceType": "DiagnosticReport", "id": "rep-1", "status": "final", "code": concept(LOINC, "24323-8", "CMP"), "subject": here, "result": [{"reference": "Observation/obs-78"}]},
     "request": {"method": "PUT", "url": "DiagnosticReport/rep-1"}}]}
status, _, answer = ask("POST", "/fhir", report)
want(status == 200, "a report with its result", status, answer)
post(observation(here, "6299-2", 8, id="obs-78", status="amended"))
r = finds(f"Observation?patient={one['id']}&code=6299-2", 1)
want(r and r[0]["valueQuantity"]["value"] == 8 and r[0]["status"] == "amended", "a result sent again without its report is the same result", r)
post(observation(here, "6301-6", 9, id="obs-80"))
post(observation(here, "6301-6", 9, id="obs-80", status="entered-in-error"))
finds(f"Observation?patient={one['id']}&code=6301-6&status=final", 0)

# ---- protected records stay closed, by every way
vip = post(patient("T-3", "Verborgen", meta={"security": [{"system": HL7 + "v3-Confidentiality", "code": "R"}]}))
post(observation({"identifier": {"system": "urn:t", "value": "T-3"}}, "2823-3", 3.3))
for path in ("Patient/T-3", "Patient/T-3/$everything", "Patient/T-3/$summary", "Patient/$summary?identifier=urn:t|T-3", "Observation?patient=T-3"):
    status, _, answer = ask("GET", path, role="clinician")
    want(status == 403 and answer["resourceType"] == "OperationOutcome" and "Verborgen" not in json.dumps(answer), f"{path} of a protected record", status, answer)
for path in ("Patient?name=Verborgen", "Patient", "Patient?identifier=urn:t|T-3", "Observation?code=2823-3"):
    want("Verborgen" not in json.dumps(get(path, role="clinician").get("entry", [])), f"{path} does not show a protected record")
post(patient("T-3", "Verborgen", meta={"security": [{"system": HL7 + "v3-Confidentiality", "code": "N"}]}))
want(ask("GET", "Patient/T-3", role="clinician")[0] == 200, "and an ordinary label opens it")

# ---- a search finds what it names and nothing else
three = {"resourceType": "Bundle", "type": "transaction", "entry": []}


def add(name, resource):
    three["entry"].append({"fullUrl": "urn:uuid:00000000-0000-4000-8000-" + name.rjust(12, "0"), "resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}})
    return {"reference": three["entry"][-1]["fullUrl"]}


p3 = add("1", patient("T-4", "O'Brien-Smith", name=[{"use": "official", "family": "O'Brien-Smith", "given": ["Åsa"]}, {"use": "maiden", "family": "Öberg"}], birthDate="1970-12-31"))
visit = add("2", {"resourceType": "Encounter", "identifier": [{"system": "urn:visits", "value": "V9"}], "status": "in-progress", "class": {"system": HL7 + "v3-ActCode", "code": "IMP"}, "subject": p3, "period": {"start": "2026-11-20T08:15:00+01:00"}})
result = add("3", observation(p3, "2823-3", 4.5, encounter=visit))
add("4", observation(p3, "2951-2", 140, effectiveDateTime="2026-11-21"))
add("5", {"resourceType": "DiagnosticReport", "status": "final", "code": concept(LOINC, "24323-8"), "subject": p3, "encounter": visit, "result": [result]})
add("6", {"resourceType": "AllergyIntolerance", "clinicalStatus": concept(HL7 + "allergyintolerance-clinical", "active"), "criticality": "high", "code": concept(SNOMED, "372687004", "Amoxicillin"), "patient": p3})
order = add("7", {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "medicationCodeableConcept": concept(RXNORM, "197361", "Amlodipine"), "subject": p3, "encounter": visit, "authoredOn": "2026-11-20T09:00:00+01:00"})
add("8", {"resourceType": "MedicationAdministration", "status": "completed", "medicationCodeableConcept": concept(RXNORM, "197361", "Amlodipine"), "subject": p3, "context": visit, "request": order, "effectiveDateTime": "2026-11-21T07:58:00+01:00"})
status, _, answer = ask("POST", "/fhir/", three)
want(status == 200 and answer["type"] == "transaction-response" and len(answer["entry"]) == 8, "a transaction", status, answer)
me = found("Patient?identifier=urn:t|T-4")[0]["id"]
for query, n in (("identifier=T-4", 1), ("identifier=urn:other|T-4", 0), ("identifier=urn:t|", 4), ("identifier=|T-4", 0), ("identifier=urn:t|T-4,urn:t|T-1", 2), (f"_id={me},{one['id']}", 2), (f"_id={me}", 1), ("_id=none", 0),
                 ("family=o'brien", 1), ("family=Smith", 0), ("family:contains=smith", 1), ("family:exact=O'Brien-Smith", 1), ("family:exact=o'brien-smith", 0), ("family=Strandberg,O'Brien", 2), ("family=Strandberg&family=Oyelaran", 0),
                 ("name=oberg", 1), ("given=asa&family=Strandberg", 1), ("birthdate=1970", 1), ("birthdate=1970-12", 1), ("birthdate=1970-12-31", 1), ("birthdate=gt1970-12-31", 0), ("birthdate=ge1970-12-31", 1), ("birthdate=lt1970", 3),
                 ("birthdate:missing=true", 0), ("gender=male", 0), ("gender:not=male", 4), ("gender=male,female", 4), ("_lastUpdated=ge2020", 4), ("_lastUpdated=lt2020", 0)):
    finds("Patient?" + query, n)
mine = f"patient={me}&"
for query, n in ((f"Observation?patient={me}", 2), (f"Observation?patient={me},{one['id']}", 6), (f"Observation?subject=Patient/{me}", 2), (f"Observation?subject:Patient={me}", 2), (f"Observation?patient={base}/Patient/{me}", 2),
                 ("Observation?patient.identifier=urn:t|T-4", 2), ("Observation?subject:Patient.family=O'Brien", 2), ("Observation?patient:identifier=urn:t|T-4", 2), ("Observation?patient.identifier=urn:other|T-4", 0),
                 (f"Observation?{mine}patient={one['id']}", 0), (f"Observation?{mine}code={LOINC}|2823-3", 1), (f"Observation?{mine}code={LOINC}|", 2), (f"Observation?{mine}code=|2823-3", 0), (f"Observation?{mine}code:not=2823-3", 1),
                 (f"Observation?{mine}code:text=TEST", 2), (f"Observation?{mine}category=laboratory&code=2951-2", 1), (f"Observation?{mine}date=2026-11-20", 1), (f"Observation?{mine}date=ge2026-11-21", 1), (f"Observation?{mine}date=2026-11-20T09:00:00Z", 1),
                 (f"AllergyIntolerance?{mine}clinical-status=active", 1), (f"AllergyIntolerance?{mine}clinical-status=inactive", 0), (f"AllergyIntolerance?{mine}criticality=low", 0), (f"MedicationRequest?{mine}intent=plan", 0),
                 (f"MedicationRequest?{mine}authoredon=ge2026-11-21", 0), (f"MedicationAdministration?{mine}effective-time=2026-11-21", 1), ("Encounter?identifier=urn:visits|V9", 1), (f"Encounter?{mine}class=IMP&status=in-progress", 1)):
    finds(query, n)

# ---- references to what the chart has are references
there = found(f"Encounter?patient={me}")[0]["id"]
for query in (f"Observation?encounter={there}", f"Observation?{mine}encounter=Encounter/{there}", f"MedicationRequest?{mine}encounter={there}", f"MedicationAdministration?{mine}context=Encounter/{there}"):
    finds(query, 1)
lab, rep = found(f"Observation?{mine}code=2823-3")[0], found(f"DiagnosticReport?{mine}")[0]
want(lab["encounter"]["reference"] == f"Encounter/{there}", "an Observation's encounter", lab)
want([x["reference"] for x in rep["result"]] == ["Observation/" + lab["id"]], "a report's results", rep)
given, asked = found(f"MedicationAdministration?{mine}")[0], found(f"MedicationRequest?{mine}")[0]
want(given["request"]["reference"] == "MedicationRequest/" + asked["id"], "an administration's order", given)
want([x["reference"] for x in get(f"DiagnosticReport/{rep['id']}")["result"]] == ["Observation/" + lab["id"]], "by read as by search")

# ---- how an answer is steered
for path in (f"Observation?{mine}code:in=x", "Patient?birthdate=yesterday", "Patient?_count=many", "Patient?_count=-1", "Observation?code.text=x", "Patient?gender:above=x"):
    status, _, answer = ask("GET", path)
    want(status == 400 and answer["resourceType"] == "OperationOutcome", f"{path}: what narrows a search is never passed over", status)
d = get("Patient?nosuch=1&family=Strandberg")
want(d["total"] == 1 and "nosuch" not in d["link"][0]["url"] and "family=Strandberg" in d["link"][0]["url"], "the self link says what was taken", d["link"])
want(ask("GET", "Patient?nosuch=1", Prefer="handling=strict")[0] == 400, "strict")
d = get(f"Observation?{mine}_include=Observation:patient&_count=1")
want([e["search"]["mode"] for e in d["entry"]] == ["match", "include"] and d["total"] == 2, "an included patient on each page", d)
d = get(f"Observation?{mine}_elements=status&_count=1")["entry"][0]["resource"]
want("effectiveDateTime" not in d and "status" in d and any(t["code"] == "SUBSETTED" for t in d["meta"]["tag"]), "_elements", d)
want([r["name"][0]["family"] for r in found("Patient?_sort=-family")][-1] == "O'Brien-Smith", "_sort")
form = {"Content_Type": "application/x-www-form-urlencoded"}
d = ask("POST", "Observation/_search", f"patient={me}&_count=1", **form)[2]
want(len(d["entry"]) == 1 and d["total"] == 2, "a search by POST, with its own _count", d)
seen, d = [], get(f"Observation?{mine}_count=1")
while d:
    seen += [e["resource"]["id"] for e in d["entry"]]
    if len(seen) == 1:
        post(observation({"reference": "Patient/" + me}, "1-8", 1))
    after = [l["url"] for l in d["link"] if l["relation"] == "next"]
    d = get(after[0][after[0].index("/fhir"):]) if after and len(seen) < 9 else None
want(len(seen) == len(set(seen)) == 2, "pages stand still while data arrive", seen)
d = ask("POST", f"Patient/{me}/$everything", {"resourceType": "Parameters", "parameter": [{"name": "_count", "valueInteger": 3}, {"name": "_type", "valueCode": "Observation"}]})[2]
want(len(d["entry"]) == 3 and d["total"] == 4, "$everything with Parameters", d.get("total"))

sys.exit(1 if wrong else 0)
