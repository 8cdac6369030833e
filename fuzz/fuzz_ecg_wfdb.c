/* WFDB records of several files: the input is cut at each 00 FF 00. The first part is the header; a file that it asks for is the part that the last digit of its name (without .hea) numbers, else the last part. */
#include "fuzz_ecg_text.h"

struct parts {
	struct slice part[10];
	size_t n;
};

static int get(void *arg, struct slice name, struct slice *ret, struct err *e)
{
	const struct parts *p = arg;
	REQUIRE(name.n && name.p[0] != '.' && !memchr(name.p, '/', name.n) && !memchr(name.p, 0, name.n));
	size_t n = name.n > 4 && !memcmp(name.p + name.n - 4, ".hea", 4) ? name.n - 4 : name.n;
	uint8_t c = name.p[n - 1];
	size_t i = c >= '1' && c <= '9' ? (size_t)(c - '0') : p->n - 1;
	if (i >= p->n)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no such part");
	*ret = p->part[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts p = {0};
	struct slice rest = slice_of(data, size);
	const struct ecg_files others = {get, &p};
	for (; p.n < ARRAY_LEN(p.part); p.n++) {
		const uint8_t *cut = rest.n && p.n + 1 < ARRAY_LEN(p.part) ? memmem(rest.p, rest.n, "\x00\xff\x00", 3) : NULL;
		p.part[p.n] = cut ? slice_of(rest.p, (size_t)(cut - rest.p)) : rest;
		if (!cut) {
			p.n++;
			break;
		}
		rest = slice_of(cut + 3, (size_t)(rest.p + rest.n - cut) - 3);
	}
	fuzz_one(p.part[0], SLICE("x.hea"), ECG_WFDB, ECG_WFDB, &others);
	return 0;
}
