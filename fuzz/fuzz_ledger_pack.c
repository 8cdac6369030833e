/* The reader of packs, over the plaintext of the age file: the indexes at its end, the zstd frames, the entries in them; and records of the catalogue. */
#include "ledger_internal.h"

static int from_memory(void *arg, void *out, size_t n, uint64_t offset, struct err *e)
{
	const struct slice *all = arg;
	assert(offset <= all->n && n <= all->n - offset); /* the reader never asks for more than there is */
	memcpy(out, all->p + offset, n);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of(data, size);
	struct ledger_pack *p;
	struct ledger_pack_info info, again;
	struct ledger_entry en;
	if (ledger_pack_new(from_memory, &all, size, &p, NULL) == 0) {
		for (size_t i = 0; i < ledger_pack_frames(p); i++) {
			struct slice text;
			if (ledger_pack_frame(p, i, &text, NULL) < 0)
				continue;
			struct cur c = cur_of(text);
			while (ledger_entry_next(&c, &en, NULL) == 0)
				assert(ledger_pack_find(p, en.seq) < ledger_pack_frames(p));
		}
		ledger_pack_free(p);
	}
	if (ledger_pack_body_parse(all, &info, NULL) == 0) {
		struct buf b;
		buf_init(&b, 1 << 16);
		ledger_pack_body_put(&b, &info);
		assert(ledger_pack_body_parse(buf_slice(&b), &again, NULL) == 0 && !memcmp(&info, &again, sizeof info));
		buf_done(&b);
	}
	(void)!ledger_pack_record_parse(all, 1, &info, &en, NULL);
	return 0;
}
