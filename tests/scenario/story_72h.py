"""What story_72h.sh does not say in shell: the facts of 72 hours, the EHR's own feed of what it has taken, and the comparison of two hospitals."""
import base64
import datetime
import json
import random
import sys
from collections import Counter

STATIONS = ("S2AB", "S3CD", "S4EF")


def care(census, count, start):
    """Items of three stations over 68 hours, of everybody in the house and of twelve who have no number: STATION.json each, an item a line."""
    people = [p for p in json.load(open(census))["patients"] if not p.get("isProtected")]
    begin, n = datetime.datetime.fromisoformat(start), int(count)
    random.seed(7)
    drugs = [("Metoprolol", "50", "mg", "PO"), ("Paracetamol", "1", "g", "PO"), ("Morphine", "5", "mg", "IV"), ("Ceftriaxone", "2", "g", "IV")]
    files = {k: [] for k in STATIONS}

    def item(i, patient, unit, kind, values):
        station = STATIONS[i % 3] if not patient.startswith("DT") else STATIONS[0]
        number = f"{station}-{len(files[station]) + 1:06d}"
        at = begin + datetime.timedelta(seconds=i * 68 * 3600 // n)
        files[station].append(dict(id=number, unit=unit, patient=patient, kind=kind, occurred=at.strftime("%Y-%m-%dT%H:%M:%S+00:00"), by="a.keller", on_behalf_of="Dr. Roy", identifiers=["wristband", "birth"], values=values))

    i = 0
    for u in range(12):
        item(i, f"DT-{u:03d}@DOWNTIME", "ED", "registration", {"family": "Unknown", "given": f"Number {u}", "sex": "FM"[u % 2], "class": "emergency"})
        item(i + 1, f"DT-{u:03d}@DOWNTIME", "ED", "vitals", {"pulse": 80 + u})
        i += 2
    while i < n:
        p = people[i % len(people)]
        ident, unit, r = p["identifier"][0], p["location"]["unit"], i + i // len(people)
        who, drug, k = f'{ident["value"]}@{ident["assigner"]["display"]}', drugs[r % 4], r % 9
        if k < 2:
            item(i, who, unit, "vitals", {"systolic": 100 + r % 60, "diastolic": 60 + r % 30, "pulse": 55 + r % 60, "temperature": f"{36 + r % 4}.{r % 10}"})
        elif k < 4:
            item(i, who, unit, "given", dict(drug=drug[0], dose=drug[1], unit=drug[2], route=drug[3]))
        elif k == 4:
            item(i, who, unit, "result", dict(test="Potassium", code="2823-3", system="LN", value=f"{3 + r % 3}.{r % 10}", unit="mmol/L"))
        elif k == 5:
            item(i, who, unit, "order", dict(category="laboratory", what="Lactate", code="2524-7", system="LN"))
        elif k == 6:
            item(i, who, unit, "note", dict(title="Downtime", text=f"written on paper at round {r} 患者安静"))
        elif k == 7:
            item(i, who, unit, "allergy", dict(substance=("Penicillin", "Latex", "Iodine")[r % 3], reaction="rash"))
        else:
            item(i, who, unit, "order", dict(category="medication", what=drug[0], dose=drug[1], unit=drug[2], route=drug[3], frequency="Q8H"))
        i += 1
    for k, v in files.items():
        with open(k + ".json", "w") as f:
            f.writelines(json.dumps(x, ensure_ascii=False) + "\n" for x in v)


def bare(path):
    """Items as a person writes them down at a station: the id is the station's to give."""
    for line in open(path):
        print(json.dumps({k: v for k, v in json.loads(line).items() if k != "id"}, ensure_ascii=False))


def named(path, ids):
    """And with the ids that it gave, in order."""
    items, given = [json.loads(line) for line in open(path)], [line.split(":")[0].strip() for line in open(ids)]
    assert len(items) == len(given) == len(set(given)), (len(items), len(given))
    with open(path, "w") as f:
        f.writelines(json.dumps(dict(x, id=i), ensure_ascii=False) + "\n" for x, i in zip(items, given))


def feed(log, out):
    """What the EHR has taken, as its own feed then says it: its name, its control ids, the content as it got it. Each once, as an EHR keeps it."""
    seen, messages = set(), []
    for line in open(log):
        _, control_id, _, body = line.split()
        if control_id in seen:
            continue
        seen.add(control_id)
        segments = base64.b64decode(body).decode().split("\r")
        msh = segments[0].split("|")
        msh[2:6], msh[9] = ["EHR", "STGABRIEL", "HOLDFAST", "STGABRIEL"], "R" + control_id
        messages.append("\r".join(["|".join(msh)] + segments[1:]))
    with open(out, "w", newline="") as f:
        f.writelines(m if m.endswith("\r") else m + "\r" for m in messages)
    print(len(messages))


def once(log, items_files, again, notes):
    """Each item reached the EHR as one message, its own number in it and the same bytes each time; twice only what a person sent again."""
    ids = {json.loads(line)["id"] for f in items_files for line in open(f)}
    by_id, came = {}, Counter()
    for line in open(log):
        sha, control_id, kind, body = line.split()
        text = base64.b64decode(body).decode()
        assert "|T|2." not in text.split("\r")[0], text
        by_id.setdefault(control_id, set()).add(sha)
        came[control_id] += 1
    assert all(len(v) == 1 for v in by_id.values()), "one control id, several contents"
    assert len(by_id) == len(ids) + int(notes), (len(by_id), len(ids), notes)
    twice = {k for k, v in came.items() if v > 1}
    assert len(twice) <= int(again), twice


def said(log, items_files):
    """What a ward wrote stands in the message: its value, dose or words."""
    texts = [base64.b64decode(line.split()[3]).decode() for line in open(log)]
    numbers = {}
    for t in texts:
        for part in t.replace("\r", "|").split("|"):
            if part.endswith("^HOLDFAST"):
                numbers.setdefault(part.split("^")[0], t)
    missing = wrong = 0
    for f in items_files:
        for line in open(f):
            x = json.loads(line)
            t = numbers.get(x["id"])
            if t is None:
                missing += x["kind"] != "registration"  # its number stands in PV1-50, in another form
                continue
            v = x["values"]
            words = {"vitals": [str(v.get("pulse"))], "given": [v.get("drug"), v.get("dose")], "result": [v.get("value")], "order": [v.get("what")], "note": [v.get("text")], "allergy": [v.get("substance")], "registration": []}[x["kind"]]
            number = x["patient"].split("@")[0]
            wrong += not all(str(w) in t for w in words) or number not in t
    assert not missing and not wrong, (missing, wrong)


def load(path, kept=lambda s: True):
    """Charts by all numbers of the person: what stands, without what was replaced, where it was said and by which entry."""

    def plain(x):
        if isinstance(x, dict):
            if isinstance(x.get("note"), list):  # a word on what was captured first: the other hospital captured nothing
                x = dict(x, note=[n for n in x["note"] if not str(n.get("text")).startswith("captured here first")])
                if not x["note"]:
                    del x["note"]
            if x.get("resourceType") == "DocumentReference":  # the same word, where a document has room for it; its title stands with its content
                x = {k: v for k, v in x.items() if k != "description"}
            return {k: plain(v) for k, v in x.items() if k not in ("meta", "id", "reference", "url", "subject", "patient", "encounter", "context", "entry", "received", "history")}
        return [plain(v) for v in x] if isinstance(x, list) else x

    charts = {}
    for line in open(path):
        d = json.loads(line)
        who = tuple(sorted(i["value"] + "@" + i.get("assigner", {}).get("display", "") for i in d["patient"].get("identifier", [])))
        sections = {}
        for name, s in d["sections"].items():
            if not kept(name):
                continue
            standing = [e for e in s.get("entries") or [] if not any(t.get("system") == "urn:holdfast:state" for t in e.get("meta", {}).get("tag", []))]
            sections[name] = (s.get("state"), Counter(json.dumps(plain(e), sort_keys=True, ensure_ascii=False) for e in standing))
        charts[who] = (json.dumps(plain(d["patient"]), sort_keys=True, ensure_ascii=False), json.dumps(d.get("place"), sort_keys=True, ensure_ascii=False), sections)
    return charts


def equal(one, other, least):
    """The charts of two sites, whole."""
    a, b = load(one), load(other)
    assert set(a) == set(b), (len(a), len(b), sorted(set(a) ^ set(b))[:5])
    assert len(a) >= int(least), len(a)
    for who in a:
        assert a[who][:2] == b[who][:2], (who, a[who][:2], b[who][:2])
        for s in set(a[who][2]) | set(b[who][2]):
            x, y = a[who][2].get(s), b[who][2].get(s)
            if x != y:
                only = [list((p[1] - q[1]).elements())[:2] for p, q in ((x, y), (y, x))] if x and y else []
                raise AssertionError(f"{who}: {s}: {x and x[0]} {y and y[0]}: only in the one: {only[:1]} only in the other: {only[1:]}")
    print(len(a), "charts are equal")


def packets(export, least, pages):
    """Charts read from packets alone, against the charts of a hospital whose EHR never went away, as they were at that moment."""
    lines, seen = [], set()
    for path in pages:
        for line in open(path):
            name, _, text = line.partition("\t")
            if name.startswith("/api/patient/") and name not in seen:
                seen.add(name)
                lines.append(text if text.endswith("\n") else text + "\n")
    with open("packets.exp", "w") as f:
        f.writelines(lines)
    a, b = load("packets.exp"), load(export)
    assert len(a) >= int(least), len(a)
    for who in a:
        assert who in b, who
        assert a[who][0] == b[who][0], (who, a[who][0], b[who][0])
        for s in a[who][2]:
            assert a[who][2][s] == b[who][2].get(s), (who, s)
    print(len(a), "charts were read from packets")


if __name__ == "__main__":
    what, args = sys.argv[1], sys.argv[2:]
    {"care": lambda: care(*args), "bare": lambda: bare(*args), "named": lambda: named(*args), "feed": lambda: feed(*args), "once": lambda: once(args[0], args[3:], args[1], args[2]), "said": lambda: said(args[0], args[1:]), "equal": lambda: equal(*args), "packets": lambda: packets(args[0], args[1], args[2:])}[what]()
