/* A list of contacts from what people save: encodings, separators, quotes, columns in any order and language, times; what is refused, with its place; back to CSV; as an entry and its facts; who is on call when. */
#include "contacts_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena *room;

static int setup(void **state)
{
	(void)state;
	room = arena_new((size_t)256 << 20);
	return room ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(room);
	return 0;
}

static struct contacts list_of(struct slice file)
{
	struct contacts c;
	struct err e = {0};
	char text[700];
	if (contacts_read(file, -1, room, &c, &e) < 0)
		fail_msg("%.200s: %s", (const char *)file.p, err_line(&e, text, sizeof text));
	return c;
}

static void refused(const char *file, const char *place, const char *why)
{
	struct contacts c;
	struct err e = {0};
	assert_int_equal(contacts_read(slice_str(file), -1, room, &c, &e), ERR_INPUT);
	if (place)
		assert_string_equal(e.place, place);
	if (!strstr(e.text, why))
		fail_msg("said '%s', not '%s'", e.text, why);
}

#define IS(slice, text) assert_true(slice_eq_str((slice), (text)))

static void test_plain(void **state)
{
	struct contacts c = list_of(SLICE("name,role,unit,phone,phone2,mobile,pager,email,address,category,from,to\r\n"
	                                  "\"Keller, Anna\",Charge nurse,ICU,+41 44 555 01 02,5102,079 555,91,a@x.example,\"Hall 1\nFloor 2\",staff,,\r\n"
	                                  ",Switchboard,,0,,,,,,other,,\r\n"
	                                  "\r\n"
	                                  "Noor Diaz,Cardiology,,5500,,,,,,,2026-11-23 18:00,2026-11-24 08:00\r\n"));
	assert_int_equal(c.n, 3);
	IS(c.v[0].name, "Keller, Anna");
	IS(c.v[0].phone, "+41 44 555 01 02");
	IS(c.v[0].address, "Hall 1, Floor 2");
	assert_int_equal(c.v[0].category, CONTACT_STAFF);
	IS(c.v[1].role, "Switchboard");
	assert_int_equal(c.v[1].category, CONTACT_OTHER);
	assert_int_equal(c.v[2].category, CONTACT_ON_CALL); /* a line with times, where no category is said */
	IS(c.v[2].from, "2026-11-23T18:00");
	IS(c.v[2].to, "2026-11-24T08:00");
	assert_int_equal(c.v[2].line, 6);
	assert_int_equal(c.unreachable, 0);
}

/* The same list as a German Excel, a French one and a Windows editor save it. */
static void test_encodings(void **state)
{
	static const char latin[] = "Nom;Pr\xe9nom;" "Fonction;T\xe9l\xe9phone;Note\r\nN\xe9vot;\xc9lo\xef" "se;Cadre;01 44;c\x92" "est l\xe0\r\n";
	struct contacts c = list_of(slice_of(latin, sizeof latin - 1));
	IS(c.v[0].name, "Névot");
	IS(c.v[0].note, "c’est là");
	c = list_of(SLICE("\xef\xbb\xbfNom de famille\tPrénom\tTél.\r\nNévot\tÉloïse\t01 44\r\n"));
	IS(c.v[0].name, "Névot, Éloïse");
	IS(c.v[0].phone, "01 44");
	static const char *const text = "name;phone\nJos\xc3\xa9;12\n\xe6\xac\xa7\xe9\x98\xb3;13\n";
	for (int big = 0; big < 2; big++)
		for (int bom = 0; bom < 2; bom++) {
			AUTO_BUF struct buf b = {0};
			struct slice s = slice_str(text);
			buf_init(&b, 4096);
			if (bom)
				buf_str(&b, big ? "\xfe\xff" : "\xff\xfe");
			while (s.n) {
				size_t n;
				uint32_t cp = utf8_get(s, &n);
				buf_u8(&b, (uint8_t)(big ? cp >> 8 : cp));
				buf_u8(&b, (uint8_t)(big ? cp : cp >> 8));
				s = slice_of(s.p + n, s.n - n);
			}
			c = list_of(buf_slice(&b));
			IS(c.v[0].name, "José");
			IS(c.v[1].name, "欧阳");
		}
	c = list_of(SLICE("Export of 2026-11-23\n\n姓名,科室,联系电话,类别\n欧阳如意,急诊,8001,值班\n"));
	assert_int_equal(c.v[0].category, CONTACT_ON_CALL);
	IS(c.v[0].unit, "急诊");
	assert_int_equal(c.v[0].line, 4);
}

static void test_refused(void **state)
{
	refused("", NULL, "no header");
	refused("a,b,c\n1,2,3\n", "line 1", "no header");
	refused("name,phone\n", NULL, "no contact");
	refused("name,phone\nA,1\nB,2,3\n", NULL, "line 3 has 3 fields and the header 2");
	refused("name,phone,category\nA,1,\nB,2,friend\n", "line 3, column category", "no such category");
	refused("name,phone,tel\nA,1,2\n", "line 1, column tel", "two columns");
	refused("Nom;Rôle;Téléphone\n;;5\n", "line 2, column Nom", "who is it");
	refused("name,phone,from,to\nA,1,tonight,\n", "line 2, column from", "not a time");
	refused("name,phone,from,to\nA,1,2026-11-24,2026-11-23\n", "line 2, column to", "not after");
	refused("name,phone,from,to\nA,1,18:00,\n", "line 2, column to", "until when");
	refused("name,phone,from,to\nA,1,,08:00\n", "line 2, column from", "from when");
	refused("name,phone,from,to\nA,1,2026-02-30,\n", "line 2, column from", "not a time");
	refused("name,phone,from,to\nA,1,03/04/2026 18:00,04/04/2026 08:00\n", "line 2, column from", "which of the two is the day");
	refused("name,phone\nA,1\n\"B,2\nC,3\n", NULL, "line 3: a quote is opened and not closed");
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	buf_str(&b, "name,phone\nA,");
	for (int i = 0; i < 500; i++)
		buf_u8(&b, '5');
	buf_str(&b, "\n");
	refused(buf_cstr(&b), "line 2, column phone", "longer than 400");
	struct contacts c;
	struct err e = {0};
	assert_int_equal(contacts_read(SLICE("name,phone\nA\0B,1\n"), -1, room, &c, &e), ERR_INPUT);
	/* nothing of what stands in the file is in an error */
	assert_int_equal(contacts_read(SLICE("name,phone,category\nSecret,0179,Geheim\n"), -1, room, &c, &e), ERR_INPUT);
	assert_null(strstr(e.text, "Geheim"));
	assert_null(strstr(e.place, "Secret"));
}

static void test_times(void **state)
{
	/* another line says that the day comes first */
	struct contacts c = list_of(SLICE("name,phone,from,to\nA,1,03/04/2026 18h30,04/04/2026 8:00\nB,2,23/11/2026 6:00 PM,24/11/2026\nC,3,23.11.2026 18:00,08:00\nD,4,18:00,08:00\nE,5,2026-11-23,\nF,6,,2026/11/23\nG,7,08:00,08:00\n"));
	IS(c.v[0].from, "2026-04-03T18:30");
	IS(c.v[1].from, "2026-11-23T18:00");
	IS(c.v[1].to, "2026-11-25T00:00"); /* until the 24th: all of it */
	IS(c.v[2].to, "2026-11-24T08:00");
	IS(c.v[3].from, "18:00");
	IS(c.v[3].to, "08:00");
	IS(c.v[4].from, "2026-11-23T00:00");
	assert_false(c.v[4].to.n);
	IS(c.v[5].to, "2026-11-24T00:00");
	assert_false(c.v[6].from.n || c.v[6].to.n);
	const struct {
		int contact, hour, zone;
		enum contact_when is;
	} at[] = {{2, 17, 0, CONTACT_LATER}, {2, 18, 0, CONTACT_NOW}, {2, 17, 60, CONTACT_NOW}, {2, 31, 0, CONTACT_NOW}, {2, 32, 0, CONTACT_PAST}, {3, 7, 0, CONTACT_NOW}, {3, 8, 0, CONTACT_LATER}, {3, 23, 0, CONTACT_NOW}, {3, 17, 60, CONTACT_NOW},
	          {4, -1, 0, CONTACT_LATER}, {4, 24 * 300, 0, CONTACT_NOW}, {5, 23, 0, CONTACT_NOW}, {5, 24, 0, CONTACT_PAST}, {6, 3, 0, CONTACT_ALWAYS}};
	int64_t midnight = time_from_civil(2026, 11, 23, 0, 0, 0);
	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		if (contact_when(&c.v[at[i].contact], midnight + at[i].hour * 3600 * TIME_SEC, at[i].zone) != at[i].is)
			fail_msg("case %zu", i);
}

static void same(const struct contact *a, const struct contact *b)
{
	assert_int_equal(a->category, b->category);
	const struct slice *x = &a->name, *y = &b->name;
	for (size_t i = 0; i < 13; i++)
		if (!slice_eq(x[i], y[i]))
			fail_msg("value %zu: '%.*s' and '%.*s'", i, SLICE_FMT(x[i]), SLICE_FMT(y[i]));
}

static const char there[] = "category,name,role,unit,phone,phone2,mobile,pager,fax,email,address,from,to,note\n"
                            "on-call,\"A \"\"B\"\", C\",r,U,1,2,3,4,5,e@x,\"x; y\",18:00,08:00,n\n"
                            "police,P,,,17,,,,,,,2026-11-23T18:00,2026-11-24T00:00,\n"
                            "insurer,,I,,+49 1,,,,,,,,,\" kept \"\n"
                            "police,\"=1+cmd|' /C calc'!A0\",@sum,,-15,+33 (0)1.2,*112#,,,,+a1,,,\xef\xbc\x9d" "1+2\n";

static void test_back(void **state)
{
	struct contacts c = list_of(slice_str(there));
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	contacts_csv_head(&b);
	for (size_t i = 0; i < c.n; i++)
		contacts_csv_line(&b, &c.v[i]);
	/* what a spreadsheet would calculate has an apostrophe, what is dialled has none */
	assert_non_null(strstr(buf_cstr(&b), ",+49 1,"));
	assert_non_null(strstr(buf_cstr(&b), "police,\"'=1+cmd|' /C calc'!A0\",'@sum,,-15,+33 (0)1.2,*112#,,,,'+a1,,,'\xef\xbc\x9d" "1+2\r\n"));
	struct contacts again = list_of(buf_slice(&b));
	assert_int_equal(again.n, c.n);
	for (size_t i = 0; i < c.n; i++)
		same(&c.v[i], &again.v[i]);
}

static void test_entry(void **state)
{
	struct contacts c = list_of(slice_str(there));
	AUTO_BUF struct buf b = {0}, blob = {0};
	struct contacts_entry x = {.what = SLICE("import"), .source = SLICE("phones-2026"), .file = SLICE("a b.csv"), .by = SLICE("it"), .category = -1, .n = c.n, .bytes = slice_str(there)}, y;
	struct err e = {0};
	struct facts f, g;
	buf_init(&b, 1 << 16);
	buf_init(&blob, 1 << 20);
	contacts_entry_put(&x, &b);
	assert_int_equal(contacts_entry_read(buf_slice(&b), room, &y, &e), 0);
	assert_true(slice_eq(y.bytes, x.bytes) && slice_eq(y.source, x.source) && slice_eq(y.file, x.file) && y.n == c.n && y.category == -1);
	facts_init(&f, room);
	contacts_facts(buf_slice(&b), &f);
	assert_false(f.failed || f.uninterpreted);
	facts_encode_group(&f, f.first, &blob);
	assert_int_equal(facts_decode_group(buf_slice(&blob), room, &g, &e), 0);
	const struct fact *t = g.first->first;
	assert_int_equal(t->kind, FACT_SECTION);
	for (size_t i = 0; i < c.n; i++) {
		struct contact back;
		t = t->next;
		contacts_of_fact(t, &back);
		same(&back, &c.v[i]);
	}
	assert_null(t->next);
	static const char *const bad[] = {"", "{}", "{\"what\":\"import\",\"source\":\"a b\",\"contacts\":1,\"by\":\"x\"}\nname,phone\nA,1\n", "{\"what\":\"import\",\"source\":\"a\",\"contacts\":0,\"by\":\"x\"}\nA", "{\"what\":\"import\",\"source\":\"a\",\"contacts\":1,\"by\":\"x\"}",
	                                  "{\"what\":\"remove\",\"source\":\"a\",\"by\":\"x\"}", "{\"what\":\"remove\",\"source\":\"a\",\"reason\":\"y\",\"by\":\"x\"}\nmore", "{\"what\":\"burn\",\"source\":\"a\",\"by\":\"x\"}", "{\"what\":\"import\",\"source\":\"a\",\"category\":\"friend\",\"contacts\":1,\"by\":\"x\"}\nA"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (contacts_entry_read(slice_str(bad[i]), room, &y, &e) == 0)
			fail_msg("taken: %s", bad[i]);
	facts_init(&f, room);
	contacts_facts(SLICE("{\"what\":\"remove\",\"source\":\"a\",\"reason\":\"y\",\"by\":\"x\"}"), &f);
	assert_true(f.first && f.first->first == f.first->last && !f.uninterpreted);
	facts_init(&f, room);
	contacts_facts(SLICE("{\"what\":\"import\",\"source\":\"a\",\"contacts\":1,\"by\":\"x\"}\nrubbish"), &f);
	assert_true(f.uninterpreted && !f.first);
}

/* Its largest, and one more; and too little room at each step. */
static void test_limits(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct contacts c;
	struct err e = {0};
	buf_init(&b, 2 * CONTACTS_FILE_MAX);
	buf_str(&b, "name,phone\n");
	for (unsigned i = 0; i < CONTACTS_MAX; i++)
		buf_printf(&b, "Person %u,%u\n", i, i);
	arena_reset(room);
	assert_int_equal(list_of(buf_slice(&b)).n, CONTACTS_MAX);
	buf_str(&b, "One,more\n");
	assert_int_equal(contacts_read(buf_slice(&b), -1, room, &c, &e), ERR_LIMIT);
	int failed = 0, done = 0;
	for (size_t most = 4096; most < (size_t)256 << 10 && !done; most += 4096) {
		struct arena *small = arena_new(most);
		assert_non_null(small);
		int r = contacts_read(slice_str(there), -1, small, &c, &e);
		done = r == 0;
		failed += r == ERR_LIMIT;
		assert_true(r == 0 || r == ERR_LIMIT);
		arena_free(small);
	}
	assert_true(done && failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain), cmocka_unit_test(test_encodings), cmocka_unit_test(test_refused), cmocka_unit_test(test_times), cmocka_unit_test(test_back), cmocka_unit_test(test_entry), cmocka_unit_test(test_limits)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
