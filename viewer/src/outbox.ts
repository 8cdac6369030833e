// What was written down and has no answer yet: kept in this page's memory, never in the browser's store, and sent again, the same bytes under the same id, until the server has said that it is saved or that it does not take it.
// It outlives a change of page and a session that ran out; only who wrote it sends it, because the server has it written down by who has signed in.
import { useEffect, useState } from "preact/hooks";
import { ApiError, call, serverNow } from "./api";

export interface Saved { entry: number; time: string; duplicate: boolean; applied: boolean; item: unknown }
// unsure: no answer came, it may be there or not. refused: the server has said no, it is not there.
export interface Waiting { id: string; key: string; user: string; kind: string; patient: string; who: string; body: Record<string, unknown>; state: "sending" | "unsure" | "refused" | "saved"; text: string; code: string; tries: number; last: number; saved: Saved | null }
export const outbox: Waiting[] = [];
const listeners = new Set<() => void>();
const tell = () => { for (const f of listeners) f(); };
export function useOutbox(): Waiting[] { const [, set] = useState(0); useEffect(() => { const f = () => set((n) => n + 1); listeners.add(f); return () => { listeners.delete(f); }; }, []); return outbox; }
export const unsaved = () => outbox.filter((w) => w.state !== "saved");

let user = "", leave = () => {}, timer = 0;
const PATIENCE = 20000, AGAIN = 5000; // ms: until an answer is given up, until it is asked again
async function send(w: Waiting) {
  const stop = new AbortController(), late = setTimeout(() => stop.abort(), PATIENCE);
  w.state = "sending"; w.tries++; w.last = serverNow(); tell();
  try {
    w.saved = await call<Saved>("POST", "/api/capture", w.body, stop.signal);
    w.state = "saved";
  } catch (e) {
    const x = e instanceof ApiError ? e : new ApiError(0, "unreachable", ""), no = x.status >= 400 && x.status < 500 && x.status !== 401 && x.status !== 408 && x.status !== 429;
    w.state = no ? "refused" : "unsure"; w.text = x.status === 0 ? "" : x.text; w.code = x.code;
    if (x.status === 401 && user) { user = ""; leave(); }
  }
  clearTimeout(late);
  tell();
  again();
}
function again() {
  clearTimeout(timer);
  if (user && outbox.some((w) => w.user === user && w.state === "unsure")) timer = window.setTimeout(() => { for (const w of outbox) if (w.user === user && w.state === "unsure") void send(w); }, AGAIN);
}
const warn = (e: BeforeUnloadEvent) => { if (unsaved().length) { e.preventDefault(); e.returnValue = ""; } };
addEventListener("beforeunload", warn);

// Who has signed in now; what of theirs waits goes out.
export function outboxOf(name: string, signedOut: () => void) {
  user = name; leave = signedOut;
  for (const w of outbox) if (user && w.user === user && w.state === "unsure") void send(w);
}
export function newId(): string { const v = crypto.getRandomValues(new Uint32Array(2)); return "WEB-" + String((v[0]! % 1000000) * 1000000 + (v[1]! % 1000000)).padStart(12, "0"); }
export function save(w: Pick<Waiting, "key" | "kind" | "patient" | "who" | "body">): Waiting {
  const made: Waiting = { ...w, id: String(w.body.id), user, state: "sending", text: "", code: "", tries: 0, last: 0, saved: null };
  outbox.push(made);
  void send(made);
  return made;
}
export function sendAgain(w: Waiting) { if (w.user === user && (w.state === "unsure" || w.state === "refused")) void send(w); }
export function drop(w: Waiting) { const i = outbox.indexOf(w); if (i >= 0) { outbox.splice(i, 1); tell(); again(); } }
// Who leaves on purpose has been told what is lost.
export function forgetOutbox() { for (const w of outbox.filter((x) => x.user === user)) outbox.splice(outbox.indexOf(w), 1); user = ""; clearTimeout(timer); tell(); }
