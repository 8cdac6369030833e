// Cases: how many persons a breach concerns and how sure that is, from what was touched to what was read to who was found; what was brought, asked, judged and decided, each with its entry. No name stands on this page: pairs that wait for somebody and letters have pages of their own, and who looks at them is recorded.
import { useState } from "preact/hooks";
import type { Any } from "./fhir";
import { bytes, count, full, stampNear } from "./format";
import { Page, Wrong, useAct } from "./gate-parts";
import { type Key, t } from "./i18n";
import { Duties, First, firstOf, useDuties } from "./scope-duties";
import { LettersPage } from "./scope-letters";
import { Many, caseHash, casePath, list, n, obj, s } from "./scope-parts";
import { ReviewPage } from "./scope-review";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Instruction, Loading } from "./ui";

const factors = ["nature-and-extent", "unauthorized-person", "acquired-or-viewed", "mitigated"];

export function CasesPage({ where }: { where: string[] }) {
  const [, name, of] = where;
  return !name ? <ListPage /> : of === "review" ? <ReviewPage key={name} name={name} /> : of === "letters" ? <LettersPage key={name} name={name} /> : <CasePage key={name} name={name} />;
}

function ListPage() {
  const { data, error, fetched, reload } = useData<Any>("/api/cases", "cases", 15000), now = useNow(30000), cases = list(data?.cases);
  usePaper("", t("scCases"));
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{t("scCases")}</h1></div></div>
      <Page>
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!data && !error && <Loading what={t("scCases")} />}
        {data && cases.length === 0 && <p class="note">{t("scNone")} <span class="cmd"><Instruction text="holdfast scope case new NAME --window A/B --site DIR" /></span></p>}
        {cases.length > 0 && <div class="scroll"><table class="list links"><thead><tr><th scope="col">{t("scCase")}</th><th scope="col">{t("scPersons")}</th><th scope="col">{t("scWindow")}</th><th scope="col">{t("scDiscovered")}</th></tr></thead>
          <tbody>{cases.map((c) => <tr key={s(c.case)}><th scope="row"><a href={caseHash(s(c.case))}>{s(c.case)}</a>{s(c.title) && <small> {s(c.title)}</small>}</th><td><Many c={c} /></td><td>{full(s(c.from))} – {full(s(c.to))}</td><td>{s(c.discovered) ? stampNear(s(c.discovered), now) : <b class="tag red">{t("scNotSaid")}</b>}</td></tr>)}</tbody></table></div>}
      </Page>
    </div>
  );
}

// Each step of the way with what is lost at it: touched, asked for, read, found, persons.
function Funnel({ run, name, open }: { run: Any; name: string; open: number | null }) {
  const x = obj(run.totals), read = n(x.read) + n(x.in_part), wanted = n(x.acquired) + n(x.accessed), lost = n(x.not_found) + n(x.unreadable);
  const steps: [Key, number, string][] = [["scTouched", n(x.objects), t("scOnlySeen", { n: count(n(x.opened) + n(x.listed)) })], ["scTaken", wanted, t("scTakenOf", { a: count(n(x.acquired)), b: count(n(x.accessed)) })], ["scRead", read, [n(x.in_part) ? t("scInPart", { n: count(n(x.in_part)) }) : "", n(x.same) ? t("scSame", { n: count(n(x.same)) }) : "", bytes(n(x.bytes))].filter(Boolean).join(" · ")], ["scFound", n(x.found), n(x.unattributed) ? t("scNobodys", { n: count(n(x.unattributed)) }) : ""], ["scPersons", n(x.persons), t("scKnownStrangers", { k: count(n(x.known)), s: count(n(x.strangers)) })]];
  return (
    <>
      <ol class="funnel">{steps.map(([w, v, note]) => <li key={w}><b class="big">{count(v)}</b> {t(w)}{note && <small>{note}</small>}</li>)}</ol>
      {lost > 0 && <p class="note bad">{t("scNotRead", { n: count(lost) })}</p>}
      {n(x.grey) > 0 && <p class={open === 0 ? "note" : "note warn"}>{open === 0 ? t("scPairsDone", { n: count(n(x.grey)) }) : t("scPairs", { n: count(open ?? n(x.grey)) })} <a class="btn small noprint" id="to-review" href={caseHash(name, "review")}>{t("scReview")}</a></p>}
    </>
  );
}

// How the interval closed while files were read: a line each estimate, drawn as a bar between its ends.
function Interval({ c }: { c: Any }) {
  const all = [...list(c.estimates).map((e) => ({ at: s(e.at), entry: n(e.entry), v: obj(e.said) })), ...list(c.runs).map((r) => ({ at: s(r.at), entry: n(r.entry), v: obj(obj(r.said).totals) }))].filter((x) => typeof x.v.low === "number").sort((a, b) => a.entry - b.entry).slice(-40);
  const most = Math.max(1, ...all.map((x) => n(x.v.high) || n(x.v.low)));
  if (all.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="h-sc-interval"><header><h2 id="h-sc-interval">{t("scInterval")}</h2></header>
      <div class="scroll"><table class="list"><thead><tr><th scope="col">{t("scWhen")}</th><th scope="col" class="num">{t("scLow")}</th><th scope="col" class="num">{t("scHigh")}</th><th scope="col" aria-hidden="true" class="barcol" /></tr></thead>
        <tbody>{all.map((x) => {
          const lo = (100 * n(x.v.low)) / most, hi = typeof x.v.high === "number" ? (100 * n(x.v.high)) / most : 100;
          return <tr key={x.entry}><td class="nowrap">{full(x.at)}</td><td class="num">{count(n(x.v.low))}</td><td class="num">{typeof x.v.high === "number" ? count(n(x.v.high)) : t("scNoEnd")}</td><td aria-hidden="true" class="barcol"><svg class="interval" viewBox="0 0 100 6" preserveAspectRatio="none"><rect x={lo} width={Math.max(0.6, hi - lo)} y="1" height="4" /></svg></td></tr>;
        })}</tbody></table></div></section>
  );
}

function Elements({ run }: { run: Any }) {
  const el = Object.entries(obj(run.elements)) as [string, Any][], places = Object.entries(obj(run.places)).sort((a, b) => n(b[1]) - n(a[1]));
  if (el.length === 0) return null;
  return (
    <div class="cols">
      <section class="panel" aria-labelledby="h-sc-el"><header><h2 id="h-sc-el">{t("scElements")}</h2></header><div class="scroll"><table class="list"><thead><tr><th scope="col">{t("scElement")}</th><th scope="col" class="num">{t("scAcquired")}</th><th scope="col" class="num">{t("scAccessed")}</th></tr></thead>
        <tbody>{el.map(([k, v]) => <tr key={k}><th scope="row">{t(`el_${k}` as Key) ?? k}</th><td class="num">{count(n(v.acquired))}</td><td class="num">{count(n(v.accessed))}</td></tr>)}</tbody></table></div></section>
      <section class="panel" aria-labelledby="h-sc-pl"><header><h2 id="h-sc-pl">{t("scPlaces")}</h2></header><div class="scroll"><table class="list"><thead><tr><th scope="col">{t("scPlace")}</th><th scope="col" class="num">{t("scPersons")}</th></tr></thead>
        <tbody>{places.map(([k, v]) => <tr key={k}><th scope="row">{k === "ZZ" ? t("scNowhere") : k === "US" ? t("scNoState") : k}</th><td class="num">{count(n(v))}</td></tr>)}</tbody></table></div>
        <p class="in muted">{t("scCare", { m: count(n(run.minors)), d: count(n(run.deceased)), p: count(n(run.protected)) })}</p></section>
    </div>
  );
}

function Factor({ name, f, c, onSaid }: { name: string; f: string; c: Any; onSaid: () => void }) {
  const is = obj(obj(c.assessment)[f]), known = !!s(is.outcome), [open, setOpen] = useState(false), [text, setText] = useState(""), { busy, wrong, act } = useAct(), now = useNow(30000);
  const say = (outcome: string) => act(`/api/cases/${encodeURIComponent(name)}`, { what: "assess", subject: f, outcome, text: text.trim() }, () => { setOpen(false); setText(""); onSaid(); });
  return (
    <li><b>{t(`sf_${f}` as Key)}</b> {known ? <b class={`tag ${s(is.outcome) === "low" ? "green" : "amber"}`}>{t(s(is.outcome) === "low" ? "scLowRisk" : "scNotLow")}</b> : <b class="tag amber">{t("scNotAssessed")}</b>}
      {known && <p>{s(is.text)} <small class="muted">{s(is.by)}, {stampNear(s(is.at), now)}, {t("entry")} {n(is.entry)}</small></p>}
      <div class="noprint">{open ? <form onSubmit={(e) => { e.preventDefault(); }}>
        <Wrong text={wrong} />
        <label class="field"><span>{t("scWhy")}</span><input value={text} maxLength={4000} required onInput={(e) => setText(e.currentTarget.value)} /></label>
        <div class="row"><button type="button" class="btn" disabled={busy || !text.trim()} onClick={() => say("low")}>{t("scLowRisk")}</button><button type="button" class="btn" disabled={busy || !text.trim()} onClick={() => say("not-low")}>{t("scNotLow")}</button><button type="button" class="btn" onClick={() => setOpen(false)}>{t("close")}</button></div>
      </form> : <button type="button" class="btn small" aria-label={`${t("scAssess")}: ${t(`sf_${f}` as Key)}`} onClick={() => setOpen(true)}>{t("scAssess")}</button>}</div>
    </li>
  );
}

function Said({ name, c, what, onSaid }: { name: string; c: Any; what: "question" | "decide"; onSaid: () => void }) {
  const all = list(what === "question" ? c.questions : c.decisions), [subject, setSubject] = useState(""), [text, setText] = useState(""), { busy, wrong, act } = useAct(), now = useNow(30000), ask = what === "question";
  const send = () => act(`/api/cases/${encodeURIComponent(name)}`, ask ? { what, subject: subject.trim(), outcome: text.trim() || undefined } : { what, subject: subject.trim(), text: text.trim() }, () => { setSubject(""); setText(""); onSaid(); });
  return (
    <section class="panel" aria-labelledby={`h-sc-${what}`}><header><h2 id={`h-sc-${what}`}>{t(ask ? "scQuestions" : "scDecisions")}</h2></header>
      {all.length === 0 && <p class="in muted">{t("scNoneYet")}</p>}
      <ul class="acts in">{all.map((x) => <li key={n(x.entry)}><b>{s(x.subject)}</b>{s(x.outcome) && <>: {s(x.outcome)}</>}{s(x.text) && <> ({s(x.text)})</>} <small class="muted">{s(x.by)}, {stampNear(s(x.at), now)}, {t("entry")} {n(x.entry)}</small></li>)}</ul>
      <form class="in noprint" onSubmit={(e) => { e.preventDefault(); send(); }}>
        <Wrong text={wrong} />
        <label class="field"><span>{t(ask ? "scQuestion" : "scDecision")}</span><input value={subject} maxLength={1000} required onInput={(e) => setSubject(e.currentTarget.value)} /></label>
        <label class="field"><span>{t(ask ? "scAnswer" : "scWhy")}</span><input value={text} maxLength={4000} required={!ask} onInput={(e) => setText(e.currentTarget.value)} /></label>
        <button class="btn" disabled={busy || !subject.trim() || (!ask && !text.trim())}>{t("scRecord")}</button>
      </form>
    </section>
  );
}

function CasePage({ name }: { name: string }) {
  const { data: c, error, fetched, reload } = useData<Any>(`/api/cases/${encodeURIComponent(name)}`, `case ${name}`, 15000), { openEntry } = useShared(), now = useNow(30000);
  const queue = useData<Any>(list(c?.runs).length && n(obj(obj(list(c?.runs).slice(-1)[0]?.said).totals).grey) ? `${casePath(name, "review")}?n=0` : null, `queue ${name}`, 15000), duties = useDuties(name, n(list(c?.runs).slice(-1)[0]?.entry)), first = firstOf(duties.data);
  const runs = list(c?.runs), run = runs.length ? obj(runs[runs.length - 1]!.said) : null, newer = run ? list(c?.inputs).some((i) => n(i.entry) > n(runs[runs.length - 1]!.entry)) : false;
  usePaper("", `${t("scCase")}: ${name}`);
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{name}</h1>{c && s(c.title) && <span class="muted">{s(c.title)}</span>}<span class="grow" />{run && <a class="place" href={caseHash(name, "letters")}>{t("leTitle")}</a>}<a class="place" href="#/cases">{t("scCases")}</a></div></div>
      <Page>
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!c && !error && <Loading what={name} />}
        {c && <>
          <dl class="kv flat casehead"><div><dt>{t("scPersons")}</dt><dd><Many c={queue.data && n(queue.data.same) + n(queue.data.different) > 0 && obj(c.estimate).complete !== false ? queue.data : obj(c.estimate)} /></dd></div>{first && <div><dt>{t("dyFirst")}</dt><dd><First x={first} now={now} /></dd></div>}<div><dt>{t("scWindow")}</dt><dd>{full(s(c.from))} – {full(s(c.to))}</dd></div><div><dt>{t("scDiscovered")}</dt><dd>{s(c.discovered) ? full(s(c.discovered)) : <b class="tag red">{t("scNotSaidLong")}</b>}</dd></div></dl>
          {newer && <p class="note warn">{t("scNewer")} <span class="cmd"><Instruction text={`holdfast scope case run ${name} --site DIR`} /></span></p>}
          {!run && <p class="note">{t("scNotRun")} <span class="cmd"><Instruction text={`holdfast scope case run ${name} --site DIR`} /></span></p>}
          {run && <Funnel run={run} name={name} open={queue.data ? n(queue.data.open) : null} />}
          {run && <Duties name={name} data={duties.data} error={duties.error} reload={duties.reload} fetched={duties.fetched} />}
          <Interval c={c} />
          {run && <Elements run={run} />}
          <section class="panel" aria-labelledby="h-sc-factors"><header><h2 id="h-sc-factors">{t("scFactors")}</h2><small class="muted">45 CFR 164.402(2)</small></header>
            <p class="in">{t(/^stands: /.test(s(obj(c.assessment).presumption)) ? "scPresumedOpen" : /^may/.test(s(obj(c.assessment).presumption)) ? "scRebutted" : "scPresumed")}</p>
            <ul class="acts in">{factors.map((f) => <Factor key={f} name={name} f={f} c={c} onSaid={reload} />)}</ul></section>
          <div class="cols"><Said name={name} c={c} what="question" onSaid={reload} /><Said name={name} c={c} what="decide" onSaid={reload} /></div>
          <section class="panel" aria-labelledby="h-sc-in"><header><h2 id="h-sc-in">{t("scInputs")}</h2></header><div class="scroll"><table class="list"><thead><tr><th scope="col">{t("scWhat")}</th><th scope="col">{t("scFile")}</th><th scope="col">SHA-256</th><th scope="col">{t("scBy")}</th></tr></thead>
            <tbody>{list(c.inputs).map((i) => <tr key={n(i.entry)}><td>{t(`si_${s(i.what)}` as Key) ?? s(i.what)}</td><th scope="row" class="wrap">{s(i.file)}</th><td>{s(i.sha256) ? <code title={s(i.sha256)}>{s(i.sha256).slice(0, 12)}…</code> : ""}{i.kept === false && <b class="tag amber">{t("scHashAlone")}</b>}</td><td>{s(i.by)} <small>{stampNear(s(i.at), now)}</small> <button type="button" class="link" onClick={() => openEntry(n(i.entry))}>{t("entry")} {n(i.entry)}</button></td></tr>)}</tbody></table></div></section>
        </>}
      </Page>
    </div>
  );
}
