import { useState } from "preact/hooks";
import { alarmText, pastAlarm } from "./alarms";
import type { Alarm, Board, Event, Feed } from "./api";
import { Backups } from "./backups";
import { agoOf, bytes, count, full, span, stamp, stampNear } from "./format";
import { named, stateWord, states } from "./gate";
import { t } from "./i18n";
import { useData, useNow, usePaper, useShared } from "./state";
import { Fail, Instruction, Loading, feedWord } from "./ui";
import { Writers } from "./watch";

// The last hour, a bar a minute. The text beside it says what the bars say.
function Spark({ f }: { f: Feed }) {
  const max = Math.max(1, ...f.minutes), n = f.minutes.length || 60;
  const sum = f.minutes.reduce((a, b) => a + b, 0);
  return (
    <svg class="spark" viewBox={`0 0 ${n * 3} 20`} preserveAspectRatio="none" role="img" aria-label={t("hourSum", { n: sum })}>
      <line x1="0" x2={n * 3} y1="19.5" y2="19.5" />
      {f.minutes.map((m, i) => (m ? <rect key={i} x={i * 3} width="2.2" y={19 - Math.max(1.5, (18 * m) / max)} height={Math.max(1.5, (18 * m) / max)} /> : null))}
    </svg>
  );
}
export function FeedState({ f }: { f: Feed }) {
  return (
    <span class={`chip ${f.state}`}>
      <b>{t(feedWord(f.state))}</b>
    </span>
  );
}

export function BoardPage() {
  const { board, boardError, boardAt, renewBoard, print, session } = useShared();
  const now = useNow(1000);
  const [all, setAll] = useState(false);
  usePaper("", t("board"));
  if (!board) return <div class="scroller" id="content" tabIndex={0} role="main"><div class="pagehead"><h1 tabIndex={-1}>{t("board")}</h1></div>{boardError ? <Fail error={boardError} onRetry={renewBoard} /> : <Loading what={t("board")} />}</div>;
  const b = board;
  // who is silent stands first; of many that speak a few are enough, and never so that a silent one is left out
  const ranked = b.feeds.slice().sort((x, y) => feedRank[x.state] - feedRank[y.state] || (x.state === "stale" ? Date.parse(x.last ?? "") - Date.parse(y.last ?? "") : 0) || x.name.localeCompare(y.name));
  const feeds = all ? ranked : ranked.slice(0, Math.max(9, ranked.filter((f) => f.state === "stale" || f.state === "never" || f.state === "ageing").length));
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{t("board")}</h1><span class="muted">{t("fetchedAt", { t: span((now - boardAt) / 1000) })}</span><span class="grow" /><button type="button" class="btn small noprint" onClick={() => print("board", {})}>{t("print")}</button></div>
      <Fail error={boardError} onRetry={renewBoard} fetched={boardAt} />
      <div class="board">
        <div class="stack">
          <Alarms alarms={b.alarms} now={now} max={3} />
          <section class="panel" aria-labelledby="h-feeds">
            <header><h2 id="h-feeds">{t("feeds")}</h2><span class="grow" /><span class="muted small">{t("rhythmNote")}</span></header>
            {b.feeds.length === 0 ? <p class="in">{t("noFeedsWhy")}</p> : (
              <div class="scroll" tabIndex={0} role="region" aria-label={t("feeds")}><table>
                <thead><tr><th scope="col">{t("feed")}</th><th scope="col">{t("last")}</th><th scope="col">{t("rhythm")}</th><th scope="col">{t("hour")}</th><th scope="col">{t("state")}</th><th scope="col" class="num">{t("messages")}</th></tr></thead>
                <tbody>{feeds.map((f) => (
                  <tr key={f.name + f.source} class={f.state}>
                    <th scope="row" title={f.source}><FeedName name={f.name} /></th>
                    <td class="nowrap">{f.last ? <>{stampNear(f.last, now)} <span class="muted">{agoOf(f.last, now)}</span></> : t("never")}</td>
                    <td class="muted nowrap small">{f.usualGapSeconds === undefined ? "" : t("usually", { t: span(Math.max(1, f.usualGapSeconds)) })}</td>
                    <td><Spark f={f} /></td>
                    <td class="nowrap"><FeedState f={f} /></td>
                    <td class="num">{count(f.messages)}</td>
                  </tr>))}
                </tbody>
              </table></div>
            )}
            {ranked.length > feeds.length && <p class="in"><button type="button" class="link noprint" onClick={() => setAll(true)}>{t("allFeeds", { n: ranked.length })}</button></p>}
          </section>
          <section class="panel" aria-labelledby="h-roles">
            <header><h2 id="h-roles">{t("roles")}</h2><span class="grow" /><span class={`tag ${b.disk.state === "ok" ? "" : "red"}`}>{t("disk")}: {bytes(b.disk.free)} {t("free")}{b.disk.state !== "ok" ? ` · ${t(b.disk.state === "low" ? "diskLow" : "diskFull")}` : ""}</span></header>
            <ul class="roles">
              {b.listeners.map((l) => <li key={"l" + l.name}><b>{l.name}</b> <span>{l.address}{l.tls ? " TLS" : ""}</span> {l.state === "listening" ? <span class="muted">{l.connections} {t("connections")}</span> : <span class="tag red">{l.state} {l.reason}</span>}</li>)}
              {b.roles.map((r) => {
                const locked = r.sandbox?.landlock && r.sandbox?.seccomp;
                return <li key={r.name + r.pid}><b>{r.name}</b> {locked ? <span class="muted">{t("sandboxed")}</span> : <span class="tag amber" title={r.sandbox?.note}>{t("sandboxMissing")}</span>}{r.restarts ? <span class="muted"> {t("restarts")}: {r.restarts}</span> : null}</li>;
              })}
            </ul>
          </section>
        </div>
        <div class="stack">
          <LedgerPanel b={b} now={now} />
          <Partners b={b} />
          <Backups b={b} now={now} />
          <Unhandled b={b} />
        </div>
      </div>
      <p class="vh">{session.site.origin}</p>
    </div>
  );
}

// a name may break before its place, and nowhere else
export function FeedName({ name }: { name: string }) { const at = name.indexOf("@"); return at > 0 ? <>{name.slice(0, at)}<wbr />{name.slice(at)}</> : <>{name}</>; }
const feedRank = { stale: 0, never: 1, ageing: 2, fresh: 3, ended: 4 } as const;

// What destroys stands before what is silent, what is silent before what is only missing; several silent feeds are one row on the board, so that nothing else is pushed off it.
const weight = (a: Alarm) => (a.severity === "alarm" ? 0 : a.severity === "warning" ? 10 : 20) + (/^damage-/.test(a.id) ? 0 : /^(disk-full|not-recorded|view-)/.test(a.id) ? 1 : a.what === "feed-silent" ? 2 : 3);
const sinceOf = (a: Alarm, b: Board | null): string => (a.what === "feed-silent" && b?.feeds.find((f) => f.name === a.feed)?.last) || a.since; // its last word, not when somebody noticed
function Alarms({ alarms, now, max }: { alarms: Alarm[]; now: number; max: number }) {
  const { board, short: shortName } = useShared();
  const short = max < 10; // on the board the next step of what is worst; all of them on their own page
  const silent = short ? alarms.filter((a) => a.what === "feed-silent" && a.feed).map((a) => ({ ...a, since: sinceOf(a, board) })).sort((a, b) => Date.parse(a.since) - Date.parse(b.since)) : [];
  const joint: Alarm[] = silent.length < 2 ? [] : [{ id: "feeds-silent", what: "feeds-silent", severity: silent.some((a) => a.severity === "alarm") ? "alarm" : "warning", since: silent[0]!.since, next: t("alSilentManyNext"),
    reason: t("silentMany", { n: silent.length, f: silent.slice(0, 6).map((a) => `${shortName(a.feed!)} ${span((now - Date.parse(a.since)) / 1000)}`.replace(/ /g, "\u00a0")).join(", ") + (silent.length > 6 ? ` +${silent.length - 6}` : "") }) }];
  const rows = joint.length ? [...joint, ...alarms.filter((a) => !(a.what === "feed-silent" && a.feed))] : alarms;
  const shown = rows.slice().sort((a, b) => (a.id === "feeds-silent" ? weight({ ...a, what: "feed-silent" }) : weight(a)) - (b.id === "feeds-silent" ? weight({ ...b, what: "feed-silent" }) : weight(b)) || Date.parse(a.since) - Date.parse(b.since)).slice(0, max);
  return (
    <section class={`panel alarms ${alarms.some((a) => a.severity !== "note") ? "on" : ""}`} aria-labelledby="h-alarms" aria-live="polite">
      <header><h2 id="h-alarms">{t("alarms")}</h2>{alarms.length ? <b class={`tag ${alarms.some((a) => a.severity === "alarm") ? "red" : alarms.some((a) => a.severity === "warning") ? "amber" : "blue"}`}>{alarms.filter((a) => a.severity !== "note").length || alarms.length}</b> : null}<span class="grow" />{alarms.length > shown.length && <a href="#/alarms">{t("all")} ({alarms.length})</a>}</header>
      {alarms.length === 0 ? <p class="in">{t("noAlarms")}</p> : <ul class="alarmlist">{shown.map((a, i) => <AlarmRow key={a.id} a={a} now={now} next={!short || i === 0 || a.severity === "alarm"} />)}</ul>}
    </section>
  );
}
function AlarmRow({ a, now, next }: { a: Alarm; now: number; next: boolean }) {
  const { board, may } = useShared();
  const text = a.what === "feeds-silent" ? { reason: a.reason, next: a.next ?? "" } : alarmText(a, board), since = sinceOf(a, board);
  return (
    <li>
      <span class={`tag ${a.severity === "alarm" ? "red" : a.severity === "warning" ? "amber" : "blue"}`}>{t(a.severity === "alarm" ? "sevAlarm" : a.severity === "warning" ? "sevWarning" : "sevNote")}</span>
      {/^watch-/.test(a.id) && may("gate") ? <a class="strong" href={`#/alarms/${a.id.slice(6)}`}>{text.reason}</a> : <b>{text.reason}</b>}
      <span class="muted nowrap">{a.what === "feeds-silent" ? t("silentFirst", { t: stampNear(since, now) }) : <>{t("since")} {stampNear(since, now)}</>} · {span((now - Date.parse(since)) / 1000)}</span>
      {next && text.next && <p>{t("next")}{t("colon")}<Instruction text={text.next} /></p>}
    </li>
  );
}

function LedgerPanel({ b, now }: { b: Board; now: number }) {
  const l = b.ledger;
  return (
    <section class="panel ledger" aria-labelledby="h-ledger">
      <header><h2 id="h-ledger">{t("ledger")}</h2><span class="grow" />{l.outside ? <span class="tag green">{t("witnessed")}</span> : <span class="tag amber">{t("unprotectedShort")}</span>}</header>
      <dl class="kv in">
        <dt>{t("entries")}</dt><dd><b>{count(l.size)}</b>{b.view.behind ? <span class="tag amber"> {t("view")}: {t("behind", { n: count(b.view.behind) })}</span> : null}</dd>
        <dt>{t("checkpoint")}</dt><dd>{count(l.published)}{l.checkpointTime ? <span class="muted"> · {stampNear(l.checkpointTime, now)} · {agoOf(l.checkpointTime, now)}</span> : null}</dd>
        <dt>{t("outside")}</dt><dd>{l.outside ? <>{l.outside.name} <span class="muted">{count(l.outside.size)} · {agoOf(l.outside.time, now)}</span></> : <span class="strong" title={t("unprotected")}>{t("headUnseen")}</span>}</dd>
        <dt>{t("head")}</dt><dd class="mono small" title={l.root}>{l.root.slice(0, 22)}…</dd>
      </dl>
      {b.keys?.sharesLyingAbout?.length ? <p><b>{t("sharesAbout")}</b> {b.keys.sharesLyingAbout.map((f) => <span class="mono small block" key={f}>{f}</span>)}</p> : null}
    </section>
  );
}

function Partners({ b }: { b: Board }) {
  const { may } = useShared(), p = b.partners;
  if (!p?.links) return null;
  return (
    <section class="panel" aria-labelledby="h-partners">
      <header><h2 id="h-partners">{t("partners")}</h2>{states.filter((s) => p.states[s]).map((s) => <b key={s} class={`tag ${s === "OPEN" ? "" : s === "CUT" ? "red" : "amber"}`}>{stateWord(s)} {p.states[s]}</b>)}{p.waiting > 0 && <span class="muted">{t("gWaiting", { n: count(p.waiting) })}</span>}<span class="grow" />{may("gate") && <a href="#/partners">{t("details")}</a>}</header>
    </section>
  );
}

function Unhandled({ b }: { b: Board }) {
  const bad = b.unhandled.filter((u) => u.uninterpreted || u.problems).sort((x, y) => y.uninterpreted - x.uninterpreted);
  return (
    <section class="panel" aria-labelledby="h-unhandled">
      <header><h2 id="h-unhandled">{t("unhandled")}</h2>{b.quarantined ? <span class="tag red">{b.quarantined} {t("quarantined")}</span> : null}</header>
      {bad.length === 0 ? <p class="in muted">{t("unhandledNone")}</p> : (
        <ul class="typelist">{bad.slice(0, 8).map((u) => <li key={u.type}><b>{u.type}</b> {u.uninterpreted ? <span>{count(u.uninterpreted)} {t("notInterpreted")}</span> : null}{u.problems ? <span class="muted"> {count(u.problems)} {t("problemsIn")}</span> : null}</li>)}{bad.length > 8 && <li class="muted">+ {bad.length - 8}</li>}</ul>
      )}
    </section>
  );
}

export function AlarmsPage() {
  const { board, boardError, boardAt, renewBoard, may } = useShared();
  const now = useNow(1000);
  const [before, setBefore] = useState<number | undefined>();
  const { data, error, reload } = useData<{ events: Event[]; next: number | null }>(`/api/events?kind=alarm&max=100${before ? `&before=${before}` : ""}`, `alarms ${before ?? ""}`, 15000);
  usePaper("", t("alarms"));
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{t("alarms")}</h1></div>
      <Fail error={boardError} onRetry={renewBoard} fetched={boardAt} />
      {may("gate") && <Writers />}
      {board ? <Alarms alarms={board.alarms} now={now} max={200} /> : <Loading what={t("alarms")} />}
      <section class="panel" aria-labelledby="h-past">
        <header><h2 id="h-past">{t("alarmsPast")}</h2></header>
        <Fail error={error} onRetry={reload} />
        {data && (data.events.length === 0 ? <p class="in muted">{t("alarmsPastNone")}</p> : (
          <div class="scroll" tabIndex={0} role="region" aria-label={t("alarmsPast")}><table><thead><tr><th scope="col">{t("when")}</th><th scope="col">{t("what")}</th><th scope="col">{t("reason")}</th><th scope="col" class="num">{t("entry")}</th></tr></thead>
            <tbody>{data.events.filter((e) => e.what !== "watch" || !may("gate")).map((e) => <tr key={e.entry}><td class="nowrap" title={full(e.time)}>{stamp(e.time, now)}</td><td>{e.what === "raised" ? t("raised") : e.what === "cleared" ? t("cleared") : e.what === "watch" ? named("we_", e.text ?? "") : e.what}</td><td>{e.what === "watch" ? e.reason : pastAlarm(e)}</td><td class="num">{e.entry}</td></tr>)}</tbody></table></div>
        ))}
        {data?.next != null && <p class="in"><button type="button" class="btn small" onClick={() => setBefore(data.next!)}>{t("older")}</button></p>}
      </section>
    </div>
  );
}
