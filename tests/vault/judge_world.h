/* A world for the judge: trees of files as catalogues know them (no bytes), what people, programs and attackers do to them, and snapshots that are judged one after another, with marks and signs carried on.
 * Figures of healthy and of enciphered files are drawn from the ranges that were measured over real files (content.h's figures). */
#ifndef JUDGE_WORLD_H
#define JUDGE_WORLD_H

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "vault_judge_internal.h"

/* ---- chance ---- */

static uint64_t rng_state;
static uint64_t rnd(void)
{
	uint64_t z = (rng_state += UINT64_C(0x9E3779B97F4A7C15));
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}
static uint64_t below(uint64_t n) { return n ? rnd() % n : 0; }
static uint64_t between(uint64_t a, uint64_t b) { return a + below(b - a + 1); }
static float ranged(double a, double b) { return (float)(a + (b - a) * (double)(rnd() >> 11) / 9007199254740992.0); }
static bool one_in(uint64_t n) { return below(n) == 0; }

/* ---- files ---- */

struct file {
	char path[160];
	struct vault_trait t;
	uint64_t ino, id; /* id: of the content */
	bool edited;      /* some of its chunks were there before */
	bool kept_time;   /* changed, and its time of modification was put back */
};
struct tree {
	struct file *f;
	size_t n, cap;
};
struct world {
	struct tree then, now;
	struct vault_history h;
	uint64_t next_ino, next_id;
	uint64_t id_then; /* contents above this are of today */
	uint64_t free_ino[64]; /* given out again, as ext4 does */
	size_t free_n;
	bool reuse;
	struct vault_verdict v;
	uint64_t snapshots;
};

static const struct { const char *suffix; int type; double e0, e1, r0, r1, w0, w1; uint64_t s0, s1; } KINDS[] = {
	{".docx", CONTENT_OOXML, 7.5, 7.98, .2, .9, .05, .08, 8000, 400000},
	{".xlsx", CONTENT_OOXML, 7.4, 7.97, .2, .9, .05, .08, 6000, 300000},
	{".pdf", CONTENT_PDF, 7.2, 7.98, .1, .9, .05, .12, 9000, 900000},
	{".jpg", CONTENT_JPEG, 7.8, 7.99, .2, .95, .05, .08, 20000, 4000000},
	{".png", CONTENT_PNG, 7.5, 7.99, .2, .95, .05, .08, 900, 900000},
	{".txt", CONTENT_TEXT, 4.0, 5.0, 0, 0, .14, .3, 40, 60000},
	{".csv", CONTENT_CSV, 3.2, 4.6, 0, 0, .12, .4, 200, 900000},
	{".json", CONTENT_JSON, 4.0, 5.3, 0, 0, .15, .4, 100, 90000},
	{".xml", CONTENT_XML, 4.4, 5.3, 0, 0, .12, .3, 200, 90000},
	{".hl7", CONTENT_HL7V2, 4.3, 5.2, 0, 0, .15, .4, 300, 9000},
	{".dcm", CONTENT_DICOM, 3.0, 7.2, 0, .1, .02, .2, 20000, 900000},
	{".wav", CONTENT_WAV, 5.0, 7.3, 0, .2, .02, .1, 90000, 9000000},
	{".zip", CONTENT_ZIP, 7.6, 7.99, .4, .98, .05, .08, 900, 900000},
	{".gz", CONTENT_GZIP, 7.6, 7.99, .5, .99, .05, .08, 900, 900000},
	{".doc", CONTENT_OLE2, 3.0, 6.9, 0, .4, .04, .2, 20000, 300000},
	{".sqlite", CONTENT_SQLITE, 3.0, 7.2, 0, .3, .04, .2, 8192, 9000000},
	{".html", CONTENT_HTML, 4.4, 5.3, 0, 0, .15, .3, 200, 90000},
	{".mp4", CONTENT_MP4, 7.9, 7.99, .6, .99, .05, .08, 900000, 90000000},
};
enum { KIND_N = ARRAY_LEN(KINDS) };

static struct vault_trait healthy(struct world *w, int type, double e0, double e1, double r0, double r1, double w0, double w1, uint64_t size)
{
	struct vault_trait t = {.type = type, .named = type, .state = type == CONTENT_UNKNOWN ? CONTENT_UNCHECKED : CONTENT_VALID, .size = size};
	t.entropy = ranged(e0, e1);
	t.random_share = size >= 4096 ? ranged(r0, r1) : 0;
	t.word_share = ranged(w0, w1);
	uint64_t id = ++w->next_id * UINT64_C(0x9E3779B97F4A7C15);
	memcpy(t.head, &id, 8);
	return t;
}

static struct vault_trait healthy_kind(struct world *w, size_t k)
{
	double x = pow((double)KINDS[k].s1 / (double)KINDS[k].s0, (double)ranged(0, 1));
	return healthy(w, KINDS[k].type, KINDS[k].e0, KINDS[k].e1, KINDS[k].r0, KINDS[k].r1, KINDS[k].w0, KINDS[k].w1, (uint64_t)((double)KINDS[k].s0 * x));
}

__attribute__((unused)) static struct vault_trait unknown_binary(struct world *w, uint64_t size)
{
	return healthy(w, CONTENT_UNKNOWN, 1.0, 6.8, 0, .1, .02, .2, size);
}

static double random_entropy(uint64_t n)
{
	if (n >= 512)
		return 8 - 184.0 / (double)n;
	if (n >= 256)
		return 7.2;
	return log2((double)n) - (double)n / 500 - .02;
}

static struct vault_trait noise(struct world *w, uint64_t size)
{
	struct vault_trait t = healthy(w, CONTENT_UNKNOWN, 0, 0, .98, 1, .06, .08, size);
	t.entropy = (float)random_entropy(size);
	return t;
}

static struct file *tree_add(struct tree *t, const struct file *f)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 256;
		t->f = realloc(t->f, t->cap * sizeof *t->f);
		assert_non_null(t->f);
	}
	t->f[t->n] = *f;
	return &t->f[t->n++];
}

static uint64_t new_ino(struct world *w)
{
	if (w->reuse && w->free_n && !one_in(8))
		return w->free_ino[--w->free_n];
	return ++w->next_ino;
}

PRINTF_LIKE(3, 4) static struct file *add(struct world *w, struct vault_trait t, const char *fmt, ...)
{
	struct file f = {.t = t, .id = ++w->next_id, .ino = new_ino(w)};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(f.path, sizeof f.path, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < w->now.n; i++)
		if (w->now.n < 2000 && strcmp(w->now.f[i].path, f.path) == 0) { /* already there: it is another content */
			w->now.f[i].t = t;
			w->now.f[i].id = f.id;
			return &w->now.f[i];
		}
	return tree_add(&w->now, &f);
}

static void gone(struct world *w, size_t i)
{
	if (w->reuse && w->free_n < 64)
		w->free_ino[w->free_n++] = w->now.f[i].ino;
	w->now.f[i] = w->now.f[--w->now.n];
}

static void changed(struct world *w, struct file *f, struct vault_trait t)
{
	t.named = f->t.named;
	f->t = t;
	f->id = ++w->next_id;
	f->edited = false;
}

/* A person's edit of a healthy file: it stays what it is. */
__attribute__((unused)) static void edit(struct world *w, struct file *f)
{
	struct vault_trait t = f->t;
	t.size = t.size + t.size * below(8) / 100 + 1 + below(100);
	uint64_t id = ++w->next_id * UINT64_C(0x9E3779B97F4A7C15);
	memcpy(t.head, &id, 8);
	t.marks = 0;
	changed(w, f, t);
	f->edited = true;
}

static const char *base_of(const char *path) { return strrchr(path, '/') + 1; }
__attribute__((unused)) static const char *suffix_of(const char *path) { const char *d = strrchr(base_of(path), '.'); return d ? d : ""; }
__attribute__((unused)) static int dir_len(const char *path) { return (int)(base_of(path) - path) - 1; }

/* ---- attacks on one file's content ---- */

enum pattern { WHOLE, PARTIAL, HEADER_KEPT, EVERY16, BASE64, PATTERNS };
static const char *const PATTERN_NAMES[] = {"whole", "partial", "header kept", "16 of 32", "base64"};

__attribute__((unused)) static struct vault_trait enciphered(struct world *w, const struct vault_trait *b, enum pattern p, bool name_promises)
{
	struct vault_trait t = noise(w, b->size + (one_in(2) ? between(0, 64) : between(200, 700)));
	bool packed = content_type_packed(b->type), unknown = b->type == CONTENT_UNKNOWN;
	t.named = name_promises ? b->named : CONTENT_UNKNOWN;
	t.state = name_promises && !unknown ? CONTENT_LOST : CONTENT_UNCHECKED;
	if (p == BASE64) {
		t.size = b->size * 4 / 3 + b->size / 57 + 3;
		t.type = CONTENT_TEXT;
		t.state = name_promises && !content_textual(b->type) && !unknown ? CONTENT_LOST : CONTENT_VALID;
		t.entropy = t.size > 600 ? 6.0f : (float)fmin(5.95, log2((double)t.size) - .7);
		t.random_share = 0;
		t.word_share = ranged(.005, .026);
	} else if (p != WHOLE && packed) { /* looks as before; the header stands but for 16 of 32, where the magic is gone, too */
		t.entropy = b->entropy > 7.9f ? b->entropy : b->entropy + .05f;
		t.random_share = b->random_share;
		t.size = b->size;
		t.type = p == EVERY16 ? CONTENT_UNKNOWN : b->type;
		t.state = p == EVERY16 && !name_promises ? CONTENT_UNCHECKED : one_in(12) && p == PARTIAL ? CONTENT_VALID : CONTENT_LOST;
	} else if (p != WHOLE) {
		double share = p == PARTIAL ? 1 / 16.0 : p == HEADER_KEPT ? .9 : .5;
		t.size = b->size;
		t.type = (p == HEADER_KEPT || p == PARTIAL) && !content_textual(b->type) && one_in(2) ? b->type : CONTENT_UNKNOWN;
		t.state = t.type == b->type || name_promises ? CONTENT_LOST : CONTENT_UNCHECKED;
		if (p == PARTIAL && t.size <= 4096)
			return noise(w, t.size);
		if (p == HEADER_KEPT && t.size <= 8192)
			share = .5;
		t.random_share = p == EVERY16 || t.size < 4096 ? 0 : (float)(b->random_share * (1 - share) + share);
		/* entropy of a mixture: the mean and what the choice adds, bounded by what so many bytes can show */
		double mixed = b->entropy * (1 - share) + 8 * share + (share < 1 ? .6 * (-share * log2(share) - (1 - share) * log2(1 - share)) : 0);
		t.entropy = (float)fmin(mixed, random_entropy(t.size) - .1);
		if (t.entropy < b->entropy)
			t.entropy = b->entropy;
		t.word_share = b->word_share * (float)(1 - share) + .07f * (float)share;
	}
	return t;
}

/* ---- snapshots ---- */

static int path_order(const void *a, const void *b)
{
	const unsigned char *x = (const unsigned char *)((const struct file *)a)->path, *y = (const unsigned char *)((const struct file *)b)->path;
	while (*x && *x == *y)
		x++, y++;
	int cx = *x == '/' ? 1 : *x ? *x + 1 : 0, cy = *y == '/' ? 1 : *y ? *y + 1 : 0;
	return cx - cy;
}

static struct vault_change change_of(const struct file *b, const struct file *a)
{
	struct vault_change c = {.before = b ? &b->t : NULL, .after = a ? &a->t : NULL, .ino_before = b ? b->ino : 0, .ino_after = a ? a->ino : 0};
	c.path = slice_str(a ? a->path : b->path);
	c.what = !b ? '+' : !a ? '-' : a->id == b->id ? '=' : '~';
	c.same_time = c.what == '~' && a->kept_time;
	if (a && c.what != '=') {
		c.known_bytes = a->edited ? a->t.size * 3 / 4 : 0;
		c.new_bytes = a->t.size - c.known_bytes;
	}
	return c;
}

typedef void change_fn(void *arg, struct vault_change *c, struct file *after);
static void each_change(struct world *w, change_fn *fn, void *arg)
{
	if (w->then.n)
		qsort(w->then.f, w->then.n, sizeof(struct file), path_order);
	if (w->now.n)
		qsort(w->now.f, w->now.n, sizeof(struct file), path_order);
	size_t i = 0, k = 0;
	while (i < w->then.n || k < w->now.n) {
		int o = i == w->then.n ? 1 : k == w->now.n ? -1 : path_order(&w->then.f[i], &w->now.f[k]);
		struct file *b = o <= 0 ? &w->then.f[i++] : NULL, *a = o >= 0 ? &w->now.f[k++] : NULL;
		struct vault_change c = change_of(b, a);
		fn(arg, &c, a);
	}
}

static void judge_one_change(void *arg, struct vault_change *c, struct file *after)
{
	uint8_t marks;
	int64_t marked;
	struct vault_trait before;
	if (c->what == '=') { /* one trait, as a catalogue has it */
		before = *c->before;
		c->before = c->after = &before;
	}
	vault_judge_add(arg, c, &marks, &marked);
	if (after) {
		after->t.marks = marks;
		after->t.marked = marked;
	}
}

static void world_settle(struct world *w)
{
	w->then.n = 0;
	for (size_t i = 0; i < w->now.n; i++) {
		w->now.f[i].edited = false;
		tree_add(&w->then, &w->now.f[i]);
	}
	w->free_n = 0;
	w->id_then = w->next_id;
}

static const uint8_t WORLD_KEY[16] = "a key for tables";

/* Judges what happened since the last one. The trees stay for questions (looking back) until settle. */
static const struct vault_verdict *world_judge(struct world *w)
{
	struct vault_judge *j = vault_judge_new(&w->h, WORLD_KEY);
	assert_non_null(j);
	each_change(w, judge_one_change, j);
	vault_verdict_done(&w->v);
	vault_judge_end(j, &w->v);
	assert_true(buf_ok(&w->v.reasons));
	struct vault_past p = {.time = w->h.now, .files = w->now.n, .changed = j->c.changed, .added = j->c.added, .removed = j->c.removed, .damage = w->v.damage};
	vault_judge_free(j);
	memmove(w->h.past + 1, w->h.past, sizeof w->h.past - sizeof w->h.past[0]);
	w->h.past[0] = p;
	w->h.n += w->h.n < ARRAY_LEN(w->h.past);
	w->h.first = false;
	w->h.now += INT64_C(86400) * TIME_SEC;
	memcpy(w->h.signs, w->v.signs, sizeof w->h.signs);
	w->snapshots++;
	return &w->v;
}

static const struct vault_verdict *world_snapshot(struct world *w)
{
	const struct vault_verdict *v = world_judge(w);
	world_settle(w);
	return v;
}

static void world_begin(struct world *w, uint64_t seed)
{
	*w = (struct world){.next_ino = 1000};
	rng_state = seed;
	w->h.first = true;
	w->h.now = INT64_C(1790000000) * TIME_SEC;
}

static void world_end(struct world *w)
{
	free(w->then.f);
	free(w->now.f);
	vault_verdict_done(&w->v);
}

/* Documents of many kinds in folders. */
__attribute__((unused)) static void people_files(struct world *w, size_t n, size_t folders)
{
	static const char *const words[] = {"letter", "report", "plan", "scan", "roster", "list", "minutes", "invoice", "photo", "result"};
	for (size_t i = 0; i < n; i++) {
		size_t k = below(KIND_N), d = below(folders);
		struct vault_trait t = healthy_kind(w, k);
		struct file f = {.t = t, .id = ++w->next_id, .ino = new_ino(w)};
		snprintf(f.path, sizeof f.path, "/srv/share/%zu/%s/%s-%zu%s", d % 7, words[d % 10], words[below(10)], i, KINDS[k].suffix);
		tree_add(&w->now, &f);
	}
}

__attribute__((unused)) static const char *reasons(struct world *w)
{
	return buf_cstr(&w->v.reasons);
}

#endif
