/* HL7 annotated ECGs: whatever is read is read in full, written and read again. */
#include "ecg_xml_fuzz.h"
#include "fuzz_ecg_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_xml(data, size, ECG_AECG);
}
