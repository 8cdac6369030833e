/* responder_judge: what goes to the judge and what comes back. Nothing here waits. */
#include "responder.h"

#include <stdlib.h>
#include <unistd.h>

#define HELD_EVERY (TIME_SEC / 2)
#define TO_COME (10 * TIME_SEC) /* so long a write that was let go may take until it is one; it may also fail, and then the file stays as it is */
#define HELD_QUIET (300 * INT64_C(1000000)) /* so long nothing was written: half of what is being written says little */

static void gone(struct responder *r)
{
	if (!r->judge_gone)
		say_alarm(r, "alarm", "the judge died: it is replaced; files went on, their pre-images are kept", NULL);
	r->judge_gone = true;
}

static bool send_packet(struct responder *r, const struct buf *b, const struct wire *w, bool wants_answer)
{
	if (r->judge_gone || b->n == 0)
		return false;
	int done = wire_send(r->o->judge, buf_slice(b), w ? w->fd : NULL, w ? w->fds : 0);
	if (done < 0)
		gone(r);
	if (done != 0 || !wants_answer)
		return done == 0;
	r->in_flight++;
	if (!r->oldest_ask)
		r->oldest_ask = time_monotonic();
	return true;
}

void judge_flush(struct responder *r)
{
	if (r->batch.n)
		(void)!send_packet(r, &r->batch, NULL, false); /* names that a busy judge has no room for: it judges by content first */
	buf_reset(&r->batch);
}

/* Gathered for a moment: each message wakes the judge, and a copy of many files makes many names. */
static void gather(struct responder *r, const struct wire *w, size_t room)
{
	if (r->batch.n + room > WIRE_MAX)
		judge_flush(r);
	if (!r->batch.n)
		r->batch_at = time_monotonic();
	wire_put(w, &r->batch);
}

void judge_tell(struct responder *r, enum wire_kind kind, uint64_t session)
{
	const struct wire w = {.kind = kind, .c.who.session = session};
	gather(r, &w, WIRE_MAX / 2);
}

static uint64_t tag_of(const struct responder *r, const struct file *f)
{
	return f->stamp << 16 | (uint64_t)(f - r->file);
}

static struct file *by_tag(struct responder *r, uint64_t tag)
{
	size_t i = tag & 0xffff;
	return i < FILES_MAX && r->file[i].used && r->file[i].stamp == tag >> 16 ? &r->file[i] : NULL;
}

static bool send_file(struct responder *r, struct wire *w)
{
	AUTO_BUF struct buf b = {0};
	judge_flush(r); /* in order */
	buf_init(&b, WIRE_MAX);
	wire_put(w, &b);
	return buf_ok(&b) && send_packet(r, &b, w, w->tag != 0);
}

/* A change of this file that the judge will have an opinion on. */
static void send_counted(struct responder *r, struct session *s, struct file *f, struct wire *w)
{
	w->tag = tag_of(r, f);
	if (!send_file(r, w)) {
		f->dirty = f->wrote; /* told again before the next question */
		return;
	}
	f->judging++;
	s->unjudged++;
	struct user_seen *u = user_of(r, s->who.uid);
	u->unjudged++;
	u->program = s->who.program;
}

static void of_file(struct wire *w, struct session *s, struct file *f, enum watch_op op, int64_t mono)
{
	w->c = (struct watch_change){.mono_ns = mono, .who = s->who, .op = op, .was_read = f->was_read, .fresh = f->fresh, .path = f->path, .dev = f->dev, .ino = f->ino};
}

static void feed_fresh(struct responder *r, struct session *s);

/* Nothing is left of it: whether the session made a copy before is for the judge to know. */
static bool is_emptied(const struct file *f)
{
	struct stat st;
	return !f->fresh && f->fd >= 0 && f->st.st_size && fstat(f->fd, &st) == 0 && !st.st_size;
}

void judge_granted(struct file *f, const struct stat *now)
{
	f->granted = (struct granted){.at = time_monotonic(), .size = now->st_size, .ctim = now->st_ctim};
}

/* Who was let go writes when he gets a processor, or what else he waits for: until then the file is what it was, and to have told the judge of it says nothing of what is to come. truncate(2) has no close that would tell again. */
static bool still_to_come(const struct file *f, const struct stat *st)
{
	const struct granted *g = &f->granted;
	return g->at && st->st_size == g->size && st->st_ctim.tv_sec == g->ctim.tv_sec && st->st_ctim.tv_nsec == g->ctim.tv_nsec && time_monotonic() - g->at < TO_COME;
}

void judge_feed(struct responder *r, struct session *s, struct file *f, enum watch_op op, int64_t mono)
{
	struct stat st;
	if (op == WATCH_CLOSED && is_emptied(f))
		feed_fresh(r, s);
	struct wire w = {.kind = WIRE_FEED, .before.base = -1, .after.base = -1};
	char *path = file_name_now(f);
	of_file(&w, s, f, op, mono);
	w.c.path = path ? path : "";
	if (f->fd >= 0 && !f->fresh)
		(void)!file_layout(r, f, true, &w);
	if (f->fd >= 0)
		(void)!file_layout(r, f, false, &w);
	f->dirty = false;
	if (f->fd >= 0 && fstat(f->fd, &st) == 0) { /* (before the judge reads: what is written from now on is told again) */
		f->dirty = still_to_come(f, &st);
		f->told = st.st_ctim;
	}
	if (f->fresh && !lost_lately(s)) /* what it made may stand for what it removed */
		(void)!send_file(r, &w);
	else
		send_counted(r, s, f, &w);
	free(path);
}

/* What the session made lately: for the judge it only matters when something is deleted or replaced beside it. What is still being written is told when it is closed. */
static void feed_fresh(struct responder *r, struct session *s)
{
	for (size_t i = 0; i < FRESH_MAX; i++) {
		struct touched *x = &s->fresh[(s->fresh_next + i) % FRESH_MAX];
		struct file *f = x->file ? &r->file[x->file - 1] : NULL;
		if (!f || !f->used || f->stamp != x->stamp || !f->dirty || f->fd < 0)
			continue;
		marks_closing(&r->m, f->fd);
		if (marks_no_writer(f->fd))
			judge_feed(r, s, f, WATCH_CLOSED, time_monotonic());
	}
}

void judge_name(struct responder *r, struct session *s, enum watch_op op, const char *path, const char *to, bool folder, struct file *f, struct file *replaced)
{
	struct wire w = {.kind = WIRE_FEED, .before.base = -1, .after.base = -1};
	struct file *lost = op == WATCH_DELETED ? f : replaced;
	w.c = (struct watch_change){.mono_ns = time_monotonic(), .who = s->who, .op = op, .folder = folder, .path = path, .to = to};
	if (f) {
		w.c.dev = f->dev;
		w.c.ino = f->ino;
		w.c.fresh = f->fresh;
	}
	if (replaced) {
		w.c.replaced_dev = replaced->dev;
		w.c.replaced_ino = replaced->ino;
		w.c.fresh = replaced->fresh;
	}
	if (lost && !lost->fresh && lost->fd >= 0) {
		feed_fresh(r, s);
		w.c.was_read = lost->was_read;
		(void)!file_layout(r, lost, true, &w);
	}
	if (op == WATCH_RENAMED && f && f->fd >= 0)
		(void)!file_layout(r, f, false, &w);
	if (lost && w.before.known) {
		s->lost = w.c.mono_ns;
		send_counted(r, s, lost, &w);
		return;
	}
	if (w.fds) {
		(void)!send_file(r, &w);
		return;
	}
	gather(r, &w, 2 * WATCH_PATH_MAX + 512);
}

/* What the session wrote in files that are still open: told before the question about the next one. */
static void feed_dirty(struct responder *r, struct session *s, const struct file *but)
{
	int64_t now = time_monotonic();
	for (size_t i = 0; i < TOUCHED_MAX; i++) {
		struct touched *x = &s->touched[i];
		struct file *f = x->file ? &r->file[x->file - 1] : NULL;
		if (f && f->used && f->stamp == x->stamp && f != but && f->dirty && f->wrote && !f->fresh && !f->gone)
			judge_feed(r, s, f, f->fd >= 0 && !f->breaking && marks_no_writer(f->fd) ? WATCH_CLOSED : WATCH_WROTE, now); /* (by truncate(2): nobody will close it) */
	}
}

static bool written_since(const struct file *f, int64_t wall)
{
	struct stat st;
	if (f->fd < 0 || fstat(f->fd, &st) < 0 || still_to_come(f, &st))
		return false;
	const int64_t at = (int64_t)st.st_ctim.tv_sec * TIME_SEC + st.st_ctim.tv_nsec, told = (int64_t)f->told.tv_sec * TIME_SEC + f->told.tv_nsec;
	return wall - at > HELD_QUIET && (f->dirty || at > told);
}

/* What is kept open, or mapped, and was written since it was last told: whoever opens all of them first and closes none, or stores through a mapping, raises no event that would make us ask. */
void judge_held(struct responder *r, int64_t now)
{
	if (now - r->held_at < HELD_EVERY || r->judge_gone)
		return;
	r->held_at = now;
	const int64_t wall = time_now();
	for (size_t i = 0; i < r->session_top; i++) {
		struct session *s = &r->session[i];
		for (size_t k = 0; s->number && !s->released && !s->standing && k < TOUCHED_MAX; k++) {
			struct file *f = s->touched[k].file ? &r->file[s->touched[k].file - 1] : NULL;
			if (f && f->used && f->stamp == s->touched[k].stamp && f->wrote && f->writable && !f->breaking && !f->fresh && !f->gone && !f->judging && written_since(f, wall))
				judge_feed(r, s, f, marks_no_writer(f->fd) ? WATCH_CLOSED : WATCH_WROTE, now);
		}
	}
}

uint64_t judge_ask(struct responder *r, struct session *s, struct file *f, enum watch_op op)
{
	struct wire w = {.kind = WIRE_ASK, .before.base = -1, .after.base = -1};
	feed_dirty(r, s, f);
	of_file(&w, s, f, op, time_monotonic());
	w.tag = UINT64_C(1) << 63 | ++r->asks;
	if (f->fd >= 0)
		(void)!file_layout(r, f, true, &w);
	w.after = (struct layout){.base = -1};
	return send_file(r, &w) ? w.tag : 0;
}

static void on_opinion(struct responder *r, const struct answer *x)
{
	struct file *f = by_tag(r, x->tag);
	if (!f)
		return;
	struct session *s = f->s->number == f->session ? f->s : NULL;
	if (f->judging)
		f->judging--;
	struct user_seen *u = user_of(r, f->s->who.uid);
	if (s && s->unjudged)
		s->unjudged--;
	if (u->unjudged)
		u->unjudged--;
	if (x->opinion == WATCH_COUNTS) {
		u->counted++;
		if (s)
			s->counted++;
	}
	if (s && (s->counted || s->standing))
		return; /* who destroyed something before: what he did besides is kept with it */
	if (x->opinion != WATCH_CLEAN || f->fresh || f->judging || f->dirty || f->writable)
		return;
	if (f->number)
		store_clean(&r->store, f->number);
	file_forget_change(r, f);
	file_drop(r, f);
}

static void on_answer(struct responder *r, const struct answer *x)
{
	for (size_t i = 0; i < r->waiting_top; i++) {
		struct waiting *w = &r->waiting[i];
		if (w->used && w->ask == x->tag) {
			w->ask = 0;
			w->stop = x->stop;
		}
	}
}

static bool one(struct responder *r, struct cur *c)
{
	uint8_t kind = cur_u8(c);
	if (kind == WIRE_VERDICT) {
		static struct watch_verdict v;
		arena_reset(r->arena);
		if (wire_get_verdict(c, r->arena, &v) < 0)
			return false;
		act_verdict(r, &v);
		return true;
	}
	struct answer x = {.tag = cur_u64le(c), .stop = cur_u8(c) != 0, .opinion = cur_u8(c)};
	if (c->failed || (kind != WIRE_OPINION && kind != WIRE_ANSWER))
		return false;
	if (r->in_flight)
		r->in_flight--;
	r->oldest_ask = r->in_flight ? time_monotonic() : 0;
	if (kind == WIRE_OPINION)
		on_opinion(r, &x);
	else
		on_answer(r, &x);
	return true;
}

void judge_read(struct responder *r)
{
	for (int n = 0; n < 256 && !r->judge_gone; n++) {
		int fds[WIRE_FDS];
		size_t count = 0;
		buf_reset(&r->in);
		int got = wire_recv(r->o->judge, &r->in, fds, &count);
		if (got == 1)
			return;
		r->heard = time_monotonic();
		for (size_t i = 0; i < count; i++)
			(void)!close(fds[i]);
		struct cur c = cur_of(buf_slice(&r->in));
		while (got == 0 && cur_left(&c))
			if (!one(r, &c))
				got = ERR_INPUT;
		if (got < 0)
			gone(r);
	}
}
