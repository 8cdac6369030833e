/* What entries of transfers add up to. */
#include "transfer_test.h"

static struct transfer_log *l;
static uint64_t at;

static void say(uint64_t entry, int64_t time, const char *body)
{
	struct err e = {0};
	assert_int_equal(transfer_log_take(l, entry, time, slice_str(body), &e), 0);
}

static int set_up(void **state)
{
	(void)state;
	struct err e = {0};
	return transfer_log_new(&l, &e);
}

static int tear_down(void **state)
{
	(void)state;
	transfer_log_free(l);
	l = NULL;
	return 0;
}

#define BEGUN "{\"what\":\"begun\",\"patient\":\"p12\",\"unit\":\"ICU\",\"receiver\":\"Univ\",\"to\":\"age1x\",\"by\":\"lee\"}"
#define HASH "\"sha256\":\"00000000000000000000000000000000000000000000000000000000000000aa\""
#define MADE_OF(id) "{\"what\":\"made\",\"id\":\"" id "\",\"patient\":\"p12\"," HASH ",\"by\":\"lee\"}"

static void one_life(void **state)
{
	(void)state;
	say(7, MADE, BEGUN);
	const struct transfer_row *t = transfer_log_find(l, 7);
	assert_non_null(t);
	assert_string_equal(t->id, "T7");
	assert_int_equal(t->state, TRANSFER_BEGUN);
	assert_true(transfer_waiting_since(t) == 0);
	say(8, MADE + TIME_SEC, MADE_OF("T7"));
	assert_int_equal(t->state, TRANSFER_MADE);
	assert_true(transfer_waiting_since(t) == MADE + TIME_SEC);
	say(9, MADE + 2 * TIME_SEC, "{\"what\":\"written\",\"id\":\"T7\",\"by\":\"lee\"}");
	say(10, MADE + HOUR, "{\"what\":\"sent\",\"id\":\"T7\",\"by\":\"lee\",\"transport\":\"air\",\"at\":\"2026-11-23T00:30:00Z\"}");
	assert_true(t->sent == MADE + HOUR / 2); /* as it was said, not when it was entered */
	assert_true(transfer_waiting_since(t) == MADE + HOUR / 2);
	say(11, MADE + 3 * HOUR, "{\"what\":\"received\",\"id\":\"T7\",\"by\":\"ho\"}");
	assert_int_equal(t->state, TRANSFER_RECEIVED);
	assert_true(transfer_waiting_since(t) == 0);
	assert_true(slice_eq_str(t->transport, "air") && slice_eq_str(t->receiver, "Univ") && slice_eq_str(t->by, "ho"));
	assert_int_equal(transfer_log_odd(l), 0);
	say(12, MADE + 4 * HOUR, "{\"what\":\"cancelled\",\"id\":\"T7\",\"by\":\"lee\",\"reason\":\"x\"}"); /* too late */
	assert_int_equal(t->state, TRANSFER_RECEIVED);
	assert_int_equal(transfer_log_odd(l), 1);
}

static void what_is_no_entry(void **state)
{
	(void)state;
	static const char *const odd[] = {
		"", "{", "[]", "{}", "{\"what\":\"begun\",\"by\":\"lee\"}", "{\"what\":\"begun\",\"patient\":\"p1\"}", "{\"what\":\"begun\",\"id\":\"T1\",\"patient\":\"p1\",\"by\":\"lee\"}", "{\"what\":\"begun\",\"patient\":\"p1\",\"protected\":true,\"by\":\"lee\"}",
		"{\"what\":\"made\",\"id\":\"T7\",\"patient\":\"p12\",\"by\":\"lee\"}", "{\"what\":\"sent\",\"id\":\"T99\",\"by\":\"lee\"}", "{\"what\":\"sent\",\"id\":\"7\",\"by\":\"lee\"}", "{\"what\":\"sent\",\"id\":\"T7\",\"by\":\"lee\"}",
		"{\"what\":\"cancelled\",\"id\":\"T7\",\"by\":\"lee\"}", "{\"what\":\"lost\",\"id\":\"T7\",\"by\":\"lee\"}", "{\"what\":\"sent\",\"id\":\"T7\",\"by\":\"lee\",\"at\":\"yesterday\"}",
	};
	say(7, MADE, BEGUN);
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		say(8 + i, MADE, odd[i]);
	assert_int_equal(transfer_log_odd(l), ARRAY_LEN(odd));
	assert_int_equal(transfer_log_count(l), 1);
	assert_int_equal(transfer_log_row(l, 0)->state, TRANSFER_BEGUN);
}

/* A keeper that dies before it answers is told again: that is not two. Another file under one number is odd. */
static void twice(void **state)
{
	(void)state;
	say(7, MADE, BEGUN);
	say(8, MADE, MADE_OF("T7"));
	say(9, MADE, MADE_OF("T7"));
	assert_int_equal(transfer_log_odd(l), 0);
	say(10, MADE, "{\"what\":\"made\",\"id\":\"T7\",\"patient\":\"p12\",\"sha256\":\"00000000000000000000000000000000000000000000000000000000000000bb\",\"by\":\"lee\"}");
	assert_int_equal(transfer_log_odd(l), 1);
	assert_true(slice_eq_str(transfer_log_find(l, 7)->sha256, "00000000000000000000000000000000000000000000000000000000000000aa"));
}

static void many(void **state)
{
	(void)state;
	for (at = 10; at < 4000; at += 3)
		say(at, MADE, BEGUN);
	assert_int_equal(transfer_log_count(l), 1330);
	assert_int_equal(transfer_log_find(l, 3007)->entry, 3007);
	assert_null(transfer_log_find(l, 3008));
	assert_null(transfer_log_find(l, 5000));
}

static void numbers(void **state)
{
	(void)state;
	struct err e = {0};
	uint64_t n;
	char id[TRANSFER_ID_MAX];
	assert_int_equal(transfer_id_get(SLICE(" t4711 "), &n, &e), 0);
	assert_int_equal(n, 4711);
	for (const char *const *s = (const char *const[]){"", "T", "4711", "T-1", "T1x", "TT1", "T99999999999999999999", NULL}; *s; s++)
		assert_int_equal(transfer_id_get(slice_str(*s), &n, &e), ERR_INPUT);
	transfer_id_put(UINT64_MAX, id);
	assert_string_equal(id, "T18446744073709551615");
}

/* What is put is what is read, whatever stands in it. */
static void put_and_read(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	uint64_t of;
	const struct transfer_entry n = {.patient = SLICE("p12"), .receiver = SLICE("H\"\\\n\xff"), .by = SLICE("lee"), .reason = SLICE("r"), .is_protected = true, .entries = 5};
	buf_init(&b, 4096);
	transfer_entry_put(TRANSFER_BEGUN, &n, &b);
	assert_int_equal(transfer_entry_check(buf_slice(&b), &of, &e), 0);
	assert_true(of == UINT64_MAX);
	say(3, MADE, buf_cstr(&b));
	assert_true(transfer_log_find(l, 3)->is_protected);
	assert_true(slice_eq_str(transfer_log_find(l, 3)->receiver, "H\"\\\n\xef\xbf\xbd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_life, set_up, tear_down), cmocka_unit_test_setup_teardown(what_is_no_entry, set_up, tear_down), cmocka_unit_test_setup_teardown(twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many, set_up, tear_down), cmocka_unit_test(numbers), cmocka_unit_test_setup_teardown(put_and_read, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
