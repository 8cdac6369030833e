/* Results and reports: which statement stands.
 *
 *   - A deletion or "posted in error" (OBX-11 D, W) takes back everything said up to its source time; what is said later stands by itself.
 *   - Of the others the highest status stands: registered, preliminary, final (and cancelled), corrected. A late preliminary never beats a final one, a final never a correction (HL7 table 0085:
 *     a final result "can only be changed with a corrected result"). Within a status the later source time, then the later entry: never the later arrival.
 *   - The statement that stands stands whole: a corrected value does not keep the old one's flag or unit. Only where it has no value at all (U: "status changed, result not sent again") the value
 *     is the one before.
 *   - Final results under one number, code and sub-id with different observation times are different observations (a monitor that never changes its order number): a later final does not replace
 *     an earlier one of another time. Corrections do.
 */
#include "chart_internal.h"

#include <stdlib.h>

enum { RANK_UNKNOWN, RANK_REGISTERED, RANK_PRELIMINARY, RANK_FINAL, RANK_CORRECTED };

static int rank_of(const struct fact *f)
{
	static const struct {
		const char *status;
		int rank;
	} ranks[] = {{"registered", RANK_REGISTERED}, {"preliminary", RANK_PRELIMINARY}, {"final", RANK_FINAL}, {"cancelled", RANK_FINAL}, {"corrected", RANK_CORRECTED}, {"amended", RANK_CORRECTED}, {"appended", RANK_CORRECTED}};
	struct slice s = fact_get(f, FF_STATUS);
	for (size_t i = 0; i < ARRAY_LEN(ranks); i++)
		if (slice_eq_str(s, ranks[i].status))
			return ranks[i].rank;
	return s.n ? RANK_UNKNOWN : RANK_FINAL; /* OBX-11 is often left out of results that are final */
}

static bool takes_back(const struct fact *f)
{
	return fact_says(f, FF_STATUS, "entered-in-error") || fact_says(f, FF_ACTION, "delete");
}

static bool has_value(const struct fact *f)
{
	static const uint8_t fields[] = {FF_VALUE, FF_VALUE_CODE, FF_COMPONENT, FF_TEXT, FF_CONTENT, FF_CONTENT_PLACE};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fact_get(f, fields[i]).n)
			return true;
	return false;
}

/* The fact to show: the winner whole, or with the value before where it has none. */
static const struct fact *shown(struct fold *x, const struct stmt *winner, const struct stmt *floor)
{
	if (winner->f->kind == FACT_RESULT && !has_value(winner->f))
		for (const struct stmt *t = winner; t > floor; t--)
			if (has_value(t[-1].f)) {
				struct stmt two[2] = {t[-1], *winner};
				return fact_merged(x, two, 2);
			}
	return fact_shown(x, winner, 1);
}

/* One observation's statements, in order. */
static void fold_one(struct fold *x, const struct stmt *s, size_t n)
{
	const struct stmt *floor = s, *back = NULL, *winner = NULL;
	for (size_t i = 0; i < n; i++)
		if (takes_back(s[i].f)) {
			back = &s[i];
			floor = &s[i] + 1;
		}
	for (const struct stmt *t = floor; t < s + n; t++)
		if (!winner || rank_of(t->f) >= rank_of(winner->f))
			winner = t;
	const struct stmt *first = first_said(s, n);
	struct fact_item *it;
	if (winner) {
		it = item_new(x, winner, shown(x, winner, floor), first, FACT_CURRENT);
		if (it)
			it->history = items_of(x, s, n, winner);
		item_put(x, it, winner);
		return;
	}
	/* taken back: what it was, marked */
	const struct stmt *was = NULL;
	for (const struct stmt *t = s; t < back; t++)
		if (!takes_back(t->f) && (!was || rank_of(t->f) >= rank_of(was->f)))
			was = t;
	struct stmt two[2] = {was ? *was : *back, *back};
	it = item_new(x, back, was ? fact_merged(x, two, 2) : fact_shown(x, back, 1), first, fact_says(back->f, FF_STATUS, "entered-in-error") ? FACT_IN_ERROR : FACT_DELETED);
	if (it)
		it->history = items_of(x, s, n, back);
	item_put(x, it, back);
}

/* ---- observations of one key at different times ---------------------------------------------------------------------------------------------- */

struct moment {
	struct slice time; /* FF_TIME */
	bool final;        /* a final statement was made of it */
	size_t count;
};

static bool same_time(struct slice a, struct slice b)
{
	if (!a.n || !b.n)
		return true;
	size_t n = a.n < b.n ? a.n : b.n; /* 03:12 is 03:12:05 */
	return memcmp(a.p, b.p, n) == 0;
}

/* Which observation each statement speaks of. Returns how many there are. */
static size_t tell_apart(const struct stmt *s, size_t n, struct moment *m, uint32_t *which)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		struct slice t = fact_get(s[i].f, FF_TIME);
		int rank = rank_of(s[i].f);
		bool final = rank == RANK_FINAL && !takes_back(s[i].f);
		size_t at = count;
		for (size_t k = count; k-- > 0 && at == count;)
			if (same_time(m[k].time, t))
				at = k;
		if (at == count && count && (rank == RANK_CORRECTED || takes_back(s[i].f)))
			at = count - 1; /* a correction of another time corrects the last one */
		if (at == count && count && !m[count - 1].final)
			at = count - 1; /* the time became exact while the result was preliminary */
		if (at == count)
			m[count++] = (struct moment){.time = t};
		if (t.n > m[at].time.n || (!m[at].final && t.n))
			m[at].time = t;
		m[at].final |= final;
		m[at].count++;
		which[i] = (uint32_t)at;
	}
	return count;
}

void fold_result(struct fold *x, const struct stmt *s, size_t n)
{
	if (n == 1 || s->f->kind != FACT_RESULT) {
		fold_one(x, s, n);
		return;
	}
	struct moment *m = arena_array(x->a, n, sizeof *m);
	uint32_t *which = arena_array(x->a, n, sizeof *which);
	struct stmt *part = arena_array(x->a, n, sizeof *part);
	if (!m || !which || !part) {
		x->failed = true;
		return;
	}
	/* versions of one resource are of one observation, whatever time they say */
	size_t count = fact_get(s->f, FF_RESOURCE).n ? 1 : tell_apart(s, n, m, which);
	if (count == 1) {
		fold_one(x, s, n);
		return;
	}
	for (size_t k = 0; k < count; k++) {
		size_t p = 0;
		for (size_t i = 0; i < n; i++)
			if (which[i] == k)
				part[p++] = s[i];
		fold_one(x, part, p);
	}
}
