/* What must hold for any message: it maps, twice to the same, its groups encode and decode to the same, and it takes linear time and bounded memory. On every beginning of every
 * fixture, on fixtures with bytes changed, and on messages made to hurt. (The whole corpus: test_facts_corpus.) */
#include "facts_test.h"

#include <glob.h>

static void same_again(struct slice message, struct arena *a, struct buf *one, struct buf *two)
{
	struct hl7_msg m;
	struct facts f, g;
	struct err e = {0};
	arena_reset(a);
	buf_reset(one);
	buf_reset(two);
	if (hl7_parse(message, a, &m, NULL, 0, NULL, &e) < 0)
		return;
	facts_init(&f, a);
	hl7_facts(&m, &f);
	facts_init(&g, a);
	hl7_facts(&m, &g);
	facts_dump(&f, one);
	facts_dump(&g, two);
	assert_true(buf_ok(one) && slice_eq(buf_slice(one), buf_slice(two)));
	for (struct fact_group *group = f.first; group; group = group->next) {
		struct facts back;
		buf_reset(one);
		buf_reset(two);
		facts_encode_group(&f, group, one);
		assert_int_equal(facts_decode_group(buf_slice(one), a, &back, &e), 0);
		facts_encode_group(&back, back.first, two);
		assert_true(slice_eq(buf_slice(one), buf_slice(two)));
	}
}

/* A copy in memory of its exact size, so that the sanitizer sees a byte read past it. */
static void check_exact(const uint8_t *p, size_t n, struct arena *a, struct buf *one, struct buf *two)
{
	uint8_t *copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, p, n);
	same_again(slice_of(copy, n), a, one, two);
	free(copy);
}

static void for_each_fixture(void (*check)(struct slice message, struct arena *a, struct buf *one, struct buf *two))
{
	glob_t g;
	assert_int_equal(glob(HF_SOURCE_DIR "/tests/data/hl7/facts-*.hl7", 0, NULL, &g), 0);
	AUTO_ARENA struct arena *a = arena_new(64 << 20);
	AUTO_BUF struct buf in = {0}, one = {0}, two = {0};
	buf_init(&in, 1 << 20);
	buf_init(&one, 16 << 20);
	buf_init(&two, 16 << 20);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		buf_reset(&in);
		load(g.gl_pathv[i], &in);
		struct hl7_file f;
		struct hl7_piece p;
		hl7_file_init(&f, buf_slice(&in));
		for (hl7_file_next(&f, &p); p.type != HL7_PIECE_END; hl7_file_next(&f, &p))
			if (p.type == HL7_PIECE_MESSAGE)
				check(p.bytes, a, &one, &two);
	}
	globfree(&g);
}

static void every_beginning(struct slice s, struct arena *a, struct buf *one, struct buf *two)
{
	for (size_t n = 0; n <= s.n; n++)
		check_exact(s.p, n, a, one, two);
}

static void beginnings(void **state)
{
	for_each_fixture(every_beginning);
}

static uint32_t seed = 20261122;
static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static void changed(struct slice s, struct arena *a, struct buf *one, struct buf *two)
{
	static const char bytes[] = "|^~\\&\r\n\"0 A9.\xff\x1f\x18";
	uint8_t *copy = malloc(s.n);
	assert_non_null(copy);
	for (int round = 0; round < 200; round++) {
		memcpy(copy, s.p, s.n);
		for (int k = 0; k < 1 + round % 5; k++)
			copy[next_random() % s.n] = (uint8_t)bytes[next_random() % (sizeof bytes - 1)];
		same_again(slice_of(copy, s.n), a, one, two);
	}
	free(copy);
}

static void changes(void **state)
{
	for_each_fixture(changed);
}

/* Every type of the list is found, and nothing else: the table is searched by halves, so its order matters. */
static void the_list(void **state)
{
	static const char *const on[] = {
		"ADT^A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A16 A17 A18 A21 A22 A23 A24 A25 A26 A27 A28 A29 A30 A31 A32 A33 A34 A35 A36 A37 A38 A39 A40 A41 A42 A43 A44 A45 A46 A47 A48 A49 A50 A51 A52 A53 A54 A55 A60 A61 A62",
		"BAR^P01 P02 P05 P06 P10 P12", "DFT^P03 P11", "MDM^T01 T02 T03 T04 T05 T06 T07 T08 T09 T10 T11", "OMD^O03", "OMG^O19", "OMI^O23", "OML^O21 O33 O35", "OMN^O07", "OMP^O09", "OMS^O05", "ORM^O01",
		"ORU^R01 R03 R30 R31 R32 R40", "OUL^R21 R22 R23 R24", "PGL^PC6 PC7 PC8", "PPR^PC1 PC2 PC3", "RAS^O01 O17", "RDE^O01 O11 O25", "RDS^O01 O13", "RGV^O01 O15",
		"SIU^S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26", "VXU^V04",
	};
	static const char *const off[] = {"ADT^A19 A56 A59 A63 Z01", "ORU^W01 R02", "SIU^S11 S25 S27", "QRY^A19", "ACK^A01", "ORR^O02", "MFK^M02", "RSP^K22", "ZZZ^Z01", "VXQ^V01"};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	for (int k = 0; k < 2; k++) {
		const char *const *list = k ? off : on;
		for (size_t i = 0; i < (k ? ARRAY_LEN(off) : ARRAY_LEN(on)); i++)
			for (const char *event = list[i] + 4; *event; event += event[3] ? 4 : 3) {
				char text[200];
				snprintf(text, sizeof text, "MSH|^~\\&|A|B|C|D|2026||%.3s^%.3s|1|P|2.5\rPID|||1^^^H^MR||Doe\r", list[i], event);
				struct hl7_msg m;
				struct facts f;
				read_facts(slice_str(text), a, &m, &f);
				if (f.uninterpreted != (k == 1))
					fail_msg("%.3s^%.3s: uninterpreted is %d", list[i], event, f.uninterpreted);
				/* whatever it is, who it is about is known */
				assert_slice(f.first->id.value, "1");
				arena_reset(a);
			}
	}
}

/* Messages of a hundred thousand segments, each kind after each: what looks ahead or back must not make them square. */
static void hostile_sizes(void **state)
{
	static const struct {
		const char *type, *start, *repeat;
	} rows[] = {
		{"ADT^A40", "", "PID|||%d^^^H^MR\rMRG|M%d^^^H^MR\r"},
		{"ADT^A40", "PID|||1^^^H^MR\r", "MRG|M%d^^^H^MR\r"},
		{"ADT^A51", "PID|||1^^^H^MR\r", "MRG|1||||||V%d\r"},
		{"ADT^A14", "", "PID|||%d^^^H^MR\r"},
		{"ADT^A24", "", "PID|||%d^^^H^MR\r"},
		{"ADT^A08", "", "PID|||7^^^H^MR\rAL1|1||NKA\rAL1|2||X%d\r"},
		{"ADT^A08", "PID|||1^^^H^MR\r", "NTE|1||note %d\r"},
		{"ORM^O01", "PID|||1^^^H^MR\r", "ORC|NW|%d\r"},
		{"ORM^O01", "PID|||1^^^H^MR\rORC|NW|1\r", "OBR|1|%d||X\r"},
		{"ORM^O01", "PID|||1^^^H^MR\rORC|NW|1\r", "TQ1|1||Q%dH\r"},
		{"ORM^O01", "PID|||1^^^H^MR\rORC|NW|1\rOBR|1|||X\r", "SPM|%d\r"},
		{"RDE^O11", "PID|||1^^^H^MR\rORC|NW|1\r", "RXE|^Q%dH|X%d\r"},
		{"RDE^O11", "PID|||1^^^H^MR\rORC|NW|1\r", "NTE|1||n%d\rRXE||787481004\r"},
		{"RDE^O11", "PID|||1^^^H^MR\rORC|NW|1\rRXE||X\r", "RXC|A|X%d\rRXR|PO%d\r"},
		{"RAS^O17", "PID|||1^^^H^MR\rORC|NW|1\r", "RXA|0|%d|2026||X\rRXR|PO\r"},
		{"RAS^O17", "PID|||1^^^H^MR\rORC|NW|1\r", "RXA|0|%d|2026||X\r"},
		{"RAS^O17", "PID|||1^^^H^MR\rORC|NW|1\rRXA|0|1|2026||X\r", "RXR|PO%d\r"},
		{"ORU^R01", "PID|||1^^^H^MR\r", "OBR|1||%d|X\r"},
		{"ORU^R01", "PID|||1^^^H^MR\r", "ORC|RE|%d\r"},
		{"ORU^R01", "PID|||1^^^H^MR\rOBR|1||1|X\r", "OBX|1|TX|X||line %d||||||F\r"},
		{"ORU^R01", "PID|||1^^^H^MR\rOBR|1||1|X\r", "OBX|1|TX|X%d||line||||||F\rNTE|1||n\r"},
		{"ORU^R01", "PID|||1^^^H^MR\rOBR|1||1|X|||||||||||||||||||LAB\r", "OBX|1|TX|X||line %d||||||F\r"},
		{"ORU^R01", "PID|||1^^^H^MR\rOBR|1||1|X|||||||||||||||||||LAB\r", "OBX|1|TX|X|%d|line||||||F\r"},
		{"OUL^R22", "PID|||1^^^H^MR\rOBR|1||1|X\rNTE|1||n\r", "ORC|RE|%d\r"},
		{"MDM^T02", "PID|||1^^^H^MR\rTXA|1|X|||||||||D1\r", "OBX|%d|ED|X||^a^b^Base64^QQ==\r"},
		{"MDM^T02", "PID|||1^^^H^MR\rTXA|1|X|||||||||D1\r", "OBX|%d|TX|X||line\rOBX|%d|ED|X||^a^b^Base64^QQ==\r"},
		{"MDM^T02", "PID|||1^^^H^MR\rTXA|1|X|||||||||D1\r", "bad line %d\rOBX|%d|TX|X||line\r"},
		{"SIU^S12", "SCH|1|1\r", "PID|||%d^^^H^MR\r"},
		{"SIU^S12", "SCH|1|1\r", "NTE|1||n%d\r"},
		{"SIU^S12", "SCH|1|1\rPID|||1^^^H^MR\r", "AIP|1||%d^X\r"},
		{"VXU^V04", "PID|||1^^^H^MR\r", "RXA|0|1|2026||X\rOBX|%d|ST|X||v\r"},
		{"MFN^M02", "MFI|STF\r", "MFE|MAD\rSTF|%d|%d^^^H\rPRA|1\r"},
		{"MFN^M02", "MFI|STF\rMFE|MAD\rSTF|1\r", "PRA|%d|||||S%d\r"},
		{"PPR^PC1", "PID|||1^^^H^MR\r", "PRB|AD||X%d\r"},
	};
	enum { SEGMENTS = 100000 };
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	AUTO_BUF struct buf text = {0};
	buf_init(&text, 64 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&text);
		buf_printf(&text, "MSH|^~\\&|A|B|C|D|2026||%s|1|P|2.5\r%s", rows[i].type, rows[i].start);
		unsigned lines = 1;
		for (const char *p = rows[i].repeat; (p = strchr(p, '\r')) != NULL && p[1]; p++)
			lines++;
		for (unsigned k = 0; k < SEGMENTS / lines; k++) {
			/* each %d of the row is the number of the round */
			for (const char *p = rows[i].repeat; *p; p++)
				if (p[0] == '%' && p[1] == 'd')
					buf_printf(&text, "%u", k), p++;
				else
					buf_u8(&text, (uint8_t)*p);
		}
		struct hl7_msg m;
		struct facts f;
		struct err e = {0};
		arena_reset(a);
		if (hl7_parse(buf_slice(&text), a, &m, NULL, 0, NULL, &e) < 0)
			fail_msg("row %zu: %s", i, e.text);
		size_t before = arena_used(a);
		facts_init(&f, a);
		int64_t t0 = time_monotonic();
		hl7_facts(&m, &f);
		double s = (double)(time_monotonic() - t0) / 1e9;
		size_t memory = arena_used(a) - before;
		if (f.failed || memory > SEGMENTS * (size_t)2048)
			fail_msg("row %zu (%s): failed %d, %zu bytes", i, rows[i].type, f.failed, memory);
		/* linear takes a tenth of a second, with sanitizers one; square takes a minute */
		if (s > 10)
			fail_msg("row %zu (%s): %.1f s", i, rows[i].type, s);
	}
}

/* One field of a million repetitions, components, escapes: bounded, too. */
static void hostile_fields(void **state)
{
	static const char *const units[] = {"~", "^", "&", "~1", "A^B~", "\\T\\", "\"\"~", "X^^^H^MR~"};
	static const char *const before[] = {"PID|||", "PID|||1^^^H^MR||", "PID|||1\rOBX|1|NM|X||", "PID|||1\rOBX|1|TX|X||", "PID|||1\rOBX|1|ED|X||", "PID|||1\rAL1|1||X||", "PID|||1\rNTE|1||", "PID|||1\rPV1|1|I|||||"};
	AUTO_ARENA struct arena *a = arena_new((size_t)2 << 30);
	AUTO_BUF struct buf text = {0};
	buf_init(&text, 64 << 20);
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		for (size_t k = 0; k < ARRAY_LEN(before); k++) {
			buf_reset(&text);
			buf_printf(&text, "MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5\r%s", before[k]);
			for (int n = 0; n < 200000; n++)
				buf_str(&text, units[i]);
			buf_str(&text, "\r");
			struct hl7_msg m;
			struct facts f;
			struct err e = {0};
			arena_reset(a);
			assert_int_equal(hl7_parse(buf_slice(&text), a, &m, NULL, 0, NULL, &e), 0);
			facts_init(&f, a);
			int64_t t0 = time_monotonic();
			hl7_facts(&m, &f);
			if (time_monotonic() - t0 > 10 * TIME_SEC)
				fail_msg("%s%s", before[k], units[i]);
		}
}

/* Whatever allocation fails: it says so, and what is there is whole. */
static void full_arena(void **state)
{
	AUTO_BUF struct buf in = {0}, out = {0};
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	load(HF_SOURCE_DIR "/tests/data/hl7/facts-results.hl7", &in);
	struct hl7_file file;
	struct hl7_piece p;
	hl7_file_init(&file, buf_slice(&in));
	hl7_file_next(&file, &p);
	AUTO_ARENA struct arena *parsed = arena_new(1 << 20);
	struct hl7_msg m;
	struct err e = {0};
	assert_int_equal(hl7_parse(p.bytes, parsed, &m, NULL, 0, NULL, &e), 0);
	bool whole = false;
	for (size_t limit = 0; !whole; limit += 16) {
		assert_true(limit < 100000);
		AUTO_ARENA struct arena *a = arena_new(limit);
		struct facts f;
		facts_init(&f, a);
		hl7_facts(&m, &f);
		assert_true(!f.failed || f.uninterpreted);
		buf_reset(&out);
		facts_dump(&f, &out);
		whole = !f.failed;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beginnings), cmocka_unit_test(changes), cmocka_unit_test(the_list), cmocka_unit_test(hostile_sizes), cmocka_unit_test(hostile_fields), cmocka_unit_test(full_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
