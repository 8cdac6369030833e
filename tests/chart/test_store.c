/* The store interface: SQLite, SQLite in bulk and memory are told the same random rows and answer every question alike. */
#include "story.h"

static uint64_t rng = 88172645463325252u;

static uint32_t rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)((rng >> 20) % n);
}

#define TELL(s, put, ...) (s)->ops->put((s), __VA_ARGS__)

enum { IDENTS = 60, ENTRIES = 3000 };

/* What is put depends only on the seed, so every store is told the same. */
static void fill(struct store *s, uint64_t seed)
{
	char t[64];
	uint64_t stays = 0, edges = 0, moves = 0;
	uint64_t open_stay[IDENTS + 1] = {0}, open_edge[IDENTS + 1] = {0};
	rng = seed;
	for (uint32_t i = 1; i <= IDENTS; i++) {
		snprintf(t, sizeof t, "%u", i % 20);
		OK(TELL(s, put_ident, (&(struct store_ident){.id = i, .space = 1, .value = slice_str(t), .assigner = i % 3 ? SLICE("A") : SLICE_NULL, .type = SLICE("MR"), .first_entry = i / 2, .first_index = i % 2}), e));
	}
	for (uint64_t n = 0; n < ENTRIES; n++) {
		uint32_t i = 1 + rnd(IDENTS), k = 1 + rnd(IDENTS);
		snprintf(t, sizeof t, "blob %u of %u", (unsigned)n, i);
		uint64_t row = store_row_id(n, rnd(3));
		OK(TELL(s, put_row, (&(struct store_row){.id = row, .ident = i, .received = (int64_t)n * 10, .source_time = (int64_t)rnd(100000), .flags = (uint8_t)rnd(255), .blob = slice_str(t)}), e));
		if (rnd(3) == 0) {
			OK(TELL(s, put_mark, i, STORE_MARK_VISIT, row, e));
			OK(TELL(s, put_mark, i, STORE_MARK_VISIT, row, e)); /* again: nothing */
		}
		if (rnd(4) == 0)
			OK(TELL(s, put_header, i, n, slice_str(t), e));
		snprintf(t, sizeof t, "w%u", rnd(40));
		OK(TELL(s, put_word, slice_str(t), i, n, e));
		if (rnd(2)) {
			if (open_stay[i])
				OK(TELL(s, end_stay, open_stay[i], n, e));
			open_stay[i] = 0;
			if (rnd(3)) {
				open_stay[i] = ++stays;
				OK(TELL(s, put_stay, (&(struct store_stay){.id = stays, .person = i, .expires = rnd(2) ? INT64_MAX : (int64_t)rnd(50000), .from = n, .to = STORE_OPEN, .body = slice_str(t)}), e));
			}
			if (open_stay[i] && rnd(10) == 0) { /* ended within its entry: never was */
				OK(TELL(s, end_stay, open_stay[i], n, e));
				open_stay[i] = 0;
			}
			if (open_stay[i] && rnd(5) == 0)
				OK(TELL(s, renew_stay, open_stay[i], (int64_t)rnd(50000), e));
		}
		if (i != k && rnd(6) == 0) {
			if (open_edge[i])
				OK(TELL(s, end_edge, open_edge[i], n, 1, e));
			open_edge[i] = ++edges;
			OK(TELL(s, put_edge, (&(struct store_edge){.id = edges, .child = i, .parent = k, .named_child = i, .named_parent = 1 + rnd(IDENTS), .why = 2, .time = 5, .from = n, .to = STORE_OPEN}), e));
		}
		if (rnd(20) == 0) {
			OK(TELL(s, put_move, (&(struct store_move){.id = ++moves, .what = 1, .key = slice_str(t), .from_ident = i, .to_ident = k, .from = n, .to = STORE_OPEN}), e));
			if (rnd(3) == 0)
				OK(TELL(s, end_move, moves, n + 5, e));
		}
		if (rnd(10) == 0)
			OK(TELL(s, put_review, (&(struct store_review){.id = n + 1, .ident = i, .other = k, .what = 3, .entry = n, .since = 7}), e));
		if (rnd(5) == 0)
			OK(TELL(s, put_event, (&(struct store_event){.entry = n, .kind = (uint8_t)(20 + rnd(3)), .time = (int64_t)n, .user = rnd(2) ? SLICE("ann") : SLICE("bob"), .patient = rnd(2) ? SLICE("p1") : SLICE_NULL, .what = slice_str(t)}), e));
		if (n % 64 == 0)
			OK(TELL(s, put_times, n / 64, (int64_t)(n / 128 * 100), slice_str(t), e));
		snprintf(t, sizeof t, "k%u", rnd(30));
		OK(TELL(s, put_kv, (enum store_kv)(1 + rnd(3)), slice_str(t), slice_str(t), e));
	}
}

/* ---- answers as text ---- */

static int say_ident(void *arg, const struct store_ident *i, struct err *e)
{
	buf_printf(arg, "ident %u %.*s %.*s %.*s %u %llu %u\n", i->id, SLICE_FMT(i->value), SLICE_FMT(i->assigner), SLICE_FMT(i->type), i->space, (unsigned long long)i->first_entry, i->first_index);
	return 0;
}

static int say_edge(void *arg, const struct store_edge *x, struct err *e)
{
	buf_printf(arg, "edge %llu %u %u %u %u %u %u %lld %llu %llu\n", (unsigned long long)x->id, x->child, x->parent, x->named_child, x->named_parent, x->why, x->ended_by, (long long)x->time, (unsigned long long)x->from,
	           (unsigned long long)x->to);
	return 0;
}

static int say_move(void *arg, const struct store_move *m, struct err *e)
{
	buf_printf(arg, "move %llu %u %.*s %u %u %llu %llu\n", (unsigned long long)m->id, m->what, SLICE_FMT(m->key), m->from_ident, m->to_ident, (unsigned long long)m->from, (unsigned long long)m->to);
	return 0;
}

static int say_row(void *arg, const struct store_row *r, struct err *e)
{
	buf_printf(arg, "row %llu %u %lld %lld %u %.*s\n", (unsigned long long)r->id, r->ident, (long long)r->received, (long long)r->source_time, r->flags, SLICE_FMT(r->blob));
	return 0;
}

static int say_word(void *arg, struct slice word, uint32_t ident, uint64_t entry, struct err *e)
{
	buf_printf(arg, "word %.*s %u %llu\n", SLICE_FMT(word), ident, (unsigned long long)entry);
	return 0;
}

struct stays {
	char *v[IDENTS * 4];
	size_t n;
};

static int say_stay(void *arg, const struct store_stay *y, struct err *e)
{
	struct stays *k = arg;
	char t[200];
	snprintf(t, sizeof t, "stay %llu %u %lld %llu %llu %.*s\n", (unsigned long long)y->id, y->person, (long long)y->expires, (unsigned long long)y->from, (unsigned long long)y->to, SLICE_FMT(y->body));
	assert_true(k->n < ARRAY_LEN(k->v));
	k->v[k->n++] = strdup(t);
	return 0;
}

static int cmp_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_stays(struct stays *k, struct buf *out, bool sort)
{
	if (sort)
		qsort(k->v, k->n, sizeof(char *), cmp_text);
	for (size_t i = 0; i < k->n; i++) {
		buf_str(out, k->v[i]);
		free(k->v[i]);
	}
	k->n = 0;
}

static int say_review(void *arg, const struct store_review *v, struct err *e)
{
	buf_printf(arg, "review %llu %u %u %u %llu %llu\n", (unsigned long long)v->id, v->ident, v->other, v->what, (unsigned long long)v->entry, (unsigned long long)v->since);
	return 0;
}

static int say_event(void *arg, const struct store_event *v, struct err *e)
{
	buf_printf(arg, "event %llu %u %lld %.*s %.*s %.*s\n", (unsigned long long)v->entry, v->kind, (long long)v->time, SLICE_FMT(v->user), SLICE_FMT(v->patient), SLICE_FMT(v->what));
	return 0;
}

static int say_kv(void *arg, struct slice key, struct slice blob, struct err *e)
{
	buf_printf(arg, "kv %.*s %.*s\n", SLICE_FMT(key), SLICE_FMT(blob));
	return 0;
}

static void ask_all(struct store *s, struct buf *out)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	char t[32];
	bool changed;
	OK(TELL(s, look, &changed, e));
	for (uint32_t i = 0; i <= IDENTS + 1; i++) {
		struct store_edge up;
		uint64_t id, n;
		int64_t received;
		if (TELL(s, ident, i, say_ident, out, NULL) == ERR_NOT_FOUND)
			buf_str(out, "no such ident\n");
		OK(TELL(s, edges_named, i, say_edge, out, e));
		for (uint64_t end = 0; end <= ENTRIES + 1; end += 211) {
			if (TELL(s, edge_up, i, end, &up, NULL) == 0)
				say_edge(out, &up, NULL);
			OK(TELL(s, edges_down, i, end, say_edge, out, e));
			OK(TELL(s, moves, i, end, say_move, out, e));
			if (TELL(s, header, i, end, &b, NULL) == 0)
				buf_add_slice(out, buf_slice(&b));
			if (TELL(s, last_row, i, store_row_id(end, 0), &id, &received, NULL) == 0)
				buf_printf(out, "last %llu %lld\n", (unsigned long long)id, (long long)received);
			OK(TELL(s, count_rows, i, store_row_id(end / 2, 0), store_row_id(end, 0), &n, e));
			buf_printf(out, "count %llu\n", (unsigned long long)n);
			OK(TELL(s, reviews, i, end, say_review, out, e));
			struct stays k = {.n = 0};
			OK(TELL(s, stay_of, i, end, say_stay, &k, e));
			put_stays(&k, out, true);
		}
		OK(TELL(s, rows, i, store_row_id(100, 0), store_row_id(ENTRIES - 100, 0), false, say_row, out, e));
		OK(TELL(s, rows, i, 0, store_row_id(ENTRIES, 0), true, say_row, out, e));
		OK(TELL(s, marked, i, STORE_MARK_VISIT, store_row_id(ENTRIES - 500, 0), say_row, out, e));
		OK(TELL(s, marked, i, STORE_MARK_SAFETY, store_row_id(ENTRIES, 0), say_row, out, e));
		OK(TELL(s, max_source_time, i, &received, e));
		buf_printf(out, "max %lld\n", (long long)received);
		snprintf(t, sizeof t, "%u", i);
		OK(TELL(s, idents_by_value, slice_str(t), say_ident, out, e));
		snprintf(t, sizeof t, "w%u", i);
		if (TELL(s, has_word, slice_str(t), 7, &n, NULL) == 0)
			buf_printf(out, "has %llu\n", (unsigned long long)n);
		struct stays k = {.n = 0};
		OK(TELL(s, open_stay, i, say_stay, &k, e));
		put_stays(&k, out, true);
	}
	for (uint64_t end = 0; end <= ENTRIES + 2; end += end < 70 || end > ENTRIES - 70 ? 1 : 13) { /* every kind of moment: the interval tree */
		struct stays k = {.n = 0};
		OK(TELL(s, stays, end, say_stay, &k, e));
		buf_printf(out, "at %llu: %zu\n", (unsigned long long)end, k.n);
		put_stays(&k, out, true);
	}
	for (int64_t due = 0; due < 60000; due += 7001) {
		struct stays k = {.n = 0};
		OK(TELL(s, stays_due, due, say_stay, &k, e));
		put_stays(&k, out, false);
	}
	int64_t next, first;
	OK(TELL(s, next_due, &next, e));
	buf_printf(out, "next %lld\n", (long long)next);
	OK(TELL(s, words, SLICE("w1"), SLICE("w3"), 500, say_word, out, e));
	OK(TELL(s, words, SLICE("w"), SLICE("x"), 10, say_word, out, e));
	OK(TELL(s, rows_of_entry, store_row_id(50, 0), store_row_id(60, 0), say_row, out, e));
	for (int kind = 0; kind < 24; kind++) {
		OK(TELL(s, events, (uint8_t)kind, SLICE_NULL, 2000, 50, say_event, out, e));
		OK(TELL(s, events, (uint8_t)kind, SLICE("ann"), 3000, 20, say_event, out, e));
		OK(TELL(s, events, (uint8_t)kind, SLICE("p1"), 3000, 20, say_event, out, e));
	}
	for (uint64_t block = 0; block < 50; block++)
		if (TELL(s, times, block, &first, &b, NULL) == 0)
			buf_printf(out, "times %lld %.*s\n", (long long)first, SLICE_FMT(buf_slice(&b)));
	for (int64_t t0 = -50; t0 < 2600; t0 += 50) {
		uint64_t block = 99;
		if (TELL(s, times_before, t0, &block, NULL) == 0)
			buf_printf(out, "before %lld %llu\n", (long long)t0, (unsigned long long)block);
	}
	for (int space = 1; space <= 3; space++) {
		OK(TELL(s, all_kv, (enum store_kv)space, say_kv, out, e));
		if (TELL(s, kv, (enum store_kv)space, SLICE("k7"), &b, NULL) == 0)
			buf_add_slice(out, buf_slice(&b));
	}
	s->ops->look_done(s);
	assert_true(buf_ok(out));
}

static void test_stores_agree(void **state)
{
	char dir[64], path[96];
	story_dir(dir);
	struct buf want, got;
	buf_init(&want, (size_t)1 << 28);
	buf_init(&got, (size_t)1 << 28);
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct store *s;
		buf_reset(&want);
		OK(store_memory_open(&s, e));
		OK(TELL(s, begin, e));
		fill(s, seed * 7919);
		OK(TELL(s, commit, e));
		ask_all(s, &want);
		assert_true(want.n > 100000);
		s->ops->close(s);
		for (int bulk = 0; bulk < 2; bulk++) {
			snprintf(path, sizeof path, "%s/chart.db", dir);
			OK(store_sqlite_drop(path, e));
			OK(store_sqlite_open(path, true, &s, e));
			if (bulk)
				OK(TELL(s, bulk_begin, e));
			else
				OK(TELL(s, begin, e));
			fill(s, seed * 7919);
			if (bulk)
				OK(TELL(s, bulk_end, e));
			else
				OK(TELL(s, commit, e));
			buf_reset(&got);
			ask_all(s, &got);
			same_text(&want, &got, bulk ? "SQLite in bulk" : "SQLite");
			s->ops->close(s);
			OK(store_sqlite_open(path, false, &s, e)); /* and a reader */
			buf_reset(&got);
			ask_all(s, &got);
			same_text(&want, &got, "SQLite, reading");
			s->ops->close(s);
		}
	}
	buf_done(&want);
	buf_done(&got);
	story_sweep(dir);
}

static int stop_at_once(void *arg, const struct store_row *r, struct err *e)
{
	++*(int *)arg;
	return 1;
}

static int refuse(void *arg, const struct store_row *r, struct err *e)
{
	return err_set(e, ERR_LIMIT, NULL, "no");
}

/* A callback can stop a question or make it fail; a question can be asked again afterwards. */
static void test_callbacks(void **state)
{
	char dir[64], path[96];
	story_dir(dir);
	snprintf(path, sizeof path, "%s/chart.db", dir);
	for (int kind = 0; kind < 2; kind++) {
		struct store *s;
		struct err bad = {0};
		int n = 0;
		if (kind)
			OK(store_memory_open(&s, e));
		else
			OK(store_sqlite_open(path, true, &s, e));
		OK(TELL(s, begin, e));
		for (uint64_t i = 0; i < 10; i++)
			OK(TELL(s, put_row, (&(struct store_row){.id = store_row_id(i, 0), .ident = 1, .blob = SLICE("x")}), e));
		OK(TELL(s, commit, e));
		assert_int_equal(TELL(s, rows, 1, 0, STORE_OPEN, false, stop_at_once, &n, &bad), 0);
		assert_int_equal(n, 1);
		assert_int_equal(TELL(s, rows, 1, 0, STORE_OPEN, false, refuse, NULL, &bad), ERR_LIMIT);
		assert_int_equal(TELL(s, rows, 1, 0, STORE_OPEN, true, stop_at_once, &n, &bad), 0);
		assert_int_equal(n, 2);
		s->ops->close(s);
	}
	story_sweep(dir);
}

/* What was put in a transaction that was rolled back, or in a bulk that was dropped, is not there. */
static void test_rollback(void **state)
{
	char dir[64], path[96];
	story_dir(dir);
	snprintf(path, sizeof path, "%s/chart.db", dir);
	struct store *s;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 100);
	OK(store_sqlite_open(path, true, &s, e));
	OK(TELL(s, begin, e));
	OK(TELL(s, put_kv, STORE_KV_META, SLICE("a"), SLICE("1"), e));
	OK(TELL(s, commit, e));
	OK(TELL(s, begin, e));
	OK(TELL(s, put_kv, STORE_KV_META, SLICE("a"), SLICE("2"), e));
	s->ops->rollback(s);
	OK(TELL(s, kv, STORE_KV_META, SLICE("a"), &b, e));
	assert_slice(buf_slice(&b), "1");
	OK(TELL(s, bulk_begin, e));
	assert_int_equal(TELL(s, kv, STORE_KV_META, SLICE("a"), &b, NULL), ERR_NOT_FOUND);
	OK(TELL(s, put_kv, STORE_KV_META, SLICE("a"), SLICE("3"), e));
	s->ops->rollback(s);
	OK(TELL(s, kv, STORE_KV_META, SLICE("a"), &b, e));
	assert_slice(buf_slice(&b), "1");
	char left[110];
	snprintf(left, sizeof left, "%s.new", path);
	assert_int_equal(access(left, F_OK), -1);
	OK(TELL(s, bulk_begin, e));
	OK(TELL(s, put_kv, STORE_KV_META, SLICE("a"), SLICE("4"), e));
	OK(TELL(s, bulk_end, e));
	OK(TELL(s, kv, STORE_KV_META, SLICE("a"), &b, e));
	assert_slice(buf_slice(&b), "4");
	s->ops->close(s);
	story_sweep(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_stores_agree), cmocka_unit_test(test_callbacks), cmocka_unit_test(test_rollback)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
