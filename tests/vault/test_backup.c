/* Backups of trees that are easy to get wrong, read back byte by byte. */
#include "vault/vault_test.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

static void small_tree(struct site *s)
{
	put_text(s, "a.txt", "hello\n");
	put_text(s, "a-b.txt", "between\n");
	put_text(s, "empty", "");
	assert_int_equal(mkdir(at(s, "a"), 0750), 0);
	put_text(s, "a/x", "in a folder\n");
	put_text(s, "a/y", "in a folder, too\n");
}

static void first_and_again(void **state)
{
	struct site s;
	(void)state;
	site_new(&s, true);
	small_tree(&s);
	uint8_t *big = random_bytes(3000000, 7);
	put_file(&s, "big", big, 3000000);
	struct vault_snapshot a = back_up(&s);
	assert_int_equal(a.files, 6);
	assert_int_equal(a.dirs, 2);
	assert_int_equal(a.added, 6);
	assert_true(a.whole);
	assert_string_equal(a.verdict, "clean");
	assert_true(a.new_bytes >= 3000000 && a.new_bytes < 3000100);
	assert_int_equal(compare_with_tree(&s, &a), 8);
	struct vault_snapshot b = back_up(&s);
	assert_int_equal(b.files, 6);
	assert_int_equal(b.added + b.changed + b.removed, 0);
	assert_int_equal(b.new_bytes, 0);
	assert_memory_equal(a.root, b.root, sizeof a.root); /* the same tree, the same catalogue, byte for byte */
	put_text(&s, "a/x", "changed\n");
	assert_int_equal(unlink(at(&s, "a-b.txt")), 0);
	put_text(&s, "new", "new\n");
	big[1500000] ^= 1;
	put_file(&s, "big", big, 3000000);
	struct vault_snapshot c = back_up(&s);
	assert_int_equal(c.changed, 2);
	assert_int_equal(c.added, 1);
	assert_int_equal(c.removed, 1);
	assert_true(c.new_bytes < 200000);
	assert_int_equal(compare_with_tree(&s, &c), 8);
	free(big);
	vault_snapshot_done(&a);
	vault_snapshot_done(&b);
	vault_snapshot_done(&c);
	site_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_and_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
