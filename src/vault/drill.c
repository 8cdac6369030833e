/* A drill: does it come back? A share of the files, chosen anew each time so that in the end every one has had its turn, is restored as on the day it is needed, and what was written is read again. */
#include "restore_internal.h"

#include <stdlib.h>

#define LEAST_FILES 20 /* of a small tree more than its share: one file proves little */
#define LEAST_PACKS 4

struct choosing {
	uint8_t key[16];
	uint64_t of, below; /* a file is chosen when its fingerprint modulo `of` is below this */
};

static int chosen(void *arg, const struct vault_line *l, struct err *e)
{
	const struct choosing *c = arg;
	return (l->node.type == 'f' || l->node.type == '+') && !l->node.unreadable && seal_fingerprint(c->key, l->node.path) % c->of < c->below;
}

static int count_files(struct vault *v, const struct vault_body *b, uint64_t *files, uint64_t *bytes, struct err *e)
{
	struct vault_cat *c;
	const struct vault_line *l;
	int r = vault_cat_open(v->catalogues, b, SLICE_NULL, &c, e);
	if (r < 0)
		return r;
	while ((r = vault_cat_next(c, &l, e)) > 0) {
		struct slice rest = l->extents;
		struct vault_extent x;
		*files += l->node.type == 'f' && !l->node.unreadable;
		while (vault_extent_next(&rest, &x) > 0)
			*bytes += x.pack ? x.length : 0; /* a hole takes no time */
	}
	vault_cat_close(c);
	return r;
}

/* What was measured, made as large as the whole: by bytes or by files, whichever says longer. */
static double estimate(const struct vault_drill_report *d)
{
	double by_bytes = d->bytes ? (double)d->bytes_all / (double)d->bytes : 1, by_files = d->files ? (double)d->files_all / (double)d->files : 1;
	return d->seconds * (by_bytes > by_files ? by_bytes : by_files);
}

static int with_key(struct vault *v, const struct vault_body *b, const char *dest, unsigned percent, const struct vault_restore_options *o, struct vault_drill_report *d, struct err *e)
{
	struct restore r;
	struct restore_origin from;
	struct choosing c = {.of = 1000000};
	seal_random(c.key, sizeof c.key);
	int code = restore_key_fits(v, b, e);
	if (code == 0)
		code = count_files(v, b, &d->files_all, &d->bytes_all, e);
	if (code == 0)
		code = restore_origin_init(v, b, &from, e);
	if (code < 0)
		return code;
	c.below = d->files_all * percent / 100 >= LEAST_FILES || !d->files_all ? (uint64_t)percent * 10000 : LEAST_FILES * UINT64_C(1000000) / d->files_all;
	int64_t begun = time_monotonic();
	code = restore_begin(&r, v, dest, o, e);
	r.prove = true;
	if (code == 0)
		code = restore_survey(&r, b, SLICE_NULL, chosen, &c, e);
	if (code == 0)
		code = restore_stream(&r, b, &from, SLICE_NULL, true, chosen, &c, e);
	d->opened = true;
	d->seconds = (double)(time_monotonic() - begun) / TIME_SEC;
	d->files = r.done.files;
	d->bytes = r.data_done;
	d->missing = r.done.missing;
	for (size_t i = 0; i < vault_log_packs(v->log, &(const struct vault_known_pack *){NULL}); i++)
		d->packs += r.pack_state && r.pack_state[i] != 0;
	d->estimate_seconds = estimate(d);
	restore_end(&r);
	seal_wipe(&from, sizeof from);
	return code;
}

/* ---- without a key ---- */

static int mark_packs(struct vault *v, const struct vault_body *b, uint8_t *needed, struct err *e)
{
	const struct vault_known_pack *all;
	struct vault_cat *c;
	const struct vault_line *l;
	(void)vault_log_packs(v->log, &all);
	int r = vault_cat_open(v->catalogues, b, SLICE_NULL, &c, e);
	if (r < 0)
		return r;
	while ((r = vault_cat_next(c, &l, e)) > 0) {
		struct slice rest = l->extents;
		struct vault_extent x;
		while (vault_extent_next(&rest, &x) > 0) {
			const struct vault_known_pack *p = x.pack ? vault_log_pack(v->log, VAULT_CONTENT, x.pack) : NULL;
			if (p)
				needed[p - all] = 1;
		}
	}
	vault_cat_close(c);
	return r;
}

static int without_key(struct vault *v, const struct vault_body *b, const char *dest, unsigned percent, const struct vault_restore_options *o, struct vault_drill_report *d, struct err *e)
{
	const struct vault_known_pack *all;
	size_t n = vault_log_packs(v->log, &all), packs = 0;
	uint64_t all_bytes = 0;
	struct restore r;
	uint8_t *needed = calloc(n + 1, 1), key[16];
	int code = needed ? count_files(v, b, &d->files_all, &d->bytes_all, e) : err_set(e, ERR_MEMORY, NULL, "no memory for a drill");
	if (code == 0)
		code = mark_packs(v, b, needed, e);
	for (size_t i = 0; code == 0 && i < n; i++)
		if (needed[i]) {
			packs++;
			all_bytes += all[i].size;
		}
	if (code == 0)
		code = restore_begin(&r, v, dest, o, e);
	if (code < 0) {
		free(needed);
		return code;
	}
	seal_random(key, sizeof key);
	uint64_t below = packs * percent / 100 >= LEAST_PACKS || !packs ? (uint64_t)percent * 10000 : LEAST_PACKS * UINT64_C(1000000) / packs;
	int64_t begun = time_monotonic();
	for (size_t i = 0; i < n; i++) {
		uint64_t number = htole64(all[i].number);
		char name[48];
		if (!needed[i] || seal_fingerprint(key, slice_of(&number, sizeof number)) % 1000000 >= below)
			continue;
		d->packs++;
		d->pack_bytes += all[i].size;
		vault_pack_name(all[i].class, all[i].number, name);
		if (!restore_pack_fits(&r, all[i].class, all[i].number))
			restore_missing(&r, slice_str(name), "it is not there as the ledger names it");
	}
	d->seconds = (double)(time_monotonic() - begun) / TIME_SEC;
	d->missing = r.done.missing;
	d->estimate_seconds = d->pack_bytes ? d->seconds * (double)all_bytes / (double)d->pack_bytes : 0;
	restore_end(&r);
	free(needed);
	return 0;
}

int vault_drill(struct vault *v, const struct vault_snapshot *s, const char *dest, unsigned percent, const struct vault_restore_options *o, struct vault_drill_report *ret, struct err *e)
{
	struct vault_body b;
	struct vault_drill_report d = {0};
	if (!v->catalogues)
		return err_set(e, ERR_CRYPTO, NULL, "no key here opens a catalogue: it takes care or recovery");
	int r = vault_body_of(v, s, &b, e);
	if (r < 0)
		return r;
	r = v->has_recovery ? with_key(v, &b, dest, percent, o, &d, e) : without_key(v, &b, dest, percent, o, &d, e);
	vault_body_done(&b);
	if (r < 0)
		return r;
	*ret = d;
	return d.missing ? err_set(e, ERR_NO, NULL, "%llu could not be restored", (unsigned long long)d.missing) : 0;
}

void vault_drill_body(const struct vault_snapshot *s, const struct vault_drill_report *d, unsigned percent, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "drill");
	jsonw_kstr(&w, "source", s->source);
	jsonw_kstr(&w, "snapshot", s->id);
	jsonw_ku64(&w, "percent", percent);
	jsonw_kbool(&w, "opened", d->opened);
	jsonw_ku64(&w, "files", d->files);
	jsonw_ku64(&w, "files_all", d->files_all);
	jsonw_ku64(&w, "bytes", d->bytes);
	jsonw_ku64(&w, "bytes_all", d->bytes_all);
	jsonw_ku64(&w, "packs", d->packs);
	jsonw_ku64(&w, "missing", d->missing);
	jsonw_ku64(&w, "milliseconds", (uint64_t)(d->seconds * 1000));
	jsonw_ku64(&w, "estimate_seconds", (uint64_t)(d->estimate_seconds + 0.5));
	jsonw_obj_end(&w);
	jsonw_done(&w);
}
