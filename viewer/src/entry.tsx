// What stands behind an age chip: the ledger entry, its proof, and the message as received.
import { useState } from "preact/hooks";
import { type ApiError, getText } from "./api";
import { agoOf, bytes, count, full } from "./format";
import { t } from "./i18n";
import { useData, useNow, useShared } from "./state";
import { Dialog, Fail, Loading } from "./ui";

interface Entry { seq: number; kind: string; flags: number; time: string; source: string; size: number; commit: string; leafHash: string; proof: string | null; publishedIn?: number; checkpoint: string }

export function EntryDialog({ n, onClose }: { n: number; onClose: () => void }) {
  const { may } = useShared();
  const { data, error, reload } = useData<Entry>(`/api/entry/${n}`, `entry ${n}`);
  const [raw, setRaw] = useState<{ text?: string; wait?: boolean; error?: string }>({});
  const [copied, setCopied] = useState("");
  const now = useNow(10000);
  const copy = (what: string, text: string) => { navigator.clipboard?.writeText(text).then(() => setCopied(what), () => setCopied("")); };
  const show = () => {
    setRaw({ wait: true });
    getText(`/api/entry/${n}/raw`).then((text) => setRaw({ text }), (e: ApiError) => setRaw({ error: e.code === "unreachable" ? t("unreachableNothing") : e.text }));
  };
  return (
    <Dialog title={`${t("entry")} ${n}`} onClose={onClose} wide>
      <Fail error={error} onRetry={reload} />
      {!data && !error && <Loading what={`${t("entry")} ${n}`} />}
      {data && (
        <>
          <dl class="kv">
            <dt>{t("received")}</dt><dd>{full(data.time)} <span class="muted">{agoOf(data.time, now)}</span></dd>
            <dt>{t("source")}</dt><dd>{data.source || "–"}</dd>
            <dt>{t("kind")}</dt><dd>{data.kind}</dd>
            <dt>{t("size")}</dt><dd>{bytes(data.size)}</dd>
          </dl>
          <h3>{t("raw")}</h3>
          {data.kind === "ecg" ? <p class="row"><a class="btn" href={`/api/ecg/${n}/file`} download>{t("eDownload")}</a><span class="muted">{t("rawRecorded")}</span></p> : !may("raw") ? <p class="muted">{t("rawNot")}</p> : raw.text === undefined ? (
            <p class="row"><button type="button" class="btn" onClick={show} disabled={raw.wait}>{t("show")}</button><span class="muted">{t("rawRecorded")}</span></p>
          ) : <pre class="raw" tabIndex={0} aria-label={t("raw")}>{message(raw.text)}</pre>}
          {raw.error && <p class="note bad" role="alert">{raw.error}</p>}
          <h3>{t("proof")} {data.proof ? <span class="tag green">{t("proven")}</span> : null}</h3>
          {data.proof ? (
            <>
              <p>{t("proofMeans", { n: count(data.seq), m: count(Number(data.checkpoint.split("\n")[1]) || data.seq + 1) })}</p>
              <details><summary>{t("showProof")}</summary>
                <p class="muted">{t("proofText")}</p>
                <pre tabIndex={0} aria-label={t("proof")}>{data.proof}</pre>
                <p class="row"><button type="button" class="btn small" onClick={() => copy("proof", data.proof!)}>{t("copy")}</button>{copied && <span role="status">{t("copied")}</span>}</p>
              </details>
            </>
          ) : <p class="row"><span>{t("notProvenYet")}</span><button type="button" class="btn small" onClick={reload}>{t("retry")}</button></p>}
          <details><summary>{t("details")}</summary>
            <dl class="kv mono"><dt>{t("commit")}</dt><dd>{data.commit}</dd><dt>{t("leafHash")}</dt><dd>{data.leafHash}</dd></dl>
            <pre tabIndex={0} aria-label={t("head")}>{data.checkpoint}</pre>
          </details>
        </>
      )}
    </Dialog>
  );
}

// HL7 v2 a segment a line with its name in bold; anything else as it is
function message(text: string) {
  if (!/^(MSH|FHS|BHS)/.test(text)) return text;
  return text.split(/\r\n|\r|\n/).filter(Boolean).map((s, i) => <div key={i}><b>{s.slice(0, 3)}</b>{s.slice(3)}</div>);
}
