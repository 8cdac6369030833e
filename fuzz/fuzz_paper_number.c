/* Numbers of sheets and their QR codes, as typed or scanned: what is accepted is written again as it was read. */
#include "paper.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct paper_number n, again;
	struct paper_code c, same;
	char number[PAPER_NUMBER_MAX], code[PAPER_CODE_MAX];
	if (paper_number_get(slice_of(data, size), &n, NULL) == 0) {
		paper_number_put(&n, number);
		if (paper_number_get(slice_str(number), &again, NULL) < 0 || again.entry != n.entry || again.sheet != n.sheet)
			abort();
	}
	if (paper_code_get(slice_of(data, size), &c, NULL) == 0) {
		paper_code_put(&c, code);
		if (paper_code_get(slice_str(code), &same, NULL) < 0 || same.kind != c.kind || same.entry != c.entry || same.page != c.page)
			abort();
	}
	return 0;
}
