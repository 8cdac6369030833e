/* Who must be warned of, and who must not: a warning that half of the beds wear is not read. */
#include "story.h"

static unsigned number;

/* Returns the record number. */
static const char *lies(struct story *s, const char *name, const char *birth, const char *unit)
{
	char text[300];
	const char *id = arena_printf(s->a, "%u", 1000 + ++number);
	snprintf(text, sizeof text, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | %s@HOSP:MR | patient name=%s birth=%s | visit action=admit visit=V%s class=inpatient location=%s^1^%s", id, name, birth, id, unit, id);
	tell(s, text);
	return id;
}

static bool warned(struct story *s, const char *id, const char *unit)
{
	struct chart_row *rows;
	size_t n;
	OK(chart_census(s->sql, STORY_NOW, slice_str(unit), s->a, &rows, &n, e));
	for (; rows; rows = rows->next)
		if (slice_eq_str(rows->number, id))
			return rows->lookalike;
	fail_msg("%s is not in the list", id);
	return false;
}

struct pair {
	const char *name[2], *birth[2];
	bool alike;
};
static const struct pair pairs[] = {
	/* must */
	{{"SMITH^JOHN", "SMITH^JOHN"}, {"1957-03-12", "1988-01-01"}, true},
	{{"SMITH^JOHN", "SMYTHE^JON"}, {"1957-03-12", "1988-01-01"}, true},         /* by sound */
	{{"HANSEN^CHRISTINE", "HANSON^CHRIS"}, {"1957-03-12", "1988-01-01"}, true}, /* one the beginning of the other */
	{{"FRANKLIN^HOPE", "HOPE^FRANKLIN"}, {"1957-03-12", "1988-01-01"}, true},   /* exchanged */
	{{"TWINN^ANNA", "TWINN^BERTA"}, {"2026-10-30", "2026-10-30"}, true},        /* twins */
	{{"MEIER^ANNA", "MAIER^OTTO"}, {"1957-03-12", "1957-03-12"}, true},
	{{"M\xc3\xbcLLER^UTE", "MULLER^UTE"}, {"1957-03-12", "1988-01-01"}, true},
	{{"GARC\xc3\x8d" "A^ANA", "GARCIA_LOPEZ^ANA"}, {"1957-03-12", "1988-01-01"}, true},
	{{"OSEI^", "OSEI^KWAME"}, {"1957-03-12", "1988-01-01"}, true},              /* of one the given name is not known */
	{{"\xe7\x8e\x8b^\xe5\xbb\xba\xe5\x9b\xbd", "\xe7\x8e\x8b^\xe5\xbb\xba\xe5\x8d\x8e"}, {"1957-03-12", "1988-01-01"}, true}, /* 王建国 王建华 */
	/* must not */
	{{"SMITH^JOHN", "SMITH^AGATHA"}, {"1957-03-12", "1988-01-01"}, false},      /* a common family name alone */
	{{"SMITH^JOHN", "SMITH^JAMES"}, {"1957-03-12", "1988-01-01"}, false},       /* ... and a first letter */
	{{"SMITH^JOHN", "KOWALSKI^JOHN"}, {"1957-03-12", "1988-01-01"}, false},     /* a given name alone */
	{{"SMITH^JOHN", "KOWALSKI^EWA"}, {"1957-03-12", "1957-03-12"}, false},      /* a birthday alone */
	{{"\xe7\x8e\x8b^\xe5\xbb\xba\xe5\x9b\xbd", "\xe7\x8e\x8b^\xe4\xbc\x9f"}, {"1957-03-12", "1988-01-01"}, false}, /* 王建国 王伟 */
	{{"\xe7\x8e\x8b^\xe8\x8a\xb3", "\xe6\x9d\x8e^\xe8\x8a\xb3"}, {"1957-03-12", "1988-01-01"}, false},             /* 王芳 李芳 */
	{{"NGUYEN^LINH", "NGUYEN^TUAN"}, {"1957-03-12", "1988-01-01"}, false},
};

static void test_pairs(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct story *s = story_new();
		const char *a = lies(s, pairs[i].name[0], pairs[i].birth[0], "3W"), *b = lies(s, pairs[i].name[1], pairs[i].birth[1], "3W");
		for (int k = 0; k < 2; k++)
			if (warned(s, k ? a : b, "") != pairs[i].alike || warned(s, k ? a : b, "3W") != pairs[i].alike)
				fail_msg("%s and %s: must %sbe warned of", pairs[i].name[0], pairs[i].name[1], pairs[i].alike ? "" : "not ");
		both_agree(s);
		story_free(s);
	}
}

/* The list of a unit and that of the house agree; in another unit nobody is warned of by the bed list, and by the page all the same. */
static void test_units(void **state)
{
	struct story *s = story_new();
	const char *a = lies(s, "SMITH^JOHN", "1957-03-12", "3W"), *b = lies(s, "SMITH^JOHN", "1960-01-01", "4E"), *c = lies(s, "DOE^JANE", "1960-01-01", "4E");
	assert_false(warned(s, a, "") || warned(s, a, "3W") || warned(s, b, "") || warned(s, b, "4E") || warned(s, c, ""));
	assert_int_equal(PAGE(s, a)->lookalikes, 1);
	assert_int_equal(PAGE(s, c)->lookalikes, 0);
	lies(s, "SMITH^JOHN", "1961-01-01", "3W");
	assert_true(warned(s, a, "") && warned(s, a, "3W"));
	assert_false(warned(s, b, "") || warned(s, b, "4E"));
	assert_int_equal(PAGE(s, a)->lookalikes, 2);
	story_free(s);
}

/* Who is not here counts only when born on the same day. */
static void test_page(void **state)
{
	struct story *s = story_new();
	const char *a = lies(s, "SMITH^JOHN", "1957-03-12", "3W");
	for (int i = 0; i < 450; i++) { /* a name so common that those in the house are asked one by one */
		char text[200];
		snprintf(text, sizeof text, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 9%d@HOSP:MR | patient name=SMITH^JOHN birth=19%02d-01-01", i, i % 50 + 20);
		tell(s, text);
	}
	assert_int_equal(PAGE(s, a)->lookalikes, 0);
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 801@HOSP:MR | patient name=SMITH^JOAN birth=1957-03-12");
	assert_int_equal(PAGE(s, a)->lookalikes, 1);
	lies(s, "SMITH^JOHN", "1990-01-01", "4E");
	lies(s, "SMYTH^JON", "1990-01-01", "4E");
	assert_int_equal(PAGE(s, a)->lookalikes, 3);
	both_agree(s);
	story_free(s);
}

/* A unit longer than each is compared with each: those of one sound, and those born on one day. */
static void test_long_list(void **state)
{
	struct story *s = story_new();
	for (int i = 0; i < 300; i++) {
		char name[40], birth[16];
		snprintf(name, sizeof name, "%c%c%cUS^%c%cRA", 'A' + i % 26, "AEIO"[i % 4], 'B' + i / 26, 'B' + i % 20, "AEIO"[i % 3]);
		snprintf(birth, sizeof birth, "19%02d-%02d-%02d", 30 + i / 12 % 60, 1 + i % 12, 1 + i % 28);
		lies(s, name, birth, "3W");
	}
	const char *a = lies(s, "WASHINGTON^GEORGE", "1957-03-29", "3W"), *b = lies(s, "WASHINGTON^GEORG", "1960-01-30", "3W"), *c = lies(s, "ZUCKERMANN^ADA", "1999-09-29", "3W"), *d = lies(s, "ZUCKERMANN^EVE", "1999-09-29", "3W"),
	           *f = lies(s, "WASHINGTON^PETER", "1990-03-31", "3W");
	assert_true(warned(s, a, "") && warned(s, b, "3W") && warned(s, c, "") && warned(s, d, ""));
	assert_false(warned(s, f, ""));
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs), cmocka_unit_test(test_units), cmocka_unit_test(test_page), cmocka_unit_test(test_long_list)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
