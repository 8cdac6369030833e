/* responder_loop: starting, waiting, and what is due by the clock. One loop, one thread; the kernel's questions (responder.c) come before everything else. */
#include "responder.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define OUT_MAX RESPONDER_OUT_MAX
#define SESSION_IDLE (60 * TIME_SEC)
#define LOOKS 16 /* before the other sources are asked */

static volatile sig_atomic_t told_to_stop;

static void on_term(int sig)
{
	(void)sig;
	told_to_stop = 1;
}

static void limits(void)
{
	struct rlimit files = {1 << 20, 1 << 20}, none = {0, 0};
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 && getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setrlimit(RLIMIT_CORE, &none);
	(void)!mlockall(MCL_CURRENT | MCL_FUTURE);
	const struct sched_param first = {.sched_priority = 2};
	(void)!sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
}

/* While files are opened and written the queue of names is emptied with them and every two milliseconds, not for each name: being woken costs more than looking. */
static bool busy(const struct responder *r, int64_t now)
{
	return now - r->last_perm < BUSY;
}

static int patience(const struct responder *r, int64_t now)
{
	int64_t until = r->m.pending.n || r->more ? now : now + TICK;
	if ((r->batch.n || busy(r, now)) && until > now + GATHER)
		until = now + GATHER;
	for (size_t i = 0; i < r->waiting_top; i++) {
		const struct waiting *w = &r->waiting[i];
		if (!w->used)
			continue;
		if (w->from < w->to)
			return 0;
		if (w->deadline < until)
			until = w->deadline;
	}
	return until <= now ? 0 : (int)((until - now + 999999) / 1000000);
}

/* What is waited for, by its bit in what poll_wait returns. */
enum source { SOURCE_PERM, SOURCE_JUDGE, SOURCE_INOTIFY, SOURCE_EVENTS, SOURCE_CLIENTS, SOURCE_NAMES, SOURCE_FORKS, SOURCE_LEASES, SOURCES };
#define CAME(source) (1u << SOURCE_##source)

static void listen_to(struct responder *r, int how, int fd, enum source which, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.u32 = which};
	if (fd >= 0)
		(void)!epoll_ctl(r->poll, how, fd, &ev);
}

static bool poll_open(struct responder *r)
{
	r->poll = epoll_create1(EPOLL_CLOEXEC);
	listen_to(r, EPOLL_CTL_ADD, r->m.perm, SOURCE_PERM, EPOLLIN); /* not edge-triggered: a read may end early, where one of its events cannot be opened, and leave others that nobody would tell of again */
	listen_to(r, EPOLL_CTL_ADD, r->o->judge, SOURCE_JUDGE, EPOLLIN);
	listen_to(r, EPOLL_CTL_ADD, r->inotify, SOURCE_INOTIFY, EPOLLIN);
	listen_to(r, EPOLL_CTL_ADD, r->o->events, SOURCE_EVENTS, 0);
	listen_to(r, EPOLL_CTL_ADD, r->o->clients, SOURCE_CLIENTS, EPOLLIN);
	listen_to(r, EPOLL_CTL_ADD, r->m.names, SOURCE_NAMES, EPOLLIN);
	listen_to(r, EPOLL_CTL_ADD, r->sigio, SOURCE_LEASES, EPOLLIN);
	r->listening = true;
	return r->poll >= 0;
}

/* Who makes processes is listened to while a client is denied, and not otherwise. */
static void listen_to_forks(struct responder *r)
{
	const bool wanted = client_is_denied(r, NULL);
	if (r->forks == -2 || wanted == (r->forks >= 0))
		return;
	if (!wanted) {
		close(r->forks);
		r->forks = -1;
		return;
	}
	r->forks = client_forks_open();
	listen_to(r, EPOLL_CTL_ADD, r->forks, SOURCE_FORKS, EPOLLIN);
	if (r->forks >= 0)
		return;
	r->forks = -2;
	say_alarm(r, "alarm", "a denied client that connects again is seen at its first file only (no process events here): have its address cut (--cut-client)", NULL);
}

/* A bit for each source that has something; SOURCE_EVENTS only when nobody reads there any more. */
static unsigned poll_wait(struct responder *r, int64_t now)
{
	struct epoll_event ev[SOURCES];
	const bool listening = !busy(r, now);
	unsigned came = 0;
	if (listening != r->listening) {
		listen_to(r, EPOLL_CTL_MOD, r->m.names, SOURCE_NAMES, listening ? EPOLLIN : 0);
		r->listening = listening;
	}
	if (r->out.n || r->told_out)
		listen_to(r, EPOLL_CTL_MOD, r->o->events, SOURCE_EVENTS, r->out.n ? EPOLLOUT : 0);
	r->told_out = r->out.n;
	int n = epoll_wait(r->poll, ev, SOURCES, patience(r, now));
	for (int i = 0; i < n; i++)
		if (ev[i].data.u32 != SOURCE_EVENTS || (ev[i].events & (EPOLLERR | EPOLLHUP)))
			came |= 1u << ev[i].data.u32;
	if (came & CAME(CLIENTS) && client_read(r)) /* (closed at the other end it would wake us for ever) */
		listen_to(r, EPOLL_CTL_DEL, r->o->clients, SOURCE_CLIENTS, 0);
	return came;
}

static int start(struct responder *r, struct err *e)
{
	r->file = calloc(FILES_MAX, sizeof *r->file);
	r->proc = calloc(PROCS_MAX, sizeof *r->proc);
	r->folder = calloc(64, sizeof *r->folder);
	r->arena = arena_new(8 << 20);
	if (!r->file || !r->proc || !r->folder || !r->arena)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	buf_init(&r->out, OUT_MAX);
	buf_init(&r->batch, WIRE_MAX);
	buf_init(&r->in, WIRE_MAX + 1);
	r->rules = (struct proc_rules){0};
	proc_rules_init(&r->rules, r->c);
	for (size_t i = 0; i < r->o->owns && r->rules.owns < ARRAY_LEN(r->rules.own); i++)
		r->rules.own[r->rules.owns++] = r->o->own[i];
	int done = store_open(&r->store, r->o->state, r->c->preimages ? r->c->preimages : WATCH_PREIMAGES_DEFAULT, e);
	if (done < 0)
		return done;
	act_load(r);
	limits();
	awake_open(&r->awake, !r->c->let_sleep);
	done = marks_open(&r->m, r->c, e);
	return done < 0 || poll_open(r) ? done : err_sys(e, NULL, "nothing to wait with");
}

static void say_ready(struct responder *r)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	static const char *const acts[] = {"observe", "stop", "deny"};
	buf_init(&b, 65536);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "event", "ready");
	jsonw_ki64(&w, "mono_ns", time_monotonic());
	jsonw_kstr(&w, "mode", watch_mode_name(r->m.mode));
	jsonw_kbool(&w, "names", r->m.names >= 0);
	jsonw_key(&w, "cannot");
	jsonw_arr(&w);
	if (r->m.mode == WATCH_MODE_OPEN)
		jsonw_str(&w, "writes are not seen before they happen: a file is kept, and its writer stopped, when it is opened");
	if (r->m.mode == WATCH_MODE_NOTIFY)
		jsonw_str(&w, "nothing is seen before it happens: a stop comes late, and of files that are changed in place nothing is kept");
	if (r->m.names < 0)
		jsonw_str(&w, "names that are made, moved and removed are not seen on this file system");
	jsonw_arr_end(&w);
	jsonw_kstr(&w, "act", acts[r->c->act]);
	jsonw_ku64(&w, "folders", r->m.folders);
	if (r->o->again)
		jsonw_kbool(&w, "again", true);
	jsonw_obj_end(&w);
	say(r, &b);
}

static void sessions_tick(struct responder *r, int64_t now)
{
	static int64_t last;
	if (now - last < SESSION_IDLE / 4)
		return;
	last = now;
	for (size_t i = 0; i < r->session_top; i++) {
		struct session *s = &r->session[i];
		struct proc p;
		if (!s->number || s->standing || now - s->seen < SESSION_IDLE || proc_read(s->key, &r->rules, &p) == 0)
			continue;
		bool lives = false;
		for (size_t k = 0; k < s->writers && !lives; k++)
			lives = proc_read(s->writer[k], &r->rules, &p) == 0 && (s->by_process ? p.pid : p.sid) == s->key;
		if (lives)
			continue;
		judge_tell(r, WIRE_ENDED, s->number);
		for (size_t k = 0; k < FILES_MAX; k++)
			if (r->file[k].used && r->file[k].s == s)
				file_drop(r, &r->file[k]);
		*s = (struct session){0};
	}
}

static bool judge_hangs(struct responder *r, int64_t now)
{
	if (!r->oldest_ask || now - r->oldest_ask < JUDGE_HUNG)
		return false;
	say_alarm(r, "alarm", "the judge does not answer: it is replaced; files went on, their pre-images are kept", NULL);
	kill(atomic_load(&r->o->heart->judge), SIGKILL);
	return true;
}

static void work(struct responder *r)
{
	int64_t now = time_monotonic();
	for (size_t i = 0; i < r->waiting_top; i++)
		if (r->waiting[i].used)
			(void)waiting_step(r, &r->waiting[i], now);
	act_settle(r, now);
	listen_to_forks(r);
	if (!r->waiting_count)
		sessions_tick(r, now);
	if (r->batch.n && now - r->batch_at >= GATHER)
		judge_flush(r);
	flush_lines(r);
}

static void let_go(struct responder *r)
{
	r->judge_gone = true;
	for (size_t i = 0; i < WAITING_MAX; i++)
		for (int n = 0; r->waiting[i].used && n < 1 << 20; n++)
			(void)waiting_step(r, &r->waiting[i], INT64_MAX);
	act_settle(r, INT64_MAX);
	for (int n = 0; n < 50 && r->out.n; n++) {
		flush_lines(r);
		if (r->out.n)
			poll(NULL, 0, 10);
	}
}

/* A few of the folders that are still to be marked; ready is said when the first tree is. */
static void mark_on(struct responder *r)
{
	struct err e;
	if (r->m.pending.n && marks_step(&r->m, MARKS_STEP, &e) < 0)
		say_alarm(r, "alarm", e.text, NULL);
	if (r->said_ready || r->m.pending.n)
		return;
	r->said_ready = true;
	say_ready(r);
}

/* Questions that follow each other closely, without sleeping in between; after some of them the other sources are asked, too. */
static void look_for_more(struct responder *r)
{
	for (int n = 0; n < LOOKS && !r->waiting_count && !r->more; n++) {
		const int64_t now = time_monotonic(), most = awake_may_look(&r->awake, now);
		if (!most)
			return;
		const bool came = perm_look(r, now + most);
		const int64_t then = time_monotonic();
		awake_looked(&r->awake, now, then, came);
		if (!came)
			return;
		r->last_perm = then;
		if (then - r->happened_at >= GATHER)
			happened(r);
	}
}

static int loop(struct responder *r)
{
	for (;;) {
		look_for_more(r);
		int64_t now = time_monotonic();
		atomic_fetch_add(&r->o->heart->beat, 1);
		const unsigned came = poll_wait(r, now);
		if (told_to_stop || (came & CAME(EVENTS)))
			return 0;
		if (came & CAME(JUDGE))
			judge_read(r);
		if (came & CAME(INOTIFY))
			act_released(r);
		if (came & CAME(FORKS))
			client_forks(r);
		if (came & CAME(LEASES))
			lease_broken(r);
		if (r->more || (came & CAME(PERM))) {
			r->last_perm = now;
			awake_asked(&r->awake, now);
			r->more = perm_read(r);
		}
		if (!busy(r, now))
			awake_end(&r->awake);
		if (!busy(r, now) || time_monotonic() - r->happened_at >= GATHER)
			happened(r);
		work(r);
		mark_on(r);
		if (r->judge_gone || judge_hangs(r, now))
			return 4;
	}
}

_Noreturn void responder_main(const struct responder_start *o)
{
	struct err e = {0};
	struct responder *r = calloc(1, sizeof *r);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* of a terminal: the supervisor decides */
	signal(SIGTERM, on_term);
	prctl(PR_SET_NAME, "hf-watch");
	if (!r)
		_exit(3);
	r->o = o;
	r->c = o->c;
	r->inotify = r->forks = -1;
	lease_open(r);
	r->awake.fd = -1;
	int status = start(r, &e) == 0 ? 0 : err_exit(e.code);
	if (status) {
		char line[640];
		say_alarm(r, "failed", err_line(&e, line, sizeof line), NULL);
		let_go(r);
		_exit(status == 3 ? 5 : 6);
	}
	atomic_store(&o->heart->ready, true);
	mark_on(r);
	status = loop(r);
	let_go(r);
	_exit(status);
}
