/* The Linux audit log: records joined by their serial, flags of opens, names in hexadecimal, ausearch -i, programs that pack and carry away, sessions. */
#include "evidence_case.h"

static void raw_records(void **state)
{
	(void)state;
	assert_int_equal(take_text(
	    "type=USER_LOGIN msg=audit(1795302200.100:10): pid=1 uid=0 auid=1000 ses=3 msg='op=login id=1000 exe=\"/usr/sbin/sshd\" hostname=10.9.9.9 addr=10.9.9.9 terminal=ssh res=success'\n"
	    "type=SYSCALL msg=audit(1795302219.967:479): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffd a2=80000 a3=0 items=1 ppid=1 pid=2 auid=1000 uid=0 ses=3 comm=\"cat\" exe=\"/usr/bin/cat\" key=\"phi\"\x1d" "ARCH=x86_64 SYSCALL=openat AUID=\"jo\" UID=\"root\"\n"
	    "type=SYSCALL msg=audit(1795302219.968:480): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffd a2=0 a3=0 items=1 ppid=1 pid=2 auid=1000 uid=0 ses=3 comm=\"rclone\" exe=\"/tmp/rclone\" key=\"phi\"\n"
	    "type=CWD msg=audit(1795302219.967:479):  cwd=\"/srv/records\"\n"
	    "type=PATH msg=audit(1795302219.968:480): item=0 name=2F7372762F6120622E637376 inode=1 mode=0100644 nametype=NORMAL\n"
	    "type=PATH msg=audit(1795302219.967:479): item=0 name=\"d/a.csv\" inode=1 mode=0100644 nametype=NORMAL\n"
	    "type=EOE msg=audit(1795302219.967:479):\n"
	    "type=SYSCALL msg=audit(1795302220.000:481): arch=c000003e syscall=257 success=no exit=-13 a2=0 auid=1000 ses=3 exe=\"/usr/bin/cat\"\n"
	    "type=PATH msg=audit(1795302220.000:481): item=0 name=\"/srv/denied\" nametype=NORMAL\n"
	    "type=SYSCALL msg=audit(1795302220.100:482): arch=c000003e syscall=257 success=yes a2=241 auid=4294967295 uid=33 ses=4294967295 exe=\"/usr/bin/vi\"\n"
	    "type=PATH msg=audit(1795302220.100:482): item=0 name=\"/srv/\" nametype=PARENT\n"
	    "type=PATH msg=audit(1795302220.100:482): item=1 name=\"/srv/new\" nametype=CREATE\n"
	    "type=SYSCALL msg=audit(1795302220.150:484): arch=c000003e syscall=257 success=yes a2=20000 auid=4294967295 uid=0 ses=4294967295 comm=\"smbd[10.0.0.9]\" exe=\"/usr/sbin/smbd\"\n"
	    "type=PATH msg=audit(1795302220.150:484): item=0 name=\"/srv/by_smbd\" mode=0100644 nametype=NORMAL\n"
	    "type=SYSCALL msg=audit(1795302220.200:483): arch=c00000b7 syscall=56 success=yes a2=4000 auid=1000 ses=3 exe=\"/bin/ls\"\n"
	    "type=PATH msg=audit(1795302220.200:483): item=0 name=\"/srv/dir\" mode=040755 nametype=NORMAL\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_AUDITD);
	assert_int_equal(level("/srv/records/d/a.csv"), EVIDENCE_ACCESSED);
	const struct evidence_object *o = object("/srv/records/d/a.csv");
	assert_true(is(o->who[0], "jo") && is(o->from[0], "10.9.9.9"));
	assert_int_equal(o->first, INT64_C(1795302219967) * 1000000);
	assert_int_equal(level("/srv/a b.csv"), EVIDENCE_ACQUIRED);
	assert_true(because("/srv/a b.csv", "rclone, which copies"));
	assert_true(object("/srv/a b.csv")->confidence < 80);
	assert_int_equal(level("/srv/denied"), EVIDENCE_NONE);
	assert_int_equal(account.failed, 1);
	assert_int_equal(level("/srv/new"), EVIDENCE_OPENED);
	assert_int_equal(level("/srv/by_smbd"), EVIDENCE_OPENED); /* smbd opens each file of a folder that a client lists */
	assert_int_equal(level("/srv/dir"), EVIDENCE_LISTED);
	assert_true(object("/srv/dir")->folder);
}

static void interpreted(void **state)
{
	(void)state;
	source.zone_minutes = -300;
	assert_int_equal(take_text("----\n"
	                           "type=PROCTITLE msg=audit(11/21/2026 18:03:39.967:479) : proctitle=cat x\n"
	                           "type=PATH msg=audit(11/21/2026 18:03:39.967:479) : item=0 name=/srv/a b.txt inode=9 dev=fd:00 mode=file,644 ouid=root nametype=NORMAL\n"
	                           "type=CWD msg=audit(11/21/2026 18:03:39.967:479) : cwd=/root\n"
	                           "type=SYSCALL msg=audit(11/21/2026 18:03:39.967:479) : arch=x86_64 syscall=openat success=yes exit=3 a0=AT_FDCWD a1=0x7ffd a2=O_RDONLY|O_CLOEXEC a3=0x0 items=1 pid=2 auid=jo uid=root ses=3 comm=cat exe=/usr/bin/cat key=phi\n"),
	                 0);
	assert_int_equal(level("/srv/a b.txt"), EVIDENCE_ACCESSED);
	assert_true(is(object("/srv/a b.txt")->who[0], "jo"));
	assert_int_equal(object("/srv/a b.txt")->first, at("2026-11-21T23:03:39.967Z"));
	assert_true(because("/srv/a b.txt", "by cat"));
}

static void commands_and_renames(void **state)
{
	(void)state;
	assert_int_equal(take_text("node=files type=SYSCALL msg=audit(1795302219.1:1): arch=c000003e syscall=59 success=yes auid=1 ses=1 comm=\"tar\" exe=\"/usr/bin/tar\"\n"
	                           "node=files type=EXECVE msg=audit(1795302219.1:1): argc=4 a0=\"tar\" a1=\"czf\" a2=\"/tmp/x.tgz\" a3=\"/srv/records\"\n"
	                           "node=files type=PATH msg=audit(1795302219.1:1): item=0 name=\"/usr/bin/tar\" nametype=NORMAL\n"
	                           "node=files type=SYSCALL msg=audit(1795302219.2:2): arch=c000003e syscall=82 success=yes auid=1 ses=1 exe=\"/usr/bin/mv\"\n"
	                           "node=files type=PATH msg=audit(1795302219.2:2): item=0 name=\"/srv/\" nametype=PARENT\n"
	                           "node=files type=PATH msg=audit(1795302219.2:2): item=2 name=\"/srv/a\" nametype=DELETE\n"
	                           "node=files type=PATH msg=audit(1795302219.2:2): item=3 name=\"/srv/b\" nametype=CREATE\n"),
	                 0);
	assert_int_equal(level("/srv/records"), EVIDENCE_ACQUIRED);
	assert_int_equal(object("/srv/records")->confidence, 50);
	assert_int_equal(level("/tmp/x.tgz"), EVIDENCE_NONE);
	assert_int_equal(level("/usr/bin/tar"), EVIDENCE_NONE);
	assert_int_equal(level("/srv/a"), EVIDENCE_OPENED);
	assert_true(is(object("/srv/a")->became, "/srv/b") && is(object("/srv/a")->host, "files"));
}

/* A system log that several write into. */
static void mixed(void **state)
{
	(void)state;
	source.near = at("2026-11-22T00:00:00Z");
	assert_int_equal(take_text("Nov 21 23:03:39 files systemd[1]: Started something.\n"
	                           "Nov 21 23:03:39 files kernel: audit: type=1300 audit(1795302219.967:479): arch=c000003e syscall=2 success=yes a1=0 auid=1000 exe=\"/bin/cat\"\n"
	                           "Nov 21 23:03:39 files kernel: audit: type=1302 audit(1795302219.967:479): item=0 name=\"/srv/k\" nametype=NORMAL\n"
	                           "Nov 21 23:03:39 files smbd_audit: jo|10.1.1.1|pread_recv|ok|/s/en\n"),
	                 0);
	assert_int_equal(level("/s/en"), EVIDENCE_ACQUIRED);
	(void)unused_by_some;
}

/* A log that was rotated: wherever the first file ends and the second goes on, and whichever is read first, the events are whole. */
static const char rotated[] =
	"node=fs1 type=SYSCALL msg=audit(1795302219.967:479): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffd a2=80000 a3=0 items=1 ppid=1 pid=2 auid=1000 uid=0 ses=3 comm=\"cat\" exe=\"/usr/bin/cat\"\n"
	"node=fs1 type=SYSCALL msg=audit(1795302219.968:480): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffd a2=0 a3=0 items=1 ppid=1 pid=2 auid=1001 uid=0 ses=3 comm=\"rclone\" exe=\"/tmp/rclone\"\n"
	"node=fs1 type=CWD msg=audit(1795302219.967:479):  cwd=\"/srv/records\"\n"
	"node=fs1 type=PATH msg=audit(1795302219.968:480): item=0 name=\"/srv/b.csv\" inode=1 mode=0100644 nametype=NORMAL\n"
	"node=fs1 type=PATH msg=audit(1795302219.967:479): item=0 name=\"d/a.csv\" inode=1 mode=0100644 nametype=NORMAL\n"
	"node=fs1 type=EOE msg=audit(1795302219.967:479):\n"
	"node=fs1 type=SYSCALL msg=audit(1795302219.999:481): arch=c000003e syscall=82 success=yes items=4 auid=1002 ses=1 exe=\"/usr/bin/mv\"\n"
	"node=fs1 type=CWD msg=audit(1795302219.999:481):  cwd=\"/srv/records\"\n"
	"node=fs1 type=PATH msg=audit(1795302219.999:481): item=0 name=\"/srv/\" nametype=PARENT\n"
	"node=fs1 type=PATH msg=audit(1795302219.999:481): item=1 name=\"/srv/\" nametype=PARENT\n"
	"node=fs1 type=PATH msg=audit(1795302219.999:481): item=2 name=\"/srv/old\" nametype=DELETE\n"
	"node=fs1 type=PATH msg=audit(1795302219.999:481): item=3 name=\"/srv/new\" nametype=CREATE\n"
	"node=fs1 type=EOE msg=audit(1795302219.999:481):\n"
	"node=fs1 type=SYSCALL msg=audit(1795302220.100:482): arch=c000003e syscall=59 success=yes items=1 auid=1003 ses=1 comm=\"tar\" exe=\"/usr/bin/tar\"\n"
	"node=fs1 type=EXECVE msg=audit(1795302220.100:482): argc=4 a0=\"tar\" a1=\"czf\" a2=\"/tmp/x.tgz\" a3=\"./phi\"\n"
	"node=fs1 type=CWD msg=audit(1795302220.100:482):  cwd=\"/srv/records\"\n"
	"node=fs1 type=PATH msg=audit(1795302220.100:482): item=0 name=\"/usr/bin/tar\" nametype=NORMAL\n"
	"node=fs1 type=EOE msg=audit(1795302220.100:482):\n";

static void is_whole(struct evidence_fold *f)
{
	static const struct {
		const char *path, *who, *because;
		enum evidence_level level;
	} want[] = {{"/srv/b.csv", "auid=1001", "rclone", EVIDENCE_ACQUIRED}, {"/srv/old", "auid=1002", "renamed", EVIDENCE_OPENED}, {"/srv/records/./phi", "auid=1003", "tar", EVIDENCE_ACQUIRED}, {"/srv/records/d/a.csv", "auid=1000", "cat", EVIDENCE_ACCESSED}};
	size_t found = 0;
	for (size_t i = 0; i < evidence_fold_count(f); i++) {
		const struct evidence_object *o = evidence_fold_at(f, i);
		for (size_t k = 0; k < ARRAY_LEN(want); k++)
			if (slice_eq_str(o->path, want[k].path)) {
				found++;
				assert_int_equal(o->level, want[k].level);
				assert_int_equal(o->count, 1);
				assert_true(is(o->who[0], want[k].who) && is(o->host, "fs1") && memmem(o->reason[0].p, o->reason[0].n, want[k].because, strlen(want[k].because)));
			}
	}
	assert_int_equal(found, ARRAY_LEN(want));
}

static void rotated_in_the_middle(void **state)
{
	(void)state;
	struct slice all = SLICE(rotated);
	unsigned joined = 0;
	for (size_t cut = 0; cut < all.n; cut++) {
		if (all.p[cut] != '\n' && cut)
			continue;
		for (int order = 0; order < 2; order++) { /* the second time the later one first */
			struct evidence_fold *f = evidence_fold_new(&fold_options);
			struct slice part[] = {evidence_upto(all, cut + (cut > 0)), evidence_from(all, cut + (cut > 0))};
			struct err e = {0};
			assert_non_null(f);
			for (int k = 0; k < 2; k++)
				if (part[k ^ (order > 0)].n) {
					int r = read_into(f, part[k ^ (order > 0)], 4096);
					assert_true(r == 0 || r == ERR_INPUT); /* an end of an event alone is no evidence by itself */
				}
			assert_int_equal(evidence_fold_finish(f, &e), 0);
			is_whole(f);
			joined += evidence_fold_joined(f) > 0;
			evidence_fold_free(f);
		}
	}
	assert_true(joined > 20);
}

/* The other half never came: what there is is told, and that it is not whole is counted. */
static void half_an_event(void **state)
{
	(void)state;
	assert_int_equal(take_text("type=SYSCALL msg=audit(1795302219.999:481): arch=c000003e syscall=257 success=yes a2=0 items=2 auid=1002 ses=1 exe=\"/usr/bin/cat\"\n"
	                           "type=PATH msg=audit(1795302219.999:481): item=0 name=\"/srv/seen\" nametype=NORMAL\n"
	                           "type=PATH msg=audit(1795302219.000:470): item=0 name=\"/srv/whose\" nametype=NORMAL\n"),
	                 0);
	assert_int_equal(level("/srv/seen"), EVIDENCE_ACCESSED);
	assert_int_equal(level("/srv/whose"), EVIDENCE_NONE);
	assert_int_equal(account.unjoined, 2);
	assert_int_equal(evidence_fold_joined(fold), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(raw_records, reset, drop),
		cmocka_unit_test_setup_teardown(interpreted, reset, drop),
		cmocka_unit_test_setup_teardown(commands_and_renames, reset, drop),
		cmocka_unit_test_setup_teardown(mixed, reset, drop),
		cmocka_unit_test_setup_teardown(rotated_in_the_middle, reset, drop),
		cmocka_unit_test_setup_teardown(half_an_event, reset, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
