/* Files that went and files that came, paired: x.docx and x.docx.locked, locked_x.docx, x.locked, out/x.docx.enc, or any name on the same inode.
 *
 * What went waits under the hash of its name, of its name without the suffix, of its base name in any folder, and of its inode; what comes looks for each beginning of its name (and each end, for
 * prefixes), and the other way round where it came first. A pair tells whether the content was enciphered, sealed by a known tool, converted, or only renamed.
 *
 * Hashes of all beginnings of a name are made in one pass: polynomials modulo 2^61 - 1 at a secret point.
 */
#include "vault_judge_internal.h"

#define P61 ((UINT64_C(1) << 61) - 1)
#define TRY_MAX 10 /* beginnings that are looked for where the new file is nothing suspicious: at what separates words */

static uint64_t mul61(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 m = (unsigned __int128)a * b;
	uint64_t r = (uint64_t)(m & P61) + (uint64_t)(m >> 61);
	return r >= P61 ? r - P61 : r;
}

static uint64_t finish(uint64_t x) /* splitmix64 */
{
	x ^= x >> 30;
	x *= UINT64_C(0xBF58476D1CE4E5B9);
	x ^= x >> 27;
	x *= UINT64_C(0x94D049BB133111EB);
	x ^= x >> 31;
	return x ? x : 1;
}

static uint64_t key_of(const struct vault_judge *j, enum judge_by by, uint64_t dir, uint64_t h)
{
	return finish(finish(h ^ j->secret) + dir * 31 + (uint64_t)by * UINT64_C(0x9E3779B97F4A7C15));
}

void judge_hash_path(struct vault_judge *j, struct slice path)
{
	struct judge_name name = judge_name_of(path);
	struct judge_hashes *h = &j->at;
	h->dir = seal_fingerprint(j->key, name.dir) | 1;
	h->base = name.base.n > 255 ? slice_of(name.base.p, 255) : name.base;
	h->n = h->base.n;
	h->prefix[0] = 0;
	for (size_t i = 0; i < h->n; i++)
		h->prefix[i + 1] = (mul61(h->prefix[i], j->poly) + h->base.p[i] + 1) % P61;
	h->path = 0;
}

uint64_t judge_path_hash(struct vault_judge *j, struct slice path)
{
	if (!j->at.path)
		j->at.path = judge_plain_hash(path) | 1;
	return j->at.path;
}

static uint64_t tail_hash(const struct vault_judge *j, size_t from)
{
	const struct judge_hashes *h = &j->at;
	uint64_t head = mul61(h->prefix[from], j->powers[h->n - from]);
	return h->prefix[h->n] >= head ? h->prefix[h->n] - head : h->prefix[h->n] + P61 - head;
}

static bool separates(uint8_t c)
{
	return c == '.' || c == '_' || c == '-' || c == ' ' || c == '[' || c == ']' || c == '(' || c == ')' || c == '@' || c == '~' || c == '#' || c == '+' || c == '{' || c == '}' || c == '=';
}

/* ---- small forms of traits ---- */

static uint8_t small_type(int t)
{
	return t >= 0 && t < JUDGE_TYPES ? (uint8_t)t : CONTENT_UNKNOWN;
}

static uint16_t scaled(float v, float by)
{
	float x = v * by + .5f;
	return !(x > 0) ? 0 : x >= 65535 ? 65535 : (uint16_t)x; /* also for what is no number */
}

static struct judge_brief brief_of(const struct vault_trait *t)
{
	bool suspect = content_is_opaque(&t->is) || (!content_knows(&t->is) && t->size >= 32 && (t->entropy >= 5.3f || t->state == CONTENT_LOST));
	return (struct judge_brief){t->size, scaled(t->entropy, 8191), scaled(t->random_share, 65535), scaled(t->word_share, 65535), small_type(t->type), small_type(t->named), (uint8_t)t->state,
	                            (uint8_t)((t->encrypted ? JUDGE_ENCRYPTED : 0) | (content_is_opaque(&t->is) ? JUDGE_OPAQUE : 0) | (suspect ? JUDGE_SUSPECT : 0))};
}

static struct vault_trait trait_of(const struct judge_brief *b)
{
	return (struct vault_trait){.type = b->type, .named = b->named, .state = b->state, .encrypted = b->flags & JUDGE_ENCRYPTED, .size = b->size,
	                            .entropy = (float)b->entropy / 8191, .random_share = (float)b->random_share / 65535, .word_share = (float)b->word_share / 65535};
}

/* ---- what a pair is ---- */

/* Enciphered bytes are as many as the original's and a little; in base64 a third more, in hexadecimal twice as many. An inode that was given out again, or a stem met by chance, is told by this. */
static bool size_fits(uint64_t b, uint64_t a, enum judge_by by)
{
	if (by == BY_INODE)
		return (a >= b && a - b <= 1040) || (a >= b / 3 * 4 && a <= b / 3 * 4 + b / 40 + 128) || (a >= b * 2 && a <= b * 2 + b / 40 + 128);
	return a >= b - b / 10 && a / 5 * 2 <= b + (64u << 10);
}

static bool tool_made_it(uint8_t tool, const struct judge_brief *b, const struct judge_brief *a)
{
	if (!tool)
		return false;
	switch ((enum content_known_kind)(tool - 1)) {
	case CONTENT_KNOWN_PACKER:
		return content_textual(b->type) || a->size <= b->size + b->size / 100 + 256; /* what packs does not grow; but logs do, before they are packed */
	case CONTENT_KNOWN_IMAGE:
		return b->type == CONTENT_JPEG || b->type == CONTENT_PNG || b->type == CONTENT_GIF || b->type == CONTENT_TIFF || b->type == CONTENT_BMP || b->type == CONTENT_WEBP || b->type == CONTENT_JPEG2000 || b->type == CONTENT_DICOM;
	case CONTENT_KNOWN_AUDIO:
		return b->type == CONTENT_WAV || b->type == CONTENT_MP3 || b->type == CONTENT_MP4 || b->type == CONTENT_AVI;
	case CONTENT_KNOWN_VIDEO:
		return b->type == CONTENT_MP4 || b->type == CONTENT_AVI;
	case CONTENT_KNOWN_DATA:
		return b->type == CONTENT_CSV || b->type == CONTENT_TEXT || b->type == CONTENT_JSON || b->type == CONTENT_XML || b->type == CONTENT_SQLITE || b->type == CONTENT_MDB || b->type == CONTENT_OOXML;
	default:
		return false;
	}
}

/* Its header is what its new name says, and not what the original was: a conversion, if a bad one. */
static bool is_other_as_named(const struct judge_one *b, const struct judge_one *a)
{
	return a->t.type == a->t.named && a->t.type != CONTENT_UNKNOWN && a->t.type != b->t.type && !content_textual(a->t.type);
}

static enum judge_pair replaced_or(enum judge_class c, const struct judge_one *b, const struct judge_one *a)
{
	if (a->tool && (enum content_known_kind)(a->tool - 1) == CONTENT_KNOWN_SEALER)
		return PAIR_SEALED;
	if (tool_made_it(a->tool, &b->t, &a->t) || is_other_as_named(b, a))
		return PAIR_CONVERTED;
	if (b->by != BY_FULL && !size_fits(b->t.size, a->t.size, b->by))
		return b->by == BY_INODE ? PAIR_CHANCE : PAIR_NONE;
	return c == JUDGE_NOISE ? PAIR_REPLACED : PAIR_REPLACED_WEAK;
}

static enum judge_pair pair_of(const struct judge_one *b, const struct judge_one *a)
{
	struct vault_trait tb = trait_of(&b->t), ta = trait_of(&a->t);
	enum judge_class c = judge_classify(&tb, &ta, true);
	switch (c) {
	case JUDGE_NOISE: case JUDGE_NOISE_WEAK:
		return replaced_or(c, b, a);
	case JUDGE_SEALED:
		return b->by == BY_INODE && !size_fits(tb.size, ta.size, BY_INODE) ? PAIR_NONE : PAIR_SEALED;
	case JUDGE_BROKEN: /* its header stands: x.pdf -> x.pdf.locked, encrypted behind the first 4 KiB */
		return is_other_as_named(b, a) ? PAIR_CONVERTED : b->by == BY_BASE || (b->by == BY_STEM && ta.type != tb.type) || !size_fits(tb.size, ta.size, BY_INODE) ? PAIR_NONE : PAIR_REPLACED_BROKEN;
	case JUDGE_CUT: /* less than half as long: what enciphers does not shrink, what packs and converts does */
		return b->by != BY_INODE && b->by != BY_BASE && content_is_noise(&ta.is) ? PAIR_CONVERTED : PAIR_NONE;
	case JUDGE_FINE:
		if (tb.type == ta.type && tb.size == ta.size)
			return PAIR_RENAMED;
		if (b->by == BY_FULL && !a->tool && content_disguised(&tb.is, &ta.is)) /* in an archive that packs nothing: there is no other reason for it */
			return content_packs_nothing(&tb.is, &ta.is) ? PAIR_REPLACED_BROKEN : PAIR_REPLACED_WEAK;
		return b->by == BY_INODE || b->by == BY_BASE || !content_knows(&ta.is) ? PAIR_NONE : PAIR_CONVERTED;
	case JUDGE_TURNED: /* x.txt -> x.txt.locked, each of its bytes exchanged for another */
		return b->by == BY_FULL && content_unreadable(&tb.is, &ta.is) && !a->tool && ta.named == CONTENT_UNKNOWN && size_fits(tb.size, ta.size, BY_INODE) ? PAIR_REPLACED_BROKEN : PAIR_NONE;
	default:
		return PAIR_NONE;
	}
}

/* ---- counting ---- */

void judge_count_lost(struct vault_judge *j, int type)
{
	j->c.lost[small_type(type)]++;
	judge_spread_add(&j->lost_dirs, j->at.dir);
}

static struct judge_dir *dir_put(struct vault_judge *j, uint64_t dir)
{
	struct judge_dir *d = judge_sample_put(&j->dirs, finish(dir));
	if (d)
		d->dir = dir;
	return d;
}

static void dir_gone(struct judge_dir *d, const struct judge_brief *t, int sign)
{
	if (!d)
		return;
	double s = (double)t->size * sign;
	d->gone += sign;
	d->gone_sum += s;
	d->gone_squares += s * (double)t->size;
}

static void dir_came(struct judge_dir *d, const struct judge_brief *t, int sign)
{
	if (!d)
		return;
	double s = (double)t->size * sign;
	d->came += sign;
	d->came_sum += s;
	d->came_squares += s * (double)t->size;
}

static bool counts_as_gone(const struct judge_brief *t)
{
	struct vault_trait x = trait_of(t);
	return content_knows(&x.is);
}

/* Paired: neither waits for another any more. */
static void unwait(struct vault_judge *j, const struct judge_one *b, const struct judge_one *a, bool b_waited, bool a_waited)
{
	if (b_waited && counts_as_gone(&b->t)) {
		dir_gone(judge_sample_get(&j->dirs, finish(b->dir)), &b->t, -1);
		dir_gone(&j->whole, &b->t, -1);
	}
	if (a_waited && (a->t.flags & JUDGE_OPAQUE)) {
		dir_came(judge_sample_get(&j->dirs, finish(a->dir)), &a->t, -1);
		dir_came(&j->whole, &a->t, -1);
	}
}

static void count_suffix(struct vault_judge *j, uint32_t key, const struct judge_one *b, uint64_t weight, bool lost)
{
	struct judge_top_entry *e = key ? judge_top_get(&j->suffixes, key) : NULL;
	if (!e)
		return;
	e->extra += weight;
	e->lost += lost ? weight : 0;
	e->types |= UINT64_C(1) << b->t.type;
}

static void keep_hash(uint64_t *list, size_t *n, uint64_t v)
{
	if (*n < SIGNS_PATHS)
		list[(*n)++] = v;
}

/* share: how many pairs this one stands for (the tables are samples when very much happened; a file waits under several keys then, each in the sample or not, so that only one kind of key may be counted). */
static uint8_t account(struct vault_judge *j, enum judge_pair p, const struct judge_one *b, const struct judge_one *a, uint64_t share, bool came_first)
{
	struct judge_counts *c = &j->c;
	if (share > 1)
		c->sampled[p][b->by] += share;
	else if (p != PAIR_REPLACED || b->by != BY_INODE)
		c->pair[p]++;
	c->explained[b->t.type] += share;
	if (p == PAIR_SEALED)
		judge_spread_add(&j->sealed_dirs, b->dir);
	if (p == PAIR_CONVERTED || p == PAIR_SEALED)
		return 0;
	count_suffix(j, a->suffix, b, share, p != PAIR_RENAMED);
	if (p == PAIR_RENAMED)
		return 0;
	if (p == PAIR_REPLACED && b->by == BY_INODE && share == 1) { /* believed at the end, when it is known how often inodes met by chance */
		c->by_inode++;
		c->by_inode_of[b->t.type]++;
		if (j->by_inode_n < SIGNS_PATHS) {
			j->by_inode_original[j->by_inode_n] = b->path_hash;
			j->by_inode_copy[j->by_inode_n++] = a->path_hash;
		}
		return 0;
	}
	c->lost[b->t.type] += share;
	judge_spread_add(&j->lost_dirs, b->dir);
	keep_hash(j->now.original, &j->now.original_n, b->path_hash);
	if (came_first && p != PAIR_REPLACED_WEAK)
		keep_hash(j->now.copy, &j->now.copy_n, a->path_hash);
	return p == PAIR_REPLACED_WEAK ? VAULT_MARK_COPY | VAULT_MARK_ORDER : VAULT_MARK_COPY;
}

/* ---- waiting and looking ---- */

static struct judge_one *waiting(const struct judge_sample *t, uint64_t key)
{
	return judge_sample_get(t, key);
}

static void wait_under(struct judge_sample *t, uint64_t key, enum judge_by by, struct judge_one one)
{
	struct judge_one *e = judge_sample_put(t, key);
	if (!e)
		return;
	one.key = key;
	one.by = (uint8_t)by;
	*e = one;
}

static size_t stem_of(const struct judge_hashes *h)
{
	struct slice s = judge_suffix(h->base);
	return h->n - s.n;
}

/* Found: is it a pair? Then it is counted, and the one that waited waits no more (its other keys stay: a second pair with it is counted, and hardly ever met). */
static bool meets_gone(struct vault_judge *j, uint64_t key, const struct judge_one *a, uint8_t *marks)
{
	struct judge_one *b = waiting(&j->gone, key);
	if (!b || b->id == a->id)
		return false;
	if (b->t.flags & JUDGE_EMPTIED_HERE) {
		j->c.rotated++;
		judge_sample_drop(&j->gone, b);
		return true;
	}
	enum judge_pair p = pair_of(b, a);
	if (p == PAIR_CHANCE)
		j->c.by_chance++;
	if (p == PAIR_NONE || p == PAIR_CHANCE)
		return false;
	unwait(j, b, a, true, false);
	*marks |= account(j, p, b, a, UINT64_C(1) << j->gone.level, false);
	judge_sample_drop(&j->gone, b);
	return true;
}

static bool look_for_gone(struct vault_judge *j, const struct vault_change *c, const struct judge_one *a, uint8_t *marks)
{
	const struct judge_hashes *h = &j->at;
	bool suspect = a->t.flags & JUDGE_SUSPECT;
	size_t tries = 0;
	for (size_t i = h->n - (h->n > 0); i >= 1; i--) { /* beginnings, the longest first */
		bool cut = separates(h->base.p[i]);
		if (!cut && !suspect)
			continue;
		if (!suspect && tries++ >= TRY_MAX)
			break;
		if (meets_gone(j, key_of(j, BY_FULL, h->dir, h->prefix[i]), a, marks))
			return true;
		if (cut && meets_gone(j, key_of(j, BY_STEM, h->dir, h->prefix[i]), a, marks))
			return true;
		if (cut && suspect && i >= 5 && meets_gone(j, key_of(j, BY_BASE, 0, h->prefix[i]), a, marks))
			return true;
	}
	for (size_t i = 1; suspect && i < h->n; i++) /* ends, for prefixes; and the whole name elsewhere */
		if (meets_gone(j, key_of(j, BY_FULL, h->dir, tail_hash(j, i)), a, marks))
			return true;
	if (suspect && h->n >= 5 && meets_gone(j, key_of(j, BY_BASE, 0, h->prefix[h->n]), a, marks))
		return true;
	return c->ino_after && meets_gone(j, key_of(j, BY_INODE, 0, c->ino_after), a, marks);
}

static void came_waits(struct vault_judge *j, const struct vault_change *c, const struct judge_one *a)
{
	const struct judge_hashes *h = &j->at;
	if (c->ino_after)
		wait_under(&j->came, key_of(j, BY_INODE, 0, c->ino_after), BY_INODE, *a);
	size_t stem = stem_of(h);
	if (stem < h->n && stem) {
		wait_under(&j->came, key_of(j, BY_STEM, h->dir, h->prefix[stem]), BY_STEM, *a);
		wait_under(&j->came, key_of(j, BY_FULL, h->dir, h->prefix[stem]), BY_FULL, *a);
	}
	if (!(a->t.flags & JUDGE_SUSPECT))
		return;
	size_t ends = 0;
	for (size_t i = 1; i < h->n && ends < 3; i++)
		if (separates(h->base.p[i - 1]) && i < stem) {
			wait_under(&j->came, key_of(j, BY_FULL, h->dir, tail_hash(j, i)), BY_FULL, *a);
			ends++;
		}
	if (stem >= 5)
		wait_under(&j->came, key_of(j, BY_BASE, 0, h->prefix[stem]), BY_BASE, *a);
	if (h->n >= 5)
		wait_under(&j->came, key_of(j, BY_BASE, 0, h->prefix[h->n]), BY_BASE, *a);
	if (a->t.flags & JUDGE_OPAQUE) {
		dir_came(dir_put(j, h->dir), &a->t, 1);
		dir_came(&j->whole, &a->t, 1);
	}
}

/* Counts the suffix of a new name; its key, 0 for none. */
static uint32_t count_new_suffix(struct vault_judge *j)
{
	struct slice s = judge_suffix(j->at.base);
	if (!s.n)
		return 0;
	uint32_t key = (uint32_t)seal_fingerprint(j->key, s) | 1;
	struct judge_top_entry *e = judge_top_add(&j->suffixes, key, j->at.dir, 1);
	if (e->text_n == 0) {
		e->text_n = (uint8_t)s.n;
		memcpy(e->text, s.p, s.n);
	}
	return key;
}

static struct judge_one one_of(struct vault_judge *j, const struct vault_change *c, const struct vault_trait *t)
{
	return (struct judge_one){.path_hash = judge_path_hash(j, c->path), .dir = j->at.dir, .t = brief_of(t), .id = ++j->next_id};
}

uint8_t judge_came(struct vault_judge *j, const struct vault_change *c)
{
	const struct vault_trait *t = c->after;
	if (t->size == 0 || t->torn)
		return 0;
	struct judge_one a = one_of(j, c, t);
	bool opaque = a.t.flags & JUDGE_OPAQUE;
	const struct content_known *tool = content_knows(&t->is) && !opaque ? NULL : content_known_tool(j->at.base);
	a.tool = tool ? (uint8_t)(1 + tool->kind) : 0;
	a.suffix = count_new_suffix(j);
	uint8_t marks = opaque ? VAULT_MARK_OPAQUE : 0;
	const struct content_known *family = opaque || (a.suffix && !content_knows(&t->is)) ? content_known_suffix(j->at.base) : NULL;
	bool paired = look_for_gone(j, c, &a, &marks);
	if (family && family->strength >= CONTENT_KNOWN_MEDIUM) {
		if (!j->family || family->strength > j->family->strength)
			j->family = family;
		if (marks & VAULT_MARK_COPY)
			j->family_copies++;
	}
	if (t->encrypted && !paired && (t->type == CONTENT_ZIP || t->type == CONTENT_SEVENZIP || t->type == CONTENT_RAR)) {
		struct judge_dir *d = dir_put(j, j->at.dir);
		if (d)
			d->locked += (double)t->size;
		j->whole.locked += (double)t->size;
	}
	j->c.opaque_new += opaque;
	if (tool && !paired)
		j->c.tool_new[tool->kind]++;
	if (!paired)
		came_waits(j, c, &a);
	else if (opaque && !(marks & VAULT_MARK_COPY) && c->ino_after) /* as in meets_came */
		wait_under(&j->came, key_of(j, BY_INODE, 0, c->ino_after), BY_INODE, a);
	if (marks & VAULT_MARK_COPY)
		marks &= (uint8_t)~VAULT_MARK_OPAQUE;
	return marks;
}

static bool meets_came(struct vault_judge *j, uint64_t key, const struct judge_one *b, enum judge_by by)
{
	struct judge_one *a = waiting(&j->came, key);
	if (!a)
		return false;
	struct judge_one gone = *b;
	gone.by = (uint8_t)by;
	enum judge_pair p = pair_of(&gone, a);
	if (p == PAIR_CHANCE)
		j->c.by_chance++;
	if (p == PAIR_NONE || p == PAIR_CHANCE)
		return false;
	unwait(j, &gone, a, false, true);
	account(j, p, &gone, a, UINT64_C(1) << j->came.level, true);
	if (p != PAIR_REPLACED || by != BY_INODE) /* met only by an inode, which may be chance: sizes in folders have their say, too */
		judge_sample_drop(&j->came, a);
	return true;
}

void judge_went(struct vault_judge *j, const struct vault_change *c)
{
	const struct vault_trait *t = c->before;
	const struct judge_hashes *h = &j->at;
	struct judge_dir *d = dir_put(j, h->dir);
	if (d)
		d->gone_any++;
	if (t->size == 0 || (t->marks & VAULT_MARKS_DAMAGE))
		return; /* a damaged copy that somebody clears away */
	struct judge_one b = one_of(j, c, t);
	size_t stem = stem_of(h);
	uint64_t full = key_of(j, BY_FULL, h->dir, h->prefix[h->n]), by_stem = stem ? key_of(j, BY_STEM, h->dir, h->prefix[stem]) : 0;
	uint64_t by_base = h->n >= 5 ? key_of(j, BY_BASE, 0, h->prefix[h->n]) : 0, inode = c->ino_before ? key_of(j, BY_INODE, 0, c->ino_before) : 0;
	if (meets_came(j, full, &b, BY_FULL) || (by_stem && meets_came(j, by_stem, &b, BY_STEM)) || (by_base && meets_came(j, by_base, &b, BY_BASE)) || (inode && meets_came(j, inode, &b, BY_INODE)))
		return;
	wait_under(&j->gone, full, BY_FULL, b);
	if (by_stem)
		wait_under(&j->gone, by_stem, BY_STEM, b);
	if (by_base && content_knows(&t->is))
		wait_under(&j->gone, by_base, BY_BASE, b);
	if (inode)
		wait_under(&j->gone, inode, BY_INODE, b);
	if (content_knows(&t->is)) {
		dir_gone(d, &b.t, 1);
		dir_gone(&j->whole, &b.t, 1);
	}
}

/* A log that was emptied: its content stands in a new file beside it, if it was rotated. */
void judge_emptied(struct vault_judge *j, const struct vault_change *c)
{
	struct judge_one b = one_of(j, c, c->before);
	const struct judge_hashes *h = &j->at;
	b.t.flags |= JUDGE_EMPTIED_HERE;
	wait_under(&j->gone, key_of(j, BY_FULL, h->dir, h->prefix[h->n]), BY_FULL, b);
	size_t stem = stem_of(h);
	if (stem && stem < h->n)
		wait_under(&j->gone, key_of(j, BY_STEM, h->dir, h->prefix[stem]), BY_STEM, b);
}

/* A log whose copy took an older copy's name: app.log is empty, and app.log.1 changed. */
void judge_changed_beside(struct vault_judge *j, const struct vault_change *c)
{
	const struct judge_hashes *h = &j->at;
	for (size_t i = h->n - (h->n > 0), tries = 0; i >= 1 && tries < TRY_MAX; i--) {
		if (!separates(h->base.p[i]))
			continue;
		tries++;
		for (enum judge_by by = BY_FULL; by <= BY_STEM; by++) {
			struct judge_one *b = waiting(&j->gone, key_of(j, by, h->dir, h->prefix[i]));
			if (b && b->t.flags & JUDGE_EMPTIED_HERE) {
				j->c.rotated++;
				judge_sample_drop(&j->gone, b);
				return;
			}
		}
	}
}
