// Sheets for paper, made by the server as PDF (numbered, registered): which, in which language and size; then opened.
import { useEffect, useState } from "preact/hooks";
import { ApiError, getBlob, query } from "./api";
import { type Key, getLang, languages, t } from "./i18n";
import { useShared } from "./state";
import { Dialog } from "./ui";

const ofUnit: [string, Key][] = [["pack", "psPack"], ["census", "psCensus"], ["mar", "psMar"], ["summary", "psSummary"], ["labels", "psLabels"], ["registration,vitals,mar-form,orders-form,notes,lab-requisition,transfer", "psForms"], ["contacts", "psContacts"]];
const ofPatient: [string, Key][] = [["summary,mar", "psBoth"], ["mar", "psMar"], ["summary", "psSummary"], ["labs", "psLabs"], ["labels,wristbands", "psLabels"], ["vitals,mar-form,orders-form,notes,lab-requisition,transfer", "psForms"]];
const papers: [string, string][] = [["a4", "A4"], ["letter", "Letter (8.5 × 11 in)"]];

export function SheetsButton({ unit, patient }: { unit?: string; patient?: string }) {
  const [open, setOpen] = useState(false);
  return <><button type="button" class="btn small noprint" id="sheets" onClick={() => setOpen(true)}>{t("psPrint")}</button>{open && <SheetsDialog unit={unit} patient={patient} onClose={() => setOpen(false)} />}</>;
}

function SheetsDialog({ unit, patient, onClose }: { unit: string | undefined; patient: string | undefined; onClose: () => void }) {
  const { signedOut, atParam } = useShared();
  const kinds = patient ? ofPatient : ofUnit;
  const [sheet, setSheet] = useState(kinds[0]![0]), [lang, setLang] = useState<string>(getLang()), [paper, setPaper] = useState("a4"), [large, setLarge] = useState(false);
  const [busy, setBusy] = useState(false), [wrong, setWrong] = useState(""), [url, setUrl] = useState("");
  useEffect(() => () => { if (url) setTimeout(() => URL.revokeObjectURL(url), 60000); }, [url]);
  const other = <T,>(set: (v: T) => void) => (v: T) => { set(v); setUrl(""); setWrong(""); };
  const make = async () => {
    if (busy) return;
    setBusy(true); setWrong(""); setUrl("");
    try { setUrl(URL.createObjectURL((await getBlob(`/api/paper${query({ unit, patient, sheet, lang, paper, large: large ? 1 : undefined, at: atParam || undefined })}`)).blob)); } catch (e) {
      if (e instanceof ApiError && e.status === 401) signedOut(); else setWrong(e instanceof ApiError && e.status === 503 ? t("psBusy") : e instanceof Error ? e.message : String(e));
    }
    setBusy(false);
  };
  const pick = (id: string, label: string, value: string, set: (v: string) => void, list: [string, string][]) => <label class="field"><span>{label}</span><select class="line" id={id} value={value} onChange={(e) => set(e.currentTarget.value)}>{list.map(([v, w]) => <option key={v} value={v}>{w}</option>)}</select></label>;
  return (
    <Dialog title={unit ? `${t("psPrint")} · ${unit}` : t("psPrint")} onClose={onClose}>
      <form onSubmit={(e) => { e.preventDefault(); void make(); }}>
        <p class="muted">{t("psMeans")}</p>
        {pick("sheets-kind", t("psKind"), sheet, other(setSheet), kinds.map(([v, k]) => [v, t(k)]))}
        {pick("sheets-lang", t("language"), lang, other(setLang), languages)}
        {pick("sheets-paper", t("psPaper"), paper, other(setPaper), papers)}
        <label class="choice"><input type="checkbox" id="sheets-large" checked={large} onChange={() => other(setLarge)(!large)} /> {t("psLarge")}</label>
        {wrong && <p class="note bad" role="alert">{wrong}</p>}
        {url ? <p class="note ok" role="status">{t("psDone")} <a class="btn main-act" id="sheets-open" href={url} target="_blank" rel="noreferrer">{t("psOpen")}</a></p>
          : <p class="row"><button type="submit" class="btn main-act" id="sheets-make" disabled={busy}>{t(busy ? "psMaking" : "psMake")}</button><button type="button" class="btn" onClick={onClose}>{t("close")}</button></p>}
      </form>
    </Dialog>
  );
}
