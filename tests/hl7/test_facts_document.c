/* The bytes behind FF_CONTENT_PLACE. */
#include "facts_test.h"

#define HEAD "MSH|^~\\&|LAB|HOSP|HF|HOSP|20261122||ORU^R01^ORU_R01|1|P|2.5\rPID|||1^^^H^MR\rOBR|1||F1^LAB|X^Report^L|||2026||||||||||||||||||F\r"
#define HELLO "SGVsbG8sIHdvcmxkIQ==" /* Hello, world! */

struct doc {
	struct arena *a;
	struct hl7_msg m;
	struct facts f;
	struct buf out;
	struct err e;
};

static void begin(struct doc *d, const char *text)
{
	*d = (struct doc){.a = arena_new(64 << 20)};
	buf_init(&d->out, 64 << 20);
	read_facts(slice_str(text), d->a, &d->m, &d->f);
}

static void end(struct doc *d)
{
	buf_done(&d->out);
	arena_free(d->a);
}

/* The n-th DOCUMENT's bytes, by its own place. */
static void expect(struct doc *d, unsigned n, const char *place, const char *want)
{
	const struct fact *t = find_fact(&d->f, FACT_DOCUMENT, n);
	assert_non_null(t);
	assert_slice(fact_get(t, FF_CONTENT_PLACE), place);
	buf_reset(&d->out);
	if (hl7_document(&d->m, fact_get(t, FF_CONTENT_PLACE), &d->out, &d->e) < 0)
		fail_msg("%s: %s", place, d->e.text);
	assert_slice(buf_slice(&d->out), want);
	char size[24];
	snprintf(size, sizeof size, "%zu", strlen(want));
	assert_slice(fact_get(t, FF_CONTENT_SIZE), size);
}

static void files(void **state)
{
	struct doc d;
	begin(&d, HEAD "OBX|1|ED|A^a^L||^text^plain^Base64^" HELLO "||||||F\r"
		       "OBX|2|ED|B^b^L||^^PDF^BASE64^SGVsbG8s\\.br\\IHdvcmxkIQ||||||F\r" /* broken in lines, without padding */
		       "OBX|3|ED|C^c^L||^TEXT^^Hex^48656c6c6f||||||F\r"
		       "OBX|4|ED|D^d^L||^TEXT^^A^Hello \\T\\ all||||||F\r"
		       "OBX|5|ED|E^e^L||^a^b^Base64^" HELLO "~^a^b^Base64^QQ==||||||F\r"
		       "OBX|6|ED|F^f^L||PDF^Base64^" HELLO "||||||F\r"); /* a component left out */
	expect(&d, 0, "OBX 1", "Hello, world!");
	expect(&d, 1, "OBX 2", "Hello, world!");
	expect(&d, 2, "OBX 3", "Hello");
	expect(&d, 3, "OBX 4", "Hello & all");
	expect(&d, 4, "OBX 5", "Hello, world!");
	expect(&d, 5, "OBX 5/2", "A");
	expect(&d, 6, "OBX 6", "Hello, world!");
	assert_slice(fact_get(find_fact(&d.f, FACT_DOCUMENT, 0), FF_CONTENT_TYPE), "text/plain");
	assert_slice(fact_get(find_fact(&d.f, FACT_DOCUMENT, 1), FF_CONTENT_TYPE), "application/pdf");
	assert_slice(fact_get(find_fact(&d.f, FACT_DOCUMENT, 4), FF_CONTENT_TYPE), "a/b");
	assert_null(find_fact(&d.f, FACT_RESULT, 0));
	end(&d);
}

/* One file in several OBX: cut anywhere (lines of 76, blocks), or each piece encoded by itself; in ED and in text. What follows it is itself again. */
static void in_pieces(void **state)
{
	static const char *const type[] = {"ED", "TX", "ST"}, *const lead[] = {"^application^pdf^Base64^", "", ""};
	static const size_t cuts[] = {76, 1000, 750};
	char raw[1501], encoded[2600];
	memcpy(raw, "%PDF-1.4\n", 9);
	for (size_t i = 9; i < 1500; i++)
		raw[i] = (char)('a' + i * 7 % 26);
	raw[1500] = 0;
	AUTO_BUF struct buf text = {0}, one = {0};
	buf_init(&text, 1 << 20);
	buf_init(&one, 1 << 20);
	for (int k = 0; k < 6; k++) {
		bool by_itself = k >= 3;
		size_t cut = by_itself ? 500 : cuts[k];
		buf_reset(&text);
		buf_reset(&one);
		base64_put(&one, slice_of(raw, 1500));
		assert_true(buf_ok(&one) && one.n < sizeof encoded);
		memcpy(encoded, one.p, one.n);
		size_t all = one.n, n = 0, from = by_itself ? 1500 : all;
		buf_str(&text, HEAD "OBX|1|TX|N^Note^L||before||||||F\r");
		for (size_t at = 0; at < from; at += cut) {
			size_t len = from - at < cut ? from - at : cut;
			buf_printf(&text, "OBX|%zu|%s|P^Report^L|%zu|%s", 2 + n, type[k % 3], n, lead[k % 3]);
			buf_reset(&one);
			if (by_itself)
				base64_put(&one, slice_of(raw + at, len));
			buf_add_slice(&text, by_itself ? buf_slice(&one) : slice_of(encoded + at, len));
			buf_str(&text, "||||||F\r");
			n++;
		}
		buf_printf(&text, "OBX|%zu|NM|K^Potassium^L||3.1|mmol/L|||||F\r", 2 + n);
		buf_u8(&text, 0);
		struct doc d;
		char place[24];
		begin(&d, (const char *)text.p);
		snprintf(place, sizeof place, "OBX 2-%zu", 1 + n);
		expect(&d, 0, place, raw);
		assert_slice(fact_get(find_fact(&d.f, FACT_DOCUMENT, 0), FF_CONTENT_TYPE), "application/pdf");
		assert_null(find_fact(&d.f, FACT_DOCUMENT, 1));
		assert_slice(fact_get(find_fact(&d.f, FACT_RESULT, 0), FF_VALUE), "before");
		assert_slice(fact_get(find_fact(&d.f, FACT_RESULT, 1), FF_VALUE), "3.1");
		assert_null(find_fact(&d.f, FACT_RESULT, 2));
		end(&d);
	}
}

/* A PDF of megabytes, as senders put it in ED and in text fields. */
static void large(void **state)
{
	enum { N = 3000000 };
	struct buf text, raw;
	buf_init(&raw, 8 << 20);
	buf_init(&text, 16 << 20);
	buf_str(&raw, "%PDF-1.7\n");
	for (int i = 0; i < N; i++)
		buf_u8(&raw, (uint8_t)(i * 7 + i / 251));
	static const char *const before[] = {"OBX|1|ED|A||^application^pdf^Base64^", "OBX|1|ST|A||"};
	for (int k = 0; k < 2; k++) {
		buf_reset(&text);
		buf_str(&text, HEAD);
		buf_str(&text, before[k]);
		base64_put(&text, buf_slice(&raw));
		buf_str(&text, "||||||F\r");
		AUTO_ARENA struct arena *a = arena_new(64 << 20);
		struct hl7_msg m;
		struct facts f;
		struct err e = {0};
		read_facts(buf_slice(&text), a, &m, &f);
		const struct fact *t = find_fact(&f, FACT_DOCUMENT, 0);
		assert_non_null(t);
		assert_slice(fact_get(t, FF_CONTENT_TYPE), "application/pdf");
		assert_slice(fact_get(t, FF_CONTENT_SIZE), "3000009");
		assert_null(fact_get(t, FF_CONTENT).p);
		struct buf out;
		buf_init(&out, 8 << 20);
		assert_int_equal(hl7_document(&m, fact_get(t, FF_CONTENT_PLACE), &out, &e), 0);
		assert_true(slice_eq(buf_slice(&out), buf_slice(&raw)));
		buf_done(&out);
	}
	buf_done(&text);
	buf_done(&raw);
}

/* Text too long to carry along keeps its place, and the place gives it whole. */
static void long_text(void **state)
{
	struct buf text, want;
	buf_init(&text, 8 << 20);
	buf_init(&want, 8 << 20);
	buf_str(&text, "MSH|^~\\&|D|H|||20261122||MDM^T02^MDM_T02|1|P|2.5\rPID|||1^^^H^MR\rTXA|1|DS^Summary|TX|||||||||D1\r");
	for (int i = 0; i < 5000; i++) {
		buf_printf(&text, "OBX|%d|TX|DS^Summary^L||line %d of a long text||||||F\r", i + 1, i);
		buf_printf(&want, "%sline %d of a long text", i ? "\n" : "", i);
	}
	AUTO_ARENA struct arena *a = arena_new(64 << 20);
	struct hl7_msg m;
	struct facts f;
	struct err e = {0};
	read_facts(buf_slice(&text), a, &m, &f);
	const struct fact *t = find_fact(&f, FACT_DOCUMENT, 0);
	assert_null(fact_get(t, FF_CONTENT).p);
	assert_slice(fact_get(t, FF_CONTENT_PLACE), "OBX 1-5000");
	struct buf out;
	buf_init(&out, 8 << 20);
	assert_int_equal(hl7_document(&m, fact_get(t, FF_CONTENT_PLACE), &out, &e), 0);
	assert_true(slice_eq(buf_slice(&out), buf_slice(&want)));
	assert_null(find_fact(&f, FACT_DOCUMENT, 1));
	buf_done(&out);
	buf_done(&text);
	buf_done(&want);
}

static void inline_text_is_what_the_place_gives(void **state)
{
	struct doc d;
	begin(&d, HEAD "OBX|1|TX|A^Findings^L||Lungs clear.\\.br\\Heart normal.||||||F\rOBX|2|TX|B^Impression^L||Normal.||||||F\rNTE|1||note\rOBX|3|TX|C^Addendum^L||More.||||||F\r");
	expect(&d, 0, "OBX 1-2", "Findings\nLungs clear.\nHeart normal.\n\nImpression\nNormal.");
	expect(&d, 1, "OBX 3", "More.");
	assert_slice(fact_get(find_fact(&d.f, FACT_DOCUMENT, 0), FF_CONTENT), "Findings\nLungs clear.\nHeart normal.\n\nImpression\nNormal.");
	assert_slice(fact_get(find_fact(&d.f, FACT_DOCUMENT, 0), FF_TEXT), "note");
	end(&d);
}

static void refused(void **state)
{
	struct doc d;
	begin(&d, HEAD "OBX|1|ED|A^a^L||^a^b^Base64^!!not base64!!||||||F\rOBX|2|ED|B^b^L||^a^b^Hex^4G||||||F\rOBX|3|ED|C||^a^b^Base64^QQ==\rOBX|4|NM|D||7\r");
	static const struct {
		const char *place;
		int code;
	} rows[] = {
		{"OBX 1", ERR_INPUT}, {"OBX 2", ERR_INPUT}, {"OBX 4", ERR_NOT_FOUND}, {"OBX 5", ERR_NOT_FOUND}, {"OBX 4-5", ERR_NOT_FOUND}, {"OBX 3/2", ERR_NOT_FOUND}, {"OBX 3-4", ERR_NOT_FOUND}, {"OBX 0", ERR_INPUT}, {"OBX", ERR_INPUT}, {"OBX 3-2", ERR_INPUT},
		{"OBX 1/0", ERR_INPUT}, {"OBX 99999999999", ERR_INPUT}, {"PID 1", ERR_INPUT}, {"", ERR_INPUT}, {"OBX 1x", ERR_INPUT}, {"OBX 3/2/1", ERR_INPUT},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&d.out);
		buf_str(&d.out, "kept");
		memset(&d.e, 0, sizeof d.e);
		int r = hl7_document(&d.m, slice_str(rows[i].place), &d.out, &d.e);
		if (r != rows[i].code || d.e.code != r || !d.e.text[0])
			fail_msg("%s: %d %s", rows[i].place, r, d.e.text);
		assert_slice(buf_slice(&d.out), "kept");
	}
	/* a buffer too small says so */
	struct buf tiny;
	buf_init(&tiny, 0);
	assert_int_equal(hl7_document(&d.m, SLICE("OBX 3"), &tiny, &d.e), ERR_LIMIT);
	buf_done(&tiny);
	end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files), cmocka_unit_test(in_pieces), cmocka_unit_test(large), cmocka_unit_test(long_text), cmocka_unit_test(inline_text_is_what_the_place_gives), cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
