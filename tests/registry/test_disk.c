/* A disk that fails: each read, write, truncation, sync and removal of a file fails once, with a full disk, an error of the device or half of what was asked for, while a list is taken in and while figures are counted. A list is in as a whole or the store is as it was,
 * the next process can open it, and it takes the list then. */
#include "said.h"

#include <sqlite3.h>
#include <unistd.h>

/* ---- a file system of our own over SQLite's: version 1, so that nothing goes around it by a mapping ---- */

struct file {
	sqlite3_file base;
	sqlite3_file *real;
	uint8_t space[];
};

static sqlite3_vfs *theirs, ours;
static long left = -1; /* calls until one fails; below 0: none does */
static int with;       /* what fails says so */
static bool failed;

static bool now(void)
{
	if (left < 0 || left-- > 0)
		return false;
	failed = true;
	return true;
}

static sqlite3_file *of(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

static int x_close(sqlite3_file *f)
{
	return of(f)->pMethods ? of(f)->pMethods->xClose(of(f)) : SQLITE_OK;
}

static int x_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return now() ? SQLITE_IOERR_READ : of(f)->pMethods->xRead(of(f), p, n, at);
}

/* Half of it may be on the disk. */
static int x_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (!now())
		return of(f)->pMethods->xWrite(of(f), p, n, at);
	(void)of(f)->pMethods->xWrite(of(f), p, n / 2, at);
	return with == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return now() ? SQLITE_IOERR_TRUNCATE : of(f)->pMethods->xTruncate(of(f), n);
}

static int x_sync(sqlite3_file *f, int flags)
{
	return now() ? SQLITE_IOERR_FSYNC : of(f)->pMethods->xSync(of(f), flags);
}

static int x_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return now() ? SQLITE_IOERR_FSTAT : of(f)->pMethods->xFileSize(of(f), n);
}

static int x_lock(sqlite3_file *f, int how)
{
	return of(f)->pMethods->xLock(of(f), how);
}

static int x_unlock(sqlite3_file *f, int how)
{
	return of(f)->pMethods->xUnlock(of(f), how);
}

static int x_reserved(sqlite3_file *f, int *ret)
{
	return of(f)->pMethods->xCheckReservedLock(of(f), ret);
}

static int x_control(sqlite3_file *f, int op, void *arg)
{
	return of(f)->pMethods->xFileControl(of(f), op, arg);
}

static int x_sector(sqlite3_file *f)
{
	return of(f)->pMethods->xSectorSize(of(f));
}

static int x_device(sqlite3_file *f)
{
	return of(f)->pMethods->xDeviceCharacteristics(of(f));
}

static const sqlite3_io_methods methods = {1, x_close, x_read, x_write, x_truncate, x_sync, x_size, x_lock, x_unlock, x_reserved, x_control, x_sector, x_device};

static int x_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *ret)
{
	struct file *x = (struct file *)f;
	x->real = (sqlite3_file *)(void *)x->space;
	x->base.pMethods = NULL;
	if (now())
		return SQLITE_CANTOPEN;
	int r = theirs->xOpen(theirs, name, x->real, flags, ret);
	if (x->real->pMethods)
		x->base.pMethods = &methods;
	return r;
}

static int x_delete(sqlite3_vfs *v, const char *name, int sync)
{
	return now() ? SQLITE_IOERR_DELETE : theirs->xDelete(theirs, name, sync);
}

static int setup(void **state)
{
	(void)state;
	theirs = sqlite3_vfs_find(NULL);
	if (!theirs)
		return -1;
	ours = *theirs;
	ours.zName = "failing";
	ours.szOsFile += (int)sizeof(struct file);
	ours.xOpen = x_open;
	ours.xDelete = x_delete;
	return sqlite3_vfs_register(&ours, 1) == SQLITE_OK ? 0 : -1;
}

/* ---- what is done ---- */

#define FIRST HEAD "Alpha,TX,Healthcare Provider,501,10/01/2024,Theft,Laptop,No,\nBeta,CA,Health Plan,8000,09/02/2024,\"Theft, Loss\",Laptop,Yes,\n"
#define SECOND HEAD "Alpha,TX,Healthcare Provider,45000,10/01/2024,Theft,Laptop,No,\nGamma,NY,Healthcare Provider,1200,02/05/2024,Theft,Other,No,\n"

static char dir[32], path[64], journal[80];

static int take(const char *text, const char *as_of, uint8_t n, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct registry *r;
	struct registry_added added;
	struct registry_list l = read_as(slice_str(text), NULL, REGISTRY_UNDER_INVESTIGATION, as_of, a);
	const struct registry_origin from = {.file = SLICE("list.csv"), .entry = UINT64_MAX, .time = 1, .sha256 = {n}};
	int c = registry_open(path, REGISTRY_WRITE, &r, e);
	if (c < 0)
		return c;
	c = registry_add(r, &l, &from, a, &added, e);
	registry_close(r);
	return c;
}

static int persons(uint64_t *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct registry *r;
	struct registry_all all;
	struct registry_figures f;
	const struct registry_question q = {.view = REGISTRY_UNDER_INVESTIGATION, .as_of = REGISTRY_NO_DAY, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY};
	int c = registry_open(path, REGISTRY_READ, &r, e);
	if (c < 0)
		return c;
	c = registry_load(r, a, &all, e);
	registry_close(r);
	c = c < 0 ? c : registry_figures(&all, &q, 20, a, &f, e);
	if (c == 0)
		*ret = f.persons;
	return c;
}

static void anew(void)
{
	struct err e = {0};
	unlink(path);
	unlink(journal);
	assert_int_equal(take(FIRST, "2024-10-08", 1, &e), 0);
}

#define BEFORE (501 + 8000)
#define AFTER (45000 + 1200)

static void sweep(int error, bool taking)
{
	long errors = 0, n = 0;
	anew();
	for (;; n++) {
		struct err e = {0}, none = {0};
		uint64_t is = 0;
		failed = false;
		with = error;
		left = n;
		int c = taking ? take(SECOND, "2025-10-08", 2, &e) : persons(&is, &e);
		left = -1;
		if (c < 0 && !e.text[0])
			fail_msg("call %ld: code %d without a sentence", n, c);
		if (!taking && c == 0)
			assert_int_equal(is, BEFORE);
		if (persons(&is, &none) < 0)
			fail_msg("call %ld (%s): it cannot be opened any more: %s", n, e.text, none.text);
		if (is != (taking && c == 0 ? AFTER : BEFORE))
			fail_msg("call %ld (%d, %s): %llu persons", n, c, e.text, (unsigned long long)is);
		errors += c < 0;
		if (!failed)
			break;
		if (!taking)
			continue;
		if (take(SECOND, "2025-10-08", 2, &none) < 0)
			fail_msg("call %ld (%s): it does not take the list any more: %s", n, e.text, none.text);
		assert_int_equal(persons(&is, &none), 0);
		assert_int_equal(is, AFTER);
		anew();
	}
	print_message("%s: %ld calls, %ld errors\n", taking ? "taking in" : "counting", n, errors);
	assert_true(errors > (taking ? 10 : 2));
}

static void all_of_it(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/registry-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/x.db", dir);
	snprintf(journal, sizeof journal, "%s-journal", path);
	sweep(SQLITE_FULL, true);
	sweep(SQLITE_IOERR, true);
	sweep(SQLITE_IOERR, false);
	unlink(path);
	unlink(journal);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_it)};
	return cmocka_run_group_tests(tests, setup, NULL);
}
