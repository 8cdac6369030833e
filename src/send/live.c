/* A live strip on its way: begun, sent in pieces, ended. What answers are worth is judged here; way.c has the connection. */
#include "send_internal.h"

#include <inttypes.h>
#include <stdio.h>

#define ANSWER_MAX ((size_t)1 << 16)

static bool number(const struct json_node *n, const char *member, uint64_t *ret)
{
	return num_u64(json_text(n, member), 0, UINT64_MAX - 1, ret) == 0;
}

static bool word(const struct json_node *n, const char *member, char *out, size_t size)
{
	struct slice s = json_text(n, member);
	if (!s.n || s.n >= size)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("/?#%&\"\\", s.p[i])) /* it goes into an address */
			return false;
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

/* What a Holdfast says of a strip. */
static bool read_taken(struct send_live *l, const struct json_node *n)
{
	char id[sizeof l->id], start[sizeof l->start];
	uint64_t to, kept, entries = 0;
	if (!word(n, "id", id, sizeof id) || !word(n, "start", start, sizeof start) || !number(n, "to", &to) || !number(n, "kept", &kept) || kept > to)
		return false;
	(void)number(n, "entries", &entries);
	memcpy(l->id, id, sizeof id);
	memcpy(l->start, start, sizeof start);
	l->to = to;
	l->kept = kept > l->kept ? kept : l->kept;
	l->entries = entries;
	return true;
}

static enum send_live_said said(struct send_live *l, const char *target, struct slice body, struct err *why)
{
	AUTO_BUF struct buf answer = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct send_answer none = {.said = SEND_LATER};
	struct json_node *n = NULL;
	buf_init(&answer, ANSWER_MAX);
	long status = l->way->ask(l->way->arg, target, body, &answer, &none);
	if (!status) {
		*why = none.why;
		return none.said == SEND_STOP ? SEND_LIVE_STOP : SEND_LIVE_LATER;
	}
	bool read = a && json_tree(buf_slice(&answer), a, &n, NULL) == 0 && n->type == JSON_OBJ;
	if ((status == 200 || status == 201) && read && read_taken(l, n))
		return SEND_LIVE_TAKEN;
	send_judge(status == 200 || status == 201 ? 502 : status, buf_slice(&answer), &none); /* its sentence; what says 200 and is no Holdfast is nothing to go by */
	*why = none.why;
	bool spoke = read && json_text(n, "error.text").n;
	if (none.said == SEND_STOP)
		return SEND_LIVE_STOP;
	if (status == 404 && spoke)
		return SEND_LIVE_GONE;
	return spoke && (status == 400 || status == 409 || status == 413) ? SEND_LIVE_OTHER : SEND_LIVE_LATER;
}

enum send_live_said send_live_begin(struct send_live *l, struct err *why)
{
	AUTO_BUF struct buf body = {0};
	buf_init(&body, 1 << 16);
	assert(l->terms.n > 2 && l->terms.p[l->terms.n - 1] == '}');
	buf_add(&body, l->terms.p, l->terms.n - 1);
	if (l->start[0])
		buf_printf(&body, ",\"start\":\"%s\"", l->start);
	buf_printf(&body, ",\"from\":%" PRIu64 "}", l->kept);
	enum send_live_said s = said(l, "/api/live", buf_slice(&body), why);
	l->begun = s == SEND_LIVE_TAKEN;
	return s == SEND_LIVE_OTHER ? SEND_LIVE_STOP : s == SEND_LIVE_GONE ? SEND_LIVE_LATER : s;
}

static enum send_live_said below(struct send_live *l, const char *rest, struct slice body, struct err *why)
{
	char target[128];
	snprintf(target, sizeof target, "/api/live/%s%s", l->id, rest);
	enum send_live_said s = said(l, target, body, why);
	if (s == SEND_LIVE_GONE)
		l->begun = false;
	return s;
}

enum send_live_said send_live_piece(struct send_live *l, uint64_t at, struct slice bytes, struct err *why)
{
	char rest[40];
	assert(l->begun);
	snprintf(rest, sizeof rest, "?at=%" PRIu64, at);
	return below(l, rest, bytes, why);
}

enum send_live_said send_live_end(struct send_live *l, struct err *why)
{
	assert(l->begun);
	return below(l, "/end", SLICE_NULL, why);
}
