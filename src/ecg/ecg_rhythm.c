/* ecg_rhythm: the order of work. */
#include "rhythm.h"

#include <stdlib.h>

static const struct {
	const char *name, *text;
} words[ECG_RHYTHM_COUNT] = {
#define X(n, id, name, text) [n] = {name, text},
	ECG_RHYTHMS(X)
#undef X
};

const char *ecg_rhythm_name(enum ecg_rhythm r)
{
	return (unsigned)r < ECG_RHYTHM_COUNT && words[r].name ? words[r].name : "UNKNOWN";
}

const char *ecg_rhythm_text(enum ecg_rhythm r)
{
	return (unsigned)r < ECG_RHYTHM_COUNT && words[r].text ? words[r].text : "could not be told";
}

double rhythm_rr(const struct rhythm *r, size_t i)
{
	return i ? (double)(r->b->beat[i].at - r->b->beat[i - 1].at) / r->b->rate : 0;
}

bool rhythm_bad(const struct rhythm *r, uint64_t from, uint64_t to)
{
	for (size_t s = (size_t)((double)from / r->g->rate); s < r->seconds && (double)s * r->g->rate < (double)to; s++)
		if (r->bad[s])
			return true;
	return false;
}

void rhythm_add(struct rhythm *r, enum ecg_rhythm what, uint64_t start, uint64_t end, uint8_t confidence, bool over)
{
	struct ecg_episode **list = over ? &r->over : &r->base;
	size_t *n = over ? &r->overs : &r->bases, *most = over ? &r->over_max : &r->base_max;
	if (end <= start || r->full)
		return;
	if (!over && *n && (*list)[*n - 1].rhythm == what && (*list)[*n - 1].end == start) {
		(*list)[*n - 1].end = end;
		return;
	}
	if (*n == *most) { /* doubled: what is left behind in the arena is at most as much again */
		size_t more = *most ? 2 * *most : 64;
		struct ecg_episode *p = arena_array(r->a, more, sizeof *p);
		if (!p) {
			r->full = true;
			return;
		}
		if (*n)
			memcpy(p, *list, *n * sizeof *p);
		*list = p;
		*most = more;
	}
	(*list)[(*n)++] = (struct ecg_episode){what, start, end, confidence, over};
}

/* ---- what can be read where ---- */

static int look(struct rhythm *r, struct ecg_rhythm_result *ret, float *ret_range, struct err *e)
{
	float range[RHYTHM_LEADS] = {0};
	unsigned best[RHYTHM_LEADS] = {0};
	bool first = true;
	r->seconds = (size_t)((double)r->g->samples / r->g->rate) + 1;
	r->bad = arena_alloc(r->a, r->seconds);
	r->loud = arena_alloc(r->a, r->seconds);
	if (!r->bad || !r->loud)
		return err_set(e, arena_code(r->a), NULL, "no room for a record of this length");
	for (unsigned c = 0; c < r->g->channels; c++) {
		struct cells k;
		if (!r->g->channel[c].ecg)
			continue;
		int code = quality_scan(r->g, c, r->a, &k, &ret->quality[c], e);
		if (code < 0)
			return code;
		for (size_t s = 0; s < r->seconds; s++) {
			bool bad = s >= k.count || (k.cell[s] & CELL_BAD);
			r->bad[s] = first ? bad : r->bad[s] && bad;
			const bool loud = s >= k.count || (k.cell[s] & (CELL_BAD & ~CELL_FLAT)) || !(k.cell[s] & CELL_QUIET);
			r->loud[s] = first ? loud : r->loud[s] && loud;
		}
		first = false;
		/* the two cleanest, the first of equals */
		unsigned score = ret->quality[c].score + 1u, at = r->leads < RHYTHM_LEADS ? r->leads++ : RHYTHM_LEADS;
		for (unsigned l = 0; at == RHYTHM_LEADS && l < RHYTHM_LEADS; l++)
			if (best[l] < score && best[l] <= best[!l])
				at = l;
		if (at < RHYTHM_LEADS) {
			best[at] = score;
			r->channel[at] = c;
			range[at] = k.range;
		}
	}
	*ret_range = range[0];
	/* the last second is not whole: it is as the one before */
	if (r->seconds > 1)
		r->bad[r->seconds - 1] = r->bad[r->seconds - 2];
	/* one second is no episode: the beats about it tell. Three make one */
	for (size_t s = 0, t; s < r->seconds; s = t) {
		for (t = s + 1; t < r->seconds && r->bad[t] == r->bad[s]; t++)
			;
		if (r->bad[s] && t - s < 3 && t - s < r->seconds)
			memset(r->bad + s, 0, t - s);
	}
	return 0;
}

static int shapes(struct rhythm *r, struct err *e)
{
	const struct ecg_beats *b = r->b;
	r->shapes = (struct af_shapes){shape_room(r->a, b->count * r->leads + 1), r->leads, r->reader, arena_alloc(r->a, b->count + 1)};
	r->af = arena_alloc(r->a, b->count + 1);
	if (!r->shapes.shape || !r->shapes.have || !r->af)
		return err_set(e, arena_code(r->a), NULL, "no room for the shapes of the beats");
	for (unsigned l = 0; l < r->leads; l++) {
		int code = shape_reader_init(&r->reader[l], r->g, r->channel[l], r->a, e);
		if (code < 0)
			return code;
	}
	af_find(b, &r->shapes, r->af);
	return 0;
}

static int in_order(const void *a, const void *b)
{
	const struct ecg_episode *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->over != y->over)
		return x->over ? 1 : -1;
	return (int)x->rhythm - (int)y->rhythm;
}

int ecg_rhythm(const struct ecg *g, const struct ecg_beats *b, struct arena *a, struct ecg_rhythm_result *ret, struct err *e)
{
	struct rhythm r = {.g = g, .b = b, .a = a};
	struct ecg_rhythm_result out = {0};
	float range = 0;
	int code = look(&r, &out, &range, e);
	if (code == 0 && !r.leads)
		code = err_set(e, ERR_INPUT, NULL, "there is no ECG channel in it");
	if (code == 0)
		code = shapes(&r, e);
	if (code < 0)
		return code;
	rhythm_vf(&r, range);
	if (!r.full)
		rhythm_flutter(&r);
	if (!r.full)
		rhythm_base(&r);
	rhythm_over(&r, &out);
	code = rhythm_hrv(&r, &out.hrv, e);
	if (code == 0)
		code = rhythm_hours(&r, &out, e);
	if (code < 0)
		return code;
	out.count = r.bases + r.overs;
	out.episode = arena_array(a, out.count + 1, sizeof *out.episode);
	if (r.full || !out.episode)
		return err_set(e, arena_code(a), NULL, "no room for the episodes");
	if (r.bases)
		memcpy(out.episode, r.base, r.bases * sizeof *out.episode);
	if (r.overs)
		memcpy(out.episode + r.bases, r.over, r.overs * sizeof *out.episode);
	qsort(out.episode, out.count, sizeof *out.episode, in_order);
	*ret = out;
	return 0;
}
