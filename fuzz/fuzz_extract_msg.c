/* Any bytes as a message of Outlook's. */
#include "extract_take_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_take_fuzz(extract_msg, slice_of(data, size));
}
