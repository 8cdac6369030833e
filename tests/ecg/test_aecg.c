/* HL7 annotated ECGs: a small one of our own with all that is odd in the field, those of the corpus, and what we write. */
#include "ecg_test.h"

#include "aecg.h"

#include <sys/wait.h>

static int own(struct ecg_test *t, const char *name)
{
	ecg_test_init(t, HF_SOURCE_DIR "/tests/data/ecg");
	return ecg_test_open(t, name);
}

static int text(struct ecg_test *t, const char *s)
{
	ecg_test_init(t, NULL);
	ecg_test_add(t, "a.xml", s, strlen(s));
	return ecg_test_open(t, "a.xml");
}

static double stated(const struct ecg *g, const char *key)
{
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		if (!strcmp(s->key, key))
			return s->value;
	return NAN;
}

#define SET(inc, leads) \
	"<AnnotatedECG xmlns='urn:hl7-org:v3'><component><series><code code='RHYTHM'/><component><sequenceSet><component><sequence><code code='TIME_RELATIVE'/><value><head value='0' unit='s'/>" \
	"<increment " inc "/></value></sequence></component>" leads "</sequenceSet></component></series></component></AnnotatedECG>"
#define LEAD(code, rest, digits) "<component><sequence><code code='" code "'/><value>" rest "<digits>" digits "</digits></value></sequence></component>"
#define UV "<origin value='0' unit='uV'/><scale value='1' unit='uV'/>"

static void small(void **state)
{
	struct ecg_test t;
	int32_t v[50];
	assert_int_equal(own(&t, "aecg_small.xml"), 0);
	struct ecg *g = t.g;
	assert_int_equal(g->format, ECG_AECG);
	assert_int_equal(g->channels, 4);
	assert_int_equal(g->samples, 45);
	assert_true(g->rate == 100);
	/* I is in both sets, 0.25 s apart, with nothing in between */
	ecg_read(g, 0, 0, 45, v);
	assert_int_equal(v[12], 60);
	for (int i = 20; i < 25; i++)
		assert_int_equal(v[i], ECG_GAP);
	assert_int_not_equal(v[25], ECG_GAP);
	/* II's origin is two of its steps, V1's scale is in millivolts, V6 came later and its origin is a quarter of a step */
	assert_int_equal(g->channel[1].baseline, -2);
	assert_true(g->channel[1].scale == 2.5);
	assert_true(fabs(g->channel[2].scale - 2.5) < 1e-12);
	assert_int_equal(g->channel[3].lead, ECG_LEAD_V6);
	assert_true(g->channel[3].scale == 0.5);
	assert_int_equal(g->channel[3].baseline, -1);
	ecg_read(g, 3, 0, 45, v);
	assert_int_equal(v[24], ECG_GAP);
	float uv[45];
	ecg_read_uv(g, 3, 0, 45, uv);
	int32_t raw = v[25];
	assert_true(raw % 4 == 0 && uv[25] == (float)(raw / 4 * 2) + 0.5f);
	/* whose, by what, when */
	assert_true(slice_eq_str(g->person.id, "S-1") && slice_eq_str(g->person.assigner, "1.2.3"));
	assert_true(slice_eq_str(g->person.family, "O'Test") && slice_eq_str(g->person.given, "Ann & Bo"));
	assert_true(slice_eq_str(g->person.sex, "other") && slice_eq_str(g->person.birth, "1963-04") && slice_eq_str(g->person.age, "63 a"));
	assert_true(slice_eq_str(g->start, "2026-11-22T14:05:09.000"));
	assert_true(slice_eq_str(g->device, "Model A") && slice_eq_str(g->serial, "SN5") && slice_eq_str(g->maker, "Maker") && slice_eq_str(g->software, "1.0"));
	assert_true(slice_eq_str(g->study, "T-9") && slice_eq_str(g->site, "Test House") && slice_eq_str(g->physician, "Doe, Jo"));
	assert_true(slice_eq_str(g->channel[0].filter, "low pass 150 Hz"));
	/* what was said of it */
	assert_true(stated(g, "rate_bpm") == 150 && stated(g, "pr_ms") == 150 && stated(g, "qt_ms") == 400 && stated(g, "qrs_axis_deg") == -61);
	assert_int_equal(g->mark_count, 1);
	assert_int_equal(g->marks[0].at, 12);
	assert_int_equal(g->marks[0].class, 'V');
	bool said = false, wave = false;
	for (const struct ecg_note *n = g->notes; n; n = n->next) {
		said = said || (n->statement && slice_eq_str(n->text, "Rate < 60"));
		wave = wave || (!n->statement && n->timed && fabs(n->at_s - 0.1) < 1e-9 && fabs(n->duration_s - 0.04) < 1e-9 && n->channel == 1 && slice_eq_str(n->text, "QRS"));
	}
	assert_true(said && wave);
	assert_non_null(g->median);
	assert_int_equal(g->median->samples, 40);
	assert_true(g->median->rate == 100);
	assert_true(ecg_warned(g, "2 recordings"));
	ecg_test_done(&t);
}

/* Increments as they are written for rates that are no decimals. */
static void rates(void **state)
{
	static const struct {
		const char *increment;
		double want;
	} cases[] = {
		{"value='0.002' unit='s'", 500}, {"value='2' unit='ms'", 500}, {"value='0.0027777777777777779' unit='s'", 360}, {"value='0.0027778' unit='s'", 360}, {"value='0.00278' unit='s'", 360},
		{"value='0.0078125' unit='s'", 128}, {"value='2.77778' unit='ms'", 360}, {"value='0.001' unit='s'", 1000}, {"value='0.0010000' unit='s'", 1000}, {"value='0.003' unit='s'", 1 / 0.003},
		{"value='0.0039062' unit='s'", 256}, {"value='0.004' unit='s'", 250}, {"value='1000' unit='us'", 1000}, {"value='0.0041666667' unit='s'", 240}, {"value='0.002'", 500},
		{"value='0.007782101167315175' unit='s'", 128.5},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_test t;
		char s[2048];
		snprintf(s, sizeof s, SET("%s", LEAD("MDC_ECG_LEAD_II", UV, "1 2 3")), cases[i].increment);
		assert_int_equal(text(&t, s), 0);
		if (fabs(t.g->rate - cases[i].want) > 1e-9 * cases[i].want)
			fail_msg("%s is %.12g", cases[i].increment, t.g->rate);
		if (cases[i].want == floor(cases[i].want))
			assert_true(t.g->rate == cases[i].want);
		ecg_test_done(&t);
	}
}

static void digit_lists(void **state)
{
	static const struct {
		const char *digits;
		size_t n;
		int32_t want[5];
		double scale;
	} cases[] = {
		{"1 2 3", 3, {1, 2, 3}, 1}, {" -1\n\t+2\r\n3 ", 3, {-1, 2, 3}, 1}, {"1,2;3", 3, {1, 2, 3}, 1}, {"1.5 -2 0.25", 3, {150, -200, 25}, 0.01}, {"1.000 2.0", 2, {1, 2}, 1}, {"5 NaN 7", 3, {5, ECG_GAP, 7}, 1},
		{"-32768 32767", 2, {-32768, 32767}, 1}, {"2147483647 -2147483647", 2, {INT32_MAX, -INT32_MAX}, 1}, {"0000000012", 1, {12}, 1}, {"1e2 3", 2, {100, 3}, 1},
	};
	static const char *const wrong[] = {"1 x 2", "1 - 2", "0x10", "2147483648", "99999999999999999999", "1 2 3-", "--1"};
	struct ecg_test t;
	char s[2048];
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int32_t v[6];
		snprintf(s, sizeof s, SET("value='2' unit='ms'", LEAD("MDC_ECG_LEAD_II", UV, "%s")), cases[i].digits);
		assert_int_equal(text(&t, s), 0);
		assert_int_equal(t.g->samples, cases[i].n);
		assert_true(fabs(t.g->channel[0].scale - cases[i].scale) < 1e-15);
		ecg_read(t.g, 0, 0, 6, v);
		for (size_t k = 0; k < cases[i].n; k++)
			if (v[k] != cases[i].want[k])
				fail_msg("'%s' sample %zu: %d", cases[i].digits, k, v[k]);
		assert_int_equal(v[cases[i].n], ECG_GAP);
		ecg_test_done(&t);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		snprintf(s, sizeof s, SET("value='2' unit='ms'", LEAD("MDC_ECG_LEAD_II", UV, "%s")), wrong[i]);
		assert_int_equal(text(&t, s), ERR_INPUT);
		assert_true(strstr(t.e.place, "line"));
		ecg_test_done(&t);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"<AnnotatedECG/>", "no leads"},
		{"<AnnotatedECG><component><series><component><sequenceSet/></component></series></component></AnnotatedECG>", "time"},
		{SET("value='0' unit='s'", LEAD("MDC_ECG_LEAD_II", UV, "1")), "time"},
		{SET("value='1e-9' unit='s'", LEAD("MDC_ECG_LEAD_II", UV, "1")), "time"},
		{SET("value='2' unit='ms'", LEAD("MDC_ECG_LEAD_II", UV, " ")), "no channel"},
		{SET("value='2' unit='ms'", LEAD("MDC_ECG_LEAD_II", "<scale value='0' unit='uV'/>", "1")), "scale"},
		{SET("value='2' unit='ms'", LEAD("MDC_ECG_LEAD_II", "<scale value='x' unit='uV'/>", "1")), "scale"},
		{"<AnnotatedECG><component></AnnotatedECG>", "no XML"},
		{"<!DOCTYPE AnnotatedECG [<!ENTITY a 'b'>]><AnnotatedECG/>", "declarations"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_test t;
		assert_int_equal(text(&t, cases[i].text), ERR_INPUT);
		if (!strstr(t.e.text, cases[i].why))
			fail_msg("%zu: %s", i, t.e.text);
		ecg_test_done(&t);
	}
}

static void odd_sets(void **state)
{
	struct ecg_test t;
	/* times one by one */
	assert_int_equal(text(&t, "<AnnotatedECG><component><series><component><sequenceSet><component><sequence><code code='TIME_RELATIVE'/><value><origin value='0' unit='s'/><scale value='4' unit='ms'/>"
							  "<digits>0 1 2 3</digits></value></sequence></component>" LEAD("MDC_ECG_LEAD_V2", UV, "4 3 2 1") "</sequenceSet></component></series></component></AnnotatedECG>"), 0);
	assert_true(t.g->rate == 250);
	ecg_test_done(&t);
	/* numbers without a unit, a voltage that is none of a lead, a second lead of the same name over the first */
	assert_int_equal(text(&t, SET("value='2' unit='ms'", LEAD("MDC_ECG_LEAD_II", "", "1 2") LEAD("MDC_PRESS_BLD", "<scale value='1' unit='mm[Hg]'/>", "80 81") LEAD("MDC_ECG_LEAD_II", "", "7 8"))), 0);
	assert_int_equal(t.g->channels, 2);
	assert_true(t.g->channel[0].ecg && !t.g->channel[1].ecg);
	assert_true(ecg_warned(t.g, "left out"));
	ecg_test_done(&t);
	/* recordings a day apart are not one */
	assert_int_equal(text(&t, "<AnnotatedECG><component><series><component><sequenceSet><component><sequence><code code='TIME_ABSOLUTE'/><value><head value='20260101000000'/><increment value='2' unit='ms'/></value>"
							  "</sequence></component>" LEAD("MDC_ECG_LEAD_V2", UV, "4 3") "</sequenceSet></component><component><sequenceSet><component><sequence><code code='TIME_ABSOLUTE'/><value>"
							  "<head value='20260102000000'/><increment value='2' unit='ms'/></value></sequence></component>" LEAD("MDC_ECG_LEAD_V2", UV, "4 3")
							  "</sequenceSet></component></series></component></AnnotatedECG>"), 0);
	assert_int_equal(t.g->samples, 2);
	assert_true(ecg_warned(t.g, "more than an hour apart"));
	ecg_test_done(&t);
}

static void times(void **state)
{
	static const struct {
		const char *ts, *iso, *back;
	} cases[] = {
		{"20021122091000.000", "2002-11-22T09:10:00.000", "20021122091000.000"}, {"20021122", "2002-11-22", "20021122"}, {"2002", "2002", "2002"}, {"200211220737", "2002-11-22T07:37", "200211220737"},
		{"20021122091000.5-0530", "2002-11-22T09:10:00.5-05:30", "20021122091000.5-0530"}, {"20021122091000Z", "2002-11-22T09:10:00Z", "20021122091000+0000"},
	};
	static const char *const wrong[] = {"", "20", "20021322", "20020230", "2002112209100", "x", "20021122091000+99", "20021122 091000"};
	struct ecg g = {.a = arena_new(65536)};
	char out[48];
	int64_t a, b = 0;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct slice iso = aecg_iso(&g, slice_str(cases[i].ts));
		if (!slice_eq_str(iso, cases[i].iso))
			fail_msg("%s: %.*s", cases[i].ts, SLICE_FMT(iso));
		aecg_ts(iso, 0, out);
		assert_string_equal(out, cases[i].back);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(aecg_iso(&g, slice_str(wrong[i])).n, 0);
	assert_true(aecg_ns(SLICE("20021122091000.25+0100"), &a) && aecg_ns(SLICE("20021122081000"), &b));
	assert_int_equal(a - b, 250000000);
	aecg_ts(SLICE("2026-12-31T23:59:59.900+01:00"), 0.2, out);
	assert_string_equal(out, "20270101000000.100+0100");
	aecg_ts(SLICE("2026-12-31T23:59:59"), 1, out);
	assert_string_equal(out, "20270101000000");
	aecg_ts(SLICE("9999-12-31T23:59:59"), 1, out); /* beyond what is counted here: as it was */
	assert_string_equal(out, "99991231235959");
	aecg_ts(SLICE("nonsense"), 0, out);
	assert_string_equal(out, "");
	arena_free(g.a);
}

/* ---- the corpus ---- */

static void corpus(void **state)
{
	static const struct {
		const char *file;
		unsigned channels;
		uint64_t samples;
		double rate;
		const char *start, *sex;
		size_t median;
	} cases[] = {
		{"formats/aecg/sbj123.xml", 12, 5000, 500, "2002-11-22T09:10:00.000", "male", 599},
		{"formats/aecg/fda_subject1_0.xml", 12, 5000, 500, "2002-11-22T09:10:00", "male", 599},
		{"formats/aecg/cvrg_calecg2.xml", 12, 10000, 1000, "2004-01-15T11:20:04.000", "", 1200},
		{"formats/aecg/fda_minimum_aecg.xml", 1, 13, 500, "2002-11-22T09:10:00", "", 0},
		{"formats/aecg/fda_minimum_aecg_effectiveTime_high.xml", 1, 13, 500, "2002-11-22T09:10:00", "", 0},
		{"formats/aecg/fda_minimum_aecg_effectiveTime_interval.xml", 1, 13, 500, "2002-11-22T09:10:00", "", 0},
		{"formats/aecg/fda_minimum_aecg_effectiveTime_low.xml", 1, 13, 500, "2002-11-22T09:10:00", "", 0},
		{"formats/aecg/fda_minimum_aecg_nouuid.xml", 1, 13, 500, "2002-11-22T09:10:00", "", 0},
		{"formats/sierra/1_04_ad4d3d80_decoded.xml", 12, 5500, 500, "2008-12-23T19:44:46.000", "female", 1200},
	};
	struct ecg_test t;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (ecg_test_corpus(&t, cases[i].file) < 0)
			fail_msg("%s: %s", cases[i].file, t.e.text);
		struct ecg *g = t.g;
		assert_int_equal(g->channels, cases[i].channels);
		assert_int_equal(g->samples, cases[i].samples);
		assert_true(g->rate == cases[i].rate);
		if (!slice_eq_str(g->start, cases[i].start))
			fail_msg("%s starts %.*s", cases[i].file, SLICE_FMT(g->start));
		assert_true(slice_eq_str(g->person.sex, cases[i].sex));
		assert_int_equal(g->median ? g->median->samples : 0, cases[i].median);
		ecg_test_done(&t);
	}
	assert_int_equal(ecg_test_corpus(&t, "formats/aecg/fda_empty.xml"), ERR_INPUT);
	assert_true(strstr(t.e.text, "no leads"));
	ecg_test_done(&t);
	assert_int_equal(ecg_test_corpus(&t, "formats/aecg/sbj123.xml"), 0);
	assert_true(stated(t.g, "pr_ms") == 148 && stated(t.g, "qtc_ms") == 443 && stated(t.g, "qrs_axis_deg") == -61);
	assert_int_equal(t.g->mark_count, 12);
	assert_int_equal(t.g->marks[0].at, 165);
	assert_true(ecg_noted(t.g, "Sinus Rhythm") && ecg_noted(t.g, "dizzy"));
	assert_true(slice_eq_str(t.g->channel[0].filter, "low pass 150 Hz, high pass FIR, notch Adaptive 60 Hz"));
	assert_true(slice_eq_str(t.g->person.birth, "1953-05-08") && slice_eq_str(t.g->person.age, "46 a") && slice_eq_str(t.g->device, "ELI250"));
	ecg_test_done(&t);
}

/* ---- writing ---- */

static int take(void *arg, struct slice s, struct err *e)
{
	buf_add_slice(arg, s);
	return 0;
}
static int begin(void *arg, struct slice name, struct err *e)
{
	assert_true(slice_eq_str(name, "x.xml"));
	return 0;
}
static int end(void *arg, struct err *e)
{
	return 0;
}

static void write_to(const struct ecg *g, const struct ecg_analysis *n, struct buf *b)
{
	const struct ecg_sink sink = {begin, take, end, b};
	struct err e = {0};
	buf_reset(b);
	if (ecg_write(g, n, ECG_AECG, SLICE("x"), &sink, &e) < 0)
		fail_msg("%s", e.text);
}

static void same(const struct ecg *g, const struct ecg *h)
{
	assert_int_equal(g->channels, h->channels);
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_channel *c = &g->channel[i];
		int j = 0;
		while (j < (int)h->channels && strcmp(h->channel[j].name, c->name))
			j++;
		assert_true(j < (int)h->channels);
		const struct ecg_channel *d = &h->channel[j];
		assert_true(c->rate == d->rate && c->scale == d->scale && c->baseline == d->baseline && c->ecg == d->ecg && c->lead == d->lead);
		assert_string_equal(c->unit, d->unit);
		assert_true(c->samples >= d->samples); /* a gap at the end has no digits */
		for (uint64_t at = 0; at < c->samples; at += 1000) {
			int32_t v[1000], w[1000];
			ecg_read(g, i, at, 1000, v);
			ecg_read(h, (unsigned)j, at, 1000, w);
			assert_memory_equal(v, w, sizeof v);
		}
	}
}

static void round_trip(const char *file, bool in_corpus)
{
	struct ecg_test t, u;
	AUTO_BUF struct buf b = {0}, again = {0};
	buf_init(&b, 1 << 28);
	buf_init(&again, 1 << 28);
	assert_int_equal(in_corpus ? ecg_test_corpus(&t, file) : own(&t, file), 0);
	write_to(t.g, NULL, &b);
	ecg_test_init(&u, NULL);
	ecg_test_add(&u, "y.xml", b.p, b.n);
	if (ecg_test_open(&u, "y.xml") < 0)
		fail_msg("%s: %s", file, u.e.text);
	same(t.g, u.g);
	assert_true(slice_eq(t.g->person.id, u.g->person.id) && slice_eq(t.g->person.family, u.g->person.family) && slice_eq(t.g->person.birth, u.g->person.birth));
	assert_true(slice_eq(t.g->person.sex, u.g->person.sex) || slice_eq_str(t.g->person.sex, "unknown"));
	assert_true(slice_eq(t.g->device, u.g->device) && slice_eq(t.g->start, u.g->start) && slice_eq(t.g->channel[0].filter, u.g->channel[0].filter));
	for (const struct ecg_stated *s = t.g->stated; s; s = s->next)
		if (strcmp(s->key, "atrial_rate_bpm"))
			assert_true(stated(u.g, s->key) == s->value);
	for (const struct ecg_note *n = t.g->notes; n; n = n->next) {
		bool found = !n->statement;
		for (const struct ecg_note *m = u.g->notes; m; m = m->next)
			found = found || (m->statement && slice_eq(m->text, n->text));
		assert_true(found);
	}
	if (t.g->median && !u.g->median)
		fail_msg("%s: the median beat is gone", file);
	if (t.g->median)
		same(t.g->median, u.g->median);
	write_to(u.g, NULL, &again); /* and once more: the same bytes, but for what the first reading had and an aECG has no place for */
	struct ecg_test w;
	ecg_test_init(&w, NULL);
	ecg_test_add(&w, "z.xml", again.p, again.n);
	assert_int_equal(ecg_test_open(&w, "z.xml"), 0);
	same(u.g, w.g);
	ecg_test_done(&w);
	ecg_test_done(&u);
	ecg_test_done(&t);
}

static void written(void **state)
{
	static const char *const files[] = {"aecg_small.xml", "muse_small.xml", "sierra_103.xml", "sierra_104.xml"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		round_trip(files[i], false);
}

static void written_corpus(void **state)
{
	static const char *const files[] = {"formats/aecg/sbj123.xml", "formats/aecg/cvrg_calecg2.xml", "formats/muse/braveheart_example2.xml", "formats/sierra/1_03_129DYPRG.XML", "formats/dicom/sbj123.dcm",
		"formats/scp/sbj123.scp"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		round_trip(files[i], true);
}

/* A record made here: rates that are no decimals, gaps, a baseline, 24 bits, a channel that is no ECG, text that XML would trip over. */
static void hard(void **state)
{
	static const int16_t a[] = {1, 2, ECG_GAP16, ECG_GAP16, 5, 6, 7, ECG_GAP16};
	static const int16_t b[] = {ECG_GAP16, ECG_GAP16, -3, -4, 5, 6, 7, 8};
	static const int32_t wide[] = {8388607, -8388608, 0, 1};
	static const int16_t p[] = {80, 81};
	struct ecg g = {.a = arena_new(1 << 20), .channels = 4, .rate = 360, .samples = 8, .start = SLICE("2026-11-22T23:59:59.990+01:00")};
	struct err e = {0};
	AUTO_BUF struct buf out = {0}, out2 = {0};
	buf_init(&out, 1 << 20);
	buf_init(&out2, 1 << 20);
	g.channel[0] = (struct ecg_channel){.lead = ECG_LEAD_II, .name = "II", .unit = "uV", .ecg = true, .rate = 360, .samples = 8, .scale = 5, .baseline = 1024, .bits = 11, .s16 = a};
	g.channel[1] = (struct ecg_channel){.lead = ECG_LEAD_V1, .name = "V1", .unit = "uV", .ecg = true, .rate = 360, .samples = 8, .scale = 1000.0 / 187, .bits = 16, .s16 = b};
	g.channel[2] = (struct ecg_channel){.lead = ECG_LEAD_V2, .name = "V2", .unit = "uV", .ecg = true, .rate = 128.5, .samples = 4, .scale = 0.0125, .baseline = -3, .bits = 24, .s32 = wide};
	g.channel[3] = (struct ecg_channel){.name = "A<&>", .label = SLICE("A<&>\""), .unit = "mmHg", .rate = 1, .samples = 2, .scale = -0.1, .bits = 16, .s16 = p};
	g.person.family = SLICE("<&>\" \xc3\xbc");
	g.person.id = SLICE("a&b");
	write_to(&g, NULL, &out);
	write_to(&g, NULL, &out2);
	assert_int_equal(out.n, out2.n);
	assert_memory_equal(out.p, out2.p, out.n);
	struct ecg_test t;
	ecg_test_init(&t, NULL);
	ecg_test_add(&t, "y.xml", out.p, out.n);
	if (ecg_test_open(&t, "y.xml") < 0)
		fail_msg("%s", t.e.text);
	same(&g, t.g);
	assert_true(slice_eq(t.g->person.family, g.person.family) && slice_eq(t.g->person.id, g.person.id) && slice_eq(t.g->start, g.start));
	ecg_test_done(&t);
	/* nothing at all is not a recording */
	g.channels = 1;
	g.channel[0].samples = 0;
	assert_int_equal(ecg_write_aecg(&g, NULL, SLICE("x"), &(struct ecg_sink){begin, take, end, &out}, &e), ERR_INPUT);
	arena_free(g.a);
}

/* With an analysis: what we measured is there under our name, beside what the device said. */
static void analysed(void **state)
{
	struct ecg_test t, u;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 28);
	assert_int_equal(own(&t, "muse_small.xml"), 0);
	struct ecg_lead_measure *lead = arena_array(t.a, t.g->channels, sizeof *lead);
	for (unsigned i = 0; i < t.g->channels; i++)
		for (int k = 0; k < ECG_MEDIAN_N; k++)
			lead[i].median[k] = (int16_t)(k * (int)(i + 1) % 300 - 150);
	struct ecg_statement said = {.code = "rhythm-sr", .text = "Sinus rhythm <ours>"};
	struct ecg_analysis n = {.statement = &said, .statements = 1};
	n.measure.used = 3;
	n.measure.lead = lead;
	n.measure.qrs_ms = (struct ecg_value){91.5f, 80};
	n.measure.qt_ms = (struct ecg_value){400, 0}; /* could not be measured: not written */
	n.measure.global = (struct ecg_fiducials){NAN, NAN, NAN, 460, 500, 550, NAN, 860};
	write_to(t.g, &n, &b);
	assert_non_null(memmem(b.p, b.n, ">Holdfast<", 10));
	assert_non_null(memmem(b.p, b.n, "value=\"91.5\" unit=\"ms\"", 22));
	assert_non_null(memmem(b.p, b.n, "Sinus rhythm &lt;ours&gt;", 25));
	assert_null(memmem(b.p, b.n, "PWAVE", 5));
	ecg_test_init(&u, NULL);
	ecg_test_add(&u, "y.xml", b.p, b.n);
	assert_int_equal(ecg_test_open(&u, "y.xml"), 0);
	assert_true(stated(u.g, "qrs_ms") == 90 && ecg_noted(u.g, "Sinus rhythm <ours>") && ecg_noted(u.g, "Normal ECG"));
	assert_int_equal(u.g->median->samples, ECG_MEDIAN_N);
	assert_true(u.g->median->rate == ECG_MEDIAN_RATE);
	int32_t v[1];
	ecg_read(u.g->median, 2, 77, 1, v);
	assert_int_equal(v[0], lead[2].median[77]);
	ecg_test_done(&u);
	ecg_test_done(&t);
}

/* biosig's reader has the same samples: its BIN has each lead's digits as 32-bit floats. */
static void biosig(void **state)
{
	struct ecg_test t;
	char dir[] = "/tmp/hf-aecg-XXXXXX", command[600], path[200];
	AUTO_BUF struct buf b = {0}, d = {0};
	buf_init(&b, 1 << 28);
	buf_init(&d, 1 << 28);
	if (access("/usr/bin/save2gdf", X_OK) < 0) {
		printf("skipped: biosig's tools are not here\n");
		skip();
	}
	assert_int_equal(ecg_test_corpus(&t, "formats/aecg/sbj123.xml"), 0);
	write_to(t.g, NULL, &b);
	assert_non_null(mkdtemp(dir));
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	struct err e = {0};
	assert_int_equal(file_replace(fd, "a.xml", buf_slice(&b), 0600, &e), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		if (fchdir(fd) == 0 && null >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0)
			execl("/usr/bin/save2gdf", "save2gdf", "-f=BIN", "a.xml", "out.bin", (char *)NULL);
		_exit(127);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (unsigned i = 0; i < t.g->channels; i++) {
		snprintf(path, sizeof path, "out.s%02u", i + 1);
		buf_reset(&d);
		assert_int_equal(file_read(fd, path, 1 << 20, &d, &e), 0);
		assert_int_equal(d.n, 4 * t.g->samples);
		for (uint64_t k = 0; k < t.g->samples; k++) {
			float f;
			int32_t v;
			memcpy(&f, d.p + 4 * k, 4);
			ecg_read(t.g, i, k, 1, &v);
			if (f != (float)v)
				fail_msg("lead %u sample %u: %g, not %d", i, (unsigned)k, (double)f, v);
		}
		unlinkat(fd, path, 0);
	}
	snprintf(command, sizeof command, "%s", dir);
	file_remove_tree(AT_FDCWD, command);
	close(fd);
	ecg_test_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(small), cmocka_unit_test(rates), cmocka_unit_test(digit_lists), cmocka_unit_test(refused), cmocka_unit_test(odd_sets), cmocka_unit_test(times),
		cmocka_unit_test(written), cmocka_unit_test(hard), cmocka_unit_test(analysed)};
	const struct CMUnitTest more[] = {cmocka_unit_test(corpus), cmocka_unit_test(written_corpus), cmocka_unit_test(biosig)};
	int r = cmocka_run_group_tests_name("aECG", tests, NULL, NULL);
	if (!ecg_corpus_here("formats/aecg")) {
		printf("the corpus is not here: its files were skipped\n");
		return r;
	}
	return r + cmocka_run_group_tests_name("aECG of the corpus", more, NULL, NULL);
}
