/* Decimal numbers as integers and a power of ten. */
#include "decimals.h"

#include <math.h>

static const double power[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

bool decimal_read(struct slice s, bool comma, int64_t *mant, int *dec)
{
	size_t i = 0;
	bool minus = false, point = false;
	int digits = 0, behind = 0;
	int64_t v = 0, x = 0;
	s = slice_trim(s);
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		minus = s.p[i++] == '-';
	for (; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c >= '0' && c <= '9') {
			if (v >= INT64_C(99999999999999999)) { /* more than a double says: dropped behind the point, too large before it */
				if (!point)
					return false;
				continue;
			}
			v = v * 10 + (c - '0');
			behind += point;
			digits++;
		} else if (!point && (c == '.' || (comma && c == ','))) {
			point = true;
		} else {
			break;
		}
	}
	if (!digits)
		return false;
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		if (num_i64(slice_of(s.p + i + 1, s.n - i - 1), -400, 400, &x) < 0)
			return false;
		i = s.n;
	}
	if (i != s.n)
		return false;
	behind -= (int)x;
	while (behind > 0 && v % 10 == 0 && v)
		v /= 10, behind--;
	if (!v)
		behind = 0;
	while (behind > 18)
		v /= 10, behind--;
	for (; behind < 0; behind++) {
		if (v > INT64_MAX / 10)
			return false;
		v *= 10;
	}
	*mant = minus ? -v : v;
	*dec = behind;
	return true;
}

void decimals_see(struct decimals *d, int64_t mant, int dec)
{
	double v = fabs((double)mant) / power[dec];
	d->most = dec > d->most ? dec : d->most;
	d->largest = v > d->largest ? v : d->largest;
	d->numbers++;
}

int decimals_digits(const struct decimals *d)
{
	int n = d->most;
	while (n > 0 && d->largest * power[n] > 2147483000.0)
		n--;
	return n;
}

int32_t decimals_value(int digits, int64_t mant, int dec)
{
	int64_t v = mant < 0 ? -mant : mant;
	for (; dec < digits; dec++) {
		if (v > INT32_MAX)
			return mant < 0 ? -INT32_MAX : INT32_MAX;
		v *= 10;
	}
	if (dec > digits) {
		int64_t p = (int64_t)power[dec - digits];
		v = (v + p / 2) / p;
	}
	v = v > INT32_MAX ? INT32_MAX : v;
	return (int32_t)(mant < 0 ? -v : v);
}

unsigned decimals_bits(const struct decimals *d, int digits)
{
	double m = d->largest * power[digits];
	unsigned bits = 16;
	for (double limit = 32767; bits < 32 && m > limit; bits++)
		limit = limit * 2 + 1;
	return bits;
}

double decimals_step(int digits)
{
	return 1 / power[digits];
}
