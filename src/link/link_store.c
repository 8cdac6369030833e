/* What does not fit into memory: a file that has no name.
 *
 * It is made without one (O_TMPFILE; where a file system knows none, under a name that is taken away before anything is in it), mode 0600, so that it is gone with the process, whatever ends it. What is written are blocks, each sealed with AES-256-GCM under a key
 * that is made for this file and is nowhere but in this process' memory: block k has the nonce k, and no block is ever written twice. A block that comes back changed is an error, and not a wrong answer.
 *
 *   block: n bytes, and 16 of the seal. Where each is and how long is known to the caller alone (struct link_block).
 *
 * Any thread may put and get; a thread's own number says whose cipher and room it uses. */
#include "link_store.h"

#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define SEALED 16u

struct link_store {
	int fd;
	unsigned threads;
	uint64_t end, number; /* of the next block */
	pthread_mutex_t lock;
	struct link_trouble *trouble;
	char dir[160];
	struct {
		struct seal_aead *aead;
		uint8_t *room;
		size_t cap;
	} own[LINK_THREADS_MAX];
};

static int open_nameless(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	char path[4096];
	if ((size_t)snprintf(path, sizeof path, "%s/.holdfast-link-XXXXXX", dir) >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int failed(struct link_trouble *t, const struct err *e)
{
	pthread_mutex_lock(&t->lock);
	if (!t->err.code)
		t->err = *e;
	pthread_mutex_unlock(&t->lock);
	return e->code;
}

int link_store_new(const char *dir, unsigned threads, struct link_trouble *trouble, struct link_store **ret)
{
	struct link_store *s = calloc(1, sizeof *s);
	struct err e = {0};
	uint8_t key[32];
	if (!s)
		return ERR_MEMORY;
	s->fd = -1;
	s->threads = threads;
	s->trouble = trouble;
	pthread_mutex_init(&s->lock, NULL);
	snprintf(s->dir, sizeof s->dir, "%s", dir);
	seal_random(key, sizeof key);
	bool all = true;
	for (unsigned t = 0; t < threads; t++)
		all &= (s->own[t].aead = seal_aead_new(key)) != NULL;
	seal_wipe(key, sizeof key);
	int r = all ? 0 : ERR_MEMORY;
	if (r == 0 && (s->fd = open_nameless(dir)) < 0) {
		err_sys(&e, dir, "the list is larger than memory, and nothing can be put there meanwhile (--tmp names another folder, --memory more memory)");
		r = failed(trouble, &e);
	}
	if (r < 0)
		link_store_free(s);
	else
		*ret = s;
	return r;
}

void link_store_free(struct link_store *s)
{
	if (!s)
		return;
	for (unsigned t = 0; t < s->threads; t++) {
		seal_aead_free(s->own[t].aead);
		if (s->own[t].room)
			seal_wipe(s->own[t].room, s->own[t].cap);
		free(s->own[t].room);
	}
	if (s->fd >= 0)
		close(s->fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

uint64_t link_store_size(const struct link_store *s)
{
	return s ? s->end : 0;
}

static uint8_t *room_of(struct link_store *s, unsigned thread, size_t n)
{
	assert(thread < s->threads);
	if (s->own[thread].cap < n) {
		uint8_t *room = realloc(s->own[thread].room, n);
		if (!room)
			return NULL;
		s->own[thread].room = room;
		s->own[thread].cap = n;
	}
	return s->own[thread].room;
}

int link_store_put(struct link_store *s, unsigned thread, const void *data, size_t n, struct link_block *ret)
{
	struct err e = {0};
	uint8_t *to = room_of(s, thread, n + SEALED);
	assert(n && n <= LINK_BLOCK_MAX);
	if (!to)
		return ERR_MEMORY;
	pthread_mutex_lock(&s->lock);
	*ret = (struct link_block){s->end, s->number++, (uint32_t)n};
	s->end += n + SEALED;
	pthread_mutex_unlock(&s->lock);
	int r = seal_aead_seal(s->own[thread].aead, ret->number, SLICE_NULL, slice_of(data, n), to, &e);
	if (r < 0)
		return failed(s->trouble, &e);
	for (size_t done = 0; done < n + SEALED;) {
		ssize_t k = pwrite(s->fd, to + done, n + SEALED - done, (off_t)(ret->at + done));
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			err_sys(&e, s->dir, "no room for what does not fit into memory: %llu MiB of it are there already (--tmp names another folder, --memory more memory)", (unsigned long long)(ret->at >> 20));
			return failed(s->trouble, &e);
		}
		done += (size_t)k;
	}
	return 0;
}

int link_store_get(struct link_store *s, unsigned thread, const struct link_block *b, void *to)
{
	struct err e = {0};
	uint8_t *room = room_of(s, thread, b->n + SEALED);
	if (!room)
		return ERR_MEMORY;
	int r = file_pread_all(s->fd, room, b->n + SEALED, b->at, &e, s->dir);
	r = r ? r : seal_aead_open(s->own[thread].aead, b->number, SLICE_NULL, slice_of(room, b->n + SEALED), to, &e);
	return r < 0 ? failed(s->trouble, &e) : 0;
}

int link_list_put(struct link_list *v, const struct link_block *b)
{
	if (v->n == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 16;
		struct link_block *w = realloc(v->v, cap * sizeof *w);
		if (!w)
			return ERR_MEMORY;
		v->v = w;
		v->cap = cap;
	}
	v->v[v->n++] = *b;
	return 0;
}

int link_list_load(struct link_store *s, unsigned thread, const struct link_list *list, uint64_t **ret_v, uint64_t *ret_n)
{
	size_t bytes = 0, at = 0;
	for (size_t i = 0; i < list->n; i++)
		bytes += list->v[i].n;
	char *v = malloc(bytes ? bytes : 1);
	int r = v ? 0 : ERR_MEMORY;
	for (size_t i = 0; i < list->n && r == 0; at += list->v[i++].n)
		r = link_store_get(s, thread, &list->v[i], v + at);
	if (r) {
		free(v);
		return r;
	}
	*ret_v = (uint64_t *)(void *)v;
	*ret_n = bytes / sizeof **ret_v;
	return 0;
}

void link_list_done(struct link_list *v)
{
	free(v->v);
	*v = (struct link_list){0};
}
