/* No thread stands outside of the sandbox: Landlock binds the one that asks and what it starts afterwards. */
#include "ecg_role.h"
#include "sandbox.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void *wait_long(void *arg)
{
	pause();
	return arg;
}

static void counted(void **state)
{
	pthread_t t;
	unsigned before = sandbox_threads();
	assert_true(before >= 1);
	assert_int_equal(pthread_create(&t, NULL, wait_long, NULL), 0);
	assert_int_equal(sandbox_threads(), before + 1);
	pthread_cancel(t);
	pthread_join(t, NULL);
}

/* What the ecg role does before its sandbox starts none: fontconfig's threads of an early drawing stood outside. */
static void drawing_waits(void **state)
{
	struct role r = {.id = ROLE_ECG};
	struct err e = {0};
	unsigned before = sandbox_threads();
	assert_int_equal(ecg_role_prepare(&r, &e), 0);
	assert_int_equal(sandbox_threads(), before);
}

/* In a child, which is locked then: intake, which reaches nothing. */
static int locked_with(unsigned threads)
{
	pid_t p = fork();
	if (p == 0) {
		struct role r = {.id = ROLE_INTAKE, .sitefd = -1};
		struct sandbox_report rep = {0};
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		sandbox_landlock(&r, threads, &rep);
		_exit(!rep.landlock_abi ? 77 : rep.landlock && !strstr(rep.note, "began before") ? 1 : !rep.landlock && strstr(rep.note, "2 threads began before Landlock") ? 2 : 3);
	}
	int status;
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void said_to_be_none(void **state)
{
	int alone = locked_with(1);
	if (alone == 77)
		skip();
	assert_int_equal(alone, 1);
	assert_int_equal(locked_with(0), 1);
	assert_int_equal(locked_with(3), SANDBOX_SANITIZED ? 1 : 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(counted), cmocka_unit_test(drawing_waits), cmocka_unit_test(said_to_be_none)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
