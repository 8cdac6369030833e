// Strips as they come in. Not a monitor: nothing alarms here, and that is said. A line that stands still says since when.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError, get, serverNow } from "./api";
import { fit } from "./canvas";
import { decode16, person, personName, type Person } from "./ecg";
import { grid, inkOf, notRecorded } from "./ecg-paper";
import { Claim, ShortBanner } from "./ecg-parts";
import { birth, clockSeconds, span } from "./format";
import { t } from "./i18n";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Loading, Who } from "./ui";

interface Strip { id: string; leads: string[]; rateHz: number; device: string; patient: Person | null; masked: boolean; claimed: Person | null; from: number; to: number; lastAt: string; state: string; entry: number | null; entries: number; notKept: string }
const stripsOf = (v: any): Strip[] => (Array.isArray(v?.strips) ? v.strips : []).map((s: any) => { const p = person(s.patient); return { id: String(s.id), leads: (s.leads ?? []).map(String), rateHz: s.rateHz ?? 250, device: s.device ?? "", patient: p, masked: !!p?.isProtected && !p.family, claimed: person(s.claimed), from: s.from ?? 0, to: s.to ?? 0, lastAt: s.lastAt ?? "", state: s.state ?? "live", entry: s.entry ?? null, entries: s.entries ?? 0, notKept: s.notKept ?? "" }; });
const SILENT = 5; // seconds without a sample: said, whatever the server has made of it yet
function State({ state, lastAt, now }: { state: string; lastAt: string; now: number }) {
  const ago = Math.max(0, (now - Date.parse(lastAt)) / 1000);
  if (state === "ended") return <span class="tag">{t("vEnded")}</span>;
  if (state === "silent" || !lastAt || ago > SILENT) return <b class="silent">{t("vSilent", { t: lastAt ? clockSeconds(Date.parse(lastAt)) : "–" })} <span class="nowrap">{lastAt ? t("vLast", { t: span(ago) }) : t("vNothing")}</span></b>;
  return <span><b class="tag blue">{t("vLive")}</b> {t("vLast", { t: span(ago) })}</span>;
}
const whoOf = (s: Strip) => (s.patient ? <><Who name={s.patient} masked={s.masked} /> <span class="ids">{s.masked ? "" : <>{birth(s.patient.birth) || t("noBirth")} · <b class="mrn">{s.patient.number}</b> </>}{s.patient.unit} {s.patient.bed}</span></> : <><b class="unm">{t("eUnmatched")}</b> <span class="ids">{t("vSays")} <Claim p={s.claimed} /></span></>);

export function EcgLivePage({ id }: { id: string }) {
  const { data, error, fetched, reload } = useData<unknown>("/api/live", "live", 2000);
  const now = useNow(1000), all = data ? stripsOf(data) : null, one = all?.find((s) => s.id === id);
  usePaper(one ? personName(one.patient) : t("eLive"), "");
  if (id) return one ? <Sweep key={id} s={one} /> : <div class="scroller" id="content" tabIndex={0} role="main">{error ? <Fail error={error} onRetry={reload} /> : all ? <p class="note">{t("vGone")} <a href="#/ecg/live">{t("eLive")}</a></p> : <Loading what={t("eLive")} />}</div>;
  const keys = (e: KeyboardEvent) => {
    const step = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0, links = [...document.querySelectorAll<HTMLElement>(".rowlink")], next = links[links.indexOf(document.activeElement as HTMLElement) + step];
    if (step && next) { e.preventDefault(); next.focus(); }
  };
  return (
    <div class="scroller" id="content" tabIndex={0} role="main" onKeyDown={keys}>
      <div class="pagehead"><h1 tabIndex={-1}>{t("eLive")}</h1><span class="grow" /><a class="btn small" href="#/ecg">{t("eWorklist")}</a></div>
      <p class="note">{t("vNoAlarm")}</p>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {all && all.length === 0 && <p class="note">{t("vNone")}</p>}
      <ul class="ecglist">{(all ?? []).map((s) => <li key={s.id}><a class="ecgrow live rowlink" href={`#/ecg/live/${encodeURIComponent(s.id)}`}><span class="w1">{whoOf(s)}</span><span>{s.device || t("eNoDevice")} · {s.leads.join(", ")} · {s.rateHz} Hz</span><State state={s.state} lastAt={s.lastAt} now={now} /></a></li>)}</ul>
    </div>
  );
}

// The newest seconds, drawn over from the left again and again; a gap moves before the newest sample. What did not come is hatched, never joined.
function Sweep({ s }: { s: Strip }) {
  const { theme, signedOut } = useShared(), now = useNow(500);
  const ref = useRef<HTMLCanvasElement>(null), box = useRef<HTMLDivElement>(null), [state, setState] = useState(s.state), [error, setError] = useState(""), [lastAt, setLastAt] = useState(s.lastAt), [gaps, setGaps] = useState(0), [wide, setWide] = useState(1000), [gain, setGain] = useState(10);
  const rate = s.rateHz, k = 96 / 25.4, mmw = Math.floor((wide - 8) / k), shown = (mmw - 2) / 25, n = Math.ceil(shown * rate);
  const ring = useRef<{ from: number; leads: Map<string, Float32Array>; to: number }>({ from: 0, to: 0, leads: new Map() }); // of each lead the newest samples, by number
  useLayoutEffect(() => { const see = () => setWide((box.current?.clientWidth ?? 1000) - 32); see(); addEventListener("resize", see); return () => removeEventListener("resize", see); }, []);
  useEffect(() => {
    const stop = new AbortController();
    const CAP = 60 * rate;
    (async () => {
      let from = Math.max(s.from, s.to - Math.ceil(15 * rate)), wait = 0;
      while (!stop.signal.aborted) {
        try {
          const v = await get<any>(`/api/live/${encodeURIComponent(s.id)}?from=${from}&wait=${wait}`, stop.signal), r = ring.current;
          if (!r.to) r.to = r.from = v.from ?? from;
          const got: { name: string; uv: number; data: string }[] = Array.isArray(v.leads) ? v.leads : [], to = v.to ?? from;
          let missed = 0;
          for (const l of got) {
            let mine = r.leads.get(l.name);
            if (!mine) r.leads.set(l.name, (mine = new Float32Array(CAP).fill(NaN)));
            const raw = decode16(l.data ?? ""), start = v.from ?? from;
            for (let i = r.to; i < start; i++) mine[i % CAP] = NaN; // what lies between two pieces
            for (let i = 0; i < raw.length; i++) { const gap = raw[i] === -32768; mine[(start + i) % CAP] = gap ? NaN : raw[i]! * (l.uv || 1); if (gap && l === got[0]) missed++; }
          }
          if (to > r.to) { r.to = to; setLastAt(v.lastAt ?? new Date(serverNow()).toISOString()); }
          if (missed) setGaps((x) => x + missed);
          from = Math.max(from, to);
          setState(v.state ?? "live"); setError("");
          if (v.state === "ended") return;
          wait = 10000;
          if (to === (v.from ?? from)) await new Promise((ok) => setTimeout(ok, 250)); // a server that answers at once is not asked at once
        } catch (e) {
          if ((e as Error).name === "AbortError") return;
          const x = e as ApiError;
          if (x.status === 401) { signedOut(); return; }
          setError(x.code === "unreachable" ? t("unreachableNothing") : x.text);
          await new Promise((ok) => setTimeout(ok, 2000));
        }
      }
    })();
    return () => stop.abort();
  }, [s.id]);
  const H = Math.max(1, s.leads.length) * 34 + 6;
  useEffect(() => {
    let id = 0;
    const draw = () => {
      const c = ref.current, r = ring.current;
      if (!c) return;
      const g = fit(c, mmw, H, k), p = inkOf(theme), CAP = 60 * rate, newest = r.to, pos = newest % n;
      grid(g, mmw, H, p);
      s.leads.forEach((name, row) => {
        const uv = r.leads.get(name), y = row * 34 + 20;
        g.font = '600 3px system-ui, "Noto Sans CJK SC", sans-serif'; g.fillStyle = p.word; g.fillText(name, 2, y - 12);
        if (!uv) return;
        const vals: number[] = [];
        for (let i = Math.max(r.from, newest - n); i < newest; i += Math.max(1, Math.floor(rate / 20))) { const v = uv[i % CAP]!; if (!isNaN(v)) vals.push(v); }
        const mid = vals.length ? vals.sort((a, b) => a - b)[vals.length >> 1]! : 0;
        g.strokeStyle = p.trace; g.lineWidth = 0.35; g.lineJoin = "round"; g.beginPath();
        let pen = false, gap = -1;
        const hatch: [number, number][] = [], clear = Math.ceil(rate * 0.3); // the stretch that moves ahead
        for (let i = Math.max(r.from, newest - n + clear); i < newest; i++) {
          const x = 1 + ((i % n) / rate) * 25, v = uv[i % CAP]!;
          if (i % n === 0) { pen = false; if (gap >= 0) { hatch.push([gap, 1 + shown * 25]); gap = x; } }
          if (isNaN(v)) { if (gap < 0) gap = x; pen = false; continue; }
          if (gap >= 0) { hatch.push([gap, x]); gap = -1; }
          const yy = y - ((v - mid) / 1000) * gain;
          if (pen) g.lineTo(x, yy); else { g.moveTo(x, yy); pen = true; }
        }
        g.stroke();
        if (gap >= 0) hatch.push([gap, 1 + (pos / rate) * 25]);
        for (const [a, b] of hatch) notRecorded(g, a, b, y, p);
      });
      const x = 1 + (pos / rate) * 25;
      g.fillStyle = p.tool; g.fillRect(x, 1, 0.5, H - 2);
    };
    draw();
    id = window.setInterval(draw, 80);
    return () => clearInterval(id);
  }, [mmw, n, theme, s.leads.join(), gain]);
  const silent = state === "silent" || (state !== "ended" && !!lastAt && now - Date.parse(lastAt) > SILENT * 1000);
  return (
    <div class="column reading live">
      {s.patient && !s.masked ? <ShortBanner p={s.patient} now={now} /> : <section class={`banner ${s.patient ? "" : "unmatched"}`} aria-label={t("patientWord")}><h1 class="name" tabIndex={-1}>{s.patient ? <Who name={s.patient} masked /> : t("eUnmatched")}</h1>{!s.patient && <p class="allergy"><span>{t("vSays")}</span> <b class="none"><Claim p={s.claimed} /></b></p>}</section>}
      <div class="ecgbar"><a class="btn small" href="#/ecg/live">{t("eLive")}</a><span class="what"><b>{s.device || t("eNoDevice")}</b> <small class="muted">{s.leads.join(", ")} · {rate} Hz · 25 mm/s · {gain} mm/mV</small></span><label class="pickone"><span>{t("eGain")}</span><select value={gain} onChange={(e) => setGain(Number(e.currentTarget.value))}>{[5, 10, 20].map((x) => <option key={x} value={x}>{x} mm/mV</option>)}</select></label><span class="grow" /><span role="status"><State state={state} lastAt={lastAt} now={now} /></span>{gaps > 0 && <span class="tag amber gapcount">{t("vGaps", { t: span(Math.max(1, gaps / rate)) })}</span>}{s.entry !== null && <a class="btn small" href={`#/ecg/${s.entry}`}>{t("vKept", { n: s.entries })}</a>}</div>
      {s.notKept && <p class="strip warn" role="status"><b>{t("vNotKept")}</b> <span>{s.notKept}</span></p>}
      {(silent || error) && <p class="strip bad" role="alert"><b>{error || t("vSilentLoud", { t: clockSeconds(Date.parse(lastAt)) })}</b> <span>{t("vOldLine")}</span></p>}
      <div class={`scroller ${silent ? "oldline" : ""}`} id="content" tabIndex={0} role="main" ref={box}><canvas ref={ref} role="img" aria-label={t("vSweep", { l: s.leads.join(", ") })} class="sheet" /><p class="muted small">{t("vNoAlarm")}</p></div>
    </div>
  );
}
