/* Philips Sierra XML: the reader. */
#include "fuzz_ecg_mutate.h"
#include "fuzz_ecg_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_reader(&ecg_reader_sierra, slice_of(data, size), SLICE_NULL, NULL);
}
