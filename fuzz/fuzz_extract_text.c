/* Any bytes as text in a charset that nobody names, as what has runs of text in it, and as a file whose type is to be told. */
#include "extract_take_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice s = slice_of(data, size);
	(void)extract_type(s, true, SLICE("x.txt"));
	extract_take_fuzz(extract_strings, s);
	return extract_take_fuzz(extract_text, s);
}
