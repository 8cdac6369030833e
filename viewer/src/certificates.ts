// Certificates of partner links that end: whose, when, and what to do, in the reader's language.
import { full } from "./format";
import { t } from "./i18n";

export interface Certificate { name: string; of: string; signer: boolean; pinned: boolean; ends: string; step: number | null } // step: it ends within so many days; 0: it has ended; null: it is far away
const text = (v: any): string => (v === null || v === undefined ? "" : String(v));
export const certificateOf = (v: any): Certificate => ({ name: text(v?.name), of: text(v?.of), signer: !!v?.signer, pinned: !!v?.pinned, ends: text(v?.ends), step: typeof v?.step === "number" ? v.step : null });

export const pressing = (c: Certificate) => c.step !== null && c.step <= 7;
export const whose = (c: Certificate): string => t(c.of === "ours" ? (c.signer ? "gcOursSigner" : "gcOurs") : c.of === "near" ? "gcNear" : c.of === "far" ? "gcFar" : "gcCa", { n: c.name });
export const ending = (c: Certificate): string => t(c.step === 0 ? "gcEnded" : "gcEnds", { t: full(c.ends) });
export function certificateNext(c: Certificate, link: string): string {
  const change = (option: string) => `holdfast gate change ${link} ${option}`;
  if (c.of === "ours") return t("gcNextOurs", { c: change("--tls-cert FILE --tls-key FILE") });
  if (c.of === "ca" || c.of === "client-ca") return t("gcNextCa", { c: change(c.of === "ca" ? "--tls-ca FILE" : "--tls-client-ca FILE") });
  return c.pinned ? t("gcNextPinned", { c: change(c.of === "far" ? "--tls-pin SHA256" : "--tls-client-pin SHA256") }) : t("gcNextShown");
}
