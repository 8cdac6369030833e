/* Power cuts. kill -9 leaves everything that was written in the page cache; pulling the plug does not. Here the calls that change files go through this program (it defines them itself), which
 * keeps a second picture: what is on the disk for certain. At moments chosen by chance it builds a folder as the disk could look if the power went now:
 *   - of what was written to a file since its last fsync or fdatasync, any 512-byte sectors may be there or not, in any order;
 *   - of names made, renamed and removed since the last fsync of their folder, those up to some moment are there, the later ones not.
 * Opened again, such a folder must hold every acknowledged entry; and the power may go again while it is being opened.
 */
#include "ledger/ledger_test.h"

#include <stdarg.h>
#include <sys/syscall.h>

/* ---- the picture ---- */

#define SECTOR 512

struct piece { /* written, not yet synced */
	uint64_t at;
	size_t n; /* SIZE_MAX: the file was truncated to at */
	uint8_t *p;
};
struct file {
	ino_t ino;
	bool alive; /* this inode number is this file's now */
	uint8_t *p; /* what is on the disk */
	size_t n;
	struct piece *pending;
	size_t pending_n;
};
enum op_type { OP_PUT, OP_REMOVE };
struct op { /* a name was put to a file, or removed; until `synced` it may be lost */
	enum op_type type;
	char path[256], gone[256]; /* gone: the old name of a rename */
	size_t file;
	bool folder, synced;
};
static struct {
	bool on;
	char root[128];
	struct file *file;
	size_t file_n;
	struct op *op;
	size_t op_n;
	uint64_t calls;
	uint64_t acknowledged;
} disk;

static uint64_t rnd_state;
static uint64_t rnd(uint64_t n)
{
	rnd_state = rnd_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (rnd_state >> 33) % n;
}

static void *more(void *p, size_t n, size_t size)
{
	void *q = (n & (n - 1)) == 0 ? reallocarray(p, n ? n * 2 : 1, size) : p;
	assert_non_null(q);
	return q;
}

static void perhaps_cut(void);

static bool inside(int dirfd, const char *name, char out[256])
{
	char link[64], dir[256] = "";
	if (!disk.on)
		return false;
	if (name[0] == '/') {
		snprintf(out, 256, "%.250s", name);
	} else {
		snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
		ssize_t n = dirfd == AT_FDCWD ? -1 : readlink(link, dir, sizeof dir - 1);
		if (n < 0)
			return false;
		dir[n] = 0;
		snprintf(out, 256, "%.150s/%.100s", dir, name);
	}
	size_t root = strlen(disk.root);
	if (strncmp(out, disk.root, root) || out[root] != '/')
		return false;
	memmove(out, out + root + 1, strlen(out + root + 1) + 1);
	return true;
}

static size_t file_of(ino_t ino)
{
	for (size_t i = disk.file_n; i-- > 0;)
		if (disk.file[i].alive && disk.file[i].ino == ino)
			return i;
	return SIZE_MAX;
}

static size_t file_new(ino_t ino)
{
	size_t old = file_of(ino);
	if (old != SIZE_MAX)
		disk.file[old].alive = false;
	disk.file = more(disk.file, disk.file_n, sizeof *disk.file);
	disk.file[disk.file_n] = (struct file){.ino = ino, .alive = true};
	return disk.file_n++;
}

static struct file *file_at(int fd)
{
	struct stat st;
	if (!disk.on || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return NULL;
	size_t i = file_of(st.st_ino);
	return i == SIZE_MAX ? NULL : &disk.file[i];
}

static struct op *op_new(enum op_type type, const char *path)
{
	disk.op = more(disk.op, disk.op_n, sizeof *disk.op);
	struct op *o = &disk.op[disk.op_n++];
	*o = (struct op){.type = type, .file = SIZE_MAX};
	snprintf(o->path, sizeof o->path, "%s", path);
	return o;
}

static void piece_new(struct file *f, uint64_t at, const void *p, size_t n)
{
	f->pending = more(f->pending, f->pending_n, sizeof *f->pending);
	struct piece *q = &f->pending[f->pending_n++];
	*q = (struct piece){.at = at, .n = n};
	if (n != SIZE_MAX) {
		q->p = malloc(n ? n : 1);
		memcpy(q->p, p, n);
	}
}

/* A piece reaches the disk, or the sectors of it that luck chooses. */
static void apply(uint8_t **p, size_t *n, const struct piece *q, int chance)
{
	if (q->n == SIZE_MAX) {
		if (rnd(100) < (uint64_t)chance && q->at < *n)
			*n = q->at;
		return;
	}
	for (size_t at = 0; at < q->n;) {
		size_t step = SECTOR - (q->at + at) % SECTOR;
		if (step > q->n - at)
			step = q->n - at;
		if (rnd(100) < (uint64_t)chance) {
			size_t end = q->at + at + step;
			if (end > *n) {
				*p = realloc(*p, end);
				memset(*p + *n, 0, end - *n);
				*n = end;
			}
			memcpy(*p + q->at + at, q->p + at, step);
		}
		at += step;
	}
}

static void synced(struct file *f)
{
	for (size_t i = 0; i < f->pending_n; i++) {
		apply(&f->p, &f->n, &f->pending[i], 100);
		free(f->pending[i].p);
	}
	f->pending_n = 0;
	free(f->pending);
	f->pending = NULL;
}

static void synced_folder(int fd)
{
	char path[256];
	struct stat st;
	if (fstat(fd, &st) || !S_ISDIR(st.st_mode))
		return;
	size_t n = inside(fd, ".", path) ? strlen(path) - 1 : SIZE_MAX; /* "ledger/tile/0/", or "" for the root */
	if (n == SIZE_MAX)
		return;
	for (size_t i = 0; i < disk.op_n; i++)
		if (!strncmp(disk.op[i].path, path, n) && !strchr(disk.op[i].path + n, '/'))
			disk.op[i].synced = true;
}

/* ---- the calls, as the rest of the program makes them ---- */

int openat(int dirfd, const char *name, int flags, ...)
{
	mode_t mode = 0;
	char path[256];
	struct stat st;
	if (flags & O_CREAT) {
		va_list ap;
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	bool ours = (flags & O_CREAT) && inside(dirfd, name, path);
	bool there = ours && fstatat(dirfd, name, &st, 0) == 0;
	if (ours)
		perhaps_cut();
	int fd = (int)syscall(SYS_openat, dirfd, name, flags, mode);
	if (fd >= 0 && ours && fstat(fd, &st) == 0) {
		if (!there) {
			size_t f = file_new(st.st_ino);
			op_new(OP_PUT, path)->file = f;
		} else if (flags & O_TRUNC) {
			struct file *f = file_at(fd);
			if (f)
				piece_new(f, 0, NULL, SIZE_MAX);
		}
	}
	return fd;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	struct file *f = file_at(fd);
	if (f) {
		perhaps_cut();
		piece_new(f, (uint64_t)at, p, n);
	}
	return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t write(int fd, const void *p, size_t n)
{
	struct file *f = file_at(fd);
	if (f) {
		perhaps_cut();
		piece_new(f, (uint64_t)lseek(fd, 0, SEEK_CUR), p, n);
	}
	return syscall(SYS_write, fd, p, n);
}

static int sync_it(int fd)
{
	struct file *f = file_at(fd);
	if (disk.on)
		perhaps_cut();
	if (f)
		synced(f);
	else if (disk.on)
		synced_folder(fd);
	return 0;
}

int fsync(int fd)
{
	return sync_it(fd);
}

int fdatasync(int fd)
{
	return sync_it(fd);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	char a[256], b[256];
	struct stat st;
	bool ours = inside(from_fd, from, a) && inside(to_fd, to, b) && fstatat(from_fd, from, &st, 0) == 0;
	if (ours)
		perhaps_cut();
	int r = (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
	if (r == 0 && ours) {
		struct op *o = op_new(OP_PUT, b);
		snprintf(o->gone, sizeof o->gone, "%s", a);
		o->file = file_of(st.st_ino);
		o->folder = S_ISDIR(st.st_mode);
	}
	return r;
}

int unlinkat(int dirfd, const char *name, int flags)
{
	char path[256];
	struct stat st;
	bool ours = inside(dirfd, name, path) && fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (ours)
		perhaps_cut();
	int r = (int)syscall(SYS_unlinkat, dirfd, name, flags);
	if (r == 0 && ours)
		op_new(OP_REMOVE, path)->folder = S_ISDIR(st.st_mode);
	return r;
}

int mkdirat(int dirfd, const char *name, mode_t mode)
{
	char path[256];
	bool ours = inside(dirfd, name, path);
	if (ours)
		perhaps_cut();
	int r = (int)syscall(SYS_mkdirat, dirfd, name, mode);
	if (r == 0 && ours)
		op_new(OP_PUT, path)->folder = true;
	return r;
}

/* ---- a folder as it could look ---- */

struct name {
	char path[256];
	size_t file;
	bool folder;
};

static struct name *names;
static size_t names_n;

static void name_put(const char *path, size_t file, bool folder)
{
	for (size_t i = 0; i < names_n; i++)
		if (!strcmp(names[i].path, path)) {
			names[i].file = file;
			names[i].folder = folder;
			return;
		}
	names = more(names, names_n, sizeof *names);
	snprintf(names[names_n].path, sizeof names[0].path, "%s", path);
	names[names_n].file = file;
	names[names_n++].folder = folder;
}

static void name_remove(const char *path)
{
	for (size_t i = 0; i < names_n; i++)
		if (!strcmp(names[i].path, path)) {
			memmove(&names[i], &names[i + 1], (--names_n - i) * sizeof *names);
			return;
		}
}

static int by_length(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

static void write_file(const char *root, const struct name *m, int chance)
{
	const struct file *f = &disk.file[m->file];
	char path[512];
	uint8_t *p = malloc(f->n + 1);
	size_t n = f->n;
	memcpy(p, f->p ? f->p : (const uint8_t *)"", f->n);
	for (size_t i = 0; i < f->pending_n; i++)
		apply(&p, &n, &f->pending[i], chance);
	snprintf(path, sizeof path, "%s/%s", root, m->path);
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(syscall(SYS_write, fd, p, n), n);
	close(fd);
	free(p);
}

/* What the disk holds if the power goes now. */
static void build(const char *root)
{
	static const int chances[] = {0, 50, 100, 90, 10};
	int chance = chances[rnd(ARRAY_LEN(chances))];
	size_t unsynced = 0, keep;
	for (size_t i = 0; i < disk.op_n; i++)
		unsynced += !disk.op[i].synced;
	keep = rnd(3) == 0 ? 0 : rnd(3) == 0 ? unsynced : rnd(unsynced + 1);
	names_n = 0;
	for (size_t i = 0; i < disk.op_n; i++) {
		const struct op *o = &disk.op[i];
		if (!o->synced && keep == 0)
			continue;
		keep -= !o->synced;
		if (o->gone[0])
			name_remove(o->gone);
		if (o->type == OP_REMOVE)
			name_remove(o->path);
		else
			name_put(o->path, o->file, o->folder);
	}
	qsort(names, names_n, sizeof *names, by_length);
	assert_int_equal(mkdir(root, 0700), 0);
	for (size_t i = 0; i < names_n; i++) {
		char path[512], *slash;
		if (strstr(names[i].path, "seen.idx")) /* a cache, written through memory: gone */
			continue;
		snprintf(path, sizeof path, "%s/%s", root, names[i].path);
		slash = strrchr(path, '/');
		if (names[i].folder) {
			mkdir(path, 0700);
			continue;
		}
		*slash = 0;
		if (access(path, F_OK)) /* its folder is lost, and the file with it */
			continue;
		write_file(root, &names[i], chance);
	}
}

/* ---- cuts ---- */

#define CUTS_MAX 16
static struct cut {
	uint64_t at, acknowledged;
	char path[160];
} cuts[CUTS_MAX];
static size_t cuts_n, cuts_done;

static void perhaps_cut(void)
{
	disk.calls++;
	while (cuts_done < cuts_n && disk.calls >= cuts[cuts_done].at) {
		struct cut *c = &cuts[cuts_done];
		bool on = disk.on;
		disk.on = false;
		snprintf(c->path, sizeof c->path, "%.100s-cut%zu", disk.root, cuts_done);
		build(c->path);
		c->acknowledged = disk.acknowledged;
		cuts_done++;
		disk.on = on;
	}
}

static int by_at(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;
	return x->at < y->at ? -1 : x->at > y->at;
}

static size_t watch_root;
static int watch_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	const char *name = path + watch_root;
	if (!*name)
		return 0;
	struct op *o = op_new(OP_PUT, name + 1);
	o->synced = true;
	o->folder = type == FTW_D;
	if (type != FTW_F)
		return 0;
	size_t i = file_new(st->st_ino);
	disk.op[disk.op_n - 1].file = i;
	struct buf b;
	buf_init(&b, 1 << 28);
	OK(file_read(AT_FDCWD, path, 1 << 28, &b, e));
	disk.file[i].p = malloc(b.n + 1);
	disk.file[i].n = b.n;
	memcpy(disk.file[i].p, b.n ? (const void *)b.p : "", b.n);
	buf_done(&b);
	return 0;
}

/* From now on everything under root is watched; it is all on the disk. */
static void watch(const char *root, size_t n, uint64_t within)
{
	snprintf(disk.root, sizeof disk.root, "%s", root);
	watch_root = strlen(root);
	nftw(root, watch_one, 16, FTW_PHYS);
	disk.calls = 0;
	cuts_n = n;
	cuts_done = 0;
	for (size_t i = 0; i < n; i++)
		cuts[i] = (struct cut){.at = 1 + rnd(within)};
	qsort(cuts, n, sizeof *cuts, by_at);
	disk.on = true;
}

static void unwatch(void)
{
	disk.on = false;
	for (size_t i = 0; i < disk.file_n; i++) {
		for (size_t k = 0; k < disk.file[i].pending_n; k++)
			free(disk.file[i].pending[k].p);
		free(disk.file[i].pending);
		free(disk.file[i].p);
	}
	free(disk.file);
	free(disk.op);
	memset(&disk, 0, sizeof disk);
}

/* ---- lives ---- */

static struct ledger_options options(void)
{
	struct ledger_options o = small();
	o.segment_size = 96 << 10;
	return o;
}

static void live(struct ledger *l, int commits)
{
	for (int i = 0; i < commits; i++) {
		uint64_t n = 1 + rnd(rnd(5) ? 5 : 60);
		for (uint64_t k = 0; k < n; k++)
			append(l, ledger_size(l));
		OK(ledger_commit(l, e));
		disk.acknowledged = ledger_durable(l);
		if (rnd(4) == 0)
			OK(ledger_tick(l, rnd(2), NULL, e));
	}
}

static struct site site_at(const struct site *base, const char *path)
{
	struct site s = *base;
	snprintf(s.path, sizeof s.path, "%.120s", path);
	s.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(s.fd >= 0);
	return s;
}

static uint64_t checked;

/* The folder a cut left: everything acknowledged is there; and the power may go again, while it is opened and just after. */
static void check(const struct site *base, const struct cut *c, int depth)
{
	struct site s = site_at(base, c->path);
	struct cut mine[CUTS_MAX];
	size_t n = depth ? 2 : 0;
	watch(s.path, n, 60);
	disk.acknowledged = c->acknowledged;
	struct ledger *l = open_with(&s, options());
	if (ledger_size(l) < c->acknowledged)
		fail_msg("%" PRIu64 " entries of %" PRIu64, ledger_size(l), c->acknowledged);
	disk.acknowledged = ledger_size(l);
	live(l, 4);
	OK(ledger_tick(l, true, NULL, e));
	size_t done = cuts_done;
	memcpy(mine, cuts, sizeof mine);
	unwatch();
	expect_all(l, ledger_size(l));
	OK(ledger_close(l, e));
	expect_sound(&s);
	checked++;
	for (size_t i = 0; i < done; i++)
		check(base, &mine[i], depth - 1);
	close(s.fd);
	remove_tree(c->path);
}

static void cut_power(void **state)
{
	int rounds = is_long() ? 250 : 12;
	const char *seed = getenv("HOLDFAST_SEED");
	rnd_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time_now();
	print_message("HOLDFAST_SEED=%" PRIu64 "\n", rnd_state);
	for (int i = 0; i < rounds; i++) {
		struct site s;
		struct cut mine[CUTS_MAX];
		site_new(&s);
		struct ledger *l = open_with(&s, options());
		live(l, (int)rnd(100));
		if (rnd(2)) {
			OK(ledger_close(l, e));
			l = open_with(&s, options());
		} else {
			OK(ledger_tick(l, true, NULL, e));
		}
		watch(s.path, 8, 600);
		disk.acknowledged = ledger_durable(l);
		live(l, 80);
		OK(ledger_close(l, e));
		size_t n = cuts_done;
		memcpy(mine, cuts, sizeof mine);
		unwatch();
		assert_true(n > 0);
		expect_sound(&s);
		for (size_t k = 0; k < n; k++)
			check(&s, &mine[k], 1);
		site_done(&s);
	}
	print_message("%" PRIu64 " power cuts, none lost anything\n", checked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(cut_power)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
