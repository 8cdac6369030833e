/* How large incidents are, where one stands among them, and how long notices take. */
#include "picture_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define VALUES 16
#define FEW 5 /* fewer than these are no group to be compared with */

static const struct registry_row *row_of(const struct pic *p, const struct registry_counted *c)
{
	return &p->all->revision[c->revision].row;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The value below which the part lies: nearest rank. */
static double quantile(const double *v, size_t n, double part)
{
	size_t k = (size_t)ceil(part * (double)n);
	return v[k ? k - 1 : 0];
}

struct persons {
	double *v, *counted;        /* all; and those that are no placeholder, in order */
	bool *held;
	size_t n, counted_n, held_n;
};

static int persons_of(struct pic *p, const struct registry_counted *c, size_t n, struct persons *s, struct err *e)
{
	s->v = arena_array(p->a, n + 1, sizeof *s->v);
	s->counted = arena_array(p->a, n + 1, sizeof *s->counted);
	s->held = arena_array(p->a, n + 1, sizeof *s->held);
	if (!s->v || !s->counted || !s->held)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	for (size_t i = 0; i < n; i++) {
		const struct registry_row *r = row_of(p, &c[i]);
		if (!r->persons_known)
			continue;
		s->held[s->n] = registry_placeholder(r);
		s->held_n += s->held[s->n];
		if (!s->held[s->n])
			s->counted[s->counted_n++] = (double)r->persons;
		s->v[s->n++] = (double)r->persons;
	}
	qsort(s->counted, s->counted_n, sizeof *s->counted, by_value);
	return 0;
}

int picture_draw_distribution(struct pic *p, struct plot **ret, struct err *e)
{
	struct registry_counted *c;
	struct persons s = {0};
	struct plot_mark m[2];
	const struct picture_own *own = p->ask->own;
	size_t n, marks = 0;
	int r = registry_select(p->all, &p->ask->q, p->a, &c, &n, &p->basis, e);
	if (r == 0)
		r = persons_of(p, c, n, &s, e);
	if (r < 0)
		return r;
	if (own && own->persons) {
		const char *name = arena_strdup(p->a, picture_own_name(p));
		m[marks++] = (struct plot_mark){(double)own->persons, picture_say(p, W_OWN_PERSONS, name ? name : "", picture_count(p, own->persons))};
	}
	if (s.counted_n) {
		double median = quantile(s.counted, s.counted_n, 0.5);
		if (!marks || m[0].at != median)
			m[marks++] = (struct plot_mark){median, picture_say(p, W_MEDIAN, picture_count(p, (uint64_t)median), NULL)};
	}
	p->placeholders = s.held_n;
	struct plot_frame f = picture_frame_of(p, picture_titled(p, W_DISTRIBUTION, W_DISTRIBUTION_YEAR), picture_word(p, W_C_DISTRIBUTION));
	return plot_spread(&f, &(struct plot_spread){.v = s.v, .hatched = s.held, .n = s.n, .log = true, .x_name = picture_word(p, W_PERSONS_LOG), .y_name = picture_word(p, W_INCIDENTS), .hatched_words = s.held_n ? picture_word(p, W_PLACEHOLDER) : SLICE_NULL, .mark = m, .marks = marks}, ret, e);
}

/* ---- one among others ---- */

static bool has(struct slice list, struct slice one)
{
	struct slice v[VALUES];
	size_t n = registry_values(list, v, VALUES);
	for (size_t i = 0; i < n; i++)
		if (slice_eq(v[i], one))
			return true;
	return false;
}

enum group { G_ALL, G_TYPE, G_STATE, G_ENTITY, GROUPS };

static bool belongs(const struct registry_row *r, const struct picture_own *o, enum group g)
{
	return g == G_ALL || (g == G_TYPE ? has(r->type, o->type) : g == G_STATE ? slice_eq(r->state, o->state) : slice_eq(r->entity_type, o->entity_type));
}

static int group_of(struct pic *p, const struct registry_counted *c, size_t n, enum group g, const struct registry_place *place, struct slice name, struct plot_group *ret, struct err *e)
{
	const struct picture_own *o = p->ask->own;
	struct registry_counted *some = arena_array(p->a, n + 1, sizeof *some);
	struct persons s = {0};
	size_t k = 0;
	if (!some)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	for (size_t i = 0; i < n; i++)
		if (belongs(row_of(p, &c[i]), o, g))
			some[k++] = c[i];
	int r = persons_of(p, some, k, &s, e);
	if (r < 0)
		return r;
	*ret = (struct plot_group){.name = name, .p50 = NAN};
	if (s.counted_n < FEW) {
		ret->words = picture_say(p, W_TOO_FEW, picture_count(p, s.counted_n), NULL);
		return 0;
	}
	unsigned below = place->below;
	struct slice part = below >= 990 || below < 10 ? picture_text(p, p->n == 1 ? "%u,%u" : "%u.%u", below / 10, below % 10) : picture_text(p, "%u", below / 10);
	const char *share = arena_strdup(p->a, part);
	ret->words = picture_say(p, W_LARGER, share ? share : "", picture_count(p, place->among));
	ret->p10 = quantile(s.counted, s.counted_n, 0.1);
	ret->p25 = quantile(s.counted, s.counted_n, 0.25);
	ret->p50 = quantile(s.counted, s.counted_n, 0.5);
	ret->p75 = quantile(s.counted, s.counted_n, 0.75);
	ret->p90 = quantile(s.counted, s.counted_n, 0.9);
	ret->least = fmax(s.counted[0], 1);
	ret->most = s.counted[s.counted_n - 1];
	return 0;
}

int picture_draw_place(struct pic *p, struct plot **ret, struct err *e)
{
	static const enum word names[GROUPS] = {W_ALL, W_SAME_TYPE, W_SAME_STATE, W_SAME_ENTITY};
	const struct picture_own *o = p->ask->own;
	struct registry_counted *c;
	struct registry_places places;
	struct plot_group g[GROUPS];
	size_t n, groups = 0;
	if (!o || !o->persons)
		return err_set(e, ERR_USAGE, NULL, "a place needs a number of persons: say --persons N, or --case NAME of a case that has some");
	struct registry_question q = p->ask->q, asked = q;
	asked.type = o->type;
	asked.state = o->state;
	asked.entity_type = o->entity_type;
	q.type = q.state = q.entity_type = SLICE_NULL;
	int r = registry_select(p->all, &q, p->a, &c, &n, &p->basis, e);
	if (r == 0)
		r = registry_place(p->all, &asked, o->persons, p->a, &places, e);
	const struct registry_place *place[GROUPS] = {&places.all, &places.type, &places.state, &places.entity_type};
	const struct slice of[GROUPS] = {SLICE_NULL, o->type, o->state, o->entity_type};
	for (unsigned k = 0; r == 0 && k < GROUPS; k++) {
		const char *name = of[k].n ? arena_strdup(p->a, picture_named(p, of[k])) : NULL;
		if (k == G_ALL || of[k].n)
			r = group_of(p, c, n, (enum group)k, place[k], picture_say(p, names[k], name, NULL), &g[groups++], e);
	}
	if (r < 0)
		return r;
	const char *own = arena_strdup(p->a, picture_own_name(p));
	struct plot_frame f = picture_frame_of(p, picture_say(p, W_PLACE, own ? own : "", NULL), picture_word(p, W_C_PLACE));
	return plot_place(&f, &(struct plot_place){.v = g, .n = groups, .own = (double)o->persons, .own_words = picture_say(p, W_OWN_PERSONS, own ? own : "", picture_count(p, o->persons)), .key = {picture_word(p, W_KEY_80), picture_word(p, W_KEY_50), picture_word(p, W_KEY_MEDIAN)}}, ret, e);
}

/* ---- from aware to notice ---- */

int picture_draw_notice(struct pic *p, struct plot **ret, struct err *e)
{
	struct registry_counted *c;
	struct registry_question q = p->ask->q;
	size_t n, k = 0;
	if (q.source == REGISTRY_OCR) /* its portal says neither day */
		q.source = REGISTRY_WA_AG;
	int r = registry_select(p->all, &q, p->a, &c, &n, &p->basis, e);
	if (r < 0)
		return r;
	double *v = arena_array(p->a, n + 1, sizeof *v);
	if (!v)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	for (size_t i = 0; i < n; i++) {
		const struct registry_row *w = row_of(p, &c[i]);
		int32_t to = w->notified != REGISTRY_NO_DAY ? w->notified : w->submitted; /* as registry_figures counts */
		if (w->aware != REGISTRY_NO_DAY && to != REGISTRY_NO_DAY && to >= w->aware)
			v[k++] = to - w->aware;
	}
	if (!k)
		return err_set(e, ERR_NO, NULL, "no incident of this list has both days, of awareness and of notice: holdfast registry import of Washington's list comes first");
	qsort(v, k, sizeof *v, by_value);
	double median = quantile(v, k, 0.5);
	const struct plot_mark m[] = {{median, picture_say(p, W_MEDIAN_DAYS, picture_count(p, (uint64_t)median), NULL)}, {30, picture_word(p, W_LIMIT_30)}, {60, picture_word(p, W_LIMIT_60)}};
	struct plot_frame f = picture_frame_of(p, picture_titled(p, W_NOTICE, W_NOTICE_YEAR), picture_word(p, W_C_NOTICE));
	return plot_spread(&f, &(struct plot_spread){.v = v, .n = k, .step = 15, .most = 360, .x_name = picture_word(p, W_DAYS_NOTICE), .y_name = picture_word(p, W_NOTICES), .mark = m, .marks = median == 30 || median == 60 ? 1 : 3}, ret, e);
}
