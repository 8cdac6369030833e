/* The keys of our own certificates on links: which key and which certificate are taken, where a key lies and who may read it, what takes its place while everything runs, and what is removed when no link names it any more. */
#include "keeper_gate.h"

#include <setjmp.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* ---- what is taken ---- */

static X509 *certificate(EVP_PKEY *key, long seconds)
{
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);
	assert_true(X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1));
	assert_true(X509_gmtime_adj(X509_getm_notBefore(x), -86400) && X509_gmtime_adj(X509_getm_notAfter(x), seconds));
	assert_true(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)"ours", -1, -1, 0) && X509_set_issuer_name(x, n) && X509_set_pubkey(x, key) && X509_sign(x, key, EVP_sha256()));
	return x;
}

enum form { PLAIN, PKCS8_LOCKED, OLD_LOCKED };
static void put_key(struct buf *out, EVP_PKEY *key, enum form form)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	int ok = form == OLD_LOCKED ? PEM_write_bio_PrivateKey_traditional(b, key, EVP_aes_128_cbc(), (const unsigned char *)"words", 5, NULL, NULL)
	                            : PEM_write_bio_PrivateKey(b, key, form == PLAIN ? NULL : EVP_aes_256_cbc(), (const unsigned char *)(form == PLAIN ? NULL : "words"), form == PLAIN ? 0 : 5, NULL, NULL);
	assert_int_equal(ok, 1);
	long n = BIO_get_mem_data(b, &p);
	buf_init(out, GATE_KEY_PEM_MAX);
	buf_add(out, p, (size_t)n);
	BIO_free(b);
}

static void put_certs(struct buf *out, X509 *first, X509 *second)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	assert_true(PEM_write_bio_X509(b, first) && (!second || PEM_write_bio_X509(b, second)));
	long n = BIO_get_mem_data(b, &p);
	buf_init(out, GATE_CERT_MAX);
	buf_add(out, p, (size_t)n);
	BIO_free(b);
}

static void taken(const struct buf *cert, const struct buf *key, const char *why)
{
	struct err e = {0};
	int r = serve_link_key_check(buf_slice(cert), buf_slice(key), &e);
	if (why && (r != ERR_USAGE || !strstr(e.text, why)))
		fail_msg("%d, '%s', and not: %s", r, e.text, why);
	if (!why && r < 0)
		fail_msg("refused: %s", e.text);
}

static void pairs(void **state)
{
	EVP_PKEY *mine = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	X509 *x = certificate(mine, 3600), *signer = certificate(other, 3600), *old = certificate(mine, -60);
	AUTO_BUF struct buf cert = {0}, chain = {0}, turned = {0}, ended = {0}, key = {0}, wrong = {0}, locked = {0}, old_locked = {0}, none = {0}, text = {0};
	(void)state;
	put_certs(&cert, x, NULL);
	put_certs(&chain, x, signer);
	put_certs(&turned, signer, x);
	put_certs(&ended, old, NULL);
	put_key(&key, mine, PLAIN);
	put_key(&wrong, other, PLAIN);
	put_key(&locked, mine, PKCS8_LOCKED);
	put_key(&old_locked, mine, OLD_LOCKED);
	buf_init(&none, 16);
	buf_init(&text, 64);
	buf_str(&text, "-----BEGIN PRIVATE KEY-----\nnot base64\n");
	taken(&cert, &key, NULL);
	taken(&chain, &key, NULL); /* ours first, then what signed it */
	taken(&turned, &key, "not the key of the certificate");
	taken(&cert, &wrong, "not the key of the certificate");
	taken(&cert, &locked, "has a passphrase");
	taken(&cert, &old_locked, "has a passphrase");
	taken(&cert, &none, "private key in PEM");
	taken(&cert, &text, "private key in PEM");
	taken(&cert, &cert, "private key in PEM");
	taken(&none, &key, "certificates in PEM");
	taken(&key, &key, "certificates in PEM");
	taken(&ended, &key, "has expired");
	X509_free(x);
	X509_free(signer);
	X509_free(old);
	EVP_PKEY_free(mine);
	EVP_PKEY_free(other);
}

/* ---- where they lie ---- */

struct place {
	char dir[64];
	struct role r;
	struct keeper *k;
};
static struct place at;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static int begin(void **state)
{
	char keys[80];
	memset(&at, 0, sizeof at);
	snprintf(at.dir, sizeof at.dir, "/tmp/hf-link-keys-XXXXXX");
	assert_non_null(mkdtemp(at.dir));
	snprintf(keys, sizeof keys, "%s/keys", at.dir);
	assert_int_equal(mkdir(keys, 0700), 0);
	at.r.sitefd = open(at.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	at.k = calloc(1, sizeof *at.k);
	at.k->r = &at.r;
	return 0;
}

static int end(void **state)
{
	keeper_gate_forget(at.k);
	free(at.k);
	close(at.r.sitefd);
	return nftw(at.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define A_KEY "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
#define B_KEY "-----BEGIN PRIVATE KEY-----\nBBBBBBBB\n-----END PRIVATE KEY-----\n"

static size_t count(char name[280])
{
	char keys[80];
	size_t n = 0;
	snprintf(keys, sizeof keys, "%s/keys", at.dir);
	DIR *d = opendir(keys);
	for (struct dirent *x; (x = readdir(d));)
		if (x->d_name[0] != '.') {
			snprintf(name, 280, "keys/%s", x->d_name);
			n++;
		}
	closedir(d);
	return n;
}

static void store(const char *cert, const char *key)
{
	struct err e = {0};
	if (link_key_store(at.k, cert, slice_str(key), &e) < 0)
		fail_msg("%s: %s", e.place, e.text);
}

static void loads(const char *cert, const char *key)
{
	AUTO_BUF struct buf b = {0};
	int r = link_key_load(at.k, cert, &b);
	if (!key) {
		assert_int_equal(r, ERR_NOT_FOUND);
		return;
	}
	assert_int_equal(r, 0);
	assert_string_equal(buf_cstr(&b), key);
	assert_true(b.secret);
}

static void who_may_read(void **state)
{
	char name[280];
	struct stat st;
	mode_t mask = umask(0);
	loads("a certificate", NULL);
	store("a certificate", A_KEY);
	assert_int_equal(count(name), 1);
	assert_int_equal(fstatat(at.r.sitefd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	loads("a certificate", A_KEY);
	loads("another", NULL);
	/* somebody has opened it to others: the next that is stored closes it */
	assert_int_equal(fchmodat(at.r.sitefd, name, 0644, 0), 0);
	store("a certificate", B_KEY);
	assert_int_equal(fstatat(at.r.sitefd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	umask(mask);
}

/* Whoever reads while another takes its place has the one or the other, whole; and no link of somebody's making is followed. */
static void replaced(void **state)
{
	char name[280], text[200] = "";
	store("a certificate", A_KEY);
	assert_int_equal(count(name), 1);
	int fd = openat(at.r.sitefd, name, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	store("a certificate", B_KEY);
	assert_int_equal(read(fd, text, sizeof text - 1), sizeof A_KEY - 1);
	assert_string_equal(text, A_KEY);
	close(fd);
	loads("a certificate", B_KEY);
	assert_int_equal(count(name), 1);
	assert_int_equal(unlinkat(at.r.sitefd, name, 0), 0);
	assert_int_equal(symlinkat("../elsewhere", at.r.sitefd, name), 0);
	store("a certificate", A_KEY);
	assert_int_equal(faccessat(at.r.sitefd, "elsewhere", F_OK, 0), -1);
	loads("a certificate", A_KEY);
}

static void not_taken(void **state)
{
	char name[280], big[GATE_KEY_PEM_MAX + 2];
	struct err e = {0};
	assert_int_equal(link_key_store(at.k, "c", SLICE_NULL, &e), ERR_USAGE);
	assert_int_equal(link_key_store(at.k, "c", slice_str("-----BEGIN CERTIFICATE-----\n"), &e), ERR_USAGE);
	assert_int_equal(link_key_store(at.k, "c", slice_of((const uint8_t *)A_KEY, sizeof A_KEY), &e), ERR_USAGE); /* with its NUL */
	memset(big, 'x', sizeof big);
	memcpy(big, A_KEY, sizeof A_KEY - 1);
	assert_int_equal(link_key_store(at.k, "c", slice_of((const uint8_t *)big, GATE_KEY_PEM_MAX + 1), &e), ERR_USAGE);
	assert_int_equal(count(name), 0);
	assert_int_equal(link_key_store(at.k, "c", slice_of((const uint8_t *)big, GATE_KEY_PEM_MAX), &e), 0); /* as long as one may be */
	AUTO_BUF struct buf b = {0};
	assert_int_equal(link_key_load(at.k, "c", &b), 0);
	assert_int_equal(b.n, GATE_KEY_PEM_MAX);
	/* a place that is not there is an error, and nothing lies beside it */
	assert_int_equal(renameat(at.r.sitefd, "keys", at.r.sitefd, "away"), 0);
	assert_true(link_key_store(at.k, "d", slice_str(A_KEY), &e) < 0);
	loads("c", NULL);
	link_keys_sweep(at.k); /* nothing to sweep, and nothing breaks */
	assert_int_equal(renameat(at.r.sitefd, "away", at.r.sitefd, "keys"), 0);
	assert_int_equal(count(name), 1);
}

static void swept(void **state)
{
	static struct gate_link l;
	char name[280];
	snprintf(l.name, sizeof l.name, "lab");
	snprintf(l.tls.cert, sizeof l.tls.cert, "named");
	assert_non_null(kg_gate(at.k));
	assert_non_null(kg_find_or_make(at.k, &l));
	store("named", A_KEY);
	store("left by a death", B_KEY);
	store("of a link that was changed", B_KEY);
	static const char *const others[] = {"keys/link-short.pem", "keys/care.age", "keys/link-0123456789abcdef0123456789abcdef.pem.new", "keys/LINK-0123456789abcdef0123456789abcdef.pem"};
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		int fd = openat(at.r.sitefd, others[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	link_keys_sweep(at.k);
	loads("named", A_KEY);
	loads("left by a death", NULL);
	loads("of a link that was changed", NULL);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(faccessat(at.r.sitefd, others[i], F_OK, 0), 0);
	assert_int_equal(count(name), 1 + ARRAY_LEN(others));
	kg_drop_link(at.k, kg_find(at.k, slice_str("lab")));
	link_keys_sweep(at.k);
	loads("named", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
		cmocka_unit_test_setup_teardown(who_may_read, begin, end),
		cmocka_unit_test_setup_teardown(replaced, begin, end),
		cmocka_unit_test_setup_teardown(not_taken, begin, end),
		cmocka_unit_test_setup_teardown(swept, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
