/* A replica's folder behind a web server, or a site that is served: GET and HEAD, and for what a witness hands back POST. It cannot list, so a reader begins with the one name that it knows ("newest"). A token goes along as a bearer token. */
#include "vault_store_net.h"

#include <stdio.h>
#include <stdlib.h>

struct web {
	struct vault_store s;
	struct vault_access access;
	struct vault_net net;
	struct curl_slist *headers;
};

static struct web *of(struct vault_store *s)
{
	return (struct web *)s;
}

static int said(const struct vault_store *s, const char *name, const struct vault_answer *a, struct err *e)
{
	if (a->status == 404 || a->status == 410)
		return err_set(e, ERR_NOT_FOUND, name, "%s has no such file", s->where);
	if (a->status == 401 || a->status == 403)
		return err_set(e, ERR_DENIED, name, "%s does not give it to us (%ld)", s->where, a->status);
	return err_set(e, ERR_SYSTEM, name, "%s answers %ld", s->where, a->status);
}

static int url_of(const struct vault_store *s, const char *name, struct buf *out, struct err *e)
{
	assert(vault_object_name_ok(name));
	buf_str(out, s->where);
	buf_u8(out, '/');
	vault_url_encode(out, slice_str(name), true);
	return buf_ok(out) ? 0 : err_set(e, buf_code(out), NULL, "no memory");
}

static int https_get(struct vault_store *s, const char *name, const char *version, uint64_t offset, uint64_t n, vault_store_sink *sink, void *arg, struct err *e)
{
	AUTO_BUF struct buf url = {0};
	struct vault_answer a;
	buf_init(&url, 4096);
	int r = n ? url_of(s, name, &url, e) : 0;
	if (r < 0 || n == 0)
		return r;
	struct vault_request q = {.url = buf_cstr(&url), .method = "GET", .headers = of(s)->headers, .from = offset, .most = n == UINT64_MAX ? 0 : n, .sink = sink, .arg = arg};
	r = vault_net_do(&of(s)->net, &q, &a, e);
	if (r == 0 && a.status != 200 && a.status != 206 && a.status != 416) /* 416: nothing at or behind offset */
		r = said(s, name, &a, e);
	vault_answer_done(&a);
	return r;
}

static int https_head(struct vault_store *s, const char *name, struct vault_object *ret, struct err *e)
{
	AUTO_BUF struct buf url = {0};
	struct vault_answer a;
	buf_init(&url, 4096);
	int r = url_of(s, name, &url, e);
	if (r < 0)
		return r;
	struct vault_request q = {.url = buf_cstr(&url), .method = "HEAD", .headers = of(s)->headers};
	r = vault_net_do(&of(s)->net, &q, &a, e);
	if (r == 0 && a.status != 200)
		r = said(s, name, &a, e);
	if (r == 0) {
		*ret = (struct vault_object){.size = a.length, .time = a.modified, .latest = true};
		snprintf(ret->name, sizeof ret->name, "%s", name);
	}
	vault_answer_done(&a);
	return r;
}

static int https_put(struct vault_store *s, const char *name, const struct vault_bytes *b, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	return err_set(e, ERR_USAGE, s->where, "a web server is read only: push to the folder that it serves");
}

static void https_close(struct vault_store *s)
{
	struct web *w = of(s);
	vault_net_close(&w->net);
	curl_slist_free_all(w->headers);
	seal_wipe(w, sizeof *w);
	free(w);
}

static const struct vault_store_ops ops = {.put = https_put, .get = https_get, .head = https_head, .close = https_close};

/* A holdfast that serves has its replica below /replica; any other web server has the folder where the address says. */
static int find_base(struct web *w, struct err *e)
{
	struct vault_answer a;
	char url[sizeof w->s.where + 32];
	if (strchr(w->s.where + 8, '/') || strlen(w->s.where) + 9 > sizeof w->s.where)
		return 0;
	snprintf(url, sizeof url, "%s/replica/newest", w->s.where);
	struct vault_request q = {.url = url, .method = "HEAD", .headers = w->headers};
	int r = vault_net_do(&w->net, &q, &a, e);
	if (r == 0 && (a.status == 200 || a.status == 401 || a.status == 403 || a.status == 503))
		memcpy(w->s.where + strlen(w->s.where), "/replica", 9); /* it fits: see above */
	vault_answer_done(&a);
	return r;
}

static int put_token(struct web *w, struct err *e)
{
	char line[300];
	const char *token = w->access.token;
	if (!token[0])
		return 0;
	int len = snprintf(line, sizeof line, "Authorization: Bearer %s", token);
	bool ok = len > 0 && (size_t)len < sizeof line && !strpbrk(token, "\r\n");
	if (ok && !(w->headers = curl_slist_append(NULL, line)))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	seal_wipe(line, sizeof line);
	return ok ? 0 : err_set(e, ERR_USAGE, "HOLDFAST_TOKEN", "it is no token");
}

int vault_https_post(struct vault_store *s, const char *name, struct slice body, struct err *e)
{
	AUTO_BUF struct buf url = {0};
	struct vault_answer a = {0};
	struct vault_bytes b = VAULT_BYTES(body);
	buf_init(&url, 4096);
	int r = s->kind == VAULT_HTTPS ? url_of(s, name, &url, e) : err_set(e, ERR_USAGE, s->where, "it is no web server");
	struct vault_request q = {.url = buf_cstr(&url), .method = "POST", .headers = of(s)->headers, .body = &b};
	if (r == 0)
		r = vault_net_do(&of(s)->net, &q, &a, e);
	if (r == 0 && a.status != 200 && a.status != 201 && a.status != 204)
		r = said(s, name, &a, e);
	vault_answer_done(&a);
	return r;
}

int vault_https_open(const char *url, const struct vault_store_options *o, struct vault_store **ret, struct err *e)
{
	size_t n = strlen(url);
	while (n && url[n - 1] == '/')
		n--;
	struct web *w = calloc(1, sizeof *w);
	if (!w)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	w->s.ops = &ops;
	w->s.kind = VAULT_HTTPS;
	if (o->access)
		w->access = *o->access;
	else
		vault_access_env(&w->access);
	int r = n < sizeof w->s.where && !memchr(url, '@', n) && !memchr(url, '?', n) && !memchr(url, '#', n)
	            ? 0
	            : err_set(e, ERR_USAGE, url, "an address is at most %zu bytes, without user, query or fragment; a token goes into HOLDFAST_TOKEN", sizeof w->s.where - 1);
	if (r == 0)
		memcpy(w->s.where, url, n);
	if (r == 0)
		r = vault_net_open(&w->net, w->s.where, &w->access, e); /* libcurl is there */
	if (r == 0)
		r = put_token(w, e);
	if (r == 0)
		r = find_base(w, e);
	if (r < 0) {
		https_close(&w->s);
		return r;
	}
	*ret = &w->s;
	return 0;
}
