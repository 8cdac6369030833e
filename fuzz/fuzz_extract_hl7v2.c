/* HL7 v2 as records: fields by their segments. */
#include "extract_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_fuzz(extract_hl7v2, slice_of(data, size), true, true);
}
