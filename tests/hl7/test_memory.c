/* Every allocation fails once: an error comes back, or the same answer as with memory, and never half an answer. */
/* wrap: malloc calloc realloc reallocarray strdup strndup */
#include "hl7_test.h"
#include "scarce.h"

static const char *const texts[] = {
	"junk\rMSH|^~\\&|A|B|C|D|2026||ADT^A01|1\\T\\2|P|2.5\rPID|1||7^^^H||O\\T\\Hara^\\XE9\\||\\Q\\\rMSH|^~\\&|A|B|C|D|2026||ADT^A01|2|P|2.5\r",
	"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5||||||GB 18030-2000\rPID|1||7||\xe9\x46\xd5\x5c\r",
	"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5||||||ISO IR87\rPID|1||7||\x1b\x24\x42\x3b\x33\x1b\x28\x42\r",
};

static int show_all(const char *text, struct buf *out, struct err *e)
{
	struct hl7_show s;
	int r;
	hl7_show_init(&s, "f", slice_str(text));
	while ((r = hl7_show_next(&s, out, e)) > 0)
		;
	return r;
}

static void showing(void **state)
{
	struct err e = {0};
	assert_int_equal(hl7_charset_warm(&e), 0);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO_BUF struct buf want = {0};
		buf_init(&want, 1 << 20);
		scarce_rest();
		assert_int_equal(show_all(texts[i], &want, &e), 0);
		scarce_failed = true;
		for (long k = 0; scarce_failed; k++) {
			AUTO_BUF struct buf out = {0};
			buf_init(&out, 1 << 20);
			scarce_after(k);
			int r = show_all(texts[i], &out, &e);
			scarce_rest();
			if (r == 0)
				assert_true(slice_eq(buf_slice(&out), buf_slice(&want)));
			else
				assert_int_equal(r, ERR_MEMORY);
			assert_true(k < 10000);
		}
	}
}

static void acknowledging(void **state)
{
	struct hl7_header h;
	AUTO_BUF struct buf want = {0};
	hl7_header_read(SLICE("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5|||AL|AL\r"), &h);
	buf_init(&want, 1 << 20);
	hl7_ack_write(&h, HL7_ACK_ORIGINAL, HL7_STORED, "I", 0, &want);
	scarce_failed = true;
	for (long k = 0; scarce_failed && k < 1000; k++) {
		AUTO_BUF struct buf out = {0};
		buf_init(&out, 1 << 20);
		scarce_after(k);
		hl7_ack_write(&h, HL7_ACK_ORIGINAL, HL7_STORED, "I", 0, &out);
		scarce_rest();
		assert_true(!buf_ok(&out) || slice_eq(buf_slice(&out), buf_slice(&want)));
	}
}

static void framing(void **state)
{
	struct hl7_mllp m;
	size_t have;
	hl7_mllp_init(&m, 1 << 20);
	scarce_after(0);
	assert_null(hl7_mllp_space(&m, 100, &have));
	scarce_rest();
	hl7_mllp_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(showing), cmocka_unit_test(acknowledging), cmocka_unit_test(framing)};
	return cmocka_run_group_tests_name("hl7_memory", tests, NULL, NULL);
}
