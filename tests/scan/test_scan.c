/* Pages of real sheets, as they came out of a printer and as they come out of a scanner: read, turned upright, or refused, in this process and in a child that has nothing. */
#include "scan_internal.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOTES "HF1:QE7-506-1-Y:NOTES:501:5L" /* what the code of tests/data/scan says */

static void take_file(const char *name, struct buf *ret)
{
	char path[256];
	struct err e = {0};
	snprintf(path, sizeof path, HF_SOURCE_DIR "/tests/data/scan/%s", name);
	buf_init(ret, 1 << 24);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 24, ret, &e), 0);
}

struct seen {
	struct arena *a;
	struct scan_page p;
	struct buf b;
};

static int see(struct slice file, unsigned page, struct seen *s, struct err *e)
{
	*s = (struct seen){.a = arena_new(1 << 20)};
	buf_init(&s->b, SCAN_KEPT_MAX + (64 << 10));
	int r = scan_read(file, page, &s->b, e);
	return r < 0 ? r : scan_answer_get(buf_slice(&s->b), s->a, &s->p, e);
}

static void unsee(struct seen *s)
{
	arena_free(s->a);
	buf_done(&s->b);
}

static void says(const struct scan_page *p, const char *text)
{
	for (size_t i = 0; i < p->code_n; i++)
		if (slice_eq_str(p->code[i].text, text)) {
			assert_true(p->code[i].qr);
			return;
		}
	fail_msg("the code was not read");
}

/* ---- pictures of our own ---- */

static void page_of(struct picture *ret)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	take_file("notes.png", &b);
	assert_int_equal(png_picture(buf_slice(&b), ret, &e), 0);
}

static void as_jpeg(const struct picture *p, struct buf *ret)
{
	struct err e = {0};
	buf_init(ret, SCAN_KEPT_MAX);
	assert_int_equal(jpeg_write(p, ret, &e), 0);
}

/* On a larger white page, with noise. */
static void askew(const struct picture *p, double degrees, unsigned scale, int noise, struct picture *ret)
{
	struct err e = {0};
	bool side = fabs(sin(degrees * M_PI / 180)) > 0.5;
	unsigned w = (side ? p->h : p->w) * scale * 9 / 8, h = (side ? p->w : p->h) * scale * 9 / 8;
	uint32_t random = 1;
	double c = cos(degrees * M_PI / 180) / scale, s = sin(degrees * M_PI / 180) / scale;
	assert_int_equal(picture_new(ret, w, h, 3, &e), 0);
	for (unsigned y = 0; y < h; y++)
		for (unsigned x = 0; x < w; x++) {
			double dx = x - w / 2.0, dy = y - h / 2.0, fx = c * dx + s * dy + p->w / 2.0, fy = -s * dx + c * dy + p->h / 2.0;
			long px = (long)floor(fx), py = (long)floor(fy);
			double rx = fx - (double)px, ry = fy - (double)py;
			bool on = px >= 0 && py >= 0 && px + 1 < (long)p->w && py + 1 < (long)p->h;
			for (unsigned k = 0; k < 3; k++) {
				const uint8_t *at = p->p + 3 * ((on ? (size_t)py : 0) * p->w + (on ? (size_t)px : 0)) + k;
				int v = on ? (int)((1 - ry) * ((1 - rx) * at[0] + rx * at[3]) + ry * ((1 - rx) * at[3 * p->w] + rx * at[3 * p->w + 3])) : 255;
				random = random * 1664525 + 1013904223;
				v += noise ? (int)(random >> 16) % (2 * noise) - noise : 0;
				ret->p[3 * ((size_t)y * w + x) + k] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
			}
		}
}

static void turned_any_way(void **state)
{
	(void)state;
	AUTO_PICTURE struct picture p = {0};
	page_of(&p);
	for (unsigned d = 0; d < 360; d += 90) {
		AUTO_PICTURE struct picture t = {0};
		AUTO_BUF struct buf b = {0};
		struct err e = {0};
		struct seen s;
		if (d)
			assert_int_equal(picture_turn(&p, d, &t, &e), 0);
		as_jpeg(d ? &t : &p, &b);
		assert_int_equal(see(buf_slice(&b), 1, &s, &e), 0);
		says(&s.p, NOTES);
		assert_int_equal(s.p.turned, (360 - d) % 360);
		assert_true(s.p.width < s.p.height && s.p.width == p.w && s.p.height == p.h); /* upright, whatever it was */
		AUTO_PICTURE struct picture kept = {0}; /* and shows it so: the dark code is at the top on the right */
		AUTO_PICTURE struct picture grey = {0};
		assert_int_equal(jpeg_picture(s.p.jpeg, &kept, &e), 0);
		assert_int_equal(picture_grey(&kept, &grey, &e), 0);
		unsigned long top = 0, bottom = 0;
		for (unsigned y = 0; y < grey.h / 8; y++)
			for (unsigned x = grey.w * 7 / 8; x < grey.w; x++) {
				top += 255u - grey.p[(size_t)y * grey.w + x];
				bottom += 255u - grey.p[(size_t)(grey.h - 1 - y) * grey.w + x];
			}
		assert_true(top > 4 * bottom);
		unsee(&s);
	}
}

static void skewed_and_noisy(void **state)
{
	(void)state;
	static const struct {
		double degrees;
		unsigned scale;
		int noise;
	} all[] = {{3, 1, 0}, {-4, 1, 30}, {183, 1, 40}, {87, 2, 60}, {-8, 1, 0}};
	AUTO_PICTURE struct picture p = {0};
	page_of(&p);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		AUTO_PICTURE struct picture t = {0};
		AUTO_BUF struct buf b = {0};
		struct err e = {0};
		struct seen s;
		askew(&p, all[i].degrees, all[i].scale, all[i].noise, &t);
		as_jpeg(&t, &b);
		assert_int_equal(see(buf_slice(&b), 1, &s, &e), 0);
		says(&s.p, NOTES);
		assert_true(s.p.width <= SCAN_KEPT_SIDE && s.p.height <= SCAN_KEPT_SIDE);
		unsee(&s);
	}
}

/* 150 dpi, upside down and by 3 degrees beside it, with noise, JPEG of quality 40. */
static void worn(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	struct seen s;
	take_file("worn.jpg", &b);
	assert_int_equal(see(buf_slice(&b), 1, &s, &e), 0);
	says(&s.p, NOTES);
	assert_int_equal(s.p.turned, 180);
	unsee(&s);
}

/* Its light falls off to a tenth. */
static void dark(void **state)
{
	(void)state;
	AUTO_PICTURE struct picture p = {0}, t = {0};
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	struct seen s;
	page_of(&p);
	askew(&p, 1, 1, 0, &t);
	for (unsigned y = 0; y < t.h; y++)
		for (size_t x = 0; x < 3 * (size_t)t.w; x++) {
			uint8_t *v = &t.p[(size_t)y * 3 * t.w + x];
			*v = (uint8_t)((unsigned)*v * (30 + 200 * y / t.h) / 255);
		}
	as_jpeg(&t, &b);
	assert_int_equal(see(buf_slice(&b), 1, &s, &e), 0);
	says(&s.p, NOTES);
	unsee(&s);
}

static void blank_or_not(void **state)
{
	(void)state;
	AUTO_PICTURE struct picture p = {0};
	struct err e = {0};
	assert_int_equal(picture_new(&p, 900, 1200, 1, &e), 0);
	memset(p.p, 250, (size_t)p.w * p.h);
	assert_false(picture_is_blank(&p)); /* no grain: nobody knows */
	uint32_t random = 7;
	for (size_t i = 0; i < (size_t)p.w * p.h; i++) {
		random = random * 1664525 + 1013904223;
		p.p[i] = (uint8_t)(232 + (random >> 24) % 16);
	}
	assert_true(picture_is_blank(&p));
	for (unsigned x = 300; x < 500; x++) /* a weak line of a pencil */
		for (unsigned y = 600; y < 602; y++)
			p.p[(size_t)y * p.w + x] = 190;
	assert_false(picture_is_blank(&p));
}

/* ---- what cannot be ---- */

static void refused(void **state)
{
	(void)state;
	static const uint8_t huge[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\x02\0\0\0\x1d\x4d\x35\x36";
	static const char pdf[] = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF";
	AUTO_BUF struct buf b = {0}, jpeg = {0};
	AUTO_PICTURE struct picture p = {0};
	struct err e = {0};
	struct seen s;
	take_file("notes.png", &b);
	page_of(&p);
	as_jpeg(&p, &jpeg);
	const struct {
		struct slice file;
		unsigned page;
		int code;
	} all[] = {
		{SLICE(""), 1, ERR_INPUT},
		{SLICE("hello"), 1, ERR_INPUT},
		{SLICE("\x89PNG\r\n\x1a\n"), 1, ERR_INPUT},
		{slice_of(b.p, b.n / 2), 1, ERR_INPUT},
		{slice_of(huge, sizeof huge - 1), 1, 0},
		{SLICE("\xff\xd8\xff\xe0"), 1, ERR_INPUT},
		{SLICE("II*\0\x08\0\0\0\0\0"), 1, ERR_INPUT},
		{SLICE("MM\0*\0\0\0\0"), 1, ERR_INPUT},
		{slice_of(pdf, sizeof pdf - 1), 1, ERR_INPUT},
		{SLICE("%PDF-"), 1, ERR_INPUT},
		{buf_slice(&jpeg), 2, ERR_INPUT},
	};
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		int r = see(all[i].file, all[i].page, &s, &e);
		if (all[i].code)
			assert_int_equal(r, all[i].code);
		assert_true(r < 0 && e.text[0]);
		unsee(&s);
	}
	AUTO_PICTURE struct picture none = {0};
	assert_int_equal(picture_new(&none, 100000, 100000, 3, &e), ERR_LIMIT);
	assert_int_equal(picture_new(&none, 20000, 20000, 3, &e), ERR_LIMIT);
}

/* Cut anywhere and with any byte wrong: an answer or a refusal, and what is read of the code is the code or nothing. */
static void damaged(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	take_file("worn.jpg", &b);
	for (unsigned i = 0; i < 8; i++) {
		AUTO_BUF struct buf d = {0};
		struct err e = {0};
		struct seen s;
		buf_init(&d, 1 << 24);
		buf_add_slice(&d, slice_of(b.p, i % 2 ? b.n : b.n * (i + 1) / 9));
		if (i % 2)
			d.p[b.n * i / 9] ^= 0x5a;
		if (see(buf_slice(&d), 1, &s, &e) == 0)
			for (size_t k = 0; k < s.p.code_n; k++)
				assert_true(!s.p.code[k].qr || slice_eq_str(s.p.code[k].text, NOTES));
		unsee(&s);
	}
}

/* ---- in a child ---- */

static int count_page(void *arg, const struct scan_page *p, struct err *e)
{
	unsigned *n = arg;
	says(p, NOTES);
	return ++*n == 7 ? err_set(e, ERR_FULL, NULL, "enough") : 0;
}

static void in_a_child(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	unsigned n = 0;
	take_file("worn.jpg", &b);
	assert_int_equal(scan_apart(buf_slice(&b), count_page, &n, &e), 0);
	assert_int_equal(n, 1);
	n = 6;
	assert_int_equal(scan_apart(buf_slice(&b), count_page, &n, &e), ERR_FULL); /* what the caller says ends it */
	assert_int_equal(scan_apart(SLICE("\x89PNG\r\n\x1a\n"), count_page, &n, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "PNG"));
	assert_int_equal(scan_apart(SLICE("a letter"), count_page, &n, &e), ERR_INPUT);
}

/* ---- answers ---- */

static void answers(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "{}", "{}\n", "[]\n", "{\"page\":1,\"pages\":1}\n", "{\"page\":1,\"pages\":1,\"codes\":[]}\n\xff\xd8\xff",
		"{\"page\":2,\"pages\":1,\"width\":9,\"height\":9,\"turned\":0,\"codes\":[]}\n\xff\xd8\xff",
		"{\"page\":1,\"pages\":9999,\"width\":9,\"height\":9,\"turned\":0,\"codes\":[]}\n\xff\xd8\xff",
		"{\"page\":1,\"pages\":1,\"width\":99999,\"height\":9,\"turned\":0,\"codes\":[]}\n\xff\xd8\xff",
		"{\"page\":1,\"pages\":1,\"width\":9,\"height\":9,\"turned\":45,\"codes\":[]}\n\xff\xd8\xff",
		"{\"page\":1,\"pages\":1,\"width\":9,\"height\":9,\"turned\":0,\"codes\":[]}\nGIF89a",
		"{\"page\":1,\"pages\":1,\"width\":9,\"height\":9,\"turned\":0,\"codes\":[{\"text\":\"\",\"qr\":true}]}\n\xff\xd8\xff",
		"{\"page\":1,\"pages\":1,\"error\":\"no\",\"codes\":[]}\n\xff\xd8\xff",
		"{\"page\":1,\"pages\":1,\"error\":\"a\\u001bb\",\"codes\":[]}\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_ARENA struct arena *a = arena_new(1 << 20);
		struct scan_page p;
		struct err e = {0};
		assert_int_equal(scan_answer_get(slice_str(bad[i]), a, &p, &e), ERR_CORRUPT);
	}
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf b = {0};
	struct scan_page p = {.page = 2, .pages = 3, .width = 9, .height = 8, .turned = 270, .blank = true, .jpeg = SLICE("\xff\xd8\xff..."), .code_n = 2, .code = {{SLICE("HF1:x"), true}, {SLICE("47\x01"), false}}}, q;
	struct err e = {0};
	buf_init(&b, 1 << 20);
	scan_answer_put(&p, &b);
	assert_int_equal(scan_answer_get(buf_slice(&b), a, &q, &e), 0);
	assert_true(q.page == 2 && q.pages == 3 && q.turned == 270 && q.blank && slice_eq(q.jpeg, p.jpeg) && !q.error.n);
	assert_true(q.code_n == 1 && q.code[0].qr && slice_eq_str(q.code[0].text, "HF1:x")); /* a code with a control character is no code */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turned_any_way), cmocka_unit_test(skewed_and_noisy), cmocka_unit_test(worn), cmocka_unit_test(dark), cmocka_unit_test(blank_or_not), cmocka_unit_test(refused), cmocka_unit_test(damaged),
		cmocka_unit_test(in_a_child), cmocka_unit_test(answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
