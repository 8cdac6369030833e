/* link_disk: rows and pairs of a list that is larger than memory (link_disk.c, link_pairs.c). */
#ifndef HOLDFAST_LINK_DISK_H
#define HOLDFAST_LINK_DISK_H

#include "link_store.h"

#define LINK_ROWS_A_BLOCK 2048u /* a block of rows is whole pages of memory, whatever the width */

#define LINK_WALK_BLOCKS 8u     /* a walk over all rows takes a multiple of so many at a time */

struct link_pairs;
struct link_some { /* rows that were put one behind the other: which, and how many stand before each block's */
	uint64_t *bits;
	uint32_t *before;
	uint32_t *rows;
	unsigned width; /* so many words of each row */
	size_t bytes;
	uint32_t *room[LINK_THREADS_MAX];
};
struct link_disk {
	struct link_trouble trouble;
	struct link_store *rows;
	struct link_block *block; /* of rows, in order */
	uint32_t kept, blocks;    /* kept: rows that are there */
	uint64_t *struck[LINK_FIELDS_MAX]; /* a bit a record */
	uint32_t *window;         /* where rows have their place; what is not loaded cannot be read */
	size_t window_bytes;
	struct link_some some;
	struct link_store *ids;
	struct link_list id_blocks;
	size_t ids_bytes;
	struct link_pairs *pairs;
};

uint64_t link_resident(const struct link *l);
uint64_t link_budget(const struct link *l, unsigned parts); /* one of so many parts of the memory that is not taken yet */

/* Behind each feed: rows go to disk as soon as all that will be needed is more than o.memory. Does nothing where that is 0. Fewer than 4,096 records always stay. */
int link_disk_keep(struct link *l, struct err *e) MUST;
/* The four below do nothing, or the like, where all is in memory: l->disk is NULL. */
int link_disk_begin(struct link *l, struct err *e) MUST;        /* no more rows come */
int link_disk_end(struct link *l, int r, struct err *e) MUST;   /* r: how it went so far; then e is what the disk said. Rows of grey pairs stay */
void link_disk_free(struct link_disk *d);
int link_rows_each(struct link *l, int (*fn)(void *arg, uint32_t from, uint32_t to), void *arg) MUST; /* fn with records from..to-1 loaded, in order */

/* Only with l->disk: */
int link_disk_in(struct link *l, uint32_t from, uint32_t to) MUST; /* blocks; link_row is good for their records then */
void link_disk_out(struct link *l, uint32_t from, uint32_t to);
int link_disk_some(struct link *l, uint32_t *record, size_t n, unsigned width) MUST; /* the first words of the rows of these records (all: l->width); in record[] then stands for each which row it is, for link_row */
void link_disk_none(struct link *l);                                 /* they go */
uint32_t link_disk_row(const struct link *l, uint32_t record);       /* which row a record of the last link_disk_some is */
int link_disk_strike(struct link *l, unsigned field, uint32_t record) MUST; /* any thread */

/* Numbers dealt to buckets by any threads, in no order there, and taken back a bucket at a time (link_deal.c): keys, and pairs that may come several times. */
struct link_deal;
int link_deal_new(struct link *l, uint32_t buckets, struct link_deal **ret) MUST;
void link_deal_free(struct link_deal *d); /* NULL is fine */
int link_deal_put(struct link_deal *d, unsigned thread, uint32_t bucket, uint64_t v) MUST;
int link_deal_end(struct link_deal *d) MUST; /* no more come */
int link_deal_load(struct link_deal *d, unsigned thread, uint32_t bucket, uint64_t **ret_v, uint64_t *ret_n) MUST; /* the caller frees it */

/* Pairs: put by any threads, then each once, in order (link_pairs.c). */
int link_pairs_new(struct link *l) MUST;
void link_pairs_free(struct link_pairs *p);
int link_pairs_put(struct link *l, unsigned thread, uint64_t pair) MUST; /* a << 32 | b, a < b */
int link_pairs_end(struct link *l) MUST;                                 /* sets l->pairs */
int link_pairs_at(struct link *l, uint64_t i, uint64_t *ret) MUST;       /* asked for in order */
/* fn with some pairs in l->pair (l->pairs many), their rows loaded; it puts edges behind l->edge. At the end edges are in order. */
int link_pairs_each(struct link *l, int (*fn)(void *arg), void *arg) MUST;

#endif
