/* The note of a packet: its text, and the check of a file against it.
 *
 * The text is these lines, each once and in this order, each ended by LF, and nothing else; numbers without leading zeros, times as 2026-11-22T03:12:00Z:
 *   holdfast-packet-v1
 *   key NAME+HEX8+BASE64           the log's verifier key, as in SITE/ledger/vkey
 *   unit NAME
 *   made TIME
 *   until TIME                     later than made, by at most PACKET_HOURS_MAX hours
 *   entries N                      the pages show entries [0, N)
 *   bytes N                        of the file before the note
 *   sha256 HEX                     of those bytes, lower case
 * A text is read by making it again of what was read: what differs is no such text. So are the signature and the file's end. */
#include "packet_internal.h"

#include <inttypes.h>

int packet_seal_text(const struct packet_seal *s, struct buf *ret, struct err *e)
{
	char made[32], until[32];
	struct note_vkey v;
	int r = packet_unit_check(slice_str(s->unit), e);
	if (r == 0)
		r = note_vkey_parse(slice_str(s->vkey), &v, e);
	if (r < 0)
		return r;
	if (v.alg != 0x01 || memmem(s->vkey, strlen(s->vkey), "-->", 3))
		return err_set(e, ERR_INPUT, NULL, "the log's name cannot stand in a packet");
	if (s->until <= s->made || s->until - s->made > PACKET_HOURS_MAX * 3600 * TIME_SEC || s->made % TIME_SEC || s->until % TIME_SEC)
		return err_set(e, ERR_INPUT, NULL, "a packet is valid for at most %d hours", PACKET_HOURS_MAX);
	buf_printf(ret, PACKET_FIRST_LINE "\nkey %s\nunit %s\nmade %s\nuntil %s\nentries %" PRIu64 "\nbytes %" PRIu64 "\nsha256 ", s->vkey, s->unit, time_rfc3339(s->made, 0, made), time_rfc3339(s->until, 0, until), s->entries, s->bytes);
	hex_put(ret, slice_of(s->sha256, sizeof s->sha256));
	buf_str(ret, "\n");
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the note of a packet is too long");
}

int packet_end(struct buf *file, struct slice note, struct err *e)
{
	buf_str(file, PACKET_NOTE_OPEN);
	buf_add_slice(file, note);
	buf_str(file, PACKET_NOTE_CLOSE);
	return buf_ok(file) ? 0 : err_set(e, buf_code(file), NULL, "a packet would be larger than %zu MiB", PACKET_MAX >> 20);
}

/* ---- checking ---- */

static int no_packet(struct err *e, const char *why)
{
	return err_set(e, ERR_INPUT, NULL, "this is no packet, or not a whole one: %s", why);
}

static int read_text(struct slice text, struct packet_seal *s, struct err *e)
{
	struct cur c = cur_of(text);
	AUTO_BUF struct buf again = {0};
	struct err quiet;
	buf_init(&again, PACKET_NOTE_MAX);
	if (!slice_eq_str(cur_line(&c), PACKET_FIRST_LINE))
		return no_packet(e, "its note does not begin with " PACKET_FIRST_LINE);
	note_value_text(&c, "key ", s->vkey, sizeof s->vkey);
	note_value_text(&c, "unit ", s->unit, sizeof s->unit);
	bool bad = time_parse(note_value(&c, "made "), 0, &s->made) < 0;
	bad |= time_parse(note_value(&c, "until "), 0, &s->until) < 0;
	bad |= num_u64(note_value(&c, "entries "), 0, INT64_MAX, &s->entries) < 0;
	bad |= num_u64(note_value(&c, "bytes "), 0, PACKET_MAX, &s->bytes) < 0;
	bad |= hex_get(s->sha256, sizeof s->sha256, note_value(&c, "sha256 ")) < 0;
	if (bad || !cur_done(&c) || packet_seal_text(s, &again, &quiet) < 0 || !slice_eq(buf_slice(&again), text))
		return no_packet(e, "its note cannot be read");
	return 0;
}

/* Where the note begins: the last place in the file's last bytes that looks like it. */
static int find_note(struct slice file, size_t *ret_at, struct slice *ret_note, struct err *e)
{
	const size_t open = strlen(PACKET_NOTE_OPEN), close = strlen(PACKET_NOTE_CLOSE);
	if (file.n > PACKET_MAX)
		return err_set(e, ERR_LIMIT, NULL, "it is larger than any packet");
	if (file.n < open + close || memcmp(file.p + file.n - close, PACKET_NOTE_CLOSE, close))
		return no_packet(e, "it does not end with a note");
	size_t low = file.n > PACKET_NOTE_MAX ? file.n - PACKET_NOTE_MAX : 0;
	for (size_t at = file.n - open - close + 1; at-- > low;)
		if (!memcmp(file.p + at, PACKET_NOTE_OPEN, open)) {
			*ret_at = at;
			*ret_note = slice_of(file.p + at + open, file.n - at - open - close);
			return 0;
		}
	return no_packet(e, "its note does not begin anywhere");
}

int packet_verify(struct slice file, const struct note_vkey *vkey, struct packet_seal *ret, struct err *e)
{
	struct packet_seal s = {.bytes = 0};
	struct note_vkey own;
	struct slice note, text, signed_text;
	uint8_t hash[SEAL_HASH];
	size_t at;
	int r = find_note(file, &at, &note, e);
	if (r < 0)
		return r;
	const uint8_t *blank = note.n ? memmem(note.p, note.n, "\n\n", 2) : NULL;
	if (!blank)
		return no_packet(e, "its note has no signature");
	text = slice_of(note.p, (size_t)(blank - note.p) + 1);
	r = read_text(text, &s, e);
	if (r == 0)
		r = note_vkey_parse(slice_str(s.vkey), &own, e);
	if (r < 0)
		return r;
	r = note_verify_alone(note, &own, &signed_text, e);
	if (r < 0 || !slice_eq(signed_text, text))
		return err_set(e, ERR_CRYPTO, NULL, "the signature does not fit: this packet was changed after it was made");
	seal_sha256_once(slice_of(file.p, at), hash);
	if (s.bytes != at || !seal_equal(hash, s.sha256, sizeof hash))
		return err_set(e, ERR_CRYPTO, NULL, "its bytes are not those that were signed: this packet was changed after it was made");
	if (vkey && !note_vkey_equal(vkey, &own))
		return err_set(e, ERR_NO, NULL, "it is whole, and signed by another key (%.128s): not by the one that you named", own.name);
	*ret = s;
	return 0;
}
