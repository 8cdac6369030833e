/* gate_ends: what is in the certificates of a link: whose they are, and until when they count. Those of the link as it is set up, and those that are shown in a handshake. */
#include "gate_role.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* "99991231235959Z" stands for no end (RFC 5280 4.1.2.5): it saturates. */
static bool ends(const X509 *x, int64_t *ret)
{
	struct tm t;
	if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &t) != 1)
		return false;
	*ret = time_from_civil(t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
	return true;
}

static bool put_name(char out[GATE_CERT_NAME], const ASN1_STRING *s)
{
	unsigned char *text = NULL;
	int n = s ? ASN1_STRING_to_UTF8(&text, s) : -1;
	size_t at = 0;
	for (int i = 0; i < n && at + 1 < GATE_CERT_NAME; i++)
		out[at++] = text[i] > ' ' && text[i] < 0x7f ? (char)text[i] : text[i] == ' ' ? ' ' : '?'; /* for a terminal and a page: what drives neither */
	out[at] = 0;
	OPENSSL_free(text);
	return at;
}

/* The common name, else the first DNS name, else the number that who signed it gave it. */
static void name_of(const X509 *x, char out[GATE_CERT_NAME])
{
	const X509_NAME *subject = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at >= 0 && put_name(out, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))))
		return;
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool found = false;
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		found = g->type == GEN_DNS && put_name(out, g->d.dNSName);
	}
	GENERAL_NAMES_free(names);
	if (found)
		return;
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	char *hex = n ? BN_bn2hex(n) : NULL;
	snprintf(out, GATE_CERT_NAME, "serial %.40s", hex ? hex : "unknown");
	OPENSSL_free(hex);
	BN_free(n);
}

static bool read_one(const X509 *x, char id[GATE_CERT_ID], char name[GATE_CERT_NAME], int64_t *ret_until)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n;
	AUTO_BUF struct buf hex = {0};
	if (!ends(x, ret_until) || X509_digest(x, EVP_sha256(), md, &n) != 1)
		return false;
	buf_init(&hex, 2 * GATE_CERT_ID);
	hex_put(&hex, slice_of(md, (GATE_CERT_ID - 1) / 2));
	snprintf(id, GATE_CERT_ID, "%s", buf_cstr(&hex));
	name_of(x, name);
	return true;
}

/* One of those that signed c: the first to end is kept. */
static void signed_by(struct gate_cert *c, const X509 *x)
{
	struct gate_cert s;
	if (!read_one(x, s.id, s.name, &s.until) || (c->signer_until && c->signer_until <= s.until))
		return;
	memcpy(c->signer_id, s.id, sizeof s.id);
	memcpy(c->signer, s.name, sizeof s.name);
	c->signer_until = s.until ? s.until : 1;
}

/* Our own, and those behind it that signed it. */
static void note_own(struct glink *g)
{
	struct gate_cert c = {.of = GATE_CERT_OURS};
	BIO *b = BIO_new_mem_buf(g->l.tls.cert, -1);
	X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	bool ok = x && read_one(x, c.id, c.name, &c.until);
	for (X509_free(x); ok && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)); X509_free(x))
		signed_by(&c, x);
	if (ok)
		gate_certs_note(&g->certs, &c);
	BIO_free(b);
}

/* Authorities: a file may hold the one that follows beside the one that ends, so the last to end counts. Which of them signed what is shown is looked at there. */
static void note_authority(struct glink *g, enum gate_cert_of of, const char *pem)
{
	struct gate_cert best = {.of = of}, c = best;
	BIO *b = BIO_new_mem_buf(pem, -1);
	bool any = false;
	for (X509 *x; b && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)); X509_free(x))
		if (read_one(x, c.id, c.name, &c.until) && (!any || c.until > best.until)) {
			best = c;
			any = true;
		}
	if (any)
		gate_certs_note(&g->certs, &best);
	BIO_free(b);
}

void relay_ends_set(struct glink *g)
{
	const struct gate_tls *t = &g->l.tls;
	g->certs.n = 0;
	if (t->cert[0])
		note_own(g);
	if (t->client_ca[0])
		note_authority(g, GATE_CERT_CLIENT_CA, t->client_ca);
	if (t->ca[0])
		note_authority(g, GATE_CERT_CA, t->ca);
	ERR_clear_error();
}

void relay_ends_shown(struct glink *g, SSL *ssl)
{
	bool near = SSL_is_server(ssl);
	struct gate_cert c = {.of = near ? GATE_CERT_NEAR : GATE_CERT_FAR, .pinned = near ? g->l.tls.client_pin[0] : g->l.tls.pin[0]};
	const X509 *x = SSL_get0_peer_certificate(ssl);
	const STACK_OF(X509) *chain = c.pinned ? NULL : SSL_get0_verified_chain(ssl);
	if (!x || (near && !c.pinned && !g->l.tls.client_ca[0]) || !read_one(x, c.id, c.name, &c.until))
		return; /* nobody was asked for one, or it is looked at by nobody */
	for (int i = 1; chain && i < sk_X509_num(chain); i++)
		signed_by(&c, sk_X509_value(chain, i));
	gate_certs_note(&g->certs, &c);
	ERR_clear_error();
}
