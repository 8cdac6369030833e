/* The XML tree: what it takes as it is meant, what it refuses, and how little that costs. */
#include "ecg_test.h"

#include "ecg_xml.h"

#include <time.h>

static struct ecg room;
static const struct xml_node *root;
static struct err err;

static int parse(struct slice s)
{
	arena_free(room.a);
	room = (struct ecg){.a = arena_new((size_t)256 << 20)};
	err = (struct err){0};
	root = NULL;
	return xml_read(&room, s, &root, &err);
}

static int parse_str(const char *s)
{
	return parse(slice_str(s));
}

static void tree(void **state)
{
	assert_int_equal(parse_str("\n<?xml version='1.0'?><!-- <x> --><a:r xmlns:a='u' xmlns='v' a:k=' 1 ' k2='&lt;&#65;'> one <b>x</b> two <b>y<c/></b><![CDATA[<z>]]></a:r>"), 0);
	assert_string_equal(root->name, "r");
	assert_true(slice_eq_str(root->text, "one  two <z>"));
	assert_true(slice_eq_str(xml_attr(root, "k"), "1"));
	assert_true(slice_eq_str(xml_attr(root, "k2"), "<A"));
	assert_null(xml_attr(root, "xmlns").p);
	const struct xml_node *b = xml_child(root, "b");
	assert_true(slice_eq_str(b->text, "x"));
	b = xml_next(b);
	assert_true(slice_eq_str(b->text, "y"));
	assert_null(xml_next(b));
	assert_null(xml_path(root, "b/c")); /* the first at every step */
	assert_true(slice_eq_str(xml_text(root, "b"), "x"));
	assert_null(xml_text(NULL, "b").p);
	assert_null(xml_path(NULL, "b/c"));
}

static void encodings(void **state)
{
	static const uint8_t utf16[] = "\xff\xfe<\0r\0>\0\xfc\0<\0/\0r\0>";
	assert_int_equal(parse(slice_of(utf16, sizeof utf16)), 0); /* the last NUL is the terminator's */
	assert_true(slice_eq_str(root->text, "\xc3\xbc"));
	assert_int_equal(parse_str("\xef\xbb\xbf<r>\xc3\xbc</r>"), 0);
	assert_true(slice_eq_str(root->text, "\xc3\xbc"));
	assert_int_equal(parse_str("<?xml version='1.0' encoding='ISO-8859-1'?><r>\xfc</r>"), 0);
	assert_true(slice_eq_str(root->text, "\xc3\xbc"));
	assert_int_equal(parse_str("<?xml version='1.0' encoding='windows-1252'?><r>\x80\xfc</r>"), 0);
	assert_true(slice_eq_str(root->text, "\xe2\x82\xac\xc3\xbc"));
	assert_int_equal(parse_str("<?xml version='1.0' encoding='ISO-8859-15'?><r>\xa4</r>"), 0);
	assert_true(slice_eq_str(root->text, "\xe2\x82\xac"));
	assert_null(room.warnings);
	/* not what they declare */
	assert_int_equal(parse_str("<?xml version='1.0' encoding='UTF-8'?><r>\xfc</r>"), 0);
	assert_true(slice_eq_str(root->text, "\xc3\xbc"));
	assert_true(ecg_warned(&room, "ISO-8859-1"));
	assert_int_equal(parse_str("<?xml version='1.0' encoding='utf-16'?><r>\xc3\xbc</r>"), 0);
	assert_true(slice_eq_str(root->text, "\xc3\xbc"));
	assert_true(ecg_warned(&room, "UTF-8"));
	assert_int_equal(err.code, 0);
	assert_int_equal(parse_str("<?xml version='1.0' encoding='GB2312'?><r>a</r>"), 0);
	assert_true(ecg_warned(&room, "not known"));
}

static void document_types(void **state)
{
	assert_int_equal(parse_str("<!DOCTYPE r SYSTEM \"r.dtd\"><r>a&nbsp;b</r>"), 0);
	assert_true(slice_eq_str(root->text, "ab"));
	assert_true(ecg_warned(&room, "entities"));
	assert_int_equal(parse_str("<!DOCTYPE r [<!ENTITY a \"b\">]><r>&a;</r>"), ERR_INPUT);
	assert_true(strstr(err.text, "declarations"));
	assert_int_equal(parse_str("<!DOCTYPE r [<!ENTITY a SYSTEM \"/etc/passwd\">]><r>&a;</r>"), ERR_INPUT);
	assert_int_equal(parse_str("<!DOCTYPE r [<!ATTLIST r k CDATA \"v\">]><r/>"), ERR_INPUT);
	/* a billion laughs is refused at its first line */
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_str(&b, "<!DOCTYPE r [<!ENTITY l0 \"lol\">");
	for (int i = 1; i < 10; i++)
		buf_printf(&b, "<!ENTITY l%d \"&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;\">", i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	buf_str(&b, "]><r>&l9;</r>");
	assert_int_equal(parse(buf_slice(&b)), ERR_INPUT);
	assert_true(arena_used(room.a) < 65536);
	assert_int_equal(parse_str("<r>&a;</r>"), ERR_INPUT);
}

static void limits(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 24);
	for (int i = 0; i < XML_DEPTH_MAX + 1; i++)
		buf_str(&b, "<a>");
	assert_int_equal(parse(buf_slice(&b)), ERR_LIMIT);
	buf_reset(&b);
	buf_str(&b, "<r ");
	for (int i = 0; i <= XML_ATTRS_MAX; i++)
		buf_printf(&b, "a%d='' ", i);
	buf_str(&b, "/>");
	assert_int_equal(parse(buf_slice(&b)), ERR_LIMIT);
	buf_reset(&b);
	buf_str(&b, "<");
	for (int i = 0; i < XML_NAME_MAX; i++)
		buf_str(&b, "n");
	buf_str(&b, "/>");
	assert_int_equal(parse(buf_slice(&b)), ERR_LIMIT);
	static const char *const broken[] = {"", " ", "<", "<r", "<r></q>", "<r><q></r>", "text", "<r/><r/>", "<?xml?>", "<r a=1/>", "\xff\xfe", "\xfe\xff\0"};
	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		if (parse_str(broken[i]) != ERR_INPUT || !err.text[0])
			fail_msg("'%s' is %d", broken[i], err.code);
	assert_int_equal(parse_str("<r>a<b>one</b><c>tw"), 0); /* broken off */
	assert_true(slice_eq_str(xml_text(root, "b"), "one") && xml_child(root, "c") && !xml_text(root, "c").n && !root->text.n);
	assert_true(ecg_warned(&room, "ends in the middle"));
	assert_int_equal(parse_str("<r><b>one</b><c a='"), 0);
	assert_null(xml_child(root, "c"));
	/* an arena that is too small is an error like others */
	arena_free(room.a);
	room = (struct ecg){.a = arena_new(4096)};
	buf_reset(&b);
	buf_str(&b, "<r>");
	for (int i = 0; i < 1000; i++)
		buf_str(&b, "<q>x</q>");
	buf_str(&b, "</r>");
	assert_int_equal(xml_read(&room, buf_slice(&b), &root, &err), ERR_LIMIT);
}

static void roots(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"<AnnotatedECG/>", "AnnotatedECG"}, {"\xef\xbb\xbf <?xml version='1.0'?>\n<!-- a > <b> -- --->\n<!DOCTYPE x SYSTEM \"y\">\n<v3:AnnotatedECG xmlns:v3='u'>", "AnnotatedECG"},
		{"<!DOCTYPE x [<!ELEMENT y ANY>]><r", "r"}, {"<?a?><?b ?\?><r>", "r"}, {"", ""}, {"<", ""}, {"<!--", ""}, {"<!", ""}, {"<?", ""}, {"text<r/>", ""}, {"< r/>", ""}, {"<!DOCTYPE", ""},
	};
	char name[XML_NAME_MAX];
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		xml_root(slice_str(cases[i].text), name);
		if (strcmp(name, cases[i].name))
			fail_msg("'%s' gives '%s'", cases[i].text, name);
	}
	xml_root(slice_of("\xff\xfe<\0r\0o\0>\0", 10), name);
	assert_string_equal(name, "ro");
	xml_root(slice_of("\xfe\xff\0<\0r\0o\0>", 10), name);
	assert_string_equal(name, "ro");
	xml_root(slice_of("<\0r\0o\0>\0", 8), name);
	assert_string_equal(name, "ro");
}

static void samples(void **state)
{
	struct slice bytes;
	size_t n;
	parse_str("<r/>");
	int16_t *s = xml_samples(&room, SLICE("AQD/\n /wCA"), &bytes, &n, &err);
	assert_non_null(s);
	assert_int_equal(n, 3);
	assert_int_equal(s[0], 1);
	assert_int_equal(s[1], -1);
	assert_int_equal(s[2], INT16_MIN);
	assert_null(xml_samples(&room, SLICE("A?"), &bytes, &n, &err));
	assert_non_null(xml_samples(&room, SLICE(""), &bytes, &n, &err));
	assert_int_equal(n, 0);
}

static int done(void **state)
{
	arena_free(room.a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(tree), cmocka_unit_test(encodings), cmocka_unit_test(document_types), cmocka_unit_test(limits), cmocka_unit_test(roots), cmocka_unit_test(samples)};
	return cmocka_run_group_tests_name("ecg xml", tests, NULL, done);
}
