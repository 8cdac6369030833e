/* Whom records name beside their person: guarantors, guardians, next of kin, subscribers.
 *
 * An element of theirs is their own, and makes them persons of the case like anybody (survey_read.c). Besides, a letter about a minor goes to the parents, one about somebody who has died to the next of kin or the personal representative
 * (45 CFR 164.404(d)(1)(ii), 164.502(g)): who that is stands in these records and nowhere else, whether or not anything of theirs was touched.
 *
 * What somebody is to the record's person comes from the name of the field ("Mother", "Parent/Guardian", guardian of CDA) or from its relation (NK1-3, Patient.contact.relationship, PAT-01). Guarantors and subscribers are kept for those
 * who may be minors only: most claims name one, and nobody writes to them about a grown person. */
#include "survey_internal.h"

#include <stdlib.h>

#define GROWN 25 /* years: who is older by his record was no minor when a case was discovered that is run today */

static struct slice said(const struct reading *g, const uint32_t value[MENTION_COLUMNS], int column)
{
	return value[column] ? slice_str((const char *)g->text.p + value[column] - 1) : SLICE_NULL;
}

static bool alike(struct slice a, struct slice b)
{
	for (size_t i = 0; a.n == b.n && i < a.n; i++)
		if ((a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] | 32 : a.p[i]) != (b.p[i] >= 'A' && b.p[i] <= 'Z' ? b.p[i] | 32 : b.p[i]))
			return false;
	return a.n == b.n;
}

static bool another(const struct reading *g, const struct mention *m, int column, struct slice text)
{
	return m->value[column] && !alike(said(g, m->value, column), slice_trim(text));
}

/* Another name, another person: the second NK1, the second contact. (GT1-3 is told once; a name that is said again is the same.) So is a relation behind a name that has one, unless it is the same field's next component. */
bool kin_begins(const struct reading *g, const struct mention *m, const struct extract_piece *p, bool relation_before)
{
	bool named = m->value[MENTION_LAST] || m->value[MENTION_NAME];
	if (p->role == PERSON_ROLE_LAST && another(g, m, MENTION_LAST, p->text))
		return true;
	if (p->role == PERSON_ROLE_NAME && (another(g, m, MENTION_NAME, p->text) || (m->value[MENTION_LAST] && !m->value[MENTION_NAME])))
		return true;
	return p->role == PERSON_ROLE_RELATION && named && m->kinship != PERSON_KINSHIP_NOT_SAID && !relation_before && m->who == PERSON_KIN && person_kinship(p->name) == PERSON_KINSHIP_NOT_SAID;
}

static int born(const struct survey_job *job, const struct reading *g, const struct mention *m)
{
	struct person_date d;
	return person_date(said(g, m->value, MENTION_DOB), job->day_first, job->this_year, &d, NULL) ? d.year : 0;
}

/* First and last name as one, in either order, or the name as it was written whole: letters alone. */
static struct slice whole_name(const struct reading *g, const struct mention *m, bool last_first, char out[256])
{
	bool parted = m->value[MENTION_LAST] != 0;
	const struct slice part[] = {parted ? said(g, m->value, last_first ? MENTION_LAST : MENTION_FIRST) : said(g, m->value, MENTION_NAME), parted ? said(g, m->value, last_first ? MENTION_FIRST : MENTION_LAST) : SLICE_NULL};
	size_t n = 0;
	for (size_t p = 0; p < ARRAY_LEN(part); p++)
		for (size_t i = 0; i < part[p].n && n < 255; i++)
			if (part[p].p[i] > ' ' && !strchr(".,'-", part[p].p[i]))
				out[n++] = (char)part[p].p[i];
	return slice_of(out, n);
}

/* A guarantor, a subscriber who is the patient. */
static bool same_name(const struct reading *g, const struct mention *a, const struct mention *b)
{
	char x[256], y[256], z[256];
	struct slice one = whole_name(g, a, false, x);
	return one.n && (alike(one, whole_name(g, b, false, y)) || alike(one, whole_name(g, b, true, z)) || alike(whole_name(g, a, true, x), whole_name(g, b, false, y)));
}

/* Somebody to whom a letter could go. */
static bool kept(const struct survey_job *job, const struct reading *g, const struct mention *m)
{
	if (m->subject == NONE || (m->who != PERSON_KIN && m->who != PERSON_GUARANTOR && m->who != PERSON_SUBSCRIBER) || !(m->value[MENTION_NAME] || (m->value[MENTION_LAST] && m->value[MENTION_FIRST])))
		return false;
	const struct mention *of = &g->mention[m->subject];
	int year = born(job, g, of), own = born(job, g, m);
	if (same_name(g, m, of) || m->kinship == PERSON_SELF || m->kinship == PERSON_RELATED || m->kinship == PERSON_CONTACT || own > job->this_year - 18)
		return false;
	return m->who == PERSON_KIN || year == 0 || year > job->this_year - GROWN;
}

int kin_keep(const struct survey_job *job, struct reading *g, struct err *e)
{
	static const uint8_t columns[] = {MENTION_LAST, MENTION_FIRST, MENTION_MIDDLE, MENTION_NAME, MENTION_SUFFIX, MENTION_STREET, MENTION_APT, MENTION_CITY, MENTION_STATE, MENTION_ZIP, MENTION_COUNTRY, MENTION_ADDRESS};
	uint32_t n = 0;
	for (uint32_t i = 0; i < g->mentions; i++)
		n += kept(job, g, &g->mention[i]);
	if (!n)
		return 0;
	g->relative = calloc(n, sizeof *g->relative);
	if (!g->relative)
		return err_set(e, ERR_MEMORY, NULL, "no memory for %u next of kin", n);
	for (uint32_t i = 0; i < g->mentions; i++) {
		const struct mention *m = &g->mention[i], *of = m->subject == NONE ? NULL : &g->mention[m->subject];
		if (!kept(job, g, m))
			continue;
		struct relative *v = &g->relative[g->relatives++];
		*v = (struct relative){.person = of->known ? of->person : NONE, .at = NONE, .mention = m->subject, .who = m->who, .kinship = m->kinship};
		if (!of->anchor) {
			v->id = of->id;
			v->number = of->number;
		}
		for (size_t c = 0; c < sizeof columns; c++)
			v->value[columns[c]] = m->value[columns[c]];
	}
	return 0;
}

/* 0: not for that. The smaller the nearer. */
static unsigned rank_of(const struct relative *v, int purpose)
{
	static const uint8_t near[][PERSON_REPRESENTATIVE + 1] = {
		[SURVEY_GUARDIAN] = {[PERSON_GUARDIAN] = 1, [PERSON_PARENT] = 2},
		[SURVEY_KIN] = {[PERSON_SPOUSE] = 1, [PERSON_CHILD] = 2, [PERSON_PARENT] = 3, [PERSON_GUARDIAN] = 4, [PERSON_RELATIVE] = 5, [PERSON_KINSHIP_NOT_SAID] = 6},
		[SURVEY_REPRESENTATIVE] = {[PERSON_REPRESENTATIVE] = 1},
	};
	if (v->who == PERSON_KIN)
		return near[purpose][v->kinship];
	if (purpose != SURVEY_GUARDIAN) /* who pays for somebody need not be his kin */
		return 0;
	if (v->kinship == PERSON_GUARDIAN || v->kinship == PERSON_PARENT || v->kinship == PERSON_CHILD) /* whose child he is: X12 and many senders of HL7 say it so */
		return v->who == PERSON_GUARANTOR ? 3 : 4;
	return v->who == PERSON_GUARANTOR && v->kinship == PERSON_KINSHIP_NOT_SAID ? 5 : 0;
}

static uint32_t number_of(struct survey *f, const struct find_population *population, uint32_t object, const struct relative *v)
{
	uint32_t at = v->at == NONE ? object : v->at;
	if (v->person != NONE)
		return population ? scope_exposure_find(f->exposure, find_population_id(population, v->person)) : SCOPE_NOBODY;
	uint32_t all = v->mention == NONE ? NONE : f->reading[at].mention[v->mention].person;
	return all == NONE || f->reading[at].mention[v->mention].taken ? SCOPE_NOBODY : f->stranger[f->cluster[all]].number;
}

static int by_number(const void *pa, const void *pb)
{
	const struct relation *a = pa, *b = pb;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->purpose != b->purpose)
		return a->purpose < b->purpose ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->object != b->object ? a->object < b->object ? -1 : 1 : a->relative < b->relative ? -1 : a->relative > b->relative;
}

int kin_settle(struct survey *f, const struct find_population *population, struct err *e)
{
	size_t room = 0, n = 0;
	for (size_t i = 0; i < f->n; i++)
		for (uint32_t k = 0; k < f->reading[i].relatives; k++)
			for (int p = 0; p < SURVEY_RELATIVES; p++)
				room += rank_of(&f->reading[i].relative[k], p) != 0;
	if (!room)
		return 0;
	f->relation = calloc(room, sizeof *f->relation);
	if (!f->relation)
		return err_set(e, ERR_MEMORY, NULL, "no memory for %zu next of kin", room);
	for (size_t i = 0; i < f->n; i++)
		for (uint32_t k = 0; k < f->reading[i].relatives; k++) {
			uint32_t number = number_of(f, population, (uint32_t)i, &f->reading[i].relative[k]);
			for (int p = 0; number != SCOPE_NOBODY && p < SURVEY_RELATIVES; p++)
				if (rank_of(&f->reading[i].relative[k], p))
					f->relation[f->relations++] = (struct relation){number, (uint32_t)i, k, (uint8_t)p, (uint8_t)rank_of(&f->reading[i].relative[k], p)};
		}
	qsort(f->relation, f->relations, sizeof *f->relation, by_number);
	for (size_t i = 0; i < f->relations; i++) /* the nearest of each */
		if (!n || f->relation[n - 1].number != f->relation[i].number || f->relation[n - 1].purpose != f->relation[i].purpose)
			f->relation[n++] = f->relation[i];
	f->relations = n;
	return 0;
}

struct slice survey_relative_value(const struct survey *f, uint32_t number, enum survey_relative_for purpose, int role)
{
	size_t lo = 0, hi = f->relations;
	int c = mention_column(role);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct relation *v = &f->relation[mid];
		if (v->number < number || (v->number == number && v->purpose < purpose))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (c < 0 || lo == f->relations || f->relation[lo].number != number || f->relation[lo].purpose != purpose)
		return SLICE_NULL;
	const struct reading *g = &f->reading[f->relation[lo].object];
	return said(g, g->relative[f->relation[lo].relative].value, c);
}
