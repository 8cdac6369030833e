/* holdfast rebuild: a machine that has nothing becomes the site again, from a replica and the recovery shares: ledger, packs, keys, certificates; a new epoch; the charts. */
#include "commands.h"
#include "vault.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

struct talk {
	bool wanted;
	int64_t begun, told;
};

/* Bytes, and how long the rest will take at the pace so far. */
static void fetching(void *arg, const char *doing, uint64_t done, uint64_t total)
{
	struct talk *t = arg;
	int64_t now = time_monotonic();
	if (!t->wanted || (now - t->told < TIME_SEC / 5 && done < total))
		return;
	t->told = now;
	double share = total ? (double)done / (double)total : 1, spent = (double)(now - t->begun) / (double)TIME_SEC;
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
	double fetched, charts;
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

static int charts(const char *path, const struct age_identity *identity, struct talk *t, struct err *e)
{
	struct site s;
	struct control *k = NULL;
	int r = site_open(path, &s, e);
	if (r < 0)
		return r;
	r = site_tls_renew(s.fd, s.name, identity, e);
	if (r == 0)
		r = control_open(&s, true, &k, e);
	t->begun = time_monotonic();
	if (r == 0)
		r = control_rebuild(k, CHART_NOW, charting, t, e);
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
		jsonw_ki64(&w, "fetchedMs", (int64_t)(t->fetched * 1000));
		jsonw_ki64(&w, "chartsMs", (int64_t)(t->charts * 1000));
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
		return;
	}
	printf("%s is a site again: %" PRIu64 " entries, as its replica had them at %s.\n", dest, rep->size, time_rfc3339(rep->head_time, 0, when));
	printf("%" PRIu64 " packs, %" PRIu64 " packs of file backups, %" PRIu64 " MiB fetched and proven in %.1f s; charts in %.1f s.\n", rep->packs, rep->vault_packs, rep->bytes >> 20, t->fetched, t->charts);
	printf("What came after that head is not here: ask senders to send it again. The log is %s from here on (it was %s).\n", keys->signing.v.name, rep->origin);
	printf("Next: holdfast serve --site %s; then push to each replica: those that held more than this one ask for --accept-epoch\n", dest);
}

static int rebuild(const char *from, const char *dest, const struct age_identity *identity, const struct vault_rebuild_options *o, struct talk *t, bool json)
{
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
	if (r == 0)
		r = vault_rebuild(from, fd, identity, o, &keys, &rep, &notes, &e);
	took.fetched = since(t->begun);
	if (t->wanted)
		fputs("\r\033[K", stderr);
	fputs(buf_cstr(&notes), stderr);
	if (r == 0)
		r = new_epoch(fd, from, &rep, &keys, &e);
	if (r == 0)
		r = vault_rebuild_done(fd, &e);
	int64_t begun = time_monotonic();
	if (r == 0)
		r = charts(dest, identity, t, &e);
	took.charts = since(begun);
	if (t->wanted)
		fputs("\r\033[K", stderr);
	if (r == 0)
		done(from, dest, &keys, &rep, &took, json);
	site_keys_wipe(&keys);
	return r < 0 ? cli_fail(&e) : 0;
}

int cmd_rebuild(int argc, char **argv)
{
	static struct cli_args args;
	static struct cli_list shares;
	const char *from = NULL, *identity = NULL, *origin = NULL;
	bool json = false, no_vault = false;
	const struct cli_opt opts[] = {
		{"from", CLI_STRING, &from, "STORE", "a replica: DIR, https://..., s3://BUCKET/PREFIX"},
		{"shares", CLI_LIST, &shares, "FILE...", "enough recovery shares"},
		{"identity", CLI_STRING, &identity, "FILE", "the recovery key, as `holdfast key join` prints it ('-': standard input)"},
		{"origin", CLI_STRING, &origin, "NAME", "of several logs or epochs in the store, this one"},
		{"no-vault", CLI_FLAG, &no_vault, NULL, "leave the backups of files for later (`holdfast replica pull`)"},
		{"json", CLI_FLAG, &json, NULL, "one JSON document on stdout"},
	};
	bool over;
	int r = cli_parse(argc, argv, "rebuild --from STORE (--identity FILE | --shares FILE...) DEST",
	                  "Makes the site again in DEST, a new or empty folder: ledger, packs, keys, certificates; proves every entry against the signed head; begins a new epoch; makes the charts. Broken off, the same command goes "
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
	struct talk t = {.wanted = cli_progress_wanted(), .begun = time_monotonic()};
	struct vault_rebuild_options o = {.origin = origin, .no_vault = no_vault, .progress = fetching, .arg = &t};
	r = rebuild(from, dest, &id, &o, &t, json);
	seal_wipe(&id, sizeof id);
	return r;
}
