/* fhir_leads: what FHIR calls leads: terms of ISO/IEEE 11073-10101, block 2 (131072): 131328 is the potential of an unnamed lead, and a lead's code stands behind that. */
#ifndef HOLDFAST_ECG_FHIR_LEADS_H
#define HOLDFAST_ECG_FHIR_LEADS_H

#include "ecg_internal.h"

#define FHIR_MDC "urn:iso:std:iso:11073:10101"
#define FHIR_MDC_ECG 131328u

struct fhir_value { /* what an ECG's components that are no waveforms say, by LOINC */
	const char *loinc, *key, *display, *unit;
};
extern const struct fhir_value fhir_values[];
extern const size_t fhir_value_count;
unsigned fhir_lead_code(enum ecg_lead l);         /* 0: has none */
enum ecg_lead fhir_lead_of(uint64_t code);

#endif
