/* Classes of beats: hearts made of bumps whose classes are known, and half of the MIT-BIH records that the weights were not chosen on. */
#include "cluster.h"
#include "ecg_synth.h"
#include "wander.h"

/* a little under what was measured (src/ecg/DESIGN.md) */
#define MIT_A_SE 95.5
#define MIT_A_PPV 95
#define MIT_B_SE 94.5
#define MIT_B_PPV 95.5

static void classify(struct synth *s)
{
	struct err e = {0};
	synth_make(s);
	int r = ecg_classify(&s->g, NULL, 0, s->a, &s->b, &e);
	if (r < 0)
		fail_msg("%s", e.text);
}

/* What was made as `kind` is classed as `class` in all but `few` cases; the answer is how many there are. */
static size_t expect(const struct synth *s, char kind, char class, size_t few)
{
	size_t n = 0, wrong = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->kind[i] == kind) {
			n++;
			wrong += s->b.beat[i].class != class;
		}
	if (wrong > few)
		fail_msg("%zu of %zu beats '%c' are not '%c' (%g Hz, gain %g)", wrong, n, kind, class, s->rate, s->gain);
	return n;
}

/* The same beat at every rate is the same shape, and upside down its negative. */
static void shape_rates(void **state)
{
	static const double rates[] = {125, 128, 200, 250, 257.5, 360, 500, 1000, 5000};
	struct shape first = {0};
	for (size_t i = 0; i < ARRAY_LEN(rates); i++)
		for (int down = 0; down < 2; down++) {
			static struct synth s;
			struct shape_reader r;
			struct shape got;
			struct err e = {0};
			synth_init(&s, rates[i]);
			s.gain = down ? -1 : 1;
			synth_add(&s, 0, 'N');
			synth_make(&s);
			assert_int_equal(shape_reader_init(&r, &s.g, 0, s.a, &e), 0);
			shape_read(&r, s.b.beat[0].at, &got);
			assert_true(got.good);
			if (i == 0 && !down)
				first = got;
			float like = shape_likest(&first, &got);
			if (down ? shape_like(&first, &got, 0) > -0.9f : like < 0.98f)
				fail_msg("%g Hz: %g", rates[i], (double)like);
			assert_true(fabsf(got.spread - first.spread) < 0.4f);
			synth_done(&s);
		}
}

/* At the very start and end, over a gap and of a rate at which nothing is an ECG. */
static void shape_edges(void **state)
{
	static struct synth s;
	struct shape_reader r;
	struct shape got;
	struct err e = {0};
	synth_init(&s, 250);
	for (int i = 0; i < 5; i++)
		synth_add(&s, 0.8, 'N');
	synth_make(&s);
	assert_int_equal(shape_reader_init(&r, &s.g, 0, s.a, &e), 0);
	shape_read(&r, 0, &got);
	shape_read(&r, s.g.samples - 1, &got);
	shape_read(&r, s.g.samples + 100000, &got);
	assert_false(got.good);
	int16_t *x = (int16_t *)(uintptr_t)s.g.channel[0].s16;
	for (int i = 0; i < 400; i++)
		x[i] = ECG_GAP16;
	shape_read(&r, s.b.beat[0].at, &got);
	assert_false(got.good);
	s.g.channel[0].rate = 3;
	assert_int_equal(shape_reader_init(&r, &s.g, 0, s.a, &e), 0);
	shape_read(&r, 10, &got);
	assert_false(got.good);
	synth_done(&s);
}

static void ventricular(struct synth *s)
{
	for (int i = 0; i < 400; i++) {
		bool v = i % 9 == 5;
		synth_add(s, v ? 0.5 : i % 9 == 6 ? 1.1 : 0.8 + 0.02 * synth_random(s), v ? 'V' : 'N');
	}
}

static void ectopy(void **state)
{
	static const double rates[] = {128, 250, 360, 500, 1000}, gains[] = {1, -1, 0.15, 6};
	for (size_t i = 0; i < ARRAY_LEN(rates); i++)
		for (size_t k = 0; k < ARRAY_LEN(gains); k++) {
			static struct synth s;
			synth_init(&s, rates[i]);
			s.gain = gains[k];
			s.noise_uv = 25;
			s.channels = 1 + (unsigned)(i + k) % 3;
			ventricular(&s);
			classify(&s);
			assert_true(expect(&s, 'V', 'V', 1) > 40);
			expect(&s, 'N', 'N', 2);
			for (size_t j = 0; j < s.n; j++) {
				assert_true(s.b.beat[j].confidence >= 1 && s.b.beat[j].confidence <= 100);
				assert_true(s.b.beat[j].width_ms <= 345);
				assert_true(s.b.beat[j].shape <= s.b.shapes);
			}
			synth_done(&s);
		}
}

/* On a baseline that moves by more than a beat is high, and under strong noise throughout (which, let pass in full, made one normal beat in ten ventricular), classes stay what they were made as. */
static void wandering(void **state)
{
	static const double rates[] = {128, 360, 1000}, drift_uv[] = {1500, 3000};
	for (size_t i = 0; i < ARRAY_LEN(rates); i++)
		for (size_t k = 0; k < ARRAY_LEN(drift_uv); k++) {
			static struct synth s;
			synth_init(&s, rates[i]);
			s.noise_uv = 15;
			s.drift_uv = drift_uv[k];
			ventricular(&s);
			classify(&s);
			assert_true(expect(&s, 'V', 'V', 2) > 40);
			expect(&s, 'N', 'N', 6);
			synth_done(&s);
		}
}

static void noisy_throughout(void **state)
{
	static const double rates[] = {250, 360};
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		static struct synth s;
		synth_init(&s, rates[i]);
		s.noise_uv = 500 /* even, so 290 of deviation */;
		ventricular(&s);
		classify(&s);
		assert_true(expect(&s, 'V', 'V', 2) > 40);
		expect(&s, 'N', 'N', 4);
		synth_done(&s);
	}
}

/* A levelled shape at the ends of a record, over a gap; and a slope under a beat is gone. */
static void level_edges(void **state)
{
	static struct synth s;
	struct shape_reader r;
	struct shape flat, got;
	struct err e = {0};
	synth_init(&s, 250);
	for (int i = 0; i < 5; i++)
		synth_add(&s, 0.8, 'N');
	synth_make(&s);
	int16_t *x = (int16_t *)(uintptr_t)s.g.channel[0].s16;
	assert_int_equal(shape_reader_init(&r, &s.g, 0, s.a, &e), 0);
	shape_read(&r, s.b.beat[2].at, &flat);
	for (uint64_t i = 0; i < s.g.samples; i++)
		x[i] = (int16_t)(x[i] + (int)i * 8); /* 5 mV a second */
	shape_read(&r, s.b.beat[2].at, &got);
	assert_true(shape_like_p(&flat, &got) < 0.9f);
	wander_read(&r, s.b.beat[2].at, &got);
	assert_true(shape_likest(&flat, &got) > 0.98f);
	assert_true(shape_like_t(&flat, &got) > 0.9f && shape_like_p(&flat, &got) > 0.95f);
	wander_read(&r, 0, &got);
	wander_read(&r, s.g.samples - 1, &got);
	wander_read(&r, s.g.samples + 100000, &got);
	assert_false(got.good);
	for (int i = 0; i < 400; i++)
		x[i] = ECG_GAP16;
	wander_read(&r, s.b.beat[0].at, &got);
	assert_false(got.good);
	synth_done(&s);
}

/* The same record, the same classes: nothing of what was before stays. */
static void same_twice(void **state)
{
	static struct synth s, t;
	struct synth *two[] = {&s, &t};
	for (int i = 0; i < 2; i++) {
		synth_init(two[i], 250);
		two[i]->noise_uv = 120;
		two[i]->channels = 2;
		ventricular(two[i]);
		classify(two[i]);
	}
	assert_memory_equal(s.b.beat, t.b.beat, s.b.count * sizeof *s.b.beat);
	synth_done(&s);
	synth_done(&t);
}

/* Bundle branch block: all wide, on time, with P waves. Nothing of it is ventricular. */
static void wide_on_time(void **state)
{
	static struct synth s;
	synth_init(&s, 360);
	s.noise_uv = 20;
	for (int i = 0; i < 300; i++)
		synth_add(&s, 0.85 + 0.03 * synth_random(&s), 'W');
	classify(&s);
	expect(&s, 'W', 'N', 0);
	synth_done(&s);
}

static void early_and_normal(void **state)
{
	static struct synth s;
	synth_init(&s, 250);
	s.noise_uv = 15;
	for (int i = 0; i < 300; i++)
		synth_add(&s, i % 11 == 7 ? 0.55 : i % 11 == 8 ? 0.95 : 0.82 + 0.015 * synth_random(&s), i % 11 == 7 ? 'S' : 'N');
	classify(&s);
	assert_true(expect(&s, 'S', 'S', 1) > 20);
	expect(&s, 'N', 'N', 1);
	synth_done(&s);
}

/* In fibrillation no beat is early: every one is. */
static void fibrillation(void **state)
{
	static struct synth s;
	synth_init(&s, 250);
	s.noise_uv = 15;
	for (int i = 0; i < 400; i++)
		synth_add(&s, 0.75 + 0.3 * synth_random(&s), 'A');
	classify(&s);
	expect(&s, 'A', 'N', 20);
	synth_done(&s);
}

static void paced(void **state)
{
	for (int spikes = 0; spikes < 2; spikes++)
		for (int k = 0; k < 2; k++) {
			static struct synth s;
			synth_init(&s, k ? 360 : 500);
			s.noise_uv = 10;
			s.channels = 2;
			for (int i = 0; i < 120; i++)
				synth_add(&s, 1, spikes ? 'p' : 'W');
			classify(&s);
			expect(&s, spikes ? 'p' : 'W', spikes ? 'Q' : 'N', 3);
			for (size_t i = 4; i < s.n; i++)
				assert_int_equal(s.b.beat[i].paced, spikes);
			synth_done(&s);
		}
}

/* Thousands of shapes that are like nothing: there is room for some, and the rest has a number, too. */
static void chaos(void **state)
{
	static struct synth s;
	synth_init(&s, 250);
	s.noise_uv = 3000;
	for (int i = 0; i < 8000; i++)
		synth_add(&s, 0.4 + 0.3 * synth_random(&s), 'N');
	classify(&s);
	assert_true(s.b.shapes <= CLASSIFY_CLUSTERS);
	for (size_t i = 0; i < s.n; i++)
		assert_true(s.b.beat[i].shape <= s.b.shapes && strchr("NSVFQ", s.b.beat[i].class));
	synth_done(&s);
}

static void few(void **state)
{
	for (int n = 0; n < 4; n++) {
		static struct synth s;
		struct err e = {0};
		synth_init(&s, 500);
		for (int i = 0; i < n; i++)
			synth_add(&s, 0.8, 'N');
		s.seconds = 5;
		synth_make(&s);
		assert_int_equal(ecg_classify(&s.g, NULL, 0, s.a, &s.b, &e), 0);
		for (int i = 0; i < n; i++)
			assert_int_equal(s.b.beat[i].class, 'N');
		s.g.channel[0].ecg = false;
		assert_true(n == 0 || ecg_classify(&s.g, NULL, 0, s.a, &s.b, &e) == ERR_INPUT);
		synth_done(&s);
	}
}

/* ---- MIT-BIH, lead 0 alone, after five minutes, as EC57 counts ---- */

struct score {
	size_t tp, fn, fp;
};

static void compare(const struct synth_reference *r, const struct ecg_beats *b, struct score *v)
{
	const uint64_t skip = 300 * 360, window = 54;
	size_t j = 0;
	for (size_t i = 0; i < r->n; i++) {
		while (j < b->count && b->beat[j].at + window < r->at[i]) /* what matched nothing */
			j++;
		size_t best = b->count;
		for (size_t k = j; k < b->count && b->beat[k].at <= r->at[i] + window; k++)
			if (best == b->count || llabs((long long)b->beat[k].at - (long long)r->at[i]) < llabs((long long)b->beat[best].at - (long long)r->at[i]))
				best = k;
		if (r->at[i] < skip)
			continue;
		char got = best < b->count ? b->beat[best].class : 0;
		v->tp += r->class[i] == 'V' && got == 'V';
		v->fn += r->class[i] == 'V' && got != 'V';
		v->fp += (r->class[i] == 'N' || r->class[i] == 'S') && got == 'V';
	}
}

/* The first lead with a baseline that wanders (0.3 Hz) or mains of 60 Hz. */
static struct ecg *spoiled(struct ecg_test *t, double drift_uv, double mains_uv)
{
	const struct ecg_channel *c = &t->g->channel[0];
	struct ecg *g = arena_alloc(t->a, sizeof *g);
	int16_t *x = arena_array(t->a, c->samples, sizeof *x);
	assert_non_null(x);
	ecg_read16(t->g, 0, 0, c->samples, x);
	for (uint64_t i = 0; i < c->samples; i++)
		x[i] = (int16_t)(x[i] + lround((drift_uv * sin((double)i / c->rate * 2 * M_PI * 0.3) + mains_uv * sin((double)i / c->rate * 2 * M_PI * 60)) / c->scale));
	g->a = t->a;
	g->channels = 1;
	g->rate = c->rate;
	g->samples = c->samples;
	g->channel[0] = (struct ecg_channel){.ecg = true, .name = "x", .unit = "uV", .rate = c->rate, .samples = c->samples, .scale = c->scale, .bits = 16, .s16 = x};
	return g;
}

static void half(const char *const *records, size_t n, double drift_uv, double mains_uv, double se, double ppv)
{
	static struct synth_reference r;
	struct score v = {0};
	if (!ecg_corpus_here("mitdb/100.hea") && !ecg_corpus_here("mitdb/101.hea"))
		skip();
	for (size_t i = 0; i < n; i++) {
		struct ecg_test t;
		struct ecg_beats b;
		char path[4200];
		const unsigned lead = 0;
		snprintf(path, sizeof path, "mitdb/%s.hea", records[i]);
		assert_int_equal(ecg_test_corpus(&t, path), 0);
		snprintf(path, sizeof path, "%s/ecg/mitdb/%s.atr", ecg_corpus(), records[i]);
		synth_reference(path, &r);
		const struct ecg *g = drift_uv != 0 || mains_uv != 0 ? spoiled(&t, drift_uv, mains_uv) : t.g;
		assert_int_equal(ecg_detect(g, &lead, 1, t.a, &b, &t.e), 0);
		assert_int_equal(ecg_classify(g, &lead, 1, t.a, &b, &t.e), 0);
		compare(&r, &b, &v);
		ecg_test_done(&t);
	}
	double got_se = 100.0 * (double)v.tp / (double)(v.tp + v.fn), got_ppv = 100.0 * (double)v.tp / (double)(v.tp + v.fp);
	print_message("ventricular beats: %zu found, %zu missed, %zu false: Se %.2f +P %.2f\n", v.tp, v.fn, v.fp, got_se, got_ppv);
	assert_true(got_se >= se);
	assert_true(got_ppv >= ppv);
}

static const char *const half_a[] = {"101", "108", "112", "115", "118", "122", "201", "205", "208", "215", "223"};
static const char *const half_b[] = {"106", "109", "114", "116", "119", "124", "203", "207", "209", "220", "230"};

static void mit_a(void **state)
{
	half(half_a, ARRAY_LEN(half_a), 0, 0, MIT_A_SE, MIT_A_PPV);
}

static void mit_b(void **state)
{
	half(half_b, ARRAY_LEN(half_b), 0, 0, MIT_B_SE, MIT_B_PPV);
}

/* Before baselines were levelled +P was 74 in the first half; before noise that is everywhere was let pass Se was 74 and 82. */
static void mit_spoiled(void **state)
{
	half(half_a, ARRAY_LEN(half_a), 1500, 0, 90.5, 95.5);
	half(half_b, ARRAY_LEN(half_b), 1500, 0, 93, 90);
	half(half_a, ARRAY_LEN(half_a), 0, 200, 94, 94);
	half(half_b, ARRAY_LEN(half_b), 0, 200, 94, 92);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shape_rates), cmocka_unit_test(shape_edges), cmocka_unit_test(ectopy), cmocka_unit_test(wandering), cmocka_unit_test(noisy_throughout), cmocka_unit_test(level_edges), cmocka_unit_test(same_twice), cmocka_unit_test(wide_on_time),
		cmocka_unit_test(early_and_normal), cmocka_unit_test(fibrillation), cmocka_unit_test(paced), cmocka_unit_test(chaos), cmocka_unit_test(few), cmocka_unit_test(mit_a), cmocka_unit_test(mit_b), cmocka_unit_test(mit_spoiled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
