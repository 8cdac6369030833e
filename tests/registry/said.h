/* What a registry's tests share: a list read from text, and what was warned about. */
#ifndef REGISTRY_TESTS_SAID_H
#define REGISTRY_TESTS_SAID_H

#include "registry_internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEAD "Name of Covered Entity,State,Covered Entity Type,Individuals Affected,Breach Submission Date,Type of Breach,Location of Breached Information,Business Associate Present,Web Description\n"

static inline int32_t day(const char *s)
{
	int32_t d;
	assert_int_equal(registry_day_parse(slice_str(s), false, &d), 0);
	return d;
}

static inline struct registry_list read_as(struct slice text, const char *file, enum registry_view view, const char *as_of, struct arena *a)
{
	struct registry_list l;
	struct err e = {0};
	const struct registry_read_options o = {.file = file, .view = view, .as_of = as_of ? day(as_of) : REGISTRY_NO_DAY, .today = day("2026-11-23")};
	int r = registry_read(text, &o, a, &l, &e);
	if (r)
		fail_msg("%s: %s", e.place, e.text);
	return l;
}

static inline bool warned(const struct registry_list *l, const char *what)
{
	for (size_t i = 0; i < l->w_n; i++)
		if (!strcmp(l->w[i].what, what))
			return true;
	return false;
}

static inline void is(struct slice s, const char *want)
{
	if (!slice_eq_str(s, want))
		fail_msg("'%.*s' is not '%s'", SLICE_FMT(s), want);
}

static inline void is_day(int32_t d, const char *want)
{
	char t[16];
	assert_string_equal(registry_day_text(d, t), want);
}

#endif
