// How far the charts are: being made anew, behind, held, not written, or of a site that is only read. A page that lacks the last hour says so, on screen and on paper, and up to when it is.
import type { Board, Moment } from "./api";
import { count, span, stamp } from "./format";
import { type Key, t } from "./i18n";
import { Instruction } from "./ui";

export interface View { applied: number; behind: number; pinned?: boolean; rebuilding?: boolean; state?: string; done?: number; total?: number; secondsLeft?: number; shown?: Moment }
const heads: Record<string, Key> = { rebuilding: "viewRebuilding", behind: "viewBehindHead", pinned: "viewPinned", down: "viewDownHead", restoring: "viewRestoring" };

export const stateOf = (v: View): string => v.state ?? (v.rebuilding ? "rebuilding" : v.pinned ? "pinned" : "following"); // an older server says less
// 41 % · about 2 min left: of what is counted
export function pace(v: View): string {
  const state = stateOf(v);
  if ((state !== "rebuilding" && state !== "behind" && state !== "restoring") || !v.total) return "";
  const part = state !== "behind" ? `${Math.floor((100 * (v.done ?? 0)) / v.total)} %` : t("behind", { n: count(v.behind) });
  return part + (v.secondsLeft !== undefined ? ` · ${t("aboutLeft", { t: span(v.secondsLeft) })}` : "");
}
// Before there is anything to show nothing may look like an empty hospital.
export const nothingYet = (b: Board | null): boolean => !!b && stateOf(b.view) !== "following" && b.view.shown !== undefined && (b.view.shown.entry ?? 0) < 2 && (b.view.total ?? 0) > 50;

export function shownUpTo(v: View, now: number): string {
  return v.shown?.time ? t("shownUpTo", { t: stamp(v.shown.time, now), n: count(v.shown.entry ?? 0) }) : "";
}

// Nothing is taken in here: an old copy of the site, or one whose ledger is still coming back.
export const onlyRead = (b: Board | null): boolean => !!b && (!!b.readOnly || stateOf(b.view) === "restoring");

// For paper: one line that says what is wrong with what stands on it; empty when nothing is.
export function viewLine(b: Board | null, now: number): string {
  if (!b) return "";
  const state = stateOf(b.view), head = b.readOnly ? t("readOnlyHead") : heads[state] ? t(heads[state]!) : "";
  return head && [head, shownUpTo(b.view, now)].filter(Boolean).join(" ");
}

// decides: who can do something about it is told what
export function ViewStrips({ board, now, decides }: { board: Board | null; now: number; decides: boolean }) {
  if (!board) return null;
  const v = board.view, state = stateOf(v), none = nothingYet(board), how = pace(v);
  return (
    <>
      {board.readOnly && (
        <div class="strip bad readonly" role="alert">
          <b>{t("readOnlyHead")}</b> <span>{shownUpTo(v, now)} {t("readOnlyText", { n: count(board.notRecorded ?? 0) })}</span>
          {decides && <span class="step">{t("next")}{t("colon")}<Instruction text={t("readOnlyNext")} /></span>}
        </div>
      )}
      {heads[state] && (
        <div class={`strip ${none || state === "down" || state === "restoring" ? "bad" : "warn"} viewstate`} role={none || state === "restoring" ? "alert" : "status"}>
          <b>{none && state !== "restoring" ? t("viewNone") : t(heads[state]!)}</b> {how && <span class="nowrap">{how}</span>} {(state === "rebuilding" || state === "restoring") && v.total ? <progress max={v.total} value={v.done ?? 0} aria-label={t(heads[state]!)} /> : null}
          {" "}{state === "restoring" ? <span>{shownUpTo(v, now)} {board.restoring?.running === false ? t("restoreStopped") : t("restoreMeans")}</span> : none ? <span>{t("viewNoneMeans")}</span> : <span>{shownUpTo(v, now)}{state === "rebuilding" || state === "behind" || state === "down" ? ` ${t("newerStored")}` : ""}</span>}
        </div>
      )}
    </>
  );
}
