/* One value of a row made comparable. */
#include "link_cell.h"

#include <stdlib.h>

/* ---- words asked for ---- */

void link_reader_answer(struct link_reader *r)
{
	const struct link_words *all = &r->l->words;
	for (unsigned k = 0; all->slots && k < r->asked_n; k++) {
		uint64_t s = all->slot[r->asked[k].hash & (all->slots - 1)];
		__builtin_prefetch(&all->v[(uint32_t)s]);
	}
	for (unsigned k = 0; k < r->asked_n; k++) {
		const struct link_asked *a = &r->asked[k];
		if (!a->n)
			continue;
		uint32_t id = link_words_find(all, a->text, a->n, a->hash);
		if (!id) {
			int c = link_words_put(&r->fresh, a->text, a->n, a->hash, &id);
			if (c < 0)
				r->code = c;
			id |= LINK_FRESH;
		}
		*a->to = id;
	}
	r->asked_n = 0;
}

void link_reader_put(struct link_reader *r, const char *s, size_t n, uint32_t *to)
{
	if (!n && *to)
		for (unsigned k = 0; k < r->asked_n; k++)
			r->asked[k].n = r->asked[k].to == to ? 0 : r->asked[k].n; /* what was put there before is taken back */
	*to = 0;
	if (!n)
		return;
	if (r->asked_n == LINK_ASKED_MAX)
		link_reader_answer(r);
	struct link_asked *a = &r->asked[r->asked_n++];
	n = n > LINK_WORD_MAX ? LINK_WORD_MAX : n;
	memcpy(a->text, s, n);
	a->n = (uint32_t)n;
	a->hash = link_word_hash(s, n);
	a->to = to;
	*to = UINT32_MAX;
	if (r->l->words.slots)
		__builtin_prefetch(&r->l->words.slot[a->hash & (r->l->words.slots - 1)]);
}

/* ---- text ---- */

/* Lower case; letters of any script and digits stay, apostrophes and full stops go, everything else is one blank. */
static size_t folded(struct slice s, char out[LINK_CELL_MAX], const char *keep)
{
	AUTO_BUF struct buf b = {0};
	size_t n = 0;
	bool ascii = true;
	s = s.n > LINK_CELL_MAX / 2 ? slice_of(s.p, LINK_CELL_MAX / 2) : s;
	for (size_t i = 0; i < s.n; i++)
		ascii &= s.p[i] < 0x80;
	if (!ascii) {
		buf_init(&b, 4096);
		if (utf8_valid(slice_of(s.p, utf8_valid_prefix(s))) && utf8_valid_prefix(s) + 4 > s.n)
			utf8_fold(&b, slice_of(s.p, utf8_valid_prefix(s)));
		else { /* Latin-1 */
			AUTO_BUF struct buf t = {0};
			buf_init(&t, 1024);
			for (size_t i = 0; i < s.n; i++) {
				uint8_t c[4];
				buf_add(&t, c, utf8_put(s.p[i], c));
			}
			utf8_fold(&b, buf_slice(&t));
		}
		s = buf_slice(&b);
	}
	for (size_t i = 0; i < s.n && n + 1 < LINK_CELL_MAX; i++) {
		uint8_t c = s.p[i];
		c = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 || (keep && c && strchr(keep, c)))
			out[n++] = (char)c;
		else if (c != '\'' && c != '.' && n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n && out[n - 1] == ' ')
		n--;
	return n;
}

static bool one_of(const char *s, size_t n, const char *list) /* " a b c " */
{
	if (!n || n > 16)
		return false;
	for (const char *w = list + 1; *w;) {
		size_t k = 0;
		while (k < n && w[k] && w[k] == s[k])
			k++;
		if (k == n && w[k] == ' ')
			return true;
		while (w[k] && w[k] != ' ')
			k++;
		w += k + (w[k] != 0);
	}
	return false;
}

bool link_cell_empty(struct slice s)
{
	char t[20];
	if (!s.n)
		return true;
	if (s.n > 16)
		return false;
	uint8_t f = s.p[0] | 0x20;
	if ((f >= '0' && f <= '9' && s.p[0] >= '0') || (f >= 'a' && f <= 'z' && f != 'n' && f != 'u' && f != 'm'))
		return false; /* no word for nothing begins so */
	size_t n = 0;
	bool any = false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i];
		t[n++] = (char)c;
		any |= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
	}
	return !any || (n <= 13 && one_of(t, n, " na n/a null none nan nil unknown unk unspecified notavailable missing <na> \\n "));
}

/* ---- names ---- */

static uint32_t suffix_word(const char *s, size_t n)
{
	return one_of(s, n, " jr junior ") ? 1 : one_of(s, n, " sr senior ") ? 2 : one_of(s, n, " ii 2nd ") ? 3 : one_of(s, n, " iii 3rd ") ? 4 : one_of(s, n, " iv 4th ") ? 5 : 0;
}

/* "smith jr": what stands behind a surname and says which generation. */
static size_t without_suffix(const char *s, size_t n, uint32_t *ret_suffix)
{
	size_t k = n;
	while (k && s[k - 1] != ' ')
		k--;
	uint32_t x = k ? suffix_word(s + k, n - k) : 0;
	if (!x)
		return n;
	*ret_suffix = x;
	return k - 1;
}

static void name(struct link_reader *r, const struct link_field *f, struct slice s, uint32_t *row)
{
	char t[LINK_CELL_MAX];
	size_t n = folded(s, t, NULL);
	uint32_t suffix = 0;
	if (f->kind == KIND_LAST)
		n = without_suffix(t, n, &suffix);
	int k = r->l->of[KIND_SUFFIX];
	if (suffix && k >= 0 && !row[r->l->field[k].at])
		row[r->l->field[k].at] = suffix;
	if (f->kind == KIND_FIRST && n && strchr("bnitpu", t[0]) && one_of(t, n, " baby babyboy babygirl newborn infant test patient unknown "))
		n = 0;
	if (f->kind == KIND_FIRST && n > 5 && (!memcmp(t, "baby ", 5) || (n > 7 && !memcmp(t, "newborn", 7))))
		n = 0;
	/* a first name of two where there is a column for the second, and it is empty: "mary a" */
	int mid = r->l->of[KIND_MIDDLE];
	if (f->kind == KIND_FIRST && mid >= 0 && !row[r->l->field[mid].at] && n > 2 && t[n - 2] == ' ') {
		link_reader_put(r, t + n - 1, 1, &row[r->l->field[mid].at]);
		n -= 2;
	}
	link_reader_put(r, t, n, &row[f->at]);
}

/* "Smith, John Q", "John Q Smith" */
static void whole_name(struct link_reader *r, struct slice s, uint32_t *row)
{
	struct link *l = r->l;
	const struct link_field *last = &l->field[l->of[KIND_LAST]], *first = &l->field[l->of[KIND_FIRST]], *middle = &l->field[l->of[KIND_MIDDLE]];
	struct slice rest, before = slice_cut(s, ',', &rest);
	char t[LINK_CELL_MAX];
	uint32_t suffix = 0;
	size_t n, k;
	if (rest.n) {
		char x[LINK_CELL_MAX];
		size_t m = folded(rest, x, NULL);
		if (!suffix_word(x, m)) {
			name(r, last, before, row);
			for (k = 0; k < m && x[k] != ' ';)
				k++;
			link_reader_put(r, x, k, &row[first->at]);
			if (k < m)
				link_reader_put(r, x + k + 1, m - k - 1, &row[middle->at]);
			return;
		}
		suffix = suffix_word(x, m);
	}
	n = folded(before, t, NULL);
	n = without_suffix(t, n, &suffix);
	for (k = n; k && t[k - 1] != ' ';)
		k--;
	link_reader_put(r, t + k, n - k, &row[last->at]);
	size_t given = k ? k - 1 : 0;
	for (k = 0; k < given && t[k] != ' ';)
		k++;
	link_reader_put(r, t, k, &row[first->at]);
	if (k < given)
		link_reader_put(r, t + k + 1, given - k - 1, &row[middle->at]);
	if (suffix && l->of[KIND_SUFFIX] >= 0)
		row[l->field[l->of[KIND_SUFFIX]].at] = suffix;
}

/* ---- places ---- */

static const char *street_type(const char *s, size_t n, size_t *ret_n)
{
	static const struct {
		uint8_t n;
		char is[10];
		uint8_t m;
		char as[5];
	} types[] = {{6, "street", 2, "st"}, {3, "str", 2, "st"}, {6, "avenue", 3, "ave"}, {2, "av", 3, "ave"}, {4, "road", 2, "rd"}, {5, "drive", 2, "dr"}, {4, "lane", 2, "ln"}, {5, "court", 2, "ct"}, {6, "circle", 3, "cir"}, {5, "place", 2, "pl"}, {9, "boulevard", 4, "blvd"}, {7, "highway", 3, "hwy"}, {7, "parkway", 4, "pkwy"}, {7, "terrace", 3, "ter"}, {8, "crescent", 4, "cres"}, {6, "square", 2, "sq"}, {7, "circuit", 3, "cct"}, {5, "close", 2, "cl"}, {6, "parade", 3, "pde"}, {5, "trail", 3, "trl"}, {5, "north", 1, "n"}, {5, "south", 1, "s"}, {4, "east", 1, "e"}, {4, "west", 1, "w"}};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].n == n && types[i].is[0] == s[0] && !memcmp(types[i].is, s, n)) {
			*ret_n = types[i].m;
			return types[i].as;
		}
	*ret_n = n;
	return s;
}

/* "9151 Jones Place Apt 4": house 9151, "jones pl", apartment 4. */
static void street(struct link_reader *r, const struct link_field *f, struct slice s, uint32_t *row)
{
	struct link *l = r->l;
	char t[LINK_CELL_MAX], out[LINK_CELL_MAX];
	size_t n = folded(s, t, NULL), o = 0, i = 0;
	const struct link_field *house = l->of[KIND_HOUSE] >= 0 ? &l->field[l->of[KIND_HOUSE]] : NULL, *apt = l->of[KIND_APT] >= 0 ? &l->field[l->of[KIND_APT]] : NULL;
	if (house && n && t[0] >= '0' && t[0] <= '9' && memchr(t, ' ', n)) {
		while (t[i] != ' ')
			i++;
		if (!row[house->at])
			link_reader_put(r, t, i, &row[house->at]);
		i++;
	}
	while (i < n) {
		size_t k = i, m;
		while (k < n && t[k] != ' ')
			k++;
		if (strchr("aus#", t[i]) && one_of(t + i, k - i, " apt apartment unit suite ste # ") && k < n && o) {
			if (apt && !row[apt->at])
				link_reader_put(r, t + k + 1, n - k - 1, &row[apt->at]);
			break;
		}
		const char *w = street_type(t + i, k - i, &m);
		if (o && o < sizeof out)
			out[o++] = ' ';
		for (size_t j = 0; j < m && o < sizeof out; j++)
			out[o++] = w[j];
		i = k + 1;
	}
	link_reader_put(r, out, o, &row[f->at]);
}

static void whole_address(struct link_reader *r, struct slice s, uint32_t *row)
{
	struct link *l = r->l;
	struct slice rest, line = slice_cut(s, ',', &rest);
	street(r, &l->field[l->of[KIND_STREET]], line, row);
	for (size_t i = s.n; i >= 5; i--) { /* the last five digits in a row */
		bool digits = true;
		for (size_t k = i - 5; k < i; k++)
			digits &= s.p[k] >= '0' && s.p[k] <= '9';
		if (digits && i > line.n) {
			link_reader_put(r, (const char *)s.p + i - 5, 5, &row[l->field[l->of[KIND_ZIP]].at]);
			break;
		}
	}
	int city = l->of[KIND_CITY];
	if (city >= 0 && rest.n && !row[l->field[city].at]) {
		char t[LINK_CELL_MAX];
		struct slice next;
		size_t n = folded(slice_cut(rest, ',', &next), t, NULL);
		size_t lead = n && t[0] == ' ' ? 1 : 0;
		link_reader_put(r, t + lead, n - lead, &row[l->field[city].at]);
	}
}

/* ---- numbers ---- */

static bool all_same(const char *s, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (s[i] != s[0])
			return false;
	return true;
}

static void social(const struct link_field *f, struct slice s, bool four, uint32_t *row)
{
	char d[16];
	size_t n = 0;
	bool hidden = false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9') {
			if (n == 15)
				return;
			d[n++] = (char)s.p[i];
		} else
			hidden |= s.p[i] == 'X' || s.p[i] == 'x' || s.p[i] == '*' || s.p[i] == '#';
	}
	d[n] = 0;
	if ((four || hidden || n == 4) && n >= 4) {
		const char *last = d + n - 4;
		if (strcmp(last, "0000") && !row[f->at])
			row[f->at] = LINK_SSN4 | ((uint32_t)(last[0] - '0') * 1000 + (uint32_t)(last[1] - '0') * 100 + (uint32_t)(last[2] - '0') * 10 + (uint32_t)(last[3] - '0'));
		return;
	}
	if (n < 5 || n > 9 || all_same(d, n) || !strcmp(d, "123456789") || (n == 9 && !person_ssn_valid(d) && !person_itin_valid(d)))
		return;
	uint32_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint32_t)(d[i] - '0');
	row[f->at] = v + 1;
}

static void wide(uint32_t *to, uint64_t v)
{
	to[0] = (uint32_t)v;
	to[1] = (uint32_t)(v >> 32);
}

static void phone(const struct link_field *f, struct slice s, uint32_t *row)
{
	char d[24];
	size_t n = 0;
	for (size_t i = 0; i < s.n && s.p[i] != 'x' && s.p[i] != 'X'; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9' && n < sizeof d)
			d[n++] = (char)s.p[i];
	const char *p = d;
	if (n == 11 && d[0] == '1')
		p++, n--;
	if (n >= 7 && n <= 15 && !all_same(p + n - 7, 7))
		wide(&row[f->at], link_pack(p, n > 12 ? 12 : n));
}

static size_t letters_and_digits(struct slice s, char out[LINK_CELL_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < s.n && n < LINK_CELL_MAX; i++) {
		uint8_t c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80)
			out[n++] = (char)c;
	}
	return n;
}

static void number(const struct link_field *f, struct slice s, uint32_t *row)
{
	char t[LINK_CELL_MAX];
	size_t n = letters_and_digits(s, t);
	if (n >= 3 && !all_same(t, n))
		wide(&row[f->at], link_pack(t, n));
}

static void member(const struct link_field *f, struct slice s, uint32_t *row)
{
	char t[LINK_CELL_MAX];
	uint32_t person = 0;
	if (s.n > 5 && s.p[s.n - 3] == '-' && s.p[s.n - 2] >= '0' && s.p[s.n - 2] <= '9' && s.p[s.n - 1] >= '0' && s.p[s.n - 1] <= '9') {
		person = (uint32_t)(s.p[s.n - 2] - '0') * 10 + (uint32_t)(s.p[s.n - 1] - '0') + 1;
		s.n -= 3;
	}
	size_t n = letters_and_digits(s, t);
	if (n < 3 || all_same(t, n))
		return;
	wide(&row[f->at], link_pack(t, n));
	row[f->at + 2] = person;
}

static void birth(const struct link *l, const struct link_field *f, struct slice s, bool day_first, uint32_t *row)
{
	struct person_date d;
	uint32_t v = 0;
	size_t n = 0;
	const uint8_t *p = s.p;
	if (s.n == 10 && p[4] == '-' && p[7] == '-') {
		for (size_t i = 0; i < 10; i++)
			if (p[i] >= '0' && p[i] <= '9') {
				v = v * 10 + (uint32_t)(p[i] - '0');
				n++;
			}
	} else if (s.n == 8) {
		for (size_t i = 0; i < 8 && p[i] >= '0' && p[i] <= '9'; i++, n++)
			v = v * 10 + (uint32_t)(p[i] - '0');
	}
	uint32_t y = v / 10000;
	if (v == 19000101)
		return; /* what programs put where nobody asked */
	if (n == 8 && y >= 1850 && y <= (uint32_t)l->o.this_year) {
		row[f->at] = v; /* also 19930230: a slip is still near what it should be */
		return;
	}
	if (person_date(s, day_first, l->o.this_year, &d, NULL) && !(d.year == 1900 && d.month == 1 && d.day == 1))
		row[f->at] = (uint32_t)d.year * 10000 + (uint32_t)d.month * 100 + d.day;
}

static uint32_t sex(struct slice s)
{
	char t[LINK_CELL_MAX];
	size_t n = folded(s, t, NULL);
	if (one_of(t, n, " m male man h homme hombre masculin masculino boy mann 男 男性 "))
		return 1;
	return one_of(t, n, " f female woman w femme mujer feminin femenino girl frau 女 女性 ") ? 2 : 0;
}

/* ---- */

static void plain(struct link_reader *r, const struct link_field *f, struct slice s, const char *keep, uint32_t *row)
{
	char t[LINK_CELL_MAX];
	size_t n = folded(s, t, keep);
	link_reader_put(r, t, n, &row[f->at]);
}

static void zip(struct link_reader *r, const struct link_field *f, struct slice s, uint32_t *row)
{
	char t[LINK_CELL_MAX];
	size_t n = letters_and_digits(s, t);
	if (n >= 3 && !all_same(t, n))
		link_reader_put(r, t, n, &row[f->at]);
}

static const char *state_of(struct link_reader *r, struct slice s)
{
	unsigned a = s.n == 2 ? (s.p[0] | 0x20u) - 'a' : 26, b = s.n == 2 ? (s.p[1] | 0x20u) - 'a' : 26;
	if (a >= 26 || b >= 26)
		return person_us_state(s);
	if (!r->state[a * 26 + b].known) {
		r->state[a * 26 + b].known = true;
		r->state[a * 26 + b].code = person_us_state(s);
	}
	return r->state[a * 26 + b].code;
}

void link_cell(struct link_reader *r, size_t column, struct slice s, uint32_t *row)
{
	struct link *l = r->l;
	int use = l->use[column];
	if (use == USE_NAME)
		whole_name(r, s, row);
	else if (use == USE_ADDRESS)
		whole_address(r, s, row);
	else if (use == USE_SSN4)
		social(&l->field[l->of[KIND_SSN]], s, true, row);
	if (use < 0)
		return;
	const struct link_field *f = &l->field[use];
	const char *state;
	switch (f->kind) {
	case KIND_FIRST:
	case KIND_LAST:
	case KIND_MIDDLE:
	case KIND_MAIDEN:
		name(r, f, s, row);
		break;
	case KIND_SUFFIX: {
		char t[LINK_CELL_MAX];
		size_t n = folded(s, t, NULL);
		row[f->at] = suffix_word(t, n);
		break;
	}
	case KIND_DOB:
		birth(l, f, s, l->dated[column] ? l->dated[column] == 2 : l->o.day_first, row);
		break;
	case KIND_SEX:
		row[f->at] = sex(s);
		break;
	case KIND_SSN:
		social(f, s, false, row);
		break;
	case KIND_STREET:
		street(r, f, s, row);
		break;
	case KIND_ZIP:
		zip(r, f, s, row);
		break;
	case KIND_STATE:
		state = state_of(r, s);
		if (state)
			plain(r, f, slice_str(state), NULL, row);
		else
			plain(r, f, s, NULL, row);
		break;
	case KIND_PHONE:
		phone(f, s, row);
		break;
	case KIND_EMAIL:
		plain(r, f, s, "@._-+", row);
		break;
	case KIND_MRN:
	case KIND_ID:
		number(f, s, row);
		break;
	case KIND_MEMBER:
		member(f, s, row);
		break;
	default:
		plain(r, f, s, NULL, row);
	}
}
