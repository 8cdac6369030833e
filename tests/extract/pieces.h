/* What a reader told, as lines to compare: "record 7", "field last PID-5.1 [SMITH]" (with "@kin" and the like behind the role where it is not the subject's), "text [...]", "member NAME n", "trouble broken". */
#ifndef HOLDFAST_TEST_PIECES_H
#define HOLDFAST_TEST_PIECES_H

#include "extract_internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct pieces {
	struct buf b;
	struct slice file;
	size_t n, records, troubles;
	bool places; /* each field's place must be where its value stands */
};

static int pieces_take(void *arg, const struct extract_piece *p, struct err *e)
{
	static const char *const who[] = {"", "@guarantor", "@kin", "@subscriber", "@provider", "@staff", "@anybody"};
	struct pieces *x = arg;
	char word[16];
	x->n++;
	assert_true(utf8_valid(p->text) && utf8_valid(p->name));
	switch (p->kind) {
	case EXTRACT_RECORD:
		x->records++;
		buf_printf(&x->b, "record %.*s\n", SLICE_FMT(p->text));
		break;
	case EXTRACT_TEXT: buf_printf(&x->b, "text [%.*s]\n", SLICE_FMT(p->text)); break;
	case EXTRACT_MEMBER: buf_printf(&x->b, "member %.*s\n", SLICE_FMT(p->text)); break;
	default:
		assert_in_range(p->role, 0, PERSON_ROLES_N - 1);
		assert_in_range(p->who, 0, PERSON_ANYBODY);
		assert_true(p->text.n > 0);
		if (x->places)
			assert_true(p->offset + p->text.n <= x->file.n && !memcmp(x->file.p + p->offset, p->text.p, p->text.n));
		buf_printf(&x->b, "field %s%s %.*s [%.*s]\n", person_role_word(p->role, word), who[p->who], SLICE_FMT(p->name), SLICE_FMT(p->text));
	}
	return 0;
}

static void pieces_trouble(void *arg, const struct extract_trouble *t)
{
	static const char *const kind[] = {"broken", "sealed", "unknown", "picture", "limit", "died", "missing", "unreadable"};
	struct pieces *x = arg;
	x->troubles++;
	assert_true(t->why[0]);
	buf_printf(&x->b, "trouble %s\n", kind[t->kind]);
}

static inline struct extract_out pieces_out(struct pieces *x)
{
	static struct extract_limits l;
	extract_limits_default(&l);
	return (struct extract_out){.fn = pieces_take, .trouble = pieces_trouble, .arg = x, .limits = &l};
}

/* Reads; what was told is in x->b until pieces_done. */
static inline const char *pieces_read(struct pieces *x, extract_reader *reader, struct slice file)
{
	struct err e = {0};
	struct extract_out o = pieces_out(x);
	buf_init(&x->b, (size_t)16 << 20);
	x->file = file;
	int r = reader(file, &o, &e);
	if (r)
		print_error("%s\n", e.text);
	assert_int_equal(r, 0);
	assert_true(buf_ok(&x->b));
	return buf_cstr(&x->b);
}

static inline void pieces_done(struct pieces *x)
{
	buf_done(&x->b);
	*x = (struct pieces){0};
}

/* Every line of `want` is among what was told. */
static inline void pieces_has(struct pieces *x, const char *want)
{
	const char *got = buf_cstr(&x->b);
	for (const char *p = want; *p;) {
		const char *lf = strchr(p, '\n');
		size_t n = (size_t)(lf + 1 - p);
		const uint8_t *at = memmem(got, strlen(got), p, n);
		while (at && at != (const uint8_t *)got && at[-1] != '\n')
			at = memmem(at + 1, strlen((const char *)at + 1), p, n);
		if (!at)
			fail_msg("not told: %.*s-- of:\n%s", (int)n, p, got);
		p = lf + 1;
	}
}

#endif
