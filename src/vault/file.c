/* One file of a snapshot, read in place: for a mounted snapshot. Its places are kept while it is open, 24 bytes each: a file in one piece has one. */
#include "vault_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACES_MAX ((size_t)1 << 20) /* of one file: 24 MiB */
#define BLOCK ((size_t)1 << 18)

struct place {
	uint64_t at; /* in the file */
	struct vault_extent x;
};
struct vault_file {
	struct vault *v;
	struct place *places;
	size_t n, cap;
	uint64_t size;
};

static int add(struct vault_file *f, const struct vault_extent *x, struct err *e)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 16;
		struct place *more = f->n < PLACES_MAX ? reallocarray(f->places, cap, sizeof *more) : NULL;
		if (!more)
			return err_set(e, f->n < PLACES_MAX ? ERR_MEMORY : ERR_LIMIT, NULL, "a file in more than %zu pieces cannot be looked at in place; restore it", PLACES_MAX);
		f->places = more;
		f->cap = cap;
	}
	f->places[f->n++] = (struct place){.at = f->size, .x = *x};
	f->size += x->length;
	return 0;
}

/* link: where to look instead, when it is another name. */
static int find(struct vault_file *f, const struct vault_body *b, struct slice path, struct buf *link, struct err *e)
{
	struct vault_cat *c;
	const struct vault_line *l;
	bool found = false;
	int r = vault_cat_open(f->v->catalogues, b, path, &c, e);
	if (r < 0)
		return r;
	while (!found && (r = vault_cat_next(c, &l, e)) > 0 && slice_eq(l->node.path, path)) {
		struct slice rest = l->extents;
		struct vault_extent x;
		int n = 0;
		if (l->node.type == 'h')
			buf_add_slice(link, l->node.link);
		r = l->node.type == 'f' || l->node.type == '+' || l->node.type == 'h' ? 0 : err_set(e, ERR_INPUT, NULL, "this is no file");
		if (r == 0 && l->node.unreadable)
			r = err_set(e, ERR_NOT_FOUND, NULL, "it could not be read when it was backed up");
		while (r == 0 && (n = vault_extent_next(&rest, &x)) > 0)
			r = add(f, &x, e);
		if (r == 0 && n < 0)
			r = err_set(e, ERR_CORRUPT, NULL, "its places in the catalogue are none");
		if (r < 0)
			break;
		found = l->node.type != '+';
	}
	vault_cat_close(c);
	if (r >= 0 && !found)
		r = err_set(e, ERR_NOT_FOUND, NULL, "the snapshot has no such path");
	return r < 0 ? r : 0;
}

int vault_file_open(struct vault *v, const struct vault_snapshot *s, struct slice path, struct vault_file **ret, struct err *e)
{
	struct vault_body b;
	AUTO_BUF struct buf link = {0}, again = {0};
	const struct vault_known_pack *all;
	if (!v->contents || !v->catalogues)
		return err_set(e, ERR_CRYPTO, NULL, "contents are opened by the recovery key alone");
	if (!v->fits)
		v->fits = calloc(vault_log_packs(v->log, &all) + 1, 1);
	struct vault_file *f = calloc(1, sizeof *f);
	if (!f || !v->fits) {
		free(f);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	f->v = v;
	buf_init(&link, VAULT_PATH_MAX);
	buf_init(&again, VAULT_PATH_MAX);
	int r = vault_body_of(v, s, &b, e);
	if (r == 0) {
		r = find(f, &b, path, &link, e);
		if (r == 0 && link.n)
			r = find(f, &b, buf_slice(&link), &again, e);
		if (r == 0 && again.n)
			r = err_set(e, ERR_CORRUPT, NULL, "a link to a link is nothing that we write");
		vault_body_done(&b);
	}
	if (r < 0) {
		vault_file_close(f);
		return r;
	}
	*ret = f;
	return 0;
}

void vault_file_close(struct vault_file *f)
{
	if (!f)
		return;
	free(f->places);
	free(f);
}

static bool hash_fits(const struct vault *v, const struct vault_known_pack *p)
{
	char name[48];
	struct stat st;
	uint8_t got[SEAL_HASH], *block = malloc(BLOCK);
	struct seal_sha256 *sha = seal_sha256_new();
	vault_pack_name(p->class, p->number, name);
	AUTO_CLOSE int fd = openat(v->vaultfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool ok = block && sha && fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size == p->size;
	if (ok)
		seal_sha256_begin(sha);
	for (uint64_t at = 0; ok && at < p->size;) {
		ssize_t n = pread(fd, block, BLOCK, (off_t)at);
		ok = n > 0;
		if (ok) {
			seal_sha256_add(sha, slice_of(block, (size_t)n));
			at += (uint64_t)n;
		}
	}
	if (ok)
		seal_sha256_end(sha, got);
	seal_sha256_free(sha);
	free(block);
	return ok && !memcmp(got, p->sha256, SEAL_HASH);
}

static int believe(struct vault *v, uint64_t number, struct err *e)
{
	const struct vault_known_pack *all, *p = vault_log_pack(v->log, VAULT_CONTENT, number);
	char name[48];
	(void)vault_log_packs(v->log, &all);
	if (p && v->fits[p - all] == 0)
		v->fits[p - all] = hash_fits(v, p) ? 1 : 2;
	if (p && v->fits[p - all] == 1)
		return 0;
	vault_pack_name(VAULT_CONTENT, number, name);
	return err_set(e, ERR_CORRUPT, name, "the pack is missing, or not the one that the ledger names");
}

/* The place that holds offset. */
static size_t place_of(const struct vault_file *f, uint64_t offset)
{
	size_t from = 0, to = f->n;
	while (to - from > 1) {
		size_t mid = from + (to - from) / 2;
		if (f->places[mid].at <= offset)
			from = mid;
		else
			to = mid;
	}
	return from;
}

ssize_t vault_file_read(struct vault_file *f, void *out, size_t n, uint64_t offset, struct err *e)
{
	size_t done = 0;
	if (offset >= f->size)
		return 0;
	if (n > f->size - offset)
		n = (size_t)(f->size - offset);
	if (n > PTRDIFF_MAX)
		n = PTRDIFF_MAX;
	for (size_t i = place_of(f, offset); done < n; i++) {
		const struct place *p = &f->places[i];
		uint64_t skip = offset + done - p->at;
		size_t take = p->x.length - skip < n - done ? (size_t)(p->x.length - skip) : n - done;
		if (p->x.pack == 0) {
			memset((uint8_t *)out + done, 0, take);
		} else {
			struct vault_extent x = {.pack = p->x.pack, .offset = p->x.offset + skip, .length = take};
			int r = believe(f->v, x.pack, e);
			if (r == 0)
				r = vault_packs_read(f->v->contents, VAULT_CONTENT, &x, (uint8_t *)out + done, e);
			if (r < 0)
				return r;
		}
		done += take;
	}
	return (ssize_t)done;
}
