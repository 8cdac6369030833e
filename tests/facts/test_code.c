/* A group as bytes: there and back, every cut and every changed byte, nothing but the one encoding. */
#include "facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void make(struct facts *f, struct arena *a)
{
	facts_init(f, a);
	f->type = SLICE("ORU^R01");
	f->control_id = SLICE("4711");
	f->feed = SLICE("LAB@HOSP");
	f->time = SLICE("2026-11-22T03:12:05+01:00");
	f->event_time = SLICE("2026-11-22");
	f->test = true;
	f->problems = 300;
	struct fact_group *g = facts_group(f, (struct fact_ident){SLICE("123"), SLICE("HOSP"), SLICE("MR")});
	facts_also(f, g, (struct fact_ident){SLICE("999-11"), SLICE_NULL, SLICE("SS")});
	g->incomplete = true;
	struct fact *t = facts_add(f, g, FACT_PATIENT);
	facts_put_str(f, t, FF_NAME, "Doe\x1fJane");
	facts_put_str(f, t, FF_SEX, FACT_NULL);
	facts_add(f, g, FACT_REPORT);
	t = facts_add(f, g, FACT_RESULT);
	static char longer[300];
	memset(longer, 'v', sizeof longer - 1);
	facts_put_str(f, t, FF_VALUE, longer);
}

static bool same(const struct facts *f, const struct facts *h)
{
	AUTO_BUF struct buf one = {0}, two = {0};
	buf_init(&one, 1 << 20);
	buf_init(&two, 1 << 20);
	facts_dump(f, &one);
	facts_dump(h, &two);
	return buf_ok(&one) && slice_eq(buf_slice(&one), buf_slice(&two));
}

static void there_and_back(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf blob = {0}, again = {0};
	buf_init(&blob, 1 << 20);
	buf_init(&again, 1 << 20);
	struct facts f, h;
	struct err e = {0};
	make(&f, a);
	facts_encode_group(&f, f.first, &blob);
	assert_int_equal(facts_decode_group(buf_slice(&blob), a, &h, &e), 0);
	assert_true(same(&f, &h));
	assert_true(h.first->incomplete && h.test && !h.uninterpreted && !h.failed);
	facts_encode_group(&h, h.first, &again);
	assert_true(slice_eq(buf_slice(&blob), buf_slice(&again)));

	/* what was decoded can be built on */
	facts_put_str(&h, h.first->last, FF_UNIT, "kg");
	assert_true(slice_eq_str(fact_get(h.first->last, FF_UNIT), "kg"));
	for (int i = 0; i < 9; i++) {
		char *id = arena_printf(a, "x%d", i);
		facts_also(&h, h.first, (struct fact_ident){slice_str(id), SLICE_NULL, SLICE_NULL});
	}
	assert_int_equal(h.first->also_count, 10);
	assert_true(slice_eq_str(h.first->also[9].value, "x8"));
}

/* No beginning of a blob is a blob, and what is changed is refused or means itself: decode(x) accepted implies encode(decode(x)) == x. */
static void damage(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20), *b = arena_new(1 << 20);
	AUTO_BUF struct buf blob = {0}, again = {0};
	buf_init(&blob, 1 << 20);
	buf_init(&again, 1 << 20);
	struct facts f, h;
	struct err e = {0};
	make(&f, a);
	facts_encode_group(&f, f.first, &blob);
	for (size_t n = 0; n < blob.n; n++) {
		memset(&e, 0, sizeof e);
		assert_int_equal(facts_decode_group(slice_of(blob.p, n), b, &h, &e), ERR_CORRUPT);
		assert_true(e.code == ERR_CORRUPT && e.text[0]);
		arena_reset(b);
	}
	unsigned refused = 0, taken = 0;
	for (size_t i = 0; i < blob.n; i++)
		for (unsigned flip = 1; flip < 256; flip++) {
			blob.p[i] ^= (uint8_t)flip;
			int r = facts_decode_group(buf_slice(&blob), b, &h, &e);
			if (r == 0) {
				taken++;
				buf_reset(&again);
				facts_encode_group(&h, h.first, &again);
				assert_true(slice_eq(buf_slice(&blob), buf_slice(&again)));
			} else {
				refused++;
				assert_int_equal(r, ERR_CORRUPT);
			}
			arena_reset(b);
			blob.p[i] ^= (uint8_t)flip;
		}
	assert_true(refused > 1000 && taken > 1000);
	buf_u8(&blob, 0);
	assert_int_equal(facts_decode_group(buf_slice(&blob), b, &h, &e), ERR_CORRUPT);
}

/* Counts that lie take no memory. */
static void lying_counts(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(4096);
	struct facts h;
	struct err e = {0};
	uint8_t lie[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00};
	assert_int_equal(facts_decode_group(slice_of(lie, sizeof lie), a, &h, &e), ERR_CORRUPT);
	uint8_t values[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x7f, 1, 0};
	assert_int_equal(facts_decode_group(slice_of(values, sizeof values), a, &h, &e), ERR_CORRUPT);
	uint8_t none[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	assert_int_equal(facts_decode_group(slice_of(none, sizeof none), a, &h, &e), 0);
	assert_null(h.first->first);
	none[0] = 2;
	assert_int_equal(facts_decode_group(slice_of(none, sizeof none), a, &h, &e), ERR_CORRUPT);
}

/* An arena too small for a good blob says so, at whatever allocation. */
static void small_arena(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf blob = {0};
	buf_init(&blob, 1 << 20);
	struct facts f, h;
	make(&f, a);
	facts_encode_group(&f, f.first, &blob);
	bool good = false;
	for (size_t limit = 0; limit < 20000 && !good; limit += 64) {
		AUTO_ARENA struct arena *b = arena_new(limit);
		struct err e = {0};
		int r = facts_decode_group(buf_slice(&blob), b, &h, &e);
		assert_true(r == 0 || (r == ERR_LIMIT && e.code == ERR_LIMIT));
		good = r == 0;
	}
	assert_true(good);
}

static void full_buffer(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf blob = {0};
	buf_init(&blob, 100);
	struct facts f;
	make(&f, a);
	facts_encode_group(&f, f.first, &blob);
	assert_false(buf_ok(&blob));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back), cmocka_unit_test(damage),      cmocka_unit_test(lying_counts),
		cmocka_unit_test(small_arena),    cmocka_unit_test(full_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
