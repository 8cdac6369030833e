/* The registry over the web: imports are given out one after the other, bytes and all (web counts them in its memory: what authorities have published is no secret), and a list that somebody brings becomes an entry after it was read. */
#include "keeper.h"
#include "registry.h"

#include <string.h>

struct finding {
	uint64_t seq;
	bool found;
};

static int first_one(void *arg, const struct ledger_entry *leaf, struct err *e)
{
	struct finding *f = arg;
	f->seq = leaf->seq;
	f->found = true;
	return ERR_EXISTS; /* far enough */
}

/* The first import from this number on, and where to ask on. An erased one is passed over. */
static int next_import(struct keeper *k, uint64_t from, uint64_t *ret_next, struct finding *f, struct ledger_entry *ret, struct err *e)
{
	uint64_t end = ledger_durable(k->l);
	*ret_next = from < end ? from : end;
	while (*ret_next < end) {
		*f = (struct finding){0};
		int r = ledger_scan_kinds(k->l, *ret_next, end, LEDGER_KIND_BIT(LEDGER_REGISTRY), first_one, f, e);
		if (r < 0 && !f->found)
			return r;
		*ret_next = f->found ? f->seq + 1 : end;
		if (!f->found)
			return 0;
		r = ledger_read(k->l, f->seq, ret, e);
		if (r != ERR_ERASED)
			return r;
		f->found = false;
	}
	return 0;
}

void op_registry_next(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	struct finding found = {0};
	struct ledger_entry en;
	int r = asker_read(k, ch, &c, MAY_SCOPE, &who, &e);
	uint64_t from = cur_u64le(&c), next = 0;
	if (c.failed || cur_left(&c)) {
		keeper_chan_drop(k, ch, "a bad question about the registry");
		return;
	}
	if (r == 0)
		r = next_import(k, from, &next, &found, &en, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, next);
	if (found.found) {
		buf_u64le(&ch->c.out, found.seq);
		buf_u64le(&ch->c.out, (uint64_t)en.leaf.time);
		buf_add_slice(&ch->c.out, en.body);
	}
	reply_end(ch, at);
}

void op_registry_add(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	struct registry_entry x;
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	int r = asker_read(k, ch, &c, MAY_SCOPE, &who, &e);
	bool wait = cur_u8(&c);
	struct slice body = cur_take(&c, cur_left(&c));
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad import of a list");
		return;
	}
	if (r == 0)
		r = a ? registry_entry_get(body, a, &x, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && !slice_eq_str(x.by, who.user))
		r = err_set(&e, ERR_DENIED, "by", "a list is brought by who has signed in");
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else
		keeper_store_for_web(k, ch, f->tag, &who, LEDGER_REGISTRY, "web", body, true, wait);
}
