/* How a recording goes: POST /api/ecg with its key, over libcurl. */
#include "post.h"
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>

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
	struct post post;
	struct curl_slist *headers, *plain; /* with a recording, with anything else */
};

static void no_answer(struct way *w, CURLcode c, struct send_answer *ret)
{
	bool other = c == CURLE_PEER_FAILED_VERIFICATION, no_ca = c == CURLE_SSL_CACERT_BADFILE;
	ret->said = other || no_ca ? SEND_STOP : SEND_LATER;
	ret->reached = false;
	err_set(&ret->why, other || no_ca ? ERR_CRYPTO : ERR_BUSY, w->post.to, other ? "its certificate is not one that we know (%s); nothing was sent" : no_ca ? "the file of --ca does not read (%s)" : "cannot be reached: %s",
	        post_why(&w->post, c));
}

/* status 0: there was no answer, and ret is filled. */
static struct post_answer perform(struct way *w, const char *url, const struct curl_slist *headers, struct slice body, struct buf *answer, struct send_answer *ret)
{
	struct post_answer is;
	post_send(&w->post, url, headers, body, answer, &is);
	if (is.code != CURLE_OK)
		no_answer(w, is.code, ret);
	return is;
}

static long ask(void *arg, const char *target, struct slice body, struct buf *answer, struct send_answer *why)
{
	struct way *w = arg;
	AUTO_BUF struct buf url = {0};
	*why = (struct send_answer){.said = SEND_LATER};
	buf_init(&url, 1 << 12);
	buf_str(&url, w->post.to);
	buf_str(&url, target);
	return perform(w, buf_cstr(&url), w->plain, body.p ? body : slice_of("", 0), answer, why).status;
}

static long get(void *arg, const char *target, char etag[80], struct buf *answer, struct send_answer *why)
{
	struct way *w = arg;
	AUTO_BUF struct buf url = {0};
	char line[100], fresh[80] = "";
	struct post_answer is;
	*why = (struct send_answer){.said = SEND_LATER};
	buf_init(&url, 1 << 12);
	buf_str(&url, w->post.to);
	buf_str(&url, target);
	snprintf(line, sizeof line, "If-None-Match: %s", etag);
	struct curl_slist *headers = NULL; /* the token's line first */
	for (const struct curl_slist *h = w->plain; h; h = h->next)
		if (!strncmp(h->data, "Authorization:", 14)) {
			struct curl_slist *more = curl_slist_append(headers, h->data);
			headers = more ? more : headers;
		}
	struct curl_slist *more = etag[0] ? curl_slist_append(headers, line) : headers;
	headers = more ? more : headers;
	post_fetch(&w->post, buf_cstr(&url), headers, fresh, answer, &is);
	for (struct curl_slist *h = headers; h; h = h->next)
		seal_wipe(h->data, strlen(h->data));
	curl_slist_free_all(headers);
	if (is.code != CURLE_OK) {
		no_answer(w, is.code, why);
		return 0;
	}
	if (is.status == 200)
		memcpy(etag, fresh, sizeof fresh);
	return is.status;
}

static void post(void *arg, const struct ecg_body *b, struct slice body, struct send_answer *ret)
{
	struct way *w = arg;
	AUTO_BUF struct buf url = {0}, answer = {0};
	*ret = (struct send_answer){.said = SEND_LATER};
	buf_init(&url, 1 << 18);
	buf_init(&answer, ANSWER_MAX);
	buf_str(&url, w->post.to);
	if (send_target(b->head, &url, &ret->why) < 0) {
		ret->said = SEND_REFUSED;
		return;
	}
	struct post_answer is = perform(w, buf_cstr(&url), w->headers, body, &answer, ret);
	if (!is.status)
		return;
	send_judge(is.status, buf_slice(&answer), ret);
	if (ret->said == SEND_LATER)
		ret->wait_s = is.retry_s;
	if (ret->said != SEND_STORED && ret->said != SEND_REFUSED)
		snprintf(ret->why.place, sizeof ret->why.place, "%.*s", (int)sizeof ret->why.place - 1, w->post.to);
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
	bool ok = len > 0 && (size_t)len < sizeof line && post_token_ok(token);
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
	post_close(&w->post);
	curl_slist_free_all(w->headers);
	curl_slist_free_all(w->plain);
	free(w);
	sw->arg = NULL;
}

int send_way_open(const char *to, const char *token, const char *ca, struct send_way *ret, struct err *e)
{
	struct way *w = calloc(1, sizeof *w);
	struct send_way sw = {.post = post, .ask = ask, .get = get, .arg = w};
	if (!w)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	w->post.quiet_s = 60; /* the server may wait half a minute for its view */
	int r = post_open(&w->post, to, ca, "--to", "an address is https://HOST[:PORT], without user, query or fragment; http:// is for a daemon on this machine alone (127.0.0.1, [::1], localhost)", e);
	if (r == 0)
		r = headers_of(w, token, e);
	if (r < 0) {
		send_way_close(&sw);
		return r;
	}
	*ret = sw;
	return 0;
}
