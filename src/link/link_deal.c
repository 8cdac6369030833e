/* Numbers of 64 bits, dealt to buckets that are on disk. Each thread holds some of each bucket until there are enough to be written. */
#include "link_disk.h"

#include <stdlib.h>

#define ROOM 4096u       /* numbers of a bucket that a thread holds */
#define ROOM_LITTLE 256u /* in little memory */
#define LITTLE (UINT64_C(256) << 20)

struct link_deal {
	struct link_store *store;
	unsigned threads;
	uint32_t buckets, room;
	pthread_mutex_t lock;
	struct own {
		uint64_t *v;
		uint32_t *n;
	} own[LINK_THREADS_MAX];
	struct link_list *list; /* blocks of each bucket, in the order in which they were written */
};

int link_deal_new(struct link *l, uint32_t buckets, struct link_deal **ret)
{
	struct link_deal *d = calloc(1, sizeof *d);
	if (!d)
		return ERR_MEMORY;
	*d = (struct link_deal){.threads = l->o.threads, .buckets = buckets, .room = l->o.memory < LITTLE ? ROOM_LITTLE : ROOM};
	pthread_mutex_init(&d->lock, NULL);
	d->list = calloc(buckets, sizeof *d->list);
	int r = d->list ? 0 : ERR_MEMORY;
	for (unsigned t = 0; t < d->threads && r == 0; t++) {
		d->own[t].v = malloc((size_t)buckets * d->room * sizeof *d->own[t].v);
		d->own[t].n = calloc(buckets, sizeof *d->own[t].n);
		r = d->own[t].v && d->own[t].n ? 0 : ERR_MEMORY;
	}
	r = r ? r : link_store_new(l->o.tmp, d->threads, &l->disk->trouble, &d->store);
	if (r)
		link_deal_free(d);
	else
		*ret = d;
	return r;
}

static void drop_room(struct link_deal *d)
{
	for (unsigned t = 0; t < d->threads; t++) {
		free(d->own[t].v);
		free(d->own[t].n);
		d->own[t] = (struct own){0};
	}
}

void link_deal_free(struct link_deal *d)
{
	if (!d)
		return;
	drop_room(d);
	for (uint32_t k = 0; d->list && k < d->buckets; k++)
		link_list_done(&d->list[k]);
	free(d->list);
	link_store_free(d->store);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static int put_out(struct link_deal *d, unsigned thread, uint32_t bucket)
{
	struct own *o = &d->own[thread];
	struct link_block b;
	if (!o->n[bucket])
		return 0;
	int r = link_store_put(d->store, thread, o->v + (size_t)bucket * d->room, o->n[bucket] * sizeof *o->v, &b);
	o->n[bucket] = 0;
	if (r)
		return r;
	pthread_mutex_lock(&d->lock);
	r = link_list_put(&d->list[bucket], &b);
	pthread_mutex_unlock(&d->lock);
	return r;
}

int link_deal_put(struct link_deal *d, unsigned thread, uint32_t bucket, uint64_t v)
{
	struct own *o = &d->own[thread];
	o->v[(size_t)bucket * d->room + o->n[bucket]++] = v;
	return o->n[bucket] == d->room ? put_out(d, thread, bucket) : 0;
}

int link_deal_end(struct link_deal *d)
{
	int r = 0;
	for (unsigned t = 0; t < d->threads; t++)
		for (uint32_t k = 0; k < d->buckets && r == 0; k++)
			r = put_out(d, t, k);
	drop_room(d);
	return r;
}

int link_deal_load(struct link_deal *d, unsigned thread, uint32_t bucket, uint64_t **ret_v, uint64_t *ret_n)
{
	assert(bucket < d->buckets);
	return link_list_load(d->store, thread, &d->list[bucket], ret_v, ret_n);
}
