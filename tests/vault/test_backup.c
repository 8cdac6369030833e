/* Backups of trees that are easy to get wrong, read back byte by byte. */
#include "backup_internal.h"
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

/* ---- everything that a file system can hold ---- */

static bool has(const char *text, const char *part)
{
	if (!strstr(text, part))
		print_error("%s is not in: %s\n", part, text);
	return strstr(text, part) != NULL;
}

static void odd_nodes(void **state)
{
	struct site s;
	struct buf line;
	char name[300], want[400];
	(void)state;
	site_new(&s, false); /* a file system with extended attributes */
	put_text(&s, "two\nlines", "a name with a line end\n");
	put_text(&s, "blank name,with:all%signs", "x");
	put_text(&s, "bad-\xff\xfe-utf8", "y");
	put_text(&s, "gut-\xc3\xbc-utf8", "z");
	memset(name, 'n', 255);
	name[255] = 0;
	put_text(&s, name, "the longest name");
	assert_int_equal(symlink("../no where\n", at(&s, "link")), 0);
	assert_int_equal(mkfifo(at(&s, "fifo"), 0620) | chmod(at(&s, "fifo"), 0620), 0);
	assert_int_equal(link(at(&s, "gut-\xc3\xbc-utf8"), at(&s, "zweiter-name")), 0);
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	assert_true(strlen(at(&s, "socket")) < sizeof un.sun_path);
	memcpy(un.sun_path, at(&s, "socket"), strlen(at(&s, "socket")) + 1);
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(sock, (void *)&un, sizeof un), 0);
	close(sock);
	bool root = geteuid() == 0 && mknod(at(&s, "null"), S_IFCHR | 0666, 0x103) == 0;
	bool xattr = setxattr(at(&s, "gut-\xc3\xbc-utf8"), "user.note, with: signs", "v\0w", 3, 0) == 0;
	assert_int_equal(chmod(at(&s, "gut-\xc3\xbc-utf8"), 04711), 0);
	struct timespec t[2] = {{5, 1}, {-77, 999999999}};
	assert_int_equal(utimensat(AT_FDCWD, at(&s, "gut-\xc3\xbc-utf8"), t, 0), 0);
	struct vault_snapshot a = back_up(&s);
	assert_true(a.whole);
	assert_int_equal(a.unreadable, 0);
	compare_with_tree(&s, &a);
	const char *text = line_of(&s, &a, at(&s, "two\nlines"), &line);
	assert_true(has(text, "two%0Alines"));
	buf_done(&line);
	text = line_of(&s, &a, at(&s, "bad-\xff\xfe-utf8"), &line);
	assert_true(has(text, "bad-%FF%FE-utf8"));
	buf_done(&line);
	text = line_of(&s, &a, at(&s, "link"), &line);
	assert_true(has(text, " l=../no%20where%0A"));
	buf_done(&line);
	text = line_of(&s, &a, at(&s, "gut-\xc3\xbc-utf8"), &line);
	assert_true(has(text, " 4711 "));
	assert_true(has(text, " -77.999999999 "));
	assert_true(has(text, " n=2"));
	if (xattr)
		assert_true(has(text, " a=user.note%2C%20with%3A%20signs:dgB3"));
	buf_done(&line);
	snprintf(want, sizeof want, " l=%s/gut-\xc3\xbc-utf8", s.tree);
	text = line_of(&s, &a, at(&s, "zweiter-name"), &line);
	assert_true(text[0] == 'h' && has(text, want));
	buf_done(&line);
	text = line_of(&s, &a, at(&s, "fifo"), &line);
	assert_true(text[0] == 'p' && has(text, " 0620 "));
	buf_done(&line);
	text = line_of(&s, &a, at(&s, "socket"), &line);
	assert_true(text[0] == 's');
	buf_done(&line);
	if (root) {
		text = line_of(&s, &a, at(&s, "null"), &line);
		assert_true(text[0] == 'c' && has(text, " r=1:3"));
		buf_done(&line);
	}
	vault_snapshot_done(&a);
	site_end(&s);
}

static void sparse_files(void **state)
{
	struct site s;
	struct buf line;
	(void)state;
	site_new(&s, false);
	int fd = open(at(&s, "disk"), O_RDWR | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, INT64_C(100) << 30), 0);
	assert_int_equal(pwrite(fd, "begin", 5, 0), 5);
	assert_int_equal(pwrite(fd, "middle", 6, INT64_C(50) << 30), 6);
	assert_int_equal(close(fd), 0);
	int64_t from = time_monotonic();
	struct vault_snapshot a = back_up(&s);
	assert_true(time_monotonic() - from < 20 * TIME_SEC);
	assert_int_equal(a.bytes, INT64_C(100) << 30);
	assert_true(a.new_bytes < 1 << 20);
	const char *text = line_of(&s, &a, at(&s, "disk"), &line);
	assert_true(has(text, " 107374182400 "));
	assert_true(has(text, ",0:0+"));
	struct vault_line l;
	struct buf scratch;
	buf_init(&scratch, 2 * VAULT_LINE_MAX);
	OK(vault_line_parse(slice_str(text), &scratch, &l, e));
	struct vault *v = open_vault_of(&s);
	struct vault_extent x;
	uint64_t at_ = 0;
	bool middle = false;
	while (vault_extent_next(&l.extents, &x) > 0) {
		if (x.pack && at_ <= UINT64_C(50) << 30 && at_ + x.length > UINT64_C(50) << 30) {
			char bytes[6];
			struct vault_extent part = {x.pack, x.offset + (UINT64_C(50) << 30) - at_, 6};
			OK(vault_packs_read(v->contents, VAULT_CONTENT, &part, bytes, e));
			assert_memory_equal(bytes, "middle", 6);
			middle = true;
		}
		at_ += x.length;
	}
	assert_true(middle);
	assert_int_equal(at_, UINT64_C(100) << 30);
	vault_close(v);
	buf_done(&scratch);
	buf_done(&line);
	vault_snapshot_done(&a);
	/* and again: nothing is read */
	settle_one(at(&s, "disk"));
	a = back_up(&s);
	assert_int_equal(a.new_bytes, 0);
	vault_snapshot_done(&a);
	site_end(&s);
}

/* Deeper than the kernel takes a path, and than folders stay open. */
/* Several large files at once, in pieces that different threads read, over more than one pack: the same tree, byte for byte, as with one thread. One has more stretches of data than a piece takes; one ends as
 * it began, so that what it says again lies in a pack that is still on its way to the disk. */
static void large_in_pieces(void **state)
{
	enum { LONG = 44 << 20, AGAIN = 3 << 20 };
	struct site s;
	(void)state;
	site_new(&s, true);
	uint8_t *p = random_bytes(LONG, 11);
	memcpy(p + LONG - AGAIN, p + LONG / 2, AGAIN);
	put_file(&s, "long", p, LONG);
	for (int i = 0; i < 9; i++) {
		char name[] = "middle-0";
		name[7] = (char)('0' + i);
		put_file(&s, name, p + (i << 18), (512 << 10) + (size_t)i * 333333); /* the first is just no large one */
	}
	int fd = open(at(&s, "stretches"), O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	for (int i = 0; i < 700; i++)
		assert_int_equal(pwrite(fd, p + i * 5000, (size_t)(i % 7 ? 4096 : 70000), (off_t)i * 131072), i % 7 ? 4096 : 70000);
	assert_int_equal(ftruncate(fd, 200 << 20), 0);
	close(fd);
	free(p);
	struct vault_snapshot a = back_up(&s), b;
	assert_true(a.whole);
	assert_int_equal(a.files, 11);
	assert_true(a.new_bytes < LONG + (10 << 20) + (AGAIN / 2)); /* what comes twice is stored once, but for the ends of chunks */
	compare_with_tree(&s, &a);
	const char *paths[] = {s.tree};
	struct vault_backup_options o = {.source = "files", .paths = paths, .path_n = 1, .reread_percent = 100, .readers = 1};
	OK(backup_with(&s, &o, &b, e));
	assert_int_equal(b.new_bytes, 0);
	assert_memory_equal(a.root, b.root, sizeof a.root);
	vault_snapshot_done(&a);
	vault_snapshot_done(&b);
	site_end(&s);
}

static void deep_tree(void **state)
{
	struct site s;
	char name[33];
	(void)state;
	site_new(&s, true);
	memset(name, 'd', 32);
	name[32] = 0;
	int fd = open(s.tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 300; i++) {
		int f = openat(fd, i % 2 ? "a" : "z", O_WRONLY | O_CREAT | O_CLOEXEC, 0600); /* before and behind the folder */
		assert_int_equal(write(f, &i, sizeof i), sizeof i);
		close(f);
		assert_int_equal(mkdirat(fd, name, 0700), 0);
		int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
		assert_true(fd >= 0);
	}
	close(fd);
	struct vault_snapshot a = back_up(&s);
	assert_true(a.whole);
	assert_int_equal(a.files, 300);
	assert_int_equal(a.dirs, 301);
	struct vault_snapshot b = back_up(&s);
	assert_memory_equal(a.root, b.root, sizeof a.root);
	vault_snapshot_done(&a);
	vault_snapshot_done(&b);
	site_end(&s);
}

/* Names that are more than memory may hold: sorted in runs, merged. */
static void many_names(void **state)
{
	struct site s;
	struct names *n;
	const char *name;
	char last[300] = "";
	int r, count = 0;
	(void)state;
	site_new(&s, true);
	int fd = open(s.tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OK(file_mkdir(s.vaultfd, "new", 0700, e));
	for (int i = 0; i < 3000; i++) {
		char what[300];
		snprintf(what, sizeof what, "%x-%0*d", (unsigned)i * 2654435761U, 1 + i % 240, i);
		close(openat(fd, what, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	for (size_t memory = 1000; memory < 4000000; memory *= 15) {
		count = 0;
		last[0] = 0;
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		OK(names_read(fd, s.vaultfd, memory, &n, e));
		while ((r = names_next(n, &name, NULL)) > 0) {
			assert_true(strcmp(last, name) < 0);
			snprintf(last, sizeof last, "%s", name);
			count++;
		}
		assert_int_equal(r, 0);
		assert_int_equal(count, 3000);
		names_free(n);
	}
	close(fd);
	site_end(&s);
}

/* ---- what changes, what cannot be read, what is left out ---- */

struct told {
	int n;
	char last[512];
};

static void tell(void *arg, const char *sentence)
{
	struct told *t = arg;
	t->n++;
	snprintf(t->last, sizeof t->last, "%s", sentence);
}

static void left_out(void **state)
{
	struct site s;
	struct buf line;
	(void)state;
	site_new(&s, true);
	small_tree(&s);
	const char *paths[] = {s.path, s.tree, at(&s, "a/x")}, *exclude[] = {"*-b.txt", "tree/a/y"};
	struct vault_backup_options o = {.source = "all", .paths = paths, .path_n = 3, .exclude = exclude, .exclude_n = 2};
	struct vault_snapshot snap;
	OK(backup_with(&s, &o, &snap, e));
	assert_int_equal(snap.files, 3); /* a.txt, empty, a/x: once each, and nothing of the site */
	assert_string_equal(line_of(&s, &snap, at(&s, "a-b.txt"), &line), "");
	buf_done(&line);
	assert_string_equal(line_of(&s, &snap, at(&s, "a/y"), &line), "");
	buf_done(&line);
	assert_true(line_of(&s, &snap, at(&s, "a/x"), &line)[0] == 'f');
	buf_done(&line);
	vault_snapshot_done(&snap);
	/* what is not asked for any more was not deleted */
	const char *fewer[] = {paths[2]};
	o.paths = fewer;
	o.path_n = 1;
	OK(backup_with(&s, &o, &snap, e));
	assert_int_equal(snap.removed, 0);
	assert_true(has(buf_cstr(&snap.reasons), "2 files of the snapshot before were not asked for this time"));
	vault_snapshot_done(&snap);
	o.paths = paths;
	o.path_n = 3;
	const char *more[] = {"*-b.txt", "y", "a.txt"};
	o.exclude = more;
	o.exclude_n = 3;
	OK(backup_with(&s, &o, &snap, e));
	vault_snapshot_done(&snap);
	assert_int_equal(unlink(at(&s, "empty")), 0);
	OK(backup_with(&s, &o, &snap, e));
	assert_int_equal(snap.removed, 1); /* that one was */
	assert_false(has(buf_cstr(&snap.reasons), "not asked for"));
	vault_snapshot_done(&snap);
	const char *none[] = {"/no/such/place/here"};
	o.paths = none;
	o.path_n = 1;
	FAILS(backup_with(&s, &o, &snap, e), ERR_NOT_FOUND, "none of the paths");
	o.source = "with blank";
	FAILS(backup_with(&s, &o, &snap, e), ERR_USAGE, "name of a source");
	site_end(&s);
}

static void unreadable(void **state)
{
	struct site s;
	struct buf line;
	struct told told = {0};
	(void)state;
	if (geteuid() != 0)
		skip();
	site_new(&s, true);
	small_tree(&s);
	assert_int_equal(chmod(at(&s, "a.txt"), 0) | chmod(at(&s, "a"), 0), 0);
	const char *paths[] = {s.tree};
	struct vault_backup_options o = {.source = "files", .paths = paths, .path_n = 1, .trouble = tell, .arg = &told};
	/* as somebody who may not */
	pid_t child = fork();
	if (child == 0) {
		struct vault_snapshot snap;
		struct err e = {0};
		assert_int_equal(chown(s.path, 65534, 65534) | chmod(s.path, 0755), 0);
		char cmd[160];
		snprintf(cmd, sizeof cmd, "%s/site", s.path);
		const char *argv[] = {"chown", "-R", "65534:65534", cmd, NULL};
		pid_t p;
		int st;
		if (posix_spawnp(&p, "chown", NULL, NULL, (char **)(uintptr_t)argv, environ) || waitpid(p, &st, 0) < 0 || st)
			_exit(10);
		if (setgid(65534) || setuid(65534))
			_exit(11);
		if (backup_with(&s, &o, &snap, &e) < 0)
			_exit(12);
		_exit(snap.unreadable == 2 && !snap.whole && told.n == 2 && strstr(told.last, "tree/a") ? 0 : 13);
	}
	int status;
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	struct vault *v = open_vault_of(&s);
	struct vault_snapshot snap;
	OK(vault_find(v, "latest", NULL, 0, &snap, e));
	vault_close(v);
	assert_true(has(line_of(&s, &snap, at(&s, "a.txt"), &line), " s=unreadable"));
	buf_done(&line);
	assert_true(has(line_of(&s, &snap, at(&s, "a"), &line), " s=unreadable"));
	buf_done(&line);
	vault_snapshot_done(&snap);
	site_end(&s);
}

static void torn(void **state)
{
	struct site s;
	struct buf line;
	struct told told = {0};
	(void)state;
	site_new(&s, true);
	uint8_t *p = random_bytes(8 << 20, 3);
	put_file(&s, "log", p, 8 << 20);
	free(p);
	pid_t child = fork();
	if (child == 0) { /* writes all the time */
		int fd = open(at(&s, "log"), O_WRONLY);
		for (;;)
			(void)!pwrite(fd, "x", 1, 77);
	}
	const char *paths[] = {s.tree};
	struct vault_backup_options o = {.source = "files", .paths = paths, .path_n = 1, .trouble = tell, .arg = &told};
	struct vault_snapshot snap;
	bool seen = false;
	for (int i = 0; i < 50 && !seen; i++) { /* the clock that stamps files is coarse */
		OK(backup_with(&s, &o, &snap, e));
		seen = snap.torn == 1;
		if (!seen)
			vault_snapshot_done(&snap);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_true(seen);
	assert_false(snap.whole);
	assert_true(has(told.last, "changed while it was read"));
	assert_true(has(line_of(&s, &snap, at(&s, "log"), &line), " s=torn"));
	buf_done(&line);
	vault_snapshot_done(&snap);
	snap = back_up(&s); /* and the next one reads it again, whatever its times say */
	assert_true(snap.whole);
	assert_int_equal(snap.torn, 0);
	compare_with_tree(&s, &snap);
	vault_snapshot_done(&snap);
	site_end(&s);
}

/* A change that keeps size and modification time is seen by its change time; one that hides from all of it when its turn comes to be read again. */
static void hidden_changes(void **state)
{
	struct site s;
	struct stat st;
	(void)state;
	site_new(&s, true);
	put_text(&s, "container", "secret one");
	assert_int_equal(stat(at(&s, "container"), &st), 0);
	struct vault_snapshot a = back_up(&s);
	vault_snapshot_done(&a);
	int fd = open(at(&s, "container"), O_WRONLY);
	assert_int_equal(pwrite(fd, "SECRET", 6, 0), 6);
	const struct timespec t[2] = {st.st_atim, st.st_mtim};
	assert_int_equal(futimens(fd, t), 0);
	close(fd);
	a = back_up(&s);
	assert_int_equal(a.changed, 1);
	compare_with_tree(&s, &a);
	vault_snapshot_done(&a);
	site_end(&s);
}

/* A file in many pieces takes more than one line; unchanged, it is taken over without being read. */
static void many_extents(void **state)
{
	struct site s;
	struct vault *v;
	struct vault_body body;
	struct vault_cat *cat;
	const struct vault_line *l;
	uint64_t at_ = 0;
	size_t parts = 0, r;
	(void)state;
	site_new(&s, false);
	put_text(&s, "a", "before");
	put_text(&s, "z", "behind");
	int fd = open(at(&s, "pieces"), O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < 6000; i++) {
		uint8_t block[4096];
		fill_random(block, sizeof block, (uint64_t)i * 4096);
		assert_int_equal(pwrite(fd, block, sizeof block, (off_t)i * 8192), sizeof block);
	}
	close(fd);
	struct vault_snapshot a = back_up(&s);
	compare_with_tree(&s, &a);
	sleep(3); /* past the time in which a change time may lie */
	struct vault_snapshot b = back_up(&s); /* reads again what was young, and finds it the same */
	struct vault_snapshot c = back_up(&s); /* reads nothing: the access time says so */
	assert_int_equal(b.new_bytes + c.new_bytes, 0);
	assert_memory_equal(a.root, c.root, sizeof a.root);
	v = open_vault_of(&s);
	OK(vault_body_of(v, &c, &body, e));
	OK(vault_cat_open(v->catalogues, &body, slice_str(at(&s, "pieces")), &cat, e));
	while ((r = (size_t)vault_cat_next(cat, &l, NULL)) == 1) {
		struct slice rest = l->extents;
		struct vault_extent x;
		assert_true(slice_eq_str(l->node.path, at(&s, "pieces")));
		assert_int_equal(vault_cat_file_offset(cat), at_);
		while (vault_extent_next(&rest, &x) > 0)
			at_ += x.length;
		parts += l->node.type == '+';
	}
	assert_int_equal(r, 0);
	assert_true(parts >= 2);
	assert_int_equal(at_, 6000 * 8192 - 4096);
	vault_cat_close(cat);
	vault_body_done(&body);
	vault_close(v);
	vault_snapshot_done(&a);
	vault_snapshot_done(&b);
	vault_snapshot_done(&c);
	site_end(&s);
}

/* ---- a new quarter, lost packs, lost caches ---- */

static void a_new_quarter(void **state)
{
	struct site s;
	(void)state;
	site_new(&s, true);
	small_tree(&s);
	struct vault_snapshot a = back_up(&s);
	s.quarter = "2027Q1";
	struct vault_snapshot b = back_up(&s);
	assert_int_equal(b.changed + b.added + b.removed, 0);
	assert_int_equal(b.new_bytes, a.new_bytes); /* all of it again: a quarter dies as a whole */
	struct vault *v = open_vault_of(&s);
	struct vault_body body;
	struct vault_cat *cat;
	const struct vault_line *l;
	OK(vault_body_of(v, &b, &body, e));
	assert_string_equal(body.files_period, "files-2027Q1");
	OK(vault_cat_open(v->catalogues, &body, SLICE_NULL, &cat, e));
	while (vault_cat_next(cat, &l, NULL) > 0) {
		struct slice rest = l->extents;
		struct vault_extent x;
		while (vault_extent_next(&rest, &x) > 0)
			assert_string_equal(vault_log_string(v->log, vault_log_pack(v->log, VAULT_CONTENT, x.pack)->period), "files-2027Q1");
	}
	vault_cat_close(cat);
	vault_body_done(&body);
	vault_close(v);
	compare_with_tree(&s, &b);
	vault_snapshot_done(&a);
	vault_snapshot_done(&b);
	site_end(&s);
}

static void lost_pack(void **state)
{
	struct site s;
	(void)state;
	site_new(&s, true);
	small_tree(&s);
	struct vault_snapshot a = back_up(&s);
	assert_int_equal(unlinkat(s.vaultfd, "content-00000001.age", 0), 0);
	struct vault_snapshot b = back_up(&s); /* what is gone is stored again */
	assert_int_equal(b.new_bytes, a.new_bytes);
	assert_int_equal(b.changed, 0);
	compare_with_tree(&s, &b);
	vault_snapshot_done(&a);
	vault_snapshot_done(&b);
	site_end(&s);
}

static void lost_index(void **state)
{
	struct site s;
	(void)state;
	site_new(&s, true);
	small_tree(&s);
	uint8_t *big = random_bytes(2000000, 9);
	put_file(&s, "big", big, 2000000);
	struct vault_snapshot a = back_up(&s);
	vault_snapshot_done(&a);
	for (int how = 0; how < 3; how++) {
		int fd = openat(s.vaultfd, "index/site-files-2026Q4.idx", O_RDWR);
		assert_true(fd >= 0);
		if (how == 0)
			assert_int_equal(unlinkat(s.vaultfd, "index/site-files-2026Q4.idx", 0), 0);
		else
			assert_int_equal(pwrite(fd, "damage", 6, how == 1 ? 9 : 4096 + 500), 6);
		close(fd);
		char copy[32];
		snprintf(copy, sizeof copy, "copy-%d", how);
		put_file(&s, copy, big, 2000000); /* known by content, if the index was made again */
		a = back_up(&s);
		if (how < 2)
			assert_true(a.new_bytes < 1000);
		compare_with_tree(&s, &a);
		vault_snapshot_done(&a);
	}
	put_file(&s, "after", big, 2000000);
	a = back_up(&s); /* the damaged page was noticed, and the index made again */
	assert_true(a.new_bytes < 1000);
	vault_snapshot_done(&a);
	free(big);
	site_end(&s);
}

static int no_snapshot(void *arg, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	(void)arg;
	(void)body;
	(void)ret_seq;
	(void)ret_time;
	return err_set(e, ERR_SYSTEM, NULL, "the keeper is gone");
}

/* Killed before its snapshot had an entry: what it stored is used by the next backup, which also tells what lies there, so that a lost index knows it again. */
static void goes_on(void **state)
{
	struct site s;
	struct vault_snapshot snap;
	(void)state;
	site_new(&s, true);
	uint8_t *big = random_bytes(2000000, 11);
	put_file(&s, "big", big, 2000000);
	const char *paths[] = {s.tree};
	struct vault_backup_options o = {.source = "files", .paths = paths, .path_n = 1};
	s.ledger.snapshot = no_snapshot;
	FAILS(backup_with(&s, &o, &snap, e), ERR_SYSTEM, "the keeper is gone");
	site_handles(&s);
	snap = back_up(&s);
	assert_int_equal(snap.new_bytes, 0);
	assert_int_equal(snap.added, 1);
	compare_with_tree(&s, &snap);
	vault_snapshot_done(&snap);
	assert_int_equal(unlinkat(s.vaultfd, "index/site-files-2026Q4.idx", 0), 0);
	put_file(&s, "copy", big, 2000000);
	snap = back_up(&s);
	assert_int_equal(snap.new_bytes, 0);
	compare_with_tree(&s, &snap);
	vault_snapshot_done(&snap);
	free(big);
	site_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_and_again), cmocka_unit_test(odd_nodes), cmocka_unit_test(sparse_files), cmocka_unit_test(large_in_pieces), cmocka_unit_test(deep_tree), cmocka_unit_test(many_names), cmocka_unit_test(left_out), cmocka_unit_test(unreadable), cmocka_unit_test(torn),
		cmocka_unit_test(hidden_changes), cmocka_unit_test(many_extents), cmocka_unit_test(a_new_quarter), cmocka_unit_test(lost_pack), cmocka_unit_test(lost_index), cmocka_unit_test(goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
