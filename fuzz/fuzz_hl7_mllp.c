/* Any byte stream as MLLP: fed whole, byte by byte, and in pieces that the input itself chooses, it gives the same frames; and no byte is handed out twice. */
#include "hl7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note(struct buf *log, const struct hl7_frame *f)
{
	uint32_t head[3] = {(uint32_t)f->type, f->odd, (uint32_t)f->bytes.n};
	buf_add(log, head, sizeof head);
	buf_add_slice(log, f->bytes);
}

/* step 0: pieces as long as the bytes of the input say. */
static size_t run(struct slice s, size_t step, bool idle, struct buf *log)
{
	struct hl7_mllp m;
	struct hl7_frame f;
	size_t out = 0;
	hl7_mllp_init(&m, 1 << 20);
	for (size_t i = 0; i < s.n;) {
		size_t n = step ? step : 1 + s.p[s.n - 1 - i] % 37, have;
		n = n < s.n - i ? n : s.n - i;
		uint8_t *to = hl7_mllp_space(&m, n, &have);
		assert(to && have >= n);
		memcpy(to, s.p + i, n);
		hl7_mllp_fed(&m, n);
		i += n;
		for (hl7_mllp_next(&m, &f); f.type != HL7_FRAME_NONE; hl7_mllp_next(&m, &f), out += 0) {
			out += f.bytes.n;
			note(log, &f);
		}
		if (idle && hl7_mllp_may_end(&m)) {
			hl7_mllp_idle(&m, &f);
			assert(f.type != HL7_FRAME_NONE || m.at == m.in.n); /* an empty frame may end, too */
			for (; f.type != HL7_FRAME_NONE; hl7_mllp_idle(&m, &f))
				out += f.bytes.n;
		}
	}
	for (hl7_mllp_eof(&m, &f); f.type != HL7_FRAME_NONE; hl7_mllp_eof(&m, &f)) {
		out += f.bytes.n;
		note(log, &f);
	}
	assert(out <= s.n);
	hl7_mllp_done(&m);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);
	AUTO_BUF struct buf whole = {0}, bytes = {0}, pieces = {0}, rest = {0};
	buf_init(&whole, 16 << 20);
	buf_init(&bytes, 16 << 20);
	buf_init(&pieces, 16 << 20);
	buf_init(&rest, 16 << 20);
	run(s, size ? size : 1, false, &whole);
	if (size < 4096)
		run(s, 1, false, &bytes);
	run(s, 0, false, &pieces);
	run(s, 0, true, &rest);
	assert(size >= 4096 || slice_eq(buf_slice(&whole), buf_slice(&bytes)));
	assert(slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	return 0;
}
