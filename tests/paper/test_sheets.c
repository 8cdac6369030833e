/* Sheets laid out: nothing stands outside of its page or over its foot, whatever the names and however long the lists, in each language, size and paper; blank is nowhere; the same values give the same bytes. */
#include "paper_internal.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MADE INT64_C(1795428000000000000) /* 2026-11-23 */

static struct paper_run run_of(const char *lang, bool us, bool large)
{
	return (struct paper_run){.lang = lang, .us = us, .large = large, .site = "St. Example", .zone_minutes = 60, .made = MADE, .entry = 4700, .entry_time = MADE - 60 * TIME_SEC, .checkpoint = 4702, .root = SLICE("8mnLkw4nP+sfm/U+1Yt66ei6+sJ3emw49U8me7sdfag=")};
}

static const struct paper_person short_name = {.id = "p1", .family = SLICE("Li"), .given = SLICE("Na"), .birth = SLICE("1957-03-12"), .sex = SLICE("female"), .number = SLICE("1000320"), .unit = SLICE("ICU"), .room = SLICE("3"), .bed = SLICE("A"), .allergies_said = PAPER_NOT_RECEIVED};
static const struct paper_person chinese = {.id = "p2", .family = SLICE("欧阳"), .given = SLICE("如意"), .birth = SLICE("1949-10-01"), .sex = SLICE("male"), .number = SLICE("病-000123"), .unit = SLICE("重症监护"), .bed = SLICE("12"), .allergies_said = PAPER_STATED_NONE};
static const struct paper_person arabic = {.id = "p3", .family = SLICE("العبدالله"), .given = SLICE("محمد بن عبد العزيز"), .birth = SLICE("1990"), .sex = SLICE("unknown"), .number = SLICE("77"), .allergies_said = PAPER_LISTED, .allergies = SLICE("بنسلين")};
static const struct paper_person long_name = {.id = "p4",
	.family = SLICE("Wolfeschlegelsteinhausenbergerdorff-Hohenzollern-Sigmaringen-von-und-zu-Langenfeld-Bergheimer-Donaudampfschifffahrtsgesellschaft"),
	.given = SLICE("Maria Theresia Antonia Josepha Walburga Christina Philippina Augusta Wilhelmina Friederike Charlotte Sophie Dorothea"), .birth = SLICE("1957-03-12"), .sex = SLICE("female"),
	.number = SLICE("00000000000000000000000000000000000000000000001000320"), .visit = SLICE("V-123456789012345678901234567890"), .unit = SLICE("Chirurgie viscérale et digestive, aile nord"), .room = SLICE("Chambre 1204 bis"), .bed = SLICE("Fenêtre"),
	.attending = SLICE("Prof. Dr. Bartholomäus Oberstleutnant-Schmidthuber"), .allergies_said = PAPER_LISTED,
	.allergies = SLICE("penicillin, amoxicillin, cefuroxime, latex, iodinated contrast media, sulfamethoxazole and trimethoprim, peanuts, tree nuts, shellfish, hen's egg, adhesive plaster, metamizole, diclofenac, codeine, morphine, vancomycin"),
	.alerts = SLICE("contact isolation (MRSA), do not resuscitate, fall risk"), .lookalikes = 3, .test = true, .deceased = true, .incomplete = true, .is_protected = true};
static const struct paper_person nobody_said = {.id = "p5", .allergies_said = PAPER_NOT_RECEIVED};
static const struct paper_person *const persons[] = {&short_name, &chinese, &arabic, &long_name, &nobody_said};

static const struct paper_source sources[] = {
	{.feed = SLICE("PHARM@EAST"), .as_of = SLICE("2026-11-21T14:02"), .as_of_time = MADE - 38 * 3600 * TIME_SEC, .received = MADE - 38 * 3600 * TIME_SEC, .silent = true, .silent_since = MADE - 38 * 3600 * TIME_SEC},
	{.feed = SLICE("station-3"), .received = MADE - 90 * TIME_SEC, .origin = PAPER_CAPTURED},
};

#define MANY 60u
static struct paper_dose doses[8];
static struct paper_order orders[MANY];
static struct paper_item items[MANY];
static struct paper_value values[MANY];
static struct paper_series series[MANY];
static struct paper_bed beds[MANY];

static int fill(void **state)
{
	(void)state;
	static const char *const names[] = {"paracetamol", "amoxicilline/acide clavulanique", "注射用头孢曲松钠", "sodium chloride 0.9 % with potassium chloride 20 mmol/L and magnesium sulfate in a bag of one litre for continuous infusion by central venous line"};
	for (size_t i = 0; i < ARRAY_LEN(doses); i++)
		doses[i] = (struct paper_dose){.at = SLICE("2026-11-22T18:00"), .time = MADE - (int64_t)(i + 1) * 3600 * TIME_SEC, .given = i % 3 != 0, .dose = SLICE("500 mg"), .by = SLICE("Helen Henderson"), .reason = i % 3 ? SLICE_NULL : SLICE("Patient refused"), .origin = (enum paper_origin)(i % 4)};
	for (size_t i = 0; i < MANY; i++) {
		struct slice name = slice_str(names[i % ARRAY_LEN(names)]);
		orders[i] = (struct paper_order){.name = name, .dose = SLICE("500 mg"), .route = SLICE("PO"), .frequency = SLICE("Q6H"), .is_prn = i % 5 == 4, .prn = i % 5 == 4 ? SLICE("pain") : SLICE_NULL, .start = SLICE("2026-11-20T08:00"), .number = SLICE("M00001145"), .stopped = i % 7 == 6,
			.held = i % 7 == 5, .proposed = i % 7 == 4, .no_order = i % 7 == 3, .incomplete = i % 7 == 2, .origin = (enum paper_origin)(i % 4), .entry = 4000 + i, .dose_list = doses, .dose_n = i % 9, .last = i % 2 ? &doses[1] : NULL, .last_not = i % 3 ? NULL : &doses[0]};
		items[i] = (struct paper_item){.when = SLICE("2026-11-22T07:30"), .what = name, .detail = SLICE("[3.5-5.1] a comment of the laboratory that goes on for a while, as they do, and then some more"), .by = SLICE("Sean Petrov"), .flag = i % 2 ? SLICE("HH") : SLICE("N"), .was = i % 3 ? SLICE_NULL : SLICE("4.9 mmol/L"),
			.entry = 10000000 + i, .origin = (enum paper_origin)(i % 4), .incomplete = i % 8 == 0};
		values[i] = (struct paper_value){.when = SLICE("2026-11-22T07:30"), .text = SLICE("13.1"), .flag = i % 3 ? SLICE_NULL : SLICE("L"), .number = 13.1 - (double)i / 10, .time = MADE - (int64_t)i * 3600 * TIME_SEC, .was = i % 5 ? SLICE_NULL : SLICE("11.0"), .preliminary = i == 0};
		series[i] = (struct paper_series){.name = name, .unit = SLICE("10*3/uL"), .range = SLICE("12.0-16.0"), .low = i % 2 ? 12 : NAN, .high = i % 3 ? 16 : NAN, .value = values, .n = i};
		beds[i] = (struct paper_bed){.room = SLICE("1204 bis"), .bed = SLICE("A"), .family = persons[i % 5]->family, .given = persons[i % 5]->given, .birth = SLICE("1957-03-12"), .sex = SLICE("female"), .number = persons[i % 5]->number, .alerts = persons[i % 5]->allergies, .allergies_said = persons[i % 5]->allergies_said,
			.lookalike = i % 3 == 0, .is_protected = i % 7 == 0};
	}
	return 0;
}

static struct paper_sheet sheet_of(enum paper_kind k, const struct paper_person *w, size_t n, struct paper_section section[4])
{
	for (int i = 0; i < 4; i++)
		section[i] = (struct paper_section){.topic = (enum paper_topic)i, .said = n && i != 1 ? PAPER_LISTED : i == 2 ? PAPER_STATED_NONE : PAPER_NOT_RECEIVED, .source = sources, .source_n = n ? 2 : 0, .item = items, .n = k == PAPER_SUMMARY || k == PAPER_ORDERS ? (i == 1 ? 0 : n) : 0, .more = n, .incomplete = i == 3};
	return (struct paper_sheet){.kind = k, .who = w, .unit = SLICE("ICU"), .section = section, .section_n = 4, .order = orders, .order_n = n, .series = series, .series_n = n, .bed = beds, .bed_n = n, .withheld = 2};
}

static double text_width(struct paper_book *b, const struct op *o)
{
	return font_plain(b->font, o->bold, o->text) ? font_width(b->font, o->bold, o->text) * (double)o->size : 0; /* pango was told how wide */
}

/* The page without head and foot, which are drawn around it: bare sheets use all of it. */
static void check_page(struct paper_book *b, const struct leaf *l, const struct page *g)
{
	double w = b->run.us ? 215.9 : 210, h = b->run.us ? 279.4 : 297, s = b->scale;
	if (g->wide) {
		double swap = w;
		w = h;
		h = swap;
	}
	double foot = l->bare ? h : h - 7.5 - 10.2 * s;
	for (const struct op *o = g->first; o; o = o->next) {
		double right = (double)o->x, bottom = (double)o->y;
		if (o->kind == OP_TEXT)
			right += text_width(b, o);
		else if (o->kind == OP_LINE)
			right = fmax((double)o->x, (double)o->w), bottom = fmax((double)o->y, (double)o->h);
		else if (o->kind != OP_PANGO && o->kind != OP_DISC && o->kind != OP_NUMBER)
			right += (double)o->w, bottom += (double)o->h;
		if ((double)o->x < 0 || (double)o->y < 0 || right > w - (l->bare ? 0 : 10.5) || bottom > foot + 1)
			fail_msg("kind %s, %s%s%s: op %d at %.1f,%.1f reaches to %.1f,%.1f of %.1f,%.1f: '%.*s'", paper_kind_name(l->kind), b->run.lang, b->run.us ? " us" : "", b->run.large ? " large" : "", o->kind, (double)o->x, (double)o->y, right, bottom, w, foot, SLICE_FMT(o->text));
	}
}

static void check_book(struct paper_book *b)
{
	for (size_t i = 0; i < b->n; i++) {
		unsigned n = 0;
		for (const struct page *g = b->index[i]->first; g; g = g->next, n++)
			check_page(b, b->index[i], g);
		assert_int_equal(n, b->index[i]->pages);
	}
}

static void all_stand_on_their_page(void **state)
{
	(void)state;
	static const char *const langs[] = {"en", "fr", "zh"};
	for (int v = 0; v < 12; v++) {
		struct paper_run o = run_of(langs[v % 3], v / 3 % 2, v / 6);
		struct paper_book *b;
		struct paper_section section[4];
		struct err e = {0};
		assert_int_equal(paper_book_new(&o, &b, &e), 0);
		for (int k = 0; k < PAPER_KINDS; k++)
			for (size_t w = 0; w < ARRAY_LEN(persons); w++)
				for (size_t n = 0; n <= MANY; n += MANY) {
					struct paper_sheet s = sheet_of((enum paper_kind)k, k == PAPER_CENSUS || (k >= PAPER_REGISTRATION && w == 4) ? NULL : persons[w], n, section);
					assert_int_equal(paper_book_add(b, &s, &e), 0);
				}
		check_book(b);
		paper_book_free(b);
	}
}

static bool says(const struct leaf *l, const char *words)
{
	for (const struct page *g = l->first; g; g = g->next)
		for (const struct op *o = g->first; o; o = o->next)
			if (o->text.n && memmem(o->text.p, o->text.n, words, strlen(words)))
				return true;
	return false;
}

static void unknown_is_not_none(void **state)
{
	(void)state;
	struct paper_run o = run_of("en", false, false);
	struct paper_book *b;
	struct err e = {0};
	struct paper_section section[4];
	struct paper_sheet s = sheet_of(PAPER_SUMMARY, &short_name, MANY, section), none = {.kind = PAPER_MAR, .who = &short_name};
	assert_int_equal(paper_book_new(&o, &b, &e), 0);
	assert_int_equal(paper_book_add(b, &s, &e), 0);
	assert_int_equal(paper_book_add(b, &none, &e), 0);
	assert_true(says(b->index[0], "NOT RECEIVED"));
	assert_true(says(b->index[0], "STALE: PHARM@EAST silent since 21 Nov"));
	assert_true(says(b->index[0], "38 h 00 min"));
	assert_true(says(b->index[0], "corrected; was 4.9 mmol/L"));
	assert_true(says(b->index[0], "CRITICAL HIGH"));
	assert_true(says(b->index[0], "and 60 more"));
	assert_true(says(b->index[0], "(continued)"));
	assert_false(says(b->index[0], "STATED NONE"));
	assert_true(says(b->index[1], "New orders")); /* nothing known: still room to write */
	paper_book_free(b);
}

static void every_drug_is_on_the_mar(void **state)
{
	(void)state;
	struct paper_run o = run_of("en", false, false);
	struct paper_book *b;
	struct err e = {0};
	struct paper_section section[4];
	assert_int_equal(paper_book_new(&o, &b, &e), 0);
	struct paper_sheet s = sheet_of(PAPER_MAR, &long_name, MANY, section);
	assert_int_equal(paper_book_add(b, &s, &e), 0);
	for (unsigned i = 0; i < MANY; i++) {
		char entry[32];
		snprintf(entry, sizeof entry, "#%u ", 4000 + i);
		char end[32];
		snprintf(end, sizeof end, "#%u", 4000 + i);
		assert_true(says(b->index[0], entry) || says(b->index[0], end));
	}
	assert_true(says(b->index[0], "LAST GIVEN 22 Nov 18:00"));
	assert_true(says(b->index[0], "STOPPED") && says(b->index[0], "ON HOLD") && says(b->index[0], "NOT ORDERED") && says(b->index[0], "NO ORDER HERE"));
	assert_true(says(b->index[0], "Patient refused"));
	paper_book_free(b);
}

static void print(const char *lang, struct buf *out)
{
	struct paper_run o = run_of(lang, false, false);
	struct paper_book *b;
	struct err e = {0};
	struct paper_section section[4];
	assert_int_equal(paper_book_new(&o, &b, &e), 0);
	for (int k = 0; k < PAPER_KINDS; k++) {
		struct paper_sheet s = sheet_of((enum paper_kind)k, persons[k % 5], k % 2 ? MANY : 0, section);
		assert_int_equal(paper_book_add(b, &s, &e), 0);
	}
	assert_int_equal(paper_book_pdf(b, "K7Q", 4711, out, &e), 0);
	paper_book_free(b);
}

static void same_bytes(void **state)
{
	(void)state;
	AUTO_BUF struct buf a = {0}, b = {0}, c = {0};
	buf_init(&a, 64 << 20);
	buf_init(&b, 64 << 20);
	buf_init(&c, 64 << 20);
	print("zh", &a);
	print("zh", &b);
	print("fr", &c);
	assert_true(buf_ok(&a) && a.n > 10000 && slice_starts(buf_slice(&a), "%PDF-"));
	assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
	assert_false(slice_eq(buf_slice(&a), buf_slice(&c)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_stand_on_their_page), cmocka_unit_test(unknown_is_not_none), cmocka_unit_test(every_drug_is_on_the_mar), cmocka_unit_test(same_bytes)};
	return cmocka_run_group_tests(tests, fill, NULL);
}
