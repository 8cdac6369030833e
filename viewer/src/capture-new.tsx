// Somebody who has no number here yet: a new arrival, a newborn, somebody who cannot say who they are. Under a downtime number; who is known here already under a name like it is shown before it is saved.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type ApiError, post } from "./api";
import { isoMinute, judge, kinds, momentOf, numberFits } from "./capture";
import { type Draft, drafts, emptyDraft, saveName } from "./capture-form";
import { FieldInput, OutboxPanel, Places, SavedPanel } from "./capture-parts";
import { type Any, type Row, rowsOf } from "./fhir";
import { ageOf, agoOf, birth, clock, full, sexWord } from "./format";
import { t } from "./i18n";
import { type Waiting, drop, newId, outbox, save, useOutbox } from "./outbox";
import { useNow, usePaper, useShared } from "./state";
import { RowMarks, Who } from "./ui";

interface Alike { of: string; failed: boolean; persons: { row: Row; sameBirth: boolean; inHouse: boolean }[] }

export function NewPage() {
  const { session, print, signedOut } = useShared(), now = useNow(5000), key = `${session.user} new`;
  const [draft, setDraftState] = useState<Draft>(() => drafts.get(key) ?? emptyDraft()), [touched, setTouched] = useState(false), [done, setDone] = useState<Waiting | null>(null), [alike, setAlike] = useState<Alike | null>(null), [number, setNumber] = useState(draft.values.number ?? ""), form = useRef<HTMLFormElement>(null), [, redraw] = useState(0);
  const set = (d: Partial<Draft>) => { const next = { ...draft, ...d }; drafts.set(key, next); setDraftState(next); };
  const setValue = (name: string, value: string) => set({ values: { ...draft.values, [name]: value }, readOk: false });
  useOutbox();
  const mine = done ?? outbox.find((w) => w.key === key && w.user === session.user && w.state !== "saved") ?? null;
  const v = draft.values, judged = judge("registration", v, now), ms = draft.when.trim() ? momentOf(draft.when, now) : now, fits = numberFits(number);
  const wrongNumber = !number.trim() ? t("cpNeeded") : fits === false ? t("cpCheckBad") : "", name = { family: v.family ?? "", given: v.given ?? "" }, who = saveName({ name, birth: String(judged.values.birth ?? ""), number: "" });
  usePaper([who, `${t("number")} ${number}`].filter(Boolean).join(" · "), "");
  const body = () => ({ unit: v["bed.unit"]?.trim() ?? "", patient: number.trim(), kind: "registration", occurred: isoMinute(isNaN(ms) ? now : ms), recorded: new Date(now).toISOString().slice(0, 19) + "Z", identifiers: [], ...(fits ? { unidentified: true } : {}), ...(draft.behalf.trim() ? { on_behalf_of: draft.behalf.trim() } : {}), values: judged.values });
  const asked = [v.family, v.given, judged.values.birth].map((x) => String(x ?? "").trim()).join("|"), named = !!(v.family?.trim() || v.given?.trim());
  const ask = () => post<Any>("/api/capture/check", { ...body(), patient: number.trim() || "NEW", id: "WEB-0" }).then(
    (a): Alike => ({ of: asked, failed: false, persons: (a.persons ?? []).map((x: Any) => ({ row: rowsOf({ patients: [x.patient] }).rows[0]!, sameBirth: !!x.sameBirth, inHouse: !!x.inHouse })) }),
    (e: ApiError): Alike => { if (e.status === 401) signedOut(); return { of: asked, failed: true, persons: [] }; });
  useEffect(() => {
    if (!named) { setAlike(null); return; }
    let gone = false;
    const timer = setTimeout(() => { ask().then((a) => { if (!gone) setAlike(a); }); }, 400);
    return () => { gone = true; clearTimeout(timer); };
  }, [asked]);
  const known = alike?.of === asked ? alike : null, some = (known?.persons.length ?? 0) > 0;
  const missing: [string, boolean][] = [[t("cpmWhen"), isNaN(ms)], [t("cpmWhat"), !!wrongNumber || Object.keys(judged.wrong).length > 0], [t("cpmCheck"), named && !known], [t("cpmRead"), some && !draft.readOk]];
  const submit = (e: Event) => {
    e.preventDefault();
    setTouched(true);
    if (missing.some((m) => m[1])) { queueMicrotask(() => (form.current?.querySelector<HTMLElement>("[aria-invalid]") ?? form.current?.querySelector<HTMLElement>("#read-ok:not(:checked)"))?.focus()); return; }
    setDone(save({ key, kind: "registration", patient: number.trim(), who: [who, `${t("number")} ${number.trim()}`].filter(Boolean).join(" · "), body: { id: newId(), ...body() } }));
  };
  useLayoutEffect(() => { if (mine) document.getElementById(`o-${mine.id}`)?.focus(); if (mine?.state === "saved") drafts.delete(key); }, [mine?.state]);
  const person = String((mine?.saved?.item as Any)?.person ?? ""), leave = () => { if (done?.state === "saved") drop(done); };
  return (
    <form class="column capfill" ref={form} onSubmit={submit} noValidate>
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{t("cpNewPerson")}</h1><span class="grow" /><Places here="" /></div>
      {mine?.state === "saved" ? <SavedPanel w={mine} person="" print={() => print("captured item", { patient: person })}>{person && <a class="btn main-act" href={`#/capture/${encodeURIComponent(person)}`} onClick={leave}>{t("cpAnother")}</a>}{person && <a class="btn" href={`#/chart/${encodeURIComponent(person)}`} onClick={leave}>{t("cpToChart")}</a>}</SavedPanel>
        : mine ? <OutboxPanel w={mine} onChange={() => { setDone(null); redraw((n) => n + 1); }} /> : (
        <div class="capform">
          <div class="left">
            <fieldset class="panel"><legend>{t("cpNumber")}</legend>
              <div class="field"><label for="number"><span class="vh">{t("cpNumber")}</span></label><input id="number" value={number} placeholder={t("cpNumberHow")} autocomplete="off" spellcheck={false} aria-invalid={fits === false || (touched && wrongNumber) ? "true" : undefined} aria-describedby="number-s" onInput={(e) => { setNumber(e.currentTarget.value); setValue("number", e.currentTarget.value); }}
                onKeyDown={(e) => { if (e.key === "Enter") { e.preventDefault(); document.getElementById("f-unresponsive")?.focus(); } }} />
                <span id="number-s" role="status">{(fits === false || touched) && wrongNumber ? <span class="wrong">{wrongNumber}</span> : fits ? <b class="agrees">✓</b> : ""}</span></div>
            </fieldset>
            <fieldset class="panel"><legend>{t("cpWhen")}</legend>
              <div class="field"><label for="when"><span>{t("cpAt")} <small>{t("cpNow", { t: clock(now) })}</small></span></label><input id="when" value={draft.when} placeholder={clock(now)} autocomplete="off" aria-invalid={isNaN(ms) ? "true" : undefined} onInput={(e) => set({ when: e.currentTarget.value })} />
                <span role="status">{isNaN(ms) ? <span class="wrong">{t("cpAtBad")}</span> : draft.when.trim() ? <><b>{full(new Date(ms).toISOString()).slice(0, -3)}</b> · {agoOf(new Date(ms).toISOString(), now)}</> : ""}</span>
                {ms - now > 300000 && <p class="note bad" role="alert"><b>{t("cpFuture")}</b></p>}{now - ms > 86400000 && <p class="note warn" role="alert"><b>{t("cpOld")}</b></p>}</div>
              <div class="field"><label for="behalf"><span>{t("cpBehalf")} <small>{t("cpBehalfHint", { u: session.user })}</small></span></label><input id="behalf" value={draft.behalf} autocomplete="off" onInput={(e) => set({ behalf: e.currentTarget.value })} /></div>
            </fieldset>
            <section class={`panel alike ${some ? "some" : ""}`} aria-live="polite"><header><h2>{t("cpAlikeTitle")}</h2></header><div class="in">
              {!named ? <p class="muted small">{t("cpAlikeLook")}</p> : !known ? <p role="status">{t("cpAlikeLook")}</p> : known.failed ? <p class="wrong">{t("unreachableNothing")}</p> : !some ? <p>{t("cpAlikeNone")}</p> : <>
                <p class="strong">{t("cpAlike")}</p>
                <ul>{known.persons.map((x) => <li key={x.row.id}><a href={`#/chart/${encodeURIComponent(x.row.id)}`} target="_blank" rel="noreferrer"><Who name={x.row.name} masked={x.row.masked} /></a> {x.row.masked ? "" : <>{birth(x.row.birth)} {ageOf(x.row.birth, now)} · {sexWord(x.row.sex)} · <b class="mrn">{x.row.number}</b> {[x.row.unit, x.row.bed].filter(Boolean).join(" ")}</>} {x.sameBirth && <b class="tag red">{t("cpSameBirth")}</b>} {x.inHouse && <span class="tag">{t("cpInHouse")}</span>} <RowMarks row={x.row} /></li>)}</ul></>}
            </div></section>
          </div>
          <fieldset class="panel right"><legend>{t("cpFields")}</legend><p class="muted small">{t("cpNewWhy")}</p>
            <div class="fields">{kinds.registration!.filter((f) => (f.name !== "mother" || v.newborn) && (f.name !== "description" && f.name !== "estimatedAge" || v.unresponsive)).map((f) => <FieldInput key={f.name} f={f} id="f" v={v} set={setValue} wrong={touched ? judged.wrong[f.name] : undefined} />)}</div>
          </fieldset>
        </div>)}
    </div>
          {!mine && <div class="foot">
            {some && <label class="choice strong"><input id="read-ok" type="checkbox" checked={draft.readOk} onChange={(e) => set({ readOk: e.currentTarget.checked })} /> {t("cpNoneOfThese")}</label>}
            {touched && missing.some((m) => m[1]) && <p class="wrong strong" role="alert">{t("cpFirst", { l: missing.filter((m) => m[1]).map((m) => m[0]).join(", ") })}</p>}
            <button id="save" class="btn main-act big">{who ? t("cpSaveFor", { p: who }) : t("cpSaveNumber", { n: number.trim() || "…" })}</button>
          </div>}
    </form>
  );
}
