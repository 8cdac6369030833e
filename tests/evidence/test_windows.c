/* Windows' Security log: XML with and without a root, in UTF-16, ONTAP's, JSON of three kinds; what each event proves; joins by handle, logon and share. EVTX built here byte by byte. */
#include "evidence_case.h"

#include <zlib.h>

static void buf_u16le(struct buf *b, uint16_t v)
{
	buf_u8(b, (uint8_t)v);
	buf_u8(b, (uint8_t)(v >> 8));
}

#define EVENT(id, computer, data) "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>" id "</EventID><Version>1</Version><Keywords>0x8020000000000000</Keywords><TimeCreated SystemTime='2026-11-21T23:03:39.5000000Z'/><EventRecordID>77</EventRecordID><Computer>" computer "</Computer></System><EventData>" data "</EventData></Event>\n"
#define D(name, value) "<Data Name='" name "'>" value "</Data>"
#define WHO D("SubjectUserName", "jdoe") D("SubjectDomainName", "MED") D("SubjectLogonId", "0x1f")

static void what_each_proves(void **state)
{
	(void)state;
	assert_int_equal(take_text(EVENT("4656", "FS1", WHO D("ObjectType", "File") D("ObjectName", "D:\\r\\a.txt") D("HandleId", "0x9c") D("ProcessId", "0x5") D("AccessMask", "0x120089"))
	                               EVENT("4663", "FS1", WHO D("ObjectType", "File") D("ObjectName", "D:\\r\\b.txt") D("HandleId", "0x9d") D("ProcessId", "0x5") D("ProcessName", "C:\\Windows\\explorer.exe") D("AccessList", "%%4416\n\t\t\t\t") D("AccessMask", "0x1"))
	                                   EVENT("4663", "FS1", WHO D("ObjectType", "File") D("ObjectName", "D:\\r\\c.txt") D("ProcessName", "C:\\t\\rclone.exe") D("AccessMask", "0x1"))
	                                       EVENT("4663", "FS1", WHO D("ObjectType", "Key") D("ObjectName", "\\REGISTRY\\x") D("AccessMask", "0x1"))
	                                           EVENT("4663", "FS1", WHO D("ObjectType", "File") D("ObjectName", "D:\\r\\d.txt") D("ProcessName", "x.exe") D("AccessMask", "0x80"))
	                                               EVENT("4660", "FS1", WHO D("HandleId", "0x9c") D("ProcessId", "0x5"))
	                                                   EVENT("4663", "FS1", WHO D("ObjectType", "File") D("ObjectName", "D:\\r\\e.txt") D("ProcessName", "x.exe") D("AccessList", "%%4417 %%4418")) "<Event><broken></Event>"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_WINDOWS);
	assert_int_equal(level("D:\\r\\a.txt"), EVIDENCE_OPENED);
	assert_true(because("D:\\r\\a.txt", "no read is recorded") && because("D:\\r\\a.txt", "deleted"));
	assert_int_equal(level("D:\\r\\b.txt"), EVIDENCE_ACCESSED);
	assert_int_equal(level("D:\\r\\c.txt"), EVIDENCE_ACQUIRED);
	assert_null(object("\\REGISTRY\\x"));
	assert_int_equal(level("D:\\r\\d.txt"), EVIDENCE_LISTED);
	assert_int_equal(level("D:\\r\\e.txt"), EVIDENCE_OPENED);
	const struct evidence_object *o = object("D:\\r\\b.txt");
	assert_true(is(o->who[0], "MED\\jdoe") && is(o->host, "FS1") && o->first_record == 77);
	assert_int_equal(o->first, at("2026-11-21T23:03:39.5Z"));
	assert_int_equal(account.damaged, 1);
}

/* 5145 is a check. The kernel's own read for a logon that came over the network is an answer to that machine. */
static void over_the_share(void **state)
{
	(void)state;
	assert_int_equal(take_text("<?xml version='1.0'?><Events>" EVENT("5145", "FS1", WHO D("ObjectType", "File") D("IpAddress", "10.0.0.9") D("ShareName", "\\\\*\\rec") D("ShareLocalPath", "\\??\\D:\\r") D("RelativeTargetName", "x\\a.txt") D("AccessMask", "0x1"))
	                               EVENT("5145", "FS1", WHO D("IpAddress", "10.0.0.9") D("ShareName", "\\\\*\\rec") D("ShareLocalPath", "\\??\\D:\\r") D("RelativeTargetName", "x\\b.txt") D("AccessMask", "0x1"))
	                                   EVENT("4663", "FS1", WHO D("ObjectType", "File") D("ObjectName", "d:\\R\\x\\b.txt") D("ProcessName", "") D("ProcessId", "0x4") D("AccessMask", "0x1"))
	                                       EVENT("4663", "FS1", WHO D("ObjectType", "File") D("ObjectName", "D:\\r\\x\\c.txt") D("ProcessId", "0x4") D("AccessMask", "0x1"))
	                                           EVENT("5145", "FS1", WHO D("IpAddress", "10.0.0.9") D("ShareName", "\\\\*\\IPC$") D("RelativeTargetName", "srvsvc") D("AccessMask", "0x3"))
	                                               EVENT("5145", "FS1", WHO D("IpAddress", "10.0.0.9") D("ShareName", "\\\\*\\rec") D("ShareLocalPath", "\\??\\D:\\r") D("RelativeTargetName", "x") D("AccessMask", "0x1")) "</Events>"),
	                 0);
	assert_int_equal(level("D:\\r\\x\\a.txt"), EVIDENCE_ACCESSED);
	assert_int_equal(level("D:\\r\\x\\b.txt"), EVIDENCE_ACQUIRED);
	assert_true(is(object("D:\\r\\x\\b.txt")->from[0], "10.0.0.9") && because("D:\\r\\x\\b.txt", "5145 names"));
	assert_int_equal(level("D:\\r\\x\\c.txt"), EVIDENCE_ACQUIRED);
	assert_int_equal(level("D:\\r\\x"), EVIDENCE_LISTED);
	assert_true(object("D:\\r\\x")->folder);
	assert_int_equal(evidence_fold_count(fold), 4);
}

static void refused_is_no_touch(void **state)
{
	(void)state;
	assert_int_equal(take_text("<Event><System><EventID>4656</EventID><Keywords>0x8010000000000000</Keywords><Computer>F</Computer></System><EventData>" D("ObjectName", "D:\\no") "</EventData></Event>"), 0);
	assert_int_equal(evidence_fold_count(fold), 0);
	assert_int_equal(account.failed, 1);
}

/* NetApp ONTAP: a version that is no number, words for rights, masks without 0x, a volume in front of the name; Directory objects. */
static void ontap(void **state)
{
	(void)state;
#define N(id, name, data) "<Event xmlns=\"http://www.netapp.com/schemas/ONTAP/2007/AuditLog\"><System><Provider Name=\"NetApp-Security-Auditing\"/><EventID>" id "</EventID><EventName>" name "</EventName><Version>101.3</Version><Source>CIFS</Source><Result>Audit Success</Result><TimeCreated SystemTime=\"2026-11-21T23:03:39Z\"/><Computer>svm1</Computer></System><EventData><Data Name=\"SubjectIP\" IPVersion=\"4\">10.1.1.1</Data><Data Name=\"SubjectUserName\">jo</Data>" data "</EventData></Event>"
	assert_int_equal(take_text("<Events>" N("4663", "Read Object", D("ObjectType", "File") D("ObjectName", "(vol1);/r/a.txt") D("ReadCount", "4096")) N("4656", "Open Object", D("ObjectType", "File") D("ObjectName", "(vol1);/r/b.txt") D("AccessMask", "81") D("DesiredAccess", "Read Data; Read Attributes"))
	                               N("4663", "Get Object Attributes", D("ObjectType", "File") D("ObjectName", "(vol1);/r/c.txt")) "<Event><System><Provider Name=\"NetApp-Security-Auditing\"/><EventID>4663</EventID><TimeCreated SystemTime=\"2026-09-01 05:57:51.494787+00:00\"/><Computer>fs/svm</Computer></System><EventData><Data Name=\"ObjectName\">/share/x.docx</Data><Data Name=\"IpAddress\">10.0.1.100</Data></EventData><Keywords>Audit Success</Keywords></Event>" N("4663", "Get Object", D("ObjectType", "Directory") D("ObjectName", "(vol1);/r/dir") D("AccessMask", "81"))),
	                 0);
	assert_int_equal(level("(vol1);/r/a.txt"), EVIDENCE_ACQUIRED);
	assert_true(object("(vol1);/r/a.txt")->bytes == 4096 && is(object("(vol1);/r/a.txt")->from[0], "10.1.1.1"));
	assert_int_equal(level("(vol1);/r/b.txt"), EVIDENCE_OPENED);
	assert_int_equal(level("(vol1);/r/c.txt"), EVIDENCE_LISTED);
	assert_true(object("(vol1);/r/dir")->folder);
	assert_true(object("/share/x.docx")->level == EVIDENCE_ACCESSED && object("/share/x.docx")->confidence == 50 && object("/share/x.docx")->first == at("2026-09-01T05:57:51.494787Z"));
}

/* OneFS by syslog of three manners. */
static void onefs(void **state)
{
	(void)state;
	source.near = at("2026-12-01T00:00:00Z");
	assert_int_equal(take_text("2026-11-21T23:03:39-05:00 isi-1 [audit_protocol] S-1-5-21-7|1000|System|1|10.1.1.9|SMB|READ|SUCCESS|FILE|4295|\\ifs\\r\\a b.txt \n"
	                           "2026-11-21T23:03:40-05:00 isi-1 [audit_protocol] S-1-5-21-7|1000|System|1|10.1.1.9|SMB|OPEN|SUCCESS|FILE|OPENED|4295|\\ifs\\r\\b.txt\n"
	                           "2026-11-21T23:03:40-05:00 isi-1 [audit_protocol] S-1-5-21-7|1000|System|1|10.1.1.9|SMB|READ|FAILED:3221225506|FILE|4295|\\ifs\\r\\c.txt\n"
	                           "Nov 21 23:03:41 isi-1 audit_protocol[99]: S-1-5-21-7|1000|System|1|10.1.1.9|NFS|READ|SUCCESS|DIR|4295|/ifs/r\n"
	                           "Nov 21 23:03:41 isi-1 audit_protocol[99]: S-1-5-21-7|1000|System|1|10.1.1.9|SMB|RENAME|SUCCESS|FILE|4295|\\ifs\\r\\d.txt|\\ifs\\r\\d.locked\n"),
	                 0);
	assert_int_equal(account.kind, EVIDENCE_NAS);
	const struct evidence_object *o = object("\\ifs\\r\\a b.txt");
	assert_true(o->level == EVIDENCE_ACQUIRED && is(o->who[0], "S-1-5-21-7") && is(o->from[0], "10.1.1.9") && is(o->host, "isi-1") && o->first == at("2026-11-22T04:03:39Z"));
	assert_int_equal(level("\\ifs\\r\\b.txt"), EVIDENCE_OPENED);
	assert_int_equal(level("\\ifs\\r\\c.txt"), EVIDENCE_NONE);
	assert_true(object("/ifs/r")->folder && level("\\ifs\\r\\d.txt") == EVIDENCE_OPENED);
	/* isi_audit_viewer's: microseconds; a close that says how much was read */
	assert_int_equal(take_text("[0: Sat Nov 21 23:03:39 2026] {\"id\":\"a\",\"timestamp\":1795302219250001,\"payload\":{\"protocol\":\"SMB2\",\"eventType\":\"read\",\"isDirectory\":false,\"clientIPAddr\":\"10.1.1.9\",\"fileName\":\"\\\\ifs\\\\a\",\"userSID\":\"S-1\",\"ntStatus\":0}}\n"
	                           "[1: Sat Nov 21 23:03:39 2026] {\"id\":\"b\",\"timestamp\":1795302219250,\"payload\":{\"protocol\":\"NFS\",\"eventType\":\"close\",\"isDirectory\":false,\"clientIPAddr\":\"10.1.1.9\",\"fileName\":\"\\\\ifs\\\\b\",\"bytesRead\":8192,\"userSID\":\"S-1\",\"ntStatus\":0}}\n"
	                           "[2: Sat Nov 21 23:03:39 2026] {\"id\":\"c\",\"timestamp\":1795302219250001,\"payload\":{\"protocol\":\"NFS\",\"eventType\":\"close\",\"isDirectory\":false,\"clientIPAddr\":\"10.1.1.9\",\"fileName\":\"\\\\ifs\\\\c\",\"bytesRead\":0,\"userSID\":\"S-1\",\"ntStatus\":0}}\n"),
	                 0);
	assert_true(level("\\ifs\\a") == EVIDENCE_ACQUIRED && object("\\ifs\\a")->first == at("2026-11-21T23:03:39.250001Z") && object("\\ifs\\b")->first == at("2026-11-21T23:03:39.250Z"));
	assert_true(level("\\ifs\\b") == EVIDENCE_ACQUIRED && level("\\ifs\\c") == EVIDENCE_OPENED);
}

static void wide_text(void **state)
{
	static const char text[] = "\xef\xbb\xbf" EVENT("4663", "FS1", WHO D("ObjectName", "D:\\r\\\xc3\xa9\xf0\x9f\x98\x80.txt") D("ProcessName", "x.exe") D("AccessMask", "0x1"));
	AUTO_BUF struct buf le = {0}, be = {0};
	(void)state;
	buf_init(&le, 1 << 16);
	buf_init(&be, 1 << 16);
	for (size_t i = 3; i + 1 < sizeof text;) {
		size_t len;
		uint32_t c = utf8_get(slice_of(text + i, sizeof text - 1 - i), &len);
		uint16_t u[2] = {(uint16_t)c, 0};
		if (c >= 0x10000) {
			u[0] = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
			u[1] = (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3ff));
		}
		for (int k = 0; k < (c >= 0x10000 ? 2 : 1); k++) {
			buf_u16le(&le, u[k]);
			buf_u16be(&be, u[k]);
		}
		i += len;
	}
	assert_int_equal(take_text(text), 0);
	assert_int_equal(level("D:\\r\\\xc3\xa9\xf0\x9f\x98\x80.txt"), EVIDENCE_ACCESSED);
	assert_int_equal(take(buf_slice(&le)), 0);
	assert_int_equal(level("D:\\r\\\xc3\xa9\xf0\x9f\x98\x80.txt"), EVIDENCE_ACCESSED);
	assert_int_equal(take(buf_slice(&be)), 0);
	assert_int_equal(level("D:\\r\\\xc3\xa9\xf0\x9f\x98\x80.txt"), EVIDENCE_ACCESSED);
}

static void as_json(void **state)
{
	(void)state;
	assert_int_equal(take_text("{\"Event\":{\"System\":{\"EventID\":{\"#text\":4663},\"Computer\":\"F\",\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"2026-11-21T23:03:39Z\"}}},\"EventData\":{\"ObjectName\":\"D:\\\\a\",\"ObjectType\":\"File\",\"AccessMask\":\"0x1\",\"ProcessName\":\"x.exe\"}}}\n"
	                           "{\"@timestamp\":\"2026-11-21T23:03:40Z\",\"event\":{\"code\":\"4663\"},\"winlog\":{\"event_id\":\"4663\",\"computer_name\":\"F\",\"event_data\":{\"ObjectName\":\"D:\\\\b\",\"AccessMask\":\"0x1\",\"ProcessName\":\"x.exe\"}}}\n"
	                           "{\"EventID\":\"4663\",\"timestamp\":\"2026-06-01T10:00:00Z\",\"SVMName\":\"svm\",\"UserName\":\"al\",\"ObjectName\":\"/share/f.txt\",\"ClientIP\":\"10.0.1.100:6515\",\"Operation\":\"ReadData\",\"Result\":\"Success\",\"ProcessName\":\"x\"}\n"
	                           "[0: Sat Nov 21 23:03:41 2026] {\"id\":\"5\",\"timestamp\":1795302221571,\"payload\":{\"protocol\":\"SMB2\",\"eventType\":\"read\",\"isDirectory\":false,\"clientIPAddr\":\"10.7.2.9\",\"userSID\":\"S-1-5\",\"fileName\":\"\\\\ifs\\\\d\\\\x.txt\",\"ntStatus\":0,\"bytesRead\":7}}\n"),
	                 0);
	assert_int_equal(level("D:\\a"), EVIDENCE_ACCESSED);
	assert_int_equal(level("D:\\b"), EVIDENCE_ACCESSED);
	assert_true(level("/share/f.txt") == EVIDENCE_ACCESSED && is(object("/share/f.txt")->from[0], "10.0.1.100") && is(object("/share/f.txt")->who[0], "al") && is(object("/share/f.txt")->host, "svm"));
	assert_int_equal(level("\\ifs\\d\\x.txt"), EVIDENCE_ACQUIRED);
	assert_int_equal(object("\\ifs\\d\\x.txt")->bytes, 7);
}

#define NX_OK ",\"Keywords\":-9214364837600034816,\"EventType\":\"AUDIT_SUCCESS\""
#define NX_NO ",\"Keywords\":-9218868437227405312"
#define NX(id, result, more) "{\"EventTime\":\"2026-11-21 23:03:39\",\"Hostname\":\"F\"" result ",\"SourceName\":\"Microsoft-Windows-Security-Auditing\",\"EventID\":" id ",\"SubjectUserName\":\"eve\",\"SubjectLogonId\":\"0xabc\"" more "}\n"

/* What ships events to elsewhere puts the fields beside each other: those without an object's name join what has one; who was refused touched nothing. */
static void as_json_of_shippers(void **state)
{
	(void)state;
	assert_int_equal(take_text(NX("4624", NX_OK, ",\"TargetLogonId\":\"0xabc\",\"IpAddress\":\"10.0.9.9\"") NX("4663", NX_OK, ",\"ObjectType\":\"File\",\"ObjectName\":\"D:\\\\a\",\"HandleId\":\"0x10\",\"AccessMask\":\"0x1\",\"ProcessId\":\"0x4\",\"ProcessName\":\"\"")
	                               NX("4656", NX_OK, ",\"ObjectType\":\"File\",\"ObjectName\":\"D:\\\\b\",\"HandleId\":\"0x14\",\"AccessMask\":\"0x10000\",\"ProcessId\":\"0x4\"") NX("4660", NX_OK, ",\"HandleId\":\"0x14\",\"ProcessId\":\"0x4\"")
	                                   NX("4656", NX_NO, ",\"ObjectType\":\"File\",\"ObjectName\":\"D:\\\\no\",\"HandleId\":\"0x0\",\"AccessMask\":\"0x1\"") NX("4656", ",\"EventType\":\"AUDIT_FAILURE\"", ",\"ObjectType\":\"File\",\"ObjectName\":\"D:\\\\no\",\"AccessMask\":\"0x1\"")),
	                 0);
	assert_int_equal(level("D:\\a"), EVIDENCE_ACQUIRED);
	assert_true(is(object("D:\\a")->from[0], "10.0.9.9") && because("D:\\b", "deleted"));
	assert_null(object("D:\\no"));
	assert_int_equal(account.failed, 2);

	/* Azure's SecurityEvent: a column for each field of any event */
	struct buf b;
	buf_init(&b, 1u << 20);
	buf_printf(&b, "%s", "{\"TimeGenerated\":\"2026-11-21T23:03:39.5Z\",\"Computer\":\"F\",\"EventID\":4624,\"TargetLogonId\":\"0xabd\",\"IpAddress\":\"10.0.9.8\"}\n{\"TimeGenerated\":\"2026-11-21T23:03:39.5Z\",\"Computer\":\"F\",\"EventID\":4663");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, ",\"Column%d\":\"\"", i);
	buf_printf(&b, "%s", ",\"ObjectName\":\"D:\\\\c\",\"ObjectType\":\"File\",\"AccessMask\":\"0x1\",\"SubjectLogonId\":\"0xabd\",\"ProcessId\":\"0x4\"}\n");
	assert_int_equal(take(buf_slice(&b)), 0);
	buf_done(&b);
	assert_int_equal(level("D:\\c"), EVIDENCE_ACQUIRED);
	assert_int_equal(object("D:\\c")->first, at("2026-11-21T23:03:39.5Z"));

	/* winlogbeat before 7, as it lies and out of Elasticsearch */
#define BEAT6(id, word, more) "{\"@timestamp\":\"2026-11-21T23:03:40Z\",\"computer_name\":\"F\",\"event_id\":" id ",\"record_number\":\"8\",\"keywords\":[\"" word "\"],\"event_data\":{" more "}}"
	assert_int_equal(take_text(BEAT6("4663", "Audit Success", "\"ObjectName\":\"D:\\\\d\",\"AccessMask\":\"0x1\",\"ProcessName\":\"x.exe\"") "\n" BEAT6("4656", "Audit Failure", "\"ObjectName\":\"D:\\\\no\",\"AccessMask\":\"0x1\"") "\n"
	                           "{\"_index\":\"winlogbeat-6\",\"_id\":\"1\",\"_source\":" BEAT6("4663", "Audit Success", "\"ObjectName\":\"D:\\\\e\",\"AccessMask\":\"0x1\",\"ProcessName\":\"x.exe\"") "}\n"),
	                 0);
	assert_int_equal(level("D:\\d"), EVIDENCE_ACCESSED);
	assert_int_equal(level("D:\\e"), EVIDENCE_ACCESSED);
	assert_int_equal(object("D:\\d")->first_record, 8);
	assert_null(object("D:\\no"));
	assert_int_equal(account.failed, 1);
}

/* ---- EVTX ---- */

static void wide(struct buf *b, const char *s)
{
	for (; *s; s++)
		buf_u16le(b, (uint8_t)*s);
}

static void name_here(struct buf *b, const char *s, size_t chunk_at)
{
	buf_u32le(b, (uint32_t)(b->n + 4 - chunk_at));
	buf_u32le(b, 0);
	buf_u16le(b, 0);
	buf_u16le(b, (uint16_t)strlen(s));
	wide(b, s);
	buf_u16le(b, 0);
}

static void open_element(struct buf *b, const char *name, bool attrs, size_t chunk_at)
{
	buf_u8(b, attrs ? 0x41 : 0x01);
	buf_u16le(b, 0xffff);
	buf_u32le(b, 0);
	name_here(b, name, chunk_at);
	if (attrs)
		buf_u32le(b, 200); /* more than there is: the list ends where no attribute follows */
}

static void value_element(struct buf *b, const char *name, const char *attr, const char *value, int place, size_t chunk_at)
{
	open_element(b, name, attr != NULL, chunk_at);
	if (attr) {
		buf_u8(b, 0x06);
		name_here(b, attr, chunk_at);
		buf_u8(b, 0x05);
		buf_u8(b, 1);
		buf_u16le(b, (uint16_t)strlen(value));
		wide(b, value);
	}
	buf_u8(b, 0x02);
	buf_u8(b, 0x0d);
	buf_u16le(b, (uint16_t)place);
	buf_u8(b, 1);
	buf_u8(b, 0x04);
}

/* One chunk with a record whose template stands in it, and one that refers to that. */
static void evtx_of(struct buf *b, const char *const *paths, size_t n)
{
	size_t chunk = b->n, template_at = 0;
	for (size_t i = 0; i < 512; i++)
		buf_u8(b, 0);
	memcpy(b->p + chunk, "ElfChnk", 8);
	for (size_t i = 0; i < n; i++) {
		size_t rec = b->n;
		buf_u32le(b, 0x2a2a);
		buf_u32le(b, 0);
		buf_u64le(b, 500 + i);
		buf_u64le(b, UINT64_C(134246882190000000) + i * 10000000); /* 2026-05-30 or so: any FILETIME */
		buf_add(b, "\x0f\x01\x01\x00\x0c\x01", 6);
		buf_u32le(b, 1);
		buf_u32le(b, template_at ? (uint32_t)template_at : (uint32_t)(b->n + 4 - chunk));
		if (!template_at) {
			template_at = b->n - chunk;
			buf_u32le(b, 0);
			for (int k = 0; k < 16; k++)
				buf_u8(b, 0);
			size_t size_at = b->n;
			buf_u32le(b, 0);
			size_t begin = b->n;
			buf_add(b, "\x0f\x01\x01\x00", 4);
			open_element(b, "Event", false, chunk);
			buf_u8(b, 0x02);
			open_element(b, "System", false, chunk);
			buf_u8(b, 0x02);
			value_element(b, "EventID", NULL, NULL, 0, chunk);
			value_element(b, "Computer", NULL, NULL, 1, chunk);
			buf_u8(b, 0x04);
			open_element(b, "EventData", false, chunk);
			buf_u8(b, 0x02);
			value_element(b, "Data", "Name", "ObjectName", 2, chunk);
			value_element(b, "Data", "Name", "AccessMask", 3, chunk);
			value_element(b, "Data", "Name", "ProcessName", 4, chunk);
			buf_add(b, "\x04\x04\x00", 3);
			uint32_t size = htole32((uint32_t)(b->n - begin));
			memcpy(b->p + size_at, &size, 4);
		}
		buf_u32le(b, 5);
		buf_u16le(b, 2), buf_u16le(b, 0x06);
		buf_u16le(b, 6), buf_u16le(b, 0x01);
		buf_u16le(b, (uint16_t)(strlen(paths[i]) * 2)), buf_u16le(b, 0x01);
		buf_u16le(b, 4), buf_u16le(b, 0x14);
		buf_u16le(b, 10), buf_u16le(b, 0x01);
		buf_u16le(b, 4663);
		wide(b, "FS1");
		wide(b, paths[i]);
		buf_u32le(b, 1);
		wide(b, "x.exe");
		buf_u8(b, 0);
		while ((b->n - rec) % 8 != 4)
			buf_u8(b, 0);
		uint32_t size = htole32((uint32_t)(b->n + 4 - rec));
		buf_add(b, &size, 4);
		memcpy(b->p + rec + 4, &size, 4);
	}
	uint32_t end = htole32((uint32_t)(b->n - chunk)), crc = htole32((uint32_t)crc32(0, b->p + chunk + 512, (uInt)(b->n - chunk - 512)));
	memcpy(b->p + chunk + 48, &end, 4);
	memcpy(b->p + chunk + 52, &crc, 4);
	while (b->n - chunk < 65536)
		buf_u8(b, 0);
}

static void evtx(void **state)
{
	static const char *const paths[] = {"D:\\r\\a.txt", "D:\\r\\second one.txt"}, *const more[] = {"D:\\r\\c.txt"};
	AUTO_BUF struct buf b = {0};
	(void)state;
	buf_init(&b, 1 << 20);
	buf_add(&b, "ElfFile", 8);
	while (b.n < 4096)
		buf_u8(&b, 0);
	evtx_of(&b, paths, 2);
	evtx_of(&b, more, 1);
	assert_int_equal(take(buf_slice(&b)), 0);
	assert_int_equal(account.kind, EVIDENCE_EVTX);
	assert_int_equal(account.damaged, 0);
	assert_int_equal(account.records, 3);
	assert_int_equal(level("D:\\r\\a.txt"), EVIDENCE_ACCESSED);
	assert_int_equal(level("D:\\r\\second one.txt"), EVIDENCE_ACCESSED);
	assert_int_equal(level("D:\\r\\c.txt"), EVIDENCE_ACCESSED);
	const struct evidence_object *o = object("D:\\r\\second one.txt");
	assert_true(is(o->host, "FS1") && o->first_record == 501 && o->first != EVIDENCE_NO_TIME);
	/* carved: no head of a file, a chunk that is cut off, another whose sum does not fit */
	b.p[4096 + 65536 + 512 + 60] ^= 1;
	assert_int_equal(take(slice_of(b.p + 4096, 65536 + 2048)), 0);
	assert_int_equal(level("D:\\r\\a.txt"), EVIDENCE_ACCESSED);
	assert_true(account.short_end && account.damaged >= 1);
	(void)unused_by_some;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_each_proves, reset, drop), cmocka_unit_test_setup_teardown(over_the_share, reset, drop), cmocka_unit_test_setup_teardown(refused_is_no_touch, reset, drop), cmocka_unit_test_setup_teardown(ontap, reset, drop),
		cmocka_unit_test_setup_teardown(onefs, reset, drop), cmocka_unit_test_setup_teardown(wide_text, reset, drop), cmocka_unit_test_setup_teardown(as_json, reset, drop), cmocka_unit_test_setup_teardown(as_json_of_shippers, reset, drop), cmocka_unit_test_setup_teardown(evtx, reset, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
