/* What was captured here and what the EHR says of it since: one thing, said twice.
 *
 * A captured item goes back to the EHR under its own number, and the EHR's feed then tells of it: the same dose would stand in the chart once as captured and once as fed. A fed item that bears the number of a captured one (ORC-2, OBR-2,
 * TXA-12, IAM-7, under our authority or without one and in the form of an item's id) and is of its kind and code is its echo:
 *
 *   it says the same      it is shown once, as fed, with a word on when, by whom and in which entry it was captured first; the captured one stays in the chart as what was replaced
 *   it says otherwise     both are shown, each with a word on what differs, and it is put up for review: a number was typed wrongly on one of the two ways, or somebody changed it there
 *   it was taken back     what was withdrawn here, and the EHR still has: the fed one says so, and it is put up for review
 *
 * A function of what was said and of nothing else: acts of the way back have no say, so their order has none either, and no echo is lost because nobody looked for it. */
#include "chart_internal.h"
#include "downtime.h"

#include <inttypes.h>

#define NUMBERS_MAX 8

struct report { /* of a fed report of our number: the key that its results have in GROUP, in the same message */
	struct slice key, number;
	uint64_t entry;
	struct report *next;
};

/* ---- numbers ---- */

static bool has_form(struct slice s)
{
	struct slice counter, key = slice_cut(s, '-', &counter);
	bool fits = key.n >= 4 && key.n <= 12 && counter.n >= 1 && counter.n <= 12;
	for (size_t i = 0; i < key.n && fits; i++)
		fits = (key.p[i] >= 'A' && key.p[i] <= 'Z') || (key.p[i] >= '2' && key.p[i] <= '9');
	for (size_t i = 0; i < counter.n && fits; i++)
		fits = counter.p[i] >= '0' && counter.p[i] <= '9';
	return fits;
}

static struct slice ours(struct slice number)
{
	struct slice value = fact_part(number, FI_VALUE), by = fact_part(number, FI_ASSIGNER);
	return value.n && (by.n ? slice_eq_str(by, BACKLOAD_APPLICATION) : has_form(value)) ? value : SLICE_NULL;
}

static size_t numbers_of(const struct fact_item *it, const struct report *reports, struct slice v[NUMBERS_MAX])
{
	static const uint8_t fields[] = {FF_ID, FF_PLACER, FF_FILLER, FF_GROUP};
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(fields) && n < NUMBERS_MAX; i++) {
		struct slice number = ours(fact_get(it->fact, fields[i]));
		if (number.n)
			v[n++] = number;
	}
	for (const struct report *r = reports; r && it->fact->kind == FACT_RESULT && n < NUMBERS_MAX; r = r->next)
		if (r->entry == it->entry && slice_eq(r->key, fact_get(it->fact, FF_GROUP)))
			v[n++] = r->number;
	return n;
}

static struct report *reports_of(struct fold *x)
{
	struct report *list = NULL;
	for (size_t i = 0; i < x->made_count; i++) {
		const struct fact_item *it = x->made[i].it;
		struct slice number = it->fact->kind == FACT_REPORT && it->origin == FACT_FED ? ours(fact_get(it->fact, FF_PLACER)) : SLICE_NULL;
		struct report *r = number.n ? arena_alloc(x->a, sizeof *r) : NULL;
		if (number.n && !r) {
			x->failed = true;
			return NULL;
		}
		if (!r)
			continue;
		*r = (struct report){.key = fact_get(it->fact, FF_ID), .number = number, .entry = it->entry, .next = list};
		list = r;
	}
	return list;
}

/* What is captured is known by its item's id, and what of it it is behind a point; an order by its own number. */
static bool is_number_of(const struct fact_item *captured, struct slice number)
{
	struct slice id = fact_part(fact_get(captured->fact, FF_ID), FI_VALUE), placer = fact_part(fact_get(captured->fact, FF_PLACER), FI_VALUE);
	bool order = captured->fact->kind == FACT_ORDER || captured->fact->kind == FACT_MED_ORDER;
	if (order && slice_eq(placer, number))
		return true;
	return id.n >= number.n && !memcmp(id.p, number.p, number.n) && (id.n == number.n || (id.p[number.n] == '.' && captured->fact->kind == FACT_RESULT));
}

/* ---- whether two say the same ---- */

static struct slice name_of(struct slice code)
{
	struct slice text = fact_part(code, FC_TEXT), display = fact_part(code, FC_DISPLAY);
	return text.n ? text : display.n ? display : fact_part(code, FC_CODE);
}

/* "Morphine" and "MORPHINE 10 mg/ml"; not "Sodium chloride" and "Sodium bicarbonate" */
static bool same_name(struct slice a, struct slice b)
{
	struct slice few = a.n < b.n ? a : b, more = a.n < b.n ? b : a;
	uint8_t behind = more.n > few.n ? more.p[few.n] : ' ';
	return !few.n || (same_letters(few, slice_of(more.p, few.n)) && (behind == ' ' || behind == ',' || behind == '('));
}

/* "mm[Hg]" and "mmHg" */
static bool same_unit(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;
	for (;;) {
		while (i < a.n && strchr("[]{} .^", a.p[i]))
			i++;
		while (k < b.n && strchr("[]{} .^", b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (!same_letters(slice_of(a.p + i++, 1), slice_of(b.p + k++, 1)))
			return false;
	}
}

static bool same_code(const struct fact *a, const struct fact *b)
{
	struct slice ca = fact_get(a, FF_CODE), cb = fact_get(b, FF_CODE), na = name_of(ca), nb = name_of(cb);
	if (fact_part(ca, FC_CODE).n && same_letters(fact_part(ca, FC_CODE), fact_part(cb, FC_CODE)))
		return true;
	return same_name(slice_trim(na), slice_trim(nb));
}

/* "5.0" and "5", "0.50" and ".5": without zeros that say nothing of the amount */
static struct slice amount(struct slice s, struct slice *ret_fraction)
{
	struct slice whole = slice_cut(slice_trim(s), '.', ret_fraction);
	while (whole.n && *whole.p == '0')
		whole = slice_of(whole.p + 1, whole.n - 1);
	while (ret_fraction->n && ret_fraction->p[ret_fraction->n - 1] == '0')
		ret_fraction->n--;
	return whole;
}

static bool same_amount(struct slice a, struct slice b)
{
	struct slice fa, fb, wa, wb;
	if (!a.n || !b.n || same_letters(slice_trim(a), slice_trim(b)))
		return true;
	if (!num_is_decimal(slice_trim(a)) || !num_is_decimal(slice_trim(b)))
		return false;
	wa = amount(a, &fa);
	wb = amount(b, &fb);
	return slice_eq(wa, wb) && slice_eq(fa, fb);
}

static bool same_word(struct slice a, struct slice b)
{
	return !a.n || !b.n || same_unit(a, b);
}

/* An EHR may keep no seconds. */
static bool same_minute(const struct fold *x, struct slice a, struct slice b)
{
	int64_t ta = fact_time_ns(a, x->zone_minutes), tb = fact_time_ns(b, x->zone_minutes);
	return ta == INT64_MIN || tb == INT64_MIN || ta / (60 * TIME_SEC) == tb / (60 * TIME_SEC);
}

/* The text of a note, in whatever lines: what was captured stands in what the EHR has, which may say more (how it came to be written down). */
static bool holds(struct slice whole, struct slice part)
{
	size_t i = 0, k = 0;
	for (; k < part.n && i <= whole.n; k++) {
		if (part.p[k] <= ' ')
			continue;
		while (i < whole.n && whole.p[i] <= ' ')
			i++;
		if (i == whole.n || whole.p[i++] != part.p[k])
			return false;
	}
	return true;
}

/* NULL: the same; else what differs, with the field to show. */
static const char *differs(const struct fold *x, const struct fact *fed, const struct fact *own, uint8_t *ret_field)
{
	static const struct {
		uint8_t field, how; /* how: 1 amount, 2 unit or way, 3 minute, 4 status of something done */
		const char *what;
	} fields[] = {{FF_VALUE, 1, "the value"}, {FF_UNIT, 2, "the unit"}, {FF_DOSE, 1, "the dose"}, {FF_DOSE_UNIT, 2, "the unit"}, {FF_ROUTE, 2, "the route"}, {FF_TIME, 3, "the time"}, {FF_STATUS, 4, "whether it was given"}};
	bool ordered = fed->kind == FACT_ORDER || fed->kind == FACT_MED_ORDER;
	*ret_field = FF_CODE;
	if (fed->kind != FACT_DOCUMENT && !same_code(fed, own))
		return "what it is of";
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct slice a = fact_get(fed, fields[i].field), b = fact_get(own, fields[i].field);
		bool same = true;
		if (fields[i].how == 1)
			same = same_amount(a, b);
		else if (fields[i].how == 2)
			same = same_word(fact_part(a, FC_CODE).n && fact_part(b, FC_CODE).n ? fact_part(a, FC_CODE) : name_of(a), fact_part(a, FC_CODE).n && fact_part(b, FC_CODE).n ? fact_part(b, FC_CODE) : name_of(b));
		else if (fields[i].how == 3 && !ordered && fed->kind != FACT_DOCUMENT) /* an order's time is that of the word on it; a document's may be of its filing */
			same = same_minute(x, a, b);
		else if (fields[i].how == 4 && fed->kind == FACT_MED_ADMIN)
			same = same_word(a, b);
		*ret_field = fields[i].field;
		if (!same)
			return fields[i].what;
	}
	*ret_field = FF_CONTENT;
	struct slice a = fact_get(fed, FF_CONTENT), b = fact_get(own, FF_CONTENT);
	return fed->kind == FACT_DOCUMENT && a.n && b.n && !holds(a, b) ? "the text" : NULL;
}

/* ---- what is said of it ---- */

static bool add_line(struct fold *x, struct fact_item *it, char *line)
{
	struct fact *t = arena_alloc(x->a, sizeof *t);
	struct fact_value *v = t && line ? arena_array(x->a, (size_t)it->fact->count + 1, sizeof *v) : NULL;
	if (!v || it->fact->count == UINT16_MAX) {
		x->failed = true;
		return false;
	}
	unsigned at = 0;
	while (at < it->fact->count && it->fact->values[at].id <= FF_TEXT)
		at++;
	if (it->fact->count) {
		memcpy(v, it->fact->values, at * sizeof *v);
		memcpy(v + at + 1, it->fact->values + at, (it->fact->count - at) * sizeof *v);
	}
	v[at] = (struct fact_value){FF_TEXT, slice_str(line)};
	*t = *it->fact;
	t->values = v;
	t->count++;
	t->cap = t->count;
	it->fact = t;
	return true;
}

static struct slice who(const struct fact *f)
{
	static const uint8_t fields[] = {FF_ENTERER, FF_PERFORMER, FF_AUTHOR};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct slice v = fact_get(f, fields[i]), text = fact_part(v, FP_TEXT);
		if (v.n)
			return text.n ? text : fact_part(v, FP_ID);
	}
	return SLICE("somebody");
}

static struct slice when(const struct fact *f)
{
	static const uint8_t fields[] = {FF_TIME, FF_START, FF_RECORDED};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fact_get(f, fields[i]).n)
			return fact_get(f, fields[i]);
	return SLICE("a time that is not known");
}

static struct slice shown(const struct fact *f, uint8_t field)
{
	struct slice v = fact_get(f, field), s = field == FF_CODE || field == FF_UNIT || field == FF_DOSE_UNIT || field == FF_ROUTE ? name_of(v) : field == FF_CONTENT ? SLICE("another text") : v;
	return s.n > 80 ? slice_of(s.p, utf8_valid_prefix(slice_of(s.p, 80))) : s.n ? s : SLICE("nothing");
}

static void once(struct fold *x, struct fact_item *fed, struct fact_item *own)
{
	if (add_line(x, fed, arena_printf(x->a, "captured here first at %.*s, by %.*s, entry %" PRIu64, SLICE_FMT(when(own->fact)), SLICE_FMT(who(own->fact)), own->entry))) {
		fed->captured = own->entry;
		own->state = FACT_REPLACED;
	}
}

static void twice(struct fold *x, struct fact_item *fed, struct fact_item *own, const char *what, uint8_t field)
{
	struct slice there = shown(fed->fact, field), here = shown(own->fact, field);
	fed->captured = own->entry;
	fed->captured_differs = own->captured_differs = true;
	(void)(add_line(x, fed, arena_printf(x->a, "DIFFERS from what was captured here (entry %" PRIu64 ", by %.*s): %s, there %.*s, here %.*s", own->entry, SLICE_FMT(who(own->fact)), what, SLICE_FMT(there), SLICE_FMT(here))) &&
	       add_line(x, own, arena_printf(x->a, "DIFFERS from what the EHR has of it (entry %" PRIu64 "): %s, there %.*s, here %.*s", fed->entry, what, SLICE_FMT(there), SLICE_FMT(here))));
	review_add(x, "echo-differs", fed->entry, SLICE("what the EHR sends of an item that was captured here says something else than was captured; both are shown"));
}

static void gone(struct fold *x, struct fact_item *fed, const struct fact_item *own)
{
	fed->captured = own->entry;
	fed->captured_differs = true;
	(void)add_line(x, fed, arena_printf(x->a, "TAKEN BACK here (entry %" PRIu64 "): the EHR still has it", own->entry));
	review_add(x, "echo-differs", fed->entry, SLICE("what was captured here was taken back; the EHR still has it"));
}

/* ---- all ---- */

/* The captured item that this one is the echo of. Of several of one number the one with its code; one alone is meant even if its code differs. */
static struct fact_item *original(const struct fold *x, const struct fact_item *fed, const struct slice *number, size_t n)
{
	struct fact_item *found = NULL, *other = NULL;
	size_t others = 0;
	for (size_t i = 0; i < x->made_count && !found; i++) {
		struct fact_item *own = x->made[i].it;
		if (own->origin != FACT_CAPTURED || own->fact->kind != fed->fact->kind || own->state == FACT_IN_ERROR)
			continue;
		for (size_t k = 0; k < n && !found; k++)
			if (is_number_of(own, number[k])) {
				found = same_code(fed->fact, own->fact) ? own : NULL;
				other = own;
				others += !found;
			}
	}
	return found ? found : others == 1 ? other : NULL;
}

void fold_echoes(struct fold *x)
{
	bool any = false;
	for (size_t i = 0; i < x->made_count && !any; i++)
		any = x->made[i].it->origin == FACT_CAPTURED;
	const struct report *reports = any ? reports_of(x) : NULL;
	for (size_t i = 0; any && i < x->made_count && !x->failed; i++) {
		struct fact_item *fed = x->made[i].it;
		struct slice number[NUMBERS_MAX];
		if (fed->origin != FACT_FED || fed->state != FACT_CURRENT)
			continue;
		size_t n = numbers_of(fed, reports, number);
		struct fact_item *own = n ? original(x, fed, number, n) : NULL;
		uint8_t field;
		const char *what = own ? differs(x, fed->fact, own->fact, &field) : NULL;
		if (own && own->state == FACT_DELETED)
			gone(x, fed, own);
		else if (own && what)
			twice(x, fed, own, what, field);
		else if (own)
			once(x, fed, own);
	}
}
