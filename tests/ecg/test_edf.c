/* EDF and BDF files that a test puts together field by field: what the formats allow, what devices do to them, and what is refused. */
#include "write_test.h"

struct sig {
	const char *label, *unit, *pmin, *pmax, *dmin, *dmax, *filter;
	unsigned n;
};
struct head {
	const char *version, *patient, *recording, *date, *time, *bytes, *kind, *records, *duration, *signals;
};
static const struct head usual = {"0", "X X X X", "Startdate X X X X", "05.11.24", "10.20.30", NULL, "", "2", "1", NULL};

static void put(struct buf *b, const char *s, size_t width)
{
	size_t n = strlen(s);
	for (size_t i = 0; i < width; i++)
		buf_u8(b, (uint8_t)(i < n ? s[i] : ' '));
}

static void header(struct buf *b, const struct head *h, const struct sig *s, unsigned n)
{
	char number[24];
	buf_init(b, 1 << 20);
	if (h->version[0] == (char)0xff)
		buf_add(b, h->version, 8);
	else
		put(b, h->version, 8);
	put(b, h->patient, 80);
	put(b, h->recording, 80);
	put(b, h->date, 8);
	put(b, h->time, 8);
	snprintf(number, sizeof number, "%u", 256 * (n + 1));
	put(b, h->bytes ? h->bytes : number, 8);
	put(b, h->kind, 44);
	put(b, h->records, 8);
	put(b, h->duration, 8);
	snprintf(number, sizeof number, "%u", n);
	put(b, h->signals ? h->signals : number, 4);
	for (unsigned i = 0; i < n; i++)
		put(b, s[i].label, 16);
	for (unsigned i = 0; i < n; i++)
		put(b, "", 80);
	for (unsigned i = 0; i < n; i++)
		put(b, s[i].unit, 8);
	for (unsigned i = 0; i < n; i++)
		put(b, s[i].pmin, 8);
	for (unsigned i = 0; i < n; i++)
		put(b, s[i].pmax, 8);
	for (unsigned i = 0; i < n; i++)
		put(b, s[i].dmin, 8);
	for (unsigned i = 0; i < n; i++)
		put(b, s[i].dmax, 8);
	for (unsigned i = 0; i < n; i++)
		put(b, s[i].filter ? s[i].filter : "", 80);
	for (unsigned i = 0; i < n; i++) {
		snprintf(number, sizeof number, "%u", s[i].n);
		put(b, number, 8);
	}
	for (unsigned i = 0; i < n; i++)
		put(b, "", 32);
}

static void i16(struct buf *b, int v)
{
	buf_u8(b, (uint8_t)v);
	buf_u8(b, (uint8_t)(v >> 8));
}

static int open_it(struct ecg_test *t, struct buf *b)
{
	ecg_test_init(t, NULL);
	ecg_test_add(t, "r.edf", b->p, b->n);
	buf_done(b);
	return ecg_test_open(t, "r.edf");
}

static const struct sig ecg2 = {"ECG II", "uV", "-1000", "1000", "-2000", "2000", "HP:0.05Hz LP:150Hz", 3};

static int simple(struct ecg_test *t, const struct head *h, const struct sig *s, int samples)
{
	struct buf b;
	header(&b, h, s, 1);
	for (int i = 0; i < samples; i++)
		i16(&b, i + 1);
	return open_it(t, &b);
}

static void plain(void **state)
{
	struct ecg_test t;
	int32_t got[7];
	int16_t small[6];
	float uv[6];
	assert_int_equal(simple(&t, &usual, &ecg2, 6), 0);
	assert_int_equal(t.g->format, ECG_EDF);
	assert_string_equal(t.g->channel[0].name, "II");
	assert_true(t.g->channel[0].ecg && t.g->rate == 3 && t.g->samples == 6);
	assert_true(slice_eq_str(t.g->channel[0].filter, "HP:0.05Hz LP:150Hz"));
	ecg_read(t.g, 0, 0, 7, got);
	for (int i = 0; i < 6; i++)
		assert_int_equal(got[i], i + 1);
	assert_int_equal(got[6], ECG_GAP);
	ecg_read_uv(t.g, 0, 0, 6, uv);
	assert_true(uv[3] == 2.0f); /* 4 steps of half a microvolt */
	ecg_read16(t.g, 0, 2, 3, small); /* over the records' edge */
	assert_true(small[0] == 3 && small[1] == 4 && small[2] == 5);
	assert_true(slice_eq_str(t.g->start, "2024-11-05T10:20:30"));
	assert_int_equal(t.g->warning_count, 0);
	ecg_test_done(&t);
}

/* The zero of a full range lies between two steps: the values are exact all the same. */
static void zero_between_steps(void **state)
{
	struct ecg_test t;
	float uv[1];
	static const struct sig s = {"EKG V5", "mV", "-10", "10", "-32768", "32767", "", 1};
	assert_int_equal(simple(&t, &usual, &s, 2), 0);
	ecg_read_uv(t.g, 0, 0, 1, uv);
	double want = ((1 + 32768) * (20.0 / 65535) - 10) * 1000;
	assert_true(fabs(uv[0] - want) < 1e-4);
	assert_string_equal(t.g->channel[0].name, "V5");
	ecg_test_done(&t);
}

static void upside_down(void **state)
{
	struct ecg_test t;
	float uv[1];
	static const struct sig s = {"ECG I", "uV", "500", "-500", "-1000", "1000", "", 1};
	assert_int_equal(simple(&t, &usual, &s, 2), 0);
	ecg_read_uv(t.g, 0, 0, 1, uv);
	assert_true(fabs(uv[0] + 0.5) < 1e-6);
	ecg_test_done(&t);
}

static void equal_range(void **state)
{
	struct ecg_test t;
	static const struct sig bad = {"ECG I", "uV", "0", "0", "-1000", "1000", "", 1}, other = {"Marker", "", "0", "0", "0", "0", "", 1};
	assert_int_equal(simple(&t, &usual, &bad, 2), ERR_INPUT);
	assert_non_null(strstr(t.e.text, "size of a step"));
	ecg_test_done(&t);
	assert_int_equal(simple(&t, &usual, &other, 2), 0); /* something that is no ECG is kept as it is */
	assert_true(ecg_warned(t.g, "without a unit") && !t.g->channel[0].ecg && t.g->channel[0].scale == 1);
	ecg_test_done(&t);
}

static void years(void **state)
{
	static const struct {
		const char *recording, *date, *start;
	} cases[] = {
		{"", "01.02.85", "1985-02-01T10:20:30"}, {"", "01.02.84", "2084-02-01T10:20:30"}, {"", "01.02.00", "2000-02-01T10:20:30"},
		{"Startdate 01-FEB-2085 X X X", "01.02.yy", "2085-02-01T10:20:30"}, {"Startdate 03-FEB-2021 X X X", "03.02.21", "2021-02-03T10:20:30"},
		{"Startdate 01-FEB-2999 X X X", "01.02.yy", "2999-02-01T10:20:30"}, {"Startdate X X X X", "01.01.85", ""}, {"", "31.02.20", ""}, {"", "1.2.03", "2003-02-01T10:20:30"}, {"", "01/02/03", "2003-02-01T10:20:30"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ecg_test t;
		struct head h = usual;
		h.recording = cases[i].recording;
		h.date = cases[i].date;
		assert_int_equal(simple(&t, &h, &ecg2, 6), 0);
		if (!slice_eq_str(t.g->start, cases[i].start))
			fail_msg("case %zu: %.*s", i, SLICE_FMT(t.g->start));
		ecg_test_done(&t);
	}
}

static void slips(void **state)
{
	struct ecg_test t;
	struct head h = usual;
	h.records = "-1";
	assert_int_equal(simple(&t, &h, &ecg2, 7), 0); /* two records and a third of one */
	assert_int_equal(t.g->samples, 6);
	assert_true(ecg_warned(t.g, "not closed") && ecg_warned(t.g, "cut off"));
	ecg_test_done(&t);
	h.records = "5";
	assert_int_equal(simple(&t, &h, &ecg2, 6), 0);
	assert_true(ecg_warned(t.g, "ends after 2 of 5"));
	ecg_test_done(&t);
	h = usual;
	h.bytes = "768";
	assert_int_equal(simple(&t, &h, &ecg2, 6), 0);
	assert_true(ecg_warned(t.g, "own length is wrong"));
	assert_int_equal(t.g->samples, 6);
	ecg_test_done(&t);
	h = usual;
	h.duration = "0,5"; /* a decimal comma */
	assert_int_equal(simple(&t, &h, &ecg2, 6), 0);
	assert_true(t.g->rate == 6);
	ecg_test_done(&t);
}

static void refused(void **state)
{
	static const struct {
		struct head h;
		const char *why;
	} cases[] = {
		{{"0", "", "", "05.11.24", "10.20.30", NULL, "", "2", "0", NULL}, "duration of a record is 0"},
		{{"0", "", "", "05.11.24", "10.20.30", NULL, "", "2", "x", NULL}, "duration of a record is no number"},
		{{"0", "", "", "05.11.24", "10.20.30", NULL, "", "2", "1", "99"}, "within its header"},
		{{"0", "", "", "05.11.24", "10.20.30", NULL, "", "2", "1", "0"}, "number of signals"},
		{{"1", "", "", "05.11.24", "10.20.30", NULL, "", "2", "1", NULL}, "no EDF"},
	};
	struct ecg_test t;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(simple(&t, &cases[i].h, &ecg2, 6) < 0);
		if (!strstr(t.e.text, cases[i].why))
			fail_msg("case %zu: %s", i, t.e.text);
		ecg_test_done(&t);
	}
	assert_int_equal(simple(&t, &usual, &ecg2, 2), ERR_INPUT);
	assert_non_null(strstr(t.e.text, "first record"));
	ecg_test_done(&t);
	ecg_test_init(&t, NULL);
	ecg_test_add(&t, "r.edf", "0       ", 8);
	assert_int_equal(ecg_test_open(&t, "r.edf"), ERR_INPUT);
	ecg_test_done(&t);
}

static void tal(struct buf *b, const char *s, size_t n, size_t width)
{
	buf_add(b, s, n);
	for (; n < width; n++)
		buf_u8(b, 0);
}

static int plus_of(struct ecg_test *t, const char *recording, const char *kind, const char *first, size_t first_n, const char *second, size_t second_n)
{
	static const struct sig s[] = {{"ECG V1", "uV", "-1000", "1000", "-2000", "2000", "", 4}, {"EDF Annotations", "", "-1", "1", "-32768", "32767", "", 30}};
	struct head h = {"0", "MRN-1 F 02-AUG-1951 Garc\xed" "a_L\xf3pez,Ana", recording, "05.11.24", "10.20.30", NULL, kind, "2", "1", NULL};
	struct buf b;
	header(&b, &h, s, 2);
	for (int i = 0; i < 4; i++)
		i16(&b, i);
	tal(&b, first, first_n, 60);
	for (int i = 4; i < 8; i++)
		i16(&b, i);
	tal(&b, second, second_n, 60);
	return open_it(t, &b);
}
#define PLUS_OF(t, recording, kind, a, b) plus_of((t), (recording), (kind), (a), sizeof(a) - 1, (b), sizeof(b) - 1)
#define PLUS(t, kind, a, b) PLUS_OF(t, "Startdate 05-NOV-2024 ORD_7 Dr_Who CardioBox_9", kind, a, b)

static void edf_plus(void **state)
{
	struct ecg_test t;
	assert_int_equal(PLUS(&t, "EDF+C", "+0.25\x14\x14\0+0.5\x15" "0.1\x14Sinus rhythm\x14" "Second\x14\0", "+1.25\x14\x14\0"), 0);
	assert_true(slice_eq_str(t.g->start, "2024-11-05T10:20:30.25"));
	assert_true(slice_eq_str(t.g->person.id, "MRN-1") && slice_eq_str(t.g->person.sex, "female") && slice_eq_str(t.g->person.birth, "1951-08-02"));
	assert_true(slice_eq_str(t.g->person.family, "Garc\xc3\xad" "a L\xc3\xb3pez") && slice_eq_str(t.g->person.given, "Ana"));
	assert_true(slice_eq_str(t.g->order, "ORD 7") && slice_eq_str(t.g->physician, "Dr Who") && slice_eq_str(t.g->device, "CardioBox 9"));
	assert_true(ecg_noted(t.g, "Sinus rhythm") && ecg_noted(t.g, "Second"));
	assert_true(fabs(t.g->notes->at_s - 0.25) < 1e-9 && fabs(t.g->notes->duration_s - 0.1) < 1e-9);
	assert_int_equal(t.g->samples, 8);
	assert_null(t.g->stretches);
	ecg_test_done(&t);
}

/* A first record that begins much later, in a year that nanoseconds since 1970 do not reach. */
static void late_years(void **state)
{
	struct ecg_test t;
	assert_int_equal(PLUS_OF(&t, "Startdate 05-NOV-2229 X X X", "EDF+D", "+1000000000\x14\x14\0", "+1000000001\x14\x14\0"), 0);
	assert_true(slice_eq_str(t.g->start, "2261-07-14T12:07:10"));
	ecg_test_done(&t);
	assert_int_equal(PLUS_OF(&t, "Startdate 05-NOV-2999 X X X", "EDF+D", "+0.5\x14\x14\0", "+1.5\x14\x14\0"), 0);
	assert_true(slice_eq_str(t.g->start, "2999-11-05T10:20:30.5"));
	ecg_test_done(&t);
	assert_int_equal(PLUS_OF(&t, "Startdate 05-NOV-2999 X X X", "EDF+D", "+5002\x14\x14\0", "+5003\x14\x14\0"), 0);
	assert_true(!t.g->start.n && ecg_warned(t.g, "no clock is kept"));
	ecg_test_done(&t);
}

static void gap(void **state)
{
	struct ecg_test t;
	int32_t got[16];
	assert_int_equal(PLUS(&t, "EDF+D", "+0\x14\x14\0", "+2.5\x14\x14\0"), 0);
	assert_int_equal(t.g->samples, 14);
	assert_int_equal(t.g->stretch_count, 2);
	assert_int_equal(t.g->stretches[1].first, 10);
	ecg_read(t.g, 0, 0, 14, got);
	for (int i = 0; i < 14; i++)
		assert_int_equal(got[i], i < 4 ? i : i < 10 ? ECG_GAP : i - 6);
	ecg_test_done(&t);
	assert_int_equal(PLUS(&t, "EDF+D", "+1\x14\x14\0", "+0.2\x14\x14\0"), 0); /* a clock that ran backwards */
	assert_int_equal(t.g->samples, 8);
	assert_true(ecg_warned(t.g, "before the one before them ended"));
	ecg_test_done(&t);
	assert_int_equal(PLUS(&t, "EDF+D", "+0\x14\x14\0", "+999999999\x14\x14\0"), 0); /* far, but bounded */
	ecg_test_done(&t);
}

static void bdf(void **state)
{
	struct ecg_test t;
	struct buf b;
	int32_t got[2];
	int16_t small[2];
	static const struct sig s = {"EKG II", "uV", "-262144", "262143", "-8388608", "8388607", "", 2};
	struct head h = usual;
	h.version = "\xff" "BIOSEMI";
	h.kind = "24BIT";
	h.records = "1";
	header(&b, &h, &s, 1);
	buf_add(&b, "\x00\x01\x00\xff\xff\xff", 6);
	assert_int_equal(open_it(&t, &b), 0);
	assert_int_equal(t.g->format, ECG_BDF);
	ecg_read(t.g, 0, 0, 2, got);
	assert_true(got[0] == 256 && got[1] == -1);
	ecg_read16(t.g, 0, 0, 2, small);
	assert_true(small[0] == 256 && small[1] == -1); /* 24 bits, but 16 hold it: test_narrow has those that need more */
	ecg_test_done(&t);
}

/* Samples at the end of what 32 bits hold are moved into 16 without leaving the 32 on the way (the sanitizer sees it), and come back or are refused. */
static void far_away(void **state)
{
	static const int32_t high[] = {INT32_MAX - 4, INT32_MAX, INT32_MAX - 1, INT32_MAX - 2}, low[] = {INT32_MIN + 1, INT32_MIN + 9, INT32_MIN + 3, INT32_MIN + 2};
	for (int k = 0; k < 4; k++) {
		struct ecg_test t;
		struct ecg g = {.a = arena_new(1 << 20), .channels = 1, .rate = 4, .samples = 4};
		g.channel[0] = (struct ecg_channel){.lead = ECG_LEAD_II, .name = "II", .unit = "uV", .ecg = true, .rate = 4, .samples = 4, .scale = 1, .baseline = k & 1 ? k < 2 ? INT32_MAX : INT32_MIN + 1 : 0, .bits = 32, .s32 = k < 2 ? high : low};
		int r = write_and_read(&g, ECG_EDF, "out.edf", &t);
		if (r == 0)
			same_samples(&g, t.g, true);
		else
			assert_int_equal(r, ERR_INPUT);
		ecg_test_done(&t);
		arena_free(g.a);
	}
}

/* A sleep laboratory's file: only what is called an ECG is one. */
static void which_is_the_heart(void **state)
{
	static const struct sig s[] = {{"EEG C3-A2", "uV", "-1", "1", "-9", "9", "", 1}, {"ECG", "uV", "-1", "1", "-9", "9", "", 2}, {"Fp1", "uV", "-1", "1", "-9", "9", "", 4}};
	struct ecg_test t;
	struct buf b;
	header(&b, &usual, s, 3);
	for (int i = 0; i < 14; i++)
		i16(&b, i);
	assert_int_equal(open_it(&t, &b), 0);
	assert_true(!t.g->channel[0].ecg && t.g->channel[1].ecg && !t.g->channel[2].ecg);
	assert_true(t.g->rate == 2 && t.g->samples == 4);
	ecg_test_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain), cmocka_unit_test(zero_between_steps), cmocka_unit_test(upside_down), cmocka_unit_test(equal_range), cmocka_unit_test(years), cmocka_unit_test(slips),
		cmocka_unit_test(refused), cmocka_unit_test(edf_plus), cmocka_unit_test(late_years), cmocka_unit_test(gap), cmocka_unit_test(bdf), cmocka_unit_test(far_away), cmocka_unit_test(which_is_the_heart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
