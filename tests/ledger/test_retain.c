/* What entries of kind retention say: terms and quarters, rules, holds, what may be erased and what not, receipts; and a clock that ran ahead. */
#include "ledger/ledger_test.h"

static int take(struct ledger_retain *s, uint64_t seq, const char *body)
{
	struct err e = {0};
	return ledger_retain_take(s, seq, (int64_t)seq * TIME_SEC, slice_str(body), &e);
}

static int may(const struct ledger_retain *s, int64_t now, const char *body, struct err *e)
{
	return ledger_retain_may(s, now, slice_str(body), e);
}

static int64_t at(int y, int mo, int d)
{
	return time_from_civil(y, mo, d, 0, 0, 0);
}

static struct retain_keep keep(const char *s)
{
	struct retain_keep k;
	OK(ledger_keep_parse(slice_str(s), &k, e));
	return k;
}

static void terms(void **state)
{
	static const char *const bad[] = {"", "y", "10", "10w", "-1y", "0y", "201y", "1.5y", "10 y", "9999999999999999999y", "Forever", "1yy"};
	struct retain_keep k;
	uint32_t q;
	char out[16];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		FAILS(ledger_keep_parse(slice_str(bad[i]), &k, e), ERR_USAGE, "10y");
	ledger_keep_format(keep("8q"), out);
	assert_string_equal(out, "8q");
	ledger_keep_format(keep("forever"), out);
	assert_string_equal(out, "forever");
	assert_int_equal(ledger_quarter_of(at(2024, 3, 31) + 86399 * TIME_SEC), 20241);
	assert_int_equal(ledger_quarter_of(at(2024, 4, 1)), 20242);
	assert_int_equal(ledger_quarter_end(20244), at(2025, 1, 1));
	assert_int_equal(ledger_quarter_end(20241), at(2024, 4, 1));
	assert_int_equal(ledger_retain_due(20241, keep("10y")), at(2034, 4, 1));
	assert_int_equal(ledger_retain_due(20244, keep("1q")), at(2025, 4, 1));
	assert_int_equal(ledger_retain_due(20243, keep("5q")), at(2026, 1, 1));
	assert_int_equal(ledger_retain_due(20241, keep("10d")), at(2024, 4, 11));
	assert_int_equal(ledger_retain_due(20241, keep("forever")), INT64_MAX);
	assert_int_equal(ledger_retain_due(22001, keep("200y")), INT64_MAX); /* beyond what a time can be */
	ledger_quarter_format(20263, out);
	assert_string_equal(out, "2026Q3");
	OK(ledger_quarter_parse(SLICE("2026Q3"), &q));
	assert_int_equal(q, 20263);
	static const char *const no[] = {"2026Q5", "2026Q0", "2026q3", "26Q3", "2026Q33", "", "1969Q4", "x026Q1"};
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_int_equal(ledger_quarter_parse(slice_str(no[i]), &q), ERR_INPUT);
	FAILS(ledger_keep_enough(RETAIN_CARE, keep("3q"), e), ERR_USAGE, "at least 1y");
	FAILS(ledger_keep_enough(RETAIN_FILES, keep("30d"), e), ERR_USAGE, "at least 1q");
	OK(ledger_keep_enough(RETAIN_FILES, keep("1q"), e));
	OK(ledger_keep_enough(RETAIN_CARE, keep("forever"), e));
}

static void rules(void **state)
{
	struct ledger_retain s = {0};
	OK(take(&s, 1, "{\"v\":1,\"what\":\"rule\",\"class\":\"files\",\"keep\":\"2y\",\"who\":\"root\",\"reason\":\"\"}"));
	OK(take(&s, 2, "{\"what\":\"rule\",\"class\":\"files\",\"source\":\"pacs\",\"keep\":\"forever\"}"));
	assert_int_equal(ledger_retain_rule(&s, RETAIN_FILES, "")->keep.n, 2);
	assert_int_equal(ledger_retain_rule(&s, RETAIN_FILES, "pacs")->keep.unit, 0); /* its own word, and that is: for ever */
	assert_null(ledger_retain_rule(&s, RETAIN_FILES, "other"));
	assert_null(ledger_retain_rule(&s, RETAIN_CATALOGUE, ""));
	OK(take(&s, 3, "{\"what\":\"rule\",\"class\":\"files\",\"keep\":\"3y\"}"));
	assert_int_equal(s.rule_n, 2);
	assert_int_equal(ledger_retain_rule(&s, RETAIN_FILES, "")->seq, 3);
	OK(take(&s, 4, "{\"what\":\"rule\",\"class\":\"files\",\"keep\":\"forever\"}"));
	assert_null(ledger_retain_rule(&s, RETAIN_FILES, ""));
	static const char *const bad[] = {"", "[]", "{}", "{\"what\":\"rule\"}", "{\"what\":\"rule\",\"class\":\"all\",\"keep\":\"2y\"}", "{\"what\":\"rule\",\"class\":\"files\",\"keep\":\"2\"}",
	                                  "{\"what\":\"rule\",\"class\":\"care\",\"source\":\"x\",\"keep\":\"2y\"}", "{\"what\":\"rule\",\"class\":\"files\",\"source\":\"a/b\",\"keep\":\"2y\"}",
	                                  "{\"what\":\"erase\",\"class\":\"files\",\"quarter\":\"2024Q1\"}", "{\"what\":\"erase\",\"class\":\"files\",\"keys\":[]}", "{\"what\":\"erase\",\"class\":\"files\",\"quarter\":\"2024Q1\",\"keys\":[{}]}",
	                                  "{\"what\":\"receipt\",\"erasure\":9,\"copy\":\"here\"}", "{\"what\":\"lift\",\"hold\":99}", "{\"what\":\"burn\"}", "{\"what\":\"hold\",\"quarter\":\"soon\"}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(take(&s, 10 + i, bad[i]) < 0);
	assert_true(s.rule_n == 2 && s.hold_n == 0 && s.erasure_n == 0 && s.receipt_n == 0);
	ledger_retain_done(&s);
}

#define ERASE(class, quarter, sources) "{\"what\":\"erase\",\"class\":\"" class "\",\"quarter\":\"" quarter "\",\"keys\":[{\"name\":\"" class "-" quarter "\",\"sha256\":\"1111111111111111111111111111111111111111111111111111111111111111\"}],\"packs\":{\"count\":2,\"bytes\":30},\"sources\":[" sources "],\"who\":\"root\",\"reason\":\"its time is over\"}"

static void holds(void **state)
{
	struct ledger_retain s = {0};
	int64_t now = at(2026, 11, 1);
	FAILS(may(&s, now, "{\"what\":\"hold\",\"quarter\":\"2024Q1\"}", e), ERR_USAGE, "why");
	OK(may(&s, now, "{\"what\":\"hold\",\"quarter\":\"2024Q1\",\"reason\":\"case 12\"}", e));
	OK(take(&s, 5, "{\"what\":\"hold\",\"quarter\":\"2024Q1\",\"reason\":\"case 12\",\"who\":\"dpo\"}"));
	OK(take(&s, 6, "{\"what\":\"hold\",\"source\":\"pacs\",\"class\":\"files\",\"reason\":\"case 13\"}"));
	FAILS(may(&s, now, ERASE("files", "2024Q1", ""), e), ERR_DENIED, "h5");
	FAILS(may(&s, now, ERASE("catalogue", "2024Q1", ""), e), ERR_DENIED, "case 12");
	FAILS(may(&s, now, ERASE("files", "2023Q1", "\"lab\",\"pacs\""), e), ERR_DENIED, "h6");
	OK(may(&s, now, ERASE("files", "2023Q1", "\"lab\""), e));
	OK(may(&s, now, ERASE("catalogue", "2023Q1", "\"pacs\""), e));
	FAILS(may(&s, now, ERASE("files", "2026Q4", ""), e), ERR_DENIED, "never erased");
	FAILS(may(&s, now, ERASE("files", "2027Q1", ""), e), ERR_DENIED, "never erased");
	FAILS(may(&s, now, "{\"what\":\"lift\",\"hold\":5}", e), ERR_USAGE, "why");
	FAILS(may(&s, now, "{\"what\":\"lift\",\"hold\":7,\"reason\":\"x\"}", e), ERR_NOT_FOUND, "no such");
	OK(may(&s, now, "{\"what\":\"lift\",\"hold\":5,\"reason\":\"closed\"}", e));
	OK(take(&s, 8, "{\"what\":\"lift\",\"hold\":5,\"reason\":\"closed\"}"));
	FAILS(may(&s, now, "{\"what\":\"lift\",\"hold\":5,\"reason\":\"again\"}", e), ERR_NOT_FOUND, "before");
	OK(may(&s, now, ERASE("files", "2024Q1", ""), e));
	FAILS(may(&s, now, "{\"what\":\"rule\",\"class\":\"files\",\"keep\":\"1d\"}", e), ERR_USAGE, "at least");
	FAILS(may(&s, now, "{\"what\":\"burn\"}", e), ERR_INPUT, "");
	ledger_retain_done(&s);
}

static void erasures(void **state)
{
	struct ledger_retain s = {0};
	int64_t now = at(2026, 11, 1);
	FAILS(may(&s, now, "{\"what\":\"receipt\",\"erasure\":9,\"copy\":\"here\",\"done\":true}", e), ERR_NOT_FOUND, "");
	OK(take(&s, 9, ERASE("files", "2024Q1", "")));
	assert_int_equal(take(&s, 10, ERASE("files", "2024Q1", "")), ERR_EXISTS);
	FAILS(may(&s, now, ERASE("files", "2024Q1", ""), e), ERR_EXISTS, "already");
	const struct retain_erasure *x = ledger_retain_erased(&s, RETAIN_FILES, 20241);
	assert_non_null(x);
	assert_true(x->seq == 9 && x->key_n == 1 && x->packs == 2 && x->bytes == 30);
	assert_string_equal(x->key[0].name, "files-2024Q1");
	assert_null(ledger_retain_erased(&s, RETAIN_CATALOGUE, 20241));
	OK(may(&s, now, "{\"what\":\"receipt\",\"erasure\":9,\"copy\":\"far\",\"done\":false,\"pending\":3}", e));
	FAILS(may(&s, now, "{\"what\":\"receipt\",\"erasure\":9,\"done\":true}", e), ERR_INPUT, ""); /* of no copy: nobody could take it in */
	FAILS(may(&s, now, "{\"what\":\"receipt\",\"erasure\":9,\"copy\":\"far\",\"class\":\"all\"}", e), ERR_INPUT, "");
	OK(take(&s, 11, "{\"what\":\"receipt\",\"erasure\":9,\"copy\":\"far\",\"where\":\"s3://b\",\"done\":false,\"pending\":3,\"until\":\"2027-01-02T03:04:05Z\",\"why\":\"locked\"}"));
	assert_true(s.receipt_n == 1 && !s.receipt[0].done && s.receipt[0].pending == 3 && s.receipt[0].until == time_from_civil(2027, 1, 2, 3, 4, 5));
	OK(take(&s, 12, "{\"what\":\"receipt\",\"erasure\":9,\"copy\":\"far\",\"where\":\"s3://b\",\"done\":true,\"destroyed\":3}"));
	assert_true(s.receipt_n == 1 && s.receipt[0].done && s.receipt[0].seq == 12);
	ledger_retain_done(&s);
}

static int64_t ticking;
static int64_t fake(void)
{
	return ticking;
}

static void jumps(void **state)
{
	struct site s;
	struct ledger_options o = small();
	struct retain_jump j;
	o.clock = fake;
	site_new(&s);
	ticking = at(2020, 1, 1);
	struct ledger *l = open_with(&s, o);
	for (int i = 0; i < 900; i++, ticking += 86400 * TIME_SEC) {
		append(l, ledger_size(l));
		if (i % 50 == 49)
			OK(ledger_commit(l, e));
	}
	OK(ledger_commit(l, e));
	tick(l);
	OK(ledger_retain_last_jump(l, 3 * 86400 * TIME_SEC, &j, e));
	assert_int_equal(j.seq, 0);
	uint64_t first = ledger_size(l);
	int64_t before = ledger_last_time(l);
	ticking = at(2040, 1, 1); /* somebody set the clock */
	append(l, ledger_size(l));
	ticking = at(2024, 1, 1); /* and back: the ledger's time does not go back */
	append(l, ledger_size(l));
	OK(ledger_commit(l, e));
	OK(ledger_retain_last_jump(l, 366 * 86400 * TIME_SEC, &j, e));
	assert_int_equal(j.seq, first);
	assert_int_equal(j.from, before);
	assert_int_equal(j.to, at(2040, 1, 1));
	struct ledger_retain st = {0};
	uint64_t seq;
	OK(ledger_append(l, LEDGER_RETENTION, 0, "command/root", SLICE("{\"what\":\"hold\",\"class\":\"files\",\"reason\":\"x\"}"), false, &seq, NULL, e));
	OK(ledger_append(l, LEDGER_RETENTION, 0, "command/root", SLICE("{\"what\":\"of a later version\"}"), false, NULL, NULL, e));
	OK(ledger_commit(l, e));
	OK(ledger_retain_read(l, 0, &st, e));
	assert_true(st.hold_n == 1 && st.hold[0].seq == seq);
	ledger_retain_done(&st);
	ledger_free(l);
	site_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms), cmocka_unit_test(rules), cmocka_unit_test(holds), cmocka_unit_test(erasures), cmocka_unit_test(jumps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
