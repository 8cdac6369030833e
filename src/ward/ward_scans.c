/* What is known of scans, folded: pages that nobody could place yet, sheets of which pages were filed, and of which of those somebody has typed what is written on them. */
#include "ward_internal.h"

#include <stdlib.h>

#define SCANS_MAX ((size_t)1 << 30)

struct filed {
	struct slice id;
	uint64_t entry;
};
struct ward_scans {
	struct arena *a;
	struct ward_unfiled *u;
	size_t u_n, u_cap;
	struct ward_returned *r; /* by number */
	size_t r_n, r_cap;
	struct filed *f;         /* captured items with an id of a scan, by id */
	size_t f_n, f_cap;
};

int ward_scans_new(struct ward_scans **ret, struct err *e)
{
	struct ward_scans *s = calloc(1, sizeof *s);
	if (s)
		s->a = arena_new(SCANS_MAX);
	if (!s || !s->a) {
		free(s);
		return err_set(e, ERR_MEMORY, NULL, "no memory for what was scanned");
	}
	*ret = s;
	return 0;
}

void ward_scans_free(struct ward_scans *s)
{
	if (!s)
		return;
	arena_free(s->a);
	free(s->u);
	free(s->r);
	free(s->f);
	free(s);
}

static int no_memory(const struct ward_scans *s, struct err *e)
{
	return err_set(e, arena_code(s->a) == ERR_LIMIT ? ERR_LIMIT : ERR_MEMORY, NULL, "no memory for what was scanned");
}

/* Room for one more of an array of structs. */
static bool room(void **v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return true;
	size_t more = *cap ? 2 * *cap : 64;
	void *p = reallocarray(*v, more, size);
	if (!p)
		return false;
	*v = p;
	*cap = more;
	return true;
}

/* ---- by id, by number ---- */

static size_t place_of_id(const struct ward_scans *s, struct slice id, bool *ret_there)
{
	size_t low = 0, high = s->f_n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (slice_cmp(s->f[mid].id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_there = low < s->f_n && slice_eq(s->f[low].id, id);
	return low;
}

static size_t place_of_number(const struct ward_scans *s, struct slice number, bool *ret_there)
{
	size_t low = 0, high = s->r_n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (slice_cmp(s->r[mid].number, number) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_there = low < s->r_n && slice_eq(s->r[low].number, number);
	return low;
}

static int returned(struct ward_scans *s, struct slice number, struct ward_returned **ret, struct err *e)
{
	bool there;
	size_t at = place_of_number(s, number, &there);
	if (!there) {
		struct slice own = arena_dup(s->a, number);
		if (!own.p || !room((void **)&s->r, s->r_n, &s->r_cap, sizeof *s->r))
			return no_memory(s, e);
		memmove(s->r + at + 1, s->r + at, (s->r_n++ - at) * sizeof *s->r);
		s->r[at] = (struct ward_returned){.number = own};
	}
	*ret = &s->r[at];
	return 0;
}

size_t ward_unfiled_count(const struct ward_scans *s)
{
	return s->u_n;
}

const struct ward_unfiled *ward_unfiled(const struct ward_scans *s, size_t i)
{
	return &s->u[i];
}

const struct ward_unfiled *ward_unfiled_find(const struct ward_scans *s, struct slice id)
{
	for (size_t i = 0; i < s->u_n; i++) /* a list that people work off */
		if (slice_eq(s->u[i].id, id))
			return &s->u[i];
	return NULL;
}

bool ward_scans_filed(const struct ward_scans *s, struct slice id, uint64_t *ret_entry)
{
	bool there;
	size_t at = place_of_id(s, id, &there);
	if (there && ret_entry)
		*ret_entry = s->f[at].entry;
	return there;
}

size_t ward_returned_count(const struct ward_scans *s)
{
	return s->r_n;
}

const struct ward_returned *ward_returned(const struct ward_scans *s, size_t i)
{
	return &s->r[i];
}

const struct ward_returned *ward_returned_find(const struct ward_scans *s, struct slice number)
{
	bool there;
	size_t at = place_of_number(s, number, &there);
	return there ? &s->r[at] : NULL;
}

bool ward_to_be_typed(const struct ward_returned *x)
{
	int kind = paper_kind_parse(x->of);
	return x->entry && !x->typed && kind >= 0 && paper_kind_is_written((enum paper_kind)kind);
}

/* ---- captured items ---- */

static int note_id(struct ward_scans *s, struct slice id, uint64_t entry, struct err *e)
{
	bool there;
	size_t at = place_of_id(s, id, &there);
	for (size_t i = 0; i < s->u_n; i++)
		if (slice_eq(s->u[i].id, id))
			s->u[i].settled = true;
	if (there)
		return 0;
	struct slice own = arena_dup(s->a, id);
	if (!own.p || !room((void **)&s->f, s->f_n, &s->f_cap, sizeof *s->f))
		return no_memory(s, e);
	memmove(s->f + at + 1, s->f + at, (s->f_n++ - at) * sizeof *s->f);
	s->f[at] = (struct filed){own, entry};
	return 0;
}

/* The number as it is written, however somebody typed it. */
static bool tidy(struct slice said, char out[PAPER_NUMBER_MAX])
{
	struct paper_number n;
	if (paper_number_get(said, &n, NULL) < 0)
		return false;
	paper_number_put(&n, out);
	return true;
}

static int note_pages(struct ward_scans *s, struct ward_returned *x, uint64_t entry, int64_t time, const struct capture *c, struct err *e)
{
	uint64_t page, pages;
	if (!x->entry) {
		x->entry = entry;
		x->time = time;
		x->of = arena_dup(s->a, json_text(c->values, "of"));
		x->unit = arena_dup(s->a, c->unit);
		x->patient = arena_dup(s->a, c->patient);
		if (num_u64(json_text(c->values, "pages"), 1, PAPER_PAGES_OF_SHEET_MAX, &pages) == 0)
			x->pages = (uint32_t)pages;
	}
	if (num_u64(json_text(c->values, "page"), 1, PAPER_PAGES_OF_SHEET_MAX, &page) < 0) {
		x->whole = true;
	} else if (!(x->page_set[(page - 1) / 64] >> (page - 1) % 64 & 1)) {
		x->page_set[(page - 1) / 64] |= UINT64_C(1) << (page - 1) % 64;
		x->filed++;
	}
	return arena_code(s->a) ? no_memory(s, e) : 0;
}

int ward_scans_captured(struct ward_scans *s, uint64_t entry, int64_t time, const struct capture *c, struct err *e)
{
	char number[PAPER_NUMBER_MAX];
	struct ward_returned *x;
	struct slice said = c->kind == CAPTURE_SHEET ? json_text(c->values, "number") : c->sheet;
	int r = ward_scan_is_id(c->id) ? note_id(s, c->id, entry, e) : 0;
	if (c->kind == CAPTURE_SHEET && !said.n)
		said = c->sheet;
	if (r < 0 || c->withdraw || !said.n || !tidy(said, number))
		return r;
	r = returned(s, slice_str(number), &x, e);
	if (r == 0 && c->kind != CAPTURE_SHEET)
		x->typed = true;
	return r == 0 && c->kind == CAPTURE_SHEET ? note_pages(s, x, entry, time, c, e) : r;
}

/* ---- entries of kind scan ---- */

static int add_page(struct ward_scans *s, uint64_t entry, int64_t time, const struct ward_scan *x, struct err *e)
{
	if (ward_unfiled_find(s, x->id)) /* two brought the same file at once */
		return 0;
	if (!room((void **)&s->u, s->u_n, &s->u_cap, sizeof *s->u))
		return no_memory(s, e);
	struct ward_unfiled u = {.id = arena_dup(s->a, x->id), .by = arena_dup(s->a, x->by), .sheet = arena_dup(s->a, x->sheet), .patient = arena_dup(s->a, x->patient), .text_n = x->text_n, .why = x->why, .page = x->page, .pages = x->pages,
	                         .entry = entry, .time = time, .settled = ward_scans_filed(s, x->id, NULL)};
	for (size_t i = 0; i < x->text_n; i++)
		u.text[i] = arena_dup(s->a, x->text[i]);
	if (arena_code(s->a))
		return no_memory(s, e);
	s->u[s->u_n++] = u;
	return 0;
}

int ward_scans_take(struct ward_scans *s, uint64_t entry, int64_t time, const struct ward_scan *x, struct err *e)
{
	struct ward_returned *sheet;
	char number[PAPER_NUMBER_MAX];
	int r = 0;
	switch (x->what) {
	case SCAN_PAGE:
		return add_page(s, entry, time, x, e);
	case SCAN_DROPPED:
		for (size_t i = 0; i < s->u_n; i++)
			if (slice_eq(s->u[i].id, x->id))
				s->u[i].settled = true;
		return 0;
	case SCAN_TYPED:
		if (!tidy(x->sheet, number))
			return 0;
		r = returned(s, slice_str(number), &sheet, e);
		if (r == 0)
			sheet->typed = true;
	}
	return r;
}

void ward_unfiled_put(struct jsonw *w, const struct ward_unfiled *u)
{
	jsonw_obj(w);
	jsonw_kslice(w, "id", u->id);
	jsonw_ku64(w, "entry", u->entry);
	jsonw_ktime(w, "time", u->time);
	jsonw_kstr(w, "why", ward_scan_why(u->why));
	jsonw_ku64(w, "page", u->page);
	jsonw_ku64(w, "pages", u->pages);
	jsonw_kslice_opt(w, "sheet", u->sheet);
	jsonw_kslice_opt(w, "patient", u->patient);
	jsonw_key(w, "codes");
	jsonw_arr(w);
	for (size_t i = 0; i < u->text_n; i++)
		jsonw_slice(w, u->text[i]);
	jsonw_arr_end(w);
	jsonw_kslice(w, "by", u->by);
	jsonw_obj_end(w);
}
