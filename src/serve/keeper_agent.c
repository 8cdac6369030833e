/* keeper_agent: what the vault role asks for agents on other hosts. Each question comes with the agent's token: the keeper says whose it is, and what is entered is in that agent's name and under its sources alone. So
 * whoever took the vault role over can speak for the agents that are just speaking, and for nobody else; and is given keys of catalogues, never of content. */
#include "keeper.h"

#include <stdlib.h>

#define CONTENT 1
#define CATALOGUE 2
#define SCAN_MOST 16384
#define SCAN_BYTES ((size_t)4 << 20)

bool keeper_agent_name_ok(const char *name)
{
	size_t n = strlen(name);
	if (n == 0 || n > 40 || !strcmp(name, "site") || strchr("._-", name[0]))
		return false;
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == 0;
}

/* Whose token it is. */
static int agent_read(struct keeper *k, struct kchan *ch, struct cur *c, char ret_name[64], struct err *e)
{
	struct asker who;
	int r = asker_read(k, ch, c, MAY_VAULT, &who, e);
	if (r < 0)
		return r;
	if (!who.is_token || strcmp(who.role, AGENT_ROLE) != 0 || strncmp(who.user, "token/", 6) != 0 || !keeper_agent_name_ok(who.user + 6))
		return err_set(e, ERR_DENIED, NULL, "this is no agent's token");
	memcpy(ret_name, who.user + 6, strlen(who.user + 6) + 1);
	return 0;
}

int keeper_agent_speaker(struct keeper *k, struct kchan *ch, struct cur *c, char ret_name[64], struct err *e)
{
	return agent_read(k, ch, c, ret_name, e);
}

static void period_now(struct keeper *k, const char *class, char out[SITE_PERIOD_MAX])
{
	int64_t now = time_now(), last = ledger_last_time(k->l); /* the ledger's own time: it never goes back */
	site_period_current(k->r->sitefd, class, now > last ? now : last, out); /* a rotation may have come within the quarter */
}

/* "holdfast recipients 1", the log's name, and what is sealed to now, signed by the log: whoever took web over cannot make agents seal to somebody else. No checkpoint begins with this line. */
static int recipients(struct keeper *k, const char *files, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	char period[SITE_PERIOD_MAX], to[80];
	struct age_recipient r1, r2;
	buf_init(&text, 4096);
	int r = site_period_recipient(k->r->sitefd, &k->keys, files, false, &r1, e);
	period_now(k, "catalogue", period);
	if (r == 0)
		r = site_period_recipient(k->r->sitefd, &k->keys, period, true, &r2, e);
	if (r < 0)
		return r;
	age_recipient_format(&r1, to);
	buf_printf(&text, "holdfast recipients 1\n%s\nfiles %s %s\n", k->keys.signing.v.name, files, to);
	age_recipient_format(&r2, to);
	buf_printf(&text, "catalogue %s %s\n", period, to);
	return buf_ok(&text) ? note_sign(&k->keys.signing, buf_slice(&text), ret, e) : err_set(e, buf_code(&text), NULL, "no memory");
}

void op_agent(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	AUTO_BUF struct buf note = {0};
	char name[64], files[SITE_PERIOD_MAX];
	uint8_t key[32];
	buf_init(&note, 8192);
	int r = agent_read(k, ch, &c, name, &e);
	if (r == 0 && !cur_done(&c))
		r = err_set(&e, ERR_INPUT, NULL, "a bad request");
	period_now(k, "files", files);
	if (r == 0)
		r = recipients(k, files, &note, &e);
	if (r == 0)
		r = seal_agent_key(k->keys.dedupe, name, key, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	frame_str(&ch->c.out, name);
	buf_add(&ch->c.out, key, sizeof key);
	frame_str(&ch->c.out, files);
	frame_blob(&ch->c.out, buf_slice(&note));
	reply_end(ch, at);
	seal_wipe(key, sizeof key);
}

/* The key of one quarter's catalogues: names, no content. */
void op_agent_key(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	char name[64], period[SITE_PERIOD_MAX];
	struct age_identity id;
	struct age_recipient to;
	int r = agent_read(k, ch, &c, name, &e);
	frame_get_text(&c, period, sizeof period);
	if (r == 0 && !cur_done(&c))
		r = err_set(&e, ERR_INPUT, NULL, "a bad request");
	if (r == 0 && !period[0]) {
		period_now(k, "catalogue", period);
		r = site_period_recipient(k->r->sitefd, &k->keys, period, true, &to, &e);
	}
	if (r == 0 && strncmp(period, "catalogue-", 10) != 0)
		r = err_set(&e, ERR_DENIED, NULL, "keys of catalogues are given out, and no others");
	if (r == 0)
		r = site_period_identity(k->r->sitefd, &k->keys, period, &id, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	frame_str(&ch->c.out, period);
	buf_add(&ch->c.out, id.to.pub, sizeof id.to.pub);
	buf_add(&ch->c.out, id.secret, sizeof id.secret);
	reply_end(ch, at);
	seal_wipe(&id, sizeof id);
}

/* ---- the vault's entries, for the role's copy of the log ---- */

struct finding {
	uint64_t seqs[SCAN_MOST];
	size_t n;
};

static int find(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct finding *x = arg;
	if (en->leaf.kind == LEDGER_SNAPSHOT || en->leaf.kind == LEDGER_VAULT_PACK || en->leaf.kind == LEDGER_RETENTION)
		x->seqs[x->n++] = en->seq;
	return 0;
}

/* A piece at a time: a hospital's commits wait for nobody's backup. */
void op_vault_entries(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	uint64_t from = cur_u64le(&c), end = ledger_durable(k->l), next = from + SCAN_MOST < end ? from + SCAN_MOST : end;
	struct finding *x = calloc(1, sizeof *x);
	int r = !x ? err_set(&e, ERR_MEMORY, NULL, "no memory") : !cur_done(&c) || from > end ? err_set(&e, ERR_INPUT, NULL, "the ledger has no such entry") : 0;
	if (r == 0)
		r = ledger_scan(k->l, from, next, false, find, x, &e);
	size_t begin = ch->c.out.n, at = reply_begin(ch, f->tag), head = ch->c.out.n;
	buf_u64le(&ch->c.out, next);
	buf_u64le(&ch->c.out, end);
	for (size_t i = 0; r == 0 && i < x->n; i++) {
		struct ledger_entry en;
		if (ch->c.out.n - head > SCAN_BYTES) {
			next = x->seqs[i];
			break;
		}
		r = ledger_read(k->l, x->seqs[i], &en, &e);
		if (r < 0)
			break;
		buf_u64le(&ch->c.out, en.seq);
		buf_u64le(&ch->c.out, (uint64_t)en.leaf.time);
		buf_u8(&ch->c.out, en.leaf.kind);
		frame_blob(&ch->c.out, en.body);
	}
	free(x);
	if (r < 0 || !buf_ok(&ch->c.out)) {
		ch->c.out.n = begin; /* what was begun of an answer is none */
		reply_err(ch, f->tag, &e);
		return;
	}
	const uint64_t le = htole64(next);
	memcpy(ch->c.out.p + head, &le, sizeof le);
	reply_end(ch, at);
}
