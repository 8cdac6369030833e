/* replicate: carries the site's sealed bytes to its replicas. No key: heads come from the keeper, by way of SITE/outbox; what it reads is sealed or public. Its network: out to the ports of the configured stores, to addresses
 * that were looked up before the sandbox was locked. Credentials of stores are given to it and to no other role.
 *
 * One thread does the work, one after the other; the main thread stays with the supervisor, so that a stop or a self-test never waits for a transfer. What is killed in the middle the next push completes. When a store's
 * address may have changed, or a folder's disk was not there, the role ends with 0 and is started again with what is true then. */
#include "role.h"
#include "sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_MOST ((rlim_t)512 << 20) /* of data; a push takes a few MiB a connection, and the names of a large bucket */
#define FIRST_PAUSE (60 * TIME_SEC)     /* after a failure; doubled each time, at most as long as the replica's own interval */
#define LONGEST_PAUSE (3600 * TIME_SEC)
#define LOOKED_UP (600 * TIME_SEC)      /* an address is believed for this long once a store cannot be reached */
#define HEAD_AGE 60                     /* seconds: a head this young is good enough for a push */

struct copies {
	struct role *r;
	struct keeper_client *keeper;
	int64_t started;
	struct plan {
		int64_t next;   /* wall clock */
		unsigned fails; /* in a row */
	} plan[SITE_REPLICAS_MAX];
};

/* ---- before the sandbox ---- */

static bool network(const struct vault_replica *v)
{
	return !strncmp(v->target, "s3://", 5) || !strncmp(v->target, "https://", 8) || !strncmp(v->target, "http://", 7);
}

/* Host and port of where it connects; false: a folder. */
static bool endpoint(const struct vault_replica *v, char host[256], uint16_t *ret_port)
{
	char aws[400];
	const char *url = v->target;
	if (!network(v))
		return false;
	if (!strncmp(v->target, "s3://", 5)) {
		url = v->access.endpoint;
		if (!*url) {
			snprintf(aws, sizeof aws, "https://s3.%s.amazonaws.com", v->access.region[0] ? v->access.region : "us-east-1");
			url = aws;
		}
	}
	bool tls = !strncmp(url, "https://", 8);
	const char *at = strstr(url, "://");
	if (!at)
		return false;
	at += 3;
	size_t n = strcspn(at, "/");
	const char *end = at + n, *close = *at == '[' ? memchr(at, ']', n) : NULL, *colon = close ? (close + 1 < end && close[1] == ':' ? close + 1 : NULL) : memchr(at, ':', n);
	const char *from = close ? at + 1 : at, *to = close ? close : colon ? colon : end;
	uint64_t port = tls ? 443 : 80;
	if ((size_t)(to - from) >= 256 || (colon && num_u64(slice_of(colon + 1, (size_t)(end - colon - 1)), 1, 65535, &port) < 0))
		return false;
	memcpy(host, from, (size_t)(to - from));
	host[to - from] = 0;
	*ret_port = (uint16_t)port;
	return true;
}

uint16_t replicate_port(const struct vault_replica *v)
{
	char host[256];
	uint16_t port = 0;
	return endpoint(v, host, &port) ? port : 0;
}

/* "HOST:PORT:ADDRESS,ADDRESS" for libcurl. A name that does not resolve is left to fail when it is used: the role is started again then. */
static void look_up(struct vault_replica *v)
{
	char host[256], service[8];
	uint16_t port;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *all = NULL;
	struct in6_addr six;
	struct in_addr four;
	if (!endpoint(v, host, &port) || inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1)
		return;
	snprintf(service, sizeof service, "%u", port);
	if (getaddrinfo(host, service, &hints, &all))
		return;
	int n = snprintf(v->access.resolve, sizeof v->access.resolve, "%s:%u:", host, port);
	size_t count = 0;
	for (struct addrinfo *a = all; a && n > 0 && (size_t)n < sizeof v->access.resolve - 64; a = a->ai_next) {
		char text[INET6_ADDRSTRLEN];
		const void *from = a->ai_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr : (const void *)&((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr;
		if ((a->ai_family != AF_INET && a->ai_family != AF_INET6) || !inet_ntop(a->ai_family, from, text, sizeof text))
			continue;
		n += snprintf(v->access.resolve + n, sizeof v->access.resolve - (size_t)n, a->ai_family == AF_INET6 ? "%s[%s]" : "%s%s", count++ ? "," : "", text);
	}
	if (!count)
		v->access.resolve[0] = 0;
	freeaddrinfo(all);
}

static char *system_authorities(void)
{
	static const char *const files[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};
	const char *own = getenv("SSL_CERT_FILE");
	for (size_t i = 0; i <= ARRAY_LEN(files); i++) {
		AUTO_BUF struct buf b = {0};
		const char *path = i ? files[i - 1] : own;
		buf_init(&b, 8 << 20);
		if (path && *path && file_read(AT_FDCWD, path, 8 << 20, &b, NULL) == 0 && b.n)
			return strdup(buf_cstr(&b));
	}
	return NULL;
}

int replicate_prepare(struct role *r, struct err *e)
{
	char *pem = system_authorities(); /* for the life of the process */
	bool any = false;
	for (size_t i = 0; i < r->replica_count; i++) {
		r->replicas[i].access.system_ca = pem;
		look_up(&r->replicas[i]);
		any |= network(&r->replicas[i]);
	}
	return any ? vault_network_start(e) : 0; /* libcurl and OpenSSL read files when they begin */
}

/* ---- at work ---- */

/* "I have seen this head of yours": the keeper judges it by its own signature, so nothing hangs on us. */
static void ask(struct copies *c, const struct vault_replica *v)
{
	AUTO_BUF struct buf note = {0};
	struct err e = {0};
	buf_init(&note, 1 << 16);
	if (vault_replica_checkpoint(v, &note, &e) < 0) {
		if (e.code != ERR_NOT_FOUND)
			role_log(c->r, "replica %s cannot be asked what it has seen: %s", v->name, e.text);
		return;
	}
	if (keeper_seen(c->keeper, v->name, buf_slice(&note), &e) < 0)
		role_log(c->r, "replica %s: %s", v->name, e.text);
}

static int hand_over(void *arg, const char *who, struct slice sent, struct err *e)
{
	struct copies *c = arg;
	char by[96];
	snprintf(by, sizeof by, "replica/%.80s", who);
	struct err why = {0};
	if (keeper_cosign(c->keeper, NULL, by, sent, &why) < 0 && why.code != ERR_NO)
		role_log(c->r, "what %s handed back was refused: %s", who, why.text);
	return 0;
}

static bool reachable(const struct vault_replica *v)
{
	return network(v) || v->folderfd > 0;
}

/* Pushes only to where one can push. */
static bool pushed_to(const struct vault_replica *v)
{
	return !network(v) || !strncmp(v->target, "s3://", 5);
}

static void note_state(struct copies *c, const struct vault_replica *v, const struct err *why, int64_t next)
{
	struct vault_replica_state st;
	vault_replica_note(c->r->sitefd, v->name, why, next, &st);
}

/* True: the role should begin anew. */
static bool push(struct copies *c, size_t i)
{
	struct vault_replica *v = &c->r->replicas[i];
	struct plan *p = &c->plan[i];
	struct vault_replica_report rep = {0};
	struct err e = {0};
	AUTO_BUF struct buf faults = {0};
	buf_init(&faults, 1 << 20);
	int r = reachable(v) ? 0 : err_set(&e, ERR_NOT_FOUND, v->target, "there is no such folder, or it cannot be given to the role that pushes: is its disk or share mounted?");
	if (r == 0)
		r = keeper_head(c->keeper, HEAD_AGE, &e);
	if (r == 0)
		r = vault_replica_push(c->r->sitefd, NULL, v, NULL, &rep, &faults, &e);
	for (struct slice rest = buf_slice(&faults); rest.n;) {
		struct slice line = slice_cut(rest, '\n', &rest);
		role_log(c->r, "%s: %.*s", v->name, (int)(line.n < 800 ? line.n : 800), (const char *)line.p);
	}
	if (r == ERR_NO && rep.faults) /* all is there now; what was wrong has been said */
		r = 0;
	if (r == ERR_NO && !rep.faults)
		ask(c, v); /* it is ahead, or another history: the keeper should know */
	if (rep.views_removed)
		role_log(c->r, "replica %s: old copies of the charts were removed from it, %llu objects", v->name, (unsigned long long)rep.views_removed);
	int64_t every = (int64_t)v->every * 60 * TIME_SEC, pause = FIRST_PAUSE;
	if (r == 0) {
		if (p->fails)
			role_log(c->r, "replica %s is pushed to again", v->name);
		p->fails = 0;
		pause = every;
		if (v->folderfd > 0)
			(void)!vault_replica_handed(v, hand_over, c, NULL);
	} else {
		for (unsigned n = 0; n < p->fails && pause < LONGEST_PAUSE; n++)
			pause *= 2;
		if (pause > every)
			pause = every;
		if (pause > LONGEST_PAUSE)
			pause = LONGEST_PAUSE;
		if (p->fails++ == 0)
			role_log(c->r, "replica %s: the push failed: %s: %s", v->name, e.place, e.text);
	}
	p->next = time_now() + pause;
	note_state(c, v, r < 0 ? &e : NULL, p->next);
	return r < 0 && network(v) && time_monotonic() - c->started > LOOKED_UP;
}

static void make_plan(struct copies *c)
{
	for (size_t i = 0; i < c->r->replica_count; i++) {
		struct vault_replica_state st;
		const struct vault_replica *v = &c->r->replicas[i];
		vault_replica_note(c->r->sitefd, v->name, NULL, -1, &st);
		int64_t now = time_now(), due = st.done ? st.done + (int64_t)v->every * 60 * TIME_SEC : now;
		if (st.error[0]) { /* what failed before we were started again waits out its pause */
			due = st.next > now ? st.next : now;
			c->plan[i].fails = 1;
		}
		if (!reachable(v)) /* whoever looks at the status should see it now, and not when it is due */
			due = now;
		c->plan[i].next = due > now + (int64_t)v->every * 60 * TIME_SEC ? now : due; /* a clock that was set back */
	}
}

static void *work(void *arg)
{
	struct copies *c = arg;
	struct err e = {0};
	for (size_t i = 0; i < c->r->replica_count; i++)
		if (reachable(&c->r->replicas[i]))
			ask(c, &c->r->replicas[i]);
	if (keeper_asked(c->keeper, &e) < 0)
		role_log(c->r, "the keeper does not answer: %s", e.text);
	make_plan(c);
	for (;;) {
		int64_t now = time_now(), first = now + 60 * TIME_SEC;
		for (size_t i = 0; i < c->r->replica_count; i++) {
			if (!pushed_to(&c->r->replicas[i]))
				continue;
			if (c->plan[i].next <= now && push(c, i))
				_exit(0);
			if (c->plan[i].next < first)
				first = c->plan[i].next;
		}
		now = time_now();
		int64_t ms = first > now ? (first - now) / (TIME_SEC / 1000) + 1 : 1;
		usleep((useconds_t)(ms < 60000 ? ms : 60000) * 1000);
	}
	return NULL;
}

int replicate_main(struct role *r)
{
	struct copies c = {.r = r, .started = time_monotonic()};
	struct rlimit most = {MEMORY_MOST, MEMORY_MOST};
	struct err e = {0};
	pthread_t t;
	umask(022); /* how pushes went is for the keeper to read, and for whoever looks at a folder */
	(void)!mallopt(M_ARENA_MAX, 2);
	if (!SANDBOX_SANITIZED)
		(void)setrlimit(RLIMIT_DATA, &most);
	if (keeper_client_new(r, &c.keeper, &e) < 0)
		return role_fatal(r, &e);
	if (role_is_ready(r) < 0)
		return 3;
	errno = pthread_create(&t, NULL, work, &c);
	if (errno) {
		err_sys(&e, NULL, "cannot start a thread");
		return role_fatal(r, &e);
	}
	int stop;
	while ((stop = role_wait(r, -1)) == 0)
		;
	return stop == 1 ? 0 : 3; /* the work ends with the process: what is half done the next push completes */
}
