/* One line an object: the strongest touch wins, bytes are not counted twice, roots map names, windows are inclusive, Windows' names compare without case. */
#include "evidence_case.h"

static void put(struct evidence_touch t)
{
	assert_int_equal(evidence_fold_touch(fold, &t), 0);
}

static void new_source(const char *name, const char *dialect)
{
	uint32_t n;
	assert_int_equal(evidence_fold_source(fold, name, &n, NULL), 0);
	evidence_fold_kind(fold, dialect);
}

static void begin(void)
{
	fold = evidence_fold_new(&fold_options);
	assert_non_null(fold);
}

static void strongest_wins(void **state)
{
	(void)state;
	begin();
	new_source("a", "x");
	put((struct evidence_touch){.path = SLICE("\\\\FS\\Records\\A.txt"), .host = SLICE("FS"), .level = EVIDENCE_OPENED, .confidence = 95, .time = 100, .record = 1, .reason = SLICE("opened"), .who = SLICE("jo"), .bytes = 10, .has_bytes = true});
	put((struct evidence_touch){.path = SLICE("//fs/records/a.TXT"), .host = SLICE("fs"), .level = EVIDENCE_ACQUIRED, .confidence = 70, .time = 50, .record = 2, .reason = SLICE("read"), .who = SLICE("al"), .windows = true, .bytes = 5, .has_bytes = true});
	new_source("a.1", "x");
	put((struct evidence_touch){.path = SLICE("\\\\fs\\records\\a.txt"), .host = SLICE("fs"), .level = EVIDENCE_LISTED, .confidence = 99, .time = 200, .record = 3, .reason = SLICE("listed"), .bytes = 5, .has_bytes = true});
	new_source("b", "y");
	put((struct evidence_touch){.path = SLICE("\\\\fs\\records\\a.txt"), .host = SLICE("fs"), .level = EVIDENCE_ACCESSED, .confidence = 99, .time = EVIDENCE_NO_TIME, .record = 4, .bytes = 18, .has_bytes = true});
	assert_int_equal(evidence_fold_finish(fold, NULL), 0);
	assert_int_equal(evidence_fold_count(fold), 1);
	const struct evidence_object *o = evidence_fold_at(fold, 0);
	assert_int_equal(o->level, EVIDENCE_ACQUIRED);
	assert_int_equal(o->confidence, 70);
	assert_true(is(o->path, "\\\\FS\\Records\\A.txt") && is(o->reason[0], "read") && is(o->who[0], "al") && o->who_n == 2 && o->reason_n == 3);
	assert_int_equal(o->first, 50);
	assert_int_equal(o->last, 200);
	assert_int_equal(o->bytes, 20); /* 15 + 5 of one log in parts; the other saw 18 of the same */
	assert_true(o->untimed && o->count == 4 && o->first_record == 2 && o->last_record == 3);
}

static void roots(void **state)
{
	static const struct evidence_root r[] = {{"/tmp/share", "/mnt/copy"}, {"D:\\Records", "/mnt/copy/"}, {"\\\\fs\\rec", "/mnt/copy"}};
	(void)state;
	fold_options.roots = r;
	fold_options.roots_n = 3;
	begin();
	new_source("a", "x");
	put((struct evidence_touch){.path = SLICE("/tmp/share/d/A.txt"), .level = EVIDENCE_LISTED, .time = 1});
	put((struct evidence_touch){.path = SLICE("d:\\records\\d\\A.txt"), .host = SLICE("fs"), .level = EVIDENCE_ACCESSED, .time = 1});
	put((struct evidence_touch){.path = SLICE("\\\\FS\\rec\\.\\d\\\\A.txt"), .host = SLICE("fs"), .level = EVIDENCE_OPENED, .time = 1});
	put((struct evidence_touch){.path = SLICE("/tmp/shared/x"), .level = EVIDENCE_OPENED, .time = 1});
	put((struct evidence_touch){.path = SLICE("/tmp/share"), .level = EVIDENCE_LISTED, .time = 1});
	assert_int_equal(evidence_fold_finish(fold, NULL), 0);
	assert_int_equal(evidence_fold_count(fold), 3);
	assert_int_equal(level("/mnt/copy/d/A.txt"), EVIDENCE_ACCESSED);
	assert_true(is(object("/mnt/copy/d/A.txt")->logged, "/tmp/share/d/A.txt") && is(object("/mnt/copy/d/A.txt")->host, "fs"));
	assert_int_equal(level("/tmp/shared/x"), EVIDENCE_OPENED);
	assert_true(object("/mnt/copy")->folder);
}

static void key_is(const char *path, bool windows, const char *want)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	evidence_path_key(slice_str(path), windows, &b);
	assert_string_equal(buf_cstr(&b), want);
}

static void keys(void **state)
{
	(void)state;
	key_is("/a//b/./c/", false, "/a/b/c");
	key_is("/a/../../b", false, "/b");
	key_is("/A\\B", false, "/A\\B");
	key_is("\\??\\C:\\X\\\xc3\x89T\xc3\x89", true, "c:/x/\xc3\xa9t\xc3\xa9");
	key_is("\\\\?\\UNC\\Srv\\S\\f", true, "/srv/s/f");
	key_is("\\\\srv\\s\\f", true, "/srv/s/f");
	key_is("/", false, "/");
	key_is("a/b", false, "a/b");
	key_is("\xff\xfe", true, "\xff\xfe");
}

static void windows_of_time(void **state)
{
	int64_t a, b;
	struct err e = {0};
	(void)state;
	assert_int_equal(evidence_window(SLICE("2026-11-21T23:03:39Z/2026-11-21T23:03:41Z"), 0, &a, &b, &e), 0);
	assert_int_equal(a, at("2026-11-21T23:03:39Z"));
	assert_int_equal(b, at("2026-11-21T23:03:42Z") - 1);
	assert_int_equal(evidence_window(SLICE("2026-11-21/2026-11-22"), 60, &a, &b, &e), 0);
	assert_int_equal(a, at("2026-11-20T23:00:00Z"));
	assert_int_equal(b, at("2026-11-22T23:00:00Z") - 1);
	assert_int_equal(evidence_window(SLICE("2026-11-21T10:00+01:00/2026-11-21 10:30:00.25"), 0, &a, &b, &e), 0);
	assert_int_equal(b, at("2026-11-21T10:30:00.25Z"));
	assert_int_equal(evidence_window(SLICE("../2026-11-22"), 0, &a, &b, &e), 0);
	assert_true(a == EVIDENCE_NO_TIME);
	assert_int_equal(evidence_window(SLICE("2026-11-21"), 0, &a, &b, &e), ERR_USAGE);
	assert_int_equal(evidence_window(SLICE("x/y"), 0, &a, &b, &e), ERR_USAGE);
	assert_int_equal(evidence_window(SLICE("/"), 0, &a, &b, &e), ERR_USAGE);
	assert_int_equal(evidence_window(SLICE("2026-11-22/2026-11-21"), 0, &a, &b, &e), ERR_USAGE);
	int z;
	assert_int_equal(evidence_zone(SLICE("-0530"), &z), 0);
	assert_int_equal(z, -330);
	assert_int_equal(evidence_zone(SLICE("+1"), &z), ERR_INPUT);
}

static void window_has_both_ends(void **state)
{
	(void)state;
	fold_options.from = 100;
	fold_options.to = 200;
	begin();
	new_source("a", "x");
	for (int64_t t = 99; t <= 201; t += 1)
		if (t <= 100 || t >= 200)
			put((struct evidence_touch){.path = SLICE("/a"), .level = EVIDENCE_LISTED, .time = t});
	put((struct evidence_touch){.path = SLICE("/a"), .level = EVIDENCE_ACQUIRED, .time = EVIDENCE_NO_TIME});
	assert_int_equal(evidence_fold_finish(fold, NULL), 0);
	const struct evidence_object *o = object("/a");
	assert_true(o->first == 100 && o->last == 200 && o->count == 3 && o->level == EVIDENCE_ACQUIRED && o->untimed);
	assert_int_equal(evidence_fold_outside(fold), 2);
}

static void many_names(void **state)
{
	char who[20];
	(void)state;
	begin();
	new_source("a", "x");
	for (int i = 0; i < 20; i++) {
		snprintf(who, sizeof who, "u%d", i);
		put((struct evidence_touch){.path = SLICE("/a"), .who = slice_str(who), .level = i == 19 ? EVIDENCE_ACQUIRED : EVIDENCE_LISTED, .time = i});
	}
	assert_int_equal(evidence_fold_finish(fold, NULL), 0);
	const struct evidence_object *o = object("/a");
	assert_true(o->who_n == EVIDENCE_NAMES_MAX && o->more_who && is(o->who[0], "u19"));
}

static void bytes_beyond_three_sources(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 6; i++) {
		char name[8];
		snprintf(name, sizeof name, "s%d", i);
		new_source(name, i % 2 ? "odd" : "even");
		put((struct evidence_touch){.path = SLICE("/a"), .level = EVIDENCE_ACQUIRED, .time = i, .has_bytes = true, .bytes = (uint64_t)i + 1});
	}
	assert_int_equal(evidence_fold_finish(fold, NULL), 0);
	assert_int_equal(object("/a")->bytes, 12); /* 2 + 4 + 6; the others saw 1 + 3 + 5 */
}

static void flows(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	(void)state;
	fold_options.to = 50;
	begin();
	new_source("conn", "zeek conn");
	const struct evidence_flow f[] = {{SLICE("10.0.0.1"), SLICE("1.2.3.4"), SLICE("ssl"), 1, 100, 1}, {SLICE("10.0.0.1"), SLICE("1.2.3.4"), SLICE("ssl"), 9, 11, 2}, {SLICE("10.0.0.2"), SLICE("1.2.3.4"), SLICE("ssl"), 9, 500, 3}, {SLICE("10.0.0.2"), SLICE("1.2.3.4"), SLICE("ssl"), 51, 500, 3}};
	for (size_t i = 0; i < ARRAY_LEN(f); i++)
		assert_int_equal(evidence_fold_flow(fold, &f[i]), 0);
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	evidence_fold_flows_json(fold, 10, &w);
	assert_true(slice_starts(buf_slice(&b), "[{\"from\":\"10.0.0.2\",\"to\":\"1.2.3.4\",\"service\":\"ssl\",\"bytes\":500,\"flows\":1,"));
	assert_non_null(strstr(buf_cstr(&b), "\"bytes\":111,\"flows\":2"));
	assert_int_equal(evidence_fold_finish(fold, NULL), 0);
	(void)unused_by_some;
}

/* 1,500 bytes were read from 10.0.0.9 and 1,000 were seen going there; of 10.0.0.8 as much as was read; 10.0.0.7 the network log does not know. */
static void bounded_by_what_left(void **state)
{
	static const char *const from[] = {"10.0.0.9", "10.0.0.9", "10.0.0.8", "10.0.0.7"};
	char path[8];
	(void)state;
	begin();
	new_source("smb", "zeek smb_files");
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "/%d", i);
		put((struct evidence_touch){.path = slice_str(path), .from = slice_str(from[i]), .level = EVIDENCE_ACQUIRED, .confidence = 90, .time = 1, .has_bytes = true, .bytes = 750, .reason = SLICE("read")});
	}
	new_source("conn", "zeek conn");
	const struct evidence_flow f[] = {{SLICE("10.0.0.1"), SLICE("10.0.0.9"), SLICE("smb"), 1, 1000, 1}, {SLICE("10.0.0.1"), SLICE("10.0.0.8"), SLICE("smb"), 1, 900, 1}};
	for (size_t i = 0; i < ARRAY_LEN(f); i++)
		assert_int_equal(evidence_fold_flow(fold, &f[i]), 0);
	assert_int_equal(evidence_fold_finish(fold, NULL), 0);
	assert_true(because("/0", "not all of it") && because("/1", "not all of it") && object("/0")->confidence == 60 && object("/0")->level == EVIDENCE_ACQUIRED);
	assert_true(!because("/2", "not all of it") && object("/2")->confidence == 90 && !because("/3", "not all of it"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(strongest_wins, reset, drop), cmocka_unit_test_setup_teardown(roots, reset, drop), cmocka_unit_test(keys), cmocka_unit_test(windows_of_time), cmocka_unit_test_setup_teardown(window_has_both_ends, reset, drop),
		cmocka_unit_test_setup_teardown(many_names, reset, drop), cmocka_unit_test_setup_teardown(bytes_beyond_three_sources, reset, drop), cmocka_unit_test_setup_teardown(flows, reset, drop), cmocka_unit_test_setup_teardown(bounded_by_what_left, reset, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
