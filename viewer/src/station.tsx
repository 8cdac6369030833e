// A ward's PC with no core: its packets, what is written down on it, and what of that has been brought. It asks its own loopback and nobody else; charts stand in the packets, which open with the unit's words in a page of their own.
import { render } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError, get, post, setCsrf } from "./api";
import { type Item, type Values, isoMinute, itemOf, judge, kindWord, kinds, lineOfItem, momentOf, numberFits, shown } from "./capture";
import { FieldInput } from "./capture-parts";
import { agoOf, clock, count, full, span, stamp } from "./format";
import { type Lang, firstLang, getLang, languages, setLang as useLanguage, t } from "./i18n";
import { ts } from "./i18n-station";
import { applyTheme, firstTheme } from "./settings";
import "./style.css";
import "./capture.css";
import "./station.css";

interface Status { unit: string; name: string; enrolled: boolean; key?: string; discarded?: string; heard?: string; silentSeconds?: number; trouble?: string; items: number; waiting: number; refused: number; numbersLeft: number }
interface Kept { name: string; verified: boolean; made: string; validUntil?: string; ageSeconds: number; expired?: boolean; bytes: number }
interface Who { user: string; csrf: string }
interface Line { n: number; state: "queued" | "brought"; item: unknown }

const HOLDS = 10 * 60000; // ms: a round at one bed is one comparison
const SILENT = 15 * 60; // seconds: what waits may have to be carried
const order = ["vitals", "given", "held", "note", "result", "order", "allergy", "specimen", "registration", "admit", "transfer", "discharge"]; // (to stop an order one has to choose it: that needs the chart)
const Sentence = ({ s }: { s: string }) => <>{s.split("`").map((x, i) => (i % 2 ? <code key={i}>{x}</code> : x))}</>;
const forget = () => { setCsrf(""); };

// ---- packets ----
function Packets({ list }: { list: Kept[] | null }) {
  const now = Date.now(), best = list?.find((p) => p.verified);
  return (
    <section class="panel" aria-labelledby="h-packets">
      <header><h2 id="h-packets">{ts("packets")}</h2></header>
      {list && !best && <p class="note bad strong" role="alert">{ts("noPacket")}</p>}
      {best?.expired && <p class="note bad strong" role="alert">{ts("expired")}{t("colon")}{ts("valid", { t: full(best.validUntil) })}</p>}
      <ul class="rows" id="kept">{(list ?? []).map((p) => (
        <li key={p.name}>
          {p.verified ? <a class={`btn ${p === best ? "main-act big" : ""}`} href={`/packet/${encodeURIComponent(p.name)}`} target="_blank" rel="noreferrer">{ts("open")}</a> : <b class="tag red">{ts("changed")}</b>}
          <b class="nowrap">{ts("old", { a: span(Math.max(0, p.ageSeconds)) })}</b> <span>{ts("made", { t: full(p.made) })}{p.validUntil && <> · {ts("valid", { t: stamp(p.validUntil, now) })}</>}</span>
          {p === best && <span class="tag">{ts("newest")}</span>}{p.expired && <b class="tag red">{ts("expired")}</b>}
        </li>))}</ul>
      {best && <p class="in small">{ts("verified")}</p>}
    </section>
  );
}

// ---- who writes ----
function SignIn({ onIn }: { onIn: (w: Who) => void }) {
  const [user, setUser] = useState(""), [pin, setPin] = useState(""), [error, setError] = useState(""), [busy, setBusy] = useState(false);
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try { onIn(await post<Who>("/api/login", { user: user.trim(), password: pin })); } catch (x) { setError((x as ApiError).status === 401 ? ts("wrong") : (x as ApiError).status ? (x as ApiError).text : ts("down")); setPin(""); }
    setBusy(false);
  };
  return (
    <section class="panel" aria-labelledby="h-in"><header><h2 id="h-in">{ts("signIn")}</h2></header>
      <form class="in signin" onSubmit={submit} autocomplete="off">
        {error && <p class="note bad" role="alert">{error}</p>}
        <div class="field"><label for="user"><span>{ts("name")}</span></label><input id="user" value={user} autocomplete="off" spellcheck={false} onInput={(e) => setUser(e.currentTarget.value)} /></div>
        <div class="field"><label for="pin"><span>{ts("pin")}</span></label><input id="pin" type="password" value={pin} autocomplete="off" onInput={(e) => setPin(e.currentTarget.value)} /></div>
        <button class="btn main-act" disabled={busy || !user.trim() || !pin}>{ts("signInDo")}</button>
      </form>
    </section>
  );
}

// ---- one item ----
interface Draft { number: string; birth: string; family: string; temporary: boolean; compared: number; looked: boolean; oddOk: boolean; when: string; behalf: string; values: Values }
const empty = (): Draft => ({ number: "", birth: "", family: "", temporary: false, compared: 0, looked: false, oddOk: false, when: "", behalf: "", values: {} });

// What somebody was typing when their session ended: theirs when they sign in again, and nobody else's.
let held: { user: string; kind: string; d: Draft } | null = null;

function Write({ unit, who, onSaved, out }: { unit: string; who: Who; onSaved: () => void; out: () => void }) {
  const mine = held?.user === who.user ? held : null, [kind, setKind] = useState(mine?.kind ?? ""), [d, setD] = useState<Draft>(mine?.d ?? empty()), [touched, setTouched] = useState(false), [busy, setBusy] = useState(false), [saved, setSaved] = useState<{ id: string; line: string } | null>(null), [error, setError] = useState(""), [unsure, setUnsure] = useState(false), form = useRef<HTMLFormElement>(null), outcome = useRef<HTMLHeadingElement>(null);
  const now = Date.now(), set = (x: Partial<Draft>) => setD((was) => ({ ...was, ...x })), id = (x: Partial<Draft>) => set({ ...x, compared: 0 }); // other words: to be compared anew
  useEffect(() => { held = null; }, []);
  useLayoutEffect(() => { if (saved || unsure) outcome.current?.focus(); }, [saved, unsure]);
  const fresh = (k: string) => { setKind(k); setTouched(false); setSaved(null); setError(""); setUnsure(false); set({ values: {}, when: "", behalf: "", looked: false, oddOk: false }); };
  const isNew = kind === "registration", fits = numberFits(d.number.trim()), judged = kind ? judge(kind, d.values, now) : null, ms = d.when.trim() ? momentOf(d.when, now) : now;
  const keys = ["recordNumber", ...(d.birth.trim() ? ["birth"] : []), ...(d.family.trim() ? ["family"] : [])], alone = d.temporary && fits === true, compared = d.compared > 0 && now - d.compared < HOLDS;
  const identified = isNew ? d.number.trim() !== "" && fits !== false : d.number.trim() !== "" && compared && (keys.length >= 2 || alone);
  const missing: [string, boolean][] = [[t("cpmWho"), !identified], [t("cpmWhen"), isNaN(ms)], [t("cpmWhat"), !judged || Object.keys(judged.wrong).length > 0], [t("cpmCheck"), kind === "given" && !d.looked], [t("cpmRead"), !!judged && judged.odd.length > 0 && !d.oddOk]];
  const name = isNew ? [d.values.family?.toUpperCase(), d.values.given].filter(Boolean).join(", ") : d.family.trim().toUpperCase(), whom = [name, d.number.trim()].filter(Boolean).join(" · ");
  const submit = async (e: Event) => {
    e.preventDefault();
    setTouched(true);
    if (busy || missing.some((m) => m[1]) || !judged) { queueMicrotask(() => (!identified ? document.getElementById("s-number") : form.current?.querySelector<HTMLElement>("[aria-invalid], #s-looked:not(:checked), #s-odd:not(:checked)"))?.focus()); return; }
    const body = {
      unit: isNew ? d.values["bed.unit"]?.trim() || unit : unit, patient: alone ? `${d.number.trim()}@DOWNTIME` : d.number.trim(), kind, occurred: isoMinute(ms), recorded: new Date(now).toISOString().slice(0, 19) + "Z", identifiers: isNew ? [] : alone ? ["recordNumber"] : keys,
      ...(alone || (isNew && fits) ? { unidentified: true } : {}), ...(d.behalf.trim() ? { on_behalf_of: d.behalf.trim() } : {}), values: judged.values,
    };
    setBusy(true);
    setError("");
    try {
      const r = await post<{ id: string }>("/api/capture", body);
      setSaved({ id: r.id, line: `${kindWord(kind)} · ${whom} · ${lineOfItem(itemOf({ ...body, patient: null }))}` });
      onSaved();
    } catch (x) {
      const no = x as ApiError;
      if (no.status === 401) { held = { user: who.user, kind, d }; out(); }
      else if (no.status === 0) setUnsure(true);
      else setError(no.text);
      onSaved();
    }
    setBusy(false);
  };
  const field = (key: "number" | "birth" | "family", label: string, bad = false) => <div class="field"><label for={`s-${key}`}><span>{label}</span></label><input id={`s-${key}`} value={d[key]} autocomplete="off" spellcheck={false} aria-invalid={bad ? "true" : undefined} onInput={(e) => id({ [key]: e.currentTarget.value })} /></div>;
  return (
    <section class="panel" aria-labelledby="h-write">
      <header><h2 id="h-write">{ts("write")}</h2><span class="muted">{ts("you", { u: who.user })}</span></header>
      <div class="in kinds">{order.map((k) => <button type="button" class="btn" key={k} aria-pressed={kind === k} onClick={() => fresh(k)}>{kindWord(k)}</button>)}</div>
      {saved ? <div class="outcome" role="status"><h3 tabIndex={-1} ref={outcome}>{ts("saved", { i: saved.id })}</h3><p class="strong">{saved.line}</p><p>{ts("savedWhy")}</p><button type="button" class="btn main-act" onClick={() => { const again = kind; setD((was) => ({ ...empty(), number: was.number, birth: was.birth, family: was.family, temporary: was.temporary })); fresh(again); }}>{ts("another")}</button></div>
        : kind && judged && (
        <form class="in" ref={form} onSubmit={submit} noValidate autocomplete="off">
          <fieldset class="panel"><legend>{isNew ? t("cpNumber") : t("cpTwo")}</legend>
            {field("number", isNew ? t("cpNumberHow") : ts("number"), touched && !identified)}
            {fits === false && <p class="wrong" role="alert">{t("cpCheckBad")}</p>}
            {!isNew && <>{field("birth", t("cpBirth"))}{field("family", t("cpName"))}
              {fits === true && !d.birth.trim() && !d.family.trim() && <label class="choice"><input type="checkbox" checked={d.temporary} onChange={(e) => id({ temporary: e.currentTarget.checked })} /> {ts("temporary")}</label>}
              <label class="choice strong"><input id="s-compared" type="checkbox" checked={compared} disabled={keys.length < 2 && !alone} onChange={(e) => set({ compared: e.currentTarget.checked ? Date.now() : 0 })} /> {ts("compared")}</label>
              {!identified && <p class="small" role="status">{ts("needTwo")}</p>}</>}
          </fieldset>
          <fieldset class="panel"><legend>{t("cpWhen")}</legend>
            <div class="field"><label for="s-when"><span>{t("cpAt")} <small>{t("cpNow", { t: clock(now) })}</small></span></label><input id="s-when" value={d.when} placeholder={clock(now)} autocomplete="off" aria-invalid={isNaN(ms) ? "true" : undefined} onInput={(e) => set({ when: e.currentTarget.value })} /><span role="status">{isNaN(ms) ? <span class="wrong">{t("cpAtBad")}</span> : d.when.trim() ? <><b>{full(new Date(ms).toISOString()).slice(0, -3)}</b> · {agoOf(new Date(ms).toISOString(), now)}</> : ""}</span>
              {ms - now > 300000 && <p class="note bad" role="alert"><b>{t("cpFuture")}</b></p>}{now - ms > 86400000 && <p class="note warn" role="alert"><b>{t("cpOld")}</b></p>}</div>
            <div class="field"><label for="s-behalf"><span>{t("cpBehalf")} <small>{t("cpBehalfHint", { u: who.user })}</small></span></label><input id="s-behalf" value={d.behalf} autocomplete="off" onInput={(e) => set({ behalf: e.currentTarget.value })} /></div>
          </fieldset>
          <fieldset class="panel"><legend>{kindWord(kind)}</legend><div class="fields">{kinds[kind]!.filter((f) => shown(f, d.values)).map((f) => <FieldInput key={`${kind}-${f.name}`} f={f} id="f" v={d.values} set={(n, v) => set({ values: { ...d.values, [n]: v }, oddOk: false })} wrong={touched ? judged.wrong[f.name] : undefined} />)}</div></fieldset>
          {kind === "given" && <div class="note warn"><p class="strong">{ts("lookFirst")}</p><label class="choice strong"><input id="s-looked" type="checkbox" checked={d.looked} onChange={(e) => set({ looked: e.currentTarget.checked })} /> {ts("looked")}</label></div>}
          {judged.odd.length > 0 && <div class="note warn" role="alert"><b>{t("cpOdd", { l: judged.odd.join(", ") })}</b> <label class="choice"><input id="s-odd" type="checkbox" checked={d.oddOk} onChange={(e) => set({ oddOk: e.currentTarget.checked })} /> {t("cpOddOk")}</label></div>}
          {error && <p class="note bad" role="alert">{error}</p>}
          {unsure && <p class="note bad strong" role="alert"><span tabIndex={-1} ref={outcome}>{ts("unsure")}</span></p>}
          {touched && missing.some((m) => m[1]) && <p class="wrong strong" role="alert">{t("cpFirst", { l: missing.filter((m) => m[1]).map((m) => m[0]).join(", ") })}</p>}
          <button id="s-save" class="btn main-act big" disabled={busy}>{name ? t("cpSaveFor", { p: whom }) : t("cpSaveNumber", { n: d.number.trim() || "…" })}</button>
        </form>)}
    </section>
  );
}

// ---- what was written, and where it is ----
function Queue({ s, who, turn, out }: { s: Status; who: Who | null; turn: number; out: () => void }) {
  const [lines, setLines] = useState<Line[]>([]), [number, setNumber] = useState(""), [error, setError] = useState("");
  useEffect(() => {
    if (!who) { setLines([]); setNumber(""); return; }
    get<{ items: Line[] }>("/api/captures").then((a) => setLines(a.items.reverse()), (e: ApiError) => { if (e.status === 401) out(); });
  }, [who, turn, s.waiting, s.items]);
  const next = () => post<{ number: string }>("/api/number").then((a) => { setNumber(a.number); setError(""); }, (e: ApiError) => { if (e.status === 401) out(); else setError(e.status ? e.text : ts("down")); });
  const silent = s.waiting > 0 && (s.silentSeconds === undefined || s.silentSeconds > SILENT);
  return (
    <section class="panel" aria-labelledby="h-queue">
      <header><h2 id="h-queue">{ts("queue")}</h2><b id="counts">{ts("counts", { n: count(s.items), w: count(s.waiting) })}</b></header>
      {s.refused > 0 && <p class="note bad" role="alert"><Sentence s={ts("refusedN", { n: count(s.refused) })} /></p>}
      {silent && <p class="note warn" role="status" id="carry"><Sentence s={ts("carry")} /></p>}
      {who && <p class="in">{s.waiting > 0 ? <a class="btn" id="export" href="/api/export" download>{ts("exportDo")}</a> : <span class="muted">{ts("exportNone")}</span>} {s.enrolled && !s.discarded && <button type="button" class="btn" id="next-number" onClick={next}>{ts("nextNumber")}</button>} <span class="muted">{ts("numbersLeft", { n: count(s.numbersLeft) })}</span></p>}
      {error && <p class="note bad" role="alert">{error}</p>}
      {number && <p class="in numberis" role="status">{ts("numberIs", { n: number })}</p>}
      <ul class="rows" id="items">{lines.slice(0, 100).map((l) => {
        const i: Item = itemOf({ ...(l.item as object), patient: null }), said = String((l.item as { patient?: unknown }).patient ?? "");
        return <li key={l.n}><span class={`tag ${l.state === "brought" ? "green" : "amber"}`}>{ts(l.state === "brought" ? "brought" : "waits")}</span><b>{i.id}</b> <span>{kindWord(i.kind)} · {said} · {lineOfItem(i)}</span> <span class="muted">{stamp(i.occurred, Date.now())} · {i.by}</span></li>;
      })}</ul>
    </section>
  );
}

function Station() {
  const [lang, setLangState] = useState<Lang>(getLang()), [s, setS] = useState<Status | null>(null), [list, setList] = useState<Kept[] | null>(null), [down, setDown] = useState(false), [who, setWho] = useState<Who | null>(null), [turn, setTurn] = useState(0);
  const setLang = (l: Lang) => { void useLanguage(l).then(() => { try { localStorage.setItem("hf.lang", l); } catch { /* private mode */ } setLangState(l); }); };
  const look = useCallback(() => {
    Promise.all([get<Status>("/api/status"), get<{ packets: Kept[] }>("/api/packets")]).then(([a, b]) => { setS(a); setList(b.packets); setDown(false); }, () => setDown(true));
  }, []);
  useEffect(() => { look(); const timer = setInterval(look, 15000); get<Who>("/api/session").then((w) => { setCsrf(w.csrf); setWho(w); }, () => {}); return () => clearInterval(timer); }, []);
  const out = () => { forget(); setWho(null); };
  useEffect(() => { if (s) document.title = ts("title", { u: s.unit }); }, [s?.unit, lang]);
  const writes = s?.enrolled && !s.discarded;
  return (
    <div class="station">
      <header><h1>{s ? ts("title", { u: s.unit }) : "Holdfast"}</h1>{s?.key && <span class="mono muted">{s.key}</span>}
        {s && <span class={`pill ${!s.heard || (s.silentSeconds ?? 0) > SILENT ? "bad" : "ok"}`} id="heard">{!s.heard ? ts("never") : (s.silentSeconds ?? 0) > SILENT ? ts("silent", { a: span(s.silentSeconds!) }) : ts("heard", { a: span(s.silentSeconds ?? 0) })}</span>}
        <span class="grow" />
        <p class="langs">{languages.map(([l, name]) => <button type="button" class="btn small" key={l} lang={l} aria-pressed={lang === l} onClick={() => setLang(l)}>{name}</button>)}</p>
        {who && <button type="button" class="btn" id="out" onClick={() => { void post("/api/logout").catch(() => {}); out(); }}>{ts("signOut")}</button>}
      </header>
      <main>
        {down && <p class="note bad strong" role="alert">{ts("down")}</p>}
        {s?.discarded && <p class="note bad strong" role="alert">{ts("discarded")} <span lang="en">({s.discarded})</span></p>}
        {s && !s.enrolled && <p class="note warn" role="status">{ts("notEnrolled")}</p>}
        <Packets list={list} />
        {writes && (who ? <Write unit={s.unit} who={who} onSaved={() => { look(); setTurn((n) => n + 1); }} out={out} /> : <SignIn onIn={(w) => { setCsrf(w.csrf); setWho(w); }} />)}
        {s?.enrolled && <Queue s={s} who={who} turn={turn} out={out} />}
      </main>
    </div>
  );
}

applyTheme(firstTheme());
void useLanguage(firstLang()).then(() => render(<Station />, document.getElementById("app")!));
