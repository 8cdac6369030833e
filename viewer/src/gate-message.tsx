// The message that a partner does not take, and what waits behind it for a person's word: offered again, or given up. And those that were given up.
import { useState } from "preact/hooks";
import { count, full, stamp } from "./format";
import type { Link } from "./gate";
import { Reason, Wrong, useAct } from "./gate-parts";
import { type Key, t } from "./i18n";
import { useData, useShared } from "./state";
import { Dialog, Fail } from "./ui";

export interface Message { seq: number; control_id: string; type: string; sending_application?: string; received: string }
interface GivenUp extends Message { code: string; by: string; reason: string; at: string; entry: number }
const codeWords = (code: string): string => t(code ? (`gRefCode_${code}` as Key) : "gRefCode_none") ?? t("gRefCode_other", { c: code });

export function Refused({ l, first, now, done }: { l: Link; first: Message | undefined; now: number; done: () => void }) {
  const { may, openEntry } = useShared(), retry = useAct(), [asking, setAsking] = useState(false), [said, setSaid] = useState("");
  if (l.refusedFirst === null) return said ? <p class="note ok" role="status">{said}</p> : null;
  const id = first?.control_id || String(l.refusedFirst), can = may("cut") && may("gate-sign");
  return (
    <section class="panel refusal" aria-labelledby="h-ref">
      <header><h2 id="h-ref">{t("gRefTitle", { p: l.name })}</h2><b class="tag red">{l.refusedCode || t("gRefNoAnswer")}</b><span class="muted">{t("gSince", { t: stamp(l.refusedSince, now) })}</span></header>
      <div class="in">
        {said && <p class="note ok" role="status">{said}</p>}
        <dl class="kv">
          <dt>{t("gRefMessage")}</dt><dd>{first?.type} <b class="mono">{id}</b> · <button type="button" class="link" onClick={() => openEntry(l.refusedFirst!)}>{t("entry")} {l.refusedFirst}</button></dd>
          <dt>{t("gRefFrom")}</dt><dd>{first?.sending_application && <><b>{first.sending_application}</b> (MSH-3) · </>}{t("gRefVia", { a: l.listen })}{first && <> · {t("received")} {full(first.received)}</>}</dd>
          <dt>{t("wReasons")}</dt><dd>{codeWords(l.refusedCode)}</dd>
          <dt>{t("gQueue")}</dt><dd>{t("gRefBehind", { n: count(Math.max(0, l.queue - 1)) })}</dd>
        </dl>
        <Wrong text={retry.wrong} />
        {!may("cut") ? null : !can ? <p class="muted">{t("gRefNotYou")}</p> : <p class="row noprint">
          <button type="button" class="btn main-act" id="retry" disabled={retry.busy} onClick={() => retry.act("/api/gate/retry", { name: l.name }, () => setSaid(t("gRetried")), done)}>{t("gRetry")}</button>
          <button type="button" class="btn" id="skip" onClick={() => setAsking(true)}>{t("gSkip")}</button></p>}
      </div>
      {asking && <SkipDialog l={l} id={id} onClose={() => setAsking(false)} onDone={() => { setAsking(false); setSaid(t("gSkipped", { c: id })); done(); }} />}
    </section>
  );
}
function SkipDialog({ l, id, onClose, onDone }: { l: Link; id: string; onClose: () => void; onDone: () => void }) {
  const skip = useAct(), [reason, setReason] = useState(""), seq = useState(l.refusedFirst)[0]; // what was asked about stays what is done, whatever the far side says meanwhile
  return (
    <Dialog title={t("gSkipAsk", { c: id })} onClose={onClose}>
      <form onSubmit={(e) => { e.preventDefault(); if (reason.trim()) skip.act("/api/gate/skip", { name: l.name, seq, reason: reason.trim() }, onDone); else skip.setWrong(t("gSkipReasonMissing")); }}>
        <ul class="will"><li><b>{t("gSkipMeans1", { p: l.name })}</b></li><li>{t("gSkipMeans2", { n: seq ?? "" })}</li><li>{t("gSkipMeans3", { n: count(Math.max(0, l.queue - 1)) })}</li></ul>
        <p class="note warn">{t("gSkipAdvice")}</p>
        <Reason id="skip-reason" value={reason} set={setReason} label={t("gSkipReason")} />
        <Wrong text={skip.wrong} />
        <p class="row"><button type="submit" class="btn stop" id="skip-now" disabled={skip.busy}>{t("gSkipDo", { c: id })}</button><button type="button" class="btn" onClick={onClose}>{t("gKeepIt")}</button></p>
      </form>
    </Dialog>
  );
}

export function GivenUp({ l, now }: { l: Link; now: number }) {
  const { openEntry } = useShared();
  const { data, error, reload } = useData<{ refused: GivenUp[] }>(l.skipped ? `/api/gate/refused?name=${encodeURIComponent(l.name)}` : null, `given up ${l.name} ${l.skipped}`);
  if (!l.skipped) return null;
  return (
    <section class="panel" aria-labelledby="h-given"><header><h2 id="h-given">{t("gGivenUp")}</h2><b class="tag amber">{count(l.skipped)}</b></header>
      <Fail error={error} onRetry={reload} />
      {data && <div class="scroll" tabIndex={0} role="region" aria-label={t("gGivenUp")}><table><thead><tr><th scope="col">{t("when")}</th><th scope="col">{t("what")}</th><th scope="col">{t("gControl")}</th><th scope="col">{t("gSender")}</th><th scope="col">{t("who")}</th><th scope="col">{t("reason")}</th><th scope="col" class="num">{t("entry")}</th></tr></thead>
        <tbody>{data.refused.slice().reverse().map((m) => <tr key={m.entry}><td class="nowrap" title={full(m.at)}>{stamp(m.at, now)}</td><td>{m.type} <span class="tag">{m.code || t("gRefNoAnswer")}</span></td><td class="mono">{m.control_id}</td><td>{m.sending_application}</td><td>{m.by}</td><td>{m.reason}</td><td class="num"><button type="button" class="link" onClick={() => openEntry(m.seq)} aria-label={`${t("entry")} ${m.seq}`}>{m.seq}</button></td></tr>)}</tbody></table></div>}
    </section>
  );
}
