/* Heads for replicas, made by the keeper because it alone signs; what witnesses hand back; and what is asked of replicas before anything is appended.
 *
 * A head costs little (the small files that changed, the newest entries' tail), but it reads files and flushes some: a thread beside the loop makes it, one at a time, and only when somebody asks for one that is younger than
 * the last. Until the replicas were asked at the start (START_ASK), nobody else is listened to: an entry that was appended to an old copy of the site is one that two histories disagree about. Stores that do not answer hold
 * nobody up for longer than ASK_PATIENCE: a hospital without its network goes on. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASK_PATIENCE (6 * TIME_SEC)
#define HEADS_WAITING 256

struct heads {
	pthread_t thread;
	bool running;
	int event;
	struct keeper *k;
	struct site_keys keys; /* as they were when it began: a rotation may come meanwhile */
	int code;
	struct err why;
	int64_t made_at, begun_at; /* monotonic, of the last that was made; 0: none in this life */
	uint64_t made_size;        /* published entries when it was begun */
	struct {
		uint64_t chan, tag;
	} waiting[HEADS_WAITING];
	size_t waiting_count;
};

int heads_start(struct keeper *k, struct err *e)
{
	k->heads = calloc(1, sizeof *k->heads);
	if (!k->heads)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	(void)!seal_lock_memory(&k->heads->keys, sizeof k->heads->keys, NULL);
	k->heads->k = k;
	k->heads->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (k->heads->event < 0)
		return err_sys(e, NULL, "cannot make an event");
	k->asking = k->r->ask ? time_monotonic() + ASK_PATIENCE : 0;
	return 0;
}

int heads_fd(const struct keeper *k)
{
	return k->heads->event;
}

static void *make(void *arg)
{
	struct heads *h = arg;
	h->why = (struct err){0};
	h->code = vault_outbox_make(h->k->r->sitefd, &h->keys, &h->why);
	uint64_t one = 1;
	(void)!write(h->event, &one, sizeof one);
	return NULL;
}

static void answer(struct keeper *k, uint64_t chan, uint64_t tag, int code, const struct err *why)
{
	struct kchan *ch = keeper_chan_find(k, chan);
	if (!ch)
		return;
	if (code < 0)
		reply_err(ch, tag, why);
	else
		reply_ok(ch, tag);
}

void heads_done(struct keeper *k)
{
	struct heads *h = k->heads;
	uint64_t n;
	(void)!read(h->event, &n, sizeof n);
	if (!h->running)
		return;
	pthread_join(h->thread, NULL);
	h->running = false;
	site_keys_wipe(&h->keys);
	if (h->code == 0)
		h->made_at = h->begun_at;
	else
		role_log(k->r, "a head for replicas could not be made: %s: %s", h->why.place, h->why.text);
	for (size_t i = 0; i < h->waiting_count; i++)
		answer(k, h->waiting[i].chan, h->waiting[i].tag, h->code, &h->why);
	h->waiting_count = 0;
}

/* Before the keys are wiped. */
void heads_stop(struct keeper *k)
{
	if (k->heads && k->heads->running)
		pthread_join(k->heads->thread, NULL);
	if (k->heads) {
		site_keys_wipe(&k->heads->keys);
		k->heads->running = false;
	}
}

void op_head(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct heads *h = k->heads;
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	int64_t most = (int64_t)cur_u32le(&c) * TIME_SEC, now = time_monotonic();
	if (!cur_done(&c)) {
		err_set(&e, ERR_INPUT, NULL, "a bad request");
		reply_err(ch, f->tag, &e);
		return;
	}
	bool young = h->made_at && (now - h->made_at <= most || h->made_size == ledger_published(k->l));
	struct stat st;
	bool there = fstatat(k->r->sitefd, "outbox/newest", &st, AT_SYMLINK_NOFOLLOW) == 0; /* the outbox may be deleted at any time */
	if (young && there && now - h->made_at < 12 * 3600 * TIME_SEC) { /* also a site where nothing happens says twice a day that it is there */
		reply_ok(ch, f->tag);
		return;
	}
	if (h->waiting_count == HEADS_WAITING) {
		err_set(&e, ERR_BUSY, NULL, "too many wait for a head");
		reply_err(ch, f->tag, &e);
		return;
	}
	if (!h->running) {
		if (!k->reading)
			accounts_seal(k);
		h->begun_at = now;
		h->keys = k->keys;
		h->made_size = ledger_published(k->l);
		errno = pthread_create(&h->thread, NULL, make, h);
		if (errno) {
			err_sys(&e, NULL, "cannot start a thread");
			reply_err(ch, f->tag, &e);
			return;
		}
		h->running = true;
	}
	h->waiting[h->waiting_count].chan = ch->id;
	h->waiting[h->waiting_count++].tag = f->tag;
}

/* ---- witnesses ---- */

static int root_of(void *arg, uint64_t at, uint8_t out[SEAL_HASH], struct err *e)
{
	return ledger_root(((struct keeper *)arg)->l, at, out, e);
}

/* Somebody proves with our own signature that this log was longer, or another: not one entry more under this name. What is staged in this round goes with it, and was acknowledged to nobody. */
static void stop_if_ahead(struct keeper *k, int r, const struct err *e)
{
	if (!k->reading && r == ERR_CORRUPT && !strcmp(e->place, "ledger/ahead")) {
		k->broken = *e;
		role_log(k->r, "%s", e->text);
	}
}

void op_cosign(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who = {.user = ""};
	struct err e = {0};
	char by[96];
	int r = 0;
	if (ch->kind == CH_COPY) {
		frame_get_text(&c, by, sizeof by);
		r = c.failed ? err_set(&e, ERR_INPUT, NULL, "a bad request") : 0;
	} else {
		r = asker_read(k, ch, &c, MAY_REPLICA, &who, &e);
		snprintf(by, sizeof by, "%s", who.user);
		for (char *p = by; *p; p++)
			if (*p <= ' ' || *p > '~')
				*p = '_';
	}
	if (r == 0)
		r = vault_witness_take(k->r->sitefd, &k->keys.signing.v, cur_take(&c, cur_left(&c)), by, ledger_published(k->l), root_of, k, time_now(), &e);
	stop_if_ahead(k, r, &e);
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else
		reply_ok(ch, f->tag);
}

void op_seen(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	char by[96];
	frame_get_text(&c, by, sizeof by);
	int r = c.failed ? err_set(&e, ERR_INPUT, NULL, "a bad request") : vault_witness_seen(k->r->sitefd, &k->keys.signing.v, cur_take(&c, cur_left(&c)), by, ledger_published(k->l), root_of, k, &e);
	stop_if_ahead(k, r, &e);
	if (r < 0 && r != ERR_NO)
		reply_err(ch, f->tag, &e);
	else
		reply_ok(ch, f->tag);
}

void op_asked(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	k->asking = 0;
	reply_ok(ch, f->tag);
}
