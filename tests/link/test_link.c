/* Which records are one person: values compared, the cases that hospitals know, and files of every shape. */
#include "link_internal.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* A linkage of this CSV (its first line names the columns), run. */
static struct link *linked(const char *csv, unsigned threads)
{
	const struct link_options o = {.threads = threads, .this_year = 2026};
	struct link *l = link_new(&o);
	struct slice rest, head = slice_cut(slice_str(csv), '\n', &rest), column[64];
	size_t n = 0, used = 0;
	struct err e = {0};
	assert_non_null(l);
	while (head.n)
		column[n++] = slice_trim(slice_cut(head, ',', &head));
	assert_int_equal(link_columns(l, column, NULL, n, &e), 0);
	assert_int_equal(link_feed(l, rest, ',', true, &used, &e), 0);
	assert_int_equal(used, rest.n);
	assert_int_equal(link_run(l, &e), 0);
	return l;
}

static uint32_t record(const struct link *l, const char *id)
{
	for (uint32_t i = 0; i < link_records(l); i++)
		if (slice_eq_str(link_record_id(l, i), id))
			return i;
	fail_msg("no record %s", id);
	return 0;
}

static bool together(const struct link *l, const char *a, const char *b)
{
	return link_cluster(l, record(l, a)) == link_cluster(l, record(l, b));
}

/* ---- a hospital's list around the records that a test is about: people who have nothing to do with one another, some of them twice, so that there is something to learn from ---- */

static const char *const lasts[] = {"Abbott", "Bishop", "Carver", "Dalton", "Emerson", "Fletcher", "Garner", "Hensley", "Ingram", "Jarvis", "Kemp", "Lowery", "Mcbride", "Newton", "Osborne", "Pruitt", "Quigley", "Roach", "Skinner", "Talley", "Underwood", "Vance", "Wiggins", "Yates", "Zamora"};
static const char *const firsts[] = {"Paul", "Nina", "Victor", "Helen", "Oscar", "Irene", "Walter", "Joyce", "Frank", "Doris", "Ralph", "Grace", "Leon", "Vera", "Hugo", "Alma"};
static const char head[] = "id,last,first,middle,suffix,dob,sex,ssn,mrn,facility,phone,email,street,city,state,zip,member_id\n";

static unsigned pick(unsigned i, unsigned salt, unsigned n) /* 0..n-1, the same each time */
{
	uint64_t x = ((uint64_t)i << 8 | salt) * UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return (unsigned)((x >> 33) % n);
}

static void crowd(struct buf *b, unsigned n)
{
	buf_str(b, head);
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < 1 + (i % 3 == 0); k++)
			buf_printf(b, "c%u-%u,%s%s,%s,%c,,%04u-%02u-%02u,%c,%03u-%02u-%04u,%c%06u,%s,%u%07u,,%u %s St,Town%u,TX,%05u,Q%09u-01\n", i, k, lasts[pick(i, 1, 25)], (const char *const[]){"", "son", "man", "er"}[pick(i, 2, 4)], firsts[pick(i, 3, 16)], 'A' + (int)pick(i, 4, 20), 1930 + pick(i, 5, 80), 1 + pick(i, 6, 12), 1 + pick(i, 7, 28),
			           pick(i, 8, 2) ? 'F' : 'M', 100 + pick(i, 9, 500), 10 + pick(i, 10, 80), 1000 + pick(i, 11, 8999), k ? 'S' : 'N', 100000 + i * 2 + k, k ? "SOU" : "NOR", 200 + pick(i, 12, 700), 2000000 + pick(i, 13, 7000000), 1 + pick(i, 14, 9999), lasts[pick(i, 15, 25)], pick(i, 16, 9), 70000 + pick(i, 17, 40), 100000000 + i * 91);
}

static struct link *among(const char *rows)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	crowd(&b, 300);
	buf_str(&b, rows);
	assert_true(buf_ok(&b));
	return linked(buf_cstr(&b), 2);
}

/* ---- values ---- */

static void test_words(void **state)
{
	assert_true(link_jaro("martha", 6, "marhta", 6) > 0.961 && link_jaro("martha", 6, "marhta", 6) < 0.9612); /* Winkler's own example */
	assert_true(link_jaro("dixon", 5, "dicksonx", 8) > 0.813 && link_jaro("dixon", 5, "dicksonx", 8) < 0.8134);
	assert_true(link_jaro("abc", 3, "xyz", 3) < 0.01);
	assert_int_equal(link_slips("smith", 5, "smiht", 5, 2), 1);
	assert_int_equal(link_slips("smith", 5, "smyth", 5, 2), 1);
	assert_int_equal(link_slips("kitten", 6, "sitting", 7, 3), 3);
	assert_int_equal(link_slips("kitten", 6, "sitting", 7, 2), 3); /* more than two */
	assert_int_equal(link_slips("abcdef", 6, "efabcd", 6, 4), 4);  /* the band around the diagonal is as wide as it has to be */
	assert_int_equal(link_slips("", 0, "ab", 2, 2), 2);
	assert_true(link_one_slip("smith", 5, "smiht", 5) && link_one_slip("smith", 5, "smyth", 5) && link_one_slip("smith", 5, "smth", 4) && link_one_slip("1204", 4, "12040", 5));
	assert_false(link_one_slip("smith", 5, "smith", 5) || link_one_slip("smith", 5, "sm", 2) || link_one_slip("smith", 5, "htims", 5) || link_one_slip("abcd", 4, "badc", 4));
	assert_true(link_digit_slip("123456789", "123465789", 9));
	assert_true(link_digit_slip("123456789", "123456780", 9));
	assert_false(link_digit_slip("123456789", "213456798", 9));
	assert_int_equal(link_sound("kathy", 5), link_sound("cathy", 5));
	assert_int_equal(link_sound("geoffrey", 8), link_sound("jeffrey", 7));
	assert_int_not_equal(link_sound("smith", 5), link_sound("jones", 5));
}

static void test_packed(void **state)
{
	char t[16];
	assert_int_equal(link_unpack(link_pack("nor000012345", 12), t), 12);
	assert_memory_equal(t, "nor000012345", 12);
	assert_true(link_pack("abcdefghijklm", 13) >> 63);
	assert_int_equal(link_unpack(link_pack("abcdefghijklm", 13), t), 0);
	assert_int_not_equal(link_pack("007", 3), link_pack("7", 1)); /* leading zeros are part of a number */
}

/* The quick comparison of edits says what the slow one does, for any two short words. */
static unsigned edits(const char *a, size_t an, const char *b, size_t bn)
{
	unsigned d[12][12];
	for (size_t i = 0; i <= an; i++)
		for (size_t j = 0; j <= bn; j++) {
			unsigned x = !i || !j ? (unsigned)(i + j) : d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			x = i && j && d[i - 1][j] + 1 < x ? d[i - 1][j] + 1 : x;
			x = i && j && d[i][j - 1] + 1 < x ? d[i][j - 1] + 1 : x;
			d[i][j] = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < x ? d[i - 2][j - 2] + 1 : x;
		}
	return d[an][bn];
}

static void test_slips(void **state)
{
	for (unsigned k = 0; k < 200000; k++) {
		char a[8], b[8];
		size_t an = pick(k, 1, 9), bn = pick(k, 2, 9);
		for (unsigned i = 0; i < 8; i++) {
			a[i] = 'a' + (char)pick(k, 10 + i, 3);
			b[i] = pick(k, 3, 2) && pick(k, 30 + i, 5) ? a[i] : 'a' + (char)pick(k, 20 + i, 3);
		}
		unsigned is = edits(a, an, b, bn);
		for (unsigned most = 1; most <= 3; most++)
			assert_int_equal(link_slips(a, an, b, bn, most), is > most ? most + 1 : is);
		assert_int_equal(link_one_slip(a, an, b, bn), is == 1);
	}
}

static uint32_t word(struct link_words *w, const char *s)
{
	uint32_t id;
	assert_int_equal(link_words_put(w, s, strlen(s), link_word_hash(s, strlen(s)), &id), 0);
	return id;
}

/* What one thread met is put into the dictionary of all, which says the same of each word; an emptied one is as new. */
static void test_dictionary(void **state)
{
	struct link_words all = {0}, fresh = {0};
	uint32_t map[20010], before = word(&all, "kathy");
	char t[16];
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 20000; i++) {
			snprintf(t, sizeof t, "w%u", i + round * 15000);
			assert_int_equal(word(&fresh, t), i + 1);
		}
		assert_int_equal(word(&fresh, "kathy"), 20001);
		assert_int_equal(link_words_add(&all, &fresh, map), 0);
		assert_int_equal(map[20001], before);
		for (unsigned i = 0; i < 20000; i += 97) {
			snprintf(t, sizeof t, "w%u", i + round * 15000);
			assert_int_equal(link_words_find(&all, t, strlen(t), link_word_hash(t, strlen(t))), map[i + 1]);
			assert_int_equal(all.sounds[map[i + 1]].sound, fresh.sounds[i + 1].sound);
		}
		link_words_empty(&fresh);
		assert_int_equal(link_words_find(&fresh, "kathy", 5, link_word_hash("kathy", 5)), 0);
	}
	assert_int_equal(all.n, 1 + 1 + 50000);
	word(&fresh, "a"), word(&fresh, "b"); /* few of many */
	link_words_empty(&fresh);
	for (uint64_t i = 0; i < fresh.slots; i++)
		assert_int_equal(fresh.slot[i], 0);
	assert_true(link_nicknames_meet(link_nicknames("kathy", 5), link_nicknames("kate", 4)));
	assert_false(link_nicknames_meet(link_nicknames("kathy", 5), link_nicknames("xyz", 3)));
	link_words_done(&all);
	link_words_done(&fresh);
}

/* Memory that is stretched keeps what stood in it, and is zero behind it. */
static void test_stretch(void **state)
{
	uint8_t *p = link_stretch(NULL, 0, 100);
	size_t size = 100;
	assert_non_null(p);
	memset(p, 7, 100);
	for (size_t to = 200; to < (size_t)80 << 20; to *= 3) {
		uint8_t *q = link_stretch(p, size, to);
		assert_non_null(q);
		assert_true(q[0] == 7 && q[99] == 7 && q[100] == 0 && q[to - 1] == 0);
		p = q;
		size = to;
	}
	assert_null(link_stretch(p, size, SIZE_MAX - 5));
	assert_int_equal(p[99], 7);
	link_unstretch(p, size);
	link_unstretch(NULL, 0);
}

/* What two rows say and on how much they agree, counted field by field. */
static void meet_field_by_field(const struct link *l, const struct link_plan *plan, uint32_t a, uint32_t b)
{
	unsigned both = 0, same = 0;
	for (unsigned i = 0; i < l->fields; i++) {
		const struct link_field *f = &l->field[i];
		const uint32_t *x = link_at(l, link_row(l, a), f), *y = link_at(l, link_row(l, b), f);
		if (f->kind == KIND_ASSIGNER || f->at >= l->width)
			continue;
		bool fill = f->slots > 1 ? (x[0] | x[1]) && (y[0] | y[1]) : x[0] && y[0];
		both += fill;
		same += fill && x[0] == y[0] && (f->slots < 2 || x[1] == y[1]);
	}
	const struct link_meeting m = link_meet(l, plan, a, b), ahead = link_meet_ahead(l, plan, a, b);
	assert_int_equal(__builtin_popcountll(m.both), both);
	assert_int_equal(__builtin_popcountll(m.same), same);
	assert_true((m.same & ~m.both) == 0 && ahead.both == m.both && ahead.same == m.same);
}

/* Rows of two words and rows of more than 64 are met as those between. */
static void test_narrow_and_wide(void **state)
{
	(void)state;
	unsigned narrowest = UINT_MAX, widest = 0;
	for (unsigned columns = 1; columns <= 60; columns += columns < 8 ? 1 : 13) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, (size_t)1 << 20);
		buf_printf(&b, "id,last");
		for (unsigned c = 1; c < columns; c++)
			buf_printf(&b, c % 2 ? ",phone%u" : ",thing%u", c);
		for (unsigned i = 0; i < 60; i++) {
			buf_printf(&b, "\nr%u,%s", i, i % 5 ? "Garner" : "Whitfield");
			for (unsigned c = 1; c < columns; c++)
				if (pick(i, c, 5) == 0)
					buf_printf(&b, ",");
				else if (c % 2)
					buf_printf(&b, ",21455500%02u", pick(i, c, 3));
				else
					buf_printf(&b, ",word%c", 'a' + (int)pick(i, c, 3));
		}
		buf_printf(&b, "\n");
		struct link *l = linked(buf_cstr(&b), 2);
		struct link_plan *plan = link_plan_new(l);
		assert_non_null(plan);
		narrowest = l->width < narrowest ? l->width : narrowest;
		widest = l->width > widest ? l->width : widest;
		for (uint32_t x = 0; x < link_records(l); x++)
			for (uint32_t y = x + 1; y < link_records(l); y++)
				meet_field_by_field(l, plan, x, y);
		free(plan);
		link_free(l);
	}
	assert_true(narrowest < 4 && widest > 64);
}

/* A pair that is given up is one that the whole comparison puts below the limit, too. */
static void test_given_up(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)4 << 20);
	crowd(&b, 2500);
	struct link *l = linked(buf_cstr(&b), 2);
	struct link_plan *plan = link_plan_new(l);
	unsigned up = 0, kept = 0;
	assert_non_null(plan);
	for (unsigned k = 0; k < 60000; k++) {
		uint32_t x = k & 1 ? k % (link_records(l) - 1) : pick(k, 1, link_records(l)), y = k & 1 ? x + 1 : pick(k, 2, link_records(l));
		uint8_t level[LINK_FIELDS_MAX], whole[LINK_FIELDS_MAX];
		if (x == y)
			continue;
		meet_field_by_field(l, plan, x, y);
		link_compare(l, NULL, x, y, whole);
		struct link_sums s = link_sum(l, x, whole);
		bool above = link_compare_above(l, plan, NULL, x, y, -4, level);
		up += !above;
		kept += above;
		assert_true(above || link_logit(l, &s) < -4);
		for (unsigned f = 0; above && f < l->fields; f++)
			assert_int_equal(level[f], whole[f]);
	}
	assert_true(up > 1000 && kept > 200);
	free(plan);
	link_free(l);
}

/* ---- persons ---- */

static void test_one_person(void **state)
{
	struct link *l = among(
		"a1,Whitfield,Katherine,Rose,,1961-03-12,F,412-55-9011,N900001,NOR,2145550001,kw@example.org,12 Linden St,Plano,TX,75023,W55512345-01\n"
		"a2,WHITFIELD,KATE,R,,03/12/1961,F,XXX-XX-9011,S800001,SOU,,,,,,,\n"                                    /* a short form, the last four */
		"a3,Whitfeild,Katherine,,,1961-12-03,F,,N900001,NOR,2145550001,,12 Linden Street,Plano,TX,75023,\n"     /* a slip, day and month */
		"a4,Rose,Katherine,,,1961-03-12,F,412-55-9011,,,,kw@example.org,4 Oak Ave,Waco,TX,76701,W55512345-01\n" /* married, moved */
		"a5,Katherine,Whitfield,,,1961-03-12,F,,,,2145550001,,,,,,\n"                                            /* the wrong way round */
		"d1,Montesano-Bouchard,Jo,,,1969-11-12,F,,,,,,,,,,\n" /* a slip in one of two parts, the beginning of a name */
		"d2,Motesano,Joleen,,,1969-11-12,F,401-22-7788,,,2145550077,,9 Pine St,Plano,TX,75023,\n"
		"b1,Whitfield,Roger,,,1958-07-02,M,455-10-2233,N900002,NOR,2145550001,,12 Linden St,Plano,TX,75023,W55512345-02\n");
	for (const char *const *x = (const char *const[]){"a2", "a3", "a4", "a5", NULL}; *x; x++)
		assert_true(together(l, "a1", *x));
	assert_true(together(l, "d1", "d2"));
	assert_false(together(l, "a1", "b1")); /* her husband */
	link_free(l);
}

static void test_not_one_person(void **state)
{
	struct link *l = among(
		"t1,Marlowe,Daisy,,,2001-05-05,F,,N910001,NOR,9725550002,,8 Birch Ln,Plano,TX,75023,X77712345-03\n" /* twins */
		"t2,Marlowe,Rosa,,,2001-05-05,F,,N910002,NOR,9725550002,,8 Birch Ln,Plano,TX,75023,X77712345-04\n"
		"g1,Marlowe,Edwin,,,1970-01-20,M,433-21-8765,N910003,NOR,9725550002,,8 Birch Ln,Plano,TX,75023,X77712345-01\n" /* a father's number on his child's record */
		"g2,Marlowe,Pearl,,,2004-08-09,F,433-21-8765,N910004,NOR,9725550002,,8 Birch Ln,Plano,TX,75023,X77712345-05\n"
		"j1,Thackeray,Ellis,,Sr,1944-02-11,M,,N910005,NOR,9725550003,,9 Elm St,Plano,TX,75023,\n" /* father and son */
		"j2,Thackeray,Ellis,,Jr,1971-09-30,M,,N910006,NOR,9725550003,,9 Elm St,Plano,TX,75023,\n"
		"s1,Holloway,Martin,,,1950-04-04,M,388-45-1234,,,,,,,,,\n" /* a name, two numbers, two dates */
		"s2,Holloway,Martin,,,1962-11-23,M,377-88-4321,,,,,,,,,\n");
	assert_false(together(l, "t1", "t2"));
	assert_false(together(l, "g1", "g2"));
	assert_false(together(l, "j1", "j2"));
	assert_false(together(l, "s1", "s2"));
	link_free(l);
}

/* How few persons there can be: chains of grey pairs, held against what the records at their ends say. */
static uint64_t fewer(const struct link *l, const char *const (*pair)[2], size_t n)
{
	uint32_t cluster[1024];
	struct link_pair v[8];
	struct err e = {0};
	uint64_t less = 99;
	assert_true(link_records(l) <= ARRAY_LEN(cluster) && n <= ARRAY_LEN(v));
	for (uint32_t i = 0; i < link_records(l); i++)
		cluster[i] = i;
	for (size_t i = 0; i < n; i++)
		v[i] = (struct link_pair){.a = record(l, pair[i][0]), .b = record(l, pair[i][1]), .probability = 0.5f};
	assert_int_equal(link_fewest(l, cluster, v, n, &less, &e), 0);
	return less;
}

static void test_fewest(void **state)
{
	struct link *l = among(
		"s1,Holloway,Martin,,,1950-04-04,M,388-45-1234,,,,,,,,,\n" /* one name, other numbers, other dates; and somebody of whom only the name is said */
		"s2,Holloway,Martin,,,,M,,,,,,,,,,\n"
		"s3,Holloway,Martin,,,1962-11-23,M,377-88-4321,,,,,,,,,\n"
		"s4,Holloway,Martin,,,1950-04-04,M,,,,,,,,,,\n"
		"j1,Thackeray,Ellis,,Sr,1944-02-11,M,,,,,,,,,,\n" /* father and son, and one of them */
		"j2,Thackeray,Ellis,,,,M,,,,,,,,,,\n"
		"j3,Thackeray,Ellis,,Jr,,M,,,,,,,,,,\n"
		"b1,Marlowe,Edwin,,,1970-01-20,M,,,,,,,,,,\n" /* brothers, and an initial */
		"b2,Marlowe,E,,,,M,,,,,,,,,,\n"
		"b3,Marlowe,Everett,,,1974-08-09,M,,,,,,,,,,\n");
	assert_int_equal(fewer(l, (const char *const[][2]){{"s1", "s2"}}, 1), 1);
	assert_int_equal(fewer(l, (const char *const[][2]){{"s1", "s2"}, {"s2", "s3"}}, 2), 1); /* he is one of the two, and they stay two */
	assert_int_equal(fewer(l, (const char *const[][2]){{"s1", "s2"}, {"s2", "s4"}}, 2), 2);
	assert_int_equal(fewer(l, (const char *const[][2]){{"s1", "s2"}, {"s4", "s2"}, {"s3", "s2"}}, 3), 2);
	assert_int_equal(fewer(l, (const char *const[][2]){{"s1", "s2"}, {"s2", "s3"}, {"s1", "s3"}}, 3), 2); /* the two were shown to somebody, who may say that a clerk erred twice */
	assert_int_equal(fewer(l, (const char *const[][2]){{"j1", "j2"}, {"j2", "j3"}}, 2), 1);
	assert_int_equal(fewer(l, (const char *const[][2]){{"b1", "b2"}, {"b2", "b3"}}, 2), 1);
	assert_int_equal(fewer(l, NULL, 0), 0);
	link_free(l);
}

static void test_placeholders(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	crowd(&b, 300);
	for (unsigned i = 0; i < 12; i++) /* twelve persons of one clerk: one number, one telephone, no date */
		buf_printf(&b, "p%u,%s%u,%s,,,1900-01-01,,999-99-9999,,,5550000000,none@none.com,,,,,\n", i, lasts[i], i, firsts[i]);
	for (unsigned i = 0; i < 12; i++) /* a number that looks like any other, and is a clerk's all the same */
		buf_printf(&b, "q%u,%s%c,%s,,,19%02u-0%u-1%u,,123-45-6780,,,,,,,,,\n", i, lasts[i + 3], 'a' + (int)i * 2, firsts[i], 40 + i * 3, 1 + i % 9, i % 9);
	struct link *l = linked(buf_cstr(&b), 2);
	for (unsigned i = 1; i < 12; i++) {
		char p[8], q[8];
		snprintf(p, sizeof p, "p%u", i);
		snprintf(q, sizeof q, "q%u", i);
		assert_false(together(l, "p0", p));
		assert_false(together(l, "q0", q));
	}
	link_free(l);
}

static void test_nobody_twice(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_str(&b, "id,last,first,dob,city\n");
	for (unsigned i = 0; i < 800; i++)
		buf_printf(&b, "%u,%s%c,%s,%04u-%02u-%02u,Town%u\n", i, lasts[pick(i, 1, 25)], 'a' + (int)pick(i, 2, 20), firsts[i % ARRAY_LEN(firsts)], 1930 + pick(i, 3, 83), 1 + pick(i, 4, 12), 1 + pick(i, 5, 28), pick(i, 6, 30));
	struct link *l = linked(buf_cstr(&b), 2);
	struct link_counts c;
	link_count(l, &c);
	assert_int_equal(c.persons, 800);
	assert_int_equal(c.low <= c.persons && c.persons <= c.high, 1);
	link_free(l);
}

/* ---- files ---- */

static void test_small(void **state)
{
	struct link_counts c;
	struct link *l = linked("id,name\n", 1);
	link_count(l, &c);
	assert_int_equal(c.persons, 0);
	link_free(l);
	l = linked("id,name\n1,\"Smith, John\"\n", 3);
	link_count(l, &c);
	assert_int_equal(c.persons, 1);
	assert_int_equal(c.compared, 0);
	link_free(l);
	l = linked("id,name,born\n1,\"Zabriskie, Leopold\",1931-04-05\n2,Leopold Zabriskie,1931-04-05\n3,,\n4,x,\n", 2);
	assert_int_equal(link_records(l), 4);
	assert_int_not_equal(link_cluster(l, 2), link_cluster(l, 3));
	link_free(l);
}

/* No whole row in the first part; columns that nearly nobody has. */
static void test_late(void **state)
{
	const struct link_options o = {.threads = 2, .this_year = 2026};
	struct err e = {0};
	struct link *l = link_new(&o);
	AUTO_BUF struct buf b = {0};
	size_t used = 99;
	const struct slice names[] = {SLICE("id"), SLICE("name"), SLICE("colour"), SLICE("account number")};
	buf_init(&b, 1 << 16);
	for (unsigned i = 0; i < 40; i++)
		buf_printf(&b, "%u,%s %s,%s,%s\n", i, firsts[i % 16], lasts[i % 25], i == 30 || i == 31 ? "green" : "", i == 30 ? "A7712345" : "");
	assert_int_equal(link_columns(l, names, NULL, ARRAY_LEN(names), &e), 0);
	assert_int_equal(link_feed(l, slice_of(b.p, 3), ',', false, &used, &e), 0);
	assert_int_equal(used, 0);
	assert_int_equal(link_feed(l, buf_slice(&b), ',', true, &used, &e), 0);
	assert_int_equal(used, b.n);
	assert_int_equal(link_run(l, &e), 0);
	assert_int_equal(link_records(l), 40);
	assert_int_equal(l->asides, 2);
	buf_reset(&b);
	link_explain(l, 30, 31, &b);
	assert_non_null(strstr(buf_cstr(&b), "colour the same"));
	link_free(l);
}

/* Bills: hundreds of records a person, so that each key's block is larger than is compared whole. What is written with the initial alone, or without a number, is cut off from the others and has to come back. */
static void bills(bool numbers)
{
	enum { PERSONS = 260, BILLS = 200 };
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8 << 20);
	buf_str(&b, "id,last,first,dob,ssn,street\n");
	for (unsigned k = 0; k < BILLS; k++)
		for (unsigned i = 0; i < PERSONS; i++) {
			const char *first = firsts[pick(i, 3, 16)];
			char ssn[16];
			snprintf(ssn, sizeof ssn, "%03u-%02u-%04u", 100 + pick(i, 9, 500), 10 + pick(i, 10, 80), 1000 + pick(i, 11, 8999));
			buf_printf(&b, "b%u-%u,%s%s,%.*s,%04u-%02u-%02u,%s,%u Oak St\n", i, k, lasts[pick(i, 1, 25)], (const char *const[]){"", "son", "man", "er"}[pick(i, 2, 4)], pick(k, 20, 20) ? 9 : 1, first, 1930 + pick(i, 5, 60), 1 + pick(i, 6, 12), 1 + pick(i, 7, 28), numbers && pick(k, 21, 10) ? ssn : "", 1 + i * 7 + (pick(k, 22, 3) ? 0 : 1000));
		}
	assert_true(buf_ok(&b));
	struct link *l = linked(buf_cstr(&b), 2);
	struct link_counts c;
	link_count(l, &c);
	assert_int_equal(c.records, PERSONS * BILLS);
	if (!numbers) { /* an initial and another street are in doubt, and nobody is taken for certain */
		assert_in_range(PERSONS, c.low, c.high);
		assert_true(c.estimate > 0.98 * PERSONS && c.estimate < 1.02 * PERSONS);
		link_free(l);
		return;
	}
	assert_int_equal(c.persons, PERSONS);
	for (unsigned i = 1; i < PERSONS * BILLS; i++) /* (those of one person stand PERSONS apart) */
		assert_int_equal(link_cluster(l, i) == link_cluster(l, i % PERSONS), 1);
	link_free(l);
}

static void test_bills(void **state)
{
	bills(true);
	bills(false);
}

static void test_columns(void **state)
{
	const struct link_options o = {.threads = 1};
	struct err e = {0};
	struct link *l = link_new(&o);
	const struct slice names[] = {SLICE("id"), SLICE("surname"), SLICE("cluster"), SLICE("diagnosis"), SLICE("provider name"), SLICE("favourite colour")};
	assert_int_equal(link_columns(l, names, NULL, ARRAY_LEN(names), &e), 0);
	assert_string_equal(link_column_use(l, 0), "id");
	assert_string_equal(link_column_use(l, 1), "last");
	assert_string_equal(link_column_use(l, 2), "-"); /* an earlier answer is no evidence */
	assert_string_equal(link_column_use(l, 3), "-");
	assert_string_equal(link_column_use(l, 4), "-");
	assert_string_equal(link_column_use(l, 5), "favouritecolour");
	link_free(l);
	l = link_new(&o); /* a whole name and its parts are one field each, whichever stands first */
	assert_int_equal(link_columns(l, (const struct slice[]){SLICE("id"), SLICE("name"), SLICE("ssn4"), SLICE("last"), SLICE("first"), SLICE("ssn")}, NULL, 6, &e), 0);
	assert_string_equal(link_column_use(l, 1), "name");
	assert_string_equal(link_column_use(l, 2), "ssn4");
	assert_int_equal(l->fields, 4); /* last, first, middle, ssn */
	link_free(l);
	l = link_new(&o); /* more than there is room for: those that are known stay, wherever they stand, and the last of the others are left out */
	static char text[100][16];
	struct slice many[103] = {SLICE("id")};
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text[i], sizeof text[i], "thing %c%c", 'a' + (char)(i / 10), 'k' + (char)(i % 10));
		many[1 + i] = slice_str(text[i]);
	}
	many[101] = SLICE("surname");
	many[102] = SLICE("dob");
	assert_int_equal(link_columns(l, many, NULL, 103, &e), 0);
	assert_string_equal(link_column_use(l, 101), "last");
	assert_string_equal(link_column_use(l, 102), "dob");
	assert_string_equal(link_column_use(l, 1), "thingak");
	assert_string_equal(link_column_use(l, 100), "-");
	assert_int_equal(l->fields, LINK_FIELDS_MAX);
	assert_int_equal(link_columns_left(l), 100 + 2 - LINK_FIELDS_MAX);
	link_free(l);
	l = link_new(&o);
	assert_int_equal(link_columns(l, (const struct slice[]){SLICE("id"), SLICE("notes")}, NULL, 2, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "--map"));
	link_free(l);
}

/* A date of birth in three columns is one; beside a whole one they are its parts; and what somebody says that one of them is counts. */
static void test_born(void **state)
{
	const struct link_options o = {.threads = 1, .this_year = 2026};
	struct err e = {0};
	struct link *l = link_new(&o);
	const struct slice names[] = {SLICE("id"), SLICE("lname"), SLICE("by"), SLICE("bm"), SLICE("bd"), SLICE("cluster")}, rows = SLICE("1,Smith,1964,3,7,\n2,Poole,1970,,2,\n3,Poole,,3,2,\n");
	size_t used;
	assert_int_equal(link_columns(l, names, NULL, 6, &e), 0);
	assert_string_equal(link_column_use(l, 2), "dob");
	assert_string_equal(link_column_use(l, 4), "dob");
	assert_int_equal(l->fields, 2);
	assert_int_equal(link_columns_left(l), 0); /* an answer is not one for which there was no room */
	assert_int_equal(link_feed(l, rows, ',', true, &used, &e), 0);
	const unsigned at = l->field[l->of[KIND_DOB]].at;
	assert_int_equal(l->rows[at], 19640307);
	assert_int_equal(l->rows[l->width + at], 19700002);
	assert_int_equal(l->rows[2 * l->width + at], 0);
	link_free(l);
	l = link_new(&o);
	assert_int_equal(link_columns(l, (const struct slice[]){SLICE("id"), SLICE("dob"), SLICE("birth_year"), SLICE("birth_month"), SLICE("birth_day")}, NULL, 5, &e), 0);
	assert_string_equal(link_column_use(l, 2), "-");
	assert_int_equal(l->fields, 1);
	link_free(l);
	l = link_new(&o);
	assert_int_equal(link_columns(l, names, (const int[]){-1, -1, PERSON_ROLE_OTHER, -1, -1, -1}, 6, &e), 0);
	assert_string_equal(link_column_use(l, 2), "by");
	link_free(l);
}

/* The same answer for any number of threads, and however the file comes in. */
/* People of another age have their dates, too; one year that stands everywhere is what a program puts where nobody asked. */
static void test_another_age(void **state)
{
	static const struct {
		const char *rows;
		uint32_t is[6];
	} lists[] = {
		{"1,Huff,1812-02-03\n2,Poole,1907-05-06\n3,Roth,18440131\n4,Diaz,31/12/1799\n5,Moss,03/25/1650\n6,Bell,0812-01-01\n", {18120203, 19070506, 18440131, 17991231, 16500325, 0}},
		{"1,Huff,1800-01-01\n2,Poole,1907-05-06\n3,Roth,1800-01-01\n4,Diaz,31/12/1999\n5,Moss,01/01/1800\n6,Bell,1753-01-01\n", {0, 19070506, 0, 19991231, 0, 0}},
	};
	const struct link_options o = {.threads = 1, .this_year = 2026};
	const struct slice names[] = {SLICE("id"), SLICE("surname"), SLICE("dob")};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct err e = {0};
		struct link *l = link_new(&o);
		size_t used;
		assert_int_equal(link_columns(l, names, NULL, 3, &e), 0);
		assert_int_equal(link_feed(l, slice_str(lists[i].rows), ',', true, &used, &e), 0);
		for (size_t k = 0; k < 6; k++)
			assert_int_equal(l->rows[k * l->width + l->field[l->of[KIND_DOB]].at], lists[i].is[k]);
		link_free(l);
	}
}

static void test_same_answer(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)4 << 20);
	crowd(&b, 2500); /* enough for keys, not everybody with everybody */
	struct link *a = linked(buf_cstr(&b), 1), *c = linked(buf_cstr(&b), 3);
	assert_int_equal(link_records(a), link_records(c));
	for (uint32_t i = 0; i < link_records(a); i++)
		assert_int_equal(link_cluster(a, i), link_cluster(c, i));
	assert_int_equal(link_grey_n(a), link_grey_n(c));
	struct link_counts x, y;
	link_count(a, &x);
	link_count(c, &y);
	assert_memory_equal(&x, &y, sizeof x);
	link_free(c);

	const struct link_options o = {.threads = 2, .this_year = 2026};
	struct slice rest, h = slice_cut(buf_slice(&b), '\n', &rest), column[64];
	size_t n = 0, used;
	struct err e = {0};
	while (h.n)
		column[n++] = slice_cut(h, ',', &h);
	c = link_new(&o);
	assert_int_equal(link_columns(c, column, NULL, n, &e), 0);
	for (size_t size = 100000; rest.n;) { /* in parts that end in the middle of rows */
		size_t take = rest.n < size ? rest.n : size;
		assert_int_equal(link_feed(c, slice_of(rest.p, take), ',', take == rest.n, &used, &e), 0);
		assert_true(used > 0 && used <= take);
		rest = slice_of(rest.p + used, rest.n - used);
	}
	assert_int_equal(link_run(c, &e), 0);
	assert_int_equal(link_records(a), link_records(c));
	for (uint32_t i = 0; i < link_records(a); i++)
		assert_int_equal(link_cluster(a, i), link_cluster(c, i));
	link_free(a);
	link_free(c);
}

/* Every third of the crowd stands there twice, and is found; nobody else is. */
static void test_crowd(void **state)
{
	AUTO_BUF struct buf b = {0}, why = {0};
	buf_init(&b, (size_t)4 << 20);
	buf_init(&why, 1 << 16);
	crowd(&b, 2500);
	struct link *l = linked(buf_cstr(&b), 2);
	struct link_counts c;
	link_count(l, &c);
	assert_int_equal(c.records, 2500 + 834);
	assert_int_equal(c.persons, 2500);
	assert_true(c.low <= c.persons && c.persons <= c.high && c.estimate >= (double)c.low && c.estimate <= (double)c.high);
	link_explain(l, record(l, "c0-0"), record(l, "c0-1"), &why);
	assert_non_null(strstr(buf_cstr(&why), "last the same +"));
	struct link_pair p = link_score(l, record(l, "c0-0"), record(l, "c0-1"));
	assert_true(p.probability > 0.99f);
	p = link_score(l, record(l, "c0-0"), record(l, "c1-0"));
	assert_true(p.probability < 0.01f);
	link_free(l);
}

/* FEBRL's sets, where they are at hand: F1 of pairs as good as it was seen. */
static void febrl(const char *set, double least)
{
	const char *corpus = getenv("HOLDFAST_CORPUS");
	char path[4096];
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	buf_init(&b, (size_t)4 << 20);
	snprintf(path, sizeof path, "%s/linkage/%s.csv", corpus, set);
	assert_int_equal(file_read(AT_FDCWD, path, (size_t)4 << 20, &b, &e), 0);
	struct link *l = linked(buf_cstr(&b), 2);
	uint64_t both = 0, said = 0, is = 0;
	uint32_t n = link_records(l);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = i + 1; k < n; k++) {
			struct slice x = link_record_id(l, i), y = link_record_id(l, k), rest; /* rec-223-org and rec-223-dup-0 are one person */
			(void)slice_cut(x, '-', &x);
			(void)slice_cut(y, '-', &y);
			bool one = slice_eq(slice_cut(x, '-', &rest), slice_cut(y, '-', &rest)), put = link_cluster(l, i) == link_cluster(l, k);
			both += one && put;
			said += put;
			is += one;
		}
	double f1 = 2 * (double)both / (double)(said + is);
	assert_true(f1 >= least);
	link_free(l);
}

static void test_febrl(void **state)
{
	if (!getenv("HOLDFAST_CORPUS")) {
		skip();
		return;
	}
	febrl("febrl1", 0.998);
	febrl("febrl2", 0.998);
	febrl("febrl3", 0.998);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words), cmocka_unit_test(test_slips), cmocka_unit_test(test_dictionary), cmocka_unit_test(test_stretch), cmocka_unit_test(test_narrow_and_wide), cmocka_unit_test(test_given_up), cmocka_unit_test(test_packed), cmocka_unit_test(test_one_person), cmocka_unit_test(test_not_one_person), cmocka_unit_test(test_fewest), cmocka_unit_test(test_placeholders), cmocka_unit_test(test_nobody_twice),
		cmocka_unit_test(test_small), cmocka_unit_test(test_late), cmocka_unit_test(test_bills), cmocka_unit_test(test_columns), cmocka_unit_test(test_born), cmocka_unit_test(test_another_age), cmocka_unit_test(test_same_answer), cmocka_unit_test(test_crowd), cmocka_unit_test(test_febrl),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
