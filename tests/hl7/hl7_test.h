/* What the tests of hl7 share. */
#ifndef HL7_TEST_H
#define HL7_TEST_H

#include "hl7.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define B(lit) slice_of(lit, sizeof(lit) - 1) /* bytes with NULs in them */

static inline void assert_slice(struct slice have, const char *want)
{
	if (have.n != strlen(want) || (have.n && memcmp(have.p, want, have.n) != 0))
		fail_msg("have \"%.*s\" (%zu), want \"%s\"", (int)(have.n < 400 ? have.n : 400), have.p ? (const char *)have.p : "", have.n, want);
}

/* A parsed message that a test holds on to. */
struct parsed {
	struct arena *a;
	struct hl7_msg m;
	struct hl7_problem problems[32];
	size_t count;
	struct err e;
	int r;
};

static inline void parse(struct parsed *p, struct slice s)
{
	*p = (struct parsed){.a = arena_new((size_t)1 << 30)};
	p->r = hl7_parse(s, p->a, &p->m, p->problems, 32, &p->count, &p->e);
}

static inline void parse_ok(struct parsed *p, struct slice s)
{
	parse(p, s);
	if (p->r)
		fail_msg("not parsed: %s", p->e.text);
}

static inline void done(struct parsed *p)
{
	arena_free(p->a);
}

static inline bool has_problem(const struct parsed *p, enum hl7_problem_kind kind, const char *place)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->problems[i].kind == kind && strcmp(p->problems[i].place, place) == 0)
			return true;
	return false;
}

static inline struct slice text_of(const struct parsed *p, const char *path)
{
	return hl7_text(&p->m, hl7_get(&p->m, path), p->a);
}

#endif
