// Who was stopped because he destroys files: why, which files, and the two ways out: let him go on, or put the files back. The sensor carries out what is ordered here; this machine cannot reach it.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError, get, post } from "./api";
import { full, stamp } from "./format";
import { type Order, type Verdict, type WatchEvent, english, named, watchOf } from "./gate";
import { t } from "./i18n";
import { commanded, keysOn, typing } from "./settings";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Instruction, Loading } from "./ui";

const sentence = (e: ApiError) => (e.code === "unreachable" ? t("unreachableNothing") : e.text);
const stands = (v: Verdict) => v.state !== "released" && !(/^(observed|look)$/.test(v.state) && v.restored);
const StateTag = ({ v }: { v: Verdict }) => <><b class={`tag ${v.state === "released" ? "" : v.restored || v.state === "look" ? "amber" : "red"}`}>{named("ws_", v.state)}</b>{v.restored && <> <span class="tag green"><span aria-hidden="true">✓ </span>{t("wRestored")}</span></>}</>;
const whoOf = (v: Verdict) => [v.comm && t("wProcess", { c: v.comm, p: v.pid, u: v.user || v.uid }), v.client && t("wClient", { a: v.client })].filter(Boolean).join(" · ");
const data = () => useData<unknown>("/api/watch", "watch", 3000);

export function Writers() {
  const { data: raw, error, fetched, reload } = data(), now = useNow(1000);
  const w = raw ? watchOf(raw) : null, all = w ? [...w.verdicts.filter(stands), ...w.verdicts.filter((v) => !stands(v))] : [];
  return (
    <section class={`panel ${all.some((v) => stands(v) && !v.restored && v.state !== "look") ? "stale" : ""}`} aria-labelledby="h-writers">
      <header><h2 id="h-writers">{t("wTitle")}</h2>{w && w.sensor.known && <span class={`tag ${w.sensor.answers ? "green" : "red"}`}>{t(w.sensor.answers ? "wWatching" : "wSilent")}</span>}<span class="grow" /><a href="#/partners/incident">{t("incident")}</a></header>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {!w ? !error && <Loading what={t("wTitle")} /> : all.length === 0 ? <p class="in">{w.sensor.known ? t("wNone") : <>{t("wNoSensor")} <span class="cmd mono"><Instruction text={t("wNoSensorNext")} /></span></>}</p> : (
        <ul class="verdicts">{all.slice(0, 50).map((v) => (
          <li key={v.id}><a href={`#/alarms/${v.id}`}><StateTag v={v} /> <b>{whoOf(v) || v.id}</b> <span class="muted">{stamp(v.time, now)} · {t("wFileCount", { n: v.fileCount })} · {v.id}</span></a>{v.reasons[0] && <p lang={english()}>{v.reasons[0]}</p>}</li>))}
        </ul>)}
      <Notes list={(w?.notes ?? []).filter((n) => n.event !== "ready").slice(0, 5)} now={now} />
    </section>
  );
}
function Notes({ list, now }: { list: WatchEvent[]; now: number }) {
  return list.length ? <ul class="lines in">{list.map((n) => <li key={n.entry}><span class="tag amber">{named("we_", n.event)}</span><span class="w" lang={english()}>{n.text}</span><span class="muted">{stamp(n.time, now)} · {t("entry")} {n.entry}</span></li>)}</ul> : null;
}

// An order, and what came of it; asked again until it is carried out.
function useOrder(): { order: Order | null; wrong: string; busy: boolean; give: (path: string, body: unknown, then: (o: Order) => void) => void; forget: () => void } {
  const { signedOut } = useShared(), [order, set] = useState<Order | null>(null), [wrong, setWrong] = useState(""), [busy, setBusy] = useState(false), gone = useRef(false);
  useEffect(() => () => { gone.current = true; }, []);
  const settle = async (first: Promise<Order>, then: (o: Order) => void) => {
    setBusy(true); setWrong("");
    try {
      let o = await first;
      for (; !gone.current && (o.state === "waiting" || o.state === "taken"); o = await get<Order>(`/api/watch/order/${o.order}`)) { set(o); await new Promise((ok) => setTimeout(ok, 700)); }
      if (gone.current) return;
      set(o);
      if (o.state === "void") setWrong(t("wVoid"));
      else if (!o.result?.ok) setWrong(o.result?.error ?? o.state);
      then(o);
    } catch (e) {
      if (gone.current) return;
      if ((e as ApiError).status === 401) signedOut(); else setWrong(sentence(e as ApiError));
    }
    setBusy(false);
  };
  return { order, wrong, busy, give: (path, body, then) => { if (!busy) void settle(post<Order>(path, body), then); }, forget: () => { set(null); setWrong(""); } };
}

export function VerdictPage({ id }: { id: string }) {
  const { may, openEntry } = useShared(), { data: raw, error, fetched, reload } = data(), now = useNow(1000);
  const [reason, setReason] = useState(""), [said, setSaid] = useState("");
  const proposal = useOrder(), act = useOrder();
  const w = raw ? watchOf(raw) : null, v = w?.verdicts.find((x) => x.id === id);
  usePaper(id, v ? named("ws_", v.state) : "");
  const can = may("cut") && !!w?.sensor.answers;
  const release = () => act.give(`/api/watch/${id}/release`, { reason: reason.trim() }, (o) => { if (o.result?.ok) { setSaid(t("wReleased", { n: o.result.continued ?? 0 })); proposal.forget(); } reload(); });
  const propose = () => { setSaid(""); proposal.give(`/api/watch/${id}/restore`, { dry_run: true }, () => {}); };
  const restore = () => act.give(`/api/watch/${id}/restore`, { reason: reason.trim() }, (o) => { const r = o.result; if (r?.ok) { setSaid(t("wDone", { p: r.put_back, a: r.set_aside, l: r.left, v: r.vault, f: r.failed })); proposal.forget(); } reload(); });
  const key = (e: KeyboardEvent) => {
    if (!keysOn() || commanded(e) || typing(e.target) || document.querySelector("dialog[open]") || !v || !can) return;
    if (e.key === "r" && v.state !== "released") { e.preventDefault(); release(); }
    if (e.key === "b") { e.preventDefault(); propose(); }
  };
  const newest = useRef(key);
  newest.current = key;
  useLayoutEffect(() => { const press = (e: KeyboardEvent) => newest.current(e); addEventListener("keydown", press); return () => removeEventListener("keydown", press); }, []);
  if (!v) return <div class="scroller" id="content" tabIndex={0} role="main"><Fail error={error} onRetry={reload} />{!w ? !error && <Loading what={id} /> : <p class="note">{id}{t("colon")}{t("wNone")} <a href="#/alarms">{t("alarms")}</a></p>}</div>;
  const p = proposal.order?.result?.ok ? proposal.order.result : null, change = p ? p.put_back + p.set_aside : 0;
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{whoOf(v) || v.id}</h1><StateTag v={v} /><span class="muted">{v.id} · {full(v.time)}{v.entry !== null && <> · <button type="button" class="link" onClick={() => openEntry(v.entry!)}>{t("entry")} {v.entry}</button></>}</span><span class="grow" /><a class="btn small noprint" href="#/alarms">{t("alarms")}</a></div>
      <Fail error={error} onRetry={reload} fetched={fetched} />
      {w && !w.sensor.answers && <p class="note bad">{t("wSilent")} <span class="block mono" lang="en"><Instruction text={`holdfast watch release ${id}`} /> · <Instruction text={`holdfast watch restore ${id} --dry-run`} /></span></p>}
      {said && <p class="note ok" role="status">{said}</p>}
      {(act.wrong || proposal.wrong) && <p class="note bad" role="alert">{act.wrong || proposal.wrong}</p>}
      {(act.busy || proposal.busy) && <p class="note" role="status">{t((act.order ?? proposal.order)?.state === "taken" ? "wLate" : "wAsking")}</p>}
      <div class="cols">
        <section class="panel" aria-labelledby="h-why"><header><h2 id="h-why">{t("wReasons")}</h2></header><div class="in"><ul class="will" lang={english()}>{v.reasons.map((r, i) => <li key={i}>{r}</li>)}</ul>{v.state !== "look" && <p><b>{t("wBegan")}{t("colon")}{full(v.began)}</b></p>}</div></section>
        {may("cut") && <section class="panel noprint" aria-label={t("next")}><div class="in">
          {v.state !== "observed" && <p class="row"><button type="button" class="btn" id="release" disabled={act.busy || !can || v.state === "released"} onClick={release}>{t(v.state === "look" ? "wRight" : "wRelease")} <kbd aria-hidden="true">r</kbd></button>{v.state !== "look" && <span class="muted">{t("wReleaseMeans")}</span>}</p>}
          <p class="row"><button type="button" class="btn main-act" id="propose" disabled={proposal.busy || act.busy || !can} onClick={propose}>{t("wPropose")} <kbd aria-hidden="true">b</kbd></button><span class="muted">{t("wProposeMeans")}</span></p>
          <label class="field"><span>{t("wReason")}</span><input value={reason} maxLength={2000} onInput={(e) => setReason(e.currentTarget.value)} /></label>
        </div></section>}
      </div>
      {p && <section class="panel proposal" aria-labelledby="h-prop"><header><h2 id="h-prop">{t("wProposal")}</h2></header><div class="in">
        {(p.lines ?? []).length === 0 ? <p>{t("wNothing")}</p> : <>
          <div class="scroll" tabIndex={0} role="region" aria-label={t("wProposal")}><table><thead><tr><th scope="col">{t("wAction")}</th><th scope="col">{t("wFiles")}</th></tr></thead><tbody>{p.lines!.slice(0, 300).map((l, i) => <tr key={i}><td class="nowrap">{/^(left|vault|failed)$/.test(l.action) ? <b class="tag amber">{named("wa_", l.action)}</b> : named("wa_", l.action)}</td><td class="mono">{l.path}{l.to && <> → {l.to}</>}{l.why && <small class="block muted" lang="en">{l.why}</small>}</td></tr>)}</tbody></table></div>
          {p.lines!.length + (p.lines_left_out ?? 0) > 300 && <p class="muted">{t("wFilesMore", { n: p.lines!.length + (p.lines_left_out ?? 0) - 300 })}</p>}
          <p class="muted">{p.left + p.vault > 0 && `${t("wLeft")} `}{t("wAside")}</p>
          {change > 0 && <p><button type="button" class="btn main-act" id="restore" disabled={act.busy} onClick={restore}>{t("wPutBack", { n: change })}</button></p>}
        </>}
      </div></section>}
      <section class="panel" aria-labelledby="h-files"><header><h2 id="h-files">{t("wFileCount", { n: v.fileCount })}</h2></header><ul class="in mono filelist">{v.files.map((f) => <li key={f}>{f}</li>)}{v.fileCount > v.files.length && <li class="muted">{t("wFilesMore", { n: v.fileCount - v.files.length })}</li>}</ul></section>
      <section class="panel" aria-labelledby="h-ev"><header><h2 id="h-ev">{t("wEvents")}</h2></header><ul class="lines in">{v.events.map((e) => <li key={e.entry}><span class="nowrap muted">{stamp(e.time, now)}</span><b>{named("we_", e.event)}</b><span class="w">{[e.by, e.reason].filter(Boolean).join(" · ")}</span><button type="button" class="link" onClick={() => openEntry(e.entry)}>{t("entry")} {e.entry}</button></li>)}</ul></section>
    </div>
  );
}
