/* The list of statements: who the patient is, which rules in which order, what comes out. */
#include "statements.h"

#include <math.h>
#include <stdio.h>

int st_least(int a, int b)
{
	return a < b ? a : b;
}

void st_say(struct st *s, const char *code, enum ecg_weight weight, int confidence, const char *text, const char *why, ...)
{
	va_list ap;
	if (s->count == ST_MAX || st_said(s, code))
		return;
	struct ecg_statement *t = &s->said[s->count++];
	t->code = code;
	t->weight = weight;
	t->confidence = (uint8_t)(confidence < 1 ? 1 : confidence > 100 ? 100 : confidence);
	snprintf(t->text, sizeof t->text, "%s", text);
	va_start(ap, why);
	vsnprintf(t->why, sizeof t->why, why, ap);
	va_end(ap);
}

bool st_said(const struct st *s, const char *code)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->said[i].code, code))
			return true;
	return false;
}

float st_r(const struct ecg_lead_measure *l)
{
	return !l ? 0 : l->r_uv.v > l->r2_uv.v ? l->r_uv.v : l->r2_uv.v;
}

float st_s(const struct ecg_lead_measure *l)
{
	if (!l)
		return 0;
	float v = l->q_uv.v < l->s_uv.v ? l->q_uv.v : l->s_uv.v;
	v = l->s2_uv.v < v ? l->s2_uv.v : v;
	return -v;
}

float st_size(const struct ecg_lead_measure *l)
{
	return st_r(l) + st_s(l);
}

/* "63 a"; months, weeks and days are under 16 years. Without an age: from birth and start of the recording, by their years. */
static int age_of(const struct ecg *g)
{
	struct slice unit, number = slice_cut(slice_trim(g->person.age), ' ', &unit);
	uint64_t years, born, now;
	unit = slice_trim(unit);
	while (number.n && (number.p[0] == '>' || number.p[0] == '<'))
		number = slice_of(number.p + 1, number.n - 1);
	if (number.n && num_u64(number, 0, 2000, &years) == 0) {
		if (!unit.n || slice_eq_str(unit, "a") || slice_eq_nocase(unit, "y") || slice_eq_nocase(unit, "years"))
			return years <= 130 ? (int)years : -1;
		return slice_eq_str(unit, "mo") ? (int)years / 12 : slice_eq_str(unit, "wk") ? (int)years / 52 : slice_eq_str(unit, "d") ? (int)years / 366 : slice_eq_str(unit, "h") ? 0 : -1;
	}
	if (g->person.birth.n >= 4 && g->start.n >= 4 && num_u64(slice_of(g->person.birth.p, 4), 1850, 2200, &born) == 0 && num_u64(slice_of(g->start.p, 4), 1900, 2200, &now) == 0 && now >= born && now - born <= 130)
		return (int)(now - born);
	return -1;
}

void st_begin(struct st *s, const struct ecg *g, const struct ecg_analysis *n)
{
	*s = (struct st){.g = g, .n = n, .m = &n->measure, .age = age_of(g)};
	s->man = slice_eq_str(g->person.sex, "male");
	s->woman = slice_eq_str(g->person.sex, "female");
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_lead_measure *l = &n->measure.lead[i];
		const enum ecg_lead as = g->channel[i].lead == ECG_LEAD_MLII ? ECG_LEAD_II : g->channel[i].lead;
		if (g->channel[i].ecg && l->r_uv.conf && as != ECG_LEAD_OTHER && !s->lead[as])
			s->lead[as] = l;
	}
}

static int severity(enum ecg_weight w)
{
	static const int order[] = {[ECG_NORMAL] = 0, [ECG_TECHNICAL] = 1, [ECG_BORDERLINE] = 2, [ECG_ABNORMAL] = 3, [ECG_URGENT] = 4};
	return order[w];
}

/* Urgent first, then the rhythm, then as the rules said them. */
static void arrange(struct st *s, struct ecg_statement *out)
{
	size_t n = 0;
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = 0; i < s->count; i++) {
			const struct ecg_statement *t = &s->said[i];
			const int where = t->weight == ECG_URGENT ? 0 : !strncmp(t->code, "rhythm-", 7) ? 1 : 2;
			if (where == pass)
				out[n++] = *t;
		}
}

int st_all(const struct ecg *g, struct ecg_analysis *n, struct arena *a, struct err *e)
{
	struct st *s = arena_alloc(a, sizeof *s);
	if (!s)
		return err_set(e, arena_code(a), NULL, "no room for the statements");
	st_begin(s, g, n);
	st_technical(s);
	st_rhythm(s);
	st_conduction(s);
	st_size_of_chambers(s);
	st_repolarisation(s);
	bool other = false;
	for (size_t i = 0; i < s->count; i++)
		other = other || s->said[i].weight != ECG_NORMAL;
	if (!other && n->measure.qrs_ms.conf && n->measure.qt_ms.conf)
		st_say(s, "normal", ECG_NORMAL, 70, "Nothing outside the usual limits was measured", "QRS %.0f ms, QT %.0f ms", (double)n->measure.qrs_ms.v, (double)n->measure.qt_ms.v);
	n->statement = arena_array(a, s->count + 1, sizeof *n->statement);
	if (!n->statement)
		return err_set(e, arena_code(a), NULL, "no room for the statements");
	arrange(s, n->statement);
	n->statements = s->count;
	n->weight = ECG_NORMAL;
	for (size_t i = 0; i < s->count; i++)
		if (severity(s->said[i].weight) > severity(n->weight))
			n->weight = s->said[i].weight;
	return 0;
}
