/* libcurl, held tightly: only the scheme that was asked for, no redirects, no proxy from the environment that nobody thought of, certificates checked against the system's authorities (SSL_CERT_FILE as everywhere),
 * 10 s to connect, given up when less than 1 KiB a second came for 60 s. Tried again (0.2, 0.5, 1.2, 2.5, 5 s) after what may pass: no connection, a broken one, 5xx, 429. */
#include "vault_store_net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define TRIES 6

static int start(struct err *e)
{
	static bool ready; /* commands and roles open their first store from one thread */
	int r = ready ? 0 : vault_curl_load(e);
	if (r < 0)
		return r;
	if (!ready && curl_global_init(CURL_GLOBAL_DEFAULT))
		return err_set(e, ERR_SYSTEM, NULL, "libcurl does not start");
	ready = true;
	return 0;
}

/* A handle that connects to nothing: OpenSSL's context, its error strings and the resolver's settings are read once here. */
int vault_network_start(struct err *e)
{
	int r = start(e);
	CURL *c = r == 0 ? curl_easy_init() : NULL;
	if (!c)
		return r < 0 ? r : err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	curl_easy_setopt(c, CURLOPT_URL, "https://127.0.0.1:1/");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 200L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	(void)curl_easy_perform(c);
	curl_easy_cleanup(c);
	return 0;
}

int vault_net_open(struct vault_net *n, const char *where, const struct vault_access *access, struct err *e)
{
	int r = start(e);
	if (r < 0)
		return r;
	n->where = where;
	n->access = access;
	n->curl = curl_easy_init();
	if (n->curl && access && access->resolve[0])
		n->resolve = curl_slist_append(NULL, access->resolve);
	return n->curl && !(access && access->resolve[0] && !n->resolve) ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
}

void vault_net_close(struct vault_net *n)
{
	if (n->curl)
		curl_easy_cleanup(n->curl);
	n->curl = NULL;
	curl_slist_free_all(n->resolve);
	n->resolve = NULL;
}

void vault_answer_done(struct vault_answer *a)
{
	buf_done(&a->text);
}

void vault_url_encode(struct buf *out, struct slice s, bool keep_slash)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~' || (c == '/' && keep_slash))
			buf_u8(out, c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

struct transfer {
	const struct vault_net *net;
	const struct vault_request *q;
	struct vault_answer *a;
	CURL *curl;
	uint64_t sent, got;
	uint64_t taken; /* bytes that the sink has, of all tries */
	uint64_t from;  /* where this try begins: q->from, and what came before the connection broke */
	int code; /* of a sink or a file: not the network's fault */
	struct err why;
};

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	long status = 0;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	struct slice piece = slice_of(p, size * n);
	if (t->q->sink && status >= 200 && status < 300) {
		/* a server that knows no ranges sends all of it: what was not asked for is dropped */
		uint64_t skip = status == 206 ? 0 : t->from, had = t->from - t->q->from;
		uint64_t at = t->got;
		t->got += piece.n;
		if (at < skip) {
			size_t cut = skip - at < piece.n ? (size_t)(skip - at) : piece.n;
			piece = slice_of(piece.p + cut, piece.n - cut);
			at += cut;
		}
		uint64_t have = had + (at >= skip ? at - skip : 0);
		if (t->q->most && have >= t->q->most)
			return 0; /* enough: once() knows */
		if (t->q->most && piece.n > t->q->most - have)
			piece.n = (size_t)(t->q->most - have);
		t->code = piece.n ? t->q->sink(t->q->arg, piece, &t->why) : 0;
		if (t->code == 0 && piece.n)
			t->taken = had + (at >= skip ? at - skip : 0) + piece.n;
		return t->code < 0 ? 0 : size * n;
	}
	if (t->a->text.n + piece.n > VAULT_LISTING_MAX)
		return 0;
	buf_add_slice(&t->a->text, piece);
	return buf_ok(&t->a->text) ? size * n : 0;
}

static size_t give_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	uint64_t left = t->q->body->size - t->sent;
	size_t take = size * n < left ? size * n : (size_t)left;
	t->code = take ? vault_bytes_read(t->q->body, t->sent, p, take, &t->why) : 0;
	if (t->code < 0)
		return CURL_READFUNC_ABORT;
	t->sent += take;
	return take;
}

static int seek_body(void *arg, curl_off_t offset, int origin)
{
	struct transfer *t = arg;
	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > t->q->body->size)
		return CURL_SEEKFUNC_CANTSEEK;
	t->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static bool header(struct slice line, const char *name, struct slice *ret)
{
	size_t n = strlen(name);
	if (line.n <= n || line.p[n] != ':' || strncasecmp((const char *)line.p, name, n))
		return false;
	*ret = slice_trim(slice_of(line.p + n + 1, line.n - n - 1));
	return true;
}

static void copy_text(char *out, size_t size, struct slice v)
{
	if (v.n < size) {
		memcpy(out, v.p, v.n);
		out[v.n] = 0;
	}
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct slice line = slice_of(p, size * n), v;
	if (header(line, "content-length", &v))
		(void)!num_u64(v, 0, UINT64_MAX, &t->a->length);
	else if (header(line, "x-amz-version-id", &v))
		copy_text(t->a->version, sizeof t->a->version, v);
	else if (header(line, "etag", &v))
		copy_text(t->a->etag, sizeof t->a->etag, v);
	else if (header(line, "last-modified", &v)) {
		char date[64] = "";
		copy_text(date, sizeof date, v);
		time_t when = curl_getdate(date, NULL);
		t->a->modified = when > 0 ? (int64_t)when * TIME_SEC : 0;
	}
	return size * n;
}

static void options(struct transfer *t, char range[64])
{
	const struct vault_request *q = t->q;
	CURL *c = t->curl;
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, q->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, strncmp(q->url, "https:", 6) ? "http" : "https");
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	const char *ca = getenv("SSL_CERT_FILE"), *pem = t->net->access ? t->net->access->ca[0] ? t->net->access->ca : t->net->access->system_ca : NULL;
	if (pem) { /* this authority and no other */
		struct curl_blob blob = {.data = (void *)(uintptr_t)pem, .len = strlen(pem), .flags = CURL_BLOB_NOCOPY};
		curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &blob);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	} else if (ca && *ca) {
		curl_easy_setopt(c, CURLOPT_CAINFO, ca);
	}
	if (t->net->resolve)
		curl_easy_setopt(c, CURLOPT_RESOLVE, t->net->resolve);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1024L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 60L);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 262144L);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, 262144L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "holdfast/" HOLDFAST_VERSION);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, q->headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	if (q->sigv4) {
		curl_easy_setopt(c, CURLOPT_AWS_SIGV4, q->sigv4);
		curl_easy_setopt(c, CURLOPT_USERPWD, q->userpwd);
	}
	if (q->body) {
		if (!strcmp(q->method, "POST"))
			curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "POST");
		curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)q->body->size);
		curl_easy_setopt(c, CURLOPT_READFUNCTION, give_body);
		curl_easy_setopt(c, CURLOPT_READDATA, t);
		curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, seek_body);
		curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
	} else if (!strcmp(q->method, "DELETE")) {
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "DELETE");
	} else if (!strcmp(q->method, "HEAD")) {
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	} else if (t->from || q->most) {
		if (q->most)
			snprintf(range, 64, "%llu-%llu", (unsigned long long)t->from, (unsigned long long)(q->from + q->most - 1));
		else
			snprintf(range, 64, "%llu-", (unsigned long long)t->from);
		curl_easy_setopt(c, CURLOPT_RANGE, range);
	}
}

static bool worth_another(CURLcode c, long status)
{
	if (c == CURLE_OK)
		return status >= 500 || status == 429;
	return c == CURLE_COULDNT_CONNECT || c == CURLE_OPERATION_TIMEDOUT || c == CURLE_SEND_ERROR || c == CURLE_RECV_ERROR || c == CURLE_GOT_NOTHING || c == CURLE_PARTIAL_FILE ||
	       c == CURLE_COULDNT_RESOLVE_HOST || c == CURLE_HTTP2 || c == CURLE_HTTP2_STREAM;
}

static int pause_for(const struct vault_net *n, int try)
{
	static const int64_t wait[TRIES] = {0, 200, 500, 1200, 2500, 5000}; /* ms */
	int64_t ns = wait[try] * 1000000;
	if (n->pause)
		return n->pause(ns);
	struct timespec ts = {.tv_sec = ns / TIME_SEC, .tv_nsec = ns % TIME_SEC};
	return nanosleep(&ts, NULL);
}

static int once(struct transfer *t, CURLcode *ret, struct err *e)
{
	char range[64];
	struct vault_answer *a = t->a;
	buf_reset(&a->text);
	a->status = 0;
	a->length = 0;
	a->modified = 0;
	a->version[0] = a->etag[0] = 0;
	t->sent = t->got = 0;
	t->code = 0;
	options(t, range);
	*ret = curl_easy_perform(t->curl);
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &a->status);
	if (t->code < 0) {
		if (e)
			*e = t->why;
		return t->code;
	}
	if (*ret == CURLE_WRITE_ERROR && t->q->sink && t->q->most && t->taken >= t->q->most) /* it had more than we wanted */
		*ret = CURLE_OK;
	return 0;
}

int vault_net_do(struct vault_net *n, const struct vault_request *q, struct vault_answer *ret, struct err *e)
{
	struct transfer t = {.net = n, .q = q, .a = ret, .curl = n->curl, .from = q->from};
	CURLcode c = CURLE_OK;
	memset(ret, 0, sizeof *ret);
	buf_init(&ret->text, VAULT_LISTING_MAX);
	for (int try = 0; try < TRIES; try++) {
		if (try && pause_for(n, try))
			break;
		if (try && q->sink) /* it goes on where it broke off: what comes is proven as a whole by whoever asked */
			t.from = q->from + t.taken;
		if (try && q->sink && q->most && t.taken >= q->most) { /* it broke off behind what was wanted */
			c = CURLE_OK;
			break;
		}
		int r = once(&t, &c, e);
		if (r < 0)
			return r;
		if (!worth_another(c, ret->status))
			break;
	}
	if (c == CURLE_PEER_FAILED_VERIFICATION || c == CURLE_SSL_CACERT_BADFILE)
		return err_set(e, ERR_CRYPTO, n->where, "its certificate is not to be trusted (%s); nothing was sent. SSL_CERT_FILE names another authority's certificate", curl_easy_strerror(c));
	if (c != CURLE_OK)
		return err_set(e, ERR_SYSTEM, n->where, "cannot be reached: %s", curl_easy_strerror(c));
	if (ret->status >= 500 || ret->status == 429)
		return err_set(e, ERR_SYSTEM, n->where, "it answers %ld, also after %d tries", ret->status, TRIES);
	return 0;
}
