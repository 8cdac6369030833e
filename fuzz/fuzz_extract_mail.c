/* Any bytes as a mail or a mailbox. */
#include "extract_take_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return extract_take_fuzz(extract_mail, slice_of(data, size));
}
