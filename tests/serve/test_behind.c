/* A view that is far behind (a first import of years) is built as a rebuild is: beside the old one, which stays readable until the new one is whole. The keeper's threshold is lowered here from a quarter of a million
 * entries, in the struct that its role is started with. */
/* wrap: keeper_main */
#include "serve_test.h"

#define FAR 400
#define MANY 6000
#define LONG 6000 /* bytes of a message: some MB are on their way to the scribe already when the keeper decides, and go into the old view; that is to be a part of all */

int __real_keeper_main(struct role *r);
int __wrap_keeper_main(struct role *r)
{
	assert(r->far_behind == SERVE_FAR_BEHIND);
	r->far_behind = FAR;
	return __real_keeper_main(r);
}

static struct house h;
static char view[120];

static int start(void **state)
{
	house_make(&h);
	house_start(&h, false, false);
	snprintf(view, sizeof view, "%s/view/chart.db", h.site);
	return 0;
}

static int done(void **state)
{
	house_done(&h);
	return 0;
}

static int counted(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	(void)tag, (void)e;
	assert_false(r->duplicate);
	++*(unsigned *)arg;
	return 0;
}

/* Messages from..to of 50 patients in 50 beds. */
static void append(unsigned from, unsigned to, bool flush)
{
	struct err e = {0};
	static unsigned n; /* answers come later, too */
	for (unsigned i = from; i < to; i++) {
		char m[600 + LONG];
		int k = snprintf(m, sizeof m, "MSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A08^ADT_A01|%u|P|2.5\rEVN|A08|20260105120000\rPID|1||%u^^^GAB^MR||Keller^Jeanne%u||19570312|F\rPV1|1|I|3W^%u\rNTE|1||%0*u\r", i, 100 + i % 50, i % 50, i % 50, LONG, i);
		struct control_append a = {.kind = LEDGER_HL7V2, .body = slice_of(m, (size_t)k), .dedupe = true};
		if (control_append(h.k, &a, i, counted, &n, &e) < 0)
			fail_msg("append: %s", e.text);
	}
	if (flush && control_flush(h.k, &e) < 0)
		fail_msg("flush: %s", e.text);
}

static uint64_t seen(struct chart *c, size_t *ret_beds)
{
	AUTO_ARENA struct arena *a = arena_new(64 << 20);
	struct err e = {0};
	struct chart_moment at;
	struct chart_row *rows;
	if (chart_now(c, &at, &e) < 0 || chart_census(c, at, SLICE_NULL, a, &rows, ret_beds, &e) < 0)
		fail_msg("reading: %s: %s", e.place, e.text);
	return at.end;
}

static void test_far_behind(void **state)
{
	struct stat before, after;
	struct chart *c = NULL;
	struct err e = {0};
	size_t beds;
	append(0, 300, true);
	assert_int_equal(stat(view, &before), 0);
	assert_int_equal(chart_open(view, &(struct chart_options){.site_name = "Test"}, &c, &e), 0);
	uint64_t had = seen(c, &beds);
	assert_true(had >= 300);
	assert_int_equal(beds, 50);
	/* the scribe stands still while years come in */
	pid_t scribe = role_pid(&h, "scribe");
	assert_true(scribe > 0);
	kill(scribe, SIGSTOP);
	append(300, MANY, false);
	for (int i = 0; i < 400 && status_number(&h, "ledger.size") < MANY; i++)
		usleep(20000);
	kill(scribe, SIGCONT);
	/* readers have the old view or the new one, never less than they had, and never a half of it */
	bool rebuilding = false;
	uint64_t last = had, now = had;
	for (int64_t until = time_monotonic() + 60 * TIME_SEC; now < MANY && time_monotonic() < until; usleep(2000)) {
		AUTO_ARENA struct arena *a = arena_new(1 << 24);
		const struct json_node *n = json_path(status_of(&h, a), "view.rebuilding");
		rebuilding |= n && n->type == JSON_TRUE;
		now = seen(c, &beds);
		assert_true(now >= last);
		assert_int_equal(beds, 50);
		last = now;
	}
	assert_true(now >= MANY);
	assert_true(rebuilding);
	assert_int_equal(stat(view, &after), 0);
	assert_true(after.st_ino != before.st_ino); /* another file took its place */
	assert_int_equal(role_pid(&h, "scribe"), scribe);
	chart_close(c);
	/* and it goes on as ever, entry by entry */
	append(MANY, MANY + 100, true);
	assert_int_equal(stat(view, &before), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	for (int i = 0; i < 500 && status_number(&h, "view.behind"); i++) /* the daemon makes entries of its own, too: a copy of the view */
		usleep(10000);
	assert_int_equal(status_number(&h, "view.behind"), 0);
}

/* As much behind, but less than half of what there is: nothing is thrown away. */
static void test_behind_but_not_by_half(void **state)
{
	struct stat before, after;
	append(0, MANY, true);
	assert_int_equal(stat(view, &before), 0);
	pid_t scribe = role_pid(&h, "scribe");
	kill(scribe, SIGSTOP);
	append(MANY, MANY + 2 * FAR, false);
	for (int i = 0; i < 400 && status_number(&h, "ledger.size") < MANY + 2 * FAR; i++)
		usleep(20000);
	kill(scribe, SIGCONT);
	append(MANY + 2 * FAR, MANY + 2 * FAR + 1, true);
	assert_int_equal(stat(view, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

int main(int argc, char **argv)
{
	int status = serve_role_main(argc, argv);
	if (status >= 0)
		return status;
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_far_behind, start, done), cmocka_unit_test_setup_teardown(test_behind_but_not_by_half, start, done)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
