/* Every fixture tests/data/hl7/facts-X.hl7, written from the standard, against what it must say: facts-X.txt, one fact a line (facts_dump). */
#include "facts_test.h"

#include <glob.h>

static void dump_file(struct slice text, struct buf *out)
{
	AUTO_ARENA struct arena *a = arena_new(64 << 20);
	struct hl7_file f;
	struct hl7_piece p;
	hl7_file_init(&f, text);
	for (hl7_file_next(&f, &p); p.type != HL7_PIECE_END; hl7_file_next(&f, &p)) {
		if (p.type != HL7_PIECE_MESSAGE)
			continue;
		struct hl7_msg m;
		struct facts facts;
		read_facts(p.bytes, a, &m, &facts);
		facts_dump(&facts, out);
		arena_reset(a);
	}
	assert_true(buf_ok(out));
}

/* Says which line differs first, and how. */
static void compare(const char *name, struct slice got, struct slice want)
{
	for (unsigned line = 1; got.n || want.n; line++) {
		struct slice g = slice_cut(got, '\n', &got), w = slice_cut(want, '\n', &want);
		if (!slice_eq(g, w))
			fail_msg("%s line %u\n  is      %.*s\n  must be %.*s", name, line, SLICE_FMT(g), SLICE_FMT(w));
	}
}

static void golden(void **state)
{
	glob_t g;
	assert_int_equal(glob(HF_SOURCE_DIR "/tests/data/hl7/facts-*.hl7", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= 16);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		AUTO_BUF struct buf in = {0}, want = {0}, got = {0};
		buf_init(&in, 1 << 20);
		buf_init(&want, 1 << 20);
		buf_init(&got, 1 << 20);
		load(g.gl_pathv[i], &in);
		char name[256];
		snprintf(name, sizeof name, "%.*s.txt", (int)(strlen(g.gl_pathv[i]) - 4), g.gl_pathv[i]);
		load(name, &want);
		dump_file(buf_slice(&in), &got);
		compare(name, buf_slice(&got), buf_slice(&want));
	}
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(golden)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
