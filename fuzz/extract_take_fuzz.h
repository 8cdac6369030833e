/* extract_fuzz.h, for readers that need an arena and may say of a file that it is too much for it: each piece is held against what a piece promises, and where the taker refuses, its code comes back. */
#ifndef HOLDFAST_EXTRACT_TAKE_FUZZ_H
#define HOLDFAST_EXTRACT_TAKE_FUZZ_H

#include "extract_fuzz.h"

static inline int extract_take_fuzz(extract_reader *reader, struct slice file)
{
	static struct arena *a;
	struct extract_limits l;
	size_t stop = file.n ? 1 + (size_t)file.p[file.n - 1] * 7 : 1;
	extract_limits_default(&l);
	if (!a && !(a = arena_new((size_t)256 << 20)))
		return 0;
	for (int run = 0; run < 2; run++) {
		struct extract_fuzz x = {.left = run ? stop : SIZE_MAX, .fields = true, .utf8 = true};
		struct err e = {0};
		arena_reset(a);
		const struct extract_out o = {.fn = extract_fuzz_take, .trouble = extract_fuzz_trouble, .arg = &x, .member = SLICE(""), .a = a, .limits = &l};
		int r = reader(file, &o, &e);
		assert(x.left ? r == 0 || (r == e.code && e.text[0]) : r == ERR_DENIED);
	}
	return 0;
}

#endif
