/* link_store: blocks of bytes in a file that has no name, sealed under a key that is nowhere but in this process (link_store.c). */
#ifndef HOLDFAST_LINK_STORE_H
#define HOLDFAST_LINK_STORE_H

#include "link_internal.h"

#define LINK_BLOCK_MAX ((size_t)1 << 24)

struct link_block {
	uint64_t at, number;
	uint32_t n;
};
struct link_list { /* of blocks */
	struct link_block *v;
	size_t n, cap;
};
struct link_trouble { /* the first failure of several stores: threads hand codes back, the sentence is here */
	pthread_mutex_t lock;
	struct err err;
};
struct link_store;
int link_store_new(const char *dir, unsigned threads, struct link_trouble *trouble, struct link_store **ret) MUST; /* ERR_SYSTEM: the folder is not there, or nothing can be made in it; ERR_MEMORY */
void link_store_free(struct link_store *s); /* NULL is fine; the file is gone */
/* thread: whose cipher and room are used, below `threads`. n: 1..LINK_BLOCK_MAX. ERR_FULL, ERR_SYSTEM, ERR_MEMORY */
int link_store_put(struct link_store *s, unsigned thread, const void *data, size_t n, struct link_block *ret) MUST;
int link_store_get(struct link_store *s, unsigned thread, const struct link_block *b, void *to) MUST; /* to: b->n bytes. ERR_CRYPTO: it was changed */
uint64_t link_store_size(const struct link_store *s);          /* bytes of the file */

int link_list_put(struct link_list *v, const struct link_block *b) MUST; /* ERR_MEMORY */
/* All of a list, one behind the other, as numbers; the caller frees them. ERR_MEMORY, or what link_store_get says */
int link_list_load(struct link_store *s, unsigned thread, const struct link_list *list, uint64_t **ret_v, uint64_t *ret_n) MUST;
void link_list_done(struct link_list *v);

#endif
