/* Groups, facts and values in memory: order, repetition, composites, limits, full arenas. */
#include "facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct fact_ident ident(const char *v, const char *a, const char *t)
{
	return (struct fact_ident){slice_str(v), slice_str(a), slice_str(t)};
}

static bool is(struct slice s, const char *want)
{
	return slice_eq_str(s, want);
}

static void names(void **state)
{
	assert_string_equal(fact_kind_name(FACT_PATIENT), "patient");
	assert_string_equal(fact_kind_name(FACT_GENERIC), "generic");
	assert_string_equal(fact_kind_name(0), "unknown");
	assert_string_equal(fact_kind_name(255), "unknown");
	assert_string_equal(fact_field_name(FF_PAYER), "payer");
	assert_string_equal(fact_field_name(0), "unknown");
	assert_string_equal(fact_field_name(255), "unknown");
	for (unsigned i = 1; i < FACT_KIND_COUNT; i++)
		assert_string_not_equal(fact_kind_name((uint8_t)i), "unknown");
	for (unsigned i = 1; i < FF_COUNT; i++)
		assert_string_not_equal(fact_field_name((uint8_t)i), "unknown");
}

static void values_keep_their_order(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct facts f;
	facts_init(&f, a);
	struct fact *t = facts_add(&f, facts_group(&f, ident("1", "H", "MR")), FACT_PATIENT);
	facts_put_str(&f, t, FF_NAME, "first");
	facts_put_str(&f, t, FF_SEX, "female");
	facts_put_str(&f, t, FF_NAME, "second");
	facts_put_str(&f, t, FF_NAME, "");
	facts_put(&f, t, FF_BIRTH, SLICE(FACT_NULL));
	assert_int_equal(t->count, 4);
	assert_int_equal(fact_count(t, FF_NAME), 2);
	assert_true(is(fact_get(t, FF_NAME), "first"));
	assert_true(is(fact_nth(t, FF_NAME, 1), "second"));
	assert_null(fact_nth(t, FF_NAME, 2).p);
	assert_null(fact_get(t, FF_ADDRESS).p);
	assert_true(fact_is_null(fact_get(t, FF_BIRTH)));
	assert_false(fact_is_null(fact_get(t, FF_SEX)));
	assert_false(fact_is_null(SLICE_NULL));
}

static void composites(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct facts f;
	facts_init(&f, a);
	struct fact *t = facts_add(&f, facts_group(&f, ident("1", "", "")), FACT_RESULT);
	struct slice parts[7] = {SLICE("8867-4"), SLICE("Heart rate"), SLICE("LN"), SLICE_NULL, SLICE_NULL, SLICE_NULL, SLICE_NULL};
	facts_put_parts(&f, t, FF_CODE, parts, 7);
	assert_true(is(fact_get(t, FF_CODE), "8867-4\x1fHeart rate\x1fLN"));
	assert_true(is(fact_part(fact_get(t, FF_CODE), FC_SYSTEM), "LN"));
	assert_null(fact_part(fact_get(t, FF_CODE), FC_TEXT).p);
	assert_null(fact_part(SLICE_NULL, 0).p);
	assert_null(fact_part(SLICE(FACT_NULL), 0).p);

	struct slice text_only[7] = {[FC_TEXT] = SLICE("penicillin")};
	facts_put_parts(&f, t, FF_VALUE_CODE, text_only, 7);
	assert_true(is(fact_part(fact_get(t, FF_VALUE_CODE), FC_TEXT), "penicillin"));
	assert_null(fact_part(fact_get(t, FF_VALUE_CODE), FC_CODE).p);

	/* nothing in any part: nothing stored */
	facts_put_parts(&f, t, FF_UNIT, &parts[3], 4);
	assert_int_equal(fact_count(t, FF_UNIT), 0);

	/* one part alone is not copied; a separator inside a part cannot make another part */
	struct slice one = SLICE("mmol/L");
	facts_put_parts(&f, t, FF_UNIT, &one, 1);
	assert_ptr_equal(fact_get(t, FF_UNIT).p, one.p);
	struct slice forged[2] = {SLICE("a\x1f" "b"), SLICE("c")};
	facts_put_parts(&f, t, FF_METHOD, forged, 2);
	assert_true(is(fact_get(t, FF_METHOD), "a b\x1f" "c"));
	facts_put_parts(&f, t, FF_ROUTE, forged, 1);
	assert_true(is(fact_get(t, FF_ROUTE), "a b"));
}

static void groups_by_identifier(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(8 << 20);
	struct facts f;
	facts_init(&f, a);
	struct fact_group *g = facts_group(&f, ident("1", "H", "MR"));
	assert_ptr_equal(facts_group(&f, ident("1", "H", "PI")), g); /* the type says how much an id is worth, not which it is */
	assert_ptr_not_equal(facts_group(&f, ident("1", "K", "MR")), g);
	assert_ptr_not_equal(facts_group(&f, ident("1H", "", "MR")), g);
	struct fact_group *none = facts_group(&f, ident("", "", ""));
	assert_ptr_equal(facts_group(&f, ident("", "ignored", "")), none);
	assert_int_equal(none->id.assigner.n, 0);

	/* thousands of patients in one body: found again, in order, and fast enough for any bundle */
	enum { N = 20000 };
	static char ids[N][8];
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < N; i++) {
			snprintf(ids[i], sizeof ids[i], "p%d", i);
			assert_non_null(facts_group(&f, ident(ids[i], "H", "MR")));
		}
	assert_int_equal(f.groups, N + 4);
	assert_ptr_equal(facts_group(&f, ident("1", "H", "MR")), g);
	int n = 0;
	for (struct fact_group *at = f.first->next->next->next->next; at; at = at->next, n++)
		assert_true(is(at->id.value, ids[n]));
	assert_int_equal(n, N);
	assert_false(f.failed);
}

static void other_identifiers(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct facts f;
	facts_init(&f, a);
	struct fact_group *g = facts_group(&f, ident("1", "H", "MR"));
	facts_also(&f, g, ident("1", "H", "MR"));
	facts_also(&f, g, ident("", "H", "MR"));
	assert_int_equal(g->also_count, 0);
	static char ids[FACT_IDENTS_MAX + 3][8];
	for (int i = 0; i < FACT_IDENTS_MAX + 3; i++) {
		snprintf(ids[i], sizeof ids[i], "%d", 100 + i);
		facts_also(&f, g, ident(ids[i], "H", "SS"));
		facts_also(&f, g, ident(ids[0], "H", "SS"));
	}
	assert_int_equal(g->also_count, FACT_IDENTS_MAX);
	assert_int_equal(f.problems, 3);
	for (int i = 0; i < FACT_IDENTS_MAX; i++)
		assert_true(is(g->also[i].value, ids[i]));
}

static void many_values(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(64 << 20);
	struct facts f;
	facts_init(&f, a);
	struct fact *t = facts_add(&f, facts_group(&f, ident("1", "", "")), FACT_RESULT);
	for (int i = 0; i < 70000; i++)
		facts_put_str(&f, t, FF_VALUE, i & 1 ? "odd" : "even");
	assert_int_equal(t->count, UINT16_MAX);
	assert_int_equal(f.problems, 70000 - UINT16_MAX);
	assert_true(is(fact_nth(t, FF_VALUE, 65533), "odd"));
	assert_false(f.failed);
}

/* Whatever allocation fails: failed is set, nothing is torn, and everything goes on taking NULL. */
static void full_arena(void **state)
{
	for (size_t limit = 0; limit < 6000; limit += 16) {
		AUTO_ARENA struct arena *a = arena_new(limit);
		struct facts f;
		facts_init(&f, a);
		struct slice parts[2] = {SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaa"), SLICE("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")};
		struct fact_group *g = facts_group(&f, ident("1", "H", "MR"));
		facts_also(&f, g, ident("2", "H", "MR"));
		struct fact *t = facts_add(&f, g, FACT_PATIENT);
		for (int i = 0; i < 40; i++) {
			facts_put_parts(&f, t, FF_NAME, parts, 2);
			facts_put(&f, t, FF_TEXT, facts_text(&f, SLICE("x\x01")));
		}
		unsigned values = 0;
		for (struct fact *at = f.first ? f.first->first : NULL; at; at = at->next)
			values += at->count;
		assert_true(f.failed || values == 80);
	}
}

static struct slice text(struct facts *f, struct slice s)
{
	return facts_text(f, s);
}

static void safe_text(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct facts f;
	facts_init(&f, a);
	struct slice clean = SLICE("J\xc3\xbcrgen\tGro\xc3\x9f\nzeile und noch mehr Text, der sauber ist \xe4\xb8\xad\xe6\x96\x87");
	assert_ptr_equal(text(&f, clean).p, clean.p);
	assert_true(is(text(&f, SLICE("a\x1f" "b\x18\x1d" "c\x7f" "d\x1b[31me")), "abcd[31me"));
	assert_true(is(text(&f, SLICE("one\r\ntwo\rthree\n\r")), "one\ntwo\nthree\n\n"));
	assert_null(text(&f, SLICE(FACT_NULL)).p);
	assert_int_equal(text(&f, SLICE_NULL).n, 0);
	/* every position in a word and every byte: dropped if and only if it is a control */
	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < 20; at++) {
			uint8_t b[20];
			memset(b, 'x', sizeof b);
			b[at] = (uint8_t)c;
			struct slice s = text(&f, slice_of(b, sizeof b));
			bool dropped = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
			assert_int_equal(s.n, dropped ? sizeof b - 1 : sizeof b);
			if (c == '\r')
				assert_int_equal(s.p[at], '\n');
			arena_reset(a);
		}
}

static void dump(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf out = {0};
	buf_init(&out, 1 << 20);
	struct facts f;
	facts_init(&f, a);
	f.type = SLICE("ADT^A08");
	f.test = true;
	struct fact_group *g = facts_group(&f, ident("1", "H", "MR"));
	facts_also(&f, g, ident("9", "", "SS"));
	struct fact *t = facts_add(&f, g, FACT_PATIENT);
	facts_put_str(&f, t, FF_NAME, "Doe\x1fJohn");
	facts_put_str(&f, t, FF_TEXT, "a^b \"c\" \\ d\ne");
	facts_put_str(&f, t, FF_BIRTH, FACT_NULL);
	facts_dump(&f, &out);
	assert_string_equal(buf_cstr(&out), "message type=ADT\\^A08 test\ngroup 1^H^MR also=9^^SS\npatient name=Doe^John text=a\\^b \\\"c\\\" \\\\ d\\ne birth=\"\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(values_keep_their_order),
		cmocka_unit_test(composites),
		cmocka_unit_test(groups_by_identifier),
		cmocka_unit_test(other_identifiers),
		cmocka_unit_test(many_values),
		cmocka_unit_test(full_arena),
		cmocka_unit_test(safe_text),
		cmocka_unit_test(dump),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
