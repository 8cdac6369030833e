/* Zones: which clocks a place goes by, and when they change. Small on purpose, so that a deadline is the same on a machine without a zone database.
 *
 * A law of daylight saving is taken as it is in force today, but for the United States before 2007. */
#include "notice_internal.h"

#define HOUR (INT64_C(3600) * TIME_SEC)
#define DAY (24 * HOUR)

enum saving { NONE, US, EU, AU };

struct notice_zones {
	const char *place;
	struct {
		int16_t minutes; /* east of UTC in winter */
		uint8_t saving;
	} z[4]; /* the first is where most people live */
	uint8_t n;
};

#define Z(h, s) {(int16_t)((h) * 60), s}
#define ONE(place, h, s) {place, {Z(h, s)}, 1}
#define TWO(place, h, s, h2, s2) {place, {Z(h, s), Z(h2, s2)}, 2}

static const struct notice_zones places[] = {
	ONE("US-AL", -6, US), TWO("US-AK", -9, US, -10, US), TWO("US-AZ", -7, NONE, -7, US), ONE("US-AR", -6, US), ONE("US-CA", -8, US), ONE("US-CO", -7, US), ONE("US-CT", -5, US), ONE("US-DE", -5, US),
	ONE("US-DC", -5, US), TWO("US-FL", -5, US, -6, US), ONE("US-GA", -5, US), ONE("US-HI", -10, NONE), TWO("US-ID", -7, US, -8, US), ONE("US-IL", -6, US), TWO("US-IN", -5, US, -6, US), ONE("US-IA", -6, US),
	TWO("US-KS", -6, US, -7, US), TWO("US-KY", -5, US, -6, US), ONE("US-LA", -6, US), ONE("US-ME", -5, US), ONE("US-MD", -5, US), ONE("US-MA", -5, US), TWO("US-MI", -5, US, -6, US), ONE("US-MN", -6, US),
	ONE("US-MS", -6, US), ONE("US-MO", -6, US), ONE("US-MT", -7, US), TWO("US-NE", -6, US, -7, US), TWO("US-NV", -8, US, -7, US), ONE("US-NH", -5, US), ONE("US-NJ", -5, US), ONE("US-NM", -7, US),
	ONE("US-NY", -5, US), ONE("US-NC", -5, US), TWO("US-ND", -6, US, -7, US), ONE("US-OH", -5, US), TWO("US-OK", -6, US, -7, US), TWO("US-OR", -8, US, -7, US), ONE("US-PA", -5, US), ONE("US-RI", -5, US),
	ONE("US-SC", -5, US), TWO("US-SD", -6, US, -7, US), TWO("US-TN", -6, US, -5, US), TWO("US-TX", -6, US, -7, US), ONE("US-UT", -7, US), ONE("US-VT", -5, US), ONE("US-VA", -5, US), ONE("US-WA", -8, US),
	ONE("US-WV", -5, US), ONE("US-WI", -6, US), ONE("US-WY", -7, US), ONE("US-PR", -4, NONE), ONE("US-VI", -4, NONE), ONE("US-GU", 10, NONE), ONE("US-MP", 10, NONE), ONE("US-AS", -11, NONE),
	/* a country whose state is not said: all of its zones, from the first to the last */
	{"US", {Z(-5, US), Z(-6, US), Z(-8, US), Z(-10, NONE)}, 4},
	ONE("CA-ON", -5, US), ONE("CA-QC", -5, US), ONE("CA-AB", -7, US), ONE("CA-BC", -8, US), ONE("CA-MB", -6, US), ONE("CA-SK", -6, NONE), ONE("CA-NB", -4, US), ONE("CA-NS", -4, US), ONE("CA-PE", -4, US),
	{"CA-NL", {{-210, US}, {-240, US}}, 2}, ONE("CA-YT", -7, NONE), ONE("CA-NT", -7, US), TWO("CA-NU", -5, US, -7, US),
	{"CA", {Z(-5, US), Z(-8, US), {-210, US}}, 3},
	ONE("GB", 0, EU), ONE("IE", 0, EU), TWO("PT", 0, EU, -1, EU), ONE("IS", 0, NONE),
	ONE("FR", 1, EU), ONE("DE", 1, EU), TWO("ES", 1, EU, 0, EU), ONE("IT", 1, EU), ONE("NL", 1, EU), ONE("BE", 1, EU), ONE("LU", 1, EU), ONE("AT", 1, EU), ONE("DK", 1, EU), ONE("SE", 1, EU), ONE("NO", 1, EU),
	ONE("LI", 1, EU), ONE("CH", 1, EU), ONE("PL", 1, EU), ONE("CZ", 1, EU), ONE("SK", 1, EU), ONE("HU", 1, EU), ONE("SI", 1, EU), ONE("HR", 1, EU), ONE("MT", 1, EU),
	ONE("FI", 2, EU), ONE("EE", 2, EU), ONE("LV", 2, EU), ONE("LT", 2, EU), ONE("RO", 2, EU), ONE("BG", 2, EU), ONE("GR", 2, EU), ONE("CY", 2, EU),
	ONE("EU", 1, EU), ONE("CN", 8, NONE),
	{"AU", {Z(10, AU), Z(10, NONE), {570, AU}, Z(8, NONE)}, 4},
};

const struct notice_zones *notice_zones_of(struct slice place)
{
	for (;;) {
		for (size_t i = 0; i < ARRAY_LEN(places); i++)
			if (slice_eq_str(place, places[i].place))
				return &places[i];
		const uint8_t *dash = place.n ? memchr(place.p, '-', place.n) : NULL;
		if (!dash)
			return NULL;
		place.n = (size_t)(dash - place.p); /* a state that is not in the list: its country */
	}
}

static int64_t sunday(int y, int m, int n) /* the nth Sunday, 0: the last; 00:00 as if it were UTC */
{
	int32_t day = n ? notice_day_of(y, m, 1) : notice_day_of(y, m, time_days_in_month(y, m));
	day = n ? day + (7 - notice_weekday(day)) % 7 + 7 * (n - 1) : day - notice_weekday(day);
	return day * DAY;
}

/* Minutes east of UTC at that instant. */
static int offset(int winter, int saving, int64_t at)
{
	int y, m, d, h, mi, s;
	int64_t from, to, local = at + winter * INT64_C(60) * TIME_SEC;
	time_civil(local, &y, &m, &d, &h, &mi, &s);
	switch (saving) {
	case US: /* second Sunday of March 02:00 standard time to first Sunday of November 02:00 daylight time; until 2006 April's first to October's last */
		from = y >= 2007 ? sunday(y, 3, 2) : sunday(y, 4, 1);
		to = y >= 2007 ? sunday(y, 11, 1) : sunday(y, 10, 0);
		return winter + (local >= from + 2 * HOUR && local < to + HOUR ? 60 : 0);
	case EU: /* last Sundays of March and October, 01:00 UTC for all */
		return winter + (at >= sunday(y, 3, 0) + HOUR && at < sunday(y, 10, 0) + HOUR ? 60 : 0);
	case AU: /* first Sunday of October 02:00 to first Sunday of April 03:00 daylight time */
		return winter + (local >= sunday(y, 10, 1) + 2 * HOUR || local < sunday(y, 4, 1) + 2 * HOUR ? 60 : 0);
	default: return winter;
	}
}

int notice_offset(const struct notice_zones *z, int64_t at)
{
	return offset(z->z[0].minutes, z->z[0].saving, at);
}

bool notice_offset_is(const struct notice_zones *z, int64_t at, int minutes)
{
	for (size_t i = 0; i < z->n; i++)
		if (offset(z->z[i].minutes, z->z[i].saving, at) == minutes)
			return true;
	return false;
}

int64_t notice_midnight(const struct notice_zones *z, int32_t day, int *ret_offset)
{
	int64_t first = INT64_MAX;
	for (size_t i = 0; i < z->n; i++) {
		int o = offset(z->z[i].minutes, z->z[i].saving, day * DAY - z->z[i].minutes * INT64_C(60) * TIME_SEC); /* nobody changes the clock at midnight */
		int64_t at = day * DAY - o * INT64_C(60) * TIME_SEC;
		if (at < first) {
			first = at;
			*ret_offset = o;
		}
	}
	return first;
}

int32_t notice_local_day(const struct notice_zones *z, int64_t at)
{
	int32_t first = INT32_MAX;
	for (size_t i = 0; i < z->n; i++) {
		int64_t local = at + offset(z->z[i].minutes, z->z[i].saving, at) * INT64_C(60) * TIME_SEC;
		int32_t day = (int32_t)((local >= 0 ? local : local - DAY + 1) / DAY);
		first = day < first ? day : first;
	}
	return first;
}
