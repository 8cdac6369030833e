// What may be written down, of which fields each kind consists, and captured items as the server tells of them (doc/downtime.md, doc/api.md).
import { type Any, type Row, rowsOf } from "./fhir";
import { readTime, toInput } from "./format";
import { type Key, t } from "./i18n";

export interface Field {
  name: string; word: Key; as?: "amount" | "long" | "flag" | "choice" | "time" | "bed" | "day"; unit?: string; options?: [string, Key][]; need?: boolean;
  likely?: [number, number]; // outside of it somebody looks again
  units?: [string, string, [number, number]][]; unitName?: string; // what is sent as its unit: [sent, shown, likely]
  wide?: boolean; of?: string[]; // shown only for these categories
}
const classes: [string, Key][] = [["inpatient", "cflInpatient"], ["emergency", "cflEmergency"], ["outpatient", "cflOutpatient"]];
const drug: Field[] = [{ name: "drug", word: "cfDrug", need: true, wide: true }, { name: "dose", word: "cfDose", as: "amount", need: true }, { name: "unit", word: "cfUnit", need: true }, { name: "route", word: "cfRoute" }];
export const kinds: Record<string, Field[]> = {
  vitals: [
    { name: "systolic", word: "cfSystolic", as: "amount", unit: "mmHg", likely: [60, 220] }, { name: "diastolic", word: "cfDiastolic", as: "amount", unit: "mmHg", likely: [30, 130] }, { name: "pulse", word: "cfPulse", as: "amount", unit: "/min", likely: [40, 180] }, { name: "respiration", word: "cfRespiration", as: "amount", unit: "/min", likely: [6, 50] },
    { name: "temperature", word: "cfTemperature", as: "amount", unitName: "temperatureUnit", units: [["Cel", "°C", [34, 41]], ["[degF]", "°F", [93, 106]]] }, { name: "spo2", word: "cfSpo2", as: "amount", unit: "%", likely: [80, 100] }, { name: "oxygen", word: "cfOxygen", as: "amount", unit: "L/min", likely: [0, 60] }, { name: "pain", word: "cfPain", as: "amount", likely: [0, 10] },
    { name: "gcs", word: "cfGcs", as: "amount", likely: [3, 15] }, { name: "glucose", word: "cfGlucose", as: "amount", unitName: "glucoseUnit", units: [["mg/dL", "mg/dL", [40, 500]], ["mmol/L", "mmol/L", [2.2, 28]]] }, { name: "weight", word: "cfWeight", as: "amount", unit: "kg", likely: [2, 250] }, { name: "height", word: "cfHeight", as: "amount", unit: "cm", likely: [40, 220] },
    { name: "position", word: "cfPosition" }, { name: "site", word: "cfSite" },
  ],
  given: [...drug, { name: "order", word: "cfOrder" }, { name: "scheduled", word: "cfScheduled", as: "time" }, { name: "site", word: "cfSite" }, { name: "lot", word: "cfLot" }, { name: "witness", word: "cfWitness" }, { name: "paper", word: "cfPaper", as: "flag" }],
  held: [drug[0]!, { name: "why", word: "cfWhy", need: true, wide: true }, { name: "order", word: "cfOrder" }, { name: "scheduled", word: "cfScheduled", as: "time" }],
  note: [{ name: "title", word: "cfTitle", wide: true }, { name: "text", word: "cfText", as: "long", need: true }],
  allergy: [
    { name: "substance", word: "cfSubstance", wide: true }, { name: "reaction", word: "cfReaction" }, { name: "severity", word: "cfSeverity", as: "choice", options: [["mild", "cfsMild"], ["moderate", "cfsModerate"], ["severe", "cfsSevere"]] },
    { name: "criticality", word: "cfCriticality", as: "choice", options: [["low", "cfkLow"], ["high", "cfkHigh"], ["unable-to-assess", "cfkUnable"]] }, { name: "statedNone", word: "cfStatedNone", as: "flag", wide: true },
  ],
  order: [
    { name: "category", word: "cfCategory", as: "choice", need: true, wide: true, options: [["medication", "cfcMedication"], ["laboratory", "cfcLaboratory"], ["imaging", "cfcImaging"], ["nursing", "cfcNursing"], ["diet", "cfcDiet"], ["other", "cfcOther"]] }, { name: "what", word: "cfWhat", need: true, wide: true },
    { name: "dose", word: "cfDose", as: "amount", need: true, of: ["medication"] }, { name: "unit", word: "cfUnit", need: true, of: ["medication"] }, { name: "route", word: "cfRoute", of: ["medication"] }, { name: "frequency", word: "cfFrequency" }, { name: "until", word: "cfUntil", as: "time" },
    { name: "priority", word: "cfPriority", as: "choice", options: [["routine", "pr_routine"], ["urgent", "pr_urgent"], ["stat", "pr_stat"]] }, { name: "orderedBy", word: "cfOrderedBy", need: true }, { name: "reason", word: "cfIndication" }, { name: "readBack", word: "cfReadBack", as: "flag", wide: true },
  ],
  stop: [{ name: "stop", word: "cfStop", need: true, wide: true }, { name: "reason", word: "cfStopWhy", wide: true }, { name: "orderedBy", word: "cfOrderedBy", need: true }, { name: "readBack", word: "cfReadBack", as: "flag", wide: true }],
  result: [
    { name: "test", word: "cfTest", need: true, wide: true }, { name: "value", word: "cfValue", need: true }, { name: "unit", word: "cfUnit" }, { name: "range", word: "cfRange" }, { name: "flag", word: "cfFlag", as: "choice", options: [["N", "ewNormal"], ["L", "low"], ["H", "high"], ["LL", "criticalLow"], ["HH", "criticalHigh"]] },
    { name: "specimen", word: "cfSpecimen" }, { name: "order", word: "cfOrder" }, { name: "calledBy", word: "cfCalledBy", need: true }, { name: "calledTo", word: "cfCalledTo", need: true }, { name: "critical", word: "cfCritical", as: "flag" }, { name: "readBack", word: "cfReadBack", as: "flag", need: true, wide: true },
  ],
  specimen: [
    { name: "number", word: "cfNumber", need: true }, { name: "state", word: "cfState", as: "choice", need: true, options: [["collected", "cfzCollected"], ["sent", "cfzSent"], ["received", "cfzReceived"], ["resulted", "cfzResulted"], ["delivered", "cfzDelivered"], ["lost", "cfzLost"]] },
    { name: "what", word: "cfMaterial" }, { name: "test", word: "cfTest" }, { name: "order", word: "cfOrder" }, { name: "to", word: "cfTo" },
  ],
  admit: [{ name: "class", word: "cfClass", as: "choice", need: true, options: classes }, { name: "bed", word: "cfBed", as: "bed", need: true, wide: true }, { name: "attending", word: "cfAttending" }, { name: "reason", word: "cfReason", wide: true }],
  transfer: [{ name: "bed", word: "cfBed", as: "bed", need: true, wide: true }, { name: "reason", word: "cfReason", wide: true }],
  discharge: [{ name: "disposition", word: "cfDisposition", need: true }, { name: "to", word: "cfDestination" }, { name: "reason", word: "cfReason", wide: true }],
  registration: [
    { name: "unresponsive", word: "cpUnknownPerson", as: "flag" }, { name: "newborn", word: "cpNewborn", as: "flag" }, { name: "family", word: "cpFamily" }, { name: "given", word: "cpGiven" }, { name: "birth", word: "cpBirthField", as: "day" },
    { name: "sex", word: "cfSex", as: "choice", need: true, options: [["female", "female"], ["male", "male"], ["other", "other"], ["unknown", "unknown"]] }, { name: "estimatedAge", word: "cpEstimated" }, { name: "mother", word: "cpMother" }, { name: "description", word: "cpDescription", wide: true },
    { name: "class", word: "cfClass", as: "choice", options: classes }, { name: "bed", word: "cfBed", as: "bed", wide: true }, { name: "reason", word: "cfReason", wide: true }, { name: "phone", word: "cpPhone" }, { name: "nextOfKin", word: "cpKin" }, { name: "address", word: "cpAddress", wide: true },
  ],
};
export const menu = ["vitals", "given", "held", "note", "result", "order", "stop", "allergy", "specimen", "admit", "transfer", "discharge"];
export const owners = ["registration", "pharmacy", "laboratory", "imaging", "nursing"];

export const named = (prefix: string, name: string): string => t((prefix + name) as Key) ?? name;

// ---- what was typed -> values ----
export type Values = Record<string, string>;
export const shown = (f: Field, v: Values) => !f.of || f.of.includes(v.category ?? "");
const number = (s: string) => s.trim().replace(",", ".");
// 12.03.1957, 12 3 1957, 1957-03-12, 1957: the day before the month
export function dayOfText(s: string): string {
  const m = /^(\d{1,2})\D+(\d{1,2})\D+(\d{4})$/.exec(s.trim()), text = m ? `${m[3]}-${m[2]!.padStart(2, "0")}-${m[1]!.padStart(2, "0")}` : s.trim();
  return /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/.test(text) && (text.length < 10 || new Date(text + "T00:00:00Z").toISOString().startsWith(text)) ? text : "";
}
export const isoMinute = (ms: number) => new Date(ms).toISOString().slice(0, 16) + "Z";
// A clock up to two hours ahead is meant as ahead, and warned of; a later one was yesterday's.
export const momentOf = (text: string, now: number) => readTime(text.trim().replace(/^(\d\d)(\d\d)$/, "$1:$2"), now, now + 7200000);
export const bedText = (v: Values, name: string) => [v[`${name}.unit`] ?? "", v[`${name}.room`] ?? "", v[`${name}.bed`] ?? ""].map((x) => x.trim());
export const rangeOf = (f: Field, v: Values): [number, number] | undefined => (f.units ? (f.units.find((u) => u[0] === v[f.unitName!]) ?? f.units[0]!)[2] : f.likely);
export const unitShown = (f: Field, v: Values) => (f.units ? (f.units.find((u) => u[0] === v[f.unitName!]) ?? f.units[0]!)[1] : f.unit ?? "");

export interface Judged { wrong: Record<string, string>; odd: string[]; values: Record<string, unknown> }
export function judge(kind: string, v: Values, now: number): Judged {
  const wrong: Record<string, string> = {}, odd: string[] = [], values: Record<string, unknown> = {};
  let any = false;
  for (const f of kinds[kind]!) {
    if (!shown(f, v)) continue;
    const typed = (v[f.name] ?? "").trim();
    if (f.as === "bed") {
      const [u, r, b] = bedText(v, f.name);
      if (u || r || b) values[f.name] = `${u}^${r}^${b}${v[`${f.name}.facility`] ? `^${v[`${f.name}.facility`]}` : ""}`;
      if (f.need ? !u || !b : (r || b) && !u) wrong[f.name] = t("cpNeeded");
      continue;
    }
    if (!typed) { if (f.need) wrong[f.name] = t(f.name === "readBack" ? "cfReadBackNeeded" : "cpNeeded"); continue; }
    any = true;
    if (f.as === "flag") values[f.name] = true;
    else if (f.as === "amount") {
      const n = number(typed), range = rangeOf(f, v);
      if (!/^\d+(\.\d+)?$/.test(n)) { wrong[f.name] = t("cpNumberBad"); continue; }
      values[f.name] = n;
      if (f.unitName) values[f.unitName] = v[f.unitName] || f.units![0]![0];
      if (range && (Number(n) < range[0] || Number(n) > range[1])) odd.push(`${t(f.word)} ${n} ${unitShown(f, v)}`.trim());
    } else if (f.as === "time") {
      const ms = momentOf(typed, now);
      if (isNaN(ms)) wrong[f.name] = t("cpAtBad"); else values[f.name] = isoMinute(ms);
    } else if (f.as === "day") {
      const day = dayOfText(typed);
      if (!day || day > new Date(now + 86400000).toISOString().slice(0, 10)) wrong[f.name] = t("cpBirthBad"); else values[f.name] = day;
    } else values[f.name] = typed;
  }
  if (kind === "vitals") { if (!kinds.vitals!.some((f) => f.as === "amount" && v[f.name]?.trim())) wrong.systolic = t("cpOneNeeded"); if (values.systolic && values.diastolic && Number(values.systolic) <= Number(values.diastolic)) odd.push(`${values.systolic}/${values.diastolic} mmHg`); }
  if (kind === "allergy" && !v.statedNone && !v.substance?.trim()) wrong.substance = t("cpNeeded");
  if (kind === "allergy" && v.statedNone && v.substance?.trim()) wrong.statedNone = t("cpNeeded");
  if (kind === "registration" && any && !v.family?.trim() && !v.unresponsive && !v.newborn) wrong.family = t("cpNameNeeded");
  return { wrong, odd, values };
}
// as it was saved -> as it would be typed
export function typedOf(kind: string, values: Any, unit: string): Values {
  const v: Values = {};
  for (const f of kinds[kind] ?? []) {
    const x = values?.[f.name];
    if (f.as === "bed") { const p = String(x ?? "").split("^"); if (x) { v[`${f.name}.unit`] = p.length > 1 ? p[0]! : unit; v[`${f.name}.room`] = p[1] ?? ""; v[`${f.name}.bed`] = p.length > 1 ? p[2] ?? "" : p[0]!; v[`${f.name}.facility`] = p[3] ?? ""; } continue; }
    if (x === undefined || x === null || x === false) continue;
    v[f.name] = x === true ? "1" : f.as === "time" && !isNaN(Date.parse(String(x))) ? toInput(Date.parse(String(x))).replace("T", " ") : String(x);
    if (f.unitName && values[f.unitName]) v[f.unitName] = String(values[f.unitName]);
  }
  return v;
}

// ---- captured items ----
export interface Item {
  entry: number; id: string; kind: string; owner: string; state: string; person: string; unit: string; said: string; occurred: string; received: string; by: string; behalf: string; replaces: string; replacedBy: number | null; flags: string[]; controlId: string; ack: string; to: string; reason: string; who: Row | null; values: Any;
  acts: { entry: number; time: string; source: string; counts: boolean; said: Any }[];
}
const str = (v: Any): string => (typeof v === "string" ? v : typeof v === "number" ? String(v) : ""), list = (v: Any): Any[] => (Array.isArray(v) ? v : []);
export function itemOf(v: Any): Item {
  return {
    entry: Number(v?.entry) || 0, id: str(v?.id), kind: str(v?.kind), owner: str(v?.owner), state: str(v?.state) || "open", person: str(v?.person), unit: str(v?.unit), said: str(v?.patientSaid), occurred: str(v?.occurred), received: str(v?.received), by: str(v?.by), behalf: str(v?.on_behalf_of), replaces: str(v?.replaces), replacedBy: typeof v?.replacedBy === "number" ? v.replacedBy : null,
    flags: list(v?.flags).map(str), controlId: str(v?.controlId), ack: str(v?.ack), to: str(v?.to), reason: str(v?.reason), who: v?.patient ? rowsOf({ patients: [v.patient] }).rows[0]! : null, values: v?.values ?? {}, acts: list(v?.acts).map((a) => ({ entry: Number(a.entry) || 0, time: str(a.time), source: str(a.source), counts: !!a.counts, said: a.said ?? {} })),
  };
}
export const itemsOf = (v: Any): { items: Item[]; before: number | null } => ({ items: list(v?.items).map(itemOf), before: typeof v?.before === "number" ? v.before : null });
export const kindWord = (k: string) => named("ck_", k);
export const ownerWord = (o: string) => named("co_", o);
export const stateWordOf = (s: string) => named("cs_", s);
export const isWithdrawal = (i: Item) => i.flags.includes("withdrawal");
// What it says, in a line: "BP 120/80 mmHg, Pulse 72 /min".
export function lineOfItem(i: Item): string {
  const v = i.values as Record<string, unknown>, of = i.kind === "order" && v.stop ? "stop" : i.kind, fields = kinds[of] ?? [], parts: string[] = [], text = (n: string) => str(v[n]);
  if (isWithdrawal(i)) return t("cg_withdrawal");
  const lead = /^(given|held)$/.test(of) ? [[text("drug"), text("dose"), text("unit"), text("route")].filter(Boolean).join(" ")] : of === "order" ? [[text("what"), text("dose"), text("unit"), text("route"), text("frequency")].filter(Boolean).join(" ")] : of === "stop" ? [[text("what"), text("stop")].filter(Boolean).join(" · ")] : of === "result" ? [[text("test"), text("value"), text("unit")].filter(Boolean).join(" ")] : of === "registration" ? [[text("family").toUpperCase(), text("given")].filter(Boolean).join(", ")] : [];
  const told = new Set(of === "registration" ? ["family", "given"] : of === "result" ? ["test", "value", "unit"] : lead.length ? ["drug", "what", "stop", "dose", "unit", "route", "frequency"] : []);
  for (const f of fields) {
    const x = v[f.name];
    if (told.has(f.name) || x === undefined || x === "" || x === false) continue;
    const word = f.options ? t(f.options.find((o) => o[0] === x)?.[1] ?? ("" as Key)) ?? str(x) : f.as === "bed" ? str(x).replace(/\^/g, " ").trim() : str(x);
    parts.push(x === true ? t(f.word) : f.as === "long" || f.name === "title" ? word : `${t(f.word)} ${word}${f.unitName ? ` ${(f.units!.find((u) => u[0] === v[f.unitName!]) ?? f.units![0]!)[1]}` : f.unit ? ` ${f.unit}` : ""}`);
  }
  for (const [k, x] of Object.entries(v)) if (!told.has(k) && !fields.some((f) => f.name === k || f.unitName === k) && str(x)) parts.push(`${k} ${str(x)}`);
  return [...lead.filter(Boolean), ...parts].join(" · ") || kindWord(i.kind);
}
// The last letter of a downtime number over the others (ISO/IEC 7064 MOD 37,36), as the server reckons it. null: it is no such number.
export function numberFits(s: string): boolean | null {
  const m = /^([A-Z2-9]{4,12})-(\d{5,12})([0-9A-Z])$/.exec(s.trim().toUpperCase()), letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (!m) return null;
  let p = 36;
  for (const c of m[1]! + m[2]!) { p = (p + letters.indexOf(c)) % 36; p = ((p || 36) * 2) % 37; }
  return letters[(37 - p) % 36] === m[3];
}
