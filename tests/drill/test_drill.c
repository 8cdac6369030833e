/* A drill's checks, written and read again, in every language, and on one page. */
#include "drill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct drill d;

static void some(void)
{
	d = (struct drill){.begun = INT64_C(1795392000) * TIME_SEC, .seconds = 12.345, .units = 2, .site = "St. Gabriel", .by = "ada"};
	memcpy(d.unit[0], "ICU", 4);
	memcpy(d.unit[1], "3W", 3);
	drill_set(&d, DRILL_FEEDS, DRILL_FAIL, DRILL_WHY_FEEDS_SILENT, "LAB@GAB", 1, 3);
	drill_value(&d, DRILL_FEEDS, 7260, 900);
	d.check[DRILL_FEEDS].entry = 4711;
	drill_set(&d, DRILL_BALANCE, DRILL_PASS, DRILL_WHY_BALANCE_ZERO, NULL, 14, 14);
	drill_value(&d, DRILL_BALANCE, 0, 0);
	drill_set(&d, DRILL_SHARES, DRILL_WARN, DRILL_WHY_SHARES_SOME, NULL, 1, 3);
	d.check[DRILL_SHARES].limit = 180 * 86400.0;
	d.check[DRILL_SHARES].has_limit = true;
}

static void what_was_not_done_did_not_pass(void **state)
{
	struct drill empty = {.begun = 1};
	unsigned c[4];
	(void)state;
	drill_counts(&empty, c);
	assert_int_equal(c[DRILL_PASS], 0);
	assert_int_equal(c[DRILL_NOT_DONE], DRILL_CHECK_COUNT);
	some();
	drill_counts(&d, c);
	assert_int_equal(c[DRILL_PASS], 1);
	assert_int_equal(c[DRILL_FAIL], 1);
	assert_int_equal(c[DRILL_WARN], 1);
	assert_int_equal(c[DRILL_NOT_DONE], DRILL_CHECK_COUNT - 3);
}

static void sentence(const char *lang, enum drill_check_name n, const char *want)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	drill_sentence(lang, &d.check[n], &b);
	assert_string_equal(buf_cstr(&b), want);
}

static void sentences(void **state)
{
	(void)state;
	some();
	sentence("en", DRILL_FEEDS, "1 of 3 feeds are silent for longer than their rhythm; LAB@GAB since 2 h");
	sentence("fr", DRILL_FEEDS, "1 flux sur 3 sont muets au-delà de leur rythme ; LAB@GAB depuis 2 h");
	sentence("zh", DRILL_FEEDS, "3 个接口中有 1 个超出自身节律保持沉默；LAB@GAB 已 2 小时");
	sentence("en", DRILL_SHARES, "1 of 3 shares were tested within 180 days");
	sentence("en", DRILL_REBUILD, "not tried: something before it failed");
}

/* Every sentence is there in every language, with places that exist (drill_sentence asserts it), and all of them differ. */
static void every_word(void **state)
{
	static const char *const langs[] = {"en", "fr", "zh"};
	(void)state;
	some();
	for (int why = 0; why < DRILL_WHY_COUNT; why++) {
		char said[3][1200];
		for (size_t l = 0; l < 3; l++) {
			AUTO_BUF struct buf b = {0};
			buf_init(&b, 4096);
			d.check[0].why = (enum drill_why)why;
			drill_sentence(langs[l], &d.check[0], &b);
			assert_true(why == DRILL_WHY_FAILED || b.n > 4);
			assert_true(utf8_valid(buf_slice(&b)));
			assert_null(memchr(buf_cstr(&b), '{', b.n));
			snprintf(said[l], sizeof said[l], "%s", buf_cstr(&b));
		}
		if (why != DRILL_WHY_FAILED) {
			assert_string_not_equal(said[0], said[1]);
			assert_string_not_equal(said[0], said[2]);
		}
	}
	for (int n = 0; n < DRILL_CHECK_COUNT; n++)
		for (size_t l = 0; l < 3; l++)
			assert_true(strlen(drill_title(langs[l], (enum drill_check_name)n)) > 2);
}

static void written_and_read(void **state)
{
	AUTO_BUF struct buf a = {0};
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	static struct drill again;
	(void)state;
	some();
	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &a);
	drill_put(&d, &w);
	assert_true(buf_ok(&a));
	assert_non_null(strstr(buf_cstr(&a), "\"score\":1,\"of\":17,"));
	assert_non_null(strstr(buf_cstr(&a), "\"name\":\"feeds\",\"result\":\"fail\",\"value\":7260,\"limit\":900,\"unit\":\"s\",\"entry\":4711,"));
	assert_int_equal(drill_read(buf_slice(&a), &again, &e), 0);
	jsonw_init(&w, &b);
	drill_put(&again, &w);
	assert_string_equal(buf_cstr(&a), buf_cstr(&b));
}

static void not_a_drill(void **state)
{
	static const char *const texts[] = {"", "{", "[]", "{}", "{\"what\":\"drill\"}", "{\"what\":\"drill\",\"time\":\"2026-11-23T00:00:00Z\",\"checks\":{}}", "{\"what\":\"share-tested\",\"index\":1}"};
	static struct drill got;
	struct err e = {0};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_true(drill_read(slice_str(texts[i]), &got, &e) < 0);
	/* checks and results of another version are left out */
	assert_int_equal(drill_read(SLICE("{\"what\":\"drill\",\"time\":\"2026-11-23T00:00:00Z\",\"checks\":[{\"name\":\"tea\",\"result\":\"pass\",\"code\":\"1\"},{\"name\":\"paper\",\"result\":\"splendid\",\"code\":1},7]}"), &got, &e), 0);
	assert_int_equal(got.check[DRILL_PAPER].result, DRILL_NOT_DONE);
}

/* A bad day, with the longest sentence of most. */
static void one_page(void **state)
{
	static const struct {
		enum drill_result result;
		enum drill_why why;
	} day[DRILL_CHECK_COUNT] = {[DRILL_COPY] = {DRILL_WARN, DRILL_WHY_COPY_DIFFERS}, [DRILL_CUT_OFF] = {DRILL_PASS, DRILL_WHY_CUT_KERNEL}, [DRILL_PACKET_OPENED] = {DRILL_PASS, DRILL_WHY_OPENED}, [DRILL_FIRST_CHART] = {DRILL_PASS, DRILL_WHY_FIRST},
		[DRILL_WORDS] = {DRILL_FAIL, DRILL_WHY_WORDS_WRONG}, [DRILL_PAPER] = {DRILL_PASS, DRILL_WHY_PRINTED}, [DRILL_CAPTURES] = {DRILL_PASS, DRILL_WHY_CAPTURED}, [DRILL_BALANCE] = {DRILL_FAIL, DRILL_WHY_BALANCE_OPEN},
		[DRILL_RESTORE] = {DRILL_WARN, DRILL_WHY_RESTORE_LAST}, [DRILL_REBUILD] = {DRILL_NOT_DONE, DRILL_WHY_REBUILD_NOT}, [DRILL_FEEDS] = {DRILL_FAIL, DRILL_WHY_FEEDS_SILENT}, [DRILL_PACKETS] = {DRILL_FAIL, DRILL_WHY_PACKETS_MISSING},
		[DRILL_REPLICAS] = {DRILL_WARN, DRILL_WHY_REPLICA_FAR}, [DRILL_SHARES] = {DRILL_WARN, DRILL_WHY_SHARES_SOME}, [DRILL_FORMS] = {DRILL_FAIL, DRILL_WHY_FORMS_MISSING}, [DRILL_CONTACTS] = {DRILL_FAIL, DRILL_WHY_CONTACTS_NONE},
		[DRILL_NUMBERS] = {DRILL_FAIL, DRILL_WHY_NUMBERS_MISSING}};
	(void)state;
	for (int l = 0; l < 3; l++) {
		const struct drill_page p = {.lang = (const char *const[]){"en", "fr", "zh"}[l], .us = l == 1};
		AUTO_BUF struct buf pdf = {0};
		AUTO_BUF struct buf text = {0};
		struct err e = {0};
		unsigned pages = 0;
		some();
		for (int n = 0; n < DRILL_CHECK_COUNT; n++)
			drill_set(&d, (enum drill_check_name)n, day[n].result, day[n].why, "LAB@GAB", 12, 40);
		buf_init(&pdf, 64 << 20);
		buf_init(&text, 1 << 20);
		assert_int_equal(drill_pdf(&d, &p, &pdf, &pages, &e), 0);
		assert_int_equal(pages, 1);
		drill_text(&d, &p, &text);
		assert_true(text.n > 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_not_done_did_not_pass), cmocka_unit_test(sentences), cmocka_unit_test(every_word), cmocka_unit_test(written_and_read), cmocka_unit_test(not_a_drill), cmocka_unit_test(one_page)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
