// The worklist: what waits to be read, whose it is, what the program saw in it. And bringing recordings in.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ApiError } from "./api";
import { type Person, type Row, type Sent, listingOf, measureLine, newKey, packed, personName, recordings, said, send, signed } from "./ecg";
import { Claim, PersonSearch, ReadingState, Said, TwoIdentifiers, Weight, identityLine, urgencyWord } from "./ecg-parts";
import { ageOf, agoOf, birth, bytes, count, full, sexWord, stamp } from "./format";
import { type Key, t } from "./i18n";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Loading, Who } from "./ui";

const lists: [string, Key][] = [["unread", "elUnread"], ["unmatched", "elUnmatched"], ["mine", "elMine"], ["signed", "elSigned"], ["all", "elAll"]];
let lastList = "unread", lastFilter = ""; // while the page is open
export const order: number[] = [], patients = new Map<number, string>(); // as the worklist stood when one was opened: "next" goes on in it
export function forgetEcg() { lastList = "unread"; lastFilter = ""; order.length = 0; patients.clear(); for (const q of queue) q.stop = true; queue.length = 0; tell(); }

const norm = (s: string) => s.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
const textOf = (r: Row) => norm([personName(r.patient), r.patient?.number, r.patient?.unit, r.patient?.bed, r.claimed ? `${r.claimed.family} ${r.claimed.given} ${r.claimed.number} ${r.claimed.id}` : "", r.device, r.order, r.via, r.by, r.entry, ...r.statements.map((s) => said(s).text), r.urgency !== "routine" ? urgencyWord(r.urgency) : "", r.match === "matched" ? "" : t("eUnmatched")].join(" "));

export function EcgListPage() {
  const { go, lang, may } = useShared();
  const [list, setList] = useState(lastList), [filter, setFilter] = useState(lastFilter), [asked, setAsked] = useState(""), [pages, setPages] = useState<number[]>([]);
  const now = useNow(10000), before = pages[pages.length - 1];
  useEffect(() => { lastFilter = filter; const id = setTimeout(() => setAsked(filter.trim().length > 1 ? filter.trim() : ""), 250); return () => clearTimeout(id); }, [filter]);
  const path = `/api/ecgs?list=${list}&max=100${before ? `&before=${before}` : ""}${asked ? `&q=${encodeURIComponent(asked)}` : ""}`;
  const { data, error, fetched, loading, shown, reload } = useData<unknown>(path, `ecgs ${list}`, 10000);
  const all = useMemo(() => (data ? listingOf(data) : null), [data]);
  const words = norm(filter).split(/\s+/).filter(Boolean);
  const rows = useMemo(() => (all?.ecgs ?? []).filter((r) => words.every((w) => textOf(r).includes(w))), [all, filter, lang]);
  usePaper(`${t("ecg")} · ${t(lists.find((l) => l[0] === list)![1])} · ${count(rows.length)}`, all?.asOf ? `${t("asOf")} ${full(all.asOf)}` : "");
  useEffect(() => { order.splice(0, order.length, ...rows.map((r) => r.entry)); for (const r of rows) if (r.patient) patients.set(r.entry, r.patient.id); }, [rows]);
  const choose = (l: string) => { lastList = l; setPages([]); setList(l); };
  const keys = (e: KeyboardEvent) => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    const links = [...document.querySelectorAll<HTMLElement>(".rowlink")], i = links.indexOf(document.activeElement as HTMLElement), next = links[e.key === "ArrowDown" ? i + 1 : i - 1];
    if (next) { e.preventDefault(); next.focus(); } else if (e.key === "ArrowUp" && i === 0) { e.preventDefault(); document.getElementById("ecg-filter")?.focus(); }
  };
  const c = all?.counts, number: Record<string, number | undefined> = { unread: c?.unread, unmatched: c?.unmatched };
  return (
    <div class="column">
      <div class="head">
        <div class="pagehead">
          <h1 tabIndex={-1}>{t("ecg")}</h1>
          {c && <span class="counts">{c.urgent > 0 && <b class="tag red">{t("ecUrgent", { n: c.urgent })}</b>} {c.unmatched > 0 && <b class="tag amber">{t("ecUnmatched", { n: c.unmatched })}</b>} {c.review > 0 && <b class="tag blue">{t("ecReview", { n: c.review })}</b>} <span>{t("ecUnread", { n: c.unread })}</span></span>}
          <span class="grow" />
          <label class="filter noprint"><span class="vh">{t("eFilter")}</span><input id="ecg-filter" type="search" class="line wide" placeholder={t("eFilter")} value={filter} onInput={(e) => setFilter(e.currentTarget.value)}
            onKeyDown={(e) => { if (e.key !== "Enter") keys(e); else if (rows.length === 1 && shown === path) go(`#/ecg/${rows[0]!.entry}`); else document.querySelector<HTMLElement>(".rowlink")?.focus(); }} /></label>
          {may("ecg-send") && <a class="btn small noprint" href="#/ecg/upload">{t("eUpload")}<Waiting /></a>}
          <a class="btn small noprint" href="#/ecg/live">{t("eLive")}</a>
        </div>
        <div class="units noprint" role="group" aria-label={t("eLists")}>
          {lists.map(([l, w]) => <button type="button" key={l} aria-pressed={list === l} onClick={() => choose(l)}>{t(w)}{number[l] !== undefined && <span class="muted"> {number[l]}</span>}</button>)}
        </div>
      </div>
      <div class="scroller" id="content" tabIndex={0} role="main" onKeyDown={keys}>
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!all && !error && <Loading what={t("ecg")} />}
        {all && rows.length === 0 && !(loading && shown !== path) && <p class="note">{words.length ? t("noMatch") : t(list === "unread" ? "eNoneUnread" : list === "unmatched" ? "eNoneUnmatched" : "eNoneHere")} {words.length > 0 && <button type="button" class="btn small" onClick={() => setFilter("")}>{t("showAll")}</button>}</p>}
        <ul class="ecglist">{rows.map((r) => <Line key={r.entry} r={r} now={now} />)}</ul>
        <p class="row noprint">{pages.length > 0 && <button type="button" class="btn small" onClick={() => setPages(pages.slice(0, -1))}>{t("newer")}</button>}{all?.next != null && <button type="button" class="btn small" onClick={() => setPages([...pages, all.next!])}>{t("older")}</button>}</p>
      </div>
    </div>
  );
}

export function Line({ r, now, bare }: { r: Row; now: number; bare?: boolean }) {
  const when = r.recorded || r.received, done = signed(r), strip = r.strip && r.strip.entries > 1 ? r.strip : null, [open, setOpen] = useState(false);
  return (
    <li><a class={`ecgrow rowlink ${r.urgency} w-${r.weight}`} href={`#/ecg/${r.entry}`}>
      <span class="w0"><Weight row={r} /></span>
      {!bare && <span class="w1">{r.patient ? <><Who name={r.patient} masked={r.masked} /> <span class="ids">{r.masked ? <b class="mrn">{r.patient.unit} {r.patient.bed}</b> : <>{birth(r.patient.birth) || t("noBirth")} {ageOf(r.patient.birth, now)} · {sexWord(r.patient.sex)} · <b class="mrn">{r.patient.number}</b>{r.patient.unit || r.patient.bed ? ` · ${r.patient.unit} ${r.patient.bed}` : ""}</>}</span>{r.matchedBy === "identifiers" && <small class="muted block">{t("eByIdentifiers")}</small>}</>
        : <><b class="unm">{t("eUnmatched")}</b> <span class="ids">{t("eFileSays")} <Claim p={r.claimed} /></span><small class="muted block">{t("eCandidates", { n: r.candidates })}</small></>}</span>}
      <span class="w2"><b title={full(when)}>{stamp(when, now) || t("noTime")}</b> · <span class="age">{agoOf(when, now)}</span>{!r.recorded && <small class="block">{t("eNoRecordTime")}</small>}<small class="muted block">{r.device || t("eNoDevice")}{r.leads ? ` · ${t("eLeads", { n: r.leads })}` : ""} · {viaWord(r.via)}</small></span>
      <span class="w3">{r.unreadable ? <b class="wrong">{t("eUnreadable")} {r.unreadable}</b> : <>{r.statements.slice(0, 3).map((s, i) => <span key={i} class="block"><Said s={s} /></span>)}{r.statements.length > 3 && <small class="muted">+{r.statements.length - 3}</small>}{r.statements.length === 0 && !r.masked && <span class="muted">{t("eNoStatement")}</span>}</>}</span>
      <span class="w4 num">{r.unreadable || r.masked ? "" : measureLine(r.measures)}</span>
      <span class="w5"><ReadingState row={r} now={now} />{r.order && <small class="block">{t("eOrder")} {r.order}</small>}{!done && !r.order && !bare && <small class="muted block">{t("eNoOrder")}</small>}</span>
    </a>
      {strip && <button type="button" class="btn small noprint" aria-expanded={open} onClick={() => setOpen(!open)}>{t("eStripOf", { n: strip.entries, a: stamp(strip.from, now), b: stamp(strip.to, now) })}</button>}
      {strip && open && <Minutes id={strip.id} now={now} bare={bare} />}
    </li>
  );
}
// The minutes of a live strip, the newest first.
function Minutes({ id, now, bare }: { id: string; now: number; bare?: boolean }) {
  const [pages, setPages] = useState<number[]>([]), before = pages[pages.length - 1];
  const { data, error, fetched, reload } = useData<unknown>(`/api/ecgs?strip=${encodeURIComponent(id)}&max=60${before ? `&before=${before}` : ""}`, `strip ${id}`, 30000), all = useMemo(() => (data ? listingOf(data) : null), [data]);
  return (
    <>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {!all && !error && <Loading what={t("ecg")} />}
      <ul class="ecglist bare">{(all?.ecgs ?? []).map((r) => <Line key={r.entry} r={r} now={now} bare={bare} />)}</ul>
      <p class="row noprint">{pages.length > 0 && <button type="button" class="btn small" onClick={() => setPages(pages.slice(0, -1))}>{t("newer")}</button>}{all?.next != null && <button type="button" class="btn small" onClick={() => setPages([...pages, all.next!])}>{t("older")}</button>}</p>
    </>
  );
}
export const viaWord = (v: string): string => t(`ev_${v}` as Key) ?? v;

// ---- bringing recordings in ----
// The queue is this page's memory and nowhere else: patient's data does not stay in a browser. It outlives a change of page, not the sign-out.
interface Item { key: string; name: string; size: number; files: File[]; state: "waiting" | "sending" | "stored" | "again" | "refused" | "unreachable"; part: number; text: string; sent: Sent | null; params: Record<string, string>; who: string; stop: boolean }
export const queue: Item[] = [];
const listeners = new Set<() => void>();
const tell = () => { for (const f of listeners) f(); };
function useQueue() { const [, set] = useState(0); useEffect(() => { const f = () => set((n) => n + 1); listeners.add(f); return () => { listeners.delete(f); }; }, []); return queue; }
let busy = false, timer = 0;
async function work(signedOut: () => void) {
  if (busy) return;
  busy = true;
  for (let item; (item = queue.find((q) => q.state === "waiting")); ) {
    const i = item;
    i.state = "sending"; tell();
    try {
      const many = i.files.length > 1;
      i.sent = await send("/api/ecg", { name: i.name, key: i.key, ...i.params }, many ? packed(i.files) : i.files[0]!, many ? "application/vnd.holdfast.ecg" : "application/octet-stream", (p) => { i.part = p; tell(); });
      i.state = i.sent.duplicate ? "again" : "stored";
      i.files = [];
    } catch (e) {
      const x = e as ApiError;
      if (x.status === 401) { busy = false; signedOut(); return; }
      i.state = x.status === 0 || x.status >= 500 ? "unreachable" : "refused";
      i.text = x.status === 0 ? "" : x.text;
    }
    tell();
    if (i.stop) break;
  }
  busy = false;
  clearTimeout(timer); // sent again under the same name, it is one
  if (queue.some((q) => q.state === "unreachable")) timer = window.setTimeout(() => { for (const q of queue) if (q.state === "unreachable") { q.state = "waiting"; q.part = 0; } work(signedOut); }, 8000);
}
function Waiting() { const n = useQueue().filter((q) => q.state === "waiting" || q.state === "sending" || q.state === "unreachable").length; return n ? <b class="tag amber">{t("eqWaiting", { n })}</b> : null; }

export function EcgUploadPage() {
  const { signedOut } = useShared();
  const items = useQueue();
  const [who, setWho] = useState<Person | null>(null), [idents, setIdents] = useState<string[]>([]), [urgency, setUrgency] = useState("routine"), [orderNumber, setOrder] = useState(""), [note, setNote] = useState(""), [over, setOver] = useState(false), [searching, setSearching] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const ready = !who || idents.length >= 2;
  usePaper(t("eUpload"), "");
  const take = async (files: File[]) => {
    if (!ready || !files.length) return;
    const params: Record<string, string> = { urgency, order: orderNumber.trim(), note: note.trim(), ...(who ? { patient: who.id, identifiers: idents.join(",") } : {}) };
    for (const r of await recordings(files)) queue.push({ key: newKey(), name: r.name, size: r.files.reduce((n, f) => n + f.size, 0), files: r.wrong ? [] : r.files, state: r.wrong ? "refused" : "waiting", part: 0, text: r.wrong ? t(r.wrong) : "", sent: null, params, who: who ? identityLine(who) : "", stop: false });
    tell();
    work(signedOut);
  };
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{t("eUpload")}</h1><span class="grow" /><a class="btn small" href="#/ecg">{t("eWorklist")}</a></div>
      <div class="cols">
        <section class="panel" aria-labelledby="h-up"><header><h2 id="h-up">{t("eUpWho")}</h2></header><div class="in">
          {!who ? <>
            <p><b class="unm">{t("eUnmatched")}</b> {t("eUpNobody")}</p>
            {searching ? <PersonSearch label={t("eUpSearch")} onPick={(p) => { setWho(p); setIdents([]); setSearching(false); }} /> : <button type="button" class="btn" onClick={() => setSearching(true)}>{t("eUpChoose")}</button>}
          </> : <>
            <p class="big"><Who name={who} masked={who.isProtected} /></p>
            <p>{t("eUpTwo")}</p>
            <TwoIdentifiers key={who.id} p={who} claimed={null} onChange={setIdents} />
            <p role="status">{idents.length >= 2 ? <b>{t("eUpFor", { p: identityLine(who) })}</b> : t("eTwoMissing", { n: 2 - idents.length })}</p>
            <button type="button" class="btn small" onClick={() => { setWho(null); setIdents([]); }}>{t("eUpNot")}</button>
          </>}
        </div></section>
        <section class="panel" aria-labelledby="h-up2"><header><h2 id="h-up2">{t("eUpMore")}</h2></header><div class="in row upmore">
          <label class="field"><span>{t("eUrgency")}</span><select value={urgency} onChange={(e) => setUrgency(e.currentTarget.value)}>{["stat", "urgent", "routine"].map((u) => <option key={u} value={u}>{urgencyWord(u)}</option>)}</select></label>
          <label class="field"><span>{t("eOrder")}</span><input value={orderNumber} autocomplete="off" onInput={(e) => setOrder(e.currentTarget.value)} /></label>
          <label class="field wide"><span>{t("eNote")}</span><input value={note} autocomplete="off" onInput={(e) => setNote(e.currentTarget.value)} /></label>
        </div></section>
      </div>
      <div class={`drop ${over ? "over" : ""} ${ready ? "" : "off"}`} onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={(e) => { e.preventDefault(); setOver(false); take([...(e.dataTransfer?.files ?? [])]); }}>
        <p><button type="button" class="btn main-act" disabled={!ready} onClick={() => input.current?.click()}>{who && ready ? t("eUpFilesFor", { p: personName(who) }) : t("eUpFiles")}</button> {t("eUpDrop")}</p>
        <p class="muted small">{t("eUpKinds")}</p>
        <input ref={input} type="file" multiple class="vh" tabIndex={-1} aria-label={t("eUpFiles")} onChange={(e) => { const files = [...(e.currentTarget.files ?? [])]; e.currentTarget.value = ""; take(files); }} />
      </div>
      {items.length > 0 && (
        <section class="panel" aria-labelledby="h-q"><header><h2 id="h-q">{t("eQueue")}</h2><span class="grow" /><button type="button" class="btn tiny" onClick={() => { for (let i = queue.length - 1; i >= 0; i--) if (/stored|again|refused/.test(queue[i]!.state)) queue.splice(i, 1); tell(); }}>{t("eqClear")}</button></header>
          <div class="in"><ul class="lines queue">{items.map((q) => (
            <li key={q.key} class={q.state}>
              <div class="w"><b>{q.name}</b> <span class="muted">{bytes(q.size)}{q.who ? ` · ${q.who}` : ` · ${t("eUnmatched")}`}</span>
                {q.state === "refused" && <p class="wrong" role="alert">{t("eqRefused")} {q.text}</p>}{q.state === "unreachable" && <p class="wrong">{t("eqUnreachable")} {q.text}</p>}
                {q.sent?.warnings?.map((w, i) => <p class="muted" key={i} lang="en">{w}</p>)}</div>
              {q.state === "sending" ? <><progress max={1} value={q.part} aria-label={q.name} /><span class="nowrap">{Math.round(q.part * 100)} %</span></> : null}
              {q.state === "waiting" && <span class="tag">{t("eqWait")}</span>}
              {q.sent && <><b class="tag blue">{t(q.state === "again" ? "eqAgain" : "eqStored")}</b>{q.sent.match !== "matched" && <span class="tag amber">{t("eUnmatched")}</span>} <a href={`#/ecg/${q.sent.entry}`}>{t("eOpen")} {q.sent.entry}</a></>}
            </li>
          ))}</ul><p class="muted small">{t("eqMemory")}</p></div></section>
      )}
    </div>
  );
}
