/* Codes of leads in ISO/IEEE 11073-10101: the same numbers as in SCP-ECG. */
#include "fhir_leads.h"

static const uint8_t codes[ECG_LEAD_COUNT] = {
	[ECG_LEAD_I] = 1, [ECG_LEAD_II] = 2, [ECG_LEAD_V1] = 3, [ECG_LEAD_V2] = 4, [ECG_LEAD_V3] = 5, [ECG_LEAD_V4] = 6, [ECG_LEAD_V5] = 7, [ECG_LEAD_V6] = 8, [ECG_LEAD_V7] = 9,
	[ECG_LEAD_V2R] = 10, [ECG_LEAD_V3R] = 11, [ECG_LEAD_V4R] = 12, [ECG_LEAD_V5R] = 13, [ECG_LEAD_V6R] = 14, [ECG_LEAD_V7R] = 15, [ECG_LEAD_X] = 16, [ECG_LEAD_Y] = 17, [ECG_LEAD_Z] = 18,
	[ECG_LEAD_CM5] = 20, [ECG_LEAD_III] = 61, [ECG_LEAD_AVR] = 62, [ECG_LEAD_AVL] = 63, [ECG_LEAD_AVF] = 64, [ECG_LEAD_MAVR] = 65, [ECG_LEAD_V8] = 66, [ECG_LEAD_V9] = 67,
	[ECG_LEAD_ES] = 131, [ECG_LEAD_AS] = 132, [ECG_LEAD_AI] = 133,
};

const struct fhir_value fhir_values[] = {
	{"76282-3", "rate_bpm", "Heart rate.beat-to-beat by EKG", "/min"},
	{"8867-4", "rate_bpm", "Heart rate", "/min"},
	{"8625-6", "pr_ms", "P-R Interval", "ms"},
	{"8633-0", "qrs_ms", "QRS duration", "ms"},
	{"8634-8", "qt_ms", "Q-T interval", "ms"},
	{"8636-3", "qtc_ms", "Q-T interval corrected", "ms"},
	{"8626-4", "p_axis_deg", "P wave axis", "deg"},
	{"8632-2", "qrs_axis_deg", "QRS axis", "deg"},
	{"8638-9", "t_axis_deg", "T wave axis", "deg"},
};
const size_t fhir_value_count = ARRAY_LEN(fhir_values);

unsigned fhir_lead_code(enum ecg_lead l)
{
	return (unsigned)l < ECG_LEAD_COUNT && codes[l] ? FHIR_MDC_ECG + codes[l] : 0;
}

enum ecg_lead fhir_lead_of(uint64_t code)
{
	for (unsigned i = 1; i < ECG_LEAD_COUNT; i++)
		if (codes[i] && (code == FHIR_MDC_ECG + codes[i] || code == codes[i] + 256u)) /* the second: without its block */
			return (enum ecg_lead)i;
	return ECG_LEAD_OTHER;
}
