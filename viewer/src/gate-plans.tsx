// Isolation plans that are kept by name: how each stands, carrying one out, which shows what it will do before it does it, and undoing it in stages by two people.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { count, full, stamp } from "./format";
import { english, linksOf, proofOf } from "./gate";
import { type HostProof, HostProofLine, useIsland } from "./gate-host";
import { RemoveDialog, editHash } from "./gate-plan-edit";
import { Page, ProofLine, Reason, StateTag, Wrong, linkHash, useAct } from "./gate-parts";
import { type Key, t } from "./i18n";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Instruction, Loading } from "./ui";

export interface Cuts { links?: string[]; classes?: string[]; all?: boolean; keep?: string[]; addresses?: string[]; isolate?: boolean; members?: string[]; admins?: string[] }
export interface Kept {
  name: string; entry: number; saved: string; by: string; reason?: string; cuts: Cuts; state: string; open: number; links: { name: string; class: string; state: string }[]; addresses: { address: string; cut: boolean; never?: boolean; proof?: HostProof }[]; isolate: boolean; isolated: boolean;
  carried?: { entry: number; at: string; by: string; reason?: string; links: string[]; addresses: string[]; isolated: boolean }; undo?: { signed: string; signedUntil: string };
}
interface Changes { links: string[]; addresses: string[]; isolated: boolean }
type Carried = Kept & { dry_run: boolean; moved: number; recorded: boolean; cut: Changes; left: { what: string; why: string }[]; proof?: HostProof };
type Undone = Kept & { moved: { name: string; state: string }[]; signed: string[]; held: { name: string; why: string }[]; freed: string[]; done: boolean };
const keptHash = (name: string) => `#/partners/kept/${encodeURIComponent(name)}`, carryHash = (name: string) => `#/partners/carry-out/${encodeURIComponent(name)}`, path = (name: string) => `/api/gate/plans/${encodeURIComponent(name)}`;
const some = <T,>(v: T[] | undefined): T[] => v ?? [];
const PlanTag = ({ p }: { p: Kept }) => <b class={`tag gs ${p.state === "carried-out" ? "red" : p.state === "ready" ? "" : "amber"}`}>{t(`gks_${p.state}` as Key, { n: p.open }) ?? p.state}</b>;
// What it would cut, in a line.
const sizes = (p: Kept) => [some(p.links).length && t("gKeptLinks", { n: p.links.length }), some(p.addresses).length && t("gKeptAddresses", { n: p.addresses.length }), p.isolate && t("gKeptHost")].filter(Boolean).join(" · ");

export function KeptPlans() {
  const { may } = useShared(), now = useNow(10000), { data, error, fetched, reload } = useData<{ plans: Kept[] }>("/api/gate/plans", "kept plans", 5000);
  return (
    <section class="panel" aria-labelledby="h-kept"><header><h2 id="h-kept">{t("gKept")}</h2><span class="grow" />{may("cut") && <a class="btn small noprint" id="plan-new" href={editHash()}>{t("gKeepNew")}</a>}</header>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {!data ? !error && <Loading what={t("gKept")} /> : data.plans.length === 0 ? <p class="in">{t("gKeptNone")} <span class="cmd mono"><Instruction text="holdfast gate plan save NAME --all --site DIR" /></span></p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={t("gKept")}><table class="links"><thead><tr><th scope="col">{t("plan")}</th><th scope="col">{t("state")}</th><th scope="col">{t("gWhatItCuts")}</th><th scope="col">{t("gKeptBy")}</th><th scope="col"><span class="vh">{t("gNextStep")}</span></th></tr></thead>
          <tbody>{data.plans.map((p) => <tr key={p.name}><th scope="row"><a href={keptHash(p.name)}>{p.name}</a>{p.reason && <small class="block muted">{p.reason}</small>}</th><td class="nowrap"><PlanTag p={p} />{p.carried && <small class="block muted">{t("gSince", { t: stamp(p.carried.at, now) })}</small>}</td><td>{sizes(p)}</td><td>{p.by}<small class="block muted">{stamp(p.saved, now)}</small></td><td>{may("cut") && p.state !== "carried-out" && <a class="btn stop small noprint" href={carryHash(p.name)} aria-label={t("gCarryAsk", { p: p.name })}>{t("gCarry")}</a>}</td></tr>)}</tbody></table></div>
      )}
    </section>
  );
}

const Missing = ({ name }: { name: string }) => <p class="note">{name}{t("colon")}{t("gKeptGone")} <a href="#/partners/plan">{t("plan")}</a></p>;
// Carried out, here or before: links with their proofs, addresses, this host.
function Standing({ p, now, host, first }: { p: Kept; now: number; host?: HostProof; first?: Kept["addresses"] }) {
  const all = useData<unknown>(some(p.links).length ? "/api/gate" : null, "gate", 2000).data, island = useIsland(3000).data;
  const mine = linksOf(all).filter((l) => p.links.some((x) => x.name === l.name));
  return (
    <>
      {mine.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label={t("partners")}><table class="links"><thead><tr><th scope="col">{t("gPartner")}</th><th scope="col">{t("state")}</th><th scope="col">{t("gProof")}</th></tr></thead>
        <tbody>{mine.map((l) => <tr key={l.name}><th scope="row"><a href={linkHash(l.name)}>{l.name}</a></th><td><StateTag s={l.state} /></td><td><ProofLine l={l} now={now} wait /></td></tr>)}</tbody></table></div>}
      {some(p.addresses).length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label={t("gAddrTitle")}><table class="links"><thead><tr><th scope="col">{t("gAddress")}</th><th scope="col">{t("state")}</th><th scope="col">{t("gProof")}</th></tr></thead>
        <tbody>{p.addresses.map((x) => { const a = island?.addresses.find((y) => y.address === x.address), proof = a?.proof ?? first?.find((y) => y.address === x.address)?.proof; return <tr key={x.address}><th scope="row" class="mono">{x.address}</th><td>{x.never ? <span class="tag">{t("gNeverCut")}</span> : x.cut ? <StateTag s="CUT" /> : <span class="muted">{t("gNotCut")}</span>}</td><td>{proof ? <HostProofLine p={proof} /> : a ? `${t("gPackets")}${t("colon")}${count(a.packets_stopped)}` : ""}</td></tr>; })}</tbody></table></div>}
      {p.isolate && <p><b class={`tag gs ${p.isolated ? "red" : ""}`}>{t(p.isolated ? "gIsolated" : "gNotIsolated")}</b> <a href="#/partners/host">{t("gHost")}</a> {p.isolated && (island?.proof ?? host) && <HostProofLine p={(island?.proof ?? host)!} />}</p>}
    </>
  );
}

export function KeptPage({ name }: { name: string }) {
  const [removing, setRemoving] = useState(false), { may, print, openEntry } = useShared(), now = useNow(1000), { data: p, error, fetched, reload } = useData<Kept>(path(name), `plan ${name}`, 3000);
  usePaper(name, t("plan"));
  if (!p) return <Page>{error?.status === 404 ? <Missing name={name} /> : <Fail error={error} onRetry={reload} />}{!error && <Loading what={name} />}</Page>;
  return (
    <Page>
      <div class="pagehead"><h1 tabIndex={-1}>{t("gKeptTitle", { p: p.name })}</h1><PlanTag p={p} /><span class="grow" /><a class="btn small noprint" href="#/partners/plan">{t("gKept")}</a><button type="button" class="btn small noprint" onClick={() => print("plan", {})}>{t("print")}</button>{may("cut") && <a class="btn small noprint" id="plan-change" href={editHash(p.name)}>{t("gKeepChange")}</a>}{may("cut") && !p.carried && <button type="button" class="btn small noprint" id="plan-remove" onClick={() => setRemoving(true)}>{t("gKeepRemove")}</button>}{may("cut") && p.state !== "carried-out" && <a class="btn stop noprint" id="carry-out" href={carryHash(p.name)}>{t("gCarry")}</a>}</div>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      <p class="hint">{t("gPlanBy", { u: p.by, t: stamp(p.saved, now) })} · <button type="button" class="link" onClick={() => openEntry(p.entry)}>{t("entry")} {p.entry}</button>{p.reason && <> · {p.reason}</>}</p>
      {p.carried && <p class="note"><b>{t("gCarriedBy", { u: p.carried.by, t: full(p.carried.at) })}</b> · <button type="button" class="link" onClick={() => openEntry(p.carried!.entry)}>{t("entry")} {p.carried.entry}</button>{p.carried.reason && <> · {p.carried.reason}</>}</p>}
      <section class="panel" aria-labelledby="h-what"><header><h2 id="h-what">{t("gWhatItCuts")}</h2><span class="muted">{sizes(p)}</span></header><div class="in"><Standing p={p} now={now} /></div></section>
      {p.carried && <Undo p={p} now={now} reload={reload} />}
      {removing && <RemoveDialog name={p.name} onClose={() => setRemoving(false)} />}
    </Page>
  );
}
function Undo({ p, now, reload }: { p: Kept; now: number; reload: () => void }) {
  const { session, may } = useShared(), undo = useAct(), [reason, setReason] = useState(""), [said, setSaid] = useState<Undone | null>(null);
  const mine = p.undo?.signed === session.user;
  return (
    <section class="panel" aria-labelledby="h-undo"><header><h2 id="h-undo">{t("gUndoTitle")}</h2></header>
      <div class="in">
        <p>{t("gUndoMeans")} {p.undo && !mine && <b>{t("gUndoSecond", { u: p.undo.signed })}</b>}{mine && <b>{t("gUndoYou", { t: stamp(p.undo!.signedUntil, now) })}</b>}</p>
        {said && <div class="note ok" role="status">
          <p><b>{t(said.done ? "gUndoDone" : "gUndoStage")}</b></p>
          <ul class="will">
            {some(said.moved).length > 0 && <li>{t("gUndoMoved")} {said.moved.map((m, i) => <>{i > 0 && ", "}<b>{m.name}</b> <StateTag s={m.state} /></>)}</li>}
            {some(said.freed).length > 0 && <li>{t("gUndoFreed", { l: said.freed.join(", ") })}</li>}
            {some(said.signed).length > 0 && <li>{t("gUndoSigned", { l: said.signed.join(", ") })}</li>}
            {some(said.held).map((h) => <li key={h.name}><b>{t("gUndoHeld", { l: h.name })}</b> <span lang={english()}>{h.why}</span></li>)}
          </ul></div>}
        {!may("gate-sign") ? <p class="muted">{t("gSignNot")}</p> : (
          <form class="noprint" onSubmit={(e) => { e.preventDefault(); undo.act<Undone>("/api/gate/plans/undo", { name: p.name, reason: reason.trim() }, (r) => { setSaid(r); setReason(""); }, reload); }}>
            <Reason id="undo-reason" value={reason} set={setReason} />
            <Wrong text={undo.wrong} />
            <p class="row"><button type="submit" class="btn main-act" id="undo-now" disabled={undo.busy}>{t("gUndoDo")}</button></p>
          </form>)}
      </div>
    </section>
  );
}

// What carrying it out would change, asked of the server as a dry run; then the question, then what was done, with its proofs.
export function CarryPage({ name }: { name: string }) {
  const { go, may } = useShared(), now = useNow(1000), look = useAct(), carry = useAct();
  const [plan, setPlan] = useState<Carried | null>(null), [reason, setReason] = useState(""), [done, setDone] = useState<Carried | null>(null), head = useRef<HTMLHeadingElement>(null);
  const fresh = useData<Kept>(done ? path(name) : null, `plan ${name}`, 2000).data;
  usePaper(name, t("plan"));
  const ask = () => look.act<Carried>("/api/gate/plans/carry-out", { name, dry_run: true }, setPlan);
  useEffect(() => { if (may("cut")) ask(); }, [name]);
  useLayoutEffect(() => { if (done) head.current?.focus(); }, [done]);
  if (!may("cut")) return <Page><p class="note warn">{t("may")}</p></Page>;
  if (done) {
    const p = fresh ?? done;
    return (
      <Page>
        <div class="pagehead"><h1 tabIndex={-1} ref={head}>{t("gCarryDone", { p: name })}</h1><PlanTag p={p} /><Proofs p={p} now={now} /><span class="grow" /><a class="btn" href={keptHash(name)}>{t("gUndoTitle")}</a></div>
        {done.recorded === false && <p class="note bad" role="alert">{t("gUnrecorded")}</p>}
        <Left list={done.left} />
        <Standing p={p} now={now} host={done.proof} first={done.addresses} />
      </Page>
    );
  }
  if (!plan) return <Page>{look.wrong ? <><Wrong text={look.wrong} /><p><button type="button" class="btn" onClick={ask}>{t("retry")}</button> <a class="btn" href="#/partners/plan">{t("gKept")}</a></p></> : <Loading what={name} />}</Page>;
  const c = { links: some(plan.cut?.links), addresses: some(plan.cut?.addresses), isolated: !!plan.cut?.isolated }, nothing = !c.links.length && !c.addresses.length && !c.isolated;
  return (
    <Page>
      <form class="cutbox" onSubmit={(e) => { e.preventDefault(); if (!nothing) carry.act<Carried>("/api/gate/plans/carry-out", { name, reason: reason.trim() }, setDone); }}>
        <h1 tabIndex={-1}>{t("gCarryAsk", { p: name })}</h1>
        {nothing ? <p class="note ok">{t("gCarryNothing")} <a href={keptHash(name)}>{name}</a></p> : <>
          <h2>{t("gWhatHappens")}</h2>
          <ul class="will">
            {c.links.length > 0 && <li><b>{t("gHapReset", { n: c.links.length })}</b> {c.links.join(", ")}</li>}
            {c.addresses.length > 0 && <li><b>{t("gCarryAddr", { n: c.addresses.length })}</b> <span class="mono">{c.addresses.join(", ")}</span></li>}
            {c.isolated && <><li><b>{t("gIsoHap1")}</b> <span class="mono">{[...some(plan.cuts.members), ...some(plan.cuts.admins)].join(", ")}</span></li><li>{t("gIsoHap2")}</li><li>{t("gIsoHap3")}</li></>}
          </ul>
        </>}
        <Left list={plan.left} />
        {!nothing && <>
          <p class="note">{t("gCarryUndo")}</p>
          <div class="acts">
            <Reason id="carry-reason" value={reason} set={setReason} />
            <Wrong text={carry.wrong} />
            <p class="row"><button type="submit" class="btn stop big" id="carry-now" disabled={carry.busy}>{carry.busy ? t("gCutting") : t("gCarryDo", { p: name })}</button><button type="button" class="btn" onClick={() => go("#/partners/plan")}>{t("gCarryNot")}</button></p>
          </div>
        </>}
      </form>
    </Page>
  );
}
const Left = ({ list }: { list: { what: string; why: string }[] | undefined }) => (some(list).length ? <div class="note warn"><p><b>{t("gCarryLeft")}</b></p><ul class="will">{list!.map((x) => <li key={x.what}><b class="mono">{x.what}</b> <span lang={english()}>{x.why}</span></li>)}</ul></div> : null);
// How many of the links are proven by now.
function Proofs({ p, now }: { p: Kept; now: number }) {
  const all = useData<unknown>(some(p.links).length ? "/api/gate" : null, "gate", 2000).data, mine = linksOf(all).filter((l) => p.links.some((x) => x.name === l.name)), ok = mine.filter((l) => proofOf(l, now)?.ok).length;
  if (!mine.length) return null;
  return <span class={`tag ${ok < mine.length ? "amber" : "green"}`} role="status">{ok < mine.length ? t("gDoneUnproven", { n: mine.length - ok }) : <><span aria-hidden="true">✓ </span>{t("gDoneProven", { n: ok, m: mine.length })}</>}</span>;
}
