/* The life of a linkage, its threads, and what can be asked of it. */
#include "link_disk.h"

#include <stdlib.h>
#include <sys/mman.h>

/* ---- memory that is walked about in at random: in pages of 2 MiB, where they are to be had ---- */

#define HUGE ((size_t)2 << 20)
#define HUGE_FROM ((size_t)16 << 20) /* smaller things are not worth it */

void link_huge(void *p, size_t n)
{
	uintptr_t from = ((uintptr_t)p + HUGE - 1) & ~(HUGE - 1), to = ((uintptr_t)p + n) & ~(HUGE - 1);
	if (n >= HUGE_FROM && to > from)
		(void)!madvise((void *)from, to - from, MADV_HUGEPAGE);
}

/* What is mapped for so many bytes. */
static size_t mapped(size_t size)
{
	return (size + HUGE - 1) & ~(HUGE - 1);
}

void *link_stretch(void *p, size_t from, size_t to)
{
	if (to > SIZE_MAX / 2)
		return NULL;
	size_t size = mapped(to ? to : 1);
	if (p && size <= mapped(from ? from : 1))
		return p;
	/* a place that begins at a whole page of 2 MiB: what moves there keeps its large pages */
	uint8_t *place = mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (place == MAP_FAILED)
		return NULL;
	size_t before = (HUGE - ((uintptr_t)place & (HUGE - 1))) & (HUGE - 1);
	if (before)
		munmap(place, before);
	if (HUGE - before)
		munmap(place + before + size, HUGE - before);
	place += before;
	if (p && mremap(p, mapped(from ? from : 1), size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) {
		munmap(place, size);
		return NULL;
	}
	link_huge(place, size);
	return place;
}

void link_unstretch(void *p, size_t size)
{
	if (p)
		munmap(p, mapped(size ? size : 1));
}

struct link *link_new(const struct link_options *o)
{
	struct link *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->o = *o;
	assert(o->threads >= 1 && o->threads <= LINK_THREADS_MAX);
	l->o.this_year = o->this_year ? o->this_year : 2100;
	l->oldest = LINK_OLDEST;
	l->o.link = o->link > 0 ? o->link : 0.85;
	l->o.grey = o->grey > 0 ? o->grey : 0.05;
	memset(l->of, -1, sizeof l->of);
	if (link_readers_new(l) < 0) {
		free(l);
		return NULL;
	}
	return l;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	link_readers_done(l);
	link_words_done(&l->words);
	for (unsigned i = 0; i < l->fields; i++) {
		free(l->field[i].count);
		free(l->field[i].rarity);
	}
	if (!l->disk || !l->disk->blocks) /* else they are the disk's */
		link_unstretch(l->rows, l->cap * l->width * sizeof *l->rows);
	link_disk_free(l->disk);
	free(l->aside);
	free(l->id_at);
	free(l->ids);
	free(l->pair);
	free(l->edge);
	free(l->parent);
	free(l->grey);
	free(l);
}

/* ---- threads ---- */

struct work {
	int (*fn)(void *arg, uint64_t k, unsigned thread);
	void *arg;
	uint64_t n, next, failed; /* the lowest that failed */
	int code;
	pthread_mutex_t lock;
};
struct worker {
	struct work *w;
	unsigned thread;
};

static void *run(void *arg)
{
	struct worker *me = arg;
	struct work *w = me->w;
	for (;;) {
		pthread_mutex_lock(&w->lock);
		uint64_t k = w->code ? w->n : w->next;
		w->next += k < w->n;
		pthread_mutex_unlock(&w->lock);
		if (k >= w->n)
			return NULL;
		int r = w->fn(w->arg, k, me->thread);
		if (r) {
			pthread_mutex_lock(&w->lock);
			if (!w->code || k < w->failed) {
				w->code = r;
				w->failed = k;
			}
			pthread_mutex_unlock(&w->lock);
		}
	}
}

int link_parallel(unsigned threads, uint64_t n, int (*fn)(void *arg, uint64_t k, unsigned thread), void *arg)
{
	struct work w = {.fn = fn, .arg = arg, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct worker me[LINK_THREADS_MAX];
	pthread_t t[LINK_THREADS_MAX];
	unsigned started = 0;
	for (unsigned i = 0; i < threads; i++)
		me[i] = (struct worker){&w, i};
	for (unsigned i = 1; i < threads && i < n; i++) /* where no thread is to be had, fewer do the same */
		if (pthread_create(&t[started], NULL, run, &me[i]) == 0)
			started++;
		else
			break;
	run(&me[0]);
	for (unsigned i = 0; i < started; i++)
		pthread_join(t[i], NULL);
	pthread_mutex_destroy(&w.lock);
	return w.code;
}

/* ---- */

/* One field of some rows. */
static void count_field(const struct link *l, struct link_field *f, uint32_t from, uint32_t to)
{
	uint64_t filled = 0;
	if (f->words) {
		for (uint32_t k = from; k < to; k++) {
			uint32_t v = *link_at(l, link_row(l, k), f);
			filled += v != 0;
			f->count[v]++;
		}
	} else {
		for (uint32_t k = from; k < to; k++) {
			const uint32_t *at = link_at(l, link_row(l, k), f);
			uint32_t v = at[0];
			filled += v != 0 || (f->slots > 1 && at[1]);
			if (f->kind == KIND_DOB)
				f->count[link_day_slot(v)]++;
			else if (f->kind == KIND_SEX || f->kind == KIND_SUFFIX)
				f->few[v & 7]++;
		}
	}
	f->filled += filled;
}

/* How many records have each word and each day of birth: each thread counts some of the fields, in one walk over the rows, field by field of as many as stay near. */
struct counting {
	struct link *l;
	uint32_t from, to;
};

static int count_some(void *arg, uint64_t part, unsigned thread)
{
	const struct counting *c = arg;
	struct link *l = c->l;
	(void)thread;
	for (uint32_t from = c->from, to; from < c->to; from = to) {
		to = c->to - from < 512 ? c->to : from + 512;
		for (unsigned i = (unsigned)part; i < l->fields; i += l->o.threads)
			count_field(l, &l->field[i], from, to);
	}
	return 0;
}

static int count_these(void *arg, uint32_t from, uint32_t to)
{
	struct link *l = arg;
	struct counting c = {l, from, to};
	return link_parallel(l->o.threads, l->o.threads, count_some, &c);
}

static int count_values(struct link *l)
{
	for (unsigned i = 0; i < l->fields; i++) {
		struct link_field *f = &l->field[i];
		f->filled = 0;
		if (f->words || f->kind == KIND_DOB) {
			f->count = calloc(f->words ? (size_t)l->words.n + 1 : LINK_DAYS, sizeof *f->count);
			if (!f->count)
				return ERR_MEMORY;
		}
	}
	return link_rows_each(l, count_these, l);
}

int link_run(struct link *l, struct err *e)
{
	assert(!l->ran);
	l->ran = true;
	link_readers_done(l);
	uint32_t unused; /* there is a word number 0 from now on, if a file held none */
	int r = link_disk_begin(l, e);
	bool counted = r == 0 && link_words_put(&l->words, "?", 1, link_word_hash("?", 1), &unused) == 0;
	link_words_closed(&l->words);
	if (r == 0 && !(counted && count_values(l) == 0))
		r = err_set(e, ERR_MEMORY, NULL, "no memory to count the values of %u records", l->n);
	link_model_start(l);
	r = r ? r : link_block(l, e);
	r = r ? r : link_learn(l, e);
	r = r ? r : link_judge(l, e);
	r = r ? r : link_gather(l, e);
	return link_disk_end(l, r, e);
}

uint32_t link_records(const struct link *l)
{
	return l->n;
}

struct slice link_record_id(const struct link *l, uint32_t i)
{
	assert(i < l->n);
	return slice_of(l->ids + l->id_at[i], l->id_at[i + 1] - l->id_at[i]);
}

uint32_t link_cluster(const struct link *l, uint32_t i)
{
	assert(l->parent && i < l->n);
	return l->parent[i];
}

void link_count(const struct link *l, struct link_counts *ret)
{
	*ret = l->counts;
}

size_t link_grey_n(const struct link *l)
{
	return l->greys;
}

const struct link_pair *link_grey(const struct link *l, size_t i)
{
	assert(i < l->greys);
	return &l->grey[i];
}

static uint32_t row_of(const struct link *l, uint32_t record)
{
	return l->disk ? link_disk_row(l, record) : record;
}

struct link_pair link_score(const struct link *l, uint32_t a, uint32_t b)
{
	uint8_t level[LINK_FIELDS_MAX];
	link_compare(l, NULL, row_of(l, a), row_of(l, b), level);
	struct link_sums s = link_sum(l, row_of(l, a), level);
	double logit = (double)link_logit(l, &s);
	return (struct link_pair){a < b ? a : b, a < b ? b : a, s.m - s.u, (float)link_probability(logit)};
}

void link_explain(const struct link *l, uint32_t a, uint32_t b, struct buf *out)
{
	static const char *const words[LINK_LEVELS] = {"", "the same", "another form of it", "but for a slip", "in part", "alike", "differs", "differs widely"};
	uint8_t level[LINK_FIELDS_MAX];
	const char *sep = "";
	link_compare(l, NULL, row_of(l, a), row_of(l, b), level);
	for (unsigned i = 0; i < l->fields; i++) {
		const struct link_field *f = &l->field[i];
		uint8_t v = level[i];
		if (!v)
			continue;
		const char *said = f->kind == KIND_LAST && v == LEVEL_FAR ? "the other's first name" : f->kind == KIND_LAST && v == LEVEL_INITIAL ? "differs (men)" : f->kind == KIND_FIRST && v == LEVEL_ALIAS ? "short form" : f->kind == KIND_DOB && v == LEVEL_ALIAS ? "day and month changed about" : f->kind == KIND_DOB && v == LEVEL_INITIAL ? "the year" : f->kind == KIND_SSN && v == LEVEL_ALIAS ? "the last four" : f->kind == KIND_MEMBER && v == LEVEL_FAR ? "the same family's" : words[v];
		float w = f->lm[v] - (v == LEVEL_EXACT ? link_rarity(f, link_at(l, link_row(l, row_of(l, a)), f)) : f->lu[v]);
		buf_printf(out, "%s%s %s %+.1f", sep, f->name, said, (double)w);
		sep = "; ";
	}
}
