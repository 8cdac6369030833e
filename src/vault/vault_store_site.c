/* The site itself, seen as a replica: names of a replica's objects (doc/formats.md 12) and where they lie here. What is not sealed or public has no name in it. Read only; used by whoever pushes, and by the web role for
 * those who pull. */
#include "vault_internal.h"
#include "vault_replica.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return n > 0;
}

/* "WORD-NNNNNNNN.age" */
static bool pack_name(const char *name, const char *word)
{
	size_t w = strlen(word), n = strlen(name);
	return n > w + 5 && n < w + 26 && !strncmp(name, word, w) && name[w] == '-' && digits(name + w + 1, n - w - 5) && !strcmp(name + n - 4, ".age");
}

/* "EEEE-SSSSSSSSSSSSSSSSSSSS-IIIIIIIIIIIIIIII" */
static bool head_name(const char *s)
{
	return strlen(s) == 4 + 1 + 20 + 1 + 16 && digits(s, 4) && s[4] == '-' && digits(s + 5, 20) && s[25] == '-' && strspn(s + 26, "0123456789abcdef") == 16;
}

static bool hex64(const char *s)
{
	uint8_t h[SEAL_HASH];
	if (strlen(s) != 2 * SEAL_HASH || hex_get(h, SEAL_HASH, slice_str(s)) < 0)
		return false;
	for (size_t i = 0; s[i]; i++)
		if (s[i] >= 'A' && s[i] <= 'F')
			return false;
	return true;
}

/* tile/<L>/<N>[.p/<W>] and tile/entries/<N>[.p/<W>]: a dot stands in ".p/" alone. */
static bool tile_name(const char *p)
{
	if (strncmp(p, "tile/", 5))
		return false;
	p += strncmp(p + 5, "entries/", 8) ? 5 : 13;
	for (; *p; p++)
		if (!((*p >= '0' && *p <= '9') || *p == 'x' || *p == '/' || (*p == '.' && p[1] == 'p' && p[2] == '/') || (*p == 'p' && p[-1] == '.')))
			return false;
	return true;
}

bool vault_site_object(const char *name, struct vault_site_place *ret)
{
	uint64_t chunk;
	struct vault_site_place p = {.n = UINT64_MAX};
	if (!vault_object_name_ok(name))
		return false;
	const char *last = strrchr(name, '/');
	last = last ? last + 1 : name;
	int n = -1;
	if (!strcmp(name, "newest"))
		n = snprintf(p.path, sizeof p.path, "outbox/newest");
	else if (!strncmp(name, "heads/", 6) && last == name + 6 && head_name(last))
		n = snprintf(p.path, sizeof p.path, "outbox/head-%s", last);
	else if (!strncmp(name, REPLICA_VIEWS, strlen(REPLICA_VIEWS))) {
		char path[VAULT_OBJECT_MAX + 1];
		snprintf(path, sizeof path, "%.*s", (int)(last - name > 7 ? last - name - 7 : 0), name + 6); /* between "files/" and "/SHA256" */
		if (hex64(last) && replica_path_ok(path))
			n = snprintf(p.path, sizeof p.path, "%s", path);
	} else if (!strncmp(name, "files/", 6) && hex64(last))
		n = snprintf(p.path, sizeof p.path, "outbox/%s", last);
	else if (!strncmp(name, "packs/records/", 14) && last == name + 14 && digits(last, strlen(last)) && num_u64(slice_str(last), 0, UINT32_MAX, &chunk) == 0) {
		n = snprintf(p.path, sizeof p.path, "packs/index");
		p.offset = chunk * REPLICA_RECORDS * LEDGER_PACK_RECORD;
		p.n = REPLICA_RECORDS * LEDGER_PACK_RECORD;
	} else if ((!strncmp(name, "packs/", 6) && last == name + 6 && pack_name(last, "care")) ||
	           (!strncmp(name, "vault/", 6) && last == name + 6 && (pack_name(last, "content") || pack_name(last, "catalogue"))) ||
	           (!strncmp(name, "ledger/", 7) && (tile_name(name + 7) || !strcmp(name, "ledger/vkey") || !strcmp(name, "ledger/checkpoint"))))
		n = snprintf(p.path, sizeof p.path, "%s", name);
	if (n < 0 || (size_t)n >= sizeof p.path)
		return false;
	*ret = p;
	return true;
}

int vault_site_open(int sitefd, const char *name, struct vault_site_place *ret, struct err *e)
{
	struct stat st;
	if (!vault_site_object(name, ret))
		return err_set(e, ERR_NOT_FOUND, name, "there is no such thing in a replica");
	int fd = openat(sitefd, ret->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? err_set(e, ERR_NOT_FOUND, name, "it is not there") : err_sys(e, name, "cannot be read");
	uint64_t size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	if (!S_ISREG(st.st_mode) || ret->offset > size || (ret->n != UINT64_MAX && ret->n > size - ret->offset)) { /* records that fill no object yet */
		close(fd);
		return err_set(e, ERR_NOT_FOUND, name, "it is not there");
	}
	if (ret->n == UINT64_MAX)
		ret->n = size - ret->offset;
	return fd;
}

/* ---- as a store ---- */

struct site_store {
	struct vault_store s;
	int fd;
};

static int site_get(struct vault_store *s, const char *name, const char *version, uint64_t offset, uint64_t n, vault_store_sink *sink, void *arg, struct err *e)
{
	struct vault_site_place p;
	AUTO_CLOSE int fd = vault_site_open(((struct site_store *)s)->fd, name, &p, e);
	if (fd < 0)
		return fd;
	size_t most = n < (uint64_t)1 << 20 ? (size_t)n : (size_t)1 << 20;
	uint8_t *piece = malloc(most ? most : 1);
	int r = piece ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	while (r == 0 && n && offset < p.n) {
		uint64_t k = n < most ? n : most;
		if (k > p.n - offset)
			k = p.n - offset;
		r = file_pread_all(fd, piece, (size_t)k, p.offset + offset, e, name);
		if (r == 0)
			r = sink(arg, slice_of(piece, (size_t)k), e);
		offset += k;
		n -= k;
	}
	free(piece);
	return r;
}

static int site_head(struct vault_store *s, const char *name, struct vault_object *ret, struct err *e)
{
	struct vault_site_place p;
	AUTO_CLOSE int fd = vault_site_open(((struct site_store *)s)->fd, name, &p, e);
	if (fd < 0)
		return fd;
	*ret = (struct vault_object){.size = p.n, .latest = true};
	snprintf(ret->name, sizeof ret->name, "%s", name);
	return 0;
}

static int site_put(struct vault_store *s, const char *name, const struct vault_bytes *b, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	return err_set(e, ERR_USAGE, s->where, "a site is not written as a replica");
}

static void site_close_store(struct vault_store *s)
{
	close(((struct site_store *)s)->fd);
	free(s);
}

int vault_site_store(int sitefd, struct vault_store **ret, struct err *e)
{
	static const struct vault_store_ops ops = {.put = site_put, .get = site_get, .head = site_head, .close = site_close_store};
	struct site_store *x = calloc(1, sizeof *x);
	if (!x)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	x->s.ops = &ops;
	x->s.kind = VAULT_FOLDER;
	snprintf(x->s.where, sizeof x->s.where, "this site");
	x->fd = fcntl(sitefd, F_DUPFD_CLOEXEC, 0);
	if (x->fd < 0) {
		free(x);
		return err_sys(e, NULL, "cannot open the site's folder");
	}
	*ret = &x->s;
	return 0;
}
