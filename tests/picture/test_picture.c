/* Pictures of a small registry: every kind in three languages, with what no picture may leave out: view, day, source, and the warnings that its lists call for. And the table of known cases: its days are those that it was taken from. */
#include "picture.h"
#include "picture_internal.h"
#include "sample.h"

#include <stdlib.h>

static int make(const struct sample *s, enum picture_kind k, const char *lang, int year, struct buf *svg)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct picture_ask ask = {.kind = k, .lang = lang, .width = 900, .q = question(year), .own = k == PICTURE_PLACE || k == PICTURE_TIMELINE || k == PICTURE_DISTRIBUTION ? &own : NULL};
	struct plot *p = NULL;
	struct err e = {0};
	int r = picture_make(&s->all, &ask, a, &p, &e);
	buf_reset(svg);
	if (r == 0)
		assert_int_equal(plot_svg(p, svg, &e), 0);
	plot_free(p);
	return r;
}

static bool says(struct buf *b, const char *what)
{
	return strstr(buf_cstr(b), what) != NULL;
}

static void every_kind(void **state)
{
	static const char *const langs[] = {"en", "fr", "zh"}, *const days[] = {"8 Oct 2024", "8 oct. 2024", "2024年10月8日"}, *const lists[] = {"Both lists", "Les deux listes", "两份列表"};
	AUTO_BUF struct buf b = {0};
	struct sample s;
	sample(&s, true);
	buf_init(&b, PLOT_BYTES_MAX);
	for (int k = 0; k < PICTURE_KINDS; k++)
		for (unsigned l = 0; l < 3; l++)
			for (int year = 0; year <= 2024; year += 2024) {
				int r = make(&s, (enum picture_kind)k, langs[l], year, &b);
				if (k == PICTURE_NOTICE || (k == PICTURE_DRIFT && !year)) {
					assert_int_equal(r, k == PICTURE_NOTICE ? ERR_NO : ERR_USAGE);
					continue;
				}
				assert_int_equal(r, 0);
				assert_false(says(&b, "{}"));
				if (k == PICTURE_TIMELINE)
					continue;
				assert_true(says(&b, days[l]));
				assert_true(says(&b, lists[l]));
				assert_true(says(&b, "45 CFR 164.408"));
			}
}

static void one_list_is_said(void **state)
{
	static const char *const langs[] = {"en", "fr", "zh"}, *const words[] = {"Only one of the portal’s two lists", "Une seule des deux listes", "两份列表中只有一份"}, *const which[] = {"The list of cases under investigation alone", "La seule liste des cas en cours", "仅“调查中”列表"};
	AUTO_BUF struct buf b = {0};
	struct sample s;
	buf_init(&b, PLOT_BYTES_MAX);
	for (unsigned archive = 0; archive < 2; archive++) {
		sample(&s, archive);
		for (unsigned l = 0; l < 3; l++) {
			assert_int_equal(make(&s, PICTURE_MAP, langs[l], 2024, &b), 0);
			assert_int_equal(says(&b, words[l]), !archive);
			assert_int_equal(says(&b, which[l]), !archive);
		}
	}
}

static void values_are_right(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct sample s;
	sample(&s, true);
	buf_init(&b, PLOT_BYTES_MAX);
	assert_int_equal(make(&s, PICTURE_TREND, "en", 0, &b), 0);
	assert_true(says(&b, "<title>2020: 12</title>")); /* 60 incidents over five years */
	assert_true(says(&b, "Hatched: 2024 up to the day of the list only."));
	assert_int_equal(make(&s, PICTURE_MAP, "en", 0, &b), 0);
	assert_true(says(&b, "<title>TX: 12</title>") && says(&b, "<title>WY: 0</title>") && says(&b, "not on the map: 12"));
	assert_int_equal(make(&s, PICTURE_TYPES, "en", 2022, &b), 0); /* i % 5 == 2: "Theft, Loss", each */
	assert_true(says(&b, "<title>Theft: 12 (100 %)</title>") && says(&b, "<title>Loss: 12 (100 %)</title>"));
	assert_int_equal(make(&s, PICTURE_TYPES, "en", 0, &b), 0); /* and once, apart, over the years */
	assert_true(says(&b, "More than one type: 2020 0; 2021 0; 2022 12; 2023 0."));
	assert_true(says(&b, "2024 is left out") && !says(&b, "A Type of 2031")); /* its incidents are all of that year */
	assert_int_equal(make(&s, PICTURE_LOCATIONS, "en", 0, &b), 0);
	assert_true(says(&b, "Network Server: 2020 8; "));
	assert_int_equal(make(&s, PICTURE_LARGEST, "en", 0, &b), 0);
	assert_true(says(&b, "2,160,000") && !says(&b, "<Söhne>"));
	assert_int_equal(make(&s, PICTURE_DISTRIBUTION, "en", 0, &b), 0);
	assert_true(says(&b, "6 of them are reported with 500 or 501 persons"));
	assert_int_equal(make(&s, PICTURE_PLACE, "en", 0, &b), 0);
	assert_true(says(&b, "case &amp; north: 45,357 persons") && says(&b, "Same state: TX"));
}

/* What the portal calls a category is in three languages; what it does not know yet stands as it is. */
static void words_are_whole(void **state)
{
	static const char *const words[][3] = {
#define X(id, en, fr, zh) {en, fr, zh},
#include "picture_words.h"
#undef X
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		int n[3] = {0};
		for (unsigned l = 0; l < 3; l++) {
			assert_true(words[i][l][0]);
			for (const char *at = words[i][l]; (at = strstr(at, "{}")); at += 2)
				n[l]++;
		}
		assert_true(n[0] == n[1] && n[0] == n[2] && n[0] <= 2);
	}
	assert_true(slice_eq_str(picture_category("zh", SLICE("Theft")), "盗窃"));
	assert_true(slice_eq_str(picture_category("fr", SLICE("A Type of 2031")), "A Type of 2031"));
	for (int k = 0; k < PICTURE_KINDS; k++)
		assert_int_equal(picture_kind_parse(slice_str(picture_kind_word((enum picture_kind)k))), k);
	assert_int_equal(picture_kind_parse(SLICE("pie")), -1);
}

static void cases_have_their_days(void **state)
{
	static const char *const steps[] = {"Independent Living Systems (4,226,508 persons, discovered 5 Jul 2022). 59: ", ". 196: review finished", ". 252: letters", "Ascension (5,599,699 persons, discovered 8 May 2024). 56: ", ". 225: review finished", "Change Healthcare (192,700,000 persons, discovered 21 Feb 2024). 21: ",
		". 120: ", ". 149: ", ". 246: 100 million", ". 328: review", ". 526: final", "HSE (113,000 persons, discovered 14 May 2021). 564: ", "Medibank (9,700,000 persons, discovered 13 Oct 2022). 25: "};
	AUTO_BUF struct buf b = {0};
	struct sample s;
	sample(&s, true);
	buf_init(&b, PLOT_BYTES_MAX);
	assert_int_equal(make(&s, PICTURE_TIMELINE, "en", 0, &b), 0);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (!says(&b, steps[i]))
			fail_msg("the table does not say: %s", steps[i]);
	assert_true(says(&b, "case &amp; north (45,357 persons, discovered 4 Oct 2024). 1: list of persons ready. 30: today: no letters yet."));
}

static void refusals(void **state)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	struct registry_all nothing = {0};
	struct plot *p = NULL;
	struct err e = {0};
	for (int k = 0; k < PICTURE_KINDS; k++) {
		struct picture_ask ask = {.kind = (enum picture_kind)k, .lang = "en", .width = 800, .q = question(2024), .own = k == PICTURE_PLACE ? &own : NULL};
		if (k == PICTURE_TIMELINE)
			continue;
		assert_int_equal(picture_make(&nothing, &ask, a, &p, &e), ERR_NO);
		assert_true(e.text[0]);
	}
	struct picture_ask ask = {.kind = PICTURE_PLACE, .lang = "en", .width = 800, .q = question(2024)};
	assert_int_equal(picture_make(&nothing, &ask, a, &p, &e), ERR_USAGE);
	assert_null(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind), cmocka_unit_test(one_list_is_said), cmocka_unit_test(values_are_right), cmocka_unit_test(words_are_whole), cmocka_unit_test(cases_have_their_days), cmocka_unit_test(refusals)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
