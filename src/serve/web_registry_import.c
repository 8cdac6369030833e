/* POST /api/registry/import?file=NAME: a list as it was downloaded. It is read here first, and answered with what was recognised and what is odd; only what can be read becomes an entry. */
#include "web_registry.h"

#define MEMORY ((size_t)512 << 20)
#define NAME_MAX_BYTES 200

static bool options_of(struct web_request *q, struct registry_read_options *o)
{
	struct slice view = slice_str(web_query(q, "view")), as_of = slice_str(web_query(q, "as_of"));
	int v = view.n ? registry_view_parse(view) : REGISTRY_UNKNOWN;
	const char *file = web_query(q, "file");
	*o = (struct registry_read_options){.file = file, .as_of = REGISTRY_NO_DAY, .today = (int32_t)(time_now() / (86400 * TIME_SEC))};
	if (!file || !*file || strlen(file) > NAME_MAX_BYTES || strchr(file, '/') || !utf8_valid(slice_str(file))) {
		web_error(q, 400, "input", "file is the name of the list, without a folder.");
		return false;
	}
	if (v < 0 || (as_of.n && registry_day_parse(as_of, true, &o->as_of) < 0)) {
		web_error(q, 400, "input", v < 0 ? "view is under-investigation, archive or full." : "as_of is a day: 2024-10-08.");
		return false;
	}
	o->view = (enum registry_view)v;
	return true;
}

static void answer(struct web_request *q, const struct registry_list *l, uint64_t entry)
{
	struct jsonw w;
	char t[16];
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entry", entry);
	jsonw_kstr(&w, "source", registry_source_word(l->source));
	jsonw_kstr(&w, "view", registry_view_word(l->view));
	jsonw_kstr(&w, "as_of", registry_day_text(l->as_of, t));
	jsonw_kstr(&w, "as_of_from", registry_as_of_word(l->as_of_from));
	jsonw_ku64(&w, "rows", l->n);
	jsonw_ku64(&w, "unread", l->unread);
	jsonw_key(&w, "warnings");
	registry_warnings_json(l->w, l->w_n, &w);
	jsonw_obj_end(&w);
	web_json(q, 201);
}

/* ERR_EXISTS: the same bytes are in. */
static int fresh(struct web_request *q, const uint8_t sha256[32], struct err *e)
{
	bool there = false;
	struct web_registry *h = web_registry_take(q);
	if (!h)
		return 1; /* answered */
	int r = registry_has(h->r, sha256, &there, e);
	web_registry_done(h);
	return r == 0 && there ? err_set(e, ERR_EXISTS, NULL, "this very list is in already") : r;
}

void web_registry_import(struct web_request *q)
{
	AUTO_ARENA struct arena *a = arena_new(MEMORY);
	AUTO_BUF struct buf body = {0};
	struct registry_read_options o;
	struct registry_list l = {0};
	struct registry_entry x;
	struct keeper_stored s;
	struct err e = {0};
	if (!options_of(q, &o))
		return;
	int r = a ? registry_read(buf_slice(&q->body), &o, a, &l, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && l.view == REGISTRY_UNKNOWN)
		r = err_set(&e, ERR_INPUT, "view", "which of the lists this is cannot be seen in it: say view");
	if (r == 0 && l.as_of == REGISTRY_NO_DAY)
		r = err_set(&e, ERR_INPUT, "as_of", "of which day this list is cannot be seen in it: say as_of");
	x = (struct registry_entry){.source = l.source, .view = l.view, .as_of_from = l.as_of_from, .as_of = l.as_of, .today = o.today, .file = slice_str(o.file), .by = slice_str(q->session.user), .bytes = buf_slice(&q->body), .rows = l.n};
	seal_sha256_once(x.bytes, x.sha256);
	if (r == 0)
		r = fresh(q, x.sha256, &e);
	if (r > 0)
		return;
	buf_init(&body, REGISTRY_FILE_MAX + (1 << 20));
	if (r == 0)
		r = registry_entry_put(&x, &body, &e);
	if (r == 0)
		r = keeper_registry_add(q->w->keeper, &q->who, buf_slice(&body), &s, &e);
	if (r < 0)
		web_fail(q, &e);
	else
		answer(q, &l, s.seq);
}
