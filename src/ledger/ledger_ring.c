/* A queue of equal items that are addressed by a number for ever: what is pushed gets the next number, what is dropped goes from the front. Items stay where they
 * are until dropped, so another thread may read those it has been told of while the owner pushes more. At most RING_MAX items at a time. */
#include "ledger_internal.h"

#include <stdlib.h>

#define RING_CHUNK 512   /* items */
#define RING_CHUNKS 65536 /* untouched pages of the table cost nothing */
_Static_assert(RING_MAX == (uint64_t)RING_CHUNK * (RING_CHUNKS - 1), "a chunk of slack, because the front one may be half dropped");

int ring_init(struct ring *r, size_t item, uint64_t base, struct err *e)
{
	r->chunk = calloc(RING_CHUNKS, sizeof *r->chunk);
	r->item = item;
	r->base = r->end = base;
	return r->chunk ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for the ledger's tail");
}

void ring_done(struct ring *r)
{
	if (r->chunk)
		for (size_t i = 0; i < RING_CHUNKS; i++)
			free(r->chunk[i]);
	free(r->chunk);
	r->chunk = NULL;
}

static uint8_t **slot(const struct ring *r, uint64_t i)
{
	return &r->chunk[i / RING_CHUNK % RING_CHUNKS];
}

void *ring_at(const struct ring *r, uint64_t i)
{
	assert(i >= r->base && i < r->end);
	return *slot(r, i) + i % RING_CHUNK * r->item;
}

void *ring_peek(const struct ring *r, uint64_t i)
{
	return *slot(r, i) + i % RING_CHUNK * r->item;
}

/* The new last item, not cleared; NULL: no memory, or full. */
void *ring_push(struct ring *r)
{
	if (r->end - r->base >= RING_MAX)
		return NULL;
	uint8_t **s = slot(r, r->end);
	if (!*s && !(*s = malloc(RING_CHUNK * r->item)))
		return NULL;
	r->end++;
	return ring_at(r, r->end - 1);
}

/* Everything below upto goes. */
void ring_drop(struct ring *r, uint64_t upto)
{
	assert(upto <= r->end);
	while (r->base < upto) {
		uint64_t next = (r->base / RING_CHUNK + 1) * RING_CHUNK;
		if (next > upto) {
			r->base = upto;
			return;
		}
		uint8_t **s = slot(r, r->base);
		free(*s);
		*s = NULL;
		r->base = next;
	}
}

/* Empty, and the next item gets the number base. */
void ring_reset(struct ring *r, uint64_t base)
{
	for (size_t i = 0; i < RING_CHUNKS; i++) {
		free(r->chunk[i]);
		r->chunk[i] = NULL;
	}
	r->base = r->end = base;
}

void ring_pop(struct ring *r, uint64_t end)
{
	assert(end >= r->base && end <= r->end);
	r->end = end;
}
