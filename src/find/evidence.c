/* Whose is it: all that a record, or a line that names somebody, says of one person, weighed against those who are known.
 *
 * Points, in tenths. A number that one person bears: by how likely it is written for somebody else (a family shares a telephone and, but for its last digits, a member's number; a guarantor's SSN stands on children's records). Name and
 * date of birth add what they agree and take away what they contradict; a record needs ACCEPT, and more than the next best person by MARGIN. So a number alone that one person bears names him (an MRN, an SSN: 60), a shared telephone
 * never does; a name and a date of birth that agree do (50 + 40); a parent's SSN with a child's name and date does not (60 - 20 - 40); a number and a date of birth that agree under another name do (60 + 40 - 40: a marriage, a slip). */
#include "find_internal.h"

#define ACCEPT 60
#define MARGIN 20
#define ADDRESS_POINTS 20
#define NAME_DOB_ADDRESS 110 /* what can be had without a number */
#define CANDIDATES 96

struct candidate {
	uint32_t person;
	int points;
	uint32_t kinds; /* counted already */
};
struct candidates {
	struct candidate v[CANDIDATES];
	unsigned n;
};

static const int8_t points_of[KEY_KINDS] = {
	[KEY_SSN] = 60, [KEY_MRN] = 60, [KEY_MEMBER] = 60, [KEY_MBI] = 70, [KEY_MEDICAID] = 65, [KEY_DL] = 65, [KEY_ACCOUNT] = 45, [KEY_CARD] = 55, [KEY_PHONE] = 20, [KEY_EMAIL] = 50, [KEY_PASSPORT] = 65, [KEY_OTHER] = 55,
};

static void count(struct candidates *c, uint32_t person, int kind, int points)
{
	unsigned i = 0;
	while (i < c->n && c->v[i].person != person)
		i++;
	if (i == c->n) {
		if (c->n == CANDIDATES)
			return;
		c->v[c->n++] = (struct candidate){person, 0, 0};
	}
	if (c->v[i].kinds >> kind & 1)
		return;
	c->v[i].kinds |= 1u << kind;
	c->v[i].points += points;
}

static void by_numbers(const struct find_population *p, const struct evidence *v, struct candidates *c)
{
	for (unsigned i = 0; i < v->ids; i++)
		population_sooner(p, v->id[i].h);
	for (unsigned i = 0; i < v->ids; i++) {
		struct bearers b UNSET;
		/* a column that is misnamed, or a number that is written in another's place, still tells the person: any kind, but one of another kind counts less */
		population_look(p, v->id[i].h, ~0u << KEY_SSN, &b);
		for (unsigned k = 0; k < b.n; k++) {
			int points = points_of[b.kind[k]];
			if (b.kind[k] != v->id[i].kind)
				points = points * 2 / 3;
			count(c, b.person[k], b.kind[k], b.n > 1 || b.many ? points / 2 : points);
		}
	}
}

static unsigned look_up(const struct find_population *p, uint64_t h, int kind, struct candidates *c)
{
	struct bearers b UNSET;
	population_look(p, h, 1u << kind, &b);
	for (unsigned k = 0; k < b.n; k++)
		count(c, b.person[k], kind, 0);
	return b.n;
}

/* These bring candidates; what name, date and address are worth is counted for all of them afterwards. Who bears name and date is not looked for among all who bear the name. */
static void by_name(const struct find_population *p, const struct evidence *v, struct candidates *c)
{
	const struct name_words *w = &v->words;
	uint64_t whole[NAME_WHOLES], key[ARRAY_LEN(w->h) * (ARRAY_LEN(w->h) - 1) / 2] UNSET;
	unsigned found = 0, wholes = name_wholes(w, whole), keys = 0;
	for (unsigned i = 0; v->dob && i < wholes; i++)
		found += look_up(p, key_with(key_pair(whole[i], whole[i]), v->dob), KEY_NAME_DOB, c);
	for (unsigned i = 0; v->dob && i < w->n; i++)
		for (unsigned j = i + 1; j < w->n; j++) {
			key[keys] = key_with(key_pair(w->h[i], w->h[j]), v->dob);
			population_soon(p, key[keys++]);
		}
	for (unsigned i = 0; i < keys; i++)
		found += look_up(p, key[i], KEY_NAME_DOB, c);
	if (found)
		return;
	for (unsigned i = 0; i < wholes; i++)
		look_up(p, key_pair(whole[i], whole[i]), KEY_NAME, c);
	for (unsigned i = 0; i < w->n; i++) {
		for (unsigned j = i + 1; j < w->n; j++) {
			uint64_t pair = key_pair(w->h[i], w->h[j]);
			if (v->addr)
				look_up(p, key_with(pair, v->addr), KEY_NAME_ADDR, c);
			look_up(p, pair, KEY_NAME, c);
		}
		if (v->dob)
			look_up(p, key_with(w->h[i], v->dob), KEY_WORD_DOB, c);
	}
}

/* Numbers that are given to one person and to nobody of his family: a first name that is another, misspelt beyond knowing or a name at home, does not take them away, as long as nothing else contradicts. */
#define OWN_NUMBERS (1u << KEY_MRN | 1u << KEY_MBI | 1u << KEY_MEDICAID | 1u << KEY_DL | 1u << KEY_PASSPORT)

static int agreement(const struct find_population *p, const struct evidence *v, uint32_t person, uint32_t kinds)
{
	static const int8_t name_points[] = {[NAME_ABSENT] = 0, [NAME_NONE] = -40, [NAME_LAST_ONLY] = -20, [NAME_LAST_INITIAL] = 10, [NAME_FIRST_ONLY] = 5, [NAME_FUZZY] = 35, [NAME_BOTH] = 50};
	static const int8_t dob_points[] = {[DOB_ABSENT] = 0, [DOB_DIFFERS] = -40, [DOB_SILENT] = 0, [DOB_NEAR] = 15, [DOB_EQUAL] = 40};
	enum name_agree name;
	enum dob_agree dob;
	population_agree(p, person, &v->words, v->dob, &name, &dob);
	int n = name_points[name];
	if (n < 0 && (v->loose || (name == NAME_LAST_ONLY && v->words.n == 1)))
		n = 0;
	if (name == NAME_LAST_ONLY && kinds & OWN_NUMBERS && dob != DOB_DIFFERS)
		n = 0;
	return n + dob_points[dob] + (population_lives(p, person, v->addr) ? ADDRESS_POINTS : 0);
}

struct best {
	int best, second;
	uint32_t person;
};

/* What is known of the candidates is sent for together: their rows, then their names. */
static void candidates_soon(const struct find_population *p, const struct candidates *c, unsigned from)
{
	unsigned to = c->n - from > 16 ? from + 16 : c->n;
	for (unsigned i = from; i < to; i++)
		population_person_soon(p, c->v[i].person);
	for (unsigned i = from; i < to; i++)
		population_row_soon(p, c->v[i].person);
	for (unsigned i = from; i < to; i++)
		population_name_soon(p, c->v[i].person);
}

static void weigh(const struct find_population *p, const struct evidence *v, const struct candidates *c, unsigned from, struct best *b)
{
	candidates_soon(p, c, from);
	for (unsigned i = from; i < c->n; i++) {
		int points = c->v[i].points + agreement(p, v, c->v[i].person, c->v[i].kinds);
		if (points > b->best) {
			b->second = b->best;
			b->best = points;
			b->person = c->v[i].person;
		} else if (points > b->second) {
			b->second = points;
		}
	}
}

uint32_t evidence_person(const struct find_population *p, const struct evidence *v, unsigned *ret_confidence)
{
	struct candidates c UNSET;
	struct best b = {0, 0, FIND_NOBODY};
	unsigned first;
	c.n = 0;
	*ret_confidence = 0;
	if (!p)
		return FIND_NOBODY;
	by_numbers(p, v, &c);
	weigh(p, v, &c, 0, &b);
	if (b.best < NAME_DOB_ADDRESS + MARGIN) { /* else nobody who is known by name, date and address alone comes near */
		first = c.n;
		by_name(p, v, &c);
		weigh(p, v, &c, first, &b);
	}
	if (b.best < ACCEPT || b.best - b.second < MARGIN)
		return FIND_NOBODY;
	*ret_confidence = b.best >= 120 ? 99 : b.best >= 90 ? 97 : b.best >= 75 ? 94 : 90;
	return b.person;
}
