/* The judge: counts what a delta did, and at the end weighs it.
 *
 * What counts (vault_judge_class.c says of one file what happened to it, vault_judge_pair.c of files that went and came)
 *   noise     1     known before, noise under its name now; or gone with an enciphered copy in its place; or gone from a folder into which as many enciphered files of fitting sizes came
 *   wiped     0.7   a document that is empty, one byte value, or the same as many others now
 *   broken    0.6   whole before, its structure lost, but its header stands; only where a quarter or more of the files of checkable types that changed are broken, else 0.1
 *   weak      0.5   no type could be checked before, but order turned to noise
 *   cut       0.25  whole before, shorter and not now
 *   emptied   0.1   a text that is empty now, and was not rotated
 * Standing marks of earlier snapshots count alike: noise for 90 days, the others for 30.
 *
 * Damage is found when
 *   - these come to 3 and one other sign is there: several types; one suffix on several copies; the same note in three folders that existed; a known family; noise in new chunks alone; more than half of what
 *     changed lost; more changed than is usual here;
 *   - or a copy that looks enciphered bears the suffix of a known family in the place of a file that is gone;
 *   - or the same new file with an onion address, or under the name of a known family's note, lies in three folders that existed;
 *   - or 100 files and more than half of one type of documents are gone, and nothing stands for them (Veeam's published rule); but not when whole folders went that held less than a third of all
 *     files, of several types (somebody cleaned up), nor where this source has lost as many before;
 *   - or 500 files in 20 folders, half of the source, were sealed with a tool that people use, and the originals are gone;
 *   - or damage was found before, and any of it still stands, or what was taken away is still gone.
 * Floors, then: three files that are noise now (of two types, or changed whole, or renamed alike), also one a snapshot; five that are broken behind headers that stand; six of which no type was known. What lies
 * under them is in reasons and in marks, and counts later. Not seen: a packed file of a type that cannot be checked, encrypted under its own name (its bytes look the same before and after), unless others
 * were seen; files of a slow attack that get new names without relation, new inodes and a folder of their own.
 *
 * A first backup has nothing to be compared with: reasons only. Rates against this source's own past (median and MAD) are a second sign and never the first one.
 */
#include "vault_judge_internal.h"

#include <math.h>
#include <stdio.h>

#define DAY (86400 * TIME_SEC)

/* ---- making ---- */

static void numbers_of(struct vault_judge *j)
{
	j->poly = seal_fingerprint(j->key, SLICE("polynomial")) % ((UINT64_C(1) << 61) - 3) + 2;
	j->secret = seal_fingerprint(j->key, SLICE("finish"));
	j->powers[0] = 1;
	for (size_t i = 1; i < ARRAY_LEN(j->powers); i++) {
		__extension__ unsigned __int128 m = (unsigned __int128)j->powers[i - 1] * j->poly;
		j->powers[i] = (uint64_t)(m % ((UINT64_C(1) << 61) - 1));
	}
}

struct vault_judge *vault_judge_new(const struct vault_history *h, const uint8_t key[16])
{
	struct vault_judge *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	memcpy(j->key, key, sizeof j->key);
	j->h = *h;
	if (j->h.n > ARRAY_LEN(j->h.past))
		j->h.n = ARRAY_LEN(j->h.past);
	j->h.signs[VAULT_SIGNS_MAX - 1] = 0;
	judge_signs_read(j->h.signs, &j->then);
	numbers_of(j);
	judge_sample_init(&j->gone, sizeof(struct judge_one), 32768);
	judge_sample_init(&j->came, sizeof(struct judge_one), 32768);
	judge_sample_init(&j->dirs, sizeof(struct judge_dir), 8192);
	if (!judge_bloom_init(&j->dirs_before, 256 << 10) || !judge_bloom_init(&j->dirs_after, 256 << 10) || !judge_bloom_init(&j->suffix_before, 16 << 10) || !judge_top_init(&j->notes, 256)
	    || !judge_top_init(&j->names, 256) || !judge_top_init(&j->suffixes, 256) || !judge_top_init(&j->alike, 256)) {
		vault_judge_free(j);
		return NULL;
	}
	return j;
}

void vault_judge_free(struct vault_judge *j)
{
	if (!j)
		return;
	judge_sample_done(&j->gone);
	judge_sample_done(&j->came);
	judge_sample_done(&j->dirs);
	judge_bloom_done(&j->dirs_before);
	judge_bloom_done(&j->dirs_after);
	judge_bloom_done(&j->suffix_before);
	judge_top_done(&j->notes);
	judge_top_done(&j->names);
	judge_top_done(&j->suffixes);
	judge_top_done(&j->alike);
	free(j);
}

/* ---- one file ---- */

static size_t type_of(const struct vault_trait *t)
{
	return t->type >= 0 && t->type < JUDGE_TYPES ? (size_t)t->type : CONTENT_UNKNOWN;
}

static uint64_t head_key(const struct vault_trait *t)
{
	uint64_t k;
	memcpy(&k, t->head, sizeof k);
	return (k ^ t->size * UINT64_C(0x9E3779B97F4A7C15)) | 1;
}

/* Notes: small, new, and no noise. By content, and by name where each folder has its own. */
static void look_at_note(struct vault_judge *j, const struct vault_trait *t)
{
	if (t->size == 0 || t->size > VAULT_NOTE_MAX || judge_is_opaque(t) || t->type == CONTENT_ELF || t->type == CONTENT_JAVA)
		return;
	const struct judge_known *k = judge_known_note(j->at.base);
	struct judge_top *tables[] = {&j->notes, &j->names};
	for (size_t i = 0; i < 2; i++) {
		struct judge_top_entry *e = judge_top_add(tables[i], i ? j->at.prefix[j->at.n] | 1 : head_key(t), j->at.dir, 1);
		if (e->text_n == 0) {
			e->text_n = (uint8_t)(j->at.n < sizeof e->text ? j->at.n : sizeof e->text);
			memcpy(e->text, j->at.base.p, e->text_n);
			memcpy(&e->extra, t->head, sizeof e->extra);
			e->size = judge_plain_hash(j->at.base) | 1;
		}
		e->onion |= t->onion;
		e->fits |= k && k->strength >= KNOWN_STRONG;
	}
	if (k && k->strength >= KNOWN_MEDIUM) {
		j->note_hits++;
		if (!j->note_family || k->strength > j->note_family->strength)
			j->note_family = k;
	}
}

static void add_new(struct vault_judge *j, const struct vault_change *c, uint8_t *marks, int64_t *marked)
{
	const struct vault_trait *t = c->after;
	j->c.added++;
	j->c.came[type_of(t)]++;
	j->c.new_lost += t->state == CONTENT_LOST && !t->torn;
	if (j->h.first) {
		bool opaque = judge_is_opaque(t);
		const struct judge_known *k = opaque ? judge_known_suffix(j->at.base) : NULL;
		j->c.opaque_new += opaque;
		*marks = opaque ? VAULT_MARK_OPAQUE : 0;
		if (k && k->strength >= KNOWN_MEDIUM) {
			j->family = !j->family || k->strength > j->family->strength ? k : j->family;
			j->family_copies++;
		}
	} else {
		*marks = judge_came(j, c);
		look_at_note(j, t);
	}
	*marked = *marks ? j->h.now : 0;
}

static void add_changed(struct vault_judge *j, const struct vault_change *c, uint8_t *marks, int64_t *marked)
{
	const struct vault_trait *b = c->before, *a = c->after;
	enum judge_class k = judge_classify(b, a, false);
	bool was_damaged = b->marks & VAULT_MARKS_DAMAGE, program = b->type == CONTENT_ELF || b->type == CONTENT_PE || b->type == CONTENT_JAVA;
	j->c.changed++;
	if (a->torn) {
		*marks = b->marks;
		*marked = b->marked;
		return;
	}
	*marks = judge_marks_after(b, a, k);
	*marked = !*marks ? 0 : was_damaged && *marks & b->marks ? b->marked : j->h.now;
	if (judge_knows(b)) {
		j->c.changed_known++;
		j->c.changed_checked += !judge_textual(b->type);
		j->c.programs += program && k == JUDGE_FINE && judge_knows(a);
	}
	if (was_damaged && *marks & VAULT_MARKS_DAMAGE) { /* not lost again */
		j->c.standing[__builtin_ctz(b->marks)]++;
		if (b->marked && (!j->c.standing_since || b->marked < j->c.standing_since))
			j->c.standing_since = b->marked;
		return;
	}
	if (was_damaged) /* what it was before the damage is not known here: whole again is all that matters */
		return;
	j->c.in_place[k]++;
	if (k == JUDGE_EMPTIED && a->size == 0)
		judge_emptied(j, c);
	if (*marks & VAULT_MARKS_DAMAGE && k != JUDGE_EMPTIED) {
		judge_count_lost(j, b->type);
		j->c.lost_new += c->new_bytes;
		j->c.lost_known += c->known_bytes;
	}
	if (k == JUDGE_TURNED && a->type != b->type) { /* overwritten with one message everywhere? */
		struct judge_top_entry *e = judge_top_add(&j->alike, head_key(a), j->at.dir, 1);
		memcpy(&e->extra, a->head, sizeof e->extra);
		e->types |= UINT64_C(1) << type_of(b);
	}
}

static bool within(const struct vault_judge *j, const struct vault_trait *t)
{
	int64_t most = t->marks & (VAULT_MARK_NOISE | VAULT_MARK_COPY) ? 90 * DAY : 30 * DAY;
	return t->marked == 0 || j->h.now - t->marked <= most;
}

static void add_same(struct vault_judge *j, const struct vault_change *c, uint8_t *marks, int64_t *marked)
{
	const struct vault_trait *t = c->after ? c->after : c->before;
	j->c.same++;
	*marks = t->marks;
	*marked = t->marked;
	if (t->marks & VAULT_MARK_OPAQUE) { /* a copy whose line was written before that was known */
		bool copy = j->then.opaque_since && t->marked >= j->then.opaque_since;
		for (size_t i = 0; !copy && i < j->then.copy_n; i++)
			copy = j->then.copy[i] == judge_path_hash(j, c->path);
		if (copy)
			*marks = VAULT_MARK_COPY;
	}
	if (t->marks & VAULT_MARK_EMPTIED && j->then.emptied_since && t->marked >= j->then.emptied_since)
		*marks = VAULT_MARK_WIPED;
	if (!(*marks & VAULT_MARKS_DAMAGE) || !within(j, t))
		return;
	j->c.standing[__builtin_ctz(*marks & VAULT_MARKS_DAMAGE)]++;
	judge_spread_add(&j->lost_dirs, j->at.dir);
	if (t->marked && (!j->c.standing_since || t->marked < j->c.standing_since))
		j->c.standing_since = t->marked;
}

void vault_judge_add(struct vault_judge *j, const struct vault_change *c, uint8_t *ret_marks, int64_t *ret_marked)
{
	uint8_t marks = 0;
	int64_t marked = 0;
	judge_hash_path(j, c->path);
	if (c->before && c->what != '+') {
		j->c.before++;
		j->c.of_before[type_of(c->before)]++;
		judge_bloom_add(&j->dirs_before, j->at.dir);
		struct slice s = judge_suffix(j->at.base);
		if (s.n)
			judge_bloom_add(&j->suffix_before, seal_fingerprint(j->key, s));
	}
	if (c->what != '-') {
		j->c.after++;
		judge_bloom_add(&j->dirs_after, j->at.dir);
	}
	switch (c->what) {
	case '+':
		add_new(j, c, &marks, &marked);
		break;
	case '-':
		j->c.removed++;
		j->c.gone[type_of(c->before)]++;
		judge_went(j, c);
		break;
	case '~':
		add_changed(j, c, &marks, &marked);
		break;
	case '=':
		add_same(j, c, &marks, &marked);
		break;
	default:
		assert(!"a change is + - ~ or =");
	}
	if (ret_marks)
		*ret_marks = marks;
	if (ret_marked)
		*ret_marked = marks ? marked : 0;
}

/* ---- the end ---- */

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

static uint64_t net_gone(const struct judge_counts *c, size_t t)
{
	uint64_t stands = c->came[t] > c->explained[t] ? c->came[t] : c->explained[t];
	return c->gone[t] > stands ? c->gone[t] - stands : 0;
}

static void weigh_gone(const struct vault_judge *j, struct judge_weighed *w)
{
	const struct judge_counts *c = &j->c;
	uint64_t all = 0, kinds = 0;
	for (size_t t = 0; t < JUDGE_TYPES; t++) {
		uint64_t n = net_gone(c, t);
		all += n;
		kinds += n * 20 >= c->removed && n > 0;
		if (n >= 100 && n * 2 > c->of_before[t] && judge_document((int)t) && n > w->gone_n) {
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
	if (!w->note) /* each folder its own text under one name: weaker, since programs do that, too */
		w->name = best_note(j, &j->names, &w->note_dirs);
	if (w->name && !w->name->onion && !w->name->fits)
		w->name = NULL;
	w->note_counts |= w->name != NULL;
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

static void weigh_scrambled(struct vault_judge *j, struct judge_weighed *w)
{
	uint64_t n = 0, folders = 0;
	for (const struct judge_dir *d = NULL; (d = judge_sample_next(&j->dirs, d));)
		if (sizes_alike(d)) {
			n += (uint64_t)d->gone;
			folders++;
		}
	n <<= j->dirs.level;
	if (j->whole.gone >= 10 && sizes_alike(&j->whole) && (uint64_t)j->whole.gone > n)
		n = (uint64_t)j->whole.gone;
	if (n >= 3 && n > j->c.opaque_new / 2) /* where enciphered files come all the time (caches), a few fit by chance */
		w->scrambled = n;
	(void)folders;
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

static void believe_inodes(struct vault_judge *j)
{
	struct judge_counts *c = &j->c;
	if (!c->by_inode || c->by_chance * 4 > c->by_inode)
		return;
	c->replaced += c->by_inode;
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
	uint64_t noise = k[JUDGE_NOISE] + c->replaced + w->scrambled, broken = k[JUDGE_BROKEN] + c->replaced_broken, wiped = k[JUDGE_WIPED] + w->alike, weak = k[JUDGE_NOISE_WEAK] + c->replaced_weak;
	uint64_t emptied = k[JUDGE_EMPTIED] > c->rotated ? k[JUDGE_EMPTIED] - c->rotated : 0, before = at(c, VAULT_MARK_NOISE) + at(c, VAULT_MARK_COPY);
	bool many_broken = broken * 4 >= c->changed_checked + c->replaced_broken;
	double standing = (double)at(c, VAULT_MARK_NOISE) + (double)at(c, VAULT_MARK_COPY) + .6 * (double)at(c, VAULT_MARK_BROKEN) + .7 * (double)at(c, VAULT_MARK_WIPED) + .25 * (double)(at(c, VAULT_MARK_CUT) + at(c, VAULT_MARK_ORDER));
	w->score = (double)noise + .7 * (double)wiped + (many_broken ? .6 : .1) * (double)broken + .5 * (double)weak + .25 * (double)k[JUDGE_CUT] + .1 * (double)emptied + standing;
	w->lost = noise + broken + wiped + weak + k[JUDGE_CUT];
	for (unsigned m = 0; m < 8; m++)
		w->standing += c->standing[m];
	for (size_t t = 0; t < JUDGE_TYPES; t++)
		w->types += c->lost[t] > 0;
	uint64_t gone = c->replaced + c->replaced_weak + c->replaced_broken + w->scrambled, in_place = w->lost - gone;
	w->most_of_change = w->lost + emptied > 0 && (in_place + gone) * 2 >= c->changed_known + gone;
	w->fresh = c->lost_new > 0 && c->lost_new >= 9 * c->lost_known;
	w->slow = (before > 0 && before + noise >= 3) || at(c, VAULT_MARK_BROKEN) >= 3;
	w->emptied = emptied;
	w->replaced = c->replaced + c->replaced_weak + c->replaced_broken;
}

/* A suffix that no file had before, on copies that took the place of others. */
static void weigh_suffixes(struct vault_judge *j, struct judge_weighed *w)
{
	for (size_t i = 0; i < j->suffixes.n; i++) {
		const struct judge_top_entry *e = &j->suffixes.e[i];
		uint64_t key = seal_fingerprint(j->key, slice_of(e->text, e->text_n));
		if (e->extra >= 3 && !judge_bloom_has(&j->suffix_before, key) && (!w->suffix || e->extra > w->suffix->extra))
			w->suffix = e;
	}
}

static void weigh(struct vault_judge *j, struct judge_weighed *w)
{
	struct judge_dir *d = NULL;
	while ((d = judge_sample_next(&j->dirs, d)))
		d->emptied = !judge_bloom_has(&j->dirs_after, d->dir);
	believe_inodes(j);
	weigh_rate(j, w);
	weigh_notes(j, w);
	weigh_scrambled(j, w);
	weigh_alike(j, w);
	weigh_lost(j, w);
	weigh_suffixes(j, w);
	weigh_gone(j, w);
	const struct judge_counts *c = &j->c;
	uint64_t sealed_dirs = judge_spread_count(&j->sealed_dirs);
	w->mass_sealed = c->sealed >= 500 && sealed_dirs >= 20 && c->sealed * 2 >= c->before;
	if (c->sealed >= 3 && (w->note_counts || (w->note && w->note_dirs * 2 >= sealed_dirs))) {
		w->score += (double)c->sealed; /* whatever tool was used: somebody left notes where files were sealed */
		w->mass_sealed |= w->note_counts;
	}
	w->family_counts = j->family && j->family_copies && (j->family->strength == KNOWN_STRONG || j->family_copies >= 3);
	bool second = w->types >= 2 || w->suffix || w->note || w->note_counts || w->family_counts || w->fresh || w->slow || w->most_of_change || w->unusual;
	w->enough = w->score >= 3 - 1e-9 && second;
	w->still_gone = j->then.gone_at && j->h.now - j->then.gone_at <= 30 * DAY && c->after < j->then.gone_of - j->then.gone_n / 2;
}

static bool still_damaged(const struct vault_judge *j, const struct judge_weighed *w)
{
	bool before = j->h.n && j->h.past[0].damage;
	return before && (w->still_gone || w->standing > 0);
}

static void add_suffix_sign(struct judge_signs *s, const struct judge_top_entry *e)
{
	if (!e || !e->text_n || s->suffix_n == SIGNS_SUFFIX)
		return;
	memcpy(s->suffix[s->suffix_n].p, e->text, e->text_n);
	s->suffix[s->suffix_n++].n = e->text_n;
}

static void make_signs(struct vault_judge *j, const struct judge_weighed *w, bool damage)
{
	struct judge_signs *s = &j->now;
	const struct judge_counts *c = &j->c;
	if (!damage) {
		s->note_n = 0;
		return; /* only what was paired: if it goes on, this was its beginning */
	}
	s->in_place = c->in_place[JUDGE_NOISE] + c->in_place[JUDGE_BROKEN] + c->in_place[JUDGE_WIPED] + c->in_place[JUDGE_NOISE_WEAK] + c->in_place[JUDGE_CUT] + c->in_place[JUDGE_EMPTIED] + w->alike > 0;
	s->replaced = w->replaced > 0;
	s->scrambled = w->scrambled > 0;
	s->gone = w->mass_gone;
	s->sealed = c->sealed > 0 && (w->mass_sealed || (w->note && c->sealed >= 3));
	if (s->replaced || s->scrambled)
		s->opaque_since = j->h.now;
	if (w->emptied >= 3)
		s->emptied_since = j->h.now;
	for (size_t i = 0; i < j->suffixes.n; i++) {
		const struct judge_top_entry *e = &j->suffixes.e[i];
		if (e->extra >= 2 && !judge_bloom_has(&j->suffix_before, seal_fingerprint(j->key, slice_of(e->text, e->text_n))))
			add_suffix_sign(s, e);
	}
	if (w->note && s->note_n < SIGNS_NOTES)
		memcpy(s->note[s->note_n++], &w->note->extra, 8);
	const struct judge_top_entry *named = w->note ? w->note : w->name;
	if (named)
		s->note_name[s->note_name_n++] = named->size;
	uint64_t taken = w->replaced + w->scrambled + (w->mass_gone ? w->gone_n : 0) + (s->sealed ? c->sealed : 0);
	if (taken) {
		s->gone_n = taken;
		s->gone_of = c->before;
		s->gone_at = j->h.now;
	} else if (w->still_gone) {
		s->gone |= j->then.gone;
		s->gone_n = j->then.gone_n;
		s->gone_of = j->then.gone_of;
		s->gone_at = j->then.gone_at;
	}
}

void vault_judge_end(struct vault_judge *j, struct vault_verdict *ret)
{
	struct judge_weighed w = {0};
	*ret = (struct vault_verdict){0};
	buf_init(&ret->reasons, 64 << 10);
	if (!j->h.first)
		weigh(j, &w);
	bool found = w.enough || w.family_counts || w.note_counts || w.mass_gone || w.mass_sealed, still = !j->h.first && still_damaged(j, &w);
	ret->damage = found || still;
	ret->lost = w.lost + (w.mass_gone ? w.gone_n : 0);
	ret->standing = w.standing;
	ret->since = w.standing ? j->c.standing_since : 0;
	if (!ret->since && ret->lost)
		ret->since = j->h.now;
	make_signs(j, &w, ret->damage);
	judge_signs_write(&j->now, ret->signs);
	judge_reasons(j, &w, ret->damage, &ret->reasons);
}

void vault_verdict_done(struct vault_verdict *v)
{
	buf_done(&v->reasons);
}
