/* Lists: separators, headers wherever they stand, quotes, wide rows, columns without names. */
#include "pieces.h"
#include "extract_csv.h"

static void header(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_csv, slice_str("\xEF\xBB\xBFid;Last Name;First Name;Date of Birth;SSN;guarantor_phone;Shoe\r\n7;O'Hara;Ann;03/07/1964;123-45-6789;555-0100;forty\r\n\r\n8;Lee;Su;;***-**-4321;;x\r\n"));
	assert_string_equal(buf_cstr(&x.b), "record 7\nfield id id [7]\nfield last Last Name [O'Hara]\nfield first First Name [Ann]\nfield dob Date of Birth [03/07/1964]\nfield ssn SSN [123-45-6789]\n"
		"field phone@guarantor guarantor_phone [555-0100]\nfield other Shoe [forty]\nrecord 8\nfield id id [8]\nfield last Last Name [Lee]\nfield first First Name [Su]\nfield ssn4 SSN [***-**-4321]\n");
	pieces_done(&x);
	pieces_read(&x, extract_csv, slice_str("Registry of St. Mary\nprinted 2020-01-02, page 1\n\nMRN\tName\tDOB\nM1\tANN O'HARA\t1964-03-07\n")); /* titles above it */
	pieces_has(&x, "text [Registry of St. Mary\n");
	pieces_has(&x, "field mrn MRN [M1]\nfield name Name [ANN O'HARA]\nfield dob DOB [1964-03-07]\n");
	pieces_done(&x);
	pieces_read(&x, extract_csv, slice_str("sep=|\nmrn|dob\nM1|1964-03-07\n"));
	pieces_has(&x, "field mrn mrn [M1]\nfield dob dob [1964-03-07]\n");
	pieces_done(&x);
	pieces_read(&x, extract_csv, slice_str("serial,ssn\n1,123456789\n"));
	pieces_has(&x, "field ssn ssn [123456789]\n");
	pieces_done(&x);
	/* lists that were joined: the same header again is none of the rows, another one holds for what follows */
	pieces_read(&x, extract_csv, slice_str("mrn,last,first\nM1,A1,B1\nmrn,last,first\nM2,A2,B2\nfirst,last,phone\nB3,A3,978-555-0100\n"));
	assert_int_equal(x.records, 3);
	pieces_has(&x, "field first first [B3]\nfield phone phone [978-555-0100]\n");
	pieces_done(&x);
}

static void quotes(void **state)
{
	struct pieces x = {0};
	pieces_read(&x, extract_csv, slice_str("last,first,notes\n\"O\"\"Hara, Jr.\",\"Ann\",\"Seen.\nCalled her sister, Su.\"\n\"Lee\" x,Su,\n\"open,Al,\nBo,Cy,\n"));
	pieces_has(&x, "field last last [O\"Hara, Jr.]\nfield first first [Ann]\ntext [Seen.\n");
	pieces_has(&x, "field last last [\"Lee\" x]\nfield last last [\"open]\nfield first first [Al]\nfield last last [Bo]\n");
	pieces_done(&x);
}

static void wide(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct pieces x = {0};
	buf_init(&b, (size_t)1 << 20);
	buf_str(&b, "mrn,last");
	for (int i = 0; i < 20000; i++)
		buf_str(&b, ",c");
	buf_str(&b, ",ssn\nM1,A");
	for (int i = 0; i < 20000; i++)
		buf_str(&b, ",");
	buf_str(&b, ",123-45-6789\n");
	pieces_read(&x, extract_csv, buf_slice(&b));
	assert_non_null(strstr(buf_cstr(&x.b), "123-45-6789")); /* behind the last column that is counted: not lost */
	pieces_done(&x);
}

static void without_header(void **state)
{
	struct pieces x = {0};
	AUTO_BUF struct buf b = {0};
	static const char *const given[] = {"MARY", "John", "Linda", "DAVID", "Zelda"}, *const family[] = {"SMITHE", "Jonez", "Braun", "De La Cruz", "Wu"};
	buf_init(&b, 65536);
	for (int i = 0; i < 20; i++)
		buf_printf(&b, "%s,%s,%d-0%d-1%d,21%d-45-678%d,%d Main St,Salem,MA,0197%d,(978) 555-01%02d,q%d@example.org,E11.%d,%d\n", given[i % 5], family[i % 5], 1930 + i * 4, 1 + i % 9, i % 9, i % 9, i % 9, 10 + i, i % 9, i, i, i % 9, i * 7);
	pieces_read(&x, extract_csv, buf_slice(&b));
	pieces_has(&x, "field first  [MARY]\nfield last  [SMITHE]\nfield dob  [1930-01-10]\nfield ssn  [210-45-6780]\nfield street  [10 Main St]\nfield city  [Salem]\nfield state  [MA]\nfield zip  [01970]\nfield phone  [(978) 555-0100]\n"
		"field email  [q0@example.org]\nfield diagnosis  [E11.0]\n");
	assert_int_equal(x.records, 20);
	pieces_done(&x);
	/* dates of a few years may be visits: nothing is said of them */
	buf_reset(&b);
	for (int i = 0; i < 20; i++)
		buf_printf(&b, "row %c,2019-0%d-1%d,12345678%d\n", 'a' + i, 1 + i % 9, i % 9, i % 9);
	pieces_read(&x, extract_csv, buf_slice(&b));
	assert_null(strstr(buf_cstr(&x.b), "dob"));
	assert_null(strstr(buf_cstr(&x.b), "ssn"));
	pieces_done(&x);
	/* a few persons: nobody's days of hiring or of visits are all that old and stand alone beside names; of four rows birthdays seldom lie forty years apart */
	static const struct {
		const char *text;
		bool dob;
	} few[] = {{"Miller,John,1961-03-09,536-90-4399,M\nRoth,David,1975-11-23,219-40-7712,M\nKeller,Anna,1981-11-03,458-11-2034,F\nDiaz,Noor,1988-06-30,529-12-7733,F\n", true},
		{"Miller,John,3/9/1961,12\nRoth,David,11/23/1975,13\nKeller,Anna,11/3/1981,14\n", true},
		{"Miller,John,1998-03-09,12\nRoth,David,2011-11-23,13\nKeller,Anna,2016-11-03,14\n", false},                                     /* hired */
		{"Miller,John,1961-03-09,1999-01-02\nRoth,David,1975-11-23,1999-01-03\nKeller,Anna,1981-11-03,1999-01-04\n", false},              /* which of the two is not said by a few */
		{"Miller,John,12,1961-03-09\nRoth,David,13,1975-11-23\nKeller,Anna,14,1981-11-03\n", false},                                     /* beside something else */
		{"Miller,John,1991-03-09,12\nRoth,David,1995-11-23,13\nKeller,Anna,1999-11-03,14\n", false}};
	for (size_t i = 0; i < ARRAY_LEN(few); i++) {
		pieces_read(&x, extract_csv, slice_str(few[i].text));
		if (!strstr(buf_cstr(&x.b), "field dob") == few[i].dob)
			fail_msg("%s\n%s", few[i].text, buf_cstr(&x.b));
		pieces_done(&x);
	}
}

/* Every cut of rows is the same with and without vectors: blocks' edges. */
static void edges(void **state)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct slice field[64];
	char text[300];
	for (size_t pad = 0; pad < 140; pad++) {
		struct rows c;
		size_t n, k = 0;
		memset(text, 'x', pad);
		memcpy(text + pad, ",b,\"c,\nd\",e\nf,g\n", 16);
		extract_rows_init(&c, slice_of(text, pad + 16), ',', a);
		assert_true(extract_rows_next(&c, field, 64, &n));
		assert_int_equal(n, 4);
		assert_int_equal(field[0].n, pad);
		assert_true(slice_eq_str(field[1], "b") && slice_eq_str(field[2], "c,\nd") && slice_eq_str(field[3], "e"));
		assert_true(extract_rows_next(&c, field, 64, &n));
		assert_int_equal(n, 2);
		assert_true(slice_eq_str(field[1], "g"));
		assert_false(extract_rows_next(&c, field, 64, &k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(header), cmocka_unit_test(quotes), cmocka_unit_test(wide), cmocka_unit_test(without_header), cmocka_unit_test(edges)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
