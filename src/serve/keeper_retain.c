/* keeper_retain: rules, holds, erasures and receipts as entries (ledger.h, retention). The keeper says no where a hold stands or a quarter is too young, whoever asks and whatever that command has looked at; an erasure's
 * keys are destroyed here as soon as its entry is durable, and again at each start: an entry rules over whatever a restored copy of keys/ brought back. */
#include "keeper.h"

#include <stdlib.h>

void keeper_retain_note(struct keeper *k, uint64_t seq)
{
	if ((k->retain_n & (k->retain_n - 1)) == 0) {
		uint64_t *more = reallocarray(k->retain_seq, k->retain_n ? 2 * k->retain_n : 1, sizeof *more);
		if (!more) {
			k->retain_lost = true; /* nothing is erased by who does not know all holds */
			return;
		}
		k->retain_seq = more;
	}
	k->retain_seq[k->retain_n++] = seq;
}

void keeper_retain_forget(struct keeper *k)
{
	k->retain_n = 0;
	k->retain_lost = false;
}

void keeper_retain_save(const struct keeper *k, struct jsonw *w)
{
	jsonw_arr(w);
	for (size_t i = 0; i < k->retain_n; i++)
		jsonw_u64(w, k->retain_seq[i]);
	jsonw_arr_end(w);
}

void keeper_retain_load(struct keeper *k, const struct json_node *n)
{
	for (const struct json_node *x = n ? n->child : NULL; x; x = x->next) {
		uint64_t seq;
		if (num_u64(x->value, 0, INT64_MAX, &seq) == 0)
			keeper_retain_note(k, seq);
	}
}

/* What was begun in a quarter before it was erased does not come into it afterwards: its key is gone, nobody could read it. */
int keeper_retain_alive(const struct keeper *k, const char *period, struct err *e)
{
	char class[SITE_PERIOD_MAX];
	int year, quarter, m;
	const struct retain_erasure *x = NULL;
	if (site_period_parts(period, class, &year, &quarter, &m, NULL) == 0 && ledger_retain_class(slice_str(class)) >= 0)
		x = ledger_retain_erased(&k->retain, ledger_retain_class(slice_str(class)), (uint32_t)(year * 10 + quarter));
	return x ? err_set(e, ERR_DENIED, period, "this quarter was erased by entry %llu while a backup ran: run it again", (unsigned long long)x->seq) : 0;
}

size_t keeper_erased_quarters(const struct keeper *k)
{
	size_t n = 0;
	for (size_t i = 0; i < k->retain.erasure_n; i++)
		n += k->retain.erasure[i].class == RETAIN_CARE;
	return n;
}

bool keeper_key_erased(const struct keeper *k, const char *period)
{
	for (size_t i = 0; i < k->retain.erasure_n; i++)
		for (size_t n = 0; n < k->retain.erasure[i].key_n; n++)
			if (!strcmp(k->retain.erasure[i].key[n].name, period))
				return true;
	return false;
}

/* 1: some stood, and were destroyed. */
static int destroy_keys(struct keeper *k, const struct retain_erasure *x, struct err *e)
{
	int found = 0;
	for (size_t i = 0; i < x->key_n; i++) {
		int r = site_period_destroy(k->r->sitefd, x->key[i].name, e);
		if (r < 0)
			return r;
		found |= r;
	}
	return found;
}

void keeper_retain_open(struct keeper *k)
{
	struct err e = {0};
	for (size_t i = 0; i < k->retain_n; i++) {
		struct ledger_entry en;
		int r = ledger_read(k->l, k->retain_seq[i], &en, &e);
		if (r == 0 && en.leaf.kind == LEDGER_RETENTION)
			r = ledger_retain_take(&k->retain, en.seq, en.leaf.time, en.body, NULL) == ERR_MEMORY ? ERR_MEMORY : 0; /* what a later version wrote is not ours to judge */
		if (r < 0) {
			role_log(k->r, "entry %llu about retention cannot be read: nothing is erased until it can", (unsigned long long)k->retain_seq[i]);
			k->retain_lost = true;
		}
	}
	for (size_t i = 0; i < k->retain.erasure_n; i++) {
		int r = destroy_keys(k, &k->retain.erasure[i], &e);
		if (r > 0 && k->retain.erasure[i].class == RETAIN_CARE)
			k->view_erased = 0; /* who brought the keys back may have brought the view of then */
		if (r)
			role_log(k->r, r < 0 ? "keys that entry %llu erased stand here and cannot be destroyed: %s" : "keys that entry %llu erased had come back and are destroyed again%s",
			         (unsigned long long)k->retain.erasure[i].seq, r < 0 ? e.text : "");
	}
	if (keeper_erased_quarters(k) && ledger_erased_now(k->l, &e) < 0)
		role_log(k->r, "what was erased of the messages cannot be told: %s", e.text);
	for (size_t i = 0; i < k->retain.erasure_n; i++)
		if (k->retain.erasure[i].one) {
			keeper_repack(k); /* one that was killed in it */
			break;
		}
}

void keeper_retain_done(struct keeper *k)
{
	ledger_retain_done(&k->retain);
	free(k->retain_seq);
}

/* A quarter of messages: what the command says of it must be what lies there, all of it in packs, and the entries of what is kept behind it. */
static int may_erase_messages(struct keeper *k, struct slice body, int64_t now, struct err *e)
{
	struct ledger_retain trial = {0};
	uint64_t first, end;
	struct ledger_leaf next;
	int r = ledger_retain_take(&trial, 0, now, body, NULL) == 0 && trial.erasure_n && trial.erasure[0].class == RETAIN_CARE && !trial.erasure[0].one ? 0 : ERR_NO;
	struct retain_erasure *x = r == 0 ? &trial.erasure[0] : NULL;
	if (x)
		r = ledger_quarter_span(k->l, x->quarter, &first, &end, NULL, NULL, NULL, e);
	if (x && r == 0 && (x->first != first || x->end != end))
		r = err_set(e, ERR_BUSY, NULL, "the messages of this quarter are other ones than the command looked at: try again");
	if (x && r == 0 && ledger_read_leaf(k->l, end, &next, NULL) == 0 && ledger_quarter_of(next.time) <= x->quarter)
		r = err_set(e, ERR_BUSY, NULL, "some messages of this quarter are not in a pack yet: try again in a minute");
	if (x && r == 0 && (x->kept_from > x->kept_to || x->kept_to > ledger_durable(k->l) || (x->kept_to && x->kept_from < end)))
		r = err_set(e, ERR_INPUT, NULL, "what is said to be kept cannot lie there");
	ledger_retain_done(&trial);
	return r == ERR_NO ? 0 : r;
}

/* One message or recording: it lies in a pack that can be written anew, and no hold stands on its quarter. */
static int may_erase_body(struct keeper *k, struct slice body, int64_t now, struct err *e)
{
	struct ledger_retain trial = {0};
	uint32_t quarter;
	int r = ledger_retain_take(&trial, 0, now, body, NULL) == 0 && trial.erasure_n && trial.erasure[0].one ? 0 : ERR_NO;
	const struct retain_erasure *x = r == 0 ? &trial.erasure[0] : NULL;
	if (x)
		r = ledger_may_erase_body(k->l, x->first, &quarter, e);
	const struct retain_hold *h = x && r == 0 ? ledger_retain_held(&k->retain, RETAIN_CARE, quarter, NULL, 0) : NULL;
	if (h)
		r = ledger_retain_refuse(h, e);
	if (x && r == 0 && (x->kept_from > x->kept_to || x->kept_to > ledger_durable(k->l) || (x->kept_to && x->kept_from <= x->first)))
		r = err_set(e, ERR_INPUT, NULL, "what is said to be kept cannot lie there");
	ledger_retain_done(&trial);
	return r == ERR_NO ? 0 : r;
}

/* Packs that still hold a body which an entry erased. What fails is tried again each minute: the entry rules meanwhile, nobody is given the body. */
void keeper_repack(struct keeper *k)
{
	struct err e = {0};
	uint64_t packs = 0;
	k->repack_at = 0;
	if (k->reading)
		return;
	int r = ledger_repack(k->l, &packs, &e), ms;
	if (r == 0 && packs) /* what others are told of next has to cover its entry */
		r = ledger_tick(k->l, true, &ms, &e);
	if (packs)
		role_log(k->r, "%llu packs were written anew without what was erased of them", (unsigned long long)packs);
	if (r == 0)
		return;
	role_log(k->r, "a pack could not be written anew without what was erased: %s %s", e.place, e.text);
	k->repack_at = time_monotonic() + 60 * TIME_SEC;
}

static int enter(struct keeper *k, struct kchan *ch, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	char source[LEDGER_SOURCE_MAX + 1];
	int64_t now = ledger_last_time(k->l);
	if (ch->uid != 0 && ch->uid != k->r->owner_uid)
		return err_set(e, ERR_DENIED, NULL, "retention is said by root or the site's owner");
	if (k->retain_lost)
		return err_set(e, ERR_CORRUPT, NULL, "an earlier entry about retention cannot be read, so it is not known what is held: see the daemon's log");
	int r = ledger_retain_may(&k->retain, now, body, e);
	if (r == 0)
		r = may_erase_messages(k, body, now, e);
	if (r == 0)
		r = may_erase_body(k, body, now, e);
	if (r < 0)
		return r;
	snprintf(source, sizeof source, ch->uid == 0 ? "command/root" : "command/%u", ch->uid);
	r = keeper_record(k, LEDGER_RETENTION, source, body, ret_seq, ret_time, e);
	if (r == 0)
		r = ledger_commit(k->l, e);
	if (r == 0)
		r = ledger_retain_take(&k->retain, *ret_seq, *ret_time, body, e);
	if (r == 0) {
		keeper_retain_note(k, *ret_seq);
		accounts_touch(k);
	}
	return r;
}

void op_kept(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct err e = {0};
	char source[LEDGER_SOURCE_MAX + 1];
	uint64_t seq, n;
	int64_t time;
	int r = ch->uid != 0 && ch->uid != k->r->owner_uid ? err_set(&e, ERR_DENIED, NULL, "retention is said by root or the site's owner") : 0;
	if (r == 0 && !f->payload.n)
		r = err_set(&e, ERR_INPUT, NULL, "nothing is to be kept");
	if (r == 0)
		r = ledger_kept_check(k->l, f->payload, 0, ledger_durable(k->l), &n, &e);
	snprintf(source, sizeof source, ch->uid == 0 ? "command/root" : "command/%u", ch->uid);
	if (r == 0)
		r = keeper_record(k, LEDGER_KEPT, source, f->payload, &seq, &time, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, seq);
	buf_u64le(&ch->c.out, (uint64_t)time);
	reply_end(ch, at);
}

void op_retention(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct err e = {0};
	uint64_t seq = 0;
	int64_t time = 0;
	size_t before = k->retain.erasure_n;
	int r = enter(k, ch, f->payload, &seq, &time, &e);
	if (r == 0 && k->retain.erasure_n > before) {
		r = destroy_keys(k, &k->retain.erasure[before], &e);
		if (r >= 0 && k->retain.erasure[before].class == RETAIN_CARE) {
			r = ledger_erased_now(k->l, &e);
			if (r < 0)
				role_log(k->r, "after entry %llu: %s", (unsigned long long)seq, e.text);
			if (k->retain.erasure[before].one)
				keeper_repack(k);
			feed_erased(k);
		}
		r = r > 0 ? 0 : r;
	}
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, seq);
	buf_u64le(&ch->c.out, (uint64_t)time);
	reply_end(ch, at);
}
