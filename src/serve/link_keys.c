/* link_keys: the keys of our own certificates on partner links: which one, and that it is one, is looked at by the command; where they lie the keeper alone sees.
 *
 *   SITE/keys/link-HASH.pem   mode 0600, in a folder of mode 0700; HASH: the first 32 hex digits of SHA-256 of the certificate as the link's entry has it (PEM)
 *
 * No key is ever in the ledger. A file is named for its certificate, so an entry and its key cannot disagree: the file is durable before the entry is made, and one that no link names, which a death in between leaves behind, is
 * removed at the next start. */
#include "keeper_gate.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_PATH 48
#define HASH_DIGITS 32

static void path_of(const char *cert, char ret[KEY_PATH])
{
	uint8_t hash[SEAL_HASH];
	AUTO_BUF struct buf hex = {0};
	seal_sha256_once(slice_str(cert), hash);
	buf_init(&hex, 256);
	hex_put(&hex, slice_of(hash, HASH_DIGITS / 2));
	snprintf(ret, KEY_PATH, "keys/link-%s.pem", buf_cstr(&hex));
}

static int no_passphrase(char *buf, int size, int rw, void *arg)
{
	return -1; /* nobody is there to be asked in the night */
}

int serve_link_key_check(struct slice cert, struct slice key, struct err *e)
{
	BIO *b = BIO_new_mem_buf(cert.p, (int)cert.n), *k = BIO_new_mem_buf(key.p, (int)key.n);
	X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	EVP_PKEY *p = k ? PEM_read_bio_PrivateKey(k, NULL, no_passphrase, NULL) : NULL;
	int r = 0;
	if (!x)
		r = err_set(e, ERR_USAGE, "--tls-cert", "a file of certificates in PEM, our own first, then those that signed it");
	else if (!p && key.n && memmem(key.p, key.n, "ENCRYPTED", 9))
		r = err_set(e, ERR_USAGE, "--tls-key", "this key has a passphrase, which nobody could type when the link is opened at night: openssl pkey -in FILE -out PLAIN");
	else if (!p)
		r = err_set(e, ERR_USAGE, "--tls-key", "a file with the certificate's private key in PEM");
	else if (X509_check_private_key(x, p) != 1)
		r = err_set(e, ERR_USAGE, "--tls-key", "this is not the key of the certificate of --tls-cert");
	else if (X509_cmp_current_time(X509_get0_notAfter(x)) <= 0)
		r = err_set(e, ERR_USAGE, "--tls-cert", "this certificate has expired: the far side would refuse it");
	ERR_clear_error();
	X509_free(x);
	EVP_PKEY_free(p);
	BIO_free(b);
	BIO_free(k);
	return r;
}

/* ---- where they lie ---- */

int link_key_store(struct keeper *k, const char *cert, struct slice key, struct err *e)
{
	char path[KEY_PATH];
	path_of(cert, path);
	if (!key.n || key.n > GATE_KEY_PEM_MAX || !memmem(key.p, key.n, "PRIVATE KEY-----", 16) || memchr(key.p, 0, key.n))
		return err_set(e, ERR_USAGE, "--tls-key", "a file with the certificate's private key in PEM");
	return file_replace(k->r->sitefd, path, key, 0600, e);
}

int link_key_load(struct keeper *k, const char *cert, struct buf *ret)
{
	char path[KEY_PATH];
	path_of(cert, path);
	buf_init_secret(ret, GATE_KEY_PEM_MAX);
	return file_read(k->r->sitefd, path, GATE_KEY_PEM_MAX, ret, NULL);
}

static bool named(const struct keeper_gate *g, const char *file)
{
	char path[KEY_PATH];
	for (size_t i = 0; g && i < g->count; i++) {
		if (!g->links[i]->l.tls.cert[0])
			continue;
		path_of(g->links[i]->l.tls.cert, path);
		if (!strcmp(path + strlen("keys/"), file))
			return true;
	}
	return false;
}

void link_keys_sweep(struct keeper *k)
{
	static const char head[] = "link-", tail[] = ".pem";
	int fd = openat(k->r->sitefd, "keys", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	bool any = false;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return; /* they lie where nobody else reads them: later */
	}
	for (struct dirent *x; (x = readdir(d));) {
		size_t n = strlen(x->d_name);
		if (n != sizeof head - 1 + HASH_DIGITS + sizeof tail - 1 || strncmp(x->d_name, head, sizeof head - 1) != 0 || strcmp(x->d_name + n - (sizeof tail - 1), tail) != 0 || named(k->gate, x->d_name))
			continue;
		any |= unlinkat(dirfd(d), x->d_name, 0) == 0;
	}
	closedir(d);
	if (any)
		(void)!file_sync_dir(k->r->sitefd, "keys", NULL);
}
