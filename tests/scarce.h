/* Allocations that fail when a test says so: scarce_after(n) lets n of this program's own through and fails the next one, once. The test's second line names the calls, "wrap: malloc calloc realloc reallocarray strdup strndup"; what a shared library asks for itself is
 * not counted. Included by one file of a program. */
#ifndef HOLDFAST_TESTS_SCARCE_H
#define HOLDFAST_TESTS_SCARCE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

static long scarce_left = -1; /* allocations until one fails; below 0: none does */
static bool scarce_failed;

static inline void scarce_after(long n)
{
	scarce_failed = false;
	scarce_left = n;
}

/* None fails until scarce_left is set to what this gave: what is asked for meanwhile is the test's own. */
static inline long scarce_rest(void)
{
	long left = scarce_left;
	scarce_left = -1;
	return left;
}

/* How many were asked for since scarce_after(LONG_MAX). None fails from now on. */
static inline long scarce_asked(void)
{
	return LONG_MAX - scarce_rest();
}

static bool scarce_now(void)
{
	if (scarce_left < 0 || scarce_left-- > 0)
		return false;
	scarce_failed = true;
	return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t n)
{
	return scarce_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return scarce_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return scarce_now() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return scarce_now() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s)
{
	return scarce_now() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return scarce_now() ? NULL : __real_strndup(s, n);
}

#endif
