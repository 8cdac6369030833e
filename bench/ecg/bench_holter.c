/* A day of three leads at 250 Hz, analysed whole: bench_holter RECORD...   The records are resampled to 250 Hz and put end to end; the third lead is the mean of the first
 * two. The samples are in memory, decoded. CPU time (user and system) of ecg_analyse whole (beats, classes, rhythm, variability, hours, the minute that is measured, statements), and of its
 * larger steps by themselves. PORTABLE=1 in the environment: as on a processor without AVX2. */
#include "ecg.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void twice_allow(bool allow); /* src/ecg/twice.h */

#define SAMPLES (24u * 3600 * 250)

static char folder[4096];

static int other(void *arg, struct slice name, struct slice *ret, struct err *e)
{
	char path[4400];
	struct buf *b = calloc(1, sizeof *b); /* for as long as the program runs */
	(void)arg;
	snprintf(path, sizeof path, "%s/%.*s", folder, SLICE_FMT(name));
	buf_init(b, (size_t)1 << 30);
	if (file_read(AT_FDCWD, path, (size_t)1 << 30, b, e) < 0)
		return e->code;
	*ret = buf_slice(b);
	return 0;
}

static double cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Appends a record's channel c at 250 Hz to lead l from `at` on; the sample behind the last. */
static size_t append(const struct ecg *g, unsigned c, int16_t *lead, size_t at)
{
	size_t n = (size_t)g->channel[c].samples, m = (size_t)((double)n / g->channel[c].rate * 250) - 2;
	int16_t *raw = malloc(n * sizeof *raw);
	ecg_read16(g, c, 0, n, raw);
	for (size_t i = 0; i < m && at < SAMPLES; i++, at++) {
		double t = (double)i * g->channel[c].rate / 250;
		size_t k = (size_t)t;
		lead[at] = (int16_t)(raw[k] + (t - (double)k) * (raw[k + 1] - raw[k]));
	}
	free(raw);
	return at;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	struct arena *keep = arena_new((size_t)1 << 30), *a = arena_new((size_t)2 << 30);
	static struct ecg day;
	int16_t *lead[3];
	size_t at = 0;
	for (int i = 0; i < 3; i++)
		lead[i] = calloc(SAMPLES, sizeof *lead[i]);
	for (int i = 1; at < SAMPLES && argc > 1; i = i + 1 < argc ? i + 1 : 1) {
		const char *slash = strrchr(argv[i], '/');
		struct slice file;
		struct ecg *g;
		const struct ecg_files others = {other, NULL};
		snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - argv[i]) : 1, slash ? argv[i] : ".");
		if (other(NULL, slice_str(slash ? slash + 1 : argv[i]), &file, &e) < 0 || ecg_open(file, slice_str(argv[i]), &others, keep, &g, &e) < 0 || g->channels < 2) {
			fprintf(stderr, "%s: %s\n", argv[i], e.text);
			return 1;
		}
		append(g, 1, lead[1], at);
		at = append(g, 0, lead[0], at);
	}
	for (size_t i = 0; i < SAMPLES; i++)
		lead[2][i] = (int16_t)((lead[0][i] + lead[1][i]) / 2);
	day = (struct ecg){.a = keep, .rate = 250, .samples = SAMPLES, .channels = 3};
	for (int i = 0; i < 3; i++) {
		static const enum ecg_lead which[] = {ECG_LEAD_II, ECG_LEAD_V1, ECG_LEAD_V5};
		struct ecg_channel *c = &day.channel[i];
		*c = (struct ecg_channel){.lead = which[i], .ecg = true, .rate = 250, .samples = SAMPLES, .scale = 5, .bits = 16, .s16 = lead[i]};
		snprintf(c->name, sizeof c->name, "%s", ecg_lead_name(which[i]));
		snprintf(c->unit, sizeof c->unit, "uV");
	}
	struct ecg_beats b;
	struct ecg_rhythm_result r;
	struct ecg_analysis whole;
	struct arena *all = arena_new((size_t)2 << 30);
	twice_allow(!getenv("PORTABLE"));
	double start = cpu();
	if (ecg_analyse(&day, all, &whole, &e) < 0)
		return 1;
	double took = cpu() - start;
	arena_free(all);
	double t0 = cpu();
	if (ecg_detect(&day, NULL, 0, a, &b, &e) < 0)
		return 1;
	double t1 = cpu();
	if (ecg_classify(&day, NULL, 0, a, &b, &e) < 0)
		return 1;
	double t2 = cpu();
	if (ecg_rhythm(&day, &b, a, &r, &e) < 0)
		return 1;
	double t3 = cpu();
	printf("%.2f s of CPU time (once more by itself: beats %.2f, classes %.2f, rhythm, quality, variability and hours %.2f; %zu beats)\n", took, t1 - t0, t2 - t1, t3 - t2, b.count);
	return 0;
}
