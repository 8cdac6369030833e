/* Zeek's logs in TSV and JSON, web servers' logs of every form, gzip. */
#include "evidence_case.h"

#include <zlib.h>

#define HEAD(path, fields) "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t" path "\n#fields\t" fields "\n#types\tx\n"

static void zeek_tsv(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	(void)state;
	assert_int_equal(take_text(HEAD("smb_files", "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tfuid\taction\tpath\tname\tsize\tprev_name")
	                           "1795302219.5\tC1\t10.0.0.9\t4\t10.0.0.1\t445\tF1\tSMB::FILE_OPEN\t\\\\\\\\FS\\\\rec\td\\\\a.txt\t10\t-\n"
	                           "1795302219.6\tC1\t10.0.0.9\t4\t10.0.0.1\t445\tF1\tSMB::FILE_READ\t\\\\\\\\FS\\\\rec\td\\\\b\\xc3\\xa9.txt\t1000\t-\n"
	                           "1795302219.7\tC1\t10.0.0.9\t4\t10.0.0.1\t445\tF1\tSMB::FILE_READ\t\\\\\\\\FS\\\\rec\td\\\\b\\xc3\\xa9.txt\t1000\t-\n"
	                           "1795302219.8\tC1\t10.0.0.9\t4\t10.0.0.1\t445\t-\tSMB::FILE_OPEN\t-\t\\\\svcctl\t0\t-\n"
	                           "1795302219.9\tC1\t10.0.0.9\t4\t10.0.0.1\t445\t-\tSMB::FILE_RENAME\t\\\\\\\\FS\\\\rec\td\\\\c.locked\t5\td\\\\c.txt\n"
	                           "short\tline\n"
	                           "#close\t2026\n" HEAD("conn", "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\torig_bytes\tresp_bytes\tconn_state")
	                           "1795302220.0\tC1\t10.0.0.9\t4\t10.0.0.1\t445\ttcp\tsmb\t100\t5000\tSF\n"
	                           "1795302221.0\tC2\t10.0.0.9\t4\t8.8.4.4\t443\ttcp\t-\t90000\t10\tSF\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_ZEEK);
	assert_int_equal(level("\\\\FS\\rec\\d\\a.txt"), EVIDENCE_OPENED);
	const struct evidence_object *o = object("\\\\FS\\rec\\d\\b\xc3\xa9.txt");
	assert_int_equal(o->level, EVIDENCE_ACQUIRED);
	assert_true(o->bytes == 1000 && o->count == 2 && is(o->host, "10.0.0.1") && is(o->from[0], "10.0.0.9"));
	assert_true(is(object("\\\\FS\\rec\\d\\c.txt")->became, "\\\\FS\\rec\\d\\c.locked"));
	assert_int_equal(evidence_fold_count(fold), 3);
	assert_int_equal(account.damaged, 1);
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	evidence_fold_flows_json(fold, 1, &w);
	assert_non_null(strstr(buf_cstr(&b), "\"from\":\"10.0.0.9\",\"to\":\"8.8.4.4\",\"service\":\"443/tcp\",\"bytes\":90000"));
}

static void zeek_json(void **state)
{
	(void)state;
	assert_int_equal(take_text("{\"ts\":1795302219.5,\"uid\":\"C1\",\"id.orig_h\":\"10.0.0.9\",\"id.resp_h\":\"10.0.0.1\",\"action\":\"SMB::FILE_READ\",\"path\":\"\\\\\\\\FS\\\\rec\",\"name\":\"a.txt\",\"size\":7}\n"
	                           "{\"ts\":\"2026-11-21T23:03:40Z\",\"uid\":\"C2\",\"id\":{\"orig_h\":\"10.0.0.9\",\"resp_h\":\"10.0.0.2\"},\"command\":\"RETR\",\"arg\":\"ftp://10.0.0.2/./x/b.csv\",\"file_size\":9,\"reply_code\":226,\"user\":\"jo\"}\n"
	                           "{\"ts\":1795302219.5,\"fuid\":\"F\",\"tx_hosts\":[\"10.0.0.3\"],\"rx_hosts\":[\"10.0.0.9\"],\"source\":\"HTTP\",\"filename\":\"c.zip\",\"seen_bytes\":11,\"is_orig\":false}\n"
	                           "{\"ts\":1795302219.5,\"uid\":\"C3\",\"id.orig_h\":\"10.0.0.9\",\"id.resp_h\":\"10.0.0.4\",\"method\":\"GET\",\"host\":\"ehr\",\"uri\":\"/p/1\",\"status_code\":200,\"response_body_len\":12}\n"),
	                 0);
	assert_int_equal(object("\\\\FS\\rec\\a.txt")->bytes, 7);
	assert_int_equal(level("/x/b.csv"), EVIDENCE_ACQUIRED);
	assert_true(is(object("/x/b.csv")->who[0], "jo") && object("/x/b.csv")->first == at("2026-11-21T23:03:40Z"));
	assert_true(is(object("c.zip")->host, "10.0.0.3") && object("c.zip")->bytes == 11);
	assert_true(is(object("/p/1")->host, "ehr") && object("/p/1")->level == EVIDENCE_ACQUIRED);
}

static void web_logs(void **state)
{
	(void)state;
	assert_int_equal(take_text("10.0.0.9 - jo [21/Nov/2026:23:03:39 +0100] \"GET /r/a%20b.csv;jsessionid=7?x=1 HTTP/1.1\" 200 1234\n"
	                           "10.0.0.9 - - [21/Nov/2026:23:03:40 +0100] \"HEAD /r/h HTTP/1.1\" 200 -\n"
	                           "10.0.0.9 - - [21/Nov/2026:23:03:40 +0100] \"GET /r/cached HTTP/1.1\" 304 - \"-\" \"curl \\\"x\\\"\"\n"
	                           "10.0.0.9 - - [21/Nov/2026:23:03:41 +0100] \"GET /r/part HTTP/1.1\" 206 10\n"
	                           "10.0.0.9 - - [21/Nov/2026:23:03:41 +0100] \"GET /r/part HTTP/1.1\" 206 20\n"
	                           "10.0.0.9 - - [21/Nov/2026:23:03:41 +0100] \"GET /r/none HTTP/1.1\" 404 900\n"
	                           "10.0.0.9 - - [21/Nov/2026:23:03:41 +0100] \"\\x16\\x03\" 400 -\n"
	                           "ehr:443 10.0.0.8 - - [21/Nov/2026:23:03:42 +0100] \"POST /up/cmd.jsp?cmd=whoami HTTP/1.1\" 200 50\n"
	                           "127.0.0.1 - - [21/Nov/2026:23:03:42 +0100] \"GET /self HTTP/1.1\" 200 5\n"
	                           "10.0.0.9 - - [21/Nov/2026:23:03:42 +0100] \"DELETE /gone HTTP/1.1\" 204 -\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_WEB);
	const struct evidence_object *o = object("/r/a b.csv?x=1");
	assert_true(o && o->level == EVIDENCE_ACQUIRED && o->bytes == 1234 && is(o->who[0], "jo") && o->first == at("2026-11-21T22:03:39Z"));
	assert_int_equal(level("/r/h"), EVIDENCE_LISTED);
	assert_int_equal(level("/r/cached"), EVIDENCE_OPENED);
	assert_int_equal(object("/r/part")->bytes, 30);
	assert_null(object("/r/none"));
	assert_true(because("/up/cmd.jsp?cmd=whoami", "web shell") && is(object("/up/cmd.jsp?cmd=whoami")->host, "ehr"));
	assert_int_equal(level("/self"), EVIDENCE_ACCESSED);
	assert_int_equal(level("/gone"), EVIDENCE_OPENED);
}

static void clouds(void **state)
{
	(void)state;
	assert_int_equal(take_text("79a5 records [20/Nov/2026:23:10:01 +0000] 203.0.113.9 arn:aws:iam::123:user/eve 3E57 REST.GET.OBJECT exports/a%20b.csv \"GET /exports/a%2520b.csv?x=%22y HTTP/1.1\" 200 - 7000 7000 70 10 \"-\" \"curl\" - s9== SigV4 - AuthHeader h TLSv1.2 - -\n"
	                           "79a5 records [20/Nov/2026:23:10:02 +0000] 203.0.113.9 - 3E58 REST.GET.OBJECT secret.csv \"GET /secret.csv HTTP/1.1\" 403 AccessDenied 243 - 7 - \"-\" \"curl\" -\n"
	                           "79a5 records [20/Nov/2026:23:10:03 +0000] 203.0.113.9 - 3E59 REST.HEAD.OBJECT seen.csv \"HEAD /seen.csv HTTP/1.1\" 200 - - 9 7 - \"-\" \"curl\" -\n"
	                           "79a5 records [20/Nov/2026:23:10:03 +0000] 203.0.113.9 - 3E5A REST.GET.OBJECT_TAGGING tagged.csv \"GET /tagged.csv?tagging HTTP/1.1\" 200 - 100 - 7 - \"-\" \"curl\" -\n"
	                           "79a5 records [20/Nov/2026:23:10:04 +0000] 203.0.113.9 - 3E5B REST.GET.BUCKET - \"GET /?list-type=2 HTTP/1.1\" 200 - 900 - 7 - \"-\" \"curl\" -\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_WEB);
	const struct evidence_object *o = object("/exports/a b.csv");
	assert_true(o && o->level == EVIDENCE_ACQUIRED && o->bytes == 7000 && is(o->host, "records") && is(o->who[0], "arn:aws:iam::123:user/eve") && is(o->from[0], "203.0.113.9") && o->first == at("2026-11-20T23:10:01Z"));
	assert_true(level("/seen.csv") == EVIDENCE_LISTED && level("/tagged.csv") == EVIDENCE_LISTED && !object("/secret.csv"));
	assert_true(evidence_fold_count(fold) == 3 && account.failed == 1 && account.records == 5);
	assert_int_equal(take_text("https 2026-11-20T23:10:01.186641Z app/lb/50dc 203.0.113.9:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57890 \"GET https://files.example.org:443/records/a.csv HTTP/1.1\" \"curl\" - - arn:x \"Root=1\"\n"
	                           "h2 2026-11-20T23:10:02Z app/lb/50dc 2001:db8::7:2817 - -1 -1 -1 503 - 0 157 \"GET https://files.example.org:443/records/b.csv HTTP/2.0\" \"curl\" - -\n"),
	                 0);
	o = object("/records/a.csv");
	assert_true(o && o->level == EVIDENCE_ACQUIRED && o->bytes == 57890 && is(o->host, "files.example.org") && is(o->from[0], "203.0.113.9") && o->first == at("2026-11-20T23:10:01.186641Z"));
	assert_true(evidence_fold_count(fold) == 1 && account.failed == 1);
}

static void iis_and_json(void **state)
{
	(void)state;
	assert_int_equal(take_text("#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status sc-bytes time-taken\n"
	                           "2026-11-21 23:03:39 10.0.0.1 GET /r/a.csv - 443 MED\\jo 10.0.0.9 Mozilla/5.0 200 0 0 777 12\n"
	                           "2026-11-21 23:03:39 10.0.0.1 GET /r/b.csv id=7 443 - 10.0.0.9 Mozilla/5.0 401 2 5 10 1\n"),
	                 0);
	assert_true(object("/r/a.csv")->bytes == 777 && is(object("/r/a.csv")->who[0], "MED\\jo") && object("/r/a.csv")->first == at("2026-11-21T23:03:39Z"));
	assert_int_equal(evidence_fold_count(fold), 1);
	/* a time alone: the day is #Date's, and the next one behind midnight; a later #Date counts */
	assert_int_equal(take_text("#Software: Microsoft Internet Information Services 8.5\n#Version: 1.0\n#Date: 2026-12-31 23:00:00\n#Fields: time c-ip cs-method cs-uri-stem sc-status sc-bytes\n23:00:01 10.0.0.9 GET /d/a 200 7\n22:59:59 10.0.0.9 GET /d/late 200 7\n"
	                           "00:10:00 10.0.0.9 GET /d/b 200 7\n#Date: 2027-01-05 01:00:00\n01:00:01 10.0.0.9 GET /d/c 200 7\n"),
	                 0);
	assert_true(object("/d/a")->first == at("2026-12-31T23:00:01Z") && object("/d/late")->first == at("2026-12-31T22:59:59Z") && object("/d/b")->first == at("2027-01-01T00:10:00Z") && object("/d/c")->first == at("2027-01-05T01:00:01Z"));
	assert_int_equal(take_text("{\"time_local\":\"21/Nov/2026:23:03:39 +0000\",\"remote_addr\":\"10.0.0.9\",\"remote_user\":\"jo\",\"request\":\"GET /n HTTP/1.1\",\"status\": \"200\",\"body_bytes_sent\":\"5\"}\n"
	                           "{\"ts\":1795302219.25,\"request\":{\"remote_ip\":\"10.0.0.8\",\"method\":\"GET\",\"host\":\"ehr\",\"uri\":\"/c\"},\"status\":200,\"size\":6}\n"),
	                 0);
	assert_true(object("/n")->level == EVIDENCE_ACQUIRED && object("/n")->bytes == 5 && object("/n")->first == at("2026-11-21T23:03:39Z"));
	assert_true(is(object("/c")->from[0], "10.0.0.8") && object("/c")->bytes == 6);
}

static void deflated(struct buf *out, const char *text)
{
	z_stream z = {0};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)strlen(text);
	z.next_out = buf_space(out, 1 << 16);
	z.avail_out = 1 << 16;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_commit(out, (1 << 16) - z.avail_out);
	(void)deflateEnd(&z);
}

/* A rotated log: two members one after the other, padding behind them; and one that is cut off. */
static void compressed(void **state)
{
	AUTO_BUF struct buf b = {0};
	(void)state;
	buf_init(&b, 1 << 20);
	deflated(&b, "10.0.0.9 - - [21/Nov/2026:23:03:39 +0100] \"GET /a HTTP/1.1\" 200 12\n10.0.0.9 - - [21/Nov/2026:2");
	deflated(&b, "3:03:39 +0100] \"GET /b HTTP/1.1\" 200 12\n");
	size_t n = b.n;
	buf_u64le(&b, 0);
	assert_int_equal(take(buf_slice(&b)), 0);
	assert_true(level("/a") == EVIDENCE_ACQUIRED && level("/b") == EVIDENCE_ACQUIRED && account.compressed && !account.short_end);
	assert_int_equal(take(slice_of(b.p, n - 12)), 0);
	assert_true(level("/a") == EVIDENCE_ACQUIRED && account.short_end);
	(void)unused_by_some;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(zeek_tsv, reset, drop), cmocka_unit_test_setup_teardown(zeek_json, reset, drop), cmocka_unit_test_setup_teardown(web_logs, reset, drop), cmocka_unit_test_setup_teardown(clouds, reset, drop), cmocka_unit_test_setup_teardown(iis_and_json, reset, drop), cmocka_unit_test_setup_teardown(compressed, reset, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
