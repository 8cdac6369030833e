// One patient. The banner never scrolls away; each section says how old it is, who said it, and whether that source still speaks.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type ApiError, type Event, getText, post } from "./api";
import { auditWord } from "./audit";
import { Medications } from "./chart-medications";
import { ResultsTab, ValueCell } from "./chart-results";
import { type Patient, type Resource, type Section, activeProblems, allergies, current, documentOf, former, frequencyWords, highRisk, latest, lineOf, medicationsOf, metaOf, hasOwnWords, type Order, ordersOf, patientOf, priorityWord, stampOf, timeOf, unitWord } from "./fhir";
import { ageOf, agoOf, birth, bytes, count, dayOf, full, sexWord, spanOf, stamp } from "./format";
import { type Key, t, word } from "./i18n";
import { With } from "./part";
import { ecgPart } from "./parts";
import { packetPlace } from "./packet-data";
import { SheetsButton } from "./sheets";
import { PacketEcgs, PacketNoDocument } from "./packet-parts";
import { reviewText } from "./reviews";
import { commanded, keysOn, typing } from "./settings";
import { useData, useNow, usePaper, useShared, withAt } from "./state";
import { AgeChip, CapturedStates, Fail, Loading, OriginMark, SectionPanel, identityText } from "./ui";

const every = ["summary", "medications", "results", "vitals", "ecg", "orders", "documents", "timeline", "more"] as const;
const tabs: readonly (typeof every)[number][] = PACKET ? every.filter((x) => x !== "timeline") : every; // a packet holds charts, and not every message

export function ChartPage({ id, tab }: { id: string; tab: string }) {
  const { atParam, at, tick, go, print, may } = useShared();
  const [seenTick, setSeenTick] = useState(tick);
  const path = withAt(`/api/patient/${encodeURIComponent(id)}`, atParam);
  const { data, error, fetched, loading, shown, reload } = useData<unknown>(path, `patient ${id}`, at ? 0 : 30000, tick !== seenTick);
  useEffect(() => { setSeenTick(tick); }, [fetched]);
  const p = useMemo(() => (data ? patientOf(data) : null), [data]);
  const now = useNow(10000);
  const ref = at?.time ? Date.parse(at.time) : now;
  const own = tabs.includes(tab as never) ? tab : "summary";
  const list = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  usePaper(p ? `${identityText(p, now)}${p.place ? ` · ${[p.place.unit, [p.place.room, p.place.bed].filter(Boolean).join("-")].filter(Boolean).join(" ")}` : ""} · ${allergyText(p)}` : "", p ? `${t("asOf")} ${full(p.asOf.time)}${p.asOf.entry !== undefined ? ` (${t("entry")} ${p.asOf.entry})` : ""}` : "");
  // of the address, which changes at once: keys come faster than pages are drawn, and a page that is drawn late must not take one of them back
  const here = () => { const x = (PACKET ? packetPlace() : location.hash).split("/")[3] ?? ""; return tabs.indexOf((tabs.includes(x as never) ? x : "summary") as never); };
  const goTab = (x: string) => { go(`#/chart/${encodeURIComponent(id)}/${x}`); if (scroller.current) scroller.current.scrollTop = 0; };
  useLayoutEffect(() => {
    const key = (e: KeyboardEvent) => {
      if (!keysOn() || commanded(e) || typing(e.target) || document.querySelector("dialog[open]")) return;
      const step = e.key === "]" ? 1 : e.key === "[" ? -1 : 0;
      if (step) { e.preventDefault(); goTab(tabs[(here() + step + tabs.length) % tabs.length]!); }
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, [id]);
  const tabKeys = (e: KeyboardEvent) => {
    const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    e.preventDefault();
    const n = (here() + step + tabs.length) % tabs.length;
    goTab(tabs[n]!);
    (list.current?.children[n] as HTMLElement | undefined)?.focus();
  };
  const any = !PACKET && !at && p !== null && Object.values(p.sections).some((s) => s.entries.some((r) => metaOf(r).origin === "captured"));
  const written = useData<{ items?: { entry: number; state: string; replacedBy?: number }[] }>(any ? `/api/captures?patient=${encodeURIComponent(id)}&max=1000` : null, `captures of ${id}`, 30000);
  const captured = written.data?.items ?? [];
  if (error?.code === "protected") return <BreakGlass id={id} text={error.text} onOpen={reload} allowed={may("break-glass") || !may("census")} />;
  if (!p) return <div class="scroller" id="content" tabIndex={0} role="main">{error ? <Fail error={error} onRetry={reload} /> : <Loading what={t("chart")} />}</div>;
  const old = shown !== path, chartId = encodeURIComponent(id), back = new Map(captured.map((x) => [x.entry, x.state])), of = (s: string) => captured.filter((x) => x.replacedBy === undefined && x.state === s).length;
  const unfiled = of("open") + of("reviewed") + of("unknown"), refused = of("refused"), unknown = of("unknown");
  return (
    <CapturedStates.Provider value={back}><div class="column chart">
      <Banner p={p} now={ref} />
      <div class="tabrow noprint">
        <div class="tabs" role="tablist" aria-label={t("chart")} ref={list} onKeyDown={tabKeys}>
          {tabs.map((x) => <button type="button" role="tab" key={x} id={`tab-${x}`} aria-controls="content" aria-selected={own === x} tabIndex={own === x ? 0 : -1} onClick={() => goTab(x)}>{t(x)}</button>)}
        </div>
        <span class="grow" />
        {old && loading && <span class="muted" role="status">{t("loading", { what: t("chart") })}</span>}
        <span class="tools">{!PACKET && !at && may("capture") && <a class="btn small" href={`#/capture/${chartId}`}>{t("cpWriteDown")}…</a>}{!PACKET && <button type="button" class="btn small" title={t("fetchedAt", { t: spanOf(new Date(fetched).toISOString(), now) })} onClick={reload}>{t("renew")}{fetched ? <small class="muted"> {spanOf(new Date(fetched).toISOString(), now)}</small> : null}</button>}
        <button type="button" class="btn small" onClick={() => print("chart", { patient: p.id })}>{t("print")}</button>
        {!PACKET && <SheetsButton patient={p.id} />}</span>
      </div>
      {captured.length > 0 && <p class={`capline ${refused || unknown ? "warn" : ""}`}><OriginMark origin="captured" /> {t("cbLine", { n: captured.length })}{unfiled > 0 && <b>{t("cbLineOpen", { n: unfiled })}</b>}{unknown > 0 && <b class="tag amber">{t("cbLineUnknown", { n: unknown })}</b>}{refused > 0 && <b class="tag red">{t("cbLineRefused", { n: refused })}</b>}{may("capture") && <a class="noprint" href={`#/capture/${chartId}`}>{t("show")}</a>}</p>}
      <div class={`scroller ${old ? "oldcopy" : ""}`} id="content" ref={scroller} tabIndex={0} role="tabpanel" aria-labelledby={`tab-${own}`}>
        <h2 class="printonly tabname">{t(own as Key)}</h2>
        {error && <Fail error={error} onRetry={reload} fetched={fetched} />}
        {own === "summary" ? <Summary p={p} goTab={goTab} /> : own === "medications" ? <Medications p={p} /> : own === "results" ? <ResultsTab s={p.sections.results!} reports={p.sections.reports!} />
          : own === "vitals" ? <ResultsTab s={p.sections.vitals!} reports={p.sections.reports!} vitals /> : own === "ecg" ? (PACKET ? <PacketEcgs p={p} /> : <With part={ecgPart} what={t("ecg")} bare>{(m) => <m.EcgTab p={p} />}</With>) : own === "orders" ? <Orders p={p} /> : own === "documents" ? <Documents p={p} /> : own === "timeline" ? <Timeline id={p.id} /> : <More p={p} />}
      </div>
    </div></CapturedStates.Provider>
  );
}

export function allergyText(p: Patient): string {
  const s = p.sections.allergies!;
  return `${t("allergies")}${t("colon")}${s.state === "not-received" ? t("notReceived") : s.state === "stated-none" ? t("statedNone") : allergies(s).map((r) => lineOf(r).what).join(", ") || t("noneCurrent")}`;
}

export function Banner({ p, now }: { p: Patient; now: number }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => { if (document.activeElement === document.body) head.current?.focus({ preventScroll: true }); }, []);
  const s = p.sections.allergies!, flags = current(p.sections.flags!).filter((r) => r.status !== "inactive").map((r) => lineOf(r).what);
  return (
    <section class={`banner ${p.lookalikes ? "look" : ""}`} aria-label={t("patientWord")}>
      <h1 class="name" tabIndex={-1} ref={head}>{p.name.family || p.name.given ? <><span class="fam">{p.name.family}</span>{p.name.given ? `, ${p.name.given}` : ""}</> : t("noName")}</h1>
      <dl class="ids">
        <div><dt>{t("born")}</dt><dd>{birth(p.birth) || t("noBirth")}{p.birth ? ` · ${ageOf(p.birth, now)}` : ""}</dd></div>
        <div><dt>{t("sex")}</dt><dd>{sexWord(p.sex)}</dd></div>
        <div><dt>{t("number")}</dt><dd class="mrn">{p.number || t("notReceived")}</dd></div>
        <div><dt>{t("place")}</dt><dd>{p.place ? <>{p.place.unit} {p.place.room && <>{p.place.room} </>}{p.place.bed && <>{t("bed")} {p.place.bed}</>}{!p.place.unit && !p.place.bed && p.place.text}</> : t("notInHouse")}</dd></div>
      </dl>
      <p class="allergy"><span>{t("allergies")}</span> {s.state === "not-received" ? <span class="state-missing">{t("notReceived")}</span> : s.state === "stated-none" ? <b class="none">{t("statedNone")}</b>
        : allergies(s).length === 0 ? <b class="none">{t("noneCurrent")}</b> : allergies(s).map((r, i) => <b key={i} class={highRisk(r) ? "severe" : ""}>{lineOf(r).what}{highRisk(r) ? ` (${t("severe")})` : ""}</b>)}
        {s.incomplete && <span class="tag amber">{t("incompleteShort")}</span>}
        {flags.map((f) => <span class="tag amber flagtag" key={f}>{f}</span>)}
      </p>
      {(p.lookalikes > 0 || p.test || p.incomplete || p.isProtected || p.deceased || p.replacedBy || p.replaces.length > 0) && (
        <p class="marks">
          {p.lookalikes > 0 && <span class="tag red">{t("lookalike")}</span>}{p.lookalikes > 0 && <b>{t("lookalikeWhy", { n: p.lookalikes })}</b>}
          {p.test && <span class="tag amber">{t("test")}</span>}
          {p.incomplete && <span class="tag amber">{t("incomplete")}</span>}
          {p.isProtected && <span class="tag blue">{t("protectedRec")}</span>}
          {p.deceased && <span class="tag blue">{t("deceased")}{p.deceased !== "yes" ? ` ${stamp(p.deceased)}` : ""}</span>}
          {p.replacedBy && <span class="tag amber">{t("merged")}{t("colon")}{t("mergedInto")}</span>}
          {p.replaces.length > 0 && <span class="tag blue">{t("merged")}{t("colon")}{t("replaces")} {p.numbers.filter((n) => n.value !== p.number).map((n) => n.value).slice(0, 4).join(", ") || p.replaces.join(", ")}</span>}
        </p>
      )}
    </section>
  );
}

// ---- a list of anything ----
export function Lines({ list, nowhen }: { list: Resource[]; nowhen?: boolean }) {
  const now = useNow(30000);
  return (
    <ul class="lines">
      {list.map((r, i) => {
        const l = lineOf(r), m = metaOf(r), was = Array.isArray(r.history) ? r.history as Resource[] : [];
        return (
          <li key={r.id ?? i} class={m.origin}>
            <div class="w"><b>{l.what}</b> {l.status && !/^(active|current|final|completed|finished)\b/i.test(l.status) ? <span class="tag">{statusWord(l.status)}</span> : null} {l.detail && <span class="d">{l.detail}</span>} {l.who && <span class="muted">{l.who}</span>}
              {was.length > 0 && <div class="hist">{t("history")}: {was.slice(0, 3).map((h, k) => { const o = lineOf(h); return <span key={k} class="struck">{[o.what !== l.what ? o.what : "", o.detail, o.status !== l.status ? statusWord(o.status) : ""].filter(Boolean).join(" · ") || stamp(metaOf(h).received, now)}</span>; })}{was.length > 3 ? ` +${was.length - 3}` : ""}</div>}
            </div>
            <AgeChip meta={m} time={nowhen ? undefined : l.time} />
          </li>
        );
      })}
    </ul>
  );
}
export function statusWord(s: string): string { return s.split(" · ").map((x) => t(`st_${x.toLowerCase().replace(/[^a-z]+/g, "_")}` as Key) ?? x).join(" · "); }
export function Former({ list, title }: { list: Resource[]; title?: string }) {
  if (list.length === 0) return null;
  return <details class="former"><summary>{title ?? t("formerOnes")} ({list.length})</summary><Lines list={list} /></details>;
}

// ---- summary ----
function Summary({ p, goTab }: { p: Patient; goTab: (x: string) => void }) {
  const s = p.sections;
  const { at, lang } = useShared();
  const now = useNow(30000);
  const ref = at?.time ? Date.parse(at.time) : now;
  const meds = useMemo(() => medicationsOf(p), [p, lang]);
  const active = meds.meds.filter((m) => m.active);
  const labs = useMemo(() => { // out of range first, then the newest
    const all = latest(current(s.results!));
    const newest = all.map((a) => a.results[0]!);
    const cut = stampOf(newest[0]?.time ?? "") - 3 * 86400000;
    return all.filter((a) => stampOf(a.results[0]!.time) >= cut).sort((a, b) => rank(b.results[0]!.flag.word) - rank(a.results[0]!.flag.word)).slice(0, 9);
  }, [p, lang]);
  const vit = useMemo(() => latest(current(s.vitals!)).slice(0, 8), [p, lang]);
  const more = (tab: string) => <button type="button" class="link noprint" onClick={() => goTab(tab)} aria-label={`${t("all")}: ${t(tab as Key)}`}>{t("all")}</button>;
  const orders = useMemo(() => ordersOf(p).open, [p, lang]), documents = current(s.documents!).map(documentOf).sort((a, b) => stampOf(b.time) - stampOf(a.time));
  const problems = activeProblems(s.problems!);
  return (
    <>
      {p.review.length > 0 && <Review p={p} />}
      <div class="sumgrid">
        <div class="stack">
          <SectionPanel s={s.medications!} more={more("medications")} empty={active.length === 0}>
            <ul class="medlines">{active.slice(0, 12).map((m) => {
              const g = m.given.find((x) => !x.notGiven), no = m.given[0]?.notGiven ? m.given[0] : null;
              return (
                <li key={m.id}>
                  <div><b>{m.name}</b> <span class="dose">{[m.dose, m.route, m.frequency || m.prn].filter(Boolean).join(" · ")}</span> <small class="muted">{frequencyWords(m.frequency)}</small> {m.prn && m.frequency && !/PRN/i.test(m.frequency) && <span class="tag">PRN</span>} {m.status === "on-hold" && <span class="tag amber">{statusWord("on-hold")}</span>}</div>
                  <div class="last">{g ? <>{t("lastGiven")} <b>{stamp(g.time, now)}</b> · <span class="age">{agoOf(g.time, ref)}</span> · {g.dose || t("doseNotReceived")}</> : <span class="muted">{s.administrations!.state === "not-received" ? <>{t("lastGiven")}: <b>{t("notReceived")}</b></> : t("neverGiven")}</span>}{no && <b class="notgiven"> {t("notGiven")} {stamp(no.time, now)}{no.reason ? `: ${no.reason}` : ""}</b>}{g && m.everyHours ? <span class="due"> · {t("dueReckoned", { t: stamp(new Date(stampOf(g.time) + m.everyHours * 3600000).toISOString(), now), h: m.everyHours })}</span> : null}</div>
                </li>
              );
            })}{active.length > 12 && <li><button type="button" class="link" onClick={() => goTab("medications")}>+ {active.length - 12}</button></li>}</ul>
          </SectionPanel>
          <SectionPanel s={s.problems!} empty={problems.length === 0}><Lines list={problems.slice(0, 8)} />{problems.length > 8 && <button type="button" class="link" onClick={() => goTab("more")}>+ {problems.length - 8}</button>}</SectionPanel>
          <SectionPanel s={s.allergies!} empty={false}>{allergies(s.allergies!).length ? <Lines list={allergies(s.allergies!)} /> : <p class="muted">{t("noneCurrent")}</p>}<Former list={former(s.allergies!)} /></SectionPanel>
        </div>
        <div class="stack">
          <SectionPanel s={s.vitals!} more={more("vitals")} empty={vit.length === 0}><Newest list={vit} /></SectionPanel>
          <SectionPanel s={s.results!} more={more("results")} empty={labs.length === 0}><Newest list={labs} /></SectionPanel>
          <SectionPanel s={s.orders!} more={more("orders")} title={t("openOrders")} empty={orders.length === 0} none={t("noneOpen")}><ul class="lines">{orders.slice(0, 6).map((o) => <li key={o.id} class={o.meta.origin}><div class="w"><b>{o.what}</b> {o.priority && o.priority !== "routine" && <b class="tag amber">{priorityWord(o.priority)}</b>} {o.status && o.status !== "active" && <span class="tag">{statusWord(o.status)}</span>} <span class="muted">{o.report ? t("prelimAt") : o.by}</span></div><AgeChip meta={o.meta} time={o.time} /></li>)}</ul>{orders.length > 6 && <button type="button" class="link" onClick={() => goTab("orders")}>+ {orders.length - 6}</button>}</SectionPanel>
          <SectionPanel s={s.documents!} more={more("documents")} empty={documents.length === 0}><ul class="lines">{documents.slice(0, 4).map((d) => <li key={d.id}><div class="w"><b>{d.title}</b> <span class="muted">{d.author}</span></div><AgeChip meta={d.meta} time={d.time} /></li>)}</ul></SectionPanel>
          <SectionPanel s={s.contacts!} empty={current(s.contacts!).length === 0}><Lines list={current(s.contacts!).slice(0, 4)} nowhen /></SectionPanel>
        </div>
      </div>
    </>
  );
}
const rank = (w: string) => (w.startsWith("critical") ? 3 : w === "high" || w === "low" || w === "abnormal" ? 2 : 1);
function Newest({ list }: { list: ReturnType<typeof latest> }) {
  const now = useNow(30000);
  return (
    <table class="newest"><caption class="vh">{t("results")}</caption><thead class="vh"><tr><th scope="col">{t("what")}</th><th scope="col">{t("value")}</th><th scope="col">{t("before")}</th><th scope="col">{t("when")}</th></tr></thead>
      <tbody>{list.map((a) => {
        const r = a.results[0]!, b = a.results[1];
        return <tr key={a.key}><th scope="row">{a.name}</th><td class={rank(r.flag.word) > 1 ? "out" : ""}><ValueCell r={r} unit={a.unit} /></td><td class="muted"><small>{b ? <>{t("before")} {b.value}</> : ""}</small></td><td class="nowrap"><AgeChip meta={r.meta} time={r.time} /><span class="vh">{stamp(r.time, now)}</span></td></tr>;
      })}</tbody></table>
  );
}

function Review({ p }: { p: Patient }) {
  const { openEntry } = useShared();
  return <section class="note warn" aria-labelledby="h-review"><h2 id="h-review">{t("review")}</h2><ul>{p.review.map((r, i) => <li key={i}><span lang={reviewText(r).foreign ? "en" : undefined}>{reviewText(r).text}</span>{r.entry !== null && <> <button type="button" class="link" onClick={() => openEntry(r.entry!)}>{t("entry")} {r.entry}</button></>}</li>)}</ul></section>;
}

// ---- orders, documents ----
function Orders({ p }: { p: Patient }) {
  const s = p.sections.orders!, { lang } = useShared();
  const { open, answered, done } = useMemo(() => ordersOf(p), [p, lang]);
  return (
    <>
      <SectionPanel s={s} title={t("openOrders")} empty={open.length === 0} none={t("noneOpen")}><OrderTable list={open} name={t("openOrders")} /></SectionPanel>
      {answered.length > 0 && <section class="panel" aria-labelledby="h-answered"><header><h2 id="h-answered">{t("ordersAnswered")}</h2></header><div class="in"><OrderTable list={answered} name={t("ordersAnswered")} /></div></section>}
      {done.length > 0 && <section class="panel" aria-labelledby="h-done"><header><h2 id="h-done">{t("ordersDone")}</h2></header><div class="in"><OrderTable list={done} name={t("ordersDone")} /></div></section>}
      <Former list={former(s)} />
      <SectionPanel s={p.sections.appointments!} empty={current(p.sections.appointments!).length === 0}><Lines list={current(p.sections.appointments!)} /></SectionPanel>
    </>
  );
}
// Long lists are cut where a screen ends and opened on asking; on paper all of it stands.
function OrderTable({ list, name }: { list: Order[]; name: string }) {
  const now = useNow(30000);
  const [all, setAll] = useState(false);
  useEffect(() => { const f = () => setAll(true); addEventListener("beforeprint", f); return () => removeEventListener("beforeprint", f); }, []);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={name}><table class="orders">
      <thead><tr><th scope="col">{t("what")}</th><th scope="col">{t("priority")}</th><th scope="col">{t("resultState")}</th><th scope="col">{t("orderedBy")}</th><th scope="col">{t("orderNumber")}</th><th scope="col">{t("ordered")}</th></tr></thead>
      <tbody>{(all ? list : list.slice(0, 25)).map((o) => (
        <tr key={o.id} class={o.meta.origin}>
          <th scope="row">{o.what} {o.status && !/^(active|completed)$/.test(o.status) && <span class="tag">{statusWord(o.status)}</span>}{o.detail && <small class="block muted">{o.detail}</small>}{o.was.length > 0 && <small class="block hist">{t("changedN", { n: o.was.length })}</small>}</th>
          <td>{!o.priority ? <span class="muted">–</span> : o.priority === "routine" ? priorityWord("routine") : <b class="tag amber">{priorityWord(o.priority)}</b>}</td>
          <td>{o.report ? <>{o.answered ? t("resultAt") : t("prelimAt")} <b class="nowrap">{stamp(metaOf(o.report).received, now)}</b></> : o.status === "completed" ? <span class="muted">–</span> : /^(revoked|cancelled|entered-in-error)$/.test(o.status) ? <span class="muted">–</span> : <b>{t("awaiting")}</b>}</td>
          <td>{o.by || <span class="muted">–</span>}</td><td class="wrap">{o.number || <span class="muted">–</span>}</td><td class="nowrap"><AgeChip meta={o.meta} time={o.time} /></td>
        </tr>))}</tbody></table>
      {!all && list.length > 25 && <p><button type="button" class="btn small noprint" onClick={() => setAll(true)}>{t("showAll")} ({count(list.length)})</button></p>}
    </div>
  );
}

function Documents({ p }: { p: Patient }) {
  const s = p.sections.documents!;
  const docs = useMemo(() => current(s).map(documentOf).sort((a, b) => stampOf(b.time) - stampOf(a.time)), [s]);
  const byTime = (a: Resource, b: Resource) => stampOf(timeOf(b)) - stampOf(timeOf(a));
  const reports = current(p.sections.reports!), spoken = reports.filter(hasOwnWords).sort(byTime), panels = reports.filter((r) => !hasOwnWords(r)).sort(byTime);
  const [open, setOpen] = useState<string>("");
  const shown = docs.find((d) => d.id === open);
  return (
    <>
      <SectionPanel s={s} empty={docs.length === 0}>
        <div class={shown ? "docsplit" : ""}>
          <ul class="lines docs">{docs.map((d) => (
            <li key={d.id} class={d.id === open ? "on" : ""}>
              <div class="w"><button type="button" class="link strong" aria-expanded={d.id === open} onClick={() => setOpen(d.id === open ? "" : d.id)}>{d.title || d.type || t("document")}</button> {d.status && !/^(current|final)$/.test(d.status) && <span class="tag">{statusWord(d.status)}</span>} <span class="muted">{[d.title.toLowerCase().startsWith(d.type.toLowerCase()) ? "" : d.type, d.author, ...(/^text\/plain|^$/.test(d.contentType) ? [] : [d.contentType.replace("application/", "").toUpperCase(), d.size !== null ? bytes(d.size) : ""])].filter(Boolean).join(" · ")}</span>{d.was.length > 0 && <span class="hist"> {d.was.length + 1} {t("versions")}</span>}</div>
              <AgeChip meta={d.meta} time={d.time} />
            </li>))}
          </ul>
          {shown && (
            <div class="docview" aria-label={shown.title} role="region" tabIndex={0}>
              {shown.text !== null ? <pre class="doctext">{shown.text}</pre> : PACKET ? <PacketNoDocument /> : shown.url && /^text\/(plain|rtf)?/.test(shown.contentType) && !/html/.test(shown.contentType) ? <TextDocument key={shown.url} url={shown.url} /> : shown.url ? (
                <><p class="row noprint"><a class="btn small" href={shown.url} target="_blank" rel="noreferrer">{t("openTab")}</a><span class="muted small">{t("docLogged")}</span></p>{/pdf|image|text/.test(shown.contentType) ? <iframe src={shown.url} title={shown.title} /> : <p class="note">{t("docOther", { t: shown.contentType || "?" })}</p>}</>
              ) : <p class="note warn">{t("docNone")}</p>}
            </div>
          )}
        </div>
      </SectionPanel>
      <Former list={former(s)} />
      <SectionPanel s={p.sections.reports!} empty={current(p.sections.reports!).length === 0}>
        {spoken.length > 0 && <Lines list={spoken.slice(0, 200)} />}
        {panels.length > 0 && <details class="former"><summary>{t("panelReports")} ({count(panels.length)})</summary><Lines list={panels.slice(0, 200)} /></details>}
      </SectionPanel>
    </>
  );
}

function TextDocument({ url }: { url: string }) {
  const [got, set] = useState<{ text?: string; wrong?: string }>({});
  useEffect(() => { getText(url).then((text) => set({ text }), (e: ApiError) => set({ wrong: e.code === "unreachable" ? t("unreachableNothing") : e.text })); }, [url]);
  return got.wrong ? <p class="note bad" role="alert">{got.wrong}</p> : got.text === undefined ? <Loading what={t("document")} /> : <pre class="doctext">{got.text}</pre>;
}

// ---- timeline ----
interface Moment extends Event { source?: string; origin?: "fed" | "captured" | "restored" | "partner" }
function Timeline({ id }: { id: string }) {
  const { atParam, openEntry, setAt } = useShared();
  const [pages, setPages] = useState<number[]>([]);
  const before = pages[pages.length - 1];
  const { data, error, loading, reload, fetched } = useData<{ events: Moment[]; next: number | null }>(withAt(`/api/patient/${encodeURIComponent(id)}/timeline`, atParam, { before, max: 200 }), `timeline ${id} ${before ?? ""}`);
  const [views, setViews] = useState(false);
  const seen = (data?.events ?? []).filter((e) => views || /^(hl7|fhir|other|identity)/.test(e.kind));
  let day = "";
  return (
    <>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {!data && loading && <Loading what={t("timeline")} />}
      {data && seen.length === 0 && <p class="note">{t("noneHere")}</p>}
      {data && <p class="row timehead"><span class="muted">{t("timelineNote")}</span><label class="choice noprint"><input type="checkbox" checked={views} onChange={() => setViews(!views)} /> {t("showViews")}</label></p>}
      {data && <ol class="timeline">{seen.map((e) => {
        const d = dayOf(e.time), head = d !== day;
        day = d;
        return (
          <li key={e.entry} class={head ? "newday" : ""}>
            {head && <h3>{d}</h3>}
            <div class="ev"><time dateTime={e.time} title={full(e.time)}>{full(e.time).slice(-8)}</time>{/^(hl7|fhir|other)/.test(e.kind) ? <OriginMark origin={e.origin ?? "fed"} wordy /> : <span class="muted">{t("ourRecord")}</span>}<span class="w"><b>{said(e)}</b> {plain(e.text ?? "")} <span class="muted">{/^(hl7|fhir)/.test(e.kind) ? `${e.what ?? ""} ${e.source ?? ""}` : [e.user, e.reason].filter(Boolean).join(" · ")}</span></span>
              <span class="acts"><button type="button" class="link" onClick={() => openEntry(e.entry)}>{t("entry")} {e.entry}</button><button type="button" class="link noprint" onClick={() => setAt({ time: e.time, entry: e.entry })}>{t("goThere")}</button></span></div>
          </li>
        );
      })}</ol>}
      <p class="row noprint">{pages.length > 0 && <button type="button" class="btn small" onClick={() => setPages(pages.slice(0, -1))}>{t("newer")}</button>}{data?.next != null && <button type="button" class="btn small" onClick={() => setPages([...pages, data.next!])}>{t("older")}</button>}</p>
    </>
  );
}

// "report: Vital signs; result: Heart rate 87 /min (final)": the kinds of facts are our own words, and what is final or done need not be said
// and units as people write them
const plain = (text: string) => text.replace(/(\d) (Cel|mm\[Hg\]|\[degF\]|\[iU\]|10\*\d+\/u?L|U)(?=[;\s(]|$)/g, (_, n: string, u: string) => `${n} ${unitWord(u)}`).replace(/(^|; )[a-z]+(-[a-z]+)*: /g, "$1").replace(/ \((final|completed|current|active|finished)\)/g, "").replace(/ \(([a-z-]+)\)/g, (_, s: string) => ` (${statusWord(s)})`);
const said = (e: Moment) => (/^RAS/.test(e.what ?? "") && e.text ? t(/\(not[- ]done\)/.test(e.text) ? "msgGivenNo" : "msgGivenYes") : /^(hl7|fhir)/.test(e.kind) ? messageWord(e.what ?? e.kind) : auditWord(e.what ?? e.kind));
// What a message type means to somebody who reads charts; the type itself stands beside it.
const words: [RegExp, Key][] = [[/^ORU/, "msgResults"], [/^R(DE|DS)|^OMP/, "msgMedication"], [/^RAS/, "msgGiven"], [/^O(ML|MG|RM|MI)/, "msgOrder"], [/^MDM/, "msgDocument"], [/^SIU/, "msgAppointment"], [/^VXU/, "msgImmunization"],
  [/^ADT\^A0?1$/, "msgAdmit"], [/^ADT\^A02/, "msgTransfer"], [/^ADT\^A03/, "msgDischarge"], [/^ADT\^A04/, "msgRegister"], [/^ADT\^A1[123]/, "msgCancel"], [/^ADT\^A(18|30|34|35|36|39|4\d|50|51)/, "msgIdentity"], [/^ADT\^A(24|37)/, "msgLink"], [/^ADT\^A17/, "msgSwap"], [/^ADT\^A60/, "msgAllergy"], [/^ADT/, "msgDetails"]];
export function messageWord(type: string): string { const hit = words.find(([r]) => r.test(type)); return hit ? t(hit[1]) : type; }

// ---- the rest ----
const rest = ["allergies", "problems", "flags", "visits", "appointments", "contacts", "care-team", "immunizations", "procedures", "coverage", "other"] as const;
function More({ p }: { p: Patient }) {
  return (
    <>
      {p.review.length > 0 && <Review p={p} />}
      <section class="panel" aria-labelledby="h-idents"><header><h2 id="h-idents">{t("numbers")}</h2></header><ul class="idents in">{p.numbers.map((n, i) => <li key={i}><b>{n.value}</b> <span class="muted">{[n.type, n.assigner].filter(Boolean).join(" · ")}</span></li>)}</ul></section>
      <div class="cols more">{rest.map((n) => { const s: Section = p.sections[n]!; const c = current(s); return <SectionPanel key={n} s={s} title={`${word(n)}${c.length ? ` (${count(c.length)})` : ""}`} empty={c.length === 0 && former(s).length === 0}><Lines list={c.slice(0, 100)} nowhen={n === "contacts" || n === "care-team"} />{c.length > 100 && <Former list={c.slice(100)} title={t("older")} />}<Former list={former(s)} /></SectionPanel>; })}</div>
      {!PACKET && <p class="muted small">{t("viewLogged", { n: p.viewEntry ?? "–" })}</p>}
    </>
  );
}

function BreakGlass({ id, text, onOpen, allowed }: { id: string; text: string; onOpen: () => void; allowed: boolean }) {
  const { session } = useShared();
  const why = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => { why.current?.focus(); }, []);
  const [reason, setReason] = useState(""), [wrong, setWrong] = useState(""), [busy, setBusy] = useState(false);
  const submit = (e: globalThis.Event) => {
    e.preventDefault();
    if (reason.trim().length < 8) { setWrong(t("reasonShort")); return; }
    setBusy(true);
    post("/api/break-glass", { patient: id, reason: reason.trim() }).then(() => { setBusy(false); onOpen(); }, (x: ApiError) => { setBusy(false); setWrong(x.code === "unreachable" ? t("unreachableNothing") : x.text); });
  };
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <section class="glassbox" aria-labelledby="h-glass">
        <h1 id="h-glass" tabIndex={-1}>{t("openProtected")}</h1>
        {!allowed ? <p class="note warn">{text}</p> : (
          <form onSubmit={submit}>
            <p>{t("openProtectedWhy")}</p>
            <div class="field"><label for="why"><span>{t("reason")}</span></label>
              <textarea id="why" ref={why} rows={3} required value={reason} aria-invalid={wrong ? "true" : undefined} aria-describedby={wrong ? "why-w" : undefined} onInput={(e) => { setReason(e.currentTarget.value); setWrong(""); }} />
              {wrong && <span class="wrong" id="why-w" role="alert">{wrong}</span>}</div>
            <div class="row"><button class="btn main-act" disabled={busy}>{t("openAs", { u: session.user })}</button><a class="btn" href="#/census">{t("back")}</a></div>
          </form>
        )}
      </section>
    </div>
  );
}
