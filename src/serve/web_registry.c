/* /api/registry: figures of what authorities have published, each with its view, its day and its warnings. The imports are the keeper's entries; counted is in this process's memory, so that no file of it has to be kept, owned or protected. */
#include "web_registry.h"

#include <stdlib.h>

#define MEMORY ((size_t)512 << 20)
#define TOP 20

static struct web_registry house = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- kept up ---- */

static int one(struct web_registry *x, struct slice body, uint64_t seq, int64_t time, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(MEMORY);
	struct registry_entry en;
	struct registry_list list;
	struct registry_added added;
	int r = a ? registry_entry_get(body, a, &en, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = registry_entry_list(&en, a, &list, e);
	if (r < 0)
		return r;
	struct registry_origin o = {.file = en.file, .entry = seq, .time = time};
	memcpy(o.sha256, en.sha256, sizeof o.sha256);
	return registry_add(x->r, &list, &o, a, &added, e);
}

static int load(struct web_registry *x, struct err *e)
{
	struct arena *a = arena_new(MEMORY);
	struct registry_all all = {0};
	int r = a ? registry_load(x->r, a, &all, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0) {
		arena_free(a);
		return r;
	}
	arena_free(x->a);
	x->a = a;
	x->all = all;
	x->stale = false;
	return 0;
}

static int catch_up(struct web_request *q, struct web_registry *x, struct err *e)
{
	bool more = true;
	int r = x->r ? 0 : registry_open(":memory:", REGISTRY_WRITE, &x->r, e);
	while (r == 0 && more) {
		AUTO_BUF struct buf body = {0};
		uint64_t seq = 0, next = x->next;
		int64_t time = 0;
		buf_init(&body, REGISTRY_FILE_MAX + (1 << 20));
		r = keeper_registry_next(q->w->keeper, &q->who, x->next, &next, &more, &seq, &time, &body, e);
		if (r == 0 && more) {
			r = one(x, buf_slice(&body), seq, time, e);
			x->stale = true;
		}
		if (r == 0)
			x->next = next;
	}
	return r == 0 && (x->stale || !x->a) ? load(x, e) : r;
}

struct web_registry *web_registry_take(struct web_request *q)
{
	struct err e = {0};
	pthread_mutex_lock(&house.lock);
	if (catch_up(q, &house, &e) == 0)
		return &house;
	pthread_mutex_unlock(&house.lock);
	web_fail(q, &e);
	return NULL;
}

void web_registry_done(struct web_registry *x)
{
	pthread_mutex_unlock(&x->lock);
}

/* ---- what is asked ---- */

static struct slice asked(struct web_request *q, const char *name)
{
	return slice_str(web_query(q, name));
}

bool web_registry_question(struct web_request *q, struct registry_question *ret)
{
	struct registry_question x = {.source = REGISTRY_OCR, .view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY, .state = asked(q, "state"), .type = asked(q, "type"), .location = asked(q, "location"), .entity_type = asked(q, "entity")};
	struct slice view = asked(q, "view"), source = asked(q, "source"), as_of = asked(q, "as_of"), year = asked(q, "year");
	int v = view.n ? registry_view_parse(view) : REGISTRY_FULL, s = source.n ? registry_source_parse(source) : REGISTRY_OCR;
	uint64_t y = 0;
	if (v < 0 || s < 0) {
		web_error(q, 400, "input", v < 0 ? "view is under-investigation, archive or full." : "source is ocr, wa-ag or other.");
		return false;
	}
	if ((as_of.n && registry_day_parse(as_of, true, &x.as_of) < 0) || (year.n && num_u64(year, 1990, 2199, &y) < 0)) {
		web_error(q, 400, "input", "as_of is a day, month or year (2024-10-08, 2024-10, 2024), year a year.");
		return false;
	}
	x.view = (enum registry_view)v;
	x.source = (enum registry_source)s;
	x.year = (int)y;
	*ret = x;
	return true;
}

/* ---- what is said ---- */

static void put_day(struct jsonw *w, const char *key, int32_t day)
{
	char t[16];
	if (day != REGISTRY_NO_DAY)
		jsonw_kstr(w, key, registry_day_text(day, t));
}

void web_registry_basis(struct jsonw *w, const struct registry_basis *b)
{
	jsonw_kstr(w, "source", registry_source_word(b->source));
	jsonw_kstr(w, "view", registry_view_word(b->view));
	put_day(w, "as_of", b->as_of);
	jsonw_key(w, "lists");
	jsonw_obj(w);
	for (int v = REGISTRY_UNDER_INVESTIGATION; v <= REGISTRY_FULL; v++)
		put_day(w, registry_view_word((enum registry_view)v), b->list[v]);
	jsonw_obj_end(w);
	jsonw_ku64(w, "carried", b->carried);
	jsonw_ku64(w, "removed", b->removed);
	jsonw_key(w, "warnings");
	registry_warnings_json(b->w, b->w_n, w);
}

static void put_imports(struct jsonw *w, const struct registry_all *all)
{
	char t[16];
	jsonw_key(w, "imports");
	jsonw_arr(w);
	for (size_t i = 0; i < all->import_n; i++) {
		const struct registry_import *m = &all->import[i];
		jsonw_obj(w);
		jsonw_ku64(w, "id", m->id);
		jsonw_kstr(w, "source", registry_source_word(m->source));
		jsonw_kstr(w, "view", registry_view_word(m->view));
		jsonw_kstr(w, "as_of", registry_day_text(m->as_of, t));
		jsonw_kstr(w, "as_of_from", registry_as_of_word(m->as_of_from));
		jsonw_ku64(w, "rows", m->rows);
		jsonw_ku64(w, "unread", m->unread);
		jsonw_kslice(w, "file", m->file);
		jsonw_ku64(w, "entry", m->entry);
		jsonw_ktime(w, "time", m->time);
		jsonw_key(w, "warnings");
		jsonw_raw(w, m->warnings.n ? m->warnings : SLICE("[]"));
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_tallies(struct jsonw *w, const char *key, const struct registry_tallies *t)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < t->n; i++) {
		jsonw_obj(w);
		jsonw_kslice(w, "name", t->v[i].name);
		jsonw_ku64(w, "incidents", t->v[i].incidents);
		jsonw_ku64(w, "persons", t->v[i].persons);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_figures(struct jsonw *w, const struct registry_figures *f)
{
	jsonw_key(w, "figures");
	jsonw_obj(w);
	web_registry_basis(w, &f->basis);
	jsonw_ku64(w, "incidents", f->incidents);
	jsonw_ku64(w, "persons", f->persons);
	jsonw_ku64(w, "persons_unknown", f->persons_unknown);
	jsonw_ku64(w, "placeholders", f->placeholders);
	jsonw_ku64(w, "business_associate", f->associate);
	jsonw_ku64(w, "median", f->median);
	jsonw_ku64(w, "median_of", f->median_counted);
	put_tallies(w, "entity_type", &f->entity_type);
	put_tallies(w, "breach_type", &f->breach_type);
	put_tallies(w, "location_any", &f->location_any);
	put_tallies(w, "state", &f->state);
	put_tallies(w, "month", &f->month);
	put_tallies(w, "years", &f->years);
	jsonw_obj_end(w);
}

/* figures is null where no list answers the question: none was imported of this source, or none by that day. */
static void show(struct web_request *q)
{
	struct registry_question x;
	struct registry_figures f;
	struct err e = {0};
	struct jsonw w;
	struct web_registry *h = web_registry_question(q, &x) ? web_registry_take(q) : NULL;
	if (!h)
		return;
	int r = registry_figures(&h->all, &x, TOP, q->a, &f, &e);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "year", (uint64_t)x.year);
	put_imports(&w, &h->all);
	if (r == 0) {
		put_figures(&w, &f);
	} else {
		jsonw_key(&w, "figures");
		jsonw_null(&w);
	}
	jsonw_obj_end(&w);
	web_registry_done(h);
	if (r < 0 && r != ERR_NO)
		web_fail(q, &e);
	else
		web_json(q, 200);
}

void web_registry(struct web_request *q, const char *rest)
{
	bool get = q->method == WEB_GET || q->method == WEB_HEAD;
	if (!web_may(q, MAY_SCOPE))
		return;
	if (!strcmp(rest, "/import") && q->method == WEB_POST)
		web_registry_import(q);
	else if (!get)
		web_error(q, 405, "method", "The registry is asked for with GET; a list is brought by POST to /api/registry/import.");
	else if (!*rest)
		show(q);
	else if (!strcmp(rest, "/incidents"))
		web_registry_incidents(q);
	else if (!strncmp(rest, "/incident/", 10))
		web_registry_incident(q, rest + 10);
	else if (!strncmp(rest, "/plot/", 6))
		web_registry_plot(q, rest + 6);
	else
		web_error(q, 404, "not-found", "Nothing is here.");
}
