/* /api/registry/plot/KIND.svg: a picture of the registry, for an img element: it brings no script and no style, and asks for nothing. */
#include "picture.h"
#include "web_registry.h"

static struct slice asked(struct web_request *q, const char *name)
{
	return slice_str(web_query(q, name));
}

static int32_t day_asked(struct web_request *q, const char *name)
{
	int32_t day = REGISTRY_NO_DAY;
	struct slice s = asked(q, name);
	return s.n && registry_day_parse(slice_of(s.p, s.n < 10 ? s.n : 10), false, &day) == 0 ? day : REGISTRY_NO_DAY;
}

/* One's own, where the page says it: of place, the filters say what it is compared with. */
static void own_of(struct web_request *q, enum picture_kind kind, struct registry_question *x, struct picture_own *o)
{
	*o = (struct picture_own){.name = asked(q, "name"), .persons = web_number(q, "persons", 0, UINT32_MAX), .discovered = day_asked(q, "discovered"), .listed = day_asked(q, "listed"), .written = day_asked(q, "written"), .today = (int32_t)(time_now() / (86400 * TIME_SEC))};
	o->name.n = utf8_valid_prefix(slice_of(o->name.p, o->name.n < 120 ? o->name.n : 120));
	if (kind != PICTURE_PLACE)
		return;
	o->state = x->state;
	o->type = x->type;
	o->entity_type = x->entity_type;
	x->state = x->type = x->entity_type = SLICE_NULL;
}

void web_registry_plot(struct web_request *q, const char *file)
{
	size_t n = strlen(file);
	int kind = n > 4 && !strcmp(file + n - 4, ".svg") ? picture_kind_parse(slice_of(file, n - 4)) : -1;
	struct registry_question x;
	struct picture_own own;
	struct plot *p = NULL;
	struct err e = {0};
	if (kind < 0) {
		web_error(q, 404, "not-found", "There is no picture of this name.");
		return;
	}
	struct web_registry *h = web_registry_question(q, &x) ? web_registry_take(q) : NULL;
	if (!h)
		return;
	own_of(q, (enum picture_kind)kind, &x, &own);
	uint64_t width = web_number(q, "width", 960, (uint64_t)PLOT_WIDTH_MAX), top = web_number(q, "top", 20, 100);
	struct picture_ask ask = {.kind = (enum picture_kind)kind, .lang = web_query(q, "lang"), .width = width < PLOT_WIDTH_MIN ? PLOT_WIDTH_MIN : (double)width, .q = x, .own = own.persons || own.discovered != REGISTRY_NO_DAY ? &own : NULL, .top = top ? top : 20};
	int r = picture_make(&h->all, &ask, q->a, &p, &e);
	web_registry_done(h);
	if (r == 0)
		r = plot_svg(p, &q->out, &e);
	plot_free(p);
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	q->status = 200;
	q->content_type = "image/svg+xml; charset=utf-8";
}
