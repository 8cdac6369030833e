/* Words: sources, views, days, and the categories that the portal knows. */
#include "registry_internal.h"

#include "csv.h"

#include <stdio.h>

const char *registry_source_word(enum registry_source s)
{
	static const char *const w[] = {"ocr", "wa-ag", "other"};
	return (unsigned)s < ARRAY_LEN(w) ? w[s] : "?";
}

int registry_source_parse(struct slice s)
{
	for (int i = 0; i < REGISTRY_SOURCES; i++)
		if (slice_eq_str(s, registry_source_word((enum registry_source)i)))
			return i;
	return -1;
}

const char *registry_view_word(enum registry_view v)
{
	static const char *const w[] = {"unknown", "under-investigation", "archive", "full"};
	return (unsigned)v < ARRAY_LEN(w) ? w[v] : "?";
}

int registry_view_parse(struct slice s)
{
	for (int i = REGISTRY_UNDER_INVESTIGATION; i <= REGISTRY_FULL; i++)
		if (slice_eq_nocase(s, registry_view_word((enum registry_view)i)))
			return i;
	return -1;
}

const char *registry_as_of_word(enum registry_as_of a)
{
	static const char *const w[] = {"not known", "as said", "from the file's name", "from the month in the file's name", "from the list that came with it", "the newest submission in it"};
	return (unsigned)a < ARRAY_LEN(w) ? w[a] : "?";
}

/* ---- days ---- */

#define DAY_NS (86400 * TIME_SEC)

int32_t registry_day(int y, int m, int d)
{
	if (y < 1900 || y > 2199 || m < 1 || m > 12 || d < 1 || d > time_days_in_month(y, m))
		return REGISTRY_NO_DAY;
	int64_t t = time_from_civil(y, m, d, 0, 0, 0);
	return (int32_t)(t / DAY_NS - (t % DAY_NS < 0));
}

static void civil(int32_t day, int *y, int *m, int *d)
{
	int h, mi, s;
	time_civil((int64_t)day * DAY_NS, y, m, d, &h, &mi, &s);
}

const char *registry_day_text(int32_t day, char out[16])
{
	int y, m, d;
	out[0] = 0;
	if (day != REGISTRY_NO_DAY) {
		civil(day, &y, &m, &d);
		snprintf(out, 16, "%04d-%02d-%02d", y % 10000, m % 100, d % 100);
	}
	return out;
}

int registry_day_year(int32_t day)
{
	int y = 0, m, d;
	if (day != REGISTRY_NO_DAY)
		civil(day, &y, &m, &d);
	return y;
}

int registry_day_month(int32_t day)
{
	int y, m = 0, d;
	if (day != REGISTRY_NO_DAY)
		civil(day, &y, &m, &d);
	return m;
}

int registry_day_of_month(int32_t day)
{
	int y, m, d = 0;
	if (day != REGISTRY_NO_DAY)
		civil(day, &y, &m, &d);
	return d;
}

unsigned registry_weekday(int32_t day)
{
	return (unsigned)(((int64_t)day + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0: Sunday */
}

int registry_day_parse(struct slice s, bool last, int32_t *ret)
{
	struct slice rest = s, part[3];
	uint64_t v[3] = {0, last ? 12 : 1, 0};
	int n = 0;
	while (rest.p && n < 3)
		part[n++] = slice_cut(rest, '-', &rest);
	if (rest.p || n == 0 || part[0].n != 4)
		return ERR_INPUT;
	for (int i = 0; i < n; i++)
		if ((i && part[i].n != 2) || num_u64(part[i], 1, 9999, &v[i]) < 0)
			return ERR_INPUT;
	if (v[1] > 12 || v[0] < 1900 || v[0] > 2199)
		return ERR_INPUT;
	if (n < 3)
		v[2] = last ? (uint64_t)time_days_in_month((int)v[0], (int)v[1]) : 1;
	int32_t day = registry_day((int)v[0], (int)v[1], (int)v[2]);
	if (day == REGISTRY_NO_DAY)
		return ERR_INPUT;
	*ret = day;
	return 0;
}

const char *registry_millions(uint64_t persons, bool cut, char out[24])
{
	uint64_t tenths = persons / 100000 + (!cut && persons % 100000 >= 50000);
	snprintf(out, 24, "%llu.%lluM", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
	return out;
}

/* ---- categories (as the portal writes them, 2009 to 2026) ---- */

static const char *const entity_types[] = {"Healthcare Provider", "Health Plan", "Business Associate", "Healthcare Clearing House"};
static const char *const types[] = {"Hacking/IT Incident", "Unauthorized Access/Disclosure", "Theft", "Loss", "Improper Disposal", "Other", "Unknown"};
static const char *const locations[] = {"Network Server", "Email", "Paper/Films", "Laptop", "Desktop Computer", "Electronic Medical Record", "Other Portable Electronic Device", "Other"};
static const char states[][3] = {"AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "PR", "GU", "VI", "AS", "MP", "UM", "FM", "MH", "PW"};

static const struct {
	const char *name, *state;
} state_names[] = {
	{"alabama", "AL"}, {"alaska", "AK"}, {"arizona", "AZ"}, {"arkansas", "AR"}, {"california", "CA"}, {"colorado", "CO"}, {"connecticut", "CT"}, {"delaware", "DE"}, {"districtofcolumbia", "DC"}, {"washingtondc", "DC"}, {"florida", "FL"}, {"georgia", "GA"}, {"hawaii", "HI"}, {"idaho", "ID"}, {"illinois", "IL"},
	{"indiana", "IN"}, {"iowa", "IA"}, {"kansas", "KS"}, {"kentucky", "KY"}, {"louisiana", "LA"}, {"maine", "ME"}, {"maryland", "MD"}, {"massachusetts", "MA"}, {"michigan", "MI"}, {"minnesota", "MN"}, {"mississippi", "MS"}, {"missouri", "MO"}, {"montana", "MT"}, {"nebraska", "NE"}, {"nevada", "NV"},
	{"newhampshire", "NH"}, {"newjersey", "NJ"}, {"newmexico", "NM"}, {"newyork", "NY"}, {"northcarolina", "NC"}, {"northdakota", "ND"}, {"ohio", "OH"}, {"oklahoma", "OK"}, {"oregon", "OR"}, {"pennsylvania", "PA"}, {"rhodeisland", "RI"}, {"southcarolina", "SC"}, {"southdakota", "SD"}, {"tennessee", "TN"},
	{"texas", "TX"}, {"utah", "UT"}, {"vermont", "VT"}, {"virginia", "VA"}, {"washington", "WA"}, {"westvirginia", "WV"}, {"wisconsin", "WI"}, {"wyoming", "WY"}, {"puertorico", "PR"}, {"guam", "GU"}, {"virginislands", "VI"}, {"usvirginislands", "VI"}, {"americansamoa", "AS"}, {"northernmarianaislands", "MP"},
};

/* As the portal writes this one value; NULL: it does not know it. */
static const char *known_as(struct slice s, const char *const *list, size_t n)
{
	char key[64], other[64];
	for (size_t i = 0; i < n; i++)
		if (slice_eq_str(s, list[i]))
			return list[i];
	csv_key(s, key);
	for (size_t i = 0; key[0] && i < n; i++) {
		csv_key(slice_str(list[i]), other);
		if (!strcmp(key, other))
			return list[i];
	}
	return !strcmp(key, "healthcareclearinghouse") && list == entity_types ? entity_types[3] : NULL;
}

static const char *state_of(struct slice s)
{
	char key[64];
	for (size_t i = 0; s.n == 2 && i < ARRAY_LEN(states); i++)
		if (slice_eq_nocase(s, states[i]))
			return states[i];
	if (s.n < 4)
		return NULL;
	csv_key(s, key);
	for (size_t i = 0; i < ARRAY_LEN(state_names); i++)
		if (!strcmp(key, state_names[i].name))
			return state_names[i].state;
	return NULL;
}

bool registry_is_state(struct slice s)
{
	return state_of(s) != NULL;
}

bool registry_is_entity_type(struct slice s)
{
	return known_as(s, entity_types, ARRAY_LEN(entity_types)) != NULL;
}

/* The next of several values: they stand behind commas on the portal, in copies behind semicolons, bars and line ends, too. */
static struct slice next_value(struct slice *rest)
{
	size_t n = 0;
	while (n < rest->n && !memchr(",;|\n", rest->p[n], 4))
		n++;
	struct slice v = slice_trim(slice_of(rest->p, n));
	*rest = n < rest->n ? slice_of(rest->p + n + 1, rest->n - n - 1) : SLICE_NULL;
	return v;
}

/* s as the portal writes it into out: each of its values; false: it has one that the portal does not know, or none. */
static bool spell(struct slice s, const char *const *list, size_t n, char out[REGISTRY_SPELT])
{
	size_t at = 0;
	for (struct slice rest = s; rest.n;) {
		struct slice v = next_value(&rest);
		const char *as = v.n ? known_as(v, list, n) : NULL;
		if (!v.n)
			continue;
		if (!as || at + strlen(as) + 3 > REGISTRY_SPELT)
			return false;
		at += (size_t)snprintf(out + at, REGISTRY_SPELT - at, "%s%s", at ? ", " : "", as);
	}
	return at > 0;
}

struct slice registry_spelt(enum column c, struct slice s, struct arena *a)
{
	char out[REGISTRY_SPELT];
	const char *state = c == COL_STATE ? state_of(s) : NULL;
	bool is = false;
	if (state)
		is = snprintf(out, sizeof out, "%s", state) > 0;
	else if (c == COL_ENTITY && s.n && known_as(s, entity_types, ARRAY_LEN(entity_types)))
		is = snprintf(out, sizeof out, "%s", known_as(s, entity_types, ARRAY_LEN(entity_types))) > 0;
	else if (c == COL_TYPE)
		is = spell(s, types, ARRAY_LEN(types), out);
	else if (c == COL_LOCATION)
		is = spell(s, locations, ARRAY_LEN(locations), out);
	return !is || slice_eq_str(s, out) ? s : arena_dup(a, slice_str(out));
}

bool registry_is_type(struct slice s)
{
	char out[REGISTRY_SPELT];
	return spell(s, types, ARRAY_LEN(types), out);
}

bool registry_is_location(struct slice s)
{
	char out[REGISTRY_SPELT];
	return spell(s, locations, ARRAY_LEN(locations), out);
}

/* Never by substring: "Other" stands in "Other Portable Electronic Device". */
size_t registry_values(struct slice s, struct slice *out, size_t max)
{
	size_t n = 0;
	for (struct slice rest = s; rest.n && n < max;) {
		struct slice v = slice_trim(slice_cut(rest, ',', &rest));
		bool twice = v.n == 0;
		for (size_t i = 0; i < n && !twice; i++)
			twice = slice_eq(out[i], v);
		if (!twice)
			out[n++] = v;
	}
	return n;
}

bool registry_placeholder(const struct registry_row *r)
{
	return r->persons_known && (r->persons == 500 || r->persons == 501);
}
