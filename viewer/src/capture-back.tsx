// The way back of what was written down: a work list for each owner, several at once; and the balance, with what is missing to close.
import { useMemo, useState } from "preact/hooks";
import { type ApiError, post } from "./api";
import { itemsOf, owners, ownerWord } from "./capture";
import { ItemLine, Places, Queue } from "./capture-parts";
import { type Balance, useDowntime } from "./downtime";
import { count } from "./format";
import { type Key, t } from "./i18n";
import { useData, usePaper, useShared } from "./state";
import { Fail, Loading } from "./ui";

const lists: [string, Key][] = [["unsettled", "cb_unsettled"], ["refused", "cb_refused"], ["settled", "cb_settled"], ["", "cb_all"]];
const settled = ["filed", "already_there", "superseded"];
let lastOwner = "", lastList = "unsettled"; // while the page is open
export interface Said { items: { id: string; state: string; changed: boolean; why?: string }[] }
export const outcome = (s: Said): { said: string; left: string } => ({ said: s.items.filter((x) => x.changed).map((x) => x.id).join(", "), left: [...new Set(s.items.filter((x) => !x.changed).map((x) => x.why ?? x.id))].join("; ") });
export const fault = (x: ApiError) => (x.code === "unreachable" ? t("unreachableNothing") : x.text);

export function BackPage() {
  const { renewBoard } = useShared(), d = useDowntime(), [owner, setOwner] = useState(lastOwner), [list, setList] = useState(lastList), [pages, setPages] = useState<number[]>([]), [chosen, setChosen] = useState<string[]>([]), [said, setSaid] = useState(""), [wrong, setWrong] = useState(""), [busy, setBusy] = useState(false);
  const before = pages[pages.length - 1], state = list === "settled" ? "" : list;
  const { data, error, fetched, reload } = useData<unknown>(`/api/captures?max=100${owner ? `&owner=${owner}` : ""}${state ? `&state=${state}` : ""}${before ? `&before=${before}` : ""}`, `captures ${owner} ${list}`, 10000);
  const all = useMemo(() => (data ? itemsOf(data) : null), [data]), items = (all?.items ?? []).filter((i) => list !== "settled" || settled.includes(i.state));
  const counts = (data as { counts?: Record<string, Record<string, number>> } | null)?.counts ?? {}, unfiled = (o: string) => { const c = counts[o] ?? {}; return (c.open ?? 0) + (c.reviewed ?? 0) + (c.unknown ?? 0); };
  const mine = (o: string) => (d?.mayReview ?? []).includes(o), open = items.filter((i) => i.state === "open" && mine(i.owner)), marked = chosen.filter((id) => open.some((i) => i.id === id));
  usePaper("", `${t("cpWayBack")} · ${owner ? ownerWord(owner) : t("coAll")}`);
  const choose = (o: string, l: string) => { lastOwner = o; lastList = l; setOwner(o); setList(l); setPages([]); setChosen([]); };
  const review = () => {
    setBusy(true); setSaid(""); setWrong("");
    post<Said>("/api/backload/review", { items: marked.slice(0, 200) }).then((s) => { const o = outcome(s); setSaid(o.said); setWrong(o.left); setChosen([]); setBusy(false); reload(); renewBoard(); }, (x: ApiError) => { setWrong(fault(x)); setBusy(false); });
  };
  const keys = (e: KeyboardEvent) => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    const links = [...document.querySelectorAll<HTMLElement>(".itemlist .rowlink")], next = links[links.indexOf(document.activeElement as HTMLElement) + (e.key === "ArrowDown" ? 1 : -1)];
    if (next) { e.preventDefault(); next.focus(); }
  };
  return (
    <div class="column">
      <div class="head">
        <div class="pagehead"><h1 tabIndex={-1}>{t("cpWayBack")}</h1><span class="grow" /><Places here="back" /></div>
        <div class="units noprint" role="group" aria-label={t("cbOwners")}>{["", ...owners].map((o) => <button type="button" key={o} aria-pressed={owner === o} onClick={() => choose(o, list)}>{o ? ownerWord(o) : t("coAll")}<span class="muted"> {count(o ? unfiled(o) : owners.reduce((n, x) => n + unfiled(x), 0))}</span></button>)}</div>
        <div class="units noprint" role="group" aria-label={t("cbLists")}>{lists.map(([l, w]) => <button type="button" key={l} aria-pressed={list === l} onClick={() => choose(owner, l)}>{t(w)}</button>)}</div>
      </div>
      <div class="scroller" id="content" tabIndex={0} role="main" onKeyDown={keys}>
        <Queue />
        <BalanceTable counts={counts} owners={d?.byOwner} whole={d?.balance} />
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!all && !error && <Loading what={t("cpWayBack")} />}
        {said && <p class="note ok" role="status">{t("cbSaid", { l: said })}</p>}{wrong && <p class="note bad" role="alert">{t("cbNothingDone", { w: wrong })}</p>}
        {open.length > 0 && <p class="row noprint"><label class="choice"><input type="checkbox" checked={marked.length === open.length} onChange={(e) => setChosen(e.currentTarget.checked ? open.map((i) => i.id) : [])} /> {t("all")}</label><button type="button" id="review" class="btn main-act" disabled={!marked.length || busy} onClick={review}>{t("cbReviewN", { n: marked.length })}</button></p>}
        {all && items.length === 0 && <p class="note">{t("cbNoneHere")}</p>}
        <ul class="itemlist wide">{items.map((i) => <ItemLine key={i.entry} i={i} whose href={`#/capture/back/${encodeURIComponent(i.id)}`} more={open.includes(i) ? <label class="choice noprint"><input type="checkbox" checked={chosen.includes(i.id)} onChange={(e) => setChosen(e.currentTarget.checked ? [...chosen, i.id] : chosen.filter((x) => x !== i.id))} /><span class="vh">{t("cbSelect")} {i.id}</span></label> : null} />)}</ul>
        <p class="row noprint">{pages.length > 0 && <button type="button" class="btn small" onClick={() => setPages(pages.slice(0, -1))}>{t("newer")}</button>}{all?.before != null && <button type="button" class="btn small" onClick={() => setPages([...pages, all.before!])}>{t("cbMore")}</button>}</p>
      </div>
    </div>
  );
}

const columns: [keyof Balance, Key][] = [["open", "cs_open"], ["unknown", "cs_unknown"], ["refused", "cs_refused"], ["filed", "cs_filed"], ["already_there", "cs_already_there"], ["superseded", "cs_superseded"], ["items", "cbItems"]];
const empty: Balance = { items: 0, filed: 0, already_there: 0, refused: 0, superseded: 0, unknown: 0, open: 0 };
function BalanceTable({ counts, owners: said, whole }: { counts: Record<string, Record<string, number>>; owners?: Record<string, Balance>; whole?: Balance | null }) {
  const of = (o: string): Balance => { const c = counts[o] ?? {}, n = (k: string) => c[k] ?? 0; return said?.[o] ?? { items: Object.values(c).reduce((a, b) => a + b, 0), filed: n("filed"), already_there: n("already_there"), refused: n("refused"), superseded: n("superseded"), unknown: n("unknown"), open: n("open") + n("reviewed") }; };
  const rows = owners.map((o): [string, Balance] => [o, of(o)]), sum = whole ?? rows.reduce((a, [, b]) => Object.fromEntries(columns.map(([k]) => [k, a[k] + b[k]])) as unknown as Balance, empty), left = sum.open + sum.unknown;
  if (!sum.items) return <p class="note">{t("cbNoneEver")}</p>;
  return (
    <details class="panel balance"><summary><b>{t("cbBalance")}{t("colon")}</b><span class={left ? "strong" : "agrees"}>{left ? t("cbMissing", { n: count(left), o: count(sum.open), u: count(sum.unknown) }) : t("cbZero")}</span></summary>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("cbBalance")}><table><thead><tr><th scope="col">{t("cbOwner")}</th>{columns.map(([k, w]) => <th scope="col" class="num" key={k}>{t(w)}</th>)}</tr></thead>
        <tbody>{[...rows, ["", sum] as [string, Balance]].map(([o, b]) => <tr key={o} class={o ? "" : "sum"}><th scope="row">{o ? ownerWord(o) : t("all")}</th>{columns.map(([k]) => <td class={`num ${b[k] && /^(open|unknown|refused)$/.test(k) ? "strong" : ""}`} key={k}>{count(b[k])}</td>)}</tr>)}</tbody></table></div>
    </details>
  );
}
