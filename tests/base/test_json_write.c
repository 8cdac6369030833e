#include "base_test.h"

static struct buf out;
static struct jsonw w;

static int setup(void **state)
{
	buf_init(&out, 1 << 16);
	jsonw_init(&w, &out);
	return 0;
}

static int teardown(void **state)
{
	buf_done(&out);
	return 0;
}

static void test_everything(void **state)
{
	jsonw_obj(&w);
	jsonw_key(&w, "a");
	jsonw_arr(&w);
	jsonw_u64(&w, UINT64_MAX);
	jsonw_i64(&w, INT64_MIN);
	jsonw_i64(&w, 0);
	jsonw_bool(&w, true);
	jsonw_null(&w);
	jsonw_str(&w, NULL);
	jsonw_obj(&w);
	jsonw_obj_end(&w);
	jsonw_arr(&w);
	jsonw_arr_end(&w);
	jsonw_arr_end(&w);
	jsonw_kstr(&w, "s", "x\"y");
	jsonw_kslice(&w, "e", SLICE_NULL);
	jsonw_kslice_opt(&w, "o", SLICE_NULL);
	jsonw_kslice_opt(&w, "p", SLICE("q"));
	jsonw_ku64(&w, "u", 7);
	jsonw_ki64(&w, "i", -7);
	jsonw_kbool(&w, "b", false);
	jsonw_ktime(&w, "t", 1234567890123456789);
	jsonw_key_slice(&w, SLICE("\n"));
	jsonw_raw(&w, SLICE("[1, 2]"));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	assert_slice(buf_slice(&out), "{\"a\":[18446744073709551615,-9223372036854775808,0,true,null,\"\",{},[]],\"s\":\"x\\\"y\",\"e\":\"\",\"p\":\"q\",\"u\":7,\"i\":-7,"
	                              "\"b\":false,\"t\":\"2009-02-13T23:31:30.123Z\",\"\\n\":[1, 2]}");
}

static void test_decimals_as_written(void **state)
{
	static const char *const numbers[] = {"1.50", "-0.0", "1e5", "0"}, *const texts[] = {"", "+1", ".5", "01", "1.", "<5", "1 ", "NaN"};
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		buf_reset(&out);
		jsonw_init(&w, &out);
		jsonw_dec(&w, slice_str(numbers[i]));
		assert_slice(buf_slice(&out), numbers[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char quoted[16];
		snprintf(quoted, sizeof quoted, "\"%s\"", texts[i]);
		buf_reset(&out);
		jsonw_init(&w, &out);
		jsonw_dec(&w, slice_str(texts[i]));
		assert_slice(buf_slice(&out), quoted);
	}
}

static void test_escapes(void **state)
{
	jsonw_slice(&w, SLICE("\x00\x01\b\t\n\v\f\r\x1f \"\\/\x7f\xc3\xa9"));
	assert_slice(buf_slice(&out), "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\x7f\xc3\xa9\"");
}

static void test_broken_utf8(void **state)
{
	jsonw_slice(&w, SLICE("a\xff\xe2\x82" "b\xef\xbf\xbd\xed\xa0\x80\xf0\x9f\x98\x80\xc3"));
	assert_slice(buf_slice(&out), "\"a\xef\xbf\xbd\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80\xef\xbf\xbd\"");
}

/* Whatever bytes stand at whatever place: what we write we read, and where it was text it comes back the same. */
static void test_round(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	uint8_t text[48];
	uint64_t x = 88172645463325252u;
	for (int round = 0; round < 200000; round++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		size_t n = x % sizeof text;
		for (size_t i = 0; i < n; i++)
			text[i] = 'a';
		for (int k = 0; n && k < 3; k++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			static const uint8_t odd[] = {'"', '\\', 0, 0x1f, 0xc3, 0xa9, 0xff, 0xe2, 0x82, 0xac, '\n', 0x7f, ' ', 0x80};
			text[x % n] = odd[x / 64 % sizeof odd];
		}
		buf_reset(&out);
		jsonw_init(&w, &out);
		jsonw_slice(&w, slice_of(text, n));
		struct json j;
		arena_reset(a);
		json_init(&j, buf_slice(&out), a, NULL);
		assert_int_equal(json_next(&j), JSON_STR);
		assert_true(utf8_valid(j.value));
		if (utf8_valid(slice_of(text, n)))
			assert_true(slice_eq(j.value, slice_of(text, n)));
		assert_int_equal(json_next(&j), JSON_END);
	}
}

static void test_deepest(void **state)
{
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		jsonw_arr(&w);
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		jsonw_arr_end(&w);
	jsonw_done(&w);
	assert_int_equal(out.n, 2 * JSON_DEPTH_MAX);
}

static void test_full_buffer(void **state)
{
	struct buf small;
	buf_init(&small, 10);
	jsonw_init(&w, &small);
	jsonw_arr(&w);
	for (int i = 0; i < 100; i++)
		jsonw_str(&w, "more than fits");
	jsonw_arr_end(&w);
	jsonw_done(&w);
	assert_int_equal(buf_code(&small), ERR_LIMIT);
	buf_done(&small);
}

static void value_without_key(void) { jsonw_obj(&w); jsonw_u64(&w, 1); }
static void key_in_array(void) { jsonw_arr(&w); jsonw_key(&w, "a"); }
static void key_at_the_top(void) { jsonw_key(&w, "a"); }
static void key_after_key(void) { jsonw_obj(&w); jsonw_key(&w, "a"); jsonw_key(&w, "b"); }
static void key_without_value(void) { jsonw_obj(&w); jsonw_key(&w, "a"); jsonw_obj_end(&w); }
static void wrong_end(void) { jsonw_obj(&w); jsonw_arr_end(&w); }
static void end_of_nothing(void) { jsonw_obj_end(&w); }
static void two_values(void) { jsonw_u64(&w, 1); jsonw_u64(&w, 2); }
static void nothing_done(void) { jsonw_done(&w); }
static void half_done(void) { jsonw_arr(&w); jsonw_done(&w); }
static void nothing_raw(void) { jsonw_raw(&w, SLICE_NULL); }
static void too_deep(void)
{
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		jsonw_arr(&w);
}

static void test_misuse(void **state)
{
	static void (*const all[])(void) = {value_without_key, key_in_array, key_at_the_top, key_after_key, key_without_value, wrong_end,
	                                    end_of_nothing, two_values, nothing_done, half_done, nothing_raw, too_deep};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		assert_dies(all[i]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_everything), T(test_decimals_as_written), T(test_escapes), T(test_broken_utf8), T(test_round), T(test_deepest), T(test_full_buffer),
		T(test_misuse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
