/* TIFF (6.0) and BigTIFF: header, directories of entries with known types in ascending order, what they point at inside the file. BMP: the header's
 * size is the file's, rows times width are its data. Fonts: sfnt (TrueType, OpenType, collections): tables inside the file, each with its sum; WOFF,
 * WOFF2: the length is the file's. */
#include "content_internal.h"

struct tiff {
	bool big, wide;
	uint64_t need, directories, entries;
	uint64_t strip_at, strip_n;
	unsigned packed, plain; /* directories whose pixels are, or are not */
};

static uint16_t t16(const struct tiff *t, const uint8_t *p)
{
	return t->big ? be16(p) : le16(p);
}
static uint32_t t32(const struct tiff *t, const uint8_t *p)
{
	return t->big ? be32(p) : le32(p);
}
static uint64_t t64(const struct tiff *t, const uint8_t *p)
{
	return t->big ? be64(p) : le64(p);
}

static void tiff_count(struct content_checker *c, const uint8_t *p, size_t n);

static void passed(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_done(c);
}

static void tiff_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	const struct tiff *t = STATE_OF(c, struct tiff);
	if (!t->plain || t->packed || raw_holds(c, "pixels", false, 0, c->w.at))
		walk_done(c);
}

static void bmp_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	if (le32(c->head + 14) < 40 || le32(c->head + 30) != 0 || raw_holds(c, "pixels", false, le32(c->head + 10), c->w.at))
		walk_done(c);
}

/* Directories that lie behind are not gone back to; the highest byte that was spoken of must be there. */
static void tiff_go(struct content_checker *c, uint64_t at)
{
	struct tiff *t = STATE_OF(c, struct tiff);
	if (at >= c->w.at && t->directories < 65536) {
		walk_skip(c, at - c->w.at, t->wide ? 8 : 2, tiff_count);
		return;
	}
	if (c->hint && t->need > c->hint)
		walk_lost(c, "truncated: tiff speaks of byte %llu", (unsigned long long)t->need);
	else
		walk_skip(c, t->need > c->w.at ? t->need - c->w.at : 0, 0, tiff_over);
}

static void tiff_next(struct content_checker *c, const uint8_t *p, size_t n)
{
	const struct tiff *t = STATE_OF(c, struct tiff);
	tiff_go(c, t->wide ? t64(t, p) : t32(t, p));
}

static bool tiff_entry(struct tiff *t, const uint8_t *p, unsigned *last)
{
	static const uint8_t sizes[19] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
	unsigned tag = t16(t, p), type = t16(t, p + 2);
	uint64_t count = t->wide ? t64(t, p + 4) : t32(t, p + 4);
	const uint8_t *v = p + (t->wide ? 12 : 8);
	if (tag < *last || type > 18 || (type && !sizes[type]) || count > UINT64_C(1) << 40)
		return false;
	*last = tag;
	uint64_t bytes = count * sizes[type], here = t->wide ? 8 : 4;
	uint64_t at = t->wide ? t64(t, v) : t32(t, v);
	if (bytes > here && at + bytes > t->need)
		t->need = at + bytes;
	/* one strip or tile: its place and length stand here */
	bool one = count == 1 && bytes <= here;
	uint64_t value = type == 3 ? t16(t, v) : at;
	if (one && tag == 259) {
		t->plain += value == 1;
		t->packed += value != 1;
	}
	if (one && (tag == 273 || tag == 324))
		t->strip_at = value;
	if (one && (tag == 279 || tag == 325))
		t->strip_n = value;
	return true;
}

static void tiff_entries(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct tiff *t = STATE_OF(c, struct tiff);
	size_t size = t->wide ? 20 : 12;
	unsigned last = 0;
	t->strip_at = t->strip_n = 0;
	for (size_t i = 0; i < n; i += size)
		if (!tiff_entry(t, p + i, &last)) {
			walk_lost(c, "tiff: no directory entry at byte %llu", (unsigned long long)c->w.at - n + i);
			return;
		}
	if (t->strip_at && t->strip_at + t->strip_n > t->need)
		t->need = t->strip_at + t->strip_n;
	walk_want(c, t->wide ? 8 : 4, tiff_next);
}

static void tiff_count(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct tiff *t = STATE_OF(c, struct tiff);
	uint64_t count = t->wide ? t64(t, p) : t16(t, p);
	t->directories++;
	if (!count || count > 4096)
		walk_lost(c, "tiff: no directory at byte %llu", (unsigned long long)(c->w.at - n));
	else
		walk_want(c, (size_t)count * (t->wide ? 20 : 12), tiff_entries);
}

static void tiff_start(struct content_checker *c, const uint8_t *p, size_t n)
{
	const struct tiff *t = STATE_OF(c, struct tiff);
	uint64_t at = t->wide ? t64(t, p + 8) : t32(t, p + 4);
	if (at < n)
		walk_lost(c, "tiff: no first directory");
	else if (c->hint && at >= c->hint)
		walk_lost(c, "truncated: tiff's directory is at byte %llu", (unsigned long long)at);
	else
		tiff_go(c, at);
}

static bool tiff_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 16 &&
		(HEAD_IS(h, 0, "II\x2A\0") || HEAD_IS(h, 0, "MM\0\x2A") || HEAD_IS(h, 0, "II\x2B\0\x08\0\0\0") ||
			HEAD_IS(h, 0, "MM\0\x2B\0\x08\0\0"));
}

static void tiff_begin(struct content_checker *c)
{
	struct tiff *t = content_state_new(c, sizeof *t);
	t->big = c->head[0] == 'M';
	t->wide = c->head[2] == 0x2B || c->head[3] == 0x2B;
	walk_want(c, t->wide ? 16 : 8, tiff_start);
}

const struct content_format format_tiff = {CONTENT_TIFF, tiff_sniff, tiff_begin, NULL};

/* ---- BMP --------------------------------------------------------------------------------------------------------------------- */

static bool bmp_sniff(struct content_checker *c, struct slice h)
{
	if (h.n < 54 || !HEAD_IS(h, 0, "BM") || le32(h.p + 6) != 0)
		return false;
	uint32_t head = le32(h.p + 14), data = le32(h.p + 10);
	return (head == 12 || (head >= 40 && head <= 124 && le16(h.p + 26) == 1)) && data >= 14 + head && data < 1 << 16;
}

static void bmp_begin(struct content_checker *c)
{
	const uint8_t *h = c->head;
	uint64_t need = le32(h + 10);
	content_state_new(c, 1);
	if (le32(h + 14) >= 40 && le32(h + 30) != 1 && le32(h + 30) != 2) { /* not run-length coded */
		int64_t w = (int32_t)le32(h + 18), rows = (int32_t)le32(h + 22);
		unsigned bits = le16(h + 28);
		if (w <= 0 || w > 1 << 20 || !rows || bits > 64) {
			walk_lost(c, "bmp: no size of a picture");
			return;
		}
		need += ((uint64_t)w * bits + 31) / 32 * 4 * (uint64_t)(rows < 0 ? -rows : rows);
	} else
		need += le32(h + 34);
	if (c->hint && need > c->hint)
		walk_lost(c, "truncated: bmp has %llu bytes", (unsigned long long)need);
	else
		walk_skip(c, need, 0, bmp_over);
}

const struct content_format format_bmp = {CONTENT_BMP, bmp_sniff, bmp_begin, NULL};

/* ---- fonts --------------------------------------------------------------------------------------------------------------------- */

#define TABLES_MAX 64u

struct font {
	unsigned n, i;
	struct {
		uint32_t sum, at, size, tag;
	} table[TABLES_MAX];
	uint64_t need;
	uint32_t sum;
	uint8_t odd[4];
	unsigned odd_n;
};

static void font_table(struct content_checker *c, const uint8_t *p, size_t n);

static void font_next(struct content_checker *c)
{
	struct font *f = STATE_OF(c, struct font);
	while (f->i < f->n && f->table[f->i].at < c->w.at) /* shared with one that was summed */
		f->i++;
	if (f->i == f->n)
		walk_done(c);
	else
		walk_skip(c, f->table[f->i].at - c->w.at, 0, font_table);
}

static size_t font_feed(struct content_checker *c, struct slice s)
{
	struct font *f = STATE_OF(c, struct font);
	size_t i = 0;
	while (i < s.n && f->odd_n) {
		f->odd[f->odd_n++] = s.p[i++];
		if (f->odd_n == 4) {
			f->sum += be32(f->odd);
			f->odd_n = 0;
		}
	}
	for (; i + 4 <= s.n; i += 4)
		f->sum += be32(s.p + i);
	for (; i < s.n; i++)
		f->odd[f->odd_n++] = s.p[i];
	return s.n;
}

static void font_table_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct font *f = STATE_OF(c, struct font);
	while (f->odd_n && f->odd_n < 4)
		f->odd[f->odd_n++] = 0;
	if (f->odd_n)
		f->sum += be32(f->odd);
	f->odd_n = 0;
	/* "head" holds the file's own sum, which was added later; tables made by hand leave 0 */
	if (f->table[f->i].tag != UINT32_C(0x68656164) && f->table[f->i].sum && f->sum != f->table[f->i].sum) {
		walk_lost(c, "font: a table's sum does not fit before byte %llu", (unsigned long long)c->w.at);
		return;
	}
	f->i++;
	font_next(c);
}

static void font_table(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct font *f = STATE_OF(c, struct font);
	f->sum = 0;
	f->odd_n = 0;
	walk_feed(c, f->table[f->i].size, font_feed, 0, font_table_over);
}

static void font_directory(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct font *f = STATE_OF(c, struct font);
	for (unsigned i = 0; i < f->n; i++, p += 16) {
		uint32_t at = be32(p + 8), size = be32(p + 12);
		if (c->hint && (uint64_t)at + size > c->hint) {
			walk_lost(c, "truncated: a font's table ends at byte %llu", (unsigned long long)at + size);
			return;
		}
		unsigned k = i; /* by place in the file */
		for (; k && f->table[k - 1].at > at; k--)
			f->table[k] = f->table[k - 1];
		f->table[k].tag = be32(p);
		f->table[k].sum = be32(p + 4);
		f->table[k].at = at;
		f->table[k].size = size;
	}
	font_next(c);
}

static void font_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct font *f = STATE_OF(c, struct font);
	f->n = be16(p + 4);
	walk_want(c, (size_t)f->n * 16, font_directory);
}

static bool font_sniff(struct content_checker *c, struct slice h)
{
	if (h.n < 28 || !(HEAD_IS(h, 0, "\0\1\0\0") || HEAD_IS(h, 0, "OTTO") || HEAD_IS(h, 0, "true") || HEAD_IS(h, 0, "ttcf")))
		return false;
	if (HEAD_IS(h, 0, "ttcf"))
		return be16(h.p + 4) <= 2 && be32(h.p + 8) && be32(h.p + 8) < 1024;
	unsigned n = be16(h.p + 4);
	if (!n || n > TABLES_MAX)
		return false;
	for (size_t i = 12; i < 16; i++) /* the first tag */
		if (h.p[i] < 0x20 || h.p[i] > 0x7E)
			return false;
	return true;
}

static void font_collection(struct content_checker *c, const uint8_t *p, size_t n) /* the first font's tables; most are shared */
{
	uint32_t at = be32(p + 12);
	if (at < n || (c->hint && at >= c->hint))
		walk_lost(c, "font: a collection of nothing");
	else
		walk_skip(c, at - n, 12, font_header);
}

static void font_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct font));
	if (c->head[0] == 't' && c->head[1] == 't')
		walk_want(c, 16, font_collection);
	else
		walk_want(c, 12, font_header);
}

const struct content_format format_font = {CONTENT_FONT, font_sniff, font_begin, NULL};

static void woff_start(struct content_checker *c, const uint8_t *p, size_t n)
{
	uint32_t size = be32(p + 8);
	if (size < 44 || be16(p + 12) == 0 || (c->hint && size > c->hint))
		walk_lost(c, "%s: font of %lu bytes", size < 44 ? "woff" : "truncated", (unsigned long)size);
	else
		walk_skip(c, size - n, 0, passed);
}

static bool woff_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 44 && (HEAD_IS(h, 0, "wOFF") || HEAD_IS(h, 0, "wOF2"));
}

static void woff_begin(struct content_checker *c)
{
	content_state_new(c, 1);
	walk_want(c, 44, woff_start);
}

const struct content_format format_woff = {CONTENT_FONT, woff_sniff, woff_begin, NULL};
