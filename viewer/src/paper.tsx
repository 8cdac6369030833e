// Print: who it is, how old it is and which page it is, on every page. Browsers that know margin boxes (Chromium from 131) get them; the others a head that repeats.
import { useEffect } from "preact/hooks";
import { type Board, serverNow } from "./api";
import { clockSeconds, full, span } from "./format";
import { t } from "./i18n";
import { type At, useNow } from "./state";
import { viewLine } from "./view";

export interface PaperText { identity: string; age: string }
const boxes = typeof CSS !== "undefined" && "CSSMarginRule" in globalThis;
const css = (s: string) => '"' + s.replace(/[\\"]/g, "\\$&").replace(/[\n\r\f]/g, " ").replace(/</g, "\\3c ") + '"';

// How many lines of the head's 186 mm a text needs (about 92 letters of 9.5 pt a line, half as many of Chinese): the margin grows with a long identity, which is never cut.
const linesOf = (s: string) => Math.max(1, Math.ceil([...s].reduce((n, c) => n + (c > "\u2e7f" ? 2 : 1), 0) / 92));

export function Paper({ text, site, origin, user, mode, at, entry, board }: { text: PaperText; site: string; origin: string; user: string; mode: string; at: At | null; entry: number | null; board: Board | null }) {
  const now = useNow(5000);
  const stale = (board?.feeds ?? []).filter((f) => f.state === "stale").map((f) => `${f.name} ${t("stale")} ${f.last ? span((now - Date.parse(f.last)) / 1000) : ""}`).join(" · ");
  const head = text.identity || site;
  const age = [at ? t("asItWas", { t: at.time ? full(at.time) : `#${at.entry}` }) : "", text.age, viewLine(board, now), !at && stale ? stale : ""].filter(Boolean).join(" · ");
  const foot = `${site} · ${mode !== "normal" ? mode.toUpperCase() + " · " : ""}${t("printed")} ${full(new Date(serverNow()).toISOString())} · ${user} · ${entry !== null ? `${t("entry")} ${entry}` : t("notRecorded")} · ${origin}`;
  useEffect(() => {
    if (!boxes) return;
    let style = document.getElementById("paper") as HTMLStyleElement | null;
    if (!style) { style = document.createElement("style"); style.id = "paper"; document.head.append(style); }
    style.textContent = `@media print { @page { margin: ${Math.max(24, 10 + 4.7 * (linesOf(head) + linesOf(age)))}mm 12mm 15mm;
      @top-left { content: ${css(head)} "\\A" ${css(age)}; white-space: pre-wrap; font: 600 9.5pt/1.35 system-ui, "Noto Sans CJK SC", sans-serif; width: 100%; vertical-align: bottom; padding-bottom: 2mm; border-bottom: 0.75pt solid #000; margin-bottom: 3mm; }
      @bottom-left { content: ${css(foot)}; font: 8pt system-ui, "Noto Sans CJK SC", sans-serif; width: 88%; }
      @bottom-right { content: ${css(t("page") + " ")} counter(page) " / " counter(pages); font: 8pt system-ui, "Noto Sans CJK SC", sans-serif; white-space: nowrap; } } }`;
  });
  return boxes ? null : <div class="printhead"><b>{head}</b><br />{age}<br /><small>{foot} · {clockSeconds(now)}</small></div>;
}
