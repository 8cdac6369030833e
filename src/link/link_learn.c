/* The model: first guesses, and what the pairs themselves teach.
 *
 * Expectation and maximisation (Dempster, Laird, Rubin 1977) over a sample of the pairs that share a key; pairs that share none count as strangers. Three classes: one person (m, learned), one household (r, fixed but for how many), strangers
 * (u: from pairs at random; for values that agree exactly from how often the value stands there). The first guesses count like a few dozen pairs, so that a file with few persons twice, or none, does not learn nonsense. */
#include "link_disk.h"
#include "link_keys.h"

#include <math.h>
#include <stdlib.h>

#define GUESS_PAIRS 40.0
#define SAMPLE_MAX 400000u
#define RANDOM_PAIRS 400000u
#define ROUNDS 25

static const double guess[LINK_KINDS][LINK_LEVELS] = {
	/*              none exact alias near  initial loose differ far */
	[KIND_FIRST] = {0, .80, .05, .05, .01, .03, .06, .0001}, [KIND_LAST] = {0, .86, .03, .05, .005, .015, .035, .005}, [KIND_MIDDLE] = {0, .45, .02, .03, .45, .01, .04, .0001}, [KIND_SUFFIX] = {0, .98, 0, 0, 0, 0, .02, 0},
	[KIND_MAIDEN] = {0, .75, .05, .06, .01, .03, .10, 0}, [KIND_DOB] = {0, .91, .012, .03, .012, .012, .02, .004}, [KIND_SEX] = {0, .985, 0, 0, 0, 0, .015, 0}, [KIND_SSN] = {0, .80, .12, .03, 0, .01, .03, .01},
	[KIND_HOUSE] = {0, .80, 0, .05, 0, 0, .15, 0}, [KIND_STREET] = {0, .70, .04, .08, .01, .04, .13, 0}, [KIND_APT] = {0, .70, .08, .06, .02, .04, .10, 0}, [KIND_CITY] = {0, .80, .02, .06, .01, .02, .09, 0}, [KIND_STATE] = {0, .92, 0, 0, 0, 0, .08, 0},
	[KIND_ZIP] = {0, .80, .02, .05, 0, .03, .10, 0}, [KIND_PHONE] = {0, .60, .02, .04, 0, 0, .34, 0}, [KIND_EMAIL] = {0, .70, .04, .10, 0, .05, .11, 0}, [KIND_MRN] = {0, .60, 0, .03, 0, 0, .37, 0},
	[KIND_MEMBER] = {0, .89, .03, .03, 0, 0, .04, .01}, [KIND_ID] = {0, .90, 0, .03, 0, 0, .07, 0}, [KIND_OTHER] = {0, .60, .02, .05, .01, .04, .28, 0},
};

/* How two members of one household agree, where they do not agree like strangers: exactly; by another form; widely. */
static const struct {
	double exact, alias, far;
} house[LINK_KINDS] = {
	[KIND_FIRST] = {.015, 0, 0}, [KIND_LAST] = {.75, .06, 0}, [KIND_MIDDLE] = {.03, 0, 0}, [KIND_SUFFIX] = {.3, 0, 0}, [KIND_MAIDEN] = {.05, 0, 0}, [KIND_DOB] = {.04, 0, 0}, [KIND_SEX] = {.5, 0, 0}, [KIND_SSN] = {.06, .06, 0},
	[KIND_HOUSE] = {.85, 0, 0}, [KIND_STREET] = {.85, .01, 0}, [KIND_APT] = {.8, 0, 0}, [KIND_CITY] = {.9, 0, 0}, [KIND_STATE] = {.95, 0, 0}, [KIND_ZIP] = {.88, .01, 0}, [KIND_PHONE] = {.55, .01, 0}, [KIND_EMAIL] = {.05, .01, 0},
	[KIND_MRN] = {.002, 0, 0}, [KIND_MEMBER] = {.06, .1, .7}, [KIND_ID] = {.02, 0, 0}, [KIND_OTHER] = {.4, 0, 0},
};

/* How often two strangers agree on a value of a kind, as far as a small file cannot know: counts like so many records. */
#define KNOWN_RECORDS 200.0
static const double common[LINK_KINDS] = {
	[KIND_FIRST] = .005, [KIND_LAST] = .002, [KIND_MIDDLE] = .02, [KIND_SUFFIX] = .3, [KIND_MAIDEN] = .002, [KIND_DOB] = .00004, [KIND_SEX] = .5, [KIND_SSN] = 1e-6, [KIND_HOUSE] = .003, [KIND_STREET] = .0005, [KIND_APT] = .03, [KIND_CITY] = .03, [KIND_STATE] = .1,
	[KIND_ZIP] = .002, [KIND_PHONE] = 1e-6, [KIND_EMAIL] = 1e-6, [KIND_MRN] = 1e-6, [KIND_MEMBER] = 1e-6, [KIND_ID] = 1e-6, [KIND_OTHER] = .1,
};
/* The same for agreement on the other levels. */
static const double by_chance[LINK_LEVELS] = {0, 0, .002, .001, .005, .005, .9, .02};

void link_model_logs(struct link_field *f)
{
	for (unsigned v = 1; v < LINK_LEVELS; v++) {
		f->lm[v] = (float)log2(f->m[v] > 1e-7 ? f->m[v] : 1e-7);
		f->lr[v] = (float)log2(f->r[v] > 1e-8 ? f->r[v] : 1e-8);
		f->lu[v] = (float)log2(f->u[v] > 1e-8 ? f->u[v] : 1e-8);
	}
	f->best = 0;
	for (unsigned v = LEVEL_ALIAS; v < LINK_LEVELS; v++)
		f->best = f->lm[v] - f->lu[v] > f->best ? f->lm[v] - f->lu[v] : f->best;
}

void link_model_odds(struct link *l)
{
	l->log_m = log2(l->lambda_m);
	l->log_r = log2(l->lambda_r);
	l->log_m_r = log2(l->lambda_m / l->lambda_r);
	l->log_r_m = log2(l->lambda_r / l->lambda_m);
}

static float rarity_of(uint32_t count, const float logs[LINK_LOGS], float log_filled)
{
	count = count < 2 ? 0 : count - 2;
	return count < LINK_LOGS ? logs[count] : log2f((float)(count + 1)) - log_filled;
}

/* Of the file's own records as many as have the value beside the two that agree, and, as far as the file is too small to know, how common values of this kind are. */
static void rarities(struct link *l, struct link_field *f)
{
	double filled = (double)f->filled, known = filled / (filled + KNOWN_RECORDS);
	float log_filled = (float)log2(filled + KNOWN_RECORDS), logs[LINK_LOGS];
	for (unsigned k = 0; k < LINK_LOGS; k++)
		logs[k] = (float)log2(k + known + KNOWN_RECORDS * common[f->kind]) - log_filled;
	f->only = logs[0];
	for (unsigned k = 0; k < 8; k++)
		f->few_rarity[k] = rarity_of(f->few[k], logs, log_filled);
	size_t n = !f->count ? 0 : f->words ? l->words.n : LINK_DAYS;
	/* cppcheck-suppress invalidPointerCast ; as wide, and each is written where its count was read (the house compiles with -fno-strict-aliasing) */
	f->rarity = (float *)f->count;
	for (size_t k = 0; k < n; k++) /* each in the place of its count */
		f->rarity[k] = rarity_of(f->count[k], logs, log_filled);
	f->count = NULL;
}

void link_model_start(struct link *l)
{
	double n = l->n > 1 ? l->n : 2, pairs = n * (n - 1) / 2;
	bool together = false;
	for (unsigned i = 0; i < l->fields; i++) {
		struct link_field *f = &l->field[i];
		double sum = 0;
		for (unsigned v = 1; v < LINK_LEVELS; v++)
			sum += guess[f->kind][v];
		for (unsigned v = 1; v < LINK_LEVELS; v++)
			f->m[v] = f->m0[v] = sum > 0 ? guess[f->kind][v] / sum : 0;
		rarities(l, f);
		together |= f->household && f->kind != KIND_LAST;
	}
	l->lambda_m = 0.4 * n / pairs;
	l->lambda_r = together ? 0.4 * n / pairs : 0.02 * n / pairs;
	link_model_odds(l);
}

/* What a household shares it shares with the same slips as one person does. */
static void fill_household(struct link_field *f)
{
	double exact = house[f->kind].exact, alias = house[f->kind].alias, far = house[f->kind].far, rest = 1 - exact - alias - far, strange = 0, agree = 0;
	for (unsigned v = LEVEL_ALIAS; v < LINK_LEVELS; v++)
		strange += f->u[v];
	for (unsigned v = LEVEL_EXACT; v < LEVEL_DIFFER; v++)
		agree += f->m[v];
	for (unsigned v = LEVEL_EXACT; v < LINK_LEVELS; v++)
		f->r[v] = v == LEVEL_EXACT ? 0 : rest * f->u[v] / (strange > 0 ? strange : 1);
	if (f->household)
		for (unsigned v = LEVEL_EXACT; v < LEVEL_DIFFER; v++)
			f->r[v] += exact * f->m[v] / (agree > 0 ? agree : 1);
	else
		f->r[LEVEL_EXACT] = exact;
	f->r[LEVEL_ALIAS] += alias;
	f->r[LEVEL_FAR] += far;
}

/* ---- samples ---- */

struct seen {
	uint32_t a, b;
	float r, u; /* of link_sum: they stay as they are from round to round */
	uint8_t level[LINK_FIELDS_MAX];
};
struct sample {
	struct link *l;
	struct link_memory *memory[LINK_THREADS_MAX];
	struct seen *v;
	size_t n;
};
#define AHEAD 16
#define SLICE_OF_SAMPLE 4096u

static int compare_some(void *arg, uint64_t k, unsigned thread)
{
	struct sample *s = arg;
	size_t end = (k + 1) * SLICE_OF_SAMPLE < s->n ? (k + 1) * SLICE_OF_SAMPLE : s->n;
	for (size_t i = k * SLICE_OF_SAMPLE; i < end; i++) {
		if (i + AHEAD < s->n) {
			link_row_ahead(s->l, s->v[i + AHEAD].a);
			link_row_ahead(s->l, s->v[i + AHEAD].b);
			link_words_ahead(s->l, s->v[i + AHEAD / 2].a);
			link_words_ahead(s->l, s->v[i + AHEAD / 2].b);
		}
		link_compare(s->l, s->memory[thread], s->v[i].a, s->v[i].b, s->v[i].level);
	}
	return 0;
}

static int compare_sample(struct sample *s)
{
	return link_parallel(s->l->o.threads, (s->n + SLICE_OF_SAMPLE - 1) / SLICE_OF_SAMPLE, compare_some, s);
}

static uint64_t stir(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static int take_random(struct link *l, struct sample *s)
{
	uint64_t all = (uint64_t)l->n * (l->n - 1) / 2, want = all < RANDOM_PAIRS ? all : RANDOM_PAIRS;
	s->v = malloc((want ? want : 1) * sizeof *s->v);
	if (!s->v)
		return ERR_MEMORY;
	if (all == want) {
		for (uint32_t i = 0; i < l->n; i++)
			for (uint32_t j = i + 1; j < l->n; j++)
				s->v[s->n++] = (struct seen){.a = i, .b = j};
		return 0;
	}
	for (uint64_t k = 0; s->n < want; k++) {
		uint32_t a = (uint32_t)(stir(2 * k + 1) % l->n), b = (uint32_t)(stir(2 * k + 2) % l->n);
		if (a != b)
			s->v[s->n++] = (struct seen){.a = a < b ? a : b, .b = a < b ? b : a};
	}
	return 0;
}

static int take_pairs(struct link *l, struct sample *s)
{
	uint64_t step = l->pairs / SAMPLE_MAX + 1;
	int r;
	s->v = malloc((size_t)(l->pairs / step + 2) * sizeof *s->v);
	if (!s->v)
		return ERR_MEMORY;
	for (uint64_t i = 0; i < l->pairs; i += step) {
		uint64_t at = i + (step > 1 ? stir(i) % step : 0) < l->pairs ? i + (step > 1 ? stir(i) % step : 0) : i, p;
		if (!l->disk)
			p = l->pair[at];
		else if ((r = link_pairs_at(l, at, &p)) < 0)
			return r;
		s->v[s->n++] = (struct seen){.a = (uint32_t)(p >> 32), .b = (uint32_t)p};
	}
	return 0;
}

/* The rows of both samples from disk: a record's number in a pair becomes its row's. */
static int load_samples(struct link *l, struct sample *random, struct sample *some)
{
	size_t n = 2 * (random->n + some->n), at = 0;
	uint32_t *v = malloc((n ? n : 1) * sizeof *v);
	if (!v)
		return ERR_MEMORY;
	struct sample *both[2] = {random, some};
	for (unsigned k = 0; k < 2; k++)
		for (size_t i = 0; i < both[k]->n; i++) {
			v[at++] = both[k]->v[i].a;
			v[at++] = both[k]->v[i].b;
		}
	int r = link_disk_some(l, v, n, l->width);
	at = 0;
	for (unsigned k = 0; k < 2 && r == 0; k++)
		for (size_t i = 0; i < both[k]->n; i++) {
			both[k]->v[i].a = v[at++];
			both[k]->v[i].b = v[at++];
		}
	free(v);
	return r;
}

/* ---- learning ---- */

/* Of pairs at random, those that are one person after all do not count. */
static void learn_strangers(struct link *l, const struct sample *random)
{
	double count[LINK_FIELDS_MAX][LINK_LEVELS] = {{0}};
	for (size_t i = 0; i < random->n; i++) {
		const struct seen *p = &random->v[i];
		double stranger = 1;
		if (l->field[0].lu[LEVEL_DIFFER] != 0) { /* there is a model already */
			struct link_sums s = link_sum(l, p->a, p->level);
			stranger = 1 - link_probability((double)link_logit(l, &s));
		}
		for (unsigned f = 0; f < l->fields; f++)
			count[f][p->level[f]] += stranger;
	}
	for (unsigned f = 0; f < l->fields; f++) {
		double sum = 0;
		for (unsigned v = 1; v < LINK_LEVELS; v++)
			sum += count[f][v];
		for (unsigned v = 1; v < LINK_LEVELS; v++)
			l->field[f].u[v] = (count[f][v] + KNOWN_RECORDS * by_chance[v]) / (sum + KNOWN_RECORDS);
		fill_household(&l->field[f]);
		link_model_logs(&l->field[f]);
	}
}

static float sum_m(const struct link *l, const uint8_t *level)
{
	float m = 0;
	for (unsigned f = 0; f < l->fields; f++)
		m += level[f] ? l->field[f].lm[level[f]] : 0;
	return m;
}

/* ---- how often a person is in the list: pairs of records with one surname, first name and date of birth, counted without looking at any. Somebody with hundreds of bills fills blocks of which few pairs are compared, and what is compared says too little of how many there are. ---- */

struct repeats {
	uint64_t *v, n, cap, mask;
	const struct link *l;
};

static int repeats_some(void *arg, uint32_t from, uint32_t to)
{
	struct repeats *x = arg;
	const struct link *l = x->l;
	const unsigned last = (unsigned)l->of[KIND_LAST], first = (unsigned)l->of[KIND_FIRST], dob = (unsigned)l->of[KIND_DOB];
	for (uint32_t k = from; k < to; k++) {
		const uint32_t *row = link_row(l, k);
		const uint64_t a = link_part_of(l, row, PART_VALUE, last), b = link_part_of(l, row, PART_VALUE, first), c = link_part_of(l, row, PART_VALUE, dob); /* (of the words themselves: their numbers are not the same each time) */
		const uint64_t h = link_hash_last(link_hash_step(link_hash_step(link_hash_step(LINK_HASH_FIRST, a), b), c), 0);
		if (!a || !b || !c || h & x->mask)
			continue;
		if (x->n == x->cap)
			return ERR_MEMORY;
		x->v[x->n++] = h;
	}
	return 0;
}

/* Of every name and day, or of large lists one in as many as leaves some hundred thousand records. 0: the list does not say them. */
static int repeats(struct link *l, double *ret)
{
	struct repeats x = {.l = l};
	*ret = 0;
	if (l->of[KIND_LAST] < 0 || l->of[KIND_FIRST] < 0 || l->of[KIND_DOB] < 0)
		return 0;
	while (l->n / (x.mask + 1) > 400000)
		x.mask = x.mask * 2 + 1;
	x.cap = l->n;
	x.v = malloc(x.cap * sizeof *x.v); /* (what is not touched takes no room) */
	int r = x.v ? link_rows_each(l, repeats_some, &x) : ERR_MEMORY;
	if (r == 0)
		link_sort(x.v, x.n);
	for (uint64_t i = 0, end; r == 0 && i < x.n; i = end) {
		for (end = i + 1; end < x.n && x.v[end] == x.v[i];)
			end++;
		*ret += (double)(end - i) * (double)(end - i - 1) / 2;
	}
	*ret *= (double)(x.mask + 1);
	free(x.v);
	return r;
}

struct learning {
	struct link *l;
	struct sample *some;
	double repeats; /* so many pairs of one name and day there are in all */
	bool bound; /* pairs that may not be linked teach nothing: once it is known how many households there are */
	struct share {
		double count[LINK_FIELDS_MAX][LINK_LEVELS], persons, houses;
	} *share; /* one a lot, put together in order: the same sums whatever the threads do */
};
#define LOT 16384u

static int learn_lot(void *arg, uint64_t k, unsigned thread)
{
	struct learning *x = arg;
	const struct link *l = x->l;
	struct share *c = &x->share[k];
	size_t end = (k + 1) * LOT < x->some->n ? (k + 1) * LOT : x->some->n;
	(void)thread;
	const double log_m = l->log_m, log_r = l->log_r;
	memset(c, 0, sizeof *c);
	for (size_t i = k * LOT; i < end; i++) {
		const struct seen *p = &x->some->v[i];
		const struct link_sums s = {sum_m(l, p->level), p->r, p->u};
		double m = log_m + (double)s.m, r = log_r + (double)s.r, u = (double)s.u, top = r > u ? r : u;
		if (m < top - 20) {
			c->houses += r > u - 20 ? 1 / (1 + exp2(u - r)) : 0;
			continue;
		}
		top = top > m ? top : m;
		double pm = exp2(m - top), pr = exp2(r - top), pu = exp2(u - top), sum = pm + pr + pu;
		c->houses += pr / sum;
		c->persons += pm /= sum;
		if (x->bound && link_bound(l, p->level, &s, 100) < 100)
			continue;
		for (unsigned f = 0; pm > 1e-6 && f < l->fields; f++)
			c->count[f][p->level[f]] += pm;
	}
	return 0;
}

static int one_round(struct learning *x, double weight)
{
	struct link *l = x->l;
	uint64_t lots = (x->some->n + LOT - 1) / LOT;
	int r = link_parallel(l->o.threads, lots, learn_lot, x);
	double persons = 0, houses = 0, n = l->n, pairs = n * (n - 1) / 2;
	for (unsigned f = 0; f < l->fields; f++) {
		struct link_field *g = &l->field[f];
		double count[LINK_LEVELS] = {0}, sum = 0;
		for (uint64_t k = 0; k < lots; k++)
			for (unsigned v = 1; v < LINK_LEVELS; v++)
				count[v] += x->share[k].count[f][v];
		for (unsigned v = 1; v < LINK_LEVELS; v++)
			sum += count[v];
		for (unsigned v = 1; v < LINK_LEVELS; v++)
			g->m[v] = (count[v] + GUESS_PAIRS * g->m0[v]) / (sum + GUESS_PAIRS);
		link_model_logs(g);
	}
	for (uint64_t k = 0; k < lots; k++) {
		persons += x->share[k].persons;
		houses += x->share[k].houses;
	}
	/* in all pairs; never quite none */
	const double unseen = x->repeats > 2 * persons * weight ? x->repeats / (persons * weight + 0.05) : 1;
	l->lambda_m = (persons * weight + 0.05) * unseen / pairs;
	l->lambda_r = (houses * weight + 0.05) * unseen / pairs;
	link_model_odds(l);
	return r;
}

static int sum_some(void *arg, uint64_t k, unsigned thread)
{
	struct sample *s = arg;
	size_t end = (k + 1) * SLICE_OF_SAMPLE < s->n ? (k + 1) * SLICE_OF_SAMPLE : s->n;
	(void)thread;
	for (size_t i = k * SLICE_OF_SAMPLE; i < end; i++) {
		struct link_sums x = link_sum(s->l, s->v[i].a, s->v[i].level);
		s->v[i].r = x.r;
		s->v[i].u = x.u;
	}
	return 0;
}

/* What strangers do, and with it the sums that do not change until it is learned again. */
static int strangers(struct link *l, const struct sample *random, struct sample *some)
{
	learn_strangers(l, random);
	return link_parallel(l->o.threads, (some->n + SLICE_OF_SAMPLE - 1) / SLICE_OF_SAMPLE, sum_some, some);
}

int link_learn(struct link *l, struct err *e)
{
	struct sample some = {.l = l}, random = {.l = l};
	int r = 0;
	if (l->n < 2)
		return 0;
	for (unsigned t = 0; t < l->o.threads && r == 0; t++) {
		some.memory[t] = random.memory[t] = link_memory_new();
		r = some.memory[t] ? 0 : ERR_MEMORY;
	}
	double pairs = 0;
	r = r ? r : repeats(l, &pairs);
	r = r ? r : take_random(l, &random);
	r = r ? r : take_pairs(l, &some);
	if (r == 0 && l->disk)
		r = load_samples(l, &random, &some);
	r = r ? r : compare_sample(&random);
	r = r ? r : compare_sample(&some);
	struct learning x = {.l = l, .some = &some, .repeats = pairs, .share = malloc((some.n / LOT + 1) * sizeof *x.share)};
	double weight = some.n ? (double)l->pairs / (double)some.n : 1;
	r = r ? r : x.share ? 0 : ERR_MEMORY;
	for (unsigned k = 0; k < ROUNDS && r == 0; k++) {
		if (k == 0 || k == 9 || k == 17)
			r = strangers(l, &random, &some);
		x.bound = k >= 9;
		r = r ? r : one_round(&x, weight);
	}
	free(x.share);
	for (unsigned t = 0; t < l->o.threads; t++)
		free(some.memory[t]);
	free(some.v);
	free(random.v);
	if (l->disk)
		link_disk_none(l);
	return r ? err_set(e, r, NULL, "no memory to learn from %llu pairs", (unsigned long long)l->pairs) : 0;
}
