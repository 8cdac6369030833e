/* Records of several files in one input: it is cut at each 00 FF 00. The first part is the header; a file that it asks for is the part that the last digit of its name (without .hea) numbers, else the last part. */
#ifndef HOLDFAST_FUZZ_ECG_PARTS_H
#define HOLDFAST_FUZZ_ECG_PARTS_H

#include "ecg.h"

#include <stdlib.h>

struct parts {
	struct slice part[10];
	size_t n;
};

static inline int parts_get(void *arg, struct slice name, struct slice *ret, struct err *e)
{
	const struct parts *p = arg;
	if (!name.n || name.p[0] == '.' || memchr(name.p, '/', name.n) || memchr(name.p, 0, name.n))
		abort(); /* never asked for, says ecg.h */
	size_t n = name.n > 4 && !memcmp(name.p + name.n - 4, ".hea", 4) ? name.n - 4 : name.n;
	uint8_t c = name.p[n - 1];
	size_t i = c >= '1' && c <= '9' ? (size_t)(c - '0') : p->n - 1;
	if (i >= p->n)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no such part");
	*ret = p->part[i];
	return 0;
}

static inline void parts_of(const uint8_t *data, size_t size, struct parts *p)
{
	struct slice rest = slice_of(data, size);
	for (p->n = 0; p->n < ARRAY_LEN(p->part); p->n++) {
		const uint8_t *cut = rest.n && p->n + 1 < ARRAY_LEN(p->part) ? memmem(rest.p, rest.n, "\x00\xff\x00", 3) : NULL;
		p->part[p->n] = cut ? slice_of(rest.p, (size_t)(cut - rest.p)) : rest;
		if (!cut) {
			p->n++;
			break;
		}
		rest = slice_of(cut + 3, (size_t)(rest.p + rest.n - cut) - 3);
	}
}

#endif
