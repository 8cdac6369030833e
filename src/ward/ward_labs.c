/* Results by analyte: one row each, with its values, the newest first. */
#include "ward_internal.h"

#include <math.h>
#include <stdlib.h>

#define VALUES_MAX 40u /* of one analyte */

static bool same(const struct fact *a, const struct fact *b)
{
	struct slice ca = fill_get(a, FF_CODE), cb = fill_get(b, FF_CODE);
	if (!slice_eq(fill_code(fill_get(a, FF_UNIT)), fill_code(fill_get(b, FF_UNIT))) || !slice_eq(fill_get(a, FF_SUB), fill_get(b, FF_SUB)))
		return false; /* mg/dL and mmol/L are no line */
	if (fact_part(ca, FC_CODE).n && fact_part(cb, FC_CODE).n)
		return slice_eq(fact_part(ca, FC_CODE), fact_part(cb, FC_CODE)) && slice_eq(fact_part(ca, FC_SYSTEM), fact_part(cb, FC_SYSTEM));
	return slice_eq(fill_code(ca), fill_code(cb));
}

/* "3.5-5.1", "< 5", ">60". */
static void range(struct slice s, double *low, double *high)
{
	*low = *high = NAN;
	s = slice_trim(s);
	if (s.n && (s.p[0] == '<' || s.p[0] == '>')) {
		size_t skip = s.n > 1 && s.p[1] == '=' ? 2 : 1;
		double v = fill_number(slice_of(s.p + skip, s.n - skip));
		*(s.p[0] == '<' ? high : low) = v;
		return;
	}
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] != '-' && !(s.p[i] == 0xe2 && i + 2 < s.n && s.p[i + 1] == 0x80 && s.p[i + 2] == 0x93))
			continue;
		size_t wide = s.p[i] == '-' ? 1 : 3;
		double a = fill_number(slice_of(s.p, i)), b = fill_number(slice_of(s.p + i + wide, s.n - i - wide));
		if (!isnan(a) && !isnan(b) && a <= b)
			*low = a, *high = b;
		return;
	}
}

static struct slice text_of(struct fill *x, const struct fact *f)
{
	struct slice v = fill_get(f, FF_VALUE), code = fill_code(fill_get(f, FF_VALUE_CODE)), absent = fill_get(f, FF_ABSENT), sign = fill_get(f, FF_COMPARATOR);
	if (!v.n)
		v = code.n ? code : absent;
	return sign.n ? JOIN(x, "", sign, v) : v;
}

static void value(struct fill *x, const struct fact_item *it, struct paper_value *ret)
{
	const struct fact *f = it->fact;
	struct slice status = fill_get(f, FF_STATUS), text = text_of(x, f), before = it->history ? text_of(x, it->history->fact) : SLICE_NULL;
	*ret = (struct paper_value){.when = fill_time(x, fill_get(f, FF_TIME)), .text = text, .flag = fill_get(f, FF_FLAG), .was = before.n && !slice_eq(before, text) ? before : SLICE_NULL, .number = fill_get(f, FF_COMPARATOR).n ? NAN : fill_number(fill_get(f, FF_VALUE)),
	                            .time = fact_time_ns(fact_get(f, FF_TIME), x->q->zone_minutes), .origin = (enum paper_origin)it->origin, .entry = it->entry,
	                            .preliminary = slice_eq_str(status, "preliminary") || slice_eq_str(status, "registered")};
	if (!text.n)
		ret->text = status.n ? status : SLICE("—");
}

static int by_name(const void *a, const void *b)
{
	return slice_cmp(((const struct paper_series *)a)->name, ((const struct paper_series *)b)->name);
}

void fill_labs(struct fill *x, struct fill_labs *ret)
{
	const struct fact_item *items = x->p->s[CHART_RESULTS].items;
	size_t n = 0, k = 0;
	for (const struct fact_item *it = items; it; it = it->next)
		n += it->state == FACT_CURRENT;
	*ret = (struct fill_labs){.series = fill_array(x, n, sizeof *ret->series)};
	const struct fact **head = fill_array(x, n, sizeof *head);
	for (const struct fact_item *it = items; it && ret->series && head; it = it->next) {
		size_t i = 0;
		if (it->state != FACT_CURRENT || it->fact->kind != FACT_RESULT)
			continue;
		while (i < k && !same(head[i], it->fact))
			i++;
		struct paper_series *s = &ret->series[i];
		if (i == k) {
			struct slice name = fill_code(fill_get(it->fact, FF_CODE));
			*s = (struct paper_series){.name = name.n ? name : SLICE("—"), .unit = fill_code(fill_get(it->fact, FF_UNIT)), .range = fill_get(it->fact, FF_RANGE), .value = fill_array(x, VALUES_MAX, sizeof *s->value)};
			range(s->range, &s->low, &s->high);
			head[k++] = it->fact;
		}
		if (s->value && s->n < VALUES_MAX)
			value(x, it, (struct paper_value *)(uintptr_t)&s->value[s->n++]);
	}
	if (k)
		qsort(ret->series, k, sizeof *ret->series, by_name);
	ret->n = k;
}
