/* Tables of samples. */
#include "fuzz_ecg_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_one(slice_of(data, size), SLICE("x.csv"), ECG_CSV, ECG_CSV, NULL);
	return 0;
}
