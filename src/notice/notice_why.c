/* Why a duty is there and how its date comes about: sentences that can go into a file. */
#include "notice_internal.h"

#include <inttypes.h>
#include <stdio.h>

struct why {
	struct sheet *s;
	const struct rule *r;
	const struct judged *j;
	const struct due *d;
	struct buf b;
};

static void say(struct why *w, const char *key, struct slice a, struct slice b, struct slice c)
{
	if (w->b.n && !(w->s->lang && !strcmp(w->s->lang, "zh"))) /* Chinese has no blank between sentences */
		buf_u8(&w->b, ' ');
	notice_say(&w->b, w->s->lang, key, a, b, c);
}

static struct slice number(const struct why *w, struct notice_count n, char out[96])
{
	struct buf b;
	char low[24], high[24];
	snprintf(low, sizeof low, "%" PRIu64, n.low);
	snprintf(high, sizeof high, "%" PRIu64, n.high);
	if (n.low == n.high) {
		memcpy(out, low, sizeof low);
		return slice_str(out);
	}
	buf_init(&b, 4096);
	notice_say(&b, w->s->lang, "num.range", slice_str(low), slice_str(high), SLICE_NULL);
	(void)notice_kept(w->s->a, &b);
	snprintf(out, 96, "%s", buf_cstr(&b));
	buf_done(&b);
	return slice_str(out);
}

static struct slice threshold_text(const struct why *w, char out[96])
{
	static const char *const keys[] = {NULL, "th.>", "th.>=", "th.<"};
	struct buf b;
	char n[24];
	snprintf(n, sizeof n, "%" PRIu64, w->j->threshold.n);
	buf_init(&b, 4096);
	notice_say(&b, w->s->lang, keys[w->j->threshold.op], slice_str(n), SLICE_NULL, SLICE_NULL);
	(void)notice_kept(w->s->a, &b);
	snprintf(out, 96, "%s", buf_cstr(&b));
	buf_done(&b);
	return slice_str(out);
}

static void say_number(struct why *w)
{
	static const char *const keys[] = {"n.state", "n.total", "n.each", "n.addresses", "n.deceased"};
	char n[96], t[96];
	if (w->j->by_entity) {
		say(w, "n.entity", SLICE_NULL, slice_str(w->s->f->country), SLICE_NULL);
		return;
	}
	if (w->j->threshold.op == OP_NONE) {
		say(w, "n.place", number(w, w->j->count, n), w->r->jurisdiction, SLICE_NULL);
		return;
	}
	say(w, keys[w->j->threshold.whose], number(w, w->j->count, n), w->j->threshold.whose == WHOSE_EACH_STATE ? w->j->places : w->r->jurisdiction, threshold_text(w, t));
}

static void say_elements(struct why *w)
{
	AUTO_BUF struct buf list = {0};
	if (slice_eq_str(w->r->id, "us-hipaa-individual") && w->s->f->risk == NOTICE_RISK_NOT_JUDGED)
		say(w, "t.presumed", SLICE_NULL, SLICE_NULL, SLICE_NULL);
	if (!w->j->groups)
		return;
	if (!w->s->f->elements_said) {
		say(w, "t.unsaid", SLICE_NULL, SLICE_NULL, SLICE_NULL);
		return;
	}
	buf_init(&list, 8192);
	for (unsigned g = 1; g < 1U << GROUPS_N; g <<= 1)
		if (w->j->groups & g) {
			char key[32];
			snprintf(key, sizeof key, "g.%s", notice_group_word(g));
			if (list.n)
				buf_str(&list, w->s->lang && !strcmp(w->s->lang, "zh") ? "、" : ", ");
			notice_say(&list, w->s->lang, key, SLICE_NULL, SLICE_NULL, SLICE_NULL);
		}
	say(w, "t.groups", notice_kept(w->s->a, &list), SLICE_NULL, SLICE_NULL);
	if (w->j->residents.high > w->j->count.high || w->j->residents.low > w->j->count.low) {
		char n[96], of[96];
		say(w, "t.covered", number(w, w->j->count, n), number(w, w->j->residents, of), SLICE_NULL);
	}
	const struct rule *base = w->r->base >= 0 ? &w->s->rules[w->r->base] : w->r;
	if (base->trigger == TRIGGER_ACCESS && !w->s->f->acquired)
		say(w, "t.access", SLICE_NULL, SLICE_NULL, SLICE_NULL);
}

/* ---- the clock ---- */

static struct slice text_of(const struct notice_due *d, char out[NOTICE_DUE_TEXT])
{
	return slice_str(notice_due_text(d, out));
}

static void say_zone(struct why *w)
{
	const struct notice_moment *m = &w->s->f->discovered;
	char at[NOTICE_DUE_TEXT], day[NOTICE_DUE_TEXT], unit = w->d->term.unit;
	struct notice_due written = {.kind = NOTICE_DUE_TIME, .at = m->at, .offset = m->offset}, local = {.kind = NOTICE_DUE_DAY, .day = w->s->discovered};
	if (unit == UNIT_HOURS && !m->timed)
		say(w, "c.midnight", SLICE_NULL, w->s->zones ? slice_str(w->s->zone_place) : w->r->jurisdiction, SLICE_NULL);
	else if (unit != UNIT_HOURS && w->s->converted && w->d->clock != CLOCK_LETTERS)
		say(w, "c.zone", text_of(&written, at), slice_str(w->s->zone_place), text_of(&local, day));
}

static void say_clock(struct why *w)
{
	const struct due *d = w->d;
	char from[NOTICE_DUE_TEXT];
	bool none = d->from.kind == NOTICE_DUE_NONE;
	struct slice at = none ? SLICE_NULL : text_of(&d->from, from);
	const char *key = NULL;
	switch (d->clock) {
	case CLOCK_DISCOVERY:
	case CLOCK_DISCOVERY_OR_LETTERS: key = none ? NULL : "c.discovery"; break;
	case CLOCK_DETERMINATION:
	case CLOCK_DETERMINATION_OR_LETTERS: key = none ? NULL : w->s->f->determined.given ? "c.determination" : "c.undetermined"; break;
	case CLOCK_LETTERS: key = none ? "c.letters.open" : d->taken ? "c.letters.due" : "c.letters"; break;
	case CLOCK_HHS: key = none ? NULL : d->taken ? "c.hhs.due" : "c.hhs"; break;
	case CLOCK_INCIDENT: key = none ? NULL : d->taken ? "c.incident.due" : "c.incident"; break;
	case CLOCK_RESOLVED: key = none ? "c.resolved.open" : "c.resolved"; break;
	default: break;
	}
	if (key && !(w->j->older && none))
		say(w, key, at, SLICE_NULL, SLICE_NULL);
	if (!none)
		say_zone(w);
}

/* ---- the arithmetic ---- */

static void say_local(struct why *w)
{
	const struct notice_due *d = &w->d->due;
	char text[NOTICE_DUE_TEXT];
	if (d->kind != NOTICE_DUE_TIME || !w->s->zones)
		return;
	struct notice_due local = *d;
	local.offset = notice_offset(w->s->zones, d->at);
	if (local.offset != d->offset && !w->j->by_entity)
		say(w, "a.local", text_of(&local, text), SLICE_NULL, SLICE_NULL);
}

static void say_sum(struct why *w)
{
	static const char *const keys[] = {NULL, "a.days", "a.business-days", "a.hours", "a.months", NULL};
	const struct due *d = w->d;
	char n[16], from[NOTICE_DUE_TEXT], by[NOTICE_DUE_TEXT];
	struct notice_due sum = d->due;
	snprintf(n, sizeof n, "%u", d->term.n);
	if (d->term.unit == UNIT_POSTED) {
		say(w, "a.posted", slice_str(n), SLICE_NULL, SLICE_NULL);
		return;
	}
	if (d->due.kind == NOTICE_DUE_NONE)
		return;
	if (d->hipaa || d->first) /* what the term itself would give */
		sum.day = d->term.unit == UNIT_BUSINESS_DAYS ? notice_business_days(d->from.day, d->term.n) : d->from.day + (int32_t)d->term.n;
	bool year = d->clock == CLOCK_YEAR_END;
	say(w, year ? "a.year-end" : w->r->to == NOTICE_TO_SELF ? "a.keep" : keys[d->term.unit], slice_str(n), year ? slice_of(text_of(&d->from, from).p, 4) : text_of(&d->from, from), text_of(&sum, by));
	if (d->hipaa)
		say(w, "h.deemed", w->r->hipaa_text, SLICE_NULL, SLICE_NULL);
	if (d->first)
		say(w, "a.first", text_of(&d->due, by), SLICE_NULL, SLICE_NULL);
	else if (d->clock == CLOCK_DISCOVERY_OR_LETTERS || d->clock == CLOCK_DETERMINATION_OR_LETTERS)
		say(w, "a.first.open", SLICE_NULL, SLICE_NULL, SLICE_NULL);
	say_local(w);
}

static void say_none(struct why *w)
{
	char by[NOTICE_DUE_TEXT];
	if (w->d->due.kind != NOTICE_DUE_NONE)
		return;
	if (w->d->clock != CLOCK_LETTERS && w->d->clock != CLOCK_RESOLVED && w->d->term.unit != UNIT_POSTED)
		say(w, "o.none", SLICE_NULL, SLICE_NULL, SLICE_NULL);
	if (w->d->latest.kind != NOTICE_DUE_NONE)
		say(w, w->r->clock == CLOCK_WITH ? "o.with" : w->r->clock == CLOCK_BEFORE ? "o.before" : "o.hipaa", text_of(&w->d->latest, by), SLICE_NULL, SLICE_NULL);
}

/* ---- the rest ---- */

static void say_law(struct why *w)
{
	char months[16], day[NOTICE_DUE_TEXT];
	struct notice_due discovered = {.kind = NOTICE_DUE_DAY, .day = w->s->discovered};
	const struct rule *r = w->r, *base = r->base >= 0 ? &w->s->rules[r->base] : r;
	unsigned free_months = r->months && slice_eq_str(r->id, "us-ma-creditmonitoring") && (w->s->f->roles & NOTICE_ROLE_CRA) ? 42 : r->months;
	if (free_months) {
		snprintf(months, sizeof months, "%u", free_months);
		say(w, "m.months", slice_str(months), SLICE_NULL, SLICE_NULL);
	}
	if (r->text.n)
		say(w, "x.text", r->text, SLICE_NULL, SLICE_NULL);
	if (r->note.n)
		say(w, "x.note", r->note, SLICE_NULL, SLICE_NULL);
	if (r->has_effective)
		say(w, w->j->older || w->s->discovered < r->effective_day ? "e.older" : "e.since", r->effective, text_of(&discovered, day), SLICE_NULL);
	if (w->s->hipaa_subject && base->hipaa == HIPAA_DEEMED_UNSURE)
		say(w, "h.deemed?", base->hipaa_text, SLICE_NULL, SLICE_NULL);
	if (w->s->hipaa_subject && base->hipaa == HIPAA_MAIL)
		say(w, "h.mail", base->hipaa_text, SLICE_NULL, SLICE_NULL);
	if (w->s->hipaa_subject && base->hipaa == HIPAA_DEEMED && !w->d->hipaa)
		say(w, "h.deemed.open", base->hipaa_text, SLICE_NULL, SLICE_NULL);
	if (r->doubt == DOUBT_OFFER)
		say(w, "d.offer", SLICE_NULL, SLICE_NULL, SLICE_NULL);
	if (r->scope >= SCOPE_CN_CII && r->scope <= SCOPE_CN_ANY)
		say(w, "d.cn-level", SLICE_NULL, SLICE_NULL, SLICE_NULL);
	if (slice_eq_str(r->id, "ca-on-phipa"))
		say(w, "d.stats", SLICE_NULL, SLICE_NULL, SLICE_NULL);
	if (slice_eq_str(r->id, "us-ftc-hbnr-individual") && w->j->count.low < 500) {
		int y, m, d;
		notice_day_civil(w->s->discovered, &y, &m, &d);
		struct notice_due log = {.kind = NOTICE_DUE_DAY, .day = notice_day_of(y, 12, 31) + 60};
		say(w, "d.ftc-log", text_of(&log, day), SLICE_NULL, SLICE_NULL);
	}
}

static void say_sure(struct why *w)
{
	char key[32];
	struct slice s;
	snprintf(key, sizeof key, "s.%.*s", SLICE_FMT(w->r->checked));
	say(w, "s.end", w->r->citation, w->r->law, SLICE_NULL);
	if (notice_word(key, w->s->lang, &s))
		say(w, key, SLICE_NULL, SLICE_NULL, SLICE_NULL);
	if (w->r->seen_since.n)
		say(w, "s.since", w->r->seen_since, SLICE_NULL, SLICE_NULL);
}

struct slice notice_why(struct sheet *s, const struct rule *r, const struct judged *j, const struct due *d)
{
	struct why w = {.s = s, .r = r, .j = j, .d = d};
	buf_init(&w.b, 65536);
	say_number(&w);
	say_elements(&w);
	for (size_t i = 0; i < j->reasons; i++)
		say(&w, j->reason[i].key, j->reason[i].a, j->reason[i].b, SLICE_NULL);
	say_clock(&w);
	say_sum(&w);
	say_none(&w);
	say_law(&w);
	say_sure(&w);
	struct slice why = buf_ok(&w.b) ? arena_dup(s->a, buf_slice(&w.b)) : SLICE_NULL;
	buf_done(&w.b);
	return why;
}
