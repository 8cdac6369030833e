/* status: one JSON object, from the keeper where one answers, else from the folder; with what the view says about feeds and messages nobody interprets, read
 * by the command itself with its own rights. */
#include "control.h"
#include "site.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#define DRILLS_LOOKED 200 /* entries of that kind */

/* ---- from the view ---- */

static void put_unhandled(struct chart *c, struct arena *a, struct jsonw *w)
{
	struct chart_count *n = NULL;
	struct err e;
	jsonw_key(w, "unhandled");
	jsonw_arr(w);
	if (chart_counts(c, a, &n, &e) == 0)
		for (; n; n = n->next) {
			jsonw_obj(w);
			jsonw_kslice(w, "type", n->name);
			jsonw_ku64(w, "count", n->count);
			jsonw_ku64(w, "uninterpreted", n->uninterpreted);
			jsonw_ku64(w, "problems", n->problems);
			jsonw_ku64(w, "lastEntry", n->last_entry);
			jsonw_obj_end(w);
		}
	jsonw_arr_end(w);
}

/* The newest drill that was run, as its entry says (drill/drill.h); null: none. That a share was tested is of the same kind. */
static void put_drill(struct chart *c, struct arena *a, struct jsonw *w)
{
	struct chart_event *ev = NULL;
	struct err e;
	jsonw_key(w, "lastDrill");
	if (chart_events(c, LEDGER_DRILL, SLICE_NULL, CHART_NOW, DRILLS_LOOKED, a, &ev, &e) < 0)
		ev = NULL;
	while (ev && !slice_eq_str(ev->what, "drill"))
		ev = ev->next;
	if (!ev) {
		jsonw_null(w);
		return;
	}
	jsonw_obj(w);
	jsonw_ku64(w, "entry", ev->entry);
	jsonw_ktime(w, "time", ev->time);
	jsonw_kslice(w, "passed", ev->text);
	jsonw_kslice(w, "by", ev->user);
	jsonw_obj_end(w);
}

static struct chart *open_view(const struct site *s, struct err *e)
{
	char path[4200];
	struct chart *c = NULL;
	struct chart_options o = {.zone_minutes = s->zone_minutes, .site_name = s->name};
	snprintf(path, sizeof path, "%s/view/chart.db", s->path);
	return chart_open(path, &o, &c, e) == 0 ? c : NULL;
}

/* feeds and unhandled; a viewer without the right to read the view gets them as null, with the reason. */
static void put_view(struct chart *c, const struct err *why, struct jsonw *w)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct chart_feed *feeds = NULL;
	struct err e;
	jsonw_key(w, "feeds");
	if (c && a && chart_feeds(c, time_now(), a, &feeds, &e) == 0) {
		chart_json_feeds(w, feeds);
		put_unhandled(c, a, w);
		put_drill(c, a, w);
		return;
	}
	jsonw_null(w);
	jsonw_key(w, "unhandled");
	jsonw_null(w);
	jsonw_key(w, "lastDrill");
	jsonw_null(w);
	jsonw_kstr(w, "viewUnreadable", why->text);
}

int control_status(struct control *c, struct buf *ret_json, struct err *e)
{
	AUTO_BUF struct buf json = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct json_node *root;
	struct jsonw w;
	struct err why = {0};
	buf_init(&json, FRAME_BODY);
	int r = control_status_keeper(c, &json, e);
	if (r == 0)
		r = a ? json_tree(buf_slice(&json), a, &root, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	struct chart *view = open_view(&c->site, &why);
	jsonw_init(&w, ret_json);
	jsonw_obj(&w);
	for (const struct json_node *n = root->child; n; n = n->next) {
		jsonw_key_slice(&w, n->key);
		jsonw_raw(&w, n->raw);
	}
	put_view(view, &why, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	chart_close(view);
	return 0;
}

/* ---- without a daemon ---- */

struct offline {
	bool ledger_read;
	uint64_t size, published, applied;
	int64_t last;
	struct err ledger_why, view_why;
};

static void look_at_ledger(const struct site *s, struct offline *o)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	struct ledger_options lo = {.write = false};
	if (site_keys_open(s->fd, &keys, &o->ledger_why) == 0 && ledger_open(s->fd, &keys, &lo, &l, NULL, &o->ledger_why) == 0) {
		o->ledger_read = true;
		o->size = ledger_durable(l);
		o->published = ledger_published(l);
		o->last = ledger_last_time(l);
		ledger_free(l);
	}
	site_keys_wipe(&keys);
}

static void put_ledger(const struct site *s, const struct offline *o, struct jsonw *w)
{
	jsonw_key(w, "ledger");
	jsonw_obj(w);
	if (o->ledger_read) {
		jsonw_ku64(w, "size", o->size);
		jsonw_ku64(w, "published", o->published);
		if (o->last)
			jsonw_ktime(w, "lastEntry", o->last);
	} else {
		jsonw_kstr(w, "unreadable", o->ledger_why.text);
	}
	jsonw_kstr(w, "origin", s->origin);
	int64_t verified = site_last_verified(s->fd);
	if (verified > 0) {
		jsonw_ktime(w, "lastVerified", verified);
	} else {
		jsonw_key(w, "lastVerified");
		jsonw_null(w);
	}
	struct site_outside out;
	site_replicas(s->fd, NULL, &out);
	site_outside_json(&out, w);
	jsonw_obj_end(w);
}

static void put_disk(const struct site *s, struct jsonw *w)
{
	struct statvfs v;
	uint64_t reserve = s->reserve ? s->reserve : UINT64_C(1) << 30, free_bytes = 0, total = 0;
	if (fstatvfs(s->fd, &v) == 0) {
		free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
		total = (uint64_t)v.f_blocks * v.f_frsize;
	}
	jsonw_key(w, "disk");
	jsonw_obj(w);
	jsonw_ku64(w, "free", free_bytes);
	jsonw_ku64(w, "total", total);
	jsonw_ku64(w, "reserve", reserve);
	jsonw_kstr(w, "state", free_bytes < reserve / 8 ? "full" : free_bytes < 4 * reserve ? "low" : "ok");
	jsonw_obj_end(w);
}

/* When keys were last rotated, as the keeper's cache knows it. */
static void put_rotated(const struct site *s, struct jsonw *w)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct json_node *root = NULL;
	int64_t at;
	buf_init_secret(&b, (size_t)64 << 20);
	if (!a || file_read(s->fd, "keys/accounts.json", (size_t)64 << 20, &b, NULL) < 0 || json_tree(buf_slice(&b), a, &root, NULL) < 0 || num_i64(json_text(root, "rotated.at"), 1, INT64_MAX, &at) < 0)
		return;
	jsonw_ktime(w, "rotated", at);
	jsonw_key(w, "rotatedEntry");
	jsonw_raw(w, json_text(root, "rotated.entry"));
}

/* What the keeper last knew of the vault stands in its cache; null for who may not read that. */
static void put_vault(const struct site *s, struct jsonw *w)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct json_node *root = NULL;
	buf_init_secret(&b, (size_t)64 << 20);
	const struct json_node *v = a && file_read(s->fd, "keys/accounts.json", (size_t)64 << 20, &b, NULL) == 0 && json_tree(buf_slice(&b), a, &root, NULL) == 0 ? json_get(root, "vault") : NULL;
	jsonw_key(w, "vault");
	if (!v) {
		jsonw_null(w);
		return;
	}
	static const char *const keys[] = {"packs", "bytes"};
	jsonw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_get(v, keys[i])) {
			jsonw_key(w, keys[i]);
			jsonw_raw(w, json_get(v, keys[i])->raw);
		}
	jsonw_key(w, "sources");
	jsonw_arr(w);
	const struct json_node *list = json_get(v, "sources");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		int64_t t = 0;
		jsonw_obj(w);
		for (const struct json_node *m = n->child; m; m = m->next) {
			if (slice_eq_str(m->key, "time")) {
				(void)!num_i64(m->value, INT64_MIN, INT64_MAX, &t);
				jsonw_ktime(w, "time", t);
			} else if (!slice_eq_str(m->key, "hash") && !slice_eq_str(m->key, "damageSince")) {
				jsonw_key_slice(w, m->key);
				jsonw_raw(w, m->raw);
			}
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static void put_alarm(struct jsonw *w, const char *id, const char *severity, const char *what, const char *reason, const char *next)
{
	jsonw_obj(w);
	jsonw_kstr(w, "id", id);
	jsonw_kstr(w, "severity", severity);
	jsonw_ktime(w, "since", time_now());
	jsonw_kstr(w, "what", what);
	jsonw_kstr(w, "reason", reason);
	jsonw_kstr(w, "next", next);
	jsonw_obj_end(w);
}

static void put_alarms(const struct site *s, const struct offline *o, struct jsonw *w)
{
	struct site_outside out;
	char what[80], reason[200];
	const char *severity;
	jsonw_key(w, "alarms");
	jsonw_arr(w);
	put_alarm(w, "not-running", "warning", "not running", "no daemon runs: no feed is taken in and no chart is served", "holdfast serve --site ...");
	if (!o->ledger_read)
		put_alarm(w, "ledger-unreadable", o->ledger_why.code == ERR_NOT_FOUND ? "note" : "alarm", "ledger cannot be read", o->ledger_why.text, "run this as root or the site's owner; holdfast ledger verify says more");
	site_replicas(s->fd, NULL, &out);
	if (site_outside_alarm(&out, time_now(), &severity, what, reason))
		put_alarm(w, out.time ? "outside-old" : "unprotected", severity, what, reason, "holdfast replica add NAME TARGET (the daemon pushes by itself), or have another machine pull (holdfast-replica(1))");
	jsonw_arr_end(w);
}

int serve_status_offline(const struct site *s, struct buf *ret_json, struct err *e)
{
	struct offline o = {0};
	struct jsonw w;
	AUTO_BUF struct buf shares = {0};
	buf_init(&shares, 1 << 17);
	look_at_ledger(s, &o);
	struct chart *view = open_view(s, &o.view_why);
	o.applied = view ? chart_applied(view) : 0;
	jsonw_init(&w, ret_json);
	jsonw_obj(&w);
	jsonw_ktime(&w, "now", time_now());
	jsonw_kbool(&w, "running", false);
	jsonw_kstr(&w, "version", HOLDFAST_VERSION);
	jsonw_key(&w, "site");
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", s->name);
	jsonw_kstr(&w, "origin", s->origin);
	jsonw_ki64(&w, "zoneMinutes", s->zone_minutes);
	jsonw_obj_end(&w);
	put_ledger(s, &o, &w);
	jsonw_key(&w, "view");
	jsonw_obj(&w);
	jsonw_ku64(&w, "applied", o.applied);
	jsonw_ku64(&w, "behind", o.size > o.applied ? o.size - o.applied : 0);
	jsonw_kbool(&w, "pinned", view && chart_pinned(view));
	jsonw_obj_end(&w);
	jsonw_key(&w, "listeners");
	jsonw_arr(&w);
	jsonw_arr_end(&w);
	jsonw_key(&w, "roles");
	jsonw_arr(&w);
	jsonw_arr_end(&w);
	put_disk(s, &w);
	jsonw_key(&w, "keys");
	jsonw_obj(&w);
	site_shares_left(s->fd, &shares);
	jsonw_key(&w, "sharesLyingAbout");
	jsonw_raw(&w, buf_slice(&shares));
	put_rotated(s, &w);
	jsonw_obj_end(&w);
	put_vault(s, &w);
	put_view(view, &o.view_why, &w);
	jsonw_key(&w, "replicas");
	struct site_outside out;
	site_replicas(s->fd, &w, &out);
	jsonw_key(&w, "witnesses");
	site_witnesses(s->fd, &w);
	put_alarms(s, &o, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	chart_close(view);
	return buf_ok(ret_json) ? 0 : err_set(e, buf_code(ret_json), NULL, "the status is too long");
}
