/* Any bytes as a list of contacts: what was read is written as CSV and read again to the same; as an entry of the ledger; as facts, which encode and decode to the same bytes. */
#include "contacts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct contact *a, const struct contact *b)
{
	const struct slice *x = &a->name, *y = &b->name;
	assert(a->category == b->category);
	for (size_t i = 0; i < 13; i++)
		assert(slice_eq(x[i], y[i]));
}

static void check(const struct contacts *c, struct arena *a)
{
	AUTO_BUF struct buf out = {0};
	struct contacts again;
	struct err e = {0};
	assert(c->n && c->n <= CONTACTS_MAX);
	buf_init(&out, (size_t)32 << 20);
	contacts_csv_head(&out);
	for (size_t i = 0; i < c->n; i++) {
		const struct contact *x = &c->v[i];
		assert(x->name.n || x->role.n || x->unit.n);
		assert(x->category < CONTACT_CATEGORIES && x->name.n <= 2 * CONTACTS_VALUE_MAX + 2);
		(void)contact_when(x, INT64_C(1795000000) * TIME_SEC, 60);
		contacts_csv_line(&out, x);
	}
	if (!buf_ok(&out) || out.n > CONTACTS_FILE_MAX)
		return;
	int r = contacts_read(buf_slice(&out), -1, a, &again, &e);
	if (r == ERR_INPUT && strstr(e.text, "longer than")) /* a name that was put together of two */
		return;
	assert(r == 0 || arena_code(a));
	if (r < 0)
		return;
	assert(again.n == c->n);
	for (size_t i = 0; i < c->n; i++)
		same(&c->v[i], &again.v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)256 << 20);
	struct contacts c;
	struct facts f, back;
	struct err e = {0};
	AUTO_BUF struct buf body = {0}, one = {0}, two = {0};
	buf_init(&body, (size_t)8 << 20);
	buf_init(&one, (size_t)64 << 20);
	buf_init(&two, (size_t)64 << 20);
	if (!a)
		return 0;
	facts_init(&f, a);
	contacts_facts(slice_of(data, size), &f); /* as a body that somebody else wrote */
	if (contacts_read(slice_of(data, size), -1, a, &c, &e) == 0) {
		check(&c, a);
		const struct contacts_entry x = {.what = SLICE("import"), .source = SLICE("fuzz"), .by = SLICE("f"), .category = -1, .n = c.n, .bytes = slice_of(data, size)};
		contacts_entry_put(&x, &body);
		facts_init(&f, a);
		contacts_facts(buf_slice(&body), &f);
		if (buf_ok(&body) && !f.failed) {
			assert(!f.uninterpreted && f.first);
			facts_encode_group(&f, f.first, &one);
			if (buf_ok(&one) && facts_decode_group(buf_slice(&one), a, &back, &e) == 0) {
				facts_encode_group(&back, back.first, &two);
				assert(slice_eq(buf_slice(&one), buf_slice(&two)));
				const struct fact *t = back.first->first->next;
				for (size_t i = 0; i < c.n; i++, t = t->next) {
					struct contact y;
					assert(t);
					contacts_of_fact(t, &y);
					assert(y.category == c.v[i].category);
				}
			}
		}
	} else {
		assert(e.code && e.text[0]);
	}
	arena_free(a);
	return 0;
}
