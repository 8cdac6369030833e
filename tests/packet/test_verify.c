/* A packet verifies if and only if no byte of it was changed, added or taken away. */
#include "packet_test.h"

static struct packet_key key;
static struct note_signer maker, stranger;

static int set_up(void **state)
{
	(void)state;
	key_for("MED 1", false, WORDS, &key);
	signer_for("holdfast/st-gabriel", &maker);
	signer_for("holdfast/st-gabriel", &stranger);
	return 0;
}

static void whole(void **state)
{
	(void)state;
	AUTO_BUF struct buf f = {0};
	struct packet_seal s;
	struct err e = {0};
	buf_init(&f, PACKET_MAX);
	small_packet(&key, NULL, &maker, &f);
	assert_int_equal(packet_verify(buf_slice(&f), NULL, &s, &e), 0);
	assert_int_equal(packet_verify(buf_slice(&f), &maker.v, &s, &e), 0);
	assert_string_equal(s.unit, "MED 1");
	assert_int_equal(s.entries, 4711);
	assert_int_equal(s.made, MADE);
	assert_int_equal(packet_verify(buf_slice(&f), &stranger.v, &s, &e), ERR_NO); /* the same name, and another key */
}

static void every_bit(void **state)
{
	(void)state;
	AUTO_BUF struct buf f = {0};
	struct packet_seal s;
	struct err e = {0};
	buf_init(&f, PACKET_MAX);
	small_packet(&key, NULL, &maker, &f);
	for (size_t i = 0; i < f.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			f.p[i] ^= (uint8_t)(1u << bit);
			if (packet_verify(buf_slice(&f), NULL, &s, &e) == 0)
				fail_msg("bit %u of byte %zu is not missed", bit, i);
			f.p[i] ^= (uint8_t)(1u << bit);
		}
	assert_int_equal(packet_verify(buf_slice(&f), NULL, &s, &e), 0);
}

static void every_length(void **state)
{
	(void)state;
	AUTO_BUF struct buf f = {0};
	AUTO_BUF struct buf x = {0};
	struct packet_seal s;
	struct err e = {0};
	buf_init(&f, PACKET_MAX);
	buf_init(&x, PACKET_MAX);
	small_packet(&key, NULL, &maker, &f);
	for (size_t n = 0; n < f.n; n++)
		assert_int_not_equal(packet_verify(slice_of(f.p, n), NULL, &s, &e), 0);
	for (size_t at = 0; at <= f.n; at += at < f.n && at + 900 > f.n ? 1 : 7) { /* a byte put in, before and in the note and behind it */
		buf_reset(&x);
		buf_add(&x, f.p, at);
		buf_str(&x, " ");
		buf_add(&x, f.p + at, f.n - at);
		assert_int_not_equal(packet_verify(buf_slice(&x), NULL, &s, &e), 0);
	}
}

/* What a signed-note reader would pass over is not passed over here: a second signature, also of a stranger; a second note. */
static void what_is_added_to_the_note(void **state)
{
	(void)state;
	AUTO_BUF struct buf f = {0};
	struct packet_seal s;
	struct err e = {0};
	buf_init(&f, PACKET_MAX);
	small_packet(&key, NULL, &maker, &f);
	size_t end = f.n;
	f.n -= strlen(PACKET_NOTE_CLOSE);
	buf_str(&f, "\xe2\x80\x94 other AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" PACKET_NOTE_CLOSE);
	assert_int_not_equal(packet_verify(buf_slice(&f), NULL, &s, &e), 0);
	f.n = end;
	memcpy(f.p + end - strlen(PACKET_NOTE_CLOSE), PACKET_NOTE_CLOSE, strlen(PACKET_NOTE_CLOSE));
	assert_int_equal(packet_verify(buf_slice(&f), NULL, &s, &e), 0);
	sign_as(&stranger, "MED 1", &f); /* another maker signs the whole of it: whole, and theirs */
	assert_int_equal(packet_verify(buf_slice(&f), NULL, &s, &e), 0);
	assert_int_equal(packet_verify(buf_slice(&f), &maker.v, &s, &e), ERR_NO);
}

/* A checkpoint of the same log is no packet's note, and what is signed says for how long. */
static void other_texts(void **state)
{
	(void)state;
	AUTO_BUF struct buf f = {0};
	AUTO_BUF struct buf note = {0};
	struct packet_seal s;
	struct err e = {0};
	buf_init(&f, PACKET_MAX);
	buf_init(&note, 4096);
	buf_str(&f, page);
	assert_int_equal(note_sign(&maker, SLICE("holdfast/st-gabriel\n12\nqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\n"), &note, &e), 0);
	assert_int_equal(packet_end(&f, buf_slice(&note), &e), 0);
	assert_int_equal(packet_verify(buf_slice(&f), NULL, &s, &e), ERR_INPUT);

	AUTO_BUF struct buf text = {0};
	AUTO_BUF struct buf vkey = {0};
	struct packet_seal bad = {.made = MADE, .until = MADE + 25 * 3600 * TIME_SEC, .unit = "MED"};
	buf_init(&text, 4096);
	buf_init(&vkey, 512);
	note_vkey_format(&maker.v, &vkey);
	snprintf(bad.vkey, sizeof bad.vkey, "%s", buf_cstr(&vkey));
	assert_int_equal(packet_seal_text(&bad, &text, &e), ERR_INPUT);
	bad.until = MADE;
	assert_int_equal(packet_seal_text(&bad, &text, &e), ERR_INPUT);
	bad.until = MADE + 3600 * TIME_SEC;
	assert_int_equal(packet_seal_text(&bad, &text, &e), 0);
	snprintf(bad.unit, sizeof bad.unit, "a\nb");
	assert_int_equal(packet_seal_text(&bad, &text, &e), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(every_bit), cmocka_unit_test(every_length), cmocka_unit_test(what_is_added_to_the_note), cmocka_unit_test(other_texts)};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
