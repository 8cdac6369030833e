// Medications: what is ordered, and beside each order when it was last given, how much, by whom, from which source; what was not given and why.
import { useMemo, useState } from "preact/hooks";
import { Former, Lines, statusWord } from "./chart";
import { type Given, type Medication, type Patient, current, former, frequencyWords, medicationsOf, stampOf } from "./fhir";
import { agoOf, clock, spanOf, stamp } from "./format";
import { t } from "./i18n";
import { useNow, useShared } from "./state";
import { AgeChip, SectionPanel, speakers } from "./ui";

export function Medications({ p }: { p: Patient }) {
  const { at, board, lang } = useShared();
  const now = useNow(10000);
  const ref = at?.time ? Date.parse(at.time) : now;
  const { meds, loose, all } = useMemo(() => medicationsOf(p), [p, lang]);
  const [log, setLog] = useState(40);
  const s = p.sections.medications!, given = p.sections.administrations!;
  const active = meds.filter((m) => m.active && !m.prn), prn = meds.filter((m) => m.active && m.prn), stopped = meds.filter((m) => !m.active);
  const spoke = speakers(given.source ? given : s, board), fed = spoke.filter((x) => !x.name.startsWith("capture/")), of = fed.length ? fed : spoke, feed = of.find((x) => x.state === "stale") ?? of[0]; // what is silent bounds what is known, and what somebody wrote down here says nothing of the others
  const horizon = at ? (at.time ?? p.asOf.time ?? "") : feed?.last || feed?.received || given.received;
  const silent = !at && feed?.state === "stale";
  return (
    <>
      {given.state === "not-received" ? <p class="note warn"><b>{t("dosesNotReceived")}</b></p>
        : horizon ? <p class={`note ${silent ? "bad" : ""}`}><b>{t("dosesKnown", { t: stamp(horizon, now) })}</b> {feed?.name ?? given.source} · {agoOf(horizon, ref)}. {silent ? t("dosesSilent") : t("dosesAfter")}</p> : null}
      <SectionPanel s={s} title={t("scheduled")} empty={active.length === 0}><MedTable id={p.id} list={active} refTime={ref} given={given.state} /></SectionPanel>
      {prn.length > 0 && <section class="panel" aria-labelledby="h-prn"><header><h2 id="h-prn">{t("prnTitle")}</h2></header><div class="in"><MedTable id={p.id} list={prn} refTime={ref} given={given.state} /></div></section>}
      <SectionPanel s={given} empty={all.length === 0}>
        <div class="scroll" tabIndex={0} role="region" aria-label={t("medications")}><table class="givens">
          <thead><tr><th scope="col">{t("when")}</th><th scope="col">{t("what")}</th><th scope="col">{t("dose")}</th><th scope="col">{t("status")}</th><th scope="col">{t("who")}</th><th scope="col">{t("source")}</th></tr></thead>
          <tbody>{all.slice(0, log).map((g) => (
            <tr key={g.id} class={g.notGiven ? "not" : ""}><td class="nowrap">{stamp(g.time, now)} <span class="muted">{spanOf(g.time, ref)}</span></td><th scope="row">{g.name}{loose.includes(g) ? <small class="muted"> {t("noOrder")}</small> : null}</th><td class="dose">{[g.dose, g.route].filter(Boolean).join(" · ")}</td>
              <td>{g.notGiven ? <b class="notgiven">{t("notGiven")}{g.reason ? `: ${g.reason}` : ""}</b> : g.status === "completed" ? t("administrations") : statusWord(g.status)}</td><td>{g.by}</td><td><AgeChip meta={g.meta} time={g.meta.received} brief /></td></tr>))}
          </tbody></table></div>
        {all.length > log && <p><button type="button" class="btn small noprint" onClick={() => setLog(log + 200)}>{t("older")}</button></p>}
        <Former list={former(given)} />
      </SectionPanel>
      {stopped.length > 0 && <details class="former"><summary>{t("stopped")} ({stopped.length})</summary><Lines list={stopped.map((m) => m.resource)} /></details>}
      <Former list={[...current(s).filter((r) => r.resourceType === "MedicationDispense")]} title={t("dispensed")} />
      <Former list={former(s)} />
    </>
  );
}

function MedTable({ id, list, refTime, given }: { id: string; list: Medication[]; refTime: number; given: string }) {
  const { may, at } = useShared(), write = !PACKET && !at && may("capture");
  const now = useNow(10000);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("medications")}><table class="meds">
      <thead><tr><th scope="col">{t("medication")}</th><th scope="col">{t("dose")}</th><th scope="col">{t("frequency")}</th><th scope="col">{t("lastGiven")}</th><th scope="col">{t("ordered")}</th></tr></thead>
      <tbody>{list.map((m) => {
        const g = m.given.find((x) => !x.notGiven && x.status !== "entered-in-error"), no = m.given.find((x) => x.notGiven);
        const refused = no && (!g || stampOf(no.time) > stampOf(g.time)) ? no : null;
        const due = g && m.everyHours ? stampOf(g.time) + m.everyHours * 3600000 : 0;
        return (
          <tr key={m.id}>
            <th scope="row"><span class="drug">{m.name}</span>{m.status === "on-hold" && <span class="tag amber">{statusWord("on-hold")}</span>}{m.home && <span class="tag">{t("homeMed")}</span>}{m.notes.map((n, i) => <small class="block muted" key={i}>{n}</small>)}{m.was.length > 0 && <small class="block hist">{t("changedN", { n: m.was.length })}</small>}</th>
            <td class="dose"><b>{m.dose || "–"}</b> <span>{m.route}</span></td>
            <td>{m.frequency}<small class="block muted">{frequencyWords(m.frequency)}</small>{m.prn && !/PRN/i.test(m.frequency) && <span class="tag">PRN</span>}{m.prn && m.prn !== "PRN" && !/^(yes|true)$/i.test(m.prn) ? <small class="block muted">{m.prn}</small> : null}</td>
            <td class="last">{g ? <GivenCell g={g} now={now} refTime={refTime} /> : given === "not-received" ? <span class="state-missing">{t("notReceived")}</span> : <span class="muted">{t("neverGiven")}</span>}
              {refused && <div class="notgiven"><b>{t("notGiven")} {stamp(refused.time, now)}</b>{refused.reason ? `: ${refused.reason}` : ""}{refused.by ? ` · ${refused.by}` : ""}</div>}
              {due > 0 && <div class="due">{t("dueReckoned", { t: Math.abs(due - refTime) < 79200000 ? clock(due) : stamp(new Date(due).toISOString(), now), h: m.everyHours! })}</div>}
              {write && !m.home && <div class="medacts noprint">{(["given", "held", "stop"] as const).map((k) => <a key={k} class="btn tiny" href={`#/capture/${encodeURIComponent(id)}/${k}/${encodeURIComponent(m.id)}`} aria-label={`${t(`ck_${k}`)}${t("colon")}${m.name}`}>{t(`ca_${k}`)}</a>)}</div>}</td>
            <td><AgeChip meta={m.meta} time={m.time} />{m.by && <small class="block muted">{m.by}</small>}</td>
          </tr>
        );
      })}</tbody></table></div>
  );
}
function GivenCell({ g, now, refTime }: { g: Given; now: number; refTime: number }) {
  return <div><b class="when">{stamp(g.time, now)}</b> · <span class="age">{agoOf(g.time, refTime)}</span> · <b>{g.dose || t("doseNotReceived")}</b> <span class="muted">{g.by ? `${t("by")} ${g.by}` : t("byUnknown")}</span> <AgeChip meta={g.meta} time={g.meta.received} brief /></div>;
}
