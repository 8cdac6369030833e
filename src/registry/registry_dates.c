/* Days as lists write them: 10/08/2024, 10/8/24, 2024-10-08, 10-08-24 0:00, each with or without a time behind. Which of two numbers is the month is settled for a file as a whole (registry_turn.c). */
#include "registry_internal.h"

static bool number(struct slice *s, int *ret, size_t *digits)
{
	int v = 0;
	size_t n = 0;
	while (n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9')
		v = v * 10 + (s->p[n++] - '0');
	*s = slice_of(s->p + n, s->n - n);
	*ret = v;
	*digits = n;
	return n > 0;
}

bool registry_date(struct slice s, struct date_text *ret)
{
	struct date_text t = {0};
	size_t n[3];
	s = slice_trim(s);
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
	int y = t->form == DATE_ISO ? t->a : t->c, m = t->form == DATE_ISO ? t->b : t->a, d = t->form == DATE_ISO ? t->c : t->b;
	return turned ? registry_day(y, d, m) : registry_day(y, m, d);
}
