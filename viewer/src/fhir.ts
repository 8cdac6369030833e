// The one place that knows the shape of the chart document (holdfast-chart(1)) and of the FHIR R4 resources in it. It asks for nothing to be there:
// what is absent comes out as "" or [], and the pages say so in words.
import { msOf } from "./format";
import { type Key, t } from "./i18n";

export type Any = any; // eslint-disable-line -- JSON from the server; read only here
export type Resource = Record<string, Any>;
export type Origin = "fed" | "captured" | "restored" | "partner";

export interface Meta { entry: number | null; received: string; source: string; sourceTime: string; origin: Origin; state: string; incomplete: boolean }
export interface Section {
  name: string; state: "list" | "stated-none" | "not-received"; asOf: string; received: string; source: string; entry: number | null; incomplete: boolean; origin: Origin; stated: string; entries: Resource[];
  sources: Source[]; // every feed that spoke of it, newest first
}
export interface Source { name: string; state: string; asOf: string; received: string; last: string; entry: number | null }
export interface Name { family: string; given: string }
export interface Row {
  id: string; name: Name; birth: string; sex: string; number: string; assigner: string; unit: string; facility: string; room: string; bed: string; received: string; since: string; attending: string; alerts: string;
  allergyState: string; visitClass: string; lookalike: boolean; merged: boolean; incomplete: boolean; isProtected: boolean; test: boolean; deceased: boolean; masked: boolean;
  vitals: Vital[] | null; vitalsState: string; awaited: number | null; // results; null: not asked for (the whole house), or never received
}
export interface Vital { key: "hr" | "bp" | "rr" | "spo2" | "temp" | ""; name: string; value: string; unit: string; flag: string; time: string }
export interface Rows { asOf: { entry?: number; time?: string }; count: number; rows: Row[] }
export interface Patient {
  id: string; name: Name; birth: string; sex: string; number: string; numbers: { value: string; assigner: string; type: string }[]; deceased: string; resource: Resource; asOf: { entry?: number; time?: string };
  place: { facility: string; unit: string; room: string; bed: string; text: string } | null; visit: Resource | null; sections: Record<string, Section>; review: { what: string; entry: number | null; text: string }[];
  lookalikes: number; replaces: string[]; replacedBy: string; test: boolean; incomplete: boolean; isProtected: boolean; viewEntry: number | null; about: Resource | null;
}

export const sectionNames = ["allergies", "problems", "medications", "administrations", "results", "vitals", "reports", "orders", "documents", "appointments", "contacts", "care-team", "immunizations", "procedures", "visits", "flags", "coverage", "other"] as const;

const str = (v: Any): string => (typeof v === "string" ? v : typeof v === "number" ? String(v) : "");
const list = (v: Any): Any[] => (Array.isArray(v) ? v : v === undefined || v === null ? [] : [v]);
const first = (...v: Any[]): string => { for (const one of v) { const s = str(one); if (s) return s; } return ""; };
const num = (v: Any): number | null => (typeof v === "number" ? v : typeof v === "string" && /^\d+$/.test(v) ? Number(v) : null);

export function nameOf(v: Any): Name {
  const all = list(v);
  const n = all.find((x) => x?.use === "official") ?? all.find((x) => x?.use === "usual") ?? all[0] ?? {};
  if (typeof n === "string") { const cut = n.indexOf(","); return cut < 0 ? { family: n, given: "" } : { family: n.slice(0, cut).trim(), given: n.slice(cut + 1).trim() }; }
  const given = list(n.given).map(str).filter(Boolean).join(" ");
  const family = str(n.family);
  return family || given ? { family, given } : { family: /^\(/.test(str(n.text)) ? "" : str(n.text), given: "" }; // "(name not received)": said in the reader's own words
}
export function concept(c: Any): string {
  for (const one of list(c)) {
    if (typeof one === "string") return one;
    const s = first(one?.text, ...list(one?.coding).map((x: Any) => x?.display), ...list(one?.coding).map((x: Any) => x?.code));
    if (s) return s;
  }
  return "";
}
const concepts = (c: Any): string => list(c).map(concept).filter(Boolean).join(", ");
// what two statements about the same thing share: a code with its system, else the words
function codeKey(c: Any): string {
  const k = list(list(c)[0]?.coding)[0];
  return k?.code ? `${str(k.system)}|${str(k.code)}` : concept(c).toLowerCase();
}
export const refText = (r: Any): string => first(r?.display, list(r?.identifier)[0]?.value, typeof r?.reference === "string" && !r.reference.startsWith("urn:") ? r.reference.replace(/^[A-Z]\w+\//, "") : "");
// UCUM is for programs: people write °C and mmHg. Nothing else is changed: a unit is part of a dose.
const unitWords: Record<string, string> = { Cel: "°C", "[degF]": "°F", "mm[Hg]": "mmHg", "10*3/uL": "10³/µL", "10*6/uL": "10⁶/µL", "10*9/L": "10⁹/L", "10*12/L": "10¹²/L" };
// "6 U" has been read as 60 and "IU" as IV, and people died of it: these two are written out (ISMP's and the Joint Commission's lists).
export const unitWord = (u: string): string => (/^(\[iU\]|IU|iu)$/.test(u) ? t("intUnits") : u === "U" || u === "[U]" ? t("unitsWord") : unitWords[u] ?? u);
// a code that has a word of ours, else as it was sent
const sayOf = (kind: string, code: string): string => t(`${kind}_${code.toLowerCase().replace(/[^a-z]+/g, "_")}` as Key) ?? code;
export const priorityWord = (code: string): string => sayOf("pr", code);

// What a frequency means, beside the code that was sent: QD has been read as QID. "" where nothing is known of it.
export function frequencyWords(code: string): string {
  const words: string[] = [];
  for (const c of code.toUpperCase().replace(/[.]/g, "").split(/[\s&,]+/).filter(Boolean)) {
    const h = /^Q(\d{1,2})(H|HR|HRS|°)?$/.exec(c), d = /^Q(\d)D$|^(\d)XD$/.exec(c);
    const w = /^(QD|DAILY|Q1D|OD|Q24H)$/.test(c) ? t("fOnceDay") : h ? t("fEvery", { n: h[1]! }) : c === "BID" ? t("fTimesDay", { n: 2 }) : c === "TID" ? t("fTimesDay", { n: 3 }) : c === "QID" ? t("fTimesDay", { n: 4 }) : d && d[2] ? t("fTimesDay", { n: d[2] })
      : c === "QAM" ? t("fMorning") : c === "QPM" || c === "QEVENING" ? t("fEvening") : c === "QHS" || c === "HS" ? t("fBed") : c === "QOD" || c === "Q48H" ? t("fOtherDay") : /^(QW|QWK|Q1W|WEEKLY)$/.test(c) ? t("fWeek") : c === "STAT" ? t("fNow") : c === "ONCE" || c === "X1" ? t("fOnce") : c === "PRN" ? t("fPrn") : "";
    if (!w) return ""; // half a meaning is none
    words.push(w);
  }
  return words.join(", ");
}
export function quantity(q: Any): string {
  if (!q || (q.value === undefined && !q.unit)) return "";
  return [str(q.comparator) + str(q.value), unitWord(first(q.unit, q.code))].filter(Boolean).join(" ");
}
export function metaOf(r: Resource): Meta {
  const m = r.meta ?? {};
  const source = str(m.source), hash = source.lastIndexOf("#");
  let feed = hash >= 0 ? source.slice(0, hash) : source;
  feed = feed.replace(/^urn:holdfast:feed:/, "");
  try { feed = decodeURIComponent(feed); } catch { /* as it stands */ }
  const tags = list(m.tag);
  const tag = (system: string): string => str(tags.find((x) => x?.system === system && x?.code !== "incomplete")?.code);
  const origin = tag("urn:holdfast:origin");
  return {
    entry: num(hash >= 0 ? source.slice(hash + 1) : m.versionId) ?? num(m.versionId), received: str(m.lastUpdated), source: feed,
    sourceTime: str(list(m.extension).find((x) => x?.url === "urn:holdfast:fhir:source-time")?.valueString),
    origin: origin === "captured" || origin === "restored" || origin === "partner" ? origin : "fed", state: tag("urn:holdfast:state") || "current",
    incomplete: tags.some((x) => x?.system === "urn:holdfast:state" && x?.code === "incomplete"),
  };
}
export const historyOf = (r: Resource): Resource[] => list(r.history);

// ---- rows of census and search ----
const vitalKeys: [RegExp, Vital["key"]][] = [[/^(8867-4|8889-8|8893-0|147842|149514)$/, "hr"], [/^(85354-9|55284-4|8480-6|150021)$/, "bp"], [/^(9279-1|151562)$/, "rr"], [/^(2708-6|59408-5|150456)$/, "spo2"], [/^(8310-5|8331-1|8332-9|8333-7|150364)$/, "temp"]];
// The newest of each kind; systolic and diastolic of one moment are one pressure.
function vitalsOf(v: Any): Vital[] | null {
  if (!v) return null;
  const all = list(v.entries), other = (x: Any) => all.find((y) => str(y?.code) === "8462-4" && str(y?.time) === str(x?.time));
  return all.filter((x) => str(x?.code) !== "8462-4" || !all.some((y) => str(y?.code) === "8480-6" && str(y?.time) === str(x?.time))).map((x) => {
    const low = str(x?.code) === "8480-6" ? other(x) : undefined;
    return { key: vitalKeys.find(([r]) => r.test(str(x?.code)))?.[1] ?? "", name: str(x?.name), value: str(x?.value) + (low ? `/${str(low.value)}` : ""), unit: unitWord(str(x?.unit)), flag: first(x?.flag, low?.flag), time: str(x?.time) };
  });
}
function rowOf(p: Resource): Row {
  const where = p.location ?? p.place ?? {};
  const identifier = list(p.identifier)[0];
  const name = nameOf(p.name ?? { family: p.family, given: p.given });
  const isProtected = !!(p.isProtected ?? p.protected);
  const alerts = p.alerts;
  const number = first(typeof identifier === "string" ? identifier : identifier?.value, p.number, p.recordNumber);
  return {
    id: str(p.id), name, birth: first(p.birthDate, p.birth), sex: first(p.gender, p.sex), number, assigner: first(identifier?.assigner?.display, identifier?.assigner, identifier?.system, p.assigner),
    unit: first(where.unit), facility: first(where.facility), room: first(where.room), bed: first(where.bed), received: first(p.received, p.meta?.lastUpdated), since: first(p.since, p.visit?.since), attending: first(p.attending, p.attending?.display),
    alerts: Array.isArray(alerts) ? alerts.map(str).filter(Boolean).join(" · ") : str(alerts), allergyState: first(p.allergyState, p.allergies, p.allergy), visitClass: first(p.visitClass, p.class, p.visit?.class),
    lookalike: !!(p.lookalike ?? p.lookalikes), merged: !!p.merged, incomplete: !!p.incomplete, isProtected, test: !!p.test, deceased: !!p.deceased, masked: isProtected && (!number || name.family === "[protected]"),
    vitals: vitalsOf(p.vitals), vitalsState: first(p.vitals?.state), awaited: p.orders?.state === "not-received" ? null : num(p.orders?.awaitedResults) ?? null,
  };
}
export function rowsOf(d: Any): Rows {
  const rows = list(d?.patients ?? d?.rows).map(rowOf);
  return { asOf: d?.asOf ?? {}, count: num(d?.count) ?? rows.length, rows };
}

// ---- one patient ----
function sectionOf(name: string, s: Any): Section {
  const entries = list(s?.entries ?? s?.items);
  const state = s?.state === "list" || s?.state === "stated-none" ? s.state : entries.length ? "list" : "not-received";
  const newest = entries.map(metaOf).sort((a, b) => (a.received < b.received ? 1 : -1))[0];
  return {
    name, state, asOf: first(s?.asOf, newest?.sourceTime), received: first(s?.received, newest?.received), source: first(s?.source, newest?.source), entry: num(s?.entry) ?? newest?.entry ?? null,
    incomplete: !!s?.incomplete, origin: newest?.origin ?? "fed", stated: first(s?.stated?.text, s?.stated), entries,
    sources: list(s?.sources).map((x: Any) => ({ name: str(x?.source), state: str(x?.state), asOf: str(x?.asOf), received: str(x?.received), last: str(x?.last), entry: num(x?.entry) })),
  };
}
export function patientOf(d: Any): Patient {
  const p: Resource = d?.patient ?? {};
  const numbers = list(p.identifier).map((x) => ({ value: str(x?.value), assigner: first(x?.assigner?.display, x?.system), type: first(list(x?.type?.coding)[0]?.code, x?.type?.text) })).filter((x) => x.value);
  const sections: Record<string, Section> = {};
  for (const n of sectionNames) sections[n] = sectionOf(n, d?.sections?.[n]);
  if (PACKET) sections["ecgs"] = sectionOf("ecgs", d?.sections?.["ecgs"]);
  const pl = d?.place;
  const place = pl && (pl.unit || pl.room || pl.bed || pl.text) ? { facility: str(pl.facility), unit: str(pl.unit), room: str(pl.room), bed: str(pl.bed), text: str(pl.text) } : null;
  const links = list(p.link);
  const linked = (type: string) => links.filter((x) => x?.type === type).map((x) => str(x?.other?.reference).replace(/^Patient\//, "")).filter(Boolean);
  return {
    id: first(d?.id, p.id), name: nameOf(p.name), birth: str(p.birthDate), sex: str(p.gender), number: numbers.find((x) => x.type === "MR")?.value ?? numbers[0]?.value ?? "", numbers,
    deceased: first(p.deceasedDateTime, p.deceasedBoolean === true ? "yes" : ""), resource: p, asOf: d?.asOf ?? {}, place, visit: d?.visit ?? null, sections,
    review: list(d?.review).map((x) => ({ what: first(x?.what), entry: num(x?.entry), text: first(x?.text) })),
    lookalikes: num(Array.isArray(d?.lookalikes) ? d.lookalikes.length : d?.lookalikes) ?? 0, replaces: d?.replaces ? list(d.replaces).map(str) : linked("replaces"), replacedBy: first(d?.replacedBy, linked("replaced-by")[0]),
    test: !!d?.test, incomplete: !!d?.incomplete, isProtected: !!(d?.isProtected ?? d?.protected), viewEntry: num(d?.viewEntry), about: d?.about && typeof d.about === "object" ? d.about : null,
  };
}
// current ones; what was deleted or entered in error stands apart
export const current = (s: Section): Resource[] => s.entries.filter((r) => metaOf(r).state === "current" && str(r.status) !== "entered-in-error");
export const former = (s: Section): Resource[] => s.entries.filter((r) => !(metaOf(r).state === "current" && str(r.status) !== "entered-in-error"));

// ---- results ----
export interface Result {
  id: string; key: string; name: string; value: string; number: number | null; unit: string; flag: Flag; range: string; low: number | null; high: number | null; time: string; status: string; notes: string[]; by: string; meta: Meta; was: Result[]; resource: Resource;
}
export interface Flag { word: "" | "high" | "low" | "critical-high" | "critical-low" | "abnormal" | "normal" | "other"; letters: string }
const flagWords: Record<string, Flag["word"]> = { H: "high", HU: "high", HX: "critical-high", HH: "critical-high", ">": "critical-high", L: "low", LU: "low", LX: "critical-low", LL: "critical-low", "<": "critical-low", A: "abnormal", AA: "abnormal", N: "normal", POS: "abnormal", R: "abnormal", S: "normal" };
function flagOf(r: Resource): Flag {
  const codes = list(r.interpretation).flatMap((c) => list(c?.coding).map((x: Any) => str(x?.code)).concat(list(c?.coding).length ? [] : [str(c?.text)])).filter(Boolean);
  const letters = codes.find((c) => c !== "N") ?? codes[0] ?? "";
  return { letters, word: letters ? flagWords[letters] ?? "other" : "" };
}
export function timeOf(r: Resource): string {
  return first(r.effectiveDateTime, r.effectivePeriod?.start, r.effectiveInstant, r.performedDateTime, r.performedPeriod?.start, r.occurrenceDateTime, r.onsetDateTime, r.onsetPeriod?.start, r.authoredOn, r.start, r.period?.start,
    r.date, r.created, r.recordedDate, r.issued, r.dateAsserted, r.context?.period?.start, metaOf(r).sourceTime);
}
function valueOf(r: Resource): { value: string; number: number | null; unit: string } {
  const q = r.valueQuantity;
  if (q && q.value !== undefined) return { value: str(q.comparator) + str(q.value), number: typeof q.value === "number" ? q.value : Number(q.value), unit: unitWord(first(q.unit, q.code)) };
  const parts = list(r.component).map((c) => { const v = valueOf(c); return { name: concept(c.code), ...v }; }).filter((c) => c.value);
  const range = r.valueRange, ratio = r.valueRatio;
  const text = first(r.valueString, concept(r.valueCodeableConcept), r.valueInteger, r.valueDateTime, r.valueTime, r.valuePeriod?.start, r.valueBoolean === undefined ? "" : String(r.valueBoolean),
    range ? [quantity(range.low), quantity(range.high)].filter(Boolean).join(" – ") : "", ratio ? `${quantity(ratio.numerator)} : ${quantity(ratio.denominator)}` : "");
  if (text) return { value: text, number: /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null, unit: "" };
  if (parts.length === 2 && parts.every((c) => c.number !== null) && parts[0]!.unit === parts[1]!.unit) return { value: `${parts[0]!.value}/${parts[1]!.value}`, number: parts[0]!.number, unit: parts[0]!.unit };
  if (parts.length) return { value: parts.map((c) => `${c.name} ${c.value} ${c.unit}`.trim()).join(", "), number: null, unit: "" };
  return { value: "", number: null, unit: "" };
}
export function resultOf(r: Resource): Result {
  const v = valueOf(r);
  const rr = list(r.referenceRange)[0] ?? {};
  const low = rr.low?.value, high = rr.high?.value;
  const range = first(rr.text, low !== undefined && high !== undefined ? `${low}–${high}` : low !== undefined ? `≥ ${low}` : high !== undefined ? `≤ ${high}` : "");
  const said = /^\s*(-?[\d.]+)\s*[-–]\s*(-?[\d.]+)\s*$/.exec(range);
  const asNumber = (x: Any) => (x === undefined || x === "" || isNaN(Number(x)) ? null : Number(x));
  return {
    id: str(r.id), key: codeKey(r.code), name: concept(r.code), ...v, value: v.value || concept(r.dataAbsentReason), flag: flagOf(r), range, low: asNumber(low ?? said?.[1]), high: asNumber(high ?? said?.[2]), time: timeOf(r), status: str(r.status),
    notes: list(r.note).map((n) => first(n?.text, n)).filter(Boolean), by: list(r.performer).map(refText).filter(Boolean).join(", "), meta: metaOf(r), was: historyOf(r).map(resultOf), resource: r,
  };
}
export interface Analyte { key: string; name: string; unit: string; range: string; results: Result[] } // newest first
export interface Panel { name: string; analytes: Analyte[]; times: string[] }
const newestFirst = (a: { time: string }, b: { time: string }) => (stampOf(b.time) - stampOf(a.time));
export const stampOf = (iso: string): number => { const n = msOf(iso); return isNaN(n) ? 0 : n; };
export function panelsOf(observations: Resource[], reports: Resource[], otherName: string): Panel[] {
  const panelOf = new Map<string, string>();
  for (const r of reports) for (const ref of list(r.result)) panelOf.set(str(ref?.reference).replace(/^.*Observation\//, "").replace(/\/_history.*$/, ""), concept(r.code));
  // Where no report lists its results, those of one message belong to the report that stands before them in it: ids are e<entry>-<place in it>.
  const heads = new Map<string, { at: number; name: string }[]>();
  for (const r of reports) { const m = /^e(\d+)-(\d+)$/.exec(str(r.id)); if (m) heads.set(m[1]!, [...(heads.get(m[1]!) ?? []), { at: Number(m[2]), name: concept(r.code) }]); }
  const before = (id: string): string => { const m = /^e(\d+)-(\d+)$/.exec(id); return m ? (heads.get(m[1]!) ?? []).filter((h) => h.at < Number(m[2])).sort((a, b) => b.at - a.at)[0]?.name ?? "" : ""; };
  const panels = new Map<string, Map<string, Analyte>>();
  for (const o of observations) {
    const r = resultOf(o);
    const cat = list(o.category).map(concept)[0] ?? "";
    const name = panelOf.get(r.id) || before(r.id) || (/^(laboratory|vital[- ]signs?|)$/i.test(cat) ? otherName : cat) || otherName;
    if (!panels.has(name)) panels.set(name, new Map());
    const key = `${r.key}|${r.unit}`;
    const analytes = panels.get(name)!;
    if (!analytes.has(key)) analytes.set(key, { key, name: r.name, unit: r.unit, range: r.range, results: [] });
    analytes.get(key)!.results.push(r);
  }
  const out: Panel[] = [];
  for (const [name, analytes] of panels) {
    const all = [...analytes.values()];
    for (const a of all) { a.results.sort(newestFirst); a.range = a.results.find((r) => r.range)?.range ?? ""; a.unit = a.results[0]!.unit; }
    const times = [...new Set(all.flatMap((a) => a.results.map((r) => r.time)))].sort((a, b) => stampOf(b) - stampOf(a));
    out.push({ name, analytes: all, times });
  }
  return out.sort((a, b) => stampOf(b.times[0] ?? "") - stampOf(a.times[0] ?? ""));
}
export function latest(observations: Resource[]): Analyte[] {
  const all = panelsOf(observations, [], "-").flatMap((p) => p.analytes);
  return all.sort((a, b) => stampOf(b.results[0]!.time) - stampOf(a.results[0]!.time));
}

// ---- medications ----
export interface Given { id: string; key: string; name: string; time: string; dose: string; route: string; by: string; status: string; notGiven: boolean; reason: string; order: string[]; meta: Meta; notes: string[]; resource: Resource }
export interface Medication {
  id: string; key: string; name: string; dose: string; route: string; frequency: string; prn: string; status: string; active: boolean; home: boolean; time: string; by: string; notes: string[]; ids: string[]; meta: Meta; was: Resource[]; given: Given[]; resource: Resource; everyHours: number | null;
}
const medicationName = (r: Resource): string => first(concept(r.medicationCodeableConcept), refText(r.medicationReference), concept(list(r.contained).find((c) => c?.resourceType === "Medication")?.code));
export function givenOf(r: Resource): Given {
  const d = r.dosage ?? {};
  const rate = quantity(d.rateQuantity);
  const status = str(r.status);
  return {
    id: str(r.id), key: codeKey(r.medicationCodeableConcept), name: medicationName(r), time: first(r.effectiveDateTime, r.effectivePeriod?.start, metaOf(r).sourceTime), dose: [quantity(d.dose) || str(d.text), rate].filter(Boolean).join(" · "), route: concept(d.route),
    by: list(r.performer).map((p) => refText(p?.actor ?? p)).filter(Boolean).join(", "), status, notGiven: status === "not-done", reason: concepts(r.statusReason) || concepts(r.reasonCode),
    order: [str(r.request?.reference).replace(/^.*MedicationRequest\//, ""), str(r.request?.identifier?.value)].filter(Boolean), meta: metaOf(r), notes: list(r.note).map((n) => first(n?.text, n)).filter(Boolean), resource: r,
  };
}
function doseOf(d: Any, m: Medication, notGiven: boolean): Given | null {
  if (!d || typeof d !== "object") return null;
  const origin = str(d.origin);
  return {
    id: str(d.id), key: m.key, name: m.name, time: first(d.time, d.received), dose: [first(d.dose), str(d.unit)].filter(Boolean).join(" "), route: str(d.route), by: str(d.by), status: str(d.status), notGiven, reason: str(d.reason), order: [], notes: [], resource: {},
    meta: { entry: num(d.entry), received: str(d.received), source: str(d.source), sourceTime: "", origin: origin === "captured" || origin === "restored" || origin === "partner" ? origin : "fed", state: "current", incomplete: false },
  };
}
// Only an interval says when the next dose is due without knowing the ward's rounds: Q6H, every 8 hours.
function intervalHours(frequency: string, timing: Any): number | null {
  const rep = timing?.repeat;
  if (rep?.period && rep.periodUnit === "h" && (rep.frequency ?? 1) === 1) return Number(rep.period);
  const m = /^\s*q\s*(\d{1,2})\s*h\b/i.exec(frequency) ?? /every (\d{1,2}) ?h/i.exec(frequency);
  return m ? Number(m[1]) : null;
}
export function medicationOf(r: Resource): Medication {
  const d = list(r.dosageInstruction ?? r.dosage)[0] ?? {};
  const rate = list(d.doseAndRate)[0] ?? {};
  const range = rate.doseRange;
  const frequency = first(concept(d.timing?.code), d.timing?.repeat ? timingText(d.timing.repeat) : "");
  const prn = concept(d.asNeededCodeableConcept) || (d.asNeededBoolean ? "PRN" : /\bPRN\b/i.test(frequency) ? "PRN" : "");
  const status = str(r.status);
  const text = str(d.text);
  return {
    id: str(r.id), key: codeKey(r.medicationCodeableConcept), name: medicationName(r), dose: first(quantity(rate.doseQuantity), range ? `${quantity(range.low)} – ${quantity(range.high)}` : "", quantity(rate.rateQuantity), frequency ? "" : text),
    route: concept(d.route), frequency, prn, status, active: status === "active" || status === "on-hold" || status === "draft" || status === "unknown" || status === "intended" || status === "", home: r.resourceType === "MedicationStatement",
    time: first(r.authoredOn, r.effectiveDateTime, r.effectivePeriod?.start, r.dateAsserted), by: refText(r.requester ?? r.informationSource ?? {}), notes: [...list(r.note).map((n) => first(n?.text, n)).filter((n) => !/^(form|status as sent):/.test(n)), frequency && text.includes(frequency) ? "" : text, str(d.patientInstruction)].filter(Boolean),
    ids: [str(r.id), ...list(r.identifier).map((x) => str(x?.value))].filter(Boolean), meta: metaOf(r), was: historyOf(r), given: [], resource: r, everyHours: prn ? null : intervalHours(frequency, d.timing),
  };
}
function timingText(rep: Any): string {
  if (rep.frequency && rep.period) return `${rep.frequency} × / ${rep.period === 1 ? "" : rep.period + " "}${rep.periodUnit ?? ""}`;
  return "";
}
// orders with the doses that belong to them: by the order they name, else by the same medication
export function medicationsOf(p: Patient): { meds: Medication[]; loose: Given[]; all: Given[] } {
  const meds = current(p.sections.medications!).filter((r) => r.resourceType !== "MedicationDispense").map(medicationOf);
  const all = current(p.sections.administrations!).map(givenOf).sort(newestFirst);
  const loose: Given[] = [];
  for (const g of all) {
    const named = g.order.length ? meds.find((m) => m.ids.some((i) => g.order.includes(i))) : undefined;
    const same = named ? [named] : meds.filter((m) => (m.key && m.key === g.key) || (m.name && m.name.toLowerCase() === g.name.toLowerCase()));
    if (same.length === 0) loose.push(g);
    for (const m of same) m.given.push(g);
  }
  // The chart itself knows which dose belongs to which order (it sees numbers that no resource carries): what it says goes before what was reckoned here.
  for (const m of meds) {
    const said = [doseOf(m.resource.lastGiven, m, false), doseOf(m.resource.notGiven, m, true)].filter((g): g is Given => g !== null);
    for (const g of said) {
      m.given = [all.find((x) => x.id === g.id) ?? g, ...m.given.filter((x) => x.id !== g.id)];
      const i = loose.findIndex((x) => x.id === g.id);
      if (i >= 0) loose.splice(i, 1);
    }
    m.given.sort(newestFirst);
  }
  meds.sort((a, b) => Number(b.active) - Number(a.active) || a.name.localeCompare(b.name));
  return { meds, loose, all };
}

// ---- documents ----
export interface Doc { id: string; title: string; type: string; time: string; status: string; author: string; contentType: string; text: string | null; url: string; size: number | null; meta: Meta; was: Resource[]; resource: Resource }
export function documentOf(r: Resource): Doc {
  const a = list(r.content)[0]?.attachment ?? list(r.presentedForm)[0] ?? {};
  let text: string | null = null;
  const type = str(a.contentType);
  if (typeof a.data === "string" && /^(text\/|$)/.test(type)) {
    try { text = new TextDecoder().decode(Uint8Array.from(atob(a.data), (c) => c.charCodeAt(0))); } catch { text = null; }
  }
  if (text !== null && /html/.test(type)) text = text.replace(/<(br|\/p|\/div|\/tr|\/h\d)[^>]*>/gi, "\n").replace(/<[^>]+>/g, "");
  const url = str(a.url) || (a.data && text === null ? `Binary/${str(r.id)}` : "");
  return {
    id: str(r.id), title: first(r.description, a.title, concept(r.type), concept(r.code)), type: concept(r.type), time: first(r.date, r.context?.period?.start, r.issued, metaOf(r).sourceTime), status: first(r.docStatus, r.status),
    author: list(r.author).map(refText).filter(Boolean).join(", "), contentType: type, text, url: !url ? "" : /^https?:|^\//.test(url) ? url : `/fhir/${url}`, size: num(a.size), meta: metaOf(r), was: historyOf(r), resource: r,
  };
}

// ---- anything, in a line ----
export interface Line { what: string; detail: string; time: string; end: string; status: string; who: string }
const telecoms = (v: Any): string => list(v).map((x) => str(x?.value)).filter(Boolean).join(" · ");
export const address = (v: Any): string => list(v).map((a) => first(a?.text, [...list(a?.line).map(str), str(a?.postalCode), str(a?.city), str(a?.country)].filter(Boolean).join(", "))).filter(Boolean)[0] ?? "";
const joined = (...v: string[]): string => v.filter(Boolean).join(" · ");
const visitWord = (code: string): string => ({ IMP: t("visitInpatient"), ACUTE: t("visitInpatient"), NONAC: t("visitInpatient"), EMER: t("visitEmergency"), AMB: t("visitOutpatient"), PRENC: t("visitPre"), SS: t("visitShort"), OBSENC: t("visitShort") } as Record<string, string>)[code] ?? "";
export function lineOf(r: Resource): Line {
  const notes = list(r.note).map((n) => first(n?.text, n)).filter(Boolean).join(" / ");
  const base: Line = { what: first(concept(r.code), concept(r.type), r.description, r.title, r.resourceType), detail: notes, time: timeOf(r), end: first(r.period?.end, r.end, r.performedPeriod?.end, r.abatementDateTime), status: concept(r.clinicalStatus) || str(r.status), who: "" };
  switch (r.resourceType) {
    case "AllergyIntolerance": {
      const reactions = list(r.reaction).map((x) => joined(concepts(x?.manifestation) || str(x?.description), str(x?.severity) && sayOf("sv", str(x?.severity)))).filter(Boolean).join(", ");
      return { ...base, detail: joined(reactions, str(r.criticality) && sayOf("crit", str(r.criticality)), list(r.category).map((c) => sayOf("cat", str(c))).join(", "), notes), status: joined(concept(r.clinicalStatus), concept(r.verificationStatus)) };
    }
    case "Condition": return { ...base, detail: joined(concept(r.severity), concepts(r.category), notes), status: joined(concept(r.clinicalStatus), concept(r.verificationStatus)), who: refText(r.asserter) };
    case "ServiceRequest": return { ...base, detail: joined(str(r.priority) && str(r.priority) !== "routine" ? priorityWord(str(r.priority)) : "", concepts(r.reasonCode), concepts(r.specimen), notes), who: refText(r.requester) };
    case "MedicationRequest": case "MedicationStatement": { const m = medicationOf(r); return { ...base, what: m.name, detail: joined(m.dose, m.route, m.frequency, m.prn, ...m.notes), time: m.time, who: m.by }; }
    case "MedicationAdministration": { const g = givenOf(r); return { ...base, what: g.name, detail: joined(g.dose, g.route, g.reason), time: g.time, who: g.by }; }
    case "MedicationDispense": return { ...base, what: medicationName(r), detail: joined(quantity(r.quantity), notes), time: first(r.whenHandedOver, r.whenPrepared, base.time), who: list(r.performer).map((p) => refText(p?.actor)).filter(Boolean).join(", ") };
    case "Observation": { const o = resultOf(r); return { ...base, detail: joined([o.value, o.unit].filter(Boolean).join(" "), o.flag.letters && o.flag.letters !== "N" ? o.flag.letters : "", o.range ? `(${o.range})` : "", notes), who: o.by }; }
    case "DiagnosticReport": return { ...base, detail: joined(str(r.conclusion), notes), who: list(r.performer).map(refText).filter(Boolean).join(", ") || list(r.resultsInterpreter).map(refText).filter(Boolean).join(", ") };
    case "DocumentReference": { const d = documentOf(r); return { ...base, what: d.title, detail: d.type !== d.title ? d.type : "", time: d.time, status: d.status, who: d.author }; }
    case "Appointment": return { ...base, what: first(concepts(r.serviceType), r.description, concept(r.appointmentType), concepts(r.reasonCode), "Appointment"), detail: joined(concepts(r.reasonCode), r.minutesDuration ? `${r.minutesDuration} min` : "", str(r.comment)), who: list(r.participant).map((x) => refText(x?.actor)).filter(Boolean).join(", ") };
    case "RelatedPerson": { const n = nameOf(r.name); return { ...base, what: [n.family.toUpperCase(), n.given].filter(Boolean).join(", "), detail: joined(concepts(r.relationship), telecoms(r.telecom), address(r.address)), time: "", status: "" }; }
    case "CareTeam": return { ...base, what: list(r.participant).map((x) => joined(refText(x?.member), concepts(x?.role))).filter(Boolean).join("; ") || base.what, detail: concepts(r.category) };
    case "PractitionerRole": case "Practitioner": { const n = nameOf(r.name); return { ...base, what: first(refText(r.practitioner), [n.family, n.given].filter(Boolean).join(", ")), detail: joined(concepts(r.code), telecoms(r.telecom)) }; }
    case "Immunization": return { ...base, what: concept(r.vaccineCode), detail: joined(quantity(r.doseQuantity), concept(r.route), concept(r.site), str(r.lotNumber) ? `lot ${str(r.lotNumber)}` : "", concepts(r.statusReason), notes), who: list(r.performer).map((p) => refText(p?.actor)).filter(Boolean).join(", ") };
    case "Procedure": return { ...base, detail: joined(concepts(r.bodySite), concept(r.outcome), notes), who: list(r.performer).map((p) => refText(p?.actor)).filter(Boolean).join(", ") };
    case "Encounter": {
      const where = list(r.location).map((x) => refText(x?.location)).filter(Boolean)[0] ?? "";
      return { ...base, what: first(concepts(r.type), visitWord(str(r.class?.code)), r.class?.display, concept(r.class), concept(r.serviceType), "Encounter"), detail: joined(list(r.identifier).map((x) => str(x?.value))[0] ?? "", where, concepts(r.reasonCode)), status: str(r.status), who: list(r.participant).map((x) => refText(x?.individual)).filter(Boolean)[0] ?? "" };
    }
    case "Flag": return { ...base, detail: joined(concepts(r.category), notes) };
    case "Coverage": return { ...base, what: list(r.payor).map(refText).filter(Boolean).join(", ") || concept(r.type), detail: joined(str(r.subscriberId), concept(r.type), list(r.class).map((c) => str(c?.name || c?.value)).join(", ")) };
    default: return { ...base, detail: joined(base.what === r.resourceType ? "" : str(r.resourceType), notes) };
  }
}
// allergies that count: not refuted, not resolved; and statements such as "no known allergy" are a state, not an allergy
export function allergies(s: Section): Resource[] {
  return current(s).filter((r) => !/refuted|entered-in-error/i.test(concept(r.verificationStatus)) && !/resolved|inactive/i.test(list(r.clinicalStatus?.coding).map((c: Any) => str(c?.code)).join() || ""));
}
export function highRisk(r: Resource): boolean { return str(r.criticality) === "high" || list(r.reaction).some((x) => x?.severity === "severe"); }
export function activeProblems(s: Section): Resource[] {
  return current(s).filter((r) => !/^(resolved|inactive|remission)$/i.test(str(list(r.clinicalStatus?.coding)[0]?.code)) && !/refuted/i.test(concept(r.verificationStatus)));
}
export function openOrders(s: Section): Resource[] { return current(s).filter((r) => /^(active|on-hold|draft|unknown|)$/.test(str(r.status))); }

// ---- orders, and whether what was asked for has come ----
// Senders close an order late or never; what tells is a report with the order's number. A preliminary one leaves the order open.
export interface Order { id: string; what: string; priority: string; status: string; time: string; by: string; number: string; detail: string; meta: Meta; was: Resource[]; report: Resource | null; answered: boolean }
interface Number_ { type: string; value: string; by: string }
const numbersOf = (r: Resource): Number_[] => list(r.identifier).map((x) => ({ type: str(list(x?.type?.coding)[0]?.code), value: str(x?.value).trim().toUpperCase(), by: str(x?.system).toUpperCase() })).filter((n) => n.value && /^(PLAC|FILL|)$/.test(n.type));
const sameNumber = (a: Number_, b: Number_) => a.value === b.value && (!a.type || !b.type || a.type === b.type) && (!a.by || !b.by || a.by === b.by);
export function ordersOf(p: Patient): { open: Order[]; answered: Order[]; done: Order[] } {
  const reports = current(p.sections.reports!).map((r) => ({ r, numbers: numbersOf(r), based: list(r.basedOn).map((x) => str(x?.reference).replace(/^.*ServiceRequest\//, "")) }));
  const finalOne = (r: Resource) => /^(final|corrected|amended|appended)$/.test(str(r.status));
  const all = current(p.sections.orders!).map((r): Order => {
    const own = numbersOf(r), mine = reports.filter((x) => x.based.includes(str(r.id)) || x.numbers.some((n) => own.some((o) => sameNumber(o, n)))).map((x) => x.r).sort((a, b) => Number(finalOne(b)) - Number(finalOne(a)) || stampOf(timeOf(b)) - stampOf(timeOf(a)));
    const notes = list(r.note).map((n) => first(n?.text, n)).filter(Boolean).join(" / ");
    return { id: str(r.id), what: lineOf(r).what, priority: str(r.priority), status: str(r.status), time: timeOf(r), by: refText(r.requester), number: (own.find((n) => n.type === "PLAC") ?? own[0])?.value ?? "", detail: joined(concepts(r.reasonCode), concepts(r.specimen), notes), meta: metaOf(r), was: historyOf(r), report: mine[0] ?? null, answered: !!mine[0] && finalOne(mine[0]) };
  });
  const live = new Set(openOrders(p.sections.orders!).map((r) => str(r.id)));
  const urgent = (o: Order) => Number(/^(stat|asap|urgent)$/.test(o.priority));
  const byTime = (a: Order, b: Order) => stampOf(b.time) - stampOf(a.time);
  return { open: all.filter((o) => live.has(o.id) && !o.answered).sort((a, b) => urgent(b) - urgent(a) || byTime(a, b)), answered: all.filter((o) => live.has(o.id) && o.answered).sort(byTime), done: all.filter((o) => !live.has(o.id)).sort(byTime) };
}
// Reports that say something themselves stand as documents do; a panel's name alone is only the heading of its values.
export const hasOwnWords = (r: Resource): boolean => !!(str(r.conclusion) || list(r.presentedForm).length || list(r.note).length || list(r.conclusionCode).length);
