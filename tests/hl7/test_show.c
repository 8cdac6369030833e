/* Messages as JSON: the nesting rule, the keys, the problems of files; and the example of holdfast-hl7(1), taken from the page itself. */
#include "hl7_test.h"

#include <time.h>

#define M "MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5"
#define MJ "[\"MSH\",\"|\",\"^~\\\\&\",\"A\",\"B\",\"C\",\"D\",\"2026\",\"\",[[\"ADT\",\"A01\"]],\"1\",\"P\",\"2.5\"]"
#define HEAD "\"type\":\"ADT^A01\",\"control_id\":\"1\",\"version\":\"2.5\",\"charset\":\"\",\"encoding\":\"us-ascii\",\"segments\":[" MJ
#define NONE "\"type\":\"\",\"control_id\":\"\",\"version\":\"\",\"charset\":\"\",\"encoding\":\"\",\"segments\":[],"

static void show(struct slice s, const char *name, struct buf *out, struct hl7_show *ret)
{
	struct err e = {0};
	int r;
	hl7_show_init(ret, name, s);
	while ((r = hl7_show_next(ret, out, &e)) > 0)
		;
	if (r)
		fail_msg("%s", e.text);
}

static void check_bytes(struct slice s, const char *want)
{
	AUTO_BUF struct buf out = {0};
	struct hl7_show sh;
	buf_init(&out, 1 << 20);
	show(s, "f", &out, &sh);
	assert_slice(buf_slice(&out), want);
}
#define check(text, want) check_bytes(B(text), want)

/* One field of a segment. */
static void check_field(const char *raw, const char *want)
{
	AUTO_BUF struct buf in = {0}, out = {0};
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_printf(&in, M "\rZZZ|%s|x\r", raw);
	buf_printf(&out, "{\"file\":\"f\",\"index\":0,\"offset\":0," HEAD ",[\"ZZZ\",%s,\"x\"]],\"problems\":[]}\n", want);
	check_bytes(buf_slice(&in), buf_cstr(&out));
}

static void nesting(void **state)
{
	check_field("M", "\"M\"");
	check_field("", "\"\"");
	check_field("\"\"", "\"\\\"\\\"\"");
	check_field("A~B", "[\"A\",\"B\"]");
	check_field("Doe^John", "[[\"Doe\",\"John\"]]");
	check_field("Doe^John~Roe", "[[\"Doe\",\"John\"],\"Roe\"]");
	check_field("A&B", "[[[\"A\",\"B\"]]]");
	check_field("1^H&9&ISO", "[[\"1\",[\"H\",\"9\",\"ISO\"]]]");
	check_field("~", "[\"\",\"\"]");
	check_field("^", "[[\"\",\"\"]]");
	check_field("&", "[[[\"\",\"\"]]]");
	check_field("a~^&", "[\"a\",[\"\",[\"\",\"\"]]]");
	check_field("\"\"^x", "[[\"\\\"\\\"\",\"x\"]]");
	check_field("a\\R\\b\\S\\c", "\"a~b^c\""); /* escaped delimiters do not cut */
	check_field("a\\.br\\b\\T\\\\X41\\", "\"a\\nb&A\"");
}

static void keys(void **state)
{
	check("MSH#!@%*#A#B#C#D#2026##ORU!R01!ORU_R01#7%F%8#P#2.5!USA######8859/1@UNICODE\rPID#1##\xE9\r",
	      "{\"file\":\"f\",\"index\":0,\"offset\":0,\"type\":\"ORU^R01\",\"control_id\":\"7#8\",\"version\":\"2.5\",\"charset\":\"8859/1\",\"encoding\":\"iso-8859-1\",\"segments\":[[\"MSH\",\"#\",\"!@%*\","
	      "\"A\",\"B\",\"C\",\"D\",\"2026\",\"\",[[\"ORU\",\"R01\",\"ORU_R01\"]],\"7#8\",\"P\",[[\"2.5\",\"USA\"]],\"\",\"\",\"\",\"\",\"\",[\"8859/1\",\"UNICODE\"]],[\"PID\",\"1\",\"\",\"é\"]],\"problems\":[]}\n");
	check("MSH|^~\\&|||||||ACK|1|P|2.5", "{\"file\":\"f\",\"index\":0,\"offset\":0,\"type\":\"ACK\",\"control_id\":\"1\",\"version\":\"2.5\",\"charset\":\"\",\"encoding\":\"us-ascii\",\"segments\":[[\"MSH\",\"|\","
	                                     "\"^~\\\\&\",\"\",\"\",\"\",\"\",\"\",\"\",\"ACK\",\"1\",\"P\",\"2.5\"]],\"problems\":[]}\n");
	check("MSH|^~", "{\"file\":\"f\",\"index\":0,\"offset\":0,\"type\":\"\",\"control_id\":\"\",\"version\":\"\",\"charset\":\"\",\"encoding\":\"us-ascii\",\"segments\":[[\"MSH\",\"|\",\"^~\"]],\"problems\":["
	                "{\"place\":\"MSH.2\",\"text\":\"fewer than four encoding characters: those that are missing are not used\"},{\"place\":\"MSH.9\",\"text\":\"no message type\"},"
	                "{\"place\":\"MSH.10\",\"text\":\"no control id\"}]}\n");
	check(M "\rPIDX|1\rPV1\r", "{\"file\":\"f\",\"index\":0,\"offset\":0," HEAD ",[\"PIDX\",\"1\"],[\"PV1\"]],\"problems\":[{\"place\":\"line 2\",\"text\":\"a segment name is three capital letters or "
	                           "digits: the line is kept as it stands\"}]}\n");
	check(M "\rZZZ|\\Q\\|a\\b^\\c\r", "{\"file\":\"f\",\"index\":0,\"offset\":0," HEAD ",[\"ZZZ\",\"\\\\Q\\\\\",[[\"a\\\\b\",\"\\\\c\"]]]],\"problems\":[{\"place\":\"ZZZ.1 in segment 2\",\"text\":\"2 escape "
	                                  "characters that begin nothing we know, left as they stand\"},{\"place\":\"ZZZ.2 in segment 2\",\"text\":\"1 escape character that begins nothing we know, left as it stands\"},"
	                                  "{\"place\":\"ZZZ.2 in segment 2\",\"text\":\"1 escape character that begins nothing we know, left as it stands\"}]}\n");
}

#define LINE(index, offset, problems) "{\"file\":\"f\",\"index\":" #index ",\"offset\":" #offset "," HEAD "],\"problems\":[" problems "]}\n"
#define PROBLEM(at, text) "{\"place\":\"offset " #at "\",\"text\":\"" text "\"}"

static void files(void **state)
{
	check("", "");
	check("\r\n\x1c", "");
	check(M "\r" M "\n\n" M, LINE(0, 0, "") LINE(1, 39, "") LINE(2, 79, ""));
	check("FHS|^~\\&|A\rBHS|^~\\&|A\r" M "\r" M "\rBTS|2\rFTS|1\r", LINE(0, 22, "") LINE(1, 61, ""));
	check("BHS|^~\\&|A\r" M "\r" M "\rBTS|3\r", LINE(0, 11, "") LINE(1, 50, PROBLEM(89, "BTS-1 says 3 messages, here stand 2")));
	check("FHS|^~\\&|A\rBHS|^~\\&|A\r" M "\rBTS|1\rFTS|2\r", LINE(0, 22, PROBLEM(67, "FTS-1 says 2 batches, here stand 1")));
	check("FHS|^~\\&|A\rBHS|^~\\&|A\r" M "\rBTS\rFTS|x\r", LINE(0, 22, PROBLEM(65, "FTS-1 is no number of batches")));
	check("BHS|^~\\&|A\r" M "\rBTS|1\rBHS|^~\\&|A\r" M "\r", LINE(0, 11, "") LINE(1, 67, PROBLEM(106, "the file ends inside a batch: no BTS")));
	check("junk\r" M "\r\x1c\rmore\r" M "\r", LINE(0, 5, PROBLEM(0, "bytes that belong to no message: no MSH at the start of a line") "," PROBLEM(46, "bytes that belong to no message: no MSH at the start of a line"))
	      LINE(1, 51, ""));
	check("hello", "{\"file\":\"f\",\"index\":0,\"offset\":0," NONE "\"problems\":[" PROBLEM(0, "bytes that belong to no message: no MSH at the start of a line") "]}\n");
	check("FHS|^~\\&|A\rFTS|0\r", "{\"file\":\"f\",\"index\":0,\"offset\":0," NONE "\"problems\":[" PROBLEM(0, "envelope lines only, and no message") "]}\n");
	check(M "\rMSH|^~\r" M, LINE(0, 0, "")
	      "{\"file\":\"f\",\"index\":1,\"offset\":39,\"type\":\"\",\"control_id\":\"\",\"version\":\"\",\"charset\":\"\",\"encoding\":\"us-ascii\",\"segments\":[[\"MSH\",\"|\",\"^~\"]],\"problems\":["
	      "{\"place\":\"MSH.2\",\"text\":\"fewer than four encoding characters: those that are missing are not used\"},{\"place\":\"MSH.9\",\"text\":\"no message type\"},"
	      "{\"place\":\"MSH.10\",\"text\":\"no control id\"}]}\n" LINE(2, 46, ""));
}

static void counts(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct hl7_show sh;
	buf_init(&out, 1 << 20);
	show(SLICE("junk\r" M "\r"), "f", &out, &sh);
	assert_int_equal(sh.messages, 1);
	assert_int_equal(sh.unreadable, 1);
	show(SLICE("junk"), "f", &out, &sh);
	assert_int_equal(sh.unreadable, 1);
	show(SLICE(""), "f", &out, &sh);
	assert_int_equal(sh.messages, 0);
	assert_int_equal(sh.unreadable, 0);
}

static void out_of_room(void **state)
{
	AUTO_BUF struct buf out = {0};
	struct hl7_show sh;
	struct err e = {0};
	buf_init(&out, 100);
	hl7_show_init(&sh, "f", SLICE(M "\r"));
	assert_int_equal(hl7_show_next(&sh, &out, &e), ERR_LIMIT);
	assert_int_equal(e.code, ERR_LIMIT);
}

/* A field of two million repetitions takes time by its size, not by its square. */
static void many_repetitions(void **state)
{
	AUTO_BUF struct buf in = {0}, out = {0};
	struct hl7_show sh;
	buf_init(&in, 64 << 20);
	buf_init(&out, 256 << 20);
	buf_str(&in, M "\rZZZ|");
	for (int i = 0; i < 2000000; i++)
		buf_str(&in, "~^&");
	clock_t begin = clock(); /* of the processor: others may be using it */
	show(buf_slice(&in), "f", &out, &sh);
	assert_int_equal(sh.messages, 1);
	if (clock() - begin > 20 * CLOCKS_PER_SEC)
		fail_msg("not linear");
}

/* ---- the page ---------------------------------------------------------------------------------------------------------------------- */

/* The nth literal block of the page's EXAMPLES, its lines joined by `join`, without roff's escapes. */
static void block(struct slice page, int n, const char *join, struct buf *out)
{
	struct cur c = cur_of(page);
	bool examples = false, in = false, first = true;
	while (cur_left(&c)) {
		struct slice line = cur_line(&c);
		examples |= slice_eq_str(line, ".Sh EXAMPLES");
		if (examples && slice_starts(line, ".Bd -literal")) {
			in = n-- == 0;
			continue;
		}
		if (in && slice_eq_str(line, ".Ed"))
			return;
		if (!in)
			continue;
		if (!first)
			buf_str(out, join);
		first = false;
		for (size_t i = 0; i < line.n; i++) {
			struct slice rest = slice_of(line.p + i, line.n - i);
			if (slice_starts(rest, "\\(dq")) {
				buf_u8(out, '"');
				i += 3;
			} else if (slice_starts(rest, "\\e")) {
				buf_u8(out, '\\');
				i++;
			} else {
				buf_u8(out, line.p[i]);
			}
		}
	}
	fail_msg("the page has no such block");
}

static void example_of_the_page(void **state)
{
	AUTO_BUF struct buf page = {0}, in = {0}, want = {0}, out = {0};
	struct hl7_show sh;
	struct err e = {0};
	buf_init(&page, 1 << 20);
	buf_init(&in, 1 << 20);
	buf_init(&want, 1 << 20);
	buf_init(&out, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, "doc/man/holdfast-hl7.1", 1 << 20, &page, &e), 0);
	block(buf_slice(&page), 0, "\n", &in);
	block(buf_slice(&page), 1, "", &want);
	buf_str(&in, "\n");
	buf_str(&want, "\n");
	show(buf_slice(&in), "admit.hl7", &out, &sh);
	assert_slice(buf_slice(&out), buf_cstr(&want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nesting), cmocka_unit_test(keys), cmocka_unit_test(files), cmocka_unit_test(counts), cmocka_unit_test(out_of_room),
		cmocka_unit_test(many_repetitions), cmocka_unit_test(example_of_the_page),
	};
	return cmocka_run_group_tests_name("hl7_show", tests, NULL, NULL);
}
