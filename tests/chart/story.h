/* Stories for the chart's tests: messages as facts in a few words, told to a SQLite view and to one in memory at once, and kept, so that any beginning of them can be told again to a fresh view.
 *
 *   tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00:00 | 1001@HOSP:MR +E55@EPIC:EPI"
 *           "| patient name=SMITH^JOHN birth=1957-03-12 sex=male"
 *           "| visit action=admit visit=V1 class=inpatient location=3W^12^A^HOSP time=2026-11-01T08:00:00");
 * First part: type, feed and source time ("-": none), T for training data, ~HOSP=1.2.3 for "the authority HOSP is 1.2.3", ! for incomplete at the group. Then a group's identifier (value@assigner:type, + also) or a fact: kind field=value
 * ... ; ^ parts, _ blank, "" deletes, repeated fields by repeating them. Kinds and fields have their names of facts.h.
 */
#ifndef TESTS_CHART_STORY_H
#define TESTS_CHART_STORY_H

#include "chart_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct told {
	struct chart_entry en;
	struct facts *f; /* NULL: none */
	struct slice body;
	char source[32];
};
struct story {
	char dir[64], path[96];
	struct chart *sql, *mem;
	struct arena *a;
	struct told *v;
	size_t n, cap;
	int64_t clock;
	const char *source;
	uint8_t flags;
};

#define STORY_START INT64_C(1793520000000000000) /* 2026-11-01T08:00:00Z */

__attribute__((unused)) static void story_die(const struct err *e, const char *what)
{
	char line[700];
	fail_msg("%s: %s", what, err_line(e, line, sizeof line));
}
#define OK(call)                                                                                                                                 \
	do {                                                                                                                                         \
		struct err e_ = {0};                                                                                                                     \
		struct err *e = &e_;                                                                                                                     \
		if ((call) < 0)                                                                                                                          \
			story_die(e, #call);                                                                                                                 \
	} while (0)

__attribute__((unused)) static void story_dir(char dir[64])
{
	/* nothing here tests what the disk does: memory where there is a file system in it */
	const char *where = getenv("TMPDIR") ? getenv("TMPDIR") : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(dir, 64, "%.40s/hf-chart-XXXXXX", where);
	assert_non_null(mkdtemp(dir));
}

__attribute__((unused)) static void story_sweep(const char *dir)
{
	static const char *const names[] = {"chart.db", "chart.db-wal", "chart.db-shm", "chart.db.new", "chart.db.new-journal", "b.db", "b.db-wal", "b.db-shm", "b.db.new"};
	char path[128];
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

__attribute__((unused)) static struct chart *open_sql(const char *path, bool write)
{
	struct chart *c = NULL;
	OK(chart_open(path, &(struct chart_options){.write = write, .site_name = "Test", .readers = "test 1"}, &c, e));
	return c;
}

__attribute__((unused)) static struct chart *open_mem(void)
{
	struct chart *c = NULL;
	OK(chart_open(NULL, &(struct chart_options){.write = true, .memory = true, .site_name = "Test", .readers = "test 1"}, &c, e));
	return c;
}

__attribute__((unused)) static struct story *story_new(void)
{
	struct story *s = calloc(1, sizeof *s);
	story_dir(s->dir);
	snprintf(s->path, sizeof s->path, "%s/chart.db", s->dir);
	s->a = arena_new((size_t)1 << 30);
	s->clock = STORY_START;
	s->source = "mllp/lab";
	s->sql = open_sql(s->path, true);
	s->mem = open_mem();
	return s;
}

__attribute__((unused)) static void story_free(struct story *s)
{
	chart_close(s->sql);
	chart_close(s->mem);
	story_sweep(s->dir);
	arena_free(s->a);
	free(s->v);
	free(s);
}

/* ---- the little language ---------------------------------------------------------------------------------------------------------------- */

static struct slice story_value(struct arena *a, struct slice raw)
{
	if (slice_eq_str(raw, "\"\""))
		return slice_str(FACT_NULL);
	struct slice s = arena_dup(a, raw);
	uint8_t *p = (uint8_t *)(uintptr_t)s.p;
	for (size_t i = 0; i < s.n; i++)
		p[i] = p[i] == '^' ? FACT_US : p[i] == '_' ? ' ' : p[i];
	return s;
}

static struct fact_ident story_ident(struct arena *a, struct slice token)
{
	struct slice rest, type = SLICE_NULL, value = slice_cut(token, '@', &rest), assigner = rest.p ? slice_cut(rest, ':', &type) : SLICE_NULL;
	if (!rest.p)
		value = slice_cut(token, ':', &type);
	return (struct fact_ident){arena_dup(a, value), assigner.n ? arena_dup(a, assigner) : SLICE_NULL, type.n ? arena_dup(a, type) : SLICE_NULL};
}

static uint8_t story_kind(struct slice name)
{
	for (uint8_t k = 1; k < FACT_KIND_COUNT; k++)
		if (slice_eq_str(name, fact_kind_name(k)))
			return k;
	return 0;
}

static uint8_t story_field(struct slice name)
{
	for (int k = 1; k < FF_COUNT; k++)
		if (slice_eq_str(name, fact_field_name((uint8_t)k)))
			return (uint8_t)k;
	fail_msg("no such field: %.*s", SLICE_FMT(name));
	return 0;
}

static struct slice story_token(struct slice *rest)
{
	struct slice s = slice_trim(*rest), t = slice_cut(s, ' ', rest);
	return t;
}

__attribute__((unused)) static struct facts *story_facts(struct arena *a, const char *text)
{
	struct facts *f = arena_alloc(a, sizeof *f);
	struct slice rest, part = slice_cut(slice_str(text), '|', &rest), more = part;
	facts_init(f, a);
	f->type = arena_dup(a, story_token(&more));
	f->feed = arena_dup(a, story_token(&more));
	if (slice_eq_str(f->feed, "-"))
		f->feed = SLICE_NULL;
	struct slice time = story_token(&more);
	f->time = slice_eq_str(time, "-") ? SLICE_NULL : arena_dup(a, time);
	while (slice_trim(more).n) {
		struct slice t = story_token(&more), id, name = slice_cut(t, '=', &id);
		if (name.n && name.p[0] == '~')
			facts_authority(f, arena_dup(a, slice_of(name.p + 1, name.n - 1)), arena_dup(a, id));
		else
			f->test = slice_eq_str(t, "T");
	}
	struct fact_group *g = NULL;
	while (rest.p) {
		part = slice_cut(rest, '|', &rest);
		more = part;
		struct slice head = story_token(&more);
		uint8_t kind = story_kind(head);
		if (!kind) {
			g = facts_group(f, slice_eq_str(head, "-") ? (struct fact_ident){0} : story_ident(a, head));
			while (slice_trim(more).n) {
				struct slice t = story_token(&more);
				if (slice_eq_str(t, "!"))
					g->incomplete = true;
				else
					facts_also(f, g, story_ident(a, slice_of(t.p + 1, t.n - 1)));
			}
			continue;
		}
		assert_non_null(g);
		struct fact *fact = facts_add(f, g, kind);
		while (slice_trim(more).n) {
			struct slice value, name = slice_cut(story_token(&more), '=', &value);
			facts_put(f, fact, story_field(name), story_value(a, value));
		}
	}
	assert_false(f->failed);
	return f;
}

/* ---- telling ------------------------------------------------------------------------------------------------------------------------------- */

__attribute__((unused)) static struct told *story_keep(struct story *s)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 256;
		s->v = realloc(s->v, s->cap * sizeof *s->v);
		assert_non_null(s->v);
	}
	struct told *t = &s->v[s->n];
	*t = (struct told){0};
	snprintf(t->source, sizeof t->source, "%s", s->source);
	t->en = (struct chart_entry){.seq = s->n, .time = s->clock, .kind = KIND_HL7V2, .flags = s->flags, .size = 100};
	s->n++;
	s->clock += TIME_SEC;
	return t;
}

__attribute__((unused)) static void story_apply(struct chart *c, struct told *t)
{
	t->en.source = slice_str(t->source);
	OK(chart_apply(c, &t->en, t->f, t->body, e));
}

__attribute__((unused)) static void story_commit(struct story *s)
{
	OK(chart_commit(s->sql, e));
	OK(chart_commit(s->mem, e));
}

/* Returns the entry's number. */
__attribute__((unused)) static uint64_t tell(struct story *s, const char *text)
{
	struct told *t = story_keep(s);
	t->f = story_facts(s->a, text);
	if (!memchr(t->f->type.p, '^', t->f->type.n))
		t->en.kind = KIND_FHIR;
	story_apply(s->sql, t);
	story_apply(s->mem, t);
	story_commit(s);
	return t->en.seq;
}

__attribute__((unused)) static uint64_t tell_json(struct story *s, uint8_t kind, const char *json)
{
	struct told *t = story_keep(s);
	t->en.kind = kind;
	t->body = arena_dup(s->a, slice_str(json));
	story_apply(s->sql, t);
	story_apply(s->mem, t);
	story_commit(s);
	return t->en.seq;
}

/* ---- asking ----------------------------------------------------------------------------------------------------------------------------------- */

static int story_line(void *arg, struct slice line, struct err *e)
{
	buf_add_slice(arg, line);
	buf_u8(arg, '\n');
	return 0;
}

#define STORY_NOW ((struct chart_moment){.end = CHART_NOW})

/* Everything a view can say as of a moment, as text. */
__attribute__((unused)) static void story_all(struct chart *c, struct chart_moment at, struct buf *out)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct chart_row *rows;
	struct chart_unit *units;
	size_t n;
	struct jsonw w;
	struct fhir_options o = {0};
	OK(chart_export(c, at, story_line, out, e));
	OK(chart_census(c, at, SLICE_NULL, a, &rows, &n, e));
	jsonw_init(&w, out);
	chart_json_rows(&w, rows, at, &o);
	OK(chart_units(c, at, a, &units, e));
	for (; units; units = units->next)
		buf_printf(out, "\nunit %.*s %.*s %u %u", SLICE_FMT(units->facility), SLICE_FMT(units->unit), units->patients, units->beds);
	static const char *const words[] = {"smith", "jon smith", "19570312", "100", "v1", "d"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		OK(chart_search(c, slice_str(words[i]), at, 50, a, &rows, &n, e));
		buf_u8(out, '\n');
		jsonw_init(&w, out);
		chart_json_rows(&w, rows, at, &o);
	}
	arena_free(a);
}

__attribute__((unused)) static void story_now_too(struct chart *c, struct buf *out)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct chart_feed *f;
	struct chart_count *n;
	struct jsonw w;
	OK(chart_feeds(c, STORY_START + 86400 * TIME_SEC, a, &f, e));
	buf_u8(out, '\n');
	jsonw_init(&w, out);
	chart_json_feeds(&w, f);
	OK(chart_counts(c, a, &n, e));
	for (; n; n = n->next)
		buf_printf(out, "\ncount %.*s %llu %llu %llu %llu", SLICE_FMT(n->name), (unsigned long long)n->count, (unsigned long long)n->uninterpreted, (unsigned long long)n->problems,
		           (unsigned long long)n->last_entry);
	buf_printf(out, "\npersons %llu applied %llu\n", (unsigned long long)chart_person_count(c), (unsigned long long)chart_applied(c));
	arena_free(a);
}

static void story_differ(const struct buf *a, const struct buf *b, const char *what)
{
	size_t i = 0;
	while (i < a->n && i < b->n && a->p[i] == b->p[i])
		i++;
	size_t from = i > 400 ? i - 400 : 0;
	fail_msg("%s: differ at byte %zu of %zu and %zu:\n--- %.*s\n+++ %.*s", what, i, a->n, b->n, (int)(a->n - from > 700 ? 700 : a->n - from), a->p + from, (int)(b->n - from > 700 ? 700 : b->n - from), b->p + from);
}

__attribute__((unused)) static void same_text(const struct buf *a, const struct buf *b, const char *what)
{
	assert_true(buf_ok(a) && buf_ok(b));
	if (a->n != b->n || memcmp(a->p, b->p, a->n))
		story_differ(a, b, what);
}

/* Both stores say the same now. */
__attribute__((unused)) static void both_agree(struct story *s)
{
	struct buf x, y;
	buf_init(&x, (size_t)1 << 30);
	buf_init(&y, (size_t)1 << 30);
	story_all(s->sql, STORY_NOW, &x);
	story_now_too(s->sql, &x);
	story_all(s->mem, STORY_NOW, &y);
	story_now_too(s->mem, &y);
	same_text(&x, &y, "SQLite and memory");
	buf_done(&x);
	buf_done(&y);
}

/* A patient from the SQLite view; also checks that the one in memory has the same JSON. */
__attribute__((unused)) static struct chart_patient *page(struct story *s, const char *id, uint64_t end)
{
	struct chart_patient *p = NULL, *q = NULL;
	struct chart_moment at = {.end = end};
	OK(chart_patient(s->sql, slice_str(id), at, s->a, &p, NULL, e));
	OK(chart_patient(s->mem, slice_str(id), at, s->a, &q, NULL, e));
	struct buf x, y;
	struct jsonw w;
	struct fhir_options o = {0};
	buf_init(&x, (size_t)1 << 30);
	buf_init(&y, (size_t)1 << 30);
	jsonw_init(&w, &x);
	chart_json_patient(&w, p, &o);
	jsonw_done(&w);
	jsonw_init(&w, &y);
	chart_json_patient(&w, q, &o);
	same_text(&x, &y, "a patient in SQLite and memory");
	buf_done(&x);
	buf_done(&y);
	return p;
}
#define PAGE(s, id) page(s, id, CHART_NOW)

__attribute__((unused)) static void page_json(struct story *s, const char *id, uint64_t end, struct buf *out)
{
	struct jsonw w;
	struct fhir_options o = {0};
	buf_init(out, (size_t)1 << 30);
	jsonw_init(&w, out);
	chart_json_patient(&w, page(s, id, end), &o);
}

/* The current item of a section whose code is so; NULL: none. */
__attribute__((unused)) static const struct fact_item *item(const struct chart_patient *p, enum chart_section_id id, const char *code)
{
	for (const struct fact_item *it = p->s[id].items; it; it = it->next)
		if (it->state == FACT_CURRENT && slice_eq_str(fact_part(fact_get(it->fact, FF_CODE), FC_CODE), code))
			return it;
	return NULL;
}

__attribute__((unused)) static bool has_review(const struct chart_patient *p, const char *what)
{
	for (const struct chart_review *r = p->review; r; r = r->next)
		if (!strcmp(r->what, what))
			return true;
	return false;
}

#define assert_slice(s, text)                                                                                                                    \
	do {                                                                                                                                         \
		struct slice s_ = (s);                                                                                                                   \
		if (!slice_eq_str(s_, text))                                                                                                             \
			fail_msg("%s is \"%.*s\", not \"%s\"", #s, SLICE_FMT(s_), text);                                                                     \
	} while (0)

/* Where the census has the patient: "unit room bed", or "" when not in the house. */
__attribute__((unused)) static const char *where(struct story *s, const char *number, uint64_t end)
{
	static char out[4][200];
	static int turn;
	char *to = out[turn++ % 4];
	struct chart_row *rows;
	size_t n;
	*to = 0;
	OK(chart_census(s->sql, (struct chart_moment){.end = end}, SLICE_NULL, s->a, &rows, &n, e));
	for (; rows; rows = rows->next)
		if (slice_eq_str(rows->number, number)) {
			assert_true(*to == 0); /* nobody is in two places */
			snprintf(to, 200, "%.*s %.*s %.*s", SLICE_FMT(rows->place.unit), SLICE_FMT(rows->place.room), SLICE_FMT(rows->place.bed));
		}
	/* the page says the same */
	struct chart_patient *p;
	struct err bad;
	if (!*to && chart_patient(s->sql, slice_str(number), (struct chart_moment){.end = end}, s->a, &p, NULL, &bad) == ERR_NOT_FOUND)
		return to; /* not heard of yet */
	p = page(s, number, end);
	char own[200] = "";
	if (p->place.unit.p)
		snprintf(own, sizeof own, "%.*s %.*s %.*s", SLICE_FMT(p->place.unit), SLICE_FMT(p->place.room), SLICE_FMT(p->place.bed));
	assert_string_equal(to, own);
	if (!*to != !p->visit)
		fail_msg("%s: census \"%s\", but the page has %s visit", number, to, p->visit ? "a" : "no");
	return to;
}
#define WHERE(s, number) where(s, number, CHART_NOW)

#endif
