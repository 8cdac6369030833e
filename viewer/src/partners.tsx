// Links to partners: how each stands, with its proof; cutting them, which shows what it will do before it does it; one link, its history and the signature for its next step.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type ApiError, type Event, post } from "./api";
import { type Certificate, certificateNext, ending, pressing, whose } from "./certificates";
import { bytes, clockSeconds, count, full, stamp } from "./format";
import { type Link, linksOf, named, proofOf, proofText, proofWords, shut, stateWord, states } from "./gate";
import { HostPage, IsolatePage } from "./gate-host";
import { LetterDialog } from "./gate-letter";
import { GivenUp, type Message, Refused } from "./gate-message";
import { ProofLine, StateTag, linkHash, sentence } from "./gate-parts";
import { EditPage } from "./gate-plan-edit";
import { CarryPage, KeptPage } from "./gate-plans";
import { IncidentPage, PlanPage } from "./incident";
import { type Key, t } from "./i18n";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Instruction, Loading } from "./ui";

const cutHash = (which: string, value = "") => `#/partners/cut/${which}${value ? `/${encodeURIComponent(value)}` : ""}`;

export function PartnersPage({ where }: { where: string[] }) {
  return where[1] === "incident" ? <IncidentPage /> : where[1] === "plan" ? <PlanPage /> : where[1] === "host" ? <HostPage /> : where[1] === "isolate" ? <IsolatePage /> : where[1] === "keep" ? <EditPage key={where[2] ?? ""} name={where[2] ?? ""} /> : where[1] === "kept" && where[2] ? <KeptPage key={where[2]} name={where[2]} /> : where[1] === "carry-out" && where[2] ? <CarryPage key={where[2]} name={where[2]} /> : where[1] === "cut" ? <CutPage key={where.join("/")} which={where[2] ?? "all"} value={where[3] ?? ""} /> : where[1] === "link" && where[2] ? <LinkPage key={where[2]} name={where[2]} /> : <ListPage />;
}

const waits = (l: Link, now: number) => (l.queue ? t("gWaitingFirst", { n: count(l.queue), t: stamp(l.queueSince, now) }) : "");
function Next({ l, now }: { l: Link; now: number }) {
  return <>{!l.next ? <span class="muted">{t("gFullyOpen")}</span> : l.signed ? <b>{t("gNextSigned", { s: stateWord(l.next), u: l.signed, t: stamp(l.signedUntil, now) })}</b> : t("gNext", { s: stateWord(l.next) })}{l.expires && <span class="muted"> · {t("gFalls", { t: stamp(l.expires, now) })}</span>}</>;
}
const rank = (l: Link) => (l.problem ? -1 : l.state === "OPEN" ? 9 : states.indexOf(l.state));

const soon = (l: Link) => l.certificates.filter((c) => c.step !== null).sort((a, b) => a.step! - b.step!);
const EndTag = ({ c }: { c: Certificate }) => <b class={`tag ${pressing(c) ? "red" : "amber"}`}>{ending(c)}</b>;

function ListPage() {
  const { may, print } = useShared(), now = useNow(1000);
  const { data, error, fetched, reload } = useData<unknown>("/api/gate", "gate", 3000);
  usePaper("", t("partners"));
  const all = data ? linksOf(data).sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name)) : null, kinds = [...new Set((all ?? []).map((l) => l.kind).filter(Boolean))].sort(), open = (all ?? []).filter((l) => l.state !== "CUT").length;
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{t("partners")}</h1>
        {all && all.length > 0 && may("cut") && <>
          <a class="btn stop" href={cutHash("all")} id="cut-all">{t("gCutAll")}</a>
          {kinds.length > 1 && <label class="inline noprint"><span class="vh">{t("gCutMore")}</span><select class="line" value="" onChange={(e) => { const k = e.currentTarget.value; if (k) location.hash = cutHash("class", k); }}><option value="">{t("gCutMore")}</option>{kinds.map((k) => <option key={k} value={k}>{t("gCutClass", { c: k })}</option>)}</select></label>}
        </>}
        {all && all.length > 0 && <span class="muted">{states.map((s) => [s, all.filter((l) => l.state === s).length] as const).filter(([, n]) => n).map(([s, n]) => `${stateWord(s)} ${n}`).join(" · ")}</span>}
        <span class="grow" /><a class="btn small noprint" href="#/partners/incident">{t("incident")}</a><a class="btn small noprint" href="#/partners/plan">{t("plan")}</a><a class="btn small noprint" href="#/partners/host">{t("gHost")}</a><button type="button" class="btn small noprint" onClick={() => print("partners", {})}>{t("print")}</button></div>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {!all ? !error && <Loading what={t("partners")} /> : all.length === 0 ? <p class="note">{t("gNone")} <span class="cmd mono"><Instruction text={t("gNoneNext")} /></span></p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={t("partners")}><table class="links sticky">
          <thead><tr><th scope="col">{t("gPartner")}</th><th scope="col">{t("state")}</th><th scope="col">{t("gProof")}</th><th scope="col">{t("gQueue")}</th><th scope="col">{t("gNextStep")}</th></tr></thead>
          <tbody>{all.map((l) => (
            <tr key={l.name} class={shut(l) ? "shut" : ""}>
              <th scope="row"><a href={linkHash(l.name)}>{l.name}</a>{l.kind && <> <span class="muted">{l.kind}</span></>}<small class="block">{[l.purpose || (l.out ? t("gDirOut") : t("gDirIn")), l.owner].filter(Boolean).join(" · ")}</small></th>
              <td class="nowrap"><StateTag s={l.state} /><small class="block muted">{t("gSince", { t: stamp(l.since, now) })}</small></td>
              <td>{l.problem && <b class="tag red">{t("gProblem")}{t("colon")}{l.problem}</b>}{soon(l).slice(0, 1).map((c) => <span class="block" key={c.name}><EndTag c={c} /> <small>{whose(c)}</small></span>)}{shut(l) ? <ProofLine l={l} now={now} /> : l.last ? t("gLast", { t: stamp(l.last, now) }) : ""}</td>
              <td>{waits(l, now)}</td>
              <td><Next l={l} now={now} /></td>
            </tr>))}
          </tbody></table></div>
      )}
      {all && all.length > 0 && open === 0 && <p class="note ok">{t("gAllCut")}</p>}
    </div>
  );
}

// ---- the big button ----

const names = (list: Link[]) => list.map((l) => l.name).join(", ");
function CutPage({ which, value }: { which: string; value: string }) {
  const { go, signedOut, may } = useShared(), now = useNow(1000);
  const [reason, setReason] = useState(""), [busy, setBusy] = useState(false), [wrong, setWrong] = useState(""), [done, setDone] = useState<{ names: string[]; recorded: boolean } | null>(null);
  const { data, error, fetched, reload } = useData<unknown>("/api/gate", "gate", done ? 1000 : 3000);
  const head = useRef<HTMLHeadingElement>(null);
  usePaper("", t("partners"));
  useLayoutEffect(() => { if (done) head.current?.focus(); }, [done]);
  if (!may("cut")) return <div class="scroller" id="content" tabIndex={0} role="main"><p class="note warn">{t("may")}</p></div>;
  if (!data) return <div class="scroller" id="content" tabIndex={0} role="main"><Fail error={error} onRetry={reload} />{!error && <Loading what={t("partners")} />}</div>;
  const all = linksOf(data), meant = all.filter((l) => which === "all" || (which === "class" ? l.kind === value : l.name === value)), open = meant.filter((l) => l.state !== "CUT");
  const cut = () => {
    if (busy || !open.length) return;
    setBusy(true); setWrong("");
    post<{ recorded: boolean }>("/api/gate/cut", { ...(which === "all" ? { all: true } : which === "class" ? { class: value } : { name: value }), reason: reason.trim() }).then(
      (r) => { setBusy(false); setDone({ names: open.map((l) => l.name), recorded: r.recorded !== false }); reload(); },
      (e: ApiError) => { setBusy(false); if (e.status === 401) signedOut(); else setWrong(sentence(e)); reload(); });
  };
  if (done) {
    const mine = all.filter((l) => done.names.includes(l.name)), ok = mine.filter((l) => proofOf(l, now)?.ok), bad = mine.length - ok.length;
    return (
      <div class="scroller" id="content" tabIndex={0} role="main">
        <div class="pagehead"><h1 tabIndex={-1} ref={head}>{t("gDone", { n: mine.length })}</h1><span class={`tag ${bad ? "amber" : "green"}`} role="status">{bad ? t("gDoneUnproven", { n: bad }) : <><span aria-hidden="true">✓ </span>{t("gDoneProven", { n: ok.length, m: mine.length })}</>}</span><span class="grow" /><a class="btn" href="#/partners">{t("gToList")}</a></div>
        {!done.recorded && <p class="note bad" role="alert">{t("gUnrecorded")}</p>}
        <Fail error={error} onRetry={reload} fetched={fetched} />
        <table class="links"><thead><tr><th scope="col">{t("gPartner")}</th><th scope="col">{t("state")}</th><th scope="col">{t("gProof")}</th><th scope="col">{t("gQueue")}</th></tr></thead>
          <tbody>{mine.map((l) => <tr key={l.name}><th scope="row"><a href={linkHash(l.name)}>{l.name}</a></th><td><StateTag s={l.state} /></td><td><ProofLine l={l} now={now} wait /></td><td>{waits(l, now)}</td></tr>)}</tbody></table>
      </div>
    );
  }
  const ins = open.filter((l) => !l.out && !l.tcp), outs = open.filter((l) => l.out && !l.tcp), tcps = open.filter((l) => l.tcp), uses = [...new Set(open.map((l) => l.purpose).filter(Boolean))];
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <form class="cutbox" onSubmit={(e) => { e.preventDefault(); cut(); }}>
        <h1 tabIndex={-1}>{which === "all" ? t("gAskAll", { n: meant.length }) : which === "class" ? t("gAskClass", { n: meant.length, c: value }) : t("gAskOne", { p: value })}</h1>
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {open.length === 0 ? <p class="note ok">{t("gAllCut")} <a href="#/partners">{t("gToList")}</a></p> : <>
          <h2>{t("gWhatHappens")}</h2>
          <ul class="will">
            <li><b>{t("gHapReset", { n: open.length })}</b>{open.length < meant.length && <> {t("gHapAlready", { n: meant.length - open.length })}</>}</li>
            {ins.length > 0 && <li>{t("gHapIn", { l: names(ins) })}</li>}
            {outs.length > 0 && <li>{t("gHapOut", { l: names(outs) })}</li>}
            {tcps.length > 0 && <li>{t("gHapTcp", { l: names(tcps) })}</li>}
          </ul>
          <h2>{t("gWards")}</h2>
          <p>{t("gWardsMean")}</p>
          {uses.length ? <ul class="uses">{uses.map((u) => <li key={u}>{u} <span class="muted">({names(open.filter((l) => l.purpose === u))})</span></li>)}</ul> : <p class="muted">{t("gWardsNone")}</p>}
          <p class="note">{t("gUndo")}</p>
          <div class="acts">
          <label class="field"><span>{t("gReason")}</span><input id="cut-reason" value={reason} maxLength={2000} onInput={(e) => setReason(e.currentTarget.value)} /></label>
          {wrong && <p class="note bad" role="alert">{wrong}</p>}
          <p class="row"><button type="submit" class="btn stop big" id="cut-now" disabled={busy}>{busy ? t("gCutting") : t("gDoCut", { n: open.length })}</button><button type="button" class="btn" onClick={() => go("#/partners")}>{t("gDoNot")}</button></p>
          </div>
        </>}
      </form>
    </div>
  );
}

// ---- one link ----

const spans = ["1h", "4h", "24h", "7d"];
const spanWord = (s: string) => (s === "never" ? t("gNever") : t("gSpan", { t: `${parseInt(s, 10)} ${t(s.endsWith("d") ? "d" : "h")}` }));
function Sign({ l, now, reload }: { l: Link; now: number; reload: () => void }) {
  const { session, may, signedOut } = useShared();
  const [reason, setReason] = useState(""), [until, setUntil] = useState("24h"), [said, setSaid] = useState<{ text: string; bad: boolean } | null>(null), [busy, setBusy] = useState(false);
  if (!l.next) return said ? <p class="note ok" role="status">{said.text}</p> : null;
  const sign = () => {
    if (busy) return;
    setBusy(true);
    post<{ state: string; moved: boolean }>("/api/gate/advance", { name: l.name, reason: reason.trim(), expires: l.next === "OPEN" || until !== "never" ? until : "24h" }).then(
      (r) => { setBusy(false); setReason(""); setSaid({ bad: false, text: r.moved ? t("gMoved", { s: stateWord(r.state) }) : t("gSignedFirst", { s: stateWord(r.state) }) }); reload(); },
      (e: ApiError) => { setBusy(false); if (e.status === 401) signedOut(); else setSaid({ bad: true, text: sentence(e) }); reload(); });
  };
  return (
    <section class="panel" aria-labelledby="h-sign">
      <header><h2 id="h-sign">{t("gSignTitle", { s: stateWord(l.next) })}</h2></header>
      <div class="in">
        {said && <p class={`note ${said.bad ? "bad" : "ok"}`} role={said.bad ? "alert" : "status"}>{said.text}</p>}
        <p>{named("gm_", l.next)} {l.signed === session.user ? "" : l.signed ? <b>{t("gSignSecond", { u: l.signed, s: stateWord(l.next) })}</b> : t("gSignFirst")}</p>
        {!may("gate-sign") ? <p class="muted">{t("gSignNot")}</p> : l.signed === session.user ? <p class="strong">{t("gSignedYou", { t: stamp(l.signedUntil, now) })}</p> : (
          <form onSubmit={(e) => { e.preventDefault(); sign(); }}>
            <label class="field"><span>{t("gReason")}</span><input id="sign-reason" value={reason} maxLength={2000} onInput={(e) => setReason(e.currentTarget.value)} /></label>
            <p class="row"><label class="inline"><span>{t("gUntil")}</span><select class="line" value={until} onChange={(e) => setUntil(e.currentTarget.value)}>{[...spans, ...(l.next === "OPEN" ? ["never"] : [])].map((s) => <option key={s} value={s}>{spanWord(s)}</option>)}</select></label><button type="submit" class="btn main-act" id="sign-now" disabled={busy}>{t("gSignDo", { s: stateWord(l.next) })}</button></p>
          </form>)}
      </div>
    </section>
  );
}

interface Waiting { queue: Message[]; waiting: number }
function LinkPage({ name }: { name: string }) {
  const { may, signedOut, openEntry } = useShared(), now = useNow(1000);
  const [said, setSaid] = useState(""), [letter, setLetter] = useState("");
  const { data, error, fetched, reload } = useData<unknown>("/api/gate", "gate", 2000);
  const l = data ? linksOf(data).find((x) => x.name === name) : undefined;
  const history = useData<{ events: Event[] }>(`/api/events?kind=gate-act&max=200&patient=${encodeURIComponent(`link/${name}`)}`, `link ${name}`, 5000);
  const queue = useData<Waiting>(l?.queue ? `/api/gate/queue?max=50&name=${encodeURIComponent(name)}` : null, `queue ${name}`, 5000);
  usePaper(name, l ? stateWord(l.state) : "");
  const probe = () => post("/api/gate/probe", { name }).then(() => { setSaid(""); reload(); history.reload(); }, (e: ApiError) => { if (e.status === 401) signedOut(); else setSaid(sentence(e)); });
  const meet = (condition: string, met: boolean) => post("/api/gate/condition", { name, condition, met }).then(() => { setSaid(""); reload(); history.reload(); }, (e: ApiError) => { if (e.status === 401) signedOut(); else setSaid(sentence(e)); });
  if (!l) return <div class="scroller" id="content" tabIndex={0} role="main"><Fail error={error} onRetry={reload} />{!data ? !error && <Loading what={name} /> : <p class="note">{name}{t("colon")}{t("gNone")} <a href="#/partners">{t("gToList")}</a></p>}</div>;
  const facts: [Key, preact.ComponentChildren][] = [["gPurpose", l.purpose], ["gOwner", [l.owner, l.contact].filter(Boolean).join(" · ")], ["gClass", l.kind], ["gDirection", l.out ? t("gDirOut") : t("gDirIn")], ["gProtocol", l.tcp ? `TCP, ${t("gOpaque")}` : "MLLP"], ["gAddresses", <span class="mono">{l.listen} → {l.to}</span>], ["gAllow", l.allow.length ? <span class="mono">{l.allow.join(", ")}</span> : t("gEverybody")],
    ["gLimits", [l.types.join(", "), l.rate ? t("gRate", { n: l.rate }) : "", l.hours.join(", ")].filter(Boolean).join(" · ") || t("gNoLimits")], ["gcTitle", l.certificates.length ? <ul class="plain">{l.certificates.map((c) => <li key={c.of + c.name}>{whose(c)} · {c.step === null ? ending(c) : <EndTag c={c} />}</li>)}</ul> : ""], ["gBytes", `${bytes(l.bytes)} · ${count(l.messages)} ${t("gMessages")}${l.last ? ` · ${t("gLast", { t: stamp(l.last, now) })}` : ""}`]];
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{l.name}</h1><StateTag s={l.state} /><span class="muted">{t("gSince", { t: stamp(l.since, now) })}{l.expires && <> · {t("gFalls", { t: stamp(l.expires, now) })}</>}</span><span class="grow" /><a class="btn small noprint" href="#/partners">{t("gToList")}</a>{may("cut") && shut(l) && <button type="button" class="btn small noprint" onClick={probe}>{t("gProbeAgain")}</button>}{may("cut") && l.state !== "CUT" && <a class="btn stop noprint" href={cutHash("name", l.name)}>{t("gCutOne")}</a>}</div>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {said && <p class="note bad" role="alert">{said}</p>}
      {l.shutNow && <p class="note warn">{t("gOutside2", { h: l.hours.join(", ") })}</p>}
      <Refused l={l} first={queue.data?.queue.find((m) => m.seq === l.refusedFirst)} now={now} done={() => { reload(); queue.reload(); history.reload(); }} />
      {l.problem && l.refusedFirst === null && <p class="note bad">{t("gProblem")}{t("colon")}<span lang="en">{l.problem}</span></p>}
      {soon(l).map((c) => <p key={c.of + c.name} class={`note ${pressing(c) ? "bad" : "warn"}`}>{whose(c)} · <b>{ending(c)}</b>. <Instruction text={certificateNext(c, l.name)} /></p>)}
      {shut(l) && <p class="note proofnote"><ProofLine l={l} now={now} wait /></p>}
      <ol class="ladder" aria-label={t("gSteps")}>{states.map((s) => <li key={s} class={s === l.state ? "at" : states.indexOf(s) < states.indexOf(l.state) ? "past" : ""} aria-current={s === l.state ? "step" : undefined}><b>{stateWord(s)}</b>{s === l.state && <span class="tag blue">{t("gHere")}</span>}<small>{named("gm_", s)}</small></li>)}</ol>
      <div class="cols">
        <div class="stack">
          <Sign l={l} now={now} reload={() => { reload(); history.reload(); }} />
          <section class="panel" aria-labelledby="h-cond"><header><h2 id="h-cond">{t("gConditions")}</h2></header>{l.conditions.length === 0 ? <p class="in muted">{t("gNoConditions")}</p> : <ul class="lines in">{l.conditions.map((c) => <li key={c.name}><span class={`tag ${c.met ? "green" : "amber"}`}>{t(c.met ? "gMet" : "gUnmet")}</span><span class="w">{c.text || c.name} <span class="muted">{c.before && t("gBefore", { s: stateWord(c.before) })}</span></span>{may("cut") && <button type="button" class="btn tiny noprint" onClick={() => meet(c.name, !c.met)}>{t(c.met ? "gSayUnmet" : "gSayMet")}</button>}</li>)}</ul>}</section>
        </div>
        <section class="panel" aria-labelledby="h-facts"><header><h2 id="h-facts">{t("gFacts")}</h2></header><dl class="kv in">{facts.filter(([, v]) => v).map(([k, v]) => <><dt key={k}>{t(k)}</dt><dd>{v}</dd></>)}</dl></section>
      </div>
      <section class="panel" aria-labelledby="h-queue"><header><h2 id="h-queue">{t("gQueueTitle")}</h2>{l.queue > 0 && <b class="tag amber">{t("gWaiting", { n: count(l.queue) })}</b>}</header>
        {!l.queue ? <p class="in muted">{t("gQueueNone")}</p> : queue.data && <div class="scroll" tabIndex={0} role="region" aria-label={t("gQueueTitle")}><table><thead><tr><th scope="col">{t("received")}</th><th scope="col">{t("what")}</th><th scope="col">{t("gControl")}</th><th scope="col" class="num">{t("entry")}</th></tr></thead><tbody>{queue.data.queue.map((m) => <tr key={m.seq}><td class="nowrap">{stamp(m.received, now)}</td><td>{m.type}</td><td class="mono">{m.control_id}</td><td class="num"><EntryLink n={m.seq} /></td></tr>)}</tbody></table>{queue.data.waiting > queue.data.queue.length && <p class="muted">{t("gMore", { n: count(queue.data.waiting - queue.data.queue.length) })}</p>}</div>}
      </section>
      <GivenUp l={l} now={now} />
      <section class="panel" aria-labelledby="h-hist"><header><h2 id="h-hist">{t("gHistory")}</h2><span class="grow" />{may("cut") && <button type="button" class="btn small noprint" id="letter" onClick={() => setLetter(shut(l) ? "cut" : "assurance")}>{t("gLetterMake")}</button>}</header>
        <Fail error={history.error} onRetry={history.reload} />
        {history.data && (history.data.events.length === 0 ? <p class="in muted">{t("gNoHistory")}</p> : <div class="scroll" tabIndex={0} role="region" aria-label={t("gHistory")}><table><thead><tr><th scope="col">{t("when")}</th><th scope="col">{t("what")}</th><th scope="col">{t("who")}</th><th scope="col">{t("reason")}</th><th scope="col" class="num">{t("entry")}</th></tr></thead>
          <tbody>{history.data.events.map((e) => <tr key={e.entry}><td class="nowrap" title={full(e.time)}>{stamp(e.time, now)}<span class="muted">{stamp(e.time, now).length <= 5 ? clockSeconds(Date.parse(e.time)).slice(5) : ""}</span></td><td>{named("gv_", e.what ?? "", { n: "" })}{e.text && (states.includes(e.text) ? (e.what === "step" || e.what === "fall") && <> <StateTag s={e.text} /></> : <span class="muted"> {e.what === "proof" ? proofText(proofWords({ method: "", at: e.time, result: e.text }, now)) : e.text}</span>)}</td><td>{e.user}</td><td>{e.reason}</td><td class="num"><EntryLink n={e.entry} /></td></tr>)}</tbody></table></div>)}
      </section>
      {letter && <LetterDialog name={l.name} kind={letter} onClose={() => { setLetter(""); history.reload(); }} />}
    </div>
  );
  function EntryLink({ n }: { n: number }) { return <button type="button" class="link" onClick={() => openEntry(n)} aria-label={`${t("entry")} ${n}`}>{n}</button>; }
}
