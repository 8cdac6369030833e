/* Names of leads and units as they are met in files, and decimals. */
#include "ecg_test.h"

#include "ecg_internal.h"

static void leads(void **state)
{
	static const struct {
		const char *text;
		enum ecg_lead lead;
	} cases[] = {
		{"I", ECG_LEAD_I}, {"II", ECG_LEAD_II}, {"III", ECG_LEAD_III}, {"aVR", ECG_LEAD_AVR}, {"AVR", ECG_LEAD_AVR}, {"avl", ECG_LEAD_AVL}, {" aVF ", ECG_LEAD_AVF}, {"V1", ECG_LEAD_V1}, {"v6", ECG_LEAD_V6},
		{"MDC_ECG_LEAD_II", ECG_LEAD_II}, {"MDC_ECG_LEAD_AVF", ECG_LEAD_AVF}, {"MDC_ECG_LEAD_aVF", ECG_LEAD_AVF}, {"MDC_ECG_LEAD_V4R", ECG_LEAD_V4R}, {"MDC_ECG_LEAD_MLII", ECG_LEAD_MLII},
		{"Lead I", ECG_LEAD_I}, {"LEAD_V1", ECG_LEAD_V1}, {"lead:V2", ECG_LEAD_V2}, {"Lead II", ECG_LEAD_II}, {"Lead 2", ECG_LEAD_II}, {"Lead aVR", ECG_LEAD_AVR}, {"Lead V3 (Einthoven)", ECG_LEAD_V3},
		{"ECG II", ECG_LEAD_II}, {"EKG V5", ECG_LEAD_V5}, {"ECG Lead III", ECG_LEAD_III}, {"ECG_V4", ECG_LEAD_V4}, {"ECGII", ECG_LEAD_II}, {"ECG-aVL", ECG_LEAD_AVL}, {"ECG -aVR", ECG_LEAD_MAVR},
		{"V1 (ch 3)", ECG_LEAD_V1}, {"II-0", ECG_LEAD_II}, {"V5_filtered", ECG_LEAD_V5}, {"II [mV]", ECG_LEAD_II}, {"III (from I and II)", ECG_LEAD_III}, {"I, raw", ECG_LEAD_I},
		{"-aVR", ECG_LEAD_MAVR}, {"aVR-", ECG_LEAD_MAVR}, {"MLII", ECG_LEAD_MLII}, {"ML2", ECG_LEAD_MLII}, {"vx", ECG_LEAD_X}, {"VZ", ECG_LEAD_Z}, {"CM5", ECG_LEAD_CM5},
		{"DI", ECG_LEAD_I}, {"DII", ECG_LEAD_II}, {"D3", ECG_LEAD_III}, {"Ableitung II", ECG_LEAD_II}, {"Einthoven III", ECG_LEAD_III}, {"V7", ECG_LEAD_V7}, {"rV4", ECG_LEAD_V4R}, {"V3R", ECG_LEAD_V3R},
		{"ECG", ECG_LEAD_OTHER}, {"EKG", ECG_LEAD_OTHER}, {"ECG1", ECG_LEAD_OTHER}, {"ECG 2", ECG_LEAD_OTHER}, {"1", ECG_LEAD_OTHER}, {"Channel 1", ECG_LEAD_OTHER}, {"", ECG_LEAD_OTHER}, {"   ", ECG_LEAD_OTHER},
		{"Lead", ECG_LEAD_OTHER}, {"IIII", ECG_LEAD_OTHER}, {"V10", ECG_LEAD_OTHER}, {"V", ECG_LEAD_OTHER}, {"EEG C3-A2", ECG_LEAD_OTHER}, {"Resp", ECG_LEAD_OTHER}, {"IBP", ECG_LEAD_OTHER},
		{"Impedance", ECG_LEAD_OTHER}, {"Volume", ECG_LEAD_OTHER}, {"MDC_ECG_LEAD_", ECG_LEAD_OTHER}, {"_", ECG_LEAD_OTHER}, {"(II)", ECG_LEAD_OTHER},
		/* words, that are no leads, and leads with a remark, that are */
		{"as before", ECG_LEAD_OTHER}, {"As compared with the ECG of May", ECG_LEAD_OTHER}, {"AS", ECG_LEAD_AS}, {"AS (EASI)", ECG_LEAD_AS}, {"es ist", ECG_LEAD_OTHER}, {"ES-raw", ECG_LEAD_ES}, {"AI confidence", ECG_LEAD_OTHER},
		{"X-axis accelerometer", ECG_LEAD_OTHER}, {"X axis", ECG_LEAD_OTHER}, {"Y acc", ECG_LEAD_OTHER}, {"Z", ECG_LEAD_Z}, {"X (Frank)", ECG_LEAD_X}, {"z-0", ECG_LEAD_Z}, {"I felt dizzy", ECG_LEAD_OTHER},
		{"I-III", ECG_LEAD_OTHER}, {"I [mV]", ECG_LEAD_I}, {"I_filtered", ECG_LEAD_I}, {"I (ch 1)", ECG_LEAD_I}, {"I-0", ECG_LEAD_I}, {"VF since 10:20", ECG_LEAD_OTHER}, {"ECG I mV", ECG_LEAD_I}, {"Lead 1, raw", ECG_LEAD_I},
		{"lead 1 of 3 was off", ECG_LEAD_OTHER},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (ecg_lead_parse(slice_str(cases[i].text)) != cases[i].lead)
			fail_msg("'%s' is '%s'", cases[i].text, ecg_lead_name(ecg_lead_parse(slice_str(cases[i].text))));
	for (unsigned l = 1; l < ECG_LEAD_COUNT; l++) {
		char code[64];
		snprintf(code, sizeof code, "MDC_ECG_LEAD_%s", ecg_lead_name((enum ecg_lead)l));
		assert_int_equal(ecg_lead_parse(slice_str(ecg_lead_name((enum ecg_lead)l))), l);
		assert_int_equal(ecg_lead_parse(slice_str(code)), l);
	}
}

static void units(void **state)
{
	static const struct {
		const char *label, *unit;
		double scale, want;
		const char *becomes;
		bool ecg;
	} cases[] = {
		{"II", "mV", 0.005, 5, "uV", true}, {"II", "MV", 0.005, 5, "uV", true}, {"II", "uV", 2.5, 2.5, "uV", true}, {"II", "\xc2\xb5V", 2.5, 2.5, "uV", true}, {"II", "\xce\xbcV", 1, 1, "uV", true},
		{"II", "nV", 2500, 2.5, "uV", true}, {"II", "V", 1e-6, 1, "uV", true}, {"II", " mV ", 1, 1000, "uV", true}, {"II", "MICROVOLT", 4.88, 4.88, "uV", true}, {"ECG", "mV", 1, 1000, "uV", true},
		{"Heart", "mV", 1, 1000, "uV", true}, {"EEG C3", "uV", 1, 1, "uV", false}, {"Resp", "mV", 1, 1000, "uV", false}, {"ABP", "mmHg", 1, 1, "mmHg", false}, {"PLETH", "NU", 1, 1, "NU", false},
		{"II", "", 1, 1, "", false}, {"ECG event", "mV", 1, 1000, "uV", true}, {"chin EMG", "uV", 1, 1, "uV", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_channel c = {.label = slice_str(cases[i].label), .lead = ecg_lead_parse(slice_str(cases[i].label))};
		ecg_unit(&c, slice_str(cases[i].unit), cases[i].scale);
		if (strcmp(c.unit, cases[i].becomes) || fabs(c.scale - cases[i].want) > 1e-12 * cases[i].want || c.ecg != cases[i].ecg)
			fail_msg("'%s' in '%s': %g %s, ecg %d", cases[i].label, cases[i].unit, c.scale, c.unit, c.ecg);
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		double want;
	} right[] = {
		{"0", 0}, {"1", 1}, {"-1", -1}, {"+7", 7}, {" 42\n", 42}, {"0.005", 0.005}, {"2.5", 2.5}, {"4.88", 4.88}, {".5", 0.5}, {"5.", 5}, {"1e3", 1000}, {"1.25E-3", 0.00125}, {"0.0027777777777777779", 1.0 / 360},
		{"0.1", 0.1}, {"0.3", 0.3}, {"1.7976931348623157e308", 1.7976931348623157e308}, {"123456789012345678901234567890", 123456789012345678901234567890.0}, {"9007199254740993", 9007199254740992.0},
		{"0.000001", 1e-6}, {"3.0517578125e-05", 3.0517578125e-05}, {"00012.50", 12.5}, {"200.0000000000000000000000", 200},
	};
	static const char *const wrong[] = {"", " ", "-", ".", "e5", "1e", "1e400", "1,5", "0x10", "nan", "inf", "1 2", "--1", "1.2.3", "1e1e1", "12a"};
	double v;
	for (size_t i = 0; i < ARRAY_LEN(right); i++)
		if (!ecg_number(slice_str(right[i].text), &v) || v != right[i].want)
			fail_msg("'%s' is %.17g", right[i].text, v);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (ecg_number(slice_str(wrong[i]), &v))
			fail_msg("'%s' was a number", wrong[i]);
	/* what the C library prints comes back as it was, whatever its size */
	uint64_t x = 88172645463325252u;
	for (unsigned i = 0; i < 100000; i++) {
		char text[64];
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		double want = (double)(int64_t)x * (i % 3 ? 1e-19 : 1e-3) * (i % 5 ? 1 : 1e-7);
		snprintf(text, sizeof text, i % 2 ? "%.17g" : "%.20f", want);
		if (i % 2 == 0 && fabs(want) < 1e-3)
			continue;
		if (!ecg_number(slice_str(text), &v) || v != want)
			fail_msg("%s came back as %.17g", text, v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(leads), cmocka_unit_test(units), cmocka_unit_test(numbers)};
	return cmocka_run_group_tests_name("ecg names", tests, NULL, NULL);
}
