/* HTTP for the web role: libmicrohttpd in front, our requests behind. Every limit option is set; its PostProcessor stays unused. */
#include "web_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Threads: an answer waits for the keeper's fdatasync (the view entry) and for SQLite; with one thread 200 wards would stand in line behind each other's disk. Measured with 200 readers in bench/wards. */
#define THREADS 8
#define CONNECTIONS 2048
#define PER_ADDRESS 512 /* a ward behind one address translator */
#define IDLE_SECONDS 75

/* ---- asking ------------------------------------------------------------------------------------------------------------------ */

const char *web_query(struct web_request *q, const char *name)
{
	return MHD_lookup_connection_value(q->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *web_header(struct web_request *q, const char *name)
{
	return MHD_lookup_connection_value(q->connection, MHD_HEADER_KIND, name);
}

struct each {
	void (*fn)(void *arg, const char *name, const char *value);
	void *arg;
};

static enum MHD_Result each_one(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	const struct each *x = cls;
	x->fn(x->arg, key, value ? value : "");
	return MHD_YES;
}

int web_query_each(struct web_request *q, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	struct each x = {fn, arg};
	return MHD_get_connection_values(q->connection, MHD_GET_ARGUMENT_KIND, each_one, &x);
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
	struct jsonw w;
	jsonw_init(&w, &q->out);
	if (!strncmp(q->path, "/fhir", 5)) {
		fhir_write_outcome(&w, "error", status == 404 ? "not-found" : status == 410 ? "deleted" : status == 401 ? "login" : status == 403 ? "forbidden" : status == 429 ? "throttled" : status >= 500 ? "exception" : "invalid", text);
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
	             {ERR_DENIED, "denied"}, {ERR_BUSY, "busy"}, {ERR_FULL, "full"}, {ERR_CORRUPT, "corrupt"}, {ERR_EXISTS, "exists"}};
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
	const char *h = web_header(q, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	return h && strstr(h, "gzip") && !strstr(h, "gzip;q=0");
}

static void add(struct MHD_Response *r, const char *name, const char *value)
{
	(void)MHD_add_response_header(r, name, value); /* NO only on a malformed header of our own or no memory: the answer then goes out without it */
}

static enum MHD_Result answer(struct web_request *q)
{
	struct MHD_Response *r;
	if (!buf_ok(&q->out) && !q->fixed.p) {
		buf_done(&q->out);
		buf_init(&q->out, 4096);
		web_error(q, 500, "limit", "The answer grew too large.");
	}
	if (q->fixed.p) {
		r = MHD_create_response_from_buffer_with_free_callback_cls(q->fixed.n, (void *)(uintptr_t)q->fixed.p, NULL, NULL);
	} else {
		r = MHD_create_response_from_buffer(q->out.n, q->out.p, q->out.n ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
		if (r && q->out.n)
			q->out = (struct buf){.max = q->out.max}; /* handed over */
	}
	if (!r)
		return MHD_NO;
	char retry[16];
	add(r, "Content-Type", q->content_type ? q->content_type : "text/plain; charset=utf-8");
	add(r, "Cache-Control", q->public_cache ? "public, max-age=31536000, immutable" : "no-store");
	add(r, "X-Content-Type-Options", "nosniff");
	add(r, "Referrer-Policy", "no-referrer");
	add(r, "X-Frame-Options", "SAMEORIGIN"); /* a document of the chart is shown in a frame of our own page */
	add(r, "Cross-Origin-Opener-Policy", "same-origin");
	add(r, "Cross-Origin-Resource-Policy", "same-origin");
	add(r, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
	if (q->fixed.p)
		add(r, "Content-Security-Policy", q->web->csp);
	else if (q->content_type && !strcmp(q->content_type, "application/pdf")) /* a sandbox would keep the browser's own PDF viewer from showing it */
		add(r, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'");
	else
		add(r, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'self'; sandbox");
	if (q->web->tls)
		add(r, "Strict-Transport-Security", "max-age=31536000");
	if (q->gzip)
		add(r, "Content-Encoding", "gzip");
	if (q->fixed.p)
		add(r, "Vary", "Accept-Encoding");
	if (q->etag[0])
		add(r, "ETag", q->etag);
	if (q->last_modified[0])
		add(r, "Last-Modified", q->last_modified);
	if (q->location[0])
		add(r, "Location", q->location);
	if (q->cookie[0])
		add(r, "Set-Cookie", q->cookie);
	if (q->disposition[0])
		add(r, "Content-Disposition", q->disposition);
	if (q->status == 401)
		add(r, "WWW-Authenticate", "Bearer realm=\"holdfast\"");
	if (q->retry_after > 0) {
		snprintf(retry, sizeof retry, "%d", q->retry_after);
		add(r, "Retry-After", retry);
	}
	enum MHD_Result done = MHD_queue_response(q->connection, (unsigned)q->status, r);
	MHD_destroy_response(r);
	return done;
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
	const char *cookie = MHD_lookup_connection_value(q->connection, MHD_COOKIE_KIND, "hf_session");
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
	bool api = !strncmp(p, "/api/", 5), fhir = !strncmp(p, "/fhir", 5) && (!p[5] || p[5] == '/');
	if (!api && !fhir) {
		if (q->method != WEB_GET && q->method != WEB_HEAD)
			web_error(q, 405, "method", "Only GET here.");
		else if (strchr(p + 1, '.') && strcmp(p, "/index.html"))
			web_error(q, 404, "not-found", "Nothing is here.");
		else
			serve_page(q); /* the viewer has its own addresses below / */
		return;
	}
	if (!web_limit_take(q->web->limit, q->address, 1, &q->retry_after)) {
		web_error(q, 429, "rate", "Too many requests from this address. Wait a moment.");
		return;
	}
	if (!identify(q))
		return;
	if (api)
		web_api(q, p + 5);
	else
		web_fhir(q, p + 5);
}

static int new_worker(struct web *w, struct web_worker **ret, struct err *e)
{
	struct web_worker *x = calloc(1, sizeof *x);
	if (!x)
		return err_set(e, ERR_MEMORY, "web", "no memory");
	int r = keeper_client_new(w->role, &x->keeper, e);
	if (r < 0) {
		free(x);
		return r;
	}
	*ret = x;
	return 0;
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

static void give_back(struct web *w, struct web_worker *x)
{
	pthread_mutex_lock(&w->lock);
	x->next = w->idle;
	w->idle = x;
	pthread_cond_signal(&w->freed);
	pthread_mutex_unlock(&w->lock);
}

static void dispatch(struct web_request *q)
{
	q->a = arena_new((size_t)1 << 30);
	if (!q->a) {
		web_error(q, 503, "memory", "No memory for this request.");
		return;
	}
	q->w = borrow(q->web);
	route(q);
	give_back(q->web, q->w);
	q->w = NULL;
	if (!q->status)
		web_error(q, 404, "not-found", "Nothing is here.");
}

/* ---- libmicrohttpd's side ------------------------------------------------------------------------------------------------------------- */

static enum web_method method_of(const char *m)
{
	static const char *const names[] = {[WEB_GET] = "GET", [WEB_HEAD] = "HEAD", [WEB_POST] = "POST", [WEB_PUT] = "PUT", [WEB_DELETE] = "DELETE", [WEB_OPTIONS] = "OPTIONS"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(m, names[i]))
			return (enum web_method)i;
	return WEB_OTHER;
}

static void put_address(struct web_request *q)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(q->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = i ? i->client_addr : NULL;
	q->address[0] = 0;
	if (sa && sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, q->address, sizeof q->address);
	else if (sa && sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, q->address, sizeof q->address);
}

static struct web_request *begin(struct web *w, struct MHD_Connection *c, const char *url, const char *method)
{
	struct web_request *q = calloc(1, sizeof *q);
	if (!q)
		return NULL;
	q->web = w;
	q->connection = c;
	q->method = method_of(method);
	snprintf(q->path, sizeof q->path, "%s", url); /* MHD has decoded it; a longer one is simply not found */
	put_address(q);
	buf_init(&q->body, !strncmp(url, "/fhir", 5) ? WEB_FHIR_MAX : WEB_BODY_MAX);
	buf_init(&q->out, WEB_ANSWER_MAX);
	return q;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *upload, size_t *upload_size, void **con)
{
	struct web_request *q = *con;
	if (!q) {
		q = *con = begin(cls, c, url, method);
		if (!q)
			return MHD_NO;
		/* A body is read only from who has signed in: nobody else may fill our memory with 64 MB. */
		const char *length = web_header(q, "Content-Length");
		bool big = q->body.max > WEB_BODY_MAX && q->method == WEB_POST && (!length || strlen(length) > 5);
		if (big && !web_header(q, "Authorization") && !MHD_lookup_connection_value(c, MHD_COOKIE_KIND, "hf_session")) {
			web_error(q, 401, "login", "Sign in first.");
			return answer(q);
		}
		return MHD_YES;
	}
	if (*upload_size) {
		buf_add(&q->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (!buf_ok(&q->body))
		web_error(q, 413, "limit", "The body is larger than %zu bytes.", q->body.max);
	else
		dispatch(q);
	return answer(q);
}

static void on_done(void *cls, struct MHD_Connection *c, void **con, enum MHD_RequestTerminationCode why)
{
	struct web_request *q = *con;
	if (!q)
		return;
	if (q->body.n)
		seal_wipe(q->body.p, q->body.n); /* may hold a password */
	buf_done(&q->body);
	buf_done(&q->out);
	arena_free(q->a);
	free(q);
	*con = NULL;
}

static void silent(void *cls, const char *fmt, va_list ap)
{
}

static struct MHD_Daemon *start(struct web *w, struct role_listener *l)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, w->tls ? (void *)(uintptr_t)buf_cstr(&l->key) : NULL},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, w->tls ? (void *)(uintptr_t)buf_cstr(&l->cert) : NULL},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	if (w->tls)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, w, MHD_OPTION_EXTERNAL_LOGGER, silent, NULL, MHD_OPTION_LISTEN_SOCKET, l->fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT,
	                        (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)64 << 10,
	                        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)4096, MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, w->tls ? tls : none, MHD_OPTION_END);
}

int web_main(struct role *r)
{
	struct web w = {.role = r, .lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER, .started = time_now()};
	struct err e = {0};
	if (!r->listener_count)
		return 0;
	struct role_listener *l = &r->listeners[0];
	w.tls = l->is.tls;
	w.limit = web_limit_new();
	if (!w.limit || web_page_load(&w, &e) < 0) {
		role_log(r, "web: %s", e.text);
		return 3;
	}
	struct web_worker *all[THREADS];
	for (int i = 0; i < THREADS; i++) {
		if (new_worker(&w, &all[i], &e) < 0) {
			role_log(r, "web: %s: %s", e.place, e.text);
			return err_exit(e.code);
		}
		give_back(&w, all[i]);
	}
	struct MHD_Daemon *d = start(&w, l);
	if (w.tls)
		seal_wipe(l->key.p, l->key.n);
	if (!d) {
		role_log(r, "web: cannot start the HTTP server on %s", l->is.address);
		return 3;
	}
	int stop;
	while ((stop = role_wait(r, -1)) == 0)
		;
	if (stop < 0)
		return 3;
	MHD_stop_daemon(d);
	for (int i = 0; i < THREADS; i++) {
		chart_close(all[i]->chart);
		keeper_client_free(all[i]->keeper);
		free(all[i]);
	}
	web_limit_free(w.limit);
	return 0;
}
