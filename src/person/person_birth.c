/* A date of birth that stands in three columns. None of them is a date, and "by" is a year beside "bm" and "bd" only: so they are known together or not at all. */
#include "csv.h"
#include "person.h"

static const char *const years[] = {"by", "byear", "birthyear", "birthyr", "bthyear", "yearofbirth", "yearbirth", "yrofbirth", "yob", "dobyear", "dobyyyy", "dobyr", "doby", "dateofbirthyear", "birthdateyear", "geburtsjahr", "anneedenaissance", "anneenaissance", "anodenacimiento", "anonacimiento", "出生年"};
static const char *const months[] = {"bm", "bmonth", "bmon", "birthmonth", "birthmon", "birthmo", "bthmonth", "monthofbirth", "mob", "dobmonth", "dobmon", "dobmm", "dobmo", "dobm", "dateofbirthmonth", "birthdatemonth", "geburtsmonat", "moisdenaissance", "moisnaissance", "mesdenacimiento", "mesnacimiento", "出生月"};
static const char *const days[] = {"bd", "birthday", "birthdy", "bday", "bthday", "dayofbirth", "dobday", "dobdd", "dobdy", "dobd", "dateofbirthday", "birthdateday", "geburtstag", "jourdenaissance", "journaissance", "diadenacimiento", "dianacimiento", "出生日"};

static bool one_of(const char *key, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (*key == *words[i] && !strcmp(key, words[i]))
			return true;
	return false;
}

static const char *key_of(struct slice header, char key[64])
{
	csv_key(header, key);
	return !strncmp(key, "patient", 7) ? key + 7 : !strncmp(key, "pat", 3) ? key + 3 : key;
}

bool person_birth_columns(const struct slice *header, size_t n, size_t ret[3])
{
	size_t at[3] = {SIZE_MAX, SIZE_MAX, SIZE_MAX}, dob = SIZE_MAX;
	char key[64] __attribute__((uninitialized));
	bool any = false;
	for (size_t i = 0; i < n && !any; i++)
		any = one_of(key_of(header[i], key), years, ARRAY_LEN(years));
	for (size_t i = 0; i < n && any; i++) {
		const char *k = key_of(header[i], key);
		const unsigned part = one_of(k, years, ARRAY_LEN(years)) ? 0 : one_of(k, months, ARRAY_LEN(months)) ? 1 : one_of(k, days, ARRAY_LEN(days)) ? 2 : 3;
		if (part < 3 && at[part] == SIZE_MAX)
			at[part] = i;
		if (!strcmp(k, "dob"))
			dob = i; /* "yob", "mob", "dob": the day */
	}
	at[2] = at[2] == SIZE_MAX ? dob : at[2];
	if (at[0] == SIZE_MAX || at[1] == SIZE_MAX || at[2] == SIZE_MAX)
		return false;
	memcpy(ret, at, sizeof at);
	return true;
}

static unsigned number(struct slice s, unsigned most)
{
	uint64_t v = 0;
	if (s.n > 2 && s.p[s.n - 1] == '0' && s.p[s.n - 2] == '.')
		s.n -= 2; /* 1964.0: what a table of numbers makes of it where one is missing */
	return num_u64(s, 1, most, &v) == 0 ? (unsigned)v : 0;
}

unsigned person_birth_text(struct slice year, struct slice month, struct slice day, char out[16])
{
	year = slice_trim(year);
	month = slice_trim(month);
	day = slice_trim(day);
	out[0] = 0;
	if (day.n >= 6 && day.n < 16 && day.p[day.n - 2] != '.') { /* all of it, and the others are its parts */
		memcpy(out, day.p, day.n);
		out[day.n] = 0;
		return 3;
	}
	unsigned y = number(year, 9999), m = number(month, 12), d = number(day, 31);
	if (y < 1000)
		return 0;
	if (!m && month.n >= 3 && month.n <= 9) { /* "Mar" */
		struct person_date whole;
		char text[32];
		snprintf(text, sizeof text, "1 %.*s 2000", (int)month.n, (const char *)month.p);
		m = person_date(slice_str(text), true, 2000, &whole, NULL) ? whole.month : 0;
	}
	snprintf(out, 16, "%04u-%02u-%02u", y % 10000, m % 100, d % 100);
	return 1 + (m > 0) + (d > 0);
}
