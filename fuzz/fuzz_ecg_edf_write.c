/* EDF and BDF files: opened, read everywhere, written by the general writers and read again. */
#include "fuzz_ecg_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_one(slice_of(data, size), SLICE_NULL, ECG_EDF, ECG_BDF, NULL);
	return 0;
}
