/* What speaks against a dose that is about to be written down. Drugs are the same where their codes are, or where they have an ingredient in common: "morphine" and "Morphine 10 mg/ml inj", "Paracetamol + codeine" and "acetaminophen". Of
 * one class they are where both have codes of the ATC, and these agree to the chemical subgroup.
 *
 * What is not known here is not guessed: brand names, salts, and which drugs work alike without such a code. */
#include "downtime_internal.h"

#define WINDOW (30 * 60 * TIME_SEC)
#define HOUR (3600 * TIME_SEC)
#define NAME_MAX_BYTES 1024
#define INGREDIENTS_MAX 8

/* One substance, two names: the international one (rINN) and what it is called in Britain or the United States. Sources: WHO, recommended International Nonproprietary Names; palliativedrugs.com, Drug names, table 1 (where rINN, BAN and
 * USAN differ). Of these only pairs whose names do not begin alike. */
static const struct {
	const char *inn, *other;
} synonyms[] = {
	{"paracetamol", "acetaminophen"}, {"salbutamol", "albuterol"}, {"epinephrine", "adrenaline"}, {"norepinephrine", "noradrenaline"}, {"pethidine", "meperidine"}, {"glibenclamide", "glyburide"}, {"isoprenaline", "isoproterenol"},
	{"alimemazine", "trimeprazine"}, {"dosulepin", "dothiepin"}, {"chlorphenamine", "chlorpheniramine"},
};

/* What stands first in a name without saying which drug it is, when it is not the first ingredient: half of a salt, or of a form. */
static bool says_nothing(struct slice word)
{
	static const char *const words[] = {"sodium", "potassium", "calcium", "magnesium", "chloride", "phosphate", "sulfate", "sulphate", "hydrochloride", "acetate", "citrate", "water", "saline", "glucose", "dextrose", "solution", "inhaled", "tablet", "eau", "vitamin", "vitamine"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_str(word, words[i]))
			return true;
	return word.n < 5;
}

static uint8_t small(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 32) : c;
}

static bool begins_word(struct slice s, size_t at)
{
	return at == 0 || s.p[at - 1] == ' ' || s.p[at - 1] == '-' || s.p[at - 1] == '/' || s.p[at - 1] == '(' || s.p[at - 1] == '+';
}

static bool holds(struct slice a, struct slice word)
{
	for (size_t i = 0; i + word.n <= a.n; i++) {
		size_t k = 0;
		while (k < word.n && small(a.p[i + k]) == small(word.p[k]))
			k++;
		if (k == word.n && begins_word(a, i))
			return true;
	}
	return false;
}

/* The first word of b stands in a as a word: names of one drug differ in strength and form, which come behind. */
static bool names(struct slice a, struct slice b)
{
	struct slice rest, word = slice_cut(slice_trim(b), ' ', &rest);
	if (word.n < 3)
		return slice_eq(slice_trim(a), slice_trim(b)) && b.n;
	return holds(a, word);
}

static bool is_letter(uint8_t c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z');
}

/* The ingredients of a combination, folded: the first word of each part between + / ; , & and "and", under its international name. */
static size_t ingredients(struct slice name, struct slice out[INGREDIENTS_MAX])
{
	size_t n = 0;
	bool fresh = true; /* a part begins: its first word is the ingredient */
	for (size_t i = 0; i < name.n && n < INGREDIENTS_MAX;) {
		size_t from = i;
		while (i < name.n && (is_letter(name.p[i]) || (i > from && name.p[i] == '-')))
			i++;
		struct slice word = slice_of(name.p + from, i - from);
		if (slice_eq_str(word, "and") || slice_eq_str(word, "et") || slice_eq_str(word, "with") || slice_eq_str(word, "avec")) {
			fresh = true;
		} else if (word.n >= 3 && fresh) {
			for (size_t k = 0; k < ARRAY_LEN(synonyms); k++)
				if (slice_eq_str(word, synonyms[k].other))
					word = slice_str(synonyms[k].inn);
			out[n++] = word;
			fresh = false;
		}
		if (i == from) {
			uint8_t c = name.p[i++];
			fresh = fresh || c == '+' || c == '/' || c == ';' || c == ',' || c == '&';
		}
	}
	return n;
}

/* One begins with the other, as "amoxicillin" and "amoxicilline" do; of short ones and half salts that says nothing. */
static bool same_word(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	return memcmp(a.p, b.p, n) == 0 && (a.n == b.n || (n >= 6 && a.n + b.n - 2 * n <= 2));
}

static bool shares(struct slice a, struct slice b)
{
	struct slice x[INGREDIENTS_MAX], y[INGREDIENTS_MAX];
	size_t n = ingredients(a, x), m = ingredients(b, y);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++)
			if (!says_nothing(x[i]) && !says_nothing(y[k]) && same_word(x[i], y[k]))
				return true;
	return false;
}

bool dose_same_name(struct slice a, struct slice b)
{
	AUTO_BUF struct buf x = {0}, y = {0};
	if (!a.n || !b.n)
		return false;
	if (names(a, b) || names(b, a))
		return true;
	buf_init(&x, 4 * NAME_MAX_BYTES);
	buf_init(&y, 4 * NAME_MAX_BYTES);
	utf8_fold(&x, slice_of(a.p, a.n < NAME_MAX_BYTES ? a.n : NAME_MAX_BYTES));
	utf8_fold(&y, slice_of(b.p, b.n < NAME_MAX_BYTES ? b.n : NAME_MAX_BYTES));
	return buf_ok(&x) && buf_ok(&y) && (names(buf_slice(&x), buf_slice(&y)) || names(buf_slice(&y), buf_slice(&x)) || shares(buf_slice(&x), buf_slice(&y)));
}

/* ---- classes: the WHO's ATC. Five letters are the chemical subgroup (N02BE), seven the substance (N02BE01) ---- */

bool dose_is_atc(struct slice system)
{
	static const char *const systems[] = {"ATC", "WC", "http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73", "2.16.840.1.113883.6.73"}; /* WC: HL7 table 0396 */
	for (size_t i = 0; i < ARRAY_LEN(systems); i++)
		if (slice_eq_nocase(system, systems[i]))
			return true;
	return false;
}

/* How many letters of two codes agree, where both are of the form L00LL or L00LL00; else 0. */
static size_t atc_agrees(struct slice a, struct slice b)
{
	static const char form[] = "A99AA99";
	size_t n = 0;
	const struct slice two[] = {a, b};
	for (size_t i = 0; i < 2; i++) {
		if (two[i].n != 5 && two[i].n != 7)
			return 0;
		for (size_t k = 0; k < two[i].n; k++) {
			uint8_t c = small(two[i].p[k]);
			if (form[k] == 'A' ? c < 'a' || c > 'z' : c < '0' || c > '9')
				return 0;
		}
	}
	while (n < a.n && n < b.n && small(a.p[n]) == small(b.p[n]))
		n++;
	return n;
}

bool dose_same_class(struct slice a, struct slice b)
{
	return atc_agrees(a, b) >= 5;
}

/* As written: of a time in full and the same one without seconds or zone the one begins with the other. */
static bool same_slot(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	return n >= 13 && memcmp(a.p, b.p, n) == 0;
}

static bool same_drug(const struct capture *c, struct slice c_atc, const struct dose_said *d)
{
	struct slice code = json_text(c->values, "code"), drug = json_text(c->values, "drug");
	if (code.n && d->code.n && slice_eq(code, d->code) && slice_eq(json_text(c->values, "system"), d->system))
		return true;
	return dose_same_name(d->drug, drug) || (c_atc.n == 7 && atc_agrees(c_atc, d->atc) == 7);
}

static bool same_order(const struct capture *c, const struct dose_said *d)
{
	struct slice order = json_text(c->values, "order");
	return order.n && slice_eq(order, d->order);
}

void dose_check(const struct capture *c, struct slice atc, int64_t occurred, const struct dose_said *said, size_t n, int64_t window_ns, bool feed_stale, struct dose_answer *ret)
{
	struct dose_answer a = {.verdict = feed_stale ? DOSE_UNKNOWN : DOSE_CLEAR, .apart = INT64_MAX, .classes = atc.n > 0};
	int64_t window = window_ns > 0 ? window_ns : WINDOW;
	struct slice scheduled = json_text(c->values, "scheduled");
	for (size_t i = 0; i < n; i++) {
		const struct dose_said *d = &said[i];
		if (d->held)
			continue;
		a.classes = a.classes && d->atc.n;
		bool same = same_order(c, d) || same_drug(c, atc, d);
		if (!same && !dose_same_class(atc, d->atc))
			continue;
		if (same && same_slot(scheduled, d->scheduled)) {
			*ret = (struct dose_answer){DOSE_SAME_SLOT, d, d->time == INT64_MIN ? 0 : occurred - d->time, a.classes};
			return;
		}
		if (d->time == INT64_MIN || occurred == INT64_MIN)
			continue;
		int64_t apart = occurred > d->time ? occurred - d->time : d->time - occurred; /* a late entry may lie before it */
		enum dose_verdict verdict = same ? DOSE_GIVEN_BEFORE : DOSE_SAME_CLASS;
		bool worse = a.verdict != DOSE_GIVEN_BEFORE && a.verdict != DOSE_SAME_CLASS ? true : verdict == a.verdict ? apart < a.apart : verdict == DOSE_GIVEN_BEFORE;
		if (apart < window && worse)
			a = (struct dose_answer){verdict, d, apart, a.classes};
	}
	if (!a.which)
		a.apart = 0;
	*ret = a;
}

/* "Q6H" 6 h, "q4h prn" 4 h, "BID" 12, "TID" 8, "QID" 6, "daily" 24; 0: it says none. Table 0335 of HL7 v2.5.1, as people write it. */
int64_t dose_interval(struct slice frequency)
{
	static const struct {
		const char *word;
		int64_t hours;
	} words[] = {{"bid", 12}, {"tid", 8}, {"qid", 6}, {"qd", 24}, {"daily", 24}, {"qhs", 24}, {"qam", 24}, {"qpm", 24}, {"qod", 48}, {"weekly", 168}};
	struct slice rest, f = slice_cut(slice_trim(frequency), ' ', &rest);
	uint64_t hours;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_nocase(f, words[i].word))
			return words[i].hours * HOUR;
	if (f.n > 2 && small(f.p[0]) == 'q' && num_u64(slice_of(f.p + 1, f.n - 2), 1, 168, &hours) == 0) {
		uint8_t unit = small(f.p[f.n - 1]);
		return unit == 'h' ? (int64_t)hours * HOUR : unit == 'm' ? (int64_t)hours * HOUR / 60 : unit == 'd' ? (int64_t)hours * 24 * HOUR : 0;
	}
	return 0;
}
