/* What a lead is worth: the same heart, clean and with each thing that can be wrong with a recording. */
#include "ecg_synth.h"
#include "quality.h"

static void heart(struct synth *s, double rate)
{
	synth_init(s, rate);
	for (int i = 0; i < 80; i++)
		synth_add(s, 0.8, 'N');
}

static struct ecg_quality of(struct synth *s)
{
	struct ecg_quality q;
	struct err e = {0};
	assert_int_equal(ecg_quality(&s->g, 0, &q, &e), 0);
	return q;
}

static void clean(void **state)
{
	static const double rates[] = {100, 128, 250, 360, 500, 1000};
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		static struct synth s;
		heart(&s, rates[i]);
		s.noise_uv = 8;
		s.gain = i % 2 ? -0.3 : 4;
		synth_make(&s);
		struct ecg_quality q = of(&s);
		if (q.score < 90 || q.lead_off || q.saturated || q.noisy || q.drifting || q.mains)
			fail_msg("%g Hz: score %u off %d saturated %d noisy %d drifting %d mains %d", rates[i], q.score, q.lead_off, q.saturated, q.noisy, q.drifting, q.mains);
		synth_done(&s);
	}
}

static void lead_off(void **state)
{
	static struct synth s;
	heart(&s, 250);
	synth_make(&s);
	int16_t *x = (int16_t *)(uintptr_t)s.g.channel[0].s16;
	for (size_t i = s.g.samples / 4; i < s.g.samples; i++)
		x[i] = 77;
	struct ecg_quality q = of(&s);
	assert_true(q.lead_off);
	assert_int_equal(q.score, 0);
	for (size_t i = s.g.samples / 4; i < s.g.samples; i++)
		x[i] = ECG_GAP16;
	q = of(&s);
	assert_true(q.lead_off);
	assert_int_equal(q.score, 0);
	synth_done(&s);
}

static void saturated(void **state)
{
	static struct synth s;
	heart(&s, 250);
	s.drift_uv = 2500;
	s.noise_uv = 10;
	synth_make(&s);
	int16_t *x = (int16_t *)(uintptr_t)s.g.channel[0].s16;
	for (size_t i = 0; i < s.g.samples; i++)
		x[i] = x[i] > 500 ? 500 : x[i];
	struct ecg_quality q = of(&s);
	assert_true(q.saturated);
	assert_true(q.score < 80);
	synth_done(&s);
}

static void noisy(void **state)
{
	static struct synth s;
	heart(&s, 360);
	s.noise_uv = 900;
	synth_make(&s);
	struct ecg_quality q = of(&s);
	assert_true(q.noisy);
	assert_true(q.score < 50);
	synth_done(&s);
}

/* Noise for twenty seconds: those cells are marked, and hardly others. */
static void noisy_part(void **state)
{
	static struct synth s;
	struct cells k;
	struct ecg_quality q;
	struct err e = {0};
	heart(&s, 360);
	s.noise_uv = 1500;
	s.noise_from = 20;
	s.noise_to = 40;
	synth_make(&s);
	assert_int_equal(quality_scan(&s.g, 0, s.a, &k, &q, &e), 0);
	for (size_t i = 0; i < k.count; i++)
		if (((k.cell[i] & CELL_NOISY) != 0) != (i >= 20 && i < 40))
			fail_msg("second %zu: %02x", i, k.cell[i]);
	assert_true(q.score > 50 && q.score < 80);
	synth_done(&s);
}

static void drifting(void **state)
{
	static struct synth s;
	heart(&s, 250);
	s.drift_uv = 4000;
	synth_make(&s);
	struct ecg_quality q = of(&s);
	assert_true(q.drifting);
	assert_false(q.lead_off);
	synth_done(&s);
}

static void hum(void **state)
{
	static struct synth s;
	heart(&s, 500);
	s.hum_uv = 150;
	synth_make(&s);
	struct ecg_quality q = of(&s);
	assert_true(q.mains);
	assert_true(q.score < 90);
	synth_done(&s);
}

/* Nothing in it, or hardly anything: an answer, not a crash. */
static void little(void **state)
{
	static struct synth s;
	synth_init(&s, 250);
	s.seconds = 0.1;
	synth_make(&s);
	struct ecg_quality q = of(&s);
	assert_true(q.lead_off);
	s.g.channel[0].samples = 0;
	q = of(&s);
	assert_int_equal(q.score, 0);
	synth_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean), cmocka_unit_test(lead_off), cmocka_unit_test(saturated), cmocka_unit_test(noisy), cmocka_unit_test(noisy_part),
		cmocka_unit_test(drifting), cmocka_unit_test(hum), cmocka_unit_test(little),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
