/* holdfast watch run. */
#include "watch_cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct running {
	int ledger; /* where entries are made; -1: nowhere */
};

static bool deserves_entry(struct slice json)
{
	static const char *const events[] = {"verdict", "look", "stopped", "denied", "released", "overflow", "rescanned", "alarm", "forgotten", "unkept", "failed", "ready"};
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		char head[40];
		snprintf(head, sizeof head, "{\"event\":\"%s\"", events[i]);
		if (slice_starts(json, head))
			return true;
	}
	return false;
}

static void on_event(void *arg, struct slice json)
{
	const struct running *r = arg;
	fwrite(json.p, 1, json.n, stdout);
	putchar('\n');
	fflush(stdout);
	if (r->ledger < 0 || !deserves_entry(json))
		return;
	char line[65536];
	if (json.n + 1 >= sizeof line)
		return;
	memcpy(line, json.p, json.n);
	line[json.n] = '\n';
	(void)!write(r->ledger, line, json.n + 1); /* full: whoever makes the entries hangs; nobody waits for it */
}

static int size_of(const char *s, uint64_t *ret)
{
	size_t n = strlen(s);
	int shift = n && strchr("kK", s[n - 1]) ? 10 : n && strchr("mM", s[n - 1]) ? 20 : n && strchr("gG", s[n - 1]) ? 30 : n && strchr("tT", s[n - 1]) ? 40 : 0;
	uint64_t v;
	if (!n || num_u64(slice_of(s, n - (shift != 0)), 1, UINT64_MAX >> 41, &v) < 0)
		return ERR_INPUT;
	*ret = v << shift;
	return 0;
}

static int configure(struct watch_cmd *c, struct watch_config *w, char real[WATCH_PATHS_MAX][WATCH_PATH_MAX])
{
	static const char *const acts[] = {"observe", "stop", "deny"}, *const modes[] = {"pre-content", "open", "notify"};
	static const char *canaries[ARRAY_LEN(c->canary.v) + 1];
	w->act = WATCH_STOP;
	if (!c->path.n || c->path.n > WATCH_PATHS_MAX)
		return cli_usage("watch run: say what to watch: --path DIR, at most %d times", WATCH_PATHS_MAX);
	for (size_t i = 0; c->act && i <= ARRAY_LEN(acts); i++) {
		if (i == ARRAY_LEN(acts))
			return cli_usage("--act: observe, stop or deny");
		w->act = (enum watch_act)i;
		if (!strcmp(c->act, acts[i]))
			break;
	}
	for (size_t i = 0; c->best && i <= ARRAY_LEN(modes); i++) {
		if (i == ARRAY_LEN(modes))
			return cli_usage("--mode: pre-content, open or notify");
		w->best = (enum watch_mode)i;
		if (!strcmp(c->best, modes[i]))
			break;
	}
	if (c->preimages && (size_of(c->preimages, &w->preimages) < 0 || w->preimages < WATCH_PREIMAGES_MIN))
		return cli_usage("--preimages: a size such as 512M or 8G, at least %lluM", (unsigned long long)(WATCH_PREIMAGES_MIN >> 20));
	if (c->never_stop.n > WATCH_NAMES_MAX)
		return cli_usage("--never-stop: at most %d names", WATCH_NAMES_MAX);
	for (size_t i = 0; i < c->path.n; i++)
		w->path[w->path_count++] = realpath(c->path.v[i], real[i]) ? real[i] : c->path.v[i];
	for (size_t i = 0; i < c->never_stop.n; i++)
		w->never_stop[w->never_stop_count++] = c->never_stop.v[i];
	for (size_t i = 0; i < c->canary.n; i++)
		canaries[i] = c->canary.v[i];
	w->judge.canaries = c->canary.n ? canaries : NULL;
	w->freeze = c->freeze;
	w->let_sleep = c->let_sleep;
	w->limited_queue = c->limited_queue;
	w->samba_audit = c->samba_audit;
	return 0;
}

int watch_cmd_run(struct watch_cmd *c)
{
	static char real[WATCH_PATHS_MAX][WATCH_PATH_MAX];
	static struct watch_config w;
	struct running run = {.ledger = -1};
	struct err e = {0};
	int pid = -1, orders = -1;
	w = (struct watch_config){.event = on_event, .arg = &run};
	int r = configure(c, &w, real);
	if (r)
		return r;
	if (watch_cmd_open(c, NULL, &e) < 0)
		return cli_fail(&e);
	if (c->cut_client && !c->has_site) {
		watch_cmd_close(c);
		return cli_usage("--cut-client: the gate is a site's: say --site");
	}
	if (c->has_site) {
		w.exempt = c->s.path;
		run.ledger = watch_ledger_start(&c->s, c->cut_client, &pid, &e);
		if (run.ledger < 0) {
			watch_cmd_close(c);
			return cli_fail(&e);
		}
		w.keep[w.keep_count++] = pid;
		if (watch_orders_start(&c->s, c->folder, &orders, &e) < 0) {
			watch_ledger_stop(run.ledger, pid);
			watch_cmd_close(c);
			return cli_fail(&e);
		}
		w.keep[w.keep_count++] = orders;
	}
	w.state = c->folder;
	watch_cmd_remember(c);
	r = watch_run(&w, &e);
	watch_orders_stop(orders);
	watch_ledger_stop(run.ledger, pid);
	watch_cmd_close(c);
	return r < 0 ? cli_fail(&e) : 0;
}
