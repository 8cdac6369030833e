/* intake_tls: TLS 1.2 and 1.3 for MLLP, mutual where the listener says so. Certificates and keys come as data; nothing here opens a file, a socket or the
 * clock of a CRL server. Who may send is decided by fingerprint (then whoever signed it does not matter: the hospital named this very certificate), or by chain and name. */
#include "intake.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static int no_passphrase(char *buf, int size, int rw, void *arg)
{
	return -1; /* a key that wants a passphrase cannot be used by a daemon: say so, do not ask */
}

static int load_own(SSL_CTX *ctx, const struct role_listener *l, struct err *e)
{
	BIO *b = BIO_new_mem_buf(l->cert.p, (int)l->cert.n), *k = BIO_new_mem_buf(l->key.p, (int)l->key.n);
	X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = k ? PEM_read_bio_PrivateKey(k, NULL, no_passphrase, NULL) : NULL;
	bool ok = x && key && SSL_CTX_use_certificate(ctx, x) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
	X509_free(x);
	while (ok && (x = PEM_read_bio_X509(b, NULL, NULL, NULL))) { /* the rest of the chain */
		ok = SSL_CTX_add1_chain_cert(ctx, x) == 1;
		X509_free(x);
	}
	EVP_PKEY_free(key);
	BIO_free(b);
	BIO_free(k);
	ERR_clear_error();
	return ok ? 0 : err_set(e, ERR_INPUT, l->is.name, "its certificate or key cannot be read, or they do not belong together");
}

static int load_authorities(SSL_CTX *ctx, const struct role_listener *l, struct err *e)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	BIO *b = BIO_new_mem_buf(l->ca.p, (int)l->ca.n);
	size_t n = 0;
	bool ok = b;
	for (X509 *x; ok && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)); n++) {
		ok = X509_STORE_add_cert(store, x) == 1 && SSL_CTX_add_client_CA(ctx, x) == 1;
		X509_free(x);
	}
	BIO_free(b);
	ERR_clear_error();
	return ok && n ? 0 : err_set(e, ERR_INPUT, l->is.name, "the certificates of who may sign for senders (ca) cannot be read");
}

/* ---- who may send ---- */

/* The next name of a comma separated list, without blanks. */
static struct slice next_allowed(struct slice *rest)
{
	return slice_trim(slice_cut(*rest, ',', rest));
}

static bool is_fingerprint(struct slice s)
{
	return slice_starts(s, "sha256:") || slice_starts(s, "SHA256:");
}

static bool fingerprint_listed(X509 *x, const char *allow)
{
	uint8_t md[EVP_MAX_MD_SIZE], want[32];
	unsigned n;
	if (X509_digest(x, EVP_sha256(), md, &n) != 1 || n != sizeof want)
		return false;
	for (struct slice rest = slice_str(allow); rest.n;) {
		struct slice s = next_allowed(&rest);
		uint8_t digits[64];
		size_t d = 0;
		if (!is_fingerprint(s))
			continue;
		for (size_t i = 7; i < s.n; i++) /* openssl prints colons between the bytes */
			if (s.p[i] != ':') {
				if (d < sizeof digits)
					digits[d] = s.p[i];
				d++;
			}
		if (d == sizeof digits && hex_get(want, sizeof want, slice_of(digits, d)) == 0 && seal_equal(want, md, n))
			return true;
	}
	return false;
}

static bool common_name_is(X509 *x, struct slice want)
{
	X509_NAME *n = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(n, NID_commonName, -1);
	const ASN1_STRING *s = at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(n, at)) : NULL;
	char text[256];
	if (!s || ASN1_STRING_length(s) <= 0 || (size_t)ASN1_STRING_length(s) >= sizeof text)
		return false;
	memcpy(text, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	text[ASN1_STRING_length(s)] = 0;
	return strlen(text) == (size_t)ASN1_STRING_length(s) && slice_eq_nocase(want, text);
}

/* A name of the list is a DNS name of the certificate, or its common name: interface engines' certificates often have nothing else. */
static bool name_listed(X509 *x, const char *allow)
{
	for (struct slice rest = slice_str(allow); rest.n;) {
		struct slice s = next_allowed(&rest);
		if (s.n == 0 || is_fingerprint(s))
			continue;
		if (X509_check_host(x, (const char *)s.p, s.n, X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1 || common_name_is(x, s))
			return true;
	}
	return false;
}

static bool only_fingerprints(const char *allow)
{
	bool any = false;
	for (struct slice rest = slice_str(allow); rest.n;) {
		struct slice s = next_allowed(&rest);
		if (s.n && !is_fingerprint(s))
			return false;
		any |= s.n != 0;
	}
	return any;
}

static int verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct listener *l = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	const char *allow = l->is->is.allow;
	if (!leaf)
		return 0;
	if (fingerprint_listed(leaf, allow)) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	if (!ok)
		return 0;
	if (X509_STORE_CTX_get_error_depth(store) == 0 && allow[0] && (only_fingerprints(allow) || !name_listed(leaf, allow))) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
		return 0;
	}
	return 1;
}

int tls_context(const struct role_listener *l, SSL_CTX **ret, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx)
		return err_set(e, ERR_MEMORY, l->is.name, "TLS cannot be set up");
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* connections last for months; and a resumed session would skip the look at the certificate */
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	int r = SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 ? 0 : err_set(e, ERR_SYSTEM, l->is.name, "this OpenSSL has none of the ciphers we allow");
	if (r == 0)
		r = load_own(ctx, l, e);
	if (r == 0 && l->is.client_cert) {
		r = load_authorities(ctx, l, e);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify);
		SSL_CTX_set_verify_depth(ctx, 5);
	}
	if (r < 0) {
		SSL_CTX_free(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

SSL *tls_new(struct listener *l, int fd)
{
	SSL *s = SSL_new(l->tls);
	if (s && SSL_set_fd(s, fd) != 1) {
		SSL_free(s);
		return NULL;
	}
	if (s)
		SSL_set_accept_state(s);
	return s;
}

/* What OpenSSL wants before it goes on. */
static int again(struct conn *c, int result, bool writing)
{
	int why = SSL_get_error(c->ssl, result);
	bool *other = writing ? &c->write_wants_read : &c->read_wants_write;
	*other = why == (writing ? SSL_ERROR_WANT_READ : SSL_ERROR_WANT_WRITE);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
		ERR_clear_error();
		return 0;
	}
	return why == SSL_ERROR_ZERO_RETURN ? ERR_NO : ERR_INPUT;
}

int tls_handshake(struct conn *c, char *why, size_t size)
{
	int n = SSL_accept(c->ssl);
	if (n == 1) {
		c->read_wants_write = false;
		return 1;
	}
	int r = again(c, n, false);
	if (r == 0)
		return 0;
	long v = SSL_get_verify_result(c->ssl);
	if (v != X509_V_OK)
		snprintf(why, size, "certificate refused: %s", v == X509_V_ERR_APPLICATION_VERIFICATION ? "its name is not on the allow-list" : X509_verify_cert_error_string(v));
	else {
		const char *reason = ERR_reason_error_string(ERR_peek_error());
		snprintf(why, size, "TLS handshake failed: %s", reason ? reason : "connection closed");
	}
	ERR_clear_error();
	return ERR_INPUT;
}

ssize_t tls_read(struct conn *c, void *to, size_t n)
{
	int got = SSL_read(c->ssl, to, n < INT32_MAX ? (int)n : INT32_MAX);
	if (got > 0) {
		c->read_wants_write = false;
		return got;
	}
	int r = again(c, got, false);
	ERR_clear_error();
	return r;
}

ssize_t tls_write(struct conn *c, const void *from, size_t n)
{
	int put = SSL_write(c->ssl, from, n < INT32_MAX ? (int)n : INT32_MAX);
	if (put > 0) {
		c->write_wants_read = false;
		return put;
	}
	int r = again(c, put, true);
	ERR_clear_error();
	return r;
}

bool tls_pending(const struct conn *c)
{
	return c->ssl && SSL_has_pending(c->ssl);
}
