/* The ledger as its callers see it: what goes in comes out, before and after packs, after closing, beside a writer, and when the same comes again. */
#include "ledger/ledger_test.h"

static void empty(void **state)
{
	struct site s;
	struct ledger_entry en;
	struct ledger_leaf leaf;
	struct buf b;
	site_new(&s);
	FAILS(ledger_create(s.fd, &s.keys, e), ERR_EXISTS, "already");
	struct ledger *l = open_with(&s, small());
	assert_int_equal(ledger_size(l), 0);
	FAILS(ledger_read(l, 0, &en, e), ERR_NOT_FOUND, "no entry 0");
	FAILS(ledger_read_leaf(l, 0, &leaf, e), ERR_NOT_FOUND, "no entry 0");
	buf_init(&b, 4096);
	ledger_checkpoint(l, &b);
	struct tlog_checkpoint k;
	OK(tlog_checkpoint_parse(buf_slice(&b), &k, e));
	assert_int_equal(k.size, 0);
	assert_string_equal(k.origin, ORIGIN);
	buf_done(&b);
	OK(ledger_close(l, e));
	expect_sound(&s);
	site_done(&s);
}

static void in_and_out(void **state)
{
	struct site s;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	append(l, 0); /* staged can be read already */
	expect_entry(l, 0);
	assert_int_equal(ledger_durable(l), 0);
	OK(ledger_commit(l, e));
	assert_int_equal(ledger_durable(l), 1);
	expect_entry(l, 0);
	for (int round = 0; round < 20; round++) {
		fill(l, 97, 1 + (uint64_t)round % 7);
		tick(l);
		assert_int_equal(ledger_published(l) >= 98, true);
	}
	uint64_t n = ledger_size(l);
	assert_true(l->packs.n > 5); /* the test is about packs too */
	assert_true(l->entries.base > 0);
	expect_all(l, n);
	OK(ledger_close(l, e));
	struct ledger_verify_report rep = expect_sound(&s);
	assert_true(rep.wal_checked && rep.packs > 5 && rep.bodies >= n && rep.entries == rep.size);

	l = open_with(&s, small());
	assert_true(ledger_size(l) >= n);
	expect_all(l, n);
	fill(l, 300, 3);
	tick(l);
	expect_all(l, n + 300);
	OK(ledger_close(l, e));
	expect_sound(&s);

	l = open_reader(&s);
	expect_all(l, n + 300);
	ledger_free(l);
	site_done(&s);
}

struct seen_scan {
	uint64_t next, n;
	bool bodies;
	int64_t time;
};

static int on_entry(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct seen_scan *q = arg;
	struct buf b;
	assert_int_equal(en->seq, q->next);
	assert_true(en->leaf.time >= q->time);
	if (q->bodies && en->leaf.kind != LEDGER_PACK) {
		buf_init(&b, 1 << 20);
		body_of(en->seq, &b);
		assert_true(slice_eq(en->body, buf_slice(&b)));
		buf_done(&b);
	}
	q->time = en->leaf.time;
	q->next++;
	q->n++;
	return q->n == 1234 ? ERR_DENIED : 0;
}

static void scans(void **state)
{
	struct site s;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 900, 10);
	tick(l);
	fill(l, 50, 10);
	append(l, ledger_size(l));
	uint64_t n = ledger_size(l), cuts[] = {0, 1, 255, 256, 257, 500, n - 1, n};
	for (int bodies = 0; bodies < 2; bodies++)
		for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
			for (size_t k = i; k < ARRAY_LEN(cuts); k++) {
				struct seen_scan q = {.next = cuts[i], .bodies = bodies};
				OK(ledger_scan(l, cuts[i], cuts[k], bodies, on_entry, &q, e));
				assert_int_equal(q.n, cuts[k] - cuts[i]);
			}
	struct seen_scan q = {.n = 1234 - 10};
	assert_int_equal(ledger_scan(l, 0, n, true, on_entry, &q, NULL), ERR_DENIED); /* passed up */
	assert_int_equal(q.next, 10);
	FAILS(ledger_scan(l, 0, n + 1, true, on_entry, &q, e), ERR_NOT_FOUND, "no entry");
	OK(ledger_close(l, e));
	site_done(&s);
}

static int64_t fake_time;
static int64_t fake_clock(void)
{
	return fake_time;
}

static void times(void **state)
{
	struct site s;
	struct ledger_options o = small();
	uint64_t seq;
	site_new(&s);
	o.clock = fake_clock;
	struct ledger *l = open_with(&s, o);
	for (int i = 0; i < 600; i++) {
		fake_time = 1000 + (i / 3) * 10 - (i % 3 == 2 ? 500 : 0); /* the clock goes back now and then */
		append(l, ledger_size(l));
	}
	OK(ledger_commit(l, e));
	OK(ledger_at_time(l, 0, &seq, e));
	assert_int_equal(seq, 0);
	OK(ledger_at_time(l, 1000, &seq, e));
	assert_int_equal(seq, 3);
	OK(ledger_at_time(l, 1009, &seq, e));
	assert_int_equal(seq, 3);
	OK(ledger_at_time(l, 1010, &seq, e));
	assert_int_equal(seq, 6);
	OK(ledger_at_time(l, INT64_MAX, &seq, e));
	assert_int_equal(seq, 600);
	OK(ledger_close(l, e));
	l = open_reader(&s);
	OK(ledger_at_time(l, 2000, &seq, e));
	assert_int_equal(seq, 303);
	ledger_free(l);
	site_done(&s);
}

/* A quarter's packs hold that quarter's entries only, and are sealed to its own key. */
static void quarters(void **state)
{
	struct site s;
	struct ledger_options o = small();
	char path[512];
	site_new(&s);
	o.clock = fake_clock;
	fake_time = time_from_civil(2026, 3, 31, 23, 59, 58);
	struct ledger *l = open_with(&s, o);
	for (int i = 0; i < 8; i++) {
		fill(l, 40, 1);
		tick(l);
		fake_time += TIME_SEC;
	}
	OK(ledger_close(l, e));
	assert_int_equal(access(site_path(&s, "keys/period/care-2026Q1.age", path), F_OK), 0);
	assert_int_equal(access(site_path(&s, "keys/period/care-2026Q2.age", path), F_OK), 0);
	l = open_reader(&s);
	for (uint64_t k = 1; k <= l->packs.n; k++) {
		uint8_t record[PACK_RECORD];
		struct ledger_pack_info info;
		struct ledger_leaf first, last;
		OK(ledger_packs_get(&l->packs, k, &info, NULL, record, e));
		OK(ledger_read_leaf(l, info.first, &first, e));
		OK(ledger_read_leaf(l, info.first + info.count - 1, &last, e));
		assert_int_equal(ledger_period_of(first.time), info.period);
		assert_int_equal(ledger_period_of(last.time), info.period);
	}
	assert_int_equal(l->packs.last.period, 2026200);
	ledger_free(l);
	expect_sound(&s);
	site_done(&s);
}

static void giants(void **state)
{
	struct site s;
	struct buf b;
	struct ledger_entry en;
	uint64_t sizes[] = {LEDGER_BODY_MAX, 0, 1, 5 << 20, WAL_RECORD_TARGET, WAL_RECORD_TARGET - 1};
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	buf_init(&b, LEDGER_BODY_MAX + 1);
	uint8_t *p = buf_space(&b, LEDGER_BODY_MAX + 1);
	for (uint64_t i = 0; i < LEDGER_BODY_MAX + 1; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 13));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		OK(ledger_append(l, LEDGER_HL7V2, 0, "import", slice_of(p, sizes[i]), true, NULL, NULL, e));
		if (i % 2)
			OK(ledger_commit(l, e));
	}
	FAILS(ledger_append(l, LEDGER_HL7V2, 0, "import", slice_of(p, LEDGER_BODY_MAX + 1), true, NULL, NULL, e), ERR_LIMIT, "at most 80 MiB");
	OK(ledger_commit(l, e));
	for (int reopened = 0; reopened < 2; reopened++) {
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			OK(ledger_read(l, i, &en, e));
			assert_true(slice_eq(en.body, slice_of(p, sizes[i])));
		}
		if (!reopened) {
			ledger_free(l); /* a crash: all of it comes out of the segments */
			l = open_with(&s, small());
		}
	}
	OK(ledger_close(l, e));
	l = open_reader(&s);
	assert_true(ledger_packs_end(&l->packs) >= ARRAY_LEN(sizes));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) { /* and now out of packs */
		OK(ledger_read(l, i, &en, e));
		assert_true(slice_eq(en.body, slice_of(p, sizes[i])));
	}
	ledger_free(l);
	expect_sound(&s);
	buf_done(&b);
	site_done(&s);
}

static void refusals(void **state)
{
	struct site s;
	site_new(&s);
	struct ledger *l = open_with(&s, small()), *r;
	char name[80];
	memset(name, 'x', sizeof name);
	name[LEDGER_SOURCE_MAX + 1] = 0;
	FAILS(ledger_append(l, LEDGER_HL7V2, 0, name, SLICE("x"), true, NULL, NULL, e), ERR_USAGE, "source");
	FAILS(ledger_append(l, LEDGER_HL7V2, 0, "", SLICE("x"), true, NULL, NULL, e), ERR_USAGE, "source");
	FAILS(ledger_append(l, LEDGER_HL7V2, 0, "a b", SLICE("x"), true, NULL, NULL, e), ERR_USAGE, "source");
	name[LEDGER_SOURCE_MAX] = 0;
	OK(ledger_append(l, LEDGER_HL7V2, 0, name, SLICE("x"), true, NULL, NULL, e));
	OK(ledger_commit(l, e));
	tick(l);
	r = open_reader(&s);
	FAILS(ledger_append(r, LEDGER_HL7V2, 0, "x", SLICE("x"), true, NULL, NULL, e), ERR_USAGE, "for reading");
	FAILS(ledger_commit(r, e), ERR_USAGE, "for reading");
	FAILS(ledger_tick(r, true, NULL, e), ERR_USAGE, "for reading");
	ledger_free(r);
	OK(ledger_close(l, e));
	struct site_keys none = {0};
	struct ledger_options o = small();
	FAILS(ledger_open(s.fd, &none, &o, &l, NULL, e), ERR_DENIED, "care key");
	site_done(&s);
}

/* Without keys: leaves and proofs, no bodies. */
static void keyless(void **state)
{
	struct site s;
	struct ledger *l = NULL;
	struct ledger_leaf leaf;
	struct ledger_entry en;
	struct ledger_verify_report rep;
	struct buf faults, b;
	site_new(&s);
	struct ledger *w = open_with(&s, small());
	fill(w, 700, 20);
	tick(w);
	OK(ledger_close(w, e));
	OK(ledger_open(s.fd, NULL, NULL, &l, NULL, e));
	OK(ledger_read_leaf(l, 3, &leaf, e));
	assert_int_equal(leaf.kind, LEDGER_HL7V2);
	FAILS(ledger_read(l, 3, &en, e), ERR_DENIED, "care key");
	FAILS(ledger_read(l, ledger_size(l) - 1, &en, e), ERR_DENIED, "care key");
	buf_init(&b, 1 << 16);
	OK(ledger_prove(l, 699, &b, e));
	buf_done(&b);
	ledger_free(l);
	buf_init(&faults, 1 << 16);
	OK(ledger_verify(s.fd, NULL, NULL, &rep, &faults, e));
	assert_false(rep.wal_checked);
	assert_true(rep.packs > 0 && rep.entries == rep.size && rep.bodies == 0);
	buf_done(&faults);
	site_done(&s);
}

static void seen(void **state)
{
	struct site s;
	struct buf b;
	uint64_t seq;
	int64_t time;
	buf_init(&b, 1 << 20);
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 700, 10);
	append(l, 5000);
	body_of(5000, &b);
	OK(ledger_find_same(l, buf_slice(&b), &seq, &time, e)); /* staged counts */
	assert_int_equal(seq, 700);
	body_of(5001, &b);
	FAILS(ledger_find_same(l, buf_slice(&b), &seq, &time, e), ERR_NO, "not been stored");
	OK(ledger_commit(l, e));
	tick(l);
	for (int how = 0; how < 4; how++) {
		assert_true(ledger_size(l) >= 701);
		for (uint64_t i = 0; i < 700; i += 13) {
			struct ledger_leaf leaf;
			body_of(i, &b);
			OK(ledger_find_same(l, buf_slice(&b), &seq, &time, e));
			OK(ledger_read_leaf(l, seq, &leaf, e));
			assert_int_equal(seq, i);
			assert_int_equal(time, leaf.time);
			b.p[b.n / 2] ^= 1;
			FAILS(ledger_find_same(l, buf_slice(&b), &seq, &time, e), ERR_NO, "not been stored");
		}
		if (how == 0) {
			ledger_free(l); /* killed: the table is behind, or not */
			l = open_with(&s, small());
		} else if (how == 1) {
			OK(ledger_close(l, e));
			l = open_with(&s, small());
		} else if (how == 2) {
			OK(ledger_close(l, e));
			char path[512];
			assert_int_equal(unlink(site_path(&s, "ledger/seen.idx", path)), 0); /* only a cache */
			l = open_with(&s, small());
		}
	}
	OK(ledger_close(l, e));
	buf_done(&b);
	site_done(&s);
}

static void control_ids(void **state)
{
	struct site s;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	assert_int_equal(ledger_control_from(l), 0);
	assert_false(ledger_control_seen(l, SLICE("LAB\x1f" "1")));
	assert_false(ledger_control_seen(l, SLICE("LAB\x1f" "1"))); /* nothing was appended with it */
	append(l, 0);
	assert_true(ledger_control_seen(l, SLICE("LAB\x1f" "1"))); /* staged counts */
	OK(ledger_commit(l, e));
	assert_false(ledger_control_seen(l, SLICE("LAB\x1f" "2")));
	append(l, 1); /* and never committed */
	ledger_free(l);
	l = open_with(&s, small());
	assert_int_equal(ledger_size(l), 1);
	assert_true(ledger_control_seen(l, SLICE("LAB\x1f" "1")));
	assert_false(ledger_control_seen(l, SLICE("LAB\x1f" "2")));
	assert_false(ledger_control_seen(l, SLICE("LAB\x1f" "3")));
	append(l, 7); /* entry 1 is another one now */
	assert_false(ledger_control_seen(l, SLICE("LAB\x1f" "2")));
	assert_true(ledger_control_seen(l, SLICE("LAB\x1f" "3")));
	OK(ledger_close(l, e));

	char path[512];
	assert_int_equal(unlink(site_path(&s, "ledger/seen.idx", path)), 0);
	l = open_with(&s, small());
	assert_int_equal(ledger_control_from(l), 0); /* all are to be taught again */
	assert_false(ledger_control_seen(l, SLICE("LAB\x1f" "1")));
	OK(ledger_control_learn(l, 0, SLICE("LAB\x1f" "1"), e));
	OK(ledger_control_learn(l, 1, SLICE("LAB\x1f" "3"), e));
	ledger_control_learned(l);
	assert_true(ledger_control_seen(l, SLICE("LAB\x1f" "1")));
	OK(ledger_close(l, e));
	l = open_with(&s, small());
	assert_int_equal(ledger_control_from(l), ledger_size(l));
	assert_true(ledger_control_seen(l, SLICE("LAB\x1f" "3")));
	OK(ledger_close(l, e));
	site_done(&s);
}

static bool same_slot(void *arg, uint64_t seq, uint16_t check)
{
	return (seq << 16 | check) == *(uint64_t *)arg;
}

/* Enough for a second and third level of the table. */
static void seen_grows(void **state)
{
	struct site s;
	struct ledger_seen *t;
	bool fresh;
	site_new(&s);
	int dirfd = open(s.path, O_RDONLY | O_DIRECTORY);
	OK(ledger_seen_open(dirfd, s.keys.dedupe, &t, &fresh, e));
	assert_true(fresh);
	uint64_t n = 400000;
	for (uint64_t i = 0; i < n; i++) {
		OK(ledger_seen_room(t, 1, e));
		ledger_seen_add(t, ledger_seen_print(t, SEEN_BODY, slice_of(&i, sizeof i)), i, (uint16_t)i);
	}
	OK(ledger_seen_sync(t, n, n, true, e));
	for (int again = 0; again < 2; again++) {
		struct stat st;
		assert_int_equal(fstatat(dirfd, "seen.idx", &st, 0), 0);
		for (uint64_t i = 0; i < n + 1000; i++) {
			struct slice b = slice_of(&i, sizeof i);
			uint64_t want = i << 16 | (uint16_t)i;
			assert_int_equal(ledger_seen_find(t, ledger_seen_print(t, SEEN_BODY, b), same_slot, &want), i < n);
		}
		ledger_seen_free(t);
		OK(ledger_seen_open(dirfd, s.keys.dedupe, &t, &fresh, e));
		assert_false(fresh);
		assert_int_equal(ledger_seen_complete(t, SEEN_BODY), n);
	}
	ledger_seen_free(t);
	uint8_t other[32] = {1};
	OK(ledger_seen_open(dirfd, other, &t, &fresh, e)); /* another key: another table */
	assert_true(fresh);
	ledger_seen_free(t);
	close(dirfd);
	site_done(&s);
}

/* A reader beside a writer, with packs closing and segments going out of use under it. */
static void reader_beside(void **state)
{
	struct site s;
	struct ledger_options o = small();
	site_new(&s);
	o.single_thread = false;
	o.publish_interval = TIME_SEC / 200;
	o.pack_age = TIME_SEC / 50;
	struct ledger *w = open_with(&s, o), *r = open_reader(&s);
	uint64_t read = 0;
	for (int i = 0; i < 400; i++) {
		fill(w, 10, 5);
		OK(ledger_tick(w, false, NULL, e));
		if (i % 4 == 0) {
			OK(ledger_refresh(r, e));
			for (; read < ledger_size(r); read++)
				expect_entry(r, read);
			if (read) {
				expect_entry(r, read / 2);
				expect_entry(r, read - 1);
			}
		}
		if (i % 100 == 50)
			expect_sound(&s);
	}
	tick(w);
	OK(ledger_refresh(r, e));
	assert_true(ledger_size(r) >= 4000);
	expect_all(r, ledger_size(r));
	ledger_free(r);
	OK(ledger_close(w, e));
	expect_sound(&s);
	site_done(&s);
}

/* An idle ledger makes no packs about its packs. */
static void idle(void **state)
{
	struct site s;
	struct ledger_options o = small();
	site_new(&s);
	o.pack_age = 1;
	struct ledger *l = open_with(&s, o);
	fill(l, 5, 1);
	for (int i = 0; i < 10; i++)
		tick(l);
	assert_int_equal(ledger_size(l), 6);
	OK(ledger_close(l, e));
	for (int i = 0; i < 3; i++) {
		l = open_with(&s, o);
		tick(l);
		assert_int_equal(ledger_size(l), 6);
		OK(ledger_close(l, e));
	}
	DIR *d = fdopendir(openat(s.fd, "packs", O_RDONLY | O_DIRECTORY));
	for (struct dirent *en; (en = readdir(d));)
		assert_null(strstr(en->d_name, ".tmp"));
	closedir(d);
	expect_sound(&s);
	site_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(empty),    cmocka_unit_test(in_and_out), cmocka_unit_test(scans),       cmocka_unit_test(times),
	        cmocka_unit_test(quarters), cmocka_unit_test(giants),     cmocka_unit_test(refusals),    cmocka_unit_test(keyless),
	        cmocka_unit_test(seen),     cmocka_unit_test(control_ids), cmocka_unit_test(seen_grows), cmocka_unit_test(reader_beside),
	        cmocka_unit_test(idle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
