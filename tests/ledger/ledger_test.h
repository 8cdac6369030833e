/* What the tests of the ledger share: a site in a temporary folder, entries whose content follows from their number, other people's programs. */
#ifndef HOLDFAST_LEDGER_TEST_H
#define HOLDFAST_LEDGER_TEST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger_internal.h"
#include "said.h"

extern char **environ;

#define ORIGIN "hospital.example/log"

/* ---- a site ---- */

struct site {
	char path[128];
	int fd;
	struct site_keys keys;
	struct share share;
};

/* memory: on a file system in memory, where fsync costs nothing; for tests that kill processes, not power */
static inline void site_folder(struct site *s, bool memory)
{
	const char *base = getenv("TMPDIR");
	if (memory && access("/dev/shm", W_OK) == 0)
		base = "/dev/shm";
	snprintf(s->path, sizeof s->path, "%s/holdfast-ledger-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(s->path));
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->fd >= 0);
}

static inline void site_new_in(struct site *s, bool memory)
{
	memset(s, 0, sizeof *s);
	site_folder(s, memory);
	OK(site_keys_create(s->fd, ORIGIN, 1, 1, &s->share, &s->keys, e));
	OK(ledger_create(s->fd, &s->keys, e));
}

static inline void site_new(struct site *s)
{
	site_new_in(s, true);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static inline void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void site_done(struct site *s)
{
	site_keys_wipe(&s->keys);
	if (s->fd >= 0)
		close(s->fd);
	if (!getenv("HOLDFAST_KEEP"))
		remove_tree(s->path);
	s->fd = -1;
}

static inline char *site_path(const struct site *s, const char *name, char out[512])
{
	snprintf(out, 512, "%s/%s", s->path, name);
	return out;
}

/* Small segments and packs, nothing by time, one thread: everything happens when the test says so. */
static inline struct ledger_options small(void)
{
	return (struct ledger_options){.write = true, .segment_size = 256 << 10, .pack_size = 64 << 10, .pack_age = 3600 * TIME_SEC, .publish_interval = 3600 * TIME_SEC,
	                               .reserve = 1, .single_thread = true};
}

static inline struct ledger *open_with(const struct site *s, struct ledger_options o)
{
	struct ledger *l = NULL;
	OK(ledger_open(s->fd, &s->keys, &o, &l, NULL, e));
	return l;
}

static inline struct ledger *open_reader(const struct site *s)
{
	return open_with(s, (struct ledger_options){.write = false});
}

/* ---- entries ---- */

/* The body of entry n: text that compresses like HL7 does, of a length that varies; two in a thousand are long. */
static inline void body_of(uint64_t n, struct buf *b)
{
	uint64_t x = n * UINT64_C(0x9E3779B97F4A7C15) + 1;
	size_t len = 40 + x % 700;
	if (n % 500 == 499)
		len = 300000;
	buf_reset(b);
	buf_printf(b, "MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260101||ORU^R01|%" PRIu64 "|P|2.5.1\r", n);
	while (b->n < len) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		buf_printf(b, "OBX|1|NM|GLU^Glucose||%u.%u|mmol/L|||||F\r", (unsigned)(x >> 60), (unsigned)(x >> 50) % 100);
	}
}

static inline uint64_t append(struct ledger *l, uint64_t n)
{
	struct buf b;
	uint64_t seq;
	buf_init(&b, 1 << 20);
	body_of(n, &b);
	OK(ledger_append(l, LEDGER_HL7V2, (uint8_t)(n % 3), n % 2 ? "mllp/lab" : "import", buf_slice(&b), true, &seq, NULL, e));
	buf_done(&b);
	return seq;
}

/* n more entries, `batch` to a commit, their content by their number. */
static inline void fill(struct ledger *l, uint64_t n, uint64_t batch)
{
	for (uint64_t i = 0; i < n; i++) {
		append(l, ledger_size(l));
		if ((i + 1) % batch == 0 || i + 1 == n)
			OK(ledger_commit(l, e));
	}
}

static inline void tick(struct ledger *l)
{
	OK(ledger_tick(l, true, NULL, e));
}

static inline void expect_entry(struct ledger *l, uint64_t seq)
{
	struct ledger_entry en;
	struct buf b;
	OK(ledger_read(l, seq, &en, e));
	assert_int_equal(en.seq, seq);
	if (en.leaf.kind == LEDGER_PACK)
		return;
	buf_init(&b, 1 << 20);
	body_of(seq, &b);
	assert_true(slice_eq(en.body, buf_slice(&b)));
	assert_int_equal(en.leaf.flags, seq % 3);
	assert_string_equal(en.leaf.source, seq % 2 ? "mllp/lab" : "import");
	buf_done(&b);
}

static inline void expect_all(struct ledger *l, uint64_t n)
{
	assert_true(ledger_size(l) >= n);
	for (uint64_t i = 0; i < n; i++)
		expect_entry(l, i);
}

/* Verified without a fault; prints them otherwise. */
static inline int verify_with(const struct site *s, struct ledger_verify_options o, struct ledger_verify_report *rep, struct buf *faults)
{
	struct err e = {0};
	buf_reset(faults);
	return ledger_verify(s->fd, &s->keys, &o, rep, faults, &e);
}

static inline struct ledger_verify_report expect_sound(const struct site *s)
{
	struct ledger_verify_report rep;
	struct buf faults;
	buf_init(&faults, 1 << 20);
	int r = verify_with(s, (struct ledger_verify_options){.bodies = true}, &rep, &faults);
	if (r != 0)
		print_error("%s", buf_cstr(&faults));
	assert_int_equal(r, 0);
	buf_done(&faults);
	return rep;
}

/* A fault is found, and some sentence about it holds this word. */
static inline void expect_fault_since(const struct site *s, struct slice since, const char *word)
{
	struct ledger_verify_report rep;
	struct buf faults;
	buf_init(&faults, 1 << 20);
	int r = verify_with(s, (struct ledger_verify_options){.bodies = true, .since = since}, &rep, &faults);
	if (r != ERR_NO || !strstr(buf_cstr(&faults), word))
		print_error("%d, wanted \"%s\": %s", r, word, buf_cstr(&faults));
	assert_int_equal(r, ERR_NO);
	assert_non_null(strstr(buf_cstr(&faults), word));
	buf_done(&faults);
}

static inline void expect_fault(const struct site *s, const char *word)
{
	expect_fault_since(s, SLICE_NULL, word);
}

static inline void keep_checkpoint(const struct site *s, struct buf *b)
{
	buf_init(b, 1 << 16);
	OK(file_read(s->fd, "ledger/checkpoint", 1 << 16, b, e));
}

/* ---- other programs ---- */

/* Runs argv with stdin from in and stdout to out (files or NULL); returns the exit status, 255 when it did not exit. */
static inline int run(const char *const *argv, const char *in, const char *out)
{
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int status;
	union {
		const char *const *in;
		char *const *out;
	} args = {.in = argv};
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, in ? in : "/dev/null", O_RDONLY, 0);
	if (out)
		posix_spawn_file_actions_addopen(&fa, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int r = posix_spawnp(&pid, argv[0], &fa, NULL, args.out, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (r != 0)
		return 255;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static inline void copy_tree(const char *from, const char *to)
{
	const char *argv[] = {"cp", "-a", from, to, NULL};
	assert_int_equal(run(argv, NULL, NULL), 0);
}

static inline bool have(const char *program)
{
	const char *argv[] = {"sh", "-c", "command -v \"$0\" >/dev/null", program, NULL};
	return run(argv, NULL, NULL) == 0;
}

#endif
