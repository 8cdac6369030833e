/* A live strip as one request that goes on (a chunked POST): its body is taken as it comes, whole samples at a time, and answered when it ends. What a piece may be and what becomes of it is web_live.c's. */
#include "web_live.h"

#include <poll.h>
#include <stdlib.h>

#define RUN_S 60                     /* seconds of a strip that are taken at once */
#define RUN_BUSY (5 * TIME_SEC)      /* how long a stream stands where what came before is being kept */
#define RUN_CHECK (10 * TIME_SEC)    /* a token that was revoked sends no longer than this */
#define RUN_DRAIN (2 * TIME_SEC)     /* what follows a refusal is not read for longer: then the connection ends */

struct web_stream {
	char id[24];
	uint64_t at;                 /* of the next sample */
	size_t frame, run;           /* bytes of a sample; bytes that are taken at once */
	uint8_t part[2 * LIVE_LEADS_MAX];
	size_t part_n;
	int64_t checked, refused;    /* monotonic; refused: since when the answer stands; 0: it does not */
};

bool web_live_stream(struct web_request *q, const char *id)
{
	const char *number = web_query(q, "at");
	struct web_stream x = {.checked = time_monotonic()};
	struct live_strip *s = q->web->live ? live_own(q, id) : NULL;
	if (!s)
		return false;
	memcpy(x.id, s->id, sizeof x.id);
	x.at = s->ring.to;
	x.frame = 2 * s->t.leads;
	x.run = (size_t)(RUN_S * s->t.rate) * x.frame;
	pthread_mutex_unlock(&q->web->live->lock);
	if (number && num_u64(slice_str(number), 0, LIVE_AT_MAX, &x.at) < 0) {
		web_error(q, 400, "input", "at: that is the number of the first sample that comes");
		return false;
	}
	q->stream = malloc(sizeof x);
	if (!q->stream) {
		web_error(q, 503, "memory", "No memory for this request.");
		return false;
	}
	*q->stream = x;
	return true;
}

/* Whole samples. 0, or the refusal is in q. */
static int run_of(struct web_request *q, struct slice bytes)
{
	struct live_house *h = q->web->live;
	struct web_stream *x = q->stream;
	int64_t until = time_monotonic() + RUN_BUSY;
	struct err e = {0};
	int r;
	for (;;) {
		struct live_strip *s = live_own(q, x->id);
		if (!s)
			return -1;
		r = live_take(q, s, x->at, bytes, &e);
		pthread_mutex_unlock(&h->lock);
		if (r != ERR_BUSY || time_monotonic() > until)
			break;
		poll(NULL, 0, 20);
		e = (struct err){0};
	}
	if (r < 0) {
		live_later(q, &e);
		return -1;
	}
	x->at += bytes.n / x->frame;
	return 0;
}

static int still_known(struct web_request *q)
{
	struct err e = {0};
	int64_t now = time_monotonic();
	if (now - q->stream->checked < RUN_CHECK)
		return 0;
	q->stream->checked = now;
	int r = keeper_check(q->w->keeper, &q->who, &q->session, &e);
	if (r == ERR_DENIED)
		web_error(q, 401, "login", "This token is not known any more: it was revoked.");
	return r == ERR_DENIED ? -1 : 0; /* a keeper that is being started again is no reason to lose samples */
}

static int take_run(struct web_request *q, struct slice bytes)
{
	struct web_stream *x = q->stream;
	int r = still_known(q);
	if (r == 0 && x->part_n) {
		size_t n = x->frame - x->part_n < bytes.n ? x->frame - x->part_n : bytes.n;
		memcpy(x->part + x->part_n, bytes.p, n);
		x->part_n += n;
		bytes = slice_of(bytes.p + n, bytes.n - n);
		if (x->part_n < x->frame)
			return 0;
		x->part_n = 0;
		r = run_of(q, slice_of(x->part, x->frame));
	}
	while (r == 0 && bytes.n >= x->frame) {
		size_t n = bytes.n < x->run ? bytes.n - bytes.n % x->frame : x->run;
		r = run_of(q, slice_of(bytes.p, n));
		bytes = slice_of(bytes.p + n, bytes.n - n);
	}
	if (r == 0 && bytes.n) {
		memcpy(x->part, bytes.p, bytes.n);
		x->part_n = bytes.n;
	}
	return r;
}

bool web_live_stream_take(struct web_request *q, struct slice bytes)
{
	struct web_stream *x = q->stream;
	if (!x->refused && take_run(q, bytes) < 0)
		x->refused = time_monotonic();
	return !x->refused || time_monotonic() - x->refused < RUN_DRAIN;
}

void web_live_stream_end(struct web_request *q)
{
	struct live_view v;
	if (q->stream->refused)
		return;
	if (q->stream->part_n) {
		web_error(q, 400, "input", "The last sample is not whole; those before it were taken.");
		return;
	}
	struct live_strip *s = live_own(q, q->stream->id);
	if (!s)
		return;
	live_look(s, &v);
	pthread_mutex_unlock(&q->web->live->lock);
	live_told(q, &v, 200, false);
}
