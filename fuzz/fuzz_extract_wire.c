/* What the child says, when something else speaks through it: frames that are accepted say the same when they are written again. */
#include "extract_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf b = {0};
	struct extract_piece p, q;
	struct extract_trouble t;
	buf_init(&b, 4 * EXTRACT_FRAME_MAX);
	if (extract_wire_trouble_get(slice_of(data, size), SLICE("m"), &t) == 0) {
		for (const char *c = t.why; *c; c++)
			if (*c < 0x20 || *c > 0x7E)
				abort();
	}
	if (extract_wire_piece_get(slice_of(data, size), SLICE("m"), &p) < 0)
		return 0;
	if (!utf8_valid(p.text) || !utf8_valid(p.name) || p.role < 0 || p.role >= PERSON_ROLES_N || p.who < 0 || p.who > PERSON_ANYBODY || p.text.n > EXTRACT_PIECE_MAX)
		abort();
	extract_wire_piece(&b, &p);
	if (!buf_ok(&b) || extract_wire_piece_get(slice_of(b.p + EXTRACT_FRAME_HEAD, b.n - EXTRACT_FRAME_HEAD), SLICE("m"), &q) < 0)
		abort();
	if (q.kind != p.kind || q.role != p.role || q.who != p.who || q.offset != p.offset || !slice_eq(q.text, p.text) || (p.name.n < EXTRACT_NAME_MAX && !slice_eq(q.name, p.name)))
		abort();
	return 0;
}
