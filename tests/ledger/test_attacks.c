/* Who owns the machine, and even the signing key, cannot rewrite what somebody outside has seen: the three attacks on systemd's journal sealing (CVE-2023-31438, CVE-2023-31439, and
 * deleting it all), each found with a kept checkpoint; and a flipped bit anywhere in what the ledger wrote. */
#include "ledger/ledger_test.h"

static void grow(const struct site *s, uint64_t n, uint64_t salt)
{
	struct ledger *l = open_with(s, small());
	for (uint64_t i = 0; i < n; i++) {
		append(l, ledger_size(l) + salt);
		OK(ledger_commit(l, e));
	}
	OK(ledger_close(l, e));
}

static void copy_of(const struct site *s, const char *name, char to[160])
{
	snprintf(to, 160, "%s-%s", s->path, name);
	copy_tree(s->path, to);
}

/* The folder is put in the place of the site's, as an attacker would. */
static void replace(struct site *s, const char *with)
{
	close(s->fd);
	remove_tree(s->path);
	assert_int_equal(rename(with, s->path), 0);
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->fd >= 0);
}

/* Cut off at an earlier state and carried on: everything is signed and fits, but not with what was seen. */
static void truncate_and_go_on(void **state)
{
	struct site s;
	struct buf kept;
	char early[160];
	site_new(&s);
	grow(&s, 300, 0);
	copy_of(&s, "early", early);
	grow(&s, 400, 0);
	keep_checkpoint(&s, &kept);
	expect_sound(&s);
	replace(&s, early);
	expect_sound(&s); /* alone it cannot be told */
	expect_fault_since(&s, buf_slice(&kept), "the ledger was cut");
	grow(&s, 900, 100000); /* longer than what was seen */
	expect_sound(&s);
	expect_fault_since(&s, buf_slice(&kept), "the ledger was rewritten");
	buf_done(&kept);
	site_done(&s);
}

/* One old entry made another, everything behind it computed anew, and signed with the real key. */
static void rewrite_and_sign(void **state)
{
	struct site s;
	struct buf kept;
	site_new(&s);
	grow(&s, 600, 0);
	keep_checkpoint(&s, &kept);
	grow(&s, 100, 0);

	struct tlog_tree *t = calloc(1, sizeof *t);
	struct ledger_tiles tiles;
	struct ledger *l = open_reader(&s);
	uint64_t size = ledger_size(l);
	char path[512];
	int dirfd = open(site_path(&s, "ledger", path), O_RDONLY | O_DIRECTORY);
	ledger_tiles_init(&tiles, dirfd);
	struct buf bundle;
	buf_init(&bundle, BUNDLE_MAX);
	tlog_tree_init(t);
	for (uint64_t i = 0; i < size; i++) {
		struct ledger_leaf leaf;
		uint8_t bytes[LEDGER_LEAF_MAX], h[32];
		OK(ledger_read_leaf(l, i, &leaf, e));
		if (i == 77)
			leaf.time++; /* "received a nanosecond later" */
		size_t n = ledger_leaf_encode(&leaf, bytes);
		buf_u16be(&bundle, (uint16_t)n);
		buf_add(&bundle, bytes, n);
		tlog_leaf_hash(slice_of(bytes, n), h);
		tlog_tree_add(t, h);
		for (unsigned k = 0; k < t->closed_n; k++)
			OK(ledger_tile_put(dirfd, t->closed[k].level, t->closed[k].index, 256, slice_of(t->closed[k].hash, TILE_BYTES), e));
		if (t->closed_n) {
			OK(ledger_tile_put(dirfd, TILE_ENTRIES, i / 256, 256, buf_slice(&bundle), e));
			buf_reset(&bundle);
		}
		t->closed_n = 0;
	}
	for (int k = 0; k < 2; k++)
		if (t->n[k])
			OK(ledger_tile_put(dirfd, k, size >> (8 * k) >> 8, t->n[k], slice_of(t->hash[k], t->n[k] * 32u), e));
	OK(ledger_tile_put(dirfd, TILE_ENTRIES, size / 256, (unsigned)(size % 256), buf_slice(&bundle), e));
	struct tlog_checkpoint k = {.size = size};
	struct buf text, note;
	buf_init(&text, 4096);
	buf_init(&note, 4096);
	memcpy(k.origin, ORIGIN, sizeof ORIGIN);
	tlog_tree_root(t, k.root);
	tlog_checkpoint_put(&text, &k);
	OK(note_sign(&s.keys.signing, buf_slice(&text), &note, e));
	OK(file_replace(dirfd, "checkpoint", buf_slice(&note), 0644, e));
	ledger_free(l);

	/* tree and signature are in order: only who keeps a checkpoint, or opens the bodies, can tell */
	struct ledger_verify_report rep;
	struct buf faults;
	buf_init(&faults, 1 << 20);
	struct err err = {0};
	struct ledger_verify_options o = {.since = buf_slice(&kept)};
	assert_int_equal(ledger_verify(s.fd, NULL, NULL, &rep, &faults, &err), 0);
	assert_int_equal(ledger_verify(s.fd, NULL, &o, &rep, &faults, &err), ERR_NO);
	assert_non_null(strstr(buf_cstr(&faults), "the ledger was rewritten"));
	expect_fault_since(&s, buf_slice(&kept), "the ledger was rewritten");
	expect_fault(&s, "entry 77 is not what its leaf says");
	buf_done(&faults);
	buf_done(&text);
	buf_done(&note);
	buf_done(&bundle);
	buf_done(&kept);
	ledger_tiles_done(&tiles);
	close(dirfd);
	free(t);
	site_done(&s);
}

static void delete_and_start_anew(void **state)
{
	struct site s, other;
	struct buf kept;
	site_new(&s);
	grow(&s, 300, 0);
	keep_checkpoint(&s, &kept);
	static const char *const folders[] = {"ledger", "wal", "packs"};
	char path[512];
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		remove_tree(site_path(&s, folders[i], path));
	OK(ledger_create(s.fd, &s.keys, e)); /* with the same key */
	expect_sound(&s);
	expect_fault_since(&s, buf_slice(&kept), "the ledger was cut, or made anew");
	grow(&s, 400, 5000);
	expect_fault_since(&s, buf_slice(&kept), "the ledger was rewritten");
	site_new(&other); /* with another key, under the same name */
	grow(&other, 400, 0);
	expect_fault_since(&other, buf_slice(&kept), "not signed by this ledger's key");
	buf_done(&kept);
	site_done(&s);
	site_done(&other);
}

/* ---- bits ---- */

static uint64_t rnd_state = 42;
static uint64_t rnd(uint64_t n)
{
	rnd_state = rnd_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (rnd_state >> 33) % n;
}

/* Flip one bit of a file; it must be found; put it back. */
static void flip(const struct site *s, const char *name, off_t at)
{
	char path[512];
	uint8_t was, now;
	struct ledger_verify_report rep;
	struct buf faults;
	int fd = open(site_path(s, name, path), O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &was, 1, at), 1);
	now = was ^ (uint8_t)(1 << rnd(8));
	assert_int_equal(pwrite(fd, &now, 1, at), 1);
	buf_init(&faults, 1 << 20);
	int r = verify_with(s, (struct ledger_verify_options){.bodies = true}, &rep, &faults);
	if (r != ERR_NO || faults.n == 0)
		print_error("a flipped bit at %s:%lld was not found (%d)\n", name, (long long)at, r);
	assert_int_equal(r, ERR_NO);
	assert_true(faults.n > 0);
	assert_int_equal(pwrite(fd, &was, 1, at), 1);
	buf_done(&faults);
	close(fd);
}

static off_t size_of(const struct site *s, const char *name)
{
	char path[512];
	struct stat st;
	assert_int_equal(stat(site_path(s, name, path), &st), 0);
	return st.st_size;
}

static void flips(const struct site *s, const char *name, int times)
{
	off_t size = size_of(s, name);
	for (int i = 0; i < times; i++)
		flip(s, name, (off_t)rnd((uint64_t)size));
	flip(s, name, 0);
	flip(s, name, size - 1);
}

static void bit_flips(void **state)
{
	struct site s;
	int times = is_long() ? 200 : 12;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 650, 5);
	tick(l);
	fill(l, 20, 5);
	tick(l); /* partial tiles of two sizes */
	uint64_t n = ledger_published(l);
	char level0[TILE_PATH_MAX + 8], level1[TILE_PATH_MAX + 8], bundle[TILE_PATH_MAX + 8], old[TILE_PATH_MAX + 8], name[WAL_NAME_MAX + 8], seg[WAL_NAME_MAX], path[512];
	char *tiles[] = {level0, level1, bundle};
	static const int levels[] = {0, 1, TILE_ENTRIES};
	for (int i = 0; i < 3; i++) {
		memcpy(tiles[i], "ledger/", 8);
		ledger_tile_path(levels[i], n >> (levels[i] == 1 ? 8 : 0) >> 8, ledger_tile_width(levels[i], n >> (levels[i] == 1 ? 8 : 0) >> 8, n), tiles[i] + 7);
	}
	uint64_t used = l->cur->used;
	snprintf(name, sizeof name, "wal/%s", ledger_segment_name(l->cur, seg));
	assert_true(l->packs.n > 0 || l->house.packs.n > 0);
	OK(ledger_close(l, e));
	expect_sound(&s);

	flips(&s, "ledger/vkey", times);
	flips(&s, "ledger/checkpoint", times);
	flips(&s, "ledger/tile/0/000", times);
	flips(&s, "ledger/tile/entries/001", times);
	flips(&s, "packs/care-00000001.age", times);
	flips(&s, "packs/index", times);
	memcpy(old, "ledger/", 8);
	for (int i = 0; i < 3; i++) /* partial tiles that older checkpoints needed, and the ones now */
		if (access(site_path(&s, tiles[i], path), F_OK) == 0)
			flips(&s, tiles[i], times);
		else
			fail_msg("%s is missing", tiles[i]);
	for (int i = 0; i < times; i++) { /* the segment: its first page and every record */
		flip(&s, name, (off_t)rnd(WAL_PAGE));
		flip(&s, name, (off_t)(WAL_PAGE + rnd(used - WAL_PAGE)));
	}
	/* a key of a quarter that does not open any more */
	char key[512], quarter[SITE_PERIOD_MAX];
	site_period_name(PACK_CLASS, time_now(), quarter);
	snprintf(key, sizeof key, "keys/period/%s.age", quarter);
	flips(&s, key, times / 4);
	expect_sound(&s);

	/* whole files gone */
	static const char *const files[] = {"ledger/vkey", "ledger/checkpoint", "ledger/tile/0/001", "ledger/tile/entries/000", "packs/care-00000001.age", "packs/index"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char away[520];
		snprintf(away, sizeof away, "%s.away", site_path(&s, files[i], path));
		assert_int_equal(rename(path, away), 0);
		expect_fault(&s, "");
		assert_int_equal(rename(away, path), 0);
	}
	expect_sound(&s);
	site_done(&s);
}

/* Packs exchanged, a pack nobody names, records of the catalogue exchanged: all of them whole and well sealed. */
static void exchanged(void **state)
{
	struct site s;
	char a[512], b[512], c[512];
	site_new(&s);
	grow(&s, 2500, 0);
	site_path(&s, "packs/care-00000001.age", a);
	site_path(&s, "packs/care-00000002.age", b);
	site_path(&s, "packs/x", c);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(rename(a, c) | rename(b, a) | rename(c, b), 0);
		if (twice == 0)
			expect_fault(&s, "not the file whose SHA-256");
	}
	expect_sound(&s);
	struct ledger *l = open_reader(&s);
	uint64_t n = l->packs.n;
	ledger_free(l);
	snprintf(c, sizeof c, "%s/packs/care-%08" PRIu64 ".age", s.path, n + 3);
	copy_tree(a, c);
	expect_fault(&s, "no entry names");
	unlink(c);
	int fd = open(site_path(&s, "packs/index", c), O_RDWR);
	uint8_t r[2][PACK_RECORD];
	assert_int_equal(pread(fd, r, sizeof r, 0), sizeof r);
	assert_int_equal(pwrite(fd, r[1], PACK_RECORD, 0) + pwrite(fd, r[0], PACK_RECORD, PACK_RECORD), sizeof r);
	expect_fault(&s, "record of pack 1");
	assert_int_equal(pwrite(fd, r, sizeof r, 0), sizeof r);
	assert_int_equal(ftruncate(fd, PACK_RECORD * (off_t)n - 1), 0);
	expect_fault(&s, "packs/index");
	close(fd);
	site_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(truncate_and_go_on), cmocka_unit_test(rewrite_and_sign), cmocka_unit_test(delete_and_start_anew),
	        cmocka_unit_test(bit_flips),          cmocka_unit_test(exchanged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
