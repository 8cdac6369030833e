/* An S3 bucket with object lock (Amazon S3 API reference; tried against Ceph RGW 16.2).
 *
 * Every object is put with COMPLIANCE retention: until then nobody can remove that version, not with the bucket's own keys. Whoever has the write key can still lay newer versions or delete markers over a name,
 * and "If-None-Match: *" is not kept by every server. So "is it there" asks for all versions, and what counts is a version of these bytes (size and MD5 as the server lists them), not that the newest is ours.
 *
 * libcurl signs (SigV4). Three things are ours: x-amz-content-sha256 is a header that it does not add; query parameters must stand sorted and percent-encoded; and so must the path. */
#include "vault_store_net.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE ((size_t)1 << 20)
#define PAGES_MAX 100000 /* of 1000 versions */

struct bucket {
	struct vault_store s;
	struct vault_access access;
	struct vault_net net;
	char endpoint[256], bucket[64], prefix[VAULT_OBJECT_MAX + 2]; /* "" or with its slash */
	char sigv4[96], userpwd[512], token[2048];
	bool locked; /* the bucket keeps what it is given */
	bool aws;
	char region[64];
};

static struct bucket *of(struct vault_store *s)
{
	return (struct bucket *)s;
}

/* ---- requests ---- */

static int url_of(const struct bucket *b, const char *name, const char *query, struct buf *out, struct err *e)
{
	buf_str(out, b->endpoint);
	buf_u8(out, '/');
	buf_str(out, b->bucket);
	if (name) {
		buf_u8(out, '/');
		vault_url_encode(out, slice_str(b->prefix), true);
		vault_url_encode(out, slice_str(name), true);
	}
	if (query)
		buf_printf(out, "?%s", query);
	return buf_ok(out) ? 0 : err_set(e, buf_code(out), NULL, "no memory");
}

static bool add(struct curl_slist **l, const char *fmt, ...) PRINTF_LIKE(2, 3);
static bool add(struct curl_slist **l, const char *fmt, ...)
{
	char line[2400];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	struct curl_slist *more = n > 0 && (size_t)n < sizeof line ? curl_slist_append(*l, line) : NULL;
	if (more)
		*l = more;
	return more != NULL;
}

#define HASH_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static int base_headers(const struct bucket *b, const char *sha256_hex, struct curl_slist **ret, struct err *e)
{
	bool ok = add(ret, "x-amz-content-sha256: %s", sha256_hex);
	if (ok && b->token[0])
		ok = add(ret, "x-amz-security-token: %s", b->token);
	return ok ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
}

static int ask(struct bucket *b, struct vault_request *q, struct vault_answer *a, struct err *e)
{
	q->sigv4 = b->sigv4;
	q->userpwd = b->userpwd;
	return vault_net_do(&b->net, q, a, e);
}

static int said(const struct bucket *b, const char *name, const struct vault_answer *a, const char *what, struct err *e)
{
	char code[64] = "";
	vault_listing_error(slice_of(a->text.p, a->text.n), code);
	const char *sep = code[0] ? ", " : "";
	if (a->status == 404)
		return err_set(e, ERR_NOT_FOUND, name, "%s has no such object%s%s", b->s.where, sep, code);
	if (a->status == 403 && !strcmp(code, "RequestTimeTooSkewed"))
		return err_set(e, ERR_DENIED, b->s.where, "this machine's clock is too far from the object store's: set it");
	if (a->status == 403)
		return err_set(e, ERR_DENIED, name ? name : b->s.where, "%s: the object store refuses (403%s%s); look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and at the bucket's policy", what, sep, code);
	return err_set(e, ERR_SYSTEM, name ? name : b->s.where, "%s: the object store answers %ld%s%s", what, a->status, sep, code);
}

static void hex_of(const uint8_t h[SEAL_HASH], char out[65])
{
	for (size_t i = 0; i < SEAL_HASH; i++)
		snprintf(out + 2 * i, 3, "%02x", h[i]);
}

/* ---- listing ---- */

struct list {
	struct bucket *b;
	vault_object_fn *fn;
	void *arg;
};

static int take(void *arg, struct slice key, bool deleted, const struct vault_object *o, struct err *e)
{
	struct list *l = arg;
	size_t n = strlen(l->b->prefix);
	if (deleted || key.n <= n || key.n - n > VAULT_OBJECT_MAX || memcmp(key.p, l->b->prefix, n))
		return 0;
	struct vault_object mine = *o;
	memcpy(mine.name, key.p + n, key.n - n);
	mine.name[key.n - n] = 0;
	return strlen(mine.name) == key.n - n && vault_object_name_ok(mine.name) ? l->fn(l->arg, &mine, e) : 0; /* other names are not ours */
}

static int list_page(struct list *l, const char *prefix, struct vault_listing_more *more, struct err *e)
{
	AUTO_BUF struct buf query = {0}, url = {0};
	struct vault_answer a = {0};
	struct curl_slist *h = NULL;
	buf_init(&query, 16384);
	buf_init(&url, 32768);
	buf_str(&query, "encoding-type=url");
	if (more->key[0]) {
		buf_str(&query, "&key-marker=");
		vault_url_encode(&query, slice_str(more->key), false);
	}
	buf_str(&query, "&max-keys=1000&prefix=");
	vault_url_encode(&query, slice_str(l->b->prefix), false);
	vault_url_encode(&query, slice_str(prefix), false);
	if (more->key[0] && more->version[0]) {
		buf_str(&query, "&version-id-marker=");
		vault_url_encode(&query, slice_str(more->version), false);
	}
	buf_str(&query, "&versions=");
	int r = url_of(l->b, NULL, buf_cstr(&query), &url, e);
	if (r == 0)
		r = base_headers(l->b, HASH_OF_NOTHING, &h, e);
	struct vault_request q = {.url = buf_cstr(&url), .method = "GET", .headers = h};
	if (r == 0)
		r = ask(l->b, &q, &a, e);
	if (r == 0 && a.status != 200)
		r = said(l->b, NULL, &a, "listing", e);
	if (r == 0) {
		struct vault_listing_more next;
		r = vault_listing_read(buf_slice(&a.text), take, l, &next, e);
		if (r == 0 && next.truncated && !strcmp(next.key, more->key) && !strcmp(next.version, more->version))
			r = err_set(e, ERR_INPUT, l->b->s.where, "its listing goes in a circle");
		if (r == 0)
			*more = next;
	}
	vault_answer_done(&a);
	curl_slist_free_all(h);
	return r;
}

static int s3_list(struct vault_store *s, const char *prefix, vault_object_fn *fn, void *arg, struct err *e)
{
	struct list l = {.b = of(s), .fn = fn, .arg = arg};
	struct vault_listing_more more = {0};
	for (int page = 0; page < PAGES_MAX; page++) {
		int r = list_page(&l, prefix, &more, e);
		if (r < 0 || !more.truncated)
			return r;
	}
	return err_set(e, ERR_LIMIT, s->where, "there are more than %d thousand versions in it", PAGES_MAX);
}

/* ---- reading ---- */

static int s3_get(struct vault_store *s, const char *name, const char *version, uint64_t offset, uint64_t n, vault_store_sink *sink, void *arg, struct err *e)
{
	struct bucket *b = of(s);
	AUTO_BUF struct buf query = {0}, url = {0};
	struct vault_answer a = {0};
	struct curl_slist *h = NULL;
	assert(vault_object_name_ok(name));
	if (n == 0)
		return 0;
	buf_init(&query, 1024);
	buf_init(&url, 8192);
	if (version[0]) {
		buf_str(&query, "versionId=");
		vault_url_encode(&query, slice_str(version), false);
	}
	int r = url_of(b, name, version[0] ? buf_cstr(&query) : NULL, &url, e);
	if (r == 0)
		r = base_headers(b, HASH_OF_NOTHING, &h, e);
	struct vault_request q = {.url = buf_cstr(&url), .method = "GET", .headers = h, .from = offset, .most = n == UINT64_MAX ? 0 : n, .sink = sink, .arg = arg};
	if (r == 0)
		r = ask(b, &q, &a, e);
	if (r == 0 && a.status != 200 && a.status != 206 && a.status != 416)
		r = said(b, name, &a, "reading", e);
	vault_answer_done(&a);
	curl_slist_free_all(h);
	return r;
}

static int s3_head(struct vault_store *s, const char *name, struct vault_object *ret, struct err *e)
{
	struct bucket *b = of(s);
	AUTO_BUF struct buf url = {0};
	struct vault_answer a = {0};
	struct curl_slist *h = NULL;
	assert(vault_object_name_ok(name));
	buf_init(&url, 8192);
	int r = url_of(b, name, NULL, &url, e);
	if (r == 0)
		r = base_headers(b, HASH_OF_NOTHING, &h, e);
	struct vault_request q = {.url = buf_cstr(&url), .method = "HEAD", .headers = h};
	if (r == 0)
		r = ask(b, &q, &a, e);
	if (r == 0 && a.status != 200)
		r = said(b, name, &a, "looking", e);
	if (r == 0) {
		*ret = (struct vault_object){.size = a.length, .time = a.modified, .latest = true};
		snprintf(ret->name, sizeof ret->name, "%s", name);
		snprintf(ret->version, sizeof ret->version, "%s", a.version);
	}
	vault_answer_done(&a);
	curl_slist_free_all(h);
	return r;
}

/* ---- putting ---- */

static int md5_of(const struct vault_bytes *b, uint8_t out[16], struct err *e)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t *piece = malloc(PIECE);
	int r = c && piece && EVP_DigestInit_ex(c, EVP_md5(), NULL) == 1 ? 0 : err_set(e, ERR_MEMORY, NULL, "MD5 is not to be had");
	for (uint64_t at = 0; r == 0 && at < b->size;) {
		size_t n = b->size - at < PIECE ? (size_t)(b->size - at) : PIECE;
		r = vault_bytes_read(b, at, piece, n, e);
		if (r == 0 && EVP_DigestUpdate(c, piece, n) != 1)
			r = err_set(e, ERR_MEMORY, NULL, "MD5 failed");
		at += n;
	}
	if (r == 0 && EVP_DigestFinal_ex(c, out, NULL) != 1)
		r = err_set(e, ERR_MEMORY, NULL, "MD5 failed");
	EVP_MD_CTX_free(c);
	free(piece);
	return r;
}

struct finding {
	const char *name;
	const struct vault_bytes *b;
	uint8_t md5[16];
	bool has_md5, found;
};

static int find_same(void *arg, const struct vault_object *o, struct err *e)
{
	struct finding *f = arg;
	if (f->found || strcmp(o->name, f->name) || o->size != f->b->size || !o->has_md5)
		return 0;
	if (!f->has_md5) {
		int r = md5_of(f->b, f->md5, e);
		if (r < 0)
			return r;
		f->has_md5 = true;
	}
	f->found = !memcmp(o->md5, f->md5, sizeof f->md5);
	return 0;
}

static int lock_headers(const struct bucket *b, unsigned days, struct curl_slist **h, struct err *e)
{
	char until[32];
	if (!b->locked)
		return 0;
	time_rfc3339(time_now() + (int64_t)(days ? days : b->s.retain_days) * 86400 * TIME_SEC, 0, until);
	return add(h, "x-amz-object-lock-mode: COMPLIANCE") && add(h, "x-amz-object-lock-retain-until-date: %s", until) ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
}

static int put_one(struct bucket *b, const char *name, const struct vault_bytes *bytes, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	AUTO_BUF struct buf url = {0}, sum = {0};
	struct vault_answer a = {0};
	struct curl_slist *h = NULL;
	char hex[65];
	buf_init(&url, 8192);
	buf_init(&sum, 64);
	hex_of(sha256, hex);
	base64_put(&sum, slice_of(sha256, SEAL_HASH));
	int r = url_of(b, name, NULL, &url, e);
	if (r == 0)
		r = base_headers(b, hex, &h, e);
	if (r == 0)
		r = lock_headers(b, bytes->lock_days, &h, e);
	if (r == 0 && !(add(&h, "x-amz-checksum-sha256: %s", buf_cstr(&sum)) && add(&h, "Content-Type: application/octet-stream"))) /* Amazon wants one with a retention period */
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	struct vault_request q = {.url = buf_cstr(&url), .method = "PUT", .headers = h, .body = bytes};
	if (r == 0)
		r = ask(b, &q, &a, e);
	if (r == 0 && a.status != 200 && a.status != 201)
		r = said(b, name, &a, "writing", e);
	vault_answer_done(&a);
	curl_slist_free_all(h);
	return r;
}

static int s3_put(struct vault_store *s, const char *name, const struct vault_bytes *bytes, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct finding f = {.name = name, .b = bytes};
	assert(vault_object_name_ok(name));
	if (bytes->size >= UINT64_C(5) << 30)
		return err_set(e, ERR_LIMIT, name, "an object of 5 GiB and more cannot be put in one piece");
	int r = bytes->fresh ? 0 : s3_list(s, name, find_same, &f, e);
	if (r < 0 || f.found)
		return r;
	r = put_one(of(s), name, bytes, sha256, e);
	return r == 0 ? 1 : r;
}

/* PutObjectRetention: COMPLIANCE can only be made longer. */
static int s3_renew(struct vault_store *s, const struct vault_object *o, unsigned days, struct err *e)
{
	struct bucket *b = of(s);
	AUTO_BUF struct buf url = {0}, query = {0}, sum = {0};
	struct vault_answer a = {0};
	struct curl_slist *h = NULL;
	char text[320], until[32], hex[65];
	uint8_t sha[SEAL_HASH], md5[16];
	if (!b->locked)
		return 0;
	buf_init(&url, 8192);
	buf_init(&query, 1024);
	buf_init(&sum, 64);
	time_rfc3339(time_now() + (int64_t)(days ? days : s->retain_days) * 86400 * TIME_SEC, 0, until);
	snprintf(text, sizeof text, "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>COMPLIANCE</Mode><RetainUntilDate>%s</RetainUntilDate></Retention>", until);
	struct vault_bytes body = VAULT_BYTES(slice_str(text));
	buf_str(&query, "retention=");
	if (o->version[0]) {
		buf_str(&query, "&versionId=");
		vault_url_encode(&query, slice_str(o->version), false);
	}
	seal_sha256_once(body.mem, sha);
	hex_of(sha, hex);
	int r = md5_of(&body, md5, e);
	base64_put(&sum, slice_of(md5, sizeof md5));
	if (r == 0)
		r = url_of(b, o->name, buf_cstr(&query), &url, e);
	if (r == 0)
		r = base_headers(b, hex, &h, e);
	if (r == 0 && !add(&h, "Content-MD5: %s", buf_cstr(&sum)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	struct vault_request q = {.url = buf_cstr(&url), .method = "PUT", .headers = h, .body = &body};
	if (r == 0)
		r = ask(b, &q, &a, e);
	if (r == 0 && a.status != 200)
		r = said(b, o->name, &a, "keeping it locked", e);
	vault_answer_done(&a);
	curl_slist_free_all(h);
	return r;
}

/* ---- taking away ---- */

/* GetObjectRetention: until when this version is locked. 0: it does not say. */
static int64_t locked_until(struct bucket *b, const struct vault_object *o)
{
	static const char tag[] = "<RetainUntilDate>";
	AUTO_BUF struct buf url = {0}, query = {0};
	struct vault_answer a = {0};
	struct curl_slist *h = NULL;
	int64_t until = 0;
	buf_init(&url, 8192);
	buf_init(&query, 1024);
	buf_str(&query, "retention=");
	if (o->version[0]) {
		buf_str(&query, "&versionId=");
		vault_url_encode(&query, slice_str(o->version), false);
	}
	struct vault_request q = {.method = "GET"};
	if (url_of(b, o->name, buf_cstr(&query), &url, NULL) == 0 && base_headers(b, HASH_OF_NOTHING, &h, NULL) == 0) {
		q.url = buf_cstr(&url);
		q.headers = h;
		if (ask(b, &q, &a, NULL) == 0 && a.status == 200 && a.text.n) {
			const uint8_t *at = memmem(a.text.p, a.text.n, tag, sizeof tag - 1);
			const uint8_t *end = at ? memchr(at + sizeof tag - 1, '<', (size_t)(a.text.p + a.text.n - at) - (sizeof tag - 1)) : NULL;
			if (end && time_parse(slice_of(at + sizeof tag - 1, (size_t)(end - at) - (sizeof tag - 1)), 0, &until) < 0)
				until = 0;
		}
	}
	vault_answer_done(&a);
	curl_slist_free_all(h);
	return until;
}

/* DELETE of one version. Without a version it would only lay a delete marker over it, which takes nothing away. */
static int s3_remove(struct vault_store *s, const struct vault_object *o, int64_t *ret_until, struct err *e)
{
	struct bucket *b = of(s);
	AUTO_BUF struct buf url = {0}, query = {0};
	struct vault_answer a = {0};
	struct curl_slist *h = NULL;
	assert(vault_object_name_ok(o->name));
	*ret_until = 0;
	buf_init(&url, 8192);
	buf_init(&query, 1024);
	if (o->version[0]) {
		buf_str(&query, "versionId=");
		vault_url_encode(&query, slice_str(o->version), false);
	}
	int r = url_of(b, o->name, query.n ? buf_cstr(&query) : NULL, &url, e);
	if (r == 0)
		r = base_headers(b, HASH_OF_NOTHING, &h, e);
	struct vault_request q = {.url = buf_cstr(&url), .method = "DELETE", .headers = h};
	if (r == 0)
		r = ask(b, &q, &a, e);
	if (r == 0 && a.status == 403 && (*ret_until = locked_until(b, o)) > 0)
		r = err_set(e, ERR_BUSY, o->name, "the bucket keeps it locked");
	else if (r == 0 && a.status != 204 && a.status != 404)
		r = said(b, o->name, &a, "removing", e);
	vault_answer_done(&a);
	curl_slist_free_all(h);
	return r;
}

/* ---- opening ---- */

static void s3_close(struct vault_store *s)
{
	struct bucket *b = of(s);
	vault_net_close(&b->net);
	seal_wipe(b, sizeof *b);
	free(b);
}

static const struct vault_store_ops ops = {.put = s3_put, .get = s3_get, .list = s3_list, .head = s3_head, .renew = s3_renew, .remove = s3_remove, .close = s3_close};

static int from_access(struct bucket *b, struct err *e)
{
	const char *endpoint = b->access.endpoint, *key = b->access.key, *secret = b->access.secret, *region = b->access.region, *token = b->access.session;
	if (!*key || !*secret)
		return err_set(e, ERR_USAGE, "AWS_ACCESS_KEY_ID", "the object store's credentials are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; they are not set");
	if (!*region)
		region = *endpoint ? "default" : "us-east-1";
	b->aws = !*endpoint;
	int n = b->aws ? snprintf(b->endpoint, sizeof b->endpoint, "https://s3.%s.amazonaws.com", region) : snprintf(b->endpoint, sizeof b->endpoint, "%s", endpoint);
	bool fits = n > 0 && (size_t)n < sizeof b->endpoint;
	for (; fits && n > 0 && b->endpoint[n - 1] == '/'; n--)
		b->endpoint[n - 1] = 0;
	if (!fits || (strncmp(b->endpoint, "https://", 8) && strncmp(b->endpoint, "http://", 7)))
		return err_set(e, ERR_USAGE, "AWS_ENDPOINT_URL", "an object store's address is https://HOST[:PORT] (or http://)");
	fits = (size_t)snprintf(b->region, sizeof b->region, "%s", region) < sizeof b->region;
	fits = (size_t)snprintf(b->sigv4, sizeof b->sigv4, "aws:amz:%s:s3", region) < sizeof b->sigv4 && fits;
	fits = (size_t)snprintf(b->userpwd, sizeof b->userpwd, "%s:%s", key, secret) < sizeof b->userpwd && fits;
	fits = (size_t)snprintf(b->token, sizeof b->token, "%s", token) < sizeof b->token && fits;
	return fits ? 0 : err_set(e, ERR_USAGE, "AWS_REGION", "the region or a credential is too long");
}

static int make_bucket(struct bucket *b, struct err *e)
{
	AUTO_BUF struct buf url = {0};
	struct vault_answer a = {0};
	struct curl_slist *h = NULL;
	char text[300] = "", hex[65];
	uint8_t sha[SEAL_HASH];
	buf_init(&url, 4096);
	if (b->aws && strcmp(b->region, "us-east-1"))
		snprintf(text, sizeof text, "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>%s</LocationConstraint></CreateBucketConfiguration>", b->region);
	struct vault_bytes body = VAULT_BYTES(slice_str(text));
	seal_sha256_once(body.mem, sha);
	hex_of(sha, hex);
	int r = url_of(b, NULL, NULL, &url, e);
	if (r == 0)
		r = base_headers(b, hex, &h, e);
	if (r == 0 && !add(&h, "x-amz-bucket-object-lock-enabled: true"))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	struct vault_request q = {.url = buf_cstr(&url), .method = "PUT", .headers = h, .body = &body};
	if (r == 0)
		r = ask(b, &q, &a, e);
	if (r == 0 && a.status != 200)
		r = said(b, NULL, &a, "making the bucket", e);
	vault_answer_done(&a);
	curl_slist_free_all(h);
	return r;
}

/* 0: the bucket is there, and b->locked says what it keeps. */
static int look_at_bucket(struct bucket *b, struct err *e)
{
	AUTO_BUF struct buf url = {0};
	struct vault_answer a = {0};
	struct curl_slist *h = NULL;
	char code[64] = "";
	buf_init(&url, 4096);
	int r = url_of(b, NULL, "object-lock=", &url, e);
	if (r == 0)
		r = base_headers(b, HASH_OF_NOTHING, &h, e);
	struct vault_request q = {.url = buf_cstr(&url), .method = "GET", .headers = h};
	if (r == 0)
		r = ask(b, &q, &a, e);
	if (r == 0) {
		vault_listing_error(slice_of(a.text.p, a.text.n), code);
		b->locked = a.status == 200;
		if (a.status == 404 && !strcmp(code, "NoSuchBucket"))
			r = err_set(e, ERR_NOT_FOUND, b->s.where, "there is no such bucket");
		else if (a.status == 403)
			r = said(b, NULL, &a, "looking at the bucket", e);
	}
	vault_answer_done(&a);
	curl_slist_free_all(h);
	return r;
}

static int find_bucket(struct bucket *b, const struct vault_store_options *o, struct err *e)
{
	int r = look_at_bucket(b, e);
	if (r == ERR_NOT_FOUND && o->write) {
		r = make_bucket(b, e);
		if (r == 0)
			r = look_at_bucket(b, e);
	}
	if (r == 0 && o->write && !b->locked && !o->no_lock)
		r = err_set(e, ERR_USAGE, b->s.where, "this bucket has no object lock, so whoever gets its key can remove everything in it: make one with object lock (it cannot be switched on later), or say --no-lock");
	return r;
}

int vault_s3_open(const char *target, const struct vault_store_options *o, struct vault_store **ret, struct err *e)
{
	struct bucket *b = calloc(1, sizeof *b);
	if (!b)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	(void)!seal_lock_memory(b, sizeof *b, NULL);
	b->s.ops = &ops;
	b->s.kind = VAULT_S3;
	b->s.retain_days = o->retain_days ? o->retain_days : 30;
	const char *at = target + 5, *slash = strchr(at, '/');
	size_t n = slash ? (size_t)(slash - at) : strlen(at), m = slash ? strlen(slash + 1) : 0;
	while (m && slash[m] == '/')
		m--;
	memcpy(b->bucket, at, n); /* vault_target_kind has looked at the lengths */
	if (m)
		snprintf(b->prefix, sizeof b->prefix, "%.*s/", (int)m, slash + 1);
	snprintf(b->s.where, sizeof b->s.where, "s3://%s/%s", b->bucket, b->prefix);
	b->s.where[strlen(b->s.where) - 1] = 0;
	if (o->access)
		b->access = *o->access;
	else
		vault_access_env(&b->access);
	int r = from_access(b, e);
	if (r == 0)
		r = vault_net_open(&b->net, b->s.where, &b->access, e);
	if (r == 0)
		r = find_bucket(b, o, e);
	if (r < 0) {
		s3_close(&b->s);
		return r;
	}
	*ret = &b->s;
	return 0;
}
