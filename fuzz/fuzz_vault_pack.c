/* A pack's plaintext: table and frames. The input is sealed first, so that what a reader sees behind age is anything at all; the table alone is tried, too. */
#include "vault_internal.h"

static ssize_t from_buf(void *arg, void *out, size_t n, uint64_t offset, struct err *e)
{
	const struct buf *b = arg;
	size_t left = offset < b->n ? b->n - (size_t)offset : 0;
	(void)e;
	n = n < left ? n : left;
	if (n)
		memcpy(out, b->p + offset, n);
	return (ssize_t)n;
}

static int frame(void *arg, const struct vault_frame *f, struct slice plain, const struct err *bad, struct err *e)
{
	uint64_t *sum = arg;
	(void)e;
	assert(f->plain <= VAULT_FRAME_MAX && (bad || plain.n == f->plain));
	*sum += plain.n;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct age_identity id;
	static const uint8_t secret[32] = {9};
	struct buf file, table;
	struct vault_pack *p;
	uint64_t sum = 0;
	age_identity_of(secret, &id);
	buf_init(&file, size + 4096 + size / 1024);
	buf_init(&table, (VAULT_PACK_FRAMES_MAX + 1) * sizeof(struct vault_frame));
	(void)!vault_table_parse(slice_of(data, size), size, &table, NULL);
	if (age_seal(&id.to, 1, slice_of(data, size), &file, NULL) == 0 && vault_pack_open_source(from_buf, &file, file.n, &id, &p, NULL) == 0) {
		(void)!vault_pack_scan(p, frame, &sum, NULL);
		assert(sum <= vault_pack_plain(p));
		uint64_t plain = vault_pack_plain(p);
		uint8_t out[300];
		for (uint64_t at = 0; at + sizeof(out) < plain; at += plain / 7 + 1)
			(void)!vault_pack_read(p, out, sizeof(out), at, NULL);
		vault_pack_close(p);
	}
	buf_done(&file);
	buf_done(&table);
	return 0;
}
