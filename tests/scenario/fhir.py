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

# ---- values and ranges are what was sent
for text in ("1.50", "0.000", "1e3", "-0.0", "1.23456789012345678901234567890"):
    body = json.dumps(observation(here, "6302-4", 4711, id="obs-d" + text)).replace("4711", text)
    status, _, answer = ask("POST", "Observation", body)
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    c.request("GET", f"/fhir/Observation/{answer['id']}", headers={"Authorization": "Bearer " + tokens["api"]})
    want(f'"value":{text},' in c.getresponse().read().decode().replace(" ", ""), f"{text} stays as written")
r = post(observation(here, "6303-2", 4.5, referenceRange=[{"low": {"value": 3.5, "unit": "mmol/L"}, "high": {"value": 5.1, "unit": "mmol/L"}}], category=[concept("http://hl7.org/fhir/observation-category", "laboratory")]))
want(r["referenceRange"][0]["low"] == {"value": 3.5, "unit": "mmol/L"} and r["referenceRange"][0]["high"]["value"] == 5.1, "a reference range has its numbers", r)
want(r["category"][0]["coding"][0]["system"] == HL7 + "observation-category", "a category's system by its name in R4", r)
for text in ("2020-01-02", "negative", "female: 3 - 5"):
    r = post(observation(here, "6304-0", 1, referenceRange=[{"text": text}]))
    want(r["referenceRange"] == [{"text": text}], f"{text} is no range", r)

r = post({"resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": concept(RXNORM, "243670", "Aspirin"), "subject": here, "dosage": [{"text": "one each morning"}], "note": [{"text": "says she forgets it"}]})
want(r["dosage"][0]["text"] == "one each morning" and [n["text"] for n in r["note"]] == ["says she forgets it"], "a dosage in words is a dosage", r)

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
for query, n in ((f"Observation?patient={me}", 2), (f"Observation?patient={me},{vip['id']}", 3), (f"Observation?subject=Patient/{me}", 2), (f"Observation?subject:Patient={me}", 2), (f"Observation?patient={base}/Patient/{me}", 2),
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
d = get(f"DiagnosticReport?{mine}_include=DiagnosticReport:result&_include=DiagnosticReport:encounter")
want(sorted((e["search"]["mode"], e["resource"]["resourceType"]) for e in d["entry"]) == [("include", "Encounter"), ("include", "Observation"), ("match", "DiagnosticReport")], "what a report refers to is included, once", d)
d = get(f"Observation?{mine}_include=Observation:*")
want(sorted(e["resource"]["resourceType"] for e in d["entry"] if e["search"]["mode"] == "include") == ["Encounter", "Patient"], "all that an Observation refers to", d)
want([e["search"]["mode"] for e in get(f"MedicationAdministration?{mine}_include=MedicationAdministration:context")["entry"]] == ["match", "include"], "a context is a visit")
want(get("Patient?name=Dr.%20Strandberg")["total"] == 0 and get("Patient?name=O'Brien-Smith")["total"] == 1, "a name with a word that nobody has")
for path in ("Patient?_has:Observation:patient:code=2823-3", "Observation?_tag=x", "Patient?_filter=x", "Patient?_content=x"):
    want(ask("GET", path)[0] == 400, f"{path}: chooses, and is not served")
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

# ---- what is wrong is said, with its place
for name, body, place in (("truncated", b'{"resourceType":"Patient","name":[', "34"), ("lone surrogate", b'{"resourceType":"Patient","x":"\\ud800"}', "offset"), ("UTF-16", '{"resourceType":"Patient"}'.encode("utf-16"), "UTF-8"),
                          ("trailing bytes", b'{"resourceType":"Patient"}x', "26"), ("too deep", b'{"resourceType":"Patient","x":' + b"[" * 2000 + b"]" * 2000 + b"}", "deep"), ("no resource", b'{"a":1}', "resourceType"),
                          ("an empty body", b"", "offset 0"), ("a type that is a number", b'{"resourceType":5}', "resourceType")):
    status, _, answer = ask("POST", "/fhir", body)
    want(status == 400 and place in answer["issue"][0]["diagnostics"], name, status, answer)
simple = patient("T-9", "Simple")
for media, ok in ((None, 1), ("application/json; charset=utf-8", 1), ("application/fhir+json; fhirVersion=4.0", 1), ("application/x-www-form-urlencoded", 1), ("application/fhir+xml", 0), ("text/html", 0), ("multipart/form-data; boundary=x", 0),
                  ("application/fhir+json; fhirVersion=3.0", 0), ("application/fhir+json; charset=utf-16", 0)):
    status, _, answer = ask("POST", "Patient", json.dumps(simple), **({"Content_Type": media} if media else {}))
    want(status in (200, 201) if ok else status == 415 and answer["resourceType"] == "OperationOutcome", f"a body as {media}", status)
for accept, status in (("application/fhir+json", 200), ("application/json", 200), ("*/*", 200), ("application/fhir+xml, application/json;q=0.5", 200), ("application/fhir+xml", 406), ("text/turtle", 406)):
    want(ask("GET", "Patient/" + me, Accept=accept)[0] == status, f"Accept: {accept}")
want(ask("GET", f"Patient/{me}?_format=json", Accept="text/html")[0] == 200 and ask("GET", f"Patient/{me}?_format=xml")[0] == 406, "_format goes before Accept")
for method, path, allow in (("DELETE", "Patient/x", "GET"), ("DELETE", "", "POST"), ("PUT", "metadata", "GET"), ("GET", "Patient/_search", "POST")):
    status, headers, _ = ask(method, path)
    want(status == 405 and allow in headers.get("allow", ""), f"{method} {path}: 405 and what is allowed", status, headers.get("allow"))
want(ask("OPTIONS", "Patient")[0] == 204, "OPTIONS")
for path, status in (("Nothing/1", 404), ("Patient/none", 404), ("Observation/none", 404), (f"Patient/{me}/$nothing", 404), ("Observation/a/b/c", 404), ("Patient/$summary", 400)):
    got, _, answer = ask("GET", path)
    want(got == status and answer["resourceType"] == "OperationOutcome", path, got)
status, headers, _ = ask("GET", "Observation/" + lab["id"])
want(ask("GET", "Observation/" + lab["id"], If_None_Match=headers["etag"])[0] == 304 and ask("GET", "Observation/" + lab["id"], If_None_Match='W/"0"')[0] == 200, "If-None-Match")

# ---- a batch asks and tells; NDJSON; the same again
batch = {"resourceType": "Bundle", "type": "batch", "entry": [
    {"request": {"method": "GET", "url": f"Observation?patient={me}&code=2823-3"}}, {"request": {"method": "GET", "url": "Patient/none"}}, {"resource": patient("T-5", "Batched"), "request": {"method": "POST", "url": "Patient"}},
    {"resource": {"noType": 1}, "request": {"method": "POST", "url": "Patient"}}, {"request": {"method": "DELETE", "url": "Observation?code=1"}}]}
status, _, d = ask("POST", "/fhir", batch)
e = d["entry"]
want(status == 200 and d["type"] == "batch-response" and len(e) == 5 and e[0]["resource"]["total"] == 1 and [x["response"]["status"][:3] for x in e] == ["200", "404", "201", "400", "204"], "a batch answers entry by entry", d)
want(e[2]["response"].get("location", "").startswith("Patient/p") and e[1]["response"]["outcome"]["resourceType"] == "OperationOutcome", "locations and outcomes", e)
finds("Patient?identifier=urn:t|T-5", 1)
want([x["response"]["status"][:3] for x in ask("POST", "/fhir", {**batch, "entry": batch["entry"][:2]}, role="clinician")[2]["entry"]] == ["200", "404"], "who only reads may ask by batch")
want(ask("POST", "/fhir", batch, role="clinician")[0] == 403, "and tell nothing")
lines = json.dumps(patient("T-6", "Line")) + "\n" + '{"resourceType":\n' + json.dumps(observation({"identifier": {"system": "urn:t", "value": "T-6"}}, "1-8", 1)) + "\n"
d = ask("POST", "/fhir", lines, Content_Type="application/fhir+ndjson")[2]
want([x["response"]["status"][:3] for x in d["entry"]] == ["201", "400", "201"], "NDJSON line by line", d)
finds("Observation?patient.identifier=urn:t|T-6", 1)
want(ask("POST", "Patient", patient("T-6", "Line"))[0] == 200, "the same resource again is no new one")

# a deletion takes away what it names, also where its patient is not in the body
ask("POST", "Observation", observation(here, "6305-7", 1, id="obs-gone"))
finds(f"Observation?patient={one['id']}&code=6305-7", 1)
gone = {"request": {"method": "DELETE", "url": "Observation/obs-gone"}}
d = ask("POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [gone]})[2]
want(d["entry"][0]["response"]["status"].startswith("204") and not found(f"Observation?patient={one['id']}&code=6305-7"), "a deletion finds whose it is", d)
d = ask("POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": patient("T-1", "Strandberg"), "request": {"method": "PUT", "url": "Patient?identifier=urn:t|T-1"}}, gone]})[2]
want(d["entry"][1]["response"]["status"].startswith("204"), "a deletion", d)
finds(f"Observation?patient={one['id']}&code=6305-7", 0)

# ---- the summary is of the person with that number in that system, and of nobody else
ask("POST", "Patient", {"resourceType": "Patient", "identifier": [{"system": "urn:elsewhere", "value": "T-1"}], "name": [{"family": "Namesake"}]})
for query, status in (("urn:t|T-1", 200), ("urn:elsewhere|T-1", 200), ("urn:wrong|T-1", 404), ("T-1", 409)):
    want(ask("GET", f"Patient/$summary?identifier={query}")[0] == status, f"$summary of {query}")
    system, _, value = query.rpartition("|")
    body = {"resourceType": "Parameters", "parameter": [{"name": "identifier", "valueIdentifier": {"value": value, **({"system": system} if system else {})}}]}
    want(ask("POST", "Patient/$summary", body)[0] == status, f"POST $summary of {query}")

# ---- who may what; the record of reading
for role, path, status in (("device", "Patient", 403), ("auditor", "Patient", 403), ("privacy", f"Patient/{me}", 403), ("clinician", "AuditEvent", 403), ("device", "AuditEvent", 403), ("auditor", "AuditEvent", 200), ("privacy", "AuditEvent", 200), ("api", "AuditEvent", 200)):
    want(ask("GET", path, role=role)[0] == status, f"{role}: {path}")
want(ask("POST", "Patient", simple, role="clinician")[0] == 403 and ask("POST", "Patient", patient("T-7", "Monitored"), role="device")[0] == 201, "a device only sends, a clinician does not")
event = found(f"AuditEvent?patient={me}&_count=1", role="auditor")[0]
want(event["entity"][0]["what"]["reference"] == f"Patient/{me}" and get("AuditEvent/" + event["id"], role="auditor") == event, "a view is an AuditEvent with an address of its own", event)
finds("AuditEvent?date=lt2020", 0, role="auditor")

# ---- nobody fills our memory, and nobody hides a request in another one
import socket


def raw(data):
    s = socket.create_connection(("127.0.0.1", port), 10)
    s.sendall(data)
    out = b""
    try:
        while chunk := s.recv(65536):
            out += chunk
    except OSError:
        pass
    s.close()
    return out


start = b"POST /fhir HTTP/1.1\r\nHost: x\r\n"
for name, head in (("a made-up token", b"Authorization: Bearer made-up\r\nContent-Length: 60000000\r\n\r\n"), ("no token", b"Content-Length: 60000000\r\n\r\n"), ("a made-up session", b"Cookie: hf_session=x\r\nContent-Length: 60000000\r\n\r\n")):
    want(raw(start + head).startswith(b"HTTP/1.1 401"), f"{name} is refused before the body is read")
for name, head in (("two lengths", b"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello"), ("length and chunks", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
                   ("an unknown coding", b"Transfer-Encoding: xchunked\r\n\r\n"), ("a sign before the length", b"Content-Length: +5\r\n\r\nhello")):
    answer = raw(start + b"Authorization: Bearer " + tokens["api"].encode() + b"\r\n" + head)
    want(answer.startswith(b"HTTP/1.1 400") and b"HTTP/1.1 200" not in answer, f"{name}: refused, and the connection ends", answer[:200])

sys.exit(1 if wrong else 0)
