/* Rich Text Format (Microsoft, RTF specification 1.9.1): what a reader of the document sees, and what it carries (title, author, comments, fields). Text in the document's code page or a font's, in \uN, in \'hh; tables are tables; pictures are told. */
#include "extract_flow.h"

#include <stdio.h>

#define GROUPS  256u   /* nested */
#define FONTS   4096u
#define RUN_MAX 65536u

struct state { /* of a group */
	bool skip;          /* a destination that nobody reads */
	bool line;          /* what stands in it is a paragraph of its own */
	uint16_t page;      /* code page of what stands here */
	uint16_t after_u;   /* characters that stand for a \uN, for old readers */
};

struct rtf {
	struct extract_flow f;
	struct cur c;
	struct state v[GROUPS];
	unsigned depth, too_deep;
	uint16_t font_page[FONTS]; /* 0: the document's */
	uint16_t page, font;       /* the document's; the font that the table speaks of */
	bool fonts, row, cells;
	unsigned pictures, objects;
	unsigned skip_chars;       /* behind a \uN */
	uint32_t high;             /* first half of a pair */
	struct buf raw;            /* bytes of one code page, not turned yet */
	uint16_t raw_page;
};

static void flush(struct rtf *x)
{
	AUTO_BUF struct buf b = {0};
	struct slice s;
	char name[16];
	int r = buf_code(&x->raw);
	if (r == 0 && !x->raw.n)
		return;
	snprintf(name, sizeof name, x->raw_page == 10000 ? "macintosh" : "CP%u", x->raw_page);
	buf_init(&b, 8 * RUN_MAX);
	if (r == 0)
		r = extract_utf8(buf_slice(&x->raw), x->raw_page ? name : "windows-1252", &b, &s, NULL, NULL);
	if (r == 0)
		extract_flow_text(&x->f, s);
	else if (x->f.code == 0)
		x->f.code = err_set(x->f.e, r, NULL, "no memory to read a document in");
	buf_reset(&x->raw);
}

static struct state *now(struct rtf *x)
{
	return &x->v[x->depth];
}

static void byte(struct rtf *x, uint8_t b)
{
	if (now(x)->skip)
		return;
	if (x->skip_chars) {
		x->skip_chars--;
		return;
	}
	if (x->raw.n && (x->raw_page != now(x)->page || x->raw.n >= RUN_MAX))
		flush(x);
	x->raw_page = now(x)->page;
	buf_u8(&x->raw, b);
}

static void unicode(struct rtf *x, int32_t v)
{
	uint8_t out[4];
	uint32_t c = (uint32_t)(v < 0 ? v + 65536 : v) & 0x1FFFFF;
	if (now(x)->skip)
		return;
	flush(x);
	x->skip_chars = now(x)->after_u;
	if (c >= 0xD800 && c < 0xDC00) {
		x->high = c;
		return;
	}
	if (c >= 0xDC00 && c < 0xE000 && x->high)
		c = 0x10000 + ((x->high - 0xD800) << 10) + (c - 0xDC00);
	x->high = 0;
	size_t n = utf8_put(c, out);
	extract_flow_text(&x->f, slice_of(out, n));
}

static void blank(struct rtf *x, char c)
{
	if (now(x)->skip)
		return;
	flush(x);
	extract_flow_blank(&x->f, c);
}

/* \fcharsetN: Windows' numbers of charsets, as code pages (RTF 1.9.1, Font Table). */
static uint16_t page_of_charset(int32_t n)
{
	static const uint16_t pages[][2] = {{0, 1252}, {77, 10000}, {128, 932}, {129, 949}, {130, 1361}, {134, 936}, {136, 950}, {161, 1253}, {162, 1254}, {163, 1258}, {177, 1255}, {178, 1256}, {186, 1257}, {204, 1251}, {222, 874}, {238, 1250}, {254, 437}, {255, 850}};
	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		if (pages[i][0] == n)
			return pages[i][1];
	return 0;
}

/* ---- control words ---- */

static bool word_is(struct slice w, const char *const *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_str(w, of[i]))
			return true;
	return false;
}
#define WORD(w, ...) word_is(w, (const char *const[]){__VA_ARGS__}, ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

/* Destinations whose text is none of the document's. */
static bool unread(struct slice w)
{
	return WORD(w, "colortbl", "stylesheet", "listtable", "listoverridetable", "revtbl", "rsidtbl", "generator", "themedata", "colorschememapping", "latentstyles", "datastore", "xmlnstbl", "pnseclvl", "filetbl", "blipuid", "panose", "falt", "bkmkstart", "bkmkend",
		"sp", "shprslt", "nonshppict", "mmathPr", "wgrffmtfilter", "ftnsep", "ftnsepc", "aftnsep", "aftnsepc", "listtext", "levelmarker", "leveltext", "levelnumbers", "picprop", "atrfstart", "atrfend", "atnid", "atnref", "passwordhash", "fontemb", "fontfile");
}

static void table_word(struct rtf *x, struct slice w)
{
	if (slice_eq_str(w, "trowd")) {
		if (!x->f.tables) {
			flush(x);
			extract_flow_table(&x->f, true);
		}
		x->row = true;
	} else if (WORD(w, "cell", "nestcell")) {
		flush(x);
		extract_flow_cell(&x->f);
	} else {
		flush(x);
		extract_flow_row(&x->f);
		x->row = false;
	}
}

static void pages(struct rtf *x, struct slice w, int32_t n, bool has)
{
	if (slice_eq_str(w, "ansicpg") && n > 0 && n < 65536) {
		x->page = (uint16_t)n;
		now(x)->page = x->page;
	} else if (slice_eq_str(w, "mac"))
		now(x)->page = x->page = 10000;
	else if (slice_eq_str(w, "pc"))
		now(x)->page = x->page = 437;
	else if (slice_eq_str(w, "pca"))
		now(x)->page = x->page = 850;
	else if (slice_eq_str(w, "f") || slice_eq_str(w, "deff")) {
		x->font = has && n >= 0 && n < (int32_t)FONTS ? (uint16_t)n : 0;
		if (!x->fonts)
			now(x)->page = x->font_page[x->font] ? x->font_page[x->font] : x->page;
	} else if (slice_eq_str(w, "plain"))
		now(x)->page = x->page;
	else if (slice_eq_str(w, "fcharset") && x->fonts)
		x->font_page[x->font] = page_of_charset(n);
	else if (slice_eq_str(w, "cpg") && x->fonts && n > 0 && n < 65536)
		x->font_page[x->font] = (uint16_t)n;
}

static void control(struct rtf *x, struct slice w, int32_t n, bool has)
{
	if (slice_eq_str(w, "bin")) { /* so many bytes as they are */
		size_t k = n > 0 ? (size_t)n : 0;
		(void)cur_take(&x->c, k < cur_left(&x->c) ? k : cur_left(&x->c));
	} else if (slice_eq_str(w, "fonttbl")) {
		x->fonts = true;
		now(x)->skip = true;
	} else if (slice_eq_str(w, "pict")) {
		x->pictures += !now(x)->skip;
		now(x)->skip = true;
	} else if (slice_eq_str(w, "objdata")) {
		x->objects += !now(x)->skip;
		now(x)->skip = true;
	} else if (unread(w))
		now(x)->skip = true;
	else if (slice_eq_str(w, "u") && has)
		unicode(x, n);
	else if (slice_eq_str(w, "uc"))
		now(x)->after_u = n >= 0 && n < 100 ? (uint16_t)n : 1;
	else if (now(x)->skip)
		pages(x, w, n, has);
	else if (WORD(w, "cell", "nestcell", "row", "nestrow", "trowd"))
		table_word(x, w);
	else if (slice_eq_str(w, "pard") && x->f.tables && !x->row) { /* a paragraph behind the table's last row */
		flush(x);
		extract_flow_table(&x->f, false);
	} else if (WORD(w, "par", "line", "sect", "page", "title", "author", "subject", "operator", "company", "manager", "keywords", "doccomm", "footnote", "annotation", "header", "footer", "headerl", "headerr", "headerf", "footerl", "footerr", "footerf", "fldinst", "shptxt")) {
		blank(x, '\n');
		now(x)->line = !WORD(w, "par", "line", "sect", "page");
	}
	else if (slice_eq_str(w, "tab"))
		blank(x, '\t');
	else {
		static const struct {
			const char *word;
			uint16_t code;
		} signs[] = {{"emdash", 0x2014}, {"endash", 0x2013}, {"lquote", 0x2018}, {"rquote", 0x2019}, {"ldblquote", 0x201C}, {"rdblquote", 0x201D}, {"bullet", 0x2022}, {"emspace", 0x20}, {"enspace", 0x20}};
		for (size_t i = 0; i < ARRAY_LEN(signs); i++)
			if (slice_eq_str(w, signs[i].word)) {
				unsigned old = now(x)->after_u;
				now(x)->after_u = 0;
				unicode(x, signs[i].code);
				now(x)->after_u = (uint16_t)old;
				return;
			}
		pages(x, w, n, has);
	}
}

static int hex(uint8_t b)
{
	return b >= '0' && b <= '9' ? b - '0' : (b | 32) >= 'a' && (b | 32) <= 'f' ? (b | 32) - 'a' + 10 : -1;
}

/* Behind a backslash. */
static void escape(struct rtf *x)
{
	uint8_t b = cur_u8(&x->c);
	if ((b | 32) >= 'a' && (b | 32) <= 'z') {
		const uint8_t *from = x->c.p - 1;
		int64_t n = 0;
		bool minus = false, has = false;
		while (cur_left(&x->c) && ((*x->c.p | 32) >= 'a' && (*x->c.p | 32) <= 'z') && x->c.p - from < 40)
			x->c.p++;
		struct slice w = slice_of(from, (size_t)(x->c.p - from));
		if (cur_left(&x->c) > 1 && *x->c.p == '-' && x->c.p[1] >= '0' && x->c.p[1] <= '9') {
			minus = true;
			x->c.p++;
		}
		for (; cur_left(&x->c) && *x->c.p >= '0' && *x->c.p <= '9'; x->c.p++) {
			n = n < 100000000 ? n * 10 + (*x->c.p - '0') : n;
			has = true;
		}
		if (cur_left(&x->c) && *x->c.p == ' ')
			x->c.p++;
		if (x->skip_chars && !slice_eq_str(w, "u"))
			x->skip_chars--;
		control(x, w, (int32_t)(minus ? -n : n), has);
	} else if (b == '\'') {
		int h = hex(cur_u8(&x->c)), l = hex(cur_u8(&x->c));
		if (h >= 0 && l >= 0)
			byte(x, (uint8_t)(h << 4 | l));
	} else if (b == '\\' || b == '{' || b == '}')
		byte(x, b);
	else if (b == '~')
		byte(x, ' ');
	else if (b == '_')
		byte(x, '-');
	else if (b == '\n' || b == '\r')
		blank(x, '\n');
	else if (b == '*') { /* a destination that old readers pass over: so do we, but for those that people wrote in */
		struct slice rest = slice_of(x->c.p, cur_left(&x->c));
		static const char *const read[] = {"\\annotation", "\\shptxt", "\\shpinst", "\\docvar", "\\userprops", "\\propname", "\\staticval", "\\atnauthor", "\\fldinst", "\\ffdeftext", "\\ffname", "\\ffentrytext", "\\htmltag", "\\shppict", "\\company", "\\manager", "\\footnote", "\\formfield"};
		bool known = false;
		for (size_t i = 0; i < ARRAY_LEN(read); i++)
			known |= slice_starts(rest, read[i]);
		now(x)->skip |= !known;
	}
}

static void group(struct rtf *x, bool opens)
{
	if (opens) {
		if (x->depth + 1 >= GROUPS)
			x->too_deep++;
		else {
			x->v[x->depth + 1] = x->v[x->depth];
			x->v[x->depth + 1].line = false;
			x->depth++;
		}
		return;
	}
	x->skip_chars = 0;
	if (x->too_deep) {
		x->too_deep--;
		return;
	}
	if (now(x)->line)
		blank(x, '\n');
	if (x->depth)
		x->depth--;
	if (x->fonts && !now(x)->skip)
		x->fonts = false;
}

int extract_rtf(struct slice file, const struct extract_out *o, struct err *e)
{
	struct rtf *x = arena_alloc(o->a, sizeof *x);
	bool deep = false;
	if (!x)
		return err_set(e, arena_code(o->a), NULL, "no memory to read a document in");
	x->c = cur_of(file);
	x->page = 1252;
	x->v[0] = (struct state){.page = 1252, .after_u = 1};
	buf_init(&x->raw, 2 * RUN_MAX);
	int r = extract_flow_init(&x->f, o, false, e);
	while (r == 0 && x->f.code == 0 && cur_left(&x->c)) {
		uint8_t b = cur_u8(&x->c);
		deep |= x->too_deep > 0;
		if (b == '\\')
			escape(x);
		else if (b == '{' || b == '}')
			group(x, b == '{');
		else if (b != '\r' && b != '\n' && b != 0)
			byte(x, b);
	}
	flush(x);
	if (x->depth)
		extract_tell(o, EXTRACT_BROKEN, "a document that breaks off: %u of its groups are not closed", x->depth);
	if (deep)
		extract_tell(o, EXTRACT_LIMIT, "its groups are nested deeper than is read");
	if (x->pictures)
		extract_tell(o, EXTRACT_PICTURE, "%u pictures in it were not read", x->pictures);
	if (x->objects)
		extract_tell(o, EXTRACT_UNKNOWN, "%u embedded objects in it were not read", x->objects);
	buf_done(&x->raw);
	int told = extract_flow_done(&x->f);
	return r ? r : told;
}
