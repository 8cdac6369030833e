// Results: one table a panel, times as columns, flags in letters, sign and words; corrections struck through with their history; a trend where asked for.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { Former, statusWord } from "./chart";
import { type Analyte, type Result, type Section, current, former, panelsOf, stampOf } from "./fhir";
import { agoOf, full, stamp } from "./format";
import { t } from "./i18n";
import { useNow, useShared } from "./state";
import { AgeChip, Dialog, FlagMark, SectionPanel } from "./ui";

const out = (r: Result) => r.flag.word !== "" && r.flag.word !== "normal" && r.flag.word !== "other";
// a correction shows what it replaced only where the value itself changed
const changed = (r: Result) => r.was.filter((w) => w.value !== r.value || w.unit !== r.unit);

export function ValueCell({ r, unit }: { r: Result; unit?: string }) {
  const was = changed(r);
  return (
    <span class={`val ${out(r) ? "out" : ""}`}>
      <b>{r.value || "–"}</b>{unit ? <small> {unit}</small> : null} <FlagMark flag={r.flag} />
      {was.length > 0 && <><s class="struck">{was[0]!.value}</s><small class="corr">{t("corrected")}</small></>}
      {r.status === "preliminary" || r.status === "registered" ? <small class="prelim">{t("preliminary")}</small> : r.status === "cancelled" ? <small class="prelim">{statusWord("cancelled")}</small> : null}
    </span>
  );
}

export function ResultsTab({ s, reports, vitals }: { s: Section; reports: Section; vitals?: boolean }) {
  const { lang } = useShared();
  const panels = useMemo(() => panelsOf(current(s), current(reports), vitals ? t("vitals") : t("otherResults")), [s, reports, lang]);
  const [open, setOpen] = useState<{ r: Result; a: Analyte } | null>(null);
  return (
    <>
      <SectionPanel s={s} empty={panels.length === 0}>
        {panels.map((p) => <PanelTable key={p.name} name={p.name} analytes={p.analytes} times={p.times} onOpen={(r, a) => setOpen({ r, a })} />)}
        <Former list={former(s)} title={t("withdrawn")} />
      </SectionPanel>
      {open && <ResultDialog {...open} onClose={() => setOpen(null)} />}
    </>
  );
}

// As many times as fit beside the names: a table that scrolls sideways hides its newest or its names.
function useColumns(): number {
  const fit = () => Math.max(2, Math.min(10, Math.floor((innerWidth - (innerWidth > 1100 ? 132 : 0) - 440) / 128)));
  const [n, set] = useState(fit());
  useEffect(() => { const f = () => set(fit()); addEventListener("resize", f); return () => removeEventListener("resize", f); }, []);
  return n;
}
function PanelTable({ name, analytes, times, onOpen }: { name: string; analytes: Analyte[]; times: string[]; onOpen: (r: Result, a: Analyte) => void }) {
  const COLUMNS = useColumns();
  const [from, setFrom] = useState(0);
  const [trend, setTrend] = useState("");
  const now = useNow(30000);
  const { at } = useShared();
  const ref = at?.time ? Date.parse(at.time) : now;
  const shown = times.slice(from, from + COLUMNS);
  const drawn = analytes.find((a) => a.key === trend);
  const visible = analytes.filter((a) => a.results.some((r) => shown.includes(r.time)));
  return (
    <section class="labpanel" aria-label={name}>
      <div class="labhead"><h3>{name}</h3><span class="grow" />
        {times.length > COLUMNS && <span class="row tight"><button type="button" class="btn small noprint" disabled={from === 0} onClick={() => setFrom(Math.max(0, from - COLUMNS))}>{t("later")}</button><span class="muted"><span class="printonly">{t("timesShown")} </span>{from + 1}–{Math.min(times.length, from + COLUMNS)} / {times.length}</span><button type="button" class="btn small noprint" disabled={from + COLUMNS >= times.length} onClick={() => setFrom(from + COLUMNS)}>{t("earlier")}</button></span>}
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label={name}>
        <table class="labs">
          <thead><tr><th scope="col" class="an">{t("what")}</th><th scope="col">{t("range")}</th>{shown.map((x, i) => <th scope="col" key={x} class={`t ${i === 0 && from === 0 ? "newest" : ""}`}>{stamp(x, now) || t("noTime")}{i === 0 && from === 0 && x ? <small class="block">{agoOf(x, ref)}</small> : null}</th>)}<th scope="col" class="noprint"><span class="vh">{t("trend")}</span></th></tr></thead>
          <tbody>{visible.map((a) => (
            <tr key={a.key} class={trend === a.key ? "on" : ""}>
              <th scope="row" class="an">{a.name} <small class="u">{a.unit}</small></th><td class="muted nowrap">{a.range}</td>
              {shown.map((x, i) => { const r = a.results.find((y) => y.time === x); return <td key={x} class={`cell ${i === 0 && from === 0 ? "newest" : ""}`}>{r ? <button type="button" class="cellbtn" onClick={() => onOpen(r, a)} aria-label={`${a.name} ${r.value} ${a.unit} ${stamp(r.time, now)}`}><ValueCell r={r} unit={r.unit !== a.unit ? r.unit : undefined} /></button> : null}</td>; })}
              <td class="noprint num">{a.results.filter((r) => r.number !== null && r.time).length > 1 && <button type="button" class="btn tiny" aria-expanded={trend === a.key} aria-label={`${t("trend")}: ${a.name}`} onClick={() => setTrend(trend === a.key ? "" : a.key)}>{trend === a.key ? t("hideTrend") : t("trend")}</button>}</td>
            </tr>))}
          </tbody>
        </table>
      </div>
      {drawn && <Trend a={drawn} />}
    </section>
  );
}

function ResultDialog({ r, a, onClose }: { r: Result; a: Analyte; onClose: () => void }) {
  const now = useNow(30000);
  return (
    <Dialog title={a.name} onClose={onClose}>
      <p class="big"><ValueCell r={{ ...r, was: [] }} unit={r.unit} /></p>
      <dl class="kv">
        <dt>{t("when")}</dt><dd>{full(r.time) || t("noTime")} <span class="muted">{agoOf(r.time, now)}</span></dd>
        <dt>{t("range")}</dt><dd>{r.range || "–"}</dd>
        <dt>{t("status")}</dt><dd>{statusWord(r.status)}</dd>
        {r.by && <><dt>{t("who")}</dt><dd>{r.by}</dd></>}
        <dt>{t("received")}</dt><dd>{full(r.meta.received)}</dd>
        <dt>{t("source")}</dt><dd><AgeChip meta={r.meta} time={r.time} wordy /></dd>
      </dl>
      {r.notes.map((n, i) => <p class="note" key={i}>{n}</p>)}
      {r.was.length > 0 && <><h3>{t("versions")}</h3><ul class="lines">{r.was.map((w, i) => <li key={i}><div class="w"><s class="struck">{w.value} {w.unit}</s> {w.flag.letters} <span class="tag">{statusWord(w.status)}</span> {w.notes.join(" / ")}</div><AgeChip meta={w.meta} time={w.meta.received} /></li>)}</ul></>}
      {a.results.filter((x) => x.number !== null).length > 1 && <Trend a={a} />}
    </Dialog>
  );
}

// Drawn with the page's own colours; the reference range as a band; each point is also in the table, so the picture is an aid and nothing else.
export function Trend({ a }: { a: Analyte }) {
  const box = useRef<HTMLDivElement>(null);
  const { theme } = useShared();
  const points = a.results.filter((r) => r.number !== null && stampOf(r.time) > 0).slice().reverse();
  const key = points.map((p) => p.time + p.value).join();
  useEffect(() => {
    if (!box.current || points.length === 0) return;
    const style = getComputedStyle(document.documentElement), color = (n: string) => style.getPropertyValue(n).trim();
    const low = a.results[0]!.low, high = a.results[0]!.high;
    const values = points.map((p) => p.number!);
    let min = Math.min(...values, low ?? Infinity), max = Math.max(...values, high ?? -Infinity);
    const pad = (max - min || Math.abs(max) || 1) * 0.12;
    min -= pad; max += pad;
    const axis = { stroke: color("--ink-2"), grid: { stroke: color("--paper-3"), width: 1 }, ticks: { stroke: color("--line"), width: 1 }, font: "13px system-ui, sans-serif" };
    const plot = new uPlot({
      width: box.current.clientWidth || 600, height: 200, cursor: { drag: { x: false, y: false } }, legend: { show: false }, scales: { y: { range: [min, max] } },
      axes: [{ ...axis, space: 110, values: (_u, ticks) => ticks.map((x) => stamp(new Date(x * 1000).toISOString())) }, { ...axis, size: 56 }],
      series: [{}, { label: a.name, stroke: color("--blue"), width: 2, points: { show: true, size: 8, fill: color("--paper"), stroke: color("--blue"), width: 2 } }],
      hooks: { drawClear: [(u) => {
        if (low === null && high === null) return;
        const top = high === null ? u.bbox.top : u.valToPos(Math.min(high, max), "y", true), bottom = low === null ? u.bbox.top + u.bbox.height : u.valToPos(Math.max(low, min), "y", true);
        u.ctx.save(); u.ctx.fillStyle = color("--band"); u.ctx.fillRect(u.bbox.left, top, u.bbox.width, bottom - top); u.ctx.restore();
      }] },
    }, [points.map((p) => stampOf(p.time) / 1000), values], box.current);
    const watch = new ResizeObserver(() => { if (box.current) plot.setSize({ width: box.current.clientWidth, height: 200 }); });
    watch.observe(box.current);
    return () => { watch.disconnect(); plot.destroy(); };
  }, [key, theme]);
  if (points.length === 0) return null;
  const values = points.map((p) => p.number!);
  return (
    <figure class="trend">
      <figcaption>{a.name} {a.unit && `(${a.unit})`} · {points.length} {t("values")} · {Math.min(...values)} – {Math.max(...values)}{a.range ? ` · ${t("range")} ${a.range}` : ""}</figcaption>
      <div ref={box} role="img" aria-label={`${a.name}: ${points.map((p) => `${stamp(p.time)} ${p.value}`).join("; ")}`} />
    </figure>
  );
}
