/* TS, DTM and DT as ISO 8601 text, with the precision as sent and never a digit more (2A.22, 2A.76):
 *
 *   YYYY[MM[DD[HH[MM[SS[.S+]]]]]][+/-ZZZZ][^precision]
 *
 * Also taken: what is already ISO 8601, a zone with a colon or Z, months and days of 00 (less is known: the year, the month), and digits behind
 * the seconds that lack their point. What is no time at all is nothing, and counted. The zone of MSH-7 is the default of the whole message
 * (2.5.1, 2.15.9.7). */
#include "facts_internal.h"

struct ts {
	uint8_t d[14]; /* YYYYMMDDHHMMSS, as digits */
	unsigned n;    /* how many of them: 4, 6, 8, 10, 12, 14 */
	struct slice frac;
	char zone[6];  /* "+01:00"; zone_n is 0, 1 (Z) or 6 */
	unsigned zone_n;
	bool odd;      /* something in it was no time */
};

static inline bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline unsigned two(const uint8_t *d)
{
	return (d[0] - '0') * 10u + (d[1] - '0');
}

/* Shorten to what holds: month and day in range, then the time of day. False: not even a year. */
static bool check(struct ts *t)
{
	unsigned year = two(t->d) * 100 + two(t->d + 2);
	if (year == 0)
		return false;
	if (t->n >= 6) {
		unsigned month = two(t->d + 4);
		if (month < 1 || month > 12) {
			t->odd |= month != 0;
			t->n = 4;
		}
	}
	if (t->n >= 8) {
		unsigned day = two(t->d + 6);
		if (day < 1 || day > (unsigned)time_days_in_month((int)year, (int)two(t->d + 4))) {
			t->odd |= day != 0;
			t->n = 6;
		}
	}
	if ((t->n >= 10 && two(t->d + 8) > 23) || (t->n >= 12 && two(t->d + 10) > 59) || (t->n >= 14 && two(t->d + 12) > 60)) {
		t->odd = true;
		t->n = 8;
	}
	if (t->n < 14)
		t->frac = SLICE_NULL;
	if (t->n < 10)
		t->zone_n = 0;
	return true;
}

/* +HHMM, +HH:MM, +HH, Z */
static void zone(struct ts *t, struct slice s)
{
	s = fx_trim(s);
	if (s.n == 1 && (s.p[0] == 'Z' || s.p[0] == 'z')) {
		t->zone[0] = 'Z';
		t->zone_n = 1;
		return;
	}
	uint8_t d[4] = {'0', '0', '0', '0'};
	unsigned n = 0;
	bool bad = s.n < 3 || (s.p[0] != '+' && s.p[0] != '-');
	for (size_t i = 1; i < s.n && !bad; i++) {
		if (s.p[i] == ':' && i == 3)
			continue;
		if (!digit(s.p[i]) || n == 4)
			bad = true;
		else
			d[n++] = s.p[i];
	}
	if (bad || (n != 2 && n != 4) || two(d) > 14 || two(d + 2) > 59) {
		t->odd |= s.n != 0;
		return;
	}
	memcpy(t->zone, (char[6]){(char)s.p[0], (char)d[0], (char)d[1], ':', (char)d[2], (char)d[3]}, 6);
	t->zone_n = 6;
}

/* The digits of an ISO time behind one another; returns how many bytes it took. */
static size_t iso_digits(struct ts *t, struct slice s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	size_t i = 0;
	for (; i < s.n && form[i]; i++) {
		if (form[i] == 'd') {
			if (!digit(s.p[i]))
				break;
			if (t->n < sizeof t->d)
				t->d[t->n++] = s.p[i];
		} else if (form[i] == 'T' ? s.p[i] != 'T' && s.p[i] != ' ' : s.p[i] != (uint8_t)form[i]) {
			break;
		}
	}
	return i;
}

static size_t plain_digits(struct ts *t, struct slice s)
{
	size_t i = 0;
	for (; i < s.n && digit(s.p[i]); i++)
		if (t->n < sizeof t->d)
			t->d[t->n++] = s.p[i];
	return i;
}

static bool parse(struct slice s, struct ts *t)
{
	bool iso = s.n >= 7 && s.p[4] == '-' && digit(s.p[5]) && digit(s.p[6]) && (s.n == 7 || s.p[7] == '-');
	size_t at = iso ? iso_digits(t, s) : plain_digits(t, s);
	if (t->n < 4 || t->n == 5)
		return false;
	if (t->n & 1) {
		t->n = t->n > 8 ? 8 : t->n - 1; /* half a number: only the date is certain */
		t->odd = true;
	}
	struct slice rest = slice_of(s.p + at, s.n - at);
	if (rest.n && rest.p[0] == '.') {
		size_t n = 1;
		while (n < rest.n && digit(rest.p[n]))
			n++;
		if (t->n == 14 && n > 1)
			t->frac = slice_of(rest.p, n < 10 ? n : 10);
		rest = slice_of(rest.p + n, rest.n - n);
	}
	zone(t, rest);
	return check(t);
}

/* Component 2 until 2.6: Y L D H M S says how much of it is meant. */
static void precision(struct ts *t, struct slice s)
{
	s = fx_trim(s);
	static const char letters[] = "YLDHM";
	const char *at = s.n == 1 ? memchr(letters, s.p[0], sizeof letters - 1) : NULL;
	if (!at)
		return;
	unsigned n = 4 + 2 * (unsigned)(at - letters);
	if (n < t->n) {
		t->n = n;
		t->frac = SLICE_NULL;
		if (n < 10)
			t->zone_n = 0;
	}
}

static struct slice iso(struct fx *x, const struct ts *t)
{
	uint8_t *to = fx_room(x, 40), *p = to;
	if (!to)
		return SLICE_NULL;
	memcpy(p, t->d, 4);
	p += 4;
	static const char between[] = "--T::";
	for (unsigned i = 4; i < t->n; i += 2) {
		*p++ = (uint8_t)between[(i - 4) / 2];
		*p++ = t->d[i];
		*p++ = t->d[i + 1];
	}
	if (t->frac.n)
		memcpy(p, t->frac.p, t->frac.n);
	p += t->frac.n;
	if (t->n >= 10) {
		const char *z = t->zone_n ? t->zone : x->zone;
		unsigned n = t->zone_n ? t->zone_n : x->zone_n;
		memcpy(p, z, n);
		p += n;
	}
	/* room was taken for the longest: give back what is left, when it is still the end */
	if (to + 40 == x->room)
		x->room = p;
	return slice_of(to, (size_t)(p - to));
}

/* The hour of birth matters in the weeks after it, and a nursery has it. On anyone else it is what a database made of a date (00:00, or 05:00 by
 * a shift of zones), and two feeds would seem to disagree about the date of birth. */
static bool is_newborn(const struct fx *x, const struct ts *t)
{
	const uint8_t *sent = x->f->time.p;
	if (x->f->time.n < 10 || memcmp(t->d + 8, "000000", t->n - 8) == 0)
		return false;
	unsigned months = (two(sent) * 100 + two(sent + 2)) * 12 + two(sent + 5), born = (two(t->d) * 100 + two(t->d + 2)) * 12 + two(t->d + 4);
	return months >= born && months - born <= 3;
}

#define NIBBLES UINT64_C(0xf0f0f0f0f0f0f0f0)
#define ZEROS UINT64_C(0x3030303030303030)
#define SIXES UINT64_C(0x0606060606060606)

/* Eight digits. */
static inline bool digits8(const uint8_t *p)
{
	uint64_t w;
	memcpy(&w, p, 8);
	return (w & NIBBLES) == ZEROS && ((w + SIXES) & NIBBLES) == ZEROS;
}

/* A day, or a day with hours, minutes and seconds, as nearly all times are: in one go. False: look closer. */
static bool usual(struct fx *x, struct slice s, struct slice *ret)
{
	if ((s.n != 14 && s.n != 12 && s.n != 8) || !digits8(s.p) || (s.n > 8 && !digits8(s.p + s.n - 8)))
		return false;
	unsigned year = two(s.p) * 100 + two(s.p + 2), month = two(s.p + 4), day = two(s.p + 6);
	if (year == 0 || month - 1 > 11 || day - 1 > 27) /* the last days of a month are for the calendar */
		return false;
	if (s.n > 8 && (two(s.p + 8) > 23 || two(s.p + 10) > 59 || (s.n == 14 && two(s.p + 12) > 59)))
		return false;
	uint8_t *to = fx_room(x, 32), *p = to;
	*ret = SLICE_NULL;
	if (!to)
		return true;
	memcpy(p, s.p, 4);
	p[4] = p[7] = '-';
	memcpy(p + 5, s.p + 4, 2);
	memcpy(p + 8, s.p + 6, 2);
	p += 10;
	if (s.n > 8) {
		p[0] = 'T';
		memcpy(p + 1, s.p + 8, 2);
		p[3] = ':';
		memcpy(p + 4, s.p + 10, 2);
		p += 6;
		if (s.n == 14) {
			p[0] = ':';
			memcpy(p + 1, s.p + 12, 2);
			p += 3;
		}
		memcpy(p, x->zone, 6);
		p += x->zone_n;
	}
	*ret = slice_of(to, (size_t)(p - to));
	return true;
}

static struct slice read_time(struct fx *x, struct slice raw, bool birth)
{
	struct slice at_once;
	if ((!birth || raw.n == 8) && usual(x, raw, &at_once))
		return at_once;
	struct slice first = raw, rest = SLICE_NULL;
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] == x->comp || raw.p[i] == x->sub) {
			first = slice_of(raw.p, i);
			rest = slice_of(raw.p + i + 1, raw.n - i - 1);
			break;
		}
	first = fx_trim(first);
	if (first.n == 0)
		return SLICE_NULL;
	if (fx_null(first))
		return SLICE(FACT_NULL);
	struct ts t = {0};
	if (!parse(first, &t)) {
		fx_problem(x);
		return SLICE_NULL;
	}
	if (t.odd) {
		fx_problem(x);
		if (birth)
			return SLICE_NULL; /* half a date of birth must not replace a whole one */
	}
	if (rest.n)
		precision(&t, fx_nth(x, rest, x->comp, 1));
	if (birth && t.n > 8 && !is_newborn(x, &t))
		t.n = 8;
	if (t.n <= 8)
		t.frac = SLICE_NULL;
	return iso(x, &t);
}

struct slice fx_time(struct fx *x, struct slice raw)
{
	/* most results of a report carry the same time, and it is the report's */
	for (unsigned i = 0; i < ARRAY_LEN(x->time_memo); i++)
		if (raw.n == x->time_memo[i].raw.n && raw.n && memcmp(raw.p, x->time_memo[i].raw.p, raw.n) == 0)
			return x->time_memo[i].value;
	struct slice v = read_time(x, raw, false);
	x->time_memo[x->time_turn] = (struct fx_memo){raw, v};
	x->time_turn ^= 1;
	return v;
}

struct slice fx_birth(struct fx *x, struct slice raw)
{
	return read_time(x, raw, true);
}
