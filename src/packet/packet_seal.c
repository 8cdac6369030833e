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

static struct slice value_of(struct cur *c, const char *key)
{
	struct slice line = cur_line(c);
	size_t n = strlen(key);
	if (c->failed || line.n <= n || !slice_starts(line, key)) {
		cur_fail(c);
		return SLICE_NULL;
	}
	return slice_of(line.p + n, line.n - n);
}

static void copy(struct cur *c, struct slice s, char *out, size_t size)
{
	if (s.n >= size)
		cur_fail(c);
	else if (s.n)
		memcpy(out, s.p, s.n);
}

static int read_text(struct slice text, struct packet_seal *s, struct err *e)
{
	struct cur c = cur_of(text);
	AUTO_BUF struct buf again = {0};
	struct err quiet;
	buf_init(&again, PACKET_NOTE_MAX);
	if (!slice_eq_str(cur_line(&c), PACKET_FIRST_LINE))
		return no_packet(e, "its note does not begin with " PACKET_FIRST_LINE);
	copy(&c, value_of(&c, "key "), s->vkey, sizeof s->vkey);
	copy(&c, value_of(&c, "unit "), s->unit, sizeof s->unit);
	bool bad = time_parse(value_of(&c, "made "), 0, &s->made) < 0;
	bad |= time_parse(value_of(&c, "until "), 0, &s->until) < 0;
	bad |= num_u64(value_of(&c, "entries "), 0, INT64_MAX, &s->entries) < 0;
	bad |= num_u64(value_of(&c, "bytes "), 0, PACKET_MAX, &s->bytes) < 0;
	bad |= hex_get(s->sha256, sizeof s->sha256, value_of(&c, "sha256 ")) < 0;
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

/* note_verify passes over what other signers wrote. Here there is one signature, in its one spelling: an em dash, the name, the id and the 64 bytes in base64. */
static bool one_signature(struct slice note, struct slice text, const struct note_vkey *v)
{
	struct slice rest, line = slice_cut(slice_of(note.p + text.n + 1, note.n - text.n - 1), '\n', &rest);
	AUTO_BUF struct buf raw = {0};
	buf_init(&raw, 128);
	size_t name = strlen(v->name);
	return rest.p && !rest.n && line.n > 4 + name + 1 && slice_starts(line, "\xe2\x80\x94 ") && !memcmp(line.p + 4, v->name, name) && line.p[4 + name] == ' ' &&
	       base64_get(&raw, slice_of(line.p + 5 + name, line.n - 5 - name)) == 0 && raw.n == 4 + 64;
}

int packet_verify(struct slice file, const struct note_vkey *vkey, struct packet_seal *ret, struct err *e)
{
	struct packet_seal s = {.bytes = 0};
	struct note_vkey own;
	struct slice note, text, signed_text;
	uint64_t mask;
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
	r = note_verify(note, &own, 1, &signed_text, &mask, NULL, e);
	if (r < 0 || !slice_eq(signed_text, text) || !one_signature(note, text, &own))
		return err_set(e, ERR_CRYPTO, NULL, "the signature does not fit: this packet was changed after it was made");
	seal_sha256_once(slice_of(file.p, at), hash);
	if (s.bytes != at || !seal_equal(hash, s.sha256, sizeof hash))
		return err_set(e, ERR_CRYPTO, NULL, "its bytes are not those that were signed: this packet was changed after it was made");
	if (vkey && (vkey->alg != own.alg || vkey->id != own.id || strcmp(vkey->name, own.name) || memcmp(vkey->pub, own.pub, sizeof own.pub)))
		return err_set(e, ERR_NO, NULL, "it is whole, and signed by another key (%.128s): not by the one that you named", own.name);
	*ret = s;
	return 0;
}
