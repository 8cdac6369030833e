/* What was measured and the rhythm, as JSON: each key, null for what could not be measured, and what only pages or --beats get. */
#include "ecg_test.h"

static struct {
	struct ecg g;
	struct ecg_analysis n;
	struct ecg_lead_measure lead[2];
	struct ecg_beat beat[1];
	struct ecg_fiducials marks[1];
	struct ecg_episode episode[1];
	struct ecg_hour hour[1];
	struct ecg_statement said[1];
	struct buf b;
} t;

static int setup(void **state)
{
	memset(&t, 0, sizeof t);
	t.g = (struct ecg){.channels = 2, .rate = 257.0625, .samples = 2570};
	t.g.channel[0] = (struct ecg_channel){.lead = ECG_LEAD_II, .name = "II", .ecg = true};
	t.g.channel[1] = (struct ecg_channel){.name = "RESP"};
	t.n.measure.beats = (struct ecg_beats){t.beat, 1, 257.0625, 1};
	t.n.measure.used = 1;
	t.n.measure.lead = t.lead;
	t.n.measure.rate_bpm = (struct ecg_value){70.25f, 90};
	t.n.measure.qrs_axis_deg = (struct ecg_value){-0.2f, 80};
	t.lead[0].st60_uv = (struct ecg_value){-150, 70};
	t.lead[0].beat = t.marks;
	t.marks[0] = (struct ecg_fiducials){NAN, NAN, NAN, 300, 340.25f, 390, 550, 600};
	t.n.rhythm.episode = t.episode;
	t.n.rhythm.count = 1;
	t.episode[0] = (struct ecg_episode){ECG_RHYTHM_AF, 10, 2000, 88, true};
	t.n.rhythm.total = 1;
	t.n.rhythm.pauses = 3;
	t.n.rhythm.mean_bpm = 71;
	t.n.rhythm.longest_rr_s = 2.5;
	t.n.statement = t.said;
	t.n.statements = 1;
	t.n.weight = ECG_URGENT;
	t.said[0] = (struct ecg_statement){.code = "rhythm-af", .text = "Atrial \"fibrillation\"", .why = "no P", .confidence = 77, .weight = ECG_ABNORMAL};
	buf_init(&t.b, 1 << 20);
	return 0;
}
static int teardown(void **state)
{
	buf_done(&t.b);
	return 0;
}

static const char *measured(unsigned with)
{
	struct jsonw w;
	buf_reset(&t.b);
	jsonw_init(&w, &t.b);
	jsonw_obj(&w);
	ecg_json_measure(&w, &t.g, &t.n, with);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(&t.b, 0);
	return (const char *)t.b.p;
}
static const char *rhythm(unsigned with)
{
	struct jsonw w;
	buf_reset(&t.b);
	jsonw_init(&w, &t.b);
	jsonw_obj(&w);
	ecg_json_rhythm(&w, &t.g, &t.n.rhythm, with);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(&t.b, 0);
	return (const char *)t.b.p;
}
#define HAS(text, part) assert_non_null(strstr(text, part))
#define HAS_NOT(text, part) assert_null(strstr(text, part))

static void values(void **state)
{
	const char *s = measured(0);
	HAS(s, "{\"status\":\"unconfirmed\",\"rate_hz\":257.0625,\"rate_bpm\":70.2,\"rr_ms\":null,");
	HAS(s, "\"qrs_axis_deg\":0,\"axis_deg\":0,"); /* never -0 */
}

static void an_axis_by_both_names(void **state)
{
	t.n.measure.qrs_axis_deg = (struct ecg_value){-31, 80};
	const char *s = measured(0);
	HAS(s, "\"qrs_axis_deg\":-31,\"axis_deg\":-31,\"t_axis_deg\":null,\"confidence\":{\"rate_bpm\":90,\"rr_ms\":0,");
}

static void statements_and_leads(void **state)
{
	const char *s = measured(0);
	HAS(s, "\"beats\":1,\"beats_averaged\":1,\"weight\":\"urgent\",\"statements\":[{\"code\":\"rhythm-af\",\"text\":\"Atrial \\\"fibrillation\\\"\",\"why\":\"no P\",\"confidence\":77,\"weight\":\"abnormal\"}],\"leads\":[{\"lead\":\"II\",");
	HAS(s, "\"j_mv\":null,\"st_mv\":-0.15,\"st80_mv\":null,");
	HAS_NOT(s, "RESP"); /* no voltage of a heart */
	HAS_NOT(s, "\"qrs_on\"");
}

static void marks_of_beats(void **state)
{
	HAS(measured(ECG_JSON_BEATS), "\"beats\":[{\"p_on\":null,\"p_peak\":null,\"p_off\":null,\"qrs_on\":300,\"r_peak\":340.2,\"qrs_off\":390,\"t_peak\":550,\"t_off\":600}]");
	t.lead[0].beat = NULL;
	HAS_NOT(measured(ECG_JSON_BEATS), "\"qrs_on\"");
	t.n.measure.lead = NULL; /* nothing could be measured */
	HAS(measured(ECG_JSON_BEATS), "\"leads\":[]}");
}

static void of_the_command(void **state)
{
	const char *s = rhythm(0);
	HAS(s, "{\"rate_hz\":257.062500,\"samples\":2570,\"episodes\":[{\"rhythm\":\"AF\",\"start\":10,\"end\":2000,\"confidence\":88,\"over\":true}],\"beats\":{\"total\":1,\"n\":0,");
	HAS(s, "\"longest_run\":0},\"rate\":{\"min_bpm\":null,\"mean_bpm\":71,\"max_bpm\":null,\"min_at\":0,\"max_at\":0,\"pauses\":3,\"longest_rr_s\":2.500,\"longest_rr_at\":0},\"hrv\":null,\"hours\":[],\"quality\":[{\"lead\":\"II\",");
	t.g.rate = 500;
	HAS(rhythm(0), "{\"rate_hz\":500,");
}

static void of_the_pages(void **state)
{
	const char *s = rhythm(ECG_JSON_PAGES);
	HAS(s, "{\"rhythm\":\"AF\",\"text\":\"atrial fibrillation\",\"start\":10,");
	HAS(s, "\"longest_run\":0,\"pauses\":3},\"rate\":{");
}

static void hours_and_variability(void **state)
{
	t.n.rhythm.hour = t.hour;
	t.n.rhythm.hours = 1;
	t.hour[0] = (struct ecg_hour){.beats = 4000, .f = 2, .mean_bpm = 66, .af_share = 0.25f};
	t.n.rhythm.hrv = (struct ecg_hrv){.mean_nn_ms = 900, .sdnn_ms = 45.25f, .rmssd_ms = 30, .pnn50 = 9.5f, .pairs = 3900};
	const char *s = rhythm(0);
	HAS(s, "\"hrv\":{\"mean_nn_ms\":900.0,\"sdnn_ms\":45.2,\"rmssd_ms\":30.0,\"pnn50\":9.5,\"pairs\":3900},"); /* no sdann: it takes hours */
	HAS(s, "\"hours\":[{\"hour\":0,\"beats\":4000,\"s\":0,\"v\":0,\"f\":2,\"q\":0,\"pauses\":0,\"min_bpm\":null,\"mean_bpm\":66,\"max_bpm\":null,\"af_share\":0.250,\"noise_share\":0.000}]");
	t.n.rhythm.hrv.sdann_ms = 40;
	HAS(rhythm(0), "\"sdnn_ms\":45.2,\"sdann_ms\":40.0,");
}

static void no_number_is_null(void **state)
{
	t.g.rate = 1e300;
	HAS(measured(0), "\"rate_hz\":null,");
	t.g.rate = 500;
	t.n.rhythm.longest_rr_s = INFINITY;
	HAS(rhythm(0), "\"longest_rr_s\":null,");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values, setup, teardown),
		cmocka_unit_test_setup_teardown(an_axis_by_both_names, setup, teardown),
		cmocka_unit_test_setup_teardown(statements_and_leads, setup, teardown),
		cmocka_unit_test_setup_teardown(marks_of_beats, setup, teardown),
		cmocka_unit_test_setup_teardown(of_the_command, setup, teardown),
		cmocka_unit_test_setup_teardown(of_the_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(hours_and_variability, setup, teardown),
		cmocka_unit_test_setup_teardown(no_number_is_null, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
