// One ECG, full screen: the paper, what was measured, what the program and the device say, and what a person makes of it.
import { type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "./api";
import { Banner } from "./chart";
import { type Analysis, type Beat, type Detail, type Filter, type Source, type Values, type Wave, analysisOf, detailOf, measureKeys, personName, rounded, sourceOf, waveOf } from "./ecg";
import { Acts, Deliveries, MatchDialog, OverRead, ReasonDialog, ShareDialog, drafts, overridesOf } from "./ecg-edit";
import { order, patients, viaWord } from "./ecg-list";
import { type Caliper, type Layout, MedianView, Overview, Paper, caliperWords, layouts, rhythmWord, sheetOf, timeText } from "./ecg-paper";
import { Claim, ReadingState, ShortBanner, UnmatchedBanner, Weight, identityLine } from "./ecg-parts";
import { patientOf } from "./fhir";
import { agoOf, count, full, stamp } from "./format";
import { t } from "./i18n";
import { commanded, keysOn, mmSetting, remember, typing } from "./settings";
import { useData, useNow, usePaper, useShared } from "./state";
import { Dialog, Fail, Loading } from "./ui";

const filters: [string, Filter][] = [["none", { low: 0, high: 0, mains: 0 }], ["band", { low: 0.5, high: 40, mains: 0 }], ["50", { low: 0, high: 0, mains: 50 }], ["60", { low: 0, high: 0, mains: 60 }], ["band50", { low: 0.5, high: 40, mains: 50 }], ["band60", { low: 0.5, high: 40, mains: 60 }]];
const filterWord = (key: string): string => [key.startsWith("band") ? t("eFilterBand") : "", /\d+$/.test(key) ? t("eFilterMains", { n: key.replace(/\D/g, "") }) : ""].filter(Boolean).join(" + ") || t("eFilterNone");

// ---- samples: all of a short record, of a long one what stands on the paper and a little around it ----
const ALL = 120, PIECE = 100;
export function useWave(source: Source | null, seconds: number, from: number): { wave: Wave | null; error: string; loading: boolean } {
  const kept = useRef(new Map<string, Wave>()), [state, set] = useState<{ key: string; wave: Wave | null; error: string }>({ key: "", wave: null, error: "" });
  const short = seconds <= ALL, start = short ? 0 : Math.max(0, Math.floor(from / 30) * 30 - 2), key = source && seconds > 0 ? `${source.wave} ${start}` : "";
  useEffect(() => {
    if (!key || !source) return;
    const old = kept.current.get(key);
    if (old) { set({ key, wave: old, error: "" }); return; }
    const stop = new AbortController();
    get<unknown>(`${source.wave}?from=${start}&seconds=${short ? Math.ceil(seconds) : Math.min(PIECE, Math.ceil(seconds - start))}`, stop.signal).then((v) => {
      const wave = waveOf(v, start);
      kept.current.set(key, wave);
      if (kept.current.size > 6) kept.current.delete(kept.current.keys().next().value!);
      set({ key, wave, error: "" });
    }, (e) => { if (e.name !== "AbortError") set({ key, wave: null, error: e.code === "unreachable" ? t("unreachableNothing") : e.text }); });
    return () => stop.abort();
  }, [key]);
  const mine = state.key === key || (source !== null && state.key.startsWith(`${source.wave} `)); // never another record's
  return { wave: mine ? state.wave : null, error: mine ? state.error : "", loading: key !== "" && state.key !== key };
}

// ---- millimetres: of this screen, as somebody measured it ----
export function mmOf(): { k: number; known: boolean } {
  const stored = mmSetting(), dpr = devicePixelRatio || 1;
  return stored ? { k: stored / dpr, known: true } : { k: 96 / 25.4, known: false };
}
function Calibrate({ onClose }: { onClose: () => void }) {
  const [by, setBy] = useState<"card" | "ruler">("card"), [k, setK] = useState(mmOf().k);
  const long = by === "card" ? 85.6 : 100;
  const save = (v: number) => { remember("hf.mm", v ? (v * (devicePixelRatio || 1)).toFixed(4) : ""); onClose(); };
  return (
    <Dialog title={t("eCalibrate")} onClose={onClose} wide>
      <p>{t(by === "card" ? "eCalCard" : "eCalRuler")}</p>
      <p class="row"><button type="button" class="btn small" aria-pressed={by === "card"} onClick={() => setBy("card")}>{t("eCard")}</button><button type="button" class="btn small" aria-pressed={by === "ruler"} onClick={() => setBy("ruler")}>{t("eRuler")}</button></p>
      <div class={`calbox ${by}`} style={{ width: `${long * k}px`, height: by === "card" ? `${53.98 * k}px` : "28px" }} aria-hidden="true"><span>{long.toFixed(1)} mm</span></div>
      <label class="field"><span>{t("eCalSize")}</span><input type="range" min={2} max={14} step={0.01} value={k} onInput={(e) => setK(Number(e.currentTarget.value))} /></label>
      <p class="row"><button type="button" class="btn main-act" onClick={() => save(k)}>{t("eCalSave")}</button>{mmOf().known && <button type="button" class="btn" onClick={() => save(0)}>{t("eCalForget")}</button>}<span class="muted">{t("eCalNote")}</span></p>
    </Dialog>
  );
}

function Pick<T extends string | number>({ label, value, list, set, bare }: { label: string; value: T; list: [T, string][]; set: (v: T) => void; bare?: boolean }) {
  return <label class="pickone" title={label}><span class={bare ? "vh" : ""}>{label}</span><select value={String(value)} onChange={(e) => set(list.find(([v]) => String(v) === e.currentTarget.value)![0])}>{list.map(([v, w]) => <option key={String(v)} value={String(v)}>{w}</option>)}</select></label>;
}
const cycle = <T,>(list: T[], now: T): T => list[(list.indexOf(now) + 1) % list.length]!;
const speeds = [12.5, 25, 50], gains = [5, 10, 20];
const point = (n: number) => String(n).replace(".", t("ePoint"));

// The paper with its tools. What stands beside it is whoever's page it is: a reader's, a guest's, the patient's own.
export function Reader({ d, source, analysis, previous, children, plain, keys }: { d: Detail; source: Source; analysis: Analysis | null; previous?: { d: Detail; source: Source } | null; children?: ComponentChildren; plain?: boolean; keys?: (e: KeyboardEvent) => boolean }) {
  const { theme } = useShared();
  const [from, setFrom] = useState(0), [layout, setLayout] = useState<Layout>(d.leads >= 6 || d.leads === 0 ? "3x4+1" : d.seconds > 30 ? "rhythm" : "12x1"), [speed, setSpeed] = useState(25), [gain, setGain] = useState(10), [filter, setFilter] = useState("none"), [zoom, setZoom] = useState(innerWidth < 1000 ? "fit" : "1");
  const [strip, setStrip] = useState(""), [magnified, setMagnified] = useState(""), [tool, setTool] = useState(false), [march, setMarch] = useState(false), [snap, setSnap] = useState(false), [edge, setEdge] = useState(2), [calipers, setCalipers] = useState<Caliper | null>(null);
  const [median, setMedian] = useState(false), [medianLead, setMedianLead] = useState(""), [beside, setBeside] = useState(false), [calibrating, setCalibrating] = useState(false), [, again] = useState(0), [wide, setWide] = useState(1000);
  const box = useRef<HTMLDivElement>(null);
  const { wave, error, loading } = useWave(source, d.seconds, from);
  const before = useWave(previous?.source ?? null, previous?.d.seconds ?? 0, 0);
  const [whole, setWhole] = useState<Wave | null>(null), long = d.seconds > 12;
  const leads = wave?.leads.map((l) => l.name) ?? [], own = strip && leads.includes(strip) ? strip : leads.includes("II") ? "II" : leads[0] ?? "";
  useEffect(() => { // what a long record looks like as a whole, of one lead
    if (!long || !own || d.seconds <= ALL) return;
    const stop = new AbortController();
    get<unknown>(`${source.wave}?from=0&seconds=${Math.ceil(d.seconds)}&leads=${encodeURIComponent(own)}`, stop.signal).then((v) => setWhole(waveOf(v, 0)), () => {});
    return () => stop.abort();
  }, [source.wave, long, own !== "", d.seconds]);
  useLayoutEffect(() => {
    const see = () => { if (box.current) setWide(box.current.clientWidth - 16); again((n) => n + 1); };
    see();
    const watch = new ResizeObserver(see);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => { setCalipers(null); }, [layout, speed, from, magnified, strip]);

  const screen = mmOf(), one: Layout = magnified ? "one" : layout;
  const sheet = useMemo(() => sheetOf(one, leads, from, Math.max(d.seconds, 0.1), magnified ? Math.max(25, speed) : speed, gain, magnified || strip), [one, leads.join(), from, d.seconds, speed, gain, magnified, strip]);
  const pair = beside && previous ? 2 : 1, mag = magnified ? 3 : 1;
  const k = magnified ? screen.k * mag : zoom === "fit" || pair === 2 ? Math.max(1, (wide / pair - 6) / sheet.width) : screen.k * Number(zoom);
  const f = filters.find(([key]) => key === filter)![1], ftext = filterWord(filter);
  const strip1 = useMemo(() => (d.seconds <= ALL && wave ? { ...wave, leads: wave.leads.filter((l) => l.name === own) } : whole), [wave, whole, own, d.seconds]);
  const beats = useMemo(() => new Map<string, Beat[]>((analysis?.perLead ?? []).map((l) => [l.lead, l.beats])), [analysis]);
  const span = sheet.cells.reduce((m, c) => Math.max(m, c.from + c.seconds), 0) - from;
  const move = (s: number) => setFrom(Math.max(0, Math.min(Math.max(0, d.seconds - Math.min(span, 10)), Math.round(s * 100) / 100)));
  const mmWords = magnified ? t("eMagnified", { l: magnified, n: mag }) : zoom === "fit" || pair === 2 || zoom !== "1" ? (screen.known ? t("eScaled", { n: point(Number((k / screen.k).toFixed(2))) }) : t("eNotCalibrated")) : screen.known ? t("eTrue") : t("eNotCalibrated");

  const begin = () => { // in the middle of the first line, a small square's fifth of a second
    const i = Math.max(0, sheet.cells.findIndex((c) => c.lead === own && c.seconds > 5)), c = sheet.cells[i];
    if (c) setCalipers({ lead: c.lead, cell: i, t1: c.from + c.seconds * 0.4, t2: c.from + c.seconds * 0.4 + 0.2, v1: 0, v2: 1000 });
    setEdge(2);
  };
  const nextLead = (step: number) => {
    if (!calipers) return;
    const n = sheet.cells.length, i = (calipers.cell + step + n) % n, c = sheet.cells[i]!, w = Math.min(calipers.t2 - calipers.t1, c.seconds * 0.8), at = Math.max(c.from, Math.min(c.from + c.seconds - Math.abs(w), calipers.t1));
    setCalipers({ ...calipers, cell: i, lead: c.lead, t1: at, t2: at + w });
  };
  const key = (e: KeyboardEvent) => {
    if (!keysOn() || commanded(e) || typing(e.target) || document.querySelector("dialog[open]")) return;
    const c = calipers ? sheet.cells[calipers.cell] : undefined, arrows = !/^(menu|tab|slider)$/.test((e.target as Element)?.getAttribute?.("role") ?? "");
    const done = () => { e.preventDefault(); e.stopImmediatePropagation(); };
    const side = { ArrowLeft: -1, ArrowRight: 1 }[e.key], high = { ArrowUp: 1, ArrowDown: -1 }[e.key];
    if (side && arrows && calipers && c) {
      const by = side * (e.shiftKey ? 0.04 : 1 / Math.max(wave?.rate ?? 500, 250)), to = (s: number) => Math.max(c.from, Math.min(c.from + c.seconds, s + by));
      setCalipers(edge === 3 ? { ...calipers, t1: to(calipers.t1), t2: to(calipers.t2) } : edge === 1 ? { ...calipers, t1: to(calipers.t1) } : { ...calipers, t2: to(calipers.t2) }); done();
    } else if (high && arrows && calipers) { const by = high * (e.shiftKey ? 100 : 10); setCalipers(edge === 3 ? { ...calipers, v1: calipers.v1 + by, v2: calipers.v2 + by } : edge === 1 ? { ...calipers, v1: calipers.v1 + by } : { ...calipers, v2: calipers.v2 + by }); done(); }
    else if (side && arrows && d.seconds > span + 0.1) { move(from + side * (e.shiftKey ? 10 : 1)); done(); }
    else if ((e.key === "PageDown" || e.key === "PageUp") && d.seconds > span + 0.1) { move(from + (e.key === "PageDown" ? span : -span)); done(); }
    else if (e.key === "Escape") { if (magnified) setMagnified(""); else if (calipers || tool) { setCalipers(null); setTool(false); } else if (keys?.(e)) done(); return; }
    else {
      const what: Record<string, () => void> = {
        c: () => { if (calipers) { setCalipers(null); setTool(false); } else { setTool(true); begin(); } }, x: () => setEdge(edge === 2 ? 1 : edge === 1 ? 3 : 2), o: () => setMarch(!march), s: () => setSnap(!snap), n: () => nextLead(1), N: () => nextLead(-1),
        l: () => setLayout(cycle(layouts, layout)), g: () => setGain(cycle(gains, gain)), v: () => setSpeed(cycle(speeds, speed)), f: () => setFilter(cycle(filters.map(([x]) => x), filter)), z: () => setMagnified(magnified ? "" : calipers?.lead ?? own), b: () => setMedian(!median),
      };
      const own_ = what[e.key];
      if (own_) { own_(); done(); } else if (keys?.(e)) done();
    }
  };
  const newest = useRef(key);
  newest.current = key;
  useLayoutEffect(() => { const press = (e: KeyboardEvent) => newest.current(e); addEventListener("keydown", press, true); return () => removeEventListener("keydown", press, true); }, []);

  const label = t("ePaperLabel", { n: leads.length, s: point(speed), g: gain, f: ftext, t: timeText(from) });
  const common = { k, filter: f, ink: theme, filterText: ftext === t("eFilterNone") ? t("eFilterNoneShort") : `${t("eFilter2")} ${ftext}`, tool, march, snap, edge, onMagnify: (l: string) => setMagnified(magnified ? "" : l) };
  return (
    <div class="readgrid">
      <div class="readmain">
        <div class="tools noprint" role="toolbar" aria-label={t("eTools")}>
          {!plain && <Pick bare label={t("eLayout")} value={layout} list={layouts.map((l) => [l, l === "rhythm" ? t("eRhythm") : l === "12x1" ? t("eAllLeads") : l])} set={setLayout} />}
          <Pick bare label={t("eGain")} value={gain} list={gains.map((g) => [g, `${g} mm/mV`])} set={setGain} />
          <Pick bare label={t("eSpeed")} value={speed} list={speeds.map((s) => [s, `${point(s)} mm/s`])} set={setSpeed} />
          <Pick bare label={t("eFilter2")} value={filter} list={filters.map(([key]) => [key, key === "none" ? t("eFilterNoneShort") : `${t("eFilter2")} ${filterWord(key)}`])} set={setFilter} />
          <Pick bare label={t("eSize")} value={zoom} list={[["fit", `${t("eSize")} ${t("eFit")}`], ["1", "1:1"], ["1.5", "1.5:1"], ["2", "2:1"]]} set={setZoom} />
          {!plain && leads.length > 1 && <Pick bare label={t("eStrip")} value={own} list={leads.map((l) => [l, `${t("eStrip")} ${l}`])} set={setStrip} />}
          <span class="group"><button type="button" class="btn tiny" aria-pressed={tool} aria-keyshortcuts="c" onClick={() => { if (tool) { setCalipers(null); setTool(false); } else { setTool(true); begin(); } }}>{t("eCalipers")}</button>
            {!plain && <><button type="button" class="btn tiny" aria-pressed={snap} aria-keyshortcuts="s" onClick={() => setSnap(!snap)}>{t("eSnap")}</button><button type="button" class="btn tiny" aria-pressed={march} aria-keyshortcuts="o" onClick={() => setMarch(!march)}>{t("eMarch")}</button></>}</span>
          <Pick bare label={t("eMagnify")} value={magnified} list={[["", `${t("eMagnify")} –`], ...leads.map((l) => [l, `${t("eMagnify")} ${l}`] as [string, string])]} set={setMagnified} />
          {!plain && analysis?.median && <button type="button" class="btn tiny" aria-pressed={median} aria-keyshortcuts="b" onClick={() => setMedian(!median)}>{t("eMedian")}</button>}
          {previous && <button type="button" class="btn tiny" aria-pressed={beside} onClick={() => setBeside(!beside)}>{t("eBeside")}</button>}
        </div>
        {filter !== "none" && <p class="strip warn filterstrip" role="status"><b>{t("eFiltered", { f: ftext })}</b> <span>{t("eFilteredMeans")}</span></p>}
        <p class="paperline"><span class={screen.known ? "" : "tag amber"}>{mmWords}</span> <button type="button" class="link noprint" onClick={() => setCalibrating(true)}>{t("eCalibrate")}</button>
          {d.seconds > span + 0.1 && <span>{t("eShownPart", { a: timeText(from), b: timeText(Math.min(d.seconds, from + span)), n: timeText(d.seconds) })}</span>}
          <span class="muted">{[d.device || t("eNoDevice"), d.leads > 1 ? t("eLeads", { n: d.leads }) : "", d.rateHz ? `${d.rateHz} Hz` : "", d.seconds < 120 ? `${Math.round(d.seconds)} s` : timeText(d.seconds), d.format, d.via ? viaWord(d.via) : ""].filter(Boolean).join(" · ")}</span><output class="readout" aria-live="polite">{calipers ? <><b>{caliperWords(calipers)}</b>{edge !== 2 && <small> {t(edge === 1 ? "eEdge1" : "eEdge3")}</small>}</> : ""}</output></p>
        {long && <Overview wave={strip1} total={d.seconds} from={from} seconds={Math.min(span, d.seconds)} episodes={analysis?.episodes ?? []} onMove={move} ink={theme} />}
        {long && (analysis?.episodes.length ?? 0) > 1 && <p class="episodes noprint">{analysis!.episodes.filter((e) => e.rhythm !== "SR").slice(0, 12).map((e, i) => <button type="button" class="btn tiny" key={i} onClick={() => move(Math.max(0, e.start - 2))}>{rhythmWord(e.rhythm)} <small>{timeText(e.start)}</small></button>)}{analysis!.episodes.filter((e) => e.rhythm !== "SR").length > 12 && <span class="muted">+{count(analysis!.episodes.filter((e) => e.rhythm !== "SR").length - 12)}</span>}</p>}
        <div class="papers scroller" id="content" tabIndex={0} role="main" ref={box}>
          {error && <p class="note bad" role="alert">{error}</p>}
          {d.unreadable ? <p class="note bad" role="alert"><b>{t("eUnreadable")}</b> <span lang="en">{d.unreadable}</span> {t("eUnreadableMeans")}</p> : !wave && !error && <Loading what={t("eWave")} />}
          <div class={pair === 2 ? "pair" : ""}>
            {wave && <figure class="pf"><figcaption class={previous ? "" : "printonly"}><b>{t("eThis")}</b> {full(d.recorded || d.received)}</figcaption><Paper {...common} wave={wave} label={label} sheet={sheet} episodes={analysis?.episodes} beats={beats} calipers={calipers} setCalipers={setCalipers} loading={loading} /></figure>}
            {previous && <Before p={previous} wave={before.wave} error={before.error} layout={one} speed={speed} gain={gain} only={magnified || strip} common={common} />}
          </div>
          {median && analysis?.median && <section class="medianbox" aria-label={t("eMedian")}><p class="row"><b>{t("eMedian")}</b> <Pick label={t("eLead")} value={medianLead} list={[["", t("eSuperimposed")], ...analysis.median.leads.map((l) => [l.name, l.name] as [string, string])]} set={setMedianLead} /> <span class="muted">100 mm/s · 20 mm/mV</span></p><MedianView median={analysis.median} ink={theme} lead={medianLead} k={screen.k} /></section>}
        </div>
      </div>
      {children}
      {calibrating && <Calibrate onClose={() => { setCalibrating(false); again((n) => n + 1); }} />}
    </div>
  );
}
function Before({ p, wave, error, layout, speed, gain, only, common }: { p: { d: Detail }; wave: Wave | null; error: string; layout: Layout; speed: number; gain: number; only: string; common: { k: number; filter: Filter; ink: "light" | "dark"; filterText: string; tool: boolean; march: boolean; snap: boolean; edge: number; onMagnify: (l: string) => void } }) {
  const [calipers, setCalipers] = useState<Caliper | null>(null), leads = wave?.leads.map((l) => l.name) ?? [];
  const sheet = useMemo(() => sheetOf(layout, leads, 0, Math.max(0.1, p.d.seconds), speed, gain, only), [layout, leads.join(), p.d.seconds, speed, gain, only]);
  const now = useNow(30000), when = p.d.recorded || p.d.received;
  return (
    <figure class="pf before">
      <figcaption><b>{t("ePrevious")}</b> {full(when)} · {agoOf(when, now)} · <ReadingState row={p.d} now={now} brief />{calipers && <output> {caliperWords(calipers)}</output>}</figcaption>
      {error && <p class="note bad" role="alert">{error}</p>}
      {wave ? <Paper {...common} wave={wave} label={`${t("ePrevious")} ${full(when)}`} sheet={sheet} calipers={calipers} setCalipers={setCalipers} /> : !error && <Loading what={t("ePrevious")} />}
    </figure>
  );
}

// ---- values: ours with how sure, the device's own beside, by hand, before ----
export function Measures({ d, analysis, before, hand, setHand, overridden }: { d: Detail; analysis: Analysis | null; before: Detail | null; hand?: Record<string, string>; setHand?: (k: string, v: string) => void; overridden: Values }) {
  const ours = { ...d.measures, ...(analysis?.measures ?? {}) }, device = d.stated, hasDevice = Object.keys(device).length > 0;
  const shown = measureKeys.filter(([k]) => (k === "qtc_ms" ? device[k] !== undefined : k in ours || device[k] !== undefined || /^(rate_bpm|pr_ms|qrs_ms|qt_ms|qtc_bazett_ms)$/.test(k)));
  return (
    <table class={`measures ${before ? "with" : ""}`}>
      <thead><tr><th scope="col">{t("eMeasure")}</th><th scope="col" class="num">{t("eOurs")}</th>{hasDevice && <th scope="col" class="num">{t("eDevice")}</th>}{setHand && !before && <th scope="col" class="num">{t("eByHand")}</th>}{before && <><th scope="col" class="num">{t("eBefore")}</th><th scope="col" class="num">Δ</th></>}</tr></thead>
      <tbody>{shown.map(([k, w, unit]) => {
        const v = ours[k] ?? null, own = overridden[k], c = analysis?.conf[k], was = before ? before.measures[k] ?? null : null, is = own ?? v;
        return (
          <tr key={k}>
            <th scope="row">{t(w)} <small class="muted">{unit}</small></th>
            <td class="num">{own !== undefined && own !== null ? <><b>{rounded(own)}</b> <small class="tag amber">{t("eByHandTag")}</small> <s class="struck">{rounded(v)}</s></> : k === "qtc_ms" ? "" : v === null ? <small class="couldnot">{t("eCouldNot")}</small> : <b>{rounded(v)}</b>}{v !== null && c !== null && c !== undefined && own === undefined && (!before || c < 50) ? <small class={`conf ${c < 50 ? "weak" : ""}`} title={t("eConfidence")}> {c < 50 ? t("eWeak") : ""} {c} %</small> : null}</td>
            {hasDevice && <td class="num">{rounded(device[k])}</td>}
            {setHand && !before && <td class="num">{k !== "qtc_ms" && <input class="hand" inputMode="numeric" aria-label={`${t(w)} ${t("eByHand")}`} value={hand?.[k] ?? ""} onInput={(e) => setHand(k, e.currentTarget.value.replace(/[^\d-]/g, "").slice(0, 4))} />}</td>}
            {before && <><td class="num">{rounded(was)}</td><td class="num diff">{is !== null && was !== null ? (is - was > 0 ? "+" : "") + rounded(is - was) : ""}</td></>}
          </tr>
        );
      })}</tbody>
    </table>
  );
}

// ---- the page ----
export function EcgPage({ n }: { n: number }) {
  const { go, may, print, openEntry, session } = useShared();
  const source = useMemo(() => sourceOf(n), [n]);
  const { data, error, fetched, reload } = useData<unknown>(source.detail, `ecg ${n}`, 60000);
  const d = useMemo(() => (data ? detailOf(data) : null), [data]);
  const an = useData<unknown>(d && !d.unreadable ? source.analysis : null, `analysis ${n}`);
  const analysis = useMemo(() => (an.data ? analysisOf(an.data) : null), [an.data]);
  const who = useData<unknown>(d?.patient && may("chart") ? `/api/patient/${encodeURIComponent(d.patient.id)}` : null, `banner ${d?.patient?.id ?? ""}`, 120000);
  const p = useMemo(() => (who.data ? patientOf(who.data) : null), [who.data]);
  const [before, setBefore] = useState(0), [dialog, setDialog] = useState("");
  useEffect(() => { setBefore(0); setDialog(""); }, [n]);
  const prevSource = useMemo(() => (before ? sourceOf(before) : null), [before]);
  const prevData = useData<unknown>(prevSource?.detail ?? null, `ecg ${before}`);
  const prev = useMemo(() => (prevData.data ? detailOf(prevData.data) : null), [prevData.data]);
  const now = useNow(10000);
  const [, touch] = useState(0); // the draft changed: values by hand stand in the table
  const when = d?.recorded || d?.received || "";
  usePaper(d ? (d.patient ? `${identityLine(d.patient)} · ${t("number")} ${d.patient.number}` : t("eUnmatched")) : "", d ? `${t("ecg")} ${full(when)} · ${t(d.reading === "signed" || d.reading === "amended" ? "esSigned" : "esUnconfirmed")} · ${t("entry")} ${n}` : "");
  // From where the address is, not from what is drawn: of quick j j k none is lost while the next ECG is still being fetched.
  const step = (s: number) => { const here = Number(/^#\/ecg\/(\d+)/.exec(location.hash)?.[1] ?? n), i = order.indexOf(here), to = order[i < 0 ? 0 : i + s]; if (to !== undefined && to !== here) go(`#/ecg/${to}`); };
  const walk = useRef(step);
  walk.current = step;
  useLayoutEffect(() => { // with the page itself, not after it was painted: a key between the two would be lost
    const press = (e: KeyboardEvent) => {
      if ((e.key !== "j" && e.key !== "k") || !keysOn() || commanded(e) || typing(e.target) || document.querySelector("dialog[open]")) return;
      e.preventDefault(); e.stopImmediatePropagation(); walk.current(e.key === "j" ? 1 : -1);
    };
    addEventListener("keydown", press, true);
    return () => removeEventListener("keydown", press, true);
  }, []);
  if (!d) return <div class="scroller" id="content" tabIndex={0} role="main">{error ? <><Fail error={error} onRetry={reload} /><p class="row">{error.code === "protected" && patients.get(n) && <a class="btn main-act" href={`#/chart/${encodeURIComponent(patients.get(n)!)}/ecg`}>{t("eProtectedOpen")}</a>}<a class="btn" href="#/ecg">{t("eWorklist")}</a></p></> : <Loading what={`${t("ecg")} ${n}`} />}</div>;
  const at = order.indexOf(n);
  const keys = (e: KeyboardEvent): boolean => {
    if (e.key === "Escape") { go("#/ecg"); return true; }
    const what: Record<string, () => void> = { p: () => { const first = d.previous[0]?.entry; if (first) setBefore(before ? 0 : first); }, e: () => document.getElementById("st-add")?.focus(), m: () => { if (may("ecg-sign") && !d.patient) setDialog("match"); } };
    const f = what[e.key];
    if (f) f();
    return !!f;
  };
  const sign = may("ecg-sign"), draft = drafts.get(n), overridden = draft?.edited ? Object.fromEntries(Object.entries(draft.measures).filter(([, v]) => v !== "" && isFinite(Number(v))).map(([k, v]) => [k, Number(v)])) : overridesOf(d);
  const asked = d.acts.filter((a) => a.act === "review-request" && a.note); // in their own words, before anything is read: it is what they want to know
  const editable = sign && !/signed|amended|rejected/.test(d.reading) && !d.unreadable;
  return (
    <div class="column reading">
      {d.patient ? (p && p.id === d.patient.id ? <Banner p={p} now={now} /> : <ShortBanner p={d.patient} now={now}>{who.error && <p class="marks"><span class="tag amber">{who.error.code === "protected" ? t("protectedRec") : t("eNoChart")}</span></p>}</ShortBanner>) : <UnmatchedBanner d={d} />}
      <div class="ecgbar">
        <a class="btn small noprint" href="#/ecg">{t("eWorklist")}</a>
        {at >= 0 && order.length > 1 && <span class="group noprint"><button type="button" class="btn small" aria-keyshortcuts="k" disabled={at === 0} onClick={() => step(-1)} aria-label={t("ePrevInList")}>‹</button><button type="button" class="btn small" aria-keyshortcuts="j" disabled={at >= order.length - 1} onClick={() => step(1)} aria-label={t("eNextInList")}>›</button></span>}
        <span class="what"><b>{t("ecg")} {stamp(when, now)}</b> · <span class="age">{agoOf(when, now)}</span> {!d.recorded && <span class="tag amber">{t("eNoRecordTime")}</span>}</span>
        <ReadingState row={d} now={now} />
        <button type="button" class="chip" onClick={() => openEntry(n)}>{t("entry")} {n} · {t("proof")}</button>
        <span class="grow" />
        <span class="acts noprint">
          {d.previous.length > 0 && <Pick label={t("ePrevious")} value={before} list={[[0, "–"], ...d.previous.map((x) => [x.entry, stamp(x.recorded, now)] as [number, string])]} set={setBefore} />}
          {sign && (d.patient ? <button type="button" class="btn small" onClick={() => setDialog("unmatch")}>{t("eUnmatch")}</button> : <button type="button" class="btn small main-act" aria-keyshortcuts="m" onClick={() => setDialog("match")}>{t("eMatch")}</button>)}
          {!d.unreadable && <a class="btn small" href={`${source.report}?layout=3x4%2B1&paper=a4&speed=25&gain=10${before ? `&before=${before}` : ""}`} target="_blank" rel="noopener">{t("eReport")}</a>}
          <details class="menu"><summary class="btn small">{t("eDownload")}</summary><div class="menubox"><a href={`/api/ecg/${n}/file`} download>{t("eOriginal")}</a>{!d.unreadable && ["dicom", "scp", "aecg", "edf", "fhir", "csv"].map((x) => <a key={x} href={`/api/ecg/${n}/convert?to=${x}`} download>{{ dicom: "DICOM", scp: "SCP-ECG", aecg: "HL7 aECG", edf: "EDF+", fhir: "FHIR", csv: "CSV" }[x]}</a>)}<button type="button" class="link" onClick={() => print("ecg", { patient: d.patient?.id })}>{t("print")}</button><p class="muted small">{t("eRecorded")}</p></div></details>
          {sign && <button type="button" class="btn small" onClick={() => setDialog("share")}>{t("eShare")}{d.shares.filter((s) => !s.revoked && Date.parse(s.expires) > now).length ? ` (${d.shares.filter((s) => !s.revoked && Date.parse(s.expires) > now).length})` : ""}</button>}
        </span>
      </div>
      {error && <Fail error={error} onRetry={reload} fetched={fetched} />}
      <Reader key={n} d={d} source={source} analysis={analysis} previous={prev && prevSource ? { d: prev, source: prevSource } : null} keys={keys}>
        <aside class="readside" aria-label={t("eReading")} tabIndex={0}>
          <Weight row={d} />
          {(d.note || asked.length > 0) && <section aria-label={t("eSaid")}><h2>{t("eSaid")}</h2>{d.note && <p class="diary">{d.note}</p>}{asked.map((a) => <p key={a.entry} class="diary"><b>{t("eReviewAsked")}</b> {a.note}</p>)}</section>}
          {d.unreadable ? null : <OverRead key={n} d={d} reload={reload} editable={editable} onDraft={() => touch((x) => x + 1)} user={session.user} sign={sign} analysis={analysis} />}
          <h2>{t("eMeasures")}</h2>
          {an.error && <Fail error={an.error} onRetry={an.reload} />}
          {!d.unreadable && <Measures d={d} analysis={analysis} before={prev} overridden={overridden} hand={draft?.measures} setHand={editable ? (k, v) => { const x = drafts.get(n); if (x) { x.measures = { ...x.measures, [k]: v }; x.edited = true; touch((y) => y + 1); } } : undefined} />}
          <p class="muted small">{t("eMeasuredOn")}</p>
          {d.deviceStatements.length > 0 && <><h2>{t("eDeviceSays")}</h2><ul class="plainlist">{d.deviceStatements.map((x, i) => <li key={i} lang="en">{x}</li>)}</ul></>}
          {d.notes.length > 0 && <><h2>{t("eNotes")}</h2><ul class="plainlist">{d.notes.map((x, i) => <li key={i}>{x.at !== null && <b>{timeText(x.at)} </b>}{x.text}</li>)}</ul></>}
          {d.warnings.length > 0 && <div class="note warn"><h2>{t("eWarnings")}</h2><ul class="plainlist">{d.warnings.map((x, i) => <li key={i} lang="en">{x}</li>)}</ul></div>}
          {(d.file || d.claimed) && d.patient && <p class="small"><span class="muted">{t("eFileSays")}</span> <Claim p={d.file || d.claimed} /></p>}
          <Deliveries d={d} now={now} />
          <Acts d={d} now={now} />
        </aside>
      </Reader>
      {dialog === "match" && <MatchDialog d={d} onClose={() => setDialog("")} onDone={() => { setDialog(""); reload(); }} />}
      {dialog === "unmatch" && d.patient && <ReasonDialog title={t("eUnmatch")} text={t("eUnmatchText", { p: identityLine(d.patient) })} button={t("eUnmatchDo", { p: personName(d.patient) })} n={n} what="unmatch" body={{ basis: d.basis }} choice={d.strip ? { member: "strip", text: t("eStripAway") } : undefined} onClose={() => setDialog("")} onDone={() => { setDialog(""); reload(); }} />}
      {dialog === "share" && <ShareDialog d={d} onClose={() => setDialog("")} onDone={reload} />}
    </div>
  );
}
