/* When a duty is due: its clock, its term, and what comes of them. */
#include "notice_internal.h"

#include <stdio.h>

#define MINUTE (INT64_C(60) * TIME_SEC)

static struct notice_due day_due(int32_t day)
{
	return (struct notice_due){.kind = NOTICE_DUE_DAY, .day = day};
}

const char *notice_due_text(const struct notice_due *d, char out[NOTICE_DUE_TEXT])
{
	int y, m, day, h, mi, s;
	if (d->kind == NOTICE_DUE_NONE)
		return NULL;
	if (d->kind == NOTICE_DUE_DAY) {
		notice_day_civil(d->day, &y, &m, &day);
		snprintf(out, NOTICE_DUE_TEXT, "%04d-%02d-%02d", y, m, day);
		return out;
	}
	time_civil(d->at + d->offset * MINUTE, &y, &m, &day, &h, &mi, &s);
	int away = d->offset < 0 ? -d->offset : d->offset;
	int n = snprintf(out, NOTICE_DUE_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", y, m, day, h, mi, s);
	if (d->offset == 0)
		snprintf(out + n, NOTICE_DUE_TEXT - (size_t)n, "Z");
	else
		snprintf(out + n, NOTICE_DUE_TEXT - (size_t)n, "%c%02d:%02d", d->offset < 0 ? '-' : '+', away / 60, away % 60);
	return out;
}

/* By its day where it is written, a time before the day's end; none is last. */
int notice_due_cmp(const struct notice_due *a, const struct notice_due *b)
{
	int64_t at[2];
	const struct notice_due *of[2] = {a, b};
	if (a->kind == NOTICE_DUE_NONE || b->kind == NOTICE_DUE_NONE)
		return (a->kind == NOTICE_DUE_NONE) - (b->kind == NOTICE_DUE_NONE);
	for (int i = 0; i < 2; i++)
		at[i] = of[i]->kind == NOTICE_DUE_DAY ? (of[i]->day + INT64_C(1)) * 86400 * TIME_SEC : of[i]->at + of[i]->offset * MINUTE;
	return (at[0] > at[1]) - (at[0] < at[1]);
}

/* ---- clocks ---- */

/* The day it was where the entity is. Whoever wrote an offset of the place wrote its day, too. */
int32_t notice_day_there(const struct sheet *s, const struct notice_moment *m)
{
	if (!m->timed || !s->zones || (m->zoned && notice_offset_is(s->zones, m->at, m->offset)))
		return m->day;
	return notice_local_day(s->zones, m->at);
}

/* When residents have to be told by: when they were; else the earlier of the state's own date and HIPAA's. */
bool notice_letters_day(struct sheet *s, const struct rule *r, int32_t *ret, bool *ret_told)
{
	const struct rule *base = r->base >= 0 ? &s->rules[r->base] : r;
	struct judged j = {.v = VERDICT_YES, .older = base->has_effective && s->discovered < base->effective_day && base->before != BEFORE_SAME};
	struct due own;
	*ret_told = s->f->notified.given;
	if (s->f->notified.given) {
		*ret = notice_day_there(s, &s->f->notified);
		return true;
	}
	if (base->clock != CLOCK_DISCOVERY && base->clock != CLOCK_DETERMINATION)
		return false;
	notice_due_of(s, base, &j, &own);
	bool dated = own.due.kind == NOTICE_DUE_DAY;
	if (!dated && !s->hipaa)
		return false;
	*ret = dated && (!s->hipaa || own.due.day < s->hipaa_due) ? own.due.day : s->hipaa_due;
	return true;
}

/* From when hours run: the moment, or the first one of the day where only that is known. */
static struct notice_due moment_of(const struct sheet *s, const struct rule *r, const struct notice_moment *m)
{
	struct notice_due from = {.kind = NOTICE_DUE_TIME, .at = m->at, .offset = m->offset};
	if (!m->timed) {
		const struct notice_zones *z = s->zones ? s->zones : notice_zones_of(r->jurisdiction);
		from.at = m->day * INT64_C(86400) * TIME_SEC;
		if (z)
			from.at = notice_midnight(z, m->day, &from.offset);
	}
	return from;
}

static const struct notice_moment *start_of(const struct sheet *s, enum notice_clock clock)
{
	return clock == CLOCK_DETERMINATION && s->f->determined.given ? &s->f->determined : &s->f->discovered;
}

/* The day from which another duty's doing counts; false: there is none. */
static bool after_another(struct sheet *s, const struct rule *r, struct due *d, int32_t *ret)
{
	const struct notice_facts *f = s->f;
	switch (d->clock) {
	case CLOCK_LETTERS: {
		bool told;
		if (!notice_letters_day(s, r, ret, &told))
			return false;
		d->taken = !told;
		return true;
	}
	case CLOCK_HHS:
		d->taken = !f->hhs_notified.given;
		*ret = f->hhs_notified.given ? notice_day_there(s, &f->hhs_notified) : s->hhs_due;
		return true;
	case CLOCK_INCIDENT: {
		struct notice_due by = moment_of(s, r, &f->discovered);
		int64_t at = by.at + 72 * 60 * MINUTE;
		d->taken = !f->incident_notified.given;
		*ret = f->incident_notified.given ? notice_day_there(s, &f->incident_notified) : s->zones ? notice_local_day(s->zones, at) : (int32_t)((at + by.offset * MINUTE) / (1440 * MINUTE));
		return true;
	}
	case CLOCK_RESOLVED:
		*ret = f->resolved.given ? notice_day_there(s, &f->resolved) : 0;
		return f->resolved.given;
	default:
		return false;
	}
}

static int32_t after_days(struct notice_term t, int32_t from)
{
	return t.unit == UNIT_BUSINESS_DAYS ? notice_business_days(from, t.n) : t.unit == UNIT_MONTHS ? notice_months(from, t.n) : from + (int32_t)t.n;
}

static int32_t year_end(int32_t day)
{
	int y, m, d;
	notice_day_civil(day, &y, &m, &d);
	return notice_day_of(y, 12, 31);
}

static void count_from(struct sheet *s, const struct rule *r, struct due *d)
{
	int32_t from;
	bool whichever = d->clock == CLOCK_DISCOVERY_OR_LETTERS || d->clock == CLOCK_DETERMINATION_OR_LETTERS;
	enum notice_clock clock = d->clock == CLOCK_DETERMINATION_OR_LETTERS ? CLOCK_DETERMINATION : d->clock;
	if (d->term.unit == UNIT_HOURS) {
		d->from = moment_of(s, r, start_of(s, clock));
		d->due = d->from;
		d->due.at += d->term.n * 60 * MINUTE;
		if (!start_of(s, clock)->timed) { /* nobody wrote an offset: the one there then, which may be another */
			const struct notice_zones *z = s->zones ? s->zones : notice_zones_of(r->jurisdiction);
			d->due.offset = z ? notice_offset(z, d->due.at) + (d->from.offset - notice_offset(z, d->from.at)) : 0;
		}
		return;
	}
	if (clock == CLOCK_LETTERS || clock == CLOCK_HHS || clock == CLOCK_INCIDENT || clock == CLOCK_RESOLVED) {
		if (!after_another(s, r, d, &from))
			return;
	} else {
		from = clock == CLOCK_YEAR_END ? year_end(s->discovered) : start_of(s, clock) == &s->f->determined ? s->determined : s->discovered;
	}
	d->from = day_due(from);
	d->due = day_due(after_days(d->term, from));
	if (whichever && s->f->notified.given && notice_day_there(s, &s->f->notified) < d->due.day) {
		d->due.day = notice_day_there(s, &s->f->notified);
		d->first = true;
	}
}

/* Where the law gives no date: another duty's that it must not come after. */
static void latest_of(struct sheet *s, const struct rule *r, const struct judged *j, struct due *d)
{
	int32_t day;
	bool told;
	(void)j;
	if (d->due.kind != NOTICE_DUE_NONE)
		return;
	if ((r->clock == CLOCK_WITH || r->clock == CLOCK_BEFORE) && notice_letters_day(s, r, &day, &told))
		d->latest = day_due(day);
	else if (r->scope == SCOPE_STATE && r->groups && s->hipaa)
		d->latest = day_due(s->hipaa_due);
}

void notice_due_of(struct sheet *s, const struct rule *r, const struct judged *j, struct due *ret)
{
	const struct rule *base = r->base >= 0 ? &s->rules[r->base] : r;
	*ret = (struct due){.by = r, .clock = r->clock, .term = r->term};
	if (r->clock == CLOCK_BASE) {
		ret->by = base;
		ret->clock = base->clock;
	}
	if (j->older)
		ret->term = r->before == BEFORE_TERM ? r->term_before : (struct notice_term){.n = 0};
	if (ret->clock != CLOCK_NONE && ret->clock != CLOCK_WITH && ret->clock != CLOCK_BEFORE && ret->term.unit != UNIT_NONE && ret->term.unit != UNIT_POSTED)
		count_from(s, r, ret);
	if (r->groups && s->hipaa && r->hipaa == HIPAA_DEEMED && ret->due.kind == NOTICE_DUE_DAY) {
		ret->due.day = s->hipaa_due;
		ret->hipaa = true;
	}
	latest_of(s, r, j, ret);
}
