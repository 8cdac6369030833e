/* The judge: counts what a delta did, and at the end weighs it.
 *
 * What counts (vault_judge_class.c says of one file what happened to it, vault_judge_pair.c of files that went and came)
 *   noise     1     known before, noise under its name now; or gone with an enciphered copy in its place; or gone from a folder into which enciphered files of fitting sizes came (vault_judge_exchange.c)
 *   wiped     0.7   a document that is empty, or the same as many others now; 1 where it is one byte value at its length, unless it is a hole under its old time (a cloud client's placeholder: look)
 *   broken    0.6   whole before, its structure lost, but its header stands; or another type under a name that was right; or a text in an archive that is no smaller; only where a quarter or more of the files of checkable types that
 *                   changed are broken, else 0.1; 1 where they are of two types and nine in ten of these. Gone with a broken copy in its place: 0.6, and 1 where several copies have one new suffix
 *   weak      0.5   no type could be checked before, but order turned to noise
 *   unread    0.5   texts that nobody can read any more, and no noise, or tables and messages of which the fields are enciphered; only where there are ten of them (three beside a note or two files of noise), and half of what changed
 *   disorder  0.5   the same bytes as often in a text as before, at the same length, and no grammar any more; only where there are five of them, and half of what changed has its bytes in another order or is lost
 *   cut       0.25  whole before, shorter and not now
 *   emptied   0.1   a text that is empty now, and was not rotated; only where that is a third of the source, or documents were wiped, too
 * Standing marks of earlier snapshots count alike: noise for 90 days, the others for 30.
 *
 * Damage is found when
 *   - these come to 3 and one other sign is there: several types; one suffix on several copies; the same note in three folders that existed; a known family; noise in new chunks alone, or ten files of it; more than half of what
 *     changed lost; more changed than is usual here;
 *   - or a copy that looks enciphered bears the suffix of a known family in the place of a file that is gone;
 *   - or the same new file with an onion address, or under the name of a known family's note, lies in three folders that existed;
 *   - or 100 files and more than half of one type of documents are gone, and nothing stands for them (Veeam's published rule); but not when whole folders went that held less than a third of all
 *     files, of several types (somebody cleaned up), nor mail, unless nearly all of it is gone (people throw mail away), nor where this source has lost as many before, nor where what came and is not locked is large enough to hold them (an archive, a mailbox);
 *   - or 500 files in 20 folders, half of the source, were sealed with a tool that people use, and the originals are gone;
 *   - or damage was found before, and any of it still stands, or what was taken away is still gone.
 * Floors, then: three files that are noise now (of two types, or changed whole, or renamed alike), also one a snapshot; five that are broken behind headers that stand; six of which no type was known. What lies
 * under them is in reasons and in marks, and counts later. Not seen: a packed file of a type that cannot be checked, encrypted under its own name (its bytes look the same before and after), unless others
 * were seen; files of a slow attack that get new names without relation, new inodes and a folder of their own; one folder of several that moves enciphered into another as a whole (containers of people do); bytes of plain
 * texts and tables alone, put into another order (lists are sorted); what bears git-crypt's header in a work tree of git; text in base64; noise behind a whole file of a type without an end.
 *
 * A first backup has nothing to be compared with: reasons only. Rates against this source's own past (median and MAD) are a second sign and never the first one.
 */
#include "vault_judge_internal.h"


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
	judge_signs_after(&j->then, h->accepted);
	numbers_of(j);
	judge_sample_init(&j->gone, sizeof(struct judge_one), 32768);
	judge_sample_init(&j->came, sizeof(struct judge_one), 32768);
	judge_sample_init(&j->dirs, sizeof(struct judge_dir), 8192);
	if (!judge_bloom_init(&j->dirs_before, 256 << 10) || !judge_bloom_init(&j->dirs_after, 256 << 10) || !judge_bloom_init(&j->suffix_before, 16 << 10) || !judge_bloom_init(&j->dirs_opaque, 128 << 10) || !judge_top_init(&j->notes, 256)
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
	judge_bloom_done(&j->dirs_opaque);
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
	if (t->size == 0 || t->size > VAULT_NOTE_MAX || content_is_opaque(&t->is) || t->type == CONTENT_ELF || t->type == CONTENT_JAVA)
		return;
	const struct content_known *k = content_known_note(j->at.base);
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
		e->fits |= k && k->strength >= CONTENT_KNOWN_STRONG;
	}
	if (k && k->strength >= CONTENT_KNOWN_MEDIUM) {
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
	if (content_knows(&t->is) && !t->encrypted)
		j->c.came_bytes[type_of(t)] += t->size;
	j->c.new_lost += t->state == CONTENT_LOST && !t->torn;
	if (j->h.first) {
		bool opaque = content_is_opaque(&t->is);
		const struct content_known *k = opaque ? content_known_suffix(j->at.base) : NULL;
		j->c.opaque_new += opaque;
		*marks = opaque ? VAULT_MARK_OPAQUE : 0;
		if (k && k->strength >= CONTENT_KNOWN_MEDIUM) {
			j->family = !j->family || k->strength > j->family->strength ? k : j->family;
			j->family_copies++;
		}
	} else {
		*marks = judge_came(j, c);
		look_at_note(j, t);
	}
	*marked = *marks ? j->h.now : 0;
}

static void count_standing(struct vault_judge *j, uint8_t marks, int64_t since)
{
	marks &= VAULT_MARKS_DAMAGE;
	j->c.standing[__builtin_ctz(marks & VAULT_MARK_ORDER ? VAULT_MARK_ORDER : marks)]++;
	if (since && (!j->c.standing_since || since < j->c.standing_since))
		j->c.standing_since = since;
}

/* git-crypt enciphers under the files' own names, and only where git is. */
static bool in_work_tree(const struct vault_judge *j, struct slice path)
{
	uint8_t git[4096 + 5];
	for (struct slice dir = judge_name_of(path).dir; dir.n && dir.n <= 4096; dir = judge_name_of(dir).dir) {
		memcpy(git, dir.p, dir.n);
		memcpy(git + dir.n, "/.git", 5);
		if (judge_bloom_has(&j->dirs_before, seal_fingerprint(j->key, slice_of(git, dir.n + 5)) | 1))
			return true;
	}
	return false;
}

static void add_changed(struct vault_judge *j, const struct vault_change *c, uint8_t *marks, int64_t *marked)
{
	const struct vault_trait *b = c->before, *a = c->after;
	enum judge_class k = judge_classify(b, a, false);
	if (k == JUDGE_NOISE && a->type == CONTENT_GITCRYPT && in_work_tree(j, c->path)) {
		k = JUDGE_SEALED;
		j->c.locked++;
	}
	if ((k == JUDGE_WIPED || k == JUDGE_EMPTIED) && judge_hollowed(c))
		k = JUDGE_HOLLOW;
	bool was_damaged = b->marks & VAULT_MARKS_DAMAGE, program = b->type == CONTENT_ELF || b->type == CONTENT_PE || b->type == CONTENT_JAVA;
	j->c.changed++;
	if (a->torn) {
		*marks = b->marks;
		*marked = b->marked;
		return;
	}
	*marks = judge_marks_after(b, a, k);
	*marked = !*marks ? 0 : was_damaged && *marks & b->marks ? b->marked : j->h.now;
	if (content_knows(&b->is)) {
		j->c.changed_known++;
		j->c.changed_checked += !content_textual(b->type);
		j->c.programs += program && k == JUDGE_FINE && content_knows(&a->is);
	}
	if (was_damaged && *marks & VAULT_MARKS_DAMAGE) { /* not lost again */
		count_standing(j, b->marks, b->marked);
		return;
	}
	if (was_damaged) /* what it was before the damage is not known here: whole again is all that matters */
		return;
	j->c.in_place[k]++;
	j->c.unreadable += (k == JUDGE_TURNED && content_unreadable(&b->is, &a->is)) || ((k == JUDGE_FINE || k == JUDGE_TURNED) && content_fields_masked(&b->is, &a->is));
	j->c.tiny += b->size < 64 && (k == JUDGE_FINE || k == JUDGE_TURNED || k == JUDGE_EMPTIED);
	j->c.zeroed += k == JUDGE_WIPED && a->size >= b->size;
	if (k == JUDGE_SEALED && a->type != CONTENT_GITCRYPT)
		judge_spread_add(&j->sealed_dirs, j->at.dir);
	if (!(*marks & VAULT_MARKS_DAMAGE) && judge_reordered(c)) {
		j->c.reordered++;
		j->c.disordered += a->size <= 65536 && content_grammar_lost(&b->is, &a->is);
	}
	if (k == JUDGE_EMPTIED && a->size == 0)
		judge_emptied(j, c);
	if (k == JUDGE_FINE)
		judge_changed_beside(j, c);
	if (k == JUDGE_FINE && content_knows(&a->is) && a->type == b->type && !a->encrypted && a->size > b->size)
		j->c.came_bytes[type_of(a)] += a->size - b->size;
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
	int64_t most = !(t->marks & VAULT_MARK_ORDER) && t->marks & (VAULT_MARK_NOISE | VAULT_MARK_COPY) ? 90 * JUDGE_DAY : 30 * JUDGE_DAY;
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
	count_standing(j, *marks, t->marked);
	judge_spread_add(&j->lost_dirs, j->at.dir);
}

/* A folder in which a file was, and all above it: they were there as well, also without files of their own. */
static void add_dir_before(struct vault_judge *j, struct slice path)
{
	if (j->at.dir == j->dir_before)
		return;
	j->dir_before = j->at.dir;
	for (struct slice dir = judge_name_of(path).dir;; dir = judge_name_of(dir).dir) {
		uint64_t h = seal_fingerprint(j->key, dir) | 1;
		if (judge_bloom_has(&j->dirs_before, h)) /* and those above */
			return;
		judge_bloom_add(&j->dirs_before, h);
		if (!dir.n)
			return;
	}
}

bool vault_trait_accept(struct vault_trait *t, int64_t accepted)
{
	if (!accepted || !(t->marks & VAULT_MARKS_DAMAGE) || t->marked > accepted)
		return false;
	t->marks &= (uint8_t)~VAULT_MARKS_DAMAGE;
	if (!t->marks)
		t->marked = 0;
	return true;
}

void vault_judge_add(struct vault_judge *j, const struct vault_change *given, uint8_t *ret_marks, int64_t *ret_marked)
{
	uint8_t marks = 0;
	int64_t marked = 0;
	struct vault_trait before, after;
	struct vault_change one = *given;
	const struct vault_change *c = &one;
	/* what an operator has accepted is as good as new */
	if (j->h.accepted && given->before && (before = *given->before, vault_trait_accept(&before, j->h.accepted)))
		one.before = &before;
	if (j->h.accepted && given->after && (after = *given->after, vault_trait_accept(&after, j->h.accepted)))
		one.after = &after;
	judge_hash_path(j, c->path);
	if (c->before && c->what != '+') {
		j->c.before++;
		j->c.of_before[type_of(c->before)]++;
		if (content_is_opaque(&c->before->is) && !(c->before->marks & VAULT_MARKS_DAMAGE)) {
			j->c.opaque_before++;
			judge_bloom_add(&j->dirs_opaque, j->at.dir);
		}
		add_dir_before(j, c->path);
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
		j->c.gone_bytes[type_of(c->before)] += c->before->size;
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
	s->in_place = c->in_place[JUDGE_NOISE] + c->in_place[JUDGE_BROKEN] + c->in_place[JUDGE_WIPED] + c->in_place[JUDGE_NOISE_WEAK] + c->in_place[JUDGE_CUT] + c->in_place[JUDGE_EMPTIED] + w->alike + w->unreadable + w->disordered > 0;
	uint64_t lost = w->in_place + (w->unreadable ? 0 : c->unreadable);
	s->all = w->in_place >= 3 && lost * 3 >= (c->changed - c->tiny) * 2;
	s->order = s->in_place && c->reordered >= (s->all ? 1 : 3);
	s->replaced = w->replaced > 0;
	s->scrambled = w->scrambled > 0;
	s->gone = w->mass_gone;
	s->sealed = w->mass_sealed;
	if (s->replaced || s->scrambled)
		s->opaque_since = j->h.now;
	if (w->emptied >= 3)
		s->emptied_since = j->h.now;
	for (size_t i = 0; i < j->suffixes.n; i++) {
		const struct judge_top_entry *e = &j->suffixes.e[i];
		if (e->extra >= 2 && !judge_bloom_has(&j->suffix_before, seal_fingerprint(j->key, slice_of(e->text, e->text_n))))
			add_suffix_sign(s, e);
	}
	const struct judge_top_entry *named = w->note ? w->note : w->name;
	if (w->note && s->note_n < SIGNS_NOTES)
		memcpy(s->note[s->note_n++], &w->note->extra, 8);
	for (size_t i = 0; !named && i < j->notes.n && s->note_n < SIGNS_NOTES; i++) /* a single one, where damage is: it proves nothing, and is not to be given back */
		if (j->notes.e[i].onion || j->notes.e[i].fits)
			memcpy(s->note[s->note_n++], &j->notes.e[i].extra, 8);
	if (named)
		s->note_name[s->note_name_n++] = named->size;
	uint64_t taken = w->replaced + w->scrambled + (w->mass_gone ? w->gone_n : 0) + (s->sealed ? c->pair[PAIR_SEALED] : 0);
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
		judge_weigh(j, &w);
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
