/* twice: a function compiled for any processor and once more for those with AVX2, one of which is chosen when it is called. Private.
 *
 * Both are the same C: loops over integers, whose sums are the same in any order, and over doubles whose order is written down. The compiler may not reorder doubles (no -ffast-math) nor contract them
 * (-ffp-contract=off, and AVX2 is asked for without FMA), so both give the same bytes, and so does a processor that has neither. tests/ecg/test_twice.c compares whole analyses.
 */
#ifndef HOLDFAST_ECG_TWICE_H
#define HOLDFAST_ECG_TWICE_H

#include <stdbool.h>

#define INLINE static inline __attribute__((always_inline)) /* into both */

#if defined(__x86_64__)
bool twice_wide(void);         /* has the processor AVX2, and may it be used? */
void twice_allow(bool allow);  /* for tests and measuring: false, never */
#define TWICE(linkage, type, name, params, args)                                                                            \
	static type name##_any params                                                                                           \
	{                                                                                                                       \
		return name##_body args;                                                                                            \
	}                                                                                                                       \
	__attribute__((target("avx2"))) static type name##_wide params                                                          \
	{                                                                                                                       \
		return name##_body args;                                                                                            \
	}                                                                                                                       \
	linkage type name params                                                                                                \
	{                                                                                                                       \
		return twice_wide() ? name##_wide args : name##_any args;                                                           \
	}
#else
static inline void twice_allow(bool allow)
{
	(void)allow;
}
#define TWICE(linkage, type, name, params, args)                                                                            \
	linkage type name params                                                                                                \
	{                                                                                                                       \
		return name##_body args;                                                                                            \
	}
#endif

#endif
