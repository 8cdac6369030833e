// What is listed for review on a chart, in the reader's language. The server writes a sentence with a number, a name or a list in it: what it names is taken out of its sentence and put into ours. One that is not known here stands as it came.
import { type Key, getLang, t } from "./i18n";

const known: [RegExp, Key][] = [
  [/^a number sent with this patient belongs to (\S+), whose/, "rw_conflict"], [/^taken apart again from (\S+); what was sent under that number stays there: (.+)$/, "rw_unmerged"],
  [/^(\S+) was taken out again; what was sent under this number stays here: (.+)$/, "rw_unmergedFrom"], [/^a merge with (\S+) came again/, "rw_oldMerge"], [/^an un-merge with (\S+) was asked for/, "rw_notMerged"],
  [/^the sender deleted this person/, "rw_deleted"], [/^the sender used a control id again/, "rw_idReused"], [/^an identity decision named a number that (\S+) has/, "rw_ambiguous"], [/^(\S+) has this number by the same authority/, "rw_sameNumber"],
  [/^was one person with (\S+), because/, "rw_authority"], [/^a message of this patient could not be read/, "rw_quarantine"], [/^name, birth date or sex taken down here/, "rw_captured"],
  [/^"no known allergies" was sent/, "rw_noneAllergies"], [/^"no known problems" was sent/, "rw_noneProblems"], [/^"no medications" was sent/, "rw_noneMedications"], [/^a report was cancelled after/, "rw_reportCancelled"],
  [/^(\d+) messages? under this patient's number/, "rw_somebodyElse"],
];
// "3 messages came in between (#12, #15, ...)": the numbers are the same in every language
const between = (s: string) => { const m = /^(\d+) messages? came in between ?(\(.*\))?$/.exec(s); return m ? `${t("rw_between", { n: m[1]! })}${m[2] ? ` ${m[2]}` : ""}` : s; };
export function reviewText(r: { what: string; text: string }): { text: string; foreign: boolean } {
  if (getLang() === "en") return { text: r.text || r.what, foreign: false };
  for (const [words, key] of known) {
    const m = words.exec(r.text);
    if (m) return { text: t(key, { p: m[1] ?? "", n: m[1] ?? "", list: between(m[2] ?? "") }), foreign: false };
  }
  const short = t(`rv_${r.what.replace(/-/g, "_")}` as Key) as string | undefined;
  return { text: short ? `${short} (${r.text})` : r.text || r.what, foreign: !short };
}
