/* A number in its line: what it is by its form, its check digits and the label before it, and whether it is a known person's. */
#include "find_internal.h"

#define PARTS_MAX 8

struct group { /* digits in parts, one to three separators between: never longer than 39 + 7 * 3 bytes. Small, as it is cleared for each number */
	size_t at;
	uint8_t len[PARTS_MAX];
	uint8_t sep[PARTS_MAX]; /* behind part i; 0: the end */
	uint8_t ends[PARTS_MAX]; /* from at; group_end */
	char digits[40];
	uint8_t n, total;
	bool paren; /* "(" stands before the first */
	bool plus;
};

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static uint8_t byte_at(const struct number_at *n, size_t i)
{
	return i < n->text.n ? n->text.p[i] : 0;
}

static size_t group_end(const struct group *g, unsigned part)
{
	return g->at + g->ends[part];
}

static void group_read(const struct number_at *n, struct group *g)
{
	*g = (struct group){.at = n->at};
	g->paren = n->at && n->text.p[n->at - 1] == '(';
	g->plus = (n->at && n->text.p[n->at - 1] == '+') || (n->at > 1 && g->paren && n->text.p[n->at - 2] == '+');
	for (size_t i = n->at; g->n < PARTS_MAX;) {
		size_t from = i;
		if (g->n == 0) { /* the run itself: its end is known */
			g->total = (uint8_t)(n->end - i < sizeof g->digits - 1 ? n->end - i : sizeof g->digits - 1);
			memcpy(g->digits, n->text.p + i, g->total);
			i += g->total;
		}
		while (digit(byte_at(n, i)) && g->total < sizeof g->digits - 1)
			g->digits[g->total++] = (char)n->text.p[i++];
		bool extension = g->n >= 2 && byte_at(n, i) == 'x' && digit(byte_at(n, i + 1)); /* 555-0100x12 */
		if (i == from || (letter(byte_at(n, i)) && !extension) || (byte_at(n, i) >= 0x80 && byte_at(n, i) < 0xE2)) { /* 12th, 5mg: the part is none; Chinese characters and signs end it */
			g->total = (uint8_t)(g->total - (i - from));
			break;
		}
		g->len[g->n] = (uint8_t)(i - from);
		g->ends[g->n++] = (uint8_t)(i - n->at);
		uint8_t c = byte_at(n, i), d = byte_at(n, i + 1);
		if ((c == '-' || c == '.' || c == '/' || c == ' ' || c == ')') && digit(d)) {
			g->sep[g->n - 1] = c;
			i++;
		} else if (((c == ')' && (d == ' ' || d == '-')) || (c == ' ' && (d == '(' || d == '-'))) && digit(byte_at(n, i + 2))) {
			g->sep[g->n - 1] = c == ')' ? ')' : d;
			i += 2;
		} else if (c == ' ' && d == '-' && byte_at(n, i + 2) == ' ' && digit(byte_at(n, i + 3)) && g->n > 1) {
			g->sep[g->n - 1] = '-';
			i += 3;
		} else {
			break;
		}
	}
	g->digits[g->total] = 0;
}

static void hit(struct find *f, const struct number_at *n, int element, unsigned confidence, const char *rule, int need)
{
	const struct doc_hit h = {.offset = n->offset + n->at, .line = f->line, .para = f->para, .person = FIND_NOBODY, .element = (uint8_t)element, .confidence = (uint8_t)confidence, .rule = rule, .need = (uint8_t)need};
	doc_hit(f, &h);
}

static const char *known_rule(int kind)
{
	static const char *const rule[KEY_KINDS] = {[KEY_SSN] = "known.ssn", [KEY_MRN] = "known.mrn", [KEY_MEMBER] = "known.member", [KEY_MBI] = "known.mbi", [KEY_MEDICAID] = "known.medicaid", [KEY_DL] = "known.dl", [KEY_ACCOUNT] = "known.account",
		[KEY_CARD] = "known.card", [KEY_PHONE] = "known.phone", [KEY_EMAIL] = "known.email", [KEY_PASSPORT] = "known.passport", [KEY_OTHER] = "known.number"};
	return rule[kind];
}

static int label_kind(int label)
{
	switch (label) {
	case LABEL_SSN: return KEY_SSN;
	case LABEL_MRN: return KEY_MRN;
	case LABEL_MEMBER: return KEY_MEMBER;
	case LABEL_MBI: return KEY_MBI;
	case LABEL_MEDICAID: return KEY_MEDICAID;
	case LABEL_DL: return KEY_DL;
	case LABEL_ACCOUNT: return KEY_ACCOUNT;
	case LABEL_CARD: return KEY_CARD;
	case LABEL_PHONE: return KEY_PHONE;
	case LABEL_PASSPORT: return KEY_PASSPORT;
	case LABEL_CLAIM: return KEY_OTHER;
	default: return -1;
	}
}

/* The number from at to end, if a known person has it. sure: its form or its label says that it is such a number. */
static bool known(struct find *f, const struct number_at *n, size_t end, bool sure, int only)
{
	struct bearers b;
	size_t len = 0, digits = 0;
	uint64_t h = f->pop ? key_id(slice_of(n->text.p + n->at, end - n->at), &len, &digits) : 0;
	if (!h || (len < 6 && label_kind(n->label) < 0))
		return false;
	population_look(f->pop, h, only >= 0 ? 1u << only : ~0u << KEY_SSN, &b);
	if (!b.n)
		return false;
	unsigned pick = 0;
	int want = label_kind(n->label);
	for (unsigned i = 0; i < b.n; i++)
		if (b.kind[i] == want)
			pick = i;
	struct doc_name name = {.offset = n->offset + n->at, .h = h, .line = f->line, .para = f->para, .kind = b.kind[pick], .many = b.many};
	for (unsigned i = 0; i < b.n; i++)
		if (b.kind[i] == b.kind[pick])
			name.person[name.n++] = b.person[i];
	/* digits alone, without form or label, are somebody's number by chance now and then: they count when the person is named besides */
	name.weak = !sure && want != name.kind && (digits == len ? len < 10 : len < 8);
	doc_name(f, &name);
	int element = name.kind == KEY_OTHER ? (n->label == LABEL_TIN ? PERSON_TIN : n->label == LABEL_MRN ? PERSON_MRN : PERSON_CLAIM) : kind_element(name.kind);
	const struct doc_hit x = {.offset = name.offset, .line = f->line, .para = f->para, .person = name.n == 1 && !name.many && !name.weak ? name.person[0] : FIND_NOBODY, .element = (uint8_t)element, .confidence = name.weak ? 60 : 96,
		.need = name.weak ? NEED_BEARER : NEED_NOTHING, .bearer = name.person[0], .rule = known_rule(name.kind)};
	doc_hit(f, &x);
	return true;
}

/* "...-XX-1234", "***-**-1234", "xxxxx1234" */
static bool masked_ssn(const struct number_at *n, const struct group *g)
{
	unsigned masks = 0;
	if (g->len[0] != 4 || g->n != 1)
		return false;
	for (size_t i = n->at; i-- && n->at - i <= 14;) {
		uint8_t c = n->text.p[i];
		if (c == 'X' || c == 'x' || c == '*' || c == '#')
			masks++;
		else if (c != '-' && c != ' ')
			break;
	}
	return masks == 5;
}

/* yyyymmdd without anything between: only where a label says that it is a date. */
static bool bare_date(struct find *f, const struct number_at *n, const struct group *g)
{
	struct person_date d;
	if (g->n != 1 || g->total != 8 || (n->label != LABEL_DOB && n->label != LABEL_SERVICE) || !person_date(slice_of(n->text.p + n->at, 8), f->o.day_first, f->o.this_year, &d, NULL))
		return false;
	doc_date(f, n, key_date(&d), 0);
	return true;
}

static bool date_group(struct find *f, const struct number_at *n, const struct group *g, size_t *ret_end)
{
	struct person_date d;
	if (g->n < 3 || g->sep[0] != g->sep[1] || g->sep[0] == ' ' || g->sep[0] == ')' || g->sep[0] == '(')
		return false;
	bool ymd = g->len[0] == 4 && g->len[1] <= 2 && g->len[2] <= 2, dmy = g->len[0] <= 2 && g->len[1] <= 2 && (g->len[2] == 4 || g->len[2] == 2);
	if (!ymd && !dmy)
		return false;
	struct slice s = slice_of(n->text.p + n->at, group_end(g, 2) - n->at);
	bool swap = false;
	if (!person_date(s, f->o.day_first, f->o.this_year, &d, &swap))
		return false;
	uint32_t date = key_date(&d), other = swap && person_date(s, !f->o.day_first, f->o.this_year, &d, NULL) ? key_date(&d) : 0;
	doc_date(f, n, date, other);
	*ret_end = group_end(g, 2);
	return true;
}

static bool nanp(const char d[10])
{
	return d[0] >= '2' && d[3] >= '2' && !(d[1] == '1' && d[2] == '1') && !(d[4] == '1' && d[5] == '1');
}

/* "020 7946 0958", "06 12 34 56 78", "0961-7596216": as they are written in most countries, with the zero that is dialled at home. */
static bool national(const struct group *g)
{
	if (g->n < 2 || g->digits[0] != '0' || g->digits[1] == '0' || g->total < 9 || g->total > 11 || g->len[0] < 2 || g->len[0] > 5)
		return false;
	if (g->n == 2)
		return (g->sep[0] == ' ' || g->sep[0] == '-') && g->len[1] >= 6;
	for (unsigned i = 0; i < g->n; i++)
		if (g->len[i] < 2 || (i + 1u < g->n && g->sep[i] != ' '))
			return false;
	return true;
}

/* A telephone number by its form. Returns its end, 0: none. */
static size_t phone_group(const struct group *g, int label)
{
	unsigned i = g->n > 3 && g->len[0] == 1 && g->digits[0] == '1' ? 1 : 0, skip = i;
	if (g->n >= i + 3 && g->len[i] == 3 && g->len[i + 1] == 3 && g->len[i + 2] == 4 && g->sep[i] != '/' && nanp(g->digits + skip))
		return group_end(g, i + 2);
	if (g->n >= 2 && g->len[0] == 3 && g->len[1] == 7 && (g->paren || label == LABEL_PHONE) && nanp(g->digits))
		return group_end(g, 1);
	if (g->plus && g->total >= 8 && g->total <= 15)
		return group_end(g, g->n - 1);
	if (label == LABEL_PHONE) {
		if (g->n == 2 && g->total == 7)
			return group_end(g, 1);
		if (g->n == 1 && (g->total == 10 || (g->total == 11 && g->digits[0] == '1')))
			return group_end(g, 0);
		if (g->n > 1 && g->total >= 8 && g->total <= 15)
			return group_end(g, g->n - 1);
	}
	if (label == LABEL_NONE && national(g))
		return group_end(g, g->n - 1);
	return g->paren && g->n > 2 && g->total >= 8 && g->total <= 13 ? group_end(g, g->n - 1) : 0;
}

static size_t card_group(const struct group *g)
{
	unsigned n = 0;
	if (g->n == 1 && g->total >= 13 && g->total <= 19)
		return person_card_valid(g->digits, g->total) ? group_end(g, 0) : 0;
	for (unsigned i = 0; i < g->n && i < 5; i++) {
		n += g->len[i];
		bool same = i == 0 || g->sep[i - 1] == g->sep[0];
		if (!same || (i == 0 && g->len[0] != 4) || (g->sep[0] != ' ' && g->sep[0] != '-'))
			return 0;
		if (i >= 2 && n >= 13 && n <= 19 && person_card_valid(g->digits, n))
			return group_end(g, i);
	}
	return 0;
}

/* Two capitals of a state and blanks before a ZIP that is of that state. */
static bool zip_here(const struct number_at *n, const struct group *g)
{
	size_t i = n->at;
	if (g->len[0] != 5 || (g->n > 1 && g->sep[0] == '/'))
		return false;
	while (i && n->text.p[i - 1] == ' ')
		i--;
	if (i == n->at || i < 2)
		return false;
	if (i > 2 && letter(n->text.p[i - 3])) /* a state by its name: "California 90210" */
		return false;
	return words_us_state(n->text.p + i - 2) && words_zip_fits(n->text.p + i - 2, n->text.p + n->at);
}

/* "1234 Old Mill Road": up to five words behind a house number, the last of them a kind of street. */
static bool street_here(const struct find *f, const struct number_at *n)
{
	size_t i = n->end;
	if (n->end - n->at > 6 || byte_at(n, i) != ' ')
		return false;
	for (unsigned words = 0; words < 6; words++) {
		while (byte_at(n, i) == ' ' || byte_at(n, i) == '.')
			i++;
		size_t from = i;
		while (letter(byte_at(n, i)) || digit(byte_at(n, i)) || byte_at(n, i) == '\'' || byte_at(n, i) == '-' || byte_at(n, i) >= 0x80)
			i++;
		if (i == from || i - from > 24)
			return false;
		uint8_t first = n->text.p[from];
		if (words == 0 && !(first >= 'A' && first <= 'Z') && first < 0x80 && !digit(first))
			return false;
		for (unsigned k = 0; words; k++) {
			const struct word *w = words_look(f->words, key_word(n->text.p + from, i - from), k);
			if (!w)
				break;
			if (w->class == WORD_STREET)
				return true;
		}
	}
	return false;
}

static bool ends_in(struct slice word, const char *const *suffix)
{
	for (; *suffix; suffix++) {
		size_t n = strlen(*suffix);
		if (word.n >= n + 3 && slice_eq_nocase(slice_of(word.p + word.n - n, n), *suffix))
			return true;
	}
	return false;
}

static bool one_of(struct slice word, const char *const *list)
{
	for (; *list; list++)
		if (slice_eq_nocase(word, *list))
			return true;
	return false;
}

/* "Hauptstr. 12", "Storgatan 7", "Via Roma 131", "Calle de la Luna 5": a street's name before its number, in one word that ends as streets do, or in up to four behind one that they begin with. Returns where it begins; n->at: none does. */
static size_t street_before(const struct number_at *n)
{
	static const char *const last[] = {"strasse", "stra\xc3\x9f" "e", "str", "gasse", "allee", "platz", "damm", "ufer", "weg", "straat", "laan", "plein", "gracht", "kade", "gatan", "v\xc3\xa4gen", "gr\xc3\xa4nd", "stigen", "gata", "veien", "vegen", "stien", "vej", "gade", "str\xc3\xa6" "de", "katu", "polku", "kuja",
		"braut", "str\xc3\xa6ti", "straeti", NULL};
	static const char *const first[] = {"via", "viale", "piazza", "piazzetta", "corso", "vicolo", "calle", "avda", "avenida", "plaza", "paseo", "carrer", "rua", "r\xc3\xba" "a", "travessa", "pra\xc3\xa7" "a", "rue", "avenue", "boulevard", "chemin", "impasse", "quai", "ul", "ulica", NULL};
	static const char *const between[] = {"de", "del", "della", "dei", "di", "da", "do", "dos", "du", "des", "la", "las", "los", "le", "les", NULL};
	size_t end = n->at;
	if (n->end - n->at > 4 || letter(byte_at(n, n->end)) || byte_at(n, n->end) == '%' || (byte_at(n, n->end) == '.' && digit(byte_at(n, n->end + 1))))
		return n->at;
	for (unsigned words = 0; words < 5 && end > 3 && n->text.p[end - 1] == ' '; words++) {
		size_t stop = end - 1, from;
		stop -= n->text.p[stop - 1] == '.';
		for (from = stop; from && stop - from < 48 && (letter(n->text.p[from - 1]) || n->text.p[from - 1] >= 0x80 || n->text.p[from - 1] == '\'' || (n->text.p[from - 1] == '-' && from < stop)); from--)
			continue;
		struct slice word = slice_of(n->text.p + from, stop - from);
		bool capital = word.n && ((word.p[0] >= 'A' && word.p[0] <= 'Z') || word.p[0] >= 0x80);
		if (word.n < 2 || word.n > 40)
			return n->at;
		if (words == 0 && capital && ends_in(word, last))
			return from;
		if (words && (capital || slice_eq_nocase(word, "rue") || slice_eq_nocase(word, "ul")) && one_of(word, first))
			return from;
		if (!capital && (!words || !one_of(word, between)))
			return n->at;
		end = from;
	}
	return n->at;
}

/* A word at i, with hyphens and apostrophes in it. */
static struct slice word_at(const struct number_at *n, size_t i)
{
	size_t end = i;
	while (end - i < 48 && (letter(byte_at(n, end)) || byte_at(n, end) >= 0x80 || ((byte_at(n, end) == '\'' || byte_at(n, end) == '-') && end > i)))
		end++;
	return slice_of(n->text.p + i, end - i);
}

static bool begins_large(struct slice word)
{
	return word.n && ((word.p[0] >= 'A' && word.p[0] <= 'Z') || (word.n > 1 && word.p[0] == 0xc3 && word.p[1] < 0xa0));
}

/* "12 rue des Lilas", "3 bis, av. Foch", "45 Rue Sainte-Catherine", "8 place de l'Église": a house number before a street that begins with its kind, as in French. Kinds that are words of other things want a capital behind them. */
static bool street_behind(const struct number_at *n)
{
	static const char *const kinds[] = {"rue", "avenue", "boulevard", "bd", "boul", "chemin", "impasse", "all\xc3\xa9" "e", "all\xc3\xa9" "es", "quai", "faubourg", "ruelle", "venelle", NULL};
	static const char *const perhaps[] = {"av", "place", "pl", "route", "cours", "passage", "square", "sentier", "rang", "mont\xc3\xa9" "e", "rond-point", NULL};
	static const char *const between[] = {"de", "du", "des", "la", "le", "les", "d", "au", "aux", "en", NULL};
	static const char *const more[] = {"bis", "ter", "quater", NULL};
	size_t i = n->end;
	if (n->end - n->at > 5)
		return false;
	i += byte_at(n, i) == ',';
	if (byte_at(n, i) != ' ')
		return false;
	struct slice word = word_at(n, ++i);
	if (one_of(word, more)) {
		i += word.n;
		i += byte_at(n, i) == ',';
		if (byte_at(n, i) != ' ')
			return false;
		word = word_at(n, ++i);
	}
	const bool sure = one_of(word, kinds);
	if (!sure && !one_of(word, perhaps))
		return false;
	i += word.n;
	i += byte_at(n, i) == '.';
	for (unsigned words = 0; words < 4 && byte_at(n, i) == ' '; words++) {
		word = word_at(n, ++i);
		const size_t quote = word.n > 2 && word.p[1] == '\'' ? 1 : word.n > 4 && !memcmp(word.p + 1, "\xe2\x80\x99", 3) ? 3 : 0;
		if (quote && (word.p[0] | 0x20) != 'o') /* "d'Alésia", "l'Église" */
			return sure || begins_large(slice_of(word.p + 1 + quote, word.n - 1 - quote));
		if (begins_large(word))
			return true;
		if (words && sure && (word.n > 2 || digit(byte_at(n, i))) && !one_of(word, between)) /* "rue des lilas", "rue du 8 mai 1945" */
			return true;
		if (!one_of(word, between))
			return false;
		i += word.n;
	}
	return false;
}

/* Values that only their label makes: the least and the greatest length of letters and digits, and how many digits there must be. */
static const struct {
	uint8_t element, min, max, digits;
	const char *rule;
} by_label[] = {
	[LABEL_MRN] = {PERSON_MRN, 4, 16, 4, "label.mrn"}, [LABEL_DL] = {PERSON_DL, 5, 17, 4, "label.dl"}, [LABEL_PASSPORT] = {PERSON_PASSPORT, 7, 9, 6, "label.passport"}, [LABEL_ACCOUNT] = {PERSON_ACCOUNT, 6, 34, 5, "label.account"},
	[LABEL_MEMBER] = {PERSON_INS, 6, 20, 4, "label.member"}, [LABEL_CLAIM] = {PERSON_CLAIM, 6, 24, 5, "label.claim"}, [LABEL_MEDICAID] = {PERSON_MEDICAID, 7, 14, 6, "label.medicaid"}, [LABEL_MBI] = {PERSON_INS, 10, 12, 6, "label.medicare"},
};

static bool labelled(struct find *f, const struct number_at *n, size_t end)
{
	size_t len = 0, digits = 0;
	if ((size_t)n->label >= ARRAY_LEN(by_label) || !by_label[n->label].rule)
		return false;
	for (size_t i = n->at; i < end; i++) {
		len += digit(n->text.p[i]) || letter(n->text.p[i]);
		digits += digit(n->text.p[i]);
	}
	for (size_t i = n->at; i && n->at - i < 6 && (letter(n->text.p[i - 1]) || (i == n->at && n->text.p[i - 1] == '-')); i--) /* "HP-987654" */
		len += i != n->at && n->text.p[n->at - 1] == '-';
	if (byte_at(n, end) == '-')
		for (size_t i = end + 1; letter(byte_at(n, i)) && i - end < 6; i++)
			len++;
	if (len < by_label[n->label].min || len > by_label[n->label].max || digits < by_label[n->label].digits)
		return false;
	hit(f, n, by_label[n->label].element, 85, by_label[n->label].rule, 0);
	return true;
}

static bool all_alike(const char *digits)
{
	return strspn(digits, (const char[]){digits[0], 0}) == strlen(digits);
}

static bool nine_digits(struct find *f, const struct number_at *n, const struct group *g)
{
	bool ssn_form = g->n >= 3 && g->len[0] == 3 && g->len[1] == 2 && g->len[2] == 4 && g->sep[0] == g->sep[1];
	bool bare = g->n == 1 && g->total == 9;
	if (!ssn_form && !bare)
		return false;
	if (ssn_form && (g->sep[0] == '-' || n->label == LABEL_SSN)) {
		if (labelled(f, n, group_end(g, 2))) /* a hospital's or a plan's number in the form of an SSN: it may be one */
			hit(f, n, PERSON_SSN, 50, "ssn.form", NEED_NOTHING);
		else if (person_itin_valid(g->digits) && !all_alike(g->digits))
			hit(f, n, PERSON_TIN, 85, "itin.form", 0);
		else if (person_ssn_valid(g->digits))
			hit(f, n, PERSON_SSN, n->label == LABEL_SSN ? 98 : 93, n->label == LABEL_SSN ? "label.ssn" : "ssn.form", 0);
		else if (n->label == LABEL_SSN && !all_alike(g->digits))
			hit(f, n, PERSON_SSN, 50, "label.ssn.odd", NEED_UNOWNED);
		return true; /* one that is never given (an area of 000, 666 or 9xx, a number out of an advertisement) is a placeholder or a slip: said when its label says so, never as somebody's; no part of it is anything else */
	}
	if (!bare)
		return false;
	if (n->label == LABEL_SSN && person_ssn_valid(g->digits))
		hit(f, n, PERSON_SSN, 92, "label.ssn", 0);
	else if (n->label == LABEL_TIN && (person_ein_valid(g->digits) || person_itin_valid(g->digits)))
		hit(f, n, PERSON_TIN, 85, "label.tin", 0);
	else if (n->label == LABEL_ROUTING && person_aba_valid(g->digits))
		hit(f, n, PERSON_ACCOUNT, 70, "aba.check", 0);
	else
		return false;
	return true;
}

/* Codes of clinical language and of billing. */
static bool code_group(struct find *f, const struct number_at *n, const struct group *g, size_t *ret_end)
{
	unsigned l0 = g->len[0], l1 = g->n > 1 ? g->len[1] : 0, l2 = g->n > 2 ? g->len[2] : 0;
	*ret_end = group_end(g, g->n > 2 ? 2 : g->n - 1);
	if (g->n >= 2 && g->sep[0] == '-' && l0 == 2 && l1 == 7 && person_ein_valid(g->digits)) {
		*ret_end = group_end(g, 1);
		hit(f, n, PERSON_TIN, n->label == LABEL_TIN ? 92 : 55, n->label == LABEL_TIN ? "label.tin" : "ein.form", n->label != LABEL_TIN);
		return true;
	}
	if (g->n >= 3 && g->sep[0] == '-' && g->sep[1] == '-' && ((l0 == 5 && l1 == 4 && l2 == 2) || (n->label == LABEL_NDC && l0 >= 4 && l1 >= 3 && l2 >= 1))) {
		hit(f, n, PERSON_MEDICATION, 85, "ndc.form", n->label != LABEL_NDC);
		return true;
	}
	if (g->n >= 2 && g->sep[0] == '-' && l1 == 1 && l0 >= 3 && l0 <= 7 && (n->label == LABEL_LAB || l0 >= 4) && person_loinc_valid(slice_of(n->text.p + n->at, group_end(g, 1) - n->at))) {
		*ret_end = group_end(g, 1);
		hit(f, n, PERSON_LAB, n->label == LABEL_LAB ? 95 : 60, "loinc.check", n->label != LABEL_LAB);
		return true;
	}
	*ret_end = group_end(g, 0);
	if (l0 == 5 && g->n == 1 && n->label == LABEL_CPT) {
		hit(f, n, PERSON_TREATMENT, 85, "label.cpt", 0);
		return true;
	}
	if (l0 == 10 && g->n == 1 && n->label == LABEL_NPI && person_npi_valid(g->digits)) {
		hit(f, n, PERSON_PROVIDER, 95, "npi.check", 0);
		return true;
	}
	return false;
}

/* A run of digits that nothing stands beside and no label before: most of them. What it can be, it is by its length; false: nothing. */
static bool worth_reading(const struct find *f, const struct number_at *n)
{
	uint8_t before = n->at ? n->text.p[n->at - 1] : 0, c = byte_at(n, n->end);
	size_t len = n->end - n->at;
	if (n->label != LABEL_NONE || before == '(' || before == '+' || c == '-' || c == '.' || c == '/' || c == ' ' || c == ')')
		return true;
	if (c == ',' && len < 5 && street_behind(n))
		return true;
	return len == 4 || len == 5 || len >= 13 || (len >= 6 && f->pop) /* masked, a ZIP, a card, a known number */ || (before == ' ' && street_before(n) != n->at);
}

/* "1970年2月3日": where the digits of it end; 0: it is no such date. */
static size_t chinese_date(struct find *f, const struct number_at *n)
{
	static const char *const signs[] = {"\xe5\xb9\xb4", "\xe6\x9c\x88", "\xe6\x97\xa5"};
	char stamp[16];
	unsigned v[3] = {0};
	size_t i = n->at;
	struct person_date d;
	if (n->end - n->at != 4 || byte_at(n, n->end) < 0xE2)
		return 0;
	for (unsigned k = 0; k < 3; k++) {
		size_t from = i;
		for (; i - from < 4 && digit(byte_at(n, i)); i++)
			v[k] = v[k] * 10 + (unsigned)(byte_at(n, i) - '0');
		if (i == from || n->text.n - i < 3 || memcmp(n->text.p + i, signs[k], 3) != 0)
			return 0;
		i += 3;
	}
	snprintf(stamp, sizeof stamp, "%04u-%02u-%02u", v[0] % 10000, v[1] % 100, v[2] % 100);
	if (!person_date(slice_str(stamp), false, f->o.this_year, &d, NULL))
		return 0;
	doc_date(f, n, key_date(&d), 0);
	return i;
}

static size_t digits_read(struct find *f, struct number_at *n)
{
	struct group g;
	size_t end = n->end, date = chinese_date(f, n);
	if (date)
		return date;
	if (!worth_reading(f, n))
		return end;
	group_read(n, &g);
	if (g.n == 0)
		return n->end;
	if (masked_ssn(n, &g) || (g.n == 1 && g.total == 4 && (n->label == LABEL_SSN4 || n->label == LABEL_SSN))) {
		hit(f, n, PERSON_SSN4, 93, "ssn4.form", 0);
		return group_end(&g, 0);
	}
	if (n->label == LABEL_ZIP && g.len[0] >= 3 && g.len[0] <= 6) {
		hit(f, n, PERSON_ADDRESS, 75, "label.zip", NEED_NOTHING);
		return group_end(&g, 0);
	}
	if (date_group(f, n, &g, &end))
		return end;
	if (bare_date(f, n, &g))
		return group_end(&g, 0);
	if (nine_digits(f, n, &g)) {
		(void)known(f, n, group_end(&g, g.n > 2 ? 2 : 0), true, KEY_SSN);
		return group_end(&g, g.n > 2 ? 2 : 0);
	}
	if ((end = card_group(&g)) && n->label != LABEL_MRN) {
		if (!known(f, n, end, true, KEY_CARD))
			hit(f, n, PERSON_CARD, n->label == LABEL_CARD ? 97 : 90, "card.check", 0);
		return end;
	}
	if (n->label == LABEL_CARD && g.n == 1 && g.total >= 12 && g.total <= 19 && person_luhn(g.digits, g.total)) {
		hit(f, n, PERSON_CARD, 75, "label.card", NEED_NOTHING);
		return group_end(&g, 0);
	}
	if ((end = phone_group(&g, n->label))) {
		struct number_at ten = *n;
		ten.at = g.total == 11 && g.digits[0] == '1' && g.len[0] == 1 ? n->at + 2 : n->at;
		if (!known(f, &ten, end, true, KEY_PHONE))
			hit(f, n, PERSON_PHONE, n->label == LABEL_PHONE ? 93 : 85, n->label == LABEL_PHONE ? "label.phone" : "phone.form", 0);
		return end;
	}
	if (zip_here(n, &g)) {
		hit(f, n, PERSON_ADDRESS, 85, "zip.state", 0);
		return group_end(&g, 0);
	}
	if (code_group(f, n, &g, &end))
		return end;
	if (known(f, n, group_end(&g, g.n - 1), false, -1))
		return group_end(&g, g.n - 1);
	if (g.n > 1 && known(f, n, group_end(&g, 0), false, -1))
		return group_end(&g, 0);
	unsigned last = 0; /* a labelled number goes on over dashes, not over blanks */
	while (last + 1 < g.n && g.sep[last] == '-')
		last++;
	if (labelled(f, n, group_end(&g, last)))
		return group_end(&g, last);
	if (street_here(f, n) || street_behind(n)) {
		hit(f, n, PERSON_ADDRESS, 85, "street.form", 0);
		stranger_above(f, n->text, n->at, n->offset);
	} else if (street_before(n) != n->at) {
		struct number_at street = *n;
		street.at = street_before(n);
		hit(f, &street, PERSON_ADDRESS, 75, "street.form", NEED_NOTHING);
		stranger_above(f, n->text, street.at, n->offset);
	} else if (n->label == LABEL_UNIT && g.total <= 5)
		hit(f, n, PERSON_ADDRESS, 55, "label.unit", NEED_NOTHING);
	else if (n->label == LABEL_ADDRESS && g.total <= 5 && byte_at(n, group_end(&g, 0)) == ' ' && ((byte_at(n, group_end(&g, 0) + 1) >= 'A' && byte_at(n, group_end(&g, 0) + 1) <= 'Z') || byte_at(n, group_end(&g, 0) + 1) >= 0x80))
		hit(f, n, PERSON_ADDRESS, 65, "label.address", NEED_NOTHING);
	return group_end(&g, 0);
}

/* ICD-10-CM: a letter but U (U07 has been given since), a digit, a digit or letter, and up to four behind a dot. */
static bool icd10(struct slice s, bool *ret_dot)
{
	bool dot = s.n > 3 && s.p[3] == '.';
	*ret_dot = dot;
	if (s.n < 3 || s.n > (dot ? 8u : 7u) || s.p[0] < 'A' || s.p[0] > 'Z' || !digit(s.p[1]) || !(digit(s.p[2]) || s.p[2] == 'A' || s.p[2] == 'B') || (s.p[0] == 'U' && s.p[1] != '0') || (dot && s.n < 5))
		return false;
	for (size_t i = dot ? 4 : 3; i < s.n; i++)
		if (!digit(s.p[i]) && !(s.p[i] >= 'A' && s.p[i] <= 'Z'))
			return false;
	return dot ? digit(s.p[4]) || s.p[4] == 'X' || s.p[4] == 'A' : true;
}

static bool mbi(struct slice s, char out[12])
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '-')
			continue;
		if (n == 11)
			return false;
		uint8_t c = s.p[i];
		out[n++] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
	}
	out[n] = 0;
	return n == 11 && person_mbi_valid(out);
}

static bool iban(const struct number_at *n, size_t *ret_end)
{
	char out[40];
	size_t k = 0, i = n->at;
	if (!letter(n->text.p[i]) || !letter(byte_at(n, i + 1)) || !digit(byte_at(n, i + 2)) || !digit(byte_at(n, i + 3)))
		return false;
	for (; k < 34 && i < n->text.n; i++) {
		uint8_t c = n->text.p[i];
		if (c == ' ' && (digit(byte_at(n, i + 1)) || (byte_at(n, i + 1) >= 'A' && byte_at(n, i + 1) <= 'Z')))
			continue;
		if (!digit(c) && !letter(c))
			break;
		out[k++] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
		if (k >= 15 && !digit(byte_at(n, i + 1)) && !letter(byte_at(n, i + 1)) && person_iban_valid(out, k)) {
			*ret_end = i + 1;
			return true;
		}
	}
	return false;
}

static bool one_capital_of(const struct number_at *n, size_t i, const char *set)
{
	uint8_t c = byte_at(n, i);
	return c >= 'A' && c <= 'Z' && strchr(set, c);
}

/* "K1A 0B1" (Canada Post), "SW1A 1AA" (BS 7666): letters that are never given there are not taken. Where it ends; 0: none. */
static size_t post_code(const struct number_at *n)
{
	static const char *const all = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", *const canada = "ABCEGHJKLMNPRSTVWXYZ", *const inward = "ABDEFGHJLNPQRSTUWXYZ";
	size_t i = n->at, len = n->end - n->at, b = n->end + 1;
	if (byte_at(n, n->end) != ' ' || len < 2 || len > 4 || !digit(byte_at(n, b)) || letter(byte_at(n, b + 3)) || digit(byte_at(n, b + 3)))
		return 0;
	if (len == 3 && one_capital_of(n, i, canada) && digit(byte_at(n, i + 1)) && one_capital_of(n, i + 2, canada) && one_capital_of(n, b + 1, canada) && digit(byte_at(n, b + 2)))
		return b + 3;
	size_t letters = one_capital_of(n, i, all) + (one_capital_of(n, i, all) && one_capital_of(n, i + 1, all));
	bool outward = letters && len - letters >= 1 && len - letters <= 2 && digit(byte_at(n, i + letters)) && (len - letters == 1 || digit(byte_at(n, i + letters + 1)) || one_capital_of(n, i + letters + 1, all));
	return outward && one_capital_of(n, b + 1, inward) && one_capital_of(n, b + 2, inward) ? b + 3 : 0;
}

/* Digits and letters together. */
static size_t mixed_read(struct find *f, struct number_at *n)
{
	size_t end = n->end, dashed;
	char number[12];
	bool dot = false;
	struct slice run = slice_of(n->text.p + n->at, n->end - n->at);
	for (dashed = end; byte_at(n, dashed) == '-' && dashed - n->at < 30 && (digit(byte_at(n, dashed + 1)) || letter(byte_at(n, dashed + 1)));)
		for (dashed++; digit(byte_at(n, dashed)) || letter(byte_at(n, dashed));)
			dashed++;
	if (run.n == 9 && n->at + 9 <= n->text.n && (run.p[0] | 0x20) == 'x') {
		bool masked = true;
		for (size_t i = 0; i < 9; i++)
			masked &= i < 5 ? (run.p[i] | 0x20) == 'x' : digit(run.p[i]);
		if (masked) {
			hit(f, n, PERSON_SSN4, 93, "ssn4.form", 0);
			return n->end;
		}
	}
	if (known(f, n, dashed, false, -1))
		return dashed;
	if (dashed != end && known(f, n, end, false, -1))
		return end;
	if ((end = post_code(n))) {
		hit(f, n, PERSON_ADDRESS, 75, "post.form", NEED_NOTHING);
		return end;
	}
	end = n->end;
	if (run.p[0] >= '1' && run.p[0] <= '9' && mbi(slice_of(run.p, dashed - n->at), number)) {
		hit(f, n, PERSON_MBI, n->label == LABEL_MBI ? 97 : 85, "mbi.form", 0);
		return dashed;
	}
	if (run.n >= 4 && (n->label == LABEL_ACCOUNT || (run.p[0] >= 'A' && run.p[0] <= 'Z')) && iban(n, &end)) {
		hit(f, n, PERSON_ACCOUNT, 97, "iban.check", 0);
		return end;
	}
	end = n->end;
	if (byte_at(n, end) == '.' && run.n == 3)
		while (digit(byte_at(n, end + 1)) || (byte_at(n, end + 1) >= 'A' && byte_at(n, end + 1) <= 'Z'))
			end++;
	end += end > n->end;
	if (icd10(slice_of(run.p, end - n->at), &dot) && (dot || n->label == LABEL_DX)) {
		hit(f, n, PERSON_DIAGNOSIS, n->label == LABEL_DX ? 95 : 80, "icd10.form", n->label != LABEL_DX);
		if (run.p[0] == 'F')
			hit(f, n, PERSON_BEHAVIORAL, 85, "icd10.f", 1);
		return end;
	}
	end = n->end;
	if (run.n == 9 && n->label == LABEL_DEA) {
		memcpy(number, run.p, 9);
		for (size_t i = 0; i < 2; i++)
			number[i] = (char)(number[i] & ~0x20);
		if (person_dea_valid(number))
			hit(f, n, PERSON_PROVIDER, 95, "dea.check", 0);
		return end;
	}
	if (run.n == 5 && n->label == LABEL_CPT && letter(run.p[0]))
		hit(f, n, PERSON_TREATMENT, 80, "label.cpt", 0);
	else if (labelled(f, n, dashed))
		return dashed;
	for (unsigned k = 0;; k++) { /* a1c */
		const struct word *w = words_look(f->words, key_word(run.p, run.n), k);
		if (!w)
			break;
		if (w->class == WORD_TERM)
			hit(f, n, w->arg, 60, "word", 1);
	}
	if (street_here(f, n) && digit(run.p[0]))
		hit(f, n, PERSON_ADDRESS, 80, "street.form", 0);
	return end;
}

size_t number_read(struct find *f, const struct number_at *at)
{
	struct number_at n = *at;
	size_t end = n.digits ? digits_read(f, &n) : mixed_read(f, &n);
	return end > n.end ? end : n.end;
}
