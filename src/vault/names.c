/* The names in one folder, in order, in bounded memory: a folder of ten million files is sorted in runs on disk and merged.
 *
 * A run in the spool: for each name u16 length (host order; nobody else reads it), the name, NUL.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backup_internal.h"

#define RUNS_MAX 4096
#define RUN_BUFFER 4096
#define NAME_LONGEST 1024 /* Linux: 255 */

struct ref { /* a name in text; its first bytes beside it, so that most comparisons need no look there */
	uint64_t head;
	uint32_t at, n;
};
struct run {
	uint64_t at, end;
	uint8_t *p;
	size_t n, used;
};
struct names {
	struct buf text, refs;
	size_t next;
	struct spool spool;
	struct run *runs;
	size_t run_n;
	char name[NAME_LONGEST];
};

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for a folder's names");
}

static int by_name(const void *a, const void *b, void *text)
{
	const struct ref *x = a, *y = b;
	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	const uint8_t *p = text;
	return slice_cmp(slice_of(p + x->at, x->n), slice_of(p + y->at, y->n));
}

static int add(struct names *n, const char *name, struct err *e)
{
	struct ref r = {.at = (uint32_t)n->text.n, .n = (uint32_t)strlen(name)};
	uint8_t head[8] = {0};
	memcpy(head, name, r.n < 8 ? r.n : 8);
	memcpy(&r.head, head, 8);
	r.head = be64toh(r.head);
	buf_add(&n->text, name, r.n + 1);
	buf_add(&n->refs, &r, sizeof(r));
	return buf_ok(&n->text) && buf_ok(&n->refs) ? 0 : no_memory(e);
}

static void sort(struct names *n)
{
	if (n->refs.n)
		qsort_r(n->refs.p, n->refs.n / sizeof(struct ref), sizeof(struct ref), by_name, n->text.p);
}

static int spill(struct names *n, int vaultfd, struct err *e)
{
	int r = 0;
	if (n->run_n == RUNS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "a folder holds more names than can be sorted");
	if (n->run_n == 0)
		r = spool_open(&n->spool, vaultfd, e);
	struct run *more = r == 0 ? realloc(n->runs, (n->run_n + 1) * sizeof(*more)) : NULL;
	if (!more)
		return r < 0 ? r : no_memory(e);
	n->runs = more;
	struct run *run = &more[n->run_n++];
	*run = (struct run){.at = n->spool.n};
	sort(n);
	for (size_t i = 0; r == 0 && i < n->refs.n / sizeof(struct ref); i++) {
		struct ref ref;
		memcpy(&ref, n->refs.p + i * sizeof(ref), sizeof(ref));
		uint16_t length = (uint16_t)ref.n;
		r = spool_add(&n->spool, slice_of(&length, sizeof(length)), e);
		if (r == 0)
			r = spool_add(&n->spool, slice_of(n->text.p + ref.at, (size_t)ref.n + 1), e);
	}
	run->end = n->spool.n;
	buf_reset(&n->text);
	buf_reset(&n->refs);
	return r;
}

static int list(struct names *n, int dirfd, int vaultfd, size_t memory, struct err *e)
{
	uint8_t *room = malloc(64 << 10);
	int r = room ? 0 : no_memory(e);
	while (r == 0) {
		long got = syscall(SYS_getdents64, dirfd, room, 64 << 10);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			r = err_sys(e, NULL, "a folder cannot be read");
		}
		if (got <= 0)
			break;
		for (long at = 0; r == 0 && at < got;) {
			/* struct linux_dirent64: u64 ino, u64 off, u16 reclen, u8 type, name */
			uint16_t length;
			memcpy(&length, room + at + 16, sizeof(length));
			const char *name = (const char *)room + at + 19;
			if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
				r = add(n, name, e);
			at += length;
		}
		if (r == 0 && n->text.n + n->refs.n > memory)
			r = spill(n, vaultfd, e);
	}
	free(room);
	return r;
}

static int start_merge(struct names *n, int vaultfd, struct err *e)
{
	int r = n->refs.n ? spill(n, vaultfd, e) : 0;
	buf_done(&n->text);
	buf_done(&n->refs);
	for (size_t i = 0; r == 0 && i < n->run_n; i++)
		if (!(n->runs[i].p = malloc(RUN_BUFFER)))
			r = no_memory(e);
	return r;
}

int names_read(int dirfd, int vaultfd, size_t memory, struct names **ret, struct err *e)
{
	struct names *n = calloc(1, sizeof(*n));
	if (!n)
		return no_memory(e);
	n->spool.fd = -1;
	buf_init(&n->text, UINT32_MAX);
	buf_init(&n->refs, UINT32_MAX);
	int r = list(n, dirfd, vaultfd, memory, e);
	if (r == 0 && n->run_n)
		r = start_merge(n, vaultfd, e);
	else if (r == 0)
		sort(n);
	if (r < 0) {
		names_free(n);
		return r;
	}
	*ret = n;
	return 0;
}

/* The first name of a run, NULL at its end. */
static int peek(struct names *n, struct run *run, const char **ret, struct err *e)
{
	uint16_t length = 0;
	size_t left = run->n - run->used;
	if (left >= 2)
		memcpy(&length, run->p + run->used, 2);
	if (left < 2 || left < (size_t)length + 3) { /* the buffer holds many names, so this is rare */
		if (left == 0 && run->at == run->end) {
			*ret = NULL;
			return 0;
		}
		memmove(run->p, run->p + run->used, left);
		size_t room = RUN_BUFFER - left, take = run->end - run->at < room ? (size_t)(run->end - run->at) : room;
		int r = spool_read(&n->spool, run->p + left, take, run->at, e);
		if (r < 0)
			return r;
		run->at += take;
		run->n = left + take;
		run->used = 0;
	}
	*ret = (const char *)run->p + run->used + 2;
	return 0;
}

int names_next(struct names *n, const char **ret, struct err *e)
{
	struct run *least = NULL;
	const char *best = NULL;
	if (n->run_n == 0) {
		if (n->next == n->refs.n / sizeof(struct ref))
			return 0;
		struct ref ref;
		memcpy(&ref, n->refs.p + n->next++ * sizeof(ref), sizeof(ref));
		*ret = (const char *)n->text.p + ref.at;
		return 1;
	}
	for (size_t i = 0; i < n->run_n; i++) {
		const char *name;
		int r = peek(n, &n->runs[i], &name, e);
		if (r < 0)
			return r;
		if (name && (!best || strcmp(name, best) < 0)) {
			best = name;
			least = &n->runs[i];
		}
	}
	if (!best)
		return 0;
	size_t length = strlen(best);
	assert(length < sizeof(n->name));
	memcpy(n->name, best, length + 1);
	least->used += length + 3;
	*ret = n->name;
	return 1;
}

size_t names_memory(const struct names *n)
{
	return n->text.cap + n->refs.cap + n->run_n * (RUN_BUFFER + sizeof(struct run));
}

void names_free(struct names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->run_n; i++)
		free(n->runs[i].p);
	free(n->runs);
	spool_done(&n->spool);
	buf_done(&n->text);
	buf_done(&n->refs);
	free(n);
}
