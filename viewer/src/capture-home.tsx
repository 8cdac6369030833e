// Where writing down begins: whom for; what is not saved yet; and for one person what there is to write down, and what was.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { itemsOf, kindWord, menu } from "./capture";
import { FormPage } from "./capture-form";
import { NewPage } from "./capture-new";
import { BackPage } from "./capture-back";
import { ItemPage } from "./capture-item";
import { BedsPage } from "./capture-beds";
import { CallsPage } from "./capture-calls";
import { ScansPage } from "./capture-scans";
import { SpecimensPage } from "./capture-specimens";
import { ItemLine, Places, Queue, otherPerson } from "./capture-parts";
import { Banner } from "./chart";
import { runs, useDowntime } from "./downtime";
import { patientOf, rowsOf } from "./fhir";
import { ageOf, birth, full, sexWord } from "./format";
import { t } from "./i18n";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Loading, RowMarks, Who, identityText } from "./ui";

export function CapturePage({ where }: { where: string[] }) {
  const { may } = useShared(), a = where[1] ?? "", kind = where[2] ?? "";
  if (a === "back") return where[2] ? <ItemPage key={where[2]} id={where[2]} /> : <BackPage />;
  if (a === "beds") return <BedsPage />;
  if (a === "calls") return <CallsPage key={where[2] ?? ""} list={where[2] ?? ""} />;
  if (a === "specimens") return <SpecimensPage />;
  if (a === "scans" && may("capture")) return <ScansPage />;
  if (!may("capture")) return <div class="scroller" id="content" tabIndex={0} role="main"><Places here="" /><p class="note warn">{t("cpYourRole")}</p></div>;
  if (a === "new") return <NewPage />;
  if (!a) return <Home />;
  return menu.includes(kind) ? <FormPage key={where.join("/")} id={a} kind={kind} order={where[3] === "replaces" ? "" : where[3] ?? ""} corrects={where[3] === "replaces" ? where[4] ?? "" : ""} /> : <Menu key={a} id={a} />;
}
function Undeclared() { const d = useDowntime(); return d && !runs(d) ? <p class="note">{t("cpNoDowntime")}</p> : null; }

function Home() {
  const [text, setText] = useState(""), [asked, setAsked] = useState(""), now = useNow(30000), input = useRef<HTMLInputElement>(null);
  useEffect(() => { const id = setTimeout(() => setAsked(text.trim()), 220); return () => clearTimeout(id); }, [text]);
  useEffect(() => { if (document.activeElement === document.body || document.activeElement?.id === "content") input.current?.focus(); otherPerson(""); }, []);
  const enough = asked.length >= 2 || /[^\u0000-\u02ff]/.test(asked), { data, error } = useData<unknown>(enough ? `/api/search?q=${encodeURIComponent(asked)}&max=30` : null, `find ${asked}`), found = data && enough ? rowsOf(data).rows : null;
  usePaper("", t("capture"));
  const move = (e: KeyboardEvent) => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp" && e.key !== "Enter") return;
    const all = [...document.querySelectorAll<HTMLElement>("#cp-find, .rowlink")], i = all.indexOf(document.activeElement as HTMLElement);
    if (e.key === "Enter") { if (i === 0 && text.trim() === asked && found?.length) { e.preventDefault(); all[1]?.[found.length === 1 ? "click" : "focus"](); } return; }
    const next = all[i + (e.key === "ArrowDown" ? 1 : -1)];
    if (next) { e.preventDefault(); next.focus(); }
  };
  return (
    <div class="scroller" id="content" tabIndex={0} role="main" onKeyDown={move}>
      <div class="pagehead"><h1 tabIndex={-1}>{t("capture")}</h1><span class="grow" /><Places here="" /></div>
      <Queue />
      <Undeclared />
      <div class="cols">
        <section class="panel" aria-labelledby="h-for"><header><h2 id="h-for">{t("cpFor")}</h2></header><div class="in">
          <label class="field"><span>{t("cpFind")}</span><input id="cp-find" ref={input} type="search" autocomplete="off" spellcheck={false} placeholder={t("searchHint")} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
          <Fail error={error} />
          {found && found.length === 0 && <p class="muted">{t("searchNone")}</p>}
          <ul class="picklist">{(found ?? []).map((r) => <li key={r.id}><a class="rowlink" href={`#/capture/${encodeURIComponent(r.id)}`}><Who name={r.name} masked={r.masked} /> {!r.masked && <span>{birth(r.birth) || t("noBirth")} {ageOf(r.birth, now)} · {sexWord(r.sex)} · <b class="mrn">{r.number}</b></span>} <span>{[r.unit, r.bed].filter(Boolean).join(" ")}</span> <RowMarks row={r} /></a></li>)}</ul>
        </div></section>
        <section class="panel" aria-labelledby="h-new"><header><h2 id="h-new">{t("cpNewPerson")}</h2></header><div class="in"><p>{t("cpNewWhy")}</p><p><a class="btn main-act big" href="#/capture/new">{t("cpNewPerson")}</a></p></div></section>
      </div>
    </div>
  );
}

function Menu({ id }: { id: string }) {
  const { data, error, fetched, reload } = useData<unknown>(`/api/patient/${encodeURIComponent(id)}`, `patient ${id}`), list = useData<unknown>(`/api/captures?patient=${encodeURIComponent(id)}&max=200`, `captures ${id}`, 15000), now = useNow(10000);
  const p = useMemo(() => (data ? patientOf(data) : null), [data]), items = useMemo(() => (list.data ? itemsOf(list.data).items : null), [list.data]);
  otherPerson(p?.id ?? id);
  usePaper(p ? identityText(p, now) : "", p ? `${t("asOf")} ${full(p.asOf.time)}` : "");
  if (!p) return <div class="scroller" id="content" tabIndex={0} role="main"><Fail error={error} onRetry={reload} fetched={fetched} />{error?.code === "protected" && <a class="btn" href={`#/chart/${encodeURIComponent(id)}`}>{t("openProtected")}</a>}{!error && <Loading what={t("chart")} />}</div>;
  return (
    <div class="column chart">
      <Banner p={p} now={now} />
      <div class="scroller" id="content" tabIndex={0} role="main">
        <Queue />
        <Undeclared />
        <div class="pagehead"><h2>{t("cpWhat")}</h2><span class="grow" /><a class="btn small noprint" href={`#/chart/${encodeURIComponent(id)}`}>{t("cpToChart")}</a><Places here="" /></div>
        <nav class="capmenu noprint" aria-label={t("cpWhat")}>{menu.map((k) => <a class="btn" key={k} href={`#/capture/${encodeURIComponent(id)}/${k}`}>{kindWord(k)}</a>)}</nav>
        <section class="panel" aria-labelledby="h-items"><header><h2 id="h-items">{t("cpItems")}</h2></header><div class="in">
          <Fail error={list.error} onRetry={list.reload} fetched={list.fetched} />
          {!items && !list.error && <Loading what={t("cpItems")} />}
          {items && items.length === 0 && <p class="muted">{t("cpNothing")}</p>}
          <ul class="itemlist">{(items ?? []).map((i) => <ItemLine key={i.entry} i={i} href={`#/capture/back/${encodeURIComponent(i.id)}`} />)}</ul>
        </div></section>
      </div>
    </div>
  );
}
