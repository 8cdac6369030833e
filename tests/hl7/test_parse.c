/* Messages into segments, fields, parts: any delimiters, any line ends, odd lines, limits; paths; the text of a value. */
#include "hl7_test.h"

#define MSH "MSH|^~\\&|APP|FAC|RAPP|RFAC|20260101||ADT^A01^ADT_A01|77|P|2.5\r"

static void plain(void **state)
{
	struct parsed p;
	parse_ok(&p, SLICE(MSH "EVN|A01\rPID|1||123^^^HOSP&1.2&ISO^MR~9^^^S^SS||Doe^John||19800101|M\rOBX|1\rOBX|2||x\r"));
	assert_int_equal(p.count, 0);
	assert_int_equal(p.m.count, 5);
	assert_slice(hl7_get(&p.m, "MSH-1"), "|");
	assert_slice(hl7_get(&p.m, "MSH-2"), "^~\\&");
	assert_slice(hl7_get(&p.m, "MSH-3"), "APP");
	assert_slice(hl7_get(&p.m, "MSH-9.2"), "A01");
	assert_slice(hl7_get(&p.m, "PID-3"), "123^^^HOSP&1.2&ISO^MR");
	assert_slice(hl7_get(&p.m, "PID-3(2).4"), "S");
	assert_slice(hl7_get(&p.m, "PID-3.4.2"), "1.2");
	assert_slice(hl7_get(&p.m, "PID.3.1.1"), "123");
	assert_slice(hl7_get(&p.m, "OBX[2]-3"), "x");
	assert_int_equal(hl7_reps(&p.m, hl7_field(&p.m, hl7_segment(&p.m, "PID", 0), 3)), 2);
	const struct hl7_segment *pid = hl7_segment(&p.m, "PID", 0);
	assert_int_equal(pid->fields, 8);
	assert_slice(hl7_field(&p.m, pid, 3), "123^^^HOSP&1.2&ISO^MR~9^^^S^SS");
	/* present but empty, and absent */
	assert_non_null(hl7_field(&p.m, pid, 2).p);
	assert_int_equal(hl7_field(&p.m, pid, 2).n, 0);
	assert_int_equal(hl7_reps(&p.m, hl7_field(&p.m, pid, 2)), 0);
	assert_null(hl7_field(&p.m, pid, 9).p);
	assert_null(hl7_field(&p.m, pid, 0).p);
	assert_null(hl7_field(&p.m, NULL, 1).p);
	assert_null(hl7_segment(&p.m, "PID", 1));
	assert_null(hl7_segment(&p.m, "PV1", 0));
	assert_null(hl7_get(&p.m, "PID-3(3)").p);
	assert_null(hl7_get(&p.m, "OBX[3]-1").p);
	done(&p);
}

static void bad_paths(void **state)
{
	static const char *const paths[] = {"", "PID", "PID-", "PID-0", "PID-x", "PID-3(0)", "PID-3(1", "PID-3.", "PID-3.1.1.1", "PID[0]-1", "PID[1-1", "PIDX-1", "PID-3.0", "PID-99999999999", "pid-3"};
	struct parsed p;
	parse_ok(&p, SLICE(MSH "PID|1||a^b&c~d\r"));
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (hl7_get(&p.m, paths[i]).p)
			fail_msg("%s gives something", paths[i]);
	done(&p);
}

static void any_delimiters(void **state)
{
	struct parsed p;
	parse_ok(&p, SLICE("MSH#!@%*#S#F#R#F#2026##ADT!A01#7#P#2.5\rPID#1##1!!!H*1~|^!X@2##D%T%E!J\r"));
	assert_int_equal(p.count, 0);
	assert_slice(hl7_get(&p.m, "MSH-1"), "#");
	assert_slice(hl7_get(&p.m, "MSH-9.2"), "A01");
	assert_slice(hl7_get(&p.m, "PID-3.4.2"), "1~|^");
	assert_slice(hl7_get(&p.m, "PID-3(2)"), "2");
	assert_slice(text_of(&p, "PID-5.1"), "D*E");
	done(&p);
	parse_ok(&p, SLICE("MSH@~&#\\@S@F@R@F@2026@@ADT~A01@9@P@2.5\rPID@1@@M~~~H\\2&N@@D#T#E~J\r"));
	assert_slice(hl7_get(&p.m, "MSH-9.1"), "ADT");
	assert_slice(hl7_get(&p.m, "PID-3.4.2"), "2");
	assert_slice(hl7_get(&p.m, "PID-3(2)"), "N");
	assert_slice(text_of(&p, "PID-5.1"), "D\\E");
	done(&p);
	parse_ok(&p, SLICE("MSH|^~\\&#|S|F|R|F|2026||ORU^R01|9|P|2.7\rOBX|1|TX|||cut\\P\\#\r")); /* truncation character, v2.7 */
	assert_int_equal(p.m.d.trunc, '#');
	assert_slice(text_of(&p, "OBX-5"), "cut##");
	assert_slice(hl7_get(&p.m, "MSH-2"), "^~\\&#");
	done(&p);
	parse_ok(&p, SLICE("MSH|^~\\\\&|S|F|R|F|2026||ADT^A01|9|P|2.5\rPID|1||a^b&c\r")); /* out of somebody's JSON */
	assert_int_equal(p.m.d.sub, '&');
	assert_slice(hl7_get(&p.m, "PID-3.2.2"), "c");
	assert_true(has_problem(&p, HL7_P_DELIMITERS, "MSH.2"));
	assert_slice(hl7_get(&p.m, "MSH-2"), "^~\\\\&");
	done(&p);
}

static void short_delimiters(void **state)
{
	struct parsed p;
	parse_ok(&p, SLICE("MSH|^~|S|F|R|F|2026||ADT^A01|9|P|2.5\rPID|1||a^b&c\\F\\~d\r"));
	assert_slice(hl7_get(&p.m, "PID-3.2"), "b&c\\F\\"); /* no escape and no subcomponent character: they are text */
	assert_slice(text_of(&p, "PID-3.2"), "b&c\\F\\");
	assert_slice(hl7_get(&p.m, "PID-3(2)"), "d");
	assert_true(has_problem(&p, HL7_P_DELIMITERS, "MSH.2"));
	done(&p);
	parse_ok(&p, SLICE("MSH||S|F|R|F|2026||ADT^A01|9|P|2.5\rPID|1||a^b\r")); /* none at all: the usual ones */
	assert_slice(hl7_get(&p.m, "PID-3.2"), "b");
	assert_slice(hl7_get(&p.m, "MSH-3"), "S");
	assert_true(has_problem(&p, HL7_P_DELIMITERS, "MSH.2"));
	done(&p);
	parse_ok(&p, SLICE("MSH|^^\\A|S")); /* twice the same, and a letter */
	assert_int_equal(p.m.d.comp, '^');
	assert_int_equal(p.m.d.rep, 0);
	assert_int_equal(p.m.d.sub, 0);
	done(&p);
	parse_ok(&p, SLICE("MSH|^~"));
	assert_int_equal(p.m.count, 1);
	assert_slice(hl7_get(&p.m, "MSH-2"), "^~");
	assert_true(has_problem(&p, HL7_P_VALUE, "MSH.9"));
	assert_true(has_problem(&p, HL7_P_VALUE, "MSH.10"));
	done(&p);
	parse_ok(&p, SLICE("MSH|"));
	assert_int_equal(p.m.segments[0].fields, 2);
	done(&p);
}

static void no_message(void **state)
{
	static const char *const none[] = {"", "M", "MSH", "MSH\r", "MSHX|^~", "EVN|A01\rMSH|^~\\&|", "hello", "\xEF\xBB\xBF", "\r\n\r\n", "BTS|1\r", "msh|^~\\&|", "MSH ^~\\&", "{\"a\":1}"};
	struct parsed p;
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		parse(&p, slice_str(none[i]));
		if (p.r != ERR_INPUT || p.e.code != ERR_INPUT || !p.e.text[0])
			fail_msg("%zu: %d", i, p.r);
		done(&p);
	}
	parse(&p, SLICE_NULL);
	assert_int_equal(p.r, ERR_INPUT);
	done(&p);
	parse_ok(&p, SLICE("BHS|^~\\&|A|B")); /* batch headers can be read */
	assert_slice(hl7_get(&p.m, "BHS-3"), "A");
	assert_slice(hl7_get(&p.m, "BHS-1"), "|");
	assert_int_equal(p.count, 0);
	done(&p);
}

static void line_ends(void **state)
{
	static const char *const same[] = {"MSH|^~\\&|A\rPID|1||x\rPV1|1\r", "MSH|^~\\&|A\nPID|1||x\nPV1|1\n", "MSH|^~\\&|A\r\nPID|1||x\r\nPV1|1\r\n", "MSH|^~\\&|A\rPID|1||x\nPV1|1",
		"MSH|^~\\&|A\r\rPID|1||x\r\r\rPV1|1\r\r", "MSH|^~\\&|A\n\rPID|1||x\n\n\rPV1|1", "\x0bMSH|^~\\&|A\rPID|1||x\rPV1|1\r\x1c\r", "\xEF\xBB\xBFMSH|^~\\&|A\rPID|1||x\r  \rPV1|1",
		"\r\n \tMSH|^~\\&|A\rPID|1||x\rPV1|1"};
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct parsed p;
		parse_ok(&p, slice_str(same[i]));
		if (p.m.count != 3)
			fail_msg("%zu: %u segments", i, p.m.count);
		assert_slice(hl7_get(&p.m, "MSH-3"), "A");
		assert_slice(hl7_get(&p.m, "PID-3"), "x");
		assert_slice(hl7_get(&p.m, "PV1-1"), "1");
		bool mixed = i == 3 || i == 5;
		if (has_problem(&p, HL7_P_LINE_END, "message") != mixed)
			fail_msg("%zu: mixed line ends %s", i, mixed ? "not told" : "told");
		done(&p);
	}
}

/* In a message that ends its lines in CR, a lone LF is text unless a segment follows. */
static void line_feed_in_text(void **state)
{
	struct parsed p;
	parse_ok(&p, SLICE("MSH|^~\\&|A\rOBX|1|TX|||first\nsecond\n\nTHE end|||F\nOBX|2|TX|||x\r"));
	assert_int_equal(p.m.count, 3);
	assert_slice(hl7_get(&p.m, "OBX-5"), "first\nsecond\n\nTHE end");
	assert_slice(hl7_get(&p.m, "OBX-8"), "F");
	assert_slice(hl7_get(&p.m, "OBX[2]-5"), "x");
	assert_true(has_problem(&p, HL7_P_LINE_END, "message"));
	done(&p);
	parse_ok(&p, SLICE("MSH|^~\\&|A\nOBX|1|TX|||first\nsecond|||F\n")); /* with LF line ends nobody can tell */
	assert_int_equal(p.m.count, 3);
	done(&p);
}

static void odd_names(void **state)
{
	struct parsed p;
	parse_ok(&p, SLICE(MSH "PIDX|1||a\rPV|1\rZZZ|z\r pid|1\rfor interpretation and|x\rPV1\r PV2 |7\rz9z|q\r\xC3\xA9|\r|||a\r"));
	assert_int_equal(p.m.count, 11);
	assert_string_equal(p.m.segments[1].id, "");
	assert_slice(hl7_segment_name(&p.m, &p.m.segments[1]), "PIDX");
	assert_slice(hl7_field(&p.m, &p.m.segments[1], 3), "a");
	assert_null(hl7_segment(&p.m, "PID", 0));
	assert_slice(hl7_get(&p.m, "ZZZ-1"), "z");
	assert_slice(hl7_segment_name(&p.m, &p.m.segments[5]), "for interpretation and");
	assert_int_equal(hl7_segment(&p.m, "PV1", 0)->fields, 0);
	assert_slice(hl7_get(&p.m, "PV2-1"), "7"); /* blanks around a good name */
	assert_slice(hl7_get(&p.m, "z9z-1"), "q");
	assert_slice(hl7_field(&p.m, &p.m.segments[10], 3), "a"); /* a line that begins with a separator has an empty name */
	assert_true(has_problem(&p, HL7_P_SEGMENT_NAME, "line 2"));
	assert_true(has_problem(&p, HL7_P_SEGMENT_NAME, "line 6"));
	for (size_t i = 0; i < p.count; i++)
		assert_null(strstr(p.problems[i].text, "interpretation")); /* no data in what we say */
	done(&p);
}

/* What the tests of one segment lay down: the walk and the loops see the same. */
static void walks(void **state)
{
	static const char *const messages[] = {MSH "PID|1||a^b&c~d^e|\rOBX\rZZZ|\rNTE|~^&|x~\r", "MSH|", "MSH|^~\\&", "MSH|^~\\&|", "BHS|^~\\&|a^b\r", "MSH|^~|a^b&c~d\r", "MSH||a^b&c\\\r",
		"MSH|^~\\&|x\rOBX|1|TX|||0123456789012345678901234567890123456789012345678901234567890123456789^abcdefghijklmnopqrstuvwxyz0123456789&~\r"};
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		struct parsed p;
		parse_ok(&p, slice_str(messages[i]));
		for (uint32_t k = 0; k < p.m.count; k++) {
			struct hl7_walk w;
			hl7_walk_segment(&w, &p.m, &p.m.segments[k]);
			for (unsigned f = 1; f <= p.m.segments[k].fields; f++) {
				struct slice field = hl7_field(&p.m, &p.m.segments[k], f), rep, comp, sub;
				for (unsigned r = 1; hl7_next_rep(&p.m, &field, &rep); r++)
					for (unsigned c = 1; hl7_next_comp(&p.m, &rep, &comp); c++)
						for (unsigned s = 1; hl7_next_sub(&p.m, &comp, &sub); s++) {
							assert_true(hl7_walk_next(&w));
							assert_true(w.field == f && w.rep == r && w.comp == c && w.sub == s);
							assert_true(w.value.p == sub.p && w.value.n == sub.n);
						}
			}
			assert_false(hl7_walk_next(&w));
			assert_false(hl7_walk_next(&w));
		}
		done(&p);
	}
}

/* A message in a buffer of exactly its size at the end of what may be read: every length from nothing. */
static void every_length(void **state)
{
	static const char whole[] = MSH "PID|1||123^^^HOSP&1.2&ISO^MR~9^^^S^SS||Doe^John\\T\\||19800101|M\rOBX|1|TX|a^b||text of some length, longer than one block of sixty-four bytes|||F\r\n";
	for (size_t n = 0; n <= sizeof whole - 1; n++) {
		char *exact = malloc(n ? n : 1);
		memcpy(exact, whole, n);
		struct parsed p;
		parse(&p, slice_of(exact, n));
		if (n >= 4)
			assert_int_equal(p.r, 0);
		if (p.r == 0) {
			struct hl7_walk w;
			for (uint32_t k = 0; k < p.m.count; k++)
				for (hl7_walk_segment(&w, &p.m, &p.m.segments[k]); hl7_walk_next(&w);)
					hl7_text(&p.m, w.value, p.a);
			assert_slice(hl7_get(&p.m, "MSH-1"), "|");
		}
		done(&p);
		free(exact);
	}
}

static void limits(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct parsed p;
	buf_init(&b, (size_t)100 << 20);
	buf_str(&b, MSH "PID|");
	for (int i = 0; i < HL7_FIELDS_MAX; i++)
		buf_u8(&b, '|');
	buf_str(&b, "\rPV1|1\r");
	parse_ok(&p, buf_slice(&b));
	assert_true(has_problem(&p, HL7_P_LIMIT, "message"));
	assert_true(p.m.field_count <= HL7_FIELDS_MAX);
	assert_int_equal(p.m.count, 2);
	assert_slice(hl7_get(&p.m, "MSH-10"), "77");
	done(&p);

	buf_reset(&b); /* all in the header */
	buf_str(&b, "MSH|^~\\&");
	for (int i = 0; i < HL7_FIELDS_MAX + 10; i++)
		buf_u8(&b, '|');
	parse_ok(&p, buf_slice(&b));
	assert_true(has_problem(&p, HL7_P_LIMIT, "message"));
	assert_int_equal(p.m.count, 1);
	done(&p);

	buf_reset(&b);
	buf_str(&b, MSH);
	for (int i = 0; i < HL7_SEGMENTS_MAX + 10; i++)
		buf_str(&b, "OBX|1\r");
	parse_ok(&p, buf_slice(&b));
	assert_int_equal(p.m.count, HL7_SEGMENTS_MAX);
	assert_true(has_problem(&p, HL7_P_LIMIT, "message"));
	done(&p);

	buf_reset(&b);
	buf_str(&b, MSH);
	memset(buf_space(&b, HL7_MESSAGE_MAX), 'x', HL7_MESSAGE_MAX);
	buf_commit(&b, HL7_MESSAGE_MAX);
	parse(&p, buf_slice(&b));
	assert_int_equal(p.r, ERR_LIMIT);
	done(&p);
}

static void arena_too_small(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_str(&b, MSH "PID|");
	for (int i = 0; i < 10000; i++)
		buf_str(&b, "a|");
	AUTO_ARENA struct arena *a = arena_new(20000);
	struct hl7_msg m;
	struct err e = {0};
	assert_int_equal(hl7_parse(buf_slice(&b), a, &m, NULL, 0, NULL, &e), ERR_LIMIT);
}

/* Problems never overrun what the caller gave. */
static void few_problems(void **state)
{
	struct hl7_problem one[1];
	size_t n = 9;
	struct hl7_msg m;
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	assert_int_equal(hl7_parse(SLICE("MSH|^~\rPIDX|1\rPV|2\r"), a, &m, one, 1, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(hl7_parse(SLICE("MSH|^~\rPIDX|1\rPV|2\r"), a, &m, NULL, 5, &n, NULL), 0);
	assert_int_equal(n, 0);
}

/* ---- text ------------------------------------------------------------------------------------------------------------------------- */

static void check_text(const char *raw, const char *want)
{
	AUTO_BUF struct buf b = {0};
	struct parsed p;
	buf_init(&b, 4096);
	buf_str(&b, MSH "OBX|1|TX|||");
	buf_str(&b, raw);
	buf_str(&b, "\r");
	parse_ok(&p, buf_slice(&b));
	assert_slice(text_of(&p, "OBX-5"), want);
	done(&p);
}

static void escapes(void **state)
{
	check_text("plain", "plain");
	check_text("", "");
	check_text("\"\"", "\"\"");
	check_text("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f");
	check_text("one\\.br\\two", "one\ntwo");
	check_text("one\\.sp\\two\\.sp2\\three\\.sp+2\\four", "one\ntwo\n\nthree\n\nfour");
	check_text("a\\.sk3\\b\\.in+4\\c\\.ti-2\\d\\.fi\\e\\.nf\\f\\.ce\\g", "a   bcdef\ng");
	check_text("\\H\\high\\N\\ low", "high low");
	check_text("\\X0D0A\\|", "\r\n");
	check_text("\\X41\\\\x42\\", "AB");
	check_text("\\XC3\\\\XA9\\", "\xC3\xA9"); /* neighbours are decoded together */
	check_text("\\XC3A9\\t\\XC3A9\\", "\xC3\xA9t\xC3\xA9");
	/* what nobody knows stays as it stands */
	check_text("\\Z99\\", "\\Z99\\");
	check_text("a\\b", "a\\b");
	check_text("C:\\dir\\T\\x", "C:\\dir&x"); /* the first is text, the second begins a sequence */
	check_text("\\\\", "\\\\");
	check_text("\\", "\\");
	check_text("\\X4\\\\XZZ\\\\X\\", "\\X4\\\\XZZ\\\\X\\");
	check_text("\\P\\", "\\P\\"); /* no truncation character was given */
	check_text("\\.xx\\\\.\\\\.br1x\\", "\\.xx\\\\.\\\\.br1x\\");
	check_text("\\M824041\\\\C12\\", "\\M824041\\\\C12\\");
	check_text("\\F", "\\F");
	/* a number is held to what a page can bear */
	AUTO_BUF struct buf blanks = {0};
	buf_init(&blanks, 4096);
	for (int i = 0; i < 100; i++)
		buf_u8(&blanks, ' ');
	check_text("\\.sk4000000000\\", buf_cstr(&blanks));
}

/* Where there is nothing to do, nothing is copied. */
static void fast_path(void **state)
{
	struct parsed p;
	parse_ok(&p, SLICE(MSH "OBX|1|TX|||plain^M\xC3\xBCller^a\\T\\b\r"));
	size_t used = arena_used(p.a);
	struct slice raw = hl7_get(&p.m, "OBX-5.1"), t = hl7_text(&p.m, raw, p.a);
	assert_ptr_equal(t.p, raw.p);
	raw = hl7_get(&p.m, "OBX-5.2");
	t = hl7_text(&p.m, raw, p.a);
	assert_ptr_equal(t.p, raw.p);
	assert_int_equal(arena_used(p.a), used);
	assert_slice(text_of(&p, "OBX-5.3"), "a&b");
	assert_null(hl7_text(&p.m, SLICE_NULL, p.a).p);
	assert_slice(text_of(&p, "MSH-2"), "^~\\&");
	done(&p);
}

static void text_without_room(void **state)
{
	struct parsed p;
	parse_ok(&p, SLICE(MSH "OBX|1|TX|||a\\T\\b\r"));
	AUTO_ARENA struct arena *small = arena_new(1);
	while (arena_alloc(small, 16))
		;
	assert_null(hl7_text(&p.m, hl7_get(&p.m, "OBX-5"), small).p);
	done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain), cmocka_unit_test(bad_paths), cmocka_unit_test(any_delimiters), cmocka_unit_test(short_delimiters), cmocka_unit_test(no_message),
		cmocka_unit_test(line_ends), cmocka_unit_test(line_feed_in_text), cmocka_unit_test(odd_names), cmocka_unit_test(walks), cmocka_unit_test(every_length),
		cmocka_unit_test(limits), cmocka_unit_test(arena_too_small), cmocka_unit_test(few_problems), cmocka_unit_test(escapes), cmocka_unit_test(fast_path),
		cmocka_unit_test(text_without_room),
	};
	return cmocka_run_group_tests_name("hl7_parse", tests, NULL, NULL);
}
