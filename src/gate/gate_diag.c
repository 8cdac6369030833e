/* gate_diag: questions to sock_diag and its answers (linux/inet_diag.h): which sockets a cut ends. */
#include "gate.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

_Static_assert(sizeof(struct inet_diag_sockid) == sizeof ((struct gate_socket *)0)->id, "a socket's name is kept whole");
_Static_assert(SOCK_DESTROY == SOCK_DIAG_BY_FAMILY + 1, "the kernel's numbers");

/* All but listeners, and those that only wait for time to pass. */
#define STATES (1u << TCP_ESTABLISHED | 1u << TCP_SYN_SENT | 1u << TCP_SYN_RECV | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 | 1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK | 1u << TCP_CLOSING)

static void put(struct buf *out, uint16_t type, uint16_t flags, uint32_t seq, const struct inet_diag_req_v2 *q)
{
	struct nlmsghdr h = {.nlmsg_len = sizeof h + sizeof *q, .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = seq};
	buf_add(out, &h, sizeof h);
	buf_add(out, q, sizeof *q);
}

void gate_diag_ask(struct buf *out, bool six, uint32_t seq)
{
	struct inet_diag_req_v2 q = {.sdiag_family = six ? AF_INET6 : AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = STATES};
	put(out, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, seq, &q);
}

void gate_diag_end(struct buf *out, const struct gate_socket *s, uint32_t seq)
{
	struct inet_diag_req_v2 q = {.sdiag_family = s->six || s->mapped ? AF_INET6 : AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u};
	memcpy(&q.id, s->id, sizeof q.id);
	put(out, SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, seq, &q);
}

static void read_socket(const struct inet_diag_msg *m, struct gate_socket *ret)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *src = (const uint8_t *)m->id.idiag_src, *dst = (const uint8_t *)m->id.idiag_dst;
	struct gate_socket s = {.six = m->idiag_family == AF_INET6, .local_port = ntohs(m->id.idiag_sport), .remote_port = ntohs(m->id.idiag_dport)};
	memcpy(s.id, &m->id, sizeof s.id);
	if (s.six && !memcmp(src, mapped, 12) && !memcmp(dst, mapped, 12)) {
		s.six = false;
		s.mapped = true;
		memcpy(s.local, src + 12, 4);
		memcpy(s.remote, dst + 12, 4);
	} else {
		memcpy(s.local, src, s.six ? 16 : 4);
		memcpy(s.remote, dst, s.six ? 16 : 4);
	}
	*ret = s;
}

int gate_diag_next(struct slice *in, struct gate_socket *ret, int *ret_error)
{
	struct nlmsghdr h;
	struct inet_diag_msg m;
	int32_t error;
	if (in->n < sizeof h)
		return ERR_INPUT;
	memcpy(&h, in->p, sizeof h);
	if (h.nlmsg_len < sizeof h || h.nlmsg_len > in->n)
		return ERR_INPUT;
	size_t whole = NLMSG_ALIGN((size_t)h.nlmsg_len);
	struct slice body = slice_of(in->p + sizeof h, h.nlmsg_len - sizeof h);
	*in = whole >= in->n ? slice_of(in->p + in->n, 0) : slice_of(in->p + whole, in->n - whole);
	switch (h.nlmsg_type) {
	case NLMSG_DONE:
		return 3;
	case NLMSG_ERROR:
		if (body.n < sizeof error)
			return ERR_INPUT;
		memcpy(&error, body.p, sizeof error);
		*ret_error = error <= 0 && error > -4096 ? error : -EIO;
		return 2;
	case SOCK_DIAG_BY_FAMILY:
		if (body.n < sizeof m)
			return ERR_INPUT;
		memcpy(&m, body.p, sizeof m);
		if (m.idiag_family != AF_INET && m.idiag_family != AF_INET6)
			return 0;
		read_socket(&m, ret);
		return 1;
	default:
		return 0;
	}
}

static bool there(const struct gate_element *v, size_t n, uint8_t kind, bool six, const uint8_t ip[16], uint16_t port)
{
	struct gate_element x = {.kind = kind, .six = six, .port = port};
	if (ip)
		memcpy(x.ip, ip, six ? 16 : 4);
	return gate_element_find(v, n, &x) != NULL;
}

bool gate_socket_cut(const struct gate_element *v, size_t n, const struct gate_socket *s)
{
	if (gate_loopback(s->six, s->remote) || gate_loopback(s->six, s->local))
		return false;
	/* both ends may be on this host: then its far side is the local one of the other socket */
	if (there(v, n, GATE_FAR, s->six, s->remote, s->remote_port) || there(v, n, GATE_FAR, s->six, s->local, s->local_port))
		return true;
	if (there(v, n, GATE_HERE, s->six, s->local, s->local_port) || there(v, n, GATE_HERE, false, NULL, s->local_port))
		return true;
	return there(v, n, GATE_ADDRESS, s->six, s->remote, 0) && !there(v, n, GATE_OWN_PORT, false, NULL, s->local_port);
}
