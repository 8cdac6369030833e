/* What goes into a packet comes out of it with the words, and without them nothing of it is there. */
#include "packet_test.h"

#include <zlib.h>

static struct packet_key key, second;
static struct note_signer maker;

static int set_up(void **state)
{
	(void)state;
	key_for("3/West", false, WORDS, &key);
	key_for("3/West", true, "second passphrase", &second);
	signer_for("holdfast/st-gabriel", &maker);
	return 0;
}

/* The text between the tags of one script. */
static struct slice inside(struct slice f, const char *tag)
{
	const uint8_t *p = memmem(f.p, f.n, tag, strlen(tag));
	assert_non_null(p);
	p += strlen(tag);
	const uint8_t *q = memmem(p, (size_t)(f.p + f.n - p), "</script>", 9);
	assert_non_null(q);
	return slice_of(p, (size_t)(q - p));
}

static void opened(struct slice f, const char *id, const struct packet_key *k, const char *words, const char *want)
{
	struct err e = {0};
	char tag[80], out[4096];
	AUTO_BUF struct buf secret = {0};
	AUTO_BUF struct buf sealed = {0};
	AUTO_BUF struct buf gz = {0};
	struct age_identity me;
	buf_init(&secret, 256);
	buf_init(&sealed, 1 << 20);
	buf_init(&gz, 1 << 20);
	assert_int_not_equal(age_open_scrypt(SLICE("not these words at all"), 20, slice_of(k->sealed, k->sealed_n), &secret, &e), 0);
	buf_reset(&secret);
	assert_int_equal(age_open_scrypt(slice_str(words), PACKET_SCRYPT_LOG_N, slice_of(k->sealed, k->sealed_n), &secret, &e), 0);
	assert_int_equal(age_identity_parse(buf_slice(&secret), &me, &e), 0);
	snprintf(tag, sizeof tag, "<script type=\"text/plain\" id=\"%s\">", id);
	assert_int_equal(base64_get(&sealed, inside(f, tag)), 0);
	assert_int_equal(age_open(&me, 1, buf_slice(&sealed), &gz, &e), 0);
	z_stream z = {.next_in = gz.p, .avail_in = (uInt)gz.n, .next_out = (Bytef *)out, .avail_out = sizeof out - 1};
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	out[z.total_out] = 0;
	inflateEnd(&z);
	assert_string_equal(out, want);
}

static void both_parts(void **state)
{
	(void)state;
	AUTO_BUF struct buf f = {0};
	buf_init(&f, PACKET_MAX);
	small_packet(&key, &second, &maker, &f);
	opened(buf_slice(&f), "packet-data", &key, WORDS, "/api/census\t{\"patients\":[]}\n/api/patient/p1\t{\"id\":\"p1\"}\n");
	opened(buf_slice(&f), "packet-protected", &second, "second passphrase", "/api/patient/p2\t{\"id\":\"p2\"}\n");
	assert_null(memmem(f.p, f.n, "/api/", 5));
}

/* As a drill opens it: the pages of the unit, and not the protected ones; with other words nothing, and of half a file nothing. */
static void opened_by_ourselves(void **state)
{
	(void)state;
	AUTO_BUF struct buf f = {0};
	AUTO_BUF struct buf pages = {0};
	AUTO_BUF struct buf none = {0};
	struct err e = {0};
	struct slice rest, path, json;
	buf_init(&f, PACKET_MAX);
	buf_init(&pages, 1 << 20);
	buf_init(&none, 1 << 20);
	small_packet(&key, &second, &maker, &f);
	assert_int_equal(packet_open(buf_slice(&f), SLICE(WORDS), &pages, &e), 0);
	rest = buf_slice(&pages);
	assert_true(packet_page_next(&rest, &path, &json));
	assert_true(slice_eq_str(path, "/api/census") && slice_eq_str(json, "{\"patients\":[]}"));
	assert_true(packet_page_next(&rest, &path, &json));
	assert_true(slice_eq_str(path, "/api/patient/p1"));
	assert_false(packet_page_next(&rest, &path, &json));
	assert_int_equal(rest.n, 0);
	assert_int_equal(packet_open(buf_slice(&f), SLICE("not these words at all"), &none, &e), ERR_CRYPTO);
	assert_int_equal(packet_open(slice_of(f.p, f.n / 2), SLICE(WORDS), &none, &e), ERR_INPUT);
	assert_int_equal(packet_open(SLICE("<html>"), SLICE(WORDS), &none, &e), ERR_INPUT);
	assert_int_equal(none.n, 0);
	AUTO_BUF struct buf tight = {0}; /* more pages than whoever asks will take */
	buf_init(&tight, 16);
	assert_int_equal(packet_open(buf_slice(&f), SLICE(WORDS), &tight, &e), ERR_LIMIT);
}

/* A hospital's name cannot end the script that it stands in, nor open a comment. */
static void about_is_safe(void **state)
{
	(void)state;
	AUTO_BUF struct buf f = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct err e = {0};
	buf_init(&f, PACKET_MAX);
	small_packet(&key, NULL, &maker, &f);
	struct slice about = inside(buf_slice(&f), "<script type=\"application/json\" id=\"packet\">");
	assert_null(memchr(about.p, '<', about.n));
	assert_int_equal(json_tree(about, a, &n, &e), 0);
	assert_true(slice_eq_str(json_text(n, "site"), "St </script><!-- Gabriel"));
	assert_true(slice_eq_str(json_text(n, "unit"), "3/West"));
	assert_null(memmem(f.p, f.n, "packet-protected", 16));
}

static void a_large_part(void **state)
{
	(void)state;
	struct packet_part *p;
	struct err e = {0};
	struct slice gz;
	AUTO_BUF struct buf line = {0};
	buf_init(&line, 1 << 20);
	for (int i = 0; i < 20000; i++)
		buf_printf(&line, "{\"n\":%d},", i * 7919);
	assert_int_equal(packet_part_new(&p, &e), 0);
	for (int i = 0; i < 50; i++)
		assert_int_equal(packet_part_add(p, "/x", buf_slice(&line), &e), 0);
	assert_int_equal(packet_part_end(p, &gz, &e), 0);
	AUTO_BUF struct buf out = {0};
	buf_init(&out, 64 << 20);
	z_stream z = {.next_in = (Bytef *)(uintptr_t)gz.p, .avail_in = (uInt)gz.n};
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	int r = Z_OK;
	while (r == Z_OK) {
		z.next_out = buf_space(&out, 65536);
		z.avail_out = 65536;
		r = inflate(&z, Z_NO_FLUSH);
		buf_commit(&out, 65536 - z.avail_out);
	}
	inflateEnd(&z);
	assert_int_equal(r, Z_STREAM_END);
	assert_int_equal(out.n, 50 * (line.n + 4));
	packet_part_free(p);
}

static void without_a_page(void **state)
{
	(void)state;
	AUTO_BUF struct buf f = {0};
	struct packet_part *p;
	struct err e = {0};
	const struct packet_about a = {.unit = "x", .made = MADE, .until = MADE + TIME_SEC};
	buf_init(&f, PACKET_MAX);
	part_of("/x", "1", &p);
	assert_int_equal(packet_write_around(SLICE_NULL, &a, &key, p, NULL, NULL, &f, &e), ERR_NOT_FOUND);
	assert_int_equal(packet_write_around(SLICE("<html>"), &a, &key, p, NULL, NULL, &f, &e), ERR_NOT_FOUND);
	packet_part_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(both_parts), cmocka_unit_test(opened_by_ourselves), cmocka_unit_test(about_is_safe), cmocka_unit_test(a_large_part), cmocka_unit_test(without_a_page)};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
