// Partner links and verdicts of the sensor as the server tells them, made whole; and the words that need more than a table.
import { type Certificate, certificateOf } from "./certificates";
import { clockSeconds, stamp } from "./format";
import { type Key, getLang, t } from "./i18n";

export const states = ["CUT", "QUARANTINED", "TEST", "ONE-WAY", "LIMITED", "OPEN"];
export interface Condition { name: string; text: string; met: boolean; before: string }
export interface Link {
  name: string; state: string; since: string; kind: string; bytes: number; queue: number; last: string; proof: { method: string; at: string; result: string } | null;
  owner: string; purpose: string; out: boolean; tcp: boolean; listen: string; to: string; allow: string[]; types: string[]; rate: number; problem: string; next: string; signed: string; signedUntil: string; expires: string; queueFirst: number | null; queueSince: string; messages: number; conditions: Condition[]; hours: string[]; shutNow: boolean; contact: string; refusedFirst: number | null; refusedCode: string; refusedSince: string; skipped: number; certificates: Certificate[];
}
const list = (v: any): any[] => (Array.isArray(v) ? v : typeof v === "string" && v ? v.split(",") : []);
const text = (v: any): string => (v === null || v === undefined ? "" : String(v));
export const linksOf = (v: any): Link[] => list(v?.links).map((l: any) => {
  const m = l.more ?? {};
  return {
    name: text(l.name), state: states.includes(l.state) ? l.state : "CUT", since: text(l.since), kind: text(l.class), bytes: Number(l.bytes) || 0, queue: Number(l.queue) || 0, last: text(l.last_message), proof: l.proof?.at ? { method: text(l.proof.method), at: l.proof.at, result: text(l.proof.result) } : null,
    owner: text(m.owner), purpose: text(m.purpose), out: m.direction === "out", tcp: m.protocol === "tcp", listen: text(m.listen), to: text(m.to), allow: list(m.allow).map(text), types: list(m.types).map(text), rate: Number(m.rate) || 0, problem: text(m.problem), next: text(m.next), signed: text(m.signed), signedUntil: text(m.signedUntil), expires: text(m.expires), queueFirst: m.queueFirst ?? null, queueSince: text(m.queueSince), messages: Number(m.messages) || 0,
    conditions: list(m.conditions).map((c: any) => ({ name: text(c.name), text: text(c.text), met: list(m.met).includes(c.name), before: text(c.before) })), hours: list(m.hours).map(text), shutNow: !!m.outsideHours, contact: text(m.contact), refusedFirst: m.refusedFirst ?? null, refusedCode: text(m.refusedCode), refusedSince: text(m.refusedSince), skipped: Number(m.skipped) || 0, certificates: list(m.certificates).map(certificateOf),
  };
});
export const stateWord = (s: string): string => t(`gs_${s}` as Key) ?? s;
export const shut = (l: { state: string }) => l.state === "CUT" || l.state === "QUARANTINED";

// What a proof says, in the reader's language as far as it is known here. ok: it holds.
export interface Proof { ok: boolean; zero: string; probe: string; method: string; raw: string }
export function proofOf(l: Link, now: number): Proof | null { return l.proof && shut(l) ? proofWords(l.proof, now) : null; }
export const proofText = (p: Proof) => [p.zero, p.probe, p.method].filter(Boolean).join(" · ");
export function proofWords(p: { method: string; at: string; result: string }, now: number): Proof {
  const moment = (iso: string) => { const d = stamp(iso, now), ms = Date.parse(iso); return d.length <= 5 && !isNaN(ms) ? clockSeconds(ms) : d; };
  const counted = /(\d+) bytes since (\S+)/.exec(p.result), bad = /ANSWERS|STILL|PASSED|GOT THROUGH/.test(p.result), none = p.method === "none" || /^not proven/.test(p.result), at = moment(p.at);
  const method = p.method === "none" ? "" : t(/nft/.test(p.method) ? "gMethodNft" : "gMethodRelay");
  return {
    ok: !bad && !none && counted?.[1] === "0", zero: counted ? t("gZero", { n: counted[1]!, t: moment(counted[2]!) }) : "", method, raw: p.result,
    probe: none ? t("gNotProven") : bad ? t("gProbeBad", { t: at }) : /refused/.test(p.result) ? t("gRefused", { t: at }) : /no connection/.test(p.result) ? t("gProbeQueued", { t: at }) : t("gProbed", { t: at }),
  };
}

// ---- the sensor ----
export interface WatchEvent { entry: number; time: string; event: string; by: string; reason: string; text: string }
export interface Verdict { id: string; state: string; restored: boolean; entry: number | null; time: string; began: string; pid: string; uid: string; user: string; comm: string; client: string; reasons: string[]; files: string[]; fileCount: number; events: WatchEvent[] }
const eventsOf = (v: any): WatchEvent[] => list(v).map((e: any) => ({ entry: e.entry, time: text(e.time), event: text(e.event), by: text(e.by), reason: text(e.reason), text: text(e.text) }));
export interface Sensor { known: boolean; answers: boolean; seen: string; ready: string }
export function watchOf(v: any): { sensor: Sensor; verdicts: Verdict[]; notes: WatchEvent[] } {
  const s = v?.sensor ?? {};
  return {
    sensor: { known: !!s.ready || !!s.now?.seen, answers: !!s.now?.answers, seen: text(s.now?.seen), ready: text(s.ready) }, notes: eventsOf(v?.notes),
    verdicts: list(v?.verdicts).map((x: any) => ({ id: text(x.id), state: text(x.state), restored: !!x.restored, entry: x.entry ?? null, time: text(x.time), began: text(x.began), pid: text(x.pid), uid: text(x.uid), user: text(x.user), comm: text(x.comm), client: text(x.client), reasons: list(x.reasons).map(text), files: list(x.files).map(text), fileCount: Number(x.file_count) || 0, events: eventsOf(x.events) })),
  };
}
export interface Order { order: number; state: string; result?: { ok: boolean; error?: string; continued?: number; put_back: number; set_aside: number; left: number; vault: number; failed: number; lines_left_out?: number; lines?: { path: string; action: string; to?: string; from?: string; why?: string }[] } }
// a word made of a name, else the name
export const named = (prefix: string, name: string, values: Record<string, string | number> = {}): string => t((prefix + name) as Key, values) ?? name;
export const english = () => (getLang() === "en" ? undefined : "en"); // what the server says in sentences is English
