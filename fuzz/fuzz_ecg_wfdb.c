/* WFDB records of several files (fuzz_ecg_parts.h): the reader of headers and of signals. */
#include "fuzz_ecg_parts.h"
#include "fuzz_ecg_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts p;
	const struct ecg_files others = {parts_get, &p};
	parts_of(data, size, &p);
	return fuzz_reader(&ecg_reader_wfdb, p.part[0], SLICE("x.hea"), &others);
}
