/* One recording in three formats, written by three programs that were not ours: SCP-ECG, DICOM and HL7 aECG say the same microvolts, lead by lead. Heal Force's recorder: what its file says. */
#include "ecg_test.h"

static struct ecg_test scp, dcm, xml;

static int setup(void **state)
{
	if (!ecg_corpus_here("formats/scp/sbj123.scp")) {
		printf("skipped: no corpus\n");
		exit(77);
	}
	return ecg_test_corpus(&scp, "formats/scp/sbj123.scp") || ecg_test_corpus(&dcm, "formats/dicom/sbj123.dcm") || ecg_test_corpus(&xml, "formats/aecg/sbj123.xml");
}

static int teardown(void **state)
{
	ecg_test_done(&scp);
	ecg_test_done(&dcm);
	ecg_test_done(&xml);
	return 0;
}

static void equal(const struct ecg *a, const struct ecg *b, unsigned leads, uint64_t samples)
{
	float *x = calloc(samples, sizeof *x), *y = calloc(samples, sizeof *y);
	assert_int_equal(a->channels, leads);
	assert_int_equal(b->channels, leads);
	for (unsigned i = 0; i < leads; i++) {
		int k = ecg_find(b, a->channel[i].lead);
		assert_true(a->channel[i].lead && k >= 0);
		assert_in_range(a->channel[i].samples, samples, samples + 1); /* the SCP file's median beat is 1198 ms by its section 4, the DICOM file's 1200 */
		assert_in_range(b->channel[k].samples, samples, samples + 1);
		assert_true(a->channel[i].rate == b->channel[k].rate);
		ecg_read_uv(a, i, 0, samples, x);
		ecg_read_uv(b, (unsigned)k, 0, samples, y);
		assert_memory_equal(x, y, samples * sizeof *x);
	}
	free(x);
	free(y);
}

static void samples_are_equal(void **state)
{
	equal(scp.g, dcm.g, 12, 5000);
	equal(scp.g, xml.g, 12, 5000);
	equal(dcm.g, xml.g, 12, 5000);
	assert_true(scp.g->rate == 500 && scp.g->channel[0].scale == 2.5 && scp.g->channel[0].ecg);
}

static void median_beats_are_equal(void **state)
{
	assert_non_null(scp.g->median);
	assert_non_null(dcm.g->median);
	equal(scp.g->median, dcm.g->median, 12, 599);
}

static double stated(const struct ecg *g, const char *key)
{
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		if (!strcmp(s->key, key))
			return s->value;
	return NAN;
}

static void the_same_is_said_of_it(void **state)
{
	static const char *const keys[] = {"pr_ms", "qrs_ms", "qt_ms", "qtc_ms", "p_axis_deg", "qrs_axis_deg", "t_axis_deg"};
	static const double want[] = {148, 120, 420, 443, 44, -61, 86};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		assert_true(stated(scp.g, keys[i]) == want[i]);
		assert_true(stated(dcm.g, keys[i]) == want[i]);
	}
	const struct ecg *both[] = {scp.g, dcm.g};
	for (int i = 0; i < 2; i++) {
		assert_true(slice_eq_str(both[i]->person.family, "Clark"));
		assert_true(slice_eq_str(both[i]->person.id, "SBJ-123"));
		assert_true(slice_eq_str(both[i]->person.birth, "1953-05-08"));
		assert_true(slice_eq_str(both[i]->person.sex, "male"));
		assert_true(slice_eq_str(both[i]->start, "2002-11-22T09:10:00"));
		assert_true(slice_eq_str(both[i]->device, "ELI250"));
		assert_int_equal(both[i]->warning_count, 0);
	}
	assert_true(slice_eq_str(scp.g->version, "2.0"));
	assert_true(slice_eq_str(dcm.g->version, "12-Lead ECG"));
}

static void heal_force(void **state)
{
	struct ecg_test t;
	assert_int_equal(ecg_test_corpus(&t, "formats/scp/healforce_62.SCP"), 0);
	const struct ecg *g = t.g;
	assert_int_equal(g->channels, 3);
	assert_true(g->rate == 150 && g->samples == 4500);
	assert_true(slice_eq_str(g->start, "2019-08-08T00:04:10"));
	assert_true(ecg_warned(g, "checksum") && ecg_warned(g, "counted from 0") && ecg_warned(g, "Heal Force"));
	int32_t v[4], low = 0, high = 0;
	ecg_read(g, 2, 0, 4, v);
	assert_true(v[0] == 1 && v[1] == 0 && v[2] == -1 && v[3] == -1); /* worked out by hand from the file's first 24 bytes */
	for (uint64_t i = 0; i < 4500; i++) {
		ecg_read(g, 2, i, 1, v);
		low = v[0] < low ? v[0] : low;
		high = v[0] > high ? v[0] : high;
	}
	assert_true(low == -25 && high == 156); /* 9.524 uV a step: an R wave of 1.5 mV, and nothing that wrapped around */
	assert_in_range(g->mark_count, 25, 45); /* beats in 30 s, as its hardware found them */
	ecg_test_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(samples_are_equal), cmocka_unit_test(median_beats_are_equal), cmocka_unit_test(the_same_is_said_of_it), cmocka_unit_test(heal_force)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
