/* JSON Patch: the examples of RFC 6902, Appendix A, and what they leave open: digits as written, nothing half done, limits. */
#include "fhir_test.h"

static int patched(const char *resource, const char *patch, struct buf *ret, struct err *e)
{
	buf_init(ret, (size_t)1 << 20);
	return fhir_patch(slice_str(resource), slice_str(patch), ret, e);
}

static void gives(const char *resource, const char *patch, const char *want)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	if (patched(resource, patch, &b, &e) != 0)
		fail_msg("%s: %s: %s", patch, e.place, e.text);
	if (!slice_eq_str(buf_slice(&b), want))
		fail_msg("%s\n  gives %.*s\n  not   %s", patch, SLICE_FMT(buf_slice(&b)), want);
}

static void refused(const char *resource, const char *patch, int code)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	int r = patched(resource, patch, &b, &e);
	if (r != code)
		fail_msg("%s: %d, not %d: %s", patch, r, code, e.text);
	assert_int_equal(b.n, 0);
}

static void appendix_a(void **state)
{
	gives("{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]", "{\"foo\":\"bar\",\"baz\":\"qux\"}");
	gives("{\"foo\":[\"bar\",\"baz\"]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]", "{\"foo\":[\"bar\",\"qux\",\"baz\"]}");
	gives("{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"remove\",\"path\":\"/baz\"}]", "{\"foo\":\"bar\"}");
	gives("{\"foo\":[\"bar\",\"qux\",\"baz\"]}", "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]", "{\"foo\":[\"bar\",\"baz\"]}");
	gives("{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]", "{\"baz\":\"boo\",\"foo\":\"bar\"}");
	gives("{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},\"qux\":{\"corge\":\"grault\"}}", "[{\"op\":\"move\",\"from\":\"/foo/waldo\",\"path\":\"/qux/thud\"}]",
	      "{\"foo\":{\"bar\":\"baz\"},\"qux\":{\"corge\":\"grault\",\"thud\":\"fred\"}}");
	gives("{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}", "[{\"op\":\"move\",\"from\":\"/foo/1\",\"path\":\"/foo/3\"}]", "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}");
	gives("{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}", "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},{\"op\":\"test\",\"path\":\"/foo/1\",\"value\":2}]", "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}");
	refused("{\"baz\":\"qux\"}", "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"bar\"}]", ERR_NO);
	gives("{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/child\",\"value\":{\"grandchild\":{}}}]", "{\"foo\":\"bar\",\"child\":{\"grandchild\":{}}}");
	gives("{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\",\"xyz\":123}]", "{\"foo\":\"bar\",\"baz\":\"qux\"}");
	refused("{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz/bat\",\"value\":\"qux\"}]", ERR_NOT_FOUND);
	gives("{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]", "{\"/\":9,\"~1\":10}");
	refused("{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":\"10\"}]", ERR_NO);
	gives("{\"foo\":[\"bar\"]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\",\"def\"]}]", "{\"foo\":[\"bar\",[\"abc\",\"def\"]]}");
}

static void digits_stay(void **state)
{
	gives("{\"v\":1.50,\"w\":{\"x\":0.0100,\"y\":1}}", "[{\"op\":\"replace\",\"path\":\"/w/y\",\"value\":2.00}]", "{\"v\":1.50,\"w\":{\"x\":0.0100,\"y\":2.00}}");
	static const char *const same[][2] = {{"1.50", "1.5"}, {"15e-1", "1.5"}, {"100", "1E2"}, {"0.001", "1e-3"}, {"-0", "0.0"}, {"0.10", "1e-1"}, {"1e1", "10.0"}};
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		char r[64], p[96];
		snprintf(r, sizeof r, "{\"v\":%s}", same[i][0]);
		snprintf(p, sizeof p, "[{\"op\":\"test\",\"path\":\"/v\",\"value\":%s}]", same[i][1]);
		gives(r, p, r);
	}
	refused("{\"v\":1.5}", "[{\"op\":\"test\",\"path\":\"/v\",\"value\":15}]", ERR_NO);
	refused("{\"v\":0.01}", "[{\"op\":\"test\",\"path\":\"/v\",\"value\":0.1}]", ERR_NO);
	refused("{\"v\":9007199254740993}", "[{\"op\":\"test\",\"path\":\"/v\",\"value\":9007199254740992}]", ERR_NO);
	refused("{\"v\":-1}", "[{\"op\":\"test\",\"path\":\"/v\",\"value\":1}]", ERR_NO);
}

static void wrong_patches(void **state)
{
	static const char r[] = "{\"a\":[1,2],\"b\":{\"c\":\"d\"}}";
	refused(r, "{\"op\":\"remove\",\"path\":\"/a\"}", ERR_INPUT);
	refused(r, "[{\"op\":\"remove\"}]", ERR_INPUT);
	refused(r, "[{\"op\":\"remove\",\"path\":\"a\"}]", ERR_INPUT);
	refused(r, "[{\"op\":\"remove\",\"path\":\"\"}]", ERR_INPUT);
	refused(r, "[{\"op\":\"remove\",\"path\":\"/a/01\"}]", ERR_INPUT);
	refused(r, "[{\"op\":\"remove\",\"path\":\"/a/x\"}]", ERR_INPUT);
	refused(r, "[{\"op\":\"remove\",\"path\":\"/a/-\"}]", ERR_NOT_FOUND);
	refused(r, "[{\"op\":\"remove\",\"path\":\"/a/2\"}]", ERR_NOT_FOUND);
	refused(r, "[{\"op\":\"replace\",\"path\":\"/z\",\"value\":1}]", ERR_NOT_FOUND);
	refused(r, "[{\"op\":\"replace\",\"path\":\"/a\"}]", ERR_INPUT);
	refused(r, "[{\"op\":\"add\",\"path\":\"/a/3\",\"value\":1}]", ERR_NOT_FOUND);
	refused(r, "[{\"op\":\"add\",\"path\":\"/b/c/d\",\"value\":1}]", ERR_NOT_FOUND);
	refused(r, "[{\"op\":\"move\",\"from\":\"/b\",\"path\":\"/b/e\"}]", ERR_INPUT);
	refused(r, "[{\"op\":\"copy\",\"path\":\"/b/e\"}]", ERR_INPUT);
	refused(r, "[{\"op\":\"sing\",\"path\":\"/b\"}]", ERR_INPUT);
	refused(r, "[{\"op\":\"test\",\"path\":\"/~2\",\"value\":1}]", ERR_INPUT);
	refused(r, "[{\"op\":\"add\",\"path\":\"/x\",\"value\":1},{\"op\":\"remove\",\"path\":\"/nothing\"}]", ERR_NOT_FOUND); /* all or none */
	refused(r, "[1]", ERR_INPUT);
	refused(r, "nonsense", ERR_INPUT);
}

/* What was copied is not what it was copied from any more; what was put in can be changed in turn. */
static void nothing_shared(void **state)
{
	gives("{\"a\":{\"x\":1}}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"},{\"op\":\"replace\",\"path\":\"/a/x\",\"value\":2}]", "{\"a\":{\"x\":2},\"b\":{\"x\":1}}");
	gives("{}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":{\"l\":[]}},{\"op\":\"add\",\"path\":\"/a/l/-\",\"value\":1},{\"op\":\"add\",\"path\":\"/a/l/0\",\"value\":0}]", "{\"a\":{\"l\":[0,1]}}");
	gives("{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":2}]", "{\"a\":2}");
	gives("{\"a\":1,\"q\\\"\":{\"b\":1}}", "[{\"op\":\"remove\",\"path\":\"/q\\\"/b\"}]", "{\"a\":1,\"q\\\"\":{}}");
	gives("{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"b\":2}}]", "{\"b\":2}");
	gives("{\"a\":{\"b\":1,\"c\":2}}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":{\"c\":2,\"b\":1.0}}]", "{\"a\":{\"b\":1,\"c\":2}}");
}

static void has_limits(void **state)
{
	AUTO_BUF struct buf p = {0}, out = {0};
	struct err e = {0};
	buf_init(&p, (size_t)4 << 20);
	buf_init(&out, (size_t)64 << 20);
	/* doubled again and again */
	buf_str(&p, "[");
	for (int i = 0; i < 60; i++)
		buf_str(&p, "{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/-\"},");
	buf_str(&p, "{\"op\":\"test\",\"path\":\"\",\"value\":1}]");
	assert_int_equal(fhir_patch(SLICE("{\"a\":[\"0123456789\"]}"), buf_slice(&p), &out, &e), ERR_LIMIT);
	/* deeper and deeper */
	buf_reset(&p);
	buf_str(&p, "[");
	for (int i = 0; i < 200; i++)
		buf_printf(&p, "%s{\"op\":\"add\",\"path\":\"/a\",\"value\":{\"b\":0}},{\"op\":\"move\",\"from\":\"/r\",\"path\":\"/a/b\"},{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/r\"}", i ? "," : "");
	buf_str(&p, "]");
	assert_int_equal(fhir_patch(SLICE("{\"r\":{}}"), buf_slice(&p), &out, &e), ERR_LIMIT);
	/* too many */
	buf_reset(&p);
	buf_str(&p, "[");
	for (int i = 0; i < 1001; i++)
		buf_printf(&p, "%s{\"op\":\"test\",\"path\":\"\",\"value\":{}}", i ? "," : "");
	buf_str(&p, "]");
	assert_int_equal(fhir_patch(SLICE("{}"), buf_slice(&p), &out, &e), ERR_LIMIT);
	assert_int_equal(out.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(appendix_a), cmocka_unit_test(digits_stay), cmocka_unit_test(wrong_patches), cmocka_unit_test(nothing_shared), cmocka_unit_test(has_limits)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
