/* Which item of a patient's chart an identifier names: so that an Observation says Encounter/ID and a DiagnosticReport lists its results, where the chart has them (struct fhir_links). */
#include "web_fhir_internal.h"

#include <stdlib.h>

struct key {
	struct slice ident; /* value and assigner; of members the report's */
	const struct fact_item *item;
	uint8_t kind;
	bool member;
};
struct web_links {
	struct key *keys;
	size_t n, cap;
	struct arena *a;
	const struct chart_patient *p;
};

/* What else a CX or EI carries (a type code) does not make it another number. */
static struct slice plain(struct slice ident)
{
	struct slice rest, more, value = slice_cut(ident, FACT_US, &rest);
	if (!rest.p)
		return value;
	struct slice assigner = slice_cut(rest, FACT_US, &more);
	return assigner.n ? slice_of(value.p, value.n + 1 + assigner.n) : value;
}

static int order(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->member != y->member)
		return x->member ? 1 : -1;
	int c = slice_cmp(x->ident, y->ident);
	return c ? c : strcmp(x->item->id, y->item->id);
}

static bool put(struct web_links *l, struct key k)
{
	if (k.ident.n == 0)
		return true;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		struct key *v = arena_array(l->a, cap, sizeof *v);
		if (!v)
			return false;
		if (l->n)
			memcpy(v, l->keys, l->n * sizeof *v);
		l->keys = v;
		l->cap = cap;
	}
	l->keys[l->n++] = k;
	return true;
}

/* A result that came again without its report is still that report's: what it replaced says so. */
static bool put_item(struct web_links *l, const struct fact_item *it)
{
	const struct fact *f = it->fact;
	for (unsigned i = 0; i < f->count; i++) {
		uint8_t field = f->values[i].id;
		bool own = field == FF_ID || field == FF_PLACER || field == FF_FILLER || (field == FF_VISIT && f->kind == FACT_VISIT);
		if (own && !put(l, (struct key){plain(f->values[i].v), it, f->kind, false}))
			return false;
	}
	for (const struct fact_item *h = it; h && f->kind == FACT_RESULT; h = h == it ? it->history : h->next)
		if (!put(l, (struct key){plain(fact_get(h->fact, FF_GROUP)), it, f->kind, true}))
			return false;
	return true;
}

static size_t lower(const struct web_links *l, const struct key *want)
{
	size_t lo = 0, hi = l->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct key *k = &l->keys[mid];
		int c = k->kind != want->kind ? (k->kind < want->kind ? -1 : 1) : k->member != want->member ? (k->member ? 1 : -1) : slice_cmp(k->ident, want->ident);
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool matches(const struct web_links *l, size_t at, const struct key *want)
{
	return at < l->n && l->keys[at].kind == want->kind && l->keys[at].member == want->member && slice_eq(l->keys[at].ident, want->ident);
}

/* "Encounter/e11-2" or "e11-2": our own id, by who read it here. */
static const char *by_our_id(const struct web_links *l, uint8_t kind, struct slice ident)
{
	struct slice value = fact_part(ident, FI_VALUE);
	if (!slice_starts(fact_part(ident, FI_ASSIGNER), "urn:fhir:"))
		return NULL;
	const uint8_t *slash = value.n ? memrchr(value.p, '/', value.n) : NULL;
	if (slash)
		value = slice_of(slash + 1, (size_t)(value.p + value.n - slash - 1));
	for (int s = 0; value.n && s < CHART_SECTIONS; s++)
		for (const struct fact_item *it = l->p->s[s].items; it; it = it->next)
			if (it->fact->kind == kind && slice_eq_str(value, it->id))
				return it->id;
	return NULL;
}

static const char *id_of(void *arg, uint8_t kind, struct slice ident)
{
	const struct web_links *l = arg;
	struct key want = {.ident = plain(ident), .kind = kind};
	size_t at = want.ident.n ? lower(l, &want) : l->n;
	if (!matches(l, at, &want))
		return by_our_id(l, kind, ident);
	if (kind == FACT_MED_ORDER && strcmp(fhir_type(l->keys[at].item), "MedicationRequest") != 0)
		return NULL; /* a statement is no order */
	return l->keys[at].item->id;
}

/* Results hang on their report by its id, or by the number of its order (HL7 v2). */
static size_t members(void *arg, const struct fact_item *report, const char **ret, size_t max)
{
	const struct web_links *l = arg;
	static const uint8_t fields[] = {FF_ID, FF_FILLER, FF_PLACER};
	size_t n = 0;
	for (size_t f = 0; f < ARRAY_LEN(fields) && n == 0; f++) {
		struct key want = {.ident = plain(fact_get(report->fact, fields[f])), .kind = FACT_RESULT, .member = true};
		if (want.ident.n)
			for (size_t at = lower(l, &want); n < max && matches(l, at, &want); at++)
				if (n == 0 || strcmp(ret[n - 1], l->keys[at].item->id) != 0)
					ret[n++] = l->keys[at].item->id;
	}
	return n;
}

struct web_links *web_fhir_links(struct web_request *q, const struct chart_patient *p, struct fhir_links *ret)
{
	struct web_links *l = arena_alloc(q->a, sizeof *l);
	if (!l)
		return NULL;
	*l = (struct web_links){.a = q->a, .p = p};
	for (int s = 0; s < CHART_SECTIONS; s++)
		for (const struct fact_item *it = p->s[s].items; it; it = it->next)
			if ((it->state == FACT_CURRENT || it->state == FACT_IN_ERROR) && fhir_type(it) && !put_item(l, it))
				return NULL;
	if (l->n)
		qsort(l->keys, l->n, sizeof *l->keys, order);
	*ret = (struct fhir_links){.arg = l, .id_of = id_of, .members = members};
	return l;
}
