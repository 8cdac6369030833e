/* The care key rotated under a living ledger: what comes after it is sealed to the new keys, what was before stays readable, and a process that dies between the change of keys and the ledger's next segment does no harm. */
#include "ledger/ledger_test.h"

static void rotate(struct site *s, struct ledger *l)
{
	struct site_rotation p;
	OK(site_rotation_plan(s->fd, &s->keys, time_now(), false, "root", "test", l ? ledger_size(l) : 0, &p, e));
	OK(site_rotation_carry(s->fd, &p, &s->keys, e));
	if (l)
		OK(ledger_rekey(l, &s->keys, e));
	OK(site_rotation_end(s->fd, e));
}

/* How many entries somebody with these keys reads from the front and from the back. */
static void readable(const struct site *s, const struct site_keys *k, uint64_t *ret_first, uint64_t *ret_last)
{
	struct ledger *l = NULL;
	struct err e;
	struct ledger_entry en;
	struct ledger_options o = {.write = false};
	*ret_first = *ret_last = 0;
	if (ledger_open(s->fd, k, &o, &l, NULL, &e) < 0)
		return;
	uint64_t n = ledger_size(l);
	while (*ret_first < n && ledger_read(l, *ret_first, &en, &e) == 0)
		(*ret_first)++;
	while (*ret_last < n && ledger_read(l, n - 1 - *ret_last, &en, &e) == 0)
		(*ret_last)++;
	ledger_free(l);
}

static void live(void **state, bool threaded)
{
	struct site s;
	struct ledger_options o = small();
	uint64_t first, last;
	site_new(&s);
	struct site_keys old = s.keys;
	o.single_thread = !threaded;
	struct ledger *l = open_with(&s, o);
	fill(l, 1500, 50);
	tick(l);
	rotate(&s, l);
	assert_int_equal(l->periods.use_base, 0);
	uint64_t before = ledger_size(l);
	for (uint64_t i = 0; i < 1500; i++) {
		append(l, ledger_size(l));
		OK(ledger_commit(l, e));
	}
	expect_all(l, ledger_size(l)); /* through the tail, segments and packs */
	tick(l);
	rotate(&s, l);
	fill(l, 1500, 70);
	tick(l);
	ledger_free(l); /* dies */
	l = open_with(&s, o);
	expect_all(l, ledger_size(l));
	OK(ledger_close(l, e));
	expect_sound(&s);
	/* the first care key opens nothing of what came after it; packs of one quarter lie under three keys */
	readable(&s, &old, &first, &last);
	assert_int_equal(last, 0);
	readable(&s, &s.keys, &first, &last);
	assert_int_equal(first, last);
	assert_true(first > before);
	l = open_reader(&s);
	bool seen[3] = {false};
	for (uint64_t n = 1; n <= l->packs.n; n++) {
		struct ledger_pack_info info;
		uint8_t record[PACK_RECORD];
		OK(ledger_packs_get(&l->packs, n, &info, NULL, record, e));
		assert_true(info.period % 100 < 3);
		seen[info.period % 100] = true;
	}
	assert_true(seen[0] && seen[2] && (threaded || seen[1]));
	ledger_free(l);
	site_done(&s);
}

static void one_thread(void **state)
{
	live(state, false);
}

static void two_threads(void **state)
{
	live(state, true);
}

/* Keys changed, then the process died before its ledger knew: the next one opens with the new keys and writes no record into a segment of the old. */
static void died_between(void **state)
{
	struct site s;
	struct ledger_options o = small();
	site_new(&s);
	struct site_keys old = s.keys;
	struct ledger *l = open_with(&s, o);
	fill(l, 20, 5);
	ledger_free(l);
	rotate(&s, NULL);
	l = open_with(&s, o);
	uint64_t before = ledger_size(l);
	fill(l, 20, 5);
	ledger_free(l);
	uint64_t first, last;
	readable(&s, &old, &first, &last);
	assert_true(first <= before);
	l = open_with(&s, o);
	expect_all(l, before + 20);
	OK(ledger_close(l, e));
	expect_sound(&s);
	site_done(&s);
}

/* Not through a reader's handle, nor with keys that open nothing. */
static void refused(void **state)
{
	struct site s;
	site_new(&s);
	struct ledger *l = open_reader(&s);
	FAILS(ledger_rekey(l, &s.keys, e), ERR_USAGE, "writes");
	ledger_free(l);
	site_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_thread),
		cmocka_unit_test(two_threads),
		cmocka_unit_test(died_between),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
