/* scribe_copy: a copy of the view, compressed and sealed into SITE/copies. Only the public half of the quarter's key is needed for that, so the scribe, which holds no key and owns the view, does it itself: what leaves SITE/view is
 * sealed already, and the keeper, which holds the keys, reads nothing that the scribe wrote but a few hashes, and enters them.
 *
 * One thread, at the scribe's low priority, beside the one that applies entries; it holds the file still (chart_copy) while it runs. Parts are made under temporary names, durable; they get their names when the ledger names
 * their bytes. Measured with 2.6 MB of view a thousand messages: see doc/figures.md. */
#include "view_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define PIECE ((size_t)256 << 10)
#define LEVEL 1 /* 0.4 s a GiB; level 3 takes twice that for a tenth less */
#define TMP "copy.tmp-"

struct copier {
	struct chart_copy *from;
	struct age_recipient to;
	char version[LEDGER_VIEW_VERSION_MAX];
	int dirfd, donefd;
	uint64_t plain, entries;
	unsigned parts;
	struct ledger_view_part *part;
	pthread_t thread;
	bool started, joined, named;
	_Atomic bool stop;
	int code;
	struct err e;
};

/* ---- one part ---- */

struct part_file {
	int fd;
	uint64_t size;
	struct seal_sha256 *sha;
};

static int to_file(void *arg, struct slice piece, struct err *e)
{
	struct part_file *f = arg;
	seal_sha256_add(f->sha, piece);
	f->size += piece.n;
	return file_write_all(f->fd, piece, e, "copies");
}

static int compress(struct copier *k, ZSTD_CCtx *z, struct age_writer *age, uint8_t *in, uint8_t *out, size_t out_n, uint64_t from, uint64_t to, struct err *e)
{
	int r = 0;
	while (r == 0 && from < to) {
		size_t n = to - from < PIECE ? (size_t)(to - from) : PIECE;
		if (k->stop)
			return err_set(e, ERR_BUSY, "view", "the copy was broken off");
		r = chart_copy_read(k->from, in, n, from, e);
		from += n;
		ZSTD_inBuffer zi = {in, n, 0};
		for (bool more = true; r == 0 && more;) {
			ZSTD_outBuffer zo = {out, out_n, 0};
			size_t left = ZSTD_compressStream2(z, &zo, &zi, from == to ? ZSTD_e_end : ZSTD_e_continue);
			if (ZSTD_isError(left))
				return err_set(e, ERR_MEMORY, "view", "the view cannot be compressed");
			r = age_write(age, slice_of(out, zo.pos), e);
			more = from == to ? left != 0 : zi.pos < zi.size;
		}
	}
	return r;
}

static void tmp_name(unsigned part, char out[32])
{
	snprintf(out, 32, TMP "%04u", part);
}

static int make_part(struct copier *k, unsigned part, ZSTD_CCtx *z, uint8_t *in, uint8_t *out, size_t out_n, struct seal_sha256 *sha, struct err *e)
{
	char name[32];
	struct age_writer *age = NULL;
	uint64_t from = (uint64_t)(part - 1) * VIEW_COPY_PART, to = from + VIEW_COPY_PART < k->plain ? from + VIEW_COPY_PART : k->plain;
	tmp_name(part, name);
	AUTO_CLOSE int fd = openat(k->dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_sys(e, "copies", "cannot be written");
	struct part_file f = {.fd = fd, .sha = sha};
	seal_sha256_begin(sha);
	(void)ZSTD_CCtx_reset(z, ZSTD_reset_session_only);
	(void)ZSTD_CCtx_setPledgedSrcSize(z, to - from);
	int r = age_writer_new(&k->to, 1, to_file, &f, &age, e);
	if (r == 0)
		r = compress(k, z, age, in, out, out_n, from, to, e);
	if (r == 0)
		r = age_writer_end(age, e);
	age_writer_free(age);
	if (r == 0 && fdatasync(fd))
		r = err_sys(e, "copies", "cannot be made durable");
	k->part[part - 1].size = f.size;
	seal_sha256_end(sha, k->part[part - 1].sha256);
	return r;
}

static int make_all(struct copier *k, struct err *e)
{
	size_t out_n = ZSTD_CStreamOutSize();
	ZSTD_CCtx *z = ZSTD_createCCtx();
	uint8_t *in = malloc(PIECE), *out = malloc(out_n);
	struct seal_sha256 *sha = seal_sha256_new();
	int r = z && in && out && sha ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0) {
		(void)ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL);
		(void)ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	}
	for (unsigned i = 1; r == 0 && i <= k->parts; i++)
		r = make_part(k, i, z, in, out, out_n, sha, e);
	if (r == 0 && fsync(k->dirfd))
		r = err_sys(e, "view", "cannot be made durable");
	ZSTD_freeCCtx(z);
	free(in);
	free(out);
	seal_sha256_free(sha);
	return r;
}

static void *run(void *arg)
{
	struct copier *k = arg;
	uint64_t one = 1;
	k->code = make_all(k, &k->e);
	(void)!write(k->donefd, &one, sizeof one);
	return NULL;
}

/* ---- what lies there ---- */

static int each_name(int dirfd, void (*fn)(void *arg, const char *name), void *arg)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return ERR_SYSTEM;
	}
	for (struct dirent *en; (en = readdir(d));)
		fn(arg, en->d_name);
	closedir(d);
	return 0;
}

struct found {
	int dirfd;
	struct ledger_view_copy copy[VIEW_COPY_KEEP]; /* the newest, newest first */
	int64_t time[VIEW_COPY_KEEP];
	unsigned seen[VIEW_COPY_KEEP];
};

static bool newer(const struct ledger_view_copy *a, const struct ledger_view_copy *b)
{
	return a->record != b->record ? a->record > b->record : a->entries > b->entries;
}

static void find_newest(void *arg, const char *name)
{
	struct found *f = arg;
	struct ledger_view_copy c;
	unsigned part;
	struct stat st;
	if (!ledger_view_name_read(name, &c, &part) || fstatat(f->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	for (size_t i = 0; i < VIEW_COPY_KEEP; i++) {
		if (f->seen[i] && ledger_view_same(&c, &f->copy[i])) {
			f->seen[i]++;
			return;
		}
		if (f->seen[i] && !newer(&c, &f->copy[i]))
			continue;
		for (size_t k = VIEW_COPY_KEEP - 1; k > i; k--) {
			f->copy[k] = f->copy[k - 1];
			f->time[k] = f->time[k - 1];
			f->seen[k] = f->seen[k - 1];
		}
		f->copy[i] = c;
		f->time[i] = st.st_mtim.tv_sec * TIME_SEC;
		f->seen[i] = 1;
		return;
	}
}

int64_t view_copy_newest(const char *dir)
{
	struct found f = {.dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	int64_t t = 0;
	if (f.dirfd < 0)
		return 0;
	if (each_name(f.dirfd, find_newest, &f) == 0)
		for (size_t i = VIEW_COPY_KEEP; i-- > 0;)
			if (f.seen[i] && f.seen[i] == f.copy[i].parts)
				t = f.time[i];
	close(f.dirfd);
	return t;
}

static void drop_old(void *arg, const char *name)
{
	const struct found *f = arg;
	struct ledger_view_copy c;
	unsigned part;
	bool keep = true;
	if (ledger_view_name_read(name, &c, &part)) {
		keep = false;
		for (size_t i = 0; i < VIEW_COPY_KEEP; i++)
			keep |= f->seen[i] && ledger_view_same(&c, &f->copy[i]);
	}
	if (!keep)
		unlinkat(f->dirfd, name, 0);
}

static void drop_temporary(void *arg, const char *name)
{
	if (!strncmp(name, TMP, strlen(TMP)))
		unlinkat(*(int *)arg, name, 0);
}

/* ---- its life ---- */

int copier_start(struct chart *c, const char *dir, const struct age_recipient *to, struct copier **ret, struct err *e)
{
	struct copier *k = calloc(1, sizeof *k);
	if (!k)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	k->to = *to;
	chart_version(chart_readers(c), k->version);
	k->donefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	k->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = k->donefd < 0 || k->dirfd < 0 ? err_sys(e, "view", "cannot be opened for a copy") : 0;
	if (r == 0) {
		(void)!each_name(k->dirfd, drop_temporary, &k->dirfd); /* of one that was killed */
		r = chart_copy_open(c, &k->from, e);
	}
	if (r == 0) {
		k->plain = chart_copy_size(k->from);
		k->entries = chart_copy_entries(k->from);
		uint64_t parts = (k->plain + VIEW_COPY_PART - 1) / VIEW_COPY_PART;
		if (parts < 1 || parts > LEDGER_VIEW_PARTS_MAX)
			r = err_set(e, ERR_LIMIT, "view", "it is too large for a copy");
		k->parts = (unsigned)parts;
	}
	if (r == 0 && !(k->part = calloc(k->parts, sizeof *k->part)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && pthread_create(&k->thread, NULL, run, k))
		r = err_set(e, ERR_SYSTEM, "view", "no thread can be started for a copy");
	k->started = r == 0;
	if (r < 0) {
		copier_free(k);
		return r;
	}
	*ret = k;
	return 0;
}

int copier_fd(const struct copier *k)
{
	return k->donefd;
}

static void join(struct copier *k)
{
	if (k->started && !k->joined)
		pthread_join(k->thread, NULL);
	k->joined = true;
	chart_copy_close(k->from);
	k->from = NULL;
}

int copier_result(struct copier *k, struct ledger_view_copy *ret, uint64_t *ret_plain, const struct ledger_view_part **ret_part, struct err *e)
{
	join(k);
	if (k->code < 0) {
		if (e)
			*e = k->e;
		return k->code;
	}
	*ret = (struct ledger_view_copy){.entries = k->entries, .parts = k->parts};
	memcpy(ret->version, k->version, sizeof ret->version);
	*ret_plain = k->plain;
	*ret_part = k->part;
	return 0;
}

int copier_name(struct copier *k, uint64_t record, struct err *e)
{
	struct ledger_view_copy c = {.entries = k->entries, .record = record, .parts = k->parts};
	struct found f = {.dirfd = k->dirfd};
	memcpy(c.version, k->version, sizeof c.version);
	for (unsigned i = 1; i <= k->parts; i++) {
		char from[32], to[LEDGER_VIEW_NAME_MAX];
		tmp_name(i, from);
		ledger_view_name(&c, i, to);
		if (renameat(k->dirfd, from, k->dirfd, to))
			return err_sys(e, "copies", "cannot be given its name");
	}
	k->named = true;
	if (fsync(k->dirfd))
		return err_sys(e, "view", "cannot be made durable");
	if (each_name(k->dirfd, find_newest, &f) == 0)
		(void)!each_name(k->dirfd, drop_old, &f);
	return 0;
}

void copier_free(struct copier *k)
{
	if (!k)
		return;
	k->stop = true;
	join(k);
	if (k->dirfd >= 0 && !k->named)
		(void)!each_name(k->dirfd, drop_temporary, &k->dirfd);
	if (k->dirfd >= 0)
		close(k->dirfd);
	if (k->donefd >= 0)
		close(k->donefd);
	free(k->part);
	free(k);
}
