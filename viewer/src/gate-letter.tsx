// A letter about a link, made by the server of its entries: which, to whom, in which language; then opened or saved.
import { useEffect, useState } from "preact/hooks";
import { ApiError, getBlob, query } from "./api";
import { Wrong, sentence } from "./gate-parts";
import { type Key, getLang, languages, t } from "./i18n";
import { useShared } from "./state";
import { Dialog } from "./ui";

const kinds = ["cut", "conditions", "assurance"], readers = ["partner", "regulator", "insurer"], sheets: [string, string][] = [["a4", "A4"], ["letter", "Letter (8.5 × 11 in)"]], forms: [string, Key][] = [["pdf", "gLetterPdf"], ["txt", "gLetterText"]];
interface Made { url: string; file: string; upTo: string }
export function LetterDialog({ name, kind: first, onClose }: { name: string; kind: string; onClose: () => void }) {
  const { signedOut } = useShared();
  const [kind, setKind] = useState(first), [to, setTo] = useState("partner"), [lang, setLang] = useState<string>(getLang()), [paper, setPaper] = useState("a4"), [format, setFormat] = useState("pdf");
  const [busy, setBusy] = useState(false), [wrong, setWrong] = useState(""), [made, setMade] = useState<Made | null>(null);
  useEffect(() => () => { if (made) setTimeout(() => URL.revokeObjectURL(made.url), 60000); }, [made]);
  const other = <T,>(set: (v: T) => void) => (v: T) => { set(v); setMade(null); setWrong(""); };
  const make = async () => {
    if (busy) return;
    setBusy(true); setWrong(""); setMade(null);
    try {
      const r = await getBlob(`/api/gate/letter${query({ name, kind, to, lang, format, ...(format === "pdf" ? { paper } : {}) })}`);
      setMade({ url: URL.createObjectURL(r.blob), file: `${name}-${kind}-${to}-${lang}.${format}`, upTo: r.asOf.split(" ")[0] ?? "" });
    } catch (e) { if (e instanceof ApiError && e.status === 401) signedOut(); else setWrong(e instanceof ApiError ? sentence(e) : String(e)); }
    setBusy(false);
  };
  const Pick = ({ id, label, value, set, list }: { id: string; label: string; value: string; set: (v: string) => void; list: [string, string][] }) => <label class="field"><span>{label}</span><select class="line" id={id} value={value} onChange={(e) => set(e.currentTarget.value)}>{list.map(([v, w]) => <option key={v} value={v}>{w}</option>)}</select></label>;
  return (
    <Dialog title={t("gLetterTitle", { p: name })} onClose={onClose} wide>
      <form class="letter" onSubmit={(e) => { e.preventDefault(); void make(); }}>
        <fieldset><legend>{t("gLetterKind")}</legend>{kinds.map((k) => <label class="choice" key={k}><input type="radio" name="letter-kind" value={k} checked={kind === k} onChange={() => other(setKind)(k)} /> <span><b>{t(`gl_${k}` as Key)}</b> <small class="muted">{t(`glm_${k}` as Key)}</small></span></label>)}</fieldset>
        <div class="picks">
          {Pick({ id: "letter-to", label: t("gLetterTo"), value: to, set: other(setTo), list: readers.map((r) => [r, t(`glt_${r}` as Key)]) })}
          {Pick({ id: "letter-lang", label: t("language"), value: lang, set: other(setLang), list: languages })}
          {Pick({ id: "letter-form", label: t("gLetterForm"), value: format, set: other(setFormat), list: forms.map(([v, w]) => [v, t(w)]) })}
          {format === "pdf" && Pick({ id: "letter-paper", label: t("gLetterPaper"), value: paper, set: other(setPaper), list: sheets })}
        </div>
        <p class="muted">{t("gLetterMeans")}</p>
        <Wrong text={wrong} />
        {made ? <p class="note ok" role="status">{t("gLetterDone", { n: made.upTo })} <a class="btn main-act" id="letter-open" href={made.url} target="_blank" rel="noreferrer">{t("gLetterOpen")}</a> <a class="btn" id="letter-save" href={made.url} download={made.file}>{t("gLetterSave")}</a></p>
          : <p class="row"><button type="submit" class="btn main-act" id="letter-make" disabled={busy}>{t(busy ? "gLetterMaking" : "gLetterDo")}</button><button type="button" class="btn" onClick={onClose}>{t("close")}</button></p>}
      </form>
    </Dialog>
  );
}
