/* Real files that nobody here wrote: every one is cut, parsed, shown, framed and acknowledged; and every prefix length of some of them, and broken copies. Skipped (77) where they are not. */
#include "hl7_test.h"

#include <dirent.h>
#include <sys/stat.h>

static struct {
	size_t files, messages, envelopes, junk, segments;
} seen;

static bool left_out_byte(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0x0b || c == 0x1c || c == 0;
}

/* Fields put together again with the separator are the line; subcomponents put together are the field. */
static void joined_again(const struct hl7_msg *m, const struct hl7_segment *s)
{
	struct slice name = hl7_segment_name(m, s);
	uint32_t at = s->at + (uint32_t)name.n;
	bool header = s->id[0] && s->fields && hl7_field(m, s, 1).n == 1 && m->fields[s->first].at == s->at + 3;
	for (unsigned f = header ? 2 : 1; f <= s->fields; f++) {
		struct hl7_span span = m->fields[s->first + f - 1];
		assert_int_equal(m->text.p[at], m->d.field);
		assert_int_equal(span.at, at + 1);
		at += 1 + span.n;
	}
	assert_int_equal(at, s->at + s->n);
	struct hl7_walk w;
	size_t parts = 0;
	for (hl7_walk_segment(&w, m, s); hl7_walk_next(&w); parts++) {
		struct slice again = hl7_sub(m, hl7_comp(m, hl7_rep(m, hl7_field(m, s, w.field), w.rep), w.comp), w.sub);
		assert_ptr_equal(again.p, w.value.p);
		assert_int_equal(again.n, w.value.n);
	}
	assert_true(parts >= s->fields);
}

static void read_message(struct slice s)
{
	struct parsed p;
	parse_ok(&p, s);
	seen.segments += p.m.count;
	for (uint32_t i = 0; i < p.m.count; i++)
		joined_again(&p.m, &p.m.segments[i]);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 64 << 20);
	struct jsonw w;
	jsonw_init(&w, &b);
	hl7_show_json(&p.m, p.problems, p.count, p.a, &w);
	jsonw_done(&w);
	struct json_node *tree;
	assert_int_equal(json_tree(buf_slice(&b), p.a, &tree, &p.e), 0);
	const struct json_node *segments = json_get(tree, "segments");
	assert_int_equal(segments->count, p.m.count);
	uint32_t i = 0;
	for (const struct json_node *n = segments->child; n; n = n->next, i++)
		assert_int_equal(n->count, 1 + p.m.segments[i].fields); /* so that the nth element is field n */
	done(&p);

	/* over the wire, and what the ward's engine gets back */
	buf_reset(&b);
	hl7_mllp_wrap(&b, s);
	struct hl7_mllp m;
	struct hl7_frame f;
	size_t have;
	hl7_mllp_init(&m, HL7_MESSAGE_MAX);
	memcpy(hl7_mllp_space(&m, b.n, &have), b.p, b.n);
	hl7_mllp_fed(&m, b.n);
	hl7_mllp_next(&m, &f);
	assert_int_equal(f.type, HL7_FRAME_MESSAGE);
	assert_true(slice_eq(f.bytes, s));
	struct hl7_header h, back;
	hl7_header_read(f.bytes, &h);
	buf_reset(&b);
	hl7_ack_write(&h, HL7_ACK_ALWAYS_AA, HL7_STORED, "ID", 0, &b);
	hl7_header_read(buf_slice(&b), &back);
	assert_true(back.ok);
	assert_true(slice_eq(back.receiving_app, h.sending_app) && slice_eq(back.sending_fac, h.receiving_fac));
	parse_ok(&p, buf_slice(&b));
	assert_true(slice_eq(hl7_field(&p.m, hl7_segment(&p.m, "MSA", 0), 2), h.control_id));
	assert_slice(hl7_get(&p.m, "MSA-1"), "AA");
	done(&p);
	hl7_mllp_done(&m);
}

static void read_file(struct slice s)
{
	struct hl7_file f;
	struct hl7_piece p;
	size_t at = 0;
	hl7_file_init(&f, s);
	for (hl7_file_next(&f, &p); p.type != HL7_PIECE_END; hl7_file_next(&f, &p)) {
		for (; at < p.offset; at++)
			assert_true(left_out_byte(s.p[at]));
		assert_ptr_equal(p.bytes.p, s.p + p.offset);
		at += p.bytes.n;
		seen.messages += p.type == HL7_PIECE_MESSAGE;
		seen.envelopes += p.type == HL7_PIECE_ENVELOPE;
		seen.junk += p.type == HL7_PIECE_JUNK;
		if (p.type == HL7_PIECE_MESSAGE)
			read_message(p.bytes);
	}
	for (; at < s.n; at++)
		assert_true(left_out_byte(s.p[at]));
	seen.files++;
}

/* The same file with bytes changed, cut off, and doubled: nothing asserts, nothing is read outside (the sanitizer build sees it). */
static void break_file(struct slice s, unsigned seed)
{
	uint8_t *copy = malloc(s.n ? s.n : 1);
	srand(seed);
	for (int round = 0; round < 6 && s.n; round++) {
		size_t n = round % 2 ? (size_t)rand() % s.n : s.n;
		memcpy(copy, s.p, n);
		for (size_t i = 0; round && n && i < 1 + n / 200; i++)
			copy[(size_t)rand() % n] = (uint8_t) "|^~\\&\r\n\x0b\x1c\x1bM\xff\xfe\x80"[(size_t)rand() % 15];
		struct hl7_show show;
		struct err e = {0};
		int r;
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 256 << 20);
		hl7_show_init(&show, "x", slice_of(copy, n));
		while ((r = hl7_show_next(&show, &b, &e)) > 0)
			;
		assert_int_equal(r, 0);
	}
	free(copy);
}

static void walk_folder(const char *path, void (*each)(struct slice, const char *))
{
	DIR *d = opendir(path);
	struct dirent *de;
	while (d && (de = readdir(d))) {
		char name[4096];
		struct stat st;
		snprintf(name, sizeof name, "%s/%s", path, de->d_name);
		size_t n = strlen(de->d_name);
		if (de->d_name[0] == '.' || stat(name, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			walk_folder(name, each);
		} else if (n < 3 || strcmp(de->d_name + n - 3, ".md") != 0) {
			AUTO_BUF struct buf b = {0};
			struct err e = {0};
			buf_init(&b, 1 << 30);
			assert_int_equal(file_read(AT_FDCWD, name, 1 << 30, &b, &e), 0);
			each(buf_slice(&b), name);
		}
	}
	if (d)
		closedir(d);
}

static void whole(struct slice s, const char *name)
{
	read_file(s);
}

static void broken(struct slice s, const char *name)
{
	unsigned seed = 0;
	for (const char *p = name; *p; p++)
		seed = seed * 31 + (unsigned)*p;
	break_file(s, seed);
}

static char corpus[4096];

static void all_files(void **state)
{
	walk_folder(corpus, whole);
	print_message("%zu files, %zu messages, %zu segments, %zu envelope lines, %zu pieces of junk\n", seen.files, seen.messages, seen.segments, seen.envelopes, seen.junk);
	assert_true(seen.files > 600 && seen.messages > 700);
}

static void broken_files(void **state)
{
	walk_folder(corpus, broken);
}

int main(void)
{
	const char *root = getenv("HOLDFAST_CORPUS");
	snprintf(corpus, sizeof corpus, "%s/hl7v2", root ? root : "../shared/corpus");
	struct stat st;
	if (stat(corpus, &st) < 0) {
		printf("skipped: no corpus\n");
		return 77;
	}
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_files), cmocka_unit_test(broken_files)};
	return cmocka_run_group_tests_name("hl7_corpus", tests, NULL, NULL);
}
