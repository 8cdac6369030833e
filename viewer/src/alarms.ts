// An alarm in the reader's language. The server's own sentence stands for English and for what is not known here; what only it knows (a name, a cause) is kept behind the translated one.
import type { Alarm, Board } from "./api";
import { certificateNext, certificateOf, ending, whose } from "./certificates";
import { span } from "./format";
import { type Key, getLang, t } from "./i18n";

const known: [RegExp, Key, Key, boolean][] = [ // id, reason, next step, and whether the server's words say more
  [/^disk-full$/, "alDisk", "alDiskNext", false], [/^ledger-upkeep$/, "alUpkeep", "alUpkeepNext", true], [/^read-only$/, "alReadOnly", "readOnlyNext", false], [/^restoring$/, "alRestoring", "alRestoringNext", false], [/^not-recorded$/, "alUnrecorded", "alDiskNext", false], [/^view-down$/, "alViewDown", "alJournal", true],
  [/^view-behind$/, "alViewBehind", "alVerify", true], [/^quarantine$/, "alQuarantine", "alQuarantineNext", false], [/^unprotected$/, "alUnprotected", "alUnprotectedNext", false], [/^sandbox-/, "alSandbox", "alSandboxNext", true],
  [/^role-/, "alRole", "alJournal", true], [/^certificate-/, "alCertificate", "alCertificateNext", true], [/^plain-/, "alPlain", "alPlainNext", true],
  [/^packets-failing$/, "alPackets", "alPacketsNext", true], [/^packets-words$/, "alPacketWords", "alPacketWordsNext", true],
];
const capital = (s: string) => (/^holdfast /.test(s) ? s : s.charAt(0).toUpperCase() + s.slice(1)); // a command is typed as it stands
export function alarmText(a: Alarm, board: Board | null): { reason: string; next: string } {
  if (a.what === "feed-silent" && a.feed) {
    const gap = board?.feeds.find((f) => f.name === a.feed)?.usualGapSeconds ?? 0;
    return { reason: t("alSilent", { f: a.feed, u: span(Math.max(1, gap)) }), next: t("alSilentNext") };
  }
  const source = /^damage-(.+)$/.exec(a.id)?.[1];
  if (source) return { reason: t("alDamage", { s: source }), next: t("alDamageNext", { s: source }) };
  if (/^watch-(stopped|observed|restored|look)$/.test(a.what)) return { reason: t(a.what === "watch-look" ? "alWatchLook" : a.what === "watch-stopped" ? "alWatch" : a.what === "watch-restored" ? "alWatchBack" : "alWatchSeen", { r: a.reason }), next: t(a.what === "watch-restored" ? "alWatchBackNext" : "alWatchNext") };
  if (a.certificate) {
    const c = certificateOf(a.certificate), links = (a.certificate.links ?? []).join(", ") + (a.certificate.more ? ` +${a.certificate.more}` : "");
    return { reason: [whose(c), links, ending(c)].join(" · "), next: certificateNext(c, a.certificate.links?.[0] ?? "") };
  }
  if (a.id === "not-recorded" && board?.readOnly) return { reason: t("alUnrecordedRead"), next: t("readOnlyNext") };
  const k = getLang() === "en" ? undefined : known.find(([id]) => id.test(a.id));
  if (!k) return { reason: capital(a.reason || a.what), next: capital(a.next ?? "") };
  return { reason: t(k[1]) + (k[3] && a.reason ? ` (${a.reason})` : ""), next: t(k[2]) };
}
// what calls for somebody; notes stand on the board and count no further
export const pressing = (b: Board | null): Alarm[] => (b?.alarms ?? []).filter((a) => a.severity !== "note");

// What stands in the ledger of an alarm: its words, and what only the server knows, in the reader's language as far as they are known here.
const past: [RegExp, Key][] = [
  [/^(disk nearly full|disk-full)$/, "alDisk"], [/^(disk low|disk-low)$/, "alDiskLow"], [/^(packs or checkpoints cannot be written|ledger-upkeep)$/, "alUpkeep"], [/^(view stands still|view-behind)$/, "alViewBehind"], [/^(entries in quarantine|quarantine)$/, "alQuarantine"],
  [/^(process failing|role-.*)$/, "alRole"], [/^(ward packets are not made|packets-failing)$/, "alPackets"], [/^certificate(-.*)?$/, "alCertificate"], [/^(clock jumped|clock)$/, "alClock"], [/^(feed[ -]silent|feed-.*)$/, "alSilentPast"],
];
export function pastAlarm(e: { text?: string; reason?: string }): string {
  const k = past.find(([words]) => words.test(e.text ?? "")), plain = [e.text, e.reason].filter(Boolean).join(" · ");
  if (!k) return plain;
  const named = /^(?:role|certificate|feed)-(.+)$/.exec(e.text ?? "")?.[1];
  if (k[1] === "alSilentPast") return t(k[1], { f: named ?? e.reason ?? "" });
  const clock = /^set (back|forward) by (\d+) s$/.exec(e.reason ?? "");
  if (k[1] === "alClock") return clock ? t(clock[1] === "back" ? "alClockBack" : "alClockForward", { n: clock[2]! }) : t(k[1]);
  if (getLang() === "en") return named || !e.reason ? [t(k[1]), named].filter(Boolean).join(" · ") : plain;
  const sure = k[1] === "alDisk" || k[1] === "alQuarantine", number = /^(\d+) /.exec(e.reason ?? "")?.[1]; // their sentence says no more than that
  return t(k[1]) + (named ? ` (${named})` : sure ? (k[1] === "alQuarantine" && number ? ` (${number})` : "") : e.reason ? ` (${e.reason})` : "");
}
