/* FHIR Observations with samples. */
#include "fuzz_ecg_mutate.h"
#include "fuzz_ecg_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_one(slice_of(data, size), SLICE_NULL, ECG_FHIR, ECG_FHIR, NULL);
	return 0;
}
