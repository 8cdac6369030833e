/* A live strip in the charts: what somebody said of all of it, for the minutes that are still to come; and one row of a person's chart for all of it, that grows.
 *
 * A strip becomes an entry a minute (doc/api.md). In the chart of whom it is it is one item: under the number of the first of its minutes that was not rejected, from when that begins until the newest ends, with how the first
 * was read, and with what is urgent in another one as long as nobody has read that. A minute that was signed by itself is an item of its own beside it: what somebody signed is not hidden.
 */
#include "chart_internal.h"

#include <stdio.h>

#define STRIP_READ 10000 /* minutes that one look for the first goes through */

/* ---- what was said of all of it ---- */

struct newest {
	struct arena *a;
	struct store_ecg s;
	bool found;
	struct store_ecg_act said; /* the newest match, or taking back, of the whole strip */
};

static int take_newest(void *arg, const struct store_ecg *s, struct err *e)
{
	struct newest *t = arg;
	t->s = *s;
	t->s.source = arena_dup(t->a, s->source);
	t->s.strip = arena_dup(t->a, s->strip);
	t->found = true;
	return t->s.source.p && t->s.strip.p ? 1 : chart_no_memory(t->a, e);
}

static bool is_match(const struct json_node *act)
{
	return slice_eq_str(ecg_act_name(act), "match");
}

static int take_said(void *arg, const struct store_ecg_act *x, struct err *e)
{
	struct newest *t = arg;
	struct json_node *n;
	if (!x->counts || json_tree(x->body, t->a, &n, NULL) < 0 || !(is_match(n) || slice_eq_str(ecg_act_name(n), "unmatch")) || !slice_eq(json_text(n, "strip"), t->s.strip))
		return arena_code(t->a) ? chart_no_memory(t->a, e) : 0;
	t->said = *x;
	t->said.source = arena_dup(t->a, x->source);
	t->said.body = arena_dup(t->a, x->body);
	return t->said.source.p && t->said.body.p ? 0 : chart_no_memory(t->a, e);
}

/* Somebody who compared two identifiers said whose the whole strip is: what goes on with it is that person's, while the minute before still is, whatever the device goes on saying. Or that it is not that person's: then what
 * goes on is nobody's. ret->ident of who it is, and the act, which stands with this minute too. */
int strip_follow(struct apply *p, const struct store_ecg *s, struct chart_ecg *g, struct strip_said *ret, struct err *e)
{
	struct newest t = {.a = p->a};
	struct json_node *n;
	int r = ASK(p->c, ecgs_strip, s->strip, STORE_STRIP_NEWEST, take_newest, &t, e);
	if (r < 0 || !t.found || !slice_eq(t.s.source, s->source))
		return r;
	r = ASK(p->c, ecg_acts, t.s.entry, take_said, &t, e);
	if (r < 0 || !t.said.entry)
		return r;
	if (json_tree(t.said.body, p->a, &n, NULL) < 0)
		return arena_code(p->a) ? chart_no_memory(p->a, e) : 0;
	bool his = is_match(n);
	if (his ? !t.s.ident || t.s.flags & ECG_BY_IDENTIFIERS : t.s.ident != 0) /* the minute before was settled by itself since */
		return 0;
	bool done = ecg_fold(g, n, t.said.entry, t.said.time, ecg_user(t.said.source));
	if (his && !done)
		return 0;
	ret->ident = his ? t.s.ident : 0;
	ret->act = t.said;
	ret->act.ecg = s->entry;
	return 0;
}

/* ---- one item ---- */

struct first {
	uint32_t ident;
	uint64_t entry, any;
	size_t seen;
};

static int take_first(void *arg, const struct store_ecg *s, struct err *e)
{
	struct first *x = arg;
	(void)e;
	if (x->seen++ == STRIP_READ)
		return 1;
	if (s->ident != x->ident)
		return 0;
	if (x->any == UINT64_MAX)
		x->any = s->entry;
	if (s->reading == CHART_ECG_REJECTED)
		return 0;
	x->entry = s->entry;
	return 1;
}

int strip_first(struct apply *p, struct slice strip, uint32_t ident, uint64_t *ret, struct err *e)
{
	struct first x = {.ident = ident, .entry = UINT64_MAX, .any = UINT64_MAX};
	int r = ASK(p->c, ecgs_strip, strip, STORE_STRIP_OLDEST, take_first, &x, e);
	*ret = x.entry != UINT64_MAX ? x.entry : x.any;
	return r;
}

struct other {
	uint32_t ident;
	uint64_t but, entry;
};

static int take_end(void *arg, const struct store_ecg *s, struct err *e)
{
	struct other *x = arg;
	(void)e;
	if (s->ident != x->ident || s->entry == x->but)
		return 0;
	x->entry = s->entry;
	return 1;
}

static int take_urgent(void *arg, const struct store_ecg *s, struct err *e)
{
	return s->reading == CHART_ECG_UNREAD || s->reading == CHART_ECG_READING ? take_end(arg, s, e) : 0;
}

static bool is_signed(enum chart_ecg_reading r)
{
	return r == CHART_ECG_SIGNED || r == CHART_ECG_AMENDED;
}

/* The row of the strip, under the number of first. */
static int put_strip(struct apply *p, const struct ecg_taken *first, uint32_t ident, const char *title, struct err *e)
{
	struct other end = {ident, UINT64_MAX, first->s.entry}, urgent = {ident, first->s.entry, UINT64_MAX};
	struct ecg_taken t = *first, u = {.g = NULL};
	int64_t from, to, other;
	int r = ASK(p->c, ecgs_strip, first->s.strip, STORE_STRIP_NEWEST, take_end, &end, e);
	if (r == 0)
		r = ASK(p->c, ecgs_strip, first->s.strip, STORE_STRIP_WEIGHS, take_urgent, &urgent, e);
	if (r == 0 && end.entry != first->s.entry)
		r = ecg_load(p, end.entry, &t, e);
	if (r == 0 && urgent.entry != UINT64_MAX)
		r = ecg_load(p, urgent.entry, &u, e);
	if (r < 0)
		return r;
	ecg_span(p->c, first->g, &from, &other);
	ecg_span(p->c, t.g, &other, &to);
	char *seconds = arena_printf(p->a, "%.3f", (double)(to > from ? to - from : 0) / 1e9);
	const struct ecg_over over = {seconds, u.g};
	return seconds ? ecg_put_row(p, &first->s, first->g, &over, ident, title, false, e) : chart_no_memory(p->a, e);
}

/* A minute that stood for the strip, and does no longer: it stays where somebody has signed it. */
static int step_back(struct apply *p, uint64_t entry, uint32_t ident, const char *title, struct err *e)
{
	struct ecg_taken t;
	int r = ecg_load(p, entry, &t, e);
	bool stays = r == 0 && t.s.ident == ident && is_signed((enum chart_ecg_reading)t.s.reading);
	return r < 0 ? r : ecg_put_row(p, &t.s, t.g, NULL, ident, title, !stays, e);
}

int strip_show(struct apply *p, const struct ecg_taken *m, uint32_t ident, const struct strip_step *x, const char *title, struct err *e)
{
	struct ecg_taken t = *m;
	uint64_t now;
	bool signed_now = m->s.ident && is_signed((enum chart_ecg_reading)m->s.reading), signed_before = x->own && is_signed(x->was);
	int r = strip_first(p, m->s.strip, ident, &now, e);
	if (r == 0 && x->first != UINT64_MAX && x->first != now)
		r = step_back(p, x->first, ident, now != UINT64_MAX && (x->all || x->first != m->s.entry) ? ECG_GROWS : title, e);
	if (r == 0 && m->s.entry != now && m->s.entry != x->first && (signed_now || signed_before))
		r = ecg_put_row(p, &m->s, m->g, NULL, ident, title, !signed_now, e);
	if (r < 0 || now == UINT64_MAX)
		return r;
	bool own = m->s.entry != now && (m->s.entry == x->first || signed_now || signed_before); /* the act was said with a row of its own */
	if (now != m->s.entry)
		r = ecg_load(p, now, &t, e);
	return r < 0 ? r : put_strip(p, &t, ident, own || (x->all && x->first != UINT64_MAX) ? ECG_GROWS : title, e);
}
