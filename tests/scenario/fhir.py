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

sys.exit(1 if wrong else 0)
