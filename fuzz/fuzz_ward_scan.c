/* Entries of kind scan, as web, a command or an old ledger hands them over: what is accepted is read the same when it is written again, and folds. */
#include "ward.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	AUTO_BUF struct buf b = {0};
	struct ward_scan s, t;
	struct ward_scans *all;
	if (!a || ward_scan_read(slice_of(data, size), false, a, &s, NULL) < 0)
		return 0;
	buf_init(&b, (size_t)16 << 20);
	ward_scan_put(&s, &b);
	if (ward_scan_read(buf_slice(&b), false, a, &t, NULL) < 0 || t.what != s.what || t.why != s.why || t.text_n != s.text_n || !slice_eq(t.id, s.id) || !slice_eq(t.jpeg, s.jpeg) || !slice_eq(t.reason, s.reason))
		abort();
	if (ward_scans_new(&all, NULL) < 0)
		return 0;
	if (ward_scans_take(all, 1, 1, &s, NULL) == 0 && s.what == SCAN_PAGE && (ward_unfiled_count(all) != 1 || ward_unfiled(all, 0)->settled))
		abort();
	ward_scans_free(all);
	return 0;
}
