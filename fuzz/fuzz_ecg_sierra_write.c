/* Philips Sierra XML: whatever is read is read in full, written as an annotated ECG and read again. */
#include "ecg_xml_fuzz.h"
#include "fuzz_ecg_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_xml(data, size, ECG_SIERRA);
}
