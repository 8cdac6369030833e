/* When the scribe lets others go first: in a flood, not in a hospital's worst hour, and not when what it has to show waits for too long already. And the kernel is told, where the roles are users of their own. */
#include "serve_test.h"

#include "scribe_read.h"

static struct pace received(unsigned n, int64_t apart)
{
	struct pace p = {0};
	for (unsigned i = 0; i < n; i++)
		pace_entry(&p, 1000 * TIME_SEC + (int64_t)i * apart);
	return p;
}

static void flood(void **state)
{
	(void)state;
	struct pace p = received(300, TIME_SEC / 15000);
	int64_t last = p.last;
	assert_true(pace_flood(&p, last));
	assert_true(pace_flood(&p, last + 9 * TIME_SEC));
	assert_false(pace_flood(&p, last + 10 * TIME_SEC)); /* it waits too long already */
	p = received(300, TIME_SEC / 300);
	assert_false(pace_flood(&p, p.last)); /* a very busy hour */
	p = received(20, 0);
	assert_false(pace_flood(&p, p.last)); /* a few at once */
	p = received(0, 0);
	assert_false(pace_flood(&p, 0));
}

static void told(void **state)
{
	(void)state;
	struct pace p = received(300, TIME_SEC / 15000);
	int64_t last = p.last;
	assert_true(pace_commit(&p, last));
	assert_true(p.yields);
	for (unsigned i = 0; i < 300; i++)
		pace_entry(&p, last + TIME_SEC / 10 + (int64_t)i * TIME_SEC / 15000);
	assert_false(pace_frame(&p, p.last + TIME_SEC));
	assert_false(pace_commit(&p, p.last + TIME_SEC)); /* still one: nothing new to tell */
	assert_true(p.yields);
	pace_entry(&p, last + TIME_SEC);
	assert_true(pace_frame(&p, last + 11 * TIME_SEC)); /* in the middle of a batch that takes long */
	assert_false(p.yields);
	assert_false(pace_frame(&p, last + 12 * TIME_SEC));
	assert_false(pace_commit(&p, last + 12 * TIME_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(flood), cmocka_unit_test(told)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
