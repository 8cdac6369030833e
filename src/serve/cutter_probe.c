/* cutter_probe: a packet to each address that is cut. It is only sent where the table has the address, so what leaves this host leaves it against the kernel's own word; and that is what would be found out. */
#include "cutter.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE (TIME_SEC / 5) /* the kernel's own refusal comes at once */
#define AT_ONCE 4096

static int begin(struct probe *p)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(p->to.port)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(p->to.port)};
	const struct linger now = {.l_onoff = 1};
	memcpy(&a4.sin_addr, p->to.ip, 4);
	memcpy(&a6.sin6_addr, p->to.ip, 16);
	p->found = CUT_NO_WAY;
	int fd = socket(p->to.six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	int r = p->to.six ? connect(fd, (struct sockaddr *)&a6, sizeof a6) : connect(fd, (struct sockaddr *)&a4, sizeof a4);
	if (r < 0 && errno == EINPROGRESS)
		return fd;
	if (r == 0)
		p->found = CUT_THROUGH;
	else if (errno == ECONNREFUSED)
		p->found = CUT_STOPPED; /* by whom, the counter says */
	close(fd);
	return -1;
}

static void ended(struct probe *p, int fd)
{
	int why = 0;
	socklen_t size = sizeof why;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0 && why == 0)
		p->found = CUT_THROUGH;
	else
		p->found = why == ECONNREFUSED || why == ECONNRESET ? CUT_STOPPED : CUT_NO_WAY;
	close(fd);
}

static void wait_for(struct probe *p, struct pollfd *f, size_t n, size_t open)
{
	int64_t until = time_monotonic() + PATIENCE, left;
	while (open && (left = until - time_monotonic()) > 0 && poll(f, n, (int)(left / (TIME_SEC / 1000)) + 1) >= 0)
		for (size_t i = 0; i < n; i++)
			if (f[i].fd >= 0 && f[i].revents) {
				ended(&p[i], f[i].fd);
				f[i].fd = -1;
				open--;
			}
	for (size_t i = 0; i < n; i++)
		if (f[i].fd >= 0) {
			p[i].found = CUT_STOPPED; /* silence: dropped on its way, here or elsewhere; the counter says which */
			close(f[i].fd);
		}
}

void probe_all(struct probe *p, size_t n)
{
	struct pollfd *f = calloc(AT_ONCE, sizeof *f);
	for (size_t from = 0; from < n; from += AT_ONCE) {
		size_t m = n - from < AT_ONCE ? n - from : AT_ONCE, open = 0;
		for (size_t i = 0; f && i < m; i++) {
			f[i] = (struct pollfd){.fd = begin(&p[from + i]), .events = POLLOUT};
			open += f[i].fd >= 0;
		}
		if (f)
			wait_for(p + from, f, m, open);
	}
	free(f);
}

/* Who speaks to an address of his own speaks from it. Nothing is sent. */
bool serve_own_address(bool six, const uint8_t ip[16])
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	struct sockaddr *a = six ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4;
	socklen_t n = six ? sizeof a6 : sizeof a4;
	AUTO_CLOSE int fd = socket(a->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(&a4.sin_addr, ip, 4);
	memcpy(&a6.sin6_addr, ip, 16);
	if (fd < 0 || connect(fd, a, n) < 0 || getsockname(fd, a, &n) < 0)
		return false;
	return !memcmp(six ? (void *)&a6.sin6_addr : (void *)&a4.sin_addr, ip, six ? 16 : 4);
}
