/* doc/recovery-by-hand.md does what it says: its own blocks, taken out of the page, run with age, zstd and python3 on a ledger with packs, a tail, a torn commit and entries newer than
 * the checkpoint. */
#include "ledger/ledger_test.h"

static char folder[] = "/tmp/holdfast-hand-XXXXXX";

/* Every block that stands under a line "<!-- file: NAME -->" becomes that file. */
static int take_blocks(void)
{
	struct buf page, text;
	char name[64] = "", path[512];
	int n = 0;
	bool in = false;
	buf_init(&page, 1 << 20);
	buf_init(&text, 1 << 20);
	OK(file_read(AT_FDCWD, HF_SOURCE_DIR "/doc/recovery-by-hand.md", 1 << 20, &page, e));
	for (struct cur c = cur_of(buf_slice(&page)); cur_left(&c);) {
		struct slice line = cur_line(&c);
		if (slice_starts(line, "<!-- file: ")) {
			snprintf(name, sizeof name, "%.*s", (int)(line.n - 15), (const char *)line.p + 11);
		} else if (in && slice_starts(line, "```")) {
			snprintf(path, sizeof path, "%s/%s", folder, name);
			OK(file_replace(AT_FDCWD, path, buf_slice(&text), 0700, e));
			buf_reset(&text);
			name[0] = 0;
			in = false;
			n++;
		} else if (name[0] && slice_starts(line, "```")) {
			in = true;
		} else if (in) {
			buf_add_slice(&text, line);
			buf_u8(&text, '\n');
		}
	}
	buf_done(&page);
	buf_done(&text);
	return n;
}

static int sh(const char *command)
{
	char all[2048];
	snprintf(all, sizeof all, "cd %s && %s", folder, command);
	const char *argv[] = {"sh", "-c", all, NULL};
	return run(argv, NULL, NULL);
}

static void body_is(uint64_t seq, bool there)
{
	char path[512];
	struct buf got, want;
	snprintf(path, sizeof path, "%s/out/%" PRIu64, folder, seq);
	assert_int_equal(access(path, F_OK) == 0, there);
	if (!there)
		return;
	buf_init(&got, 1 << 20);
	buf_init(&want, 1 << 20);
	OK(file_read(AT_FDCWD, path, 1 << 20, &got, e));
	body_of(seq, &want);
	if (!slice_eq(buf_slice(&got), buf_slice(&want)))
		assert_true(slice_starts(buf_slice(&got), "{\"pack\":")); /* entries about packs are among them */
	buf_done(&got);
	buf_done(&want);
}

static void by_hand(void **state)
{
	struct site s;
	struct ledger_options o = small();
	char command[1024], path[512];
	site_new(&s);
	o.segment_size = 1 << 20;
	struct ledger *l = open_with(&s, o);
	for (int i = 0; i < 6; i++) {
		fill(l, 250, 7);
		tick(l);
	}
	assert_true(l->house.packs.n >= 2);
	fill(l, 20, 3); /* newer than the checkpoint */
	uint64_t n = ledger_durable(l), at = l->cur->used;
	fill(l, 5, 5); /* and this commit will be torn */
	char seg[WAL_NAME_MAX], in_wal[WAL_NAME_MAX + 8];
	snprintf(in_wal, sizeof in_wal, "wal/%s", ledger_segment_name(l->cur, seg));
	ledger_free(l);
	int fd = open(site_path(&s, in_wal, path), O_RDWR);
	assert_int_equal(pwrite(fd, "torn", 4, (off_t)at + 200), 4);
	close(fd);

	static const char *const keys[] = {"site/keys/care.key", "recovery.key"};
	struct buf identity;
	buf_init(&identity, 4096);
	OK(share_join(&s.share, 1, &identity, e)); /* the other way in: the recovery key */
	struct age_identity recovery = {0};
	char line[80];
	assert_int_equal(identity.n, sizeof recovery.secret);
	memcpy(recovery.secret, identity.p, identity.n);
	age_identity_format(&recovery, line);
	snprintf(path, sizeof path, "%s/recovery.key", folder);
	OK(file_replace(AT_FDCWD, path, slice_str(line), 0600, e));
	snprintf(command, sizeof command, "rm -rf site && cp -a %s site", s.path);
	assert_int_equal(sh(command), 0);
	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		snprintf(path, sizeof path, "%s/%s", folder, keys[k]);
		assert_int_equal(access(path, R_OK), 0);
		snprintf(command, sizeof command, "rm -rf out && ./packs.sh site %s > entries && python3 tail.py site %s >> entries && python3 split.py site out < entries > said", keys[k], keys[k]);
		assert_int_equal(sh(command), 0);
		for (uint64_t i = 0; i < n; i++)
			body_is(i, true);
		body_is(n, false); /* the torn commit never was */
		assert_int_equal(sh("grep -q ' 0 do not fit' said && grep -qv '^0 entries' said"), 0);
	}
	/* it does look: a body that was changed after it came out, a record that was damaged */
	assert_int_equal(sh("sed '0,/Glucose/s//Glucosf/' entries > changed && ! python3 split.py site out2 < changed > said && grep -q ' 1 do not fit' said"), 0);
	snprintf(command, sizeof command, "printf x | dd of=site/wal/%s bs=1 seek=%" PRIu64 " conv=notrunc 2>/dev/null && python3 tail.py site site/keys/care.key 2>says >/dev/null && grep -q 'are missing' says", seg,
	         at - 3 * WAL_PAGE + 100);
	assert_int_equal(sh(command), 0);
	buf_done(&identity);
	site_done(&s);
}

int main(void)
{
	static const char *const programs[] = {"age", "zstd", "python3", "awk"};
	const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand)};
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (!have(programs[i])) {
			print_message("skipped: %s is not installed\n", programs[i]);
			return 77;
		}
	if (!mkdtemp(folder))
		return 1;
	int r = 1;
	if (take_blocks() != 9) /* three of them for the vault: tests/scenario/vault.sh */
		print_message("doc/recovery-by-hand.md has other blocks than this test knows\n");
	else
		r = cmocka_run_group_tests(tests, NULL, NULL);
	if (!getenv("HOLDFAST_KEEP"))
		remove_tree(folder);
	return r;
}
