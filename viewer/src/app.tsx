import { options } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, type Board, type Session, get, line, post, serverNow, setCsrf, tidyBoard } from "./api";
import { pressing } from "./alarms";
import { AsOf } from "./asof";
import { AuditPage } from "./audit";
import { AlarmsPage, BoardPage } from "./board";
import { CensusPage } from "./census";
import { ChartPage } from "./chart";
import { type Downtime, DowntimeContext, DowntimeStrip, UnsavedStrip, runs } from "./downtime";
import { EntryDialog } from "./entry";
import { clockSeconds, full, setZone, span, stamp, stampNear } from "./format";
import { type Key, type Lang, getLang, languages, setLang as useLanguage, t, words } from "./i18n";
import { forgetOutbox, outboxOf, useOutbox } from "./outbox";
import { Paper, type PaperText } from "./paper";
import { With } from "./part";
import { ahead, capturePart, ecgPart, gatePart, registryPart } from "./parts";
import { SearchPage } from "./search";
import { type Theme, applyTheme, commanded, firstTheme, keysOn, remember, typing } from "./settings";
import { SetupPage } from "./setup";
import { PasswordPage, SignIn } from "./signin";
import { type At, Context, type Shared, atText, useNow, useShared } from "./state";
import { Dialog } from "./ui";
import { ViewStrips, onlyRead, stateOf } from "./view";

interface Page { path: string; word: Key; need: string }
const pages: Page[] = [
  { path: "board", word: "board", need: "board" }, { path: "census", word: "census", need: "census" }, { path: "search", word: "search", need: "search" },
  { path: "ecg", word: "ecg", need: "chart" }, { path: "capture", word: "capture", need: "capture" }, { path: "partners", word: "partners", need: "gate" }, { path: "alarms", word: "alarms", need: "board" }, { path: "audit", word: "audit", need: "audit" }, { path: "setup", word: "setup", need: "" }, { path: "cases", word: "cases", need: "scope" }, { path: "registry", word: "registry", need: "scope" },
];
// What a key or a click asks for stands on the screen, with its field focused, before the next key is read: a browser tells of a changed address, and draws, only later,
// and who types "/12" fast has then left the search again by the shortcut 1.
let arrive = () => {};
function atOnce(change: () => void) {
  const queue = options.debounceRendering;
  options.debounceRendering = (draw) => draw();
  try { change(); } finally { options.debounceRendering = queue; }
}
// (For keys, clicks and answers. In an effect it would take the page away from under the effects that are still to run: queueMicrotask there.)
const go = (hash: string) => { location.hash = hash; atOnce(() => arrive()); };
const route = () => location.hash.replace(/^#\/?/, "").split("/").map((s) => { try { return decodeURIComponent(s); } catch { return s; } });

export function App() {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [, redraw] = useState(0);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const begin = useCallback((s: Session) => { if (s.csrf) setCsrf(s.csrf); setZone(s.site?.zoneMinutes ?? 0); setSession(s); setFailed(null); }, []);
  const ask = useCallback(() => {
    get<Session>("/api/session").then(begin, (e: ApiError) => { if (e.status === 401) setSession(null); else setFailed(e); });
  }, []);
  const token = /^\/share\/([^/]+)\/?$/.exec(location.pathname)?.[1] ?? ""; // the page is served there, too; nobody is signed in
  useEffect(() => { if (!token) ask(); }, []);
  const language = useCallback((l: Lang) => { void useLanguage(l); remember("hf.lang", l); }, []);
  useLayoutEffect(() => { words.changed = () => redraw((n) => n + 1); words.changed(); return () => { words.changed = () => {}; }; }, []);
  const [theme, setThemeState] = useState<Theme>(firstTheme());
  const setTheme = useCallback((x: Theme) => { applyTheme(x); remember("hf.theme", x); setThemeState(x); }, []);
  if (token) return <With part={ecgPart} what={t("ecg")}>{(m) => <m.SharePage token={decodeURIComponent(token)} lang={getLang()} setLang={language} theme={theme} />}</With>;
  if (failed && !session) return <div class="wash"><main class="login"><h1>Holdfast</h1><p class="note bad" role="alert">{failed.code === "unreachable" ? t("unreachableNothing") : failed.text}</p><button type="button" class="btn main-act" onClick={ask}>{t("retry")}</button></main></div>;
  if (session === undefined) return <div class="wash"><p class="login" role="status">{t("loading", { what: "Holdfast" })}</p></div>;
  if (session === null) return <SignIn onDone={ask} setLang={language} />;
  if (session.mustChange) return <PasswordPage onDone={ask} onLeave={() => setSession(null)} />;
  const signedOut = () => { outboxOf("", () => {}); capturePart.here?.forgetCapture(); ecgPart.here?.forgetDrafts(); ecgPart.here?.forgetEcg(); setSession(null); go("#/"); };
  if (session.role === "patient") return <Home session={session} signedOut={signedOut} lang={getLang()} setLang={language} theme={theme} setTheme={setTheme} />;
  return <Frame session={session} signedOut={signedOut} lang={getLang()} setLang={language} theme={theme} setTheme={setTheme} />;
}

function Home(p: { session: Session; signedOut: () => void; lang: Lang; setLang: (l: Lang) => void; theme: Theme; setTheme: (t: Theme) => void }) {
  const [where, setWhere] = useState(route());
  useLayoutEffect(() => { const moved = () => setWhere(route()); addEventListener("hashchange", moved); return () => removeEventListener("hashchange", moved); }, []);
  return <With part={ecgPart} what={t("ecg")}>{(m) => <m.HomePage {...p} where={where} />}</With>;
}

function Frame({ session, signedOut, lang, setLang, theme, setTheme }: { session: Session; signedOut: () => void; lang: Lang; setLang: (l: Lang) => void; theme: Theme; setTheme: (t: Theme) => void }) {
  const [where, setWhere] = useState(route());
  const [at, setAt] = useState<At | null>(null);
  const [entry, setEntry] = useState<number | null>(null);
  const [help, setHelp] = useState(false);
  const [asOfOpen, setAsOfOpen] = useState(false);
  const [board, setBoard] = useState<Board | null>(null);
  const [boardError, setBoardError] = useState<ApiError | null>(null);
  const [boardAt, setBoardAt] = useState(0);
  const [, redraw] = useState(0);
  const [paper, setPaperState] = useState<PaperText>({ identity: "", age: "" });
  const [printed, setPrinted] = useState<{ entry: number | null; wait: boolean; failed: string }>({ entry: null, wait: false, failed: "" });
  const may = useCallback((what: string) => what === "" || session.may.includes(what), [session]);
  const seen = pages.filter((p) => may(p.need)), downtime = useFrameDowntime(session, signedOut);
  useOwnOutbox(session, signedOut);
  const page = where[0] || (may("census") ? "census" : seen[0]!.path);

  useLayoutEffect(() => { // (an effect after the paint is late on a busy machine: who goes on at once from the first page is not heard)
    arrive = () => { setWhere((old) => { const next = route(); return next.join("/") === old.join("/") ? old : next; }); };
    const moved = () => arrive();
    addEventListener("hashchange", moved);
    line.changed = () => redraw((n) => n + 1);
    return () => { removeEventListener("hashchange", moved); arrive = () => {}; };
  }, []);

  // Another page: its heading gets the focus, so that a screen reader says where we are. Not at the first one.
  const started = useRef(false);
  useLayoutEffect(() => {
    if (started.current && page !== "search") document.querySelector<HTMLElement>("#content h1, .banner h1")?.focus({ preventScroll: true });
    started.current = true;
    document.title = `${t(pages.find((p) => p.path === page)?.word ?? "chart")} · ${session.site.name} · Holdfast`;
  }, [page, where[1], where[2], lang]);

  const making = board !== null && /^(rebuilding|behind|down|restoring)$/.test(stateOf(board.view)); // how far it is should be seen to move
  const loadBoard = useCallback(() => {
    if (!may("board")) { // the line to the server is watched all the same
      get("/api/session").then(() => setBoardAt(serverNow()), (e: ApiError) => { if (e.status === 401) signedOut(); });
      return;
    }
    get<Board>("/api/board").then((b) => { setBoard(tidyBoard(b)); setBoardError(null); setBoardAt(serverNow()); }, (e: ApiError) => { if (e.status === 401) signedOut(); else setBoardError(e); });
  }, [session]);
  useEffect(() => {
    loadBoard();
    const id = setInterval(() => { if (!document.hidden) loadBoard(); }, making ? 3000 : page === "board" || page === "alarms" ? 5000 : 10000);
    return () => clearInterval(id);
  }, [page === "board" || page === "alarms", making, loadBoard]);

  const key = (e: KeyboardEvent) => {
    if (e.key === "Escape" && asOfOpen) { setAsOfOpen(false); document.getElementById("asof-button")?.focus(); return; }
    if (!keysOn() || commanded(e) || typing(e.target) || document.querySelector("dialog[open]")) return;
    const digit = /^\d$/.test(e.key) ? e.key : !e.shiftKey && !e.getModifierState("AltGraph") && /^[^/?t]$/.test(e.key) ? /^Digit(\d)$/.exec(e.code)?.[1] : undefined; // a French keyboard writes & where 1 is
    const numbered = digit && seen[(Number(digit) + 9) % 10]; // 0 is the tenth
    if (numbered) { e.preventDefault(); go(`#/${numbered.path}`); }
    else if (e.key === "/" && may("search")) { e.preventDefault(); go("#/search"); document.getElementById("q")?.focus(); }
    else if (e.key === "?") { e.preventDefault(); atOnce(() => setHelp(true)); }
    else if (e.key.toLowerCase() === "t") { e.preventDefault(); atOnce(() => setAsOfOpen(true)); }
  };
  const newest = useRef(key);
  newest.current = key;
  useLayoutEffect(() => {
    const press = (e: KeyboardEvent) => newest.current(e);
    const click = (e: MouseEvent) => { // a link of ours, followed as a key is
      const a = (e.target as Element | null)?.closest?.<HTMLAnchorElement>('a[href^="#/"]');
      if (!a || e.defaultPrevented || e.button || e.ctrlKey || e.altKey || e.metaKey || e.shiftKey) return;
      e.preventDefault();
      go(a.getAttribute("href")!);
    };
    addEventListener("keydown", press);
    addEventListener("click", click);
    return () => { removeEventListener("keydown", press); removeEventListener("click", click); };
  }, []);

  // What this person may open, fetched ahead of need: a ward that has the page open can go on when the network flutters.
  useEffect(() => ahead([...(may("capture") ? [capturePart] : []), ...(may("chart") ? [ecgPart] : []), ...(may("gate") ? [gatePart] : [])]), [may]);

  const tick = useMemo(() => (board ? board.feeds.reduce((n, f) => n + f.messages, 0) : 0), [board]);
  // "LAB" is enough where every feed is LAB@STGABRIEL, PHARM@STGABRIEL ...; the whole name stands in titles and on the board
  const places = new Set((board?.feeds ?? []).map((f) => f.name.replace(/^[^@]*/, "")));
  const short = (name: string) => (places.size === 1 && name.indexOf("@") > 0 ? name.slice(0, name.indexOf("@")) : name);
  const setPaper = useCallback((identity: string, age: string) => setPaperState((p) => (p.identity === identity && p.age === age ? p : { identity, age })), []);
  const print = useCallback((what: string, ids: { patient?: string; unit?: string }) => {
    post<{ entry: number }>("/api/print", { what, patient: ids.patient ?? "", unit: ids.unit ?? "", at: atText(at) ?? "" }).then(
      (r) => setPrinted({ entry: r.entry, wait: true, failed: "" }),
      // a ward that cannot reach the server must still get its paper: it says that the print stands in no record
      (e: ApiError) => { if (e.status === 401) signedOut(); else setPrinted({ entry: null, wait: e.code === "unreachable", failed: e.code === "unreachable" ? t("printUnrecorded") : e.text }); });
  }, [at]);
  useEffect(() => { if (printed.wait) { setPrinted((p) => ({ ...p, wait: false })); setTimeout(() => window.print(), 50); } }, [printed.wait]);

  const shared: Shared = {
    session, board, boardError, boardAt, feed: (name) => board?.feeds.find((f) => f.name === name), short, tick, at, setAt, atParam: atText(at), may, openEntry: setEntry, print, go, lang, setLang, theme, setTheme, signedOut, renewBoard: () => { loadBoard(); renewDowntime(); }, setPaper,
  };
  const said = board?.site?.mode ?? session.site.mode ?? "normal", mode = said === "normal" && runs(downtime) ? (downtime!.state === "down" ? "downtime" : "return") : said;
  const currentPage = page === "chart" ? "" : page;
  const follows = page === "chart" || page === "search" || !pages.some((p) => p.path === page && p.path !== "census"); // the others show now, and say so
  const allowed = page === "chart" ? may("chart") : may(pages.find((p) => p.path === page)?.need ?? "");
  return (
    <Context.Provider value={shared}><DowntimeContext.Provider value={downtime}>
      <div class={`frame mode-${mode} ${page === "ecg" && /^\d+$/.test(where[1] ?? "") ? "full" : ""} ${at ? "past" : ""} ${at && follows ? "pasthere" : ""}`}>
        <a class="skip" href="#content" onClick={(e) => { e.preventDefault(); document.getElementById("content")?.focus(); }}>{t("skip")}</a>
        <StateBar mode={mode} since={runs(downtime) ? downtime!.since : undefined} asOfOpen={asOfOpen} setAsOfOpen={setAsOfOpen} />
        <nav class="rail" aria-label={t("pages")}>
          {seen.map((p, i) => <a key={p.path} href={`#/${p.path}`} aria-current={p.path === currentPage ? "page" : undefined}><span>{t(p.word)}{p.path === "alarms" && pressing(board).length > 0 ? <b class="n"> {pressing(board).length}</b> : null}</span>{i < 10 && <kbd aria-hidden="true">{(i + 1) % 10}</kbd>}</a>)}
          <button type="button" class="help" onClick={() => setHelp(true)}><span>{t("keys")}</span><kbd aria-hidden="true">?</kbd></button>
        </nav>
        <div class="main">
          {line.down && <Unreachable since={boardAt} retry={loadBoard} />}
          {board && !board.readOnly && (board.notRecorded ?? 0) > 0 && <p class="strip bad" role="alert"><b>{t("notBeingRecorded")}</b> {t("alUnrecorded")} ({board.notRecorded})</p>}
          <DowntimeStrip />
          <UnsavedStrip />
          <ViewStrips board={board} now={boardAt} decides={may("setup")} />
          {words.late && <p class="strip warn noprint" role="status">{t("langLate", { l: languages.find(([l]) => l === words.late)![1] })}</p>}
          {line.skew !== 0 && Math.abs(line.skew) > 60000 && <p class="strip warn" role="status">{t("clockOff", { t: span(Math.abs(line.skew) / 1000) })}</p>}
          {asOfOpen && <AsOf onClose={() => { setAsOfOpen(false); document.getElementById("asof-button")?.focus(); }} />}
          {at && <PastLine follows={follows} onNow={() => { setAt(null); setAsOfOpen(false); }} />}
          {printed.failed && <p class="strip warn noprint" role="alert">{printed.failed}</p>}
          {mode === "drill" && <div class="watermark" aria-hidden="true">{t("modeDrill")}</div>}
          {!allowed ? <div class="scroller" id="content" tabIndex={0}><p class="note warn">{t("may")}</p></div>
            : page === "board" ? <BoardPage /> : page === "alarms" ? (where[1] && may("gate") ? <With part={gatePart} what={t("alarms")}>{(m) => <m.VerdictPage key={where[1]} id={where[1]!} />}</With> : <AlarmsPage />) : page === "partners" ? <With part={gatePart} what={t("partners")}>{(m) => <m.PartnersPage where={where} />}</With> : page === "cases" ? <With part={gatePart} what={t("cases")}>{(m) => <m.CasesPage where={where} />}</With> : page === "registry" ? <With part={registryPart} what={t("registry")}>{(m) => <m.RegistryPage where={where} />}</With> : page === "search" ? <SearchPage /> : page === "audit" ? <AuditPage /> : page === "setup" ? <SetupPage />
            : page === "ecg" ? <With part={ecgPart} what={t("ecg")}>{(m) => where[1] === "upload" ? <m.EcgUploadPage /> : where[1] === "live" ? <m.EcgLivePage id={where[2] ?? ""} /> : /^\d+$/.test(where[1] ?? "") ? <m.EcgPage key={where[1]} n={Number(where[1])} /> : <m.EcgListPage />}</With>
            : page === "capture" ? <With part={capturePart} what={t("capture")}>{(m) => <m.CapturePage where={where} />}</With>
            : page === "chart" && where[1] ? <ChartPage id={where[1]} tab={where[2] ?? "summary"} /> : <CensusPage />}
        </div>
        {entry !== null && <EntryDialog key={entry} n={entry} onClose={() => setEntry(null)} />}
        {help && (
          <Dialog title={t("keys")} onClose={() => setHelp(false)}>
            <dl class="kv keys">
              {seen.slice(0, 10).map((p, i) => <div key={p.path}><dt><kbd>{(i + 1) % 10}</kbd></dt><dd>{t(p.word)}</dd></div>)}
              {([["/", "keySearch"], ["t", "keyAsOf"], ["[  ]", "keySections"], ["↑ ↓ Enter", "keyRows"], ["?", "keyThis"], ["Esc", "keyClose"]] as [string, Key][]).map(([k, w]) => <div key={k}><dt><kbd>{k}</kbd></dt><dd>{t(w)}</dd></div>)}
            </dl>
            {may("chart") && <><h3>{t("keyEcg")}</h3><dl class="kv keys">{([["c", "ekCalipers"], ["← → ↑ ↓", "ekMove"], ["x", "ekEdge"], ["n", "ekLead"], ["o · s", "ekMarch"], ["l g v f", "ekLook"], ["z · b · p", "ekMore"], ["j · k", "ekNext"], ["e · m", "ekEdit"], ["PgUp PgDn", "ekScroll"]] as [string, Key][]).map(([k, w]) => <div key={k}><dt><kbd>{k}</kbd></dt><dd>{t(w)}</dd></div>)}</dl></>}
            <p class="muted">{t("keysOff")}</p>
          </Dialog>
        )}
        <Paper text={paper} site={session.site.name} origin={session.site.origin} user={session.user} mode={mode} at={at} entry={printed.entry} board={board} />
      </div>
    </DowntimeContext.Provider></Context.Provider>
  );
}

// Frame gives what useData takes from it, so it asks by itself: every 15 s, and every 5 minutes of a server that has no answer.
function useFrameDowntime(session: Session, signedOut: () => void): Downtime | null {
  const [d, set] = useState<Downtime | null>(null);
  useEffect(() => {
    if (!session.may.includes("board")) return;
    let timer = 0, gone = false;
    const ask = () => { if (document.hidden) { timer = window.setTimeout(ask, 5000); return; } get<Downtime>("/api/downtime").then((x) => { if (gone) return; set(typeof x?.state === "string" ? x : null); timer = window.setTimeout(ask, 15000); }, (e: ApiError) => { if (gone) return; if (e.status === 401) { signedOut(); return; } if (e.status === 404 || e.status === 403) set(null); timer = window.setTimeout(ask, e.status === 404 || e.status === 403 ? 300000 : 15000); }); };
    ask();
    const at = () => { clearTimeout(timer); ask(); };
    renewDowntime = at;
    return () => { gone = true; clearTimeout(timer); renewDowntime = () => {}; };
  }, [session]);
  return d;
}
let renewDowntime = () => {};
// What waits to be saved is sent by who wrote it, as soon as they have signed in.
function useOwnOutbox(session: Session, signedOut: () => void) { useEffect(() => { outboxOf(session.user, signedOut); }, [session]); }

function modeText(mode: string, since: string | undefined, now: number): string {
  const from = since ? " " + t("sinceT", { t: stampNear(since, now) }) : "";
  return mode === "normal" ? t("modeNormal") : mode === "downtime" ? t("modeDowntime") + from : mode === "drill" ? t("modeDrill") + from : mode.startsWith("return") ? t("modeReturn") + from : mode.toUpperCase() + from;
}

function Clock() { return <span class="clock"><span class="vh">{t("clock")} </span>{clockSeconds(useNow(1000))}</span>; }

function StateBar({ mode, since, asOfOpen, setAsOfOpen }: { mode: string; since?: string; asOfOpen: boolean; setAsOfOpen: (b: boolean) => void }) {
  const s = useShared();
  const { session, board, at } = s;
  const now = useNow(5000);
  const rank = { never: 3, stale: 2, ageing: 1, fresh: 0 } as Record<string, number>;
  const live = (board?.feeds ?? []).filter((f) => f.state !== "ended"); // nobody waits for the others
  const worst = live.slice().sort((a, b) => (rank[b.state] ?? 0) - (rank[a.state] ?? 0) || Date.parse(a.last ?? "") - Date.parse(b.last ?? ""))[0];
  const alarms = pressing(board).length;
  const silent = live.filter((f) => f.state === "stale" || f.state === "never").length;
  const stale = worst && (worst.state === "stale" || worst.state === "never");
  return (
    <header class="bar">
      <span class={`site ${session.site.name.length > 28 ? "long" : ""}`}>{session.site.name}</span>
      <Clock />
      <span class={`mode ${onlyRead(board) ? "readonly" : mode}`}>{onlyRead(board) ? t("modeReadOnly") : modeText(mode, since ?? board?.site?.since ?? session.site.since, now)}</span>
      {worst ? (
        <a href="#/board" class={`pill ${stale ? "bad" : worst.state === "ageing" ? "warn" : ""}`}>
          {stale ? <>{t(worst.state === "never" ? "never" : "stale")}{t("colon")}{s.short(worst.name)}{silent > 1 ? ` +${silent - 1}` : ""}{worst.last ? <> · <span class="nowrap">{span((now - Date.parse(worst.last)) / 1000)}</span></> : ""}</>
            : <>{t("feedsOk", { n: live.length })} · {t("oldest", { t: worst.last ? span((now - Math.min(...live.map((f) => Date.parse(f.last ?? "") || now))) / 1000) : "" })}</>}
        </a>
      ) : board ? <span class="pill warn">{t("noFeeds")}</span> : null}
      {board && (alarms ? <a href="#/alarms" class={`pill ${board.alarms.some((a) => a.severity === "alarm") ? "bad" : "warn"}`}>{t("alarmsN", { n: alarms })}</a> : <a href="#/alarms" class="pill quiet">{t("noAlarmsShort")}</a>)}
      <span class="grow" />
      <span class="barend"><OwnMenu />
      <button type="button" id="asof-button" class="asof" aria-expanded={asOfOpen} onClick={() => setAsOfOpen(!asOfOpen)}><span>{t("asOfLabel")}</span> <b>{at ? (at.time ? stamp(at.time, now) : `#${at.entry}`) : t("now")}</b></button></span>
    </header>
  );
}
export function roleWord(role: string): string { const k = `role_${role}` as Key; const w = t(k); return w === undefined ? role : w; }

// Who is signed in, and what is theirs to choose: language, light or dark, leaving.
function OwnMenu() {
  const s = useShared();
  const [open, setOpen] = useState(false), [lose, setLose] = useState(false);
  const waits = useOutbox().filter((w) => w.state !== "saved" && w.user === s.session.user).length;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const away = (e: Event) => { if (e instanceof KeyboardEvent ? e.key === "Escape" : !box.current?.contains(e.target as Node)) { setOpen(false); if (e instanceof KeyboardEvent) document.getElementById("me")?.focus(); } };
    addEventListener("keydown", away);
    addEventListener("pointerdown", away);
    return () => { removeEventListener("keydown", away); removeEventListener("pointerdown", away); };
  }, [open]);
  return (
    <div class="own" ref={box}>
      <button type="button" id="me" class="me" aria-expanded={open} aria-controls="own" onClick={() => setOpen(!open)}>{s.session.user} <small>{roleWord(s.session.role)}</small> <span aria-hidden="true">▾</span></button>
      {open && (
        <div class="ownmenu" id="own">
          <p class="muted small">{t("signedInAs", { u: s.session.user })}, {roleWord(s.session.role)}</p>
          <label><span>{t("language")}</span> <select class="line" value={s.lang} onChange={(e) => s.setLang(e.currentTarget.value as Lang)}>{languages.map(([l, name]) => <option key={l} value={l}>{name}</option>)}</select></label>
          <div role="group" aria-label={t("theme")} class="row"><button type="button" class="btn" aria-pressed={s.theme === "light"} onClick={() => s.setTheme("light")}>{t("light")}</button><button type="button" class="btn" aria-pressed={s.theme === "dark"} onClick={() => s.setTheme("dark")}>{t("dark")}</button></div>
          <button type="button" class={`btn wide ${waits && lose ? "stop" : ""}`} onClick={() => { if (waits && !lose) { setLose(true); return; } forgetOutbox(); post("/api/logout").then(s.signedOut, s.signedOut); }}>{waits && lose ? t("cpLoseThem", { n: waits }) : t("signOut")}</button>
        </div>
      )}
    </div>
  );
}

function PastLine({ follows, onNow }: { follows: boolean; onNow: () => void }) {
  const { at } = useShared();
  const when = at?.time ? full(at.time) : `#${at?.entry}`;
  const now = <button type="button" class="btn small noprint" onClick={onNow}>{t("backToNow")}</button>;
  if (!follows) return <div class="pastline here" role="status"><span>{t("pastNotHere", { t: when })}</span><span class="grow" />{now}</div>;
  return <div class="pastline" role="status"><span>{t("asItWas", { t: when })}{at?.time && at.entry !== undefined ? ` · ${t("entry")} ${at.entry}` : ""}</span> <span class="soft">{t("pastMeans")}</span>{now}</div>;
}

function Unreachable({ since, retry }: { since: number; retry: () => void }) {
  const now = useNow(1000);
  return <div class="strip bad" role="alert"><b>{since ? t("unreachable", { t: clockSeconds(since) }) : t("unreachableNothing")}</b> {since ? <span>{t("ago", { t: span((now - since) / 1000) })}</span> : null}<button type="button" class="btn small noprint" onClick={retry}>{t("retry")}</button></div>;
}
