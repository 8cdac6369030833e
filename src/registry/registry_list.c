/* Which of the portal's lists a file is, and of what day: told by what is in it and by its name, and said how it was told. */
#include "registry_read.h"

#include <stdio.h>

/* A run of digits in a name: its value and length. */
static bool digits(const char *s, size_t n, int *ret)
{
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*ret = v;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_sep(char c)
{
	return c == '-' || c == '_' || c == '.';
}

void registry_name_day(const char *file, int32_t *ret_day, int32_t *ret_month)
{
	*ret_day = *ret_month = REGISTRY_NO_DAY;
	const char *base = file ? strrchr(file, '/') : NULL;
	base = base ? base + 1 : file;
	for (size_t i = 0; base && base[i]; i++) {
		int y, m, d;
		if ((i && is_digit(base[i - 1])) || !digits(base + i, strnlen(base + i, 4), &y) || strnlen(base + i, 4) < 4 || y < 2009 || y > 2099)
			continue;
		const char *p = base + i + 4;
		bool sep = is_sep(*p);
		p += sep;
		if (strnlen(p, 2) < 2 || !digits(p, 2, &m) || m < 1 || m > 12)
			continue;
		p += 2;
		const char *q = p + (sep && is_sep(*p));
		if ((!sep || q > p) && strnlen(q, 2) == 2 && digits(q, 2, &d) && !is_digit(q[2]) && registry_day(y, m, d) != REGISTRY_NO_DAY) {
			*ret_day = registry_day(y, m, d);
			return;
		}
		if (!is_digit(*p))
			*ret_month = registry_day(y, m, 1);
	}
}

static bool name_has(const char *file, const char *word)
{
	const char *base = file ? strrchr(file, '/') : NULL;
	base = base ? base + 1 : file;
	return base && strcasestr(base, word);
}

struct shape {
	size_t described, recent, earlier, dated;
	int32_t newest, oldest;
};

/* recent: in the half year up to the newest; earlier: in the year from 24 to 36 months before it. */
static struct shape shape_of(const struct reading *x)
{
	struct shape s = {.newest = REGISTRY_NO_DAY, .oldest = REGISTRY_NO_DAY};
	for (size_t i = 0; i < x->n; i++) {
		int32_t day = x->v[i].submitted;
		s.described += x->v[i].description.n > 0;
		if (day == REGISTRY_NO_DAY)
			continue;
		s.dated++;
		s.newest = s.newest == REGISTRY_NO_DAY || day > s.newest ? day : s.newest;
		s.oldest = s.oldest == REGISTRY_NO_DAY || day < s.oldest ? day : s.oldest;
	}
	for (size_t i = 0; i < x->n; i++) {
		int32_t day = x->v[i].submitted;
		s.recent += day != REGISTRY_NO_DAY && day > s.newest - 183;
		s.earlier += day != REGISTRY_NO_DAY && day <= s.newest - 730 && day > s.newest - 1095;
	}
	return s;
}

static enum registry_view by_rows(const struct reading *x)
{
	size_t n[4] = {0};
	for (size_t i = 0; x->has_view && i < x->n; i++)
		n[x->v[i].view & 3]++;
	if (n[REGISTRY_UNDER_INVESTIGATION] && n[REGISTRY_ARCHIVE])
		return REGISTRY_FULL;
	return n[REGISTRY_UNDER_INVESTIGATION] > x->n / 2 ? REGISTRY_UNDER_INVESTIGATION : n[REGISTRY_ARCHIVE] > x->n / 2 ? REGISTRY_ARCHIVE : REGISTRY_UNKNOWN;
}

static void tell_view(struct reading *x, const struct shape *s, struct registry_list *l)
{
	bool archive = name_has(x->o->file, "archive") || name_has(x->o->file, "resolved"), under = name_has(x->o->file, "investigation") || name_has(x->o->file, "_ui_"), both = name_has(x->o->file, "full") || name_has(x->o->file, "combined");
	double months = s->dated ? (s->newest - s->oldest) / 30.44 : 0;
	char why[200];
	enum registry_view v = by_rows(x);
	if (v)
		snprintf(why, sizeof why, "a column says it row by row");
	else if (s->described * 20 <= x->n && s->dated && months <= 40) {
		v = REGISTRY_UNDER_INVESTIGATION;
		snprintf(why, sizeof why, "%s descriptions are empty and it spans %.0f months", s->described ? "nearly all" : "all", months);
	} else if (s->described * 20 > x->n || months > 60) {
		v = s->dated > 200 && s->earlier > 50 && s->recent * 4 > s->earlier ? REGISTRY_FULL : REGISTRY_ARCHIVE;
		snprintf(why, sizeof why, "%zu of %zu rows have a description, it spans %.0f months, and %s", s->described, x->n, months, v == REGISTRY_FULL ? "its last half year is as full as those before" : "its last months are thin");
		if (s->described * 20 <= x->n && v == REGISTRY_ARCHIVE)
			v = REGISTRY_UNKNOWN;
	}
	if (!v && (archive || under || both)) {
		v = both ? REGISTRY_FULL : archive ? REGISTRY_ARCHIVE : REGISTRY_UNDER_INVESTIGATION;
		snprintf(why, sizeof why, "its name says so, and nothing in it contradicts");
	} else if (v && (archive || under) && !both && v != (archive ? REGISTRY_ARCHIVE : REGISTRY_UNDER_INVESTIGATION))
		registry_warn(x->w, "view-and-name", "the file's name says %s, its rows say %s (%s): it is taken for the latter; --view settles it", archive ? "archive" : "under investigation", registry_view_word(v), why);
	l->view = v;
	l->view_why = v ? slice_str(arena_printf(x->a, "%s", why)) : SLICE_NULL;
}

void registry_list_view(struct reading *x, struct registry_list *l)
{
	struct shape s = shape_of(x);
	int32_t day, month;
	l->newest = s.newest;
	l->oldest = s.oldest;
	if (x->o->view) {
		l->view = x->o->view;
		l->view_why = SLICE("as said");
	} else if (x->source == REGISTRY_OCR)
		tell_view(x, &s, l);
	else {
		l->view = REGISTRY_FULL;
		l->view_why = SLICE("a list that is not in two parts");
	}
	registry_name_day(x->o->file, &day, &month);
	l->as_of = s.newest;
	l->as_of_from = s.newest == REGISTRY_NO_DAY ? REGISTRY_AS_OF_NONE : REGISTRY_AS_OF_NEWEST;
	if (x->o->as_of != REGISTRY_NO_DAY) {
		l->as_of = x->o->as_of;
		l->as_of_from = REGISTRY_AS_OF_GIVEN;
		if (s.newest > l->as_of)
			registry_warn(x->w, "as-of-and-rows", "it has reports of a later day than it is said to be of");
	} else if (day != REGISTRY_NO_DAY && (s.newest == REGISTRY_NO_DAY || day >= s.newest)) {
		l->as_of = day;
		l->as_of_from = REGISTRY_AS_OF_NAME;
	} else if (month != REGISTRY_NO_DAY && (s.newest == REGISTRY_NO_DAY || month + time_days_in_month(registry_day_year(month), registry_day_month(month)) > s.newest)) {
		bool within = s.newest != REGISTRY_NO_DAY && s.newest >= month; /* the newest submission says the day better than the first of the month */
		l->as_of = within ? s.newest : month;
		l->as_of_from = within ? REGISTRY_AS_OF_NEWEST : REGISTRY_AS_OF_MONTH;
	} else if (day != REGISTRY_NO_DAY || month != REGISTRY_NO_DAY)
		registry_warn(x->w, "as-of-and-name", "it has reports of a later day than its name says; its newest report's day is taken");
	if (l->as_of_from == REGISTRY_AS_OF_NEWEST && l->view == REGISTRY_ARCHIVE)
		registry_warn(x->w, "as-of-unsure", "of an archive the newest report is older than the day it was fetched: it is of this day or a later one; --as-of DATE says which");
}
