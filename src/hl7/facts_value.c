/* Data types of chapter 2A as values of facts. Every shape of 2.1 to 2.9 at once: later versions put new components behind the old ones, and a
 * component that became a structure keeps its old meaning in its first subcomponent, so one reader serves all. */
#include "facts_internal.h"

/* ---- cutting ---- */

unsigned fx_cut(const struct fx *x, struct slice raw, int delim, struct slice *out, unsigned max)
{
	unsigned n = 0;
	if (raw.n == 0) { /* also the absent one, whose pointer must not be counted with */
		memset(out, 0, max * sizeof *out);
		return 1;
	}
	const uint8_t *start = raw.p, *end = raw.p + raw.n;
	for (;;) {
		const uint8_t *p = fx_find(x, start, end, delim);
		out[n++] = slice_of(start, (size_t)(p - start));
		if (p == end || n == max)
			break;
		start = p + 1;
	}
	for (unsigned i = n; i < max; i++)
		out[i] = SLICE_NULL;
	return n;
}

struct slice fx_nth(const struct fx *x, struct slice raw, int delim, unsigned n)
{
	if (raw.n == 0)
		return SLICE_NULL;
	const uint8_t *start = raw.p, *end = raw.p + raw.n, *p = fx_find(x, start, end, delim);
	while (--n) {
		if (p == end)
			return SLICE_NULL;
		start = p + 1;
		p = fx_find(x, start, end, delim);
	}
	return slice_of(start, (size_t)(p - start));
}

bool fx_next_rep(const struct fx *x, struct slice *rest, struct slice *ret)
{
	while (rest->p) {
		const uint8_t *p = rest->p, *end = p + rest->n, *q = fx_find(x, p, end, x->rep);
		*ret = slice_of(p, (size_t)(q - p));
		*rest = q < end ? slice_of(q + 1, (size_t)(end - q - 1)) : SLICE_NULL;
		if (fx_trim(*ret).n && !fx_null(*ret))
			return true;
	}
	return false;
}

struct slice fx_first_rep(const struct fx *x, struct slice field)
{
	struct slice rest = field, first;
	if (fx_null(field))
		return field;
	return fx_next_rep(x, &rest, &first) ? first : SLICE_NULL;
}

/* ---- building ---- */

#define ROOM 1024

uint8_t *fx_room(struct fx *x, size_t n)
{
	if ((size_t)(x->room_end - x->room) < n) {
		size_t size = n > ROOM / 4 ? n : ROOM;
		uint8_t *p = arena_alloc(x->f->a, size);
		if (!p) {
			x->f->failed = true;
			return NULL;
		}
		if (n > ROOM / 4) /* a piece of its own; the open one stays open */
			return p;
		x->room = p;
		x->room_end = p + size;
	}
	uint8_t *p = x->room;
	x->room += n;
	return p;
}

/* A part that some reader found deleted ("") is an empty one: only a whole value is null. */
static inline bool is_there(struct slice part)
{
	return part.n && !fact_is_null(part);
}

static struct slice join(struct fx *x, const struct slice *parts, size_t n, char between, bool all)
{
	size_t size = 0, count = 0, last = 0;
	for (size_t i = 0; i < n; i++)
		if (is_there(parts[i])) {
			size += parts[i].n; /* slices of one message: cannot overflow */
			count++;
			last = i;
		}
	if (count == 0)
		return SLICE_NULL;
	if (count == 1 && (last == 0 || !all))
		return parts[last];
	uint8_t *to = fx_room(x, size + last + 1), *p = to;
	if (!to)
		return SLICE_NULL;
	for (size_t i = 0; i <= last; i++) {
		bool there = is_there(parts[i]);
		if (!there && !all)
			continue;
		if (p > to || (all && i))
			*p++ = (uint8_t)between;
		if (!there)
			continue;
		memcpy(p, parts[i].p, parts[i].n);
		p += parts[i].n;
	}
	return slice_of(to, (size_t)(p - to));
}

struct slice fx_join(struct fx *x, const struct slice *parts, size_t n)
{
	return join(x, parts, n, FACT_US, true);
}

struct slice fx_words(struct fx *x, const struct slice *parts, size_t n, char between)
{
	return join(x, parts, n, between, false);
}

void fx_put_first(struct fx *x, struct fact *t, uint8_t field, unsigned n, fx_reader *r)
{
	struct slice raw = fx_field(x, n);
	if (raw.n)
		fx_put(x, t, field, r(x, fx_first_rep(x, raw)));
}

void fx_put_reps(struct fx *x, struct fact *t, uint8_t field, unsigned n, fx_reader *r)
{
	struct slice rest = fx_field(x, n), rep;
	if (rest.n == 0)
		return;
	if (fx_null(rest)) {
		fx_put(x, t, field, SLICE(FACT_NULL));
		return;
	}
	while (fx_next_rep(x, &rest, &rep))
		fx_put(x, t, field, r(x, rep));
}

void fx_put_new(struct fx *x, struct fact *t, uint8_t field, struct slice v)
{
	for (unsigned i = 0; t && i < t->count; i++)
		if (t->values[i].id == field && slice_eq(t->values[i].v, v))
			return;
	fx_put(x, t, field, v);
}

void fx_put_absent(struct fx *x, struct fact *t, uint8_t field, struct slice v)
{
	if (v.n && t && !fact_get(t, field).n)
		facts_put(x->f, t, field, v);
}

void fx_drop(struct fact *t, uint8_t field)
{
	if (!t)
		return;
	uint16_t n = 0;
	for (uint16_t i = 0; i < t->count; i++)
		if (t->values[i].id != field)
			t->values[n++] = t->values[i];
	t->count = n;
}

bool fx_budget(struct fx *x)
{
	if (x->details++ < FX_DETAILS_MAX)
		return true;
	if (x->details == FX_DETAILS_MAX + 1)
		fx_lost(x);
	return false;
}

/* ASCII, case ignored: most comparisons end at the first letter. */
static inline bool same_word(struct slice s, const char *word)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t a = s.p[i], b = (uint8_t)word[i];
		if (a == b && b)
			continue;
		if ((a ^ b) != 0x20 || (a | 0x20) < 'a' || (a | 0x20) > 'z')
			return false;
	}
	return word[s.n] == 0;
}

bool fx_is(struct slice s, const char *word)
{
	return same_word(fx_trim(s), word);
}

const char *fx_lookup(const struct fx_word *table, size_t n, struct slice s)
{
	s = fx_trim(s);
	for (size_t i = 0; i < n; i++)
		if (same_word(s, table[i].from))
			return table[i].to;
	return NULL;
}

/* ---- text ---- */

static struct slice decoded(struct fx *x, struct slice raw)
{
	struct slice s = hl7_text(x->m, raw, x->f->a);
	if (!s.p) {
		x->f->failed = true;
		return SLICE_NULL;
	}
	return s.p == raw.p && !x->controls ? s : facts_text(x->f, s);
}

/* raw, not empty, is its own text. */
static inline bool verbatim(const struct fx *x, struct slice raw)
{
	return x->plain || (x->clean && fx_find(x, raw.p, raw.p + raw.n, x->m->d.esc) == raw.p + raw.n);
}

static inline struct slice own_text(struct fx *x, struct slice raw)
{
	if (raw.n == 0)
		return SLICE_NULL;
	return verbatim(x, raw) ? raw : decoded(x, raw);
}

struct slice fx_line(struct fx *x, struct slice raw)
{
	return fx_null(raw) ? SLICE(FACT_NULL) : own_text(x, raw);
}

struct slice fx_text(struct fx *x, struct slice raw)
{
	raw = fx_trim(raw);
	return fx_null(raw) ? SLICE(FACT_NULL) : own_text(x, raw);
}

struct slice fx_part(struct fx *x, struct slice raw)
{
	raw = fx_trim(raw);
	return fx_null(raw) ? SLICE_NULL : own_text(x, raw);
}

/* The first subcomponent of a component that once was a string (FN, HD, SAD ...). */
static struct slice first_sub(struct fx *x, struct slice raw)
{
	return fx_part(x, fx_nth(x, raw, x->sub, 1));
}

/* Whether a composite that came to nothing said "" somewhere. */
static bool says_null(struct slice raw)
{
	for (size_t i = 0; i + 1 < raw.n; i++)
		if (raw.p[i] == '"' && raw.p[i + 1] == '"')
			return true;
	return false;
}

static struct slice whole(struct fx *x, struct slice raw, const struct slice *parts, size_t n)
{
	struct slice v = fx_join(x, parts, n);
	return v.n == 0 && says_null(raw) ? SLICE(FACT_NULL) : v;
}

/* ---- codes: CE and all that begins like it ---- */

static inline bool blank_at(const uint8_t *p)
{
	return *p <= ' ';
}

/* CE's six components stand in the order of our parts: most codes are one copy with the separators exchanged. False: there are more, or blanks
 * to trim. */
static bool code_at_once(struct fx *x, struct slice raw, struct slice *ret)
{
	const uint8_t *end = raw.p + raw.n; /* raw is not empty */
	while (end > raw.p && end[-1] == x->comp)
		end--;
	const uint8_t *p = fx_find(x, raw.p, end, x->comp);
	*ret = slice_of(raw.p, (size_t)(end - raw.p));
	if (p == end)
		return true;
	uint8_t *to = fx_room(x, ret->n);
	if (!to) {
		*ret = SLICE_NULL;
		return true;
	}
	memcpy(to, raw.p, ret->n);
	for (unsigned comps = 2; p < end; comps++) {
		if (comps > 6 || blank_at(p + 1) || (p > raw.p && blank_at(p - 1)))
			return false;
		to[p - raw.p] = FACT_US;
		p = fx_find(x, p + 1, end, x->comp);
	}
	ret->p = to;
	return true;
}

static bool has_blank(struct slice s)
{
	return s.n && memchr(s.p, ' ', s.n);
}

/* A code never has a blank in it; where senders before 2.3 (and some since) put words in a coded field, they are its text. */
static struct slice code_of_one(struct fx *x, struct slice s)
{
	if (!has_blank(s))
		return s;
	struct slice parts[7] = {[FC_TEXT] = s};
	return fx_join(x, parts, 7);
}

struct slice fx_code(struct fx *x, struct slice raw)
{
	raw = fx_trim(raw);
	struct slice v;
	if (raw.n == 0)
		return SLICE_NULL;
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	if (!(x->quotes && memchr(raw.p, '"', raw.n)) && verbatim(x, raw) && code_at_once(x, raw, &v))
		return v.p == raw.p ? code_of_one(x, v) : v;
	struct slice c[9];
	fx_cut(x, raw, x->comp, c, 9);
	struct slice parts[7] = {fx_part(x, c[0]), fx_part(x, c[1]), fx_part(x, c[2]), fx_part(x, c[3]), fx_part(x, c[4]), fx_part(x, c[5]), fx_part(x, c[8])};
	size_t more = 0;
	for (size_t i = 1; i < 7; i++)
		more += parts[i].n;
	if (more == 0 && has_blank(parts[0])) {
		parts[FC_TEXT] = parts[0];
		parts[0] = SLICE_NULL;
	}
	return whole(x, raw, parts, 7);
}

/* The ^ of a power that its sender did not escape: "10^3/uL", "x10^9/L", "cells/mm^3", "kg/m^2". Cut there, what is left is another unit. */
bool fx_is_power(struct slice base, struct slice exponent)
{
	size_t n = exponent.n && (exponent.p[0] == '-' || exponent.p[0] == '+'), digits = 0;
	while (n + digits < exponent.n && exponent.p[n + digits] >= '0' && exponent.p[n + digits] <= '9')
		digits++;
	if (base.n == 0 || digits == 0 || digits > 2)
		return false;
	bool ends = n + digits == exponent.n || memchr("/ *.", exponent.p[n + digits], 4);
	bool ten = base.n >= 2 && !memcmp(base.p + base.n - 2, "10", 2) && !(base.n > 2 && base.p[base.n - 3] >= '0' && base.p[base.n - 3] <= '9');
	bool metre = (base.p[base.n - 1] == 'm' || base.p[base.n - 1] == 'M') && digits == 1 && (exponent.p[n] == '2' || exponent.p[n] == '3');
	return ends && (ten || metre);
}

/* A unit is a code, but for powers: they are put together again before the code is read. */
struct slice fx_unit(struct fx *x, struct slice raw)
{
	struct slice c[9];
	raw = fx_trim(raw);
	if (raw.n == 0 || fx_null(raw) || fx_find(x, raw.p, raw.p + raw.n, x->comp) == raw.p + raw.n)
		return fx_code(x, raw);
	unsigned n = fx_cut(x, raw, x->comp, c, 9), kept = 1;
	for (unsigned i = 1; i < n; i++)
		if (fx_is_power(fx_trim(c[kept - 1]), fx_trim(c[i])))
			c[kept - 1].n = (size_t)(c[i].p + c[i].n - c[kept - 1].p); /* they are neighbours, the ^ between them */
		else
			c[kept++] = c[i];
	if (kept == n)
		return fx_code(x, raw);
	struct slice parts[7] = {SLICE_NULL};
	for (unsigned i = 0; i < kept && i < 6; i++)
		parts[i] = fx_part(x, c[i]);
	return whole(x, raw, parts, 7);
}

struct slice fx_word_of(struct fx *x, struct slice raw)
{
	if (fx_null(fx_trim(raw)))
		return SLICE(FACT_NULL);
	struct slice code = first_sub(x, fx_comp(x, raw, 1));
	return code.n ? code : fx_part(x, fx_comp(x, raw, 2));
}

struct slice fx_saying(struct fx *x, struct slice raw)
{
	struct slice code = fx_code(x, raw);
	if (fact_is_null(code))
		return code;
	static const uint8_t order[] = {FC_TEXT, FC_DISPLAY, FC_CODE};
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (fact_part(code, order[i]).n)
			return fact_part(code, order[i]);
	return SLICE_NULL;
}

/* ---- names, persons ---- */

/* Table 0200, name type, as FHIR's name use. */
static const struct fx_word name_uses[] = {
	{"L", "official"}, {"D", "usual"}, {"M", "maiden"}, {"B", "maiden"},   {"N", "nickname"}, {"S", "anonymous"}, {"C", "old"},
	{"R", "old"},      {"BAD", "old"}, {"NB", "temp"},  {"TEMP", "temp"}, {"NAV", "temp"},   {"I", "official"},
};

/* FN: surname; else own prefix and own surname; else the partner's. */
static struct slice family(struct fx *x, struct slice raw)
{
	struct slice sub[5];
	if (fx_cut(x, raw, x->sub, sub, 5) == 1)
		return fx_part(x, raw);
	struct slice v = fx_part(x, sub[0]);
	if (v.n)
		return v;
	struct slice own[2] = {fx_part(x, sub[1]), fx_part(x, sub[2])};
	if (own[1].n)
		return fx_words(x, own, 2, ' ');
	struct slice partner[2] = {fx_part(x, sub[3]), fx_part(x, sub[4])};
	return fx_words(x, partner, 2, ' ');
}

static struct slice two(struct fx *x, struct slice a, struct slice b)
{
	struct slice both[2] = {fx_part(x, a), fx_part(x, b)};
	return fx_words(x, both, 2, ' ');
}

struct slice fx_name_xpn(struct fx *x, struct slice raw)
{
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	struct slice c[8];
	fx_cut(x, raw, x->comp, c, 8);
	struct slice parts[8] = {[FN_FAMILY] = family(x, c[0]), [FN_GIVEN] = fx_part(x, c[1]), [FN_MIDDLE] = fx_part(x, c[2]),
		[FN_PREFIX] = fx_part(x, c[4]), [FN_SUFFIX] = two(x, c[3], c[5])};
	if (!parts[FN_FAMILY].n && !parts[FN_GIVEN].n && !parts[FN_MIDDLE].n)
		return says_null(raw) ? SLICE(FACT_NULL) : SLICE_NULL; /* a type alone names nobody */
	parts[FN_USE] = slice_str(FX_LOOKUP(name_uses, c[6]));
	parts[FN_SCRIPT] = fx_part(x, c[7]);
	return whole(x, raw, parts, 8);
}

/* HD in subcomponents, or components 2 to 4 of an EI: the namespace, else the universal id as a URI (an OID from HL7 v2 is the same authority as
 * FHIR's urn:oid:). */
static struct slice assigner(struct fx *x, struct slice ns, struct slice id, struct slice type)
{
	if (ns.n)
		return ns;
	if (id.n == 0)
		return SLICE_NULL;
	const char *scheme = fx_is(type, "ISO") ? "urn:oid:" : fx_is(type, "UUID") || fx_is(type, "GUID") ? "urn:uuid:" : NULL;
	if (!scheme || slice_starts(id, "urn:"))
		return id;
	size_t n = strlen(scheme);
	uint8_t *to = fx_room(x, n + id.n);
	if (!to)
		return SLICE_NULL;
	memcpy(to, scheme, n);
	memcpy(to + n, id.p, id.n);
	return slice_of(to, n + id.n);
}

/* "L&D", "H & H": a name with an & that its sender did not escape. A universal id has a type behind it, or digits, dots and colons in it; taken for one,
 * two places whose names begin alike would be one. */
static bool is_name_with_and(struct slice raw, const struct slice *sub, unsigned n)
{
	if (n != 2 || !sub[0].n || !sub[1].n)
		return false;
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] == '.' || raw.p[i] == ':' || (raw.p[i] >= '0' && raw.p[i] <= '9') || raw.p[i] == '"')
			return false;
	return true;
}

/* A component that was a string before it became an HD: its first subcomponent, or all of a name with an & in it. */
static struct slice name_hd(struct fx *x, struct slice raw)
{
	struct slice sub[3];
	unsigned n = fx_cut(x, raw, x->sub, sub, 3);
	return fx_part(x, is_name_with_and(raw, sub, n) ? raw : sub[0]);
}

static struct slice assigner_hd(struct fx *x, struct slice raw, struct slice *ret_id, struct slice *ret_type)
{
	struct slice sub[3];
	if (is_name_with_and(raw, sub, fx_cut(x, raw, x->sub, sub, 3))) {
		*ret_id = *ret_type = SLICE_NULL;
		return fx_part(x, raw);
	}
	*ret_id = fx_part(x, sub[1]);
	*ret_type = fx_part(x, sub[2]);
	return assigner(x, fx_part(x, sub[0]), *ret_id, *ret_type);
}

static struct slice person(struct fx *x, struct slice raw, int delim)
{
	struct slice c[9];
	fx_cut(x, raw, delim, c, 9);
	struct slice id = SLICE_NULL, type = SLICE_NULL;
	struct slice parts[8] = {[FP_ID] = first_sub(x, c[0]), [FP_FAMILY] = delim == x->sub ? fx_part(x, c[1]) : family(x, c[1]), [FP_GIVEN] = two(x, c[2], c[3]),
		[FP_PREFIX] = fx_part(x, c[5]),
		[FP_SUFFIX] = two(x, c[4], c[6])};
	if (delim == x->comp && c[8].n)
		parts[FP_ASSIGNER] = assigner_hd(x, c[8], &id, &type);
	if (!parts[FP_ID].n && !parts[FP_FAMILY].n && !parts[FP_GIVEN].n)
		return says_null(raw) ? SLICE(FACT_NULL) : SLICE_NULL;
	return whole(x, raw, parts, 8);
}

struct slice fx_person(struct fx *x, struct slice raw)
{
	if (raw.n == 0)
		return SLICE_NULL;
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	/* the same performer stands in every OBX of most results */
	if (raw.n == x->person_memo.raw.n && memcmp(raw.p, x->person_memo.raw.p, raw.n) == 0)
		return x->person_memo.value;
	x->person_memo = (struct fx_memo){raw, person(x, raw, x->comp)};
	return x->person_memo.value;
}

/* NDL (OBR-32): the name is one component, cut in subcomponents; many put an XCN there. */
struct slice fx_person_ndl(struct fx *x, struct slice raw)
{
	struct slice first = fx_comp(x, raw, 1);
	if (x->sub >= 0 && first.n && memchr(first.p, x->sub, first.n))
		return person(x, first, x->sub);
	return fx_person(x, raw);
}

/* ---- places, addresses, telephones ---- */

struct slice fx_place(struct fx *x, struct slice raw)
{
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	struct slice c[9];
	fx_cut(x, raw, x->comp, c, 9);
	struct slice id, type;
	struct slice parts[8] = {[FL_UNIT] = assigner_hd(x, c[0], &id, &type), [FL_ROOM] = name_hd(x, c[1]), [FL_BED] = name_hd(x, c[2]),
		[FL_FACILITY] = assigner_hd(x, c[3], &id, &type),
		[FL_BUILDING] = name_hd(x, c[6]), [FL_FLOOR] = name_hd(x, c[7]), [FL_STATUS] = fx_part(x, c[4]), [FL_TEXT] = fx_part(x, c[8])};
	return whole(x, raw, parts, 8);
}

/* Table 0190 as FHIR's address use; what is none of these is not said. */
static const struct fx_word address_uses[] = {
	{"H", "home"}, {"P", "home"}, {"L", "home"},  {"M", "home"},   {"RH", "home"}, {"HP", "home"}, {"B", "work"},  {"O", "work"},
	{"C", "temp"}, {"V", "temp"}, {"TMP", "temp"}, {"BA", "old"}, {"N", "old"},   {"BDL", "old"}, {"BR", "old"}, {"BI", "billing"},
};

struct slice fx_address(struct fx *x, struct slice raw)
{
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	struct slice c[8], street[3];
	fx_cut(x, raw, x->comp, c, 8);
	/* SAD: the line; else street name and number */
	fx_cut(x, c[0], x->sub, street, 3);
	struct slice line = fx_part(x, street[0]);
	if (!line.n) {
		struct slice s[2] = {fx_part(x, street[2]), fx_part(x, street[1])};
		line = fx_words(x, s, 2, ' ');
	}
	struct slice parts[8] = {[FA_LINE] = line, [FA_LINE2] = fx_part(x, c[1]), [FA_CITY] = fx_part(x, c[2]),
		[FA_STATE] = first_sub(x, c[3]), [FA_POSTAL] = fx_part(x, c[4]), [FA_COUNTRY] = fx_part(x, c[5])};
	struct slice v = fx_join(x, parts, FA_USE);
	if (v.n == 0)
		return says_null(raw) ? SLICE(FACT_NULL) : SLICE_NULL;
	parts[FA_USE] = slice_str(FX_LOOKUP(address_uses, c[6]));
	return parts[FA_USE].n ? fx_join(x, parts, 8) : v;
}

/* Tables 0202 (equipment) and 0201 (use). */
static const struct fx_word telecom_systems[] = {
	{"PH", "phone"}, {"CP", "phone"}, {"SAT", "phone"}, {"FX", "fax"}, {"BP", "pager"}, {"Internet", "email"}, {"X.400", "email"}, {"NET", "email"},
	{"MD", "other"}, {"TDD", "other"}, {"TTY", "other"}, {"SMS", "sms"}, {"URL", "url"},
};
static const struct fx_word telecom_uses[] = {
	{"PRN", "home"}, {"ORN", "home"}, {"VHN", "temp"}, {"WPN", "work"}, {"ASN", "work"}, {"BPN", "work"}, {"PRS", "mobile"}, {"PRC", "mobile"},
	{"WPC", "mobile"},
};

/* The number from its pieces (2.3 on): country, area, local, extension. */
static struct slice pieces(struct fx *x, const struct slice *c)
{
	struct slice country = fx_part(x, c[4]), parts[4] = {country, fx_part(x, c[5]), fx_part(x, c[6]), SLICE_NULL}, ext = fx_part(x, c[7]);
	if (!parts[2].n)
		return SLICE_NULL;
	if (country.n && country.p[0] >= '0' && country.p[0] <= '9') {
		uint8_t *to = fx_room(x, country.n + 1);
		if (!to)
			return SLICE_NULL;
		to[0] = '+';
		memcpy(to + 1, country.p, country.n);
		parts[0] = slice_of(to, country.n + 1);
	}
	if (ext.n) {
		uint8_t *to = fx_room(x, ext.n + 1);
		if (!to)
			return SLICE_NULL;
		to[0] = 'x';
		memcpy(to + 1, ext.p, ext.n);
		parts[3] = slice_of(to, ext.n + 1);
	}
	return fx_words(x, parts, 4, ' ');
}

/* One XTN: 1 the number as text, 2 use, 3 equipment, 4 e-mail, 5 to 8 the number in pieces, 12 unformatted (2.7). Many senders put the number in the
 * fourth, where the e-mail belongs, or give both: what has no @ is no e-mail unless it is said to be one. */
static struct slice telecom(struct fx *x, const char *system, struct slice value, const char *use)
{
	struct slice parts[3] = {slice_str(system), value, slice_str(use)};
	return value.n ? fx_join(x, parts, 3) : SLICE_NULL;
}

void fx_put_telecom(struct fx *x, struct fact *t, struct slice raw, const char *use)
{
	struct slice c[12];
	if (raw.n == 0)
		return;
	if (fx_null(raw)) {
		fx_put(x, t, FF_TELECOM, SLICE(FACT_NULL));
		return;
	}
	fx_cut(x, raw, x->comp, c, 12);
	const char *system = FX_LOOKUP(telecom_systems, c[2]), *said = FX_LOOKUP(telecom_uses, c[1]);
	struct slice number = fx_part(x, c[0]), mail = fx_part(x, c[3]);
	bool net = fx_is(c[1], "NET") || (system && !strcmp(system, "email"));
	if (fx_is(c[2], "CP") || fx_is(c[1], "PRS"))
		said = "mobile";
	use = said ? said : use;
	if (number.n && memchr(number.p, '@', number.n) && !mail.n) {
		mail = number;
		number = SLICE_NULL;
	}
	if (!number.n)
		number = pieces(x, c);
	if (!number.n)
		number = fx_part(x, c[11]);
	if (mail.n && !net && !memchr(mail.p, '@', mail.n)) {
		if (!number.n)
			number = mail;
		mail = SLICE_NULL;
	}
	for (unsigned i = 8; i < 11 && !number.n && !mail.n; i++) /* the remark, and what stands behind it: a number one field off is better than none */
		if (i == 8 || c[i].n >= 5)
			number = fx_part(x, c[i]);
	if (net && number.n && !mail.n) {
		mail = number;
		number = SLICE_NULL;
	}
	if (!number.n && !mail.n && says_null(raw)) {
		fx_put(x, t, FF_TELECOM, SLICE(FACT_NULL));
		return;
	}
	fx_put(x, t, FF_TELECOM, telecom(x, system && strcmp(system, "email") ? system : "phone", number, use));
	fx_put(x, t, FF_TELECOM, telecom(x, "email", mail, use));
}

struct slice fx_org(struct fx *x, struct slice raw)
{
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	struct slice name = fx_part(x, fx_comp(x, raw, 1)); /* a string: an & in it is its own */
	return name.n ? name : fx_part(x, fx_comp(x, raw, 10)); /* XON-10: organisation identifier */
}

/* Number and unit with a blank between. In a component they are subcomponents. MO: 125.50&USD. */
struct slice fx_quantity(struct fx *x, struct slice raw)
{
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	struct slice c[2], sub[2];
	fx_cut(x, raw, x->comp, c, 2);
	fx_cut(x, c[0], x->sub, sub, 2);
	struct slice unit = fx_part(x, sub[1]).n ? fx_part(x, sub[1]) : first_sub(x, c[1]);
	struct slice both[2] = {fx_part(x, sub[0]), unit};
	return both[0].n ? fx_words(x, both, 2, ' ') : SLICE_NULL;
}

/* ---- identifiers ---- */

/* What interfaces send in a number's place when there is none. Taken for a record number it would put all who have none in one chart. */
static bool no_number(struct slice s)
{
	static const char *const words[] = {"NA", "N/A", "NONE", "NULL", "UNKNOWN", "UNK", "NOT AVAILABLE", "TBD", "X", "?"};
	bool digit_but_zero = false;
	for (size_t i = 0; i < s.n && !digit_but_zero; i++)
		digit_but_zero = s.p[i] != '0' && s.p[i] != '-' && s.p[i] != ' ' && s.p[i] != '.' && s.p[i] != '*';
	if (!digit_but_zero)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_nocase(s, words[i]))
			return true;
	return slice_eq_str(s, "999-99-9999") || slice_eq_str(s, "999999999");
}

static bool ident_done(struct fx *x, struct fx_ident *ret, struct slice id, struct slice idtype)
{
	struct slice parts[5] = {ret->id.value, ret->id.assigner, ret->id.type, id, idtype};
	ret->composite = fx_join(x, parts, 5);
	return ret->composite.n != 0;
}

/* CX: id, check digit, scheme, assigner (HD), type, facility. CK of 2.1 and 2.2 is its beginning. */
bool fx_ident(struct fx *x, struct slice raw, struct fx_ident *ret)
{
	struct slice c[5], id = SLICE_NULL, idtype = SLICE_NULL;
	fx_cut(x, raw, x->comp, c, 5);
	*ret = (struct fx_ident){.id.value = first_sub(x, c[0])};
	if (no_number(ret->id.value))
		return false;
	if (c[3].n) {
		struct slice sub[3];
		if (is_name_with_and(c[3], sub, fx_cut(x, c[3], x->sub, sub, 3))) {
			sub[0] = c[3];
			sub[1] = SLICE_NULL;
		}
		ret->named = fx_part(x, sub[0]);
		ret->universal = id = fx_part(x, sub[1]);
		ret->universal_type = idtype = fx_part(x, sub[2]);
		ret->id.assigner = assigner(x, ret->named, id, idtype);
	}
	ret->id.type = first_sub(x, c[4]);
	return ident_done(x, ret, id, idtype);
}

/* A namespace often has an OID for each type of number: what is said beside a visit's or a licence's number is said of those. */
void fx_authority(struct fx *x, const struct fx_ident *i)
{
	if (i->named.n && i->universal.n && !fx_names_something_else(i->id.type))
		facts_authority(x->f, i->named, assigner(x, SLICE_NULL, i->universal, i->universal_type));
}

bool fx_ident_ei(struct fx *x, struct slice raw, struct fx_ident *ret)
{
	struct slice c[4];
	/* as a component (EIP) its parts are subcomponents */
	if (fx_cut(x, raw, x->comp, c, 4) == 1 && x->sub >= 0 && raw.n && memchr(raw.p, x->sub, raw.n))
		fx_cut(x, raw, x->sub, c, 4);
	struct slice id = fx_part(x, c[2]), idtype = fx_part(x, c[3]);
	*ret = (struct fx_ident){.id.value = first_sub(x, c[0])};
	if (!ret->id.value.n)
		return false;
	ret->id.assigner = assigner(x, first_sub(x, c[1]), id, idtype);
	return ident_done(x, ret, id, idtype);
}

struct slice fx_id(struct fx *x, struct slice raw)
{
	struct fx_ident id;
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	return fx_ident(x, raw, &id) ? id.composite : SLICE_NULL;
}

struct slice fx_ei(struct fx *x, struct slice raw)
{
	struct fx_ident id;
	if (fx_null(raw))
		return SLICE(FACT_NULL);
	return fx_ident_ei(x, raw, &id) ? id.composite : SLICE_NULL;
}
