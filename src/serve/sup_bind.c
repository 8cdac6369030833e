/* sup_bind: the listening sockets, bound while we may bind any port and read any key, and handed to roles that may do neither. */
#include "supervisor.h"
#include "hl7.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* deaf: the port is ours, and nobody is let in yet. */
static int bind_one(char address[80], bool deaf, int *ret_fd, struct err *e)
{
	struct sockaddr_storage a;
	socklen_t n;
	int r = site_address(address, &a, &n, e);
	if (r < 0)
		return r;
	int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, address, "cannot make a socket");
	int on = 1, off = 0;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	/* whoever ran here before us and was killed may need a moment to let go */
	for (int tries = 0; (r = bind(fd, (struct sockaddr *)&a, n)) < 0 && errno == EADDRINUSE && tries < 40; tries++)
		usleep(50000);
	if (r < 0 || (!deaf && listen(fd, 512) < 0) || getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
		r = errno == EADDRINUSE ? err_set(e, ERR_BUSY, address, "another program listens there; name another port") : err_sys(e, address, "cannot listen there");
		close(fd);
		return r;
	}
	uint16_t port = ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port);
	char *colon = strrchr(address, ':');
	assert(colon);
	size_t room = 80 - (size_t)(colon + 1 - address);
	if (snprintf(colon + 1, room, "%u", port) >= (int)room) { /* port 0 becomes the one we got */
		close(fd);
		return err_set(e, ERR_LIMIT, address, "this address is too long");
	}
	*ret_fd = fd;
	return 0;
}

static int pem(struct supervisor *s, const char *path, const char *ours, struct buf *out, bool secret, struct err *e)
{
	if (secret)
		buf_init_secret(out, PEM_MAX);
	else
		buf_init(out, PEM_MAX);
	int r = file_read(s->site.fd, path[0] ? path : ours, PEM_MAX, out, e);
	if (r < 0)
		err_in(e, "certificate file");
	return r;
}

static int tls_files(struct supervisor *s, struct role_listener *l, bool web, struct err *e)
{
	if (!l->is.tls)
		return 0;
	int r = pem(s, l->is.cert, web ? "tls/web.crt" : "tls/mllp.crt", &l->cert, false, e);
	if (r == 0)
		r = pem(s, l->is.key, web ? "tls/web.key" : "tls/mllp.key", &l->key, true, e);
	if (r == 0 && !web)
		r = pem(s, l->is.ca, "tls/ca.crt", &l->ca, false, e);
	return r;
}

/* "[NAME=]A:P" from the command line: replaces the listeners of site.ini, but keeps the settings of one of that name. */
static int from_option(struct supervisor *s, const struct serve_options *o, size_t i, struct site_listener *ret, struct err *e)
{
	const char *eq = strchr(o->mllp[i], '='), *address = eq ? eq + 1 : o->mllp[i];
	struct site_listener l = {.tls = !o->plain, .ack = HL7_ACK_AUTO};
	struct slice name = eq ? slice_of(o->mllp[i], (size_t)(eq - o->mllp[i])) : SLICE_NULL;
	if (eq && !site_name_ok(name))
		return err_set(e, ERR_USAGE, "--mllp", "a feed's name has 1 to 39 letters, digits, '-', '_' or '.'");
	if (strlen(address) >= sizeof l.address)
		return err_set(e, ERR_USAGE, "--mllp", "an address is IP:PORT");
	for (size_t k = 0; eq && k < s->site.listener_count; k++)
		if (slice_eq_str(name, s->site.listeners[k].name)) {
			l = s->site.listeners[k];
			l.tls = l.tls && !o->plain;
		}
	if (eq) {
		memcpy(l.name, name.p, name.n);
		l.name[name.n] = 0;
	} else if (i == 0) {
		snprintf(l.name, sizeof l.name, "mllp");
	} else {
		snprintf(l.name, sizeof l.name, "mllp-%zu", i + 1);
	}
	memcpy(l.address, address, strlen(address) + 1);
	*ret = l;
	return 0;
}

static int choose(struct supervisor *s, const struct serve_options *o, struct err *e)
{
	int r = 0;
	s->mllp_count = o->mllp_count ? o->mllp_count : s->site.listener_count;
	for (size_t i = 0; r == 0 && i < s->mllp_count; i++) {
		struct role_listener *l = &s->mllp[i];
		l->index = (uint16_t)i;
		if (o->mllp_count)
			r = from_option(s, o, i, &l->is, e);
		else
			l->is = s->site.listeners[i];
		if (o->plain)
			l->is.tls = false;
		for (size_t k = 0; r == 0 && k < i; k++)
			if (!strcmp(l->is.name, s->mllp[k].is.name))
				r = err_set(e, ERR_USAGE, "--mllp", "two feeds have the name %s", l->is.name);
		if (r == 0 && !l->is.tls && !l->is.unencrypted && !site_loopback(l->is.address))
			r = err_set(e, ERR_USAGE, l->is.address, "plain MLLP is for loopback addresses only; use TLS, or 'unencrypted = accept' in site.ini");
	}
	s->web.is = s->site.web;
	s->web.is.tls = !(o->plain || s->site.plain);
	snprintf(s->web.is.address, sizeof s->web.is.address, "%s", o->http ? o->http : s->site.http);
	if (r == 0 && o->http && strlen(o->http) >= sizeof s->web.is.address)
		r = err_set(e, ERR_USAGE, "--http", "an address is IP:PORT");
	if (r == 0 && !s->web.is.tls && !site_loopback(s->web.is.address))
		r = err_set(e, ERR_USAGE, s->web.is.address, "plain HTTP is for loopback addresses only");
	return r;
}

/* SITE/run/control. Anybody may knock: the keeper looks at who it is (SO_PEERCRED). */
static int bind_control(struct supervisor *s, struct err *e)
{
	int r = file_mkdir(s->site.fd, "run", 0755, e);
	if (r < 0)
		return r;
	(void)unlinkat(s->site.fd, "run/control", 0); /* of one that was killed: we hold the lock, so it is nobody's */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "run/control", "cannot make a socket");
	/* a socket's name has 108 bytes and a site's path may have thousands: bind from within the folder */
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	AUTO_CLOSE int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mode_t old = umask(0);
	snprintf(a.sun_path, sizeof a.sun_path, "run/control");
	if (fchdir(s->site.fd) < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 64) < 0)
		r = err_sys(e, "run/control", "cannot listen there");
	umask(old);
	if (back >= 0 && fchdir(back) < 0 && r == 0)
		r = err_sys(e, ".", "cannot go back to it");
	if (r < 0)
		close(fd);
	else
		s->controlfd = fd;
	return r;
}

/* What partner links that speak TLS show: without it they have no connections and say so, and everything else goes on. */
static void gate_files(struct supervisor *s)
{
	struct role_listener *l = &s->gate;
	struct err e = {0};
	*l = (struct role_listener){.is = {.name = "gate", .tls = true}, .fd = -1};
	if (pem(s, "", "tls/mllp.crt", &l->cert, false, &e) == 0 && pem(s, "", "tls/mllp.key", &l->key, true, &e) == 0)
		return;
	buf_wipe_done(&l->cert);
	buf_wipe_done(&l->key);
}

int sup_bind(struct supervisor *s, const struct serve_options *o, struct err *e)
{
	int r = choose(s, o, e);
	for (size_t i = 0; r == 0 && i < s->mllp_count; i++) {
		r = tls_files(s, &s->mllp[i], false, e);
		if (r == 0)
			r = bind_one(s->mllp[i].is.address, s->restoring.on, &s->mllp[i].fd, e);
	}
	gate_files(s);
	if (r == 0)
		r = tls_files(s, &s->web, true, e);
	if (r == 0)
		r = bind_one(s->web.is.address, false, &s->web.fd, e);
	return r == 0 ? bind_control(s, e) : r;
}

int sup_listen(struct supervisor *s, struct err *e)
{
	for (size_t i = 0; i < s->mllp_count; i++)
		if (listen(s->mllp[i].fd, 512) < 0)
			return err_sys(e, s->mllp[i].is.address, "cannot listen there");
	/* the web role that has ended in order shut this one down, and keeps nobody's port by that */
	return listen(s->web.fd, 512) < 0 ? err_sys(e, s->web.is.address, "cannot listen there") : 0;
}
