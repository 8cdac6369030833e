/* Every pair that shares a key is scored; those that are at least grey are kept. */
#include "link_disk.h"

#include <math.h>
#include <stdlib.h>

#define LOT 32768u

struct judging {
	struct link *l;
	struct link_memory *memory[LINK_THREADS_MAX];
	struct lot {
		struct link_edge *v;
		uint32_t n, cap;
	} *lot;
	struct link_plan *plan;
	float least;
};

static bool same_number(const struct link *l, const uint8_t *level) /* one that is a person's own */
{
	for (unsigned i = 0; i < l->fields; i++) {
		enum link_kind k = l->field[i].kind;
		if (level[i] == LEVEL_EXACT && (k == KIND_SSN || k == KIND_MRN || k == KIND_MEMBER || k == KIND_ID))
			return true;
	}
	return false;
}

static bool agrees(const struct link *l, enum link_kind k, const uint8_t *level, uint8_t most)
{
	return l->of[k] >= 0 && level[l->of[k]] && level[l->of[k]] <= most;
}

/* On how many sides two records agree: half a name is one, and a middle one beside the surname; a date, a number, a place or a way to reach somebody two. */
static unsigned sides(const struct link *l, const uint8_t *level)
{
	if (l->of[KIND_LAST] < 0 || l->of[KIND_FIRST] < 0)
		return 4;
	uint8_t last = level[l->of[KIND_LAST]];
	unsigned n = (agrees(l, KIND_LAST, level, LEVEL_NEAR) || last == LEVEL_FAR || last == LEVEL_LOOSE) + (agrees(l, KIND_FIRST, level, LEVEL_LOOSE) || last == LEVEL_FAR);
	n += (agrees(l, KIND_LAST, level, LEVEL_NEAR) && agrees(l, KIND_MIDDLE, level, LEVEL_LOOSE)) + agrees(l, KIND_DOB, level, LEVEL_ALIAS) + agrees(l, KIND_DOB, level, LEVEL_LOOSE);
	n += 2 * agrees(l, KIND_STREET, level, LEVEL_NEAR) + 2 * agrees(l, KIND_PHONE, level, LEVEL_NEAR) + 2 * agrees(l, KIND_EMAIL, level, LEVEL_LOOSE) + agrees(l, KIND_ZIP, level, LEVEL_NEAR) + agrees(l, KIND_CITY, level, LEVEL_NEAR);
	for (unsigned i = 0; i < l->fields && n < 4; i++) {
		enum link_kind k = l->field[i].kind;
		if (level[i] && level[i] <= LEVEL_NEAR && (k == KIND_SSN || k == KIND_MRN || k == KIND_MEMBER || k == KIND_ID))
			n += 2;
	}
	return n;
}

static double over_household(const struct link *l, const struct link_sums *s)
{
	return l->log_m_r + (double)s->m - (double)s->r;
}

/* Jr and Sr are never one; and who has both another social security number and another date of birth is somebody else, unless households are so rare in this file that it is far likelier a clerk's doing. */
bool link_contradicts(const struct link *l, const uint8_t level[LINK_FIELDS_MAX], const struct link_sums *s)
{
	int dob = l->of[KIND_DOB], ssn = l->of[KIND_SSN], suffix = l->of[KIND_SUFFIX];
	bool other_born = dob >= 0 && (level[dob] == LEVEL_DIFFER || level[dob] == LEVEL_FAR), other_ssn = ssn >= 0 && (level[ssn] == LEVEL_DIFFER || level[ssn] == LEVEL_FAR);
	return (suffix >= 0 && level[suffix] == LEVEL_DIFFER) || (other_born && other_ssn && over_household(l, s) < 9);
}

/* What no sum of probabilities may outweigh by itself.
 * Besides contradictions: two records with different first names (and no short form, slip or initial between them) are brother and sister until a number that is a person's own says otherwise, or their middle names beside one day of birth (short forms that no list has; twins seldom share a middle name), or households are rare; those of two generations likewise;
 * and a name alone, or a date and a first name, has to be rare to be enough. Such pairs are for somebody's eyes. */
float link_bound(const struct link *l, const uint8_t level[LINK_FIELDS_MAX], const struct link_sums *s, float logit)
{
	int first = l->of[KIND_FIRST], dob = l->of[KIND_DOB];
	bool other_name = first >= 0 && level[first] == LEVEL_DIFFER, generation = dob >= 0 && level[dob] == LEVEL_FAR;
	if (other_name && agrees(l, KIND_MIDDLE, level, LEVEL_LOOSE) && agrees(l, KIND_DOB, level, LEVEL_EXACT) && agrees(l, KIND_LAST, level, LEVEL_NEAR))
		other_name = false;
	bool bound = link_contradicts(l, level, s) || ((other_name || generation) && over_household(l, s) < 6 && !same_number(l, level)) || (logit < 4 && sides(l, level) < (logit < 3.5f ? 4 : 3));
	return bound && logit > -1 ? -1 : logit;
}

static int put(struct lot *t, const struct link_edge *x)
{
	if (t->n == t->cap) {
		uint32_t cap = t->cap ? t->cap * 2 : 1024;
		struct link_edge *v = realloc(t->v, cap * sizeof *v);
		if (!v)
			return ERR_MEMORY;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = *x;
	return 0;
}

/* The rows of a pair that will come are asked for from memory now; those of one that will come soon are there, and say what else will be looked up. */
#define AHEAD 16u
#define SOON 8u
static void rows_ahead(const struct link *l, const uint64_t *pair, uint64_t before)
{
	link_row_ahead(l, (uint32_t)*pair);
	if ((*pair ^ before) >> 32)
		link_row_ahead(l, (uint32_t)(*pair >> 32));
}

static int judge_lot(void *arg, uint64_t k, unsigned thread)
{
	struct judging *j = arg;
	struct link *l = j->l;
	uint64_t end = (k + 1) * LOT < l->pairs ? (k + 1) * LOT : l->pairs;
	const uint64_t from = k * LOT, *pair = l->pair;
	struct link_meeting met[SOON];
	uint8_t level[LINK_FIELDS_MAX];
	int r = 0;
	for (uint64_t i = from; i < end && i < from + AHEAD; i++)
		rows_ahead(l, pair + i, i == from ? ~pair[i] : pair[i - 1]);
	for (uint64_t i = from; i < end && i < from + SOON; i++)
		met[i % SOON] = link_meet_ahead(l, j->plan, (uint32_t)(pair[i] >> 32), (uint32_t)pair[i]);
	for (uint64_t i = from; i < end && r == 0; i++) {
		const uint32_t a = (uint32_t)(pair[i] >> 32), b = (uint32_t)pair[i];
		const struct link_meeting now = met[i % SOON];
		if (i + AHEAD < end)
			rows_ahead(l, pair + i + AHEAD, pair[i + AHEAD - 1]);
		if (i + SOON < end)
			met[i % SOON] = link_meet_ahead(l, j->plan, (uint32_t)(pair[i + SOON] >> 32), (uint32_t)pair[i + SOON]);
		if (!link_compare_met(l, j->plan, j->memory[thread], a, b, now, j->least, level))
			continue;
		struct link_sums s = link_sum(l, a, level);
		float logit = link_logit(l, &s);
		if (logit < j->least)
			continue;
		const struct link_edge x = {a, b, s.m - s.u, link_bound(l, level, &s, logit)};
		r = put(&j->lot[k], &x);
	}
	return r;
}

/* Edges of what stands in l->pair, behind those that are there. */
static int judge_pairs(void *arg)
{
	struct judging *j = arg;
	struct link *l = j->l;
	uint64_t lots = (l->pairs + LOT - 1) / LOT, edges = l->edges;
	j->lot = calloc(lots ? lots : 1, sizeof *j->lot);
	int r = j->lot ? link_parallel(l->o.threads, lots, judge_lot, j) : ERR_MEMORY;
	if (!l->disk) {
		free(l->pair);
		l->pair = NULL;
	}
	for (uint64_t k = 0; r == 0 && k < lots; k++)
		edges += j->lot[k].n;
	if (r == 0 && edges + 1 > l->edge_cap) {
		uint64_t cap = l->edge_cap + l->edge_cap / 4 > edges + 1 ? l->edge_cap + l->edge_cap / 4 : edges + 1;
		struct link_edge *v = realloc(l->edge, cap * sizeof *v);
		r = v ? 0 : ERR_MEMORY;
		l->edge = v ? v : l->edge;
		l->edge_cap = v ? cap : l->edge_cap;
	}
	for (uint64_t k = 0; j->lot && k < lots; k++) {
		if (r == 0 && j->lot[k].n)
			memcpy(l->edge + l->edges, j->lot[k].v, j->lot[k].n * sizeof *l->edge);
		l->edges += r == 0 ? j->lot[k].n : 0;
		free(j->lot[k].v);
	}
	free(j->lot);
	j->lot = NULL;
	return r;
}

int link_judge(struct link *l, struct err *e)
{
	struct judging j = {.l = l, .least = (float)log2(l->o.grey / (1 - l->o.grey))};
	int r = 0;
	for (unsigned t = 0; t < l->o.threads && r == 0; t++) {
		j.memory[t] = link_memory_new();
		r = j.memory[t] ? 0 : ERR_MEMORY;
	}
	j.plan = r == 0 ? link_plan_new(l) : NULL;
	r = r ? r : j.plan ? 0 : ERR_MEMORY;
	r = r ? r : l->disk ? link_pairs_each(l, judge_pairs, &j) : judge_pairs(&j);
	free(j.plan);
	for (unsigned t = 0; t < l->o.threads; t++)
		free(j.memory[t]);
	return r ? err_set(e, r, NULL, "no memory for the pairs of %u records", l->n) : 0;
}
