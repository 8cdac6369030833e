// An isolation plan is made, changed or removed: what it cuts, by class or one by one, what goes on, addresses, this host. Saving cuts nothing.
import { useState } from "preact/hooks";
import { type Link, linksOf } from "./gate";
import { Page, Reason, Wrong, useAct } from "./gate-parts";
import type { Cuts, Kept } from "./gate-plans";
import { t } from "./i18n";
import { useData, usePaper, useShared } from "./state";
import { Dialog, Fail, Loading } from "./ui";

const keptHash = (name: string) => `#/partners/kept/${encodeURIComponent(name)}`;
export const editHash = (name = "") => `#/partners/keep${name ? `/${encodeURIComponent(name)}` : ""}`;
const addresses = (text: string) => text.split(/[\s,;，；、]+/).filter(Boolean);
type Own = "" | "cut" | "keep";

// What is said of a link by itself counts before what is said of its class, and of all.
export function EditPage({ name }: { name: string }) {
  const { may } = useShared(), all = useData<unknown>("/api/gate", "gate"), plan = useData<Kept>(name ? `/api/gate/plans/${encodeURIComponent(name)}` : null, `plan ${name}`);
  usePaper(name, t("plan"));
  if (!may("cut")) return <Page><p class="note warn">{t("may")}</p></Page>;
  if (!all.data || (name && !plan.data)) return <Page><Fail error={all.error ?? plan.error} onRetry={() => { all.reload(); plan.reload(); }} />{!all.error && !plan.error && <Loading what={t("plan")} />}</Page>;
  return <Page><Edit links={linksOf(all.data)} was={plan.data ?? null} /></Page>;
}

function Edit({ links, was }: { links: Link[]; was: Kept | null }) {
  const { go } = useShared(), save = useAct(), c: Cuts = was?.cuts ?? {};
  const [name, setName] = useState(was?.name ?? ""), [every, setEvery] = useState(!!c.all), [classes, setClasses] = useState<string[]>(c.classes ?? []), [reason, setReason] = useState(was?.reason ?? "");
  const [own, setOwn] = useState<Record<string, Own>>(Object.fromEntries([...(c.links ?? []).map((l): [string, Own] => [l, "cut"]), ...(c.keep ?? []).map((l): [string, Own] => [l, "keep"])]));
  const [cut, setCut] = useState((c.addresses ?? []).join(", ")), [isolate, setIsolate] = useState(!!c.isolate), [members, setMembers] = useState((c.members ?? []).join(", ")), [admins, setAdmins] = useState((c.admins ?? []).join(", "));
  const kinds = [...new Set([...links.map((l) => l.kind).filter(Boolean), ...(c.classes ?? [])])].sort(), wide = every || classes.length > 0;
  const by = (l: Link): boolean => (own[l.name] ? own[l.name] === "cut" : every || classes.includes(l.kind)), chosen = (w: Own) => Object.keys(own).filter((l) => own[l] === w);
  const go_on = () => {
    const cuts: Cuts = { ...(chosen("cut").length ? { links: chosen("cut") } : {}), ...(classes.length && !every ? { classes } : {}), ...(every ? { all: true } : {}), ...(wide && chosen("keep").length ? { keep: chosen("keep") } : {}), ...(addresses(cut).length ? { addresses: addresses(cut) } : {}),
      ...(isolate ? { isolate: true, ...(addresses(members).length ? { members: addresses(members) } : {}), ...(addresses(admins).length ? { admins: addresses(admins) } : {}) } : {}) };
    if (!name.trim()) save.setWrong(t("gKeepNameMissing"));
    else if (!cuts.links && !cuts.classes && !cuts.all && !cuts.addresses && !cuts.isolate) save.setWrong(t("gKeepNothing"));
    else save.act("/api/gate/plans/save", { name: name.trim(), cuts, ...(reason.trim() ? { reason: reason.trim() } : {}) }, () => go(keptHash(name.trim())));
  };
  return (
    <form class="planform" onSubmit={(e) => { e.preventDefault(); go_on(); }}>
      <div class="pagehead"><h1 tabIndex={-1}>{was ? t("gKeepChangeTitle", { p: was.name }) : t("gKeepTitle")}</h1></div>
      <p class="hint">{t("gKeepMeans")}</p>
      {!was && <label class="field"><span>{t("gKeepName")}</span><input id="plan-name" class="mono" value={name} maxLength={39} autocomplete="off" spellcheck={false} onInput={(e) => { setName(e.currentTarget.value); save.setWrong(""); }} /></label>}
      <fieldset><legend>{t("partners")}</legend>
        <label class="choice"><input type="checkbox" id="plan-all" checked={every} onChange={(e) => setEvery(e.currentTarget.checked)} /> {t("gKeepAll")}</label>
        {!every && kinds.map((k) => <label class="choice" key={k}><input type="checkbox" value={k} checked={classes.includes(k)} onChange={(e) => setClasses(e.currentTarget.checked ? [...classes, k] : classes.filter((x) => x !== k))} /> {t("gKeepClass", { c: k })}</label>)}
        {links.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label={t("gKeepEach")}><table class="links"><thead><tr><th scope="col">{t("gPartner")}</th><th scope="col">{t("gKeepEach")}</th><th scope="col">{t("gKeepThen")}</th></tr></thead>
          <tbody>{links.map((l) => <tr key={l.name} class={by(l) ? "shut" : ""}><th scope="row">{l.name} <span class="muted">{l.kind}</span><small class="block">{l.purpose}</small></th>
            <td><select class="line" aria-label={`${l.name}${t("colon")}${t("gKeepEach")}`} value={own[l.name] ?? ""} onChange={(e) => setOwn({ ...own, [l.name]: e.currentTarget.value as Own })}><option value="">{t("gKeepAs")}</option><option value="cut">{t("gKeepCut")}</option><option value="keep">{t("gKeepOn")}</option></select></td>
            <td>{by(l) ? <b class="tag red">{t("gKeepCut")}</b> : <span class="muted">{t("gKeepOn")}</span>}</td></tr>)}</tbody></table></div>}
      </fieldset>
      <label class="field"><span>{t("gKeepAddr")}</span><input id="plan-addresses" class="mono" value={cut} spellcheck={false} onInput={(e) => { setCut(e.currentTarget.value); save.setWrong(""); }} /></label>
      <fieldset><legend>{t("gKeptHost")}</legend>
        <label class="choice"><input type="checkbox" id="plan-isolate" checked={isolate} onChange={(e) => setIsolate(e.currentTarget.checked)} /> {t("gKeepIso")}</label>
        {isolate && <><label class="field"><span>{t("gKeepMembers")}</span><input id="plan-members" class="mono" value={members} spellcheck={false} onInput={(e) => setMembers(e.currentTarget.value)} /></label>
          <label class="field"><span>{t("gKeepAdmins")}</span><input id="plan-admins" class="mono" value={admins} spellcheck={false} onInput={(e) => setAdmins(e.currentTarget.value)} /></label></>}
      </fieldset>
      <Reason id="plan-reason" value={reason} set={setReason} />
      <Wrong text={save.wrong} />
      <p class="row"><button type="submit" class="btn main-act" id="plan-save" disabled={save.busy}>{t("gKeepDo")}</button><button type="button" class="btn" onClick={() => go(was ? keptHash(was.name) : "#/partners/plan")}>{t("close")}</button></p>
    </form>
  );
}

export function RemoveDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { go } = useShared(), remove = useAct(), [reason, setReason] = useState("");
  return (
    <Dialog title={t("gKeepRemoveAsk", { p: name })} onClose={onClose}>
      <form onSubmit={(e) => { e.preventDefault(); remove.act("/api/gate/plans/remove", { name, reason: reason.trim() }, () => go("#/partners/plan")); }}>
        <p>{t("gKeepRemoveMeans")}</p>
        <Reason id="plan-remove-reason" value={reason} set={setReason} />
        <Wrong text={remove.wrong} />
        <p class="row"><button type="submit" class="btn main-act" id="plan-remove-now" disabled={remove.busy}>{t("gKeepRemoveDo", { p: name })}</button><button type="button" class="btn" onClick={onClose}>{t("gKeepRemoveNot")}</button></p>
      </form>
    </Dialog>
  );
}
