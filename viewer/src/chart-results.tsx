// Results: one table a panel, times as columns, flags in letters, sign and words; corrections struck through with their history; a trend where asked for.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Former, statusWord } from "./chart";
import { fit } from "./canvas";
import { type Analyte, type Result, type Section, current, former, panelsOf, stampOf } from "./fhir";
import { agoOf, full, stamp } from "./format";
import { t } from "./i18n";
import { useNow, useShared } from "./state";
import { AgeChip, Dialog, FlagMark, NotFed, SectionPanel, originWord } from "./ui";

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
              {shown.map((x, i) => { const r = a.results.find((y) => y.time === x); return <td key={x} class={`cell ${i === 0 && from === 0 ? "newest" : ""}`}>{r ? <button type="button" class="cellbtn" onClick={() => onOpen(r, a)} aria-label={`${a.name} ${r.value} ${a.unit} ${stamp(r.time, now)}${r.meta.origin === "fed" ? "" : `, ${originWord(r.meta.origin)}`}`}><ValueCell r={r} unit={r.unit !== a.unit ? r.unit : undefined} /><NotFed meta={r.meta} /></button> : null}</td>; })}
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
    const holder = box.current, canvas = document.createElement("canvas"), times = points.map((p) => stampOf(p.time));
    holder.replaceChildren(canvas);
    const draw = () => {
      const W = holder.clientWidth || 600, H = 200, left = 56, right = W - 14, top = 8, bottom = H - 28, g = fit(canvas, W, H, 1);
      const first = times[0]!, last = times[times.length - 1]!, X = (ms: number) => (last === first ? (left + right) / 2 : left + 8 + ((ms - first) / (last - first)) * (right - left - 16)), Y = (v: number) => bottom - ((v - min) / (max - min)) * (bottom - top);
      g.clearRect(0, 0, W, H);
      if (low !== null || high !== null) { const t1 = high === null ? top : Y(Math.min(high, max)), b1 = low === null ? bottom : Y(Math.max(low, min)); g.fillStyle = color("--band"); g.fillRect(left, t1, right - left, b1 - t1); }
      g.font = '13px system-ui, "Noto Sans CJK SC", sans-serif'; g.fillStyle = color("--ink-2"); g.strokeStyle = color("--paper-3"); g.lineWidth = 1;
      const line = (x1: number, y1: number, x2: number, y2: number) => { g.beginPath(); g.moveTo(x1, y1); g.lineTo(x2, y2); g.stroke(); };
      const rough = (max - min) / 5, ten = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].map((x) => x * ten).find((x) => x >= rough)!; // 1, 2 or 5 of a power of ten
      g.textAlign = "right";
      for (let v = Math.ceil(min / step) * step; v <= max; v += step) { line(left, Y(v), right, Y(v)); g.fillText(String(Number(v.toPrecision(8))), left - 8, Y(v) + 4); }
      g.textAlign = "center";
      const room = Math.max(1, Math.floor((right - left) / 110)), every = [0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168, 720, 2160, 8766].map((h) => h * 3600000).find((ms) => (last - first) / ms <= room) ?? last - first;
      for (let ms = last === first ? first : Math.ceil(first / every) * every; ms <= last; ms += every) { line(X(ms), top, X(ms), bottom); g.fillText(stamp(new Date(ms).toISOString()), Math.max(left + 20, Math.min(right - 40, X(ms))), H - 8); if (!every) break; }
      g.strokeStyle = color("--blue"); g.lineWidth = 2; g.beginPath(); times.forEach((ms, i) => (i ? g.lineTo(X(ms), Y(values[i]!)) : g.moveTo(X(ms), Y(values[i]!)))); g.stroke();
      g.fillStyle = color("--paper");
      times.forEach((ms, i) => { g.beginPath(); g.arc(X(ms), Y(values[i]!), 4, 0, 7); g.fill(); g.stroke(); });
    };
    const watch = new ResizeObserver(draw);
    watch.observe(holder);
    return () => watch.disconnect();
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
