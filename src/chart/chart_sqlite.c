/* The SQLite store: puts and questions. Prepared once, bound by number, never put together from text. */
#include "chart_sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct sqlite_store *of(struct store *base)
{
	return (struct sqlite_store *)base;
}

/* ---- statements ---------------------------------------------------------------------------------------------------------- */

sqlite3_stmt *sql_get(struct sqlite_store *s, enum sql_id id, struct err *e)
{
	if (!s->st[id]) {
		int rc = sqlite3_prepare_v3(s->db, sql_text[id], -1, SQLITE_PREPARE_PERSISTENT, &s->st[id], NULL);
		if (rc != SQLITE_OK) {
			sql_fail(s->db, rc, e, "preparing a question");
			return NULL;
		}
	}
	/* A statement that its callback left in the middle was reset then: sql_each does it. */
	return s->st[id];
}

/* Slices are bound without a copy: they live until the statement has run. An empty one is an empty blob, not NULL. */
static void bind(sqlite3_stmt *st, int i, struct slice v)
{
	sqlite3_bind_blob64(st, i, v.n ? (const void *)v.p : "", v.n, SQLITE_STATIC);
}

static void bind_u64(sqlite3_stmt *st, int i, uint64_t v)
{
	sqlite3_bind_int64(st, i, v > STORE_OPEN ? (int64_t)STORE_OPEN : (int64_t)v);
}

static struct slice column(sqlite3_stmt *st, int i)
{
	const void *p = sqlite3_column_blob(st, i);
	return slice_of(p ? p : "", p ? (size_t)sqlite3_column_bytes(st, i) : 0);
}

static uint64_t column_u64(sqlite3_stmt *st, int i)
{
	return (uint64_t)sqlite3_column_int64(st, i);
}

static int done(struct sqlite_store *s, sqlite3_stmt *st, int rc, struct err *e, const char *doing)
{
	int r = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : sql_fail(s->db, rc, e, doing);
	sqlite3_reset(st);
	return r;
}

int sql_run(struct sqlite_store *s, sqlite3_stmt *st, struct err *e)
{
	return done(s, st, sqlite3_step(st), e, s->write ? "writing the view" : "reading the view");
}

#define GET(id)                                                                                                                                  \
	struct sqlite_store *s = of(base);                                                                                                           \
	struct err local_;                                                                                                                           \
	sqlite3_stmt *st = sql_get(s, SQL_##id, e ? e : &local_);                                                                                    \
	if (!st)                                                                                                                                     \
		return e ? e->code : local_.code

/* Runs body for each row; body sets r (0 on, 1 stop, negative: up). */
#define EACH(body)                                                                                                                               \
	int r = 0, rc;                                                                                                                               \
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {                                                                                              \
		body;                                                                                                                                    \
		if (r)                                                                                                                                   \
			break;                                                                                                                               \
	}                                                                                                                                            \
	if (r) {                                                                                                                                     \
		sqlite3_reset(st);                                                                                                                       \
		return r < 0 ? r : 0;                                                                                                                    \
	}                                                                                                                                            \
	return done(s, st, rc, e, "reading the view")

/* One value, or not found. */
#define ONE(take, none)                                                                                                                          \
	int rc = sqlite3_step(st);                                                                                                                   \
	if (rc == SQLITE_ROW) {                                                                                                                      \
		take;                                                                                                                                    \
		sqlite3_reset(st);                                                                                                                       \
		return 0;                                                                                                                                \
	}                                                                                                                                            \
	int r = done(s, st, rc, e, "reading the view");                                                                                              \
	return r < 0 ? r : (none)

/* ---- the transaction ------------------------------------------------------------------------------------------------------- */

static int begin(struct store *base, struct err *e)
{
	GET(BEGIN);
	int r = sql_run(s, st, e);
	s->in_transaction = r == 0;
	return r;
}

static int commit(struct store *base, struct err *e)
{
	if (of(base)->bulk)
		return 0; /* seen only when the whole is done */
	GET(COMMIT);
	int r = sql_run(s, st, e);
	if (r == 0)
		s->in_transaction = false;
	return r;
}

static void rollback(struct store *base)
{
	struct sqlite_store *s = of(base);
	if (s->bulk) {
		sql_bulk_drop(s);
		return;
	}
	if (s->in_transaction && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->in_transaction = false;
}

static void close_store(struct store *base)
{
	struct sqlite_store *s = of(base);
	if (s->bulk)
		sql_bulk_drop(s);
	rollback(base);
	sql_look_done(base);
	sql_finalize(s);
	sqlite3_close(s->db);
	free(s->path);
	free(s->bulk_path);
	free(s);
}

/* ---- puts ------------------------------------------------------------------------------------------------------------------- */

static int put_ident(struct store *base, const struct store_ident *i, struct err *e)
{
	GET(PUT_IDENT);
	sqlite3_bind_int64(st, 1, i->id);
	bind(st, 2, i->value);
	bind(st, 3, i->assigner);
	bind(st, 4, i->type);
	sqlite3_bind_int(st, 5, i->space);
	bind_u64(st, 6, i->first_entry);
	sqlite3_bind_int64(st, 7, i->first_index);
	return sql_run(s, st, e);
}

static int put_edge(struct store *base, const struct store_edge *x, struct err *e)
{
	GET(PUT_EDGE);
	bind_u64(st, 1, x->id);
	sqlite3_bind_int64(st, 2, x->child);
	sqlite3_bind_int64(st, 3, x->parent);
	sqlite3_bind_int64(st, 4, x->named_child);
	sqlite3_bind_int64(st, 5, x->named_parent);
	sqlite3_bind_int(st, 6, x->why);
	sqlite3_bind_int(st, 7, x->ended_by);
	sqlite3_bind_int64(st, 8, x->time);
	bind_u64(st, 9, x->from);
	bind_u64(st, 10, x->to);
	return sql_run(s, st, e);
}

static int end_edge(struct store *base, uint64_t id, uint64_t to, uint8_t ended_by, struct err *e)
{
	GET(END_EDGE);
	bind_u64(st, 1, id);
	bind_u64(st, 2, to);
	sqlite3_bind_int(st, 3, ended_by);
	return sql_run(s, st, e);
}

static int put_move(struct store *base, const struct store_move *m, struct err *e)
{
	GET(PUT_MOVE);
	bind_u64(st, 1, m->id);
	sqlite3_bind_int(st, 2, m->what);
	bind(st, 3, m->key);
	sqlite3_bind_int64(st, 4, m->from_ident);
	sqlite3_bind_int64(st, 5, m->to_ident);
	bind_u64(st, 6, m->from);
	bind_u64(st, 7, m->to);
	return sql_run(s, st, e);
}

static int end_move(struct store *base, uint64_t id, uint64_t to, struct err *e)
{
	GET(END_MOVE);
	bind_u64(st, 1, id);
	bind_u64(st, 2, to);
	return sql_run(s, st, e);
}

static int put_row(struct store *base, const struct store_row *r, struct err *e)
{
	GET(PUT_ROW);
	bind_u64(st, 1, r->id);
	sqlite3_bind_int64(st, 2, r->ident);
	sqlite3_bind_int64(st, 3, r->received);
	sqlite3_bind_int64(st, 4, r->source_time);
	sqlite3_bind_int(st, 5, r->flags);
	bind(st, 6, r->blob);
	int code = sql_run(s, st, e);
	if (code < 0)
		return code;
	if (s->bulk)
		return sql_bulk_at(s, r->ident, r->id, r->source_time, e);
	st = sql_get(s, SQL_PUT_AT, e);
	if (!st)
		return e ? e->code : ERR_SYSTEM;
	sqlite3_bind_int64(st, 1, r->ident);
	bind_u64(st, 2, r->id);
	sqlite3_bind_int64(st, 3, r->source_time);
	return sql_run(s, st, e);
}

static int put_mark(struct store *base, uint32_t ident, enum store_mark m, uint64_t row, struct err *e)
{
	GET(PUT_MARK);
	sqlite3_bind_int64(st, 1, ident);
	sqlite3_bind_int(st, 2, (int)m);
	bind_u64(st, 3, row);
	return sql_run(s, st, e);
}

static int put_header(struct store *base, uint32_t ident, uint64_t entry, struct slice blob, struct err *e)
{
	GET(PUT_HEADER);
	sqlite3_bind_int64(st, 1, ident);
	bind_u64(st, 2, entry);
	bind(st, 3, blob);
	return sql_run(s, st, e);
}

static int drop_headers(struct store *base, uint32_t ident, struct err *e)
{
	GET(DROP_HEADERS);
	sqlite3_bind_int64(st, 1, ident);
	return sql_run(s, st, e);
}

static int put_word(struct store *base, struct slice word, uint32_t ident, uint64_t entry, struct err *e)
{
	if (of(base)->bulk)
		return sql_bulk_word(of(base), word, ident, entry, e);
	GET(PUT_WORD);
	bind(st, 1, word);
	sqlite3_bind_int64(st, 2, ident);
	bind_u64(st, 3, entry);
	return sql_run(s, st, e);
}

/* The stay [from, to) holds for the moments from + 1 .. to. Its fork node is the one of these numbers that 2 divides most often, and that is an ancestor
 * of every one of them in the tree of numbers (level k: those that 2 divides k times). So whatever holds for a moment hangs on one of its ancestors. */
static uint64_t fork_node(uint64_t from, uint64_t to)
{
	uint64_t lo = from + 1, hi = to;
	if (lo == hi)
		return lo;
	unsigned k = 63u - (unsigned)__builtin_clzll(lo ^ hi);
	return hi >> k << k;
}

static int put_stay(struct store *base, const struct store_stay *y, struct err *e)
{
	GET(PUT_STAY);
	bind_u64(st, 1, y->id);
	sqlite3_bind_int64(st, 2, y->person);
	bind_u64(st, 3, y->from);
	bind_u64(st, 4, y->to);
	sqlite3_bind_int64(st, 5, y->expires);
	bind_u64(st, 6, y->to == STORE_OPEN ? 0 : fork_node(y->from, y->to));
	bind(st, 7, y->body);
	return sql_run(s, st, e);
}

static int stay_from(struct store *base, uint64_t id, uint64_t *ret, struct err *e)
{
	GET(STAY_FROM);
	bind_u64(st, 1, id);
	ONE(*ret = column_u64(st, 0), err_set(e, ERR_CORRUPT, "view", "a stay is missing: rebuild the view"));
}

static int drop_stay(struct store *base, uint64_t id, struct err *e)
{
	GET(DROP_STAY);
	bind_u64(st, 1, id);
	return sql_run(s, st, e);
}

static int end_stay(struct store *base, uint64_t id, uint64_t to, struct err *e)
{
	uint64_t from = 0;
	int r = stay_from(base, id, &from, e);
	if (r < 0 || from >= to)
		return r < 0 ? r : drop_stay(base, id, e);
	GET(END_STAY);
	bind_u64(st, 1, id);
	bind_u64(st, 2, to);
	bind_u64(st, 3, fork_node(from, to));
	return sql_run(s, st, e);
}

static int renew_stay(struct store *base, uint64_t id, int64_t expires, struct err *e)
{
	GET(RENEW_STAY);
	bind_u64(st, 1, id);
	sqlite3_bind_int64(st, 2, expires);
	return sql_run(s, st, e);
}

static int put_review(struct store *base, const struct store_review *v, struct err *e)
{
	GET(PUT_REVIEW);
	bind_u64(st, 1, v->id);
	sqlite3_bind_int64(st, 2, v->ident);
	sqlite3_bind_int(st, 3, v->what);
	bind_u64(st, 4, v->entry);
	sqlite3_bind_int64(st, 5, v->other);
	bind_u64(st, 6, v->since);
	return sql_run(s, st, e);
}

static int put_event(struct store *base, const struct store_event *v, struct err *e)
{
	GET(PUT_EVENT);
	bind_u64(st, 1, v->entry);
	sqlite3_bind_int(st, 2, v->kind);
	sqlite3_bind_int64(st, 3, v->time);
	bind(st, 4, v->user);
	bind(st, 5, v->patient);
	bind(st, 6, v->what);
	bind(st, 7, v->reason);
	bind(st, 8, v->text);
	return sql_run(s, st, e);
}

static int put_times(struct store *base, uint64_t block, int64_t first, struct slice blob, struct err *e)
{
	GET(PUT_TIMES);
	bind_u64(st, 1, block);
	sqlite3_bind_int64(st, 2, first);
	bind(st, 3, blob);
	return sql_run(s, st, e);
}

static int put_kv(struct store *base, enum store_kv space, struct slice key, struct slice value, struct err *e)
{
	GET(PUT_KV);
	sqlite3_bind_int(st, 1, (int)space);
	bind(st, 2, key);
	bind(st, 3, value);
	return sql_run(s, st, e);
}

/* ---- questions ----------------------------------------------------------------------------------------------------------------- */

static struct store_ident ident_at(sqlite3_stmt *st)
{
	return (struct store_ident){.id = (uint32_t)sqlite3_column_int64(st, 0), .value = column(st, 1), .assigner = column(st, 2), .type = column(st, 3),
	                            .space = (uint8_t)sqlite3_column_int(st, 4), .first_entry = column_u64(st, 5), .first_index = (uint32_t)sqlite3_column_int64(st, 6)};
}

static int ident(struct store *base, uint32_t id, store_ident_fn *fn, void *arg, struct err *e)
{
	GET(IDENT);
	sqlite3_bind_int64(st, 1, id);
	int rc = sqlite3_step(st), r;
	if (rc == SQLITE_ROW) {
		struct store_ident i = ident_at(st);
		r = fn(arg, &i, e);
		sqlite3_reset(st);
		return r < 0 ? r : 0;
	}
	r = done(s, st, rc, e, "reading the view");
	return r < 0 ? r : ERR_NOT_FOUND;
}

static int idents_by_value(struct store *base, struct slice value, store_ident_fn *fn, void *arg, struct err *e)
{
	GET(IDENTS_BY_VALUE);
	bind(st, 1, value);
	EACH(struct store_ident i = ident_at(st); r = fn(arg, &i, e));
}

static int idents_of_assigner(struct store *base, struct slice assigner, store_ident_fn *fn, void *arg, struct err *e)
{
	GET(IDENTS_OF_ASSIGNER);
	bind(st, 1, assigner);
	EACH(struct store_ident i = ident_at(st); r = fn(arg, &i, e));
}

static struct store_edge edge_at(sqlite3_stmt *st)
{
	return (struct store_edge){.id = column_u64(st, 0), .child = (uint32_t)sqlite3_column_int64(st, 1), .parent = (uint32_t)sqlite3_column_int64(st, 2),
	                           .named_child = (uint32_t)sqlite3_column_int64(st, 3), .named_parent = (uint32_t)sqlite3_column_int64(st, 4), .why = (uint8_t)sqlite3_column_int(st, 5),
	                           .ended_by = (uint8_t)sqlite3_column_int(st, 6), .time = sqlite3_column_int64(st, 7), .from = column_u64(st, 8), .to = column_u64(st, 9)};
}

static int edge_up(struct store *base, uint32_t child, uint64_t end, struct store_edge *ret, struct err *e)
{
	GET(EDGE_UP);
	sqlite3_bind_int64(st, 1, child);
	bind_u64(st, 2, end);
	ONE(*ret = edge_at(st), ERR_NOT_FOUND);
}

static int edges_down(struct store *base, uint32_t parent, uint64_t end, store_edge_fn *fn, void *arg, struct err *e)
{
	GET(EDGES_DOWN);
	sqlite3_bind_int64(st, 1, parent);
	bind_u64(st, 2, end);
	EACH(struct store_edge x = edge_at(st); r = fn(arg, &x, e));
}

static int edges_named(struct store *base, uint32_t id, store_edge_fn *fn, void *arg, struct err *e)
{
	GET(EDGES_NAMED);
	sqlite3_bind_int64(st, 1, id);
	EACH(struct store_edge x = edge_at(st); r = fn(arg, &x, e));
}

static int edges_open(struct store *base, uint8_t why, store_edge_fn *fn, void *arg, struct err *e)
{
	GET(EDGES_OPEN);
	sqlite3_bind_int(st, 1, why);
	EACH(struct store_edge x = edge_at(st); r = fn(arg, &x, e));
}

static int moves(struct store *base, uint32_t id, uint64_t end, store_move_fn *fn, void *arg, struct err *e)
{
	GET(MOVES);
	sqlite3_bind_int64(st, 1, id);
	bind_u64(st, 2, end);
	EACH(struct store_move m = ((struct store_move){.id = column_u64(st, 0), .what = (uint8_t)sqlite3_column_int(st, 1), .key = column(st, 2),
	                                                .from_ident = (uint32_t)sqlite3_column_int64(st, 3), .to_ident = (uint32_t)sqlite3_column_int64(st, 4), .from = column_u64(st, 5),
	                                                .to = column_u64(st, 6)});
	     r = fn(arg, &m, e));
}

static struct store_row row_at(sqlite3_stmt *st)
{
	return (struct store_row){.id = column_u64(st, 0), .ident = (uint32_t)sqlite3_column_int64(st, 1), .received = sqlite3_column_int64(st, 2), .source_time = sqlite3_column_int64(st, 3),
	                          .flags = (uint8_t)sqlite3_column_int(st, 4), .blob = column(st, 5)};
}

static int rows_asc(struct store *base, uint32_t id, uint64_t from, uint64_t to, store_row_fn *fn, void *arg, struct err *e)
{
	GET(ROWS);
	sqlite3_bind_int64(st, 1, id);
	bind_u64(st, 2, from);
	bind_u64(st, 3, to);
	EACH(struct store_row w = row_at(st); r = fn(arg, &w, e));
}

static int rows_desc(struct store *base, uint32_t id, uint64_t from, uint64_t to, store_row_fn *fn, void *arg, struct err *e)
{
	GET(ROWS_DESC);
	sqlite3_bind_int64(st, 1, id);
	bind_u64(st, 2, from);
	bind_u64(st, 3, to);
	EACH(struct store_row w = row_at(st); r = fn(arg, &w, e));
}

static int rows(struct store *base, uint32_t id, uint64_t from, uint64_t to, bool newest_first, store_row_fn *fn, void *arg, struct err *e)
{
	if (of(base)->bulk) {
		int r = sql_bulk_settle(of(base), e);
		if (r < 0)
			return r;
	}
	return newest_first ? rows_desc(base, id, from, to, fn, arg, e) : rows_asc(base, id, from, to, fn, arg, e);
}

static int row(struct store *base, uint64_t id, store_row_fn *fn, void *arg, struct err *e)
{
	GET(ROW);
	bind_u64(st, 1, id);
	int rc = sqlite3_step(st), r;
	if (rc == SQLITE_ROW) {
		struct store_row w = row_at(st);
		r = fn(arg, &w, e);
		sqlite3_reset(st);
		return r < 0 ? r : 0;
	}
	r = done(s, st, rc, e, "reading the view");
	return r < 0 ? r : ERR_NOT_FOUND;
}

static int rows_of_entry(struct store *base, uint64_t from, uint64_t to, store_row_fn *fn, void *arg, struct err *e)
{
	GET(ROWS_OF_ENTRY);
	bind_u64(st, 1, from);
	bind_u64(st, 2, to);
	EACH(struct store_row w = row_at(st); r = fn(arg, &w, e));
}

static int last_row(struct store *base, uint32_t id, uint64_t to, uint64_t *ret_id, int64_t *ret_received, struct err *e)
{
	GET(LAST_ROW);
	sqlite3_bind_int64(st, 1, id);
	bind_u64(st, 2, to);
	ONE(*ret_id = column_u64(st, 0); *ret_received = sqlite3_column_int64(st, 1), ERR_NOT_FOUND);
}

static int count_rows(struct store *base, uint32_t id, uint64_t from, uint64_t to, uint64_t *ret, struct err *e)
{
	GET(COUNT_ROWS);
	sqlite3_bind_int64(st, 1, id);
	bind_u64(st, 2, from);
	bind_u64(st, 3, to);
	ONE(*ret = column_u64(st, 0), ERR_NOT_FOUND);
}

static int max_source_time(struct store *base, uint32_t id, int64_t *ret, struct err *e)
{
	GET(MAX_SOURCE_TIME);
	sqlite3_bind_int64(st, 1, id);
	ONE(*ret = sqlite3_column_type(st, 0) == SQLITE_NULL ? INT64_MIN : sqlite3_column_int64(st, 0), ERR_NOT_FOUND);
}

static int marked(struct store *base, uint32_t id, enum store_mark m, uint64_t to, store_row_fn *fn, void *arg, struct err *e)
{
	GET(MARKED);
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int(st, 2, (int)m);
	bind_u64(st, 3, to);
	EACH(struct store_row w = row_at(st); r = fn(arg, &w, e));
}

static int take_blob(struct buf *ret, struct slice blob, struct err *e)
{
	buf_reset(ret);
	buf_add_slice(ret, blob);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), "view", "a row of the view is larger than its reader allows");
}

static int header(struct store *base, uint32_t id, uint64_t end, struct buf *ret, struct err *e)
{
	GET(HEADER);
	sqlite3_bind_int64(st, 1, id);
	bind_u64(st, 2, end);
	int code = 0;
	ONE(code = take_blob(ret, column(st, 0), e); if (code < 0) { sqlite3_reset(st); return code; }, ERR_NOT_FOUND);
}

static int words(struct store *base, struct slice from, struct slice below, uint32_t max, store_word_fn *fn, void *arg, struct err *e)
{
	GET(WORDS);
	bind(st, 1, from);
	bind(st, 2, below);
	sqlite3_bind_int64(st, 3, max);
	EACH(r = fn(arg, column(st, 0), (uint32_t)sqlite3_column_int64(st, 1), column_u64(st, 2), e));
}

static int has_word(struct store *base, struct slice word, uint32_t id, uint64_t *ret_entry, struct err *e)
{
	GET(HAS_WORD);
	bind(st, 1, word);
	sqlite3_bind_int64(st, 2, id);
	ONE(*ret_entry = column_u64(st, 0), ERR_NOT_FOUND);
}

static struct store_stay stay_at(sqlite3_stmt *st)
{
	return (struct store_stay){.id = column_u64(st, 0), .person = (uint32_t)sqlite3_column_int64(st, 1), .from = column_u64(st, 2), .to = column_u64(st, 3),
	                           .expires = sqlite3_column_int64(st, 4), .body = column(st, 5)};
}

static int open_stay(struct store *base, uint32_t person, store_stay_fn *fn, void *arg, struct err *e)
{
	GET(OPEN_STAY);
	sqlite3_bind_int64(st, 1, person);
	EACH(struct store_stay y = stay_at(st); r = fn(arg, &y, e));
}

static int stay_of(struct store *base, uint32_t person, uint64_t end, store_stay_fn *fn, void *arg, struct err *e)
{
	GET(STAY_OF);
	sqlite3_bind_int64(st, 1, person);
	bind_u64(st, 2, end);
	EACH(struct store_stay y = stay_at(st); r = fn(arg, &y, e));
}

static int stays_open(struct store *base, uint64_t end, store_stay_fn *fn, void *arg, struct err *e)
{
	GET(STAYS_OPEN);
	bind_u64(st, 1, end);
	EACH(struct store_stay y = stay_at(st); r = fn(arg, &y, e));
}

/* Intervals on a node at or left of n hold n when they end after it, those on a node right of n when they begin before. */
static int stays_left(struct store *base, uint64_t node, uint64_t end, store_stay_fn *fn, void *arg, struct err *e)
{
	GET(STAYS_LEFT);
	bind_u64(st, 1, node);
	bind_u64(st, 2, end);
	EACH(struct store_stay y = stay_at(st); r = fn(arg, &y, e));
}

static int stays_right(struct store *base, uint64_t node, uint64_t end, store_stay_fn *fn, void *arg, struct err *e)
{
	GET(STAYS_RIGHT);
	bind_u64(st, 1, node);
	bind_u64(st, 2, end);
	EACH(struct store_stay y = stay_at(st); r = fn(arg, &y, e));
}

static int stays(struct store *base, uint64_t end, store_stay_fn *fn, void *arg, struct err *e)
{
	if (end == 0)
		return 0;
	int r = stays_open(base, end, fn, arg, e);
	for (unsigned k = 0; k <= 62 - STORE_GROUP_BITS && r == 0; k++) {
		uint64_t node = (end >> k | 1) << k; /* its ancestor of level k */
		r = node <= end ? stays_left(base, node, end, fn, arg, e) : stays_right(base, node, end, fn, arg, e);
	}
	return r;
}

static int stays_due(struct store *base, int64_t now, store_stay_fn *fn, void *arg, struct err *e)
{
	GET(STAYS_DUE);
	sqlite3_bind_int64(st, 1, now);
	EACH(struct store_stay y = stay_at(st); r = fn(arg, &y, e));
}

static int next_due(struct store *base, int64_t *ret, struct err *e)
{
	GET(NEXT_DUE);
	ONE(*ret = sqlite3_column_type(st, 0) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(st, 0), ERR_NOT_FOUND);
}

static int reviews(struct store *base, uint32_t id, uint64_t end, store_review_fn *fn, void *arg, struct err *e)
{
	GET(REVIEWS);
	sqlite3_bind_int64(st, 1, id);
	bind_u64(st, 2, end);
	EACH(struct store_review v = ((struct store_review){.id = column_u64(st, 0), .ident = (uint32_t)sqlite3_column_int64(st, 1), .what = (uint8_t)sqlite3_column_int(st, 2),
	                                                    .entry = column_u64(st, 3), .other = (uint32_t)sqlite3_column_int64(st, 4), .since = column_u64(st, 5)});
	     r = fn(arg, &v, e));
}

static struct store_event event_at(sqlite3_stmt *st)
{
	return (struct store_event){.entry = column_u64(st, 0), .kind = (uint8_t)sqlite3_column_int(st, 1), .time = sqlite3_column_int64(st, 2), .user = column(st, 3), .patient = column(st, 4),
	                            .what = column(st, 5), .reason = column(st, 6), .text = column(st, 7)};
}

static int events_all(struct store *base, uint64_t before, uint32_t max, store_event_fn *fn, void *arg, struct err *e)
{
	GET(EVENTS);
	bind_u64(st, 1, before);
	sqlite3_bind_int64(st, 2, max);
	EACH(struct store_event v = event_at(st); r = fn(arg, &v, e));
}

static int events_kind(struct store *base, uint8_t kind, uint64_t before, uint32_t max, store_event_fn *fn, void *arg, struct err *e)
{
	GET(EVENTS_KIND);
	bind_u64(st, 1, before);
	sqlite3_bind_int64(st, 2, max);
	sqlite3_bind_int(st, 3, kind);
	EACH(struct store_event v = event_at(st); r = fn(arg, &v, e));
}

static int events_who(struct store *base, uint8_t kind, struct slice who, uint64_t before, uint32_t max, store_event_fn *fn, void *arg, struct err *e)
{
	GET(EVENTS_WHO);
	bind_u64(st, 1, before);
	sqlite3_bind_int64(st, 2, max);
	sqlite3_bind_int(st, 3, kind);
	bind(st, 4, who);
	EACH(struct store_event v = event_at(st); r = fn(arg, &v, e));
}

static int events(struct store *base, uint8_t kind, struct slice who, uint64_t before, uint32_t max, store_event_fn *fn, void *arg, struct err *e)
{
	return who.n ? events_who(base, kind, who, before, max, fn, arg, e) : kind ? events_kind(base, kind, before, max, fn, arg, e) : events_all(base, before, max, fn, arg, e);
}

static int times(struct store *base, uint64_t block, int64_t *ret_first, struct buf *ret, struct err *e)
{
	GET(TIMES);
	bind_u64(st, 1, block);
	int code = 0;
	ONE(*ret_first = sqlite3_column_int64(st, 1); code = take_blob(ret, column(st, 0), e); if (code < 0) { sqlite3_reset(st); return code; }, ERR_NOT_FOUND);
}

static int times_before(struct store *base, int64_t t, uint64_t *ret_block, struct err *e)
{
	GET(TIMES_BEFORE);
	sqlite3_bind_int64(st, 1, t);
	ONE(*ret_block = column_u64(st, 0), ERR_NOT_FOUND);
}

/* ---- recordings ---- */

static int put_ecg(struct store *base, const struct store_ecg *g, struct err *e)
{
	GET(PUT_ECG);
	bind_u64(st, 1, g->entry);
	bind_u64(st, 2, g->last);
	sqlite3_bind_int64(st, 3, g->ident);
	sqlite3_bind_int64(st, 4, g->received);
	sqlite3_bind_int(st, 5, g->origin);
	sqlite3_bind_int(st, 6, g->reading);
	sqlite3_bind_int(st, 7, g->flags);
	sqlite3_bind_int(st, 8, g->due);
	sqlite3_bind_int(st, 9, g->rank);
	bind(st, 10, g->source);
	bind(st, 11, g->blob);
	bind(st, 12, g->strip);
	return sql_run(s, st, e);
}

static int put_ecg_act(struct store *base, const struct store_ecg_act *x, struct err *e)
{
	GET(PUT_ECG_ACT);
	bind_u64(st, 1, x->ecg);
	bind_u64(st, 2, x->entry);
	sqlite3_bind_int64(st, 3, x->time);
	sqlite3_bind_int(st, 4, x->counts);
	bind(st, 5, x->source);
	bind(st, 6, x->body);
	return sql_run(s, st, e);
}

static struct store_ecg ecg_at(sqlite3_stmt *st)
{
	return (struct store_ecg){.entry = column_u64(st, 0), .last = column_u64(st, 1), .ident = (uint32_t)sqlite3_column_int64(st, 2), .received = sqlite3_column_int64(st, 3), .origin = (uint8_t)sqlite3_column_int(st, 4),
	                          .reading = (uint8_t)sqlite3_column_int(st, 5), .flags = (uint8_t)sqlite3_column_int(st, 6), .due = (uint8_t)sqlite3_column_int(st, 7), .rank = (uint8_t)sqlite3_column_int(st, 8),
	                          .source = column(st, 9), .blob = column(st, 10), .strip = column(st, 11)};
}

static int ecg(struct store *base, uint64_t entry, store_ecg_fn *fn, void *arg, struct err *e)
{
	GET(ECG);
	bind_u64(st, 1, entry);
	int code = 0;
	ONE(struct store_ecg g = ecg_at(st); code = fn(arg, &g, e); if (code < 0) { sqlite3_reset(st); return code; }, ERR_NOT_FOUND);
}

static int ecgs(struct store *base, uint64_t before, store_ecg_fn *fn, void *arg, struct err *e)
{
	GET(ECGS);
	bind_u64(st, 1, before > STORE_OPEN ? STORE_OPEN : before);
	EACH(struct store_ecg g = ecg_at(st); r = fn(arg, &g, e));
}

static int ecgs_todo(struct store *base, uint8_t rank, uint64_t entry, store_ecg_fn *fn, void *arg, struct err *e)
{
	GET(ECGS_TODO);
	sqlite3_bind_int(st, 1, rank);
	bind_u64(st, 2, entry);
	EACH(struct store_ecg g = ecg_at(st); r = fn(arg, &g, e));
}

static int ecgs_of(struct store *base, uint32_t id, store_ecg_fn *fn, void *arg, struct err *e)
{
	GET(ECGS_OF);
	sqlite3_bind_int64(st, 1, id);
	EACH(struct store_ecg g = ecg_at(st); r = fn(arg, &g, e));
}

static int strip_newest(struct store *base, struct slice strip, store_ecg_fn *fn, void *arg, struct err *e)
{
	GET(ECGS_STRIP);
	bind(st, 1, strip);
	EACH(struct store_ecg g = ecg_at(st); r = fn(arg, &g, e));
}

static int strip_oldest(struct store *base, struct slice strip, store_ecg_fn *fn, void *arg, struct err *e)
{
	GET(ECGS_STRIP_UP);
	bind(st, 1, strip);
	EACH(struct store_ecg g = ecg_at(st); r = fn(arg, &g, e));
}

static int strip_weighs(struct store *base, struct slice strip, store_ecg_fn *fn, void *arg, struct err *e)
{
	GET(ECGS_STRIP_WEIGHS);
	bind(st, 1, strip);
	EACH(struct store_ecg g = ecg_at(st); r = fn(arg, &g, e));
}

static int ecgs_strip(struct store *base, struct slice strip, enum store_strip which, store_ecg_fn *fn, void *arg, struct err *e)
{
	return which == STORE_STRIP_NEWEST ? strip_newest(base, strip, fn, arg, e) : which == STORE_STRIP_OLDEST ? strip_oldest(base, strip, fn, arg, e) : strip_weighs(base, strip, fn, arg, e);
}

static int ecg_acts(struct store *base, uint64_t of_ecg, store_ecg_act_fn *fn, void *arg, struct err *e)
{
	GET(ECG_ACTS);
	bind_u64(st, 1, of_ecg);
	EACH(struct store_ecg_act x = ((struct store_ecg_act){.ecg = column_u64(st, 0), .entry = column_u64(st, 1), .time = sqlite3_column_int64(st, 2), .counts = sqlite3_column_int(st, 3), .source = column(st, 4), .body = column(st, 5)});
	     r = fn(arg, &x, e));
}

/* ---- what was captured ---- */

static int put_capture(struct store *base, const struct store_capture *x, struct err *e)
{
	GET(PUT_CAPTURE);
	const struct slice texts[] = {x->id, x->root, x->unit, x->patient, x->source, x->body};
	bind_u64(st, 1, x->entry);
	sqlite3_bind_int64(st, 2, x->ident);
	sqlite3_bind_int(st, 3, x->kind);
	sqlite3_bind_int(st, 4, x->owner);
	sqlite3_bind_int(st, 5, x->state);
	sqlite3_bind_int(st, 6, x->flags);
	sqlite3_bind_int64(st, 7, x->occurred);
	sqlite3_bind_int64(st, 8, x->received);
	bind_u64(st, 9, x->replaced);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		bind(st, 10 + (int)i, texts[i]);
	return sql_run(s, st, e);
}

static struct store_capture capture_at(sqlite3_stmt *st)
{
	return (struct store_capture){.entry = column_u64(st, 0), .ident = (uint32_t)sqlite3_column_int64(st, 1), .kind = (uint8_t)sqlite3_column_int(st, 2), .owner = (uint8_t)sqlite3_column_int(st, 3),
	                              .state = (uint8_t)sqlite3_column_int(st, 4), .flags = (uint8_t)sqlite3_column_int(st, 5), .occurred = sqlite3_column_int64(st, 6), .received = sqlite3_column_int64(st, 7),
	                              .replaced = column_u64(st, 8), .id = column(st, 9), .root = column(st, 10), .unit = column(st, 11), .patient = column(st, 12), .source = column(st, 13), .body = column(st, 14)};
}

static int capture(struct store *base, uint64_t entry, store_capture_fn *fn, void *arg, struct err *e)
{
	GET(CAPTURE);
	bind_u64(st, 1, entry);
	int code = 0;
	ONE(struct store_capture x = capture_at(st); code = fn(arg, &x, e); if (code < 0) { sqlite3_reset(st); return code; }, ERR_NOT_FOUND);
}

static int capture_by_id(struct store *base, struct slice id, store_capture_fn *fn, void *arg, struct err *e)
{
	GET(CAPTURE_BY_ID);
	bind(st, 1, id);
	int code = 0;
	ONE(struct store_capture x = capture_at(st); code = fn(arg, &x, e); if (code < 0) { sqlite3_reset(st); return code; }, ERR_NOT_FOUND);
}

static int captures_up(struct store *base, uint64_t from, store_capture_fn *fn, void *arg, struct err *e)
{
	GET(CAPTURES);
	sqlite3_bind_int64(st, 1, (int64_t)from - 1);
	EACH(struct store_capture x = capture_at(st); r = fn(arg, &x, e));
}

static int captures_back(struct store *base, uint64_t before, store_capture_fn *fn, void *arg, struct err *e)
{
	GET(CAPTURES_BACK);
	bind_u64(st, 1, before);
	EACH(struct store_capture x = capture_at(st); r = fn(arg, &x, e));
}

static int captures(struct store *base, uint64_t from, bool newest_first, store_capture_fn *fn, void *arg, struct err *e)
{
	return newest_first ? captures_back(base, from, fn, arg, e) : captures_up(base, from > STORE_ENTRY_MAX ? STORE_ENTRY_MAX : from, fn, arg, e);
}

static int captures_of(struct store *base, uint32_t id, store_capture_fn *fn, void *arg, struct err *e)
{
	GET(CAPTURES_OF);
	sqlite3_bind_int64(st, 1, id);
	EACH(struct store_capture x = capture_at(st); r = fn(arg, &x, e));
}

static int captures_root(struct store *base, struct slice root, store_capture_fn *fn, void *arg, struct err *e)
{
	GET(CAPTURES_ROOT);
	bind(st, 1, root);
	EACH(struct store_capture x = capture_at(st); r = fn(arg, &x, e));
}

static int capture_counts(struct store *base, store_count_fn *fn, void *arg, struct err *e)
{
	GET(CAPTURE_COUNTS);
	EACH(r = fn(arg, (uint8_t)sqlite3_column_int(st, 0), (uint8_t)sqlite3_column_int(st, 1), column_u64(st, 2), e));
}

static int put_capture_act(struct store *base, const struct store_capture_act *x, struct err *e)
{
	GET(PUT_CAPTURE_ACT);
	bind_u64(st, 1, x->capture);
	bind_u64(st, 2, x->entry);
	sqlite3_bind_int64(st, 3, x->time);
	sqlite3_bind_int(st, 4, x->counts);
	bind(st, 5, x->source);
	bind(st, 6, x->body);
	return sql_run(s, st, e);
}

static int capture_acts(struct store *base, uint64_t of_capture, store_capture_act_fn *fn, void *arg, struct err *e)
{
	GET(CAPTURE_ACTS);
	bind_u64(st, 1, of_capture);
	EACH(struct store_capture_act x = ((struct store_capture_act){.capture = column_u64(st, 0), .entry = column_u64(st, 1), .time = sqlite3_column_int64(st, 2), .counts = sqlite3_column_int(st, 3), .source = column(st, 4), .body = column(st, 5)});
	     r = fn(arg, &x, e));
}

static int kv(struct store *base, enum store_kv space, struct slice key, struct buf *ret, struct err *e)
{
	GET(KV);
	sqlite3_bind_int(st, 1, (int)space);
	bind(st, 2, key);
	int code = 0;
	ONE(code = take_blob(ret, column(st, 0), e); if (code < 0) { sqlite3_reset(st); return code; }, ERR_NOT_FOUND);
}

static int all_kv(struct store *base, enum store_kv space, store_blob_fn *fn, void *arg, struct err *e)
{
	GET(ALL_KV);
	sqlite3_bind_int(st, 1, (int)space);
	EACH(r = fn(arg, column(st, 0), column(st, 1), e));
}

static const struct store_ops ops = {
	.close = close_store, .begin = begin, .commit = commit, .rollback = rollback, .bulk_begin = sql_bulk_begin, .bulk_end = sql_bulk_end, .copy_open = sql_copy_open, .look = sql_look, .look_done = sql_look_done,
	.put_ident = put_ident, .put_edge = put_edge, .end_edge = end_edge, .put_move = put_move, .end_move = end_move, .put_row = put_row, .put_mark = put_mark, .put_header = put_header,
	.drop_headers = drop_headers, .put_word = put_word, .put_stay = put_stay, .end_stay = end_stay, .renew_stay = renew_stay, .put_review = put_review, .put_event = put_event, .put_times = put_times, .put_ecg = put_ecg, .put_ecg_act = put_ecg_act, .put_capture = put_capture, .put_capture_act = put_capture_act, .put_kv = put_kv,
	.ident = ident, .idents_by_value = idents_by_value, .idents_of_assigner = idents_of_assigner, .edge_up = edge_up, .edges_down = edges_down,
	.edges_named = edges_named, .edges_open = edges_open, .moves = moves, .rows = rows, .row = row, .rows_of_entry = rows_of_entry, .last_row = last_row, .count_rows = count_rows, .max_source_time = max_source_time, .marked = marked,
	.header = header, .words = words, .has_word = has_word, .open_stay = open_stay, .stay_of = stay_of, .stays = stays, .stays_due = stays_due, .next_due = next_due, .reviews = reviews,
	.events = events, .times = times, .times_before = times_before, .ecg = ecg, .ecgs = ecgs, .ecgs_todo = ecgs_todo, .ecgs_of = ecgs_of, .ecgs_strip = ecgs_strip, .ecg_acts = ecg_acts, .capture = capture, .capture_by_id = capture_by_id, .captures = captures, .captures_of = captures_of, .captures_root = captures_root, .capture_counts = capture_counts, .capture_acts = capture_acts, .kv = kv, .all_kv = all_kv,
};

int store_sqlite_open(const char *path, bool write, struct store **ret, struct err *e)
{
	struct sqlite_store *s = calloc(1, sizeof *s);
	if (!s || !(s->path = strdup(path))) {
		free(s);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	s->base.ops = &ops;
	s->write = write;
	int r = sql_connect(s, e);
	if (r < 0) {
		free(s->path);
		free(s);
		return r;
	}
	*ret = &s->base;
	return 0;
}

int store_sqlite_drop(const char *path, struct err *e)
{
	static const char *const parts[] = {"-wal", "-shm", ""}; /* the file itself last: without it there is no view */
	AUTO_BUF struct buf name = {0};
	buf_init(&name, 1 << 16);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		buf_reset(&name);
		buf_printf(&name, "%s%s", path, parts[i]);
		if (unlink(buf_cstr(&name)) < 0 && errno != ENOENT)
			return err_sys(e, "view", "cannot remove the old view");
	}
	return 0;
}
