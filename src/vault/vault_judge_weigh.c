/* What a delta comes to, weighed at its end: the rules of vault_judge.c in numbers. */
#include "vault_judge_internal.h"

#include <math.h>

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Changed, removed and added against this source's own past. */
static void weigh_rate(const struct vault_judge *j, struct judge_weighed *w)
{
	double v[ARRAY_LEN(j->h.past)];
	size_t n = 0;
	for (size_t i = 0; i < j->h.n; i++)
		if (!j->h.past[i].damage && i + 1 < j->h.n + (j->h.n == ARRAY_LEN(j->h.past))) /* the oldest of all was a first backup */
			v[n++] = (double)(j->h.past[i].changed + j->h.past[i].removed);
	w->past_n = n;
	if (n < 4)
		return;
	w->usual = median(v, n);
	for (size_t i = 0; i < n; i++)
		v[i] = fabs(v[i] - w->usual);
	w->spread = median(v, n) * 1.4826;
	double now = (double)(j->c.changed + j->c.removed);
	w->unusual = now > w->usual + 6 * w->spread + 20 + (double)j->c.before / 50;
}

static bool usual_here(const struct vault_judge *j, uint64_t removed)
{
	size_t n = 0;
	for (size_t i = 0; i < j->h.n; i++)
		n += !j->h.past[i].damage && j->h.past[i].removed * 2 >= removed;
	return n >= 2;
}

/* Of the sampled folders from which files went: how many of those files went with everything else in theirs? */
static double emptied_share(const struct vault_judge *j)
{
	uint64_t all = 0, emptied = 0;
	for (const struct judge_dir *d = NULL; (d = judge_sample_next(&j->dirs, d));) {
		all += d->gone_any;
		emptied += d->emptied ? d->gone_any : 0;
	}
	return all ? (double)emptied / (double)all : 0;
}

static enum content_known_kind made_from(size_t type)
{
	switch (type) {
	case CONTENT_JPEG: case CONTENT_PNG: case CONTENT_TIFF: case CONTENT_BMP: case CONTENT_GIF: case CONTENT_DICOM:
		return CONTENT_KNOWN_IMAGE;
	case CONTENT_WAV: case CONTENT_MP3:
		return CONTENT_KNOWN_AUDIO;
	case CONTENT_MP4: case CONTENT_AVI:
		return CONTENT_KNOWN_VIDEO;
	default:
		return CONTENT_KNOWN_PACKER;
	}
}

static uint64_t net_gone(const struct judge_counts *c, size_t t)
{
	uint64_t stands = c->came[t] > c->explained[t] ? c->came[t] : c->explained[t];
	stands += c->tool_new[made_from(t)];
	return c->gone[t] > stands ? c->gone[t] - stands : 0;
}

/* Letters that became one mailbox, tables that became a database, a project that was packed before it was deleted. Not where the archive is locked: that is what is done with loot. */
static bool is_gathered(const struct judge_counts *c, int type)
{
	static const uint8_t holds[] = {CONTENT_ZIP, CONTENT_SEVENZIP, CONTENT_RAR, CONTENT_TAR, CONTENT_GZIP, CONTENT_BZIP2, CONTENT_XZ, CONTENT_ZSTD, CONTENT_SQLITE};
	uint64_t gone = 0, alike = 0, packed = 0;
	for (size_t t = 0; t < JUDGE_TYPES; t++)
		if (type < 0 || (size_t)type == t) {
			gone += c->gone_bytes[t];
			alike += c->came_bytes[t];
		}
	for (size_t i = 0; i < ARRAY_LEN(holds); i++)
		packed += c->came_bytes[holds[i]];
	return alike >= gone - gone / 5 || packed >= (content_type_packed(type) ? gone - gone / 4 : gone / 20);
}

static void weigh_gone(const struct vault_judge *j, struct judge_weighed *w)
{
	const struct judge_counts *c = &j->c;
	uint64_t all = 0, kinds = 0;
	for (size_t t = 0; t < JUDGE_TYPES; t++) {
		uint64_t n = net_gone(c, t);
		all += n;
		kinds += n * 20 >= c->removed && n > 0;
		bool most = n * 2 > c->of_before[t];
		if (t == CONTENT_MAIL && n >= 100 && most && n * 20 <= c->of_before[t] * 19) { /* who reads it throws it away; who attacks leaves none */
			w->mail_gone = n;
			most = false;
		}
		if (n >= 100 && most && content_document((int)t) && n > w->gone_n) {
			w->mass_gone = true;
			w->gone_type = (int)t;
			w->gone_n = n;
			w->gone_of = c->of_before[t];
		}
	}
	if (all >= 100 && (double)all > .9 * (double)c->before && c->added * 2 < all) {
		w->mass_gone = true;
		w->gone_type = -1;
		w->gone_n = all;
		w->gone_of = c->before;
	}
	w->folder_gone = all >= 20 && emptied_share(j) >= .95 && c->removed * 3 < c->before;
	if (w->mass_gone && ((w->folder_gone && kinds >= 2) || usual_here(j, c->removed)))
		w->mass_gone = false;
	w->gathered = w->mass_gone && is_gathered(c, w->gone_type);
	w->mass_gone &= !w->gathered;
}

/* Into one archive under a password, in each folder or for all of them. What is packed well is a tenth of what it was. */
static void weigh_locked_up(struct vault_judge *j)
{
	bool all = j->whole.gone >= 3 && j->whole.locked * 10 >= j->whole.gone_sum;
	uint64_t n = 0;
	for (const struct judge_dir *d = NULL; (d = judge_sample_next(&j->dirs, d));)
		if (d->gone > 0 && (all || (d->locked > 0 && d->locked * 10 >= d->gone_sum))) {
			n += (uint64_t)d->gone;
			judge_spread_add(&j->sealed_dirs, d->dir);
		}
	j->c.locked_up = n << j->dirs.level;
	j->c.pair[PAIR_SEALED] += j->c.locked_up;
}

static uint64_t existed(const struct vault_judge *j, const struct judge_top_entry *e)
{
	size_t n = 0;
	for (size_t i = 0; i < e->dir_n; i++)
		n += judge_bloom_has(&j->dirs_before, e->dirs[i]);
	uint64_t all = judge_spread_count(&e->spread);
	return e->dir_n < JUDGE_TOP_DIRS ? n : all * n / e->dir_n;
}

static const struct judge_top_entry *best_note(const struct vault_judge *j, const struct judge_top *t, uint64_t *ret_dirs)
{
	const struct judge_top_entry *best = NULL;
	uint64_t most = 0;
	for (size_t i = 0; i < t->n; i++) {
		uint64_t dirs = existed(j, &t->e[i]), weight = dirs * (t->e[i].onion || t->e[i].fits ? 1000 : 1);
		if (dirs >= 3 && weight > most) {
			most = weight;
			best = &t->e[i];
			*ret_dirs = dirs;
		}
	}
	return best;
}

static void weigh_notes(const struct vault_judge *j, struct judge_weighed *w)
{
	w->note = best_note(j, &j->notes, &w->note_dirs);
	w->note_counts = w->note && (w->note->onion || w->note->fits);
	for (size_t i = 0; w->note && i < w->note->dir_n; i++)
		w->note_where += judge_spread_has(&j->lost_dirs, w->note->dirs[i]) || judge_spread_has(&j->sealed_dirs, w->note->dirs[i]);
	if (!w->note) /* each folder its own text under one name: weaker, since programs do that, too */
		w->name = best_note(j, &j->names, &w->note_dirs);
	if (w->name && !w->name->onion && !w->name->fits)
		w->name = NULL;
	w->note_counts |= w->name != NULL;
}

/* The same over the whole delta, where a few may be too small to be told, or were left out. */
static bool nearly_alike(const struct judge_dir *d)
{
	if (d->gone < 10 || d->came * 10 < d->gone * 9 || d->came * 10 > d->gone * 11)
		return false;
	double n = (double)d->gone, m = (double)d->came, mean = d->gone_sum / n, to = d->came_sum / m, r = to / mean;
	double spread = d->gone_squares / n / (mean * mean), spread_to = d->came_squares / m / (to * to);
	return ((r >= .98 && to - mean <= 1040 + mean / 20) || (r >= 1.3 && r <= 1.4)) && fabs(spread_to - spread) <= .06 * spread;
}

/* As many enciphered files came as known ones went, and their sizes are spread alike: names were scrambled, and the inodes are new. */
static bool sizes_alike(const struct judge_dir *d)
{
	if (d->gone < 1 || d->came != d->gone || d->gone_sum < 64)
		return false;
	double n = (double)d->gone, r = d->came_sum / d->gone_sum;
	bool same = d->came_sum >= d->gone_sum && d->came_sum - d->gone_sum <= n * 1040, base64 = r >= 1.32 && r <= 1.38, hex = r >= 1.99 && r <= 2.06;
	if (!same && !base64 && !hex)
		return false;
	double shift = same ? (d->came_sum - d->gone_sum) / n : 0, scale = same ? 1 : r;
	double expected = scale * scale * d->gone_squares + 2 * shift * d->gone_sum + n * shift * shift;
	return n < 2 ? d->came_sum - d->gone_sum <= 1040 : fabs(d->came_squares - expected) <= .01 * expected;
}

static bool inodes_tell(const struct judge_counts *c)
{
	return c->by_inode && c->by_chance * 4 <= c->by_inode;
}

static void weigh_scrambled(struct vault_judge *j, struct judge_weighed *w)
{
	uint64_t n = 0;
	for (struct judge_dir *d = NULL; (d = judge_sample_next(&j->dirs, d));)
		if (sizes_alike(d))
			n += (uint64_t)d->gone;
	n <<= j->dirs.level;
	bool quiet = (j->c.added - j->c.opaque_new) * 4 < (uint64_t)j->whole.gone; /* little else came */
	/* into other folders people put what they lock away: a folder of a share that moves as a whole into a container is none of this */
	bool moved = emptied_share(j) >= .95 && j->c.removed * 3 < j->c.before;
	if (!moved && j->whole.gone >= 10 && (sizes_alike(&j->whole) || (quiet && nearly_alike(&j->whole))) && (uint64_t)j->whole.gone > n)
		n = (uint64_t)j->whole.gone;
	uint64_t paired = j->c.pair[PAIR_REPLACED] + j->c.pair[PAIR_REPLACED_WEAK] + j->c.pair[PAIR_REPLACED_BROKEN];
	if (j->gone.level || j->came.level) /* those that fell out of the sample were never taken out of their folders' sums */
		n = n > paired ? n - paired : 0;
	if (n >= 3 && n > j->c.opaque_new / 2) /* where enciphered files come all the time (caches), a few fit by chance */
		w->scrambled = n;
	uint64_t exchanged = judge_exchanged(j); /* what of that is chance it asks itself */
	if (inodes_tell(&j->c)) /* counted already */
		exchanged -= exchanged < j->c.by_inode ? exchanged : j->c.by_inode;
	if (exchanged > w->scrambled)
		w->scrambled = exchanged;
}

static void weigh_alike(struct vault_judge *j, struct judge_weighed *w)
{
	for (size_t i = 0; i < j->alike.n; i++)
		if (j->alike.e[i].count >= 5) {
			w->alike += j->alike.e[i].count;
			if (j->now.note_n < SIGNS_NOTES)
				memcpy(j->now.note[j->now.note_n++], &j->alike.e[i].extra, 8);
		}
}

/* Where the tables were samples, each kind of key counted by itself what there was: the most that one of them says, and the rest made to fit. */
static void believe_samples(struct judge_counts *c)
{
	uint64_t all = 0, most = 0;
	for (size_t p = 0; p < PAIR_KINDS; p++) {
		uint64_t best = 0;
		for (size_t by = 0; by < BY_KINDS; by++) {
			all += c->sampled[p][by];
			best = c->sampled[p][by] > best ? c->sampled[p][by] : best;
		}
		c->pair[p] += best;
		most += best;
	}
	for (size_t t = 0; all > most && t < JUDGE_TYPES; t++) {
		c->lost[t] = (uint64_t)((double)c->lost[t] * (double)most / (double)all);
		c->explained[t] = (uint64_t)((double)c->explained[t] * (double)most / (double)all);
	}
	for (size_t p = PAIR_RENAMED; p < PAIR_KINDS; p++)
		if (c->pair[p] > c->removed)
			c->pair[p] = c->removed;
}

static void believe_inodes(struct vault_judge *j)
{
	struct judge_counts *c = &j->c;
	if (!inodes_tell(c))
		return;
	c->pair[PAIR_REPLACED] += c->by_inode;
	for (size_t t = 0; t < JUDGE_TYPES; t++)
		c->lost[t] += c->by_inode_of[t];
	for (size_t i = 0; i < j->by_inode_n; i++) {
		if (j->now.original_n < SIGNS_PATHS)
			j->now.original[j->now.original_n++] = j->by_inode_original[i];
		if (j->now.copy_n < SIGNS_PATHS)
			j->now.copy[j->now.copy_n++] = j->by_inode_copy[i];
	}
}

static uint64_t at(const struct judge_counts *c, unsigned mark)
{
	return c->standing[__builtin_ctz(mark)];
}

static void weigh_lost(struct vault_judge *j, struct judge_weighed *w)
{
	const struct judge_counts *c = &j->c;
	const uint64_t *k = c->in_place;
	uint64_t noise = k[JUDGE_NOISE] + c->pair[PAIR_REPLACED] + w->scrambled, broken = k[JUDGE_BROKEN] + c->pair[PAIR_REPLACED_BROKEN], wiped = k[JUDGE_WIPED] + w->alike, weak = k[JUDGE_NOISE_WEAK] + c->pair[PAIR_REPLACED_WEAK];
	uint64_t emptied = k[JUDGE_EMPTIED] > c->rotated ? k[JUDGE_EMPTIED] - c->rotated : 0, before = at(c, VAULT_MARK_NOISE) + at(c, VAULT_MARK_COPY);
	bool all_emptied = (emptied >= 30 && emptied * 3 >= c->before) || k[JUDGE_WIPED] >= 3; /* logs are emptied every night */
	for (size_t t = 0; t < JUDGE_TYPES; t++)
		w->types += c->lost[t] > 0;
	bool many_broken = k[JUDGE_BROKEN] * 4 >= c->changed_checked;
	/* of two types, and hardly anything whole that could be checked changed beside them: no one program's way of writing */
	bool all_broken = w->types >= 2 && k[JUDGE_BROKEN] + k[JUDGE_NOISE] >= 3 && (k[JUDGE_BROKEN] + k[JUDGE_NOISE]) * 10 >= c->changed_checked * 9;
	/* ten texts that nobody can read any more, and hardly anything else: no typing errors; fewer where somebody left notes, or others are noise from end to end */
	bool unreadable = c->unreadable >= (w->note_counts || noise >= 2 ? 3 : 10) && (c->unreadable + (noise >= 2 ? noise : 0)) * 2 >= c->changed - c->tiny;
	w->unreadable = unreadable ? c->unreadable : 0;
	w->disordered = c->disordered >= 5 && (c->reordered + noise + broken) * 2 >= c->changed ? c->disordered : 0;
	double standing = (double)at(c, VAULT_MARK_NOISE) + (double)at(c, VAULT_MARK_COPY) + .6 * (double)at(c, VAULT_MARK_BROKEN) + .7 * (double)at(c, VAULT_MARK_WIPED) + .25 * (double)(at(c, VAULT_MARK_CUT) + at(c, VAULT_MARK_ORDER));
	w->score = (double)noise + .7 * (double)wiped + .3 * (double)c->zeroed + (all_broken ? 1 : many_broken ? .6 : .1) * (double)k[JUDGE_BROKEN] + (w->suffix ? 1 : .6) * (double)c->pair[PAIR_REPLACED_BROKEN] + .5 * (double)weak + .25 * (double)k[JUDGE_CUT] + .5 * (double)(w->unreadable + w->disordered) + (all_emptied ? .1 * (double)emptied : 0) + standing;
	w->lost = noise + broken + wiped + weak + k[JUDGE_CUT] + w->unreadable + w->disordered;
	for (unsigned m = 0; m < 8; m++)
		w->standing += c->standing[m];
	uint64_t gone = c->pair[PAIR_REPLACED] + c->pair[PAIR_REPLACED_WEAK] + c->pair[PAIR_REPLACED_BROKEN] + w->scrambled, in_place = w->lost - gone;
	w->most_of_change = (in_place + gone > 0 && (in_place + gone) * 2 >= c->changed + gone) || (emptied >= 30 && emptied * 3 >= c->before);
	w->fresh = (k[JUDGE_NOISE] > 0 && c->lost_new >= 9 * c->lost_known) || noise >= 10;
	w->slow = (before > 0 && before + noise >= 3) || at(c, VAULT_MARK_BROKEN) >= 3;
	w->emptied = emptied;
	w->in_place = in_place;
	w->replaced = c->pair[PAIR_REPLACED] + c->pair[PAIR_REPLACED_WEAK] + c->pair[PAIR_REPLACED_BROKEN];
}

/* A suffix that no file had before, on copies that took the place of others. */
static void weigh_suffixes(struct vault_judge *j, struct judge_weighed *w)
{
	for (size_t i = 0; i < j->suffixes.n; i++) {
		const struct judge_top_entry *e = &j->suffixes.e[i];
		uint64_t key = seal_fingerprint(j->key, slice_of(e->text, e->text_n));
		if (e->lost >= 3 && e->lost * 2 >= e->extra && !judge_bloom_has(&j->suffix_before, key) && (!w->suffix || e->lost > w->suffix->lost))
			w->suffix = e;
	}
}

void judge_weigh(struct vault_judge *j, struct judge_weighed *w)
{
	struct judge_dir *d = NULL;
	while ((d = judge_sample_next(&j->dirs, d)))
		d->emptied = !judge_bloom_has(&j->dirs_after, d->dir);
	believe_inodes(j);
	believe_samples(&j->c);
	weigh_locked_up(j);
	weigh_rate(j, w);
	weigh_notes(j, w);
	weigh_scrambled(j, w);
	weigh_alike(j, w);
	weigh_suffixes(j, w);
	weigh_lost(j, w);
	weigh_gone(j, w);
	const struct judge_counts *c = &j->c;
	uint64_t sealed_dirs = judge_spread_count(&j->sealed_dirs), sealed = c->pair[PAIR_SEALED] + c->in_place[JUDGE_SEALED] - c->locked;
	w->mass_sealed = sealed >= 500 && sealed_dirs >= 20 && sealed * 2 >= c->before;
	/* the same new file where things were sealed or lost, and hardly anywhere else: no desktop.ini */
	bool note_there = w->note && w->note_where * 10 >= (uint64_t)w->note->dir_n * 9;
	if (sealed >= 3 && (w->note_counts || (note_there && w->note_dirs * 2 >= sealed_dirs))) {
		w->score += (double)sealed; /* whatever tool was used: somebody left notes where files were sealed */
		w->mass_sealed = true;
	}
	w->family_counts = j->family && j->family_copies && (j->family->strength == CONTENT_KNOWN_STRONG || j->family_copies >= 3);
	bool second = w->types >= 2 || w->suffix || note_there || w->note_counts || w->family_counts || w->fresh || w->slow || w->most_of_change || w->unusual || w->disordered;
	w->enough = w->score >= 3 - 1e-9 && second;
	w->still_gone = j->then.gone_at && j->h.now - j->then.gone_at <= 30 * JUDGE_DAY && c->after < j->then.gone_of - j->then.gone_n / 2;
}
