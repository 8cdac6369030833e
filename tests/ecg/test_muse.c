/* GE MUSE XML: a small one of our own, what is refused, and the corpus by what must be true of limb leads. */
#include "ecg_test.h"

static int own(struct ecg_test *t)
{
	ecg_test_init(t, HF_SOURCE_DIR "/tests/data/ecg");
	return ecg_test_open(t, "muse_small.xml");
}

static double stated(const struct ecg *g, const char *key)
{
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		if (!strcmp(s->key, key))
			return s->value;
	return NAN;
}

/* Einthoven and Goldberger hold exactly, in halves of a step. */
static void identities(const struct ecg *g)
{
	int32_t v[6][1000];
	for (unsigned i = 0; i < 6; i++)
		assert_true(g->channel[i].lead == (enum ecg_lead)(i + 1) && g->channel[i].samples == g->channel[0].samples);
	assert_true(g->channel[0].scale == g->channel[1].scale && g->channel[2].scale == g->channel[0].scale / 2 && g->channel[5].scale == g->channel[0].scale / 2);
	for (uint64_t at = 0; at < g->channel[0].samples; at += 1000) {
		size_t n = g->channel[0].samples - at < 1000 ? (size_t)(g->channel[0].samples - at) : 1000;
		for (unsigned i = 0; i < 6; i++)
			ecg_read(g, i, at, n, v[i]);
		for (size_t k = 0; k < n; k++) {
			int32_t I = v[0][k], II = v[1][k];
			assert_int_equal(v[2][k], 2 * (II - I));
			assert_int_equal(v[3][k], -(I + II));
			assert_int_equal(v[4][k], 2 * I - II);
			assert_int_equal(v[5][k], 2 * II - I);
		}
	}
}

static void small(void **state)
{
	struct ecg_test t;
	AUTO_BUF struct buf csv = {0};
	struct err e = {0};
	assert_int_equal(own(&t), 0);
	struct ecg *g = t.g;
	assert_int_equal(g->format, ECG_MUSE);
	assert_int_equal(g->channels, 12);
	assert_true(g->rate == 500 && g->samples == 80); /* 50 * 10^1 */
	assert_true(g->channel[0].scale == 4.88);
	identities(g);
	/* stored leads as they were written, from a table beside it */
	static const unsigned stored[8] = {0, 1, 6, 7, 8, 9, 10, 11};
	buf_init(&csv, 65536);
	assert_int_equal(file_read(AT_FDCWD, HF_SOURCE_DIR "/tests/data/ecg/xml_leads.csv", 65536, &csv, &e), 0);
	struct slice rest, line;
	(void)slice_cut(buf_slice(&csv), '\n', &rest);
	for (uint64_t k = 0; k < 80; k++) {
		line = slice_cut(rest, '\n', &rest);
		for (unsigned i = 0; i < 8; i++) {
			int64_t want;
			int32_t got;
			assert_int_equal(num_i64(slice_cut(line, ',', &line), -1000, 1000, &want), 0);
			ecg_read(g, stored[i], k, 1, &got);
			assert_int_equal(got, want);
		}
	}
	assert_true(slice_eq_str(g->person.family, "M\xc3\xbcster") && slice_eq_str(g->person.given, "Zo\xc3\xab") && slice_eq_str(g->person.id, "TEST-0815"));
	assert_true(slice_eq_str(g->person.birth, "1963-04-09") && slice_eq_str(g->person.sex, "female") && slice_eq_str(g->person.age, "63 a"));
	assert_true(slice_eq_str(g->person.height_cm, "167.6") && slice_eq_str(g->person.weight_kg, "71"));
	assert_true(slice_eq_str(g->start, "2026-11-22T14:05:09") && slice_eq_str(g->device, "MAC 0") && slice_eq_str(g->version, "8.0.2.10132"));
	assert_true(slice_eq_str(g->site, "Test House") && slice_eq_str(g->order, "R-77") && slice_eq_str(g->physician, "Doe, Jo") && slice_eq_str(g->indication, "chest & arm"));
	assert_true(slice_eq_str(g->channel[0].filter, "high pass 0.05 Hz, low pass 100 Hz, notch 50 Hz"));
	/* confirmed values first, then what only the device had */
	assert_true(stated(g, "rate_bpm") == 61 && stated(g, "qrs_axis_deg") == -30 && stated(g, "t_axis_deg") == 41 && stated(g, "qtc_ms") == 403);
	const struct ecg_note *n = g->notes;
	assert_true(n->statement && slice_eq_str(n->text, "When compared with ECG of 01-JAN-2020,"));
	assert_true(n->next->statement && slice_eq_str(n->next->text, "Normal ECG"));
	assert_true(!n->next->next->statement && slice_eq_str(n->next->next->text, "Abnormal ECG") && slice_eq_str(n->next->next->code, "original"));
	assert_int_equal(g->mark_count, 2);
	assert_true(g->marks[0].at == 12 && g->marks[0].class == 'N' && g->marks[1].at == 52 && g->marks[1].class == 'Q');
	assert_non_null(g->median);
	assert_int_equal(g->median->samples, 40);
	identities(g->median);
	assert_true(ecg_warned(g, "computed from I and II"));
	assert_int_equal(g->warning_count, 1);
	ecg_test_done(&t);
}

/* The file with one thing changed. */
static int changed(struct ecg_test *t, const char *from, const char *to)
{
	AUTO_BUF struct buf b = {0}, out = {0};
	struct err e = {0};
	buf_init(&b, 1 << 20);
	buf_init(&out, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, HF_SOURCE_DIR "/tests/data/ecg/muse_small.xml", 1 << 20, &b, &e), 0);
	const uint8_t *rhythm = memmem(b.p, b.n, "Rhythm", 6), *at = memmem(rhythm - 20, b.n - (size_t)(rhythm - 20 - b.p), from, strlen(from));
	assert_non_null(at);
	buf_add(&out, b.p, (size_t)(at - b.p));
	buf_str(&out, to);
	buf_add(&out, at + strlen(from), b.n - (size_t)(at - b.p) - strlen(from));
	ecg_test_init(t, NULL);
	ecg_test_add(t, "m.xml", out.p, out.n);
	return ecg_test_open(t, "m.xml");
}

static void odd(void **state)
{
	static const struct {
		const char *from, *to, *warning;
	} read[] = {
		{"<LeadDataCRC32>", "<LeadDataCRC32>1", "check sum of lead I "}, {"<LeadSampleCountTotal>80", "<LeadSampleCountTotal>81", "says 81"}, {"<LeadOff>FALSE", "<LeadOff>TRUE", "lead I was off"},
		{"CONTINUOUS_SAMPLES", "OTHER", "continuous"}, {"<SampleExponent>1", "<SampleExponent>0", NULL}, {"<LeadAmplitudeUnits>MICROVOLTS", "<LeadAmplitudeUnits>MILLIVOLTS", NULL},
		{"<LeadID>I<", "<LeadID>V3R<", NULL},
	}, refused[] = {
		{"<LeadSampleSize>2", "<LeadSampleSize>4", "2 bytes"}, {"<SampleBase>50", "<SampleBase>0", "sampled"}, {"<SampleBase>50", "<SampleBase>", "sampled"},
		{"<LeadAmplitudeUnitsPerBit>4.88", "<LeadAmplitudeUnitsPerBit>x", "steps"}, {"WaveformType>Rhythm", "WaveformType>Median", "no rhythm"}, {"<WaveFormData>", "<WaveFormData>?", "base64"},
		{"</Waveform>", "", "no XML"},
	};
	struct ecg_test t;
	for (size_t i = 0; i < ARRAY_LEN(read); i++) {
		if (changed(&t, read[i].from, read[i].to) < 0)
			fail_msg("%s: %s", read[i].to, t.e.text);
		if (read[i].warning && !ecg_warned(t.g, read[i].warning))
			fail_msg("%s: no word of '%s'", read[i].to, read[i].warning);
		ecg_test_done(&t);
	}
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		assert_int_equal(changed(&t, refused[i].from, refused[i].to), ERR_INPUT);
		if (!strstr(t.e.text, refused[i].warning))
			fail_msg("%s: %s", refused[i].to, t.e.text);
		ecg_test_done(&t);
	}
	/* without I nothing is derived, and nothing said of it */
	assert_int_equal(changed(&t, "<LeadID>I<", "<LeadID>V3R<"), 0);
	assert_int_equal(t.g->channels, 8);
	assert_false(ecg_warned(t.g, "computed"));
	ecg_test_done(&t);
	assert_int_equal(changed(&t, "<LeadAmplitudeUnits>MICROVOLTS", "<LeadAmplitudeUnits>MILLIVOLTS"), 0);
	assert_true(t.g->channel[0].scale == 4880);
	assert_int_equal(t.g->channels, 8); /* I is in other units than II */
	ecg_test_done(&t);
}

/* A file that broke off in its last lead: the eleven others are there, and it is said. */
/* Refused, and before that no beat has a place that no integer holds. */
static void no_rate(void **state)
{
	struct ecg_test t;
	assert_int_equal(changed(&t, "<SampleBase>50", "<SampleBase>5e30"), ERR_INPUT);
	assert_non_null(strstr(t.e.text, "is no rate"));
	ecg_test_done(&t);
}

static void cut(void **state)
{
	struct ecg_test t;
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	buf_init(&b, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, HF_SOURCE_DIR "/tests/data/ecg/muse_small.xml", 1 << 20, &b, &e), 0);
	ecg_test_init(&t, NULL);
	ecg_test_add(&t, "m.xml", b.p, b.n - 100);
	assert_int_equal(ecg_test_open(&t, "m.xml"), 0);
	assert_int_equal(t.g->channels, 11);
	assert_int_equal(ecg_find(t.g, ECG_LEAD_V6), -1);
	assert_true(ecg_warned(t.g, "ends in the middle") && ecg_warned(t.g, "without samples"));
	identities(t.g);
	ecg_test_done(&t);
}

/* Samples at the ends of 16 bits: derived leads need more. */
static void wide(void **state)
{
	static const char text[] = "<RestingECG><Waveform><WaveformType>Rhythm</WaveformType><SampleBase>500</SampleBase>"
		"<LeadData><LeadAmplitudeUnitsPerBit>1</LeadAmplitudeUnitsPerBit><LeadID>I</LeadID><WaveFormData>/38BgAEA</WaveFormData></LeadData>"
		"<LeadData><LeadAmplitudeUnitsPerBit>1</LeadAmplitudeUnitsPerBit><LeadID>II</LeadID><WaveFormData>AYD/fwAA</WaveFormData></LeadData></Waveform></RestingECG>";
	struct ecg_test t;
	ecg_test_init(&t, NULL);
	ecg_test_add(&t, "m.xml", text, sizeof text - 1);
	assert_int_equal(ecg_test_open(&t, "m.xml"), 0);
	assert_int_equal(t.g->channels, 6);
	identities(t.g);
	assert_non_null(t.g->channel[2].s32);
	assert_true(t.g->channel[2].bits > 16);
	ecg_test_done(&t);
}

static void corpus(void **state)
{
	static const double rates[] = {48, 65, 59}, qtcs[] = {403, 437, 432};
	static const size_t beats[] = {8, 10, 10};
	for (int i = 0; i < 3; i++) {
		char path[64];
		struct ecg_test t;
		snprintf(path, sizeof path, "formats/muse/braveheart_example%d.xml", i + 1);
		assert_int_equal(ecg_test_corpus(&t, path), 0);
		struct ecg *g = t.g;
		assert_true(g->channels == 12 && g->samples == 5000 && g->rate == 500 && g->median && g->median->samples == 600);
		assert_int_equal(g->warning_count, 1); /* every check sum fits; only that leads were derived is said */
		identities(g);
		identities(g->median);
		assert_true(stated(g, "rate_bpm") == rates[i] && stated(g, "qtc_ms") == qtcs[i]);
		assert_int_equal(g->mark_count, beats[i]);
		/* each beat that it names lies where lead II or V2 is steep: within 60 ms of the largest step of a second's signal around it */
		for (size_t k = 0; k < g->mark_count; k++) {
			int32_t v[301];
			size_t steepest = 0;
			int64_t most = 0, from = (int64_t)g->marks[k].at - 150;
			if (from < 0 || from + 301 > 5000)
				continue;
			ecg_read(g, (unsigned)ecg_find(g, ECG_LEAD_V2), (uint64_t)from, 301, v);
			for (size_t s = 4; s < 301; s++)
				if (llabs(v[s] - v[s - 4]) > most) {
					most = llabs(v[s] - v[s - 4]);
					steepest = s;
				}
			assert_true(llabs((int64_t)steepest - 150) <= 30);
		}
		ecg_test_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(small), cmocka_unit_test(odd), cmocka_unit_test(no_rate), cmocka_unit_test(cut), cmocka_unit_test(wide)};
	const struct CMUnitTest more[] = {cmocka_unit_test(corpus)};
	int r = cmocka_run_group_tests_name("MUSE", tests, NULL, NULL);
	if (!ecg_corpus_here("formats/muse")) {
		printf("the corpus is not here: its files were skipped\n");
		return r;
	}
	return r + cmocka_run_group_tests_name("MUSE of the corpus", more, NULL, NULL);
}
