/* holdfast registry plot: figures of the registry as a picture. */
#include "picture.h"
#include "registry_cmd.h"
#include "scope_cmd.h"

#include <fcntl.h>
#include <inttypes.h>

#define CASE_MEMORY ((size_t)64 << 20)
#define PNG_SCALE 2.0 /* of a screen with twice the dots, and of print */

struct asked {
	struct registry_asked of;
	const char *to, *lang, *named;
	uint64_t width, top, persons;
	bool json, png;
	struct picture_own own;
};

static int32_t day_of(int64_t t)
{
	return t == INT64_MIN ? REGISTRY_NO_DAY : (int32_t)(t / (86400 * TIME_SEC));
}

/* What it would be compared with on the portal: state, type of entity and of breach, out of what the case says. Before its first run it says nothing of that. */
static int take_kind(struct asked *o, const struct scope_case *c, struct arena *a, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, CASE_MEMORY);
	if (!c->run_n)
		return 0;
	int r = scope_case_notice(c, &b, e);
	struct slice text = r == 0 ? arena_dup(a, buf_slice(&b)) : SLICE_NULL;
	if (r == 0 && !text.p)
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	return r < 0 ? r : registry_cmd_of_case(text, a, &o->own.state, &o->own.entity_type, &o->own.type, e);
}

/* What the case knows of itself: how many persons, since when, when there was a list of them first, and when letters went. No name is read. */
static int take_case(struct asked *o, struct arena *a, struct err *e)
{
	struct site s;
	struct scope_case *c = NULL;
	struct scope_many m = {0};
	int r = cli_site(o->of.site, &s, e);
	if (r < 0)
		return r;
	r = case_load(&s, o->named, &c, e);
	if (r == 0) {
		scope_case_many(c, a, &m);
		o->own.name = arena_dup(a, c->title.n ? c->title : c->name);
		o->own.discovered = day_of(c->discovered);
		o->own.listed = c->run_n ? day_of(c->run[0].time) : REGISTRY_NO_DAY;
		struct slice written = scope_case_notified(c, a);
		if (written.n && registry_day_parse(written, false, &o->own.written) < 0)
			o->own.written = REGISTRY_NO_DAY; /* no day that there is */
		if (!o->persons)
			o->persons = m.point_known ? m.point : m.known ? m.low : 0;
		r = take_kind(o, c, a, e);
	}
	scope_case_free(c);
	site_close(&s);
	return r;
}

/* In place the options say what it is compared with, before the case does; elsewhere they choose rows. */
static void take_own(struct asked *o, enum picture_kind kind, struct registry_question *q)
{
	o->own.persons = o->persons;
	if (kind != PICTURE_PLACE)
		return;
	o->own.state = q->state.n ? q->state : o->own.state;
	o->own.type = q->type.n ? q->type : o->own.type;
	o->own.entity_type = q->entity_type.n ? q->entity_type : o->own.entity_type;
	q->state = q->type = q->entity_type = SLICE_NULL;
}

static int read_options(struct asked *o)
{
	size_t n = o->to ? strlen(o->to) : 0;
	if (n < 5 || (strcmp(o->to + n - 4, ".svg") && strcmp(o->to + n - 4, ".png")))
		return cli_usage("registry plot: say where with -o FILE.svg or -o FILE.png");
	o->png = !strcmp(o->to + n - 4, ".png");
	if (strcmp(o->lang, "en") && strcmp(o->lang, "fr") && strcmp(o->lang, "zh"))
		return cli_usage("--lang %s: there are en, fr and zh", o->lang);
	if (o->width < PLOT_WIDTH_MIN || o->width > PLOT_WIDTH_MAX)
		return cli_usage("--width %" PRIu64 ": a picture is %.0f to %.0f pixels wide", o->width, PLOT_WIDTH_MIN, PLOT_WIDTH_MAX);
	if (!o->top || o->top > 100)
		return cli_usage("--number %" PRIu64 ": 1 to 100 incidents", o->top);
	return 0;
}

static int make(struct asked *o, enum picture_kind kind, struct registry_question q, struct plot **ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(REGISTRY_MEMORY);
	struct registry_all all = {0};
	int r = a ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && o->named)
		r = take_case(o, a, e);
	if (r == 0 && kind != PICTURE_TIMELINE) /* its table is our own */
		r = registry_cmd_load(o->of.site, o->of.db, a, &all, e);
	if (r < 0)
		return r;
	take_own(o, kind, &q);
	struct picture_ask ask = {.kind = kind, .lang = o->lang, .width = (double)o->width, .q = q, .own = o->named || o->persons ? &o->own : NULL, .top = o->top};
	return picture_make(&all, &ask, a, ret, e);
}

static int put(const struct asked *o, enum picture_kind kind, const struct plot *p, struct err *e)
{
	AUTO_BUF struct buf b = {0}, said = {0};
	struct jsonw w;
	buf_init(&b, (size_t)256 << 20);
	buf_init(&said, 1 << 16);
	int r = o->png ? plot_png(p, PNG_SCALE, &b, e) : plot_svg(p, &b, e);
	if (r == 0)
		r = file_replace(AT_FDCWD, o->to, buf_slice(&b), 0644, e);
	if (r < 0 || !o->json)
		return r;
	jsonw_init(&w, &said);
	jsonw_obj(&w);
	jsonw_kstr(&w, "kind", picture_kind_word(kind));
	jsonw_kstr(&w, "file", o->to);
	jsonw_kstr(&w, "format", o->png ? "png" : "svg");
	jsonw_ku64(&w, "width", (uint64_t)(plot_width(p) * (o->png ? PNG_SCALE : 1)));
	jsonw_ku64(&w, "height", (uint64_t)(plot_height(p) * (o->png ? PNG_SCALE : 1)));
	jsonw_ku64(&w, "bytes", b.n);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&said));
	return 0;
}

static const char *about(void)
{
	static char text[2048];
	size_t n = (size_t)snprintf(text, sizeof text, "A picture with its view, its day, its source and its warnings on it; SVG with real text, or PNG. Kinds:");
	for (int k = 0; k < PICTURE_KINDS && n < sizeof text; k++)
		n += (size_t)snprintf(text + n, sizeof text - n, "\n- %s: %s", picture_kind_word((enum picture_kind)k), picture_kind_about((enum picture_kind)k));
	return text;
}

int registry_plot_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct asked o = {.lang = "en", .width = 960, .top = 20, .own = {.discovered = REGISTRY_NO_DAY, .listed = REGISTRY_NO_DAY, .written = REGISTRY_NO_DAY, .today = registry_cmd_today()}};
	bool done;
	const struct cli_opt opts[] = {
		{"output", CLI_STRING, &o.to, "FILE", "the picture: its name ends in .svg or .png"}, REGISTRY_ASKED_OPTS(o.of), {"case", CLI_STRING, &o.named, "NAME", "one's own: a case of the site (place, timeline, distribution)"},
		{"persons", CLI_NUMBER, &o.persons, "N", "one's own: so many persons; for place --type, --state and --entity say what it is compared with"}, {"number", CLI_NUMBER, &o.top, "N", "how many of the largest (default 20); also -n"},
		{"lang", CLI_STRING, &o.lang, "LANG", "en, fr, zh"}, {"width", CLI_NUMBER, &o.width, "PIXELS", "how wide (960)"}, {"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"},
	};
	static char number[] = "--number";
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "-n"))
			argv[i] = number;
	int r = cli_parse(argc, argv, "registry plot KIND --site DIR|--db FILE -o FILE.svg|FILE.png [--year Y] [--as-of DATE] [--view V]", about(), opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	int kind = args.n == 1 ? picture_kind_parse(slice_str(args.v[0])) : -1;
	if (args.n != 1)
		return cli_usage("registry plot: say one kind; --help lists them");
	if (kind < 0)
		return cli_usage("registry plot: there is no kind '%s'; --help lists them", args.v[0]);
	struct registry_question q;
	struct plot *p = NULL;
	struct err e = {0};
	if ((r = registry_asked(&o.of, &q)) || (r = read_options(&o)))
		return r;
	r = make(&o, (enum picture_kind)kind, q, &p, &e);
	if (r == 0)
		r = put(&o, (enum picture_kind)kind, p, &e);
	plot_free(p);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
