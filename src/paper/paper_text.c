/* paper_text: a letter for mail and terminals. Lines are broken where a language lets them be: between words, and between Chinese characters, but not in front of the marks that end a clause. */
#include "paper.h"

#define COLUMNS 78u

struct lines {
	struct buf *out;
	size_t left;   /* of every line but the first */
	size_t at;     /* column */
	size_t begun;  /* the column in which this line begins */
};

/* East Asian wide and full-width, as far as the letters of our languages go (UAX 11). */
static bool wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf && c != 0x303f) || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x20000 && c <= 0x3fffd);
}

static bool ends_clause(uint32_t c)
{
	static const uint32_t marks[] = {0x3001, 0x3002, 0xff0c, 0xff1a, 0xff1b, 0xff01, 0xff1f, 0xff09, 0x300b, 0x300d, 0x201d};
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (c == marks[i])
			return true;
	return false;
}

static bool shown(uint32_t c)
{
	return c == '\n' || (c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0));
}

static void fresh(struct lines *l)
{
	buf_u8(l->out, '\n');
	for (size_t i = 0; i < l->left; i++)
		buf_u8(l->out, ' ');
	l->at = l->begun = l->left;
}

/* The end of what must stay on one line from here on, and how wide it is. A blank before it is not part of it. */
static struct slice unit(struct slice s, size_t *ret_width)
{
	size_t n = 0, width = 0, len;
	while (n < s.n) {
		uint32_t c = utf8_get(slice_of(s.p + n, s.n - n), &len);
		if (c == ' ' || c == '\n' || (n && wide(c) && !ends_clause(c)))
			break;
		n += len;
		if (shown(c))
			width += wide(c) ? 2 : 1;
		if (wide(c)) { /* alone, but for the mark behind it */
			while (n < s.n && ends_clause(utf8_get(slice_of(s.p + n, s.n - n), &len))) {
				n += len;
				width += 2;
			}
			break;
		}
	}
	*ret_width = width;
	return slice_of(s.p, n);
}

static void put_unit(struct lines *l, struct slice u)
{
	size_t len;
	for (size_t i = 0; i < u.n; i += len) {
		uint32_t c = utf8_get(slice_of(u.p + i, u.n - i), &len);
		uint8_t out[4];
		size_t w = wide(c) ? 2 : 1;
		if (!shown(c))
			continue;
		if (c == 0xa0 || c == 0x202f)
			c = ' '; /* it has done its work: the line was not broken there */
		if (l->at + w > COLUMNS)
			fresh(l); /* longer than a line */
		buf_add(l->out, out, utf8_put(c, out));
		l->at += w;
	}
}

static void put_words(struct lines *l, struct slice s)
{
	bool blank = false;
	while (s.n) {
		size_t width;
		if (s.p[0] == ' ' || s.p[0] == '\n') {
			if (s.p[0] == '\n')
				fresh(l);
			blank = s.p[0] == ' ' && l->at > l->begun;
			s = slice_of(s.p + 1, s.n - 1);
			continue;
		}
		struct slice u = unit(s, &width);
		if (l->at > l->begun && l->at + blank + width > COLUMNS) {
			fresh(l);
			blank = false;
		}
		if (blank) {
			buf_u8(l->out, ' ');
			l->at++;
		}
		blank = false;
		put_unit(l, u);
		s = slice_of(s.p + u.n, s.n - u.n);
	}
}

static size_t columns(struct slice s)
{
	size_t n = 0, len;
	for (size_t i = 0; i < s.n; i += len) {
		uint32_t c = utf8_get(slice_of(s.p + i, s.n - i), &len);
		n += !shown(c) ? 0 : wide(c) ? 2 : 1;
	}
	return n;
}

static void rule(struct buf *out, char c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_u8(out, (uint8_t)c);
	buf_u8(out, '\n');
}

/* A label in its column, then the text beside it. */
static void beside(struct buf *out, size_t from, size_t to, const struct paper_block *b)
{
	struct lines l = {.out = out, .left = from + 2, .begun = from};
	for (; l.at < from; l.at++)
		buf_u8(out, ' ');
	put_words(&l, b->label);
	l.left = to;
	if (l.at + 1 > to)
		fresh(&l);
	for (; l.at < to; l.at++)
		buf_u8(out, ' ');
	l.begun = to;
	put_words(&l, b->text);
	buf_u8(out, '\n');
}

static void put_block(struct buf *out, const struct paper_block *b, const struct paper_block *before)
{
	struct lines l = {.out = out};
	bool same = before && before->look == b->look;
	switch (b->look) {
	case PAPER_TITLE:
		put_words(&l, b->text);
		buf_u8(out, '\n');
		rule(out, '=', columns(b->text) < COLUMNS ? columns(b->text) : COLUMNS);
		return;
	case PAPER_HEADING:
		buf_u8(out, '\n');
		put_words(&l, b->text);
		buf_u8(out, '\n');
		rule(out, '-', columns(b->text) < COLUMNS ? columns(b->text) : COLUMNS);
		return;
	case PAPER_FIELD:
		if (!same)
			buf_u8(out, '\n');
		beside(out, 0, 24, b);
		return;
	case PAPER_ITEM:
		if (!same)
			buf_u8(out, '\n');
		beside(out, 2, 6, b);
		return;
	case PAPER_QUESTION:
		buf_u8(out, '\n');
		beside(out, 0, 4, b);
		return;
	case PAPER_SMALL:
		if (!same)
			buf_u8(out, '\n');
		beside(out, 0, 12, b);
		return;
	case PAPER_BLANK:
		for (; l.at < 4; l.at++)
			buf_u8(out, ' ');
		l.left = l.begun = 4;
		put_words(&l, b->text);
		buf_str(out, "\n    ");
		rule(out, '_', COLUMNS - 4);
		return;
	case PAPER_TEXT:
		if (!before || before->look != PAPER_QUESTION)
			buf_u8(out, '\n');
		else
			l = (struct lines){.out = out, .left = 4, .begun = 4};
		for (; l.at < l.left; l.at++)
			buf_u8(out, ' ');
		put_words(&l, b->text);
		buf_u8(out, '\n');
		return;
	}
}

void paper_text(const struct paper_letter *p, struct buf *ret)
{
	struct lines l = {.out = ret};
	put_words(&l, p->head);
	buf_u8(ret, '\n');
	if (p->head_right.n) {
		l.at = 0;
		put_words(&l, p->head_right);
		buf_u8(ret, '\n');
	}
	buf_u8(ret, '\n');
	for (size_t i = 0; i < p->n; i++)
		put_block(ret, &p->block[i], i ? &p->block[i - 1] : NULL);
	buf_u8(ret, '\n');
	rule(ret, '-', COLUMNS);
	l.at = 0;
	put_words(&l, p->foot);
	buf_u8(ret, '\n');
}
