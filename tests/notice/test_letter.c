/* Letters: the five blocks, this person's data and nobody else's, acquired and accessed apart; to whom they go; protected records; what states ask for; each figure from its entry; four languages. */
#include "letters.h"

#define TEN "0123456789"
#define TWO_HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

#define LETTER(the_case, person, refs) \
	struct arena *a = arena_new((size_t)64 << 20); \
	AUTO_BUF struct buf b = {0}; \
	struct notice_letter l; \
	(void)state; \
	enum notice_fate fate = letter_of(the_case, person, refs, a, &l, &b)

static void five_blocks(void **state)
{
	LETTER(CASE, "{" MARIA ",\"acquired\":[\"name\",\"ssn\"],\"accessed\":[\"ssn\",\"ins\"]}", false);
	assert_int_equal(fate, NOTICE_MAIL);
	static const char *const order[] = {"Maria Lopez 12 Oak St Austin, TX 78702", "Notice of Data Breach", "Dear Maria Lopez:", "What Happened?", "On July 5, 2026, we learned that criminals", "between June 30, 2026 and July 5, 2026", "They came by night.", "What Information Was Involved?",
		"copied or took files that held this information about you: \xe2\x80\xa2 name \xe2\x80\xa2 Social Security number", "opened, or was able to open, files that held this information about you: \xe2\x80\xa2 health insurance number We list", "What We Are Doing", "We shut them out.", "What You Can Do", "24 months of WatchCo",
		"www.irs.gov/ippin", "Equifax", "For More Information", "1-800-555-0142", "Llame al 1-800-555-0142"};
	const char *at = buf_cstr(&b);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const char *hit = strstr(at, order[i]);
		if (!hit)
			fail_msg("'%s' is not there, or not in its place: %s", order[i], at);
		at = hit;
	}
	has_not(&b, "[#");
	has_not(&b, "diagnosis");
	has_not(&b, "p1");
	assert_true(notice_code_ok(slice_str(l.code)));
	has(&b, l.code);
	assert_string_equal(l.template_id, "person-en");
	arena_free(a);
}

/* Another entry, another letter; another value, too. */
static void an_entry_changes(void **state)
{
	static const struct {
		const char *was, *is, *from, *to;
	} table[] = {
		{"\"discovered\":4711", "\"discovered\":99", "July 5, 2026\xc2\xa0[#4711]", "[#99]"},
		{"\"window\":4712", "\"window\":98", "[#4712]", "[#98]"},
		{"\"months\":4713", "\"months\":97", "24\xc2\xa0[#4713] months", "[#97]"},
		{"\"US-RI\":4801", "\"US-RI\":96", "41\xc2\xa0[#4801] residents", "[#96]"},
		{"\"high\":41", "\"high\":43", "41\xc2\xa0[#4801] residents", "43\xc2\xa0[#4801] residents"},
		{"\"discovered\":\"2026-07-05\"", "\"discovered\":\"2026-07-06T11:00:00Z\"", "July 5, 2026\xc2\xa0[#4711]", "July 6, 2026\xc2\xa0[#4711]"},
	};
	const char *person = "{\"person_id\":\"p1\",\"first\":\"M\",\"last\":\"L\",\"addr1\":\"1\",\"city\":\"Providence\",\"state\":\"RI\",\"zip\":\"02903\",\"acquired\":\"ssn\"}";
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO_BUF struct buf changed = {0};
		buf_init(&changed, 1 << 16);
		const char *at = strstr(CASE, table[i].was);
		assert_non_null(at);
		buf_add(&changed, CASE, (size_t)(at - CASE));
		buf_str(&changed, table[i].is);
		buf_str(&changed, at + strlen(table[i].was));
		LETTER(CASE, person, true);
		AUTO_BUF struct buf other = {0};
		struct notice_letter m;
		assert_int_equal(fate, NOTICE_MAIL);
		/* the text on paper has ordinary blanks where one does not break */
		letter_of(buf_cstr(&changed), person, true, a, &m, &other);
		char from[80], to[80];
		snprintf(from, sizeof from, "%s", table[i].from);
		snprintf(to, sizeof to, "%s", table[i].to);
		for (char *t = strstr(from, "\xc2\xa0"); t; t = NULL)
			memmove(t + 1, t + 2, strlen(t + 1)), *t = ' ';
		for (char *t = strstr(to, "\xc2\xa0"); t; t = NULL)
			memmove(t + 1, t + 2, strlen(t + 1)), *t = ' ';
		has(&b, from);
		has(&other, to);
		has_not(&other, from);
		arena_free(a);
	}
}

static void to_whom(void **state)
{
	static const struct {
		const char *more;
		enum notice_fate fate;
		const char *address, *has;
	} table[] = {
		{"\"dob\":\"2008-08-21\"", NOTICE_MAIL, "To the Parent or Guardian of Maria Lopez 12 Oak St", "Dear Parent or Guardian:"},
		{"\"dob\":\"2008-08-20\"", NOTICE_MAIL, "Maria Lopez 12 Oak St", "Dear Maria Lopez:"}, /* eighteen on the day of the letter */
		{"\"dob\":\"2015-01-01\",\"guardian\":\"Luz Lopez\"", NOTICE_MAIL, "Luz Lopez To the Parent or Guardian of Maria Lopez", "24 months of WatchCo Kids"},
		{"\"minor\":true", NOTICE_MAIL, "To the Parent or Guardian of", "information about Maria Lopez"},
		{"\"dob\":\"03/01/2015\"", NOTICE_MAIL, "To the Parent or Guardian of", "Dear Parent or Guardian:"},
		{"\"dob\":\"01/09/2008\"", NOTICE_HOLD_BIRTH, NULL, NULL}, /* 9 January: eighteen; 1 September: not yet */
		{"\"dob\":\"01/09/2008\",\"minor\":false", NOTICE_MAIL, "Maria Lopez 12 Oak St", "Dear Maria Lopez:"},
		{"\"dob\":\"unknown\"", NOTICE_HOLD_BIRTH, NULL, NULL},
		{"\"minor\":true,\"protected\":[\"reproductive\"]", NOTICE_HOLD_MINOR, NULL, NULL},
		{"\"minor\":true,\"protected\":[\"reproductive\"],\"send_to\":\"person\"", NOTICE_MAIL, "Maria Lopez 12 Oak St", "Dear Maria Lopez:"},
		{"\"minor\":true,\"protected\":[\"hiv\"],\"send_to\":\"guardian\"", NOTICE_MAIL, "To the Parent or Guardian of", "Dear Parent or Guardian:"},
		{"\"deceased\":true", NOTICE_NO_KIN, NULL, NULL},
		{"\"deceased\":true,\"kin\":\"Luke Poe\"", NOTICE_MAIL, "Luke Poe Next of Kin of Maria Lopez", "Dear Luke Poe:"},
		{"\"deceased\":true,\"kin\":\"Luke Poe\",\"representative\":\"Eve Law\"", NOTICE_MAIL, "Eve Law Personal Representative of Maria Lopez", "Dear Eve Law:"},
		{"\"deceased\":true,\"estate\":true", NOTICE_MAIL, "Estate of Maria Lopez", "mark the credit file of Maria Lopez as deceased"},
		{"\"deceased\":true,\"kin\":\"Luke Poe\",\"bad_address\":true", NOTICE_NO_KIN, NULL, NULL},
		{"\"bad_address\":true", NOTICE_NO_ADDRESS, NULL, NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char person[400];
		snprintf(person, sizeof person, "{" MARIA ",\"acquired\":\"name\",%s}", table[i].more);
		LETTER(CASE, person, false);
		assert_int_equal(fate, table[i].fate);
		if (table[i].address) {
			has(&b, table[i].address);
			has(&b, table[i].has);
		}
		if (strstr(table[i].more, "deceased"))
			has_not(&b, "WatchCo");
		arena_free(a);
	}
}

/* What to do is said of whom the letter is about, and to whom it is sent: nobody is told to look after his own taxes because of a child's number. */
static void advice_for_others(void **state)
{
	static const char all[] = "\"acquired\":[\"name\",\"ssn\",\"account\",\"diagnosis\",\"mbi\",\"medicaid\",\"credentials\",\"dl\",\"passport\"]";
	static const char *const who[] = {"\"minor\":false", "\"minor\":true", "\"deceased\":true,\"kin\":\"Luke Poe\"", "\"minor\":true,\"protected\":[\"hiv\"],\"send_to\":\"person\""};
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		char person[600];
		bool own = i == 0 || i == 3;
		snprintf(person, sizeof person, "{" MARIA ",%s,%s}", all, who[i]);
		LETTER(CASE, person, false);
		assert_int_equal(fate, NOTICE_MAIL);
		static const char *const mine[] = {"used your identity", "Check your bank", "your doctors", "on your Medicare", "your state’s Medicaid", "Change your password", "gave you your driver", "your passport number", "tax return in your name"};
		static const char *const hers[] = {"the identity of Maria Lopez", "statements of Maria Lopez", "plan of Maria Lopez", "statement of Maria Lopez", "that Maria Lopez did not get", "password of Maria Lopez", "gave Maria Lopez a driver", "passport number of Maria Lopez"};
		for (size_t k = 0; k < ARRAY_LEN(mine); k++)
			(own ? has : has_not)(&b, mine[k]);
		for (size_t k = 0; k < ARRAY_LEN(hers); k++)
			(own ? has_not : has)(&b, hers[k]);
		(i == 1 ? has : has_not)(&b, "the child’s name");
		arena_free(a);
	}
}

static void who_has_none(void **state)
{
	static const struct {
		const char *person;
		enum notice_fate fate;
	} table[] = {
		{"{" MARIA "}", NOTICE_HOLD_NOTHING},
		{"{\"person_id\":\"x\",\"acquired\":\"name\",\"addr1\":\"1 A\",\"city\":\"B\",\"state\":\"TX\",\"zip\":\"1\"}", NOTICE_HOLD_NAME},
		{"{\"person_id\":\"x\",\"last\":\"A\",\"acquired\":\"name\",\"addr1\":\"1 A\",\"city\":\"B\",\"state\":\"TX\"}", NOTICE_NO_ADDRESS},
		{"{\"person_id\":\"x\",\"last\":\"A\",\"acquired\":\"name\"}", NOTICE_NO_ADDRESS},
		{"{\"person_id\":\"x\",\"last\":\"A\",\"acquired\":\"name\",\"city\":\"B\",\"zip\":\"1\",\"state\":\"TX\",\"addr1\":\"" TWO_HUNDRED "1\"}", NOTICE_HOLD_LONG},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		LETTER(CASE, table[i].person, false);
		assert_int_equal(fate, table[i].fate);
		assert_int_equal(b.n, 0);
		arena_free(a);
	}
}

/* The envelope and the first page of a protected record say neither who the sender is nor what it is about. */
static void protected_records(void **state)
{
	static const char *const persons[] = {"{" MARIA ",\"accessed\":\"name medication\",\"protected\":\"part2\"}", "{" MARIA ",\"accessed\":\"name behavioral\"}", "{" MARIA ",\"accessed\":\"name genetic behavioral\"}"};
	for (size_t i = 0; i < ARRAY_LEN(persons); i++) {
		LETTER(CASE, persons[i], false);
		assert_int_equal(fate, NOTICE_MAIL);
		assert_true(l.quiet);
		assert_string_equal(l.template_id, "person-en-quiet");
		assert_true(slice_starts(l.post.sender, "Mail Services\n1 River Road"));
		assert_true(l.post.apart > 0 && l.post.apart < l.post.n);
		for (size_t k = 0; k < l.post.apart; k++) {
			struct slice t = l.post.block[k].text;
			assert_null(memmem(t.p, t.n, "Recovery", 8));
			assert_null(memmem(t.p, t.n, "Breach", 6));
			assert_null(memmem(t.p, t.n, "health", 6));
		}
		has_not(&b, "mental health");
		has_not(&b, "genetic");
		if (i)
			has(&b, "health information We list"); /* once */
		arena_free(a);
	}
}

static void states(void **state)
{
	{ /* Massachusetts: police report, and the site's own words on what happened are left out; what federal law asks for stays */
		LETTER(CASE, "{\"person_id\":\"p\",\"last\":\"L\",\"addr1\":\"1\",\"city\":\"Boston\",\"state\":\"Massachusetts\",\"zip\":\"02110\",\"acquired\":\"ssn\"}", false);
		assert_int_equal(fate, NOTICE_MAIL);
		assert_string_equal(l.place, "US-MA");
		has(&b, "right to ask for a police report");
		has_not(&b, "They came by night");
		has(&b, "criminals");
		arena_free(a);
	}
	{ /* without a federal law behind it the nature is not said at all */
		AUTO_BUF struct buf c = {0};
		buf_init(&c, 1 << 16);
		const char *at = strstr(CASE, "covered-entity");
		buf_add(&c, CASE, (size_t)(at - CASE));
		buf_str(&c, "controller");
		buf_str(&c, at + 14);
		LETTER(buf_cstr(&c), "{\"person_id\":\"p\",\"last\":\"L\",\"addr1\":\"1\",\"city\":\"Boston\",\"state\":\"MA\",\"zip\":\"02110\",\"acquired\":\"ssn\"}", false);
		assert_int_equal(fate, NOTICE_MAIL);
		has_not(&b, "criminals");
		has(&b, "an incident that concerns the security of information about you");
		arena_free(a);
	}
	{
		LETTER(CASE, "{" MARIA ",\"acquired\":\"ssn\"}", false);
		assert_int_equal(fate, NOTICE_MAIL);
		has_not(&b, "If You Live in");
		arena_free(a);
	}
	{ /* France: no bureaus of the United States, the address at the right, A4 */
		LETTER(CASE, "{\"person_id\":\"p\",\"last\":\"Durand\",\"addr1\":\"3 rue\",\"city\":\"Lyon\",\"zip\":\"69003\",\"country\":\"FR\",\"language\":\"fr-FR\",\"acquired\":\"lab\"}", false);
		assert_int_equal(fate, NOTICE_MAIL);
		has(&b, "Madame, Monsieur,");
		has(&b, "69003 Lyon FRANCE");
		has_not(&b, "Equifax");
		assert_true(l.post.address_right && !l.post.us);
		arena_free(a);
	}
	struct notice_state st;
	size_t n = 0;
	while (notice_state_each(n, &st)) {
		char code[3] = {(char)st.code.p[3], (char)st.code.p[4], 0};
		assert_non_null(person_us_state(slice_str(code)));
		assert_true(st.citation.n && st.checked.n && st.agency.n);
		for (unsigned i = 0; i < NOTICE_LANGS; i++)
			assert_true(st.name[i].n);
		if (st.texts & (NOTICE_ST_AGENCY | NOTICE_ST_REPORT))
			assert_true(st.address.n && st.phone.n && st.web.n);
		n++;
	}
	assert_true(n >= 14);
}

static void languages(void **state)
{
	static const struct {
		const char *lang, *has;
		enum notice_lang is;
		bool fallback; /* there are no letters in it at all */
	} table[] = {{"es", "Llegaron de noche.", NOTICE_ES, false}, {"zh-CN", "2026\xe5\xb9\xb4" "7\xe6\x9c\x88" "5\xe6\x97\xa5", NOTICE_ZH, false}, {"de", "They came by night.", NOTICE_EN, true}, {"Spanish", "30 de junio de 2026", NOTICE_ES, false}, {"SPA", "Llegaron de noche.", NOTICE_ES, false}, {"unknown", "They came by night.", NOTICE_EN, false}, {"Klingon", "They came by night.", NOTICE_EN, true}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char person[400];
		snprintf(person, sizeof person, "{" MARIA ",\"acquired\":\"name ssn\",\"language\":\"%s\"}", table[i].lang);
		LETTER(CASE, person, false);
		assert_int_equal(fate, NOTICE_MAIL);
		assert_int_equal(l.lang, table[i].is);
		has(&b, table[i].has);
		assert_int_equal(l.fallback, table[i].fallback);
		arena_free(a);
	}
	/* the site has no words in the person's language: the case's own, and it is counted */
	LETTER(CASE_A "\"letter\":{\"date\":\"2026-08-20\",\"doing\":\"We watch.\"}}", "{" MARIA ",\"acquired\":\"name\",\"language\":\"fr\"}", false);
	assert_int_equal(fate, NOTICE_MAIL);
	assert_int_equal(l.lang, NOTICE_EN);
	assert_true(l.fallback);
	has_not(&b, "Use this code"); /* nothing is offered */
	arena_free(a);
}

static void what_is_missing(void **state)
{
	static const struct {
		const char *text, *key;
	} table[] = {
		{"{\"discovered\":\"2026-07-05\"}", "entity.name"},
		{"{\"discovered\":\"2026-07-05\",\"entity\":{\"name\":\"X\",\"address\":\"1 A\"},\"letter\":{\"date\":\"2026-08-01\"}}", "letter.doing"},
		{"{\"discovered\":\"2026-07-05\",\"entity\":{\"name\":\"X\",\"address\":\"1 A\"},\"letter\":{\"date\":\"2026-08-01\",\"doing\":{\"es\":\"x\"}}}", "letter.doing"},
		{"{\"entity\":{\"name\":\"X\",\"address\":\"1 A\"},\"letter\":{\"date\":\"2026-08-01\",\"doing\":\"x\"}}", "discovered"},
		{"{\"discovered\":\"2026-07-05\",\"entity\":{\"name\":\"X\",\"address\":\"1 A\"},\"letter\":{\"date\":\"2026-08-01\",\"doing\":\"x\"}}", "entity.phone"},
		{"{\"discovered\":\"2026-07-05\",\"entity\":{\"name\":\"X\",\"address\":\"1 A\",\"web\":\"w\"},\"letter\":{\"date\":\"2026-08-01\",\"doing\":\"x\",\"monitoring\":{\"provider\":\"W\",\"url\":\"u\"}}}", "letter.monitoring.months"},
		{"{\"discovered\":\"2026-07-05\",\"entity\":{\"name\":\"X\",\"address\":\"1 A\",\"web\":\"w\"},\"letter\":{\"date\":\"2026-08-01\",\"doing\":\"x\",\"monitoring\":{\"provider\":\"W\",\"months\":12}}}", "letter.monitoring.url"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct arena *a = arena_new((size_t)16 << 20);
		struct notice_incident in;
		struct err e = {0};
		assert_int_equal(notice_incident_read(slice_str(table[i].text), a, &in, &e), 0);
		assert_int_equal(notice_incident_ready(&in, &e), ERR_INPUT);
		assert_string_equal(e.place, table[i].key);
		arena_free(a);
	}
}

static void wrong_cases(void **state)
{
	static const char *const table[] = {"[]", "{", "{\"discovered\":\"5 July\"}", "{\"window\":\"2026-07-05/2026-06-30\"}", "{\"persons\":{\"US-TX\":\"many\"}}", "{\"persons\":{\"US-TX\":-1}}", "{\"letter\":{\"cause\":\"aliens\"}}", "{\"letter\":{\"language\":\"tlh\"}}", "{\"letter\":{\"doing\":{\"xx\":\"y\"}}}", "{\"letter\":{\"doing\":7}}",
		"{\"letter\":{\"monitoring\":{\"months\":0}}}", "{\"entity\":{\"name\":[]}}", "{\"letter\":{\"date\":\"2026-02-30\"}}"};
	static const char *const persons[] = {"[]", "{\"last\":\"no id\"}", "{\"person_id\":\"\"}", "{\"person_id\":\"x\",\"acquired\":\"shoe-size\"}", "{\"person_id\":\"x\",\"protected\":[\"hair\"]}", "{\"person_id\":\"x\",\"deceased\":\"maybe\"}", "{\"person_id\":\"x\",\"send_to\":\"dog\"}", "{\"person_id\":\"x\",\"entry\":-4}",
		"{\"person_id\":\"x\",\"first\":{}}", "{\"person_id\":\"x\",\"acquired\":[7]}"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct arena *a = arena_new((size_t)16 << 20);
		struct notice_incident in;
		struct err e = {0};
		if (notice_incident_read(slice_str(table[i]), a, &in, &e) != ERR_INPUT)
			fail_msg("%s was taken", table[i]);
		assert_true(e.text[0]);
		arena_free(a);
	}
	for (size_t i = 0; i < ARRAY_LEN(persons); i++) {
		struct arena *a = arena_new((size_t)16 << 20);
		struct notice_person p;
		struct err e = {0};
		if (notice_person_read(slice_str(persons[i]), a, &p, &e) != ERR_INPUT)
			fail_msg("%s was taken", persons[i]);
		assert_true(e.text[0]);
		arena_free(a);
	}
}

static void two_sign(void **state)
{
	uint8_t sum[32] = {7}, other[32] = {8};
	unsigned n;
	struct notice_signature v[4] = {{.who = SLICE("ada")}, {.who = SLICE("Ada ")}, {.who = SLICE("bob")}, {.who = SLICE("")}};
	(void)state;
	for (size_t i = 0; i < 4; i++)
		memcpy(v[i].of, sum, 32);
	assert_false(notice_signed(sum, v, 0, &n));
	assert_false(notice_signed(sum, v, 1, &n));
	assert_false(notice_signed(sum, v, 2, &n)); /* the same person twice */
	assert_int_equal(n, 1);
	assert_true(notice_signed(sum, v, 3, &n));
	assert_int_equal(n, 2);
	assert_false(notice_signed(other, v, 4, &n)); /* what was signed has changed */
	memcpy(v[2].of, other, 32);
	assert_false(notice_signed(sum, v, 4, &n)); /* nobody, and another text, do not count */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(five_blocks), cmocka_unit_test(an_entry_changes), cmocka_unit_test(to_whom), cmocka_unit_test(advice_for_others), cmocka_unit_test(who_has_none), cmocka_unit_test(protected_records), cmocka_unit_test(states), cmocka_unit_test(languages), cmocka_unit_test(what_is_missing), cmocka_unit_test(wrong_cases), cmocka_unit_test(two_sign)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
