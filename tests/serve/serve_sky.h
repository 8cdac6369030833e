/* Time that a test moves. The daemon is the test's own program, re-executed per role; all of its processes look at one page of memory that says how far time has moved beside the machine's. The test says so in its second line: wrap: time_now time_monotonic. */
#ifndef SERVE_SKY_H
#define SERVE_SKY_H

#include "serve_test.h"

#include <sys/mman.h>

struct sky {
	_Atomic int64_t passed; /* time that went by */
	_Atomic int64_t set;    /* somebody set the wall clock by that much */
};
static struct sky *sky;

int64_t __real_time_now(void);
int64_t __real_time_monotonic(void);
int64_t __wrap_time_now(void);
int64_t __wrap_time_monotonic(void);

int64_t __wrap_time_now(void)
{
	return __real_time_now() + (sky ? sky->passed + sky->set : 0);
}

int64_t __wrap_time_monotonic(void)
{
	return __real_time_monotonic() + (sky ? sky->passed : 0);
}

/* Before main, and so before any role has locked itself in. */
__attribute__((constructor)) static void look_up(void)
{
	char name[] = "/tmp/hf-sky-XXXXXX";
	const char *known = getenv("SERVE_TEST_SKY");
	int fd = known ? open(known, O_RDWR | O_CLOEXEC) : mkstemp(name);
	if (fd < 0 || ftruncate(fd, sizeof *sky) < 0 || (sky = mmap(NULL, sizeof *sky, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED)
		abort();
	close(fd);
	if (!known)
		setenv("SERVE_TEST_SKY", name, 1);
}

static inline void pass(int64_t seconds)
{
	sky->passed += seconds * TIME_SEC;
}

#endif
