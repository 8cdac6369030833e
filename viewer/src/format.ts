// Times, ages and numbers as people read them. Times stand in the hospital's zone, not the machine's: what a sender wrote without a zone comes back with the digits it was sent with,
// and a PC with a wrong zone shows no wrong time.
import { getLang, t } from "./i18n";

let zone = -new Date().getTimezoneOffset();
export function setZone(minutes: number) { zone = minutes; }

// Milliseconds of a time as it stands in a document. Senders may leave out the zone (then it is the hospital's), the seconds, the minutes (2026-11-22T03), or anything after the year.
export function msOf(iso: string | undefined): number {
  const m = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$/.exec(iso ?? "");
  if (!m) return NaN;
  const n = (i: number, otherwise = 0) => (m[i] === undefined ? otherwise : Number(m[i]));
  const utc = Date.UTC(n(1), n(2, 1) - 1, n(3, 1), n(4), n(5), n(6), Math.floor(n(7) * 1000));
  const z = m[8];
  const minutes = z === "Z" ? 0 : z ? (z[0] === "-" ? -1 : 1) * (Number(z.slice(1, 3)) * 60 + Number(z.slice(-2))) : zone;
  return utc - minutes * 60000;
}
const locale = () => ({ en: "en-GB", fr: "fr-FR", zh: "zh-CN" })[getLang()];
const two = (n: number) => String(n).padStart(2, "0");
const here = (ms: number) => new Date(ms + zone * 60000); // read with getUTC...
// A formatter costs more than what it formats: one each, kept.
const kept = new Map<string, Intl.DateTimeFormat>();
function dayText(d: Date, o: Intl.DateTimeFormatOptions): string {
  const key = locale() + JSON.stringify(o);
  let f = kept.get(key);
  if (!f) kept.set(key, (f = new Intl.DateTimeFormat(locale(), { ...o, timeZone: "UTC" })));
  return f.format(d);
}

export function clock(ms: number): string { const d = here(ms); return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`; }
export function clockSeconds(ms: number): string { return `${clock(ms)}:${two(here(ms).getUTCSeconds())}`; }
// 14:02 today, 21 Nov 14:02 this year, 21 Nov 2025 14:02 before. A time without a clock stays a date, without a day a year or month.
export function stamp(iso: string | undefined, now = Date.now()): string {
  if (!iso) return "";
  if (/^\d{4}(-\d\d)?$/.test(iso)) return iso;
  const dateOnly = /^\d{4}-\d\d-\d\d$/.test(iso);
  const ms = dateOnly ? Date.parse(iso + "T00:00:00Z") : msOf(iso);
  if (isNaN(ms)) return iso;
  const d = dateOnly ? new Date(ms) : here(ms), today = here(now);
  const day = dayText(d, { day: "numeric", month: "short", ...(d.getUTCFullYear() === today.getUTCFullYear() ? {} : { year: "numeric" }) });
  if (dateOnly) return day;
  return d.toISOString().slice(0, 10) === today.toISOString().slice(0, 10) ? clock(ms) : `${day} ${clock(ms)}`;
}
/* Beside an age, or after "since": of the last twelve hours the clock says it all, also after midnight. */
export function stampNear(iso: string | undefined, now: number): string {
  const ms = iso && iso.length > 10 ? msOf(iso) : NaN;
  return ms <= now && now - ms < 43200000 ? clock(ms) : stamp(iso, now);
}
export function full(iso: string | undefined): string {
  if (!iso) return "";
  const ms = msOf(iso);
  if (isNaN(ms) || iso.length < 13) return iso;
  return dayText(here(ms), { day: "numeric", month: "long", year: "numeric" }) + " " + clockSeconds(ms);
}
export function dayOf(iso: string): string { const ms = msOf(iso); return isNaN(ms) ? "" : dayText(here(ms), { weekday: "long", day: "numeric", month: "long", year: "numeric" }); }
// 40 s, 6 min, 3 h, 2 d
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return `${s} ${t("sec")}`;
  if (s < 6000) return `${Math.round(s / 60)} ${t("min")}`;
  if (s < 172800) return `${Math.round(s / 3600)} ${t("h")}`;
  if (s < 86400 * 730) return `${Math.round(s / 86400)} ${t("d")}`;
  return `${Math.floor(s / 31557600)} ${t("years")}`;
}
export function spanOf(iso: string | undefined, now: number): string {
  if (!iso) return "";
  const ms = msOf(iso);
  return isNaN(ms) ? "" : ms - now > 60000 ? t("inT", { t: span((ms - now) / 1000) }) : span((now - ms) / 1000);
}
export function agoOf(iso: string | undefined, now: number): string {
  const s = spanOf(iso, now);
  return !s || msOf(iso) - now > 60000 ? s : t("ago", { t: s });
}
export function birth(iso: string | undefined): string {
  if (!iso) return "";
  if (!/^\d{4}-\d\d-\d\d/.test(iso)) return iso;
  return dayText(new Date(iso.slice(0, 10) + "T00:00:00Z"), { day: "2-digit", month: "short", year: "numeric" });
}
export function ageOf(iso: string | undefined, at: number): string {
  if (!iso || !/^\d{4}/.test(iso)) return "";
  const b = new Date(iso.length === 4 ? iso + "-07-01" : iso), n = here(at);
  const months = (n.getUTCFullYear() - b.getUTCFullYear()) * 12 + n.getUTCMonth() - b.getUTCMonth() - (n.getUTCDate() < b.getUTCDate() ? 1 : 0);
  if (isNaN(months) || months < 0) return "";
  if (months >= 24) return `${Math.floor(months / 12)} ${t("years")}`;
  if (months >= 2) return `${months} ${t("months")}`;
  return `${Math.max(0, Math.floor((n.getTime() - b.getTime()) / 86400000))} ${t("days")}`;
}
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return `${n >= 100 || i === 0 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}
export const count = (n: number) => new Intl.NumberFormat(locale()).format(n);
export function sexWord(s: string | undefined): string {
  return s === "male" ? t("male") : s === "female" ? t("female") : s === "other" ? t("other") : t("unknown");
}
// 2026-11-22T03:12, in the hospital's zone
export function toInput(ms: number): string { return here(ms).toISOString().slice(0, 16); }
export function fromInput(text: string): number { const ms = Date.parse(text + (text.length === 16 ? ":00Z" : "Z")); return isNaN(ms) ? NaN : ms - zone * 60000; }
// 03:12 (of the day of `day`; where that is after `latest`, of the day before: at half past midnight 23:10 was yesterday), or 2026-11-20 03:12, in the hospital's zone
export function readTime(text: string, day: number, latest = Infinity): number {
  const m = /^\s*(?:(\d{4}-\d\d-\d\d)[T ]+)?(\d{1,2})[:.h](\d\d)\s*$/.exec(text);
  if (!m || Number(m[2]) > 23 || Number(m[3]) > 59) return NaN;
  const ms = fromInput(`${m[1] ?? toInput(day).slice(0, 10)}T${m[2]!.padStart(2, "0")}:${m[3]}`);
  return !m[1] && ms > latest ? ms - 86400000 : ms;
}

// ---- compared with a wristband or a request ----
export const sameText = (a: string, b: string) => a.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "") === b.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
// 12.06.1951, 12 6 1951, 1951-06-12: the day before the month, as is written here; else as in the record
export function sameDay(a: string, b: string): boolean {
  const m = /^(\d{1,2})\D+(\d{1,2})\D+(\d{4})$/.exec(a.trim());
  return b !== "" && (m ? `${m[3]}-${m[2]!.padStart(2, "0")}-${m[1]!.padStart(2, "0")}` : a.trim().replace(/\D/g, "").replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3")) === b.slice(0, 10);
}
