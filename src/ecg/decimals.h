/* decimals: samples that are written as decimal numbers (CSV, FHIR SampledData), kept exactly: a column of them becomes 32-bit integers and one power of ten. */
#ifndef HOLDFAST_ECG_DECIMALS_H
#define HOLDFAST_ECG_DECIMALS_H

#include "ecg_internal.h"

struct decimals {
	int most;        /* digits behind the point that any of them needs */
	double largest;  /* the largest, without its sign */
	uint64_t numbers;
};
/* "-1.50", "3e-5", "+.5"; comma: the point may be a comma. Value = mant / 10^dec, 0 <= dec <= 18. Trailing zeros behind the point are dropped, digits past the 18th too. */
bool decimal_read(struct slice s, bool comma, int64_t *mant, int *dec);
void decimals_see(struct decimals *d, int64_t mant, int dec);
int decimals_digits(const struct decimals *d);                      /* how many digits behind the point the integers have: all, where they fit */
int32_t decimals_value(int digits, int64_t mant, int dec);
unsigned decimals_bits(const struct decimals *d, int digits);
double decimals_step(int digits);                                   /* 10^-digits */

#endif
