// What several ECG pages share: who it is of, its state in words, and the choice of a person by two identifiers.
import { useEffect, useRef, useState } from "preact/hooks";
import { type Detail, type Person, type Row, type Statement, person, personName, said } from "./ecg";
import { type Row as Found, rowsOf } from "./fhir";
import { ageOf, birth, sameDay, sameText, sexWord, stamp } from "./format";
import { type Key, t } from "./i18n";
import { useData, useNow, useShared } from "./state";
import { Fail, RowMarks, Who } from "./ui";

const urgencyKey: Record<string, Key> = { stat: "eStat", urgent: "eUrgent", routine: "eRoutine" }, weightKey: Record<string, Key> = { normal: "ewNormal", borderline: "ewBorderline", abnormal: "ewAbnormal", urgent: "ewUrgent", technical: "ewTechnical" };
export const urgencyWord = (u: string) => (urgencyKey[u] ? t(urgencyKey[u]!) : u);
export const weightWord = (w: string) => (weightKey[w] ? t(weightKey[w]!) : w);
export function Weight({ row }: { row: { urgency: string; weight: string; review: boolean } }) {
  return (
    <span class="weights">
      {row.urgency !== "routine" && <b class={`tag ${row.urgency === "stat" ? "red" : "amber"}`}>{urgencyWord(row.urgency)}</b>}
      {row.weight && <span class={`tag ${row.weight === "urgent" ? "red" : row.weight === "abnormal" || row.weight === "technical" ? "amber" : ""}`}>{weightWord(row.weight)}</span>}
      {row.review && <span class="tag blue">{t("eReviewAsked")}</span>}
    </span>
  );
}
// UNCONFIRMED until a person has signed; then by whom and when
export function ReadingState({ row, now, brief }: { row: Pick<Row, "reading" | "signedBy" | "signedAt">; now: number; brief?: boolean }) {
  const done = row.reading === "signed" || row.reading === "amended";
  return (
    <span class="rstate">
      <b class={`tag ${done ? "blue" : row.reading === "rejected" ? "red" : "unconfirmed"}`}>{t(row.reading === "signed" ? "esSigned" : row.reading === "amended" ? "esAmended" : row.reading === "rejected" ? "esRejected" : "esUnconfirmed")}</b>
      {done && row.signedBy && <small> {row.signedBy}{row.signedAt ? ` · ${stamp(row.signedAt, now)}` : ""}</small>}
      {row.reading === "reading" && !brief && <small> {t("esReading")}</small>}
    </span>
  );
}
export function Said({ s }: { s: Statement | { code: string; text: string } }) {
  const w = said(s);
  return <span lang={w.foreign ? "en" : undefined}>{w.text}</span>;
}
// What a file or its sender says of whose it is: never more than a claim.
export function Claim({ p }: { p: Person | null }) {
  if (!p) return <span class="muted">{t("eNobodyNamed")}</span>;
  return <>{personName(p)}{p.birth ? ` · ${t("born")} ${birth(p.birth)}` : ""}{p.sex ? ` · ${sexWord(p.sex)}` : ""}{p.number || p.id ? ` · ${t("number")} ${p.number || p.id}` : ""}</>;
}
// The banner of somebody whose chart is not at hand: the same shape, with what the ECG's row knows.
export function ShortBanner({ p, now, children }: { p: Person; now: number; children?: preact.ComponentChildren }) {
  return (
    <section class="banner" aria-label={t("patientWord")}>
      <h1 class="name" tabIndex={-1}><span class="fam">{p.family || t("noName")}</span>{p.given ? `, ${p.given}` : ""}</h1>
      <dl class="ids">
        <div><dt>{t("born")}</dt><dd>{birth(p.birth) || t("noBirth")}{p.birth ? ` · ${ageOf(p.birth, now)}` : ""}</dd></div>
        <div><dt>{t("sex")}</dt><dd>{sexWord(p.sex)}</dd></div>
        <div><dt>{t("number")}</dt><dd class="mrn">{p.number || t("notReceived")}</dd></div>
        {(p.unit || p.bed) && <div><dt>{t("place")}</dt><dd>{p.unit} {p.bed && <>{t("bed")} {p.bed}</>}</dd></div>}
      </dl>
      {children}
    </section>
  );
}
export function UnmatchedBanner({ d }: { d: Row }) {
  return (
    <section class="banner unmatched" aria-label={t("patientWord")}>
      <h1 class="name" tabIndex={-1}>{t("eUnmatched")}</h1>
      <p class="allergy"><span>{t("eFileSays")}</span> <b class="none"><Claim p={d.claimed} /></b></p>
      <p class="marks"><b>{t("eUnmatchedMeans")}</b></p>
    </section>
  );
}
export const identityLine = (p: Person): string => `${personName(p)} · ${t("born")} ${birth(p.birth) || t("noBirth")}`;

const asPerson = (r: Found): Person => ({ id: r.id, family: r.name.family, given: r.name.given, birth: r.birth, sex: r.sex, number: r.number, unit: r.unit, bed: r.bed, isProtected: r.masked, agrees: [], differs: [] });
// Somebody of this house, by typing; arrows and Enter.
export function PersonSearch({ onPick, label }: { onPick: (p: Person) => void; label: string }) {
  const [text, setText] = useState(""), [asked, setAsked] = useState("");
  useEffect(() => { const id = setTimeout(() => setAsked(text.trim()), 220); return () => clearTimeout(id); }, [text]);
  const enough = asked.length >= 2;
  const { data, error } = useData<unknown>(enough ? `/api/search?q=${encodeURIComponent(asked)}&max=8` : null, `pick ${asked}`);
  const found = data && enough ? rowsOf(data).rows.slice(0, 8) : [], box = useRef<HTMLDivElement>(null);
  const move = (e: KeyboardEvent) => {
    const step = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
    if (e.key === "Enter" && (e.target as Element).tagName === "INPUT") { e.preventDefault(); if (found.length === 1 && text.trim() === asked) onPick(asPerson(found[0]!)); else box.current?.querySelector("button")?.focus(); }
    if (!step) return;
    const all = [...box.current!.querySelectorAll<HTMLElement>("input, button")], next = all[all.indexOf(document.activeElement as HTMLElement) + step];
    if (next) { e.preventDefault(); next.focus(); }
  };
  return (
    <div class="pick" ref={box} onKeyDown={move}>
      <label class="field"><span>{label}</span><input type="search" class="line" autocomplete="off" spellcheck={false} placeholder={t("searchHint")} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
      <Fail error={error} />
      {data && found.length === 0 && enough ? <p class="muted">{t("searchNone")}</p> : null}
      {found.map((r) => <button type="button" class="found" key={r.id} onClick={() => onPick(asPerson(r))}><Who name={r.name} masked={r.masked} /><span>{r.masked ? "" : birth(r.birth)}</span><span>{r.masked ? "" : sexWord(r.sex)}</span><span>{r.number}</span><span>{[r.unit, r.bed].filter(Boolean).join(" ")}</span><span class="marks"><RowMarks row={r} /></span></button>)}
    </div>
  );
}

// Two identifiers, each looked at by itself. What the file says too is compared and ticked; what it does not say is read from the wristband or the request and typed, and has to be equal.
interface Ident { key: string; word: Key; file: string; record: string; shown: [string, string] }
export function identsOf(p: Person, c: Person | null): Ident[] {
  return [
    { key: "recordNumber", word: "number", file: c?.number || c?.id || "", record: p.number, shown: [c?.number || c?.id || "", p.number] },
    { key: "birth", word: "born", file: c?.birth ?? "", record: p.birth, shown: [birth(c?.birth), birth(p.birth)] },
    { key: "name", word: "nameWord", file: c && (c.family || c.given) ? `${c.family} ${c.given}` : "", record: `${p.family} ${p.given}`, shown: [c && (c.family || c.given) ? personName(c) : "", personName(p)] },
    { key: "sex", word: "sex", file: c?.sex === "unknown" ? "" : c?.sex ?? "", record: p.sex, shown: [c?.sex && c.sex !== "unknown" ? sexWord(c.sex) : "", sexWord(p.sex)] },
  ];
}
const equal = (i: Ident, typed: string) => (i.key === "birth" ? sameDay(typed, i.record) : sameText(typed, i.record));
export const verdictOf = (i: Ident): "agrees" | "differs" | "" => (!i.file || !i.record ? "" : equal(i, i.file) ? "agrees" : "differs");
export function TwoIdentifiers({ p, claimed, onChange }: { p: Person; claimed: Person | null; onChange: (keys: string[]) => void }) {
  const [ticked, setTicked] = useState<string[]>([]), [typed, setTyped] = useState<Record<string, string>>({});
  const list = identsOf(p, claimed);
  const tell = (tk: string[], ty: Record<string, string>) => onChange(list.filter((i) => i.key !== "sex" && (tk.includes(i.key) || (ty[i.key] && equal(i, ty[i.key]!)))).map((i) => i.key));
  const tick = (k: string) => { const next = ticked.includes(k) ? ticked.filter((x) => x !== k) : [...ticked, k]; setTicked(next); tell(next, typed); };
  return (
    <div class="scroll"><table class="idents2">
      <thead><tr><th></th><th>{t("eFileSays").replace(/\s?[:：]$/, "")}</th><th>{t("eRecordSays")}</th><th></th><th>{t("eCompared")}</th></tr></thead>
      <tbody>{list.map((i) => {
        const v = verdictOf(i), ok = !!typed[i.key] && equal(i, typed[i.key]!);
        return (
          <tr key={i.key} class={v}>
            <th scope="row">{t(i.word)}</th><td>{i.shown[0] || <span class="muted">{t("eNotSaid")}</span>}</td><td><b>{i.shown[1] || t("notReceived")}</b></td>
            <td>{v === "agrees" ? <span class="tag">= {t("eAgrees")}</span> : v === "differs" ? <b class="tag red">≠ {t("eDiffers")}</b> : ""}</td>
            <td>{i.key === "sex" ? "" : v === "agrees" ? <label class="choice"><input type="checkbox" checked={ticked.includes(i.key)} onChange={() => tick(i.key)} /> {t("eIHaveCompared")}</label>
              : v === "differs" ? <span class="muted">{t("eNoIdentifier")}</span>
              : i.record ? <label class="typeit"><span class="vh">{t(i.word)}</span><input class="line" placeholder={t(i.key === "birth" ? "eTypeBirth" : "eTypeIt")} autocomplete="off" spellcheck={false} value={typed[i.key] ?? ""} onInput={(e) => { const next = { ...typed, [i.key]: e.currentTarget.value }; setTyped(next); tell(ticked, next); }} />{typed[i.key] && (ok ? <b> = {t("eAgrees")}</b> : <span class="wrong"> {t("eNotEqual")}</span>)}</label> : ""}</td>
          </tr>
        );
      })}</tbody>
    </table></div>
  );
}

// The first candidate is not chosen for anybody: choosing is a step of its own.
export function candidatesOf(d: Detail): Person[] { return d.people.length ? d.people : d.patient ? [d.patient] : []; }
export { person };
export function useRef_(): number { const { at } = useShared(), now = useNow(10000); return at?.time ? Date.parse(at.time) : now; }
