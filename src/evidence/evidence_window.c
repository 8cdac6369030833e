/* A window of time as people write it: A/B, both inside of it. An end in whole days, minutes or seconds includes the whole of that day, minute or second, for a log with a finer clock goes on inside of it. */
#include "evidence_internal.h"

/* How long what was written lasts: "2026-11-21" a day, "2026-11-21T23:03" a minute, "23:03:41" a second, with a fraction a nanosecond. */
static int64_t lasts(struct slice s)
{
	size_t colons = 0;
	if (s.n <= 10)
		return 86400 * TIME_SEC;
	for (size_t i = 11; i < s.n && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != 'Z' && s.p[i] != 'z'; i++) {
		if (s.p[i] == '.' || s.p[i] == ',')
			return 1;
		colons += s.p[i] == ':';
	}
	return colons < 2 ? 60 * TIME_SEC : TIME_SEC;
}

int evidence_window(struct slice text, int zone_minutes, int64_t *ret_from, int64_t *ret_to, struct err *e)
{
	struct slice b, a = slice_trim(slice_cut(text, '/', &b));
	int64_t from = EVIDENCE_NO_TIME, to = EVIDENCE_NO_TIME;
	b = slice_trim(b);
	if (!b.p || (!a.n && !b.n))
		return err_set(e, ERR_USAGE, "--window", "'%.*s' is no window: two times with a slash between, like 2026-11-21T23:03:39Z/2026-11-21T23:03:41Z", (int)(text.n < 80 ? text.n : 80), (const char *)text.p);
	if (a.n && !slice_eq_str(a, "..") && time_parse(a, zone_minutes, &from) < 0)
		return err_set(e, ERR_USAGE, "--window", "'%.*s' is no time: like 2026-11-21T23:03:39Z or 2026-11-21", (int)(a.n < 80 ? a.n : 80), (const char *)a.p);
	if (b.n && !slice_eq_str(b, "..")) {
		if (time_parse(b, zone_minutes, &to) < 0)
			return err_set(e, ERR_USAGE, "--window", "'%.*s' is no time: like 2026-11-21T23:03:39Z or 2026-11-21", (int)(b.n < 80 ? b.n : 80), (const char *)b.p);
		if (__builtin_add_overflow(to, lasts(b) - 1, &to))
			to = INT64_MAX;
	}
	if (from != EVIDENCE_NO_TIME && to != EVIDENCE_NO_TIME && from > to)
		return err_set(e, ERR_USAGE, "--window", "the window ends before it begins");
	*ret_from = from;
	*ret_to = to;
	return 0;
}

int evidence_zone(struct slice s, int *ret_minutes)
{
	uint64_t h, m = 0;
	if (slice_eq_nocase(s, "Z") || slice_eq_nocase(s, "UTC")) {
		*ret_minutes = 0;
		return 0;
	}
	if (s.n < 3 || (s.p[0] != '+' && s.p[0] != '-'))
		return ERR_INPUT;
	struct slice d = evidence_from(s, 1);
	bool colon = d.n == 5 && d.p[2] == ':';
	if ((d.n != 2 && d.n != 4 && !colon) || num_u64(evidence_upto(d, 2), 0, 15, &h) < 0 || (d.n > 2 && num_u64(evidence_from(d, colon ? 3 : 2), 0, 59, &m) < 0))
		return ERR_INPUT;
	*ret_minutes = (int)(h * 60 + m) * (s.p[0] == '-' ? -1 : 1);
	return 0;
}
