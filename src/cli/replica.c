/* holdfast replica add|list|push|pull|status: copies of the site elsewhere. A replica lives on a disk of its own, a web server or in a bucket under object lock; nothing in it opens without the recovery shares, and
 * nothing that this machine does later takes away what it has seen. */
#include "commands.h"
#include "vault.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

struct show {
	bool json;
	bool any;
	int64_t now;
};

static const char *kind_of(const char *target)
{
	return !strncmp(target, "s3://", 5) ? "s3" : !strncmp(target, "http", 4) ? "https" : "folder";
}

static void age_text(int64_t age, char out[40])
{
	int64_t m = age / (60 * TIME_SEC);
	if (m < 120)
		snprintf(out, 40, "%" PRId64 " min", m < 0 ? 0 : m);
	else if (m < 48 * 60)
		snprintf(out, 40, "%" PRId64 " h", m / 60);
	else
		snprintf(out, 40, "%" PRId64 " days", m / (24 * 60));
}

static void put_replica(struct jsonw *w, const struct vault_replica *r)
{
	jsonw_kstr(w, "name", r->name);
	jsonw_kstr(w, "target", r->target);
	jsonw_kstr(w, "kind", kind_of(r->target));
	if (!strcmp(kind_of(r->target), "s3"))
		jsonw_ku64(w, "retainDays", r->retain_days);
	jsonw_ku64(w, "everyMinutes", r->every);
}

static void put_tries(struct jsonw *w, const struct vault_replica_state *st)
{
	if (st->tried)
		jsonw_ktime(w, "lastTry", st->tried);
	if (st->done)
		jsonw_ktime(w, "lastSuccess", st->done);
	if (st->error[0])
		jsonw_kstr(w, "lastError", st->error);
}

static int show_one(void *arg, const struct vault_replica *r, const struct vault_replica_state *st, struct err *e)
{
	struct show *s = arg;
	char age[40] = "never";
	s->any = true;
	if (st->head_time)
		age_text(s->now - st->head_time, age);
	if (!s->json) {
		printf("%-16s %s\n                 %s%s%s%s\n", r->name, r->target, st->done ? "head of " : "nothing there yet", st->done ? age : "", st->done ? " ago" : "", st->error[0] ? "; the last try FAILED:" : "");
		if (st->error[0])
			printf("                 %s\n", st->error);
		return 0;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	put_replica(&w, r);
	if (st->done) {
		jsonw_kstr(&w, "origin", st->origin);
		jsonw_ku64(&w, "size", st->size);
		jsonw_ku64(&w, "epoch", st->epoch);
		jsonw_ktime(&w, "headTime", st->head_time);
	}
	put_tries(&w, st);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
	return buf_ok(&b) ? 0 : err_set(e, buf_code(&b), NULL, "no memory");
}

static void progress(void *arg, const char *doing, uint64_t done, uint64_t total)
{
	if (total)
		fprintf(stderr, "\r\033[K%s %" PRIu64 " of %" PRIu64, doing, done, total);
	else
		fprintf(stderr, "\r\033[K%s %" PRIu64, doing, done);
}

/* What a push did with copies of the charts that are old. */
static void tell_views(const struct vault_replica_report *rep)
{
	char t[32];
	if (rep->views_removed)
		printf("  old copies of the charts: %" PRIu64 " objects removed\n", rep->views_removed);
	if (rep->views_locked)
		printf("  old copies of the charts: %" PRIu64 " objects stay until their lock ends, at the latest %s\n", rep->views_locked, time_rfc3339(rep->views_until, 0, t));
	if (rep->views_refused)
		printf("  old copies of the charts: this key may not remove them there; that does no harm but takes room\n");
}

static int report(const char *verb, const struct vault_replica *r, const struct vault_replica_report *rep, struct buf *faults, bool json, int c, const struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char t[32], age[40];
	struct vault_replica_state st = {0};
	bool look = !strcmp(verb, "status");
	if (json) {
		struct jsonw w;
		buf_init(&b, 2 << 20);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kbool(&w, "ok", c == 0 && !rep->none);
		put_replica(&w, r);
		if (rep->origin[0]) {
			jsonw_kstr(&w, "origin", rep->origin);
			jsonw_ku64(&w, "size", rep->size);
			jsonw_ku64(&w, "epoch", rep->epoch);
			jsonw_ktime(&w, "headTime", rep->head_time);
			jsonw_ki64(&w, "headAgeSeconds", (time_now() - rep->head_time) / TIME_SEC);
			jsonw_ku64(&w, "packs", rep->packs);
			jsonw_ku64(&w, "vaultPacks", rep->vault_packs);
		}
		if (look)
			jsonw_ku64(&w, "behind", rep->behind);
		jsonw_ku64(&w, look ? "objectsRead" : "objects", rep->objects);
		jsonw_ku64(&w, "bytes", rep->bytes);
		if (!strcmp(verb, "push")) {
			jsonw_ku64(&w, "oldCopiesRemoved", rep->views_removed);
			jsonw_ku64(&w, "oldCopiesLocked", rep->views_locked);
			jsonw_ku64(&w, "oldCopiesRefused", rep->views_refused);
			if (rep->views_locked)
				jsonw_ktime(&w, "oldCopiesUntil", rep->views_until);
		}
		if (look)
			put_tries(&w, &st);
		cli_put_faults(&w, faults);
		if (c < 0) {
			char line[700];
			jsonw_kstr(&w, "error", err_line(e, line, sizeof line));
		}
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
	} else if (rep->none) {
		printf("%s: nothing has been pushed to it yet\n", r->name);
	} else if (rep->origin[0]) {
		age_text(time_now() - rep->head_time, age);
		printf("%s: %s, %" PRIu64 " entries, epoch %" PRIu64 ", head made %s (%s ago); %" PRIu64 " packs, %" PRIu64 " packs of file backups", r->name, rep->origin, rep->size, rep->epoch,
		       time_rfc3339(rep->head_time, 0, t), age, rep->packs, rep->vault_packs);
		if (look)
			printf("; %" PRIu64 " entries behind this site\n", rep->behind);
		else
			printf("; %" PRIu64 " objects, %" PRIu64 " bytes %s\n", rep->objects, rep->bytes, !strcmp(verb, "push") ? "put" : "fetched");
		tell_views(rep);
	}
	if (!json)
		fputs(buf_cstr(faults), stderr);
	if (c < 0)
		return cli_fail(e);
	return rep->none ? 1 : 0;
}

static int run(const char *verb, int fd, const char *name, const struct vault_replica_options *o, bool json)
{
	struct err e = {0};
	static struct vault_replica r;
	struct vault_replica_state st;
	struct vault_replica_report rep = {0};
	AUTO_BUF struct buf faults = {0};
	buf_init(&faults, 1 << 20);
	int c = vault_replica_get(fd, name, &r, &st, &e);
	if (c < 0)
		return cli_fail(&e);
	if (!strcmp(verb, "push")) {
		struct site_keys keys = {0};
		(void)!seal_lock_memory(&keys, sizeof keys, NULL);
		c = site_keys_open(fd, &keys, &e);
		if (c == 0)
			c = vault_replica_push(fd, &keys, &r, o, &rep, &faults, &e);
		site_keys_wipe(&keys);
	} else if (!strcmp(verb, "pull")) {
		c = vault_replica_pull(fd, &r, o, &rep, &faults, &e);
	} else {
		c = vault_replica_status(fd, &r, o, &rep, &faults, &e);
	}
	if (o->progress)
		fputs("\r\033[K", stderr);
	return report(verb, &r, &rep, &faults, json, c, &e);
}

/* The folder of a site, or of a replica that only pulls and is no site. */
static int open_folder(const char *site, bool make, struct err *e)
{
	if (!site)
		site = getenv("HOLDFAST_SITE");
	if (!site || !*site)
		return err_set(e, ERR_USAGE, NULL, "say which site with --site DIR, or set HOLDFAST_SITE");
	if (make) {
		int r = file_mkdir(AT_FDCWD, site, 0755, e);
		if (r < 0)
			return r;
	}
	return file_open_dir(AT_FDCWD, site, e);
}

struct given { /* files that `add` was told of */
	const char *token, *ca, *vkey, *credentials;
};

static int read_given(const struct given *g, struct vault_replica *r, struct err *e)
{
	const struct {
		const char *file;
		char *to;
		size_t size;
	} plain[] = {{g->token, r->access.token, sizeof r->access.token}, {g->ca, r->access.ca, sizeof r->access.ca}, {g->vkey, r->vkey, sizeof r->vkey}};
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		AUTO_BUF struct buf b = {0};
		if (!plain[i].file)
			continue;
		buf_init_secret(&b, plain[i].size - 1);
		int c = file_read(AT_FDCWD, plain[i].file, plain[i].size - 1, &b, e);
		if (c < 0)
			return c;
		struct slice s = slice_trim(buf_slice(&b));
		if (s.n == 0 || memchr(s.p, 0, s.n))
			return err_set(e, ERR_INPUT, plain[i].file, "there is nothing in it that could be meant");
		memcpy(plain[i].to, s.p, s.n);
		plain[i].to[s.n] = 0;
	}
	if (!g->credentials)
		return 0;
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, 16384);
	int c = file_read(AT_FDCWD, g->credentials, 16384, &b, e);
	if (c == 0)
		c = vault_access_read(buf_slice(&b), &r->access, e);
	return c == 0 && !r->access.key[0] ? err_set(e, ERR_INPUT, g->credentials, "it has no AWS_ACCESS_KEY_ID=...") : c;
}

static int add(int fd, const char *name, const char *target, uint64_t retain, uint64_t every, bool no_lock, const struct given *g, bool json)
{
	struct err e = {0};
	static struct vault_replica r;
	r = (struct vault_replica){.retain_days = (unsigned)retain, .every = (unsigned)every, .no_lock = no_lock};
	char full[sizeof r.target] = "";
	if (read_given(g, &r, &e) < 0)
		return cli_fail(&e);
	if (strlen(name) >= sizeof r.name)
		return cli_usage("replica add: '%s' is too long for a name", name);
	if (!strcmp(kind_of(target), "folder") && target[0] != '/' && *target) { /* the daemon stands elsewhere */
		char *cwd = get_current_dir_name();
		int n = cwd ? snprintf(full, sizeof full, "%s/%s", cwd, target) : -1;
		free(cwd);
		if (n < 0 || (size_t)n >= sizeof full)
			return cli_usage("replica add: the target's path is too long");
		target = full;
	}
	if (strlen(target) >= sizeof r.target)
		return cli_usage("replica add: the target is too long");
	snprintf(r.name, sizeof r.name, "%s", name);
	snprintf(r.target, sizeof r.target, "%s", target);
	int c = vault_replica_add(fd, &r, &e);
	seal_wipe(&r.access, sizeof r.access);
	if (c < 0)
		return cli_fail(&e);
	if (json)
		printf("{\"ok\":true,\"kind\":\"%s\"}\n", kind_of(target));
	else
		printf("replica %s: %s\nNext: holdfast replica push %s (or pull), and again at least every hour: `holdfast serve` pushes by itself; for a site without it, and to pull, there are timers (holdfast-replica(1))\n", name, target, name);
	return 0;
}

struct pushing {
	int fd;
	const struct vault_replica_options *o;
	bool json, due;
	int worst;
};

static int push_one(void *arg, const struct vault_replica *r, const struct vault_replica_state *st, struct err *e)
{
	struct pushing *p = arg;
	int64_t every = (int64_t)r->every * 60 * TIME_SEC, gone = time_now() - st->done;
	if (p->due && st->done && !st->error[0] && gone >= 0 && gone < every - every / 20) /* the timer may come a little early */
		return 0;
	if (strcmp(kind_of(r->target), "https")) { /* a web server is only pulled from */
		int c = run("push", p->fd, r->name, p->o, p->json);
		if (c > p->worst)
			p->worst = c;
	}
	return 0;
}

static int push_all(int fd, const struct vault_replica_options *o, bool due, bool json)
{
	struct err e = {0};
	struct pushing p = {.fd = fd, .o = o, .json = json, .due = due};
	int r = vault_replica_each(fd, push_one, &p, &e);
	return r < 0 ? cli_fail(&e) : p.worst;
}

int cmd_replica(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false, accept = false, data = false, no_lock = false, all = false, due = false;
	uint64_t retain = 0, every = 60, connections = 0;
	struct given given = {0};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE); for add and pull also a new folder that is to be a replica only"},
		{"retain", CLI_NUMBER, &retain, "DAYS", "add, push: S3 object lock, COMPLIANCE mode: nobody removes it earlier (default 30; made longer weekly)"},
		{"every", CLI_NUMBER, &every, "MINUTES", "add: how often it should be pushed (default 60)"},
		{"token-file", CLI_STRING, &given.token, "FILE", "add: the bearer token for an https:// target, made there with `holdfast token create --role replica`"},
		{"ca", CLI_STRING, &given.ca, "FILE", "add: the certificate (PEM) of the authority that must have signed the server's; a site's own is SITE/tls/ca.crt"},
		{"vkey", CLI_STRING, &given.vkey, "FILE", "add: the log's verifier key (SITE/ledger/vkey): nothing else is ever accepted. Without it the first head that is pulled counts"},
		{"credentials", CLI_STRING, &given.credentials, "FILE", "add: AWS_ACCESS_KEY_ID=... and the like, a line each, kept for the daemon (mode 0600)"},
		{"connections", CLI_NUMBER, &connections, "N", "push, pull: to a network store at a time, 1 to 16 (default 4)"},
		{"no-lock", CLI_FLAG, &no_lock, NULL, "add: take a bucket without object lock all the same"},
		{"all", CLI_FLAG, &all, NULL, "push: every replica of the site that can be pushed to"},
		{"due", CLI_FLAG, &due, NULL, "push --all: only those whose last push is longer ago than they say with --every"},
		{"accept-epoch", CLI_FLAG, &accept, NULL, "push, pull: take a new epoch (another name and key); ask the site first"},
		{"data", CLI_FLAG, &data, NULL, "status: read every byte; pull, push: look at every byte that is there"},
		{"json", CLI_FLAG, &json, NULL, "JSON on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "replica add NAME DIR|https://...|s3://BUCKET/PREFIX | list | push NAME|--all [--due] | pull NAME | status [NAME]   --site DIR [--json]",
	                  "Copies of the site elsewhere, append-only, proven before they are accepted. Endpoint and keys of an object store come from AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool is_add = !strcmp(verb, "add"), is_list = !strcmp(verb, "list") || (!strcmp(verb, "status") && args.n == 1), is_push = !strcmp(verb, "push");
	if (!is_add && !is_list && !is_push && strcmp(verb, "pull") && strcmp(verb, "status"))
		return cli_usage("replica: say add NAME TARGET, list, push NAME, pull NAME or status NAME");
	if (args.n != (is_add ? 3u : is_list || (is_push && all) ? 1u : 2u))
		return cli_usage("replica %s: %s", verb, is_add ? "say a name and a target" : is_list ? "takes no name" : "name one replica");
	if ((all || due) && !is_push)
		return cli_usage("replica %s: --all and --due are for push", verb);
	if (due && !all)
		return cli_usage("replica push: --due goes with --all");
	if (retain && strcmp(verb, "add") && !is_push)
		return cli_usage("replica %s: --retain is for add and push", verb);
	if (retain > 36500 || every == 0 || every > 60 * 24 * 366)
		return cli_usage("replica add: --retain is 1 to 36500 days, --every 1 to 527040 minutes");
	struct err e = {0};
	AUTO_CLOSE int fd = open_folder(site, is_add, &e);
	if (fd < 0)
		return cli_fail(&e);
	if (connections > 16)
		return cli_usage("replica %s: --connections is 1 to 16", verb);
	if ((given.token || given.ca || given.vkey || given.credentials) && !is_add)
		return cli_usage("replica %s: --token-file, --ca, --vkey and --credentials are for add", verb);
	struct vault_replica_options o = {.accept_epoch = accept, .connections = (unsigned)connections, .data = data, .retain_days = (unsigned)retain, .progress = cli_progress_wanted() ? progress : NULL};
	if (is_add)
		return add(fd, args.v[1], args.v[2], retain ? retain : 30, every, no_lock, &given, json);
	if (is_list) {
		struct show s = {.json = json, .now = time_now()};
		r = vault_replica_each(fd, show_one, &s, &e);
		if (r == 0 && !s.any && !json)
			printf("no replicas: UNPROTECTED. `holdfast replica add NAME TARGET` makes one\n");
		return r < 0 ? cli_fail(&e) : 0;
	}
	if (!(is_push && all))
		return run(verb, fd, args.v[1], &o, json);
	return push_all(fd, &o, due, json);
}
