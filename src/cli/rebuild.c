/* holdfast rebuild: a machine that has nothing becomes the site again, from a replica and the recovery shares: ledger, packs, keys, certificates; a new epoch; the charts. */
#include "commands.h"
#include "vault.h"

#include <fcntl.h>
#include <inttypes.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct talk {
	bool wanted, known;
	int64_t begun, told, noted, phase_begun;
	char phase[64];
	int destfd, progressfd; /* rebuild.progress, for a daemon that serves charts meanwhile; -1: not made yet */
	const struct age_identity *recovery;
	const char *dest;
};

/* Charts as they were, from the replica's copy of the view: opened while its parts come, readable before the ledger is. */
struct restored {
	const char *dest;
	int destfd, viewfd, copiesfd, fd;
	const struct age_identity *recovery;
	struct age_identity ids[VIEW_KEYS_MAX];
	size_t ids_n;
	struct view_opener *opener;
	struct talk *talk;
	double first; /* seconds until charts could be read; 0: not before the end */
};

/* One line of always the same length, so that nobody reads half of it. */
static void note_progress(struct talk *t, const char *doing, uint64_t done, uint64_t total, double left)
{
	char text[150], line[161], seconds[24] = "-";
	struct err quiet;
	if (t->progressfd < 0)
		return;
	if (left >= 0 && left < 1e8)
		snprintf(seconds, sizeof seconds, "%.0f", left);
	snprintf(text, sizeof text, "%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t", doing, done, total, seconds);
	snprintf(line, sizeof line, "%-159s\n", text);
	(void)!file_pwrite_all(t->progressfd, slice_str(line), 0, &quiet, CLI_PROGRESS);
}

/* Bytes, and how long the rest will take at the pace so far. */
static void fetching(void *arg, const char *doing, uint64_t done, uint64_t total)
{
	struct talk *t = arg;
	int64_t now = time_monotonic();
	bool shown = t->wanted && (now - t->told >= TIME_SEC / 5 || done >= total), note = now - t->noted >= TIME_SEC / 5 || done >= total || (total && !t->known);
	if (!shown && !note)
		return;
	bool entries = !strncmp(doing, "entries", 7); /* each with its own pace */
	if (entries && strcmp(t->phase, doing)) {
		snprintf(t->phase, sizeof t->phase, "%s", doing);
		t->phase_begun = now;
	}
	if (note) {
		double part = total ? (double)done / (double)total : 1, took = (double)(now - (entries ? t->phase_begun : t->begun)) / (double)TIME_SEC;
		t->noted = now;
		t->known = total > 0; /* how much there is is said as soon as it is known */
		note_progress(t, doing, done, total, part > 0.01 ? took / part - took : -1);
	}
	if (!shown)
		return;
	t->told = now;
	double share = total ? (double)done / (double)total : 1, spent = (double)(now - (entries ? t->phase_begun : t->begun)) / (double)TIME_SEC;
	if (entries)
		fprintf(stderr, "\r\033[K%s: %" PRIu64 " of %" PRIu64, doing, done, total);
	else
		fprintf(stderr, "\r\033[K%s: %" PRIu64 " of %" PRIu64 " MiB", doing, done >> 20, total >> 20);
	if (share > 0.01 && share < 1)
		fprintf(stderr, ", about %.0f s more", spent / share - spent);
}

static void charting(void *arg, uint64_t done, uint64_t total)
{
	struct talk *t = arg;
	int64_t now = time_monotonic();
	if (!t->wanted || (now - t->told < TIME_SEC / 5 && done < total))
		return;
	t->told = now;
	double share = total ? (double)done / (double)total : 1, spent = (double)(now - t->begun) / (double)TIME_SEC;
	fprintf(stderr, "\r\033[Kcharts: %" PRIu64 " of %" PRIu64 " entries", done, total);
	if (share > 0.01 && share < 1)
		fprintf(stderr, ", about %.0f s more", spent / share - spent);
}

struct times {
	double first, fetched, charts, all;
};

static double since(int64_t t)
{
	return (double)(time_monotonic() - t) / (double)TIME_SEC;
}

static int new_epoch(int fd, const char *from, const struct vault_replica_report *rep, struct site_keys *keys, struct err *e)
{
	struct site_keys now;
	char reason[400], t[32];
	(void)!seal_lock_memory(&now, sizeof now, NULL);
	snprintf(reason, sizeof reason, "rebuilt from %.200s, its head of %s", from, time_rfc3339(rep->head_time, 0, t));
	int r = ledger_epoch_begin(fd, keys, reason, &now, NULL, e);
	if (r == 0)
		*keys = now;
	seal_wipe(&now, sizeof now);
	return r;
}

/* ---- whoever serves charts meanwhile ---- */

/* The lock says that a rebuild is at work here: to a daemon, and to a second one. */
static int open_progress(struct talk *t, struct err *e)
{
	t->progressfd = openat(t->destfd, CLI_PROGRESS, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (t->progressfd < 0)
		return err_sys(e, CLI_PROGRESS, "cannot be made");
	int r = ERR_BUSY;
	for (int tries = 0; r == ERR_BUSY && tries < 20; tries++) { /* a daemon that looks holds it for a moment */
		if (tries)
			usleep(50000);
		r = file_lock(t->progressfd, false, e);
	}
	t->noted = 0;
	return r == ERR_BUSY ? err_set(e, r, t->dest, "another rebuild is at work in this folder") : r;
}

/* Accounts as the head has them, opened for the keeper of a daemon: it has no key yet that would open them. */
static int open_accounts(struct talk *t, struct err *e)
{
	AUTO_BUF struct buf sealed = {0}, plain = {0};
	buf_init(&sealed, (size_t)64 << 20);
	buf_init_secret(&plain, (size_t)64 << 20);
	int r = file_read(t->destfd, "keys/accounts.age", (size_t)64 << 20, &sealed, e);
	if (r == ERR_NOT_FOUND) /* of an older program, or nobody has an account */
		return 0;
	if (r == 0)
		r = age_open(t->recovery, 1, buf_slice(&sealed), &plain, e);
	return r == 0 ? file_replace(t->destfd, "rebuild.accounts", buf_slice(&plain), 0600, e) : r;
}

/* Certificates of this machine: one that was made by an earlier try is good, and may be in use. */
static int own_certificates(int sitefd, const char *name, const struct age_identity *recovery, struct err *e)
{
	struct stat st;
	bool there = fstatat(sitefd, "tls/web.key", &st, 0) == 0 && fstatat(sitefd, "tls/web.crt", &st, 0) == 0 && fstatat(sitefd, "tls/mllp.key", &st, 0) == 0 && fstatat(sitefd, "tls/mllp.crt", &st, 0) == 0;
	return there ? 0 : site_tls_renew(sitefd, name, recovery, e);
}

static int keys_back(void *arg, struct slice site_ini, struct err *e)
{
	struct talk *t = arg;
	char name[128];
	int r = t->progressfd < 0 ? open_progress(t, e) : 0;
	if (r == 0)
		r = site_ini_name(site_ini, name, e);
	if (r == 0)
		r = own_certificates(t->destfd, name, t->recovery, e);
	return r == 0 ? open_accounts(t, e) : r;
}

/* ---- a copy of the view ---- */

static int copy_begin(void *arg, const struct ledger_view_copy *c, struct err *e)
{
	struct restored *r = arg;
	if (r->viewfd < 0 && (r->viewfd = file_open_dir(r->destfd, "view", e)) < 0)
		return r->viewfd;
	if (r->copiesfd < 0 && (r->copiesfd = file_open_dir(r->destfd, "copies", e)) < 0)
		return r->copiesfd;
	int code = view_copy_keys(r->destfd, NULL, r->recovery, r->ids, VIEW_KEYS_MAX, &r->ids_n, e);
	if (code < 0)
		return code;
	r->fd = openat(r->viewfd, "chart.db.new", O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	return r->fd < 0 ? err_sys(e, "view/chart.db", "cannot be made") : view_opener_new(r->copiesfd, c, r->ids, r->ids_n, r->fd, &r->opener, e);
}

static void copy_part(void *arg)
{
	view_opener_part(((struct restored *)arg)->opener);
}

/* Is it a view that this program reads, of as many entries as it says? */
static int look_at_view(const struct restored *r, const char *file, const struct ledger_view_copy *c, int64_t *ret_time, struct err *e)
{
	char path[4300];
	struct chart_options o = {.readers = serve_readers()};
	struct chart *chart = NULL;
	struct chart_moment at = {0};
	snprintf(path, sizeof path, "%s/view/%s", r->dest, file);
	int code = chart_open(path, &o, &chart, e);
	if (code == 0 && chart_applied(chart) != c->entries)
		code = err_set(e, ERR_CORRUPT, "view", "it holds %" PRIu64 " entries, and says %" PRIu64, chart_applied(chart), c->entries);
	if (code == 0 && c->entries)
		code = chart_at_entry(chart, c->entries - 1, &at, e);
	*ret_time = at.time;
	chart_close(chart);
	return code;
}

static void opener_done(struct restored *r)
{
	view_opener_free(r->opener);
	r->opener = NULL;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	seal_wipe(r->ids, sizeof r->ids);
}

static int copy_end(void *arg, const struct ledger_view_copy *c, struct err *e)
{
	struct restored *r = arg;
	int64_t time = 0;
	char when[32];
	int code = view_opener_end(r->opener, e);
	opener_done(r);
	if (code == 0)
		code = look_at_view(r, "chart.db.new", c, &time, e);
	if (code < 0)
		return code;
	unlinkat(r->viewfd, "chart.db-wal", 0);
	unlinkat(r->viewfd, "chart.db-shm", 0);
	if (renameat(r->viewfd, "chart.db.new", r->viewfd, "chart.db"))
		return err_sys(e, "view/chart.db", "cannot be put in its place");
	r->first = (double)(time_monotonic() - r->talk->begun) / (double)TIME_SEC;
	if (r->talk->wanted)
		fputs("\r\033[K", stderr);
	cli_note("%.1f s: CHARTS CAN BE READ: holdfast chart census --site %s, as of entry %" PRIu64 ", received %s. Messages after that are not shown yet, and it is not yet verified against the ledger.", r->first, r->dest,
	         c->entries - 1, time_rfc3339(time, 0, when));
	return 0;
}

static void copy_drop(void *arg)
{
	struct restored *r = arg;
	static const char *const files[] = {"chart.db.new", "chart.db", "chart.db-wal", "chart.db-shm"};
	opener_done(r);
	r->first = 0;
	for (size_t i = 0; r->viewfd >= 0 && i < ARRAY_LEN(files); i++)
		unlinkat(r->viewfd, files[i], 0);
}

/* No copy, or none that was proven: what an earlier try left is no view of this one's. Else it is what charts go on from: durable. */
static int settle_view(struct restored *r, const struct ledger_view_copy *c, struct err *e)
{
	if (r->viewfd < 0 && (r->viewfd = file_open_dir(r->destfd, "view", e)) < 0)
		return r->viewfd;
	if (!c->parts) {
		copy_drop(r);
		return 0;
	}
	AUTO_CLOSE int fd = openat(r->viewfd, "chart.db", O_RDWR | O_CLOEXEC);
	return fd < 0 || fsync(fd) || fsync(r->viewfd) ? err_sys(e, "view/chart.db", "cannot be made durable") : 0;
}

/* Who looked at charts meanwhile (cli_record): into the ledger, now that there is one. */
static int enter_views(struct control *k, int destfd, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)64 << 20);
	int r = file_read(destfd, CLI_SEEN, (size_t)64 << 20, &b, e);
	if (r == ERR_NOT_FOUND)
		return 0;
	struct slice rest = buf_slice(&b);
	while (r == 0 && rest.n) {
		struct slice line = slice_cut(rest, '\n', &rest), time = slice_cut(line, '\t', &line), who = slice_cut(line, '\t', &line), what = slice_cut(line, '\t', &line), patient = slice_cut(line, '\t', &line);
		char w[24], p[128], q[600];
		uint64_t entry;
		snprintf(w, sizeof w, "%.*s", SLICE_FMT(what));
		snprintf(p, sizeof p, "%.*s", SLICE_FMT(patient));
		snprintf(q, sizeof q, "during the rebuild, at %.*s, by %.*s: %.400s", SLICE_FMT(time), SLICE_FMT(who), line.n ? (const char *)line.p : "");
		char *end = strchr(q, '\n');
		if (end)
			*end = 0;
		struct control_view v = {.what = w, .patient_id = p[0] ? p : NULL, .query = q, .as_of_entry = CHART_NOW};
		if (w[0])
			r = control_view(k, &v, &entry, e);
	}
	if (r == 0 && unlinkat(destfd, CLI_SEEN, 0))
		r = err_sys(e, CLI_SEEN, "cannot be removed");
	return r;
}

/* A daemon that served charts meanwhile is becoming the site's own just now. */
static int ask_keeper(struct site *s, struct control **ret, struct err *e)
{
	int r = ERR_SYSTEM;
	for (int64_t until = time_monotonic() + 120 * TIME_SEC; time_monotonic() < until; usleep(200000)) {
		r = control_open(s, true, ret, e);
		if (r != ERR_SYSTEM && r != ERR_BUSY)
			break;
	}
	return r;
}

/* From the copy on, or, without one, from entry 0. */
static int charts(const char *path, const struct age_identity *identity, bool copy, struct talk *t, struct err *e)
{
	struct site s;
	struct control *k = NULL;
	int r = site_open(path, &s, e);
	if (r < 0)
		return r;
	r = own_certificates(s.fd, s.name, identity, e);
	if (r == 0)
		r = ask_keeper(&s, &k, e);
	t->begun = time_monotonic();
	if (r == 0 && copy && t->wanted)
		fputs("charts: what came after the copy", stderr);
	if (r == 0)
		r = copy ? control_catch_up(k, e) : control_rebuild(k, CHART_NOW, charting, t, e);
	if (r == 0)
		r = enter_views(k, s.fd, e);
	control_close(k);
	site_close(&s);
	return r;
}

static void done(const char *from, const char *dest, const struct site_keys *keys, const struct vault_replica_report *rep, const struct times *t, bool json)
{
	char when[32];
	if (json) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kstr(&w, "from", from);
		jsonw_kstr(&w, "site", dest);
		jsonw_kstr(&w, "previous", rep->origin);
		jsonw_kstr(&w, "origin", keys->signing.v.name);
		jsonw_ku64(&w, "epoch", rep->epoch + 1);
		jsonw_ku64(&w, "size", rep->size);
		jsonw_ktime(&w, "headTime", rep->head_time);
		jsonw_ku64(&w, "packs", rep->packs);
		jsonw_ku64(&w, "vaultPacks", rep->vault_packs);
		jsonw_ku64(&w, "bytes", rep->bytes);
		if (rep->copy.parts)
			jsonw_ku64(&w, "copyEntries", rep->copy.entries);
		jsonw_ki64(&w, "firstChartMs", (int64_t)(t->first * 1000));
		jsonw_ki64(&w, "wholeMs", (int64_t)(t->all * 1000));
		jsonw_ki64(&w, "fetchedMs", (int64_t)(t->fetched * 1000));
		jsonw_ki64(&w, "chartsMs", (int64_t)(t->charts * 1000));
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
		return;
	}
	printf("%s is a site again: %" PRIu64 " entries, as its replica had them at %s.\n", dest, rep->size, time_rfc3339(rep->head_time, 0, when));
	printf("%" PRIu64 " packs, %" PRIu64 " packs of file backups, %" PRIu64 " MiB fetched and proven in %.1f s; charts in %.1f s.\n", rep->packs, rep->vault_packs, rep->bytes >> 20, t->fetched, t->charts);
	if (rep->copy.parts)
		printf("Charts could be read after %.1f s, from a copy as of %" PRIu64 " entries, which the ledger names; all of it took %.1f s. `holdfast view check` compares the copy with the ledger, chart by chart.\n", t->first, rep->copy.entries,
		       t->all);
	printf("What came after that head is not here: ask senders to send it again. The log is %s from here on (it was %s).\n", keys->signing.v.name, rep->origin);
	printf("Next: holdfast serve --site %s, where it does not run already; then push to each replica: those that held more than this one ask for --accept-epoch\n", dest);
}

static int rebuild(const char *from, const char *dest, const struct age_identity *identity, struct vault_rebuild_options *o, struct talk *t, bool replay, bool json)
{
	static struct restored view;
	char version[LEDGER_VIEW_VERSION_MAX];
	struct err e = {0};
	struct site_keys keys = {0};
	struct vault_replica_report rep = {0};
	struct times took = {0};
	AUTO_BUF struct buf notes = {0};
	buf_init(&notes, 1 << 16);
	(void)!seal_lock_memory(&keys, sizeof keys, NULL);
	int r = file_mkdir(AT_FDCWD, dest, 0755, &e);
	AUTO_CLOSE int fd = r == 0 ? file_open_dir(AT_FDCWD, dest, &e) : -1;
	if (r == 0 && fd < 0)
		r = fd;
	if (r == 0 && vault_rebuild_stands(fd)) {
		r = charts(dest, identity, true, t, &e);
		if (r == 0)
			r = vault_rebuild_end(fd, &e);
		if (r == 0)
			cli_note("%s was a site again already; its certificates and charts are there now, too. Next: holdfast serve --site %s", dest, dest);
		site_keys_wipe(&keys);
		return r < 0 ? cli_fail(&e) : 0;
	}
	t->destfd = fd;
	t->dest = dest;
	t->recovery = identity;
	o->keys_back = keys_back;
	if (r == 0 && faccessat(fd, "rebuild", F_OK, AT_SYMLINK_NOFOLLOW) == 0) /* it goes on; before anything of it is begun anew */
		r = open_progress(t, &e);
	view = (struct restored){.dest = dest, .destfd = fd, .viewfd = -1, .copiesfd = -1, .fd = -1, .recovery = identity, .talk = t};
	(void)!seal_lock_memory(&view, sizeof view, NULL);
	if (!replay) {
		view_copy_version(version);
		o->copy_version = version;
		o->copy_begin = copy_begin;
		o->copy_part = copy_part;
		o->copy_end = copy_end;
		o->copy_drop = copy_drop;
		o->copy_arg = &view;
	}
	if (r == 0)
		r = vault_rebuild(from, fd, identity, o, &keys, &rep, &notes, &e);
	o->copy_version = NULL; /* it does not outlive us */
	if (r == 0)
		r = settle_view(&view, &rep.copy, &e);
	took.first = view.first;
	took.fetched = since(t->begun);
	if (t->wanted)
		fputs("\r\033[K", stderr);
	fputs(buf_cstr(&notes), stderr);
	if (r == 0)
		r = new_epoch(fd, from, &rep, &keys, &e);
	if (r == 0)
		r = vault_rebuild_done(fd, &e);
	int64_t begun = time_monotonic();
	int64_t started = t->begun;
	if (r == 0)
		r = charts(dest, identity, rep.copy.parts > 0, t, &e);
	if (r == 0)
		r = vault_rebuild_end(fd, &e);
	took.charts = since(begun);
	took.all = since(started);
	if (!rep.copy.parts)
		took.first = took.all;
	if (t->wanted)
		fputs("\r\033[K", stderr);
	if (r == 0)
		done(from, dest, &keys, &rep, &took, json);
	site_keys_wipe(&keys);
	if (view.viewfd >= 0)
		close(view.viewfd);
	if (view.copiesfd >= 0)
		close(view.copiesfd);
	return r < 0 ? cli_fail(&e) : 0;
}

int cmd_rebuild(int argc, char **argv)
{
	static struct cli_args args;
	static struct cli_list shares;
	const char *from = NULL, *identity = NULL, *origin = NULL;
	bool json = false, no_vault = false, replay = false;
	const struct cli_opt opts[] = {
		{"from", CLI_STRING, &from, "STORE", "a replica: DIR, https://..., s3://BUCKET/PREFIX"},
		{"shares", CLI_LIST, &shares, "FILE...", "enough recovery shares"},
		{"identity", CLI_STRING, &identity, "FILE", "the recovery key, as `holdfast key join` prints it ('-': standard input)"},
		{"origin", CLI_STRING, &origin, "NAME", "of several logs or epochs in the store, this one"},
		{"no-vault", CLI_FLAG, &no_vault, NULL, "leave the backups of files for later (`holdfast replica pull`)"},
		{"replay", CLI_FLAG, &replay, NULL, "make the charts from the ledger alone, also where the store has a copy of them"},
		{"json", CLI_FLAG, &json, NULL, "one JSON document on stdout"},
	};
	bool over;
	int r = cli_parse(argc, argv, "rebuild --from STORE (--identity FILE | --shares FILE...) DEST",
	                  "Makes the site again in DEST, a new or empty folder: ledger, packs, keys, certificates; proves every entry against the signed head; begins a new epoch; makes the charts. Where the store has a copy of the charts these can be read as soon as it is open, long before the rest is there. Broken off, the same command goes "
	                  "on.",
	                  opts, ARRAY_LEN(opts), &args, &over);
	if (r || over)
		return r;
	const char *dest = args.n == 1 ? args.v[0] : NULL;
	if (args.n == 0 && shares.n > 1) /* an option of several values takes all to the next one; what is left over is the destination */
		dest = shares.v[--shares.n];
	if (!from || !dest || args.n > 1)
		return cli_usage("rebuild: say --from STORE, the recovery key (--shares or --identity), and one folder to rebuild in");
	struct err e = {0};
	struct age_identity id;
	bool has = false;
	(void)!seal_lock_memory(&id, sizeof id, NULL);
	r = cli_recovery(identity, &shares, &id, &has, &e);
	if (r < 0)
		return cli_fail(&e);
	if (!has)
		return cli_usage("rebuild: without the recovery key nothing in a replica opens: --shares FILE... or --identity FILE");
	struct talk t = {.wanted = cli_progress_wanted(), .begun = time_monotonic(), .destfd = -1, .progressfd = -1};
	struct vault_rebuild_options o = {.origin = origin, .no_vault = no_vault, .progress = fetching, .arg = &t};
	r = rebuild(from, dest, &id, &o, &t, replay, json);
	if (r == 0)
		cli_note("If something was erased after this copy's head was made, it is here again and no entry says otherwise: compare `holdfast erase status` with your own papers, and erase it again.");
	seal_wipe(&id, sizeof id);
	return r;
}
