/* The note of a transfer: its text, its key, its one spelling.
 *
 * The text is these lines, each once and in this order, each ended by LF, and nothing else; numbers without leading zeros, times as 2026-11-22T03:12:00Z:
 *   holdfast-transfer-v1
 *   key NAME+HEX8+BASE64           the log's verifier key, as in SITE/ledger/vkey
 *   id T4711
 *   made TIME
 *   until TIME                     later than made, by at most TRANSFER_HOURS_MAX hours
 *   entries N                      the files show entries [0, N)
 *   bytes N                        of manifest.json
 *   sha256 HEX                     of manifest.json, lower case
 * A text is read by making it again of what was read: what differs is no such text. Exactly one signature follows. */
#include "transfer_internal.h"

#include <inttypes.h>
#include <stdio.h>

int transfer_bad(struct err *e, const char *why)
{
	return err_set(e, ERR_INPUT, NULL, "this is no transfer, or not a whole one: %s", why);
}

int transfer_changed(struct err *e, const char *why)
{
	return err_set(e, ERR_CRYPTO, NULL, "this transfer was changed after it was made: %s", why);
}

void transfer_id_put(uint64_t entry, char ret[TRANSFER_ID_MAX])
{
	snprintf(ret, TRANSFER_ID_MAX, "T%" PRIu64, entry);
}

int transfer_id_get(struct slice text, uint64_t *ret, struct err *e)
{
	struct slice s = slice_trim(text);
	if (s.n < 2 || s.n >= TRANSFER_ID_MAX || (s.p[0] | 0x20) != 't' || num_u64(slice_of(s.p + 1, s.n - 1), 0, INT64_MAX, ret) < 0)
		return err_set(e, ERR_INPUT, NULL, "a transfer's number reads T and digits, such as T4711; `holdfast transfer list` shows them");
	return 0;
}

int transfer_seal_text(const struct transfer_seal *s, struct buf *ret, struct err *e)
{
	char made[32], until[32], id[TRANSFER_ID_MAX] = "";
	struct note_vkey v;
	uint64_t entry;
	int r = note_vkey_parse(slice_str(s->vkey), &v, e);
	if (r == 0)
		r = transfer_id_get(slice_str(s->id), &entry, e);
	if (r < 0)
		return r;
	transfer_id_put(entry, id);
	if (v.alg != 0x01 || strcmp(id, s->id) != 0)
		return err_set(e, ERR_INPUT, NULL, "the log's name or the transfer's number cannot stand in a note");
	if (s->made < 0 || s->until <= s->made || s->until - s->made > TRANSFER_HOURS_MAX * 3600 * TIME_SEC || s->made % TIME_SEC || s->until % TIME_SEC)
		return err_set(e, ERR_INPUT, NULL, "a transfer is valid for at most %d hours", TRANSFER_HOURS_MAX);
	buf_printf(ret, TRANSFER_FIRST_LINE "\nkey %s\nid %s\nmade %s\nuntil %s\nentries %" PRIu64 "\nbytes %" PRIu64 "\nsha256 ", s->vkey, s->id, time_rfc3339(s->made, 0, made), time_rfc3339(s->until, 0, until), s->entries, s->bytes);
	hex_put(ret, slice_of(s->sha256, sizeof s->sha256));
	buf_str(ret, "\n");
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the note of a transfer is too long");
}

static int read_text(struct slice text, struct transfer_seal *s, struct err *e)
{
	struct cur c = cur_of(text);
	AUTO_BUF struct buf again = {0};
	struct err quiet;
	buf_init(&again, 4096);
	if (!slice_eq_str(cur_line(&c), TRANSFER_FIRST_LINE))
		return transfer_bad(e, "its note does not begin with " TRANSFER_FIRST_LINE);
	note_value_text(&c, "key ", s->vkey, sizeof s->vkey);
	note_value_text(&c, "id ", s->id, sizeof s->id);
	bool bad = time_parse(note_value(&c, "made "), 0, &s->made) < 0;
	bad |= time_parse(note_value(&c, "until "), 0, &s->until) < 0;
	bad |= num_u64(note_value(&c, "entries "), 0, INT64_MAX, &s->entries) < 0;
	bad |= num_u64(note_value(&c, "bytes "), 0, TRANSFER_MANIFEST_MAX, &s->bytes) < 0;
	bad |= hex_get(s->sha256, sizeof s->sha256, note_value(&c, "sha256 ")) < 0;
	if (bad || !cur_done(&c) || transfer_seal_text(s, &again, &quiet) < 0 || !slice_eq(buf_slice(&again), text))
		return transfer_bad(e, "its note says something else than a transfer's does");
	return 0;
}

int transfer_note_read(struct slice note, const struct note_vkey *vkey, struct transfer_seal *ret, struct note_vkey *ret_signer, struct err *e)
{
	struct transfer_seal s = {.made = 0};
	struct note_vkey own;
	struct slice text, signed_text;
	/* the text reaches to the last empty line: it has none itself */
	const uint8_t *end = note.n ? memmem(note.p, note.n, "\n\n", 2) : NULL;
	if (!end)
		return transfer_bad(e, "its note has no signature");
	text = slice_of(note.p, (size_t)(end - note.p) + 1);
	int r = read_text(text, &s, e);
	if (r == 0)
		r = note_vkey_parse(slice_str(s.vkey), &own, e);
	if (r < 0)
		return r;
	if (note_verify_alone(note, &own, &signed_text, e) < 0 || !slice_eq(signed_text, text))
		return transfer_changed(e, "its note has another signature than the one by the key that it names, or one that does not fit");
	*ret = s;
	*ret_signer = own;
	if (vkey && !note_vkey_equal(vkey, &own))
		return err_set(e, ERR_NO, NULL, "it is whole, and signed by another key than the one that you named: do not go by it before the sender, called on a number that you know, has read you their key");
	return 0;
}
