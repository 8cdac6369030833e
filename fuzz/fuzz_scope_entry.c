/* Any bytes as the entries of a case, one behind each LF: what can be read is written again and reads the same; folding never fails for what an entry says. */
#include "scope.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct scope_act *a, const struct scope_act *b)
{
	if (a->what != b->what || !slice_eq(a->name, b->name) || !slice_eq(a->by, b->by) || !slice_eq(a->file, b->file) || !slice_eq(a->subject, b->subject) || !slice_eq(a->text, b->text) || a->parts != b->parts || a->same != b->same)
		return false;
	for (uint32_t i = 0; i < a->parts; i++)
		if (a->part[i] != b->part[i])
			return false;
	return slice_eq(a->a, b->a) && slice_eq(a->b, b->b) && a->size == b->size && a->reference == b->reference;
}

static void again(struct slice body)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	AUTO_BUF struct buf b = {0};
	struct scope_act x, y;
	struct err e = {0};
	assert(a);
	buf_init(&b, (size_t)4 << 20);
	if (scope_act_get(body, a, &x, &e) < 0 || scope_act_put(&x, &b, &e) < 0)
		return;
	assert(scope_act_get(buf_slice(&b), a, &y, &e) == 0 && same(&x, &y));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scope_case *c = scope_case_new(SLICE("c1"), (size_t)8 << 20);
	uint64_t unreadable = 0, entry = 0;
	assert(c);
	for (struct slice rest = slice_of(data, size); rest.p;) {
		struct slice line = slice_cut(rest, '\n', &rest);
		struct err e = {0};
		entry++;
		int r = scope_case_add(c, entry, (int64_t)entry, line, &unreadable, &e);
		assert(r == 0 || r == ERR_EXISTS || r == ERR_LIMIT);
		again(line);
	}
	assert(scope_case_exists(c) || (!c->input_n && !c->word_n && !c->run_n));
	for (int i = 0; scope_factor(i); i++)
		(void)scope_case_factor(c, scope_factor(i));
	scope_case_free(c);
	return 0;
}
