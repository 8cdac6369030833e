/* A disk that fills: intake stops while the reserve is still there, views and captures go on with it, then nothing; nothing that was acknowledged is lost, and it goes on when there is room. */
#include "ledger/ledger_test.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <time.h>

static uint64_t pretend = UINT64_MAX; /* bytes free; UINT64_MAX: ask the system */

/* What the ledger asks before it decides; this program answers. */
int fstatvfs(int fd, struct statvfs *v)
{
	memset(v, 0, sizeof *v);
	if (pretend == UINT64_MAX) {
		struct statvfs s;
		char path[64];
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		int r = statvfs(path, &s);
		*v = s;
		return r;
	}
	v->f_bavail = pretend / 4096;
	v->f_frsize = 4096;
	return 0;
}

static struct ledger_options options(void)
{
	struct ledger_options o = small();
	o.reserve = 4 * o.segment_size;
	o.pack_size = 1 << 30;
	return o;
}

/* The housekeeper looks at the disk four times a second, from the second second on. */
static void let_it_look(struct ledger *l)
{
	struct timespec t = {.tv_nsec = 260000000};
	nanosleep(&t, NULL);
	OK(ledger_tick(l, false, NULL, e));
}

static bool put(struct ledger *l, bool ordinary, size_t n)
{
	static uint8_t body[20000];
	struct err why = {0};
	int r = ledger_append(l, ordinary ? LEDGER_OTHER : LEDGER_AUDIT, 0, "x", slice_of(body, n), ordinary, NULL, NULL, &why);
	if (r == 0) {
		OK(ledger_commit(l, e));
		return true;
	}
	assert_int_equal(r, ERR_FULL);
	assert_non_null(strstr(why.text, ordinary ? "kept for views, captures and cuts" : "nothing can be recorded any more"));
	return false;
}

static void reserve(void **state)
{
	struct site s;
	struct ledger_options o = options();
	site_new(&s);
	pretend = UINT64_C(1) << 40;
	struct ledger *l = open_with(&s, o);
	for (int i = 0; i < 6; i++)
		let_it_look(l);
	assert_true(l->house.spare_bytes >= o.reserve); /* made ahead while there was room */
	pretend = 0; /* a sender that is faster than the housekeeper's looks leaves the reserve all the same */
	int ordinary = 0, others = 0;
	while (ordinary < 1000 && put(l, true, 10000))
		ordinary++;
	assert_in_range(ordinary, 11, 999);
	uint64_t left = l->house.spare_bytes + l->cur->size - l->cur->used;
	assert_true(left >= o.reserve && left < o.reserve + 40000); /* it stopped just there */
	while (put(l, false, 10000))
		others++;
	assert_true(others > (int)(o.reserve / 12288) - 20);
	assert_false(put(l, true, 1));
	uint64_t n = ledger_durable(l);
	assert_int_equal(n, ordinary + others);
	pretend = UINT64_C(1) << 40; /* somebody made room */
	assert_true(put(l, true, 10000));
	tick(l);
	OK(ledger_close(l, e));
	pretend = UINT64_MAX;
	expect_sound(&s);
	site_done(&s);
}

/* A small disk, really full. */
static void small_disk(const char *dir)
{
	struct site s = {.fd = -1};
	struct ledger_options o = small();
	struct ledger *l;
	char path[512];
	uint64_t n = 0;
	setenv("TMPDIR", dir, 1);
	site_new_in(&s, false);
	o.segment_size = 1 << 20;
	o.reserve = 2 << 20;
	o.pack_size = 1 << 20;
	static uint8_t body[30000];
	for (int round = 0; round < 6; round++) {
		struct err why = {0};
		if (ledger_open(s.fd, &s.keys, &o, &l, NULL, &why) < 0) {
			assert_true(round > 0 && why.code == ERR_FULL); /* so full that not even opening has room: then room is made */
			char ballast[512];
			unlink(site_path(&s, "../ballast", ballast));
			OK(ledger_open(s.fd, &s.keys, &o, &l, NULL, e));
		}
		assert_true(ledger_size(l) >= n);
		for (int i = 0; i < 3000; i++) {
			for (size_t k = 0; k < sizeof body; k += 8)
				*(uint64_t *)(void *)(body + k) = (uint64_t)i * 2654435761u * (k + 1) + (uint64_t)round; /* does not compress to nothing */
			if (ledger_append(l, LEDGER_OTHER, 0, "x", slice_of(body, sizeof body), i % 2, NULL, NULL, &why) < 0 && why.code != ERR_FULL)
				fail_msg("%s: %s", why.place, why.text);
			int r = ledger_commit(l, &why);
			if (r < 0) /* what has no room is refused before it is staged */
				fail_msg("%s: %s", why.place, why.text);
			if (r == 0)
				n = ledger_durable(l);
			(void)!ledger_tick(l, i % 50 == 0, NULL, &why); /* packs find no room: told, and tried again */
		}
		if (round % 2)
			ledger_free(l);
		else
			(void)!ledger_close(l, &why);
	}
	assert_true(n > 300);
	/* room again: everything is there */
	remove_tree(site_path(&s, "../ballast", path));
	char mount_opts[] = "size=256m,mode=700";
	assert_int_equal(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, mount_opts), 0);
	l = open_with(&s, o);
	assert_true(ledger_size(l) >= n);
	fill(l, 3, 1);
	tick(l);
	OK(ledger_close(l, e));
	struct ledger_verify_report rep = expect_sound(&s);
	assert_true(rep.entries >= n);
	site_done(&s);
}

static void full(void **state)
{
	char dir[] = "/tmp/holdfast-full-XXXXXX";
	int status;
	assert_non_null(mkdtemp(dir));
	pid_t pid = fork();
	if (pid == 0) {
		char opts[] = "size=24m,mode=700";
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("tmpfs", dir, "tmpfs", 0, opts))
			_exit(77);
		small_disk(dir);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rmdir(dir);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: mounting a small disk needs root\n");
		skip();
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reserve), cmocka_unit_test(full)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
