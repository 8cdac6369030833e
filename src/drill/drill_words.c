/* The sentences of a drill, in each language. Places: {a} what it is about, {n} and {o} how many and of how many, {v} the value and {l} its limit, as a span of time. */
#include "drill.h"

#include <inttypes.h>

enum { EN, FR, ZH, LANGS };
static int lang_of(const char *lang)
{
	return !strcmp(lang, "fr") ? FR : !strcmp(lang, "zh") ? ZH : EN;
}

static const char *const titles[DRILL_CHECK_COUNT][LANGS] = {
	[DRILL_COPY] = {"Charts made again", "Dossiers refaits", "重建病历"},
	[DRILL_CUT_OFF] = {"Cut off from the EHR", "Coupé du dossier informatisé", "与电子病历系统隔离"},
	[DRILL_PACKET_OPENED] = {"Ward packet opened", "Dossier d'unité ouvert", "打开病区数据包"},
	[DRILL_FIRST_CHART] = {"Time to the first chart", "Délai du premier dossier", "看到首份病历所需时间"},
	[DRILL_WORDS] = {"The unit's own words", "Les mots de l'unité", "病区自己的口令"},
	[DRILL_PAPER] = {"Paper", "Papier", "纸质表单"},
	[DRILL_CAPTURES] = {"Captured care sent back", "Saisies renvoyées", "停机期间记录回传"},
	[DRILL_BALANCE] = {"Closing balance", "Solde de clôture", "结清核对"},
	[DRILL_RESTORE] = {"Files restored", "Fichiers restaurés", "文件恢复"},
	[DRILL_REBUILD] = {"Site rebuilt from a replica", "Site refait d'une copie", "从副本重建站点"},
	[DRILL_FEEDS] = {"Feeds", "Flux", "数据接口"},
	[DRILL_PACKETS] = {"Packets on the wards", "Dossiers d'unité récents", "各病区数据包"},
	[DRILL_REPLICAS] = {"Copies outside", "Copies extérieures", "外部副本"},
	[DRILL_SHARES] = {"Recovery shares tested", "Parts de la clé éprouvées", "恢复密钥份额测试"},
	[DRILL_FORMS] = {"Forms printed", "Formulaires imprimés", "备用表单打印"},
	[DRILL_CONTACTS] = {"Contacts", "Annuaire", "联系人"},
	[DRILL_NUMBERS] = {"Downtime numbers", "Numéros de secours", "停机编号"},
};

static const char *const result_words[4][LANGS] = {
	[DRILL_NOT_DONE] = {"NOT DONE", "NON FAIT", "未做"}, [DRILL_PASS] = {"PASS", "RÉUSSI", "通过"}, [DRILL_WARN] = {"WARNING", "RÉSERVE", "警告"}, [DRILL_FAIL] = {"FAIL", "ÉCHEC", "未通过"}};

static const char *const whys[DRILL_WHY_COUNT][LANGS] = {
	[DRILL_WHY_NOT_REACHED] = {"not tried: something before it failed", "non tenté : une étape précédente a échoué", "未尝试：前面的步骤失败"},
	[DRILL_WHY_FAILED] = {"{a}", "{a}", "{a}"},
	[DRILL_WHY_COPY_SAME] = {"{n} charts were made again from the ledger's messages, and say what the site's say", "{n} dossiers refaits à partir des messages du registre disent ce que disent ceux du site", "用账本中的消息重建了 {n} 份病历，内容与站点一致"},
	[DRILL_WHY_COPY_DIFFERS] = {"{n} of {o} charts that were made again from the messages differ from the site's; the first is {a}", "{n} dossiers refaits sur {o} diffèrent de ceux du site ; le premier est {a}", "重建的 {o} 份病历中有 {n} 份与站点不同；第一份是 {a}"},
	[DRILL_WHY_NOBODY] = {"nobody is in these units: there was nothing to do it with", "personne dans ces unités : rien à quoi l'essayer", "这些病区无病人：无从演练"},
	[DRILL_WHY_CUT_KERNEL] = {"the drill had no network but this machine's own loopback: the kernel gave it no other, and a connection outward was refused", "l'exercice n'avait pas de réseau hors de cette machine : le noyau n'en donnait pas, et une connexion sortante a été refusée", "演练除本机回环外没有任何网络：内核未提供，对外连接被拒绝"},
	[DRILL_WHY_CUT_ADDRESS] = {"the drill sends to this machine alone, but the kernel did not let it give up its network", "l'exercice n'envoie qu'à cette machine, mais le noyau ne l'a pas laissé se priver de réseau", "演练只向本机发送，但内核不允许其放弃网络"},
	[DRILL_WHY_CUT_OPEN] = {"a connection to another machine was possible", "une connexion vers une autre machine était possible", "可以连接到其他机器"},
	[DRILL_WHY_OPENED] = {"a packet of each of {o} units was made, its signature checked, one changed byte found out, and opened with its words: {n} charts", "un dossier pour chacune des {o} unités : établi, signature vérifiée, un octet changé décelé, ouvert avec ses mots : {n} dossiers de patients", "为 {o} 个病区各制作了数据包：签名已核对，改动一个字节即被发现，用口令打开：共 {n} 份病历"},
	[DRILL_WHY_FIRST] = {"from the file and its words to the first chart: {v}", "du fichier et de ses mots au premier dossier : {v}", "从文件和口令到首份病历：{v}"},
	[DRILL_WHY_WORDS_OPEN] = {"the words that were given are those of {a}", "les mots donnés sont bien ceux de {a}", "所给口令正是 {a} 的口令"},
	[DRILL_WHY_WORDS_WRONG] = {"the words that were given do not open the packets of {a}", "les mots donnés n'ouvrent pas les dossiers de {a}", "所给口令打不开 {a} 的数据包"},
	[DRILL_WHY_WORDS_NOT_GIVEN] = {"not tried: nobody gave the words that lie on the unit (--passphrase-file)", "non tenté : personne n'a donné les mots déposés dans l'unité (--passphrase-file)", "未尝试：没有人提供病区保存的口令（--passphrase-file）"},
	[DRILL_WHY_PRINTED] = {"{n} sheets were typeset for the units in {v}, numbered and registered in the drill's own register; whether a printer works nobody has looked at", "{n} feuilles composées pour les unités en {v}, numérotées et inscrites au registre de l'exercice ; aucune imprimante n'a été essayée", "{v} 内为各病区排版 {n} 张表单，编号并登记在演练自己的登记簿；未检查打印机"},
	[DRILL_WHY_CAPTURED] = {"{n} items of {o} kinds were written down; each was sent once, marked as training, to the drill's own receiver", "{n} saisies de {o} sortes, chacune envoyée une fois, marquée exercice, au récepteur de l'exercice", "记录了 {o} 类共 {n} 项；每项以演练标记向演练接收端发送一次"},
	[DRILL_WHY_CAPTURED_OTHER] = {"{n} of {o} items did not come to the drill's receiver exactly once: {a}", "{n} saisies sur {o} ne sont pas arrivées exactement une fois : {a}", "{o} 项中有 {n} 项未恰好到达一次：{a}"},
	[DRILL_WHY_BALANCE_ZERO] = {"{n} items: none open, none unknown, and the drill's downtime was closed", "{n} saisies : aucune ouverte, aucune incertaine ; la panne de l'exercice est close", "{n} 项：无未结、无不明，演练停机已关闭"},
	[DRILL_WHY_BALANCE_OPEN] = {"{n} of {o} items stayed open or unknown", "{n} saisies sur {o} restent ouvertes ou incertaines", "{o} 项中有 {n} 项未结或不明"},
	[DRILL_WHY_RESTORED] = {"{n} of the {o} files of the newest snapshot were restored and compared in {v}", "{n} des {o} fichiers du dernier instantané restaurés et comparés en {v}", "最新快照 {o} 个文件中的 {n} 个已恢复并比对，用时 {v}"},
	[DRILL_WHY_RESTORE_BYTES] = {"the newest snapshot's bytes were read and compared ({n} packs); that they open was never proven: it needs the recovery key", "les octets du dernier instantané ont été relus et comparés ({n} blocs) ; leur ouverture n'a jamais été prouvée : il faut la clé de secours", "最新快照的字节已读取并比对（{n} 个包）；从未证明能打开：需要恢复密钥"},
	[DRILL_WHY_RESTORE_LAST] = {"the newest snapshot's bytes were read and compared; that files open was last proven {v} ago, not today: nobody gave the recovery key", "les octets du dernier instantané ont été relus et comparés ; l'ouverture a été prouvée il y a {v}, pas aujourd'hui : personne n'a donné la clé de secours", "最新快照的字节已读取并比对；文件能打开上次证明于 {v} 前，而非今天：无人提供恢复密钥"},
	[DRILL_WHY_RESTORE_NONE] = {"not tried: no files were ever backed up here", "non tenté : aucun fichier n'a été sauvegardé ici", "未尝试：此处从未备份过文件"},
	[DRILL_WHY_REBUILT] = {"the site was made again from {a}: the first chart could be read after {v}", "le site a été refait depuis {a} : premier dossier lisible après {v}", "已从 {a} 重建站点：{v} 后可读首份病历"},
	[DRILL_WHY_REBUILD_NOT] = {"not tried: it needs a replica and the recovery key (--identity or --shares)", "non tenté : il faut une copie et la clé de secours (--identity ou --shares)", "未尝试：需要副本和恢复密钥（--identity 或 --shares）"},
	[DRILL_WHY_FEEDS_FRESH] = {"{n} feeds speak, each within its own rhythm; longest silent is {a}: {v}", "{n} flux parlent, chacun à son rythme ; le plus longtemps muet : {a}, {v}", "{n} 个接口均按自身节律通信；沉默最久的是 {a}：{v}"},
	[DRILL_WHY_FEEDS_SILENT] = {"{n} of {o} feeds are silent for longer than their rhythm; {a} since {v}", "{n} flux sur {o} sont muets au-delà de leur rythme ; {a} depuis {v}", "{o} 个接口中有 {n} 个超出自身节律保持沉默；{a} 已 {v}"},
	[DRILL_WHY_FEEDS_NONE] = {"no feed has ever spoken", "aucun flux n'a jamais parlé", "从未有接口通信"},
	[DRILL_WHY_PACKETS_NEW] = {"each of {n} units has a packet; the oldest is that of {a}: {v}", "chacune des {n} unités a un dossier ; le plus ancien est celui de {a} : {v}", "{n} 个病区都有数据包；最旧的是 {a}：{v}"},
	[DRILL_WHY_PACKETS_OLD] = {"{n} of {o} units have a packet that is too old; that of {a} was made {v} ago", "{n} unités sur {o} ont un dossier trop ancien ; celui de {a} date de {v}", "{o} 个病区中有 {n} 个数据包过旧；{a} 的制作于 {v} 前"},
	[DRILL_WHY_PACKETS_MISSING] = {"{n} of {o} units have no packet, {a} among them", "{n} unités sur {o} n'ont pas de dossier, dont {a}", "{o} 个病区中有 {n} 个没有数据包，包括 {a}"},
	[DRILL_WHY_REPLICA_NEAR] = {"{a} has been read and its head follows from this ledger; it is {n} entries and {v} behind", "{a} a été relue et sa tête découle de ce registre ; retard de {n} entrées, {v}", "已读取 {a}，其头部与本账本一致；落后 {n} 条、{v}"},
	[DRILL_WHY_REPLICA_FAR] = {"the newest head outside ({a}) is {n} entries and {v} behind", "la tête la plus récente au-dehors ({a}) a {n} entrées et {v} de retard", "外部最新头部（{a}）落后 {n} 条、{v}"},
	[DRILL_WHY_REPLICA_NONE] = {"nothing of this site stands on another machine", "rien de ce site n'existe sur une autre machine", "本站点在其他机器上没有任何副本"},
	[DRILL_WHY_SHARES_TESTED] = {"each of {o} shares was tested; the longest ago {v}", "chacune des {o} parts a été éprouvée ; la plus ancienne épreuve : {v}", "{o} 份密钥份额均已测试；最久的在 {v} 前"},
	[DRILL_WHY_SHARES_SOME] = {"{n} of {o} shares were tested within {l}", "{n} parts sur {o} ont été éprouvées en {l}", "{l} 内测试了 {o} 份中的 {n} 份"},
	[DRILL_WHY_SHARES_NEVER] = {"none of {o} shares was ever tested (key check SHARE --site)", "aucune des {o} parts n'a jamais été éprouvée (key check SHARE --site)", "{o} 份份额从未测试（key check SHARE --site）"},
	[DRILL_WHY_FORMS_PRINTED] = {"each of {n} units has printed forms; the oldest print is {v} old", "chacune des {n} unités a imprimé des formulaires ; l'impression la plus ancienne : {v}", "{n} 个病区都打印过表单；最旧的打印于 {v} 前"},
	[DRILL_WHY_FORMS_MISSING] = {"{n} of {o} units have no forms printed within {l}, {a} among them", "{n} unités sur {o} sans formulaires imprimés depuis {l}, dont {a}", "{o} 个病区中有 {n} 个在 {l} 内未打印表单，包括 {a}"},
	[DRILL_WHY_CONTACTS_NEW] = {"contacts are here, last changed {v} ago", "l'annuaire est là, modifié il y a {v}", "联系人已保存，{v} 前更新"},
	[DRILL_WHY_CONTACTS_OLD] = {"contacts were last changed {v} ago", "l'annuaire n'a pas changé depuis {v}", "联系人上次更新于 {v} 前"},
	[DRILL_WHY_CONTACTS_NONE] = {"no contacts are here: with mail and telephones gone nobody can be called", "aucun annuaire ici : sans messagerie ni téléphone, personne ne peut être joint", "此处没有联系人：邮件和电话中断时无人可联系"},
	[DRILL_WHY_NUMBERS_OUT] = {"each of {n} units has downtime numbers in hand", "chacune des {n} unités a des numéros de secours", "{n} 个病区都持有停机编号"},
	[DRILL_WHY_NUMBERS_MISSING] = {"{n} of {o} units have no downtime numbers, {a} among them", "{n} unités sur {o} n'ont pas de numéros de secours, dont {a}", "{o} 个病区中有 {n} 个没有停机编号，包括 {a}"},
};

const char *drill_title(const char *lang, enum drill_check_name n)
{
	return titles[n][lang_of(lang)];
}

const char *drill_result_word(const char *lang, enum drill_result r)
{
	return result_words[r][lang_of(lang)];
}

void drill_span(const char *lang, double s, struct buf *ret)
{
	int l = lang_of(lang);
	static const char *const unit[4][LANGS] = {{" s", " s", " 秒"}, {" min", " min", " 分钟"}, {" h", " h", " 小时"}, {" days", " jours", " 天"}};
	if (s < 10)
		buf_printf(ret, "%.1f%s", s, unit[0][l]);
	else if (s < 120)
		buf_printf(ret, "%.0f%s", s, unit[0][l]);
	else if (s < 120 * 60)
		buf_printf(ret, "%.0f%s", s / 60, unit[1][l]);
	else if (s < 48 * 3600)
		buf_printf(ret, "%.0f%s", s / 3600, unit[2][l]);
	else
		buf_printf(ret, "%.0f%s", s / 86400, unit[3][l]);
}

void drill_sentence(const char *lang, const struct drill_check *c, struct buf *ret)
{
	for (const char *s = whys[c->why][lang_of(lang)]; *s; s++) {
		if (s[0] != '{' || !s[1] || s[2] != '}') {
			buf_u8(ret, (uint8_t)*s);
			continue;
		}
		switch (s[1]) {
		case 'a':
			buf_str(ret, c->about);
			break;
		case 'n':
			buf_printf(ret, "%" PRIu64, c->n);
			break;
		case 'o':
			buf_printf(ret, "%" PRIu64, c->of);
			break;
		case 'v':
			drill_span(lang, c->value, ret);
			break;
		case 'l':
			drill_span(lang, c->limit, ret);
			break;
		default:
			assert(!"a place that no sentence has");
		}
		s += 2;
	}
}
