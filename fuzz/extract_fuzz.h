/* What must be true of every piece that a reader of extract tells, whatever bytes it was given. */
#ifndef HOLDFAST_EXTRACT_FUZZ_H
#define HOLDFAST_EXTRACT_FUZZ_H

#include "extract_internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct extract_fuzz {
	size_t pieces, left; /* left: when 0 is reached the taker refuses, and the reader must end with its code */
	bool fields, utf8; /* fields are UTF-8, whatever the file is; running text is, too */
};

static int extract_fuzz_take(void *arg, const struct extract_piece *p, struct err *e)
{
	struct extract_fuzz *x = arg;
	volatile uint8_t sum = 0;
	assert(p->text.n <= EXTRACT_PIECE_MAX);
	for (size_t i = 0; i < p->text.n; i++) /* every byte is there to be read */
		sum ^= p->text.p[i];
	for (size_t i = 0; i < p->name.n; i++)
		sum ^= p->name.p[i];
	(void)sum;
	if (p->kind == EXTRACT_FIELD) {
		assert(p->text.n && p->role >= 0 && p->role < PERSON_ROLES_N && p->who >= 0 && p->who <= PERSON_ANYBODY);
		assert(slice_trim(p->text).n == p->text.n);
	}
	if (x->utf8 || x->fields)
		assert((utf8_valid(p->text) || (!x->utf8 && p->kind == EXTRACT_TEXT)) && utf8_valid(p->name) && utf8_valid(p->member));
	x->pieces++;
	return --x->left ? 0 : err_set(e, ERR_DENIED, NULL, "enough");
}

static void extract_fuzz_trouble(void *arg, const struct extract_trouble *t)
{
	assert(t->why[0] && strnlen(t->why, sizeof t->why) < sizeof t->why);
}

static inline int extract_fuzz(extract_reader *reader, struct slice file, bool fields, bool utf8)
{
	struct extract_limits l;
	struct err e = {0};
	size_t stop = file.n ? 1 + (size_t)file.p[file.n - 1] * 7 : 1;
	for (int run = 0; run < 2; run++) {
		struct extract_fuzz x = {.left = run ? stop : SIZE_MAX, .fields = fields, .utf8 = utf8};
		extract_limits_default(&l);
		struct extract_out o = {.fn = extract_fuzz_take, .trouble = extract_fuzz_trouble, .arg = &x, .limits = &l};
		int r = reader(file, &o, &e);
		assert(r == (x.left ? 0 : ERR_DENIED)); /* nothing in a file is an error, and the taker's code comes back */
	}
	return 0;
}

#endif
