/* The write-ahead segment as an attacker who owns the disk may have left it: its first page, the key in it, the heads of records, and the text inside a record. */
#include "ledger_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of(data, size);
	struct ledger_segment_head h = {.number = 7, .size = 8192};
	struct ledger_record_head r;
	uint8_t page[WAL_PAGE], key[32], id[WAL_ID] = {0};
	char name[40];
	uint64_t number;
	if (ledger_segment_head_parse(all, &h, NULL) == 0) {
		ledger_segment_head_put(page, &h);
		assert(size == WAL_PAGE && !memcmp(page, data, size));
	}
	memset(&h, 0, sizeof h);
	h.number = 7;
	(void)!ledger_segment_key_parse(all, &h, key, NULL);
	if (size >= 24)
		memcpy(id, data + 8, WAL_ID);
	if (ledger_record_head_parse(all, id, &r)) {
		uint8_t again[WAL_RECORD_HEAD];
		ledger_record_head_put(again, &r);
		assert(!memcmp(again, data, sizeof again));
		assert(ledger_record_size(r.plain) >= (uint64_t)r.plain + WAL_RECORD_HEAD + WAL_TAG);
	}
	if (size && size < sizeof name) {
		memcpy(name, data, size);
		name[size] = 0;
		(void)ledger_segment_name_parse(name, &number);
		(void)ledger_pack_name_parse(name, &number);
	}
	struct cur c = cur_of(all);
	for (;;) {
		struct ledger_entry en;
		uint8_t line[ENTRY_LINE_MAX];
		const uint8_t *from = c.p;
		if (ledger_entry_next(&c, &en, NULL) < 0)
			break;
		size_t n = ledger_entry_line(en.seq, &en.leaf, en.salt, line);
		assert(en.body.p == from + n && !memcmp(line, from, n)); /* one entry, one text */
		assert(c.p == from + n + en.body.n + 1);
	}
	return 0;
}
