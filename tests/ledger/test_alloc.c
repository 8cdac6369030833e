/* Every allocation of a ledger's life fails once (this program defines malloc and its kin). No crash, no leak of a half-made handle, and what was acknowledged is there afterwards. */
#include "ledger/ledger_test.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
int main(void)
{
	print_message("skipped: the sanitizer has its own malloc\n");
	return 77;
}
#else

static uint64_t allocations, fail_at; /* 0: none */
static bool failed;

static bool fails(void)
{
	if (fail_at == 0 || ++allocations != fail_at)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t all;
	if (__builtin_mul_overflow(n, size, &all) || fails())
		return NULL;
	return __libc_realloc(p, all);
}

static struct ledger_options options(void)
{
	struct ledger_options o = small();
	o.segment_size = 64 << 10;
	o.pack_size = 16 << 10;
	o.pack_age = 1;
	return o;
}

static int count_one(void *arg, const struct ledger_entry *en, struct err *e)
{
	++*(uint64_t *)arg;
	return 0;
}

/* What is acknowledged. Errors are looked at for their code only: an allocation that failed is ERR_MEMORY, or an error that it caused deeper down. */
static uint64_t life(const struct site *s, struct buf *b, struct buf *note)
{
	struct ledger *l = NULL;
	struct ledger_options o = options();
	struct err e = {0};
	struct ledger_verify_report rep;
	uint64_t told = 0, n = 0;
	buf_reset(note);
	if (ledger_open(s->fd, &s->keys, &o, &l, note, &e) < 0)
		goto verify;
	for (int i = 0; i < 12; i++) {
		uint64_t at = ledger_size(l);
		for (int k = 0; k < 30; k++) {
			body_of(at + (uint64_t)k, b);
			if (b->n > 3000)
				b->n = 3000;
			(void)!ledger_find_same(l, buf_slice(b), NULL, NULL, &e);
			(void)!ledger_append(l, LEDGER_HL7V2, 0, "import", buf_slice(b), true, NULL, NULL, &e);
		}
		if (ledger_commit(l, &e) == 0 || ledger_commit(l, &e) == 0)
			told = ledger_durable(l);
		(void)!ledger_tick(l, i % 2, NULL, &e);
	}
	(void)!ledger_scan(l, 0, ledger_size(l), true, count_one, &n, &e);
	buf_reset(b);
	(void)!ledger_prove(l, 3, b, &e);
	if (ledger_close(l, &e) == 0 && told)
		told |= UINT64_C(1) << 63;
verify:
	buf_reset(note);
	(void)!ledger_verify(s->fd, &s->keys, &(struct ledger_verify_options){.bodies = true}, &rep, note, &e);
	return told;
}

static void allocs(void **state)
{
	struct site base, s;
	char path[512];
	struct buf b, note;
	buf_init(&b, 1 << 20);
	buf_init(&note, 1 << 20);
	(void)!buf_space(&b, 1 << 19); /* the test's own memory is not what fails */
	(void)!buf_space(&note, 1 << 19);
	site_new(&base);
	struct ledger *l = open_with(&base, options());
	fill(l, 40, 3);
	tick(l);
	ledger_free(l);
	uint64_t step = is_long() ? 1 : 17, most = 0;
	for (uint64_t at = is_long() ? 1 : 1 + (uint64_t)time_now() / 1000 % step;; at += step) {
		s = base;
		size_t n = strlen(base.path);
		memcpy(s.path, base.path, n);
		memcpy(s.path + n, ".run", 5);
		copy_tree(base.path, s.path);
		s.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		failed = false;
		allocations = 0;
		fail_at = at;
		uint64_t told = life(&s, &b, &note);
		fail_at = 0;
		if (told >> 63)
			expect_sound(&s);
		told &= ~(UINT64_C(1) << 63);
		l = open_with(&s, options());
		if (ledger_size(l) < told)
			fail_msg("allocation %" PRIu64 ": %" PRIu64 " entries of %" PRIu64, at, ledger_size(l), told);
		OK(ledger_close(l, e));
		expect_sound(&s);
		close(s.fd);
		remove_tree(site_path(&s, "", path));
		if (!failed)
			break;
		most = at;
	}
	print_message("%" PRIu64 " allocations, each %s failed once\n", most, step == 1 ? "one" : "17th");
	assert_true(most > 500);
	buf_done(&b);
	buf_done(&note);
	site_done(&base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(allocs)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
