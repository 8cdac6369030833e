/* The folder in which recordings wait (send.h). */
#include "send_internal.h"
#include "seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING ".ecg"
#define NAME_LENGTH 57 /* TIME-RANDOM.ecg */

static int open_lock(int dirfd, const char *name, const char *place, struct err *e)
{
	int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? err_sys(e, place, "cannot make %s", name) : fd;
}

static int open_all(struct send_queue *q, const char *dir, struct err *e)
{
	int r = file_mkdir(AT_FDCWD, dir, 0700, e);
	if (r == 0)
		r = q->dir = file_open_dir(AT_FDCWD, dir, e);
	if (r >= 0)
		r = file_mkdir(q->dir, "refused", 0700, e);
	if (r >= 0)
		r = q->refused = file_open_dir(q->dir, "refused", e);
	if (r >= 0)
		r = q->send_lock = open_lock(q->dir, "send.lock", q->place, e);
	return r < 0 ? r : 0;
}

int send_queue_open(const char *dir, struct send_queue **ret, struct err *e)
{
	struct send_queue *q = calloc(1, sizeof *q);
	if (!q)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	q->dir = q->refused = q->send_lock = -1;
	snprintf(q->place, sizeof q->place, "%s", dir);
	int r = open_all(q, dir, e);
	if (r < 0) {
		send_queue_close(q);
		return r;
	}
	*ret = q;
	return 0;
}

void send_queue_close(struct send_queue *q)
{
	if (!q)
		return;
	if (q->send_lock >= 0)
		close(q->send_lock);
	if (q->refused >= 0)
		close(q->refused);
	if (q->dir >= 0)
		close(q->dir);
	free(q);
}

/* ---- what lies there ---- */

/* TIME-RANDOM.ecg, as send_queue_put makes them, and nothing else: a file that somebody put there by hand has no key. */
static bool ours(const char *name)
{
	size_t n = strspn(name, "0123456789");
	size_t m = n == 20 && name[20] == '-' ? strspn(name + 21, "0123456789abcdef") : 0;
	return m == 32 && !strcmp(name + 53, ENDING);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

void send_list_done(struct send_list *l)
{
	free(l->name);
	*l = (struct send_list){0};
}

static int list_add(struct send_list *l, const char *name, const char *place, struct err *e)
{
	if (l->n == SEND_WAITING_MAX)
		return err_set(e, ERR_LIMIT, place, "more than %d recordings wait here", SEND_WAITING_MAX);
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		void *more = reallocarray(l->name, room, sizeof *l->name);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		l->name = more;
		l->room = room;
	}
	memcpy(l->name[l->n++], name, NAME_LENGTH + 1);
	return 0;
}

int send_list_read(int dirfd, const char *place, struct send_list *ret, struct err *e)
{
	*ret = (struct send_list){0};
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* a place of its own in the folder */
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, place, "cannot be read");
	}
	int r = 0;
	for (const struct dirent *x; r == 0 && (errno = 0, x = readdir(d));)
		if (ours(x->d_name))
			r = list_add(ret, x->d_name, place, e);
	if (r == 0 && errno)
		r = err_sys(e, place, "cannot be read");
	closedir(d);
	if (r < 0) {
		send_list_done(ret);
		return r;
	}
	if (ret->n)
		qsort(ret->name, ret->n, sizeof *ret->name, by_name);
	return 0;
}

int send_queue_counts(struct send_queue *q, size_t *ret_waiting, size_t *ret_refused, struct err *e)
{
	struct send_list w, f;
	int r = send_list_read(q->dir, q->place, &w, e);
	if (r < 0)
		return r;
	r = send_list_read(q->refused, q->place, &f, e);
	if (r == 0) {
		*ret_waiting = w.n;
		*ret_refused = f.n;
		send_list_done(&f);
	}
	send_list_done(&w);
	return r;
}

/* ---- putting in ---- */

static void key_of(const struct ecg_body *b, char out[2 * SEAL_HASH + 1])
{
	struct {
		uint8_t drawn[16], hash[ECG_BODY_FILES_MAX][SEAL_HASH];
	} all = {.drawn = {0}};
	uint8_t hash[SEAL_HASH];
	seal_random(all.drawn, sizeof all.drawn);
	for (size_t i = 0; i < b->files; i++)
		seal_sha256_once(b->file[i], all.hash[i]);
	seal_sha256_once(slice_of(&all, sizeof all), hash);
	for (size_t i = 0; i < sizeof hash; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

int send_queue_put(struct send_queue *q, const struct ecg_sent *what, const struct ecg_body *files, char ret_name[64], struct err *e)
{
	AUTO_BUF struct buf body = {0};
	struct ecg_sent sent = *what;
	struct send_list there;
	uint8_t drawn[16];
	char key[2 * SEAL_HASH + 1], name[SEND_NAME];
	AUTO_CLOSE int lock = -1;
	key_of(files, key);
	sent.key = slice_str(key);
	sent.by = sent.via = SLICE_NULL; /* the server says who we are */
	buf_init(&body, SEND_BODY_MAX);
	int r = ecg_body_put(&sent, files, &body, e);
	if (r == 0)
		r = lock = open_lock(q->dir, "put.lock", q->place, e);
	if (r >= 0)
		r = file_lock(lock, true, e);
	if (r == 0) /* what a killed one left: we alone write here while we hold the lock */
		r = file_sweep_temps(q->dir, ".", e);
	if (r == 0)
		r = send_list_read(q->dir, q->place, &there, e);
	if (r < 0)
		return r;
	bool full = there.n >= SEND_WAITING_MAX;
	send_list_done(&there);
	if (full)
		return err_set(e, ERR_LIMIT, q->place, "%d recordings wait here already; it takes no more until some are delivered", SEND_WAITING_MAX);
	seal_random(drawn, sizeof drawn);
	int at = snprintf(name, sizeof name, "%020lld-", (long long)time_now());
	for (size_t i = 0; i < sizeof drawn; i++)
		snprintf(name + at + 2 * i, 3, "%02x", drawn[i]);
	snprintf(name + at + 32, sizeof name - (size_t)at - 32, ENDING);
	r = file_replace(q->dir, name, buf_slice(&body), 0600, e);
	if (r == 0 && ret_name)
		memcpy(ret_name, name, sizeof name);
	if (r < 0)
		err_in(e, q->place);
	return r;
}
