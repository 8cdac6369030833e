/* Any bytes as a case: what is read gives duties in order, each with why and a source; as JSON, held against themselves, nothing changed. The same bytes as earlier duties. */
#include "notice_internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct notice_duties *d, bool possible)
{
	const struct notice_duty *v = possible ? d->possible : d->v;
	size_t n = possible ? d->possible_n : d->n;
	for (size_t i = 0; i < n; i++) {
		assert(v[i].why.n && utf8_valid(v[i].why) && v[i].citation.n && v[i].checked.n);
		assert(v[i].possible == possible && (!possible || v[i].may_apply));
		assert(v[i].count.low <= v[i].count.high);
		assert(i == 0 || notice_due_cmp(&v[i - 1].due, &v[i].due) <= 0);
	}
}

static void same(const struct notice_duties *d, struct arena *a)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct notice_change *c;
	struct err e = {0};
	size_t n;
	buf_init(&b, (size_t)16 << 20);
	jsonw_init(&w, &b);
	jsonw_arr(&w);
	for (size_t i = 0; i < d->n; i++)
		notice_duty_json(&w, &d->v[i]);
	for (size_t i = 0; i < d->possible_n; i++)
		notice_duty_json(&w, &d->possible[i]);
	jsonw_arr_end(&w);
	jsonw_done(&w);
	assert(buf_ok(&b));
	int r = notice_updates(buf_slice(&b), d, a, &c, &n, &e);
	assert(r == 0 || arena_code(a));
	assert(r < 0 || n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const langs[] = {NULL, "fr", "zh", "es"};
	static struct notice_facts f;
	struct arena *a = arena_new((size_t)64 << 20);
	struct notice_duties d;
	struct err e = {0};
	if (!a)
		return 0;
	if (notice_facts_read(slice_of(data, size), a, &f, &e) == 0) {
		assert(f.total.low <= f.total.high && f.places <= NOTICE_PLACES_MAX);
		if (notice_duties(&f, langs[size % 4], a, &d, &e) == 0) {
			struct notice_change *c;
			size_t n;
			check(&d, false);
			check(&d, true);
			same(&d, a);
			(void)!notice_updates(slice_of(data, size), &d, a, &c, &n, &e);
		} else {
			assert(e.code && e.text[0]);
		}
	} else {
		assert(e.code && e.text[0]);
	}
	arena_free(a);
	return 0;
}
