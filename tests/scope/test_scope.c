/* scope: entries and the case out of them, exposure, estimates, flags. */
#include "scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define H64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void put(struct scope_case *c, uint64_t entry, const struct scope_act *a)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	buf_init(&b, (size_t)64 << 20);
	assert_int_equal(scope_act_put(a, &b, &e), 0);
	assert_int_equal(scope_case_add(c, entry, (int64_t)entry * 1000, buf_slice(&b), NULL, &e), 0);
}

#define ACT(w, ...) (&(struct scope_act){.what = SCOPE_##w, .name = SLICE("c1"), .by = SLICE("ann"), .discovered = INT64_MIN, __VA_ARGS__})

static void a_case_is_what_its_entries_say(void **state)
{
	struct scope_case *c = scope_case_new(SLICE("c1"), 1 << 20);
	int64_t from = time_from_civil(2026, 11, 21, 23, 3, 39) , to = time_from_civil(2026, 11, 21, 23, 3, 41);
	assert_non_null(c);
	put(c, 3, ACT(QUESTION, .subject = SLICE("before it was opened"))); /* says nothing about a case that is not there */
	assert_false(scope_case_exists(c));
	put(c, 4, ACT(NEW, .title = SLICE("the share"), .from = from, .to = to, .hosts = SLICE("fs1 fs2")));
	put(c, 5, &(struct scope_act){.what = SCOPE_NEW, .name = SLICE("c2"), .from = from, .to = to, .discovered = from}); /* another's */
	const uint64_t parts[] = {7, 8};
	put(c, 6, ACT(EVIDENCE, .file = SLICE("a.log"), .size = 3, .sha256 = SLICE(H64), .part = parts, .parts = 1));
	put(c, 9, ACT(PERSONS, .file = SLICE("p.csv"), .size = 100, .sha256 = SLICE(H64), .part = parts, .parts = 2));
	put(c, 10, ACT(PERSONS, .file = SLICE("q.csv"), .size = 5, .sha256 = SLICE(H64), .reference = true));
	put(c, 11, ACT(ASSESS, .subject = SLICE("mitigated"), .text = SLICE("no"), .outcome = SLICE("not-low")));
	put(c, 12, ACT(ASSESS, .subject = SLICE("mitigated"), .text = SLICE("keys came back"), .outcome = SLICE("low")));
	put(c, 13, ACT(PAIR, .a = SLICE("r1"), .b = SLICE("r2"), .same = true));
	put(c, 14, ACT(PAIR, .a = SLICE("r2"), .b = SLICE("r1"), .same = false));
	put(c, 15, ACT(RUN, .json = SLICE("{\"persons\":42}")));
	put(c, 15, ACT(FACTS, .json = SLICE("{\"entity\": {\n\"name\":\"St. Gabriel\"}}")));
	put(c, 16, ACT(CONTENT, .file = SLICE("/srv/share"), .root = SLICE("/tmp/x")));
	assert_true(scope_case_exists(c));
	assert_true(c->from == from && c->to == to && c->discovered == INT64_MIN);
	assert_int_equal(c->entry, 4);
	assert_int_equal(c->last_entry, 16);
	assert_int_equal(c->input_n, 4);
	assert_int_equal(c->input[1].parts, 2);
	assert_int_equal(c->input[1].part[1], 8);
	assert_int_equal(c->input[1].entry, 9);
	assert_true(c->input[2].reference && !c->input[2].parts);
	assert_true(slice_eq_str(c->input[3].root, "/tmp/x"));
	assert_true(slice_eq_str(scope_case_factor(c, "mitigated")->outcome, "low"));
	assert_null(scope_case_factor(c, "nature-and-extent"));
	assert_int_equal(scope_case_pair(c, SLICE("r1"), SLICE("r2")), -1);
	assert_int_equal(scope_case_pair(c, SLICE("r1"), SLICE("r3")), 0);
	put(c, 16, ACT(PAIR, .a = SLICE("r1"), .b = SLICE("r2"), .open = true));
	assert_int_equal(scope_case_pair(c, SLICE("r1"), SLICE("r2")), 0);
	assert_true(c->facts_n == 1 && slice_eq_str(c->facts[0].json, "{\"entity\": {\n\"name\":\"St. Gabriel\"}}"));
	assert_true(slice_eq_str(c->run[0].json, "{\"persons\":42}"));
	struct err e = {0};
	uint64_t bad = 0;
	assert_int_equal(scope_case_add(c, 17, 0, SLICE("{\"v\":2}"), &bad, &e), 0);
	assert_int_equal(scope_case_add(c, 18, 0, SLICE("noise"), &bad, &e), 0);
	assert_int_equal(bad, 2);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	assert_int_equal(scope_act_put(ACT(NEW, .from = from, .to = to), &b, &e), 0);
	assert_int_equal(scope_case_add(c, 19, 0, buf_slice(&b), NULL, &e), ERR_EXISTS);
	scope_case_free(c);
	scope_case_free(NULL);
}

static void an_input_comes_back(void **state)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct scope_act act;
	struct err e = {0};
	buf_init(&b, 1 << 20);
	assert_int_equal(scope_act_put(ACT(EVIDENCE, .file = SLICE("a \"b\"\n.log"), .size = 4, .sha256 = SLICE(H64), .part = (const uint64_t[]){UINT64_MAX - 1}, .parts = 1), &b, &e), 0);
	assert_int_equal(scope_act_get(buf_slice(&b), a, &act, &e), 0);
	assert_true(act.parts == 1 && act.part[0] == UINT64_MAX - 1);
	assert_true(slice_eq_str(act.file, "a \"b\"\n.log"));
	assert_int_equal(scope_act_put(&(struct scope_act){.what = SCOPE_DECIDE, .name = SLICE("../x")}, &b, &e), ERR_USAGE);
	assert_false(scope_name_ok(SLICE("-x")));
	assert_false(scope_name_ok(SLICE("a/b")));
	assert_true(scope_name_ok(SLICE("ILS-2022.07")));
	static const char *const bad[] = {"{\"v\":1,\"case\":\"c\",\"what\":\"evidence\",\"file\":\"x\",\"size\":1,\"sha256\":\"" H64 "\",\"parts\":[-1]}", "{\"v\":1,\"case\":\"c\",\"what\":\"shoe\"}",
	                                  "{\"v\":1,\"case\":\"c\",\"what\":\"new\",\"from\":\"2026-01-02T00:00:00Z\",\"to\":\"2026-01-01T00:00:00Z\"}", "{\"v\":1,\"case\":\"c\",\"what\":\"pair\",\"a\":\"x\",\"b\":\"y\"}", "{\"v\":1,\"case\":\"c\",\"what\":\"run\",\"run\":3}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(scope_act_get(slice_str(bad[i]), a, &act, &e), ERR_INPUT);
}

static void exposure_is_the_same_in_any_order(void **state)
{
	struct err e = {0};
	for (int turn = 0; turn < 2; turn++) {
		struct scope_exposure *x = scope_exposure_new();
		for (int k = 0; k < 6; k++) {
			int i = turn ? 5 - k : k;
			static const struct {
				const char *who, *where;
				bool acquired;
				uint32_t el;
			} f[] = {{"B", "f2", true, 1}, {"A", "f1", false, 2}, {"A", "f1", false, 4}, {"A", "f1", true, 8}, {"C", "f3", true, 16}, {"B", "f1", false, 32}};
			assert_int_equal(scope_exposure_add(x, scope_exposure_person(x, slice_str(f[i].who)), scope_exposure_source(x, slice_str(f[i].where), f[i].acquired), f[i].el, &e), 0);
		}
		struct scope_row r;
		struct scope_place p;
		assert_int_equal(scope_exposure_end(x, &e), 0);
		assert_int_equal(scope_exposure_rows(x), 3);
		scope_exposure_row(x, 0, &r);
		assert_true(slice_eq_str(r.person, "A") && r.accessed == 6 && r.acquired == 8 && r.n == 2);
		scope_exposure_place(x, r.first, &p);
		assert_true(slice_eq_str(p.path, "f1") && !p.acquired && p.elements == 6);
		scope_exposure_row(x, 1, &r);
		assert_true(slice_eq_str(r.person, "B") && r.accessed == 32 && r.acquired == 1);
		/* C was B all along, and B is A */
		assert_int_equal(scope_exposure_merge(x, scope_exposure_person(x, SLICE("C")), scope_exposure_person(x, SLICE("B")), &e), 0);
		assert_int_equal(scope_exposure_merge(x, scope_exposure_person(x, SLICE("B")), scope_exposure_person(x, SLICE("A")), &e), 0);
		assert_int_equal(scope_exposure_merge(x, scope_exposure_person(x, SLICE("A")), scope_exposure_person(x, SLICE("C")), &e), 0); /* said already */
		assert_int_equal(scope_exposure_end(x, &e), 0);
		assert_int_equal(scope_exposure_rows(x), 1);
		scope_exposure_row(x, 0, &r);
		assert_true(slice_eq_str(r.person, "A") && r.accessed == (6 | 32) && r.acquired == (8 | 1 | 16) && r.n == 4);
		scope_exposure_free(x);
	}
	scope_exposure_free(NULL);
}

static void exposure_of_many(void **state)
{
	struct scope_exposure *x = scope_exposure_new();
	struct err e = {0};
	char id[16];
	for (uint32_t k = 0; k < 100000; k++) {
		uint32_t i = k * 7919 % 50021;
		snprintf(id, sizeof id, "p%06u", i);
		assert_int_equal(scope_exposure_add(x, scope_exposure_person(x, slice_str(id)), scope_exposure_source(x, slice_of("abcdefgh", 1 + i % 8), false), 1u << k % 20, &e), 0);
	}
	assert_int_equal(scope_exposure_end(x, &e), 0);
	assert_int_equal(scope_exposure_rows(x), 50021);
	struct scope_row r, s;
	for (size_t i = 1; i < 50021; i++) {
		scope_exposure_row(x, i - 1, &r);
		scope_exposure_row(x, i, &s);
		assert_true(slice_cmp(r.person, s.person) < 0);
	}
	scope_exposure_free(x);
}

static void estimates(void **state)
{
	struct scope_estimate r;
	scope_estimate(&(struct scope_count){.files_read = 10, .files_all = 10, .met = 100, .merged = 97, .once = 50}, &r);
	assert_true(r.complete && r.low == 97 && r.high == 100 && r.point == 100 && r.high_known);
	scope_estimate(&(struct scope_count){.files_read = 0, .files_all = 10}, &r);
	assert_true(!r.high_known && !r.complete && r.low == 0);
	scope_estimate(&(struct scope_count){.files_read = 1, .files_all = 10, .met = 5, .merged = 5, .once = 5, .population = 1000}, &r);
	assert_true(r.high_known && r.high == 1000 && r.low == 5);
	scope_estimate(&(struct scope_count){.files_read = 0, .files_all = 0}, &r);
	assert_true(r.complete && r.high == 0);
	scope_estimate(&(struct scope_count){.files_read = 10, .files_all = 100, .met = 40, .merged = 40, .once = 0, .twice = 5}, &r);
	assert_true(r.point == 40 && r.high > 40);
}

static uint64_t seed;
static uint32_t dice(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

/* Files of persons drawn from a hidden number of them, unevenly; a tenth is read. The truth (who is in any file) lies in the interval in nearly all of 200 made worlds. */
static void the_interval_holds_the_truth(void **state)
{
	int held = 0, worlds = 200;
	double off = 0;
	for (int world = 0; world < worlds; world++) {
		enum { PERSONS = 3000, FILES = 200, READ = 20 };
		static uint8_t in_all[PERSONS], in_read[PERSONS];
		static uint32_t list[FILES][64], len[FILES];
		memset(in_all, 0, sizeof in_all);
		memset(in_read, 0, sizeof in_read);
		seed = (uint64_t)world * 977 + 5;
		for (int f = 0; f < FILES; f++) {
			len[f] = 1 + dice(f % 3 ? 12 : 60);
			for (uint32_t k = 0; k < len[f]; k++) {
				uint32_t p = dice(4) ? dice(PERSONS) : dice(PERSONS / 10); /* some come often */
				bool twice = false;
				for (uint32_t q = 0; q < k; q++)
					twice |= list[f][q] == p;
				list[f][k] = p;
				if (twice)
					continue;
				in_all[p] = 1;
				if (f >= 50 && f < 50 + READ)
					in_read[p]++;
			}
		}
		struct scope_count c = {.files_read = READ, .files_all = FILES};
		uint64_t truth = 0;
		double sum = 0, squares = 0;
		for (int p = 0; p < PERSONS; p++) {
			truth += in_all[p];
			c.met += in_read[p] > 0;
			c.once += in_read[p] == 1;
			c.twice += in_read[p] == 2;
		}
		for (int f = 50; f < 50 + READ; f++) {
			double u = 0;
			for (uint32_t k = 0; k < len[f]; k++)
				u += in_read[list[f][k]] == 1;
			sum += u;
			squares += u * u;
		}
		c.merged = c.met;
		c.once_spread = squares / READ > sum / READ * (sum / READ) ? __builtin_sqrt((squares - sum * sum / READ) / (READ - 1)) : 0;
		struct scope_estimate r;
		scope_estimate(&c, &r);
		held += r.low <= truth && truth <= r.high;
		off += (double)r.point / (double)truth;
	}
	assert_true(held >= worlds * 95 / 100);
	assert_true(off / worlds > 0.7 && off / worlds < 1.3);
}

/* Exports among letters: two files hold a third of all persons each. They are read whole, and first; what letters are left is a sample of letters. */
static void large_files_are_a_stratum_of_their_own(void **state)
{
	int held = 0, worlds = 200;
	double width = 0;
	struct scope_estimate r;
	scope_estimate(&(struct scope_count){.files_read = 6, .files_all = 100, .whole_read = 1, .whole_all = 2, .met = 40, .merged = 40, .once = 30, .twice = 5}, &r);
	assert_true(!r.high_known && r.low == 40); /* the second may hold anybody */
	scope_estimate(&(struct scope_count){.files_read = 3, .files_all = 100, .whole_read = 2, .whole_all = 2, .met = 40, .merged = 40}, &r);
	assert_false(r.high_known);
	for (int world = 0; world < worlds; world++) {
		enum { PERSONS = 6000, FILES = 202, LARGE = 2, READ = 22 };
		static uint8_t in_all[PERSONS], in_large[PERSONS], in_read[PERSONS];
		static uint32_t list[FILES][64], len[FILES];
		memset(in_all, 0, sizeof in_all);
		memset(in_large, 0, sizeof in_large);
		memset(in_read, 0, sizeof in_read);
		seed = (uint64_t)world * 977 + 11;
		for (uint32_t f = 0; f < LARGE; f++)
			for (int k = 0; k < PERSONS / 3; k++)
				in_large[dice(PERSONS)] = 1;
		for (uint32_t f = LARGE; f < FILES; f++) {
			len[f] = 0;
			for (uint32_t k = 1 + dice(f % 3 ? 12 : 60); k > 0; k--) {
				uint32_t p = dice(PERSONS);
				bool twice = false;
				for (uint32_t q = 0; q < len[f]; q++)
					twice |= list[f][q] == p;
				if (twice)
					continue;
				list[f][len[f]++] = p;
				in_all[p] = 1;
				in_read[p] += f < READ;
			}
		}
		struct scope_count c = {.files_read = READ, .files_all = FILES, .whole_read = LARGE, .whole_all = LARGE};
		uint64_t truth = 0;
		double sum = 0, squares = 0;
		for (int p = 0; p < PERSONS; p++) {
			truth += in_all[p] || in_large[p];
			c.met += in_read[p] || in_large[p];
			c.once += in_read[p] == 1 && !in_large[p];
			c.twice += in_read[p] == 2 && !in_large[p];
		}
		for (int f = LARGE; f < READ; f++) {
			double u = 0;
			for (uint32_t k = 0; k < len[f]; k++)
				u += in_read[list[f][k]] == 1 && !in_large[list[f][k]];
			sum += u;
			squares += u * u;
		}
		c.merged = c.met;
		c.once_spread = __builtin_sqrt((squares - sum * sum / (READ - LARGE)) / (READ - LARGE - 1));
		scope_estimate(&c, &r);
		held += r.low <= truth && truth <= r.high;
		width += (double)r.high / (double)truth;
	}
	assert_true(held >= worlds * 95 / 100);
	assert_true(width / worlds < 1.5); /* and it says something */
}

static void flags(void **state)
{
	assert_int_equal(scope_flags_of_code(SLICE("F11.20")), SCOPE_PART2);
	assert_int_equal(scope_flags_of_code(SLICE("F17.210")), 0);
	assert_int_equal(scope_flags_of_code(SLICE("f329")), SCOPE_MENTAL);
	assert_int_equal(scope_flags_of_code(SLICE("B20")), SCOPE_HIV);
	assert_int_equal(scope_flags_of_code(SLICE("B97.35")), SCOPE_HIV);
	assert_int_equal(scope_flags_of_code(SLICE("B97.3")), 0);
	assert_int_equal(scope_flags_of_code(SLICE("O98.711")), SCOPE_HIV | SCOPE_REPRODUCTIVE);
	assert_int_equal(scope_flags_of_code(SLICE("Z3A.20")), SCOPE_REPRODUCTIVE);
	assert_int_equal(scope_flags_of_code(SLICE("Z15.01")), SCOPE_GENETIC);
	assert_int_equal(scope_flags_of_code(SLICE("I10")), 0);
	assert_int_equal(scope_flags_of_code(SLICE("")), 0);
	assert_int_equal(scope_flags_of_code(SLICE("FOO")), 0);
	assert_int_equal(scope_flags_of_text(SLICE("On methadone since 2019; HIV-negative partner")), SCOPE_PART2 | SCOPE_HIV);
	assert_int_equal(scope_flags_of_text(SLICE("archive shivers, aidsX")), 0);
	assert_int_equal(scope_flags_of_text(SLICE("D\xc3\xa9pression s\xc3\xa9v\xc3\xa8re")), SCOPE_MENTAL);
	for (unsigned f = 1; f <= SCOPE_MENTAL; f <<= 1)
		assert_string_not_equal(scope_flag_word(f), "?");
}

/* Of three pairs among four persons: what is decided moves both ends of the interval towards each other, and what is taken back moves them back. */
static void the_interval_narrows_as_pairs_are_decided(void **state)
{
	const struct scope_many run = {.low = 7, .point = 9, .high = 11, .known = true, .high_known = true, .point_known = true};
	struct scope_case *c = scope_case_new(SLICE("c1"), 1 << 20);
	struct scope_queue *q = scope_queue_new();
	struct scope_queue_count n;
	struct err e = {0};
	put(c, 1, ACT(NEW, .from = 1, .to = 2));
	assert_int_equal(scope_queue_add(q, SLICE("r1"), SLICE("r2"), SLICE("A"), SLICE("B"), 0.5, &e), 0);
	assert_int_equal(scope_queue_add(q, SLICE("r2"), SLICE("r3"), SLICE("B"), SLICE("C"), 0.5, &e), 0);
	assert_int_equal(scope_queue_add(q, SLICE("r4"), SLICE("r5"), SLICE("A"), SLICE("D"), 0.25, &e), 0);
	assert_int_equal(scope_queue_end(q, &e), 0);
	assert_int_equal(scope_queue_decide(q, c, &e), 0);
	scope_queue_count(q, &run, 10, &n);
	assert_true(n.open == 3 && n.same == 0 && n.persons.low == 7 && n.persons.point == 9 && n.persons.high == 11);
	put(c, 2, ACT(PAIR, .a = SLICE("r2"), .b = SLICE("r1"), .same = true)); /* in either order */
	assert_int_equal(scope_queue_decide(q, c, &e), 0);
	assert_true(scope_queue_word(q, 0)->entry == 2 && !scope_queue_word(q, 1));
	scope_queue_count(q, &run, 10, &n);
	assert_true(n.open == 2 && n.same == 1 && n.persons.low == 7 && n.persons.high == 10);
	put(c, 3, ACT(PAIR, .a = SLICE("r2"), .b = SLICE("r3"), .same = false));
	put(c, 4, ACT(PAIR, .a = SLICE("r4"), .b = SLICE("r5"), .same = false));
	assert_int_equal(scope_queue_decide(q, c, &e), 0);
	scope_queue_count(q, &run, 10, &n);
	assert_true(n.open == 0 && n.different == 2 && n.persons.low == 9 && n.persons.high == 10 && n.persons.point >= 9 && n.persons.point <= 10);
	put(c, 5, ACT(PAIR, .a = SLICE("r1"), .b = SLICE("r2"), .open = true));
	assert_int_equal(scope_queue_decide(q, c, &e), 0);
	assert_null(scope_queue_word(q, 0));
	scope_queue_count(q, &run, 10, &n);
	assert_true(n.open == 1 && n.persons.low == 9 && n.persons.high == 11);
	scope_queue_free(q);
	scope_case_free(c);
	scope_queue_free(NULL);
}

/* One person may be in many pairs: merging them takes each away once, however the pairs are chained. */
static void a_chain_of_pairs_is_one_person(void **state)
{
	const struct scope_many run = {.low = 1, .point = 100, .high = 201};
	struct scope_case *c = scope_case_new(SLICE("c1"), 8 << 20);
	struct scope_queue *q = scope_queue_new();
	struct scope_queue_count n;
	struct err e = {0};
	char a[16], b[16];
	put(c, 1, ACT(NEW, .from = 1, .to = 2));
	for (int i = 200; i-- > 0;) {
		snprintf(a, sizeof a, "r%d", i);
		snprintf(b, sizeof b, "r%d", i + 1);
		assert_int_equal(scope_queue_add(q, slice_str(a), slice_str(b), slice_str(a), slice_str(b), 0.5, &e), 0);
		put(c, (uint64_t)(2 + i), ACT(PAIR, .a = slice_str(a), .b = slice_str(b), .same = true));
	}
	assert_int_equal(scope_queue_add(q, SLICE("r0"), SLICE("r200"), SLICE("r0"), SLICE("r200"), 0.5, &e), 0); /* says nothing new */
	assert_int_equal(scope_queue_end(q, &e), 0);
	assert_int_equal(scope_queue_decide(q, c, &e), 0);
	scope_queue_count(q, &run, 201, &n);
	assert_true(n.same == 200 && n.open == 1 && n.persons.low == 1 && n.persons.high == 1);
	scope_queue_free(q);
	scope_case_free(c);
}

static void notices_are_made_from_what_a_case_says(void **state)
{
	struct scope_case *c = scope_case_new(SLICE("c1"), 1 << 20);
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct err e = {0};
	struct json_node *n;
	buf_init(&b, 1 << 20);
	put(c, 4, &(struct scope_act){.what = SCOPE_NEW, .name = SLICE("c1"), .title = SLICE("the share"), .from = time_from_civil(2026, 11, 21, 23, 3, 39), .to = time_from_civil(2026, 11, 21, 23, 3, 41), .discovered = time_from_civil(2026, 11, 22, 0, 0, 0)});
	assert_int_equal(scope_case_notice(c, &b, &e), ERR_NOT_FOUND);
	put(c, 5, ACT(RUN, .json = SLICE("{\"totals\":{\"persons\":10,\"low\":9,\"high\":11},\"places\":{\"US-TX\":10},\"combinations\":{\"US-TX\":{\"core\":{\"touched\":3,\"acquired\":3}}},\"elements\":{\"ssn\":{\"acquired\":3}},\"deceased\":1}")));
	put(c, 6, ACT(FACTS, .json = SLICE("{\"entity\":{\"name\":\"St. Gabriel\"},\"discovered\":\"1999-01-01\",\"persons\":{\"US-CA\":5}}")));
	buf_reset(&b);
	assert_int_equal(scope_case_notice(c, &b, &e), 0);
	assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
	assert_true(slice_eq_str(json_text(n, "discovered"), "2026-11-22")); /* what somebody typed counts for less */
	assert_true(slice_eq_str(json_text(n, "entity.name"), "St. Gabriel"));
	assert_true(slice_eq_str(json_text(json_get(json_get(n, "persons"), "US-TX"), "high"), "11"));
	assert_null(json_get(json_get(n, "persons"), "US-CA"));
	assert_true(slice_eq_str(json_text(json_get(json_get(json_get(n, "combinations"), "US-TX"), "core"), "touched"), "3"));
	assert_true(slice_eq_str(json_text(n, "entries.persons"), "5") && slice_eq_str(json_text(n, "entries.entity"), "6"));
	scope_case_free(c);
}

static void sent(struct scope_case *c, uint64_t entry, const char *body)
{
	struct err e = {0};
	assert_int_equal(scope_case_sent(c, entry, (int64_t)entry * 1000, slice_str(body), &e), 0);
}

/* Letters that were mailed and authorities that were told are the case's; what somebody typed counts for more, and what is of no case or broken for nothing. */
static void what_was_sent_stops_clocks(void **state)
{
	struct scope_case *c = scope_case_new(SLICE("c1"), 1 << 20);
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct err e = {0};
	struct jsonw w;
	struct json_node *n;
	buf_init(&b, 1 << 20);
	sent(c, 3, "{\"case\":\"c1\",\"what\":\"told\",\"duty\":\"us-hipaa-media\",\"on\":\"2026-12-01\"}"); /* before there is a case */
	put(c, 4, &(struct scope_act){.what = SCOPE_NEW, .name = SLICE("c1"), .from = 0, .to = 1, .discovered = time_from_civil(2026, 11, 22, 0, 0, 0)});
	put(c, 5, ACT(RUN, .json = SLICE("{\"totals\":{\"persons\":10,\"low\":10,\"high\":10},\"places\":{\"US-TX\":10},\"elements\":{\"ssn\":{\"acquired\":3}}}")));
	assert_int_equal(scope_case_notified(c, a).n, 0);
	sent(c, 6, "{\"case\":\"c1\",\"what\":\"returned\",\"mail\":\"" H64 "\",\"file\":\"b.csv\",\"sha256\":\"" H64 "\",\"sent\":10,\"mailed\":4,\"returned\":1,\"no_address\":2,\"first_mailed\":\"2026-12-10\",\"last_mailed\":\"2026-12-11\",\"by\":\"uid 1\"}");
	sent(c, 7, "{\"case\":\"c1\",\"what\":\"returned\",\"mail\":\"" H64 "\",\"sent\":10,\"mailed\":10,\"first_mailed\":\"2026-12-09\",\"last_mailed\":\"2026-12-32\"}");
	sent(c, 8, "{\"case\":\"c1\",\"what\":\"told\",\"duty\":\"us-hipaa-ocr-ge500\",\"on\":\"2026-12-20\",\"reference\":\"R-1\",\"by\":\"uid 1\"}");
	sent(c, 9, "{\"case\":\"c2\",\"what\":\"told\",\"duty\":\"us-hipaa-media\",\"on\":\"2026-12-01\"}");
	sent(c, 10, "{\"case\":\"c1\",\"what\":\"signed\"}");
	sent(c, 11, "{\"case\":\"c1\",");
	assert_int_equal(c->sent_n, 3);
	assert_int_equal(c->sent[1].last.n, 0); /* a day that there is not */
	assert_true(slice_eq_str(scope_case_notified(c, a), "2026-12-09"));
	jsonw_init(&w, &b);
	scope_sent_json(c, &w);
	assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
	assert_int_equal(n->count, 3);
	assert_true(slice_eq_str(json_text(n->child, "mailed"), "4") && slice_eq_str(json_text(n->child, "letters"), "10") && slice_eq_str(json_text(n->child, "entry"), "6"));
	buf_reset(&b);
	assert_int_equal(scope_case_notice(c, &b, &e), 0);
	assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
	assert_true(slice_eq_str(json_text(n, "notified"), "2026-12-09") && slice_eq_str(json_text(n, "entries.notified"), "7"));
	assert_true(slice_eq_str(json_text(n, "hhs_notified"), "2026-12-20") && slice_eq_str(json_text(n, "entries.hhs_notified"), "8"));
	assert_null(json_get(n, "incident_notified"));
	put(c, 12, ACT(FACTS, .json = SLICE("{\"notified\":\"2026-12-08\"}")));
	assert_true(slice_eq_str(scope_case_notified(c, a), "2026-12-08"));
	buf_reset(&b);
	assert_int_equal(scope_case_notice(c, &b, &e), 0);
	assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
	assert_true(slice_eq_str(json_text(n, "notified"), "2026-12-08") && slice_eq_str(json_text(n, "entries.notified"), "12"));
	scope_case_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_case_is_what_its_entries_say), cmocka_unit_test(the_interval_narrows_as_pairs_are_decided), cmocka_unit_test(a_chain_of_pairs_is_one_person), cmocka_unit_test(notices_are_made_from_what_a_case_says), cmocka_unit_test(what_was_sent_stops_clocks), cmocka_unit_test(an_input_comes_back), cmocka_unit_test(exposure_is_the_same_in_any_order), cmocka_unit_test(exposure_of_many),
	                                   cmocka_unit_test(estimates), cmocka_unit_test(the_interval_holds_the_truth), cmocka_unit_test(large_files_are_a_stratum_of_their_own), cmocka_unit_test(flags)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
