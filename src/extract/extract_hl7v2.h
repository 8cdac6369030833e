/* Messages cut quickly, for extract_hl7v2.c and its tests. */
#ifndef HOLDFAST_EXTRACT_HL7V2_H
#define HOLDFAST_EXTRACT_HL7V2_H

#include "hl7.h"

/* What hl7_parse makes of a message, for the messages that nearly all are: ASCII, with the usual separators, without escape sequences, control characters or odd lines. False: it is another, for hl7_parse. Twice as fast, since it asks nothing
 * else; where it answers, both are the same (tests, fuzz_extract_hl7v2). */
bool extract_hl7_plain(struct slice raw, struct arena *a, struct hl7_msg *ret);

#endif
