/* The body of an entry of kind ecg: written, read back, and refused where it is not valid; facts of what can and of what cannot be read. */
#include "ecg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const char header[] = "two 1 100 4\ntwo.dat 16 200 16 0 0 0 0 I\n# age: 63 sex: F\n";
static const uint8_t samples[8] = {0, 0, 10, 0, 20, 0, 30, 0};

static struct arena *a;

static int setup(void **state)
{
	a = arena_new(16 << 20);
	return a ? 0 : -1;
}

static int teardown(void **state)
{
	arena_free(a);
	return 0;
}

static void put(const struct ecg_sent *s, struct buf *b)
{
	struct ecg_body body = {.files = 2, .name = {SLICE("two.hea"), SLICE("two.dat")}, .file = {slice_of(header, sizeof header - 1), slice_of(samples, sizeof samples)}};
	struct err e = {0};
	buf_init(b, 1 << 20);
	assert_int_equal(ecg_body_put(s, &body, b, &e), 0);
}

static void a_record_of_two_files_comes_back(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct ecg_sent s = {.key = SLICE("k1"), .by = SLICE("cart"), .via = SLICE("device"), .urgency = SLICE("stat"), .claimed = {.id = SLICE("4711"), .assigner = SLICE("GAB"), .birth = SLICE("1957-03-12")}};
	struct ecg_body got;
	struct ecg *g;
	struct err e = {0};
	int32_t v[4];
	put(&s, &b);
	assert_int_equal(ecg_body_read(buf_slice(&b), a, &got, &e), 0);
	assert_int_equal(got.files, 2);
	assert_true(slice_eq_str(got.name[1], "two.dat"));
	assert_true(slice_eq(got.file[0], slice_of(header, sizeof header - 1)));
	assert_int_equal(ecg_body_open(&got, a, &g, &e), 0); /* its samples are found in the other file */
	assert_int_equal(g->samples, 4);
	ecg_read(g, 0, 0, 4, v);
	assert_int_equal(v[3], 30);
}

static void facts_say_what_sender_and_file_say(void **state)
{
	AUTO_BUF struct buf b = {0}, text = {0};
	struct ecg_sent s = {.via = SLICE("upload"), .order = SLICE("O-7"), .note = SLICE("dizzy since breakfast"), .urgency = SLICE("urgent"), .patient = SLICE("p4"), .claimed = {.id = SLICE("4711"), .birth = SLICE("1957-03-12"), .family = SLICE("Doe")}};
	struct facts f;
	put(&s, &b);
	facts_init(&f, a);
	ecg_facts(buf_slice(&b), &f);
	buf_init(&text, 1 << 20);
	facts_dump(&f, &text);
	assert_false(f.uninterpreted);
	assert_null(f.first->next);
	assert_int_equal(f.first->id.value.n, 0); /* a file alone never says whose it is */
	static const char *const says[] = {"via=upload", "placer=O-7", "dizzy since breakfast", "priority=urgent", "patient-id=p4", "action=claimed", "birth=1957-03-12", "name=Doe", "type=wfdb", "seconds=0.040", "channel=I^100^4^uV"};
	for (size_t i = 0; i < ARRAY_LEN(says); i++)
		if (!strstr(buf_cstr(&text), says[i]))
			fail_msg("'%s' is not in: %s", says[i], buf_cstr(&text));
}

static void what_cannot_be_read_is_kept_and_counted(void **state)
{
	struct facts f;
	static const char odd[] = "{\"ecg\":1,\"files\":[{\"name\":\"x.scp\",\"size\":4}],\"urgency\":\"stat\"}\n\x01\x02\x03\x04";
	facts_init(&f, a);
	ecg_facts(slice_of(odd, sizeof odd - 1), &f);
	assert_true(f.uninterpreted);
	assert_int_equal(f.first->first->kind, FACT_ECG);
	assert_true(slice_eq_str(fact_get(f.first->first, FF_PRIORITY), "stat"));
	assert_true(slice_starts(fact_get(f.first->first, FF_WARNING), "cannot be read: "));
	facts_init(&f, a);
	ecg_facts_unread(slice_of(odd, sizeof odd - 1), "cannot be read: it was tried", &f); /* one that is not to be opened again: the same, and the worklist has it */
	assert_true(f.uninterpreted && f.problems == 1);
	assert_int_equal(f.first->first->kind, FACT_ECG);
	assert_true(slice_eq_str(fact_get(f.first->first, FF_PRIORITY), "stat") && slice_eq_str(fact_get(f.first->first, FF_WARNING), "cannot be read: it was tried"));
	facts_init(&f, a);
	ecg_facts_unread(SLICE("no line at all"), "x", &f);
	assert_true(f.uninterpreted && !f.first);
	facts_init(&f, a);
	ecg_facts(SLICE("no line at all"), &f);
	assert_true(f.uninterpreted);
	assert_null(f.first);
}

static void bodies_that_are_none(void **state)
{
	static const char *const bad[] = {
		"", "\n", "{}\n", "{\"ecg\":2,\"files\":[{\"name\":\"x\",\"size\":1}]}\nA", "{\"ecg\":1}\nA", "{\"ecg\":1,\"files\":[]}\n", "{\"ecg\":1,\"files\":[{\"name\":\"x\",\"size\":2}]}\nA",
		"{\"ecg\":1,\"files\":[{\"name\":\"x\",\"size\":1}]}\nAB", "{\"ecg\":1,\"files\":[{\"name\":\"../x\",\"size\":1}]}\nA", "{\"ecg\":1,\"files\":[{\"name\":\".x\",\"size\":1}]}\nA",
		"{\"ecg\":1,\"files\":[{\"name\":\"\",\"size\":1}]}\nA", "{\"ecg\":1,\"files\":[{\"name\":\"x\",\"size\":-1}]}\nA", "{\"ecg\":1,\"files\":[{\"name\":\"x\",\"size\":18446744073709551615}]}\nA", "[1]\nA", "{\"ecg\":1,\"files\":[{\"name\":\"x\",\"size\":1}]}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct ecg_body b;
		struct err e = {0};
		if (ecg_body_read(slice_str(bad[i]), a, &b, &e) != ERR_INPUT)
			fail_msg("taken: %s", bad[i]);
		assert_true(e.text[0]);
	}
}

static void a_line_that_is_too_long(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct ecg_body x = {.files = 1, .name = {SLICE("a")}, .file = {SLICE("b")}}, got;
	struct err e = {0};
	char *note = arena_alloc(a, ECG_BODY_HEAD_MAX);
	memset(note, 'n', ECG_BODY_HEAD_MAX);
	struct ecg_sent s = {.note = slice_of(note, ECG_BODY_HEAD_MAX)};
	buf_init(&b, 1 << 20);
	assert_int_equal(ecg_body_put(&s, &x, &b, &e), ERR_INPUT);
	assert_int_equal(b.n, 0);
	buf_add(&b, note, ECG_BODY_HEAD_MAX);
	buf_add(&b, note, 10);
	buf_str(&b, "\nA");
	assert_int_equal(ecg_body_read(buf_slice(&b), a, &got, &e), ERR_INPUT);
	x.name[0] = SLICE("a/b");
	s.note = SLICE("n");
	assert_int_equal(ecg_body_put(&s, &x, &b, &e), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_record_of_two_files_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(facts_say_what_sender_and_file_say, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_kept_and_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(bodies_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_that_is_too_long, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
