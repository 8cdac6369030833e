import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type ApiError, post, setCsrf } from "./api";
import { UnsavedStrip } from "./downtime";
import { type Lang, getLang, languages, t, words } from "./i18n";

function Field({ label, value, set, type, autocomplete, autofocus, wrong }: { label: string; value: string; set: (v: string) => void; type?: string; autocomplete: string; autofocus?: boolean; wrong?: string }) {
  const id = `f-${autocomplete}-${label.length}`;
  // the attribute works once a page: not after signing out
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => { if (autofocus) input.current?.focus(); }, []);
  return (
    <div class="field">
      <label for={id}><span>{label}</span></label>
      <input id={id} ref={input} type={type ?? "text"} autocomplete={autocomplete} required value={value} spellcheck={false} autocapitalize="none" aria-invalid={wrong ? "true" : undefined} aria-describedby={wrong ? id + "-w" : undefined} onInput={(e) => set(e.currentTarget.value)} />
      {wrong && <span class="wrong" id={id + "-w"}>{wrong}</span>}
    </div>
  );
}
const sentence = (e: ApiError) => (e.code === "unreachable" ? t("unreachableNothing") : e.text);

export function SignIn({ onDone, setLang }: { onDone: () => void; setLang: (l: Lang) => void }) {
  const [user, setUser] = useState(""), [password, setPassword] = useState(""), [error, setError] = useState(""), [busy, setBusy] = useState(false);
  const submit = (e: Event) => {
    e.preventDefault();
    setBusy(true);
    post<{ csrf?: string }>("/api/login", { user: user.trim(), password }).then((s) => { if (s?.csrf) setCsrf(s.csrf); onDone(); }, (x: ApiError) => { setError(sentence(x)); setBusy(false); setPassword(""); });
  };
  return (
    <div class="wash">
      <main class="login">
        <p class="brand">Holdfast</p>
        <h1>{t("signIn")}</h1>
        <UnsavedStrip bare />
        <form onSubmit={submit}>
          {error && <p class="note bad" role="alert">{error}</p>}
          <Field label={t("user")} value={user} set={setUser} autocomplete="username" autofocus />
          <Field label={t("password")} value={password} set={setPassword} type="password" autocomplete="current-password" />
          <button class="btn main-act wide" disabled={busy}>{t("signIn")}</button>
        </form>
        <p class="langs">{languages.map(([l, name]) => <button type="button" key={l} lang={l} aria-pressed={getLang() === l} onClick={() => setLang(l)}>{name}</button>)}</p>
        {words.late && <p class="note warn" role="status">{t("langLate", { l: languages.find(([l]) => l === words.late)![1] })}</p>}
        <p class="muted small">{t("signInNote")}</p>
      </main>
    </div>
  );
}

export function PasswordForm({ onDone, first }: { onDone: () => void; first?: boolean }) {
  const [old, setOld] = useState(""), [one, setOne] = useState(""), [two, setTwo] = useState(""), [error, setError] = useState(""), [busy, setBusy] = useState(false);
  const differ = two !== "" && one !== two;
  const submit = (e: Event) => {
    e.preventDefault();
    if (one !== two) { setError(t("differ")); return; }
    setBusy(true);
    post("/api/password", { old, new: one }).then(() => { setBusy(false); onDone(); }, (x: ApiError) => { setError(sentence(x)); setBusy(false); });
  };
  return (
    <form onSubmit={submit}>
      {error && <p class="note bad" role="alert">{error}</p>}
      <Field label={t(first ? "oneTimePassword" : "oldPassword")} value={old} set={setOld} type="password" autocomplete="current-password" autofocus={first} />
      <Field label={t("newPassword")} value={one} set={setOne} type="password" autocomplete="new-password" wrong={one !== "" && one.length < 10 ? t("tooShort", { n: 10 - one.length }) : ""} />
      <Field label={t("repeat")} value={two} set={setTwo} type="password" autocomplete="new-password" wrong={differ ? t("differ") : ""} />
      <button class="btn main-act" disabled={busy || one.length < 10}>{t("setPassword")}</button>
    </form>
  );
}
export function PasswordPage({ onDone, onLeave }: { onDone: () => void; onLeave: () => void }) {
  return (
    <div class="wash">
      <main class="login">
        <h1>{t("setPassword")}</h1>
        <p>{t("setPasswordWhy")}</p>
        <PasswordForm onDone={onDone} first />
        <p class="langs"><button type="button" onClick={() => { post("/api/logout").then(onLeave, onLeave); }}>{t("signOut")}</button></p>
      </main>
    </div>
  );
}
