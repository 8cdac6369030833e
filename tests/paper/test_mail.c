/* A mailing as PDF: pages are counted, long paragraphs go on, nothing of one letter stands on a page of another, the same letters give the same bytes, tags and language are said, a sink that fails ends it. */
#include "paper.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int to_buf(void *arg, struct slice piece, struct err *e)
{
	buf_add_slice(arg, piece);
	return 0;
}

static const struct paper_block short_text[] = {{.look = PAPER_TITLE, .text = SLICE("Title")}, {.look = PAPER_TEXT, .text = SLICE("One paragraph.")}, {.look = PAPER_ITEM, .label = SLICE("-"), .text = SLICE("one item")}};
static struct paper_post post(const char *lang)
{
	return (struct paper_post){.lang = lang, .us = true, .sender = SLICE("Sender\n1 Road"), .address = SLICE("Name\n2 Road"), .date = SLICE("1 May 2026"), .foot = SLICE("7"), .page_words = {"page ", " of ", ""}, .block = short_text, .n = ARRAY_LEN(short_text)};
}

static void mail(const struct paper_post *p, size_t n, unsigned *pages, struct buf *ret)
{
	struct paper_mail *m;
	struct err e = {0};
	unsigned one;
	*pages = 0;
	assert_int_equal(paper_mail_new("T", to_buf, ret, &m, &e), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(paper_mail_add(m, &p[i], &one, &e), 0);
		*pages += one;
	}
	assert_int_equal(paper_mail_pages(m), *pages);
	assert_int_equal(paper_mail_end(m, &e), 0);
	paper_mail_free(m);
}

static void count_in(struct buf *b, const char *what, size_t want)
{
	size_t n = 0, len = strlen(what);
	for (size_t i = 0; i + len <= b->n; i++)
		n += !memcmp(b->p + i, what, len);
	assert_int_equal(n, want);
}

static void catalogue(void **state)
{
	struct paper_post p[2] = {post("en"), post("en")};
	AUTO_BUF struct buf a = {0}, b = {0}, mixed = {0};
	unsigned pages;
	(void)state;
	buf_init(&a, 1 << 24);
	buf_init(&b, 1 << 24);
	buf_init(&mixed, 1 << 24);
	mail(p, 2, &pages, &a);
	mail(p, 2, &pages, &b);
	assert_int_equal(pages, 2);
	assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
	count_in(&a, "/MarkInfo << /Marked true >>", 1);
	count_in(&a, "/Lang (en)", 1);
	count_in(&a, "/S /Document", 1);
	count_in(&a, "/S /H1", 2);
	count_in(&a, "/S /Art", 2);   /* a letter each, with a bookmark of its number */
	count_in(&a, "/Type /Outlines", 1);
	count_in(&a, "/S /LI", 2);
	count_in(&a, "/S /Lbl", 2);
	count_in(&a, "/S /LBody", 2);
	count_in(&a, "/DisplayDocTitle true", 1);
	count_in(&a, "/Type /Page %", 2);
	/* the table of places is where the last line but one says */
	const char *at = NULL;
	for (size_t i = 0; i + 10 < a.n; i++)
		if (!memcmp(a.p + i, "\nstartxref\n", 11))
			at = (const char *)a.p + i + 11;
	assert_non_null(at);
	size_t where = strtoul(at, NULL, 10);
	assert_true(where + 5 < a.n && !memcmp(a.p + where, "xref\n", 5));
	p[1] = post("zh");
	mail(p, 2, &pages, &mixed);
	count_in(&mixed, "/Lang", 0);
}

static void long_ones(void **state)
{
	AUTO_BUF struct buf text = {0}, out = {0};
	unsigned pages[2];
	(void)state;
	buf_init(&text, 1 << 16);
	for (unsigned i = 0; i < 700; i++)
		buf_printf(&text, "word%u ", i);
	struct paper_block b[] = {{.look = PAPER_TEXT, .text = buf_slice(&text)}, {.look = PAPER_HEADING, .text = SLICE("Heading")}, {.look = PAPER_TEXT, .text = SLICE("below")}};
	struct paper_post p = post("en");
	p.block = b;
	p.n = ARRAY_LEN(b);
	for (unsigned large = 0; large < 2; large++) {
		buf_init(&out, 1 << 24);
		p.large = large;
		mail(&p, 1, &pages[large], &out);
		buf_done(&out);
	}
	assert_in_range(pages[0], 2, 4);
	assert_true(pages[1] > pages[0]);
	p = post("en");
	p.apart = 2;
	unsigned apart;
	buf_init(&out, 1 << 24);
	mail(&p, 1, &apart, &out);
	assert_int_equal(apart, 2);
}

static void too_long(void **state)
{
	AUTO_BUF struct buf text = {0}, out = {0};
	struct paper_mail *m;
	struct err e = {0};
	unsigned pages;
	(void)state;
	buf_init(&text, 1 << 19);
	buf_init(&out, 1 << 24);
	for (unsigned i = 0; i < 60000; i++)
		buf_str(&text, "word ");
	struct paper_block b = {.look = PAPER_TEXT, .text = buf_slice(&text)};
	struct paper_post p = post("en");
	p.block = &b;
	p.n = 1;
	assert_int_equal(paper_mail_new("T", to_buf, &out, &m, &e), 0);
	assert_int_equal(paper_mail_add(m, &p, &pages, &e), ERR_LIMIT);
	paper_mail_free(m);
	assert_int_equal(paper_mail_new("T", to_buf, &out, &m, &e), 0);
	assert_int_equal(paper_mail_end(m, &e), ERR_INPUT); /* no letter */
	paper_mail_free(m);
	paper_mail_free(NULL);
}

struct fails {
	unsigned after, calls;
};

static int no_room(void *arg, struct slice piece, struct err *e)
{
	struct fails *f = arg;
	return f->calls++ >= f->after ? err_set(e, ERR_FULL, NULL, "full") : 0;
}

/* The disk is full at every one of its writes. */
static void sink_fails(void **state)
{
	(void)state;
	for (unsigned after = 0;; after++) {
		struct fails f = {.after = after};
		struct paper_mail *m;
		struct err e = {0};
		struct paper_post p = post("en");
		unsigned pages;
		assert_int_equal(paper_mail_new("T", no_room, &f, &m, &e), 0);
		int r = 0;
		for (unsigned i = 0; r == 0 && i < 3; i++)
			r = paper_mail_add(m, &p, &pages, &e);
		if (r == 0)
			r = paper_mail_end(m, &e);
		paper_mail_free(m);
		if (f.calls <= after) {
			assert_int_equal(r, 0);
			assert_true(after > 2);
			break;
		}
		assert_int_equal(r, ERR_FULL);
		after += after / 8; /* not at each of some hundred */
	}
}

/* Many different paragraphs: the table of layouts is emptied between letters and they come out the same. */
static void many(void **state)
{
	AUTO_BUF struct buf all = {0};
	struct paper_mail *m;
	struct err e = {0};
	unsigned pages;
	(void)state;
	buf_init(&all, 1 << 26);
	assert_int_equal(paper_mail_new("T", to_buf, &all, &m, &e), 0);
	for (unsigned i = 0; i < 400; i++) {
		char name[64];
		snprintf(name, sizeof name, "Person %u\n%u Road", i, i);
		struct paper_post p = post(i % 2 ? "es" : "zh");
		p.address = slice_str(name);
		assert_int_equal(paper_mail_add(m, &p, &pages, &e), 0);
		assert_int_equal(pages, 1);
	}
	assert_int_equal(paper_mail_end(m, &e), 0);
	assert_int_equal(paper_mail_pages(m), 400);
	paper_mail_free(m);
	count_in(&all, "/S /H1", 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(catalogue), cmocka_unit_test(long_ones), cmocka_unit_test(too_long), cmocka_unit_test(sink_fails), cmocka_unit_test(many)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
