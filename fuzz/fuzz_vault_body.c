/* Bodies of entries: a snapshot's, a pack's, an operator's word. What parses is written again and parses to the same. */
#include "vault_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vault_body b, c;
	struct vault_pack_info p, q;
	struct buf again;
	struct vault_accepted x, y;
	struct buf roots;
	buf_init(&again, 8 * VAULT_BODY_MAX);
	buf_init(&roots, 8 * VAULT_BODY_MAX);
	if (vault_roots_parse(slice_of(data, size), &roots, NULL) == 0)
		(void)vault_roots_have(buf_slice(&roots), SLICE("/srv/share/file"));
	buf_done(&roots);
	if (vault_accept_parse(slice_of(data, size), &x, NULL) == 0) {
		struct vault_snapshot s = {0};
		vault_snapshot_id(x.seq, s.id);
		memcpy(s.source, x.source, sizeof s.source);
		vault_accept_body(&s, x.by, x.reason, &again);
		assert(buf_ok(&again) && (again.n > VAULT_ACCEPT_MAX || (vault_accept_parse(buf_slice(&again), &y, NULL) == 0 && x.seq == y.seq && !strcmp(x.source, y.source))));
		buf_reset(&again);
	}
	if (vault_body_parse(slice_of(data, size), &b, NULL) == 0) {
		x = (struct vault_accepted){.reason = "fuzz"};
		memcpy(x.source, b.s.source, sizeof x.source);
		c = b;
		assert(vault_accept_apply(&x, &b, NULL) == 0 && (b.s.accepted || !strcmp(c.s.verdict, "clean")));
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
