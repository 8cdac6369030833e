/* Names were scrambled and every file written anew: nothing pairs what went with what came but the folder, and the size. What enciphers adds the same few bytes to every file, whatever it is; so of the
 * differences between what came and what went in the same folder one stands out. How many would fit by chance is asked of the same files: with as many differences on the other side, where what came would be
 * smaller than what went, as no cipher makes it. Who packs before he enciphers hides the sizes; then only the numbers speak, folder by folder. */
#include "vault_judge_internal.h"

#include <stdlib.h>

struct end { /* of a file: what went, or what came; size: what went, as the cipher would write it out */
	uint64_t dir, size, path;
};
struct ends {
	struct end *e;
	size_t n;
};
enum written { PLAIN, BASE64, HEX, WRITTEN };

static int by_place(const void *a, const void *b)
{
	const struct end *x = a, *y = b;
	if (x->dir != y->dir)
		return x->dir < y->dir ? -1 : 1;
	return x->size < y->size ? -1 : x->size > y->size;
}

static bool counts(const struct judge_one *one, bool came)
{
	struct vault_trait t = {.type = one->t.type, .state = one->t.state};
	bool ordered = one->t.entropy < 7.2 * 8191 && one->t.random_share < 65535 / 2; /* of no type that we know, and no noise */
	if (came)
		return one->by == BY_INODE && one->t.flags & JUDGE_OPAQUE && !one->tool;
	return one->by == BY_FULL && !(one->t.flags & JUDGE_EMPTIED_HERE) && one->t.size >= 32 && (content_knows(&t.is) || ordered);
}

static bool take(const struct judge_sample *t, bool came, struct ends *ret)
{
	*ret = (struct ends){.e = calloc(t->n + 1, sizeof *ret->e)};
	if (!ret->e)
		return false;
	for (const struct judge_one *one = NULL; (one = judge_sample_next(t, one));)
		if (counts(one, came))
			ret->e[ret->n++] = (struct end){one->dir, one->t.size, one->path_hash};
	qsort(ret->e, ret->n, sizeof *ret->e, by_place);
	return true;
}

static int64_t as_written(uint64_t n, enum written w)
{
	return (int64_t)(w == PLAIN ? n : w == BASE64 ? (n + 2) / 3 * 4 : n * 2);
}

#define WIDTH 32   /* of differences that count as one: blocks that are filled up */
#define MOST  1056 /* RSA-4096 twice, and a few fields */

/* How many of both can be paired within their folders so that each came is larger by at least so much, and by less than WIDTH more (in lines of base64: an eighteenth). */
static size_t matches(const struct ends *gone, const struct ends *came, enum written w, int64_t by)
{
	size_t i = 0, k = 0, n = 0;
	while (i < gone->n && k < came->n) {
		const struct end *g = &gone->e[i], *c = &came->e[k];
		if (g->dir != c->dir) {
			g->dir < c->dir ? i++ : k++;
			continue;
		}
		int64_t size = as_written(g->size, w), d = (int64_t)c->size - size - by;
		if (d < 0)
			k++;
		else if (d >= WIDTH + (w == PLAIN ? 0 : size / 60))
			i++;
		else
			i++, k++, n++;
	}
	return n;
}

static size_t stands_out(const struct ends *gone, const struct ends *came)
{
	for (enum written w = PLAIN; w < WRITTEN; w++) {
		size_t best = 0, chance = 0;
		for (int64_t by = 0; by <= MOST; by += WIDTH / 2) {
			size_t n = matches(gone, came, w, by), other = matches(gone, came, w, -by - 4 * WIDTH);
			best = n > best ? n : best;
			chance = other > chance ? other : chance;
		}
		if (best >= 2 * chance + 3 && best * 2 >= came->n)
			return best;
	}
	return 0;
}

/* In three folders and more as many came as went, nearly all that went is in such folders, and nothing of the kind lay there before. */
static size_t numbers_fit(const struct vault_judge *j, const struct ends *gone, const struct ends *came)
{
	size_t n = 0, dirs = 0;
	for (size_t i = 0, k = 0, ni, nk; i < gone->n && k < came->n; i += ni, k += nk) {
		uint64_t dir = gone->e[i].dir, sum = 0, to = 0;
		for (ni = 0; i + ni < gone->n && gone->e[i + ni].dir == dir; ni++)
			sum += gone->e[i + ni].size;
		while (k < came->n && came->e[k].dir < dir)
			k++;
		for (nk = 0; k + nk < came->n && came->e[k + nk].dir == dir; nk++)
			to += came->e[k + nk].size;
		if (ni < 3 || nk * 10 < ni * 9 || nk * 4 > ni * 5 + 4 || to > sum + sum / 10 + nk * MOST)
			continue;
		n += ni < nk ? ni : nk;
		dirs++;
	}
	return dirs >= 3 && n >= 20 && n * 5 >= gone->n * 4 && j->c.opaque_before * 20 <= j->c.before ? n : 0;
}

/* What came into folders where such files lay before says nothing: caches, containers of people, the objects of git. */
static void leave_out_usual(const struct vault_judge *j, struct ends *came)
{
	size_t n = 0;
	for (size_t i = 0; i < came->n; i++)
		if (!judge_bloom_has(&j->dirs_opaque, came->e[i].dir))
			came->e[n++] = came->e[i];
	came->n = n;
}

/* One or two a snapshot: remembered as pairs, in case that it goes on. Only in folders that know nothing like it. */
static void remember(struct vault_judge *j, struct ends *gone, struct ends *came)
{
	leave_out_usual(j, came);
	if (came->n > 2)
		return;
	for (size_t k = 0; k < came->n; k++) {
		const struct end *c = &came->e[k];
		struct end *only = NULL;
		size_t n = 0, others = 0;
		for (size_t i = 0; i < gone->n; i++) {
			uint64_t d = c->size - gone->e[i].size; /* wraps round where it is smaller */
			if (gone->e[i].dir == c->dir && ++n && gone->e[i].path && (d <= MOST || (c->size >= gone->e[i].size / 3 * 4 && c->size <= gone->e[i].size / 3 * 4 + gone->e[i].size / 40 + 128)))
				only = &gone->e[i];
		}
		for (size_t i = 0; i < came->n; i++)
			others += i != k && came->e[i].dir == c->dir;
		if (!only || n > 1 + others || j->now.original_n == SIGNS_PATHS || j->now.copy_n == SIGNS_PATHS)
			continue;
		j->now.original[j->now.original_n++] = only->path;
		j->now.copy[j->now.copy_n++] = c->path;
		only->path = 0; /* taken */
	}
}

uint64_t judge_exchanged(struct vault_judge *j)
{
	struct ends gone = {0}, came = {0};
	size_t n = 0;
	if (take(&j->gone, false, &gone) && take(&j->came, true, &came) && gone.n && came.n) {
		n = stands_out(&gone, &came);
		size_t fit = n * 2 < gone.n ? numbers_fit(j, &gone, &came) : 0;
		n = fit > n ? fit : n;
		if (!n && !j->gone.level && !j->came.level)
			remember(j, &gone, &came);
	}
	free(gone.e);
	free(came.e);
	return (uint64_t)n << j->gone.level << j->came.level;
}
