/* What the tests of serve share: a site in a temporary folder, a daemon of this very program, and a small MLLP client. */
#ifndef SERVE_TEST_H
#define SERVE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve_internal.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct house {
	char dir[64], site[80];
	uint16_t mllp, http;
	pid_t daemon;
	struct site s;
	struct control *k;
};

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

/* Below those that the kernel hands to whoever connects: no connection can take it between the question and its use. */
static inline uint16_t free_port(void)
{
	for (;;) {
		struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		uint16_t port = (uint16_t)(15000 + arc4random_uniform(17000));
		a.sin_port = htons(port);
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		assert_true(fd >= 0);
		int r = bind(fd, (struct sockaddr *)&a, sizeof a);
		close(fd);
		if (r == 0)
			return port;
	}
}

static inline void house_make(struct house *h)
{
	struct err e = {0};
	*h = (struct house){.dir = "/tmp/hf-serve-XXXXXX"};
	assert_non_null(mkdtemp(h->dir));
	snprintf(h->site, sizeof h->site, "%s/site", h->dir);
	AUTO_BUF struct buf talk = {0};
	buf_init(&talk, 1 << 16);
	struct site_init o = {.name = "Test", .k = 2, .n = 3, .shares_dir = h->dir};
	if (site_create(h->site, &o, &talk, &e) < 0)
		fail_msg("init: %s %s", e.place, e.text);
	h->mllp = free_port();
	h->http = free_port();
}

static inline void house_start(struct house *h, bool self_test, bool sandbox_off)
{
	char mllp[40], http[40];
	struct err e = {0};
	snprintf(mllp, sizeof mllp, "lab=127.0.0.1:%u", h->mllp);
	snprintf(http, sizeof http, "127.0.0.1:%u", h->http);
	fflush(NULL);
	h->daemon = fork();
	assert_true(h->daemon >= 0);
	if (h->daemon == 0) {
		struct serve_options o = {.site = h->site, .http = http, .plain = true, .self_test = self_test, .sandbox_off = sandbox_off, .mllp = {mllp}, .mllp_count = 1};
		int log = open("/dev/null", O_WRONLY);
		if (!getenv("SERVE_TEST_LOG"))
			dup2(log, 2);
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that is stopped from outside leaves no daemon behind */
		_exit(serve_run(&o, &e) < 0 ? 3 : 0);
	}
	if (site_open(h->site, &h->s, &e) < 0)
		fail_msg("site: %s", e.text);
	for (int i = 0; i < 400; i++) {
		e = (struct err){0};
		if (control_open(&h->s, false, &h->k, &e) == 0)
			return;
		usleep(50000);
		assert_int_equal(waitpid(h->daemon, NULL, WNOHANG), 0);
	}
	fail_msg("the daemon does not come up: %s", e.text);
}

static inline void house_stop(struct house *h)
{
	int status = -1;
	control_close(h->k);
	h->k = NULL;
	if (h->daemon > 0) {
		kill(h->daemon, SIGTERM);
		assert_int_equal(waitpid(h->daemon, &status, 0), h->daemon);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		site_close(&h->s);
	}
	h->daemon = 0;
}

static inline void house_done(struct house *h)
{
	if (h->daemon > 0)
		house_stop(h);
	nftw(h->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- status ---- */

static inline const struct json_node *status_of(struct house *h, struct arena *a)
{
	struct err e = {0};
	struct json_node *n;
	struct buf b;
	buf_init(&b, 1 << 24);
	if (control_status(h->k, &b, &e) < 0)
		fail_msg("status: %s", e.text);
	struct slice text = arena_dup(a, buf_slice(&b));
	buf_done(&b);
	assert_int_equal(json_tree(text, a, &n, &e), 0);
	return n;
}

static inline uint64_t status_number(struct house *h, const char *path)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	uint64_t v = 0;
	assert_int_equal(num_u64(json_text(status_of(h, a), path), 0, UINT64_MAX, &v), 0);
	return v;
}

/* pid of a role that is running, 0: none */
static inline pid_t role_pid(struct house *h, const char *role)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	const struct json_node *roles = json_get(status_of(h, a), "roles");
	for (const struct json_node *n = roles ? roles->child : NULL; n; n = n->next)
		if (slice_eq_str(json_text(n, "name"), role) && slice_eq_str(json_text(n, "state"), "running")) {
			int64_t pid;
			assert_int_equal(num_i64(json_text(n, "pid"), 0, INT32_MAX, &pid), 0);
			return (pid_t)pid;
		}
	return 0;
}

/* ---- MLLP ---- */

static inline int mllp_connect(const struct house *h)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(h->mllp)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline size_t mllp_message(char *out, size_t size, const char *id)
{
	int n = snprintf(out, size, "\x0bMSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A01^ADT_A01|%s|P|2.5\rEVN|A01|20260105120000\rPID|1||%s^^^GAB^MR||Keller^Jeanne||19570312|F\r\x1c\r", id, id);
	assert_true(n > 0 && (size_t)n < size);
	return (size_t)n;
}

/* Send a message and wait for its acknowledgement. 1: AA with that id; 0: the connection ended or time is up. */
static inline int mllp_ask_with(int fd, const char *m, size_t n, const char *id, int timeout_ms)
{
	char ack[1024], want[64];
	size_t have = 0;
	if (send(fd, m, n, MSG_NOSIGNAL) != (ssize_t)n)
		return 0;
	snprintf(want, sizeof want, "MSA|AA|%s\r", id);
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, timeout_ms) <= 0)
			return 0;
		ssize_t got = recv(fd, ack + have, sizeof ack - 1 - have, 0);
		if (got <= 0)
			return 0;
		have += (size_t)got;
		ack[have] = 0;
		if (memchr(ack, 0x1c, have))
			return strstr(ack, want) != NULL;
	}
}

static inline int mllp_ask(int fd, const char *id, int timeout_ms)
{
	char m[512];
	return mllp_ask_with(fd, m, mllp_message(m, sizeof m, id), id, timeout_ms);
}

/* An entry of that kind whose body holds the text: how many. */
struct counting {
	const char *text;
	uint8_t kind;
	uint64_t n;
};
static inline int count_one(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct counting *c = arg;
	(void)e;
	c->n += en->leaf.kind == c->kind && (!c->text || memmem(en->body.p, en->body.n, c->text, strlen(c->text)));
	return 0;
}
static inline uint64_t entries_with(struct house *h, uint8_t kind, const char *text)
{
	struct counting c = {.text = text, .kind = kind};
	struct site_keys keys = {0};
	struct ledger *l;
	struct err e = {0};
	struct ledger_options o = {.write = false};
	struct site s;
	assert_int_equal(site_open(h->site, &s, &e), 0);
	assert_int_equal(site_keys_open(s.fd, &keys, &e), 0);
	if (ledger_open(s.fd, &keys, &o, &l, NULL, &e) < 0 || ledger_scan(l, 0, ledger_durable(l), true, count_one, &c, &e) < 0)
		fail_msg("ledger: %s", e.text);
	ledger_free(l);
	site_keys_wipe(&keys);
	site_close(&s);
	return c.n;
}

#endif
