// What the pages of partners share: a state, a proof, and something that is asked of the server, with its refusal in a sentence.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type ApiError, post } from "./api";
import { type Link, proofOf, shut, stateWord } from "./gate";
import { t } from "./i18n";
import { useShared } from "./state";

export const sentence = (e: ApiError) => (e.code === "unreachable" ? t("unreachableNothing") : e.text);
export const StateTag = ({ s }: { s: string }) => <b class={`tag gs ${s === "OPEN" ? "" : s === "CUT" ? "red" : "amber"}`}>{stateWord(s)}</b>;
export const linkHash = (name: string) => `#/partners/link/${encodeURIComponent(name)}`;
export const Proven = ({ ok }: { ok: boolean }) => <span class={`tag ${ok ? "green" : "red"}`}>{ok ? <><span aria-hidden="true">✓ </span>{t("proven")}</> : t("gNotProven")}</span>;

// "0 bytes since 12:03:07 · probe refused 12:03:08 · by the relay", green only when all of it holds
export function ProofLine({ l, now, wait }: { l: Link; now: number; wait?: boolean }) {
  const p = proofOf(l, now);
  if (!shut(l)) return <span class="muted">{t("gNoProof")}</span>;
  if (!p) return <span class="muted">{wait ? t("gNotProvenYet") : t("gNotProven")}</span>;
  return <span title={p.raw}><Proven ok={p.ok} /> {p.zero && <b>{p.zero}</b>}{p.zero && " · "}{p.probe}{p.method && <span class="muted"> · {p.method}</span>}</span>;
}

// One thing at a time; what was refused stays beside the button until the next try.
export function useAct() {
  const { signedOut } = useShared(), [busy, setBusy] = useState(false), [wrong, setWrong] = useState("");
  const act = <T,>(path: string, body: unknown, then: (r: T) => void, after?: () => void) => {
    if (busy) return;
    setBusy(true); setWrong("");
    post<T>(path, body).then((r) => { setBusy(false); then(r); after?.(); }, (e: ApiError) => { setBusy(false); if (e.status === 401) signedOut(); else setWrong(sentence(e)); after?.(); });
  };
  return { busy, wrong, setWrong, act };
}
export const Wrong = ({ text }: { text: string }) => (text ? <p class="note bad" role="alert">{text}</p> : null);
export function Reason({ id, value, set, label, needed }: { id: string; value: string; set: (v: string) => void; label?: string; needed?: boolean }) {
  return <label class="field"><span>{label ?? t("gReason")}</span><input id={id} value={value} maxLength={2000} required={needed} onInput={(e) => set(e.currentTarget.value)} /></label>;
}
export const Page = ({ children }: { children: ComponentChildren }) => <div class="scroller" id="content" tabIndex={0} role="main">{children}</div>;
