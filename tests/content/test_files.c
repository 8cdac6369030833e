/* Real files, made by the tools that people use (tests/data/content/make.py): each is valid as what it is, however it is cut into pieces; cut off or
 * damaged it is lost. */
#include "content_test.h"

enum { WHOLE, FIRST_KIB, STRIPES, SIXTEEN, MIDDLE, LAST, BASE64, CUT, PATTERNS };
#define ALL    ((1u << PATTERNS) - 1)
#define BUT(x) (1u << (x))

/* What each can be seen to have lost: payloads that are sealed or packed without a sum show no damage in their middle. */
static const struct {
	const char *name;
	int type;
	bool encrypted;
	unsigned sees;
} files[] = {
	{"letter.docx", CONTENT_OOXML, false, ALL},
	{"letter.odt", CONTENT_ODF, false, ALL},
	{"stored.zip", CONTENT_ZIP, false, ALL},
	{"streamed.zip", CONTENT_ZIP, false, ALL},
	{"log.gz", CONTENT_GZIP, false, ALL},
	{"log.bz2", CONTENT_BZIP2, false, ALL & ~BUT(MIDDLE)},
	{"log.xz", CONTENT_XZ, false, ALL & ~BUT(MIDDLE)},
	{"log.zst", CONTENT_ZSTD, false, ALL & ~BUT(MIDDLE) & ~BUT(LAST)},
	{"files.tar", CONTENT_TAR, false, ALL & ~BUT(LAST)},
	{"drawing.svg", CONTENT_XML, false, ALL},
	{"drawing.pdf", CONTENT_PDF, false, ALL},
	{"picture.png", CONTENT_PNG, false, ALL},
	{"picture.jpg", CONTENT_JPEG, false, ALL},
	{"voice.wav", CONTENT_WAV, false, ALL},
	{"letter.doc", CONTENT_OLE2, false, ALL & ~BUT(MIDDLE) & ~BUT(LAST)},
	{"image.dcm", CONTENT_DICOM, false, ALL},
	{"base.sqlite", CONTENT_SQLITE, false, ALL},
	{"secret.gpg", CONTENT_PGP, true, ALL & ~BUT(MIDDLE) & ~BUT(LAST)},
	{"secret.asc", CONTENT_PGP, true, ALL},
	{"secret.age", CONTENT_AGE, true, ALL & ~BUT(MIDDLE) & ~BUT(LAST) & ~BUT(CUT)},
};

static void load_file(size_t i, struct buf *ret, char path[256])
{
	snprintf(path, 256, "tests/data/content/%s", files[i].name);
	load(path, ret);
}

static void valid_in_any_pieces(void **state)
{
	static const size_t pieces[] = {1, 2, 3, 7, 511, 4096, 4097, 65536};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_BUF struct buf b;
		char path[256];
		load_file(i, &b, path);
		struct content_report first = {0};
		for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
			struct content_report r = check_pieces(path, buf_slice(&b), pieces[k]);
			if (r.type != files[i].type || r.state != CONTENT_VALID || r.named != files[i].type || r.encrypted != files[i].encrypted ||
				r.appended || r.why[0])
				fail_msg("%s in pieces of %zu: %s, state %d, %s", path, pieces[k], content_type_name(r.type), r.state, r.why);
			if (k)
				assert_memory_equal(&first.f, &r.f, sizeof r.f);
			first = r;
		}
		assert_int_equal(first.f.size, b.n);
		assert_int_equal(first.f.blocks, b.n / 4096);
	}
}

static void spoil(int pattern, struct buf *b)
{
	size_t n = b->n;
	switch (pattern) {
	case WHOLE:
		noise(b->p, n, 1);
		break;
	case FIRST_KIB:
		noise(b->p, n < 1024 ? n : 1024, 2);
		break;
	case STRIPES:
		for (size_t i = 0; i < n; i += 65536)
			noise(b->p + i, n - i < 4096 ? n - i : 4096, i);
		break;
	case SIXTEEN:
		for (size_t i = 0; i < n; i += 32)
			noise(b->p + i, n - i < 16 ? n - i : 16, i);
		break;
	case MIDDLE:
		noise(b->p + n / 3, n / 3, 3);
		break;
	case LAST:
		noise(b->p + n - n / 4, n / 4, 4);
		break;
	case BASE64: {
		AUTO_BUF struct buf copy;
		noise(b->p, n, 5);
		buf_init(&copy, BYTES_MOST);
		base64_put(&copy, buf_slice(b));
		buf_reset(b);
		buf_add_slice(b, buf_slice(&copy));
		break;
	}
	default:
		b->n = n * 2 / 3;
	}
}

static void damage_is_told(void **state)
{
	static const char *const names[PATTERNS] = {"whole", "first KiB", "stripes", "sixteen of 32", "middle", "last quarter", "base64", "cut"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		for (int k = 0; k < PATTERNS; k++) {
			AUTO_BUF struct buf b;
			char path[256];
			if (!(files[i].sees >> k & 1))
				continue;
			load_file(i, &b, path);
			spoil(k, &b);
			struct content_report r = check_slice(path, buf_slice(&b));
			if (r.state != CONTENT_LOST || !r.why[0])
				fail_msg("%s, %s: %s, state %d", path, names[k], content_type_name(r.type), r.state);
			if (k == CUT && !strstr(r.why, "truncated"))
				fail_msg("%s is cut off: %s", path, r.why);
		}
}

/* One byte changed, anywhere that a sum covers. */
static void sums_are_checked(void **state)
{
	static const char *const summed[] = {"picture.png", "stored.zip", "secret.asc"};
	for (size_t i = 0; i < ARRAY_LEN(summed); i++) {
		AUTO_BUF struct buf b;
		char path[256];
		snprintf(path, sizeof path, "tests/data/content/%s", summed[i]);
		load(path, &b);
		for (size_t at = 60; at + 60 < b.n; at += 97) {
			uint8_t was = b.p[at];
			b.p[at] = was == 'A' ? 'B' : 'A';
			if (i == 1 || was == '\n') { /* times and attributes of a zip's headers are nobody's sum */
				b.p[at] = was;
				continue;
			}
			assert_int_equal(check_slice(path, buf_slice(&b)).state, CONTENT_LOST);
			b.p[at] = was;
		}
	}
	AUTO_BUF struct buf b;
	load("tests/data/content/stored.zip", &b);
	b.p[1000] ^= 1;
	assert_lost(check_slice("stored.zip", buf_slice(&b)), CONTENT_ZIP);
}

static void what_stands_behind(void **state)
{
	static const char *const names[] = {"picture.png", "picture.jpg", "letter.docx", "log.gz", "files.tar", "drawing.pdf"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_BUF struct buf b;
		char path[256];
		uint8_t more[512] = {0};
		snprintf(path, sizeof path, "tests/data/content/%s", names[i]);
		load(path, &b);
		size_t n = b.n;
		struct content_report r;
		if (i < 5) {
			buf_add(&b, more, sizeof more);
			r = check_slice(path, buf_slice(&b));
			assert_int_equal(r.state, CONTENT_VALID);
			assert_false(r.appended); /* zeros are padding */
		}
		b.n = n;
		noise(more, 200, i);
		buf_add(&b, more, 200);
		r = check_slice(path, buf_slice(&b));
		assert_int_equal(r.state, CONTENT_VALID);
		assert_true(r.appended);
	}
}

/* A whole picture in front of what was enciphered. A film behind a picture is another matter: telephones write that. */
static void noise_behind_a_picture(void **state)
{
	static const char *const names[] = {"picture.png", "picture.jpg"};
	static uint8_t more[40000];
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (int film = 0; film < 2; film++) {
			AUTO_BUF struct buf b;
			char path[256];
			snprintf(path, sizeof path, "tests/data/content/%s", names[i]);
			load(path, &b);
			noise(more, sizeof more, i);
			if (film)
				buf_add(&b, "\0\0\0\x18"
					    "ftypmp42\0\0\0\0isommp42\0\0\x9C\x48mdat", 32);
			buf_add(&b, more, sizeof more);
			for (size_t piece = 997; piece <= 65536; piece += 64539) {
				struct content_report r = check_pieces(path, buf_slice(&b), piece);
				assert_int_equal(r.state, film ? CONTENT_VALID : CONTENT_LOST);
			}
		}
}

/* Of noise of one block one in a thousand is over the 99.9 % point: nobody's picture may pass for whole by that. */
static void noise_of_one_block(void **state)
{
	static uint8_t more[4000];
	AUTO_BUF struct buf b;
	load("tests/data/content/picture.png", &b);
	size_t picture = b.n;
	for (uint64_t seed = 0; seed < 3000; seed++) {
		size_t n = 300 + seed % 3700;
		noise(more, n, seed);
		b.n = picture;
		buf_add(&b, more, n);
		struct content_report r = check_slice("picture.png", buf_slice(&b));
		if (r.state != CONTENT_LOST)
			fail_msg("%zu bytes of noise, seed %llu, are not seen", n, (unsigned long long)seed);
	}
}

static void git_crypt(void **state)
{
	uint8_t b[300] = "\0GITCRYPT\0";
	noise(b + 10, sizeof b - 10, 3);
	struct content_report r = check_slice("settings.json", slice_of(b, sizeof b));
	assert_int_equal(r.type, CONTENT_GITCRYPT);
	assert_int_equal(r.state, CONTENT_VALID);
	assert_true(r.encrypted);
	b[3] ^= 1;
	r = check_slice("settings.json", slice_of(b, sizeof b));
	assert_int_not_equal(r.type, CONTENT_GITCRYPT);
}

/* Not one byte of any prefix may be read behind its end, and none is taken for whole (address sanitizer sees the first). */
static void every_prefix(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_BUF struct buf b;
		char path[256];
		load_file(i, &b, path);
		for (size_t n = 1; n < b.n; n += n < 700 ? 1 : 1709) {
			uint8_t *exact = malloc(n);
			assert_non_null(exact);
			memcpy(exact, b.p, n);
			struct content_report r = check_slice(path, slice_of(exact, n));
			free(exact);
			/* a tar may end behind any member, DICOM behind any element, age at any byte */
			if (files[i].type != CONTENT_TAR && files[i].type != CONTENT_DICOM && files[i].type != CONTENT_AGE &&
				r.type == files[i].type && r.state == CONTENT_VALID && n + 700 < b.n && !(files[i].type == CONTENT_GZIP && n > 6000))
				fail_msg("%s cut at %zu of %zu is valid", path, n, b.n);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(noise_behind_a_picture), cmocka_unit_test(noise_of_one_block), cmocka_unit_test(git_crypt), cmocka_unit_test(valid_in_any_pieces), cmocka_unit_test(damage_is_told),
		cmocka_unit_test(sums_are_checked), cmocka_unit_test(what_stands_behind), cmocka_unit_test(every_prefix)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
