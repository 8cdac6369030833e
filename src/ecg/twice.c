/* Which of two compiled functions runs. The answer is the processor's, asked once. */
#include "twice.h"

#if defined(__x86_64__)
static int known = -1; /* any thread finds the same */

bool twice_wide(void)
{
	int k = __atomic_load_n(&known, __ATOMIC_RELAXED);
	if (k < 0) {
		__builtin_cpu_init();
		k = __builtin_cpu_supports("avx2") != 0; /* asks the system, too: are the wide registers kept? */
		__atomic_store_n(&known, k, __ATOMIC_RELAXED);
	}
	return k;
}

void twice_allow(bool allow)
{
	__atomic_store_n(&known, allow ? -1 : 0, __ATOMIC_RELAXED);
}
#endif
