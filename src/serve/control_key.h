/* control_key: by what a sender's message is known again: sender and control id. The commands' import makes the same. */
#ifndef HOLDFAST_CONTROL_KEY_H
#define HOLDFAST_CONTROL_KEY_H

#include "hl7.h"

#define HL7_CONTROL_KEY 512

/* MSH-3, MSH-4 and MSH-10 with NUL between; empty where there is no control id, or all is longer than anybody's is. */
static inline struct slice serve_control_key(const struct hl7_header *h, uint8_t out[HL7_CONTROL_KEY])
{
	const struct slice parts[] = {h->sending_app, h->sending_fac, h->control_id};
	size_t n = 0;
	if (!h->ok || !h->control_id.n || h->sending_app.n + h->sending_fac.n + h->control_id.n + 2 > HL7_CONTROL_KEY)
		return SLICE_NULL;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (i)
			out[n++] = 0;
		if (parts[i].n)
			memcpy(out + n, parts[i].p, parts[i].n);
		n += parts[i].n;
	}
	return slice_of(out, n);
}

#endif
