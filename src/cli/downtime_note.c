/* The downtime note: what each chart that was touched has to say of it in the EHR, when nobody remembers any more why its times and names look as they do. From when until when, how much was captured and of what, by whom, on which paper.
 *
 * It is a captured item like any other, a note of nursing's, with an id made of the downtime and the person, so that it is made once however often this is done and whoever is killed meanwhile; it is sent, answered and counted as they are. */
#include "backload_cmd.h"

#include <inttypes.h>
#include <stdlib.h>

#define NAMES_MAX 24 /* persons and sheets that are named; further ones are counted */

struct names {
	struct slice v[NAMES_MAX];
	uint32_t n, more;
};

struct touched {
	uint32_t first; /* the first item of the person, into items */
	uint32_t kinds[CAPTURE_KIND_COUNT], items;
	struct names by, sheets;
};

static void name(struct names *n, struct slice s)
{
	if (!s.n)
		return;
	for (uint32_t i = 0; i < n->n; i++)
		if (slice_eq(n->v[i], s))
			return;
	if (n->n == NAMES_MAX)
		n->more++;
	else
		n->v[n->n++] = s;
}

static bool counts(const struct backlog *l, const struct backlog_item *it)
{
	return it->entry > l->downtime.closed && !it->unreadable && !it->withdraw && it->replaced_by == BACKLOG_NONE && it->person.n && !slice_starts(it->id, "DNOTE-") && it->kind != CAPTURE_MERGE;
}

static void say_names(struct buf *b, const char *lang, enum backload_word label, const struct names *n)
{
	for (uint32_t i = 0; i < n->n; i++)
		buf_printf(b, "%s%.*s", i ? ", " : backload_word(lang, label), SLICE_FMT(n->v[i]));
	if (n->more)
		buf_printf(b, "%s%u%s", backload_word(lang, BW_AND), n->more, backload_word(lang, BW_MORE));
	if (n->n)
		buf_printf(b, "%s\n", backload_word(lang, BW_STOP));
}

/* What the notes of one run have in common. */
struct how {
	const char *by, *paper, *lang;
};

static void text_of(const struct backlog *l, const struct touched *t, const struct how *h, struct buf *b)
{
	char from[32], to[32];
	int64_t until = l->downtime.at; /* it came to the state in which the EHR takes entries */
	bool first = true;
	buf_printf(b, "%s%s%s%s", backload_word(h->lang, BW_NOTE_FROM), time_rfc3339(l->downtime.since, 0, from), backload_word(h->lang, BW_NOTE_TO), time_rfc3339(until, 0, to));
	if (l->downtime.reason[0])
		buf_printf(b, " (%s)", l->downtime.reason);
	buf_printf(b, "%s %u%s", backload_word(h->lang, BW_STOP), t->items, backload_word(h->lang, t->items == 1 ? BW_NOTE_ITEMS_1 : BW_NOTE_ITEMS));
	for (int i = 0; i < CAPTURE_KIND_COUNT; i++)
		if (t->kinds[i]) {
			buf_printf(b, "%s %s %u", first ? "" : ",", backload_kind_word(h->lang, (enum capture_kind)i), t->kinds[i]);
			first = false;
		}
	buf_str(b, backload_word(h->lang, BW_NOTE_TIMES));
	say_names(b, h->lang, BW_NOTE_BY, &t->by);
	say_names(b, h->lang, BW_NOTE_SHEETS, &t->sheets);
	if (h->paper && *h->paper)
		buf_printf(b, "%s%s%s\n", backload_word(h->lang, BW_NOTE_KEPT), h->paper, backload_word(h->lang, BW_STOP));
}

static int enter(struct backlog *l, struct control *k, const struct touched *t, const char *id, const struct how *h, struct err *e)
{
	AUTO_BUF struct buf text = {0}, line = {0};
	const struct backlog_item *it = &l->items[t->first];
	struct jsonw w;
	buf_init(&text, 32768);
	buf_init(&line, CAPTURE_MAX);
	text_of(l, t, h, &text);
	jsonw_init(&w, &line);
	jsonw_obj(&w);
	jsonw_kstr(&w, "id", id);
	jsonw_kslice(&w, "unit", it->unit);
	jsonw_kslice(&w, "patient", it->patient);
	jsonw_kstr(&w, "kind", "note");
	jsonw_ktime(&w, "occurred", l->downtime.at);
	jsonw_kstr(&w, "by", h->by);
	jsonw_key(&w, "values");
	jsonw_obj(&w);
	jsonw_kstr(&w, "title", backload_word(h->lang, BW_NOTE_TITLE));
	jsonw_kslice(&w, "text", buf_slice(&text));
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	if (!buf_ok(&text) || !buf_ok(&line))
		return err_set(e, ERR_LIMIT, NULL, "a downtime note grew too large");
	const struct control_append a = {.kind = LEDGER_CAPTURE, .body = buf_slice(&line)};
	return control_append(k, &a, 1, NULL, NULL, e);
}

static void look_at(const struct backlog *l, uint32_t i, struct arena *a, struct touched *t)
{
	const struct backlog_item *it = &l->items[i];
	struct capture c;
	t->items++;
	t->kinds[it->kind]++;
	name(&t->by, it->by);
	if (backlog_capture(it, a, &c, NULL) == 0) {
		name(&t->sheets, c.sheet.n ? arena_dup(l->a, c.sheet) : c.kind == CAPTURE_SHEET && json_text(c.values, "number").n ? arena_dup(l->a, json_text(c.values, "number")) : SLICE_NULL);
		name(&t->by, c.on_behalf_of.n ? arena_dup(l->a, c.on_behalf_of) : SLICE_NULL);
	}
}

static const struct backlog *sorting; /* qsort has no argument for it */

static int by_person(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	int c = slice_cmp(sorting->items[a].person, sorting->items[b].person);
	return c ? c : a < b ? -1 : a > b;
}

/* k NULL: they are counted, and nothing is entered. */
static int each(struct backlog *l, struct control *k, const struct how *h, uint32_t *v, uint32_t n, uint32_t *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	uint32_t made = 0;
	int r = a ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint32_t i = 0, to; i < n && r == 0; i = to) {
		struct touched t = {.first = v[i]};
		char id[CAPTURE_ID_MAX + 1];
		snprintf(id, sizeof id, "DNOTE-%" PRIu64 "-%.*s", l->downtime.entry, SLICE_FMT(l->items[v[i]].person));
		for (to = i; to < n && slice_eq(l->items[v[to]].person, l->items[v[i]].person); to++) {
			arena_reset(a);
			if (k)
				look_at(l, v[to], a, &t);
		}
		if (backlog_find(l, slice_str(id)))
			continue;
		made++;
		if (k)
			r = enter(l, k, &t, id, h, e);
	}
	if (r == 0 && made && k)
		r = control_flush(k, e);
	if (r == 0)
		*ret = made;
	return r;
}

int downtime_notes(struct backlog *l, struct control *k, const char *by, const char *paper, const char *lang, uint32_t *ret, struct err *e)
{
	uint32_t *v = calloc(l->n ? l->n : 1, sizeof *v), n = 0;
	char who[64];
	control_who(who);
	if (!v)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint32_t i = 0; i < l->n; i++)
		if (counts(l, &l->items[i]))
			v[n++] = i;
	sorting = l;
	qsort(v, n, sizeof *v, by_person);
	int r = each(l, k, &(struct how){by ? by : who, paper, lang}, v, n, ret, e);
	free(v);
	return r;
}
