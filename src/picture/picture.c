/* One picture of the registry: which form, what it says of its basis, and the warnings that belong on it. */
#include "picture_internal.h"

static const struct {
	const char *word, *about;
	int (*draw)(struct pic *, struct plot **, struct err *);
} kinds[PICTURE_KINDS] = {
	[PICTURE_TREND] = {"trend", "incidents and persons by year", picture_draw_trend},
	[PICTURE_MONTHS] = {"months", "incidents and persons by month (--year)", picture_draw_months},
	[PICTURE_MAP] = {"map", "incidents by state", picture_draw_map},
	[PICTURE_TYPES] = {"types", "types of breach over the years, or of one (--year)", picture_draw_types},
	[PICTURE_LOCATIONS] = {"locations", "where the data lay, over the years, or in one (--year)", picture_draw_locations},
	[PICTURE_LARGEST] = {"largest", "the largest incidents (-n)", picture_draw_largest},
	[PICTURE_DISTRIBUTION] = {"distribution", "how many incidents are how large", picture_draw_distribution},
	[PICTURE_PLACE] = {"place", "one incident among all, and among those like it (--persons, or --case)", picture_draw_place},
	[PICTURE_TIMELINE] = {"timeline", "days from discovery to list to letters, of known cases and of --case", picture_draw_timeline},
	[PICTURE_DRIFT] = {"drift", "one year's count as lists and days change (--year)", picture_draw_drift},
	[PICTURE_NOTICE] = {"aware-to-notice", "days from awareness to notice (Washington's list)", picture_draw_notice},
};

const char *picture_kind_word(enum picture_kind k)
{
	return (unsigned)k < PICTURE_KINDS ? kinds[k].word : "?";
}

const char *picture_kind_about(enum picture_kind k)
{
	return (unsigned)k < PICTURE_KINDS ? kinds[k].about : "?";
}

int picture_kind_parse(struct slice s)
{
	for (int k = 0; k < PICTURE_KINDS; k++)
		if (slice_eq_str(s, kinds[k].word))
			return k;
	return -1;
}

struct slice picture_titled(struct pic *p, enum word all, enum word year)
{
	struct slice y = picture_text(p, "%d", p->ask->q.year);
	return p->ask->q.year ? picture_say(p, year, y.p ? (const char *)arena_strdup(p->a, y) : "", NULL) : picture_word(p, all);
}

/* Days of the lists in use: "8 Oct 2024", or two of them. */
static const char *days_of(struct pic *p)
{
	const int32_t *l = p->basis.list, u = l[REGISTRY_UNDER_INVESTIGATION], a = l[REGISTRY_ARCHIVE];
	if (u != REGISTRY_NO_DAY && a != REGISTRY_NO_DAY && u != a) {
		const char *s = arena_printf(p->a, "%s, %s", picture_day(p, u), picture_day(p, a));
		p->failed = p->failed || !s;
		return s ? s : "";
	}
	return picture_day(p, u != REGISTRY_NO_DAY ? u : a != REGISTRY_NO_DAY ? a : l[REGISTRY_FULL] != REGISTRY_NO_DAY ? l[REGISTRY_FULL] : p->basis.as_of);
}

static struct slice basis(struct pic *p)
{
	static const enum word views[] = {[REGISTRY_UNKNOWN] = W_BOTH, [REGISTRY_UNDER_INVESTIGATION] = W_UNDER, [REGISTRY_ARCHIVE] = W_ARCHIVE, [REGISTRY_FULL] = W_BOTH};
	const struct registry_question *q = &p->ask->q;
	enum word w = p->basis.source == REGISTRY_WA_AG ? W_WA_LIST : p->basis.source == REGISTRY_OTHER ? W_OTHER_LIST : views[p->basis.view];
	const int32_t *l = p->basis.list;
	if (w == W_BOTH && l[REGISTRY_FULL] == REGISTRY_NO_DAY && (l[REGISTRY_UNDER_INVESTIGATION] == REGISTRY_NO_DAY) != (l[REGISTRY_ARCHIVE] == REGISTRY_NO_DAY))
		w = l[REGISTRY_ARCHIVE] == REGISTRY_NO_DAY ? W_UNDER : W_ARCHIVE; /* both were asked for, one is there */
	struct slice day_of = picture_say(p, W_AS_OF, picture_day(p, p->basis.as_of), NULL), all = picture_text(p, "%.*s · %.*s", SLICE_FMT(picture_word(p, w)), SLICE_FMT(day_of));
	const struct slice only[] = {q->state, q->type, q->location, q->entity_type};
	for (size_t i = 0; i < ARRAY_LEN(only); i++)
		if (only[i].n) {
			const char *name = arena_strdup(p->a, picture_named(p, only[i]));
			struct slice part = picture_say(p, W_FILTERED, name ? name : "", NULL);
			all = picture_text(p, "%.*s · %.*s", SLICE_FMT(all), SLICE_FMT(part));
		}
	return all;
}

static void warn(struct pic *p, struct buf *b, struct slice s)
{
	if (b->n && p->n != 2)
		buf_u8(b, ' ');
	buf_add_slice(b, s);
}

/* From the basis itself and not from its sentences, which are English. */
static struct slice warnings(struct pic *p)
{
	AUTO_BUF struct buf b = {0};
	const struct registry_basis *s = &p->basis;
	int32_t u = s->list[REGISTRY_UNDER_INVESTIGATION], a = s->list[REGISTRY_ARCHIVE], f = s->list[REGISTRY_FULL];
	buf_init(&b, 1 << 14);
	if (s->source == REGISTRY_OCR && s->view == REGISTRY_FULL && f == REGISTRY_NO_DAY && (u == REGISTRY_NO_DAY || a == REGISTRY_NO_DAY)) {
		const char *name = arena_strdup(p->a, picture_word(p, u != REGISTRY_NO_DAY ? W_V_UNDER : W_V_ARCHIVE));
		warn(p, &b, picture_say(p, W_ONE_LIST, name ? name : "", NULL));
	} else if (s->source == REGISTRY_OCR && s->view != REGISTRY_FULL) {
		warn(p, &b, picture_word(p, W_VIEW));
	} else if (u != REGISTRY_NO_DAY && a != REGISTRY_NO_DAY && (u > a ? u - a : a - u) > 31) {
		warn(p, &b, picture_say(p, W_APART, picture_day(p, u), picture_day(p, a)));
	}
	if (s->carried)
		warn(p, &b, picture_say(p, W_CARRIED, picture_count(p, s->carried), NULL));
	if (s->removed)
		warn(p, &b, picture_say(p, W_REMOVED, picture_count(p, s->removed), NULL));
	for (size_t i = 0; i < s->w_n; i++)
		if (!strcmp(s->w[i].what, "doubt")) {
			warn(p, &b, picture_word(p, W_DOUBT));
			break;
		}
	if (p->placeholders)
		warn(p, &b, picture_say(p, W_PLACEHOLDERS, picture_count(p, p->placeholders), NULL));
	struct slice out = arena_dup(p->a, buf_slice(&b));
	p->failed = p->failed || !buf_ok(&b) || (b.n && !out.p);
	return out;
}

struct plot_frame picture_frame_of(struct pic *p, struct slice title, struct slice counts)
{
	static const enum word sources[] = {[REGISTRY_OCR] = W_S_OCR, [REGISTRY_WA_AG] = W_S_WA, [REGISTRY_OTHER] = W_S_OTHER};
	return (struct plot_frame){.lang = p->lang, .width = p->ask->width, .title = title, .counts = counts, .basis = basis(p), .warning = warnings(p),
		.source = picture_say(p, sources[p->basis.source], days_of(p), NULL)};
}

int picture_make(const struct registry_all *all, const struct picture_ask *ask, struct arena *a, struct plot **ret, struct err *e)
{
	static const char *const langs[] = {"en", "fr", "zh"};
	struct pic p = {.all = all, .ask = ask, .a = a, .lang = langs[0]};
	struct plot *made = NULL;
	assert((unsigned)ask->kind < PICTURE_KINDS && (all || ask->kind == PICTURE_TIMELINE));
	for (unsigned i = 0; i < ARRAY_LEN(langs); i++)
		if (ask->lang && !strcmp(ask->lang, langs[i])) {
			p.lang = langs[i];
			p.n = i;
		}
	int r = kinds[ask->kind].draw(&p, &made, e);
	if (r == 0 && (p.failed || arena_code(a))) { /* a name was lost, or a sentence */
		plot_free(made);
		return err_set(e, arena_code(a) ? arena_code(a) : ERR_MEMORY, NULL, "no memory for a picture's words");
	}
	if (r == 0)
		*ret = made;
	return r;
}
