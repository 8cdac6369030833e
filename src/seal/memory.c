/* Secrets in memory: drawing them, keeping them out of core files and swap, wiping them. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "seal_internal.h"

void seal_die(const char *why)
{
	static const char before[] = "holdfast: cannot go on: ";
	struct iovec line[3] = {{(void *)(uintptr_t)before, sizeof(before) - 1}, {(void *)(uintptr_t)why, strlen(why)}, {(void *)(uintptr_t)"\n", 1}};
	ssize_t n = writev(2, line, 3);
	(void)n;
	abort();
}

int seal_room(const struct buf *b, const char *what, struct err *e)
{
	if (buf_ok(b))
		return 0;
	if (buf_code(b) == ERR_MEMORY)
		return err_set(e, ERR_MEMORY, NULL, "no memory for %s", what);
	return err_set(e, ERR_LIMIT, NULL, "%s does not fit in %zu bytes", what, b->max);
}

void seal_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

int seal_lock_memory(void *p, size_t n, struct err *e)
{
	if (n == 0)
		return 0;
	/* madvise wants whole pages; keeping a neighbour out of a core file as well does no harm */
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)p & ~(page - 1);
	uintptr_t to = ((uintptr_t)p + n + page - 1) & ~(page - 1);
	if (madvise((void *)from, to - from, MADV_DONTDUMP) < 0)
		return err_sys(e, NULL, "key memory cannot be kept out of core files");
	if (mlock(p, n) < 0) {
		if (errno == EPERM || errno == ENOMEM || errno == EAGAIN)
			return 1; /* RLIMIT_MEMLOCK: the key may reach swap; the caller says so in its status */
		return err_sys(e, NULL, "key memory cannot be locked");
	}
	return 0;
}

void seal_random(void *out, size_t n)
{
	uint8_t *p = out;
	while (n) {
		ssize_t got = getrandom(p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			seal_die("the kernel gives no random bytes");
		p += got;
		n -= (size_t)got;
	}
}

bool seal_equal(const void *a, const void *b, size_t n)
{
	return n == 0 || CRYPTO_memcmp(a, b, n) == 0;
}
