/* Versions and ranges of them.
 *
 * A version is runs of digits and runs of letters; everything else separates. Two of them compare run by run. A missing run is a 0 beside a number, and
 * beside letters it is the release itself: "1.0-rc1" < "1.0" < "1.0a" < "1.0b", "5 SP1" > "5". A number beside other letters does not compare.
 * Ranges: VERS ("vers:intdot/>=2.0|<3.1", in which pairs bound intervals and alternatives are joined by |), and the words of advisories. */
#include "exposure_internal.h"

#define RUNS_MAX 24
#define RANGE_MAX 512

struct run {
	bool number;
	struct slice s; /* numbers without leading zeros */
	int rank;       /* of letters: below 0 before the release, above 0 after it */
};
struct version {
	struct run run[RUNS_MAX];
	size_t n;
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static int rank_of(struct slice s)
{
	static const struct {
		const char *word;
		int rank;
	} ranks[] = {{"dev", -6}, {"snapshot", -6}, {"alpha", -5}, {"beta", -4}, {"preview", -3}, {"pre", -3}, {"rc", -2}, {"cr", -2}, {"release", 0}, {"final", 0}, {"ga", 0}, {"rtm", 0}, {"build", 1}};
	for (size_t i = 0; i < ARRAY_LEN(ranks); i++)
		if (slice_eq_nocase(s, ranks[i].word))
			return ranks[i].rank;
	return 2; /* a, b, sp, p, patch, update, hotfix, R */
}

/* Words before the number that say nothing. */
static bool idle_word(struct slice s)
{
	static const char *const words[] = {"v", "ver", "version", "versions", "rev", "revision", "release", "rel", "firmware", "software", "fw", "sw"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_nocase(s, words[i]))
			return true;
	return false;
}

static void read_version(struct slice s, struct version *v)
{
	v->n = 0;
	for (size_t i = 0; i < s.n && v->n < RUNS_MAX;) {
		if (!is_digit(s.p[i]) && !is_letter(s.p[i])) {
			i++;
			continue;
		}
		bool number = is_digit(s.p[i]);
		size_t k = i;
		while (k < s.n && (number ? is_digit(s.p[k]) : is_letter(s.p[k])))
			k++;
		struct slice w = slice_of(s.p + i, k - i);
		i = k;
		while (number && w.n > 1 && w.p[0] == '0')
			w = slice_of(w.p + 1, w.n - 1);
		if (!number && (idle_word(w) || rank_of(w) == 0))
			continue;
		v->run[v->n++] = (struct run){number, w, number ? 0 : rank_of(w)};
	}
}

static int sign(long long x)
{
	return x < 0 ? -1 : x > 0;
}

static int compare_numbers(struct slice a, struct slice b)
{
	return a.n != b.n ? (a.n < b.n ? -1 : 1) : sign(slice_cmp(a, b));
}

/* Letters: by rank, then by the alphabet ("a" < "b"); a word beside another word of the same rank ("sp" and "patch") is an order nobody defined. */
static bool compare_letters(const struct run *a, const struct run *b, int *ret)
{
	*ret = a->rank < b->rank ? -1 : a->rank > b->rank;
	if (*ret)
		return true;
	for (size_t i = 0; i < a->s.n && i < b->s.n && !*ret; i++)
		*ret = sign((a->s.p[i] | 32) - (b->s.p[i] | 32));
	if (!*ret)
		*ret = a->s.n < b->s.n ? -1 : a->s.n > b->s.n;
	return !*ret || a->rank < 0 || (a->s.n == 1 && b->s.n == 1);
}

/* What is left of one of them when the other has ended: 0s are nothing; else what it is beside the release. */
static int tail(const struct version *v, size_t from)
{
	for (size_t i = from; i < v->n; i++) {
		const struct run *r = &v->run[i];
		if (!r->number)
			return r->rank < 0 ? -1 : 1;
		if (!slice_eq_str(r->s, "0"))
			return 1;
	}
	return 0;
}

bool gate_version_compare(struct slice sa, struct slice sb, int *ret)
{
	struct version a, b;
	read_version(sa, &a);
	read_version(sb, &b);
	bool na = false, nb = false;
	for (size_t i = 0; i < a.n; i++)
		na |= a.run[i].number;
	for (size_t i = 0; i < b.n; i++)
		nb |= b.run[i].number;
	if (!na || !nb)
		return false;
	size_t i = 0, k = 0;
	while (i < a.n && k < b.n) {
		const struct run *x = &a.run[i], *y = &b.run[k];
		int c;
		if (x->number && y->number)
			c = compare_numbers(x->s, y->s);
		else if (!x->number && !y->number) {
			if (!compare_letters(x, y, &c))
				return false;
		} else if (i == 0 || k == 0)
			return false; /* "B.01" and "2.0" */
		else { /* "1.0rc1" and "1.0.3": a word where a number goes on */
			const struct run *w = x->number ? y : x;
			if (slice_eq_str((x->number ? x : y)->s, "0")) { /* "1.0.0a" and "1.0a": zeros in between are nothing */
				*(x->number ? &i : &k) += 1;
				continue;
			}
			if (w->rank >= 0)
				return false;
			c = x->number ? 1 : -1;
		}
		if (c) {
			*ret = c;
			return true;
		}
		i++;
		k++;
	}
	*ret = i < a.n ? tail(&a, i) : -tail(&b, k);
	return true;
}

/* ---- ranges ---- */

enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_ALL };
struct constraint {
	enum op op;
	struct slice v;
};

static enum gate_in yes_no(bool yes)
{
	return yes ? GATE_INSIDE : GATE_OUTSIDE;
}

/* "3.x", "3.1.*": what begins so. */
static enum gate_in wildcard(struct slice s, struct slice version)
{
	struct version a, b;
	read_version(slice_of(s.p, s.n - 1), &a);
	read_version(version, &b);
	if (!a.n || !b.n)
		return GATE_IN_UNKNOWN;
	for (size_t i = 0; i < a.n; i++) {
		if (i >= b.n)
			return yes_no(slice_eq_str(a.run[i].s, "0"));
		if (!a.run[i].number || !b.run[i].number)
			return GATE_IN_UNKNOWN;
		if (!slice_eq(a.run[i].s, b.run[i].s))
			return GATE_OUTSIDE;
	}
	return GATE_INSIDE;
}

/* "12.2.x.x" without its open end, ".x.x" and ".*"; false: it has none. */
static bool open_end(struct slice *v)
{
	size_t n = v->n;
	while (n > 2 && v->p[n - 2] == '.' && (v->p[n - 1] == '*' || (v->p[n - 1] | 32) == 'x'))
		n -= 2;
	bool cut = n < v->n;
	*v = slice_of(v->p, n);
	return cut;
}

/* A bound that is one letter ("N and prior") means all that this letter begins: L.01 is before it, N.03 is of it. */
static bool family_compare(struct slice version, struct slice bound, int *ret)
{
	struct version a, b;
	read_version(bound, &b);
	read_version(version, &a);
	if (b.n != 1 || b.run[0].number || b.run[0].s.n != 1 || !a.n || a.run[0].number || a.run[0].s.n != 1)
		return false;
	*ret = sign((a.run[0].s.p[0] | 32) - (b.run[0].s.p[0] | 32));
	return true;
}

static bool bound_compare(struct slice version, struct slice bound, int *ret)
{
	if (open_end(&bound)) {
		char text[RANGE_MAX + 2];
		snprintf(text, sizeof text, "%.*s*", (int)(bound.n < RANGE_MAX ? bound.n : RANGE_MAX), (const char *)bound.p);
		enum gate_in in = wildcard(slice_str(text), version);
		*ret = 0;
		return in == GATE_INSIDE || (in == GATE_OUTSIDE && gate_version_compare(version, bound, ret));
	}
	return family_compare(version, bound, ret) || gate_version_compare(version, bound, ret);
}

static enum gate_in holds(struct constraint c, struct slice version)
{
	int k;
	if (c.op == OP_ALL)
		return GATE_INSIDE;
	if (!bound_compare(version, c.v, &k))
		return c.op == OP_EQ && slice_trim(version).n == slice_trim(c.v).n && slice_eq(slice_trim(version), slice_trim(c.v)) ? GATE_INSIDE : GATE_IN_UNKNOWN;
	switch (c.op) {
	case OP_EQ:
		return yes_no(k == 0);
	case OP_NE:
		return yes_no(k != 0);
	case OP_LT:
		return yes_no(k < 0);
	case OP_LE:
		return yes_no(k <= 0);
	case OP_GT:
		return yes_no(k > 0);
	default:
		return yes_no(k >= 0);
	}
}

/* ">= 2.0": the comparator is taken off. */
static struct constraint constraint_of(struct slice s)
{
	static const struct {
		const char *mark;
		enum op op;
	} ops[] = {{">=", OP_GE}, {"=>", OP_GE}, {"<=", OP_LE}, {"=<", OP_LE}, {"!=", OP_NE}, {"==", OP_EQ}, {"\xE2\x89\xA4", OP_LE}, {"\xE2\x89\xA5", OP_GE}, {"<", OP_LT}, {">", OP_GT}, {"=", OP_EQ}};
	s = slice_trim(s);
	if (slice_eq_str(s, "*"))
		return (struct constraint){OP_ALL, s};
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (slice_starts(s, ops[i].mark)) {
			size_t n = strlen(ops[i].mark);
			return (struct constraint){ops[i].op, slice_trim(slice_of(s.p + n, s.n - n))};
		}
	return (struct constraint){OP_EQ, s};
}

static bool lower_bound(enum op o)
{
	return o == OP_GT || o == OP_GE;
}

static bool upper_bound(enum op o)
{
	return o == OP_LT || o == OP_LE;
}

static bool plain_version(struct slice *s);

/* Constraints in the order of their versions, as VERS asks: = are points, != holes, a lower bound followed by an upper one is an interval; an upper one alone has no
 * lower end, a lower one alone no upper end. All of `both` must hold where they are joined by commas. */
static enum gate_in vers_in(struct slice list, struct slice version, bool loose)
{
	bool unknown = false, inside = false;
	struct constraint open = {OP_EQ, SLICE_NULL};
	bool have_open = false;
	for (unsigned n = 0; list.p && n < 256; n++) {
		struct constraint c = constraint_of(slice_cut(list, '|', &list));
		if (!c.v.n)
			continue;
		enum gate_in in = loose && c.op == OP_EQ && !plain_version(&c.v) ? GATE_IN_UNKNOWN : holds(c, version);
		if (loose && c.op == OP_EQ && in == GATE_INSIDE)
			return in; /* "4.0 | Protiva View": a list of names, of which one is this */
		if (c.op == OP_NE && in == GATE_OUTSIDE)
			return GATE_OUTSIDE;
		if (c.op == OP_EQ || c.op == OP_ALL)
			inside |= in == GATE_INSIDE;
		unknown |= in == GATE_IN_UNKNOWN;
		if (lower_bound(c.op)) {
			if (have_open)
				inside |= holds(open, version) == GATE_INSIDE;
			open = c;
			have_open = true;
		} else if (upper_bound(c.op)) {
			inside |= in == GATE_INSIDE && (!have_open || holds(open, version) == GATE_INSIDE);
			have_open = false;
		}
	}
	if (have_open)
		inside |= holds(open, version) == GATE_INSIDE;
	return unknown ? GATE_IN_UNKNOWN : yes_no(inside);
}

/* ---- words ---- */

static struct slice find_words(struct slice s, const char *words) /* where they stand, on their own; p NULL: nowhere */
{
	size_t n = strlen(words);
	for (size_t i = 0; i + n <= s.n; i++)
		if (!memcmp(s.p + i, words, n) && (i == 0 || !is_letter(s.p[i - 1])) && (i + n == s.n || !is_letter(s.p[i + n])))
			return slice_of(s.p + i, n);
	return SLICE_NULL;
}

static struct slice before(struct slice s, struct slice at)
{
	return slice_trim(slice_of(s.p, (size_t)(at.p - s.p)));
}

static struct slice after(struct slice s, struct slice at)
{
	return slice_trim(slice_of(at.p + at.n, (size_t)(s.p + s.n - at.p) - at.n));
}

/* A version as it stands in a sentence, its idle words gone: whether there is nothing but one. */
static bool plain_version(struct slice *s)
{
	struct slice t = slice_trim(*s);
	for (;;) {
		size_t k = 0;
		while (k < t.n && is_letter(t.p[k]))
			k++;
		if (k && idle_word(slice_of(t.p, k)) && (k < t.n))
			t = slice_trim(slice_of(t.p + k, t.n - k));
		else if (t.n && (t.p[0] == ':' || t.p[0] == '.'))
			t = slice_of(t.p + 1, t.n - 1);
		else
			break;
	}
	while (t.n && (t.p[t.n - 1] == '.' || t.p[t.n - 1] == ',' || t.p[t.n - 1] == ':'))
		t = slice_trim(slice_of(t.p, t.n - 1));
	bool digit = false;
	size_t words = 0;
	for (size_t i = 0; i < t.n; i++) {
		digit |= is_digit(t.p[i]);
		words += is_blank(t.p[i]) && i && !is_blank(t.p[i - 1]);
		if (!is_digit(t.p[i]) && !is_letter(t.p[i]) && !strchr(" ._-+~()", t.p[i] ? t.p[i] : '!'))
			return false;
	}
	*s = t;
	return (digit || (t.n == 1 && is_letter(t.p[0]))) && words <= 2;
}

static enum gate_in between(struct constraint a, struct constraint b, struct slice version)
{
	enum gate_in x = holds(a, version), y = holds(b, version);
	if (x == GATE_OUTSIDE || y == GATE_OUTSIDE)
		return GATE_OUTSIDE;
	return x == GATE_INSIDE && y == GATE_INSIDE ? GATE_INSIDE : GATE_IN_UNKNOWN;
}

static const struct {
	const char *words;
	enum op op;
} afters[] = {{"and all prior versions", OP_LE}, {"and all previous versions", OP_LE}, {"and prior versions", OP_LE}, {"and earlier versions", OP_LE}, {"and previous versions", OP_LE}, {"and older versions", OP_LE}, {"and prior", OP_LE},
	{"and earlier", OP_LE}, {"and older", OP_LE}, {"and below", OP_LE}, {"and lower", OP_LE}, {"and before", OP_LE}, {"and previous", OP_LE}, {"or prior", OP_LE}, {"or earlier", OP_LE}, {"or older", OP_LE}, {"or below", OP_LE},
	{"or lower", OP_LE}, {"and later versions", OP_GE}, {"and newer versions", OP_GE}, {"and later", OP_GE}, {"and newer", OP_GE}, {"and above", OP_GE}, {"and higher", OP_GE}, {"and up", OP_GE}, {"or later", OP_GE}, {"or newer", OP_GE}, {"or above", OP_GE}, {"or higher", OP_GE}},
  befores[] = {{"up to and including", OP_LE}, {"up to, and including,", OP_LE}, {"versions prior to", OP_LT}, {"prior to", OP_LT}, {"earlier than", OP_LT}, {"older than", OP_LT}, {"lower than", OP_LT}, {"less than", OP_LT}, {"before", OP_LT}, {"below", OP_LT},
	{"up to", OP_LE}, {"through", OP_LE}, {"until", OP_LT}, {"later than", OP_GT}, {"newer than", OP_GT}, {"higher than", OP_GT}, {"after", OP_GT}, {"starting with", OP_GE}, {"from", OP_GE}, {"since", OP_GE}};

/* "2.0 through 3.1", "from 2.0 up to 3.1", "2.0 to 3.1", "2.0 - 3.1", "between 2.0 and 3.1"; unknown when it is none of them. */
static bool span_of(struct slice s, struct slice version, enum gate_in *ret)
{
	static const struct {
		const char *words;
		enum op op;
	} joins[] = {{"up to but not including", OP_LT}, {"up to and including", OP_LE}, {"up to", OP_LE}, {"through", OP_LE}, {"thru", OP_LE}, {"to", OP_LE}, {" - ", OP_LE}, {"\xE2\x80\x93", OP_LE}, {"prior to", OP_LT}, {"before", OP_LT}};
	struct slice from = find_words(s, "from"), bet = find_words(s, "between"), t = s;
	if (from.p && from.p == s.p)
		t = after(s, from);
	if (bet.p && bet.p == s.p) {
		struct slice and = find_words(s, "and");
		struct slice a = and.p ? slice_trim(slice_of(bet.p + bet.n, (size_t)(and.p - bet.p) - bet.n)) : SLICE_NULL, b = and.p ? after(s, and) : SLICE_NULL;
		if (!plain_version(&a) || !plain_version(&b))
			return false;
		*ret = between((struct constraint){OP_GE, a}, (struct constraint){OP_LE, b}, version);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(joins); i++) {
		struct slice at = find_words(t, joins[i].words);
		if (!at.p || at.p == t.p)
			continue;
		struct slice a = before(t, at), b = after(t, at);
		struct slice and = a.n > 3 && !memcmp(a.p + a.n - 3, "and", 3) ? slice_of(a.p + a.n - 3, 3) : SLICE_NULL;
		if (and.p)
			a = slice_trim(slice_of(a.p, a.n - 3));
		if (!plain_version(&a) || !plain_version(&b))
			return false;
		*ret = between((struct constraint){OP_GE, a}, (struct constraint){joins[i].op, b}, version);
		return true;
	}
	return false;
}

static bool only_marks(struct slice s) /* built of comparators: ">=2.0, <3.1", ">= 2.0 and < 3.1", ">=2.0|<3.1" */
{
	return s.n && (strchr("<>=!*", s.p[0] ? s.p[0] : '.') || slice_starts(s, "\xE2\x89"));
}

/* Comma or "and": all must hold. */
static enum gate_in all_hold(struct slice s, struct slice version)
{
	enum gate_in out = GATE_INSIDE;
	while (s.n) {
		struct slice and = find_words(s, "and"), rest = SLICE_NULL, part;
		const uint8_t *comma = memchr(s.p, ',', s.n);
		if (comma && (!and.p || comma < and.p))
			part = slice_cut(s, ',', &rest);
		else if (and.p) {
			part = before(s, and);
			rest = after(s, and);
		} else {
			const uint8_t *next = s.n > 2 ? memchr(s.p + 2, '<', s.n - 2) : NULL; /* ">=2.0 <3.1" */
			part = next ? slice_of(s.p, (size_t)(next - s.p)) : s;
			rest = next ? slice_of(next, (size_t)(s.p + s.n - next)) : SLICE_NULL;
		}
		struct constraint c = constraint_of(part);
		struct slice v = c.v;
		if (c.op != OP_ALL && !plain_version(&v))
			return GATE_IN_UNKNOWN;
		enum gate_in in = holds((struct constraint){c.op, v}, version);
		if (in == GATE_OUTSIDE)
			return GATE_OUTSIDE;
		out = in == GATE_IN_UNKNOWN ? in : out;
		s = slice_trim(rest);
	}
	return out;
}

/* What is said besides the version decides too, and is not known here: "* (excluding 40 R1)", "9.x model 35700", "8.x (with battery modules 17 | 18)". Only
 * what is not of the version at all is outside. */
static bool with_condition(struct slice s, struct slice version, enum gate_in *ret)
{
	static const char *const excepts[] = {"excluding", "except", "not including", "other than", "only if", "without"};
	*ret = GATE_IN_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(excepts); i++)
		if (find_words(s, excepts[i]).p)
			return true;
	struct slice rest, head = slice_cut(s, ' ', &rest);
	rest = slice_trim(rest);
	if (!rest.n || !strchr("(abcdefghijklmnopqrstuvwxyz", rest.p[0]))
		return false;
	if (slice_eq_str(head, "*"))
		return true;
	struct slice bare = head;
	for (size_t i = 0; i < ARRAY_LEN(afters); i++)
		if (slice_starts(rest, afters[i].words))
			return false;
	if (!open_end(&bare) || slice_starts(rest, "to ") || slice_starts(rest, "through ") || slice_starts(rest, "thru ") || slice_starts(rest, "up to ") || slice_starts(rest, "and "))
		return false;
	if (holds((struct constraint){OP_EQ, head}, version) == GATE_OUTSIDE)
		*ret = GATE_OUTSIDE;
	return true;
}

/* "A10 < A11", "2.0 <= 3.1". With < it is used for both, up to and before: what is the end itself is not told. */
static bool two_sided(struct slice s, struct slice version, enum gate_in *ret)
{
	const uint8_t *at = s.n ? memchr(s.p, '<', s.n) : NULL;
	if (!at || at == s.p)
		return false;
	struct slice a = slice_trim(slice_of(s.p, (size_t)(at - s.p))), b = slice_of(at, (size_t)(s.p + s.n - at));
	struct constraint c = constraint_of(b);
	if (!plain_version(&a) || !plain_version(&c.v))
		return false;
	*ret = between((struct constraint){OP_GE, a}, c, version);
	if (c.op == OP_LT && holds((struct constraint){OP_EQ, c.v}, version) == GATE_INSIDE)
		*ret = GATE_IN_UNKNOWN;
	return true;
}

static enum gate_in words_in(struct slice s, struct slice version)
{
	enum gate_in in;
	static const char *const alls[] = {"all", "all versions", "any", "any version", "*", "all current versions", "every version"};
	for (size_t i = 0; i < ARRAY_LEN(alls); i++)
		if (slice_eq_str(s, alls[i]))
			return GATE_INSIDE;
	if (with_condition(s, version, &in))
		return in;
	if (slice_starts(s, "all versions "))
		s = slice_trim(slice_of(s.p + 13, s.n - 13));
	else if (slice_starts(s, "versions "))
		s = slice_trim(slice_of(s.p + 9, s.n - 9));
	if (only_marks(s))
		return memchr(s.p, '|', s.n) ? vers_in(s, version, true) : all_hold(s, version);
	if (memchr(s.p, '|', s.n)) /* "1.10 | 1.11 | 1.13", "4.x | 5.x" */
		return vers_in(s, version, true);
	if (two_sided(s, version, &in))
		return in;
	if (span_of(s, version, &in))
		return in;
	for (size_t i = 0; i < ARRAY_LEN(afters); i++) {
		struct slice at = find_words(s, afters[i].words);
		struct slice v = at.p ? before(s, at) : SLICE_NULL;
		if (at.p && at.p + at.n == s.p + s.n && plain_version(&v))
			return holds((struct constraint){afters[i].op, v}, version);
	}
	for (size_t i = 0; i < ARRAY_LEN(befores); i++) {
		struct slice at = find_words(s, befores[i].words);
		struct slice v = at.p == s.p && at.p ? after(s, at) : SLICE_NULL;
		if (v.n && plain_version(&v))
			return holds((struct constraint){befores[i].op, v}, version);
	}
	struct slice v = s;
	if (!plain_version(&v)) {
		if (s.n > 1 && s.p[s.n - 1] == '*' && is_digit(s.p[0]))
			return wildcard(s, version);
		return GATE_IN_UNKNOWN;
	}
	const uint8_t *dash = memchr(v.p, '-', v.n);
	if (dash && memchr(v.p, '.', (size_t)(dash - v.p)) && dash + 1 < v.p + v.n && is_digit(dash[1]) && memchr(dash, '.', (size_t)(v.p + v.n - dash)))
		return GATE_IN_UNKNOWN; /* "2.0-3.1": a span, or one version with a revision */
	if (v.n > 2 && v.p[v.n - 1] == 'x' && v.p[v.n - 2] == '.')
		return wildcard(v, version);
	return holds((struct constraint){OP_EQ, v}, version);
}

enum gate_in gate_version_in(struct slice range, struct slice version)
{
	char low[RANGE_MAX];
	range = slice_trim(range);
	if (!range.n || range.n > sizeof low)
		return GATE_IN_UNKNOWN;
	version = slice_trim(version);
	if (version.n == range.n && strncasecmp((const char *)range.p, (const char *)version.p, range.n) == 0)
		return GATE_INSIDE; /* the same words, whatever they mean */
	for (size_t i = 0; i < range.n; i++)
		low[i] = (char)(range.p[i] >= 'A' && range.p[i] <= 'Z' ? range.p[i] + 32 : range.p[i]);
	struct slice s = slice_of(low, range.n), rest;
	if (slice_starts(s, "vers:") || slice_starts(s, "vls:")) {
		slice_cut(s, '/', &rest);
		if (!rest.p)
			return GATE_IN_UNKNOWN;
		return vers_in(rest, version, false);
	}
	return words_in(s, version);
}
