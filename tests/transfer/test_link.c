/* SMART Health Links: what is in them, and what is refused. (tests/scenario/transfer.sh opens one with another implementation.) */
#include "transfer_test.h"

static const uint8_t key[32] = {1, 2, 3};

static int made(const char *url, const char *label, int64_t expires, struct buf *jwe, struct buf *link)
{
	struct err e = {0};
	const struct transfer_link l = {.url = slice_str(url), .label = slice_str(label), .expires = expires};
	buf_init(jwe, 1 << 20);
	buf_init(link, 1 << 16);
	return transfer_link(&l, key, SLICE("{\"resourceType\":\"Bundle\"}"), jwe, link, &e);
}

static void decoded(struct slice s, struct buf *ret)
{
	AUTO_BUF struct buf plain = {0};
	buf_init(&plain, 1 << 20);
	for (size_t i = 0; i < s.n; i++)
		buf_u8(&plain, s.p[i] == '-' ? '+' : s.p[i] == '_' ? '/' : s.p[i]);
	buf_init(ret, 1 << 20);
	assert_int_equal(base64_get_loose(ret, buf_slice(&plain)), 0);
}

static void parts(void **state)
{
	(void)state;
	AUTO_BUF struct buf jwe = {0}, link = {0}, json = {0}, sealed = {0}, head = {0};
	struct slice rest, header, none, iv, text;
	assert_int_equal(made("https://example.org/x.jwe", "Transfer", 1000 * TIME_SEC, &jwe, &link), 0);
	assert_true(slice_starts(buf_slice(&link), "shlink:/"));
	decoded(slice_of(link.p + 8, link.n - 8), &json);
	assert_string_equal(buf_cstr(&json), "{\"url\":\"https://example.org/x.jwe\",\"exp\":1000,\"flag\":\"U\",\"key\":\"AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"label\":\"Transfer\",\"v\":1}");
	header = slice_cut(buf_slice(&jwe), '.', &rest);
	none = slice_cut(rest, '.', &rest);
	iv = slice_cut(rest, '.', &rest);
	text = slice_cut(rest, '.', &rest);
	assert_int_equal(none.n, 0);
	assert_int_equal(iv.n, 16);
	decoded(header, &head);
	assert_string_equal(buf_cstr(&head), "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"cty\":\"application/fhir+json\",\"zip\":\"DEF\"}");
	/* opened with the key, the header as it stands being what is authenticated beside it */
	AUTO_BUF struct buf tag = {0};
	struct err e = {0};
	uint8_t plain[256];
	decoded(text, &sealed);
	decoded(rest, &tag);
	assert_int_equal(tag.n, 16);
	buf_add_slice(&sealed, buf_slice(&tag));
	struct seal_aead *a = seal_aead_new(key);
	assert_int_equal(seal_aead_open(a, 0, header, buf_slice(&sealed), plain, &e), 0);
	sealed.p[0] ^= 1;
	assert_int_equal(seal_aead_open(a, 0, header, buf_slice(&sealed), plain, &e), ERR_CRYPTO);
	seal_aead_free(a);
}

static void refused(void **state)
{
	(void)state;
	char url[200] = "https://example.org/", label[200] = "";
	memset(url + 20, 'a', TRANSFER_LINK_URL_MAX - 20);
	memset(label, 'x', TRANSFER_LINK_LABEL_MAX);
	for (int i = 0; i < 8; i++) {
		AUTO_BUF struct buf jwe = {0}, link = {0};
		static const char *const bad[] = {"http://example.org/x", "https://", "https://exam ple.org/", "https://example.org/\n", "shlink:/x", "https://example.org/\"", "https://example.org/\xc3\xa9", ""};
		assert_int_equal(made(bad[i], "", 0, &jwe, &link), ERR_INPUT);
	}
	AUTO_BUF struct buf jwe = {0}, link = {0}, jwe2 = {0}, link2 = {0}, jwe3 = {0}, link3 = {0};
	assert_int_equal(made(url, label, 0, &jwe, &link), 0);
	url[TRANSFER_LINK_URL_MAX] = 'a';
	assert_int_equal(made(url, label, 0, &jwe2, &link2), ERR_INPUT);
	label[TRANSFER_LINK_LABEL_MAX] = 'x';
	url[TRANSFER_LINK_URL_MAX] = 0;
	assert_int_equal(made(url, label, 0, &jwe3, &link3), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(parts), cmocka_unit_test(refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
