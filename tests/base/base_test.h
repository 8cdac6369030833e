/* What the tests of base share. */
#ifndef HOLDFAST_BASE_TEST_H
#define HOLDFAST_BASE_TEST_H

#include "base.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_slice(s, text) assert_slice_at(s, text, __FILE__, __LINE__)
static inline void assert_slice_at(struct slice s, const char *text, const char *file, int line)
{
	if (slice_eq_str(s, text))
		return;
	print_error("got \"%.*s\", wanted \"%s\"\n", SLICE_FMT(s), text);
	_fail(file, line);
}

/* f must break a promise and be stopped by its assert. */
static inline void assert_dies(void (*f)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		int null = open("/dev/null", O_WRONLY);
		if (null < 0 || dup2(null, 2) < 0)
			_exit(1);
		f();
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

#endif
