/* holdfast vault drill: proves that a backup comes back, and says how long all of it would take. The result is an entry. */
#include "vault_cmd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 4000 /* descriptors: one a level */

/* What was restored is patients' data in clear: it does not stay. Names are taken from open folders, so that nobody leads us elsewhere. */
static void remove_inside(int fd, int depth)
{
	DIR *d = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	if (!d) {
		close(fd);
		return;
	}
	for (struct dirent *en; (en = readdir(d));) {
		if (!strcmp(en->d_name, ".") || !strcmp(en->d_name, ".."))
			continue;
		int below = openat(dirfd(d), en->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0) {
			unlinkat(dirfd(d), en->d_name, 0);
			continue;
		}
		(void)!fchmod(below, 0700);
		remove_inside(below, depth + 1);
		unlinkat(dirfd(d), en->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

static int make_place(const struct vault_cmd *c, char out[4096], struct err *e)
{
	const char *tmp = c->to ? c->to : getenv("TMPDIR");
	if (!tmp || !*tmp)
		tmp = "/var/tmp"; /* a disk, not memory */
	int n = snprintf(out, 4096, "%s/holdfast-drill-XXXXXX", tmp);
	if (n < 0 || n >= 4096)
		return err_set(e, ERR_LIMIT, tmp, "the path is too long");
	return mkdtemp(out) ? 0 : err_sys(e, tmp, "no folder can be made there to restore into");
}

static void tell(const struct vault_snapshot *s, const struct vault_drill_report *d, uint64_t entry, bool json)
{
	char a[32], b[32];
	if (json) {
		AUTO_BUF struct buf out = {0};
		struct jsonw w;
		buf_init(&out, 1 << 16);
		jsonw_init(&w, &out);
		jsonw_obj(&w);
		jsonw_kbool(&w, "ok", d->missing == 0);
		jsonw_kstr(&w, "snapshot", s->id);
		jsonw_kstr(&w, "source", s->source);
		jsonw_kbool(&w, "opened", d->opened);
		jsonw_ku64(&w, "files", d->files);
		jsonw_ku64(&w, "files_all", d->files_all);
		jsonw_ku64(&w, "bytes", d->bytes);
		jsonw_ku64(&w, "bytes_all", d->bytes_all);
		jsonw_ku64(&w, "packs", d->packs);
		jsonw_ku64(&w, "missing", d->missing);
		buf_printf(&out, ",\"seconds\":%.3f,\"estimate_seconds\":%.3f", d->seconds, d->estimate_seconds);
		if (!d->opened)
			jsonw_kstr(&w, "note", "bytes proven, opening not proven");
		jsonw_ku64(&w, "entry", entry);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&out));
		return;
	}
	if (d->opened)
		printf("%" PRIu64 " of %" PRIu64 " files of %s, %s of %s, restored and compared in %.1f s; all of it would take about %.0f s here\n", d->files, d->files_all, s->id, vault_cmd_size(d->bytes, a),
		       vault_cmd_size(d->bytes_all, b), d->seconds, d->estimate_seconds);
	else
		printf("%" PRIu64 " packs of %s, %s, read and compared with the ledger: bytes proven, opening not proven (give --identity or --shares)\n", d->packs, s->id, vault_cmd_size(d->pack_bytes, a));
	if (d->missing)
		printf("FAILED: %" PRIu64 " did not come back, see above\n", d->missing);
	printf("recorded as entry %" PRIu64 "\n", entry);
}

static int record(struct vault_open *o, const struct vault_snapshot *s, const struct vault_drill_report *d, unsigned percent, uint64_t *ret_entry, struct err *e)
{
	struct vault_channel *ch = NULL;
	struct vault_ledger l;
	AUTO_BUF struct buf body = {0};
	int64_t time;
	buf_init(&body, 1 << 16);
	vault_drill_body(s, d, percent, &body);
	int r = vault_channel_open(&o->s, &ch, &l, e);
	if (r == 0)
		r = l.snapshot(l.arg, buf_slice(&body), ret_entry, &time, e);
	vault_channel_close(ch);
	return r;
}

/* The charts' turn: is the copy that a rebuild would start from what the ledger says? */
static int charts(struct vault_open *o, bool json, struct err *e)
{
	struct control *k = NULL;
	int r = control_open(&o->s, true, &k, e);
	if (r == 0)
		r = cli_view_check(&o->s, k, json, e);
	control_close(k);
	return r;
}

int vault_cmd_drill(struct vault_cmd *c)
{
	struct err e = {0}, why = {0};
	struct vault_open o;
	struct vault_snapshot s = {.seq = 0};
	struct slice path;
	struct vault_drill_report d = {0};
	struct vault_bar bar = {0};
	char place[4096];
	uint64_t entry = 0;
	unsigned percent = c->percent == UINT64_MAX ? 5 : c->percent > 100 ? 0 : (unsigned)c->percent;
	struct vault_restore_options ro = {.writers = (unsigned)c->threads, .progress = vault_cmd_progress, .missing = vault_cmd_say, .arg = &bar};
	if (percent == 0)
		return cli_usage("vault drill: --percent is 1 to 100");
	if (c->threads > 64)
		return cli_usage("vault drill: --threads is at most 64");
	if (vault_cmd_open(c, &o, &e) < 0)
		return cli_fail(&e);
	int r = vault_cmd_snapshot(c, &o, c->args->n > 1 ? c->args->v[1] : "latest", &s, &path, &e);
	if (r == 0 && path.n)
		r = err_set(&e, ERR_USAGE, NULL, "a drill is of a whole snapshot");
	if (r == 0)
		r = make_place(c, place, &e);
	if (r == 0) {
		r = vault_drill(o.v, &s, place, percent, &ro, &d, &why);
		vault_cmd_progress_end(&bar);
		int fd = open(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			remove_inside(fd, 0);
		if (rmdir(place) < 0)
			cli_note("holdfast: %s: what the drill restored could not be removed; it is patients' data in clear", place);
		e = why;
	}
	if (r == 0 || (r == ERR_NO && d.missing)) {
		int written = record(&o, &s, &d, percent, &entry, &why);
		if (written == 0) {
			tell(&s, &d, entry, c->json);
		} else {
			r = written;
			e = why;
		}
	}
	bool said = false;
	if (r == 0 && c->charts) {
		fflush(stdout);
		r = charts(&o, c->json, &e);
		said = r == ERR_NO;
	}
	vault_snapshot_done(&s);
	vault_cmd_close(&o);
	return said ? 1 : r < 0 ? cli_fail(&e) : 0;
}
