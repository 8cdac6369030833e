/* A transfer verifies if and only if no byte of it was changed, added or taken away; and nothing that a tar can say beside files is taken for one. */
#include "transfer_test.h"

static void whole(void **state)
{
	(void)state;
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	struct small s;
	struct transfer t;
	struct note_signer stranger;
	struct err e = {0};
	small_make(&s);
	assert_int_equal(transfer_check(buf_slice(&s.tar), &s.key.v, a, &t, NULL, &e), 0);
	assert_int_equal(t.n, 4);
	assert_string_equal(t.about.id, "T4711");
	assert_true(slice_eq_str(t.about.patient.family, "Grey"));
	assert_true(slice_eq_str(t.about.receiver, "University Hospital"));
	assert_int_equal(t.about.until, MADE + 48 * HOUR);
	assert_int_equal(t.about.entry_time, MADE - TIME_SEC);
	assert_true(slice_eq_str(transfer_find(&t, "documents/01-9.txt")->bytes, "a letter"));
	assert_int_equal(transfer_find(&t, "documents/01-9.txt")->entry, 9);
	assert_true(transfer_find(&t, "ips.json")->entry == UINT64_MAX);
	assert_null(transfer_find(&t, "ips.jso"));
	assert_int_equal(checked(buf_slice(&s.tar), NULL), 0);
	assert_int_equal(note_signer_new("holdfast/st-gabriel", &stranger, &e), 0); /* the same name, and another key */
	assert_int_equal(checked(buf_slice(&s.tar), &stranger.v), ERR_NO);
	small_done(&s);
}

static void every_bit(void **state)
{
	(void)state;
	struct small s;
	small_make(&s);
	for (size_t i = 0; i < s.tar.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			s.tar.p[i] ^= (uint8_t)(1u << bit);
			int r = checked(buf_slice(&s.tar), NULL);
			if (r == 0)
				fail_msg("bit %u of byte %zu is not missed", bit, i);
			s.tar.p[i] ^= (uint8_t)(1u << bit);
		}
	assert_int_equal(checked(buf_slice(&s.tar), NULL), 0);
	small_done(&s);
}

static void every_length(void **state)
{
	(void)state;
	struct small s;
	AUTO_BUF struct buf x = {0};
	buf_init(&x, 1 << 20);
	small_make(&s);
	for (size_t n = 0; n < s.tar.n; n++)
		assert_int_not_equal(checked(slice_of(s.tar.p, n), NULL), 0);
	for (size_t at = 0; at <= s.tar.n; at += TAR_BLOCK) { /* a block twice, an empty one put in, one taken out */
		static const uint8_t empty[TAR_BLOCK];
		buf_reset(&x);
		buf_add(&x, s.tar.p, at);
		buf_add(&x, empty, TAR_BLOCK);
		buf_add(&x, s.tar.p + at, s.tar.n - at);
		assert_int_not_equal(checked(buf_slice(&x), NULL), 0);
		if (at == s.tar.n)
			break;
		buf_reset(&x);
		buf_add(&x, s.tar.p, at + TAR_BLOCK);
		buf_add(&x, s.tar.p + at, s.tar.n - at);
		assert_int_not_equal(checked(buf_slice(&x), NULL), 0);
		buf_reset(&x);
		buf_add(&x, s.tar.p, at);
		buf_add(&x, s.tar.p + at + TAR_BLOCK, s.tar.n - at - TAR_BLOCK);
		assert_int_not_equal(checked(buf_slice(&x), NULL), 0);
	}
	small_done(&s);
}

/* Which file it was is said, and that all others are as they were is not called into question. */
static void the_file_is_named(void **state)
{
	(void)state;
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	AUTO_BUF struct buf faults = {0};
	struct small s;
	struct transfer t;
	struct err e = {0};
	buf_init(&faults, 4096);
	small_make(&s);
	uint8_t *at = memmem(s.tar.p, s.tar.n, "%PDF-1.5 short", 14);
	assert_non_null(at);
	at[3] ^= 1;
	assert_int_equal(transfer_check(buf_slice(&s.tar), NULL, a, &t, &faults, &e), ERR_CRYPTO);
	assert_string_equal(buf_cstr(&faults), "summary.pdf: differs from what was signed\n");
	assert_non_null(strstr(e.text, "1 of its 4 files"));
	small_done(&s);
}

/* The maker can sign what they like; what a file of this kind may hold is decided here. */
static void signed_nonsense(void **state)
{
	(void)state;
	static const char *const from_to[][2] = {
		{"documents/01-9.txt", "documents/../9.txt"}, {"documents/01-9.txt", "/ocuments/01-9.txt"}, {"documents/01-9.txt", "documents/.1-9.txt"}, {"documents/01-9.txt", "documents//1-9.txt"}, {"documents/01-9.txt", "documents\\\\1-9.tx"},
		{"\"ips.json\"", "\"manifest.json\""}, {"\"ips.json\"", "\"summary.pdf\""}, {"\"ips.json\"", "\"SUMMARY.PDF\""}, {"\"ips.json\"", "\"ips.js\\u0000n\""}, {"\"bytes\":14", "\"bytes\":-1"}, {"\"bytes\":14", "\"bytes\":134217729"},
		{"\"bytes\":14", "\"bytes\":18446744073709551615"}, {"\"bytes\":14", "\"bytes\":8589934592"}, {"\"version\":1", "\"version\":2"}, {"\"id\":\"T4711\"", "\"id\":\"T4712\""}, {"\"id\":\"T4711\"", "\"id\":\"../x\""},
		{"\"entries\":4711", "\"entries\":4710"}, {"\"files\":[", "\"filez\":["}, {"\"files\":[", "\"files\":{\"a\":["},
	};
	for (size_t i = 0; i < ARRAY_LEN(from_to); i++) {
		AUTO_BUF struct buf was = {0};
		struct small s;
		small_make(&s);
		buf_init(&was, 1 << 20);
		buf_add_slice(&was, buf_slice(&s.manifest));
		const uint8_t *at = memmem(was.p, was.n, from_to[i][0], strlen(from_to[i][0]));
		assert_non_null(at);
		size_t before = (size_t)(at - was.p), n = strlen(from_to[i][0]);
		buf_reset(&s.manifest);
		buf_add(&s.manifest, was.p, before);
		buf_str(&s.manifest, from_to[i][1]);
		buf_add(&s.manifest, was.p + before + n, was.n - before - n);
		small_end(&s);
		if (checked(buf_slice(&s.tar), NULL) == 0)
			fail_msg("%s was taken", from_to[i][1]);
		small_done(&s);
	}
}

/* The file in the tar has another name, or is a link, a folder, a device; the manifest names it as it should be. */
static void what_tar_can_say(void **state)
{
	(void)state;
	struct small s;
	small_make(&s);
	uint8_t *header = memmem(s.tar.p, s.tar.n, "documents/01-9.txt\0", 19); /* behind the manifest, which has it between quotation marks */
	assert_non_null(header);
	uint8_t kept[TAR_BLOCK];
	memcpy(kept, header, TAR_BLOCK);
	for (const char *type = "1234567LKxgSDV"; *type; type++) {
		unsigned sum = 0;
		header[156] = (uint8_t)*type;
		memcpy(header + 157, "/etc/passwd", 11);
		memset(header + 148, ' ', 8);
		for (size_t i = 0; i < TAR_BLOCK; i++)
			sum += header[i];
		snprintf((char *)header + 148, 8, "%06o", sum);
		header[155] = ' ';
		assert_int_equal(checked(buf_slice(&s.tar), NULL), ERR_CRYPTO);
		memcpy(header, kept, TAR_BLOCK);
	}
	assert_int_equal(checked(buf_slice(&s.tar), NULL), 0);
	small_done(&s);
}

static void names(void **state)
{
	(void)state;
	static const char *const good[] = {"a", "ips.json", "README.txt", "ecg/4711.pdf", "ecg/4711/rec_1-2.hea", "documents/01-9.txt"}, *const bad[] = {"", "/a", "a/", "a//b", "../a", "a/../b", "./a", ".a", "a/.b", "-a", "a/-b", "a b", "a\\b", "a/b/c/d", "a\nb", "caf\xc3\xa9", "a:b"};
	char lang[102];
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(transfer_name_ok(slice_str(good[i])));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(transfer_name_ok(slice_str(bad[i])));
	assert_false(transfer_name_ok(SLICE("a\0b")));
	memset(lang, 'a', sizeof lang - 1);
	lang[101] = 0;
	assert_true(transfer_name_ok(slice_of(lang, TRANSFER_NAME_MAX)));
	assert_false(transfer_name_ok(slice_of(lang, TRANSFER_NAME_MAX + 1)));
}

static void not_to_be_made(void **state)
{
	(void)state;
	struct small s;
	struct err e = {0};
	small_init(&s);
	s.files[1].name = SLICE("../summary.pdf");
	assert_int_equal(transfer_manifest(&s.about, s.files, s.n, &s.manifest, &e), ERR_INPUT);
	s.files[1].name = SLICE("IPS.JSON"); /* one file where names have no case */
	buf_reset(&s.manifest);
	assert_int_equal(transfer_manifest(&s.about, s.files, s.n, &s.manifest, &e), ERR_INPUT);
	s.files[1].name = SLICE("manifest.note");
	buf_reset(&s.manifest);
	assert_int_equal(transfer_manifest(&s.about, s.files, s.n, &s.manifest, &e), ERR_INPUT);
	s.seal = (struct transfer_seal){.made = MADE, .until = MADE + (TRANSFER_HOURS_MAX + 1) * HOUR, .id = "T1"};
	snprintf(s.seal.vkey, sizeof s.seal.vkey, "%s", s.vkey);
	assert_int_equal(transfer_seal_text(&s.seal, &s.text, &e), ERR_INPUT);
	s.seal.until = MADE + HOUR;
	assert_int_equal(transfer_seal_text(&s.seal, &s.text, &e), 0);
	snprintf(s.seal.id, sizeof s.seal.id, "T01"); /* has another spelling */
	assert_int_equal(transfer_seal_text(&s.seal, &s.text, &e), ERR_INPUT);
	small_done(&s);
}

/* A checkpoint of the same log, or a packet's note, is no transfer's. */
static void other_notes(void **state)
{
	(void)state;
	struct small s;
	struct err e = {0};
	small_make(&s);
	buf_reset(&s.note);
	buf_reset(&s.tar);
	assert_int_equal(note_sign(&s.key, SLICE("holdfast/st-gabriel\n12\nqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\n"), &s.note, &e), 0);
	assert_int_equal(transfer_tar(MADE, buf_slice(&s.manifest), buf_slice(&s.note), s.files, s.n, &s.tar, &e), 0);
	assert_int_equal(checked(buf_slice(&s.tar), NULL), ERR_INPUT);
	/* a second signature behind the first is no second spelling */
	buf_reset(&s.note);
	buf_reset(&s.tar);
	assert_int_equal(note_sign(&s.key, buf_slice(&s.text), &s.note, &e), 0);
	buf_str(&s.note, "\xe2\x80\x94 other AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	assert_int_equal(transfer_tar(MADE, buf_slice(&s.manifest), buf_slice(&s.note), s.files, s.n, &s.tar, &e), 0);
	assert_int_equal(checked(buf_slice(&s.tar), NULL), ERR_CRYPTO);
	small_done(&s);
}

static void key_files(void **state)
{
	(void)state;
	struct age_identity made, got[TRANSFER_KEYS_MAX];
	AUTO_BUF struct buf text = {0};
	struct err e = {0};
	char line[80];
	size_t n;
	buf_init(&text, 1 << 16);
	age_identity_new(&made);
	age_identity_format(&made, line);
	buf_printf(&text, "# created: 2026-11-22\r\n# public key: age1...\n%s\r\n\n", line);
	assert_int_equal(transfer_identities(buf_slice(&text), got, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_memory_equal(got[0].secret, made.secret, 32);
	buf_str(&text, "AGE-SECRET-KEY-1NONSENSE\n");
	assert_int_not_equal(transfer_identities(buf_slice(&text), got, &n, &e), 0);
	assert_non_null(strstr(e.place, "line 5"));
	assert_int_equal(transfer_identities(SLICE("# nothing\n"), got, &n, &e), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(every_bit), cmocka_unit_test(every_length), cmocka_unit_test(the_file_is_named), cmocka_unit_test(signed_nonsense), cmocka_unit_test(what_tar_can_say),
		cmocka_unit_test(names), cmocka_unit_test(not_to_be_made), cmocka_unit_test(other_notes), cmocka_unit_test(key_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
