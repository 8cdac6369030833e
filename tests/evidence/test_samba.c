/* Samba's full_audit: an open is no read, a read that was answered is; prefixes of any manner; smbd's own log and syslog of both forms. */
#include "evidence_case.h"

#define OWN "[2026/11/21 23:03:39.967108,  1] ../../source3/modules/vfs_full_audit.c:643(do_log)\n  "
#define P "root|10.0.0.9|vm|records|"

static void an_open_is_no_read(void **state)
{
	(void)state;
	assert_int_equal(take_text(OWN P "connect|ok|records\n" OWN P "openat|ok|r|/srv/s/d/a.txt\n" OWN P "create_file|ok|0x120089|file|open|/srv/s/d/b.txt\n" OWN P "pread_send|ok|/srv/s/d/c.txt\n" OWN P "pread_recv|ok|/srv/s/d/c.txt\n" OWN P
	                                   "create_file|ok|0x80|file|open|/srv/s/d/e.txt\n" OWN P "pread_send|ok|/srv/s/d/f.txt\n" OWN P "pread_recv|fail (Input/output error)|/srv/s/d/f.txt\n" OWN P "sendfile|ok|/srv/s/d/g|h.txt\n" OWN P
	                                   "offload_read_recv|ok|/srv/s/d/i.txt\n" OWN P "openat|fail (No such file or directory)|r|/srv/s/d/no.txt\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_SAMBA);
	assert_int_equal(level("/srv/s/d/a.txt"), EVIDENCE_LISTED);
	assert_int_equal(level("/srv/s/d/b.txt"), EVIDENCE_OPENED);
	assert_int_equal(level("/srv/s/d/c.txt"), EVIDENCE_ACQUIRED);
	assert_int_equal(level("/srv/s/d/e.txt"), EVIDENCE_OPENED);
	assert_int_equal(level("/srv/s/d/f.txt"), EVIDENCE_NONE);
	assert_int_equal(level("/srv/s/d/g|h.txt"), EVIDENCE_ACQUIRED);
	assert_int_equal(level("/srv/s/d/i.txt"), EVIDENCE_ACCESSED);
	assert_int_equal(level("/srv/s/d/no.txt"), EVIDENCE_NONE);
	const struct evidence_object *o = object("/srv/s/d/c.txt");
	assert_true(is(o->who[0], "root") && is(o->from[0], "10.0.0.9"));
	assert_int_equal(o->first, at("2026-11-21T23:03:39.967108Z"));
	assert_int_equal(o->count, 1);
	assert_false(o->has_bytes);
	assert_int_equal(o->first_record, 10);
}

/* What the server's own addresses read was read on the host; the loopback is a tunnel's end unless it is named. */
static void own_addresses(void **state)
{
	static const char *const own[] = {"127.0.0.1", "10.0.0.9", NULL};
	static const char text[] = OWN P "pread|ok|/a\n" OWN "u|127.0.0.1|pread|ok|/b\n" OWN "u|10.0.0.8|pread|ok|/c\n";
	(void)state;
	assert_int_equal(take_text(text), 0);
	assert_int_equal(level("/a"), EVIDENCE_ACQUIRED);
	assert_int_equal(level("/b"), EVIDENCE_ACQUIRED);
	assert_true(object("/b")->confidence < object("/a")->confidence);
	source.own = own;
	assert_int_equal(take_text(text), 0);
	assert_int_equal(level("/a"), EVIDENCE_ACCESSED);
	assert_int_equal(level("/b"), EVIDENCE_ACCESSED);
	assert_int_equal(level("/c"), EVIDENCE_ACQUIRED);
}

static void syslog_forms(void **state)
{
	(void)state;
	source.near = at("2027-01-02T00:00:00Z");
	source.zone_minutes = 60;
	assert_int_equal(take_text("Dec 31 23:59:58 files smbd_audit: MED\\jo|10.1.1.1|pread_recv|ok|/s/en\n"
	                           "Jan  1 00:00:01 files smbd_audit[77]: jo|10.1.1.1|pread_recv|ok|/s/next\n"
	                           "21 d\xc3\xa9" "c. 23:03:39 files smbd_audit: jo|10.1.1.1|pread_recv|ok|/s/fr\n"
	                           "12\xe6\x9c\x88 21 23:03:39 files smbd_audit: jo|10.1.1.1|pread_recv|ok|/s/zh\n"
	                           "2026-12-21T23:03:39.5+02:00 files smbd_audit: jo|10.1.1.1|pread_recv|ok|/s/iso\n"
	                           "<134>1 2026-12-21T23:03:39Z files smbd 12 - [a@1 b=\"x]y\"] jo|10.1.1.1|pread_recv|ok|/s/new\n"
	                           "<134>Dec 21 23:03:39 files smbd_audit: jo|10.1.1.1|pread_recv|ok|/s/pri\n"),
	                 0);
	assert_int_equal(object("/s/en")->first, at("2026-12-31T22:59:58Z"));
	assert_int_equal(object("/s/next")->first, at("2026-12-31T23:00:01Z"));
	assert_int_equal(object("/s/fr")->first, at("2026-12-21T22:03:39Z"));
	assert_int_equal(object("/s/zh")->first, at("2026-12-21T22:03:39Z"));
	assert_int_equal(object("/s/iso")->first, at("2026-12-21T21:03:39.5Z"));
	assert_int_equal(object("/s/new")->first, at("2026-12-21T23:03:39Z"));
	assert_int_equal(object("/s/pri")->first, at("2026-12-21T22:03:39Z"));
	assert_true(is(object("/s/new")->host, "files") && is(object("/s/new")->who[0], "jo") && is(object("/s/en")->who[0], "MED\\jo"));
	assert_true(account.zone_assumed && account.year_assumed);
}

static void prefixes(void **state)
{
	(void)state;
	assert_int_equal(take_text(OWN "10.2.2.2|alice|ward3|pread|ok|/a\n" OWN "user=bob client=10.2.2.3|pread|ok|/b\n" OWN "pread|ok|/none\n"), 0);
	assert_true(is(object("/a")->from[0], "10.2.2.2") && is(object("/a")->who[0], "alice"));
	assert_true(is(object("/b")->from[0], "10.2.2.3") && is(object("/b")->who[0], "bob"));
	source.prefix = "%m;%S;%U;%I";
	assert_int_equal(take_text(OWN "pc7;share;carol;10.3.3.3|pread|ok|/c\n"), 0);
	assert_true(is(object("/c")->from[0], "10.3.3.3") && is(object("/c")->who[0], "carol"));
}

/* A site that records questions and no answers; a log that ends between the two. */
static void asked_and_not_answered(void **state)
{
	(void)state;
	assert_int_equal(take_text(OWN P "pread_send|ok|/a\n" OWN P "pread_send|ok|/a\n"), 0);
	assert_int_equal(level("/a"), EVIDENCE_ACQUIRED);
	assert_int_equal(object("/a")->count, 2);
	assert_int_equal(take_text(OWN P "pread_send|ok|/a\n" OWN P "pread_recv|ok|/a\n" OWN P "pread_send|ok|/b\n"), 0);
	assert_int_equal(level("/b"), EVIDENCE_ACQUIRED);
	assert_true(object("/b")->confidence < object("/a")->confidence && because("/b", "not in the log"));
}

/* Renamed first and read under the new name: the content was the old name's. Renamed after the read: nothing more. */
static void renames(void **state)
{
	(void)state;
	assert_int_equal(take_text("2026-11-21T10:00:00Z h smbd_audit: u|10.0.0.1|renameat|ok|/s/a|/s/a.tmp\n"
	                           "2026-11-21T10:00:01Z h smbd_audit: u|10.0.0.1|pread_recv|ok|/s/a.tmp\n"
	                           "2026-11-21T10:00:02Z h smbd_audit: u|10.0.0.1|renameat|ok|/s/b|/s/b.locked\n"
	                           "2026-11-21T10:00:03Z h smbd_audit: u|10.0.0.1|unlinkat|ok|/s/c\n"),
	                 0);
	assert_int_equal(level("/s/a"), EVIDENCE_ACQUIRED);
	assert_true(because("/s/a", "read under the name"));
	assert_int_equal(level("/s/b"), EVIDENCE_OPENED);
	assert_true(is(object("/s/b")->became, "/s/b.locked"));
	assert_int_equal(level("/s/b.locked"), EVIDENCE_NONE);
	assert_int_equal(level("/s/c"), EVIDENCE_OPENED);
}

/* The log of an attack that was played on a real smbd 4.17: a listing opens every file, seven were read. */
static void listing_opens_all(void **state)
{
	(void)state;
	fold_options.from = at("2026-11-21T23:03:39Z");
	assert_int_equal(take_text("[2026/11/21 23:03:38.000001,  1] x.c:1(f)\n  " P "pread_recv|ok|/s/before\n" OWN P "openat|ok|r|/s/.\n" OWN P "openat|ok|r|/s/..\n" OWN P "create_file|ok|0x81|dir|open|/s\n" OWN P "openat|ok|r|/s/one\n" OWN P
	                                                                                              "openat|ok|w|/s/READ_ME\n" OWN P "pwrite_recv|ok|/s/READ_ME\n"),
	                 0);
	assert_int_equal(level("/s/before"), EVIDENCE_NONE);
	assert_int_equal(evidence_fold_outside(fold), 1);
	assert_int_equal(level("/s/one"), EVIDENCE_LISTED);
	assert_int_equal(level("/s/READ_ME"), EVIDENCE_OPENED);
	assert_true(object("/s") ? object("/s")->folder : object("/s/.")->folder);
}

static void not_ours(void **state)
{
	(void)state;
	assert_int_equal(take_text("Nov 21 23:03:39 h sshd[1]: Accepted password for jo\nplain words\n"), ERR_INPUT);
	assert_int_equal(take_text(""), 0);
	assert_int_equal(account.kind, EVIDENCE_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_open_is_no_read, reset, drop), cmocka_unit_test_setup_teardown(own_addresses, reset, drop), cmocka_unit_test_setup_teardown(syslog_forms, reset, drop), cmocka_unit_test_setup_teardown(prefixes, reset, drop),
		cmocka_unit_test_setup_teardown(asked_and_not_answered, reset, drop), cmocka_unit_test_setup_teardown(renames, reset, drop), cmocka_unit_test_setup_teardown(listing_opens_all, reset, drop), cmocka_unit_test_setup_teardown(not_ours, reset, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
