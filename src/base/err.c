/* Errors: a code, a place and a sentence. */
#include "base.h"

#include <errno.h>
#include <stdio.h>

/* The one table of the house: what a program and what a browser is told. */
static const struct {
	int code, exit, http;
} answers[] = {
	{ERR_OK, 0, 200},        {ERR_NO, 1, 404},    {ERR_INPUT, 1, 400},     {ERR_USAGE, 2, 400},  {ERR_SYSTEM, 3, 500},
	{ERR_MEMORY, 3, 503},    {ERR_LIMIT, 1, 413}, {ERR_CRYPTO, 1, 403},    {ERR_NOT_FOUND, 1, 404}, {ERR_DENIED, 1, 403},
	{ERR_BUSY, 3, 503},      {ERR_FULL, 3, 507},  {ERR_CORRUPT, 1, 500},   {ERR_EXISTS, 1, 409},  {ERR_ERASED, 1, 410},
};

int err_exit(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (answers[i].code == code)
			return answers[i].exit;
	return 3;
}

int err_http(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (answers[i].code == code)
			return answers[i].http;
	return 500;
}

/* snprintf that cuts between characters: an error text goes into JSON and onto terminals. wanted is what snprintf returned. */
static void cut_clean(char *s, size_t size, int wanted)
{
	if (wanted < 0) {
		s[0] = 0;
		return;
	}
	if ((size_t)wanted < size)
		return;
	s[utf8_valid_prefix(slice_of(s, size - 1))] = 0;
}

static void set_place(struct err *e, const char *place)
{
	cut_clean(e->place, sizeof e->place, snprintf(e->place, sizeof e->place, "%s", place ? place : ""));
}

int err_set(struct err *e, int code, const char *place, const char *fmt, ...)
{
	assert(code < 0);
	if (!e)
		return code;
	e->code = code;
	e->sys_errno = 0;
	set_place(e, place);
	va_list ap;
	va_start(ap, fmt);
	cut_clean(e->text, sizeof e->text, vsnprintf(e->text, sizeof e->text, fmt, ap));
	va_end(ap);
	return code;
}

static int code_of_errno(int n)
{
	if (n == ENOSPC || n == EDQUOT)
		return ERR_FULL;
	if (n == ENOMEM)
		return ERR_MEMORY;
	return ERR_SYSTEM;
}

int err_sys(struct err *e, const char *place, const char *fmt, ...)
{
	int n = errno, code = code_of_errno(n);
	if (!e)
		return code;
	e->code = code;
	e->sys_errno = code == ERR_SYSTEM ? n : 0;
	set_place(e, place);
	char what[sizeof e->text];
	va_list ap;
	va_start(ap, fmt);
	cut_clean(what, sizeof what, vsnprintf(what, sizeof what, fmt, ap));
	va_end(ap);
	const char *why = strerrordesc_np(n); /* strerror may use a static buffer and the locale */
	int wanted = why ? snprintf(e->text, sizeof e->text, "%s: %s", what, why)
	                 : snprintf(e->text, sizeof e->text, "%s: system error %d", what, n);
	cut_clean(e->text, sizeof e->text, wanted);
	errno = n;
	return code;
}

void err_in(struct err *e, const char *place)
{
	if (!e || !place || !*place)
		return;
	if (!e->place[0]) {
		set_place(e, place);
		return;
	}
	char old[sizeof e->place];
	memcpy(old, e->place, sizeof old);
	cut_clean(e->place, sizeof e->place, snprintf(e->place, sizeof e->place, "%s:%s", place, old));
}

const char *err_line(const struct err *e, char *out, size_t size)
{
	assert(size > 0);
	cut_clean(out, size, snprintf(out, size, "%s%s%s", e->place, e->place[0] ? ": " : "", e->text));
	return out;
}
