// A chart's ECGs.
import { useMemo } from "preact/hooks";
import { listingOf } from "./ecg";
import { Line } from "./ecg-list";
import type { Patient } from "./fhir";
import { t } from "./i18n";
import { useData, useNow, useShared } from "./state";
import { Fail, Loading } from "./ui";

// The recordings of this person, the newest first; what the program says of one is UNCONFIRMED until somebody has signed.
export function EcgTab({ p }: { p: Patient }) {
  const { at } = useShared(), now = useNow(10000);
  const { data, error, fetched, reload } = useData<unknown>(`/api/ecgs?list=all&patient=${encodeURIComponent(p.id)}&max=200`, `ecgs of ${p.id}`, at ? 0 : 30000);
  const all = useMemo(() => (data ? listingOf(data) : null), [data]), end = at?.time ? Date.parse(at.time) : Infinity;
  const rows = (all?.ecgs ?? []).filter((r) => Date.parse(r.received) <= end).sort((a, b) => Date.parse(b.recorded || b.received) - Date.parse(a.recorded || a.received));
  return (
    <>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {at && <p class="note warn">{t("eStatesNow")}</p>}
      {!all && !error && <Loading what={t("ecg")} />}
      {all && rows.length === 0 && <p class="nr"><span class="state-missing">{t("notReceived")}</span> {t("eNoneOfPatient")}</p>}
      {rows.length > 0 && <ul class="ecglist bare">{rows.map((r) => <Line key={r.entry} r={r} now={now} bare />)}</ul>}
    </>
  );
}
