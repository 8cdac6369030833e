/* What the tests of the v2 -> facts mapping share. */
#ifndef HOLDFAST_FACTS_TEST_H
#define HOLDFAST_FACTS_TEST_H

#include "hl7.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static inline void load(const char *path, struct buf *out)
{
	struct err e = {0};
	char line[600];
	if (file_read(AT_FDCWD, path, 64 << 20, out, &e) < 0)
		fail_msg("%s: %s", path, err_line(&e, line, sizeof line));
}

/* A message that must be readable, as facts. All in the arena, and slices of the message. */
static inline void read_facts(struct slice message, struct arena *a, struct hl7_msg *m, struct facts *ret)
{
	struct err e = {0};
	if (hl7_parse(message, a, m, NULL, 0, NULL, &e) < 0)
		fail_msg("not readable: %s", e.text);
	facts_init(ret, a);
	hl7_facts(m, ret);
	assert_false(ret->failed);
}

/* The n-th fact of a kind in the whole message, from 0; NULL when there is none. */
static inline const struct fact *find_fact(const struct facts *f, uint8_t kind, unsigned n)
{
	for (const struct fact_group *g = f->first; g; g = g->next)
		for (const struct fact *t = g->first; t; t = t->next)
			if (t->kind == kind && n-- == 0)
				return t;
	return NULL;
}

#define assert_slice(s, want)                                                                                                          \
	do {                                                                                                                               \
		struct slice s_ = (s);                                                                                                         \
		if (!slice_eq_str(s_, want))                                                                                                   \
			fail_msg("is \"%.*s\", must be \"%s\"", SLICE_FMT(s_), want);                                                              \
	} while (0)

#endif
