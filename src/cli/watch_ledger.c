/* watch_ledger: what the sensor says, as entries of kind alarm. By a process of its own that takes lines from a pipe: the keeper may be busy, or another's, or its disk full, and a stop waits for none of that. */
#include "watch_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PENDING_MAX (8u << 20)
#define GATHER_MS 200     /* what comes together is entered together */
#define AGAIN_MS 2000
#define TOGETHER 256

/* {"what":"watch","id":"watch-ID","severity","text","infectionBegan","watch":the line as it was said}. */
static bool body_of(struct slice json, struct buf *b)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct jsonw w;
	struct err e;
	char id[96];
	if (!a || json_tree(json, a, &n, &e) < 0)
		return false;
	struct slice event = json_text(n, "event"), verdict = json_text(n, "id");
	bool cleared = slice_eq_str(event, "released") || slice_eq_str(event, "restored");
	snprintf(id, sizeof id, "watch-%.*s", SLICE_FMT(verdict.n && verdict.n < 40 ? verdict : event));
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "watch");
	jsonw_kstr(&w, "id", id);
	jsonw_kstr(&w, "severity", slice_eq_str(event, "ready") || slice_eq_str(event, "look") || cleared ? "notice" : "alarm");
	jsonw_kslice(&w, "text", event);
	jsonw_kslice_opt(&w, "infectionBegan", json_text(n, "began"));
	jsonw_kslice_opt(&w, "by", json_text(n, "who"));
	jsonw_key(&w, "watch");
	jsonw_raw(&w, json);
	jsonw_obj_end(&w);
	return buf_ok(b);
}

static int append(struct control *k, struct slice json, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256 << 10);
	if (!body_of(json, &b))
		return 0; /* said by us, so it is not that; and what cannot be written keeps nothing else from being written */
	const struct control_append a = {.kind = LEDGER_ALARM, .body = buf_slice(&b)};
	return control_append(k, &a, 1, NULL, NULL, e);
}

int watch_ledger_one(const struct site *s, struct slice json, struct err *e)
{
	struct control *k = NULL;
	int r = control_open(s, true, &k, e);
	if (r == 0)
		r = append(k, json, e);
	if (r == 0)
		r = control_flush(k, e);
	control_close(k);
	return r;
}

/* The whole lines of b, as entries; they are taken off when they are durable. */
static int enter(const struct site *s, struct buf *b, bool cut_clients, struct err *e)
{
	struct control *k = NULL;
	size_t done = 0;
	int r = control_open(s, true, &k, e);
	for (int n = 0; r == 0 && n < TOGETHER; n++) {
		const uint8_t *end = memchr(b->p + done, '\n', b->n - done);
		if (!end)
			break;
		if (cut_clients)
			watch_client_heard(k, slice_of(b->p + done, (size_t)(end - b->p) - done));
		r = append(k, slice_of(b->p + done, (size_t)(end - b->p) - done), e);
		done = (size_t)(end - b->p) + 1;
	}
	if (r == 0)
		r = control_flush(k, e);
	control_close(k);
	if (r == 0)
		buf_drop(b, done);
	return r;
}

static _Noreturn void recorder(const struct site *s, bool cut_clients, int in)
{
	AUTO_BUF struct buf b = {0};
	char last[384] = "";
	bool open = true;
	signal(SIGINT, SIG_IGN); /* it ends with the pipe, when all is entered */
	signal(SIGTERM, SIG_IGN);
	prctl(PR_SET_NAME, "hf-watch-ledger");
	buf_init(&b, PENDING_MAX);
	for (int failed = 0; open || b.n;) {
		struct pollfd p = {in, POLLIN, 0};
		if (open && poll(&p, 1, b.n ? GATHER_MS : -1) > 0) {
			uint8_t *to = buf_space(&b, 65536);
			ssize_t n = to ? read(in, to, 65536) : -1;
			open = n > 0 || !to;
			if (n > 0)
				buf_commit(&b, (size_t)n);
			if (to)
				continue;
		}
		struct err e = {0};
		if (b.n && enter(s, &b, cut_clients, &e) < 0) {
			char line[640];
			if (strcmp(last, e.text))
				cli_note("holdfast: what the sensor says is not recorded yet: %s", err_line(&e, line, sizeof line));
			snprintf(last, sizeof last, "%s", e.text);
			if (!open && ++failed == 5)
				break;
			poll(NULL, 0, AGAIN_MS);
		} else if (!memchr(b.p ? b.p : (const uint8_t *)"", '\n', b.n) && !open) {
			break;
		}
	}
	_exit(b.n ? 3 : 0);
}

int watch_ledger_start(const struct site *s, bool cut_clients, int *ret_pid, struct err *e)
{
	int p[2];
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, NULL, "no pipe");
	(void)!fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
	(void)!fcntl(p[1], F_SETFL, O_NONBLOCK);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(p[1]);
		recorder(s, cut_clients, p[0]);
	}
	close(p[0]);
	if (pid < 0) {
		close(p[1]);
		return err_sys(e, NULL, "no new process");
	}
	*ret_pid = pid;
	return p[1];
}

void watch_ledger_stop(int fd, int pid)
{
	if (fd < 0)
		return;
	close(fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
