/* Days as lists write them: 10/08/2024, 10/8/24, 2024-10-08, 10-08-24 0:00, 8-Oct-2024, October 8, 2024, each with or without a time behind. Which of two numbers is the month is settled for a file as a whole (registry_turn.c). */
#include "registry_internal.h"

static bool number(struct slice *s, int *ret, size_t *digits)
{
	int v = 0;
	size_t n = 0;
	while (n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9')
		v = v * 10 + (s->p[n++] - '0');
	if (n)
		*s = slice_of(s->p + n, s->n - n);
	*ret = v;
	*digits = n;
	return n > 0;
}

/* A month's name, or its first three letters or more, off the front: 1 to 12; 0: there is none. */
static int month_word(struct slice *s)
{
	static const char *const months[] = {"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"};
	size_t n = 0;
	while (n < s->n && (s->p[n] | 0x20) >= 'a' && (s->p[n] | 0x20) <= 'z')
		n++;
	for (int m = 0; n >= 3 && m < 12; m++)
		if (n <= strlen(months[m]) && strncasecmp((const char *)s->p, months[m], n) == 0) {
			*s = slice_of(s->p + n, s->n - n);
			return m + 1;
		}
	return 0;
}

static void between(struct slice *s)
{
	while (s->n && memchr(" ,.-/", s->p[0], 5))
		*s = slice_of(s->p + 1, s->n - 1);
}

/* 28-Jun-2024, 28 June 2024, Jun 28, 2024, Friday, June 28, 2024. */
static bool named(struct slice s, struct date_text *ret)
{
	int day = 0, year = 0, month = month_word(&s);
	size_t n;
	if (!month && s.n && (s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z') { /* a weekday */
		while (s.n && s.p[0] != ' ')
			s = slice_of(s.p + 1, s.n - 1);
		between(&s);
		month = month_word(&s);
	}
	between(&s);
	if (!number(&s, &day, &n) || n > 2)
		return false;
	between(&s);
	if (!month) {
		month = month_word(&s);
		between(&s);
	}
	if (!month || !number(&s, &year, &n) || (n != 4 && n != 2) || (s.n && s.p[0] != ' ' && s.p[0] != 'T' && s.p[0] != ','))
		return false;
	if (n == 2)
		year += year < 70 ? 2000 : 1900;
	*ret = (struct date_text){.a = year, .b = month, .c = day, .form = DATE_NAMED};
	return true;
}

bool registry_date(struct slice s, struct date_text *ret)
{
	struct date_text t = {0};
	size_t n[3];
	s = slice_trim(s);
	if (named(s, ret))
		return true;
	if (!s.n || !number(&s, &t.a, &n[0]) || !s.n)
		return false;
	uint8_t sep = s.p[0];
	if (sep != '/' && sep != '-' && sep != '.')
		return false;
	s = slice_of(s.p + 1, s.n - 1);
	if (!s.n || !number(&s, &t.b, &n[1]) || !s.n || s.p[0] != sep)
		return false;
	s = slice_of(s.p + 1, s.n - 1);
	if (!s.n || !number(&s, &t.c, &n[2]))
		return false;
	if (s.n && s.p[0] != ' ' && s.p[0] != 'T' && s.p[0] != ',')
		return false; /* a time of day may follow: it is not looked at */
	if (n[0] == 4 && n[1] <= 2 && n[2] <= 2)
		t.form = DATE_ISO;
	else if (n[0] <= 2 && n[1] <= 2 && (n[2] == 4 || n[2] == 2)) {
		t.form = sep == '/' ? DATE_SLASH : DATE_DASH;
		if (n[2] == 2)
			t.c += t.c < 70 ? 2000 : 1900;
	} else
		return false;
	*ret = t;
	return true;
}

int32_t registry_date_day(const struct date_text *t, bool turned)
{
	bool year_first = t->form == DATE_ISO || t->form == DATE_NAMED;
	int y = year_first ? t->a : t->c, m = year_first ? t->b : t->a, d = year_first ? t->c : t->b;
	return turned ? registry_day(y, d, m) : registry_day(y, m, d);
}
