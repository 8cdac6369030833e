/* Coded terms as people read them. What is not here is shown as it was sent: a word that was guessed is worse than one in another language. */
#include "paper.h"

static const struct {
	const char *code, *words[3];
} terms[] = {
	{"active", {"active", "en cours", "进行中"}},
	{"on-hold", {"on hold", "suspendu", "暂停"}},
	{"completed", {"completed", "terminé", "已完成"}},
	{"stopped", {"stopped", "arrêté", "已停"}},
	{"to-call", {"to call", "à appeler", "待拨打"}},
	{"called", {"called", "appelé", "已拨打"}},
	{"no-answer", {"no answer", "sans réponse", "无人接听"}},
	{"reached", {"reached", "joint", "已通知"}},
	{"letter", {"letter sent", "courrier envoyé", "已寄信"}},
	{"not-needed", {"need not be called", "inutile d’appeler", "无需拨打"}},
	{"cancelled", {"cancelled", "annulé", "已取消"}},
	{"draft", {"draft", "brouillon", "草稿"}},
	{"unknown", {"state unknown", "état inconnu", "状态未知"}},
	{"registered", {"registered", "enregistré", "已登记"}},
	{"preliminary", {"preliminary", "provisoire", "初步"}},
	{"final", {"final", "définitif", "最终"}},
	{"corrected", {"corrected", "corrigé", "已更正"}},
	{"amended", {"amended", "modifié", "已修改"}},
	{"appended", {"appended", "complété", "已补充"}},
	{"entered-in-error", {"entered in error", "saisi par erreur", "录入错误"}},
	{"not-done", {"not given", "non donné", "未给"}},
	{"in-progress", {"in progress", "en cours", "进行中"}},
	{"current", {"current", "actuel", "当前"}},
	{"superseded", {"superseded", "remplacé", "已被取代"}},
	{"inactive", {"inactive", "inactif", "非活动"}},
	{"resolved", {"resolved", "résolu", "已解决"}},
	{"recurrence", {"recurrence", "récidive", "复发"}},
	{"relapse", {"relapse", "rechute", "复发"}},
	{"remission", {"remission", "rémission", "缓解"}},
	{"confirmed", {"confirmed", "confirmé", "已确认"}},
	{"unconfirmed", {"unconfirmed", "non confirmé", "未确认"}},
	{"refuted", {"REFUTED: not this patient's", "RÉFUTÉ : pas chez ce patient", "已否定：不属于该患者"}},
	{"provisional", {"provisional", "provisoire", "暂定"}},
	{"differential", {"differential", "différentiel", "鉴别诊断"}},
	{"proposal", {"NOT ORDERED (proposal)", "NON PRESCRIT (proposition)", "未开立（建议）"}},
	{"plan", {"NOT ORDERED (plan)", "NON PRESCRIT (projet)", "未开立（计划）"}},
	{"option", {"NOT ORDERED (option)", "NON PRESCRIT (option)", "未开立（备选）"}},
	{"stat", {"STAT", "IMMÉDIAT", "立即"}},
	{"urgent", {"urgent", "urgent", "急"}},
	{"asap", {"as soon as possible", "dès que possible", "尽快"}},
	{"routine", {"routine", "de routine", "常规"}},
	{"high", {"high risk", "risque élevé", "高风险"}},
	{"low", {"low risk", "risque faible", "低风险"}},
	{"unable-to-assess", {"risk not assessed", "risque non évalué", "风险未评估"}},
	{"MI", {"mild", "légère", "轻度"}}, /* HL7 table 0128 */
	{"MO", {"moderate", "modérée", "中度"}},
	{"SV", {"severe", "grave", "重度"}},
	{"mild", {"mild", "légère", "轻度"}},
	{"moderate", {"moderate", "modérée", "中度"}},
	{"severe", {"severe", "grave", "重度"}},
	{"booked", {"booked", "réservé", "已预约"}},
	{"proposed", {"proposed", "proposé", "拟定"}},
	{"pending", {"pending", "en attente", "待定"}},
	{"arrived", {"arrived", "arrivé", "已到"}},
	{"fulfilled", {"done", "réalisé", "已完成"}},
	{"noshow", {"did not come", "absent", "未到"}},
	{"attending", {"attending", "médecin responsable", "主治医师"}},
	{"admitting", {"admitting", "médecin admettant", "收治医师"}},
	{"referring", {"referring", "médecin adresseur", "转诊医师"}},
	{"consulting", {"consulting", "consultant", "会诊医师"}},
	{"primary-care", {"primary care", "médecin traitant", "家庭医生"}},
};

struct slice paper_term(const char *lang, struct slice term)
{
	int l = !strcmp(lang, "fr") ? 1 : !strcmp(lang, "zh") ? 2 : 0;
	for (size_t i = 0; i < ARRAY_LEN(terms); i++)
		if (slice_eq_str(term, terms[i].code))
			return slice_str(terms[i].words[l]);
	return term;
}
