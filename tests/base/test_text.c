/* UTF-8, folding, base64, hexadecimal. */
#include "base_test.h"

#include <locale.h>
#include <wctype.h>

/* ---- UTF-8 ---- */

static void test_every_character(void **state)
{
	for (uint32_t cp = 0; cp < 0x110800; cp++) {
		uint8_t out[4];
		size_t n = utf8_put(cp, out), len = 0;
		bool is_one = cp <= 0x10ffff && !(cp >= 0xd800 && cp <= 0xdfff);
		assert_int_equal(n > 0, is_one);
		if (!is_one)
			continue;
		assert_int_equal(n, cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4);
		assert_true(utf8_valid(slice_of(out, n)));
		assert_true(utf8_get(slice_of(out, n), &len) == cp && len == n);
		for (size_t cut = 1; cut < n; cut++)
			assert_false(utf8_valid(slice_of(out, cut)));
	}
	uint8_t out[4];
	assert_int_equal(utf8_put(UINT32_MAX, out), 0);
}

/* A second opinion, by what RFC 3629 says of the numbers and not of the bytes. */
static bool plainly_valid(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t more = p[i] < 0x80 ? 0 : (p[i] & 0xe0) == 0xc0 ? 1 : (p[i] & 0xf0) == 0xe0 ? 2 : (p[i] & 0xf8) == 0xf0 ? 3 : 9;
		if (more == 9 || n - i <= more)
			return false;
		uint32_t cp = more == 0 ? p[i] : p[i] & (0x3fu >> more);
		for (size_t k = 1; k <= more; k++) {
			if ((p[i + k] & 0xc0) != 0x80)
				return false;
			cp = cp << 6 | (p[i + k] & 0x3f);
		}
		static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
		if (cp < least[more] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
			return false;
		i += more + 1;
	}
	return true;
}

static void test_every_short_sequence(void **state)
{
	static const uint8_t fourth[] = {0x00, 0x7f, 0x80, 0xa5, 0xbf, 0xc0, 0xff};
	for (uint32_t v = 0; v < 1u << 24; v++) {
		const uint8_t p[4] = {(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v, fourth[v % ARRAY_LEN(fourth)]};
		size_t n = p[0] >= 0xf0 ? 4 : 3;
		if (utf8_valid(slice_of(p, n)) != plainly_valid(p, n))
			fail_msg("%02x %02x %02x %02x", p[0], p[1], p[2], p[3]);
	}
}

/* One bad byte at every place of texts of every length around the word size is found there. */
static void test_valid_prefix(void **state)
{
	uint8_t text[70];
	memset(text, 'a', sizeof text);
	for (size_t n = 0; n <= sizeof text; n++) {
		assert_int_equal(utf8_valid_prefix(slice_of(text, n)), n);
		for (size_t at = 0; at < n; at++) {
			text[at] = 0xff;
			assert_int_equal(utf8_valid_prefix(slice_of(text, n)), at);
			text[at] = 'a';
		}
		for (size_t at = 0; at + 2 <= n; at++) {
			memcpy(text + at, "\xc3\xa9", 2);
			assert_true(utf8_valid(slice_of(text, n)));
			memcpy(text + at, "aa", 2);
		}
	}
	assert_true(utf8_valid(SLICE_NULL));
	assert_int_equal(utf8_valid_prefix(SLICE("ab\xe2\x82")), 2);
}

/* Unicode 15, section 3.9, table 3-8 and 3-11: how many U+FFFD. */
static void test_broken_parts(void **state)
{
	static const struct {
		const char *bytes;
		size_t lengths[8];
	} rows[] = {
		{"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82", {1, 1, 1, 1, 1, 1, 1, 1}},
		{"\xed\xa0\x80\xed\xbf\xbf\xed\xaf", {1, 1, 1, 1, 1, 1, 1, 1}},
		{"\xf4\x91\x92\x93\xff", {1, 1, 1, 1, 1}},
		{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf", {2, 1, 3, 2}},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice s = slice_str(rows[i].bytes);
		for (size_t k = 0; s.n; k++) {
			size_t len;
			assert_true(utf8_get(s, &len) == 0xfffd);
			assert_int_equal(len, rows[i].lengths[k]);
			s = slice_of(s.p + len, s.n - len);
		}
	}
}

/* ---- folding ---- */

static void assert_folds(const char *from, const char *to)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	utf8_fold(&b, slice_str(from));
	if (!slice_eq_str(buf_slice(&b), to))
		fail_msg("%s folds to %s and not to %s", from, buf_cstr(&b), to);
}

static void test_fold_names(void **state)
{
	assert_folds("", "");
	assert_folds("O'BRIEN-Smith 12", "o'brien-smith 12");
	assert_folds("Müller", "muller");
	assert_folds("GROẞ Straße", "gross strasse");
	assert_folds("Ærø Øster Åbyhøj", "aero oster abyhoj");
	assert_folds("Þórður Guðmundsdóttir", "thordur gudmundsdottir");
	assert_folds("Łukasz Żółć", "lukasz zolc");
	assert_folds("Đặng Thị Ngọc Ánh", "dang thi ngoc anh");
	assert_folds("Nguyễn Văn Trỗi ƠƯ ơư", "nguyen van troi ou ou");
	assert_folds("Dvořák Čapek Ďuriš Ľudmila", "dvorak capek duris ludmila");
	assert_folds("İstanbul Işık ĞÜŞ", "istanbul isik gus");
	assert_folds("Œuvre ŒŒ ĳsselmeer Ŋ", "oeuvre oeoe ijsselmeer n");
	assert_folds("Ștefan Țepeş", "stefan tepes");
	assert_folds("ǅ Ǆ ǆ ǈ", "dz dz dz lj");
	assert_folds("Ɓala ɓala Ƙano", "bala bala kano");
	assert_folds("ΠΑΠΑΔΌΠΟΥΛΟΣ Παπαδόπουλος", "παπαδοπουλοσ παπαδοπουλοσ");
	assert_folds("Ἀθῆναι ΐ", "αθηναι ι");
	assert_folds("ЁЛКИН Ёлкин Елкин", "елкин елкин елкин");
	assert_folds("НИКОЛАЙ Николай Їжак Ґ", "николай николай їжак ґ");
	assert_folds("5 µg 5 μg \xe2\x84\xab \xe2\x84\xaa", "5 μg 5 μg a k");
	assert_folds("ﬁﬂﬀﬃﬄﬅ", "fiflffffifflst");
	assert_folds("ＹＡＭＡＤＡ　Ｔａｒｏ", "yamada taro");
	assert_folds("山田 太郎 محمد", "山田 太郎 محمد");
	assert_folds("Կարեն ԿԱՐԵՆ", "կարեն կարեն");
	assert_folds("\xff" "A\xe2\x82", "\xef\xbf\xbd" "a\xef\xbf\xbd");
}

/* The decomposed spelling is found like the composed one. */
static void test_fold_combining(void **state)
{
	assert_folds("Mu\xcc\x88ller", "muller");
	assert_folds("Nguye\xcc\x82\xcc\x83n", "nguyen");
	assert_folds("\xce\x91\xcc\x81", "α");
	assert_folds("Никола\xd0\xb8\xcc\x86 \xd0\x98\xcc\x86", "николай й");
	assert_folds("\xd0\x95\xcc\x88лкин", "елкин");
	assert_folds("\xd1\x96\xcc\x88", "ї");
	assert_folds("\xcc\x81x", "\xcc\x81x"); /* a mark with nothing before it stays */
	assert_folds("山\xcc\x81", "山\xcc\x81");
	assert_folds("1\xcc\x81", "1\xcc\x81");
}

static void test_fold_is_stable(void **state)
{
	for (uint32_t cp = 1; cp < 0x11000; cp++) {
		uint8_t one[6];
		size_t n = utf8_put(cp, one);
		if (n == 0)
			continue;
		for (int mark = 0; mark < 2; mark++) {
			if (mark) {
				memcpy(one + n, "\xcc\x86", 2);
				n += 2;
			}
			AUTO_BUF struct buf once = {0}, twice = {0};
			buf_init(&once, 64);
			buf_init(&twice, 64);
			utf8_fold(&once, slice_of(one, n));
			utf8_fold(&twice, buf_slice(&once));
			assert_true(buf_ok(&once) && once.n > 0 && utf8_valid(buf_slice(&once)));
			if (!slice_eq(buf_slice(&once), buf_slice(&twice)))
				fail_msg("U+%04X (mark %d)", cp, mark);
		}
	}
}

/* A letter and its capital, as libc knows them, are found by each other, in the ranges of the table. */
static void test_fold_of_capitals(void **state)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	int pairs = 0;
	for (uint32_t cp = 1; cp < 0x2000; cp++) {
		uint32_t up = (uint32_t)towupper((wint_t)cp), low = (uint32_t)towlower((wint_t)up);
		if (up == cp || up >= 0x2000 || low >= 0x2000 || cp == 0x345 /* a mark */ || (cp >= 0x530 && cp < 0x1e00))
			continue;
		uint8_t one[4], two[4];
		AUTO_BUF struct buf a = {0}, b = {0};
		buf_init(&a, 64);
		buf_init(&b, 64);
		utf8_fold(&a, slice_of(one, utf8_put(cp, one)));
		utf8_fold(&b, slice_of(two, utf8_put(up, two)));
		if (!slice_eq(buf_slice(&a), buf_slice(&b)))
			fail_msg("U+%04X and U+%04X", cp, up);
		pairs++;
	}
	assert_true(pairs > 600);
	setlocale(LC_CTYPE, "C");
}

static void test_fold_at_the_limit(void **state)
{
	AUTO_BUF struct buf b = {0};
	for (size_t max = 0; max < 5; max++) {
		buf_init(&b, max);
		utf8_fold(&b, SLICE("й\xd0\xb8\xcc\x86ß"));
		assert_int_equal(buf_code(&b), ERR_LIMIT);
		buf_done(&b);
	}
	buf_init(&b, 6);
	utf8_fold(&b, SLICE("й\xd0\xb8\xcc\x86ß"));
	assert_slice(buf_slice(&b), "ййss");
}

/* ---- base64 ---- */

static struct slice b64(struct buf *b, struct slice s)
{
	buf_reset(b);
	base64_put(b, s);
	return buf_slice(b);
}

static void test_base64_vectors(void **state) /* RFC 4648 section 10 */
{
	static const char *const rows[][2] = {
		{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
	};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 100);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_slice(b64(&b, slice_str(rows[i][0])), rows[i][1]);
		buf_reset(&b);
		assert_int_equal(base64_get(&b, slice_str(rows[i][1])), 0);
		assert_slice(buf_slice(&b), rows[i][0]);
		buf_reset(&b);
		assert_int_equal(base64_get_loose(&b, slice_str(rows[i][1])), 0);
		assert_slice(buf_slice(&b), rows[i][0]);
	}
	assert_slice(b64(&b, SLICE("\xfb\xff\xbf")), "+/+/");
}

static void test_base64_round(void **state)
{
	uint8_t data[259];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 167 + 13);
	AUTO_BUF struct buf text = {0}, back = {0}, loose = {0};
	buf_init(&text, 1000);
	buf_init(&back, 1000);
	buf_init(&loose, 1000);
	for (size_t n = 0; n < sizeof data; n++) {
		b64(&text, slice_of(data, n));
		buf_reset(&back);
		assert_int_equal(base64_get(&back, buf_slice(&text)), 0);
		assert_true(slice_eq(buf_slice(&back), slice_of(data, n)));
		AUTO_BUF struct buf lines = {0}; /* broken into lines of every width, without its padding */
		buf_init(&lines, 2000);
		for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
			if (i % (n % 9 + 1) == 0)
				buf_str(&lines, "\r\n\t ");
			buf_u8(&lines, text.p[i]);
		}
		buf_reset(&loose);
		assert_int_equal(base64_get_loose(&loose, buf_slice(&lines)), 0);
		assert_true(slice_eq(buf_slice(&loose), slice_of(data, n)));
	}
}

static void test_base64_refuses(void **state)
{
	static const struct {
		const char *text;
		int strict, loose;
	} rows[] = {
		{"Zg", ERR_INPUT, 0},        {"Zg=", ERR_INPUT, 0},        {"Zh==", ERR_INPUT, 0},        {"Zm9=", ERR_INPUT, 0},
		{"Z", ERR_INPUT, ERR_INPUT}, {"Z===", ERR_INPUT, ERR_INPUT}, {"====", ERR_INPUT, ERR_INPUT}, {"=", ERR_INPUT, ERR_INPUT},
		{"Zg==Zg==", ERR_INPUT, ERR_INPUT}, {"Zm9v====", ERR_INPUT, ERR_INPUT}, {"Zm9v=", ERR_INPUT, ERR_INPUT}, {"Zm9v ", ERR_INPUT, 0},
		{"Zm\n9v", ERR_INPUT, 0},    {"Zm9-", ERR_INPUT, ERR_INPUT}, {"Zm9v\xff\xff\xff\xff", ERR_INPUT, ERR_INPUT}, {"Zg= =", ERR_INPUT, 0},
		{"Z=g=", ERR_INPUT, ERR_INPUT}, {"Zg==\n", ERR_INPUT, 0}, {"Zg===", ERR_INPUT, ERR_INPUT}, {" ", ERR_INPUT, 0}, {"=g==", ERR_INPUT, ERR_INPUT},
		{"Zm9vZ", ERR_INPUT, ERR_INPUT}, {"Zm9v.m9v", ERR_INPUT, ERR_INPUT},
	};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 100);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&b);
		buf_str(&b, "kept");
		if (base64_get(&b, slice_str(rows[i].text)) != rows[i].strict || (rows[i].strict && b.n != 4))
			fail_msg("strict: %s", rows[i].text);
		buf_reset(&b);
		buf_str(&b, "kept");
		if (base64_get_loose(&b, slice_str(rows[i].text)) != rows[i].loose || (rows[i].loose && b.n != 4))
			fail_msg("loose: %s", rows[i].text);
	}
}

static void test_base64_limits(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 7);
	base64_put(&b, SLICE("foobar"));
	assert_int_equal(buf_code(&b), ERR_LIMIT);
	buf_reset(&b);
	base64_put(&b, slice_of("", SIZE_MAX));
	assert_int_equal(buf_code(&b), ERR_LIMIT);
	buf_done(&b);
	buf_init(&b, 2);
	assert_int_equal(base64_get(&b, SLICE("Zm9v")), ERR_LIMIT);
	buf_reset(&b);
	assert_int_equal(base64_get(&b, SLICE("Zm8=")), 0);
	buf_reset(&b);
	assert_int_equal(base64_get_loose(&b, SLICE("Zm9v")), ERR_LIMIT);
	buf_reset(&b);
	assert_int_equal(base64_get_loose(&b, SLICE("\r\nZ  m \t 8      ")), 0); /* what fits is what comes out, not what goes in */
	assert_slice(buf_slice(&b), "fo");
}

/* ---- hexadecimal ---- */

static void test_hex(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 6);
	hex_put(&b, SLICE("\x00\x7f\xff"));
	assert_slice(buf_slice(&b), "007fff");
	hex_put(&b, SLICE("\x01"));
	assert_int_equal(buf_code(&b), ERR_LIMIT);
	uint8_t out[3] = {9, 9, 9};
	static const char *const bad[] = {"", "007ff", "007fff0", "007fff00", "007ffg", "007ff/", "007ff:", "007ff@", "007ff`", "0x7fff", "007ff\xff"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(hex_get(out, 3, slice_str(bad[i])), ERR_INPUT);
	assert_memory_equal(out, "\x09\x09\x09", 3);
	assert_int_equal(hex_get(out, 3, SLICE("007FfF")), 0);
	assert_memory_equal(out, "\x00\x7f\xff", 3);
	assert_int_equal(hex_get(out, 0, SLICE_NULL), 0);
	for (int i = 0; i < 256; i++) {
		char two[3];
		snprintf(two, sizeof two, "%02X", (unsigned)i);
		assert_int_equal(hex_get(out, 1, slice_str(two)), 0);
		assert_int_equal(out[0], i);
	}
}

/* Characters whose two bytes look like small letters: every one of them stands for itself. */
static void fold_keeps_han(void **state)
{
	for (uint32_t cp = 0x6161; cp <= 0x7a7a; cp++) {
		uint8_t text[4];
		size_t n = utf8_put(cp, text);
		struct buf out;
		buf_init(&out, 16);
		utf8_fold(&out, slice_of(text, n));
		assert_int_equal(out.n, n);
		assert_memory_equal(out.p, text, n);
		buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_character), cmocka_unit_test(test_every_short_sequence), cmocka_unit_test(test_valid_prefix),
		cmocka_unit_test(test_broken_parts), cmocka_unit_test(test_fold_names), cmocka_unit_test(test_fold_combining),
		cmocka_unit_test(test_fold_is_stable), cmocka_unit_test(test_fold_of_capitals), cmocka_unit_test(test_fold_at_the_limit), cmocka_unit_test(test_base64_vectors),
		cmocka_unit_test(test_base64_round), cmocka_unit_test(test_base64_refuses), cmocka_unit_test(test_base64_limits), cmocka_unit_test(test_hex),
		cmocka_unit_test(fold_keeps_han),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
