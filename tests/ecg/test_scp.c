/* SCP-ECG records that a test makes up byte by byte: every way of storing samples, every slip that devices make, and what must be refused. The maker below shares no code with the writer. */
#include "ecg_test.h"
#include "scp.h"

#include <time.h>

struct maker {
	struct buf s[13];
	uint8_t protocol;
	bool from0, nameless, lost; /* places counted from 0; no "SCPECG"; pointers that lead nowhere */
};

static void u16(struct buf *b, unsigned v)
{
	buf_u8(b, (uint8_t)v);
	buf_u8(b, (uint8_t)(v >> 8));
}

static void make(struct maker *m)
{
	*m = (struct maker){.protocol = 20};
	for (size_t i = 0; i < ARRAY_LEN(m->s); i++)
		buf_init(&m->s[i], 1 << 24);
}

static uint16_t slow_crc(const uint8_t *p, size_t n) /* bit by bit, as the standard words it */
{
	unsigned crc = 0xffff;
	for (size_t i = 0; i < n; i++)
		for (int bit = 7; bit >= 0; bit--) {
			bool carry = (crc >> 15 ^ (p[i] >> bit & 1u)) & 1;
			crc = (crc << 1 ^ (carry ? 0x1021u : 0)) & 0xffff;
		}
	return (uint16_t)crc;
}

static void put_section(const struct maker *m, struct buf *to, unsigned id, const struct buf *body)
{
	size_t at = to->n;
	u16(to, 0);
	u16(to, id);
	buf_u32le(to, (uint32_t)(16 + body->n));
	buf_u8(to, m->protocol);
	buf_u8(to, m->protocol);
	buf_add(to, id || m->nameless ? "\0\0\0\0\0\0" : "SCPECG", 6);
	buf_add(to, body->p, body->n);
	uint16_t crc = slow_crc(to->p + at + 2, to->n - at - 2);
	to->p[at] = (uint8_t)crc;
	to->p[at + 1] = (uint8_t)(crc >> 8);
}

static void put_record(struct maker *m, struct buf *to)
{
	AUTO_BUF struct buf pointers = {0};
	size_t at = 6 + 16 + 130;
	buf_init(&pointers, 4096);
	for (unsigned i = 0; i < 13; i++) {
		size_t n = i ? m->s[i].n ? 16 + m->s[i].n : 0 : 16 + 130;
		u16(&pointers, i);
		buf_u32le(&pointers, (uint32_t)n);
		buf_u32le(&pointers, m->lost && i ? 99999 : (uint32_t)((i ? at : 6) + !m->from0));
		at += i ? n : 0;
	}
	u16(to, 0);
	buf_u32le(to, (uint32_t)at);
	put_section(m, to, 0, &pointers);
	for (unsigned i = 1; i < 13; i++)
		if (m->s[i].n)
			put_section(m, to, i, &m->s[i]);
	uint16_t crc = slow_crc(to->p + 2, to->n - 2);
	to->p[0] = (uint8_t)crc;
	to->p[1] = (uint8_t)(crc >> 8);
	assert_int_equal(at, to->n);
}

static int open_made(struct maker *m, struct ecg_test *t)
{
	ecg_test_init(t, NULL);
	snprintf(t->file[0].name, sizeof t->file[0].name, "x.scp");
	buf_init(&t->file[0].b, 1 << 24);
	t->files = 1;
	put_record(m, &t->file[0].b);
	for (size_t i = 0; i < ARRAY_LEN(m->s); i++)
		buf_done(&m->s[i]);
	return ecg_test_open(t, "x.scp");
}

static void lead(struct maker *m, unsigned first, unsigned last, unsigned id)
{
	buf_u32le(&m->s[3], first);
	buf_u32le(&m->s[3], last);
	buf_u8(&m->s[3], (uint8_t)id);
}

static void waves(struct maker *m, unsigned section, unsigned avm, unsigned us, unsigned difference, unsigned bimodal)
{
	u16(&m->s[section], avm);
	u16(&m->s[section], us);
	buf_u8(&m->s[section], (uint8_t)difference);
	buf_u8(&m->s[section], (uint8_t)bimodal);
}

static void one_lead(struct maker *m, unsigned samples, unsigned difference, const void *data, size_t n)
{
	buf_add(&m->s[3], "\1\x0c", 2);
	lead(m, 1, samples, 2);
	waves(m, 6, 5000, 2000, difference, 0);
	u16(&m->s[6], (unsigned)n);
	buf_add(&m->s[6], data, n);
}

static void expect(const struct ecg *g, unsigned channel, const int32_t *want, size_t n)
{
	int32_t got[256];
	assert_true(n <= ARRAY_LEN(got));
	assert_int_equal(g->channel[channel].samples, n);
	ecg_read(g, channel, 0, n, got);
	for (size_t i = 0; i < n; i++)
		if (got[i] != want[i])
			fail_msg("sample %zu: %d, not %d", i, got[i], want[i]);
}

/* ---- ways of storing ---- */

static void plain_words(void **state)
{
	struct maker m;
	struct ecg_test t;
	make(&m);
	one_lead(&m, 4, 0, "\1\0\xff\xff\xff\x7f\0\x81", 8);
	assert_int_equal(open_made(&m, &t), 0);
	expect(t.g, 0, (int32_t[]){1, -1, 32767, -32512}, 4);
	assert_true(t.g->rate == 500 && t.g->channel[0].scale == 5 && t.g->channel[0].lead == ECG_LEAD_II && t.g->channel[0].ecg);
	assert_true(ecg_warned(t.g, "section 1 is missing"));
	assert_int_equal(t.g->warning_count, 1); /* its checksums by the slow way are right */
	ecg_test_done(&t);
}

static void first_differences_in_the_standard_table(void **state)
{
	struct maker m;
	struct ecg_test t;
	make(&m);
	u16(&m.s[2], 19999);
	/* 5 1 0 -2: 1111100 100 0 1101, and a 0 to fill up, which is no sample */
	one_lead(&m, 4, 1, "\xf9\x1a", 2);
	assert_int_equal(open_made(&m, &t), 0);
	expect(t.g, 0, (int32_t[]){5, 6, 6, 4}, 4);
	ecg_test_done(&t);
}

static void second_differences_with_both_escapes(void **state)
{
	struct maker m;
	struct ecg_test t;
	make(&m);
	u16(&m.s[2], 19999);
	/* 100: 1111111110 01100100; -300: 1111111111 1111111011010100; 8: 1111111100; -9: 1111111110 11110111
	 * 11111111 10011001 00111111 11111111 11101101 01001111 11110011 11111110 11110111 */
	one_lead(&m, 4, 2, "\xff\x99\x3f\xff\xed\x4f\xf3\xfe\xf7", 9);
	assert_int_equal(open_made(&m, &t), 0);
	expect(t.g, 0, (int32_t[]){100, -300, -692, -1093}, 4); /* 8 + 2 * -300 - 100; -9 + 2 * -692 + 300 */
	ecg_test_done(&t);
}

static void table_code(struct buf *b, unsigned prefix, unsigned total, unsigned mode, int base, uint32_t bits)
{
	buf_u8(b, (uint8_t)prefix);
	buf_u8(b, (uint8_t)total);
	buf_u8(b, (uint8_t)mode);
	u16(b, (uint16_t)base);
	buf_u32le(b, bits);
}

/* Table 1: 0 -> 0; 10 xxxx -> 3 + x; 110 -> table 2; 1110 0000 0000 1 (13 bits) -> 777. Table 2: 0 -> 100; 1 -> table 1. Prefixes stand with their first bit lowest. */
static void own_tables_that_take_turns(void **state)
{
	struct maker m;
	struct ecg_test t;
	make(&m);
	u16(&m.s[2], 2);
	u16(&m.s[2], 4);
	table_code(&m.s[2], 1, 1, 1, 0, 0);
	table_code(&m.s[2], 2, 6, 1, 3, 1);
	table_code(&m.s[2], 3, 3, 0, 2, 3);
	table_code(&m.s[2], 13, 13, 1, 777, 0x1007);
	u16(&m.s[2], 2);
	table_code(&m.s[2], 1, 1, 1, 100, 0);
	table_code(&m.s[2], 1, 1, 0, 1, 1);
	/* 0 | 10 0101 | 10 1000 | 110 (table 2) 0 0 1 (table 1) 0 | 1110000000001 | 0
	 * 01001011 01000110 00101110 00000000 10 */
	one_lead(&m, 8, 0, "\x4b\x46\x2e\x00\x80", 5);
	assert_int_equal(open_made(&m, &t), 0);
	expect(t.g, 0, (int32_t[]){0, 8, -5, 100, 100, 0, 777, 0}, 8);
	ecg_test_done(&t);
}

/* A stretch of 16 samples with a zone of 5 to 8 that is stored whole; a reference beat of 4 samples that was subtracted from 5 to 8; outside, averages of 4. */
static void reference_beat_and_bimodal(void **state)
{
	struct maker m;
	struct ecg_test t;
	make(&m);
	buf_add(&m.s[3], "\1\x0d", 2);
	lead(&m, 1, 16, 1);
	u16(&m.s[4], 16); /* ms */
	u16(&m.s[4], 2);  /* the second sample of it is the fiducial one */
	u16(&m.s[4], 1);
	u16(&m.s[4], 0);
	buf_u32le(&m.s[4], 5);
	buf_u32le(&m.s[4], 6);
	buf_u32le(&m.s[4], 8);
	buf_u32le(&m.s[4], 5);
	buf_u32le(&m.s[4], 8);
	waves(&m, 5, 2500, 4000, 0, 0);
	u16(&m.s[5], 8);
	u16(&m.s[5], 10), u16(&m.s[5], 100), u16(&m.s[5], (uint16_t)-50), u16(&m.s[5], 4);
	waves(&m, 6, 5000, 16000, 1, 1);
	u16(&m.s[6], 14);
	/* averages 8 | 1 2 3 4 | 20 40, as first differences */
	const int16_t d[] = {8, -7, 1, 1, 1, 16, 20};
	for (size_t i = 0; i < ARRAY_LEN(d); i++)
		u16(&m.s[6], (uint16_t)d[i]);
	assert_int_equal(open_made(&m, &t), 0);
	assert_true(t.g->rate == 250 && t.g->channel[0].scale == 5);
	/* the reference beat's steps are half of the rhythm's: 5 50 -25 2. From 20 to 40 the line goes 5 a sample, through 20 and 40 in the middles of their fours. */
	expect(t.g, 0, (int32_t[]){8, 8, 8, 8, 1 + 5, 2 + 50, 3 - 25, 4 + 2, 20, 20, 23, 28, 33, 38, 40, 40}, 16);
	assert_non_null(t.g->median);
	expect(t.g->median, 0, (int32_t[]){10, 100, -50, 4}, 4);
	assert_int_equal(t.g->mark_count, 1);
	assert_true(t.g->marks[0].at == 5 && t.g->marks[0].class == 'N');
	ecg_test_done(&t);
}

static void leads_one_after_the_other(void **state)
{
	struct maker m;
	struct ecg_test t;
	make(&m);
	buf_add(&m.s[3], "\2\0", 2);
	lead(&m, 1, 3, 1);
	lead(&m, 4, 5, 62);
	waves(&m, 6, 1000, 4000, 0, 0);
	u16(&m.s[6], 6);
	u16(&m.s[6], 4);
	buf_add(&m.s[6], "\1\0\2\0\3\0\4\0\5\0", 10);
	assert_int_equal(open_made(&m, &t), 0);
	expect(t.g, 0, (int32_t[]){1, 2, 3}, 3);
	expect(t.g, 1, (int32_t[]){ECG_GAP, ECG_GAP, ECG_GAP, 4, 5}, 5);
	assert_int_equal(t.g->channel[1].lead, ECG_LEAD_AVR);
	assert_int_equal(t.g->samples, 5);
	int16_t s[5];
	ecg_read16(t.g, 1, 0, 5, s);
	assert_true(s[2] == ECG_GAP16 && s[3] == 4);
	ecg_test_done(&t);
}

/* ---- slips ---- */

static void small(struct maker *m)
{
	make(m);
	one_lead(m, 2, 0, "\1\0\2\0", 4);
}

static void slips_of_devices(void **state)
{
	struct maker m;
	struct ecg_test t;
	small(&m);
	m.from0 = m.nameless = true;
	assert_int_equal(open_made(&m, &t), 0);
	assert_true(ecg_warned(t.g, "counted from 0"));
	expect(t.g, 0, (int32_t[]){1, 2}, 2);
	ecg_test_done(&t);

	small(&m);
	m.lost = true;
	assert_int_equal(open_made(&m, &t), 0);
	assert_true(ecg_warned(t.g, "without a pointer"));
	expect(t.g, 0, (int32_t[]){1, 2}, 2);

	t.file[0].b.p[t.file[0].b.n - 1] ^= 1; /* a bit of the last sample */
	t.file[0].b.p[4] ^= 0x40;              /* and the length */
	assert_int_equal(ecg_test_open(&t, "x.scp"), 0);
	assert_true(ecg_warned(t.g, "record says") && ecg_warned(t.g, "checksum is wrong of section 6"));
	ecg_test_done(&t);

	make(&m); /* fewer samples than section 3 says */
	one_lead(&m, 5, 0, "\1\0\2\0", 4);
	assert_int_equal(open_made(&m, &t), 0);
	assert_true(ecg_warned(t.g, "2 samples of 5"));
	expect(t.g, 0, (int32_t[]){1, 2}, 2);
	ecg_test_done(&t);
}

static void refuse(struct maker *m, const char *why)
{
	struct ecg_test t;
	assert_true(open_made(m, &t) < 0);
	if (!strstr(t.e.text, why))
		fail_msg("it says \"%s\", not \"%s\"", t.e.text, why);
	ecg_test_done(&t);
}

static void what_cannot_be_told_is_refused(void **state)
{
	struct maker m;
	small(&m);
	buf_reset(&m.s[6]);
	refuse(&m, "no rhythm data");
	small(&m);
	buf_reset(&m.s[6]);
	u16(&m.s[12], 1);
	refuse(&m, "long-term");
	small(&m);
	buf_reset(&m.s[3]);
	refuse(&m, "which leads");
	small(&m);
	m.s[3].p[1] |= 1;
	refuse(&m, "reference beat was subtracted");
	small(&m);
	m.s[6].p[0] = m.s[6].p[1] = 0;
	refuse(&m, "cannot be");
	small(&m);
	m.s[6].p[4] = 3;
	refuse(&m, "difference 3");
	small(&m);
	m.s[3].p[0] = 65;
	refuse(&m, "65 leads");
	small(&m);
	u16(&m.s[2], 1), u16(&m.s[2], 1);
	table_code(&m.s[2], 4, 3, 1, 0, 0);
	refuse(&m, "Huffman");
	small(&m);
	u16(&m.s[2], 1), u16(&m.s[2], 9);
	refuse(&m, "cut off");
	small(&m);
	u16(&m.s[2], 1), u16(&m.s[2], 1);
	table_code(&m.s[2], 1, 1, 0, 2, 0);
	refuse(&m, "goes on with table 2 of 1");
	make(&m);
	u16(&m.s[2], 19999);
	one_lead(&m, 5, 0, "", 0);
	refuse(&m, "not one sample");
	small(&m);
	m.s[6].p[5] = 1; /* bimodal; section 5 of an interval that does not divide it */
	waves(&m, 5, 1000, 1999, 0, 0);
	u16(&m.s[5], 0);
	refuse(&m, "cannot be undone");
}

/* As many QRS complexes as section 4 can name, each over the whole lead, of a reference beat as long: the work stays in proportion. */
static void hostile_beats_cost_little(void **state)
{
	struct maker m;
	struct ecg_test t;
	make(&m);
	enum { N = 32000 };
	static uint8_t zeros[2 * N];
	buf_add(&m.s[3], "\1\x0d", 2);
	lead(&m, 1, N, 1);
	u16(&m.s[4], 64000);
	u16(&m.s[4], 1);
	u16(&m.s[4], 65535);
	for (int i = 0; i < 65535; i++) {
		u16(&m.s[4], 0);
		buf_u32le(&m.s[4], 1);
		buf_u32le(&m.s[4], 1);
		buf_u32le(&m.s[4], N);
	}
	for (unsigned i = 5; i <= 6; i++) {
		waves(&m, i, 1000, 2000, 0, 0);
		u16(&m.s[i], 2 * N);
		buf_add(&m.s[i], zeros, sizeof zeros);
	}
	struct timespec a, b;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	assert_int_equal(open_made(&m, &t), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	assert_in_range((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000, 0, 500); /* 2 thousand million additions would take seconds */
	ecg_test_done(&t);
}

/* ---- who, and what is said of it ---- */

static void tag(struct maker *m, unsigned id, const void *p, size_t n)
{
	buf_u8(&m->s[1], (uint8_t)id);
	u16(&m->s[1], (unsigned)n);
	buf_add(&m->s[1], p, n);
}
#define TAG(m, id, literal) tag(m, id, literal, sizeof(literal) - 1)

static void is(struct slice s, const char *want)
{
	if (!slice_eq_str(s, want))
		fail_msg("\"%.*s\", not \"%s\"", SLICE_FMT(s), want);
}

static void patient_and_device(void **state)
{
	struct maker m;
	struct ecg_test t;
	small(&m);
	TAG(&m, 0, "Papad\xef\x70oulos\0"); /* ISO 8859-7 by tag 14 */
	TAG(&m, 1, "\xc5\xeb\xdd\xed\xe7\0");
	TAG(&m, 2, "4711\0");
	TAG(&m, 4, "\x3f\0\1");
	TAG(&m, 5, "\xa1\7\5\x08");
	TAG(&m, 6, "\x46\0\2"); /* 70 inches */
	TAG(&m, 7, "\x10\x27\2"); /* 10,000 g */
	TAG(&m, 8, "\2");
	TAG(&m, 10, "\0\0\0digoxin\0");
	TAG(&m, 10, "\0\0\0aspirin\0");
	TAG(&m, 13, "chest pain\0");
	TAG(&m, 14, "\0\0\0\0\0\0\1\x11" "AT-10\0\x14\x90\x23\0\0" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\4" "A1.\0SN-9\0DEV\0SCP\0\0");
	TAG(&m, 16, "Clinic\0");
	TAG(&m, 18, "Ward 4\0");
	TAG(&m, 20, "Dr. Who\0");
	TAG(&m, 25, "\xea\7\x0b\x16");
	TAG(&m, 26, "\x17\x3b\7");
	TAG(&m, 27, "\5\0");
	TAG(&m, 28, "\x96\0");
	TAG(&m, 29, "\2");
	TAG(&m, 30, "after exercise\0");
	TAG(&m, 31, "000123\0");
	TAG(&m, 34, "\xd4\xfe\0\0\0"); /* -300 minutes */
	TAG(&m, 35, "asthma\0");
	TAG(&m, 255, "");
	assert_int_equal(open_made(&m, &t), 0);
	const struct ecg *g = t.g;
	is(g->person.family, "Papad\xce\xbfpoulos");
	is(g->person.given, "\xce\x95\xce\xbb\xce\xad\xce\xbd\xce\xb7");
	is(g->person.id, "4711");
	is(g->person.age, "63 a");
	is(g->person.birth, "1953-05-08");
	is(g->person.height_cm, "177.8");
	is(g->person.weight_kg, "10");
	is(g->person.sex, "female");
	is(g->medication, "digoxin, aspirin");
	is(g->indication, "chest pain");
	is(g->device, "AT-10");
	is(g->maker, "Schiller");
	is(g->serial, "SN-9");
	is(g->software, "A1.");
	is(g->site, "Clinic, Ward 4");
	is(g->physician, "Dr. Who");
	is(g->study, "000123");
	is(g->start, "2026-11-22T23:59:07-05:00");
	is(g->channel[0].filter, "high-pass 0.05 Hz, low-pass 150 Hz, notch 50 Hz");
	assert_true(ecg_noted(g, "after exercise") && ecg_noted(g, "history: asthma"));
	assert_int_equal(g->warning_count, 0);
	ecg_test_done(&t);
}

/* A tag that is put together of its repetitions, as often as section 1 has room for in a megabyte: no copy of a copy of a copy. */
static void repeated_tags_cost_little(void **state)
{
	struct maker m;
	struct ecg_test t;
	small(&m);
	for (int i = 0; i < 250000; i++)
		TAG(&m, i % 2 ? 16 : 13, "a");
	assert_int_equal(open_made(&m, &t), 0);
	assert_true(arena_used(t.a) < (size_t)32 << 20);
	ecg_test_done(&t);
}

static double stated(const struct ecg *g, const char *key)
{
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		if (!strcmp(s->key, key))
			return s->value;
	return NAN;
}

static void measurements_and_statements(void **state)
{
	struct maker m;
	struct ecg_test t;
	small(&m);
	/* one beat type, one spike, RR 800; P not there; QRS 100..190, T end 480; axes: none, 200 (is -160), 45 */
	buf_add(&m.s[7], "\1\1\x20\3\x2f\x75" "\x2e\x75\x2e\x75\x64\0\xbe\0\xe0\1\xe7\3\xc8\0\x2d\0" "\xfa\0\x9c\xff" "\1\1\1\0\xf4\1" "\1\0\0" "\x4b\0\x2f\x75\x9a\1\1\0\0", 43);
	buf_add(&m.s[8], "\1\xea\7\x0b\x16\0\0\0\2" "\1\x0d\0" "sinus rhythm\0" "\2\5\0" "LBBB\0", 9 + 3 + 13 + 3 + 5);
	buf_add(&m.s[11], "\1\xea\7\x0b\x16\0\0\0\1" "\1\6\0" "\1LBBB\0", 9 + 3 + 6);
	assert_int_equal(open_made(&m, &t), 0);
	const struct ecg *g = t.g;
	assert_true(stated(g, "rr_ms") == 800 && stated(g, "qrs_ms") == 90 && stated(g, "qt_ms") == 380 && stated(g, "rate_bpm") == 75 && stated(g, "qtc_ms") == 410);
	assert_true(isnan(stated(g, "pr_ms")) && isnan(stated(g, "p_axis_deg")) && stated(g, "qrs_axis_deg") == -160 && stated(g, "t_axis_deg") == 45);
	const struct ecg_note *n = g->notes;
	is(n->text, "pacemaker spike, -100 uV");
	assert_true(n->timed && n->at_s == 0.25 && !n->statement);
	is(n->next->text, "sinus rhythm");
	is(n->next->next->text, "LBBB");
	assert_true(n->next->statement && !n->next->next->next); /* section 11 says the same again */
	ecg_test_done(&t);
}

static void codes_where_there_are_no_words(void **state)
{
	struct maker m;
	struct ecg_test t;
	small(&m);
	buf_add(&m.s[11], "\1\xea\7\x0b\x16\0\0\0\2" "\1\x0b\0" "\1AFIB\0PROB\0" "\2\4\0" "\2NO\0", 9 + 3 + 11 + 3 + 4);
	assert_int_equal(open_made(&m, &t), 0);
	is(t.g->notes->text, "AFIB PROB");
	is(t.g->notes->code, "AFIB PROB");
	is(t.g->notes->next->text, "NO");
	assert_true(!t.g->notes->next->code.n && t.g->notes->next->statement);
	ecg_test_done(&t);
}

static void cut_at_every_byte(void **state)
{
	struct maker m;
	struct ecg_test t;
	small(&m);
	TAG(&m, 2, "4711\0");
	buf_add(&m.s[8], "\1\xea\7\x0b\x16\0\0\0\1" "\1\5\0" "LBBB\0", 17);
	assert_int_equal(open_made(&m, &t), 0);
	size_t whole = t.file[0].b.n;
	for (size_t n = whole; n-- > 0;) { /* each in memory of its own size, so that a sanitizer sees a byte too far */
		uint8_t *p = malloc(n ? n : 1);
		struct ecg *g;
		struct err e = {0};
		memcpy(p, t.file[0].b.p, n);
		int r = ecg_open(slice_of(p, n), SLICE("x.scp"), NULL, t.a, &g, &e);
		assert_true(r == 0 || e.text[0]);
		assert_true(r < 0 || g->warning_count);
		free(p);
	}
	ecg_test_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_words),
		cmocka_unit_test(first_differences_in_the_standard_table),
		cmocka_unit_test(second_differences_with_both_escapes),
		cmocka_unit_test(own_tables_that_take_turns),
		cmocka_unit_test(reference_beat_and_bimodal),
		cmocka_unit_test(leads_one_after_the_other),
		cmocka_unit_test(slips_of_devices),
		cmocka_unit_test(what_cannot_be_told_is_refused),
		cmocka_unit_test(hostile_beats_cost_little),
		cmocka_unit_test(patient_and_device),
		cmocka_unit_test(repeated_tags_cost_little),
		cmocka_unit_test(measurements_and_statements),
		cmocka_unit_test(codes_where_there_are_no_words),
		cmocka_unit_test(cut_at_every_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
