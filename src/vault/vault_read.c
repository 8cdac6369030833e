/* An open vault: which snapshots there are, and what they hold. */
#include <unistd.h>

#include "vault_internal.h"

static int open_parts(struct vault *v, struct err *e)
{
	v->vaultfd = file_open_dir(v->sitefd, "vault", e);
	if (v->vaultfd < 0)
		return v->vaultfd == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "vault", "this site has no backup yet") : v->vaultfd;
	int r = vault_log_open(v->vaultfd, &v->log, e);
	if (r == 0 && (v->has_care || v->has_recovery))
		r = vault_packs_new(v->sitefd, v->log, v->has_care ? &v->care : &v->recovery, &v->catalogues, e);
	if (r == 0 && v->has_care)
		vault_packs_also(v->catalogues, v->older, v->older_n);
	if (r == 0 && v->has_recovery)
		r = vault_packs_new(v->sitefd, v->log, &v->recovery, &v->contents, e);
	return r;
}

int vault_open(int sitefd, const struct site_keys *keys, const struct age_identity *recovery, struct vault **ret, struct err *e)
{
	struct vault *v = calloc(1, sizeof(*v));
	if (!v)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a vault");
	v->sitefd = sitefd;
	v->vaultfd = -1;
	if (keys && keys->can_open) {
		v->care = keys->care;
		memcpy(v->older, keys->older, sizeof(v->older));
		v->older_n = keys->older_n;
		v->has_care = true;
	}
	if (keys && keys->can_dedupe) {
		memcpy(v->dedupe, keys->dedupe, sizeof(v->dedupe));
		v->has_dedupe = true;
	}
	if (recovery) {
		v->recovery = *recovery;
		v->has_recovery = true;
	}
	int r = open_parts(v, e);
	if (r < 0) {
		vault_close(v);
		return r;
	}
	*ret = v;
	return 0;
}

void vault_close(struct vault *v)
{
	if (!v)
		return;
	vault_packs_free(v->catalogues);
	vault_packs_free(v->contents);
	vault_log_close(v->log);
	if (v->vaultfd >= 0)
		close(v->vaultfd);
	seal_wipe(v, sizeof(*v));
	free(v);
}

/* ---- snapshots ---- */

int vault_list(struct vault *v, const char *source, vault_snapshot_fn *fn, void *arg, struct err *e)
{
	int r = 0;
	for (size_t i = 0, n = vault_log_snapshots(v->log); r >= 0 && i < n; i++) {
		struct vault_body b;
		r = vault_log_snapshot(v->log, i, &b, e);
		if (r == 0 && (!source || !strcmp(source, b.s.source)))
			r = fn(arg, &b.s, e);
		vault_body_done(&b);
	}
	return r < 0 ? r : 0;
}

static void take_snapshot(struct vault_body *b, struct vault_snapshot *ret)
{
	*ret = b->s;
	buf_init(&b->s.reasons, 0); /* moved */
	vault_body_done(b);
}

static int no_snapshot(struct vault *v, uint64_t seq, struct err *e)
{
	const struct retain_erasure *x = vault_log_erased(v->log, seq);
	char t[32], q[16];
	if (!x)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no snapshot of this name; `vault list` shows those there are");
	ledger_quarter_format(x->quarter, q);
	return err_set(e, ERR_NOT_FOUND, NULL, "this snapshot was erased with %s of %s by entry %llu of %s: %s", ledger_retain_class_name(x->class), q, (unsigned long long)x->seq, time_rfc3339(x->time, 0, t), x->reason);
}

static int find_id(struct vault *v, const char *id, const char *source, struct vault_snapshot *ret, struct err *e)
{
	uint64_t seq;
	size_t i;
	struct vault_body b;
	if (id[0] != 's' || num_u64(slice_str(id + 1), 0, INT64_MAX, &seq) < 0)
		return err_set(e, ERR_USAGE, NULL, "a snapshot is named s and a number, as `vault list` prints it, or latest");
	int r = vault_log_find_seq(v->log, seq, &i);
	if (r == 0)
		r = vault_log_snapshot(v->log, i, &b, e);
	else
		return no_snapshot(v, seq, e);
	if (r == 0 && source && strcmp(source, b.s.source) != 0)
		r = err_set(e, ERR_NOT_FOUND, NULL, "this snapshot is of another source");
	if (r == 0)
		take_snapshot(&b, ret);
	else
		vault_body_done(&b);
	return r;
}

static int find_newest(struct vault *v, const char *source, int64_t before, struct vault_snapshot *ret, struct err *e)
{
	char only[64] = "";
	bool found = false;
	struct vault_body b;
	for (size_t i = vault_log_snapshots(v->log); i > 0; i--) {
		int r = vault_log_snapshot(v->log, i - 1, &b, e);
		bool ours = r == 0 && (!source || !strcmp(source, b.s.source));
		if (ours && !source && only[0] && strcmp(only, b.s.source) != 0)
			r = err_set(e, ERR_USAGE, NULL, "there are snapshots of several sources: say which with --source");
		if (ours)
			memcpy(only, b.s.source, sizeof(only));
		if (r == 0 && ours && !found && (before == 0 || b.s.time <= before)) {
			take_snapshot(&b, ret);
			found = true;
			if (source)
				return 0;
			continue;
		}
		vault_body_done(&b);
		if (r < 0) {
			if (found)
				vault_snapshot_done(ret);
			return r;
		}
	}
	return found ? 0 : err_set(e, ERR_NOT_FOUND, NULL, only[0] ? "there is no snapshot as old as that" : "there is no snapshot of this source yet");
}

int vault_find(struct vault *v, const char *id, const char *source, int64_t before, struct vault_snapshot *ret, struct err *e)
{
	struct vault_snapshot s;
	int r = id && strcmp(id, "latest") != 0 ? find_id(v, id, source, &s, e) : find_newest(v, source, before, &s, e);
	if (r == 0)
		*ret = s;
	return r;
}

int vault_body_of(struct vault *v, const struct vault_snapshot *s, struct vault_body *ret, struct err *e)
{
	size_t i;
	if (vault_log_find_seq(v->log, s->seq, &i) < 0)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no snapshot of this name");
	int r = vault_log_snapshot(v->log, i, ret, e);
	if (r < 0)
		vault_body_done(ret);
	return r;
}

/* ---- ls ---- */

int vault_ls(struct vault *v, const struct vault_snapshot *s, struct slice under, vault_node_fn *fn, void *arg, struct err *e)
{
	struct vault_body b;
	struct vault_cat *c;
	const struct vault_line *line;
	if (!v->catalogues)
		return err_set(e, ERR_CRYPTO, NULL, "no key here opens a catalogue: it takes care or recovery");
	int r = vault_body_of(v, s, &b, e);
	if (r < 0)
		return r;
	r = vault_cat_open(v->catalogues, &b, under, &c, e);
	if (r == 0) {
		uint64_t n = 0;
		while ((r = vault_cat_next(c, &line, e)) > 0) {
			n++;
			if (line->node.type != '+' && (r = fn(arg, &line->node, e)) < 0)
				break;
		}
		if (r == 0 && n == 0 && under.n)
			r = err_set(e, ERR_NOT_FOUND, NULL, "the snapshot has no such path: they are absolute, and `vault ls` prints them");
		vault_cat_close(c);
	}
	vault_body_done(&b);
	return r;
}
