/* EDF and BDF files: the readers. */
#include "fuzz_ecg_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_reader(size && data[0] == 0xff ? &ecg_reader_bdf : &ecg_reader_edf, slice_of(data, size), SLICE_NULL, NULL);
}
