// What the pages of a case share: reading an answer carefully, and how many persons in words.
import { useEffect } from "preact/hooks";
import type { ApiError } from "./api";
import type { Any } from "./fhir";
import { count } from "./format";
import { t } from "./i18n";

export const s = (x: unknown) => (typeof x === "string" ? x : ""), n = (x: unknown) => (typeof x === "number" ? x : 0), list = (x: unknown) => (Array.isArray(x) ? (x as Any[]) : []), obj = (x: unknown) => (x && typeof x === "object" && !Array.isArray(x) ? (x as Any) : {});
export const caseHash = (name: string, of = "") => `#/cases/${encodeURIComponent(name)}${of && `/${of}`}`;
export const casePath = (name: string, of = "") => `/api/cases/${encodeURIComponent(name)}${of && `/${of}`}`;
// A word that may be missing here, because a newer server says it: then as it came.
export const wordOf = (key: string, raw: string) => { const w = t(key as never) as string | undefined; return w && w !== key ? w : raw; };

// "between 175 and 182, likely 178"; without an upper end it says so
export function Many({ c }: { c: Any }) {
  if (typeof c.low !== "number") return <b class="tag amber">{t("scNothingYet")}</b>;
  return <span><b class="big">{typeof c.high === "number" ? (c.high === c.low ? count(n(c.low)) : t("scBetween", { l: count(n(c.low)), h: count(n(c.high)) })) : t("scAtLeast", { l: count(n(c.low)) })}</b>{typeof c.high === "number" && c.high !== c.low && typeof c.point === "number" && <> {t("scLikely", { p: count(n(c.point)) })}</>}{c.complete === false && <> <b class="tag amber">{t("scStillReading")}</b></>}</span>;
}
// What cannot be had yet because nothing was read, or because something is missing, in the server's sentence and with what to do.
export const runFirst = (name: string) => `holdfast scope case run ${name} --site DIR`;
// A large file of a run is proven before anything of it is handed out: asked again by itself until it is.
export function useAgain(error: ApiError | null, reload: () => void) {
  useEffect(() => { if (error?.code !== "busy") return; const id = setTimeout(reload, 1500); return () => clearTimeout(id); }, [error]);
}
