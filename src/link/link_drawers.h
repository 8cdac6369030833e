/* The pairs that share a key, gathered by all threads and made unique (link_drawers.c). */
#ifndef HOLDFAST_LINK_DRAWERS_H
#define HOLDFAST_LINK_DRAWERS_H

#include "link_internal.h"

struct link_drawers;
struct link_drawers *link_drawers_new(uint32_t records, unsigned threads); /* NULL: no memory */
void link_drawers_free(struct link_drawers *p);                            /* NULL is fine */
/* Record a with each of b[0..n), whose low `bits` bits are their numbers, all greater than a. Each thread its own calls. ERR_MEMORY */
int link_drawers_add(struct link_drawers *p, unsigned thread, uint32_t a, const uint64_t *b, uint64_t n, unsigned bits) MUST;
/* Once: all of them, each once, in order (a << 32 | b), in memory that is the caller's to free. ERR_MEMORY */
int link_drawers_take(struct link_drawers *p, uint64_t **ret, uint64_t *ret_n) MUST;

#endif
