/* Bodies of entries: a snapshot's and a pack's. What parses is written again and parses to the same. */
#include "vault_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vault_body b, c;
	struct vault_pack_info p, q;
	struct buf again;
	buf_init(&again, 8 * VAULT_BODY_MAX);
	if (vault_body_parse(slice_of(data, size), &b, NULL) == 0) {
		vault_body_write(&b, &again);
		assert(buf_ok(&again));
		if (again.n <= VAULT_BODY_MAX) {
			assert(vault_body_parse(buf_slice(&again), &c, NULL) == 0);
			assert(c.s.files == b.s.files && c.s.begun == b.s.begun && !strcmp(c.s.source, b.s.source) && slice_eq(buf_slice(&c.list), buf_slice(&b.list)) && !memcmp(c.s.root, b.s.root, SEAL_HASH));
			vault_body_done(&c);
		}
	}
	vault_body_done(&b);
	buf_reset(&again);
	if (vault_pack_body_parse(slice_of(data, size), &p, NULL) == 0) {
		vault_pack_body_write(&p, &again);
		assert(vault_pack_body_parse(buf_slice(&again), &q, NULL) == 0 && !strcmp(p.name, q.name) && p.size == q.size && !memcmp(p.sha256, q.sha256, SEAL_HASH));
	}
	buf_done(&again);
	return 0;
}
