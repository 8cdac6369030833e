#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define BLOCK ((size_t)256 << 10)
#define IOV_MOST 32

struct queue_block { /* frames lie in it whole, so that a body can be read where it stands until its answer is here */
	struct queue_block *next;
	size_t n, cap, items;
	uint8_t bytes[];
};

void queue_init(struct queue *q)
{
	*q = (struct queue){0};
}

void queue_done(struct queue *q)
{
	while (q->first) {
		struct queue_block *b = q->first;
		q->first = b->next;
		free(b);
	}
	free(q->spare);
	free(q->items);
	*q = (struct queue){0};
}

static struct queue_block *block_for(struct queue *q, size_t n)
{
	if (q->last && q->last->cap - q->last->n >= n)
		return q->last;
	if (q->last && q->last->items == 0) { /* empty, so the only one; and too small: pop counts on the first block holding the first frame */
		assert(q->first == q->last);
		free(q->spare);
		q->spare = q->last;
		q->first = q->last = NULL;
	}
	struct queue_block *b = NULL;
	if (n <= BLOCK && q->spare) {
		b = q->spare;
		q->spare = NULL;
	} else {
		size_t cap = n > BLOCK ? n : BLOCK;
		b = malloc(sizeof *b + cap);
		if (!b)
			return NULL;
		b->cap = cap;
	}
	b->next = NULL;
	b->n = b->items = 0;
	if (q->last)
		q->last->next = b;
	else
		q->first = b;
	q->last = b;
	return b;
}

static bool room_for_item(struct queue *q)
{
	if (q->count < q->cap)
		return true;
	size_t cap = q->cap ? 2 * q->cap : 256;
	struct queue_item *p = reallocarray(NULL, cap, sizeof *p);
	if (!p)
		return false;
	for (size_t i = 0; i < q->count; i++)
		p[i] = q->items[(q->head + i) % q->cap];
	free(q->items);
	q->items = p;
	q->cap = cap;
	q->head = 0;
	return true;
}

static void le(uint8_t *to, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

int queue_add(struct queue *q, const struct queue_entry *en, struct err *e)
{
	size_t head = FRAME_HEAD + 5 + 2 + en->key.n, n = head + en->body.n;
	if (en->key.n > UINT16_MAX || n - FRAME_HEAD > FRAME_BODY)
		return err_set(e, ERR_LIMIT, NULL, "an entry of %zu bytes is too large", en->body.n);
	struct queue_block *b = room_for_item(q) ? block_for(q, n) : NULL;
	if (!b)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	struct queue_item *it = &q->items[(q->head + q->count) % q->cap];
	*it = (struct queue_item){.block = b, .at = b->n, .n = n, .body = b->n + head, .tag = ++q->tags, .a = en->a, .b = en->b, .fn = en->fn, .arg = en->arg};
	uint8_t *p = b->bytes + b->n;
	le(p, n - FRAME_HEAD, 4);
	le(p + 4, FRAME_K_APPEND, 4);
	le(p + 8, it->tag, 8);
	p += FRAME_HEAD;
	p[0] = en->kind;
	p[1] = en->flags;
	p[2] = en->options;
	le(p + 3, en->listener, 2);
	le(p + 5, en->key.n, 2);
	if (en->key.n)
		memcpy(p + 7, en->key.p, en->key.n);
	if (en->body.n)
		memcpy(p + 7 + en->key.n, en->body.p, en->body.n);
	b->n += n;
	b->items++;
	q->bytes += n;
	q->count++;
	return 0;
}

static struct queue_item *item(struct queue *q, size_t i)
{
	return &q->items[(q->head + i) % q->cap];
}

/* Stretches of the blocks that are to be sent: neighbours in one block are one stretch. */
static size_t gather(struct queue *q, size_t upto, struct iovec *iov)
{
	size_t n = 0;
	for (size_t i = q->sent; i < upto; i++) {
		struct queue_item *it = item(q, i);
		size_t skip = i == q->sent ? q->part : 0;
		uint8_t *from = it->block->bytes + it->at + skip;
		if (n && (uint8_t *)iov[n - 1].iov_base + iov[n - 1].iov_len == from) {
			iov[n - 1].iov_len += it->n - skip;
			continue;
		}
		if (n == IOV_MOST)
			break;
		iov[n++] = (struct iovec){from, it->n - skip};
	}
	return n;
}

static void count_sent(struct queue *q, size_t n)
{
	n += q->part;
	q->part = 0;
	while (q->sent < q->count && n >= item(q, q->sent)->n) {
		n -= item(q, q->sent)->n;
		q->sent++;
	}
	q->part = n;
}

static int write_upto(struct queue *q, int fd, size_t upto)
{
	while (q->sent < upto) {
		struct iovec iov[IOV_MOST];
		struct msghdr m = {.msg_iov = iov, .msg_iovlen = gather(q, upto, iov)};
		ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : ERR_NO;
		count_sent(q, (size_t)n);
	}
	return 1;
}

int queue_write(struct queue *q, int fd)
{
	return write_upto(q, fd, q->count);
}

int queue_write_part(struct queue *q, int fd)
{
	return q->part ? write_upto(q, fd, q->sent + 1) : 1;
}

struct queue_item *queue_head(struct queue *q)
{
	return q->count ? item(q, 0) : NULL;
}

struct slice queue_body(const struct queue_item *it)
{
	return slice_of(it->block->bytes + it->body, it->at + it->n - it->body);
}

void queue_pop(struct queue *q)
{
	struct queue_item *it = item(q, 0);
	struct queue_block *b = it->block;
	assert(q->count && b == q->first);
	q->bytes -= it->n;
	q->head = (q->head + 1) % q->cap;
	q->count--;
	if (q->sent)
		q->sent--;
	if (--b->items)
		return;
	if (b == q->last && b->cap == BLOCK) { /* empty, and the only one: begin it again */
		b->n = 0;
		return;
	}
	q->first = b->next;
	if (q->last == b)
		q->last = NULL;
	if (b->cap == BLOCK && !q->spare)
		q->spare = b;
	else
		free(b);
}

void queue_rewind(struct queue *q)
{
	q->sent = 0;
	q->part = 0;
}
