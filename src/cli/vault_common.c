/* What the verbs of `holdfast vault` share: the site opened, the keeper asked, snapshots named, progress shown. */
#include "vault_cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- the vault for reading ---- */

int vault_cmd_open(struct vault_cmd *c, struct vault_open *ret, struct err *e)
{
	*ret = (struct vault_open){.has_recovery = false};
	ret->s.fd = -1;
	int r = cli_recovery(c->identity, &c->shares, &ret->recovery, &ret->has_recovery, e);
	if (r == 0)
		r = cli_site(c->site, &ret->s, e);
	if (r == 0) {
		(void)!seal_lock_memory(&ret->keys, sizeof ret->keys, NULL);
		r = site_keys_open(ret->s.fd, &ret->keys, e);
	}
	if (r == 0) {
		struct err why = {0};
		char line[640];
		if (vault_refresh(ret->s.fd, &ret->keys, &why) < 0)
			cli_note("holdfast: what the ledger says last of the vault is not known here: %s", err_line(&why, line, sizeof line));
		r = vault_open(ret->s.fd, &ret->keys, ret->has_recovery ? &ret->recovery : NULL, &ret->v, e);
	}
	if (r < 0)
		vault_cmd_close(ret);
	return r;
}

void vault_cmd_close(struct vault_open *o)
{
	vault_close(o->v);
	o->v = NULL;
	site_keys_wipe(&o->keys);
	seal_wipe(&o->recovery, sizeof o->recovery);
	if (o->s.fd >= 0)
		site_close(&o->s);
	o->s.fd = -1;
	free(o->path);
	o->path = NULL;
}

/* A path that is not absolute is meant from where the command is given, as it was when it was backed up. */
int vault_cmd_path(struct vault_open *o, const char *path, struct slice *ret, struct err *e)
{
	free(o->path);
	o->path = vault_path_normal(path);
	if (!o->path && errno != ENOMEM)
		o->path = strdup(path); /* ".." of a folder that is gone: it may stand so in the snapshot */
	if (!o->path)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	*ret = slice_str(o->path);
	return 0;
}

int vault_cmd_snapshot(struct vault_cmd *c, struct vault_open *o, const char *what, struct vault_snapshot *ret, struct slice *ret_path, struct err *e)
{
	char id[64];
	int64_t before = 0;
	struct slice path, name = slice_cut(slice_str(what), ':', &path);
	if (c->before && time_parse(slice_str(c->before), o->s.zone_minutes, &before) < 0)
		return err_set(e, ERR_USAGE, "--before", "a moment is a time such as 2026-11-22T03:12:00Z");
	if (name.n == 0 || name.n >= sizeof id)
		return err_set(e, ERR_USAGE, NULL, "a snapshot is named by its id, such as s123, or latest; '%.80s' is neither", what);
	memcpy(id, name.p, name.n);
	id[name.n] = 0;
	*ret_path = SLICE_NULL;
	if (path.n && vault_cmd_path(o, what + name.n + 1, ret_path, e) < 0)
		return e->code;
	return vault_find(o->v, id, c->source, before, ret, e);
}

/* ---- the keeper ---- */

struct vault_channel {
	struct control *k;
	pthread_mutex_t lock; /* one question at a time: packs are finished by whichever thread filled them */
};

static int recipient(void *arg, int class, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e)
{
	struct vault_channel *c = arg;
	pthread_mutex_lock(&c->lock);
	int r = control_vault_key(c->k, class, ret_period, ret, e);
	pthread_mutex_unlock(&c->lock);
	return r;
}

static int pack_number(void *arg, int class, uint64_t *ret, struct err *e)
{
	struct vault_channel *c = arg;
	pthread_mutex_lock(&c->lock);
	int r = control_vault_number(c->k, class, ret, e);
	pthread_mutex_unlock(&c->lock);
	return r;
}

static int pack(void *arg, struct vault_pack_info *p, struct err *e)
{
	struct vault_channel *c = arg;
	struct control_vault_pack q = {.name = p->name, .period = p->period, .domain = p->domain, .class = p->class, .size = p->size, .plain = p->plain, .sha256 = p->sha256};
	pthread_mutex_lock(&c->lock);
	int r = control_vault_pack(c->k, &q, &p->entry, e);
	pthread_mutex_unlock(&c->lock);
	return r;
}

static int snapshot(void *arg, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct vault_channel *c = arg;
	pthread_mutex_lock(&c->lock);
	int r = control_vault_snapshot(c->k, body, ret_seq, ret_time, e);
	pthread_mutex_unlock(&c->lock);
	return r;
}

void vault_cmd_record(struct vault_open *o, const char *query, uint64_t as_of)
{
	struct control *k = NULL;
	struct err quiet = {0};
	if (!o->s.restoring && control_open_bare(&o->s, &k, &quiet) < 0)
		k = NULL; /* tried again and told there */
	cli_record(&o->s, &k, "export", NULL, query, as_of);
	control_close(k);
}

int vault_channel_open(const struct site *s, struct vault_channel **ret, struct vault_ledger *ret_ledger, struct err *e)
{
	struct vault_channel *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	pthread_mutex_init(&c->lock, NULL);
	int r = control_open_bare(s, &c->k, e);
	if (r < 0) {
		vault_channel_close(c);
		return r;
	}
	*ret_ledger = (struct vault_ledger){.arg = c, .recipient = recipient, .pack_number = pack_number, .pack = pack, .snapshot = snapshot};
	*ret = c;
	return 0;
}

bool vault_channel_daemon(const struct vault_channel *c)
{
	return !control_private(c->k);
}

struct control *vault_channel_control(struct vault_channel *c)
{
	return c->k;
}

void vault_channel_close(struct vault_channel *c)
{
	if (!c)
		return;
	control_close(c->k);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* ---- arguments ---- */

void vault_cmd_take_back(struct vault_cmd *c, struct cli_args *args, size_t want)
{
	size_t n = args->n < want ? want - args->n : 0, from = c->shares.n;
	struct stat st;
	while (n && from && !(stat(c->shares.v[from - 1], &st) == 0 && S_ISREG(st.st_mode))) {
		from--;
		n--;
	}
	for (size_t i = from; i < c->shares.n && args->n < ARRAY_LEN(args->v); i++)
		args->v[args->n++] = c->shares.v[i];
	c->shares.n = from;
}

/* ---- telling ---- */

void vault_cmd_put_snapshot(struct jsonw *w, const struct vault_snapshot *s)
{
	jsonw_ku64(w, "seq", s->seq);
	jsonw_ktime(w, "time", s->time);
	jsonw_kstr(w, "source", s->source);
	jsonw_kstr(w, "host", s->host);
	jsonw_ktime(w, "begun", s->begun);
	jsonw_ktime(w, "ended", s->ended);
	jsonw_ku64(w, "files", s->files);
	jsonw_ku64(w, "dirs", s->dirs);
	jsonw_ku64(w, "others", s->others);
	jsonw_ku64(w, "bytes", s->bytes);
	jsonw_ku64(w, "new_bytes", s->new_bytes);
	jsonw_ku64(w, "stored_bytes", s->stored_bytes);
	jsonw_ku64(w, "changed", s->changed);
	jsonw_ku64(w, "added", s->added);
	jsonw_ku64(w, "removed", s->removed);
	jsonw_ku64(w, "unreadable", s->unreadable);
	jsonw_ku64(w, "torn", s->torn);
	jsonw_kbool(w, "whole", s->whole);
	jsonw_kstr(w, "verdict", s->verdict);
	if (s->accepted)
		jsonw_kbool(w, "accepted", true);
	jsonw_key(w, "reasons");
	jsonw_raw(w, s->reasons.n ? buf_slice(&s->reasons) : SLICE("[]"));
}

const char *vault_cmd_size(uint64_t bytes, char out[32])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	double v = (double)bytes;
	size_t i = 0;
	for (; v >= 1024 && i + 1 < ARRAY_LEN(units); i++)
		v /= 1024;
	snprintf(out, 32, i ? "%.1f %s" : "%.0f %s", v, units[i]);
	return out;
}

void vault_cmd_progress(void *arg, const struct vault_progress *p)
{
	struct vault_bar *b = arg;
	char done[32], total[32], fresh[32];
	int64_t now = time_monotonic();
	if (!cli_progress_wanted() || now - b->told < TIME_SEC / 5)
		return;
	if (!b->begun)
		b->begun = now;
	b->told = now;
	b->shown = true;
	fprintf(stderr, "\r\033[K%s: %" PRIu64 " files, %s", p->doing ? p->doing : "", p->files, vault_cmd_size(p->bytes, done));
	if (p->bytes_total) {
		fprintf(stderr, " of %s", vault_cmd_size(p->bytes_total, total));
		if (p->bytes > p->bytes_total / 50 && now > b->begun && p->bytes < p->bytes_total)
			fprintf(stderr, ", %.0f s left", (double)(now - b->begun) / TIME_SEC * (double)(p->bytes_total - p->bytes) / (double)p->bytes);
	}
	if (p->new_bytes)
		fprintf(stderr, ", %s new", vault_cmd_size(p->new_bytes, fresh));
	fflush(stderr);
}

void vault_cmd_progress_end(struct vault_bar *b)
{
	if (b->shown)
		fprintf(stderr, "\r\033[K");
	b->shown = false;
}

void vault_cmd_say(void *arg, const char *sentence)
{
	if (arg)
		vault_cmd_progress_end(arg);
	fprintf(stderr, "holdfast: ");
	cli_slice(stderr, slice_str(sentence));
	fputc('\n', stderr);
}
