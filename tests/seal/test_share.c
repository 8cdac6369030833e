/* Recovery shares: every subset, every typing error, wrong shares. */
#include "seal/seal_test.h"

static const uint8_t secret[32] = "thirty-two bytes of a secret ...";

static void subsets_of(int k, int n)
{
	struct err e;
	struct share s[SHARE_MAX];
	OK(share_split(slice_of(secret, 32), k, n, s, &e));
	for (uint32_t use = 1; use < UINT32_C(1) << n; use++) {
		struct share some[SHARE_MAX];
		size_t count = 0;
		struct buf b;
		for (int i = n - 1; i >= 0; i--) /* the order does not matter */
			if (use >> i & 1)
				some[count++] = s[i];
		buf_init(&b, 64);
		if ((int)count < k) {
			FAILS(share_join(some, count, &b, &e), ERR_INPUT, "are needed");
			assert_int_equal(b.n, 0);
		} else {
			OK(share_join(some, count, &b, &e));
			assert_int_equal(b.n, 32);
			assert_memory_equal(b.p, secret, 32);
		}
		buf_done(&b);
	}
}

static void all_subsets(void **state)
{
	static const int kn[][2] = {{1, 1}, {2, 2}, {2, 3}, {3, 3}, {3, 5}, {2, 5}, {5, 5}, {4, 7}, {7, 8}, {5, 10}};
	for (size_t i = 0; i < ARRAY_LEN(kn); i++)
		subsets_of(kn[i][0], kn[i][1]);
	/* the largest, in a few subsets */
	struct err e;
	struct share s[SHARE_MAX];
	struct buf b;
	buf_init(&b, 64);
	OK(share_split(slice_of(secret, 32), 16, 16, s, &e));
	OK(share_join(s, 16, &b, &e));
	assert_memory_equal(b.p, secret, 32);
	FAILS(share_join(s, 15, &b, &e), ERR_INPUT, "16 shares");
	buf_done(&b);
}

static void sizes(void **state)
{
	struct err e;
	uint8_t text[57];
	struct share s[3];
	struct buf b;
	rnd_fill(3, text, sizeof(text));
	for (size_t n = 1; n <= 56; n++) {
		buf_init(&b, 64);
		OK(share_split(slice_of(text, n), 2, 3, s, &e));
		OK(share_join(s + 1, 2, &b, &e));
		assert_true(slice_eq(buf_slice(&b), slice_of(text, n)));
		buf_done(&b);
	}
	FAILS(share_split(slice_of(text, 57), 2, 3, s, &e), ERR_USAGE, "1 to 56");
	FAILS(share_split(SLICE_NULL, 2, 3, s, &e), ERR_USAGE, "1 to 56");
}

static void wrong_numbers(void **state)
{
	static const int bad[][2] = {{0, 0}, {0, 3}, {1, 2}, {1, 3}, {4, 3}, {2, 17}, {17, 17}, {-1, 3}, {2, -1}, {2, 1}, {INT32_MAX, INT32_MAX}, {INT32_MIN, 3}};
	struct err e;
	struct share s[SHARE_MAX];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		FAILS(share_split(slice_of(secret, 32), bad[i][0], bad[i][1], s, &e), ERR_USAGE, "K/N");
}

/* k-1 shares say nothing: the same share bytes fit every secret. Seen here as: each byte of one share takes all values, whatever the secret is. */
static void hidden(void **state)
{
	struct err e;
	struct share s[3];
	uint8_t seen[256] = {0};
	int kinds = 0;
	for (int i = 0; i < 3000; i++) {
		OK(share_split(slice_of(secret, 1), 2, 3, s, &e));
		seen[s[0].data[0]] = 1;
	}
	for (int i = 0; i < 256; i++)
		kinds += seen[i];
	assert_true(kinds > 250); /* on average 255.998 */
}

/* ---- wrong shares ---- */

static void wrong_share(void **state)
{
	struct err e;
	struct share s[5], bad[5];
	struct buf b;
	buf_init(&b, 64);
	OK(share_split(slice_of(secret, 32), 3, 5, s, &e));
	/* each bit of one share, with just enough and with one to spare */
	for (size_t bit = 0; bit < 8 * s[0].len; bit++) {
		memcpy(bad, s, sizeof(bad));
		bad[1].data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		FAILS(share_join(bad, 3, &b, &e), ERR_CRYPTO, "at least one is wrong");
		FAILS(share_join(bad, 4, &b, &e), ERR_CRYPTO, "share 2 is wrong");
		FAILS(share_join(bad, 5, &b, &e), ERR_CRYPTO, "share 2 is wrong");
	}
	bad[3].data[0] ^= 1;
	FAILS(share_join(bad, 5, &b, &e), ERR_CRYPTO, "at least one is wrong");
	/* the index is part of it */
	memcpy(bad, s, sizeof(bad));
	bad[0].index = 5;
	FAILS(share_join(bad, 3, &b, &e), ERR_CRYPTO, "wrong");
	FAILS(share_join(bad, 5, &b, &e), ERR_INPUT, "given twice");
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

static void other_sets(void **state)
{
	struct err e;
	struct share s[3], t[3], mix[3];
	struct buf b;
	buf_init(&b, 64);
	OK(share_split(slice_of(secret, 32), 2, 3, s, &e));
	OK(share_split(slice_of(secret, 32), 2, 3, t, &e));
	mix[0] = s[0];
	mix[1] = t[1];
	FAILS(share_join(mix, 2, &b, &e), ERR_INPUT, "different sets");
	memcpy(mix[1].set, s[0].set, 8); /* and if the set lies */
	FAILS(share_join(mix, 2, &b, &e), ERR_CRYPTO, "wrong");
	mix[1] = s[1];
	mix[1].k = 3;
	FAILS(share_join(mix, 2, &b, &e), ERR_INPUT, "different sets");
	mix[1] = s[0];
	FAILS(share_join(mix, 2, &b, &e), ERR_INPUT, "share 1 was given twice");
	FAILS(share_join(mix, 0, &b, &e), ERR_INPUT, "1 to 16");
	FAILS(share_join(mix, 17, &b, &e), ERR_INPUT, "1 to 16");
	static const struct share junk[] = {
		{.index = 0, .k = 2, .n = 3, .len = 40}, {.index = 4, .k = 2, .n = 3, .len = 40}, {.index = 1, .k = 2, .n = 99, .len = 40},
		{.index = 1, .k = 2, .n = 3, .len = 65}, {.index = 1, .k = 2, .n = 3, .len = 8},  {.index = 1, .k = 2, .n = 3, .len = SIZE_MAX},
	};
	for (size_t i = 0; i < ARRAY_LEN(junk); i++)
		FAILS(share_join(&junk[i], 1, &b, &e), ERR_INPUT, "well formed");
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

/* What the ledger keeps tells one share from any other, and from a damaged one. */
static void hashes(void **state)
{
	struct err e;
	struct share s[3], t;
	uint8_t h[3][SEAL_HASH], x[SEAL_HASH];
	OK(share_split(slice_of(secret, 32), 2, 3, s, &e));
	for (int i = 0; i < 3; i++)
		share_hash(&s[i], h[i]);
	assert_memory_not_equal(h[0], h[1], SEAL_HASH);
	for (size_t byte = 0; byte < s[0].len; byte++) {
		t = s[0];
		t.data[byte] ^= 0x80;
		share_hash(&t, x);
		assert_memory_not_equal(x, h[0], SEAL_HASH);
	}
	t = s[0];
	t.set[7] ^= 1;
	share_hash(&t, x);
	assert_memory_not_equal(x, h[0], SEAL_HASH);
	/* fixed for ever: a paper of ten years ago must still fit its entry */
	t = (struct share){.set = {1, 2, 3, 4, 5, 6, 7, 8}, .index = 1, .k = 2, .n = 3, .len = 5, .data = "abcde"};
	share_hash(&t, x);
	uint8_t want[SEAL_HASH];
	seal_sha256_once(SLICE("holdfast-share-hash-v1\n\1\2\3\4\5\6\7\10\1\2\3\5abcde"), want);
	assert_memory_equal(x, want, SEAL_HASH);
}

/* ---- on paper ---- */

static struct share fixed;
static struct buf paper;

static int setup(void **state)
{
	fixed = (struct share){.set = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}, .index = 2, .k = 2, .n = 3, .len = 40};
	for (size_t i = 0; i < 40; i++)
		fixed.data[i] = (uint8_t)(i * 37 + 5);
	buf_init(&paper, 1 << 16);
	share_format(&fixed, "St. Mary", &paper);
	return 0;
}

static int teardown(void **state)
{
	buf_done(&paper);
	return 0;
}

/* The form is for ever. These lines were made by tests/seal/share_lines.py, which knows the comment in share_text.c and nothing else of ours. */
static void the_form(void **state)
{
	static const char lines[] = "holdfast-share-v1\n"
	                            "set    04HM ASW9 NF6Y Y  0A\n"
	                            "share  2 of 3 any 2  S6\n"
	                            "1/4    0MN4 YX4S QVHG GBAJ  MS\n"
	                            "2/4    EYEC 3SGB 61AQ N7Y4  QT\n"
	                            "3/4    X473 6P3X MB3Y R49P  CK\n"
	                            "4/4    BE0A BJQF 2GWN X0X8  W1\n"
	                            "whole  JXEA 2T3H  ZM\n";
	const char *at = strstr(buf_cstr(&paper), "holdfast-share-v1\n");
	assert_non_null(at);
	assert_string_equal(at, lines);
	assert_non_null(strstr(buf_cstr(&paper), "HOLDFAST RECOVERY SHARE 2 OF 3\n"));
	assert_non_null(strstr(buf_cstr(&paper), "Site: St. Mary\n"));
	assert_non_null(strstr(buf_cstr(&paper), "Any 2 of the 3 shares"));
	for (const char *p = buf_cstr(&paper); *p; p++)
		assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f)); /* a plain typewriter can do it */
}

static void reads(const char *text, const struct share *want)
{
	struct err e;
	struct share got;
	memset(&got, 0xee, sizeof(got));
	OK(share_parse(slice_str(text), &got, &e));
	assert_memory_equal(got.set, want->set, 8);
	assert_int_equal(got.index, want->index);
	assert_int_equal(got.k, want->k);
	assert_int_equal(got.n, want->n);
	assert_int_equal(got.len, want->len);
	assert_memory_equal(got.data, want->data, want->len);
}

static void every_length(void **state)
{
	for (size_t len = 1; len <= sizeof(fixed.data); len++) {
		struct share s = fixed;
		struct buf b;
		s.len = len;
		buf_init(&b, 1 << 16);
		share_format(&s, "x", &b);
		reads(buf_cstr(&b), &s);
		buf_done(&b);
	}
	struct err e;
	struct share s[SHARE_MAX];
	OK(share_split(slice_of(secret, 32), 9, 16, s, &e));
	for (int i = 0; i < 16; i++) {
		struct buf b;
		buf_init(&b, 1 << 16);
		share_format(&s[i], NULL, &b);
		reads(buf_cstr(&b), &s[i]);
		buf_done(&b);
	}
}

/* People type as they like: small letters, no blanks, other blanks, O for 0, I and l for 1, CR LF, colons, lines in another order, words between. */
static void free_typing(void **state)
{
	char text[8192], *p;
	snprintf(text, sizeof(text), "%s", buf_cstr(&paper));
	for (p = text; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
	reads(text, &fixed);
	struct buf b;
	buf_init(&b, 1 << 16);
	for (const char *q = strstr(buf_cstr(&paper), "holdfast-share"); *q; q++) {
		if (*q == '\n')
			buf_str(&b, " \t\r\n\n");
		else if (*q == ' ')
			buf_str(&b, " \t ");
		else
			buf_u8(&b, (uint8_t)*q);
	}
	reads(buf_cstr(&b), &fixed);
	/* upside down, without the last line feed, with hyphens */
	struct slice lines[16], rest = slice_str(strstr(buf_cstr(&paper), "holdfast-share"));
	size_t n = 0;
	while (rest.n)
		lines[n++] = slice_cut(rest, '\n', &rest);
	buf_reset(&b);
	while (n--) {
		buf_str(&b, "this is no line of a share\n  ");
		for (size_t i = 0; i < lines[n].n; i++)
			buf_u8(&b, lines[n].p[i] == ' ' && i > 12 ? '-' : lines[n].p[i]);
		buf_str(&b, n ? "\n" : "");
	}
	reads(buf_cstr(&b), &fixed);
	/* look-alikes, in data only */
	snprintf(text, sizeof(text), "%s", buf_cstr(&paper));
	int changed = 0;
	for (p = strstr(text, "1/4"); p && *p && strncmp(p, "whole", 5) != 0; p = strchr(p, '\n') + 1)
		for (char *c = p + 4; *c != '\n'; c++) {
			changed += *c == '0' || *c == '1';
			*c = *c == '0' ? 'o' : *c == '1' ? (changed % 2 ? 'l' : 'I') : *c;
		}
	assert_true(changed >= 4);
	reads(text, &fixed);
	/* "1/4:" */
	buf_reset(&b);
	for (const char *q = strstr(buf_cstr(&paper), "holdfast-share"); *q; q++) {
		buf_u8(&b, (uint8_t)*q);
		if (q[0] == '4' && q[-1] == '/')
			buf_u8(&b, ':');
	}
	reads(buf_cstr(&b), &fixed);
	buf_done(&b);
}

static bool of_alphabet(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U');
}

/* The label of the line that holds at: what the error has to name. */
static void label_of(const char *text, const char *at, char out[64])
{
	while (at > text && at[-1] != '\n')
		at--;
	size_t n = strcspn(at, " ");
	snprintf(out, 64, "line \"%.*s\"", (int)n, at);
}

static void must_point(const char *text, const char *at, const char *original)
{
	struct err e = {.code = 0};
	struct share s;
	char label[64], msg[1024];
	label_of(original, at, label);
	int r = share_parse(slice_str(text), &s, &e);
	if (r != ERR_INPUT || !strstr(err_line(&e, msg, sizeof(msg)), label))
		fail_msg("at %td: %d %s; wanted %s", at - original, r, err_line(&e, msg, sizeof(msg)), label);
}

/* Every character of every line, typed as every other one: found, and the line is named. */
static void one_wrong_character(void **state)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char text[8192];
	const char *original = buf_cstr(&paper);
	snprintf(text, sizeof(text), "%s", original);
	size_t from = (size_t)(strstr(original, "set  ") - original), count = 0;
	for (size_t i = from; original[i]; i++) {
		size_t column = i;
		while (column > 0 && original[column - 1] != '\n')
			column--;
		column = i - column;
		if (!of_alphabet(original[i]) || column < 6)
			continue;
		for (const char *l = letters; *l; l++) {
			if (*l == original[i])
				continue;
			text[i] = *l;
			must_point(text, original + i, original);
			count++;
		}
		text[i] = original[i];
	}
	assert_true(count > 100 * 31);
}

/* Neighbours exchanged, one left out, one doubled. */
static void other_slips(void **state)
{
	char text[8192];
	const char *original = buf_cstr(&paper);
	size_t n = strlen(original), from = (size_t)(strstr(original, "1/4") - original), swaps = 0;
	for (size_t i = from; i + 1 < n; i++) {
		size_t column = i;
		while (column > 0 && original[column - 1] != '\n')
			column--;
		column = i - column;
		if (!of_alphabet(original[i]) || column < 6)
			continue;
		size_t j = i + 1;
		while (original[j] == ' ')
			j++;
		if (of_alphabet(original[j]) && original[j] != original[i]) {
			snprintf(text, sizeof(text), "%s", original);
			text[i] = original[j];
			text[j] = original[i];
			must_point(text, original + i, original);
			swaps++;
		}
		snprintf(text, sizeof(text), "%.*s%s", (int)i, original, original + i + 1);
		must_point(text, original + i, original);
		snprintf(text, sizeof(text), "%.*s%c%s", (int)i, original, original[i], original + i);
		must_point(text, original + i, original);
		snprintf(text, sizeof(text), "%.*su%s", (int)i, original, original + i + 1); /* a letter that no share has */
		must_point(text, original + i, original);
	}
	assert_true(swaps > 60);
}

/* A last line with characters too many that say nothing (zeros), though its check fits (C9, 5R: by share_lines.py's rule): a share has one spelling. */
static void empty_characters(void **state)
{
	static const char *const lines[] = {"4/4    BE0A BJQF 2GWN X0X8 0  C9\n", "4/4    BE0A BJQF 2GWN X0X8 00  5R\n"};
	char text[8192];
	const char *original = buf_cstr(&paper), *at = strstr(original, "4/4 "), *end = strchr(at, '\n') + 1;
	struct err e;
	struct share s;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - original), original, lines[i], end);
		FAILS(share_parse(slice_str(text), &s, &e), ERR_INPUT, i == 0 ? "wrong number of characters" : "too long");
		assert_string_equal(e.place, "line \"4/4\"");
	}
}

static void missing_and_double_lines(void **state)
{
	static const char *const labels[] = {"set ", "share ", "1/4", "2/4", "3/4", "4/4", "whole"};
	char text[8192];
	const char *original = buf_cstr(&paper);
	struct err e;
	struct share s;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		char line[128], first[80];
		snprintf(line, sizeof(line), "\n%s", labels[i]);
		const char *at = strstr(strstr(original, "holdfast-share-v1"), line) + 1, *end = strchr(at, '\n') + 1;
		snprintf(text, sizeof(text), "%.*s%s", (int)(at - original), original, end);
		FAILS(share_parse(slice_str(text), &s, &e), ERR_INPUT, "missing");
		label_of(original, at, first);
		assert_string_equal(e.place, first);
		snprintf(text, sizeof(text), "%s%.*s", original, (int)(end - at), at);
		FAILS(share_parse(slice_str(text), &s, &e), ERR_INPUT, "twice");
		assert_string_equal(e.place, first);
	}
	snprintf(text, sizeof(text), "%s", strstr(original, "set ")); /* the line above it says what it is; "whole" covers that */
	reads(text, &fixed);
	FAILS(share_parse(SLICE_NULL, &s, &e), ERR_INPUT, "no recovery share");
	FAILS(share_parse(SLICE("holdfast-share-v1\n"), &s, &e), ERR_INPUT, "missing");
	static char big[65537];
	FAILS(share_parse(slice_of(big, sizeof(big)), &s, &e), ERR_LIMIT, "65536");
}

/* Lines of two papers of one set: each line is right, the whole is not. */
static void mixed_papers(void **state)
{
	struct share other = fixed, s;
	struct err e;
	struct buf b;
	char text[8192];
	const char *original = buf_cstr(&paper);
	for (size_t i = 0; i < 40; i++)
		other.data[i] ^= (uint8_t)(0x11 * (i / 10 + 1));
	other.index = 3;
	buf_init(&b, 1 << 16);
	share_format(&other, "x", &b);
	static const char *const labels[] = {"\nshare ", "\n1/4", "\n2/4", "\n3/4", "\n4/4"};
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		const char *to = strstr(strstr(original, "holdfast-share-v1"), labels[i]) + 1, *from = strstr(strstr(buf_cstr(&b), "holdfast-share-v1"), labels[i]) + 1;
		snprintf(text, sizeof(text), "%.*s%.*s%s", (int)(to - original), original, (int)(strchr(from, '\n') - from), from, strchr(to, '\n'));
		FAILS(share_parse(slice_str(text), &s, &e), ERR_INPUT, "not of one share");
	}
	/* two lines exchanged: their numbers are under their checksums */
	const char *one = strstr(original, "1/4 "), *two = strstr(original, "2/4 ");
	snprintf(text, sizeof(text), "%.*s%.*s\n2/4 %.*s\n%s", (int)(one - original), original, (int)(strchr(two, '\n') - two), two,
	         (int)(strchr(one + 4, '\n') - one - 4), one + 4, strstr(original, "3/4 "));
	memcpy(text + (one - original), "1/4", 3);
	FAILS(share_parse(slice_str(text), &s, &e), ERR_INPUT, "typing error");
	assert_string_equal(e.place, "line \"1/4\"");
	buf_done(&b);
}

/* A share is a secret: no error repeats a group of it. */
static void errors_keep_the_secret(void **state)
{
	char text[8192], msg[1024];
	const char *original = buf_cstr(&paper);
	struct err e;
	struct share s;
	for (size_t i = (size_t)(strstr(original, "set  ") - original); original[i]; i++) {
		snprintf(text, sizeof(text), "%s", original);
		text[i] = '#';
		e = (struct err){.code = 0};
		if (share_parse(slice_str(text), &s, &e) == 0)
			continue;
		err_line(&e, msg, sizeof(msg));
		for (const char *g = strstr(original, "1/4 "); g && *g; g++)
			if (of_alphabet(g[0]) && of_alphabet(g[1]) && of_alphabet(g[2]) && of_alphabet(g[3])) {
				char group[5] = {g[0], g[1], g[2], g[3], 0};
				assert_null(strstr(msg, group));
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_subsets),
		cmocka_unit_test(sizes),
		cmocka_unit_test(wrong_numbers),
		cmocka_unit_test(hidden),
		cmocka_unit_test(wrong_share),
		cmocka_unit_test(other_sets),
		cmocka_unit_test(hashes),
		cmocka_unit_test(the_form),
		cmocka_unit_test(every_length),
		cmocka_unit_test(free_typing),
		cmocka_unit_test(one_wrong_character),
		cmocka_unit_test(other_slips),
		cmocka_unit_test(empty_characters),
		cmocka_unit_test(missing_and_double_lines),
		cmocka_unit_test(mixed_papers),
		cmocka_unit_test(errors_keep_the_secret),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
