// What is cut beside partner links: addresses, and this host itself. One person cuts; the end of the cut of an address, and of the isolation, needs two.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { count, full, stamp } from "./format";
import { english } from "./gate";
import { Page, Proven, Reason, Wrong, useAct } from "./gate-parts";
import { t } from "./i18n";
import { useData, useNow, usePaper, useShared } from "./state";
import { Dialog, Fail, Instruction, Loading } from "./ui";

export interface HostProof { method: string; at: string; result: string }
export interface Address { address: string; state: string; since: string; by: string; reason?: string; signed?: string; signedUntil?: string; cutAgain?: string; packets_stopped: number; proof?: HostProof }
export interface Island { isolated: boolean; since?: string; signed?: string; signedUntil?: string; members: string[]; admins: string[]; addresses: Address[]; freed?: Address[]; nft: boolean; why?: string; proof?: HostProof }
// What the kernel was found to do: in the server's own words, which are English.
export const HostProofLine = ({ p }: { p: HostProof }) => <span><Proven ok={p.method !== "none" && !/NOT /.test(p.result)} /> <span lang={english()}>{p.result}</span></span>;
export const useIsland = (every: number) => useData<Island>("/api/gate/island", "island", every);
const list = (v: string[] | undefined) => v ?? [];

export function HostPage() {
  const { may, print } = useShared(), now = useNow(1000), { data: h, error, fetched, reload } = useIsland(3000);
  usePaper("", t("gHost"));
  return (
    <Page>
      <div class="pagehead"><h1 tabIndex={-1}>{t("gHost")}</h1>{h && <b class={`tag gs ${h.isolated ? "red" : ""}`}>{t(h.isolated ? "gIsolated" : "gNotIsolated")}</b>}{h?.isolated && <span class="muted">{t("gSince", { t: stamp(h.since, now) })}</span>}<span class="grow" /><a class="btn small noprint" href="#/partners">{t("gToList")}</a><button type="button" class="btn small noprint" onClick={() => print("partners", {})}>{t("print")}</button></div>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {!h ? !error && <Loading what={t("gHost")} /> : <>
        {!h.nft && <p class="note warn">{t("gNoNft")} {h.why && <span lang={english()}>{h.why}</span>}</p>}
        <Addresses h={h} now={now} reload={reload} can={may("cut")} />
        <section class="panel" aria-labelledby="h-iso"><header><h2 id="h-iso">{t("gIsoTitle")}</h2><span class="grow" />{may("cut") && !h.isolated && <a class="btn stop noprint" id="isolate" href="#/partners/isolate">{t("gIsoAsk1")}</a>}</header>
          <div class="in">
            {h.isolated && h.proof && <p><HostProofLine p={h.proof} /></p>}
            <Talkers h={h} />
            {h.isolated && <End h={h} now={now} reload={reload} />}
          </div></section>
      </>}
    </Page>
  );
}
function Talkers({ h }: { h: Island }) {
  return <dl class="kv"><dt>{t("gIsoMembers")}</dt><dd>{list(h.members).length ? <span class="mono">{h.members.join(", ")}</span> : <>{t("gIsoNoMembers")} <span class="cmd mono"><Instruction text="holdfast gate island --members IP/BITS,… --admin IP --site DIR" /></span></>}</dd><dt>{t("gIsoAdmins")}</dt><dd>{list(h.admins).length ? <span class="mono">{h.admins.join(", ")}</span> : t("gIsoNoAdmins")}</dd></dl>;
}

function Addresses({ h, now, reload, can }: { h: Island; now: number; reload: () => void; can: boolean }) {
  const cut = useAct(), [address, setAddress] = useState(""), [reason, setReason] = useState(""), [done, setDone] = useState<Address | null>(null), [freeing, setFreeing] = useState<Address | null>(null), [said, setSaid] = useState("");
  const a = address.trim(), field = useRef<HTMLInputElement>(null);
  const go = () => { if (a) cut.act<Address>("/api/gate/cut-address", { address: a, reason: reason.trim() }, (r) => { setDone(r); setSaid(""); setAddress(""); setReason(""); }, reload); else field.current?.focus(); };
  return (
    <section class="panel" aria-labelledby="h-addr"><header><h2 id="h-addr">{t("gAddrTitle")}</h2>{list(h.addresses as unknown as string[]).length > 0 && <b class="tag red">{count(h.addresses.length)}</b>}</header>
      <div class="in">
        {said && <p class="note ok" role="status">{said}</p>}
        {done && <p class={`note ${done.proof && done.proof.method !== "none" ? "ok" : "bad"}`} role="status"><b>{t("gAddrDone", { a: done.address })}</b> {done.proof ? <HostProofLine p={done.proof} /> : t("gNotProvenYet")}</p>}
        {h.addresses.length === 0 ? <p class="muted">{t("gAddrNone")}</p> : <div class="scroll" tabIndex={0} role="region" aria-label={t("gAddrTitle")}><table class="links"><thead><tr><th scope="col">{t("gAddress")}</th><th scope="col">{t("when")}</th><th scope="col">{t("who")}</th><th scope="col">{t("reason")}</th><th scope="col" class="num">{t("gPackets")}</th><th scope="col"><span class="vh">{t("what")}</span></th></tr></thead>
          <tbody>{h.addresses.map((x) => <tr key={x.address} class="shut"><th scope="row" class="mono">{x.address}</th><td class="nowrap" title={full(x.since)}>{stamp(x.since, now)}</td><td>{x.by}</td><td>{x.reason}{x.signed && <b class="block">{t("gAddrSigned", { u: x.signed, t: stamp(x.signedUntil, now) })}</b>}</td><td class="num">{count(x.packets_stopped)}</td><td>{can && <button type="button" class="btn small noprint" aria-label={t("gAddrFreeDo", { a: x.address })} onClick={() => { setFreeing(x); setDone(null); setSaid(""); }}>{t("gAddrFree")}</button>}</td></tr>)}</tbody></table></div>}
        {list(h.freed as unknown as string[]).length > 0 && <ul class="will">{h.freed!.map((x) => <li key={x.address}>{t("gAddrFreeUntil", { a: x.address, t: stamp(x.cutAgain, now) })}</li>)}</ul>}
        {can && <form class="addressform noprint" onSubmit={(e) => { e.preventDefault(); go(); }}>
          <p class="muted">{t("gAddrMeans")}</p>
          <div class="picks">
            <label class="field"><span>{t("gAddrLabel")}</span><input id="cut-address" class="mono" ref={field} value={address} maxLength={64} autocomplete="off" spellcheck={false} onInput={(e) => { setAddress(e.currentTarget.value); cut.setWrong(""); }} /></label>
            <Reason id="cut-address-reason" value={reason} set={setReason} />
            <button type="submit" class="btn stop" id="cut-address-now" disabled={cut.busy}>{cut.busy ? t("gCutting") : a ? t("gAddrDo", { a }) : t("gAddrDoNone")}</button>
          </div>
          <Wrong text={cut.wrong} />
        </form>}
      </div>
      {freeing && <FreeDialog x={freeing} now={now} onClose={() => setFreeing(null)} onDone={(r) => { setSaid(t(r.freed ? "gAddrFreed" : "gAddrSignedNow", { a: freeing.address })); setFreeing(null); reload(); }} />}
    </section>
  );
}
// The end of the cut of an address: signed by the first, let in by the second.
function FreeDialog({ x, now, onClose, onDone }: { x: Address; now: number; onClose: () => void; onDone: (r: { freed: boolean }) => void }) {
  const { session, may } = useShared(), free = useAct(), [reason, setReason] = useState(""), mine = x.signed === session.user;
  return (
    <Dialog title={t("gAddrFreeAsk", { a: x.address })} onClose={onClose}>
      <form onSubmit={(e) => { e.preventDefault(); free.act<{ freed: boolean }>("/api/gate/free-address", { address: x.address, reason: reason.trim() }, onDone); }}>
        {!may("gate-sign") ? <p class="muted">{t("gSignNot")}</p> : mine ? <p class="strong" role="status">{t("gIsoYou", { t: stamp(x.signedUntil, now) })}</p> : <>
          <p>{x.signed ? <b>{t("gAddrFreeSecond", { u: x.signed })}</b> : t("gAddrFreeFirst")}</p>
          <Reason id="free-reason" value={reason} set={setReason} />
          <Wrong text={free.wrong} /></>}
        <p class="row">{may("gate-sign") && !mine && <button type="submit" class="btn main-act" id="free-now" disabled={free.busy}>{t(x.signed ? "gAddrFreeDo2" : "gAddrFreeDo1", { a: x.address })}</button>}<button type="button" class="btn" onClick={onClose}>{t("gAddrKeep")}</button></p>
      </form>
    </Dialog>
  );
}

// The end of the isolation: signed by the first, ended by the second.
function End({ h, now, reload }: { h: Island; now: number; reload: () => void }) {
  const { session, may } = useShared(), end = useAct(), [reason, setReason] = useState("");
  return (
    <section class="signing" aria-labelledby="h-end"><h3 id="h-end">{t("gIsoEnd")}</h3>
      <p>{h.signed === session.user ? "" : h.signed ? <b>{t("gIsoSecond", { u: h.signed })}</b> : t("gIsoFirst")}</p>
      {!may("gate-sign") ? <p class="muted">{t("gSignNot")}</p> : h.signed === session.user ? <p class="strong" role="status">{t("gIsoYou", { t: stamp(h.signedUntil, now) })}</p> : (
        <form onSubmit={(e) => { e.preventDefault(); end.act("/api/gate/isolate-end", { reason: reason.trim() }, () => setReason(""), reload); }}>
          <Reason id="end-reason" value={reason} set={setReason} />
          <Wrong text={end.wrong} />
          <p class="row"><button type="submit" class="btn main-act" id="end-now" disabled={end.busy}>{t(h.signed ? "gIsoEndDo2" : "gIsoEndDo1")}</button></p>
        </form>)}
    </section>
  );
}

// The question before this host is isolated, and what came of it.
export function IsolatePage() {
  const { go, may } = useShared(), { data: h, error, fetched, reload } = useIsland(3000), isolate = useAct(), [reason, setReason] = useState(""), [done, setDone] = useState<Island | null>(null), head = useRef<HTMLHeadingElement>(null);
  usePaper("", t("gHost"));
  useLayoutEffect(() => { if (done) head.current?.focus(); }, [done]);
  if (!may("cut")) return <Page><p class="note warn">{t("may")}</p></Page>;
  if (!h) return <Page><Fail error={error} onRetry={reload} />{!error && <Loading what={t("gHost")} />}</Page>;
  if (done) return (
    <Page>
      <div class="pagehead"><h1 tabIndex={-1} ref={head}>{t("gIsoDone")}</h1><span class="grow" /><a class="btn" href="#/partners/host">{t("gHost")}</a></div>
      {done.proof ? <p class="note proofnote"><HostProofLine p={done.proof} /></p> : <p class="note warn">{t("gNotProvenYet")}</p>}
      <Talkers h={done} />
      <p>{t("gIsoUndo")}</p>
    </Page>
  );
  return (
    <Page>
      <form class="cutbox" onSubmit={(e) => { e.preventDefault(); isolate.act<Island>("/api/gate/isolate", { reason: reason.trim() }, setDone, reload); }}>
        <h1 tabIndex={-1}>{t("gIsoAsk")}</h1>
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {h.isolated ? <p class="note ok">{t("gIsoDone")} <a href="#/partners/host">{t("gHost")}</a></p> : <>
          {!h.nft && <p class="note warn">{t("gNoNft")} {h.why && <span lang={english()}>{h.why}</span>}</p>}
          <h2>{t("gWhatHappens")}</h2>
          <ul class="will"><li><b>{t("gIsoHap1")}</b></li><li>{t("gIsoHap2")}</li><li>{t("gIsoHap3")}</li></ul>
          <h2>{t("gIsoWho")}</h2>
          <Talkers h={h} />
          <p class="note">{t("gIsoUndo")}</p>
          <div class="acts">
            <Reason id="isolate-reason" value={reason} set={setReason} />
            <Wrong text={isolate.wrong} />
            <p class="row"><button type="submit" class="btn stop big" id="isolate-now" disabled={isolate.busy}>{t(isolate.busy ? "gIsoDoing" : "gIsoDo")}</button><button type="button" class="btn" onClick={() => go("#/partners/host")}>{t("gIsoNot")}</button></p>
          </div>
        </>}
      </form>
    </Page>
  );
}
