/* Beats of real recordings, against the marks that cardiologists set: the MIT-BIH records of the corpus, in two halves (the weights were chosen by what each half says of the other: DESIGN.md), as they are
 * and spoiled. The bars lie a little below what was measured. */
#include "detect_test.h"

static const char *const halves[2][11] = {
	{"101", "108", "112", "115", "118", "122", "201", "205", "208", "215", "223"},
	{"106", "109", "114", "116", "119", "124", "203", "207", "209", "220", "230"},
};

struct annotated {
	struct ecg_test t;
	double beat[8192];
	size_t beats;
	double flutter[64][2]; /* ventricular: neither beats nor detections count (EC57) */
	size_t flutters;
	int16_t *lead[2];
	uint64_t n;
};

static bool is_beat(unsigned code)
{
	return (code >= 1 && code <= 13) || code == 25 || code == 30 || code == 34 || code == 35 || code == 38 || code == 41;
}

/* MIT annotations: 6 bits of code, 10 of time since the one before; 32 to 33 is flutter. */
static void read_marks(struct annotated *r, struct slice s)
{
	uint64_t at = 0;
	bool flutter = false;
	for (size_t i = 0; i + 1 < s.n;) {
		unsigned w = s.p[i] | (unsigned)s.p[i + 1] << 8, code = w >> 10, step = w & 1023;
		i += 2;
		if (!w)
			break;
		if (code == 59 && i + 4 <= s.n) {
			at += (uint64_t)s.p[i + 1] << 24 | (uint64_t)s.p[i] << 16 | (uint64_t)s.p[i + 3] << 8 | s.p[i + 2];
			i += 4;
		} else if (code == 63) {
			i += step + (step & 1);
		} else if (code < 59) {
			at += step;
			if (code == 32 && !flutter && r->flutters < ARRAY_LEN(r->flutter))
				r->flutter[r->flutters][0] = (double)at / 360;
			else if (code == 33 && flutter)
				r->flutter[r->flutters++][1] = (double)at / 360;
			flutter = code == 32 || (flutter && code != 33);
			if (!flutter && is_beat(code) && r->beats < ARRAY_LEN(r->beat))
				r->beat[r->beats++] = (double)at / 360;
		}
	}
}

static void load(struct annotated *r, const char *name)
{
	char path[64], file[32];
	struct slice marks;
	r->beats = r->flutters = 0;
	snprintf(path, sizeof path, "mitdb/%s.hea", name);
	snprintf(file, sizeof file, "%s.atr", name);
	assert_int_equal(ecg_test_corpus(&r->t, path), 0);
	assert_int_equal(ecg_test_get(&r->t, slice_str(file), &marks, &r->t.e), 0);
	read_marks(r, marks);
	r->n = r->t.g->samples;
	for (unsigned k = 0; k < 2; k++) {
		r->lead[k] = malloc(r->n * sizeof *r->lead[k]);
		ecg_read16(r->t.g, k, 0, r->n, r->lead[k]);
	}
}

static void unload(struct annotated *r)
{
	free(r->lead[0]);
	free(r->lead[1]);
	ecg_test_done(&r->t);
}

static void leave_out_flutter(const struct annotated *r, struct ecg_beats *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++) {
		double t = (double)b->beat[i].at / b->rate;
		bool in = false;
		for (size_t k = 0; k < r->flutters; k++)
			in = in || (t >= r->flutter[k][0] && t <= r->flutter[k][1]);
		if (!in)
			b->beat[n++] = b->beat[i];
	}
	b->count = n;
}

/* ---- as they are ---- */

static void one_half(const char *const *names, bool both, struct detect_score *s)
{
	for (int i = 0; i < 11; i++) {
		static struct annotated r;
		struct ecg_beats b;
		unsigned lead = 0;
		load(&r, names[i]);
		assert_int_equal(ecg_detect(r.t.g, both ? NULL : &lead, 1, r.t.a, &b, &r.t.e), 0);
		leave_out_flutter(&r, &b);
		detect_compare(&b, r.beat, r.beats, 300, s);
		unload(&r);
	}
}

static void say(const char *what, const struct detect_score *s)
{
	double n = s->beats - s->missed, mean = s->sum / n;
	print_message("%-14s %5u beats, missed %3u, extra %3u, F1 %.3f, placed %+.2f ms, sd %.2f\n", what, s->beats, s->missed, s->extra, detect_f1(s), mean, sqrt(s->square / n - mean * mean));
}

static void first_lead(void **state)
{
	for (int h = 0; h < 2; h++) {
		struct detect_score s = {0};
		one_half(halves[h], false, &s);
		say(h ? "lead 0, half B" : "lead 0, half A", &s);
		double n = s.beats - s.missed, mean = s.sum / n;
		assert_true(detect_f1(&s) >= 99.80);
		assert_true(fabs(mean) < 4 && sqrt(s.square / n - mean * mean) < 8);
	}
}

static void both_leads(void **state)
{
	struct detect_score s = {0};
	one_half(halves[0], true, &s);
	one_half(halves[1], true, &s);
	say("both leads", &s);
	assert_true(detect_f1(&s) >= 99.90);
}

/* ---- spoiled ---- */

static void spoil(const int16_t *x, uint64_t n, const char *how, double rate, int16_t *y, uint64_t m)
{
	uint32_t seed = 9;
	double gain = !strcmp(how, "small") ? 0.2 : !strcmp(how, "great") ? 5 : !strcmp(how, "upside down") ? -1 : 1;
	for (uint64_t i = 0; i < m; i++) {
		double t = (double)i / rate, at = t * 360, v = 0, weight = 0, reach = rate < 360 ? 360 / rate : 1;
		for (int64_t k = (int64_t)ceil(at - reach); k <= (int64_t)(at + reach); k++)
			if (k >= 0 && k < (int64_t)n) {
				double w = 1 - fabs((double)k - at) / reach + 1e-9;
				v += w * x[k];
				weight += w;
			}
		v = weight > 0 ? v / weight * gain : 0;
		v += !strcmp(how, "mains 50") ? 30 * sin(2 * M_PI * 50 * t) : !strcmp(how, "mains 60") ? 30 * sin(2 * M_PI * 60 * t) : 0;
		v += !strcmp(how, "muscle") ? 10 * detect_noise(&seed) : !strcmp(how, "wander") ? 200 * sin(2 * M_PI * 0.25 * t) : 0;
		v = floor(v + 0.5);
		y[i] = (int16_t)(v > 32767 ? 32767 : v < -32767 ? -32767 : v);
	}
}

static void backwards(struct annotated *r)
{
	for (uint64_t i = 0; i < r->n / 2; i++) {
		int16_t v = r->lead[0][i];
		r->lead[0][i] = r->lead[0][r->n - 1 - i];
		r->lead[0][r->n - 1 - i] = v;
	}
	for (size_t i = 0; i < r->beats / 2; i++) {
		double v = r->beat[i];
		r->beat[i] = r->beat[r->beats - 1 - i];
		r->beat[r->beats - 1 - i] = v;
	}
	for (size_t i = 0; i < r->beats; i++)
		r->beat[i] = (double)(r->n - 1) / 360 - r->beat[i];
	for (size_t k = 0; k < r->flutters; k++) {
		double on = r->flutter[k][0];
		r->flutter[k][0] = (double)(r->n - 1) / 360 - r->flutter[k][1];
		r->flutter[k][1] = (double)(r->n - 1) / 360 - on;
	}
}

/* Every second record of both halves, spoiled in each way. */
static void spoiled(void **state)
{
	static const struct {
		const char *how;
		double rate, f1;
	} ways[] = {
		{"small", 360, 99.7}, {"great", 360, 99.7}, {"upside down", 360, 99.7}, {"mains 50", 360, 99.7}, {"mains 60", 360, 99.7}, {"muscle", 360, 99.7}, {"wander", 360, 99.7},
		{"backwards", 360, 99.7}, {"as 128 Hz", 128, 99.7}, {"as 250 Hz", 250, 99.7}, {"as 500 Hz", 500, 99.7}, {"as 1000 Hz", 1000, 99.7},
	};
	struct detect_score sum[ARRAY_LEN(ways)] = {{0}};
	for (int i = 0; i < 22; i += 3) {
		static struct annotated r;
		load(&r, halves[i & 1][i / 2]);
		for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
			AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
			uint64_t n = (uint64_t)((double)r.n * ways[k].rate / 360);
			int16_t *y = malloc(n * sizeof *y);
			bool back = !strcmp(ways[k].how, "backwards");
			unsigned lead = 0;
			struct ecg_beats b;
			struct err e = {0};
			if (back)
				backwards(&r);
			spoil(r.lead[0], r.n, ways[k].how, ways[k].rate, y, n);
			struct ecg *g = detect_record(a, &y, &ways[k].rate, 1, &n);
			assert_int_equal(ecg_detect(g, &lead, 1, a, &b, &e), 0);
			leave_out_flutter(&r, &b);
			detect_compare(&b, r.beat, r.beats, 0, &sum[k]);
			if (back)
				backwards(&r);
			free(y);
		}
		unload(&r);
	}
	for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
		say(ways[k].how, &sum[k]);
		if (detect_f1(&sum[k]) < ways[k].f1)
			fail_msg("%s: F1 %.3f", ways[k].how, detect_f1(&sum[k]));
	}
}

int main(void)
{
	if (!ecg_corpus_here("mitdb/101.hea")) {
		puts("skipped: no corpus");
		return 77;
	}
	const struct CMUnitTest tests[] = {cmocka_unit_test(first_lead), cmocka_unit_test(both_leads), cmocka_unit_test(spoiled)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
