/* A list of calls from what people save; its entries and their facts; what a mark makes of a call. */
#include "contacts_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena *room;

static int setup(void **state)
{
	(void)state;
	room = arena_new((size_t)256 << 20);
	return room ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(room);
	return 0;
}

static struct contact_calls calls_of(const char *file)
{
	struct contact_calls c;
	struct err e = {0};
	char text[700];
	if (contact_calls_read(slice_str(file), room, &c, &e) < 0)
		fail_msg("%s: %s", file, err_line(&e, text, sizeof text));
	return c;
}

static void refused(const char *file, const char *place, const char *why)
{
	struct contact_calls c;
	struct err e = {0};
	assert_int_equal(contact_calls_read(slice_str(file), room, &c, &e), ERR_INPUT);
	if (place)
		assert_string_equal(e.place, place);
	if (!strstr(e.text, why))
		fail_msg("said '%s', not '%s'", e.text, why);
}

#define IS(got, text)                                                                                        \
	do {                                                                                                       \
		struct slice is_ = (got);                                                                              \
		if (!slice_eq_str(is_, (text)))                                                                        \
			fail_msg("'%.*s' is not '%s'", SLICE_FMT(is_), (text));                                            \
	} while (0)

static void test_file(void **state)
{
	(void)state;
	struct contact_calls c = calls_of("Surname,First name,MRN,DOB,Phone,Mobile,Date,Time,Type,Provider,Clinic,Room\r\nKeller,Jeanne,4711,1957-03-12,,079 1,2026-11-24,9:30,Echo,Dr. Arzt,OPD,12\r\nRoth,,4712,,1,2,24.11.2026,,,,,\r\n");
	assert_int_equal(c.n, 2);
	IS(c.v[0].name, "Keller, Jeanne");
	IS(c.v[0].patient, "4711");
	IS(c.v[0].birth, "1957-03-12");
	IS(c.v[0].phone, "079 1");
	IS(c.v[0].when, "2026-11-24T09:30");
	IS(c.v[0].what, "Echo");
	IS(c.v[0].with, "Dr. Arzt");
	IS(c.v[0].unit, "OPD");
	IS(c.v[1].phone, "1");
	IS(c.v[1].phone2, "2");
	IS(c.v[1].when, "2026-11-24");
	IS(c.ignored, "Room");
	c = calls_of("Nom patient;IPP;Téléphone;Rendez-vous;Motif;Médecin\nNÉVOT Éloïse;77;01 02;24/11/2026 14h30;Échographie;Diaz\n");
	IS(c.v[0].name, "NÉVOT Éloïse");
	IS(c.v[0].when, "2026-11-24T14:30");
	IS(c.v[0].what, "Échographie");
	IS(c.v[0].with, "Diaz");
	c = calls_of("患者姓名,病历号,电话,预约日期,项目,医生\n王小明,88,010,2026-11-24 08:00,彩超,李\n");
	IS(c.v[0].name, "王小明");
	IS(c.v[0].patient, "88");
	IS(c.v[0].when, "2026-11-24T08:00");
	c = calls_of("hospital,phone\nSt. Mary,+41 1\nAmbulance,\n");
	IS(c.v[0].name, "St. Mary");
	assert_int_equal(c.unreachable, 1);
	refused("name,phone,date\nA,1,03/04/2026\n", "line 2, column date", "which of the two is the day");
	refused("name,phone,time\nA,1,9:30\n", "line 2, column when", "of which day");
	refused("name,phone,date\nA,1,9:30\n", "line 2, column date", "of which day");
	refused("name,phone\n,1\n", "line 2, column name", "who is to be called");
	refused("name,phone\n", NULL, "nobody under it");
	refused("4711,Keller\n", "line 1", "no header");
	refused("name,phone,tel\nA,1,2\n", NULL, "two columns mean the same");
}

static void key_of(const struct contact_call *c, struct buf *b)
{
	buf_init(b, 1 << 16);
	contact_call_key(c, b);
}

static void test_same(void **state)
{
	(void)state;
	const struct contact_call a = {.name = SLICE("Keller, J"), .patient = SLICE("4711"), .when = SLICE("2026-11-24"), .what = SLICE("Echo"), .phone = SLICE("1")};
	struct contact_call b = a;
	AUTO_BUF struct buf x = {0}, y = {0}, z = {0}, u = {0};
	b.name = SLICE("KELLER Jeanne");
	b.phone = SLICE("2");
	b.what = SLICE("ECHO");
	key_of(&a, &x);
	key_of(&b, &y);
	assert_true(slice_eq(buf_slice(&x), buf_slice(&y)));
	b.when = SLICE("2026-11-25"); /* another appointment of the same person */
	key_of(&b, &z);
	assert_false(slice_eq(buf_slice(&x), buf_slice(&z)));
	b = a;
	b.patient = SLICE_NULL;
	b.name = SLICE("4711"); /* somebody who is called like a number */
	key_of(&b, &u);
	assert_false(slice_eq(buf_slice(&x), buf_slice(&u)));
}

static void test_states(void **state)
{
	(void)state;
	assert_int_equal(call_after(CALL_TO_CALL, CALL_NO_ANSWER), CALL_NO_ANSWER);
	assert_int_equal(call_after(CALL_NO_ANSWER, CALL_REACHED), CALL_REACHED);
	assert_int_equal(call_after(CALL_REACHED, CALL_NO_ANSWER), CALL_REACHED); /* two called at the same time */
	assert_int_equal(call_after(CALL_REACHED, CALL_CALLED), CALL_REACHED);
	assert_int_equal(call_after(CALL_LETTER, CALL_REACHED), CALL_REACHED);
	assert_int_equal(call_after(CALL_REACHED, CALL_TO_CALL), CALL_TO_CALL); /* said in so many words */
	for (int i = 0; i < CALL_STATES; i++) {
		assert_int_equal(call_state_parse(slice_str(call_state_name((enum call_state)i))), i);
		for (int k = 0; k < CALL_STATES; k++)
			if (call_settled((enum call_state)i) && k != CALL_TO_CALL)
				assert_true(call_settled(call_after((enum call_state)i, (enum call_state)k)));
	}
	assert_int_equal(call_state_parse(SLICE("Reached")), -1);
	assert_int_equal(call_kind_parse(SLICE("diversion")), CALL_DIVERSION);
}

static void not_read(const char *body)
{
	struct contact_calls_entry x;
	struct err e = {0};
	if (contact_calls_get(slice_str(body), room, &x, &e) == 0)
		fail_msg("taken: %s", body);
	assert_true(e.code < 0 && e.text[0]);
}

static void test_entry(void **state)
{
	(void)state;
	const struct contact_call v[] = {{.name = SLICE("Keller \"J\""), .patient = SLICE("4711@GAB"), .birth = SLICE("1957"), .phone = SLICE("1"), .phone2 = SLICE("2"), .email = SLICE("k@x.example"), .when = SLICE("2026-11-24T09:30"), .what = SLICE("Echo"),
	                                  .with = SLICE("Arzt"), .unit = SLICE("OPD"), .note = SLICE("deaf")},
	                                 {.name = SLICE("王")}};
	const struct contact_calls_entry list = {.list = SLICE("clinic"), .title = SLICE("called off"), .kind = CALL_CANCELLED, .v = v, .n = 2, .by = SLICE("it")}, mark = {.mark = true, .call = SLICE("12-2"), .state = CALL_NO_ANSWER, .note = SLICE("engaged"), .at = SLICE("2026-11-23T08:00:00Z"), .by = SLICE("a")};
	AUTO_BUF struct buf b = {0};
	struct contact_calls_entry x;
	struct contact_call c;
	struct facts f;
	struct err e = {0};
	buf_init(&b, 1 << 20);
	contact_calls_put(&list, &b);
	assert_int_equal(contact_calls_get(buf_slice(&b), room, &x, &e), 0);
	assert_true(!x.mark && x.n == 2 && x.kind == CALL_CANCELLED);
	IS(x.list, "clinic");
	IS(x.v[0].name, "Keller \"J\"");
	IS(x.v[1].name, "王");
	facts_init(&f, room);
	contact_calls_facts(buf_slice(&b), &f);
	assert_true(!f.uninterpreted && !f.failed && f.first && !f.first->next);
	assert_true(contact_calls_of_facts(f.first->first, &x));
	IS(x.list, "clinic");
	IS(x.title, "called off");
	contact_call_of_fact(f.first->first->next, &c);
	const struct slice *was = &v[0].name, *is = &c.name;
	for (size_t i = 0; i < sizeof v[0] / sizeof(struct slice); i++)
		assert_true(slice_eq(was[i], is[i]));
	buf_reset(&b);
	contact_calls_put(&mark, &b);
	facts_init(&f, room);
	contact_calls_facts(buf_slice(&b), &f);
	assert_true(contact_calls_of_facts(f.first->first, &x) && x.mark && x.state == CALL_NO_ANSWER);
	IS(x.call, "12-2");
	IS(x.note, "engaged");
	IS(x.at, "2026-11-23T08:00:00Z");
	IS(x.by, "a");
	not_read("");
	not_read("{\"what\":\"list\",\"list\":\"a\",\"kind\":\"cancelled\",\"calls\":2,\"by\":\"x\"}\n{\"name\":\"A\"}");             /* one is missing */
	not_read("{\"what\":\"list\",\"list\":\"a\",\"kind\":\"cancelled\",\"calls\":1,\"by\":\"x\"}\n{\"name\":\"A\"}\n{\"name\":\"B\"}"); /* one too many */
	not_read("{\"what\":\"list\",\"list\":\"a b\",\"kind\":\"cancelled\",\"calls\":1,\"by\":\"x\"}\n{\"name\":\"A\"}");
	not_read("{\"what\":\"list\",\"list\":\"a\",\"kind\":\"cancelled\",\"calls\":1}\n{\"name\":\"A\"}");
	not_read("{\"what\":\"list\",\"list\":\"a\",\"kind\":\"cancelled\",\"calls\":1,\"by\":\"x\"}\n{\"phone\":\"1\"}");
	not_read("{\"what\":\"list\",\"list\":\"a\",\"kind\":\"cancelled\",\"calls\":1,\"by\":\"x\"}\n{\"name\":\"A\",\"when\":\"soon\"}");
	not_read("{\"what\":\"mark\",\"call\":\"12\",\"state\":\"reached\",\"by\":\"x\"}");
	not_read("{\"what\":\"mark\",\"call\":\"12-0\",\"state\":\"reached\",\"by\":\"x\"}");
	not_read("{\"what\":\"mark\",\"call\":\"12-1\",\"state\":\"dead\",\"by\":\"x\"}");
	not_read("{\"what\":\"mark\",\"call\":\"12-1\",\"state\":\"reached\",\"at\":\"soon\",\"by\":\"x\"}");
	not_read("{\"what\":\"mark\",\"call\":\"12-1\",\"state\":\"reached\",\"by\":\"x\"}\n{}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_file), cmocka_unit_test(test_same), cmocka_unit_test(test_states), cmocka_unit_test(test_entry)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
