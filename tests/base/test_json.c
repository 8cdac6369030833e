/* The JSON reader and the tree. The cases are after RFC 8259 and the classes of the JSONTestSuite (accept, refuse). */
/* wrap: malloc */
#include "base_test.h"

void *__real_malloc(size_t n);
static int fail_at;

void *__wrap_malloc(size_t n)
{
	return fail_at && --fail_at == 0 ? NULL : __real_malloc(n);
}

static int setup(void **state)
{
	*state = arena_new(1 << 20);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static enum json_type last_of(struct json *j)
{
	for (;;) {
		enum json_type t = json_next(j);
		if (t == JSON_END || t == JSON_BAD)
			return t;
	}
}

static void test_tokens(void **state)
{
	struct json j;
	struct err e = {0};
	json_init(&j, SLICE(" {\"a\":[1.50,-0,1E+2],\n\t\"b\\n\":{},\"c\":[] , \"d\":\"x\\u00e9\",\"\":true,\"f\":false,\"g\":null}\r\n"), *state, &e);
	static const struct {
		enum json_type t;
		const char *value;
		int depth;
	} want[] = {
		{JSON_OBJ, NULL, 1}, {JSON_KEY, "a", 1}, {JSON_ARR, NULL, 2}, {JSON_NUM, "1.50", 2}, {JSON_NUM, "-0", 2}, {JSON_NUM, "1E+2", 2},
		{JSON_ARR_END, NULL, 1}, {JSON_KEY, "b\n", 1}, {JSON_OBJ, NULL, 2}, {JSON_OBJ_END, NULL, 1}, {JSON_KEY, "c", 1}, {JSON_ARR, NULL, 2},
		{JSON_ARR_END, NULL, 1}, {JSON_KEY, "d", 1}, {JSON_STR, "xé", 1}, {JSON_KEY, "", 1}, {JSON_TRUE, NULL, 1}, {JSON_KEY, "f", 1},
		{JSON_FALSE, NULL, 1}, {JSON_KEY, "g", 1}, {JSON_NULL, NULL, 1}, {JSON_OBJ_END, NULL, 0}, {JSON_END, NULL, 0}, {JSON_END, NULL, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_int_equal(json_next(&j), want[i].t);
		assert_int_equal(j.depth, want[i].depth);
		if (want[i].value) {
			assert_slice(j.value, want[i].value);
			assert_non_null(j.value.p);
		}
	}
	assert_int_equal(j.code, 0);
	assert_int_equal(e.code, 0);
}

static void test_accepts(void **state)
{
	static const char *const good[] = {
		"0", "-0", "-1.5e-10", "1E5", "1e+05", "20", "\"\"", "null", "true", "[]", "{}", "[[]]", "[{}]", " [ ] ", "\xef\xbb\xbf[]", "[1,2]",
		"{\"a\":1,\"a\":2}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\uD834\\udd1e\"", "\"\\uFFFF\"", "\"\x7f\"", "\"\xf4\x8f\xbf\xbf\"",
		"\"\xe2\x80\xa8\"", "123123e100000", "0.4e00669999999999999999999999999999999999999999999999999999999999999999999999999999999969999999006",
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct json j;
		struct err e = {0};
		json_init(&j, slice_str(good[i]), *state, &e);
		if (last_of(&j) != JSON_END)
			fail_msg("%s: %s: %s", good[i], e.place, e.text);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
	} bad[] = {
		{"", 0}, {" ", 1}, {"\xef\xbb\xbf", 3}, {"[1", 2}, {"[1,", 3}, {"[1,]", 3}, {"[,1]", 1}, {"[1 2]", 3}, {"[1:2]", 2}, {"]", 0}, {"}", 0},
		{"[}", 1}, {"{]", 1}, {"[]]", 2}, {"{}}", 2}, {"{", 1}, {"{\"a\"", 4}, {"{\"a\":", 5}, {"{\"a\":1", 6}, {"{\"a\":1,", 7}, {"{\"a\":1,}", 7},
		{"{\"a\" 1}", 5}, {"{a:1}", 1}, {"{1:1}", 1}, {"{'a':1}", 1}, {"{\"a\":}", 5}, {"{,}", 1}, {"{\"a\":1,,\"b\":2}", 7}, {"{\"a\",1}", 4},
		{"1 2", 2}, {"[] []", 3}, {"nul", 0}, {"nulll", 4}, {"True", 0}, {"NaN", 0}, {"Infinity", 0}, {"-Infinity", 0}, {"+1", 0}, {".5", 0}, {"5.", 0},
		{"5.e1", 0}, {"01", 0}, {"-01", 0}, {"-", 0}, {"1e", 0}, {"1e+", 0}, {"0x1", 1}, {"1a", 1}, {"1.2.3", 3}, {"--1", 0}, {"[1.]", 1}, {"2.e3", 0},
		{"\"", 0}, {"\"a", 0}, {"\"\\", 0}, {"\"\\\"", 0}, {"\"\\x\"", 1}, {"\"\\u12\"", 1}, {"\"\\u12g4\"", 1}, {"\"a\\ud800\"", 2},
		{"\"\\ud800x\"", 1}, {"\"\\ud800\\n\"", 1}, {"\"\\ud800\\ud800\"", 1}, {"\"\\udc00\"", 1}, {"\"\\udc00\\ud800\"", 1}, {"\"a\nb\"", 2},
		{"\"a\x1f" "b\"", 2}, {"\"a\\n\x01\"", 4}, {"\"\t\"", 1}, {"\"\\a\"", 1}, {"\"\\U0041\"", 1}, {"[\"a\",\n4\n,1,", 11}, {"\"\xff\"", 1},
		{"\"\xc0\xaf\"", 1}, {"\"\xed\xa0\x80\"", 1}, {"\"\xf4\x90\x80\x80\"", 1}, {"[1]\xe9", 3}, {"\f1", 0}, {"\xc2\xa0" "1", 0}, {"/*x*/1", 0},
		{"[1]//x", 3}, {"[\xef\xbb\xbf" "1]", 1}, {"'a'", 0}, {"\xef\xbb\xbf\xef\xbb\xbf" "1", 3}, {"\"12345678\x0b\"", 9}, {"\"1234567\x01" "8\"", 8},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct json j;
		struct err e = {0};
		char place[40];
		json_init(&j, slice_str(bad[i].text), *state, &e);
		enum json_type t = last_of(&j);
		snprintf(place, sizeof place, "offset %zu", bad[i].offset);
		if (t != JSON_BAD || e.code != ERR_INPUT || strcmp(e.place, place) || j.start != bad[i].offset)
			fail_msg("%s: %d at %s (wanted %s)", bad[i].text, t, e.place, place);
		assert_int_equal(json_next(&j), JSON_BAD);
		assert_int_equal(j.code, ERR_INPUT);
		json_init(&j, slice_str(bad[i].text), *state, NULL); /* the same without a listener */
		assert_int_equal(last_of(&j), JSON_BAD);
		assert_int_equal(j.code, ERR_INPUT);
	}
	struct json j;
	json_init(&j, slice_of("[1]\0", 4), *state, NULL);
	assert_int_equal(last_of(&j), JSON_BAD);
	json_init(&j, slice_of("\"a\0b\"", 5), *state, NULL);
	assert_int_equal(last_of(&j), JSON_BAD);
	json_init(&j, SLICE_NULL, *state, NULL);
	assert_int_equal(last_of(&j), JSON_BAD);
}

/* Every text cut off anywhere is refused, and read from memory that ends there (the sanitizer looks on). */
static void test_cut_anywhere(void **state)
{
	static const char text[] = "{\"a\":[1.5e3,\"x\\u00e9\\ud834\\udd1e y\",{\"b\":null}],\"cc\":true,\"d\":\"0123456789abcdef\"}";
	for (size_t n = 0; n < sizeof text - 1; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		assert_non_null(copy);
		memcpy(copy, text, n);
		struct json j;
		json_init(&j, slice_of(copy, n), *state, NULL);
		assert_int_equal(last_of(&j), JSON_BAD);
		free(copy);
	}
}

static void test_depth(void **state)
{
	char text[4 * JSON_DEPTH_MAX];
	for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		struct json j;
		struct err e = {0};
		json_init(&j, slice_of(text, 2 * depth), *state, &e);
		enum json_type t = last_of(&j);
		struct json_node *tree;
		int code = json_tree(slice_of(text, 2 * depth), *state, &tree, NULL);
		if (depth == JSON_DEPTH_MAX) {
			assert_int_equal(t, JSON_END);
			assert_int_equal(code, 0);
		} else {
			assert_int_equal(t, JSON_BAD);
			assert_int_equal(e.code, ERR_LIMIT);
			assert_string_equal(e.place, "offset 96");
			assert_int_equal(code, ERR_LIMIT);
		}
	}
}

static void test_strings_at_every_length(void **state)
{
	for (size_t n = 0; n < 40; n++)
		for (size_t at = 0; at <= n; at++) {
			char text[64] = "\"";
			size_t k = 1;
			for (size_t i = 0; i < n; i++) {
				if (i == at)
					text[k++] = '\\', text[k++] = 'n';
				text[k++] = 'x';
			}
			text[k++] = '"';
			struct json j;
			json_init(&j, slice_of(text, k), *state, NULL);
			assert_int_equal(json_next(&j), JSON_STR);
			assert_int_equal(j.value.n, n + (at < n));
			if (at < n) {
				assert_int_equal(j.value.p[at], '\n');
				assert_false(j.value.p >= (uint8_t *)text && j.value.p < (uint8_t *)text + sizeof text); /* from the arena */
			} else
				assert_ptr_equal(j.value.p, text + 1); /* not copied */
		}
}

static void test_surrogates_and_nul(void **state)
{
	struct json j;
	json_init(&j, SLICE("\"\\u0000\\uD834\\uDD1E\\u20AC\\u00fc\\uffff\""), *state, NULL);
	assert_int_equal(json_next(&j), JSON_STR);
	assert_true(slice_eq(j.value, slice_of("\0\xf0\x9d\x84\x9e\xe2\x82\xac\xc3\xbc\xef\xbf\xbf", 13)));
}

static void test_skip(void **state)
{
	struct json j;
	json_init(&j, SLICE("{\"a\":{\"b\":[1,[2],{}]},\"c\":[[[]]],\"d\":5,\"e\":\"x\"}"), *state, NULL);
	assert_int_equal(json_next(&j), JSON_OBJ);
	assert_int_equal(json_next(&j), JSON_KEY);
	assert_int_equal(json_skip(&j, JSON_KEY), 0);
	assert_int_equal(json_next(&j), JSON_KEY);
	assert_slice(j.value, "c");
	assert_int_equal(json_skip(&j, json_next(&j)), 0);
	assert_int_equal(json_next(&j), JSON_KEY);
	assert_slice(j.value, "d");
	assert_int_equal(json_skip(&j, json_next(&j)), 0);
	assert_int_equal(json_next(&j), JSON_KEY);
	assert_slice(j.value, "e");
	assert_int_equal(json_skip(&j, JSON_KEY), 0);
	assert_int_equal(json_next(&j), JSON_OBJ_END);
	assert_int_equal(json_next(&j), JSON_END);
	json_init(&j, SLICE("[1,{\"a\":tru}]"), *state, NULL);
	assert_int_equal(json_skip(&j, json_next(&j)), ERR_INPUT);
	json_init(&j, SLICE("x"), *state, NULL);
	assert_int_equal(json_skip(&j, json_next(&j)), ERR_INPUT);
}

static void test_arena_limits(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(8);
	struct json j;
	struct err e = {0};
	json_init(&j, SLICE("[1,\"0123456789\\n\"]"), a, &e);
	assert_int_equal(last_of(&j), JSON_BAD);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_string_equal(e.place, "offset 3");
	struct json_node *tree = NULL;
	assert_int_equal(json_tree(SLICE("[1]"), a, &tree, &e), ERR_LIMIT);
	assert_null(tree);
	AUTO_ARENA struct arena *big = arena_new(1 << 20);
	char many[2002] = "[1";
	for (size_t i = 2; i < 2000; i += 2)
		memcpy(many + i, ",1", 2);
	many[2000] = ']';
	fail_at = 1; /* the first block does not hold so many, the second is not to be had */
	assert_int_equal(json_tree(slice_of(many, 2001), big, &tree, &e), ERR_MEMORY);
	assert_int_equal(fail_at, 0);
	assert_null(tree);
}

/* ---- the tree ---- */

static void test_tree(void **state)
{
	struct json_node *t;
	static const char text[] = "{\"name\":[{\"family\":\"O\\u0027Brien\",\"given\":[\"A\",\"B\"]},{\"use\":\"old\"}],\"n\":1.50 ,\"t\":true,\"z\":null,\"e\":\"\",\"n\":2}";
	assert_int_equal(json_tree(SLICE(text), *state, &t, NULL), 0);
	assert_int_equal(t->type, JSON_OBJ);
	assert_int_equal(t->count, 6);
	assert_slice(t->raw, text);
	assert_slice(json_text(t, "name.0.family"), "O'Brien");
	assert_slice(json_text(t, "name.0.given.1"), "B");
	assert_slice(json_text(t, "name.1.use"), "old");
	assert_slice(json_text(t, "n"), "1.50"); /* the first of a repeated name */
	assert_slice(json_get(t, "n")->raw, "1.50");
	assert_slice(json_path(t, "name.0.given")->raw, "[\"A\",\"B\"]");
	assert_slice(json_path(t, "name.0.family")->raw, "\"O\\u0027Brien\"");
	assert_slice(json_path(t, "name.1")->raw, "{\"use\":\"old\"}");
	assert_int_equal(json_get(t, "t")->type, JSON_TRUE);
	assert_int_equal(json_get(t, "z")->type, JSON_NULL);
	assert_slice(json_get(t, "z")->raw, "null");
	assert_non_null(json_text(t, "e").p); /* there, and empty */
	assert_int_equal(json_text(t, "e").n, 0);
	static const char *const absent[] = {"x", "name.2", "name.00x", "name.-1", "name.", "n.0", "", "name.0.family.x", ".", "name.4294967296", "t.u"};
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		assert_null(json_path(t, absent[i]));
	assert_null(json_text(t, "t").p);
	assert_null(json_text(t, "name").p);
	assert_null(json_text(NULL, "name").p);
	assert_null(json_get(NULL, "name"));
	assert_null(json_get(json_get(t, "name"), "0"));
	assert_int_equal(t->child->child->child->count, 0); /* a scalar */
	assert_slice(t->child->key, "name");
	assert_null(t->child->child->key.p); /* an element has none */
	const char *order[] = {"name", "n", "t", "z", "e", "n"};
	size_t i = 0;
	for (const struct json_node *n = t->child; n; n = n->next)
		assert_slice(n->key, order[i++]);
	assert_int_equal(i, 6);
}

static void test_tree_of_a_scalar(void **state)
{
	struct json_node *t;
	assert_int_equal(json_tree(SLICE(" \"x\" "), *state, &t, NULL), 0);
	assert_int_equal(t->type, JSON_STR);
	assert_slice(t->value, "x");
	assert_slice(t->raw, "\"x\"");
	assert_int_equal(json_tree(SLICE("{}"), *state, &t, NULL), 0);
	assert_null(t->child);
	assert_slice(t->raw, "{}");
	struct err e = {0};
	struct json_node *kept = t;
	assert_int_equal(json_tree(SLICE("{\"a\":1"), *state, &t, &e), ERR_INPUT);
	assert_ptr_equal(t, kept);
	assert_int_equal(e.code, ERR_INPUT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_tokens), T(test_accepts), T(test_refuses), T(test_cut_anywhere), T(test_depth), T(test_strings_at_every_length),
		T(test_surrogates_and_nul), T(test_skip), T(test_arena_limits), T(test_tree), T(test_tree_of_a_scalar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
