/* Text that waits on disk: a file in SITE/vault/new that loses its name at once, so that nothing stays of it. */
#include <fcntl.h>
#include <unistd.h>

#include "backup_internal.h"

#define TAIL ((size_t)64 << 10)

int spool_open(struct spool *s, int vaultfd, struct err *e)
{
	uint8_t random[8];
	struct buf name;
	buf_init(&s->tail, TAIL);
	s->n = 0;
	buf_init(&name, 64);
	seal_random(random, sizeof(random));
	buf_str(&name, "new/spool-");
	hex_put(&name, slice_of(random, sizeof(random)));
	s->fd = openat(vaultfd, buf_cstr(&name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = s->fd < 0 ? err_sys(e, "vault/new", "a file cannot be made here") : 0;
	if (r == 0 && unlinkat(vaultfd, buf_cstr(&name), 0) < 0)
		r = err_sys(e, "vault/new", "a file cannot be removed here");
	buf_done(&name);
	return r;
}

void spool_done(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	buf_done(&s->tail);
}

static int flush(struct spool *s, struct err *e)
{
	int r = file_pwrite_all(s->fd, buf_slice(&s->tail), s->n - s->tail.n, e, "vault/new");
	buf_reset(&s->tail);
	return r;
}

int spool_add(struct spool *s, struct slice text, struct err *e)
{
	int r = 0;
	while (r == 0 && text.n) {
		size_t n = TAIL - s->tail.n < text.n ? TAIL - s->tail.n : text.n;
		buf_add(&s->tail, text.p, n);
		if (!buf_ok(&s->tail))
			return err_set(e, ERR_MEMORY, NULL, "no memory for a backup");
		s->n += n;
		text = slice_of(text.p + n, text.n - n);
		if (s->tail.n == TAIL)
			r = flush(s, e);
	}
	return r;
}

int spool_read(struct spool *s, void *out, size_t n, uint64_t offset, struct err *e)
{
	assert(offset <= s->n && n <= s->n - offset);
	int r = s->tail.n && offset + n > s->n - s->tail.n ? flush(s, e) : 0;
	return r == 0 ? file_pread_all(s->fd, out, n, offset, e, "vault/new") : r;
}
