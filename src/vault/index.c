/* SITE/vault/index/DOMAIN-PERIOD.idx: where a chunk lies, by its id. A cache: made again from the lists of chunks that snapshots name; whoever doubts it deletes it.
 *
 * Pages of 4,096 bytes, little-endian.
 * page 0     "HFVIDX1\n", u32 bits, u32 0, u64 stamp, 16 bytes check (SipHash-128 of "holdfast-vault-index" under the page key), zeros, in the last 8 bytes SipHash-2-4 of all before
 * page 1+i   i < 2^bits: u64 SipHash-2-4 of the rest, u32 i, u32 count (at most 127), then count entries of 32 bytes: id 16, u32 pack, u32 offset, u32 length, u32 0. A page of zeros is empty.
 * An id's page is its first `bits` bits: ids are the output of a keyed hash, so pages fill evenly, and nobody can aim. When one would overflow, the file is made again with twice the pages
 * (about 64 % full then) under a temporary name and renamed. The page key is the first 16 bytes of the chunk key: an index of another key, or one that was edited, does not verify.
 * Pages are written in place and verify by themselves; a page that does not is as if it held nothing, and the file is removed at the end so that it is made again.
 * Memory: CACHE pages, whatever the number of chunks.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault_internal.h"

#define PAGE 4096
#define ENTRY 32
#define HEAD 16
#define PER_PAGE ((PAGE - HEAD) / ENTRY)
#define BITS_MAX 31
#define CACHE 256
#define MAGIC "HFVIDX1\n"

struct page {
	uint64_t number; /* +1; 0: nothing here */
	uint8_t p[PAGE];
};
struct vault_index {
	int dirfd, fd;
	char name[128];
	unsigned bits;
	uint64_t stamp, count;
	bool damaged;
	uint8_t key[16];
	struct page *cache; /* CACHE of them */
};

/* ---- pages ---- */

static int io(struct vault_index *ix, struct err *e)
{
	return err_sys(e, ix->name, "the vault's index cannot be read or written");
}

static uint64_t sum(const struct vault_index *ix, const uint8_t *p, size_t n)
{
	return seal_fingerprint(ix->key, slice_of(p, n));
}

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return le32toh(v);
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, 4);
}

static uint64_t page_of(const struct vault_index *ix, const uint8_t *id)
{
	uint64_t v;
	memcpy(&v, id, 8);
	return ix->bits ? be64toh(v) >> (64 - ix->bits) : 0;
}

static bool page_ok(const struct vault_index *ix, const uint8_t *p, uint64_t number)
{
	uint64_t v;
	memcpy(&v, p, 8);
	if (v == 0 && u32(p + 12) == 0)
		return true;
	return u32(p + 8) == number && u32(p + 12) <= PER_PAGE && le64toh(v) == sum(ix, p + 8, PAGE - 8);
}

static int read_page(struct vault_index *ix, uint64_t number, uint8_t *p, struct err *e)
{
	ssize_t n;
	do
		n = pread(ix->fd, p, PAGE, (off_t)((number + 1) * PAGE));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return io(ix, e);
	if (n != PAGE || !page_ok(ix, p, number)) {
		ix->damaged = true;
		memset(p, 0, PAGE);
	}
	return 0;
}

static int get_page(struct vault_index *ix, uint64_t number, uint8_t **ret, struct err *e)
{
	struct page *pg = &ix->cache[number % CACHE];
	if (pg->number != number + 1) {
		pg->number = 0;
		int r = read_page(ix, number, pg->p, e);
		if (r < 0)
			return r;
		pg->number = number + 1;
	}
	*ret = pg->p;
	return 0;
}

static int put_page(struct vault_index *ix, int fd, uint64_t number, uint8_t *p, struct err *e)
{
	put32(p + 8, (uint32_t)number);
	uint64_t v = htole64(sum(ix, p + 8, PAGE - 8));
	memcpy(p, &v, 8);
	return file_pwrite_all(fd, slice_of(p, PAGE), (number + 1) * PAGE, e, ix->name);
}

/* ---- page 0 ---- */

static void check_of(const struct vault_index *ix, uint8_t out[16])
{
	seal_fingerprint128(ix->key, SLICE("holdfast-vault-index"), out);
}

static int put_head(struct vault_index *ix, int fd, unsigned bits, struct err *e)
{
	uint8_t p[PAGE] = MAGIC;
	uint64_t stamp = htole64(ix->stamp), v;
	put32(p + 8, bits);
	memcpy(p + 16, &stamp, 8);
	check_of(ix, p + 24);
	v = htole64(sum(ix, p, PAGE - 8));
	memcpy(p + PAGE - 8, &v, 8);
	return file_pwrite_all(fd, slice_of(p, PAGE), 0, e, ix->name);
}

/* Pure: a head that this key made. */
bool vault_index_head_ok(const uint8_t key[16], struct slice page, uint64_t file_size, unsigned *ret_bits, uint64_t *ret_stamp)
{
	uint64_t v, stamp;
	uint8_t check[16];
	if (page.n != PAGE || memcmp(page.p, MAGIC, 8) != 0)
		return false;
	memcpy(&v, page.p + PAGE - 8, 8);
	memcpy(&stamp, page.p + 16, 8);
	seal_fingerprint128(key, SLICE("holdfast-vault-index"), check);
	uint32_t bits = u32(page.p + 8);
	if (bits > BITS_MAX || memcmp(check, page.p + 24, 16) != 0 || le64toh(v) != seal_fingerprint(key, slice_of(page.p, PAGE - 8)) || file_size != ((UINT64_C(1) << bits) + 1) * PAGE)
		return false;
	*ret_bits = bits;
	*ret_stamp = le64toh(stamp);
	return true;
}

static int count_all(struct vault_index *ix, struct err *e)
{
	uint8_t p[PAGE];
	for (uint64_t i = 0; i < UINT64_C(1) << ix->bits; i++) {
		int r = read_page(ix, i, p, e);
		if (r < 0)
			return r;
		ix->count += u32(p + 12);
		if (ix->count > 4096) /* only "few or many" is ever asked */
			return 0;
	}
	return 0;
}

static int load(struct vault_index *ix, struct err *e)
{
	struct stat st;
	uint8_t p[PAGE];
	if (fstat(ix->fd, &st) < 0)
		return io(ix, e);
	ssize_t n = pread(ix->fd, p, PAGE, 0);
	if (n < 0)
		return io(ix, e);
	if (n == PAGE && vault_index_head_ok(ix->key, slice_of(p, PAGE), (uint64_t)st.st_size, &ix->bits, &ix->stamp))
		return count_all(ix, e);
	ix->bits = 0;
	ix->stamp = 0;
	if (ftruncate(ix->fd, 0) < 0 || ftruncate(ix->fd, 2 * PAGE) < 0)
		return io(ix, e);
	return put_head(ix, ix->fd, 0, e);
}

int vault_index_open(int vaultfd, const char *domain, const char *period, const struct vault_keys *k, struct vault_index **ret, struct err *e)
{
	struct vault_index *ix = calloc(1, sizeof(*ix));
	if (!ix)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the vault's index");
	ix->fd = ix->dirfd = -1;
	(void)snprintf(ix->name, sizeof(ix->name), "%s-%s.idx", domain, period);
	memcpy(ix->key, k->chunk_id, sizeof(ix->key));
	ix->cache = calloc(CACHE, sizeof(*ix->cache));
	int r = ix->cache ? file_mkdir(vaultfd, "index", 0750, e) : err_set(e, ERR_MEMORY, NULL, "no memory for the vault's index");
	if (r == 0) {
		ix->dirfd = file_open_dir(vaultfd, "index", e);
		r = ix->dirfd < 0 ? ix->dirfd : 0;
	}
	if (r == 0) {
		ix->fd = openat(ix->dirfd, ix->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (ix->fd >= 0)
			vault_own(ix->dirfd, ix->fd);
		r = ix->fd < 0 ? io(ix, e) : load(ix, e);
	}
	if (r < 0) {
		vault_index_free(ix);
		return r;
	}
	*ret = ix;
	return 0;
}

void vault_index_free(struct vault_index *ix)
{
	if (!ix)
		return;
	if (ix->fd >= 0)
		close(ix->fd);
	if (ix->dirfd >= 0)
		close(ix->dirfd);
	free(ix->cache);
	seal_wipe(ix, sizeof(*ix));
	free(ix);
}

uint64_t vault_index_stamp(const struct vault_index *ix)
{
	return ix->stamp;
}

uint64_t vault_index_count(const struct vault_index *ix)
{
	return ix->count;
}

bool vault_index_damaged(const struct vault_index *ix)
{
	return ix->damaged;
}

/* ---- finding ---- */

static uint8_t *in_page(uint8_t *p, const uint8_t *id)
{
	for (uint32_t i = 0, n = u32(p + 12); i < n; i++)
		if (!memcmp(p + HEAD + i * ENTRY, id, VAULT_ID))
			return p + HEAD + i * ENTRY;
	return NULL;
}

int vault_index_find(struct vault_index *ix, const uint8_t id[VAULT_ID], struct vault_extent *ret, struct err *e)
{
	uint8_t *p;
	if (ix->count == 0)
		return 0;
	int r = get_page(ix, page_of(ix, id), &p, e);
	if (r < 0)
		return r;
	const uint8_t *hit = in_page(p, id);
	if (!hit)
		return 0;
	*ret = (struct vault_extent){.pack = u32(hit + 16), .offset = u32(hit + 20), .length = u32(hit + 24)};
	return ret->pack && ret->length ? 1 : 0;
}

int vault_index_each(struct vault_index *ix, vault_index_fn *fn, void *arg, struct err *e)
{
	uint8_t p[PAGE];
	int r = 0;
	for (uint64_t i = 0; r == 0 && i < UINT64_C(1) << ix->bits; i++) {
		r = read_page(ix, i, p, e);
		for (uint32_t k = 0, n = u32(p + 12); r == 0 && k < n; k++) {
			const uint8_t *entry = p + HEAD + k * ENTRY;
			struct vault_placed placed = {.at = {.pack = u32(entry + 16), .offset = u32(entry + 20), .length = u32(entry + 24)}};
			memcpy(placed.id, entry, VAULT_ID);
			r = fn(arg, &placed, e);
		}
	}
	return r;
}

/* ---- adding ---- */

static void put_entry(uint8_t *to, const struct vault_placed *c)
{
	memcpy(to, c->id, VAULT_ID);
	put32(to + 16, (uint32_t)c->at.pack);
	put32(to + 20, (uint32_t)c->at.offset);
	put32(to + 24, (uint32_t)c->at.length);
	put32(to + 28, 0);
}

/* Page i of the old file is pages 2i and 2i + 1 of the new one. */
static int split(struct vault_index *ix, int fd, uint64_t number, struct err *e)
{
	uint8_t from[PAGE], to[2][PAGE];
	int r = read_page(ix, number, from, e);
	if (r < 0)
		return r;
	memset(to, 0, sizeof(to));
	for (uint32_t i = 0, n = u32(from + 12); i < n; i++) {
		const uint8_t *entry = from + HEAD + i * ENTRY;
		uint64_t v;
		memcpy(&v, entry, 8);
		uint8_t *half = to[be64toh(v) >> (63 - ix->bits) & 1];
		uint32_t at = u32(half + 12);
		memcpy(half + HEAD + at * ENTRY, entry, ENTRY);
		put32(half + 12, at + 1);
	}
	for (unsigned i = 0; r == 0 && i < 2; i++)
		if (u32(to[i] + 12))
			r = put_page(ix, fd, 2 * number + i, to[i], e);
	return r;
}

static int grow(struct vault_index *ix, struct err *e)
{
	char name[sizeof(ix->name) + 4];
	if (ix->bits == BITS_MAX)
		return err_set(e, ERR_LIMIT, ix->name, "the vault's index cannot grow further");
	(void)snprintf(name, sizeof(name), "%s.new", ix->name);
	AUTO_CLOSE int fd = openat(ix->dirfd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		vault_own(ix->dirfd, fd);
	if (fd < 0 || ftruncate(fd, (off_t)(((UINT64_C(2) << ix->bits) + 1) * PAGE)) < 0)
		return io(ix, e);
	int r = put_head(ix, fd, ix->bits + 1, e);
	for (uint64_t i = 0; r == 0 && i < UINT64_C(1) << ix->bits; i++)
		r = split(ix, fd, i, e);
	if (r == 0 && renameat(ix->dirfd, name, ix->dirfd, ix->name) < 0)
		r = io(ix, e);
	if (r < 0) {
		(void)unlinkat(ix->dirfd, name, 0);
		return r;
	}
	int old = ix->fd;
	ix->fd = fd;
	fd = old; /* NOLINT(clang-analyzer-deadcode.DeadStores): the cleanup closes the old one */
	ix->bits++;
	for (size_t i = 0; i < CACHE; i++)
		ix->cache[i].number = 0;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, VAULT_ID);
}

/* All of chunks[0..n) that go into the page of the first, as many as fit; ret_done of them. */
static int add_to_page(struct vault_index *ix, const struct vault_placed *chunks, size_t n, size_t *ret_done, struct err *e)
{
	uint64_t number = page_of(ix, chunks[0].id);
	uint8_t *p;
	size_t i = 0;
	int r = get_page(ix, number, &p, e);
	if (r < 0)
		return r;
	for (; i < n && page_of(ix, chunks[i].id) == number; i++) {
		uint8_t *hit = in_page(p, chunks[i].id);
		uint32_t count = u32(p + 12);
		if (!hit && count == PER_PAGE)
			break;
		put_entry(hit ? hit : p + HEAD + count * ENTRY, &chunks[i]);
		if (!hit) {
			put32(p + 12, count + 1);
			ix->count++;
		}
	}
	*ret_done = i;
	r = i ? put_page(ix, ix->fd, number, p, e) : 0;
	if (r < 0)
		ix->cache[number % CACHE].number = 0;
	return r;
}

int vault_index_add(struct vault_index *ix, struct vault_placed *chunks, size_t n, struct err *e)
{
	if (n)
		qsort(chunks, n, sizeof(*chunks), by_id);
	for (size_t i = 0; i < n;) {
		size_t done = 0;
		int r = add_to_page(ix, chunks + i, n - i, &done, e);
		if (r == 0 && i + done < n && (done == 0 || page_of(ix, chunks[i + done].id) == page_of(ix, chunks[i].id)))
			r = grow(ix, e);
		if (r < 0)
			return r;
		i += done;
	}
	return 0;
}

int vault_index_close(struct vault_index *ix, uint64_t stamp, struct err *e)
{
	int r = 0;
	if (ix->damaged)
		r = unlinkat(ix->dirfd, ix->name, 0) < 0 ? io(ix, e) : 0;
	else if (stamp != ix->stamp) {
		/* the pages first: a stamp promises that they are there */
		r = fdatasync(ix->fd) < 0 ? io(ix, e) : 0;
		ix->stamp = stamp;
		if (r == 0)
			r = put_head(ix, ix->fd, ix->bits, e);
	}
	vault_index_free(ix);
	return r;
}
