/* client: whose work a file server's process does.
 *
 * smbd has one process for each connection (with SMB3 multichannel one for all connections of one client). Two sources:
 *
 *   THE KERNEL  says who is at the other end of what the process accepted: /proc/PID/fd and /proc/PID/net/tcp. Nobody can talk it into something else.
 *   SAMBA       says the user's name, by vfs full_audit, a line for each operation. A file's name may hold a line end, and so a line that looks like one of Samba's: what it says of a process counts once, and never against the kernel.
 *
 * The line, wherever it begins (a log of Samba's, a line of syslog):  holdfast|USER|ADDRESS|PID|SHARE|OPERATION|RESULT...
 * with     vfs objects = full_audit
 *          full_audit:prefix = holdfast|%U|%I|%d|%S */
#include "client.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool copy_word(struct slice s, char *out, size_t size)
{
	if (s.n == 0 || s.n >= size)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

bool client_address(const char *text, char out[64])
{
	struct in6_addr six;
	struct in_addr four;
	if (inet_pton(AF_INET, text, &four) == 1)
		return inet_ntop(AF_INET, &four, out, 64) != NULL;
	if (inet_pton(AF_INET6, text, &six) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&six))
		return inet_ntop(AF_INET, &six.s6_addr[12], out, 64) != NULL;
	return inet_ntop(AF_INET6, &six, out, 64) != NULL;
}

bool client_line(struct slice line, struct client_note *ret)
{
	static const char mark[] = "holdfast|";
	const size_t n = sizeof mark - 1;
	struct client_note c = {0};
	char address[64];
	uint64_t pid;
	const uint8_t *at = line.n >= n ? memmem(line.p, line.n, mark, n) : NULL;
	if (!at)
		return false;
	struct slice rest = slice_of(at + n, line.n - n - (size_t)(at - line.p));
	struct slice user = slice_cut(rest, '|', &rest), from = slice_cut(rest, '|', &rest), number = slice_cut(rest, '|', &rest);
	if (!rest.n || !copy_word(user, c.user, sizeof c.user) || !copy_word(from, address, sizeof address) || !client_address(address, c.client) || num_u64(number, 2, INT32_MAX, &pid) < 0)
		return false;
	c.pid = (int32_t)pid;
	*ret = c;
	return true;
}

/* ---- the kernel ------------------------------------------------------------------------------------------------------------- */

#define SOCKETS_MAX 256
#define PORTS_MAX 64

struct sockets {
	uint64_t ino[SOCKETS_MAX];
	size_t n;
	uint16_t port[PORTS_MAX]; /* that somebody listens on */
	size_t ports;
	int diag;                 /* netlink, for cutting */
	size_t cut;
};

static void sockets_of(int32_t pid, struct sockets *s)
{
	char path[64], link[64];
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *d = opendir(path);
	for (struct dirent *e; d && s->n < SOCKETS_MAX && (e = readdir(d));) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof link - 1);
		if (n <= 8 || memcmp(link, "socket:[", 8))
			continue;
		link[n] = 0;
		s->ino[s->n++] = strtoull(link + 8, NULL, 10);
	}
	if (d)
		closedir(d);
}

/* "sl local_address rem_address st tx:rx tr:tm->when retrnsmt uid timeout inode": proc(5). Addresses are 32-bit words as this machine stores them. */
struct tcp_line {
	uint32_t local[4], remote[4];
	unsigned words, local_port, remote_port, state;
	unsigned long long ino;
};

static bool read_words(const char *p, const char *colon, uint32_t out[4], unsigned *ret_words)
{
	size_t n = (size_t)(colon - p);
	if (n != 8 && n != 32)
		return false;
	*ret_words = (unsigned)(n / 8);
	for (unsigned i = 0; i < *ret_words; i++) {
		char word[9];
		memcpy(word, p + (size_t)i * 8, 8);
		word[8] = 0;
		out[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	return true;
}

static bool tcp_line(const char *line, struct tcp_line *ret)
{
	char local[48], remote[48];
	unsigned long long ino;
	unsigned state;
	if (sscanf(line, /* NOLINT(cert-err34-c): the kernel's own numbers */ "%*u: %47s %47s %x %*s %*s %*s %*u %*u %llu", local, remote, &state, &ino) != 4)
		return false;
	const char *l = strchr(local, ':'), *r = strchr(remote, ':');
	*ret = (struct tcp_line){.state = state, .ino = ino};
	if (!l || !r || !read_words(local, l, ret->local, &ret->words) || !read_words(remote, r, ret->remote, &ret->words))
		return false;
	ret->local_port = (unsigned)strtoul(l + 1, NULL, 16) & 0xffff;
	ret->remote_port = (unsigned)strtoul(r + 1, NULL, 16) & 0xffff;
	return true;
}

static void to_text(const struct tcp_line *t, char out[64])
{
	char text[64];
	out[0] = 0;
	if (inet_ntop(t->words == 1 ? AF_INET : AF_INET6, t->remote, text, sizeof text))
		(void)!client_address(text, out);
}

typedef bool line_fn(struct sockets *s, const struct tcp_line *t, char out[64]);

static bool each_line(int32_t pid, struct sockets *s, line_fn *fn, char out[64])
{
	static const char *const files[] = {"tcp", "tcp6"};
	bool done = false;
	for (size_t i = 0; i < ARRAY_LEN(files) && !done; i++) {
		char path[64], line[256];
		struct tcp_line t;
		snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, files[i]);
		FILE *f = fopen(path, "re");
		for (int n = 0; f && !done && n < 100000 && fgets(line, sizeof line, f); n++)
			if (tcp_line(line, &t))
				done = fn(s, &t, out);
		if (f)
			fclose(f);
	}
	return done;
}

static bool note_port(struct sockets *s, const struct tcp_line *t, char out[64])
{
	(void)out;
	if (t->state == 0x0a && s->ports < PORTS_MAX)
		s->port[s->ports++] = (uint16_t)t->local_port;
	return false;
}

static bool is_accepted(const struct sockets *s, const struct tcp_line *t)
{
	bool port = false, own = false;
	for (size_t i = 0; i < s->ports && t->state == 0x01; i++)
		port |= s->port[i] == t->local_port; /* what it called itself (a directory, a printer) has a port on which nobody listens */
	for (size_t i = 0; i < s->n && port; i++)
		own |= s->ino[i] == t->ino;
	return own;
}

static bool name_accepted(struct sockets *s, const struct tcp_line *t, char out[64])
{
	if (is_accepted(s, t))
		to_text(t, out);
	return out[0];
}

bool client_of(int32_t pid, char out[64])
{
	struct sockets s = {.n = 0};
	sockets_of(pid, &s);
	if (s.n == 0)
		return false;
	(void)each_line(pid, &s, note_port, out);
	out[0] = 0;
	return each_line(pid, &s, name_accepted, out);
}

/* ---- cutting ---------------------------------------------------------------------------------------------------------------------- */

static bool cut_accepted(struct sockets *s, const struct tcp_line *t, char out[64])
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} m = {.head = {.nlmsg_len = sizeof m, .nlmsg_type = SOCK_DESTROY, .nlmsg_flags = NLM_F_REQUEST},
		.req = {.sdiag_family = t->words == 1 ? AF_INET : AF_INET6, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u,
			.id = {.idiag_sport = htons((uint16_t)t->local_port), .idiag_dport = htons((uint16_t)t->remote_port), .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}}};
	(void)out;
	if (!is_accepted(s, t))
		return false;
	memcpy(m.req.id.idiag_src, t->local, sizeof t->local);
	memcpy(m.req.id.idiag_dst, t->remote, sizeof t->remote);
	s->cut += send(s->diag, &m, sizeof m, MSG_DONTWAIT) == (ssize_t)sizeof m;
	return false;
}

/* The process was made a moment ago, and its client is about to ask: a table of all connections takes longer to read than a file takes to be deleted. So its own sockets are asked for their other end
 * (pidfd_getfd(2), Linux 5.6), and shut. */
bool client_shut(int32_t pid, bool (*wanted)(const void *arg, const char *client), const void *arg)
{
	char path[64];
	bool done = false;
	AUTO_CLOSE int its = (int)syscall(SYS_pidfd_open, pid, 0u);
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *d = its >= 0 ? opendir(path) : NULL;
	for (struct dirent *e; d && (e = readdir(d));) {
		union {
			struct sockaddr any;
			struct sockaddr_in four;
			struct sockaddr_in6 six;
		} to = {.any.sa_family = AF_UNSPEC};
		socklen_t n = sizeof to;
		char link[64], text[64], client[64];
		if (readlinkat(dirfd(d), e->d_name, link, sizeof link) <= 8 || memcmp(link, "socket:[", 8) != 0)
			continue;
		AUTO_CLOSE int fd = (int)syscall(SYS_pidfd_getfd, its, (int)strtol(e->d_name, NULL, 10), 0u);
		if (fd < 0 || getpeername(fd, &to.any, &n) < 0 || (to.any.sa_family != AF_INET && to.any.sa_family != AF_INET6))
			continue;
		if (inet_ntop(to.any.sa_family, to.any.sa_family == AF_INET ? (const void *)&to.four.sin_addr : &to.six.sin6_addr, text, sizeof text) && client_address(text, client) && wanted(arg, client))
			done |= shutdown(fd, SHUT_RDWR) == 0;
	}
	if (d)
		closedir(d);
	return done;
}

/* A netlink socket belongs to the network that it was made in: a file server in a container has its own. */
static int diag_of(int32_t pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
	AUTO_CLOSE int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), its = open(path, O_RDONLY | O_CLOEXEC);
	if (own < 0 || its < 0 || setns(its, CLONE_NEWNET) < 0)
		return -1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
	if (setns(own, CLONE_NEWNET) < 0) { /* (we had it a moment ago) */
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

size_t client_cut(int32_t pid)
{
	struct sockets s = {.n = 0, .diag = -1};
	char unused[64];
	sockets_of(pid, &s);
	if (s.n == 0)
		return 0;
	s.diag = diag_of(pid);
	if (s.diag < 0)
		return 0;
	(void)each_line(pid, &s, note_port, unused);
	(void)each_line(pid, &s, cut_accepted, unused);
	close(s.diag);
	return s.cut;
}
