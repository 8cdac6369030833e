// Signing for what was made of a case: the newest letters, mail-house's file and forms, each with its hash and its counts, who has signed, and whether it may go out. Two different people sign, each with the password again; what was made before the case changed is not signed any more.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Any } from "./fhir";
import { count, stampNear } from "./format";
import { Wrong, useAct } from "./gate-parts";
import { type Key, t } from "./i18n";
import { casePath, list, n, obj, s, wordOf } from "./scope-parts";
import { useNow, useShared } from "./state";
import { Instruction } from "./ui";

const makes: Record<string, string> = { letters: "letters", mailfile: "mailfile", forms: "forms" };

function Hash({ sum }: { sum: string }) {
  return <code class="wrap">{(sum.match(/.{1,8}/g) ?? []).join(" ")}</code>;
}
function Who({ by }: { by: Any[] }) {
  const now = useNow(30000), { openEntry } = useShared();
  return <ul class="plainlist">{by.map((b) => <li key={n(b.entry)}>{s(b.user)} ({s(b.role)}), {stampNear(s(b.at), now)}, <button type="button" class="link" onClick={() => openEntry(n(b.entry))}>{t("entry")} {n(b.entry)}</button></li>)}</ul>;
}
const State = ({ f }: { f: Any }) => (f.stale === true ? <b class="tag red">{t("siStale")}</b> : f.ready === true ? <b class="tag green">{t("leReady")}</b> : n(f.people) ? <b class="tag amber">{t("leOneMore")}</b> : <b class="tag amber">{t("siTwo")}</b>);

// What exactly is signed stands above the password.
function SignForm({ name, x, onDone, onClose }: { name: string; x: Any; onDone: () => void; onClose: () => void }) {
  const { session } = useShared(), [password, setPassword] = useState(""), { busy, wrong, act } = useAct(), field = useRef<HTMLInputElement>(null), id = `si-pw-${s(x.set)}`;
  useLayoutEffect(() => { field.current?.focus(); }, []);
  const sign = () => act(casePath(name, "sign"), { sha256: s(x.sha256), password }, onDone, () => setPassword(""));
  return (
    <form class="in" onSubmit={(e) => { e.preventDefault(); sign(); }} onKeyDown={(e) => { if (e.key === "Escape") { e.stopPropagation(); onClose(); } }}>
      <p>{t("siWhat", { f: s(x.file) })}</p>
      <label class="field" for={id}><span>{t("eSignPassword", { u: session.user })}</span><input id={id} ref={field} type="password" autocomplete="current-password" required value={password} aria-invalid={wrong ? "true" : undefined} onInput={(e) => setPassword(e.currentTarget.value)} /></label>
      <Wrong text={wrong} />
      <div class="row"><button class="btn main-act" disabled={busy || !password}>{t("siSignFor", { w: t(`sis_${s(x.set)}` as Key) })}</button><button type="button" class="btn" onClick={onClose}>{t("close")}</button></div>
    </form>
  );
}

function SetPart({ name, x, may, reload }: { name: string; x: Any; may: boolean; reload: () => void }) {
  const { session, openEntry } = useShared(), now = useNow(30000), [open, setOpen] = useState(false), head = useRef<HTMLHeadingElement>(null), back = useRef(false), [said, setSaid] = useState(false);
  const mine = list(x.by).some((b) => s(b.user).trim().toLowerCase() === session.user.trim().toLowerCase()), kind = s(x.set), can = may && !mine && x.stale !== true;
  useLayoutEffect(() => { if (!open && back.current) { back.current = false; head.current?.focus(); } }, [open]);
  const close = () => { back.current = true; setOpen(false); };
  return (
    <li class="signset">
      <h3 ref={head} tabIndex={-1}>{wordOf(`sis_${kind}`, kind)} <State f={x} /></h3>
      <dl class="kv flat">{Object.entries(obj(x.counts)).map(([k, v]) => <div key={k}><dt>{wordOf(`sic_${k}`, wordOf(`len_${k}`, k))}</dt><dd><b>{count(n(v))}</b></dd></div>)}</dl>
      <p class="wrap"><b>{s(x.file)}</b> SHA-256 <Hash sum={s(x.sha256)} /></p>
      <p><small class="muted">{t("siMade", { u: s(x.made_by) })} {stampNear(s(x.at), now)}, <button type="button" class="link" onClick={() => openEntry(n(x.entry))}>{t("entry")} {n(x.entry)}</button></small></p>
      {x.stale === true && <p class="note bad">{t("siStaleMeans")} <span class="cmd"><Instruction text={`holdfast notice ${makes[kind] ?? kind} ${name} -o DIR --site DIR`} /></span></p>}
      {list(x.by).length > 0 && <Who by={list(x.by)} />}
      {said && <p class="note" role="status">{t("siDone")}</p>}
      {open ? <SignForm name={name} x={x} onClose={close} onDone={() => { setSaid(true); close(); reload(); }} /> : can ? <button type="button" class="btn noprint" id={`si-${kind}`} onClick={() => { setSaid(false); setOpen(true); }}>{t("siSign", { w: wordOf(`sis_${kind}`, kind) })}</button> : mine && x.ready !== true && x.stale !== true ? <p class="muted">{t("siMine")}</p> : null}
    </li>
  );
}

export function Signed({ d, name, reload }: { d: Any; name: string; reload: () => void }) {
  const { session } = useShared(), files = list(d.signed), sets = list(d.sets), signers = list(d.signers), may = signers.some((x) => s(x.user) === session.user);
  return (
    <section class="panel" aria-labelledby="h-le-signed"><header><h2 id="h-le-signed">{t("leSigned")}</h2></header>
      {sets.length === 0 && <p class="in">{t("siNothing")} <span class="cmd"><Instruction text={`holdfast notice letters ${name} -o DIR --site DIR`} /></span></p>}
      {sets.length === 0 && files.length === 0 && <p class="in">{t("leNobody")}</p>}
      {sets.length > 0 && <ul class="acts in">{sets.map((x) => <SetPart key={s(x.sha256)} name={name} x={x} may={may} reload={reload} />)}</ul>}
      {files.length > 0 && <>{sets.length > 0 && <h3 class="in">{t("siOthers")}</h3>}<ul class="acts in">{files.map((f) => <li key={s(f.sha256)}><b class="wrap">{s(f.file)}</b> <State f={f} /><Who by={list(f.by)} /><small class="muted"><code title={s(f.sha256)}>{s(f.sha256).slice(0, 12)}…</code></small></li>)}</ul></>}
      <p class="in muted">{t("leMay")} {signers.length ? signers.map((x) => `${s(x.user)} (${s(x.role)})`).join(", ") : "–"}{signers.length < 2 && <> <b class="tag red">{t("leTooFew")}</b></>}. <span class="cmd"><Instruction text={`holdfast notice sign ${name} FILE --site DIR`} /></span></p>
    </section>
  );
}
