// Pages for people who are not staff: a patient at home with the recordings of their own, and whoever was given a link to one ECG.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, type Session, get, post } from "./api";
import { type Analysis, type Detail, type Source, analysisOf, detailOf, newKey, packed, person, recordings, said, send } from "./ecg";
import { ReadingState, ShortBanner, UnmatchedBanner } from "./ecg-parts";
import { Measures, Reader } from "./ecg-read";
import { agoOf, full, span, stamp } from "./format";
import { type Lang, getLang, languages, t } from "./i18n";
import { type Theme } from "./settings";
import { Context, type Shared, useData, useNow } from "./state";
import { Fail, Loading } from "./ui";

// What the shared parts ask for, without a hospital around them.
export const guest = (o: Partial<Shared>): Shared => ({
  session: { user: "", role: "", expires: "", mustChange: false, version: "", may: [], site: { name: "", origin: "", mode: "normal", zoneMinutes: 0 } }, board: null, boardError: null, boardAt: 0, feed: () => undefined, short: (n) => n, tick: 0, at: null, setAt: () => {}, atParam: undefined, may: () => false,
  openEntry: () => {}, print: () => window.print(), go: (h) => { location.hash = h; }, lang: getLang(), setLang: () => {}, theme: "light", setTheme: () => {}, signedOut: () => {}, renewBoard: () => {}, setPaper: () => {}, ...o,
});
function Langs({ set }: { set: (l: Lang) => void }) { return <p class="langs noprint">{languages.map(([l, name]) => <button type="button" key={l} lang={l} aria-pressed={getLang() === l} onClick={() => set(l)}>{name}</button>)}</p>; }

// ---- a shared link ----
export function SharePage({ token, lang, setLang, theme }: { token: string; lang: Lang; setLang: (l: Lang) => void; theme: Theme }) {
  const root = `/api/share/${encodeURIComponent(token)}`, source: Source = useMemo(() => ({ detail: root, wave: `${root}/wave`, analysis: `${root}/analysis`, report: `${root}/report.pdf` }), [token]);
  const [state, set] = useState<{ d: Detail | null; for: string; by: string; expires: string; error: ApiError | null }>({ d: null, for: "", by: "", expires: "", error: null }), [analysis, setAnalysis] = useState<Analysis | null>(null), now = useNow(10000);
  const over = state.expires !== "" && Date.parse(state.expires) <= now;
  useEffect(() => { // asked once: every opening is recorded
    get<any>(root).then((v) => { set({ d: detailOf(v.ecg ?? v), for: v.for ?? "", by: v.by ?? v.share?.by ?? "", expires: v.expires ?? "", error: null }); return get<unknown>(source.analysis).then((a) => setAnalysis(analysisOf(a)), () => {}); }, (error: ApiError) => set({ d: null, for: "", by: "", expires: "", error }));
  }, [token]);
  useEffect(() => { document.title = "ECG · Holdfast"; }, []);
  const d = state.d;
  return (
    <Context.Provider value={guest({ lang, setLang, theme })}>
      {over || (state.error && state.error.status !== 0) ? (
        <div class="wash"><main class="login gone"><p class="brand">Holdfast</p><h1>{t(over || state.error?.status === 410 ? "eGone" : "eNoSuchLink")}</h1><p>{t(over || state.error?.status === 410 ? "eGoneMeans" : "eNoSuchMeans")}</p>{state.error && state.error.status !== 410 && <p class="muted" lang="en">{state.error.text}</p>}<Langs set={setLang} /></main></div>
      ) : !d ? <div class="wash"><div class="login">{state.error ? <p class="note bad" role="alert">{t("unreachableNothing")}</p> : <Loading what="ECG" />}</div></div> : (
        <div class="guest column reading">
          <header class="guestbar"><b>{t("eSharedTitle")}</b> <span>{t("eSharedFor", { f: state.for || "–", t: full(state.expires) })}{state.by ? ` ${t("eSharedBy", { u: state.by })}` : ""}</span> <span class="tag amber">{t("eSharedLeft", { t: span((Date.parse(state.expires) - now) / 1000) })}</span> <b>{t("eEveryOpening")}</b><span class="grow" /><Langs set={setLang} /></header>
          {d.patient ? <ShortBanner p={d.patient} now={now} /> : <UnmatchedBanner d={d} />}
          <div class="ecgbar"><span class="what"><b>{t("ecg")} {full(d.recorded || d.received)}</b> <span class="age">{agoOf(d.recorded || d.received, now)}</span> <small class="muted">{d.device || t("eNoDevice")} · {t("eLeads", { n: d.leads })}</small></span><ReadingState row={d} now={now} /><span class="chip">{t("entry")} {d.entry}</span><span class="grow" /><a class="btn small noprint" href={source.report} target="_blank" rel="noopener">{t("eReport")}</a></div>
          <Reader d={d} source={source} analysis={analysis}>
            <aside class="readside" tabIndex={0} aria-label={t("eReading")}>
              <h2>{t("eStatements")} {d.reading !== "signed" && d.reading !== "amended" && <b class="tag unconfirmed">{t("esUnconfirmed")}</b>}</h2>
              <ol class="stlist">{d.statements.map((s, i) => <li key={i} lang={said(s).foreign ? "en" : undefined}>{said(s).text}</li>)}</ol>
              <h2>{t("eMeasures")}</h2><Measures d={d} analysis={analysis} before={null} overridden={{}} />
              {d.deviceStatements.length > 0 && <><h2>{t("eDeviceSays")}</h2><ul class="plainlist">{d.deviceStatements.map((x, i) => <li key={i} lang="en">{x}</li>)}</ul></>}
              {d.warnings.length > 0 && <div class="note warn"><h2>{t("eWarnings")}</h2><ul class="plainlist">{d.warnings.map((x, i) => <li key={i} lang="en">{x}</li>)}</ul></div>}
              <p class="muted small">{t("eNotDiagnosis")}</p>
            </aside>
          </Reader>
        </div>
      )}
    </Context.Provider>
  );
}

// ---- at home ----
interface HomeEcg { entry: number; recorded: string; received: string; device: string; seconds: number; status: string; statements: { code: string; text: string }[]; note: string; review: boolean; unreadable: boolean }
const homeOf = (v: any) => ({ patient: person(v?.patient), ecgs: (Array.isArray(v?.ecgs) ? v.ecgs : []).map((e: any): HomeEcg => ({ entry: e.entry, recorded: e.recorded ?? "", received: e.received ?? "", device: e.device ?? "", seconds: e.seconds ?? 0, status: e.status ?? "received", statements: (e.statementsIfSigned ?? []).map((s: any) => (typeof s === "string" ? { code: "", text: s } : { code: s.code ?? "", text: s.text ?? "" })), note: e.note ?? "", review: !!e.review, unreadable: !!e.unreadable })), next: typeof v?.next === "number" ? (v.next as number) : null });
const statusWords = (s: string): string => t(s === "read" ? "hRead" : /wait/.test(s) ? "hWaiting" : /not be used/.test(s) ? "hUnusable" : "hReceived");
const statusMeans = (s: string): string => t(/wait/.test(s) ? "hWaitingMeans" : /not be used/.test(s) ? "hUnusableMeans" : "hReceivedMeans");

export function HomePage({ session, signedOut, lang, setLang, theme, setTheme, where }: { session: Session; signedOut: () => void; lang: Lang; setLang: (l: Lang) => void; theme: Theme; setTheme: (t: Theme) => void; where: string[] }) {
  useEffect(() => { document.title = `ECG · ${session.site.name} · Holdfast`; }, [lang]);
  return (
    <Context.Provider value={guest({ session, lang, setLang, theme, setTheme, signedOut })}>
      <div class="home">
        <header class="guestbar"><b>{session.site.name}</b><span class="grow" /><Langs set={setLang} /><button type="button" class="btn small" aria-pressed={theme === "dark"} onClick={() => setTheme(theme === "dark" ? "light" : "dark")}>{t("dark")}</button><button type="button" class="btn" onClick={() => { post("/api/logout").then(signedOut, signedOut); }}>{t("signOut")}</button></header>
        {where[0] === "home" && where[1] ? <HomeOne n={Number(where[1])} /> : <HomeList />}
      </div>
    </Context.Provider>
  );
}
interface Sending { name: string; part: number; state: "sending" | "done" | "refused" | "unreachable"; text: string; again: () => void }
function HomeList() {
  const [pages, setPages] = useState<number[]>([]), before = pages[pages.length - 1];
  const { data, error, fetched, reload } = useData<unknown>(before ? `/api/home?before=${before}` : "/api/home", "home", 15000), now = useNow(10000);
  const h = useMemo(() => (data ? homeOf(data) : null), [data]);
  const [note, setNote] = useState(""), [out, setOut] = useState<Sending[]>([]), [ask, setAsk] = useState(0), [why, setWhy] = useState(""), [wrong, setWrong] = useState(""), input = useRef<HTMLInputElement>(null);
  const show = () => setOut((x) => [...x]);
  const take = async (files: File[]) => {
    for (const r of await recordings(files)) {
      const key = newKey(), item: Sending = { name: r.name, part: 0, state: r.wrong ? "refused" : "sending", text: r.wrong ? t(r.wrong) : "", again: () => {} };
      item.again = () => {
        item.state = "sending"; show();
        send("/api/home/ecg", { name: r.name, key, note: note.trim() }, r.files.length > 1 ? packed(r.files) : r.files[0]!, r.files.length > 1 ? "application/vnd.holdfast.ecg" : "application/octet-stream", (p) => { item.part = p; show(); })
          .then(() => { item.state = "done"; setNote(""); show(); reload(); }, (e: ApiError) => { item.state = e.status === 0 || e.status >= 500 ? "unreachable" : "refused"; item.text = e.status === 0 ? "" : e.text; show(); });
      };
      setOut((x) => [item, ...x]);
      if (!r.wrong) item.again();
    }
  };
  const review = (n: number) => post(`/api/home/ecg/${n}/review`, { note: why.trim() }).then(() => { setAsk(0); setWhy(""); reload(); }, (e: ApiError) => setWrong(e.code === "unreachable" ? t("unreachableNothing") : e.text));
  return (
    <main class="homemain" id="content" tabIndex={0}>
      <h1 tabIndex={-1}>{h?.patient ? t("hHello", { p: `${h.patient.given} ${h.patient.family}`.trim() }) : t("hTitle")}</h1>
      <p class="note bad emergency"><b>{t("hEmergency")}</b></p>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      <section class="panel" aria-labelledby="h-send"><header><h2 id="h-send">{t("hSend")}</h2></header><div class="in">
        <label class="field"><span>{t("hNote")}</span><textarea rows={2} value={note} onInput={(e) => setNote(e.currentTarget.value)} /></label>
        <button type="button" class="btn main-act wide" onClick={() => input.current?.click()}>{t("hChoose")}</button>
        <input ref={input} type="file" multiple class="vh" tabIndex={-1} aria-label={t("hChoose")} onChange={(e) => { const f = [...(e.currentTarget.files ?? [])]; e.currentTarget.value = ""; take(f); }} />
        <ul class="lines">{out.map((s, i) => <li key={i}><div class="w"><b>{s.name}</b> {s.state === "sending" ? <progress max={1} value={s.part} aria-label={s.name} /> : s.state === "done" ? <span role="status">{t("hSent")}</span> : <span class="wrong" role="alert">{t(s.state === "refused" ? "hRefused" : "hUnreachable")} <span lang="en">{s.text}</span></span>}</div>{s.state === "unreachable" && <button type="button" class="btn" onClick={s.again}>{t("retry")}</button>}</li>)}</ul>
      </div></section>
      <h2>{t("hMine")}</h2>
      {!h && !error && <Loading what={t("hMine")} />}
      {h && h.ecgs.length === 0 && <p class="note">{t("hNone")}</p>}
      <ul class="homelist">{h?.ecgs.map((e: HomeEcg) => (
        <li key={e.entry} class="panel"><div class="in">
          <p class="big"><time>{full(e.recorded || e.received)}</time> <small class="muted">{agoOf(e.recorded || e.received, now)}</small></p>
          <p><b class={`tag ${e.status === "read" ? "blue" : "amber"}`}>{statusWords(e.status)}</b> {e.review && /wait|received/.test(e.status) && <span class="tag">{t("hReviewAsked")}</span>} <span class="muted">{[e.device, e.seconds ? `${Math.round(e.seconds)} s` : ""].filter(Boolean).join(" · ")}</span></p>
          {e.status === "read" ? (e.statements.length > 0 ? <ul class="plainlist">{e.statements.map((s, i) => <li key={i} lang={said(s).foreign ? "en" : undefined}>{said(s).text}</li>)}</ul> : <p>{t("hReadNothing")}</p>) : <p>{statusMeans(e.status)}</p>}
          {e.note && <p class="diary">{e.note}</p>}
          {ask === e.entry ? <form onSubmit={(x) => { x.preventDefault(); review(e.entry); }}><label class="field"><span>{t("hReviewWhy")}</span><textarea rows={2} value={why} onInput={(x) => setWhy(x.currentTarget.value)} /></label>{wrong && <p class="note bad" role="alert">{wrong}</p>}<p class="row"><button class="btn main-act big-act">{t("hReviewDo")}</button><button type="button" class="btn big-act" onClick={() => setAsk(0)}>{t("back")}</button></p></form>
            : <p class="row">{!e.unreadable && <><a class="btn big-act" href={`#/home/${e.entry}`}>{t("hLook")}</a><a class="btn big-act" href={`/api/home/ecg/${e.entry}/report.pdf`} target="_blank" rel="noopener">{t("hReport")}</a></>}{e.status === "received" && !e.review && <button type="button" class="btn big-act" onClick={() => { setAsk(e.entry); setWrong(""); }}>{t("hReview")}</button>}</p>}
        </div></li>
      ))}</ul>
      {(pages.length > 0 || h?.next != null) && <p class="row">{pages.length > 0 && <button type="button" class="btn big-act" onClick={() => setPages(pages.slice(0, -1))}>{t("newer")}</button>}{h?.next != null && <button type="button" class="btn big-act" onClick={() => setPages([...pages, h.next!])}>{t("older")}</button>}</p>}
      <p class="muted">{t("eNotDiagnosis")}</p>
    </main>
  );
}
function HomeOne({ n }: { n: number }) {
  const { data, error, reload } = useData<unknown>(`/api/home?before=${n + 1}&max=1`, `home ${n}`), now = useNow(30000); // itself, however many came later
  const h = useMemo(() => (data ? homeOf(data) : null), [data]), e = h?.ecgs.find((x: HomeEcg) => x.entry === n);
  const root = `/api/home/ecg/${n}`, source: Source = useMemo(() => ({ detail: root, wave: `${root}/wave`, analysis: "", report: `${root}/report.pdf` }), [n]);
  const d = useMemo(() => (e ? { ...detailOf({ entry: n, recorded: e.recorded, received: e.received, device: e.device, seconds: e.seconds, leads: 1 }) } : null), [e]);
  const [text, setText] = useState(""), [saved, setSaved] = useState("");
  return (
    <main class="homemain" id="content" tabIndex={0}>
      <p><a class="btn big-act" href="#/home">{t("back")}</a></p>
      <Fail error={error} onRetry={reload} />
      {e && d ? <>
        <h1 tabIndex={-1}>{full(e.recorded || e.received)}</h1>
        <p><b class={`tag ${e.status === "read" ? "blue" : "amber"}`}>{statusWords(e.status)}</b> <span class="muted">{stamp(e.received, now)}</span></p>
        <div class="homeread"><Reader d={d} source={source} analysis={null} plain /></div>
        <form onSubmit={(x) => { x.preventDefault(); post(`${root}/note`, { text: text.trim() }).then(() => { setSaved(t("hNoteSaved")); setText(""); reload(); }, (y: ApiError) => setSaved(y.text)); }}><label class="field"><span>{t("hNote")}</span><textarea rows={2} value={text} onInput={(x) => setText(x.currentTarget.value)} /></label><p class="row"><button class="btn big-act" disabled={!text.trim()}>{t("hNoteSave")}</button><span role="status">{saved}</span></p></form>
      </> : !error && <Loading what="ECG" />}
    </main>
  );
}
