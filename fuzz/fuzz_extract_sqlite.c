/* SQLite's files through the file system of ours. */
#include "extract_fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

static int reader(struct slice file, const struct extract_out *o, struct err *e)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	assert(fd >= 0);
	int r = file_write_all(fd, file, e, "memory");
	assert(r == 0);
	r = extract_sqlite(fd, o, e);
	close(fd);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_fuzz(reader, slice_of(data, size), true, true);
}
