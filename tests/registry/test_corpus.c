/* The lists of the corpus (HOLDFAST_CORPUS/registry), and what is known of them: 537 reports of 2024 in October 2024, 585 never alone. Skipped where the corpus is not. */
#include "said.h"

static const char *corpus;

static void add_file(struct registry *r, const char *name, int32_t as_of, struct arena *a, uint8_t number)
{
	AUTO_BUF struct buf b = {0};
	char path[1024];
	struct registry_list l;
	struct registry_added x;
	struct err e = {0};
	snprintf(path, sizeof path, "%s/registry/%s", corpus, name);
	buf_init(&b, REGISTRY_FILE_MAX);
	assert_int_equal(file_read(-100, path, REGISTRY_FILE_MAX, &b, &e), 0);
	const struct registry_read_options o = {.file = name, .as_of = as_of, .today = day("2026-11-23")};
	struct slice text = arena_dup(a, buf_slice(&b));
	assert_int_equal(registry_read(text, &o, a, &l, &e), 0);
	assert_int_equal(l.unread, 0);
	assert_int_equal(l.turned, 0);
	static const char *const doubts[] = {"weekends", "digits", "evenly", "round", "regular", "numbered", "category", "under-500", "future", "swapped-dates"};
	for (size_t i = 0; l.source == REGISTRY_OCR && i < ARRAY_LEN(doubts); i++) /* real lists are not doubted */
		assert_false(warned(&l, doubts[i]));
	struct registry_origin from = {.file = slice_str(name), .entry = UINT64_MAX, .time = 1};
	from.sha256[0] = number;
	assert_int_equal(registry_add(r, &l, &from, a, &x, &e), 0);
	for (size_t i = 0; i < x.w_n; i++)
		fail_msg("%s: %.*s", name, SLICE_FMT(x.w[i].text));
}

static struct registry_figures figures(struct registry *r, struct arena *a, struct registry_question q)
{
	struct registry_all all;
	struct registry_figures f;
	struct err e = {0};
	q.from = q.to = REGISTRY_NO_DAY;
	assert_int_equal(registry_load(r, a, &all, &e), 0);
	assert_int_equal(registry_figures(&all, &q, 20, a, &f, &e), 0);
	return f;
}

static void lists(void **state)
{
	struct registry *r;
	struct registry_all all;
	struct registry_diff d;
	struct err e = {0};
	if (!corpus)
		skip();
	struct arena *a = arena_new((size_t)1 << 30);
	assert_int_equal(registry_open(":memory:", REGISTRY_WRITE, &r, &e), 0);
	add_file(r, "ocr_ui_2024-10.csv", REGISTRY_NO_DAY, a, 1);
	add_file(r, "ocr_archive_2024-10.csv", REGISTRY_NO_DAY, a, 2);
	const struct registry_question october = {.view = REGISTRY_FULL, .as_of = day("2024-10-31"), .year = 2024};
	struct registry_figures f = figures(r, a, october);
	assert_int_equal(f.incidents, 537);
	assert_int_equal(f.persons, 64278035);
	assert_int_equal(f.placeholders, 53);
	assert_int_equal(f.basis.carried + f.basis.removed, 0);
	const struct registry_question under = {.view = REGISTRY_UNDER_INVESTIGATION, .as_of = day("2024-10-31"), .year = 2024};
	assert_int_equal(figures(r, a, under).incidents, 470);
	const struct registry_question every = {.view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY};
	assert_int_equal(figures(r, a, every).incidents, 852 + 5590); /* rows of one key stay, in both lists together */
	add_file(r, "ocr_ui_2026-04.csv", REGISTRY_NO_DAY, a, 3);
	assert_int_equal(figures(r, a, october).incidents, 537); /* as it was known then */
	const struct registry_question later = {.view = REGISTRY_UNDER_INVESTIGATION, .as_of = REGISTRY_NO_DAY, .year = 2024};
	assert_int_equal(figures(r, a, later).incidents, 134);
	assert_int_equal(registry_load(r, a, &all, &e), 0);
	assert_int_equal(registry_diff(&all, REGISTRY_OCR, 0, day("2024-10-31"), day("2026-04-30"), 0, a, &d, &e), 0);
	assert_int_equal(d.added_n + d.same + d.changed_n, 702);
	assert_int_equal(d.removed_n + d.same + d.changed_n, 852);
	assert_int_equal(d.changed_n, 11);
	is(d.changed[0].name, "Change Healthcare, Inc.");
	assert_int_equal(d.changed[0].before, 500);
	assert_int_equal(d.changed[0].after, 192700000);
	add_file(r, "wa_ag_2023-12.csv", REGISTRY_NO_DAY, a, 4);
	const struct registry_question health = {.source = REGISTRY_WA_AG, .view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .entity_type = SLICE("Health")};
	f = figures(r, a, health);
	assert_int_equal(f.notice_n, 156);
	assert_int_equal(f.notice_median, 60);
	assert_int_equal(f.notice_within_60, 79);
	registry_close(r);
	arena_free(a);
}

int main(void)
{
	corpus = getenv("HOLDFAST_CORPUS");
	if (!corpus) {
		printf("skipped: HOLDFAST_CORPUS is not set\n");
		return 77;
	}
	const struct CMUnitTest tests[] = {cmocka_unit_test(lists)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
