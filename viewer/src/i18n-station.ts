// The words that only a station's page needs.
import { getLang } from "./i18n";

const en = {
  title: "Station: {u}", packets: "Ward packets on this PC", noPacket: "NO PACKET HAS COME: use paper.", made: "made {t}", old: "{a} old", valid: "valid until {t}", expired: "EXPIRED", open: "Open", newest: "newest", changed: "CHANGED, NOT SHOWN",
  verified: "Maker verified by this station: the signature is the site's. It is checked again each time one is opened.",
  heard: "Site heard {a} ago", never: "The site was never heard", silent: "THE SITE HAS NOT BEEN HEARD FOR {a}", discarded: "NOTHING CAN BE WRITTEN HERE ANY MORE: use paper.", notEnrolled: "This station is not enrolled: it shows packets, and writes nothing down.", down: "This station does not answer. Is its program running?",
  signIn: "Sign in to write down", name: "Name", pin: "PIN", signInDo: "Sign in", wrong: "Name or PIN is not right.", signOut: "Sign out", you: "You write as {u}.",
  write: "Write down", who: "Who", number: "Record number, as on the wristband", temporary: "It is a downtime number, and nothing else is known of this person", compared: "I have compared these with the patient: the wristband, or what the patient says.",
  needTwo: "Type the number and one more, birth date or family name; then say that you compared them.", lookFirst: "This station cannot check: what was given before, and allergies, stand in the packet. Look there first.", looked: "I have looked in the packet or in the paper chart.",
  saved: "Saved: {i}", savedWhy: "It is on this PC's disk. It goes to the site by itself, as soon as that is heard.", another: "Write another", unsure: "It is not known whether this was saved: the station did not answer. Look at the list below before you write it again.",
  queue: "Written down here", counts: "{n} written · {w} waiting for the site", refusedN: "{n} not taken by the site: `holdfast station status` says why", waits: "waiting", brought: "at the site", carry: "The site is not heard. What waits can be carried: save the sealed file on a stick, and have it imported at the site (`holdfast capture import`). Nobody else can read it.",
  exportDo: "Sealed file for a stick", exportNone: "Nothing waits: there is no file to carry.", nextNumber: "Next downtime number", numberIs: "{n}: write it on the wristband and on paper now. It is given to nobody else.", numbersLeft: "{n} numbers left",
};
type Words = { [K in keyof typeof en]: string };
const fr: Words = {
  title: "Station : {u}", packets: "Dossiers d'unité sur ce poste", noPacket: "AUCUN DOSSIER N'EST ARRIVÉ : utilisez le papier.", made: "établi {t}", old: "il y a {a}", valid: "valable jusqu'à {t}", expired: "PÉRIMÉ", open: "Ouvrir", newest: "le plus récent", changed: "MODIFIÉ, NON MONTRÉ",
  verified: "Auteur vérifié par cette station : la signature est celle du site. Elle est vérifiée de nouveau à chaque ouverture.",
  heard: "Site entendu il y a {a}", never: "Le site n'a jamais été entendu", silent: "LE SITE N'EST PLUS ENTENDU DEPUIS {a}", discarded: "ON NE PEUT PLUS RIEN ÉCRIRE ICI : utilisez le papier.", notEnrolled: "Cette station n'est pas inscrite : elle montre les dossiers, et n'écrit rien.", down: "Cette station ne répond pas. Son programme tourne-t-il ?",
  signIn: "Connectez-vous pour écrire", name: "Nom", pin: "Code", signInDo: "Se connecter", wrong: "Le nom ou le code n'est pas bon.", signOut: "Se déconnecter", you: "Vous écrivez en tant que {u}.",
  write: "Écrire", who: "Qui", number: "Numéro de dossier, comme sur le bracelet", temporary: "C'est un numéro de panne, et rien d'autre n'est connu de cette personne", compared: "Je les ai comparés avec le patient : le bracelet, ou ce que dit le patient.",
  needTwo: "Tapez le numéro et un second repère, date de naissance ou nom ; puis dites que vous les avez comparés.", lookFirst: "Cette station ne peut rien vérifier : ce qui a été donné avant, et les allergies, sont dans le dossier d'unité. Regardez-y d'abord.", looked: "J'ai regardé dans le dossier d'unité ou dans le dossier papier.",
  saved: "Enregistré : {i}", savedWhy: "C'est sur le disque de ce poste. Cela part de soi-même vers le site, dès qu'il est entendu.", another: "Écrire autre chose", unsure: "On ne sait pas si cela a été enregistré : la station n'a pas répondu. Regardez la liste ci-dessous avant de le réécrire.",
  queue: "Écrit ici", counts: "{n} écrits · {w} en attente du site", refusedN: "{n} refusés par le site : `holdfast station status` dit pourquoi", waits: "en attente", brought: "au site", carry: "Le site n'est pas entendu. Ce qui attend peut être porté : enregistrez le fichier scellé sur une clé, et faites-le importer au site (`holdfast capture import`). Personne d'autre ne peut le lire.",
  exportDo: "Fichier scellé pour une clé", exportNone: "Rien n'attend : il n'y a pas de fichier à porter.", nextNumber: "Numéro de panne suivant", numberIs: "{n} : écrivez-le maintenant sur le bracelet et sur le papier. Il n'est donné à personne d'autre.", numbersLeft: "{n} numéros restants",
};
const zh: Words = {
  title: "工作站：{u}", packets: "本机上的病区数据包", noPacket: "尚未收到数据包：请用纸质记录。", made: "制作于 {t}", old: "已 {a}", valid: "有效至 {t}", expired: "已过期", open: "打开", newest: "最新", changed: "已被改动，不予显示",
  verified: "制作者已由本工作站核实：签名属于本院。每次打开都会再次核对。",
  heard: "{a}前联系上中心", never: "从未联系上中心", silent: "已有 {a} 联系不上中心", discarded: "此处不能再记录：请用纸。", notEnrolled: "本工作站尚未登记：只显示数据包，不作记录。", down: "本工作站没有响应。其程序在运行吗？",
  signIn: "登录后才能记录", name: "姓名", pin: "PIN 码", signInDo: "登录", wrong: "姓名或 PIN 码不正确。", signOut: "退出", you: "您以 {u} 的身份记录。",
  write: "记录", who: "患者", number: "病历号（与腕带一致）", temporary: "这是停机编号，此人其他信息均未知", compared: "我已与患者核对：腕带或患者本人所述。",
  needTwo: "请输入病历号及另一项：出生日期或姓氏；然后确认已核对。", lookFirst: "本工作站无法核查：既往给药和过敏在数据包中。请先查看。", looked: "我已查看数据包或纸质病历。",
  saved: "已保存：{i}", savedWhy: "已写入本机磁盘。一旦联系上中心，会自动送达。", another: "再记一条", unsure: "不确定是否已保存：工作站没有响应。重新记录前请先查看下方列表。",
  queue: "在此记录的内容", counts: "已记录 {n} 条 · {w} 条等待送达中心", refusedN: "中心未接受 {n} 条：原因见 `holdfast station status`", waits: "等待中", brought: "已到中心", carry: "联系不上中心。等待的内容可以人工送达：把密封文件存到 U 盘，在中心导入（`holdfast capture import`）。他人无法读取。",
  exportDo: "供 U 盘携带的密封文件", exportNone: "没有等待的内容：无需携带文件。", nextNumber: "下一个停机编号", numberIs: "{n}：请立即写在腕带和纸上。此号不会再给别人。", numbersLeft: "剩余 {n} 个编号",
};
const tables = { en, fr, zh };
export const ts = (key: keyof typeof en, values: Record<string, string | number> = {}): string => tables[getLang()][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
