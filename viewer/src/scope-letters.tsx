// Letters of a case before any is printed: how many of which kind, what cannot be written yet and why, who has signed, and one letter as it would be printed, to somebody of the case or to somebody made up.
import { useState } from "preact/hooks";
import { ApiError, post, query } from "./api";
import type { Any } from "./fhir";
import { count } from "./format";
import { Page, Wrong, sentence } from "./gate-parts";
import { type Key, getLang, t } from "./i18n";
import { caseHash, casePath, list, n, obj, s, useAgain, wordOf } from "./scope-parts";
import { Signed } from "./scope-sign";
import { useData, usePaper, useShared } from "./state";
import { Fail, Instruction, Loading } from "./ui";

const names: Record<string, string> = { en: "English", es: "Español", fr: "Français", zh: "中文" };

// A language in the reader's own words; a code that no table knows stays one.
const tongue = (code: string) => names[code] ?? (() => { try { return new Intl.DisplayNames([getLang()], { type: "language" }).of(code) ?? code; } catch { return code; } })();

// Marks inside of a text: a reference is left out, strong letters are strong (paper.h).
function Text({ text }: { text: string }) {
  const parts = text.replace(/\u0001[^\u0002]*\u0002/g, "").split(/[\u0003\u0004]/);
  return <>{parts.map((x, i) => (i % 2 ? <b key={i}>{x}</b> : x))}</>;
}
function Block({ b }: { b: Any }) {
  const text = s(b.text), label = s(b.label);
  if (n(b.look) === 0) return <h3 class="l-title"><Text text={text} /></h3>;
  if (n(b.look) === 1) return <h4 class="l-head"><Text text={text} /></h4>;
  return <p class={n(b.look) === 7 ? "l-small" : n(b.look) === 4 ? "l-item" : ""}>{label && <span class="l-label"><Text text={label} /> </span>}<Text text={text} /></p>;
}
function Letter({ d }: { d: Any }) {
  const p = obj(d.post), blocks = list(p.blocks), apart = n(p.apart);
  return (
    <article class={`letterpaper${p.large === true ? " large" : ""}`} lang={s(p.lang)} aria-label={t("leLetter")} tabIndex={0}>
      <div class="l-lines">{s(p.sender).split("\n").map((x, i) => <div key={i}>{x}</div>)}</div>
      <div class="l-lines l-address">{s(p.address).split("\n").map((x, i) => <div key={i}>{x}</div>)}</div>
      <p class="l-date">{s(p.date)}</p>
      {blocks.map((b, i) => <div key={i} class={apart && i === apart ? "l-apart" : ""}><Block b={b} /></div>)}
    </article>
  );
}

function Counts({ l, lang }: { l: Any; lang: string }) {
  const not = Object.entries(obj(l.not)).sort((a, b) => n(b[1]) - n(a[1])), places = Object.entries(obj(l.places)).sort((a, b) => n(b[1]) - n(a[1])), langs = Object.entries(obj(l.languages));
  const table = (id: string, title: Key, rows: [string, string, number][], none?: Key) => <section class="panel" aria-labelledby={id}><header><h2 id={id}>{t(title)}</h2></header>{rows.length === 0 ? <p class="in muted">{none && t(none)}</p> : <div class="scroll"><table class="list"><tbody>{rows.map(([k, w, v]) => <tr key={k}><th scope="row">{w}</th><td class="num">{count(v)}</td></tr>)}</tbody></table></div>}</section>;
  return (
    <div class="cols">
      {table("h-le-kinds", "leKinds", list(l.kinds).map((k) => [`${s(k.to)} ${String(k.quiet)}`, `${wordOf(`let_${s(k.to)}`, s(k.to))}${k.quiet === true ? `, ${t("leQuiet")}` : ""}`, n(k.letters)]), "leNoLetters")}
      {table("h-le-not", "leNot", not.map(([k, v]) => [k, wordOf(`len_${k}`, k), n(v)]), "leNotNone")}
      {table("h-le-places", "scPlaces", places.map(([k, v]) => [k, k === "ZZ" ? t("scNowhere") : k === "US" ? t("scNoState") : k, n(v)]))}
      {table("h-le-langs", "leLangs", langs.map(([k, v]) => [k, k === "not-said" ? t("leCaseLang", { l: names[lang] ?? lang }) : k === "other" ? t("leOtherLang") : tongue(k), n(v)]))}
    </div>
  );
}

const samples: [string, Key][] = [["adult", "leAdult"], ["minor", "leMinor"], ["guardian", "leGuarded"], ["deceased", "leDeceased"], ["representative", "leRepresentative"], ["estate", "leEstate"], ["nobody", "leNoKin"], ["protected", "leProtected"]];

export function LettersPage({ name }: { name: string }) {
  const { signedOut } = useShared(), { data, error, fetched, reload } = useData<Any>(casePath(name, "letters"), `letters ${name}`, 30000);
  const [who, setWho] = useState("sample=adult"), [lang, setLang] = useState(""), [large, setLarge] = useState(false), [id, setId] = useState(""), [busy, setBusy] = useState(false), [wrong, setWrong] = useState(""), [found, setFound] = useState(-1);
  const l = obj(data?.letters), lacks = obj(data?.lacks), ready = !!data && !s(lacks.key) && !s(lacks.why);
  const q = (format: string) => `${casePath(name, "letter")}${query({ [who.split("=")[0]!]: who.split("=")[1], lang: lang || undefined, large: large ? 1 : undefined, format: format === "pdf" ? "pdf" : undefined })}`;
  const letter = useData<Any>(ready ? q("json") : null, `letter ${name} ${q("json")}`), d = letter.data;
  usePaper(name, t("leTitle"));
  useAgain(letter.error, letter.reload);
  const find = async () => {
    if (busy || !id.trim()) return;
    setBusy(true); setWrong("");
    try { const r = await post<Any>(casePath(name, "person"), { person: id.trim() }); setFound(n(r.line)); setWho(`line=${n(r.line)}`); }
    catch (e) { if (e instanceof ApiError && e.status === 401) signedOut(); else setWrong(e instanceof ApiError ? (e.status === 404 ? t("leNotFound") : sentence(e)) : String(e)); }
    setBusy(false);
  };
  const lines = list(l.kinds).flatMap((k) => list(k.lines).map((x, i): [string, string] => [`line=${n(x)}`, `${wordOf(`let_${s(k.to)}`, s(k.to))}${k.quiet === true ? `, ${t("leQuiet")}` : ""}: ${t("leNth", { n: i + 1 })}`]));
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{t("leTitle")}</h1><span class="muted">{name}</span><span class="grow" /><a class="place" href={caseHash(name)}>{t("scCase")}</a></div></div>
      <Page>
        {error?.code === "not-found" ? <p class="note">{error.text}</p> : <Fail error={error} onRetry={reload} fetched={fetched} />}
        {!data && !error && <Loading what={t("leTitle")} />}
        {data && <>
          {typeof l.letters === "number" ? <p><b class="big">{count(n(l.letters))}</b> {t("leCount", { d: s(l.day) })}</p> : <p class="note">{t("leOldRun")}</p>}
          {!ready && <p class="note warn">{t("leLacks")} <b><code>{s(lacks.key)}</code></b> <span lang="en">{s(lacks.why)}</span> <span class="cmd"><Instruction text={`holdfast scope case facts ${name} FILE.json --site DIR`} /></span></p>}
          {typeof l.letters === "number" && <Counts l={l} lang={s(data.language)} />}
          {Object.keys(obj(l.languages)).some((k) => k !== "not-said" && !list(data.languages).map(String).includes(k)) && <p class="note">{t("leNotIn", { l: names[s(data.language)] ?? s(data.language) })}</p>}
          <Signed d={data} name={name} reload={reload} />
          {ready && <section class="panel" aria-labelledby="h-le-look"><header><h2 id="h-le-look">{t("leLook")}</h2></header><div class="in">
            <p class="muted noprint">{t("leLookMeans")}</p>
            <form class="picks noprint" onSubmit={(e) => { e.preventDefault(); void find(); }}>
              <label class="field"><span>{t("leWhom")}</span><select class="line" id="le-who" value={who} onChange={(e) => setWho(e.currentTarget.value)}>
                <optgroup label={t("leMadeUp")}>{samples.map(([k, w]) => <option key={k} value={`sample=${k}`}>{t(w)}</option>)}</optgroup>
                {lines.length > 0 && <optgroup label={t("leOfCase")}>{lines.map(([v, w]) => <option key={v} value={v}>{w}</option>)}</optgroup>}
                {found >= 0 && !lines.some(([v]) => v === `line=${found}`) && <option value={`line=${found}`}>{id}</option>}
              </select></label>
              <label class="field"><span>{t("leLang")}</span><select class="line" id="le-lang" value={lang} onChange={(e) => setLang(e.currentTarget.value)}><option value="">{t("leTheirs")}</option>{list(data.languages).map((x) => <option key={String(x)} value={String(x)}>{names[String(x)] ?? String(x)}</option>)}</select></label>
              <label class="choice"><input type="checkbox" checked={large} onChange={(e) => setLarge(e.currentTarget.checked)} /> {t("psLarge")}</label>
              <label class="field"><span>{t("leNumber")}</span><input value={id} maxLength={400} autoComplete="off" onInput={(e) => setId(e.currentTarget.value)} /></label>
              <button class="btn" disabled={busy || !id.trim()}>{t("leFind")}</button>
            </form>
            <Wrong text={wrong} />
            <Fail error={letter.error} onRetry={letter.reload} />
            {!d && !letter.error && <Loading what={t("leLetter")} />}
            {d && s(d.fate) !== "mail" && <p class="note warn" role="status">{t("leNone")} {wordOf(`len_${s(d.fate)}`, s(d.fate))}</p>}
            {d && s(d.fate) === "mail" && <>
              <p class="row"><b class="tag">{wordOf(`let_${s(d.to)}`, s(d.to))}</b>{d.sample === true && <b class="tag amber">{t("leSample")}</b>}{d.fallback === true && <b class="tag amber">{t("leFallback")}</b>}{d.quiet === true && <b class="tag">{t("leQuiet")}</b>}{s(d.place) && <b class="tag">{s(d.place)}</b>}<a class="btn noprint" id="le-pdf" href={q("pdf")} target="_blank" rel="noreferrer">{t("lePdf")}</a></p>
              <Letter d={d} />
            </>}
          </div></section>}
        </>}
      </Page>
    </div>
  );
}
