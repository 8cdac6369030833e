/* The files below paths, and which of them are the same. */
#include "scope_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 256

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of files");
}

static int add_file(struct walk *w, const char *path, uint64_t size, struct err *e)
{
	if (w->files == w->file_cap) {
		size_t cap = w->file_cap ? w->file_cap * 2 : 256;
		struct walk_file *more = reallocarray(w->file, cap, sizeof *more);
		if (!more)
			return no_memory(e);
		w->file = more;
		w->file_cap = cap;
	}
	char *own = strdup(path);
	if (!own)
		return no_memory(e);
	w->file[w->files] = (struct walk_file){.path = own, .size = size, .same = w->files};
	w->files++;
	w->bytes += size;
	return 0;
}

static int add_trouble(struct walk *w, const char *path, const char *why, int sys_errno, struct err *e)
{
	if (w->troubles == w->trouble_cap) {
		size_t cap = w->trouble_cap ? w->trouble_cap * 2 : 64;
		struct walk_trouble *more = reallocarray(w->trouble, cap, sizeof *more);
		if (!more)
			return no_memory(e);
		w->trouble = more;
		w->trouble_cap = cap;
	}
	char *own = strdup(path);
	if (!own)
		return no_memory(e);
	w->trouble[w->troubles++] = (struct walk_trouble){.path = own, .why = why, .sys_errno = sys_errno};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted by their bytes. */
static int names_of(int fd, char ***ret, size_t *ret_n, struct err *e)
{
	DIR *d = fdopendir(fd);
	char **v = NULL;
	size_t n = 0, cap = 0;
	bool failed = false;
	if (!d) {
		close(fd);
		return no_memory(e);
	}
	for (struct dirent *x; !failed && (x = readdir(d));) {
		if (!strcmp(x->d_name, ".") || !strcmp(x->d_name, ".."))
			continue;
		if (n == cap) {
			char **more = reallocarray(v, cap = cap ? cap * 2 : 64, sizeof *more);
			failed = !more;
			v = more ? more : v;
		}
		failed = failed || !(v[n] = strdup(x->d_name));
		n += !failed;
	}
	closedir(d);
	if (failed) {
		while (n)
			free(v[--n]);
		free(v);
		return no_memory(e);
	}
	if (n)
		qsort(v, n, sizeof *v, by_name);
	*ret = v;
	*ret_n = n;
	return 0;
}

static int add_folder(struct walk *w, int fd, const char *path, unsigned depth, struct err *e);

static int add_entry(struct walk *w, int dirfd, const char *path, const char *name, unsigned depth, struct err *e)
{
	AUTO_BUF struct buf full = {0};
	struct stat st;
	buf_init(&full, 1 << 20);
	buf_printf(&full, "%s%s%s", path, *path && path[strlen(path) - 1] == '/' ? "" : "/", name);
	if (!buf_ok(&full))
		return no_memory(e);
	const char *p = buf_cstr(&full);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return add_trouble(w, p, "it cannot be looked at", errno, e);
	if (S_ISREG(st.st_mode))
		return add_file(w, p, (uint64_t)st.st_size, e);
	if (S_ISLNK(st.st_mode))
		return add_trouble(w, p, "a symbolic link, not followed", 0, e);
	if (!S_ISDIR(st.st_mode))
		return add_trouble(w, p, "no file: a pipe, a socket or a device", 0, e);
	if (depth == DEPTH_MAX)
		return add_trouble(w, p, "folders in folders, deeper than is read (256)", 0, e);
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? add_trouble(w, p, "the folder cannot be opened", errno, e) : add_folder(w, fd, p, depth + 1, e);
}

/* Takes fd. */
static int add_folder(struct walk *w, int fd, const char *path, unsigned depth, struct err *e)
{
	char **v = NULL;
	size_t n = 0;
	int r = names_of(dup(fd), &v, &n, e);
	for (size_t i = 0; i < n; i++) {
		if (r == 0)
			r = add_entry(w, fd, path, v[i], depth, e);
		free(v[i]);
	}
	free(v);
	close(fd);
	return r;
}

int scope_walk_add(struct walk *w, const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return add_trouble(w, path, "it cannot be found or looked at", errno, e);
	if (S_ISREG(st.st_mode))
		return add_file(w, path, (uint64_t)st.st_size, e);
	if (!S_ISDIR(st.st_mode))
		return add_trouble(w, path, "no file and no folder", 0, e);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? add_trouble(w, path, "the folder cannot be opened", errno, e) : add_folder(w, fd, path, 0, e);
}

/* ---- the same bytes ---- */

struct hashed {
	const struct walk_file *file;
	size_t index;
	bool read;
	uint8_t hash[SEAL_HASH];
};
struct hashing {
	struct hashed *v;
	size_t n, next;
	bool no_memory;
};

static bool hash_file(const char *path, struct seal_sha256 *h, uint8_t *chunk, size_t size, uint8_t out[SEAL_HASH])
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t got = -1;
	seal_sha256_begin(h);
	while (fd >= 0 && (got = read(fd, chunk, size)) > 0)
		seal_sha256_add(h, slice_of(chunk, (size_t)got));
	seal_sha256_end(h, out);
	return got == 0;
}

static void *hash_some(void *arg)
{
	struct hashing *x = arg;
	struct seal_sha256 *h = seal_sha256_new();
	uint8_t *chunk = malloc(1 << 20);
	if (!h || !chunk)
		__atomic_store_n(&x->no_memory, true, __ATOMIC_RELAXED);
	for (size_t i; h && chunk && (i = __atomic_fetch_add(&x->next, 1, __ATOMIC_RELAXED)) < x->n;)
		x->v[i].read = hash_file(x->v[i].file->path, h, chunk, 1 << 20, x->v[i].hash);
	seal_sha256_free(h);
	free(chunk);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;
	if (x->file->size != y->file->size)
		return x->file->size < y->file->size ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;
	int c = x->read != y->read ? (x->read ? -1 : 1) : memcmp(x->hash, y->hash, sizeof x->hash);
	return c ? c : x->index < y->index ? -1 : x->index > y->index;
}

int scope_walk_same(struct walk *w, unsigned threads, struct err *e)
{
	struct hashing x = {.v = calloc(w->files + 1, sizeof *x.v)};
	pthread_t t[64];
	unsigned started = 0;
	if (!x.v)
		return no_memory(e);
	for (size_t i = 0; i < w->files; i++)
		x.v[i] = (struct hashed){.file = &w->file[i], .index = i};
	qsort(x.v, w->files, sizeof *x.v, by_size);
	for (size_t i = 0; i < w->files; i++) { /* only those whose size is not theirs alone */
		bool shared = (i && x.v[i - 1].file->size == x.v[i].file->size) || (i + 1 < w->files && x.v[i + 1].file->size == x.v[i].file->size);
		if (shared && x.v[i].file->size)
			x.v[x.n++] = x.v[i];
	}
	while (started + 1 < threads && started < ARRAY_LEN(t) && x.n > 1 && pthread_create(&t[started], NULL, hash_some, &x) == 0)
		started++;
	(void)hash_some(&x);
	while (started)
		pthread_join(t[--started], NULL);
	qsort(x.v, x.n, sizeof *x.v, by_hash);
	for (size_t i = 1; i < x.n; i++)
		if (x.v[i].read && x.v[i - 1].read && memcmp(x.v[i].hash, x.v[i - 1].hash, SEAL_HASH) == 0)
			w->file[x.v[i].index].same = w->file[x.v[i - 1].index].same;
	free(x.v);
	return x.no_memory ? no_memory(e) : 0;
}

void scope_walk_done(struct walk *w)
{
	for (size_t i = 0; i < w->files; i++)
		free(w->file[i].path);
	for (size_t i = 0; i < w->troubles; i++)
		free(w->trouble[i].path);
	free(w->file);
	free(w->trouble);
	*w = (struct walk){0};
}
