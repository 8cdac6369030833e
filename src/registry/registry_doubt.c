/* What makes a list look made up, or changed by somebody: said, and never a reason to refuse it.
 *
 * Thresholds stand well outside of what the portal's lists of 2024 and 2026 show (852, 5,590 and 702 rows): 2 to 4 in a hundred reports at weekends, none under 500 persons, leading digits 0.010 to 0.019 away from Benford's law (mean absolute), 9 to 16 in a hundred counts in whole hundreds, and
 * medians of 2 to 4 in a hundred of the mean. Maine took its public list off line in June 2026 because of fake filings: so somebody has to look. */
#include "registry_read.h"

#include <math.h>
#include <stdlib.h>

#define FEW 40 /* rows under which a share says nothing */

struct seen {
	size_t counted, digit[10], hundreds, under, weekend, dated, odd_state, odd_entity, odd_type, odd_location, numbered, stepped, spaced;
	uint32_t odd_line[4];
	double sum;
};

static void odd(bool is, size_t *n, uint32_t *line, uint32_t at)
{
	if (!is)
		return;
	if (!(*n)++)
		*line = at;
}

static void look(const struct reading *x, struct seen *s)
{
	uint64_t last = 0, step = 0;
	int32_t gap = 0;
	for (size_t i = 0; i < x->n; i++) {
		const struct registry_row *r = &x->v[i];
		if (r->submitted != REGISTRY_NO_DAY) {
			unsigned w = registry_weekday(r->submitted);
			s->weekend += w == 0 || w == 6;
			s->dated++;
		}
		odd(r->state.n && !registry_is_state(r->state), &s->odd_state, &s->odd_line[0], r->line);
		odd(r->entity_type.n && !registry_is_entity_type(r->entity_type), &s->odd_entity, &s->odd_line[1], r->line);
		odd(r->type.n && !registry_is_type(r->type), &s->odd_type, &s->odd_line[2], r->line);
		odd(r->location.n && !registry_is_location(r->location), &s->odd_location, &s->odd_line[3], r->line);
		s->numbered += r->name.n && r->name.p[r->name.n - 1] >= '0' && r->name.p[r->name.n - 1] <= '9';
		if (i) {
			int32_t g = r->submitted != REGISTRY_NO_DAY && x->v[i - 1].submitted != REGISTRY_NO_DAY ? r->submitted - x->v[i - 1].submitted : 0;
			s->spaced += g != 0 && g == gap;
			gap = g;
		}
		if (!r->persons_known || registry_placeholder(r))
			continue;
		s->under += r->persons < 500;
		s->hundreds += r->persons % 100 == 0;
		uint64_t d = r->persons;
		while (d >= 10)
			d /= 10;
		s->digit[d]++;
		s->counted++;
		s->sum += (double)r->persons;
		uint64_t st = r->persons > last ? r->persons - last : last - r->persons;
		s->stepped += st != 0 && st == step;
		step = st;
		last = r->persons;
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static double median_of(const struct reading *x)
{
	uint64_t *v = arena_array(x->a, x->n + 1, sizeof *v);
	size_t n = 0;
	for (size_t i = 0; v && i < x->n; i++)
		if (x->v[i].persons_known && !registry_placeholder(&x->v[i]))
			v[n++] = x->v[i].persons;
	if (!v || !n)
		return 0;
	qsort(v, n, sizeof *v, by_value);
	uint64_t middle = v[n / 2];
	return (double)middle;
}

static void counts(struct reading *x, const struct seen *s)
{
	double away = 0, n = (double)s->counted;
	if (s->counted < FEW)
		return;
	for (int d = 1; d <= 9; d++)
		away += fabs((double)s->digit[d] / n - log10(1 + 1.0 / d)) / 9;
	if (away > 0.025 + 0.25 / sqrt(n))
		registry_warn(x->w, "digits", "the first digits of its counts are spread as real counts are not (%.3f from Benford's law, real lists 0.01 to 0.02): it may be made up or changed", away);
	if (median_of(x) * 2.5 > s->sum / n)
		registry_warn(x->w, "evenly", "its counts are spread too evenly: the median is %.0f and the mean %.0f; in real lists a few very large ones make the mean twenty times the median", median_of(x), s->sum / n);
	if (s->hundreds * 2 > s->counted)
		registry_warn(x->w, "round", "%zu of %zu counts are whole hundreds (real lists: one in ten)", s->hundreds, s->counted);
	if (s->stepped * 4 > s->counted)
		registry_warn(x->w, "regular/counts", "its counts go up or down by the same step again and again");
}

void registry_doubt(struct reading *x, const struct registry_list *l)
{
	static const char *const what[] = {"a state", "a type of entity", "a type of breach", "a location"};
	struct seen s = {0};
	look(x, &s);
	const size_t odd_n[] = {s.odd_state, s.odd_entity, s.odd_type, s.odd_location};
	if (l->source == REGISTRY_OCR) {
		for (int i = 0; i < 4; i++)
			if (odd_n[i])
				registry_warn(x->w, "category", "%zu rows have %s that the portal does not know (the first in line %u)", odd_n[i], what[i], s.odd_line[i]);
		if (s.under)
			registry_warn(x->w, "under-500", "%zu rows are of fewer than 500 persons: the portal shows none", s.under);
		if (s.dated >= FEW && s.weekend * 100 > s.dated * 12)
			registry_warn(x->w, "weekends", "%zu of %zu reports are dated at a weekend (real lists: 2 to 4 in a hundred): dates may be made up, or day and month changed over", s.weekend, s.dated);
		counts(x, &s);
	}
	if (x->n >= 10 && s.numbered * 2 > x->n)
		registry_warn(x->w, "numbered", "most names end in a number: it looks made up");
	if (x->n >= FEW && s.spaced * 3 > x->n)
		registry_warn(x->w, "regular/days", "its days follow each other at the same distance again and again");
	size_t late = 0;
	uint32_t line = 0;
	for (size_t i = 0; i < x->n; i++)
		odd(x->limit != REGISTRY_NO_DAY && x->v[i].submitted > x->limit, &late, &line, x->v[i].line);
	if (late)
		registry_warn(x->w, "future", "%zu reports are of a later day than the list itself (the first in line %u)", late, line);
}
