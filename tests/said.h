/* A call that must succeed, and one that must fail in so many words. */
#ifndef HOLDFAST_TESTS_SAID_H
#define HOLDFAST_TESTS_SAID_H

#include "base.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline void ok_(int r, const struct err *e, const char *file, int line)
{
	char text[1024];
	if (r >= 0)
		return;
	print_error("%d: %s\n", r, err_line(e, text, sizeof text));
	_assert_int_equal(r, 0, file, line);
}
#define OK(call)                                   \
	do {                                           \
		struct err e_ = {0};                       \
		struct err *e = &e_;                       \
		ok_((call), e, __FILE__, __LINE__);        \
	} while (0) /* inside the call the error is called e */

static inline void fails_(int r, int code, const struct err *e, const char *word, const char *file, int line)
{
	char text[1024];
	err_line(e, text, sizeof text);
	if (r != code || e->code != code || !strstr(text, word)) {
		print_error("got %d (%d): %s; wanted %d and \"%s\"\n", r, e->code, text, code, word);
		_fail(file, line);
	}
}
#define FAILS(call, want, word)                                     \
	do {                                                            \
		struct err e_ = {0};                                        \
		struct err *e = &e_;                                        \
		fails_((call), (want), e, (word), __FILE__, __LINE__);      \
	} while (0)

static inline bool is_long(void)
{
	const char *s = getenv("HOLDFAST_LONG");
	return s && *s && strcmp(s, "0");
}

#endif
