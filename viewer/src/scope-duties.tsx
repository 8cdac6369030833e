// Who has to be told of a breach and until when: a countdown, the earliest first, each with why, citation and how far its source was checked. Nothing here sends anything, and nothing says that something was sent unless the site's own facts do.
import type { ApiError } from "./api";
import type { Any } from "./fhir";
import { birth, count, full, stampNear } from "./format";
import { type Key, getLang, t } from "./i18n";
import { casePath, list, n, obj, s, wordOf } from "./scope-parts";
import { type Data, useData, useNow, useShared } from "./state";
import { Fail, Instruction, Loading } from "./ui";

const HOUR = 3600000, DAY = 24 * HOUR, SOON = 7 * DAY;
const sure = (checked: string) => /^(page|statute-text)$/.test(checked);

// 12 days, 31 h, 40 min: never rounded up
export function leftOf(ms: number): string {
  const away = Math.abs(ms);
  return away >= 4 * DAY ? t("dyDays", { n: count(Math.floor(away / DAY)) }) : away >= HOUR ? t("dyHours", { n: count(Math.floor(away / HOUR)) }) : t("dyMinutes", { n: Math.max(0, Math.floor(away / 60000)) });
}
export function Left({ ends, now }: { ends: string; now: number }) {
  const ms = Date.parse(ends) - now;
  if (isNaN(ms)) return null;
  if (ms <= 0) return <b class="tag red">{t("dyLate", { t: leftOf(ms) })}</b>;
  return <b class={ms < SOON ? "tag amber" : "tag"}>{t("dyLeft", { t: leftOf(ms) })}</b>;
}

export const useDuties = (name: string, run: number): Data<Any> => useData<Any>(run ? `${casePath(name, "duties")}?lang=${getLang()}` : null, `duties ${name} ${run}`, 60000);

// What the facts say was done about it: the day, as it was typed. Only where they name just this: the first letters to persons, HHS, the incident's first notification.
const saidDone = (x: Any, told: Any): string => { const id = s(obj(x.duty).id); return s(obj(x.duty).to) === "individual" && !/substitute|urgent/.test(id) ? s(told.notified) : /^us-hipaa-(hhs|ocr)/.test(id) ? s(told.hhs_notified) : /^eu-nis2-24h/.test(id) ? s(told.incident_notified) : ""; };

// What shows that it was done: the newest entry of who was told, or of letters of which every one was mailed. Without one, what the facts say.
interface Done { day: string; entry: number; late: boolean; text: Key; }
function doneOf(x: Any, d: Any | null): Done | null {
  const duty = obj(x.duty), id = s(duty.id), sent = list(d?.sent), told = sent.filter((y) => s(y.what) === "told" && s(y.duty) === id).pop();
  const letters = s(duty.to) === "individual" && !/substitute|urgent|creditmonitoring/.test(id) ? sent.filter((y) => s(y.what) === "returned").pop() : undefined;
  const whole = letters && n(letters.letters) > 0 && n(letters.mailed) >= n(letters.letters) ? letters : undefined, by = told ?? whole, day = told ? s(told.on) : whole ? s(whole.last_mailed) : saidDone(x, obj(d?.told));
  if (!day) return null;
  return { day, entry: by ? n(by.entry) : 0, late: !!s(x.ends) && Date.parse(day.length > 10 ? day : `${day}T00:00:00Z`) >= Date.parse(s(x.ends)), text: told ? "dyProved" : whole ? "dyMailed" : "dyDone" };
}

// The one that counts: the earliest date that certainly binds; else the earliest that may.
export function firstOf(d: Any | null): Any | null {
  const dated = list(d?.duties).filter((x) => s(x.ends) && !doneOf(x, d)).sort((a, b) => Date.parse(s(a.ends)) - Date.parse(s(b.ends)));
  return dated.find((x) => !obj(x.duty).may_apply) ?? dated[0] ?? null;
}
const dueText = (x: Any) => { const d = obj(x.duty), due = s(d.due_local) || s(d.due) || s(d.no_later_than); return due.length > 10 ? full(s(x.ends)) : birth(due); };

// In the reader's language where there are words for it; the name of an authority stays as it is.
const Whom = ({ d }: { d: Any }) => (s(d.recipient_words) ? <span>{s(d.recipient_words)}</span> : <span lang="en">{s(d.recipient)}</span>);

export function First({ x, now }: { x: Any; now: number }) {
  const d = obj(x.duty);
  return <span class="first"><Left ends={s(x.ends)} now={now} /> <b>{dueText(x)}</b>{t("colon")}<Whom d={d} /> <small class="muted">{s(d.jurisdiction)}</small>{d.may_apply === true && <> <b class="tag amber">{t("dyMay")}</b></>}</span>;
}

function Row({ x, now, all }: { x: Any; now: number; all: Any }) {
  const { openEntry } = useShared(), d = obj(x.duty), done = doneOf(x, all), fixed = !!s(d.due), until = s(x.ends);
  return (
    <tr>
      <td class="due">{done && <b class={`tag ${done.late ? "red" : done.entry ? "green" : ""}`}>{t(done.text, { t: done.entry ? birth(done.day) : done.day })}{done.late && ` · ${t("dyTooLate")}`}</b>}{until ? <>{!done && <Left ends={until} now={now} />}<div class="nowrap">{fixed ? dueText(x) : t("dyBy", { t: dueText(x) })}</div></> : !done && <b class="tag">{t("dyNoDate")}</b>}{done && done.entry > 0 && <button type="button" class="link" onClick={() => openEntry(done.entry)}>{t("entry")} {done.entry}</button>}</td>
      <th scope="row"><Whom d={d} /> <small class="muted">{s(d.jurisdiction)}</small>{d.may_apply === true && <> <b class="tag amber">{t("dyMay")}</b></>}{n(d.months) > 0 && <div><small>{t("dyMonths", { n: n(d.months) })}</small></div>}</th>
      <td><p>{s(d.why)}</p><p><small class="muted"><span lang="en">{s(d.citation)}</span></small></p></td>
      <td><b class={`tag ${sure(s(d.checked)) ? "" : "amber"}`}>{wordOf(`dyc_${s(d.checked)}`, s(d.checked))}</b></td>
    </tr>
  );
}

function Table({ rows, now, label, all }: { rows: Any[]; now: number; label: string; all: Any }) {
  return <div class="scroll"><table class="list duties"><caption class="vh">{label}</caption><thead><tr><th scope="col">{t("dyUntil")}</th><th scope="col">{t("dyWhom")}</th><th scope="col">{t("dyWhy")}</th><th scope="col">{t("dySure")}</th></tr></thead>
    <tbody>{rows.map((x) => <Row key={`${s(obj(x.duty).id)} ${s(obj(x.duty).jurisdiction)}`} x={x} now={now} all={all} />)}</tbody></table></div>;
}

// What the case lacks is said by the server in a sentence; what to do about it stands behind.
export function Lacks({ error, name }: { error: ApiError; name: string }) {
  return <p class="note warn">{t("dyLacks")} {/^discovered: is missing/.test(error.text) ? <span>{t("dyNoDiscovery")}</span> : <span lang="en">{error.text}</span>} <span class="cmd"><Instruction text={/discover/.test(error.text) ? `holdfast scope case new NAME --discovered TIME ...` : `holdfast scope case facts ${name} FILE.json --site DIR`} /></span></p>;
}

export function Duties({ name, data, error, reload, fetched }: { name: string; data: Any | null; error: ApiError | null; reload: () => void; fetched: number }) {
  const now = useNow(10000), { openEntry } = useShared(), all = list(data?.duties), dated = all.filter((x) => s(x.ends)), free = all.filter((x) => !s(x.ends)), possible = list(data?.possible), told = Object.entries(obj(data?.told)), facts = obj(data?.facts), total = obj(data?.total);
  return (
    <section class="panel" aria-labelledby="h-sc-duties"><header><h2 id="h-sc-duties">{t("dyTitle")}</h2>{data && <small class="muted">{t("dyFor", { n: n(total.low) === n(total.high) ? count(n(total.low)) : t("scBetween", { l: count(n(total.low)), h: count(n(total.high)) }) })}{s(data.discovered) && <> · {t("scDiscovered")} {s(data.discovered)}</>}</small>}</header>
      {error && (error.status === 409 ? <Lacks error={error} name={name} /> : <Fail error={error} onRetry={reload} fetched={fetched} />)}
      {!data && !error && <Loading what={t("dyTitle")} />}
      {data && <>
        {all.length === 0 && <p class="in">{t("dyNone")}</p>}
        {dated.length > 0 && <Table rows={dated} now={now} all={data} label={t("dyTitle")} />}
        {free.length > 0 && <><h3 class="in">{t("dyFree")}</h3><Table rows={free} now={now} all={data} label={t("dyFree")} /></>}
        {possible.length > 0 && <details class="in"><summary>{t("dyPossible", { n: count(possible.length) })}</summary><Table rows={possible} now={now} all={data} label={t("dyPossible", { n: count(possible.length) })} /></details>}
        {list(data.sent).length > 0 && <><h3 class="in">{t("dySent")}</h3><ul class="acts in">{list(data.sent).map((y) => <li key={n(y.entry)}>{s(y.what) === "told" ? <><b>{birth(s(y.on))}</b> {t("dyWasTold", { w: s(y.duty) })}{s(y.reference) && <> ({s(y.reference)})</>}</> : <><b>{s(y.first_mailed) ? birth(s(y.first_mailed)) : t("dyNoDay")}</b> {t("dyLetters", { m: count(n(y.mailed)), n: count(n(y.letters)) })}{n(y.returned) + n(y.no_address) > 0 && <> <b class="tag amber">{t("dySubstitute", { n: count(n(y.returned) + n(y.no_address)), r: count(n(y.returned)) })}</b></>}</>}{s(y.file) && <> <small class="muted">{s(y.file)} <code title={s(y.sha256)}>{s(y.sha256).slice(0, 12)}…</code></small></>} <small class="muted">{s(y.by)}, {stampNear(s(y.at), now)}, <button type="button" class="link" onClick={() => openEntry(n(y.entry))}>{t("entry")} {n(y.entry)}</button></small></li>)}</ul></>}
        {list(data.remarks).length > 0 && <details class="in"><summary>{t("dyRemarks", { n: list(data.remarks).length })}</summary><ul class="plainlist">{list(data.remarks).map((r, i) => <li key={i}>{String(r)}</li>)}</ul></details>}
        <p class="in muted">{told.length ? <>{t("dyTold")} {told.map(([k, v], i) => <span key={k}>{i > 0 && "; "}{t(`dyt_${k}` as Key)}{t("colon")}<b>{String(v)}</b></span>)} <small>({s(facts.by)}, {stampNear(s(facts.at), now)}, <button type="button" class="link" onClick={() => openEntry(n(facts.entry))}>{t("entry")} {n(facts.entry)}</button>)</small></> : t("dyNotTold")} {t("dyNoAdvice")}</p>
      </>}
    </section>
  );
}
