/* The body of an entry of kind ecg: its line and the files behind it. What can be read can be written again, and says the same. */
#include "ecg.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	static struct buf out;
	static struct ecg_body b, again;
	const struct ecg_sent none = {.via = SLICE("upload")};
	struct err e;
	if (!a) {
		a = arena_new((size_t)16 << 20);
		buf_init(&out, (size_t)16 << 20);
	}
	arena_reset(a);
	buf_reset(&out);
	e.text[0] = 0;
	if (ecg_body_read(slice_of(data, size), a, &b, &e) < 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	if (ecg_body_put(&none, &b, &out, &e) < 0)
		return 0;
	if (ecg_body_read(buf_slice(&out), a, &again, &e) < 0 || again.files != b.files)
		abort();
	for (size_t i = 0; i < b.files; i++)
		if (!slice_eq(again.file[i], b.file[i]) || !slice_eq(again.name[i], b.name[i]))
			abort();
	return 0;
}
