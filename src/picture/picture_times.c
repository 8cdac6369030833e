/* Cases that became known, as days since each was discovered, and one's own beside them. The table has its sources with it (picture_cases.h). */
#include "picture_internal.h"

#define CASES 16
#define STEPS 8

struct step {
	const char *day;
	bool main;
	unsigned source;
	const char *words[3];
};

/* A row is a case where it has a name, else a step of the case above. */
static const struct line {
	const char *name;
	uint64_t persons;
	const char *discovered;
	struct step step;
} lines[] = {
#define X(n, p, d) {.name = n, .persons = p, .discovered = d},
#define Y(d, m, s, en, fr, zh) {.step = {d, m, s, {en, fr, zh}}},
#define Z(t)
#include "picture_cases.h"
#undef X
#undef Y
#undef Z
};

static const char *const sources[] = {
#define X(n, p, d)
#define Y(d, m, s, en, fr, zh)
#define Z(t) t,
#include "picture_cases.h"
#undef X
#undef Y
#undef Z
};

struct table {
	struct plot_case v[CASES];
	struct plot_event event[CASES][STEPS];
	size_t n;
};

static int32_t day_of(const char *s)
{
	int32_t d = REGISTRY_NO_DAY;
	int r = registry_day_parse(slice_str(s), false, &d);
	assert(r == 0); /* our own table */
	return d;
}

static void known(struct pic *p, struct table *t)
{
	int32_t from = 0;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const struct line *l = &lines[i];
		if (l->name) {
			from = day_of(l->discovered);
			assert(t->n < CASES - 1);
			t->v[t->n] = (struct plot_case){.name = slice_str(l->name), .detail = picture_say(p, W_CASE_DETAIL, picture_count(p, l->persons), picture_day(p, from)), .v = t->event[t->n]};
			t->n++;
		} else {
			struct plot_case *c = &t->v[t->n - 1];
			assert(c->n < STEPS);
			t->event[t->n - 1][c->n++] = (struct plot_event){.day = day_of(l->step.day) - from, .words = slice_str(l->step.words[p->n]), .source = l->step.source, .main = l->step.main};
		}
	}
}

/* Days that lie before the discovery are no step of it. */
static void step_own(struct plot_case *c, struct plot_event *v, int32_t from, int32_t to, bool main, struct slice words)
{
	if (to != REGISTRY_NO_DAY && to >= from)
		v[c->n++] = (struct plot_event){.day = to - from, .words = words, .main = main};
}

static void add_own(struct pic *p, struct table *t)
{
	const struct picture_own *o = p->ask->own;
	struct plot_event *v = t->event[t->n];
	if (!o || o->discovered == REGISTRY_NO_DAY)
		return;
	struct slice detail = o->persons ? picture_say(p, W_CASE_DETAIL, picture_count(p, o->persons), picture_day(p, o->discovered)) : picture_say(p, W_CASE_DAY, picture_day(p, o->discovered), NULL);
	struct plot_case *c = &t->v[t->n++];
	*c = (struct plot_case){.name = picture_own_name(p), .detail = detail, .v = v, .own = true};
	step_own(c, v, o->discovered, o->listed, true, picture_word(p, W_LISTED));
	step_own(c, v, o->discovered, o->written, false, picture_word(p, W_WRITTEN));
	if (o->written == REGISTRY_NO_DAY)
		step_own(c, v, o->discovered, o->today, false, picture_word(p, o->listed == REGISTRY_NO_DAY ? W_NOT_LISTED : W_NOT_WRITTEN));
}

int picture_draw_timeline(struct pic *p, struct plot **ret, struct err *e)
{
	struct table *t = arena_alloc(p->a, sizeof *t);
	struct slice from[ARRAY_LEN(sources)];
	if (!t)
		return err_set(e, arena_code(p->a), NULL, "no memory for a picture");
	add_own(p, t); /* first: it is what one looks for */
	known(p, t);
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		from[i] = slice_str(sources[i]);
	const struct plot_mark limit[] = {{60, picture_word(p, W_LIMIT_60)}};
	struct plot_frame f = {.lang = p->lang, .width = p->ask->width, .title = picture_word(p, W_TIMELINE), .counts = picture_word(p, W_C_TIMELINE), .source = picture_word(p, W_S_TIMELINE)};
	return plot_times(&f, &(struct plot_times){.v = t->v, .n = t->n, .limit = limit, .limits = 1, .x_name = picture_word(p, W_DAYS), .sources = from, .sources_n = ARRAY_LEN(sources)}, ret, e);
}
