/* The processors are kept awake from the sixteenth question within ten milliseconds until none came for a while, by what is written into the kernel's file; where that cannot be, nothing is. */
#include "responder.h"

#include <setjmp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static struct awake with_file(void)
{
	struct awake a = {.fd = memfd_create("qos", MFD_CLOEXEC), .latency = 2, .running = -1};
	assert_true(a.fd >= 0);
	return a;
}

/* What was wished, in order. */
static size_t wishes(const struct awake *a, int32_t ret[static 8])
{
	const ssize_t n = pread(a->fd, ret, 8 * sizeof *ret, 0);
	assert_true(n >= 0);
	return (size_t)n / sizeof *ret;
}

static void test_fast_questions_hold_it_once(void **state)
{
	(void)state;
	struct awake a = with_file();
	int32_t said[8];
	int64_t now = 5000 * MS;
	for (int i = 0; i < 15; i++, now += MS / 2)
		awake_asked(&a, now);
	assert_int_equal(wishes(&a, said), 0);
	for (int i = 0; i < 2000; i++, now += MS / 2)
		awake_asked(&a, now);
	assert_int_equal(wishes(&a, said), 1);
	assert_int_equal(said[0], 2);
	awake_end(&a);
	awake_end(&a);
	assert_int_equal(wishes(&a, said), 2);
	assert_int_equal(said[1], -1); /* PM_QOS_DEFAULT_VALUE */
	for (int i = 0; i < 15; i++)
		awake_asked(&a, now);
	assert_int_equal(wishes(&a, said), 2); /* counted anew */
	awake_asked(&a, now);
	assert_int_equal(wishes(&a, said), 3);
	close(a.fd);
}

static void test_slow_questions_never_do(void **state)
{
	(void)state;
	struct awake a = with_file();
	int32_t said[8];
	for (int64_t now = MS; now < 2000 * MS; now += MS)
		awake_asked(&a, now);
	assert_int_equal(wishes(&a, said), 0);
	close(a.fd);
}

static void test_a_file_that_takes_nothing_is_left_alone(void **state)
{
	(void)state;
	int end[2];
	assert_int_equal(pipe(end), 0);
	close(end[1]);
	struct awake a = {.fd = end[0], .latency = 0, .running = -1}; /* open for reading: write(2) is EBADF */
	for (int i = 0; i < 100; i++)
		awake_asked(&a, MS);
	assert_int_equal(a.fd, -1);
	awake_end(&a);
	awake_open(&a, false);
	assert_int_equal(a.fd, -1);
	awake_asked(&a, MS);
	assert_false(a.held);
}

/* Held, on two processors, and /proc/loadavg says this. */
static struct awake looking(const char *load)
{
	struct awake a = {.fd = -1, .held = true, .processors = 2, .running = memfd_create("loadavg", MFD_CLOEXEC)};
	assert_true(a.running >= 0);
	assert_int_equal(pwrite(a.running, load, strlen(load), 0), (ssize_t)strlen(load));
	return a;
}

static void test_it_looks_where_nobody_else_wants_a_processor(void **state)
{
	(void)state;
	struct awake a = looking("0.20 0.18 0.12 2/80 11206\n");
	int64_t now = 5000 * MS;
	assert_true(awake_may_look(&a, now) > 0);
	assert_int_equal(pwrite(a.running, "0.20 0.18 0.12 3", 16, 0), 16);
	assert_true(awake_may_look(&a, now + MS / 2) > 0); /* not asked for each file */
	assert_int_equal(awake_may_look(&a, now + 2 * MS), 0);
	assert_int_equal(pwrite(a.running, "0.20 0.18 0.12 1", 16, 0), 16);
	assert_true(awake_may_look(&a, now + 4 * MS) > 0);
	a.held = false;
	assert_int_equal(awake_may_look(&a, now + 4 * MS), 0);
	close(a.running);
	a = looking("who knows");
	assert_int_equal(awake_may_look(&a, now), 0);
	close(a.running);
	a.running = -1;
	assert_int_equal(awake_may_look(&a, now + 100 * MS), 0);
}

static void test_it_never_looks_all_the_time(void **state)
{
	(void)state;
	struct awake a = looking("0 0 0 2/80 1\n");
	int64_t now = 5000 * MS, slept = 0;
	for (const int64_t end = now + 1000 * MS; now < end;) {
		const int64_t most = awake_may_look(&a, now), step = most ? most : MS / 10;
		if (most)
			awake_looked(&a, now, now + step, true);
		else
			slept += step;
		now += step;
	}
	assert_in_range(slept, 150 * MS, 300 * MS);
	close(a.running);
}

static void test_looking_in_vain_is_given_up_for_a_while(void **state)
{
	(void)state;
	struct awake a = looking("0 0 0 2/80 1\n");
	int64_t now = 5000 * MS, vain = 0;
	for (const int64_t end = now + 1000 * MS; now < end; now += MS / 5) {
		const int64_t most = awake_may_look(&a, now);
		if (!most)
			continue;
		awake_looked(&a, now, now + most, false);
		vain += most;
	}
	assert_in_range(vain, 1 * MS, 100 * MS); /* of 1,000 */
	close(a.running);
}

static int32_t kernel_says(void)
{
	int32_t v = -1;
	FILE *f = fopen("/dev/cpu_dma_latency", "re");
	if (!f || fread(&v, sizeof v, 1, f) != 1)
		v = -1;
	if (f)
		fclose(f);
	return v;
}

static void test_the_kernel_hears_it(void **state)
{
	(void)state;
	struct awake a;
	awake_open(&a, true);
	if (a.fd < 0 || kernel_says() < 0)
		skip(); /* no such file, or not root */
	assert_true(a.latency == 0 || a.latency == 2);
	for (int i = 0; i < 16; i++)
		awake_asked(&a, MS);
	assert_true(a.held);
	assert_in_range(kernel_says(), 0, (uintmax_t)a.latency); /* somebody else may ask for less */
	close(a.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fast_questions_hold_it_once),
		cmocka_unit_test(test_slow_questions_never_do),
		cmocka_unit_test(test_a_file_that_takes_nothing_is_left_alone),
		cmocka_unit_test(test_it_looks_where_nobody_else_wants_a_processor),
		cmocka_unit_test(test_it_never_looks_all_the_time),
		cmocka_unit_test(test_looking_in_vain_is_given_up_for_a_while),
		cmocka_unit_test(test_the_kernel_hears_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
