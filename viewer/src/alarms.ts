// An alarm in the reader's language. The server's own sentence stands for English and for what is not known here; what only it knows (a name, a cause) is kept behind the translated one.
import type { Alarm, Board } from "./api";
import { span } from "./format";
import { type Key, getLang, t } from "./i18n";

const known: [RegExp, Key, Key, boolean][] = [ // id, reason, next step, and whether the server's words say more
  [/^disk-full$/, "alDisk", "alDiskNext", false], [/^ledger-upkeep$/, "alUpkeep", "alUpkeepNext", true], [/^not-recorded$/, "alUnrecorded", "alDiskNext", false], [/^view-down$/, "alViewDown", "alJournal", true],
  [/^view-behind$/, "alViewBehind", "alVerify", true], [/^quarantine$/, "alQuarantine", "alQuarantineNext", false], [/^unprotected$/, "alUnprotected", "alUnprotectedNext", false], [/^sandbox-/, "alSandbox", "alSandboxNext", true],
  [/^role-/, "alRole", "alJournal", true], [/^certificate-/, "alCertificate", "alCertificateNext", true], [/^plain-/, "alPlain", "alPlainNext", true],
];
const capital = (s: string) => (/^holdfast /.test(s) ? s : s.charAt(0).toUpperCase() + s.slice(1)); // a command is typed as it stands
export function alarmText(a: Alarm, board: Board | null): { reason: string; next: string } {
  if (a.what === "feed-silent" && a.feed) {
    const gap = board?.feeds.find((f) => f.name === a.feed)?.usualGapSeconds ?? 0;
    return { reason: t("alSilent", { f: a.feed, u: span(Math.max(1, gap)) }), next: t("alSilentNext") };
  }
  const source = /^damage-(.+)$/.exec(a.id)?.[1];
  if (source) return { reason: t("alDamage", { s: source }), next: t("alDamageNext", { s: source }) };
  const k = getLang() === "en" ? undefined : known.find(([id]) => id.test(a.id));
  if (!k) return { reason: capital(a.reason || a.what), next: capital(a.next ?? "") };
  return { reason: t(k[1]) + (k[3] && a.reason ? ` (${a.reason})` : ""), next: t(k[2]) };
}
// what calls for somebody; notes stand on the board and count no further
export const pressing = (b: Board | null): Alarm[] => (b?.alarms ?? []).filter((a) => a.severity !== "note");
