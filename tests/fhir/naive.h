/* A chart for tests of fhir alone: groups that share an identifier are one person, the last of the same key wins, nothing is ever deleted. The real chart
 * does this with care (DESIGN 8); what is tested here is only that whatever facts say can be written. */
#ifndef TESTS_FHIR_NAIVE_H
#define TESTS_FHIR_NAIVE_H

#include "base.h"
#include "facts.h"
#include "fhir.h"

#include <stdio.h>
#include <stdlib.h>

#define NAIVE_PERSONS 4000

struct naive_person {
	char id[32];
	struct fact_ident idents[FACT_IDENTS_MAX];
	size_t ident_count;
	struct fact_item *demographics, *first, *last;
	size_t items;
};
struct naive {
	struct arena *a;
	struct naive_person *persons;
	size_t count;
	uint64_t entry;
};

static inline void naive_init(struct naive *n, struct arena *a)
{
	*n = (struct naive){.a = a, .persons = calloc(NAIVE_PERSONS, sizeof *n->persons), .entry = 100};
	assert(n->persons);
}

static inline void naive_done(struct naive *n)
{
	free(n->persons);
}

static inline bool naive_same(struct fact_ident x, struct fact_ident y)
{
	return slice_eq(x.value, y.value) && slice_eq(x.assigner, y.assigner);
}

static inline void naive_ident(struct naive_person *p, struct fact_ident id)
{
	if (id.value.n == 0)
		return;
	for (size_t i = 0; i < p->ident_count; i++)
		if (naive_same(p->idents[i], id))
			return;
	if (p->ident_count < FACT_IDENTS_MAX)
		p->idents[p->ident_count++] = id;
}

static inline struct naive_person *naive_find(struct naive *n, const struct fact_group *g)
{
	for (size_t i = 0; i < n->count; i++)
		for (size_t k = 0; k < n->persons[i].ident_count; k++) {
			if (naive_same(n->persons[i].idents[k], g->id))
				return &n->persons[i];
			for (unsigned also = 0; also < g->also_count; also++)
				if (naive_same(n->persons[i].idents[k], g->also[also]))
					return &n->persons[i];
		}
	assert(n->count < NAIVE_PERSONS);
	struct naive_person *p = &n->persons[n->count++];
	snprintf(p->id, sizeof p->id, "p%zu", n->count);
	return p;
}

static inline bool naive_replaces(const struct fact *x, const struct fact *y)
{
	static const uint8_t keys[] = {FF_ID, FF_GROUP, FF_CODE, FF_SUB, FF_SET, FF_VISIT, FF_TIME, FF_ROLE, FF_CATEGORY, FF_NAME, FF_LOCATION};
	if (x->kind != y->kind)
		return false;
	if (x->kind == FACT_PATIENT)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!slice_eq(fact_get(x, keys[i]), fact_get(y, keys[i])))
			return false;
	return true;
}

static inline void naive_apply(struct naive *n, const struct facts *f)
{
	n->entry++;
	for (const struct fact_group *g = f->first; g; g = g->next) {
		if (g->id.value.n == 0 && !g->first)
			continue;
		struct naive_person *p = naive_find(n, g);
		naive_ident(p, g->id);
		for (unsigned i = 0; i < g->also_count; i++)
			naive_ident(p, g->also[i]);
		for (const struct fact *t = g->first; t; t = t->next) {
			struct fact_item *it = NULL;
			for (struct fact_item *old = p->first; old && !it; old = old->next)
				if (naive_replaces(old->fact, t))
					it = old;
			if (!it) {
				it = arena_alloc(n->a, sizeof *it);
				assert(it);
				snprintf(it->id, sizeof it->id, "%s.%s-%zu", p->id, fact_kind_name(t->kind), ++p->items);
				if (p->last)
					p->last->next = it;
				else
					p->first = it;
				p->last = it;
			}
			it->fact = t;
			it->entry = n->entry;
			it->received = (INT64_C(1795305600) + (int64_t)n->entry) * TIME_SEC;
			it->feed = f->feed;
			it->source_time = f->time;
			it->incomplete = g->incomplete;
			if (t->kind == FACT_PATIENT && (!p->demographics || !slice_eq_str(fact_get(t, FF_ACTION), "mention")))
				p->demographics = it;
		}
	}
}

static inline struct fhir_section naive_section(struct naive *n, const struct naive_person *p, uint8_t kind, uint8_t kind2, const char *category)
{
	struct fhir_section s = {.state = FHIR_NOT_RECEIVED};
	struct fact_item *first = NULL, **tail = &first;
	bool none = false, list = false;
	for (const struct fact_item *it = p->first; it; it = it->next) {
		bool said = it->fact->kind == FACT_SECTION && category && slice_eq_str(fact_part(fact_get(it->fact, FF_CATEGORY), FC_CODE), category);
		if (it->fact->kind != kind && it->fact->kind != kind2 && !said)
			continue;
		struct fact_item *copy = arena_alloc(n->a, sizeof *copy);
		assert(copy);
		*copy = *it;
		copy->next = NULL;
		*tail = copy;
		tail = &copy->next;
		s.as_of = it->received > s.as_of ? it->received : s.as_of;
		none = none || (said && slice_eq_str(fact_get(it->fact, FF_STATUS), "none"));
		list = list || !said;
	}
	s.items = first;
	s.state = list ? FHIR_LIST : none ? FHIR_STATED_NONE : FHIR_NOT_RECEIVED;
	return s;
}

static inline struct fhir_person naive_who(const struct naive_person *p)
{
	return (struct fhir_person){.id = p->id, .idents = p->idents, .ident_count = p->ident_count, .demographics = p->demographics};
}

static inline struct fhir_summary naive_summary(struct naive *n, const struct naive_person *p)
{
	return (struct fhir_summary){
		.person = naive_who(p),
		.allergies = naive_section(n, p, FACT_ALLERGY, 0, "allergies"),
		.problems = naive_section(n, p, FACT_PROBLEM, 0, "problems"),
		.medications = naive_section(n, p, FACT_MED_ORDER, 0, "medications"),
		.results = naive_section(n, p, FACT_RESULT, FACT_REPORT, "results"),
		.vitals = naive_section(n, p, 0, 0, "vitals"),
		.immunizations = naive_section(n, p, FACT_IMMUNIZATION, 0, "immunizations"),
		.procedures = naive_section(n, p, FACT_PROCEDURE, 0, "procedures"),
		.documents = naive_section(n, p, FACT_DOCUMENT, 0, NULL),
		.care_team = naive_section(n, p, FACT_CARE_TEAM, 0, NULL),
		.contacts = naive_section(n, p, FACT_CONTACT, 0, NULL),
		.encounters = naive_section(n, p, FACT_VISIT, 0, NULL),
		.flags = naive_section(n, p, FACT_FLAG, 0, NULL),
		.entry = n->entry,
		.time = (INT64_C(1795305600) + (int64_t)n->entry) * TIME_SEC,
		.site_name = "St. Elsewhere & Sons",
		.checkpoint_origin = "holdfast/st-elsewhere",
	};
}

#endif
