/* Digits and dates as they stand in lists and letters. */
#include "person.h"

bool person_digits(struct slice s, size_t max, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c >= '0' && c <= '9') {
			if (n == max)
				return false;
			out[n++] = (char)c;
		} else if (!c || !memchr(" -./()\t\r\n", c, 9)) {
			return false;
		}
	}
	out[n] = 0;
	return n > 0;
}

static const struct {
	const char *word;
	uint8_t month;
} months[] = {
	{"jan", 1}, {"feb", 2}, {"mar", 3}, {"apr", 4}, {"may", 5}, {"jun", 6}, {"jul", 7}, {"aug", 8}, {"sep", 9}, {"oct", 10}, {"nov", 11}, {"dec", 12},
	{"ene", 1}, {"abr", 4}, {"ago", 8}, {"dic", 12},                                                                /* es */
	{"janv", 1}, {"fev", 2}, {"f\xc3\xa9v", 2}, {"avr", 4}, {"mai", 5}, {"juin", 6}, {"juil", 7}, {"aou", 8}, {"ao\xc3\xbb", 8}, {"d\xc3\xa9""c", 12}, /* fr */
};

static unsigned month_of(struct slice s)
{
	char w[8];
	size_t n = s.n < 7 ? s.n : 7;
	unsigned best = 0, len = 0;
	for (size_t i = 0; i < n; i++)
		w[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i]);
	for (size_t i = 0; i < ARRAY_LEN(months); i++) {
		size_t m = strlen(months[i].word);
		if (m <= n && m > len && !memcmp(months[i].word, w, m)) {
			best = months[i].month;
			len = (unsigned)m;
		}
	}
	return best;
}

struct part {
	unsigned v, digits; /* digits 0: a word, v its month */
};

static bool put(unsigned y, unsigned digits, unsigned m, unsigned d, int this_year, struct person_date *ret)
{
	if (digits == 2) {
		y += (unsigned)this_year / 100 * 100;
		if ((int)y > this_year)
			y -= 100;
	} else if (digits != 4) {
		return false;
	}
	if (y < 1850 || (int)y > this_year || m < 1 || m > 12 || d < 1 || (int)d > time_days_in_month((int)y, (int)m))
		return false;
	*ret = (struct person_date){(uint16_t)y, (uint8_t)m, (uint8_t)d};
	return true;
}

/* Up to three numbers or words; what follows as a time of day is left out. False: it is shaped like no date. */
static bool cut(struct slice s, struct part out[3], size_t *ret_n)
{
	size_t n = 0, i = 0;
	while (i < s.n) {
		uint8_t c = s.p[i];
		size_t b = i;
		if (c >= '0' && c <= '9') {
			unsigned v = 0;
			if (n == 3)
				return i > 0 && (s.p[i - 1] == ' ' || s.p[i - 1] == 'T') && (*ret_n = n, true); /* a time of day */
			while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && i - b < 9)
				v = v * 10 + (s.p[i++] - '0');
			out[n++] = (struct part){v, (unsigned)(i - b)};
		} else if ((c | 0x20) >= 'a' && ((c | 0x20) <= 'z' || c >= 0x80)) {
			while (i < s.n && ((((s.p[i] | 0x20) >= 'a') && (s.p[i] | 0x20) <= 'z') || s.p[i] >= 0x80))
				i++;
			struct slice w = slice_of(s.p + b, i - b);
			unsigned m = w.n >= 3 ? month_of(w) : 0;
			if (n == 3 || (n == 1 && !m && out[0].digits == 8))
				break; /* 19640307T1200 */
			if (m)
				out[n++] = (struct part){m, 0};
			else if (!(n && (slice_eq_nocase(w, "st") || slice_eq_nocase(w, "nd") || slice_eq_nocase(w, "rd") || slice_eq_nocase(w, "th") || slice_eq_nocase(w, "of") || slice_eq_nocase(w, "de") || slice_eq_nocase(w, "er"))))
				return false;
		} else if (memchr(" -./,\t", c, 6) && c) {
			i++;
		} else {
			return false;
		}
	}
	*ret_n = n;
	return n > 0;
}

bool person_date(struct slice s, bool day_first, int this_year, struct person_date *ret, bool *ret_swap)
{
	struct part p[3] = {0};
	size_t n = 0;
	bool swap = false;
	struct person_date d, other;
	if (ret_swap)
		*ret_swap = false;
	s = slice_trim(s);
	if (s.n < 6 || s.n > 40 || !cut(s, p, &n))
		return false;
	if (n < 3) { /* 19640307, with or without a time behind it */
		if (p[0].digits != 8 || !put(p[0].v / 10000, 4, p[0].v / 100 % 100, p[0].v % 100, this_year, &d)) {
			if (p[0].digits != 8 || !put(p[0].v % 10000, 4, p[0].v / 1000000, p[0].v / 10000 % 100, this_year, &d)) /* 03071964 */
				return false;
		}
		*ret = d;
		return true;
	}
	if (!p[0].digits) { /* March 7, 1964 */
		if (!p[1].digits || p[1].digits > 2 || !put(p[2].v, p[2].digits, p[0].v, p[1].v, this_year, &d))
			return false;
	} else if (!p[1].digits) { /* 7 Mar 1964, 1964-Mar-07 */
		bool first = p[0].digits == 4;
		const struct part *y = first ? &p[0] : &p[2], *day = first ? &p[2] : &p[0];
		if (!day->digits || day->digits > 2 || !put(y->v, y->digits, p[1].v, day->v, this_year, &d))
			return false;
	} else if (p[0].digits == 4) { /* 1964-03-07 */
		if (p[1].digits > 2 || p[2].digits > 2 || !p[2].digits || !put(p[0].v, 4, p[1].v, p[2].v, this_year, &d))
			return false;
	} else { /* 03/07/1964 */
		if (p[0].digits > 2 || p[1].digits > 2 || !p[2].digits)
			return false;
		bool a = put(p[2].v, p[2].digits, p[day_first ? 1 : 0].v, p[day_first ? 0 : 1].v, this_year, &d);
		bool b = put(p[2].v, p[2].digits, p[day_first ? 0 : 1].v, p[day_first ? 1 : 0].v, this_year, &other);
		if (!a && !b)
			return false;
		swap = a && b && p[0].v != p[1].v;
		if (!a)
			d = other;
	}
	*ret = d;
	if (ret_swap)
		*ret_swap = swap;
	return true;
}
