/* HTTP for the web role: libmicrohttpd in front, our requests (web_route.c) behind. Every limit option is set; its PostProcessor stays unused. */
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
/* What any browser of the last ten years has: authenticated ciphers with a key of the moment. No CBC with SHA-1, no RSA key transport. */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD:-RSA:%SERVER_PRECEDENCE"

/* ---- the carrier --------------------------------------------------------------------------------------------------------------- */

static const char *value_of(void *connection, enum web_where where, const char *name)
{
	static const enum MHD_ValueKind kinds[] = {[WEB_IN_QUERY] = MHD_GET_ARGUMENT_KIND, [WEB_IN_HEADERS] = MHD_HEADER_KIND, [WEB_IN_COOKIES] = MHD_COOKIE_KIND};
	return MHD_lookup_connection_value(connection, kinds[where], name);
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

static int each_of(void *connection, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	struct each x = {fn, arg};
	return MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, each_one, &x);
}

static void park(void *connection)
{
	MHD_suspend_connection(connection);
}

static void wake(void *connection)
{
	MHD_resume_connection(connection);
}

static const struct web_carrier carrier = {value_of, each_of, park, wake};

/* ---- one request --------------------------------------------------------------------------------------------------------------- */

static void add(void *arg, const char *name, const char *value)
{
	(void)MHD_add_response_header(arg, name, value); /* NO only on a malformed header of our own or no memory: the answer then goes out without it */
}

static enum MHD_Result send_answer(struct web_request *q)
{
	struct MHD_Response *r;
	if (q->fd) {
		r = MHD_create_response_from_fd_at_offset64(q->fd_size, q->fd - 1, q->fd_offset);
		if (r)
			q->fd = 0; /* handed over */
	} else if (q->fixed.p) {
		r = MHD_create_response_from_buffer_with_free_callback_cls(q->fixed.n, (void *)(uintptr_t)q->fixed.p, NULL, NULL);
	} else {
		r = MHD_create_response_from_buffer(q->out.n, q->out.p, q->out.n ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
		if (r && q->out.n)
			q->out = (struct buf){.max = q->out.max}; /* handed over */
	}
	if (!r)
		return MHD_NO;
	web_headers(q, add, r);
	enum MHD_Result done = MHD_queue_response(q->connection, (unsigned)q->status, r);
	MHD_destroy_response(r);
	return done;
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

/* How a message is framed must be plain (RFC 9112 6.3, 6.1): what a proxy in front of us may read in another way ends the connection. */
struct framing {
	unsigned lengths, codings;
	bool odd;
};

static enum MHD_Result look_at(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct framing *f = cls;
	size_t n = strlen(key);
	f->lengths += !strcasecmp(key, "Content-Length");
	f->codings += !strcasecmp(key, "Transfer-Encoding");
	if (!strcasecmp(key, "Content-Length"))
		f->odd = f->odd || !value || !*value || strspn(value, "0123456789") != strlen(value);
	if (!strcasecmp(key, "Transfer-Encoding"))
		f->odd = f->odd || !value || strcasecmp(value, "chunked");
	f->odd = f->odd || !n || key[n - 1] == ' ' || key[n - 1] == '\t';
	return MHD_YES;
}

static bool plainly_framed(struct MHD_Connection *c)
{
	struct framing f = {0};
	MHD_get_connection_values(c, MHD_HEADER_KIND, look_at, &f);
	return !f.odd && f.lengths + f.codings <= 1;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *upload, size_t *upload_size, void **con)
{
	struct web_request *q = *con;
	if (!q) {
		q = *con = calloc(1, sizeof *q);
		if (!q)
			return MHD_NO;
		web_begin(q, cls, c, url, method); /* MHD has decoded the path */
		put_address(q);
		if (!plainly_framed(c)) {
			q->close = true;
			web_error(q, 400, "framing", "It is not plain where this request ends.");
			return send_answer(q);
		}
		return web_takes_body(q) ? MHD_YES : send_answer(q);
	}
	if (*upload_size && q->stream) {
		bool goes_on = web_stream_take(q, upload, *upload_size);
		*upload_size = 0;
		return goes_on ? MHD_YES : MHD_NO;
	}
	if (*upload_size) {
		buf_add(&q->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	web_answer(q);
	return q->parked ? MHD_YES : send_answer(q); /* suspended: we are called again when there is something to say */
}

static void on_done(void *cls, struct MHD_Connection *c, void **con, enum MHD_RequestTerminationCode why)
{
	struct web_request *q = *con;
	if (!q)
		return;
	web_end(q);
	free(q);
	*con = NULL;
}

static void silent(void *cls, const char *fmt, va_list ap)
{
}

static struct MHD_Daemon *start(struct web *w, struct role_listener *l)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, w->tls ? (void *)(uintptr_t)buf_cstr(&l->key) : NULL},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, w->tls ? (void *)(uintptr_t)buf_cstr(&l->cert) : NULL},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	if (w->tls)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, w, MHD_OPTION_EXTERNAL_LOGGER, silent, NULL, MHD_OPTION_LISTEN_SOCKET, l->fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT,
	                        (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)64 << 10,
	                        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)4096, MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, w->tls ? tls : none, MHD_OPTION_END);
}

static int new_worker(struct web *w, struct web_worker **ret, struct err *e)
{
	struct web_worker *x = calloc(1, sizeof *x);
	if (!x)
		return err_set(e, ERR_MEMORY, "web", "no memory");
	int r = keeper_client_new(w->role, &x->keeper, e);
	if (r == 0 && serve_vault())
		r = keeper_client_new_to(w->role, ROLE_VAULT, &x->vault, e);
	if (r == 0)
		r = keeper_client_new_to(w->role, ROLE_ECG, &x->ecg, e);
	if (r < 0) {
		keeper_client_free(x->vault);
		keeper_client_free(x->keeper);
		free(x);
		return r;
	}
	*ret = x;
	return 0;
}

int web_main(struct role *r)
{
	struct web w = {.role = r, .carrier = &carrier, .lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER, .started = time_now()};
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
		web_give_back(&w, all[i]);
	}
	if (web_live_open(&w, &e) < 0 || web_live_start(&w, &e) < 0) {
		role_log(r, "web: %s: %s", e.place, e.text);
		return err_exit(e.code);
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
	web_live_stop(&w);
	MHD_stop_daemon(d);
	web_live_close(&w);
	for (int i = 0; i < THREADS; i++) {
		chart_close(all[i]->chart);
		keeper_client_free(all[i]->keeper);
		keeper_client_free(all[i]->vault);
		keeper_client_free(all[i]->ecg);
		free(all[i]);
	}
	web_limit_free(w.limit);
	return 0;
}
