/* Acts in any order, and from any crash on: what may have gone out never looks as if it had not, there is one message at a time, and what is filed is not open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "downtime.h"

#include <stdio.h>

static bool act(struct backload *b, uint64_t entry, const char *json)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 16);
	struct json_node *n;
	struct err e = {0};
	if (json_tree(slice_str(json), a, &n, &e) < 0)
		fail_msg("%s: %s", json, e.text);
	return backload_apply(b, n, entry);
}

#define MADE "{\"act\":\"made\",\"to\":\"EHR\",\"controlId\":\"HF1\"}"
#define ANSWER(code) "{\"act\":\"answer\",\"controlId\":\"HF1\",\"ack\":\"" code "\",\"text\":\"so\"}"

static void ordinary_ways(void **state)
{
	struct backload b = {0};
	assert_true(act(&b, 1, "{\"act\":\"reviewed\"}"));
	assert_int_equal(b.state, BACK_REVIEWED);
	assert_true(act(&b, 2, MADE));
	assert_int_equal(b.state, BACK_SENT_UNKNOWN);
	assert_int_equal(b.made, 2);
	assert_string_equal(b.to, "EHR");
	assert_false(act(&b, 3, MADE));                /* never two */
	assert_int_equal(b.made, 2);
	assert_true(act(&b, 4, ANSWER("AA")));
	assert_int_equal(b.state, BACK_FILED);
	assert_string_equal(b.ack, "AA");
	assert_false(act(&b, 5, ANSWER("AE")));        /* the second answer of an odd receiver */
	assert_false(act(&b, 6, "{\"act\":\"reopened\",\"reason\":\"x\"}"));
	assert_int_equal(b.state, BACK_FILED);

	assert_true(act(&b, 7, "{\"act\":\"reconciled\"}")); /* compared with the EHR's record of doses: beside its state, and once */
	assert_true(b.reconciled && b.state == BACK_FILED);
	assert_false(act(&b, 8, "{\"act\":\"reconciled\"}"));

	struct backload r = {0};
	assert_true(act(&r, 1, MADE));
	assert_true(act(&r, 2, ANSWER("AE")));
	assert_int_equal(r.state, BACK_REFUSED);
	assert_string_equal(r.why, "so");
	assert_true(act(&r, 3, "{\"act\":\"reopened\",\"reason\":\"the order is there now\"}"));
	assert_int_equal(r.state, BACK_OPEN);
	assert_int_equal(r.made, 0);                   /* what was refused is made anew, under another control id */
	assert_true(act(&r, 4, "{\"act\":\"made\",\"to\":\"EHR\",\"controlId\":\"HF1.2\"}"));
	assert_false(act(&r, 5, ANSWER("AA")));        /* late, of the first one */
	assert_int_equal(r.state, BACK_SENT_UNKNOWN);
	assert_int_equal(r.messages, 2);

	struct backload d = {0};
	assert_true(act(&d, 1, MADE));
	assert_true(act(&d, 2, "{\"act\":\"answer\",\"controlId\":\"HF1\",\"ack\":\"AR\",\"duplicate\":true}"));
	assert_int_equal(d.state, BACK_ALREADY_THERE);
}

static void foreign_and_late(void **state)
{
	struct backload b = {0};
	assert_false(act(&b, 1, ANSWER("AA")));        /* nothing is out */
	assert_true(act(&b, 2, MADE));
	assert_false(act(&b, 3, "{\"act\":\"answer\",\"controlId\":\"HF2\",\"ack\":\"AA\"}"));
	assert_false(act(&b, 3, "{\"act\":\"answer\",\"controlId\":\"HF1\",\"ack\":\"OK\"}"));
	assert_false(act(&b, 3, "{\"act\":\"answer\",\"ack\":\"AA\"}"));
	assert_true(act(&b, 4, "{\"act\":\"unknown\",\"controlId\":\"HF1\",\"why\":\"silence\"}"));
	assert_int_equal(b.state, BACK_SENT_UNKNOWN);
	assert_true(act(&b, 5, "{\"act\":\"resolved\",\"as\":\"filed\",\"reason\":\"seen there\"}"));
	assert_false(act(&b, 6, ANSWER("AR")));        /* a person has settled it */
	assert_int_equal(b.state, BACK_FILED);
	assert_true(act(&b, 7, "{\"act\":\"reopened\",\"reason\":\"of another patient\"}")); /* and may take that back */
	assert_int_equal(b.state, BACK_OPEN);
	assert_int_equal(b.made, 2);                   /* nothing was answered: the same bytes */
}

/* "not-sent" gives back only what cannot have gone out. */
static void not_one_byte(void **state)
{
	struct backload b = {0};
	assert_true(act(&b, 1, "{\"act\":\"reviewed\"}"));
	assert_true(act(&b, 2, MADE));
	assert_true(act(&b, 3, "{\"act\":\"not-sent\",\"controlId\":\"HF1\"}"));
	assert_int_equal(b.state, BACK_REVIEWED);
	assert_int_equal(b.made, 2);
	assert_true(act(&b, 4, "{\"act\":\"sending\",\"controlId\":\"HF1\"}"));
	assert_int_equal(b.state, BACK_SENT_UNKNOWN);
	assert_true(act(&b, 5, "{\"act\":\"sending\",\"controlId\":\"HF1\"}")); /* killed in between: the first may be out */
	assert_false(act(&b, 6, "{\"act\":\"not-sent\",\"controlId\":\"HF1\"}"));
	assert_int_equal(b.state, BACK_SENT_UNKNOWN);
	assert_int_equal(b.tries, 3);
}

static void echoes(void **state)
{
	struct backload typed = {0}, sent = {0};
	assert_true(act(&typed, 9, "{\"act\":\"echo\",\"entry\":8}")); /* never sent: somebody entered it from paper */
	assert_int_equal(typed.state, BACK_ALREADY_THERE);
	assert_int_equal(typed.echo, 8);
	assert_true(act(&sent, 1, MADE));
	assert_true(act(&sent, 2, "{\"act\":\"echo\",\"entry\":7}"));
	assert_int_equal(sent.state, BACK_FILED);
	assert_false(act(&sent, 3, "{\"act\":\"echo\",\"entry\":11}"));
	assert_int_equal(sent.echo, 7);
	assert_false(act(&sent, 3, ANSWER("AE")));
	assert_int_equal(sent.state, BACK_FILED);
}

static void what_it_counts_as(void **state)
{
	const struct backload open = {0}, filed = {.state = BACK_FILED}, out = {.state = BACK_SENT_UNKNOWN}, refused = {.state = BACK_REFUSED};
	enum backload_state superseded = BACK_SUPERSEDED, there = BACK_FILED, doubt = BACK_SENT_UNKNOWN;
	assert_int_equal(backload_counts_as(&open, false, false, NULL), BACK_OPEN);
	assert_int_equal(backload_counts_as(&open, true, false, NULL), BACK_SUPERSEDED);
	assert_int_equal(backload_counts_as(&filed, true, false, NULL), BACK_FILED);    /* it is in the EHR: the correction has to go, too */
	assert_int_equal(backload_counts_as(&out, true, false, NULL), BACK_SENT_UNKNOWN);
	assert_int_equal(backload_counts_as(&refused, true, false, NULL), BACK_SUPERSEDED);
	assert_int_equal(backload_counts_as(&open, false, true, &superseded), BACK_SUPERSEDED); /* what it takes back never went out */
	assert_int_equal(backload_counts_as(&open, false, true, &there), BACK_OPEN);
	assert_int_equal(backload_counts_as(&open, false, true, &doubt), BACK_OPEN);
	assert_int_equal(backload_counts_as(&open, false, false, &superseded), BACK_OPEN); /* a correction of what never went out is sent as it is */
}

/* ---- any order ---- */

static const char *const all[] = {
	"{\"act\":\"reviewed\"}", "{\"act\":\"refused\",\"reason\":\"r\"}", MADE, "{\"act\":\"made\",\"to\":\"EHR\",\"controlId\":\"HF1.2\"}", "{\"act\":\"sending\",\"controlId\":\"HF1\"}", "{\"act\":\"sending\",\"controlId\":\"HF1.2\"}",
	"{\"act\":\"not-sent\",\"controlId\":\"HF1\"}", "{\"act\":\"not-sent\",\"controlId\":\"HF1.2\"}", "{\"act\":\"unknown\",\"controlId\":\"HF1\",\"why\":\"w\"}", ANSWER("AA"), ANSWER("AE"), "{\"act\":\"answer\",\"controlId\":\"HF1.2\",\"ack\":\"CA\"}",
	"{\"act\":\"echo\",\"entry\":5}", "{\"act\":\"resolved\",\"as\":\"filed\",\"reason\":\"p\"}", "{\"act\":\"resolved\",\"as\":\"superseded\",\"reason\":\"p\"}", "{\"act\":\"reopened\",\"reason\":\"p\"}", "{\"act\":\"deduplicates\",\"to\":\"EHR\"}", "{\"act\":7}", "[]",
};

static uint32_t dice(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static bool is_waiting(const struct backload *b)
{
	return b->state == BACK_OPEN || b->state == BACK_REVIEWED;
}

/* What must hold over every step, whatever came before. */
static void check_step(const struct backload *was, const struct backload *is, const char *a, bool counted)
{
	if (!counted && memcmp(was, is, sizeof *was) != 0)
		fail_msg("%s: it had no effect, and changed something", a);
	if (was->made && is->made && was->made != is->made)
		fail_msg("%s: other bytes in the place of those that may be out", a);
	if (was->made && !is->made && !(was->ack[0] && strstr(a, "reopened")))
		fail_msg("%s: bytes that may be out were forgotten", a);
	if (was->state == BACK_SENT_UNKNOWN && is_waiting(is) && !strstr(a, "not-sent") && !strstr(a, "reopened"))
		fail_msg("%s: what may be out waits again", a);
	if (was->state == BACK_SENT_UNKNOWN && was->went && is_waiting(is) && !strstr(a, "reopened"))
		fail_msg("%s: what may be out from an earlier try waits again", a);
	if (was->state == BACK_FILED && !was->person && is->state != BACK_FILED)
		fail_msg("%s: what the EHR has is not filed any more", a);
	if (is->state == BACK_SENT_UNKNOWN && !is->made)
		fail_msg("%s: out, and no bytes of it", a);
	if (was->messages > is->messages || is->messages > was->messages + 1)
		fail_msg("%s: messages are counted up", a);
}

static void any_order(void **state)
{
	for (uint32_t seed = 1; seed <= 20000; seed++) {
		struct backload b = {0};
		uint32_t x = seed * 2654435761u | 1;
		for (uint64_t entry = 1; entry <= 12; entry++) {
			const char *a = all[dice(&x) % ARRAY_LEN(all)];
			struct backload was = b;
			bool counted = act(&b, entry, a);
			check_step(&was, &b, a, counted);
		}
	}
}

/* ---- downtime ---- */

static bool move(struct downtime *d, const char *json, int64_t at)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 16);
	struct json_node *n;
	assert_int_equal(json_tree(slice_str(json), a, &n, NULL), 0);
	struct err e = {0};
	bool begins = slice_eq_str(json_text(n, "what"), "begin"), fits = downtime_fits(d, n, &e) == 0, late = begins && downtime_running(d) && d->state != DOWNTIME_DOWN;
	bool did = downtime_apply(d, n, (uint64_t)at, at);
	assert_true(did == fits || (did && late)); /* that wards are added to one that is nearly over is taken where it stands in the ledger, and not begun any more */
	assert_true(fits || e.text[0]);
	return did;
}

static void states(void **state)
{
	struct downtime d = {0};
	assert_false(move(&d, "{\"what\":\"advance\",\"state\":\"read-only\"}", 1));
	assert_true(move(&d, "{\"what\":\"begin\",\"unit\":\"3W\",\"reason\":\"r\",\"by\":\"ada\"}", 2));
	assert_int_equal(d.state, DOWNTIME_DOWN);
	assert_int_equal(d.since, 2);
	assert_false(move(&d, "{\"what\":\"begin\",\"unit\":\"3W\"}", 3));
	assert_true(move(&d, "{\"what\":\"begin\",\"unit\":\"ICU\"}", 3));
	assert_int_equal(d.units, 2);
	assert_false(move(&d, "{\"what\":\"advance\",\"state\":\"write\"}", 4)); /* none is passed over */
	assert_false(move(&d, "{\"what\":\"close\"}", 4));
	assert_true(move(&d, "{\"what\":\"advance\",\"state\":\"read-only\"}", 4));
	assert_false(move(&d, "{\"what\":\"advance\",\"state\":\"down\"}", 5));
	assert_true(move(&d, "{\"what\":\"begin\"}", 5)); /* the whole house */
	assert_int_equal(d.units, 0);
	assert_int_equal(d.state, DOWNTIME_READ_ONLY);
	assert_true(move(&d, "{\"what\":\"advance\",\"state\":\"write\"}", 6));
	assert_true(move(&d, "{\"what\":\"close\"}", 7));
	assert_int_equal(d.state, DOWNTIME_CLOSED);
	assert_int_equal(d.closed, 7);
	assert_false(move(&d, "{\"what\":\"close\"}", 8));
	assert_true(move(&d, "{\"what\":\"begin\"}", 9));
	assert_int_equal(d.since, 9);
	assert_int_equal(d.closed, 7);
	for (int i = 0; i <= DOWNTIME_CLOSED; i++) {
		enum downtime_state s;
		assert_true(downtime_state_of(slice_str(downtime_state_name((enum downtime_state)i)), &s));
		assert_int_equal(s, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ordinary_ways), cmocka_unit_test(foreign_and_late), cmocka_unit_test(not_one_byte), cmocka_unit_test(echoes), cmocka_unit_test(what_it_counts_as), cmocka_unit_test(any_order), cmocka_unit_test(states)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
