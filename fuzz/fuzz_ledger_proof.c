/* Texts that come from outside to be checked: checkpoints, tlog-proofs, and the hashes in them. */
#include "ledger_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of(data, size), note;
	struct tlog_checkpoint k, again;
	struct buf hashes, text;
	uint64_t index;
	buf_init(&hashes, 1 << 16);
	buf_init(&text, 1 << 16);
	if (tlog_checkpoint_parse(all, &k, NULL) == 0) {
		tlog_checkpoint_put(&text, &k);
		assert(buf_ok(&text) && text.n <= size && !memcmp(text.p, data, text.n)); /* one checkpoint, one text */
		assert(tlog_checkpoint_parse(buf_slice(&text), &again, NULL) == 0 && again.size == k.size);
	}
	if (tlog_proof_parse(all, &index, &hashes, &note, NULL) == 0) {
		static const uint8_t leaf[SEAL_HASH] = {1};
		assert(hashes.n % SEAL_HASH == 0 && note.n <= size);
		if (tlog_checkpoint_parse(note, &k, NULL) == 0) {
			(void)tlog_inclusion_ok(index, k.size, leaf, buf_slice(&hashes), k.root);
			(void)tlog_consistency_ok(index, leaf, k.size, k.root, buf_slice(&hashes));
		}
	}
	if (size > 16) { /* the checks themselves, on any numbers and hashes */
		struct cur c = cur_of(all);
		uint64_t a = cur_u64be(&c), b = cur_u64be(&c);
		struct slice rest = cur_take(&c, cur_left(&c) / SEAL_HASH * SEAL_HASH);
		static const uint8_t root[SEAL_HASH] = {2}, other[SEAL_HASH] = {3};
		assert(!tlog_inclusion_ok(a, b, root, rest, other)); /* no path of chance leads to a root of chance */
		assert(!tlog_consistency_ok(a, root, b, other, rest));
	}
	buf_done(&hashes);
	buf_done(&text);
	return 0;
}
