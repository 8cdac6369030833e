/* Text in any charset, and the readers of what is made of text: HTML, RTF, mail, XML; what stands in what is no text; pieces and their limits. */
#include "pieces.h"

#include "extract_xml.h"

static const char *read_with(struct pieces *x, extract_reader *reader, struct slice file)
{
	static struct arena *a;
	struct err e = {0};
	struct extract_out o = pieces_out(x);
	if (!a)
		a = arena_new((size_t)64 << 20);
	arena_reset(a);
	o.a = a;
	buf_init(&x->b, (size_t)64 << 20);
	int r = reader(file, &o, &e);
	if (r)
		print_error("%s\n", e.text);
	assert_int_equal(r, 0);
	assert_true(buf_ok(&x->b));
	return buf_cstr(&x->b);
}

static void reads(extract_reader *reader, struct slice file, const char *want)
{
	struct pieces x = {0};
	assert_string_equal(read_with(&x, reader, file), want);
	pieces_done(&x);
}

/* ---- charsets ---- */

static void charset_is(const char *bytes, size_t n, const char *charset, const char *want)
{
	AUTO_BUF struct buf b = {0};
	struct slice s;
	struct err e = {0};
	const char *is = NULL;
	buf_init(&b, 1 << 20);
	assert_int_equal(extract_utf8(slice_of(bytes, n), NULL, &b, &s, &is, &e), 0);
	if (!slice_eq_str(s, want))
		fail_msg("%s for %s: %.*s", is, charset, SLICE_FMT(s));
	assert_string_equal(is, charset);
}
#define CHARSET(lit, charset, want) charset_is(lit, sizeof(lit) - 1, charset, want)

static void charsets_are_guessed(void **state)
{
	(void)state;
	CHARSET("plain", "UTF-8", "plain");
	CHARSET("M\xc3\xbcller", "UTF-8", "Müller");
	CHARSET("\xef\xbb\xbfM\xc3\xbcller", "UTF-8", "Müller");
	CHARSET("M\xfcller \x96 12 \x80", "windows-1252", "Müller – 12 €");
	CHARSET("M\xdcLLER, JOS\xc9", "windows-1252", "MÜLLER, JOSÉ");
	CHARSET("Fran\xe7ois Lef\xe8vre, c\xbdur", "ISO-8859-15", "François Lefèvre, cœur");
	CHARSET("\xa3ukasz Wi\x9cniewski, \xe6wiczenie", "windows-1250", "Łukasz Wiśniewski, ćwiczenie");
	CHARSET("Wi\xb6niewski, \xa3ukasz i \xaf\xf3\xb3ta", "ISO-8859-2", "Wiśniewski, Łukasz i Żółta");
	CHARSET("M\x81ller J\x84ger Pe\xa4\xa1", "CP850", "Müller Jäger Peñí");
	CHARSET("\xc8\xe2\xe0\xed\xee\xe2 \xc8\xe2\xe0\xed, \xe4\xe0\xf2\xe0 \xf0\xee\xe6\xe4\xe5\xed\xe8\xff", "windows-1251", "Иванов Иван, дата рождения");
	CHARSET("\xe9\xd7\xc1\xce\xcf\xd7 \xe9\xd7\xc1\xce, \xc4\xc1\xd4\xc1 \xd2\xcf\xd6\xc4\xc5\xce\xc9\xd1", "KOI8-R", "Иванов Иван, дата рождения");
	CHARSET("\xd0\xd5\xc3\xfb: \xcd\xf5\xd0\xa1\xc3\xf7, \xb3\xf6\xc9\xfa\xc8\xd5\xc6\xda", "GB18030", "姓名: 王小明, 出生日期");
	CHARSET("\xa9m\xa6W: \xa4\xfd\xa4p\xa9\xfa, \xa5X\xa5\xcd\xa4\xe9\xb4\xc1", "BIG5-HKSCS", "姓名: 王小明, 出生日期");
	CHARSET("\x8a\xb3\x8e\xd2\x82\xcc\x96\xbc\x91O\x82\xcd\x93\x63\x92\x86\x82\xb3\x82\xad\x82\xe7", "CP932", "患者の名前は田中さくら");
	CHARSET("\xb4\xb5\xbc\xd4\xa4\xce\xcc\xbe\xc1\xb0\xa4\xcf\xc5\xc4\xc3\xe6\xa4\xb5\xa4\xaf\xa4\xe9", "EUC-JP", "患者の名前は田中さくら");
	CHARSET("\x1b$B454T\x1b(B", "ISO-2022-JP", "患還");
	CHARSET("\xff\xfe" "A\0b\0\x41\x01", "UTF-16LE", "AbŁ");
	CHARSET("\xfe\xff\0A\0b\x01\x41", "UTF-16BE", "AbŁ");
	CHARSET("N\0o\0 \0m\0a\0r\0k\0!\0", "UTF-16LE", "No mark!");
	CHARSET("\0\0\0N\0\0\0o\0\0\0n\0\0\0e", "UTF-32BE", "None");
}

static void charsets_that_are_said(void **state)
{
	(void)state;
	static const struct {
		const char *charset;
		struct slice raw;
		const char *want;
	} said[] = {{"iso-8859-1", SLICE("\x93r\xe9sum\xe9\x94"), "“résumé”"}, {"utf-8", SLICE("J\xf6rg"), "Jörg"}, {"no-such-charset", SLICE("J\xc3\xb6rg"), "Jörg"}, {"us-ascii", SLICE("J\xf6rg"), "Jörg"}, {"gb2312", SLICE("\xcd\xf5"), "王"},
		{"utf-16", SLICE("\xfe\xff\0A"), "A"}, {"utf-8", SLICE("cut \xc3"), "cut \xef\xbf\xbd"}};
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		AUTO_BUF struct buf b = {0};
		struct slice s;
		buf_init(&b, 4096);
		assert_int_equal(extract_utf8(said[i].raw, said[i].charset, &b, &s, NULL, NULL), 0);
		if (!slice_eq_str(s, said[i].want) && i != 6)
			fail_msg("%s: %.*s", said[i].charset, SLICE_FMT(s));
		assert_true(utf8_valid(s));
	}
}

/* ---- pieces ---- */

static void long_text_comes_in_parts(void **state)
{
	(void)state;
	size_t n = 3 * EXTRACT_PIECE_MAX + 17;
	uint8_t *p = malloc(n);
	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = i % 61 == 60 ? '\n' : (uint8_t)('a' + i % 26);
	struct pieces x = {0};
	const char *got = read_with(&x, extract_text, slice_of(p, n));
	assert_int_equal(x.n, 4);
	size_t k = 0;
	for (const char *s = got; *s; s++)
		k += (size_t)(*s == '\n');
	assert_true(k >= n / 61);
	pieces_done(&x);
	memset(p, 0xC3, n); /* no line end, no blank: between characters */
	for (size_t i = 1; i < n; i += 2)
		p[i] = 0xA9;
	read_with(&x, extract_text, slice_of(p, n - 1));
	assert_int_equal(x.n, 4); /* pieces_take holds each against UTF-8 */
	pieces_done(&x);
	free(p);
}

static void strings_of_what_is_no_text(void **state)
{
	(void)state;
	reads(extract_strings, SLICE("\1\2\3hidden words\0\0\4w\0i\0d\0e\0 \0t\0o\0o\0\0\0\5shor\6"), "text [hidden words\nwide too\n]\n");
	reads(extract_strings, SLICE("\0\0\0"), "");
}

/* ---- HTML ---- */

static void html(void **state)
{
	(void)state;
	reads(extract_html, SLICE("<p>Jos&eacute; &#77;&#x75;&ntilde;oz &amp; &bogus; < 3<br>next<!-- by W. --><style>no{}</style><script>var mrn='M1'</script>"), "text [José Muñoz & &bogus; < 3\nnext by W.\nvar mrn='M1'\n]\n");
	reads(extract_html, SLICE("<table><tr><th>Patient Name</th><th>DOB</th></tr><tr><td>Ruiz, Ana</td><td>1970-01-02</td></tr></table>after"), "record \nfield name Patient Name [Ruiz, Ana]\nfield dob DOB [1970-01-02]\nrecord \ntext [after]\n");
	reads(extract_html, SLICE("<table><tr><td>Room<td>4B<tr><td>Bed<td>2</table>"), "text [Room\t4B\nBed\t2\n]\n");
	reads(extract_html, SLICE("<table><tr><td>a<table><tr><td>in"), "text [a in\n]\n");
	reads(extract_html, SLICE("<a href='mailto:a@b.org'>x</a><a href=/plain>y</a><input value=\"M&amp;M\">"), "text [mailto:a@b.org xy M&M ]\n");
	reads(extract_html, SLICE("<meta charset=windows-1251>\xc8\xe2\xe0\xed"), "text [Иван]\n");
	reads(extract_html, SLICE("<"), "text [<]\n");
	reads(extract_html, SLICE("<p unfinished=\"quote"), "");
}

/* ---- RTF ---- */

static void rtf(void **state)
{
	(void)state;
	reads(extract_rtf, SLICE("{\\rtf1\\ansi Mar\\'eda \\u321?ukasz\\par{\\*\\unknown gone}x\\~y}"), "text [María Łukasz\nx y]\n");
	reads(extract_rtf, SLICE("{\\rtf1\\uc2\\u21517 ??\\uc1\\u-10179?\\u-8704?!}"), "text [名😀!]\n");
	reads(extract_rtf, SLICE("{\\rtf1{\\fonttbl{\\f1\\fcharset204 A;}}\\f1\\'c8\\'e2\\plain\\'e9}"), "text [Ивé]\n");
	reads(extract_rtf, SLICE("{\\rtf1\\trowd Name\\cell MRN\\cell\\row\\trowd Ruiz\\cell M1\\cell\\row\\pard end}"), "record \nfield name Name [Ruiz]\nfield mrn MRN [M1]\nrecord \ntext [end]\n");
	reads(extract_rtf, SLICE("{\\rtf1 cut {\\b off"), "trouble broken\ntext [cut off]\n");
	reads(extract_rtf, SLICE("{\\rtf1{\\pict 8950}\\bin3 {{{text}"), "trouble picture\ntext [text]\n");
	reads(extract_rtf, SLICE("}}}}\\u"), "");
}

static void rtf_nested_deep(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	struct pieces x = {0};
	buf_init(&b, 1 << 20);
	buf_str(&b, "{\\rtf1 ");
	for (unsigned i = 0; i < 10000; i++)
		buf_u8(&b, '{');
	buf_str(&b, "deep");
	for (unsigned i = 0; i < 10000; i++)
		buf_u8(&b, '}');
	buf_str(&b, "out}");
	read_with(&x, extract_rtf, buf_slice(&b));
	pieces_has(&x, "trouble limit\ntext [deepout]\n");
	pieces_done(&x);
}

/* ---- mail ---- */

static void mail(void **state)
{
	(void)state;
	reads(extract_mail, SLICE("Subject: =?utf-8?B?SsO2?= =?UTF-8?q?rg=5F?= x\r\nFrom: \"A\"\r\n <a@b>\r\n\r\nbody\r\n"), "text [Subject: Jörg_ x\nFrom: \"A\" <a@b>\n]\ntext [body\r\n]\n");
	reads(extract_mail, SLICE("Subject: s\nContent-Type: text/plain; charset=\"koi8-r\"\nContent-Transfer-Encoding: QUOTED-PRINTABLE\n\n=E9=D7=C1=\n=CE =3D\n"), "text [Subject: s\n]\ntext [Иван =\n]\n");
	reads(extract_mail, SLICE("Subject: s\nContent-Type: multipart/mixed; boundary=\"x y\"\n\n--x y\n\none\n--x y\nContent-Disposition: attachment; filename*0=\"re\"; filename*1=\"port.txt\"\nContent-Transfer-Encoding: base64\n\nYWJj\nZGVm\n--x y--\nbehind it"),
		"text [Subject: s\n]\ntext [one]\nmember report.txt\ntext [\nbehind it]\n");
	reads(extract_mail, SLICE("Subject: s\nContent-Type: application/pdf; name=\"a.pdf\"\nContent-Disposition: attachment; filename=\"b.pdf\"; filename*=utf-8''%C3%A4.pdf; filename*0=\"c\"\n\nx"), "text [Subject: s\n]\nmember ä.pdf\n"); /* one name, of several forms the encoded */
	reads(extract_mail, SLICE("Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ncut off"), "text [Subject: s\n]\ntrouble broken\ntext [cut off]\n");
	reads(extract_mail, SLICE("From a@b Mon\nSubject: 1\n\none\n\nFrom c@d Tue\nSubject: 2\n\ntwo\nFrom the ward\n"), "record \ntext [Subject: 1\n]\ntext [one\n\n]\nrecord \ntext [Subject: 2\n]\ntext [two\nFrom the ward\n]\n");
	reads(extract_mail, SLICE("Subject: a/../b\nContent-Type: application/pdf; name=\"../../x\\\\y.pdf\"\n\nx"), "text [Subject: a/../b\n]\nmember y.pdf\n");
}

/* ---- XML ---- */

static void xml(void **state)
{
	(void)state;
	reads(extract_xml, SLICE("<a><p id='7'><lastName>Mu&#241;oz</lastName><birthDate value='1970-01-02'/></p><p><lastName>Ek</lastName><b>mixed <i>text</i> here</b></p></a>"),
		"record \nfield id p.id [7]\nfield last p.lastName [Muñoz]\nfield dob p.birthDate [1970-01-02]\nrecord \nfield last p.lastName [Ek]\ntext [mixed\ni: text\nhere\n]\n");
	reads(extract_xml, SLICE("<a><guarantor><lastName>Ek</lastName></guarantor></a>"), "record \nfield last@guarantor guarantor.lastName [Ek]\n");
	reads(extract_xml, SLICE("<!DOCTYPE a [<!ENTITY b 'Ida Berg'>]><a>x &b; &nbsp; y</a>"), "text [Ida Berg\n]\nrecord \ntext [a: x   y\n]\n");
	reads(extract_xml, SLICE("<a><b>told</b><c>"), "record \ntrouble broken\ntext [b: told\n]\n");
	reads(extract_xml, SLICE("\xff\xfe<\0a\0>\0x\0<\0/\0a\0>\0"), "record \ntext [a: x\n]\n");
	reads(extract_xml, SLICE("<?xml version='1.0' encoding='iso-8859-2'?><a>\xa3ukasz</a>"), "record \ntext [a: Łukasz\n]\n");
}

/* ---- what the child says ---- */

static void wire(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	struct extract_piece p = {.kind = EXTRACT_FIELD, .role = PERSON_ROLE_DOB, .who = PERSON_KIN, .name = SLICE("n"), .text = SLICE("1970"), .offset = UINT64_C(0x123456789A), .member = SLICE("m")}, q;
	struct extract_trouble t = {.kind = EXTRACT_SEALED, .why = "a \x1b[31mred\n word"}, u;
	buf_init(&b, 4096);
	extract_wire_piece(&b, &p);
	struct slice body = slice_of(b.p + EXTRACT_FRAME_HEAD, b.n - EXTRACT_FRAME_HEAD);
	assert_int_equal(extract_wire_piece_get(body, p.member, &q), 0);
	assert_true(q.kind == p.kind && q.role == p.role && q.who == p.who && q.offset == p.offset && slice_eq(q.name, p.name) && slice_eq(q.text, p.text) && slice_eq(q.member, p.member));
	for (size_t n = 0; n < 16; n++)
		assert_int_equal(extract_wire_piece_get(slice_of(body.p, n), p.member, &q) == 0, n >= 16);
	for (unsigned at = 0; at < 3; at++) { /* kinds, roles and persons that there are not */
		uint8_t wrong[64];
		memcpy(wrong, body.p, body.n);
		wrong[at] = 0xEE;
		assert_int_equal(extract_wire_piece_get(slice_of(wrong, body.n), p.member, &q), ERR_INPUT);
	}
	p.text = SLICE("\xff");
	buf_reset(&b);
	extract_wire_piece(&b, &p);
	assert_int_equal(extract_wire_piece_get(slice_of(b.p + EXTRACT_FRAME_HEAD, b.n - EXTRACT_FRAME_HEAD), p.member, &q), ERR_INPUT);
	buf_reset(&b);
	extract_wire_trouble(&b, &t);
	assert_int_equal(extract_wire_trouble_get(slice_of(b.p + EXTRACT_FRAME_HEAD, b.n - EXTRACT_FRAME_HEAD), p.member, &u), 0);
	assert_string_equal(u.why, "a ?[31mred? word");
	assert_int_equal(extract_wire_trouble_get(SLICE("\x63why"), p.member, &u), ERR_INPUT);
}

static void members_are_names_and_no_paths(void **state)
{
	(void)state;
	struct pieces x = {0};
	struct extract_out o = pieces_out(&x), in, deeper;
	static char path[EXTRACT_MEMBER_MAX], path2[EXTRACT_MEMBER_MAX], longest[2 * EXTRACT_MEMBER_MAX];
	buf_init(&x.b, 1 << 20);
	memset(longest, 'x', sizeof longest);
	assert_int_equal(extract_begin_member(&o, SLICE("a\nb\xff/\xc3\xa9"), "zip", path, &in, NULL), 0);
	assert_true(slice_eq_str(in.member, "a?b?/é"));
	assert_int_equal(extract_part(&in, SLICE("Sheet 1"), "sheet", path2, &deeper, NULL), 0);
	assert_true(slice_eq_str(deeper.member, "a?b?/é#Sheet 1"));
	assert_int_equal(extract_begin_member(&o, slice_of(longest, sizeof longest), "zip", path, &in, NULL), 0);
	assert_true(in.member.n <= EXTRACT_MEMBER_MAX && !memcmp(in.member.p + in.member.n - 3, "...", 3));
	assert_int_equal(extract_begin_member(&in, SLICE("more"), "zip", path2, &deeper, NULL), 0);
	assert_true(deeper.member.n <= EXTRACT_MEMBER_MAX);
	pieces_done(&x);
}

/* ---- lists as they are printed ---- */

/* The records that are told of it, and that the text is as long as it was. */
static void lists(const char *text, const char *want)
{
	struct pieces x = {0};
	const char *got = read_with(&x, extract_text, slice_str(text)), *records = strstr(got, "record \n");
	if (!records)
		records = "";
	assert_string_equal(records, want);
	pieces_done(&x);
}

static void printed_lists(void **state)
{
	(void)state;
	lists("ST. GABRIEL                                Page 1\n\n"
	      "Name                      Date of     Medical\n"
	      "                          Birth       Record No.    Phone\n"
	      "------------------------- ----------- ------------- --------------\n"
	      "Garcia, Mar\xc3\xad"
	      "a             03/07/1964  N7001234      (512) 555-0143\n"
	      "Montgomery-               11/30/1971  S8000017      (512) 555-0188\n"
	      "Fitzgerald, Anne\n\n"
	      "Kind regards,             the desk\n"
	      "Meeting                   Place       Time\n"
	      "Huddle                    Office      10:30\n",
	      "record \nfield name Name [Garcia, María]\nfield dob Date of Birth [03/07/1964]\nfield mrn Medical Record No. [N7001234]\nfield phone Phone [(512) 555-0143]\n"
	      "record \nfield name Name [Montgomery-Fitzgerald, Anne]\nfield dob Date of Birth [11/30/1971]\nfield mrn Medical Record No. [S8000017]\nfield phone Phone [(512) 555-0188]\n");
	/* numbers to the right, a value that reaches under the next name, names with one blank between, a column of nobody's, a page's end and the names again */
	lists("      MRN Room Last        First   DOB\n"
	      "     1234 2A   Garcia      Maria   1964-03-07\n"
	      "  7001234 3B   MontgomeriesAnne    1971-11-30\n"
	      "  7001235 3B   Montgomery  Anne    1971-11-30\n"
	      "page 1\f"
	      "      MRN Room Last        First   DOB\n"
	      "       17 1C   Okafor      Ngozi   1950-01-02\n",
	      "record \nfield mrn MRN [1234]\nfield other Room [2A]\nfield last Last [Garcia]\nfield first First [Maria]\nfield dob DOB [1964-03-07]\n"
	      "record \nfield mrn MRN [7001235]\nfield other Room [3B]\nfield last Last [Montgomery]\nfield first First [Anne]\nfield dob DOB [1971-11-30]\n"
	      "record \nfield mrn MRN [17]\nfield other Room [1C]\nfield last Last [Okafor]\nfield first First [Ngozi]\nfield dob DOB [1950-01-02]\n");
	lists("      Patient               Date of    Med Rec\nRoom Name                  Birth       Number\n---- --------------------- ----------- --------\n5A   Lupo, Opal R          08/09/2008  N5001167\n3B   Forrester-Hill, Hilda 05/21/1934 N9609398\n",
	      "record \nfield other Room [5A]\nfield name Patient Name [Lupo, Opal R]\nfield dob Date of Birth [08/09/2008]\nfield mrn Med Rec Number [N5001167]\n"
	      "record \nfield other Room [3B]\nfield name Patient Name [Forrester-Hill, Hilda]\nfield dob Date of Birth [05/21/1934]\nfield mrn Med Rec Number [N9609398]\n");
	/* in a box, with cells of two lines; box drawing and bars; tabs */
	lists("+-----------+------------+\n| Patient   | SSN        |\n+-----------+------------+\n| Garcia,   | 412-55-9011|\n| Maria     |            |\n+-----------+------------+\n| Li, Wei   | 455-10-2233|\n+-----------+------------+\n",
	      "record \nfield name Patient [Garcia, Maria]\nfield ssn SSN [412-55-9011]\nrecord \nfield name Patient [Li, Wei]\nfield ssn SSN [455-10-2233]\n");
	lists("│ Last │ DOB │\n├──────┼─────┤\n│ Żak │ 1970-02-03 │\n", "record \nfield last Last [Żak]\nfield dob DOB [1970-02-03]\n");
	lists("| Name | MRN |\n|:---|---:|\n| Reyes, Hugo | M55512 |\n| Berg, Ida | |\n", "record \nfield name Name [Reyes, Hugo]\nfield mrn MRN [M55512]\nrecord \nfield name Name [Berg, Ida]\n");
	lists("Name\tDOB\tMRN\nReyes, Hugo\t\tM55512\n", "record \nfield name Name [Reyes, Hugo]\nfield mrn MRN [M55512]\n");
}

/* What is none: a form, an agenda, results of somebody whom the letter is about, a list of medicines, a sentence with a gap. */
static void no_printed_lists(void **state)
{
	(void)state;
	lists("Name:  John Carver     DOB:  02/03/1944\nMRN:   N1234567        Sex:  M\n", "");
	lists("Date          Test       Result\n02/03/2022    HbA1c      7.1\n02/04/2022    Sodium     140\n", "");
	lists("Medication Name     Dose     Start Date\nMetformin           500 mg   02/03/2022\n", "");
	lists("The name    and the date of birth    are on the form.\nPlease  fill in  the  rest.\n", "");
	lists("Name    MRN\n\nThere was nobody   on the ward.\n", "");
}

/* Text that is not a row is told where it stands; rows are blank in it. */
static void text_around_lists(void **state)
{
	(void)state;
	reads(extract_text, SLICE("RE: Ida Berg\nName     MRN\nReyes    M55512\nSeen by the clerk.\n"), "text [RE: Ida Berg\nName     MRN\n               \nSeen by the clerk.\n]\nrecord \nfield name Name [Reyes]\nfield mrn MRN [M55512]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printed_lists), cmocka_unit_test(no_printed_lists), cmocka_unit_test(text_around_lists),
		cmocka_unit_test(charsets_are_guessed), cmocka_unit_test(charsets_that_are_said), cmocka_unit_test(long_text_comes_in_parts), cmocka_unit_test(strings_of_what_is_no_text), cmocka_unit_test(html), cmocka_unit_test(rtf), cmocka_unit_test(rtf_nested_deep),
		cmocka_unit_test(mail), cmocka_unit_test(xml), cmocka_unit_test(wire), cmocka_unit_test(members_are_names_and_no_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
