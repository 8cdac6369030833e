/* An agent's way to its site: HTTPS with libcurl, the server's certificate checked against the credential's and no other, the token as a bearer token.
 *
 *     POST /vault/begin?source=NAME                                   how the site stands: vault_standing_parse
 *     POST /vault/number                                              {"number":N}
 *     PUT  /vault/pack?number=N&offset=O&size=S&plain=P&sha256=H&period=X    a piece of at most 1 MiB; {"have":N}: so much is there (also when the piece did not fit there), {"entry":N}: whole and entered
 *     PUT  /vault/list?offset=O&size=S&sha256=H&period=X              the same for the list
 *     POST /vault/snapshot?sha256=H                                   body: what the agent says of it all; 202: being worked on, ask again; 200: {"seq","time","body"}
 * Errors are {"error":{"code","text"}}. What may pass (no connection, 429, 502 to 504) is tried again for PATIENCE: a site that is restarted in the middle of an upload goes on where it was. */
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent_internal.h"
#include "vault_store_net.h"

#define PIECE ((size_t)1 << 20)
#define ANSWER_MAX ((size_t)16 << 20)
#define PATIENCE (180 * TIME_SEC)
#define WORK_PATIENCE (6 * 3600 * TIME_SEC)
#define TURNS_MAX 64 /* pieces that brought nothing on, in a row */

struct net {
	CURL *curl;
	struct curl_slist *headers;
	const struct vault_credential *c;
	char url[512];
	uint8_t *piece;
	char why[CURL_ERROR_SIZE];
};
struct answer {
	long status;
	int64_t wait; /* seconds that the server asks for */
	struct buf text;
};

/* ---- one request ---- */

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;
	buf_add(&a->text, p, size * n);
	return buf_ok(&a->text) ? size * n : 0;
}

static void options(struct net *n, const char *url, bool put, struct slice body, struct answer *a)
{
	CURL *c = n->curl;
	struct curl_blob ca = {.data = n->c->ca.p, .len = n->c->ca.n, .flags = CURL_BLOB_NOCOPY};
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca);
	curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 120L);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, 262144L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "holdfast/" HOLDFAST_VERSION);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, n->headers);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, n->why);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.n ? (const char *)body.p : "");
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	if (put)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "PUT");
	n->why[0] = 0;
}

static bool passes(CURLcode c, long status)
{
	if (c == CURLE_OK)
		return status == 429 || (status >= 502 && status <= 504);
	return c == CURLE_COULDNT_CONNECT || c == CURLE_OPERATION_TIMEDOUT || c == CURLE_SEND_ERROR || c == CURLE_RECV_ERROR || c == CURLE_GOT_NOTHING || c == CURLE_PARTIAL_FILE || c == CURLE_COULDNT_RESOLVE_HOST ||
	       c == CURLE_SSL_CONNECT_ERROR || c == CURLE_HTTP2 || c == CURLE_HTTP2_STREAM;
}

static void rest_a_while(unsigned try, int64_t wait_s)
{
	int64_t ms = try < 6 ? (int64_t)100 << try : 5000;
	if (wait_s > 0 && wait_s < 60 && ms < wait_s * 1000)
		ms = wait_s * 1000;
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	(void)nanosleep(&ts, NULL);
}

/* What the site's sentence says, by its word. */
static int refused(const struct net *n, const struct answer *a, struct err *e)
{
	static const struct {
		const char *word;
		int code;
	} words[] = {{"no", ERR_NO}, {"input", ERR_INPUT}, {"usage", ERR_USAGE}, {"limit", ERR_LIMIT}, {"crypto", ERR_CRYPTO}, {"not-found", ERR_NOT_FOUND}, {"denied", ERR_DENIED}, {"busy", ERR_BUSY}, {"full", ERR_FULL},
	             {"corrupt", ERR_CORRUPT}, {"exists", ERR_EXISTS}, {"memory", ERR_MEMORY}};
	AUTO_ARENA struct arena *ar = arena_new(1 << 20);
	struct json_node *root = NULL;
	int code = a->status == 401 || a->status == 403 ? ERR_DENIED : ERR_SYSTEM;
	if (a->status == 401)
		return err_set(e, ERR_DENIED, n->url, "the site does not take this credential: it was revoked, or is another site's. `holdfast agent list` on the site says which there are");
	if (!ar || json_tree(buf_slice(&a->text), ar, &root, NULL) < 0)
		return err_set(e, code, n->url, "it answers %ld", a->status);
	struct slice word = json_text(root, "error.code"), text = json_text(root, "error.text");
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_str(word, words[i].word))
			code = words[i].code;
	char clean[300];
	size_t len = text.n < sizeof clean - 1 ? text.n : sizeof clean - 1;
	for (size_t i = 0; i < len; i++) /* it is shown on a terminal */
		clean[i] = text.p[i] >= 0x20 && text.p[i] != 0x7f ? (char)text.p[i] : ' ';
	clean[len] = 0;
	return err_set(e, code, NULL, "the site says: %s", len ? clean : "no");
}

static int no_answer(const struct net *n, CURLcode c, struct err *e)
{
	if (c == CURLE_PEER_FAILED_VERIFICATION || c == CURLE_SSL_CACERT_BADFILE)
		return err_set(e, ERR_CRYPTO, n->url, "its certificate is not the one that this credential knows (%s); nothing was sent", n->why[0] ? n->why : curl_easy_strerror(c));
	return err_set(e, ERR_SYSTEM, n->url, "cannot be reached: %s", n->why[0] ? n->why : curl_easy_strerror(c));
}

/* An answer of 200 or 202 is 0. */
static int ask(struct net *n, const char *path, bool put, struct slice body, struct answer *ret, struct err *e)
{
	char url[1600];
	int len = snprintf(url, sizeof url, "%s/vault/%s", n->url, path);
	if (len < 0 || (size_t)len >= sizeof url)
		return err_set(e, ERR_LIMIT, NULL, "an address is too long");
	int64_t until = time_monotonic() + PATIENCE;
	for (unsigned try = 0;; try++) {
		curl_off_t wait = 0;
		buf_reset(&ret->text);
		options(n, url, put, body, ret);
		CURLcode c = curl_easy_perform(n->curl);
		ret->status = 0;
		curl_easy_getinfo(n->curl, CURLINFO_RESPONSE_CODE, &ret->status);
		curl_easy_getinfo(n->curl, CURLINFO_RETRY_AFTER, &wait);
		if (c == CURLE_OK && (ret->status == 200 || ret->status == 202))
			return 0;
		if (!passes(c, ret->status) || time_monotonic() > until)
			return c == CURLE_OK ? refused(n, ret, e) : no_answer(n, c, e);
		rest_a_while(try, wait);
	}
}

static void answer_init(struct answer *a)
{
	*a = (struct answer){.status = 0};
	buf_init(&a->text, ANSWER_MAX);
}

/* 1: the answer has this number. */
static int number_of(const struct answer *a, const char *key, uint64_t *ret)
{
	AUTO_ARENA struct arena *ar = arena_new(64 << 10);
	struct json_node *root;
	return ar && json_tree(buf_slice(&a->text), ar, &root, NULL) == 0 && num_u64(json_text(root, key), 0, INT64_MAX, ret) == 0;
}

/* ---- struct vault_link ---- */

static int net_begin(void *arg, const char *source, struct vault_standing *ret, struct err *e)
{
	struct net *n = arg;
	struct answer a;
	char path[128];
	answer_init(&a);
	(void)snprintf(path, sizeof path, "begin?source=%s", source); /* a source's letters need no escaping */
	int r = ask(n, path, false, SLICE_NULL, &a, e);
	if (r == 0)
		r = vault_standing_parse(buf_slice(&a.text), n->c, ret, e);
	buf_done(&a.text);
	return r;
}

static int net_number(void *arg, uint64_t *ret, struct err *e)
{
	struct net *n = arg;
	struct answer a;
	answer_init(&a);
	int r = ask(n, "number", false, SLICE_NULL, &a, e);
	if (r == 0 && (!number_of(&a, "number", ret) || *ret == 0))
		r = err_set(e, ERR_INPUT, n->url, "it gave no number for a pack");
	buf_done(&a.text);
	return r;
}

static void hex_of(const uint8_t sha[SEAL_HASH], char out[2 * SEAL_HASH + 1])
{
	for (size_t i = 0; i < SEAL_HASH; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", sha[i]);
}

/* The piece at `at`: *ret_have how much is there now; 1: all is, and it counts. */
static int put_piece(struct net *n, const struct vault_upload *u, uint64_t at, uint64_t *ret_have, struct err *e)
{
	struct answer a;
	char path[400], hex[2 * SEAL_HASH + 1];
	uint64_t entry;
	size_t len = u->size - at < PIECE ? (size_t)(u->size - at) : PIECE;
	int r = len ? file_pread_all(u->fd, n->piece, len, at, e, "upload") : 0;
	if (r < 0)
		return r;
	hex_of(u->sha256, hex);
	if (u->number)
		(void)snprintf(path, sizeof path, "pack?number=%llu&offset=%llu&size=%llu&plain=%llu&sha256=%s&period=%s", (unsigned long long)u->number, (unsigned long long)at, (unsigned long long)u->size,
		               (unsigned long long)u->plain, hex, u->period);
	else
		(void)snprintf(path, sizeof path, "list?offset=%llu&size=%llu&sha256=%s&period=%s", (unsigned long long)at, (unsigned long long)u->size, hex, u->period);
	answer_init(&a);
	r = ask(n, path, true, slice_of(n->piece, len), &a, e);
	if (r == 0 && number_of(&a, "entry", &entry))
		r = 1;
	else if (r == 0 && (!number_of(&a, "have", ret_have) || *ret_have > u->size))
		r = err_set(e, ERR_INPUT, n->url, "its answer to an upload does not read");
	buf_done(&a.text);
	return r;
}

static int net_put(void *arg, const struct vault_upload *u, struct err *e)
{
	struct net *n = arg;
	uint64_t at = 0, most = 0;
	for (unsigned turns = 0; turns < TURNS_MAX; turns++) {
		uint64_t have = 0;
		int r = put_piece(n, u, at, &have, e);
		if (r != 0)
			return r < 0 ? r : 0;
		if (have > most) {
			most = have;
			turns = 0;
		}
		at = have;
	}
	return err_set(e, ERR_SYSTEM, n->url, "it takes no more of an upload, and does not say why");
}

static int net_snapshot(void *arg, struct slice meta, const uint8_t list[SEAL_HASH], struct buf *ret_json, struct err *e)
{
	struct net *n = arg;
	struct answer a;
	char path[128], hex[2 * SEAL_HASH + 1];
	int64_t until = time_monotonic() + WORK_PATIENCE;
	hex_of(list, hex);
	(void)snprintf(path, sizeof path, "snapshot?sha256=%s", hex);
	answer_init(&a);
	int r = 0;
	for (unsigned try = 0;; try++) {
		r = ask(n, path, false, meta, &a, e);
		if (r < 0 || a.status != 202)
			break;
		if (time_monotonic() > until) {
			r = err_set(e, ERR_BUSY, n->url, "it has worked on this snapshot for hours; run this again later");
			break;
		}
		rest_a_while(try < 4 ? try : 4, 0);
	}
	if (r == 0)
		buf_add_slice(ret_json, buf_slice(&a.text));
	buf_done(&a.text);
	return r == 0 && !buf_ok(ret_json) ? err_set(e, buf_code(ret_json), NULL, "the site's answer is too long") : r;
}

void vault_link_close(struct vault_link *l)
{
	struct net *n = l->arg;
	if (!n)
		return;
	if (n->curl)
		curl_easy_cleanup(n->curl);
	curl_slist_free_all(n->headers);
	free(n->piece);
	free(n);
	l->arg = NULL;
}

static int headers_of(struct net *n, struct err *e)
{
	char line[192];
	int len = snprintf(line, sizeof line, "Authorization: Bearer %s", n->c->token);
	struct curl_slist *one = len > 0 && (size_t)len < sizeof line ? curl_slist_append(NULL, line) : NULL;
	seal_wipe(line, sizeof line);
	/* no waiting for "100 Continue", which libmicrohttpd answers late */
	n->headers = one ? curl_slist_append(one, "Expect:") : NULL;
	if (!n->headers) {
		curl_slist_free_all(one);
		return err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	}
	struct curl_slist *more = curl_slist_append(n->headers, "Content-Type: application/octet-stream");
	return more ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
}

int vault_link_https(const struct vault_credential *c, const char *url, struct vault_link *ret, struct err *e)
{
	struct net *n = calloc(1, sizeof *n);
	if (!n)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	struct vault_link l = {.arg = n, .begin = net_begin, .number = net_number, .put = net_put, .snapshot = net_snapshot};
	size_t len = strlen(url ? url : c->url);
	while (len && (url ? url : c->url)[len - 1] == '/')
		len--;
	n->c = c;
	n->piece = malloc(PIECE);
	int r = n->piece ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	if (r == 0 && (len >= sizeof n->url || strncmp(url ? url : c->url, "https://", 8) != 0 || strpbrk(url ? url : c->url, "@?# \r\n")))
		r = err_set(e, ERR_USAGE, "--to", "an address is https://HOST:PORT, without user, query or fragment");
	if (r == 0) {
		memcpy(n->url, url ? url : c->url, len);
		r = vault_curl_load(e);
		if (r == 0 && (curl_global_init(CURL_GLOBAL_DEFAULT) || !(n->curl = curl_easy_init())))
			r = err_set(e, ERR_MEMORY, NULL, "libcurl does not start");
	}
	if (r == 0)
		r = headers_of(n, e);
	if (r < 0) {
		vault_link_close(&l);
		return r;
	}
	*ret = l;
	return 0;
}
