/* tls_make: the site's own certificate authority and the two certificates it signs at init. The CA's key signs these two, is sealed to the recovery key, and
 * is wiped: whoever takes the server over cannot make certificates. EC P-256 with SHA-256: every browser, and every interface engine with TLS 1.2.
 * RFC 5280 profiles: CA with pathLen 0 and keyCertSign; servers with serverAuth and subjectAltName. */
#include "site.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#define CA_DAYS 3650
#define SERVER_DAYS 825 /* more is refused by Apple's browsers, for private authorities too */

static int failed(struct err *e, const char *what)
{
	return err_set(e, ERR_CRYPTO, "tls", "%s failed in OpenSSL", what);
}

static bool add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = ext && X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	return ok;
}

static bool set_serial(X509 *x)
{
	uint8_t r[16];
	seal_random(r, sizeof r);
	r[0] &= 0x7f; /* positive, at most 20 octets: RFC 5280 4.1.2.2 */
	r[0] |= 0x40;
	BIGNUM *n = BN_bin2bn(r, sizeof r, NULL);
	bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return ok;
}

static bool set_name(X509 *x, const char *organization, const char *common)
{
	X509_NAME *n = X509_get_subject_name(x);
	char org[65];
	/* X.520 allows 64 characters; cut between them */
	struct slice o = slice_str(organization);
	if (o.n > 64)
		o.n = 64;
	o.n = utf8_valid_prefix(o);
	memcpy(org, o.p, o.n);
	org[o.n] = 0;
	return (!org[0] || X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, (const unsigned char *)org, -1, -1, 0)) &&
	       X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0);
}

/* issuer NULL: the authority itself. */
static X509 *certificate(EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const char *organization, const char *common, const char *names)
{
	X509 *x = X509_new();
	bool ca = !issuer;
	bool ok = x && X509_set_version(x, X509_VERSION_3) && set_serial(x) && set_name(x, organization, common) && X509_gmtime_adj(X509_getm_notBefore(x), -3600) &&
	          X509_time_adj_ex(X509_getm_notAfter(x), ca ? CA_DAYS : SERVER_DAYS, 0, NULL) && X509_set_pubkey(x, key) &&
	          X509_set_issuer_name(x, X509_get_subject_name(ca ? x : issuer));
	X509 *by = ca ? x : issuer;
	ok = ok && add_ext(x, by, NID_basic_constraints, ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE");
	ok = ok && add_ext(x, by, NID_key_usage, ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	ok = ok && add_ext(x, by, NID_subject_key_identifier, "hash");
	ok = ok && (ca || add_ext(x, by, NID_authority_key_identifier, "keyid:always"));
	ok = ok && (ca || (add_ext(x, by, NID_ext_key_usage, "serverAuth") && add_ext(x, by, NID_subject_alt_name, names)));
	ok = ok && X509_sign(x, ca ? key : issuer_key, EVP_sha256());
	if (!ok) {
		X509_free(x);
		return NULL;
	}
	return x;
}

static int put_pem(int sitefd, const char *path, X509 *cert, X509 *chain, EVP_PKEY *key, mode_t mode, const struct age_recipient *to, struct err *e)
{
	BIO *b = BIO_new(BIO_s_secmem());
	bool ok = b && (!cert || PEM_write_bio_X509(b, cert)) && (!chain || PEM_write_bio_X509(b, chain)) && (!key || PEM_write_bio_PKCS8PrivateKey(b, key, NULL, NULL, 0, NULL, NULL));
	char *p = NULL;
	long n = ok ? BIO_get_mem_data(b, &p) : 0;
	int r = ok ? 0 : failed(e, "writing a certificate");
	if (r == 0 && to) {
		AUTO_BUF struct buf sealed = {0};
		buf_init(&sealed, 1 << 16);
		r = age_seal(to, 1, slice_of(p, (size_t)n), &sealed, e);
		if (r == 0)
			r = file_replace(sitefd, path, buf_slice(&sealed), mode, e);
	} else if (r == 0) {
		r = file_replace(sitefd, path, slice_of(p, (size_t)n), mode, e);
	}
	BIO_free(b);
	return r;
}

static int server(int sitefd, const char *what, const char *site_name, const char *names, X509 *ca, EVP_PKEY *ca_key, struct err *e)
{
	char path[32], common[64];
	snprintf(common, sizeof common, "holdfast %s", what);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key ? certificate(key, ca, ca_key, site_name, common, names) : NULL;
	int r = x ? 0 : failed(e, "making a server certificate");
	snprintf(path, sizeof path, "tls/%s.crt", what);
	if (r == 0)
		r = put_pem(sitefd, path, x, ca, NULL, 0644, NULL, e);
	snprintf(path, sizeof path, "tls/%s.key", what);
	if (r == 0)
		r = put_pem(sitefd, path, NULL, NULL, key, 0600, NULL, e);
	X509_free(x);
	EVP_PKEY_free(key);
	return r;
}

/* Where browsers and engines will look for us: this host's name, where it is one that a certificate can hold, and loopback. */
static void own_names(char *out, size_t size)
{
	char host[254];
	bool ok = gethostname(host, sizeof host - 1) == 0;
	host[sizeof host - 1] = 0;
	ok = ok && host[0] && strcmp(host, "localhost");
	for (char *p = host; ok && *p; p++)
		ok = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '.';
	snprintf(out, size, "DNS:localhost,IP:127.0.0.1,IP:::1%s%s", ok ? ",DNS:" : "", ok ? host : "");
}

int tls_make(int sitefd, const char *site_name, const struct age_recipient *recovery, struct err *e)
{
	char names[400], common[200];
	int r = file_mkdir(sitefd, "tls", 0755, e);
	if (r < 0)
		return r;
	own_names(names, sizeof names);
	EVP_PKEY *ca_key = EVP_EC_gen("P-256");
	snprintf(common, sizeof common, "holdfast authority");
	X509 *ca = ca_key ? certificate(ca_key, NULL, NULL, site_name, common, NULL) : NULL;
	if (!ca)
		r = failed(e, "making the certificate authority");
	if (r == 0)
		r = put_pem(sitefd, "tls/ca.crt", ca, NULL, NULL, 0644, NULL, e);
	if (r == 0)
		r = put_pem(sitefd, "tls/ca.age", NULL, NULL, ca_key, 0600, recovery, e);
	if (r == 0)
		r = server(sitefd, "web", site_name, names, ca, ca_key, e);
	if (r == 0)
		r = server(sitefd, "mllp", site_name, names, ca, ca_key, e);
	X509_free(ca);
	EVP_PKEY_free(ca_key); /* OpenSSL wipes private numbers as it frees them */
	return r;
}

/* ---- after a rebuild: the same authority, new server keys ---- */

static EVP_PKEY *read_key(int sitefd, const struct age_identity *recovery, struct err *e)
{
	AUTO_BUF struct buf sealed = {0}, pem = {0};
	buf_init(&sealed, PEM_MAX + 4096);
	buf_init_secret(&pem, PEM_MAX);
	if (file_read(sitefd, "tls/ca.age", PEM_MAX + 4096, &sealed, e) < 0 || age_open(recovery, 1, buf_slice(&sealed), &pem, e) < 0)
		return NULL;
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *k = b ? PEM_read_bio_PrivateKey(b, NULL, NULL, NULL) : NULL;
	BIO_free(b);
	if (!k)
		(void)!err_set(e, ERR_CORRUPT, "tls/ca.age", "it does not hold the authority's key");
	return k;
}

static X509 *read_authority(int sitefd, struct err *e)
{
	AUTO_BUF struct buf pem = {0};
	buf_init(&pem, PEM_MAX);
	if (file_read(sitefd, "tls/ca.crt", PEM_MAX, &pem, e) < 0)
		return NULL;
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	BIO_free(b);
	if (!x)
		(void)!err_set(e, ERR_CORRUPT, "tls/ca.crt", "it does not read");
	return x;
}

int site_tls_renew(int sitefd, const char *site_name, const struct age_identity *recovery, struct err *e)
{
	char names[400];
	X509 *ca = read_authority(sitefd, e);
	EVP_PKEY *key = ca ? read_key(sitefd, recovery, e) : NULL;
	int r = key ? 0 : e && e->code ? e->code : ERR_CORRUPT;
	if (r == 0 && X509_check_private_key(ca, key) != 1)
		r = err_set(e, ERR_CORRUPT, "tls/ca.age", "it is the key of another authority");
	own_names(names, sizeof names);
	if (r == 0)
		r = server(sitefd, "web", site_name, names, ca, key, e);
	if (r == 0)
		r = server(sitefd, "mllp", site_name, names, ca, key, e);
	X509_free(ca);
	EVP_PKEY_free(key);
	return r;
}
