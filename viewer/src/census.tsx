import { useEffect, useMemo, useState } from "preact/hooks";
import { type Row, rowsOf } from "./fhir";
import { ageOf, agoOf, birth, count, full, sexWord, spanOf, stamp } from "./format";
import { t } from "./i18n";
import { SheetsButton } from "./sheets";
import { listView, ownUnit, remember } from "./settings";
import { useData, useNow, usePaper, useShared, withAt } from "./state";
import { Fail, Loading, RowMarks, Who, memo, useGrow } from "./ui";

interface Units { asOf: { time?: string }; units: { facility: string; unit: string; patients: number; beds: number }[] }
const minute = (ms: number) => Math.floor(ms / 60000) * 60000; // rows are drawn again once a minute, not at each tick
const norm = (s: string) => s.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
const order = (a: Row, b: Row) => a.unit.localeCompare(b.unit, undefined, { numeric: true }) || a.room.localeCompare(b.room, undefined, { numeric: true }) || a.bed.localeCompare(b.bed, undefined, { numeric: true });

export function CensusPage() {
  const { atParam, at, lang, tick, print, go } = useShared();
  const units = useData<Units>(withAt("/api/units", atParam), "units", at ? 0 : 60000);
  const [seenTick, setSeenTick] = useState(tick);
  const [unit, setUnit] = useState(ownUnit());
  const [filter, setFilter] = useState("");
  const words = norm(filter).split(/\s+/).filter(Boolean);
  // one unit comes with vitals and open orders; what is typed is looked for in the whole house
  const ward = unit && !words.length && (!units.data || units.data.units.some((u) => u.unit === unit)) ? unit : "";
  const path = withAt("/api/census", atParam, { unit: ward });
  const census = useData<unknown>(path, "census", at ? 0 : 30000, tick !== seenTick);
  useEffect(() => { setSeenTick(tick); }, [census.fetched]);
  const [asList, setAsList] = useState(listView());
  const now = useNow(10000);
  const rows = useMemo(() => rowsOf(census.data ?? {}), [census.data]);
  const known = useMemo(() => {
    const m = new Map<string, { unit: string; patients: number; beds: number }>();
    for (const u of units.data?.units ?? []) { const o = m.get(u.unit); m.set(u.unit, { unit: u.unit, patients: (o?.patients ?? 0) + u.patients, beds: (o?.beds ?? 0) + u.beds }); }
    for (const r of rows.rows) if (!m.has(r.unit)) m.set(r.unit, { unit: r.unit, patients: 0, beds: 0 });
    return [...m.values()].sort((a, b) => a.unit.localeCompare(b.unit, undefined, { numeric: true }));
  }, [units.data, rows]);
  const chosen = unit !== "" && (known.length === 0 || known.some((u) => u.unit === unit)) ? unit : "";
  const shown = useMemo(() => rows.rows.filter((r) => {
    if (chosen && r.unit !== chosen && !words.length) return false;
    if (!words.length) return true;
    // "bed 12" and "12" both find bed 12; words find names, numbers, units and alerts
    const own = norm([r.name.family, r.name.given, r.number, r.unit, r.alerts].join(" ")), place = [norm(r.bed), norm(r.room), norm(r.room + r.bed), norm(`${r.room}-${r.bed}`)];
    return words.every((w) => w === norm(t("bed")) || place.includes(w) || (!/^\d{1,3}$/.test(w) && own.includes(w)));
  }).sort(order), [rows, chosen, filter]);
  const grow = useGrow(shown.length, 160);
  const pick = (u: string) => { setUnit(u); remember("hf.unit", u); };
  const asOf = rows.asOf.time;
  const ref = at?.time ? Date.parse(at.time) : now;
  usePaper(`${t("census")} · ${chosen || t("allUnits")} · ${count(shown.length)} ${t("patients")}`, asOf ? `${t("asOf")} ${full(asOf)}` : "");
  // Enter opens who alone is left; of several, or of a list that is still coming, it goes to the first, where one sees who that is
  const open = (r: Row) => go(`#/chart/${encodeURIComponent(r.id)}`);
  const listKeys = (e: KeyboardEvent) => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    const all = [...document.querySelectorAll<HTMLElement>(".rowlink")];
    const i = all.indexOf(document.activeElement as HTMLElement);
    const next = all[e.key === "ArrowDown" ? i + 1 : i - 1];
    if (next) { e.preventDefault(); next.focus(); }
    else if (e.key === "ArrowUp" && i === 0) { e.preventDefault(); document.getElementById("census-filter")?.focus(); }
  };
  const groups: { unit: string; rows: Row[] }[] = [];
  for (const r of shown.slice(0, grow.n)) { const last = groups[groups.length - 1]; if (last && last.unit === r.unit) last.rows.push(r); else groups.push({ unit: r.unit, rows: [r] }); }
  return (
    <div class="column">
      <div class="head">
        <div class="pagehead">
          <h1 tabIndex={-1}>{t("census")}</h1>
          {census.data !== null && <span>{count(chosen && !words.length ? shown.length : words.length ? shown.length : rows.count)} {t("patients")}</span>}
          {asOf && <span class="muted">{t("asOf").toLowerCase()} {stamp(asOf, now)} · {spanOf(asOf, ref) || t("justNow")}</span>}
          {census.loading && census.data !== null && census.shown !== path ? <span role="status" class="muted">{t("loading", { what: t("census") })}</span> : null}
          <span class="grow" />
          <label class="filter noprint"><span class="vh">{t("filter")}</span><input id="census-filter" type="search" class="line" placeholder={t("filter")} value={filter} onInput={(e) => setFilter(e.currentTarget.value)} onKeyDown={(e) => { if (e.key !== "Enter") listKeys(e); else if (shown.length === 1 && census.shown === path) open(shown[0]!); else document.querySelector<HTMLElement>(".rowlink")?.focus(); }} /></label>
          <button type="button" class="btn small noprint" aria-pressed={asList} onClick={() => { setAsList(!asList); remember("hf.list", asList ? "no" : "yes"); }}>{asList ? t("asBeds") : t("asList")}</button>
          <button type="button" class="btn small noprint" onClick={() => print("census", { unit: chosen })}>{t("print")}</button>
          {!PACKET && chosen && <SheetsButton unit={chosen} />}
        </div>
        <div class="units noprint" role="group" aria-label={t("units")}>
          <button type="button" aria-pressed={chosen === ""} onClick={() => pick("")}>{t("allUnits")}</button>
          {known.map((u) => <button type="button" key={u.unit} title={u.beds ? t("inUse", { n: u.patients, m: u.beds }) : undefined} aria-pressed={chosen === u.unit} onClick={() => pick(u.unit)}>{u.unit || t("noUnit")} <span class="muted">{u.patients || rows.rows.filter((r) => r.unit === u.unit).length}{u.beds ? `/${u.beds}` : ""}</span></button>)}
        </div>
      </div>
      <div class="scroller" id="content" tabIndex={0} role="main" onKeyDown={listKeys}>
        <Fail error={census.error} onRetry={census.reload} fetched={census.fetched} />
        {census.data === null && !census.error && <Loading what={t("census")} />}
        {census.data !== null && rows.rows.length === 0 && <p class="note">{t("emptyCensus")}</p>}
        {rows.rows.length > 0 && shown.length === 0 && !(census.loading && census.shown !== path) && <p class="note">{t("noMatch")} {chosen && !words.length ? "" : <button type="button" class="btn small" onClick={() => { setFilter(""); pick(""); }}>{t("showAll")}</button>}</p>}
        <div class={asList ? "aslist" : "asbeds"}>
          {groups.map((g) => {
            const k = known.find((u) => u.unit === g.unit), free = k && k.beds ? k.beds - rows.rows.filter((r) => r.unit === g.unit).length : 0;
            return (
              <section key={g.unit} aria-label={g.unit || t("noUnit")}>
                {(!chosen || words.length > 0) && <h2 class="unit">{g.unit || t("noUnit")} <span class="muted">{g.rows[0]!.facility}</span></h2>}
                <ul class={asList ? "rows" : "beds"}>{g.rows.map((r) => <BedLine key={r.id} r={r} ref_={minute(ref)} now={minute(now)} lang={lang} />)}</ul>
                {free > 0 && <p class="muted small">{t("emptyBeds")}{t("colon")}{free}</p>}
              </section>
            );
          })}
        </div>
        {grow.end}
      </div>
    </div>
  );
}

// The newest vital signs with their age, and how many results are awaited. Nothing received is said, not left blank.
const vitalWords = { hr: "vHr", bp: "vBp", rr: "vRr", spo2: "vSpo2", temp: "vTemp" } as const;
const vitalOrder = ["bp", "hr", "rr", "spo2", "temp", ""];
function Bedside({ r, now, ref_ }: { r: Row; now: number; ref_: number }) {
  if (!r.vitals) return null;
  const list = [...r.vitals].sort((a, b) => vitalOrder.indexOf(a.key) - vitalOrder.indexOf(b.key)).slice(0, 6), newest = r.vitals.map((v) => v.time).sort().pop();
  return (
    <span class="vit">
      {list.length === 0 ? <b class="nrshort">{t("vitals")}{t("colon")}{r.vitalsState === "not-received" ? t("notReceived") : t("noneHere")}</b>
        : list.map((v) => <span key={v.key + v.name} class={/^(H|L|A)/.test(v.flag) ? "out" : ""}><small>{v.key ? t(vitalWords[v.key]) : v.name}</small> {v.value}{v.key && v.key !== "temp" ? "" : ` ${v.unit}`.trimEnd()}{/^(H|L|A)/.test(v.flag) ? ` ${v.flag}` : ""}</span>)}
      {newest && <span class="muted">{stamp(newest, now)} · {spanOf(newest, ref_) || t("justNow")}</span>}
      {r.awaited ? <span class="ord">{t("awaited")}{t("colon")}{r.awaited}</span> : null}
    </span>
  );
}

const BedLine = memo(({ r, ref_, now }: { r: Row; ref_: number; now: number; lang: string }) => {
  const allergy = r.allergyState;
  return (
    <li>
      <a class="bed rowlink" href={`#/chart/${encodeURIComponent(r.id)}`}>
        <span class="where">{r.room && <small>{r.room}</small>}<b class={r.bed.length > 4 ? "long" : ""}>{r.bed || "–"}</b></span>
        <span class="body">
          <Who name={r.name} masked={r.masked} />
          {!r.masked && <span class="ids"><span>{birth(r.birth) || t("noBirth")}</span> <span>{ageOf(r.birth, ref_)}</span> <span>{sexWord(r.sex)}</span></span>}
          {!r.masked && (r.alerts || allergy === "not-received" || allergy === "stated-none") && (
            <span class="alerts">{allergy === "not-received" && !/allerg/i.test(r.alerts) ? <b class="nrshort">{t("allergies")}{t("colon")}{t("notReceived")}</b> : allergy === "stated-none" && !/allerg/i.test(r.alerts) ? <span class="muted">{t("allergies")}{t("colon")}{t("statedNone")}</span> : null} {r.alerts && <b>{r.alerts.replace(/^allergies:\s*/i, `${t("allergies")}${t("colon")}`)}</b>}</span>
          )}
          {!r.masked && <Bedside r={r} now={now} ref_={ref_} />}
          <span class="foot">{r.number && <span class="mrn">{r.number}</span>}<RowMarks row={r} />{r.received && <span class="muted" title={full(r.received)}>{t("received")} {agoOf(r.received, ref_) || t("justNow")}</span>}</span>
        </span>
      </a>
    </li>
  );
});
