/* Every allocation of ours fails once while pictures of every kind are made and written, and arenas and buffers end anywhere: an error with a sentence comes back, or the same picture; never one without a word that stands on it with memory. What glib and cairo ask for is theirs: glib ends
 * the process, cairo says that it failed. */
/* wrap: malloc calloc realloc reallocarray strdup strndup */
#include "sample.h"
#include "scarce.h"

#include <stdlib.h>

struct wanted {
	const struct sample *s;
	enum picture_kind kind;
	const char *lang;
	bool png;
};

static int make(const struct wanted *w, struct arena *a, struct buf *b, struct err *e)
{
	struct picture_ask ask = {.kind = w->kind, .lang = w->lang, .width = 480, .q = question(w->kind == PICTURE_DRIFT ? 2024 : 0), .own = w->kind == PICTURE_PLACE || w->kind == PICTURE_TIMELINE || w->kind == PICTURE_DISTRIBUTION ? &own : NULL, .top = 5};
	struct plot *p = NULL;
	int r = picture_make(&w->s->all, &ask, a, &p, e);
	if (r == 0)
		r = w->png ? plot_png(p, 1, b, e) : plot_svg(p, b, e);
	plot_free(p);
	return r;
}

static void held(const struct wanted *w, const char *with, long n, int r, const struct err *e, struct buf *got, struct buf *want)
{
	if (r < 0 && (!e->text[0] || (r != ERR_MEMORY && r != ERR_LIMIT)))
		fail_msg("%s, %s %ld: code %d: %s", picture_kind_word(w->kind), with, n, r, e->text);
	if (r == 0 && (!buf_ok(got) || !slice_eq(buf_slice(got), buf_slice(want))))
		fail_msg("%s, %s %ld: nothing is said, and it is not the same picture:\n%s-- but\n%s", picture_kind_word(w->kind), with, n, w->png ? "" : buf_cstr(want), w->png ? "" : buf_cstr(got));
}

static void swept(const struct wanted *w)
{
	AUTO_BUF struct buf want = {0}, got = {0};
	struct err e = {0};
	long all = 0, errors = 0;
	buf_init(&want, (size_t)8 << 20);
	for (int warm = 0; warm < 2; warm++) { /* what is made once and kept is made in the first */
		struct arena *a = arena_new((size_t)64 << 20);
		buf_reset(&want);
		scarce_after(LONG_MAX);
		int r = make(w, a, &want, &e);
		all = scarce_asked();
		arena_free(a);
		if (r)
			fail_msg("%s: %s", picture_kind_word(w->kind), e.text);
	}
	assert_true(want.n > 500);
	for (long n = 0; n < all; n++) {
		struct arena *a = arena_new((size_t)64 << 20);
		e = (struct err){0};
		buf_init(&got, (size_t)8 << 20);
		scarce_after(n);
		int r = make(w, a, &got, &e);
		scarce_rest();
		arena_free(a);
		held(w, "allocation", n, r, &e, &got, &want);
		buf_done(&got);
		errors += r < 0;
	}
	for (size_t limit = 16; !w->png && limit < 200000; limit += limit < 4096 ? 176 : limit / 5) {
		struct arena *a = arena_new(limit);
		e = (struct err){0};
		buf_init(&got, (size_t)8 << 20);
		int r = make(w, a, &got, &e);
		arena_free(a);
		held(w, "arena of", (long)limit, r, &e, &got, &want);
		buf_done(&got);
	}
	for (size_t limit = 1; limit < want.n; limit += want.n / 5) {
		struct arena *a = arena_new((size_t)64 << 20);
		e = (struct err){0};
		buf_init(&got, limit);
		int r = make(w, a, &got, &e);
		arena_free(a);
		assert_true(r < 0);
		held(w, "buffer of", (long)limit, r, &e, &got, &want);
		buf_done(&got);
	}
	print_message("%s %s %s: %ld allocations, %ld errors\n", picture_kind_word(w->kind), w->lang, w->png ? "PNG" : "SVG", all, errors);
	assert_true(errors > 3);
}

static void every_kind(void **state)
{
	(void)state;
	struct sample s;
	static const char *const langs[] = {"en", "fr", "zh"};
	sample(&s, true);
	for (int k = 0; k < PICTURE_KINDS; k++)
		if (k != PICTURE_NOTICE) /* is of another list */
			swept(&(struct wanted){&s, (enum picture_kind)k, langs[k % 3], false});
	swept(&(struct wanted){&s, PICTURE_MAP, "zh", true});
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
