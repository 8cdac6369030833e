/* Drawings: every form at every width in every language gives SVG that an XML reader accepts, with nothing outside of the paper; texts are escaped; numbers and scales are what people write; the same figures give the same bytes. */
#include "plot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct plot_frame frame(const char *lang, double width)
{
	return (struct plot_frame){.lang = lang, .width = width, .title = SLICE("Breaches of 500 or more <reported> & counted"), .counts = SLICE("Incidents by the year in which they were reported. “Persons” is the sum of what was reported."),
		.basis = SLICE("View: both lists · as of 2024-10-08"), .warning = SLICE("Only one of the two lists is in: resolved cases are missing, and the count of this year is too low."), .source = SLICE("Source: HHS OCR breach portal, ocr_ui_2024-10.csv")};
}

static int columns(const struct plot_frame *f, struct plot **ret, struct err *e)
{
	struct plot_column v[16] = {0};
	char label[16][8];
	for (int i = 0; i < 16; i++) {
		snprintf(label[i], sizeof label[i], "%d", 2009 + i);
		v[i] = (struct plot_column){.label = slice_str(label[i]), .value = {20 + 45.0 * i, i == 3 ? NAN : 1e6 * i * i}, .partial = i == 15, .note = {SLICE_NULL, i == 6 ? SLICE("Anthem 78.8 M & others") : SLICE_NULL}};
	}
	return plot_columns(f, &(struct plot_columns){.v = v, .n = 16, .panels = 2, .panel = {SLICE("Incidents"), SLICE("Persons as reported")}, .partial = SLICE("Hatched: the year is not over.")}, ret, e);
}

static int bars(const struct plot_frame *f, struct plot **ret, struct err *e)
{
	const struct plot_bar v[] = {{SLICE("Change Healthcare, Inc."), SLICE("MN · Business Associate"), 100000000, SLICE_NULL, false}, {SLICE("A name that is so long that it does not fit beside any bar on any page, however wide it may be, and is cut"), SLICE("CA · Health Plan"), 13429834, SLICE_NULL, false},
		{SLICE("本院"), SLICE("own"), 500, SLICE("500 (placeholder)"), true}, {SLICE("None"), SLICE_NULL, 0, SLICE_NULL, false}};
	return plot_bars(f, &(struct plot_bars){.v = v, .n = 4, .hatched = SLICE("Hatched: a placeholder")}, ret, e);
}

static int lines(const struct plot_frame *f, bool stacked, struct plot **ret, struct err *e)
{
	double x[12], y[5][12];
	char label[12][8];
	struct slice labels[12];
	struct plot_line v[5];
	static const char *const names[] = {"Hacking/IT Incident", "Unauthorized Access/Disclosure", "Theft", "Loss", "Improper Disposal"};
	for (int i = 0; i < 12; i++) {
		x[i] = 2013 + i;
		snprintf(label[i], sizeof label[i], "%d", 2013 + i);
		labels[i] = slice_str(label[i]);
		for (int k = 0; k < 5; k++)
			y[k][i] = k == 0 ? 20 + 50 * i : fmax(200.0 / k - 14 * i, 1);
	}
	for (int k = 0; k < 5; k++)
		v[k] = (struct plot_line){slice_str(names[k]), y[k]};
	if (!stacked)
		y[1][0] = NAN;
	return plot_lines(f, &(struct plot_lines){.x = x, .label = labels, .n = 12, .v = v, .lines = 5, .stacked = stacked, .partial = 1, .partial_words = SLICE("The last year is not over.")}, ret, e);
}

static int areas(const struct plot_frame *f, struct plot **ret, struct err *e) { return lines(f, true, ret, e); }
static int curves(const struct plot_frame *f, struct plot **ret, struct err *e) { return lines(f, false, ret, e); }

static int tiles(const struct plot_frame *f, struct plot **ret, struct err *e)
{
	const struct plot_tile v[] = {{SLICE("TX"), 56}, {SLICE("CA"), 43}, {SLICE("NY"), 34}, {SLICE("RI"), 3}, {SLICE("PR"), 1}, {SLICE("GU"), 2}, {SLICE("MA"), 22}, {SLICE(""), 4}, {SLICE("ZZ"), 1}, {SLICE("TN"), 21}, {SLICE("WY"), 12}};
	return plot_tiles(f, &(struct plot_tiles){.v = v, .n = ARRAY_LEN(v), .legend = SLICE("Incidents"), .elsewhere = SLICE("With no state, or another one:")}, ret, e);
}

static int spread(const struct plot_frame *f, struct plot **ret, struct err *e)
{
	static double v[900];
	static bool h[900];
	for (int i = 0; i < 900; i++) {
		h[i] = i < 62;
		v[i] = h[i] ? 500 + i % 2 : 500 * pow(10, (i % 113) / 113.0 * 4.2) * (i % 7 == 0 ? 1 : 0.7);
	}
	v[800] = 0;
	const struct plot_mark m[] = {{45357, SLICE("This case: 45,357")}, {4000, SLICE("Median: 4,000")}};
	return plot_spread(f, &(struct plot_spread){.v = v, .hatched = h, .n = 900, .log = true, .x_name = SLICE("Persons reported (log scale)"), .y_name = SLICE("Incidents"), .hatched_words = SLICE("Hatched: 500 or 501, a placeholder"), .mark = m, .marks = 2}, ret, e);
}

static int days(const struct plot_frame *f, struct plot **ret, struct err *e)
{
	static double v[156];
	for (int i = 0; i < 156; i++)
		v[i] = i < 150 ? 3 + i * 1.6 : 900;
	const struct plot_mark m[] = {{60, SLICE("60 days: HIPAA’s outer limit")}, {30, SLICE("30 days: Washington")}};
	return plot_spread(f, &(struct plot_spread){.v = v, .n = 156, .step = 15, .most = 360, .x_name = SLICE("Days"), .y_name = SLICE("Notices"), .mark = m, .marks = 2}, ret, e);
}

static int place(const struct plot_frame *f, struct plot **ret, struct err *e)
{
	const struct plot_group g[] = {{SLICE("All incidents"), SLICE("larger than 87 % of 5,412"), 700, 1200, 3500, 16000, 90000, 500, 100000000}, {SLICE("Same type: Hacking/IT Incident, Unauthorized Access/Disclosure"), SLICE("larger than 74 % of 2,718"), 900, 2500, 9000, 40000, 210000, 500, 100000000},
		{SLICE("Same state: WY"), SLICE("too few to compare (2)"), NAN, NAN, NAN, NAN, NAN, NAN, NAN}};
	return plot_place(f, &(struct plot_place){.v = g, .n = 3, .own = 45357, .own_words = SLICE("This case: 45,357 persons"), .key = {SLICE("middle 80 %"), SLICE("middle half"), SLICE("median")}}, ret, e);
}

static int times(const struct plot_frame *f, struct plot **ret, struct err *e)
{
	const struct plot_event a[] = {{59, SLICE("first notices"), 1, false}, {196, SLICE("list of persons"), 1, true}, {252, SLICE("letters"), 2, false}}, b[] = {{0.9, SLICE("list of persons"), 0, true}};
	const struct plot_case c[] = {{SLICE("ILS"), SLICE("4,226,508 persons, discovered 2022-07-05"), a, 3, false}, {SLICE("This case"), SLICE("1,012 persons, discovered 2026-11-20"), b, 1, true}};
	const struct plot_mark m[] = {{60, SLICE("60 days: the outer limit of 45 CFR 164.404(b)")}};
	const struct slice s[] = {SLICE("Notice of the company"), SLICE("es.vnshealthplans.org/notice-of-independent-living-systems-data-breach")};
	return plot_times(f, &(struct plot_times){.v = c, .n = 2, .limit = m, .limits = 1, .x_name = SLICE("Days since discovery"), .sources = s, .sources_n = 2}, ret, e);
}

static const struct {
	const char *name;
	int (*make)(const struct plot_frame *, struct plot **, struct err *);
} forms[] = {{"columns", columns}, {"bars", bars}, {"areas", areas}, {"lines", curves}, {"tiles", tiles}, {"spread", spread}, {"days", days}, {"place", place}, {"times", times}};

/* HOLDFAST_PLOTS names a folder: they are left there, to be looked at. */
static void keep(const char *name, const char *lang, double width, const char *end, struct buf *b)
{
	const char *to = getenv("HOLDFAST_PLOTS");
	char path[512];
	if (!to)
		return;
	snprintf(path, sizeof path, "%s/%s-%s-%.0f.%s", to, name, lang, width, end);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
	assert_int_equal(fclose(f), 0);
}

/* Tags close in order, nothing is open at the end, and & < > stand for markup alone. */
static void well_formed(struct slice s)
{
	char open[64][16];
	unsigned depth = 0;
	for (size_t i = 0; i < s.n; i++) {
		assert_true(s.p[i] != '>');
		if (s.p[i] == '&')
			assert_true(memchr(s.p + i, ';', s.n - i < 7 ? s.n - i : 7));
		if (s.p[i] != '<')
			continue;
		size_t from = ++i;
		while (i < s.n && s.p[i] != '>')
			assert_true(s.p[i++] != '<');
		assert_true(i < s.n);
		bool close = s.p[from] == '/', alone = s.p[i - 1] == '/' || s.p[from] == '?';
		char name[16] = "";
		for (size_t k = from + close, n = 0; n < 15 && s.p[k] != ' ' && s.p[k] != '>' && s.p[k] != '/'; k++)
			name[n++] = (char)s.p[k];
		if (close) {
			assert_true(depth > 0);
			assert_string_equal(open[--depth], name);
		} else if (!alone) {
			assert_true(depth < 64);
			memcpy(open[depth++], name, sizeof name);
		}
	}
	assert_int_equal(depth, 0);
	assert_true(utf8_valid(s));
}

/* Every x and y that a mark names lies on the paper. */
static void inside(struct slice s, const char *name, double most)
{
	char what[16];
	snprintf(what, sizeof what, " %s=\"", name);
	for (const uint8_t *at = s.p; (at = memmem(at, s.n - (size_t)(at - s.p), what, strlen(what))); at++) {
		double v = strtod((const char *)at + strlen(what), NULL);
		if (v < 0 || v > most)
			fail_msg("%s=%g, but the paper ends at %g", name, v, most);
	}
}

static void every_form(void **state)
{
	static const char *const langs[] = {"en", "fr", "zh"};
	static const double widths[] = {320, 480, 960, 1600};
	for (unsigned k = 0; k < ARRAY_LEN(forms); k++)
		for (unsigned w = 0; w < ARRAY_LEN(widths); w++) {
			AUTO_BUF struct buf one = {0}, two = {0};
			struct plot_frame f = frame(langs[(k + w) % 3], widths[w]);
			struct plot *p = NULL;
			struct err e = {0};
			buf_init(&one, PLOT_BYTES_MAX);
			buf_init(&two, PLOT_BYTES_MAX);
			for (unsigned again = 0; again < 2; again++) {
				assert_int_equal(forms[k].make(&f, &p, &e), 0);
				assert_int_equal(plot_svg(p, again ? &two : &one, &e), 0);
				if (!again) {
					assert_true(plot_width(p) == widths[w] && plot_height(p) > 150 && plot_height(p) < 2400);
					well_formed(buf_slice(&one));
					(void)buf_cstr(&one);
					inside(buf_slice(&one), "x", plot_width(p));
					inside(buf_slice(&one), "y", plot_height(p));
					inside(buf_slice(&one), "cx", plot_width(p));
					inside(buf_slice(&one), "cy", plot_height(p));
				}
				plot_free(p);
			}
			keep(forms[k].name, f.lang, f.width, "svg", &one);
			assert_true(slice_eq(buf_slice(&one), buf_slice(&two)));
			for (unsigned i = 0; i < 4; i++) { /* what no picture goes without */
				static const char *const has[] = {"&lt;reported&gt; &amp; counted", "as of 2024-10-08", "ocr_ui_2024-10.csv", "Only one of the two lists"};
				assert_non_null(memmem(one.p, one.n, has[i], strlen(has[i])));
			}
		}
}

/* What is at the ends of what a picture can be asked: one value, none but zeros, very large ones, a name that is only blanks. Drawn, and nothing of it outside of the paper. */
static void edges(void **state)
{
	static const double zero[] = {0, 0, 0}, one[] = {1}, huge[] = {1, 1e18, 500}, y[] = {3}, never[] = {NAN};
	const struct slice label[] = {SLICE("2024")};
	const struct plot_column column[] = {{.label = SLICE("2024"), .value = {0, NAN}, .partial = true, .note = {SLICE("a note"), SLICE("a note of what is not known")}}};
	const struct plot_line line[] = {{SLICE("one"), y}, {SLICE(""), never}};
	const struct plot_tile tile[] = {{SLICE("TX"), 0}}, large[] = {{SLICE("TX"), 9e14}, {SLICE("CA"), 3}};
	const struct plot_group group[] = {{SLICE("all"), SLICE("none"), 500, 500, 500, 500, 500, 500, 500}};
	const struct plot_event event[] = {{0, SLICE(" "), 0, true}};
	const struct plot_case alone[] = {{SLICE(""), SLICE(""), event, 1, false}, {SLICE("nothing yet"), SLICE(""), NULL, 0, true}};
	for (unsigned i = 0; i < 11; i++) {
		AUTO_BUF struct buf b = {0};
		struct plot_frame f = frame(i % 2 ? "fr" : "zh", 320);
		struct plot *p = NULL;
		struct err e = {0};
		int r = i == 0 ? plot_spread(&f, &(struct plot_spread){.v = zero, .n = 3, .log = true}, &p, &e) : i == 1 ? plot_spread(&f, &(struct plot_spread){.v = one, .n = 1, .log = true}, &p, &e) : i == 2 ? plot_spread(&f, &(struct plot_spread){.v = huge, .n = 3, .log = true}, &p, &e) :
		        i == 3 ? plot_spread(&f, &(struct plot_spread){.v = zero, .n = 3, .step = 15, .most = 360}, &p, &e) : i == 4 ? plot_columns(&f, &(struct plot_columns){.v = column, .n = 1, .panels = 2}, &p, &e) : i == 5 ? plot_lines(&f, &(struct plot_lines){.x = one, .label = label, .n = 1, .v = line, .lines = 2, .numbers = true}, &p, &e) :
		        i == 6 ? plot_lines(&f, &(struct plot_lines){.x = one, .label = label, .n = 1, .v = line, .lines = 1, .stacked = true}, &p, &e) : i == 7 ? plot_tiles(&f, &(struct plot_tiles){.v = tile, .n = 1}, &p, &e) : i == 8 ? plot_tiles(&f, &(struct plot_tiles){.v = large, .n = 2}, &p, &e) :
		        i == 9 ? plot_place(&f, &(struct plot_place){.v = group, .n = 1, .own = 4e9}, &p, &e) : plot_times(&f, &(struct plot_times){.v = alone, .n = 2}, &p, &e);
		assert_int_equal(r, i == 0 ? ERR_INPUT : 0);
		if (r < 0)
			continue;
		buf_init(&b, PLOT_BYTES_MAX);
		assert_int_equal(plot_svg(p, &b, &e), 0);
		well_formed(buf_slice(&b));
		(void)buf_cstr(&b);
		inside(buf_slice(&b), "x", plot_width(p));
		inside(buf_slice(&b), "y", plot_height(p));
		assert_null(strstr(buf_cstr(&b), "nan"));
		plot_free(p);
	}
}

static uint32_t big(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void every_png(void **state)
{
	for (unsigned k = 0; k < ARRAY_LEN(forms); k++) {
		AUTO_BUF struct buf b = {0};
		struct plot_frame f = frame(k % 2 ? "zh" : "fr", 640);
		struct plot *p = NULL;
		struct err e = {0};
		buf_init(&b, PLOT_BYTES_MAX);
		assert_int_equal(forms[k].make(&f, &p, &e), 0);
		assert_int_equal(plot_png(p, 1.5, &b, &e), 0);
		assert_true(b.n > 3000 && !memcmp(b.p, "\x89PNG\r\n\x1a\n", 8));
		assert_int_equal(big(b.p + 16), 960);
		assert_int_equal(big(b.p + 20), (uint32_t)ceil(plot_height(p) * 1.5));
		keep(forms[k].name, f.lang, 640, "png", &b);
		assert_int_equal(plot_png(p, 9, &b, &e), ERR_USAGE);
		plot_free(p);
	}
}

static void hostile_texts(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct plot_frame f = frame("en", 400);
	struct plot *p = NULL;
	struct err e = {0};
	const struct plot_bar v[] = {{SLICE("</text><script>alert(1)</script>"), SLICE("\"quoted\" & \x01\xff\xfe\xc3"), 1, SLICE_NULL, false}};
	buf_init(&b, PLOT_BYTES_MAX);
	assert_int_equal(plot_bars(&f, &(struct plot_bars){.v = v, .n = 1}, &p, &e), 0);
	assert_int_equal(plot_svg(p, &b, &e), 0);
	well_formed(buf_slice(&b));
	assert_null(memmem(b.p, b.n, "<script", 7));
	plot_free(p);
}

static void refusals(void **state)
{
	struct plot_frame f = frame("en", 400), narrow = frame("en", 100);
	struct plot *p = NULL;
	struct err e = {0};
	assert_int_equal(plot_bars(&f, &(struct plot_bars){0}, &p, &e), ERR_INPUT);
	assert_int_equal(plot_columns(&f, &(struct plot_columns){0}, &p, &e), ERR_INPUT);
	assert_int_equal(plot_lines(&f, &(struct plot_lines){0}, &p, &e), ERR_INPUT);
	assert_int_equal(plot_tiles(&f, &(struct plot_tiles){0}, &p, &e), ERR_INPUT);
	assert_int_equal(plot_spread(&f, &(struct plot_spread){0}, &p, &e), ERR_INPUT);
	assert_int_equal(plot_place(&f, &(struct plot_place){0}, &p, &e), ERR_INPUT);
	assert_int_equal(plot_times(&f, &(struct plot_times){0}, &p, &e), ERR_INPUT);
	assert_int_equal(bars(&narrow, &p, &e), ERR_USAGE);
	assert_null(p);
}

static void a_number(const char *lang, double v, const char *number, const char *brief)
{
	char out[32];
	assert_string_equal(plot_number(lang, v, out), number);
	assert_string_equal(plot_short(lang, v, out), brief);
}

static void numbers(void **state)
{
	a_number("en", 0, "0", "0");
	a_number("en", 999, "999", "999");
	a_number("en", 4237, "4,237", "4,237");
	a_number("en", 16464270, "16,464,270", "16.4 M");
	a_number("en", 13429834, "13,429,834", "13.4 M");
	a_number("en", 99999999, "99,999,999", "99.9 M");
	a_number("en", 100000000, "100,000,000", "100 M");
	a_number("en", 45357, "45,357", "45.3 k");
	a_number("en", 2000000, "2,000,000", "2 M");
	a_number("en", 1900000000, "1,900,000,000", "1.9 bn");
	a_number("fr", 13429834, "13\u202f429\u202f834", "13,4 M");
	a_number("fr", 1900000000, "1\u202f900\u202f000\u202f000", "1,9 Md");
	a_number("zh", 13429834, "13,429,834", "1342万");
	a_number("zh", 192700000, "192,700,000", "1.92亿");
	a_number("zh", 4237, "4,237", "4,237");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_form), cmocka_unit_test(every_png), cmocka_unit_test(edges), cmocka_unit_test(hostile_texts), cmocka_unit_test(refusals), cmocka_unit_test(numbers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
