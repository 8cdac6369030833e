// What the vault holds, for somebody who must decide at night whether there is something whole to go back to: each source's newest backup, when, and whether its files are what they were; and copies elsewhere.
import { useState } from "preact/hooks";
import type { Board, PacketsState, Replica, Snapshot, WardPacket } from "./api";
import { agoOf, bytes, count, full, span, stampNear } from "./format";
import { t } from "./i18n";
import { useShared } from "./state";
import { Dialog, Instruction } from "./ui";

// Nothing says how often a source is backed up; once a day is the least anybody means. Two hours more for a night that runs late.
const OLD = 26 * 3600000;
type State = "damage" | "unknown" | "old" | "clean";
const stateOf = (s: Snapshot, now: number): State => (s.verdict === "damage" ? "damage" : s.verdict !== "clean" ? "unknown" : now - Date.parse(s.time) > OLD ? "old" : "clean");
const rank = { damage: 0, unknown: 1, old: 2, clean: 3 };

// A word, a sign and a shape; colour last. What is not "clean" in so many words is never shown as clean.
function Verdict({ s }: { s: Snapshot }) {
  return s.verdict === "clean" ? <span class="tag green verdict"><span aria-hidden="true">✓ </span>{t("clean")}</span>
    : s.verdict === "damage" ? <span class="tag red verdict"><span aria-hidden="true">✖ </span>{t("damage")}</span> : <span class="tag amber verdict">? {s.verdict}</span>;
}
const hostOf = (s: Snapshot) => s.host || s.source;
function nextOf(s: Snapshot, now: number): string {
  const state = stateOf(s, now);
  return state === "damage" ? t("backupNextDamage", { h: hostOf(s), s: s.source }) : state === "old" ? t("backupNextOld", { s: s.source }) : state === "clean" ? t("backupNextClean") : t("backupNextUnknown");
}

export function Backups({ b, now }: { b: Board; now: number }) {
  const [open, setOpen] = useState(false);
  const all = (b.vault?.sources ?? []).slice().sort((x, y) => rank[stateOf(x, now)] - rank[stateOf(y, now)] || Date.parse(x.time) - Date.parse(y.time));
  const of = (state: State) => all.filter((s) => stateOf(s, now) === state).length;
  return (
    <section class={`panel ${of("damage") ? "stale" : ""}`} aria-labelledby="h-backups">
      <header><h2 id="h-backups">{t("backups")}</h2>
        {of("damage") > 0 && <b class="tag red">{t("backupsDamaged", { n: of("damage") })}</b>}{of("old") > 0 && !of("damage") && <b class="tag amber">{t("backupsOld", { n: of("old") })}</b>}{of("clean") > 0 && !of("damage") && <span class="muted">{t("backupsClean", { n: of("clean") })}</span>}
        <span class="grow" />{all.length > 0 && <button type="button" class="link noprint" aria-haspopup="dialog" aria-label={`${t("backups")}${t("colon")}${t("details")}`} onClick={() => setOpen(true)}>{t("details")}{all.length > 3 ? ` (${all.length})` : ""}</button>}
      </header>
      {all.length === 0 ? <p class="in">{b.vault ? <>{t("backupsNone")} <span class="muted">{t("next")}{t("colon")}</span><span class="cmd"><Instruction text={t("backupsNoneNext")} /></span></> : t("backupsUnknown")}</p> : (
        <ul class="backups">{all.slice(0, 3).map((s, i) => {
          const state = stateOf(s, now);
          return (
            <li key={s.source} class={state === "damage" ? "bad" : ""}>
              <Verdict s={s} /><b>{s.source}</b>
              <span class="nowrap" title={full(s.time)}>{agoOf(s.time, now)}{state === "old" && <> <span class="tag amber">{t("backupOld")}</span></>}</span>
              {state === "damage" && i === 0 && <p>{t("next")}{t("colon")}<Instruction text={t("backupNextDamageShort", { h: hostOf(s), s: s.source })} /></p>}
            </li>
          );
        })}</ul>
      )}
      <Copies list={b.replicas} packets={b.packets} state={b.packetsState} now={now} />
      {open && <Details all={all} now={now} onClose={() => setOpen(false)} />}
    </section>
  );
}

// What stands outside this machine, and how old it is: what nobody here can take back.
const PACKETS_LATE = 15 * 60000; // they are made anew every few minutes
function Copies({ list: all, packets, state, now }: { list: Replica[]; packets: WardPacket[]; state?: PacketsState; now: number }) {
  const oldest = packets.reduce<WardPacket | null>((a, p) => (a && Date.parse(a.made) <= Date.parse(p.made) ? a : p), null);
  const late = oldest !== null && now - Date.parse(oldest.made) > PACKETS_LATE, failing = state?.failing ?? []; // why is the alarm's to say; here it stands behind the tag
  const why = failing.map((f) => `${f.unit}${t("colon")}${f.reason}`).join("\n");
  const list = all.map((r) => (r.ours === false ? { ...r, headTime: "" } : r)); // somebody else's head is no copy of this site
  list.sort((a, b) => Date.parse(b.headTime || "1970-01-01") - Date.parse(a.headTime || "1970-01-01"));
  const newest = list[0]?.headTime;
  return (
    <div class="copies">
      <header><h3>{t("copiesElsewhere")}</h3>{newest ? <span title={full(newest)}>{t("newestCopyIs", { n: list[0]!.name })} <b class="nowrap">{agoOf(newest, now)}</b></span> : <span class="tag amber">{t("unprotectedShort")}</span>}</header>
      {list.length === 0 ? <p>{t("copiesNone")} <span class="muted">· {t("next")}{t("colon")}</span><span class="cmd">{t("copiesNoneNext")}</span></p>
        : <ul>{list.slice(0, 4).map((r) => (
            <li key={r.name}><b title={r.target}>{r.name}</b> {r.headTime ? <span class="muted">{stampNear(r.headTime, now)} · {span((now - Date.parse(r.headTime)) / 1000)}</span> : <span class="tag amber">{t("nothingSent")}</span>}{r.error ? <span class="tag red" title={r.error}>{t("tryFailed")}</span> : null}</li>))}{list.length > 4 && <li class="muted">+ {list.length - 4}</li>}</ul>}
      <p><span class="muted">{t("packets")}{t("colon")}</span>{oldest ? <>{count(packets.length)} · {t("oldestPacketIs", { n: oldest.unit })} <b class="nowrap" title={full(oldest.made)}>{agoOf(oldest.made, now)}</b></> : t("noneYet")}
        {late ? <> <span class="tag amber" title={why}>{t("packetsLate")}</span></> : why ? <> <span class="tag amber" title={why}>{t("packetsFailing", { n: failing[0]!.unit + (failing.length > 1 ? ` + ${failing.length - 1}` : "") })}</span></> : null}</p>
    </div>
  );
}

function Details({ all, now, onClose }: { all: Snapshot[]; now: number; onClose: () => void }) {
  const { openEntry, may } = useShared();
  return (
    <Dialog title={t("backups")} onClose={onClose} wide>
      {all.map((s) => {
        const state = stateOf(s, now);
        return (
          <section class="snap" key={s.source} aria-label={t("damageSource", { s: s.source })}>
            <h3>{s.source} <Verdict s={s} />{state === "old" && <span class="tag amber">{t("backupOld")}</span>}</h3>
            <dl class="kv">
              <dt>{t("newestBackup")}</dt><dd>{full(s.time)} · {agoOf(s.time, now)} · {may("chart") ? <button type="button" class="link" onClick={() => openEntry(s.seq)}>{s.id}</button> : s.id}</dd>
              <dt>{t("host")}</dt><dd>{s.host || t("notReceived")}</dd>
              <dt>{t("size")}</dt><dd>{count(s.files)} {t("files")} · {bytes(s.bytes)} · {t("newBytes", { b: bytes(s.new_bytes) })}</dd>
              {(s.reasons.length > 0 || state === "damage") && <><dt>{state === "damage" ? t("why") : t("lookReasons")}</dt><dd>{s.reasons.length ? <ul lang="en">{s.reasons.map((r, i) => <li key={i}>{r}</li>)}</ul> : t("noReasons")}</dd></>}
              <dt>{t("next")}</dt><dd class={state === "damage" ? "note bad" : state === "old" ? "note warn" : ""}><Instruction text={nextOf(s, now)} /></dd>
            </dl>
          </section>
        );
      })}
    </Dialog>
  );
}
