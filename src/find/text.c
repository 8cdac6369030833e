/* Running text: the marks of a piece in their order; lines, paragraphs and the ends of documents; labels and what they are before; names. */
#include "find_internal.h"

#define LABEL_REACH 48 /* bytes between a label and its value */
#define AHEAD 8        /* marks that are looked at before their turn: for the filter, and half way on for the table */
#define NAME_GAP 24    /* between two words of a name: a middle name, an initial, a particle */

struct name_mark {
	uint64_t h;
	size_t at, end;
	bool capital;
};

struct walk {
	struct find *f;
	struct slice text;
	uint64_t offset;
	size_t line_from, line; /* the line's first byte; the first line feed behind it, of marks.line */
	int label;
	size_t label_end;
	uint32_t label_line;
	int part;
	size_t part_end;
	size_t skip;               /* marks before it belong to what was read */
	size_t next_at;            /* the next '@' */
	struct name_mark name[3];
	unsigned names;
	size_t subject_at;
	size_t aside_to;           /* names before it are a doctor's */
	size_t name_to;            /* what stands before it was read as names of nobody known */
	uint64_t ahead[AHEAD][2];  /* keys that will be asked for, by their mark; 0: none */
};

static uint8_t at(const struct walk *w, size_t i)
{
	return i < w->text.n ? w->text.p[i] : 0;
}

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool capital(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static size_t blanks(const struct walk *w, size_t i)
{
	while (at(w, i) == ' ' || at(w, i) == '\t')
		i++;
	return i;
}

/* Of the line that is being read. */
static size_t line_end(const struct walk *w)
{
	return w->line < w->f->marks.lines ? w->f->marks.line[w->line] : w->text.n;
}

/* ---- lines and documents ---- */

/* The first three words of a line, without digits: what a letterhead repeats. 0: fewer, or the first is not `first` (0: any). */
static uint64_t opening_of(const struct walk *w, size_t from, size_t end, uint64_t first, uint64_t *ret_first)
{
	uint64_t h = 0;
	unsigned words = 0;
	for (size_t i = from; i < end && words < 3;) {
		size_t start = i;
		while (i < end && letter(w->text.p[i]))
			i++;
		if (i - start >= 2) {
			if (first && !words && (w->text.p[start] | 0x20) != w->f->opening_letter)
				return 0;
			h = key_mix(h * 3 + key_word(w->text.p + start, i - start));
			if (words++ == 0) {
				if (first && h != first)
					return 0;
				w->f->opening_letter = w->text.p[start] | 0x20;
				*ret_first = h;
			}
		}
		i += i == start || i < end;
	}
	return words == 3 ? h : 0;
}

static bool rule_line(const struct walk *w, size_t from, size_t end)
{
	uint8_t c = at(w, from);
	return end - from >= 3 && (c == '=' || c == '-' || c == '*' || c == '_' || c == '#') && at(w, from + 1) == c && at(w, from + 2) == c;
}

/* A document ends before this line: a form feed, a ruled line, the letterhead again, or the first lines after a signature. */
static bool document_begins(struct walk *w, size_t from, size_t end)
{
	struct find *f = w->f;
	uint64_t first;
	if (at(w, from) == '\f' || rule_line(w, from, end))
		return true;
	if (!f->blank_before)
		return false;
	if (f->signed_lines > 1)
		return true;
	if (!f->opening_known) {
		f->opening_known = true;
		f->opening_first = 0;
		f->opening = opening_of(w, from, end, 0, &f->opening_first);
		return false;
	}
	return f->opening && opening_of(w, from, end, f->opening_first, &first) == f->opening;
}

static int line_begins(struct walk *w, size_t from, struct err *e)
{
	struct find *f = w->f;
	size_t i = blanks(w, from), end = i;
	w->line_from = from;
	if (at(w, i) == '\r' || at(w, i) == '\n' || i >= w->text.n) {
		if (!f->blank_before)
			f->para++;
		f->blank_before = true;
		return 0;
	}
	if (f->blank_before || at(w, i) < ' ' || !letter(at(w, i)))
		end = line_end(w);
	if (!f->in_record && end > i && document_begins(w, i, end)) {
		int r = doc_end(f, e);
		if (r < 0)
			return r;
		f->signed_lines = 0;
		w->label = LABEL_NONE;
		w->names = 0;
	}
	if (f->signed_lines)
		f->signed_lines++;
	f->blank_before = false;
	return 0;
}

static int count_lines(struct walk *w, size_t to, struct err *e)
{
	const struct marks *m = &w->f->marks;
	int r = 0;
	while (r == 0 && w->line < m->lines && m->line[w->line] < to) {
		size_t from = m->line[w->line++] + (size_t)1;
		w->f->line++;
		w->names = 0;
		r = line_begins(w, from, e);
	}
	return r;
}

/* ---- hits of words ---- */

static void hit(struct walk *w, size_t place, int element, unsigned confidence, const char *rule, int need)
{
	const struct doc_hit h = {.offset = w->offset + place, .line = w->f->line, .para = w->f->para, .person = FIND_NOBODY, .element = (uint8_t)element, .confidence = (uint8_t)confidence, .rule = rule, .need = (uint8_t)need};
	doc_hit(w->f, &h);
}

/* The label that a value at i has: near, in the same line or alone at the end of the one before, in the same sentence. */
static int label_at(const struct walk *w, size_t i)
{
	if (w->label == LABEL_NONE || i < w->label_end || i - w->label_end > LABEL_REACH)
		return LABEL_NONE;
	if (w->label_line != w->f->line && w->label_line + 1 != w->f->line)
		return LABEL_NONE;
	bool word = false;
	for (size_t k = w->label_end; k < i; k++) {
		uint8_t c = w->text.p[k];
		if (c == '\n' && word)
			return LABEL_NONE;
		if ((c == '.' || c == ';') && at(w, k + 1) == ' ' && word && k - w->label_end > 4)
			return LABEL_NONE;
		word |= letter(c);
	}
	return w->label;
}

/* Does the line begin as one of a mail's head that names who wrote or read it? Their addresses are not whom the mail is about. */
static bool correspondents(const struct walk *w)
{
	static const char *const heads[] = {"from:", "to:", "cc:", "bcc:", "reply-to:", "sender:", "de:", "para:", "a:", "\xc3\xa0:", "von:", "an:"};
	struct slice s = slice_of(w->text.p + w->line_from, w->text.n - w->line_from);
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		size_t n = strlen(heads[i]);
		if (s.n > n && slice_eq_nocase(slice_of(s.p, n), heads[i]))
			return true;
	}
	return false;
}

static void email(struct walk *w, size_t place)
{
	size_t from = place, end = place + 1, dot = 0;
	while (from && (letter(w->text.p[from - 1]) || digit(w->text.p[from - 1]) || w->text.p[from - 1] >= 0x80 || (w->text.p[from - 1] && strchr("._%+-'", w->text.p[from - 1]))))
		from--;
	while (letter(at(w, end)) || digit(at(w, end)) || at(w, end) == '-' || at(w, end) >= 0x80 || (at(w, end) == '.' && (letter(at(w, end + 1)) || digit(at(w, end + 1))))) {
		if (w->text.p[end] == '.')
			dot = end;
		end++;
	}
	w->skip = end > w->skip ? end : w->skip;
	if (from == place || !dot || end - dot < 3 || end - from > 254)
		return;
	struct find *f = w->f;
	uint64_t h = key_email(slice_of(w->text.p + from, end - from));
	struct doc_hit x = {.offset = w->offset + from, .line = f->line, .para = f->para, .person = FIND_NOBODY, .element = PERSON_EMAIL, .confidence = 97, .rule = "email.form"};
	struct bearers b = {.n = 0};
	if (f->pop && h)
		population_look(f->pop, h, 1u << KEY_EMAIL, &b);
	if (b.n) {
		struct doc_name n = {.offset = x.offset, .h = h, .line = f->line, .para = f->para, .kind = KEY_EMAIL, .n = (uint8_t)b.n, .many = b.many};
		memcpy(n.person, b.person, sizeof n.person);
		doc_name(f, &n);
		x.rule = "known.email";
		x.person = b.n == 1 && !b.many ? b.person[0] : FIND_NOBODY;
	}
	if (correspondents(w))
		f->other_line = f->line;
	doc_hit(f, &x);
}

/* "Password: x", "password is x" */
static void password(struct walk *w, size_t end)
{
	size_t i = blanks(w, end), n = 0;
	bool said = at(w, i) == ':' || at(w, i) == '=', odd = said; /* behind "is" only what no word is */
	i += said;
	i = blanks(w, i);
	if (!said && at(w, i) == 'i' && at(w, i + 1) == 's') {
		said = true;
		i = blanks(w, i + 2);
		i += at(w, i) == ':';
		i = blanks(w, i);
	}
	for (; at(w, i + n) > ' '; n++)
		odd |= !letter(at(w, i + n)) && at(w, i + n + 1) > ' ';
	if (said && odd && n >= 4)
		hit(w, i, PERSON_CREDENTIALS, 88, "label.password", NEED_NOTHING);
}

static void sex(struct walk *w, size_t end)
{
	static const char *const words[] = {"male", "female", "m", "f", "white", "black", "asian", "hispanic", "other", "unknown", "nonbinary", "homme", "femme", "masculino", "femenino"};
	size_t i = blanks(w, end), n = 0;
	if (at(w, i) != ':' && at(w, i) != '=')
		return;
	i = blanks(w, i + 1);
	while (letter(at(w, i + n)))
		n++;
	for (size_t k = 0; k < ARRAY_LEN(words); k++)
		if (slice_eq_nocase(slice_of(w->text.p + i, n), words[k]))
			hit(w, i, PERSON_SEX, 90, "label.sex", NEED_NOTHING);
}

/* "07-MAR-64", "7/Mar/1964", "1964-Mar-07": a month between two signs. False: it is none. */
static bool dashed_date(struct walk *w, const struct mark *m)
{
	size_t end = m->at + m->len, front = m->at - (m->at > 0), back = end + 1, fn = 0, bn = 0;
	uint8_t sign = at(w, end);
	struct person_date d;
	char stamp[64];
	if ((sign != '-' && sign != '/') || m->at < 2 || w->text.p[front] != sign || m->len > 12)
		return false;
	while (fn < 5 && front > fn && digit(w->text.p[front - 1 - fn]))
		fn++;
	while (bn < 5 && digit(at(w, back + bn)))
		bn++;
	bool year_first = fn == 4 && (bn == 1 || bn == 2);
	if (!year_first && !((fn == 1 || fn == 2) && (bn == 2 || bn == 4)))
		return false;
	struct slice a = slice_of(w->text.p + front - fn, fn), b = slice_of(w->text.p + back, bn);
	snprintf(stamp, sizeof stamp, "%.*s %.*s %.*s", SLICE_FMT(year_first ? b : a), (int)m->len, (const char *)w->text.p + m->at, SLICE_FMT(year_first ? a : b));
	if (!person_date(slice_str(stamp), false, w->f->o.this_year, &d, NULL))
		return false;
	const struct number_at n = {w->text, front - fn, back + bn, label_at(w, front - fn), false, w->offset};
	doc_date(w->f, &n, key_date(&d), 0);
	w->skip = back + bn;
	return true;
}

/* "March 7, 1964", "7 March 1964" */
static void written_date(struct walk *w, const struct mark *m)
{
	size_t from = m->at, end = m->at + m->len, i;
	struct person_date d;
	AUTO_BUF struct buf b = {0};
	if (dashed_date(w, m) || (!capital(w->text.p[m->at]) && m->kind != MARK_HIGH))
		return;
	i = blanks(w, at(w, end) == '.' ? end + 1 : end);
	size_t first = i;
	while (digit(at(w, i)))
		i++;
	size_t day_n = i - first;
	if (day_n == 1 || day_n == 2) { /* month day year */
		size_t k = i;
		while (letter(at(w, k)) && k - i < 3)
			k++;
		k = blanks(w, at(w, k) == ',' ? k + 1 : k);
		size_t y = k;
		while (digit(at(w, k)))
			k++;
		if (k - y != 4 && k - y != 2)
			return;
		buf_init(&b, 64);
		buf_printf(&b, "%.*s %.*s %.*s", (int)m->len, (const char *)w->text.p + m->at, (int)day_n, (const char *)w->text.p + first, (int)(k - y), (const char *)w->text.p + y);
		end = k;
	} else if (day_n == 4) { /* day month year */
		size_t k = from;
		while (k && (w->text.p[k - 1] == ' ' || w->text.p[k - 1] == '-' || letter(w->text.p[k - 1])) && from - k < 5)
			k--;
		size_t dn = 0;
		while (k > dn && digit(w->text.p[k - 1 - dn]) && dn < 3)
			dn++;
		if (dn < 1 || dn > 2)
			return;
		buf_init(&b, 64);
		buf_printf(&b, "%.*s %.*s %.*s", (int)dn, (const char *)w->text.p + k - dn, (int)m->len, (const char *)w->text.p + m->at, 4, (const char *)w->text.p + first);
		from = k - dn;
		end = i;
	} else {
		return;
	}
	if (buf_ok(&b) && person_date(buf_slice(&b), false, w->f->o.this_year + 5, &d, NULL)) {
		const struct number_at n = {w->text, from, end, label_at(w, from), false, w->offset};
		doc_date(w->f, &n, key_date(&d), 0);
		w->skip = end;
	}
}

/* ---- names ---- */

/* What stands between two words of a name: at most two words, blanks, a comma, points, hyphens. */
static bool name_gap(const struct walk *w, size_t from, size_t to)
{
	unsigned words = 0, commas = 0;
	if (to <= from || to - from > NAME_GAP)
		return false;
	if (to - from == 1 && w->text.p[from] == '\t') /* surname and given name in columns */
		return true;
	for (size_t i = from; i < to; i++) {
		uint8_t c = w->text.p[i];
		if (letter(c) || c >= 0x80)
			words += i == from || !(letter(w->text.p[i - 1]) || w->text.p[i - 1] >= 0x80);
		else if (c == ',')
			commas++;
		else if (c != ' ' && c != '.' && c != '-' && c != '\'' && c != '^')
			return false;
	}
	return words <= 2 && commas <= 1;
}

/* A sign of a script without blanks, and no mark of it, before `from` or at `to`? */
static bool in_signs(const struct walk *w, size_t from, size_t to)
{
	return (from >= 3 && name_sign(w->text.p + from - 3, 3)) || (to + 3 <= w->text.n && name_sign(w->text.p + to, 3));
}

/* A whole name in one word, as in Chinese. One of two signs in the middle of others may be no name: it needs to be said by something else, too. */
static bool whole_name_word(struct walk *w, const struct mark *m)
{
	struct find *f = w->f;
	struct bearers b;
	uint64_t pair = key_pair(m->h, m->h);
	population_look(f->pop, pair, 1u << KEY_NAME, &b);
	if (!b.n && !b.many)
		return false;
	struct doc_name n = {.offset = w->offset + m->at, .h = pair, .line = f->line, .para = f->para, .kind = KEY_NAME, .n = (uint8_t)b.n, .many = b.many, .weak = m->len <= 6 && in_signs(w, m->at, (size_t)m->at + m->len), .aside = m->at < w->aside_to || f->signed_lines > 0};
	memcpy(n.person, b.person, sizeof n.person);
	doc_name(f, &n);
	return true;
}

static void name_word(struct walk *w, const struct mark *m)
{
	struct find *f = w->f;
	if (m->kind == MARK_HIGH && m->len >= 6 && name_sign(w->text.p + m->at, m->len) && whole_name_word(w, m))
		return;
	struct name_mark now = {m->h, m->at, m->at + m->len, capital(w->text.p[m->at]) || w->text.p[m->at] >= 0x80};
	for (unsigned i = w->names; i-- > 0;) {
		struct bearers b;
		const struct name_mark *before = &w->name[i];
		if (m->at - before->end > NAME_GAP)
			break;
		if (before->at == now.at)
			continue;
		/* small letters: many words are names somewhere, so only two in a row are asked for */
		if (!before->capital && !now.capital ? now.at - before->end != 1 : !name_gap(w, before->end, now.at))
			continue;
		uint64_t pair = key_pair(before->h, now.h);
		population_look(f->pop, pair, 1u << KEY_NAME, &b);
		if (!b.n && !b.many)
			continue;
		struct doc_name n = {.offset = w->offset + before->at, .h = pair, .line = f->line, .para = f->para, .kind = KEY_NAME, .n = (uint8_t)b.n, .many = b.many, .weak = !before->capital && !now.capital, .aside = before->at < w->aside_to || f->signed_lines > 0};
		memcpy(n.person, b.person, sizeof n.person);
		doc_name(f, &n);
	}
	if (w->names == ARRAY_LEN(w->name)) {
		memmove(&w->name[0], &w->name[1], sizeof w->name - sizeof w->name[0]);
		w->names--;
	}
	w->name[w->names++] = now;
}

static bool after_a_name(const char *s) /* what stands behind a comma and is no given name */
{
	static const char *const words[] = {"jr", "sr", "ii", "iii", "iv", "md", "do", "phd", "rn", "np", "pa", "dds", "esq"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_nocase(slice_of(s, strlen(s)), words[i]))
			return true;
	return false;
}

/* "Creveling John" that was written "Creveling, John": comma is where the given names begin in it. */
static void given_first(char out[96], size_t n, size_t comma)
{
	char turned[96];
	if (!comma || comma >= n || after_a_name(out + comma))
		return;
	memcpy(turned, out + comma, n - comma);
	turned[n - comma] = ' ';
	memcpy(turned + n - comma + 1, out, comma - 1);
	turned[n] = 0;
	memcpy(out, turned, n + 1);
}

/* Three blanks, or a tab: the next column of a form. */
static bool wide_gap(const struct walk *w, size_t from, size_t to)
{
	size_t n = 0;
	for (size_t i = from; i < to; i++)
		n += at(w, i) == '\t' ? 3 : at(w, i) == ' ';
	return n >= 3;
}

/* "la" in "De la Cruz": a word that goes on with a capital. */
static bool small_particle(const struct walk *w, size_t from, size_t to)
{
	return at(w, to) == ' ' && (capital(at(w, to + 1)) || at(w, to + 1) >= 0x80) && name_particle((const char *)w->text.p + from, to - from);
}

/* "Last" before "Name: ", "First": which part of the name follows. PART_NONE: no such word. */
static int part_word(struct slice s)
{
	static const struct {
		const char *word;
		int part;
	} parts[] = {{"last", PART_SURNAME}, {"family", PART_SURNAME}, {"surname", PART_SURNAME}, {"first", PART_GIVEN}, {"given", PART_GIVEN}, {"forename", PART_GIVEN}, {"middle", PART_LAST}, {"maiden", PART_LAST}};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (slice_eq_nocase(s, parts[i].word))
			return parts[i].part;
	return PART_NONE;
}

/* Of the word before place. */
static int part_before(const struct walk *w, size_t place)
{
	size_t end = place, from;
	while (end && (w->text.p[end - 1] == ' ' || w->text.p[end - 1] == '_' || w->text.p[end - 1] == '-') && place - end < 2)
		end--;
	for (from = end; from && letter(w->text.p[from - 1]);)
		from--;
	return part_word(slice_of(w->text.p + from, end - from));
}

/* The name behind a label: words with a capital, to what is none or to a word that is a label itself. The given names are first in out, in whichever order they stand there. */
static size_t name_after(const struct walk *w, size_t from, char out[96])
{
	size_t i = from, n = 0, end = from, comma = 0;
	bool commas = false;
	unsigned words = 0;
	out[0] = 0;
	while (words < 5) {
		size_t gap = i;
		for (; at(w, i) == ' ' || at(w, i) == '\t' || at(w, i) == '.' || at(w, i) == ','; i++)
			commas |= at(w, i) == ',' && n;
		if (words && wide_gap(w, gap, i))
			break;
		size_t start = i;
		while (letter(at(w, i)) || at(w, i) >= 0x80 || ((at(w, i) == '\'' || at(w, i) == '-') && letter(at(w, i + 1))))
			i++;
		if (i == start || !(capital(w->text.p[start]) || w->text.p[start] >= 0x80 || small_particle(w, start, i)))
			break;
		bool stop = part_word(slice_of(w->text.p + start, i - start)) != 0, title = false;
		uint64_t h = key_word(w->text.p + start, i - start);
		for (const struct word *x = words_look(w->f->words, h, 0); x; x = words_next(w->f->words, x)) {
			stop |= x->class == WORD_LABEL && !x->after && x->arg != LABEL_ADDRESS && x->arg != LABEL_CARD && x->arg != LABEL_PHONE;
			stop |= x->class == WORD_TITLE && words > 0;
			title |= x->class == WORD_TITLE || x->class == WORD_DOCTOR;
		}
		if (stop && words > 0)
			break;
		if (n + (i - start) + 2 > 96)
			break;
		if (!title) {
			if (n)
				out[n++] = ' ';
			if (commas && !comma)
				comma = n;
			memcpy(out + n, w->text.p + start, i - start);
			n += i - start;
			words++;
			end = i;
		}
		if (at(w, i) == '\n' || at(w, i) == ':' || at(w, i) == '(')
			break;
	}
	out[n] = 0;
	given_first(out, n, comma);
	return words ? end : from;
}

#define PARTS_APART 2 /* lines between the surname's and the given name's */

/* "Last name: Creveling", and in the same line or soon after "First name: John": one name, of the subject that the first part made. */
static bool join_parts(struct walk *w, const struct doc_subject *s)
{
	struct find *f = w->f;
	struct doc_subject *before = f->doc.subjects ? &f->doc.subject[f->doc.subjects - 1] : NULL;
	char whole[sizeof s->name];
	if (!before || before->carried || !before->part || s->line - before->line > PARTS_APART || before->words.n > 3)
		return false;
	if (before->part == s->part || (before->part == PART_NAME && s->part != PART_GIVEN && s->part != PART_SURNAME))
		return false;
	bool given_last = s->part == PART_GIVEN || before->part == PART_SURNAME;
	int n = snprintf(whole, sizeof whole, "%s %s", given_last ? s->name : before->name, given_last ? before->name : s->name);
	if (n < 0 || (size_t)n >= sizeof whole)
		return false;
	for (unsigned i = 0; f->pop && i < before->words.n; i++)
		for (unsigned k = 0; k < s->words.n; k++) {
			struct bearers b;
			uint64_t pair = key_pair(before->words.h[i], s->words.h[k]);
			population_look(f->pop, pair, 1u << KEY_NAME, &b);
			if (!b.n && !b.many)
				continue;
			struct doc_name x = {.offset = before->offset, .h = pair, .line = f->line, .para = f->para, .kind = KEY_NAME, .n = (uint8_t)b.n, .many = b.many};
			memcpy(x.person, b.person, sizeof x.person);
			doc_name(f, &x);
		}
	memcpy(before->name, whole, (size_t)n + 1);
	name_words(slice_str(whole), &before->words);
	before->part = 0;
	before->line = s->line; /* where the whole of it is known */
	return true;
}

/* "RE: Creveling, John", "Patient: ...", "Patient name: ...", "Name: ..." */
static void subject(struct walk *w, size_t place, size_t end, int part)
{
	size_t i = blanks(w, end);
	if (part == PART_NAME && part_before(w, place))
		part = part_before(w, place);
	if (part == PART_LAST) { /* a middle name, or one of before: nobody's by itself */
		w->name_to = line_end(w);
		return;
	}
	for (unsigned k = 0; k < 2 && letter(at(w, i)) && !(at(w, i) == 'i' && at(w, i + 1) == 's' && at(w, i + 2) == ' '); k++) { /* "name", "full name" */
		size_t from = i;
		while (letter(at(w, i)) || at(w, i) == '\'')
			i++;
		struct slice word = slice_of(w->text.p + from, i - from);
		if (!slice_eq_nocase(word, "name") && !slice_eq_nocase(word, "full") && !slice_eq_nocase(word, "nombre") && !slice_eq_nocase(word, "s"))
			return;
		i = blanks(w, i);
	}
	if (at(w, i) == '.' && at(w, i + 1) == '.') { /* "Patient Name.......: " */
		while (at(w, i) == '.')
			i++;
		i = blanks(w, i);
	}
	if (at(w, i) == '(' && (at(w, i + 1) == 's' || at(w, i + 1) == 'e') && at(w, i + 2) == ')') /* "Forename(s):" */
		i = blanks(w, i + 3);
	if (at(w, i) == '(')
		return;
	if (at(w, i) == 'i' && at(w, i + 1) == 's' && at(w, i + 2) == ' ') /* "my name is" */
		i++;
	else if (at(w, i) != ':' && at(w, i) != '=' && at(w, i) != '#')
		return;
	i = blanks(w, i + 1);
	struct doc_subject s = {.offset = w->offset + i, .line = w->f->line, .who = FIND_NOBODY, .part = (uint8_t)part};
	size_t stop = name_after(w, i, s.name);
	if (stop == i || w->subject_at == i)
		return;
	w->name_to = stop > w->name_to ? stop : w->name_to;
	w->subject_at = i; /* "Patient name:" is met twice */
	name_words(slice_str(s.name), &s.words);
	if (s.words.n && !(part && join_parts(w, &s)))
		doc_subject(w->f, &s);
}

static bool common_word(const struct walk *w, size_t i)
{
	size_t from = i;
	while (letter(at(w, i)))
		i++;
	for (unsigned k = 0; i > from; k++) {
		const struct word *x = words_look(w->f->words, key_word(w->text.p + from, i - from), k);
		if (!x || x->class == WORD_COMMON)
			return x != NULL;
	}
	return false;
}

/* "Dr. Adams", "Dear Ms. Forney": a name of whom nothing else may be known. */
static void titled(struct walk *w, size_t end, bool doctor, struct err *e)
{
	char name[96];
	size_t i = blanks(w, at(w, end) == '.' ? end + 1 : end), stop = name_after(w, i, name);
	if (stop == i || i == end || (end > 3 && slice_eq_nocase(slice_of(w->text.p + end - 4, 4), "dear") && common_word(w, i))) /* "Dear Customer" */
		return;
	if (doctor) {
		w->aside_to = stop;
		hit(w, i, PERSON_PROVIDER, 75, "title.doctor", NEED_PERSON);
		hit(w, i, PERSON_NAME, 60, "title.doctor", NEED_STRANGER);
	} else {
		hit(w, i, PERSON_NAME, 70, "title.name", NEED_NOBODY);
	}
	if (w->f->stranger && doctor) {
		const struct find_stranger s = {"provider", slice_str(name), w->offset + i, buf_slice(&w->f->member), w->f->document};
		if (w->f->stranger(w->f->arg, &s, e) < 0)
			w->f->doc.no_memory = true;
	}
}

/* ---- words ---- */

static bool number_follows(const struct walk *w, size_t i)
{
	for (size_t k = i; k < i + 24 && k < w->text.n && w->text.p[k] != '\n' && !(w->text.p[k] == '.' && !digit(at(w, k + 1))); k++)
		if (digit(w->text.p[k]))
			return true;
	return false;
}

static bool dose(const struct walk *w, const struct mark *m)
{
	size_t i = m->at;
	while (i && w->text.p[i - 1] == ' ')
		i--;
	return i && digit(w->text.p[i - 1]) && at(w, m->at + m->len) != '/';
}

static void label_word(struct walk *w, const struct mark *m, const struct word *x)
{
	size_t end = m->at + m->len;
	int label = x->arg;
	if (x->after) {
		if (x->after != w->part || m->at - w->part_end > 12 || w->part_end > m->at)
			return;
	}
	if (label == LABEL_ACCOUNT && w->label == LABEL_SUBJECT && m->at - w->label_end < 3)
		label = LABEL_MRN; /* the patient's account at the hospital */
	if ((label == LABEL_MEMBER || label == LABEL_SUBJECT || label == LABEL_OTHER_PERSON) && w->label != LABEL_NONE && w->label_line == w->f->line && m->at - w->label_end < 16 && w->label != LABEL_SUBJECT && !number_follows(w, end))
		return;
	if (label == LABEL_CARD && (w->label == LABEL_MBI || w->label == LABEL_MEDICAID || w->label == LABEL_MEMBER || w->label == LABEL_SSN) && m->at - w->label_end < 20)
		return; /* "Medicare card" */
	w->label = label;
	w->label_end = end;
	w->label_line = w->f->line;
	if (label == LABEL_OTHER_PERSON)
		w->f->other_line = w->f->line;
	if (label == LABEL_PASSWORD)
		password(w, end);
	else if (label == LABEL_SEX)
		sex(w, end);
	else if (label == LABEL_SUBJECT)
		subject(w, m->at, end, PART_NONE);
	else if (label == LABEL_DX && at(w, blanks(w, end)) == ':' && (letter(at(w, blanks(w, blanks(w, end) + 1))) || at(w, blanks(w, blanks(w, end) + 1)) >= 0x80)) /* "Diagnostic : asthme" */
		hit(w, blanks(w, blanks(w, end) + 1), PERSON_DIAGNOSIS, 80, "label.dx", NEED_PERSON);
}

static void word(struct walk *w, const struct mark *m, const struct word *x, struct err *e)
{
	size_t end = m->at + m->len;
	switch (x->class) {
	case WORD_LABEL: label_word(w, m, x); break;
	case WORD_PART:
		w->part = x->arg;
		w->part_end = end;
		if (x->arg == PART_NAME || x->arg == PART_SURNAME || x->arg == PART_GIVEN)
			subject(w, m->at, end, x->arg);
		break;
	case WORD_TITLE: titled(w, end, false, e); break;
	case WORD_DOCTOR:
		if (m->len == 2 || m->len == 6)
			titled(w, end, true, e);
		break;
	case WORD_UNIT:
		if (dose(w, m))
			hit(w, m->at, PERSON_MEDICATION, 75, "dose", NEED_PERSON);
		break;
	case WORD_GIVEN:
	case WORD_FAMILY:
		if (m->at >= w->name_to)
			w->name_to = stranger_name(w->f, &(const struct name_at){w->text, m->at, end, w->offset, w->name_to});
		break;
	case WORD_CALLS:
		if (m->at >= w->name_to)
			w->name_to = stranger_called(w->f, &(const struct name_at){w->text, m->at, end, w->offset, w->name_to}, x->arg);
		break;
	case WORD_MONTH: written_date(w, m); break;
	case WORD_SIGN:
		if (m->at - w->line_from < 24 && (at(w, end) == ',' || at(w, end) == '\n' || at(w, end) == '\r'))
			w->f->signed_lines = 1;
		break;
	case WORD_TERM:
		if (x->arg != PERSON_LAB || number_follows(w, end))
			hit(w, m->at, x->arg, 65, "word", NEED_PERSON);
		break;
	default: break;
	}
}

static void number(struct walk *w, const struct mark *m)
{
	struct number_at n = {w->text, m->at, (size_t)m->at + m->len, label_at(w, m->at), m->kind == MARK_DIGITS, w->offset};
	if (n.label == LABEL_SUBJECT && w->label_end && w->label_end <= m->at) /* "Patient ID 12345", "Patient No. 12345", "patientid=12345", but no "They're not" */
		for (size_t i = w->label_end; i < m->at; i++) {
			bool word = i + 2 <= m->at && (i == w->label_end || !letter(w->text.p[i - 1])) && !letter(at(w, i + 2));
			if (w->text.p[i] == '#' || (word && (slice_eq_nocase(slice_of(w->text.p + i, 2), "id") || slice_eq_nocase(slice_of(w->text.p + i, 2), "no"))) || (i + 6 <= m->at && slice_eq_nocase(slice_of(w->text.p + i, 6), "number")))
				n.label = LABEL_MRN;
		}
	w->skip = number_read(w->f, &n);
}

static int mark(struct walk *w, const struct mark *m, struct err *e)
{
	int r = w->line < w->f->marks.lines && w->f->marks.line[w->line] < m->at ? count_lines(w, m->at, e) : 0;
	if (r < 0)
		return r;
	if (m->kind == MARK_NUMBER || m->kind == MARK_DIGITS) {
		number(w, m);
		return 0;
	}
	if (m->is & MARK_NAME)
		name_word(w, m);
	if (!(m->is & MARK_MEANS))
		return 0;
	if (at(w, (size_t)m->at + m->len) == '-' && digit(at(w, (size_t)m->at + m->len + 1)) && m->len < 5 && !(m->at > 1 && w->text.p[m->at - 1] == '-' && digit(w->text.p[m->at - 2]))) /* "CC-7654321": the beginning of a number, not a card; but "7-MAR-1964" */
		return 0;
	for (const struct word *x = words_look(w->f->words, m->h, 0); x; x = words_next(w->f->words, x))
		word(w, m, x, e);
	return 0;
}

/* The key of a number as it will probably be asked for; a guess by its form, right or not. */
static uint64_t number_guess(const struct walk *w, const struct mark *m)
{
	size_t n = m->len;
	if (m->kind == MARK_DIGITS && n == 3) {
		if (at(w, m->at + (size_t)3) == '-')
			n = at(w, m->at + (size_t)6) == '-' ? 11 : at(w, m->at + (size_t)7) == '-' ? 12 : 3;
		else if (at(w, m->at + (size_t)3) == ')')
			n = at(w, m->at + (size_t)4) == ' ' ? 13 : 12;
		n = m->at + n <= w->text.n ? n : 3;
	}
	return n >= 6 && n <= 20 ? key_id(slice_of(w->text.p + m->at, n), NULL, NULL) : 0;
}

/* A look at the tables of a large population is a look at memory; the marks ahead say what will be looked for. */
static void look_ahead(struct walk *w, size_t i)
{
	const struct find_population *p = w->f->pop;
	const struct marks *all = &w->f->marks;
	const struct mark *m = &all->v[i];
	uint64_t *now = w->ahead[i % AHEAD], *half = w->ahead[(i + AHEAD / 2) % AHEAD];
	for (unsigned k = 0; k < 2; k++) {
		if (half[k])
			population_sooner(p, half[k]);
		now[k] = 0;
	}
	if (m->is & MARK_NAME) {
		for (size_t k = 1; k <= 2 && k <= i; k++) {
			const struct mark *before = m - k;
			if (m->at - before->at > NAME_GAP + (uint32_t)before->len)
				return;
			if (before->is & MARK_NAME && (capital(w->text.p[m->at]) || capital(w->text.p[before->at]) || m->at - before->at == (uint32_t)before->len + 1))
				population_soon(p, now[k - 1] = key_pair(before->h, m->h));
		}
	} else if (m->kind == MARK_NUMBER || m->kind == MARK_DIGITS) {
		now[0] = number_guess(w, m);
		if (now[0])
			population_soon(p, now[0]);
	}
}

int text_walk(struct find *f, struct slice text, uint64_t offset, struct err *e)
{
	struct walk w = {.f = f, .text = text, .offset = offset, .subject_at = SIZE_MAX};
	int r = 0;
	const uint8_t *a;
	marks_make(text, f->map, f->log, &f->marks);
	if (f->marks.no_memory)
		return err_set(e, ERR_MEMORY, NULL, "there is no memory to scan a text");
	f->line++;
	r = line_begins(&w, 0, e);
	a = text.n ? memchr(text.p, '@', text.n) : NULL;
	w.next_at = a ? (size_t)(a - text.p) : SIZE_MAX;
	for (size_t i = 0; r == 0 && i <= f->marks.n; i++) {
		size_t here = i < f->marks.n ? f->marks.v[i].at : text.n;
		while (r == 0 && w.next_at < here) {
			r = count_lines(&w, w.next_at, e);
			if (r == 0)
				email(&w, w.next_at);
			a = w.next_at + 1 < text.n ? memchr(text.p + w.next_at + 1, '@', text.n - w.next_at - 1) : NULL;
			w.next_at = a ? (size_t)(a - text.p) : SIZE_MAX;
		}
		if (f->pop && i + AHEAD < f->marks.n)
			look_ahead(&w, i + AHEAD);
		if (r == 0 && i < f->marks.n && here >= w.skip)
			r = mark(&w, &f->marks.v[i], e);
		if (r == 0 && f->doc.no_memory)
			r = err_set(e, ERR_MEMORY, NULL, "there is no memory to scan a text");
		if (r == 0 && f->doc.hits + f->doc.names + f->doc.dates + f->doc.subjects > DOC_MAX)
			r = doc_cut(f, e);
	}
	return r < 0 ? r : count_lines(&w, text.n, e);
}
