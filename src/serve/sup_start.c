/* sup_start: one role's process: this program again, with a channel to us as descriptor 3 and nothing else; all that it may have follows on that channel. */
#include "keeper.h"
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define STREAM_BUFFER (4 << 20) /* bytes the kernel holds between two roles: fewer, larger reads when there is much to do */

bool sup_running(const struct supervisor *s, enum role_id id)
{
	return s->roles[id].pid > 0;
}

/* Pages that outlive the role. Sealed against growing and shrinking, so that a role which was taken over cannot pull them from under us. */
static int shared_memory(const char *name, size_t size, struct err *e)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int r = err_sys(e, name, "cannot make shared memory");
		if (fd >= 0)
			close(fd);
		return r;
	}
	return fd;
}

static int need_shared(struct supervisor *s, enum role_id id, struct err *e)
{
	if (s->shared[id] >= 0 || (id != ROLE_SCRIBE && id != ROLE_KEEPER))
		return 0;
	int fd = shared_memory(role_name(id), id == ROLE_SCRIBE ? sizeof(struct progress_page) : KEEPER_SHARED, e);
	if (fd < 0)
		return fd;
	s->shared[id] = fd;
	if (id != ROLE_SCRIBE)
		return 0;
	void *p = mmap(NULL, sizeof(struct progress_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, "scribe", "cannot map shared memory");
	s->progress = p;
	return 0;
}

/* Between fork and exec: only what is safe there. (Bare: no exec; we are one thread.) */
static void child(int chan, enum role_id id, bool bare)
{
	const char *role = role_name(id);
	sigset_t none;
	/* an acknowledgement does not wait for a chart that is being rebuilt; without the right to it, it is left */
	if (id == ROLE_INTAKE || id == ROLE_KEEPER || id == ROLE_GATE || id == ROLE_CUTTER)
		(void)!setpriority(PRIO_PROCESS, 0, -5);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chan == ROLE_SUP_FD)
		fcntl(chan, F_SETFD, 0);
	else
		dup2(chan, ROLE_SUP_FD);
	close_range(ROLE_SUP_FD + 1, ~0U, 0);
	/* credentials of stores are passed as data, to replicate alone */
	static const char *const secret[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HOLDFAST_TOKEN"};
	for (size_t i = 0; i < ARRAY_LEN(secret); i++)
		unsetenv(secret[i]);
	char name[] = "holdfast", flag[] = "--role", which[16];
	snprintf(which, sizeof which, "%s", role);
	char *argv[] = {name, flag, which, NULL};
	if (bare)
		_exit(serve_role_main(3, argv));
	/* the very program that is running, also when an upgrade has replaced its file */
	execv("/proc/self/exe", argv);
	_exit(127);
}

static int spawn(struct sup_role *r, enum role_id id, bool bare, struct err *e)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, role_name(id), "cannot make its channel");
	/* while it starts we wait for it to take what we pass, but not for ever */
	setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){.tv_sec = 5}, sizeof(struct timeval));
	pid_t p = fork();
	if (p < 0) {
		int code = err_sys(e, role_name(id), "cannot start it");
		close(pair[0]);
		close(pair[1]);
		return code;
	}
	if (p == 0)
		child(pair[1], id, bare);
	close(pair[1]);
	r->pid = p;
	r->chan = pair[0];
	return 0;
}

static int pass_start(struct supervisor *s, enum role_id id, struct err *e)
{
	struct role_start st = {.id = id, .zone_minutes = s->site.zone_minutes, .reserve = s->site.reserve, .flags = s->flags, .limits = s->site.limits, .admin_gid = s->admin_gid};
	int fds[PACKET_FDS];
	size_t n = 0;
	if (s->site.drill)
		st.flags |= START_DRILL;
	memcpy(st.site_name, s->site.name, sizeof st.site_name);
	memcpy(st.origin, s->site.origin, sizeof st.origin);
	memcpy(st.site_path, s->site.path, sizeof st.site_path);
	st.uid = s->own.uid[id];
	st.gid = s->own.gid[id];
	st.view_gid = s->own.view_gid;
	st.sealed_gid = s->own.sealed_gid;
	if (id == ROLE_KEEPER && s->roles[ROLE_REPLICATE].wanted && !s->roles[ROLE_KEEPER].was_ready && !s->reading.code) /* one that was started again knows what its predecessor was told, which was ready when all had been asked; replicate asks once */
		st.flags |= START_ASK;
	st.owner_uid = s->lifeline >= 0 ? geteuid() : s->own.separate ? 0 : s->own.uid[id]; /* of a private keeper: whoever runs the command */
	fds[n++] = s->site.fd;
	st.fds = START_FD_SITE;
	if (id == ROLE_KEEPER || id == ROLE_SCRIBE) {
		fds[n++] = s->lockfd;
		st.fds |= START_FD_LOCK;
	}
	if (id == ROLE_KEEPER && s->controlfd >= 0 && !s->restoring.on) { /* a command waits until there is something to ask */
		fds[n++] = s->controlfd;
		st.fds |= START_FD_CONTROL;
	}
	AUTO_CLOSE int looked = id == ROLE_KEEPER ? sup_looked(s, s->restoring.on) : -1;
	AUTO_CLOSE int accounts = id == ROLE_KEEPER && s->restoring.on ? openat(s->site.fd, "rebuild.accounts", O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (s->shared[id] >= 0) {
		fds[n++] = s->shared[id];
		st.fds |= START_FD_SHARED;
	}
	if (looked >= 0) {
		fds[n++] = looked;
		st.fds |= START_FD_LOOKED;
	}
	if (accounts >= 0) {
		fds[n++] = accounts;
		st.fds |= START_FD_ACCOUNTS;
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_SMALL);
	role_start_encode(&st, &b);
	if (packet_send(s->roles[id].chan, FRAME_R_START, 0, buf_slice(&b), fds, n, true) < 0)
		return err_sys(e, role_name(id), "does not take its start");
	return 0;
}

static int pass_listener(struct supervisor *s, enum role_id id, const struct role_listener *l, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, FRAME_SMALL);
	if (id == ROLE_KEEPER || id == ROLE_CUTTER) { /* one makes sources of the names, the other keeps the ports open; they need no more */
		struct role_listener bare = {.is = l->is, .index = l->index};
		role_listener_encode(&bare, &b);
		return packet_send(s->roles[id].chan, FRAME_R_LISTENER, 0, buf_slice(&b), NULL, 0, true) < 0 ? err_sys(e, role_name(id), "does not take its listeners") : 0;
	}
	role_listener_encode(l, &b);
	if (!buf_ok(&b))
		return err_set(e, ERR_LIMIT, l->is.name, "its certificates are too large");
	return packet_send(s->roles[id].chan, FRAME_R_LISTENER, 0, buf_slice(&b), &l->fd, l->fd >= 0, true) < 0 ? err_sys(e, role_name(id), "does not take its listeners") : 0;
}

static int pass_listeners(struct supervisor *s, enum role_id id, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && (id == ROLE_INTAKE || id == ROLE_KEEPER || id == ROLE_CUTTER) && i < s->mllp_count; i++)
		r = pass_listener(s, id, &s->mllp[i], e);
	if (r == 0 && id == ROLE_GATE && s->gate.key.n)
		r = pass_listener(s, id, &s->gate, e);
	if (r == 0 && (id == ROLE_WEB || id == ROLE_CUTTER))
		r = pass_listener(s, id, &s->web, e);
	return r;
}

/* ---- who talks to whom ---- */

const enum role_id sup_pairs[PAIRS][2] = {{ROLE_INTAKE, ROLE_KEEPER}, {ROLE_WEB, ROLE_KEEPER}, {ROLE_KEEPER, ROLE_SCRIBE}, {ROLE_VAULT, ROLE_KEEPER}, {ROLE_WEB, ROLE_VAULT}, {ROLE_REPLICATE, ROLE_KEEPER}, {ROLE_WEB, ROLE_ECG}, {ROLE_GATE, ROLE_KEEPER}, {ROLE_CUTTER, ROLE_KEEPER}, {ROLE_PACKETS, ROLE_KEEPER}};

static void widen(int fd)
{
	int n = STREAM_BUFFER;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &n, sizeof n) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &n, sizeof n);
}

static int pass_end(struct sup_role *to, enum role_id other, int fd)
{
	uint8_t id = (uint8_t)other;
	int r = packet_send(to->chan, FRAME_R_PEER, 0, slice_of(&id, 1), &fd, 1, true);
	if (r == 0)
		to->given[other]++;
	return r;
}

/* A fresh channel between two that run. */
int sup_join(struct supervisor *s, enum role_id id, enum role_id other, struct err *e)
{
	int p[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) < 0)
		return err_sys(e, role_name(id), "cannot make a channel");
	widen(p[0]);
	widen(p[1]);
	int r = pass_end(&s->roles[id], other, p[0]);
	(void)!pass_end(&s->roles[other], id, p[1]); /* if it is dying it will be introduced when it is back */
	close(p[0]);
	close(p[1]);
	return r < 0 ? err_sys(e, role_name(id), "does not take its peers") : 0;
}

/* A fresh pair for each neighbour that lives; one that does not will make the pair when it starts. */
static int introduce(struct supervisor *s, enum role_id id, struct err *e)
{
	for (size_t i = 0; i < PAIRS; i++) {
		if (sup_pairs[i][0] != id && sup_pairs[i][1] != id)
			continue;
		enum role_id other = sup_pairs[i][0] == id ? sup_pairs[i][1] : sup_pairs[i][0];
		if (!sup_running(s, other))
			continue;
		s->pair[i] = (struct sup_pair){0};
		int r = sup_join(s, id, other, e);
		if (r < 0)
			return r;
	}
	if (s->lifeline >= 0 && id == ROLE_KEEPER) { /* the command we run for is the private keeper's one client */
		int p[2];
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) < 0)
			return err_sys(e, role_name(id), "cannot make a channel");
		widen(p[0]);
		widen(p[1]);
		uint8_t keeper = ROLE_KEEPER;
		int r = pass_end(&s->roles[id], ROLE_SUPERVISOR, p[0]);
		(void)!packet_send(s->lifeline, FRAME_R_PEER, 0, slice_of(&keeper, 1), &p[1], 1, true);
		close(p[0]);
		close(p[1]);
		if (r < 0)
			return err_sys(e, role_name(id), "does not take its client");
	}
	return 0;
}

int sup_start_role(struct supervisor *s, enum role_id id, struct err *e)
{
	struct sup_role *r = &s->roles[id];
	int code = need_shared(s, id, e);
	if (code < 0)
		return code;
	if (id == ROLE_SCRIBE) {
		s->progress->entry = PROGRESS_NONE;
		s->progress->ahead = false;
		s->progress->since = 0;
	}
	r->ready = r->stopping = false;
	r->fatal = (struct err){0};
	memset(r->given, 0, sizeof r->given);
	r->started = time_monotonic();
	r->yields_since = 0;
	r->since = time_now();
	code = spawn(r, id, s->flags & START_BARE, e);
	if (code == 0)
		code = pass_start(s, id, e);
	if (code == 0)
		code = pass_listeners(s, id, e);
	if (code == 0 && id == ROLE_REPLICATE)
		code = sup_replicas_pass(s, e);
	if (code == 0)
		code = introduce(s, id, e);
	if (code == 0 && packet_send(r->chan, FRAME_R_GO, 0, SLICE_NULL, NULL, 0, true) < 0)
		code = err_sys(e, role_name(id), "does not start");
	return code; /* on failure the process, if there is one, is reaped as any dead role is */
}
