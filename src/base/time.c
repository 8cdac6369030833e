/* Time: int64_t nanoseconds since 1970-01-01T00:00:00Z, proleptic Gregorian calendar, no leap seconds (POSIX), no libc and no zone files.
 *
 * Days and civil dates are turned into each other by eras of 400 years (146,097 days) that begin on 1 March, so that the leap day is
 * the last of its year: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil and civil_from_days. */
#include "base.h"

#include <time.h>

#define DAY_SECONDS INT64_C(86400)
#define ERA_DAYS 146097
#define EPOCH_DAY 719468 /* 1970-01-01 counted from 0000-03-01 */

static int64_t now_of(clockid_t clock)
{
	struct timespec t;
	int r = clock_gettime(clock, &t);
	assert(r == 0); /* only a bad clock id or address can fail */
	return t.tv_sec * TIME_SEC + t.tv_nsec;
}

int64_t time_now(void)
{
	return now_of(CLOCK_REALTIME);
}

int64_t time_monotonic(void)
{
	return now_of(CLOCK_MONOTONIC);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t days_of(int64_t y, int64_t mo, int d)
{
	/* months outside 1..12 carry into the year, for callers that add months */
	y += floor_div(mo - 1, 12);
	mo = mo - 1 - 12 * floor_div(mo - 1, 12) + 1;
	y -= mo <= 2;
	int64_t era = floor_div(y, 400), year = y - era * 400;
	int64_t day = (153 * (mo > 2 ? mo - 3 : mo + 9) + 2) / 5 + d - 1;
	return era * ERA_DAYS + year * 365 + year / 4 - year / 100 + day - EPOCH_DAY;
}

static void civil_of(int64_t days, int *y, int *mo, int *d)
{
	days += EPOCH_DAY;
	int64_t era = floor_div(days, ERA_DAYS);
	unsigned day = (unsigned)(days - era * ERA_DAYS);
	unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	unsigned in_year = day - (365 * year + year / 4 - year / 100);
	unsigned m = (5 * in_year + 2) / 153;
	*d = (int)(in_year - (153 * m + 2) / 5 + 1);
	*mo = (int)(m < 10 ? m + 3 : m - 9);
	*y = (int)(year + era * 400 + (*mo <= 2));
}

void time_civil(int64_t t, int *y, int *mo, int *d, int *h, int *mi, int *s)
{
	int64_t sec = floor_div(t, TIME_SEC), days = floor_div(sec, DAY_SECONDS);
	int of_day = (int)(sec - days * DAY_SECONDS);
	civil_of(days, y, mo, d);
	*h = of_day / 3600;
	*mi = of_day / 60 % 60;
	*s = of_day % 60;
}

/* Whole seconds and nanoseconds below one second to one time; false when it does not fit. */
static bool join(int64_t sec, int64_t ns, int64_t *ret)
{
	__int128 t = (__int128)sec * TIME_SEC + ns;
	if (t < INT64_MIN || t > INT64_MAX) {
		*ret = t < 0 ? INT64_MIN : INT64_MAX;
		return false;
	}
	*ret = (int64_t)t;
	return true;
}

static int64_t seconds_of(int y, int mo, int d, int64_t h, int64_t mi, int64_t s)
{
	return days_of(y, mo, d) * DAY_SECONDS + h * 3600 + mi * 60 + s;
}

int64_t time_from_civil(int y, int mo, int d, int h, int mi, int s)
{
	int64_t t;
	join(seconds_of(y, mo, d, h, mi, s), 0, &t);
	return t;
}

int time_days_in_month(int y, int mo)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	assert(mo >= 1 && mo <= 12);
	bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	return days[mo - 1] + (mo == 2 && leap);
}

static char *put_digits(char *to, unsigned v, int width)
{
	for (int i = width - 1; i >= 0; i--, v /= 10)
		to[i] = (char)('0' + v % 10);
	return to + width;
}

const char *time_rfc3339(int64_t t, int frac, char out[32])
{
	assert(frac == 0 || frac == 3 || frac == 6 || frac == 9);
	int y, mo, d, h, mi, s;
	time_civil(t, &y, &mo, &d, &h, &mi, &s);
	char *to = put_digits(out, (unsigned)y, 4); /* int64 nanoseconds: the years 1677 to 2262 */
	*to++ = '-';
	to = put_digits(to, (unsigned)mo, 2);
	*to++ = '-';
	to = put_digits(to, (unsigned)d, 2);
	*to++ = 'T';
	to = put_digits(to, (unsigned)h, 2);
	*to++ = ':';
	to = put_digits(to, (unsigned)mi, 2);
	*to++ = ':';
	to = put_digits(to, (unsigned)s, 2);
	if (frac) {
		int64_t rest = t % TIME_SEC; /* not by way of the whole seconds before: below the first of 1677 there is none */
		unsigned ns = (unsigned)(rest < 0 ? rest + TIME_SEC : rest);
		*to++ = '.';
		to = put_digits(to, frac == 3 ? ns / 1000000 : frac == 6 ? ns / 1000 : ns, frac);
	}
	*to++ = 'Z';
	*to = 0;
	return out;
}

/* Exactly width digits with a value in [min,max]; the cursor fails otherwise. */
static int part(struct cur *c, int width, int min, int max)
{
	int v = 0;
	for (int i = 0; i < width; i++) {
		unsigned d = cur_u8(c) - (unsigned)'0';
		if (d > 9) {
			cur_fail(c);
			return min;
		}
		v = v * 10 + (int)d;
	}
	if (v < min || v > max) {
		cur_fail(c);
		return min;
	}
	return v;
}

static bool at(struct cur *c, const char *any)
{
	if (cur_left(c) == 0 || *c->p == 0 || !strchr(any, *c->p))
		return false;
	c->p++;
	return true;
}

static void expect(struct cur *c, const char *any)
{
	if (!at(c, any))
		cur_fail(c);
}

/* The digits after the point, as nanoseconds. */
static int64_t fraction(struct cur *c)
{
	int64_t ns = 0, unit = TIME_SEC / 10;
	if (cur_left(c) == 0 || *c->p < '0' || *c->p > '9')
		cur_fail(c);
	for (; cur_left(c) && *c->p >= '0' && *c->p <= '9'; c->p++, unit /= 10)
		ns += unit * (*c->p - '0');
	return ns;
}

static int zone(struct cur *c, int otherwise)
{
	if (cur_left(c) == 0)
		return otherwise;
	if (at(c, "Zz"))
		return 0;
	int sign = at(c, "-") ? -1 : 1;
	if (sign > 0)
		expect(c, "+");
	int h = part(c, 2, 0, 23);
	expect(c, ":");
	return sign * (h * 60 + part(c, 2, 0, 59));
}

int time_parse(struct slice s, int zone_minutes, int64_t *ret)
{
	struct cur c = cur_of(s);
	int h = 0, mi = 0, sec = 0;
	int64_t ns = 0, t;
	int y = part(&c, 4, 1, 9999);
	expect(&c, "-");
	int mo = part(&c, 2, 1, 12);
	expect(&c, "-");
	int d = part(&c, 2, 1, time_days_in_month(y, mo));
	if (cur_left(&c)) {
		expect(&c, "Tt ");
		h = part(&c, 2, 0, 23);
		expect(&c, ":");
		mi = part(&c, 2, 0, 59);
		if (at(&c, ":")) {
			sec = part(&c, 2, 0, 60);
			if (at(&c, "."))
				ns = fraction(&c);
		}
		zone_minutes = zone(&c, zone_minutes);
	}
	if (!cur_done(&c))
		return ERR_INPUT;
	if (!join(seconds_of(y, mo, d, h, mi, sec) - zone_minutes * INT64_C(60), ns, &t))
		return ERR_LIMIT;
	*ret = t;
	return 0;
}
