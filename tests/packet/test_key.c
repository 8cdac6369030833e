/* Words, and keys of units in their files. */
#include "packet_test.h"

#include <fcntl.h>
#include <unistd.h>

static void words(void **state)
{
	(void)state;
	char a[PACKET_WORDS_SIZE], b[PACKET_WORDS_SIZE];
	packet_words(a);
	packet_words(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), PACKET_WORDS_SIZE - 1);
	for (size_t i = 0; i < strlen(a); i++)
		assert_non_null(strchr(i % 6 == 5 ? "-" : i % 6 % 2 ? "aiou" : "bdfghjklmnprstvz", a[i]));
	/* every letter is drawn at every place: 96 bits and not fewer */
	bool seen[6][32] = {{false}};
	for (int n = 0; n < 2000; n++) {
		packet_words(a);
		for (size_t i = 0; i < 5; i++)
			seen[i][a[i] & 31] = true;
	}
	for (size_t i = 0; i < 5; i++) {
		int n = 0;
		for (int k = 0; k < 32; k++)
			n += seen[i][k];
		assert_int_equal(n, i % 2 ? 4 : 16);
	}
}

static void passphrases(void **state)
{
	(void)state;
	struct err e = {0};
	char w[PACKET_WORDS_SIZE];
	packet_words(w);
	assert_int_equal(packet_passphrase_check(slice_str(w), &e), 0);
	assert_int_equal(packet_passphrase_check(SLICE("correct horse battery staple"), &e), 0);
	assert_int_equal(packet_passphrase_check(SLICE("short"), &e), ERR_INPUT);
	assert_int_equal(packet_passphrase_check(SLICE(" blank before it"), &e), ERR_INPUT);
	assert_int_equal(packet_passphrase_check(SLICE("two lines\nof it"), &e), ERR_INPUT);
	assert_int_equal(packet_passphrase_check(SLICE("\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe"), &e), ERR_INPUT);
}

static int count(void *arg, const struct packet_key *k, struct err *e)
{
	(void)e;
	assert_false(k->is_protected);
	++*(int *)arg;
	return 0;
}

static void kept(void **state)
{
	(void)state;
	char dir[] = "/tmp/hf-packet-XXXXXX", name[64];
	struct packet_key k, p, got;
	struct err e = {0};
	int n = 0;
	assert_non_null(mkdtemp(dir));
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(packet_key_load(fd, "3/West", false, &got, &e), ERR_NOT_FOUND);
	e = (struct err){0};
	assert_int_equal(packet_key_each(fd, count, &n, &e), 0);
	assert_int_equal(e.code, 0); /* a site without keys is nothing to be told of: what is said stands on the board */
	key_for("3/West", false, WORDS, &k);
	key_for("3/West", true, "another phrase", &p);
	assert_int_equal(packet_key_save(fd, &k, &e), 0);
	assert_int_equal(packet_key_save(fd, &p, &e), 0);
	assert_int_equal(packet_key_load(fd, "3/West", false, &got, &e), 0);
	assert_memory_equal(got.sealed, k.sealed, k.sealed_n);
	assert_memory_equal(got.to.pub, k.to.pub, 32);
	assert_int_equal(got.made, MADE);
	assert_int_equal(packet_key_load(fd, "3/West", true, &got, &e), 0);
	assert_memory_equal(got.to.pub, p.to.pub, 32);
	assert_int_equal(packet_key_each(fd, count, &n, &e), 0);
	assert_int_equal(n, 1);
	packet_file_name("3/West é", ".html", name, sizeof name);
	assert_string_equal(name, "3%2FWest%20%C3%A9.html");
	/* one unit's key under another's name is refused */
	assert_int_equal(renameat(fd, "packets/keys/3%2FWest.key", fd, "packets/keys/ICU.key"), 0);
	assert_int_equal(packet_key_load(fd, "ICU", false, &got, &e), ERR_CORRUPT);
	close(fd);
	file_remove_tree(AT_FDCWD, dir);
}

static void broken(void **state)
{
	(void)state;
	struct packet_key got;
	struct err e = {0};
	static const char *const texts[] = {"", "{}", "[]", "{\"v\":1}", "{\"v\":1,\"unit\":\"a\",\"protected\":false,\"to\":\"age1xx\",\"sealed\":\"\",\"made\":\"2026-11-23T00:00:00Z\"}",
	                                    "{\"v\":2,\"unit\":\"a\",\"protected\":false,\"to\":\"age1\",\"sealed\":\"AA==\",\"made\":\"2026-11-23T00:00:00Z\"}"};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_not_equal(packet_key_parse(slice_str(texts[i]), &got, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(passphrases), cmocka_unit_test(kept), cmocka_unit_test(broken)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
