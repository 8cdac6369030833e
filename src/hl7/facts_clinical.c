/* Allergies (AL1 3.4.6, IAM 3.4.7), diagnoses (DG1 6.5.2), problems (PRB 12.4.3), procedures (PR1 6.5.4).
 *
 * "No known allergies" comes as an allergy called NKA, in codes and in a dozen languages. It is a statement about the section and never an
 * allergy; and where the same message lists a real one, it is not said at all. Unknown is not none: what says "unknown" or "not asked" is that. */
#include "facts_internal.h"

/* ---- none, and unknown ---- */

enum said { SAID_NOTHING, SAID_NONE, SAID_UNKNOWN };
enum section { ALLERGIES, PROBLEMS, MEDICATIONS };
static const char *const section_names[] = {"allergies", "problems", "medications"};

struct saying {
	uint8_t section;
	const char *word;
};
/* SNOMED CT, IPS absent-unknown-uv-ips, and local abbreviations that are codes */
static const struct saying none_codes[] = {
	{ALLERGIES, "716186003"}, {ALLERGIES, "409137002"}, {ALLERGIES, "160244002"}, {ALLERGIES, "428607008"}, {ALLERGIES, "429625007"},
	{ALLERGIES, "428197003"},
	{ALLERGIES, "no-known-allergies"}, {ALLERGIES, "no-known-medication-allergies"}, {ALLERGIES, "no-known-environmental-allergies"},
	{ALLERGIES, "no-known-food-allergies"},
	{ALLERGIES, "nka"}, {ALLERGIES, "nkda"}, {ALLERGIES, "nkfa"}, {ALLERGIES, "nkma"}, {ALLERGIES, "nkea"},
	{PROBLEMS, "160245001"}, {PROBLEMS, "no-known-problems"}, {MEDICATIONS, "787481004"}, {MEDICATIONS, "no-known-medications"},
};
static const struct saying unknown_codes[] = {
	{ALLERGIES, "no-allergy-info"}, {PROBLEMS, "no-problem-info"}, {MEDICATIONS, "no-medication-info"}, {MEDICATIONS, "182904002"},
	{ALLERGIES, "1631000175102"}, {ALLERGIES, "261665006"},
};
/* Folded: lower case, without accents; punctuation as single blanks. Whole texts only: "none" said of one substance is not this. */
static const struct saying none_texts[] = {
	{ALLERGIES, "nka"}, {ALLERGIES, "nkda"}, {ALLERGIES, "nkfa"}, {ALLERGIES, "nkma"}, {ALLERGIES, "n k a"}, {ALLERGIES, "n k d a"},
	{ALLERGIES, "none"}, {ALLERGIES, "none known"}, {ALLERGIES, "none reported"}, {ALLERGIES, "no known"},
	{ALLERGIES, "no allergies"}, {ALLERGIES, "no allergy"}, {ALLERGIES, "no drug allergies"}, {ALLERGIES, "no known allergens"},
	{ALLERGIES, "denies"}, {ALLERGIES, "denies allergies"}, {ALLERGIES, "patient denies allergies"},
	{ALLERGIES, "keine"}, {ALLERGIES, "keine bekannt"}, {ALLERGIES, "keine allergien"}, {ALLERGIES, "keine allergie"},
	{ALLERGIES, "keine allergien bekannt"}, {ALLERGIES, "keine allergie bekannt"}, {ALLERGIES, "keine bekannten allergien"},
	{ALLERGIES, "keine bekannte allergien"}, {ALLERGIES, "keine bekannte allergie"}, {ALLERGIES, "allergien keine"},
	{ALLERGIES, "allergien keine bekannt"},
	{ALLERGIES, "aucune"}, {ALLERGIES, "aucun"}, {ALLERGIES, "aucune connue"}, {ALLERGIES, "aucune allergie"}, {ALLERGIES, "aucune allergie connue"},
	{ALLERGIES, "pas d allergie"}, {ALLERGIES, "pas d allergies"}, {ALLERGIES, "pas d allergie connue"},
	{ALLERGIES, "pas d allergies connues"}, {ALLERGIES, "sans allergie connue"}, {ALLERGIES, "absence d allergie"},
	{ALLERGIES, "absence d allergie connue"},
	{ALLERGIES, "ninguna"}, {ALLERGIES, "ninguna conocida"}, {ALLERGIES, "sin alergias"}, {ALLERGIES, "sin alergias conocidas"},
	{ALLERGIES, "no alergias conocidas"}, {ALLERGIES, "niega alergias"}, {ALLERGIES, "no conocidas"},
	{ALLERGIES, "nessuna"}, {ALLERGIES, "nessuna nota"}, {ALLERGIES, "nessuna allergia"}, {ALLERGIES, "nessuna allergia nota"},
	{ALLERGIES, "nenhuma"}, {ALLERGIES, "nenhuma conhecida"}, {ALLERGIES, "sem alergias"}, {ALLERGIES, "sem alergias conhecidas"},
	{ALLERGIES, "nega alergias"},
	{ALLERGIES, "geen"}, {ALLERGIES, "geen bekend"}, {ALLERGIES, "geen allergieen"}, {ALLERGIES, "geen bekende allergieen"}, {ALLERGIES, "ingen"},
	{ALLERGIES, "ingen kjente"}, {ALLERGIES, "ingen kendte"}, {ALLERGIES, "inga kanda"}, {ALLERGIES, "ingen kjente allergier"},
	{ALLERGIES, "ingen kendte allergier"}, {ALLERGIES, "inga kanda allergier"}, {ALLERGIES, "brak"}, {ALLERGIES, "brak znanych alergii"},
	{PROBLEMS, "no known problems"}, {PROBLEMS, "no known problem"}, {PROBLEMS, "no problems"}, {PROBLEMS, "no active problems"},
	{PROBLEMS, "no current problems"}, {PROBLEMS, "none"}, {PROBLEMS, "no current problems or disability"},
	{MEDICATIONS, "no known medications"}, {MEDICATIONS, "no medications"}, {MEDICATIONS, "no current medications"}, {MEDICATIONS, "none"},
	{MEDICATIONS, "no home medications"},
};
/* What may be followed by more ("No Known Allergies (verified)"), unless that is an exception. */
static const char *const none_beginnings[] = {"no known allerg", "no known drug allerg", "no known medication allerg", "no known food allerg",
	"no known food or drug allerg", "no known drug or food allerg", "nkda ", "nka "};
static const char *const exceptions[] = {" to ", " except", " but ", " other than", " besides"};
static const char *const unknown_texts[] = {"unknown", "allergies unknown", "unknown allergies", "allergy unknown", "not known", "not asked",
	"not assessed", "unable to obtain", "unable to assess", "allergies not on file", "not on file", "no allergy information available",
	"unbekannt", "nicht bekannt", "nicht erhoben", "inconnu", "inconnue", "inconnues", "non renseigne", "non connu", "desconocido", "desconocida",
	"sconosciuta", "onbekend", "okand", "ukjent", "ukendt",
};
/* Chinese and Japanese, compared as they stand. */
static const char *const none_han[] = {
	"无", "无过敏", "无过敏史", "无已知过敏", "无已知过敏史", "无药物过敏", "无药物过敏史", "未发现过敏", "否认过敏",
	"否认过敏史", "否认药物过敏", "否认药物过敏史",
	"否认食物药物过敏史", "無", "無過敏", "無過敏史", "無已知過敏", "無藥物過敏", "否認過敏史", "なし", "特になし", "アレルギーなし", "アレルギー無し"};
static const char *const unknown_han[] = {"不详", "未知", "不明", "不詳"};

#define SAYING_MAX 80 /* bytes: longer texts are none of these */

/* Lower case, no accents, punctuation as single blanks, none at the ends. False: too long for what we look for. */
static bool fold(struct slice s, char out[SAYING_MAX + 1])
{
	if (s.n == 0 || s.n > SAYING_MAX)
		return false;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1024);
	utf8_fold(&b, s);
	struct slice f = buf_slice(&b);
	size_t n = 0;
	bool gap = false;
	for (size_t i = 0; i < f.n; i++) {
		uint8_t c = f.p[i];
		if (c < 0x80 && !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
			gap = n > 0;
			continue;
		}
		if (n + 2 > SAYING_MAX)
			return false;
		if (gap)
			out[n++] = ' ';
		gap = false;
		out[n++] = (char)c;
	}
	out[n] = 0;
	return n > 0;
}

static bool begins_like_none(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(none_beginnings); i++) {
		if (strncmp(text, none_beginnings[i], strlen(none_beginnings[i])))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(exceptions); k++)
			if (strstr(text, exceptions[k]))
				return false;
		return true;
	}
	return false;
}

static enum said code_says(enum section section, struct slice code)
{
	for (size_t i = 0; i < ARRAY_LEN(none_codes); i++)
		if (none_codes[i].section == section && slice_eq_nocase(code, none_codes[i].word))
			return SAID_NONE;
	for (size_t i = 0; i < ARRAY_LEN(unknown_codes); i++)
		if (unknown_codes[i].section == section && slice_eq_nocase(code, unknown_codes[i].word))
			return SAID_UNKNOWN;
	return SAID_NOTHING;
}

static bool is_one_of(struct slice s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_str(s, words[i]))
			return true;
	return false;
}

static enum said han_says(struct slice s)
{
	static const struct slice stop = {(const uint8_t *)"。", 3};
	if (s.n > stop.n && !memcmp(s.p + s.n - stop.n, stop.p, stop.n))
		s.n -= stop.n;
	if (is_one_of(s, none_han, ARRAY_LEN(none_han)))
		return SAID_NONE;
	return is_one_of(s, unknown_han, ARRAY_LEN(unknown_han)) ? SAID_UNKNOWN : SAID_NOTHING;
}

static enum said text_says(enum section section, struct slice s)
{
	char text[SAYING_MAX + 1];
	if (s.n && s.p[0] >= 0xe0)
		return section == ALLERGIES ? han_says(s) : SAID_NOTHING;
	if (!fold(s, text))
		return SAID_NOTHING;
	for (size_t i = 0; i < ARRAY_LEN(none_texts); i++)
		if (none_texts[i].section == section && !strcmp(text, none_texts[i].word))
			return SAID_NONE;
	if (section != ALLERGIES)
		return SAID_NOTHING;
	if (begins_like_none(text))
		return SAID_NONE;
	return is_one_of(slice_str(text), unknown_texts, ARRAY_LEN(unknown_texts)) ? SAID_UNKNOWN : SAID_NOTHING;
}

static enum said says(enum section section, struct slice code)
{
	static const uint8_t codes[] = {FC_CODE, FC_ALT_CODE}, texts[] = {FC_CODE, FC_DISPLAY, FC_TEXT, FC_ALT_DISPLAY};
	enum said r = SAID_NOTHING;
	for (size_t i = 0; i < ARRAY_LEN(codes) && r == SAID_NOTHING; i++)
		r = code_says(section, fact_part(code, codes[i]));
	for (size_t i = 0; i < ARRAY_LEN(texts) && r == SAID_NOTHING; i++)
		r = text_says(section, fact_part(code, texts[i]));
	return r;
}

static void add_section(struct fx *x, enum section section, const char *status, struct slice code)
{
	struct fact *t = fx_add(x, FACT_SECTION);
	fx_put_str(x, t, FF_CATEGORY, section_names[section]);
	fx_put_str(x, t, FF_STATUS, status);
	fx_put(x, t, FF_CODE, code);
	x->note = x->patient;
}

/* Whether the code says that the list is empty or unknown. It is held back until the whole list was seen; unknown outweighs none. */
static bool heard(struct fx *x, enum section section, struct slice code)
{
	enum said r = says(section, code);
	struct fx_stated *held = &x->stated[section];
	if (r == SAID_NOTHING)
		return false;
	if (!held->status || (r == SAID_UNKNOWN && !held->unknown)) {
		held->status = r == SAID_NONE ? "none" : "unknown";
		held->unknown = r == SAID_UNKNOWN;
		held->code = code;
	}
	x->note = NULL;
	return true;
}

void fx_clinical_finish(struct fx *x)
{
	for (unsigned i = 0; i < ARRAY_LEN(x->stated); i++) {
		struct fx_stated *held = &x->stated[i];
		if (held->status && held->listed)
			fx_problem(x); /* "none", and a list: the list counts */
		else if (held->status)
			add_section(x, i, held->status, held->code);
		*held = (struct fx_stated){0};
	}
}

bool fx_says_no_medications(struct fx *x, struct slice code)
{
	return heard(x, MEDICATIONS, code);
}

/* ---- allergies ---- */

static void allergy_type(struct fx *x, struct fact *t)
{
	fx_put_field(x, t, FF_CATEGORY, 2, fx_code);
}

static bool is_registration(const struct fx *x)
{
	return x->type->family == FX_ADT;
}

/* "": the list this segment stands for is empty now. */
static bool emptied(struct fx *x, unsigned field, enum section section)
{
	if (!fx_null(fx_field(x, field)))
		return false;
	add_section(x, section, "replaced", SLICE_NULL);
	return true;
}

/* AL1-5 and IAM-5 are strings, whose one word is no code: HIVES. Some put a code there all the same. */
static struct slice reaction(struct fx *x, struct slice raw)
{
	if (raw.n == 0 || fx_null(fx_trim(raw)) || fx_find(x, raw.p, raw.p + raw.n, x->comp) != raw.p + raw.n)
		return fx_code(x, raw);
	struct slice parts[7] = {[FC_TEXT] = fx_part(x, raw)};
	return fx_join(x, parts, 7);
}

/* AL1: 1 set, 2 type, 3 allergen, 4 severity, 5 reactions, 6 identified. In registration messages the AL1 are the whole list (2.10.4.1, snapshot). */
void fx_al1(struct fx *x)
{
	if (!x->patients || emptied(x, 3, ALLERGIES))
		return;
	struct slice code = fx_code(x, fx_field(x, 3));
	if (code.n == 0) {
		if (fx_has(x, 2) || fx_has(x, 4) || fx_has(x, 5))
			fx_lost(x);
		return;
	}
	if (heard(x, ALLERGIES, code))
		return;
	x->stated[ALLERGIES].listed = true;
	struct fact *t = fx_add(x, FACT_ALLERGY);
	fx_put_str(x, t, FF_ACTION, is_registration(x) ? "snapshot" : "add");
	fx_put(x, t, FF_CODE, code);
	allergy_type(x, t);
	fx_put_field(x, t, FF_SEVERITY, 4, fx_code);
	fx_put_reps(x, t, FF_REACTION, 5, reaction);
	fx_put_field(x, t, FF_RECORDED, 6, fx_time);
	fx_put_field(x, t, FF_SET, 1, fx_text);
}

/* Table 0206 and its likes; X is no change. */
static const struct fx_word actions[] = {{"A", "add"}, {"D", "delete"}, {"U", "update"}, {"X", "add"}, {"AD", "add"}, {"DE", "delete"},
	{"UP", "update"}, {"CO", "update"}, {"UN", "delete"}, {"LI", "add"}, {"UC", "add"}};

static const char *action_of(struct fx *x, unsigned field, const char *otherwise)
{
	const char *a = FX_LOOKUP(actions, fx_comp(x, fx_field(x, field), 1));
	return a ? a : otherwise;
}

/* Table 0438 */
static const struct fx_word allergy_states[] = {{"C", "confirmed"}, {"I", "confirmed"}, {"P", "unconfirmed"}, {"S", "unconfirmed"},
	{"U", "unconfirmed"}, {"D", "unconfirmed"}, {"E", "entered-in-error"}};

/* IAM: 2 type, 3 allergen, 4 severity, 5 reactions, 6 action, 7 unique id, 11 onset, 12 onset as text, 13 reported, 14 by whom, 17 status, 18 by
 * whom */
void fx_iam(struct fx *x)
{
	if (!x->patients || emptied(x, 3, ALLERGIES))
		return;
	struct slice code = fx_code(x, fx_field(x, 3));
	const char *action = action_of(x, 6, "add");
	bool goes = !strcmp(action, "delete");
	if (code.n == 0 && !fx_has(x, 7)) {
		fx_lost(x);
		return;
	}
	if (!goes && heard(x, ALLERGIES, code))
		return;
	if (goes && says(ALLERGIES, code) != SAID_NOTHING)
		return; /* "none" is withdrawn: whatever is added says so by being there */
	x->stated[ALLERGIES].listed |= !goes;
	struct fact *t = fx_add(x, FACT_ALLERGY);
	fx_put_str(x, t, FF_ACTION, action);
	fx_put_field(x, t, FF_ID, 7, fx_ei);
	fx_put(x, t, FF_CODE, code);
	allergy_type(x, t);
	fx_put_field(x, t, FF_SEVERITY, 4, fx_code);
	fx_put_reps(x, t, FF_REACTION, 5, reaction);
	fx_put_field(x, t, FF_TIME, 11, fx_time);
	fx_put_field(x, t, FF_TEXT, 12, fx_text);
	fx_put_field(x, t, FF_RECORDED, 13, fx_time);
	struct slice state = fx_comp(x, fx_field(x, 17), 1);
	const char *verified = FX_LOOKUP(allergy_states, state);
	fx_put_str(x, t, FF_VERIFICATION, verified);
	if (fx_is(state, "I"))
		fx_put_lit(x, t, FF_CLINICAL_STATUS, "inactive");
	fx_put_first(x, t, FF_PERFORMER, 18, fx_person);
	fx_put_field(x, t, FF_SET, 1, fx_text);
}

/* ---- problems ---- */

/* DG1-3; where only the description (DG1-4, until 2.6) is there, that is the text. */
static struct slice diagnosis_code(struct fx *x)
{
	struct slice c[7], raw = fx_field(x, 3), more = fx_part(x, fx_field(x, 4));
	struct slice code = fx_code(x, raw);
	if (!more.n || fact_is_null(code) || fact_part(code, FC_DISPLAY).n || fact_part(code, FC_TEXT).n)
		return code.n ? code : SLICE_NULL;
	for (unsigned i = 0; i < 7; i++)
		c[i] = fact_part(code, i);
	c[FC_TEXT] = more;
	if (!c[FC_SYSTEM].n && c[FC_CODE].n)
		c[FC_SYSTEM] = fx_part(x, fx_field(x, 2)); /* coding method, until 2.5 */
	return fx_join(x, c, 7);
}

/* DG1: 2 method, 3 code, 4 description, 5 time, 6 type (0052), 15 priority, 16 clinician, 18 confidential, 19 attested, 20 unique id, 21 action */
void fx_dg1(struct fx *x)
{
	if (!x->patients)
		return;
	struct slice code = diagnosis_code(x);
	if (fact_is_null(code))
		return;
	const char *action = action_of(x, 21, "add");
	if (code.n == 0 && !fx_has(x, 20)) {
		if (fx_has(x, 5) || fx_has(x, 6))
			fx_lost(x);
		return;
	}
	struct fact *t = fx_add(x, FACT_PROBLEM);
	fx_put_str(x, t, FF_ACTION, action);
	fx_put_field(x, t, FF_ID, 20, fx_ei);
	fx_put(x, t, FF_CODE, code);
	fx_put_lit(x, t, FF_CATEGORY, "encounter-diagnosis");
	fx_put_field(x, t, FF_TYPE, 6, fx_word_of);
	fx_put_field(x, t, FF_TIME, 5, fx_time);
	fx_put_field(x, t, FF_PRIORITY, 15, fx_word_of);
	fx_put_first(x, t, FF_PERFORMER, 16, fx_person);
	fx_put_field(x, t, FF_RECORDED, 19, fx_time);
	if (fx_is(fx_field(x, 18), "Y"))
		fx_put_lit(x, t, FF_PROTECTED, "confidential");
	fx_put_visit(x, t);
	fx_put_field(x, t, FF_SET, 1, fx_text);
}

static const struct fx_word verifications[] = {
	{"confirmed", "confirmed"}, {"C", "confirmed"}, {"differential", "differential"}, {"provisional", "provisional"}, {"P", "provisional"},
	{"suspected", "unconfirmed"}, {"unconfirmed", "unconfirmed"}, {"rule-out", "differential"}, {"rule out", "differential"},
	{"refuted", "refuted"}, {"ruled out", "refuted"}, {"entered-in-error", "entered-in-error"},
};
static const struct {
	const char *begins, *to;
} life_cycles[] = {{"ACTIVE", "active"}, {"INACTIVE", "inactive"}, {"RESOLVED", "resolved"}, {"RECUR", "recurrence"}, {"RELAPSE", "relapse"},
	{"REMISSION", "remission"}, {"CHRONIC", "active"}, {"ACUTE", "active"}};

static const char *life_cycle(struct slice s)
{
	s = fx_trim(s);
	if (s.n == 1)
		return fx_is(s, "A") ? "active" : fx_is(s, "I") ? "inactive" : fx_is(s, "R") ? "resolved" : NULL;
	for (size_t i = 0; i < ARRAY_LEN(life_cycles); i++) {
		size_t n = strlen(life_cycles[i].begins);
		if (s.n >= n && slice_eq_nocase(slice_of(s.p, n), life_cycles[i].begins))
			return life_cycles[i].to;
	}
	return NULL;
}

/* PRB: 1 action, 2 action time, 3 problem, 4 instance, 7 established, 9 resolved, 13 confirmation, 14 life cycle, 16 onset, 17 onset text, 25
 * security */
void fx_prb(struct fx *x)
{
	if (!x->patients)
		return;
	struct slice code = fx_code(x, fx_field(x, 3));
	const char *action = action_of(x, 1, "add");
	if (code.n == 0 && !fx_has(x, 4)) {
		fx_lost(x);
		return;
	}
	if (strcmp(action, "delete") && heard(x, PROBLEMS, code))
		return;
	x->stated[PROBLEMS].listed |= strcmp(action, "delete") != 0;
	struct fact *t = fx_add(x, FACT_PROBLEM);
	fx_put_str(x, t, FF_ACTION, action);
	fx_put_field(x, t, FF_ID, 4, fx_ei);
	fx_put(x, t, FF_CODE, code);
	fx_put_lit(x, t, FF_CATEGORY, "problem-list-item");
	struct slice state = fx_field(x, 13), cycle = fx_field(x, 14);
	const char *v = FX_LOOKUP(verifications, fx_comp(x, state, 1));
	fx_put_str(x, t, FF_VERIFICATION, v ? v : FX_LOOKUP(verifications, fx_comp(x, state, 2)));
	if (!cycle.n && !v && !FX_LOOKUP(verifications, fx_comp(x, state, 2)))
		cycle = state; /* senders take the one for the other */
	v = life_cycle(fx_comp(x, cycle, 1));
	fx_put_str(x, t, FF_CLINICAL_STATUS, v ? v : life_cycle(fx_comp(x, cycle, 2)));
	fx_put_field(x, t, FF_STATUS_RAW, fx_has(x, 14) ? 14 : 13, fx_word_of);
	fx_put_field(x, t, FF_TIME, 16, fx_time);
	fx_put_field(x, t, FF_TEXT, 17, fx_text);
	fx_put_field(x, t, FF_END, 9, fx_time);
	fx_put_field(x, t, FF_RECORDED, fx_has(x, 7) ? 7 : 2, fx_time);
	fx_put_field(x, t, FF_PRIORITY, 18, fx_word_of);
	fx_put_field(x, t, FF_PROTECTED, 25, fx_word_of);
	fx_put_visit(x, t);
}

/* PR1: 2 method, 3 code, 4 description, 5 time, 6 type, 7 minutes, 8 anaesthetist, 11 surgeon, 12 practitioner, 14 priority, 15 diagnosis, 19
 * unique id, 20 action */
void fx_pr1(struct fx *x)
{
	if (!x->patients || fx_null(fx_field(x, 3)))
		return;
	struct slice code = diagnosis_code(x); /* 2, 3 and 4 are as in DG1 */
	if (code.n == 0 && !fx_has(x, 19)) {
		if (fx_has(x, 5))
			fx_lost(x);
		return;
	}
	struct fact *t = fx_add(x, FACT_PROCEDURE);
	fx_put_str(x, t, FF_ACTION, action_of(x, 20, "add"));
	fx_put_field(x, t, FF_ID, 19, fx_ei);
	fx_put(x, t, FF_CODE, code);
	fx_put_field(x, t, FF_TIME, 5, fx_time);
	fx_put_field(x, t, FF_CATEGORY, 6, fx_code);
	fx_put_field(x, t, FF_DURATION_MIN, 7, fx_text);
	fx_put_reps(x, t, FF_PERFORMER, 11, fx_person);
	fx_put_reps(x, t, FF_PERFORMER, 12, fx_person);
	fx_put_field(x, t, FF_PRIORITY, 14, fx_word_of);
	fx_put_field(x, t, FF_REASON, 15, fx_code);
	fx_put_visit(x, t);
	fx_put_field(x, t, FF_SET, 1, fx_text);
}
