// ECG paper on the screen: a grid of millimetres, the leads in their places, calipers. Everything is reckoned in millimetres of paper; k says how many CSS pixels one has.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Beat, type Episode, type Filter, type Wave, filtered } from "./ecg";
import { fit } from "./canvas";
import { count } from "./format";
import { type Key, t } from "./i18n";

export type Layout = "3x4+1" | "6x2" | "12x1" | "rhythm" | "one";
export const layouts: Layout[] = ["3x4+1", "6x2", "12x1", "rhythm"];
export const standard = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];
export interface Cell { lead: string; from: number; seconds: number; x: number; y: number; row: number } // y: where nothing stands, in mm from the top
export interface Sheet { cells: Cell[]; width: number; height: number; left: number; speed: number; gain: number; row: number }
const LEFT = 11, TOP = 5, BOTTOM = 7; // the calibration pulse stands in the left margin; speed and gain below

// The rhythm strip is of lead II where it is there, else of the first.
export function sheetOf(layout: Layout, leads: string[], from: number, seconds: number, speed: number, gain: number, only = ""): Sheet {
  const has = leads.filter((l) => standard.includes(l)).length, all = [...standard.filter((l) => leads.includes(l)), ...leads.filter((l) => !standard.includes(l))], strip = only || (leads.includes("II") ? "II" : leads.includes("MLII") ? "MLII" : all[0] ?? "");
  const full = Math.min(10, Math.max(2.5, seconds)), tall = gain > 10 ? 1.5 : 1, cells: Cell[] = [];
  let rows: string[][] = [], row = 30, span = full, lines = 0;
  if (layout === "3x4+1" && has > 3) { rows = [["I", "aVR", "V1", "V4"], ["II", "aVL", "V2", "V5"], ["III", "aVF", "V3", "V6"], [strip]]; }
  else if (layout === "6x2" && has > 3) { rows = [["I", "V1"], ["II", "V2"], ["III", "V3"], ["aVR", "V4"], ["aVL", "V5"], ["aVF", "V6"]]; row = 24; }
  else if (layout === "one") { rows = [[strip]]; row = 56; }
  else if (layout === "rhythm") { lines = Math.max(1, Math.min(6, Math.ceil((seconds - from) / full))); row = 27; }
  else { rows = all.map((l) => [l]); row = all.length > 3 ? 17 : 34; }
  row *= tall;
  for (let i = 0; i < lines; i++) cells.push({ lead: strip, from: from + i * full, seconds: full, x: LEFT, y: TOP + (i + 0.5) * row, row: i });
  rows.forEach((r, i) => r.forEach((lead, c) => cells.push({ lead, from: from + (c * span) / r.length, seconds: span / r.length, x: LEFT + (c * span * speed) / r.length, y: TOP + (i + 0.5) * row, row: i })));
  return { cells, width: LEFT + full * speed + 3, height: TOP + (lines || rows.length) * row + BOTTOM, left: LEFT, speed, gain, row };
}

interface Ink { paper: string; fine: string; bold: string; trace: string; word: string; gap: string; tool: string; mark: string }
const inks: Record<"light" | "dark" | "print", Ink> = {
  light: { paper: "#fffdfc", fine: "#f6dad6", bold: "#e3aaa3", trace: "#101820", word: "#14212b", gap: "#405160", tool: "#0b4fb3", mark: "#7a4900" },
  dark: { paper: "#0d1419", fine: "#1d2a33", bold: "#344651", trace: "#e8f4ea", word: "#e8eef2", gap: "#b9c6cf", tool: "#8fc3ee", mark: "#ffc266" },
  print: { paper: "#fff", fine: "#ddd", bold: "#aaa", trace: "#000", word: "#000", gap: "#000", tool: "#000", mark: "#000" },
};
const FONT = '3px system-ui, "Noto Sans CJK SC", sans-serif'; // 3 mm: the canvas is scaled to millimetres

export function grid(g: CanvasRenderingContext2D, width: number, height: number, ink: Ink) {
  g.fillStyle = ink.paper; g.fillRect(0, 0, width, height);
  for (const [step, width_, color] of [[1, 0.1, ink.fine], [5, 0.22, ink.bold]] as [number, number, string][]) {
    g.strokeStyle = color; g.lineWidth = width_; g.beginPath();
    for (let x = 0; x <= width + 0.01; x += step) if (step === 5 || x % 5) { g.moveTo(x, 0); g.lineTo(x, height); }
    for (let y = 0; y <= height + 0.01; y += step) if (step === 5 || y % 5) { g.moveTo(0, y); g.lineTo(width, y); }
    g.stroke();
  }
}
export const inkOf = (kind: "light" | "dark" | "print") => inks[kind];

// A lead's middle in a stretch: records come with offsets far beyond the paper. What is drawn is moved as a whole, never bent.
function middle(uv: Float32Array, a: number, b: number): number {
  const s: number[] = [], step = Math.max(1, Math.floor((b - a) / 400));
  for (let i = a; i < b; i += step) if (!isNaN(uv[i]!)) s.push(uv[i]!);
  return s.length ? s.sort((x, y) => x - y)[s.length >> 1]! : 0;
}
export function trace(g: CanvasRenderingContext2D, uv: Float32Array, rate: number, start: number, c: { from: number; seconds: number; x: number; y: number }, speed: number, gain: number, row: number, ink: Ink, words = true): number {
  const a = Math.max(0, Math.ceil((c.from - start) * rate)), b = Math.min(uv.length, Math.floor((c.from + c.seconds - start) * rate) + 1), mid = middle(uv, a, b), mm = gain / 1000;
  const X = (i: number) => c.x + (start + i / rate - c.from) * speed;
  g.save();
  g.beginPath(); g.rect(c.x, c.y - row * 1.4, c.seconds * speed, row * 2.8); g.clip();
  g.strokeStyle = ink.trace; g.lineWidth = 0.3; g.lineJoin = "round"; g.beginPath();
  let pen = false, gap = -1;
  const gaps: [number, number][] = [];
  for (let i = a; i < b; i++) {
    if (isNaN(uv[i]!)) { if (gap < 0) gap = i; pen = false; continue; }
    if (gap >= 0) { gaps.push([gap, i]); gap = -1; }
    const x = X(i), y = c.y - (uv[i]! - mid) * mm;
    if (pen) g.lineTo(x, y); else { g.moveTo(x, y); pen = true; }
  }
  if (gap >= 0) gaps.push([gap, b]);
  g.stroke();
  g.restore();
  const end = start + uv.length / rate; // past the end, and before the beginning, nothing was recorded either
  if (start + b / rate < c.from + c.seconds - 0.05 && b >= uv.length) gaps.push([Math.max(0, b), Math.ceil((c.from + c.seconds - start) * rate)]);
  if (c.from < start - 0.05 && end > c.from) gaps.push([Math.floor((c.from - start) * rate), a]);
  for (const [p, q] of gaps) if (words || q - p > rate / 10) notRecorded(g, Math.max(c.x, X(p)), Math.min(c.x + c.seconds * speed, X(q)), c.y, ink);
  return mid;
}
// What was not recorded is no flat line: hatched, and said where there is room.
export function notRecorded(g: CanvasRenderingContext2D, x1: number, x2: number, y: number, ink: Ink) {
  if (x2 - x1 < 0.2) return;
  g.save();
  g.beginPath(); g.rect(x1, y - 4, x2 - x1, 8); g.clip();
  g.strokeStyle = ink.gap; g.lineWidth = 0.15; g.beginPath();
  for (let x = x1 - 8; x < x2; x += 1.6) { g.moveTo(x, y + 4); g.lineTo(x + 8, y - 4); }
  g.stroke();
  g.restore();
  g.strokeStyle = ink.gap; g.lineWidth = 0.25; g.strokeRect(x1, y - 4, x2 - x1, 8);
  g.font = FONT;
  const words = t("eGap"), w = g.measureText(words).width;
  if (w + 3 < x2 - x1) { g.fillStyle = ink.paper; g.fillRect((x1 + x2 - w) / 2 - 1, y - 2.2, w + 2, 4.4); g.fillStyle = ink.word; g.fillText(words, (x1 + x2 - w) / 2, y + 1.1); }
}

export interface Caliper { lead: string; cell: number; t1: number; t2: number; v1: number; v2: number } // seconds of the record, microvolts from the lead's middle
export const caliperWords = (c: Caliper): string => {
  const ms = Math.abs(c.t2 - c.t1) * 1000, mv = Math.abs(c.v2 - c.v1) / 1000;
  return `${c.lead}: ${Math.round(ms)} ms${ms >= 150 ? ` · ${Math.round(60000 / ms)} /min` : ""} · ${mv.toFixed(2)} mV`;
};

export interface PaperProps {
  wave: Wave; label: string; sheet: Sheet; k: number; filter: Filter; ink: "light" | "dark"; filterText: string; episodes?: Episode[]; beats?: Map<string, Beat[]>;
  calipers: Caliper | null; setCalipers: (c: Caliper | null) => void; tool: boolean; march: boolean; snap: boolean; edge: number; onMagnify: (lead: string) => void; loading?: boolean;
}
export function Paper({ wave, label, sheet, k, filter, ink, filterText, episodes, beats, calipers, setCalipers, tool, march, snap, edge, onMagnify, loading }: PaperProps) {
  const under = useRef<HTMLCanvasElement>(null), over = useRef<HTMLCanvasElement>(null), mids = useRef<number[]>([]);
  const [printing, setPrinting] = useState(false);
  useEffect(() => { // on paper black on white, whatever the theme
    const media = matchMedia("print"), now = () => setPrinting(media.matches);
    media.addEventListener("change", now);
    return () => media.removeEventListener("change", now);
  }, []);
  const leads = useMemo(() => new Map(wave.leads.map((l) => [l.name, filtered(l.uv, wave.rate, filter)])), [wave, filter.low, filter.high, filter.mains]);
  const draw = (kind: "light" | "dark" | "print") => {
    const c = under.current;
    if (!c) return;
    const g = fit(c, sheet.width, sheet.height, k), p = inks[kind];
    grid(g, sheet.width, sheet.height, p);
    for (const e of episodes ?? []) for (const cell of sheet.cells) { // what the rhythm was called, over the strips' upper edge
      const a = Math.max(e.start, cell.from), b = Math.min(e.end, cell.from + cell.seconds);
      if (cell.seconds < 5 || b - a < 0.2 || e.rhythm === "SR") continue;
      const x = cell.x + (a - cell.from) * sheet.speed, y = cell.y - sheet.row / 2 + 0.6, w = (b - a) * sheet.speed;
      g.fillStyle = p.mark; g.fillRect(x, y, w, 0.6);
      g.font = `600 ${FONT}`; g.fillText(e.rhythm, Math.max(x + 0.5, x + w - g.measureText(e.rhythm).width - 0.5), y + 3.8);
    }
    const firsts = new Set<number>();
    mids.current = sheet.cells.map((cell) => {
      const first = !firsts.has(cell.row), uv = leads.get(cell.lead);
      firsts.add(cell.row);
      if (first) { // 1 mV for 200 ms at the beginning of each line
        const u = sheet.gain, x = 1.5, y = cell.y + u / 2, w = 0.2 * sheet.speed;
        g.strokeStyle = p.trace; g.lineWidth = 0.3; g.beginPath(); g.moveTo(x - 1, y); g.lineTo(x, y); g.lineTo(x, y - u); g.lineTo(x + w, y - u); g.lineTo(x + w, y); g.lineTo(x + w + 1, y); g.stroke();
      } else { g.strokeStyle = p.word; g.lineWidth = 0.25; g.beginPath(); g.moveTo(cell.x, cell.y - 4); g.lineTo(cell.x, cell.y + 4); g.stroke(); }
      const mid = uv && uv.length ? trace(g, uv, wave.rate, wave.from, cell, sheet.speed, sheet.gain, sheet.row, p) : (notRecorded(g, cell.x + 0.5, cell.x + cell.seconds * sheet.speed - 0.5, cell.y, p), 0);
      g.font = `600 ${FONT}`;
      const w = g.measureText(cell.lead).width, y = cell.y - sheet.row / 2 + 4.4;
      g.globalAlpha = 0.85; g.fillStyle = p.paper; g.fillRect(cell.x + 0.6, y - 2.7, w + 0.8, 3.5); g.globalAlpha = 1;
      g.fillStyle = p.word; g.fillText(cell.lead, cell.x + 1, y);
      if (sheet.cells.length > 1 && cell.row > 0 && sheet.cells[0]!.lead === cell.lead && sheet.cells.every((x) => x.lead === cell.lead)) g.fillText(`${count(Math.round(cell.from))} s`, cell.x + w + 3, y);
      return mid;
    });
    g.font = FONT; g.fillStyle = p.word;
    g.fillText(`${String(sheet.speed).replace(".", t("ePoint"))} mm/s   ${sheet.gain} mm/mV   ${filterText}`, sheet.left, sheet.height - 2);
  };
  useLayoutEffect(() => { draw(printing ? "print" : ink); }, [leads, sheet, k, ink, printing, episodes, filterText]);
  useEffect(() => { // before the sheet is taken there is no time for another drawing by way of the state
    const before = () => draw("print"), after = () => draw(ink);
    addEventListener("beforeprint", before); addEventListener("afterprint", after);
    return () => { removeEventListener("beforeprint", before); removeEventListener("afterprint", after); };
  });

  // ---- calipers ----
  const X = (c: Cell, s: number) => c.x + (s - c.from) * sheet.speed, Y = (c: Cell, v: number) => c.y - (v * sheet.gain) / 1000;
  useLayoutEffect(() => {
    const c = over.current;
    if (!c) return;
    const g = fit(c, sheet.width, sheet.height, k), p = inks[ink];
    g.clearRect(0, 0, sheet.width, sheet.height);
    const cell = calipers && sheet.cells[calipers.cell];
    if (!calipers || !cell) return;
    const top = cell.y - sheet.row / 2, x1 = X(cell, calipers.t1), x2 = X(cell, calipers.t2), y1 = Y(cell, calipers.v1), y2 = Y(cell, calipers.v2), right = cell.x + cell.seconds * sheet.speed;
    g.fillStyle = p.tool; g.globalAlpha = 0.1; g.fillRect(Math.min(x1, x2), top, Math.abs(x2 - x1), sheet.row); g.globalAlpha = 1;
    g.strokeStyle = p.tool;
    const line = (a: number, b: number, x: number, y: number, w: number, dash: number[] = []) => { g.lineWidth = w; g.setLineDash(dash); g.beginPath(); g.moveTo(a, b); g.lineTo(x, y); g.stroke(); g.setLineDash([]); };
    const step = x2 - x1;
    if (march && Math.abs(step) > 1) {
      const s = Math.abs(step);
      for (let x = Math.min(x1, x2) - s; x > cell.x; x -= s) line(x, top, x, top + sheet.row, 0.25, [1.2, 1]);
      for (let x = Math.max(x1, x2) + s; x < right; x += s) line(x, top, x, top + sheet.row, 0.25, [1.2, 1]);
    }
    line(x1, top, x1, top + sheet.row, edge === 1 ? 0.3 : 0.6); line(x2, top, x2, top + sheet.row, edge === 1 ? 0.6 : 0.3);
    const l = Math.max(cell.x, Math.min(x1, x2) - 8), r = Math.min(right, Math.max(x1, x2) + 8);
    line(l, y1, r, y1, 0.25, [0.8, 0.6]); line(l, y2, r, y2, 0.25, [0.8, 0.6]); line(x1, (y1 + y2) / 2, x2, (y1 + y2) / 2, 0.25);
    g.font = `600 ${FONT}`;
    const words = caliperWords(calipers).replace(/^.*?: /, ""), w = g.measureText(words).width, at = Math.max(cell.x, Math.min(right - w - 2, Math.max(x1, x2) + 1));
    g.fillStyle = p.paper; g.fillRect(at, top + sheet.row - 6, w + 2, 4.6); g.lineWidth = 0.2; g.strokeRect(at, top + sheet.row - 6, w + 2, 4.6);
    g.fillStyle = p.tool; g.fillText(words, at + 1, top + sheet.row - 2.6);
  }, [calipers, sheet, k, ink, march, edge]);

  const drag = useRef<{ mode: string; x: number; y: number; moved: boolean; cell: number } | null>(null);
  const place = (e: PointerEvent | MouseEvent) => { const r = over.current!.getBoundingClientRect(); return { x: ((e.clientX - r.left) / r.width) * sheet.width, y: ((e.clientY - r.top) / r.height) * sheet.height }; };
  const cellAt = (x: number, y: number): number => {
    let best = -1, far = 1e9;
    sheet.cells.forEach((c, i) => { if (x < c.x - 1 || x > c.x + c.seconds * sheet.speed + 1) return; const d = Math.abs(y - c.y); if (d < far) { far = d; best = i; } });
    return far < sheet.row ? best : -1;
  };
  const into = (c: Cell, s: number) => Math.max(c.from, Math.min(c.from + c.seconds, s));
  const valueAt = (c: Cell, i: number, s: number) => { const uv = leads.get(c.lead), v = uv?.[Math.round((s - wave.from) * wave.rate)]; return v === undefined || isNaN(v) ? NaN : v - (mids.current[i] ?? 0); };
  // To what is near: a boundary that was measured in this lead, else the nearest peak or trough.
  const snapped = (c: Cell, i: number, s: number): [number, number] => {
    let best = NaN;
    for (const b of beats?.get(c.lead) ?? []) for (const [key, ms] of Object.entries(b)) if (typeof ms === "number" && /_(on|off|peak)$/.test(key) && Math.abs(ms / 1000 - s) < 0.04 && !(Math.abs(best - s) <= Math.abs(ms / 1000 - s))) best = ms / 1000;
    if (isNaN(best)) {
      const uv = leads.get(c.lead), m = Math.round((s - wave.from) * wave.rate), reach = Math.round(0.04 * wave.rate);
      let top = -1;
      if (uv) for (let j = Math.max(1, m - reach); j <= Math.min(uv.length - 2, m + reach); j++) { const bend = Math.min(Math.abs(uv[j]! - uv[Math.max(0, j - reach)]!), Math.abs(uv[j]! - uv[Math.min(uv.length - 1, j + reach)]!)); if ((uv[j]! - uv[j - 1]!) * (uv[j + 1]! - uv[j]!) <= 0 && bend > top) { top = bend; best = wave.from + j / wave.rate; } }
    }
    const at = isNaN(best) ? s : into(c, best);
    return [at, valueAt(c, i, at)];
  };
  const down = (e: PointerEvent) => {
    if (e.button || (e.pointerType !== "mouse" && !tool)) return;
    const { x, y } = place(e), near = (e.pointerType === "mouse" ? 7 : 22) / k, cell = calipers ? sheet.cells[calipers.cell] : undefined;
    let mode = "";
    if (calipers && cell && Math.abs(y - cell.y) < sheet.row / 2) {
      const d = [Math.abs(x - X(cell, calipers.t1)), Math.abs(x - X(cell, calipers.t2)), Math.abs(y - Y(cell, calipers.v1)), Math.abs(y - Y(cell, calipers.v2))], beside = x > X(cell, Math.min(calipers.t1, calipers.t2)) - 9 && x < X(cell, Math.max(calipers.t1, calipers.t2)) + 9;
      const time = Math.min(d[0]!, d[1]!), volt = beside ? Math.min(d[2]!, d[3]!) : 1e9;
      if (time < near && time <= volt) mode = d[0]! < d[1]! ? "t1" : "t2"; else if (volt < near) mode = d[2]! < d[3]! ? "v1" : "v2";
    }
    const i = mode ? calipers!.cell : cellAt(x, y);
    if (i < 0) return;
    e.preventDefault();
    (e.currentTarget as HTMLElement).focus({ preventScroll: true });
    over.current!.setPointerCapture(e.pointerId);
    drag.current = { mode: mode || "new", x, y, moved: false, cell: i };
  };
  const move = (e: PointerEvent) => {
    const d = drag.current;
    if (!d) return;
    const { x, y } = place(e), c = sheet.cells[d.cell]!;
    if (!d.moved && Math.hypot(x - d.x, y - d.y) < 2 / k) return;
    const s = into(c, c.from + (x - c.x) / sheet.speed), v = ((c.y - y) / sheet.gain) * 1000;
    if (d.mode === "new") { const s0 = into(c, c.from + (d.x - c.x) / sheet.speed), v0 = ((c.y - d.y) / sheet.gain) * 1000; setCalipers({ lead: c.lead, cell: d.cell, t1: s0, t2: s, v1: v0, v2: v }); }
    else if (calipers) setCalipers({ ...calipers, ...(d.mode === "t1" ? { t1: s } : d.mode === "t2" ? { t2: s } : d.mode === "v1" ? { v1: v } : { v2: v }) });
    d.moved = true;
  };
  const up = () => {
    const d = drag.current;
    drag.current = null;
    if (!d?.moved || !calipers || !snap || d.mode[0] === "v") return;
    const c = sheet.cells[d.cell]!, next = { ...calipers };
    for (const n of d.mode === "new" ? [1, 2] as const : [Number(d.mode[1]) as 1 | 2]) { const [s, v] = snapped(c, d.cell, n === 1 ? next.t1 : next.t2); if (n === 1) { next.t1 = s; if (!isNaN(v)) next.v1 = v; } else { next.t2 = s; if (!isNaN(v)) next.v2 = v; } }
    setCalipers(next);
  };
  return (
    <div class={`paper ${tool ? "tool" : ""}`} data-k={k} aria-busy={loading}>
      <canvas ref={under} role="img" aria-label={label} class="sheet" />
      <canvas ref={over} aria-hidden="true" class="over" onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up} onDblClick={(e) => { const { x, y } = place(e), i = cellAt(x, y); if (i >= 0) onMagnify(sheet.cells[i]!.lead); }} />
    </div>
  );
}

// The whole of a long record in one strip, the stretch on the paper marked, rhythms below. A slider for the keyboard.
export function Overview({ wave, total, from, seconds, episodes, onMove, ink }: { wave: Wave | null; total: number; from: number; seconds: number; episodes: Episode[]; onMove: (s: number) => void; ink: "light" | "dark" }) {
  const ref = useRef<HTMLCanvasElement>(null), [wide, setWide] = useState(900);
  useLayoutEffect(() => {
    const see = () => setWide(ref.current?.parentElement?.clientWidth ?? 900);
    see();
    addEventListener("resize", see);
    return () => removeEventListener("resize", see);
  }, []);
  const H = 64;
  useLayoutEffect(() => {
    const g = fit(ref.current!, wide, H, 1), p = inks[ink];
    g.fillStyle = p.paper; g.fillRect(0, 0, wide, H);
    const uv = wave?.leads[0]?.uv;
    if (uv?.length && wave) {
      const mid = middle(uv, 0, uv.length), sorted = [...uv].filter((v) => !isNaN(v)).map((v) => Math.abs(v - mid)).sort((a, b) => a - b), scale = 20 / Math.max(200, sorted[Math.floor(sorted.length * 0.995)] ?? 1);
      g.strokeStyle = p.trace; g.lineWidth = 1; g.beginPath();
      for (let x = 0; x < wide; x++) {
        const a = Math.floor((x / wide) * uv.length), b = Math.max(a + 1, Math.floor(((x + 1) / wide) * uv.length));
        let lo = Infinity, hi = -Infinity;
        for (let i = a; i < b; i++) if (!isNaN(uv[i]!)) { lo = Math.min(lo, uv[i]!); hi = Math.max(hi, uv[i]!); }
        if (lo <= hi) { g.moveTo(x + 0.5, 24 - (hi - mid) * scale); g.lineTo(x + 0.5, 24.5 - (lo - mid) * scale); }
        else { g.save(); g.fillStyle = p.gap; g.globalAlpha = 0.45; g.fillRect(x, 4, 1, 42); g.restore(); }
      }
      g.stroke();
    }
    g.font = '11px system-ui, "Noto Sans CJK SC", sans-serif';
    let free = 0;
    for (const e of episodes) {
      if (e.rhythm === "SR") continue;
      const x = (e.start / total) * wide, w = Math.max(2, ((e.end - e.start) / total) * wide);
      g.fillStyle = p.mark; g.fillRect(x, 49, w, 4);
      if (x >= free) { g.fillText(e.rhythm, x, H - 1); free = x + g.measureText(e.rhythm).width + 6; }
    }
    const x = (from / total) * wide, w = Math.max(6, (seconds / total) * wide);
    g.fillStyle = p.tool; g.globalAlpha = 0.18; g.fillRect(x, 0, w, H); g.globalAlpha = 1; g.strokeStyle = p.tool; g.lineWidth = 2; g.strokeRect(x + 1, 1, w - 2, H - 2);
  }, [wave, total, from, seconds, episodes, wide, ink]);
  const go = (s: number) => onMove(Math.max(0, Math.min(total - seconds, s)));
  const at = (e: PointerEvent) => { const r = ref.current!.getBoundingClientRect(); go(((e.clientX - r.left) / r.width) * total - seconds / 2); };
  return (
    <div class="overview" role="slider" tabIndex={0} aria-label={t("eWhole")} aria-valuemin={0} aria-valuemax={Math.round(total)} aria-valuenow={Math.round(from)} aria-valuetext={timeText(from)}
      onPointerDown={(e) => { e.currentTarget.setPointerCapture(e.pointerId); at(e); }} onPointerMove={(e) => { if (e.buttons) at(e); }}
      onKeyDown={(e) => { const s = { ArrowRight: 1, ArrowLeft: -1, PageDown: seconds, PageUp: -seconds, Home: -1e9, End: 1e9 }[e.key]; if (s) { e.preventDefault(); e.stopPropagation(); go(from + s); } }}>
      <canvas ref={ref} aria-hidden="true" />
    </div>
  );
}
// 1:02:09 of the record
export function timeText(s: number): string {
  const n = Math.floor(s), two = (x: number) => String(x).padStart(2, "0");
  return n >= 3600 ? `${Math.floor(n / 3600)}:${two(Math.floor(n / 60) % 60)}:${two(n % 60)}` : `${Math.floor(n / 60)}:${two(n % 60)}`;
}
export const rhythmWord = (r: string): string => t(`rh_${r}` as Key) ?? r;

// The beat that stands for all: each lead over the others, where its waves begin and end.
export function MedianView({ median, ink, lead, k }: { median: { rate: number; r: number; leads: { name: string; uv: Float32Array }[]; fiducials: Record<string, number> }; ink: "light" | "dark"; lead: string; k: number }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const W = 125, H = 62, speed = 100, gain = 20;
  useLayoutEffect(() => {
    const g = fit(ref.current!, W, H, k), p = inks[ink];
    grid(g, W, H, p);
    const shown = median.leads.filter((l) => !lead || l.name === lead);
    for (const l of shown) trace(g, l.uv, median.rate, 0, { from: 0, seconds: 1.2, x: 2.5, y: H / 2 + 4 }, speed, gain, H / 2, p, false);
    g.font = FONT;
    let last = -9, low = 0;
    for (const [key, word] of [["p_on", "P("], ["p_off", ")P"], ["qrs_on", "QRS("], ["qrs_off", ")QRS"], ["t_off", ")T"]] as [string, string][]) {
      const ms = median.fiducials[key];
      if (typeof ms !== "number" || isNaN(ms)) continue;
      const x = 2.5 + (ms / 1000) * speed;
      g.strokeStyle = p.tool; g.lineWidth = 0.3; g.setLineDash([1.4, 0.8]); g.beginPath(); g.moveTo(x, 3); g.lineTo(x, H); g.stroke(); g.setLineDash([]);
      low = x - last < 9 ? 1 - low : 0;
      last = x;
      g.fillStyle = p.tool; g.fillText(word, x + 0.5, 5 + low * 3.6);
    }
  }, [median, ink, lead, k]);
  return <canvas ref={ref} role="img" aria-label={t("eMedian")} class="sheet" />;
}
