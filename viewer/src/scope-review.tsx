// The review queue of a case: pairs of records that may be one person, one pair at a time, with what both say beside each other. Each decision is an entry; the interval narrows with it. What stands here is about persons: looking is recorded.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Any } from "./fhir";
import { count, stampNear } from "./format";
import { Page, Wrong, useAct } from "./gate-parts";
import { t } from "./i18n";
import { Many, caseHash, casePath, list, n, obj, runFirst, s, useAgain, wordOf } from "./scope-parts";
import { commanded, keysOn, typing } from "./settings";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Instruction, Loading } from "./ui";

const BATCH = 20;
const order = ["last", "first", "middle", "name", "suffix", "maiden", "dob", "sex", "ssn", "ssn4", "mrn", "member", "mbi", "medicaid", "dl", "phone", "email", "street", "apt", "address", "city", "state", "zip", "country"];
const plain = (x: string) => x.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

// The same, another spelling of it, or something else; or only one of the two says it.
function markOf(a: string, b: string, weight: number | null): "same" | "near" | "differs" | "one" {
  if (!a || !b) return "one";
  if (plain(a) === plain(b)) return "same";
  return weight !== null && weight > 0 ? "near" : "differs";
}
const signs = { same: "=", near: "≈", differs: "≠", one: "·" };

function Sides({ p }: { p: Any }) {
  const a = obj(obj(p.a).values), b = obj(obj(p.b).values), why = list(p.why);
  const weightOf = (field: string) => { const w = why.find((x) => s(x.field) === field); return w ? Number(w.weight) : null; };
  const fields = [...order.filter((f) => a[f] !== undefined || b[f] !== undefined), ...Object.keys({ ...a, ...b }).filter((f) => !order.includes(f))];
  const side = (x: Any) => <><span class="wrap">{s(x.file)}</span> <small class="muted">{t("rvAt", { n: count(n(x.offset)) })}{s(x.who) && s(x.who) !== "subject" && <> · {wordOf(`rvw_${s(x.who)}`, s(x.who))}</>}</small></>;
  return (
    <table class="list sides"><caption class="vh">{t("rvBeside")}</caption>
      <thead><tr><th scope="col">{t("rvField")}</th><th scope="col">{t("rvFirst")}</th><th scope="col" class="mark"><span class="vh">{t("rvCompared")}</span></th><th scope="col">{t("rvSecond")}</th></tr></thead>
      <tbody>
        {fields.map((f) => { const x = s(a[f]), y = s(b[f]), m = markOf(x, y, weightOf(f)); return (
          <tr key={f} class={`m-${m}`}><th scope="row">{wordOf(`rvf_${f}`, f)}</th><td class="val">{x || <span class="muted">{t("rvNot")}</span>}</td><td class="mark"><span aria-hidden="true">{signs[m]}</span> <small>{t(`rvm_${m}`)}</small></td><td class="val">{y || <span class="muted">{t("rvNot")}</span>}</td></tr>
        ); })}
        <tr class="where"><th scope="row">{t("rvWhere")}</th><td>{side(obj(p.a))}</td><td class="mark" /><td>{side(obj(p.b))}</td></tr>
        <tr class="where"><th scope="row">{t("rvBesides")}</th>{[obj(p.a), null, obj(p.b)].map((x, i) => x ? <td key={i}>{list(x.elements).map((e) => wordOf(`el_${e as unknown as string}`, String(e))).join(", ")}</td> : <td key={i} class="mark" />)}</tr>
        <tr class="where"><th scope="row">{t("rvPerson")}</th>{[obj(p.a), null, obj(p.b)].map((x, i) => x ? <td key={i}>{t("rvRecords", { n: count(n(x.records)) })}{list(x.sources).length > 0 && <ul class="plainlist">{list(x.sources).map((f) => <li key={String(f)} class="wrap"><small>{String(f)}</small></li>)}{n(x.more) > 0 && <li><small>{t("rvMore", { n: count(n(x.more)) })}</small></li>}</ul>}</td> : <td key={i} class="mark" />)}</tr>
      </tbody></table>
  );
}

// Why the two may be one person, and why not: what agrees or differs, the weightiest first.
function Why({ p }: { p: Any }) {
  const why = list(p.why).map((x) => ({ field: s(x.field), is: s(x.is), w: Number(x.weight) })), forIt = why.filter((x) => x.w > 0).sort((a, b) => b.w - a.w), against = why.filter((x) => x.w < 0).sort((a, b) => a.w - b.w);
  const one = (x: { field: string; is: string; w: number }) => <li key={x.field}><b>{wordOf(`rvf_${x.field}`, x.field)}</b>{t("colon")}{wordOf(`rvi_${x.is.replace(/[^a-z]+/g, "_")}`, x.is)} <small class="muted">{x.w > 0 ? "+" : "−"}{Math.abs(x.w).toFixed(1)}</small></li>;
  const empty = (a: Any, b: Any) => ["dob", "ssn", "mrn", "street", "phone"].filter((f) => !obj(a.values)[f] || !obj(b.values)[f]);
  const missing = empty(obj(p.a), obj(p.b));
  return (
    <div class="cols whys">
      <section aria-labelledby="h-rv-for"><h3 id="h-rv-for">{t("rvFor")}</h3>{forIt.length ? <ul class="plainlist">{forIt.map(one)}</ul> : <p class="muted">{t("rvNothing")}</p>}</section>
      <section aria-labelledby="h-rv-against"><h3 id="h-rv-against">{t("rvAgainst")}</h3>{against.length ? <ul class="plainlist">{against.map(one)}</ul> : <p class="muted">{t("rvNothing")}</p>}
        {missing.length > 0 && <p class="muted">{t("rvSilent", { f: missing.map((f) => wordOf(`rvf_${f}`, f)).join(", ") })}</p>}</section>
    </div>
  );
}

interface Done { n: number; a: string; b: string }
export function ReviewPage({ name }: { name: string }) {
  const { openEntry } = useShared(), now = useNow(30000);
  const [from, setFrom] = useState(0), [all, setAll] = useState(false), [i, setI] = useState(0), [past, setPast] = useState<number[]>([]), [done, setDone] = useState<Done[]>([]), [said, setSaid] = useState<Record<number, string>>({}), [told, setTold] = useState("");
  const path = `${casePath(name, "review")}?from=${from}&n=${BATCH}${all ? "&all=1" : ""}`;
  const { data, error, fetched, reload, shown } = useData<Any>(path, `review ${name}`), counts = useData<Any>(`${casePath(name, "review")}?n=0`, `queue ${name}`, 15000);
  const { busy, wrong, setWrong, act } = useAct(), head = useRef<HTMLHeadingElement>(null), moved = useRef(false);
  const c = counts.data ?? data, here = data && shown === path ? list(data.list) : [], at = Math.min(i, Math.max(0, here.length - 1)), item = here[at], p = item ? obj(item.pair) : null, num = item ? n(item.n) : -1;
  usePaper(name, t("rvTitle"));
  useAgain(error, reload);
  useAgain(counts.error, counts.reload);
  useLayoutEffect(() => { if (moved.current && p) { moved.current = false; head.current?.focus({ preventScroll: false }); } }, [num, shown]);
  const jump = (f: number, keep: boolean) => { setSaid({}); if (keep) setPast([...past, from]); setFrom(f); setI(0); };
  const next = () => { setWrong(""); if (!here.length) return; if (at + 1 < here.length) setI(at + 1); else jump(num + 1, true); };
  const back = () => { setWrong(""); if (at > 0) setI(at - 1); else if (past.length) { setFrom(past[past.length - 1]!); setPast(past.slice(0, -1)); setI(BATCH - 1); } };
  const decide = (same: boolean) => {
    if (!p || busy) return;
    const a = s(obj(p.a).record), b = s(obj(p.b).record), k = num;
    act(casePath(name), { what: "pair", a, b, same }, () => { setDone([...done, { n: k, a, b }]); setSaid({ ...said, [k]: same ? "same" : "different" }); setTold(t(same ? "rvSaidOne" : "rvSaidTwo")); counts.reload(); next(); });
  };
  const takeBack = (d: Done | undefined) => {
    if (!d || busy) return;
    act(casePath(name), { what: "pair", a: d.a, b: d.b, same: null }, () => { const rest = { ...said }; delete rest[d.n]; setSaid(rest); setDone(done.filter((x) => x !== d)); setTold(t("rvTakenBack")); counts.reload(); setPast([]); moved.current = true; if (from === d.n) reload(); jump(d.n, false); });
  };
  const undo = () => takeBack(done[done.length - 1]);
  const later = () => { setTold(t("rvLaterSaid")); next(); };
  const key = (e: KeyboardEvent) => {
    if (!keysOn() || commanded(e) || typing(e.target) || document.querySelector("dialog[open]") || e.shiftKey) return;
    const what: Record<string, () => void> = { o: () => decide(true), d: () => decide(false), l: later, u: undo, j: next, k: back };
    const own = what[e.key.toLowerCase()];
    if (own) { e.preventDefault(); own(); }
  };
  const newest = useRef(key);
  newest.current = key;
  useLayoutEffect(() => { const press = (e: KeyboardEvent) => newest.current(e); addEventListener("keydown", press); return () => removeEventListener("keydown", press); }, []);
  const before = item && item.said ? obj(item.said) : null, mine = said[num];
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{t("rvTitle")}</h1><span class="muted">{name}</span><span class="grow" /><a class="place" href={caseHash(name)}>{t("scCase")}</a></div></div>
      <Page>
        {error?.code === "not-found" ? <p class="note">{error.text}</p> : error?.code === "busy" ? <p class="note warn" role="status">{error.text}</p> : <Fail error={error} onRetry={reload} fetched={fetched} />}
        {!data && !error && <Loading what={t("rvTitle")} />}
        {c && <div class="rvcount"><p><b class="big" id="rv-open">{count(n(c.open))}</b> {t("rvWait")} · {t("rvOnes", { n: count(n(c.same)) })} · {t("rvTwos", { n: count(n(c.different)) })}</p><p>{t("scPersons")}{t("colon")}<span id="rv-many"><Many c={c} /></span></p></div>}
        {c && n(c.pairs) === 0 && <p class="note">{t("rvNone")}</p>}
        <p class="vh" role="status">{told}</p>
        {p && <section class="panel rv" aria-labelledby="h-rv">
          <header><h2 id="h-rv" tabIndex={-1} ref={head}>{t("rvPair", { n: count(num + 1), m: count(n(c?.pairs)) })}</h2><span class="muted">{t("rvLikely", { p: Math.round(100 * Number(p.probability)) })}</span>
            {mine ? <b class="tag">{t(mine === "same" ? "rvOne" : "rvTwo")}</b> : before && <span><b class="tag">{t(before.same ? "rvOne" : "rvTwo")}</b> <small class="muted">{s(before.by)}, {stampNear(s(before.at), now)}, <button type="button" class="link" onClick={() => openEntry(n(before.entry))}>{t("entry")} {n(before.entry)}</button></small></span>}</header>
          <div class="scroll"><Sides p={p} /></div>
          <div class="in"><Why p={p} /><Wrong text={wrong} /></div>
        </section>}
        {data && shown === path && !p && n(c?.pairs) > 0 && (n(c?.open) > 0 ? <p class="note">{t("rvEnd", { n: count(n(c?.open)) })} <button type="button" class="btn small" onClick={() => { setPast([]); if (from === 0) reload(); jump(0, false); }}>{t("rvAgain")}</button></p>
          : <p class="note ok">{t("rvAllDone")} <span class="cmd"><Instruction text={runFirst(name)} /></span></p>)}
        {c && n(c.pairs) > 0 && <div class="rvbar noprint" role="group" aria-label={t("rvDecide")}>
          <button type="button" class="btn main-act" aria-disabled={busy || !p} onClick={() => decide(true)}>{t("rvOne")} <kbd>o</kbd></button>
          <button type="button" class="btn main-act" aria-disabled={busy || !p} onClick={() => decide(false)}>{t("rvTwo")} <kbd>d</kbd></button>
          <button type="button" class="btn" aria-disabled={!p} onClick={later}>{t("rvLater")} <kbd>l</kbd></button>
          <button type="button" class="btn" aria-disabled={busy || (!done.length && !before)} onClick={() => before && !mine ? takeBack({ n: num, a: s(obj(p?.a).record), b: s(obj(p?.b).record) }) : undo()}>{t(before && !mine ? "rvTakeBack" : "rvUndo")} <kbd>u</kbd></button>
          <button type="button" class="btn" aria-disabled={at === 0 && !past.length} onClick={back}>{t("rvPrev")} <kbd>k</kbd></button>
          <button type="button" class="btn" aria-disabled={!p} onClick={next}>{t("rvNext")} <kbd>j</kbd></button>
          <label class="choice"><input type="checkbox" checked={all} onChange={(e) => { setAll(e.currentTarget.checked); setPast([]); jump(0, false); }} /> {t("rvAlso")}</label>
        </div>}
      </Page>
    </div>
  );
}
