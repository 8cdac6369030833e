/* Buffers and arenas: their limits, and every allocation failing. */
/* wrap: malloc realloc free */
#include "base_test.h"

void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);

static int fail_at;       /* the how many-th allocation from now fails; 0: none */
static int allocations;
static bool (*on_free)(void *p); /* sees what is given back */

static bool fails(void)
{
	allocations++;
	return fail_at && --fail_at == 0;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

void __wrap_free(void *p)
{
	if (p && on_free)
		assert_true(on_free(p));
	__real_free(p);
}

/* ---- buffers ---- */

static void test_buf_grows_to_its_maximum(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1000);
	assert_true(buf_ok(&b));
	assert_int_equal(buf_slice(&b).n, 0);
	for (int i = 0; i < 1000; i++)
		buf_u8(&b, (uint8_t)i);
	assert_true(buf_ok(&b));
	assert_int_equal(b.n, 1000);
	assert_int_equal(b.cap, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(b.p[i], (uint8_t)i);
	assert_int_equal(strlen(buf_cstr(&b)), 0); /* byte 0 is 0: and the NUL behind byte 999 was written inside the memory */
	buf_u8(&b, 1);
	assert_false(buf_ok(&b));
	assert_int_equal(buf_code(&b), ERR_LIMIT);
	assert_int_equal(buf_slice(&b).n, 0);
	assert_string_equal(buf_cstr(&b), "");
	buf_reset(&b);
	assert_true(buf_ok(&b));
	buf_str(&b, "again");
	assert_slice(buf_slice(&b), "again");
}

static void test_buf_of_no_size(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 0);
	buf_add(&b, NULL, 0);
	buf_add_slice(&b, SLICE_NULL);
	buf_str(&b, "");
	buf_printf(&b, "%s", "");
	assert_true(buf_ok(&b));
	assert_string_equal(buf_cstr(&b), "");
	buf_u8(&b, 1);
	assert_int_equal(buf_code(&b), ERR_LIMIT);
}

static void test_buf_sizes_that_overflow(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, SIZE_MAX);
	buf_str(&b, "abc");
	assert_null(buf_space(&b, SIZE_MAX));
	assert_int_equal(buf_code(&b), ERR_LIMIT);
	buf_reset(&b);
	buf_str(&b, "abc");
	assert_null(buf_space(&b, SIZE_MAX - 3));
	assert_int_equal(buf_code(&b), ERR_LIMIT);
}

static void test_buf_numbers(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 64);
	buf_u8(&b, 0x01);
	buf_u16be(&b, 0x0203);
	buf_u32be(&b, 0x04050607);
	buf_u64be(&b, UINT64_C(0x08090a0b0c0d0e0f));
	buf_u32le(&b, 0xf4f3f2f1);
	buf_u64le(&b, UINT64_C(0xf8f7f6f5f4f3f2f1));
	static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xf1, 0xf2, 0xf3, 0xf4,
	                               0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8};
	assert_int_equal(b.n, sizeof want);
	assert_memory_equal(b.p, want, sizeof want);
}

static void test_buf_printf(void **state)
{
	for (size_t before = 0; before < 300; before += 7)
		for (int width = 0; width < 400; width += 13) {
			AUTO_BUF struct buf b = {0};
			buf_init(&b, 1000);
			for (size_t i = 0; i < before; i++)
				buf_u8(&b, 'x');
			buf_printf(&b, "%*d", width, 7);
			size_t want = before + (size_t)(width ? width : 1);
			assert_int_equal(b.n, want);
			assert_int_equal(b.p[want - 1], '7');
			assert_int_equal(strlen(buf_cstr(&b)), want);
		}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 10);
	buf_printf(&b, "%s", "0123456789");
	assert_string_equal(buf_cstr(&b), "0123456789");
	buf_printf(&b, "%s", "");
	assert_true(buf_ok(&b));
	buf_printf(&b, "%s", "x");
	assert_int_equal(buf_code(&b), ERR_LIMIT); /* not a shorter text */
}

static void test_buf_space_and_drop(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 100);
	uint8_t *p = buf_space(&b, 10);
	assert_non_null(p);
	memcpy(p, "0123456789", 10);
	buf_commit(&b, 7);
	assert_slice(buf_slice(&b), "0123456");
	buf_drop(&b, 0);
	buf_drop(&b, 3);
	assert_slice(buf_slice(&b), "3456");
	buf_drop(&b, 4);
	assert_slice(buf_slice(&b), "");
	assert_null(buf_space(&b, 101));
	assert_false(buf_ok(&b));
}

static void test_buf_no_memory(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 100000);
	fail_at = 1;
	buf_str(&b, "abc");
	assert_int_equal(buf_code(&b), ERR_MEMORY);
	buf_str(&b, "abc"); /* there would be memory now, but failed stays failed */
	assert_false(buf_ok(&b));
	buf_reset(&b);
	for (int i = 0; i < 60; i++)
		buf_u8(&b, 'x');
	fail_at = 1;
	assert_null(buf_space(&b, 1000));
	assert_int_equal(buf_code(&b), ERR_MEMORY);
	fail_at = 0;
	buf_done(&b);
	buf_done(&b);
}

static size_t secrets_seen;

static bool no_secret(void *p)
{
	secrets_seen++;
	return memmem(p, 48, "correct horse", 13) == NULL;
}

static void test_buf_secret_leaves_nothing(void **state)
{
	struct buf b;
	buf_init_secret(&b, 10000);
	secrets_seen = 0;
	on_free = no_secret;
	for (int i = 0; i < 100; i++)
		buf_str(&b, "correct horse battery staple ");
	assert_true(buf_ok(&b));
	assert_true(secrets_seen > 2);
	buf_done(&b);
	assert_null(b.p);
	buf_init(&b, 100);
	buf_str(&b, "correct horse");
	buf_wipe_done(&b);
	on_free = NULL;
}

static void commit_too_much(void)
{
	struct buf b;
	buf_init(&b, 100);
	buf_str(&b, "abc");
	buf_commit(&b, 1000);
}

static void drop_too_much(void)
{
	struct buf b;
	buf_init(&b, 100);
	buf_str(&b, "abc");
	buf_drop(&b, 4);
}

static void test_buf_misuse(void **state)
{
	assert_dies(commit_too_much);
	assert_dies(drop_too_much);
}

/* ---- arenas ---- */

static void test_arena_pieces(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(10 << 20);
	static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 4096, 5000, 16384, 30000, 100000, 3, 1 << 20, 2 << 20, 7};
	uint8_t *piece[ARRAY_LEN(sizes)];
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		piece[i] = arena_alloc(a, sizes[i]);
		assert_non_null(piece[i]);
		assert_int_equal((uintptr_t)piece[i] % 16, 0);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(piece[i][k], 0);
		memset(piece[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (size_t k = 0; k < sizes[i]; k += 5)
			assert_int_equal(piece[i][k], i + 1); /* nobody wrote into a neighbour */
	assert_ptr_not_equal(piece[0], piece[1]);
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	uint8_t *p = arena_alloc(a, 5000);
	for (size_t k = 0; k < 5000; k++)
		assert_int_equal(p[k], 0); /* zeroed again */
}

static void test_arena_limit(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(100);
	assert_int_equal(arena_code(a), 0);
	assert_null(arena_alloc(a, 101));
	assert_int_equal(arena_code(a), ERR_LIMIT);
	assert_non_null(arena_alloc(a, 100));
	assert_int_equal(arena_used(a), 100);
	assert_null(arena_alloc(a, 1));
	arena_reset(a);
	assert_int_equal(arena_code(a), 0);
	for (int i = 0; i < 6; i++)
		assert_non_null(arena_alloc(a, 1)); /* each counts as 16 */
	assert_int_equal(arena_used(a), 96);
	assert_non_null(arena_alloc(a, 4));
	assert_null(arena_alloc(a, 1));
}

static void test_arena_sizes_that_overflow(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(SIZE_MAX);
	assert_null(arena_alloc(a, SIZE_MAX));
	assert_null(arena_array(a, SIZE_MAX / 2, 3));
	assert_int_equal(arena_code(a), ERR_LIMIT);
	assert_null(arena_dup(a, slice_of("", SIZE_MAX)).p);
	assert_null(arena_strdup(a, slice_of("", SIZE_MAX)));
	uint32_t *n = arena_array(a, 10, sizeof *n);
	assert_non_null(n);
	assert_int_equal(n[9], 0);
}

static void test_arena_text(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(10000);
	assert_string_equal(arena_strdup(a, SLICE("abc")), "abc");
	assert_string_equal(arena_strdup(a, SLICE_NULL), "");
	assert_slice(arena_dup(a, SLICE("abc")), "abc");
	assert_non_null(arena_dup(a, SLICE_NULL).p);
	assert_string_equal(arena_printf(a, "%d/%s", 7, "x"), "7/x");
	for (int n = 250; n < 262; n++)
		assert_int_equal(strlen(arena_printf(a, "%*d", n, 1)), n);
	assert_null(arena_printf(a, "%*d", 9000, 1));
	assert_int_equal(arena_code(a), ERR_LIMIT);
}

static void test_arena_no_memory(void **state)
{
	fail_at = 1;
	assert_null(arena_new(1000));
	fail_at = 2;
	assert_null(arena_new(1000));
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	static const size_t sizes[] = {10000, 100000};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		arena_reset(a);
		assert_non_null(arena_alloc(a, 10000));
		fail_at = 1;
		assert_null(arena_alloc(a, sizes[i])); /* a next block, and a block of its own */
		assert_int_equal(arena_code(a), ERR_MEMORY);
		assert_int_equal(fail_at, 0);
		assert_non_null(arena_alloc(a, sizes[i]));
		assert_int_equal(arena_used(a), 10000 + sizes[i]);
	}
	arena_free(NULL);
}

/* One message after the other costs no malloc. */
static void test_arena_reset_keeps_its_block(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	allocations = 0;
	for (int i = 0; i < 100; i++) {
		arena_reset(a);
		for (int k = 0; k < 100; k++)
			assert_non_null(arena_alloc(a, 100));
	}
	assert_int_equal(allocations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_grows_to_its_maximum), cmocka_unit_test(test_buf_of_no_size), cmocka_unit_test(test_buf_sizes_that_overflow),
		cmocka_unit_test(test_buf_numbers), cmocka_unit_test(test_buf_printf), cmocka_unit_test(test_buf_space_and_drop),
		cmocka_unit_test(test_buf_no_memory), cmocka_unit_test(test_buf_secret_leaves_nothing), cmocka_unit_test(test_buf_misuse),
		cmocka_unit_test(test_arena_pieces), cmocka_unit_test(test_arena_limit), cmocka_unit_test(test_arena_sizes_that_overflow),
		cmocka_unit_test(test_arena_text), cmocka_unit_test(test_arena_no_memory), cmocka_unit_test(test_arena_reset_keeps_its_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
