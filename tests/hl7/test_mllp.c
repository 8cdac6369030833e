/* Byte streams that peers send, and the frames that come out: what library servers get wrong, row by row, each row fed whole, byte by byte, cut at every point, and at
 * random; and what that table does not say. */
#include "hl7_test.h"

#define M1 "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\rPID|1||123\r"
#define M2 "MSH|^~\\&|A|B|C|D|20260101||ORU^R01|2|P|2.5\rOBX|1|TX|||text\r"
#define VT "\x0b"
#define FS "\x1c"
#define CR "\r"
#define END FS CR

/* Frames as text: a letter, the odd flags, the bytes. */
static void note(struct buf *log, const struct hl7_frame *f, bool flags)
{
	static const char letters[] = {[HL7_FRAME_MESSAGE] = 'M', [HL7_FRAME_FRAGMENT] = 'F', [HL7_FRAME_COMMIT] = 'C', [HL7_FRAME_ENVELOPE] = 'E'};
	buf_printf(log, "%c", letters[f->type]);
	if (flags)
		buf_printf(log, "%02x", f->odd);
	buf_u8(log, '[');
	buf_add_slice(log, f->bytes);
	buf_str(log, "]");
}

static void put(struct hl7_mllp *m, struct slice s, struct buf *log, bool flags)
{
	struct hl7_frame f;
	size_t have;
	uint8_t *to = hl7_mllp_space(m, s.n, &have);
	assert_non_null(to);
	assert_true(have >= s.n);
	if (s.n)
		memcpy(to, s.p, s.n);
	hl7_mllp_fed(m, s.n);
	for (hl7_mllp_next(m, &f); f.type != HL7_FRAME_NONE; hl7_mllp_next(m, &f))
		note(log, &f, flags);
}

static void end(struct hl7_mllp *m, struct buf *log, bool flags)
{
	struct hl7_frame f;
	for (hl7_mllp_eof(m, &f); f.type != HL7_FRAME_NONE; hl7_mllp_eof(m, &f))
		note(log, &f, flags);
	hl7_mllp_done(m);
}

/* Cut at these two points (0 <= a <= b <= n). */
static void feed_cut(struct slice s, size_t a, size_t b, struct buf *log, bool flags)
{
	struct hl7_mllp m;
	hl7_mllp_init(&m, 1 << 20);
	put(&m, slice_of(s.p, a), log, flags);
	put(&m, slice_of(s.p + a, b - a), log, flags);
	put(&m, slice_of(s.p + b, s.n - b), log, flags);
	end(&m, log, flags);
}

static void same(struct slice s, struct buf *log, const char *want, bool flags, size_t a, size_t b)
{
	struct slice have = buf_slice(log);
	if (have.n != strlen(want) || memcmp(have.p, want, have.n) != 0)
		fail_msg("cut at %zu, %zu of %zu: have %.*s want %s", a, b, s.n, (int)have.n, (const char *)have.p, want);
	buf_reset(log);
}

/* The stream gives these frames however it is cut. */
static void check_flags(struct slice s, const char *want, bool flags)
{
	AUTO_BUF struct buf log = {0};
	buf_init(&log, 16 << 20);
	feed_cut(s, s.n, s.n, &log, flags);
	same(s, &log, want, flags, s.n, s.n);
	for (size_t a = 0; a < s.n; a++) {
		feed_cut(s, a, s.n, &log, flags);
		same(s, &log, want, flags, a, s.n);
	}
	for (size_t a = 0; a < s.n; a += 3)
		for (size_t b = a; b < s.n; b += 7) {
			feed_cut(s, a, b, &log, flags);
			same(s, &log, want, flags, a, b);
		}
	struct hl7_mllp m; /* byte by byte */
	hl7_mllp_init(&m, 1 << 20);
	for (size_t i = 0; i < s.n; i++)
		put(&m, slice_of(s.p + i, 1), &log, flags);
	end(&m, &log, flags);
	same(s, &log, want, flags, 1, 1);
	srand(7);
	for (int round = 0; round < 50; round++) {
		hl7_mllp_init(&m, 1 << 20);
		for (size_t i = 0; i < s.n;) {
			size_t n = 1 + (size_t)rand() % 29;
			n = n < s.n - i ? n : s.n - i;
			put(&m, slice_of(s.p + i, n), &log, flags);
			i += n;
		}
		end(&m, &log, flags);
		same(s, &log, want, flags, 0, (size_t)round);
	}
}

#define check(stream, want) check_flags(B(stream), want, false)
#define check_odd(stream, want) check_flags(B(stream), want, true)

/* ---- the table, row by row -------------------------------------------------------------------------------------------------- */

static void three_frames_in_one_write(void **state)
{
	check_odd(VT M1 END VT M2 END VT M1 END, "M00[" M1 "]M00[" M2 "]M00[" M1 "]");
}

static void same_message_twice(void **state)
{
	check_odd(VT M1 END VT M1 END, "M00[" M1 "]M00[" M1 "]");
}

static void nuls_between_frames(void **state)
{
	check_odd(VT M1 END "\0\0\0" VT M2 END, "M00[" M1 "]M08[" M2 "]");
}

static void end_with_line_feed(void **state)
{
	check_odd(VT M1 END "\n" VT M2 END "\n", "M00[" M1 "]M08[" M2 "]");
}

static void end_without_cr(void **state)
{
	check_odd(VT M1 FS VT M2 FS VT M1 END, "M02[" M1 "]M02[" M2 "]M00[" M1 "]");
	check_odd(VT M1 FS VT M2 FS, "M02[" M1 "]M02[" M2 "]"); /* the last one ends with the stream */
	check_odd(VT M1 FS "\n" VT M2 FS "\0" VT M1 END, "M02[" M1 "]M0a[" M2 "]M08[" M1 "]");
	check_odd(VT M1 FS M2 FS M1 END, "M02[" M1 "]M03[" M2 "]M01[" M1 "]"); /* neither CR nor VT */
}

static void sender_restarted(void **state)
{
	check_odd(VT "MSH|^~\\&|A|B|C" VT M2 END, "F00[MSH|^~\\&|A|B|C]M00[" M2 "]");
	check_odd(VT M1 "PV1|1" VT VT M2 END, "F00[" M1 "PV1|1]M10[" M2 "]");
	check_odd(VT "MSH|^~" VT "\xEF\xBB\xBF" M2 END, "F00[MSH|^~]M00[\xEF\xBB\xBF" M2 "]");
}

static void no_start_block(void **state)
{
	check_odd(M1 END VT M2 END, "M01[" M1 "]M00[" M2 "]");
	check_odd("\r\n" M1 END, "M09[" M1 "]");
}

static void doubled_blocks(void **state)
{
	check_odd(VT VT M1 END END VT M2 END, "M10[" M1 "]M18[" M2 "]");
	check_odd(VT VT VT M1 FS END, "M12[" M1 "]");
	check_odd(VT M1 FS FS CR VT M2 END, "M12[" M1 "]M18[" M2 "]");
}

static void empty_frame(void **state)
{
	check_odd(VT END VT M1 END, "M08[" M1 "]");
	check_odd(VT CR END VT "\0" END VT M1 END, "M08[" M1 "]");
}

static void http_request_then_a_frame(void **state)
{
	check_odd("GET / HTTP/1.1\r\nHost: ward\r\n\r\n" VT M1 END, "F08[GET / HTTP/1.1\r\nHost: ward\r\n\r\n]M08[" M1 "]");
	check("GET /MSH| HTTP/1.0\r\n\r\n", "F[GET /MSH| HTTP/1.0\r\n\r\n]"); /* MSH in the middle of a line is no header */
	check("\x16\x03\x01\x02\x01" VT M1 END, "F[\x16\x03\x01\x02\x01]M[" M1 "]");
}

static void two_headers_in_one_frame(void **state)
{
	check_odd(VT M1 M2 END, "M04[" M1 "]M04[" M2 "]");
	check_odd(VT M1 "\r" M2 M1 END, "M04[" M1 "\r]M04[" M2 "]M04[" M1 "]");
	check_odd(VT M1 "OBX|1|TX|||see MSH|^~\\& above\r" END, "M00[" M1 "OBX|1|TX|||see MSH|^~\\& above\r]"); /* not at a line's start */
	check_odd(VT M1 "MSHX|1\r" END, "M00[" M1 "MSHX|1\r]");
}

/* Some pad with NULs: what stands behind them is the next message all the same. */
static void two_headers_with_nuls_between(void **state)
{
	struct slice s = B(VT M1 "\0\0" M2 END);
	struct hl7_mllp m;
	struct hl7_frame f;
	size_t have;
	hl7_mllp_init(&m, 1 << 20);
	uint8_t *to = hl7_mllp_space(&m, s.n, &have);
	assert_non_null(to);
	memcpy(to, s.p, s.n);
	hl7_mllp_fed(&m, s.n);
	hl7_mllp_next(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_MESSAGE);
	assert_int_equal(f.bytes.n, sizeof M1 - 1 + 2);
	hl7_mllp_next(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_MESSAGE);
	assert_slice(f.bytes, M2);
	hl7_mllp_done(&m);
}

static void whole_partial_eof(void **state)
{
	check_odd(VT M1 END VT "MSH|^~\\&|A|B", "M00[" M1 "]F00[MSH|^~\\&|A|B]");
	check_odd(VT M1 END VT, "M00[" M1 "]");
	check_odd(VT M1 END "\0\n", "M00[" M1 "]");
	check_odd(VT M1 END "MS", "M00[" M1 "]F08[MS]");
}

static void commit_block(void **state)
{
	check_odd(VT "\x06" END VT "\x15" END VT M1 END, "C00[\x06]C00[\x15]M00[" M1 "]");
}

/* ---- beyond the table -------------------------------------------------------------------------------------------------------- */

static void batch_in_a_frame(void **state)
{
	check_odd(VT "FHS|^~\\&|A\rBHS|^~\\&|A\r" M1 M2 "BTS|2\rFTS|1\r" END,
	          "E04[FHS|^~\\&|A\r]E04[BHS|^~\\&|A\r]M04[" M1 "]M04[" M2 "]E04[BTS|2\r]E04[FTS|1\r]");
	check_odd(VT "FHS|^~\\&|A\rFTS|0\r" END, "M00[FHS|^~\\&|A\rFTS|0\r]"); /* no message in it: one thing, and it is answered */
	check_odd(VT "junk\r" M1 END, "F04[junk\r]M04[" M1 "]");
}

static void no_header_at_all(void **state)
{
	check_odd(VT "hello" END, "M00[hello]");
	check_odd(VT "EVN|A01\rPID|1\r" END, "M00[EVN|A01\rPID|1\r]");
	check_odd(VT "MSH|^~" END, "M00[MSH|^~]");
	check_odd(VT "MSH" END, "M00[MSH]");
}

static void line_ends(void **state)
{
	check_odd(VT "MSH|^~\\&|A\nPID|1\n" END, "M20[MSH|^~\\&|A\nPID|1\n]");
	check_odd(VT "MSH|^~\\&|A\r\nPID|1\r\n" END, "M20[MSH|^~\\&|A\r\nPID|1\r\n]");
	check_odd(VT "MSH|^~\\&|A\rOBX|1|TX|||a\nb\r" END, "M00[MSH|^~\\&|A\rOBX|1|TX|||a\nb\r]");
}

/* VT and FS can be text: a line break of a word processor, half of a letter in UTF-16. */
static void frame_bytes_as_text(void **state)
{
	check_odd(VT "MSH|^~\\&|A\rOBX|1|TX|||one" VT "two" FS "three\r" END, "M00[MSH|^~\\&|A\rOBX|1|TX|||one" VT "two" FS "three\r]");
	check_odd(VT "MSH|^~\\&|A\rOBX|1|TX|||" VT VT VT "x" FS FS "y\r" END, "M00[MSH|^~\\&|A\rOBX|1|TX|||" VT VT VT "x" FS FS "y\r]");
}

static void wide(void **state)
{
	/* UTF-16LE: U+201C is 1c 20, U+0D1C 1c 0d, and the quotation mark stands before "MSH|" */
	static const char text[] = "\x0b\xff\xfeM\0S\0H\0|\0^\0~\0\\\0&\0|\0\x1c\x20M\0S\0H\0|\0\x1d\x20|\0\r\0\x1c\r";
	AUTO_BUF struct buf log = {0};
	buf_init(&log, 4096);
	for (size_t a = 0; a < sizeof text - 1; a++) {
		feed_cut(slice_of(text, sizeof text - 1), a, sizeof text - 1, &log, false);
		assert_int_equal(log.n, 3 + sizeof text - 1 - 3); /* one message: all but VT, FS, CR */
		assert_int_equal(log.p[0], 'M');
		assert_memory_equal(log.p + 2, text + 1, sizeof text - 4);
		buf_reset(&log);
	}
	/* started again, in UTF-16 without a mark */
	static const char again[] = "\x0bMSH|^~\\&|half\x0bM\0S\0H\0|\0^\0\x1c\r";
	for (size_t a = 0; a < sizeof again - 1; a++) {
		feed_cut(slice_of(again, sizeof again - 1), a, sizeof again - 1, &log, false);
		assert_memory_equal(log.p, "F[MSH|^~\\&|half]M[M\0S\0H\0|\0^\0]", log.n);
		assert_int_equal(log.n, 16 + 13);
		buf_reset(&log);
	}
}

static void idle_ends_a_frame(void **state)
{
	AUTO_BUF struct buf log = {0};
	struct hl7_mllp m;
	struct hl7_frame f;
	buf_init(&log, 4096);
	hl7_mllp_init(&m, 1 << 20);
	put(&m, B(VT M1), &log, true);
	assert_false(hl7_mllp_may_end(&m));
	hl7_mllp_idle(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_NONE); /* a slow sender in the middle of a message */
	put(&m, B(FS), &log, true);
	assert_int_equal(log.n, 0);
	assert_true(hl7_mllp_may_end(&m));
	hl7_mllp_idle(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_MESSAGE);
	assert_slice(f.bytes, M1);
	assert_int_equal(f.odd, HL7_ODD_NO_CR);
	hl7_mllp_idle(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_NONE);
	put(&m, B(CR VT M2 END), &log, false); /* the CR comes late: noise */
	assert_slice(buf_slice(&log), "M[" M2 "]");
	buf_reset(&log);
	put(&m, B(VT M1 FS "\n"), &log, false);
	assert_true(hl7_mllp_may_end(&m));
	hl7_mllp_idle(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_MESSAGE);
	put(&m, B(VT "MSH|" FS "text"), &log, false); /* an FS that is text */
	assert_false(hl7_mllp_may_end(&m));
	hl7_mllp_done(&m);
}

static void junk_comes_in_pieces(void **state)
{
	struct hl7_mllp m;
	struct hl7_frame f;
	size_t have, out = 0, frames = 0;
	hl7_mllp_init(&m, 1 << 20);
	for (int i = 0; i < 100; i++) { /* 5 MB without a start block, through a limit of 1 MiB */
		uint8_t *to = hl7_mllp_space(&m, 50000, &have);
		assert_non_null(to);
		memset(to, 'x', 50000);
		hl7_mllp_fed(&m, 50000);
		for (hl7_mllp_next(&m, &f); f.type != HL7_FRAME_NONE; hl7_mllp_next(&m, &f), frames++) {
			assert_int_equal(f.type, HL7_FRAME_FRAGMENT);
			assert_int_equal(f.bytes.n, 65536);
			out += f.bytes.n;
		}
	}
	hl7_mllp_eof(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_FRAGMENT);
	assert_int_equal(out + f.bytes.n, 5000000);
	hl7_mllp_done(&m);
}

static void too_large(void **state)
{
	struct hl7_mllp m;
	struct hl7_frame f;
	size_t have, sent = 0;
	hl7_mllp_init(&m, 100000);
	uint8_t *to = hl7_mllp_space(&m, 4, &have);
	memcpy(to, VT "MSH|", 5 < have ? 5 : have);
	hl7_mllp_fed(&m, 5);
	while ((to = hl7_mllp_space(&m, 1000, &have))) {
		memset(to, 'x', 1000);
		hl7_mllp_fed(&m, 1000);
		hl7_mllp_next(&m, &f);
		assert_int_equal(f.type, HL7_FRAME_NONE);
		sent += 1000;
		assert_true(sent < 120000);
	}
	assert_true(sent >= 100000);
	hl7_mllp_done(&m);
}

/* 64 MB in reads of 4 KiB. Looking at everything again at each read would be 500 GB. */
static void large_in_linear_time(void **state)
{
	struct hl7_mllp m;
	struct hl7_frame f;
	size_t have, sent = 0;
	int64_t begin = time_monotonic();
	hl7_mllp_init(&m, HL7_MESSAGE_MAX);
	static const char head[] = VT "MSH|^~\\&|A\rOBX|1|ED|||^^^Base64^";
	while (sent < (size_t)64 << 20) {
		uint8_t *to = hl7_mllp_space(&m, 4096, &have);
		assert_non_null(to);
		memset(to, 'A', 4096);
		if (sent == 0)
			memcpy(to, head, sizeof head - 1);
		hl7_mllp_fed(&m, 4096);
		sent += 4096;
		hl7_mllp_next(&m, &f);
		assert_int_equal(f.type, HL7_FRAME_NONE);
	}
	uint8_t *to = hl7_mllp_space(&m, 2, &have);
	memcpy(to, END, 2);
	hl7_mllp_fed(&m, 2);
	hl7_mllp_next(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_MESSAGE);
	assert_int_equal(f.bytes.n, sent - 1);
	hl7_mllp_next(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_NONE);
	hl7_mllp_space(&m, 1, &have);
	assert_true(m.in.cap <= 4096); /* the memory of a large message is given back */
	hl7_mllp_done(&m);
	if (time_monotonic() - begin > 15 * TIME_SEC)
		fail_msg("64 MB took %lld ms", (long long)(time_monotonic() - begin) / 1000000);
}

/* A peer that sends the worst: frame bytes and almost-headers, one byte a read. */
static void hostile_in_linear_time(void **state)
{
	static const char *const patterns[] = {VT, FS, "\0", "\r", "M", VT "M", FS "M", "\rMS", FS "\0\0\n"};
	for (size_t k = 0; k < ARRAY_LEN(patterns); k++)
		for (int framed = 0; framed < 2; framed++) {
			struct hl7_mllp m;
			struct hl7_frame f;
			size_t have, n = strlen(patterns[k]) ? strlen(patterns[k]) : 1;
			hl7_mllp_init(&m, 4 << 20);
			int64_t begin = time_monotonic();
			for (size_t i = 0; i < 200000; i++) {
				uint8_t *to = hl7_mllp_space(&m, 1, &have);
				assert_non_null(to);
				*to = framed && i == 0 ? 0x0b : framed && i == 1 ? 'x' : (uint8_t)patterns[k][i % n];
				hl7_mllp_fed(&m, 1);
				for (hl7_mllp_next(&m, &f); f.type != HL7_FRAME_NONE; hl7_mllp_next(&m, &f))
					;
			}
			if (time_monotonic() - begin > 20 * TIME_SEC)
				fail_msg("pattern %zu, framed %d is not linear", k, framed);
			hl7_mllp_done(&m);
		}
}

static void wrapped(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	hl7_mllp_wrap(&b, SLICE(M1));
	assert_slice(buf_slice(&b), VT M1 END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_frames_in_one_write), cmocka_unit_test(same_message_twice), cmocka_unit_test(nuls_between_frames),
		cmocka_unit_test(end_with_line_feed), cmocka_unit_test(end_without_cr), cmocka_unit_test(sender_restarted), cmocka_unit_test(no_start_block),
		cmocka_unit_test(doubled_blocks), cmocka_unit_test(empty_frame), cmocka_unit_test(http_request_then_a_frame), cmocka_unit_test(two_headers_in_one_frame), cmocka_unit_test(two_headers_with_nuls_between),
		cmocka_unit_test(whole_partial_eof), cmocka_unit_test(commit_block), cmocka_unit_test(batch_in_a_frame), cmocka_unit_test(no_header_at_all),
		cmocka_unit_test(line_ends), cmocka_unit_test(frame_bytes_as_text), cmocka_unit_test(wide), cmocka_unit_test(idle_ends_a_frame),
		cmocka_unit_test(junk_comes_in_pieces), cmocka_unit_test(too_large), cmocka_unit_test(large_in_linear_time), cmocka_unit_test(hostile_in_linear_time),
		cmocka_unit_test(wrapped),
	};
	return cmocka_run_group_tests_name("hl7_mllp", tests, NULL, NULL);
}
