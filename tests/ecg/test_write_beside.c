/* What stands beside the samples in each format that is written: a zero between two steps, what we measured, what the device had said. */
#include "write_test.h"

#include "ecg_internal.h"

#define N 5000
static int16_t wave[2 * N];

/* 72 a minute at 500 Hz: P, QRS and T in leads II and V5, 5 uV a step. */
static void draw(void)
{
	for (int i = 0; i < N; i++) {
		double in = fmod(i / 500.0, 60.0 / 72), v = 0;
		v += 100 * exp(-pow((in - 0.20) / 0.025, 2)) + 1000 * exp(-pow((in - 0.36) / 0.012, 2)) - 200 * exp(-pow((in - 0.39) / 0.012, 2)) + 250 * exp(-pow((in - 0.64) / 0.05, 2));
		wave[2 * i] = (int16_t)lrint(v / 5);
		wave[2 * i + 1] = (int16_t)lrint(v * 0.8 / 5);
	}
}

static void open_wave(struct ecg_test *t)
{
	static const char header[] = "r 2 500 5000 10:20:30 05/11/2024\nr.dat 16 200(7)/mV 16 0 0 0 0 II\nr.dat 16 200/mV 16 0 0 0 0 V5\n";
	draw();
	ecg_test_init(t, NULL);
	ecg_test_add(t, "r.hea", header, sizeof header - 1);
	ecg_test_add(t, "r.dat", wave, sizeof wave);
	if (ecg_test_open(t, "r.hea") < 0)
		fail_msg("%s", t->e.text);
}

static const struct {
	enum ecg_format to;
	const char *name;
	double off; /* steps that a value may move by where zero lies between two steps */
	bool fields; /* the format has places for measurements */
} formats[] = {
	{ECG_WFDB, "out.hea", 0.5, false}, {ECG_EDF, "out.edf", 0.05, false}, {ECG_FHIR, "out.json", 1e-6, false /* ours are marked there, and are no device's when they are read again */}, {ECG_CSV, "out.csv", 0.001, false},
	{ECG_AECG, "out.xml", 0.001, true}, {ECG_SCP, "out.scp", 0.13, true}, {ECG_DICOM, "out.dcm", 0.001, true},
};

static void zero_between_steps(void **state)
{
	static const double part[] = {0.3, -0.45, 0.5};
	static float x[N], y[N];
	for (size_t k = 0; k < ARRAY_LEN(part); k++)
		for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
			struct ecg_test t, back;
			open_wave(&t);
			for (unsigned c = 0; c < 2; c++)
				t.g->channel[c].offset = part[k] * t.g->channel[c].scale;
			if (write_and_read(t.g, formats[i].to, formats[i].name, &back) < 0)
				fail_msg("%s: %s", formats[i].name, back.e.text);
			for (unsigned c = 0; c < 2; c++) {
				ecg_read_uv(t.g, c, 0, N, x);
				ecg_read_uv(back.g, c, 0, N, y);
				for (int n = 0; n < N; n++)
					if (!(fabs((double)x[n] - (double)y[n]) <= 5 * formats[i].off + 1e-3))
						fail_msg("%s, zero at %g: sample %d was %g and is %g", formats[i].name, part[k], n, (double)x[n], (double)y[n]);
			}
			ecg_test_done(&back);
			ecg_test_done(&t);
		}
}

static const struct ecg_stated *stated(const struct ecg *g, const char *key)
{
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		if (!strcmp(s->key, key))
			return s;
	return NULL;
}

static size_t ours(const struct ecg *g)
{
	size_t n = 0;
	for (const struct ecg_note *note = g->notes; note; note = note->next)
		if (slice_starts(note->text, "Holdfast, unconfirmed: ")) {
			assert_true(note->statement);
			n++;
		}
	return n;
}

/* Ours in the places for measurements where the device said nothing; beside its own otherwise; in words in both cases, once, however often it is converted. */
static void measured(void **state)
{
	static const char *const keys[] = {"rate_bpm", "pr_ms", "qrs_ms", "qt_ms"};
	for (int said = 0; said < 2; said++)
		for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
			struct ecg_test t, back, twice;
			struct ecg_analysis n;
			open_wave(&t);
			assert_int_equal(ecg_analyse(t.g, t.a, &n, &t.e), 0);
			const struct ecg_value v[] = {n.measure.rate_bpm, n.measure.pr_ms, n.measure.qrs_ms, n.measure.qt_ms};
			assert_true(v[0].conf && v[1].conf && v[2].conf && v[3].conf && fabs((double)v[0].v - 72) < 1);
			if (said)
				for (size_t k = 0; k < ARRAY_LEN(keys); k++)
					if (!stated(t.g, keys[k]))
						ecg_stated(t.g, keys[k], 111 + (double)k);
			if (write_and_read_with(t.g, &n, formats[i].to, formats[i].name, &back) < 0)
				fail_msg("%s: %s", formats[i].name, back.e.text);
			if (formats[i].to == ECG_CSV) { /* samples only */
				assert_true(!back.g->stated && !back.g->notes);
			} else {
				for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
					const struct ecg_stated *s = stated(back.g, keys[k]);
					if (said ? !s || fabs(s->value - 111 - (double)k) > 0.5 : formats[i].fields ? !s || fabs(s->value - (double)v[k].v) > 0.5 : s != NULL)
						fail_msg("%s, %s: %g", formats[i].name, keys[k], s ? s->value : NAN);
				}
				assert_int_equal(ours(back.g), n.statements + 1);
				assert_true(ecg_noted(back.g, "Holdfast, unconfirmed: rate 72/min"));
				if (write_and_read_with(back.g, &n, formats[i].to, formats[i].name, &twice) < 0)
					fail_msg("%s: %s", formats[i].name, twice.e.text);
				assert_int_equal(ours(twice.g), n.statements + 1);
				ecg_test_done(&twice);
			}
			ecg_test_done(&back);
			ecg_test_done(&t);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(zero_between_steps), cmocka_unit_test(measured)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
