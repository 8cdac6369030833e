import { useState } from "preact/hooks";
import type { Event } from "./api";
import { query } from "./api";
import { full, stamp } from "./format";
import { type Key, t } from "./i18n";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Loading } from "./ui";

export function AuditPage() {
  const { print } = useShared();
  const [user, setUser] = useState(""), [patient, setPatient] = useState("");
  const [asked, setAsked] = useState({ user: "", patient: "" });
  const [pages, setPages] = useState<number[]>([]);
  const before = pages[pages.length - 1];
  const { data, error, loading, reload, fetched } = useData<{ events: Event[]; next: number | null }>("/api/audit" + query({ ...asked, before, max: 100 }), `audit ${asked.user} ${asked.patient} ${before ?? ""}`);
  const now = useNow(30000);
  usePaper(`${t("audit")}${asked.user ? " · " + asked.user : ""}${asked.patient ? " · " + asked.patient : ""}`, data?.events[0] ? `${t("asOf")} ${full(data.events[0].time)}` : "");
  return (
    <div class="column">
      <div class="head">
        <div class="pagehead"><h1 tabIndex={-1}>{t("audit")}</h1><span class="muted">{t("auditAll")}</span><span class="grow" /><button type="button" class="btn small noprint" onClick={reload}>{t("renew")}</button><button type="button" class="btn small noprint" onClick={() => print("audit", {})}>{t("print")}</button></div>
        <form class="row noprint" onSubmit={(e) => { e.preventDefault(); setPages([]); setAsked({ user: user.trim(), patient: patient.trim() }); }}>
          <label class="inline"><span>{t("userWord")}</span> <input class="line" value={user} autocomplete="off" onInput={(e) => setUser(e.currentTarget.value)} /></label>
          <label class="inline"><span>{t("patientId")}</span> <input class="line" value={patient} autocomplete="off" onInput={(e) => setPatient(e.currentTarget.value)} /></label>
          <button class="btn main-act">{t("filterDo")}</button>
          {(asked.user || asked.patient) && <button type="button" class="btn" onClick={() => { setUser(""); setPatient(""); setPages([]); setAsked({ user: "", patient: "" }); }}>{t("showAll")}</button>}
        </form>
      </div>
      <div class="scroller" id="content" tabIndex={0} role="main">
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!data && loading && <Loading what={t("audit")} />}
        {data && data.events.length === 0 && <p class="note">{t("auditNone")}</p>}
        {data && data.events.length > 0 && (
          <table class="sticky"><thead><tr><th scope="col">{t("when")}</th><th scope="col">{t("userWord")}</th><th scope="col">{t("what")}</th><th scope="col">{t("patientWord")}</th><th scope="col">{t("reason")}</th><th scope="col" class="num">{t("entry")}</th></tr></thead>
            <tbody>{data.events.map((e) => (
              <tr key={e.entry} class={e.what === "break-glass" ? "glass" : ""}>
                <td class="nowrap" title={full(e.time)}>{stamp(e.time, now)}</td><td class="strong">{e.user}</td>
                <td>{e.what === "break-glass" ? <span class="tag red">{auditWord(e.what)}</span> : e.what === "login-failed" ? <span class="tag amber">{auditWord(e.what)}</span> : auditWord(e.what ?? e.kind)}</td>
                <td>{e.patient ? <button type="button" class="link" onClick={() => { setPatient(e.patient!); setPages([]); setAsked({ user: asked.user, patient: e.patient! }); }}>{e.patient}</button> : null}</td>
                <td>{[e.reason, e.text].filter(Boolean).join(" · ")}</td><td class="num">{e.entry}</td>
              </tr>))}
            </tbody></table>
        )}
        <p class="row noprint">{pages.length > 0 && <button type="button" class="btn small" onClick={() => setPages(pages.slice(0, -1))}>{t("newer")}</button>}{data?.next != null && <button type="button" class="btn small" onClick={() => setPages([...pages, data.next!])}>{t("older")}</button>}</p>
      </div>
    </div>
  );
}
export function auditWord(what: string): string { return t(`audit_${what.replace(/-/g, "_")}` as Key) ?? what; }
