/* Erasing the body of one entry, by order: a message that came to the wrong hospital, a recording that somebody has the right to have destroyed. It goes whatever rests on it; that is said before. What stays is its leaf, the number of
 * whoever was first named in it (nobody else ever gets it), and who erased it, when and why. */
#include "chart.h"
#include "retain.h"

struct looked {
	struct ledger_leaf leaf;
	uint32_t quarter;
	struct chart_erasing x;
	bool view; /* there is one, and it knows this entry */
};

static int look(struct retain_open *o, uint64_t entry, struct arena *a, struct looked *ret, struct err *e)
{
	struct chart *c = NULL;
	struct chart_erasing_options xo = {.from = entry, .to = entry + 1, .order = true};
	*ret = (struct looked){.view = false};
	int r = ledger_may_erase_body(o->l, entry, &ret->quarter, e);
	const struct retain_hold *h = r == 0 ? ledger_retain_held(&o->state, RETAIN_CARE, ret->quarter, NULL, 0) : NULL;
	if (h)
		r = ledger_retain_refuse(h, e);
	if (r == 0)
		r = ledger_read_leaf(o->l, entry, &ret->leaf, e);
	if (r == 0 && (xo.active_since = retain_in_use_since(o, e)) == UINT64_MAX)
		r = e->code;
	if (r == 0)
		r = retain_open_chart(o, &c, e);
	if (r == 0)
		r = chart_erasing(c, &xo, a, &ret->x, e);
	chart_close(c);
	ret->view = r == 0 && ret->x.applied > entry;
	if (r == 0 && !ret->view)
		r = err_set(e, ERR_BUSY, NULL, "the view has not come to entry %llu yet, so it cannot tell whose number has to be kept: try again when it has", (unsigned long long)entry);
	return r;
}

static void say(const struct looked *k, uint64_t entry)
{
	char t[32];
	printf("would erase the body of entry %llu: %s of %llu bytes, received %s from %s; it says something of %llu persons, of %llu of whom nothing else is here\n", (unsigned long long)entry, ledger_kind_name(k->leaf.kind),
	       (unsigned long long)k->leaf.size, time_rfc3339(k->leaf.time, 0, t), k->leaf.source, (unsigned long long)k->x.persons, (unsigned long long)k->x.gone);
	if (k->x.keep_n)
		printf("THIS IS NEEDED: it says who is whom for somebody, or a chart in use rests on it; what it said is gone from those charts afterwards\n");
	for (size_t i = 0; i < k->x.listed_n; i++)
		printf("  %-16s %s\n", k->x.listed[i].id, k->x.listed[i].inside ? "in the house" : "something came this quarter or the last");
}

/* The number of who was first named there, and lives on: as what is left of an erased quarter is kept. */
static int keep_numbers(struct control *c, const struct looked *k, uint64_t entry, uint64_t *ret_kept, struct err *e)
{
	AUTO_BUF struct buf rest = {0}, body = {0};
	uint64_t seq;
	int64_t time;
	*ret_kept = 0;
	if (!k->x.born_n)
		return 0;
	buf_init(&rest, (size_t)1 << 20);
	buf_init(&body, (size_t)2 << 20);
	chart_born_put(&rest, k->x.born, k->x.born_n);
	ledger_kept_rest(&body, entry, buf_slice(&rest));
	if (!buf_ok(&rest) || !buf_ok(&body))
		return err_set(e, ERR_LIMIT, NULL, "too many numbers were first seen in entry %llu", (unsigned long long)entry);
	int r = control_kept(c, buf_slice(&body), &seq, &time, e);
	if (r == 0)
		*ret_kept = seq;
	return r;
}

int retain_entry(struct retain_open *o, struct control *c, uint64_t entry, const char *reason, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct looked k;
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	uint64_t kept;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = look(o, entry, a, &k, e);
	if (r == 0 && !c)
		say(&k, entry);
	if (r < 0 || !c) {
		chart_erasing_done(&k.x);
		return r;
	}
	buf_init(&b, (size_t)4 << 20);
	r = keep_numbers(c, &k, entry, &kept, e);
	jsonw_init(&w, &b);
	retain_put_head(&w, "erase-entry", o->who, reason);
	jsonw_kstr(&w, "class", "care");
	jsonw_ku64(&w, "entry", entry);
	if (r == 0)
		r = retain_put_keys(o, &w, RETAIN_CARE, 0, e);
	if (kept) {
		jsonw_key(&w, "kept");
		jsonw_obj(&w);
		jsonw_ku64(&w, "from", kept);
		jsonw_ku64(&w, "to", kept + 1);
		jsonw_ku64(&w, "entries", 0);
		jsonw_obj_end(&w);
	}
	jsonw_obj_end(&w);
	if (r == 0) {
		jsonw_done(&w);
		r = buf_ok(&b) ? control_retention(c, buf_slice(&b), ret_seq, ret_time, e) : err_set(e, buf_code(&b), NULL, "the entry would be too long");
	}
	if (r == 0)
		r = control_rebuild(c, UINT64_MAX, NULL, NULL, e); /* the keeper has begun it: wait until no chart shows any of it */
	chart_erasing_done(&k.x);
	return r;
}
