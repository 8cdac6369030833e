/* responder: answers the kernel. Whoever opens or writes a watched file waits for the loop in here.
 *
 *   opened for reading        pinned (its content can be kept should it be deleted or replaced); not asked about again
 *   empty, or made by the session itself   nothing to lose: not asked about again
 *   opened for writing        from then on each write is seen before it happens, and what it is about to destroy is copied first
 *   O_TRUNC                   whole pre-image at open: afterwards nothing is left
 *   two files of the session lost, or not judged yet   the next one waits for the judge: 50 ms, and a second where something counts against the session already. Then it goes on, with its pre-image kept
 *
 * Every wait is of the one process that raised the event; the loop itself waits for nobody. An event is answered exactly once. When this process ends, however it ends, the kernel allows what is left. */
#include "responder.h"

#include "fanotify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COPY_STEP (UINT64_C(1) << 20)
#define PERM_EVENT_MAX 64          /* an event with its range */
#define PROC_FRESH TIME_SEC        /* so long a pid is believed to be who it was */
#define PROC_GONE (30 * TIME_SEC)  /* ... when it has gone and only a name's event is left of it */

/* ---- what is said ---- */

void flush_lines(struct responder *r)
{
	while (r->out.n) {
		ssize_t n = write(r->o->events, r->out.p, r->out.n);
		if (n <= 0)
			return;
		buf_drop(&r->out, (size_t)n);
	}
}

void say(struct responder *r, const struct buf *line)
{
	if (!buf_ok(line) || r->out.n + line->n + 1 > RESPONDER_OUT_MAX) {
		r->lost_lines = true;
		return;
	}
	buf_add(&r->out, line->p, line->n);
	buf_u8(&r->out, '\n');
	flush_lines(r);
}

void say_alarm(struct responder *r, const char *event, const char *what, const char *path)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 16384);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "event", event);
	jsonw_ki64(&w, "mono_ns", time_monotonic());
	jsonw_kstr(&w, "what", what);
	if (path)
		jsonw_kstr(&w, "path", path);
	jsonw_obj_end(&w);
	say(r, &b);
}

/* ---- who ---- */

struct session *session_by_number(struct responder *r, uint64_t number)
{
	for (size_t i = 0; number && i < r->session_top; i++)
		if (r->session[i].number == number)
			return &r->session[i];
	return NULL;
}

void session_wrote(struct responder *r, struct session *s, int32_t pid, const struct file *f)
{
	s->touched[s->touched_next] = (struct touched){.file = (uint32_t)(f - r->file) + 1, .stamp = f->stamp};
	s->touched_next = (s->touched_next + 1) % TOUCHED_MAX;
	for (size_t i = 0; i < s->writers; i++)
		if (s->writer[i] == pid)
			return;
	if (s->writers < WRITERS_MAX)
		s->writer[s->writers++] = pid;
	else
		s->writer[(size_t)pid % WRITERS_MAX] = pid;
}

static struct session *session_new(struct responder *r, const struct proc *p, int32_t key, uint64_t start, int64_t now)
{
	struct session *s = NULL;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *x = &r->session[i];
		if (!x->number || (x->key == key && x->by_process == p->serves)) {
			s = x;
			break;
		}
		if (!x->standing && (!s || x->seen < s->seen))
			s = x;
	}
	if (!s)
		s = &r->session[0];
	if (s->number)
		judge_tell(r, WIRE_ENDED, s->number);
	*s = (struct session){.number = ++r->store.last_session, .key = key, .start = start, .by_process = p->serves, .deny_only = p->class == PROC_DENY_ONLY, .one_client = p->one_client, .seen = now};
	s->who.session = s->number;
	s->who.started = proc_started(start ? start : p->start);
	if ((size_t)(s - r->session) >= r->session_top)
		r->session_top = (size_t)(s - r->session) + 1;
	client_find(r, s);
	if (!s->standing)
		act_known(r, s);
	if (!s->standing)
		act_company(r, s, p);
	return s;
}

static struct session *session_of(struct responder *r, const struct proc *p, int64_t now)
{
	int32_t key = p->serves ? p->pid : p->sid;
	uint64_t start = p->serves ? p->start : p->leader_start;
	struct session *s = NULL;
	for (size_t i = 0; i < r->session_top && !s; i++)
		if (r->session[i].number && r->session[i].key == key && r->session[i].by_process == p->serves)
			s = &r->session[i];
	/* the leader's number is not given to another while one of its session lives; a leader with another start time is another session */
	if (!s || (start && s->start != start))
		s = session_new(r, p, key, start, now);
	s->seen = now;
	s->who.pid = p->pid;
	s->who.uid = p->uid;
	client_find(r, s);
	return s;
}

struct session *who_is(struct responder *r, int32_t tid, bool long_gone, struct proc **ret)
{
	int64_t now = time_monotonic();
	struct proc_seen *x = &r->proc[(uint32_t)tid % PROCS_MAX];
	bool known = x->at && x->p.tid == tid && x->s->number == x->session;
	if (!known || now - x->at > PROC_FRESH) {
		struct proc p;
		if (proc_read(tid, &r->rules, &p) == 0) {
			bool same = x->at && x->p.tid == tid && x->p.start == p.start;
			if (!same && x->at && x->syscall >= 0)
				close(x->syscall);
			*x = (struct proc_seen){.p = p, .s = session_of(r, &p, now), .at = now, .syscall = same ? x->syscall : -1};
			x->session = x->s->number;
		} else if (!known || !long_gone || now - x->at > PROC_GONE) {
			return NULL;
		}
	}
	x->s->who.pid = x->p.pid; /* the one that is spoken of now */
	memcpy(x->s->who.comm, x->p.comm, sizeof x->s->who.comm);
	x->s->who.program = x->p.program;
	x->s->who.foreign = x->p.foreign;
	*ret = &x->p;
	return x->s;
}

/* Of who was asked about last: /proc/TID/syscall, kept open. */
static int *syscall_fd(struct responder *r, int32_t tid)
{
	return &r->proc[(uint32_t)tid % PROCS_MAX].syscall;
}

/* ---- answers ---- */

struct waiting *waiting_new(struct responder *r)
{
	for (size_t i = 0; i < WAITING_MAX; i++)
		if (!r->waiting[i].used) {
			if (i >= r->waiting_top)
				r->waiting_top = i + 1;
			r->waiting_count++;
			r->waiting[i] = (struct waiting){.used = true, .fd = -1};
			return &r->waiting[i];
		}
	return NULL;
}

static void respond(struct responder *r, int fd, bool allow)
{
	if (r->m.mode == WATCH_MODE_NOTIFY || fd < 0)
		return;
	const struct fanotify_response a = {.fd = fd, .response = allow ? FAN_ALLOW : FAN_DENY};
	(void)!write(r->m.perm, &a, sizeof a); /* ENOENT: who waited was killed */
}

void waiting_answer(struct responder *r, struct waiting *w, bool allow)
{
	struct file *leased = w->lease ? &r->file[w->lease - 1] : NULL;
	respond(r, w->fd, allow);
	if (w->fd >= 0 && !w->keep_fd)
		close(w->fd);
	if (w->lease && w->file && r->file[w->file - 1].stamp == w->stamp)
		r->file[w->file - 1].breaking = false;
	if (leased && leased->used && leased->stamp == w->lease_stamp) {
		leased->breaking = false;
		lease_end(r, leased);
	}
	*w = (struct waiting){.fd = -1};
	r->waiting_count--;
	while (r->waiting_top && !r->waiting[r->waiting_top - 1].used)
		r->waiting_top--;
}

static void allow_at_once(struct responder *r, int fd, bool keep)
{
	respond(r, fd, true);
	if (!keep)
		close(fd);
}

static bool acting(const struct responder *r, const struct session *s)
{
	return s->standing && !s->released && r->c->act != WATCH_OBSERVE;
}

static void conclude(struct responder *r, struct waiting *w)
{
	bool allow = true;
	if (w->stop && !w->s->standing && !w->s->released)
		act_join(r, w->s); /* more took part than a verdict names */
	if (acting(r, w->s)) {
		if (r->c->act == WATCH_DENY || w->s->deny_only)
			allow = !w->writes;
		else
			act_process(r, w->s, w->pid);
	}
	waiting_answer(r, w, allow);
}

/* A judge that says nothing at all has no processor, or hangs, and is waited for as if something counted already: who destroys files has a processor. One that answers others is busy, and nobody waits longer for that. */
static bool still_asked(const struct responder *r, struct waiting *w, int64_t now)
{
	if (!w->ask || r->judge_gone)
		return false;
	if (now >= w->deadline && now - r->heard >= WATCH_BUDGET_NS && now < w->asked + WATCH_SUSPECT_NS)
		w->deadline = now + WATCH_BUDGET_NS;
	return now < w->deadline;
}

bool waiting_step(struct responder *r, struct waiting *w, int64_t now)
{
	struct file *f = w->file ? &r->file[w->file - 1] : NULL;
	if (f && f->used && f->stamp == w->stamp && w->from < w->to && !file_keep(r, f, &w->from, w->to, w->fd < 0 && !w->lease ? COPY_STEP / 4 : COPY_STEP))
		return false;
	w->from = w->to;
	if (still_asked(r, w, now))
		return false;
	if (w->fd < 0 && !w->lease)
		waiting_answer(r, w, true);
	else
		conclude(r, w);
	return true;
}

bool lost_lately(const struct session *s)
{
	return s->lost && time_monotonic() - s->lost < 10 * TIME_SEC;
}

struct user_seen *user_of(struct responder *r, uint32_t uid)
{
	struct user_seen *u = &r->user[uid % USERS_MAX];
	int64_t now = time_monotonic();
	if (u->uid != uid || now - u->at > USER_MEMORY)
		*u = (struct user_seen){.uid = uid};
	u->at = now;
	return u;
}

/* Files that it wrote and that nobody has judged yet, because it keeps them open. */
static unsigned open_still(const struct responder *r, const struct session *s)
{
	unsigned n = 0;
	for (size_t i = 0; i < TOUCHED_MAX && n < LOST_TO_ASK; i++) {
		const struct touched *x = &s->touched[i];
		const struct file *f = x->file ? &r->file[x->file - 1] : NULL;
		n += f && f->used && f->stamp == x->stamp && f->dirty && f->wrote && !f->fresh && !f->gone;
	}
	return n;
}

/* Who only reads is asked about for what his own session did, and for what the same program of the same user did: others' doing is no reason to doubt a reader. */
static bool must_ask(struct responder *r, const struct session *s, bool writes)
{
	const struct user_seen *u = user_of(r, s->who.uid);
	return !r->judge_gone && !s->released && (s->unjudged + s->counted + (writes ? open_still(r, s) : 0) >= LOST_TO_ASK || ((writes || u->program == s->who.program) && u->unjudged + u->counted >= LOST_TO_ASK));
}

struct event {
	int fd;
	bool keep_fd, answered;
	int32_t tid;
	struct proc *p;
	struct session *s;
	struct stat st;
	uint64_t from, to;
	struct file *leased; /* fd is -1: who waits does so for this file's lease */
};

static void go_on(struct responder *r, struct event *ev)
{
	if (ev->leased)
		lease_end(r, ev->leased);
	else
		allow_at_once(r, ev->fd, ev->keep_fd);
}

static void answer_or_wait(struct responder *r, struct event *ev, struct file *f, enum watch_op op, uint64_t from, uint64_t to, bool writes, bool ask)
{
	struct waiting *w = NULL;
	int64_t now = time_monotonic();
	ask = ask && f && must_ask(r, ev->s, writes);
	if (!ask && !acting(r, ev->s) && (!f || file_keep(r, f, &from, to, COPY_STEP))) {
		go_on(r, ev);
		return;
	}
	w = waiting_new(r);
	if (!w) {
		go_on(r, ev);
		return;
	}
	if (ev->leased) {
		w->lease = (uint32_t)(ev->leased - r->file) + 1;
		w->lease_stamp = ev->leased->stamp;
		ev->leased->breaking = f->breaking = true;
	}
	w->fd = ev->fd;
	w->keep_fd = ev->keep_fd;
	w->pid = ev->p->pid;
	w->s = ev->s;
	w->writes = writes;
	w->from = from;
	w->to = to;
	if (f) {
		w->file = (uint32_t)(f - r->file) + 1;
		w->stamp = f->stamp;
	}
	const struct user_seen *u = user_of(r, ev->s->who.uid);
	w->asked = now;
	w->deadline = now + (ev->s->counted || (u->counted && u->program == ev->s->who.program) ? WATCH_SUSPECT_NS : WATCH_BUDGET_NS);
	if (ask)
		w->ask = judge_ask(r, ev->s, f, op);
	if (acting(r, ev->s) && !(r->c->act == WATCH_DENY || ev->s->deny_only))
		act_process(r, ev->s, ev->p->pid); /* before its pre-image: it is not going anywhere */
	(void)waiting_step(r, w, now);
}

/* ---- events with a descriptor ---- */

/* A large file that is only read. Not a small one: it would need a lease, too (responder_lease.c), and a few reads cost little. */
static void quiet(struct responder *r, struct event *ev, struct file *f)
{
	if (f->ignored || f->wrote || f->writable || ev->st.st_size <= (off_t)WATCH_WHOLE_MAX || !lease_take(r, f)) /* (there is none while somebody has it open for writing) */
		return;
	marks_ignore(&r->m, f->fd, true);
	f->ignored = true;
}

static struct file *pin(struct responder *r, struct event *ev)
{
	struct file *f = file_new(r, ev->s, &ev->st, ev->fd);
	if (f)
		ev->keep_fd = true;
	return f;
}

void happened(struct responder *r)
{
	struct err e;
	responder_names(r);
	file_name_rest(r);
	if (store_flush(&r->store, &e) < 0)
		file_store_failed(r, &e);
	r->happened_at = time_monotonic();
	if (!r->more && r->names_empty)
		atomic_store(&r->o->heart->whole, r->happened_at);
}

static void on_open_empty(struct responder *r, struct event *ev, struct file *f)
{
	if (!f && acting(r, ev->s)) {
		answer_or_wait(r, ev, NULL, WATCH_OPENED, 0, 0, true, false);
		return;
	}
	if (!f || f->fresh)
		marks_ignore(&r->m, ev->fd, true);
	if (f || lost_lately(ev->s))
		marks_closing(&r->m, ev->fd);
	if (f) {
		f->ignored |= f->fresh;
		answer_or_wait(r, ev, f, WATCH_OPENED, 0, 0, true, false);
		return;
	}
	respond(r, ev->fd, true); /* first let it go: our notes can wait */
	if (r->unnameds == UNNAMED_MAX)
		happened(r);
	(void)file_fresh(r, ev->s, &ev->st, ev->fd);
}

static void on_open(struct responder *r, struct event *ev)
{
	struct file *f = file_find(r, ev->s, ev->st.st_dev, ev->st.st_ino);
	if (f && f->fresh && f->st.st_ctim.tv_sec + 86400 < ev->st.st_ctim.tv_sec) { /* its number was given to another file since, or it is old enough to be missed */
		file_drop(r, f);
		f = NULL;
	}
	if (ev->st.st_size == 0 && (!f || f->fresh)) {
		on_open_empty(r, ev, f);
		return;
	}
	if (f && f->fresh) {
		marks_closing(&r->m, ev->fd);
		answer_or_wait(r, ev, f, WATCH_OPENED, 0, 0, true, false);
		return;
	}
	enum access a = proc_opening(ev->tid, syscall_fd(r, ev->tid));
	if (!f)
		f = pin(r, ev);
	if (!f || (a == ACCESS_READ && r->m.mode != WATCH_MODE_NOTIFY)) {
		if (f) {
			f->was_read = true;
			quiet(r, ev, f);
		}
		answer_or_wait(r, ev, f, WATCH_OPENED, 0, 0, false, true);
		return;
	}
	lease_end_all(r, ev->st.st_dev, ev->st.st_ino); /* or he would wait for it */
	if (!f->number && !f->wrote && f->st.st_size && !ev->st.st_size && file_begin(r, f, 0) == 0) /* by truncate(2), where there are no such questions */
		file_cannot(r, f, "it was emptied where nobody saw it: what the vault has of it will have to do");
	if (!f->number && !f->wrote)
		f->st = ev->st;
	if (!f->whole) {
		marks_ignore(&r->m, ev->fd, false); /* whoever set it */
		f->ignored = false;
	}
	marks_closing(&r->m, ev->fd);
	f->was_read |= a != ACCESS_WRITE;
	f->writable = true;
	f->wronly = a == ACCESS_WRITE || a == ACCESS_TRUNCATE;
	bool truncates = a == ACCESS_TRUNCATE, all = truncates || a == ACCESS_UNKNOWN || r->m.mode != WATCH_MODE_PRE_CONTENT;
	if (truncates) {
		f->wrote = f->dirty = f->asked = true;
		judge_granted(f, &ev->st);
		session_wrote(r, ev->s, ev->p->pid, f);
	}
	answer_or_wait(r, ev, f, truncates ? WATCH_TRUNCATED : WATCH_OPENED, 0, all ? (uint64_t)ev->st.st_size : 0, true, true);
}

static void on_access(struct responder *r, struct event *ev)
{
	struct file *f = file_find(r, ev->s, ev->st.st_dev, ev->st.st_ino);
	if (f && f->fresh) {
		marks_ignore(&r->m, ev->fd, true); /* the kernel dropped the mark with the inode */
		allow_at_once(r, ev->fd, false);
		return;
	}
	enum touch t = f && f->wronly && f->st.st_size <= (off_t)WATCH_WHOLE_MAX ? TOUCH_WRITE : proc_touching(ev->tid, syscall_fd(r, ev->tid));
	bool writer = f && f->writable;
	if (t == TOUCH_UNKNOWN && !writer && marks_no_writer(ev->fd))
		t = TOUCH_READ;
	if (t == TOUCH_READ) {
		if (!f && ev->st.st_size > (off_t)WATCH_WHOLE_MAX && (f = pin(r, ev))) /* opened where we were not asked */
			f->was_read = true;
		if (f && !writer) {
			f->ignored = f->ignored && f->whole; /* we were asked, so it is not (any more) */
			quiet(r, ev, f);
		}
		answer_or_wait(r, ev, f, WATCH_OPENED, 0, 0, false, false);
		return;
	}
	if (!f && !(f = pin(r, ev))) {
		allow_at_once(r, ev->fd, false);
		return;
	}
	if (!f->number && !f->wrote)
		f->st = ev->st;
	uint64_t to = t == TOUCH_TO_END || ev->to <= ev->from ? (uint64_t)f->st.st_size : ev->to;
	bool first = !f->asked;
	if (!f->writable) /* opened where we were not asked */
		marks_closing(&r->m, f->fd);
	f->asked = f->writable = f->wrote = f->dirty = true;
	judge_granted(f, &ev->st);
	if (first)
		session_wrote(r, ev->s, ev->p->pid, f);
	if (f->whole)
		file_is_whole(r, f);
	if (!f->number)
		(void)!file_begin(r, f, 0); /* what only grows is cut back to its size */
	answer_or_wait(r, ev, f, WATCH_WRITING, ev->from, to, true, first);
	if (t == TOUCH_WRITE && !acting(r, ev->s))
		file_keep_ahead(r, f, ev->from, to);
}

bool truncate_asked(struct responder *r, struct file *f, int32_t tid)
{
	struct event ev = {.fd = -1, .tid = tid, .leased = f};
	ev.s = who_is(r, tid, false, &ev.p);
	if (!ev.s || ev.p->class == PROC_OWN || fstat(f->fd, &ev.st) < 0)
		return false;
	struct file *g = file_find(r, ev.s, f->dev, f->ino);
	int fd = g ? -1 : fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0 && !(g = file_new(r, ev.s, &ev.st, fd)))
		close(fd);
	if (!g)
		return false;
	if (!g->number && !g->wrote)
		g->st = ev.st;
	bool first = !g->asked;
	g->asked = g->writable = g->wrote = g->dirty = true;
	judge_granted(g, &ev.st);
	if (first)
		session_wrote(r, ev.s, ev.p->pid, g);
	if (!g->number)
		(void)!file_begin(r, g, 0);
	answer_or_wait(r, &ev, g, WATCH_WRITING, 0, (uint64_t)g->st.st_size, true, first);
	return true;
}

/* Names come by another queue than this: what was made may have taken the place of something already. */
static void told_late(struct responder *r, struct file *f)
{
	if (lost_lately(f->s))
		judge_feed(r, f->s, f, WATCH_CLOSED, time_monotonic());
}

static void keep_fresh(struct responder *r, struct file *f, int fd)
{
	f->dirty = true;
	file_pin_fresh(r, f, fd);
	told_late(r, f);
}

static void on_close(struct responder *r, int fd, struct session *s)
{
	struct stat st;
	struct file *f = fstat(fd, &st) == 0 && s ? file_find(r, s, st.st_dev, st.st_ino) : NULL;
	if (!f || (!f->writable && !f->fresh)) {
		struct file *other = fstat(fd, &st) == 0 ? file_writer(r, st.st_dev, st.st_ino) : NULL;
		f = other ? other : f;
	}
	if (f && f->fresh && f->s->number == f->session) {
		keep_fresh(r, f, fd);
		return;
	}
	if (f && f->writable) {
		if (r->m.mode != WATCH_MODE_PRE_CONTENT || f->whole)
			f->wrote |= st.st_size != f->st.st_size || st.st_mtim.tv_sec != f->st.st_mtim.tv_sec || st.st_mtim.tv_nsec != f->st.st_mtim.tv_nsec;
		f->writable = f->asked = false;
		f->granted.at = 0;
		if (f->wrote) {
			file_after(r, f);
			judge_feed(r, f->s, f, WATCH_CLOSED, time_monotonic());
		}
	}
	close(fd);
}

static void range_of(const struct fanotify_event_metadata *md, struct event *ev)
{
	const char *p = (const char *)md + md->metadata_len, *end = (const char *)md + md->event_len;
	ev->from = 0;
	ev->to = 0;
	while ((size_t)(end - p) >= sizeof(struct fanotify_event_info_header)) {
		struct fanotify_event_info_header h;
		struct info_range x;
		memcpy(&h, p, sizeof h);
		if (h.len < sizeof h || h.len > end - p)
			return;
		if (h.info_type == INFO_RANGE && h.len >= sizeof x) {
			memcpy(&x, p, sizeof x);
			ev->from = x.offset;
			ev->to = x.count > UINT64_MAX - x.offset ? UINT64_MAX : x.offset + x.count;
		}
		p += h.len;
	}
}

/* What was lost is not known: folders are marked again (new ones among them), and the supervisor has what changed looked at. */
void overflow(struct responder *r)
{
	struct err e;
	int64_t none = 0;
	(void)!atomic_compare_exchange_strong(&r->o->heart->lost_since, &none, atomic_load(&r->o->heart->whole));
	say_alarm(r, "overflow", "the kernel could not queue every event: folders are marked again, and what changed meanwhile is looked at", NULL);
	for (size_t i = 0; i < r->c->path_count; i++)
		if (marks_add(&r->m, r->c->path[i], &e) < 0)
			say_alarm(r, "alarm", e.text, r->c->path[i]);
}

static void on_event(struct responder *r, const struct fanotify_event_metadata *md)
{
	struct event ev = {.fd = md->fd, .tid = md->pid};
	if (md->mask & FAN_Q_OVERFLOW) {
		overflow(r);
		return;
	}
	if (md->fd < 0)
		return;
	ev.s = who_is(r, md->pid, md->mask & FAN_CLOSE_WRITE, &ev.p);
	if (md->mask & FAN_CLOSE_WRITE) {
		on_close(r, ev.fd, ev.s);
		return;
	}
	if (!ev.s || ev.p->class == PROC_OWN || fstat(ev.fd, &ev.st) < 0 || !S_ISREG(ev.st.st_mode)) {
		allow_at_once(r, ev.fd, false);
		return;
	}
	range_of(md, &ev);
	if (md->mask & FAN_PRE_ACCESS)
		on_access(r, &ev);
	else
		on_open(r, &ev);
	if (r->m.mode == WATCH_MODE_NOTIFY && acting(r, ev.s))
		act_process(r, ev.s, ev.p->pid);
}

/* Looked at before the names: who closes a file and renames it is seen in this order. */
static bool closed(struct responder *r, const struct fanotify_event_metadata *md)
{
	if (r->m.mode == WATCH_MODE_NOTIFY || !(md->mask & FAN_CLOSE_WRITE) || md->fd < 0)
		return false;
	on_event(r, md);
	return true;
}

/* An empty file that is not known yet: there is nothing to lose, so whoever makes it is let go before anything else is looked at. Most of a copy of many files is this wait. (A known number is looked at in its turn:
 * the file that had it may be gone, which the queue of names says.) */
static bool let_go_empty(struct responder *r, const struct fanotify_event_metadata *md)
{
	struct event ev = {.fd = md->fd, .tid = md->pid};
	if (!(md->mask & FAN_OPEN_PERM) || md->fd < 0 || fstat(ev.fd, &ev.st) < 0 || ev.st.st_size || !S_ISREG(ev.st.st_mode))
		return false;
	ev.s = who_is(r, md->pid, false, &ev.p);
	if (!ev.s || ev.p->class == PROC_OWN || acting(r, ev.s) || file_find(r, ev.s, ev.st.st_dev, ev.st.st_ino))
		return false;
	on_open_empty(r, &ev, NULL);
	return true;
}

static _Alignas(8) char room[16384];

static bool perm_take(struct responder *r, ssize_t n)
{
	const bool again = n < 0 ? errno != EAGAIN : n > (ssize_t)sizeof room - PERM_EVENT_MAX;
	struct fanotify_event_metadata *md = (void *)room; /* not const: FAN_EVENT_NEXT takes it off, and clang warns */
	ssize_t left = n;
	bool more = false;
	for (; left > 0 && FAN_EVENT_OK(md, left); md = FAN_EVENT_NEXT(md, left))
		if (md->vers != FANOTIFY_METADATA_VERSION || closed(r, md) || let_go_empty(r, md))
			md->mask = 0; /* done */
		else
			more = true;
	if (!more)
		return again; /* the names later, a few at a time */
	happened(r); /* what a thread renamed or deleted before one of these is in that queue by now */
	md = (void *)room;
	for (left = n; left > 0 && FAN_EVENT_OK(md, left); md = FAN_EVENT_NEXT(md, left))
		if (md->mask)
			on_event(r, md);
	return again;
}

bool perm_read(struct responder *r)
{
	return perm_take(r, read(r->m.perm, room, sizeof room));
}

bool perm_look(struct responder *r, int64_t until)
{
	ssize_t n;
	while ((n = read(r->m.perm, room, sizeof room)) < 0 && errno == EAGAIN && time_monotonic() < until)
		;
	if (n < 0 && errno == EAGAIN)
		return false;
	r->more = perm_take(r, n);
	return true;
}
