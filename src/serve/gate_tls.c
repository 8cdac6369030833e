/* gate_tls: TLS 1.2 and 1.3 on partner links, on either side. Certificates, authorities and the key come as data. Who the other one is: the fingerprint that the link names (then whoever signed the certificate, and until when it
 * counts, does not matter: the hospital named this very certificate), or its chain, and of the far side its name. A side that is to speak TLS and cannot has no connection; none is ever plain instead. */
#include "gate_role.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static int no_passphrase(char *buf, int size, int rw, void *arg)
{
	return -1; /* nobody is there to be asked */
}

void relay_tls_own(struct relay *r, struct role_listener *l)
{
	BIO *b = BIO_new_mem_buf(l->cert.p, (int)l->cert.n), *k = BIO_new_mem_buf(l->key.p, (int)l->key.n);
	r->cert = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	r->key = k ? PEM_read_bio_PrivateKey(k, NULL, no_passphrase, NULL) : NULL;
	r->chain = sk_X509_new_null();
	for (X509 *x; r->cert && r->chain && (x = PEM_read_bio_X509(b, NULL, NULL, NULL));)
		if (!sk_X509_push(r->chain, x))
			X509_free(x);
	BIO_free(b);
	BIO_free(k);
	ERR_clear_error();
	buf_wipe_done(&l->key);
	buf_init_secret(&l->key, 0);
}

/* ---- who the other one is ---- */

/* The day on which the certificate begins or ends to count that does not count now. */
static void note_day(X509_STORE_CTX *store, struct glink *g)
{
	int why = X509_STORE_CTX_get_error(store);
	const X509 *x = X509_STORE_CTX_get_current_cert(store);
	struct tm day;
	g->tls_when[0] = 0;
	if (x && (why == X509_V_ERR_CERT_HAS_EXPIRED || why == X509_V_ERR_CERT_NOT_YET_VALID) && ASN1_TIME_to_tm(why == X509_V_ERR_CERT_HAS_EXPIRED ? X509_get0_notAfter(x) : X509_get0_notBefore(x), &day) == 1)
		(void)!strftime(g->tls_when, sizeof g->tls_when, "%Y-%m-%d", &day);
}

static int verify(X509_STORE_CTX *store, struct glink *g, const char *pin)
{
	uint8_t md[EVP_MAX_MD_SIZE], want[32];
	unsigned n;
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	if (!pin[0]) {
		int ok = X509_verify_cert(store);
		if (ok != 1)
			note_day(store, g);
		return ok;
	}
	if (leaf && X509_digest(leaf, EVP_sha256(), md, &n) == 1 && n == sizeof want && hex_get(want, sizeof want, slice_str(pin)) == 0 && seal_equal(want, md, n)) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

static int verify_near(X509_STORE_CTX *store, void *arg)
{
	struct glink *g = arg;
	return verify(store, g, g->l.tls.client_pin);
}

static int verify_far(X509_STORE_CTX *store, void *arg)
{
	struct glink *g = arg;
	return verify(store, g, g->l.tls.pin);
}

static bool load_authorities(SSL_CTX *ctx, const char *pem, bool client)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	size_t n = 0;
	bool ok = b;
	for (X509 *x; ok && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)); n++) {
		ok = X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x) == 1 && (!client || SSL_CTX_add_client_CA(ctx, x) == 1);
		X509_free(x);
	}
	BIO_free(b);
	ERR_clear_error();
	return ok && n;
}

static SSL_CTX *common(const SSL_METHOD *method, bool framed)
{
	SSL_CTX *ctx = SSL_CTX_new(method);
	if (!ctx)
		return NULL;
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
	if (framed) /* a message has an end of its own; of bytes, an end that was not said may be one that somebody else made */
		SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* a resumed session would skip the look at the certificate */
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_verify_depth(ctx, 5);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static const char *near_context(struct relay *r, struct glink *g)
{
	struct gate_tls *t = &g->l.tls;
	if (!r->cert || !r->key)
		return "TLS: the site has no certificate that reads (tls/mllp.crt, tls/mllp.key)";
	g->tls_near = common(TLS_server_method(), g->l.protocol == GATE_MLLP);
	if (!g->tls_near || SSL_CTX_use_cert_and_key(g->tls_near, r->cert, r->key, r->chain, 1) != 1)
		return "TLS: the site's certificate and key do not belong together";
	if (t->client_ca[0] && !load_authorities(g->tls_near, t->client_ca, true))
		return "TLS: the partner's authority cannot be read";
	if (t->client_ca[0] || t->client_pin[0]) {
		SSL_CTX_set_verify(g->tls_near, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		SSL_CTX_set_cert_verify_callback(g->tls_near, verify_near, g);
	}
	return NULL;
}

/* Our own certificate, and what signed it, for a far side that asks for one. */
static const char *show_own(struct glink *g)
{
	BIO *b = BIO_new_mem_buf(g->l.tls.cert, -1);
	X509 *own = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	STACK_OF(X509) *chain = sk_X509_new_null();
	const char *why = own && chain ? NULL : "TLS: our certificate on this link cannot be read";
	for (X509 *x; !why && (x = PEM_read_bio_X509(b, NULL, NULL, NULL));)
		if (!sk_X509_push(chain, x))
			X509_free(x);
	if (!why && !g->own_key)
		why = "TLS: the key of our certificate is not here; gate change --tls-cert --tls-key";
	if (!why && SSL_CTX_use_cert_and_key(g->tls_far, own, g->own_key, chain, 1) != 1)
		why = "TLS: our certificate on this link and its key do not belong together";
	sk_X509_pop_free(chain, X509_free);
	X509_free(own);
	BIO_free(b);
	ERR_clear_error();
	return why;
}

static const char *far_context(struct glink *g)
{
	struct gate_tls *t = &g->l.tls;
	char host[64];
	g->tls_far = common(TLS_client_method(), g->l.protocol == GATE_MLLP);
	if (!g->tls_far)
		return "TLS cannot be set up";
	SSL_CTX_set_verify(g->tls_far, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(g->tls_far, verify_far, g);
	const char *why = t->cert[0] ? show_own(g) : NULL;
	if (why || t->pin[0])
		return why;
	if (!load_authorities(g->tls_far, t->ca, false))
		return "TLS: the far side's authority cannot be read";
	const char *colon = strrchr(g->l.to, ':'), *from = g->l.to + (g->l.to[0] == '[');
	snprintf(host, sizeof host, "%.*s", (int)(colon - from - (g->l.to[0] == '[')), from);
	X509_VERIFY_PARAM *p = SSL_CTX_get0_param(g->tls_far);
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	const char *name = t->name[0] ? t->name : host;
	if (X509_VERIFY_PARAM_set1_ip_asc(p, name) != 1 && X509_VERIFY_PARAM_set1_host(p, name, 0) != 1)
		return "TLS: the far side's name cannot be looked for";
	return NULL;
}

static void drop(struct glink *g)
{
	SSL_CTX_free(g->tls_near);
	SSL_CTX_free(g->tls_far);
	g->tls_near = g->tls_far = NULL;
	ERR_clear_error();
}

void relay_tls_key(struct glink *g, struct slice pem)
{
	BIO *b = pem.n ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	EVP_PKEY_free(g->own_key);
	g->own_key = b ? PEM_read_bio_PrivateKey(b, NULL, no_passphrase, NULL) : NULL;
	BIO_free(b);
	ERR_clear_error();
}

void relay_tls_set(struct relay *r, struct glink *g)
{
	const char *why = NULL;
	drop(g);
	relay_ends_set(g);
	if (g->l.tls.listen)
		why = near_context(r, g);
	if (!why && g->l.tls.to)
		why = far_context(g);
	ERR_clear_error();
	snprintf(g->tls_bad, sizeof g->tls_bad, "%s", why ? why : "");
	if (!why)
		return;
	drop(g);
	role_log(r->r, "link %s: %s: it has no connections", g->l.name, why);
}

/* ---- one connection ---- */

int relay_tls_begin(struct side *s, SSL_CTX *ctx, bool accept)
{
	s->ssl = SSL_new(ctx);
	if (!s->ssl || SSL_set_fd(s->ssl, s->fd) != 1) {
		ERR_clear_error();
		return ERR_MEMORY;
	}
	if (accept)
		SSL_set_accept_state(s->ssl);
	else
		SSL_set_connect_state(s->ssl);
	s->shaking = true;
	s->heard = false;
	return 0;
}

static int again(struct side *s, int result, bool writing)
{
	int why = SSL_get_error(s->ssl, result);
	bool *other = writing ? &s->write_wants_read : &s->read_wants_write;
	*other = why == (writing ? SSL_ERROR_WANT_READ : SSL_ERROR_WANT_WRITE);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	return why == SSL_ERROR_ZERO_RETURN ? ERR_NO : ERR_SYSTEM;
}

/* Why its certificate was refused, for somebody who has to telephone about it. */
static void refusal(const struct glink *g, bool near, long v, char *out, size_t size)
{
	const struct gate_tls *t = &g->l.tls;
	const char *openssl = X509_verify_cert_error_string(v), *name = t->name[0] ? t->name : g->l.to;
	switch (v) {
	case X509_V_ERR_APPLICATION_VERIFICATION:
		snprintf(out, size, "its certificate is not the one that this link names");
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		snprintf(out, size, "its certificate, or one that signed it, has expired on %s", g->tls_when);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		snprintf(out, size, "its certificate, or one that signed it, counts from %s on only", g->tls_when);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		snprintf(out, size, "its certificate is not for %.48s (%.32s)", name, openssl);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		snprintf(out, size, "its certificate is not signed by the authority that this link names for the %s side", near ? "near" : "far");
		break;
	default:
		snprintf(out, size, "%.100s", openssl);
	}
}

/* Said by the other side, in an alert (RFC 8446 6.2): that it refuses us. */
static bool alerted(unsigned long error)
{
	return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET && ERR_GET_REASON(error) < SSL_AD_REASON_OFFSET + 256;
}

static void note_alert(struct glink *g, const char *side, bool server, unsigned long error)
{
	int alert = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;
	bool about = alert == SSL_AD_CERTIFICATE_REQUIRED || alert == SSL_AD_HANDSHAKE_FAILURE || alert == SSL_AD_BAD_CERTIFICATE;
	bool ours = about || alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_CERTIFICATE_EXPIRED || alert == SSL_AD_CERTIFICATE_REVOKED || alert == SSL_AD_CERTIFICATE_UNKNOWN || alert == SSL_AD_UNSUPPORTED_CERTIFICATE;
	const char *more = server || !ours ? "" : g->l.tls.cert[0] ? ": our certificate (--tls-cert) is not one that it takes" : about ? ": it may ask for a certificate of ours (--tls-cert, --tls-key)" : "";
	snprintf(g->tls_why, sizeof g->tls_why, "%s: it refuses us (%.50s)%s", side, ERR_reason_error_string(error), more);
}

static struct glink *link_of(const struct side *s)
{
	return s->node.kind == NODE_DRAIN ? s->node.of : ((const struct conn *)s->node.of)->g;
}

int relay_tls_shake(struct glink *g, struct side *s)
{
	ERR_clear_error();
	int n = SSL_do_handshake(s->ssl);
	if (n == 1) {
		s->shaking = s->read_wants_write = false;
		relay_ends_shown(g, s->ssl);
		return 1;
	}
	int r = again(s, n, false);
	if (r == 0)
		return 0;
	bool near = SSL_is_server(s->ssl);
	const char *side = near ? "from the near side" : "to the far side", *reason = ERR_reason_error_string(ERR_peek_error());
	long v = SSL_get_verify_result(s->ssl);
	char why[120];
	g->tls_refused++;
	if (v != X509_V_OK)
		refusal(g, near, v, why, sizeof why);
	else
		snprintf(why, sizeof why, "%.100s", reason ? reason : "the connection was closed");
	if (v == X509_V_OK && alerted(ERR_peek_error()))
		note_alert(g, side, near, ERR_peek_error());
	else
		snprintf(g->tls_why, sizeof g->tls_why, "%s: %s", side, why);
	ERR_clear_error();
	return ERR_DENIED;
}

void relay_tls_late(struct glink *g, bool near)
{
	g->tls_refused++;
	snprintf(g->tls_why, sizeof g->tls_why, "%s: no handshake within %d seconds", near ? "from the near side" : "to the far side", GATE_CONNECT_SECONDS);
}

ssize_t relay_tls_read(struct side *s, void *to, size_t n)
{
	ERR_clear_error();
	int got = SSL_read(s->ssl, to, n < INT32_MAX ? (int)n : INT32_MAX);
	if (got > 0) {
		s->read_wants_write = false;
		s->heard = true;
	} else if (!s->heard && alerted(ERR_peek_error())) { /* in TLS 1.3 our handshake is over before the far side has seen our certificate */
		struct glink *g = link_of(s);
		g->tls_refused++;
		note_alert(g, SSL_is_server(s->ssl) ? "from the near side" : "to the far side", SSL_is_server(s->ssl), ERR_peek_error());
	}
	int r = got > 0 ? got : again(s, got, false);
	ERR_clear_error();
	return r;
}

ssize_t relay_tls_write(struct side *s, const void *from, size_t n)
{
	ERR_clear_error();
	int put = SSL_write(s->ssl, from, n < INT32_MAX ? (int)n : INT32_MAX);
	if (put > 0)
		s->write_wants_read = false;
	int r = put > 0 ? put : again(s, put, true);
	ERR_clear_error();
	return r;
}

int relay_tls_half(struct side *s)
{
	int said = s->shaking ? -1 : SSL_shutdown(s->ssl);
	ERR_clear_error();
	return said < 0 ? ERR_NO : 0;
}

void relay_tls_end(struct side *s, bool orderly)
{
	if (s->ssl && orderly && !s->shaking)
		(void)SSL_shutdown(s->ssl);
	SSL_free(s->ssl);
	ERR_clear_error();
	s->ssl = NULL;
	s->shaking = s->write_wants_read = s->read_wants_write = false;
}
