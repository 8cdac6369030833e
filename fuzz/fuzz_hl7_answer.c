/* Any bytes as what comes back for a message: read, they say something of it only where the control id stands in them; the words are text, cut and without control characters. */
#include "hl7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size), id = SLICE("E2-1a2b3c");
	struct hl7_answer a, b;
	hl7_answer_read(s, id, &a);
	if (a.heard != HL7_HEARD_NOTHING)
		assert(a.code[0] && (memmem(data, size, id.p, id.n) || memmem(data, size, "E\0002", 3))); /* or as UTF-16 */
	else
		assert(!a.code[0] && !a.text[0]);
	assert(strlen(a.text) < sizeof a.text && utf8_valid(slice_str(a.text)));
	for (const char *p = a.text; *p; p++)
		assert((uint8_t)*p >= 0x20 && *p != 0x7f);
	hl7_answer_read(s, SLICE("E2-1a2b3"), &b); /* a beginning of it is another's */
	assert(a.heard == HL7_HEARD_NOTHING || b.heard == HL7_HEARD_NOTHING);
	/* the same through frames, as it comes */
	struct hl7_mllp m;
	struct hl7_frame f;
	size_t have;
	hl7_mllp_init(&m, 256u << 10);
	uint8_t *to = hl7_mllp_space(&m, size ? size : 1, &have);
	if (to && have >= size) {
		if (size)
			memcpy(to, data, size);
		hl7_mllp_fed(&m, size);
		for (hl7_mllp_next(&m, &f); f.type != HL7_FRAME_NONE; hl7_mllp_next(&m, &f))
			hl7_answer_read(f.bytes, id, &b);
	}
	hl7_mllp_done(&m);
	return 0;
}
