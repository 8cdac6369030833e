/* XLI chunks as they lie in a Sierra file, without the XML and base64 around them. */
#include "sierra_xli.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { MOST = 6000 };
	static uint8_t scratch[2 * MOST];
	static int32_t out[MOST];
	struct cur c = cur_of(slice_of(data, size));
	struct err e = {0};
	size_t n;
	while (cur_left(&c)) {
		size_t before = cur_left(&c);
		if (xli_chunk(&c, scratch, out, MOST, &n, &e) < 0) {
			assert(e.text[0]);
			break;
		}
		assert(n <= MOST && cur_left(&c) < before);
		for (size_t i = 0; i < n; i++)
			assert(out[i] <= 4 * INT16_MAX && out[i] >= -4 * INT16_MAX - 1);
	}
	return 0;
}
