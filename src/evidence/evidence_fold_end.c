/* The end of a fold: what no single source can tell. A file that was read under a later name was read; a name that others lie below is a folder; what a machine was handed is held against what was seen leaving for it. */
#include "evidence_fold.h"

#include <stdlib.h>

/* Only a rename before the read hands it on: what is read under a name that it lost later was read under its own. At most 64 names long. */
static int hand_back(struct evidence_fold *f)
{
	static const char why[] = "read under the name that it was given before";
	uint32_t reason;
	int r = evidence_fold_put_word(f, slice_str(why), &reason);
	for (size_t i = 0; r == 0 && i < f->n; i++) {
		struct folded *late = &f->v[i];
		int64_t read = late->last;
		if (late->level < EVIDENCE_ACCESSED || !late->was)
			continue;
		uint32_t at = late->was;
		int64_t when = late->renamed;
		for (int step = 0; step < 64 && at && when != EVIDENCE_NO_TIME && read != EVIDENCE_NO_TIME && when <= read; step++) {
			struct folded *early = &f->v[at - 1];
			if (early == late || early->level >= late->level)
				break;
			early->level = late->level;
			early->confidence = late->confidence > 10 ? (uint8_t)(late->confidence - 10) : late->confidence;
			if (early->reason_n == EVIDENCE_NAMES_MAX) {
				early->more_reason = true;
				early->reason_n--;
			}
			memmove(early->reason + 1, early->reason, early->reason_n * sizeof *early->reason);
			early->reason[0] = reason;
			early->reason_n++;
			if (!early->who_n)
				memcpy(early->who, late->who, sizeof early->who), early->who_n = late->who_n;
			if (!early->from_n)
				memcpy(early->from, late->from, sizeof early->from), early->from_n = late->from_n;
			early->content = true;
			when = early->renamed;
			at = early->was;
		}
	}
	return r;
}

/* Windows' right to read data is, of a folder, the right to list it: what was called accessed was a listing. On the web a name that others lie below has content of its own. */
static int a_folder(struct evidence_fold *f, struct folded *o)
{
	uint32_t why;
	if (o->content && !o->windows)
		return 0;
	o->folder = true;
	if (!o->content)
		return 0;
	int r = evidence_fold_put_word(f, SLICE("a folder, for others lie below it: its right to read is the right to list"), &why);
	if (r)
		return r;
	o->level = EVIDENCE_LISTED;
	o->confidence = 90;
	if (o->reason_n == EVIDENCE_NAMES_MAX)
		o->reason_n--;
	memmove(o->reason + 1, o->reason, o->reason_n * sizeof *o->reason);
	o->reason[0] = why;
	o->reason_n++;
	return 0;
}

/* Every name that another lies below. */
static int folders(struct evidence_fold *f)
{
	for (size_t i = 0; i < f->keys.cap; i++) {
		struct slice k = f->keys.v[i].key;
		uint64_t at;
		int r;
		if (!k.p)
			continue;
		for (size_t n = k.n; n > 1; n--) {
			if (k.p[n - 1] != '/' || k.p[n - 2] == 0)
				continue;
			at = evidence_map_get(&f->keys, slice_of(k.p, n - 1));
			if (!at)
				continue; /* a part between may not have been touched itself */
			if (f->v[at - 1].folder)
				break;    /* all above it are known */
			r = a_folder(f, &f->v[at - 1]);
			if (r)
				return r;
		}
	}
	return 0;
}

/* Parts of one log are sources of one kind, and add up; another kind of source that saw the same is held against it, and the larger counts. */
static uint64_t bytes_of(const struct evidence_fold *f, const struct folded *o)
{
	uint64_t of_group[ARRAY_LEN(f->group)] = {0}, most = 0;
	for (size_t i = 0; i < ARRAY_LEN(o->sum); i++)
		if (o->sum[i].source) {
			uint64_t *b = &of_group[f->source[o->sum[i].source - 1].group];
			if (__builtin_add_overflow(*b, o->sum[i].bytes, b))
				*b = UINT64_MAX;
		}
	for (const struct folded_more *m = o->more; m; m = m->next) {
		uint64_t *b = &of_group[f->source[m->source - 1].group];
		if (__builtin_add_overflow(*b, m->bytes, b))
			*b = UINT64_MAX;
	}
	for (size_t i = 0; i < ARRAY_LEN(of_group); i++)
		most = of_group[i] > most ? of_group[i] : most;
	return most;
}

/* Holds what each machine was handed against what was seen going to it. A network log that knows the machine and saw less go there than was read says that not all of it left; one that never saw the machine says nothing. */
static int bound(struct evidence_fold *f)
{
	static const char why[] = "more was read from this machine than was seen going to it: not all of it can have left";
	uint64_t *seen = f->flow_n ? calloc(f->word_n + 2, sizeof *seen) : NULL, *taken = seen ? calloc(f->word_n + 2, sizeof *taken) : NULL;
	uint32_t reason = 0;
	int r = !f->flow_n ? 0 : !taken ? ERR_MEMORY : 0;
	for (size_t i = 0; taken && i < f->flow_n; i++)
		if (__builtin_add_overflow(seen[f->flow[i].to], f->flow[i].bytes, &seen[f->flow[i].to]))
			seen[f->flow[i].to] = UINT64_MAX;
	for (size_t i = 0; taken && i < f->n; i++)
		if (f->v[i].level == EVIDENCE_ACQUIRED && f->v[i].from_n && f->v[i].has_bytes && __builtin_add_overflow(taken[f->v[i].from[0]], f->v[i].bytes, &taken[f->v[i].from[0]]))
			taken[f->v[i].from[0]] = UINT64_MAX;
	for (size_t i = 0; r == 0 && taken && i < f->n; i++) {
		struct folded *o = &f->v[i];
		uint32_t to = o->from_n ? o->from[0] : 0;
		if (o->level != EVIDENCE_ACQUIRED || !o->has_bytes || !to || !seen[to] || taken[to] <= seen[to])
			continue;
		r = reason ? 0 : evidence_fold_put_word(f, slice_str(why), &reason);
		if (o->reason_n == EVIDENCE_NAMES_MAX) {
			o->more_reason = true;
			o->reason_n--;
		}
		o->reason[o->reason_n++] = reason;
		o->confidence = o->confidence > 60 ? 60 : o->confidence;
	}
	free(seen);
	free(taken);
	return r;
}

static int by_path(const void *a, const void *b, void *fold)
{
	const struct evidence_fold *f = fold;
	const struct folded *x = &f->v[*(const uint32_t *)a], *y = &f->v[*(const uint32_t *)b];
	int c = slice_cmp(x->path, y->path);
	if (c == 0)
		c = slice_cmp(evidence_fold_word(f, x->host), evidence_fold_word(f, y->host));
	return c ? c : *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

int evidence_fold_finish(struct evidence_fold *f, struct err *e)
{
	int r = evidence_fold_join(f, e);
	if (r)
		return r;
	r = f->renames ? hand_back(f) : 0;
	if (r == 0)
		r = folders(f);
	for (size_t i = 0; i < f->n; i++)
		f->v[i].bytes = bytes_of(f, &f->v[i]);
	if (r == 0)
		r = bound(f);
	if (r)
		return err_set(e, r, NULL, "no memory to join the touches");
	f->order = calloc(f->n + 1, sizeof *f->order);
	if (!f->order)
		return err_set(e, ERR_MEMORY, NULL, "no memory to sort the touches");
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].level != EVIDENCE_NONE)
			f->order[f->order_n++] = (uint32_t)i;
	qsort_r(f->order, f->order_n, sizeof *f->order, by_path, f);
	return f->lost_bytes ? err_set(e, ERR_LIMIT, NULL, "no room for the bytes of all sources") : 0;
}

static uint32_t words(const struct evidence_fold *f, const uint32_t *from, size_t n, struct slice to[EVIDENCE_NAMES_MAX])
{
	for (size_t i = 0; i < n; i++)
		to[i] = evidence_fold_word(f, from[i]);
	return (uint32_t)n;
}

const struct evidence_object *evidence_fold_at(const struct evidence_fold *cf, size_t i)
{
	struct evidence_fold *f = (struct evidence_fold *)(uintptr_t)cf;
	const struct folded *o = &f->v[f->order[i]];
	f->out = (struct evidence_object){
		.path = o->path, .logged = o->logged, .host = evidence_fold_word(f, o->host), .more_who = o->more_who, .more_from = o->more_from, .more_reason = o->more_reason, .first = o->first, .last = o->last,
		.bytes = o->bytes, .count = o->count, .first_source = o->first_source, .last_source = o->last_source, .first_record = o->first_record, .last_record = o->last_record, .sources = o->sources,
		.level = o->level, .confidence = o->confidence, .has_bytes = o->has_bytes, .folder = o->folder, .windows = o->windows, .untimed = o->untimed,
		.was = o->was ? f->v[o->was - 1].path : SLICE_NULL, .became = o->became ? f->v[o->became - 1].path : SLICE_NULL,
	};
	f->out.who_n = words(f, o->who, o->who_n, f->out.who);
	f->out.from_n = words(f, o->from, o->from_n, f->out.from);
	f->out.reason_n = words(f, o->reason, o->reason_n, f->out.reason);
	return &f->out;
}
