// The register of specimens: how far each one is, and whether the counts close. What is open stands first, the longest first.
import { useState } from "preact/hooks";
import { Places } from "./capture-parts";
import { type Any, rowsOf } from "./fhir";
import { count, full, spanOf } from "./format";
import { type Key, t } from "./i18n";
import { useData, useNow, usePaper } from "./state";
import { Fail, Loading, Who } from "./ui";

const s = (x: unknown) => (typeof x === "string" ? x : ""), n = (x: unknown) => (typeof x === "number" ? x : 0);
const steps = ["collected", "sent", "received", "resulted", "delivered", "lost"], whys: Record<string, Key> = { "collected, never sent": "spNeverSent", "sent, never received": "spNeverReceived", "received, no result": "spNoResult", "resulted, not delivered": "spNotDelivered" };

export function SpecimensPage() {
  const [all, setAll] = useState(false), now = useNow(30000), { data, error, fetched, reload } = useData<Any>(`/api/specimens?max=1000${all ? "" : "&state=open"}`, `specimens ${all}`, 30000), counts = (data?.counts ?? {}) as Record<string, unknown>, list = (data?.list ?? []) as Any[];
  usePaper("", t("cpSpecimens"));
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{t("cpSpecimens")}</h1><span class="grow" /><Places here="specimens" /></div></div>
      <div class="scroller" id="content" tabIndex={0} role="main">
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!data && !error && <Loading what={t("cpSpecimens")} />}
        {data && <>
          <p class="row">{steps.map((k) => <span key={k} class="tag">{t(`sp_${k}` as Key)} <b>{count(n(counts[k]))}</b></span>)}</p>
          <p class={`note ${!data.closes ? "warn" : n(data.specimens) ? "ok" : ""}`} role="status" id="specimens-verdict"><b>{!n(data.specimens) && data.closes ? t("spNone") : data.closes ? t("spCloses", { n: count(n(data.specimens)) }) : t("spOpen", { n: count(n(data.open)), a: count(n(data.specimens)) })}</b>{n(data.unnumbered) > 0 && <> {t("spUnnumbered", { n: count(n(data.unnumbered)) })}</>}</p>
          <label class="choice noprint"><input type="checkbox" id="specimens-all" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} /> {t("spAll")}</label>
          {list.length > 0 && <div class="tablewrap"><table class="grid"><thead><tr><th scope="col">{t("cfSpecimen")}</th><th scope="col">{t("patientWord")}</th><th scope="col">{t("cfTest")}</th><th scope="col">{t("spState")}</th><th scope="col">{t("spSince")}</th></tr></thead>
            <tbody>{list.map((x) => { const sp = (x.specimen ?? {}) as Any, row = x.patient ? rowsOf({ patients: [x.patient] }).rows[0] : undefined, why = whys[s(sp.open)]; return (
              <tr key={s(sp.number)}><th scope="row">{s(sp.number)}</th><td>{row ? <a href={`#/chart/${encodeURIComponent(row.id)}`}><Who name={row.name} masked={row.masked} /></a> : ""}{sp.several ? <b class="tag red">{t("spSeveral")}</b> : null}</td><td>{s(sp.test)}</td>
                <td>{why ? <b class="tag amber">{t(why)}</b> : t(`sp_${s(sp.state)}` as Key)}{s(sp.to) && <small> → {s(sp.to)}</small>}</td><td>{s(sp.since) && <>{full(s(sp.since))} <small class="muted">{spanOf(s(sp.since), now)}</small></>}</td></tr>); })}</tbody></table></div>}
          {n(data.more) > 0 && <p class="note">{t("clMore", { n: count(n(data.more)) })}</p>}
        </>}
      </div>
    </div>
  );
}
