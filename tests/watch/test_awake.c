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
	struct awake a = {.fd = memfd_create("qos", MFD_CLOEXEC), .latency = 2};
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
	struct awake a = {.fd = end[0], .latency = 0}; /* open for reading: write(2) is EBADF */
	for (int i = 0; i < 100; i++)
		awake_asked(&a, MS);
	assert_int_equal(a.fd, -1);
	awake_end(&a);
	awake_open(&a, false);
	assert_int_equal(a.fd, -1);
	awake_asked(&a, MS);
	assert_false(a.held);
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
		cmocka_unit_test(test_the_kernel_hears_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
