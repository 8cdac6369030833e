// One captured item: what it says, where it stands on its way back, what was done about it; and a person's word on it.
import { useEffect, useRef, useState } from "preact/hooks";
import { type ApiError, post } from "./api";
import { type Any, } from "./fhir";
import { type Said, fault, outcome } from "./capture-back";
import { type Item, isWithdrawal, itemOf, kindWord, lineOfItem, menu, named, ownerWord } from "./capture";
import { Places, StateTag } from "./capture-parts";
import { useDowntime } from "./downtime";
import { ageOf, birth, full, sexWord, stamp } from "./format";
import { type Key, t } from "./i18n";
import { newId } from "./outbox";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Loading, OriginMark, Who } from "./ui";

const verdicts = ["filed", "already_there", "again", "refused", "superseded"];

export function ItemPage({ id }: { id: string }) {
  const { data, error, fetched, reload } = useData<unknown>(`/api/capture/${encodeURIComponent(id)}`, `item ${id}`, 10000), now = useNow(10000), { openEntry, may, print } = useShared(), d = useDowntime(), i = data ? itemOf(data) : null;
  usePaper(i?.who && !i.who.masked ? `${i.who.name.family.toUpperCase()}, ${i.who.name.given} · ${birth(i.who.birth)} · ${i.who.number}` : "", i ? `${kindWord(i.kind)} · ${i.id}` : "");
  if (!i) return <div class="scroller" id="content" tabIndex={0} role="main"><Fail error={error} onRetry={reload} fetched={fetched} />{!error && <Loading what={id} />}</div>;
  const of = i.kind === "order" && i.values.stop ? "stop" : i.kind, standing = i.replacedBy === null && !isWithdrawal(i), mine = (d?.mayReview ?? []).includes(i.owner), chart = i.person ? `#/chart/${encodeURIComponent(i.person)}` : "";
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{kindWord(of)} <OriginMark origin="captured" wordy /> <StateTag s={i.state} /></h1><span class="grow" /><Places here="back" /></div>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      <section class="panel itemone" aria-label={kindWord(of)}><div class="in">
        <p class="big">{i.who ? <><Who name={i.who.name} masked={i.who.masked} /> {!i.who.masked && <span class="ids">{birth(i.who.birth) || t("noBirth")} {ageOf(i.who.birth, now)} · {sexWord(i.who.sex)} · <b class="mrn">{i.who.number}</b> {[i.who.unit, i.who.bed].filter(Boolean).join(" ")}</span>}</> : <b class="unm">{i.said || t("cg_several-persons")}</b>}</p>
        <p class={`said ${i.replacedBy !== null ? "struck" : ""}`}>{i.who?.masked ? t("protectedRec") : lineOfItem(i)}</p>
        {i.flags.length > 0 && <p>{i.flags.map((f) => <b key={f} class="tag amber">{named("cg_", f)}</b>)}</p>}
        <dl class="kv">
          <dt>{t("cbOccurred")}</dt><dd><b>{full(i.occurred) || i.occurred}</b></dd><dt>{t("cbRecorded")}</dt><dd>{full(i.received)} · {t("cbBy", { u: i.by })}{i.behalf ? ` · ${t("cbBehalf", { u: i.behalf })}` : ""}{i.unit ? ` · ${i.unit}` : ""}</dd>
          {i.reason && <><dt>{t("cfReason")}</dt><dd>{i.reason}</dd></>}
          <dt>{t("entry")}</dt><dd><button type="button" class="link" onClick={() => openEntry(i.entry)}>{i.entry}</button> · {i.id}</dd>
          <dt>{t("cbOwner")}</dt><dd>{ownerWord(i.owner)}</dd>
          {i.replacedBy !== null && <><dt>{t("corrected")}</dt><dd><button type="button" class="link" onClick={() => openEntry(i.replacedBy!)}>{t("cbReplaced", { n: i.replacedBy })}</button></dd></>}
          {i.replaces && <><dt>{t("history")}</dt><dd><a href={`#/capture/back/${encodeURIComponent(i.replaces)}`}>{t("cbReplaces", { i: i.replaces })}</a></dd></>}
          {i.controlId && <><dt>{t("cbControl")}</dt><dd>{i.controlId}{i.to ? ` · ${t("cbSentTo")} ${i.to}` : ""}</dd></>}{i.ack && <><dt>{t("cbAck")}</dt><dd>{i.ack}</dd></>}
        </dl>
        {/^(open|reviewed|unknown|refused)$/.test(i.state) && <p class={`note ${i.state === "open" || i.state === "reviewed" ? "" : "warn"}`}>{t(`cbNext_${i.state}` as Key, { o: ownerWord(i.owner) })} {!mine && d && t("cbNotYours", { o: ownerWord(i.owner) })}</p>}
        <p class="row noprint">
          {standing && may("capture") && i.person && menu.includes(of) && <a class="btn" href={`#/capture/${encodeURIComponent(i.person)}/${of}/replaces/${encodeURIComponent(i.id)}`}>{t("cbCorrect")}</a>}
          {chart && <a class="btn" href={chart}>{t("cpToChart")}</a>}<button type="button" class="btn" onClick={() => print("captured item", { patient: i.person })}>{t("print")}</button>
        </p>
      </div></section>
      {mine && standing && <Decide i={i} onDone={reload} />}
      {standing && may("capture") && of !== "merge" && <Withdraw i={i} onDone={reload} />}
      <section class="panel" aria-labelledby="h-acts"><header><h2 id="h-acts">{t("cbActs")}</h2></header><div class="in">
        {i.acts.length === 0 ? <p class="muted">{t("cbActsNone")}</p> : <ol class="acts">{i.acts.map((a) => <li key={a.entry} class={a.counts ? "" : "muted"}><b class="nowrap">{stamp(a.time, now)}</b> {named("cv_", String(a.said.act ?? ""))}{words(a.said)} <span class="muted">{a.source}</span> <button type="button" class="link" onClick={() => openEntry(a.entry)}>{t("entry")} {a.entry}</button></li>)}</ol>}
      </div></section>
    </div>
  );
}
const words = (s: Any) => { const parts = [s.as ? named("cs_", String(s.as)) : "", s.by, s.reason, s.ack ?? s.code, s.text, s.to].filter((x) => typeof x === "string" && x); return parts.length ? `: ${parts.join(" · ")}` : ""; };

function Decide({ i, onDone }: { i: Item; onDone: () => void }) {
  const look = i.state === "unknown" || i.state === "refused", [as, setAs] = useState(""), [reason, setReason] = useState(""), [busy, setBusy] = useState(false), [wrong, setWrong] = useState(""), [said, setSaid] = useState(""), field = useRef<HTMLInputElement>(null), { renewBoard } = useShared();
  useEffect(() => { setAs(""); setReason(""); setWrong(""); }, [i.state]);
  if (!look && i.state !== "open" && i.state !== "reviewed") return said ? <p class="note ok" role="status">{t("cbSaid", { l: said })}</p> : null;
  const tell = (path: string, body: Record<string, unknown>) => {
    setBusy(true); setWrong(""); setSaid("");
    post<Said>(path, { items: [i.id], ...body }).then((s) => { const o = outcome(s); setBusy(false); if (o.left) setWrong(o.left); else setSaid(o.said); onDone(); renewBoard(); }, (x: ApiError) => { setBusy(false); setWrong(fault(x)); });
  };
  const need = () => { if (reason.trim()) return true; setWrong(t("cbReasonMissing")); field.current?.focus(); return false; };
  return (
    <section class="panel" aria-labelledby="h-decide"><header><h2 id="h-decide">{look ? t("cbResolve") : t("cbReview")}</h2></header><div class="in">
      {wrong && <p class="note bad" role="alert">{wrong}</p>}{said && <p class="note ok" role="status">{t("cbSaid", { l: said })}</p>}
      {look && <div class="choices" role="radiogroup" aria-labelledby="h-decide">{verdicts.filter((v) => v !== i.state).map((v) => <label class="pill-choice" key={v}><input type="radio" name="as" checked={as === v} onChange={() => setAs(v)} /> {t(`cbr_${v}` as Key)}</label>)}</div>}
      <div class="field"><label for="say"><span>{t(look ? "cbReason" : "cbRefuseWhy")}</span></label><input id="say" ref={field} value={reason} autocomplete="off" onInput={(e) => { setReason(e.currentTarget.value); setWrong(""); }} /></div>
      <p class="row">{look ? <button type="button" id="resolve" class="btn main-act" disabled={busy || !as} onClick={() => { if (need()) tell("/api/backload/resolve", { as, reason: reason.trim() }); }}>{t("cbDo")}</button>
        : <>{i.state === "open" && <button type="button" id="review" class="btn main-act" disabled={busy} onClick={() => tell("/api/backload/review", {})}>{t("cbReview")}</button>}<button type="button" id="refuse" class="btn" disabled={busy} onClick={() => { if (need()) tell("/api/backload/review", { refuse: true, reason: reason.trim() }); }}>{t("cbRefuse")}</button></>}</p>
    </div></section>
  );
}

function Withdraw({ i, onDone }: { i: Item; onDone: () => void }) {
  const [open, setOpen] = useState(false), [reason, setReason] = useState(""), [wrong, setWrong] = useState(""), [busy, setBusy] = useState(false), id = useRef(newId()), when = useRef("");
  if (!open) return <p class="noprint"><button type="button" class="btn" onClick={() => setOpen(true)}>{t("cbWithdraw")}</button></p>;
  const submit = (e: Event) => {
    e.preventDefault();
    if (!reason.trim()) { setWrong(t("cbReasonMissing")); return; }
    when.current ||= new Date().toISOString().slice(0, 19) + "Z"; // the same bytes when it is sent again
    setBusy(true); setWrong("");
    post("/api/capture", { id: id.current, unit: i.unit, patient: i.said, kind: i.kind, occurred: i.occurred, recorded: when.current, reason: reason.trim(), replaces: i.id, withdraw: true, values: {} }).then(() => { setBusy(false); setOpen(false); onDone(); }, (x: ApiError) => { setBusy(false); setWrong(x.code === "unreachable" ? `${t("cpNotSaved")}. ${t("unreachableNothing")}` : x.text); });
  };
  return (
    <section class="panel" aria-labelledby="h-wd"><header><h2 id="h-wd">{t("cbWithdrawAsk")}</h2></header><form class="in" onSubmit={submit}>
      <p>{t("cbWithdrawMeans")}</p>{wrong && <p class="note bad" role="alert">{wrong}</p>}
      <div class="field"><label for="wd"><span>{t("cbWithdrawWhy")}</span></label><input id="wd" value={reason} disabled={busy} autocomplete="off" onInput={(e) => { setReason(e.currentTarget.value); setWrong(""); if (!busy) { id.current = newId(); when.current = ""; } }} /></div>
      <p class="row"><button class="btn stop" disabled={busy}>{t("cbWithdrawDo")}</button><button type="button" class="btn" disabled={busy} onClick={() => setOpen(false)}>{t("cbKeep")}</button></p>
    </form></section>
  );
}
