/* MLLP as a sender: one message in flight on one connection, in clear or over TLS.
 *
 * An answer counts for the message in flight alone: MSA-2 is its control id, byte for byte (hl7_answer_read). What was on the wire before it went out counts for nothing, also with its id: it would be the answer to something
 * else. Without an answer within the wait, with half of one, or with a connection that ends, the outcome is unknown and the connection is closed, so that what comes late comes to nobody and cannot be taken for the next one's. */
#include "send_internal.h"
#include "hl7.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_S 10
#define IDLE_MS 200                     /* an FS without CR ends its frame after this */
#define ANSWER_MAX ((size_t)256 << 10)  /* a frame that comes back */
#define STRAYS_MAX 1000                 /* who sends more than this has lost its place */

struct mllp {
	struct send_line line;
	char host[256], port[8], place[280];
	unsigned wait_s;
	SSL_CTX *ctx; /* NULL: in clear */
	SSL *ssl;
	int fd;
	struct hl7_mllp in;
	bool open;    /* in is initialised */
};

static void hang_up(struct mllp *m)
{
	SSL_free(m->ssl); /* no close_notify: nobody waits for it */
	m->ssl = NULL;
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
	if (m->open)
		hl7_mllp_done(&m->in);
	m->open = false;
}

/* ---- connecting ---- */

static int left_ms(int64_t until)
{
	int64_t ms = (until - time_monotonic()) / (TIME_SEC / 1000);
	return ms < 0 ? 0 : ms > 60000 ? 60000 : (int)ms;
}

/* 1: ready; 0: time is up */
static int wait_on(int fd, short events, int64_t until)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, left_ms(until));
		if (n > 0)
			return 1;
		if (n == 0 && time_monotonic() >= until)
			return 0;
		if (n < 0 && errno != EINTR)
			return 0;
	}
}

static int dial(struct mllp *m, const struct addrinfo *ai, int64_t until)
{
	int one = 1, bad = 0;
	socklen_t n = sizeof bad;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	int r = connect(fd, ai->ai_addr, ai->ai_addrlen);
	if (r < 0 && errno == EINPROGRESS) {
		bool came = wait_on(fd, POLLOUT, until) == 1;
		r = came && getsockopt(fd, SOL_SOCKET, SO_ERROR, &bad, &n) == 0 && bad == 0 ? 0 : -1;
		errno = came ? bad : ETIMEDOUT;
	}
	if (r < 0) {
		int why = errno;
		close(fd);
		errno = why;
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	m->fd = fd;
	return 0;
}

static int shake(struct mllp *m, int64_t until, struct err *e)
{
	m->ssl = SSL_new(m->ctx);
	struct in6_addr any;
	bool address = inet_pton(AF_INET, m->host, &any) == 1 || inet_pton(AF_INET6, m->host, &any) == 1;
	bool set = m->ssl && SSL_set_fd(m->ssl, m->fd) == 1 && (address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(m->ssl), m->host) == 1 : SSL_set1_host(m->ssl, m->host) == 1 && SSL_set_tlsext_host_name(m->ssl, m->host) == 1);
	if (!set)
		return err_set(e, ERR_MEMORY, m->place, "TLS does not start");
	for (;;) {
		ERR_clear_error();
		int r = SSL_connect(m->ssl), why = SSL_get_error(m->ssl, r);
		if (r == 1)
			return 0;
		if ((why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) && wait_on(m->fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until) == 1)
			continue;
		long trust = SSL_get_verify_result(m->ssl);
		if (trust != X509_V_OK)
			return err_set(e, ERR_CRYPTO, m->place, "its certificate is not one that we know (%s); nothing was sent", X509_verify_cert_error_string(trust));
		return err_set(e, ERR_BUSY, m->place, "it is there, and TLS with it fails: does it want a client's certificate (--cert, --key), or speak in clear?");
	}
}

static int ready(struct send_line *l, struct err *e)
{
	struct mllp *m = (struct mllp *)l;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
	if (m->fd >= 0) {
		struct pollfd p = {.fd = m->fd, .events = POLLIN | POLLRDHUP};
		if (poll(&p, 1, 0) == 0 || !(p.revents & (POLLHUP | POLLERR | POLLRDHUP)))
			return 0;
		hang_up(m); /* it closed meanwhile: engines do after each message */
	}
	int r = getaddrinfo(m->host, m->port, &hints, &list);
	if (r)
		return err_set(e, ERR_BUSY, m->place, "the name is not known: %s", gai_strerror(r));
	int64_t until = time_monotonic() + CONNECT_S * TIME_SEC;
	for (const struct addrinfo *ai = list; ai && m->fd < 0; ai = ai->ai_next)
		(void)dial(m, ai, until);
	freeaddrinfo(list);
	if (m->fd < 0)
		return err_set(e, ERR_BUSY, m->place, "cannot be reached: %s", strerror(errno));
	hl7_mllp_init(&m->in, ANSWER_MAX);
	m->open = true;
	r = m->ctx ? shake(m, until, e) : 0;
	if (r < 0)
		hang_up(m);
	return r;
}

/* ---- bytes ---- */

/* More than 0: bytes; 0: not now (*ret_want: what to wait for); -1: it ended. */
static ssize_t put(struct mllp *m, const uint8_t *p, size_t n, short *ret_want)
{
	*ret_want = POLLOUT;
	if (!m->ssl) {
		ssize_t k = send(m->fd, p, n, MSG_NOSIGNAL);
		return k > 0 ? k : k < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	}
	ERR_clear_error();
	int k = SSL_write(m->ssl, p, n > INT32_MAX ? INT32_MAX : (int)n), why = SSL_get_error(m->ssl, k);
	*ret_want = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
	return k > 0 ? k : why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t get(struct mllp *m, short *ret_want)
{
	size_t have;
	*ret_want = POLLIN;
	uint8_t *to = hl7_mllp_space(&m->in, 4096, &have);
	if (!to)
		return -1; /* larger than any acknowledgement is */
	if (!m->ssl) {
		ssize_t k = recv(m->fd, to, have, 0);
		if (k > 0)
			hl7_mllp_fed(&m->in, (size_t)k);
		return k > 0 ? k : k < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	}
	ERR_clear_error();
	int k = SSL_read(m->ssl, to, have > INT32_MAX ? INT32_MAX : (int)have), why = SSL_get_error(m->ssl, k);
	if (k > 0)
		hl7_mllp_fed(&m->in, (size_t)k);
	*ret_want = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
	return k > 0 ? k : why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

/* ---- a message ---- */

/* The frames that are there. True: one is the answer. */
static bool heard(struct mllp *m, struct slice control_id, bool idle, struct send_heard *ret)
{
	struct hl7_frame f;
	struct hl7_answer a;
	for (;;) {
		if (idle)
			hl7_mllp_idle(&m->in, &f);
		else
			hl7_mllp_next(&m->in, &f);
		if (f.type == HL7_FRAME_NONE)
			return false;
		if (f.type != HL7_FRAME_MESSAGE)
			continue;
		hl7_answer_read(f.bytes, control_id, &a);
		if (a.heard == HL7_HEARD_NOTHING) {
			ret->strays++;
			continue;
		}
		ret->outcome = a.heard == HL7_HEARD_ACCEPTED ? SEND_TAKEN : SEND_NOT_TAKEN;
		snprintf(ret->ack, sizeof ret->ack, "%s", a.code);
		snprintf(ret->text, sizeof ret->text, "%s", a.text);
		ret->duplicate = a.duplicate;
		if (ret->raw)
			buf_add_slice(ret->raw, f.bytes);
		return true;
	}
}

/* What came since the last answer belongs to nothing that is still asked. */
static bool clear(struct mllp *m, struct send_heard *ret)
{
	short want;
	struct hl7_frame f;
	for (;;) { /* first what was read with the last answer and lies here already */
		for (hl7_mllp_next(&m->in, &f); f.type != HL7_FRAME_NONE; hl7_mllp_next(&m->in, &f))
			ret->strays += f.type == HL7_FRAME_MESSAGE;
		ssize_t n = get(m, &want);
		if (n < 0 || ret->strays >= STRAYS_MAX)
			return false;
		if (n == 0)
			return true;
	}
}

static int push(struct mllp *m, struct slice bytes, int64_t until)
{
	for (size_t at = 0; at < bytes.n;) {
		short want;
		ssize_t n = put(m, bytes.p + at, bytes.n - at, &want);
		if (n < 0)
			return -1;
		at += (size_t)n;
		if (n == 0 && wait_on(m->fd, want, until) != 1)
			return -1;
	}
	return 0;
}

static void unknown(struct mllp *m, struct send_heard *ret, const char *why)
{
	ret->outcome = SEND_UNKNOWN;
	err_set(&ret->why, ERR_BUSY, m->place, "%s: whether it was taken is not known", why);
	hang_up(m);
}

static void listen_for(struct mllp *m, struct slice control_id, int64_t until, struct send_heard *ret)
{
	for (;;) {
		short want;
		ssize_t n = get(m, &want);
		if (heard(m, control_id, false, ret))
			return;
		if (n < 0 || ret->strays >= STRAYS_MAX) {
			unknown(m, ret, n < 0 ? "the connection ended before it was acknowledged" : "it acknowledges what was not sent, again and again");
			return;
		}
		if (n > 0)
			continue;
		int64_t idle = time_monotonic() + IDLE_MS * (TIME_SEC / 1000);
		bool may_end = hl7_mllp_may_end(&m->in);
		if (wait_on(m->fd, want, may_end && idle < until ? idle : until) == 1)
			continue;
		if (may_end && heard(m, control_id, true, ret))
			return;
		if (time_monotonic() >= until) {
			unknown(m, ret, ret->strays ? "what it acknowledged was something else" : "it was not acknowledged in time");
			return;
		}
	}
}

static void message(struct send_line *l, struct slice text, struct slice control_id, struct send_heard *ret)
{
	struct mllp *m = (struct mllp *)l;
	AUTO_BUF struct buf frame = {0};
	int64_t until = time_monotonic() + m->wait_s * TIME_SEC;
	buf_init(&frame, SEND_MESSAGE_MAX + 16);
	hl7_mllp_wrap(&frame, text);
	if (!buf_ok(&frame)) {
		err_set(&ret->why, ERR_MEMORY, NULL, "no memory for a message");
		return;
	}
	if (m->fd < 0 && ready(l, &ret->why) < 0)
		return;
	if (!clear(m, ret)) { /* it closed, or babbles: a fresh connection, once */
		hang_up(m);
		if (ready(l, &ret->why) < 0)
			return;
	}
	if (push(m, buf_slice(&frame), until) < 0)
		unknown(m, ret, "the connection ended while it was sent"); /* of a frame without its end nothing should be taken; receivers have been seen to */
	else
		listen_for(m, control_id, until, ret);
}

/* ---- who it is ---- */

static int no_passphrase(char *buf, int size, int rw, void *arg)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)arg;
	return -1;
}

static int tls_of(struct mllp *m, const struct send_to *to, struct err *e)
{
	m->ctx = SSL_CTX_new(TLS_client_method());
	if (!m->ctx || SSL_CTX_set_min_proto_version(m->ctx, TLS1_2_VERSION) != 1)
		return err_set(e, ERR_MEMORY, NULL, "TLS does not start");
	SSL_CTX_set_verify(m->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_passwd_cb(m->ctx, no_passphrase);
	SSL_CTX_set_mode(m->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (to->ca ? SSL_CTX_load_verify_locations(m->ctx, to->ca, NULL) != 1 : SSL_CTX_set_default_verify_paths(m->ctx) != 1)
		return err_set(e, ERR_INPUT, to->ca, "the certificates of who may sign for the receiver cannot be read");
	if (to->cert && (SSL_CTX_use_certificate_chain_file(m->ctx, to->cert) != 1 || SSL_CTX_use_PrivateKey_file(m->ctx, to->key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(m->ctx) != 1))
		return err_set(e, ERR_INPUT, to->cert, "our certificate or its key cannot be read, or they do not belong together");
	return 0;
}

bool send_this_machine(const char *host)
{
	struct in_addr v4; /* a name that begins with 127. is anybody's */
	return !strcmp(host, "localhost") || !strcmp(host, "::1") || (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

/* HOST:PORT, [2001:db8::1]:2575 */
static int address_of(struct mllp *m, const char *to, struct err *e)
{
	const char *colon = strrchr(to, ':');
	size_t n = colon ? (size_t)(colon - to) : 0;
	bool bracket = n > 2 && to[0] == '[' && to[n - 1] == ']';
	uint64_t port;
	if (bracket) {
		to++;
		n -= 2;
	}
	if (!n || n >= sizeof m->host || num_u64(slice_str(colon + 1), 1, 65535, &port) < 0 || (!bracket && memchr(to, ':', n)) || memchr(to, '/', n))
		return err_set(e, ERR_USAGE, "--to", "an address is HOST:PORT");
	memcpy(m->host, to, n);
	m->host[n] = 0;
	snprintf(m->port, sizeof m->port, "%u", (unsigned)port);
	snprintf(m->place, sizeof m->place, "%s:%s", m->host, m->port);
	return 0;
}

static void close_line(struct send_line *l)
{
	struct mllp *m = (struct mllp *)l;
	hang_up(m);
	SSL_CTX_free(m->ctx);
	free(m);
}

int send_mllp_open(const struct send_to *to, struct send_line **ret, struct err *e)
{
	struct mllp *m = calloc(1, sizeof *m);
	if (!m)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	m->line = (struct send_line){.ready = ready, .message = message, .close = close_line};
	m->fd = -1;
	m->wait_s = to->wait_s ? to->wait_s : 30;
	int r = address_of(m, to->to, e);
	if (r == 0 && !to->cert != !to->key)
		r = err_set(e, ERR_USAGE, "--cert", "a certificate and its key belong together: --cert and --key");
	if (r == 0 && to->here_only && !send_this_machine(m->host))
		r = err_set(e, ERR_DENIED, "--to", "this site is a drill's: what is captured in it goes to no other machine");
	if (r == 0 && !to->tls && !to->unencrypted && !send_this_machine(m->host))
		r = err_set(e, ERR_USAGE, "--to", "results would go to another machine in clear: say --tls, or --unencrypted where the network itself is trusted");
	if (r == 0 && to->tls)
		r = tls_of(m, to, e);
	if (r < 0) {
		close_line(&m->line);
		return r;
	}
	*ret = &m->line;
	return 0;
}
