/* Files cut into messages, envelope lines and junk. */
#include "hl7_test.h"

#include <time.h>

#define M1 "MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5"
#define P1 "PID|1||7"
#define M2 "MSH|^~\\&|A|B|C|D|2026||ORU^R01|2|P|2.5"

/* Pieces as text: M, E or J, offset, bytes. Checks on the way that what is left out is only what may be. */
static void check_bytes(struct slice s, const char *want)
{
	static const char letters[] = {[HL7_PIECE_MESSAGE] = 'M', [HL7_PIECE_ENVELOPE] = 'E', [HL7_PIECE_JUNK] = 'J'};
	AUTO_BUF struct buf b = {0};
	struct hl7_file f;
	struct hl7_piece p;
	size_t at = 0;
	buf_init(&b, 1 << 20);
	hl7_file_init(&f, s);
	for (hl7_file_next(&f, &p);; hl7_file_next(&f, &p)) {
		for (size_t i = at; i < p.offset; i++)
			assert_true(memchr(" \t\r\n\x0b\x1c", s.p[i], 7) != NULL); /* NUL is the seventh */
		if (p.type == HL7_PIECE_END)
			break;
		assert_ptr_equal(p.bytes.p, s.p + p.offset);
		at = p.offset + p.bytes.n;
		buf_printf(&b, "%c%zu[", letters[p.type], p.offset);
		buf_add_slice(&b, p.bytes);
		buf_str(&b, "]");
	}
	hl7_file_next(&f, &p); /* the end stays the end */
	assert_int_equal(p.type, HL7_PIECE_END);
	assert_slice(buf_slice(&b), want);
}
#define check(text, want) check_bytes(B(text), want)

static void one_message(void **state)
{
	check("", "");
	check("\r\n \n", "");
	check(M1 "\r" P1, "M0[" M1 "\r" P1 "]");
	check(M1 "\r" P1 "\r", "M0[" M1 "\r" P1 "\r]"); /* the end of the last line is the message's own */
	check(M1 "\n" P1 "\n", "M0[" M1 "\n" P1 "\n]");
	check(M1 "\r\n" P1 "\r\n", "M0[" M1 "\r\n" P1 "\r\n]");
	check(M1 "\r\n" P1 "\n\n\r\n", "M0[" M1 "\r\n" P1 "\n]"); /* blank lines are not */
	check("\n\n" M1 "\r\r" P1 "\r\r", "M2[" M1 "\r\r" P1 "\r]");
	check("  " M1, "M2[" M1 "]");
	check("MSH|^~", "M0[MSH|^~]");
}

static void several(void **state)
{
	check(M1 "\r" P1 "\r" M2 "\r" M1, "M0[" M1 "\r" P1 "\r]M48[" M2 "\r]M87[" M1 "]");
	check(M1 "\n\n\n" M2 "\r\n" P1 "\r" M1 "\n", "M0[" M1 "\n]M41[" M2 "\r\n" P1 "\r]M90[" M1 "\n]");
	check(M1 "\rMSH|^~\r" M2 "\r", "M0[" M1 "\r]M39[MSH|^~\r]M46[" M2 "\r]"); /* malformed in the middle */
	check(M1 "\rOBX|1|TX|||MSH|^~\\&|x\rOBX|2|TX|||see MSH\r", "M0[" M1 "\rOBX|1|TX|||MSH|^~\\&|x\rOBX|2|TX|||see MSH\r]"); /* MSH counts at a line's start only */
	check(M1 "\r\0\0" M2 "\r" P1 "\r\0BTS|2\r", "M0[" M1 "\r]M41[" M2 "\r" P1 "\r]E90[BTS|2\r]"); /* padded with NULs */
	check(M1 "\rMSHX|1\rMSH\rMSH 3\r", "M0[" M1 "\rMSHX|1\rMSH\rMSH 3\r]");
}

/* Copied out of a log or a program's source: each line indented. */
static void indented(void **state)
{
	check("    " M1 "\n    " P1 "\n    " M2 "\n\t" P1 "\n", "M4[" M1 "\n    " P1 "\n]M60[" M2 "\n\t" P1 "\n]");
	check(M1 "\n\n  \t FHS|^~\\&|A\n  " M2, "M0[" M1 "\n]E44[FHS|^~\\&|A\n]M57[" M2 "]");
	check(M1 "\rNTE|1||see\n  MSH segment\n  MSH|1\r", "M0[" M1 "\rNTE|1||see\n  MSH segment\n  MSH|1\r]"); /* text */
}

static void byte_order_mark(void **state)
{
	check("\xEF\xBB\xBF" M1 "\r", "M0[\xEF\xBB\xBF" M1 "\r]");
	check("\xEF\xBB\xBF" M1 "\r\xEF\xBB\xBF" M2 "\r", "M0[\xEF\xBB\xBF" M1 "\r]M42[\xEF\xBB\xBF" M2 "\r]"); /* files joined with cat */
	check("\xEF\xBB\xBF\r\n" M1 "\r", "M0[\xEF\xBB\xBF\r\n" M1 "\r]");
	check("\xEF\xBB\xBF", "J0[\xEF\xBB\xBF]");
	check("\xEF\xBB\xBF" "BHS|^~\\&|A\r" M1, "E0[\xEF\xBB\xBF" "BHS|^~\\&|A\r]M14[" M1 "]");
}

static void framed(void **state)
{
	check("\x0b" M1 "\r" P1 "\r\x1c\r\x0b" M2 "\r\x1c\r", "M1[" M1 "\r" P1 "\r]M52[" M2 "\r]");
	check("\x0b" M1 "\x1c\x0b" M2 "\x1c", "M1[" M1 "]M41[" M2 "]");
	check("\x0b" M1 "\r\x1c\r\nafter\n\x0b" M2 "\r\x1c\r\n", "M1[" M1 "\r]J43[after\n]M50[" M2 "\r]");
	check("\0\0" M1 "\r\0\0\x0b" M2, "M2[" M1 "\r]M44[" M2 "]");
	check(M1 "\rOBX|1|TX|||a\x0b" "b\x1c" "c\r", "M0[" M1 "\rOBX|1|TX|||a\x0b" "b\x1c" "c\r]"); /* as text */
}

static void batches(void **state)
{
	check("FHS|^~\\&|A\rBHS|^~\\&|A\r" M1 "\r" P1 "\rBTS|1\rFTS|1\r", "E0[FHS|^~\\&|A\r]E11[BHS|^~\\&|A\r]M22[" M1 "\r" P1 "\r]E70[BTS|1\r]E76[FTS|1\r]");
	check("BHS|^~\\&|A\r\n" M1 "\r\nBTS\r\n\r\nFTS", "E0[BHS|^~\\&|A\r\n]M12[" M1 "\r\n]E52[BTS\r\n]E59[FTS]");
	check("BHS|^~\\&|A\rwhat is this\rand this\r" M1 "\r", "E0[BHS|^~\\&|A\r]J11[what is this\rand this\r]M33[" M1 "\r]");
	check("BTS|1", "E0[BTS|1]");
	check("FHS#!@%*#A\nBHS#!@%*#A\nMSH#!@%*#A\nBTS#1\nFTS#1\n", "E0[FHS#!@%*#A\n]E11[BHS#!@%*#A\n]M22[MSH#!@%*#A\n]E33[BTS#1\n]E39[FTS#1\n]");
}

static void junk(void **state)
{
	check("EVN|A01\rPID|1\r", "J0[EVN|A01\rPID|1\r]");
	check("# a comment\n\n" M1 "\n", "J0[# a comment\n]M13[" M1 "\n]");
	check("MSH", "J0[MSH]");
	check("\xff\x01", "J0[\xff\x01]");
}

/* The same cuts, offsets doubled, in UTF-16. */
static void wide(void **state)
{
	static const char *const text = "\r\nBHS|^~\\&|A\r" M1 "\r" P1 "\r\r\n" M2 "\nBTS|2\r\n\r\n";
	for (int kind = 0; kind < 2; kind++) { /* big-endian without a mark, little-endian with */
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 4096);
		if (kind)
			buf_add(&b, "\xff\xfe", 2);
		for (const char *p = text; *p; p++) {
			uint8_t c = (uint8_t)*p;
			buf_u8(&b, kind ? c : 0);
			buf_u8(&b, kind ? 0 : c);
		}
		struct hl7_file f;
		struct hl7_piece p;
		hl7_file_init(&f, buf_slice(&b));
		static const struct {
			enum hl7_piece_type type;
			size_t at, n;
		} want[] = {{HL7_PIECE_ENVELOPE, 2, 11}, {HL7_PIECE_MESSAGE, 13, 48}, {HL7_PIECE_MESSAGE, 63, 39}, {HL7_PIECE_ENVELOPE, 102, 7}};
		for (size_t i = 0; i < ARRAY_LEN(want); i++) {
			hl7_file_next(&f, &p);
			assert_int_equal(p.type, want[i].type);
			size_t mark = kind ? 2 : 0, first = i == 0 && kind; /* the mark belongs to the first piece, with the blank lines behind it */
			assert_int_equal(p.offset, first ? 0 : mark + 2 * want[i].at);
			assert_int_equal(p.bytes.n, first ? 2 + 2 * (want[i].at + want[i].n) : 2 * want[i].n);
			if (p.type == HL7_PIECE_MESSAGE) {
				struct parsed m;
				parse_ok(&m, p.bytes);
				assert_slice(hl7_get(&m.m, "MSH-3"), "A");
				done(&m);
			}
		}
		hl7_file_next(&f, &p);
		assert_int_equal(p.type, HL7_PIECE_END);
	}
}

static void looks_like(void **state)
{
	static const char *const yes[] = {M1, "\n\n" M1, "\x0b" M1, "\xEF\xBB\xBF" M1, "FHS|^~\\&|A", "BHS|^~\\&|", "# comment\n" M1, "MSH|^~", "MSH#!@%*#A", "half of one\r\x1c\r\x0b" M1};
	static const char *const no[] = {"", "MSH", "hello", "{\"resourceType\":\"Bundle\"}", "EVN|A01\rPID|1", "a line with MSH|^~\\&|", "text\nMSH, then PID\n", "PDF\nMSH|no encoding characters|\n", "%PDF-1.4"};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		if (!hl7_looks_like(slice_str(yes[i])))
			fail_msg("yes %zu", i);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (hl7_looks_like(slice_str(no[i])))
			fail_msg("no %zu", i);
	assert_true(hl7_looks_like(B("M\0S\0H\0|\0^\0~\0")));
	assert_true(hl7_looks_like(B("\xfe\xff\0M\0S\0H\0|\0^\0~")));
	assert_false(hl7_looks_like(SLICE_NULL));
}

static int64_t cpu_time(void) /* what others take of the machine is not ours */
{
	struct timespec t;
	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
	return t.tv_sec * TIME_SEC + t.tv_nsec;
}

static size_t pieces(const struct buf *b)
{
	struct hl7_file f;
	struct hl7_piece p;
	size_t n = 0;
	hl7_file_init(&f, buf_slice(b));
	for (hl7_file_next(&f, &p); p.type != HL7_PIECE_END; hl7_file_next(&f, &p))
		n++;
	return n;
}

/* So many messages and blanks, first as one message, then as many. */
static int64_t cost(size_t messages, size_t blanks)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)100 << 20);
	for (size_t i = 0; i < messages; i++)
		buf_str(&b, M1 "\r" P1 "\r\n\n\x1c\x1cx");
	memset(buf_space(&b, blanks), '\r', blanks);
	buf_commit(&b, blanks);
	int64_t begin = cpu_time();
	assert_int_equal(pieces(&b), 1);
	for (size_t i = 0; i + 1 < b.n; i++)
		if (b.p[i] == 'x')
			b.p[i] = '\n';
	assert_int_equal(pieces(&b), messages);
	return cpu_time() - begin;
}

/* Many small messages and one large: each byte is looked at once or twice, not once a message. Eight times as much costs eight times as much; it would be 64 times. */
static void linear(void **state)
{
	int64_t some = cost(20000, 2 << 20), more = cost(160000, 16 << 20);
	if (more > 24 * some + TIME_SEC / 10)
		fail_msg("not linear: %lld ms, and for eight times as much %lld ms", (long long)(some / 1000000), (long long)(more / 1000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_message), cmocka_unit_test(several), cmocka_unit_test(indented), cmocka_unit_test(byte_order_mark), cmocka_unit_test(framed), cmocka_unit_test(batches),
		cmocka_unit_test(junk), cmocka_unit_test(wide), cmocka_unit_test(looks_like), cmocka_unit_test(linear),
	};
	return cmocka_run_group_tests_name("hl7_file", tests, NULL, NULL);
}
