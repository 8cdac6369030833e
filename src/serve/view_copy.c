/* view_copy: opening copies of the view. What they are stands in ledger_view.c (names), scribe_copy.c (how they are made) and doc/formats.md.
 *
 * Parts are opened by helpers while the caller fetches the next ones; each goes to its own place in the file, for every part but the last holds exactly VIEW_COPY_PART bytes of it. Nothing of a part is believed to be long
 * enough or short enough: what gives more or less than its place is damaged. */
#include "view_copy.h"
#include "fhir.h"
#include "hl7.h"
#include "role.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define PIECE ((size_t)256 << 10)
#define OUT ((size_t)1 << 20)
#define HELPERS_MAX 8

struct view_opener {
	int srcfd, fd;
	struct ledger_view_copy copy;
	const struct age_identity *ids;
	size_t ids_n;
	pthread_mutex_t mu;
	pthread_cond_t work, done;
	pthread_t helper[HELPERS_MAX];
	unsigned helpers;
	unsigned there, taken, opened; /* parts 1..there may be opened; how many were begun, and are through */
	uint64_t last;                 /* bytes of the last part */
	bool stop;
	int code;
	struct err e;
};

/* ---- one part ---- */

struct source {
	int fd;
	const char *name;
};

static ssize_t from_file(void *arg, void *out, size_t n, uint64_t offset, struct err *e)
{
	const struct source *s = arg;
	for (;;) {
		ssize_t got = pread(s->fd, out, n, (off_t)offset);
		if (got >= 0)
			return got;
		if (errno != EINTR)
			return err_sys(e, s->name, "cannot be read");
	}
}

struct opening {
	ZSTD_DCtx *z;
	uint8_t *in, *out;
};

static int decompress(struct view_opener *o, struct opening *w, struct age_reader *age, uint64_t at, const char *name, uint64_t *ret_n, struct err *e)
{
	uint64_t size = age_reader_size(age), n = 0;
	size_t hint = 1;
	int r = age_reader_check_end(age, e);
	for (uint64_t from = 0; r == 0 && from < size;) {
		size_t piece = size - from < PIECE ? (size_t)(size - from) : PIECE;
		r = age_read(age, w->in, piece, from, e);
		from += piece;
		ZSTD_inBuffer zi = {w->in, piece, 0};
		for (bool more = true; r == 0 && more;) {
			ZSTD_outBuffer zo = {w->out, OUT, 0};
			hint = ZSTD_decompressStream(w->z, &zo, &zi);
			if (ZSTD_isError(hint) || (hint == 0 && (zi.pos < zi.size || from < size)) || zo.pos > VIEW_COPY_PART - n)
				return err_set(e, ERR_CORRUPT, name, "it does not decompress to a part of a view");
			r = zo.pos ? file_pwrite_all(o->fd, slice_of(w->out, zo.pos), at + n, e, "view/chart.db") : 0;
			n += zo.pos;
			more = zi.pos < zi.size || (zo.pos == OUT && hint != 0);
		}
	}
	if (r == 0 && hint != 0)
		return err_set(e, ERR_CORRUPT, name, "it ends too early");
	*ret_n = n;
	return r;
}

static int open_part(struct view_opener *o, struct opening *w, unsigned part, struct err *e)
{
	char name[LEDGER_VIEW_NAME_MAX];
	struct age_reader *age = NULL;
	struct stat st;
	uint64_t n = 0;
	ledger_view_name(&o->copy, part, name);
	AUTO_CLOSE int fd = openat(o->srcfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, name, "cannot be opened");
	struct source s = {fd, name};
	(void)ZSTD_DCtx_reset(w->z, ZSTD_reset_session_only);
	int r = age_reader_new(from_file, &s, (uint64_t)st.st_size, o->ids, o->ids_n, &age, e);
	if (r == 0)
		r = decompress(o, w, age, (uint64_t)(part - 1) * VIEW_COPY_PART, name, &n, e);
	age_reader_free(age);
	if (r < 0) {
		err_in(e, name);
		return r;
	}
	if (n == 0 || (part < o->copy.parts && n != VIEW_COPY_PART))
		return err_set(e, ERR_CORRUPT, name, "it is no part of a view");
	if (part == o->copy.parts)
		o->last = n;
	return 0;
}

static bool opening_new(struct opening *w)
{
	*w = (struct opening){.z = ZSTD_createDCtx(), .in = malloc(PIECE), .out = malloc(OUT)};
	return w->z && w->in && w->out;
}

static void opening_done(struct opening *w)
{
	ZSTD_freeDCtx(w->z);
	free(w->in);
	free(w->out);
}

static void through(struct view_opener *o, int r, const struct err *e)
{
	if (r < 0 && o->code == 0) {
		o->code = r;
		o->e = *e;
	}
	o->opened++;
	pthread_cond_broadcast(&o->done);
}

static void *help(void *arg)
{
	struct view_opener *o = arg;
	struct opening w;
	bool whole = opening_new(&w);
	pthread_mutex_lock(&o->mu);
	while (!o->stop && o->taken < o->copy.parts) {
		if (o->taken == o->there) {
			pthread_cond_wait(&o->work, &o->mu);
			continue;
		}
		unsigned part = ++o->taken;
		struct err e = {0};
		bool vain = o->code < 0;
		pthread_mutex_unlock(&o->mu);
		int r = vain ? 0 : whole ? open_part(o, &w, part, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
		pthread_mutex_lock(&o->mu);
		through(o, r, &e);
	}
	pthread_mutex_unlock(&o->mu);
	opening_done(&w);
	return NULL;
}

/* ---- its life ---- */

int view_opener_new(int srcfd, const struct ledger_view_copy *c, const struct age_identity *ids, size_t n, int fd, struct view_opener **ret, struct err *e)
{
	struct view_opener *o = calloc(1, sizeof *o);
	if (!o)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned want = cores < 1 ? 1 : cores > HELPERS_MAX ? HELPERS_MAX : (unsigned)cores;
	o->srcfd = srcfd;
	o->fd = fd;
	o->copy = *c;
	o->ids = ids;
	o->ids_n = n;
	pthread_mutex_init(&o->mu, NULL);
	pthread_cond_init(&o->work, NULL);
	pthread_cond_init(&o->done, NULL);
	while (o->helpers < want && pthread_create(&o->helper[o->helpers], NULL, help, o) == 0)
		o->helpers++;
	if (!o->helpers) {
		view_opener_free(o);
		return err_set(e, ERR_SYSTEM, NULL, "no thread can be started");
	}
	*ret = o;
	return 0;
}

void view_opener_part(struct view_opener *o)
{
	pthread_mutex_lock(&o->mu);
	o->there++;
	pthread_cond_signal(&o->work);
	pthread_mutex_unlock(&o->mu);
}

int view_opener_end(struct view_opener *o, struct err *e)
{
	pthread_mutex_lock(&o->mu);
	while (o->opened < o->copy.parts)
		pthread_cond_wait(&o->done, &o->mu);
	int r = o->code;
	if (r < 0 && e)
		*e = o->e;
	pthread_mutex_unlock(&o->mu);
	if (r == 0 && ftruncate(o->fd, (off_t)((uint64_t)(o->copy.parts - 1) * VIEW_COPY_PART + o->last)))
		r = err_sys(e, "view/chart.db", "cannot be given its length");
	return r;
}

void view_opener_free(struct view_opener *o)
{
	if (!o)
		return;
	pthread_mutex_lock(&o->mu);
	o->stop = true;
	pthread_cond_broadcast(&o->work);
	pthread_mutex_unlock(&o->mu);
	for (unsigned i = 0; i < o->helpers; i++)
		pthread_join(o->helper[i], NULL);
	pthread_mutex_destroy(&o->mu);
	pthread_cond_destroy(&o->work);
	pthread_cond_destroy(&o->done);
	free(o);
}

/* ---- what lies there, and what opens it ---- */

const char *serve_readers(void)
{
	return SERVE_READERS;
}

void view_copy_version(char ret[LEDGER_VIEW_VERSION_MAX])
{
	_Static_assert(LEDGER_VIEW_VERSION_MAX == CHART_VERSION_MAX, "one version");
	chart_version(serve_readers(), ret);
}

/* The newest of this version, whole by its names. */
int view_copy_find(int copiesfd, struct ledger_view_copy *ret, struct err *e)
{
	char version[LEDGER_VIEW_VERSION_MAX];
	int fd = openat(copiesfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	bool any = false, found = false;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, "copies", "cannot be listed");
	}
	view_copy_version(version);
	for (struct dirent *en; (en = readdir(d));) {
		struct ledger_view_copy c;
		unsigned part;
		bool whole = ledger_view_name_read(en->d_name, &c, &part) && part == 1;
		any |= whole;
		for (unsigned i = 2; whole && i <= c.parts; i++) {
			char name[LEDGER_VIEW_NAME_MAX];
			struct stat st;
			ledger_view_name(&c, i, name);
			whole = fstatat(copiesfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
		}
		if (whole && !strcmp(c.version, version) && (!found || c.record > ret->record)) {
			*ret = c;
			found = true;
		}
	}
	closedir(d);
	return found ? 0 : err_set(e, ERR_NOT_FOUND, "view", any ? "the copies of the view here are of another version, or not whole: `holdfast view copy` makes one" : "there is no copy of the view yet: `holdfast view copy` makes one");
}

/* The keys of class "view": opened with the site's care keys, or with recovery. */
int view_copy_keys(int sitefd, const struct site_keys *keys, const struct age_identity *recovery, struct age_identity *ret, size_t max, size_t *ret_n, struct err *e)
{
	int fd = openat(sitefd, "keys/period", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	size_t n = 0;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, "keys/period", "cannot be listed");
	}
	for (struct dirent *en; r == 0 && n < max && (en = readdir(d));) {
		char name[SITE_PERIOD_MAX];
		size_t len = strlen(en->d_name);
		if (strncmp(en->d_name, "view-", 5) || len < 10 || len - 4 >= sizeof name || strcmp(en->d_name + len - 4, ".age"))
			continue;
		snprintf(name, sizeof name, "%.*s", (int)(len - 4), en->d_name);
		r = recovery ? site_period_open(sitefd, recovery, name, &ret[n], e) : site_period_identity(sitefd, keys, name, &ret[n], e);
		n += r == 0;
		if (r == ERR_CRYPTO) /* sealed to a care key of before a rotation, or of after it */
			r = 0;
	}
	closedir(d);
	if (r == 0 && n == 0)
		r = err_set(e, ERR_NOT_FOUND, "keys/period", "there is no key of copies of the view");
	*ret_n = n;
	return r;
}
