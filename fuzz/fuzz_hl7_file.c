/* Any bytes as a file: the pieces stand in order, do not overlap, and leave out blanks, line ends, frame bytes and NULs only; showing it gives JSON lines. */
#include "hl7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void left_out(struct slice s, size_t from, size_t to, int wide)
{
	for (size_t i = from; i < to; i += wide ? 2 : 1) {
		int c = !wide ? s.p[i] : i + 1 >= s.n ? -1 : wide == HL7_CS_UTF16LE ? s.p[i] | s.p[i + 1] << 8 : s.p[i + 1] | s.p[i] << 8;
		assert(c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0x0b || c == 0x1c || c == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);
	struct hl7_file f;
	struct hl7_piece p;
	size_t at = 0, messages = 0, pieces = 0;
	hl7_file_init(&f, s);
	for (hl7_file_next(&f, &p); p.type != HL7_PIECE_END; hl7_file_next(&f, &p)) {
		assert(p.offset >= at && p.bytes.n > 0 && p.bytes.p == s.p + p.offset && p.offset + p.bytes.n <= s.n);
		left_out(s, at, p.offset, f.wide);
		at = p.offset + p.bytes.n;
		messages += p.type == HL7_PIECE_MESSAGE;
		pieces++;
		/* a piece alone is one piece, of the same kind (a line of junk may be blank-started UTF-16 once it is alone) */
		struct hl7_file alone;
		struct hl7_piece q;
		hl7_file_init(&alone, p.bytes);
		if (alone.wide == f.wide && p.type != HL7_PIECE_JUNK) {
			hl7_file_next(&alone, &q);
			assert(q.type == p.type && slice_eq(q.bytes, p.bytes));
			hl7_file_next(&alone, &q);
			assert(q.type == HL7_PIECE_END);
		}
	}
	left_out(s, at, s.n, f.wide);
	hl7_looks_like(s);
	AUTO_BUF struct buf whose = {0};
	buf_init(&whose, 1 << 20);
	if (hl7_whose(s, &whose)) { /* what comes out is a message, of whom it says what the whole did */
		struct hl7_header h;
		hl7_header_read(buf_slice(&whose), &h);
		assert(h.ok);
	}

	AUTO_BUF struct buf out = {0};
	buf_init(&out, 256 << 20);
	struct hl7_show show;
	struct err e = {0};
	size_t lines = 0;
	int r;
	hl7_show_init(&show, "f", s);
	while ((r = hl7_show_next(&show, &out, &e)) > 0) {
		struct arena *a = arena_new(512 << 20);
		struct json_node *tree;
		assert(out.p[out.n - 1] == '\n');
		assert(json_tree(slice_of(out.p, out.n - 1), a, &tree, &e) == 0);
		assert(json_get(tree, "segments") && json_get(tree, "problems"));
		arena_free(a);
		buf_reset(&out);
		lines++;
	}
	assert(r == 0 && (messages ? lines == messages : lines == (pieces > 0)));
	return 0;
}
