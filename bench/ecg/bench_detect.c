/* Speed of ecg_detect, decoding included: bench_detect SECONDS LEADS HEADER...   LEADS 1: the first lead alone; 0: all fused. The files are in memory; the record is opened once. One line: samples a second. PORTABLE=1 in the environment: as on a
 * processor without AVX2. */
#include "ecg.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void twice_allow(bool allow); /* src/ecg/twice.h */

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
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* the machine may be busy with something else */
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	double limit = strtod(argv[1], NULL), spent = 0;
	bool one = argv[2][0] == '1';
	twice_allow(!getenv("PORTABLE"));
	uint64_t samples = 0, beats = 0;
	struct ecg *record[64];
	int records = 0;
	struct err e = {0};
	struct arena *keep = arena_new((size_t)1 << 30);
	for (int i = 3; i < argc && records < 64; i++) {
		const char *slash = strrchr(argv[i], '/');
		struct slice file;
		const struct ecg_files others = {other, NULL};
		snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - argv[i]) : 1, slash ? argv[i] : ".");
		if (other(NULL, slice_str(slash ? slash + 1 : argv[i]), &file, &e) < 0 || ecg_open(file, slice_str(argv[i]), &others, keep, &record[records++], &e) < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], e.text);
			return 1;
		}
	}
	while (spent < limit) {
		struct arena *a = arena_new((size_t)1 << 30);
		double t = cpu();
		for (int i = 0; i < records; i++) {
			unsigned first = 0;
			struct ecg_beats b;
			if (ecg_detect(record[i], one ? &first : NULL, 1, a, &b, &e) < 0)
				return 1;
			samples += record[i]->samples * (one ? 1 : record[i]->channels);
			beats += b.count;
		}
		spent += cpu() - t;
		arena_free(a);
	}
	printf("%.1f million samples/s of CPU time (%d records, %" PRIu64 " beats)\n", (double)samples / spent / 1e6, records, beats);
	return 0;
}
