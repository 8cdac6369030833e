/* Which of two numbers is the month: settled for a list as a whole.
 *
 * 10/08/2024 is the eighth of October on the portal. A spreadsheet with other habits changes day and month over wherever both may be months, and leaves the rest: so it is asked, for every way of writing that a file has, whether its doubtful dates are to be turned. Asked are: days that are impossible
 * (in the future, before the law), the order of the list (the portal's is by day), days of the week (2 to 4 in a hundred reports are filed at a weekend, 28 where days are random), and whether any date can only be read the other way. Turned is what is clearly better so, and it is always said. */
#include "registry_read.h"

#define FIRST_DAY 12053 /* 2003-01-01: before it nobody had to report anything */

static bool doubtful(const struct date_text *t)
{
	int m = t->form == DATE_ISO ? t->b : t->a, d = t->form == DATE_ISO ? t->c : t->b;
	return t->form != DATE_NAMED && m >= 1 && m <= 12 && d >= 1 && d <= 12;
}

int32_t registry_turned_day(const struct date_text *t, unsigned turned)
{
	if (!t->form)
		return REGISTRY_NO_DAY;
	bool turn = turned >> t->form & 1;
	int32_t day = registry_date_day(t, turn);
	return day != REGISTRY_NO_DAY ? day : registry_date_day(t, !turn);
}

/* What speaks against reading the dates so. */
struct evidence {
	uint64_t impossible, breaks, weekend, against;
	size_t dated, doubtful;
};

#define AGAINST_MOST 24 /* that other dates can only be read one way says little about those that were turned where they could be */

static struct evidence look(const struct reading *x, unsigned turned)
{
	struct evidence v = {0};
	uint64_t up = 0, down = 0, only_md[DATE_FORMS + 1] = {0}, only_dm[DATE_FORMS + 1] = {0}; /* and those with a month's name, which are never asked for */
	int32_t before = REGISTRY_NO_DAY;
	for (size_t i = 0; i < x->n; i++) {
		const struct date_text *t = &x->date[i].at[0];
		int32_t day = registry_turned_day(t, turned);
		if (day == REGISTRY_NO_DAY)
			continue;
		v.dated++;
		if (!doubtful(t)) {
			only_md[t->form] += registry_date_day(t, false) != REGISTRY_NO_DAY;
			only_dm[t->form] += registry_date_day(t, false) == REGISTRY_NO_DAY;
		} else
			v.doubtful += registry_date_day(t, false) != registry_date_day(t, true);
		unsigned w = registry_weekday(day);
		v.weekend += w == 0 || w == 6;
		v.impossible += day < FIRST_DAY || (x->limit != REGISTRY_NO_DAY && day > x->limit);
		up += before != REGISTRY_NO_DAY && day > before;
		down += before != REGISTRY_NO_DAY && day < before;
		before = day;
	}
	v.breaks = up < down ? up : down;
	for (int f = DATE_SLASH; f < DATE_FORMS; f++) {
		if (only_dm[f] && !only_md[f] && !(turned >> f & 1))
			v.against += 4 * only_dm[f];
		if (only_md[f] && !only_dm[f] && turned >> f & 1)
			v.against += only_md[f] < AGAINST_MOST ? only_md[f] : AGAINST_MOST;
	}
	return v;
}

/* The order counts where the list is in one, read this way or another. */
static uint64_t cost(const struct evidence *v, bool ordered)
{
	return 50 * v->impossible + (ordered ? 4 * v->breaks : 0) + 4 * v->weekend + v->against;
}

/* One row that stands out of an ordered list, and in it when turned. */
static size_t single(struct reading *x, unsigned turned, uint64_t breaks, uint32_t *first)
{
	size_t n = 0, up = 0, down = 0;
	if (x->n < 20 || breaks * 20 > x->n)
		return 0;
	for (size_t i = 1; i < x->n; i++) {
		up += x->v[i].submitted > x->v[i - 1].submitted;
		down += x->v[i].submitted < x->v[i - 1].submitted;
	}
	for (size_t i = 1; i + 1 < x->n; i++) {
		const struct date_text *t = &x->date[i].at[0];
		int32_t a = x->v[i - 1].submitted, b = x->v[i + 1].submitted, day = x->v[i].submitted;
		int32_t low = up > down ? a : b, high = up > down ? b : a;
		if (!t->form || !doubtful(t) || a == REGISTRY_NO_DAY || b == REGISTRY_NO_DAY || low > high || (day >= low && day <= high))
			continue;
		int32_t other = registry_turned_day(t, turned ^ (1u << t->form));
		if (other == day || other < low || other > high)
			continue;
		x->v[i].submitted = other;
		x->date[i].turned = true;
		*first = n ? *first : x->v[i].line;
		n++;
	}
	return n;
}

static size_t future(struct reading *x, unsigned turned, uint32_t *first)
{
	size_t n = 0;
	for (size_t i = 0; x->limit != REGISTRY_NO_DAY && i < x->n; i++) {
		const struct date_text *t = &x->date[i].at[0];
		if (!t->form || x->v[i].submitted == REGISTRY_NO_DAY || x->v[i].submitted <= x->limit || !doubtful(t))
			continue;
		int32_t other = registry_turned_day(t, turned ^ (1u << t->form));
		if (other > x->limit)
			continue;
		x->v[i].submitted = other;
		x->date[i].turned = true;
		*first = n ? *first : x->v[i].line;
		n++;
	}
	return n;
}

/* Turned: what is clearly better so. Of a few dates that may be of any day and in any order nothing is clear, unless days are impossible, or can only be read with the day first. */
static bool clear(const struct evidence *as_is, uint64_t base, uint64_t least)
{
	uint64_t gain = base - least;
	if (10 * least > 7 * base || gain < 8)
		return false;
	return as_is->impossible || as_is->against || (as_is->doubtful >= 15 && gain * gain >= 64 * (uint64_t)as_is->doubtful);
}

static unsigned settle(const struct reading *x, uint64_t *ret_breaks, bool *ret_sure)
{
	struct evidence v[1u << DATE_FORMS] = {0};
	unsigned best = 0;
	bool ordered = false;
	*ret_sure = true;
	for (unsigned t = 0; t < 1u << DATE_FORMS; t += 2) {
		v[t] = look(x, t);
		ordered |= v[t].breaks * 5 < v[t].dated;
	}
	for (unsigned t = 2; t < 1u << DATE_FORMS; t += 2)
		if (cost(&v[t], ordered) < cost(&v[best], ordered))
			best = t;
	if (x->order != ORDER_AUTO)
		best = x->order == ORDER_DMY ? 1u << DATE_SLASH | 1u << DATE_DASH : 0;
	else if (best && !clear(&v[0], cost(&v[0], ordered), cost(&v[best], ordered))) {
		*ret_sure = v[0].doubtful < 15 || 10 * cost(&v[best], ordered) > 7 * cost(&v[0], ordered);
		best = 0;
	}
	*ret_breaks = v[best].breaks;
	return best;
}

void registry_turn(struct reading *x)
{
	uint64_t breaks = 0;
	bool sure = true;
	uint32_t first = 0, line = 0;
	unsigned turned = settle(x, &breaks, &sure);
	size_t n = 0, forced = 0, k;
	for (size_t i = 0; i < x->n; i++) {
		struct row_dates *d = &x->date[i];
		struct registry_row *r = &x->v[i];
		r->submitted = registry_turned_day(&d->at[0], turned);
		r->aware = registry_turned_day(&d->at[1], turned);
		r->notified = registry_turned_day(&d->at[2], turned);
		r->began = registry_turned_day(&d->at[3], turned);
		r->ended = registry_turned_day(&d->at[4], turned);
		if (!d->at[0].form)
			continue;
		int32_t plain = registry_date_day(&d->at[0], false);
		d->turned = r->submitted != plain;
		n += d->turned && plain != REGISTRY_NO_DAY;
		forced += plain == REGISTRY_NO_DAY && r->submitted != REGISTRY_NO_DAY;
		if (d->turned && !first)
			first = r->line;
	}
	if (x->order == ORDER_AUTO && n)
		registry_warn(x->w, "swapped-dates/turned", "day and month are changed over in %zu dates of this list (the first in line %u): turned back, its dates are in order, on working days and not in the future. What stood there is kept.", n, first);
	else if (x->order == ORDER_AUTO && forced)
		registry_warn(x->w, "swapped-dates/only", "%zu dates can only be read with the day first (the first in line %u) and were", forced, first);
	if (!sure)
		registry_warn(x->w, "swapped-dates/unsure", "day and month of some dates may be changed over: the list does not tell clearly; dates are read month first. --map with 'dates = dmy' reads them day first");
	if ((k = future(x, turned, &line)))
		registry_warn(x->w, "swapped-dates/late", "%zu dates lay after the list's own day and were turned, day for month (the first in line %u)", k, line);
	n += forced + k;
	if ((k = x->order == ORDER_AUTO ? single(x, turned, breaks, &line) : 0))
		registry_warn(x->w, "swapped-dates/order", "%zu dates stood out of the list's order and fit with day and month changed over: they were turned (the first in line %u)", k, line);
	x->turned = n + k;
}
