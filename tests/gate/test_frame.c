/* Frames off a stream however it is cut, what is no frame, what passes in which state, and links as they are written. */
#include "gate.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#define ADT "MSH|^~\\&|A|F|B|G|20260101||ADT^A01^ADT_A01|C1|P|2.5\rPID|1||7\r"
#define TST "MSH|^~\\&|A|F|B|G|20260101||ORU^R01|C2|T^A|2.5\r"
#define ACK "MSH|^~\\&|B|G|A|F|20260101||ACK|X|P|2.5\rMSA|AA|C1|fine\r"
#define WRAP(m) "\x0b" m "\x1c\r"

/* The stream, fed in pieces of n bytes, as what came out, with '|' between. */
static void run(struct slice in, size_t n, struct buf *out, size_t *odd)
{
	struct gate_frames f = {0};
	struct buf have;
	buf_init(&have, 1 << 16);
	for (size_t at = 0; at < in.n; at += n) {
		buf_add(&have, in.p + at, in.n - at < n ? in.n - at : n);
		for (;;) {
			struct slice frame;
			size_t used;
			int r = gate_frame_next(&f, buf_slice(&have), &frame, &used);
			assert_true(r >= 0);
			if (r == 1) {
				assert_true(frame.p[0] == 0x0b && frame.p[frame.n - 2] == 0x1c && frame.p[frame.n - 1] == '\r');
				buf_add(out, frame.p, frame.n);
				buf_u8(out, '|');
			}
			buf_drop(&have, used);
			if (r == 0)
				break;
		}
	}
	*odd = f.odd;
	buf_done(&have);
}

static void test_cut_anywhere(void **state)
{
	static const struct {
		const char *in, *want;
		size_t odd;
	} rows[] = {
		{WRAP("a") WRAP("bb"), WRAP("a") "|" WRAP("bb") "|", 0},
		{"GET / HTTP/1.1\r\n\r\n" WRAP("a"), WRAP("a") "|", 18},
		{WRAP("a") "\n\n" WRAP("b") "x", WRAP("a") "|" WRAP("b") "|", 3},
		{WRAP("a\x1c" "b\x1c\x1c"), WRAP("a\x1c" "b\x1c\x1c") "|", 0}, /* an FS with no CR behind it is content */
		{"\x0b" "never ends", "", 0},
		{WRAP(""), WRAP("") "|", 0},
		{"no frame at all", "", 15},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t n = 1; n < 20; n++) {
			struct buf out;
			size_t odd;
			buf_init(&out, 1 << 16);
			run(slice_str(rows[i].in), n, &out, &odd);
			assert_string_equal(buf_cstr(&out), rows[i].want);
			assert_int_equal(odd, rows[i].odd);
			buf_done(&out);
		}
}

static void test_too_long(void **state)
{
	struct buf b;
	struct gate_frames f = {0};
	struct slice frame;
	size_t used;
	buf_init(&b, 2 * GATE_FRAME_MAX);
	buf_u8(&b, 0x0b);
	memset(buf_space(&b, GATE_FRAME_MAX), 'x', GATE_FRAME_MAX);
	buf_commit(&b, GATE_FRAME_MAX - 3);
	assert_int_equal(gate_frame_next(&f, buf_slice(&b), &frame, &used), 0);
	buf_add(&b, "\x1c\r", 2);
	assert_int_equal(gate_frame_next(&f, buf_slice(&b), &frame, &used), 1);
	f = (struct gate_frames){0};
	b.n -= 2;
	buf_add(&b, "xxxx\x1c\r", 6);
	assert_int_equal(gate_frame_next(&f, buf_slice(&b), &frame, &used), ERR_LIMIT);
	buf_done(&b);
}

static void test_read(void **state)
{
	struct gate_message m;
	gate_message_read(SLICE(WRAP(ADT)), &m);
	assert_true(m.ok && !m.test && !m.answer);
	assert_true(slice_eq_str(m.type, "ADT^A01") && slice_eq_str(m.control_id, "C1") && slice_eq_str(m.sender, "A"));
	gate_message_read(SLICE(TST), &m);
	assert_true(m.ok && m.test);
	gate_message_read(SLICE(WRAP(ACK)), &m);
	assert_true(m.answer && slice_eq_str(m.answer_code, "AA") && slice_eq_str(m.answer_to, "C1"));
	gate_message_read(SLICE("MSH|^~\\&|B|G|A|F|20260101||ACK|X|P|2.5\nSFT|x\nMSA|AE|C2\n"), &m);
	assert_true(m.answer && slice_eq_str(m.answer_code, "AE") && slice_eq_str(m.answer_to, "C2"));
	gate_message_read(SLICE("MSH|^~\\&|B|G|A|F|20260101||ORU|X|P|2.5\rNTE|1||MSA|AA|C3\rMS"), &m);
	assert_true(m.ok && !m.answer);
	static const struct {
		const char *text;
		bool answer;
	} rows[] = {
#define MSH(type) "MSH|^~\\&|B|G|A|F|20260101||" type "|X|P|2.5"
		{MSH("ORU^R01") "\rPID|1||7\rMSA|AA|C1\r", false}, /* somewhere in a message */
		{MSH("ORU^R01") "\rSFT|x\rNTE|1\rMSA|AA|C1\r", false},
		{MSH("ORR^O02") "\rSFT|x\rSFT|y\rUAC|z\r\nMSA|AA|C1\rPID|1\r", true}, /* a response */
		{MSH("ACK") "\rZZZ|1\rERR|2\rMSA|AA|C1\r", true},
		{MSH("ACK^A01^ACK") "\nMSA|AA|C1", true},
		{MSH("ACKNOWLEDGE") "\rZZZ|1\rMSA|AA|C1\r", false},
		{MSH("ACK") "\rMSAX|AA|C1\r", false},
		{MSH("ACK") "\rMSA^AA^C1\r", false},
		{MSH("ACK") "\rMSA", false},
		{MSH("ACK"), false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		gate_message_read(slice_str(rows[i].text), &m);
		assert_true(m.ok);
		if (m.answer != rows[i].answer || (m.answer && !slice_eq_str(m.answer_to, "C1")))
			fail_msg("row %zu", i);
	}
	static const char *const hostile[] = {"", "MSH", "MSH|", "MSHMSHMSH", "\x0b\x1c\r", "PID|1", "MSH|^~\\&|\rMSA", "MSH|^~\\&|\rMSA|", "\x1c\r"};
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++)
		gate_message_read(slice_str(hostile[i]), &m);
}

static bool says(struct gate_asked *a, const char *code, const char *id)
{
	struct gate_message m;
	char text[128];
	snprintf(text, sizeof text, "MSH|^~\\&|B|G|A|F|20260101||ACK|X|P|2.5\rMSA|%s|%s\r", code, id);
	gate_message_read(slice_str(text), &m);
	return gate_asked_take(a, &m);
}

/* An answer answers something, and each thing once; in enhanced mode with an accept acknowledgement before it. */
static void test_asked(void **state)
{
	struct gate_asked a = {0};
	struct gate_message adt;
	char id[16];
	assert_false(says(&a, "AA", "C1"));
	assert_int_equal(gate_asked_add(&a, SLICE("C1")), 0);
	assert_int_equal(gate_asked_add(&a, SLICE("C2")), 0);
	gate_message_read(SLICE(WRAP(ADT)), &adt); /* it has C1 as its own control id, and answers nothing */
	assert_false(gate_asked_take(&a, &adt));
	assert_false(says(&a, "AA", "C3"));
	assert_false(says(&a, "AA", ""));
	assert_true(says(&a, "AA", "C2")); /* in any order */
	assert_false(says(&a, "AA", "C2"));
	assert_true(says(&a, "CA", "C1"));
	assert_false(says(&a, "CA", "C1"));
	assert_true(says(&a, "AE", "C1"));
	assert_false(says(&a, "AA", "C1"));
	assert_false(says(&a, "CA", "C1"));
	assert_int_equal(gate_asked_add(&a, SLICE("C1")), 0); /* sent again */
	assert_int_equal(gate_asked_add(&a, SLICE("C1")), 0);
	assert_true(says(&a, "AA", "C1"));
	assert_true(says(&a, "AA", "C1"));
	assert_false(says(&a, "AA", "C1"));
	for (int i = 0; i < 1000000; i++) { /* answered at once: it does not grow */
		snprintf(id, sizeof id, "%d", i);
		assert_int_equal(gate_asked_add(&a, slice_str(id)), 0);
		if (i % 10)
			assert_true(says(&a, "AA", id));
		if (i >= 109 && i % 10 == 9 && i / 10 != 500) { /* and one in ten late, a few never */
			snprintf(id, sizeof id, "%d", i - 99);
			assert_true(says(&a, "AA", id));
		}
	}
	assert_true(a.room <= 256 && a.n <= a.room);
	for (unsigned i = 0; i < 2 * GATE_ASKED_MAX; i++) { /* never answered: the oldest are forgotten */
		snprintf(id, sizeof id, "x%u", i);
		assert_int_equal(gate_asked_add(&a, slice_str(id)), 0);
	}
	assert_int_equal(a.room, GATE_ASKED_MAX);
	assert_false(says(&a, "AA", "x0"));
	snprintf(id, sizeof id, "x%u", GATE_ASKED_MAX + GATE_ASKED_MAX / 4); /* three quarters are always kept */
	assert_true(says(&a, "AA", id));
	gate_asked_done(&a);
	assert_false(says(&a, "AA", "x99999"));
}

static void test_passes(void **state)
{
	struct gate_link l = {.protocol = GATE_MLLP};
	struct gate_message adt, tst, ack, none = {0};
	gate_message_read(SLICE(ADT), &adt);
	gate_message_read(SLICE(TST), &tst);
	gate_message_read(SLICE(ACK), &ack);
	assert_int_equal(gate_types_parse(&l, SLICE("ADT, ORU^R03"), NULL), 0);
	static const struct {
		enum gate_state s;
		enum gate_way adt, tst, none, bytes;
		bool ack_back, adt_back, tst_back, bytes_back;
	} rows[] = {
		{GATE_CUT, GATE_WAIT, GATE_WAIT, GATE_WAIT, GATE_WAIT, false, false, false, false},
		{GATE_QUARANTINED, GATE_WAIT, GATE_WAIT, GATE_WAIT, GATE_WAIT, false, false, false, false},
		{GATE_TEST, GATE_WAIT, GATE_PASS, GATE_WAIT, GATE_WAIT, true, false, false, false},
		{GATE_ONE_WAY, GATE_PASS, GATE_PASS, GATE_PASS, GATE_PASS, true, false, false, false},
		{GATE_LIMITED, GATE_PASS, GATE_NOT, GATE_NOT, GATE_PASS, true, true, false, true},
		{GATE_OPEN, GATE_PASS, GATE_PASS, GATE_PASS, GATE_PASS, true, true, true, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(gate_passes(&l, rows[i].s, &adt), rows[i].adt);
		assert_int_equal(gate_passes(&l, rows[i].s, &tst), rows[i].tst);
		assert_int_equal(gate_passes(&l, rows[i].s, &none), rows[i].none);
		assert_int_equal(gate_passes(&l, rows[i].s, NULL), rows[i].bytes);
		assert_int_equal(gate_passes_back(&l, rows[i].s, &ack), rows[i].ack_back);
		assert_int_equal(gate_passes_back(&l, rows[i].s, &adt), rows[i].adt_back);
		assert_int_equal(gate_passes_back(&l, rows[i].s, &tst), rows[i].tst_back);
		assert_int_equal(gate_passes_back(&l, rows[i].s, NULL), rows[i].bytes_back);
	}
}

static void test_answers(void **state)
{
	struct buf b;
	struct gate_message m;
	buf_init(&b, 1 << 16);
	gate_refusal(SLICE(WRAP(ADT)), "not now", INT64_C(1790000000) * TIME_SEC, &b);
	gate_message_read(buf_slice(&b), &m);
	assert_true(m.ok && m.answer && slice_eq_str(m.answer_code, "AE") && slice_eq_str(m.answer_to, "C1"));
	buf_reset(&b);
	gate_accepted(SLICE(WRAP(ADT)), INT64_C(1790000000) * TIME_SEC, &b);
	gate_message_read(buf_slice(&b), &m);
	assert_true(m.ok && slice_eq_str(m.answer_code, "AA") && slice_eq_str(m.answer_to, "C1"));
	/* MSH-15, MSH-16 (v2.5.1, 2.9.2): whoever waits is answered, once, and who waits for nothing is not */
	static const struct {
		const char *fields, *taken, *refused;
	} asks[] = {{"", "AA", "AE"}, {"|||AL|AL", "CA", "CE"}, {"|||AL|NE", "CA", "CE"}, {"|||SU|NE", "CA", "CE"}, {"||||AL", "AA", "AE"}, {"||||SU", "AA", "AE"}, {"||||NE", "CA", "CE"}, {"||||ER", "CA", "CE"}, {"|||NE|AL", "AA", "AE"},
	            {"|||ER|AL", "AA", "CE"}, {"|||NE|NE", "", "AE"}, {"|||NE|ER", "", "AE"}, {"|||ER|NE", "", "CE"}, {"|||\"\"|AL", "AA", "AE"}};
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		char text[200];
		snprintf(text, sizeof text, "\x0bMSH|^~\\&|A|F|B|G|20260101||ADT^A01|C1|P|2.5%s\rPID|1||7\r\x1c\r", asks[i].fields);
		for (int taken = 0; taken < 2; taken++) {
			size_t used;
			struct slice frame, in;
			buf_reset(&b);
			if (taken)
				gate_accepted(slice_str(text), INT64_C(1790000000) * TIME_SEC, &b);
			else
				gate_refusal(slice_str(text), "not now", INT64_C(1790000000) * TIME_SEC, &b);
			in = buf_slice(&b);
			if (taken && !asks[i].taken[0]) {
				assert_int_equal(in.n, 0);
				continue;
			}
			assert_int_equal(gate_frame_next(&(struct gate_frames){0}, in, &frame, &used), 1);
			assert_int_equal(used, in.n);
			gate_message_read(frame, &m);
			assert_true(slice_eq_str(m.answer_to, "C1"));
			assert_true(slice_eq_str(m.answer_code, taken ? asks[i].taken : asks[i].refused));
		}
	}
	buf_done(&b);
	uint8_t a[GATE_KEY], c[GATE_KEY];
	gate_message_key(SLICE(WRAP(ADT)), SLICE("C1"), a);
	gate_message_key(SLICE(ADT), SLICE("C1"), c);
	assert_memory_equal(a, c, GATE_KEY);
	gate_message_key(SLICE(TST), SLICE("C1"), c);
	assert_memory_not_equal(a, c, GATE_KEY);
}

static void test_link(void **state)
{
	struct gate_link l = {.name = "lab", .listen = "127.0.0.1:15000", .to = "[2001:db8::1]:2575", .protocol = GATE_MLLP, .out = true, .class = "lab", .rate = 7}, back;
	struct buf b;
	struct jsonw w;
	struct json_node *n;
	struct arena *a = arena_new(1 << 16);
	struct err e = {0};
	assert_int_equal(gate_allow_parse(&l, SLICE("10.1.2.0/23, 2001:db8::/33"), &e), 0);
	assert_int_equal(gate_types_parse(&l, SLICE("ADT,ORU^R01"), &e), 0);
	assert_int_equal(gate_link_check(&l, &e), 0);
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	gate_link_put(&l, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	assert_int_equal(json_tree(buf_slice(&b), a, &n, NULL), 0);
	assert_int_equal(gate_link_read(n, &back, &e), 0);
	assert_memory_equal(&l, &back, sizeof l);
	static const struct {
		const char *text;
		bool want;
	} who[] = {{"10.1.3.255:1", true}, {"10.1.4.0:1", false}, {"[2001:db8:7fff::1]:1", true}, {"[2001:db8:8000::1]:1", false}, {"[::ffff:10.1.2.9]:1", true}, {"[::1]:1", false}};
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		bool six;
		uint8_t ip[16];
		uint16_t port;
		assert_int_equal(gate_address_parse(who[i].text, &six, ip, &port), 0);
		assert_int_equal(gate_allowed(&l, six, ip), who[i].want);
	}
	static const char *const bad[] = {"", ":1", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:80", "[::1]80", "[127.0.0.1]:80", "host:80", "127.0.0.1:80x"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		bool six;
		uint8_t ip[16];
		uint16_t port;
		assert_int_equal(gate_address_parse(bad[i], &six, ip, &port), ERR_USAGE);
	}
	buf_done(&b);
	arena_free(a);
}

#define OF(id, more) "MSH|^~\\&|A|F|B|G|20260101||ADT^A01|" id "|P|2.5" more "\rPID|1||7\r"

/* What is owed for a queued frame, and what is its answer: of one message, of a batch, of what nobody answers. */
static void test_owed(void **state)
{
	static const struct {
		const char *content;
		enum gate_owed owed;
		const char *id, *part; /* part: an answer to this one is one of the batch */
	} rows[] = {
		{OF("C1", ""), GATE_OWED_ANSWER, "C1", NULL},
		{OF("C1", "|||NE|NE"), GATE_OWED_NOTHING, "C1", NULL},
		{OF("C1", "|||NE"), GATE_OWED_NOTHING, "C1", NULL},
		{OF("C1", "|||NE|ER"), GATE_OWED_ERRORS, "C1", NULL},
		{OF("C1", "|||ER|NE"), GATE_OWED_ERRORS, "C1", NULL},
		{OF("C1", "||||NE"), GATE_OWED_ERRORS, "C1", NULL},
		{OF("C1", "|||NE|AL"), GATE_OWED_ANSWER, "C1", NULL},
		{OF("C1", "|||SU|NE"), GATE_OWED_ANSWER, "C1", NULL},
		{OF("C1", "|||YES|NE"), GATE_OWED_ANSWER, "C1", NULL},
		{ACK, GATE_OWED_NOTHING, "X", NULL},
		{"BHS|^~\\&|A\r" OF("B1", "") OF("B2", "") "BTS|2\r", GATE_OWED_ANSWER, "B2", "B1"},
		{OF("B1", "") OF("B2", "|||NE|NE"), GATE_OWED_ANSWER, "B1", "B2"},
		{"FHS|^~\\&|A\rBHS|^~\\&|A\r", GATE_OWED_NOTHING, "", NULL},
		{"BTS|1\r", GATE_OWED_NOTHING, "", NULL},
		{"hello", GATE_OWED_ANSWER, "", NULL},
		{OF("C1", "") "\x1c\x0b" OF("C2", ""), GATE_OWED_ANSWER, "C1", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice c = slice_str(rows[i].content);
		struct gate_message a = {.ok = true, .answer = true, .answer_to = slice_str(rows[i].id)}, part = {.ok = true, .answer = true, .answer_to = slice_str(rows[i].part ? rows[i].part : "C2")};
		if (gate_owed(c) != rows[i].owed || !slice_eq_str(gate_answer_id(c), rows[i].id) || gate_answers(c, &a) != GATE_ANSWERS_IT || gate_answers(c, &part) != (rows[i].part ? GATE_ANSWERS_PART : GATE_ANSWERS_NOT))
			fail_msg("%zu: %d '%.*s'", i, gate_owed(c), SLICE_FMT(gate_answer_id(c)));
		a.answer = false;
		assert_int_equal(gate_answers(c, &a), GATE_ANSWERS_NOT);
	}
	/* of a batch each message is answered, of its lines none is */
	struct buf b;
	struct slice frame, rest;
	struct gate_message m;
	struct gate_frames f = {0};
	size_t used;
	buf_init(&b, 1 << 16);
	gate_accepted(SLICE(WRAP("BHS|^~\\&|A\r" OF("B1", "") OF("B2", "") "BTS|2\r")), INT64_C(1790000000) * TIME_SEC, &b);
	rest = buf_slice(&b);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(gate_frame_next(&f, rest, &frame, &used), 1);
		rest = slice_of(rest.p + used, rest.n - used);
		gate_message_read(frame, &m);
		assert_true(slice_eq_str(m.answer_code, "AA") && slice_eq_str(m.answer_to, i ? "B2" : "B1"));
	}
	assert_int_equal(rest.n, 0);
	buf_reset(&b);
	gate_accepted(SLICE(WRAP("BTS|2\r")), INT64_C(1790000000) * TIME_SEC, &b);
	assert_int_equal(b.n, 0);
	buf_done(&b);
	assert_true(gate_blank(SLICE(WRAP(""))) && gate_blank(SLICE(WRAP(" \r\n"))) && !gate_blank(SLICE(WRAP("x"))));
}

/* A message inside of another one, for whoever reads frames loosely: no state that looks at messages lets it pass. */
static void test_nested(void **state)
{
	static const char *const text[] = {WRAP(TST "\x1c\x0b" ADT), WRAP(TST "\x0b" ADT), "\x0b" TST "\x1c" ADT "\x1c\r"};
	struct gate_link l = {.protocol = GATE_MLLP};
	struct gate_message m;
	assert_int_equal(gate_types_parse(&l, SLICE("ORU"), NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		gate_message_read(slice_str(text[i]), &m);
		assert_true(!m.ok && !m.test && slice_eq_str(m.control_id, "C2"));
		assert_int_equal(gate_passes(&l, GATE_TEST, &m), GATE_WAIT);
		assert_int_equal(gate_passes(&l, GATE_LIMITED, &m), GATE_NOT);
		assert_int_equal(gate_passes(&l, GATE_OPEN, &m), GATE_PASS);
	}
	gate_message_read(SLICE(WRAP(ACK "\x1c\x0b" ADT)), &m);
	assert_false(gate_passes_back(&l, GATE_ONE_WAY, &m));
	assert_false(gate_passes_back(&l, GATE_LIMITED, &m));
}

/* A queued message leaves for one answer alone; whatever else a far side says keeps it. */
static void test_verdict(void **state)
{
	static const struct {
		const char *code;
		enum gate_verdict want;
	} says[] = {{"AA", GATE_TAKEN}, {"CA", GATE_TAKEN}, {"AE", GATE_LATER}, {"CE", GATE_LATER}, {"AR", GATE_PERSON}, {"CR", GATE_PERSON}, {"", GATE_LATER}, {"aa", GATE_LATER}, {"A", GATE_LATER}, {"AAA", GATE_LATER}, {"AA ", GATE_LATER}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(says); i++)
		assert_int_equal(gate_verdict_of(slice_str(says[i].code)), says[i].want);
	assert_int_equal(gate_pause(1), TIME_SEC);
	assert_int_equal(gate_pause(2), 2 * TIME_SEC);
	assert_int_equal(gate_pause(6), 32 * TIME_SEC);
	assert_int_equal(gate_pause(7), GATE_PAUSE_MAX);
	assert_int_equal(gate_pause(UINT32_MAX), GATE_PAUSE_MAX);
	for (unsigned n = 1; n < 100; n++)
		assert_true(gate_pause(n) <= gate_pause(n + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_too_long), cmocka_unit_test(test_read), cmocka_unit_test(test_asked), cmocka_unit_test(test_passes), cmocka_unit_test(test_answers), cmocka_unit_test(test_owed), cmocka_unit_test(test_nested), cmocka_unit_test(test_verdict), cmocka_unit_test(test_link)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
