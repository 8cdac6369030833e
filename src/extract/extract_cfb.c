/* [MS-CFB]: sectors of 512 or 4096 bytes behind a header of 512 (of 4096 with the larger), chained by an allocation table (FAT) whose own sectors are listed in the header and from there on in a chain (DIFAT). Streams below 4096 bytes lie in sectors
 * of 64 inside of the root's stream, chained by a table of their own. The directory is a chain of entries of 128 bytes; a storage names one of its children, and each child two siblings. */
#include "extract_cfb.h"

#include <endian.h>

#define HEADER 512u
#define ENTRY 128u
#define MINI_SHIFT 6u
#define LISTED 109u /* sectors of the table that the header lists */
#define FREE_FROM UINT32_C(0xfffffffa) /* numbers from here on are no sectors: the end of a chain, or nobody's */
#define CHAIN_END UINT32_C(0xfffffffe)
enum { TYPE_STORAGE = 1, TYPE_STREAM = 2, TYPE_ROOT = 5 };

static uint32_t u32_at(struct slice s, size_t at)
{
	uint32_t v;
	if (at > s.n || s.n - at < sizeof v)
		return UINT32_MAX;
	memcpy(&v, s.p + at, sizeof v);
	return le32toh(v);
}

static struct slice sector(const struct extract_cfb *c, uint32_t n)
{
	size_t at = ((size_t)n + 1) << c->shift, size = (size_t)1 << c->shift;
	if (n >= FREE_FROM || at >= c->file.n)
		return SLICE_NULL;
	return slice_of(c->file.p + at, c->file.n - at < size ? c->file.n - at : size); /* the last one of a file may be short */
}

static uint32_t follow(const struct extract_cfb *c, uint32_t n)
{
	unsigned per = c->shift - 2;
	if (n >= FREE_FROM || n >> per >= c->fats)
		return UINT32_MAX;
	return u32_at(sector(c, c->fat[n >> per]), (size_t)(n & ((1u << per) - 1)) * 4);
}

/* A chain of whole sectors: at most `most` bytes. false: it breaks off before. ret_next: what stands behind the last one that was read; may be NULL. */
static bool chain(const struct extract_cfb *c, uint32_t from, uint64_t most, struct buf *out, uint32_t *ret_next)
{
	uint64_t left = most;
	uint32_t n = from;
	for (uint32_t steps = 0; left && n < FREE_FROM && steps <= c->sectors; n = follow(c, n), steps++) { /* more steps than sectors: it goes in circles */
		struct slice s = sector(c, n);
		if (!s.p)
			break;
		s.n = s.n < left ? s.n : (size_t)left;
		buf_add_slice(out, s);
		left -= s.n;
	}
	if (ret_next)
		*ret_next = n;
	return !left && buf_ok(out);
}

/* One that is kept, in the arena: so many bytes, or (UINT64_MAX) all of it. */
static int kept(struct extract_cfb *c, uint32_t from, uint64_t size, struct slice *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	uint32_t next;
	*ret = SLICE("");
	buf_init(&b, c->file.n + 4096);
	bool whole = chain(c, from, size < c->file.n ? size : c->file.n, &b, &next);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "no memory for a directory");
	c->broken |= size == UINT64_MAX ? next != CHAIN_END || b.n % ((size_t)1 << c->shift) : !whole;
	if (b.n) {
		*ret = arena_dup(c->a, buf_slice(&b));
		if (!ret->p)
			return err_set(e, arena_code(c->a), NULL, "its directory is larger than is read");
	}
	return 0;
}

/* Where the table's own sectors are: in the header, and in sectors that name the next one in their last four bytes. */
static int table(struct extract_cfb *c, struct err *e)
{
	uint32_t per = (1u << c->shift) / 4, more = u32_at(c->file, 68), want = u32_at(c->file, 44), n = 0;
	want = want < c->sectors ? want : c->sectors;
	uint32_t *fat = arena_array(c->a, (size_t)want + 1, sizeof *fat);
	if (!fat)
		return err_set(e, arena_code(c->a), NULL, "its table is larger than is read");
	for (; n < want && n < LISTED; n++)
		fat[n] = u32_at(c->file, 76 + 4 * (size_t)n);
	for (uint32_t steps = 0; n < want && more < FREE_FROM && steps <= c->sectors; steps++) {
		struct slice s = sector(c, more);
		if (!s.p)
			break;
		for (uint32_t k = 0; k + 1 < per && n < want; k++)
			fat[n++] = u32_at(s, 4 * (size_t)k);
		more = u32_at(s, 4 * (size_t)(per - 1));
	}
	c->fat = fat;
	c->fats = n;
	return 0;
}

static struct slice entry_at(const struct extract_cfb *c, uint32_t entry)
{
	return entry < c->entries ? slice_of(c->dir.p + (size_t)entry * ENTRY, ENTRY) : SLICE_NULL;
}

/* The siblings of a storage's child are a tree of two branches; here they become a list. */
static int tree(struct extract_cfb *c, struct err *e)
{
	size_t n = c->entries;
	c->child = arena_array(c->a, n, sizeof *c->child);
	c->next = arena_array(c->a, n, sizeof *c->next);
	uint32_t *unread = arena_array(c->a, 2 * n + 1, sizeof *unread), *of = arena_array(c->a, n, sizeof *of); /* of: its storage + 1 */
	if (!c->child || !c->next || !unread || !of)
		return err_set(e, arena_code(c->a), NULL, "its directory is larger than is read");
	memset(c->child, 0xff, n * sizeof *c->child);
	memset(c->next, 0xff, n * sizeof *c->next);
	of[0] = 1;
	for (uint32_t i = 0; i < n; i++) {
		size_t waits = 0;
		if (!extract_cfb_storage(c, i))
			continue;
		unread[waits++] = u32_at(entry_at(c, i), 76);
		while (waits) { /* each entry is put into the tree once, and asks for two */
			uint32_t x = unread[--waits];
			if (x >= n || of[x])
				continue;
			of[x] = i + 1;
			unread[waits++] = u32_at(entry_at(c, x), 68);
			unread[waits++] = u32_at(entry_at(c, x), 72);
		}
	}
	for (uint32_t i = (uint32_t)n; i-- > 1;)
		if (of[i]) {
			c->next[i] = c->child[of[i] - 1];
			c->child[of[i] - 1] = i;
		}
	return 0;
}

int extract_cfb_open(struct extract_cfb *c, struct slice file, struct arena *a, struct err *e)
{
	*c = (struct extract_cfb){.file = file, .left = 2 * (uint64_t)file.n, .a = a};
	if (file.n < HEADER || memcmp(file.p, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) != 0 || (file.p[30] != 9 && file.p[30] != 12) || file.p[31])
		return err_set(e, ERR_INPUT, NULL, "it is no OLE2 file");
	c->shift = file.p[30];
	size_t sectors = file.n >> c->shift;
	c->sectors = sectors < FREE_FROM ? (uint32_t)sectors : FREE_FROM - 1;
	c->small = u32_at(file, 56);
	int r = table(c, e);
	if (r == 0)
		r = kept(c, u32_at(file, 48), UINT64_MAX, &c->dir, e);
	c->entries = (uint32_t)(c->dir.n / ENTRY);
	if (r == 0 && (!c->entries || c->dir.p[66] != TYPE_ROOT))
		r = err_set(e, ERR_INPUT, NULL, "its directory cannot be found");
	if (r == 0)
		r = kept(c, u32_at(file, 60), UINT64_MAX, &c->mini_fat, e);
	if (r == 0)
		r = kept(c, u32_at(c->dir, 116), u32_at(c->dir, 120), &c->mini, e);
	return r < 0 ? r : tree(c, e);
}

bool extract_cfb_storage(const struct extract_cfb *c, uint32_t entry)
{
	struct slice s = entry_at(c, entry);
	return s.p && (s.p[66] == TYPE_STORAGE || s.p[66] == TYPE_ROOT);
}

void extract_cfb_name(const struct extract_cfb *c, uint32_t entry, char ret[EXTRACT_CFB_NAME])
{
	struct slice s = entry_at(c, entry);
	size_t n = s.p ? (size_t)(s.p[64] | s.p[65] << 8) / 2 : 0, i = 0;
	for (n = n > EXTRACT_CFB_NAME ? EXTRACT_CFB_NAME : n; i + 1 < n; i++)
		ret[i] = s.p[2 * i + 1] || s.p[2 * i] < 0x20 || s.p[2 * i] > 0x7e ? '?' : (char)s.p[2 * i];
	ret[i] = 0;
}

uint32_t extract_cfb_find(const struct extract_cfb *c, uint32_t storage, const char *name)
{
	char own[EXTRACT_CFB_NAME];
	for (uint32_t i = storage < c->entries ? c->child[storage] : EXTRACT_CFB_NONE; i != EXTRACT_CFB_NONE; i = c->next[i]) {
		extract_cfb_name(c, i, own);
		if (!strcasecmp(own, name))
			return i;
	}
	return EXTRACT_CFB_NONE;
}

bool extract_cfb_read(struct extract_cfb *c, uint32_t entry, struct buf *out)
{
	struct slice s = entry_at(c, entry);
	if (!s.p || s.p[66] != TYPE_STREAM)
		return false;
	uint64_t size = u32_at(s, 120) | (c->shift == 12 ? (uint64_t)u32_at(s, 124) << 32 : 0); /* version 3 has four bytes of it, and whatever behind them */
	uint32_t n = u32_at(s, 116);
	if (size > c->left)
		return false;
	c->left -= size;
	if (size >= c->small)
		return chain(c, n, size, out, NULL);
	for (uint32_t steps = 0; size && n < FREE_FROM && steps <= c->mini.n >> MINI_SHIFT; steps++) {
		size_t at = (size_t)n << MINI_SHIFT, part = size < 1u << MINI_SHIFT ? (size_t)size : 1u << MINI_SHIFT;
		if (at >= c->mini.n)
			break;
		part = c->mini.n - at < part ? c->mini.n - at : part;
		buf_add(out, c->mini.p + at, part);
		size -= part;
		n = u32_at(c->mini_fat, (size_t)n * 4);
	}
	return !size && buf_ok(out);
}
