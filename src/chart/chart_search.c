/* Search: by name, birth date, number; and who could be taken for whom.
 *
 * The index holds, for every identifier, words with the entry from which they were known, so a search as of an earlier moment is the same range scan:
 *   n<word>           each word of each name it ever had (a maiden name finds, too); what is written in two words also as one (o connor: oconnor), and ae, oe, ue also as the umlaut's vowel
 *   c<word> <word>    pairs of a family and a given word, or of two family words, both ways round: two words are one scan, however common each is
 *   y<yyyy> <word>    year of birth and a family word
 *   s<sound> <sound>  family and given name as they sound
 *   d<yyyy-mm-dd>     birth date
 *   f<Type/id>        what a sender of FHIR calls a resource of theirs: whose it is (chart_find_named; search never looks there)
 *   i<number>         every number sent with it: record numbers, accounts, visits, ... folded, without blanks and punctuation
 */
#include "chart_internal.h"

#include <stdlib.h>

#define NAME_WORDS 6                    /* of one name part that are indexed */
#define NAME_FORMS (2 * NAME_WORDS + 2) /* with those written as one, and each without umlauts */
#define SCAN_MAX 3000

/* ---- words into the index --------------------------------------------------------------------------------------------------------------------- */

static struct slice cut_word(struct slice s)
{
	if (s.n > WORD_BYTES_MAX) {
		s.n = WORD_BYTES_MAX;
		s.n = utf8_valid_prefix(s);
	}
	return s;
}

static size_t put_key(uint8_t *key, char kind, struct slice a, const char *between, struct slice b)
{
	size_t n = 0;
	key[n++] = (uint8_t)kind;
	a = cut_word(a);
	memcpy(key + n, a.p, a.n);
	n += a.n;
	if (!between)
		return n;
	b = cut_word(b);
	key[n++] = (uint8_t)*between;
	if (b.n)
		memcpy(key + n, b.p, b.n);
	return n + b.n;
}
#define KEY_MAX (2 * WORD_BYTES_MAX + 8)

static int put(struct apply *p, uint32_t ident, const uint8_t *key, size_t n, struct err *e)
{
	return ASK(p->c, put_word, slice_of(key, n), ident, p->en->seq, e);
}

struct name_words {
	struct slice family[NAME_FORMS], given[NAME_FORMS]; /* the words as they stand come first */
	size_t families, givens;
};

#define ROOM (64u << 10)

/* The first `joined` words as one, and every word in its plain form. Returns how many there are now. */
static size_t more_forms(struct slice *w, size_t n, size_t joined, struct buf *room)
{
	n += words_join(w, joined, room, &w[n]);
	for (size_t i = 0, words = n; i < words; i++)
		n += word_plain(w[i], room, &w[n]);
	return n;
}

/* Folded words of a name. room is reserved once: words point into it. */
static void split_name(struct slice name, struct buf *room, struct name_words *w)
{
	struct slice family = fact_part(name, FN_FAMILY), given = fact_part(name, FN_GIVEN), middle = fact_part(name, FN_MIDDLE), text = fact_part(name, FN_TEXT);
	*w = (struct name_words){.families = 0};
	if (fact_is_null(name))
		return;
	w->families = words_split(slice_of(family.p, family.n > 1000 ? 1000 : family.n), room, w->family, NAME_WORDS);
	size_t first = w->givens = words_split(slice_of(given.p, given.n > 1000 ? 1000 : given.n), room, w->given, NAME_WORDS);
	w->givens += words_split(slice_of(middle.p, middle.n > 1000 ? 1000 : middle.n), room, w->given + w->givens, NAME_WORDS - w->givens);
	if (!w->families && !w->givens)
		w->families = words_split(slice_of(text.p, text.n > 1000 ? 1000 : text.n), room, w->family, NAME_WORDS);
	w->families = more_forms(w->family, w->families, w->families, room);
	w->givens = more_forms(w->given, w->givens, first, room);
}

static bool not_latin(struct slice s)
{
	return s.n && s.p[0] >= 0x80;
}

static int put_pair(struct apply *p, char kind, struct slice a, struct slice b, uint32_t ident, struct err *e)
{
	uint8_t key[KEY_MAX];
	return put(p, ident, key, put_key(key, kind, a, " ", b), e);
}

static int put_years(struct apply *p, const struct name_words *w, const struct header *h, uint32_t ident, struct err *e)
{
	int r = 0;
	for (int l = 0; l < LAYERS; l++) {
		char year[5];
		const struct header_value *v = h->val[l][FF_BIRTH];
		for (size_t i = 0; v && v->v[0].n >= 4 && word_year(slice_of(v->v[0].p, 4), year) && i < w->families && r == 0; i++)
			r = put_pair(p, 'y', slice_str(year), w->family[i], ident, e);
	}
	return r;
}

static int put_name(struct apply *p, const struct header *h, struct slice name, uint32_t ident, struct err *e)
{
	uint8_t key[KEY_MAX];
	struct name_words w;
	AUTO_BUF struct buf room = {0}, sound = {0};
	buf_init(&room, ROOM * 2);
	buf_init(&sound, ROOM);
	if (!buf_space(&room, ROOM))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	split_name(name, &room, &w);
	int r = 0;
	for (size_t i = 0; i < w.families && r == 0; i++)
		r = put(p, ident, key, put_key(key, 'n', w.family[i], NULL, SLICE_NULL), e);
	for (size_t i = 0; i < w.givens && r == 0; i++)
		r = put(p, ident, key, put_key(key, 'n', w.given[i], NULL, SLICE_NULL), e);
	for (size_t i = 0; i < w.families; i++) {
		for (size_t k = 0; k < w.givens && r == 0; k++) {
			r = put_pair(p, 'c', w.family[i], w.given[k], ident, e);
			if (r == 0)
				r = put_pair(p, 'c', w.given[k], w.family[i], ident, e);
		}
		for (size_t k = 0; k < w.families && r == 0; k++)
			if (k != i)
				r = put_pair(p, 'c', w.family[i], w.family[k], ident, e);
	}
	if (r == 0)
		r = put_years(p, &w, h, ident, e);
	if (r == 0 && w.families && w.givens && not_latin(w.family[0])) { /* written without a blank */
		buf_add_slice(&sound, w.family[0]);
		buf_add_slice(&sound, w.given[0]);
		r = put(p, ident, key, put_key(key, 'n', buf_slice(&sound), NULL, SLICE_NULL), e);
	}
	for (size_t i = 0; i < w.families && i < 2 && r == 0; i++) {
		buf_reset(&sound);
		word_sound(w.family[i], &sound);
		size_t at = sound.n;
		if (w.givens)
			word_sound(w.given[0], &sound);
		if (buf_ok(&sound) && at)
			r = put(p, ident, key, put_key(key, 's', slice_of(sound.p, at), " ", slice_of(sound.p + at, sound.n - at)), e);
	}
	return r;
}

size_t number_word(struct slice number, uint8_t *key)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	word_fold(&b, slice_of(number.p, number.n > 1000 ? 1000 : number.n));
	size_t n = 1;
	key[0] = 'i';
	for (size_t i = 0; i < b.n && buf_ok(&b) && n < WORD_BYTES_MAX; i++)
		if (b.p[i] >= 0x80 || (b.p[i] >= '0' && b.p[i] <= '9') || (b.p[i] >= 'a' && b.p[i] <= 'z'))
			key[n++] = b.p[i];
	return n > 1 ? n : 0;
}

size_t name_word(struct slice name, uint8_t *key)
{
	if (!name.n || name.n + 1 > WORD_BYTES_MAX || memchr(name.p, '#', name.n)) /* R4: Type/id has at most 89 bytes */
		return 0;
	key[0] = 'f';
	memcpy(key + 1, name.p, name.n);
	return name.n + 1;
}

int names_apply(struct apply *p, const struct fact_group *g, uint32_t ident, struct err *e)
{
	uint8_t key[KEY_MAX];
	int r = 0;
	for (const struct fact *t = g->first; t && r == 0; t = t->next) {
		size_t n = name_word(fact_get(t, FF_RESOURCE), key);
		if (n && !slice_eq_str(fact_part(fact_get(t, FF_ID), FI_ASSIGNER), "urn:holdfast:content"))
			r = put(p, ident, key, n, e);
	}
	return r;
}

static int put_number(struct apply *p, struct slice number, uint32_t ident, struct err *e)
{
	uint8_t key[KEY_MAX];
	size_t n = number_word(number, key);
	return n ? put(p, ident, key, n, e) : 0;
}

int words_of_visit(struct apply *p, const struct fact *f, uint32_t ident, struct err *e)
{
	struct slice number = fact_part(fact_get(f, FF_VISIT), FI_VALUE), account = fact_part(fact_get(f, FF_ACCOUNT), FI_VALUE);
	uint64_t h = chart_hash(p->c, 0, chart_hash(p->c, 0, 0x766973, number), account) | 1;
	struct ident_state *s = ident_state(p->c, ident);
	if (s->visit == h || (!number.n && !account.n))
		return 0;
	s->visit = h;
	int r = put_number(p, number, ident, e);
	return r < 0 ? r : put_number(p, account, ident, e);
}

int words_of_header(struct apply *p, const struct header *h, uint32_t ident, struct err *e)
{
	static const uint8_t fields[] = {FF_NAME, FF_ALIAS};
	int r = 0;
	for (int l = 0; l < LAYERS; l++)
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			for (uint32_t i = 0; h->val[l][fields[k]] && i < h->val[l][fields[k]]->n && i < 16 && r == 0; i++)
				r = put_name(p, h, h->val[l][fields[k]]->v[i], ident, e);
	for (int l = 0; l < LAYERS && r == 0; l++) {
		char date[11];
		const struct header_value *v = h->val[l][FF_BIRTH];
		uint8_t key[KEY_MAX];
		if (v && v->v[0].n >= 10 && word_date(slice_of(v->v[0].p, 10), date))
			r = put(p, ident, key, put_key(key, 'd', slice_str(date), NULL, SLICE_NULL), e);
	}
	for (size_t i = 0; i < h->ident_count && r == 0; i++)
		r = put_number(p, h->idents[i].value, ident, e);
	return r;
}

/* ---- scanning -------------------------------------------------------------------------------------------------------------------------------------- */

struct hits {
	struct arena *a;
	uint32_t *v;
	size_t n, cap, max;
	uint64_t end;
};

static int hit(void *arg, struct slice word, uint32_t ident, uint64_t entry, struct err *e)
{
	struct hits *k = arg;
	if (entry >= k->end)
		return 0;
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 64;
		uint32_t *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] = ident;
	return k->n >= k->max;
}

/* All keys that begin so; exact: this key alone. */
static int scan(struct chart *c, const uint8_t *key, size_t n, bool exact, struct hits *to, struct err *e)
{
	uint8_t below[KEY_MAX + 1];
	memcpy(below, key, n);
	size_t m = n;
	if (exact) {
		below[m++] = 0;
	} else {
		while (m && below[m - 1] == 0xff)
			m--;
		below[m - 1]++;
	}
	return ASK(c, words, slice_of(key, n), slice_of(below, m), SCAN_MAX, hit, to, e);
}

struct query {
	struct slice words[8];
	size_t n;
	char date[11], year[5];
	bool has_date, has_year;
	struct slice text; /* folded */
	uint8_t number[KEY_MAX];
	size_t number_n;
	struct buf room;
};

/* A birth date or year beside the words: who is found by words must be asked for it, too. */
static bool has_birth(const struct query *q)
{
	return q->has_date || q->has_year;
}

static bool has_digit(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			return true;
	return false;
}

/* "smith 1957": the year is one beside a name only. */
static void take_year(struct query *q)
{
	size_t years = 0, at = 0;
	for (size_t i = 0; i < q->n; i++)
		if (word_year(q->words[i], q->year)) {
			years++;
			at = i;
		}
	if (years != 1 || q->n < 2 || q->has_date)
		return;
	q->has_year = word_year(q->words[at], q->year);
	q->n--;
	for (size_t i = at; i < q->n; i++)
		q->words[i] = q->words[i + 1];
}

static void parse(struct slice text, struct query *q)
{
	text = slice_trim(text);
	if (text.n > 300)
		text.n = 300;
	text.n = utf8_valid_prefix(text);
	word_fold(&q->room, text); /* digits and blanks as they are written in Japan, too */
	text = q->text = slice_trim(buf_slice(&q->room));
	if (has_digit(text) || !memchr(text.p ? text.p : (const uint8_t *)"", ' ', text.n))
		q->number_n = number_word(text, q->number);
	struct slice rest = text;
	while (rest.n && q->n < ARRAY_LEN(q->words)) {
		struct slice token = slice_cut(rest, ' ', &rest);
		if (!q->has_date && word_date(slice_trim(token), q->date)) {
			q->has_date = true;
			continue;
		}
		q->n += words_split(token, &q->room, q->words + q->n, ARRAY_LEN(q->words) - q->n);
	}
	take_year(q);
}

/* ---- ranking ------------------------------------------------------------------------------------------------------------------------------------------- */

struct found {
	uint32_t root, ident;
	int rank; /* 0 best */
	bool in_house;
	size_t order;
	struct chart_row *row;
};
struct results {
	struct chart *c;
	uint64_t end;
	struct arena *a, *scratch;
	struct found *v;
	size_t n, cap, max;
};

static bool header_has(const struct header *h, struct slice word, bool whole, struct buf *room)
{
	static const uint8_t fields[] = {FF_NAME, FF_ALIAS};
	for (int l = 0; l < LAYERS; l++)
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			for (uint32_t i = 0; h->val[l][fields[k]] && i < h->val[l][fields[k]]->n; i++) {
				struct name_words w;
				room->n = 0;
				split_name(h->val[l][fields[k]]->v[i], room, &w);
				for (size_t j = 0; j < w.families + w.givens; j++) {
					struct slice s = j < w.families ? w.family[j] : w.given[j - w.families];
					if (whole ? slice_eq(s, word) : s.n >= word.n && !memcmp(s.p, word.p, word.n))
						return true;
				}
			}
	return false;
}

/* Does everything that was asked for, from that word on, hold for this identifier as of the moment? ret_rank: 0 whole words, 1 beginnings. */
static int holds(struct results *k, const struct query *q, size_t from, uint32_t ident, bool *ret, int *ret_rank, struct err *e)
{
	struct header *h;
	arena_reset(k->scratch);
	int r = header_load(k->c, ident, k->end, k->scratch, &h, e);
	if (r < 0)
		return r;
	AUTO_BUF struct buf room = {0};
	buf_init(&room, ROOM * 2);
	if (!buf_space(&room, ROOM))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	*ret = true;
	*ret_rank = 0;
	if (q->has_date) {
		char date[11];
		struct slice b = header_get(h, FF_BIRTH);
		*ret = b.n >= 10 && word_date(slice_of(b.p, 10), date) && !strcmp(date, q->date);
	}
	if (q->has_year) {
		struct slice b = header_get(h, FF_BIRTH);
		*ret = *ret && b.n >= 4 && !memcmp(b.p, q->year, 4);
	}
	for (size_t i = from; i < q->n && *ret; i++) {
		if (header_has(h, q->words[i], true, &room))
			continue;
		*ret_rank = 1;
		*ret = header_has(h, q->words[i], false, &room);
	}
	return 0;
}

static int add_found(struct results *k, uint32_t ident, int rank, struct err *e)
{
	uint32_t root;
	int r = person_root(k->c, ident, k->end, &root, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].root == root) {
			if (rank < k->v[i].rank)
				k->v[i].rank = rank;
			return 0;
		}
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 64;
		struct found *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n] = (struct found){.root = root, .ident = ident, .rank = rank, .order = k->n};
	k->n++;
	return 0;
}

static bool enough(const struct results *k)
{
	return k->n >= k->max * 4;
}

/* Candidates of a scan of which the words from `from` on hold; NO_CHECK: all. */
#define NO_CHECK SIZE_MAX
static int take(struct results *k, const struct query *q, const struct hits *h, int rank, size_t from, struct err *e)
{
	int r = 0;
	for (size_t i = 0; i < h->n && r == 0 && !enough(k); i++) {
		bool yes = true;
		int whole = 0;
		if (from != NO_CHECK)
			r = holds(k, q, from, h->v[i], &yes, &whole, e);
		if (r == 0 && yes)
			r = add_found(k, h->v[i], rank + whole, e);
	}
	return r;
}

enum { RANK_NUMBER = 0, RANK_NUMBER_PREFIX = 4, RANK_NAME = 1, RANK_FORMER = 3, RANK_SOUND = 5 };

/* The number is one of the identifier's, and its assigner is that one, in whatever case it is typed. */
static int assigned_by(struct results *k, uint32_t ident, struct slice number, struct slice assigner, bool *ret, struct err *e)
{
	struct header *h;
	uint8_t want[KEY_MAX], have[KEY_MAX];
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	arena_reset(k->scratch);
	*ret = false;
	int r = header_load(k->c, ident, k->end, k->scratch, &h, e);
	if (r < 0)
		return r;
	size_t n = number_word(number, want);
	for (size_t i = 0; i < h->ident_count && n && !*ret; i++) {
		struct slice by = h->idents[i].assigner;
		buf_reset(&b);
		word_fold(&b, slice_of(by.p, by.n > 1000 ? 1000 : by.n));
		*ret = number_word(h->idents[i].value, have) == n && !memcmp(have, want, n) && slice_eq(slice_trim(buf_slice(&b)), assigner);
	}
	return 0;
}

/* 4711@GAB: the number of one assigner. Either side may have an @ of its own. */
static int by_assigner(struct results *k, const struct query *q, struct err *e)
{
	int r = 0;
	unsigned tries = 0;
	for (size_t at = 1; at + 1 < q->text.n && r == 0 && tries < 4; at++) {
		uint8_t key[KEY_MAX];
		struct slice number = slice_trim(slice_of(q->text.p, at)), assigner = slice_trim(slice_of(q->text.p + at + 1, q->text.n - at - 1));
		if (q->text.p[at] != '@')
			continue;
		tries++;
		struct hits h = {.a = k->a, .end = k->end, .max = 4 * k->max};
		size_t n = number_word(number, key);
		r = n ? scan(k->c, key, n, true, &h, e) : 0;
		for (size_t i = 0; i < h.n && r == 0 && !enough(k); i++) {
			bool yes;
			r = assigned_by(k, h.v[i], number, assigner, &yes, e);
			if (r == 0 && yes)
				r = add_found(k, h.v[i], RANK_NUMBER, e);
		}
	}
	return r;
}

static int by_numbers(struct results *k, const struct query *q, struct err *e)
{
	if (!q->number_n)
		return 0;
	struct hits exact = {.a = k->a, .end = k->end, .max = 4 * k->max}, prefix = exact;
	int r = scan(k->c, q->number, q->number_n, true, &exact, e);
	if (r == 0)
		r = take(k, q, &exact, RANK_NUMBER, NO_CHECK, e);
	if (r < 0 || q->number_n < 4)
		return r;
	r = scan(k->c, q->number, q->number_n, false, &prefix, e);
	return r < 0 ? r : take(k, q, &prefix, RANK_NUMBER_PREFIX, NO_CHECK, e);
}

static int by_date(struct results *k, const struct query *q, struct err *e)
{
	uint8_t key[KEY_MAX];
	struct hits h = {.a = k->a, .end = k->end, .max = SCAN_MAX};
	int r = scan(k->c, key, put_key(key, 'd', slice_str(q->date), NULL, SLICE_NULL), true, &h, e);
	return r < 0 ? r : take(k, q, &h, RANK_NAME, 0, e);
}

static int by_pair(struct results *k, const struct query *q, struct slice a, struct slice b, struct err *e)
{
	uint8_t key[KEY_MAX];
	struct hits h = {.a = k->a, .end = k->end, .max = SCAN_MAX};
	int r = scan(k->c, key, put_key(key, 'c', a, " ", b), false, &h, e);
	if (r == 0)
		r = take(k, q, &h, RANK_NAME, 0, e);
	/* what the pair was once, when it is not the name now */
	return r < 0 || q->n > 2 || has_birth(q) ? r : take(k, q, &h, RANK_FORMER, NO_CHECK, e);
}

static int by_year(struct results *k, const struct query *q, struct slice w, struct err *e)
{
	uint8_t key[KEY_MAX];
	struct hits h = {.a = k->a, .end = k->end, .max = SCAN_MAX};
	int r = scan(k->c, key, put_key(key, 'y', slice_str(q->year), " ", w), false, &h, e);
	return r < 0 ? r : take(k, q, &h, RANK_NAME, 0, e);
}

static int by_word(struct results *k, const struct query *q, struct slice w, struct err *e)
{
	uint8_t key[KEY_MAX];
	struct hits exact = {.a = k->a, .end = k->end, .max = SCAN_MAX}, prefix = exact;
	size_t n = put_key(key, 'n', w, NULL, SLICE_NULL);
	int r = scan(k->c, key, n, true, &exact, e);
	if (r == 0)
		r = take(k, q, &exact, RANK_NAME, q->n > 1 || has_birth(q) ? 0 : NO_CHECK, e);
	if (r < 0 || enough(k))
		return r;
	r = scan(k->c, key, n, false, &prefix, e);
	return r < 0 ? r : take(k, q, &prefix, RANK_NAME + 1, q->n > 1 || has_birth(q) ? 0 : NO_CHECK, e);
}

static int by_sound(struct results *k, const struct query *q, struct slice a, struct slice b, struct err *e)
{
	uint8_t key[KEY_MAX];
	AUTO_BUF struct buf s = {0};
	buf_init(&s, ROOM);
	word_sound(a, &s);
	size_t at = s.n;
	word_sound(b, &s);
	if (!buf_ok(&s) || at < 2)
		return 0;
	struct hits h = {.a = k->a, .end = k->end, .max = 4 * k->max};
	int r = scan(k->c, key, put_key(key, 's', slice_of(s.p, at), " ", slice_of(s.p + at, s.n - at)), false, &h, e);
	return r < 0 ? r : take(k, q, &h, RANK_SOUND, q->n > 2 ? 2 : has_birth(q) ? q->n : NO_CHECK, e);
}

/* Those present whose name begins so come before the thousand others of that name. */
struct present_roots {
	struct arena *a;
	uint32_t *v;
	size_t n, cap;
};

static int take_present(void *arg, const struct store_stay *y, struct err *e)
{
	struct present_roots *k = arg;
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 256;
		uint32_t *v = arena_array(k->a, cap, sizeof *v);
		if (!v)
			return chart_no_memory(k->a, e);
		if (k->n)
			memcpy(v, k->v, k->n * sizeof *v);
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] = y->person;
	return 0;
}

static int cmp_u32(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;
	return *a < *b ? -1 : *a > *b;
}

static int best_first(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->in_house != b->in_house)
		return a->in_house ? -1 : 1;
	if (a->row && b->row) {
		int r = slice_cmp(a->row->name_family, b->row->name_family);
		r = r ? r : slice_cmp(a->row->name_given, b->row->name_given);
		r = r ? r : slice_cmp(a->row->birth, b->row->birth);
		if (r)
			return r;
	}
	return a->root < b->root ? -1 : a->root > b->root;
}

/* Those that have all the words as they were typed, or words that begin so. */
static int by_words(struct results *k, const struct query *q, struct err *e)
{
	int r = 0;
	if (q->has_date)
		return by_date(k, q, e);
	for (size_t i = 0; q->has_year && i < q->n && r == 0 && k->n < k->max; i++)
		r = by_year(k, q, q->words[i], e);
	if (r < 0 || q->n == 0 || (q->has_year && k->n >= k->max))
		return r;
	if (q->n == 1)
		return by_word(k, q, q->words[0], e);
	r = by_pair(k, q, q->words[0], q->words[1], e);
	if (r == 0)
		r = by_pair(k, q, q->words[1], q->words[0], e);
	size_t longest = 0;
	for (size_t i = 1; i < q->n; i++)
		if (q->words[i].n > q->words[longest].n)
			longest = i;
	if (r == 0 && k->n < k->max)
		r = by_word(k, q, q->words[longest], e);
	return r;
}

/* The same words without umlauts, and with two neighbours written as one: "mueller", "o connor", "van den berg". */
static int by_other_forms(struct results *k, struct query *q, struct err *e)
{
	struct query o = *q;
	bool other = false;
	int r = 0;
	for (size_t i = 0; i < q->n; i++)
		other |= word_plain(q->words[i], &q->room, &o.words[i]);
	if (other)
		r = by_words(k, &o, e);
	for (size_t i = 0; i + 1 < q->n && r == 0 && k->n < k->max; i++) {
		o = *q;
		if (!words_join(q->words + i, 2, &q->room, &o.words[i]))
			continue;
		o.n--;
		for (size_t j = i + 1; j < o.n; j++)
			o.words[j] = q->words[j + 1];
		r = by_words(k, &o, e);
	}
	o = *q;
	if (r == 0 && k->n < k->max && q->n > 2 && words_join(q->words, q->n, &q->room, &o.words[0])) {
		o.n = 1;
		r = by_words(k, &o, e);
	}
	return r;
}

static int by_sounds(struct results *k, const struct query *q, struct err *e)
{
	if (q->n == 1)
		return by_sound(k, q, q->words[0], SLICE_NULL, e);
	int r = by_sound(k, q, q->words[0], q->words[1], e);
	return r < 0 || k->n >= k->max ? r : by_sound(k, q, q->words[1], q->words[0], e);
}

static int search_words(struct results *k, struct query *q, const struct present_roots *here, struct err *e)
{
	int r = by_words(k, q, e);
	if (q->n == 0)
		return r;
	for (size_t i = 0; q->n == 1 && enough(k) && i < here->n && r == 0; i++) { /* more than we look at: those present are asked one by one */
		bool yes;
		int whole;
		r = holds(k, q, 0, here->v[i], &yes, &whole, e);
		if (r == 0 && yes)
			r = add_found(k, here->v[i], RANK_NAME + whole, e);
	}
	if (r == 0 && k->n < k->max)
		r = by_other_forms(k, q, e);
	return r < 0 || k->n >= k->max ? r : by_sounds(k, q, e);
}

static int search(struct results *k, struct query *q, struct present_roots *here, struct err *e)
{
	int r = ASK(k->c, stays, k->end, take_present, here, e);
	if (r == 0)
		r = by_assigner(k, q, e);
	if (r == 0)
		r = by_numbers(k, q, e);
	if (r == 0)
		r = search_words(k, q, here, e);
	if (r < 0)
		return r;
	if (here->n)
		qsort(here->v, here->n, sizeof *here->v, cmp_u32);
	for (size_t i = 0; i < k->n; i++)
		k->v[i].in_house = here->n && bsearch(&k->v[i].root, here->v, here->n, sizeof *here->v, cmp_u32);
	if (k->n)
		qsort(k->v, k->n, sizeof *k->v, best_first); /* by rank and presence; the rows are made for those that are shown */
	return 0;
}

#define ALIKE_ASKED 8 /* in a list this short each is compared with all persons, in a longer one those in it with each other: the first costs up to some ms a person */

static int has_double(struct chart *c, uint32_t root, uint64_t end, struct arena *a, struct chart_row *row, struct err *e)
{
	struct header *h;
	uint32_t n;
	arena_reset(a);
	int r = header_load(c, root, end, a, &h, e);
	if (r == 0)
		r = lookalike_count(c, h, root, end, a, &n, e);
	row->lookalike = r == 0 && n > 0;
	return r;
}

int chart_search(struct chart *c, struct slice text, struct chart_moment at, size_t max, struct arena *a, struct chart_row **ret, size_t *ret_count, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	AUTO_ARENA struct arena *scratch = arena_new(CHART_SCRATCH_MAX);
	struct query q = {.n = 0};
	buf_init(&q.room, 1 << 20);
	if (!scratch || !buf_space(&q.room, ROOM)) {
		buf_done(&q.room);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	max = max == 0 || max > 1000 ? 1000 : max;
	struct results k = {.c = c, .end = chart_end(c, at), .a = c->look_arena, .scratch = scratch, .max = max};
	struct present_roots here = {.a = c->look_arena};
	parse(text, &q);
	int r = search(&k, &q, &here, e);
	buf_done(&q.room);
	size_t n = k.n < max ? k.n : max;
	for (size_t i = 0; i < n && r == 0; i++) {
		k.v[i].row = arena_alloc(a, sizeof *k.v[i].row);
		r = k.v[i].row ? row_of_person(c, k.v[i].root, NULL, k.end, a, scratch, k.v[i].row, e) : chart_no_memory(a, e);
		if (r == 0)
			r = ident_merged(c, k.v[i].ident, k.end, &k.v[i].row->merged, e);
	}
	if (r < 0)
		return r;
	if (n)
		qsort(k.v, n, sizeof *k.v, best_first);
	struct chart_row *first = NULL, **last = &first;
	for (size_t i = 0; i < n; i++) {
		*last = k.v[i].row;
		last = &k.v[i].row->next;
	}
	*last = NULL;
	r = lookalike_rows(first, false, a, e);
	for (size_t i = 0; i < n && n <= ALIKE_ASKED && r == 0; i++) /* who was found by number, or as the only one, may have a double all the same */
		if (!k.v[i].row->lookalike)
			r = has_double(c, k.v[i].root, k.end, scratch, k.v[i].row, e);
	if (r < 0)
		return r;
	*ret = first;
	*ret_count = n;
	return 0;
}

/* ---- what look-alikes are looked for in (chart_lookalike.c) -------------------------------------------------------------------------------------------------- */

static int scan_all(struct chart *c, const uint8_t *key, size_t n, store_word_fn *fn, void *arg, struct err *e)
{
	uint8_t below[KEY_MAX + 1];
	memcpy(below, key, n);
	below[n] = 0;
	return ASK(c, words, slice_of(key, n), slice_of(below, n + 1), SCAN_MAX, fn, arg, e);
}

int lookalike_words(struct chart *c, struct slice family, struct slice given, store_word_fn *fn, void *arg, struct err *e)
{
	uint8_t key[KEY_MAX];
	struct slice rest;
	AUTO_BUF struct buf s = {0};
	buf_init(&s, ROOM);
	family = slice_cut(family, ' ', &rest);
	word_sound(family, &s);
	size_t at = s.n;
	word_sound(given, &s);
	int r = family.n && given.n ? scan_all(c, key, put_key(key, 'c', family, " ", given), fn, arg, e) : 0; /* kept in either order */
	if (r == 0 && at && s.n > at && buf_ok(&s))
		r = scan_all(c, key, put_key(key, 's', slice_of(s.p, at), " ", slice_of(s.p + at, s.n - at)), fn, arg, e);
	return r;
}

int lookalike_born(struct chart *c, struct slice birth, store_word_fn *fn, void *arg, struct err *e)
{
	uint8_t key[KEY_MAX];
	char date[11];
	return word_date(birth, date) ? scan_all(c, key, put_key(key, 'd', slice_str(date), NULL, SLICE_NULL), fn, arg, e) : 0;
}
