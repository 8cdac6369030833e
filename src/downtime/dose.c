/* What speaks against a dose that is about to be written down. Drugs are the same where their codes are, or where one name holds the other as a word: "morphine" and "Morphine 10 mg/ml inj". */
#include "downtime_internal.h"

#define WINDOW (30 * 60 * TIME_SEC)
#define HOUR (3600 * TIME_SEC)

static uint8_t small(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 32) : c;
}

static bool begins_word(struct slice s, size_t at)
{
	return at == 0 || s.p[at - 1] == ' ' || s.p[at - 1] == '-' || s.p[at - 1] == '/' || s.p[at - 1] == '(' || s.p[at - 1] == '+';
}

/* The first word of b stands in a as a word: names of one drug differ in strength and form, which come behind. */
static bool names(struct slice a, struct slice b)
{
	struct slice rest, word = slice_cut(slice_trim(b), ' ', &rest);
	if (word.n < 3)
		return slice_eq(slice_trim(a), slice_trim(b)) && b.n;
	for (size_t i = 0; i + word.n <= a.n; i++) {
		size_t k = 0;
		while (k < word.n && small(a.p[i + k]) == small(word.p[k]))
			k++;
		if (k == word.n && begins_word(a, i))
			return true;
	}
	return false;
}

bool dose_same_name(struct slice a, struct slice b)
{
	return a.n && b.n && (names(a, b) || names(b, a));
}

/* As written: of a time in full and the same one without seconds or zone the one begins with the other. */
static bool same_slot(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	return n >= 13 && memcmp(a.p, b.p, n) == 0;
}

static bool same_drug(const struct capture *c, const struct dose_said *d)
{
	struct slice code = json_text(c->values, "code"), drug = json_text(c->values, "drug");
	if (code.n && d->code.n && slice_eq(code, d->code) && slice_eq(json_text(c->values, "system"), d->system))
		return true;
	return dose_same_name(d->drug, drug);
}

static bool same_order(const struct capture *c, const struct dose_said *d)
{
	struct slice order = json_text(c->values, "order");
	return order.n && slice_eq(order, d->order);
}

void dose_check(const struct capture *c, int64_t occurred, const struct dose_said *said, size_t n, int64_t window_ns, bool feed_stale, struct dose_answer *ret)
{
	struct dose_answer a = {.verdict = feed_stale ? DOSE_UNKNOWN : DOSE_CLEAR, .apart = INT64_MAX};
	int64_t window = window_ns > 0 ? window_ns : WINDOW;
	struct slice scheduled = json_text(c->values, "scheduled");
	for (size_t i = 0; i < n; i++) {
		const struct dose_said *d = &said[i];
		if (d->held || (!same_order(c, d) && !same_drug(c, d)))
			continue;
		if (same_slot(scheduled, d->scheduled)) {
			*ret = (struct dose_answer){DOSE_SAME_SLOT, d, d->time == INT64_MIN ? 0 : occurred - d->time};
			return;
		}
		if (d->time == INT64_MIN || occurred == INT64_MIN)
			continue;
		int64_t apart = occurred > d->time ? occurred - d->time : d->time - occurred; /* a late entry may lie before it */
		if (apart < window && apart < a.apart)
			a = (struct dose_answer){DOSE_GIVEN_BEFORE, d, apart};
	}
	if (!a.which)
		a.apart = 0;
	*ret = a;
}

/* "Q6H" 6 h, "q4h prn" 4 h, "BID" 12, "TID" 8, "QID" 6, "daily" 24; 0: it says none. Table 0335 of HL7 v2.5.1, as people write it. */
int64_t dose_interval(struct slice frequency)
{
	static const struct {
		const char *word;
		int64_t hours;
	} words[] = {{"bid", 12}, {"tid", 8}, {"qid", 6}, {"qd", 24}, {"daily", 24}, {"qhs", 24}, {"qam", 24}, {"qpm", 24}, {"qod", 48}, {"weekly", 168}};
	struct slice rest, f = slice_cut(slice_trim(frequency), ' ', &rest);
	uint64_t hours;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_nocase(f, words[i].word))
			return words[i].hours * HOUR;
	if (f.n > 2 && small(f.p[0]) == 'q' && num_u64(slice_of(f.p + 1, f.n - 2), 1, 168, &hours) == 0) {
		uint8_t unit = small(f.p[f.n - 1]);
		return unit == 'h' ? (int64_t)hours * HOUR : unit == 'm' ? (int64_t)hours * HOUR / 60 : unit == 'd' ? (int64_t)hours * 24 * HOUR : 0;
	}
	return 0;
}
