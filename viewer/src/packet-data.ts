// What a packet holds, opened: the answers that the server gives about a unit, by their paths. It lives in this page's memory and nowhere else; closing the page is forgetting it.
import { Decrypter } from "age-encryption";
import type { Feed } from "./api";
import { rowsOf } from "./fhir";

export interface About { v: number; site: string; origin: string; vkey: string; unit: string; made: string; until: string; entries: number; entryTime?: string; checkpoint: number; root: string; persons: number; leftOut: number; apart: number; zoneMinutes: number; drill?: boolean; key: string; apartKey?: string }

let pages = new Map<string, string>();
export const isOpen = () => pages.size > 0;

const text = (id: string): string => document.getElementById(id)?.textContent ?? "";
// Stands in clear: good for asking for the words. Once it is open, what is under the seal counts.
export function aboutInClear(): About | null {
  try { const a = JSON.parse(text("packet")) as About; return a.v === 1 && a.key ? a : null; } catch { return null; }
}
export interface Inner { unit: string; site: string; origin: string; made: string; until: string; zoneMinutes: number; drill?: boolean; asOf: { entry?: number; time?: string } }
export const inner = (): Inner => JSON.parse(pages.get("about") ?? "{}") as Inner;

const bytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
// Six of our own words may be typed in capitals and with anything between them; what a person chose stands as it was typed.
export function passphraseOf(typed: string): string {
  const words = typed.toLowerCase().split(/[^a-z]+/).filter(Boolean);
  return words.length >= 6 && words.every((w) => /^[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]$/.test(w)) ? words.join("-") : typed.trim();
}
export class WrongWords extends Error {}

async function unseal(key: string, sealed: string, typed: string): Promise<Map<string, string>> {
  const first = new Decrypter(), second = new Decrypter();
  first.addPassphrase(passphraseOf(typed));
  let identity: string;
  try { identity = await first.decrypt(bytes(key), "text"); } catch { throw new WrongWords(); }
  second.addIdentity(identity);
  const plain = await second.decrypt(bytes(sealed));
  const lines = await new Response(new Blob([plain as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  const got = new Map<string, string>();
  for (let at = 0; at < lines.length;) {
    const end = lines.indexOf("\n", at), tab = lines.indexOf("\t", at);
    if (end < 0 || tab < 0 || tab > end) throw new Error("broken");
    got.set(lines.slice(at, tab), lines.slice(tab + 1, end));
    at = end + 1;
  }
  return got;
}
export async function openPacket(about: About, typed: string): Promise<void> {
  const got = await unseal(about.key, text("packet-data"), typed);
  if (!got.has("about") || !got.has("/api/census")) throw new Error("broken");
  pages = got;
}
export async function openApart(about: About, typed: string): Promise<void> {
  for (const [path, page] of await unseal(about.apartKey ?? "", text("packet-protected"), typed)) pages.set(path, page);
  apartOpen = true;
}
let apartOpen = false;
export const isApartOpen = () => apartOpen;

// ---- the board, as far as a packet has one: each feed judged by this PC's clock, by the rule of the server (chart_feed.c): what a feed has said since is not here ----
export interface PacketBoard { now: string; ledger: { size: number; published: number; origin: string }; view: { applied: number; behind: number; asOf?: { time?: string } }; feeds: Feed[] }
export function packetBoard(now: number): PacketBoard {
  const board = JSON.parse(pages.get("/api/board") ?? "{}") as PacketBoard;
  return {
    ...board, feeds: board.feeds.map((f) => {
      const age = (now - Date.parse(f.last ?? "")) / 1000, after = f.staleAfterSeconds || 3600;
      return f.state === "ended" || f.state === "never" || isNaN(age) ? f : { ...f, state: f.state === "stale" || age >= after ? "stale" : age >= after / 2 ? "ageing" : "fresh" };
    }),
  };
}
// Did it speak up to the packet's end? Then it is the packet that is old, and not the feed that is silent.
export const spokeToTheEnd = (name: string): boolean => {
  const f = (JSON.parse(pages.get("/api/board") ?? '{"feeds":[]}') as PacketBoard).feeds.find((x) => x.name === name);
  return !!f && f.state !== "stale";
};

// ---- finding somebody in the unit ----
const fold = (s: string) => s.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/ß/g, "ss").replace(/æ/g, "ae").replace(/ø/g, "o").replace(/œ/g, "oe").replace(/ł/g, "l").replace(/đ/g, "d");
const birthOf = (w: string): string => {
  const iso = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(w), local = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(w);
  return iso ? `${iso[1]}-${iso[2]}-${iso[3]}` : local ? `${local[3]}-${local[2]!.padStart(2, "0")}-${local[1]!.padStart(2, "0")}` : /^(19|20)\d\d$/.test(w) ? w : "";
};
function search(query: string): string {
  const census = JSON.parse(pages.get("/api/census") ?? "{}") as { asOf: unknown; patients: unknown[] };
  const words = fold(query).split(/[\s,]+/).filter(Boolean), rows = rowsOf(census).rows;
  const patients = census.patients.filter((_, i) => {
    const r = rows[i]!, names = fold(`${r.name.family} ${r.name.given}`).split(/[\s'-]+/), whole = fold(`${r.name.family}${r.name.given}`).replace(/[\s'-]/g, "");
    if (r.masked) return false;
    return words.length > 0 && words.every((w) => { const b = birthOf(w); return names.some((n) => n.startsWith(w)) || whole.startsWith(w.replace(/['-]/g, "")) || (r.number !== "" && fold(r.number).includes(w)) || (b !== "" && r.birth.startsWith(b)); });
  });
  return JSON.stringify({ asOf: census.asOf, count: patients.length, patients });
}

// ---- in the server's place ----
export const packetSays = { notHere: "", protected: "" }; // sentences, in the page's language
export function packetAnswer(path: string): Response {
  const url = new URL(path, "http://packet.invalid"), json = (body: string, status = 200) => new Response(body, { status, headers: { "Content-Type": "application/json" } });
  const no = (sentence: string) => json(JSON.stringify({ error: { code: "packet", text: sentence } }), 404);
  if (url.pathname === "/api/search") return json(search(url.searchParams.get("q") ?? ""));
  const page = pages.get(decodeURIComponent(url.pathname));
  if (page !== undefined) return json(page);
  const id = /^\/api\/patient\/([^/]+)$/.exec(decodeURIComponent(url.pathname))?.[1];
  return no(id && rowsOf(JSON.parse(pages.get("/api/census") ?? "{}")).rows.some((r) => r.id === id && r.isProtected) ? packetSays.protected : packetSays.notHere);
}

// ---- where one is: in memory, for an address with a patient in it would stay in the browser's history ----
const been: string[] = ["#/census"];
export const packetPlace = (): string => been[Number((history.state as { n?: number } | null)?.n ?? 0)] ?? "#/census";
export function packetGo(hash: string) {
  const n = Number((history.state as { n?: number } | null)?.n ?? 0) + 1;
  been.length = n;
  been[n] = hash;
  history.pushState({ n }, "");
}
