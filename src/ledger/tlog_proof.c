/* Proofs: pure functions over hashes and texts. RFC 6962 section 2.1.1 and 2.1.2 say what a proof is; RFC 9162 section 2.1.3.2 and 2.1.4.2 how to
 * check one; C2SP tlog-checkpoint and tlog-proof@v1 how they are written. */
#include "ledger_internal.h"

#include <inttypes.h>

bool tlog_inclusion_ok(uint64_t index, uint64_t size, const uint8_t leaf_hash[SEAL_HASH], struct slice hashes, const uint8_t root[SEAL_HASH])
{
	if (index >= size || hashes.n % SEAL_HASH)
		return false;
	uint64_t fn = index, sn = size - 1;
	uint8_t r[SEAL_HASH];
	memcpy(r, leaf_hash, SEAL_HASH);
	for (size_t i = 0; i < hashes.n; i += SEAL_HASH) {
		const uint8_t *p = hashes.p + i;
		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			tlog_node_hash(p, r, r);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			tlog_node_hash(r, p, r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && seal_equal(r, root, SEAL_HASH);
}

bool tlog_consistency_ok(uint64_t old_size, const uint8_t old_root[SEAL_HASH], uint64_t new_size, const uint8_t new_root[SEAL_HASH], struct slice hashes)
{
	uint8_t fr[SEAL_HASH], sr[SEAL_HASH], empty[SEAL_HASH];
	if (old_size > new_size || hashes.n % SEAL_HASH)
		return false;
	if (old_size == new_size)
		return hashes.n == 0 && seal_equal(old_root, new_root, SEAL_HASH);
	if (old_size == 0) { /* every tree extends the empty one: nothing to prove but that it was empty */
		tlog_fold(NULL, 0, empty);
		return hashes.n == 0 && seal_equal(old_root, empty, SEAL_HASH);
	}
	size_t at = 0;
	if ((old_size & (old_size - 1)) == 0) { /* the old tree is a subtree of the new: its root is not repeated in the proof */
		memcpy(fr, old_root, SEAL_HASH);
	} else {
		if (hashes.n == 0)
			return false;
		memcpy(fr, hashes.p, SEAL_HASH);
		at = SEAL_HASH;
	}
	memcpy(sr, fr, SEAL_HASH);
	uint64_t fn = old_size - 1, sn = new_size - 1;
	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	for (; at < hashes.n; at += SEAL_HASH) {
		const uint8_t *p = hashes.p + at;
		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			tlog_node_hash(p, fr, fr);
			tlog_node_hash(p, sr, sr);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			tlog_node_hash(sr, p, sr);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && seal_equal(fr, old_root, SEAL_HASH) && seal_equal(sr, new_root, SEAL_HASH);
}

/* ---- checkpoint: origin LF size LF base64 root LF ---- */

static int bad_checkpoint(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, "checkpoint", "this is no checkpoint: %s", what);
}

/* Decimal without leading zeros, as these texts demand. */
static bool canonical_u64(struct slice s, uint64_t *ret)
{
	return s.n && (s.n == 1 || s.p[0] != '0') && num_u64(s, 0, UINT64_MAX, ret) == 0;
}

int tlog_checkpoint_parse(struct slice text, struct tlog_checkpoint *ret, struct err *e)
{
	struct cur c = cur_of(text);
	struct tlog_checkpoint k = {0};
	struct slice origin = cur_line(&c), size = cur_line(&c), root = cur_line(&c);
	if (c.failed)
		return bad_checkpoint(e, "it has fewer than three lines");
	if (origin.n == 0 || origin.n > NOTE_NAME_MAX || memchr(origin.p, 0, origin.n) || !utf8_valid(origin))
		return bad_checkpoint(e, "its first line is not a usable origin");
	if (!canonical_u64(size, &k.size))
		return bad_checkpoint(e, "its second line is not a number of entries");
	if (!ledger_base64_32(root, k.root))
		return bad_checkpoint(e, "its third line is not a base64 hash");
	memcpy(k.origin, origin.p, origin.n); /* extension lines may follow: not ours, signed all the same */
	*ret = k;
	return 0;
}

void tlog_checkpoint_put(struct buf *out, const struct tlog_checkpoint *k)
{
	buf_printf(out, "%s\n%" PRIu64 "\n", k->origin, k->size);
	base64_put(out, slice_of(k->root, SEAL_HASH));
	buf_u8(out, '\n');
}

/* ---- tlog-proof@v1 ---- */

#define PROOF_FIRST_LINE "c2sp.org/tlog-proof@v1"
#define PROOF_HASHES_MAX 64 /* a path in a tree of up to 2^64 leaves */

void tlog_proof_put(struct buf *out, uint64_t index, struct slice hashes, struct slice checkpoint_note)
{
	buf_printf(out, PROOF_FIRST_LINE "\nindex %" PRIu64 "\n", index);
	for (size_t i = 0; i < hashes.n; i += SEAL_HASH) {
		base64_put(out, slice_of(hashes.p + i, SEAL_HASH));
		buf_u8(out, '\n');
	}
	buf_u8(out, '\n');
	buf_add_slice(out, checkpoint_note);
}

static int bad_proof(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, "proof", "this is no tlog-proof: %s", what);
}

/* ret_hashes is appended to; *ret_note is a slice of proof. */
int tlog_proof_parse(struct slice proof, uint64_t *ret_index, struct buf *ret_hashes, struct slice *ret_note, struct err *e)
{
	struct cur c = cur_of(proof);
	if (!slice_eq_str(cur_line(&c), PROOF_FIRST_LINE))
		return bad_proof(e, "it does not begin with \"" PROOF_FIRST_LINE "\"");
	struct slice line = cur_line(&c);
	if (slice_starts(line, "extra ")) /* opaque, not authenticated: not used */
		line = cur_line(&c);
	uint64_t index = 0;
	if (!slice_starts(line, "index ") || !canonical_u64(slice_of(line.p + 6, line.n - 6), &index))
		return bad_proof(e, "its index line is missing");
	for (size_t n = 0;; n++) {
		uint8_t h[SEAL_HASH];
		line = cur_line(&c);
		if (c.failed)
			return bad_proof(e, "it ends before its checkpoint");
		if (line.n == 0)
			break;
		if (n == PROOF_HASHES_MAX)
			return bad_proof(e, "it holds more hashes than any tree needs");
		if (!ledger_base64_32(line, h))
			return bad_proof(e, "a line is not a base64 hash");
		buf_add(ret_hashes, h, sizeof h);
	}
	if (!buf_ok(ret_hashes))
		return err_set(e, buf_code(ret_hashes), "proof", "no memory for its hashes");
	*ret_index = index;
	*ret_note = cur_take(&c, cur_left(&c));
	return 0;
}

int ledger_proof_verify(struct slice proof, struct slice leaf, const struct note_vkey *v, struct err *e)
{
	AUTO_BUF struct buf hashes = {0};
	struct slice note, text;
	uint64_t index, mask;
	struct tlog_checkpoint k;
	struct ledger_leaf l;
	uint8_t h[SEAL_HASH];
	buf_init(&hashes, PROOF_HASHES_MAX * SEAL_HASH);
	int r = tlog_proof_parse(proof, &index, &hashes, &note, e);
	if (r < 0)
		return r;
	if ((r = note_verify(note, v, 1, &text, &mask, NULL, e)) < 0)
		return r;
	if ((r = tlog_checkpoint_parse(text, &k, e)) < 0)
		return r;
	if (strcmp(k.origin, v->name))
		return err_set(e, ERR_NO, "proof", "its checkpoint is of another log than the key");
	if ((r = ledger_leaf_decode(leaf, &l, e)) < 0)
		return r;
	tlog_leaf_hash(leaf, h);
	if (!tlog_inclusion_ok(index, k.size, h, buf_slice(&hashes), k.root))
		return err_set(e, ERR_NO, "proof", "this leaf is not entry %" PRIu64 " of the tree that the checkpoint names", index);
	return 0;
}
