/* role: how a process becomes a role. It reads as a list: take from the supervisor what I am given, prepare what needs the file system, drop the user, lock
 * Landlock and seccomp, say that I am ready, work. */
#include "role.h"
#include "hl7.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *role_name(enum role_id id)
{
	static const char *const names[ROLES] = {"supervisor", "intake", "keeper", "scribe", "web", "vault", "replicate", "ecg", "gate", "cutter", "packets"};
	return id < ROLES ? names[id] : "unknown";
}

/* ---- what the supervisor passes ---- */

void role_start_encode(const struct role_start *s, struct buf *b)
{
	buf_u8(b, (uint8_t)s->id);
	frame_str(b, s->site_name);
	frame_str(b, s->origin);
	frame_str(b, s->site_path);
	buf_u32le(b, (uint32_t)s->zone_minutes);
	buf_u64le(b, s->reserve);
	buf_u32le(b, s->flags);
	buf_u32le(b, s->uid);
	buf_u32le(b, s->gid);
	buf_u32le(b, s->view_gid);
	buf_u32le(b, s->sealed_gid);
	buf_u32le(b, s->owner_uid);
	buf_u32le(b, s->admin_gid);
	buf_u32le(b, s->limits.connections);
	buf_u32le(b, s->limits.message_mib);
	buf_u32le(b, s->limits.packet_minutes);
	buf_u32le(b, s->limits.packet_seconds);
	buf_u8(b, s->fds);
}

static int start_decode(struct slice p, struct role_start *s)
{
	struct cur c = cur_of(p);
	uint8_t id = cur_u8(&c);
	frame_get_text(&c, s->site_name, sizeof s->site_name);
	frame_get_text(&c, s->origin, sizeof s->origin);
	frame_get_text(&c, s->site_path, sizeof s->site_path);
	s->zone_minutes = (int)cur_u32le(&c);
	s->reserve = cur_u64le(&c);
	s->flags = cur_u32le(&c);
	s->uid = cur_u32le(&c);
	s->gid = cur_u32le(&c);
	s->view_gid = cur_u32le(&c);
	s->sealed_gid = cur_u32le(&c);
	s->owner_uid = cur_u32le(&c);
	s->admin_gid = cur_u32le(&c);
	s->limits.connections = cur_u32le(&c);
	s->limits.message_mib = cur_u32le(&c);
	s->limits.packet_minutes = cur_u32le(&c);
	s->limits.packet_seconds = cur_u32le(&c);
	s->fds = cur_u8(&c);
	s->id = id;
	return cur_done(&c) && id > ROLE_SUPERVISOR && id < ROLES ? 0 : ERR_INPUT;
}

void role_listener_encode(const struct role_listener *l, struct buf *b)
{
	frame_str(b, l->is.name);
	frame_str(b, l->is.address);
	buf_u8(b, l->is.tls);
	buf_u8(b, l->is.client_cert);
	buf_u8(b, (uint8_t)l->is.ack);
	frame_str(b, l->is.allow);
	buf_u8(b, (uint8_t)l->index);
	frame_blob(b, buf_slice(&l->cert));
	frame_blob(b, buf_slice(&l->key));
	frame_blob(b, buf_slice(&l->ca));
}

void role_replica_encode(const struct vault_replica *v, const struct vault_replica_state *st, struct buf *b)
{
	const char *const text[] = {v->name, v->target, v->access.endpoint, v->access.key, v->access.secret, v->access.session, v->access.region, v->access.token};
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		frame_str(b, text[i]);
	frame_blob(b, slice_str(v->access.ca));
	buf_u32le(b, v->retain_days);
	buf_u32le(b, v->every);
	buf_u8(b, v->no_lock);
}

static int replica_decode(struct slice p, struct vault_replica *v)
{
	struct cur c = cur_of(p);
	frame_get_text(&c, v->name, sizeof v->name);
	frame_get_text(&c, v->target, sizeof v->target);
	frame_get_text(&c, v->access.endpoint, sizeof v->access.endpoint);
	frame_get_text(&c, v->access.key, sizeof v->access.key);
	frame_get_text(&c, v->access.secret, sizeof v->access.secret);
	frame_get_text(&c, v->access.session, sizeof v->access.session);
	frame_get_text(&c, v->access.region, sizeof v->access.region);
	frame_get_text(&c, v->access.token, sizeof v->access.token);
	struct slice ca = frame_get_blob(&c);
	v->retain_days = cur_u32le(&c);
	v->every = cur_u32le(&c);
	v->no_lock = cur_u8(&c);
	if (!cur_done(&c) || ca.n >= sizeof v->access.ca)
		return ERR_INPUT;
	if (ca.n)
		memcpy(v->access.ca, ca.p, ca.n);
	return 0;
}

static int listener_decode(struct slice p, struct role_listener *l)
{
	struct cur c = cur_of(p);
	frame_get_text(&c, l->is.name, sizeof l->is.name);
	frame_get_text(&c, l->is.address, sizeof l->is.address);
	l->is.tls = cur_u8(&c);
	l->is.client_cert = cur_u8(&c);
	l->is.ack = cur_u8(&c);
	frame_get_text(&c, l->is.allow, sizeof l->is.allow);
	l->index = cur_u8(&c);
	struct slice cert = frame_get_blob(&c), key = frame_get_blob(&c), ca = frame_get_blob(&c);
	if (!cur_done(&c))
		return ERR_INPUT;
	buf_init(&l->cert, FRAME_SMALL);
	buf_init_secret(&l->key, FRAME_SMALL);
	buf_init(&l->ca, FRAME_SMALL);
	buf_add_slice(&l->cert, cert);
	buf_add_slice(&l->key, key);
	buf_add_slice(&l->ca, ca);
	return 0;
}

/* ---- talking to the supervisor ---- */

void role_log(struct role *r, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	(void)!packet_send(r->sup, FRAME_R_LOG, 0, slice_str(line), NULL, 0, false);
}

void role_lost(struct role *r, enum role_id other)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 64);
	buf_u8(&b, (uint8_t)other);
	pthread_mutex_lock(&r->peer_lock);
	buf_u64le(&b, r->peer_count[other]);
	pthread_mutex_unlock(&r->peer_lock);
	(void)!packet_send(r->sup, FRAME_R_CHANNEL, 0, buf_slice(&b), NULL, 0, true);
}

int role_fatal(struct role *r, const struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_SMALL);
	buf_u32le(&b, (uint32_t)e->code);
	frame_str(&b, e->place);
	frame_str(&b, e->text);
	(void)!packet_send(r->sup, FRAME_R_FATAL, 0, buf_slice(&b), NULL, 0, true);
	return err_exit(e->code);
}

static void new_peer(struct role *r, struct frame *f)
{
	struct cur c = cur_of(f->payload);
	uint8_t id = cur_u8(&c);
	int fd = frame_take_fd(f, 0);
	/* a private keeper's one client comes as the supervisor's */
	if (!cur_done(&c) || id >= ROLES || (id == ROLE_SUPERVISOR && !(r->id == ROLE_KEEPER && r->private_keeper)) || fd < 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	pthread_mutex_lock(&r->peer_lock);
	if (r->peer[id] >= 0)
		close(r->peer[id]);
	r->peer[id] = fd;
	r->peer_count[id]++;
	pthread_cond_broadcast(&r->peer_new);
	pthread_mutex_unlock(&r->peer_lock);
}

static void self_test(struct role *r)
{
	if (!r->self_test)
		return;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_SMALL);
	sandbox_try(r, &b);
	(void)!packet_send(r->sup, FRAME_R_TESTED, 0, buf_slice(&b), NULL, 0, true);
}

int role_take(struct role *r, int (*other)(void *arg, struct frame *f), void *arg)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_HEAD + FRAME_SMALL + 64);
	for (;;) {
		struct frame f;
		int n = packet_recv(r->sup, &b, &f, false);
		if (n == 0)
			return r->stopping ? 1 : 0;
		if (n < 0)
			return ERR_NO; /* the supervisor is gone, or speaks no language of ours: nothing is left to work for */
		if (f.type == FRAME_R_PEER)
			new_peer(r, &f);
		else if (f.type == FRAME_R_STOP)
			r->stopping = true;
		else if (f.type == FRAME_R_SELFTEST)
			self_test(r);
		else if (other)
			n = other(arg, &f);
		frame_close_fds(&f);
		if (n < 0)
			return n;
	}
}

int role_wait(struct role *r, int timeout_ms)
{
	struct pollfd p = {.fd = r->sup, .events = POLLIN};
	if (r->stopping)
		return 1;
	int n = poll(&p, 1, timeout_ms);
	if (n <= 0)
		return n < 0 && errno != EINTR ? ERR_SYSTEM : 0;
	return role_take(r, NULL, NULL);
}

/* ---- becoming one ---- */

static int pick_fd(struct frame *f, uint8_t mask, uint8_t bit)
{
	size_t i = 0;
	for (uint8_t b = 1; b < bit; b = (uint8_t)(b << 1))
		i += (mask & b) != 0;
	return mask & bit ? frame_take_fd(f, i) : -1;
}

static int take_start(struct role *r, struct frame *f, struct role_start *s)
{
	if (start_decode(f->payload, s) < 0)
		return ERR_INPUT;
	r->id = s->id;
	memcpy(r->site_name, s->site_name, sizeof r->site_name);
	memcpy(r->origin, s->origin, sizeof r->origin);
	memcpy(r->site_path, s->site_path, sizeof r->site_path);
	r->zone_minutes = s->zone_minutes;
	r->reserve = s->reserve;
	r->far_behind = SERVE_FAR_BEHIND;
	r->limits = s->limits;
	r->self_test = s->flags & START_SELF_TEST;
	r->sandbox_off = s->flags & START_SANDBOX_OFF;
	r->plain = s->flags & START_PLAIN;
	r->private_keeper = s->flags & START_PRIVATE;
	r->bare = s->flags & START_BARE;
	r->ask = s->flags & START_ASK;
	r->reading = s->flags & START_READING;
	r->restoring = s->flags & START_RESTORING;
	r->drill = s->flags & START_DRILL;
	r->owner_uid = s->owner_uid;
	r->group_gid = s->admin_gid;
	r->sitefd = pick_fd(f, s->fds, START_FD_SITE);
	r->lockfd = pick_fd(f, s->fds, START_FD_LOCK);
	r->controlfd = pick_fd(f, s->fds, START_FD_CONTROL);
	r->sharedfd = pick_fd(f, s->fds, START_FD_SHARED);
	r->lookedfd = pick_fd(f, s->fds, START_FD_LOOKED);
	r->accountsfd = pick_fd(f, s->fds, START_FD_ACCOUNTS);
	return r->sitefd >= 0 ? 0 : ERR_INPUT;
}

static int take_listener(struct role *r, struct frame *f)
{
	if (r->listener_count == SITE_LISTENERS_MAX)
		return ERR_LIMIT;
	if (!r->listeners)
		r->listeners = calloc(SITE_LISTENERS_MAX, sizeof *r->listeners);
	if (!r->listeners)
		return ERR_MEMORY;
	struct role_listener *l = &r->listeners[r->listener_count];
	int code = listener_decode(f->payload, l);
	if (code < 0)
		return code;
	l->fd = frame_take_fd(f, 0);
	r->listener_count++;
	return l->fd >= 0 || r->id == ROLE_KEEPER || r->id == ROLE_CUTTER || r->id == ROLE_GATE ? 0 : ERR_INPUT; /* the first two are told names and addresses alone, the relay has the certificate alone */
}

static int take_replica(struct role *r, struct frame *f)
{
	if (r->id != ROLE_REPLICATE || r->replica_count == SITE_REPLICAS_MAX)
		return ERR_LIMIT;
	if (!r->replicas)
		r->replicas = calloc(SITE_REPLICAS_MAX, sizeof *r->replicas);
	if (!r->replicas)
		return ERR_MEMORY;
	struct vault_replica *v = &r->replicas[r->replica_count];
	int code = replica_decode(f->payload, v);
	if (code < 0)
		return code;
	v->folderfd = frame_take_fd(f, 0);
	r->replica_count++;
	return 0;
}

static int take_all(struct role *r, struct role_start *s)
{
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, FRAME_HEAD + FRAME_SMALL + 64); /* TLS keys pass through it */
	bool started = false;
	for (;;) {
		struct frame f;
		int n = packet_recv(r->sup, &b, &f, true);
		if (n <= 0)
			return ERR_NO;
		n = 0;
		if (!started)
			n = f.type == FRAME_R_START ? take_start(r, &f, s) : ERR_INPUT;
		else if (f.type == FRAME_R_LISTENER)
			n = take_listener(r, &f);
		else if (f.type == FRAME_R_REPLICA)
			n = take_replica(r, &f);
		else if (f.type == FRAME_R_PEER)
			new_peer(r, &f);
		else if (f.type != FRAME_R_GO)
			n = ERR_INPUT;
		started = true;
		frame_close_fds(&f);
		seal_wipe(b.p, b.n);
		if (n < 0 || f.type == FRAME_R_GO)
			return n;
	}
}

/* What needs files that the sandbox takes away. */
static int prepare(struct role *r, struct err *e)
{
	seal_init(); /* OpenSSL reads openssl.cnf and its providers the first time */
	if (r->id == ROLE_WEB) {
		int code = web_http_load(e);
		if (code < 0)
			return code;
	}
	if (r->id == ROLE_SCRIBE || r->id == ROLE_WEB || r->id == ROLE_PACKETS)
		return hl7_charset_warm(e); /* glibc's converters are files, too */
	if (r->id == ROLE_INTAKE)
		return intake_prepare(r, e);
	if (r->id == ROLE_REPLICATE)
		return replicate_prepare(r, e);
	if (r->id == ROLE_ECG)
		return ecg_role_prepare(r, e);
	if (r->id == ROLE_GATE)
		return gate_role_prepare(r, e);
	if (r->id == ROLE_CUTTER)
		return cutter_prepare(r, e);
	return 0;
}

static int lock_in(struct role *r, const struct role_start *s, struct err *e)
{
	uint32_t groups[2];
	size_t group_n = 0;
	if (r->id == ROLE_WEB || r->id == ROLE_SCRIBE || r->id == ROLE_PACKETS)
		groups[group_n++] = s->view_gid;
	if (r->id == ROLE_WEB || r->id == ROLE_KEEPER || r->id == ROLE_REPLICATE)
		groups[group_n++] = s->sealed_gid;
	if (r->sandbox_off) {
		snprintf(r->report.note, sizeof r->report.note, "SANDBOX SWITCHED OFF BY OPTION: not for a hospital");
		r->report.uid = geteuid();
		snprintf(r->chart_path, sizeof r->chart_path, "%s/view/chart.db", r->site_path);
		return 0;
	}
	bool root = geteuid() == 0;
	unsigned threads = sandbox_threads();
	if (r->id == ROLE_CUTTER)
		sandbox_keep_net_admin(true);
	int code = sandbox_user(r->sitefd, s->uid, s->gid, groups, group_n, s->flags & START_SEPARATE && r->id != ROLE_ECG /* fonts lie elsewhere */, &r->report, e);
	if (code < 0)
		return code;
	if (r->id == ROLE_CUTTER)
		sandbox_keep_net_admin(false);
	/* No role outlives its supervisor, even in the middle of a long message; the keeper ends by itself, in order, when the channel closes. (The kernel forgets this when the user changes, so it stands here.) */
	if (r->id != ROLE_KEEPER)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!r->report.user)
		snprintf(r->report.note, sizeof r->report.note, root ? "runs as root" : "all roles share user %u: start as root for a user each", r->report.uid);
	snprintf(r->chart_path, sizeof r->chart_path, "%s/view/chart.db", root && s->flags & START_SEPARATE ? "" : r->site_path);
	sandbox_limits();
	if (r->id == ROLE_VAULT || r->id == ROLE_PACKETS)
		(void)!nice(15); /* wards and feeds first */
	if (r->id == ROLE_SCRIBE)
		(void)!nice(15); /* storing and acknowledging come before showing: beside processors that are all busy it still reads 1,500 messages a second, seven times a hospital's worst hour */
	sandbox_landlock(r, threads, &r->report);
	sandbox_seccomp(r, &r->report);
	return 0;
}

static int say_ready(struct role *r)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_SMALL);
	buf_u8(&b, r->report.user);
	buf_u8(&b, r->report.landlock);
	buf_u8(&b, r->report.seccomp);
	buf_u32le(&b, (uint32_t)r->report.landlock_abi);
	buf_u32le(&b, r->report.uid);
	frame_str(&b, r->report.note);
	return packet_send(r->sup, FRAME_R_READY, 0, buf_slice(&b), NULL, 0, true);
}

int role_ready_decode(struct slice p, struct sandbox_report *r)
{
	struct cur c = cur_of(p);
	struct sandbox_report got = {0};
	got.user = cur_u8(&c);
	got.landlock = cur_u8(&c);
	got.seccomp = cur_u8(&c);
	got.landlock_abi = (int)cur_u32le(&c);
	got.uid = cur_u32le(&c);
	frame_get_text(&c, got.note, sizeof got.note);
	if (!cur_done(&c))
		return ERR_INPUT;
	*r = got;
	return 0;
}

int role_is_ready(struct role *r)
{
	return say_ready(r);
}

static int run(struct role *r)
{
	switch (r->id) {
	case ROLE_INTAKE:
		return intake_main(r);
	case ROLE_KEEPER:
		return keeper_main(r);
	case ROLE_SCRIBE:
		return scribe_main(r);
	case ROLE_REPLICATE:
		return replicate_main(r);
	case ROLE_WEB:
		/* it has its socket; whoever connects before its server runs waits in the queue */
		return say_ready(r) < 0 ? 3 : web_main(r);
	case ROLE_VAULT:
		return say_ready(r) < 0 ? 3 : vault_main(r);
	case ROLE_ECG:
		return say_ready(r) < 0 ? 3 : ecg_role_main(r);
	case ROLE_GATE:
		return gate_role_main(r); /* ready when it knows its links */
	case ROLE_CUTTER:
		return say_ready(r) < 0 ? 3 : cutter_main(r);
	case ROLE_PACKETS:
		return packet_role_main(r);
	default:
		return 2;
	}
}

static int become(int sup)
{
	struct role *r = calloc(1, sizeof *r);
	struct role_start s = {0};
	struct err e = {0};
	if (!r)
		return 3;
	r->sup = sup;
	r->sitefd = r->lockfd = r->controlfd = r->sharedfd = r->lookedfd = r->accountsfd = -1;
	pthread_mutex_init(&r->peer_lock, NULL);
	pthread_cond_init(&r->peer_new, NULL);
	for (int i = 0; i < ROLES; i++)
		r->peer[i] = -1;
	if (take_all(r, &s) < 0)
		return 3;
	prctl(PR_SET_NAME, role_name(r->id));
	if (prepare(r, &e) < 0 || lock_in(r, &s, &e) < 0)
		return role_fatal(r, &e);
	return run(r);
}

int serve_role_main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--role"))
		return -1;
	struct stat st;
	if (argc != 3 || fstat(ROLE_SUP_FD, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		fprintf(stderr, "holdfast: --role is how `holdfast serve` starts its own processes; it is not a command\n");
		return 2;
	}
	fcntl(ROLE_SUP_FD, F_SETFD, FD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* Ctrl-C goes to the whole group: the supervisor stops us in order */
	umask(027);
	if (!strcmp(argv[2], "private"))
		_exit(supervisor_private(ROLE_SUP_FD));
	int status = become(ROLE_SUP_FD);
	_exit(status); /* nothing is left to flush; exit handlers of libraries have no business here */
}
