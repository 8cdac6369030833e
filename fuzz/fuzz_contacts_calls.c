/* Any bytes as a list of calls, and as an entry of the ledger: what was read is put into an entry, which is read to the same; its facts encode and decode to the same bytes. */
#include "contacts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void entry(struct slice body, struct arena *a)
{
	struct contact_calls_entry x, y;
	struct facts f, back;
	struct err e = {0};
	AUTO_BUF struct buf b = {0}, one = {0}, two = {0};
	buf_init(&b, (size_t)64 << 20);
	buf_init(&one, (size_t)64 << 20);
	buf_init(&two, (size_t)64 << 20);
	facts_init(&f, a);
	contact_calls_facts(body, &f);
	if (contact_calls_get(body, a, &x, &e) < 0) {
		assert(e.code && e.text[0]);
		return;
	}
	contact_calls_put(&x, &b);
	if (!buf_ok(&b) || b.n > CONTACT_CALLS_BODY)
		return;
	int r = contact_calls_get(buf_slice(&b), a, &y, &e);
	assert(r == 0 || arena_code(a) || r == ERR_LIMIT);
	if (r < 0)
		return;
	assert(x.mark == y.mark && slice_eq(x.by, y.by) && (x.mark ? x.state == y.state && slice_eq(x.call, y.call) : x.n == y.n && x.kind == y.kind && slice_eq(x.list, y.list)));
	for (size_t i = 0; i < x.n && !x.mark; i++) {
		AUTO_BUF struct buf k = {0};
		buf_init(&k, 1 << 20);
		contact_call_key(&x.v[i], &k);
		assert(slice_eq(x.v[i].name, y.v[i].name) && slice_eq(x.v[i].phone, y.v[i].phone) && slice_eq(x.v[i].when, y.v[i].when));
	}
	if (f.failed || f.uninterpreted)
		return;
	facts_encode_group(&f, f.first, &one);
	if (!buf_ok(&one) || facts_decode_group(buf_slice(&one), a, &back, &e) < 0)
		return;
	facts_encode_group(&back, back.first, &two);
	assert(slice_eq(buf_slice(&one), buf_slice(&two)));
	assert(contact_calls_of_facts(back.first->first, &y) && y.mark == x.mark);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)256 << 20);
	struct contact_calls c;
	struct err e = {0};
	AUTO_BUF struct buf body = {0};
	buf_init(&body, (size_t)64 << 20);
	if (!a)
		return 0;
	entry(slice_of(data, size), a);
	if (contact_calls_read(slice_of(data, size), a, &c, &e) == 0) {
		assert(c.n && c.n <= CONTACT_CALLS_MAX);
		const struct contact_calls_entry x = {.list = SLICE("fuzz"), .kind = CALL_CANCELLED, .v = c.v, .n = c.n, .by = SLICE("f")};
		contact_calls_put(&x, &body);
		if (buf_ok(&body))
			entry(buf_slice(&body), a);
	} else {
		assert(e.code && e.text[0]);
	}
	arena_free(a);
	return 0;
}
