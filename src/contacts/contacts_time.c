/* Times as people write them into spreadsheets, and who is on call at one. */
#include "contacts_internal.h"

/* Digits, at most `max` of them. */
static bool digits(struct slice *s, unsigned max, int *ret, unsigned *ret_n)
{
	unsigned n = 0;
	int v = 0;
	while (n < s->n && n < max && s->p[n] >= '0' && s->p[n] <= '9')
		v = v * 10 + (s->p[n++] - '0');
	if (!n)
		return false;
	*s = slice_of(s->p + n, s->n - n);
	*ret = v;
	*ret_n = n;
	return true;
}

static bool take(struct slice *s, const char *any)
{
	if (!s->n || !s->p[0] || !strchr(any, s->p[0]))
		return false;
	*s = slice_of(s->p + 1, s->n - 1);
	return true;
}

/* "18:00", "18:00:00", "18h", "18h30", "6:00 PM" */
static bool hour_of(struct slice s, struct contact_time *t)
{
	unsigned n;
	int second;
	if (!digits(&s, 2, &t->hour, &n) || !take(&s, ":hH"))
		return false;
	t->minute = 0;
	if (s.n && s.p[0] >= '0' && s.p[0] <= '9' && (!digits(&s, 2, &t->minute, &n) || n != 2))
		return false;
	if (take(&s, ":") && (!digits(&s, 2, &second, &n) || n != 2))
		return false;
	s = slice_trim(s);
	bool pm = slice_eq_nocase(s, "pm") || slice_eq_nocase(s, "p.m."), am = slice_eq_nocase(s, "am") || slice_eq_nocase(s, "a.m.");
	if ((pm || am) && (t->hour < 1 || t->hour > 12))
		return false;
	if (pm || am)
		t->hour = t->hour % 12 + (pm ? 12 : 0);
	t->has_hour = t->hour <= 24 && t->minute < 60 && (t->hour < 24 || t->minute == 0);
	return t->has_hour && (pm || am || !s.n);
}

static bool date_of(struct slice *s, struct contact_time *t)
{
	unsigned n, k;
	int a, b, c;
	struct slice x = *s;
	if (!digits(&x, 4, &a, &n) || !take(&x, "-/."))
		return false;
	if (!digits(&x, 2, &b, &k) || !take(&x, "-/."))
		return false;
	unsigned m;
	if (!digits(&x, 4, &c, &m) || (n == 4 ? m > 2 : m != 4 || n > 2))
		return false;
	t->year_last = n != 4;
	t->year = t->year_last ? c : a;
	t->first = t->year_last ? a : b;
	t->second = t->year_last ? b : c;
	if (t->year_last) {
		t->unclear = t->first <= 12 && t->second <= 12 && t->first != t->second;
		t->day_first = t->first > 12 || t->first == t->second;
		if (memchr(s->p, '.', s->n - x.n)) { /* with dots the day is written first everywhere */
			t->unclear = false;
			t->day_first = true;
		}
	}
	int month = t->year_last && t->day_first ? t->second : t->first, day = t->year_last && t->day_first ? t->first : t->second;
	if (t->year < 1990 || t->year > 2200 || month < 1 || month > 12 || day < 1 || day > time_days_in_month(t->year, month))
		return false;
	*s = x;
	return true;
}

bool contact_time_get(struct slice s, struct contact_time *ret)
{
	struct contact_time t = {0};
	s = slice_trim(s);
	if (date_of(&s, &t)) {
		if (s.n && s.p[0] != ' ' && s.p[0] != 'T' && s.p[0] != 't' && s.p[0] != ',')
			return false;
		take(&s, "Tt,");
		s = slice_trim(s);
		if (s.n && !hour_of(s, &t))
			return false;
	} else if (!hour_of(s, &t)) {
		return false;
	}
	*ret = t;
	return true;
}

/* ---- when ---- */

const char *contact_when_name(enum contact_when w)
{
	static const char *const names[] = {"always", "now", "later", "past"};
	return names[w];
}

/* Minutes of "18:00"; -1: it is a date, or none. */
static int minutes_of(struct slice s)
{
	struct contact_time t;
	return contact_time_get(s, &t) && !t.year ? t.hour * 60 + t.minute : -1;
}

enum contact_when contact_when(const struct contact *c, int64_t now, int zone_minutes)
{
	if (!c->from.n && !c->to.n)
		return CONTACT_ALWAYS;
	int a = minutes_of(c->from), b = minutes_of(c->to);
	if (a >= 0 && b >= 0) {
		int y, mo, d, h, mi, s;
		time_civil(now + (int64_t)zone_minutes * 60 * TIME_SEC, &y, &mo, &d, &h, &mi, &s);
		int m = h * 60 + mi;
		bool in = a < b ? m >= a && m < b : m >= a || m < b;
		return in ? CONTACT_NOW : CONTACT_LATER;
	}
	int64_t from = c->from.n ? fact_time_ns(c->from, zone_minutes) : INT64_MIN, to = c->to.n ? fact_time_ns(c->to, zone_minutes) : INT64_MAX;
	if ((c->from.n && from == INT64_MIN) || (c->to.n && to == INT64_MIN))
		return CONTACT_ALWAYS;
	return now < from ? CONTACT_LATER : now >= to ? CONTACT_PAST : CONTACT_NOW;
}
