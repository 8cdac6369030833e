// A hospital of paper: serves the built page and believable synthetic answers for every endpoint of doc/api.md, so that the page's tests run without the program. Every name in it is invented.
// The pages must be right against this and against the real daemon; BASE_URL points the same tests there.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ecgs } from "./mock-ecg.mjs";
import { gates } from "./mock-gate.mjs";
import { registry as registered } from "./mock-registry.mjs";
import { cases } from "./mock-scope.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const MIN = 60000, HOUR = 60 * MIN, DAY = 24 * HOUR;

let seed = 7;
const rnd = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff);
const pick = (a) => a[Math.floor(rnd() * a.length)];
const iso = (ms) => new Date(ms).toISOString();
const feedOf = { adt: "EHR@STGABRIEL", lab: "LAB@STGABRIEL", monitor: "MONITOR@STGABRIEL", pharm: "PHARM@STGABRIEL", docs: "DOCS@STGABRIEL" };

export function hospital(now = Date.now()) {
  seed = 7;
  let entry = 1000;
  const units = [["MED1", 12], ["MED2", 12], ["SURG", 12], ["ICU", 6], ["ED", 8]];
  const families = ["Martin", "Bernard", "Dubois", "Okafor", "Nguyen", "Schmidt", "Rossi", "Lindqvist", "García López", "O'Brien", "王", "Haddad", "Novák", "Petit", "Moreau", "Kowalski", "Silva", "Yamamoto", "Van der Meer", "Lefèvre"];
  const female = ["Jeanne", "Alice", "Chidinma", "Thi Lan", "Greta", "Lucia", "Astrid", "Carmen", "Siobhán", "芳"], male = ["Paul", "Jean", "Emeka", "Minh", "Karl", "Marco", "Lars", "Pedro", "Liam", "伟"];
  const meta = (feed, at, origin = "fed", extra = {}) => ({ extension: [{ url: "urn:holdfast:fhir:source-time", valueString: iso(at - 1500) }], versionId: String(++entry), lastUpdated: iso(at), source: `urn:holdfast:feed:${encodeURIComponent(feed)}#${entry}`, tag: [{ system: "urn:holdfast:origin", code: origin }, ...(extra.tags ?? [])] });
  const code = (system, c, text) => ({ coding: [{ system, code: c, display: text }], text });
  const loinc = "http://loinc.org";
  const analytes = {
    "Comprehensive metabolic panel": [["2951-2", "Sodium", "mmol/L", 135, 145, 0, 139], ["2823-3", "Potassium", "mmol/L", 3.5, 5.1, 1, 4.4], ["2160-0", "Creatinine", "mg/dL", 0.6, 1.2, 2, 1.05], ["2345-7", "Glucose", "mg/dL", 70, 110, 0, 104], ["3094-0", "Urea nitrogen", "mg/dL", 7, 20, 0, 15]],
    "CBC panel": [["718-7", "Hemoglobin", "g/dL", 12, 16, 1, 12.4], ["6690-2", "Leukocytes", "10*3/uL", 4, 10, 1, 8.2], ["777-3", "Platelets", "10*3/uL", 150, 400, 0, 240]],
    "C reactive protein": [["1988-5", "C reactive protein", "mg/L", null, 5, 1, 22]],
  };
  const flag = (v, low, high) => (low !== null && v < low * 0.8 ? "LL" : low !== null && v < low ? "L" : v > high * 1.5 ? "HH" : v > high ? "H" : "N");
  const observation = (id, c, at, v, status = "final", feed = feedOf.lab) => ({
    resourceType: "Observation", id, meta: meta(feed, at + 20 * MIN), status, category: [code("", "laboratory", "Laboratory")], code: code(loinc, c[0], c[1]), effectiveDateTime: iso(at), valueQuantity: { value: Number(v.toFixed(c[5])), unit: c[2] },
    interpretation: [{ coding: [{ code: flag(v, c[3], c[4]) }] }], referenceRange: [c[3] === null ? { text: `<${c[4]}` } : { text: `${c[3]}-${c[4]}`, low: { value: c[3] }, high: { value: c[4] } }],
  });
  const patients = [];
  let n = 0;
  const add = (unit, room, bed, o = {}) => {
    n++;
    const sex = o.sex ?? (rnd() < 0.5 ? "female" : "male"), id = `p${4700 + n}`;
    const name = o.name ?? { family: pick(families), given: pick(sex === "female" ? female : male) };
    const birthDate = o.birthDate ?? iso(now - (22 + rnd() * 66) * 365.25 * DAY).slice(0, 10);
    const admitted = now - (0.4 + rnd() * 6) * DAY;
    const number = o.number ?? String(4471000 + n * 37);
    const sections = {};
    const put = (key, feed, state, entries, extra = {}) => {
      const newest = entries.map((e) => e.meta.lastUpdated).sort().pop();
      sections[key] = { state, ...(state === "not-received" ? {} : { asOf: newest ?? iso(admitted), received: newest ?? iso(admitted + 900), source: feed, entry: entries.length ? Number(entries[0].meta.versionId) : ++entry }), incomplete: false, entries, ...extra };
    };
    // results
    const obs = [], reports = [];
    for (const [panel, list] of Object.entries(analytes)) {
      const times = [], every = panel === "C reactive protein" ? 30 : 11;
      for (let h = 2 + rnd() * 3; h < 96; h += every + rnd() * 3) times.push(now - h * HOUR);
      const ids = [];
      list.forEach((c, k) => times.forEach((at, i) => {
        const oid = `${id}-o${c[0]}-${i}`;
        let v = c[6] * (1 + (rnd() - 0.5) * 0.24);
        if (o.bed12 && c[0] === "2823-3" && i === 0) v = 5.8;
        const ob = observation(oid, c, at, v, i === 0 && k === 4 ? "preliminary" : "final");
        if (o.bed12 && c[0] === "2823-3" && i === 1) { ob.status = "corrected"; ob.history = [{ ...observation(oid, c, at, 6.9), meta: meta(feedOf.lab, at + 15 * MIN, "fed", { tags: [{ system: "urn:holdfast:state", code: "replaced" }] }) }]; ob.note = [{ text: "Corrected: the specimen was re-run after a mix-up of tubes. The earlier value is withdrawn." }]; }
        obs.push(ob); ids.push(oid);
      }));
      if (panel !== "C reactive protein") reports.push({ resourceType: "DiagnosticReport", id: `${id}-r${reports.length}`, meta: meta(feedOf.lab, times[0] + 20 * MIN), status: "final", ...(panel === "CBC panel" ? { identifier: [{ type: { coding: [{ code: "FILL" }] }, system: "urn:holdfast:assigner:LAB", value: `F${id}` }, { type: { coding: [{ code: "PLAC" }] }, system: "urn:holdfast:assigner:EHR", value: `l${id}-1` }] } : {}), code: { text: panel }, effectiveDateTime: iso(times[0]), result: ids.map((x) => ({ reference: `Observation/${x}` })) });
    }
    put("results", feedOf.lab, o.noLabs ? "not-received" : "list", o.noLabs ? [] : obs);
    put("reports", feedOf.lab, o.noLabs ? "not-received" : "list", o.noLabs ? [] : reports);
    const vit = [["8867-4", "Heart rate", "/min", 50, 100, 0, 78], ["9279-1", "Respiratory rate", "/min", 12, 20, 0, 16], ["59408-5", "Oxygen saturation by pulse oximetry", "%", 94, 100, 0, 96], ["8310-5", "Body temperature", "Cel", 36, 37.8, 1, 37.1]];
    const vitals = [];
    for (let i = 0; i < 12; i++) {
      const at = now - 35 * MIN - i * 2 * HOUR;
      for (const c of vit) vitals.push({ ...observation(`${id}-v${c[0]}-${i}`, c, at, Math.min(c[6] * (1 + (rnd() - 0.5) * (c[0] === "8310-5" ? 0.05 : 0.16)), c[2] === "%" ? 100 : 999), "final", feedOf.monitor), category: [code("", "vital-signs", "Vital Signs")] });
      const sys = 118 + Math.round(rnd() * 30);
      vitals.push({ resourceType: "Observation", id: `${id}-bp-${i}`, meta: meta(feedOf.monitor, at + 4000), status: "final", category: [code("", "vital-signs", "Vital Signs")], code: code(loinc, "85354-9", "Blood pressure"), effectiveDateTime: iso(at), component: [{ code: { text: "Systolic" }, valueQuantity: { value: sys, unit: "mm[Hg]" } }, { code: { text: "Diastolic" }, valueQuantity: { value: Math.round(sys * 0.62), unit: "mm[Hg]" } }], interpretation: sys > 140 ? [{ coding: [{ code: "H" }] }] : [] });
    }
    put("vitals", feedOf.monitor, "list", vitals);
    // medications
    const drugs = [["1049502", "Paracetamol 1 g tablet", "1", "g", "PO", "Q6H"], ["854228", "Enoxaparin 40 mg injection", "40", "mg", "SC", "Q24H"], ["197361", "Amlodipine 5 mg tablet", "5", "mg", "PO", "DAILY"], ["1659137", "Piperacillin-tazobactam 4 g", "4", "g", "IV", "Q8H"], ["313782", "Oxycodone 5 mg tablet", "5", "mg", "PO", "Q4H PRN"], ["311700", "Insulin lispro 100 units/mL", "6", "[iU]", "SC", "TID"]];
    const nurses = ["Keller, Anna", "Diallo, Moussa", "Fontaine, Élise", "陈静"];
    const orders = [], given = [];
    const use = drugs.filter((_, i) => i < 3 || rnd() < 0.6);
    use.forEach((d, i) => {
      const oid = `${id}-m${i}`, start = admitted + i * HOUR;
      orders.push({
        resourceType: "MedicationRequest", id: oid, meta: meta(feedOf.pharm, start), identifier: [{ value: `M${id}${i}` }], status: i === 2 && rnd() < 0.4 ? "on-hold" : "active", intent: "order", medicationCodeableConcept: code("http://www.nlm.nih.gov/research/umls/rxnorm", d[0], d[1]), authoredOn: iso(start), requester: { display: "Dr. Weiss, Hannah" },
        dosageInstruction: [{ timing: { code: { text: d[5] } }, route: { text: d[4] }, doseAndRate: [{ doseQuantity: { value: Number(d[2]), unit: d[3] } }], ...(d[5].includes("PRN") ? { asNeededCodeableConcept: { text: "pain" } } : {}) }],
        ...(i === 1 ? { history: [{ resourceType: "MedicationRequest", id: oid, meta: meta(feedOf.pharm, start - HOUR), status: "active", medicationCodeableConcept: { text: d[1] }, dosageInstruction: [{ doseAndRate: [{ doseQuantity: { value: 20, unit: "mg" } }] }] }] } : {}),
      });
      const step = { Q6H: 6, Q8H: 8, TID: 6, "Q4H PRN": 9 }[d[5]] ?? 24;
      for (let h = 1.2 + i * 0.6 + rnd(), k = 0; h < 60 && now - h * HOUR > start; h += step, k++) {
        const at = now - h * HOUR, no = (k === 0 && i === 2) || rnd() < 0.05;
        given.push({ resourceType: "MedicationAdministration", id: `${oid}-g${k}`, meta: meta(feedOf.pharm, at + 2 * MIN, o.captured && k === 0 && i === 0 ? "captured" : "fed"), status: no ? "not-done" : "completed", ...(no ? { statusReason: [{ text: pick(["Patient refused", "Nil by mouth", "Blood pressure too low"]) }] } : {}), medicationCodeableConcept: code("http://www.nlm.nih.gov/research/umls/rxnorm", d[0], d[1]), effectiveDateTime: iso(at), performer: [{ actor: { display: pick(nurses) } }], request: { reference: `MedicationRequest/${oid}` }, dosage: { route: { text: d[4] }, dose: { value: Number(d[2]), unit: d[3] } } });
      }
    });
    orders.push({ resourceType: "MedicationRequest", id: `${id}-ms`, meta: meta(feedOf.pharm, admitted), status: "stopped", intent: "order", medicationCodeableConcept: { text: "Furosemide 20 mg injection" }, authoredOn: iso(admitted), dosageInstruction: [{ timing: { code: { text: "BID" } }, route: { text: "IV" }, doseAndRate: [{ doseQuantity: { value: 20, unit: "mg" } }] }] });
    put("medications", feedOf.pharm, "list", orders);
    put("administrations", feedOf.pharm, "list", given);
    const al = o.allergies ?? (rnd() < 0.25 ? "none" : [[pick(["Penicillin", "Latex", "Sulfonamide", "Iodinated contrast media"]), pick(["Rash", "Anaphylaxis", "Urticaria"])]]);
    if (al === "not-received") put("allergies", feedOf.adt, "not-received", []);
    else if (al === "none") put("allergies", feedOf.adt, "stated-none", []);
    else put("allergies", feedOf.adt, "list", al.map(([a, r], i) => ({ resourceType: "AllergyIntolerance", id: `${id}-a${i}`, meta: meta(feedOf.adt, admitted), clinicalStatus: { coding: [{ code: "active" }] }, verificationStatus: { coding: [{ code: "confirmed" }] }, criticality: r === "Anaphylaxis" ? "high" : "low", code: { text: a }, reaction: [{ manifestation: [{ text: r }], severity: r === "Anaphylaxis" ? "severe" : "mild" }] })));
    put("problems", feedOf.adt, "list", [["I50.9", "Heart failure"], ["E11.9", "Type 2 diabetes mellitus"], ["J18.9", "Pneumonia"], ["I10", "Essential hypertension"]].filter((_, i) => i === n % 4 || rnd() < 0.4).map(([c, x], i) => ({ resourceType: "Condition", id: `${id}-c${i}`, meta: meta(feedOf.adt, admitted), clinicalStatus: { coding: [{ code: "active" }] }, code: code("http://hl7.org/fhir/sid/icd-10", c, x), recordedDate: iso(admitted) })));
    put("orders", feedOf.adt, "list", [["24323-8", "Comprehensive metabolic panel", "active", "stat"], ["58410-2", "CBC panel", "active", "urgent"], ["36643-5", "Chest X-ray 2 views", "completed", "routine"]].map(([c, x, st, pr], i) => ({ resourceType: "ServiceRequest", id: `${id}-s${i}`, meta: meta(feedOf.adt, now - (i + 1) * HOUR), status: st, intent: "order", priority: pr, identifier: [{ type: { coding: [{ code: "PLAC" }] }, system: "urn:holdfast:assigner:EHR", value: `L${id}-${i}` }], code: code(loinc, c, x), authoredOn: iso(now - (i + 1) * HOUR), requester: { display: "Dr. Weiss, Hannah" } })));
    put("documents", feedOf.docs, "list", [
      { resourceType: "DocumentReference", id: `${id}-d0`, meta: meta(feedOf.docs, now - 9 * HOUR), status: "current", type: { text: "Progress note" }, description: "Progress note, ward round", date: iso(now - 9 * HOUR), author: [{ display: "Dr. Weiss, Hannah" }], content: [{ attachment: { contentType: "text/plain", data: Buffer.from("Ward round.\n\nPatient comfortable, afebrile since last night. Lungs clear on the left, fine crackles at the right base.\nPlan: continue antibiotics until day 7, mobilise, repeat potassium this evening.\n").toString("base64") } }] },
      { resourceType: "DocumentReference", id: `${id}-d1`, meta: meta(feedOf.docs, now - 30 * HOUR), status: "current", type: { text: "Radiology report" }, description: "Chest X-ray, report", date: iso(now - 30 * HOUR), author: [{ display: "Dr. Amari, Yusuf" }], content: [{ attachment: { contentType: "application/pdf", url: `Binary/${id}-d1`, size: 812 } }] },
    ]);
    put("visits", feedOf.adt, "list", [{ resourceType: "Encounter", id: `${id}-e`, meta: meta(feedOf.adt, admitted), status: "in-progress", class: { code: "IMP", display: "inpatient encounter" }, identifier: [{ value: `V${80000000 + n}` }], period: { start: iso(admitted) }, location: [{ location: { display: `${unit} ${room}-${bed}` } }], participant: [{ individual: { display: "Dr. Weiss, Hannah" } }] }]);
    put("contacts", feedOf.adt, "list", [{ resourceType: "RelatedPerson", id: `${id}-k`, meta: meta(feedOf.adt, admitted), name: [{ family: name.family, given: [sex === "female" ? "Luc" : "Marie"] }], relationship: [{ text: "Spouse" }], telecom: [{ system: "phone", value: `555 0${100000 + n}` }] }]);
    put("care-team", feedOf.adt, "list", [{ resourceType: "CareTeam", id: `${id}-t`, meta: meta(feedOf.adt, admitted), status: "active", participant: [{ role: [{ text: "attending" }], member: { display: "Dr. Weiss, Hannah" } }] }]);
    put("appointments", feedOf.adt, "list", [{ resourceType: "Appointment", id: `${id}-ap`, meta: meta(feedOf.adt, now - 20 * HOUR), status: "booked", serviceType: [{ text: "Echocardiography" }], start: iso(now + 20 * HOUR), minutesDuration: 30, participant: [{ actor: { display: "Cardiology lab" } }] }]);
    put("flags", feedOf.adt, o.flags ? "list" : "not-received", (o.flags ?? []).map((f, i) => ({ resourceType: "Flag", id: `${id}-f${i}`, meta: meta(feedOf.adt, admitted), status: "active", code: { text: f } })));
    for (const k of ["immunizations", "procedures", "coverage", "other"]) put(k, feedOf.adt, "not-received", []);
    if (o.incomplete) { sections.documents.incomplete = true; }
    patients.push({
      id, name, birthDate, gender: sex, number, unit, room, bed, admitted, sections, isProtected: !!o.isProtected, lookalike: !!o.lookalike, incomplete: !!o.incomplete, test: !!o.test, allergyState: sections.allergies.state,
      alerts: [al !== "none" && al !== "not-received" ? `Allergies: ${al.map((x) => x[0]).join(", ")}` : "", ...(o.flags ?? [])].filter(Boolean).join(" · "), received: iso(now - (1 + rnd() * 30) * MIN), replaces: o.replaces ?? [],
    });
  };
  for (const [unit, beds] of units) {
    const rooms = Math.ceil(beds / 2);
    for (let i = 0; i < beds; i++) {
      const bed = String(i + 1), room = String(101 + Math.floor(i / 2) + units.findIndex((u) => u[0] === unit) * 100);
      if (rooms && i % 6 === 5) continue; // a free bed
      if (unit === "MED1" && i === 11) continue;
      if (unit === "MED1" && i === 1) add(unit, room, bed, { name: { family: "Martin", given: "Jeanne" }, sex: "female", birthDate: "1951-06-12", lookalike: true, number: "4471090" });
      else if (unit === "MED1" && i === 3) add(unit, room, bed, { allergies: "not-received" });
      else if (unit === "MED1" && i === 4) add(unit, room, bed, { allergies: "none" });
      else if (unit === "MED2" && i === 0) add(unit, room, bed, { isProtected: true, name: { family: "Delacroix", given: "Simone" }, sex: "female" });
      else if (unit === "MED2" && i === 2) add(unit, room, bed, { noLabs: true, incomplete: true });
      else if (unit === "SURG" && i === 0) add(unit, room, bed, { captured: true });
      else if (unit === "ICU" && i === 0) add(unit, room, bed, { flags: ["Do not resuscitate", "Contact isolation: MRSA"] });
      else add(unit, room, bed);
    }
  }
  add("MED1", "106", "12", { bed12: true, name: { family: "Martin", given: "Jeanne-Marie" }, sex: "female", birthDate: "1957-03-12", number: "4471009", lookalike: true, allergies: [["Penicillin", "Anaphylaxis"], ["Latex", "Rash"]], flags: ["Fall risk"], replaces: ["p4650"], captured: true });
  const minutes = (per, silent) => Array.from({ length: 60 }, (_, i) => (60 - i <= silent ? 0 : Math.max(0, Math.round(per + (rnd() - 0.5) * per * 1.2))));
  const feeds = (t) => [
    { name: feedOf.adt, source: "mllp:2575", state: "fresh", last: iso(t - 9000), messages: 48211, usualGapSeconds: 24, staleAfterSeconds: 240, minutes: minutes(3, 0) },
    { name: feedOf.lab, source: "mllp:2575", state: "stale", last: iso(now - 38 * MIN), messages: 30977, usualGapSeconds: 40, staleAfterSeconds: 400, minutes: minutes(2, 38) },
    { name: feedOf.monitor, source: "mllp:2575", state: "fresh", last: iso(t - 3000), messages: 211480, usualGapSeconds: 6, staleAfterSeconds: 90, minutes: minutes(10, 0) },
    { name: feedOf.pharm, source: "mllp:2576", state: "ageing", last: iso(now - 4 * MIN), messages: 22154, usualGapSeconds: 50, staleAfterSeconds: 500, minutes: minutes(1.6, 4) },
    { name: feedOf.docs, source: "mllp:2576", state: "fresh", last: iso(now - 2 * MIN), messages: 3120, usualGapSeconds: 300, staleAfterSeconds: 2400, minutes: minutes(0.4, 2) },
  ];
  return { now, first: now - 3 * DAY, patients, units, feeds, entry };
}

function chart(h, p, end, open) {
  const keep = (r) => Date.parse(r.meta.lastUpdated) <= end;
  const sections = {};
  for (const [k, s] of Object.entries(p.sections)) {
    const entries = s.entries.filter(keep);
    const newest = entries.map((r) => r.meta.lastUpdated).sort().pop();
    sections[k] = s.state === "list" ? (entries.length ? { ...s, entries, received: newest, asOf: newest } : { state: "not-received", entries: [], incomplete: false }) : s;
  }
  // an analyser on the ward spoke of the results last: the laboratory's silence is theirs all the same
  const lab = sections.results;
  if (lab?.received) sections.results = { ...lab, source: feedOf.monitor, sources: [{ source: feedOf.monitor, origin: "fed", asOf: lab.asOf, received: lab.received, entry: lab.entry }, { source: feedOf.lab, origin: "fed", asOf: lab.asOf, received: lab.received, entry: lab.entry }] };
  return {
    about: { format: "holdfast-chart", version: 1 }, id: p.id, patient: { resourceType: "Patient", id: p.id, identifier: [{ type: { coding: [{ code: "MR" }] }, value: p.number, assigner: { display: "STGABRIEL" } }, ...(p.replaces.length ? [{ use: "old", type: { coding: [{ code: "MR" }] }, value: "4470650", assigner: { display: "STGABRIEL" } }] : [])], name: [{ use: "official", family: p.name.family, given: [p.name.given] }], gender: p.gender, birthDate: p.birthDate, ...(p.replaces.length ? { link: p.replaces.map((x) => ({ other: { reference: `Patient/${x}` }, type: "replaces" })) } : {}) },
    asOf: { entry: 1000 + Math.floor((end - h.first) / 4000), time: iso(end) }, place: { facility: "STGABRIEL", unit: p.unit, room: p.room, bed: p.bed }, visit: p.sections.visits.entries[0], sections,
    review: p.replaces.length ? [{ what: "after-merge", entry: 1420, text: "3 facts came under number 4470650 after it was merged into this record." }] : [], lookalikes: p.lookalike ? 1 : 0, incomplete: p.incomplete, test: p.test, isProtected: p.isProtected, viewEntry: open,
  };
}
const rowOf = (p, glass) => {
  const masked = p.isProtected && !glass;
  return masked ? { id: p.id, name: { family: "[protected]" }, location: { facility: "STGABRIEL", unit: p.unit, room: p.room, bed: p.bed }, isProtected: true, lookalike: false }
    : { id: p.id, name: { family: p.name.family, given: p.name.given }, birthDate: p.birthDate, gender: p.gender, identifier: { value: p.number, assigner: "STGABRIEL" }, location: { facility: "STGABRIEL", unit: p.unit, room: p.room, bed: p.bed }, since: iso(p.admitted), received: p.received, allergyState: p.allergyState, alerts: p.alerts, isProtected: p.isProtected, lookalike: p.lookalike, incomplete: p.incomplete, test: p.test };
};

// A small PDF made by hand, so that a document can be opened.
const pdf = (() => {
  const text = "BT /F1 14 Tf 60 760 Td (Chest X-ray, two views) Tj 0 -26 Td (Small effusion at the right base. No pneumothorax.) Tj ET";
  const parts = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>", `<< /Length ${text.length} >>\nstream\n${text}\nendstream`, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"];
  let out = "%PDF-1.4\n";
  const at = parts.map((p, i) => { const here_ = out.length; out += `${i + 1} 0 obj\n${p}\nendobj\n`; return here_; });
  const xref = out.length;
  out += `xref\n0 ${parts.length + 1}\n0000000000 65535 f \n${at.map((a) => String(a).padStart(10, "0") + " 00000 n \n").join("")}trailer << /Size ${parts.length + 1} /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`;
  return Buffer.from(out, "latin1");
})();

export const accounts = { nurse: { password: "downtime-nurse-1", role: "clinician" }, admin: { password: "downtime-admin-1", role: "admin" }, fresh: { password: "one-time-fresh", role: "clinician", mustChange: true }, "kim.lee": { password: "downtime-kim-12", role: "clinician" }, "jeanne.home": { password: "downtime-home-1", role: "patient" }, ada: { password: "downtime-ada-12", role: "security" }, bob: { password: "downtime-bob-12", role: "owner" }, eve: { password: "downtime-eve-12", role: "auditor" } };
const hidden = new Set(["kim.lee", "jeanne.home", "ada", "bob", "eve"]); // not in the list of accounts
const rights = { patient: ["home"], clinician: ["board", "census", "search", "chart", "raw", "break-glass", "ecg-send", "ecg-sign"], admin: ["board", "census", "search", "chart", "audit", "raw", "users", "setup", "break-glass", "ecg-send"], security: ["board", "audit", "raw", "setup", "gate", "cut", "gate-sign"], owner: ["board", "census", "search", "chart", "audit", "raw", "break-glass", "gate", "cut", "gate-sign", "scope"], auditor: ["board", "audit", "gate"] };

export const longNames = [
  { family: "Van der Meer-Featherstonehaugh de la Cruz", given: "Maria Magdalena Theodora Wilhelmina" }, { family: "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren", given: "Hubert" },
  { family: "García-Fernández Rodríguez de los Monteros", given: "José Antonio Francisco" }, { family: "欧阳欧阳司马诸葛上官皇甫尉迟公孙慕容令狐", given: "阿不都热合曼买买提艾山江吐尔逊阿依古丽" }, { family: "Rakotomalala Andriantsitohaina Razafindrakoto", given: "Hanitriniaina" }, { family: "Venkatanarasimharajuvaripeta", given: "Subrahmanya" },
];
export const longUnit = (u) => `${u} Cardiothoracic Surgical High Dependency`;
// knobs: what a test may change while it runs
export function start({ port = 0, knobs = {} } = {}) {
  const page = readFileSync(join(here, "..", "dist", "index.html"));
  const hashes = [...page.toString().matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((m) => `'sha256-${createHash("sha256").update(m[1]).digest("base64")}'`).join(" ");
  const csp = `default-src 'none'; connect-src 'self'; img-src 'self' data: blob:; frame-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; script-src ${hashes} 'self'; style-src 'self' 'unsafe-inline'`;
  const folder = join(here, "..", "dist", "part"), pieceOf = new Map(readdirSync(folder).filter((x) => x.endsWith(".js")).map((x) => { const code = readFileSync(join(folder, x)); return [`/part/${x.slice(0, -3)}-${createHash("sha256").update(code).digest("hex").slice(0, 16)}.js`, code]; }));
  const h = hospital(), ecg = ecgs(h, knobs), gate = gates(h, knobs), scope = cases(h), registry = registered(h);
  const extra = []; // 1,500 people who are not in the house, for long answers
  for (let i = 0; i < 1500; i++) extra.push({ id: `q${i}`, name: { family: `Testmann${i % 40}`, given: ["Ada", "Bo", "Cem", "Dina"][i % 4] }, birthDate: `19${30 + (i % 60)}-0${1 + (i % 9)}-1${i % 9}`, gender: i % 2 ? "male" : "female", identifier: { value: String(9900000 + i), assigner: "STGABRIEL" }, received: iso(h.now - i * HOUR), isProtected: false, lookalike: false });
  const sessions = new Map(), log = [], users = Object.entries(accounts).filter(([u]) => !hidden.has(u)).map(([user, a]) => ({ user, role: a.role, disabled: false, created: iso(h.first), lastSignIn: user === "fresh" ? undefined : iso(h.now - HOUR) }));
  let entries = 6000;
  const record = (user, what, more = {}) => { log.unshift({ entry: ++entries, time: iso(Date.now()), kind: "audit", user, what, ...more }); return entries; };
  for (let i = 160; i > 0; i--) log.push({ entry: 5900 - (160 - i), time: iso(h.now - (160 - i) * 4 * MIN), kind: "audit", user: pick(["nurse", "admin", "kim.lee", "dr.weiss"]), what: pick(["view", "view", "view", "search", "print"]), patient: pick(h.patients).id });
  log.splice(6, 0, { entry: 5895, time: iso(h.now - 21 * MIN), kind: "audit", user: "dr.weiss", what: "break-glass", patient: "p4712", reason: "Called to cardiac arrest on MED2, on duty for cardiology" }, { entry: 5894, time: iso(h.now - 22 * MIN), kind: "session", user: "kim.lee", what: "login-failed" });

  // what a ward's rows show beside the name: the newest of each vital sign, and the open orders
  const bedside = (p) => {
    const seen = new Map();
    for (const r of [...p.sections.vitals.entries].sort((a, b) => (a.effectiveDateTime < b.effectiveDateTime ? 1 : -1))) {
      const c = r.code.coding[0];
      if (seen.has(c.code)) continue;
      seen.set(c.code, { code: c.code, name: c.display, value: r.component ? r.component.map((x) => x.valueQuantity.value).join("/") : String(r.valueQuantity.value), unit: (r.valueQuantity ?? r.component[0].valueQuantity).code ?? "", flag: r.interpretation?.[0]?.coding?.[0]?.code, time: r.effectiveDateTime, received: r.meta.lastUpdated });
    }
    return { vitals: { state: p.sections.vitals.state, entries: [...seen.values()] }, orders: { state: p.sections.orders.state, open: p.sections.orders.entries.filter((r) => r.status === "active").length, awaitedResults: p.sections.orders.entries.filter((r) => r.status === "active").length } };
  };

  // knobs.long: people, units and beds as they come in some houses, and none of it may be cut
  const long = (rows) => {
    if (!knobs.long) return rows;
    return rows.map((r, i) => ({ ...r, name: r.name.given === undefined ? r.name : longNames[i % longNames.length], location: { ...r.location, unit: longUnit(r.location?.unit ?? "MED1"), room: i % 3 ? r.location?.room : "ISOLATION-NORTH-2", bed: i % 2 ? "BED-WINDOW-12B" : r.location?.bed }, identifier: { ...r.identifier, value: i % 4 ? r.identifier?.value : "STGABRIEL-MRN-00000000004471009-X" } }));
  };
  const server = createServer((req, res) => {
    const url = new URL(req.url, "http://x");
    const send = (status, body, type = "application/json", more = {}) => { res.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store", ...more }); res.end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body)); };
    const fail = (status, code, text) => send(status, { error: { code, text } });
    // as the server does: a tag of all but asOf; what has not changed is a 304 and nobody's view
    const tagged = (body, asOf, view) => {
      const tag = `"${createHash("sha256").update(JSON.stringify({ ...body, asOf: 0, viewEntry: 0 })).digest("hex").slice(0, 32)}"`, more = { ETag: tag, "Holdfast-As-Of": `${asOf.entry} ${asOf.time}` };
      if (req.headers["if-none-match"] === tag) { knobs.unchanged = (knobs.unchanged ?? 0) + 1; res.writeHead(304, more); res.end(); return; }
      const entry = view();
      send(200, { ...body, ...("viewEntry" in body ? { viewEntry: entry } : {}) }, "application/json", more);
    };
    const pieces = [];
    req.on("data", (d) => { pieces.push(d); });
    req.on("end", () => {
      if (knobs.down) { req.socket.destroy(); return; }
      if (url.pathname.startsWith("/part/")) {
        if (knobs.noParts === "gone" || !pieceOf.has(url.pathname)) { send(404, { error: { code: "not-found", text: "This part of the viewer is of another version. Load the page again." } }); return; }
        if (knobs.noParts) { req.socket.destroy(); return; }
        send(200, pieceOf.get(url.pathname), "text/javascript; charset=utf-8", { "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff" });
        return;
      }
      if (url.pathname === "/" || url.pathname === "/index.html" || url.pathname.startsWith("/share/")) { send(200, page, "text/html; charset=utf-8", { "Content-Security-Policy": csp, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" }); return; }
      if (url.pathname === "/healthz") { send(200, "ok", "text/plain"); return; }
      if (url.pathname.startsWith("/ledger/")) { send(200, "holdfast.example/stgabriel\n6000\nq83v...\n", "text/plain"); return; }
      const bytes = Buffer.concat(pieces), body = bytes.length && /json/.test(req.headers["content-type"] ?? "") ? JSON.parse(bytes.toString()) : {};
      const sid = /hf_session=(\w+)/.exec(req.headers.cookie ?? "")?.[1], s = sessions.get(sid);
      const path = url.pathname.replace(/^\/api\//, ""), parts = path.split("/").map(decodeURIComponent), q = url.searchParams;
      const mode = knobs.mode ?? "normal", since = knobs.mode ? iso(h.now - 3 * HOUR) : undefined;
      const session = (x) => ({ user: x.user, role: x.role, csrf: x.csrf, expires: iso(Date.now() + 8 * HOUR), mustChange: !!x.mustChange, site: { name: "St Gabriel Hospital", origin: "holdfast.example/stgabriel", mode, since, zoneMinutes: 0 }, version: "0.1.0", may: rights[x.role] });
      if (path === "login") {
        const a = accounts[body.user];
        if (!a || a.password !== body.password) { fail(401, "login", "Name or password is not right, or the account is closed."); return; }
        const id = Math.random().toString(36).slice(2), x = { user: body.user, role: a.role, csrf: "c" + id, mustChange: a.mustChange, glass: new Set() };
        sessions.set(id, x);
        record(body.user, "login");
        send(200, session(x), "application/json", { "Set-Cookie": `hf_session=${id}; HttpOnly; SameSite=Strict; Path=/` });
        return;
      }
      if (parts[0] === "share") { ecg.public({ parts, q, send, fail, pdf, record }); return; }
      if (!s) { fail(401, "login", "Sign in first."); return; }
      if (req.method !== "GET" && req.headers["x-holdfast-csrf"] !== s.csrf) { fail(403, "csrf", "The request lacks its session's value."); return; }
      const at = q.get("at"), end = !at ? Date.now() : at.startsWith("#") ? h.first + (Number(at.slice(1)) - 1000) * 4000 : Date.parse(at);
      const asOf = { entry: 1000 + Math.floor((end - h.first) / 4000), time: iso(at ? end : Date.now() - 3000) };
      const inHouse = h.patients.filter((p) => p.admitted <= end);
      const may = (x) => rights[s.role].includes(x) || (fail(403, "denied", "Your role may not do this."), false);
      if (/^(ecgs?|live|home)$/.test(parts[0])) { ecg.handle({ req, parts, q, body, bytes, s, send, fail, may, record, pdf, accounts }); return; }
      if (/^(gate|watch|incident|plan)$/.test(parts[0])) { gate.handle({ req, path, parts, q, body, s, send, fail, may }); return; }
      if (parts[0] === "registry") { registry.handle({ req, parts, q, bytes, send, fail, may }); return; }
      if (parts[0] === "cases") { scope.handle({ req, parts, body, s, send, fail, may }); return; }
      if (path === "events" && q.get("kind") === "gate-act") { if (may("gate")) send(200, gate.events(q)); return; }
      if (path === "logout") { sessions.delete(sid); send(204, ""); }
      else if (path === "session") send(200, session(s));
      else if (path === "password") { if ((body.new ?? "").length < 10) fail(400, "input", "The new password needs at least 10 characters."); else { s.mustChange = false; send(204, ""); } }
      else if (path === "board") {
        const feeds = h.feeds(Date.now());
        if (knobs.feeds) knobs.feeds(feeds);
        send(200, {
          now: iso(Date.now()), site: { name: "St Gabriel Hospital", origin: "holdfast.example/stgabriel", mode, since }, ledger: { size: 316114, published: 316110, origin: "holdfast.example/stgabriel", root: "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", checkpointTime: iso(Date.now() - 2000), outside: null, protection: "UNPROTECTED", lastVerified: iso(h.now - 5 * HOUR) }, view: { applied: 316114, behind: 0 }, feeds,
          listeners: [{ name: "mllp", address: "0.0.0.0:2575", tls: true, state: "listening", connections: 3, messages: 312000, fragments: 2, duplicates: 41 }, { name: "mllp-2", address: "0.0.0.0:2576", tls: false, state: "listening", connections: 2, messages: 25000, fragments: 0, duplicates: 3 }],
          roles: ["supervisor", "intake", "keeper", "scribe", "web"].map((name, i) => ({ name, pid: 400 + i, since: iso(h.first), restarts: name === "scribe" ? 1 : 0, sandbox: { user: true, landlock: true, seccomp: name !== "supervisor", note: name === "supervisor" ? "starts the others" : "" } })), disk: { free: 412e9, total: 900e9, reserve: 1.07e9, state: "ok" },
          keys: { sharesLyingAbout: ["/mnt/usb/stgabriel-share-1-of-3.txt"], shares: "2/3" },
          alarms: [{ id: `feed-${feedOf.lab}`, severity: "alarm", since: iso(h.now - 31 * MIN), what: "feed-silent", feed: feedOf.lab, reason: "LAB@STGABRIEL is silent: it normally speaks every 40 s at this hour", next: "Ask who runs the sender whether it is down; charts show this source as STALE until it speaks." }, { id: "unprotected", severity: "warning", since: iso(h.first), what: "unprotected", reason: "Nobody outside has seen this ledger's head", next: "Set up a replica or a witness." }],
          unhandled: [{ type: "ADT^A08", count: 20110, uninterpreted: 0, problems: 0, lastEntry: 316100 }, { type: "ZQN^Z01", count: 212, uninterpreted: 212, problems: 0, lastEntry: 315000 }, { type: "BAR^P01", count: 930, uninterpreted: 930, problems: 0, lastEntry: 316000 }, { type: "ORU^R01", count: 200000, uninterpreted: 0, problems: 7, lastEntry: 316100 }], quarantined: 0, packets: [{ unit: "3W", made: iso(Date.now() - 4 * MIN), validUntil: iso(Date.now() + 23 * 60 * MIN), entry: 316080, bytes: 812345, persons: 21 }, { unit: "ICU", made: iso(Date.now() - 21 * MIN), validUntil: iso(Date.now() + 23 * 60 * MIN), entry: 315900, bytes: 512345, persons: 8 }], packetsState: { minutes: 5, units: 2, failing: [{ unit: "ICU", since: iso(Date.now() - 16 * MIN), reason: "ICU.html.new: no room for it in packets/made: No space left on device", newest: iso(Date.now() - 21 * MIN) }], withoutWords: ["4E", "5N"] },
          vault: { packs: 412, bytes: 9.1e9, sources: [
            { id: "s315200", time: iso(h.now - 52 * MIN), source: "fileserver", host: "files1", seq: 315200, files: 184220, bytes: 611e9, new_bytes: 41e9, verdict: "damage", reasons: ["4,812 of 5,020 files that changed lost their structure or turned into noise: 3,100 ooxml, 1,204 pdf, 508 jpeg", "the same new file README_LOCKED.txt in 240 folders that were there before; it holds an onion address, as ransom notes do"] },
            { id: "s315600", time: iso(h.now - 3 * HOUR), source: "pacs-index", host: "pacs2", seq: 315600, files: 3120, bytes: 42e9, new_bytes: 0.2e9, verdict: "clean", reasons: ["204 programs and libraries were replaced by whole ones, as an upgrade does"] },
            { id: "s311000", time: iso(h.now - 2.2 * DAY), source: "lab-archive", host: "lab3", seq: 311000, files: 90114, bytes: 88e9, new_bytes: 1.1e9, verdict: "clean", reasons: [] },
            { id: "s315900", time: iso(h.now - 4 * HOUR), source: "home", host: "files1", seq: 315900, files: 61002, bytes: 140e9, new_bytes: 2e9, verdict: "clean", reasons: [] }] },
          replicas: [{ name: "second-site", target: "https://replica.example/stgabriel", kind: "https", lastTry: iso(Date.now() - 6 * MIN), lastSuccess: iso(Date.now() - 6 * MIN), size: 316020, headTime: iso(Date.now() - 6 * MIN) }, { name: "bucket", target: "s3://stgabriel/holdfast", kind: "s3", lastTry: iso(Date.now() - 9 * MIN), lastSuccess: iso(h.now - 5 * HOUR), error: "the bucket refuses: 403", size: 311000, headTime: iso(h.now - 5 * HOUR) }],
          ...(knobs.partners ? { partners: gate.partners() } : {}), ...(knobs.board ?? {}),
        });
      } else if (path === "span") send(200, { first: { entry: 1000, time: iso(h.first) }, last: { entry: 1000 + Math.floor((Date.now() - h.first) / 4000), time: iso(Date.now()) } });
      else if (path === "moment") send(200, asOf);
      else if (knobs.noView && /^(units|census|search|patient)\b/.test(path)) send(503, { error: { code: "no-view", text: "The charts are being made from the ledger: 11 of 100 entries, 11 %. There is nothing to show before; nothing is lost." } });
      else if (path === "units") send(200, { asOf, units: h.units.map(([unit, beds]) => ({ facility: "STGABRIEL", unit: knobs.long ? longUnit(unit) : unit, patients: inHouse.filter((p) => p.unit === unit).length, beds })) });
      else if (path === "census") { const rows = inHouse.filter((p) => !q.get("unit") || p.unit === q.get("unit") || longUnit(p.unit) === q.get("unit")).map((p) => ({ ...rowOf(p, s.glass.has(p.id)), received: iso(Math.min(Date.parse(p.received), end - 7 * MIN)), ...(q.get("unit") && (!p.isProtected || s.glass.has(p.id)) ? bedside(p) : {}) })).concat(knobs.crowd ? extra.map((p, i) => ({ ...p, location: { facility: "STGABRIEL", unit: `W${i % 30}`, room: String(1000 + i), bed: "1" } })) : []); tagged({ asOf, count: rows.length, patients: long(rows) }, asOf, () => record(s.user, "view", { text: "census" })); }
      else if (path === "search") {
        const words = (q.get("q") ?? "").toLowerCase().split(/[\s,]+/).filter(Boolean);
        const hit = (p) => words.every((w) => `${p.name.family} ${p.name.given}`.toLowerCase().split(/[\s-]+/).some((x) => x.startsWith(w)) || (p.identifier?.value ?? p.number) === w || p.birthDate === w);
        const rows = [...h.patients.filter((p) => (!p.isProtected || s.glass.has(p.id)) && hit(p)).map((p) => rowOf(p, s.glass.has(p.id))), ...extra.filter(hit)].slice(0, knobs.searchAll ? 5000 : Number(q.get("max") ?? 60));
        record(s.user, "search");
        send(200, { asOf, count: rows.length, patients: long(rows) });
      } else if (parts[0] === "patient") {
        const p = h.patients.find((x) => x.id === parts[1]);
        if (!p) { fail(404, "not-found", "There is no patient with this id or number."); return; }
        if (p.isProtected && !s.glass.has(p.id)) { fail(403, "protected", "This record is protected. Say why you need it to open it; the reason is recorded."); return; }
        if (parts[2] === "timeline") {
          const all = Object.values(p.sections).flatMap((x) => x.entries.map((r) => ({ entry: Number(r.meta.versionId), time: r.meta.lastUpdated, kind: "hl7v2", what: { Observation: "ORU^R01", MedicationAdministration: "RAS^O17", MedicationRequest: "RDE^O11", ServiceRequest: "OML^O21", DocumentReference: "MDM^T02" }[r.resourceType] ?? "ADT^A08", source: decodeURIComponent(r.meta.source.slice(18).replace(/#.*/, "")), text: r.resourceType === "MedicationAdministration" ? `administration: ${r.medicationCodeableConcept.text} (${r.status})` : r.resourceType === "Observation" && r.valueQuantity ? `result: ${r.code.text} ${r.valueQuantity.value} ${r.valueQuantity.unit} (${r.status})` : undefined, ...(r.meta.tag[0].code !== "fed" ? { origin: r.meta.tag[0].code } : {}) }))).filter((e) => Date.parse(e.time) <= end).sort((a, b) => (a.time < b.time ? 1 : -1));
          const before = Number(q.get("before") ?? Infinity), from = before === Infinity ? 0 : all.findIndex((e) => e.entry === before) + 1, part = all.slice(from, from + 60);
          send(200, { events: part, next: from + 60 < all.length ? part[59].entry : null });
          return;
        }
        if (knobs.held) { knobs.held.push(() => send(200, chart(h, p, end, 1))); return; } // until the test lets it go
        const c = chart(h, p, end, 0);
        if (knobs.review) c.review = knobs.review;
        if (knobs.long) { const n = longNames[knobs.long === true ? 0 : knobs.long % longNames.length]; c.patient.name = [{ use: "official", family: n.family, given: [n.given] }]; c.place = { ...c.place, unit: longUnit(p.unit), room: "ISOLATION-NORTH-2", bed: "BED-WINDOW-12B" }; }
        tagged(c, asOf, () => record(s.user, "view", { patient: p.id }));
      } else if (parts[0] === "entry") {
        const seq = Number(parts[1]);
        if (parts[2] === "raw") { if (!may("raw")) return; record(s.user, "raw", { text: `entry ${seq}` }); send(200, "MSH|^~\\&|LAB|STGABRIEL|HOLDFAST|STGABRIEL|20261122031200||ORU^R01^ORU_R01|S0000004711|P|2.5.1\rPID|1||4471009^^^STGABRIEL^MR||MARTIN^JEANNE-MARIE||19570312|F\rOBX|1|NM|2823-3^Potassium^LN||5.8|mmol/L|3.5-5.1|H|||F\r", "text/plain; charset=utf-8"); return; }
        send(200, { seq, kind: "hl7v2", flags: 0, time: iso(h.now - 2 * HOUR), source: "mllp:2575", size: 1480, commit: "9f".repeat(32), leafHash: "4c".repeat(32), proof: knobs.unproven ? null : `c2sp.org/tlog-proof@v1\nindex ${seq}\n${"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n".repeat(4)}\nholdfast.example/stgabriel\n316110\n`, ...(knobs.unproven ? { publishedIn: 2 } : {}), checkpoint: "holdfast.example/stgabriel\n316110\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n\n— holdfast.example/stgabriel AbCd...\n" });
      } else if (path === "events") send(200, { events: knobs.events ?? [{ entry: 5200, time: iso(h.now - 31 * MIN), kind: "alarm", what: "feed-silent", reason: "LAB@STGABRIEL is silent" }, { entry: 4100, time: iso(h.now - 26 * HOUR), kind: "alarm", what: "role-died", reason: "scribe was restarted", text: "back within 0.4 s, nothing lost" }], next: null });
      else if (path === "audit") {
        if (!may("audit")) return;
        const what = (q.get("what") ?? "").split(",").filter(Boolean), when = (k, otherwise) => (q.get(k) ? Date.parse(q.get(k)) : otherwise);
        const all = log.filter((e) => (!q.get("user") || e.user === q.get("user")) && (!q.get("patient") || e.patient === q.get("patient")) && (!what.length || what.includes(e.what) || what.includes(e.kind)) && Date.parse(e.time) >= when("from", -Infinity) && Date.parse(e.time) <= when("to", Infinity) && (!q.get("before") || e.entry < Number(q.get("before")))), max = Number(q.get("max") ?? 100);
        if (q.get("format") === "csv") { const n = record(s.user, "export", { text: "audit" }); send(200, `"time (UTC)","entry","user"\r\n${all.map((e) => `"${e.time}",${e.entry},"${e.user}"`).join("\r\n")}\r\n`, "text/csv; charset=utf-8", { "Content-Disposition": `attachment; filename="audit-${n}.csv"` }); return; }
        send(200, { events: all.slice(0, max), next: all.length > max ? all[max - 1].entry : null });
      } else if (path === "break-glass") { if ((body.reason ?? "").length < 8) fail(400, "input", "Say the reason in a few words."); else { s.glass.add(body.patient); record(s.user, "break-glass", { patient: body.patient, reason: body.reason }); send(204, ""); } }
      else if (path === "print") send(200, { entry: record(s.user, "print", { patient: body.patient || undefined, text: body.what }) });
      else if (path === "users" && req.method === "GET") { if (may("users")) send(200, { users }); }
      else if (path === "users") { if (!may("users")) return; if (users.some((u) => u.user === body.user)) { fail(409, "exists", "There is an account of this name already."); return; } users.push({ user: body.user, role: body.role, disabled: false, created: iso(Date.now()) }); send(200, { user: body.user, password: "plum-river-candle-42" }); }
      else if (parts[0] === "users" && parts[2] === "disable") { const u = users.find((x) => x.user === parts[1]); if (u) u.disabled = true; send(204, ""); }
      else if (url.pathname.startsWith("/fhir/Binary/")) send(200, pdf, "application/pdf", { "Content-Disposition": "inline" });
      else fail(404, "not-found", "Nothing is here.");
    });
  });
  return new Promise((ok) => server.listen(port, "127.0.0.1", () => ok({ server, url: `http://127.0.0.1:${server.address().port}`, knobs, hospital: h, log, ecg, gate, scope, registry, close: () => new Promise((done) => { server.closeAllConnections?.(); server.close(done); }) })));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const m = await start({ port: Number(process.argv[2] ?? 8099) });
  console.log(`mock hospital at ${m.url} (nurse / ${accounts.nurse.password}, admin / ${accounts.admin.password})`);
}
