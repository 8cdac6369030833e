/* Entries of kind retention, a line each, and terms and quarters: whatever they say, the state stays one that can be asked. */
#include "ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger_retain s = {0};
	struct slice rest = slice_of(data, size);
	for (uint64_t seq = 0; rest.n && seq < 64; seq++) {
		struct slice line = slice_cut(rest, '\n', &rest);
		struct retain_keep k;
		uint32_t q;
		char out[16];
		bool may = ledger_retain_may(&s, INT64_C(1900000000000000000), line, NULL) == 0;
		size_t erased = s.erasure_n;
		int r = ledger_retain_take(&s, seq, (int64_t)seq, line, NULL);
		assert(!may || r == 0); /* what may be said is understood */
		if (s.erasure_n > erased)
			assert(ledger_retain_erased(&s, s.erasure[erased].class, s.erasure[erased].quarter) == &s.erasure[erased]);
		if (ledger_keep_parse(line, &k, NULL) == 0) {
			ledger_keep_format(k, out);
			(void)ledger_retain_due(20241, k);
		}
		if (ledger_quarter_parse(line, &q) == 0) {
			ledger_quarter_format(q, out);
			assert(slice_eq_str(line, out));
			(void)ledger_quarter_end(q);
		}
	}
	for (int class = 0; class < RETAIN_CLASSES; class++) {
		(void)ledger_retain_held(&s, class, 20241, NULL, 0);
		(void)ledger_retain_rule(&s, class, "");
	}
	ledger_retain_done(&s);
	return 0;
}
