/* The judge over real files: tests/vault/change_tree makes a folder with sixteen types of files and changes it as attackers, people and programs do; the content checker reads it before and after.
 * Each attack must be named, and looking back must tell every file that was touched and no other; each work must not. Needs python3; gpg and git where they are installed. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "vault_judge_internal.h"

#define TOOL HF_SOURCE_DIR "/tests/vault/change_tree"

struct file {
	char *path; /* below the folder */
	struct vault_trait t;
	uint64_t ino;
	uint8_t sum[SEAL_HASH];
	bool told; /* change_tree says that this is damage: an original, or what took its place */
};
struct tree {
	struct file *f;
	size_t n;
};

/* A share of the stories takes a few seconds; HOLDFAST_JUDGE_ALL=1 tells all of them. */
static bool all(void)
{
	return getenv("HOLDFAST_JUDGE_ALL") != NULL;
}

static char where[200], folder[220];
static struct tree *walking;
static struct content_checker *checker;

/* ---- programs ---- */

static int run(const char *const *argv, const char *out)
{
	posix_spawn_file_actions_t a;
	pid_t pid;
	int status;
	extern char **environ;
	char *args[16];
	size_t n = 0;
	for (; argv[n]; n++)
		assert_non_null(args[n] = strdup(argv[n]));
	args[n] = NULL;
	posix_spawn_file_actions_init(&a);
	posix_spawn_file_actions_addopen(&a, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(posix_spawnp(&pid, args[0], &a, NULL, args, environ), 0);
	posix_spawn_file_actions_destroy(&a);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (size_t i = 0; i < n; i++)
		free(args[i]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* change_tree, its options with blanks between; what it says it did goes to out.txt. */
static int change(const char *options)
{
	char copy[200], out[240];
	const char *argv[16] = {TOOL};
	size_t n = 1;
	snprintf(copy, sizeof copy, "%s", options);
	snprintf(out, sizeof out, "%s/out.txt", where);
	for (char *p = copy, *rest; *p; p = rest) {
		rest = strchrnul(p, ' ');
		if (*rest)
			*rest++ = 0;
		argv[n++] = p;
		if (n == 2)
			argv[n++] = folder;
	}
	int r = run(argv, out);
	if (r != 0 && r != 77)
		fail_msg("change_tree %s: exit %d", options, r);
	return r;
}

/* ---- reading a tree ---- */

static int visit(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	static uint8_t bytes[1 << 16];
	if (kind != FTW_F || strstr(path, "/.made-by-change-tree") || strstr(path, "/out.txt"))
		return 0;
	walking->f = realloc(walking->f, (walking->n + 1) * sizeof *walking->f);
	struct file *f = &walking->f[walking->n++];
	*f = (struct file){.path = strdup(path + strlen(folder) + 1), .ino = st->st_ino};
	int fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	struct seal_sha256 *h = seal_sha256_new();
	seal_sha256_begin(h);
	content_begin(checker, slice_str(path), (uint64_t)st->st_size);
	ssize_t n;
	for (bool first = true; (n = read(fd, bytes, sizeof bytes)) > 0; first = false) {
		if (first && st->st_size <= (off_t)VAULT_NOTE_MAX)
			f->t.onion = vault_note_onion(slice_of(bytes, (size_t)n));
		content_add(checker, slice_of(bytes, (size_t)n));
		seal_sha256_add(h, slice_of(bytes, (size_t)n));
	}
	close(fd);
	seal_sha256_end(h, f->sum);
	seal_sha256_free(h);
	struct content_report r;
	content_end(checker, &r);
	f->t.type = r.type;
	f->t.named = r.named;
	f->t.state = r.state;
	f->t.encrypted = r.encrypted;
	f->t.size = (uint64_t)st->st_size;
	/* with the two or three decimals that a catalogue keeps */
	f->t.entropy = (float)(int)(r.f.entropy * 100) / 100;
	f->t.random_share = r.f.blocks ? (float)(int)(1000 * (double)r.f.random_blocks / (double)r.f.blocks) / 1000 : 0;
	f->t.word_share = (float)(int)(r.f.word_share * 1000) / 1000;
	memcpy(f->t.head, f->sum, 8);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static struct tree read_tree(void)
{
	struct tree t = {0};
	walking = &t;
	assert_int_equal(nftw(folder, visit, 16, FTW_PHYS), 0);
	qsort(t.f, t.n, sizeof *t.f, by_path);
	return t;
}

static void free_tree(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->f[i].path);
	free(t->f);
	*t = (struct tree){0};
}

/* ---- snapshots ---- */

struct source {
	struct tree then, now;
	struct vault_history h;
	struct vault_verdict v;
};

typedef void each_fn(struct source *s, void *arg, struct vault_change *c, struct file *b, struct file *a);
static void each(struct source *s, each_fn *fn, void *arg)
{
	for (size_t i = 0, k = 0; i < s->then.n || k < s->now.n;) {
		int o = i == s->then.n ? 1 : k == s->now.n ? -1 : strcmp(s->then.f[i].path, s->now.f[k].path);
		struct file *b = o <= 0 ? &s->then.f[i++] : NULL, *a = o >= 0 ? &s->now.f[k++] : NULL;
		bool same = a && b && memcmp(a->sum, b->sum, sizeof a->sum) == 0;
		if (same) {
			a->t.marks = b->t.marks;
			a->t.marked = b->t.marked;
		}
		struct vault_change c = {.path = slice_str(a ? a->path : b->path), .what = !b ? '+' : !a ? '-' : same ? '=' : '~', .before = b ? &b->t : NULL, .after = a ? &a->t : NULL,
		                         .ino_before = b ? b->ino : 0, .ino_after = a ? a->ino : 0, .new_bytes = a && !same ? a->t.size : 0};
		fn(s, arg, &c, b, a);
	}
}

static void judge_it(struct source *s, void *arg, struct vault_change *c, struct file *b, struct file *a)
{
	uint8_t marks;
	int64_t marked;
	vault_judge_add(arg, c, &marks, &marked);
	if (a) {
		a->t.marks = marks;
		a->t.marked = marked;
	}
}

static void snapshot(struct source *s)
{
	static const uint8_t key[16] = "for the tables";
	free_tree(&s->then);
	s->then = s->now;
	s->now = read_tree();
	struct vault_judge *j = vault_judge_new(&s->h, key);
	assert_non_null(j);
	each(s, judge_it, j);
	vault_verdict_done(&s->v);
	vault_judge_end(j, &s->v);
	memmove(s->h.past + 1, s->h.past, sizeof s->h.past - sizeof s->h.past[0]);
	s->h.past[0] = (struct vault_past){.time = s->h.now, .files = s->now.n, .changed = j->c.changed, .added = j->c.added, .removed = j->c.removed, .damage = s->v.damage};
	s->h.n += s->h.n < ARRAY_LEN(s->h.past);
	s->h.first = false;
	s->h.now += 3600 * TIME_SEC;
	memcpy(s->h.signs, s->v.signs, sizeof s->h.signs);
	vault_judge_free(j);
}

/* The tree is made once, and copied for each story. */
static void begin(struct source *s)
{
	char master[240];
	snprintf(master, sizeof master, "%s/master", where);
	const char *rm[] = {"rm", "-rf", folder, NULL}, *cp[] = {"cp", "-a", master, folder, NULL}, *mv[] = {"cp", "-a", folder, master, NULL};
	assert_int_equal(run(rm, "/dev/null"), 0);
	if (access(master, F_OK) != 0) {
		assert_int_equal(change("make --files 96"), 0);
		assert_int_equal(run(mv, "/dev/null"), 0);
	} else {
		assert_int_equal(run(cp, "/dev/null"), 0);
	}
	*s = (struct source){.h = {.first = true, .now = INT64_C(1790000000) * TIME_SEC}};
	snapshot(s);
	assert_false(s->v.damage);
	for (size_t i = 0; i < s->now.n; i++) /* what the tool makes is whole */
		if (strncmp(s->now.f[i].path, "share/", 6) == 0 && s->now.f[i].t.state != CONTENT_VALID)
			fail_msg("%s is %s, state %d", s->now.f[i].path, content_type_name(s->now.f[i].t.type), s->now.f[i].t.state);
}

static void end(struct source *s)
{
	free_tree(&s->then);
	free_tree(&s->now);
	vault_verdict_done(&s->v);
}

/* ---- what change_tree told, against what looking back tells ---- */

static struct file *find(struct tree *t, struct slice path)
{
	for (size_t i = 0; i < t->n; i++)
		if (slice_eq_str(path, t->f[i].path))
			return &t->f[i];
	return NULL;
}

static void read_told(struct source *s)
{
	AUTO_BUF struct buf text = {0};
	AUTO_ARENA struct arena *a = arena_new(8 << 20);
	char out[240];
	struct err e;
	buf_init(&text, 4 << 20);
	snprintf(out, sizeof out, "%s/out.txt", where);
	assert_int_equal(file_read(AT_FDCWD, out, 4 << 20, &text, &e), 0);
	struct slice rest = buf_slice(&text);
	while (rest.n) {
		struct json_node *n;
		assert_int_equal(json_tree(slice_cut(rest, '\n', &rest), a, &n, &e), 0);
		struct file *b = find(&s->then, json_text(n, "path")), *f = find(&s->now, json_text(n, "now"));
		if (b)
			b->told = true;
		if (f)
			f->told = true;
	}
}

struct tally {
	unsigned told, missed, wrong;
	char first_missed[280], first_wrong[280];
};
static void compare(struct source *s, void *arg, struct vault_change *c, struct file *b, struct file *a)
{
	struct tally *t = arg;
	char reason[96];
	if (c->what == '=')
		return;
	bool damaged = vault_judge_file(c, &s->v, reason), told = (b && b->told) || (a && a->told);
	const struct vault_trait *x = a ? &a->t : &b->t;
	char line[280];
	snprintf(line, sizeof line, "%c %.60s (%s, %d, %.2f %.2f %.2f) %s", c->what, a ? a->path : b->path, content_type_name(x->type), x->state, (double)x->entropy, (double)x->random_share, (double)x->word_share, reason);
	t->told += told;
	if (told && !damaged && getenv("SHOW"))
		print_message("  missed %s\n", line);
	if (told && !damaged && !t->missed++)
		memcpy(t->first_missed, line, sizeof line);
	if (!told && damaged && !t->wrong++)
		memcpy(t->first_wrong, line, sizeof line);
}

static void attack(const char *options, unsigned may_miss)
{
	struct source s;
	struct tally t = {0};
	begin(&s);
	change(options);
	snapshot(&s);
	read_told(&s);
	each(&s, compare, &t);
	if (!s.v.damage || t.missed > may_miss || t.wrong)
		fail_msg("%s: %s; %u told, %u missed (%s), %u wrongly said (%s): %s", options, s.v.damage ? "damage" : "clean", t.told, t.missed, t.first_missed, t.wrong, t.first_wrong, buf_cstr(&s.v.reasons));
	if (getenv("SHOW"))
		print_message("%-40s %u told, %u missed: %s\n", options, t.told, t.missed, buf_cstr(&s.v.reasons));
	end(&s);
}

static void test_attacks(void **state)
{
	/* ordinary new files stand beside each (--beside) */
	static const char *const patterns[] = {"header --beside", "every16 --beside", "rename --note --beside", "prefix --beside --share 0.3", "partial4k --beside", "base64", "message",
	                                       "whole", "whole --over", "whole --count 6", "rename", "resuffix", "scramble", "copy", "elsewhere", "rename --pattern base64", "rename --pattern every16",
	                                       "copy --pattern header", "rename --count 5", "truncate", "zero", "whole --note --share 0.3 --beside"};
	size_t n = all() ? ARRAY_LEN(patterns) : 7;
	for (size_t i = 0; i < n; i++)
		attack(patterns[i], 0);
}

static void test_notes_alone(void **state)
{
	struct source s;
	begin(&s);
	change("note");
	snapshot(&s);
	assert_true(s.v.damage);
	end(&s);
}

static void test_slow(void **state)
{
	static const char *const ways[] = {"rename", "every16", "whole", "prefix", "base64"};
	for (size_t i = 0; i < (all() ? ARRAY_LEN(ways) : 2); i++) {
		struct source s;
		begin(&s);
		unsigned hour = 0;
		for (; !s.v.damage && hour < 8; hour++) {
			char options[80];
			snprintf(options, sizeof options, "%s --count 1 --seed %u", ways[i], hour * 7 + 3);
			change(options);
			snapshot(&s);
		}
		if (!s.v.damage || hour > 4)
			fail_msg("%s, one an hour: %u hours, %s", ways[i], hour, buf_cstr(&s.v.reasons));
		end(&s);
	}
}

static void test_works(void **state)
{
	static const char *const works[] = {"os-upgrade", "git-checkout", "re-encode", "gpg-folder", "gz", "broken-two", "edit --share 0.5", "edit", "gpg-folder --under share/letters", "log-rotation", "unzip",
	                                    "clear-folder", "rename-all", "downloads"};
	struct source s;
	for (size_t i = 0; i < (all() ? ARRAY_LEN(works) : 6); i++) {
		begin(&s);
		if (strcmp(works[i], "git-checkout") == 0) {
			if (change("git-make") == 77)
				goto next;
			snapshot(&s);
		}
		if (change(works[i]) == 77) {
			print_message("%s skipped: a program is missing\n", works[i]);
			goto next;
		}
		for (int k = 0; k < (all() ? 2 : 1); k++) {
			snapshot(&s);
			if (s.v.damage)
				fail_msg("%s: %s", works[i], buf_cstr(&s.v.reasons));
			if (getenv("SHOW"))
				print_message("%-40s %s\n", works[i], buf_cstr(&s.v.reasons));
		}
	next:
		end(&s);
	}
	/* a month of it, one work a day on the same tree */
	begin(&s);
	for (int day = 0; day < (all() ? 30 : 0); day++) {
		char options[80];
		snprintf(options, sizeof options, day % 5 == 1 ? "log-rotation --seed %d" : day % 5 == 2 ? "downloads --seed %d" : day % 10 == 3 ? "os-upgrade --seed %d" : "edit --share 0.1 --seed %d", day);
		change(options);
		snapshot(&s);
		if (s.v.damage)
			fail_msg("day %d, %s: %s", day, options, buf_cstr(&s.v.reasons));
	}
	end(&s);
}

static int set_up(void **state)
{
	const char *python[] = {"python3", "-c", "", NULL};
	if (run(python, "/dev/null") != 0) {
		print_message("skipped: python3 is missing\n");
		exit(77);
	}
	snprintf(where, sizeof where, "%s/judge-tree-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(where));
	snprintf(folder, sizeof folder, "%s/tree", where);
	checker = content_new();
	return checker ? 0 : -1;
}

static int tear_down(void **state)
{
	const char *rm[] = {"rm", "-rf", where, NULL};
	content_free(checker);
	return run(rm, "/dev/null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_attacks), cmocka_unit_test(test_notes_alone), cmocka_unit_test(test_slow), cmocka_unit_test(test_works)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
