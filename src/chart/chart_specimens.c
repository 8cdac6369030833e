/* The register of specimens: every number that was written down, how far it came, and whether the counts close: what was sent was received or lost, what was received was resulted or lost, and what was resulted is with whoever waits for it.
 * After a month on paper a laboratory that cannot say this does not know what it owes. */
#include "chart_internal.h"

#include <stdlib.h>

#define PAGE 1000
#define PAGE_BYTES ((size_t)1 << 30)

static const char *const names[CHART_SPECIMEN_STATES] = {"collected", "sent", "received", "resulted", "delivered", "lost"};

const char *chart_specimen_state_name(enum chart_specimen_state s)
{
	return names[s];
}

static enum chart_specimen_state state_of(struct slice s)
{
	for (int i = 0; i < CHART_SPECIMEN_STATES; i++)
		if (slice_eq_str(s, names[i]))
			return (enum chart_specimen_state)i;
	return CHART_SPECIMEN_COLLECTED;
}

/* A later state says the earlier ones. */
enum chart_specimen_open chart_specimen_is_open(const struct chart_specimen *s)
{
	if (s->said[CHART_SPECIMEN_LOST] || s->said[CHART_SPECIMEN_DELIVERED])
		return CHART_SPECIMEN_CLOSED;
	if (s->said[CHART_SPECIMEN_RESULTED])
		return CHART_SPECIMEN_NOT_DELIVERED;
	return s->said[CHART_SPECIMEN_RECEIVED] ? CHART_SPECIMEN_NO_RESULT : s->said[CHART_SPECIMEN_SENT] ? CHART_SPECIMEN_NEVER_RECEIVED : CHART_SPECIMEN_NEVER_SENT;
}

const char *chart_specimen_open_name(enum chart_specimen_open o)
{
	static const char *const why[] = {"", "collected, never sent", "sent, never received", "received, no result", "resulted, not delivered"};
	return why[o];
}

struct gather {
	struct arena *a;
	struct chart_specimens *to;
	struct chart_specimen *slot[4096], **last;
};

static struct chart_specimen *specimen_of(struct gather *g, struct slice number)
{
	uint64_t hash = 0;
	for (size_t i = 0; i < number.n; i++)
		hash = (hash ^ number.p[i]) * UINT64_C(0x100000001b3);
	struct chart_specimen **at = &g->slot[(hash >> 20) % ARRAY_LEN(g->slot)], *s = *at;
	while (s && !slice_eq(s->number, number))
		s = s->same_slot;
	if (s)
		return s;
	s = arena_alloc(g->a, sizeof *s);
	if (!s)
		return NULL;
	*s = (struct chart_specimen){.number = arena_dup(g->a, number), .same_slot = *at, .since = INT64_MIN};
	*at = s;
	*g->last = s;
	g->last = &s->next;
	return s->number.p ? s : NULL;
}

static void said(struct chart_specimen *s, enum chart_specimen_state state, const struct chart_capture *x)
{
	s->said[state]++;
	if (s->at[state] == 0 || x->occurred > s->at[state])
		s->at[state] = x->occurred;
}

/* What stands: withdrawn and corrected items do not count. A result that names the specimen is that specimen resulted, and delivered: it was written down where it is waited for. */
static int take(struct gather *g, const struct chart_capture *x, struct err *e)
{
	bool result = x->c.kind == CAPTURE_RESULT;
	struct slice number = json_text(x->c.values, result ? "specimen" : "number"), test = json_text(x->c.values, "test"), to = json_text(x->c.values, "to");
	if (x->replaced_by || x->flags & (CHART_CAPTURE_WITHDRAWAL | CHART_CAPTURE_UNREADABLE) || (result && !number.n))
		return 0;
	if (!number.n) {
		g->to->unnumbered++;
		return 0;
	}
	struct chart_specimen *s = specimen_of(g, number);
	if (!s)
		return chart_no_memory(g->a, e);
	said(s, result ? CHART_SPECIMEN_RESULTED : state_of(json_text(x->c.values, "state")), x);
	if (result)
		said(s, CHART_SPECIMEN_DELIVERED, x);
	if (x->person && s->person.n && !slice_eq_str(s->person, x->person))
		s->several = true;
	if (x->person && x->entry > s->entry)
		s->entry = x->entry;
	if (!s->person.n && x->person)
		s->person = arena_dup(g->a, slice_str(x->person));
	if (!s->test.n && test.n)
		s->test = arena_dup(g->a, test);
	if (!s->unit.n && x->c.unit.n)
		s->unit = arena_dup(g->a, x->c.unit);
	if (to.n)
		s->to = arena_dup(g->a, to);
	return arena_code(g->a) ? chart_no_memory(g->a, e) : 0;
}

/* The longest open first. */
static int by_age(const void *pa, const void *pb)
{
	const struct chart_specimen *a = *(struct chart_specimen *const *)pa, *b = *(struct chart_specimen *const *)pb;
	bool ca = chart_specimen_is_open(a) == CHART_SPECIMEN_CLOSED, cb = chart_specimen_is_open(b) == CHART_SPECIMEN_CLOSED;
	return ca != cb ? (ca ? 1 : -1) : a->since != b->since ? (a->since < b->since ? -1 : 1) : slice_cmp(a->number, b->number);
}

static int finish(struct gather *g, struct err *e)
{
	struct chart_specimens *to = g->to;
	size_t n = 0;
	for (struct chart_specimen *s = to->first; s; s = s->next)
		n++;
	struct chart_specimen **v = arena_array(g->a, n ? n : 1, sizeof(struct chart_specimen *));
	if (!v)
		return chart_no_memory(g->a, e);
	n = 0;
	for (struct chart_specimen *s = to->first; s; s = s->next) {
		enum chart_specimen_open o = chart_specimen_is_open(s);
		to->by_open[o]++;
		to->open += o != CHART_SPECIMEN_CLOSED;
		for (int i = 0; i < CHART_SPECIMEN_STATES; i++) {
			to->had[i] += s->said[i] != 0;
			if (s->said[i]) { /* how far it is: the furthest that was said, and since when */
				s->furthest = (enum chart_specimen_state)i;
				s->since = s->at[i];
			}
		}
		v[n++] = s;
	}
	qsort(v, n, sizeof(struct chart_specimen *), by_age);
	to->n = n;
	to->first = n ? v[0] : NULL;
	for (size_t i = 0; i < n; i++)
		v[i]->next = i + 1 < n ? v[i + 1] : NULL;
	return 0;
}

int chart_specimens(struct chart *c, struct arena *a, struct chart_specimens *ret, struct err *e)
{
	static const enum capture_kind kinds[] = {CAPTURE_SPECIMEN, CAPTURE_RESULT};
	AUTO_ARENA struct arena *page = arena_new(PAGE_BYTES);
	struct gather *g = arena_alloc(a, sizeof *g);
	struct chart_specimens out = {0};
	int r = 0;
	if (!page || !g)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	g->a = a;
	g->to = &out;
	g->last = &out.first;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(kinds); i++) {
		struct chart_captures_ask q = {.owner = -1, .state = -1, .kind = (int)kinds[i], .max = PAGE};
		while (r == 0 && q.from != CHART_NOW) {
			struct chart_capture *list = NULL;
			uint64_t next = CHART_NOW;
			arena_reset(page);
			r = chart_captures(c, &q, page, &list, &next, e);
			for (; r == 0 && list; list = list->next)
				r = take(g, list, e);
			q.from = next;
		}
	}
	if (r == 0)
		r = finish(g, e);
	if (r == 0)
		*ret = out;
	return r;
}

void chart_json_specimen(struct jsonw *w, const struct chart_specimen *s, bool withheld)
{
	enum chart_specimen_open o = chart_specimen_is_open(s);
	jsonw_obj(w);
	jsonw_kslice(w, "number", s->number);
	jsonw_kslice_opt(w, "person", s->person);
	if (!withheld)
		jsonw_kslice_opt(w, "test", s->test);
	jsonw_kslice_opt(w, "unit", s->unit);
	jsonw_kslice_opt(w, "to", s->to);
	jsonw_kstr(w, "state", names[s->furthest]);
	if (s->since != INT64_MIN)
		jsonw_ktime(w, "since", s->since);
	jsonw_key(w, "at");
	jsonw_obj(w);
	for (int i = 0; i < CHART_SPECIMEN_STATES; i++)
		if (s->said[i] && s->at[i] != INT64_MIN)
			jsonw_ktime(w, names[i], s->at[i]);
	jsonw_obj_end(w);
	if (s->several)
		jsonw_kbool(w, "several", true);
	if (o != CHART_SPECIMEN_CLOSED)
		jsonw_kstr(w, "open", chart_specimen_open_name(o));
	jsonw_obj_end(w);
}

void chart_json_specimen_counts(struct jsonw *w, const struct chart_specimens *x)
{
	static const char *const open[] = {NULL, "neverSent", "neverReceived", "noResult", "notDelivered"};
	jsonw_ku64(w, "specimens", x->n);
	jsonw_key(w, "counts");
	jsonw_obj(w);
	for (int i = 0; i < CHART_SPECIMEN_STATES; i++)
		jsonw_ku64(w, names[i], x->had[i]);
	jsonw_obj_end(w);
	jsonw_ku64(w, "open", x->open);
	jsonw_key(w, "openBy");
	jsonw_obj(w);
	for (size_t i = 1; i < ARRAY_LEN(open); i++)
		jsonw_ku64(w, open[i], x->by_open[i]);
	jsonw_obj_end(w);
	jsonw_ku64(w, "unnumbered", x->unnumbered);
	jsonw_kbool(w, "closes", x->open == 0 && x->unnumbered == 0);
}
