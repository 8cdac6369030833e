// The words that only packets need, apart from the others: the page that the server hands out does not carry them.
import { getLang } from "./i18n";

const en = {
  drill: "DRILL. This packet was made for a drill: it is not for care.",
  contacts: "Contacts", noContacts: "No contacts were given to Holdfast when this packet was made.", onCallNow: "ON CALL NOW", mobile: "mobile {n}", pager: "pager {n}", fax: "fax {n}", k_on_call: "On call", k_unit: "Units of the house", k_staff: "Staff", k_neighbour: "Hospitals nearby", k_partner: "Partners", k_supplier: "Suppliers", k_authority: "Authorities", k_regulator: "Regulators", k_police: "Police", k_insurer: "Insurers", k_other: "Others",
  packet: "WARD PACKET", title: "Ward packet: {u}", madeAt: "Made {t}", old: "{t} old", validUntil: "valid until {t}", until: "until {t}", entryLine: "Ledger of {o}: entries up to {n}, checkpoint over {c}",
  words: "The unit's words", wordsHint: "Six words, on the unit's sheet. Capitals and hyphens do not matter.", open: "Open", opening: "Opening: this takes a few seconds.", wrong: "These are not this unit's words. Nothing was opened. Check each word; the words of an older packet may be others.",
  broken: "This file is damaged or not whole. Take another copy.", oldBrowser: "This browser is too old to open a packet: Chrome or Edge 80, Firefox 113, Safari 16.4, or later ones.", none: "There is no packet in this page.",
  stores: "This page keeps nothing on this PC and sends nothing anywhere. What you open is in this window until you close it, and closes by itself after 30 minutes without a key or a click. That it was opened stands in no record.",
  maker: "Maker not verified by this page. A page cannot vouch for itself: `holdfast packet verify` checks a file against the site's key.",
  expired: "EXPIRED", expiredAt: "This packet expired at {t}, {a} ago.", expiredMeans: "What it shows is from {t}. Orders, doses and results have changed since. Take a newer packet or the paper charts if there are any.", expiredAsk: "To open it all the same, say why", expiredHint: "At least 8 characters. It is shown on every page and printed sheet, and is kept nowhere.", expiredOpen: "Open the expired packet",
  expiredBar: "EXPIRED since {t}: opened all the same. {r}", tooShort: "Say why, in at least 8 characters.",
  early: "This PC's clock says {n}. That is before this packet was made ({t}): the clock is wrong. Ages and validity below cannot be trusted. Look at another clock.",
  ends: "PACKET ENDS {t}", endsSection: "{f} spoke until then. What it has said in the {a} since is not in this packet.", bar: "Everything here is as of {t}. Nothing after it is in this packet.",
  leftOut1: "1 record of this unit is protected and not in this packet.", leftOutN: "{n} records of this unit are protected and not in this packet.", apart1: "1 record of this unit is protected and sealed apart.", apartN: "{n} records of this unit are protected and sealed apart.", apartOpen: "Open with the second words", apartTitle: "Protected records", apartWords: "The second words", apartIsOpen: "Protected records are open in this window.",
  notHere: "That is not in this packet.", isProtected: "This record is protected: it is not open in this packet.", noDocument: "This document is not in the packet: packets hold documents that are text.", noTracing: "What was found and measured is here. The tracings themselves are not in the packet.",
  entryMeans: "Entry {n} of the ledger of {o}. The message and its proof are with the site; this packet names them, so that they can be compared later.", lock: "Close", locked: "Closed after 30 minutes without a key or a click.", readOnly: "Read only: write on paper, or at a station.", printFoot: "from a packet made {t}", paper: "PACKET made {t}, valid until {u}",
};
type Words = { [K in keyof typeof en]: string };
const fr: Words = {
  drill: "EXERCICE. Ce dossier a été fait pour un exercice : il ne sert pas aux soins.",
  contacts: "Contacts", noContacts: "Aucun contact n'était connu de Holdfast quand ce dossier a été établi.", onCallNow: "DE GARDE", mobile: "port. {n}", pager: "bip {n}", fax: "fax {n}", k_on_call: "De garde, d'astreinte", k_unit: "Services de l'établissement", k_staff: "Personnel", k_neighbour: "Établissements voisins", k_partner: "Partenaires", k_supplier: "Fournisseurs", k_authority: "Autorités", k_regulator: "Autorités de contrôle", k_police: "Police, gendarmerie", k_insurer: "Assureurs", k_other: "Autres",
  packet: "DOSSIER D'UNITÉ", title: "Dossier d'unité : {u}", madeAt: "Établi {t}", old: "il y a {t}", validUntil: "valable jusqu'à {t}", until: "jusqu'à {t}", entryLine: "Registre de {o} : entrées jusqu'à {n}, point de contrôle sur {c}",
  words: "Les mots de l'unité", wordsHint: "Six mots, sur la feuille de l'unité. Majuscules et traits d'union sont sans importance.", open: "Ouvrir", opening: "Ouverture : cela prend quelques secondes.", wrong: "Ce ne sont pas les mots de cette unité. Rien n'a été ouvert. Vérifiez chaque mot ; un fichier plus ancien peut avoir d'autres mots.",
  broken: "Ce fichier est abîmé ou incomplet. Prenez une autre copie.", oldBrowser: "Ce navigateur est trop ancien : il faut Chrome ou Edge 80, Firefox 113, Safari 16.4 ou plus récent.", none: "Il n'y a pas de dossier dans cette page.",
  stores: "Cette page ne garde rien sur ce poste et n'envoie rien. Ce que vous ouvrez reste dans cette fenêtre jusqu'à sa fermeture, et se ferme après 30 minutes sans touche ni clic. L'ouverture n'est inscrite nulle part.",
  maker: "Auteur non vérifié par cette page. Une page ne peut se porter garante d'elle-même : `holdfast packet verify` compare un fichier à la clé du site.",
  expired: "PÉRIMÉ", expiredAt: "Ce dossier est périmé depuis {t}, il y a {a}.", expiredMeans: "Ce qu'il montre date de {t}. Prescriptions, doses et résultats ont changé depuis. Prenez un dossier plus récent, ou le dossier papier s'il existe.", expiredAsk: "Pour l'ouvrir quand même, dites pourquoi", expiredHint: "Au moins 8 caractères. Affiché sur chaque page et chaque feuille imprimée, conservé nulle part.", expiredOpen: "Ouvrir le dossier périmé",
  expiredBar: "PÉRIMÉ depuis {t} : ouvert quand même. {r}", tooShort: "Dites pourquoi, en 8 caractères au moins.",
  early: "L'horloge de ce poste indique {n}. C'est avant l'établissement de ce dossier ({t}) : elle est fausse. Les âges et la validité ci-dessous ne sont pas fiables. Regardez une autre horloge.",
  ends: "LE DOSSIER S'ARRÊTE {t}", endsSection: "{f} parlait jusque-là. Ce qui est venu depuis ({a}) n'est pas dans ce dossier.", bar: "Tout ici date de {t}. Rien de plus récent n'est dans ce dossier.",
  leftOut1: "1 dossier de cette unité est protégé et n'est pas ici.", leftOutN: "{n} dossiers de cette unité sont protégés et ne sont pas ici.", apart1: "1 dossier de cette unité est protégé et scellé à part.", apartN: "{n} dossiers de cette unité sont protégés et scellés à part.", apartOpen: "Ouvrir avec les seconds mots", apartTitle: "Dossiers protégés", apartWords: "Les seconds mots", apartIsOpen: "Les dossiers protégés sont ouverts dans cette fenêtre.",
  notHere: "Cela n'est pas dans ce fichier.", isProtected: "Ce dossier est protégé : il n'est pas ouvert ici.", noDocument: "Ce document n'est pas dans le fichier, qui ne contient que les documents en texte.", noTracing: "Constats et mesures sont ici. Les tracés eux-mêmes ne sont pas dans le fichier.",
  entryMeans: "Entrée {n} du registre de {o}. Le message et sa preuve sont sur le site ; ce fichier les nomme, pour pouvoir comparer plus tard.", lock: "Fermer", locked: "Fermé après 30 minutes sans touche ni clic.", readOnly: "Lecture seule : écrivez sur papier, ou à une station.", printFoot: "d'un dossier d'unité établi {t}", paper: "DOSSIER D'UNITÉ établi {t}, valable jusqu'à {u}",
};
const zh: Words = {
  drill: "演练。此数据包为演练而制作：不得用于诊疗。",
  contacts: "联系人", noContacts: "制作本资料包时，Holdfast 中没有联系人。", onCallNow: "当前值班", mobile: "手机 {n}", pager: "传呼 {n}", fax: "传真 {n}", k_on_call: "值班", k_unit: "院内科室", k_staff: "职工", k_neighbour: "邻近医院", k_partner: "合作单位", k_supplier: "供应商", k_authority: "主管部门", k_regulator: "监管机构", k_police: "公安", k_insurer: "保险公司", k_other: "其他",
  packet: "病区数据包", title: "病区数据包：{u}", madeAt: "制作于 {t}", old: "{t}前", validUntil: "有效至 {t}", until: "至 {t}", entryLine: "{o} 的账本：截至条目 {n}，检查点覆盖 {c} 条",
  words: "本病区的口令", wordsHint: "六个词，在病区的纸上。大小写和连字符均可。", open: "打开", opening: "正在打开：需要几秒钟。", wrong: "这不是本病区的口令，未打开任何内容。请逐词核对；较旧的数据包可能使用别的口令。",
  broken: "此文件已损坏或不完整。请换一份副本。", oldBrowser: "此浏览器版本过旧：需要 Chrome 或 Edge 80、Firefox 113、Safari 16.4 或更新版本。", none: "此页面中没有数据包。",
  stores: "此页面不在本机保存任何内容，也不发送任何内容。打开的内容只在此窗口中，关闭即消失；30 分钟无按键或点击会自动关闭。打开一事不会被记录。",
  maker: "此页面未验证制作者。页面无法为自己作证：holdfast packet verify 用站点密钥检查文件。",
  expired: "已过期", expiredAt: "此数据包已于 {t} 过期（{a}前）。", expiredMeans: "其内容截至 {t}。此后医嘱、给药和结果已有变化。请取较新的数据包，或使用纸质病历。", expiredAsk: "若仍要打开，请说明原因", expiredHint: "至少 8 个字符。它会显示在每一页和每张打印件上，不会保存在任何地方。", expiredOpen: "打开过期的数据包",
  expiredBar: "已于 {t} 过期，仍被打开。{r}", tooShort: "请用至少 8 个字符说明原因。",
  early: "本机时钟为 {n}，早于此数据包的制作时间（{t}）：时钟有误。下方的时长和有效期不可信，请看别的钟。",
  ends: "数据包截至 {t}", endsSection: "{f} 直到那时仍有消息。此后 {a} 内的消息不在此数据包中。", bar: "此处全部内容截至 {t}。其后的内容不在此数据包中。",
  leftOut1: "本病区有 1 份受保护的病历，不在此数据包中。", leftOutN: "本病区有 {n} 份受保护的病历，不在此数据包中。", apart1: "本病区有 1 份受保护的病历，另行密封。", apartN: "本病区有 {n} 份受保护的病历，另行密封。", apartOpen: "用第二口令打开", apartTitle: "受保护的病历", apartWords: "第二口令", apartIsOpen: "受保护的病历已在此窗口中打开。",
  notHere: "此内容不在数据包中。", isProtected: "此病历受保护：在此数据包中未打开。", noDocument: "此文档不在数据包中：数据包只含文本文档。", noTracing: "此处有判读和测量值。心电图波形不在数据包中。",
  entryMeans: "{o} 账本的第 {n} 条。消息及其证明在站点；数据包记下其编号，以便日后核对。", lock: "关闭", locked: "30 分钟无按键或点击，已关闭。", readOnly: "只读：请写在纸上，或使用工作站。", printFoot: "来自 {t} 制作的数据包", paper: "数据包制作于 {t}，有效至 {u}",
};
export function tp(key: keyof Words, values: Record<string, string | number> = {}): string {
  return ({ en, fr, zh })[getLang()][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
