/* SCP-ECG and DICOM written: read back as they were, by us and by programs that are not ours (dcmtk's dcmdump, biosig's save2gdf, where they are installed); refused where they do not fit. */
#include "ecg_test.h"
#include "ecg_internal.h"

#include <spawn.h>
#include <sys/wait.h>

struct written {
	struct buf b;
	char name[64];
	int files;
};

static int begin(void *arg, struct slice name, struct err *e)
{
	struct written *w = arg;
	snprintf(w->name, sizeof w->name, "%.*s", SLICE_FMT(name));
	w->files++;
	return 0;
}

static int bytes(void *arg, struct slice s, struct err *e)
{
	buf_add_slice(&((struct written *)arg)->b, s);
	return 0;
}

static int end(void *arg, struct err *e)
{
	return 0;
}

static int write_it(const struct ecg *g, const struct ecg_analysis *n, enum ecg_format to, struct written *w, struct err *e)
{
	const struct ecg_sink sink = {begin, bytes, end, w};
	memset(w, 0, sizeof *w);
	buf_init(&w->b, (size_t)1 << 30);
	int r = ecg_write(g, n, to, SLICE("out"), &sink, e);
	assert_true(r < 0 || (w->files == 1 && buf_ok(&w->b)));
	return r;
}

/* Written and read again; the record is in t->a. */
static struct ecg *again(struct ecg_test *t, const struct ecg_analysis *n, enum ecg_format to, struct written *w)
{
	struct ecg *back = NULL;
	struct err e = {0};
	if (write_it(t->g, n, to, w, &e) < 0)
		fail_msg("%s: %s", ecg_format_name(to), e.text);
	assert_string_equal(w->name, to == ECG_SCP ? "out.scp" : "out.dcm");
	if (ecg_open(buf_slice(&w->b), SLICE_NULL, NULL, t->a, &back, &e) < 0)
		fail_msg("%s read again: %s", ecg_format_name(to), e.text);
	assert_int_equal(back->format, to);
	assert_int_equal(back->warning_count, 0);
	return back;
}

static void same_samples(const struct ecg *a, const struct ecg *b)
{
	assert_int_equal(a->channels, b->channels);
	for (unsigned c = 0; c < a->channels; c++) {
		size_t n = (size_t)a->channel[c].samples;
		float *x = calloc(n + 1, sizeof *x), *y = calloc(n + 1, sizeof *y);
		assert_string_equal(a->channel[c].name, b->channel[c].name);
		assert_true(a->channel[c].rate == b->channel[c].rate);
		ecg_read_uv(a, c, 0, n, x);
		ecg_read_uv(b, c, 0, n, y);
		for (size_t i = 0; i < n; i++)
			if (!(isnan(x[i]) && isnan(y[i])) && x[i] != y[i])
				fail_msg("channel %u sample %zu: %g, not %g", c, i, (double)y[i], (double)x[i]);
		free(x);
		free(y);
	}
}

/* Each within the share-th part of a step. */
static void near(const struct ecg *a, const struct ecg *b, double share)
{
	assert_int_equal(a->channels, b->channels);
	for (unsigned c = 0; c < a->channels; c++) {
		size_t n = (size_t)a->channel[c].samples;
		float *x = calloc(n + 1, sizeof *x), *y = calloc(n + 1, sizeof *y);
		ecg_read_uv(a, c, 0, n, x);
		ecg_read_uv(b, c, 0, n, y);
		for (size_t i = 0; i < n; i++)
			if (!(fabs((double)x[i] - (double)y[i]) <= fabs(a->channel[c].scale) / share + 1e-6 * fabs((double)x[i])))
				fail_msg("channel %u sample %zu: %g, not %g", c, i, (double)y[i], (double)x[i]);
		free(x);
		free(y);
	}
}

/* A record of n samples and the given WFDB signal lines, all of them in one file in format 16. */
static void record(struct ecg_test *t, const char *header, const int16_t *v, size_t count)
{
	ecg_test_init(t, NULL);
	ecg_test_add(t, "r.hea", header, strlen(header));
	ecg_test_add(t, "r.dat", v, count * 2);
	assert_int_equal(ecg_test_open(t, "r.hea"), 0);
}

#define N 700
static int16_t wave[3 * N];

static int setup(void **state)
{
	uint32_t x = 1;
	for (size_t i = 0; i < 3 * N; i++) {
		x = x * 1664525 + 1013904223;
		wave[i] = (int16_t)((int)(i / 3 % 100) * 7 - 350 + (int)(x >> 28));
	}
	wave[30] = 32700; /* both escapes of the Huffman table */
	wave[31] = -32700;
	return 0;
}

#define HEADER "r 3 500 700\nr.dat 16 400(-5)/mV 16 0 0 0 0 II\nr.dat 16 200/mV 16 0 0 0 0 V1\nr.dat 16 200/mV 16 0 0 0 0 -aVR\n"

static void samples_come_back(void **state)
{
	for (int plain = 0; plain < 2; plain++) {
		static int16_t v[3 * N];
		struct ecg_test t;
		for (size_t i = 0; i < 3 * N; i++)
			v[i] = plain ? (int16_t)((i * 40503u) % 28000 - 14000) : wave[i] / 4; /* what no table makes smaller */
		record(&t, HEADER, v, 3 * N);
		for (enum ecg_format f = ECG_SCP; f <= ECG_DICOM; f++) {
			if (f != ECG_SCP && f != ECG_DICOM)
				continue;
			struct written w, twice;
			struct err e;
			same_samples(t.g, again(&t, NULL, f, &w));
			assert_int_equal(write_it(t.g, NULL, f, &twice, &e), 0);
			assert_true(slice_eq(buf_slice(&w.b), buf_slice(&twice.b)));
			if (f == ECG_SCP)
				assert_true(plain ? w.b.n > 6 * N : w.b.n < 6 * N);
			buf_done(&w.b);
			buf_done(&twice.b);
		}
		ecg_test_done(&t);
	}
}

static void is(struct slice s, const char *want)
{
	if (!slice_eq_str(s, want))
		fail_msg("\"%.*s\", not \"%s\"", SLICE_FMT(s), want);
}

static void what_is_said_comes_back(void **state)
{
	static const char *const families[] = {"M\xc3\xbcller", "\xce\x95\xce\xbb\xce\xad\xce\xbd\xce\xb7", "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2", "Nov\xc3\xa1k \xc5\x99", "\xe5\xb1\xb1\xe7\x94\xb0 \xf0\x9f\xab\x80"};
	for (size_t i = 0; i < 2 * ARRAY_LEN(families); i++) {
		enum ecg_format f = i % 2 ? ECG_SCP : ECG_DICOM;
		const char *family = families[i / 2];
		struct ecg_test t;
		struct written w;
		record(&t, HEADER, wave, 3 * N);
		t.g->channel[0].scale = 5;
		struct ecg *g = t.g;
		wave[30] = wave[31] = 0;
		g->person = (struct ecg_person){.id = SLICE("4711"), .family = slice_str(family), .given = SLICE("Eva"), .birth = SLICE("1953-05-08"), .sex = SLICE("female"), .height_cm = SLICE("175"), .weight_kg = SLICE("62.5"), .age = SLICE("73 a")};
		g->start = SLICE("2026-11-22T03:12:05+05:30");
		g->device = SLICE("AT-10");
		g->maker = SLICE("Schiller");
		g->serial = SLICE("SN 9");
		g->software = SLICE("4.5");
		g->site = SLICE("Clinic");
		g->physician = SLICE("Who");
		g->study = SLICE("77");
		g->indication = SLICE("chest pain");
		ecg_stated(g, "pr_ms", 150);
		ecg_stated(g, "qrs_ms", 92);
		ecg_stated(g, "qt_ms", 388);
		ecg_stated(g, "qtc_ms", 421);
		ecg_stated(g, "rate_bpm", 72);
		ecg_stated(g, "rr_ms", 833);
		ecg_stated(g, "qrs_axis_deg", -61);
		struct ecg_note *n = ecg_note(g, SLICE("sinus rhythm"));
		n->statement = true;
		struct ecg *b = again(&t, NULL, f, &w);
		same_samples(g, b);
		is(b->person.id, "4711");
		is(b->person.family, family);
		is(b->person.given, "Eva");
		is(b->person.birth, "1953-05-08");
		is(b->person.sex, "female");
		is(b->person.height_cm, "175");
		is(b->person.weight_kg, "62.5");
		is(b->person.age, "73 a");
		is(b->start, "2026-11-22T03:12:05+05:30");
		is(b->maker, "Schiller");
		is(b->serial, "SN 9");
		is(b->software, "4.5");
		is(b->site, "Clinic");
		is(b->physician, "Who");
		is(b->study, "77");
		is(b->indication, "chest pain");
		size_t stated = 0;
		for (const struct ecg_stated *s = g->stated; s; s = s->next)
			for (const struct ecg_stated *r = b->stated; r; r = r->next)
				stated += !strcmp(s->key, r->key) && s->value == r->value;
		assert_int_equal(stated, 7);
		is(b->notes->text, "sinus rhythm");
		assert_true(b->notes->statement);
		buf_done(&w.b);
		ecg_test_done(&t);
	}
}

static void an_analysis_stands_beside_what_the_device_said(void **state)
{
	struct ecg_test t;
	struct ecg_analysis *n = calloc(1, sizeof *n);
	struct ecg_statement s = {.code = "rhythm-af", .text = "atrial fibrillation", .why = "irregular"};
	record(&t, HEADER, wave, 3 * N);
	t.g->channel[0].scale = 5;
	n->measure.qrs_ms = (struct ecg_value){88.4f, 90};
	n->measure.pr_ms = (struct ecg_value){160, 0}; /* could not measure */
	n->measure.qt_ms = (struct ecg_value){400, 80};
	n->statement = &s;
	n->statements = 1;
	for (int said = 0; said < 2; said++) {
		if (said)
			ecg_stated(t.g, "qrs_ms", 200);
		for (enum ecg_format f = ECG_SCP; f <= ECG_DICOM; f++) {
			if (f != ECG_SCP && f != ECG_DICOM)
				continue;
			struct written w;
			struct ecg *b = again(&t, n, f, &w);
			assert_true(!strcmp(b->stated->key, "qrs_ms") && fabs(b->stated->value - (said ? 200 : 88.4)) < 0.5);
			assert_true(said ? !b->stated->next : !strcmp(b->stated->next->key, "qt_ms") && b->stated->next->value == 400 && !b->stated->next->next);
			is(b->notes->text, "Holdfast, unconfirmed: QRS 88 ms, QT 400 ms");
			is(b->notes->next->text, "Holdfast, unconfirmed: atrial fibrillation (irregular)");
			assert_true(b->notes->statement && b->notes->next->statement);
			buf_done(&w.b);
		}
	}
	free(n);
	ecg_test_done(&t);
}

/* 3.333 uV a step: no whole nanovolts. Small samples come back within a sixteenth of a step, those that need all 16 bits within a half. */
static void steps_that_are_no_nanovolts(void **state)
{
	int16_t v[600];
	for (int big = 0; big < 2; big++) {
		struct ecg_test t;
		struct written w;
		for (int i = 0; i < 600; i++)
			v[i] = (int16_t)((i * 37 % 501 - 250) * (big ? 130 : 1));
		record(&t, "r 1 500 600\nr.dat 16 300/mV 16 0 0 0 0 II\n", v, 600);
		struct ecg *b = again(&t, NULL, ECG_SCP, &w);
		near(t.g, b, big ? 2 : 16);
		assert_true(b->channel[0].scale < t.g->channel[0].scale);
		buf_done(&w.b);
		ecg_test_done(&t);
	}
}

static void gaps(void **state)
{
	struct ecg_test t;
	struct written w;
	struct err e = {0};
	int16_t v[3 * 300];
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i] = i % 3 == 1 && i < 300 ? INT16_MIN : (int16_t)i;
	record(&t, "r 3 500 300\nr.dat 16 200/mV 16 0 0 0 0 II\nr.dat 16 200/mV 16 0 0 0 0 V1\nr.dat 16 200/mV 16 0 0 0 0 V2\n", v, ARRAY_LEN(v));
	same_samples(t.g, again(&t, NULL, ECG_SCP, &w)); /* V1 begins later: a range of its own */
	buf_done(&w.b);
	same_samples(t.g, again(&t, NULL, ECG_DICOM, &w));
	buf_done(&w.b);
	ecg_test_done(&t);

	v[500] = INT16_MIN;
	record(&t, "r 3 500 300\nr.dat 16 200/mV 16 0 0 0 0 II\nr.dat 16 200/mV 16 0 0 0 0 V1\nr.dat 16 200/mV 16 0 0 0 0 V2\n", v, ARRAY_LEN(v));
	same_samples(t.g, again(&t, NULL, ECG_DICOM, &w));
	buf_done(&w.b);
	assert_int_equal(write_it(t.g, NULL, ECG_SCP, &w, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "gap"));
	buf_done(&w.b);
	ecg_test_done(&t);
}

static void what_does_not_fit_is_refused(void **state)
{
	static const struct {
		enum ecg_format to;
		const char *header, *why;
	} cases[] = {
		{ECG_SCP, "r 1 360 2100\nr.dat 16 200/mV 16 0 0 0 0 II\n", "360 samples a second"},
		{ECG_SCP, "r 1 500 1050\nr.dat 32 200/mV 32 0 0 0 0 II\n", "16 bits"},
		{ECG_SCP, "r 1 500 2100\nr.dat 16 200/mV 16 0 0 0 0 MLII\n", "no code"},
		{ECG_SCP, "r 1 500 2100\nr.dat 16 200/mmHg 16 0 0 0 0 ABP\n", "not an ECG"},
		{ECG_SCP, "r 2 500 1050\nr.dat 16 200/mV 16 0 0 0 0 II\nr.dat 16 1/mV 16 0 0 0 0 V1\n", "do not fit in the 16 bits"},
		{ECG_DICOM, "r 1 2000 2100\nr.dat 16 200/mV 16 0 0 0 0 II\n", "2000 samples a second"},
		{ECG_DICOM, "r 1 40 2100\nr.dat 16 200/mV 16 0 0 0 0 II\n", "40 samples a second"},
		{ECG_DICOM, "r 1 500 2100\nr.dat 16 200/mmHg 16 0 0 0 0 ABP\n", "not an ECG"},
		{ECG_DICOM, "r 1 500 1050\nr.dat 32 200/mV 32 0 0 0 0 II\n", "16 bits"},
		{ECG_SCP, "r 2 250 300\nr.dat 16x2 200/mV 16 0 0 0 0 II\nr.dat 16 200/mV 16 0 0 0 0 V1\n", "one rate"},
		{ECG_DICOM, "r 2 250 300\nr.dat 16x2 200/mV 16 0 0 0 0 II\nr.dat 16 200/mV 16 0 0 0 0 V1\n", "one rate"},
	};
	wave[30] = 32700;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_test t;
		struct written w;
		struct err e = {0};
		record(&t, cases[i].header, wave, 3 * N);
		if (write_it(t.g, NULL, cases[i].to, &w, &e) != ERR_INPUT || !strstr(e.text, cases[i].why))
			fail_msg("case %zu: \"%s\"", i, e.text);
		assert_int_equal(w.files, 0); /* nothing was begun */
		buf_done(&w.b);
		ecg_test_done(&t);
	}
}

static void long_records(void **state)
{
	enum { LONG = 80000 };
	static int16_t v[LONG];
	struct ecg_test t;
	struct written w;
	struct err e = {0};
	uint32_t x = 7;
	for (size_t i = 0; i < LONG; i++) {
		x = x * 1664525 + 1013904223;
		v[i] = (int16_t)((int)(x >> 24) - 128);
	}
	record(&t, "r 1 128 80000\nr.dat 16 200/mV 16 0 0 0 0 II\n", v, LONG);
	struct ecg *b = again(&t, NULL, ECG_DICOM, &w);
	is(b->version, "Ambulatory ECG");
	same_samples(t.g, b);
	buf_done(&w.b);
	ecg_test_done(&t);
	record(&t, "r 1 500 80000\nr.dat 16 200/mV 16 0 0 0 0 II\n", v, LONG);
	is(again(&t, NULL, ECG_DICOM, &w)->version, "General ECG");
	buf_done(&w.b);
	assert_int_equal(write_it(t.g, NULL, ECG_SCP, &w, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "65,535"));
	buf_done(&w.b);
	ecg_test_done(&t);
}

static void one_sample_more_is_another_object(void **state)
{
	struct ecg_test t;
	struct written a, b;
	char uid[2][80];
	int16_t v[600] = {0};
	for (int i = 0; i < 2; i++) {
		struct written *w = i ? &b : &a;
		struct err e;
		v[300] = (int16_t)i;
		record(&t, "r 1 500 600\nr.dat 16 200/mV 16 0 0 0 0 II\n", v, 600);
		assert_int_equal(write_it(t.g, NULL, ECG_DICOM, w, &e), 0);
		const uint8_t *p = memmem(w->b.p, w->b.n, "2.25.", 5);
		assert_non_null(p);
		snprintf(uid[i], sizeof uid[i], "%.44s", (const char *)p);
		buf_done(&w->b);
		ecg_test_done(&t);
	}
	assert_string_not_equal(uid[0], uid[1]);
}

/* ---- the corpus ---- */

static void real_records_come_back(void **state)
{
	static const char *const files[] = {"formats/scp/sbj123.scp", "formats/dicom/sbj123.dcm", "ludb/1.hea", "ludb/17.hea"};
	if (!ecg_corpus_here(files[0]))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct ecg_test t;
		struct written w;
			assert_int_equal(ecg_test_corpus(&t, files[i]), 0);
		same_samples(t.g, again(&t, NULL, ECG_DICOM, &w));
		buf_done(&w.b);
		near(t.g, again(&t, NULL, ECG_SCP, &w), 16); /* LUDB's steps are fractions of a nanovolt */
		buf_done(&w.b);
		ecg_test_done(&t);
	}
}

/* ---- programs that are not ours ---- */

static int shell(const char *line)
{
	extern char **environ;
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, strdup(line), NULL};
	pid_t pid;
	int status = -1;
	if (posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0)
		assert_int_equal(waitpid(pid, &status, 0), pid);
	free(argv[2]);
	return status;
}

static bool installed(const char *program)
{
	char line[128];
	snprintf(line, sizeof line, "command -v %s >/dev/null 2>&1", program);
	return shell(line) == 0;
}

static void put_file(const char *path, struct slice s)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	fclose(f);
}

static void dcmdump_reads_the_same_samples(void **state)
{
	char dir[] = "/tmp/ecg-dcm-XXXXXX", path[64], line[256];
	struct ecg_test t;
	struct written w;
	if (!installed("dcmdump"))
		skip();
	assert_non_null(mkdtemp(dir));
	record(&t, HEADER, wave, 3 * N);
	(void)again(&t, NULL, ECG_DICOM, &w);
	snprintf(path, sizeof path, "%s/x.dcm", dir);
	put_file(path, buf_slice(&w.b));
	snprintf(line, sizeof line, "timeout 20 dcmdump -E +L +P 5400,1010 %s > %s/out", path, dir);
	assert_int_equal(shell(line), 0);
	snprintf(line, sizeof line, "%s/out", dir);
	FILE *p = fopen(line, "r");
	assert_non_null(p);
	char *all = calloc(1, 1 << 16), *at;
	size_t n = fread(all, 1, (1 << 16) - 1, p);
	fclose(p);
	assert_true(n > 0 && !strncmp(all, "(5400,1010) OW ", 15));
	at = all + 15;
	for (size_t i = 0; i < 3 * N; i++) {
		unsigned long v = strtoul(at, &at, 16);
		if ((int16_t)v != wave[i])
			fail_msg("sample %zu: %lx, not %d", i, v, wave[i]);
		assert_true(*at == '\\' || i == 3 * N - 1);
		at++;
	}
	snprintf(line, sizeof line, "timeout 20 dcmdump -E -q %s >/dev/null 2>%s/err && test ! -s %s/err", path, dir, dir);
	assert_int_equal(shell(line), 0); /* and has nothing to say about the rest */
	free(all);
	snprintf(line, sizeof line, "rm -r %s", dir);
	assert_int_equal(shell(line), 0);
	buf_done(&w.b);
	ecg_test_done(&t);
}

static void biosig_reads_the_same_samples(void **state)
{
	char dir[] = "/tmp/ecg-scp-XXXXXX", path[64], line[200];
	if (!installed("save2gdf"))
		skip();
	assert_non_null(mkdtemp(dir));
	for (int plain = 0; plain < 2; plain++) {
		struct ecg_test t;
		struct written w;
		int16_t v[3 * N];
		for (size_t i = 0; i < 3 * N; i++)
			v[i] = plain ? (int16_t)((i * 40503u) % 28000 - 14000) : wave[i] / 4;
		record(&t, HEADER, v, 3 * N);
		(void)again(&t, NULL, ECG_SCP, &w);
		snprintf(path, sizeof path, "%s/x.scp", dir);
		put_file(path, buf_slice(&w.b));
		snprintf(line, sizeof line, "cd %s && timeout 20 save2gdf -f=ASCII x.scp y >/dev/null 2>&1", dir);
		assert_int_equal(shell(line), 0);
		for (unsigned c = 0; c < 3; c++) {
			float uv[N];
			double got;
			snprintf(path, sizeof path, "%s/y.a%02u", dir, c + 1);
			FILE *f = fopen(path, "r");
			assert_non_null(f);
			ecg_read_uv(t.g, c, 0, N, uv);
			for (size_t i = 0; i < N; i++) {
				assert_non_null(fgets(line, sizeof line, f));
				got = strtod(line, NULL);
				if (fabs(got - (double)uv[i]) > 0.01 + 1e-5 * fabs(got))
					fail_msg("%s lead %u sample %zu: %g, not %g", plain ? "plain" : "Huffman", c, i, got, (double)uv[i]);
			}
			fclose(f);
		}
		buf_done(&w.b);
		ecg_test_done(&t);
	}
	snprintf(line, sizeof line, "rm -r %s", dir);
	assert_int_equal(shell(line), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_come_back),
		cmocka_unit_test(what_is_said_comes_back),
		cmocka_unit_test(an_analysis_stands_beside_what_the_device_said),
		cmocka_unit_test(steps_that_are_no_nanovolts),
		cmocka_unit_test(gaps),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(long_records),
		cmocka_unit_test(one_sample_more_is_another_object),
		cmocka_unit_test(real_records_come_back),
		cmocka_unit_test(dcmdump_reads_the_same_samples),
		cmocka_unit_test(biosig_reads_the_same_samples),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
