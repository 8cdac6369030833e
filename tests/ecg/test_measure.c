/* ecg_measure on beats whose marks are known because they were made: at several rates, sizes, noises and numbers of leads. */
#include "ecg_test.h"
#include "measure_internal.h"

#define LEADS 12

/* A beat in microvolts, t in ms from R. P -180..-80, QRS -40..50 (Q R S), T 150..340. */
#define PR_MS 140
#define QRS_MS 90
#define QT_MS 380
static double bump(double t, double from, double to) /* 0..1..0, smooth */
{
	if (t <= from || t >= to)
		return 0;
	return 0.5 - 0.5 * cos(2 * 3.14159265358979 * (t - from) / (to - from));
}

struct made {
	struct ecg g;
	struct ecg_beats b;
	struct arena *a;
	int16_t *s[LEADS];
};
struct how {
	double rate, rr_ms, seconds, gain, noise_uv, mains_uv, drift_uv, p, t;
	int leads;
};
static const struct how usual = {.rate = 500, .rr_ms = 800, .seconds = 10, .gain = 1, .p = 150, .t = 300, .leads = LEADS};

static const double factor[LEADS] = {0.7, 1.0, 0.3, -0.85, 0.2, 0.65, -0.6, 0.5, 0.9, 1.3, 1.2, 0.9};

static uint32_t seed;
static double dice(void) /* -1..1 */
{
	seed = seed * 1664525u + 1013904223u;
	return (double)(int32_t)seed / 2147483648.0;
}

static void make(struct made *m, const struct how *h)
{
	const size_t n = (size_t)(h->rate * h->seconds);
	memset(m, 0, sizeof *m);
	m->a = arena_new((size_t)256 << 20);
	seed = 7;
	m->g = (struct ecg){.a = m->a, .channels = (unsigned)h->leads, .rate = h->rate, .samples = n};
	m->b.beat = arena_array(m->a, 200, sizeof *m->b.beat);
	m->b.rate = h->rate;
	for (double at = 500; at < h->seconds * 1000 - 100; at += h->rr_ms)
		m->b.beat[m->b.count++] = (struct ecg_beat){.at = (uint64_t)(at * h->rate / 1000 + 0.5), .class = 'N', .confidence = 90, .quality = 90};
	for (int c = 0; c < h->leads; c++) {
		int16_t *s = arena_array(m->a, n, sizeof *s);
		for (size_t i = 0; i < n; i++) {
			const double t = (double)i * 1000 / h->rate;
			double v = h->noise_uv * dice() + h->mains_uv * sin(2 * 3.14159265358979 * 0.05 * t) + h->drift_uv * sin(2 * 3.14159265358979 * 0.00025 * t);
			for (double at = 500 - h->rr_ms; at < h->seconds * 1000 + 800; at += h->rr_ms) {
				const double u = t - at;
				if (u < -300 || u > 700)
					continue;
				v += factor[c] * h->gain * (h->p * bump(u, -180, -80) - 120 * bump(u, -40, -12) + 1200 * bump(u, -25, 25) - 300 * bump(u, 10, 50) + h->t * bump(u, 150, 340));
			}
			s[i] = (int16_t)floor(v + 0.5);
		}
		m->g.channel[c] = (struct ecg_channel){.lead = ECG_LEAD_I + (enum ecg_lead)c, .unit = "uV", .ecg = true, .rate = h->rate, .samples = n, .scale = 1, .bits = 16, .s16 = s};
		snprintf(m->g.channel[c].name, sizeof m->g.channel[c].name, "%s", ecg_lead_name(ECG_LEAD_I + (enum ecg_lead)c));
		m->s[c] = s;
	}
}

static void near(const char *what, struct ecg_value v, double want, double within)
{
	if (!v.conf || fabs((double)v.v - want) > within)
		fail_msg("%s is %g (confidence %d), not %g +- %g", what, (double)v.v, v.conf, want, within);
}

static void measure(struct made *m, struct ecg_measure *ret)
{
	struct err e = {0};
	if (ecg_measure(&m->g, &m->b, 0, m->a, ret, &e) < 0)
		fail_msg("%s", e.text);
}

static void check(const struct how *h, double more)
{
	struct made m;
	struct ecg_measure r;
	make(&m, h);
	measure(&m, &r);
	near("rr", r.rr_ms, h->rr_ms, 2);
	near("rate", r.rate_bpm, 60000 / h->rr_ms, 0.3);
	near("pr", r.pr_ms, PR_MS, 14 + more);
	near("qrs", r.qrs_ms, QRS_MS, 14 + more);
	near("qt", r.qt_ms, QT_MS, 22 + more);
	near("p", r.p_ms, 100, 20 + more);
	for (int c = 0; c < h->leads; c++)
		if (fabs(factor[c] * h->gain) > 0.5) {
			near("qrs of a lead", r.lead[c].qrs_ms, QRS_MS, 16 + more);
			near("t", r.lead[c].t_uv, factor[c] * h->gain * h->t, 0.1 * fabs(factor[c] * h->gain * h->t) + 10 + h->noise_uv);
		}
	arena_free(m.a);
}

static void test_usual(void **state)
{
	check(&usual, 0);
}

static void test_rates_of_sampling(void **state)
{
	const double rates[] = {250, 360, 1000, 2000};
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		struct how h = usual;
		h.rate = rates[i];
		check(&h, 4);
	}
}

static void test_heart_rates(void **state)
{
	const double rr[] = {600, 1000, 1400};
	for (size_t i = 0; i < ARRAY_LEN(rr); i++) {
		struct how h = usual;
		h.rr_ms = rr[i];
		check(&h, 2);
	}
}

/* The T before ends where P begins: the P's onset is not sought on it. */
static void test_p_on_t(void **state)
{
	for (int k = 0; k < 3; k++) {
		struct how h = usual;
		struct made m;
		struct ecg_measure r;
		h.rr_ms = 520 + 20 * k;
		make(&m, &h);
		measure(&m, &r);
		near("pr", r.pr_ms, PR_MS, 20);
		near("qt", r.qt_ms, QT_MS, 26);
		arena_free(m.a);
	}
}

/* Every second beat is ventricular, half a second after the other: the usual beat's T ends before it. */
static void test_bigeminy(void **state)
{
	struct how h = usual;
	struct made m;
	struct ecg_measure r;
	h.rr_ms = 1300;
	h.seconds = 20;
	make(&m, &h);
	const size_t n = m.b.count;
	for (size_t i = n; i-- > 0;) {
		const double at = (double)m.b.beat[i].at * 2 + 560;
		for (int c = 0; c < LEADS; c++)
			for (size_t k = 0; k < m.g.samples; k++) {
				const double u = (double)k * 2 - at;
				m.s[c][k] = (int16_t)(m.s[c][k] + factor[c] * (1500 * bump(u, -80, 60) - 700 * bump(u, 20, 100) - 500 * bump(u, 160, 420)));
			}
		m.b.beat[2 * i + 1] = (struct ecg_beat){.at = (uint64_t)(at / 2), .class = 'V', .confidence = 90, .quality = 90};
		m.b.beat[2 * i] = m.b.beat[i];
	}
	m.b.count = 2 * n;
	while (m.b.beat[m.b.count - 1].at + 20 > m.g.samples)
		m.b.count--;
	measure(&m, &r);
	near("qrs", r.qrs_ms, QRS_MS, 16);
	near("qt", r.qt_ms, QT_MS, 26);
	arena_free(m.a);
}

/* Beats that were not found are no pause of the heart: a hole is left out of the rate, and where half of the time is holes none is said. */
static void test_rate_with_holes(void **state)
{
	struct made m;
	struct ecg_measure r;
	make(&m, &usual);
	memmove(m.b.beat + 4, m.b.beat + 8, (m.b.count - 8) * sizeof *m.b.beat); /* 4.0 s */
	m.b.count -= 4;
	measure(&m, &r);
	near("rate", r.rate_bpm, 75, 1);
	m.b.beat[1] = m.b.beat[m.b.count - 1];
	m.b.count = 2; /* the first and the last */
	measure(&m, &r);
	assert_int_equal(r.rate_bpm.conf, 0);
	arena_free(m.a);
}

/* Noise as large as the QRS: what is said is so, or nothing is. */
static void test_noise_says_nothing(void **state)
{
	size_t said = 0;
	for (int k = 0; k < 12; k++) {
		struct how h = usual;
		struct made m;
		struct ecg_measure r;
		h.noise_uv = 100 << (k % 6);
		h.leads = k < 6 ? LEADS : 1;
		make(&m, &h);
		measure(&m, &r);
		if (r.qrs_ms.conf && fabs((double)r.qrs_ms.v - QRS_MS) > 40)
			fail_msg("noise of %g, %d leads: QRS %g (%d)", h.noise_uv, h.leads, (double)r.qrs_ms.v, r.qrs_ms.conf);
		if (r.qt_ms.conf && fabs((double)r.qt_ms.v - QT_MS) > 60)
			fail_msg("noise of %g, %d leads: QT %g (%d)", h.noise_uv, h.leads, (double)r.qt_ms.v, r.qt_ms.conf);
		if (h.noise_uv >= 3000)
			assert_true(!r.qrs_ms.conf && !r.qt_ms.conf && !r.pr_ms.conf);
		said += r.qrs_ms.conf > 0;
		arena_free(m.a);
	}
	assert_true(said >= 4);
}

static void test_gain(void **state)
{
	struct how h = usual;
	h.gain = 0.5;
	check(&h, 2);
	h.gain = 3;
	check(&h, 2);
}

static void test_noise_mains_drift(void **state)
{
	struct how h = usual;
	h.noise_uv = 30;
	check(&h, 8);
	h.noise_uv = 2;
	h.mains_uv = 60;
	check(&h, 10);
	h.mains_uv = 0;
	h.drift_uv = 800;
	check(&h, 6);
}

static void test_one_lead(void **state)
{
	struct how h = usual;
	h.leads = 1;
	check(&h, 12);
}

/* The marks of each beat lie where the beat was put. */
static void test_each_beat(void **state)
{
	struct made m;
	struct ecg_measure r;
	make(&m, &usual);
	measure(&m, &r);
	assert_int_equal(r.beats.count, m.b.count);
	size_t seen = 0;
	for (size_t i = 0; i < r.beats.count; i++) {
		const struct ecg_fiducials *f = &r.lead[1].beat[i];
		const double at = 500 + 800 * (double)i;
		if (isnan(f->t_off) || isnan(f->p_on))
			continue; /* at an end of the record */
		seen++;
		assert_true(fabs((double)f->qrs_on - (at - 40)) < 14);
		assert_true(fabs((double)f->qrs_off - (at + 50)) < 14);
		assert_true(fabs((double)f->p_on - (at - 180)) < 16);
		assert_true(fabs((double)f->t_off - (at + 340)) < 24);
		assert_true(f->p_on < f->p_peak && f->p_peak < f->p_off && f->p_off <= f->qrs_on && f->qrs_on < f->r_peak && f->r_peak < f->qrs_off && f->qrs_off < f->t_peak && f->t_peak < f->t_off);
	}
	assert_true(seen + 2 >= r.beats.count);
	arena_free(m.a);
}

/* Without a P, none is invented; fibrillation moves from beat to beat and is none either. */
static void test_no_p(void **state)
{
	struct made m;
	struct ecg_measure r;
	struct how h = usual;
	h.p = 0;
	h.noise_uv = 15;
	make(&m, &h);
	for (int c = 0; c < h.leads; c++)
		for (size_t i = 0; i < m.g.samples; i++)
			m.s[c][i] = (int16_t)(m.s[c][i] + (int)(60 * factor[c] * sin((double)i * 2 * 3.14159265358979 * 0.01173)));
	measure(&m, &r);
	assert_int_equal(r.pr_ms.conf, 0);
	assert_int_equal(r.p_ms.conf, 0);
	for (size_t i = 0; i < r.beats.count; i++)
		assert_true(isnan(r.lead[1].beat[i].p_on));
	near("qrs", r.qrs_ms, QRS_MS, 16);
	arena_free(m.a);
}

/* A pacemaker's spike 20 ms before the QRS is not its onset. */
static void test_spike(void **state)
{
	struct made m;
	struct ecg_measure r;
	make(&m, &usual);
	for (size_t k = 0; k < m.b.count; k++)
		for (int c = 0; c < LEADS; c++)
			m.s[c][m.b.beat[k].at - 32] = (int16_t)(m.s[c][m.b.beat[k].at - 32] + 900);
	measure(&m, &r);
	near("qrs", r.qrs_ms, QRS_MS, 16);
	arena_free(m.a);
}

static void test_axis_and_qtc(void **state)
{
	struct made m;
	struct ecg_measure r;
	make(&m, &usual);
	measure(&m, &r);
	/* I 0.7, II 1.0: aVF component (2 * 1.0 - 0.7) / sqrt 3 = 0.7506: 47 degrees, of every wave */
	near("qrs axis", r.qrs_axis_deg, 47, 2);
	near("t axis", r.t_axis_deg, 47, 2);
	near("p axis", r.p_axis_deg, 47, 4);
	const double qt = (double)r.qt_ms.v;
	near("bazett", r.qtc_bazett_ms, qt / sqrt(0.8), 0.5);
	near("fridericia", r.qtc_fridericia_ms, qt / cbrt(0.8), 0.5);
	near("framingham", r.qtc_framingham_ms, qt + 154 * 0.2, 0.5);
	near("hodges", r.qtc_hodges_ms, qt + 1.75 * 15, 0.5);
	arena_free(m.a);
}

static void test_nothing_to_measure(void **state)
{
	struct made m;
	struct ecg_measure r;
	struct how h = usual;
	make(&m, &h);
	m.b.count = 0;
	measure(&m, &r);
	assert_int_equal(r.qrs_ms.conf + r.rate_bpm.conf + r.qt_ms.conf + r.lead[0].r_uv.conf, 0);
	arena_free(m.a);
	h.seconds = 0.7;
	make(&m, &h);
	measure(&m, &r);
	assert_int_equal(r.pr_ms.conf + r.qt_ms.conf, 0);
	arena_free(m.a);
	make(&m, &usual);
	for (int c = 0; c < LEADS; c++)
		memset(m.s[c], 0, m.g.samples * sizeof *m.s[c]);
	measure(&m, &r);
	assert_int_equal(r.qrs_ms.conf + r.lead[3].t_uv.conf, 0);
	arena_free(m.a);
}

/* The same record twice, and one that is longer than the window, whose samples beyond do not count. */
static void test_same_bytes(void **state)
{
	struct made m;
	struct ecg_measure r, s;
	make(&m, &usual);
	measure(&m, &r);
	measure(&m, &s);
	assert_memory_equal(&r.pr_ms, &s.pr_ms, sizeof r.pr_ms);
	assert_memory_equal(&r.global, &s.global, sizeof r.global);
	for (int c = 0; c < LEADS; c++) {
		assert_memory_equal(r.lead[c].median, s.lead[c].median, sizeof r.lead[c].median);
		assert_memory_equal(r.lead[c].beat, s.lead[c].beat, r.beats.count * sizeof *r.lead[c].beat);
	}
	arena_free(m.a);
}

/* ---- parts ---- */

static void test_math(void **state)
{
	for (double x = 0.001; x < 5000; x *= 1.37)
		assert_true(fabs(me_cbrt(x) - cbrt(x)) < 1e-12 * cbrt(x));
	assert_true(me_cbrt(0) == 0 && me_cbrt(-1) == 0);
	for (int d = -179; d <= 180; d++) {
		const double a = d * 3.14159265358979323846 / 180;
		assert_true(fabs(me_atan2_deg(sin(a) * 3, cos(a) * 3) - d) < 1e-6);
	}
	assert_true(me_atan2_deg(0, 0) == 0);
}

static void test_filters(void **state)
{
	float x[400], y[400], tmp[400];
	for (int i = 0; i < 400; i++)
		x[i] = (float)(100 * sin(2 * 3.14159265358979 * 50 * i / 500.0));
	me_low_pass(x, 400, true, tmp, y);
	for (int i = 20; i < 380; i++)
		assert_true(fabsf(y[i]) < 3); /* mains gone */
	for (int i = 0; i < 400; i++)
		x[i] = (float)(3 * i);
	me_low_pass(x, 400, false, tmp, y);
	me_slope(y, 400, tmp);
	for (int i = 20; i < 380; i++) { /* a line stays where it is */
		assert_true(fabsf(y[i] - x[i]) < 0.01f);
		assert_true(fabsf(tmp[i] - 3) < 0.01f);
	}
}

static void test_area_end(void **state)
{
	float y[500] = {0};
	for (int i = 0; i < 500; i++)
		y[i] = (float)(200 * bump(i * 2, 300, 500));
	const int end = me_area_end(y, 205, 330, 60, 4), begin = me_area_end(y, 195, 80, 60, 4);
	assert_true(abs(end - 250) <= 10);
	assert_true(abs(begin - 150) <= 10);
	for (int i = 0; i < 500; i++)
		y[i] = -y[i];
	assert_int_equal(me_area_end(y, 205, 330, 60, 4), end);
}

/* ---- the corpus: marks against cardiologists'; limits a little above what was measured. bench/ecg-boundaries prints all of it ---- */

struct score {
	double n, sum, square;
};

static void one_more(struct score *s, double ours, double theirs)
{
	if (isnan(ours))
		return;
	s->n++;
	s->sum += ours - theirs;
	s->square += (ours - theirs) * (ours - theirs);
}

static double sd(const struct score *s)
{
	return sqrt(s->square / s->n - s->sum / s->n * (s->sum / s->n));
}

/* MIT annotations: (time, code) pairs; 39 and 40 stand around 1 (QRS), 24 (P), 27 (T). */
static void against(const char *path, const struct ecg_measure *m, unsigned lead, struct score score[3])
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	uint8_t code[3] = {0};
	double at[3] = {0}, time = 0;
	buf_init(&b, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &b, &e), 0);
	for (size_t i = 0; i + 1 < b.n; i += 2) {
		const unsigned w = b.p[i] | (unsigned)b.p[i + 1] << 8, c = w >> 10, v = w & 1023;
		if (!w)
			break;
		if (c == 59) {
			time += 2.0 * (double)((uint32_t)(b.p[i + 2] | b.p[i + 3] << 8) << 16 | (uint32_t)(b.p[i + 4] | b.p[i + 5] << 8));
			i += 4;
			continue;
		}
		if (c >= 60) {
			i += c == 63 ? v + (v & 1) : 0;
			continue;
		}
		time += 2.0 * v;
		for (int k = 0; k < 2; k++) {
			code[k] = code[k + 1];
			at[k] = at[k + 1];
		}
		code[2] = (uint8_t)c;
		at[2] = time;
		if (code[0] != 39 || code[2] != 40 || (code[1] != 1 && code[1] != 27))
			continue;
		for (size_t k = 0; k < m->beats.count; k++) {
			const struct ecg_fiducials *f = &m->lead[lead].beat[k];
			const double peak = (double)(code[1] == 1 ? f->r_peak : f->t_peak);
			if (isnan(peak) || fabs(peak - at[1]) > 150)
				continue;
			if (code[1] == 1) {
				one_more(&score[0], (double)f->qrs_on, at[0]);
				one_more(&score[1], (double)f->qrs_off, at[2]);
			} else {
				one_more(&score[2], (double)f->t_off, at[2]);
			}
			break;
		}
	}
}

static void test_ludb(void **state)
{
	static const char *const ext[] = {"i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"};
	struct score score[3] = {0};
	if (!ecg_corpus_here("ludb/1.hea"))
		skip();
	for (int n = 1; n <= 60; n++) {
		struct ecg_test t;
		struct ecg_beats b;
		struct ecg_measure m;
		char path[4200];
		snprintf(path, sizeof path, "ludb/%d.hea", n);
		assert_int_equal(ecg_test_corpus(&t, path), 0);
		assert_int_equal(ecg_detect(t.g, NULL, 0, t.a, &b, &t.e), 0);
		assert_int_equal(ecg_measure(t.g, &b, 0, t.a, &m, &t.e), 0);
		for (unsigned c = 0; c < 12; c++) {
			snprintf(path, sizeof path, "%s/ecg/ludb/%d.%s", ecg_corpus(), n, ext[c]);
			against(path, &m, c, score);
		}
		ecg_test_done(&t);
	}
	print_message("QRS on %.0f: mean %.1f sd %.1f ms; QRS end %.0f: mean %.1f sd %.1f; T end %.0f: mean %.1f sd %.1f\n", score[0].n, score[0].sum / score[0].n, sd(&score[0]), score[1].n, score[1].sum / score[1].n, sd(&score[1]),
		score[2].n, score[2].sum / score[2].n, sd(&score[2]));
	assert_true(score[0].n > 6000 && score[1].n > 6000 && score[2].n > 5300);
	assert_true(sd(&score[0]) < 12 && fabs(score[0].sum / score[0].n) < 2);
	assert_true(sd(&score[1]) < 12 && fabs(score[1].sum / score[1].n) < 2);
	assert_true(sd(&score[2]) < 25 && fabs(score[2].sum / score[2].n) < 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual), cmocka_unit_test(test_rates_of_sampling), cmocka_unit_test(test_heart_rates), cmocka_unit_test(test_p_on_t), cmocka_unit_test(test_bigeminy), cmocka_unit_test(test_rate_with_holes), cmocka_unit_test(test_noise_says_nothing), cmocka_unit_test(test_gain), cmocka_unit_test(test_noise_mains_drift),
		cmocka_unit_test(test_one_lead), cmocka_unit_test(test_each_beat), cmocka_unit_test(test_no_p), cmocka_unit_test(test_spike), cmocka_unit_test(test_axis_and_qtc),
		cmocka_unit_test(test_nothing_to_measure), cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_math), cmocka_unit_test(test_filters), cmocka_unit_test(test_area_end), cmocka_unit_test(test_ludb),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
