// One kind of item for one person: two identifiers, when it happened, what; what speaks against a dose; and a button that names the person. "Saved" is said when the server has said so.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type ApiError, post } from "./api";
import { type Values, isoMinute, itemOf, judge, kindWord, kinds, momentOf, shown, typedOf } from "./capture";
import { FieldInput, OutboxPanel, SavedPanel, TwoIdentifiers, identifiedNow, isTemporary, otherPerson } from "./capture-parts";
import { Banner } from "./chart";
import { type Any, type Patient, type Resource, medicationsOf, openOrders, lineOf, patientOf, stampOf } from "./fhir";
import { agoOf, clock, full, span, stamp } from "./format";
import { type Key, t } from "./i18n";
import { type Waiting, drop, newId, outbox, save, useOutbox } from "./outbox";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Loading, identityText } from "./ui";

export interface Draft { values: Values; when: string; behalf: string; late: string; oddOk: boolean; readOk: boolean; alone: boolean }
export const drafts = new Map<string, Draft>(); // in this page's memory: what was typed outlives a change of page
export const emptyDraft = (values: Values = {}): Draft => ({ values, when: "", behalf: "", late: "", oddOk: false, readOk: false, alone: false });
// SMITH, John 12.03.1957
export const saveName = (p: { name: { family: string; given: string }; birth: string; number: string }) => (p.name.family || p.name.given ? `${[p.name.family.toUpperCase(), p.name.given].filter(Boolean).join(", ")} ${/^\d{4}-\d\d-\d\d/.test(p.birth) ? `${p.birth.slice(8, 10)}.${p.birth.slice(5, 7)}.${p.birth.slice(0, 4)}` : p.birth}`.trim() : "");

// The number under which the EHR's own messages would know the order: the placer's before the filler's.
const orderNumber = (r: Resource): string => { const all = (r.identifier ?? []) as Any[], of = (c: string) => all.find((x) => (x?.type?.coding ?? []).some((y: Any) => y?.code === c))?.value; return String(of("PLAC") ?? of("FILL") ?? all[0]?.value ?? ""); };
function prefilled(kind: string, p: Patient, order: string): Values {
  const unit = p.place?.unit ?? "";
  if (kind === "admit" || kind === "transfer") return { "bed.unit": unit, "bed.facility": p.place?.facility ?? "" };
  if (!order) return {};
  const r = [...p.sections.medications!.entries, ...p.sections.orders!.entries].find((x) => x.id === order);
  if (!r) return {};
  if (kind === "stop") return { stop: String(r.id) };
  const m = medicationsOf(p).meds.find((x) => x.id === order), q = r.dosageInstruction?.[0]?.doseAndRate?.[0]?.doseQuantity ?? {};
  return { drug: m?.name ?? lineOf(r).what, order: orderNumber(r), ...(kind === "given" ? { dose: String(q.value ?? ""), unit: String(q.unit ?? q.code ?? ""), route: m?.route ?? "" } : {}) };
}
interface Running { id: string; what: string; number: string; category: string }
function running(p: Patient): Running[] {
  const meds = medicationsOf(p).meds.filter((m) => m.active).map((m) => ({ id: m.id, what: [m.name, m.dose, m.route, m.frequency].filter(Boolean).join(" "), number: orderNumber(m.resource), category: "medication" }));
  const rest = openOrders(p.sections.orders!).map((r) => ({ id: String(r.id), what: lineOf(r).what, number: orderNumber(r), category: "other" }));
  return [...meds, ...rest].filter((x) => x.number);
}

export function FormPage({ id, kind, order, corrects }: { id: string; kind: string; order: string; corrects: string }) {
  const { data, error, fetched, reload } = useData<unknown>(`/api/patient/${encodeURIComponent(id)}`, `patient ${id}`);
  const old = useData<unknown>(corrects ? `/api/capture/${encodeURIComponent(corrects)}` : null, `item ${corrects}`);
  const p = useMemo(() => (data ? patientOf(data) : null), [data]), before = useMemo(() => (old.data ? itemOf(old.data) : null), [old.data]);
  if (!p || (corrects && !before)) return <div class="scroller" id="content" tabIndex={0} role="main"><Fail error={error ?? old.error} onRetry={reload} fetched={fetched} />{(error ?? old.error)?.code === "protected" && <a class="btn" href={`#/chart/${encodeURIComponent(id)}`}>{t("openProtected")}</a>}{!error && !old.error && <Loading what={t("chart")} />}</div>;
  return <Form key={`${p.id} ${kind} ${order} ${corrects}`} p={p} kind={kind} order={order} before={before} />;
}

interface Check { of: string; verdict: string; which?: { drug: string; time?: string; by?: string; source: string; origin: string }; apartMinutes?: number; allergies?: string[]; allergiesNotReceived?: boolean; classesCompared?: boolean }
const loud = (c: Check | null) => !!c && (/^(given-before|same-slot|same-class|allergy)$/.test(c.verdict) || (c.allergies ?? []).length > 0);

function Form({ p, kind, order, before }: { p: Patient; kind: string; order: string; before: ReturnType<typeof itemOf> | null }) {
  const { session, go, print, signedOut } = useShared(), now = useNow(5000), id = `${p.id} ${kind} ${order} ${before?.id ?? ""}`, key = `${session.user} ${id}`;
  const [draft, setDraftState] = useState<Draft>(() => drafts.get(key) ?? emptyDraft(before ? typedOf(kind, before.values, before.unit) : prefilled(kind, p, order)));
  const [touched, setTouched] = useState(false), [, redraw] = useState(0), [done, setDone] = useState<Waiting | null>(null), form = useRef<HTMLFormElement>(null);
  const [check, setCheck] = useState<Check | null>(null), [asking, setAsking] = useState(false);
  const set = (d: Partial<Draft>) => { const next = { ...draft, ...d }; drafts.set(key, next); setDraftState(next); };
  const setValue = (name: string, value: string) => set({ values: { ...draft.values, [name]: value }, oddOk: false, readOk: false });
  otherPerson(p.id);
  useOutbox();
  const mine = done ?? outbox.find((w) => w.key === key && w.user === session.user && w.state !== "saved") ?? null;
  const who = saveName(p) || p.number, ms = draft.when.trim() ? momentOf(draft.when, now) : now, orders = useMemo(() => (kind === "stop" ? running(p) : []), [p, kind]);
  const judged = judge(kind, draft.values, now), held = identifiedNow(p.id, session.user, now), alone = draft.alone && isTemporary(p), identified = !!held || alone;
  const late = !isNaN(ms) && now - ms > 3600000;
  usePaper(identityText(p, now), `${t("asOf")} ${full(p.asOf.time)}`);

  const body = (): Record<string, unknown> => {
    const values = { ...judged.values }, chosen = orders.find((o) => o.id === values.stop);
    if (kind === "stop" && chosen) { values.stop = chosen.number; values.what = chosen.what; values.category = chosen.category; }
    return {
      unit: p.place?.unit ?? "", patient: alone ? `${p.number}@DOWNTIME` : p.id, kind: kind === "stop" ? "order" : kind, occurred: isoMinute(isNaN(ms) ? now : ms), recorded: new Date(now).toISOString().slice(0, 19) + "Z", identifiers: alone ? ["recordNumber"] : held?.keys ?? [],
      ...(alone ? { unidentified: true } : {}), ...(draft.behalf.trim() ? { on_behalf_of: draft.behalf.trim() } : {}), ...(draft.late.trim() ? { reason: draft.late.trim() } : {}), ...(before ? { replaces: before.id } : {}), values,
    };
  };
  // what speaks against a dose: asked again when what matters to it changes
  const asked = kind === "given" ? [draft.values.drug, draft.values.order, draft.values.scheduled, draft.when].map((x) => (x ?? "").trim()).join("|") : "";
  const ask = () => post<Omit<Check, "of">>("/api/capture/check", { ...body(), id: "WEB-0" }).then((c): Check => ({ ...c, of: asked }), (e: ApiError): Check => { if (e.status === 401) signedOut(); return { of: asked, verdict: "unreachable" }; });
  useEffect(() => {
    if (kind !== "given" || !draft.values.drug?.trim() || isNaN(ms) || before) { setCheck(null); return; }
    let gone = false;
    const timer = setTimeout(() => { setAsking(true); ask().then((c) => { if (!gone) { setCheck(c); setAsking(false); } }); }, 350);
    return () => { gone = true; clearTimeout(timer); setAsking(false); };
  }, [asked]);
  const checked = kind !== "given" || !!before || (check?.of === asked && !asking), warned = loud(check) && checked;

  const missing: [string, boolean][] = [[t("cpmWho"), !identified], [t("cpmWhen"), isNaN(ms)], [t("cpmWhat"), Object.keys(judged.wrong).length > 0 || (!!before && !draft.late.trim())], [t("cpmCheck"), !checked && !!draft.values.drug?.trim()], [t("cpmRead"), (warned && !draft.readOk) || (judged.odd.length > 0 && !draft.oddOk)]];
  const submit = async (e: Event) => {
    e.preventDefault();
    setTouched(true);
    if (missing.some((m) => m[1])) { queueMicrotask(() => (form.current?.querySelector<HTMLElement>(!identified ? "[data-ident], .identified button" : "[aria-invalid]") ?? form.current?.querySelector<HTMLElement>("#read-ok:not(:checked), #odd-ok:not(:checked)"))?.focus()); return; }
    if (kind === "given" && !before) { // somebody else may have written the same dose down since it was asked
      setAsking(true);
      const last = await ask();
      setAsking(false);
      setCheck(last);
      if (loud(last) && (!warned || last.which?.time !== check?.which?.time || last.verdict !== check?.verdict)) { set({ readOk: false }); return; }
    }
    setDone(save({ key, kind, patient: p.id, who, body: { id: newId(), ...body() } }));
  };
  useLayoutEffect(() => { if (mine) document.getElementById(`o-${mine.id}`)?.focus(); }, [mine?.state]);
  useEffect(() => { if (mine?.state === "saved") drafts.delete(key); }, [mine?.state]);
  useLayoutEffect(() => { if (!mine) (document.querySelector<HTMLElement>("[data-ident]") ?? form.current?.querySelector<HTMLElement>(".fields input, .fields textarea, .fields select"))?.focus(); }, []);
  useEffect(() => { // Esc is no way to lose what was typed: it goes back, and the draft stays
    const k = (e: KeyboardEvent) => { if (e.key === "Escape" && !document.querySelector("dialog[open], .ownmenu")) go(`#/capture/${encodeURIComponent(p.id)}`); };
    addEventListener("keydown", k);
    return () => removeEventListener("keydown", k);
  }, []);
  const leave = () => { if (done?.state === "saved") drop(done); };
  const again = () => { setDone(null); redraw((n) => n + 1); };
  const menuHash = `#/capture/${encodeURIComponent(p.id)}`;

  return (
    <div class="column chart">
      <Banner p={p} now={now} />
      <form class="column capfill" ref={form} onSubmit={submit} noValidate>
      <div class="scroller" id="content" tabIndex={0} role="main">
        <div class="pagehead"><h2 class="formname">{kindWord(kind)}</h2><span class="grow" /><a class="btn small noprint" href={menuHash}>{t("cpTo", { p: saveName(p) || p.number })}</a></div>
        {before && <p class="note warn">{t("cbCorrects", { i: before.id })}</p>}
        {mine?.state === "saved" ? <SavedPanel w={mine} person={p.id} print={() => print("captured item", { patient: p.id })}><a class="btn main-act" href={menuHash} onClick={leave}>{t("cpAnother")}</a><a class="btn" href={`#/chart/${encodeURIComponent(p.id)}/${kind === "vitals" ? "vitals" : /given|held/.test(kind) ? "medications" : "summary"}`} onClick={leave}>{t("cpToChart")}</a></SavedPanel>
          : mine ? <OutboxPanel w={mine} onChange={again} /> : (
          <div class="capform">
            <div class="left">
              <fieldset class="panel"><legend>{t("cpTwo")}</legend><TwoIdentifiers p={p} onChange={() => redraw((n) => n + 1)} alone={draft.alone} setAlone={(b) => set({ alone: b })} /></fieldset>
              <fieldset class="panel"><legend>{t("cpWhen")}</legend>
                <div class="field"><label for="when"><span>{t("cpAt")} <small>{t("cpNow", { t: clock(now) })}</small></span></label>
                  <input id="when" value={draft.when} placeholder={clock(now)} autocomplete="off" aria-invalid={isNaN(ms) ? "true" : undefined} aria-describedby="when-s" onInput={(e) => set({ when: e.currentTarget.value, readOk: false })} />
                  <span id="when-s" role="status">{isNaN(ms) ? <span class="wrong">{t("cpAtBad")}</span> : draft.when.trim() ? <><b>{full(new Date(ms).toISOString()).slice(0, -3)}</b> · {agoOf(new Date(ms).toISOString(), now)}</> : ""}</span>
                  {ms - now > 300000 && <p class="note bad" role="alert"><b>{t("cpFuture")}</b></p>}{now - ms > 86400000 && <p class="note warn" role="alert"><b>{t("cpOld")}</b></p>}</div>
                <div class="field"><label for="behalf"><span>{t("cpBehalf")} <small>{t("cpBehalfHint", { u: session.user })}</small></span></label><input id="behalf" value={draft.behalf} autocomplete="off" onInput={(e) => set({ behalf: e.currentTarget.value })} /></div>
                {(late || before) && <div class="field"><label for="late"><span>{before ? t("cbCorrectWhy") : t("cpLate")}</span></label><input id="late" value={draft.late} autocomplete="off" aria-invalid={before && touched && !draft.late.trim() ? "true" : undefined} onInput={(e) => set({ late: e.currentTarget.value })} /></div>}
              </fieldset>
            </div>
            <fieldset class="panel right"><legend>{t("cpFields")}</legend>
              {kind === "given" || kind === "held" ? <LastGiven p={p} order={order} now={now} /> : null}
              {kind === "stop" && orders.length === 0 && <p class="note warn">{t("cfNoOrders")}</p>}
              <div class="fields">{kinds[kind]!.filter((f) => shown(f, draft.values)).map((f) => f.name === "stop" ? (
                <div class="field wide" key="stop"><label for="f-stop"><span>{t(f.word)}</span></label><select id="f-stop" value={draft.values.stop ?? ""} aria-invalid={touched && judged.wrong.stop ? "true" : undefined} onChange={(e) => setValue("stop", e.currentTarget.value)}><option value="">{t("cfChoose")}</option>{orders.map((o) => <option key={o.id} value={o.id}>{o.what} · {o.number}</option>)}</select>{touched && judged.wrong.stop && <span class="wrong">{judged.wrong.stop}</span>}</div>
              ) : <FieldInput key={f.name} f={f} id="f" v={draft.values} set={setValue} wrong={touched || (f.as === "amount" && /[^\d.,\s]/.test(draft.values[f.name] ?? "")) ? judged.wrong[f.name] : undefined} />)}</div>
            </fieldset>
          </div>)}
      </div>
          {!mine && <div class="foot">
              {kind === "given" && !before && draft.values.drug?.trim() ? <CheckSaid c={check?.of === asked ? check : null} asking={asking || check?.of !== asked} now={now} /> : null}
              {warned && <label class="choice strong"><input id="read-ok" type="checkbox" checked={draft.readOk} onChange={(e) => set({ readOk: e.currentTarget.checked })} /> {t("cpcRead")}</label>}
              {judged.odd.length > 0 && <div class="note warn" role="alert"><b>{t("cpOdd", { l: judged.odd.join(", ") })}</b> <label class="choice"><input id="odd-ok" type="checkbox" checked={draft.oddOk} onChange={(e) => set({ oddOk: e.currentTarget.checked })} /> {t("cpOddOk")}</label></div>}
              {touched && missing.some((m) => m[1]) && <p class="wrong strong" role="alert">{t("cpFirst", { l: missing.filter((m) => m[1]).map((m) => m[0]).join(", ") })}</p>}
              <button id="save" class="btn main-act big" disabled={asking && touched}>{saveName(p) ? t("cpSaveFor", { p: saveName(p) }) : t("cpSaveNumber", { n: p.number })}</button>
            </div>}
      </form>
    </div>
  );
}

function LastGiven({ p, order, now }: { p: Patient; order: string; now: number }) {
  const { meds, all } = medicationsOf(p), m = meds.find((x) => x.id === order), s = p.sections.administrations!;
  const g = (m ? m.given : all).filter((x) => !x.notGiven && x.status !== "entered-in-error")[0];
  if (!m) return null;
  return <p class="lastgiven"><b>{t("cpLast")}{t("colon")}</b>{g ? <><b>{stamp(g.time, now)}</b> · {agoOf(g.time, now)} · <b>{g.dose || t("doseNotReceived")}</b> {g.by && t("cbBy", { u: g.by })} · {g.meta.origin === "captured" ? t("cpcCaptured") : t("cpcFed")}</> : s.state === "not-received" ? <b class="state-missing">{t("cpLastNr")}</b> : t("cpLastNone")}{m.everyHours && g ? <> · {t("dueReckoned", { t: stamp(new Date(stampOf(g.time) + m.everyHours * 3600000).toISOString(), now), h: m.everyHours })}</> : null}</p>;
}
function CheckSaid({ c, asking, now }: { c: Check | null; asking: boolean; now: number }) {
  if (!c || asking) return <p class="note" role="status">{t("cpChecking")}</p>;
  const bad = loud(c), w = c.which;
  return (
    <div class={`note ${bad ? "bad" : c.verdict === "clear" ? "" : "warn"} check`} role={bad ? "alert" : "status"}>
      <p class={bad ? "loudest" : "strong"}>{t(c.verdict === "unreachable" ? "cpcUnreachable" : (`cpc_${c.verdict}` as Key)) ?? c.verdict}{w && <>{t("colon")}{t("cpcWhich", { d: w.drug, t: w.time ? stamp(w.time, now) : t("noTime"), b: w.by ? t("cpcBy", { u: w.by }) : "", m: span(Math.abs(c.apartMinutes ?? 0) * 60) })} · {t(w.origin === "captured" ? "cpcCaptured" : "cpcFed")}</>}</p>
      {(c.allergies ?? []).length > 0 && <p class="strong">{t("cpcAllergy", { l: c.allergies!.join(", ") })}</p>}
      {c.classesCompared === false && <p>{t("cpcNoClasses")}</p>}
      {c.allergiesNotReceived && <p>{t("cpcNoAllergies")}</p>}
    </div>
  );
}
