import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Row, rowsOf } from "./fhir";
import { ageOf, birth, count, sexWord, stamp } from "./format";
import { t } from "./i18n";
import { useData, useNow, usePaper, useShared, withAt } from "./state";
import { Fail, Loading, RowMarks, Who, memo, useGrow } from "./ui";

let lastText = ""; // while the page is open; never kept
export function SearchPage() {
  const { atParam, at, go, lang } = useShared();
  const [text, setText] = useState(lastText);
  const [asked, setAsked] = useState(lastText);
  const input = useRef<HTMLInputElement>(null);
  const now = useNow(30000);
  const ref = at?.time ? Date.parse(at.time) : now;
  useLayoutEffect(() => { input.current?.focus(); input.current?.select(); }, []); // before the next key, which is already meant for it
  useEffect(() => { lastText = text; const id = setTimeout(() => setAsked(text.trim()), 220); return () => clearTimeout(id); }, [text]);
  const enough = asked.length >= 2 || /[^\u0000-\u02ff]/.test(asked);
  const { data, error, loading, reload } = useData<unknown>(enough ? withAt("/api/search", atParam, { q: asked, max: 500 }) : null, `search ${asked}`);
  const found = data ? rowsOf(data) : null;
  // Enter opens the one who was found for what stands in the field now, never for what stood there a moment ago
  const [enter, setEnter] = useState("");
  const openOne = () => { if (found?.rows.length === 1) go(`#/chart/${encodeURIComponent(found.rows[0]!.id)}`); };
  useEffect(() => { if (enter && enter === asked && data) { setEnter(""); queueMicrotask(openOne); } }, [enter, asked, data]);
  const grow = useGrow(found?.rows.length ?? 0);
  const alike = found?.rows.filter((r) => r.lookalike).length ?? 0;
  usePaper(t("search"), "");
  const move = (e: KeyboardEvent) => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    const all = [...document.querySelectorAll<HTMLElement>(".rowlink")];
    const i = all.indexOf(document.activeElement as HTMLElement);
    const next = e.key === "ArrowDown" ? all[i + 1] : i === 0 ? input.current : all[i - 1];
    if (next) { e.preventDefault(); next.focus(); }
  };
  return (
    <div class="column">
      <div class="head">
        <div class="pagehead"><h1 class="vh" tabIndex={-1}>{t("search")}</h1>
          <label class="searchbox"><span class="vh">{t("searchHint")}</span>
            <input id="q" ref={input} type="search" class="line" autocomplete="off" spellcheck={false} placeholder={t("searchHint")} value={text} onInput={(e) => { setText(e.currentTarget.value); setEnter(""); }}
              onKeyDown={(e) => { if (e.key !== "Enter") move(e); else if (text.trim() === asked && data) openOne(); else { setAsked(text.trim()); setEnter(text.trim()); } }} /></label>
          <span role="status" class="muted">{found ? t(found.rows.length >= 500 ? "foundMany" : "found", { n: count(found.rows.length) }) : ""}</span>
        </div>
      </div>
      <div class="scroller" id="content" tabIndex={0} role="main" onKeyDown={move}>
        <Fail error={error} onRetry={reload} />
        {!enough && <p class="muted hint">{t("searchHow")}</p>}
        {enough && !found && loading && <Loading what={t("search")} />}
        {alike > 1 && <p class="note bad"><b>{t("lookalike")}</b> {t("searchAlike", { n: alike })}</p>}
        {found && found.rows.length === 0 && <p class="note">{t("searchNone")}</p>}
        {found && found.rows.length > 0 && (
          <>
            <div class="found headrow" aria-hidden="true"><span>{t("nameWord")}</span><span>{t("born")}</span><span>{t("age")}</span><span>{t("sex")}</span><span>{t("number")}</span><span>{t("place")}</span><span /></div>
            <ul class="foundlist">{found.rows.slice(0, grow.n).map((r) => <Found key={r.id} r={r} now={Math.floor(now / 60000) * 60000} ref_={Math.floor(ref / 60000) * 60000} lang={lang} />)}
            </ul>
            {grow.end}
          </>
        )}
      </div>
    </div>
  );
}
const Found = memo(({ r, now, ref_ }: { r: Row; now: number; ref_: number; lang: string }) => (
              <li><a class={`found rowlink ${r.lookalike ? "look" : ""}`} href={`#/chart/${encodeURIComponent(r.id)}`}>
                <Who name={r.name} masked={r.masked} />
                <span class={r.lookalike ? "strong" : ""}>{r.masked ? "" : birth(r.birth) || t("noBirth")}</span><span>{r.masked ? "" : ageOf(r.birth, ref_)}</span><span>{r.masked ? "" : sexWord(r.sex)}</span><span class={r.lookalike ? "strong" : ""}>{r.number}</span>
                <span>{r.unit ? <>{r.unit} {[r.room, r.bed].filter(Boolean).join("-")}</> : <span class="muted">{t("notInHouse")}{r.received ? ` · ${t("received")} ${stamp(r.received, now)}` : ""}</span>}</span>
                <span class="marks"><RowMarks row={r} /></span>
              </a></li>
));
