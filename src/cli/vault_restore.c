/* holdfast vault restore: gives files back, as they were. That somebody took them out is an entry. */
#include "vault_cmd.h"

#include <inttypes.h>

static void tell(const struct vault_snapshot *s, const struct vault_restored *d, bool json)
{
	char size[32];
	if (json) {
		AUTO_BUF struct buf out = {0};
		struct jsonw w;
		buf_init(&out, 1 << 16);
		jsonw_init(&w, &out);
		jsonw_obj(&w);
		jsonw_kstr(&w, "snapshot", s->id);
		jsonw_ktime(&w, "time", s->time);
		jsonw_ku64(&w, "files", d->files);
		jsonw_ku64(&w, "bytes", d->bytes);
		jsonw_ku64(&w, "already_there", d->already_there);
		jsonw_ku64(&w, "kept_newer", d->kept_newer);
		jsonw_ku64(&w, "missing", d->missing);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&out));
		return;
	}
	printf("%" PRIu64 " files, %s restored from %s", d->files, vault_cmd_size(d->bytes, size), s->id);
	if (d->already_there)
		printf("; %" PRIu64 " were there already", d->already_there);
	if (d->kept_newer)
		printf("; %" PRIu64 " were left alone because they are newer (--overwrite replaces them)", d->kept_newer);
	if (d->missing)
		printf("; %" PRIu64 " MISSING: see above", d->missing);
	putchar('\n');
}

static void record(struct vault_open *o, const struct vault_snapshot *s, struct slice path)
{
	char query[512];
	snprintf(query, sizeof query, "vault restore %s%s%.*s", s->id, path.n ? ":" : "", (int)(path.n < 400 ? path.n : 400), path.n ? (const char *)path.p : "");
	query[utf8_valid_prefix(slice_str(query))] = 0;
	vault_cmd_record(o, query, s->seq);
}

int vault_cmd_restore(struct vault_cmd *c)
{
	struct err e = {0};
	struct vault_open o;
	struct vault_snapshot s = {.seq = 0};
	struct vault_restored done = {0};
	struct vault_bar bar = {0};
	struct vault_restore_options ro = {.clean = c->clean, .overwrite = c->overwrite, .writers = (unsigned)c->threads, .progress = vault_cmd_progress, .missing = vault_cmd_say, .arg = &bar};
	if (!c->identity && !c->shares.n)
		return cli_usage("vault restore: contents are opened by the recovery key alone: give --identity FILE, or --shares with enough of them");
	if (c->threads > 64)
		return cli_usage("vault restore: --threads is at most 64");
	if (vault_cmd_open(c, &o, &e) < 0)
		return cli_fail(&e);
	int r = vault_cmd_snapshot(c, &o, c->args->v[1], &s, &ro.path, &e);
	while (ro.path.n > 1 && ro.path.p[ro.path.n - 1] == '/')
		ro.path.n--;
	if (r == 0) {
		record(&o, &s, ro.path);
		r = vault_restore(o.v, &s, c->args->v[2], &ro, &done, &e);
		vault_cmd_progress_end(&bar);
	}
	if (r == 0 || (r == ERR_NO && done.missing))
		tell(&s, &done, c->json);
	vault_snapshot_done(&s);
	vault_cmd_close(&o);
	return r < 0 ? cli_fail(&e) : 0;
}
