/* What would go from the charts if a stretch of entries were erased, and what must not. The rule, as a privacy officer and a night nurse would have it:
 *
 *   - A chart in use is never thinned. In use is the chart of whoever is in the house, and of whoever something was received about since a given entry (who comes each week for treatment has no bed at night). What the
 *     stretch holds of them stays, whole, for as long as that is so.
 *   - Who is whom outlives what was said. Where anything of a person remains, the entries that merged, linked, moved or parted their numbers stay; and so does one that joined two numbers merely by being sent with
 *     both, if something remains under each: two half charts, with the allergy in the other one, are worse than one old message kept.
 *   - Our own ids stay what they are. p4711 says that a number was first seen in entry 4711; where that entry is erased and the person lives on, the number alone stays behind ("born"), so that what was written about p4711
 *     since then finds its chart. Nobody ever gets the id of another.
 *   - What the house itself is (beds, staff) stays.
 *   - A recording stays with what was done with it, or goes with it. It stays while it is of somebody whose chart is in use, while it waits to be read, matched or looked at again, and while something was done with it
 *     since: nobody's undone work is erased, and a signature is never left without what was signed.
 *
 * The rest goes. It is found with the view's own questions, twice over the rows of the stretch; memory goes with the identifiers that are known, not with rows. */
#include "chart_internal.h"

#include <stdlib.h>

enum { IN = 1, REMAINS = 2 /* a row of its own that stays */, ACTIVE = 4, INSIDE = 8, LIVES = 16 /* of a person of whom something remains */, ASKED = 32, LISTED = 64, NUMBERED = 128 /* of an earlier erasure its number alone is left */ };

struct erasing {
	struct chart *c;
	const struct chart_erasing_options *o;
	struct chart_erasing *ret;
	struct arena *a;
	uint64_t end;
	uint8_t *flag;   /* by identifier */
	uint32_t *root;
	size_t keep_cap;
	/* of the row at hand */
	uint32_t ident;
};

static bool in_set(const struct erasing *x, uint64_t entry)
{
	if (entry >= x->o->from && entry < x->o->to)
		return true;
	size_t lo = 0, hi = x->o->extra_n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (x->o->extra[mid] < entry)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < x->o->extra_n && x->o->extra[lo] == entry;
}

static int keep(struct erasing *x, uint64_t entry, struct err *e)
{
	struct chart_erasing *k = x->ret;
	if (k->keep_n && k->keep[k->keep_n - 1] == entry)
		return 0;
	if (k->keep_n == x->keep_cap) {
		size_t cap = x->keep_cap ? 2 * x->keep_cap : 1024;
		uint64_t *more = reallocarray(k->keep, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for what is kept");
		k->keep = more;
		x->keep_cap = cap;
	}
	k->keep[k->keep_n++] = entry;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static void settle(struct chart_erasing *k)
{
	size_t n = 0;
	if (k->keep_n)
		qsort(k->keep, k->keep_n, sizeof *k->keep, by_number);
	for (size_t i = 0; i < k->keep_n; i++)
		if (n == 0 || k->keep[n - 1] != k->keep[i])
			k->keep[n++] = k->keep[i];
	k->keep_n = n;
}

static bool kept(const struct chart_erasing *k, uint64_t entry)
{
	return k->keep_n && bsearch(&entry, k->keep, k->keep_n, sizeof *k->keep, by_number);
}

/* Every row of the set, whoever it is about. */
static int each_row(struct erasing *x, store_row_fn *fn, struct err *e)
{
	int r = ASK(x->c, rows_of_entry, store_row_id(x->o->from, 0), store_row_id(x->o->to, 0), fn, x, e);
	for (size_t i = 0; r == 0 && i < x->o->extra_n; i++)
		r = ASK(x->c, rows_of_entry, store_row_id(x->o->extra[i], 0), store_row_id(x->o->extra[i] + 1, 0), fn, x, e);
	return r;
}

static int touched_row(void *arg, const struct store_row *row, struct err *e)
{
	struct erasing *x = arg;
	(void)e;
	if (row->ident <= x->c->idents)
		x->flag[row->ident] |= IN;
	x->ret->rows++;
	return 0;
}

/* ---- persons ---- */

static int is_open(void *arg, const struct store_stay *y, struct err *e)
{
	(void)y;
	(void)e;
	*(bool *)arg = true;
	return 1;
}

static int remaining_row(void *arg, const struct store_row *row, struct err *e)
{
	struct erasing *x = arg;
	(void)e;
	if (in_set(x, store_row_entry(row->id)))
		return 0;
	x->flag[x->ident] |= REMAINS;
	return 1;
}

/* Does a row of this identifier stay? Mostly its newest does. */
static int remains(struct erasing *x, uint32_t id, uint64_t *ret_last, struct err *e)
{
	uint64_t last;
	int64_t received;
	*ret_last = 0;
	int r = ASK(x->c, last_row, id, store_row_id(STORE_ENTRY_MAX, 0), &last, &received, e);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	*ret_last = store_row_entry(last);
	x->ident = id;
	if (!in_set(x, *ret_last))
		x->flag[id] |= REMAINS;
	else
		r = ASK(x->c, rows, id, 0, store_row_id(STORE_ENTRY_MAX, 0), true, remaining_row, x, e);
	return r;
}

static int person(struct erasing *x, uint32_t id, struct err *e)
{
	struct members m;
	uint32_t root;
	uint8_t all = ASKED;
	arena_reset(x->c->look_arena);
	int r = person_root(x->c, id, x->end, &root, e);
	if (r == 0)
		r = person_members(x->c, root, x->end, false, x->c->look_arena, &m, e);
	bool inside = false;
	if (r == 0)
		r = ASK(x->c, open_stay, root, is_open, &inside, e);
	for (size_t i = 0; r == 0 && i < m.n; i++) {
		uint64_t last;
		r = remains(x, m.v[i].ident, &last, e);
		if (last && last >= x->o->active_since)
			all |= ACTIVE;
		if (x->flag[m.v[i].ident] & REMAINS)
			all |= LIVES;
	}
	if (r < 0)
		return r;
	if (inside)
		all |= ACTIVE | INSIDE | LIVES;
	if (all & ACTIVE)
		all |= LIVES;
	bool counts = false;
	for (size_t i = 0; i < m.n; i++) {
		counts |= x->flag[m.v[i].ident] & IN;
		x->flag[m.v[i].ident] |= all;
		x->root[m.v[i].ident] = root;
	}
	if (!counts)
		return 0;
	x->ret->persons++;
	x->ret->gone += !(all & LIVES);
	x->ret->active += !!(all & ACTIVE);
	x->ret->inside += inside;
	return 0;
}

/* Whose number alone an earlier erasure left: does that person still live on? */
static int numbered(struct erasing *x, struct err *e)
{
	int r = 0;
	for (uint32_t id = 1; x->o->extra_n && r == 0 && id <= x->c->idents; id++) {
		struct store_ident i;
		r = ident_load(x->c, id, NULL, &i, e);
		if (r == 0 && i.first_entry < x->o->from && in_set(x, i.first_entry))
			x->flag[id] |= NUMBERED;
	}
	return r;
}

static int persons(struct erasing *x, struct err *e)
{
	int r = 0;
	for (uint32_t id = 1; r == 0 && id <= x->c->idents; id++)
		if ((x->flag[id] & (IN | NUMBERED)) && !(x->flag[id] & ASKED))
			r = person(x, id, e);
	return r;
}

/* Their ids, for who is to decide. */
static int list_active(struct erasing *x, struct err *e)
{
	x->ret->listed = arena_array(x->a, CHART_ERASING_LISTED, sizeof *x->ret->listed);
	if (!x->ret->listed)
		return chart_no_memory(x->a, e);
	for (uint32_t id = 1; id <= x->c->idents && x->ret->listed_n < CHART_ERASING_LISTED; id++) {
		struct store_ident i;
		uint32_t root = x->root[id];
		if (!(x->flag[id] & IN) || !(x->flag[id] & ACTIVE) || (x->flag[root] & LISTED))
			continue;
		x->flag[root] |= LISTED;
		int r = ident_load(x->c, root, NULL, &i, e);
		if (r < 0)
			return r;
		struct chart_erasing_person *p = &x->ret->listed[x->ret->listed_n++];
		ident_our_id(&i, p->id);
		p->inside = x->flag[id] & INSIDE;
	}
	return 0;
}

/* ---- entries that stay ---- */

static int keep_row(void *arg, const struct store_row *row, struct err *e)
{
	struct erasing *x = arg;
	return row->ident && row->ident <= x->c->idents && (x->flag[row->ident] & ACTIVE) ? keep(x, store_row_entry(row->id), e) : 0;
}

static int keep_house(void *arg, const struct store_row *row, struct err *e)
{
	struct erasing *x = arg;
	return in_set(x, store_row_entry(row->id)) ? keep(x, store_row_entry(row->id), e) : 0;
}

struct edges {
	struct erasing *x;
	int r;
};

static int keep_edge(void *arg, const struct store_edge *g, struct err *e)
{
	struct erasing *x = arg;
	bool act = g->why == EDGE_MERGE || g->why == EDGE_CHANGE || g->why == EDGE_LINK || g->why == EDGE_MOVE, parted = g->ended_by == ENDED_UNMERGE || g->ended_by == ENDED_UNLINK || g->ended_by == ENDED_MOVE;
	uint8_t one = x->flag[g->child] | x->flag[g->parent] | x->flag[g->named_child] | x->flag[g->named_parent];
	bool both = (x->flag[g->child] & REMAINS) && (x->flag[g->parent] & REMAINS);
	bool stays = ((act || parted) && (one & LIVES)) || both;
	int r = stays && in_set(x, g->from) ? keep(x, g->from, e) : 0;
	return r == 0 && stays && parted && in_set(x, g->to) ? keep(x, g->to, e) : r;
}

static int keep_move(void *arg, const struct store_move *m, struct err *e)
{
	struct erasing *x = arg;
	if (!((x->flag[m->from_ident] | x->flag[m->to_ident]) & LIVES))
		return 0;
	int r = in_set(x, m->from) ? keep(x, m->from, e) : 0;
	return r == 0 && m->to != STORE_OPEN && in_set(x, m->to) ? keep(x, m->to, e) : r;
}

static int keep_identity(struct erasing *x, struct err *e)
{
	int r = 0;
	for (uint32_t id = 1; r == 0 && id <= x->c->idents; id++) {
		if (!(x->flag[id] & LIVES))
			continue;
		r = ASK(x->c, edges_named, id, keep_edge, x, e);
		if (r == 0)
			r = ASK(x->c, moves, id, x->end, keep_move, x, e);
	}
	return r;
}

/* ---- recordings ---- */

struct kept_ecg {
	struct erasing *x;
	uint64_t *v; /* the entries of those that stay, or are not in the set: their acts stay */
	size_t n, cap;
};

static int keep_ecg(void *arg, const struct store_ecg *s, struct err *e)
{
	struct kept_ecg *k = arg;
	struct erasing *x = k->x;
	bool in = in_set(x, s->entry), active = s->ident && s->ident <= x->c->idents && (x->flag[s->ident] & ACTIVE);
	if (in && !active && !s->due && s->last < x->o->to)
		return 0;
	if (k->n == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 256;
		uint64_t *more = reallocarray(k->v, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for what is kept");
		k->v = more;
		k->cap = cap;
	}
	k->v[k->n++] = s->entry;
	return in ? keep(x, s->entry, e) : 0;
}

static int keep_act(void *arg, const struct store_ecg_act *a, struct err *e)
{
	struct erasing *x = arg;
	return in_set(x, a->entry) ? keep(x, a->entry, e) : 0;
}

static int keep_ecgs(struct erasing *x, struct err *e)
{
	struct kept_ecg k = {.x = x};
	int r = ASK(x->c, ecgs, x->o->to, keep_ecg, &k, e);
	for (size_t i = 0; r == 0 && i < k.n; i++)
		r = ASK(x->c, ecg_acts, k.v[i], keep_act, x, e);
	free(k.v);
	return r;
}

/* ---- what was captured ---- */

/* An item stays with its acts while it is anybody's who stays, or is not settled: what was never brought back is not lost with its quarter. */
static int keep_capture(void *arg, const struct store_capture *s, struct err *e)
{
	struct kept_ecg *k = arg;
	struct erasing *x = k->x;
	bool in = in_set(x, s->entry), active = s->ident && s->ident <= x->c->idents && (x->flag[s->ident] & ACTIVE);
	if (in && !active && s->state != BACK_OPEN && s->state != BACK_REVIEWED && s->state != BACK_SENT_UNKNOWN)
		return 0;
	if (k->n == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 256;
		uint64_t *more = reallocarray(k->v, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for what is kept");
		k->v = more;
		k->cap = cap;
	}
	k->v[k->n++] = s->entry;
	return in ? keep(x, s->entry, e) : 0;
}

static int keep_capture_act(void *arg, const struct store_capture_act *a, struct err *e)
{
	struct erasing *x = arg;
	return in_set(x, a->entry) ? keep(x, a->entry, e) : 0;
}

static int keep_captures(struct erasing *x, struct err *e)
{
	struct kept_ecg k = {.x = x};
	int r = ASK(x->c, captures, x->o->to, true, keep_capture, &k, e);
	for (size_t i = 0; r == 0 && i < k.n; i++)
		r = ASK(x->c, capture_acts, k.v[i], keep_capture_act, x, e);
	free(k.v);
	return r;
}

/* ---- numbers that stay ---- */

static int note_born(struct erasing *x, const struct store_ident *i, size_t *cap, struct err *e)
{
	struct chart_erasing *k = x->ret;
	if (k->born_n == *cap) {
		size_t more_n = *cap ? 2 * *cap : 256;
		struct chart_born *more = arena_array(x->a, more_n, sizeof *more);
		if (!more)
			return chart_no_memory(x->a, e);
		if (k->born_n)
			memcpy(more, k->born, k->born_n * sizeof *more);
		k->born = more;
		*cap = more_n;
	}
	k->born[k->born_n++] = (struct chart_born){.entry = i->first_entry, .index = i->first_index, .space = i->space, .id = {.value = i->value, .assigner = i->assigner, .type = i->type}};
	return 0;
}

static int born(struct erasing *x, struct err *e)
{
	size_t cap = 0;
	int r = 0;
	for (uint32_t id = 1; r == 0 && id <= x->c->idents; id++) { /* in order of (entry, index) */
		struct store_ident i;
		if (!(x->flag[id] & LIVES))
			continue;
		r = ident_load(x->c, id, x->a, &i, e);
		if (r == 0 && in_set(x, i.first_entry) && (x->o->order || !kept(x->ret, i.first_entry)))
			r = note_born(x, &i, &cap, e);
	}
	return r;
}

int chart_erasing(struct chart *c, const struct chart_erasing_options *o, struct arena *a, struct chart_erasing *ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	struct erasing x = {.c = c, .o = o, .ret = ret, .a = a, .end = c->applied};
	*ret = (struct chart_erasing){.applied = c->applied};
	x.flag = calloc((size_t)c->idents + 1, sizeof *x.flag);
	x.root = calloc((size_t)c->idents + 1, sizeof *x.root);
	int r = x.flag && x.root ? each_row(&x, touched_row, e) : err_set(e, ERR_MEMORY, NULL, "no memory for %u identifiers", c->idents);
	if (r == 0)
		r = numbered(&x, e);
	if (r == 0)
		r = persons(&x, e);
	if (r == 0)
		r = list_active(&x, e);
	if (r == 0 && ret->active)
		r = each_row(&x, keep_row, e);
	settle(ret);
	ret->kept_active = ret->keep_n;
	if (r == 0)
		r = ASK(c, marked, 0, STORE_MARK_HOUSE, store_row_id(STORE_ENTRY_MAX, 0), keep_house, &x, e);
	if (r == 0)
		r = keep_ecgs(&x, e);
	if (r == 0)
		r = keep_captures(&x, e);
	if (r == 0)
		r = keep_identity(&x, e);
	settle(ret);
	if (r == 0)
		r = born(&x, e);
	free(x.flag);
	free(x.root);
	if (r < 0)
		chart_erasing_done(ret);
	return r;
}

struct among {
	bool (*fn)(void *arg, uint64_t entry);
	void *arg;
};

static int among(void *arg, const struct store_row *row, struct err *e)
{
	struct among *m = arg;
	(void)e;
	return m->fn(m->arg, store_row_entry(row->id));
}

int chart_rows_among(struct chart *c, uint64_t from, uint64_t to, bool (*fn)(void *arg, uint64_t entry), void *arg, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	struct among m = {fn, arg};
	return ASK(c, rows_of_entry, store_row_id(from, 0), store_row_id(to, 0), among, &m, e);
}

void chart_erasing_done(struct chart_erasing *x)
{
	free(x->keep);
	x->keep = NULL;
	x->keep_n = 0;
}

/* ---- what is left of an erased entry, applied ---- */

int born_apply(struct apply *p, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < p->en->born_n; i++) {
		const struct chart_born *b = &p->en->born[i];
		uint32_t id;
		r = ident_find_in(p->c, &b->id, b->space, &id, e);
		if (r == 0 && !id)
			r = ident_born(p, &b->id, b->space, b->index, e);
	}
	return r;
}

void chart_born_put(struct buf *out, const struct chart_born *b, size_t n)
{
	struct jsonw w;
	jsonw_init(&w, out);
	jsonw_obj(&w);
	jsonw_key(&w, "born");
	jsonw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		jsonw_obj(&w);
		jsonw_ku64(&w, "k", b[i].index);
		jsonw_ku64(&w, "space", b[i].space);
		jsonw_kslice(&w, "value", b[i].id.value);
		jsonw_kslice_opt(&w, "assigner", b[i].id.assigner);
		jsonw_kslice_opt(&w, "type", b[i].id.type);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

int chart_born_read(struct slice json, struct arena *a, struct chart_born **ret, size_t *ret_n, struct err *e)
{
	struct json_node *n;
	*ret = NULL;
	*ret_n = 0;
	if (!json.n)
		return 0;
	int r = json_tree(json, a, &n, e);
	const struct json_node *list = r == 0 ? json_get(n, "born") : NULL;
	if (r == 0 && list && list->type == JSON_ARR && list->count) {
		struct chart_born *b = arena_array(a, list->count, sizeof *b);
		if (!b)
			return chart_no_memory(a, e);
		size_t k = 0;
		for (const struct json_node *x = list->child; x; x = x->next) {
			uint64_t index, space;
			struct slice value = json_text(x, "value");
			if (!value.n || num_u64(json_text(x, "k"), 0, UINT32_MAX - 1, &index) < 0 || num_u64(json_text(x, "space"), 1, 255, &space) < 0)
				return err_set(e, ERR_INPUT, NULL, "this is not what is left of an erased entry");
			b[k++] = (struct chart_born){.index = (uint32_t)index, .space = (uint8_t)space, .id = {.value = value, .assigner = json_text(x, "assigner"), .type = json_text(x, "type")}};
		}
		*ret = b;
		*ret_n = k;
	}
	return r;
}
