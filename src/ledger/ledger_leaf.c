/* The leaf: what an auditor sees of an entry. Bytes, all numbers big-endian:
 *
 *   0   1  version, 0x01
 *   1   1  kind
 *   2   1  flags
 *   3   8  receive time, nanoseconds since 1970 UTC, at most 2^63 - 1
 *   11  8  size of the body in bytes
 *   19 32  commitment: SHA-256(salt || body), the salt 32 random bytes that lie with the body
 *   51  1  n: length of the source, 1..64
 *   52  n  source: printable ASCII without blanks
 *
 * Valid if and only if exactly these bytes. Size and kind of a body are public by this; its content is not: without the salt even a guessed
 * body cannot be tested against the commitment.
 */
#include "ledger_internal.h"

const char *ledger_kind_name(uint8_t kind)
{
	switch (kind) {
#define X(n, id, name) \
	case n:            \
		return name;
		LEDGER_KINDS(X)
#undef X
	default:
		return "unknown";
	}
}

int ledger_kind_parse(struct slice name)
{
#define X(n, id, text)            \
	if (slice_eq_str(name, text)) \
		return n;
	LEDGER_KINDS(X)
#undef X
	return -1;
}

bool ledger_source_ok(struct slice s)
{
	if (s.n < 1 || s.n > LEDGER_SOURCE_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
			return false;
	return true;
}

size_t ledger_leaf_encode(const struct ledger_leaf *l, uint8_t out[LEDGER_LEAF_MAX])
{
	size_t n = strlen(l->source);
	assert(ledger_source_ok(slice_of(l->source, n)) && l->time >= 0);
	out[0] = LEAF_VERSION;
	out[1] = l->kind;
	out[2] = l->flags;
	put_u64(out + 3, (uint64_t)l->time);
	put_u64(out + 11, l->size);
	memcpy(out + 19, l->commit, SEAL_HASH);
	out[51] = (uint8_t)n;
	memcpy(out + LEAF_FIXED, l->source, n);
	return LEAF_FIXED + n;
}

int ledger_leaf_decode(struct slice s, struct ledger_leaf *ret, struct err *e)
{
	struct cur c = cur_of(s);
	struct ledger_leaf l = {0};
	uint8_t version = cur_u8(&c);
	l.kind = cur_u8(&c);
	l.flags = cur_u8(&c);
	uint64_t time = cur_u64be(&c);
	l.size = cur_u64be(&c);
	struct slice commit = cur_take(&c, SEAL_HASH);
	struct slice source = cur_take(&c, cur_u8(&c));
	if (!cur_done(&c))
		return err_set(e, ERR_CORRUPT, NULL, "a leaf of %zu bytes ends in the wrong place", s.n);
	if (version != LEAF_VERSION)
		return err_set(e, ERR_CORRUPT, NULL, "a leaf of version %u, which this program does not know", version);
	if (time > INT64_MAX || !ledger_source_ok(source))
		return err_set(e, ERR_CORRUPT, NULL, "a leaf whose time or source is impossible");
	l.time = (int64_t)time;
	memcpy(l.commit, commit.p, SEAL_HASH);
	memcpy(l.source, source.p, source.n);
	*ret = l;
	return 0;
}

void ledger_commitment(const uint8_t salt[32], struct slice body, struct seal_sha256 *h, uint8_t out[SEAL_HASH])
{
	seal_sha256_begin(h);
	seal_sha256_add(h, slice_of(salt, 32));
	seal_sha256_add(h, body);
	seal_sha256_end(h, out);
}
