/* Character sets: every spelling of MSH-18 that was seen, and text as it really comes. The bytes were made by another coder (Python's codecs), not by ours. */
#include "hl7_test.h"

/* A message that says it is in `charset` and holds `name` in PID-5.1 and "next" in PID-5.2. */
static void message(struct buf *b, const char *charset, struct slice name)
{
	buf_str(b, "MSH|^~\\&|A|F|B|F|2026||ADT^A01|1|P|2.5||||||");
	buf_str(b, charset);
	buf_str(b, "\rPID|1||7||");
	buf_add_slice(b, name);
	buf_str(b, "^next\rPV1|1|I\r");
}

static void check_bytes(const char *charset, struct slice name, const char *want, int encoding, bool problem)
{
	AUTO_BUF struct buf b = {0};
	struct parsed p;
	buf_init(&b, 4096);
	message(&b, charset, name);
	parse_ok(&p, buf_slice(&b));
	if (p.m.encoding != encoding)
		fail_msg("%s: read as %s, not as %s", charset, hl7_charset_name(p.m.encoding), hl7_charset_name(encoding));
	assert_slice(text_of(&p, "PID-5.1"), want);
	assert_slice(text_of(&p, "PID-5.2"), "next");
	assert_slice(hl7_get(&p.m, "PV1-2"), "I");
	assert_int_equal(p.m.count, 3);
	if (has_problem(&p, HL7_P_CHARSET, "MSH.18") != problem)
		fail_msg("%s: a problem is %s", charset, problem ? "not told" : "told");
	assert_true(slice_eq(p.m.raw, buf_slice(&b)));
	done(&p);
}
#define check(charset, name, want, encoding) check_bytes(charset, B(name), want, encoding, false)
#define check_problem(charset, name, want, encoding) check_bytes(charset, B(name), want, encoding, true)

static void spellings(void **state)
{
	static const struct {
		const char *name;
		int charset;
	} names[] = {
		{"UNICODE UTF-8", HL7_CS_UTF8}, {"UTF-8", HL7_CS_UTF8}, {"utf8", HL7_CS_UTF8}, {"UNICODE", HL7_CS_UTF8}, {"ISO IR 192", HL7_CS_UTF8}, {"UNICODE  UTF-8 ", HL7_CS_UTF8},
		{"ASCII", HL7_CS_ASCII}, {"US-ASCII", HL7_CS_ASCII}, {"ISO IR6", HL7_CS_ASCII},
		{"8859/1", HL7_CS_8859_1}, {"8859-1", HL7_CS_8859_1}, {"ISO-8859-1", HL7_CS_8859_1}, {"ISO 8859/1", HL7_CS_8859_1}, {"iso8859_1", HL7_CS_8859_1}, {"ISO/IEC 8859-1", HL7_CS_8859_1},
		{"8859/1-1987", HL7_CS_8859_1}, {"ISO IR 100", HL7_CS_8859_1}, {"ISO_IR 100", HL7_CS_8859_1}, {"Latin1", HL7_CS_8859_1},
		{"8859/2", HL7_CS_8859_2}, {"8859/3", HL7_CS_8859_3}, {"8859/4", HL7_CS_8859_4}, {"8859/5", HL7_CS_8859_5}, {"8859/6", HL7_CS_8859_6}, {"8859/7", HL7_CS_8859_7},
		{"8859/8", HL7_CS_8859_8}, {"8859/9", HL7_CS_8859_9}, {"8859/15", HL7_CS_8859_15}, {"ISO-8859-15", HL7_CS_8859_15}, {"8859/15-1999", HL7_CS_8859_15},
		{"ISO IR 101", HL7_CS_8859_2}, {"ISO IR 109", HL7_CS_8859_3}, {"ISO IR 110", HL7_CS_8859_4}, {"ISO IR 144", HL7_CS_8859_5}, {"ISO IR 127", HL7_CS_8859_6},
		{"ISO IR 126", HL7_CS_8859_7}, {"ISO IR 138", HL7_CS_8859_8}, {"ISO IR 148", HL7_CS_8859_9}, {"ISO IR 166", HL7_CS_8859_11},
		{"GB 18030-2000", HL7_CS_GB18030}, {"GB18030", HL7_CS_GB18030}, {"GB 18030", HL7_CS_GB18030}, {"GBK", HL7_CS_GB18030}, {"GB2312", HL7_CS_GB18030}, {"GB 18030-2022", HL7_CS_GB18030},
		{"BIG-5", HL7_CS_BIG5}, {"Big5", HL7_CS_BIG5}, {"KS X 1001", HL7_CS_KSC5601}, {"EUC-KR", HL7_CS_KSC5601}, {"ISO IR 149", HL7_CS_KSC5601},
		{"ISO IR87", HL7_CS_ISO_IR_87}, {"ISO IR 87", HL7_CS_ISO_IR_87}, {"ISO-2022-JP", HL7_CS_ISO_IR_87}, {"JAS2020", HL7_CS_ISO_IR_87}, {"JIS X 0202", HL7_CS_ISO_IR_87},
		{"ISO IR14", HL7_CS_ISO_IR_14}, {"ISO IR159", HL7_CS_ISO_IR_159}, {"UNICODE UTF-16", HL7_CS_UTF16LE}, {"UTF-16BE", HL7_CS_UTF16BE},
		{"windows-1252", HL7_CS_CP1252}, {"CP1252", HL7_CS_CP1252}, {"windows-1251", HL7_CS_CP1251}, {"Shift_JIS", HL7_CS_SJIS},
		{"ISO IR 999", -1}, {"8859/12", -1}, {"8859/17", -1}, {"8859", -1}, {"UNICODE UTF-32", -1}, {"x", -1}, {"", -1}, {"a name that is far too long to be one of them", -1},
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (hl7_charset_of(slice_str(names[i].name)) != names[i].charset)
			fail_msg("%s is %d", names[i].name, hl7_charset_of(slice_str(names[i].name)));
	for (int i = 0; i < HL7_CS_COUNT; i++)
		if (!hl7_charset_name(i))
			fail_msg("%d has no name", i);
	assert_string_equal(hl7_charset_name(-1), "unknown");
}

static void warm(void **state)
{
	struct err e = {0};
	if (hl7_charset_warm(&e))
		fail_msg("%s: %s", e.place, e.text);
	assert_int_equal(hl7_charset_warm(&e), 0);
}

/* Engines write 8859/1 and send UTF-8: all of it being that counts for more. Not for sets where two capitals look so, and not where one byte is none. */
static void declared_as_latin(void **state)
{
	check_problem("8859/1", "kopie\xC3\xABn", "kopieën", HL7_CS_UTF8);
	check_problem("8859/15", "M\xC3\xBCller", "Müller", HL7_CS_UTF8);
	check_problem("8859/2", "\xC5\x81\xC3\xB3\x64\xC5\xBA", "Łódź", HL7_CS_UTF8);
	check_problem("windows-1252", "Zo\xC3\xAB", "Zoë", HL7_CS_UTF8);
	check("8859/1", "Zo\xEB", "Zoë", HL7_CS_8859_1);
	check("8859/1", "Zo\xC3\xAB \xEB", "Zo\xC3\x83\xC2\xAB ë", HL7_CS_8859_1);
	check("8859/5", "\xC7\xB0", "ЧА", HL7_CS_8859_5);
	check_problem("GB 18030", "\xE7\x8E\x8B\xE5\xB0\x8F\xE6\x98\x8E", "王小明", HL7_CS_UTF8);
	check("GB 18030", "\xCD\xF5\xD0\xA1\xC3\xF7", "王小明", HL7_CS_GB18030);
	check("GB 18030", "\xC1\xAA\xC4\xB3", "联某", HL7_CS_GB18030); /* twos that are UTF-8 by chance */
}

static void declared(void **state)
{
	check("UNICODE UTF-8", "M\xC3\xBCller", "Müller", HL7_CS_UTF8);
	check("8859/1~UNICODE UTF-8", "M\xC3\xBCller", "Müller", HL7_CS_UTF8); /* "or UTF-8", and it is */
	check("8859/1~UNICODE UTF-8", "M\xFCller", "Müller", HL7_CS_8859_1);
	check("UTF-8~UNICODE", "M\xC3\xBCller", "Müller", HL7_CS_UTF8);
	check("8859/1", "M\xFCller", "Müller", HL7_CS_8859_1);
	check("8859/1", "\x93quoted\x94 \x80", "“quoted” €", HL7_CS_8859_1); /* what Windows calls 8859-1 */
	check("8859/2", "\xa3\xf3\x64\xbc", "Łódź", HL7_CS_8859_2);
	check("8859/5", "\xb8\xd2\xd0\xdd\xde\xd2", "Иванов", HL7_CS_8859_5);
	check("8859/6", "\xe5\xcd\xe5\xcf", "محمد", HL7_CS_8859_6);
	check("8859/7", "\xc3\xe9\xfe\xf1\xe3\xef\xf2", "Γιώργος", HL7_CS_8859_7);
	check("8859/8", "\xeb\xe4\xef", "כהן", HL7_CS_8859_8);
	check("8859/9", "\xc7\x61\xf0\x6c\x61\x72\x20\xde\xdd", "Çağlar Şİ", HL7_CS_8859_9);
	check("8859/15", "\xbc\x75\x76\x72\x65\x20\xa4", "Œuvre €", HL7_CS_8859_15);
	check("windows-1251", "\xc8\xe2\xe0\xed\xee\xe2", "Иванов", HL7_CS_CP1251);
	check("KOI8-R", "\xe9\xd7\xc1\xce\xcf\xd7", "Иванов", HL7_CS_KOI8R);
	check("KS X 1001", "\xb1\xe8\xc3\xb6\xbc\xf6", "김철수", HL7_CS_KSC5601);
	check("EUC-JP", "\xbb\xb3\xc5\xc4", "山田", HL7_CS_EUCJP);
	check("8859/1~ISO IR87", "M\xFCller", "Müller", HL7_CS_8859_1); /* the first repetition is the default */
	check("8859/6", "\xFF", "\xEF\xBF\xBD", HL7_CS_8859_6);         /* no such character */
}

/* Sets whose second bytes are delimiters: the message has to be decoded before it is cut. */
static void hidden_delimiters(void **state)
{
	check("GB 18030-2000", "\xe9\x46\xd5\x5c\x86\xb4", "镕誠喆", HL7_CS_GB18030);
	check("GB 18030-2000", "\x81\x7c\x81\x5e\x81\x7e\x81\x5c", "亅乛亊乗", HL7_CS_GB18030); /* | ^ ~ \ inside */
	check("GB18030", "\x95\x34\xb2\x35\xd2\xb0", "𠮷野", HL7_CS_GB18030);
	check("BIG-5", "\xca\x7c\xa4\x5e\xca\x7e\xa4\x5c", "吜乞吘么", HL7_CS_BIG5);
	check("BIG-5", "\xb3\xaf\xa4\x6a\xa4\xe5", "陳大文", HL7_CS_BIG5);
	check("Shift_JIS", "\x8e\x52\x93\x63\x83\x5c\x97\x5e", "山田ソ与", HL7_CS_SJIS);
	check("ISO IR87", "\x1b\x24\x42\x3b\x33\x45\x44\x42\x40\x4f\x3a\x1b\x28\x42", "山田太郎", HL7_CS_ISO_IR_87);
	check("~ISO IR87", "\x1b\x24\x42\x4b\x7c\x50\x26\x38\x5e\x35\x7e\x50\x5c\x1b\x28\x42", "万丶五京俑", HL7_CS_ISO_IR_87);
	check("ISO IR159", "\x1b\x24\x28\x44\x30\x21\x1b\x28\x42", "丂", HL7_CS_ISO_IR_159);
	check("ISO IR14", "\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ", HL7_CS_ISO_IR_14);
	check("ISO IR87", "\x1b(I\x54\x4f\x40\x5e\x1b(B", "ﾔﾏﾀﾞ", HL7_CS_ISO_IR_87);
	check("", "\x1b\x24\x42\x3b\x33\x45\x44\x1b\x28\x42", "山田", HL7_CS_ISO_IR_87); /* nobody declared it, but nothing else has ESC $ */
	check("ISO IR87", "\x1b$B\x3b\x33\x45\x1b(B", "山\xEF\xBF\xBD", HL7_CS_ISO_IR_87); /* half of a character */
	check("GB18030", "\xFF x", "\xEF\xBF\xBD x", HL7_CS_GB18030);
	check("GB18030", "plain", "plain", HL7_CS_GB18030);
}

/* A shift that the sender forgot to end lasts to the end of its line, not to the end of the message. */
static void forgotten_shift(void **state)
{
	struct parsed p;
	parse_ok(&p, B("MSH|^~\\&|A|F|B|F|2026||ADT^A01|1|P|2.5||||||ISO IR87\rPID|1||7||\x1b$B\x3b\x33\rPV1|1|I\r"));
	assert_int_equal(p.m.count, 3);
	assert_slice(text_of(&p, "PID-5"), "山");
	assert_slice(text_of(&p, "PV1-2"), "I");
	done(&p);
}

static void undeclared(void **state)
{
	check("", "M\xC3\xBCller", "Müller", HL7_CS_UTF8);
	check_problem("", "M\xFCller", "Müller", HL7_CS_CP1252);
	check_problem("", "\x80 10", "€ 10", HL7_CS_CP1252);
	check("", "plain", "plain", HL7_CS_ASCII);
	check_problem("ISO IR 999", "M\xFCller", "Müller", HL7_CS_CP1252);
	check_problem("ISO IR 999", "M\xC3\xBCller", "Müller", HL7_CS_UTF8);
	check_problem("ISO IR 999", "plain", "plain", HL7_CS_ASCII);
	check("\"\"", "M\xC3\xBCller", "Müller", HL7_CS_UTF8);
}

/* What is declared is not what comes. */
static void declared_wrong(void **state)
{
	check_problem("ASCII", "M\xC3\xBCller", "Müller", HL7_CS_UTF8);
	check_problem("ASCII", "M\xFCller", "Müller", HL7_CS_CP1252);
	check_problem("UNICODE UTF-8", "M\xFCller", "Müller", HL7_CS_UTF8);                            /* windows-1252 in this value */
	check_problem("UNICODE UTF-8", "M\xC3\xBCller Jos\xC3", "Müller Jos\xEF\xBF\xBD", HL7_CS_UTF8); /* cut in the middle of a letter */
	check_problem("GB18030", "\xC3\xA9\xE5\xBC\xA0 x", "é张 x", HL7_CS_UTF8); /* not GB 18030, and UTF-8 */
	check("UNICODE UTF-16", "M\xC3\xBCller", "Müller", HL7_CS_UTF8); /* the header could be read byte by byte: it is not UTF-16 */
}

static void shifts_inside_a_value(void **state)
{
	/* HL7 v2.9 chapter 2.7.2: \C2842\ and \M2442\ ; the digits are what follows ESC */
	check("~ISO IR87", "\\M2442\\\x3b\x33\x45\x44\\C2842\\ Yamada", "山田 Yamada", HL7_CS_ASCII);
	check("8859/1", "\xE9 \\C2D42\\\xa3\xf3\x64\xbc\\C2D41\\ \xE9", "é Łódź é", HL7_CS_8859_1);
	check("8859/1", "\\C2D4C\\\xb8\xd2\xd0\xdd\xde\xd2", "Иванов", HL7_CS_8859_1);
	check("8859/1", "\x1b-L\xb8\xd2\x1b-A\xE9", "Ивé", HL7_CS_8859_1); /* the same with a real ESC */
	check("", "\\M242844\\\x30\x21\\C2842\\x", "丂x", HL7_CS_ASCII);
}

static void hex_in_the_set_of_the_message(void **state)
{
	check("8859/1", "M\\XFC\\ller", "Müller", HL7_CS_8859_1);
	check("8859/5", "\\XB8D2\\\xd0", "Ива", HL7_CS_8859_5);
	check("UNICODE UTF-8", "M\\XC3BC\\ller \xC3\xA9", "Müller é", HL7_CS_UTF8);
	check("GB18030", "\\XE946\\\xd5\x5c", "镕誠", HL7_CS_GB18030);
	check("", "M\\XFC\\ller", "Müller", HL7_CS_ASCII);
	check("", "M\\XC3\\\\XBC\\ller", "Müller", HL7_CS_ASCII);
}

/* ---- UTF-16 -------------------------------------------------------------------------------------------------------------------- */

static void widen(struct buf *b, const char *ascii, bool little, bool mark)
{
	if (mark)
		buf_add(b, little ? "\xff\xfe" : "\xfe\xff", 2);
	for (; *ascii; ascii++) {
		uint8_t c = (uint8_t)*ascii, z = 0;
		buf_add(b, little ? &c : &z, 1);
		buf_add(b, little ? &z : &c, 1);
	}
}

static void utf16(void **state)
{
	for (int kind = 0; kind < 4; kind++) {
		bool little = kind & 1, mark = kind & 2;
		AUTO_BUF struct buf b = {0};
		struct parsed p;
		buf_init(&b, 4096);
		widen(&b, "MSH|^~\\&|A|F|B|F|2026||ADT^A01|1|P|2.5||||||UNICODE UTF-16\rPID|1||7||M", little, mark);
		buf_add(&b, little ? "\xfc\0\x1c\x20\x3d\xd8\x00\xde\x00\xd8" : "\0\xfc\x20\x1c\xd8\x3d\xde\x00\xd8\x00", 10); /* ü “ 😀 and half a pair */
		widen(&b, "^x\\T\\y\rPV1|1\r", little, false);
		parse_ok(&p, buf_slice(&b));
		assert_int_equal(p.m.encoding, little ? HL7_CS_UTF16LE : HL7_CS_UTF16BE);
		assert_true(p.m.copied);
		assert_slice(text_of(&p, "PID-5.1"), "Mü“😀\xEF\xBF\xBD");
		assert_slice(text_of(&p, "PID-5.2"), "x&y");
		assert_slice(text_of(&p, "MSH-18"), "UNICODE UTF-16");
		assert_int_equal(p.m.count, 3);
		assert_true(slice_eq(p.m.raw, buf_slice(&b)));
		done(&p);
	}
}

static void utf8_mark(void **state)
{
	struct parsed p;
	parse_ok(&p, B("\xEF\xBB\xBFMSH|^~\\&|A|F|B|F|2026||ADT^A01|1|P|2.5\rPID|1||7||M\xC3\xBC^x\r"));
	assert_slice(hl7_get(&p.m, "MSH-3"), "A");
	assert_slice(text_of(&p, "PID-5.1"), "Mü");
	done(&p);
}

static void decode(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	hl7_decode(HL7_CS_UTF8, B("a\xC3(\xE2\x82"), &b);
	assert_slice(buf_slice(&b), "a\xEF\xBF\xBD(\xEF\xBF\xBD");
	buf_reset(&b);
	hl7_decode(HL7_CS_ASCII, B("a\xC3"), &b);
	assert_slice(buf_slice(&b), "a\xEF\xBF\xBD");
	buf_reset(&b);
	hl7_decode(HL7_CS_UTF16LE, B("a\0b"), &b);
	assert_slice(buf_slice(&b), "a\xEF\xBF\xBD");
	buf_reset(&b);
	for (int cs = 0; cs < HL7_CS_COUNT; cs++) { /* all bytes, in every set: UTF-8 comes out, and it ends */
		uint8_t all[512];
		for (int i = 0; i < 512; i++)
			all[i] = (uint8_t)(i < 256 ? i : 511 - i);
		hl7_decode(cs, slice_of(all, sizeof all), &b);
		assert_true(buf_ok(&b) && utf8_valid(buf_slice(&b)));
		buf_reset(&b);
		hl7_decode(cs, SLICE_NULL, &b);
		assert_int_equal(b.n, 0);
	}
	/* longer than a converter's step */
	AUTO_BUF struct buf in = {0};
	buf_init(&in, 1 << 20);
	for (int i = 0; i < 10000; i++)
		buf_add(&in, "\xe9\x46", 2);
	hl7_decode(HL7_CS_GB18030, buf_slice(&in), &b);
	assert_int_equal(b.n, 30000);
	assert_memory_equal(b.p + 29997, "镕", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings), cmocka_unit_test(declared), cmocka_unit_test(declared_as_latin), cmocka_unit_test(warm), cmocka_unit_test(hidden_delimiters), cmocka_unit_test(forgotten_shift),
		cmocka_unit_test(undeclared), cmocka_unit_test(declared_wrong), cmocka_unit_test(shifts_inside_a_value), cmocka_unit_test(hex_in_the_set_of_the_message),
		cmocka_unit_test(utf16), cmocka_unit_test(utf8_mark), cmocka_unit_test(decode),
	};
	return cmocka_run_group_tests_name("hl7_charset", tests, NULL, NULL);
}
