/* SQLite 3 (sqlite.org/fileformat2.html): header of 100 bytes; pages, each by its first bytes a b-tree page that adds up, or what an overflow, free
 * list or pointer map page may begin with; the file has as many pages as the header says, where the header's count is to be believed (1.3.8: the
 * version-valid-for number equals the change counter). */
#include "content_internal.h"

struct sqlite {
	uint32_t page_size, usable;
	uint64_t page, counted, pages; /* pages: by the header, 0 when it does not count */
	bool vacuum;
	uint8_t vector[2];
};

static void page(struct content_checker *c, const uint8_t *p, size_t n);

static void next(struct content_checker *c, uint64_t rest)
{
	walk_skip(c, rest, 12, page);
}

/* 1.6: type, first free block, cells, where their content begins, fragmented bytes [, right-most child] */
static bool tree_page(const struct sqlite *q, const uint8_t *p, size_t offset, uint64_t number)
{
	bool inner = p[0] == 2 || p[0] == 5;
	uint64_t cells = be16(p + 3), content = be16(p + 5), head = offset + (inner ? 12 : 8), free_at = be16(p + 1);
	if (content == 0)
		content = 65536;
	if (p[7] > 60 || content > q->page_size || head + 2 * cells > content || free_at > q->page_size)
		return false;
	return !inner || !q->pages || (be32(p + 8) >= 1 && be32(p + 8) <= q->pages);
}

static bool page_fits(const struct sqlite *q, const uint8_t *p, uint64_t number)
{
	if (p[0] == 2 || p[0] == 5 || p[0] == 10 || p[0] == 13)
		if (tree_page(q, p, 0, number))
			return true;
	/* an overflow page or a trunk of the free list names another page, or none; a pointer map has types 1 to 5, each with its parent */
	uint32_t follows = be32(p);
	if (follows <= (q->pages ? q->pages : UINT32_C(0xFFFFFFF)))
		return true;
	return q->vacuum && p[0] >= 1 && p[0] <= 5 && (!q->pages || be32(p + 1) <= q->pages);
}

static void page(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct sqlite *q = STATE_OF(c, struct sqlite);
	q->page++;
	if (!page_fits(q, p, q->page)) {
		walk_lost(c, "sqlite: page %llu at byte %llu is none", (unsigned long long)q->page, (unsigned long long)(c->w.at - n));
		return;
	}
	next(c, q->page_size - n);
}

static void header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct sqlite *q = STATE_OF(c, struct sqlite);
	uint32_t size = be16(p + 16) == 1 ? 65536 : be16(p + 16);
	q->page_size = size;
	q->usable = size - p[20];
	q->page = 1;
	q->pages = be32(p + 92) == be32(p + 24) ? be32(p + 28) : 0;
	q->vacuum = be32(p + 52) != 0;
	if (size < 512 || (size & (size - 1)) || p[18] < 1 || p[18] > 2 || p[19] < 1 || p[19] > 2 || p[21] != 64 || p[22] != 32 || p[23] != 32 ||
		be32(p + 56) > 3 || be32(p + 44) > 4) {
		walk_lost(c, "sqlite: its header is none");
		return;
	}
	if (p[100] != 0 && ((p[100] != 5 && p[100] != 13) || !tree_page(q, p + 100, 100, 1))) {
		walk_lost(c, "sqlite: its first page is none");
		return;
	}
	next(c, size - n);
}

static void end(struct content_checker *c)
{
	const struct sqlite *q = STATE_OF(c, struct sqlite);
	if (q->pages && q->page < q->pages) /* what a write-ahead log still holds is not missing: then the header counts what is here */
		walk_lost(c, "truncated: sqlite has %llu of %llu pages", (unsigned long long)q->page, (unsigned long long)q->pages);
	else if (!walk_between(c))
		walk_truncated(c);
	else
		walk_done(c);
}

static bool sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 112 && HEAD_IS(h, 0, "SQLite format 3");
}

static void begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct sqlite));
	walk_want(c, 112, header);
}

const struct content_format format_sqlite = {CONTENT_SQLITE, sniff, begin, end};
