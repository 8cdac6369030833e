/* What an object store answers: listings of versions, and error answers. Names and continuations that come out of it keep what the face promises. */
#include "vault_store.h"

struct seen {
	unsigned n;
};

static int take(void *arg, struct slice key, bool deleted, const struct vault_object *o, struct err *e)
{
	struct seen *s = arg;
	assert(key.n > 0 && key.n <= 1024 && strlen(o->version) <= VAULT_VERSION_MAX);
	assert(deleted || o->size <= INT64_MAX);
	return ++s->n > 100000 ? err_set(e, ERR_LIMIT, NULL, "enough") : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of(data, size);
	struct vault_listing_more more;
	struct seen s = {0};
	struct err e = {0};
	char code[64];
	int r = vault_listing_read(all, take, &s, &more, &e);
	assert(r <= 0 && (r < 0) == (e.code != 0));
	if (r == 0 && more.truncated)
		assert(more.key[0]);
	if (vault_listing_error(all, code))
		assert(code[0] && strlen(code) < sizeof code);
	return 0;
}
