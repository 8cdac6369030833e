/* link_cell: one value of a row made comparable (link_cell.c), and what one thread reads with. */
#ifndef HOLDFAST_LINK_CELL_H
#define HOLDFAST_LINK_CELL_H

#include "link_internal.h"

#define LINK_CELL_MAX 256

struct link_reader {
	struct link *l;
	struct link_words words; /* of this thread */
	uint32_t *map;           /* their numbers in l->words */
	uint32_t mapped;
	int code;                /* of the first failure */
};

static inline void link_reader_put(struct link_reader *r, const char *s, size_t n, uint32_t *to)
{
	int c = link_words_put(&r->words, s, n, to);
	if (c < 0)
		r->code = c;
}

bool link_cell_empty(struct slice s);                                            /* nothing, or a word for nothing */
void link_cell(struct link_reader *r, size_t column, struct slice s, uint32_t *row); /* s is not empty */

#endif
