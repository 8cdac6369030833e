/* A list into the store: matched with what is known, its new wordings kept, in one transaction. */
#include "registry_match.h"
#include "registry_store.h"

#include <stdio.h>

struct adding {
	struct registry *r;
	const struct registry_list *l;
	const struct registry_all *all;
	const struct registry_matched *m;
	struct warnings *w;
	struct registry_added *out;
	sqlite3_stmt *revision, *description, *seen, *old;
	int64_t import, next_revision;
	const int64_t *id;     /* of each place in all->revision */
	uint32_t next_incident;
	uint32_t *incident;    /* of each row */
	size_t changed, compared, before_day, before_day_new;
};

static bool same_text(const struct registry_row *a, const struct registry_row *b)
{
	return slice_eq(a->name, b->name) && slice_eq(a->state, b->state) && slice_eq(a->entity_type, b->entity_type) && slice_eq(a->type, b->type) && slice_eq(a->location, b->location);
}

static bool same_values(const struct registry_row *a, const struct registry_row *b)
{
	return a->persons_known == b->persons_known && a->persons == b->persons && a->submitted == b->submitted && a->associate_known == b->associate_known && a->associate == b->associate && a->aware == b->aware && a->notified == b->notified && a->began == b->began && a->ended == b->ended;
}

static int same_description(struct adding *x, int64_t id, struct slice text, bool *ret, struct err *e)
{
	sqlite3_reset(x->old);
	sqlite3_bind_int64(x->old, 1, id);
	int rc = sqlite3_step(x->old);
	struct slice was = SLICE_NULL;
	if (rc == SQLITE_ROW)
		was = slice_of(sqlite3_column_blob(x->old, 0), (size_t)sqlite3_column_bytes(x->old, 0));
	*ret = slice_eq(was, text);
	return registry_done(x->r, rc, e);
}

/* The revision of this incident that says the same; 0: none yet. */
static int find(struct adding *x, uint32_t incident, uint32_t near, const struct registry_row *row, int64_t *ret, struct err *e)
{
	uint32_t i = near;
	*ret = 0;
	while (i > 0 && x->all->revision[i - 1].incident == incident)
		i--;
	for (; i < x->all->revision_n && x->all->revision[i].incident == incident; i++) {
		bool same = same_text(&x->all->revision[i].row, row) && same_values(&x->all->revision[i].row, row);
		int r = same ? same_description(x, x->id[i], row->description, &same, e) : 0;
		if (r < 0)
			return r;
		if (same) {
			*ret = x->id[i];
			return 0;
		}
	}
	return 0;
}

static int put_revision(struct adding *x, uint32_t incident, const struct registry_row *row, int64_t *ret, struct err *e)
{
	sqlite3_stmt *s = x->revision;
	int64_t id = x->next_revision++;
	sqlite3_reset(s);
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, incident);
	registry_bind(s, 3, row->name);
	registry_bind(s, 4, row->state);
	registry_bind(s, 5, row->entity_type);
	if (row->persons_known)
		sqlite3_bind_int64(s, 6, (sqlite3_int64)(row->persons > INT64_MAX ? INT64_MAX : row->persons));
	else
		sqlite3_bind_null(s, 6);
	registry_bind_day(s, 7, row->submitted);
	registry_bind(s, 8, row->type);
	registry_bind(s, 9, row->location);
	if (row->associate_known)
		sqlite3_bind_int(s, 10, row->associate);
	else
		sqlite3_bind_null(s, 10);
	registry_bind_day(s, 11, row->aware);
	registry_bind_day(s, 12, row->notified);
	registry_bind_day(s, 13, row->began);
	registry_bind_day(s, 14, row->ended);
	int r = registry_done(x->r, sqlite3_step(s), e);
	if (r == 0 && row->description.n) {
		sqlite3_reset(x->description);
		sqlite3_bind_int64(x->description, 1, id);
		registry_bind(x->description, 2, row->description);
		r = registry_done(x->r, sqlite3_step(x->description), e);
	}
	*ret = id;
	return r;
}

static void tell(struct adding *x, const struct registry_match *m, const struct registry_row *row, bool fresh, bool same)
{
	const struct registry_row *was = fresh ? NULL : &x->all->revision[m->last].row;
	int32_t before = x->m->before == UINT32_MAX ? REGISTRY_NO_DAY : x->all->import[x->m->before].as_of;
	if (before != REGISTRY_NO_DAY && row->submitted <= before) {
		x->before_day++;
		x->before_day_new += fresh;
	}
	x->out->fresh += fresh;
	if (fresh)
		return;
	x->out->same += same;
	x->out->revised += !same;
	x->out->renamed += m->how == HOW_RENAMED;
	x->compared++;
	if (was->persons_known && row->persons_known && was->persons != row->persons) {
		x->changed++;
		x->out->persons_change += (int64_t)row->persons - (int64_t)was->persons;
		x->out->replaced += registry_placeholder(was) && !registry_placeholder(row);
	}
}

static int put_row(struct adding *x, size_t i, struct err *e)
{
	const struct registry_row *row = &x->l->v[i];
	const struct registry_match *m = &x->m->row[i];
	bool fresh = m->incident == 0;
	uint32_t incident = fresh ? x->next_incident++ : m->incident;
	int64_t id = 0;
	x->incident[i] = incident;
	int r = fresh ? 0 : find(x, incident, m->last, row, &id, e);
	bool same = id != 0;
	if (r == 0 && !id)
		r = put_revision(x, incident, row, &id, e);
	if (r < 0)
		return r;
	sqlite3_reset(x->seen);
	sqlite3_bind_int64(x->seen, 1, x->import);
	sqlite3_bind_int64(x->seen, 2, row->line);
	sqlite3_bind_int64(x->seen, 3, id);
	sqlite3_bind_int(x->seen, 4, row->view ? row->view : x->l->view);
	if (row->raw.n)
		sqlite3_bind_blob64(x->seen, 5, row->raw.p, row->raw.n, SQLITE_STATIC);
	else
		sqlite3_bind_null(x->seen, 5);
	tell(x, m, row, fresh, same);
	return registry_done(x->r, sqlite3_step(x->seen), e);
}

static int put_merge(struct adding *x, sqlite3_stmt *s, uint32_t from, uint32_t into, const char *why, struct err *e)
{
	sqlite3_reset(s);
	sqlite3_bind_int64(s, 1, x->import);
	sqlite3_bind_int64(s, 2, from);
	sqlite3_bind_int64(s, 3, into);
	sqlite3_bind_text(s, 4, why, -1, SQLITE_STATIC);
	return registry_done(x->r, sqlite3_step(s), e);
}

/* A store from before there were guesses gets their table with the first one. */
static int put_perhaps(struct adding *x, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	const struct registry_matched *m = x->m;
	if (!m->perhaps_n)
		return 0;
	int r = registry_exec(x->r, "CREATE TABLE IF NOT EXISTS perhaps(import INT NOT NULL, from_incident INT NOT NULL, into_incident INT NOT NULL, why TEXT NOT NULL)", e);
	if (r == 0)
		r = registry_prepare(x->r, "INSERT INTO perhaps VALUES(?,?,?,?)", &s, e);
	for (size_t i = 0; r == 0 && i < m->perhaps_n; i++)
		r = put_merge(x, s, m->perhaps[i].from, x->incident[m->perhaps[i].row], m->perhaps[i].why, e);
	if (r < 0)
		return r;
	const struct registry_row *first = &x->l->v[m->perhaps[0].row], *was = NULL;
	for (size_t i = 0; i < m->lost_n && !was; i++)
		if (x->all->revision[m->lost[i]].incident == m->perhaps[0].from)
			was = &x->all->revision[m->lost[i]].row;
	registry_warn(x->w, "perhaps-merged", "%zu reports that are gone may be part of others now: counts of one state, type and time nearly add up. The first: %.*s, in %.*s. They are not counted as merged; show --incident says what tells it", m->perhaps_n,
	              was ? (int)was->name.n : 0, was ? (const char *)was->name.p : "", (int)first->name.n, (const char *)first->name.p);
	return 0;
}

static int put_rows(struct adding *x, struct err *e)
{
	AUTO_STMT sqlite3_stmt *revision = NULL, *description = NULL, *seen = NULL, *old = NULL, *merge = NULL;
	int r = registry_prepare(x->r, "INSERT INTO revision VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", &revision, e);
	if (r == 0)
		r = registry_prepare(x->r, "INSERT INTO description VALUES(?,?)", &description, e);
	if (r == 0)
		r = registry_prepare(x->r, "INSERT INTO seen VALUES(?,?,?,?,?)", &seen, e);
	if (r == 0)
		r = registry_prepare(x->r, "SELECT text FROM description WHERE revision = ?", &old, e);
	if (r == 0)
		r = registry_prepare(x->r, "INSERT INTO merge VALUES(?,?,?,?)", &merge, e);
	x->revision = revision;
	x->description = description;
	x->seen = seen;
	x->old = old;
	for (size_t i = 0; r == 0 && i < x->l->n; i++)
		r = put_row(x, i, e);
	for (size_t i = 0; r == 0 && i < x->m->merge_n; i++)
		r = put_merge(x, merge, x->m->merge[i].from, x->m->merge[i].into, x->m->merge[i].why, e);
	return r;
}

/* What an earlier import says otherwise: a row here and there is corrected by the authority, half of them is somebody's work. */
static void compare(struct adding *x)
{
	if (x->m->before == UINT32_MAX)
		return;
	const struct registry_import *b = &x->all->import[x->m->before];
	char day[16];
	registry_day_text(b->as_of, day);
	if (b->as_of == x->l->as_of && (x->changed || x->m->gone || x->out->fresh))
		registry_warn(x->w, "same-day", "another list of the same view and day (%s) was imported before, and it is not the same: %zu rows of it are missing here, %zu are new, %zu have other counts", day, x->m->gone, x->out->fresh, x->changed);
	if (x->compared >= 20 && x->changed * 5 > x->compared * 2)
		registry_warn(x->w, "contradicts/counts", "%zu of %zu reports that were known have another count than before: more than the authority has been seen to change (one in five in eighteen months). Is it the authority's own list?", x->changed, x->compared);
	if (x->before_day >= 40 && x->before_day_new * 2 > x->before_day)
		registry_warn(x->w, "contradicts/rows", "%zu of %zu reports from before %s were not in the list of that day: is it the same list?", x->before_day_new, x->before_day, day);
	if (x->l->view != REGISTRY_UNDER_INVESTIGATION && x->m->before_rows >= 20 && x->m->gone * 20 > x->m->before_rows)
		registry_warn(x->w, "vanished", "%zu of %zu reports that were in this view on %s are not in it any more; an archive only grows", x->m->gone, x->m->before_rows, day);
}

/* What the list itself showed, then what comparing it did. */
static int put_warnings(const struct registry_list *l, const struct warnings *w, struct buf *b, struct err *e)
{
	struct jsonw j;
	struct registry_warning *v = arena_array(w->a, l->w_n + w->n + 1, sizeof *v);
	if (!v || arena_code(w->a))
		return err_set(e, arena_code(w->a), NULL, "no room for what is odd about it");
	if (l->w_n)
		memcpy(v, l->w, l->w_n * sizeof *v);
	if (w->n)
		memcpy(v + l->w_n, w->v, w->n * sizeof *v);
	jsonw_init(&j, b);
	registry_warnings_json(v, l->w_n + w->n, &j);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "too many warnings");
}

static int put_import(struct adding *x, const struct registry_origin *o, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	AUTO_BUF struct buf b = {0};
	const struct registry_list *l = x->l;
	int r = registry_prepare(x->r, "INSERT INTO import VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", &s, e);
	buf_init(&b, 1 << 18);
	if (r == 0)
		r = put_warnings(l, x->w, &b, e);
	if (r < 0)
		return r;
	sqlite3_bind_int64(s, 1, x->import);
	sqlite3_bind_int(s, 2, (int)l->source);
	sqlite3_bind_int(s, 3, (int)l->view);
	sqlite3_bind_int(s, 4, (int)l->as_of_from);
	registry_bind_day(s, 5, l->as_of);
	registry_bind_day(s, 6, l->newest);
	registry_bind_day(s, 7, l->oldest);
	sqlite3_bind_int64(s, 8, (sqlite3_int64)l->n);
	sqlite3_bind_int64(s, 9, (sqlite3_int64)l->unread);
	registry_bind(s, 10, o->file);
	sqlite3_bind_blob(s, 11, o->sha256, 32, SQLITE_STATIC);
	if (o->entry == UINT64_MAX)
		sqlite3_bind_null(s, 12);
	else
		sqlite3_bind_int64(s, 12, (sqlite3_int64)o->entry);
	sqlite3_bind_int64(s, 13, o->time);
	registry_bind(s, 14, buf_slice(&b));
	return registry_done(x->r, sqlite3_step(s), e);
}

static int ids(struct registry *r, const struct registry_all *all, struct arena *a, const int64_t **ret, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	int64_t *v = arena_array(a, all->revision_n + 1, sizeof *v);
	size_t n = 0;
	int c = v ? registry_prepare(r, "SELECT id FROM revision ORDER BY incident, id", &s, e) : err_set(e, arena_code(a), r->path, "no room to compare it"), rc = SQLITE_DONE;
	while (c == 0 && n < all->revision_n && (rc = sqlite3_step(s)) == SQLITE_ROW)
		v[n++] = sqlite3_column_int64(s, 0);
	*ret = v;
	return c < 0 ? c : registry_done(r, rc, e);
}

static int add(struct registry *r, const struct registry_list *l, const struct registry_origin *o, struct arena *a, struct registry_added *out, struct err *e)
{
	struct registry_all all;
	struct registry_matched m;
	struct warnings w = {.a = a};
	struct adding x = {.r = r, .l = l, .all = &all, .m = &m, .w = &w, .out = out};
	int c = registry_load(r, a, &all, e);
	for (size_t i = 0; c == 0 && i < all.import_n; i++) {
		x.import = all.import[i].id > x.import ? all.import[i].id : x.import;
		if (!memcmp(all.import[i].sha256, o->sha256, 32)) {
			out->twice = true;
			out->import = all.import[i].id;
			return 0;
		}
	}
	if (c == 0)
		c = registry_match(&all, l, a, &m, e);
	if (c == 0)
		c = ids(r, &all, a, &x.id, e);
	if (c < 0)
		return c;
	x.import++;
	for (size_t i = 0; i < all.revision_n; i++)
		x.next_revision = x.id[i] > x.next_revision ? x.id[i] : x.next_revision;
	x.next_revision++;
	x.next_incident = all.incidents + 1;
	out->import = (uint32_t)x.import;
	out->rows = l->n;
	out->merged = m.merge_n;
	out->perhaps = m.perhaps_n;
	x.incident = arena_array(a, l->n + 1, sizeof *x.incident);
	c = x.incident ? put_rows(&x, e) : err_set(e, arena_code(a), r->path, "no room to compare it");
	if (c == 0)
		c = put_perhaps(&x, e);
	if (c == 0) {
		compare(&x);
		c = put_import(&x, o, e);
	}
	out->w = w.v;
	out->w_n = w.n;
	return c;
}

int registry_add(struct registry *r, const struct registry_list *l, const struct registry_origin *o, struct arena *a, struct registry_added *ret, struct err *e)
{
	struct registry_added out = {0};
	if (!r->write)
		return err_set(e, ERR_DENIED, r->path, "it was opened to be read");
	int c = registry_exec(r, "BEGIN IMMEDIATE", e);
	if (c < 0)
		return c;
	c = add(r, l, o, a, &out, e);
	if (c == 0)
		c = registry_exec(r, "COMMIT", e);
	if (c < 0) {
		sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
		return c;
	}
	*ret = out;
	return 0;
}
