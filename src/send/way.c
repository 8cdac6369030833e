/* How a recording goes: POST /api/ecg with its key, over libcurl. */
#define CURL_DISABLE_TYPECHECK
#include "send_internal.h"
#include "seal.h"
#include "vault.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define ANSWER_MAX ((size_t)1 << 20)
#define CONTENT_OWN "Content-Type: application/vnd.holdfast.ecg"

/* ---- what is asked ---- */

static void put_escaped(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
		if (plain)
			buf_u8(out, c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

int send_target(struct slice head, struct buf *ret, struct err *e)
{
	static const struct {
		const char *member, *name;
	} said[] = {{"key", "key"}, {"files.0.name", "name"}, {"order", "order"}, {"urgency", "urgency"}, {"note", "note"}, {"recorded", "recorded"}, {"claimed.id", "id"}, {"claimed.assigner", "assigner"},
	            {"claimed.family", "family"}, {"claimed.given", "given"}, {"claimed.birth", "birth"}, {"claimed.sex", "sex"}};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	char sign = '?';
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(head, a, &n, e);
	if (r < 0)
		return r;
	if (!json_text(n, "key").n)
		return err_set(e, ERR_INPUT, NULL, "a waiting recording has no key");
	buf_str(ret, "/api/ecg");
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		struct slice v = json_text(n, said[i].member);
		if (!v.n)
			continue;
		buf_printf(ret, "%c%s=", sign, said[i].name);
		put_escaped(ret, v);
		sign = '&';
	}
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "what is said of a recording is too long");
}

/* ---- what is answered ---- */

/* The server's sentence, fit for a terminal and a file. False: this is no answer of a Holdfast (a proxy's page, a hotel's sign-in). */
static bool sentence(const struct json_node *n, char *out, size_t size)
{
	struct slice text = json_text(n, "error.text");
	size_t len = text.n < size - 1 ? text.n : size - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = text.p[i] >= 0x20 && text.p[i] != 0x7f ? (char)text.p[i] : ' ';
	out[len] = 0;
	return len > 0;
}

static void say(struct send_answer *a, enum send_said said, int code, const char *text)
{
	a->said = said;
	err_set(&a->why, code, NULL, "%s", text);
}

void send_judge(long status, struct slice text, struct send_answer *ret)
{
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct json_node *n = NULL;
	char words[300];
	bool read = a && json_tree(text, a, &n, NULL) == 0 && n->type == JSON_OBJ;
	bool spoke = read && sentence(n, words, sizeof words);
	ret->reached = status != 0;
	ret->entry = 0;
	if ((status == 200 || status == 201) && read && num_u64(json_text(n, "entry"), 0, UINT64_MAX - 1, &ret->entry) == 0) {
		const struct json_node *d = json_get(n, "duplicate");
		ret->said = SEND_STORED;
		ret->duplicate = d && d->type == JSON_TRUE;
	} else if ((status == 400 || status == 413 || status == 415) && spoke) {
		say(ret, SEND_REFUSED, ERR_INPUT, words);
	} else if (status == 401 || (status == 403 && spoke)) {
		say(ret, SEND_STOP, ERR_DENIED, status == 401 ? "the server does not take this token: it was revoked, or is another site's" : words);
	} else if (spoke) {
		say(ret, SEND_LATER, ERR_BUSY, words);
	} else {
		snprintf(words, sizeof words, status >= 500 || status == 429 ? "it answers %ld" : "what answers there is no Holdfast (%ld)", status);
		say(ret, SEND_LATER, ERR_BUSY, words);
	}
}

/* ---- the connection ---- */

struct way {
	CURL *curl;
	struct curl_slist *headers, *plain; /* with a recording, with anything else */
	char to[512], why[CURL_ERROR_SIZE];
	char *ca;
};

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *b = arg;
	buf_add(b, p, size * n);
	return buf_ok(b) ? size * n : 0;
}

static void options(struct way *w, const char *url, const struct curl_slist *headers, struct slice body, struct buf *answer)
{
	CURL *c = w->curl;
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, !strncmp(w->to, "https:", 6) ? "https" : "http");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (w->ca) {
		curl_easy_setopt(c, CURLOPT_CAINFO, w->ca);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 60L); /* the server may wait half a minute for its view */
	curl_easy_setopt(c, CURLOPT_USERAGENT, "holdfast/" HOLDFAST_VERSION);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, w->why);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)body.p);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	w->why[0] = 0;
}

static void no_answer(struct way *w, CURLcode c, struct send_answer *ret)
{
	bool other = c == CURLE_PEER_FAILED_VERIFICATION, no_ca = c == CURLE_SSL_CACERT_BADFILE;
	ret->said = other || no_ca ? SEND_STOP : SEND_LATER;
	ret->reached = false;
	err_set(&ret->why, other || no_ca ? ERR_CRYPTO : ERR_BUSY, w->to, other ? "its certificate is not one that we know (%s); nothing was sent" : no_ca ? "the file of --ca does not read (%s)" : "cannot be reached: %s",
	        w->why[0] ? w->why : curl_easy_strerror(c));
}

/* The status, or 0 with ret filled: there was no answer. */
static long perform(struct way *w, const char *url, const struct curl_slist *headers, struct slice body, struct buf *answer, struct send_answer *ret)
{
	long status = 0;
	options(w, url, headers, body, answer);
	CURLcode c = curl_easy_perform(w->curl);
	if (c == CURLE_OK)
		curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
	else
		no_answer(w, c, ret);
	return status;
}

static long ask(void *arg, const char *target, struct slice body, struct buf *answer, struct send_answer *why)
{
	struct way *w = arg;
	AUTO_BUF struct buf url = {0};
	*why = (struct send_answer){.said = SEND_LATER};
	buf_init(&url, 1 << 12);
	buf_str(&url, w->to);
	buf_str(&url, target);
	return perform(w, buf_cstr(&url), w->plain, body.p ? body : slice_of("", 0), answer, why);
}

static void post(void *arg, const struct ecg_body *b, struct slice body, struct send_answer *ret)
{
	struct way *w = arg;
	AUTO_BUF struct buf url = {0}, answer = {0};
	*ret = (struct send_answer){.said = SEND_LATER};
	buf_init(&url, 1 << 18);
	buf_init(&answer, ANSWER_MAX);
	buf_str(&url, w->to);
	if (send_target(b->head, &url, &ret->why) < 0) {
		ret->said = SEND_REFUSED;
		return;
	}
	curl_off_t wait = 0;
	long status = perform(w, buf_cstr(&url), w->headers, body, &answer, ret);
	if (!status)
		return;
	curl_easy_getinfo(w->curl, CURLINFO_RETRY_AFTER, &wait);
	send_judge(status, buf_slice(&answer), ret);
	if (ret->said == SEND_LATER && wait > 0)
		ret->wait_s = wait < 3600 ? (unsigned)wait : 3600;
	if (ret->said != SEND_STORED && ret->said != SEND_REFUSED)
		snprintf(ret->why.place, sizeof ret->why.place, "%.*s", (int)sizeof ret->why.place - 1, w->to);
}

/* http:// is for a daemon on this machine: what goes to another one in clear could be read and changed on the way. */
bool send_address_ok(const char *to)
{
	static const char *const near[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};
	if (!strncmp(to, "https://", 8))
		return to[8] && to[8] != '/' && !strpbrk(to, "@?# \r\n\t\\");
	for (size_t i = 0; i < ARRAY_LEN(near); i++) {
		size_t n = strlen(near[i]);
		if (!strncmp(to, near[i], n) && (!to[n] || to[n] == ':' || to[n] == '/') && !strpbrk(to, "@?# \r\n\t\\"))
			return true;
	}
	return false;
}

static int headers_of(struct way *w, const char *token, struct err *e)
{
	char line[300];
	int len = snprintf(line, sizeof line, "Authorization: Bearer %s", token);
	bool ok = len > 0 && (size_t)len < sizeof line && *token && token[strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-")] == 0;
	const char *const lines[] = {line, "Expect:" /* no waiting for "100 Continue" */, CONTENT_OWN, "Content-Type: application/octet-stream"};
	for (size_t i = 0; ok && i < 2 * ARRAY_LEN(lines); i++) {
		struct curl_slist **list = i % 2 ? &w->plain : &w->headers;
		if (i / 2 == (i % 2 ? 2u : 3u)) /* a type of its own each */
			continue;
		struct curl_slist *more = curl_slist_append(*list, lines[i / 2]);
		if (!more) {
			seal_wipe(line, sizeof line);
			return err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
		}
		*list = more;
	}
	seal_wipe(line, sizeof line);
	return ok ? 0 : err_set(e, ERR_USAGE, "--token-file", "what it holds is no token: it is the one line that `holdfast token create` prints");
}

void send_way_close(struct send_way *sw)
{
	struct way *w = sw->arg;
	if (!w)
		return;
	if (w->curl)
		curl_easy_cleanup(w->curl);
	curl_slist_free_all(w->headers);
	curl_slist_free_all(w->plain);
	free(w->ca);
	free(w);
	sw->arg = NULL;
}

int send_way_open(const char *to, const char *token, const char *ca, struct send_way *ret, struct err *e)
{
	struct way *w = calloc(1, sizeof *w);
	struct send_way sw = {.post = post, .ask = ask, .arg = w};
	size_t n = strlen(to);
	if (!w)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	while (n && to[n - 1] == '/')
		n--;
	int r = n < sizeof w->to && send_address_ok(to) ? 0 : err_set(e, ERR_USAGE, "--to", "an address is https://HOST[:PORT], without user, query or fragment; http:// is for a daemon on this machine alone (127.0.0.1, [::1], localhost)");
	if (r == 0)
		memcpy(w->to, to, n);
	if (r == 0 && ca && access(ca, R_OK) < 0)
		r = err_sys(e, ca, "the certificate cannot be read");
	if (r == 0 && ca && !(w->ca = strdup(ca)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	if (r == 0)
		r = vault_network_start(e);
	if (r == 0 && !(w->curl = curl_easy_init()))
		r = err_set(e, ERR_MEMORY, NULL, "libcurl does not start");
	if (r == 0)
		r = headers_of(w, token, e);
	if (r < 0) {
		send_way_close(&sw);
		return r;
	}
	*ret = sw;
	return 0;
}
