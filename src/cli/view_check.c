/* holdfast view check: is the newest sealed copy of the view what the ledger says? It is opened, its bytes are compared with its entry, the view is made again from entry 0, and every chart of the two is compared as of the
 * copy's last entry. What came out is an entry. */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct checked {
	struct ledger_view_copy copy;
	bool proven, same;
	uint64_t charts, entry;
	double seconds;
	char why[300];
};

static int hash_file(int fd, struct seal_sha256 *h, struct ledger_view_part *ret, struct err *e)
{
	static uint8_t piece[1 << 20];
	ssize_t n;
	seal_sha256_begin(h);
	ret->size = 0;
	while ((n = read(fd, piece, sizeof piece)) > 0) {
		seal_sha256_add(h, slice_of(piece, (size_t)n));
		ret->size += (uint64_t)n;
	}
	seal_sha256_end(h, ret->sha256);
	return n < 0 ? err_sys(e, "copies", "cannot be read") : 0;
}

/* Its bytes against its entry. */
static int prove(struct site *s, int copiesfd, const struct ledger_view_copy *c, struct err *e)
{
	struct site_keys keys;
	struct ledger *l = NULL;
	struct ledger_view_part *part = calloc(c->parts, sizeof *part);
	struct seal_sha256 *h = seal_sha256_new();
	int r = part && h ? cli_ledger(s, true, &keys, &l, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (unsigned i = 1; r == 0 && part && i <= c->parts; i++) {
		char name[LEDGER_VIEW_NAME_MAX];
		ledger_view_name(c, i, name);
		AUTO_CLOSE int fd = openat(copiesfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		r = fd < 0 ? err_sys(e, name, "cannot be read") : hash_file(fd, h, &part[i - 1], e);
	}
	if (r == 0)
		r = ledger_view_proven(l, c, part, e);
	ledger_free(l);
	site_keys_wipe(&keys);
	seal_sha256_free(h);
	free(part);
	return r;
}

static int open_copy(struct site *s, int copiesfd, const struct ledger_view_copy *c, const char *path, struct err *e)
{
	struct site_keys keys;
	struct age_identity ids[VIEW_KEYS_MAX];
	struct view_opener *o = NULL;
	size_t n = 0;
	(void)!seal_lock_memory(ids, sizeof ids, NULL);
	int r = site_keys_open(s->fd, &keys, e);
	if (r == 0)
		r = view_copy_keys(s->fd, &keys, NULL, ids, VIEW_KEYS_MAX, &n, e);
	site_keys_wipe(&keys);
	AUTO_CLOSE int fd = r == 0 ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (r == 0 && fd < 0)
		r = err_sys(e, path, "cannot be made");
	if (r == 0)
		r = view_opener_new(copiesfd, c, ids, n, fd, &o, e);
	for (unsigned i = 0; r == 0 && i < c->parts; i++)
		view_opener_part(o);
	if (r == 0)
		r = view_opener_end(o, e);
	view_opener_free(o);
	seal_wipe(ids, sizeof ids);
	return r;
}

struct hashing {
	struct seal_sha256 *h;
	uint64_t n;
};

static int add_line(void *arg, struct slice line, struct err *e)
{
	struct hashing *k = arg;
	seal_sha256_add(k->h, line);
	k->n++;
	return 0;
}

static int export_hash(const struct site *s, const char *path, uint64_t entries, uint8_t ret[SEAL_HASH], uint64_t *ret_n, struct err *e)
{
	struct chart_options o = {.zone_minutes = s->zone_minutes, .site_name = s->name, .readers = serve_readers()};
	struct hashing k = {.h = seal_sha256_new()};
	struct chart_moment at = {0};
	struct chart *c = NULL;
	int r = k.h ? chart_open(path, &o, &c, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && entries)
		r = chart_at_entry(c, entries - 1, &at, e);
	if (r == 0) {
		seal_sha256_begin(k.h);
		r = chart_export(c, at, add_line, &k, e);
		seal_sha256_end(k.h, ret);
	}
	chart_close(c);
	seal_sha256_free(k.h);
	*ret_n = k.n;
	return r;
}

static void progress(void *arg, uint64_t done, uint64_t total)
{
	if (cli_progress_wanted())
		fprintf(stderr, "\r\033[Kcharts again from the ledger: %" PRIu64 " of %" PRIu64 " entries%s", done, total, done == total ? "\n" : "");
}

static int compare(struct site *s, struct control *k, const char *copy, struct checked *d, struct err *e)
{
	char mine[4200];
	uint8_t a[SEAL_HASH], b[SEAL_HASH];
	uint64_t n = 0;
	snprintf(mine, sizeof mine, "%s/view/chart.db", s->path);
	int r = export_hash(s, copy, d->copy.entries, a, &d->charts, e);
	if (r < 0)
		return r;
	if ((r = control_rebuild(k, CHART_NOW, progress, NULL, e)) == 0)
		r = export_hash(s, mine, d->copy.entries, b, &n, e);
	d->same = r == 0 && n == d->charts && !memcmp(a, b, sizeof a);
	if (r == 0 && !d->same)
		snprintf(d->why, sizeof d->why, "the copy's charts are not those that the ledger gives, of %" PRIu64 " and %" PRIu64 " persons", d->charts, n);
	return r;
}

static int record(struct control *k, struct checked *d, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	int64_t time;
	buf_init(&b, 1 << 12);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "drill");
	jsonw_kstr(&w, "of", "view-copy");
	jsonw_ku64(&w, "copy", d->copy.record);
	jsonw_ku64(&w, "entries", d->copy.entries);
	jsonw_kstr(&w, "version", d->copy.version);
	jsonw_kbool(&w, "proven", d->proven);
	jsonw_kbool(&w, "same", d->same);
	jsonw_ku64(&w, "charts", d->charts);
	jsonw_ki64(&w, "ms", (int64_t)(d->seconds * 1000));
	jsonw_obj_end(&w);
	return buf_ok(&b) ? control_vault_snapshot(k, buf_slice(&b), &d->entry, &time, e) : err_set(e, buf_code(&b), NULL, "no memory");
}

static void tell(const struct checked *d, bool json)
{
	if (!json) {
		if (d->same)
			printf("%" PRIu64 " charts of the copy as of %" PRIu64 " entries are those that the ledger gives, byte for byte; compared in %.1f s, recorded as entry %" PRIu64 "\n", d->charts, d->copy.entries, d->seconds, d->entry);
		else
			printf("THE COPY IS NOT WHAT THE LEDGER SAYS: %s. Recorded as entry %" PRIu64 "; make a new one: holdfast view copy\n", d->why, d->entry);
		return;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 12);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kbool(&w, "same", d->same);
	jsonw_kbool(&w, "proven", d->proven);
	jsonw_ku64(&w, "copy", d->copy.record);
	jsonw_ku64(&w, "entries", d->copy.entries);
	jsonw_ku64(&w, "charts", d->charts);
	jsonw_ki64(&w, "ms", (int64_t)(d->seconds * 1000));
	if (!d->same)
		jsonw_kstr(&w, "why", d->why);
	jsonw_ku64(&w, "entry", d->entry);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
}

static bool about_the_copy(int r)
{
	return r == ERR_NO || r == ERR_CORRUPT || r == ERR_CRYPTO || r == ERR_INPUT;
}

int cli_view_check(struct site *s, struct control *k, bool json, struct err *e)
{
	struct checked d = {0};
	const char *tmp = getenv("TMPDIR");
	char place[4096], path[4200];
	int64_t begun = time_monotonic();
	AUTO_CLOSE int copiesfd = file_open_dir(s->fd, "copies", e);
	int r = copiesfd < 0 ? copiesfd : view_copy_find(copiesfd, &d.copy, e);
	if (r < 0)
		return r;
	snprintf(place, sizeof place, "%s/holdfast-view-XXXXXX", tmp && *tmp ? tmp : "/var/tmp"); /* a disk, not memory */
	if (!mkdtemp(place))
		return err_sys(e, place, "no folder can be made there to open the copy in");
	snprintf(path, sizeof path, "%s/chart.db", place);
	r = prove(s, copiesfd, &d.copy, e);
	d.proven = r == 0;
	if (r == 0)
		r = open_copy(s, copiesfd, &d.copy, path, e);
	if (r == 0)
		r = compare(s, k, path, &d, e);
	if ((unlink(path) && errno != ENOENT) || rmdir(place))
		cli_note("holdfast: %s: the opened copy could not be removed; it is patients' data in clear", place);
	if (about_the_copy(r)) {
		err_line(e, d.why, sizeof d.why);
		r = 0;
	}
	if (r < 0)
		return r;
	d.seconds = (double)(time_monotonic() - begun) / (double)TIME_SEC;
	if ((r = record(k, &d, e)) == 0)
		tell(&d, json);
	return r == 0 && !d.same ? ERR_NO : r;
}
