// What the pages of capture share: the fields of a form, the two identifiers, the outbox, and an item's line and marks.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Field, type Item, type Values, isWithdrawal, itemOf, kindWord, lineOfItem, named, ownerWord, stateWordOf, unitShown } from "./capture";
import type { Patient } from "./fhir";
import { ageOf, birth, clock, full, sameDay, sameText, sexWord, stamp } from "./format";
import { type Key, t } from "./i18n";
import { type Waiting, drop, sendAgain, useOutbox } from "./outbox";
import { useNow, useShared } from "./state";
import { OriginMark, Who } from "./ui";

export function Places({ here }: { here: string }) {
  const { may } = useShared();
  return (
    <nav class="units noprint" aria-label={t("capture")}>
      {([["", "cpWriteDown"], ["back", "cpWayBack"], ...(may("census") ? [["beds", "cpBeds"]] : []), ...(may("chart") ? [["specimens", "cpSpecimens"], ["calls", "cpCalls"]] : []), ...(may("chart") && may("capture") ? [["scans", "cpScans"]] : [])] as [string, Key][]).map(([p, w]) => <a key={p} class="place" href={`#/capture${p ? `/${p}` : ""}`} aria-current={here === p ? "page" : undefined}>{t(w)}</a>)}
    </nav>
  );
}

// ---- fields ----
export function FieldInput({ f, id, v, set, wrong }: { f: Field; id: string; v: Values; set: (name: string, value: string) => void; wrong?: string }) {
  const value = v[f.name] ?? "", own = `${id}-${f.name}`, say = { "aria-invalid": wrong ? ("true" as const) : undefined, "aria-describedby": wrong ? `${own}-w` : undefined };
  const said = wrong && <span class="wrong" id={`${own}-w`}>{wrong}</span>, label = <>{t(f.word)}{f.need && f.as !== "flag" ? <abbr class="need" title={t("cpNeeded")}> *</abbr> : null}</>;
  if (f.as === "flag") return <div class={`field ${f.wide ? "wide" : ""}`}><label class="choice"><input id={own} type="checkbox" checked={!!value} {...say} onChange={(e) => set(f.name, e.currentTarget.checked ? "1" : "")} /> {label}</label>{said}</div>;
  if (f.as === "choice") return (
    <fieldset class={`field ${f.wide ? "wide" : ""}`}><legend>{label}</legend>
      <div class="choices">{f.options!.map(([o, w], i) => <label class="pill-choice" key={o}><input id={i ? `${own}-${o}` : own} type="radio" name={own} checked={value === o} {...say} onChange={() => set(f.name, o)} onClick={() => { if (value === o && !f.need) set(f.name, ""); }} /> {t(w)}</label>)}</div>{said}
    </fieldset>
  );
  if (f.as === "bed") return (
    <fieldset class="field wide"><legend>{label}</legend>
      <div class="bedof">{(["unit", "room", "bed"] as const).map((k) => <label key={k}><span>{t(k === "unit" ? "cfbUnit" : k === "room" ? "cfbRoom" : "cfbBed")}</span><input id={k === "unit" ? own : `${own}-${k}`} value={v[`${f.name}.${k}`] ?? ""} autocomplete="off" spellcheck={false} {...say} onInput={(e) => set(`${f.name}.${k}`, e.currentTarget.value)} /></label>)}</div>{said}
    </fieldset>
  );
  return (
    <div class={`field ${f.wide || f.as === "long" ? "wide" : ""}`}>
      <label for={own}><span>{label}</span></label>
      {f.as === "long" ? <textarea id={own} rows={7} value={value} {...say} onInput={(e) => set(f.name, e.currentTarget.value)} />
        : <span class={f.as === "amount" ? "amount" : ""}><input id={own} value={value} inputMode={f.as === "amount" ? "decimal" : undefined} placeholder={f.as === "time" ? "03:12" : undefined} autocomplete="off" spellcheck={false} {...say} onInput={(e) => set(f.name, e.currentTarget.value)} />
          {f.units ? <select aria-label={`${t(f.word)}: ${t("unit")}`} value={v[f.unitName!] || f.units[0]![0]} onChange={(e) => set(f.unitName!, e.currentTarget.value)}>{f.units.map(([u, w]) => <option key={u} value={u}>{w}</option>)}</select> : unitShown(f, v) ? <span class="unitof">{unitShown(f, v)}</span> : null}</span>}
      {said}
    </div>
  );
}

// ---- two identifiers ----
// What was compared holds for this person and who compared it, for some minutes, until another person's page is opened: a round of doses at one bed is one identification.
const HOLDS = 10 * 60000;
interface Seen { patient: string; user: string; keys: string[]; at: number }
let seen: Seen | null = null;
export function identifiedNow(patient: string, user: string, now: number): Seen | null { return seen && seen.patient === patient && seen.user === user && now - seen.at < HOLDS ? seen : null; }
export function otherPerson(patient: string) { if (seen && seen.patient !== patient) seen = null; }
export function forgetIdentified() { seen = null; }
const keyWord: Record<string, Key> = { recordNumber: "cpiNumber", birth: "cpiBirth", family: "cpiFamily" };
export const keysText = (keys: string[]) => keys.map((k) => t(keyWord[k]!)).join(", ");
// Whose number is one that a block gave out: of nobody else, and maybe all that is known.
export const isTemporary = (p: Patient) => p.numbers.some((n) => n.value === p.number && n.assigner === "DOWNTIME");

export function TwoIdentifiers({ p, onChange, alone, setAlone }: { p: Patient; onChange: () => void; alone: boolean; setAlone: (b: boolean) => void }) {
  const { session } = useShared(), now = useNow(5000), held = identifiedNow(p.id, session.user, now), [typed, setTyped] = useState<Record<string, string>>({});
  const rows: [string, Key, string][] = [["recordNumber", "cpScanNumber", p.number], ["birth", "cpBirth", p.birth], ["family", "cpName", p.name.family]];
  const agrees = (key: string, text: string) => text.trim() !== "" && (key === "birth" ? sameDay(text, p.birth) : key === "recordNumber" ? p.numbers.some((n) => n.value.trim().toLowerCase() === text.trim().toLowerCase()) : sameText(text, p.name.family) || sameText(text, `${p.name.family}${p.name.given}`) || sameText(text, `${p.name.given}${p.name.family}`));
  const tell = (key: string, text: string) => {
    const next = { ...typed, [key]: text }, keys = rows.filter(([k, , known]) => known && agrees(k, next[k] ?? "")).map(([k]) => k);
    setTyped(next);
    seen = keys.length >= 2 ? { patient: p.id, user: session.user, keys, at: Date.now() + (now - Date.now()) } : null;
    onChange();
  };
  if (held && !rows.some(([k]) => typed[k])) return <p class="identified"><span>✓ {t("cpIdentified", { t: clock(held.at), l: keysText(held.keys) })}</span> <button type="button" class="btn small noprint" onClick={() => { seen = null; onChange(); setTyped({}); }}>{t("cpAgain")}</button></p>;
  const done = rows.filter(([k, , known]) => known && agrees(k, typed[k] ?? "")).length;
  const next = (e: KeyboardEvent) => { // a scanner ends with Enter
    if (e.key !== "Enter") return;
    e.preventDefault();
    const form = (e.target as HTMLElement).closest("form")!, all = [...form.querySelectorAll<HTMLElement>("input, select, textarea, button")], from = all.indexOf(e.target as HTMLElement), empty = all.slice(from + 1).find((x) => !(x instanceof HTMLButtonElement) && (x instanceof HTMLInputElement ? !(done >= 2 && x.dataset.ident) : true));
    empty?.focus();
  };
  return (
    <div class="identify" onFocusOut={(e) => { if (held && !(e.currentTarget as HTMLElement).contains(e.relatedTarget as Node | null)) setTyped({}); }}>
      <p class="muted small">{t("cpTwoWhy")}</p>
      {rows.map(([k, w, known]) => {
        const text = typed[k] ?? "", ok = !!known && agrees(k, text), said = text.trim().length >= (k === "birth" ? 8 : Math.min(3, known.length || 3));
        return (
          <div class="field" key={k}>
            <label for={`id-${k}`}><span>{t(w)}</span></label>
            {known ? <input id={`id-${k}`} data-ident={k} value={text} autocomplete="off" spellcheck={false} aria-invalid={said && !ok ? "true" : undefined} aria-describedby={`id-${k}-s`} onInput={(e) => tell(k, e.currentTarget.value)} onKeyDown={next} /> : null}
            <span id={`id-${k}-s`} role="status">{!known ? <span class="muted">{t("cpNotOnFile")}</span> : ok ? <b class="agrees">= {t("cpAgrees")}</b> : said ? <b class="wrong">≠ {t("cpNotSame")}</b> : ""}</span>
          </div>
        );
      })}
      {isTemporary(p) && !p.birth && !p.name.family && <label class="choice"><input type="checkbox" checked={alone} onChange={(e) => setAlone(e.currentTarget.checked)} /> {t("cpNumberOnly")}</label>}
      {done < 2 && !alone && <p class="small need2" role="status">{t("cpTwoNeeded", { n: 2 - done })}</p>}
    </div>
  );
}

// ---- what waits, and what was saved ----
export function OutboxPanel({ w, onChange }: { w: Waiting; onChange?: () => void }) {
  const now = useNow(1000), busy = w.state === "sending" && w.tries < 2, [sure, setSure] = useState(false);
  const of = itemOf({ ...w.body, patient: null });
  return (
    <section class={`outcome ${busy ? "busy" : "bad"}`} aria-live="assertive">
      <h2 tabIndex={-1} id={`o-${w.id}`}>{busy ? t("cpSaving") : w.state === "refused" ? t("cpRefused") : t("cpNotSaved")}</h2>
      <p class="strong">{kindWord(w.kind)} · {w.who}</p><p>{lineOfItem(of)}</p>
      {w.state === "refused" ? <p class="strong" lang="en">{w.text}</p> : !busy && <><p>{t("cpNotSavedWhy")}{w.text && <> <span lang="en">({w.text})</span></>}</p><p class="muted">{t("cpTried", { n: w.tries, t: stamp(new Date(w.last).toISOString(), now) })}</p></>}
      {!busy && <p class="row noprint">
        <button type="button" class="btn main-act" disabled={w.state === "sending"} onClick={() => sendAgain(w)}>{t("cpSendAgain")}</button>
        {w.state === "refused" && onChange && <button type="button" class="btn" onClick={() => { drop(w); onChange(); }}>{t("cpChange")}</button>}
        {sure ? <button type="button" class="btn stop" onClick={() => { drop(w); onChange?.(); }}>{t("cpGiveUp")}</button> : <button type="button" class="btn" onClick={() => setSure(true)}>{t("cpGiveUp")}…</button>}
      </p>}
      {sure && w.state !== "refused" && <p role="alert">{t("cpGiveUpWhy")}</p>}
    </section>
  );
}
export function Queue() {
  const { session } = useShared(), all = useOutbox().filter((w) => w.user === session.user && w.state !== "saved");
  return all.length ? <section aria-label={t("cpQueue")}>{all.map((w) => <OutboxPanel key={w.id} w={w} />)}</section> : null;
}
// The confirmation stands until somebody goes on, and may be printed.
export function SavedPanel({ w, person, print, children }: { w: Waiting; person: string; print: () => void; children: ComponentChildren }) {
  const now = useNow(10000), { openEntry } = useShared(), s = w.saved!, i = itemOf({ ...w.body, ...(s.item as object ?? {}) });
  return (
    <section class="outcome ok" aria-live="polite">
      <h2 tabIndex={-1} id={`o-${w.id}`}>✓ {t("cpSaved")}</h2>
      <p class="strong">{kindWord(i.kind === "order" && i.values.stop ? "stop" : i.kind)} · {w.who}</p>
      <p class="said">{lineOfItem(i)}</p>
      <dl class="kv">
        <dt>{t("cbOccurred")}</dt><dd>{full(i.occurred)}</dd><dt>{t("cbRecorded")}</dt><dd>{full(s.time)} · {t("cbBy", { u: i.by || w.user })}{i.behalf ? ` · ${t("cbBehalf", { u: i.behalf })}` : ""}</dd>
        {i.reason && <><dt>{t("cfReason")}</dt><dd>{i.reason}</dd></>}
        <dt>{t("entry")}</dt><dd><button type="button" class="link" onClick={() => openEntry(s.entry)}>{s.entry}</button> · {w.id}</dd>
      </dl>
      <p>{t("cpSavedAs", { t: stamp(s.time, now), n: s.entry, o: ownerWord(i.owner) })} {s.duplicate && t("cpSavedDup")} {!s.applied && !s.duplicate && t("cpSaveUnsure")}</p>
      {person && i.person && i.person !== person && <p class="note bad" role="alert"><b>{t("cpWrongPerson")}</b></p>}
      <p class="row noprint">{children}<button type="button" class="btn" onClick={print}>{t("cpPrintIt")}</button></p>
    </section>
  );
}

// ---- an item ----
const stateTag = (s: string) => (s === "unknown" ? "amber" : s === "refused" ? "red" : s === "filed" || s === "already_there" ? "green" : "");
export const StateTag = ({ s }: { s: string }) => <b class={`tag cs ${stateTag(s)}`}>{stateWordOf(s)}</b>;
export function ItemLine({ i, href, whose, more }: { i: Item; href: string; whose?: boolean; more?: ComponentChildren }) {
  const now = useNow(30000);
  return (
    <li class={`item ${i.state} ${i.replacedBy !== null || isWithdrawal(i) ? "was" : ""}`}>
      {more}
      <a class="rowlink" href={href}>
        <span class="i0"><OriginMark origin="captured" /> <StateTag s={i.state} /></span>
        {whose && <span class="i1">{i.who ? <><Who name={i.who.name} masked={i.who.masked} /> <span class="ids">{i.who.masked ? "" : <>{birth(i.who.birth)} {ageOf(i.who.birth, now)} · {sexWord(i.who.sex)} · <b class="mrn">{i.who.number}</b></>}</span></> : <b class="unm">{i.said || t("cg_several-persons")}</b>}<small class="block muted">{i.unit}</small></span>}
        <span class="i2"><b>{kindWord(i.kind === "order" && i.values.stop ? "stop" : i.kind)}</b> <span class={i.replacedBy !== null ? "struck" : ""}>{i.who?.masked ? "" : lineOfItem(i)}</span>{i.flags.filter((f) => f !== "withdrawal").map((f) => <b key={f} class="tag amber">{named("cg_", f)}</b>)}</span>
        <span class="i3"><b title={full(i.occurred)}>{stamp(i.occurred, now)}</b><small class="block muted">{i.by}{i.behalf ? ` · ${t("cbBehalf", { u: i.behalf })}` : ""}</small></span>
        <span class="i4"><small>{ownerWord(i.owner)}</small></span>
      </a>
    </li>
  );
}
