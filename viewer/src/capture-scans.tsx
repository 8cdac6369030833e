// Paper that comes back: files of a scanner or a telephone are brought, what became of each page is said; pages that could not be filed are looked at and filed by hand, or dropped; and the sheets that nobody has typed.
import { useRef, useState } from "preact/hooks";
import { ApiError, post, postFile, query } from "./api";
import { fault } from "./capture-back";
import { Places } from "./capture-parts";
import { type Any } from "./fhir";
import { count, full } from "./format";
import { type Key, t } from "./i18n";
import { useData, usePaper, useShared } from "./state";
import { Fail, Loading } from "./ui";

const s = (x: unknown) => (typeof x === "string" ? x : ""), n = (x: unknown) => (typeof x === "number" ? x : 0), list = (x: unknown) => (Array.isArray(x) ? (x as Any[]) : []);
const whys = ["no-code", "misread", "several-sheets", "other-site", "unknown-sheet", "twice", "nobodys", "other-patient"];
const why = (w: string) => (whys.includes(w) ? t(`snw_${w}` as Key) : w);
const chart = (id: string) => (id ? <a href={`#/chart/${encodeURIComponent(id)}`}>{id}</a> : null);
interface Brought { name: string; pages: Any[]; wrong: string }

export function ScansPage() {
  const { data, error, fetched, reload } = useData<Any>("/api/paper/scan", "scans", 30000), { signedOut } = useShared(), unfiled = list(data?.unfiled), untyped = list(data?.untyped);
  const [brought, setBrought] = useState<Brought[]>([]), [busy, setBusy] = useState(""), [patient, setPatient] = useState(""), file = useRef<HTMLInputElement>(null);
  usePaper("", t("cpScans"));
  const bring = async () => {
    const files = [...(file.current?.files ?? [])], said: Brought[] = [];
    if (busy || !files.length) return;
    for (const f of files) {
      setBusy(f.name);
      try { said.push({ name: f.name, pages: list((await postFile<Any>(`/api/paper/scan${query({ patient: patient.trim() || undefined })}`, f)).pages), wrong: "" }); } catch (x) {
        if (x instanceof ApiError && x.status === 401) { signedOut(); return; }
        said.push({ name: f.name, pages: [], wrong: x instanceof ApiError ? fault(x) : String(x) });
      }
      setBrought([...said]);
    }
    setBusy(""); setPatient(""); reload();
    if (file.current) file.current.value = "";
  };
  return (
    <div class="column">
      <div class="head"><div class="pagehead"><h1 tabIndex={-1}>{t("cpScans")}</h1><span class="grow" /><Places here="scans" /></div></div>
      <div class="scroller" id="content" tabIndex={0} role="main">
        <form class="panel noprint" onSubmit={(e) => { e.preventDefault(); void bring(); }}><div class="in">
          <p>{t("snMeans")}</p>
          <label class="field"><span>{t("snFiles")}</span><input id="scan-files" ref={file} type="file" multiple accept=".pdf,.png,.jpg,.jpeg,.tif,.tiff,application/pdf,image/*" /></label>
          <label class="field"><span>{t("snPatient")}</span><input id="scan-patient" type="text" autocomplete="off" value={patient} onInput={(e) => setPatient(e.currentTarget.value)} /></label>
          <p class="row"><button type="submit" class="btn main-act" id="scan-bring" disabled={!!busy}>{busy ? t("snReading", { f: busy }) : t("snBring")}</button></p>
        </div></form>
        {brought.map((b) => (
          <section class="panel" key={b.name} aria-label={b.name}><header><h2>{b.name}</h2></header><div class="in" role="status">
            {b.wrong && <p class="note bad" role="alert">{b.wrong}</p>}
            {b.pages.length > 0 && <ul class="scan-said">{b.pages.map((p) => <li key={n(p.page)}>{t("snPage", { p: n(p.page) })}: <b class={`tag ${p.result === "filed" ? "" : p.result === "unfiled" || p.result === "unreadable" ? "red" : "amber"}`}>{t(`snr_${s(p.result)}` as Key)}</b> {p.result === "filed" && <>{s(p.of)} {s(p.sheet)} · {t("snPage", { p: n(p.sheetPage) })} {chart(s(p.patient))}</>}{p.result === "unfiled" && why(s(p.why))}{s(p.error)}</li>)}</ul>}
          </div></section>))}
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {!data && !error && <Loading what={t("cpScans")} />}
        {data && <>
          <h2 id="scan-left">{t("snUnfiled")} <small>{count(unfiled.length)}</small></h2>
          {!unfiled.length && <p class="note ok">{t("snNoneLeft")}</p>}
          {unfiled.map((u) => <Page key={s(u.id)} u={u} settled={reload} />)}
          <h2>{t("snUntyped")} <small>{count(untyped.length)}</small></h2>
          <p class="muted">{t("snUntypedMeans")}</p>
          {untyped.length > 0 && <ul id="scan-untyped" class="picklist">{untyped.map((x) => <Untyped key={s(x.sheet)} x={x} settled={reload} />)}</ul>}
        </>}
      </div>
    </div>
  );
}

// The picture is fetched when somebody wants to see it: each look is an entry.
function Page({ u, settled }: { u: Any; settled: () => void }) {
  const [shown, setShown] = useState(false), [sheet, setSheet] = useState(s(u.sheet)), [who, setWho] = useState(""), [reason, setReason] = useState(""), [wrong, setWrong] = useState(""), [busy, setBusy] = useState(false), at = `/api/paper/scan/${encodeURIComponent(s(u.id))}`;
  const tell = (body: unknown) => { setBusy(true); setWrong(""); post(at, body).then(settled, (x: ApiError) => { setBusy(false); setWrong(fault(x)); }); };
  return (
    <section class="panel unfiled" aria-label={s(u.id)}><div class="in">
      <p><b class="tag red">{why(s(u.why))}</b> <small class="muted">{s(u.id)} · {full(s(u.time))} · {s(u.by)}{s(u.patient) && ` · ${s(u.patient)}`}</small></p>
      {list(u.codes).length > 0 && <p class="muted">{t("snCodes")}: {(u.codes as string[]).join(", ")}</p>}
      {shown ? <img class="scan-page" src={at} alt={t("snPicture")} /> : <p><button type="button" class="btn small noprint scan-look" onClick={() => setShown(true)}>{t("snLook")}</button></p>}
      <form class="row noprint" onSubmit={(e) => { e.preventDefault(); if (sheet.trim()) tell({ sheet: sheet.trim(), ...(who.trim() ? { patient: who.trim() } : {}) }); }}>
        <label class="field"><span>{t("snSheet")}</span><input class="scan-sheet" type="text" autocomplete="off" spellcheck={false} value={sheet} onInput={(e) => setSheet(e.currentTarget.value)} /></label>
        <label class="field"><span>{t("snWhose")}</span><input class="scan-whose" type="text" autocomplete="off" value={who} onInput={(e) => setWho(e.currentTarget.value)} /></label>
        <button type="submit" class="btn main-act scan-file" disabled={busy || !sheet.trim()}>{t("snFile")}</button>
      </form>
      <form class="row noprint" onSubmit={(e) => { e.preventDefault(); if (reason.trim()) tell({ drop: true, reason: reason.trim() }); }}>
        <label class="field"><span>{t("snReason")}</span><input class="scan-reason" type="text" autocomplete="off" value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
        <button type="submit" class="btn scan-drop" disabled={busy || !reason.trim()}>{t("snDrop")}</button>
      </form>
      {wrong && <p class="note bad" role="alert">{wrong}</p>}
    </div></section>
  );
}

function Untyped({ x, settled }: { x: Any; settled: () => void }) {
  const [reason, setReason] = useState(""), [wrong, setWrong] = useState("");
  const tell = () => { setWrong(""); post("/api/paper/scan/typed", { sheet: s(x.sheet), reason: reason.trim() }).then(settled, (e: ApiError) => setWrong(fault(e))); };
  return (
    <li><b>{s(x.of)}</b> {s(x.sheet)} {s(x.unit)} {chart(s(x.patient))} <small class="muted">{full(s(x.time))}{n(x.pages) > 1 && ` · ${n(x.filed)}/${n(x.pages)}`}</small>
      <form class="row noprint" onSubmit={(e) => { e.preventDefault(); if (reason.trim()) tell(); }}><label class="field"><span>{t("snNothing")}</span><input type="text" autocomplete="off" value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label><button type="submit" class="btn small" disabled={!reason.trim()}>{t("snTyped")}</button></form>
      {wrong && <p class="note bad" role="alert">{wrong}</p>}
    </li>
  );
}
