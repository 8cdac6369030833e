/* Any bytes as a list of persons (before the first line of dashes) and as text and fields (after it): nothing leaves its bounds, and the same bytes give the same hits twice. */
#include "find.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	uint64_t n, hash;
	struct slice all;
};

static int on_hit(void *arg, const struct find_hit *h, struct err *e)
{
	struct sum *s = arg;
	(void)e;
	assert(h->element >= 0 && h->element < PERSON_ELEMENTS_N && h->confidence > 0 && h->confidence < 100 && h->rule[0]);
	assert((h->person == FIND_NOBODY) == (h->id.n == 0));
	assert(h->offset <= s->all.n);
	s->n++;
	s->hash = s->hash * 31 + h->offset * 7 + (uint64_t)h->element + h->person;
	return 0;
}

static int on_stranger(void *arg, const struct find_stranger *x, struct err *e)
{
	(void)arg;
	(void)e;
	assert(x->name.n && x->what[0]);
	return 0;
}

static void search(const struct find_population *p, struct slice text, struct sum *s)
{
	const struct find_options o = {.this_year = 2026, .all = text.n & 1};
	struct err e = {0};
	struct find *f = find_new(p, &o, on_hit, on_stranger, s);
	int r = f ? find_file(f, SLICE("x"), &e) : -1;
	s->all = text;
	if (r == 0)
		r = find_text(f, text, 0, &e);
	if (r == 0)
		r = find_member(f, SLICE("a/b#c"), &e);
	for (struct slice rest = text; r == 0 && rest.n;) { /* each line a field: its first byte the role */
		struct slice line = slice_cut(rest, '\n', &rest);
		if (line.n == 0)
			r = find_record(f, SLICE("a/b#c"), &e);
		else
			r = find_field(f, line.p[0] % PERSON_ROLES_N, line.p[0] / PERSON_ROLES_N % (PERSON_ANYBODY + 1), slice_of(line.p + 1, line.n - 1), (uint64_t)(line.p - text.p), &e);
	}
	if (r == 0)
		r = find_end(f, &e);
	assert(r == 0 || e.code);
	find_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size), list = SLICE_NULL;
	struct err e = {0};
	uint64_t rows;
	if (size > (size_t)1 << 18)
		return 0;
	for (size_t i = 0; i + 5 < size; i++)
		if (memcmp(data + i, "\n---\n", 5) == 0) {
			list = slice_of(data, i + 1);
			text = slice_of(data + i + 5, size - i - 5);
			break;
		}
	struct find_population *p = find_population_new(2026, size & 1);
	bool sealed = p && list.n && find_population_csv(p, list, 1 + (unsigned)(size & 3), &rows, &e) == 0 && find_population_seal(p, 2, &e) == 0;
	struct sum once = {0}, twice = {0};
	search(sealed ? p : NULL, text, &once);
	search(sealed ? p : NULL, text, &twice);
	assert(once.n == twice.n && once.hash == twice.hash);
	find_population_free(p);
	return 0;
}
