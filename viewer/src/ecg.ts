// ECGs as the server tells of them (doc/api.md), their samples, and what is computed of them here: only how they are drawn. What is not there is empty, never guessed.
import { ApiError, call, getCsrf, heardNothing, query } from "./api";
import { nameOf } from "./fhir";
import { type Key, getLang, t } from "./i18n";
import { statementTails, statementWords } from "./ecg-statements";

export interface Person { id: string; family: string; given: string; birth: string; sex: string; number: string; unit: string; bed: string; isProtected: boolean; agrees: string[]; differs: string[] }
export interface Statement { code: string; text: string; confidence: number | null; weight: string; why: string }
export type Values = Record<string, number | null>;
export interface Row {
  entry: number; received: string; recorded: string; format: string; device: string; leads: number; seconds: number; rateHz: number; via: string; by: string; patient: Person | null; claimed: Person | null;
  match: string; matchedBy: string; candidates: number; urgency: string; weight: string; statements: Statement[]; measures: Values; reading: string; signedBy: string; signedAt: string; review: boolean; order: string; unreadable: string; masked: boolean; strip: { id: string; entries: number; from: string; to: string } | null;
}
export interface Act { entry: number; time: string; by: string; act: string; statements: Statement[]; measures: Values; comment: string; text: string; reason: string; urgency: string; note: string; patient: string; for: string; to: string; identifiers: string[]; late: boolean }
export interface Share { id: string; for: string; created: string; by: string; expires: string; revoked: string; opened: number; lastOpened: string }
export interface Delivery { to: string; time: string; entry: number; controlId: string; status: string; state: string; ack: string; text: string }
export interface Draft { statements: Statement[]; measures: Values; comment: string; by: string; time: string }
export interface Detail extends Row {
  acts: Act[]; stated: Values; deviceStatements: string[]; notes: { at: number | null; text: string }[]; warnings: string[]; channels: { name: string; filter: string; unit: string }[]; start: string; note: string; file: Person | null;
  previous: { entry: number; recorded: string; reading: string }[]; people: Person[]; shares: Share[]; deliveries: Delivery[]; draft: Draft | null; basis: number;
}
export interface Listing { counts: { unread: number; unmatched: number; urgent: number; review: number }; ecgs: Row[]; next: number | null; asOf: string }

type Any = any;
const str = (v: Any): string => (typeof v === "string" ? v : typeof v === "number" ? String(v) : "");
const num = (v: Any): number => (typeof v === "number" && isFinite(v) ? v : typeof v === "string" && v !== "" && isFinite(Number(v)) ? Number(v) : 0);
const list = (v: Any): Any[] => (Array.isArray(v) ? v : []);

export function person(v: Any): Person | null {
  if (!v || typeof v !== "object") return null;
  const whole = str(v.name), cut = whole.indexOf(","), n = v.name && typeof v.name === "object" ? nameOf(v.name) : { family: cut < 0 ? whole : whole.slice(0, cut), given: cut < 0 ? "" : whole.slice(cut + 1).trim() };
  const p: Person = { id: str(v.id), family: n.family || str(v.family), given: n.given || str(v.given), birth: str(v.birth || v.birthDate), sex: str(v.sex || v.gender), number: str(v.recordNumber || v.number), unit: str(v.unit), bed: str(v.bed), isProtected: !!v.isProtected, agrees: list(v.agrees).map(str), differs: list(v.differs).map(str) };
  return Object.values(p).some((x) => (Array.isArray(x) ? x.length : x)) ? p : null;
}
const statement = (v: Any): Statement => (typeof v === "string" ? { code: "", text: v, confidence: null, weight: "", why: "" } : { code: str(v?.code), text: str(v?.text), confidence: v?.confidence === undefined || v?.confidence === null ? null : num(v.confidence), weight: str(v?.weight), why: str(v?.why) });
// 412, {"v":412,"conf":88}, null; "could not measure" is null
const one = (v: Any): number | null => (typeof v === "number" ? v : typeof v === "string" && v !== "" && isFinite(Number(v)) ? Number(v) : v && typeof v === "object" && (v.conf ?? v.confidence) !== 0 ? one(v.v ?? v.value) : null);
export function values(v: Any): Values {
  const r: Values = {};
  for (const [k, x] of Object.entries(v ?? {})) if (/_(ms|bpm|deg)$/.test(k) && !/conf/.test(k)) r[k] = one(x);
  return r;
}
export function confidences(m: Any): Values {
  const r: Values = {};
  for (const [k, x] of Object.entries<Any>(m ?? {})) {
    if (x && typeof x === "object" && ("conf" in x || "confidence" in x)) r[k] = num(x.conf ?? x.confidence);
    const named = /^(.+?)_conf(idence)?$/.exec(k);
    if (named && typeof x === "number") r[named[1]!] = x;
  }
  for (const [k, x] of Object.entries<Any>(m?.confidence ?? m?.conf ?? {})) r[k] = num(x);
  return r;
}
export function rowOf(v: Any): Row {
  const reading = str(v.reading) || "unread";
  return {
    entry: num(v.entry), received: str(v.received), recorded: str(v.recorded), format: str(v.format), device: str(v.device), leads: num(v.leads), seconds: num(v.seconds), rateHz: num(v.rateHz), via: str(v.via), by: str(v.by), patient: person(v.patient), claimed: person(v.claimed),
    match: str(v.match) || (v.patient ? "matched" : "unmatched"), matchedBy: str(v.matchedBy), candidates: Array.isArray(v.candidates) ? v.candidates.length : num(v.candidates), urgency: str(v.urgency) || "routine", weight: str(v.weight), statements: list(v.statements).map(statement), measures: values(v.measures),
    reading, signedBy: str(v.signedBy), signedAt: str(v.signedAt), review: !!v.review, order: str(v.order), unreadable: v.unreadable === true ? "?" : str(v.unreadable), masked: !!v.masked,
    strip: v.strip?.id ? { id: str(v.strip.id), entries: num(v.strip.entries), from: str(v.strip.from), to: str(v.strip.to) } : null,
  };
}
export function listingOf(v: Any): Listing {
  const c = v?.counts ?? {};
  return { counts: { unread: num(c.unread), unmatched: num(c.unmatched), urgent: num(c.urgent), review: num(c.review) }, ecgs: list(v?.ecgs).map(rowOf), next: typeof v?.next === "number" ? v.next : null, asOf: str(v?.asOf?.time) };
}
export function detailOf(v: Any): Detail {
  const d = v?.draft;
  return {
    ...rowOf(v), start: str(v.start), note: str(v.diary || v.note), file: person(v.fromFile), stated: values(v.stated), deviceStatements: list(v.deviceStatements).map((x) => str(x?.text ?? x)), notes: list(v.notes).map((x) => ({ at: typeof x.atSeconds === "number" ? x.atSeconds : null, text: str(x.text) })), warnings: list(v.warnings).map(str),
    channels: list(v.channels).map((x) => ({ name: str(x.name), filter: str(x.filter), unit: str(x.unit) })), previous: list(v.previous).map((x) => ({ entry: num(x.entry), recorded: str(x.recorded), reading: str(x.reading) })), people: list(v.candidates).map(person).filter((x): x is Person => x !== null),
    acts: list(v.acts).map((a) => ({ entry: num(a.entry), time: str(a.time), by: str(a.by), act: str(a.act), statements: list(a.statements).map(statement), measures: values(a.measures), comment: str(a.comment), text: str(a.text), reason: str(a.reason), urgency: str(a.urgency), note: str(a.note), patient: str(a.patient), for: str(a.for), to: str(a.to), identifiers: list(a.identifiers).map(str), late: !!a.late })),
    shares: list(v.shares).map((s) => ({ id: str(s.id), for: str(s.for), created: str(s.created), by: str(s.by), expires: str(s.expires), revoked: str(s.revoked) || (s.revoked === true ? "yes" : ""), opened: num(s.opened), lastOpened: str(s.lastOpened) })),
    deliveries: list(v.deliveries).map((x) => ({ to: str(x.to), time: str(x.answered || x.time), entry: num(x.entry), controlId: str(x.controlId), status: str(x.status), state: str(x.state), ack: str(x.ack), text: str(x.text) })),
    draft: d ? { statements: list(d.statements).map(statement), measures: values(d.measures), comment: str(d.comment), by: str(d.by), time: str(d.time) } : null, basis: num(v.basis) || num(v.entry),
  };
}
export const signed = (r: Row) => r.reading === "signed" || r.reading === "amended";
// What was signed last and still holds; null while nothing does.
export const signature = (d: Detail): Act | null => (signed(d) ? d.acts.filter((a) => a.act === "sign" && !a.late).sort((a, b) => b.entry - a.entry)[0] ?? null : null);
export const statementsOf = (d: Detail): Statement[] => { const s = signature(d); return s && s.statements.length ? s.statements : d.statements; };
// A statement in the reader's language: by its code; one that is not known here stands as it came, marked as English.
export function said(s: { code: string; text: string }): { text: string; foreign: boolean } {
  const lang = getLang();
  if (lang === "en") return { text: s.text || s.code, foreign: false };
  const n = lang === "fr" ? 0 : 1, own = statementWords[s.code]?.[n], tail = statementTails.find(([r]) => r.test(s.text))?.[n + 1 as 1 | 2] ?? "";
  return own ? { text: own + (own.includes(tail.trim()) ? "" : tail), foreign: false } : { text: s.text || s.code, foreign: /^[\x20-\x7e]+$/.test(s.text || s.code) };
}

export const measureKeys: [string, Key, string][] = [
  ["rate_bpm", "eRate", "/min"], ["pr_ms", "ePr", "ms"], ["qrs_ms", "eQrs", "ms"], ["qt_ms", "eQt", "ms"], ["qtc_bazett_ms", "eQtcB", "ms"], ["qtc_fridericia_ms", "eQtcF", "ms"], ["qtc_framingham_ms", "eQtcFr", "ms"], ["qtc_hodges_ms", "eQtcH", "ms"], ["qtc_ms", "eQtcDev", "ms"], ["p_axis_deg", "ePAxis", "°"], ["qrs_axis_deg", "eQrsAxis", "°"], ["t_axis_deg", "eTAxis", "°"],
];
export const rounded = (v: number | null | undefined): string => (v === null || v === undefined ? "" : String(Math.round(v)).replace("-", "−"));
// "75 /min · PR 164 · QRS 92 · QT/QTc 402/428 ms": one that could not be measured is said, not left out
export function measureLine(m: Values): string {
  const v = (k: string) => rounded(m[k]) || "?";
  return `${v("rate_bpm")} /min · PR ${v("pr_ms")} · QRS ${v("qrs_ms")} · QT/QTc ${v("qt_ms")}/${v("qtc_bazett_ms")} ms`;
}
export const personName = (p: { family: string; given: string } | null): string => (p && (p.family || p.given) ? `${p.family.toUpperCase()}${p.given ? ", " + p.given : ""}` : t("noName"));

// ---- samples ----
export interface Lead { name: string; uv: Float32Array } // microvolts; NAN was not recorded
export interface Wave { from: number; rate: number; seconds: number; total: number; leads: Lead[]; reduced: number } // rate: of what stands in leads (of a reduced one two values, the least and the greatest, for each `reduced` samples)
export function decode16(base64: string): Int16Array {
  const s = atob(base64), n = s.length >> 1, out = new Int16Array(n);
  for (let i = 0; i < n; i++) out[i] = s.charCodeAt(2 * i) | (s.charCodeAt(2 * i + 1) << 8);
  return out;
}
function scaled(raw: Int16Array, uv: number): Float32Array {
  const out = new Float32Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw[i] === -32768 ? NaN : raw[i]! * uv;
  return out;
}
export function waveOf(v: Any, from: number): Wave {
  const reduced = num(v?.reduced) > 1 ? num(v.reduced) : 1, rate = num(v?.rateHz) || 500, leads = list(v?.leads).map((l) => ({ name: str(l.name), uv: scaled(decode16(str(l.data)), num(l.uv) || 1) }));
  const own = reduced > 1 ? (2 * rate) / reduced : rate, n = Math.max(0, ...leads.map((l) => l.uv.length));
  return { from, rate: own, seconds: n / own, total: num(v?.total) / rate || n / own, leads, reduced };
}
export interface Median { rate: number; r: number; leads: Lead[]; fiducials: Record<string, number> }
export interface Beat { [k: string]: number }
export interface Episode { rhythm: string; start: number; end: number; confidence: number }
export interface Analysis { measures: Values; conf: Values; perLead: { lead: string; measures: Any; beats: Beat[] }[]; median: Median | null; episodes: Episode[]; statements: Statement[] }
export function analysisOf(v: Any): Analysis {
  const m = v?.measure ?? {}, own = m.global ?? m, r = v?.rhythm ?? {}, md = v?.median, hz = num(r.rate_hz) || 1;
  return {
    measures: values(own), conf: { ...confidences(own), ...confidences(m) }, perLead: list(m.leads).map((l) => ({ lead: str(l.lead || l.name), measures: l, beats: list(l.beats) })),
    median: md && list(md.leads).length ? { rate: num(md.rateHz) || 500, r: num(md.r) || 250, leads: list(md.leads).map((l) => ({ name: str(l.name), uv: scaled(decode16(str(l.data)), num(l.uv) || 1) })), fiducials: md.fiducials ?? {} } : null,
    episodes: list(r.episodes).map((e) => ({ rhythm: str(e.rhythm), start: num(e.start) / hz, end: num(e.end) / hz, confidence: num(e.confidence) })), statements: list(m.statements ?? v?.statements).map(statement),
  };
}

// ---- filters: of what is drawn, never of what is measured ----
export interface Filter { low: number; high: number; mains: number }
type Biquad = [number, number, number, number, number];
function biquad(kind: "low" | "high" | "notch", hz: number, rate: number, q: number): Biquad {
  const w = (2 * Math.PI * hz) / rate, c = Math.cos(w), a = Math.sin(w) / (2 * q), a0 = 1 + a;
  const b = kind === "low" ? [(1 - c) / 2, 1 - c, (1 - c) / 2] : kind === "high" ? [(1 + c) / 2, -(1 + c), (1 + c) / 2] : [1, -2 * c, 1];
  return [b[0]! / a0, b[1]! / a0, b[2]! / a0, (-2 * c) / a0, (1 - a) / a0];
}
function run(x: Float64Array, f: Biquad) {
  let x1 = 0, x2 = 0, y1 = 0, y2 = 0;
  for (let i = 0; i < x.length; i++) { const v = x[i]!, y = f[0] * v + f[1] * x1 + f[2] * x2 - f[3] * y1 - f[4] * y2; x2 = x1; x1 = v; y2 = y1; y1 = y; x[i] = y; }
}
// Forwards and backwards, so that nothing is shifted in time; each stretch between gaps by itself, its ends mirrored so that it does not begin with a step.
export function filtered(uv: Float32Array, rate: number, f: Filter): Float32Array {
  const chain: Biquad[] = [];
  if (f.low && f.low < rate / 2) chain.push(biquad("high", f.low, rate, Math.SQRT1_2));
  if (f.high && f.high < rate / 2) chain.push(biquad("low", f.high, rate, Math.SQRT1_2));
  if (f.mains && f.mains < rate / 2) chain.push(biquad("notch", f.mains, rate, 12));
  if (!chain.length) return uv;
  const out = new Float32Array(uv);
  for (let a = 0; a < uv.length; ) {
    if (isNaN(uv[a]!)) { a++; continue; }
    let b = a;
    while (b < uv.length && !isNaN(uv[b]!)) b++;
    const n = b - a, pad = Math.min(n - 1, Math.round(rate * 3)), x = new Float64Array(n + 2 * pad);
    for (let i = 0; i < x.length; i++) { const k = i - pad; x[i] = k < 0 ? 2 * uv[a]! - uv[a - k]! : k >= n ? 2 * uv[b - 1]! - uv[b - 1 - (k - n + 1)]! : uv[a + k]!; }
    const base = f.low ? x[0]! : 0; // a high pass takes what is constant away anyway: without its first step
    if (base) for (let i = 0; i < x.length; i++) x[i] = x[i]! - base;
    for (const q of chain) { run(x, q); x.reverse(); run(x, q); x.reverse(); }
    for (let i = 0; i < n; i++) out[a + i] = x[pad + i]!;
    a = b;
  }
  return out;
}

// ---- where a page asks: as somebody who is signed in, through a shared link, or at home ----
export interface Source { detail: string; wave: string; analysis: string; report: string }
export const sourceOf = (n: number): Source => ({ detail: `/api/ecg/${n}`, wave: `/api/ecg/${n}/wave`, analysis: `/api/ecg/${n}/analysis`, report: `/api/ecg/${n}/report.pdf` });
export const act = (n: number, what: string, body: Record<string, unknown>) => call<{ entry: number }>("POST", `/api/ecg/${n}/${what}`, body);

// A name for one thing that is sent: sent again under the same name it is still one. (crypto.randomUUID is not there without TLS.)
export function newKey(): string { return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join(""); }
export interface Sent { entry: number; duplicate?: boolean; format?: string; match?: string; reading?: string; warnings?: string[] }
// With how much of it is away, which fetch does not tell.
export function send(path: string, params: Record<string, string>, body: Blob, type: string, progress: (part: number) => void): Promise<Sent> {
  return new Promise((ok, no) => {
    const x = new XMLHttpRequest();
    x.open("POST", path + query(params));
    x.setRequestHeader("Content-Type", type);
    x.setRequestHeader("X-Holdfast-CSRF", getCsrf());
    x.upload.onprogress = (e) => { if (e.lengthComputable) progress(e.loaded / e.total); };
    x.onerror = x.ontimeout = () => { heardNothing(); no(new ApiError(0, "unreachable", "unreachable")); };
    x.onload = () => {
      let v: Any = {};
      try { v = JSON.parse(x.responseText); } catch { /* no sentence came */ }
      if (x.status >= 200 && x.status < 300) ok(v as Sent);
      else no(new ApiError(x.status, v?.error?.code ?? "system", v?.error?.text ?? (x.responseText.slice(0, 200) || x.statusText)));
    };
    x.send(body);
  });
}
// Several files that are one recording (WFDB: .hea and what it names): one line of JSON, then their bytes.
export function packed(files: File[]): Blob {
  return new Blob([JSON.stringify({ ecg: 1, files: files.map((f) => ({ name: f.name, size: f.size })) }) + "\n", ...files]);
}
// What was chosen, as recordings: a .hea takes with it what has its name, or what it names inside. Files of a record whose .hea is missing are left over.
export async function recordings(files: File[]): Promise<{ name: string; files: File[]; wrong: Key | "" }[]> {
  const left = new Set(files), out: { name: string; files: File[]; wrong: Key | "" }[] = [];
  for (const head of files.filter((f) => /\.hea$/i.test(f.name))) {
    left.delete(head);
    const names = new Set((await head.text()).split(/\r?\n/).filter((l) => l && !l.startsWith("#")).slice(1).map((l) => l.split(/\s/)[0]!)), stem = head.name.replace(/\.hea$/i, "");
    const own = files.filter((f) => left.has(f) && !/\.hea$/i.test(f.name) && (names.has(f.name) || f.name.replace(/\.[^.]*$/, "") === stem));
    for (const f of own) left.delete(f);
    const missing = [...names].some((n) => /\.(dat|mat)$/i.test(n) && !own.some((f) => f.name === n));
    out.push({ name: head.name, files: [head, ...own], wrong: missing ? "eNeedsDat" : "" });
  }
  for (const f of left) out.push({ name: f.name, files: [f], wrong: /\.(dat|atr)$/i.test(f.name) ? "eNeedsHea" : f.size === 0 ? "eEmptyFile" : "" });
  return out;
}
