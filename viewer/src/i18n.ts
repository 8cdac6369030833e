// Three languages, one table each (words/). A missing string is a compile error: every language has the names of English. English stands in the page; the others are parts of their own, fetched when they are wanted.
import { Part } from "./parts";
import en from "./words/en";

export type Key = keyof typeof en;
type Table = Record<Key, string>;
export type Lang = "en" | "fr" | "zh";
export const languages: [Lang, string][] = [["en", "English"], ["fr", "Français"], ["zh", "中文"]];
const others = { fr: new Part(() => import("./words/fr")), zh: new Part(() => import("./words/zh")) };
const tables: Record<Lang, Table | undefined> = { en, fr: undefined, zh: undefined };
let lang: Lang = "en", wanted: Lang = "en";
// Who draws the page hears here that its words have changed. late: the language that somebody wants and that is not here yet.
export const words: { late: Lang | null; changed: () => void } = { late: null, changed: () => {} };
// A language that is here is set at once. Another is fetched, and asked for again and again: until it comes the page goes on in the words that it has.
export async function setLang(l: Lang): Promise<void> {
  wanted = l;
  while (wanted === l && !tables[l]) {
    try { tables[l] = (await others[l as "fr" | "zh"].get()).default; } catch {
      if (wanted !== l) return;
      if (words.late !== l) { words.late = l; words.changed(); }
      await new Promise((ok) => setTimeout(ok, 3000));
    }
  }
  if (wanted !== l) return;
  lang = l;
  words.late = null;
  document.documentElement.lang = l;
  words.changed();
}
export function getLang(): Lang { return lang; }
export function firstLang(): Lang {
  let saved: string | null = null;
  try { saved = PACKET ? null : localStorage.getItem("hf.lang"); } catch { /* private mode */ }
  const known = (l: string | null) => languages.find(([x]) => x === l)?.[0];
  return known(saved) ?? known(navigator.language.slice(0, 2)) ?? "en";
}
const table = (): Table => tables[lang] ?? en;
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return (table()[key] as string | undefined)?.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? "")) as string; // undefined only for a name made at run time (a status, a role): whoever makes one says what stands there instead
}
// a word that may have a translation (a section's name), else itself
export function word(name: string): string {
  const all: Record<string, string> = table();
  return all[name] ?? (name === "other" ? all["other_section"]! : name);
}
