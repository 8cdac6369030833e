/* Bodies of entries of kind "sheet", as an old or a foreign ledger holds them: several, one a line. */
#include "ward.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ward_register *r;
	struct slice all = slice_of(data, size);
	struct err e;
	uint64_t entry = 1;
	if (ward_register_new(&r, &e) < 0)
		return 0;
	while (all.n) {
		struct slice line = slice_cut(all, '\n', &all);
		if (ward_register_take(r, entry, (int64_t)entry, line, &e) < 0)
			break;
		entry++;
	}
	for (size_t i = 0; i < ward_register_count(r); i++)
		if (ward_register_find(r, &ward_register_sheet(r, i)->number) != ward_register_sheet(r, i))
			abort();
	ward_register_free(r);
	return 0;
}
