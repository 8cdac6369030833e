// The incident as the ledger has it, an entry a line; and the isolation plan that somebody put there. Both to be printed.
import { useState } from "preact/hooks";
import { pastAlarm } from "./alarms";
import { dayOf, clockSeconds, full, stamp } from "./format";
import { english, named, proofText, proofWords, stateWord, states } from "./gate";
import { KeptPlans } from "./gate-plans";
import { t } from "./i18n";
import { useData, useNow, usePaper, useShared, withAt } from "./state";
import { Fail, Instruction, Loading } from "./ui";

interface Entry { entry: number; time: string; kind: string; says: any }
const DAY = 86400000;
// What an entry says: what happened, to whom, by whom, why.
interface Line { what: string; on: string; state: string; by: string; reason: string; more: string; english: boolean; loud: boolean }
function lineOf(e: Entry, now: number): Line {
  const s = e.says ?? {}, link = typeof s.link === "string" ? s.link : s.link?.name ?? s.address ?? (typeof s.plan === "string" ? s.plan : s.name) ?? "", text = (v: unknown) => (v === undefined || v === null ? "" : String(v));
  if (e.kind === "gate-letter") return { what: `${t("gv_letter")} (${[s.letter, s.to, s.lang].map(text).join(", ")})`, on: link, state: "", by: text(s.by), reason: "", more: "", english: false, loud: false };
  if (e.kind === "gate-act") {
    const state = states.includes(s.standing?.state) ? s.standing.state : "", what = named("gv_", text(s.what), { n: text(s.sent) });
    if (s.what === "proof") return { what, on: link, state: "", by: "", reason: "", more: proofText(proofWords({ method: text(s.method), at: e.time, result: text(s.result) }, now)), english: false, loud: false };
    return { what, on: link, state: s.what === "step" || s.what === "fall" ? state : "", by: s.first ? t("gSigned2", { a: s.first, b: text(s.by) }) : text(s.by), reason: text(s.reason), more: text(s.result ?? s.kind ?? (s.what === "drained" ? `${t("entry")} ${s.firstHeld} – ${s.lastHeld}` : "")), english: !!s.result, loud: /^(cut|isolate|cut-address|plan-cut)$/.test(s.what) };
  }
  if (s.what === "watch") {
    const w = s.watch ?? {}, event = text(w.event || s.text), files = w.file_count ? t("wFileCount", { n: w.file_count }) : "", counts = w.put_back !== undefined ? t("wDone", { p: w.put_back, a: w.set_aside, l: w.left, v: w.vault, f: w.failed }) : "";
    const began = s.infectionBegan && event === "verdict" ? `${t("wBegan")} ${stamp(s.infectionBegan, now).length <= 5 ? clockSeconds(Date.parse(s.infectionBegan)) : stamp(s.infectionBegan, now)}` : "";
    return { what: named("we_", event), on: [text(w.id), text(w.comm), text(w.client)].filter(Boolean).join(" · "), state: "", by: text(s.by), reason: text(s.reason) || (w.reasons ?? []).join("; "), more: [began, files, counts, text(w.what)].filter(Boolean).join(" · "), english: !!(w.reasons ?? []).length, loud: event === "verdict" };
  }
  return { what: named("gv_", text(s.what)), on: "", state: "", by: "", reason: pastAlarm({ text: text(s.text || s.id), reason: text(s.reason) }), more: "", english: false, loud: false };
}

// Many partners cut in one move are one row, and so are their proofs; each entry keeps its number in it.
interface Row { line: Line; all: { entry: number; on: string }[]; time: string }
function rowsOf(list: Entry[], now: number): Row[] {
  const rows: Row[] = [];
  for (const e of list) {
    const line = lineOf(e, now), mass = e.kind === "gate-act" && /^(cut|proof)$/.test(e.says?.what ?? ""), key = [line.what, line.by, line.reason, line.more].join("|");
    let same: Row | undefined;
    for (let i = rows.length - 1; mass && i >= 0 && rows[i]!.line.what === line.what && Date.parse(e.time) - Date.parse(rows[i]!.time) < 5000 && !same; i--) if ([rows[i]!.line.what, rows[i]!.line.by, rows[i]!.line.reason, rows[i]!.line.more].join("|") === key) same = rows[i];
    if (same) same.all.push({ entry: e.entry, on: line.on });
    else rows.push({ line, all: [{ entry: e.entry, on: line.on }], time: e.time });
  }
  return rows;
}

export function IncidentPage() {
  const { print, atParam, openEntry } = useShared(), now = useNow(10000);
  const [back, setBack] = useState(1), [house, setHouse] = useState(false), [since] = useState(() => now);
  const from = back ? new Date(since - back * DAY).toISOString() : undefined;
  const { data, error, fetched, reload } = useData<{ entries: Entry[]; more: boolean; asOf?: { entry?: number; time?: string } }>(withAt("/api/incident", atParam, { from }), `incident ${back} ${atParam ?? ""}`, atParam ? 0 : 5000);
  usePaper(t("incident"), data?.asOf?.entry !== undefined ? `${t("entry")} ${data.asOf.entry}` : "");
  const rows = (data?.entries ?? []).filter((e) => house || e.kind !== "alarm" || e.says?.what === "watch");
  const first = rows.find((e) => e.says?.watch?.event === "verdict")?.says.infectionBegan as string | undefined;
  let day = "";
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{t("gIncTitle")}</h1><span class="grow" />
        <label class="inline noprint"><span class="vh">{t("gIncWhen")}</span><select class="line" value={back} onChange={(e) => setBack(Number(e.currentTarget.value))}><option value={1}>{t("gIncDay")}</option><option value={7}>{t("gIncWeek")}</option><option value={0}>{t("gIncAll")}</option></select></label>
        <label class="choice noprint"><input type="checkbox" checked={house} onChange={(e) => setHouse(e.currentTarget.checked)} /> {t("gIncAlarms")}</label>
        <a class="btn small noprint" href="#/partners">{t("partners")}</a><button type="button" class="btn small noprint" onClick={() => print("incident", {})}>{t("print")}</button></div>
      <p class="muted hint">{t("gIncText")}{data?.asOf?.entry !== undefined && <> {t("asOf")} {t("entry")} {data.asOf.entry}, {full(data.asOf.time)}.</>}</p>
      {first && <p><b>{t("wBegan")}{t("colon")}{full(first)}</b></p>}
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {data?.more && <p class="note warn">{t("gIncMore")}</p>}
      {!data ? !error && <Loading what={t("incident")} /> : rows.length === 0 ? <p class="note">{t("gIncNone")}</p> : (
        <table class="incident"><thead><tr><th scope="col">{t("when")}</th><th scope="col" class="num">{t("entry")}</th><th scope="col">{t("what")}</th><th scope="col">{t("who")}</th><th scope="col">{t("reason")}</th></tr></thead>
          <tbody>{rowsOf(rows, now).map((e) => {
            const l = e.line, d = dayOf(e.time), fresh = d !== day, n = e.all[0]!.entry;
            day = d;
            return <>
              {fresh && <tr key={`d${n}`} class="day"><th colSpan={5} scope="rowgroup">{d}</th></tr>}
              <tr key={n} class={l.loud ? "loud" : ""}><td class="nowrap" title={full(e.time)}>{clockSeconds(Date.parse(e.time))}</td><td class="num"><EntryNumber n={n} />{e.all.length > 1 && <small class="block muted">– {e.all[e.all.length - 1]!.entry}</small>}</td>
                <td>{e.all.length > 1 ? <><b>{l.what}{t("colon")}</b>{e.all.map((x, i) => <>{i > 0 && ", "}<span class="nowrap"><b>{x.on}</b> <EntryNumber n={x.entry} small /></span></>)}</> : <><b>{l.on}</b>{l.on && " "}{l.what}</>}{l.state && <> <span class="tag">{stateWord(l.state)}</span></>}{l.more && <small class="block muted" lang={l.english ? english() : undefined}>{l.more}</small>}</td><td>{l.by}</td><td lang={l.english ? english() : undefined}>{l.reason}</td></tr>
            </>;
          })}</tbody></table>
      )}
    </div>
  );
  function EntryNumber({ n, small }: { n: number; small?: boolean }) { return <button type="button" class={`link ${small ? "small" : ""}`} onClick={() => openEntry(n)} aria-label={`${t("entry")} ${n}`}>{n}</button>; }
}

interface Group { group: string; island: boolean; because: string; prefixes: string[]; links_cut: string[]; talks_to: string[]; cut_from: string[]; hosts: { name: string }[] }
interface Plan { sound: boolean; groups: Group[]; no_group: unknown[]; checks: { level: string; text: string }[] }
export function PlanPage() {
  const { print, atParam, openEntry } = useShared(), now = useNow(60000);
  const { data, error, fetched, reload } = useData<{ plan: Plan | null; entry?: number; time?: string; by?: string }>(withAt("/api/plan", atParam), `plan ${atParam ?? ""}`, 30000);
  usePaper(t("plan"), data?.entry !== undefined ? `${t("entry")} ${data.entry}` : "");
  const p = data?.plan, side = (island: boolean) => (p?.groups ?? []).filter((g) => g.island === island);
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{t("plan")}</h1>{p && <b class={`tag ${p.sound ? "green" : "red"}`}>{t(p.sound ? "gPlanSound" : "gPlanUnsound")}</b>}<span class="grow" /><a class="btn small noprint" href="#/partners">{t("partners")}</a>{p && <button type="button" class="btn small noprint" onClick={() => print("plan", {})}>{t("print")}</button>}</div>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {!atParam && <KeptPlans />}
      {!data ? !error && <Loading what={t("plan")} /> : !p ? <p class="note">{t("gPlanNone")} <span class="cmd mono"><Instruction text={t("gPlanNoneNext")} /></span></p> : <>
        <p class="hint">{t("gPlanMeans")} <span class="muted">{t("gPlanBy", { u: data.by ?? "", t: stamp(data.time, now) })} · <button type="button" class="link" onClick={() => openEntry(data.entry!)}>{t("entry")} {data.entry}</button></span></p>
        {[true, false].map((island) => side(island).length > 0 && (
          <section key={String(island)} class={`panel ${island ? "island" : ""}`} aria-labelledby={`h-${island}`}><header><h2 id={`h-${island}`}>{t(island ? "gIsland" : "gOutside")}</h2></header>
            <div class="scroll" tabIndex={0} role="region" aria-label={t(island ? "gIsland" : "gOutside")}><table class="plan"><thead><tr><th scope="col">{t("gGroup")}</th><th scope="col">{t("gTalks")}</th><th scope="col">{t("gCutFrom")}</th><th scope="col" class="num">{t("gHosts")}</th><th scope="col">{t("gLinksCut")}</th></tr></thead>
              <tbody>{side(island).map((g) => <tr key={g.group}><th scope="row">{g.group}<small class="block muted mono">{g.prefixes.slice(0, 6).join(" ")}{g.prefixes.length > 6 && ` +${g.prefixes.length - 6}`}</small></th><td>{g.talks_to.join(", ") || t("gNobody")}</td><td>{g.cut_from.join(", ")}</td><td class="num">{g.hosts.length}</td><td>{g.links_cut.map((l, i) => <>{i > 0 && ", "}<a href={`#/partners/link/${encodeURIComponent(l)}`}>{l}</a></>)}</td></tr>)}</tbody></table></div>
          </section>))}
        {p.no_group.length > 0 && <p class="note warn">{t("gNoGroup", { n: p.no_group.length })}</p>}
        <section class="panel" aria-labelledby="h-checks"><header><h2 id="h-checks">{t("gChecks")}</h2></header>{p.checks.length === 0 ? <p class="in muted">{t("gChecksNone")}</p> : <ul class="lines in" lang={english()}>{p.checks.map((c, i) => <li key={i}><span class={`tag ${c.level === "error" ? "red" : "amber"}`} lang={undefined}>{t(c.level === "error" ? "sevAlarm" : "sevWarning")}</span><span class="w">{c.text}</span></li>)}</ul>}</section>
      </>}
    </div>
  );
}
