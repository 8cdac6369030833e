/* keeper_keys: `key rotate` (seal.h, rotation; seal/DESIGN.md says what it is good for). The keeper does it because it alone writes the ledger and holds the keys that change. A rotation that something stopped
 * (a kill, a full disk) goes on at the keeper's next start, or when it is asked for again: the plan in keys/rotate.next says how. */
#include "keeper.h"

#include <stdlib.h>

static void body_of(const struct site_rotation *p, const struct site_keys *k, struct buf *b)
{
	char to[80];
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kstr(&w, "what", "key-rotate");
	age_recipient_format(&p->care.to, to);
	jsonw_kstr(&w, "care", to);
	if (k->older_n) {
		age_recipient_format(&k->older[0].to, to);
		jsonw_kstr(&w, "was", to);
	}
	jsonw_key(&w, "periods");
	jsonw_arr(&w);
	for (size_t i = 0; i < p->period_n; i++)
		jsonw_str(&w, p->period[i]);
	jsonw_arr_end(&w);
	jsonw_kstr(&w, "reason", p->reason);
	jsonw_kstr(&w, "who", p->who);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

struct entry_of {
	struct keeper *k;
	char care[80];
	uint64_t seqs[64]; /* entries of kind keys behind the plan: one, or none */
	size_t n;
};

static int find_entry(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct entry_of *x = arg;
	(void)e;
	if (en->leaf.kind == LEDGER_KEYS && x->n < ARRAY_LEN(x->seqs))
		x->seqs[x->n++] = en->seq;
	return 0;
}

/* 1: an earlier life made it already. */
static int has_entry(struct keeper *k, const struct site_rotation *p, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct entry_of x = {.k = k};
	age_recipient_format(&p->care.to, x.care);
	int r = p->at < ledger_size(k->l) ? ledger_scan(k->l, p->at, ledger_size(k->l), false, find_entry, &x, e) : 0;
	for (size_t i = 0; r == 0 && i < x.n; i++) {
		AUTO_ARENA struct arena *a = arena_new(1 << 20);
		struct ledger_entry en;
		struct json_node *n;
		r = a ? ledger_read(k->l, x.seqs[i], &en, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
		if (r == 0 && json_tree(en.body, a, &n, NULL) == 0 && slice_eq_str(json_text(n, "care"), x.care)) {
			*ret_seq = en.seq;
			*ret_time = en.leaf.time;
			return 1;
		}
	}
	return r;
}

static int enter(struct keeper *k, const struct site_rotation *p, const char *source, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	buf_init(&body, 1 << 16);
	int r = has_entry(k, p, ret_seq, ret_time, e);
	if (r)
		return r < 0 ? r : 0;
	body_of(p, &k->keys, &body);
	r = buf_ok(&body) ? keeper_record(k, LEDGER_KEYS, source, buf_slice(&body), ret_seq, ret_time, e) : err_set(e, buf_code(&body), NULL, "no memory");
	return r == 0 ? ledger_commit(k->l, e) : r;
}

static int carry_out(struct keeper *k, const struct site_rotation *p, const char *source, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct err why = {0};
	struct site_keys before = k->keys;
	int r = site_rotation_carry(k->r->sitefd, p, &k->keys, e);
	if (memcmp(before.care.secret, k->keys.care.secret, sizeof before.care.secret) || r == 0) { /* as far as it came, the ledger goes along */
		int again = ledger_rekey(k->l, &k->keys, &why);
		if (again < 0) { /* it has no housekeeper, or took nothing: only a new life helps */
			k->broken = why;
			r = r < 0 ? r : err_set(e, again, why.place, "%s", why.text);
		}
	}
	site_keys_wipe(&before);
	if (r == 0)
		r = enter(k, p, source, ret_seq, ret_time, e);
	if (r == 0)
		r = site_rotation_end(k->r->sitefd, e);
	if (r == 0) {
		k->rotated = *ret_time;
		k->rotated_seq = *ret_seq;
		accounts_touch(k);
	}
	return r;
}

void keeper_keys_resume(struct keeper *k)
{
	struct site_rotation p = {0};
	struct err e = {0};
	uint64_t seq = 0;
	int64_t time = 0;
	int r = site_rotation_read(k->r->sitefd, &p, &e);
	if (r == ERR_NOT_FOUND)
		return;
	if (r == 0)
		r = carry_out(k, &p, "site", &seq, &time, &e);
	seal_wipe(&p, sizeof p);
	if (r == 0)
		role_log(k->r, "a rotation of keys that had been begun is finished: entry %llu", (unsigned long long)seq);
	else
		role_log(k->r, "a rotation of keys was begun and cannot be finished now: %s: %s", e.place, e.text);
}

void keeper_keys_note(struct keeper *k, uint64_t seq, int64_t time, const struct json_node *n)
{
	if (!slice_eq_str(json_text(n, "what"), "key-rotate"))
		return;
	k->rotated = time;
	k->rotated_seq = seq;
}

void op_key_rotate(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	struct site_rotation p = {0};
	char who[64], reason[SITE_ROTATE_REASON + 1], source[LEDGER_SOURCE_MAX + 1];
	uint64_t seq = 0;
	int64_t time = 0, last = ledger_last_time(k->l), now = time_now();
	bool files = cur_u8(&c);
	frame_get_text(&c, who, sizeof who);
	frame_get_text(&c, reason, sizeof reason);
	snprintf(source, sizeof source, ch->uid == 0 ? "command/root" : "command/%u", ch->uid);
	int r = cur_done(&c) ? 0 : err_set(&e, ERR_INPUT, NULL, "a bad request: a reason has at most %d bytes", SITE_ROTATE_REASON);
	if (r == 0 && ch->uid != 0 && ch->uid != k->r->owner_uid)
		r = err_set(&e, ERR_DENIED, NULL, "keys are rotated by root or the site's owner");
	if (r == 0)
		r = site_rotation_read(k->r->sitefd, &p, &e); /* one that something stopped goes on */
	if (r == ERR_NOT_FOUND)
		r = site_rotation_plan(k->r->sitefd, &k->keys, now > last ? now : last, files, who, reason, ledger_size(k->l), &p, &e);
	if (r == 0)
		r = carry_out(k, &p, source, &seq, &time, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
	} else {
		size_t at = reply_begin(ch, f->tag);
		buf_u64le(&ch->c.out, seq);
		buf_u64le(&ch->c.out, (uint64_t)time);
		buf_add(&ch->c.out, p.care.to.pub, sizeof p.care.to.pub);
		buf_u8(&ch->c.out, (uint8_t)p.period_n);
		for (size_t i = 0; i < p.period_n; i++)
			frame_str(&ch->c.out, p.period[i]);
		reply_end(ch, at);
	}
	seal_wipe(&p, sizeof p);
}
