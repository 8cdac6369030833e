/* Numbers: checked sums and products, ranged parsing. */
#include "base.h"

bool num_add(size_t a, size_t b, size_t *ret)
{
	return !__builtin_add_overflow(a, b, ret);
}

bool num_mul(size_t a, size_t b, size_t *ret)
{
	return !__builtin_mul_overflow(a, b, ret);
}

/* The digits of s; ERR_LIMIT when they do not fit (but only when all of them are digits). */
static int digits(struct slice s, uint64_t *ret)
{
	uint64_t v = 0;
	bool over = false;
	if (s.n == 0)
		return ERR_INPUT;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = s.p[i] - (unsigned)'0';
		if (d > 9)
			return ERR_INPUT;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, d, &v))
			over = true;
	}
	*ret = v;
	return over ? ERR_LIMIT : 0;
}

int num_u64(struct slice s, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t v;
	int code = digits(s, &v);
	if (code)
		return code;
	if (v < min || v > max)
		return ERR_LIMIT;
	*ret = v;
	return 0;
}

int num_i64(struct slice s, int64_t min, int64_t max, int64_t *ret)
{
	bool minus = s.n && s.p[0] == '-';
	if (s.n && (minus || s.p[0] == '+')) {
		s.p++;
		s.n--;
	}
	uint64_t u;
	int code = digits(s, &u);
	if (code)
		return code;
	if (u > (uint64_t)INT64_MAX + minus)
		return ERR_LIMIT;
	int64_t v = minus ? (int64_t)(0 - u) : (int64_t)u; /* gcc and clang define the cast to be modulo 2^64 */
	if (v < min || v > max)
		return ERR_LIMIT;
	*ret = v;
	return 0;
}

static size_t run_of_digits(struct slice s, size_t from)
{
	size_t i = from;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i - from;
}

bool num_is_decimal(struct slice s)
{
	size_t i = s.n && s.p[0] == '-', whole = run_of_digits(s, i);
	if (whole == 0 || (whole > 1 && s.p[i] == '0'))
		return false;
	i += whole;
	if (i == s.n)
		return true;
	if (s.p[i] != '.')
		return false;
	size_t part = run_of_digits(s, i + 1);
	return part > 0 && i + 1 + part == s.n;
}
