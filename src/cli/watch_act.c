/* holdfast watch release, restore, list. */
#include "watch_cmd.h"

#include <stdlib.h>
#include <unistd.h>

static void begin(struct jsonw *w, struct buf *b, const char *event, const char *id)
{
	char who[64];
	control_who(who);
	buf_init(b, 1 << 16);
	jsonw_init(w, b);
	jsonw_obj(w);
	jsonw_kstr(w, "event", event);
	jsonw_kstr(w, "id", id);
	jsonw_ktime(w, "time", time_now());
	jsonw_kstr(w, "who", who);
}

/* It is done; that it is not recorded is said and not undone. */
static void enter(const struct watch_cmd *c, struct buf *b)
{
	struct err e = {0};
	char line[640];
	if (c->has_site && buf_ok(b) && watch_ledger_one(&c->s, buf_slice(b), &e) < 0)
		cli_note("holdfast: done, but not recorded: %s", err_line(&e, line, sizeof line));
}

int watch_cmd_release(struct watch_cmd *c)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	uint64_t n = 0;
	const char *id = c->args->v[1];
	int r = watch_cmd_open(c, id, &e);
	if (r == 0)
		r = watch_release(c->folder, id, &n, &e);
	if (r == 0) {
		begin(&w, &b, "released", id);
		jsonw_ku64(&w, "continued", n);
		jsonw_obj_end(&w);
		if (c->json)
			printf("%s\n", buf_cstr(&b));
		else
			printf("released %s: %llu process%s continued\n", id, (unsigned long long)n, n == 1 ? "" : "es");
		(void)cli_flush(); /* whoever waits for it need not wait for the ledger */
		enter(c, &b);
	}
	watch_cmd_close(c);
	return r < 0 ? cli_fail(&e) : 0;
}

struct printing {
	bool json;
};

static void text_of(const struct json_node *n, const char *key)
{
	struct slice s = json_text(n, key);
	if (s.n) {
		printf("  %s ", key);
		cli_slice(stdout, s);
	}
}

static void print_line(void *arg, struct slice json)
{
	const struct printing *p = arg;
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct err e;
	if (p->json || !a || json_tree(json, a, &n, &e) < 0) {
		printf("%.*s\n", SLICE_FMT(json));
		return;
	}
	printf("%-12.*s", SLICE_FMT(json_text(n, "action")));
	cli_slice(stdout, json_text(n, "path"));
	text_of(n, "to");
	text_of(n, "from");
	text_of(n, "kept");
	text_of(n, "why");
	putchar('\n');
}

int watch_cmd_restore(struct watch_cmd *c)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	struct printing p = {c->json};
	struct watch_restore x = {.dry_run = c->dry_run, .force = c->force, .line = print_line, .arg = &p};
	const char *id = c->args->v[1];
	int r = watch_cmd_open(c, id, &e);
	if (r == 0)
		r = watch_put_back(c->folder, id, &x, &e);
	if (r == 0) {
		begin(&w, &b, c->dry_run ? "proposed" : "restored", id);
		jsonw_ku64(&w, "put_back", x.put_back);
		jsonw_ku64(&w, "set_aside", x.set_aside);
		jsonw_ku64(&w, "left", x.left);
		jsonw_ku64(&w, "vault", x.vault);
		jsonw_ku64(&w, "failed", x.failed);
		jsonw_obj_end(&w);
		if (c->json)
			printf("%s\n", buf_cstr(&b));
		else
			printf("%s %s: %llu put back, %llu set aside, %llu left as they are, %llu for the vault, %llu failed\n", c->dry_run ? "proposal for" : "restored", id, (unsigned long long)x.put_back,
			       (unsigned long long)x.set_aside, (unsigned long long)x.left, (unsigned long long)x.vault, (unsigned long long)x.failed);
		(void)cli_flush();
		if (!c->dry_run)
			enter(c, &b);
	}
	watch_cmd_close(c);
	return r < 0 ? cli_fail(&e) : x.failed ? err_exit(ERR_SYSTEM) : x.left || x.vault ? 1 : 0;
}

static void list_line(void *arg, struct slice json)
{
	const struct printing *p = arg;
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct err e;
	if (p->json || !a || json_tree(json, a, &n, &e) < 0) {
		printf("%.*s\n", SLICE_FMT(json));
		return;
	}
	printf("%.*s  %.*s  %-9.*s  pid %.*s ", SLICE_FMT(json_text(n, "id")), SLICE_FMT(json_text(n, "time")), SLICE_FMT(json_text(n, "state")), SLICE_FMT(json_text(n, "pid")));
	cli_slice(stdout, json_text(n, "comm"));
	printf("  %.*s files  ", SLICE_FMT(json_text(n, "file_count")));
	cli_slice(stdout, json_text(n, "reasons.0"));
	putchar('\n');
}

int watch_cmd_list(struct watch_cmd *c)
{
	struct err e = {0};
	struct printing p = {c->json};
	int r = watch_cmd_open(c, NULL, &e);
	if (r == 0)
		r = watch_list(c->folder, list_line, &p, &e);
	watch_cmd_close(c);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
