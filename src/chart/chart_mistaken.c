/* Messages under a patient's numbers that name somebody else.
 *
 * A number typed wrong, a label of the neighbour's tube, a registration written over another person's (an "overlay"): all of it comes under a valid record number and belongs, by that number, to
 * this chart. Nothing of it is hidden or moved on a guess; that the name and the birth date are another one's is put up for review, with the newest such entry.
 *
 * Somebody else: the birth dates differ, and neither family nor given name is near any of the patient's names (swapped, too). One of the three alone is marriage, a typing error, or a
 * newborn. Who was registered without a name (1 January, "unknown") and is known by now is no one else.
 */
#include "chart_internal.h"

#define ROOM ((size_t)8 << 10)

struct called {
	struct slice family, given;
};

static struct slice first_word(struct buf *b, struct slice s)
{
	size_t at = b->n;
	struct slice rest;
	if (b->cap - b->n < 4 * (size_t)300)
		return SLICE_NULL;
	utf8_fold(b, slice_of(s.p, s.n > 300 ? 300 : s.n));
	return slice_cut(slice_trim(slice_of(b->p + at, b->n - at)), ' ', &rest);
}

static bool nobody(struct slice s)
{
	static const char *const words[] = {"unknown", "unbekannt", "inconnu", "inconnue", "desconocido", "desconocida", "onbekend", "doe", "anonym", "anonymous", "anonyme", "trauma", "xx", "xxx", "nn", "notfall"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_str(s, words[i]))
			return true;
	return false;
}

static bool near(struct called a, struct called b)
{
	if (!a.family.n || !b.family.n || !a.given.n || !b.given.n || nobody(a.family) || nobody(b.family) || nobody(a.given) || nobody(b.given))
		return true;
	return words_near(a.family, b.family) || words_near(a.given, b.given) || words_near(a.family, b.given) || words_near(a.given, b.family);
}

static bool full_date(struct slice t)
{
	return t.n >= 10 && memcmp(t.p + 4, "-01-01", 6) != 0;
}

/* Any name of the one near any of the other. */
static bool any_near(const struct fact *a, const struct fact *b)
{
	static const uint8_t fields[] = {FF_NAME, FF_ALIAS};
	AUTO_BUF struct buf room = {0};
	buf_init(&room, ROOM);
	if (!buf_space(&room, ROOM))
		return true;
	for (size_t fa = 0; fa < 2; fa++)
		for (size_t i = 0; i < fact_count(a, fields[fa]) && i < 8; i++) {
			struct slice na = fact_nth(a, fields[fa], i);
			buf_reset(&room);
			struct called ca = {first_word(&room, fact_part(na, FN_FAMILY)), first_word(&room, fact_part(na, FN_GIVEN))};
			size_t keep = room.n;
			for (size_t fb = 0; fb < 2; fb++)
				for (size_t k = 0; k < fact_count(b, fields[fb]) && k < 8; k++) {
					struct slice nb = fact_nth(b, fields[fb], k);
					room.n = keep;
					struct called cb = {first_word(&room, fact_part(nb, FN_FAMILY)), first_word(&room, fact_part(nb, FN_GIVEN))};
					if (near(ca, cb))
						return true;
				}
		}
	return fact_count(a, FF_NAME) == 0 || fact_count(b, FF_NAME) == 0;
}

void mistaken_review(struct fold *x, const struct stmts *all, const struct fact *patient)
{
	struct slice birth = patient ? fact_get(patient, FF_BIRTH) : SLICE_NULL;
	const struct stmt *newest = NULL;
	unsigned n = 0;
	if (!full_date(birth))
		return;
	for (size_t i = 0; i < all->n; i++) {
		const struct stmt *t = &all->v[i];
		if (t->f->kind != FACT_PATIENT)
			continue;
		struct slice other = fact_get(t->f, FF_BIRTH);
		if (!full_date(other) || memcmp(other.p, birth.p, 10) == 0 || any_near(patient, t->f))
			continue;
		n++;
		if (!newest || t->row->id > newest->row->id)
			newest = t;
	}
	if (!newest)
		return;
	char text[160];
	snprintf(text, sizeof text, "%u message%s under this patient's number%s somebody with another name and another birth date: whose is what %s?", n, n == 1 ? "" : "s", n == 1 ? " names" : " name",
	         n == 1 ? "it says" : "they say");
	struct slice kept = arena_dup(x->a, slice_str(text));
	if (kept.p)
		review_add(x, "names-somebody-else", row_entry(newest->row), kept);
	else
		x->failed = true;
}
