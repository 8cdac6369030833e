/* A run: objects, then their content by as many workers as are asked for, then persons.
 *
 * Files are read in an order that has nothing to do with what is in them (by a hash of their names), so that what was read until now is a sample of all, and says how much is still to come (scope_estimate.c); but for the few largest, which come first and are a sample of nothing. */
#include "survey_internal.h"

#include "seal.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct met { /* a person, while files are read: known ones by number, strangers by what is said of them */
	uint64_t who;       /* 0: free */
	uint32_t first;     /* the first object */
	uint32_t last : 30; /* the newest */
	uint32_t in : 2;    /* how many: MET_ONCE ... */
};
enum { MET_ONCE = 1, MET_TWICE, MET_MORE }; /* TWICE: in two files of which none is a large one */
struct work {
	const struct survey_job *job;
	struct survey *f;
	uint32_t *order;
	size_t n, next, done;
	uint8_t *large;     /* by object */
	size_t larges, larges_done;
	pthread_mutex_t mu;
	struct met *met;
	size_t met_n, met_slots;
	uint32_t *once;     /* by object: persons met in it alone */
	uint64_t twice;
	int64_t told;
	int code;
	struct err err;
};

/* ---- how many, so far ---- */

static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return (h ^ h >> 33) | 1;
}

static bool meet(struct work *w, uint64_t who, uint32_t object)
{
	if (2 * (w->met_n + 1) > w->met_slots) {
		size_t slots = w->met_slots ? w->met_slots * 2 : 1 << 12;
		struct met *m = calloc(slots, sizeof *m);
		if (!m)
			return false;
		for (size_t i = 0; i < w->met_slots; i++)
			if (w->met[i].who) {
				size_t k = w->met[i].who & (slots - 1);
				while (m[k].who)
					k = (k + 1) & (slots - 1);
				m[k] = w->met[i];
			}
		free(w->met);
		w->met = m;
		w->met_slots = slots;
	}
	size_t k = who & (w->met_slots - 1);
	while (w->met[k].who && w->met[k].who != who)
		k = (k + 1) & (w->met_slots - 1);
	struct met *m = &w->met[k];
	if (!m->who) {
		*m = (struct met){who, object, object & 0x3fffffff, MET_ONCE};
		w->met_n++;
		w->once[object]++;
	} else if (m->last != (object & 0x3fffffff)) {
		bool two = m->in == MET_ONCE && !w->large[m->first] && !w->large[object];
		w->once[m->first] -= m->in == MET_ONCE;
		w->twice -= m->in == MET_TWICE;
		w->twice += two;
		m->in = two ? MET_TWICE : MET_MORE;
		m->last = object & 0x3fffffff;
	}
	return true;
}

/* Two records say the same of whom they are about. */
uint64_t likeness(const struct reading *g, const struct mention *m)
{
	static const uint8_t by[] = {MENTION_SSN, MENTION_LAST, MENTION_FIRST, MENTION_NAME, MENTION_DOB, MENTION_MRN};
	uint64_t h = 99;
	unsigned said = 0;
	for (size_t i = 0; i < sizeof by; i++) {
		if (!m->value[by[i]] || (by[i] == MENTION_MRN && said > 1))
			continue;
		said++;
		for (const char *p = (const char *)g->text.p + m->value[by[i]] - 1; *p; p++) {
			uint8_t c = (uint8_t)*p;
			if (c >= 'A' && c <= 'Z')
				c |= 0x20;
			if (c > ' ' && c != '-' && c != '/')
				h = h * 1099511628211u + c;
		}
		if (by[i] == MENTION_SSN)
			break;
	}
	return said ? mix(h) : 0;
}

static bool count_met(struct work *w, uint32_t object)
{
	const struct reading *g = &w->f->reading[object];
	for (uint32_t i = 0; i < g->knowns; i++)
		if (!meet(w, mix(0x100000000u + g->known[i].person), object))
			return false;
	for (uint32_t i = 0; i < g->mentions; i++) {
		uint64_t who = named_beside(&g->mention[i]) ? 0 : likeness(g, &g->mention[i]);
		if (who && !meet(w, who, object))
			return false;
	}
	return true;
}

static void tell(struct work *w, bool last)
{
	struct scope_count c = {.files_read = w->done, .files_all = w->n, .whole_read = w->larges_done, .whole_all = w->larges, .met = w->met_n, .merged = w->met_n, .twice = w->twice};
	struct scope_estimate e;
	double sum = 0, squares = 0;
	int64_t now = time_monotonic();
	if (!w->job->progress || (!last && now - w->told < INT64_C(1000000000)))
		return;
	w->told = now;
	double n = (double)(w->done - w->larges_done);
	for (size_t i = 0; i < w->f->n; i++)
		if (!w->large[i]) {
			c.once += w->once[i];
			sum += w->once[i];
			squares += (double)w->once[i] * w->once[i];
		}
	if (n > 1 && squares > sum * sum / n)
		c.once_spread = sqrt((squares - sum * sum / n) / (n - 1));
	scope_estimate(&c, &e);
	w->job->progress(w->job->arg, &c, &e);
}

/* ---- reading ---- */

static void failed(struct work *w, int code, const struct err *e)
{
	if (w->code == 0) {
		w->code = code;
		w->err = *e;
	}
}

static void *worker(void *arg)
{
	struct work *w = arg;
	struct reader *r = reader_new(w->job);
	struct err e = {0};
	pthread_mutex_lock(&w->mu);
	if (!r)
		failed(w, err_set(&e, ERR_MEMORY, NULL, "no memory"), &e);
	while (w->code == 0 && w->next < w->n) {
		uint32_t i = w->order[w->next++];
		pthread_mutex_unlock(&w->mu);
		int code = reader_read(r, &w->f->object[i], &w->f->reading[i], &e);
		pthread_mutex_lock(&w->mu);
		w->done++;
		w->larges_done += w->large[i];
		if (code == 0 && !count_met(w, i))
			code = err_set(&e, ERR_MEMORY, NULL, "no memory");
		if (code < 0)
			failed(w, code, &e);
		else
			tell(w, false);
	}
	pthread_mutex_unlock(&w->mu);
	reader_free(r);
	return NULL;
}

/* ---- the same bytes under several names ---- */

static const struct survey *sorting; /* qsort has no argument for it */

static int by_size(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	uint64_t x = sorting->object[a].size, y = sorting->object[b].size;
	return x != y ? x < y ? -1 : 1 : a < b ? -1 : a > b;
}

static bool hash_file(struct survey_object *o, struct seal_sha256 *h, uint8_t *block, size_t room)
{
	AUTO_CLOSE int fd = open(o->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	ssize_t n;
	if (fd < 0)
		return false;
	seal_sha256_begin(h);
	while ((n = read(fd, block, room)) > 0)
		seal_sha256_add(h, slice_of(block, (size_t)n));
	seal_sha256_end(h, o->sha256);
	return n == 0;
}

#define BLOCK ((size_t)1 << 20)

static int by_hash(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	int c = memcmp(sorting->object[a].sha256, sorting->object[b].sha256, sizeof sorting->object[a].sha256);
	return c ? c : a < b ? -1 : a > b;
}

/* Only files of one size can have the same bytes: these are read once for their hash, and the first of each hash stands for the others. */
static int find_same(struct survey *f, uint32_t *v, size_t n, struct err *e)
{
	struct seal_sha256 *h = seal_sha256_new();
	uint8_t *block = malloc(BLOCK);
	int r = h && block ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	sorting = f;
	qsort(v, n, sizeof *v, by_size);
	for (size_t i = 0, end; r == 0 && i < n; i = end) {
		size_t hashed = 0;
		for (end = i + 1; end < n && f->object[v[end]].size == f->object[v[i]].size;)
			end++;
		if (end - i < 2)
			continue;
		for (size_t k = i; k < end; k++) /* what cannot be read is nobody's twin: it stays where it is, behind the others */
			if (hash_file(&f->object[v[k]], h, block, BLOCK)) {
				uint32_t x = v[k];
				v[k] = v[i + hashed];
				v[i + hashed++] = x;
			}
		qsort(v + i, hashed, sizeof *v, by_hash);
		for (size_t k = i + 1, first = i; k < i + hashed; k++)
			if (!memcmp(f->object[v[k]].sha256, f->object[v[first]].sha256, sizeof f->object[v[k]].sha256))
				f->object[v[k]].same_as = v[first];
			else
				first = k;
	}
	free(block);
	seal_sha256_free(h);
	return r;
}

struct shuffled {
	uint64_t key;
	uint32_t i;
};

static int by_shuffle(const void *pa, const void *pb)
{
	const struct shuffled *a = pa, *b = pb;
	return a->key != b->key ? a->key < b->key ? -1 : 1 : a->i < b->i ? -1 : a->i > b->i;
}

#define LARGE_TIMES 16              /* what the middle one of all files has */
#define LARGE_LEAST ((uint64_t)1 << 16)
#define LARGE_SHARE 20              /* one in that many at most: sooner than that is read, nothing is said of how many there are */

static int largest(const void *pa, const void *pb)
{
	const struct shuffled *a = pa, *b = pb;
	return a->key != b->key ? a->key > b->key ? -1 : 1 : a->i < b->i ? -1 : a->i > b->i;
}

/* The few that are far larger than the others are read before them, the largest first (scope_estimate): that is also when several workers end soonest. The others stay in their order. s: room for all. */
static void large_first(struct work *w, struct shuffled *s)
{
	const struct survey *f = w->f;
	size_t k;
	for (size_t i = 0; i < w->n; i++)
		s[i] = (struct shuffled){f->object[w->order[i]].size, w->order[i]};
	qsort(s, w->n, sizeof *s, largest);
	uint64_t limit = w->n ? LARGE_TIMES * s[w->n / 2].key : 0;
	limit = limit < LARGE_LEAST ? LARGE_LEAST : limit;
	while (w->larges < w->n / LARGE_SHARE && s[w->larges].key >= limit)
		w->large[s[w->larges++].i] = 1;
	k = w->larges;
	for (size_t i = 0; i < w->n; i++)
		if (!w->large[w->order[i]])
			s[k++].i = w->order[i];
	for (size_t i = 0; i < w->n; i++)
		w->order[i] = s[i].i;
}

static int make_order(struct work *w, struct err *e)
{
	struct survey *f = w->f;
	struct shuffled *s = calloc(f->n ? f->n : 1, sizeof *s);
	size_t n = 0;
	w->order = calloc(f->n ? f->n : 1, sizeof *w->order);
	w->once = calloc(f->n ? f->n : 1, sizeof *w->once);
	w->large = calloc(f->n ? f->n : 1, sizeof *w->large);
	if (!w->order || !w->once || !w->large || !s) {
		free(s);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	for (size_t i = 0; i < f->n; i++) {
		struct stat st;
		if (f->object[i].file && stat(f->object[i].file, &st) == 0) {
			f->object[i].size = (uint64_t)st.st_size;
			w->order[n++] = (uint32_t)i;
		}
	}
	int r = find_same(f, w->order, n, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		uint32_t o = w->order[i];
		uint8_t hash[SEAL_HASH];
		if (f->object[o].same_as >= 0)
			continue;
		seal_sha256_once(f->object[o].path, hash);
		memcpy(&s[w->n].key, hash, sizeof s->key);
		s[w->n++].i = o;
	}
	qsort(s, w->n, sizeof *s, by_shuffle);
	for (size_t i = 0; i < w->n; i++)
		w->order[i] = s[i].i;
	if (r == 0)
		large_first(w, s);
	free(s);
	return r;
}

static int read_all(struct work *w, struct err *e)
{
	pthread_t t[64];
	unsigned n = w->job->threads < 1 ? 1 : w->job->threads > 64 ? 64 : w->job->threads, started = 0;
	pthread_mutex_init(&w->mu, NULL);
	while (started + 1 < n && pthread_create(&t[started], NULL, worker, w) == 0)
		started++;
	worker(w);
	for (unsigned i = 0; i < started; i++)
		pthread_join(t[i], NULL);
	pthread_mutex_destroy(&w->mu);
	if (w->code < 0) {
		*e = w->err;
		return w->code;
	}
	tell(w, true);
	return 0;
}

static void add_up(struct survey *f)
{
	struct survey_totals *t = &f->totals;
	for (size_t i = 0; i < f->n; i++) {
		struct survey_object *o = &f->object[i];
		if (o->level < EVIDENCE_ACCESSED)
			continue;
		if (o->same_as >= 0) {
			const struct survey_object *a = &f->object[o->same_as];
			o->state = a->state;
			o->type = a->type;
			o->hits = a->hits;
			o->records = a->records;
			t->same++;
		} else {
			t->hits += f->reading[i].hits;
			t->bytes += f->reading[i].bytes;
			t->records += f->reading[i].records;
			t->unattributed += f->reading[i].unattributed;
		}
		t->read += o->state == SURVEY_READ;
		t->in_part += o->state == SURVEY_READ_IN_PART;
		t->not_found += o->state == SURVEY_NOT_FOUND;
		t->not_files += o->state == SURVEY_UNRESOLVED; /* until it is known whose it is */
		t->unreadable += o->state == SURVEY_UNREADABLE;
	}
}

int survey_run(const struct survey_job *job, struct survey **ret, struct err *e)
{
	struct survey *f = calloc(1, sizeof *f);
	struct work w = {.job = job, .f = f};
	if (!f)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	f->a = arena_new((size_t)8 << 30);
	f->exposure = scope_exposure_new();
	int r = f->a && f->exposure ? objects_find(job, f, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = make_order(&w, e);
	if (r == 0)
		r = read_all(&w, e);
	free(w.order);
	free(w.once);
	free(w.large);
	free(w.met);
	if (r == 0)
		add_up(f);
	if (r == 0)
		r = refs_follow(job, f, e);
	if (r == 0)
		r = persons_make(job, f, e);
	if (r < 0) {
		survey_free(f);
		return r;
	}
	*ret = f;
	return 0;
}

/* ---- what came out ---- */

void survey_free(struct survey *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n + f->aids; i++) {
		free(f->object[i].file);
		free(f->object[i].trouble);
		reading_done(&f->reading[i]);
	}
	free(f->attached);
	free(f->relation);
	free(f->object);
	free(f->reading);
	scope_exposure_free(f->exposure);
	free(f->flags);
	free(f->language);
	free(f->stranger);
	free(f->stranger_of);
	free(f->all);
	free(f->cluster);
	free(f->next);
	free(f->beside);
	free(f->grey);
	arena_free(f->a);
	free(f);
}

size_t survey_objects(const struct survey *f)
{
	return f->n;
}

const struct survey_object *survey_object(const struct survey *f, size_t i)
{
	return &f->object[i];
}

struct scope_exposure *survey_exposure(struct survey *f)
{
	return f->exposure;
}

static const struct stranger *stranger_by(const struct survey *f, uint32_t number)
{
	return number < f->stranger_numbers && f->stranger_of[number] ? &f->stranger[f->stranger_of[number] - 1] : NULL;
}

static const char *const whats[] = {"subject", "guarantor", "kin", "subscriber", "provider", "staff", "anybody"};

bool survey_stranger(const struct survey *f, uint32_t number, struct survey_person *ret)
{
	const struct stranger *s = stranger_by(f, number);
	if (!s)
		return false;
	*ret = (struct survey_person){.id = scope_exposure_id(f->exposure, number), .stranger = true, .number = number, .records = s->records, .what = slice_str(whats[s->who])};
	return true;
}

struct slice survey_value(const struct survey *f, uint32_t number, int role)
{
	const struct stranger *s = stranger_by(f, number);
	int c = mention_column(role);
	if (!s || c < 0)
		return SLICE_NULL;
	for (uint32_t i = s->first; i != NONE; i = f->next[i]) {
		const struct reading *g = &f->reading[f->all[i].object];
		const struct mention *m = &g->mention[f->all[i].mention];
		if (m->value[c])
			return slice_str((const char *)g->text.p + m->value[c] - 1);
	}
	return SLICE_NULL;
}

int survey_language(const struct survey *f, uint32_t number)
{
	return number < f->flags_n && f->language[number] ? f->language[number] - 1 : PERSON_LANGUAGE_NOT_SAID;
}

unsigned survey_flags(const struct survey *f, uint32_t number)
{
	return number < f->flags_n ? f->flags[number] : 0;
}

size_t survey_grey_n(const struct survey *f)
{
	return f->greys;
}

static struct slice id_of(const struct survey *f, uint32_t record)
{
	return scope_exposure_id(f->exposure, f->stranger[f->cluster[record]].number);
}

int survey_grey(struct survey *f, size_t i, struct survey_grey *ret, struct err *e)
{
	const struct grey *g = &f->grey[i];
	assert(i < f->greys);
	struct slice a = record_name(f, g->a), b = record_name(f, g->b);
	if (!a.p || !b.p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	*ret = (struct survey_grey){a, b, id_of(f, g->a), id_of(f, g->b), g->weight, g->probability, slice_str(g->why), g->a, g->b};
	return 0;
}

void survey_record(const struct survey *f, uint32_t record, struct survey_record *ret)
{
	assert(record < f->all_n);
	const struct place_of *p = &f->all[record];
	const struct mention *m = &f->reading[p->object].mention[p->mention];
	*ret = (struct survey_record){.object = &f->object[p->object], .offset = m->offset, .member = m->member, .number = f->stranger[f->cluster[record]].number, .elements = m->elements, .who = whats[m->who]};
}

struct slice survey_record_value(const struct survey *f, uint32_t record, int column, int *ret_role)
{
	assert(record < f->all_n);
	*ret_role = column >= 0 && column < MENTION_COLUMNS ? mention_role(column) : -1;
	if (*ret_role < 0)
		return SLICE_NULL;
	const struct reading *g = &f->reading[f->all[record].object];
	uint32_t at = g->mention[f->all[record].mention].value[column];
	return at ? slice_str((const char *)g->text.p + at - 1) : SLICE_NULL;
}

size_t survey_beside_n(const struct survey *f)
{
	return f->beside_n;
}

void survey_beside(const struct survey *f, size_t i, struct survey_beside *ret)
{
	assert(i < f->beside_n);
	const struct reading *g = &f->reading[f->beside[i].object];
	const struct mention *m = &g->mention[f->beside[i].mention];
	static const uint8_t of[] = {MENTION_FIRST, MENTION_LAST, MENTION_NAME};
	struct slice said[ARRAY_LEN(of)];
	for (size_t k = 0; k < ARRAY_LEN(of); k++)
		said[k] = m->value[of[k]] ? slice_str((const char *)g->text.p + m->value[of[k]] - 1) : SLICE_NULL;
	*ret = (struct survey_beside){&f->object[f->beside[i].object], m->offset, whats[m->who], said[0], said[1], said[2]};
}

void survey_totals(const struct survey *f, struct survey_totals *ret)
{
	*ret = f->totals;
}
