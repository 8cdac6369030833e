/* watch_orders: what somebody who has signed in orders in the viewer, carried out by who may: a process of root's beside the sensor, which asks the keeper and is reached by nobody. An order is a verdict's id and one of three words;
 * what is done with it is what `holdfast watch release` and `restore` do. */
#include "watch_cmd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASK_MS 250        /* a release is to be done within a second */
#define AGAIN_MS 1000     /* no daemon: it starts again */
#define LINES_MAX 2000
#define LINES_BYTES ((size_t)3 << 20)

struct lines {
	struct buf b;
	size_t n, left;
};

static void put_line(void *arg, struct slice json)
{
	struct lines *l = arg;
	if (l->n == LINES_MAX || l->b.n + json.n > LINES_BYTES) {
		l->left++;
		return;
	}
	if (l->n++)
		buf_u8(&l->b, ',');
	buf_add_slice(&l->b, json);
}

/* As the commands' own events (watch_act.c); who: the person, who is not on this machine. */
static void event(struct jsonw *w, struct buf *b, const char *what, const char *id, struct slice by, struct slice order)
{
	buf_init(b, 1 << 16);
	jsonw_init(w, b);
	jsonw_obj(w);
	jsonw_kstr(w, "event", what);
	jsonw_kstr(w, "id", id);
	jsonw_ktime(w, "time", time_now());
	jsonw_kslice(w, "who", by);
	jsonw_key(w, "order");
	jsonw_dec(w, order);
}

static void put_counts(struct jsonw *w, const struct watch_restore *x)
{
	jsonw_ku64(w, "put_back", x->put_back);
	jsonw_ku64(w, "set_aside", x->set_aside);
	jsonw_ku64(w, "left", x->left);
	jsonw_ku64(w, "vault", x->vault);
	jsonw_ku64(w, "failed", x->failed);
}

static void put_failure(struct jsonw *w, const struct err *e)
{
	char line[640];
	jsonw_kstr(w, "error", err_line(e, line, sizeof line));
}

static int release(const struct site *s, const char *state, const char *id, const struct json_node *o, struct jsonw *w)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw entry;
	struct err e = {0};
	uint64_t n = 0;
	int r = watch_release(state, id, &n, &e);
	if (r < 0) {
		put_failure(w, &e);
		return r;
	}
	jsonw_ku64(w, "continued", n);
	event(&entry, &b, "released", id, json_text(o, "by"), json_text(o, "order"));
	jsonw_ku64(&entry, "continued", n);
	jsonw_obj_end(&entry);
	return watch_ledger_one(s, buf_slice(&b), &e);
}

static int restore(const struct site *s, const char *state, const char *id, const struct json_node *o, bool dry, struct jsonw *w)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw entry;
	struct err e = {0};
	struct lines l = {.n = 0};
	struct watch_restore x = {.dry_run = dry, .line = put_line, .arg = &l};
	buf_init(&l.b, LINES_BYTES + 65536);
	int r = watch_put_back(state, id, &x, &e);
	if (r < 0) {
		put_failure(w, &e);
		buf_done(&l.b);
		return r;
	}
	jsonw_kbool(w, "dry_run", dry);
	put_counts(w, &x);
	jsonw_ku64(w, "lines_left_out", l.left);
	jsonw_key(w, "lines");
	jsonw_arr(w);
	if (l.n)
		jsonw_raw(w, buf_slice(&l.b));
	jsonw_arr_end(w);
	buf_done(&l.b);
	if (dry)
		return 0;
	event(&entry, &b, "restored", id, json_text(o, "by"), json_text(o, "order"));
	put_counts(&entry, &x);
	jsonw_obj_end(&entry);
	return watch_ledger_one(s, buf_slice(&b), &e);
}

static int carry_out(const struct site *s, const char *state, struct control *k, const struct json_node *o, struct err *e)
{
	AUTO_BUF struct buf b = {0}, ret = {0};
	struct jsonw w;
	struct slice what = json_text(o, "what"), given = json_text(o, "id");
	char id[WATCH_ID_MAX];
	buf_init(&b, LINES_BYTES + (1 << 20));
	buf_init(&ret, 1 << 16);
	snprintf(id, sizeof id, "%.*s", SLICE_FMT(given)); /* what is no id is refused by who takes it */
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "done");
	jsonw_key(&w, "order");
	jsonw_dec(&w, json_text(o, "order"));
	jsonw_key(&w, "result");
	jsonw_obj(&w);
	int r = slice_eq_str(what, "release") ? release(s, state, id, o, &w) : restore(s, state, id, o, !slice_eq_str(what, "restore"), &w);
	jsonw_kbool(&w, "ok", r == 0);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return buf_ok(&b) ? control_watch(k, buf_slice(&b), &ret, e) : err_set(e, ERR_LIMIT, NULL, "the result is too long");
}

static int round_of(const struct site *s, const char *state, struct control *k, struct err *e)
{
	AUTO_BUF struct buf ret = {0};
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct json_node *n;
	buf_init(&ret, 1 << 20);
	int r = a ? control_watch(k, SLICE("{\"do\":\"take\"}"), &ret, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = json_tree(buf_slice(&ret), a, &n, e);
	const struct json_node *list = r == 0 ? json_get(n, "orders") : NULL;
	for (const struct json_node *o = list ? list->child : NULL; r == 0 && o; o = o->next)
		r = carry_out(s, state, k, o, e);
	return r;
}

static _Noreturn void orders(const struct site *s, const char *state)
{
	struct control *k = NULL;
	signal(SIGINT, SIG_IGN); /* it ends when the sensor does */
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_NAME, "hf-watch-orders");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (;;) {
		struct err e = {0};
		int r = k ? 0 : control_open(s, false, &k, &e);
		if (r == 0)
			r = round_of(s, state, k, &e);
		if (r < 0) {
			control_close(k);
			k = NULL;
		}
		poll(NULL, 0, r < 0 ? AGAIN_MS : ASK_MS);
	}
}

int watch_orders_start(const struct site *s, const char *state, int *ret_pid, struct err *e)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		orders(s, state);
	if (pid < 0)
		return err_sys(e, NULL, "no new process");
	*ret_pid = pid;
	return 0;
}

void watch_orders_stop(int pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
