/* queue: K_APPEND frames on their way to the keeper, kept until it has answered each. When the keeper dies, or refuses one because the disk is full, everything
 * from the first unanswered frame on is sent again: a repetition gets the same answer, so nothing is lost and nothing is stored twice. */
#ifndef HOLDFAST_QUEUE_H
#define HOLDFAST_QUEUE_H

#include "serve_internal.h"

struct queue_block;
struct queue_item {
	struct queue_block *block;
	size_t at, n;       /* the frame within the block */
	size_t body;        /* where the body begins, within the block */
	uint64_t tag;
	uint64_t a, b;      /* the caller's */
	void (*fn)(void);   /* the caller's, with its argument */
	void *arg;
};
struct queue {
	struct queue_item *items; /* ring */
	size_t cap, head, count;
	size_t sent;              /* items fully sent, from the head */
	size_t part;              /* bytes sent of the next one */
	struct queue_block *first, *last, *spare;
	size_t bytes;             /* of all frames in it */
	uint64_t tags;
};
struct queue_entry {
	uint8_t kind, flags, options;
	uint16_t listener;
	struct slice key, body;
	uint64_t a, b;
	void (*fn)(void);
	void *arg;
};
void queue_init(struct queue *q);
void queue_done(struct queue *q);
int queue_add(struct queue *q, const struct queue_entry *en, struct err *e) MUST; /* copies the body */
int queue_write(struct queue *q, int fd) MUST; /* 1: all sent; 0: the kernel takes no more; below 0: the keeper is gone */
/* Finish the frame that is half sent and nothing behind it. The same results. */
int queue_write_part(struct queue *q, int fd) MUST;
struct queue_item *queue_head(struct queue *q);               /* the first unanswered; NULL: none */
struct slice queue_body(const struct queue_item *it);
void queue_pop(struct queue *q);
void queue_rewind(struct queue *q);                           /* everything unanswered again, on a new channel or after K_RETRY */

#endif
