/* Look-alikes: whom may somebody who is tired take for somebody else?
 *
 * A warning that half of the beds wear is not read any more; one that is missing lets a drug reach the wrong arm. So it is given where the name is what people go by, and not for a common family name alone:
 *
 *   alike   family names the same, sounding the same or one slip of the pen apart, and given names, too, or one given name the beginning of the other (Chris, Christine), or of two Chinese characters one the same
 *           family and given name exchanged (Franklin Hope, Hope Franklin)
 *           born on the same day, and family names near (twins), or given names near and family names with the same first letter
 *           the same family name, and of one the given name is not known
 *
 *   a bed list (census)  warns of two who lie in one unit: there they meet in the same drug cupboard, on the same board, in the same handover, and that is where hospitals put name alerts. The list of a unit and that of
 *                        the house say the same of everybody.
 *   a list of search     of two in the list: somebody is about to choose between them. A short one is compared with all persons, too.
 *   a patient's page     counts who is in the house, in whatever unit (results are phoned, charts opened by name), and of all who are known those born on the same day with such a name. Of a million persons most have a
 *                        namesake somewhere who was here ten years ago: that is not counted.
 *
 * Where this comes from: ISMP, "Oops, sorry, wrong patient!" (P T 2009, PMC2730811; PSQH 1/2011): the roommate; profiles and results exchanged between look-alike last names with the same first name; Franklin Hope and Hope
 * Franklin. The Joint Commission, NPSG.01.01.01 (two identifiers; visual alerts for newborns with similar names) and Quick Safety 45 (2018). With the names of `holdfast simulate` (uneven as real ones, see
 * simulate_names.c) a few in a hundred beds of a 500-bed house wear it; tests/chart/test_lookalike.c holds what must and what must not, and that share.
 */
#include "chart_internal.h"

#include <stdlib.h>

#define ROOM (1u << 16)
#define PAIRS_MAX 250 /* in a unit or list up to this size each is compared with each; in a longer one those of the same sounding family name, and those born on the same day */
#define WINDOW 200

/* ---- two names ----------------------------------------------------------------------------------------------------------------------- */

struct alike {
	struct chart_row *row;
	struct slice family, given, sound, birth; /* folded; given: the first of them */
};

static bool is_cjk(struct slice s)
{
	return s.n >= 3 && s.p[0] >= 0xe3 && s.p[0] <= 0xed; /* kana, Han, Hangul: a letter is a syllable or more */
}

static bool family_near(struct slice a, struct slice b)
{
	if (!a.n || !b.n)
		return false;
	struct slice s = a.n < b.n ? a : b, l = a.n < b.n ? b : a;
	if (l.n > s.n && l.p[s.n] == ' ' && !memcmp(l.p, s.p, s.n))
		return true; /* Garcia, Garcia Lopez: one of the two names is left out often */
	return slice_eq(a, b) || (!is_cjk(a) && !is_cjk(b) && words_near(a, b));
}

static bool given_near(struct slice a, struct slice b)
{
	if (!a.n || !b.n)
		return false;
	if (slice_eq(a, b))
		return true;
	if (is_cjk(a) && is_cjk(b))
		return a.n == 6 && b.n == 6 && (!memcmp(a.p, b.p, 3) || !memcmp(a.p + 3, b.p + 3, 3));
	size_t n = a.n < b.n ? a.n : b.n;
	return words_near(a, b) || (n >= 3 && !memcmp(a.p, b.p, n));
}

static bool alike(const struct alike *a, const struct alike *b)
{
	bool family = family_near(a->family, b->family), given = given_near(a->given, b->given);
	if (family && (given || !a->given.n || !b->given.n))
		return true;
	if (a->family.n && b->family.n && slice_eq(a->family, b->given) && slice_eq(a->given, b->family))
		return true;
	bool born = a->birth.n >= 10 && slice_eq(a->birth, b->birth);
	return born && (family || (given && a->family.n && b->family.n && a->family.p[0] == b->family.p[0]));
}

static struct slice folded(struct buf *b, struct slice s, bool first)
{
	size_t at = b->n;
	struct slice rest;
	s.n = s.n > 500 ? 500 : s.n;
	if (b->cap - b->n < 4 * s.n)
		return SLICE_NULL;
	utf8_fold(b, s);
	s = slice_trim(slice_of(b->p + at, b->n - at));
	return first ? slice_cut(s, ' ', &rest) : s;
}

/* ---- in a list ------------------------------------------------------------------------------------------------------------------------- */

static void mark(struct alike *a, struct alike *b)
{
	if (!(a->row->lookalike && b->row->lookalike) && alike(a, b))
		a->row->lookalike = b->row->lookalike = true;
}

static int by_sound_key(const void *pa, const void *pb)
{
	const struct alike *a = pa, *b = pb;
	int r = slice_cmp(a->sound, b->sound);
	return r ? r : strcmp(a->row->id, b->row->id);
}

static int by_birth(const void *pa, const void *pb)
{
	const struct alike *a = pa, *b = pb;
	int r = slice_cmp(a->birth, b->birth);
	return r ? r : strcmp(a->row->id, b->row->id);
}

static void mark_all(struct alike *v, size_t n)
{
	for (size_t i = 0; n <= PAIRS_MAX && i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			mark(&v[i], &v[j]);
	if (n <= PAIRS_MAX)
		return;
	qsort(v, n, sizeof *v, by_sound_key);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n && j < i + WINDOW && slice_eq(v[i].sound, v[j].sound); j++)
			mark(&v[i], &v[j]);
	qsort(v, n, sizeof *v, by_birth);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n && j < i + WINDOW && slice_eq(v[i].birth, v[j].birth); j++)
			mark(&v[i], &v[j]);
}

static int take(struct chart_row *row, struct buf *room, struct arena *a, struct alike *ret, struct err *e)
{
	buf_reset(room);
	struct slice family = folded(room, row->name_family, false), given = folded(room, row->name_given, true);
	AUTO_BUF struct buf s = {0};
	buf_init(&s, ROOM);
	word_sound(family, &s);
	struct alike x = {.row = row, .family = arena_dup(a, family), .given = arena_dup(a, given), .sound = arena_dup(a, s.n ? buf_slice(&s) : family), .birth = row->birth};
	if ((family.n && !x.family.p) || (given.n && !x.given.p) || ((s.n || family.n) && !x.sound.p))
		return chart_no_memory(a, e);
	*ret = x;
	return 0;
}

static bool same_unit(const struct chart_row *a, const struct chart_row *b)
{
	return slice_eq(a->place.facility, b->place.facility) && slice_eq(a->place.unit, b->place.unit);
}

int lookalike_rows(struct chart_row *rows, bool by_unit, struct arena *a, struct err *e)
{
	size_t n = 0, k = 0;
	for (const struct chart_row *r = rows; r; r = r->next)
		n++;
	struct alike *v = arena_array(a, n, sizeof *v);
	AUTO_BUF struct buf room = {0};
	buf_init(&room, ROOM);
	if (!v || !buf_space(&room, ROOM - 1))
		return chart_no_memory(a, e);
	for (struct chart_row *r = rows; r; r = r->next) {
		int code = take(r, &room, a, &v[k++], e);
		if (code < 0)
			return code;
	}
	for (size_t i = 0, end; i < n; i = end) { /* a census is in order of units */
		for (end = i + 1; end < n && (!by_unit || same_unit(v[i].row, v[end].row)); end++)
			;
		mark_all(v + i, end - i);
	}
	return 0;
}

/* ---- one patient's ------------------------------------------------------------------------------------------------------------------------ */

#define ALIKE_MAX 99
#define NAMESAKES_MAX 400 /* looked at by name; of a name that is more common those in the house are asked instead */

struct alike_count {
	struct chart *c;
	uint64_t end;
	uint32_t self;
	uint32_t seen[ALIKE_MAX];
	uint32_t n;
	struct arena *scratch;
	struct buf room;
	struct alike me;
};

struct idents {
	uint32_t *v;
	size_t n, max;
	struct arena *a;
	uint64_t end;
};

static int keep_ident(void *arg, struct slice word, uint32_t ident, uint64_t entry, struct err *e)
{
	struct idents *k = arg;
	if (entry >= k->end)
		return 0;
	if (k->n == k->max)
		return 1;
	k->v[k->n++] = ident;
	return 0;
}

static int keep_person(void *arg, const struct store_stay *y, struct err *e)
{
	struct idents *k = arg;
	if (k->n == k->max)
		return 1;
	k->v[k->n++] = y->person;
	return 0;
}

static int is_present(void *arg, const struct store_stay *y, struct err *e)
{
	*(bool *)arg = true;
	return 0;
}

static int compare(struct alike_count *k, uint32_t ident, bool only_present, struct err *e)
{
	uint32_t root;
	bool here = !only_present;
	int r = person_root(k->c, ident, k->end, &root, e);
	if (r == 0 && root != k->self && !here)
		r = ASK(k->c, stay_of, root, k->end, is_present, &here, e);
	if (r < 0 || root == k->self || !here || k->n == ALIKE_MAX)
		return r;
	for (uint32_t i = 0; i < k->n; i++)
		if (k->seen[i] == root)
			return 0;
	struct header *h;
	struct members m;
	size_t keep = k->room.n;
	arena_reset(k->scratch);
	r = person_members(k->c, root, k->end, false, k->scratch, &m, e);
	if (r == 0)
		r = person_header(k->c, &m, k->end, k->scratch, &h, e);
	if (r < 0)
		return r;
	struct slice name = header_get(h, FF_NAME);
	struct alike other = {.family = folded(&k->room, fact_part(name, FN_FAMILY), false), .given = folded(&k->room, fact_part(name, FN_GIVEN), true), .birth = header_get(h, FF_BIRTH)};
	if (alike(&k->me, &other))
		k->seen[k->n++] = root;
	k->room.n = keep;
	return 0;
}

/* Those whose whole name sounds the same, and who are here. */
static int by_name(struct alike_count *k, struct idents *v, struct err *e)
{
	int r = lookalike_words(k->c, k->me.family, k->me.given, keep_ident, v, e);
	bool common = r == 0 && v->n == v->max;
	if (common) {
		struct idents here = *v;
		here.n = 0;
		here.max = 20000;
		here.v = arena_array(v->a, here.max, sizeof *here.v);
		if (!here.v)
			return chart_no_memory(v->a, e);
		r = ASK(k->c, stays, k->end, keep_person, &here, e);
		*v = here;
	}
	for (size_t i = 0; i < v->n && r == 0; i++)
		r = compare(k, v->v[i], !common, e);
	return r;
}

int lookalike_count(struct chart *c, const struct header *h, uint32_t root, uint64_t end, struct arena *a, uint32_t *ret, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new(CHART_SCRATCH_MAX);
	struct alike_count k = {.c = c, .end = end, .self = root, .scratch = scratch};
	struct idents v = {.v = arena_array(a, NAMESAKES_MAX, sizeof *v.v), .max = NAMESAKES_MAX, .a = a, .end = end};
	struct slice name = header_get(h, FF_NAME);
	*ret = 0;
	if (!name.n)
		return 0;
	buf_init(&k.room, ROOM);
	if (!scratch || !v.v || !buf_space(&k.room, ROOM - 1)) {
		buf_done(&k.room);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	k.me = (struct alike){.family = folded(&k.room, fact_part(name, FN_FAMILY), false), .given = folded(&k.room, fact_part(name, FN_GIVEN), true), .birth = header_get(h, FF_BIRTH)};
	int r = by_name(&k, &v, e);
	v.n = 0;
	if (r == 0 && k.me.birth.n >= 10)
		r = lookalike_born(c, slice_of(k.me.birth.p, 10), keep_ident, &v, e);
	for (size_t i = 0; i < v.n && r == 0; i++)
		r = compare(&k, v.v[i], false, e);
	buf_done(&k.room);
	*ret = k.n;
	return r;
}
