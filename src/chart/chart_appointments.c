/* Who has an appointment between two moments: for who has to call them when it does not take place. Rows with an appointment are marked as they are applied (STORE_MARK_APPOINTMENT); whoever has one in the time asked for, as any message said
 * it, is looked at as a page would, so that what was moved or cancelled since is where it was moved to, or gone. */
#include "chart_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define AHEAD (400 * 86400 * TIME_SEC) /* nobody is told of one longer before */
#define PAGE_BYTES ((size_t)256 << 20)

struct gather {
	struct chart *c;
	struct arena *a, *scratch;
	int64_t from, until;
	uint32_t *ident;
	size_t n, cap;
	size_t max;
};

static int64_t begins_at(struct chart *c, const struct fact *f)
{
	struct slice t = fact_get(f, FF_TIME);
	return t.n ? fact_time_ns(t, c->zone_minutes) : INT64_MIN;
}

static int take(void *arg, const struct store_row *s, struct err *e)
{
	struct gather *g = arg;
	struct row *row;
	bool in = false;
	if (s->received < g->from - AHEAD || s->flags & ROW_TEST)
		return 0;
	arena_reset(g->scratch);
	int r = row_decode(s, g->scratch, &row, e);
	if (r < 0)
		return r;
	for (const struct fact *f = row->f.first ? row->f.first->first : NULL; f && !in; f = f->next) {
		int64_t t = f->kind == FACT_APPOINTMENT ? begins_at(g->c, f) : INT64_MIN;
		in = t != INT64_MIN && t >= g->from && t < g->until;
	}
	if (!in)
		return 0;
	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 256;
		uint32_t *v = arena_array(g->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(g->a, e);
		if (g->n)
			memcpy(v, g->ident, g->n * sizeof *v);
		g->ident = v;
		g->cap = cap;
	}
	g->ident[g->n++] = s->ident;
	return 0;
}

static int rising(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	return a < b ? -1 : a > b;
}

static size_t each_once(uint32_t *v, size_t n)
{
	size_t k = 0;
	if (n)
		qsort(v, n, sizeof *v, rising);
	for (size_t i = 0; i < n; i++)
		if (!k || v[k - 1] != v[i])
			v[k++] = v[i];
	return k;
}

static bool stands(const struct fact_item *it)
{
	struct slice status = fact_get(it->fact, FF_STATUS);
	return it->state == FACT_CURRENT && (!status.n || slice_eq_str(status, "booked") || slice_eq_str(status, "pending") || slice_eq_str(status, "proposed"));
}

static struct slice kept(struct arena *a, struct slice s, bool *failed)
{
	struct slice out = s.n && !fact_is_null(s) ? arena_dup(a, s) : SLICE_NULL;
	*failed = *failed || (s.n && !fact_is_null(s) && !out.p);
	return out;
}

/* What is kept of a page is small; the page goes away. */
static int keep(struct gather *g, const struct chart_patient *p, const struct fact_item *it, struct chart_appointment *ret, struct err *e)
{
	const struct fact *who = p->demographics ? p->demographics->fact : NULL;
	struct slice name = fact_get(who, FF_NAME);
	bool failed = false;
	struct fact_item *item = arena_alloc(g->a, sizeof *item);
	struct fact *f = arena_alloc(g->a, sizeof *f);
	struct fact_value *v = arena_array(g->a, it->fact->count ? it->fact->count : 1, sizeof *v);
	if (!item || !f || !v)
		return chart_no_memory(g->a, e);
	*item = *it;
	*f = *it->fact;
	for (uint16_t i = 0; i < f->count; i++)
		v[i] = (struct fact_value){f->values[i].id, arena_dup(g->a, f->values[i].v)};
	f->values = v;
	f->next = NULL;
	item->fact = f;
	item->feed = kept(g->a, it->feed, &failed);
	item->source_time = kept(g->a, it->source_time, &failed);
	item->history = item->next = NULL;
	struct chart_appointment x = {.item = item, .begins = begins_at(g->c, f), .number = p->ident_count ? kept(g->a, p->idents[0].value, &failed) : SLICE_NULL, .family = kept(g->a, fact_part(name, FN_FAMILY), &failed), .given = kept(g->a, fact_part(name, FN_GIVEN), &failed),
	                              .birth = kept(g->a, fact_get(who, FF_BIRTH), &failed)};
	snprintf(x.person, sizeof x.person, "%s", p->id);
	for (size_t i = 0; i < fact_count(who, FF_TELECOM); i++) {
		struct slice t = fact_nth(who, FF_TELECOM, i), system = fact_part(t, FT_SYSTEM);
		struct slice *at = system.n && !slice_eq_str(system, "phone") && !slice_eq_str(system, "sms") && !slice_eq_str(system, "other") ? NULL : !x.phone.n ? &x.phone : !x.phone2.n ? &x.phone2 : NULL;
		if (at)
			*at = kept(g->a, fact_part(t, FT_VALUE), &failed);
	}
	*ret = x;
	return failed ? chart_no_memory(g->a, e) : 0;
}

static int of_person(struct gather *g, const char *id, struct chart_moment at, struct chart_appointment *v, size_t *n, struct err *e)
{
	AUTO_ARENA struct arena *page = arena_new(PAGE_BYTES);
	struct chart_patient *p;
	if (!page)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = chart_patient(g->c, slice_str(id), at, page, &p, NULL, e);
	if (r == ERR_NOT_FOUND) /* erased */
		return 0;
	for (const struct fact_item *it = r == 0 ? p->s[CHART_APPOINTMENTS].items : NULL; it && r == 0; it = it->next) {
		int64_t t = stands(it) ? begins_at(g->c, it->fact) : INT64_MIN;
		if (t == INT64_MIN || t < g->from || t >= g->until)
			continue;
		if (*n == g->max)
			return err_set(e, ERR_LIMIT, NULL, "more than %zu appointments: ask for a shorter time", g->max);
		r = keep(g, p, it, &v[(*n)++], e);
	}
	return r;
}

/* Whoever has one, as persons of the moment: their ids. A page is a question of its own, and comes after. */
static int persons(struct gather *g, uint64_t end, char (**ret)[32], struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(g->c, held, e);
	int r = ASK(g->c, marked, 0, STORE_MARK_APPOINTMENT, store_row_id(end, 0), take, g, e);
	g->n = each_once(g->ident, g->n);
	for (size_t i = 0; i < g->n && r == 0; i++)
		r = person_root(g->c, g->ident[i], end, &g->ident[i], e);
	g->n = each_once(g->ident, g->n);
	char(*ids)[32] = arena_array(g->a, g->n ? g->n : 1, sizeof *ids);
	if (r == 0 && !ids)
		return chart_no_memory(g->a, e);
	for (size_t i = 0; i < g->n && r == 0; i++) {
		struct store_ident x;
		r = ident_load(g->c, g->ident[i], NULL, &x, e);
		if (r == 0)
			ident_our_id(&x, ids[i]);
	}
	*ret = ids;
	return r;
}

static int by_begin(const void *pa, const void *pb)
{
	const struct chart_appointment *a = pa, *b = pb;
	return a->begins != b->begins ? (a->begins < b->begins ? -1 : 1) : slice_cmp(a->family, b->family);
}

int chart_appointments(struct chart *c, struct chart_moment at, int64_t from, int64_t until, size_t max, struct arena *a, struct chart_appointment **ret, size_t *ret_n, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new((size_t)64 << 20);
	struct gather g = {.c = c, .a = a, .scratch = scratch, .from = from, .until = until, .max = max};
	struct chart_appointment *v = arena_array(a, max, sizeof *v);
	char(*ids)[32] = NULL;
	size_t n = 0;
	if (!scratch || !v)
		return chart_no_memory(a, e);
	int r = persons(&g, chart_end(c, at), &ids, e);
	for (size_t i = 0; i < g.n && r == 0; i++)
		r = of_person(&g, ids[i], at, v, &n, e);
	if (r < 0)
		return r;
	if (n)
		qsort(v, n, sizeof *v, by_begin);
	*ret = v;
	*ret_n = n;
	return 0;
}
