// The beds of the whole house, and who is said to lie in them. A bed that two are said to lie in, or somebody in two beds, is said first and loud.
import { useMemo, useState } from "preact/hooks";
import { Places } from "./capture-parts";
import { type Any, type Origin, type Row, rowsOf } from "./fhir";
import { ageOf, birth, count, stampNear } from "./format";
import { t } from "./i18n";
import { useData, useNow, usePaper, useShared, withAt } from "./state";
import { Fail, Loading, OriginMark, RowMarks, Who } from "./ui";

interface Claim { row: Row; origin: Origin; since: string; also: [string, boolean][] }
interface Bed { key: string; unit: string; name: string; two: boolean; conflict: boolean; claims: Claim[] }
const s = (x: unknown) => (typeof x === "string" ? x : ""), nameOf = (b: Any) => [s(b.room), s(b.bed)].filter(Boolean).join("-");
const originOf = (o: unknown): Origin => (o === "captured" || o === "restored" || o === "partner" ? o : "fed");
function bedsOf(d: Any): Bed[] {
  return ((d?.beds ?? []) as Any[]).map((b): Bed => {
    const claims = ((b.claims ?? []) as Any[]).map((c): Claim => ({ row: rowsOf({ patients: [c.patient] }).rows[0]!, origin: originOf(c.origin), since: s(c.since), also: ((c.also ?? []) as Any[]).map((o) => [`${s(o.unit)} ${nameOf(o)}`.trim(), !!o.otherNumber]) }));
    return { key: [b.facility, b.unit, b.room, b.bed].map(s).join("^"), unit: s(b.unit), name: nameOf(b), two: claims.length > 1 && !!s(b.bed), conflict: !!b.conflict, claims };
  });
}
const loud = (b: Bed) => b.conflict;

export function BedsPage() {
  const { atParam, may } = useShared(), now = useNow(30000), [unit, setUnit] = useState("");
  const { data, error, fetched, reload } = useData<Any>(withAt("/api/beds", atParam), "beds", 30000), all = useMemo(() => (data ? bedsOf(data) : null), [data]);
  usePaper("", t("bbTitle"));
  const units = [...new Set((all ?? []).map((b) => b.unit))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })), bad = (all ?? []).filter(loud), shown = units.filter((u) => !unit || u === unit);
  const line = (b: Bed) => (
    <li key={b.key} class={`bedcard ${loud(b) ? "conflict" : ""}`}>
      <b class="bedname">{b.name || t("bbNoBed")}</b>{b.two && <b class="tag red">{t("bbConflict")}</b>}
      {b.claims.map((c) => (
        <div class="claim" key={c.row.id}>
          <OriginMark origin={c.origin} /> <a href={`#/chart/${encodeURIComponent(c.row.id)}`}><Who name={c.row.name} masked={c.row.masked} /></a> {!c.row.masked && <small>{birth(c.row.birth)} {ageOf(c.row.birth, now)}</small>} <RowMarks row={c.row} />
          {(loud(b) || c.origin !== "fed") && c.since && <small class="muted">{t("bbSince", { t: stampNear(c.since, now) })}</small>}
          {c.also.map(([x, other]) => <b key={x} class="tag red">{t(other ? "bbTwoBedsOther" : "bbTwoBeds", { b: x })}</b>)}
          {loud(b) && may("capture") && <a class="btn tiny noprint" href={`#/capture/${encodeURIComponent(c.row.id)}/transfer`}>{t("bbMove")}</a>}
        </div>))}
    </li>
  );
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{t("bbTitle")}</h1>{all && <span class="muted">{t("bbCount", { n: count(Number(data?.patients) || 0) })}</span>}<span class="grow" /><Places here="beds" /></div>
        <div class="units noprint" role="group" aria-label={t("units")}>{["", ...units.filter(Boolean)].map((u) => <button type="button" key={u} aria-pressed={unit === u} onClick={() => setUnit(u)}>{u || t("allUnits")}</button>)}</div></div>
      <div class="scroller" id="content" tabIndex={0} role="main">
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!all && !error && <Loading what={t("cpBeds")} />}
        {bad.length > 0 && <section class="note bad conflicts" role="alert"><h2>{t("bbConflicts", { n: bad.length })}</h2><p>{t("bbConflictMeans")}</p><ul class="bedgrid">{bad.map((b) => ({ ...b, name: `${b.unit} ${b.name}` })).map(line)}</ul></section>}
        {all && all.length === 0 && <p class="note">{t("bbNone")}</p>}
        {shown.map((u) => { const own = (all ?? []).filter((b) => b.unit === u); return <section key={u} aria-label={u || t("noUnit")}><h2 class="unithead">{u || t("noUnit")} <small class="muted">{own.reduce((n, b) => n + b.claims.length, 0)}</small></h2><ul class="bedgrid">{own.map(line)}</ul></section>; })}
      </div>
    </div>
  );
}
