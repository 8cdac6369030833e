/* From the folder to the server, the oldest first. The order of steps is what makes it exactly once: answer, then the file goes. Killed between the two, the next one sends it again with the same key and hears "duplicate". */
#include "send_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LATER_MOST 3 /* recordings in a row that a server which answers does not take now: the others wait, too */
#define ARENA ((size_t)1 << 20)

uint64_t send_pause_ms(unsigned n, uint32_t dice)
{
	uint64_t ms = n < 6 ? UINT64_C(1000) << n : 60000;
	return ms + dice % (ms / 4 + 1);
}

static int take_lock(struct send_queue *q, struct err *e)
{
	if (q->locked)
		return 0;
	int r = file_lock(q->send_lock, false, e);
	if (r == ERR_BUSY)
		return err_set(e, ERR_BUSY, q->place, "another one delivers from this folder");
	q->locked = r == 0;
	return r;
}

static int gone(struct send_queue *q, const char *name, struct err *e)
{
	if (unlinkat(q->dir, name, 0) < 0)
		return err_sys(e, q->place, "a recording that was delivered cannot be taken out");
	return file_sync_dir(q->dir, ".", e);
}

/* The sentence first: what lies in refused has one. */
static int set_aside(struct send_queue *q, const char *name, const struct err *why, struct err *e)
{
	char beside[SEND_NAME + 8], text[sizeof why->text + 2];
	snprintf(beside, sizeof beside, "%s.why", name);
	snprintf(text, sizeof text, "%s\n", why->text);
	int r = file_replace(q->refused, beside, slice_str(text), 0600, e);
	if (r == 0 && renameat(q->dir, name, q->refused, name) < 0)
		r = err_sys(e, q->place, "a recording cannot be set aside");
	if (r == 0)
		r = file_sync_dir(q->refused, ".", e);
	return r == 0 ? file_sync_dir(q->dir, ".", e) : r;
}

/* 1: it has left the queue; 0: it waits; below 0: nothing more can be done. */
static int one(struct send_queue *q, const struct send_way *w, const char *name, send_told *told, void *arg, struct send_result *ret, struct send_answer *a, struct err *e)
{
	AUTO_BUF struct buf bytes = {0};
	AUTO_ARENA struct arena *ar = arena_new(ARENA);
	struct ecg_body b = {.files = 0};
	struct err why = {0};
	buf_init(&bytes, SEND_BODY_MAX + 1);
	*a = (struct send_answer){.said = SEND_LATER};
	if (!ar)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = file_read(q->dir, name, SEND_BODY_MAX, &bytes, e);
	if (r < 0)
		return r;
	if (ecg_body_read(buf_slice(&bytes), ar, &b, &why) < 0) { /* a disk that lies: it is kept, and does not stop the others */
		a->said = SEND_REFUSED;
		err_set(&a->why, ERR_CORRUPT, NULL, "the waiting file is damaged: %s", why.text);
	} else {
		w->post(w->arg, &b, buf_slice(&bytes), a);
	}
	if (a->said == SEND_STORED)
		r = gone(q, name, e);
	else if (a->said == SEND_REFUSED)
		r = set_aside(q, name, &a->why, e);
	else
		return 0;
	if (r < 0)
		return r;
	ret->stored += a->said == SEND_STORED;
	ret->duplicates += a->said == SEND_STORED && a->duplicate;
	ret->refused += a->said == SEND_REFUSED;
	if (told)
		told(arg, name, b.files ? b.name[0] : SLICE_NULL, a);
	return 1;
}

int send_deliver(struct send_queue *q, const struct send_way *w, send_told *told, void *arg, struct send_result *ret, struct err *e)
{
	struct send_list l;
	unsigned later = 0;
	*ret = (struct send_result){0};
	int r = take_lock(q, e);
	if (r == 0)
		r = send_list_read(q->dir, q->place, &l, e);
	if (r < 0)
		return r;
	ret->waiting = l.n;
	for (size_t i = 0; i < l.n; i++) {
		struct send_answer a;
		r = one(q, w, l.name[i], told, arg, ret, &a, e);
		if (r < 0)
			break;
		ret->waiting -= r == 1;
		later = r == 1 ? 0 : later + 1;
		if (a.said == SEND_STOP)
			r = err_set(e, a.why.code, a.why.place[0] ? a.why.place : NULL, "%s", a.why.text);
		else if (r == 0) {
			ret->unreachable = true;
			ret->wait_s = a.wait_s > ret->wait_s ? a.wait_s : ret->wait_s;
			if (e)
				*e = a.why; /* with a return of 0: why some wait */
		}
		if (r < 0 || (r == 0 && (!a.reached || a.wait_s || later == LATER_MOST)))
			break;
	}
	send_list_done(&l);
	return r < 0 ? r : 0;
}
