/* What copying tools and lists say, clinical systems' audit messages, and Holdfast's own. */
#include "evidence_case.h"

static void rclone(void **state)
{
	(void)state;
	source.zone_minutes = 120;
	assert_int_equal(take_text("2026/11/21 23:03:38 DEBUG : rclone: Version \"v1.57.0\" starting with parameters [\"rclone\" \"-v\" \"copy\" \"--config\" \"C:\\\\t\\\\r.conf\" \"--transfers\" \"8\" \"D:\\\\Records\\\\\" \"mega:out\" \"--log-file\" \"x\"]\n"
	                           "2026/11/21 23:03:39 INFO  : d/a: b.csv: Copied (new)\n"
	                           "2026/11/21 23:03:39 INFO  : d/c.csv: Multi-thread Copied (new)\n"
	                           "2026/11/21 23:03:39 ERROR : d/e.csv: Failed to copy: quota\n"
	                           "2026/11/21 23:03:39 DEBUG : d/f.csv: Unchanged skipping\n"
	                           "2026/11/21 23:03:40 INFO  : \nTransferred:   	 3 KiB / 3 KiB, 100%\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_COPY);
	assert_int_equal(level("D:\\Records\\d/a: b.csv"), EVIDENCE_ACQUIRED);
	assert_int_equal(object("D:\\Records\\d/a: b.csv")->first, at("2026-11-21T21:03:39Z"));
	assert_int_equal(level("D:\\Records\\d/c.csv"), EVIDENCE_ACQUIRED);
	assert_true(because("D:\\Records\\d/c.csv", "copied to mega:out"));
	assert_int_equal(evidence_fold_count(fold), 2);
	assert_int_equal(account.failed, 1);
	assert_int_equal(take_text("{\"level\":\"info\",\"msg\":\"Copied (new)\",\"object\":\"d/a.csv\",\"objectType\":\"*local.Object\",\"size\":12,\"time\":\"2026-11-21T23:03:39+01:00\"}\n"
	                           "{\"level\":\"error\",\"msg\":\"Failed to copy: x\",\"object\":\"d/b.csv\",\"time\":\"2026-11-21T23:03:39+01:00\"}\n"),
	                 0);
	assert_true(object("d/a.csv")->bytes == 12 && object("d/a.csv")->first == at("2026-11-21T22:03:39Z"));
	assert_null(object("d/b.csv"));
	assert_int_equal(take_text("[\n{\"Path\":\"d\",\"Name\":\"d\",\"Size\":-1,\"ModTime\":\"2026-01-01T00:00:00Z\",\"IsDir\":true},\n{\"Path\":\"d/a.csv\",\"Name\":\"a.csv\",\"Size\":5,\"ModTime\":\"2026-01-01T00:00:00Z\",\"IsDir\":false}\n]\n"), 0);
	assert_int_equal(evidence_fold_count(fold), 1);
	assert_true(object("d/a.csv")->bytes == 5 && object("d/a.csv")->untimed);
}

static void winscp(void **state)
{
	(void)state;
	assert_int_equal(take_text(". 2026-11-21 23:03:38.100 --------------------------------------------------------------------------\n"
	                           ". 2026-11-21 23:03:38.101 WinSCP Version 5.19.6 (Build 12002)\n> 2026-11-21 23:03:38.200 Type: SSH_FXP_REALPATH\n"
	                           ". 2026-11-21 23:03:39.123 Transfer done: 'D:\\r\\a' b.csv' => '/out/a.csv' [1234]\n"),
	                 0);
	assert_true(object("D:\\r\\a' b.csv")->bytes == 1234 && object("D:\\r\\a' b.csv")->first == at("2026-11-21T23:03:39.123Z"));
	assert_int_equal(take_text("> 2026-11-21 23:03:38.100 a\n. 2026-11-21 23:03:38.200 b\n! 2026-11-21 23:03:38.300 c\n> 2026-11-21 23:03:39.652 Transfer done: '/srv/it's.csv' [77]\n. 2026-11-21 23:03:39.700 Transfer done: 'D:\\b.bak' => '/b.bak'\n"), 0);
	assert_true(object("/srv/it's.csv")->bytes == 77 && level("D:\\b.bak") == EVIDENCE_ACQUIRED);
	/* the log names the zone of its stamps */
	assert_int_equal(take_text(". 2026-11-21 23:03:38.100 --------------------------------------------------------------------------\n. 2026-11-21 23:03:38.101 WinSCP Version 5.21.7 (Build 13150)\n. 2026-11-21 23:03:38.102 Local account: A\\b\n"
	                           ". 2026-11-21 23:03:38.102 Time zone: Current: GMT-5:30, Standard: GMT-5:30 (X), DST: GMT-4:30 (Y), DST Start: 08/03/2026, DST End: 01/11/2026\n. 2026-11-21 23:03:39.123 Transfer done: 'D:\\z.csv' => '/z.csv' [1]\n"),
	                 0);
	assert_true(object("D:\\z.csv")->first == at("2026-11-22T04:33:39.123Z") && !account.zone_assumed && account.first == at("2026-11-22T04:33:38.102Z"));
	assert_int_equal(take_text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<session xmlns=\"http://winscp.net/schema/session/1.0\" name=\"u@h\" start=\"2026-11-21T23:03:38.000Z\">\n<group name=\"put\" start=\"x\"><upload><filename value=\"D:\\r\\a&amp;b.csv\"/><destination value=\"/o/a\"/><size value=\"9\"/><result success=\"true\"/></upload>\n"
	                           "<download><filename value=\"/srv/c.csv\"/><destination value=\"C:\\c\"/><result success=\"false\"><message>no</message></result></download>\n<upload><filename value=\"D:\\r\\cut"),
	                 0);
	assert_true(object("D:\\r\\a&b.csv")->bytes == 9);
	assert_int_equal(evidence_fold_count(fold), 1);
	assert_true(account.failed == 1 && account.short_end);
}

static void filezilla_and_mega(void **state)
{
	(void)state;
	source.near = at("2026-12-01T00:00:00Z");
	assert_int_equal(take_text("2026-11-21 23:03:37 8328 1 Status: Connecting to 1.2.3.4...\n2026-11-21 23:03:38 8328 1 Status: Starting upload of D:\\r\\a.csv\n2026-11-21 23:03:38 8328 2 Status: Starting download of /srv/b.csv\n"
	                           "2026-11-21 23:03:39 8328 1 Status: File transfer successful, transferred 1,234 bytes in 1 second\n2026-11-21 23:03:40 8328 2 Error: File transfer failed\n"),
	                 0);
	assert_true(object("D:\\r\\a.csv")->bytes == 1234 && object("D:\\r\\a.csv")->confidence == 95);
	assert_int_equal(object("/srv/b.csv")->confidence, 60);
	assert_int_equal(take_text("Status:\tConnected\nStatus:\tStarting download of /m/a.csv\nCommand:\tRETR a.csv\nStatus:\tFile transfer successful, transferred 1 328 bytes in 1 second\nStatus:\tStarting upload of /h/b.csv\nStatus:\tFile transfer successful, transferred 6 B in 1 second\n"), 0);
	assert_true(object("/m/a.csv")->bytes == 1328 && object("/h/b.csv")->bytes == 6 && object("/h/b.csv")->untimed);
	assert_int_equal(take_text("<?xml version=\"1.0\"?><FileZilla3 version=\"3.60\"><Queue><Server><Host>1.2.3.4</Host><File><LocalFile>D:\\r\\q.csv</LocalFile><RemoteFile>q.csv</RemoteFile><RemotePath>1 0 3 out</RemotePath><Download>0</Download><Size>5</Size></File>"
	                           "<File><LocalFile>C:\\x</LocalFile><RemoteFile>z.csv</RemoteFile><RemotePath>1 0 3 srv 1 d</RemotePath><Download>1</Download></File></Server></Queue></FileZilla3>"),
	                 0);
	assert_true(object("D:\\r\\q.csv")->bytes == 5 && level("/srv/d/z.csv") == EVIDENCE_ACQUIRED);
	assert_int_equal(take_text("11/21-23:03:39.123456 1234 INFO Transfer (UPLOAD) finished. File: a.csv [MegaApi.cpp:1]\n2026-11-21 23:03:40.000 Upload finished: /r/b.csv\n"
	                           "11/21-23:03:41.462363 1 INFO Upload complete: document 7.txt 1 [transfer.cpp:990]\n11/21-23:03:42.1 1 WARN Transfer (UPLOAD) finished with error: Access denied File: c.csv [megaapi_impl.cpp:1]\n"),
	                 0);
	assert_null(object("c.csv"));
	assert_int_equal(level("document 7.txt"), EVIDENCE_ACQUIRED);
	assert_int_equal(object("/r/b.csv")->first, at("2026-11-21T23:03:40Z"));
	assert_int_equal(object("a.csv")->first, at("2026-11-21T23:03:39.123456Z"));
}

static void ftp_servers(void **state)
{
	(void)state;
	source.near = at("2026-12-01T00:00:00Z");
	/* xferlog: whole, in part, nothing, written, deleted; a blank in a name */
	assert_int_equal(take_text("Fri Nov 20 23:10:02 2026 1 203.0.113.9 1048576 /records/a b.csv b _ o r eve ftp 0 * c\nFri Nov 20 23:10:03 2026 1 203.0.113.9 77 /records/b.csv b _ o r eve ftp 0 * i\nFri Nov 20 23:10:03 2026 1 203.0.113.9 0 /records/c.csv b _ o r eve ftp 0 * i\n"
	                           "Fri Nov 20 23:10:04 2026 1 203.0.113.9 77 /up/d.csv b _ i r eve ftp 0 * c\nFri Nov 20 23:10:05 2026 1 203.0.113.9 0 /up/e.csv b _ d r eve ftp 0 * c\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_FTP);
	const struct evidence_object *o = object("/records/a b.csv");
	assert_true(o->level == EVIDENCE_ACQUIRED && o->bytes == 1048576 && o->confidence == 95 && is(o->who[0], "eve") && is(o->from[0], "203.0.113.9") && o->first == at("2026-11-20T23:10:02Z"));
	assert_true(object("/records/b.csv")->level == EVIDENCE_ACQUIRED && object("/records/b.csv")->confidence == 60);
	assert_true(level("/up/d.csv") == EVIDENCE_OPENED && level("/up/e.csv") == EVIDENCE_OPENED);
	assert_true(evidence_fold_count(fold) == 4 && account.failed == 1 && account.records == 5);
	/* vsftpd's own */
	assert_int_equal(take_text("Fri Nov 20 23:10:01 2026 [pid 2] CONNECT: Client \"203.0.113.9\"\nFri Nov 20 23:10:01 2026 [pid 1] [eve] OK LOGIN: Client \"203.0.113.9\"\nFri Nov 20 23:10:02 2026 [pid 3] [eve] OK DOWNLOAD: Client \"203.0.113.9\", \"/records/a.csv\", 1048576 bytes, 900.12Kbyte/sec\n"
	                           "Fri Nov  6 23:10:03 2026 [pid 3] [eve] FAIL DOWNLOAD: Client \"203.0.113.9\", \"/records/b.csv\", 0.00Kbyte/sec\nFri Nov  6 23:10:03 2026 [pid 3] [eve] OK UPLOAD: Client \"::1\", \"/c.csv\", 5 bytes, 1.00Kbyte/sec\n"),
	                 0);
	assert_true(object("/records/a.csv")->bytes == 1048576 && object("/c.csv")->first == at("2026-11-06T23:10:03Z") && level("/c.csv") == EVIDENCE_OPENED);
	assert_true(evidence_fold_count(fold) == 2 && account.failed == 1);
	/* FileZilla Server, before 1.0 and since: an answer says that it was sent, a folder is entered or named */
	assert_int_equal(take_text("(000012)20/11/2026 23:10:00 - (not logged in) (203.0.113.9)> USER eve\n(000012)20/11/2026 23:10:00 - eve (203.0.113.9)> 230 Logged on\n(000012)20/11/2026 23:10:00 - eve (203.0.113.9)> CWD /records\n"
	                           "(000012)20/11/2026 23:10:00 - eve (203.0.113.9)> 250 CWD successful. \"/records\" is current directory.\n(000013)20/11/2026 23:10:00 - bob (10.0.0.7)> RETR a.csv\n(000012)20/11/2026 23:10:01 - eve (203.0.113.9)> RETR a.csv\n"
	                           "(000012)20/11/2026 23:10:01 - eve (203.0.113.9)> 150 Opening data channel for file download from server of \"/records/a.csv\"\n(000013)20/11/2026 23:10:01 - bob (10.0.0.7)> 550 File not found\n"
	                           "(000012)20/11/2026 23:10:02 - eve (203.0.113.9)> 226 Successfully transferred \"/records/a.csv\"\n"),
	                 0);
	o = object("/records/a.csv");
	assert_true(o->level == EVIDENCE_ACQUIRED && is(o->who[0], "eve") && o->first == at("2026-11-20T23:10:02Z") && evidence_fold_count(fold) == 1 && account.failed == 1);
	assert_int_equal(take_text("2026-11-20T23:10:00.000Z << [FTP Session 6 203.0.113.9] 230 Login successful.\n2026-11-20T23:10:00.100Z >> [FTP Session 6 203.0.113.9 eve] CWD /records\n2026-11-20T23:10:00.110Z << [FTP Session 6 203.0.113.9 eve] 250 CWD command successful\n"
	                           "2026-11-20T23:10:00.200Z >> [FTP Session 6 203.0.113.9 eve] RETR d/a.csv\n2026-11-20T23:10:00.210Z << [FTP Session 6 203.0.113.9 eve] 150 Starting data transfer.\n2026-11-20T23:10:00.211Z >> [FTP Session 6 203.0.113.9 eve] NOOP\n2026-11-20T23:10:00.212Z << [FTP Session 6 203.0.113.9 eve] 200 OK\n"
	                           "2026-11-20T23:10:01.200Z << [FTP Session 6 203.0.113.9 eve] 226 Operation successful\n2026-11-20T23:10:02Z >> [FTP Session 6 203.0.113.9 eve] RETR b.csv\n2026-11-20T23:10:02Z << [FTP Session 6 203.0.113.9 eve] 150 Starting data transfer.\n2026-11-20T23:10:03Z << [FTP Session 6 203.0.113.9 eve] 426 Connection closed\n"
	                           "2026-11-20T23:10:04Z >> [FTP Session 6 203.0.113.9 eve] MLSD\n2026-11-20T23:10:04Z << [FTP Session 6 203.0.113.9 eve] 226 Operation successful\n2026-11-20T23:11:00Z >> [FTP Session 6 198.51.100.3] RETR c.csv\n2026-11-20T23:11:00Z << [FTP Session 6 198.51.100.3] 226 Operation successful\n"),
	                 0);
	assert_true(object("/records/d/a.csv")->confidence == 95 && object("/records/d/a.csv")->first == at("2026-11-20T23:10:01.2Z"));
	assert_true(object("/records/b.csv")->confidence == 60 && level("/records") == EVIDENCE_LISTED && level("c.csv") == EVIDENCE_ACQUIRED); /* another session of that number: its folder nobody named */
	assert_int_equal(evidence_fold_count(fold), 4);
	/* a line that is cut into another one */
	assert_int_equal(take_text("(000012)20/11/2026 23:10:01 - eve (203.0.113.9)> RETR a.csv\n(000012type=x 23:10:00 - (not logged in) (203.0.113.9)> USER eve\n(000012)20/11/2026 23:10:02 - eve (203.0.113.9)> 226 done\n"), 0);
	assert_int_equal(level("a.csv"), EVIDENCE_ACQUIRED);
}

/* OpenSSH's, alone and late in a system log that others write into, too: an open is no read, the closing says what was. */
static void sftp_server(void **state)
{
	(void)state;
	source.near = at("2026-12-01T00:00:00Z");
	static const char log[] = "Nov 20 23:10:01 fs1 internal-sftp[4242]: session opened for local user eve from [203.0.113.9]\nNov 20 23:10:01 fs1 internal-sftp[4242]: opendir \"/records\"\nNov 20 23:10:02 fs1 internal-sftp[4242]: open \"/records/a \"b\".csv\" flags READ mode 0666\n"
							  "Nov 20 23:10:03 fs1 internal-sftp[4242]: close \"/records/a \"b\".csv\" bytes read 1048576 written 0\nNov 20 23:10:03 fs1 internal-sftp[4242]: close \"/records/c.csv\" bytes read 0 written 0\nNov 20 23:10:04 fs1 internal-sftp[4242]: stat name \"/records/d.csv\"\n"
							  "Nov 20 23:10:05 fs1 sftp-server[7]: forced close \"/records/e.csv\" bytes read 5 written 0\n";
	assert_int_equal(take_text(log), 0);
	assert_int_equal(account.kind, EVIDENCE_FTP);
	const struct evidence_object *o = object("/records/a \"b\".csv");
	assert_true(o->level == EVIDENCE_ACQUIRED && o->bytes == 1048576 && is(o->host, "fs1") && is(o->who[0], "eve") && is(o->from[0], "203.0.113.9"));
	assert_true(level("/records/c.csv") == EVIDENCE_OPENED && level("/records") == EVIDENCE_LISTED && level("/records/e.csv") == EVIDENCE_ACQUIRED && !object("/records/e.csv")->who[0].n);
	assert_int_equal(evidence_fold_count(fold), 4);
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 3000; i++)
		buf_str(&b, "Nov 20 23:09:59 fs1 CRON[99]: pam_unix(cron:session): session opened for user root\n");
	buf_str(&b, log);
	assert_int_equal(take_text(buf_cstr(&b)), 0);
	buf_done(&b);
	assert_true(account.kind == EVIDENCE_FTP && object("/records/e.csv")->bytes == 5);
	assert_int_equal(evidence_fold_count(fold), 4);
}

static void lists(void **state)
{
	(void)state;
	assert_int_equal(take_text("7-Zip 19.00\n\nListing archive: x.7z\n\n--\nPath = x.7z\n\n   Date      Time    Attr         Size   Compressed  Name\n------------------- ----- ------------ ------------  ------------------------\n"
	                           "2026-11-21 20:03:39 D....            0            0  r\n2026-11-21 20:03:39 ....A         1234          100  r\\a b.csv\n2026-11-21 20:03:39 ....A            7               r\\c.csv\n------------------- ----- ------------ ------------  ------------------------\n2026-11-21 20:03:39               1241          100  2 files\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_LISTING);
	assert_int_equal(evidence_fold_count(fold), 2);
	assert_true(object("r\\a b.csv")->bytes == 1234 && object("r\\c.csv")->bytes == 7 && object("r\\c.csv")->first == EVIDENCE_NO_TIME);
	assert_int_equal(take_text("--\nPath = x.7z\nType = 7z\n\n----------\nPath = r\nSize = 0\nAttributes = D\n\nPath = r\\a.csv\nSize = 5\nPacked Size = 1\nAttributes = A\n"), 0);
	assert_true(evidence_fold_count(fold) == 1 && object("r\\a.csv")->bytes == 5);
	assert_int_equal(take_text("Archive:  x.zip\n  Length      Date    Time    Name\n---------  ---------- -----   ----\n        0  2026-11-21 20:03   r/\n     1234  2026-11-21 20:03   r/a b.csv\n---------                     -------\n     1234                     2 files\n"), 0);
	assert_true(evidence_fold_count(fold) == 1 && object("r/a b.csv")->bytes == 1234);
	assert_int_equal(take_text("drwxr-xr-x root/root         0 2026-11-21 20:03 r/\n-rw-r--r-- root/root      1234 2026-11-21 20:03 r/a b.csv\n"), 0);
	assert_true(evidence_fold_count(fold) == 1 && object("r/a b.csv")->bytes == 1234);
	assert_int_equal(take_text(" Volume in drive D has no label.\r\n\r\n Directory of D:\\stage\r\n\r\n11/21/2026  11:03 PM    <DIR>          .\r\n11/21/2026  11:03 PM             1,234 a b.csv\r\n               1 File(s)          1,234 bytes\r\n"), 0);
	assert_true(evidence_fold_count(fold) == 1 && object("D:\\stage\\a b.csv")->bytes == 1234);
	assert_int_equal(take_text("/stage\n\xe2\x94\x9c\xe2\x94\x80\xe2\x94\x80 d1\n\xe2\x94\x82\xc2\xa0\xc2\xa0 \xe2\x94\x94\xe2\x94\x80\xe2\x94\x80 a.csv\n\xe2\x94\x94\xe2\x94\x80\xe2\x94\x80 b.csv\n\n1 directory, 2 files\n"), 0);
	assert_true(evidence_fold_count(fold) == 2 && object("/stage/d1/a.csv") && object("/stage/b.csv"));
	assert_int_equal(take_text("r/a.csv\nr/d/\nr/b.csv\n"), 0);
	assert_true(level("r/a.csv") == EVIDENCE_ACQUIRED && level("r/b.csv") == EVIDENCE_ACQUIRED);
	assert_int_equal(take_text("10.0.0.1\n10.0.0.2\n10.0.0.3\n"), ERR_INPUT);
	assert_int_equal(take_text("jo@example.org\nal@example.org\n"), ERR_INPUT);
	assert_int_equal(take_text("1,Keller,Jeanne,a.b\n2,Keller,Paul,c.d\n"), ERR_INPUT);
	assert_int_equal(take_text("This is a letter. It says nothing\nof files at all, and goes on.\n"), ERR_INPUT);
}

static void fhir(void **state)
{
	(void)state;
	assert_int_equal(take_text("{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[{\"resource\":{\"resourceType\":\"AuditEvent\",\"type\":{\"code\":\"rest\"},\"subtype\":[{\"code\":\"read\"}],\"action\":\"R\",\"recorded\":\"2026-11-21T23:03:39Z\",\"outcome\":\"0\",\"agent\":[{\"requestor\":false,\"who\":{\"display\":\"srv\"}},"
	                           "{\"requestor\":true,\"altId\":\"jo\",\"network\":{\"address\":\"10.0.0.9\"}}],\"source\":{\"site\":\"ehr\",\"observer\":{\"reference\":\"Device/1\"}},\"entity\":[{\"what\":{\"reference\":\"Patient/7\"},\"role\":{\"code\":\"1\"}},{\"what\":{\"reference\":\"Practitioner/1\"},\"role\":{\"code\":\"6\"}}]}}]}\n"
	                           "{\"resourceType\":\"AuditEvent\",\"type\":{\"code\":\"110106\"},\"action\":\"R\",\"recorded\":\"2026-11-21T23:03:40Z\",\"outcome\":\"0\",\"agent\":[{\"who\":{\"identifier\":{\"value\":\"al\"}}}],\"entity\":[{\"what\":{\"reference\":\"DocumentReference/9\"}}]}\n"
	                           "{\"resourceType\":\"AuditEvent\",\"code\":{\"coding\":[{\"code\":\"read\"}]},\"action\":\"R\",\"recorded\":\"2026-11-21T23:03:40Z\",\"outcome\":{\"code\":{\"code\":\"success\"}},\"agent\":[{\"who\":{\"display\":\"al\"},\"networkString\":\"10.0.0.8\"}],\"entity\":[{\"what\":{\"reference\":\"Observation/1\"}}],\"patient\":{\"reference\":\"Patient/8\"}}\n"
	                           "{\"resourceType\":\"AuditEvent\",\"type\":{\"code\":\"rest\"},\"action\":\"R\",\"recorded\":\"2026-11-21T23:03:40Z\",\"outcome\":\"8\",\"entity\":[{\"what\":{\"reference\":\"Patient/no\"}}]}\n"
	                           "{\"resourceType\":\"AuditEvent\",\"type\":{\"code\":\"rest\"},\"subtype\":[{\"code\":\"search\"}],\"action\":\"E\",\"recorded\":\"2026-11-21T23:03:40Z\",\"outcome\":\"0\",\"entity\":[{\"role\":{\"code\":\"24\"},\"query\":\"UGF0aWVudD9uYW1lPXg=\"}]}\n"
	                           "{\"resourceType\":\"AuditEvent\",\"type\":{\"code\":\"rest\"},\"action\":\"U\",\"recorded\":\"2026-11-21T23:03:40Z\",\"entity\":[{\"what\":{\"reference\":\"Patient/u\"}}]}\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_FHIR);
	const struct evidence_object *o = object("Patient/7");
	assert_true(o->level == EVIDENCE_ACCESSED && is(o->who[0], "jo") && is(o->from[0], "10.0.0.9") && is(o->host, "ehr") && o->first == at("2026-11-21T23:03:39Z"));
	assert_int_equal(level("DocumentReference/9"), EVIDENCE_ACQUIRED);
	assert_int_equal(level("Observation/1"), EVIDENCE_ACCESSED);
	assert_true(level("Patient/8") == EVIDENCE_ACCESSED && is(object("Patient/8")->from[0], "10.0.0.8"));
	assert_true(level("Patient?name=x") == EVIDENCE_ACCESSED && because("Patient?name=x", "which records it found"));
	assert_null(object("Patient/no"));
	assert_null(object("Practitioner/1"));
	assert_int_equal(level("Patient/u"), EVIDENCE_OPENED);
}

static void atna(void **state)
{
	(void)state;
	assert_int_equal(take_text("<85>1 2026-11-21T23:03:39Z ehr app - IHE+RFC-3881 - \xef\xbb\xbf<?xml version=\"1.0\"?><AuditMessage><EventIdentification EventActionCode=\"R\" EventDateTime=\"2026-11-21T23:03:39+01:00\" EventOutcomeIndicator=\"0\"><EventID csd-code=\"110110\" codeSystemName=\"DCM\" originalText=\"Patient Record\"/></EventIdentification>"
	                           "<ActiveParticipant UserID=\"jo\" UserIsRequestor=\"true\" NetworkAccessPointID=\"10.0.0.9\"/><AuditSourceIdentification AuditSourceID=\"EHR\"/><ParticipantObjectIdentification ParticipantObjectID=\"4711\" ParticipantObjectTypeCode=\"1\" ParticipantObjectTypeCodeRole=\"1\"/></AuditMessage>\n"
	                           "<85>1 2026 <AuditMessage><EventIdentification EventActionCode=\"R\" EventDateTime=\"2026-11-21T23:03:40Z\" EventOutcomeIndicator=\"0\"><EventID code=\"110106\"/></EventIdentification><ActiveParticipant UserID=\"al\" UserIsRequestor=\"true\" NetworkAccessPointID=\"10.0.0.8\"/>"
	                           "<ActiveParticipant UserID=\"away\" UserIsRequestor=\"false\" NetworkAccessPointID=\"9.9.9.9\"><RoleIDCode csd-code=\"110152\"/></ActiveParticipant><ParticipantObjectIdentification ParticipantObjectID=\"1.2.840.1\" ParticipantObjectTypeCode=\"2\" ParticipantObjectTypeCodeRole=\"3\"/></AuditMessage>"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_ATNA);
	const struct evidence_object *o = object("Patient/4711");
	assert_true(o->level == EVIDENCE_ACCESSED && is(o->who[0], "jo") && is(o->from[0], "10.0.0.9") && is(o->host, "EHR") && o->first == at("2026-11-21T22:03:39Z"));
	assert_true(level("1.2.840.1") == EVIDENCE_ACQUIRED && is(object("1.2.840.1")->from[0], "9.9.9.9"));
}

static void own(void **state)
{
	(void)state;
	assert_int_equal(take_text("{\"event\":\"ready\",\"mono_ns\":1,\"mode\":\"x\"}\n{\"event\":\"verdict\",\"id\":\"v1\",\"mono_ns\":5,\"time\":\"2026-11-21T23:03:40.000Z\",\"uid\":1000,\"comm\":\"lock\",\"client\":\"10.0.0.9\",\"user\":\"jo\",\"began\":\"2026-11-21T23:03:39.000Z\",\"files\":[\"/s/a.csv\",\"/s/b.csv\"]}\n"
	                           "{\"name\":\"lab\",\"state\":\"open\",\"bytes\":1000,\"proof\":null}\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_HOLDFAST);
	const struct evidence_object *o = object("/s/a.csv");
	assert_true(o->level == EVIDENCE_ACCESSED && is(o->who[0], "jo") && is(o->from[0], "10.0.0.9") && o->first == at("2026-11-21T23:03:39Z"));
	assert_int_equal(evidence_fold_count(fold), 2);
	(void)unused_by_some;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rclone, reset, drop), cmocka_unit_test_setup_teardown(winscp, reset, drop), cmocka_unit_test_setup_teardown(filezilla_and_mega, reset, drop), cmocka_unit_test_setup_teardown(ftp_servers, reset, drop), cmocka_unit_test_setup_teardown(sftp_server, reset, drop), cmocka_unit_test_setup_teardown(lists, reset, drop),
		cmocka_unit_test_setup_teardown(fhir, reset, drop), cmocka_unit_test_setup_teardown(atna, reset, drop), cmocka_unit_test_setup_teardown(own, reset, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
