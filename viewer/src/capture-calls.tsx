// Who has to be told that an appointment does not take place, or that the house diverts: list by list, with what became of each call. Several people work down one list at once, so what the others said is shown before and after each word.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, post, serverNow } from "./api";
import { Places } from "./capture-parts";
import type { Any } from "./fhir";
import { birth, clock, count, dayOf, msOf, stampNear } from "./format";
import { type Key, getLang, t } from "./i18n";
import { useData, useNow, usePaper, useShared, withAt } from "./state";
import { Fail, Loading } from "./ui";

interface Mark { state: string; by: string; at: string; note: string; counts: boolean; entry: number }
interface Call { id: string; list: string; state: string; settled: boolean; tries: number; withheld: boolean; several: boolean; name: string; patient: string; birth: string; phones: string[]; email: string; when: string; what: string; note: string; person: string; marks: Mark[] }
interface List { name: string; kind: string; title: string; calls: number; open: number; counts: Record<string, number> }
const s = (x: unknown) => (typeof x === "string" ? x : ""), n = (x: unknown) => (typeof x === "number" ? x : 0);
function callOf(c: Any): Call {
  return {
    id: s(c.id), list: s(c.list), state: s(c.state), settled: !!c.settled, tries: n(c.tries), withheld: !!c.withheld, several: !!c.several, name: s(c.name) || s(c.patient), patient: s(c.name) ? s(c.patient) : "", birth: s(c.birth), phones: [s(c.phone), s(c.phone2)].filter(Boolean), email: s(c.email), when: s(c.when),
    what: [s(c.what), s(c.with), s(c.unit)].filter(Boolean).join(" · "), note: s(c.note), person: s(c.person), marks: ((c.marks ?? []) as Any[]).map((m) => ({ state: s(m.state), by: s(m.by), at: s(m.at), note: s(m.note), counts: m.counts !== false, entry: n(m.entry) })),
  };
}
const listOf = (l: Any): List => ({ name: s(l.list), kind: s(l.kind), title: s(l.title), calls: n(l.calls), open: n(l.open), counts: (l.counts ?? {}) as Record<string, number> });
// A plan, to the minute: "Tuesday, 24 November 2026, 09:30".
const whenOf = (iso: string) => [dayOf(iso) || iso, iso.length > 10 ? clock(msOf(iso)) : ""].filter(Boolean).join(", ");
const stateWord = (x: string) => t(`cl_${x}` as Key), states = ["reached", "no-answer", "called", "letter", "not-needed"];

export function CallsPage({ list }: { list: string }) {
  const { atParam, may } = useShared(), now = useNow(30000), [all, setAll] = useState(false), path = list ? `/api/calls?list=${encodeURIComponent(list)}${all ? "" : "&state=open"}&max=1000` : "/api/calls?state=open&max=1";
  const { data, error, fetched, reload } = useData<Any>(withAt(path, atParam), `calls ${list} ${all}`, 15000), lists = ((data?.lists ?? []) as Any[]).map(listOf), here = lists.find((l) => l.name === list), calls = ((data?.calls ?? []) as Any[]).map(callOf);
  usePaper("", here ? `${t("cpCalls")}: ${here.name}` : t("cpCalls"));
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{t("cpCalls")}</h1>{here && <span class="muted">{t("clCount", { n: count(here.calls), o: count(here.open) })}</span>}<span class="grow" /><Places here="calls" /></div>
        {lists.length > 0 && <nav class="units noprint" aria-label={t("clLists")}>{lists.map((l) => <a key={l.name} class="place" href={`#/capture/calls/${encodeURIComponent(l.name)}`} aria-current={l.name === list ? "page" : undefined}>{l.name}&nbsp;<b>({count(l.open)})</b></a>)}</nav>}</div>
      <div class="scroller" id="content" tabIndex={0} role="main">
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!data && !error && <Loading what={t("cpCalls")} />}
        {data && lists.length === 0 && <p class="note">{t("clNone")}</p>}
        {data && lists.length > 0 && !list && <p class="note">{t("clPick")}</p>}
        {data && list && lists.length > 0 && !here && <p class="note warn">{t("clNoList", { l: list })}</p>}
        {here && <>
          <div class="row noprint"><label class="choice"><input type="checkbox" id="calls-all" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} /> {t("clAll")}</label><a class="btn small" id="calls-print" target="_blank" rel="noreferrer" href={`/api/paper?sheet=calls&list=${encodeURIComponent(here.name)}&lang=${getLang()}`}>{t("psPrint")}</a></div>
          <p><b class="tag">{t(`clk_${here.kind}` as Key)}</b> {here.title && <b>{here.title}</b>} {Object.entries(here.counts).filter(([, v]) => v > 0).map(([k, v]) => <span key={k} class="tag">{stateWord(k)} {count(v)}</span>)}</p>
          {calls.length === 0 && <p class="note ok">{t("clDone")}</p>}
          <ul class="calls">{calls.map((c) => <CallLine key={c.id} c={c} now={now} may={may("capture") && !atParam} onSaid={reload} />)}</ul>
          {n(data?.more) > 0 && <p class="note">{t("clMore", { n: count(n(data?.more)) })}</p>}
        </>}
      </div>
    </div>
  );
}

function CallLine({ c, now, may, onSaid }: { c: Call; now: number; may: boolean; onSaid: () => void }) {
  const [open, setOpen] = useState(false), [note, setNote] = useState(""), [wrong, setWrong] = useState<ApiError | null>(null), [busy, setBusy] = useState(false), [said, setSaid] = useState<Call | null>(null), { signedOut } = useShared(), kept = useRef<{ call: string; state: string; note?: string; at: string } | null>(null);
  const shown = said && said.marks.length > c.marks.length ? said : c;
  useEffect(() => { if (said && c.marks.length >= said.marks.length) setSaid(null); }, [c, said]);
  // What could not be saved is sent again as it was, with the time at which it was done: it is written down once, however often it is sent.
  const send = async (body: { call: string; state: string; note?: string; at: string }) => {
    if (busy) return;
    kept.current = body; setBusy(true); setWrong(null);
    try {
      const answer = await post<Any>("/api/calls", body);
      kept.current = null; setSaid(callOf((answer?.call ?? {}) as Any)); setNote(""); setOpen(false); onSaid();
    } catch (e) {
      if (e instanceof ApiError && e.status === 401) signedOut(); else setWrong(e instanceof ApiError ? e : new ApiError(0, "", String(e)));
    }
    setBusy(false);
  };
  const say = (state: string) => void send({ call: c.id, state, note: note.trim() || undefined, at: new Date(serverNow()).toISOString() });
  return (
    <li class={`call ${shown.settled ? "was" : ""}`} id={`call-${c.id}`}>
      <div class="callwho">{c.withheld ? <b>{t("protectedRec")}</b> : <><b class="big">{c.person ? <a href={`#/chart/${encodeURIComponent(c.person)}`}>{c.name}</a> : c.name}</b> {c.patient && <b class="mrn">{c.patient}</b>} {c.birth && <span>{birth(c.birth) || c.birth}</span>} {c.several && <b class="tag amber">{t("cg_several-persons")}</b>}</>}</div>
      <div class="callno">{c.phones.length ? c.phones.map((p) => <b key={p} class="dial">{p}</b>) : !c.withheld && !c.email && <b class="unm">{t("clNoNumber")}</b>}{c.email && <span>{c.email}</span>}</div>
      <div class="callof">{c.when && <b>{whenOf(c.when)}</b>} {c.what}{c.note && <small> ({c.note})</small>}</div>
      <div class="callstate"><b class={`tag ${shown.settled ? "green" : shown.state === "to-call" ? "" : "amber"}`}>{shown.settled ? "✓ " : ""}{stateWord(shown.state)}</b>{shown.tries > 0 && <small> {t("clTries", { n: shown.tries })}</small>}
        {shown.marks.length > 0 && <ol class="acts">{shown.marks.map((m) => <li key={m.entry} class={m.counts ? "" : "muted"}><b class="nowrap">{stampNear(m.at, now)}</b> {stateWord(m.state)} · {m.by}{m.note && <>: {m.note}</>}{!m.counts && <small> ({t("clStayed")})</small>}</li>)}</ol>}</div>
      {may && !c.withheld && <div class="callacts noprint">
        {wrong && <section class="outcome bad" role="alert"><h3>{t("cpNotSaved")}</h3><p lang={wrong.status ? "en" : undefined}>{wrong.status ? wrong.text : t("cpNotSavedWhy")}</p>{kept.current && <p class="row"><button type="button" class="btn main-act" disabled={busy} onClick={() => { if (kept.current) void send(kept.current); }}>{t("cpSendAgain")}</button></p>}</section>}
        {open ? <>
          <label class="field"><span>{t("clNote")}</span><input class="line" maxLength={300} value={note} onInput={(e) => setNote(e.currentTarget.value)} /></label>
          <div class="row">{states.map((x) => <button type="button" key={x} class={`btn ${x === "reached" ? "main-act" : ""}`} disabled={busy} onClick={() => say(x)}>{stateWord(x)}</button>)}{shown.settled && <button type="button" class="btn" disabled={busy} onClick={() => say("to-call")}>{t("clAgain")}</button>}<button type="button" class="btn" onClick={() => setOpen(false)}>{t("close")}</button></div>
        </> : <button type="button" class="btn" aria-label={`${t("clSay")}: ${c.name}`} onClick={() => setOpen(true)}>{t("clSay")}</button>}
      </div>}
    </li>
  );
}
