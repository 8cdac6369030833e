/* Names in running text of persons whom nobody knows: no list says whose they are, only words do.
 *
 * A word with a capital that is a given name or a surname (names.c) is looked at with what stands beside it: the words with a capital before and behind, in the same line. A given name with another word is a name, one that is nothing else
 * besides also by itself; a surname that is nothing else, with a word with a capital that is none that sentences begin with. What is called after somebody is not he: "Addison's disease", "Mary Immaculate Hospital", "San Francisco", "1200 Martin
 * Luther King Boulevard". Where the words before say that a name follows ("says", "Hi", "uncle"), words that no list has count, too.
 *
 * All of these are hits of an element and nobody's: they say that a name stands there, and a case counts nobody for them. How sure they are, confidence says: 80 with both names known, 62 with one, 50 for a given name by itself. */
#include "find_internal.h"

#define PARTS_MOST 5
#define LINE_MOST 120u /* bytes of a line that are looked at on either side of a name in capitals */
#define ABOVE_LINES 4 /* of an address, with the company's and an empty one */

enum { IS_ALONE = 1, IS_PAIR = 2, IS_WEAK = 4, IS_FAMILY = 8, IS_THING = 16, IS_OTHER = 32, IS_TITLE = 64, IS_COMMON = 128, IS_INITIAL = 256, IS_CAPS = 512, IS_CAPITAL = 1024, IS_TERM = 2048 };
#define IS_GIVEN (IS_ALONE | IS_PAIR | IS_WEAK)
#define IS_NAME (IS_GIVEN | IS_FAMILY)
#define IS_NONE (IS_THING | IS_TERM | IS_OTHER | IS_TITLE | IS_COMMON)

struct word_part {
	size_t at, end;
	unsigned is;
};

static uint8_t at(struct slice t, size_t i)
{
	return i < t.n ? t.p[i] : 0;
}

static bool letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool ascii_capital(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* A letter of a word, beyond ASCII too; dashes, quotation marks and the like are none (U+2000 to U+206F). */
static bool of_word(struct slice t, size_t i)
{
	uint8_t c = at(t, i);
	if (c < 0x80)
		return letter(c);
	while (i && (t.p[i] & 0xC0) == 0x80)
		i--;
	return !(t.p[i] == 0xE2 && (at(t, i + 1) == 0x80 || at(t, i + 1) == 0x81)) && !(t.p[i] == 0xC2);
}

/* Does a capital stand at i? Of letters beyond ASCII those are told whose case their second byte says; the others may be. */
static bool capital(struct slice t, size_t i)
{
	uint8_t c = at(t, i), d = at(t, i + 1);
	if (c < 0x80)
		return ascii_capital(c);
	if (!of_word(t, i))
		return false;
	if (c == 0xC3)
		return d < 0xA0;
	return !(c == 0xD0 && d >= 0xB0) && c != 0xD1 && c < 0xE2;
}

/* "'s" behind a name, with either apostrophe. 0: none; else its length. */
static size_t possessive(struct slice t, size_t i)
{
	size_t n = at(t, i) == '\'' ? 1 : at(t, i) == 0xE2 && at(t, i + 1) == 0x80 && at(t, i + 2) == 0x99 ? 3 : 0;
	return n && at(t, i + n) == 's' && !of_word(t, i + n + 1) ? n + 1 : 0;
}

#define WORD_MOST 96 /* bytes: of a longer one the rest is another */

static size_t word_end(struct slice t, size_t i)
{
	for (size_t most = i + WORD_MOST; i < most;) {
		size_t n = at(t, i) == '\'' || at(t, i) == '-' ? 1 : at(t, i) == 0xE2 && at(t, i + 1) == 0x80 && at(t, i + 2) == 0x99 ? 3 : 0;
		if (of_word(t, i))
			i++;
		else if (n && of_word(t, i + n) && !possessive(t, i))
			i += n;
		else
			break;
	}
	return i;
}

static unsigned meaning(const struct find *f, uint64_t h, size_t n)
{
	unsigned is = 0;
	for (const struct word *x = words_look(f->words, h, 0); x; x = words_next(f->words, x))
		switch (x->class) {
		case WORD_GIVEN: is |= is & IS_GIVEN ? 0 : x->arg == GIVEN_ALONE ? IS_ALONE : x->arg == GIVEN_PAIR ? IS_PAIR : IS_WEAK; break;
		case WORD_FAMILY: is |= IS_FAMILY; break;
		case WORD_THING: is |= IS_THING; break;
		case WORD_STREET: is |= n > 2 ? IS_THING : IS_OTHER; break;
		case WORD_TITLE:
		case WORD_DOCTOR: is |= IS_TITLE; break;
		case WORD_COMMON: is |= IS_COMMON; break;
		case WORD_TERM: is |= IS_TERM; break;
		case WORD_PART: break;
		default: is |= IS_OTHER;
		}
	return is;
}

/* The words of "Anna-Maria" and "O'Brien" by each of them. */
static unsigned what(const struct find *f, struct slice t, size_t from, size_t end)
{
	unsigned is = capital(t, from) ? IS_CAPITAL : 0;
	bool small = false, plain = end - from <= 32;
	for (size_t i = from; i < end; i++) {
		small |= t.p[i] >= 'a';
		plain &= letter(t.p[i]);
	}
	if (plain) { /* one word of letters, as nearly all are */
		is |= meaning(f, key_word(t.p + from, end - from), end - from);
	} else {
		struct name_words w;
		name_words(slice_of(t.p + from, end - from), &w);
		for (unsigned i = 0; i < w.n; i++)
			is |= meaning(f, w.h[i], w.len[i]);
	}
	if (end - from == 1 || (end - from == 2 && t.p[from] >= 0x80))
		is |= IS_INITIAL;
	else if (!small)
		is |= IS_CAPS;
	return is & IS_NAME ? is & ~(unsigned)(IS_OTHER | IS_TERM) : is;
}

static struct word_part part_at(const struct find *f, struct slice t, size_t from)
{
	size_t end = word_end(t, from);
	return (struct word_part){from, end, end > from ? what(f, t, from, end) : 0};
}

/* The word before `from`, one blank between, in the same line; none: empty. */
static struct word_part part_before(const struct find *f, struct slice t, size_t from, size_t least)
{
	size_t end = from, i;
	if (from < least + 2 || t.p[from - 1] != ' ')
		return (struct word_part){from, from, 0};
	end = from - 1;
	bool point = t.p[end - 1] == '.';
	end -= point;
	for (i = end; i > least && end - i < WORD_MOST && (of_word(t, i - 1) || ((t.p[i - 1] == '\'' || t.p[i - 1] == '-') && i < end)); i--)
		continue;
	while (i < end && !of_word(t, i))
		i++;
	struct word_part p = {i, end, i < end ? what(f, t, i, end) : 0};
	if (i == end || (point && !(p.is & (IS_INITIAL | IS_TITLE)) && !(end - i <= 2))) /* the end of a sentence */
		return (struct word_part){from, from, 0};
	return p;
}

/* "King Jr. Boulevard" behind "Martin Luther": where what is called after him ends; 0: nothing is. Words that are of a name only in such company are passed over. */
static size_t thing_after(const struct find *f, struct slice t, size_t from)
{
	static const char *const words[] = {"king", "jr", "sr", "ii", "iii"};
	for (unsigned k = 0; k < 3; k++) {
		struct word_part p = part_at(f, t, from);
		bool of_name = false;
		if (p.end == p.at || !(p.is & IS_CAPITAL))
			return 0;
		if (k && p.is & IS_THING && !(p.is & IS_FAMILY))
			return p.end;
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			of_name |= slice_eq_nocase(slice_of(t.p + p.at, p.end - p.at), words[i]);
		from = p.end + (at(t, p.end) == '.');
		if (!of_name || at(t, from) != ' ')
			return 0;
		from++;
	}
	return 0;
}

/* Words of a name behind `end`: initials, particles, words with a capital. Returns how many; *ret_thing: where what they end in ends, when that makes all of them a thing's name; 0. */
static unsigned parts_behind(const struct find *f, struct slice t, size_t end, bool caps, struct word_part v[PARTS_MOST], size_t *ret_thing)
{
	unsigned n = 0;
	size_t i = end;
	*ret_thing = 0;
	while (n < PARTS_MOST) {
		bool point = n && v[n - 1].is & IS_INITIAL && at(t, i) == '.';
		size_t from = i + point;
		if (at(t, from) != ' ')
			break;
		from++;
		for (unsigned k = 0; k < 2 && !capital(t, from); k++) { /* "van der Berg" */
			size_t w = word_end(t, from);
			if (w == from || at(t, w) != ' ' || !name_particle((const char *)t.p + from, w - from))
				break;
			from = w + 1;
		}
		struct word_part p = part_at(f, t, from);
		if (p.end == p.at || !(p.is & IS_CAPITAL))
			break;
		if (p.is & IS_THING && !(p.is & IS_FAMILY)) {
			*ret_thing = p.end;
			break;
		}
		if (p.is & (IS_TERM | IS_OTHER | IS_TITLE | IS_COMMON) || (p.is & IS_CAPS && !caps)) {
			*ret_thing = p.is & (IS_OTHER | IS_COMMON) ? thing_after(f, t, from) : 0;
			break;
		}
		v[n++] = p;
		i = p.end;
	}
	while (n && v[n - 1].is & IS_INITIAL && at(t, v[n - 1].end) != '.' && at(t, v[n - 1].end) != ',' && at(t, v[n - 1].end) != '\n' && at(t, v[n - 1].end) != 0) /* "Anna I will" */
		n--;
	return n;
}

/* "Addison's disease", "Mary's Hospital", "Allen test", "Ernst & Young": what stands behind the name is called after it. */
static bool owns_thing(const struct find *f, struct slice t, size_t end)
{
	size_t n = possessive(t, end);
	if (at(t, end + n) != ' ')
		return false;
	if (at(t, end + 1) == '&')
		return true;
	if (!n)
		return part_at(f, t, end + 1).is & IS_THING;
	return part_at(f, t, end + n + 1).is & (IS_THING | IS_TERM);
}

static bool place_word(struct slice t, const struct word_part *p)
{
	static const char *const words[] = {"st", "saint", "sainte", "san", "santa", "santo", "sankt", "sao", "são", "fort", "port", "porto", "lake", "mount", "mt", "cape", "new", "camp", "villa", "via", "rue", "calle", "ul", "hurricane", "hotel", "operation", "notre", "our", "hospital", "clinic",
		"clinique", "universidad", "university", "college", "rua", "avenue", "avenida", "plaza", "place", "piazza", "isla", "island", "ile", "mont", "monte", "los", "las", "el", "la", "le"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_nocase(slice_of(t.p + p->at, p->end - p->at), words[i]))
			return true;
	return false;
}

static void hit(struct find *f, uint64_t offset, unsigned confidence, const char *rule)
{
	const struct doc_hit h = {.offset = offset, .line = f->line, .para = f->para, .person = FIND_NOBODY, .element = PERSON_NAME, .confidence = (uint8_t)confidence, .rule = rule, .need = NEED_STRANGER};
	doc_hit(f, &h);
}

/* A word with a capital before a surname, that is not one that a sentence happens to begin with. */
static bool given_like(struct slice t, const struct word_part *p)
{
	size_t n = p->end - p->at;
	if (!(p->is & IS_CAPITAL) || p->is & (IS_NONE | IS_CAPS) || n < 3)
		return false;
	bool begins = p->at < 2 || t.p[p->at - 1] != ' ' || t.p[p->at - 2] == '.' || t.p[p->at - 2] == ':' || t.p[p->at - 2] == '!' || t.p[p->at - 2] == '?';
	const char *e = (const char *)t.p + p->end;
	return !begins || !(memcmp(e - 2, "ed", 2) == 0 || memcmp(e - 2, "ly", 2) == 0 || memcmp(e - 3, "ing", 3) == 0);
}

/* Words in capitals: where all of a line is written like that a verb or a heading may stand behind the name. Where other words have small letters, or the line is nothing else, they are the name. */
static bool stands_out(struct slice t, size_t from, size_t end)
{
	size_t begin = from, stop = end;
	bool small = false, more = false;
	while (begin && t.p[begin - 1] != '\n' && from - begin < LINE_MOST) {
		begin--;
		small |= t.p[begin] >= 'a' && t.p[begin] <= 'z';
		more |= t.p[begin] > ' ';
	}
	while (stop < t.n && t.p[stop] != '\n' && stop - end < LINE_MOST) {
		small |= t.p[stop] >= 'a' && t.p[stop] <= 'z';
		more |= t.p[stop] > ' ';
		stop++;
	}
	return small || !more;
}

/* "Thompson, Marcus D": a surname and a comma before a given name that is no place. Where the surname begins; `from`: it is no such name. "John Thompson, Marcus" are two. */
static size_t surname_first(const struct find *f, struct slice t, const struct word_part *me)
{
	static const char *const places[] = {"georgia", "virginia", "carolina", "dakota", "montana", "florida", "indiana", "austin", "charlotte", "paris", "london", "sydney", "florence", "victoria", "adelaide", "madison", "jackson", "lincoln", "savannah", "jordan", "chad", "israel", "kenya", "india", "chelsea", "brooklyn", "houston", "dallas"};
	size_t from = me->at, i;
	if (from < 4 || t.p[from - 1] != ' ' || t.p[from - 2] != ',' || !(me->is & (IS_ALONE | IS_PAIR)))
		return from;
	for (i = from - 2; i && from - i < WORD_MOST && (of_word(t, i - 1) || t.p[i - 1] == '\'' || t.p[i - 1] == '-'); i--) /* it was looked at by itself and passed over */
		continue;
	while (i < from - 2 && !of_word(t, i))
		i++;
	struct word_part p = {i, from - 2, i < from - 2 ? what(f, t, i, from - 2) : 0}, before = part_before(f, t, i, 0);
	if (!(p.is & IS_FAMILY) || !(p.is & IS_CAPITAL) || p.is & (IS_ALONE | IS_COMMON | IS_TITLE | IS_THING) || (p.is ^ me->is) & IS_CAPS || before.is & IS_CAPITAL)
		return from;
	for (size_t k = 0; k < ARRAY_LEN(places); k++)
		if (slice_eq_nocase(slice_of(t.p + me->at, me->end - me->at), places[k]))
			return from;
	return i;
}

size_t stranger_name(struct find *f, const struct name_at *n)
{
	struct slice t = n->text;
	size_t from = n->at, end;
	struct word_part behind[PARTS_MOST];
	size_t thing;
	bool family = false;
	unsigned words = 0;
	uint8_t before = from ? t.p[from - 1] : '\n';
	if (before == '\'' && from > 1 && ascii_capital(t.p[from - 2]) && (from < 3 || !of_word(t, from - 3))) { /* O'Brien */
		from -= 2;
		before = from ? t.p[from - 1] : '\n';
	}
	end = word_end(t, from);
	if (from < n->from || (from && of_word(t, from - 1)) || digit(before) || (before && strchr("@._-/\\#&'", before)))
		return n->end;
	if ((at(t, end) && strchr("@_/\\&", at(t, end))) || digit(at(t, end)) || (at(t, end) == '.' && (of_word(t, end + 1) || digit(at(t, end + 1)))))
		return end;
	struct word_part me = {from, end, what(f, t, from, end)};
	unsigned k = parts_behind(f, t, end, me.is & IS_CAPS, behind, &thing);
	size_t last = k ? behind[k - 1].end : end;
	for (unsigned i = 0; i < k; i++) {
		family |= (behind[i].is & IS_FAMILY) != 0;
		words += !(behind[i].is & IS_INITIAL);
	}
	last = last > n->end ? last : n->end;
	if (thing)
		return thing;
	if (owns_thing(f, t, k ? behind[k - 1].end : end))
		return last;
	size_t surname = surname_first(f, t, &me);
	if (surname < from) {
		hit(f, n->offset + surname, 70, "name.given");
		return last;
	}
	struct word_part p = part_before(f, t, from, n->from);
	bool in_place = p.end > p.at && place_word(t, &p);
	if (me.is & (IS_ALONE | IS_PAIR) && (k || family)) {
		if (me.is & IS_CAPS && !family && !(me.is & IS_ALONE && words && words <= 2 && stands_out(t, from, behind[k - 1].end)))
			return last;
		if (in_place && !family)
			return last;
		hit(f, n->offset + from, family ? 80 : me.is & IS_CAPS ? 58 : 62, "name.given");
	} else if (me.is & IS_WEAK && (family || (words && k > words && behind[0].is & IS_INITIAL && at(t, behind[0].end) == '.'))) {
		if (!(in_place || (me.is & IS_CAPS && !family)))
			hit(f, n->offset + from, 62, "name.given");
	} else if (me.is & IS_ALONE && !(me.is & IS_CAPS) && end - from > 2) {
		if (!in_place && (p.end == p.at || !(p.is & IS_CAPITAL) || p.is & (IS_COMMON | IS_TITLE | IS_OTHER)))
			hit(f, n->offset + from, 50, "name.alone");
	} else if (me.is & IS_FAMILY && !(me.is & IS_CAPS) && p.end > p.at && !in_place) {
		if (p.is & IS_INITIAL && p.is & IS_CAPITAL && p.end - p.at == 1 && t.p[p.end] == '.')
			hit(f, n->offset + p.at, 60, "name.family");
		else if (t.p[p.end] == ' ' && given_like(t, &p))
			hit(f, n->offset + p.at, 58, "name.family");
	}
	return last;
}

/* One to four words with a capital behind `from`, that may all be of a name. */
static unsigned run_behind(const struct find *f, struct slice t, size_t from, struct word_part v[PARTS_MOST])
{
	size_t thing;
	v[0] = part_at(f, t, from);
	if (v[0].end == v[0].at || !(v[0].is & IS_CAPITAL) || v[0].is & (IS_NONE | IS_CAPS | IS_INITIAL))
		return 0;
	struct word_part more[PARTS_MOST];
	unsigned n = parts_behind(f, t, v[0].end, false, more, &thing);
	if (thing || owns_thing(f, t, n ? more[n - 1].end : v[0].end) || n + 1 > PARTS_MOST)
		return 0;
	memcpy(v + 1, more, n * sizeof *v);
	return n + 1;
}

static size_t him_or_her(struct slice t, size_t i)
{
	static const char *const words[] = {"him", "her", "them", "me", "myself"};
	size_t end = word_end(t, i);
	for (size_t k = 0; k < ARRAY_LEN(words); k++)
		if (slice_eq_nocase(slice_of(t.p + i, end - i), words[k]) && at(t, end) == ' ')
			return end + 1;
	return i;
}

static size_t lives(struct find *f, const struct name_at *n)
{
	struct word_part p = part_before(f, n->text, n->at, n->from), first = p;
	unsigned words = 0;
	bool known = false;
	while (p.end > p.at && p.is & IS_CAPITAL && !(p.is & IS_NONE) && words < 4) {
		first = p;
		words++;
		known |= (p.is & IS_NAME) != 0;
		p = part_before(f, n->text, p.at, n->from);
	}
	if (words > 1 || known)
		hit(f, n->offset + first.at, 58, "name.lives");
	return n->end;
}

size_t stranger_called(struct find *f, const struct name_at *n, int how)
{
	struct slice t = n->text;
	struct word_part v[PARTS_MOST];
	bool known = false, alone = how != CALLS_SAYS;
	if (how == CALLS_LIVES)
		return lives(f, n);
	size_t i = n->end;
	if (how == CALLS_KIN && at(t, i) == ',')
		i++;
	if (at(t, i) != ' ')
		return n->end;
	i++;
	if (how == CALLS_SAYS) {
		size_t to = him_or_her(t, i);
		alone = to != i;
		i = to;
	}
	unsigned words = run_behind(f, t, i, v);
	for (unsigned k = 0; k < words; k++)
		known |= (v[k].is & IS_NAME) != 0;
	if (words == 0 || (words == 1 && !known && !alone))
		return n->end;
	uint8_t next = at(t, v[words - 1].end);
	if (how == CALLS_GREETS && next != ',' && next != '!' && next != '.' && next != '\n' && next != '\r' && next != ';' && next != ':')
		return n->end;
	hit(f, n->offset + i, how == CALLS_SAYS ? 55 : 65, how == CALLS_GREETS ? "name.greeting" : how == CALLS_KIN ? "name.kin" : "name.called");
	return v[words - 1].end;
}

/* A line of two to four words of a name and nothing else. */
static bool name_line(const struct find *f, struct slice t, size_t from, size_t end, bool *ret_known)
{
	unsigned words = 0;
	*ret_known = false;
	for (size_t i = from; i < end;) {
		struct word_part p = part_at(f, t, i);
		bool particle = words && p.end > p.at && name_particle((const char *)t.p + p.at, p.end - p.at);
		if (p.end == p.at || p.end > end || (!particle && (!(p.is & IS_CAPITAL) || p.is & (IS_THING | IS_TERM | IS_OTHER | IS_COMMON))))
			return false;
		*ret_known |= p.is & IS_NAME && !(p.is & IS_CAPS);
		words += !particle && !(p.is & (IS_INITIAL | IS_TITLE));
		i = p.end + (at(t, p.end) == '.');
		if (i < end && at(t, i) != ' ')
			return false;
		while (i < end && at(t, i) == ' ')
			i++;
	}
	return words >= 2 && words <= 4;
}

void stranger_above(struct find *f, struct slice t, size_t place, uint64_t offset)
{
	size_t from = place, found = SIZE_MAX;
	bool empty = false;
	while (from && t.p[from - 1] != '\n') {
		if (of_word(t, from - 1))
			return;
		from--;
	}
	for (unsigned lines = 0; lines < ABOVE_LINES && from; lines++) {
		size_t end = from - 1, i = end;
		bool known;
		while (i && t.p[i - 1] != '\n' && end - i < 80)
			i--;
		from = i;
		while (i < end && (at(t, i) == '>' || at(t, i) == '?' || at(t, i) == '|' || at(t, i) == '*' || at(t, i) <= ' '))
			i++;
		while (end > i && at(t, end - 1) <= ' ')
			end--;
		if (i == end) {
			if (empty || found != SIZE_MAX)
				break;
			empty = true;
			continue;
		}
		if (name_line(f, t, i, end, &known)) {
			if (known) /* told when it was read; in capitals perhaps not, and twice at one place is once */
				return;
			found = i;
		} else if (!capital(t, i) || t.p[end - 1] == '.' || t.p[end - 1] == ':' || end - i > 60) {
			break;
		}
	}
	if (found != SIZE_MAX)
		hit(f, offset + found, 55, "name.address");
}
