/* Stamps of logs. What has no zone is taken in the source's (evidence_source.zone_minutes) and that is noted; what has no year gets the one that lies nearest to the time that the source is known to be from. */
#include "evidence_internal.h"

/* Beginnings of months' names without accents and points: English, French, German, Spanish, Italian, Portuguese, Dutch. The longer of two that begin alike stands first. */
static const struct {
	const char *word;
	int month;
} months[] = {
	{"jan", 1}, {"ene", 1}, {"gen", 1}, {"feb", 2}, {"fev", 2}, {"fv", 2}, {"mar", 3}, {"mrz", 3}, {"mrt", 3}, {"maa", 3}, {"mae", 3}, {"m\xc3\xa4r", 3}, {"apr", 4}, {"avr", 4}, {"abr", 4}, {"mai", 5}, {"may", 5}, {"mag", 5}, {"mei", 5},
	{"juin", 6}, {"juil", 7}, {"jun", 6}, {"giu", 6}, {"jul", 7}, {"lug", 7}, {"aug", 8}, {"aou", 8}, {"ao\xc3\xbb", 8}, {"ago", 8}, {"sep", 9}, {"set", 9}, {"oct", 10}, {"okt", 10}, {"ott", 10}, {"out", 10}, {"nov", 11}, {"dec", 12}, {"dez", 12},
	{"dic", 12}, {"d\xc3\xa9" "c", 12}, {"f\xc3\xa9v", 2},
};

int evidence_month(struct slice w)
{
	uint64_t n;
	for (size_t i = 0; i < ARRAY_LEN(months); i++)
		if (w.n >= strlen(months[i].word) && w.n <= 14 && slice_eq_nocase(evidence_upto(w, strlen(months[i].word)), months[i].word))
			return months[i].month;
	if (w.n > 3 && w.n <= 5 && slice_eq_str(evidence_from(w, w.n - 3), "\xe6\x9c\x88") && num_u64(evidence_upto(w, w.n - 3), 1, 12, &n) == 0)
		return (int)n;
	return 0;
}

int64_t evidence_local(struct evidence *v, int64_t t)
{
	int64_t r;
	if (t == EVIDENCE_NO_TIME || __builtin_sub_overflow(t, (int64_t)v->src->zone_minutes * 60 * TIME_SEC, &r))
		return EVIDENCE_NO_TIME;
	v->account.zone_assumed = true;
	return r;
}

/* n decimal digits at *at. */
static bool digits(struct slice s, size_t *at, size_t least, size_t most, int *ret)
{
	size_t n = 0;
	int x = 0;
	while (n < most && *at + n < s.n && s.p[*at + n] >= '0' && s.p[*at + n] <= '9')
		x = x * 10 + (s.p[*at + n++] - '0');
	if (n < least)
		return false;
	*at += n;
	*ret = x;
	return true;
}

static bool one(struct slice s, size_t *at, const char *of)
{
	if (*at >= s.n || !strchr(of, s.p[*at]) || !s.p[*at])
		return false;
	(*at)++;
	return true;
}

static bool day_ok(int y, int mo, int d)
{
	return y >= 1 && y <= 9999 && mo >= 1 && mo <= 12 && d >= 1 && d <= time_days_in_month(y, mo);
}

/* hh:mm[:ss[.fraction]], maybe AM or PM behind; *ns of the day */
static bool clock_of(struct slice s, size_t *at, int64_t *ns)
{
	int h, m, sec = 0;
	size_t i = *at;
	int64_t frac = 0, unit = TIME_SEC;
	if (!digits(s, &i, 1, 2, &h) || !one(s, &i, ":") || !digits(s, &i, 2, 2, &m))
		return false;
	if (one(s, &i, ":") && !digits(s, &i, 2, 2, &sec))
		return false;
	if (i + 1 < s.n && (s.p[i] == '.' || s.p[i] == ',') && s.p[i + 1] >= '0' && s.p[i + 1] <= '9')
		for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
			if (unit > 1) {
				unit /= 10;
				frac += unit * (s.p[i] - '0');
			}
	size_t k = i;
	while (k < s.n && s.p[k] == ' ')
		k++;
	struct slice ap = evidence_upto(evidence_from(s, k), 2);
	if ((slice_eq_nocase(ap, "AM") || slice_eq_nocase(ap, "PM")) && h >= 1 && h <= 12) {
		h = h % 12 + (slice_eq_nocase(ap, "PM") ? 12 : 0);
		i = k + 2;
	}
	if (h > 23 || m > 59 || sec > 60)
		return false;
	*ns = ((int64_t)h * 3600 + m * 60 + sec) * TIME_SEC + frac;
	*at = i;
	return true;
}

/* Z, +hh:mm, +hhmm, +hh behind blanks; minutes east. */
static bool zone_of(struct slice s, size_t *at, int *ret)
{
	size_t i = *at;
	int h, m = 0;
	while (i < s.n && s.p[i] == ' ')
		i++;
	if (i < s.n && (s.p[i] == 'Z' || s.p[i] == 'z')) {
		*at = i + 1;
		*ret = 0;
		return true;
	}
	struct slice utc = evidence_upto(evidence_from(s, i), 3);
	if (slice_eq_str(utc, "UTC") || slice_eq_str(utc, "GMT")) {
		*at = i + 3;
		*ret = 0;
		return true;
	}
	bool west = i < s.n && s.p[i] == '-';
	if (!one(s, &i, "+-") || !digits(s, &i, 2, 2, &h))
		return false;
	(void)one(s, &i, ":");
	(void)digits(s, &i, 2, 2, &m);
	if (h > 15 || m > 59)
		return false;
	*at = i;
	*ret = (h * 60 + m) * (west ? -1 : 1);
	return true;
}

static int64_t put(struct evidence *v, int y, int mo, int d, int64_t ns, struct slice s, size_t *at)
{
	int zone;
	if (!day_ok(y, mo, d) || y < 1678 || y > 2261)
		return EVIDENCE_NO_TIME;
	int64_t t = time_from_civil(y, mo, d, 0, 0, 0) + ns;
	t = zone_of(s, at, &zone) ? t - (int64_t)zone * 60 * TIME_SEC : evidence_local(v, t);
	return evidence_skewed(v, t);
}

/* The year in which month and day lie nearest to the time that the source is from. */
static int64_t without_year(struct evidence *v, int mo, int d, int64_t ns)
{
	int y, m, dd, h, mi, s;
	int64_t found = EVIDENCE_NO_TIME, off = INT64_MAX;
	if (!v->src->near)
		return EVIDENCE_NO_TIME;
	v->account.year_assumed = true;
	time_civil(v->src->near, &y, &m, &dd, &h, &mi, &s);
	for (int i = y - 1; i <= y + 1; i++) {
		if (!day_ok(i, mo, d))
			continue;
		int64_t t = evidence_skewed(v, evidence_local(v, time_from_civil(i, mo, d, 0, 0, 0) + ns));
		int64_t far = t > v->src->near ? t - v->src->near : v->src->near - t;
		if (far < off) {
			off = far;
			found = t;
		}
	}
	return found;
}

static struct slice word_at(struct slice s, size_t at)
{
	size_t i = at;
	while (i < s.n && s.p[i] != ' ' && s.p[i] != '\t')
		i++;
	return slice_of(s.p + at, i - at);
}

static void blanks(struct slice s, size_t *at)
{
	while (*at < s.n && (s.p[*at] == ' ' || s.p[*at] == '\t'))
		(*at)++;
}

int64_t evidence_time_syslog(struct evidence *v, struct slice s, size_t *ret_at)
{
	size_t at = *ret_at;
	int mo, d;
	int64_t ns;
	if (at >= s.n)
		return EVIDENCE_NO_TIME;
	struct slice w = word_at(s, at);
	if (w.n >= 19 && w.p[0] >= '0' && w.p[0] <= '9' && (w.p[10] == 'T' || w.p[10] == 't')) {
		int64_t t = evidence_time_any(v, w);
		if (t != EVIDENCE_NO_TIME)
			*ret_at = at + w.n;
		return t;
	}
	size_t b = at + w.n;
	blanks(s, &b);
	if (b >= s.n)
		return EVIDENCE_NO_TIME;
	struct slice second = word_at(s, b);
	mo = evidence_month(w);
	size_t day_at = mo ? b : at;
	if (!mo)
		mo = evidence_month(second);
	if (!mo || !digits(s, &day_at, 1, 2, &d))
		return EVIDENCE_NO_TIME;
	at = b + second.n;
	blanks(s, &at);
	int y = 0;
	size_t try = at;
	if (digits(s, &try, 4, 4, &y) && try < s.n && s.p[try] == ' ') { /* some put the year behind the day */
		at = try;
		blanks(s, &at);
	} else
		y = 0;
	if (!clock_of(s, &at, &ns))
		return EVIDENCE_NO_TIME;
	*ret_at = at;
	return y ? put(v, y, mo, d, ns, s, ret_at) : without_year(v, mo, d, ns);
}

int64_t evidence_time_clf(struct evidence *v, struct slice s)
{
	size_t at = 0;
	int d, y;
	int64_t ns;
	if (!digits(s, &at, 1, 2, &d) || !one(s, &at, "/"))
		return EVIDENCE_NO_TIME;
	struct slice rest, w = slice_cut(evidence_from(s, at), '/', &rest);
	int mo = evidence_month(w);
	at += w.n + 1;
	if (!mo || !digits(s, &at, 4, 4, &y) || !one(s, &at, ":") || !clock_of(s, &at, &ns))
		return EVIDENCE_NO_TIME;
	return put(v, y, mo, d, ns, s, &at);
}

int64_t evidence_time_any(struct evidence *v, struct slice s)
{
	size_t at = 0;
	int a, b, c, y, mo, d;
	int64_t ns = 0;
	s = slice_trim(s);
	if (!digits(s, &at, 1, 4, &a) || at >= s.n)
		return EVIDENCE_NO_TIME;
	bool year_first = at == 4;
	char sep[2] = {(char)s.p[at], 0};
	if (!one(s, &at, "-/.") || !digits(s, &at, 1, 2, &b) || !one(s, &at, sep) || !digits(s, &at, 1, 4, &c))
		return EVIDENCE_NO_TIME;
	if (year_first) {
		y = a, mo = b, d = c;
	} else if (sep[0] == '/' && !(a > 12)) {
		mo = a, d = b, y = c; /* 11/21/2026: who writes slashes and the year last, and can be read so, means the month first */
	} else {
		d = a, mo = b, y = c;
	}
	if (y < 100)
		y += 2000;
	(void)one(s, &at, "Tt,");
	blanks(s, &at);
	if (at < s.n && !clock_of(s, &at, &ns))
		return EVIDENCE_NO_TIME;
	return put(v, y, mo, d, ns, s, &at);
}

int64_t evidence_time_epoch(struct slice s)
{
	struct slice rest, whole = slice_cut(s, '.', &rest);
	uint64_t sec;
	int64_t ns = 0, unit = TIME_SEC;
	if (num_u64(whole, 0, UINT64_C(9000000000), &sec) < 0)
		return EVIDENCE_NO_TIME;
	for (size_t i = 0; i < rest.n && rest.p[i] >= '0' && rest.p[i] <= '9' && unit > 1; i++) {
		unit /= 10;
		ns += unit * (rest.p[i] - '0');
	}
	return (int64_t)sec * TIME_SEC + ns;
}
