import { useState } from "preact/hooks";
import { type ApiError, post } from "./api";
import { stamp } from "./format";
import { type Lang, languages, t } from "./i18n";
import { roleWord } from "./app";
import { keysOn, remember } from "./settings";
import { PasswordForm } from "./signin";
import { useData, useNow, usePaper, useShared } from "./state";
import { Dialog, Fail, Loading } from "./ui";

export function SetupPage() {
  const { lang, setLang, theme, setTheme, session, may } = useShared();
  const [keys, setKeys] = useState(keysOn());
  const [changed, setChanged] = useState(false);
  const [form, setForm] = useState(0);
  usePaper("", t("setup"));
  return (
    <div class="scroller" id="content" tabIndex={0} role="main">
      <div class="pagehead"><h1 tabIndex={-1}>{t("setup")}</h1></div>
      <div class="cols">
        <section class="panel" aria-labelledby="h-look"><header><h2 id="h-look">{t("thisScreen")}</h2></header><div class="in">
          <fieldset><legend>{t("language")}</legend>{languages.map(([l, name]) => <label class="choice" key={l} lang={l}><input type="radio" name="lang" checked={lang === l} onChange={() => setLang(l as Lang)} /> {name}</label>)}</fieldset>
          <fieldset><legend>{t("theme")}</legend><label class="choice"><input type="radio" name="theme" checked={theme === "light"} onChange={() => setTheme("light")} /> {t("light")}</label><label class="choice"><input type="radio" name="theme" checked={theme === "dark"} onChange={() => setTheme("dark")} /> {t("dark")}</label></fieldset>
          <fieldset><legend>{t("keys")}</legend><label class="choice"><input type="checkbox" checked={keys} onChange={() => { setKeys(!keys); remember("hf.keys", keys ? "off" : "on"); }} /> {t("keysSingle")}</label></fieldset>
        </div></section>
        <section class="panel" aria-labelledby="h-own"><header><h2 id="h-own">{t("ownPassword")}</h2></header><div class="in">
          {changed && <p class="note ok" role="status">{t("passwordSet")}</p>}
          <PasswordForm key={form} onDone={() => { setChanged(true); setForm(form + 1); }} />
        </div></section>
        <section class="panel" aria-labelledby="h-about"><header><h2 id="h-about">{t("aboutSite")}</h2></header><dl class="kv in">
          <dt>{t("site")}</dt><dd>{session.site.name}</dd><dt>{t("origin")}</dt><dd>{session.site.origin}</dd><dt>{t("version")}</dt><dd>Holdfast {session.version}</dd>
          <dt>{t("ledger")}</dt><dd><a href="/ledger/checkpoint" target="_blank" rel="noreferrer">{t("head")}</a> · <a href="/ledger/vkey" target="_blank" rel="noreferrer">{t("vkey")}</a></dd>
          <dt>{t("you")}</dt><dd>{session.user}, {roleWord(session.role)}. {t("until", { t: stamp(session.expires) })}</dd>
        </dl></section>
      </div>
      {may("users") && <Users />}
    </div>
  );
}

interface User { user: string; role: string; disabled: boolean; created?: string; lastSignIn?: string }
const roles = ["clinician", "registrar", "privacy", "security", "auditor", "owner", "admin", "device", "api"];
function Users() {
  const { data, error, loading, reload, fetched } = useData<{ users: User[] | { users: User[] } }>("/api/users", "users");
  const list = !data ? [] : Array.isArray(data.users) ? data.users : data.users?.users ?? [];
  const [user, setUser] = useState(""), [role, setRole] = useState("clinician"), [wrong, setWrong] = useState("");
  const [made, setMade] = useState<{ user: string; password: string } | null>(null);
  const [closing, setClosing] = useState<User | null>(null);
  const [reason, setReason] = useState("");
  const now = useNow(30000);
  const add = (e: Event) => {
    e.preventDefault();
    setMade(null);
    post<{ user: string; password: string }>("/api/users", { user: user.trim(), role }).then((r) => { setMade(r); setUser(""); setWrong(""); reload(); }, (x: ApiError) => setWrong(x.code === "unreachable" ? t("unreachableNothing") : x.text));
  };
  const disable = (e: Event) => {
    e.preventDefault();
    post(`/api/users/${encodeURIComponent(closing!.user)}/disable`, { reason: reason.trim() }).then(() => { setClosing(null); setReason(""); setWrong(""); reload(); }, (x: ApiError) => setWrong(x.text));
  };
  return (
    <section class="panel users" aria-labelledby="h-users">
      <header><h2 id="h-users">{t("users")}</h2></header>
      <div class="in">
        <Fail error={error} onRetry={reload} fetched={fetched} />
        {wrong && <p class="note bad" role="alert">{wrong}</p>}
        {made && <div class="note ok" role="status"><p>{t("oneTime")}: <b>{made.user}</b></p><p class="big mono">{made.password}</p></div>}
        <form class="row" onSubmit={add}>
          <label class="inline"><span>{t("user")}</span> <input class="line" required autocomplete="off" autocapitalize="none" value={user} onInput={(e) => setUser(e.currentTarget.value)} /></label>
          <label class="inline"><span>{t("role")}</span> <select class="line" value={role} onChange={(e) => setRole(e.currentTarget.value)}>{roles.map((r) => <option key={r} value={r}>{roleWord(r)}</option>)}</select></label>
          <button class="btn main-act">{t("addUser")}</button>
        </form>
        {!data && loading && <Loading what={t("users")} />}
        {data && <div class="scroll" tabIndex={0} role="region" aria-label={t("users")}><table><thead><tr><th scope="col">{t("user")}</th><th scope="col">{t("role")}</th><th scope="col">{t("created")}</th><th scope="col">{t("lastSignIn")}</th><th scope="col">{t("state")}</th><th scope="col"><span class="vh">{t("disable")}</span></th></tr></thead>
          <tbody>{list.map((u) => <tr key={u.user}><th scope="row">{u.user}</th><td>{roleWord(u.role)}</td><td>{stamp(u.created, now)}</td><td>{u.lastSignIn ? stamp(u.lastSignIn, now) : <span class="muted">{t("neverSignedIn")}</span>}</td><td>{u.disabled ? <span class="tag amber">{t("disabled")}</span> : t("open")}</td><td class="num">{!u.disabled && <button type="button" class="btn small" onClick={() => { setClosing(u); setReason(""); }}>{t("disable")}</button>}</td></tr>)}</tbody></table></div>}
      </div>
      {closing && <Dialog title={`${t("disable")}: ${closing.user}`} onClose={() => setClosing(null)}>
        <form onSubmit={disable}><p>{t("disableWhy")}</p><label class="field"><span>{t("reason")}</span><input required minLength={4} value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label><button class="btn main-act">{t("disable")} {closing.user}</button></form>
      </Dialog>}
    </section>
  );
}
