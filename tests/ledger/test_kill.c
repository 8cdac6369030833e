/* kill -9 at any instant, again and again, also while recovering from the last one. A child appends and commits and tells through a pipe what is durable; whatever it told must be there. */
#include "ledger/ledger_test.h"

#include <signal.h>
#include <time.h>

static uint64_t rnd_state;
static uint64_t rnd(uint64_t n)
{
	rnd_state = rnd_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (rnd_state >> 33) % n;
}

static struct ledger_options options(bool single)
{
	struct ledger_options o = small();
	o.single_thread = single;
	o.pack_size = 96 << 10;
	o.pack_age = TIME_SEC / 50;
	o.publish_interval = TIME_SEC / 200;
	o.segment_size = 128 << 10;
	return o;
}

/* Never returns: works until it is killed. */
static void work(const struct site *s, int to, uint64_t seed, bool single)
{
	struct ledger *l;
	struct ledger_options o = options(single);
	struct err e = {0};
	struct buf b;
	rnd_state = seed;
	buf_init(&b, 1 << 20);
	if (ledger_open(s->fd, &s->keys, &o, &l, NULL, &e) < 0) {
		fprintf(stderr, "child: %s: %s\n", e.place, e.text);
		_exit(3);
	}
	for (uint64_t told;;) {
		uint64_t n = 1 + rnd(rnd(8) ? 4 : 200);
		for (uint64_t i = 0; i < n; i++) {
			body_of(ledger_size(l), &b);
			if (ledger_append(l, LEDGER_HL7V2, (uint8_t)(ledger_size(l) % 3), ledger_size(l) % 2 ? "mllp/lab" : "import", buf_slice(&b), true, NULL, NULL, &e) < 0)
				_exit(4);
		}
		if (ledger_commit(l, &e) < 0)
			_exit(5);
		told = ledger_durable(l);
		if (write(to, &told, sizeof told) != sizeof told)
			_exit(6);
		if (ledger_tick(l, rnd(16) == 0, NULL, &e) < 0) {
			fprintf(stderr, "child: %s: %s\n", e.place, e.text);
			_exit(7);
		}
	}
}

/* Starts a child, kills it after a while, returns what it told last. */
static uint64_t one_life(const struct site *s, uint64_t seed, uint64_t us, uint64_t before)
{
	int p[2], status;
	uint64_t told, last = before;
	assert_int_equal(pipe(p), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(p[0]);
		work(s, p[1], seed, seed % 4 == 0);
	}
	close(p[1]);
	struct timespec t = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
	nanosleep(&t, NULL);
	kill(pid, SIGKILL);
	while (read(p[0], &told, sizeof told) == sizeof told)
		last = told;
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status))
		fail_msg("the child ended by itself: %d", WEXITSTATUS(status));
	return last;
}

static void kills(void **state)
{
	int sites = is_long() ? 12 : 3, rounds = is_long() ? 40 : 14;
	const char *seed = getenv("HOLDFAST_SEED");
	uint64_t seeds = seed ? strtoull(seed, NULL, 10) : (uint64_t)time_now();
	print_message("HOLDFAST_SEED=%" PRIu64 "\n", seeds);
	rnd_state = seeds;
	uint64_t lives = 0, all = 0;
	for (int i = 0; i < sites; i++) {
		struct site s;
		uint64_t told = 0;
		site_new(&s);
		for (int k = 0; k < rounds; k++) {
			/* a life, and then sometimes a few that die while they recover */
			told = one_life(&s, rnd(1 << 30), rnd(4) ? 2000 + rnd(120000) : rnd(8000), told);
			for (uint64_t again = rnd(3); again > 0; again--, lives++)
				told = one_life(&s, rnd(1 << 30), rnd(6000), told);
			struct ledger *l = open_with(&s, options(true));
			assert_true(ledger_size(l) >= told);
			if (told)
				expect_entry(l, told - 1);
			if (k % 7 == 6) {
				expect_all(l, ledger_size(l));
				tick(l);
			}
			ledger_free(l);
			if (k % 7 == 6)
				expect_sound(&s);
			lives++;
		}
		struct ledger *l = open_with(&s, options(true));
		expect_all(l, told);
		OK(ledger_close(l, e));
		struct ledger_verify_report rep = expect_sound(&s);
		assert_true(rep.entries >= told);
		all += rep.entries;
		site_done(&s);
	}
	print_message("killed %" PRIu64 " times, %" PRIu64 " entries, none lost\n", lives, all);
	assert_true(all > 100); /* it did work */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(kills)};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
