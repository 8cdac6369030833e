// The registry: what authorities have published of breaches. The figure first, with its lists and its day; then the picture; then the rows behind it; one incident with its history; one's own case beside every other.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, getBlob, postFile, query } from "./api";
import type { Any } from "./fhir";
import { count, stampNear } from "./format";
import { getLang, t } from "./i18n";
import { mergedWhy, oddity } from "./registry-warnings";
import { type RKey, category, r } from "./registry-words";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Instruction, Loading } from "./ui";

const s = (x: unknown) => (typeof x === "string" ? x : ""), n = (x: unknown) => (typeof x === "number" ? x : 0), list = (x: unknown) => (Array.isArray(x) ? (x as Any[]) : []), obj = (x: unknown) => (x && typeof x === "object" && !Array.isArray(x) ? (x as Any) : {});
const sentence = (e: ApiError) => (e.code === "unreachable" ? t("unreachableNothing") : e.text);
const Wrong = ({ text }: { text: string }) => (text ? <p class="note bad" role="alert">{text}</p> : null);
const Page = ({ children }: { children: ComponentChildren }) => <div class="scroller" id="content" tabIndex={0} role="main">{children}</div>;
// What is laid out here alone: the first page carries none of it.
const across = { display: "flex", flexWrap: "wrap", gap: "8px 16px", alignItems: "end", marginBottom: "8px" } as const, control = { minHeight: "36px", maxWidth: "100%", display: "block" } as const;
const incidentHash = (id: number) => `#/registry/incident/${id}`;
const day = (iso: string) => (iso ? new Intl.DateTimeFormat(getLang() === "en" ? "en-GB" : getLang(), { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(`${iso.slice(0, 10)}T00:00:00Z`)) : "–");
const viewWord = (v: string) => r(v === "under-investigation" ? "underInvestigation" : v === "archive" ? "archive" : "full");
const basisOf = (f: Any) => `${s(f.source) !== "ocr" ? r("basisList") : r(s(f.view) === "under-investigation" ? "basisUnder" : s(f.view) === "archive" ? "basisArchive" : "basisFull")} · ${r("asOf", { d: day(s(f.as_of)) })}`;

// What was chosen stays while one looks at an incident and comes back.
const chosen = { picked: false, source: "ocr", year: "", view: "full", kind: "trend", sort: "submitted", order: "desc", q: "", state: "", type: "", location: "", entity: "", from: 0, opened: 0 };
type Chosen = typeof chosen;

export function RegistryPage({ where }: { where: string[] }) {
  return where[1] === "incident" && /^\d+$/.test(where[2] ?? "") ? <IncidentPage key={where[2]} id={Number(where[2])} /> : <HomePage />;
}

function Choice({ id, label, value, options, onPick }: { id: string; label: string; value: string; options: [string, string][]; onPick: (v: string) => void }) {
  return <label for={id} style={{ maxWidth: "100%" }}><small>{label}</small><select id={id} style={control} value={value} onChange={(e) => onPick(e.currentTarget.value)}>{options.map(([v, w]) => <option key={v} value={v}>{w}</option>)}</select></label>;
}

function HomePage() {
  const [c, setChosen] = useState<Chosen>({ ...chosen }), set = (more: Partial<Chosen>) => { Object.assign(chosen, "from" in more || "kind" in more ? more : { from: 0, ...more }); setChosen({ ...chosen }); }; // another question begins at its first row
  const { data, error, fetched, reload } = useData<Any>(`/api/registry${query({ source: c.source, year: c.year, view: c.view })}`, `registry ${c.source}`, 60000), f = obj(data?.figures), has = !!data?.figures, imports = list(data?.imports), [years, setYears] = useState<string[]>([]);
  useEffect(() => { if (has && !c.year) setYears(list(f.years).map((y) => s(y.name)).filter((y) => /^\d{4}$/.test(y)).reverse()); }, [data, c.year]);
  const ofSource = (v: string, picked: boolean) => { setYears([]); set({ picked, source: v, year: "", view: "full", state: "", type: "", location: "", entity: "", kind: v === "wa-ag" ? "aware-to-notice" : "trend" }); };
  const only = imports.some((m) => s(m.source) === c.source) ? "" : s(imports[imports.length - 1]?.source); // nothing of it is in, and of another is: that is shown, unless somebody asked for this one
  useEffect(() => { if (!c.picked && only && only !== c.source) ofSource(only, false); }, [only]);
  const known = c.year && !years.includes(c.year) ? [c.year, ...years] : years;
  usePaper("", has ? `${r("title")} · ${c.year || r("allYears")} · ${basisOf(f)}` : r("title"));
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{r("title")}</h1><span class="grow" />
        <Choice id="rg-source" label={r("source")} value={c.source} options={[["ocr", r("ocr")], ["wa-ag", r("waAg")], ["other", r("other")]]} onPick={(v) => ofSource(v, true)} />
        <Choice id="rg-year" label={r("year")} value={c.year} options={[["", r("allYears")], ...known.map((y) => [y, y] as [string, string])]} onPick={(v) => set({ year: v })} />
        {c.source === "ocr" && <Choice id="rg-view" label={r("view")} value={c.view} options={[["full", r("full")], ["under-investigation", r("underInvestigation")], ["archive", r("archive")]]} onPick={(v) => set({ view: v })} />}
      </div></div>
      <Page>
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!data && !error && <Loading what={r("loading")} />}
        {data && imports.length === 0 && <p class="note">{r("empty")} {r("emptyHow")} <span class="cmd"><Instruction text="holdfast registry import FILE... --site DIR" /></span></p>}
        {data && imports.length > 0 && !has && <p class="note">{r("noFigure")}</p>}
        {has && <Figure f={f} year={c.year} />}
        {has && <Picture c={c} f={f} set={set} />}
        {has && <Compare c={c} f={f} />}
        {has && <Rows c={c} f={f} set={set} />}
        {data && <Imports imports={imports} onTaken={reload} />}
      </Page>
    </div>
  );
}

// What the server warns of, in the reader's language where these pages have words for it.
const warned: Record<string, RKey> = { "one-list": "w_oneList", "one-view": "w_oneView", apart: "w_apart", carried: "w_carried", removed: "w_removed", doubt: "w_doubt" };
function Warning({ w, f }: { w: Any; f: Any }) {
  const key = warned[s(w.what)], lists = obj(f.lists);
  return key ? <p>{r(key, { n: count(n(s(w.what) === "carried" ? f.carried : f.removed)), u: day(s(lists["under-investigation"])), a: day(s(lists.archive)) })}</p> : <p lang="en">{s(w.text)}</p>;
}

function Figure({ f, year }: { f: Any; year: string }) {
  const warnings = list(f.warnings);
  return (
    <section aria-labelledby="h-rg-figure">
      <h2 id="h-rg-figure"><span class="big">{count(n(f.incidents))}</span> {r("incidents")} · <span class="big">{count(n(f.persons))}</span> {r("persons")}</h2>
      <p><b>{year || r("allYears")}</b> · <b>{basisOf(f)}</b></p>
      <p class="muted">{[n(f.median_of) ? r("median", { n: count(n(f.median)) }) : "", n(f.placeholders) ? r("placeholders", { n: count(n(f.placeholders)) }) : "", n(f.business_associate) ? r("associate", { n: count(n(f.business_associate)) }) : ""].filter(Boolean).join(" · ")}<br />{r("personsNote")}</p>
      {warnings.length > 0 && <div class="note warn" role="note" aria-label={r("warningsHead")}>{warnings.map((w, i) => <Warning key={i} w={w} f={f} />)}</div>}
    </section>
  );
}

// A picture by an address, fetched as any answer is, so that what was refused is said in its own words.
function Drawn({ path, alt }: { path: string; alt: string }) {
  const [url, setUrl] = useState(""), [wrong, setWrong] = useState<ApiError | null>(null), { signedOut } = useShared(), last = useRef("");
  useEffect(() => {
    let left = false;
    getBlob(path).then(({ blob }) => {
      if (left) return;
      if (last.current) URL.revokeObjectURL(last.current);
      last.current = URL.createObjectURL(blob);
      setUrl(last.current); setWrong(null);
    }, (e: ApiError) => { if (left) return; if (e.status === 401) signedOut(); else setWrong(e); });
    return () => { left = true; };
  }, [path]);
  useEffect(() => () => { if (last.current) URL.revokeObjectURL(last.current); }, []);
  if (wrong) return <p class="note warn" role="status">{wrong.status >= 500 || wrong.code === "unreachable" ? sentence(wrong) : r("pictureNone", { why: wrong.text })}</p>;
  return url ? <figure style={{ margin: 0 }}><img src={url} alt={alt} style={{ maxWidth: "100%", height: "auto", display: "block", background: "#fff" }} /><figcaption class="noprint"><a href={path} target="_blank" rel="noreferrer">{r("openPicture")}</a></figcaption></figure> : <Loading what={r("picture")} />;
}

const wide = () => Math.max(320, Math.min(1000, Math.round((innerWidth - (innerWidth > 860 ? 230 : 24)) / 20) * 20));
const kinds: Record<string, RKey[]> = { ocr: ["trend", "months", "map", "types", "locations", "largest", "distribution", "drift", "timeline"], "wa-ag": ["aware-to-notice", "trend", "months", "largest", "distribution"], other: ["trend", "months", "map", "types", "locations", "largest", "distribution"] };

function Picture({ c, f, set }: { c: Chosen; f: Any; set: (more: Partial<Chosen>) => void }) {
  const may = kinds[c.source] ?? kinds.other!, kind = may.includes(c.kind as RKey) ? c.kind : may[0]!, without = kind === "drift" && !c.year;
  const path = `/api/registry/plot/${kind}.svg${query({ source: c.source, year: c.year, view: c.view, lang: getLang(), width: wide() })}`;
  return (
    <section class="panel" aria-labelledby="h-rg-pic"><header><h2 id="h-rg-pic">{r("picture")}</h2>
      <Choice id="rg-kind" label={r("which")} value={kind} options={may.map((k) => [k, r(k)] as [string, string])} onPick={(v) => set({ kind: v })} /></header>
      <div class="in">{without ? <p class="note">{r("needsYear")}</p> : <Drawn path={path} alt={r("pictureOf", { k: r(kind as RKey), b: `${c.year || r("allYears")}, ${basisOf(f)}` })} />}</div>
    </section>
  );
}

// One's own: a case that was opened here, or a number that somebody types.
function Compare({ c, f }: { c: Chosen; f: Any }) {
  const { data } = useData<Any>("/api/cases", "registry cases"), cases = list(data?.cases).filter((x) => typeof x.low === "number");
  const [name, setName] = useState(""), [typed, setTyped] = useState(""), [state, setState] = useState(""), [type, setType] = useState(""), own = cases.find((x) => s(x.case) === name);
  const persons = own ? n(own.point) || n(own.low) : /^\d{1,9}$/.test(typed) ? Number(typed) : 0;
  const common = { source: c.source, year: c.year, view: c.view, lang: getLang(), width: wide(), persons: persons || undefined, name: own ? s(own.title) || s(own.case) : undefined };
  return (
    <section class="panel" aria-labelledby="h-rg-own"><header><h2 id="h-rg-own">{r("compare")}</h2></header>
      <div class="in"><div style={across}>
        {cases.length > 0 && <Choice id="rg-own" label={r("ownCase")} value={name} options={[["", r("noCase")], ...cases.map((x) => [s(x.case), s(x.title) || s(x.case)] as [string, string])]} onPick={setName} />}
        {!own && <label for="rg-persons"><small>{r("ownPersons")}</small><input id="rg-persons" style={control} inputMode="numeric" maxLength={9} value={typed} onInput={(e) => setTyped(e.currentTarget.value.replace(/\D/g, ""))} /></label>}
        {c.source === "ocr" && <Choice id="rg-ownstate" label={r("ownState")} value={state} options={[["", r("notSaid")], ...list(f.state).map((x) => s(x.name)).filter(Boolean).sort().map((x) => [x, x] as [string, string])]} onPick={setState} />}
        {c.source === "ocr" && <Choice id="rg-owntype" label={r("ownType")} value={type} options={[["", r("notSaid")], ...list(f.breach_type).map((x) => s(x.name)).filter(Boolean).map((x) => [x, category(x)] as [string, string])]} onPick={setType} />}
      </div>
      {persons > 0 ? <Drawn path={`/api/registry/plot/place.svg${query({ ...common, state, type })}`} alt={r("place")} /> : <p class="muted">{r("compareNone")}</p>}
      {own && s(own.discovered) && <Drawn path={`/api/registry/plot/timeline.svg${query({ ...common, discovered: s(own.discovered), listed: s(own.listed) || undefined, written: s(own.written) || undefined })}`} alt={r("timeline")} />}</div>
    </section>
  );
}

// One thing that is odd about a list; the server's own sentence is English.
const Odd = ({ w }: { w: Any }) => { const said = oddity(w, day); return said ? <li>{said}</li> : <li lang="en">{s(w.text)}</li>; };

const STEP = 50;
function Sortable({ by, c, set, num }: { by: "name" | "state" | "submitted" | "persons"; c: Chosen; set: (more: Partial<Chosen>) => void; num?: boolean }) {
  const on = c.sort === by, word = r(by === "persons" ? "personsShort" : by), first = by === "name" || by === "state" ? "asc" : "desc";
  return <th scope="col" class={num ? "num" : ""} aria-sort={on ? (c.order === "asc" ? "ascending" : "descending") : undefined}><button type="button" class="link" title={r("sortBy", { c: word })} onClick={() => set({ sort: by, order: on ? (c.order === "asc" ? "desc" : "asc") : first })}>{word}<span aria-hidden="true">{on ? (c.order === "asc" ? " ↑" : " ↓") : ""}</span></button></th>;
}
const Persons = ({ x }: { x: Any }) => (typeof x.persons === "number" ? <>{count(n(x.persons))}{x.placeholder === true && <> <b class="tag amber">{r("placeholder")}</b></>}</> : <span class="muted">{r("notSaid")}</span>);

function Rows({ c, f, set }: { c: Chosen; f: Any; set: (more: Partial<Chosen>) => void }) {
  const [text, setText] = useState(c.q), box = useRef<HTMLDivElement>(null);
  useEffect(() => { const id = setTimeout(() => { if (text !== chosen.q) set({ q: text }); }, 300); return () => clearTimeout(id); }, [text]);
  const filters = { source: c.source, year: c.year, view: c.view, state: c.state, type: c.type, location: c.location, entity: c.entity, q: c.q, sort: c.sort, order: c.order };
  const { data, error, fetched, reload } = useData<Any>(`/api/registry/incidents${query({ ...filters, limit: STEP, offset: c.from || undefined })}`, `registry rows ${c.source}`), rows = list(data?.incidents);
  const total = n(data?.total), last = Math.max(0, Math.ceil(total / STEP) - 1) * STEP;
  useEffect(() => { if (data && c.from > last) set({ from: last }); }, [data]); // fewer rows than there were
  useEffect(() => { // who comes back stands where he left
    if (!rows.length || !chosen.opened) return;
    (box.current?.querySelector(`a[href="${incidentHash(chosen.opened)}"]`) as HTMLElement | null)?.focus();
    chosen.opened = 0;
  }, [data]);
  const turn = (from: number) => { set({ from }); if (box.current) box.current.scrollTop = 0; };
  const pick = (id: string, label: string, key: "state" | "type" | "location" | "entity", names: Any[], say: (x: string) => string) => <Choice id={id} label={label} value={c[key]} options={[["", r("any")], ...names.map((x) => s(x.name)).filter(Boolean).sort((a, b) => say(a).localeCompare(say(b))).map((x) => [x, say(x)] as [string, string])]} onPick={(v) => set({ [key]: v })} />;
  return (
    <section class="panel" aria-labelledby="h-rg-rows"><header><h2 id="h-rg-rows">{r("table")}</h2>{data && <span class="muted" role="status">{r("of", { a: count(rows.length ? c.from + 1 : 0), b: count(c.from + rows.length), m: count(total) })}</span>}</header>
      <div class="in noprint"><div style={across}>
        <label for="rg-q"><small>{r("search")}</small><input id="rg-q" style={control} type="search" maxLength={100} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
        {pick("rg-state", r("state"), "state", list(f.state), (x) => x)}{pick("rg-type", r("type"), "type", list(f.breach_type), category)}{pick("rg-location", r("location"), "location", list(f.location_any), category)}{pick("rg-entity", r("entity"), "entity", list(f.entity_type), category)}
        {(c.q || c.state || c.type || c.location || c.entity) && <button type="button" class="btn small" onClick={() => { setText(""); set({ q: "", state: "", type: "", location: "", entity: "" }); }}>{r("clear")}</button>}
      </div></div>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {data && rows.length === 0 && <p class="in">{r("none")}</p>}
      {rows.length > 0 && <div class="scroll" ref={box} tabIndex={0} role="region" aria-labelledby="h-rg-rows"><table class="list links"><thead><tr><Sortable by="name" c={c} set={set} /><Sortable by="state" c={c} set={set} /><th scope="col">{r("type")}</th><th scope="col">{r("location")}</th><Sortable by="submitted" c={c} set={set} /><Sortable by="persons" c={c} set={set} num /></tr></thead>
        <tbody>{rows.map((x) => <tr key={n(x.id)}><th scope="row"><a href={incidentHash(n(x.id))} onClick={() => { chosen.opened = n(x.id); }}>{s(x.name) || r("notSaid")}</a></th><td>{s(x.state)}</td><td>{category(s(x.type))}</td><td>{category(s(x.location))}</td><td class="nowrap">{day(s(x.submitted))}{x.carried === true && <> <small class="muted">{r("carried")}</small></>}</td><td class="num"><Persons x={x} /></td></tr>)}</tbody></table></div>}
      {data && total > STEP && <nav class="in noprint" aria-label={r("pages")}><div style={across}>
        {([["atFirst", 0, c.from > 0], ["before", c.from - STEP, c.from > 0], ["after", c.from + STEP, c.from < last], ["atLast", last, c.from < last]] as [RKey, number, boolean][]).map(([w, to, may]) => <button key={w} type="button" class="btn small" aria-disabled={!may} style={may ? undefined : { opacity: 0.6 }} onClick={() => { if (may) turn(to); }}>{r(w)}</button>)}
        <span class="muted">{r("of", { a: count(c.from + 1), b: count(c.from + rows.length), m: count(total) })}</span></div></nav>}
    </section>
  );
}

function Imports({ imports, onTaken }: { imports: Any[]; onTaken: () => void }) {
  const { openEntry } = useShared(), now = useNow(30000), [view, setView] = useState(""), [asOf, setAsOf] = useState(""), [busy, setBusy] = useState(false), [wrong, setWrong] = useState(""), [done, setDone] = useState<Any | null>(null), file = useRef<HTMLInputElement>(null), { signedOut } = useShared();
  const take = () => {
    const one = file.current?.files?.[0];
    if (!one || busy) return;
    setBusy(true); setWrong(""); setDone(null);
    postFile<Any>(`/api/registry/import${query({ file: one.name, view, as_of: asOf })}`, one).then((a) => { setBusy(false); setDone(a); if (file.current) file.current.value = ""; onTaken(); }, (e: ApiError) => { setBusy(false); if (e.status === 401) signedOut(); else setWrong(sentence(e)); });
  };
  return (
    <section class="panel" aria-labelledby="h-rg-in"><header><h2 id="h-rg-in">{r("imports")}</h2></header>
      {imports.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-labelledby="h-rg-in"><table class="list"><thead><tr><th scope="col">{r("importOf")}</th><th scope="col">{r("view")}</th><th scope="col">{r("asOf", { d: "" })}</th><th scope="col">{r("took")}</th><th scope="col" class="num">{r("rows")}</th></tr></thead>
        <tbody>{imports.map((m) => <tr key={n(m.id)}><th scope="row" class="wrap">{s(m.file)}{list(m.warnings).length > 0 && <details><summary>{r("odd", { n: count(list(m.warnings).length) })}</summary><ul>{list(m.warnings).map((w, i) => <Odd key={i} w={w} />)}</ul></details>}</th><td>{s(m.source) === "ocr" ? viewWord(s(m.view)) : r(s(m.source) === "wa-ag" ? "waAg" : "other")}</td><td class="nowrap">{day(s(m.as_of))}</td><td>{stampNear(s(m.time), now)} <button type="button" class="link" onClick={() => openEntry(n(m.entry))}>{r("entry", { n: n(m.entry) })}</button></td><td class="num">{count(n(m.rows))}{n(m.unread) > 0 && <> <b class="tag red">{r("unread", { n: count(n(m.unread)) })}</b></>}</td></tr>)}</tbody></table></div>}
      <form class="in noprint" onSubmit={(e) => { e.preventDefault(); take(); }}>
        <Wrong text={wrong} />
        {done && <div class="note" role="status"><p>{r("took1", { n: count(n(done.rows)), d: day(s(done.as_of)), v: s(done.source) === "ocr" ? viewWord(s(done.view)) : r("list") })}</p>{list(done.warnings).length > 0 && <ul>{list(done.warnings).map((w, i) => <Odd key={i} w={w} />)}</ul>}</div>}
        <h3>{r("takeIn")}</h3>
        <label class="field"><span>{r("file")}</span><input ref={file} type="file" accept=".csv,.txt,.tsv,text/csv" required /></label>
        <div style={across}><Choice id="rg-inview" label={r("viewOf")} value={view} options={[["", r("recognised")], ["under-investigation", r("underInvestigation")], ["archive", r("archive")], ["full", r("full")]]} onPick={setView} />
          <label for="rg-inday"><small>{r("dayOf")} ({r("dayHint")})</small><input id="rg-inday" style={control} type="date" value={asOf} onInput={(e) => setAsOf(e.currentTarget.value)} /></label>
          <button class="btn main-act" disabled={busy}>{r("take")}</button></div>
      </form>
    </section>
  );
}

// What it became part of, or what became part of it, with what tells it.
const Merges = ({ v, sure, perhaps }: { v: Any[]; sure: RKey; perhaps: RKey }) => <>{v.map((m, i) => {
  const why = mergedWhy(s(m.why));
  return <p key={i} class={m.perhaps === true ? "note warn" : "note"}><b>{r(m.perhaps === true ? perhaps : sure, { d: day(s(m.as_of)) })}</b>: {why ? <span>{why}</span> : <span lang="en">{s(m.why)}</span>}. {m.perhaps === true && r("perhapsNote")} <a href={incidentHash(n(m.id))}>{r("theOther")}</a></p>;
})}</>;

function IncidentPage({ id }: { id: number }) {
  const { data, error, fetched, reload } = useData<Any>(`/api/registry/incident/${id}`, `registry incident ${id}`), { openEntry } = useShared(), x = data ?? {}, past = list(x.history), first = (v: string) => v.split(/,\s*/)[0] ?? "";
  usePaper("", data ? `${r("incident")}: ${s(x.name)}` : r("incident"));
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{s(x.name) || r("incident")}</h1><span class="grow" /><a class="place" href="#/registry">{r("back")}</a></div></div>
      <Page>
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!data && !error && <Loading what={r("incident")} />}
        {data && <>
          <dl class="kv"><dt>{r("personsShort")}</dt><dd><b class="big"><Persons x={x} /></b></dd><dt>{r("submitted")}</dt><dd>{day(s(x.submitted))}</dd><dt>{r("state")}</dt><dd>{s(x.state) || r("notSaid")}</dd><dt>{r("entity")}</dt><dd>{category(s(x.entity_type)) || r("notSaid")}</dd><dt>{r("type")}</dt><dd>{category(s(x.type)) || r("notSaid")}</dd><dt>{r("location")}</dt><dd>{category(s(x.location)) || r("notSaid")}</dd></dl>
          <Merges v={list(x.part_of)} sure="partOf" perhaps="perhapsPartOf" /><Merges v={list(x.parts)} sure="parts" perhaps="perhapsParts" />
          {x.repaired === true && <p class="note">{r("repaired")}</p>}
          <section class="panel" aria-labelledby="h-rg-past"><header><h2 id="h-rg-past">{r("history")}</h2></header><div class="scroll" tabIndex={0} role="region" aria-labelledby="h-rg-past"><table class="list"><thead><tr><th scope="col">{r("seen")}</th><th scope="col">{r("inList")}</th><th scope="col">{r("change")}</th><th scope="col">{r("name")}</th><th scope="col">{r("type")}</th><th scope="col">{r("location")}</th><th scope="col" class="num">{r("personsShort")}</th></tr></thead>
            <tbody>{past.map((h, i) => <tr key={i}><th scope="row" class="nowrap">{day(s(h.as_of))}</th><td>{viewWord(s(h.view))} <button type="button" class="link" title={s(h.file)} onClick={() => openEntry(n(h.entry))}>{r("entry", { n: n(h.entry) })}</button></td><td>{i === 0 ? r("first") : h.changed === true ? <b class="tag amber">{r("changedTo")}</b> : r("same")}</td><td>{s(h.name)}</td><td>{category(s(h.type))}</td><td>{category(s(h.location))}</td><td class="num"><Persons x={h} /></td></tr>)}</tbody></table></div></section>
          {s(x.description) && <section class="panel" aria-labelledby="h-rg-desc"><header><h2 id="h-rg-desc">{r("description")}</h2></header><p class="in" lang="en">{s(x.description)}</p></section>}
          {n(x.persons) > 0 && <section class="panel" aria-labelledby="h-rg-place"><header><h2 id="h-rg-place">{r("place")}</h2><small class="muted">{r("withAll")}</small></header><div class="in"><Drawn path={`/api/registry/plot/place.svg${query({ lang: getLang(), width: wide(), persons: n(x.persons), name: s(x.name), state: s(x.state), type: first(s(x.type)), entity: s(x.entity_type) })}`} alt={r("place")} /></div></section>}
        </>}
      </Page>
    </div>
  );
}
