/* DICOM waveforms that a test makes up element by element: every encoding, every kind of sample, slips, and what must be refused. The maker shares no code with the writer. */
#include "ecg_test.h"

struct maker {
	struct buf b;
	bool big, implicit, undefined; /* undefined: lengths of sequences and items */
};

static void u16(struct maker *m, unsigned v)
{
	buf_u8(&m->b, (uint8_t)(m->big ? v >> 8 : v));
	buf_u8(&m->b, (uint8_t)(m->big ? v : v >> 8));
}

static void u32(struct maker *m, uint32_t v)
{
	u16(m, m->big ? v >> 16 : v & 0xffff);
	u16(m, m->big ? v & 0xffff : v >> 16);
}

static void head(struct maker *m, unsigned group, unsigned element, const char *vr, uint32_t n)
{
	u16(m, group);
	u16(m, element);
	if (m->implicit) {
		u32(m, n);
		return;
	}
	buf_add(&m->b, vr, 2);
	if (!strcmp(vr, "SQ") || !strcmp(vr, "OW") || !strcmp(vr, "OB") || !strcmp(vr, "UN")) {
		u16(m, 0);
		u32(m, n);
	} else {
		u16(m, n);
	}
}

static void text(struct maker *m, unsigned group, unsigned element, const char *vr, const char *v)
{
	size_t n = strlen(v);
	head(m, group, element, vr, (uint32_t)(n + n % 2));
	buf_str(&m->b, v);
	if (n % 2)
		buf_u8(&m->b, ' ');
}

static void number(struct maker *m, unsigned group, unsigned element, const char *vr, uint32_t v)
{
	head(m, group, element, vr, !strcmp(vr, "US") ? 2 : 4);
	if (!strcmp(vr, "US"))
		u16(m, v);
	else
		u32(m, v);
}

/* A sequence, or an item (element 0xe000): where its length stands, to be filled in at its end. */
static size_t begin(struct maker *m, unsigned group, unsigned element)
{
	if (group == 0xfffe) {
		u16(m, group);
		u16(m, element);
		u32(m, UINT32_MAX);
	} else {
		head(m, group, element, "SQ", UINT32_MAX);
	}
	return m->b.n;
}

static void end(struct maker *m, size_t from, bool item)
{
	if (m->undefined) {
		u16(m, 0xfffe);
		u16(m, item ? 0xe00d : 0xe0dd);
		u32(m, 0);
		return;
	}
	uint32_t n = (uint32_t)(m->b.n - from);
	for (int i = 0; i < 4; i++)
		m->b.p[from - 4 + (size_t)i] = (uint8_t)(n >> (m->big ? 24 - 8 * i : 8 * i));
}

static void code(struct maker *m, unsigned group, unsigned element, const char *value, const char *scheme, const char *meaning)
{
	size_t s = begin(m, group, element), i = begin(m, 0xfffe, 0xe000);
	text(m, 8, 0x100, "SH", value);
	text(m, 8, 0x102, "SH", scheme);
	text(m, 8, 0x104, "LO", meaning);
	end(m, i, true);
	end(m, s, false);
}

struct wave {
	const char *label, *offset, *rate, *form;
	unsigned bits, channels;
	uint32_t samples;
	const char *source[3], *sensitivity, *correction, *baseline, *unit;
	const char *padding;
	const uint8_t *data;
	size_t n;
};

static void group(struct maker *m, const struct wave *w)
{
	size_t g = begin(m, 0xfffe, 0xe000);
	if (w->offset)
		text(m, 0x18, 0x1068, "DS", w->offset);
	number(m, 0x3a, 5, "US", w->channels);
	number(m, 0x3a, 0x10, "UL", w->samples);
	text(m, 0x3a, 0x1a, "DS", w->rate);
	if (w->label)
		text(m, 0x3a, 0x20, "SH", w->label);
	size_t defs = begin(m, 0x3a, 0x200);
	for (unsigned i = 0; i < w->channels; i++) {
		size_t d = begin(m, 0xfffe, 0xe000);
		code(m, 0x3a, 0x208, w->source[i], w->source[i][0] == '2' ? "MDC" : "SCPECG", "wedge pressure");
		text(m, 0x3a, 0x210, "DS", w->sensitivity);
		code(m, 0x3a, 0x211, w->unit, "UCUM", w->unit[0] == '3' ? "microvolt" : "a unit");
		text(m, 0x3a, 0x212, "DS", w->correction);
		text(m, 0x3a, 0x213, "DS", w->baseline);
		text(m, 0x3a, 0x220, "DS", "0.05");
		text(m, 0x3a, 0x221, "DS", "150");
		end(m, d, true);
	}
	end(m, defs, false);
	number(m, 0x5400, 0x1004, "US", w->bits);
	text(m, 0x5400, 0x1006, "CS", w->form);
	if (w->padding) {
		head(m, 0x5400, 0x100a, w->bits == 8 ? "OB" : "OW", w->bits == 8 ? 2 : w->bits / 8);
		buf_add(&m->b, w->padding, w->bits == 8 ? 2 : w->bits / 8);
	}
	head(m, 0x5400, 0x1010, w->bits == 8 ? "OB" : "OW", (uint32_t)w->n);
	buf_add(&m->b, w->data, w->n);
	end(m, g, true);
}

static const struct wave two = {"RHYTHM", "0", "250", "SS", 16, 2, 3, {"2:2", "5.6.3-9-62", NULL}, "2.5", "2", "-50", "uV", NULL, (const uint8_t *)"\1\0\xff\xff\2\0\xfe\xff\3\0\xfd\xff", 12};

static void start(struct maker *m, bool part10)
{
	buf_init(&m->b, 1 << 20);
	if (!part10)
		return;
	struct maker meta = {0};
	static const uint8_t preamble[128];
	buf_init(&meta.b, 4096);
	text(&meta, 2, 0x10, "UI", m->big ? "1.2.840.10008.1.2.2" : m->implicit ? "1.2.840.10008.1.2" : "1.2.840.10008.1.2.1");
	buf_add(&m->b, preamble, sizeof preamble);
	buf_str(&m->b, "DICM");
	bool big = m->big, implicit = m->implicit;
	m->big = m->implicit = false;
	number(m, 2, 0, "UL", (uint32_t)meta.b.n);
	m->big = big;
	m->implicit = implicit;
	buf_add(&m->b, meta.b.p, meta.b.n);
	buf_done(&meta.b);
}

static void object(struct maker *m, const struct wave *w, size_t groups)
{
	text(m, 8, 5, "CS", "ISO_IR 144");
	text(m, 8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.9.1.2");
	text(m, 8, 0x2a, "DT", "20261122031205.250");
	text(m, 8, 0x50, "SH", "A-77");
	text(m, 8, 0x70, "LO", "Maker");
	text(m, 8, 0x90, "PN", "Who^Peter^^Dr.");
	text(m, 8, 0x201, "SH", "-0330");
	text(m, 0x10, 0x10, "PN", "\xb8\xd2\xd0\xdd\xde\xd2^\xb0\xdd\xdd\xd0=x=y");
	text(m, 0x10, 0x20, "LO", "4711");
	text(m, 0x10, 0x30, "DA", "19530508");
	text(m, 0x10, 0x40, "CS", "F");
	text(m, 0x10, 0x1010, "AS", "063Y");
	text(m, 0x10, 0x1020, "DS", "1.755");
	size_t s = begin(m, 0x5400, 0x100);
	for (size_t i = 0; i < groups; i++)
		group(m, &w[i]);
	end(m, s, false);
}

static int open_made(struct maker *m, struct ecg_test *t)
{
	ecg_test_init(t, NULL);
	ecg_test_add(t, "x.dcm", m->b.p, m->b.n);
	buf_done(&m->b);
	return ecg_test_open(t, "x.dcm");
}

static void expect(const struct ecg *g, unsigned channel, const int32_t *want, size_t n)
{
	int32_t got[64];
	int16_t small[64];
	assert_true(n <= ARRAY_LEN(got));
	assert_int_equal(g->channel[channel].samples, n);
	ecg_read(g, channel, 0, n, got);
	ecg_read16(g, channel, 0, n, small);
	for (size_t i = 0; i < n; i++) {
		if (got[i] != want[i])
			fail_msg("sample %zu: %d, not %d", i, got[i], want[i]);
		if (g->channel[channel].bits <= 16)
			assert_int_equal(small[i], want[i] == ECG_GAP ? ECG_GAP16 : want[i]);
	}
}

static void is(struct slice s, const char *want)
{
	if (!slice_eq_str(s, want))
		fail_msg("\"%.*s\", not \"%s\"", SLICE_FMT(s), want);
}

/* ---- encodings ---- */

static void every_encoding_says_the_same(void **state)
{
	static const uint8_t swapped[] = {0, 1, 0xff, 0xff, 0, 2, 0xff, 0xfe, 0, 3, 0xff, 0xfd};
	for (unsigned i = 0; i < 12; i++) {
		struct maker m = {.big = i % 3 == 2, .implicit = i % 3 == 1, .undefined = i / 3 % 2};
		struct wave w = two;
		struct ecg_test t;
		if (m.big)
			w.data = swapped;
		start(&m, i >= 6);
		object(&m, &w, 1);
		if (open_made(&m, &t) < 0)
			fail_msg("encoding %u: %s", i, t.e.text);
		const struct ecg *g = t.g;
		assert_int_equal(g->channels, 2);
		assert_true(g->channel[0].lead == ECG_LEAD_II && g->channel[1].lead == ECG_LEAD_AVR && g->channel[0].ecg);
		assert_true(g->rate == 250 && g->channel[0].scale == 5 && g->channel[0].baseline == 10);
		expect(g, 0, (int32_t[]){1, 2, 3}, 3);
		expect(g, 1, (int32_t[]){-1, -2, -3}, 3);
		float uv[3];
		ecg_read_uv(g, 0, 0, 3, uv);
		assert_true(uv[0] == -45 && uv[2] == -35); /* sample x 2.5 x 2 - 50 */
		is(g->start, "2026-11-22T03:12:05.250-03:30");
		is(g->person.family, "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2");
		is(g->person.given, "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0");
		is(g->person.birth, "1953-05-08");
		is(g->person.sex, "female");
		is(g->person.age, "63 a");
		is(g->person.height_cm, "175.5");
		is(g->order, "A-77");
		is(g->physician, "Dr. Peter Who");
		is(g->version, "General ECG");
		is(g->channel[1].filter, "high-pass 0.05 Hz, low-pass 150 Hz");
		assert_int_equal(g->warning_count, 0);
		ecg_test_done(&t);
	}
}

static void the_syntax_named_is_not_the_one_used(void **state)
{
	struct maker m = {.implicit = false};
	struct ecg_test t;
	start(&m, true);
	m.implicit = true;
	object(&m, &two, 1);
	assert_int_equal(open_made(&m, &t), 0);
	assert_true(ecg_warned(t.g, "transfer syntax"));
	expect(t.g, 0, (int32_t[]){1, 2, 3}, 3);
	ecg_test_done(&t);
}

/* Private elements of unknown VR and undefined length stand in the way: a sequence in implicit little endian. */
static void unknown_sequences_are_stepped_over(void **state)
{
	struct maker m = {.undefined = true};
	struct ecg_test t;
	start(&m, true);
	text(&m, 8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.9.1.1");
	head(&m, 9, 0x1001, "UN", UINT32_MAX);
	m.implicit = true;
	size_t i = begin(&m, 0xfffe, 0xe000);
	code(&m, 9, 0x1002, "a", "b", "c");
	end(&m, i, true);
	end(&m, 0, false);
	m.implicit = false;
	size_t s = begin(&m, 0x5400, 0x100);
	group(&m, &two);
	end(&m, s, false);
	assert_int_equal(open_made(&m, &t), 0);
	expect(t.g, 1, (int32_t[]){-1, -2, -3}, 3);
	ecg_test_done(&t);
}

/* ---- samples ---- */

static void kinds_of_samples(void **state)
{
	static const struct {
		const char *form;
		unsigned bits;
		const char *data, *padding;
		int32_t want[3], baseline;
	} cases[] = {
		{"SS", 16, "\1\0\0\x80\xff\x7f", NULL, {1, ECG_GAP, 32767}, 0},
		{"SS", 16, "\1\0\xff\x7f\2\0", "\xff\x7f", {1, ECG_GAP, 2}, 0},
		{"SS", 16, "\1\0\0\0\2\0", "\0\0", {1, 0, 2}, 0}, /* 0 as padding is a file's slip: samples are 0 now and then */
		{"US", 16, "\0\x80\xff\xff\1\0", NULL, {0, 32767, -32767}, -32768},
		{"SB", 8, "\1\xff\x7f\0", NULL, {1, -1, 127}, 0},
		{"UB", 8, "\1\xff\x7f\0", NULL, {1, 255, 127}, 0},
		{"SL", 32, "\1\0\0\0\xff\xff\xff\xff\0\0\1\0", NULL, {1, -1, 65536}, 0},
		{"UL", 32, "\1\0\0\x80\0\0\0\x80\xff\xff\xff\x7f", NULL, {1, 0, -1}, INT32_MIN},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct maker m = {0};
		struct ecg_test t;
		size_t bytes = 3 * cases[i].bits / 8;
		struct wave w = {"RHYTHM", NULL, "500", cases[i].form, cases[i].bits, 1, 3, {"2:1", NULL}, "1", "1", "0", "mV", cases[i].padding, (const uint8_t *)cases[i].data, bytes + bytes % 2};
		start(&m, true);
		object(&m, &w, 1);
		if (open_made(&m, &t) < 0)
			fail_msg("case %zu: %s", i, t.e.text);
		if (cases[i].baseline != INT32_MIN) /* -2^31 + 0 is one more than a baseline holds: said in a warning */
			assert_int_equal(t.g->channel[0].baseline, cases[i].baseline);
		else
			assert_true(ecg_warned(t.g, "baseline"));
		expect(t.g, 0, cases[i].want, 3);
		assert_true(t.g->channel[0].scale == 1000 && t.g->channel[0].bits == cases[i].bits);
		ecg_test_done(&t);
	}
}

static void several_groups(void **state)
{
	struct maker m = {0};
	struct ecg_test t;
	struct wave w[4] = {two, two, two, two};
	w[1].label = "Median beats";
	w[1].rate = "1000"; /* beside a record of another rate: what most carts send */
	w[2] = (struct wave){"RHYTHM", "8", "500", "SS", 16, 1, 2, {"2:3", NULL}, "1", "1", "0", "uV", NULL, (const uint8_t *)"\7\0\x08\0", 4};
	w[3].form = "MB"; /* mu-law */
	w[3].bits = 8;
	start(&m, true);
	object(&m, w, 4);
	assert_int_equal(open_made(&m, &t), 0);
	assert_int_equal(t.g->channels, 3);
	assert_non_null(t.g->median);
	assert_true(t.g->median->rate == 1000 && t.g->channel[0].rate == 250);
	expect(t.g->median, 1, (int32_t[]){-1, -2, -3}, 3);
	expect(t.g, 2, (int32_t[]){ECG_GAP, ECG_GAP, ECG_GAP, ECG_GAP, 7, 8}, 6); /* 8 ms later */
	assert_true(t.g->channel[2].lead == ECG_LEAD_V1 && t.g->rate == 500 && t.g->samples == 6);
	assert_true(ecg_warned(t.g, "group 4"));
	ecg_test_done(&t);
}

static void fewer_samples_than_said(void **state)
{
	struct maker m = {0};
	struct ecg_test t;
	struct wave w = two;
	w.samples = 4000000000u;
	start(&m, true);
	object(&m, &w, 1);
	assert_int_equal(open_made(&m, &t), 0);
	expect(t.g, 0, (int32_t[]){1, 2, 3}, 3);
	assert_true(ecg_warned(t.g, "4000000000"));
	ecg_test_done(&t);
}

static void other_signals_are_kept_and_are_no_ecg(void **state)
{
	struct maker m = {0};
	struct ecg_test t;
	struct wave w = two;
	w.unit = "mm[Hg]";
	w.source[0] = "109034";
	start(&m, true);
	object(&m, &w, 1);
	assert_int_equal(open_made(&m, &t), 0);
	assert_true(!t.g->channel[0].ecg && !strcmp(t.g->channel[0].unit, "mm[Hg]"));
	assert_string_equal(t.g->channel[0].name, "wedge pressure");
	ecg_test_done(&t);
}

static void a_unit_by_its_meaning(void **state)
{
	struct maker m = {0};
	struct ecg_test t;
	struct wave w = two;
	w.unit = "3:4275";
	start(&m, true);
	object(&m, &w, 1);
	assert_int_equal(open_made(&m, &t), 0);
	assert_true(t.g->channel[0].ecg && t.g->channel[0].scale == 5 && !strcmp(t.g->channel[0].unit, "uV"));
	ecg_test_done(&t);
}

/* ---- annotations ---- */

static void annotation(struct maker *m, const char *value, const char *meaning, const char *numeric, const char *unit, const char *words, uint32_t at)
{
	size_t i = begin(m, 0xfffe, 0xe000);
	if (unit)
		code(m, 0x40, 0x8ea, unit, "UCUM", unit);
	code(m, 0x40, 0xa043, value, "MDC", meaning);
	head(m, 0x40, 0xa0b0, "US", 4);
	u16(m, 1);
	u16(m, at ? 2 : 0);
	if (at)
		number(m, 0x40, 0xa132, "UL", at);
	if (numeric)
		text(m, 0x40, 0xa30a, "DS", numeric);
	if (words)
		text(m, 0x70, 6, "ST", words);
	end(m, i, true);
}

static void annotations(void **state)
{
	for (int big = 0; big < 2; big++) {
		struct maker m = {.big = big};
		struct ecg_test t;
		start(&m, true);
		text(&m, 8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.9.1.1");
		size_t s = begin(&m, 0x40, 0xb020);
		annotation(&m, "2:15872", "whatever", "150", "ms", NULL, 0);
		annotation(&m, "X-1", "QTc Interval (Bazett)", "0.43", "s", NULL, 0);
		annotation(&m, "X-2", "QT Interval", "400", "ms", NULL, 0);
		annotation(&m, "X-3", "Some number", "1", "ms", NULL, 0);
		annotation(&m, "X-4", "Interpretation", NULL, NULL, "sinus rhythm", 0);
		annotation(&m, "X-5", "R peak", NULL, NULL, NULL, 3);
		end(&m, s, false);
		s = begin(&m, 0x5400, 0x100);
		group(&m, &two);
		end(&m, s, false);
		assert_int_equal(open_made(&m, &t), 0);
		const struct ecg_stated *x = t.g->stated;
		assert_true(!strcmp(x->key, "pr_ms") && x->value == 150);
		x = x->next;
		assert_true(!strcmp(x->key, "qtc_ms") && x->value == 430);
		x = x->next;
		assert_true(!strcmp(x->key, "qt_ms") && x->value == 400 && !x->next);
		const struct ecg_note *n = t.g->notes;
		is(n->text, "sinus rhythm");
		assert_true(n->statement && !n->timed);
		is(n->next->text, "R peak");
		assert_true(!n->next->statement && n->next->timed && n->next->at_s == 2 / 250.0 && n->next->channel == 1 && !n->next->next);
		ecg_test_done(&t);
	}
}

/* ---- refused ---- */

static void refuse(struct maker *m, const char *why)
{
	struct ecg_test t;
	assert_true(open_made(m, &t) < 0);
	if (!strstr(t.e.text, why))
		fail_msg("it says \"%s\", not \"%s\"", t.e.text, why);
	ecg_test_done(&t);
}

static void what_is_no_waveform(void **state)
{
	struct maker m = {0};
	start(&m, true);
	text(&m, 8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.104.1");
	head(&m, 0x42, 0x11, "OB", 4);
	buf_str(&m.b, "%PDF");
	refuse(&m, "document (PDF)");

	m = (struct maker){0};
	start(&m, true);
	text(&m, 8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.7");
	head(&m, 0x7fe0, 0x10, "OW", 2);
	u16(&m, 0);
	refuse(&m, "image");

	m = (struct maker){0};
	start(&m, true);
	text(&m, 8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.9.1.1");
	refuse(&m, "no waveform");

	m = (struct maker){0};
	start(&m, false);
	static const uint8_t preamble[128];
	buf_add(&m.b, preamble, sizeof preamble);
	buf_str(&m.b, "DICM");
	text(&m, 2, 0x10, "UI", "1.2.840.10008.1.2.1.99");
	buf_str(&m.b, "\x4b\xcc\x31\x12\x60\x65\x10\x60");
	refuse(&m, "deflated");

	struct wave w = two;
	w.form = "AB";
	w.bits = 8;
	m = (struct maker){0};
	start(&m, true);
	object(&m, &w, 1);
	refuse(&m, "coded in a way");
	w = two;
	w.rate = "0";
	m = (struct maker){0};
	start(&m, true);
	object(&m, &w, 1);
	refuse(&m, "samples a second");
	w = two;
	w.n = 2;
	m = (struct maker){0};
	start(&m, true);
	object(&m, &w, 1);
	refuse(&m, "no sample");
}

/* Sequences in sequences, a thousand deep: an error, and no stack. */
static void nested_too_deep(void **state)
{
	struct maker m = {.undefined = true};
	start(&m, true);
	text(&m, 8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.9.1.1");
	for (int i = 0; i < 1000; i++) {
		(void)begin(&m, 0x40, 0xa730);
		(void)begin(&m, 0xfffe, 0xe000);
	}
	refuse(&m, "damaged");
}

static void cut_at_every_byte(void **state)
{
	for (int undefined = 0; undefined < 2; undefined++) {
		struct maker m = {.undefined = undefined};
		struct ecg_test t;
		start(&m, true);
		object(&m, &two, 1);
		assert_int_equal(open_made(&m, &t), 0);
		for (size_t n = t.file[0].b.n; n-- > 0;) {
			uint8_t *p = malloc(n ? n : 1);
			struct ecg *g;
			struct err e = {0};
			memcpy(p, t.file[0].b.p, n);
			int r = ecg_open(slice_of(p, n), SLICE("x.dcm"), NULL, t.a, &g, &e);
			assert_true(r < 0 && e.text[0]);
			free(p);
		}
		ecg_test_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_encoding_says_the_same),
		cmocka_unit_test(the_syntax_named_is_not_the_one_used),
		cmocka_unit_test(unknown_sequences_are_stepped_over),
		cmocka_unit_test(kinds_of_samples),
		cmocka_unit_test(several_groups),
		cmocka_unit_test(fewer_samples_than_said),
		cmocka_unit_test(other_signals_are_kept_and_are_no_ecg),
		cmocka_unit_test(a_unit_by_its_meaning),
		cmocka_unit_test(annotations),
		cmocka_unit_test(what_is_no_waveform),
		cmocka_unit_test(nested_too_deep),
		cmocka_unit_test(cut_at_every_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
