// The JSON API of doc/api.md. Errors are sentences; whoever calls shows them.
import { packetAnswer } from "./packet-data";

export interface Moment { entry?: number; time?: string }
export interface Session {
  user: string; role: string; csrf?: string; expires: string; mustChange: boolean; version: string; may: string[];
  site: { name: string; origin: string; mode: string; since?: string; zoneMinutes: number };
}
export interface Feed { name: string; source: string; state: "fresh" | "ageing" | "stale" | "never" | "ended"; last?: string; messages: number; usualGapSeconds?: number; staleAfterSeconds?: number; minutes: number[] }
export interface Alarm { id: string; severity: string; since: string; what: string; reason: string; next?: string; feed?: string; certificate?: { name: string; of: string; signer?: boolean; pinned?: boolean; ends: string; step?: number; links?: string[]; more?: number } }
export interface Snapshot { id: string; seq: number; time: string; source: string; host: string; files: number; bytes: number; new_bytes: number; verdict: string; reasons: string[] }
export interface Replica { name: string; target?: string; kind?: string; ours?: boolean; lastTry?: string; lastSuccess?: string; error?: string; size?: number; headTime?: string }
export interface WardPacket { unit: string; made: string; validUntil: string; entry: number; bytes: number; persons: number }
export interface PacketsState { minutes: number; units: number; failing: { unit: string; since: string; reason: string; newest?: string }[]; withoutWords: string[] } // what the process that makes them cannot do
export interface Board {
  now: string; site?: { name: string; mode: string; since?: string };
  ledger: { size: number; published: number; origin: string; root: string; checkpointTime?: string; outside: null | { name: string; size: number; time: string }; protection: string; lastVerified?: string | null };
  view: { applied: number; behind: number; pinned?: boolean; rebuilding?: boolean; state?: string; done?: number; total?: number; secondsLeft?: number; shown?: Moment }; restoring?: { since: string; running: boolean; doing?: string }; readOnly?: { since: string; reason: string; next: string }; feeds: Feed[]; alarms: Alarm[];
  listeners: { name: string; address: string; tls: boolean; state: string; reason?: string; connections: number; messages: number; fragments: number; duplicates: number }[];
  roles: { name: string; pid: number; since: string; restarts: number; sandbox: { user: boolean; landlock: boolean; seccomp: boolean; note?: string } }[];
  disk: { free: number; total: number; reserve: number; state: string };
  keys: { sharesLyingAbout: string[]; shares?: string };
  unhandled: { type: string; count: number; uninterpreted: number; problems: number; lastEntry: number }[];
  partners?: { links: number; waiting: number; states: Record<string, number> };
  vault: { packs: number; bytes: number; sources: Snapshot[] } | null; replicas: Replica[]; packets: WardPacket[]; packetsState?: PacketsState; quarantined: number; notRecorded?: number;
}
export interface Event { entry: number; time: string; kind: string; user?: string; what?: string; patient?: string; reason?: string; text?: string; source?: string }

// A list that is not there is an empty one: an older or newer server must not take the page down.
export function tidyBoard(b: Board): Board {
  const list = <T>(v: T[] | undefined): T[] => (Array.isArray(v) ? v : []);
  return {
    ...b, feeds: list(b.feeds).map((f) => ({ ...f, minutes: list(f.minutes) })), alarms: list(b.alarms), listeners: list(b.listeners), roles: list(b.roles), unhandled: list(b.unhandled), vault: b.vault ? { ...b.vault, sources: list(b.vault.sources).map((s) => ({ ...s, reasons: list(s.reasons) })) } : null, replicas: list(b.replicas), packets: list(b.packets),
    quarantined: b.quarantined ?? 0, ledger: { ...b.ledger, root: b.ledger?.root ?? "", size: b.ledger?.size ?? 0, published: b.ledger?.published ?? 0 }, view: b.view ?? { applied: 0, behind: 0 }, disk: b.disk ?? { free: 0, total: 0, reserve: 0, state: "ok" }, keys: { ...b.keys, sharesLyingAbout: list(b.keys?.sharesLyingAbout) },
  };
}

export class ApiError extends Error {
  constructor(public status: number, public code: string, public text: string, public retryAfter = 0, public body: unknown = null) { super(text); }
}

// What the pages need to know of the line to the server: when it last answered, and how far this machine's clock is from the server's.
export const line = { lastAnswer: 0, down: false, skew: 0, changed: () => {} };
export const serverNow = () => Date.now() + line.skew;
function heard(answer: Response | null) {
  const was = line.down;
  line.down = answer === null;
  if (answer) {
    line.lastAnswer = Date.now();
    const date = Date.parse(answer.headers.get("Date") ?? "");
    if (!isNaN(date)) { // whole seconds: a difference under two seconds says nothing
      const off = date + 500 - Date.now();
      line.skew = Math.abs(off) < 2000 ? 0 : off;
    }
  }
  if (was !== line.down) line.changed();
}

// 0.90 is not 0.9: a quantity keeps the digits it was written with, so one that ends in a zero is read as text. (Inside a JSON string these quotes would be escaped, so nothing else can match.)
const asWritten = (text: string) => text.replace(/("value":\s*)(-?\d+\.\d*0)(?=\s*[,}])/g, '$1"$2"');

let csrf = "";
export function setCsrf(value: string) { csrf = value; }
export const getCsrf = () => csrf;
export const heardNothing = () => heard(null);

// What came with an answer: its tag, and when the server said that what is shown is still all there is, up to which entry that holds.
export interface Tag { tag: string; asOf?: Moment; same?: boolean }

export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, seen?: Tag): Promise<T> {
  const headers: Record<string, string> = {};
  if (seen?.tag) headers["If-None-Match"] = seen.tag;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-Holdfast-CSRF"] = csrf;
  let answer: Response;
  try {
    answer = PACKET ? packetAnswer(path) : await fetch(path, { method, headers, credentials: "same-origin", cache: "no-store", signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (e) {
    if ((e as Error).name === "AbortError") throw e;
    heard(null);
    throw new ApiError(0, "unreachable", "unreachable");
  }
  heard(answer);
  if (answer.status === 204) return undefined as T;
  if (seen) {
    const [entry, time] = (answer.headers.get("Holdfast-As-Of") ?? "").split(" ");
    seen.tag = answer.headers.get("ETag") ?? "";
    seen.same = answer.status === 304;
    seen.asOf = time ? { entry: Number(entry), time } : undefined;
    if (seen.same) return undefined as T;
  }
  const text = await answer.text();
  let value: unknown;
  try { value = JSON.parse(asWritten(text)); } catch { throw new ApiError(answer.status, "system", text.slice(0, 200) || answer.statusText); }
  if (!answer.ok) {
    const e = (value as { error?: { code: string; text: string } }).error;
    throw new ApiError(answer.status, e?.code ?? "system", e?.text ?? answer.statusText, Number(answer.headers.get("Retry-After") ?? 0), value);
  }
  return value as T;
}

export const get = <T>(path: string, signal?: AbortSignal, seen?: Tag) => call<T>("GET", path, undefined, signal, seen);
export const post = <T>(path: string, body: unknown = {}) => call<T>("POST", path, body);

// a body as it came, as text: HL7 ends its lines with CR
export async function getText(path: string): Promise<string> {
  let answer: Response;
  try { answer = await fetch(path, { credentials: "same-origin", cache: "no-store" }); } catch { heard(null); throw new ApiError(0, "unreachable", "unreachable"); }
  heard(answer);
  const text = await answer.text();
  if (!answer.ok) {
    let e: { error?: { code: string; text: string } } = {};
    try { e = JSON.parse(text); } catch { /* no sentence came */ }
    throw new ApiError(answer.status, e.error?.code ?? "system", e.error?.text ?? answer.statusText);
  }
  return text;
}

// A file that the server makes: its bytes with their type, and what it was made from ("ENTRY TIME").
export async function getBlob(path: string): Promise<{ blob: Blob; asOf: string }> {
  let answer: Response;
  try { answer = await fetch(path, { credentials: "same-origin", cache: "no-store" }); } catch { heard(null); throw new ApiError(0, "unreachable", "unreachable"); }
  heard(answer);
  if (answer.ok) return { blob: await answer.blob(), asOf: answer.headers.get("Holdfast-As-Of") ?? "" };
  const e = await answer.json().then((v) => v.error, () => null) as { code: string; text: string } | null;
  throw new ApiError(answer.status, e?.code ?? "system", e?.text ?? answer.statusText, Number(answer.headers.get("Retry-After") ?? 0));
}

// A file as it is: its bytes are the body. The answer is JSON.
export async function postFile<T>(path: string, file: Blob): Promise<T> {
  let answer: Response;
  try { answer = await fetch(path, { method: "POST", headers: { "X-Holdfast-CSRF": csrf, "Content-Type": "application/octet-stream" }, credentials: "same-origin", cache: "no-store", body: file }); } catch { heard(null); throw new ApiError(0, "unreachable", "unreachable"); }
  heard(answer);
  const value = await answer.json().catch(() => null) as { error?: { code: string; text: string } } | null;
  if (!answer.ok || !value) throw new ApiError(answer.status, value?.error?.code ?? "system", value?.error?.text ?? answer.statusText, Number(answer.headers.get("Retry-After") ?? 0));
  return value as T;
}

// "?a=b&c=d" of what is given
export function query(params: Record<string, string | number | undefined | null>): string {
  const parts = Object.entries(params).filter(([, v]) => v !== undefined && v !== null && v !== "").map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`);
  return parts.length ? "?" + parts.join("&") : "";
}
