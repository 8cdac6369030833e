/* Beats of ECGs that are made here, so that it is known where they are; and what is no ECG at all. */
#include "detect_test.h"
#include "twice.h"

#include "detect_internal.h"

/* ---- an ECG ---- */

struct made {
	double rate, seconds;
	double mv, qrs_ms, t_mv, p_mv; /* of a usual beat */
	double noise_mv, mains_mv, wander_mv;
	int16_t *s;
	uint64_t n;
	double beat[4096];
	size_t beats;
	bool wide[4096];
};

static double bell(double t, double at, double width)
{
	double x = (t - at) / width;
	return x > -4 && x < 4 ? exp(-x * x) : 0;
}

static void draw(struct made *m, double sign)
{
	uint32_t seed = 7;
	size_t from = 0;
	m->n = (uint64_t)(m->rate * m->seconds);
	m->s = malloc((m->n + 1) * sizeof *m->s);
	for (uint64_t i = 0; i < m->n; i++) {
		double t = (double)i / m->rate, v = 0, w = m->qrs_ms / 4000;
		while (from < m->beats && m->beat[from] < t - 1)
			from++;
		for (size_t k = from; k < m->beats && m->beat[k] < t + 1; k++) {
			double at = m->beat[k], x = m->wide[k] ? 3 : 1;
			v += m->mv * (bell(t, at, w * x) - 0.2 * bell(t, at + 1.8 * w * x, w * x)) + m->t_mv * bell(t, at + 0.28, 0.05);
			v += m->wide[k] ? 0 : m->p_mv * bell(t, at - 0.16, 0.025);
		}
		v = v * sign + m->noise_mv * detect_noise(&seed) + m->mains_mv * sin(2 * M_PI * 50 * t) + m->wander_mv * sin(2 * M_PI * 0.2 * t);
		v = floor(v * 200 + 0.5);
		m->s[i] = (int16_t)(v > 32767 ? 32767 : v < -32767 ? -32767 : v);
	}
}

static const struct made usual_ecg = {.rate = 360, .seconds = 120, .mv = 1, .qrs_ms = 60, .t_mv = 0.25, .p_mv = 0.1, .noise_mv = 0.01};

static void steady(struct made *m, double first, double rr)
{
	for (double t = first; t < m->seconds - 0.3 && m->beats < ARRAY_LEN(m->beat); t += rr)
		m->beat[m->beats++] = t;
}

static void find(const struct made *m, struct arena *a, struct ecg_beats *b)
{
	struct err e = {0};
	unsigned channel = 0;
	struct ecg *g = detect_record(a, &m->s, &m->rate, 1, &m->n);
	assert_int_equal(ecg_detect(g, &channel, 1, a, b, &e), 0);
}

/* All are found, none is invented, and each within `ms` of where it is. */
static void expect_all(struct made *m, const char *what, double ms)
{
	struct detect_score s = {0};
	struct ecg_beats b;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	find(m, a, &b);
	detect_compare(&b, m->beat, m->beats, 0, &s);
	if (s.missed || s.extra)
		fail_msg("%s: of %u beats %u missed, %u invented", what, s.beats, s.missed, s.extra);
	if (sqrt(s.square / s.beats) > ms)
		fail_msg("%s: placed %.1f ms away", what, sqrt(s.square / s.beats));
	for (size_t i = 0; i < b.count; i++) {
		assert_true(b.beat[i].at < m->n && (!i || b.beat[i].at > b.beat[i - 1].at));
		assert_true(b.beat[i].quality >= 1 && b.beat[i].quality <= 100);
	}
	free(m->s);
	m->s = NULL;
}

static void rates_of_heart(void **state)
{
	static const double rr[] = {2.4, 1.5, 1.0, 0.8, 0.6, 0.45, 0.36};
	for (size_t i = 0; i < ARRAY_LEN(rr); i++) {
		struct made m = usual_ecg;
		char what[40];
		if (rr[i] < 0.5) /* the T wave of a fast heart is early: here it would lie on the next beat */
			m.t_mv = m.p_mv = 0.05;
		snprintf(what, sizeof what, "an interval of %.2f s", rr[i]);
		steady(&m, 0.5, rr[i]);
		draw(&m, 1);
		expect_all(&m, what, 6);
	}
}

static void rates_of_sampling(void **state)
{
	static const double rate[] = {50, 100, 125, 128, 200, 250, 257.5, 300, 360, 400, 500, 977, 1000, 2000, 4000, 16000};
	for (size_t i = 0; i < ARRAY_LEN(rate); i++) {
		struct made m = usual_ecg;
		char what[40];
		m.rate = rate[i];
		m.seconds = 40;
		m.noise_mv = 0.005;
		snprintf(what, sizeof what, "%.0f samples a second", rate[i]);
		steady(&m, 0.6, 0.83);
		draw(&m, 1);
		expect_all(&m, what, rate[i] < 60 ? 12 : 6);
	}
}

static void spoiled(void **state)
{
	static const struct {
		const char *what;
		double mv, noise, mains, wander, t, sign, ms;
	} cases[] = {
		{"upside down", 1, 0.01, 0, 0, 0.25, -1, 6},
		{"small", 0.12, 0.004, 0, 0, 0.02, 1, 6},
		{"great", 20, 0.05, 0, 0, 4, 1, 6},
		{"muscle", 1, 0.08, 0, 0, 0.25, 1, 10},
		{"mains", 1, 0.01, 0.15, 0, 0.25, 1, 12},
		{"wander", 1, 0.01, 0, 2, 0.25, 1, 6},
		{"tall T", 1, 0.01, 0, 0, 0.6, 1, 12},
		{"saturated", 400, 0.01, 0, 0, 20, 1, 25},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made m = usual_ecg;
		m.mv = cases[i].mv;
		m.noise_mv = cases[i].noise;
		m.mains_mv = cases[i].mains;
		m.wander_mv = cases[i].wander;
		m.t_mv = cases[i].t;
		m.p_mv = m.mv < 0.5 ? 0.01 : 0.1;
		steady(&m, 0.5, 0.8);
		draw(&m, cases[i].sign);
		expect_all(&m, cases[i].what, cases[i].ms);
	}
}

/* As tall as R and taller, in the only lead: every beat is found once. A T that is blunt but as steep as an R is half of what stands out. */
static void tall_t(void **state)
{
	static const struct {
		double t, rr, noise, seconds;
	} cases[] = {{1, 0.8, 0.01, 120}, {1.5, 0.8, 0.01, 120}, {2, 1.1, 0.01, 120}, {1.8, 0.85, 0.01, 120}, {2, 0.7, 0.01, 120}, {2, 0.9, 0.04, 120}, {2, 0.85, 0.01, 10}, {1.8, 1, 0.01, 30}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (int sign = -1; sign <= 1; sign += 2) {
			struct made m = usual_ecg;
			char what[40];
			m.t_mv = cases[i].t;
			m.noise_mv = cases[i].noise;
			m.seconds = cases[i].seconds;
			snprintf(what, sizeof what, "T of %.1f, interval %.2f s", m.t_mv, cases[i].rr);
			steady(&m, 0.5, cases[i].rr);
			draw(&m, sign);
			expect_all(&m, what, 14);
		}
}

/* Electrodes that are pulled: steps of half to three times an R at times of their own, away at once or within a second. Of thirty three are taken for beats at most (where P or T goes the same way), one beat is lost. */
static void steps(void **state)
{
	static const struct {
		double mv, fades, rate;
	} cases[] = {{0.5, 0.3, 360}, {1, 0.3, 360}, {1, 1, 250}, {1, 0.3, 200}, {2, 0.5, 500}, {3, 0.3, 360}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made m = usual_ecg;
		AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
		struct detect_score s = {0};
		struct ecg_beats b;
		uint32_t seed = 5;
		double step = 0, next = 1.1;
		m.rate = cases[i].rate;
		steady(&m, 0.5, 0.83);
		draw(&m, 1);
		for (uint64_t k = 0; k < m.n; k++) {
			if ((double)k / m.rate > next) { /* half of an interval or more after a beat */
				step += cases[i].mv * (detect_random(&seed) < 0.5 ? -1 : 1);
				next = 0.5 + 0.83 * (floor(next / 0.83) + 3 + (int)(3 * detect_random(&seed)) + 0.5 + 0.2 * detect_random(&seed));
			}
			m.s[k] = (int16_t)(m.s[k] + floor(step * 200));
			step *= 1 - 1 / (cases[i].fades * m.rate);
		}
		find(&m, a, &b);
		detect_compare(&b, m.beat, m.beats, 0, &s);
		if (s.missed > 1 || s.extra > 3)
			fail_msg("steps of %.1f mV at %.0f Hz: of %u beats %u missed, %u invented", cases[i].mv, m.rate, s.beats, s.missed, s.extra);
		free(m.s);
	}
}

static void rhythms(void **state)
{
	uint32_t seed = 3;
	struct made m = usual_ecg;
	m.p_mv = 0;
	for (double t = 0.5; t < m.seconds - 0.4; t += 0.45 + 0.7 * detect_random(&seed)) /* irregular, as in fibrillation */
		m.beat[m.beats++] = t;
	draw(&m, 1);
	expect_all(&m, "irregular", 6);

	m = usual_ecg; /* every second one early and wide */
	for (double t = 0.5; t < m.seconds - 1; t += 1.6) {
		m.beat[m.beats++] = t;
		m.wide[m.beats] = true;
		m.beat[m.beats++] = t + 0.55;
	}
	draw(&m, 1);
	expect_all(&m, "bigeminy", 25);

	m = usual_ecg; /* and earlier, blunter than the beat before and like each other: no T waves all the same */
	for (double t = 0.5; t < m.seconds - 1; t += 1.3) {
		m.beat[m.beats++] = t;
		m.wide[m.beats] = true;
		m.beat[m.beats++] = t + 0.46;
	}
	draw(&m, 1);
	expect_all(&m, "early bigeminy", 25);

	m = usual_ecg; /* pauses of 5 and 9 s: nothing is put into them */
	for (double t = 0.5; t < m.seconds - 1; t += m.beats == 40 ? 5 : m.beats == 70 ? 9 : 0.9)
		m.beat[m.beats++] = t;
	draw(&m, 1);
	expect_all(&m, "pauses", 6);
}

/* Longer than a page (DETECT_PAGE_S): nothing is lost or doubled where pages meet, whatever falls on the border. */
static void page_borders(void **state)
{
	for (int i = 0; i < 6; i++) {
		struct made m = usual_ecg;
		m.rate = 128;
		m.seconds = 2 * DETECT_PAGE_S + 30;
		steady(&m, DETECT_PAGE_S - 0.8 * 299 + (i - 3) * 0.06, 0.8);
		draw(&m, 1);
		expect_all(&m, "page borders", 8);
	}
}

/* ---- gaps ---- */

static void gaps(void **state)
{
	struct made m = usual_ecg;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct ecg_beats b;
	struct detect_score s = {0};
	steady(&m, 0.5, 0.8);
	draw(&m, 1);
	/* not recorded: 30..41 s (and the level is another afterwards), and the first two seconds */
	for (uint64_t i = 0; i < m.n; i++) {
		double t = (double)i / m.rate;
		if (t < 2 || (t >= 30 && t < 41))
			m.s[i] = ECG_GAP16;
		else if (t >= 41)
			m.s[i] = (int16_t)(m.s[i] + 3000);
	}
	double there[4096];
	size_t n = 0;
	for (size_t i = 0; i < m.beats; i++)
		if (m.beat[i] >= 2.2 && (m.beat[i] < 29.8 || m.beat[i] > 41.2))
			there[n++] = m.beat[i];
	find(&m, a, &b);
	for (size_t i = 0; i < b.count; i++)
		assert_int_not_equal(m.s[b.beat[i].at], ECG_GAP16);
	detect_compare(&b, there, n, 0, &s);
	assert_int_equal(s.missed, 0);
	assert_true(s.extra <= 1); /* one was cut by the gap's edge */
	free(m.s);
}

/* One lead off, one of noise only, beside a good one. */
static void bad_leads(void **state)
{
	struct made m = usual_ecg;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	uint32_t seed = 11;
	struct detect_score s = {0};
	struct ecg_beats b;
	struct err e = {0};
	steady(&m, 0.5, 0.8);
	draw(&m, 1);
	int16_t *off = calloc(m.n, sizeof *off), *noise = calloc(m.n, sizeof *noise), *lead[4] = {off, noise, m.s, off};
	for (uint64_t i = 0; i < m.n; i++)
		noise[i] = (int16_t)(300 * detect_noise(&seed));
	double rate[4] = {m.rate, m.rate, m.rate, m.rate};
	uint64_t n[4] = {m.n, m.n, m.n, m.n};
	struct ecg *g = detect_record(a, lead, rate, 4, n);
	assert_int_equal(ecg_detect(g, NULL, 0, a, &b, &e), 0);
	detect_compare(&b, m.beat, m.beats, 0, &s);
	assert_int_equal(s.missed, 0);
	assert_int_equal(s.extra, 0);
	assert_true(fabs(s.sum / s.beats) < 6);
	free(off);
	free(noise);
	free(m.s);
}

/* Leads of different rates: `at` is at the record's. */
static void mixed_rates(void **state)
{
	struct made x = usual_ecg, y = usual_ecg;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct detect_score s = {0};
	struct ecg_beats b;
	struct err e = {0};
	x.rate = 250;
	y.rate = 1000;
	steady(&x, 0.5, 0.8);
	steady(&y, 0.5, 0.8);
	draw(&x, 1);
	draw(&y, -1);
	int16_t *lead[2] = {x.s, y.s};
	double rate[2] = {x.rate, y.rate};
	uint64_t n[2] = {x.n, y.n};
	struct ecg *g = detect_record(a, lead, rate, 2, n);
	for (int only = -1; only < 2; only++) {
		unsigned c = only < 0 ? 0 : (unsigned)only;
		s = (struct detect_score){0};
		assert_int_equal(ecg_detect(g, only < 0 ? NULL : &c, 1, a, &b, &e), 0);
		assert_true(b.rate == 1000);
		detect_compare(&b, x.beat, x.beats, 0, &s);
		assert_int_equal(s.missed + s.extra, 0);
		assert_true(sqrt(s.square / s.beats) < 6);
	}
	free(x.s);
	free(y.s);
}

/* ---- nothing to find ---- */

static size_t count(int16_t *s, uint64_t n, double rate)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct ecg_beats b;
	struct err e = {0};
	struct ecg *g = detect_record(a, &s, &rate, 1, &n);
	g->rate = rate;
	assert_int_equal(ecg_detect(g, NULL, 0, a, &b, &e), 0);
	for (size_t i = 0; i < b.count; i++)
		assert_true(b.beat[i].at < n);
	return b.count;
}

static void nothing(void **state)
{
	static int16_t s[60 * 360];
	uint32_t seed = 1;
	assert_int_equal(count(s, 0, 360), 0);
	assert_int_equal(count(s, 1, 360), 0);
	assert_int_equal(count(s, 2, 360), 0);
	assert_int_equal(count(s, ARRAY_LEN(s), 360), 0);
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		s[i] = 1024;
	assert_int_equal(count(s, ARRAY_LEN(s), 360), 0);
	for (size_t i = 0; i < ARRAY_LEN(s); i++) /* the converter's last bit */
		s[i] = (int16_t)(1024 + (detect_random(&seed) > 0.5));
	assert_int_equal(count(s, ARRAY_LEN(s), 360), 0);
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		s[i] = ECG_GAP16;
	assert_int_equal(count(s, ARRAY_LEN(s), 360), 0);
}

static void extremes(void **state)
{
	static int16_t s[20 * 360];
	for (int kind = 0; kind < 4; kind++) {
		for (size_t i = 0; i < ARRAY_LEN(s); i++)
			s[i] = kind == 0 ? (i & 1 ? 32767 : -32767) : kind == 1 ? (i / 180 & 1 ? 32767 : -32767) : kind == 2 ? (int16_t)(i * 7919) : (i % 3 ? 32767 : ECG_GAP16);
		for (size_t n = 0; n < ARRAY_LEN(s); n = n * 3 + 1)
			count(s, n, n & 1 ? 100000 : 360);
		count(s, ARRAY_LEN(s), 40);
		count(s, ARRAY_LEN(s), 100000);
	}
}

static void refused(void **state)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	int16_t s[100] = {0}, *lead = s;
	double rate = 360;
	uint64_t n = 100;
	struct ecg_beats b;
	struct err e = {0};
	unsigned channel = 1;
	struct ecg *g = detect_record(a, &lead, &rate, 1, &n);
	assert_int_equal(ecg_detect(g, &channel, 1, a, &b, &e), ERR_INPUT);
	g->channel[0].ecg = false;
	assert_int_equal(ecg_detect(g, NULL, 0, a, &b, &e), ERR_INPUT);
	channel = 0;
	assert_int_equal(ecg_detect(g, &channel, 1, a, &b, &e), 0); /* asked for by name it is looked at, whatever the file calls it */
	g->channel[0].rate = g->rate = 10;
	assert_int_equal(ecg_detect(g, &channel, 1, a, &b, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "too few"));
}

/* ---- parts ---- */

static void logarithm(void **state)
{
	assert_int_equal(detect_log2(0), 0);
	assert_int_equal(detect_log2(1), 0);
	assert_int_equal(detect_log2(2), 256);
	assert_int_equal(detect_log2(1u << 31), 31 * 256);
	for (uint32_t v = 1; v < 100000; v += 7) {
		assert_true(detect_log2(v + 7) >= detect_log2(v));
		assert_true(fabs(detect_log2(v) / 256.0 - log2(v)) < 0.09);
	}
}

static int up(const void *a, const void *b)
{
	return (*(const int32_t *)a > *(const int32_t *)b) - (*(const int32_t *)a < *(const int32_t *)b);
}

static void median(void **state)
{
	uint32_t seed = 5;
	for (int32_t round = 0; round < 200; round++)
		for (int32_t n = 1; n <= DETECT_MEDIAN; n++) {
			int32_t v[DETECT_MEDIAN], w[DETECT_MEDIAN];
			for (int32_t i = 0; i < n; i++) /* some alike, some the largest there is */
				v[i] = w[i] = round % 3 == 2 && i % 2 ? INT32_MAX : (int32_t)(detect_random(&seed) * (round % 3 ? 5 : 100000)) - 2;
			qsort(w, (size_t)n, sizeof *w, up);
			for (int way = 0; way < 2; way++) {
				twice_allow(way);
				assert_int_equal(detect_median(v, n), w[n / 2]);
			}
		}
	twice_allow(true);
}

static struct detect_candidate candidate(int32_t at, int32_t score)
{
	return (struct detect_candidate){.at = at, .score = score, .rr = 100, .log_rr = detect_log2(100), .spread = 0};
}

/* Of two within the time in which a heart cannot beat twice, one; a weak one that falls into the rhythm is taken, one that does not is not; a chain goes on from where it is told to. */
static void chain(void **state)
{
	struct detect_candidate c[8] = {candidate(100, 1500), candidate(200, 1500), candidate(300, -100), candidate(350, -100), candidate(400, 1500), candidate(412, 900), candidate(500, 1500), candidate(540, -900)};
	bool want[8] = {true, true, true, false, true, false, true, false};
	detect_choose(c, 8, 125, -1);
	for (int i = 0; i < 8; i++)
		assert_int_equal(c[i].beat, want[i]);
	detect_choose(c, 8, 125, 5); /* had 412 been kept, 400 would be too late to take */
	assert_true(c[5].beat && c[6].beat);
	detect_choose(c, 0, 125, -1);
	for (int i = 0; i < 8; i++)
		c[i].score = -2000;
	detect_choose(c, 8, 125, -1);
	for (int i = 0; i < 8; i++)
		assert_false(c[i].beat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_of_heart), cmocka_unit_test(rates_of_sampling), cmocka_unit_test(spoiled), cmocka_unit_test(tall_t), cmocka_unit_test(steps), cmocka_unit_test(rhythms), cmocka_unit_test(page_borders),
		cmocka_unit_test(gaps), cmocka_unit_test(bad_leads), cmocka_unit_test(mixed_rates), cmocka_unit_test(nothing), cmocka_unit_test(extremes), cmocka_unit_test(refused),
		cmocka_unit_test(logarithm), cmocka_unit_test(median), cmocka_unit_test(chain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
