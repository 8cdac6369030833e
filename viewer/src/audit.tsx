import { useState } from "preact/hooks";
import { type ApiError, type Event, get, query, serverNow } from "./api";
import { rowsOf } from "./fhir";
import { clockSeconds, full, readTime, stamp, toInput } from "./format";
import { type Key, t } from "./i18n";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Loading } from "./ui";

const kinds: [string, Key][] = [["", "auditEverything"], ["break-glass", "auditGlass"], ["view,search", "auditCharts"], ["print,export,raw", "auditPrints"], ["login,login-failed,logout", "auditSign"], ["account", "auditAccounts"]];
const nothing = { user: "", patient: "", what: "", from: "", to: "" };
export function AuditPage() {
  const { print, may } = useShared();
  const [form, setForm] = useState(nothing), [asked, setAsked] = useState(nothing), [wrong, setWrong] = useState("");
  const [pages, setPages] = useState<number[]>([]);
  const before = pages[pages.length - 1];
  const filter = query({ user: asked.user, patient: asked.patient, what: asked.what, from: utc(asked.from), to: utc(asked.to) });
  const { data, error, loading, reload, fetched } = useData<{ events: Event[]; next: number | null }>(`/api/audit${filter}${filter ? "&" : "?"}max=100${before ? `&before=${before}` : ""}`, `audit ${filter} ${before ?? ""}`);
  const now = useNow(30000);
  const set = (k: keyof typeof nothing) => (e: { currentTarget: HTMLInputElement | HTMLSelectElement }) => setForm({ ...form, [k]: e.currentTarget.value });
  const ask = (x: typeof nothing) => { setForm(x); setAsked(x); setPages([]); setWrong(""); };
  // by a record number, too: nobody but Holdfast knows its ids
  const submit = (e: globalThis.Event) => {
    e.preventDefault();
    const time = (x: string) => { const ms = readTime(x, serverNow(), serverNow()); return x.trim() && !isNaN(ms) ? toInput(ms).replace("T", " ") : x.trim(); };
    const want = { ...form, user: form.user.trim(), patient: form.patient.trim(), from: time(form.from), to: time(form.to) };
    if ([want.from, want.to].some((x) => x && !utc(x))) { setWrong(t("timeHow")); return; }
    if (!want.patient || /^p\d+$/.test(want.patient) || !may("search")) { ask(want); return; }
    get<unknown>("/api/search" + query({ q: want.patient, max: 2 })).then((d) => {
      const rows = rowsOf(d).rows;
      if (rows.length === 1) ask({ ...want, patient: rows[0]!.id }); else setWrong(t(rows.length ? "auditMany" : "searchNone"));
    }, (x: ApiError) => setWrong(x.code === "unreachable" ? t("unreachableNothing") : x.text));
  };
  const some = Object.values(asked).some(Boolean);
  const said = [asked.user, asked.patient, asked.what ? t(kinds.find(([k]) => k === asked.what)![1]) : "", asked.from ? `${t("auditFrom")} ${asked.from}` : "", asked.to ? `${t("auditTo")} ${asked.to}` : ""].filter(Boolean).join(" · ");
  usePaper(`${t("audit")}${said ? " · " + said : ""}`, data?.events[0] ? `${t("asOf")} ${full(data.events[0].time)}` : "");
  return (
    <div class="column">
      <div class="head">
        <div class="pagehead"><h1 tabIndex={-1}>{t("audit")}</h1><span class="muted">{t("auditAll")}</span><span class="grow" /><button type="button" class="btn small noprint" onClick={reload}>{t("renew")}</button><a class="btn small noprint" href={`/api/audit${filter}${filter ? "&" : "?"}format=csv`} download title={t("exportRecorded")}>{t("exportCsv")}</a><button type="button" class="btn small noprint" onClick={() => print("audit", {})}>{t("print")}</button></div>
        <form class="row noprint auditform" onSubmit={submit}>
          <label><span>{t("userWord")}</span> <input class="line" value={form.user} autocomplete="off" autocapitalize="none" onInput={set("user")} /></label>
          <label><span>{t("patientId")}</span> <input class="line" value={form.patient} autocomplete="off" onInput={set("patient")} /></label>
          <label><span>{t("auditWhat")}</span> <select class="line" value={form.what} onChange={set("what")}>{kinds.map(([k, w]) => <option key={k} value={k}>{t(w)}</option>)}</select></label>
          <label><span>{t("auditFrom")}</span> <input class="line" value={form.from} placeholder="2026-11-22 03:12" autocomplete="off" aria-describedby="audit-how" onInput={set("from")} /></label>
          <label><span>{t("auditTo")}</span> <input class="line" value={form.to} placeholder="06:30" autocomplete="off" aria-describedby="audit-how" onInput={set("to")} /></label><span id="audit-how" class="vh">{t("timeHow")}</span>
          <span class="row tight"><button class="btn main-act">{t("filterDo")}</button>{some && <button type="button" class="btn" onClick={() => ask(nothing)}>{t("showAll")}</button>}</span>
        </form>
      </div>
      <div class="scroller" id="content" tabIndex={0} role="main">
        {wrong && <p class="note bad" role="alert">{wrong}</p>}
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!data && loading && <Loading what={t("audit")} />}
        {data && data.events.length === 0 && <p class="note">{t("auditNone")}</p>}
        {data && data.events.length > 0 && (
          <table class="sticky"><thead><tr><th scope="col">{t("when")}</th><th scope="col">{t("userWord")}</th><th scope="col">{t("what")}</th><th scope="col">{t("patientWord")}</th><th scope="col">{t("reason")} · {t("detail").toLowerCase()}</th><th scope="col" class="num">{t("entry")}</th></tr></thead>
            <tbody>{data.events.map((e) => (
              <tr key={e.entry} class={e.what === "break-glass" ? "glass" : ""}>
                <td class="nowrap" title={full(e.time)}>{secondsOf(e.time, now)}</td><td class="strong">{e.user || <span class="muted">Holdfast</span>}</td>
                <td class="nowrap">{e.what === "break-glass" ? <span class="tag red">{auditWord(e.what)}</span> : e.what === "login-failed" ? <span class="tag amber">{auditWord(e.what)}</span> : e.kind === "alarm" && (e.what === "raised" || e.what === "cleared") ? `${t("alarms")}${t("colon")}${t(e.what)}` : auditWord(e.what ?? e.kind)}</td>
                <td class="nowrap">{e.patient ? <><button type="button" class="link" title={t("auditOnly")} onClick={() => ask({ ...asked, patient: e.patient! })}>{e.patient}</button>{may("chart") && <small class="noprint"> · <a href={`#/chart/${encodeURIComponent(e.patient)}`}>{t("chart")}</a></small>}</> : null}</td>
                <td class="wrap">{[e.reason, textOf(e.text ?? "")].filter(Boolean).join(" · ")}</td><td class="num">{e.entry}</td>
              </tr>))}
            </tbody></table>
        )}
        {data?.next != null && <p class="printonly">{t("auditPart", { n: data.events.length })}</p>}
        <p class="row noprint">{pages.length > 0 && <button type="button" class="btn small" onClick={() => setPages(pages.slice(0, -1))}>{t("newer")}</button>}{data?.next != null && <button type="button" class="btn small" onClick={() => setPages([...pages, data.next!])}>{t("older")}</button>}</p>
      </div>
    </div>
  );
}
const utc = (said: string) => { const ms = readTime(said, 0); return isNaN(ms) ? "" : new Date(ms).toISOString(); };
const secondsOf = (iso: string, now: number) => { const s = stamp(iso, now), ms = Date.parse(iso); return isNaN(ms) ? s : s + clockSeconds(ms).slice(5); };
// what the server noted in its own few words
const noted: Record<string, Key> = { census: "q_census", "census of a unit": "q_unit", "patient search": "q_search" };
const textOf = (s: string): string => (noted[s] ? t(noted[s]!) : /^\d{4}-\d\d-\d\dT/.test(s) ? t("q_as_of", { t: full(s) }) : /^#\d+$/.test(s) ? t("q_as_of", { t: s }) : s.replace(/^(chart|census|board|audit) *$/, (w) => t(w as Key)));
export function auditWord(what: string): string { return t(`audit_${what.replace(/-/g, "_")}` as Key) ?? what; }
