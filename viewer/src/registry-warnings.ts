// What is odd about a list, in the reader's language: the server's word for it (with its form, where a word has several sentences) and what stands in the sentence's places. English is the server's own sentence; so is what has no words here yet.
import type { Any } from "./fhir";
import { count } from "./format";
import { getLang } from "./i18n";

// {0}, {1}: the values in order. Numbers are set as the reader sets them, days and our own names of things too.
export const sentences: Record<string, [fr: string, zh: string]> = {
  column: ["La colonne intitulée « {0} » n’en contient pas : elle est reconnue à son contenu.", "标题为“{0}”的列内容不符：按列中内容识别。"],
  header: ["La colonne {0} n’a pas de titre connu (un défaut de l’export du portail) ; ce qui s’y trouve : {1}.", "第 {0} 列没有已知标题（门户导出自身的缺陷）；按内容识别为{1}。"],
  commas: ["Lignes avec une virgule sans guillemets : {0} ; leurs cellules ont été réunies (la première : ligne {1}).", "{0} 行有未加引号的逗号：已重新拼合（首行为第 {1} 行）。"],
  persons: ["Lignes dont le nombre de personnes n’est pas un nombre : {0} ; compté comme inconnu (la première : ligne {1}).", "{0} 行的人数不是数字（首行为第 {1} 行）：按未知计。"],
  undated: ["Lignes sans date de déclaration lisible : {0} ; elles ne comptent dans aucune année (la première : ligne {1}).", "{0} 行没有可读的报告日期（首行为第 {1} 行）：不计入任何年份。"],
  unread: ["Lignes qui ne sont pas des déclarations, laissées de côté : {0} (la première : ligne {1}).", "{0} 行不是报告，已略去（首行为第 {1} 行）。"],
  quotes: ["Un guillemet n’est jamais fermé : il a été lu comme une lettre.", "有一个引号始终未闭合：按普通字符读取。"],
  fields: ["Une ligne a plus de {0} cellules : le reste a été laissé de côté.", "有一行超过 {0} 个单元格：其余已略去。"],
  repaired: ["Lignes au texte mal encodé : {0} ; il a été rétabli, et la ligne d’origine est conservée.", "{0} 行文字编码有误：已修复，原始行仍保留。"],
  "swapped-dates/turned": ["Dates de cette liste où jour et mois sont intervertis : {0} (la première : ligne {1}). Remises à l’endroit, ses dates sont dans l’ordre, en jours ouvrés et non dans l’avenir. Ce qui y figurait est conservé.", "本列表有 {0} 个日期的日与月颠倒（首行为第 {1} 行）：更正后日期依次排列，均为工作日且不在未来。原内容已保留。"],
  "swapped-dates/only": ["Dates qui ne peuvent se lire qu’avec le jour en premier, et lues ainsi : {0} (la première : ligne {1}).", "{0} 个日期只能按日在前读取（首行为第 {1} 行），已如此读取。"],
  "swapped-dates/unsure": ["Jour et mois de certaines dates sont peut-être intervertis : la liste ne le dit pas clairement ; les dates sont lues le mois en premier. La commande, avec --map et « dates = dmy », les lit le jour en premier.", "部分日期的日与月可能颠倒：列表未能明确显示；按月在前读取。命令加 --map 及“dates = dmy”则按日在前读取。"],
  "swapped-dates/late": ["Dates postérieures à celle de la liste, retournées jour pour mois : {0} (la première : ligne {1}).", "{0} 个日期晚于列表自身日期，已将日月对调（首行为第 {1} 行）。"],
  "swapped-dates/order": ["Dates hors de l’ordre de la liste, qui y entrent jour et mois intervertis, et retournées : {0} (la première : ligne {1}).", "{0} 个日期不合列表次序，日月对调后相合：已对调（首行为第 {1} 行）。"],
  "view-and-name": ["Le nom du fichier dit « {0} », ses lignes disent « {1} » : c’est ce que disent les lignes qui est retenu.", "文件名表示“{0}”，而内容显示“{1}”：以内容为准。"],
  "as-of-and-rows": ["Elle contient des déclarations postérieures à la date indiquée pour elle.", "其中有晚于所注日期的报告。"],
  "as-of-and-name": ["Elle contient des déclarations postérieures à la date de son nom ; c’est celle de sa déclaration la plus récente qui est retenue.", "其中有晚于文件名日期的报告；以最新报告的日期为准。"],
  "as-of-unsure": ["La déclaration la plus récente d’une archive est plus ancienne que le jour où elle a été relevée : elle est de ce jour ou d’un jour ultérieur. Indiquez la date si vous la connaissez.", "存档中最新报告早于取得之日：列表日期为该日或更晚。如已知，请注明日期。"],
  weekends: ["{0} déclarations sur {1} sont datées d’un week-end (vraies listes : 2 à 4 sur cent) : les dates sont peut-être inventées, ou jour et mois intervertis.", "{1} 份报告中有 {0} 份日期为周末（真实列表为百分之二至四）：日期可能是编造的，或日月颠倒。"],
  digits: ["Les premiers chiffres de ses nombres ne se répartissent pas comme ceux de vrais décomptes ({0} d’écart à la loi de Benford ; vraies listes : 0,01 à 0,02) : elle est peut-être inventée ou modifiée.", "其数字首位的分布不像真实统计（偏离本福特定律 {0}，真实列表为 0.01 至 0.02）：可能是编造或被改动的。"],
  evenly: ["Ses nombres sont trop réguliers : médiane {0}, moyenne {1} ; dans les vraies listes, quelques très grands rendent la moyenne vingt fois plus forte que la médiane.", "其数字分布过于均匀：中位数 {0}，平均数 {1}；真实列表中少数极大值使平均数达中位数的二十倍。"],
  round: ["{0} nombres sur {1} sont des centaines rondes (vraies listes : un sur dix).", "{1} 个数字中有 {0} 个为整百（真实列表为十分之一）。"],
  "regular/counts": ["Ses nombres montent ou descendent sans cesse du même pas.", "其数字反复以相同步长增减。"],
  "regular/days": ["Ses dates se suivent sans cesse au même intervalle.", "其日期反复以相同间隔排列。"],
  numbered: ["La plupart des noms finissent par un nombre : elle semble inventée.", "多数名称以数字结尾：看似编造。"],
  category: ["Lignes avec {1} que le portail ne connaît pas : {0} (la première : ligne {2}).", "{0} 行有门户中不存在的{1}（首行为第 {2} 行）。"],
  "under-500": ["Lignes de moins de 500 personnes : {0} ; le portail n’en montre aucune.", "{0} 行不足 500 人：门户不显示此类事件。"],
  future: ["Déclarations postérieures à la liste elle-même : {0} (la première : ligne {1}).", "{0} 份报告晚于列表自身日期（首行为第 {1} 行）。"],
  "contradicts/counts": ["{0} déclarations connues sur {1} ont un autre nombre qu’avant : plus que l’autorité n’en a jamais changé (une sur cinq en dix-huit mois). Est-ce bien la liste de l’autorité ?", "{1} 份已知报告中有 {0} 份人数与此前不同：多于主管机关以往的改动（十八个月内五分之一）。这确是主管机关的列表吗？"],
  "contradicts/rows": ["{0} déclarations sur {1} antérieures au {2} ne figuraient pas dans la liste de ce jour : est-ce la même liste ?", "{2} 之前的 {1} 份报告中有 {0} 份不在当日列表中：是同一份列表吗？"],
  "same-day": ["Une autre liste de même vue et de même date ({0}) avait été reprise, et elle diffère : lignes manquantes ici : {1}, nouvelles : {2}, aux nombres différents : {3}.", "此前已导入同类同日（{0}）的另一份列表，且内容不同：其中 {1} 行在此缺失，{2} 行为新增，{3} 行人数不同。"],
  vanished: ["{0} déclarations sur {1} qui étaient dans cette vue le {2} n’y sont plus ; une archive ne fait que croître.", "{2} 时此视图中的 {1} 份报告有 {0} 份已不在；存档只增不减。"],
  "perhaps-merged": ["Déclarations disparues qui font peut-être partie d’autres désormais : {0} ; des nombres de même État, type et époque s’additionnent à peu près. La première : {1}, dans {2}. Rien n’est compté comme réuni ; la page de chaque incident dit à quoi cela se voit.", "{0} 份消失的报告现在或已并入其他报告：同州、同类型、同时期的人数大致相加相符。首例：{1}，并入 {2}。不按合并计；各事件页说明依据。"],
};

// Our own names of things that stand in the places.
export const named: Record<string, [fr: string, zh: string]> = {
  archive: ["archives", "存档"], "under investigation": ["en cours d’enquête", "调查中"], "under-investigation": ["en cours d’enquête", "调查中"], full: ["les deux listes", "两份列表"],
  "a state": ["un État", "州"], "a type of entity": ["un type d’entité", "机构类型"], "a type of breach": ["un type de violation", "泄露类型"], "a location": ["un emplacement", "数据位置"],
  "the name": ["le nom", "名称"], "the state": ["l’État", "州"], "the type of entity": ["le type d’entité", "机构类型"], "the number of persons": ["le nombre de personnes", "人数"], "the day of submission": ["la date de déclaration", "报告日期"], "the type of breach": ["le type de violation", "泄露类型"], "the location": ["l’emplacement", "数据位置"],
  "whether a business associate was present": ["la présence d’un sous-traitant", "是否涉及业务伙伴"], "the description": ["la description", "说明"], "the day of discovery": ["la date de découverte", "发现日期"], "the day of notice": ["la date d’avis", "通报日期"], "the first day": ["le premier jour", "起始日"], "the last day": ["le dernier jour", "结束日"], "the list": ["la liste", "列表"],
};

const why: Record<string, [fr: string, zh: string]> = {
  "the same row stood there more than once": ["la même ligne y figurait plusieurs fois", "同一行曾出现多次"], "the other's count went up by exactly as many persons": ["le nombre de l’autre a augmenté d’exactement autant de personnes", "另一报告的人数恰好增加了同样多"],
  "the other, of the same state and type and about the same day, went up by nearly as many persons": ["l’autre, de même État et type et d’une date proche, a augmenté d’à peu près autant de personnes", "另一报告州与类型相同、日期相近，人数增加大致相同"],
  "a new report of the same state and type and about the same day has nearly as many persons as this one and another that is gone": ["une nouvelle déclaration, de même État et type et d’une date proche, a à peu près autant de personnes que celle-ci et une autre disparue", "一份新报告州与类型相同、日期相近，人数大致等于本报告与另一份消失的报告之和"],
};

const s = (x: unknown) => (typeof x === "string" ? x : ""), at = () => (getLang() === "fr" ? 0 : 1);
const value = (v: string, day: (iso: string) => string) => (/^\d{4}-\d\d-\d\d$/.test(v) ? day(v) : /^\d{1,15}$/.test(v) ? count(Number(v)) : /^\d+\.\d+$/.test(v) && getLang() === "fr" ? v.replace(".", ",") : named[v]?.[at()] ?? v);

// null: it is the server's sentence, and English.
export function oddity(w: Any, day: (iso: string) => string): string | null {
  const form = s(w.form) ? `${s(w.what)}/${s(w.form)}` : s(w.what), said = getLang() === "en" ? undefined : sentences[form]?.[at()], v = Array.isArray(w.values) ? w.values.map(s) : [];
  if (!said || [...said.matchAll(/\{(\d)\}/g)].some((m) => v[Number(m[1])] === undefined)) return null; // an import of before the values were kept
  return said.replace(/\{(\d)\}/g, (_, i) => value(v[Number(i)]!, day));
}
export const mergedWhy = (text: string): string | null => (getLang() === "en" ? text : why[text]?.[at()] ?? null);
