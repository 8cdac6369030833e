/* Text and what stands on it, both ways: as it should be, and no longer so. */
#include "content_test.h"

#define S(lit) SLICE(lit)

static void plain(void **state)
{
	assert_valid(check_slice("a.txt", S("Blood pressure 120/80.\n")), CONTENT_TEXT);
	assert_valid(check_slice("", S("no name, no suffix, still text\r\n")), CONTENT_TEXT);
	assert_valid(check_slice("a.txt", S("\xEF\xBB\xBFwith a mark \xC3\xA4\xE2\x82\xAC\n")), CONTENT_TEXT);
	assert_valid(check_slice("a.txt", S("latin one: caf\xE9, na\xEFve, M\xFCller and so on for a line\n")), CONTENT_TEXT);
	assert_valid(check_slice("a.log", S("\x1b[31mred\x1b[0m bell\a and a form\f\n")), CONTENT_TEXT);
	assert_valid(check_slice("report.doc", S("a text that calls itself doc\n")), CONTENT_TEXT);
	assert_valid(check_slice("a.csv", S("\"no comma here\n")), CONTENT_TEXT);
}

static void empty(void **state)
{
	struct content_report r = check_slice("letter.docx", SLICE_NULL);
	assert_report(r, CONTENT_EMPTY, CONTENT_UNCHECKED);
	assert_int_equal(r.named, CONTENT_OOXML);
	assert_int_equal(r.f.size, 0);
}

static void utf16(void **state)
{
	for (int big = 0; big < 2; big++) {
		AUTO_BUF struct buf t, b;
		buf_init(&t, BYTES_MOST);
		buf_init(&b, BYTES_MOST);
		words(&t, 9000);
		if (big)
			buf_add(&b, "\xFE\xFF", 2);
		else
			buf_add(&b, "\xFF\xFE", 2);
		for (size_t i = 0; i < t.n; i++)
			buf_u16be(&b, (uint16_t)(big ? t.p[i] : t.p[i] << 8));
		assert_valid(check_buf("a.txt", &b), CONTENT_TEXT);
		buf_drop(&b, 2); /* also without its mark */
		assert_valid(check_buf("a.txt", &b), CONTENT_TEXT);
		noise(b.p + 4096, 4096, 1);
		assert_lost(check_buf("a.txt", &b), CONTENT_TEXT);
	}
	AUTO_BUF struct buf x;
	buf_init(&x, 4096);
	buf_add(&x, "\xFF\xFE", 2);
	for (const char *p = "<?xml version=\"1.0\"?><a><b>c</b></a>"; *p; p++)
		buf_u16be(&x, (uint16_t)(*p << 8));
	assert_valid(check_buf("a.xml", &x), CONTENT_XML);
}

/* A note of 40,000 bytes: noise in one block of sixteen, every other 16 bytes, only at the end. */
static void noise_in_text(void **state)
{
	AUTO_BUF struct buf b;
	for (int k = 0; k < 5; k++) {
		buf_init(&b, BYTES_MOST);
		words(&b, 40000);
		for (size_t i = 0; i < b.n; i += 32)
			if (k == 0)
				noise(b.p + i, 16, i);
		if (k == 1)
			noise(b.p + 32768, 4096, 1);
		if (k == 2)
			noise(b.p, 1024, 2);
		if (k == 3)
			noise(b.p + 39000, 1000, 3);
		if (k == 4)
			noise(b.p + 20000, 1500, 4);
		assert_lost(check_buf("note.txt", &b), CONTENT_TEXT);
		struct content_report r = check_buf(
			"note", &b); /* without a name: text that goes on behind the noise is lost, other things may be a program behind a script */
		assert_true(r.state == CONTENT_LOST || r.type == CONTENT_UNKNOWN);
		buf_done(&b);
	}
}

static void a_script_and_its_payload(void **state)
{
	AUTO_BUF struct buf b;
	uint8_t raw[20000];
	buf_init(&b, BYTES_MOST);
	buf_str(&b, "#!/bin/sh\n# unpacks itself\ntail -n +5 \"$0\" | tar xz\nexit 0\n");
	words(&b, 9000);
	noise(raw, sizeof raw, 1);
	buf_add(&b, raw, sizeof raw);
	assert_report(check_buf("install.sh", &b), CONTENT_UNKNOWN, CONTENT_UNCHECKED);
	assert_lost(check_buf("note.txt", &b), CONTENT_TEXT);
}

static void base64_of_nothing(void **state)
{
	AUTO_BUF struct buf b, t;
	uint8_t raw[6000];
	noise(raw, sizeof raw, 1);
	buf_init(&b, BYTES_MOST);
	base64_put(&b, slice_of(raw, sizeof raw));
	assert_lost(check_buf("feed.hl7", &b), CONTENT_TEXT);
	assert_lost(check_buf("scan.jpg", &b), CONTENT_TEXT);
	assert_lost(check_buf("note.txt", &b), CONTENT_TEXT);
	assert_valid(check_buf("blob", &b), CONTENT_TEXT); /* nobody promised anything */
	assert_valid(check_buf("blob.b64", &b), CONTENT_TEXT);
	buf_init(&t, BYTES_MOST);
	words(&t, 6000);
	buf_reset(&b);
	base64_put(&b, buf_slice(&t));
	assert_valid(check_buf("note.txt", &b), CONTENT_TEXT); /* of a text: somebody's mail */
	b.n = 88;
	assert_valid(check_buf("token.txt", &b), CONTENT_TEXT);
}

/* Each byte of noise written as a character: UTF-8 without a fault, and no text. Chinese, Russian, and a terminal's log are. */
static void noise_as_utf8(void **state)
{
	for (size_t n = 200; n < 9000; n += 1100) {
		AUTO_BUF struct buf b;
		uint8_t raw[9000];
		noise(raw, n, n);
		buf_init(&b, BYTES_MOST);
		for (size_t i = 0; i < n; i++) {
			if (raw[i] >= 0x80)
				buf_u8(&b, (uint8_t)(0xC0 | raw[i] >> 6));
			buf_u8(&b, raw[i] < 0x80 ? raw[i] : (uint8_t)(0x80 | (raw[i] & 0x3F)));
		}
		assert_int_equal(check_buf("note.txt", &b).state, CONTENT_LOST);
		assert_int_equal(check_buf("note", &b).type, CONTENT_UNKNOWN);
	}
	AUTO_BUF struct buf t;
	buf_init(&t, BYTES_MOST);
	for (size_t i = 0; i < 900; i++)
		buf_printf(&t, "%s\x1b[3%zum", i % 2 ? "\xE7\x97\x85\xE4\xBA\xBA" : "\xD0\xB1\xD0\xBE\xD0\xBB\xD1\x8C", i % 8);
	assert_valid(check_buf("note.txt", &t), CONTENT_TEXT);
	assert_valid(check_buf("note", &t), CONTENT_TEXT);
}

static void json(void **state)
{
	assert_valid(check_slice("a.json", S("{\"a\": [1, -2.50e+3, true, null, \"\\u00e9\\n\"], \"b\": {}}\n")), CONTENT_JSON);
	assert_valid(check_slice("a.ndjson", S("{\"a\":1}\n{\"a\":2}\n")), CONTENT_JSON);
	assert_valid(check_slice("", S("[{\"resourceType\": \"Bundle\"}]")), CONTENT_JSON);
	assert_valid(check_slice("a.json", S("{\"a\": 1, // a comment\n\"b\": 2}")), CONTENT_TEXT);
	assert_valid(check_slice("a.json", S("{\"a\" 1}")), CONTENT_TEXT);
	assert_valid(check_slice("a.json", S("{\"a\": [1}")), CONTENT_TEXT);
	assert_valid(check_slice("a.json", S("{\"a\": trve}")), CONTENT_TEXT);
	assert_lost(check_slice("a.json", S("{\"a\": [1, 2, \"thr")), CONTENT_JSON);
	AUTO_BUF struct buf deep; /* deeper than is followed: still text, and no crash */
	buf_init(&deep, BYTES_MOST);
	for (size_t i = 0; i < 100000; i++)
		buf_str(&deep, "[");
	assert_valid(check_buf("a.json", &deep), CONTENT_TEXT);
}

static void xml(void **state)
{
	assert_valid(check_slice("a.xml",
			     S("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x \">\">]>\n<a b='>' c=\"/\"><!-- <no> --><d/><![CDATA[ <e> ]]></a>\n")),
		CONTENT_XML);
	assert_valid(check_slice("picture.svg", S("<svg xmlns=\"http://www.w3.org/2000/svg\"><g><path d=\"M0 0\"/></g></svg>")), CONTENT_XML);
	assert_valid(check_slice("a.xml", S("<a><b></a></b>")), CONTENT_TEXT);
	assert_lost(check_slice("a.xml", S("<?xml version='1.0'?><a><b>cut")), CONTENT_XML);
	assert_valid(check_slice("a.html", S("<!doctype html><p>unclosed <b>tags<br> are fine")), CONTENT_HTML);
	assert_valid(check_slice("a.doc", S("<html><body>Word opens it</body></html>")), CONTENT_HTML);
}

#define ISA "ISA*00*          *00*          *ZZ*SENDERID       *ZZ*RECEIVERID     *260101*1200*^*00501*000000001*0*P*:~"

static void clinical_text(void **state)
{
	assert_valid(check_slice("a.hl7", S("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|1||7\rZXY|1\r")), CONTENT_HL7V2);
	assert_valid(check_slice("", S("\x0bMSH|^~\\&|A|B\rPID|1\r\x1c\r\x0bMSH|^~\\&|A|B\rPID|1\r\x1c\r")), CONTENT_HL7V2);
	assert_valid(check_slice("a.hl7", S("FHS|^~\\&|A\nBHS|^~\\&|A\nMSH|^~\\&|A\nPID|1\nBTS|1\nFTS|1\n")), CONTENT_HL7V2);
	assert_valid(check_slice("a.hl7", S("MSH|^~\\&|A|B\rthis is\rno segment\rat all\r")), CONTENT_TEXT);
	assert_valid(check_slice("a.x12", S(ISA "GS*HC*A*B~ST*837*0001~CLM*1*2~SE*2*0001~GE*1*1~IEA*1*000000001~\n")), CONTENT_X12);
	assert_lost(check_slice("a.x12", S(ISA "GS*HC*A*B~ST*837*0001~CLM*1*2~SE*2*00")), CONTENT_X12);
	assert_valid(check_slice("a.csv", S("id,name,note\n1,\"a, b\",x\n2,\"line\nin it\",\"\"\"q\"\"\"\n")), CONTENT_CSV);
	assert_valid(check_slice("a.csv", S("id;name\n1;a\n2;b\n")), CONTENT_CSV);
	assert_valid(check_slice("a.csv", S("a,b,c\nno\ncommas\nany more\n")), CONTENT_TEXT);
	assert_valid(check_slice("a.rtf", S("{\\rtf1 {\\b x}\\{ \\bin3 }}}{\\par}}")), CONTENT_RTF);
	assert_lost(check_slice("a.rtf", S("{\\rtf1 {\\b x} and then")), CONTENT_RTF);
	assert_valid(check_slice("a.eml", S("From: a@b.c\r\nTo: d@e.f\r\nSubject: results\r\n\r\nhello\r\n")), CONTENT_MAIL);
	assert_valid(check_slice("mbox", S("From a@b.c Thu Jan  1 00:00:00 2026\nReceived: by x\nFrom: a@b.c\n\nhello\n")), CONTENT_MAIL);
}

static void small_noise(void **state)
{
	unsigned told = 0;
	for (uint64_t i = 0; i < 200; i++) { /* 48 bytes: a note of a line, encrypted */
		uint8_t p[48];
		noise(p, sizeof p, i * 7919);
		told += check_slice("note.txt", slice_of(p, sizeof p)).state == CONTENT_LOST;
	}
	assert_in_range(told, 190, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(plain), cmocka_unit_test(empty), cmocka_unit_test(utf16), cmocka_unit_test(noise_in_text),
		cmocka_unit_test(a_script_and_its_payload), cmocka_unit_test(base64_of_nothing), cmocka_unit_test(noise_as_utf8), cmocka_unit_test(json), cmocka_unit_test(xml),
		cmocka_unit_test(clinical_text), cmocka_unit_test(small_noise)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
