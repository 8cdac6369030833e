/* The sentences that go into the EHR with what was captured, in the language in which its people read: how an item came to be written down, and the downtime note. Numbers, names and times stand between them as they were written. */
#include "downtime_internal.h"

enum { EN, FR, ZH, LANGS };

static int lang_of(const char *lang)
{
	return !lang ? EN : !strcmp(lang, "fr") ? FR : !strcmp(lang, "zh") ? ZH : EN;
}

bool backload_lang_known(const char *lang)
{
	return !strcmp(lang, "en") || !strcmp(lang, "fr") || !strcmp(lang, "zh");
}

const char *backload_word(const char *lang, enum backload_word w)
{
	static const char *const words[BW_COUNT][LANGS] = {
		[BW_WRITTEN_DOWN] = {"Written down during downtime", "Consigné pendant la panne informatique", "停机期间记录"},
		[BW_BY] = {" by ", " par ", "，记录人："},
		[BW_FOR] = {" on behalf of ", " pour le compte de ", "，代："},
		[BW_UNIT] = {", unit ", ", unité ", "，病区："},
		[BW_FROM_SHEET] = {", from paper sheet ", ", d'après la feuille papier ", "，抄自纸质表单："},
		[BW_HAPPENED] = {"; it happened at ", " ; heure des faits : ", "；实际发生时间："},
		[BW_STOP] = {".", ".", "。"},
		[BW_REASON] = {" Reason: ", " Motif : ", "原因："},
		[BW_YES] = {"yes", "oui", "是"},
		[BW_SHEET] = {"Paper sheet ", "Feuille papier ", "纸质表单 "},
		[BW_PAGE] = {", page ", ", page ", "，页码 "},
		[BW_PAGES] = {" pages", " pages", " 页"},
		[BW_SCANNED] = {", scanned.", ", numérisée.", "，已扫描。"},
		[BW_TOO_LARGE] = {": its scan is larger than is sent, and is kept in Holdfast.", " : son image est trop volumineuse pour être envoyée ; elle est conservée dans Holdfast.", "：扫描件过大，未发送，保存在 Holdfast 中。"},
		[BW_NOTE_TITLE] = {"Downtime note", "Note de panne informatique", "停机说明"},
		[BW_NOTE_FROM] = {"Downtime from ", "Panne informatique du ", "停机时间："},
		[BW_NOTE_TO] = {" to ", " au ", " 至 "},
		[BW_NOTE_ITEMS_1] = {" item was captured meanwhile:", " saisie entre-temps :", " 项记录（停机期间）："},
		[BW_NOTE_ITEMS] = {" items were captured meanwhile:", " saisies entre-temps :", " 项记录（停机期间）："},
		[BW_NOTE_TIMES] = {". Times are those at which things happened; entered in this record afterwards.\n", ". Les heures sont celles des faits ; report dans ce dossier après coup.\n", "。所列时间为实际发生时间；事后补录入本病历。\n"},
		[BW_NOTE_BY] = {"Written down by ", "Saisi par ", "记录人："},
		[BW_NOTE_SHEETS] = {"Paper sheets: ", "Feuilles papier : ", "纸质表单："},
		[BW_NOTE_KEPT] = {"The paper is kept: ", "Le papier est conservé : ", "纸质原件存放处："},
		[BW_AND] = {" and ", " et ", "，另有 "},
		[BW_MORE] = {" more", " autres", " 项"},
	};
	assert(w < BW_COUNT && words[w][EN]);
	return words[w][lang_of(lang)];
}

const char *backload_kind_word(const char *lang, enum capture_kind k)
{
	static const char *const words[CAPTURE_KIND_COUNT][LANGS] = {
		[CAPTURE_REGISTRATION] = {"registration", "enregistrement", "登记"}, [CAPTURE_ADMIT] = {"admit", "admission", "入院"}, [CAPTURE_TRANSFER] = {"transfer", "transfert", "转床"}, [CAPTURE_DISCHARGE] = {"discharge", "sortie", "出院"},
		[CAPTURE_CANCEL] = {"cancel", "annulation", "取消"}, [CAPTURE_VITALS] = {"vitals", "constantes", "生命体征"}, [CAPTURE_GIVEN] = {"given", "médicament administré", "已给药"}, [CAPTURE_HELD] = {"held", "médicament non administré", "未给药"},
		[CAPTURE_ORDER] = {"order", "prescription", "医嘱"}, [CAPTURE_RESULT] = {"result", "résultat", "结果"}, [CAPTURE_NOTE] = {"note", "note", "记事"}, [CAPTURE_ALLERGY] = {"allergy", "allergie", "过敏"},
		[CAPTURE_SPECIMEN] = {"specimen", "prélèvement", "标本"}, [CAPTURE_SHEET] = {"sheet", "feuille", "表单"}, [CAPTURE_MERGE] = {"merge", "fusion", "合并"},
	};
	assert(k < CAPTURE_KIND_COUNT && words[k][EN]);
	return words[k][lang_of(lang)];
}

/* Of a value that a message has no field for; NULL: its own name is shown. */
const char *backload_label(const char *lang, const char *name)
{
	static const struct {
		const char *name, *fr, *zh;
	} words[] = {{"position", "Position", "体位"}, {"site", "Site", "部位"}, {"what", "Nature", "内容"}, {"test", "Examen", "检验"}, {"order", "Prescription", "医嘱"}, {"to", "Vers", "送往"}, {"calledBy", "Appel de", "来电人"},
		{"calledTo", "Reçu par", "接听人"}, {"readBack", "Relu et confirmé", "复述确认"}, {"critical", "Critique", "危急值"}, {"specimen", "Prélèvement", "标本"}, {"category", "Catégorie", "类别"}, {"dose", "Dose", "剂量"},
		{"route", "Voie", "途径"}, {"scheduled", "Prévu à", "计划时间"}, {"witness", "Second contrôle", "双人核对"}, {"paper", "D'abord sur papier", "先记于纸上"}};
	int l = lang_of(lang);
	for (size_t i = 0; l != EN && i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i].name, name))
			return l == FR ? words[i].fr : words[i].zh;
	return NULL;
}
