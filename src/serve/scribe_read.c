/* scribe_read: the keeper's records, and facts from their bodies; and a second thread for the view that is built in bulk, which is one half reading bodies and one half writing rows: the one runs ahead of the other.
 *
 * The thread that reads ahead is the scribe's own; the other one applies. What lies between them is a ring of lots, each with an arena of its own and as many records as came. Whoever has to do with the chart
 * itself (a commit, the end) drains the ring first, so that the chart is never in two hands. */
#include "scribe_read.h"
#include "contacts.h"
#include "ecg.h"
#include "fhir.h"
#include "hl7.h"

#include <pthread.h>
#include <stdlib.h>

/* ---- records ---- */

bool record_next(struct cur *c, struct record *ret)
{
	struct record r = {0};
	r.en.seq = cur_u64le(c);
	r.en.time = (int64_t)cur_u64le(c);
	r.en.kind = cur_u8(c);
	r.en.flags = cur_u8(c);
	r.mark = cur_u8(c);
	r.en.size = cur_u64le(c);
	uint8_t n = cur_u8(c);
	r.en.source = cur_take(c, n);
	r.body = frame_get_blob(c);
	if (c->failed)
		return false;
	*ret = r;
	return true;
}

/* Of an entry in quarantine only whose it is: those charts say that they are incomplete. */
static bool whose(const struct record *r, struct arena *a, struct facts *f)
{
	AUTO_BUF struct buf only = {0};
	struct hl7_msg m;
	buf_init(&only, 1 << 16);
	if (r->en.kind != LEDGER_HL7V2 || !hl7_whose(r->body, &only))
		return false;
	struct slice kept = arena_dup(a, buf_slice(&only)); /* facts point into what they were read from */
	if (!kept.p || hl7_parse(kept, a, &m, NULL, 0, NULL, NULL) < 0)
		return false;
	hl7_facts(&m, f);
	if (f->failed)
		return false;
	f->uninterpreted = true;
	for (struct fact_group *g = f->first; g; g = g->next) {
		g->incomplete = true;
		g->first = g->last = NULL;
	}
	return true;
}

/* Facts of one body, or false: an entry without any. What cannot be read at all is an entry without facts that is counted as uninterpreted. */
bool record_facts(const struct record *r, struct arena *a, struct facts *f)
{
	facts_init(f, a);
	if (r->mark & MARK_ERASED)
		return false;
	if (r->mark & MARK_QUARANTINED && r->en.kind == LEDGER_ECG) { /* it stays in the worklist: somebody sent it, and may wait for it */
		ecg_facts_unread(r->body, "cannot be read: reading it ended the program, or took longer than a minute; its file is here as it came", f);
		return !f->failed;
	}
	if (r->mark & MARK_QUARANTINED)
		return whose(r, a, f);
	if (r->en.kind == LEDGER_HL7V2) {
		struct hl7_msg m;
		if (hl7_parse(r->body, a, &m, NULL, 0, NULL, NULL) < 0) {
			f->uninterpreted = true;
			return true;
		}
		hl7_facts(&m, f);
	} else if (r->en.kind == LEDGER_FHIR) {
		char feed[LEDGER_SOURCE_MAX + 1];
		struct slice name = r->en.source;
		if (slice_starts(name, "fhir/"))
			name = slice_of(name.p + 5, name.n - 5);
		snprintf(feed, sizeof feed, "%.*s", SLICE_FMT(name));
		if (fhir_facts(r->body, feed, f, NULL) < 0) {
			facts_init(f, a);
			f->uninterpreted = true;
			return true;
		}
		/* What is posted to us is of the time at which it came: a body's lastUpdated is ignored (R4 3.1.0.7). It would be that of the version which its sender has read here. */
		if (slice_starts(r->en.source, "fhir/") && !slice_starts(f->type, "Bundle"))
			f->time = SLICE_NULL;
	} else if (r->en.kind == LEDGER_ECG) {
		ecg_facts(r->body, f);
	} else if (r->en.kind == LEDGER_CONTACTS) {
		contacts_facts(r->body, f);
	} else if (r->en.kind == LEDGER_CALLS) {
		contact_calls_facts(r->body, f);
	} else {
		return false;
	}
	if (f->failed) { /* larger than we read: stored, counted, not shown in part */
		facts_init(f, a);
		f->uninterpreted = true;
	}
	return true;
}

/* ---- ahead ---- */

#define LOTS 16
#define LOT 16                          /* records */
#define LOT_BYTES ((size_t)1 << 20)     /* of an arena: a lot that has more is handed on */
#define LOT_KEEP ((size_t)8 << 20)      /* an arena that holds more is given back */
#define LOT_MAX ((size_t)640 << 20)     /* as the scribe's own */

struct lot {
	struct arena *a;
	struct record r[LOT];
	struct facts f[LOT];
	bool read[LOT];
	size_t n;
};

struct ahead {
	pthread_t thread;
	pthread_mutex_t mu;
	pthread_cond_t more, less;
	struct lot lot[LOTS];
	size_t made, done; /* lots handed on, lots applied */
	bool quit;
	int code;          /* the first failure; nothing is applied behind it */
	struct err err;
	ahead_apply_fn *apply;
	void *arg;
};

static void *work(void *arg)
{
	struct ahead *h = arg;
	pthread_mutex_lock(&h->mu);
	for (;;) {
		while (h->done == h->made && !h->quit)
			pthread_cond_wait(&h->more, &h->mu);
		if (h->done == h->made)
			break;
		struct lot *l = &h->lot[h->done % LOTS];
		bool failed = h->code < 0;
		pthread_mutex_unlock(&h->mu);
		struct err e = {0};
		int code = 0;
		for (size_t i = 0; i < l->n && code >= 0 && !failed; i++)
			code = h->apply(h->arg, &l->r[i], l->read[i] ? &l->f[i] : NULL, &e);
		pthread_mutex_lock(&h->mu);
		if (code < 0 && h->code == 0) {
			h->code = code;
			h->err = e;
		}
		h->done++;
		pthread_cond_signal(&h->less);
	}
	pthread_mutex_unlock(&h->mu);
	return NULL;
}

struct ahead *ahead_start(ahead_apply_fn *apply, void *arg)
{
	struct ahead *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->apply = apply;
	h->arg = arg;
	pthread_mutex_init(&h->mu, NULL);
	pthread_cond_init(&h->more, NULL);
	pthread_cond_init(&h->less, NULL);
	if (pthread_create(&h->thread, NULL, work, h) != 0) {
		free(h);
		return NULL;
	}
	return h;
}

static void hand_on(struct ahead *h)
{
	if (!h->lot[h->made % LOTS].n)
		return;
	pthread_mutex_lock(&h->mu);
	h->made++;
	pthread_cond_signal(&h->more);
	while (h->made - h->done == LOTS)
		pthread_cond_wait(&h->less, &h->mu);
	pthread_mutex_unlock(&h->mu);
	struct lot *next = &h->lot[h->made % LOTS]; /* ours again */
	next->n = 0;
	if (next->a && arena_used(next->a) > LOT_KEEP) {
		arena_free(next->a);
		next->a = NULL;
	} else if (next->a) {
		arena_reset(next->a);
	}
}

int ahead_put(struct ahead *h, const struct record *r, struct err *e)
{
	struct lot *l = &h->lot[h->made % LOTS];
	if (!l->a && !(l->a = arena_new(LOT_MAX)))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	l->r[l->n] = *r;
	l->read[l->n] = record_facts(r, l->a, &l->f[l->n]);
	if (++l->n == LOT || arena_used(l->a) > LOT_BYTES)
		hand_on(h);
	return 0;
}

int ahead_drain(struct ahead *h, struct err *e)
{
	hand_on(h);
	pthread_mutex_lock(&h->mu);
	while (h->done != h->made)
		pthread_cond_wait(&h->less, &h->mu);
	int code = h->code;
	if (code < 0 && e)
		*e = h->err;
	pthread_mutex_unlock(&h->mu);
	return code;
}

void ahead_end(struct ahead *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->mu);
	h->quit = true;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->mu);
	pthread_join(h->thread, NULL);
	for (size_t i = 0; i < LOTS; i++)
		arena_free(h->lot[i].a);
	pthread_mutex_destroy(&h->mu);
	pthread_cond_destroy(&h->more);
	pthread_cond_destroy(&h->less);
	free(h);
}
