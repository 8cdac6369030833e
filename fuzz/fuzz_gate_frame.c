/* A partner's bytes: cut into pieces of any size they are the same frames as in one piece, no byte is lost or made up, and what is read of a message lies within it. Answers of ours read as answers to it. The same bytes as a link in JSON. */
#include "gate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MUST_BE(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static bool within(struct slice part, struct slice whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* AE for what does not read or has no control id, although it is kept: never AR. */
static void check_answer(struct slice answer)
{
	struct gate_frames f = {0};
	struct gate_message m;
	struct slice frame;
	size_t used;
	if (!answer.n)
		return;
	if (gate_frame_next(&f, answer, &frame, &used) != 1)
		return; /* a control id that holds an FS: nobody can be answered about it */
	gate_message_read(frame, &m);
	MUST_BE(!m.ok || !m.answer || gate_verdict_of(m.answer_code) != GATE_PERSON);
}

static void check_message(struct slice frame)
{
	struct gate_message m, again;
	struct slice content = slice_of(frame.p + 1, frame.n - 3);
	struct gate_link l = {.out = true, .protocol = GATE_MLLP, .types = {"ADT"}, .types_n = 1};
	uint8_t key[GATE_KEY], other[GATE_KEY];
	gate_message_read(frame, &m);
	MUST_BE(within(m.type, frame) && within(m.control_id, frame) && within(m.answer_code, frame) && within(m.answer_to, frame));
	MUST_BE(m.ok || (!m.answer && !m.test));
	MUST_BE(!m.ok || (!memchr(content.p, 0x0b, content.n) && !memchr(content.p, 0x1c, content.n)));
	struct gate_asked asked = {0};
	MUST_BE(!gate_asked_take(&asked, &m));
	MUST_BE(gate_asked_add(&asked, m.answer_to) == 0);
	MUST_BE(gate_asked_take(&asked, &m) == m.answer);
	gate_asked_done(&asked);
	gate_message_key(frame, m.control_id, key);
	for (int s = GATE_CUT; s < GATE_STATES; s++) {
		enum gate_way way = gate_passes(&l, (enum gate_state)s, &m);
		MUST_BE(s >= GATE_TEST || (way == GATE_WAIT && !gate_passes_back(&l, (enum gate_state)s, &m)));
		MUST_BE(s != GATE_TEST || (way == GATE_PASS) == (m.ok && m.test));
	}
	if (content.n && content.p[0] != 0x0b && !(content.n >= 2 && content.p[content.n - 1] == '\r' && content.p[content.n - 2] == 0x1c)) {
		gate_message_read(content, &again); /* bare as in its frame */
		MUST_BE(again.ok == m.ok && again.answer == m.answer && again.test == m.test && slice_eq(again.control_id, m.control_id) && slice_eq(again.answer_to, m.answer_to));
		gate_message_key(content, again.control_id, other);
		MUST_BE(!memcmp(key, other, sizeof key));
	}
	(void)gate_verdict_of(m.answer_code);
	AUTO_BUF struct buf no = {0}, yes = {0};
	buf_init(&no, 1 << 20);
	buf_init(&yes, 1 << 20);
	gate_refusal(frame, "later", INT64_C(1790000000) * TIME_SEC, &no);
	gate_accepted(frame, INT64_C(1790000000) * TIME_SEC, &yes);
	struct gate_message it = {.ok = true, .answer = true, .answer_to = gate_answer_id(content)};
	MUST_BE(within(it.answer_to, frame));
	MUST_BE(gate_answers(content, &it) == GATE_ANSWERS_IT);
	MUST_BE(gate_answers(content, &m) != GATE_ANSWERS_PART || m.answer);
	MUST_BE(gate_owed(content) <= GATE_OWED_NOTHING);
	MUST_BE(!gate_blank(frame) || (gate_owed(content) == GATE_OWED_ANSWER && !it.answer_to.n));
	check_answer(buf_slice(&no));
	check_answer(buf_slice(&yes));
}

/* What comes out, fed in pieces that follow from seed; 0: in one. Returns the bytes that are left. */
static size_t run(struct slice in, uint32_t seed, struct buf *out, size_t *odd)
{
	struct gate_frames f = {0};
	AUTO_BUF struct buf have = {0};
	buf_init(&have, GATE_FRAME_MAX + in.n + 1);
	for (size_t at = 0; at < in.n;) {
		size_t piece = seed ? 1 + (seed >> 16) % 37 : in.n, used;
		struct slice frame;
		int r;
		seed = seed ? seed * 1103515245u + 12345u : 0;
		piece = piece < in.n - at ? piece : in.n - at;
		buf_add(&have, in.p + at, piece);
		at += piece;
		while ((r = gate_frame_next(&f, buf_slice(&have), &frame, &used)) > 0) {
			MUST_BE(frame.n >= 3 && used >= frame.n && used <= have.n && frame.p[0] == 0x0b && frame.p[frame.n - 2] == 0x1c && frame.p[frame.n - 1] == '\r');
			if (!seed)
				check_message(frame);
			buf_u64le(out, frame.n);
			buf_add_slice(out, frame);
			buf_drop(&have, used);
		}
		if (r < 0) {
			MUST_BE(r == ERR_LIMIT && have.n > GATE_FRAME_MAX);
			break;
		}
		buf_drop(&have, used);
	}
	*odd = f.odd;
	return have.n;
}

static void as_link(struct slice json)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf b = {0};
	struct json_node *n;
	struct gate_link l, back;
	struct gate_standing st;
	struct jsonw w;
	struct err e = {0};
	if (!a || json_tree(json, a, &n, &e) < 0)
		return;
	gate_standing_read(n, &st);
	MUST_BE((unsigned)st.state < GATE_STATES);
	if (gate_link_read(n, &l, &e) < 0)
		return;
	buf_init(&b, 1 << 18);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	gate_link_put(&l, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	MUST_BE(json_tree(buf_slice(&b), a, &n, &e) == 0 && gate_link_read(n, &back, &e) == 0 && gate_link_same(&l, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_BUF struct buf whole = {0}, pieces = {0};
	size_t odd, odd_pieces;
	if (n < 2)
		return 0;
	struct slice in = slice_of(data + 2, n - 2);
	buf_init(&whole, 16 * n + 64);
	buf_init(&pieces, 16 * n + 64);
	size_t left = run(in, 0, &whole, &odd), left_pieces = run(in, 1u + data[0] + ((uint32_t)data[1] << 16), &pieces, &odd_pieces);
	MUST_BE(odd == odd_pieces && left == left_pieces && slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	size_t frames = 0;
	for (struct cur c = cur_of(buf_slice(&whole)); cur_left(&c);) {
		size_t size = (size_t)cur_u64le(&c);
		(void)cur_take(&c, size);
		frames += size;
	}
	MUST_BE(in.n > GATE_FRAME_MAX || frames + odd + left == in.n);
	as_link(in);
	return 0;
}
