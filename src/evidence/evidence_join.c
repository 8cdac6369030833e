/* Events whose records stand in two files: a log that was rotated in the middle of one. Each source hands over what it does not hold whole; when all were read, records of one event are put together, whichever file came first, and read as what they are. */
#include "evidence_fold.h"

#include <stdlib.h>

#define LOOSE_MAX 65536u /* events of all sources: a reader holds 64 at the end of a file, and a damaged log must not fill the memory */

static struct slice own(struct evidence_fold *f, struct slice s)
{
	return s.n ? arena_dup(f->a, s) : SLICE("");
}

int evidence_fold_loose(void *fold, const struct evidence_source *src, const struct evidence_loose *x)
{
	struct evidence_fold *f = fold;
	if (f->loose_n == LOOSE_MAX)
		return 0; /* it was counted as an event that is not whole */
	if (f->loose_n == f->loose_cap) {
		size_t cap = f->loose_cap ? f->loose_cap * 2 : 16;
		struct folded_loose *v = reallocarray(f->loose, cap, sizeof *v);
		if (!v)
			return ERR_MEMORY;
		f->loose = v;
		f->loose_cap = cap;
	}
	struct folded_loose *to = &f->loose[f->loose_n];
	*to = (struct folded_loose){.said = {own(f, x->key), own(f, x->lines), own(f, x->who), own(f, x->from), x->record, x->head}, .src = {.zone_minutes = src->zone_minutes, .skew = src->skew, .near = src->near, .host = own(f, src->host)}, .source = (uint32_t)f->source_n};
	if (!to->said.key.p || !to->said.lines.p || !to->said.who.p || !to->said.from.p || !to->src.host.p)
		return arena_code(f->a);
	f->loose_n++;
	return 0;
}

/* Those of one event behind each other, the one that says what was done first, then as they came. */
static int by_event(const void *pa, const void *pb)
{
	const struct folded_loose *a = pa, *b = pb;
	int c = slice_cmp(a->src.host, b->src.host);
	c = c ? c : slice_cmp(a->said.key, b->said.key);
	if (c)
		return c;
	if (a->said.head != b->said.head)
		return a->said.head ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return a->said.record < b->said.record ? -1 : a->said.record > b->said.record;
}

struct joining {
	struct evidence_fold *f;
	const struct folded_loose *head;
};

/* Who it was and from where is known from the file that it began in. */
static int joined(void *arg, const struct evidence_touch *t)
{
	const struct joining *j = arg;
	struct evidence_touch x = *t;
	x.record = j->head->said.record;
	x.who = j->head->said.who.n ? j->head->said.who : x.who;
	x.from = j->head->said.from.n ? j->head->said.from : x.from;
	return evidence_fold_touch(j->f, &x);
}

static int one_event(struct evidence_fold *f, const struct folded_loose *v, size_t n, struct err *e)
{
	AUTO_BUF struct buf lines = {0};
	struct joining j = {f, v};
	struct evidence_account a;
	const struct evidence_out out = {joined, NULL, &j, NULL};
	struct evidence_source src = v->src;
	size_t sources = f->source_n;
	buf_init(&lines, (size_t)64 << 20);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !slice_eq(v[i].said.lines, v[i - 1].said.lines)) /* the same file twice */
			buf_add_slice(&lines, v[i].said.lines);
	if (!buf_ok(&lines))
		return err_set(e, buf_code(&lines), NULL, "no memory to join the records of an event");
	f->source_n = v->source; /* touches belong to the source that was begun last */
	src.name = f->source_n ? f->source[f->source_n - 1].name : "";
	int r = evidence_read(buf_slice(&lines), &src, &out, &a, e);
	f->source_n = sources;
	f->joined += r == 0 && n > 1;
	return r == ERR_INPUT ? 0 : r;
}

int evidence_fold_join(struct evidence_fold *f, struct err *e)
{
	int r = 0;
	if (f->loose_n)
		qsort(f->loose, f->loose_n, sizeof *f->loose, by_event);
	for (size_t i = 0, end; r == 0 && i < f->loose_n; i = end) {
		for (end = i + 1; end < f->loose_n && slice_eq(f->loose[i].src.host, f->loose[end].src.host) && slice_eq(f->loose[i].said.key, f->loose[end].said.key);)
			end++;
		if (f->loose[i].said.head) /* what nobody said the beginning of stays what it was counted as */
			r = one_event(f, &f->loose[i], end - i, e);
	}
	if (r < 0 && e->code == 0)
		err_set(e, r, NULL, "no memory to join the records of an event");
	return r;
}

uint64_t evidence_fold_joined(const struct evidence_fold *f)
{
	return f->joined;
}
