// A ward packet: the viewer with a unit's data inside, opened from a file on a PC with no network. It reads and prints, and does nothing else.
import { options, render } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Session, tidyBoard, type Board } from "./api";
import { CensusPage } from "./census";
import { ChartPage } from "./chart";
import { clockSeconds, count, full, setZone, span, stamp } from "./format";
import { type Lang, firstLang, getLang, languages, setLang as useLanguage, t } from "./i18n";
import { tp } from "./i18n-packet";
import { type About, WrongWords, aboutInClear, inner, isApartOpen, openApart, openPacket, packetBoard, packetGo, packetPlace, packetSays } from "./packet-data";
import { Paper, type PaperText } from "./paper";
import { SearchPage } from "./search";
import { type Theme, applyTheme, commanded, firstTheme, typing } from "./settings";
import { Context, type Shared, useNow } from "./state";
import "./style.css";
import { PacketContacts } from "./packet-contacts";
import "./packet.css";
import { Dialog } from "./ui";

const IDLE = 30 * 60000, EARLY = 2 * 60000, REASON = 8;
const ms = (iso: string) => Date.parse(iso);
// `code` in a sentence is something to type
const Sentence = ({ s }: { s: string }) => <>{s.split("`").map((x, i) => (i % 2 ? <code key={i}>{x}</code> : x))}</>;
// What a key or a click asks for is drawn before the next one is read.
function atOnce(change: () => void) {
  const queue = options.debounceRendering;
  options.debounceRendering = (draw) => draw();
  try { change(); } finally { options.debounceRendering = queue; }
}
let arrive = () => {};
const go = (hash: string) => { packetGo(hash); atOnce(() => arrive()); };

// ---- the closed packet ----
function Languages({ lang, setLang }: { lang: Lang; setLang: (l: Lang) => void }) {
  return <p class="langs">{languages.map(([l, name]) => <button type="button" key={l} lang={l} aria-pressed={lang === l} onClick={() => setLang(l)}>{name}</button>)}</p>;
}
function Facts({ a, now }: { a: { site: string; made: string; until: string; zoneMinutes: number; drill?: boolean }; now: number }) {
  const age = now - ms(a.made);
  return (
    <>
      {a.drill && <p class="note bad drill" role="alert"><b>{tp("drill")}</b></p>}
      <p class="strong">{a.site}</p>
      <p>{tp("madeAt", { t: full(a.made) })}{age > 0 && <> · <b class="nowrap">{tp("old", { t: span(age / 1000) })}</b></>}<br />{tp("validUntil", { t: full(a.until) })}</p>
      {age < -EARLY && <p class="note bad early" role="alert"><b>{tp("early", { n: full(new Date(now).toISOString()), t: full(a.made) })}</b></p>}
      {now > ms(a.until) && <div class="expired" role="alert"><b>{tp("expired")}</b> {tp("expiredAt", { t: full(a.until), a: span((now - ms(a.until)) / 1000) })} {tp("expiredMeans", { t: full(a.made) })}</div>}
    </>
  );
}
function Why({ value, set }: { value: string; set: (v: string) => void }) {
  return <label><span>{tp("expiredAsk")}</span><input id="why" autocomplete="off" spellcheck={false} value={value} aria-describedby="why-hint" onInput={(e) => set(e.currentTarget.value)} /><small id="why-hint" class="muted">{tp("expiredHint")}</small></label>;
}
function Closed({ about, lang, setLang, onOpen }: { about: About | null; lang: Lang; setLang: (l: Lang) => void; onOpen: (why: string) => void }) {
  const now = useNow(1000), [typed, setTyped] = useState(""), [why, setWhy] = useState(""), [error, setError] = useState(""), [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null), over = about !== null && now > ms(about.until);
  useLayoutEffect(() => { field.current?.focus(); }, []);
  const old = typeof DecompressionStream === "undefined";
  const submit = (e: Event) => {
    e.preventDefault();
    if (!about || busy || !typed.trim()) return;
    if (over && why.trim().length < REASON) { setError(tp("tooShort")); document.getElementById("why")?.focus(); return; }
    setBusy(true);
    setError("");
    // the words are worked on for about a second, in which this page stands still: first it says so
    setTimeout(() => openPacket(about, typed).then(() => onOpen(over ? why.trim() : ""), (x: unknown) => { setBusy(false); setError(tp(x instanceof WrongWords ? "wrong" : "broken")); setTyped(""); field.current?.focus(); }), 60);
  };
  return (
    <div class="wash">
      <main class="login packetbox">
        <p class="brand">Holdfast</p>
        <h1>{about ? tp("title", { u: about.unit }) : tp("packet")}</h1>
        {!about ? <p class="note bad" role="alert">{tp("none")}</p> : old ? <p class="note bad" role="alert">{tp("oldBrowser")}</p> : (
          <>
            <Facts a={about} now={now} />
            <form onSubmit={submit} autocomplete="off">
              {error && <p class="note bad" role="alert">{error}</p>}
              {over && <Why value={why} set={setWhy} />}
              <label><span>{tp("words")}</span><input id="words" ref={field} type="password" autocomplete="off" spellcheck={false} value={typed} disabled={busy} aria-describedby="words-hint" onInput={(e) => setTyped(e.currentTarget.value)} /><small id="words-hint" class="muted">{tp("wordsHint")}</small></label>
              <button class="btn main-act wide" disabled={busy}>{tp(over ? "expiredOpen" : "open")}</button>
              {busy && <p role="status">{tp("opening")}</p>}
            </form>
          </>
        )}
        <Languages lang={lang} setLang={setLang} />
        {about && <><p class="small">{tp("stores")}</p><p class="small"><b><Sentence s={tp("maker")} /></b></p><p class="muted small">{tp("entryLine", { o: about.origin, n: count(about.entries), c: count(about.checkpoint) })}</p></>}
      </main>
    </div>
  );
}
// It ran out while it was open: what it shows is hidden until somebody says why they go on.
function RanOut({ onOpen }: { onOpen: (why: string) => void }) {
  const now = useNow(1000), [why, setWhy] = useState(""), [error, setError] = useState("");
  const submit = (e: Event) => { e.preventDefault(); if (why.trim().length < REASON) setError(tp("tooShort")); else onOpen(why.trim()); };
  return <div class="wash"><main class="login packetbox"><h1>{tp("title", { u: inner().unit })}</h1><Facts a={inner()} now={now} /><form onSubmit={submit}>{error && <p class="note bad" role="alert">{error}</p>}<Why value={why} set={setWhy} /><button class="btn main-act wide">{tp("expiredOpen")}</button></form></main></div>;
}

// ---- the open one ----
function Protected({ about, onOpen }: { about: About; onOpen: () => void }) {
  const [asking, setAsking] = useState(false), [typed, setTyped] = useState(""), [error, setError] = useState(""), [busy, setBusy] = useState(false);
  const submit = (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setTimeout(() => openApart(about, typed).then(() => { setAsking(false); onOpen(); }, (x: unknown) => { setBusy(false); setTyped(""); setError(tp(x instanceof WrongWords ? "wrong" : "broken")); }), 60);
  };
  if (about.leftOut) return <p class="strip warn leftout noprint">{tp(about.leftOut === 1 ? "leftOut1" : "leftOutN", { n: about.leftOut })}</p>;
  if (!about.apart) return null;
  if (isApartOpen()) return <p class="strip warn apart noprint" role="status"><b>{tp("apartIsOpen")}</b></p>;
  return (
    <div class="strip warn apart noprint"><span>{tp(about.apart === 1 ? "apart1" : "apartN", { n: about.apart })}</span><button type="button" class="btn small noprint" onClick={() => setAsking(true)}>{tp("apartOpen")}</button>
      {asking && <Dialog title={tp("apartTitle")} onClose={() => setAsking(false)}><form class="packetbox" onSubmit={submit} autocomplete="off">{error && <p class="note bad" role="alert">{error}</p>}<label><span>{tp("apartWords")}</span><input id="apart-words" type="password" autocomplete="off" value={typed} onInput={(e) => setTyped(e.currentTarget.value)} /></label><button class="btn main-act" disabled={busy}>{tp("open")}</button>{busy && <p role="status">{tp("opening")}</p>}</form></Dialog>}
    </div>
  );
}
const places: [string, "census" | "search"][] = [["census", "census"], ["search", "search"]];
function Open({ about, why, lang, setLang, theme, setTheme }: { about: About; why: string; lang: Lang; setLang: (l: Lang) => void; theme: Theme; setTheme: (x: Theme) => void }) {
  const now = useNow(10000), what = useMemo(inner, []), [, draw] = useState(0), [entry, setEntry] = useState<number | null>(null);
  const [paper, setPaperState] = useState<PaperText>({ identity: "", age: "" });
  const where = packetPlace().replace(/^#\/?/, "").split("/").map((s) => { try { return decodeURIComponent(s); } catch { return s; } }), page = where[0] || "census";
  const board = useMemo<Board>(() => tidyBoard(packetBoard(now) as unknown as Board), [Math.floor(now / 10000)]);
  useEffect(() => {
    arrive = () => draw((n) => n + 1);
    addEventListener("popstate", arrive);
    const key = (e: KeyboardEvent) => {
      if (commanded(e) || typing(e.target) || document.querySelector("dialog[open]")) return;
      const n = Number(e.key) - 1;
      if (places[n]) { e.preventDefault(); go(`#/${places[n]![0]}`); }
      else if (e.key === "/") { e.preventDefault(); go("#/search"); document.getElementById("q")?.focus(); }
    };
    const click = (e: MouseEvent) => { // no address changes: one with a patient in it would stay in the browser's history
      const a = (e.target as Element | null)?.closest?.<HTMLAnchorElement>("a[href]");
      if (!a) return;
      e.preventDefault();
      const to = a.getAttribute("href")!;
      if (to.startsWith("#/") && !e.button) go(to);
    };
    let last = Date.now();
    const busy = () => { last = Date.now(); };
    const watch = setInterval(() => { if (Date.now() - last > IDLE) location.reload(); }, 5000);
    for (const x of ["keydown", "pointerdown", "wheel"]) addEventListener(x, busy, { passive: true });
    addEventListener("keydown", key);
    addEventListener("click", click);
    addEventListener("auxclick", click);
    return () => { clearInterval(watch); for (const x of ["keydown", "pointerdown", "wheel"]) removeEventListener(x, busy); removeEventListener("popstate", arrive); removeEventListener("keydown", key); removeEventListener("click", click); removeEventListener("auxclick", click); };
  }, []);
  const first = useRef(true);
  useLayoutEffect(() => {
    if (!first.current && page !== "search") document.querySelector<HTMLElement>("#content h1, .banner h1")?.focus({ preventScroll: true });
    first.current = false;
    document.title = `${tp("packet")} · ${what.unit} · ${what.site}`;
  }, [page, where[1], lang]);
  const setPaper = useCallback((identity: string, age: string) => setPaperState((p) => (p.identity === identity && p.age === age ? p : { identity, age })), []);
  const session = useMemo<Session>(() => ({ user: tp("printFoot", { t: full(what.made) }), role: "packet", expires: what.until, mustChange: false, version: "", may: ["census", "search", "chart"], site: { name: what.site, origin: what.origin, mode: "normal", zoneMinutes: what.zoneMinutes } }), [lang]);
  const short = (name: string) => (name.indexOf("@") > 0 && new Set(board.feeds.map((f) => f.name.replace(/^[^@]*/, ""))).size === 1 ? name.slice(0, name.indexOf("@")) : name);
  const shared: Shared = {
    session, board, boardError: null, boardAt: ms(what.made), feed: (name) => board.feeds.find((f) => f.name === name), short, tick: isApartOpen() ? 1 : 0, at: null, setAt: () => {}, atParam: undefined, may: (x) => session.may.includes(x), openEntry: setEntry,
    print: () => { setTimeout(() => window.print(), 50); }, go, lang, setLang, theme, setTheme, signedOut: () => {}, renewBoard: () => {}, setPaper,
  };
  const over = now > ms(what.until), early = now < ms(what.made) - EARLY, age = span((now - ms(what.made)) / 1000);
  const lines = [what.drill ? tp("drill") : "", over ? tp("expiredBar", { t: full(what.until), r: why }) : "", tp("paper", { t: full(what.made), u: full(what.until) }), tp("maker").split(/[.。]/)[0], paper.age].filter(Boolean).join(" · ");
  return (
    <Context.Provider value={shared}>
      <div class={`frame packet ${over ? "expired" : ""}`}>
        <header class="bar">
          <span class={`site ${what.site.length > 28 ? "long" : ""}`}>{what.site}</span>
          <span class="clock">{clockSeconds(useNow(1000))}</span>
          <span class="mode">{over ? tp("expired") : tp("packet")} {what.unit}</span>
          <span class={`pill ${over ? "bad" : "warn"}`}>{tp("madeAt", { t: stamp(what.made, now) })} · <b>{early ? "?" : age}</b> · {tp("until", { t: stamp(what.until, now) })}</span>
          <span class="grow" />
          <span class="barend">
            <select aria-label={t("language")} value={lang} onChange={(e) => setLang(e.currentTarget.value as Lang)}>{languages.map(([l, name]) => <option key={l} value={l}>{name}</option>)}</select>
            <button type="button" aria-pressed={theme === "dark"} onClick={() => setTheme(theme === "dark" ? "light" : "dark")}>{t("dark")}</button>
            <button type="button" id="lock" onClick={() => location.reload()}>{tp("lock")}</button>
          </span>
        </header>
        <nav class="rail" aria-label={t("pages")}>
          {places.map(([p, w], i) => <a key={p} href={`#/${p}`} aria-current={page === p ? "page" : undefined}><span>{t(w)}</span><kbd aria-hidden="true">{i + 1}</kbd></a>)}
          <a href="#/contacts" aria-current={page === "contacts" ? "page" : undefined}><span>{tp("contacts")}</span></a>
          <p class="small muted" style="padding:8px">{tp("readOnly")}</p>
        </nav>
        <div class="main">
          {what.drill && <p class="strip bad drill" role="alert"><b>{tp("drill")}</b></p>}
          {over && <p class="strip bad" role="alert"><b>{tp("expiredBar", { t: full(what.until), r: why })}</b></p>}
          {early && <p class="strip bad early" role="alert"><b>{tp("early", { n: full(new Date(now).toISOString()), t: full(what.made) })}</b></p>}
          <p class="strip warn packetline noprint" role="status"><b>{tp("bar", { t: full(what.made) })}</b> <Sentence s={tp("maker").split(/(?<=[.。])/)[0] ?? ""} /></p>
          <Protected about={about} onOpen={() => draw((n) => n + 1)} />
          {page === "search" ? <SearchPage /> : page === "chart" && where[1] ? <ChartPage key={`${where[1]} ${shared.tick}`} id={where[1]} tab={where[2] ?? "summary"} /> : page === "census" ? <CensusPage key={shared.tick} /> : page === "contacts" ? <PacketContacts /> : <div class="scroller" id="content" tabIndex={0}><p class="note">{tp("notHere")}</p></div>}
        </div>
        {entry !== null && <Dialog title={`${t("entry")} ${entry}`} onClose={() => setEntry(null)}><p>{tp("entryMeans", { n: count(entry), o: what.origin })}</p><p class="muted">{tp("entryLine", { o: about.origin, n: count(about.entries), c: count(about.checkpoint) })}</p></Dialog>}
        <Paper text={{ identity: paper.identity, age: lines }} site={what.site} origin={what.origin} user={session.user} mode="normal" at={null} entry={null} board={board} />
      </div>
    </Context.Provider>
  );
}

function Packet() {
  const about = useMemo(aboutInClear, []), [open, setOpen] = useState(false), [why, setWhy] = useState(""), [lang, setLangState] = useState<Lang>(getLang()), [theme, setThemeState] = useState<Theme>(firstTheme()), now = useNow(5000);
  const setLang = useCallback((l: Lang) => { void useLanguage(l).then(() => setLangState(l)); }, []), setTheme = useCallback((x: Theme) => { applyTheme(x); setThemeState(x); }, []);
  packetSays.notHere = tp("notHere");
  packetSays.protected = tp("isProtected");
  if (!open) return <Closed about={about} lang={lang} setLang={setLang} onOpen={(w) => { setZone(inner().zoneMinutes); setWhy(w); setOpen(true); }} />;
  if (now > ms(inner().until) && !why) return <RanOut onOpen={setWhy} />;
  return <Open about={about!} why={why} lang={lang} setLang={setLang} theme={theme} setTheme={setTheme} />;
}

applyTheme(firstTheme());
setZone(aboutInClear()?.zoneMinutes ?? 0);
history.replaceState({ n: 0 }, "");
void useLanguage(firstLang()).then(() => render(<Packet />, document.getElementById("app")!));
