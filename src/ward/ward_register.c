/* The register of sheets: folded from entries of kind "sheet" in the order of the ledger. One that registers a book gives each of its sheets a number (its own number in the ledger, and the sheet's place in it), the others say what became of one. */
#include "ward_internal.h"

#include <stdlib.h>

static const char *const names[WARD_STATES] = {"printed", "signed-out", "returned", "scanned", "destroyed"};

const char *ward_state_name(enum ward_state s)
{
	assert(s < WARD_STATES);
	return names[s];
}

int ward_state_parse(struct slice s)
{
	for (int i = 0; i < WARD_STATES; i++)
		if (slice_eq_str(s, names[i]))
			return i;
	return -1;
}

bool ward_closed(enum ward_state s)
{
	return s == WARD_RETURNED || s == WARD_SCANNED || s == WARD_DESTROYED;
}

/* ---- what is entered ---- */

void ward_register_printed(const struct paper_book *b, const char *block, uint64_t made_from, uint64_t checkpoint, const char *by, const char *reason, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", names[WARD_PRINTED]);
	jsonw_kstr(&w, "block", block);
	jsonw_ku64(&w, "from", made_from);
	jsonw_ku64(&w, "checkpoint", checkpoint);
	jsonw_key(&w, "sheets");
	jsonw_arr(&w);
	for (size_t i = 0; i < paper_book_sheets(b); i++) {
		jsonw_obj(&w);
		jsonw_kstr(&w, "kind", paper_kind_name(paper_book_kind(b, i)));
		jsonw_kslice_opt(&w, "patient", slice_str(paper_book_patient(b, i)));
		jsonw_kslice_opt(&w, "unit", paper_book_unit(b, i));
		jsonw_ku64(&w, "pages", paper_book_pages(b, i));
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_kstr(&w, "by", by);
	if (reason)
		jsonw_kstr(&w, "reason", reason);
	jsonw_obj_end(&w);
}

void ward_register_act(const char *number, enum ward_state s, const char *by, const char *to, const char *reason, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", ward_state_name(s));
	jsonw_kstr(&w, "sheet", number);
	jsonw_kstr(&w, "by", by);
	if (to)
		jsonw_kstr(&w, "to", to);
	if (reason)
		jsonw_kstr(&w, "reason", reason);
	jsonw_obj_end(&w);
}

/* ---- what was entered ---- */

#define REGISTER_MAX ((size_t)2 << 30)

struct ward_register {
	struct arena *a;
	struct ward_sheet *v; /* rising by (entry, sheet) of their numbers, because the ledger is read in order */
	size_t n, cap, odd;
};

int ward_register_new(struct ward_register **ret, struct err *e)
{
	struct ward_register *r = calloc(1, sizeof *r);
	if (r)
		r->a = arena_new(REGISTER_MAX);
	if (!r || !r->a) {
		free(r);
		return err_set(e, ERR_MEMORY, NULL, "no memory for the register of sheets");
	}
	*ret = r;
	return 0;
}

void ward_register_free(struct ward_register *r)
{
	if (!r)
		return;
	arena_free(r->a);
	free(r->v);
	free(r);
}

static struct ward_sheet *place(struct ward_register *r)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 256;
		struct ward_sheet *v = reallocarray(r->v, cap, sizeof *v);
		if (!v)
			return NULL;
		r->v = v;
		r->cap = cap;
	}
	return &r->v[r->n++];
}

static int take_printed(struct ward_register *r, const struct json_node *n, uint64_t entry, int64_t time, struct err *e)
{
	struct slice block = json_text(n, "block"), by = arena_dup(r->a, json_text(n, "by"));
	const struct json_node *list = json_get(n, "sheets");
	uint32_t no = 1;
	if (block.n != PAPER_BLOCK_MAX - 1 || !list || list->type != JSON_ARR || list->count > PAPER_SHEETS_MAX) {
		r->odd++;
		return 0;
	}
	for (const struct json_node *x = list->child; x; x = x->next, no++) {
		uint64_t pages = 0;
		struct ward_sheet *s = place(r);
		if (!s)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the register of sheets");
		if (num_u64(json_text(x, "pages"), 0, UINT32_MAX, &pages) < 0)
			pages = 0;
		*s = (struct ward_sheet){.number = {.entry = entry, .sheet = no}, .kind = arena_dup(r->a, json_text(x, "kind")), .patient = arena_dup(r->a, json_text(x, "patient")), .unit = arena_dup(r->a, json_text(x, "unit")), .pages = (uint32_t)pages,
		                         .state = WARD_PRINTED, .printed = time, .since = time, .by = by, .entry = entry};
		memcpy(s->number.block, block.p, block.n);
	}
	return arena_code(r->a) ? err_set(e, arena_code(r->a), NULL, "the register of sheets is larger than 2 GiB") : 0;
}

static struct ward_sheet *find(const struct ward_register *r, const struct paper_number *n)
{
	size_t low = 0, high = r->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct paper_number *at = &r->v[mid].number;
		if (at->entry < n->entry || (at->entry == n->entry && at->sheet < n->sheet))
			low = mid + 1;
		else
			high = mid;
	}
	if (low < r->n && r->v[low].number.entry == n->entry && r->v[low].number.sheet == n->sheet && !strcmp(r->v[low].number.block, n->block))
		return &r->v[low];
	return NULL;
}

int ward_register_take(struct ward_register *r, uint64_t entry, int64_t time, struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(REGISTER_MAX / 4);
	struct json_node *n;
	struct paper_number of;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the register of sheets");
	if (json_tree(body, a, &n, NULL) < 0) {
		r->odd++;
		return 0;
	}
	int s = ward_state_parse(json_text(n, "what"));
	if (s == WARD_PRINTED)
		return take_printed(r, n, entry, time, e);
	struct ward_sheet *to = s > 0 && paper_number_get(json_text(n, "sheet"), &of, NULL) == 0 ? find(r, &of) : NULL;
	if (!to || to->state == WARD_SCANNED || to->state == WARD_DESTROYED) { /* of one that is scanned nothing is to come any more */
		r->odd++;
		return 0;
	}
	to->state = (enum ward_state)s;
	to->since = time;
	to->entry = entry;
	to->by = arena_dup(r->a, json_text(n, "by"));
	to->to = arena_dup(r->a, json_text(n, "to"));
	return arena_code(r->a) ? err_set(e, arena_code(r->a), NULL, "the register of sheets is larger than 2 GiB") : 0;
}

/* Page 0: all of it, as items said that were made before pages were. */
static bool whole(struct ward_sheet *s, uint32_t page)
{
	if (page && page <= s->pages && !(s->page_set[(page - 1) / 64] >> (page - 1) % 64 & 1)) {
		s->page_set[(page - 1) / 64] |= UINT64_C(1) << (page - 1) % 64;
		s->scanned++;
	}
	return !page || s->scanned >= s->pages;
}

int ward_register_scanned(struct ward_register *r, uint64_t entry, int64_t time, const struct capture *c, struct err *e)
{
	struct slice number = json_text(c->values, "number");
	struct paper_number of;
	uint64_t page = 0;
	if (c->kind != CAPTURE_SHEET || c->withdraw)
		return 0;
	struct ward_sheet *s = paper_number_get(number.n ? number : c->sheet, &of, NULL) == 0 ? find(r, &of) : NULL;
	if (!s || s->state == WARD_SCANNED || s->state == WARD_DESTROYED) {
		r->odd++;
		return 0;
	}
	if (num_u64(json_text(c->values, "page"), 1, PAPER_PAGES_OF_SHEET_MAX, &page) < 0)
		page = 0;
	if (!whole(s, (uint32_t)page))
		return 0;
	s->state = WARD_SCANNED;
	s->since = time;
	s->entry = entry;
	s->by = arena_dup(r->a, c->by);
	s->to = SLICE_NULL;
	return arena_code(r->a) ? err_set(e, arena_code(r->a), NULL, "the register of sheets is larger than 2 GiB") : 0;
}

size_t ward_register_count(const struct ward_register *r)
{
	return r->n;
}

const struct ward_sheet *ward_register_sheet(const struct ward_register *r, size_t i)
{
	return &r->v[i];
}

const struct ward_sheet *ward_register_find(const struct ward_register *r, const struct paper_number *n)
{
	return find(r, n);
}

size_t ward_register_odd(const struct ward_register *r)
{
	return r->odd;
}
