/* Names of objects that are no files: whatever a log says they are called. */
#include "survey_internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct thing t = {0};
	uint8_t *own = malloc(n ? n : 1); /* of just that length, so that a byte too far is seen */
	if (!own)
		return 0;
	if (n)
		memcpy(own, data, n);
	if (thing_of(slice_of(own, n), &t)) {
		assert(t.id || t.fhir);
		assert(t.elements && !(t.elements >> PERSON_ELEMENTS_N));
		assert(t.id || !t.number);
	}
	free(own);
	return 0;
}
