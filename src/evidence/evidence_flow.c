/* What was seen moving between machines, whatever it was: sums by who sent, who got it and over what. It bounds what can have been acquired, and never says of what. */
#include "evidence_fold.h"

#include <stdlib.h>

int evidence_fold_flow(void *fold, const struct evidence_flow *x)
{
	struct evidence_fold *f = fold;
	uint32_t key[4] = {0, 0, 0, (uint32_t)f->source_n};
	if (x->time != EVIDENCE_NO_TIME && ((f->o->from != EVIDENCE_NO_TIME && x->time < f->o->from) || (f->o->to != EVIDENCE_NO_TIME && x->time > f->o->to))) {
		f->outside++;
		return 0;
	}
	int r = evidence_fold_put_word(f, x->from, &key[0]);
	if (r == 0)
		r = evidence_fold_put_word(f, x->to, &key[1]);
	if (r == 0)
		r = evidence_fold_put_word(f, x->service, &key[2]);
	uint64_t at = r == 0 ? evidence_map_get(&f->flow_keys, slice_of(key, sizeof key)) : 0;
	if (r == 0 && !at) {
		if (f->flow_n == f->flow_cap) {
			size_t cap = f->flow_cap ? f->flow_cap * 2 : 256;
			struct folded_flow *v = reallocarray(f->flow, cap, sizeof *v);
			if (!v)
				return ERR_MEMORY;
			f->flow = v;
			f->flow_cap = cap;
		}
		f->flow[f->flow_n++] = (struct folded_flow){.from = key[0], .to = key[1], .service = key[2], .source = key[3], .first = EVIDENCE_NO_TIME, .last = EVIDENCE_NO_TIME};
		at = f->flow_n;
		r = evidence_map_put(&f->flow_keys, slice_of(key, sizeof key), at);
	}
	if (r)
		return r;
	struct folded_flow *w = &f->flow[at - 1];
	w->n++;
	if (__builtin_add_overflow(w->bytes, x->bytes, &w->bytes))
		w->bytes = UINT64_MAX;
	if (x->time != EVIDENCE_NO_TIME) {
		w->first = w->first == EVIDENCE_NO_TIME || x->time < w->first ? x->time : w->first;
		w->last = w->last == EVIDENCE_NO_TIME || x->time > w->last ? x->time : w->last;
	}
	return 0;
}

static int by_bytes(const void *a, const void *b, void *fold)
{
	const struct evidence_fold *f = fold;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	uint64_t x = f->flow[i].bytes, y = f->flow[k].bytes;
	return x != y ? (x > y ? -1 : 1) : i < k ? -1 : i > k;
}

void evidence_fold_flows_json(const struct evidence_fold *f, size_t max, struct jsonw *w)
{
	uint32_t *order = calloc(f->flow_n + 1, sizeof *order);
	size_t n = order ? f->flow_n : 0;
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	if (n)
		qsort_r(order, n, sizeof *order, by_bytes, (void *)(uintptr_t)f);
	jsonw_arr(w);
	for (size_t i = 0; i < n && i < max; i++) {
		const struct folded_flow *x = &f->flow[order[i]];
		jsonw_obj(w);
		jsonw_kslice(w, "from", evidence_fold_word(f, x->from));
		jsonw_kslice(w, "to", evidence_fold_word(f, x->to));
		jsonw_kslice_opt(w, "service", evidence_fold_word(f, x->service));
		jsonw_ku64(w, "bytes", x->bytes);
		jsonw_ku64(w, "flows", x->n);
		if (x->first != EVIDENCE_NO_TIME) {
			jsonw_ktime(w, "first", x->first);
			jsonw_ktime(w, "last", x->last);
		}
		jsonw_kstr(w, "source", x->source ? f->source[x->source - 1].name : "");
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	free(order);
}
