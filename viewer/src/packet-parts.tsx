// What a packet's pages say where the server's say something else.
import { metaOf, type Patient, lineOf } from "./fhir";
import { span, stamp } from "./format";
import { tp } from "./i18n-packet";
import { t } from "./i18n";
import { inner, spokeToTheEnd } from "./packet-data";
import { useNow } from "./state";
import { AgeChip, SectionPanel, type Speaker } from "./ui";

// A feed that spoke until the packet was made is not silent: the packet is over. One that was silent then already is.
export function PacketSilent({ x, short }: { x: Speaker; short: string }) {
  const now = useNow(10000), made = inner().made;
  return spokeToTheEnd(x.name)
    ? <p class="stalebar"><b>{tp("ends", { t: stamp(made, now) })}</b> {tp("endsSection", { f: short, a: span((now - Date.parse(made)) / 1000) })}</p>
    : <p class="stalebar"><b>{t("silent", { f: short, t: stamp(x.last, now) })}</b> {t("staleSection", { f: short, t: span((now - Date.parse(x.last)) / 1000), u: span(Math.max(1, x.usual)) })}</p>;
}
export const PacketNoDocument = () => <p class="note">{tp("noDocument")}</p>;
export function PacketEcgs({ p }: { p: Patient }) {
  const s = p.sections["ecgs"]!;
  return (
    <SectionPanel s={s} title={t("ecg")} empty={s.entries.length === 0}>
      <ul class="lines">{s.entries.map((r, i) => { const l = lineOf(r); return <li key={r.id ?? i}><div class="w"><b>{l.what}</b> {l.detail && <span class="d">{l.detail}</span>} {l.status && <span class="tag">{l.status}</span>}</div><AgeChip meta={metaOf(r)} time={l.time} /></li>; })}</ul>
      <p class="muted small">{tp("noTracing")}</p>
    </SectionPanel>
  );
}
