/* From a request to its answer, without a socket: who asks, which room answers, which headers go out. Called by web_http.c, and by the fuzzer with a carrier of its own. */
#include "web_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- asking ------------------------------------------------------------------------------------------------------------------ */

static const struct web_carrier *carrier_of(const struct web_request *q)
{
	return q->carrier ? q->carrier : q->web->carrier;
}

const char *web_query(struct web_request *q, const char *name)
{
	return carrier_of(q)->value(q->connection, WEB_IN_QUERY, name);
}

const char *web_header(struct web_request *q, const char *name)
{
	return carrier_of(q)->value(q->connection, WEB_IN_HEADERS, name);
}

static const char *web_cookie(struct web_request *q, const char *name)
{
	return carrier_of(q)->value(q->connection, WEB_IN_COOKIES, name);
}

int web_query_each(struct web_request *q, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	return carrier_of(q)->each(q->connection, fn, arg);
}

/* ---- answering ------------------------------------------------------------------------------------------------------------------ */

void web_json(struct web_request *q, int status)
{
	q->status = status;
	q->content_type = "application/json; charset=utf-8";
}

void web_error(struct web_request *q, int status, const char *code, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_reset(&q->out);
	q->fixed = SLICE_NULL;
	q->range[0] = 0;
	q->etag[0] = q->as_of[0] = q->last_modified[0] = 0;
	struct jsonw w;
	jsonw_init(&w, &q->out);
	if (!strncmp(q->path, "/fhir", 5)) {
		fhir_write_outcome(&w, "error", status == 404 ? "not-found" : status == 410 ? "deleted" : status == 401 ? "login" : status == 403 ? "forbidden" : status == 429 ? "throttled" : status == 405 || status == 406 || status == 415 ? "not-supported" : status == 409 ? "multiple-matches" : status == 412 ? "conflict" : status == 413 ? "too-long" : status == 503 ? "transient" : status >= 500 ? "exception" : "invalid", text);
		q->status = status;
		q->content_type = "application/fhir+json; charset=utf-8";
		return;
	}
	jsonw_obj(&w);
	jsonw_key(&w, "error");
	jsonw_obj(&w);
	jsonw_kstr(&w, "code", code);
	jsonw_kstr(&w, "text", text);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	web_json(q, status);
}

static const char *code_word(int code)
{
	static const struct {
		int code;
		const char *word;
	} words[] = {{ERR_NO, "no"}, {ERR_INPUT, "input"}, {ERR_USAGE, "usage"}, {ERR_SYSTEM, "system"}, {ERR_MEMORY, "memory"}, {ERR_LIMIT, "limit"}, {ERR_CRYPTO, "crypto"}, {ERR_NOT_FOUND, "not-found"},
	             {ERR_DENIED, "denied"}, {ERR_BUSY, "busy"}, {ERR_FULL, "full"}, {ERR_CORRUPT, "corrupt"}, {ERR_EXISTS, "exists"}, {ERR_ERASED, "erased"}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].code == code)
			return words[i].word;
	return "system";
}

void web_fail(struct web_request *q, const struct err *e)
{
	int status = err_http(e->code);
	if (status >= 500) /* for the journal: no patient data is ever in an error */
		role_log(q->web->role, "web: %s: %s", e->place, e->text);
	web_error(q, status, code_word(e->code), "%s%s%s", e->place, e->place[0] ? ": " : "", e->text);
}

bool web_may(struct web_request *q, uint32_t may)
{
	if (!q->signed_in) {
		web_error(q, 401, "login", "Sign in first.");
		return false;
	}
	if ((q->session.may & may) == may)
		return true;
	if (q->session.must_change)
		web_error(q, 403, "must-change", "Set your own password first: the one you signed in with is for one time.");
	else
		web_error(q, 403, "denied", "The role %s may not do this.", q->session.role);
	return false;
}

static bool wants_gzip(struct web_request *q)
{
	const char *h = web_header(q, "Accept-Encoding");
	return h && strstr(h, "gzip") && !strstr(h, "gzip;q=0");
}

/* Every header of the answer but its length. */
void web_headers(const struct web_request *q, void (*put)(void *arg, const char *name, const char *value), void *arg)
{
	char retry[16];
	put(arg, "Content-Type", q->content_type ? q->content_type : "text/plain; charset=utf-8");
	put(arg, "Cache-Control", q->public_cache ? "public, max-age=31536000, immutable" : "no-store");
	put(arg, "X-Content-Type-Options", "nosniff");
	put(arg, "Referrer-Policy", "no-referrer");
	put(arg, "X-Frame-Options", "SAMEORIGIN"); /* a document of the chart is shown in a frame of our own page */
	put(arg, "Cross-Origin-Opener-Policy", "same-origin");
	put(arg, "Cross-Origin-Resource-Policy", "same-origin");
	put(arg, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
	if (q->fixed.p)
		put(arg, "Content-Security-Policy", q->web->csp);
	else if (q->content_type && !strcmp(q->content_type, "application/pdf")) /* a sandbox would keep the browser's own PDF viewer from showing it */
		put(arg, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'");
	else
		put(arg, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'self'; sandbox");
	if (q->web->tls)
		put(arg, "Strict-Transport-Security", "max-age=31536000");
	if (q->gzip)
		put(arg, "Content-Encoding", "gzip");
	if (q->fixed.p)
		put(arg, "Vary", "Accept-Encoding");
	const struct {
		const char *name, *value;
	} own[] = {{"ETag", q->etag}, {"Holdfast-As-Of", q->as_of}, {"Holdfast-View", q->view}, {"Last-Modified", q->last_modified}, {"Location", q->location}, {"Set-Cookie", q->cookie}, {"Content-Disposition", q->disposition}, {"Content-Range", q->range}};
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (own[i].value[0])
			put(arg, own[i].name, own[i].value);
	if (q->status == 401)
		put(arg, "WWW-Authenticate", "Bearer realm=\"holdfast\"");
	if (q->allow)
		put(arg, "Allow", q->allow);
	if (q->close)
		put(arg, "Connection", "close");
	if (!strncmp(q->path, "/replica/", 9))
		put(arg, "Accept-Ranges", "bytes");
	if (q->retry_after > 0) {
		snprintf(retry, sizeof retry, "%d", q->retry_after);
		put(arg, "Retry-After", retry);
	}
}

/* ---- who asks -------------------------------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	size_t n = strlen(a);
	return n == strlen(b) && n && seal_equal(a, b, n);
}

/* Fills session. false: the request was answered. */
static bool identify(struct web_request *q)
{
	const char *bearer = web_header(q, "Authorization");
	if (bearer && strncasecmp(bearer, "Bearer ", 7))
		bearer = NULL;
	const char *cookie = web_cookie(q, "hf_session");
	if (!bearer && !cookie)
		return true;
	q->who = (struct keeper_who){.address = q->address};
	if (bearer)
		q->who.token = bearer + 7;
	else
		q->who.session = cookie;
	struct err e = {0};
	int r = keeper_check(q->w->keeper, &q->who, &q->session, &e);
	if (r == ERR_DENIED) {
		if (bearer) { /* a program with a wrong token should hear it, not be taken for nobody */
			web_error(q, 401, "login", "This token is not known, or was revoked.");
			return false;
		}
		return true;
	}
	if (r < 0) {
		web_fail(q, &e);
		return false;
	}
	q->signed_in = true;
	bool writes = q->method != WEB_GET && q->method != WEB_HEAD && q->method != WEB_OPTIONS;
	if (writes && !q->session.is_token) {
		const char *csrf = web_header(q, "X-Holdfast-CSRF");
		if (!csrf || !same_text(csrf, q->session.csrf)) {
			web_error(q, 403, "csrf", "The page is out of date. Load it again.");
			return false;
		}
	}
	return true;
}

/* ---- routing ------------------------------------------------------------------------------------------------------------------------ */

static void serve_page(struct web_request *q)
{
	struct web *w = q->web;
	q->status = 200;
	q->content_type = "text/html; charset=utf-8";
	q->gzip = w->page_gz.p && wants_gzip(q);
	q->fixed = q->gzip ? w->page_gz : w->page;
}

/* All that an account at home may ask for, whatever else the house has. */
static bool for_patients(const char *path)
{
	static const char *const all[] = {"login", "logout", "password", "session", "home"};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!strcmp(path, all[i]))
			return true;
	return !strncmp(path, "home/", 5) || !strncmp(path, "share/", 6);
}

static void route(struct web_request *q)
{
	const char *p = q->path;
	if (!strcmp(p, "/healthz")) {
		buf_str(&q->out, "ok\n");
		q->status = 200;
		return;
	}
	if (!strncmp(p, "/ledger/", 8)) {
		web_ledger(q, p + 8);
		return;
	}
	bool replica = !strncmp(p, "/replica/", 9), api = !strncmp(p, "/api/", 5), fhir = !strncmp(p, "/fhir", 5) && (!p[5] || p[5] == '/'), vault = !strncmp(p, "/vault/", 7);
	if (!api && !fhir && !vault && !replica) {
		if (q->method != WEB_GET && q->method != WEB_HEAD) {
			q->allow = "GET, HEAD";
			web_error(q, 405, "method", "Only GET here.");
		} else if (!strncmp(p, "/part/", 6)) {
			if (!web_part(q, wants_gzip(q)))
				web_error(q, 404, "not-found", "This part of the viewer is of another version. Load the page again.");
		} else if (strchr(p + 1, '.') && strcmp(p, "/index.html"))
			web_error(q, 404, "not-found", "Nothing is here.");
		else
			serve_page(q); /* the viewer has its own addresses below / */
		return;
	}
	if (!q->woken && !web_limit_take(q->web->limit, q->address, 1, &q->retry_after)) {
		web_error(q, 429, "rate", "Too many requests from this address. Wait a moment.");
		return;
	}
	if (!identify(q))
		return;
	if (!vault && q->signed_in && q->session.may == MAY_VAULT) { /* an agent's token may bring backups, and see nothing of anything */
		web_error(q, 403, "denied", "The role %s may not do this.", q->session.role);
		return;
	}
	if (q->signed_in && !strcmp(q->session.role, PATIENT_ROLE) && !(api && for_patients(p + 5))) {
		web_error(q, 403, "denied", "The role %s may not do this.", q->session.role);
		return;
	}
	if (vault)
		web_vault(q, p + 7);
	else if (replica)
		web_replica(q, p + 9);
	else if (api)
		web_api(q, p + 5);
	else
		web_fhir(q, p + 5);
}

static enum web_method method_of(const char *m)
{
	static const char *const names[] = {[WEB_GET] = "GET", [WEB_HEAD] = "HEAD", [WEB_POST] = "POST", [WEB_PUT] = "PUT", [WEB_DELETE] = "DELETE", [WEB_PATCH] = "PATCH", [WEB_OPTIONS] = "OPTIONS"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(m, names[i]))
			return (enum web_method)i;
	return WEB_OTHER;
}

static struct web_worker *borrow(struct web *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->idle)
		pthread_cond_wait(&w->freed, &w->lock);
	struct web_worker *x = w->idle;
	w->idle = x->next;
	pthread_mutex_unlock(&w->lock);
	return x;
}

void web_give_back(struct web *w, struct web_worker *x)
{
	pthread_mutex_lock(&w->lock);
	x->next = w->idle;
	w->idle = x;
	pthread_cond_signal(&w->freed);
	pthread_mutex_unlock(&w->lock);
}

/* ---- a request's life ------------------------------------------------------------------------------------------------------------------- */

void web_begin(struct web_request *q, struct web *w, void *connection, const char *path, const char *method)
{
	*q = (struct web_request){.web = w, .connection = connection, .method = method_of(method)};
	snprintf(q->path, sizeof q->path, "%s", path); /* a longer one is simply not found */
	buf_init(&q->body, !strncmp(path, "/fhir", 5) ? WEB_FHIR_MAX : !strncmp(path, "/vault/", 7) ? VAULT_PIECE_MAX : !strcmp(path, "/api/ecg") || !strcmp(path, "/api/home/ecg") || !strcmp(path, "/api/capture/scan") || !strcmp(path, "/api/paper/scan") ? WEB_ECG_MAX : !strcmp(path, "/api/station") ? WEB_STATION_MAX : !strcmp(path, "/api/registry/import") ? WEB_REGISTRY_MAX : WEB_BODY_MAX);
	buf_init(&q->out, WEB_ANSWER_MAX);
}

/* POST /api/live/ID in chunks: it may go on for hours, and nobody waits for its end. */
static const char *streamed(struct web_request *q)
{
	static const char below[] = "/api/live/";
	const char *id = q->path + sizeof below - 1;
	return q->method == WEB_POST && !strncmp(q->path, below, sizeof below - 1) && *id && !strchr(id, '/') && web_header(q, "Transfer-Encoding") ? id : NULL;
}

static bool opens_stream(struct web_request *q, const char *id)
{
	q->w = borrow(q->web);
	if (!web_limit_take(q->web->limit, q->address, 1, &q->retry_after))
		web_error(q, 429, "rate", "Too many requests from this address. Wait a moment.");
	else if (identify(q))
		(void)web_live_stream(q, id);
	web_give_back(q->web, q->w);
	q->w = NULL;
	q->close = !q->stream;
	return q->stream;
}

bool web_stream_take(struct web_request *q, const void *p, size_t n)
{
	q->w = borrow(q->web);
	bool goes_on = web_live_stream_take(q, slice_of(p, n));
	web_give_back(q->web, q->w);
	q->w = NULL;
	return goes_on;
}

/* A large body is read only from who may send one: what is not asked before would fill our memory with 64 MB for any made-up token. */
bool web_takes_body(struct web_request *q)
{
	const char *length = web_header(q, "Content-Length"), *stream = streamed(q);
	if (stream)
		return opens_stream(q, stream);
	bool big = q->body.max > WEB_BODY_MAX && (q->method == WEB_POST || q->method == WEB_PUT || q->method == WEB_PATCH) && (!length || strlen(length) > 5);
	if (!big)
		return true;
	q->w = borrow(q->web);
	bool ok = identify(q) && web_may(q, 0);
	if (ok && !(q->session.may & (q->body.max == VAULT_PIECE_MAX ? MAY_VAULT : q->body.max == WEB_ECG_MAX ? MAY_ECG_SEND | MAY_HOME | MAY_CAPTURE : q->body.max == WEB_STATION_MAX ? MAY_STATION : q->body.max == WEB_REGISTRY_MAX ? MAY_SCOPE : MAY_FHIR_WRITE)))
		buf_init(&q->body, WEB_BODY_MAX); /* a search by POST is small */
	web_give_back(q->web, q->w);
	q->w = NULL;
	q->close = !ok; /* what follows is a body that nobody reads */
	return ok;
}

void web_end(struct web_request *q)
{
	if (q->body.n)
		seal_wipe(q->body.p, q->body.n); /* may hold a password */
	free(q->stream);
	q->stream = NULL;
	buf_done(&q->body);
	buf_done(&q->out);
	arena_free(q->a);
	q->a = NULL;
	if (q->fd)
		close(q->fd - 1);
	q->fd = 0;
}

static void work(struct web_request *q)
{
	arena_free(q->a); /* of before it waited */
	q->a = arena_new((size_t)1 << 30);
	if (!q->a) {
		web_error(q, 503, "memory", "No memory for this request.");
		return;
	}
	q->w = borrow(q->web);
	route(q);
	web_give_back(q->web, q->w);
	q->w = NULL;
	if (!q->status && !q->parked)
		web_error(q, 404, "not-found", "Nothing is here.");
}

void web_answer(struct web_request *q)
{
	if (q->stream) {
		web_live_stream_end(q);
		return;
	}
	q->woken = q->parked;
	q->parked = q->signed_in = false;
	if (!buf_ok(&q->body))
		web_error(q, 413, "limit", "The body is larger than %zu bytes.", q->body.max);
	else
		work(q);
	if (buf_ok(&q->out) || q->fixed.p)
		return;
	buf_done(&q->out);
	buf_init(&q->out, 4096);
	web_error(q, 500, "limit", "The answer grew too large.");
}
