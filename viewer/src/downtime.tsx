// What every page says of a downtime: that it runs, since when, and what to do meanwhile; and what was written down and is not saved.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { stampNear } from "./format";
import { type Key, t } from "./i18n";
import { unsaved, useOutbox } from "./outbox";
import { useNow, useShared } from "./state";

export interface Balance { items: number; filed: number; already_there: number; refused: number; superseded: number; unknown: number; open: number }
export interface Downtime { state: string; since?: string; at?: string; by?: string; reason?: string; units?: string[]; next?: string; mayReview?: string[]; balance?: Balance | null; byOwner?: Record<string, Balance> }
// null: nobody has said (a server that does not know of it, a role that may not ask).
export const DowntimeContext = createContext<Downtime | null>(null);
export const useDowntime = () => useContext(DowntimeContext);
export const runs = (d: Downtime | null) => !!d && /^(down|read-only|write)$/.test(d.state);

export function DowntimeStrip() {
  const d = useDowntime(), { may } = useShared(), now = useNow(10000);
  if (!d || !runs(d)) return null;
  const unfiled = (d.balance?.open ?? 0) + (d.balance?.unknown ?? 0);
  return (
    <div class={`strip downtime ${d.state}`} role="status">
      <b>{t(`dt_${d.state}` as Key, { t: stampNear(d.state === "write" ? d.at ?? d.since : d.since, now) })}</b>
      <span>{t(`dts_${d.state}` as Key, { n: unfiled })}</span>
      {(d.units ?? []).length > 0 && <span>{t("dtUnits", { l: d.units!.join(", ") })}</span>}
      <span class="grow" />
      {may("capture") && <span class="noprint row tight"><a href="#/capture">{t("dtWrite")}</a><a href="#/capture/back">{t("dtBack")}{unfiled ? ` (${unfiled})` : ""}</a></span>}
    </div>
  );
}
// bare: where nobody has signed in
export function UnsavedStrip({ bare }: { bare?: boolean }) {
  const user = useShared()?.session.user ?? "";
  useOutbox();
  const own = unsaved().filter((w) => w.user === user && w.state !== "sending"), others = [...new Set(unsaved().filter((w) => w.user !== user).map((w) => w.user))];
  return (
    <>
      {!bare && own.length > 0 && <p class="strip bad unsaved" role="alert"><b>{t("cpUnsavedN", { n: own.length })}</b><a class="btn small noprint" href="#/capture">{t("cpShowThem")}</a></p>}
      {others.map((u) => <p key={u} class={bare ? "note bad" : "strip bad"} role="alert"><b>{t("cpUnsavedOther", { u, n: unsaved().filter((w) => w.user === u).length })}</b></p>)}
    </>
  );
}
