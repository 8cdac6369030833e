/* Acknowledgements, byte for byte: shape, modes, every value of MSH-15 and MSH-16, faults; and the reading of MSH that they stand on. */
#include "hl7_test.h"

/* 2026-11-22T03:12:05Z */
#define WHEN (INT64_C(1795317125) * TIME_SEC + 7)

static const char *ack(const char *message, enum hl7_ack_mode mode, enum hl7_ack_verdict v, bool application, struct buf *b)
{
	struct hl7_header h;
	buf_reset(b);
	hl7_header_read(slice_str(message), &h);
	if (application)
		hl7_ack_write_application(&h, mode, v, "A9", WHEN, b);
	else
		hl7_ack_write(&h, mode, v, "A9", WHEN, b);
	assert_true(buf_ok(b));
	return buf_cstr(b);
}

static void check(const char *message, enum hl7_ack_mode mode, enum hl7_ack_verdict v, const char *want)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	const char *have = ack(message, mode, v, false, &b);
	if (strcmp(have, want) != 0)
		fail_msg("have %s\nwant %s", have, want);
}

#define HEAD "MSH|^~\\&|APP^1.2^ISO|FAC|RAPP|RFAC^9^DNS|20260101||ADT^A01^ADT_A01|M 1/7|P^T|"
#define BACK "MSH|^~\\&|RAPP|RFAC^9^DNS|APP^1.2^ISO|FAC|20261122031205+0000||"

static void shape(void **state)
{
	check(HEAD "2.5.1\rPID|1\r", HL7_ACK_AUTO, HL7_STORED, BACK "ACK^A01^ACK|A9|P^T|2.5.1\rMSA|AA|M 1/7\r");
	check(HEAD "2.4", HL7_ACK_AUTO, HL7_STORED, BACK "ACK^A01^ACK|A9|P^T|2.4\rMSA|AA|M 1/7\r");
	check(HEAD "2.5^USA^X|||||USA|UNICODE UTF-8~8859/1|en||PROF^1~P2", HL7_ACK_AUTO, HL7_STORED, BACK "ACK^A01^ACK|A9|P^T|2.5^USA^X||||||UNICODE UTF-8~8859/1|||PROF^1~P2\rMSA|AA|M 1/7\r");
	check(HEAD "2.5||||||8859/1\n", HL7_ACK_AUTO, HL7_STORED, BACK "ACK^A01^ACK|A9|P^T|2.5||||||8859/1\rMSA|AA|M 1/7\r");
	/* before v2.4, and where the version says nothing, ACK alone */
	check(HEAD "2.3", HL7_ACK_AUTO, HL7_STORED, BACK "ACK|A9|P^T|2.3\rMSA|AA|M 1/7\r");
	check(HEAD "2.3.z", HL7_ACK_AUTO, HL7_STORED, BACK "ACK|A9|P^T|2.3.z\rMSA|AA|M 1/7\r");
	check(HEAD "2.x", HL7_ACK_AUTO, HL7_STORED, BACK "ACK|A9|P^T|2.x\rMSA|AA|M 1/7\r");
	check(HEAD "1.0", HL7_ACK_AUTO, HL7_STORED, BACK "ACK|A9|P^T|1.0\rMSA|AA|M 1/7\r");
	check(HEAD, HL7_ACK_AUTO, HL7_STORED, BACK "ACK|A9|P^T|\rMSA|AA|M 1/7\r");
	check(HEAD "2.10", HL7_ACK_AUTO, HL7_STORED, BACK "ACK^A01^ACK|A9|P^T|2.10\rMSA|AA|M 1/7\r");
	/* no trigger */
	check("MSH|^~\\&|||||||ORU|1|P|2.5", HL7_ACK_AUTO, HL7_STORED, "MSH|^~\\&|||||20261122031205+0000||ACK|A9|P|2.5\rMSA|AA|1\r");
	check("MSH|^~\\&|||||||ORU^^ORU_R01|1|P|2.5", HL7_ACK_AUTO, HL7_STORED, "MSH|^~\\&|||||20261122031205+0000||ACK|A9|P|2.5\rMSA|AA|1\r");
	/* the message's own delimiters */
	check("MSH#!@%*#S!1#F#R#G#2026##ADT!A01!ADT_A01#7!8#P#2.5\rPID#1\r", HL7_ACK_AUTO, HL7_STORED, "MSH#!@%*#R#G#S!1#F#20261122031205+0000##ACK!A01!ACK#A9#P#2.5\rMSA#AA#7!8\r");
	check("MSH|^~\\&#|S|F|R|G|2026||ORU^R01|7|P|2.7\r", HL7_ACK_AUTO, HL7_STORED, "MSH|^~\\&#|R|G|S|F|20261122031205+0000||ACK^R01^ACK|A9|P|2.7\rMSA|AA|7\r");
	/* before the header */
	check("\xEF\xBB\xBF" HEAD "2.4", HL7_ACK_AUTO, HL7_STORED, BACK "ACK^A01^ACK|A9|P^T|2.4\rMSA|AA|M 1/7\r");
	check("\r\n" HEAD "2.4", HL7_ACK_AUTO, HL7_STORED, BACK "ACK^A01^ACK|A9|P^T|2.4\rMSA|AA|M 1/7\r");
	/* bytes that are not ASCII go back as they came */
	check("MSH|^~\\&|Kranken\xE4|F|R|G|2026||ADT^A01|\xE9|P|2.5", HL7_ACK_AUTO, HL7_STORED, "MSH|^~\\&|R|G|Kranken\xE4|F|20261122031205+0000||ACK^A01^ACK|A9|P|2.5\rMSA|AA|\xE9\r");
}

static void faults(void **state)
{
	/* no control id: HL7 v2.5 chapter 2.15.5, table 0357 */
	check("MSH|^~\\&|S|F|R|G|2026||ADT^A01||P|2.5", HL7_ACK_AUTO, HL7_STORED,
	      "MSH|^~\\&|R|G|S|F|20261122031205+0000||ACK^A01^ACK|A9|P|2.5\rMSA|AE|\rERR||MSH^1^10|101^Required field missing^HL70357|E\r");
	check("MSH|^~\\&|S|F|R|G|2026||ADT^A01|\"\"|P|2.3", HL7_ACK_AUTO, HL7_STORED, "MSH|^~\\&|R|G|S|F|20261122031205+0000||ACK|A9|P|2.3\rMSA|AE|\"\"\rERR|MSH^1^10^101\r");
	check("MSH|^~\\&|S|F|R|G|2026||ADT^A01", HL7_ACK_AUTO, HL7_STORED_UNREADABLE,
	      "MSH|^~\\&|R|G|S|F|20261122031205+0000||ACK|A9||\rMSA|AE|\rERR||MSH^1^10|101^Required field missing^HL70357|E\r");
	check("MSH|^~\\&|S|F|R|G|2026||ADT^A01||P|2.5", HL7_ACK_ALWAYS_AA, HL7_STORED, "MSH|^~\\&|R|G|S|F|20261122031205+0000||ACK^A01^ACK|A9|P|2.5\rMSA|AA|\r");
	/* no MSH */
	check("hello", HL7_ACK_AUTO, HL7_STORED_UNREADABLE, "MSH|^~\\&|||||20261122031205+0000||ACK|A9|P|2.5.1\rMSA|AE|\rERR||MSH^1|100^Segment sequence error^HL70357|E\r");
	check("", HL7_ACK_ENHANCED, HL7_STORED_UNREADABLE, "MSH|^~\\&|||||20261122031205+0000||ACK|A9|P|2.5.1\rMSA|CE|\rERR||MSH^1|100^Segment sequence error^HL70357|E\r");
	check("hello", HL7_ACK_ALWAYS_AA, HL7_STORED_UNREADABLE, "MSH|^~\\&|||||20261122031205+0000||ACK|A9|P|2.5.1\rMSA|AA|\r");
	check("MSH||S|F|R|G|2026||ADT^A01|5|P|2.5", HL7_ACK_AUTO, HL7_STORED_UNREADABLE,
	      "MSH|^~\\&|R|G|S|F|20261122031205+0000||ACK^A01^ACK|A9|P|2.5\rMSA|AE|5\rERR||MSH^1|100^Segment sequence error^HL70357|E\r");
	/* policy */
	check(HEAD "2.5", HL7_ACK_AUTO, HL7_REFUSED_PROCESSING, BACK "ACK^A01^ACK|A9|P^T|2.5\rMSA|AR|M 1/7\rERR||MSH^1^11|202^Unsupported processing id^HL70357|E\r");
	check(HEAD "2.5", HL7_ACK_AUTO, HL7_REFUSED_VERSION, BACK "ACK^A01^ACK|A9|P^T|2.5\rMSA|AR|M 1/7\rERR||MSH^1^12|203^Unsupported version id^HL70357|E\r");
	check(HEAD "2.3", HL7_ACK_AUTO, HL7_REFUSED_TYPE, BACK "ACK|A9|P^T|2.3\rMSA|AR|M 1/7\rERR|MSH^1^9^200\r");
	check(HEAD "2.3", HL7_ACK_ALWAYS_AA, HL7_REFUSED, BACK "ACK|A9|P^T|2.3\rMSA|AR|M 1/7\rERR|MSH^1^^207\r");
	check(HEAD "2.5|||AL|NE", HL7_ACK_AUTO, HL7_REFUSED, BACK "ACK^A01^ACK|A9|P^T|2.5\rMSA|CR|M 1/7\rERR||MSH^1|207^Application internal error^HL70357|E\r");
}

/* Every pair of MSH-15 and MSH-16 that was seen or that the standard knows: commit and application answer, when all is well and when it is not. */
static void modes(void **state)
{
	static const struct {
		const char *accept, *app;
		enum hl7_ack_mode mode;
		const char *good, *good_app, *bad, *bad_app;
	} rows[] = {
		{"", "", HL7_ACK_AUTO, "AA", "", "AE", ""},
		{"\"\"", " ", HL7_ACK_AUTO, "AA", "", "AE", ""},
		{"AL", "AL", HL7_ACK_AUTO, "CA", "AA", "CE", "AE"},
		{"AL", "NE", HL7_ACK_AUTO, "CA", "", "CE", ""},
		{"AL", "", HL7_ACK_AUTO, "CA", "", "CE", ""},
		{"AL", "ER", HL7_ACK_AUTO, "CA", "", "CE", "AE"},
		{"AL", "SU", HL7_ACK_AUTO, "CA", "AA", "CE", ""},
		{"al", "ne", HL7_ACK_AUTO, "CA", "", "CE", ""},
		{"SU", "NE", HL7_ACK_AUTO, "CA", "", "", ""},
		{"ER", "AL", HL7_ACK_AUTO, "", "AA", "CE", "AE"},
		{"ER", "NE", HL7_ACK_AUTO, "", "", "CE", ""},
		{"NE", "AL", HL7_ACK_AUTO, "", "AA", "", "AE"},
		{"NE", "NE", HL7_ACK_AUTO, "", "", "", ""},
		{"NE", "", HL7_ACK_AUTO, "", "", "", ""},
		{"", "AL", HL7_ACK_AUTO, "", "AA", "", "AE"},
		{"", "SU", HL7_ACK_AUTO, "", "AA", "", ""},
		{"", "NE", HL7_ACK_AUTO, "CA", "", "CE", ""},
		{"", "ER", HL7_ACK_AUTO, "CA", "", "CE", "AE"},
		{"ACCEPT", "ACKNOLWEDGE", HL7_ACK_AUTO, "CA", "AA", "CE", "AE"}, /* seen */
		{"a value that is longer than any code in table 0155 of the standard is", "NE", HL7_ACK_AUTO, "CA", "", "CE", ""},
		{"NE", "NE", HL7_ACK_ORIGINAL, "AA", "", "AE", ""},
		{"AL", "AL", HL7_ACK_ORIGINAL, "AA", "", "AE", ""},
		{"NE", "NE", HL7_ACK_ALWAYS_AA, "AA", "", "AA", ""},
		{"AL", "AL", HL7_ACK_ALWAYS_AA, "AA", "", "AA", ""},
		{"", "", HL7_ACK_ENHANCED, "CA", "", "CE", ""},
		{"", "AL", HL7_ACK_ENHANCED, "CA", "AA", "CE", "AE"},
		{"NE", "AL", HL7_ACK_ENHANCED, "", "AA", "", "AE"},
	};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int k = 0; k < 4; k++) {
			char message[256], want[64];
			snprintf(message, sizeof message, HEAD "2.5|||%s|%s\r", rows[i].accept, rows[i].app);
			const char *code = k == 0 ? rows[i].good : k == 1 ? rows[i].good_app : k == 2 ? rows[i].bad : rows[i].bad_app;
			const char *have = ack(message, rows[i].mode, k < 2 ? HL7_STORED : HL7_STORED_UNREADABLE, k % 2, &b);
			snprintf(want, sizeof want, "\rMSA|%s|M 1/7\r", code);
			if (code[0] ? !strstr(have, want) : have[0] != 0)
				fail_msg("row %zu (%s, %s) answer %d: have %s want %s", i, rows[i].accept, rows[i].app, k, have, code);
		}
}

/* Nobody acknowledges acknowledgements: that never ends. A commit acknowledgement is given where MSH-15 asks for it. */
static void acknowledgements_come_in(void **state)
{
	static const struct {
		const char *type, *modes;
		enum hl7_ack_mode mode;
		const char *commit, *app;
	} rows[] = {
		{"ACK", "|||", HL7_ACK_AUTO, "", ""},           {"ACK^A01^ACK", "|||", HL7_ACK_AUTO, "", ""},  {"MCF", "|||", HL7_ACK_AUTO, "", ""},
		{"ACK", "|||", HL7_ACK_ORIGINAL, "", ""},       {"ACK", "|||", HL7_ACK_ENHANCED, "", ""},      {"ACK", "|||", HL7_ACK_ALWAYS_AA, "AA", ""},
		{"ACK", "|||AL|AL", HL7_ACK_AUTO, "CA", ""},    {"ACK", "|||NE|NE", HL7_ACK_AUTO, "", ""},     {"ACK", "||||AL", HL7_ACK_AUTO, "", ""},
		{"ACK", "|||AL|AL", HL7_ACK_ENHANCED, "CA", ""}, {"ACKX", "|||", HL7_ACK_AUTO, "AA", ""},       {"ORR^O02", "|||", HL7_ACK_AUTO, "AA", ""},
	};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int k = 0; k < 2; k++) {
			char message[256], want[64];
			snprintf(message, sizeof message, "MSH|^~\\&|A|B|C|D|20260101||%s|M 1/7|P|2.5%s\rMSA|AA|X1\r", rows[i].type, rows[i].modes);
			const char *code = k ? rows[i].app : rows[i].commit, *have = ack(message, rows[i].mode, HL7_STORED, k, &b);
			snprintf(want, sizeof want, "\rMSA|%s|M 1/7\r", code);
			if (code[0] ? !strstr(have, want) : have[0] != 0)
				fail_msg("row %zu answer %d: have %s want %s", i, k, have, code);
		}
	assert_string_equal(ack("MSH|^~\\&|A|B|C|D|20260101||ACK||P|2.5\r", HL7_ACK_AUTO, HL7_STORED, 0, &b), ""); /* nor where it has no id */
}

static void deterministic(void **state)
{
	AUTO_BUF struct buf a = {0}, b = {0};
	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 3; i++)
		assert_string_equal(ack(HEAD "2.5", HL7_ACK_AUTO, HL7_STORED, false, &a), ack(HEAD "2.5", HL7_ACK_AUTO, HL7_STORED, false, &b));
	assert_non_null(strstr(buf_cstr(&a), "|A9|"));
}

static void utf16(void **state)
{
	static const char message[] = "M\0S\0H\0|\0^\0~\0\\\0&\0|\0S\0|\0\xfc\0|\0R\0|\0|\0|\0|\0A\0D\0T\0^\0A\0" "0\0" "1\0|\0" "7\0|\0P\0|\0" "2\0.\0" "5\0|\0|\0|\0A\0L\0|\0N\0E\0\r\0";
	static const char want[] = "MSH|^~\\&|R||S|\xC3\xBC|20261122031205+0000||ACK^A01^ACK|A9|P|2.5\rMSA|CA|7\r";
	struct hl7_header h;
	AUTO_BUF struct buf b = {0}, t = {0};
	buf_init(&b, 1 << 20);
	buf_init(&t, 1 << 20);
	hl7_header_read(slice_of(message, sizeof message - 1), &h);
	assert_true(h.ok);
	assert_int_equal(h.wide, HL7_CS_UTF16LE);
	hl7_ack_write(&h, HL7_ACK_AUTO, HL7_STORED, "A9", WHEN, &b);
	hl7_decode(HL7_CS_UTF16LE, buf_slice(&b), &t);
	assert_slice(buf_slice(&t), want);
	buf_reset(&b); /* and the other way round, with a mark */
	buf_reset(&t);
	AUTO_BUF struct buf big = {0};
	buf_init(&big, 1 << 20);
	buf_add(&big, "\xfe\xff", 2);
	for (size_t i = 0; i + 1 < sizeof message - 1; i += 2) {
		buf_u8(&big, (uint8_t)message[i + 1]);
		buf_u8(&big, (uint8_t)message[i]);
	}
	hl7_header_read(buf_slice(&big), &h);
	assert_true(h.ok);
	hl7_ack_write(&h, HL7_ACK_AUTO, HL7_STORED, "A9", WHEN, &b);
	hl7_decode(HL7_CS_UTF16BE, buf_slice(&b), &t);
	assert_slice(buf_slice(&t), want);
}

/* Whose a message is, without reading more of it. */
static void whose(void **state)
{
	AUTO_BUF struct buf b = {0}, big = {0};
	buf_init(&b, 1 << 20);
	buf_init(&big, 4 << 20);
	assert_true(hl7_whose(SLICE("MSH|^~\\&|EHR|GAB|HF|X|2026||ORU^R01|7|P|2.5|1|2||||8859/1||PROF\rEVN|PID\rPID|1|x|4711^^^GAB^MR~9^^^SS|y\nPID|1||0815\rOBX|1|\xff"), &b));
	assert_slice(buf_slice(&b), "MSH|^~\\&|EHR|GAB|||2026||ORU^R01|-|P|2.5||||||8859/1\rPID|||4711^^^GAB^MR~9^^^SS\r");
	buf_reset(&b);
	assert_true(hl7_whose(SLICE("MSH#^~\\&#A#B#####ADT#7#P#2.3\nPID###5\n"), &b));
	static const char *const none[] = {"", "PID|||4711", "MSH|^~\\&|EHR|GAB|HF|X|2026||ORU^R01|7|P|2.5\r", "MSH|^~\\&|EHR|GAB|HF|X|2026||ORU^R01|7|P|2.5\rPID|1|x\rPID|||4711\r", "MSH|^~\\&|EHR|GAB|HF|X|2026||ORU^R01|7|P|2.5\rPID|1|x||y\r",
	                                   "MSH|^~\\&|EHR|GAB|HF|X|2026||ORU^R01|7|P|2.5\rPIDX|1|x|5|y\r", "MSH|^~\\&|EHR|GAB|HF|X|2026||ORU^R01|7|P|2.5\rPID"};
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(hl7_whose(slice_str(none[i]), &b));
	/* a number of 5 kB is none, and who comes after a MiB is not looked for */
	buf_add_slice(&big, SLICE("MSH|^~\\&|EHR|GAB|HF|X|2026||ORU^R01|7|P|2.5\rPID|||"));
	for (int i = 0; i < 5000; i++)
		buf_u8(&big, '1');
	buf_u8(&big, '\r');
	assert_false(hl7_whose(buf_slice(&big), &b));
	buf_reset(&big);
	buf_add_slice(&big, SLICE("MSH|^~\\&|EHR|GAB|HF|X|2026||ORU^R01|7|P|2.5\r"));
	while (big.n < (1 << 20) + 100)
		buf_add_slice(&big, SLICE("NTE|1\r"));
	buf_add_slice(&big, SLICE("PID|||4711\r"));
	assert_false(hl7_whose(buf_slice(&big), &b));
}

static void header(void **state)
{
	struct hl7_header h;
	hl7_header_read(SLICE(HEAD "2.5|12||AL|NE||8859/1|||PROF\rPID|1\r"), &h);
	assert_true(h.ok);
	assert_slice(h.sending_app, "APP^1.2^ISO");
	assert_slice(h.sending_fac, "FAC");
	assert_slice(h.receiving_app, "RAPP");
	assert_slice(h.receiving_fac, "RFAC^9^DNS");
	assert_slice(h.time, "20260101");
	assert_slice(h.type, "ADT^A01^ADT_A01");
	assert_slice(h.control_id, "M 1/7");
	assert_slice(h.processing, "P^T");
	assert_slice(h.version, "2.5");
	assert_slice(h.sequence, "12");
	assert_slice(h.accept_ack, "AL");
	assert_slice(h.app_ack, "NE");
	assert_slice(h.charset, "8859/1");
	assert_slice(h.profile, "PROF");
	assert_slice(h.encoding, "^~\\&");
	assert_slice(h.line, HEAD "2.5|12||AL|NE||8859/1|||PROF");
	assert_int_equal(h.d.esc, '\\');
	static const char *const bad[] = {"", "M", "MSH", "MSH|", "MSH|^~", "MSH|^~\\&|A|B|C|D|E|F|G", "PID|1", "MSH|^~\\&|\rMSH|^~\\&|A|B|C|D|E|F|G|H|I"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		hl7_header_read(slice_str(bad[i]), &h);
		if (h.ok)
			fail_msg("%s is readable", bad[i]);
	}
	hl7_header_read(SLICE("MSH|^~\\&|A|B|C|D|E|F|G|"), &h); /* MSH-10 is there, and empty */
	assert_true(h.ok);
	hl7_header_read(SLICE("MSH|^~|S|F|R|G|2026||ADT^A01|9|P|2.5"), &h);
	assert_true(h.ok);
}

static void control_key(void **state)
{
	struct hl7_header h;
	uint8_t out[HL7_CONTROL_KEY];
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	hl7_header_read(SLICE("MSH|^~\\&|LAB|GAB|R|G|2026||ORU^R01|M 1/7|P|2.5"), &h);
	assert_true(slice_eq(hl7_control_key(&h, out), SLICE("LAB\0GAB\0M 1/7")));
	hl7_header_read(SLICE("MSH|^~\\&|||R|G|2026||ORU^R01|M 1/7|P|2.5"), &h);
	assert_true(slice_eq(hl7_control_key(&h, out), SLICE("\0\0M 1/7")));
	hl7_header_read(SLICE("MSH|^~\\&|LAB|GAB|R|G|2026||ORU^R01||P|2.5"), &h); /* a message without a number is never known again by it */
	assert_int_equal(hl7_control_key(&h, out).n, 0);
	hl7_header_read(SLICE("PID|1"), &h);
	assert_int_equal(hl7_control_key(&h, out).n, 0);
	for (size_t n = HL7_CONTROL_KEY - 2; n <= HL7_CONTROL_KEY - 1; n++) { /* the longest, and one more */
		buf_reset(&b);
		buf_str(&b, "MSH|^~\\&|||R|G|2026||ORU^R01|");
		for (size_t i = 0; i < n; i++)
			buf_u8(&b, '7');
		buf_str(&b, "|P|2.5");
		hl7_header_read(buf_slice(&b), &h);
		assert_int_equal(hl7_control_key(&h, out).n, n + 2 <= HL7_CONTROL_KEY ? n + 2 : 0);
	}
}

/* Nobody makes us echo megabytes: what is beyond 64 KiB of the line is absent. */
static void long_header(void **state)
{
	AUTO_BUF struct buf b = {0}, out = {0};
	struct hl7_header h;
	buf_init(&b, 4 << 20);
	buf_init(&out, 4 << 20);
	buf_str(&b, "MSH|^~\\&|S|F|R|G|2026||ADT^A01|7|P|2.5||||||");
	for (int i = 0; i < 1000000; i++)
		buf_u8(&b, 'x');
	hl7_header_read(buf_slice(&b), &h);
	assert_true(h.ok);
	assert_int_equal(h.charset.n, 0);
	hl7_ack_write(&h, HL7_ACK_AUTO, HL7_STORED, "A9", WHEN, &out);
	assert_true(out.n < 200);
	buf_reset(&b);
	buf_str(&b, "MSH|^~\\&|");
	for (int i = 0; i < 1000000; i++)
		buf_u8(&b, 'x');
	buf_str(&b, "|F|R|G|2026||ADT^A01|7|P|2.5");
	hl7_header_read(buf_slice(&b), &h);
	assert_false(h.ok);
	assert_int_equal(h.control_id.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shape), cmocka_unit_test(faults), cmocka_unit_test(modes), cmocka_unit_test(acknowledgements_come_in), cmocka_unit_test(deterministic), cmocka_unit_test(utf16), cmocka_unit_test(header), cmocka_unit_test(whose),
		cmocka_unit_test(control_key), cmocka_unit_test(long_header),
	};
	return cmocka_run_group_tests_name("hl7_ack", tests, NULL, NULL);
}
