// The small parts that every page is made of.
import { Component, type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ApiError, Feed } from "./api";
import { type Meta, type Origin, type Row, type Section, stampOf } from "./fhir";
import { ageOf, birth, full, sexWord, span, spanOf, stamp } from "./format";
import { type Key, t, word } from "./i18n";
import { PacketSilent } from "./packet-parts";
import { useNow, useShared } from "./state";
import { pace } from "./view";

// A row of a long list is drawn again only when something of it changed.
export function memo<P extends object>(draw: (p: P) => preact.JSX.Element) {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>) { const old = this.props as P; return (Object.keys(next) as (keyof P)[]).some((k) => next[k] !== old[k]); }
    render() { return draw(this.props as P); }
  };
}

const letters: Record<Origin, string> = { fed: "F", captured: "C", restored: "R", partner: "P" };
export const originWord = (o: Origin): string => t(o === "fed" ? "oFed" : o === "captured" ? "oCaptured" : o === "restored" ? "oRestored" : "oPartner");

export function OriginMark({ origin, wordy }: { origin: Origin; wordy?: boolean }) {
  return (
    <span class={`origin ${origin}`} title={t(origin)}>
      <b aria-hidden="true">{letters[origin]}</b>
      {wordy || origin !== "fed" ? <span>{originWord(origin)}</span> : <span class="vh">{originWord(origin)}</span>}
    </span>
  );
}

// Where what was captured stands on its way back to the record system, by its entry; known on the pages of one patient.
export const CapturedStates = createContext<Map<number, string>>(new Map());

// In a table of values, where a chip has no room: what was not fed says so by shape and word, and where it stands.
export function NotFed({ meta }: { meta: Meta }) {
  const back = useContext(CapturedStates).get(meta.entry ?? -1);
  return meta.origin === "fed" ? null : <small class="notfed"><OriginMark origin={meta.origin} />{meta.origin === "captured" && back && <b class={`backmark ${back}`}>{t(`cs_${back}` as Key) ?? back}</b>}</small>;
}

// One statement's age. While the hospital is shown as of a past moment, ages count to that moment.
// brief: origin and source alone, where the time already stands beside it.
export function AgeChip({ meta, time, wordy, brief }: { meta: Meta; time?: string; wordy?: boolean; brief?: boolean }) {
  const { openEntry, at, board, short } = useShared();
  const now = useNow(10000), back = useContext(CapturedStates).get(meta.origin === "captured" ? meta.entry ?? -1 : -1);
  const ref = at?.time ? Date.parse(at.time) : now;
  const when = time || meta.sourceTime || meta.received;
  const feed = board?.feeds.find((f) => f.name === meta.source);
  const stale = !at && feed?.state === "stale";
  const inside = (
    <>
      <OriginMark origin={meta.origin} wordy={wordy} />
      {!brief && <span>{stamp(when, now) || t("noTime")}{when && when.length > 10 && <> · <span class="age">{spanOf(when, ref)}</span></>}</span>}
      {(wordy || brief) && meta.source && <span class="src">{wordy && "· "}{short(meta.source)}</span>}
      {back && <b class={`backmark ${back}`}>{t(`cs_${back}` as Key) ?? back}</b>}
      {meta.incomplete && <b>{t("incompleteShort")}</b>}
    </>
  );
  const label = `${originWord(meta.origin)}${back ? `, ${t("cbChartMark")}${t("colon")}${t(`cs_${back}` as Key) ?? back}` : ""}, ${full(when)}, ${meta.source}. ${t("received")} ${full(meta.received)}. ${t("entry")} ${meta.entry ?? ""}`;
  if (meta.entry === null) return <span class={`chip ${meta.origin}`} title={label}>{inside}</span>;
  return <button type="button" class={`chip ${meta.origin} ${stale ? "ofstale" : ""}`} title={label} aria-label={label} onClick={() => openEntry(meta.entry!)}>{inside}</button>;
}

// Which feeds a section hangs on, as the board knows them now: the chart was fetched a while ago. One that nobody waits for (imported files, retired) is none of them; an older server names only who spoke last.
const worst = { stale: 3, ageing: 2, fresh: 1 } as Record<string, number>;
export interface Speaker { name: string; state: string; last: string; usual: number; received: string }
export function speakers(s: Section, board: { feeds: Feed[] } | null): Speaker[] {
  const all = s.sources.length ? s.sources : s.source ? [{ name: s.source, state: "", last: "", received: s.received }] : [];
  return all.map((x) => {
    const f = (board?.feeds ?? []).filter((y) => y.name === x.name).sort((a, b) => (worst[b.state] ?? 0) - (worst[a.state] ?? 0))[0];
    return { name: x.name, state: f?.state ?? x.state, last: f?.last ?? x.last, usual: f?.usualGapSeconds ?? 0, received: x.received };
  });
}
export const worstOf = (all: Speaker[]): string => all.reduce((w, x) => ((worst[x.state] ?? 0) > (worst[w] ?? 0) ? x.state : w), all.find((x) => x.state)?.state ?? "unknown");

// A section's age counts from what its source said, not from when it reached us: a replayed message is as old as its news. And in words whether its feed still speaks: silent is another thing than "no new results".
export function SectionAge({ s }: { s: Section }) {
  const { openEntry, at, board, short } = useShared();
  const now = useNow(10000);
  const all = speakers(s, board);
  if (!s.received) return <span class="chip never">{t("never")}</span>;
  const ref = at?.time ? Date.parse(at.time) : now;
  const state = at ? "past" : worstOf(all);
  const asOf = s.asOf || s.received;
  const label = `${t("asOf")} ${full(asOf)}, ${t("received")} ${full(s.received)}, ${all.map((x) => [x.name, full(x.received), state === "past" || !x.state ? "" : t(feedWord(x.state))].filter(Boolean).join(" ")).join("; ") || s.source}`;
  return (
    <button type="button" class={`chip section ${state}`} title={label} aria-label={label} disabled={s.entry === null} onClick={() => s.entry !== null && openEntry(s.entry)}>
      <OriginMark origin={s.origin} wordy />
      <span>{t("asOf").toLowerCase()} {stamp(asOf, now)}</span>
      <span>· <span class="age">{spanOf(asOf, ref)}</span></span>
      {Math.abs(stampOf(s.received) - stampOf(asOf)) > 90000 && <span>· {t("received")} {stamp(s.received, now)}</span>}
      {s.source && <span class="src">· {short(s.source)}{all.length > 1 && ` +${all.length - 1}`}</span>}
      {state === "past" || state === "unknown" ? null : <b class="fs">{t(feedWord(state))}</b>}
    </button>
  );
}
export const feedWord = (s: string) => (s === "fresh" ? "fresh" : s === "ageing" ? "ageing" : s === "stale" ? "stale" : s === "ended" ? "ended" : "never") as "fresh" | "ageing" | "stale" | "ended" | "never";

// A section of a chart: a list, or "stated none", or "NOT RECEIVED". Never blank.
export function SectionPanel({ s, title, children, empty, none, more, id }: { s: Section; title?: string; children?: ComponentChildren; empty?: boolean; none?: string; more?: ComponentChildren; id?: string }) {
  const { board, at, short } = useShared();
  const now = useNow(10000);
  const silent = at || !s.received ? [] : speakers(s, board).filter((x) => x.state === "stale"), stale = silent.length > 0;
  return (
    <section class={`panel ${stale ? "stale" : ""} ${s.state === "not-received" ? "missing" : ""}`} aria-labelledby={`h-${id ?? s.name}`}>
      <header>
        <h2 id={`h-${id ?? s.name}`}>{title ?? word(s.name)}</h2>
        {more}
        <span class="grow" />
        {s.state !== "not-received" && <SectionAge s={s} />}
      </header>
      {PACKET ? silent.map((x) => <PacketSilent key={x.name} x={x} short={short(x.name)} />) : silent.map((x) => <p class="stalebar" key={x.name}><b>{t("silent", { f: short(x.name), t: stamp(x.last, now) })}</b> {t("staleSection", { f: short(x.name), t: span((now - Date.parse(x.last)) / 1000), u: span(Math.max(1, x.usual)) })}</p>)}
      <div class="in">
        {s.incomplete && <p class="note warn strong">{t("incomplete")}</p>}
        {s.state === "not-received" ? <p class="nr"><span class="state-missing">{t("notReceived")}</span> {t("unknownIsNotNone")}</p>
          : s.state === "stated-none" ? <p class="state-none">{t("statedNone")}{s.stated && <span class="muted"> · {s.stated}</span>}</p>
          : empty ? <p class="muted">{none ?? t("noneActive")}</p> : children}
      </div>
    </section>
  );
}

export function FlagMark({ flag }: { flag: { word: string; letters: string } }) {
  if (!flag.word || flag.word === "normal") return null;
  const sign = flag.word === "high" ? "↑" : flag.word === "critical-high" ? "⇈" : flag.word === "low" ? "↓" : flag.word === "critical-low" ? "⇊" : "!";
  const say = flag.word === "high" ? t("high") : flag.word === "low" ? t("low") : flag.word === "critical-high" ? t("criticalHigh") : flag.word === "critical-low" ? t("criticalLow") : flag.word === "abnormal" ? t("abnormal") : flag.letters;
  return <span class={`flag ${flag.word.startsWith("critical") ? "critical" : ""}`} title={say}><span aria-hidden="true">{flag.letters} {sign}</span><span class="vh">{say}</span></span>;
}

export function Who({ name, masked }: { name: { family: string; given: string }; masked?: boolean }) {
  if (masked) return <span class="who">{t("protectedRec")}</span>;
  if (!name.family && !name.given) return <span class="who muted">{t("noName")}</span>;
  return <span class="who"><span class="fam">{name.family}</span>{name.given ? ", " + name.given : ""}</span>;
}
export function RowMarks({ row }: { row: Row }) {
  return (
    <>
      {row.lookalike && <span class="tag red">{t("lookalike")}</span>}
      {row.isProtected && <span class="tag blue">{t("protectedRec")}</span>}
      {row.incomplete && <span class="tag amber">{t("incompleteShort")}</span>}
      {row.merged && <span class="tag blue">{t("merged")}</span>}
      {row.test && <span class="tag amber">{t("test")}</span>}
      {row.deceased && <span class="tag blue">{t("deceased")}</span>}
    </>
  );
}
export function identityText(r: { name: { family: string; given: string }; birth: string; sex: string; number: string }, now: number): string {
  return [`${r.name.family.toUpperCase()}${r.name.given ? ", " + r.name.given : ""}` || t("noName"), `${t("born")} ${birth(r.birth) || t("noBirth")}${r.birth ? ` (${ageOf(r.birth, now)})` : ""}`, sexWord(r.sex), `${t("number")} ${r.number}`].join(" · ");
}

export function Fail({ error, onRetry, fetched }: { error: ApiError | null; onRetry?: () => void; fetched?: number }) {
  const now = useNow(10000), board = useShared()?.board ?? null;
  if (!error) return null;
  if (error.code === "no-view") return <div class="note warn" role="status"><p class="strong">{t("viewNone")}{board && pace(board.view) ? ` ${pace(board.view)}` : ""}</p><p>{t("viewNoneMeans")}</p></div>; // asked again by itself
  const text = error.code === "unreachable" ? (fetched ? t("unreachable", { t: stamp(new Date(fetched).toISOString(), now) }) : t("unreachableNothing")) : error.text;
  return (
    <div class="note bad" role="alert">
      <p class="strong">{text}</p>
      {fetched && error.code !== "unreachable" ? <p>{t("olderCopy", { t: stamp(new Date(fetched).toISOString(), now) })}</p> : null}
      {onRetry && <button type="button" class="btn small noprint" onClick={onRetry}>{t("retry")}</button>}
    </div>
  );
}
export function Loading({ what }: { what: string }) { return <p class="loading" role="status">{t("loading", { what })}</p>; }

export function Dialog({ title, onClose, children, wide }: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => { const d = ref.current!; if (!d.open) d.showModal(); return () => d.close(); }, []);
  return (
    <dialog ref={ref} class={wide ? "wide" : ""} aria-label={title} onCancel={(e) => { e.preventDefault(); onClose(); }} onClick={(e) => { if (e.target === ref.current) onClose(); }}>
      <header><h2>{title}</h2><button type="button" class="btn small" onClick={onClose}>{t("close")}</button></header>
      <div class="in" tabIndex={0}>{children}</div>
    </dialog>
  );
}

// Long lists appear in parts while the reader is on the first of them; all of it before a print.
export function useGrow(total: number, step = 150): { n: number; end: preact.JSX.Element | null } {
  const [n, set] = useState(step);
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const all = () => set(total);
    addEventListener("beforeprint", all);
    if (n >= total || !ref.current) return () => removeEventListener("beforeprint", all);
    const watch = new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting)) set((x) => Math.min(total, x + step)); }, { rootMargin: "1500px" });
    watch.observe(ref.current);
    return () => { watch.disconnect(); removeEventListener("beforeprint", all); };
  }, [n, total]);
  return { n, end: n < total ? <span ref={ref} class="more-below" aria-hidden="true">…</span> : null };
}

// A sentence that may hold something to type: an option is not broken at its hyphens, where a line ends or a reader stops.
export function Instruction({ text }: { text: string }) {
  return <>{text.split(/(--[a-z][a-z-]*)/).map((part, i) => (i % 2 ? <code key={i} class="option">{part}</code> : part))}</>;
}
