/* holdfast registry: every reported breach, with its history. Which of the verbs it is, the store, and what the verbs share. */
#include "registry_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int cmd_registry(int argc, char **argv)
{
	static const struct cli_command verbs[] = {
		{"import", "take lists in: the breach portal's, Washington's, others by a mapping", registry_import_cmd},
		{"imports", "the lists that were taken in: view, day, source, and what was odd", registry_imports_cmd},
		{"stats", "figures of a year: by type, location, state, month", registry_stats_cmd},
		{"top", "the largest", registry_top_cmd},
		{"diff", "two days compared: added, removed, changed", registry_diff_cmd},
		{"plot", "a picture: trend, months, map, types, locations, largest, distribution, place, timeline, drift, aware-to-notice", registry_plot_cmd},
		{"show", "incidents by name, and what each import said of one", registry_show_cmd},
		{"draft", "the row that a case of ours would be, and where it would stand", registry_draft_cmd},
	};
	return cli_verbs(argc, argv, "registry", "Every reported breach, with its history. A figure is said with its view and its day, or not at all.", verbs, ARRAY_LEN(verbs));
}

int32_t registry_cmd_today(void)
{
	return (int32_t)(time_now() / (86400 * TIME_SEC));
}

/* ---- the store ---- */

#define FOLDER "registry"
#define CACHE "registry/registry.db"

struct catching_up {
	struct registry *r;
	struct ledger *l;
};

static int one_entry(struct catching_up *c, uint64_t seq, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(REGISTRY_MEMORY);
	struct ledger_entry en;
	struct registry_entry x;
	struct registry_list list;
	struct registry_added added;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = ledger_read(c->l, seq, &en, e);
	if (r == ERR_ERASED)
		return 0;
	if (r == 0)
		r = registry_entry_get(en.body, a, &x, e);
	if (r == 0)
		r = registry_entry_list(&x, a, &list, e);
	if (r < 0)
		return r;
	struct registry_origin o = {.file = x.file, .entry = seq, .time = en.leaf.time};
	memcpy(o.sha256, x.sha256, sizeof o.sha256);
	return registry_add(c->r, &list, &o, a, &added, e);
}

/* A cache that names other entries than the ledger has, by their moment, is of another ledger, or of this one before it was rolled back. */
static int fits(struct registry *r, struct ledger *l, const uint64_t *v, size_t n, bool *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(REGISTRY_MEMORY);
	struct registry_all all;
	int c = a ? registry_imports(r, a, &all, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (c < 0)
		return c;
	*ret = true;
	for (size_t i = 0; i < all.import_n; i++) {
		bool there = false;
		for (size_t k = 0; k < n && !there; k++)
			if (v[k] == all.import[i].entry) {
				struct ledger_leaf leaf;
				c = ledger_read_leaf(l, v[k], &leaf, e);
				if (c < 0)
					return c;
				there = leaf.time == all.import[i].time;
			}
		*ret &= there;
	}
	return 0;
}

static int catch_up(struct registry *r, struct ledger *l, const uint64_t *v, size_t n, struct err *e)
{
	struct catching_up c = {r, l};
	uint64_t last;
	int code = registry_last_entry(r, &last, e);
	for (size_t i = 0; code == 0 && i < n; i++)
		if (last == UINT64_MAX || v[i] > last)
			code = one_entry(&c, v[i], e);
	return code;
}

static int open_cache(const char *path, struct registry **ret, struct err *e)
{
	struct err quiet = {0};
	int r = registry_open(path, REGISTRY_WRITE, ret, &quiet);
	if (r != ERR_CORRUPT) {
		if (r < 0)
			*e = quiet;
		return r;
	}
	cli_note("holdfast: %s cannot be read: it is made again from the ledger", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, path, "cannot be removed");
	return registry_open(path, REGISTRY_WRITE, ret, e);
}

/* What root makes belongs to whom the ledger belongs. */
static void give(const struct site *s, const char *path)
{
	struct stat st;
	if (geteuid() == 0 && fstat(s->fd, &st) == 0 && st.st_uid != 0)
		(void)!fchownat(s->fd, path, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW);
}

static int open_site(struct registry_opened *o, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	uint64_t *v = NULL;
	size_t n = 0;
	char path[4400];
	bool mine = true;
	snprintf(path, sizeof path, "%s/%s", o->s.path, CACHE);
	int r = cli_ledger(&o->s, true, &keys, &l, e);
	if (r == 0)
		r = cli_entries(l, LEDGER_KIND_BIT(LEDGER_REGISTRY), &v, &n, e);
	if (r == 0 && (file_mkdir(o->s.fd, FOLDER, 0700, NULL) < 0 || access(path, W_OK) < 0) && errno != ENOENT)
		snprintf(path, sizeof path, ":memory:"); /* who may not write here counts in memory */
	if (r == 0)
		r = open_cache(path, &o->r, e);
	if (r == 0)
		r = fits(o->r, l, v, n, &mine, e);
	if (r == 0 && !mine) {
		registry_close(o->r);
		o->r = NULL;
		(void)unlink(path);
		r = registry_open(path, REGISTRY_WRITE, &o->r, e);
	}
	if (r == 0)
		r = catch_up(o->r, l, v, n, e);
	if (r == 0) {
		give(&o->s, FOLDER);
		give(&o->s, CACHE);
	}
	free(v);
	ledger_free(l);
	site_keys_wipe(&keys);
	return r;
}

int registry_cmd_open(const char *site, const char *db, enum registry_mode mode, struct registry_opened *ret, struct err *e)
{
	*ret = (struct registry_opened){0};
	if (db && site)
		return err_set(e, ERR_USAGE, NULL, "--db and --site: one of them");
	if (db)
		return registry_open(db, mode, &ret->r, e);
	if (!site && !getenv("HOLDFAST_SITE"))
		return err_set(e, ERR_USAGE, NULL, "say where: --site DIR (or HOLDFAST_SITE), or --db FILE for a registry without a site");
	int r = cli_site(site, &ret->s, e);
	if (r < 0)
		return r;
	ret->site = true;
	return open_site(ret, e);
}

void registry_cmd_close(struct registry_opened *o)
{
	registry_close(o->r);
	if (o->site)
		site_close(&o->s);
}

int registry_cmd_load(const char *site, const char *db, struct arena *a, struct registry_all *ret, struct err *e)
{
	struct registry_opened o;
	int r = registry_cmd_open(site, db, REGISTRY_READ, &o, e);
	if (r == 0)
		r = registry_load(o.r, a, ret, e);
	registry_cmd_close(&o);
	return r;
}

/* ---- what is asked ---- */

int registry_asked(const struct registry_asked *q, struct registry_question *ret)
{
	struct registry_question x = {.source = REGISTRY_OCR, .view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY, .state = slice_str(q->state), .type = slice_str(q->type), .location = slice_str(q->location), .entity_type = slice_str(q->entity)};
	int v = q->view ? registry_view_parse(slice_str(q->view)) : REGISTRY_FULL, s = q->source ? registry_source_parse(slice_str(q->source)) : REGISTRY_OCR;
	if (v < 0)
		return cli_usage("--view %s: there are under-investigation, archive and full", q->view);
	if (s < 0)
		return cli_usage("--source %s: there are ocr, wa-ag and other", q->source);
	if (q->year && (q->year < 1990 || q->year > 2199))
		return cli_usage("--year %" PRIu64 ": is no year of a report", q->year);
	if (q->as_of && registry_day_parse(slice_str(q->as_of), true, &x.as_of) < 0)
		return cli_usage("--as-of %s: is no day, month or year: write 2024-10-08, 2024-10 or 2024", q->as_of);
	x.view = (enum registry_view)v;
	x.source = (enum registry_source)s;
	x.year = (int)q->year;
	*ret = x;
	return 0;
}

/* ---- what is said ---- */

void registry_put_warnings(struct jsonw *w, const struct registry_warning *v, size_t n)
{
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++)
		jsonw_slice(w, v[i].text);
	jsonw_arr_end(w);
}

void registry_say_warnings(const struct registry_warning *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fputs("holdfast: warning: ", stderr);
		cli_slice(stderr, v[i].text);
		fputc('\n', stderr);
	}
}

void registry_put_basis(struct jsonw *w, const struct registry_basis *b)
{
	char t[16];
	jsonw_kstr(w, "source", registry_source_word(b->source));
	jsonw_kstr(w, "view", registry_view_word(b->view));
	jsonw_kstr(w, "as_of", registry_day_text(b->as_of, t));
	jsonw_key(w, "lists");
	jsonw_obj(w);
	for (int v = REGISTRY_UNDER_INVESTIGATION; v <= REGISTRY_FULL; v++)
		if (b->list[v] != REGISTRY_NO_DAY)
			jsonw_kstr(w, registry_view_word((enum registry_view)v), registry_day_text(b->list[v], t));
	jsonw_obj_end(w);
	jsonw_ku64(w, "carried", b->carried);
	jsonw_ku64(w, "removed", b->removed);
}

void registry_say_basis(const struct registry_basis *b)
{
	char t[16];
	printf("%s, view %s, as of %s (", b->source == REGISTRY_OCR ? "HHS OCR breach portal" : b->source == REGISTRY_WA_AG ? "Washington Attorney General" : "other lists", registry_view_word(b->view), registry_day_text(b->as_of, t));
	bool any = false;
	for (int v = REGISTRY_UNDER_INVESTIGATION; v <= REGISTRY_FULL; v++)
		if (b->list[v] != REGISTRY_NO_DAY) {
			printf("%s%s %s", any ? ", " : "", registry_view_word((enum registry_view)v), registry_day_text(b->list[v], t));
			any = true;
		}
	printf(")\n");
}

const char *registry_thousands(uint64_t n, char out[32])
{
	char plain[24];
	size_t len = (size_t)snprintf(plain, sizeof plain, "%" PRIu64, n), k = 0;
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = plain[i];
	}
	out[k] = 0;
	return out;
}
