/* Imports into a store: what is the same report, what is counted on which day and in which view, what changed. */
#include "said.h"

struct shop {
	struct registry *r;
	struct arena *a;
	uint8_t n;
};

static struct shop shop(void)
{
	struct shop s = {.a = arena_new((size_t)512 << 20)};
	struct err e = {0};
	assert_int_equal(registry_open(":memory:", REGISTRY_WRITE, &s.r, &e), 0);
	return s;
}

static void shut(struct shop *s)
{
	registry_close(s->r);
	arena_free(s->a);
}

static struct registry_added add(struct shop *s, const char *rows, enum registry_view view, const char *as_of)
{
	char *text = arena_printf(s->a, HEAD "%s", rows);
	struct registry_list l = read_as(slice_str(text), NULL, view, as_of, s->a);
	struct registry_origin o = {.file = SLICE("f.csv"), .entry = UINT64_MAX, .time = 1};
	struct registry_added added;
	struct err e = {0};
	o.sha256[0] = ++s->n;
	if (registry_add(s->r, &l, &o, s->a, &added, &e))
		fail_msg("%s", e.text);
	return added;
}

static struct registry_all all(struct shop *s)
{
	struct registry_all v;
	struct err e = {0};
	assert_int_equal(registry_load(s->r, s->a, &v, &e), 0);
	return v;
}

static struct registry_figures figures(struct shop *s, enum registry_view view, const char *as_of, int year)
{
	struct registry_all v = all(s);
	struct registry_figures f;
	struct err e = {0};
	const struct registry_question q = {.view = view, .as_of = as_of ? day(as_of) : REGISTRY_NO_DAY, .year = year, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY};
	if (registry_figures(&v, &q, 20, s->a, &f, &e))
		fail_msg("%s", e.text);
	return f;
}

static bool said(const struct registry_basis *b, const char *what)
{
	for (size_t i = 0; i < b->w_n; i++)
		if (!strcmp(b->w[i].what, what))
			return true;
	return false;
}

static bool told(const struct registry_added *x, const char *what)
{
	for (size_t i = 0; i < x->w_n; i++)
		if (!strcmp(x->w[i].what, what))
			return true;
	return false;
}

#define UI REGISTRY_UNDER_INVESTIGATION
#define AR REGISTRY_ARCHIVE
#define ALPHA "Alpha Clinic,TX,Healthcare Provider,501,10/01/2024,Hacking/IT Incident,Network Server,No,\n"
#define BETA "Beta Plan,CA,Health Plan,8000,09/02/2024,\"Theft, Loss\",\"Laptop, Other Portable Electronic Device\",Yes,\n"
#define GAMMA "Gamma Hospital,NY,Healthcare Provider,1200,02/05/2024,Theft,Other,No,It was settled.\n"

static void two_lists(void **state)
{
	struct shop s = shop();
	add(&s, ALPHA BETA, UI, "2024-10-08");
	struct registry_figures f = figures(&s, REGISTRY_FULL, NULL, 2024);
	assert_int_equal(f.incidents, 2);
	assert_true(said(&f.basis, "one-list"));
	add(&s, BETA GAMMA, AR, "2024-10-08"); /* Beta moved while the lists were fetched */
	f = figures(&s, REGISTRY_FULL, NULL, 2024);
	assert_int_equal(f.incidents, 3);
	assert_int_equal(f.persons, 501 + 8000 + 1200);
	assert_int_equal(f.placeholders, 1);
	assert_int_equal(f.associate, 1);
	assert_int_equal(f.median, 4600);
	assert_false(said(&f.basis, "one-list"));
	assert_int_equal(f.basis.w_n, 0);
	/* multi-valued: each once, "Other" never by its letters */
	assert_int_equal(f.location_any.n, 4);
	for (size_t i = 0; i < f.location_any.n; i++)
		assert_int_equal(f.location_any.v[i].incidents, 1);
	assert_int_equal(f.breach_type.v[0].incidents, 2);
	is(f.breach_type.v[0].name, "Theft");
	is(f.location_exact.v[0].name, "Laptop, Other Portable Electronic Device");
	assert_int_equal(f.month.n, 3);
	is(f.month.v[0].name, "2024-02");
	is(f.top[0].name, "Beta Plan");
	f = figures(&s, UI, NULL, 2024);
	assert_int_equal(f.incidents, 2);
	assert_true(said(&f.basis, "one-view"));
	assert_int_equal(figures(&s, AR, NULL, 2024).incidents, 2);
	assert_int_equal(figures(&s, REGISTRY_FULL, NULL, 2023).incidents, 0);
	shut(&s);
}

static void twice(void **state)
{
	struct shop s = shop();
	add(&s, ALPHA, UI, "2024-10-08");
	s.n--; /* the same bytes */
	struct registry_added x = add(&s, ALPHA, UI, "2024-10-08");
	assert_true(x.twice);
	assert_int_equal(x.import, 1);
	assert_int_equal(all(&s).import_n, 1);
	shut(&s);
}

static void same_key(void **state)
{
	struct shop s = shop();
	/* three reports of one day that nothing but a count tells apart, two of them alike altogether: all stay, and each is itself again */
	add(&s, "D,TX,Business Associate,500,08/21/2025,Theft,Laptop,Yes,\nD,TX,Business Associate,500,08/21/2025,Theft,Laptop,Yes,\nD,TX,Business Associate,900,08/21/2025,Theft,Laptop,Yes,\n", UI, "2025-09-01");
	assert_int_equal(figures(&s, REGISTRY_FULL, NULL, 0).incidents, 3);
	struct registry_added x = add(&s, "D,TX,Business Associate,950,08/21/2025,Theft,Laptop,Yes,\nD,TX,Business Associate,500,08/21/2025,Theft,Laptop,Yes,\nD,TX,Business Associate,500,08/21/2025,Theft,Laptop,Yes,\n", UI, "2025-10-01");
	assert_int_equal(x.fresh, 0);
	assert_int_equal(x.same, 2);
	assert_int_equal(x.revised, 1);
	assert_int_equal(x.persons_change, 50);
	assert_int_equal(all(&s).incidents, 3);
	shut(&s);
}

static void revised(void **state)
{
	struct shop s = shop();
	struct registry_history *h;
	struct err e = {0};
	size_t n;
	add(&s, ALPHA BETA, UI, "2024-10-08");
	struct registry_added x = add(&s, "Alpha Clinic,TX,Healthcare Provider,45000,10/01/2024,Hacking/IT Incident,\"Email, Network Server\",No,\n" BETA, UI, "2025-03-01");
	assert_int_equal(x.revised, 1);
	assert_int_equal(x.same, 1);
	assert_int_equal(x.replaced, 1);
	assert_int_equal(x.persons_change, 45000 - 501);
	/* as it was known then, and as it is known now */
	assert_int_equal(figures(&s, UI, "2024-12-31", 2024).persons, 8501);
	assert_int_equal(figures(&s, UI, NULL, 2024).persons, 53000);
	assert_int_equal(figures(&s, UI, NULL, 2024).placeholders, 0);
	struct registry_all v = all(&s);
	uint32_t alpha = 0;
	for (size_t i = 0; i < v.revision_n; i++)
		if (v.revision[i].row.persons == 501)
			alpha = v.revision[i].incident;
	assert_int_equal(registry_history(&v, alpha, s.a, &h, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_true(h[1].changed);
	assert_int_equal(v.revision[h[1].revision].row.persons, 45000);
	/* an older list, later: days are asked, not the order of imports */
	add(&s, "Alpha Clinic,TX,Healthcare Provider,500,10/01/2024,Hacking/IT Incident,Network Server,No,\n", UI, "2024-10-02");
	assert_int_equal(figures(&s, UI, "2024-10-02", 2024).persons, 500);
	assert_int_equal(figures(&s, UI, NULL, 2024).persons, 53000);
	assert_int_equal(all(&s).incidents, 2);
	assert_int_equal(registry_history(&v, 99, s.a, &h, &n, &e), ERR_NOT_FOUND);
	shut(&s);
}

static void renamed(void **state)
{
	struct shop s = shop();
	add(&s, "Southern Bone & Joint Specialists PA,MS,Healthcare Provider,7162,09/17/2024,Theft,Email,No,\n"
	        "The Childrens Clinic d/b/a Kids,OH,Healthcare Provider,500,03/01/2024,Theft,Email,No,\n"
	        "North Health LLC,OH,Healthcare Provider,23517,04/01/2024,Theft,Email,No,\n"
	        "Island Clinic,,Healthcare Provider,900,05/01/2024,Theft,Email,No,\n"
	        "Typed Wrong,OH,Healthcare Provider,1900,05/02/2024,Loss,Email,No,\n"
	        "Dated Wrong,OH,Healthcare Provider,1901,05/06/2024,Loss,Email,No,\n"
	        "Somebody,OH,Healthcare Provider,500,06/03/2024,Theft,Email,No,\n", UI, "2024-10-08");
	struct registry_added x = add(&s, "Southern Bone & Joint Specialists, P.A. (\u201cSouthern Bone\u201d),MS,Healthcare Provider,7162,09/17/2024,Theft,Email,No,\n"
	        "Childrens Clinic dba Kids,OH,Healthcare Provider,90500,03/01/2024,Theft,Email,No,\n" /* the same name, with other marks */
	        "Acme Holdings,OH,Healthcare Provider,23517,04/01/2024,Theft,Email,No,\n"             /* another name: the count tells it */
	        "Island Clinic,VI,Healthcare Provider,900,05/01/2024,Theft,Email,No,\n"
	        "Typed Wrong,OH,Healthcare Provider,1900,05/02/2024,Theft,Email,No,\n"
	        "Dated Wrong,OH,Healthcare Provider,1901,06/05/2024,Loss,Email,No,\n"
	        "Nobody Else,OH,Healthcare Provider,500,06/03/2024,Theft,Email,No,\n", UI, "2025-10-08"); /* a placeholder tells nothing */
	assert_int_equal(x.fresh, 1);
	assert_int_equal(x.renamed, 2);
	assert_int_equal(x.replaced, 1);
	assert_int_equal(all(&s).incidents, 8);
	shut(&s);
}

static void merged(void **state)
{
	struct shop s = shop();
	add(&s, "Group East,OH,Healthcare Provider,4000,04/01/2024,Theft,Email,No,\nGroup,OH,Healthcare Provider,1000,04/01/2024,Theft,Email,No,\n", UI, "2024-10-08");
	struct registry_added x = add(&s, "Group,OH,Healthcare Provider,5000,04/01/2024,Theft,Email,No,\n", UI, "2025-10-08");
	assert_int_equal(x.merged, 1);
	struct registry_figures f = figures(&s, REGISTRY_FULL, NULL, 2024);
	assert_int_equal(f.incidents, 1);
	assert_int_equal(f.persons, 5000);
	assert_int_equal(f.basis.carried, 0);
	assert_int_equal(figures(&s, REGISTRY_FULL, "2024-12-31", 2024).incidents, 2);
	shut(&s);
}

/* Two that are gone and one with nearly as many, and one that went up by nearly what a gone one had: said, and counted as before. Neither state, type nor day may be another's, and a placeholder tells nothing. */
static void perhaps_merged(void **state)
{
	struct shop s = shop();
	struct registry_diff d;
	struct err e = {0};
	add(&s, "Lake East Clinic,OH,Healthcare Provider,4000,04/01/2024,Theft,Email,No,\nLake West Clinic,OH,Healthcare Provider,2000,04/03/2024,Theft,Email,No,\n"
	        "Hill Group,TX,Health Plan,1000,05/01/2024,Theft,Email,No,\nHill Group North,TX,Health Plan,3000,05/01/2024,Theft,Email,No,\n"
	        "Other State,NY,Health Plan,3001,05/01/2024,Theft,Email,No,\nOther Type,TX,Health Plan,3002,05/01/2024,Loss,Email,No,\nOther Day,TX,Health Plan,3003,09/01/2024,Theft,Email,No,\nUncounted,TX,Health Plan,501,05/01/2024,Theft,Email,No,\n", UI, "2024-10-08");
	struct registry_added x = add(&s, "Lakes United,OH,Healthcare Provider,5890,04/01/2024,Theft,Email,No,\nHill Group,TX,Health Plan,4090,05/01/2024,Theft,Email,No,\n", UI, "2025-10-08");
	assert_int_equal(x.merged, 0);
	assert_int_equal(x.perhaps, 3);
	assert_true(told(&x, "perhaps-merged"));
	for (size_t i = 0; i < x.w_n; i++)
		if (!strcmp(x.w[i].what, "perhaps-merged")) {
			assert_int_equal(x.w[i].values, 3);
			is(x.w[i].value[0], "3");
			is(x.w[i].value[2], "Lakes United");
		}
	struct registry_all v = all(&s);
	size_t joined = 0, grown = 0;
	for (size_t i = 0; i < v.merge_n; i++) {
		assert_true(v.merge[i].perhaps);
		joined += memmem(v.merge[i].why.p, v.merge[i].why.n, "a new report", 12) != NULL;
		grown += memmem(v.merge[i].why.p, v.merge[i].why.n, "went up", 7) != NULL;
	}
	assert_int_equal(v.merge_n, 3);
	assert_int_equal(joined, 2);
	assert_int_equal(grown, 1);
	struct registry_figures f = figures(&s, REGISTRY_FULL, NULL, 2024);
	assert_int_equal(f.incidents, 2 + 7); /* what is gone is counted as last seen, as if nobody had guessed */
	assert_int_equal(f.basis.carried, 7);
	assert_int_equal(registry_diff(&v, REGISTRY_OCR, 0, day("2024-10-08"), day("2025-10-08"), 0, s.a, &d, &e), 0);
	size_t guessed = 0;
	for (size_t i = 0; i < d.removed_n; i++) {
		bool perhaps = !strcmp(d.removed[i].now, "perhaps-merged");
		assert_int_equal(perhaps, d.removed[i].into != 0);
		guessed += perhaps;
	}
	assert_int_equal(guessed, 3);
	/* the archive has one of them: it was chance */
	add(&s, "Hill Group North,TX,Health Plan,3000,05/01/2024,Theft,Email,No,Settled.\n", AR, "2025-10-08");
	v = all(&s);
	assert_int_equal(registry_diff(&v, REGISTRY_OCR, UI, day("2024-10-08"), day("2025-10-08"), 0, s.a, &d, &e), 0);
	for (size_t i = 0; i < d.removed_n; i++)
		if (slice_eq_str(d.removed[i].name, "Hill Group North")) {
			assert_string_equal(d.removed[i].now, "archive");
			assert_int_equal(d.removed[i].into, 0);
		}
	shut(&s);
}

/* What stands in a sentence's places is there apart, for who says it in another language. */
static void values_of_warnings(void **state)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	AUTO_BUF struct buf b = {0};
	struct warnings w = {.a = a};
	struct jsonw j;
	registry_warn(&w, "one", "no place");
	registry_warn(&w, "two/form", "%zu, %u, %d, %s, %.*s, %.3f.", (size_t)1, 2u, -3, "four \"", 4, "fiveXXX", 0.0625);
	char *deep = arena_alloc(a, 3000);
	memset(deep, 'x', 2000);
	registry_warn(&w, "long", "%s and %u", deep, 7u);
	assert_int_equal(w.n, 3);
	assert_int_equal(w.v[0].values, 0);
	is(w.v[1].text, "1, 2, -3, four \", five, 0.062.");
	is(w.v[1].value[5], "0.062");
	assert_int_equal(w.v[2].text.n, 1023);
	assert_int_equal(w.v[2].value[0].n, 1023);
	buf_init(&b, 1 << 16);
	jsonw_init(&j, &b);
	registry_warnings_json(w.v, 2, &j);
	assert_string_equal(buf_cstr(&b), "[{\"what\":\"one\",\"text\":\"no place\"},{\"what\":\"two\",\"form\":\"form\",\"values\":[\"1\",\"2\",\"-3\",\"four \\\"\",\"five\",\"0.062\"],\"text\":\"1, 2, -3, four \\\", five, 0.062.\"}]");
}

static void left_the_list(void **state)
{
	struct shop s = shop();
	struct registry_diff d;
	struct err e = {0};
	add(&s, ALPHA BETA, UI, "2024-10-08");
	add(&s, GAMMA, AR, "2024-10-08");
	add(&s, BETA "New One,FL,Health Plan,777,03/03/2025,Theft,Laptop,No,\n", UI, "2026-04-07");
	/* Alpha left the list, and no archive since says whereto */
	struct registry_figures f = figures(&s, REGISTRY_FULL, NULL, 2024);
	assert_int_equal(f.incidents, 3);
	assert_int_equal(f.basis.carried, 1);
	assert_true(said(&f.basis, "carried") && said(&f.basis, "apart"));
	assert_int_equal(figures(&s, UI, NULL, 0).incidents, 2);
	struct registry_all v = all(&s);
	assert_int_equal(registry_diff(&v, REGISTRY_OCR, 0, day("2024-10-08"), day("2026-04-07"), 0, s.a, &d, &e), 0);
	assert_int_equal(d.view, UI);
	assert_int_equal(d.added_n, 1);
	assert_int_equal(d.removed_n, 1);
	assert_string_equal(d.removed[0].now, "not-known");
	assert_int_equal(d.same, 1);
	assert_int_equal(registry_diff(&v, REGISTRY_OCR, 0, day("2024-10-08"), day("2026-04-07"), 2025, s.a, &d, &e), 0);
	assert_int_equal(d.added_n, 1);
	assert_int_equal(d.removed_n, 0);
	/* the archive of that day has it, with its count */
	add(&s, GAMMA "Alpha Clinic,TX,Healthcare Provider,45000,10/01/2024,Hacking/IT Incident,Network Server,No,Settled.\n", AR, "2026-04-07");
	f = figures(&s, REGISTRY_FULL, NULL, 2024);
	assert_int_equal(f.incidents, 3);
	assert_int_equal(f.persons, 45000 + 8000 + 1200);
	assert_int_equal(f.basis.carried + f.basis.removed, 0);
	v = all(&s);
	assert_int_equal(registry_diff(&v, REGISTRY_OCR, UI, day("2024-10-08"), day("2026-04-07"), 0, s.a, &d, &e), 0);
	assert_string_equal(d.removed[0].now, "archive");
	assert_int_equal(registry_diff(&v, REGISTRY_OCR, 0, day("2024-10-08"), day("2026-04-07"), 0, s.a, &d, &e), 0);
	assert_int_equal(d.view, REGISTRY_FULL);
	assert_int_equal(d.changed_n, 1);
	assert_true(d.changed[0].placeholder);
	assert_int_equal(d.changed[0].before, 501);
	assert_int_equal(d.changed[0].after, 45000);
	assert_int_equal(d.replaced, 1);
	assert_int_equal(d.removed_n, 0);
	/* in neither any more: not counted, and said */
	add(&s, GAMMA, AR, "2026-09-01");
	add(&s, BETA, UI, "2026-09-01");
	f = figures(&s, REGISTRY_FULL, NULL, 2024);
	assert_int_equal(f.incidents, 2);
	assert_int_equal(f.basis.removed, 1);
	assert_true(said(&f.basis, "removed"));
	/* how the year's count drifts */
	struct registry_drift *t;
	size_t n, seen = 0;
	v = all(&s);
	struct registry_question q = {.source = REGISTRY_OCR, .as_of = REGISTRY_NO_DAY, .year = 2024, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY};
	assert_int_equal(registry_drift(&v, &q, s.a, &t, &n, &e), 0);
	for (size_t i = 0; i < n; i++)
		if (t[i].as_of == day("2024-10-08"))
			seen |= t[i].view == UI && t[i].incidents == 2 ? 1 : t[i].view == REGISTRY_FULL && t[i].incidents == 3 ? 2 : 0;
	assert_int_equal(seen, 3);
	q.state = SLICE("NY"); /* and what was asked of is all that is counted */
	assert_int_equal(registry_drift(&v, &q, s.a, &t, &n, &e), 0);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(t[i].incidents, t[i].view == UI ? 0 : 1);
	shut(&s);
}

static void contradicting(void **state)
{
	struct shop s = shop();
	AUTO_BUF struct buf one = {0}, two = {0};
	buf_init(&one, 1 << 20);
	buf_init(&two, 1 << 20);
	for (int i = 0; i < 40; i++) {
		buf_printf(&one, "Clinic of %c%c,TX,Healthcare Provider,%d,10/%02d/2024,Theft,Laptop,No,\n", 'A' + i / 26, 'A' + i % 26, 700 + i * i * 37, 31 - i % 28);
		buf_printf(&two, "Clinic of %c%c,TX,Healthcare Provider,%d,10/%02d/2024,Theft,Laptop,No,\n", 'A' + i / 26, 'A' + i % 26, 900 + i * i * 31, 31 - i % 28);
	}
	add(&s, buf_cstr(&one), UI, "2024-11-08");
	struct registry_added x = add(&s, buf_cstr(&two), UI, "2024-11-09");
	assert_true(told(&x, "contradicts"));
	assert_true(said(&(struct registry_basis){.w = figures(&s, UI, NULL, 0).basis.w, .w_n = figures(&s, UI, NULL, 0).basis.w_n}, "doubt"));
	x = add(&s, ALPHA, UI, "2024-11-09");
	assert_true(told(&x, "same-day"));
	add(&s, buf_cstr(&one), AR, "2025-01-01");
	buf_reset(&two);
	for (int i = 0; i < 20; i++)
		buf_printf(&two, "Other %c,TX,Healthcare Provider,%d,10/%02d/2020,Theft,Laptop,No,\n", 'A' + i, 700 + i, 1 + i);
	x = add(&s, buf_cstr(&two), AR, "2025-02-01");
	assert_true(told(&x, "vanished"));
	shut(&s);
}

static void places(void **state)
{
	struct shop s = shop();
	struct registry_places p;
	struct registry_bin *bin;
	struct registry_basis b;
	struct err e = {0};
	size_t n, sum = 0, place = 0;
	add(&s, "A,TX,Health Plan,1000,01/05/2024,Theft,Laptop,No,\nB,TX,Health Plan,2000,01/04/2024,Loss,Laptop,No,\nC,CA,Health Plan,3000,01/03/2024,Theft,Laptop,No,\nD,CA,Health Plan,2000,01/02/2024,Theft,Laptop,No,\nE,CA,Health Plan,500,01/02/2024,Theft,Laptop,No,\n", REGISTRY_FULL, "2024-10-08");
	struct registry_all v = all(&s);
	const struct registry_question q = {.view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY, .state = SLICE("CA"), .type = SLICE("Theft"), .entity_type = SLICE("Nobody")};
	assert_int_equal(registry_place(&v, &q, 2000, s.a, &p, &e), 0);
	assert_int_equal(p.all.among, 4); /* without the placeholder */
	assert_int_equal(p.all.smaller, 1);
	assert_int_equal(p.all.equal, 2);
	assert_int_equal(p.all.below, 500);
	assert_int_equal(p.state.among, 2);
	assert_int_equal(p.type.among, 3);
	assert_int_equal(p.entity_type.among, 0);
	assert_true(p.larger[0] != 0 && p.larger[1] == 0);
	const struct registry_question every = {.view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY};
	assert_int_equal(registry_distribution(&v, &every, s.a, &bin, &n, &b, &e), 0);
	for (size_t i = 0; i < n; i++) {
		sum += bin[i].incidents;
		place += bin[i].placeholders;
		assert_true(i == 0 || bin[i].from == bin[i - 1].to + 1);
	}
	assert_int_equal(sum, 4);
	assert_int_equal(place, 1);
	shut(&s);
}

static void nothing_yet(void **state)
{
	struct shop s = shop();
	struct registry_all v = all(&s);
	struct registry_figures f;
	struct err e = {0};
	struct registry_question q = {.view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY};
	assert_int_equal(registry_figures(&v, &q, 20, s.a, &f, &e), ERR_NO);
	add(&s, ALPHA, UI, "2024-10-08");
	v = all(&s);
	q.as_of = day("2024-01-01");
	assert_int_equal(registry_figures(&v, &q, 20, s.a, &f, &e), ERR_NO);
	q.as_of = REGISTRY_NO_DAY;
	q.view = AR;
	assert_int_equal(registry_figures(&v, &q, 20, s.a, &f, &e), ERR_NO);
	shut(&s);
}

static void kept(void **state)
{
	struct shop s = shop();
	struct slice text, raw;
	struct err e = {0};
	add(&s, "Children\x83??s,TX,Health Plan,1000,01/05/2024,Theft,Laptop,No,\"Said \x83??it\x83?\x9d.\"\n" BETA, AR, "2024-10-08");
	struct registry_all v = all(&s);
	for (size_t i = 0; i < v.revision_n; i++) {
		assert_int_equal(registry_description(s.r, &v, i, s.a, &text, &raw, &e), 0);
		bool broken = v.revision[i].row.persons == 1000;
		assert_int_equal(raw.n > 0, broken);
		assert_int_equal(text.n > 0, broken);
		if (broken)
			assert_non_null(memmem(raw.p, raw.n, "Children\x83??s", 12));
	}
	assert_int_equal(registry_description(s.r, &v, v.revision_n, s.a, &text, &raw, &e), ERR_NOT_FOUND);
	shut(&s);
}

static void entries(void **state)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	AUTO_BUF struct buf b = {0}, c = {0};
	struct registry_entry x = {.source = REGISTRY_OCR, .view = AR, .as_of_from = REGISTRY_AS_OF_OTHER, .as_of = day("2024-10-08"), .today = day("2026-11-23"), .file = SLICE("a.csv"), .by = SLICE("ann"), .map = SLICE_NULL, .bytes = SLICE(HEAD BETA), .rows = 1}, y;
	struct registry_list l;
	struct err e = {0};
	x.sha256[31] = 9;
	buf_init(&b, 1 << 20);
	buf_init(&c, 1 << 20);
	assert_int_equal(registry_entry_put(&x, &b, &e), 0);
	assert_int_equal(registry_entry_get(buf_slice(&b), a, &y, &e), 0);
	assert_int_equal(registry_entry_put(&y, &c, &e), 0);
	assert_true(slice_eq(buf_slice(&b), buf_slice(&c)));
	assert_int_equal(registry_entry_list(&y, a, &l, &e), 0);
	assert_int_equal(l.n, 1);
	is_day(l.as_of, "2024-10-08");
	static const char *const bad[] = {"", "{}\n", "{\"v\":2,\"what\":\"import\"}\n", "{\"v\":1,\"what\":\"import\",\"source\":\"ocr\",\"view\":\"both\"}\nx", "{\"v\":1,\"what\":\"import\",\"source\":\"ocr\",\"view\":\"full\",\"as_of_from\":9}\nx"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(registry_entry_get(slice_str(bad[i]), a, &y, &e), ERR_INPUT);
}

static void files(void **state)
{
	char dir[] = "/tmp/registry-XXXXXX", path[64];
	struct registry *r;
	struct err e = {0};
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/x.db", dir);
	assert_int_equal(registry_open(path, REGISTRY_READ, &r, &e), ERR_NOT_FOUND);
	assert_int_equal(file_replace(-100, path, SLICE("this is no database, and long enough to be read as one: it has to be refused with a sentence"), 0600, &e), 0);
	assert_int_equal(registry_open(path, REGISTRY_WRITE, &r, &e), ERR_CORRUPT);
	assert_int_equal(remove(path), 0);
	assert_int_equal(registry_open(path, REGISTRY_WRITE, &r, &e), 0);
	registry_close(r);
	assert_int_equal(registry_open(path, REGISTRY_READ, &r, &e), 0);
	registry_close(r);
	remove(path);
	remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_lists), cmocka_unit_test(twice), cmocka_unit_test(same_key), cmocka_unit_test(revised), cmocka_unit_test(renamed), cmocka_unit_test(merged), cmocka_unit_test(perhaps_merged), cmocka_unit_test(values_of_warnings), cmocka_unit_test(left_the_list), cmocka_unit_test(contradicting),
		cmocka_unit_test(places), cmocka_unit_test(nothing_yet), cmocka_unit_test(kept), cmocka_unit_test(entries), cmocka_unit_test(files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
