/* intake_batch: batches over MLLP. The lines around a batch's messages (FHS BHS, BTS FTS) are entries, and a batch that is sent again is known again, as a file is that is imported again: serve.h says by
 * what, and the keys are the same, so that a file which was imported and is then sent gives no new entry either.
 *
 * FHS and BHS wait for the message that they lead to, or the connection's end: nobody is told that they were stored. BTS and FTS go at once. From FHS or BHS up to FTS each message is hashed. A line that
 * does not fit, or ends a batch of which no beginning was seen on this connection, is stored whatever there is already: its own bytes say too little ("BTS|2"), and rather twice than not at all. */
#include "intake.h"
#include "serve.h"

#include <stdlib.h>

#define HELD_MAX ((size_t)256 << 10)

struct held {
	struct intake *in;
	struct conn *c;
	struct batch_run run;
	struct buf bytes; /* of the lines that wait; batch_line.id: offset << 32 | flags << 24 | length */
};

static int hand_on(void *arg, const struct batch_line *l, struct err *e)
{
	struct held *h = arg;
	struct slice all = buf_slice(&h->bytes);
	if (!h->c->dead) /* closed for want of room: not acknowledged, and sent again */
		conn_put_line(h->in, h->c, (uint8_t)(l->id >> 24), slice_of(all.p + (l->id >> 32), (size_t)(l->id & 0xffffff)), slice_of(l->key, sizeof l->key));
	return 0;
}

static struct held *begin(struct intake *in, struct conn *c)
{
	struct held *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->in = in;
	h->c = c;
	buf_init(&h->bytes, HELD_MAX);
	batch_begin(&h->run);
	return h;
}

void batch_close(struct conn *c)
{
	struct held *h = c->batch;
	c->batch = NULL; /* first: what is handed on may close the connection */
	if (!h)
		return;
	(void)!batch_other(&h->run, SLICE_NULL, hand_on, h, NULL); /* hand_on cannot fail */
	buf_done(&h->bytes);
	free(h);
}

void batch_other_frame(struct conn *c, struct slice bytes)
{
	struct held *h = c->batch;
	if (!h)
		return;
	(void)!batch_other(&h->run, bytes, hand_on, h, NULL);
	buf_reset(&h->bytes);
}

/* The three letters, behind a byte order mark or in UTF-16: a batch's first line may have one. */
static void name_of(struct slice line, char out[4])
{
	size_t n = 0;
	for (size_t i = 0; i < line.n && i < 16 && n < 3; i++)
		if (line.p[i] >= 'A' && line.p[i] <= 'Z')
			out[n++] = (char)line.p[i];
	out[n] = 0;
}

void batch_envelope(struct intake *in, struct conn *c, uint8_t flags, struct slice line)
{
	char name[4];
	name_of(line, name);
	bool leads = name[1] == 'H';
	if (leads && !c->batch)
		c->batch = begin(in, c);
	struct held *h = c->batch;
	if (!h || line.n > HELD_MAX / 4 || h->bytes.n + line.n > HELD_MAX) {
		batch_close(c);
		if (!c->dead)
			conn_put_line(in, c, flags, line, SLICE_NULL);
		return;
	}
	uint64_t id = (uint64_t)h->bytes.n << 32 | (uint64_t)flags << 24 | line.n;
	buf_add_slice(&h->bytes, line);
	if (!buf_ok(&h->bytes)) {
		conn_close(in, c, "no memory");
		return;
	}
	(void)!batch_line(&h->run, id, line, hand_on, h, NULL);
	if (leads)
		return;
	(void)!batch_now(&h->run, hand_on, h, NULL);
	buf_reset(&h->bytes);
	if (name[0] == 'F' && c->batch == h)
		batch_close(c);
}
