/* responder_act: a verdict, and what is done about it. Written down before it is done, so that whoever is killed in between can still be undone (watch release reads the same log). */
#include "responder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define SETTLE TIME_SEC
#define WIDE_PAUSE (300 * INT64_C(1000000)) /* between two looks at all processes: whoever waits for an answer waits for those, too */

static struct standing *standing_of(struct responder *r, uint64_t number)
{
	for (size_t i = 0; i < r->standings; i++)
		if (r->standing[i].id[0] && r->standing[i].number == number)
			return &r->standing[i];
	return NULL;
}

static struct standing *standing_new(struct responder *r)
{
	for (size_t i = 0; i < r->standings; i++)
		if (!r->standing[i].id[0])
			return &r->standing[i];
	if (r->standings < STANDING_MAX)
		return &r->standing[r->standings++];
	struct standing *old = &r->standing[0];
	for (size_t i = 1; i < STANDING_MAX; i++)
		if (strcmp(r->standing[i].id, old->id) < 0)
			old = &r->standing[i];
	for (size_t i = 0; i < r->session_top; i++)
		if (r->session[i].standing == (uint32_t)(old - r->standing) + 1)
			r->session[i].standing = 0;
	return old;
}

static void new_id(struct responder *r, char id[WATCH_ID_MAX])
{
	uint64_t n = (uint64_t)time_now() / 1000000;
	if (n <= r->last_id)
		n = r->last_id + 1;
	r->last_id = n;
	snprintf(id, WATCH_ID_MAX, "w%llu", (unsigned long long)n);
}

/* ---- stopping ---- */

struct stop_note {
	struct responder *r;
	const char *id;
	struct jsonw *w;
	size_t n;
};

static const struct stopped *stopped_find(const struct responder *r, int32_t pid, uint64_t start)
{
	for (size_t i = 0; i < ARRAY_LEN(r->stopped); i++)
		if (r->stopped[i].pid == pid && r->stopped[i].start == start)
			return &r->stopped[i];
	return NULL;
}

static bool noted(struct responder *r, int32_t pid, uint64_t start, const char *id)
{
	if (stopped_find(r, pid, start))
		return true;
	struct stopped *s = &r->stopped[r->stopped_next];
	*s = (struct stopped){.pid = pid, .start = start};
	snprintf(s->id, sizeof s->id, "%s", id);
	r->stopped_next = (r->stopped_next + 1) % ARRAY_LEN(r->stopped);
	return false;
}

static struct session *session_of_pid(struct responder *r, int32_t pid, uint64_t start)
{
	for (size_t i = 0; i < PROCS_MAX; i++) {
		const struct proc_seen *x = &r->proc[i];
		if (x->at && x->p.pid == pid && x->p.start == start && x->s->number == x->session)
			return x->s;
	}
	return NULL;
}

static void write_down(struct responder *r, const struct standing *st, const struct watch_verdict *v, uint64_t session, struct slice json, int64_t now)
{
	struct err e;
	static struct record c;
	c = (struct record){.kind = RECORD_VERDICT, .flags = v->look ? RECORD_LOOK : 0, .session = session, .mono = now, .wall = time_now(), .offset = v->number, .length = (uint64_t)v->began, .extra = json};
	snprintf(c.text, sizeof c.text, "%s", st->id);
	if (store_put(&r->store, &c, SLICE_NULL, NULL, &e) < 0)
		say_alarm(r, "alarm", "a verdict cannot be written down: put back will not know it", NULL);
	if (!v->look)
		store_hold(&r->store, session);
}

#define COMPANY_BEFORE TIME_SEC

/* Who is stopped with a writer, in a session of his own that came up with the attack, is put back with it: he may have made a file and not come to write it, and nobody else's session has that file. A session that was there before has work of its own, and joins by what it does. */
static void join_company(struct responder *r, const char *id, struct session *s)
{
	for (size_t i = 0; s && !s->standing && !s->released && i < r->standings; i++) {
		struct standing *st = &r->standing[i];
		if (strcmp(st->id, id) || !st->began || !s->who.started || s->who.started < st->began - COMPANY_BEFORE || st->ins == WATCH_SESSIONS_MAX)
			continue;
		const struct watch_verdict v = {.number = st->number};
		st->in[st->ins++] = s->number;
		write_down(r, st, &v, s->number, SLICE_NULL, time_monotonic());
		s->standing = (uint32_t)i + 1;
	}
}

void act_company(struct responder *r, struct session *s, const struct proc *p)
{
	const struct stopped *x = r->standings ? stopped_find(r, p->pid, p->start) : NULL;
	if (x)
		join_company(r, x->id, s);
}

static void before_stop(void *arg, int32_t pid, uint64_t start)
{
	struct stop_note *n = arg;
	struct err e;
	if (noted(n->r, pid, start, n->id))
		return;
	join_company(n->r, n->id, session_of_pid(n->r, pid, start));
	struct record s = {.kind = RECORD_STOP, .mono = time_monotonic(), .wall = time_now(), .pid = pid, .start = start};
	snprintf(s.text, sizeof s.text, "%s", n->id);
	(void)!store_put(&n->r->store, &s, SLICE_NULL, NULL, &e); /* no room: it is stopped all the same, and SIGCONT by hand undoes it */
	jsonw_i64(n->w, pid);
	n->n++;
}

static bool is_stopped(void *arg, int32_t pid)
{
	uint64_t start;
	return proc_start(pid, &start) < 0 || stopped_find(arg, pid, start); /* (or it has gone) */
}

static void freeze(struct responder *r, const char *id, int32_t pid)
{
	struct err e;
	struct record f = {.kind = RECORD_FROZEN, .mono = time_monotonic(), .wall = time_now()};
	snprintf(f.text, sizeof f.text, "%s", id);
	if (proc_freeze(pid, is_stopped, r, f.path))
		(void)!store_put(&r->store, &f, SLICE_NULL, NULL, &e);
}

static void stop(struct responder *r, const char *id, struct stopping *s)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 65536);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "event", "stopped");
	jsonw_kstr(&w, "id", id);
	jsonw_key(&w, "pids");
	jsonw_arr(&w);
	struct stop_note n = {r, id, &w, 0};
	s->rules = &r->rules;
	(void)proc_stop(s, before_stop, &n);
	jsonw_arr_end(&w);
	jsonw_ki64(&w, "mono_ns", time_monotonic());
	jsonw_obj_end(&w);
	if (n.n)
		say(r, &b);
	if (r->c->freeze && n.n && s->writers)
		freeze(r, id, s->writer[0]);
}

/* What the gate can cut: the address that a file server's client has. */
static void put_client(struct jsonw *w, const struct watch_who *who)
{
	if (who->client[0])
		jsonw_kstr(w, "client", who->client);
	if (who->user[0])
		jsonw_kstr(w, "user", who->user);
}

static void deny(struct responder *r, const char *id, const struct session *s, bool cut)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e;
	static struct record d;
	d = (struct record){.kind = RECORD_DENY, .flags = s->by_process, .session = s->number, .mono = time_monotonic(), .wall = time_now(), .pid = s->key, .start = s->start};
	snprintf(d.text, sizeof d.text, "%s", id);
	snprintf(d.path, sizeof d.path, "%s", s->who.client);
	(void)!store_put(&r->store, &d, SLICE_NULL, NULL, &e);
	const size_t gone = cut && s->one_client ? client_cut(s->key) : 0; /* of what it renames and deletes the kernel asks nobody */
	client_await(r, s);
	buf_init(&b, 4096);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "event", "denied");
	jsonw_kstr(&w, "id", id);
	jsonw_ki64(&w, "mono_ns", time_monotonic());
	jsonw_ki64(&w, "session", s->key);
	jsonw_ki64(&w, "pid", s->who.pid);
	jsonw_kstr(&w, "comm", s->who.comm);
	put_client(&w, &s->who);
	if (cut && s->one_client)
		jsonw_ku64(&w, "connections_cut", gone);
	jsonw_obj_end(&w);
	say(r, &b);
}

static void writers_of(struct responder *r, const struct session *s, struct stopping *to)
{
	for (size_t i = 0; i < s->writers && to->writers < ARRAY_LEN(to->writer); i++)
		to->writer[to->writers++] = s->writer[i];
	for (size_t i = 0; i < r->waiting_top; i++) {
		const struct waiting *w = &r->waiting[i];
		bool known = !w->used || w->s != s || w->fd < 0;
		for (size_t k = 0; k < to->writers && !known; k++)
			known = to->writer[k] == w->pid;
		if (!known && to->writers < ARRAY_LEN(to->writer))
			to->writer[to->writers++] = w->pid;
	}
}

/* The writers at once, and that is said; who works with them right after, unless that was done a moment ago: a program that starts a process for each file has one more every millisecond, and looking for company reads all of /proc. */
static void stop_company(struct responder *r, const char *id, struct stopping *s)
{
	s->alone = true;
	stop(r, id, s);
	if (time_monotonic() - r->wide_at >= WIDE_PAUSE) {
		s->alone = false;
		stop(r, id, s);
		r->wide_at = time_monotonic();
		return;
	}
	for (size_t i = 0; i < s->writers; i++)
		if (r->later.writers < ARRAY_LEN(r->later.writer))
			r->later.writer[r->later.writers++] = s->writer[i];
	r->later.kin |= s->kin;
	snprintf(r->later_id, sizeof r->later_id, "%s", id);
	r->later_at = r->wide_at + WIDE_PAUSE;
}

static void stop_later(struct responder *r, int64_t now)
{
	if (!r->later_at || now < r->later_at)
		return;
	struct stopping s = r->later;
	r->later = (struct stopping){0};
	r->later_at = 0;
	for (size_t i = 0; i < r->standings; i++) /* unless it was released meanwhile */
		if (!strcmp(r->standing[i].id, r->later_id))
			stop(r, r->later_id, &s);
	r->wide_at = time_monotonic();
}

static void contain(struct responder *r, const char *id, struct session *const *in, size_t n, bool split)
{
	struct stopping s = {.kin = split};
	if (r->c->act == WATCH_OBSERVE)
		return;
	for (size_t i = 0; i < n; i++) {
		if (r->c->act == WATCH_DENY || in[i]->deny_only)
			deny(r, id, in[i], true);
		else
			writers_of(r, in[i], &s);
	}
	if (s.writers)
		stop_company(r, id, &s);
}

void act_process(struct responder *r, struct session *s, int32_t pid)
{
	struct stopping one = {.writer = {pid}, .writers = 1, .alone = true};
	if (s->standing && !s->deny_only)
		stop(r, r->standing[s->standing - 1].id, &one);
}

/* ---- verdicts ---- */

static void put_verdict(struct jsonw *w, const struct watch_verdict *v, const char *id, const struct session *s, int64_t now)
{
	jsonw_obj(w);
	jsonw_kstr(w, "event", v->look ? "look" : "verdict");
	jsonw_kstr(w, "id", id);
	jsonw_ki64(w, "mono_ns", now);
	jsonw_ktime(w, "time", time_now());
	jsonw_ki64(w, "pid", v->who.pid);
	jsonw_ki64(w, "session", s ? s->key : 0);
	jsonw_ku64(w, "uid", v->who.uid);
	jsonw_kstr(w, "comm", v->who.comm);
	put_client(w, s && s->who.client[0] ? &s->who : &v->who);
	jsonw_ki64(w, "began_ns", v->began);
	jsonw_ktime(w, "began", time_now() - (now - v->began));
	jsonw_key(w, "reasons");
	jsonw_arr(w);
	for (size_t i = 0; i < v->reason_count; i++)
		jsonw_str(w, v->reason[i]);
	jsonw_arr_end(w);
	jsonw_ku64(w, "file_count", v->file_count);
	jsonw_key(w, "files");
	jsonw_arr(w);
	for (size_t i = 0; i < v->file_named && w->b->n < RECORD_EXTRA_MAX - 2 * WATCH_PATH_MAX; i++)
		jsonw_str(w, v->file[i].path);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static bool in_standing(const struct standing *st, uint64_t session)
{
	for (size_t i = 0; i < st->ins; i++)
		if (st->in[i] == session)
			return true;
	return false;
}

/* A client is one machine, however many connections it has. */
static size_t same_client(struct responder *r, struct standing *st, const struct watch_verdict *v, struct session **added, size_t n)
{
	for (size_t i = 0; st->client[0] && i < r->session_top; i++) {
		struct session *s = &r->session[i];
		if (!s->number || s->standing || s->released || strcmp(s->who.client, st->client) || n == WATCH_SESSIONS_MAX || st->ins == WATCH_SESSIONS_MAX)
			continue;
		st->in[st->ins++] = s->number;
		write_down(r, st, v, s->number, SLICE_NULL, time_monotonic());
		s->standing = (uint32_t)(st - r->standing) + 1;
		added[n++] = s;
	}
	return n;
}

/* Said and written down, so that it can be put back; nothing else is done about it. */
static void act_look(struct responder *r, const struct watch_verdict *v)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct standing st = {0};
	int64_t now = time_monotonic();
	const struct session *s = session_by_number(r, v->who.session);
	if (s && s->released)
		return;
	buf_init(&b, RECORD_EXTRA_MAX);
	new_id(r, st.id);
	jsonw_init(&w, &b);
	put_verdict(&w, v, st.id, s, now);
	write_down(r, &st, v, v->who.session, buf_slice(&b), now);
	say(r, &b);
}

void act_verdict(struct responder *r, const struct watch_verdict *v)
{
	if (v->look) {
		act_look(r, v);
		return;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	int64_t now = time_monotonic();
	struct standing *st = standing_of(r, v->number);
	bool fresh = !st;
	(void)client_read(r); /* whose it is, if that was said meanwhile */
	struct session *added[WATCH_SESSIONS_MAX];
	size_t n = 0;
	buf_init(&b, RECORD_EXTRA_MAX);
	if (fresh) {
		st = standing_new(r);
		*st = (struct standing){.number = v->number, .began = v->began};
		new_id(r, st->id);
		jsonw_init(&w, &b);
		put_verdict(&w, v, st->id, session_by_number(r, v->who.session), now);
	}
	for (size_t i = 0; i < v->session_count; i++) {
		struct session *s = session_by_number(r, v->sessions[i]);
		if (in_standing(st, v->sessions[i]) || st->ins == WATCH_SESSIONS_MAX || (s && s->released))
			continue;
		st->in[st->ins++] = v->sessions[i];
		write_down(r, st, v, v->sessions[i], fresh && st->ins == 1 ? buf_slice(&b) : SLICE_NULL, now);
		if (!s)
			continue;
		s->standing = (uint32_t)(st - r->standing) + 1;
		added[n++] = s;
		if (s->who.client[0] && !st->client[0])
			memcpy(st->client, s->who.client, sizeof st->client);
	}
	n = same_client(r, st, v, added, n);
	if (fresh)
		say(r, &b); /* before it is acted on: the line says why */
	st->settle = now + SETTLE;
	contain(r, st->id, added, n, st->ins > 1);
}

void act_join(struct responder *r, struct session *s)
{
	struct standing *st = NULL;
	for (size_t i = 0; i < r->standings; i++)
		if (r->standing[i].id[0] && (!st || strcmp(r->standing[i].id, st->id) > 0))
			st = &r->standing[i];
	if (!st)
		return;
	const struct watch_verdict v = {.number = st->number};
	write_down(r, st, &v, s->number, SLICE_NULL, time_monotonic());
	s->standing = (uint32_t)(st - r->standing) + 1;
	if (s->deny_only || r->c->act == WATCH_DENY)
		deny(r, st->id, s, false);
}

void act_settle(struct responder *r, int64_t now)
{
	stop_later(r, now);
	judge_held(r, now);
	for (size_t i = 0; i < r->standings; i++) {
		struct standing *st = &r->standing[i];
		if (!st->id[0] || !st->settle || now < st->settle)
			continue;
		st->settle = 0;
		for (size_t k = 0; k < FILES_MAX; k++) {
			struct file *f = &r->file[k];
			if (f->used && f->wrote && in_standing(st, f->session))
				file_after(r, f);
		}
	}
}

/* ---- released ---- */

static bool is_released(const struct responder *r, const char *id)
{
	char path[2 * WATCH_ID_MAX];
	snprintf(path, sizeof path, "released/%.31s", id);
	return faccessat(r->o->state, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void release_one(struct responder *r, struct standing *st)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char path[2 * WATCH_ID_MAX + 8];
	for (size_t i = 0; i < r->session_top; i++) {
		struct session *s = &r->session[i];
		if (!s->number || s->standing != (uint32_t)(st - r->standing) + 1)
			continue;
		s->released = true;
		s->standing = s->counted = s->unjudged = 0;
		judge_tell(r, WIRE_RELEASED, s->number);
	}
	for (size_t i = 0; i < r->denieds; i++)
		if (!strcmp(r->denied[i].id, st->id))
			r->denied[i] = (struct denied){0};
	buf_init(&b, 4096);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "event", "released");
	jsonw_kstr(&w, "id", st->id);
	jsonw_ki64(&w, "mono_ns", time_monotonic());
	jsonw_obj_end(&w);
	say(r, &b);
	snprintf(path, sizeof path, "released/%s.seen", st->id);
	int fd = openat(r->o->state, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
	*st = (struct standing){0};
}

void act_released(struct responder *r)
{
	char room[4096];
	while (read(r->inotify, room, sizeof room) > 0)
		;
	for (size_t i = 0; i < r->standings; i++)
		if (r->standing[i].id[0] && is_released(r, r->standing[i].id))
			release_one(r, &r->standing[i]);
}

/* ---- from before ---- */

static int load_one(void *arg, const struct record *c, const struct place *data)
{
	struct responder *r = arg;
	uint64_t n;
	(void)data;
	if (c->kind == RECORD_VERDICT && c->text[0] == 'w' && num_u64(slice_str(c->text + 1), 0, UINT64_MAX / 2, &n) == 0 && n > r->last_id)
		r->last_id = n;
	if (c->kind != RECORD_DENY || r->denieds == ARRAY_LEN(r->denied) || !id_valid(c->text) || is_released(r, c->text))
		return 0;
	struct denied *d = &r->denied[r->denieds++];
	*d = (struct denied){.key = c->pid, .start = c->start};
	snprintf(d->id, sizeof d->id, "%.31s", c->text);
	snprintf(d->client, sizeof d->client, "%.63s", c->path);
	return 0;
}

void act_load(struct responder *r)
{
	struct err e;
	char path[64];
	(void)!mkdirat(r->o->state, "released", 0700);
	r->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	snprintf(path, sizeof path, "/proc/self/fd/%d/released", r->o->state);
	if (r->inotify < 0 || inotify_add_watch(r->inotify, path, IN_CREATE | IN_MOVED_TO) < 0)
		say_alarm(r, "alarm", "a release will only lift a denial at the next start (no inotify)", NULL);
	if (store_each(&r->store, load_one, r, &e) < 0)
		say_alarm(r, "alarm", "who was denied before this start is not known", NULL);
}

void act_known(struct responder *r, struct session *s)
{
	for (size_t i = 0; i < r->denieds; i++) {
		struct denied *d = &r->denied[i];
		bool came_back = s->who.client[0] && !strcmp(d->client, s->who.client);
		if (!d->id[0] || (!came_back && (d->key != s->key || d->start != s->start || !d->key)))
			continue;
		struct standing *st = NULL;
		for (size_t k = 0; k < r->standings && !st; k++)
			st = strcmp(r->standing[k].id, d->id) ? NULL : &r->standing[k];
		if (!st) {
			st = standing_new(r);
			*st = (struct standing){.number = UINT64_MAX};
			memcpy(st->id, d->id, sizeof st->id);
			memcpy(st->client, d->client, sizeof st->client);
		}
		if (st->ins < WATCH_SESSIONS_MAX)
			st->in[st->ins++] = s->number;
		s->standing = (uint32_t)(st - r->standing) + 1;
		s->deny_only = true;
		store_hold(&r->store, s->number);
		return;
	}
	for (size_t i = 0; i < r->standings && s->who.client[0] && r->c->act != WATCH_OBSERVE; i++) { /* connected again */
		struct standing *st = &r->standing[i];
		if (!st->id[0] || strcmp(st->client, s->who.client))
			continue;
		const struct watch_verdict v = {.number = st->number};
		if (st->ins < WATCH_SESSIONS_MAX)
			st->in[st->ins++] = s->number;
		write_down(r, st, &v, s->number, SLICE_NULL, time_monotonic());
		s->standing = (uint32_t)(i + 1);
		deny(r, st->id, s, false);
		return;
	}
}
