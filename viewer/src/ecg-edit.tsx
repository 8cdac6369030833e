// What a person makes of an ECG: statements, values by hand, a signature; whose it is; to whom it is shown.
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { type ApiError, post } from "./api";
import { type Act, type Analysis, type Delivery, type Detail, type Person, type Statement, type Values, act, measureKeys, said, signature, signed, statementsOf } from "./ecg";
import { PersonSearch, ReadingState, Said, TwoIdentifiers, identityLine, identsOf, urgencyWord, verdictOf, weightWord } from "./ecg-parts";
import { birth, full, sexWord, stamp } from "./format";
import { type Key, getLang, t } from "./i18n";
import { statementWords } from "./ecg-statements";
import { useNow, useShared } from "./state";
import { Dialog, Who } from "./ui";

// What is being written, for as long as this page is open and the same person is signed in; never in what the browser keeps.
export interface LocalDraft { statements: { code: string; text: string }[]; measures: Record<string, string>; comment: string; basis: number; edited: boolean }
export const drafts = new Map<number, LocalDraft>();
export function forgetDrafts() { drafts.clear(); }

const plainOf = (list: Statement[]) => list.map((s) => ({ code: s.code, text: s.text }));
function begun(d: Detail): LocalDraft {
  const last = d.draft ?? (d.reading === "unread" || d.reading === "reading" ? d.acts.filter((a) => a.act === "sign" && !a.late).sort((a, b) => b.entry - a.entry)[0] : null); // opened again: what was signed before
  return { statements: plainOf(last ? last.statements : d.statements), measures: last ? Object.fromEntries(Object.entries(last.measures).filter(([, v]) => v !== null).map(([k, v]) => [k, String(v)])) : {}, comment: last?.comment ?? "", basis: d.basis, edited: false };
}
export function overridesOf(d: Detail): Values { return signature(d)?.measures ?? d.draft?.measures ?? {}; }
const sentence = (e: ApiError) => (e.code === "unreachable" ? t("unreachableNothing") : e.text);
const measured = (m: Record<string, string>) => Object.fromEntries(Object.entries(m).filter(([, v]) => v !== "" && isFinite(Number(v))).map(([k, v]) => [k, Number(v)]));

export function OverRead({ d, reload, editable, onDraft, user, sign }: { d: Detail; reload: () => void; editable: boolean; onDraft: () => void; user: string; sign: boolean; analysis: Analysis | null }) {
  const now = useNow(10000), [, set] = useState(0), [wrong, setWrong] = useState(""), [saved, setSaved] = useState(""), [dialog, setDialog] = useState("");
  // (What was just saved is ahead of what the page has read: until that comes it stays, and what is typed meanwhile is typed into it.)
  if (editable && (!drafts.has(d.entry) || (!drafts.get(d.entry)!.edited && drafts.get(d.entry)!.basis < d.basis))) drafts.set(d.entry, begun(d));
  const draft = drafts.get(d.entry), changed = () => { draft!.edited = true; setSaved(""); set((n) => n + 1); onDraft(); };
  useEffect(() => { onDraft(); }, [draft === undefined]);
  const conflict = !!draft?.edited && draft.basis < d.basis;
  const theirs = conflict ? d.acts.filter((a) => a.entry > draft!.basis && !a.late && !/^(share|deliver)/.test(a.act)).sort((a, b) => b.entry - a.entry) : [];
  const failed = (e: ApiError) => { if (e.status === 409) { setWrong((e.body as { ecg?: { basis?: number } } | null)?.ecg?.basis === draft?.basis ? sentence(e) : ""); setDialog(""); reload(); } else setWrong(sentence(e)); };
  const save = () => act(d.entry, "act", { act: "read", statements: draft!.statements, measures: measured(draft!.measures), comment: draft!.comment, basis: draft!.basis }).then((r) => { draft!.basis = r.entry; draft!.edited = false; setWrong(""); setSaved(t("eDraftSaved")); reload(); }, failed);
  const done = signed(d), s = signature(d), addenda = d.acts.filter((a) => a.act === "addend" && !a.late && (!s || a.entry > s.entry)), rejected = d.reading === "rejected" ? d.acts.filter((a) => a.act === "reject").sort((a, b) => b.entry - a.entry)[0] : null;
  return (
    <section class="overread" aria-labelledby="h-st">
      <h2 id="h-st">{t("eStatements")} {!done && <b class="tag unconfirmed">{t("esUnconfirmed")}</b>}</h2>
      {conflict && (
        <div class="note bad conflict" role="alert">
          <p class="strong">{t("eConflict")}</p>
          {theirs.map((a) => <div key={a.entry}><p>{stamp(a.time, now)} <b>{a.by}</b>{t("colon")}{actWord(a)}</p>{a.statements.length > 0 && <ol class="stlist">{a.statements.map((x, i) => <li key={i}><Said s={x} /></li>)}</ol>}{a.comment && <p>{a.comment}</p>}</div>)}
          <p>{t("eConflictMine")}</p>
          <p class="row">{editable && <button type="button" class="btn small" onClick={() => { draft!.basis = d.basis; set((n) => n + 1); onDraft(); }}>{t("eKeepMine")}</button>}<button type="button" class="btn small" onClick={() => { drafts.delete(d.entry); set((n) => n + 1); onDraft(); }}>{t("eTakeTheirs")}</button></p>
        </div>
      )}
      {done && s && <p class="signedline"><ReadingState row={d} now={now} /></p>}
      {rejected && <div class="note bad"><b>{t("esRejected")}</b> {rejected.by} · {stamp(rejected.time, now)}<p>{rejected.reason}</p></div>}
      {(conflict && !editable) && <div class="note"><p class="strong">{t("eYours")}</p><ol class="stlist">{draft!.statements.map((x, i) => <li key={i}><Said s={x} /></li>)}</ol><p>{draft!.comment}</p></div>}
      {editable && draft ? <Editor draft={draft} changed={changed} d={d} /> : <Words list={statementsOf(d)} />}
      {done && s?.comment && <p class="comment">{s.comment}</p>}
      {addenda.map((a) => <div class="note addend" key={a.entry}><b>{t("eAddendum")}</b> {a.by} · {stamp(a.time, now)}<p>{a.text}</p></div>)}
      {editable && draft && (
        <>
          <label class="field"><span>{t("eComment")}</span><textarea rows={2} value={draft.comment} onInput={(e) => { draft.comment = e.currentTarget.value; changed(); }} /></label>
          {wrong && <p class="note bad" role="alert">{wrong}</p>}
          <p class="row tight"><button type="button" class="btn main-act" id="sign-button" disabled={!d.patient || conflict} aria-describedby={d.patient ? undefined : "sign-why"} onClick={() => setDialog("sign")}>{t("eSign")}</button><button type="button" class="btn" disabled={!draft.edited || conflict} onClick={save}>{t("eSaveDraft")}</button><button type="button" class="btn small" onClick={() => setDialog("reject")}>{t("eReject")}</button></p>
          {!d.patient && <p class="small" id="sign-why"><b>{t("eSignUnmatched")}</b></p>}
          <p class="muted small" role="status">{saved || (draft.edited ? t("eOnlyHere") : d.draft ? t("eDraftOf", { u: d.draft.by, t: stamp(d.draft.time, now) }) : "")}</p>
        </>
      )}
      {!editable && sign && !d.unreadable && <p class="row tight">{done && <button type="button" class="btn small" onClick={() => setDialog("addend")}>{t("eAddend")}</button>}<button type="button" class="btn small" onClick={() => setDialog("reopen")}>{t("eReopen")}</button></p>}
      {sign && !done && d.reading !== "rejected" && <p class="row tight"><button type="button" class="link" onClick={() => setDialog("urgency")}>{t("eUrgencyChange")}</button></p>}
      {!d.review && <p class="row tight"><button type="button" class="link" onClick={() => setDialog("review")}>{t("eReviewAsk")}</button></p>}
      {dialog === "review" && <ReasonDialog title={t("eReviewAsk")} text={t("eReviewAskText")} member="note" button={t("eReviewAsk")} n={d.entry} what="act" body={{ act: "review-request" }} onClose={() => setDialog("")} onDone={() => { setDialog(""); reload(); }} />}
      {dialog === "sign" && d.patient && draft && <SignDialog d={d} p={d.patient} draft={draft} user={user} onClose={() => setDialog("")} onConflict={failed} onDone={() => { drafts.delete(d.entry); setDialog(""); reload(); }} />}
      {dialog === "reject" && <ReasonDialog title={t("eReject")} text={t("eRejectText")} button={t("eReject")} presets={["eRejNoise", "eRejWrong", "eRejTwice"]} n={d.entry} what="act" body={{ act: "reject", basis: d.basis }} onClose={() => setDialog("")} onDone={() => { drafts.delete(d.entry); setDialog(""); reload(); }} />}
      {dialog === "reopen" && <ReasonDialog title={t("eReopen")} text={t("eReopenText")} button={t("eReopen")} n={d.entry} what="act" body={{ act: "reopen", basis: d.basis }} onClose={() => setDialog("")} onDone={() => { setDialog(""); reload(); }} />}
      {dialog === "addend" && d.patient && <ReasonDialog title={t("eAddend")} text={t("eAddendText")} label={t("eAddendum")} member="text" password button={t("eAddendDo", { p: identityLine(d.patient) })} n={d.entry} what="act" body={{ act: "addend", basis: d.basis }} onClose={() => setDialog("")} onDone={() => { setDialog(""); reload(); }} />}
      {dialog === "urgency" && <Urgency d={d} onClose={() => setDialog("")} onDone={() => { setDialog(""); reload(); }} />}
    </section>
  );
}
function Words({ list }: { list: Statement[] }) {
  if (!list.length) return <p class="muted">{t("eNoStatement")}</p>;
  return <ol class="stlist">{list.map((s, i) => <li key={i}><Said s={s} /> {s.weight && s.weight !== "normal" && <small class={`tag ${s.weight === "urgent" ? "red" : ""}`}>{weightWord(s.weight)}</small>}{s.confidence !== null && <small class="muted"> {s.confidence} %</small>}{s.why && <small class="block muted" lang="en">{s.why}</small>}</li>)}</ol>;
}

// The list as it will be signed. Changing the words of one makes it the reader's own text.
function Editor({ draft, changed, d }: { draft: LocalDraft; changed: () => void; d: Detail }) {
  const [open, setOpen] = useState(-1), box = useRef<HTMLOListElement>(null);
  const whyOf = (s: { code: string; text: string }) => d.statements.find((x) => x.code && x.code === s.code);
  const move = (i: number, step: number) => { const to = i + step; if (to < 0 || to >= draft.statements.length) return; const l = [...draft.statements]; [l[i], l[to]] = [l[to]!, l[i]!]; draft.statements = l; changed(); requestAnimationFrame(() => box.current?.children[to]?.querySelector<HTMLElement>(step < 0 ? ".up" : ".down")?.focus()); };
  const remove = (i: number) => { draft.statements = draft.statements.filter((_, x) => x !== i); changed(); requestAnimationFrame(() => (box.current?.children[Math.min(i, draft.statements.length - 1)]?.querySelector<HTMLElement>(".del") ?? document.getElementById("st-add"))?.focus()); };
  return (
    <>
      <ol class="stlist edit" ref={box}>{draft.statements.map((s, i) => {
        const w = whyOf(s), words = said(s).text;
        return (
          <li key={`${s.code}${s.text}${i}`}>
            <span class="w">{open === i ? <input class="line" autofocus aria-label={t("eText")} value={words} onKeyDown={(e) => { if (e.key === "Enter" || e.key === "Escape") { e.preventDefault(); e.stopPropagation(); setOpen(-1); } }} onBlur={() => setOpen(-1)} onInput={(e) => { draft.statements = draft.statements.map((x, k) => (k === i ? { code: "", text: e.currentTarget.value } : x)); changed(); }} ref={(el) => { if (el && document.activeElement !== el) el.focus(); }} />
              : <><Said s={s} />{w?.confidence !== null && w?.confidence !== undefined && <small class="muted"> {w.confidence} %</small>}{w?.why && <small class="block muted" lang="en">{w.why}</small>}</>}</span>
            <span class="group">
              <button type="button" class="btn tiny up" disabled={i === 0} aria-label={`${t("eUp")}: ${words}`} onClick={() => move(i, -1)}>↑</button><button type="button" class="btn tiny down" disabled={i === draft.statements.length - 1} aria-label={`${t("eDown")}: ${words}`} onClick={() => move(i, 1)}>↓</button>
              <button type="button" class="btn tiny" aria-label={`${t("eChange")}: ${words}`} onClick={() => setOpen(i)}>✎</button><button type="button" class="btn tiny del" aria-label={`${t("eRemove")}: ${words}`} onClick={() => remove(i)}>✕</button>
            </span>
          </li>
        );
      })}</ol>
      {draft.statements.length === 0 && <p class="muted">{t("eNoStatement")}</p>}
      <AddStatement onAdd={(s) => { draft.statements = [...draft.statements, s]; changed(); }} has={draft.statements.map((s) => s.code)} />
    </>
  );
}
const norm = (s: string) => s.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
function AddStatement({ onAdd, has }: { onAdd: (s: { code: string; text: string }) => void; has: string[] }) {
  const [text, setText] = useState(""), [at, setAt] = useState(-1), id = useId(), lang = getLang();
  const words = norm(text).split(/\s+/).filter(Boolean);
  const hits = useMemo(() => (words.length ? Object.keys(statementWords).filter((c) => !has.includes(c)).map((code) => ({ code, text: statementWords[code]![2], shown: said({ code, text: statementWords[code]![2] }).text })).filter((s) => words.every((w) => norm(`${s.shown} ${s.text} ${s.code}`).includes(w))).slice(0, 8) : []), [text, has.join(), lang]);
  const add = (s: { code: string; text: string }) => { onAdd(s); setText(""); setAt(-1); };
  const key = (e: KeyboardEvent) => {
    if (e.key === "ArrowDown" && hits.length) { e.preventDefault(); setAt((at + 1) % hits.length); }
    else if (e.key === "ArrowUp" && hits.length) { e.preventDefault(); setAt(at <= 0 ? hits.length - 1 : at - 1); }
    else if (e.key === "Enter" && text.trim()) { e.preventDefault(); const h = hits[at]; add(h ? { code: h.code, text: h.text } : { code: "", text: text.trim() }); }
    else if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); if (text) setText(""); else (e.target as HTMLElement).blur(); }
  };
  return (
    <div class="addst">
      <label class="vh" for="st-add">{t("eAdd")}</label>
      <input id="st-add" class="line" role="combobox" aria-expanded={hits.length > 0} aria-controls={id} aria-autocomplete="list" aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined} autocomplete="off" spellcheck={false} placeholder={t("eAdd")} value={text} onInput={(e) => { setText(e.currentTarget.value); setAt(-1); }} onKeyDown={key} />
      <ul id={id} role="listbox" aria-label={t("eAdd")} hidden={!hits.length}>{hits.map((h, i) => <li key={h.code} id={`${id}-${i}`} role="option" aria-selected={i === at} onMouseDown={(e) => { e.preventDefault(); add({ code: h.code, text: h.text }); }}>{h.shown}</li>)}</ul>
      {text.trim() && at < 0 && <small class="muted">{t("eFree")}</small>}
    </div>
  );
}

// A signature is a person's: name of the patient in the button, the words as they will stand, the password again.
function SignDialog({ d, p, draft, user, onClose, onDone, onConflict }: { d: Detail; p: Person; draft: LocalDraft; user: string; onClose: () => void; onDone: () => void; onConflict: (e: ApiError) => void }) {
  const [password, setPassword] = useState(""), [wrong, setWrong] = useState(""), [busy, setBusy] = useState(false);
  const hand = measured(draft.measures);
  const submit = (e: Event) => {
    e.preventDefault();
    setBusy(true);
    act(d.entry, "act", { act: "sign", statements: draft.statements, measures: hand, comment: draft.comment, basis: draft.basis, password }).then(onDone, (x: ApiError) => { setBusy(false); setPassword(""); if (x.status === 409) onConflict(x); else setWrong(sentence(x)); });
  };
  return (
    <Dialog title={t("eSignTitle")} onClose={onClose} wide>
      <form onSubmit={submit} class="signform">
        <div class="identity"><p class="big"><Who name={p} /></p><p>{t("born")} <b>{birth(p.birth) || t("noBirth")}</b> · {sexWord(p.sex)} · {t("number")} <b class="mrn">{p.number}</b>{p.unit || p.bed ? ` · ${p.unit} ${p.bed}` : ""}</p><p class="muted">{t("ecg")} {full(d.recorded || d.received)} · {t("entry")} {d.entry}</p></div>
        <h3>{t("eSignWords")}</h3>
        {draft.statements.length ? <ol class="stlist">{draft.statements.map((s, i) => <li key={i}><Said s={s} /></li>)}</ol> : <p class="note warn">{t("eSignEmpty")}</p>}
        {Object.keys(hand).length > 0 && <p>{t("eByHand")}{t("colon")}{Object.entries(hand).map(([k, v]) => { const m = measureKeys.find(([x]) => x === k); return `${m ? t(m[1]) : k} ${v}${m?.[2] === "°" ? "" : " "}${m?.[2] ?? ""}`; }).join(" · ")}</p>}
        {draft.comment && <p class="comment">{draft.comment}</p>}
        <div class="field"><label for="sign-pw"><span>{t("eSignPassword", { u: user })}</span></label><input id="sign-pw" type="password" autocomplete="current-password" required value={password} aria-invalid={wrong ? "true" : undefined} aria-describedby={wrong ? "sign-w" : undefined} onInput={(e) => { setPassword(e.currentTarget.value); setWrong(""); }} ref={(el) => { if (el && !el.dataset["seen"]) { el.dataset["seen"] = "1"; setTimeout(() => el.focus(), 0); } }} />{wrong && <span class="wrong" id="sign-w" role="alert">{wrong}</span>}</div>
        <button class="btn main-act wide" disabled={busy || !password}>{t("eSignFor", { p: identityLine(p) })}</button>
        <p class="muted small">{t("eSignNote")}</p>
      </form>
    </Dialog>
  );
}

export function ReasonDialog({ title, text, label, member, password, presets, choice, button, n, what, body, onClose, onDone }: { title: string; text: string; label?: string; member?: string; password?: boolean; presets?: Key[]; choice?: { member: string; text: string }; button: string; n: number; what: string; body: Record<string, unknown>; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState(""), [secret, setSecret] = useState(""), [wrong, setWrong] = useState(""), [busy, setBusy] = useState(false), [chosen, setChosen] = useState(true);
  const submit = (e: Event) => {
    e.preventDefault();
    if (reason.trim().length < 8) { setWrong(t("reasonShort")); return; }
    setBusy(true);
    act(n, what, { ...body, [member ?? "reason"]: reason.trim(), ...(password ? { password: secret } : {}), ...(choice && chosen ? { [choice.member]: true } : {}) }).then(onDone, (x: ApiError) => { setBusy(false); setWrong(x.code === "changed" ? t("eChangedMeanwhile") : sentence(x)); });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{text}</p>
        {presets && <p class="row tight">{presets.map((k) => <button type="button" class="btn tiny" key={k} onClick={() => setReason(t(k))}>{t(k)}</button>)}</p>}
        <div class="field"><label for="why-text"><span>{label ?? t("reason")}</span></label><textarea id="why-text" rows={3} value={reason} aria-invalid={wrong ? "true" : undefined} aria-describedby={wrong ? "why-w" : undefined} onInput={(e) => { setReason(e.currentTarget.value); setWrong(""); }} />{wrong && <span class="wrong" id="why-w" role="alert">{wrong}</span>}</div>
        {choice && <label class="choice"><input type="checkbox" checked={chosen} onChange={(e) => setChosen(e.currentTarget.checked)} /> {choice.text}</label>}
        {password && <div class="field"><label for="why-pw"><span>{t("password")}</span></label><input id="why-pw" type="password" autocomplete="current-password" required value={secret} onInput={(e) => setSecret(e.currentTarget.value)} /></div>}
        <button class="btn main-act" disabled={busy}>{button}</button>
      </form>
    </Dialog>
  );
}
function Urgency({ d, onClose, onDone }: { d: Detail; onClose: () => void; onDone: () => void }) {
  const [u, setU] = useState(d.urgency), [reason, setReason] = useState(""), [wrong, setWrong] = useState("");
  const submit = (e: Event) => { e.preventDefault(); act(d.entry, "act", { act: "urgency", urgency: u, reason: reason.trim(), basis: d.basis }).then(onDone, (x: ApiError) => setWrong(x.code === "changed" ? t("eChangedMeanwhile") : sentence(x))); };
  return (
    <Dialog title={t("eUrgencyChange")} onClose={onClose}>
      <form onSubmit={submit}>
        <fieldset><legend>{t("eUrgency")}</legend>{["stat", "urgent", "routine"].map((x) => <label class="choice" key={x}><input type="radio" name="urg" checked={u === x} onChange={() => setU(x)} /> {urgencyWord(x)}</label>)}</fieldset>
        <label class="field"><span>{t("reason")}</span><input value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
        {wrong && <p class="note bad" role="alert">{wrong}</p>}
        <button class="btn main-act" disabled={u === d.urgency}>{t("eSet")}</button>
      </form>
    </Dialog>
  );
}

// ---- whose it is ----
// Candidates are shown with what agrees and what differs; none is chosen beforehand, and each identifier is confirmed by itself.
export function MatchDialog({ d, onClose, onDone }: { d: Detail; onClose: () => void; onDone: () => void }) {
  const [who, setWho] = useState<Person | null>(null), [keys, setKeys] = useState<string[]>([]), [reason, setReason] = useState(""), [orderNo, setOrder] = useState(d.order), [wrong, setWrong] = useState(""), [busy, setBusy] = useState(false), [others, setOthers] = useState<Person[]>([]), [whole, setWhole] = useState(true);
  const list = [...d.people, ...others.filter((o) => !d.people.some((p) => p.id === o.id))];
  const differs = who ? identsOf(who, d.claimed).filter((i) => verdictOf(i) === "differs").map((i) => t(i.word)) : [];
  const ready = who !== null && keys.length >= 2 && (!differs.length || reason.trim().length >= 8);
  const submit = (e: Event) => {
    e.preventDefault();
    if (!ready || !who) return;
    setBusy(true);
    act(d.entry, "match", { patient: who.id, identifiers: keys.flatMap((k) => (k === "name" ? ["family", "given"] : [k])), reason: reason.trim(), order: orderNo.trim() || undefined, basis: d.basis, strip: (d.strip && whole) || undefined }).then(onDone, (x: ApiError) => { setBusy(false); setWrong(x.code === "changed" ? t("eChangedMeanwhile") : sentence(x)); });
  };
  const choose = (p: Person) => { setWho(p); setKeys([]); setWrong(""); };
  return (
    <Dialog title={t("eMatchTitle")} onClose={onClose} wide>
      <form onSubmit={submit} class="matchform">
        <p>{t("eMatchText")}</p>
        <ul class="cands" aria-label={t("eCandidatesTitle")}>{list.map((p) => {
          const all = identsOf(p, d.claimed).map((i) => ({ w: t(i.word).toLowerCase(), v: verdictOf(i) })), yes = all.filter((x) => x.v === "agrees").map((x) => x.w), no = all.filter((x) => x.v === "differs").map((x) => x.w);
          return (
            <li key={p.id}><label class={`cand ${who?.id === p.id ? "on" : ""}`}><input type="radio" name="cand" checked={who?.id === p.id} onChange={() => choose(p)} />
              <span><Who name={p} masked={p.isProtected && !p.family} /> <span class="ids">{birth(p.birth) || t("noBirth")} · {sexWord(p.sex)} · <b class="mrn">{p.number}</b> {p.unit} {p.bed}</span>
                <span class="block">{yes.length > 0 && <span>= {yes.join(", ")}</span>} {no.length > 0 && <b class="wrong">≠ {no.join(", ")}</b>} {!yes.length && !no.length && <span class="muted">{t("eNothingToCompare")}</span>}</span></span></label></li>
          );
        })}{list.length === 0 && <li class="muted">{t("eNoCandidates")}</li>}</ul>
        <PersonSearch label={t("eSomebodyElse")} onPick={(p) => { setOthers([...others, p]); choose(p); }} />
        {who && <>
          <h3>{t("eCompareTitle")} <Who name={who} /></h3>
          <TwoIdentifiers key={who.id} p={who} claimed={d.claimed} onChange={setKeys} />
          {differs.length > 0 && <p class="note bad" role="alert"><b>{t("eDiffersLoud", { w: differs.join(", ") })}</b> {t("eDiffersWhy")}</p>}
          <div class="row upmore"><label class="field wide"><span>{t("reason")}{differs.length ? "" : ` (${t("eOptional")})`}</span><input value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label><label class="field"><span>{t("eOrder")}</span><input value={orderNo} onInput={(e) => setOrder(e.currentTarget.value)} /></label></div>
          {d.strip && <label class="choice"><input type="checkbox" checked={whole} onChange={(e) => setWhole(e.currentTarget.checked)} /> {t("eStripWhole")}</label>}
          {wrong && <p class="note bad" role="alert">{wrong}</p>}
          <p role="status">{keys.length < 2 ? t("eTwoMissing", { n: 2 - keys.length }) : ""}</p>
          <button class="btn main-act wide" disabled={!ready || busy}>{t("eMatchDo", { p: identityLine(who) })}</button>
        </>}
      </form>
    </Dialog>
  );
}

// ---- to whom it is shown ----
export function ShareDialog({ d, onClose, onDone }: { d: Detail; onClose: () => void; onDone: () => void }) {
  const now = useNow(10000);
  const [hours, setHours] = useState(24), [who, setWho] = useState(""), [reason, setReason] = useState(""), [link, setLink] = useState<{ url: string; expires: string } | null>(null), [copied, setCopied] = useState(false), [wrong, setWrong] = useState(""), [revoking, setRevoking] = useState(""), [why, setWhy] = useState("");
  const submit = (e: Event) => {
    e.preventDefault();
    if (who.trim().length < 2 || reason.trim().length < 4) { setWrong(t("eShareNeeds")); return; }
    act(d.entry, "share", { hours, for: who.trim(), reason: reason.trim() }).then((r) => { const x = r as unknown as { url: string; expires: string }; setLink({ url: new URL(x.url, location.href).href, expires: x.expires }); setWrong(""); setWho(""); setReason(""); onDone(); }, (x: ApiError) => setWrong(sentence(x)));
  };
  const revoke = (id: string) => post(`/api/ecg/share/${encodeURIComponent(id)}/revoke`, { reason: why.trim() }).then(() => { setRevoking(""); setWhy(""); onDone(); }, (x: ApiError) => setWrong(sentence(x)));
  const copy = () => { navigator.clipboard?.writeText(link!.url).then(() => setCopied(true), () => {}); };
  return (
    <Dialog title={t("eShareTitle")} onClose={onClose} wide>
      {d.patient ? <p class="big"><Who name={d.patient} /> <small>{t("born")} {birth(d.patient.birth)}</small></p> : <p class="note warn">{t("eShareUnmatched")}</p>}
      {link && <div class="note ok"><p class="strong">{t("eShareOnce", { t: full(link.expires) })}</p><p class="row"><input class="line sharelink" readOnly value={link.url} aria-label={t("eShareLink")} onFocus={(e) => e.currentTarget.select()} /><button type="button" class="btn" onClick={copy}>{t("copy")}</button>{copied && <span role="status">{t("copied")}</span>}</p></div>}
      <form onSubmit={submit} class="row upmore">
        <label class="field"><span>{t("eShareHours")}</span><select value={hours} onChange={(e) => setHours(Number(e.currentTarget.value))}>{[1, 4, 24, 72, 168].map((h) => <option key={h} value={h}>{h < 48 ? t("eHours", { n: h }) : t("eDays", { n: h / 24 })}</option>)}</select></label>
        <label class="field"><span>{t("eShareFor")}</span><input value={who} autocomplete="off" onInput={(e) => setWho(e.currentTarget.value)} /></label>
        <label class="field wide"><span>{t("reason")}</span><input value={reason} autocomplete="off" onInput={(e) => setReason(e.currentTarget.value)} /></label>
        <button class="btn main-act">{t("eShareDo")}</button>
      </form>
      {wrong && <p class="note bad" role="alert">{wrong}</p>}
      <p class="muted small">{t("eShareMeans")}</p>
      <h3>{t("eShares")}</h3>
      {d.shares.length === 0 ? <p class="muted">{t("eSharesNone")}</p> : <ul class="lines shares">{d.shares.map((s) => {
        const over = Date.parse(s.expires) <= now;
        return <li key={s.id}><div class="w"><b>{s.for}</b> <span class="muted">{s.by} · {stamp(s.created, now)}</span> {s.revoked ? <span class="tag">{t("eRevoked")}</span> : over ? <span class="tag">{t("eExpired")}</span> : <span class="tag amber">{t("eOpenUntil", { t: stamp(s.expires, now) })}</span>} <span>{t("eOpened", { n: s.opened })}{s.lastOpened ? ` · ${stamp(s.lastOpened, now)}` : ""}</span>
          {revoking === s.id && <form class="row" onSubmit={(e) => { e.preventDefault(); if (why.trim().length >= 4) revoke(s.id); }}><input class="line" aria-label={t("reason")} placeholder={t("reason")} value={why} onInput={(e) => setWhy(e.currentTarget.value)} /><button class="btn small main-act" disabled={why.trim().length < 4}>{t("eRevokeDo")}</button></form>}</div>
          {!s.revoked && !over && revoking !== s.id && <button type="button" class="btn small" onClick={() => setRevoking(s.id)}>{t("eRevoke")}</button>}</li>;
      })}</ul>}
    </Dialog>
  );
}

// ---- what was done with it ----
// The newest word on each destination, a line each: taken, refused, or not known; a reading that was withdrawn is said as that.
export function Deliveries({ d, now }: { d: Detail; now: number }) {
  const { openEntry } = useShared(), newest = d.deliveries.filter((x, i) => d.deliveries.findIndex((y) => y.to === x.to) === i);
  if (!newest.length) return null;
  const word = (x: Delivery) => t(x.state === "delivered" ? (x.status === "X" ? "edWithdrawn" : x.status === "C" ? "edCorrected" : x.status === "P" ? "edPreliminary" : "edSent") : x.state === "refused" ? "edRefused" : "edUnknown", { to: x.to });
  return (
    <ul class="plainlist small deliveries" aria-label={t("edTitle")}>{newest.map((x) => <li key={x.to}>{x.state === "delivered" ? <span>{word(x)}</span> : <span class="tag amber">{word(x)}</span>} {x.state === "refused" && x.text && <q>{x.text}</q>} <button type="button" class="chip" onClick={() => openEntry(x.entry)}>{stamp(x.time, now)} · {x.controlId}</button></li>)}</ul>
  );
}

export const actWord = (a: { act: string }): string => t(`ea_${a.act.replace(/-/g, "_")}` as Key) ?? a.act;
export function Acts({ d, now }: { d: Detail; now: number }) {
  const { openEntry } = useShared();
  if (!d.acts.length) return null;
  const line = (a: Act) => [a.reason, a.text, a.comment, a.note, a.for, a.to, a.urgency ? urgencyWord(a.urgency) : "", [...new Set(a.identifiers.map((i) => t(i === "birth" ? "born" : i === "recordNumber" ? "number" : i === "name" || i === "family" || i === "given" ? "nameWord" : "eOrder")))].join(" + ")].filter(Boolean).join(" · ");
  return (
    <details class="acts"><summary>{t("eHistory")} ({d.acts.length})</summary>
      <ul class="lines">{[...d.acts].sort((a, b) => b.entry - a.entry).map((a) => <li key={a.entry}><div class="w"><b>{actWord(a)}</b> {a.late && <span class="tag">{t("eLate")}</span>} {a.by} <span class="muted">{line(a)}</span>{a.act === "sign" && a.statements.length > 0 && <span class="block muted">{a.statements.map((s) => said(s).text).join("; ")}</span>}</div><button type="button" class="chip" onClick={() => openEntry(a.entry)}>{stamp(a.time, now)} · {a.entry}</button></li>)}</ul></details>
  );
}
