// The as-of slider: the whole hospital as it was at a moment, by what had been received then.
import { useEffect, useRef, useState } from "preact/hooks";
import { type ApiError, get, query, serverNow } from "./api";
import { full, readTime, span } from "./format";
import { t } from "./i18n";
import { useShared } from "./state";

interface Span { first: { entry?: number; time?: string }; last: { entry?: number; time?: string } }

export function AsOf({ onClose }: { onClose: () => void }) {
  const { at, setAt } = useShared();
  const [ends, setEnds] = useState<Span | null>(null);
  const [error, setError] = useState("");
  const [typed, setTyped] = useState("");
  const [value, setValue] = useState(at?.time ? Date.parse(at.time) : serverNow());
  const timer = useRef(0);
  const slider = useRef<HTMLInputElement>(null);
  useEffect(() => {
    get<Span>("/api/span").then((s) => {
      setEnds(s);
      if (!at && s.last.time) setValue(Date.parse(s.last.time));
      setTimeout(() => slider.current?.focus(), 0);
    }, (e: ApiError) => setError(e.code === "unreachable" ? t("unreachableNothing") : e.text));
    return () => clearTimeout(timer.current);
  }, []);
  // another way to the same moment (the timeline's button, back to now) moves the slider, too
  useEffect(() => { if (at?.time) setValue(Date.parse(at.time)); else if (!at && ends?.last.time) { clearTimeout(timer.current); setValue(Date.parse(ends.last.time)); } }, [at]);
  const first = ends?.first.time ? Date.parse(ends.first.time) : NaN, last = ends?.last.time ? Date.parse(ends.last.time) : NaN;
  // the time at once on the line, the pages a moment after the hand rests
  const choose = (ms: number) => {
    const v = Math.min(Math.max(ms, first), last);
    setValue(v);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      const time = new Date(v).toISOString();
      get<{ entry?: number }>("/api/moment" + query({ at: time })).then((m) => { setError(""); setAt({ time, entry: m.entry }); }, (e: ApiError) => setError(e.code === "unreachable" ? t("unreachableNothing") : e.text));
    }, 250);
  };
  const steps: [number, string][] = [[-86400, span(86400)], [-6 * 3600, span(21600)], [-3600, `60 ${t("min")}`], [-600, `10 ${t("min")}`]];
  const length = (last - first) / 1000;
  return (
    <section class="asofpanel noprint" aria-label={t("asOfTitle")}>
      <p class="lead"><b>{t("asOfTitle")}</b> <span>{t("moments")}</span></p>
      {error && <p class="note bad" role="alert">{error}</p>}
      {!ends ? <p role="status">{t("loading", { what: t("asOf") })}</p> : isNaN(first) ? <p>{t("nothingYet")}</p> : (
        <>
          <div class="slide">
            <input ref={slider} type="range" aria-label={t("asOfTitle")} min={first} max={last} step={length > 86400 * 3 ? 600000 : length > 7200 ? 60000 : 1000} value={value} aria-valuetext={full(new Date(value).toISOString())} onInput={(e) => choose(Number(e.currentTarget.value))} />
            <div class="ends"><span>{full(ends.first.time)}</span><output class="big">{!at && value >= last ? t("now") : full(new Date(value).toISOString())}</output><span>{full(ends.last.time)}</span></div>
          </div>
          <div class="row">
            <form class="typed" onSubmit={(e) => { e.preventDefault(); const ms = readTime(typed, at ? value : serverNow(), at ? Infinity : last); if (isNaN(ms)) setError(t("timeHow")); else { setError(""); choose(ms); } }}>
              <label><span>{t("dateTime")}</span> <input class="line" value={typed} placeholder="03:12" autocomplete="off" aria-describedby="time-how" onInput={(e) => setTyped(e.currentTarget.value)} /></label> <button class="btn small">{t("goDo")}</button> <span id="time-how" class="vh">{t("timeHow")}</span>
            </form>
            {steps.filter(([s]) => -s < length).map(([s, w]) => <button type="button" key={s} class="btn small" onClick={() => choose(value + s * 1000)}>− {w}</button>)}
            {length > 3600 && <button type="button" class="btn small" onClick={() => choose(value + 3600000)}>+ 60 {t("min")}</button>}
            <span class="grow" />
            {at && <button type="button" class="btn" onClick={() => setAt(null)}>{t("backToNow")}</button>}
            <button type="button" class="btn main-act" onClick={onClose}>{t("close")}</button>
          </div>
        </>
      )}
    </section>
  );
}
