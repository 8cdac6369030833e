/* Names of types, what a file's name promises, and what follows from a promise that is not kept. */
#include "content_test.h"

static void types(void **state)
{
	for (int i = 0; i < 49; i++)
		assert_int_equal(content_type_parse(slice_str(content_type_name(i))), i);
	assert_string_equal(content_type_name(49), "unknown");
	assert_string_equal(content_type_name(-1), "unknown");
	assert_int_equal(content_type_parse(SLICE("nothing")), -1);
	assert_true(content_type_packed(CONTENT_JPEG));
	assert_false(content_type_packed(CONTENT_TEXT));
	assert_false(content_type_packed(1000));
}

static int named(const char *name)
{
	return check_slice(name, SLICE("x\n")).named;
}

static void promises(void **state)
{
	static const struct {
		const char *name;
		int type;
	} list[] = {{"a.pdf", CONTENT_PDF}, {"/x/y.z/A.PDF", CONTENT_PDF}, {"a.tar.gz", CONTENT_GZIP}, {"a.docx.bak", CONTENT_OOXML},
		{"a.docx~", CONTENT_OOXML}, {"scan.JPEG", CONTENT_JPEG}, {"a.dcm", CONTENT_DICOM}, {"a.hl7", CONTENT_HL7V2}, {"a.py", CONTENT_TEXT},
		{"a.xlsx", CONTENT_OOXML}, {"a.mdb", CONTENT_MDB}, {"a.zzz", CONTENT_UNKNOWN}, {"pdf", CONTENT_UNKNOWN}, {".pdf", CONTENT_UNKNOWN},
		{"", CONTENT_UNKNOWN}, {"a.", CONTENT_UNKNOWN}, {"a.dat", CONTENT_UNKNOWN}, {"a.averyverylongsuffixindeed", CONTENT_UNKNOWN},
		{"/pdf.d/a", CONTENT_UNKNOWN}, {"~", CONTENT_UNKNOWN}, {"a.7z", CONTENT_SEVENZIP}, {"a.yml", CONTENT_TEXT}, {"a.zip", CONTENT_ZIP},
		{"a.270", CONTENT_X12}};
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (named(list[i].name) != list[i].type)
			fail_msg("%s promises %s, not %s", list[i].name, content_type_name(list[i].type), content_type_name(named(list[i].name)));
}

static void kept_and_not(void **state)
{
	uint8_t raw[9000];
	noise(raw, sizeof raw, 42);
	struct slice s = slice_of(raw, sizeof raw);
	assert_lost(check_slice("report.pdf", s), CONTENT_UNKNOWN);
	assert_lost(check_slice("a.docx", s), CONTENT_UNKNOWN);
	assert_lost(check_slice("a.py", s), CONTENT_TEXT);
	assert_report(check_slice("a.dat", s), CONTENT_UNKNOWN, CONTENT_UNCHECKED);
	assert_report(check_slice("a.locked", s), CONTENT_UNKNOWN, CONTENT_UNCHECKED);
	assert_report(check_slice("a.db", s), CONTENT_UNKNOWN, CONTENT_UNCHECKED); /* of many kinds */
	struct content_report r = check_slice("a.dat", s);
	assert_int_equal(r.f.random_blocks, 2);
	assert_true(r.f.entropy > 7.9 && r.f.text_share < 0.5);
	memset(raw, 0, sizeof raw); /* another format under this suffix, that we do not know */
	memcpy(raw, "\1\2\3FORMAT", 9);
	assert_report(check_slice("demo.edf", s), CONTENT_UNKNOWN, CONTENT_UNCHECKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(types), cmocka_unit_test(promises), cmocka_unit_test(kept_and_not)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
