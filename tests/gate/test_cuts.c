/* What a kept plan cuts: read, refused where it says nothing or contradicts itself, written and read again, and which links it means. */
#include "gate.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int read_text(const char *text, struct arena *a, struct gate_cuts *ret, struct err *e)
{
	struct json_node *n;
	assert_int_equal(json_tree(slice_str(text), a, &n, e), 0);
	return gate_cuts_read(n, a, ret, e);
}

static void refused(const char *text, const char *why)
{
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct gate_cuts c;
	struct err e = {0};
	assert_int_equal(read_text(text, a, &c, &e), ERR_USAGE);
	if (!strstr(e.text, why))
		fail_msg("%s: '%s' does not say '%s'", text, e.text, why);
}

static void test_refused(void **state)
{
	refused("{}", "cuts nothing");
	refused("[]", "not said");
	refused("{\"links\":[],\"classes\":[],\"all\":false,\"isolate\":false}", "cuts nothing");
	refused("{\"keep\":[\"lab\"]}", "cuts nothing");
	refused("{\"links\":\"lab\"}", "list");
	refused("{\"links\":[\"a b\"]}", "name");
	refused("{\"links\":[\"\"]}", "name");
	refused("{\"links\":[7]}", "name");
	refused("{\"classes\":[\"-x\"]}", "name");
	refused("{\"links\":[\"lab\"],\"keep\":[\"lab\"]}", "keeps it");
	refused("{\"addresses\":[\"10.0.0.0/8\"]}", "address");
	refused("{\"addresses\":[\"host\"]}", "address");
	refused("{\"addresses\":[\"127.0.0.1\"]}", "loopback");
	refused("{\"addresses\":[\"::1\"]}", "loopback");
	refused("{\"all\":true,\"members\":[\"10.0.0.0/8\"]}", "isolates");
	refused("{\"isolate\":true,\"addresses\":[\"10.8.0.9\"],\"admins\":[\"10.8.0.0/24\"]}", "never cut");
	refused("{\"isolate\":true,\"members\":[\"10.0.0.0/33\"]}", "IP/BITS");
}

static void test_same_again(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	AUTO_BUF struct buf one = {0}, two = {0};
	struct gate_cuts c, d;
	struct err e = {0};
	struct jsonw w;
	assert_int_equal(read_text("{\"links\":[\"z\",\"a\",\"z\"],\"classes\":[\"lab\"],\"keep\":[\"night\"],\"addresses\":[\"fd00::2\",\"10.8.0.2\",\"10.8.0.2\"],\"isolate\":true,\"members\":[\"10.8.0.77/24\"],\"admins\":[\"10.8.0.9\"]}", a, &c, &e), 0);
	assert_int_equal(c.links.n, 2);
	assert_string_equal(c.links.v[0], "a");
	assert_int_equal(c.addresses.n, 2);
	buf_init(&one, 1 << 16);
	jsonw_init(&w, &one);
	gate_cuts_put(&c, &w);
	jsonw_done(&w);
	assert_string_equal(buf_cstr(&one), "{\"links\":[\"a\",\"z\"],\"classes\":[\"lab\"],\"keep\":[\"night\"],\"addresses\":[\"10.8.0.2\",\"fd00::2\"],\"isolate\":true,\"members\":[\"10.8.0.0/24\"],\"admins\":[\"10.8.0.9\"]}");
	assert_int_equal(read_text(buf_cstr(&one), a, &d, &e), 0);
	buf_init(&two, 1 << 16);
	jsonw_init(&w, &two);
	gate_cuts_put(&d, &w);
	jsonw_done(&w);
	assert_string_equal(buf_cstr(&one), buf_cstr(&two));
}

static void test_which_links(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct gate_cuts c;
	struct err e = {0};
	const struct gate_link lab = {.name = "lab", .class = "lab"}, night = {.name = "night", .class = "lab"}, bank = {.name = "bank"}, named = {.name = "x", .class = "other"};
	assert_int_equal(read_text("{\"classes\":[\"lab\"],\"links\":[\"x\"],\"keep\":[\"night\"]}", a, &c, &e), 0);
	assert_true(gate_cuts_link(&c, &lab) && gate_cuts_link(&c, &named));
	assert_false(gate_cuts_link(&c, &night) || gate_cuts_link(&c, &bank)); /* a link without a class is of none */
	assert_int_equal(read_text("{\"all\":true,\"keep\":[\"night\"]}", a, &c, &e), 0);
	assert_true(gate_cuts_link(&c, &lab) && gate_cuts_link(&c, &named) && gate_cuts_link(&c, &bank));
	assert_false(gate_cuts_link(&c, &night));
	assert_int_equal(read_text("{\"isolate\":true}", a, &c, &e), 0);
	assert_false(gate_cuts_link(&c, &lab));
}

/* As many links as there may be: no name is compared with every other. */
static void test_many(void **state)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	AUTO_BUF struct buf b = {0};
	struct gate_cuts c;
	struct err e = {0};
	struct gate_link l = {.class = "c"};
	buf_init(&b, 1 << 20);
	buf_str(&b, "{\"links\":[");
	for (int i = 0; i < GATE_CUTS_NAMES_MAX; i++)
		buf_printf(&b, "%s\"link-%d\"", i ? "," : "", i);
	buf_str(&b, "]}");
	assert_int_equal(read_text(buf_cstr(&b), a, &c, &e), 0);
	for (int i = 0; i < GATE_CUTS_NAMES_MAX; i++) {
		snprintf(l.name, sizeof l.name, "link-%d", i);
		assert_true(gate_cuts_link(&c, &l));
	}
	snprintf(l.name, sizeof l.name, "link-x");
	assert_false(gate_cuts_link(&c, &l));
	b.n -= 2;
	buf_str(&b, ",\"one-more\"]}");
	assert_int_equal(read_text(buf_cstr(&b), a, &c, &e), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused), cmocka_unit_test(test_same_again), cmocka_unit_test(test_which_links), cmocka_unit_test(test_many)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
