/* Beats and classes of recordings that are spoiled as devices and wards spoil them: stress CORPUS/ecg [WAY...]
 *
 * Each record is read, spoiled, and analysed as one lead by itself; beats are compared with the cardiologists' marks (one to one, within 150 ms; MIT-BIH after five minutes, ventricular flutter on neither side).
 * One line a way: F1 of beats and, of ventricular ones, sensitivity and predictivity (fused and unknown ones count against neither), for both halves of MIT-BIH's first leads; F1 of its second leads (V1, V2, V4, V5), of
 * svdb 800 and of every lead of LUDB (1 to 60, between the first mark and the last); of LUDB's V1 alone. STRESS_ONLY=mitdb leaves out all but
 * the first leads of MIT-BIH. */
#include "ecg.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const halves[2][11] = {
	{"101", "108", "112", "115", "118", "122", "201", "205", "208", "215", "223"},
	{"106", "109", "114", "116", "119", "124", "203", "207", "209", "220", "230"},
};

static const struct way {
	const char *name;
	double rate;               /* 0: as it is */
	double gain;               /* 0: 1 */
	double drift_uv, drift_hz; /* amplitude */
	double muscle_uv;          /* standard deviation of white noise */
	double mains_uv, mains_hz;
	double step_uv;            /* moved electrodes: every three seconds or so, gone within a second */
	double rail_uv;            /* the converter's end, to both sides of the median */
	double t;                  /* T waves that tall, of the record's usual R */
} ways[] = {
	{.name = "as it is"},
	{.name = "drift 0.5 mV 0.3 Hz", .drift_uv = 500, .drift_hz = 0.3},
	{.name = "drift 1 mV 0.15 Hz", .drift_uv = 1000, .drift_hz = 0.15},
	{.name = "drift 1 mV 0.5 Hz", .drift_uv = 1000, .drift_hz = 0.5},
	{.name = "drift 1.5 mV 0.3 Hz", .drift_uv = 1500, .drift_hz = 0.3},
	{.name = "drift 2 mV 0.05 Hz", .drift_uv = 2000, .drift_hz = 0.05},
	{.name = "drift 2 mV 0.5 Hz", .drift_uv = 2000, .drift_hz = 0.5},
	{.name = "muscle 50 uV", .muscle_uv = 50},
	{.name = "muscle 100 uV", .muscle_uv = 100},
	{.name = "muscle 200 uV", .muscle_uv = 200},
	{.name = "mains 50 Hz 200 uV", .mains_uv = 200, .mains_hz = 50},
	{.name = "mains 60 Hz 200 uV", .mains_uv = 200, .mains_hz = 60},
	{.name = "gain x0.3", .gain = 0.3},
	{.name = "gain x3", .gain = 3},
	{.name = "upside down", .gain = -1},
	{.name = "steps of 1 mV", .step_uv = 1000},
	{.name = "rails at 0.6 mV", .rail_uv = 600},
	{.name = "rails at 1 mV", .rail_uv = 1000},
	{.name = "T as tall as R", .t = 1.0},
	{.name = "T half of R", .t = 0.5},
	{.name = "as 100 Hz", .rate = 100},
	{.name = "as 128 Hz", .rate = 128},
	{.name = "as 250 Hz", .rate = 250},
	{.name = "as 500 Hz", .rate = 500},
	{.name = "as 1000 Hz", .rate = 1000},
};

#define BEATS 20000

struct marks { /* seconds */
	double at[BEATS], flutter[64][2];
	char class[BEATS];
	size_t n, flutters;
};

struct sum {
	unsigned beats, found, extra, vv, v_missed, v_extra;
};

static char folder[4096];

static int other(void *arg, struct slice name, struct slice *ret, struct err *e)
{
	struct arena *a = arg;
	char path[4400];
	AUTO_BUF struct buf b = {0};
	snprintf(path, sizeof path, "%s/%.*s", folder, SLICE_FMT(name));
	buf_init(&b, (size_t)1 << 30);
	if (file_read(AT_FDCWD, path, (size_t)1 << 30, &b, e) < 0)
		return e->code;
	uint8_t *p = arena_alloc(a, b.n + 1);
	memcpy(p, b.p, b.n);
	*ret = (struct slice){p, b.n};
	return 0;
}

/* MIT annotations: 6 bits of code, 10 of time since the one before; codes 32 to 33 are flutter. */
static void read_marks(struct slice s, double rate, struct marks *m)
{
	static const char classes[] = "?NNNSVFSSSVSQNNN"; /* of codes 0 to 13 */
	uint64_t at = 0;
	bool flutter = false;
	m->n = m->flutters = 0;
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
			char c = code >= 1 && code <= 13 ? classes[code] : code == 25 ? 'N' : code == 34 || code == 35 ? 'S' : code == 41 ? 'V' : code == 30 || code == 38 ? 'Q' : 0;
			if (code == 32 && !flutter && m->flutters < ARRAY_LEN(m->flutter))
				m->flutter[m->flutters][0] = (double)at / rate;
			if (code == 33 && flutter)
				m->flutter[m->flutters++][1] = (double)at / rate;
			flutter = m->flutters < ARRAY_LEN(m->flutter) && (code == 32 || (flutter && code != 33));
			if (c && !flutter && m->n < BEATS) {
				m->at[m->n] = (double)at / rate;
				m->class[m->n++] = c;
			}
		}
	}
}

static double uniform(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) / 16777216.0;
}

static double normal(uint32_t *state)
{
	double s = -6;
	for (int i = 0; i < 12; i++)
		s += uniform(state);
	return s;
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* How far the record usually goes from its level within a quarter of a second of a beat: the median, microvolts; and that level. */
static double usual_r(const double *x, size_t n, double rate, const struct marks *m, double *level)
{
	double v[400], l[400];
	size_t k = 0, reach = (size_t)(rate / 16), step = m->n / 400 + 1;
	for (size_t i = 0; i < m->n && k < 400; i += step) {
		size_t at = (size_t)(m->at[i] * rate);
		if (at < 4 * reach || at + reach >= n)
			continue;
		double high = x[at], low = x[at];
		for (size_t j = at - reach; j < at + reach; j++) {
			high = x[j] > high ? x[j] : high;
			low = x[j] < low ? x[j] : low;
		}
		l[k] = x[at - 2 * reach];
		v[k++] = high - low;
	}
	qsort(v, k, sizeof *v, order);
	qsort(l, k, sizeof *l, order);
	*level = k ? l[k / 2] : 0;
	return k ? v[k / 2] : 0;
}

/* What was recorded, in microvolts, at another rate: a straight line between samples, or the mean of those that lie in one. */
static double *at_rate(const struct ecg *g, unsigned c, double rate, size_t *ret)
{
	const struct ecg_channel *h = &g->channel[c];
	size_t n = (size_t)h->samples, m = (size_t)((double)n * rate / h->rate);
	int16_t *raw = malloc((n + 2) * sizeof *raw);
	double *x = malloc((m + 1) * sizeof *x), reach = rate < h->rate ? h->rate / rate : 1;
	ecg_read16(g, c, 0, n, raw);
	for (size_t i = 0; i < m; i++) {
		double at = (double)i * h->rate / rate, sum = 0, weight = 0;
		for (int64_t k = (int64_t)ceil(at - reach); k <= (int64_t)(at + reach); k++)
			if (k >= 0 && k < (int64_t)n && raw[k] != ECG_GAP16) {
				double w = 1 - fabs((double)k - at) / reach + 1e-9;
				sum += w * raw[k];
				weight += w;
			}
		x[i] = weight > 0 ? sum / weight * h->scale * (1 << ecg_shift(g, c)) : 0;
	}
	free(raw);
	*ret = m;
	return x;
}

static void spoil(double *x, size_t n, double rate, const struct way *w, const struct marks *m)
{
	uint32_t seed = 9;
	double level, r = usual_r(x, n, rate, m, &level), next = 2, step = 0;
	for (size_t k = 0; w->t > 0 && k < m->n; k++) { /* 40 ms about its top, 0.3 s after the beat or at 0.4 of the interval */
		double rr = k + 1 < m->n ? m->at[k + 1] - m->at[k] : 1, at = m->at[k] + (rr < 0.75 ? 0.4 * rr : 0.3);
		for (size_t i = (size_t)((at - 0.16) * rate); i < n && i < (size_t)((at + 0.16) * rate); i++) {
			double d = ((double)i / rate - at) / 0.045;
			x[i] += w->t * r * exp(-d * d / 2);
		}
	}
	for (size_t i = 0; i < n; i++) {
		double t = (double)i / rate;
		x[i] *= w->gain != 0 ? w->gain : 1;
		x[i] += w->drift_uv * sin(2 * M_PI * w->drift_hz * t) + w->mains_uv * sin(2 * M_PI * w->mains_hz * t) + (w->muscle_uv > 0 ? w->muscle_uv * normal(&seed) : 0);
		if (w->step_uv > 0 && t > next) {
			next = t + 1 + 4 * uniform(&seed);
			step += w->step_uv * (uniform(&seed) < 0.5 ? -1 : 1);
		}
		x[i] += step;
		step *= 1 - 3 / rate;
		if (w->rail_uv > 0)
			x[i] = x[i] > level + w->rail_uv ? level + w->rail_uv : x[i] < level - w->rail_uv ? level - w->rail_uv : x[i];
	}
}

static bool counts(const struct marks *m, double t, double from, double to)
{
	for (size_t k = 0; k < m->flutters; k++)
		if (t >= m->flutter[k][0] && t <= m->flutter[k][1])
			return false;
	return t >= from && t <= to;
}

static void one_v(struct sum *s, char truth, char said)
{
	s->vv += truth == 'V' && said == 'V';
	s->v_missed += truth == 'V' && said != 'V';
	s->v_extra += truth != 'V' && truth != 'F' && truth != 'Q' && said == 'V';
}

/* Each mark in turn takes the nearest beat that is free. */
static void compare(const struct ecg_beats *b, const struct marks *m, double from_s, double to_s, struct sum *s)
{
	bool *used = calloc(b->count + 1, sizeof *used);
	size_t from = 0;
	for (size_t i = 0; i < m->n; i++) {
		size_t best = SIZE_MAX;
		double off = 0.1501;
		while (from < b->count && (double)b->beat[from].at / b->rate < m->at[i] - 0.16)
			from++;
		for (size_t k = from; k < b->count && (double)b->beat[k].at / b->rate <= m->at[i] + 0.16; k++) {
			double d = fabs((double)b->beat[k].at / b->rate - m->at[i]);
			if (!used[k] && d < off) {
				off = d;
				best = k;
			}
		}
		if (best < SIZE_MAX)
			used[best] = true;
		if (!counts(m, m->at[i], from_s, to_s))
			continue;
		s->beats++;
		s->found += best < SIZE_MAX;
		one_v(s, m->class[i], best < SIZE_MAX ? b->beat[best].class : 'O');
	}
	for (size_t k = 0; k < b->count; k++)
		if (!used[k] && counts(m, (double)b->beat[k].at / b->rate, from_s, to_s)) {
			s->extra++;
			one_v(s, 'O', b->beat[k].class);
		}
	free(used);
}

/* One lead of a record, spoiled, against its marks. */
static void run(const struct ecg *g, unsigned lead, const struct way *w, const struct marks *m, double from_s, double to_s, struct sum *s)
{
	struct arena *a = arena_new((size_t)1 << 30);
	double rate = w->rate > 0 ? w->rate : g->channel[lead].rate, scale = 5;
	size_t n;
	double *x = at_rate(g, lead, rate, &n);
	int16_t *y = malloc((n + 1) * sizeof *y);
	spoil(x, n, rate, w, m);
	for (size_t i = 0; i < n; i++) {
		double v = floor(x[i] / scale + 0.5);
		y[i] = (int16_t)(v > 32767 ? 32767 : v < -32767 ? -32767 : v);
	}
	struct ecg *t = arena_alloc(a, sizeof *t);
	t->a = a;
	t->channels = 1;
	t->rate = rate;
	t->samples = n;
	t->channel[0] = (struct ecg_channel){.ecg = true, .name = "x", .unit = "uV", .rate = rate, .samples = n, .scale = scale, .bits = 16, .s16 = y};
	struct ecg_beats b;
	struct err e = {0};
	if (ecg_detect(t, NULL, 0, a, &b, &e) < 0 || ecg_classify(t, NULL, 0, a, &b, &e) < 0) {
		fprintf(stderr, "stress: %s\n", e.text);
		exit(1);
	}
	compare(&b, m, from_s, to_s, s);
	free(x);
	free(y);
	arena_free(a);
}

struct record {
	struct ecg *g;
	struct arena *a;
	struct marks *m;
};

static void load(const char *top, const char *part, const char *name, const char *ext, struct record *r)
{
	struct err e = {0};
	struct slice file, marks;
	char path[300];
	r->a = arena_new((size_t)256 << 20);
	r->m = arena_alloc(r->a, sizeof *r->m);
	snprintf(folder, sizeof folder, "%s/%s", top, part);
	struct ecg_files others = {other, r->a};
	snprintf(path, sizeof path, "%s.hea", name);
	if (other(r->a, slice_str(path), &file, &e) < 0 || ecg_open(file, slice_str(path), &others, r->a, &r->g, &e) < 0) {
		fprintf(stderr, "stress: %s: %s\n", name, e.text);
		exit(1);
	}
	snprintf(path, sizeof path, "%s.%s", name, ext);
	if (other(r->a, slice_str(path), &marks, &e) < 0) {
		fprintf(stderr, "stress: %s: %s\n", path, e.text);
		exit(1);
	}
	read_marks(marks, r->g->rate, r->m);
}

static double f1(const struct sum *s)
{
	return s->found ? 200.0 * s->found / (s->beats + s->found + s->extra) : 0;
}

static double part(unsigned yes, unsigned no)
{
	return yes + no ? 100.0 * yes / (yes + no) : 0;
}

static void ludb(const char *top, const struct way *w, struct sum *all, struct sum *v1)
{
	static const char *const leads[] = {"i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"};
	for (int i = 1; i <= 60; i++)
		for (unsigned l = 0; l < 12; l++) {
			struct record r;
			struct sum s = {0};
			char name[16];
			snprintf(name, sizeof name, "%d", i);
			load(top, "ludb", name, leads[l], &r);
			if (r.m->n > 2) {
				run(r.g, l, w, r.m, r.m->at[0] - 0.15, r.m->at[r.m->n - 1] + 0.15, &s);
				all->beats += s.beats, all->found += s.found, all->extra += s.extra;
				if (l == 6)
					v1->beats += s.beats, v1->found += s.found, v1->extra += s.extra;
			}
			arena_free(r.a);
		}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	const char *only = getenv("STRESS_ONLY");
	printf("%-20s | %-20s | %-20s | %-6s %-6s %-6s %-6s\n", "", "A: F1     VEB Se +P", "B: F1     VEB Se +P", "lead 1", "svdb", "LUDB", "its V1");
	for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
		bool wanted = argc == 2;
		for (int i = 2; i < argc; i++)
			wanted = wanted || strstr(ways[k].name, argv[i]);
		if (!wanted)
			continue;
		struct sum s[6] = {{0}};
		for (int h = 0; h < 22; h++) {
			struct record r;
			load(argv[1], "mitdb", halves[h / 11][h % 11], "atr", &r);
			run(r.g, 0, &ways[k], r.m, 300, 1e9, &s[h / 11]);
			if (!only)
				run(r.g, 1, &ways[k], r.m, 300, 1e9, &s[2]);
			arena_free(r.a);
		}
		if (!only) {
			struct record r;
			load(argv[1], "formats/wfdb", "svdb_800", "atr", &r);
			run(r.g, 0, &ways[k], r.m, 0, 1e9, &s[3]);
			arena_free(r.a);
			ludb(argv[1], &ways[k], &s[4], &s[5]);
		}
		printf("%-20s |", ways[k].name);
		for (int h = 0; h < 2; h++)
			printf(" %6.2f  %5.1f %5.1f |", f1(&s[h]), part(s[h].vv, s[h].v_missed), part(s[h].vv, s[h].v_extra));
		for (int i = 2; i < 6; i++)
			printf(" %6.2f", f1(&s[i]));
		puts("");
		fflush(stdout);
	}
	return 0;
}
