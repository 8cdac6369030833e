/* gate_probe: what the relay says of its links, and whether a listener that should be closed answers. The far side is never tried: a probe must not be the packet that passes. */
#include "gate_role.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20          /* our own address answers at once, or not at all */

static bool answers(const struct sockaddr *a, socklen_t n)
{
	int fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), why = 0;
	socklen_t size = sizeof why;
	struct linger now = {.l_onoff = 1};
	if (fd < 0)
		return false;
	int r = connect(fd, a, n);
	if (r < 0 && errno == EINPROGRESS) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		r = poll(&p, 1, PATIENCE_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0 && why == 0 ? 0 : -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
	return r == 0;
}

/* Its own address by both families: an IPv4 one is tried as itself and in IPv6's clothes; one that means every address by both loopbacks. */
static void probe(const struct glink *g, char *out, size_t size)
{
	static const uint8_t none[16];
	struct sockaddr_in a4 = {.sin_family = AF_INET};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6};
	bool six;
	uint8_t ip[16];
	uint16_t port;
	if (gate_address_parse(g->l.listen, &six, ip, &port) < 0)
		return;
	bool any = !memcmp(ip, none, six ? 16 : 4), try4 = !six || any;
	a4.sin_port = a6.sin6_port = htons(port);
	if (any) {
		a4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a6.sin6_addr = in6addr_loopback;
	} else if (six) {
		memcpy(&a6.sin6_addr, ip, 16);
	} else {
		memcpy(&a4.sin_addr, ip, 4);
		a6.sin6_addr.s6_addr[10] = a6.sin6_addr.s6_addr[11] = 0xff;
		memcpy(a6.sin6_addr.s6_addr + 12, ip, 4);
	}
	bool yes4 = try4 && answers((struct sockaddr *)&a4, sizeof a4), yes6 = answers((struct sockaddr *)&a6, sizeof a6);
	snprintf(out, size, "%s%s%s%s", try4 ? yes4 ? "ANSWERS on v4" : "refused on v4" : "", try4 ? ", " : "", yes6 ? "ANSWERS on v6" : "refused on v6", yes4 || yes6 ? ": ANOTHER PROGRAM LISTENS THERE" : "");
}

static void put(struct relay *r, const struct glink *g, bool with_probe, struct jsonw *w)
{
	char how[128] = "";
	jsonw_obj(w);
	jsonw_kstr(w, "name", g->l.name);
	jsonw_ku64(w, "bytes", g->bytes);
	jsonw_ku64(w, "bytesSince", g->bytes - g->bytes_cut);
	jsonw_ku64(w, "messages", g->messages);
	jsonw_ku64(w, "odd", g->odd);
	jsonw_ku64(w, "refused", g->refused);
	jsonw_ku64(w, "connections", g->conn_count);
	jsonw_ki64(w, "last", g->last);
	jsonw_kbool(w, "listening", g->lfd >= 0);
	if (g->tls_refused) {
		jsonw_ku64(w, "tlsRefused", g->tls_refused);
		jsonw_kstr(w, "tlsWhy", g->tls_why);
	}
	if (g->certs.n) {
		jsonw_key(w, "certs");
		gate_certs_put(&g->certs, w);
	}
	if (g->why[0] || g->tls_bad[0]) {
		jsonw_kstr(w, "problem", g->why[0] ? g->why : g->tls_bad);
	} else if (g->crowded && time_now() - g->crowded_at < GATE_CROWDED_SHOWN) {
		snprintf(how, sizeof how, "at its limit of %d connections: %llu more were ended", GATE_CONNS_MAX, (unsigned long long)g->crowded);
		jsonw_kstr(w, "problem", how);
		how[0] = 0;
	} else if (g->unended && time_now() - g->unended_at < GATE_CROWDED_SHOWN) {
		snprintf(how, sizeof how, "%llu messages without an end (FS CR) within %d s: their connections were ended", (unsigned long long)g->unended, GATE_FRAME_SECONDS);
		jsonw_kstr(w, "problem", how);
		how[0] = 0;
	}
	count_put(g, w);
	if (with_probe && g->st.state < GATE_TEST) {
		if (relay_listens(g))
			snprintf(how, sizeof how, "no connection to the far side; what is sent is queued");
		else if (g->lfd < 0)
			probe(g, how, sizeof how);
		else
			snprintf(how, sizeof how, "STILL LISTENS");
		jsonw_kstr(w, "probe", how);
	}
	jsonw_obj_end(w);
}

void relay_tell(struct relay *r, uint64_t tag, bool with_probe)
{
	struct jsonw w;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_VAULT);
	jsonw_init(&w, &b);
	jsonw_arr(&w);
	for (size_t i = 0; i < r->link_count; i++)
		put(r, r->links[i], with_probe, &w);
	jsonw_arr_end(&w);
	jsonw_done(&w);
	size_t at = frame_begin(&r->keeper.out, FRAME_G_TOLD, tag);
	buf_u8(&r->keeper.out, with_probe);
	buf_add_slice(&r->keeper.out, buf_ok(&b) ? buf_slice(&b) : SLICE("[]"));
	frame_end(&r->keeper.out, at);
}
