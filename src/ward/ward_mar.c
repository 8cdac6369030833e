/* Medication orders with their doses, for the MAR: what is to be given, and what was stopped while a dose of it may still be in the patient. */
#include "ward_internal.h"

#define DAY (24 * 3600 * TIME_SEC)
#define DOSES_MAX 512u

static int64_t time_of(const struct fill *x, const struct fact_item *it)
{
	int64_t t = fact_time_ns(fact_get(it->fact, FF_TIME), x->q->zone_minutes);
	return t == INT64_MIN ? it->received : t;
}

static void dose(struct fill *x, const struct fact_item *it, struct paper_dose *ret)
{
	const struct fact *f = it->fact;
	struct slice unit = fill_code(fill_get(f, FF_DOSE_UNIT)), amount = fill_get(f, FF_DOSE), iso = fill_get(f, FF_TIME);
	int64_t t = time_of(x, it);
	*ret = (struct paper_dose){.time = t, .given = !slice_eq_str(fill_get(f, FF_STATUS), "not-done"), .dose = JOIN(x, " ", amount, amount.n ? unit : SLICE_NULL), .by = fill_person(x, fill_get(f, FF_PERFORMER)),
	                           .reason = fill_code(fill_get(f, FF_REASON)), .origin = (enum paper_origin)it->origin, .entry = it->entry};
	if (!iso.n) { /* nobody said when: when it came, is what is known */
		char text[32];
		iso = slice_of(time_rfc3339(t, 0, text), 20);
		ret->at = fill_time(x, iso);
		return;
	}
	ret->at = fill_time(x, iso);
}

static const struct paper_dose *one_dose(struct fill *x, const struct fact_item *it)
{
	struct paper_dose *d = it ? fill_array(x, 1, sizeof *d) : NULL;
	if (d)
		dose(x, it, d);
	return d;
}

static void past(struct fill *x, const struct fact_item *const *v, size_t n, struct paper_order *ret)
{
	struct paper_dose *list = fill_array(x, n, sizeof *list);
	size_t k = 0;
	for (size_t i = n; list && i--;) { /* the section has the newest first */
		int64_t t = time_of(x, v[i]);
		if (t > x->q->now - DAY && t <= x->q->now + DAY)
			dose(x, v[i], &list[k++]);
	}
	for (size_t i = 1; i < k; i++)
		for (size_t j = i; j && list[j - 1].time > list[j].time; j--) {
			struct paper_dose swap = list[j];
			list[j] = list[j - 1];
			list[j - 1] = swap;
		}
	ret->dose_list = list;
	ret->dose_n = k;
}

static void order(struct fill *x, const struct fact_item *it, struct paper_order *ret)
{
	const struct fact *f = it->fact;
	struct slice status = fill_get(f, FF_STATUS), intent = fact_part(fill_get(f, FF_TYPE), 0), unit = fill_code(fill_get(f, FF_DOSE_UNIT)), low = fill_get(f, FF_DOSE), high = fill_get(f, FF_DOSE_MAX);
	const struct fact_item *not_given, *given = chart_last_given(x->p, it, &not_given);
	struct slice placer = fact_part(fill_get(f, FF_PLACER), FI_VALUE), filler = fact_part(fill_get(f, FF_FILLER), FI_VALUE);
	struct slice name = fill_code(fill_get(f, FF_CODE)), amount = high.n && !slice_eq(low, high) ? JOIN(x, "–", low, high) : low;
	*ret = (struct paper_order){.name = name.n ? JOIN(x, " ", name, fill_get(f, FF_STRENGTH)) : slice_str(fact_kind_name(f->kind)), .dose = JOIN(x, " ", amount, amount.n ? unit : SLICE_NULL, fill_get(f, FF_RATE)), .route = fill_code(fill_get(f, FF_ROUTE)),
	                            .frequency = fill_get(f, FF_FREQUENCY), .prn = fill_get(f, FF_PRN), .is_prn = fill_get(f, FF_PRN).n > 0, .start = fill_time(x, fill_get(f, FF_START)), .end = fill_time(x, fill_get(f, FF_END)), .number = placer.n ? placer : filler,
	                            .note = fill_get(f, FF_TEXT), .status = status, .stopped = !fill_open_order(it), .held = slice_eq_str(status, "on-hold"),
	                            .proposed = slice_eq_str(intent, "proposal") || slice_eq_str(intent, "plan") || slice_eq_str(intent, "option") || slice_eq_str(status, "draft"), .incomplete = it->incomplete, .origin = (enum paper_origin)it->origin,
	                            .entry = it->entry, .last = one_dose(x, given), .last_not = one_dose(x, not_given)};
	struct slice f2 = ret->frequency; /* "Q4H PRN" in one field */
	for (size_t i = 0; !ret->is_prn && i + 3 <= f2.n; i++)
		ret->is_prn = slice_eq_nocase(slice_of(f2.p + i, 3), "PRN") && (!i || f2.p[i - 1] == ' ') && (i + 3 == f2.n || f2.p[i + 3] == ' ');
	const struct fact_item *v[DOSES_MAX];
	size_t n = chart_doses(x->p, it, v, DOSES_MAX);
	past(x, v, n < DOSES_MAX ? n : DOSES_MAX, ret);
}

/* Stopped ones stand on the sheet for a day: a nurse who gave it this morning looks for it. */
static bool belongs(const struct fill *x, const struct fact_item *it)
{
	if (it->fact->kind != FACT_MED_ORDER || it->state != FACT_CURRENT || slice_eq_str(fact_part(fill_get(it->fact, FF_CATEGORY), FC_CODE), "statement"))
		return false;
	if (fill_open_order(it))
		return true;
	const struct fact_item *given = chart_last_given(x->p, it, NULL);
	return (given && time_of(x, given) > x->q->now - DAY) || it->received > x->q->now - DAY;
}

/* Doses of which no order is here: a row each, under the name that they were sent with. */
static size_t strays(struct fill *x, struct paper_order *to, size_t max)
{
	const struct fact_item *v[DOSES_MAX];
	size_t n = chart_doses(x->p, NULL, v, DOSES_MAX), k = 0;
	for (size_t i = 0; i < n && i < DOSES_MAX && k < max; i++) {
		if (time_of(x, v[i]) <= x->q->now - DAY)
			continue;
		struct slice name = fill_code(fill_get(v[i]->fact, FF_CODE));
		to[k] = (struct paper_order){.name = name.n ? name : slice_str(fact_kind_name(v[i]->fact->kind)), .route = fill_code(fill_get(v[i]->fact, FF_ROUTE)), .no_order = true, .origin = (enum paper_origin)v[i]->origin, .entry = v[i]->entry};
		if (slice_eq_str(fill_get(v[i]->fact, FF_STATUS), "not-done"))
			to[k].last_not = one_dose(x, v[i]);
		else
			to[k].last = one_dose(x, v[i]);
		past(x, &v[i], 1, &to[k]);
		k++;
	}
	return k;
}

void fill_mar(struct fill *x, struct fill_mar *ret)
{
	size_t n = chart_doses(x->p, NULL, NULL, 0), k = 0;
	for (const struct fact_item *it = x->p->s[CHART_MEDICATIONS].items; it; it = it->next)
		n++;
	*ret = (struct fill_mar){.order = fill_array(x, n, sizeof *ret->order)};
	for (int stopped = 0; stopped < 2 && ret->order; stopped++) /* what is to be given stands first */
		for (const struct fact_item *it = x->p->s[CHART_MEDICATIONS].items; it; it = it->next)
			if (belongs(x, it) && !fill_open_order(it) == stopped)
				order(x, it, &ret->order[k++]);
	if (ret->order)
		k += strays(x, ret->order + k, n - k);
	ret->n = k;
}
