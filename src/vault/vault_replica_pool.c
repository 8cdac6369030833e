/* Several connections to one store. A transfer over a link waits far longer than it works: one object after the other costs a round trip each (measured over 20 ms: doc/figures.md). Jobs are independent of each other (each puts
 * or fetches one object, proves it, and is whole or not there), so their order does not matter; what must come last (a head) is put after replica_pool_wait.
 *
 * Threads: N, each with a connection of its own, opened when it has its first job. A folder needs no connection: its jobs run on the caller's store, two at a time, so that one flush does not wait for the other. */
#include "vault_replica.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define QUEUE_MOST 64

struct worker {
	struct replica_pool *p;
	pthread_t thread;
	struct vault_store *s;
	bool running;
};
struct replica_pool {
	char target[512];
	struct vault_store_options o;
	struct vault_store *shared; /* NULL: each opens its own */
	pthread_mutex_t mu;
	pthread_cond_t work, room;
	struct replica_job *first, *last;
	size_t queued, running;
	bool stop;
	int code;
	struct err why;
	size_t n;
	struct worker worker[REPLICA_CONNECTIONS_MAX];
};

static void failed(struct replica_pool *p, int r, const struct err *e)
{
	if (p->code == 0) { /* mu is held */
		p->code = r;
		p->why = *e;
	}
}

static int own_store(struct worker *w, struct vault_store **ret, struct err *e)
{
	struct replica_pool *p = w->p;
	*ret = p->shared;
	if (p->shared)
		return 0;
	int r = w->s ? 0 : vault_store_open(p->target, &p->o, &w->s, e);
	*ret = w->s;
	return r;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct replica_pool *p = w->p;
	pthread_mutex_lock(&p->mu);
	for (;;) {
		while (!p->first && !p->stop)
			pthread_cond_wait(&p->work, &p->mu);
		struct replica_job *j = p->first;
		if (!j)
			break;
		p->first = j->next;
		if (!p->first)
			p->last = NULL;
		p->queued--;
		p->running++;
		bool go = p->code == 0;
		pthread_cond_broadcast(&p->room);
		pthread_mutex_unlock(&p->mu);
		struct err e = {0};
		struct vault_store *s = NULL;
		int r = go ? own_store(w, &s, &e) : ERR_NO;
		int done = j->run(j, r == 0 ? s : NULL, &e);
		if (r == 0)
			r = done;
		free(j);
		pthread_mutex_lock(&p->mu);
		p->running--;
		if (r < 0 && go)
			failed(p, r, &e);
		pthread_cond_broadcast(&p->room);
	}
	pthread_mutex_unlock(&p->mu);
	return NULL;
}

int replica_pool_new(const char *target, const struct vault_store_options *o, struct vault_store *own, unsigned connections, struct replica_pool **ret, struct err *e)
{
	struct replica_pool *p = calloc(1, sizeof *p);
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	bool folder = own->kind == VAULT_FOLDER;
	snprintf(p->target, sizeof p->target, "%s", target);
	p->o = *o;
	p->shared = folder ? own : NULL;
	p->n = connections ? connections : folder ? 2 : REPLICA_CONNECTIONS;
	if (p->n > REPLICA_CONNECTIONS_MAX)
		p->n = REPLICA_CONNECTIONS_MAX;
	pthread_mutex_init(&p->mu, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->room, NULL);
	for (size_t i = 0; i < p->n; i++) {
		p->worker[i].p = p;
		p->worker[i].running = pthread_create(&p->worker[i].thread, NULL, work, &p->worker[i]) == 0;
		if (!p->worker[i].running && i == 0) {
			replica_pool_free(p);
			return err_set(e, ERR_SYSTEM, NULL, "cannot start a thread");
		}
	}
	*ret = p;
	return 0;
}

int replica_pool_do(struct replica_pool *p, struct replica_job *j, struct err *e)
{
	j->next = NULL;
	pthread_mutex_lock(&p->mu);
	while (p->queued >= QUEUE_MOST && p->code == 0)
		pthread_cond_wait(&p->room, &p->mu);
	int r = p->code;
	if (r == 0) {
		if (p->last)
			p->last->next = j;
		else
			p->first = j;
		p->last = j;
		p->queued++;
		pthread_cond_signal(&p->work);
	} else if (e) {
		*e = p->why;
	}
	pthread_mutex_unlock(&p->mu);
	if (r < 0)
		free(j);
	return r;
}

int replica_pool_wait(struct replica_pool *p, struct err *e)
{
	pthread_mutex_lock(&p->mu);
	while (p->queued || p->running)
		pthread_cond_wait(&p->room, &p->mu);
	int r = p->code;
	if (r < 0 && e)
		*e = p->why;
	pthread_mutex_unlock(&p->mu);
	return r;
}

void replica_pool_free(struct replica_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->mu);
	p->stop = true;
	struct err e = {0};
	failed(p, err_set(&e, ERR_NO, NULL, "given up"), &e); /* what is queued is let go */
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->mu);
	for (size_t i = 0; i < p->n; i++)
		if (p->worker[i].running)
			pthread_join(p->worker[i].thread, NULL);
	for (size_t i = 0; i < p->n; i++)
		vault_store_close(p->worker[i].s);
	pthread_mutex_destroy(&p->mu);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->room);
	free(p);
}

/* ---- tiles, fetched before they are asked for ---- */

enum { FREE, ASKED, HERE };
struct ahead_slot {
	char name[VAULT_OBJECT_MAX + 1];
	int state, code;
	struct buf bytes;
};
struct replica_ahead {
	struct replica_pool *p;
	pthread_mutex_t mu;
	pthread_cond_t here;
	size_t out; /* asked and not here */
	struct ahead_slot slot[REPLICA_AHEAD];
};
struct ahead_job {
	struct replica_job j;
	struct replica_ahead *a;
	struct ahead_slot *s;
};

static int into_buf(void *arg, struct slice piece, struct err *e)
{
	struct buf *b = arg;
	if (!piece.p)
		buf_reset(b);
	buf_add_slice(b, piece);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "it is larger than it may be");
}

static int fetch(struct replica_job *j, struct vault_store *s, struct err *e)
{
	struct ahead_job *x = (struct ahead_job *)j;
	int r = s ? s->ops->get(s, x->s->name, "", 0, x->s->bytes.max + 1, into_buf, &x->s->bytes, e) : ERR_NO;
	pthread_mutex_lock(&x->a->mu);
	x->s->code = r;
	x->s->state = HERE;
	x->a->out--;
	pthread_cond_broadcast(&x->a->here);
	pthread_mutex_unlock(&x->a->mu);
	return 0; /* not the pool's failure: whoever wants these bytes asks again, and gives the reason */
}

int replica_ahead_new(struct replica_pool *p, struct replica_ahead **ret, struct err *e)
{
	struct replica_ahead *a = calloc(1, sizeof *a);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	a->p = p;
	pthread_mutex_init(&a->mu, NULL);
	pthread_cond_init(&a->here, NULL);
	*ret = a;
	return 0;
}

void replica_ahead_want(struct replica_ahead *a, const char *name, size_t most)
{
	struct ahead_slot *s = NULL;
	pthread_mutex_lock(&a->mu);
	for (size_t i = 0; i < REPLICA_AHEAD && !s; i++)
		if (a->slot[i].state == FREE)
			s = &a->slot[i];
	if (s) {
		snprintf(s->name, sizeof s->name, "%s", name);
		buf_init(&s->bytes, most);
		s->state = ASKED;
		a->out++;
	}
	pthread_mutex_unlock(&a->mu);
	struct ahead_job *j = s ? calloc(1, sizeof *j) : NULL;
	if (j)
		*j = (struct ahead_job){.j.run = fetch, .a = a, .s = s};
	if (s && (!j || replica_pool_do(a->p, &j->j, NULL) < 0)) {
		pthread_mutex_lock(&a->mu);
		s->state = FREE;
		a->out--;
		pthread_mutex_unlock(&a->mu);
	}
}

int replica_ahead_take(struct replica_ahead *a, const char *name, struct buf *ret)
{
	struct ahead_slot *s = NULL;
	pthread_mutex_lock(&a->mu);
	for (size_t i = 0; i < REPLICA_AHEAD && !s; i++)
		if (a->slot[i].state != FREE && !strcmp(a->slot[i].name, name))
			s = &a->slot[i];
	while (s && s->state == ASKED)
		pthread_cond_wait(&a->here, &a->mu);
	int r = s ? s->code : ERR_NOT_FOUND;
	if (s && r == 0)
		buf_add_slice(ret, buf_slice(&s->bytes));
	if (s) {
		buf_done(&s->bytes);
		s->state = FREE;
	}
	pthread_mutex_unlock(&a->mu);
	return r;
}

void replica_ahead_free(struct replica_ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->mu);
	while (a->out)
		pthread_cond_wait(&a->here, &a->mu);
	pthread_mutex_unlock(&a->mu);
	for (size_t i = 0; i < REPLICA_AHEAD; i++)
		if (a->slot[i].state != FREE)
			buf_done(&a->slot[i].bytes);
	pthread_mutex_destroy(&a->mu);
	pthread_cond_destroy(&a->here);
	free(a);
}
