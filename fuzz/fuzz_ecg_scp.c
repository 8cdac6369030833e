/* SCP-ECG records: the reader. */
#include "fuzz_ecg_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_reader(&ecg_reader_scp, slice_of(data, size), SLICE("x.scp"), NULL);
}
