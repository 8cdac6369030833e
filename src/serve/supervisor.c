/* supervisor: starts a process per trust level, introduces them, restarts what dies, stops them in order. It parses nothing from outside: settings at the
 * start, and short frames of its own roles. */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUICK (2 * TIME_SEC)      /* a death this soon after the start is one in a row */
#define STOP_EDGE (4 * TIME_SEC)  /* intake and web have this long to finish what they began */
#define STOP_CORE (9 * TIME_SEC)  /* keeper and scribe, from the same moment */
#define TELL_EVERY (2 * TIME_SEC)
#define YIELD_MOST (15 * TIME_SEC) /* the scribe does not let others go first for longer than this at a time, whatever it says */

void sup_log(const char *fmt, ...)
{
	char line[1200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	fprintf(stderr, "holdfast: %s\n", line);
}

void sup_init(struct supervisor *s)
{
	*s = (struct supervisor){.lockfd = -1, .controlfd = -1, .sigfd = -1, .lifeline = -1};
	s->site.fd = -1;
	s->web.fd = s->gate.fd = -1;
	s->admin_gid = UINT32_MAX;
	for (int i = 0; i < ROLES; i++) {
		s->shared[i] = -1;
		s->roles[i].chan = -1;
	}
	for (size_t i = 0; i < SITE_LISTENERS_MAX; i++)
		s->mllp[i].fd = -1;
}

static void listener_done(struct role_listener *l)
{
	if (l->fd >= 0)
		close(l->fd);
	buf_done(&l->cert);
	buf_wipe_done(&l->key);
	buf_done(&l->ca);
}

void sup_done(struct supervisor *s)
{
	for (int i = 0; i < ROLES; i++) {
		if (s->roles[i].chan >= 0)
			close(s->roles[i].chan);
		if (s->shared[i] >= 0)
			close(s->shared[i]);
		if (s->tested[i].max)
			buf_done(&s->tested[i]);
	}
	for (size_t i = 0; i < s->mllp_count; i++)
		listener_done(&s->mllp[i]);
	listener_done(&s->web);
	listener_done(&s->gate);
	if (s->progress)
		munmap(s->progress, sizeof *s->progress);
	int *const fds[] = {&s->lockfd, &s->controlfd, &s->sigfd};
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (*fds[i] >= 0)
			close(*fds[i]);
	site_close(&s->site);
}

/* ---- frames from the roles ---- */

static void on_fatal(struct sup_role *r, struct slice p)
{
	struct cur c = cur_of(p);
	int code = (int)cur_u32le(&c);
	frame_get_err(&c, code, &r->fatal);
}

/* Nobody waits for the ecg role: it loads what it draws with, which may take seconds, and feeds and charts need none of it; nor do they of packets. */
static bool waited_for(int id)
{
	return id != ROLE_ECG && id != ROLE_PACKETS;
}

static void all_ready(struct supervisor *s)
{
	for (int i = 0; i < ROLES; i++)
		if (s->roles[i].wanted && !s->roles[i].ready && waited_for(i))
			return;
	if (s->told_ready)
		return;
	s->told_ready = true;
	if (s->lifeline >= 0) {
		(void)!packet_send(s->lifeline, FRAME_R_READY, 0, SLICE_NULL, NULL, 0, false);
		return;
	}
	for (size_t i = 0; i < s->mllp_count && !s->restoring.on; i++)
		sup_log("feed %s: MLLP%s on %s", s->mllp[i].is.name, s->mllp[i].is.tls ? " over TLS" : "", s->mllp[i].is.address);
	if (s->roles[ROLE_WEB].wanted)
		sup_log("browsers and FHIR: %s://%s/", s->web.is.tls ? "https" : "http", s->web.is.address);
	for (int i = ROLE_INTAKE; i < ROLES; i++)
		if (s->roles[i].wanted && s->roles[i].report.note[0])
			sup_log("WARNING: %s: %s", role_name((enum role_id)i), s->roles[i].report.note);
	if (s->restoring.on) {
		sup_log("ready, READ-ONLY: %s is being rebuilt: charts can be read in the browser as soon as they are back, and no message is taken in; full service begins by itself when the rebuild has its ledger", s->site.path);
		notify("READY=1\nSTATUS=READ-ONLY: this site is being rebuilt");
		return;
	}
	sup_log("%s: %s", s->reading.code ? "ready, READ-ONLY" : "ready", s->site.path);
	notify(s->reading.code ? "READY=1\nSTATUS=READ-ONLY: showing the charts, taking nothing in" : "READY=1\nSTATUS=Taking the feed in and showing the charts");
}

/* Only where the scribe is another user: then what allows us the one also allows us the other. */
static void sup_yield(struct supervisor *s, bool yields)
{
	struct sup_role *r = &s->roles[ROLE_SCRIBE];
	struct sched_param none = {0};
	if (r->pid > 0 && r->report.user && sched_setscheduler(r->pid, yields ? SCHED_IDLE : SCHED_OTHER, &none) == 0)
		r->yields_since = yields ? time_monotonic() : 0;
}

static void on_frame(struct supervisor *s, enum role_id id, struct frame *f)
{
	struct sup_role *r = &s->roles[id];
	switch (f->type) {
	case FRAME_R_READY:
		if (role_ready_decode(f->payload, &r->report) == 0) {
			r->ready = r->was_ready = true;
			s->told_at = 0;
			if (id == ROLE_KEEPER && !s->restoring.on)
				sup_looked_done(s);
			if (id == ROLE_KEEPER && s->lifeline < 0 && !s->restoring.on)
				sup_tell_config(s);
			all_ready(s);
		}
		break;
	case FRAME_R_FATAL:
		on_fatal(r, f->payload);
		break;
	case FRAME_R_LOG:
		sup_log("%s: %.*s", role_name(id), (int)(f->payload.n < 1000 ? f->payload.n : 1000), (const char *)f->payload.p);
		break;
	case FRAME_R_CHANNEL:
		sup_channel(s, id, f->payload);
		break;
	case FRAME_R_YIELD:
		if (id == ROLE_SCRIBE && f->payload.n == 1)
			sup_yield(s, f->payload.p[0]);
		break;
	case FRAME_R_TESTED:
		sup_tested(s, id, f->payload);
		break;
	case FRAME_R_SELFTEST_ALL:
		if (id == ROLE_KEEPER)
			sup_test_all(s, f->tag);
		break;
	default:
		break; /* a newer role than we are, or a broken one: nothing that we do hangs on it */
	}
}

static void read_role(struct supervisor *s, enum role_id id)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_HEAD + FRAME_SMALL + 64);
	for (int i = 0; i < 64 && s->roles[id].chan >= 0; i++) {
		struct frame f;
		int n = packet_recv(s->roles[id].chan, &b, &f, false);
		if (n == 0)
			return;
		if (n < 0) { /* its end is closed: it is dying; the signal tells the rest */
			close(s->roles[id].chan);
			s->roles[id].chan = -1;
			if (n == ERR_INPUT && s->roles[id].pid > 0)
				kill(s->roles[id].pid, SIGKILL);
			return;
		}
		on_frame(s, id, &f);
		frame_close_fds(&f);
	}
}

/* ---- deaths ---- */

static int64_t pause_before(unsigned quick)
{
	if (quick < 4)
		return 0;
	int64_t ms = 200;
	for (unsigned i = 4; i < quick && ms < 5000; i++)
		ms *= 2;
	return (ms < 5000 ? ms : 5000) * (TIME_SEC / 1000);
}

/* Somebody has seen more of this log than stands here. A command ends with that. A daemon goes on showing the charts that it has, which are what this house has at the moment, and takes nothing in. */
static void only_read(struct supervisor *s, const struct err *why)
{
	if (s->lifeline >= 0 || s->reading.code) {
		s->failure = *why;
		return;
	}
	s->reading = *why;
	s->flags |= START_READING;
	s->roles[ROLE_KEEPER].due = 0;
	sup_log("READ-ONLY: %s", why->text);
	sup_log("READ-ONLY: charts as they are here can be read in the browser; no message is taken in or acknowledged, and who looks is only counted, until this daemon is stopped and one of the two is done");
	notify("STATUS=READ-ONLY: others have seen more of this log than stands here; no message is taken in");
}

static void died(struct supervisor *s, enum role_id id, int status)
{
	struct sup_role *r = &s->roles[id];
	char how[64], why[700] = "";
	int64_t now = time_monotonic();
	if (r->chan >= 0)
		read_role(s, id); /* its last words */
	if (r->chan >= 0)
		close(r->chan);
	r->chan = -1;
	r->pid = 0;
	if ((r->stopping || id == ROLE_REPLICATE) && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		r->ready = false; /* replicate ends by itself where it wants to begin anew */
		r->due = id == ROLE_REPLICATE ? now + TIME_SEC : 0;
		return;
	}
	if (WIFSIGNALED(status))
		snprintf(how, sizeof how, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof how, "exited with %d", WEXITSTATUS(status));
	if (r->fatal.code)
		err_line(&r->fatal, why, sizeof why);
	if (id == ROLE_SCRIBE && !s->stopping)
		sup_blame(s, status);
	r->ready = false;
	r->quick = now - r->started < QUICK ? r->quick + 1 : 0;
	if (s->stopping)
		sup_log("%s %s while it was stopping%s%s", role_name(id), how, why[0] ? ": " : "", why);
	if (!s->stopping) {
		r->restarts++;
		r->due = now + pause_before(r->quick);
		sup_log("%s %s%s%s; it is started again", role_name(id), how, why[0] ? ": " : "", why);
		s->told_at = 0;
	}
	/* somebody has seen more of this log than stands here: starting again would change nothing */
	if (id == ROLE_KEEPER && !s->stopping && !strcmp(r->fatal.place, "ledger/ahead"))
		only_read(s, &r->fatal);
	/* A keeper that cannot open the ledger at the start: whoever started us has to read why. */
	if (!s->told_ready && !r->was_ready && waited_for(id) && !(id == ROLE_KEEPER && s->reading.code) && (r->fatal.code || r->quick >= 5) && !s->stopping) {
		if (r->fatal.code)
			s->failure = r->fatal;
		else
			err_set(&s->failure, ERR_SYSTEM, role_name(id), "it %s as soon as it is started", how);
	}
}

static void reap(struct supervisor *s)
{
	for (int i = ROLE_INTAKE; i < ROLES; i++) {
		int status;
		if (s->roles[i].pid > 0 && waitpid(s->roles[i].pid, &status, WNOHANG) == s->roles[i].pid)
			died(s, (enum role_id)i, status);
	}
}

static void start_due(struct supervisor *s)
{
	/* the keeper first: the others have nothing to do without it */
	static const enum role_id order[] = {ROLE_KEEPER, ROLE_REPLICATE, ROLE_SCRIBE, ROLE_INTAKE, ROLE_WEB, ROLE_CUTTER, ROLE_GATE, ROLE_VAULT, ROLE_ECG, ROLE_PACKETS};
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct sup_role *r = &s->roles[order[i]];
		struct err e = {0};
		if (!r->wanted || r->pid > 0 || s->stopping || r->due > time_monotonic())
			continue;
		if (sup_start_role(s, order[i], &e) < 0) {
			sup_log("%s cannot be started: %s", role_name(order[i]), e.text);
			if (r->pid > 0)
				kill(r->pid, SIGKILL);
			r->quick++;
			r->due = time_monotonic() + pause_before(r->quick + 3);
			if (!s->told_ready && r->quick >= 5)
				s->failure = e;
		}
	}
}

/* ---- stopping ---- */

static void ask_to_stop(struct sup_role *r)
{
	if (r->pid <= 0 || r->stopping)
		return;
	r->stopping = true;
	if (r->chan < 0 || packet_send(r->chan, FRAME_R_STOP, 0, SLICE_NULL, NULL, 0, false) < 0)
		kill(r->pid, SIGKILL);
}

static void kill_late(struct sup_role *r)
{
	if (r->pid > 0)
		kill(r->pid, SIGKILL);
}

/* Feeds first, then the keeper (which hands the scribe what is left and closes the ledger), then the scribe. True when nothing is left. */
static bool stop_step(struct supervisor *s)
{
	int64_t for_long = time_monotonic() - s->stop_at;
	struct sup_role *r = s->roles;
	static const enum role_id edge[] = {ROLE_INTAKE, ROLE_WEB, ROLE_REPLICATE, ROLE_VAULT, ROLE_ECG, ROLE_GATE, ROLE_CUTTER, ROLE_PACKETS};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(edge); i++) {
		any |= r[edge[i]].pid > 0;
		if ((edge[i] != ROLE_VAULT && edge[i] != ROLE_ECG) || r[ROLE_WEB].pid <= 0)
			ask_to_stop(&r[edge[i]]);
		if (for_long > STOP_EDGE)
			kill_late(&r[edge[i]]);
	}
	if (any)
		return false;
	if (r[ROLE_KEEPER].pid > 0)
		ask_to_stop(&r[ROLE_KEEPER]);
	else
		ask_to_stop(&r[ROLE_SCRIBE]);
	if (for_long > STOP_CORE) {
		kill_late(&r[ROLE_KEEPER]);
		kill_late(&r[ROLE_SCRIBE]);
	}
	return r[ROLE_KEEPER].pid <= 0 && r[ROLE_SCRIBE].pid <= 0;
}

static void begin_stop(struct supervisor *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->stop_at = time_monotonic();
	if (s->lifeline < 0) {
		notify("STOPPING=1");
		sup_log("stopping");
	}
}

/* ---- the loop ---- */

static int open_signals(struct supervisor *s, struct err *e)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (s->lifeline < 0) { /* a private supervisor ends when its command does, whatever signal that one got */
		sigaddset(&set, SIGTERM);
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGHUP);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || (s->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return err_sys(e, NULL, "cannot take signals");
	return 0;
}

static void on_signals(struct supervisor *s)
{
	struct signalfd_siginfo si;
	while (read(s->sigfd, &si, sizeof si) == sizeof si)
		if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT || si.ssi_signo == SIGHUP)
			begin_stop(s);
	reap(s); /* several deaths may be one signal */
}

static int wait_ms(const struct supervisor *s)
{
	int64_t now = time_monotonic(), ms = s->stopping ? 100 : s->restoring.on ? 200 : 1000;
	for (int i = ROLE_INTAKE; i < ROLES; i++) {
		const struct sup_role *r = &s->roles[i];
		if (!r->wanted || r->pid > 0 || s->stopping)
			continue;
		int64_t left = (r->due - now) / (TIME_SEC / 1000) + 1;
		if (left < ms)
			ms = left > 0 ? left : 0;
	}
	int64_t again = sup_reconnect_due(s);
	if (!s->stopping && again < now + ms * (TIME_SEC / 1000))
		ms = again > now ? (again - now) / (TIME_SEC / 1000) + 1 : 0;
	return (int)ms;
}

static void on_lifeline(struct supervisor *s)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_HEAD + FRAME_SMALL + 64);
	struct frame f;
	int n = packet_recv(s->lifeline, &b, &f, false);
	if (n == 0)
		return;
	if (n > 0)
		frame_close_fds(&f);
	begin_stop(s); /* it says stop, or it is gone */
}

static void loop_once(struct supervisor *s)
{
	struct pollfd p[ROLES + 2];
	enum role_id who[ROLES + 2];
	nfds_t n = 0;
	p[n++] = (struct pollfd){.fd = s->sigfd, .events = POLLIN};
	p[n++] = (struct pollfd){.fd = s->stopping ? -1 : s->lifeline, .events = POLLIN};
	for (int i = ROLE_INTAKE; i < ROLES; i++)
		if (s->roles[i].chan >= 0) {
			who[n] = (enum role_id)i;
			p[n++] = (struct pollfd){.fd = s->roles[i].chan, .events = POLLIN};
		}
	if (poll(p, n, wait_ms(s)) < 0)
		return; /* EINTR */
	for (nfds_t i = 2; i < n; i++)
		if (p[i].revents)
			read_role(s, who[i]);
	if (p[1].revents)
		on_lifeline(s);
	if (p[0].revents)
		on_signals(s);
}

int sup_run(struct supervisor *s, struct err *e)
{
	int r = open_signals(s, e);
	if (r < 0)
		return r;
	for (;;) {
		if (s->restoring.on)
			sup_restore_look(s);
		else
			sup_replicas_look(s);
		start_due(s);
		sup_reconnect(s);
		loop_once(s);
		sup_watch(s);
		if (s->roles[ROLE_SCRIBE].yields_since && time_monotonic() - s->roles[ROLE_SCRIBE].yields_since > YIELD_MOST)
			sup_yield(s, false); /* it may not even get to say so */
		if (!s->stopping && time_monotonic() - s->told_at > TELL_EVERY)
			sup_tell_keeper(s);
		if (s->failure.code)
			begin_stop(s);
		if (s->stopping && stop_step(s))
			break;
	}
	if (!s->failure.code && s->reading.code)
		s->failure = s->reading; /* a stop that was asked for, of a site that needs somebody's decision */
	if (s->failure.code) {
		if (e)
			*e = s->failure;
		return s->failure.code;
	}
	return 0;
}

/* ---- entry points ---- */

static int take_lock(struct supervisor *s, struct err *e)
{
	s->lockfd = openat(s->site.fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lockfd < 0)
		return err_sys(e, "lock", "cannot open it");
	/* a command may hold it for a moment */
	for (int64_t until = time_monotonic() + 10 * TIME_SEC;;) {
		int r = file_lock(s->lockfd, false, e);
		if (r != ERR_BUSY)
			return r;
		if (time_monotonic() > until)
			return err_set(e, ERR_BUSY, s->site.path, "another holdfast has this site open");
		usleep(50000);
	}
}

int sup_set_right(struct supervisor *s, struct err *e)
{
	uint64_t n;
	char first[128];
	int r = site_make_vault(s->site.fd, e); /* a site of an earlier version has none */
	if (r == 0 && geteuid() != 0) /* nothing can be given: what is in the way is said before anything trips over it */
		r = owners_give(s->site.fd, &s->own, &n, first, e);
	if (r == 0)
		r = vault_outbox_lay(s->site.fd, e);
	if (r == 0)
		r = owners_give(s->site.fd, &s->own, &n, first, e);
	if (r == 0 && n)
		sup_log("%s: %llu files did not belong to who must own them (a copy that root made?) and were given to them, the first: %s", s->site.path, (unsigned long long)n, first);
	return r;
}

static void common(struct supervisor *s)
{
	const struct group *g = getgrnam("holdfast");
	if (g)
		s->admin_gid = g->gr_gid;
	if (s->own.separate)
		s->flags |= START_SEPARATE;
	s->roles[ROLE_KEEPER].wanted = true;
	s->roles[ROLE_SCRIBE].wanted = !(s->flags & START_BARE);
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
}

void sup_full(struct supervisor *s)
{
	static const enum role_id all[] = {ROLE_KEEPER, ROLE_SCRIBE, ROLE_INTAKE, ROLE_WEB, ROLE_ECG, ROLE_GATE, ROLE_CUTTER};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		s->roles[all[i]].wanted = true;
	s->roles[ROLE_VAULT].wanted = serve_vault() != NULL;
	s->roles[ROLE_PACKETS].wanted = s->site.limits.packet_minutes > 0;
	sup_replicas_look(s);
}

int serve_run(const struct serve_options *o, struct err *e)
{
	struct supervisor *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	sup_init(s);
	int r = sup_restore_open(s, o, e);
	if (r == 0)
		r = owners_of_site(s->site.fd, &s->own, e);
	if (r == 0)
		r = take_lock(s, e);
	if (r == 0 && !o->sandbox_off && !s->restoring.on)
		r = sup_set_right(s, e);
	if (r == 0)
		r = sup_bind(s, o, e);
	if (r == 0) {
		s->flags = (o->self_test ? START_SELF_TEST : 0) | (o->sandbox_off ? START_SANDBOX_OFF : 0) | (o->plain ? START_PLAIN : 0);
		common(s);
		if (s->restoring.on) {
			s->flags |= START_RESTORING;
			s->roles[ROLE_SCRIBE].wanted = false;
			s->roles[ROLE_WEB].wanted = true;
		} else {
			sup_full(s);
		}
		r = sup_run(s, e);
	}
	if (s->controlfd >= 0)
		(void)unlinkat(s->site.fd, "run/control", 0); /* we still hold the lock */
	sup_done(s);
	free(s);
	return r;
}

/* Started by a command that holds the lock (control_private.c): the first packet is an R_START with the site's path and the lock. */
static int private_start(struct supervisor *s, int lifeline, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_HEAD + FRAME_SMALL + 64);
	struct frame f;
	char path[4096];
	if (packet_recv(lifeline, &b, &f, true) <= 0)
		return err_set(e, ERR_SYSTEM, NULL, "the command that started this is gone");
	struct cur c = cur_of(f.payload);
	frame_get_text(&c, path, sizeof path);
	uint32_t flags = cur_u32le(&c);
	s->lockfd = frame_take_fd(&f, 0);
	frame_close_fds(&f);
	if (f.type != FRAME_R_START || !cur_done(&c) || s->lockfd < 0)
		return err_set(e, ERR_INPUT, NULL, "the command that started this speaks another version");
	s->flags = START_PRIVATE | (flags & (START_SELF_TEST | START_SANDBOX_OFF | START_BARE));
	int r = site_open(path, &s->site, e);
	if (r == 0)
		r = owners_of_site(s->site.fd, &s->own, e);
	return r == 0 ? sup_set_right(s, e) : r;
}

int supervisor_private(int lifeline)
{
	struct supervisor *s = calloc(1, sizeof *s);
	struct err e = {0};
	if (!s)
		return 3;
	sup_init(s);
	int r = private_start(s, lifeline, &e);
	s->lifeline = lifeline;
	if (r == 0) {
		common(s);
		r = sup_run(s, &e);
	}
	if (r < 0) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, FRAME_SMALL);
		buf_u32le(&b, (uint32_t)e.code);
		frame_str(&b, e.place);
		frame_str(&b, e.text);
		(void)!packet_send(lifeline, FRAME_R_FATAL, 0, buf_slice(&b), NULL, 0, false);
	}
	sup_done(s);
	free(s);
	return r < 0 ? 3 : 0;
}
