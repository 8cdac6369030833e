/* The body of an entry of kind ecg, and what follows it: facts of whatever is in it. What can be read can be written again, and says the same. */
#include "ecg.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ecg_body b, again;
	struct facts f;
	struct err e = {0};
	AUTO_BUF struct buf out = {0};
	struct arena *a = arena_new((size_t)64 << 20);
	if (!a)
		return 0;
	facts_init(&f, a);
	ecg_facts(slice_of(data, size), &f);
	if (ecg_body_read(slice_of(data, size), a, &b, &e) == 0) {
		struct ecg_sent none = {.via = SLICE("upload")};
		buf_init(&out, (size_t)16 << 20);
		if (ecg_body_put(&none, &b, &out, &e) == 0) {
			if (ecg_body_read(buf_slice(&out), a, &again, &e) < 0 || again.files != b.files)
				abort();
			for (size_t i = 0; i < b.files; i++)
				if (!slice_eq(again.file[i], b.file[i]) || !slice_eq(again.name[i], b.name[i]))
					abort();
		}
	}
	arena_free(a);
	return 0;
}
