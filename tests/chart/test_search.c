/* Rule 3: the right patient: search by name, sound, birth date, number, now and as of then; look-alikes; masked records; what the header says is what folding says. */
#include "story.h"

static struct chart_row *found(struct story *s, const char *text, uint64_t end, size_t *ret_n)
{
	struct chart_row *a, *b;
	size_t n, m;
	OK(chart_search(s->sql, slice_str(text), (struct chart_moment){.end = end}, 20, s->a, &a, &n, e));
	OK(chart_search(s->mem, slice_str(text), (struct chart_moment){.end = end}, 20, s->a, &b, &m, e));
	assert_int_equal(n, m);
	for (struct chart_row *x = a, *y = b; x; x = x->next, y = y->next)
		assert_string_equal(x->id, y->id);
	*ret_n = n;
	return a;
}

/* The record numbers found, in order, with blanks between. */
static const char *numbers(struct story *s, const char *text, uint64_t end)
{
	static char out[4][400];
	static int turn;
	char *to = out[turn++ % 4];
	size_t n;
	*to = 0;
	for (struct chart_row *r = found(s, text, end, &n); r; r = r->next)
		snprintf(to + strlen(to), 400 - strlen(to), "%s%.*s", *to ? " " : "", SLICE_FMT(r->number));
	return to;
}
#define FIND(s, text) numbers(s, text, CHART_NOW)

static void person(struct story *s, const char *number, const char *rest)
{
	char text[600];
	snprintf(text, sizeof text, "ADT^A28 EHR@HOSP 2026-11-01T08:00 | %s@HOSP:MR %s", number, rest);
	tell(s, text);
}

static void test_names(void **state)
{
	struct story *s = story_new();
	person(s, "1", "| patient name=SMITH^JOHN^ALAN birth=1957-03-12");
	person(s, "2", "| patient name=SMITHSON^JO birth=1957-03-13");
	person(s, "3", "| patient name=M\xc3\xbcLLER-SCHMIDT^J\xc3\xbcRGEN birth=1940-01-01");
	person(s, "4", "| patient name=O'NEIL^PAT birth=1980-06-07");
	person(s, "5", "| patient name=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x98\x8e birth=1990-01-02");
	person(s, "6", "| patient name=GARCIA_MARQUEZ^ANA_MARIA birth=1999-09-09");
	assert_string_equal(FIND(s, "smith"), "1 2 3"); /* the whole word, the beginning, the sound */
	assert_string_equal(FIND(s, "SMITH John"), "1");
	assert_string_equal(FIND(s, "john smith"), "1");
	assert_string_equal(FIND(s, "jo smi"), "2 1"); /* beginnings, both ways round */
	assert_string_equal(FIND(s, "smith, john alan"), "1");
	assert_string_equal(FIND(s, "smith john kurt"), "");
	assert_string_equal(FIND(s, "muller"), "3");
	assert_string_equal(FIND(s, "M\xc3\x9cLLER"), "3");
	assert_string_equal(FIND(s, "schmidt jurgen"), "3");
	assert_string_equal(FIND(s, "oneil"), "4");
	assert_string_equal(FIND(s, "o'neil pat"), "4");
	assert_string_equal(FIND(s, "\xe7\x8e\x8b"), "5");
	assert_string_equal(FIND(s, "\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e"), "5");
	assert_string_equal(FIND(s, "marquez ana"), "6");
	assert_string_equal(FIND(s, "smyth jon"), "1"); /* how it sounds */
	assert_string_equal(FIND(s, "schmitt juergen"), "3");
	assert_string_equal(FIND(s, "1957-03-12"), "1");
	assert_string_equal(FIND(s, "12.03.1957"), "1");
	assert_string_equal(FIND(s, "19570312"), "1");
	assert_string_equal(FIND(s, "12/03/1957 smith"), "1");
	assert_string_equal(FIND(s, "1957-03-12 smithson"), "");
	assert_string_equal(FIND(s, ""), "");
	assert_string_equal(FIND(s, "   "), "");
	assert_string_equal(FIND(s, "zzz"), "");
	both_agree(s);
	story_free(s);
}

/* As people write what they were told: the sender wrote it otherwise. */
static void test_other_spellings(void **state)
{
	struct story *s = story_new();
	person(s, "1", "| patient name=O'Connor^Sinéad birth=1957-03-12");
	person(s, "2", "| patient name=O’Neill^Pat birth=1980-06-07");
	person(s, "3", "| patient name=Müller^Jürgen birth=1940-01-01");
	person(s, "4", "| patient name=Mueller^Hans birth=1941-01-01");
	person(s, "5", "| patient name=Muller^Piet birth=1942");
	person(s, "6", "| patient name=Schäfer-Groß^Anna-Lena birth=1990-05-05");
	person(s, "7", "| patient name=van_den_Berg^Maria birth=1991-05-05");
	person(s, "8", "| patient name=やまだ^たろう birth=1970-01-01");
	person(s, "9", "| patient name=ｽｽﾞｷ^ﾊﾅｺ birth=1971-01-01");
	person(s, "10", "| patient name=Bauer^Samuel birth=1975-01-01");
	person(s, "11", "| patient name=O_Brien^Mary birth=1976-01-01");
	person(s, "12", "| patient name=Smith^John birth=1957-03-12");
	person(s, "13", "| patient name=Smith^John birth=1958-03-12");
	person(s, "14", "| patient name=Smithson^Jo birth=1957");
	person(s, "15", "| patient name=パク・ジョン birth=1977-01-01");
	static const struct {
		const char *text, *want;
	} asked[] = {
		{"O Connor", "1"}, {"o'connor", "1"}, {"O’Connor", "1"}, {"oconnor sinead", "1"}, {"o connor sinead", "1"}, {"sinead o connor", "1"}, {"O'Connor 1957", "1"}, {"o connor 1957-03-12", "1"},
		{"o neill", "2"}, {"O'Neill pat", "2"}, {"o'brien", "11"}, {"obrien mary", "11"}, {"mary o brien", "11"},
		{"mueller", "4 5 3"}, {"Müller", "4 5 3"}, {"muller", "4 5 3"}, {"Mueller Jürgen", "3"}, {"juergen mueller", "3"}, {"müller hans", "4"}, {"mueller 1940", "3"}, {"muller 1941", "4"},
		{"müller 1942", "5"}, {"mueller 01.01.1940", "3"}, {"muller 01.01.1941", "4"},
		{"schaefer gross", "6"}, {"gross schaefer", "6"}, {"Groß-Schäfer", "6"}, {"schäfer‐groß anna", "6"}, {"schafergross", "6"}, {"annalena schaefer", "6"}, {"anna lena", "6"}, {"lena anna gross", "6"},
		{"berg van den", "7"}, {"vandenberg", "7"}, {"van denberg maria", "7"}, {"maria vandenberg", "7"},
		{"ヤマダ", "8"}, {"ﾔﾏﾀﾞ", "8"}, {"やまだ", "8"}, {"たろう ヤマダ", "8"}, {"やまだ　たろう", "8"}, {"やまだたろう", "8"}, {"スズキ", "9"}, {"すずき はなこ", "9"}, {"ジョン", "15"},
		{"bauer", "10"}, {"samuel bauer", "10"}, {"bauer 1975", "10"},
		{"smith 1957", "12 14"}, {"1957 smith", "12 14"}, {"john smith 1958", "13"}, {"smith john １９５８", "13"}, {"smith 1959", ""}, {"smyth 1958", "13"}, {"１９５７－０３－１２ smith", "12"},
	};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		const char *got = FIND(s, asked[i].text);
		if (strcmp(got, asked[i].want))
			fail_msg("'%s' finds '%s' and not '%s'", asked[i].text, got, asked[i].want);
	}
	both_agree(s);
	story_free(s);
}

/* The number of one assigner, as the sender wrote it or in another case. */
static void test_number_of_an_assigner(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A28 EHR@HOSP 2026-11-01T08:00 | 7@GAB:MR | patient name=ADAM^ONE birth=1957-03-12");
	tell(s, "ADT^A28 EHR@HOSP 2026-11-01T08:01 | 7@urn:oid:1.2.3:MR | patient name=BAKER^TWO birth=1958-03-12");
	tell(s, "ADT^A28 EHR@HOSP 2026-11-01T08:02 | 71@GAB:MR +A-7@ACC:AN | patient name=CLARK^SIX birth=1959-03-12");
	size_t n;
	static const struct {
		const char *text, *family;
	} asked[] = {{"7@GAB", "ADAM"}, {"7@gab", "ADAM"}, {"7 @ GAB", "ADAM"}, {"７＠ＧＡＢ", "ADAM"}, {"71@gab", "CLARK"}, {"A7@acc", "CLARK"}, {"７１", "CLARK"}, {"7@ACC", ""}, {"7@GA", ""}, {"7@", NULL}, {"@GAB", ""}};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		struct chart_row *r = found(s, asked[i].text, CHART_NOW, &n);
		if (!asked[i].family)
			continue; /* no assigner: whose number is 7 */
		if (n != (*asked[i].family ? 1 : 0) || (n && !slice_eq_str(r->name_family, asked[i].family)))
			fail_msg("'%s' finds %zu", asked[i].text, n);
	}
	found(s, "7", CHART_NOW, &n);
	assert_int_equal(n, 2);
	both_agree(s);
	story_free(s);
}

static void test_numbers(void **state)
{
	struct story *s = story_new();
	person(s, "MRN-0042", "+987-65-4321@SSA:SS +ACC77@HOSP:AN | patient name=SMITH^JOHN");
	person(s, "MRN-0043", "| patient name=DIAZ^ANA | visit action=admit visit=V-900 class=inpatient location=3W^1");
	assert_string_equal(FIND(s, "MRN-0042"), "MRN-0042");
	assert_string_equal(FIND(s, "mrn0042"), "MRN-0042");
	assert_string_equal(FIND(s, "mrn00"), "MRN-0043 MRN-0042");
	assert_string_equal(FIND(s, "987654321"), "MRN-0042");
	assert_string_equal(FIND(s, "acc77"), "MRN-0042");
	assert_string_equal(FIND(s, "v900"), "MRN-0043");
	tell(s, "ADT^A40 EHR@HOSP 2026-11-01T09:00 | MRN-0043@HOSP:MR | identity action=merge other=MRN-0042^HOSP^MR");
	size_t n;
	struct chart_row *r = found(s, "MRN-0042", CHART_NOW, &n);
	assert_int_equal(n, 1);
	assert_slice(r->number, "MRN-0043"); /* the survivor, marked as found under a number that was merged away */
	assert_true(r->merged);
	assert_false(found(s, "MRN-0043", CHART_NOW, &n)->merged);
	both_agree(s);
	story_free(s);
}

/* As of then: only what was known; a maiden name still finds. */
static void test_as_of(void **state)
{
	struct story *s = story_new();
	person(s, "1", "| patient name=MILLER^ANNE birth=1980-01-01");
	uint64_t married = s->n;
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T09:00 | 1@HOSP:MR | patient name=BAKER^ANNE");
	assert_string_equal(numbers(s, "baker", married), "");
	assert_string_equal(numbers(s, "miller", married), "1");
	assert_string_equal(numbers(s, "miller", 0), "");
	assert_string_equal(FIND(s, "baker anne"), "1");
	assert_string_equal(FIND(s, "miller"), "1");
	assert_string_equal(FIND(s, "anne miller"), "1");
	size_t n;
	assert_slice(found(s, "miller", married, &n)->name_family, "MILLER");
	assert_slice(found(s, "miller", CHART_NOW, &n)->name_family, "BAKER");
	story_free(s);
}

/* Of a thousand of one name those who are here come first. */
static void test_present_first(void **state)
{
	struct story *s = story_new();
	char number[20];
	for (int i = 0; i < 150; i++) {
		snprintf(number, sizeof number, "%d", 100 + i);
		person(s, number, i == 140 ? "| patient name=SMITH^ZOE | visit action=admit visit=V1 class=inpatient location=3W^1" : "| patient name=SMITH^ADAM");
	}
	size_t n;
	struct chart_row *r = found(s, "smith", CHART_NOW, &n);
	assert_int_equal(n, 20);
	assert_slice(r->number, "240");
	assert_slice(r->place.unit, "3W");
	story_free(s);
}

static void test_lookalikes(void **state)
{
	struct story *s = story_new();
	person(s, "1", "| patient name=MARTIN^JEANNE birth=1957-03-12 | visit action=admit visit=V1 class=inpatient location=3W^1");
	person(s, "2", "| patient name=MARTEN^JEAN birth=1962-01-01 | visit action=admit visit=V2 class=inpatient location=3W^2");
	person(s, "3", "| patient name=KOWALSKI^EWA birth=1957-03-12 | visit action=admit visit=V3 class=inpatient location=3W^3");
	person(s, "4", "| patient name=MARTINE^ZOE birth=1957-03-12");
	struct chart_row *rows;
	size_t n;
	OK(chart_census(s->sql, STORY_NOW, SLICE_NULL, s->a, &rows, &n, e));
	assert_int_equal(n, 3);
	assert_true(rows->lookalike);             /* Martin Jeanne and Marten Jean */
	assert_true(rows->next->lookalike);
	assert_false(rows->next->next->lookalike); /* the same birthday alone is no likeness */
	assert_int_equal(PAGE(s, "1")->lookalikes, 2); /* Marten Jean by sound, Martine by birth date and near name */
	assert_int_equal(PAGE(s, "3")->lookalikes, 0);
	rows = found(s, "1", CHART_NOW, &n); /* found alone, and has a double nevertheless */
	assert_int_equal(n, 1);
	assert_true(rows->lookalike);
	assert_false(found(s, "kowalski", CHART_NOW, &n)->lookalike);
	/* merged: no longer two */
	tell(s, "ADT^A40 EHR@HOSP 2026-11-01T09:00 | 1@HOSP:MR | identity action=merge other=2^HOSP^MR");
	assert_int_equal(PAGE(s, "1")->lookalikes, 1);
	both_agree(s);
	story_free(s);
}

static void test_row(void **state)
{
	struct story *s = story_new();
	person(s, "1", "+77@NAT:NI | patient name=MARTIN^JEANNE birth=1957-03-12 sex=female | visit action=admit visit=V1 class=inpatient location=3W^1^A time=2026-11-01T08:00 | care-team role=attending performer=9^WHO^DOC"
	               "| allergy action=snapshot code=PCN^Penicillin | allergy action=snapshot code=LTX^Latex | flag id=PV2-41 category=precautions action=add code=ISO^Isolation");
	struct chart_row *r;
	size_t n;
	OK(chart_census(s->sql, STORY_NOW, SLICE_NULL, s->a, &r, &n, e));
	assert_slice(r->alerts, "allergies: Penicillin, Latex \xc2\xb7 Isolation");
	assert_slice(r->attending, "WHO, DOC");
	assert_slice(r->since, "2026-11-01T08:00");
	assert_slice(r->visit, "V1");
	assert_slice(r->visit_class, "inpatient");
	assert_slice(r->sex, "female");
	assert_int_equal(r->allergy_state, FHIR_LIST);
	assert_false(r->is_protected);
	assert_int_equal(r->received, STORY_START);
	/* a VIP is masked by whoever shows the row, until the flag is taken away */
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T09:00 | 1@HOSP:MR | flag id=PV1-16 category=vip action=add code=V protected=VIP | patient deceased=yes");
	OK(chart_census(s->sql, STORY_NOW, SLICE_NULL, s->a, &r, &n, e));
	assert_true(r->is_protected);
	assert_true(r->deceased);
	assert_true(PAGE(s, "1")->is_protected);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T10:00 | 1@HOSP:MR | flag id=PV1-16 category=vip action=delete");
	OK(chart_census(s->sql, STORY_NOW, SLICE_NULL, s->a, &r, &n, e));
	assert_false(r->is_protected);
	both_agree(s);
	story_free(s);
}

static const struct chart_row *row_of(struct story *s, const char *number)
{
	size_t n;
	const struct chart_row *r = found(s, number, CHART_NOW, &n);
	assert_int_equal(n, 1);
	return r;
}

/* The row is kept as messages come, the page is folded from all of them: the same, whatever came late or twice. */
static void test_row_is_the_page(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T12:00 | 1@HOSP:MR | allergy action=snapshot code=B^Bee");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T10:00 | 1@HOSP:MR | allergy action=snapshot code=A^Ant"); /* late: an older list */
	assert_slice(row_of(s, "1")->alerts, "allergies: Bee");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T14:00 | 1@HOSP:MR | allergy action=snapshot code=A^Ant"); /* the same words, and now they are the newest */
	assert_slice(row_of(s, "1")->alerts, "allergies: Ant");
	assert_non_null(item(PAGE(s, "1"), CHART_ALLERGIES, "A"));
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T13:00 | 1@HOSP:MR | allergy action=snapshot code=B^Bee");
	assert_slice(row_of(s, "1")->alerts, "allergies: Ant");
	/* two record numbers of one person, each with its own registration: the newest statement wins, also one that repeats what was said before */
	tell(s, "ADT^A04 EHR@EAST 2026-11-01T08:00 | 500@EAST:MR +E5@EPIC:EPI | patient name=SMITH^JOHN birth=1957-03-12");
	tell(s, "ADT^A04 EHR@WEST 2026-11-01T09:00 | 700@WEST:MR +E5@EPIC:EPI | patient name=SMYTH^JOHN birth=1957-03-12");
	assert_slice(row_of(s, "500")->name_family, "SMYTH");
	tell(s, "ADT^A08 EHR@EAST 2026-11-01T10:00 | 500@EAST:MR | patient name=SMITH^JOHN");
	assert_slice(row_of(s, "500")->name_family, "SMITH");
	tell(s, "ADT^A08 EHR@WEST 2026-11-01T11:00 | 700@WEST:MR | patient name=SMYTH^JOHN");
	assert_slice(row_of(s, "700")->name_family, "SMYTH");
	assert_slice(fact_part(fact_get(PAGE(s, "500@EAST")->demographics->fact, FF_NAME), FN_FAMILY), "SMYTH");
	both_agree(s);
	story_free(s);
}

static void test_words(void **state)
{
	static const struct {
		const char *a, *b;
		bool near;
	} pairs[] = {{"smith", "smyth", true}, {"smith", "smithe", true}, {"meyer", "maier", true}, {"philip", "filip", true}, {"catherine", "katharina", true}, {"jon", "john", true}, {"ana", "eva", false},
	             {"martin", "merten", true}, {"lee", "li", false}, {"garcia", "gracia", true}, {"wagner", "walker", false}, {"kim", "tim", false}};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (words_near(slice_str(pairs[i].a), slice_str(pairs[i].b)) != pairs[i].near)
			fail_msg("%s and %s", pairs[i].a, pairs[i].b);
	char d[11];
	assert_true(word_date(SLICE("31.12.2000"), d));
	assert_string_equal(d, "2000-12-31");
	assert_true(word_date(SLICE("12/31/2000"), d));
	assert_string_equal(d, "2000-12-31");
	assert_false(word_date(SLICE("31.02.2000"), d));
	assert_false(word_date(SLICE("12345678"), d));
	assert_false(word_date(SLICE("1.2"), d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_other_spellings), cmocka_unit_test(test_number_of_an_assigner), cmocka_unit_test(test_numbers), cmocka_unit_test(test_as_of), cmocka_unit_test(test_present_first), cmocka_unit_test(test_lookalikes), cmocka_unit_test(test_row), cmocka_unit_test(test_row_is_the_page),
	                                   cmocka_unit_test(test_words)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
