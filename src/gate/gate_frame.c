/* gate_frame: frames off a stream, and the little that the relay reads of a message.
 *
 * Strict where the feed's reader (hl7/mllp.c) is tolerant: what is not VT ... FS CR does not reach the other side, for it would be read there by something that nobody inspected. */
#include "gate.h"
#include "hl7.h"

#include <stdlib.h>

#define VT 0x0b
#define FS 0x1c
#define CR 0x0d
#define MSA_WITHIN ((size_t)8 << 10) /* of a message */

int gate_frame_next(struct gate_frames *f, struct slice in, struct slice *ret, size_t *ret_used)
{
	*ret_used = 0;
	if (in.n == 0)
		return 0;
	const uint8_t *vt = in.p[0] == VT ? in.p : memchr(in.p, VT, in.n);
	size_t junk = vt ? (size_t)(vt - in.p) : in.n;
	if (junk) {
		f->odd += junk;
		f->scanned = 0;
		*ret_used = junk;
		in = slice_of(in.p + junk, in.n - junk);
		if (!vt)
			return 0;
	}
	size_t at = f->scanned > 1 ? f->scanned - 1 : 1; /* an FS that stood last may have its CR now */
	for (;;) {
		const uint8_t *fs = at < in.n ? memchr(in.p + at, FS, in.n - at) : NULL;
		if (!fs || fs + 1 == in.p + in.n)
			break;
		if (fs[1] == CR) {
			size_t n = (size_t)(fs + 2 - in.p);
			if (n > GATE_FRAME_MAX)
				return ERR_LIMIT;
			*ret = slice_of(in.p, n);
			*ret_used += n;
			f->scanned = 0;
			return 1;
		}
		at = (size_t)(fs + 1 - in.p);
	}
	f->scanned = in.n;
	return in.n > GATE_FRAME_MAX ? ERR_LIMIT : 0;
}

static struct slice bare(struct slice s)
{
	if (s.n && s.p[0] == VT)
		s = slice_of(s.p + 1, s.n - 1);
	if (s.n >= 2 && s.p[s.n - 1] == CR && s.p[s.n - 2] == FS)
		s.n -= 2;
	return s;
}

static struct slice two_components(struct slice type, uint8_t comp)
{
	struct slice rest, first = slice_cut(type, comp, &rest), after;
	if (!rest.p)
		return type;
	struct slice second = slice_cut(rest, comp, &after);
	return slice_of(first.p, first.n + 1 + second.n);
}

/* Right behind MSH, SFT and UAC (v2.9, 2.13). A message that says of itself that it is an acknowledgement may have something else in between. */
static struct slice find_msa(struct slice m, size_t at, uint8_t field, bool ack)
{
	size_t end = m.n < MSA_WITHIN ? m.n : MSA_WITHIN;
	while (at + 4 < end) {
		const uint8_t *p = m.p + at;
		if (*p == CR || *p == '\n') {
			at++;
			continue;
		}
		if (!memcmp(p, "MSA", 3) && p[3] == field)
			return slice_of(p + 4, m.n - at - 4);
		if (!ack && memcmp(p, "SFT", 3) && memcmp(p, "UAC", 3))
			break;
		while (at < end && m.p[at] != CR && m.p[at] != '\n')
			at++;
	}
	return SLICE_NULL;
}

static void read_answer(struct slice m, const struct hl7_header *h, struct gate_message *ret)
{
	struct slice rest, kind = slice_cut(h->type, h->d.comp, &rest);
	struct slice line = find_msa(m, (size_t)(h->line.p + h->line.n - m.p), h->d.field, slice_eq_str(kind, "ACK"));
	if (!line.n)
		return;
	line = slice_cut(line, CR, &rest);
	line = slice_cut(line, '\n', &rest);
	ret->answer = true;
	ret->answer_code = slice_cut(line, h->d.field, &rest);
	if (rest.p)
		ret->answer_to = slice_cut(rest, h->d.field, &rest);
}

/* Bytes of the transport inside of a message: none are allowed there (MLLP release 1), and who reads frames loosely begins a new message at them. */
static bool nested(struct slice m)
{
	return memchr(m.p, VT, m.n) || memchr(m.p, FS, m.n);
}

bool gate_blank(struct slice frame)
{
	return slice_trim(bare(frame)).n == 0;
}

void gate_message_read(struct slice frame, struct gate_message *ret)
{
	struct slice m = bare(frame);
	struct hl7_header h;
	*ret = (struct gate_message){0};
	hl7_header_read(m, &h);
	if (!h.ok || h.wide)
		return; /* in UTF-16: nothing here reads it, and LIMITED and TEST do not let it pass */
	ret->ok = !nested(m);
	ret->type = two_components(h.type, h.d.comp);
	ret->control_id = h.control_id;
	ret->sender = h.sending_app;
	struct slice rest;
	ret->test = ret->ok && slice_eq_str(slice_trim(slice_cut(h.processing, h.d.comp, &rest)), "T");
	if (ret->ok)
		read_answer(m, &h, ret);
}

/* Two FNV-1a of different offset would do against accidents; a sender is not to be trusted with finding two that collide, but all that it could lose by that is a message of its own. */
static uint64_t mix(uint64_t h, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		h ^= s.p[i];
		h *= UINT64_C(0x100000001b3);
	}
	h ^= s.n;
	h *= UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 33;
}

void gate_message_key(struct slice content, struct slice control_id, uint8_t ret[GATE_KEY])
{
	struct slice m = bare(content);
	uint64_t a = mix(mix(UINT64_C(0xcbf29ce484222325), control_id), m), b = mix(mix(UINT64_C(0x9e3779b97f4a7c15), m), control_id);
	memcpy(ret, &a, sizeof a);
	memcpy(ret + sizeof a, &b, sizeof b);
}

/* Of the connection's far side: what it was sent, as 64 bits a control id. Two ids that are one by accident, or by a sender's art, let an answer through that names the other: no more than it could have by naming the first. */
static uint64_t asked_key(struct slice control_id)
{
	uint64_t k = mix(UINT64_C(0xcbf29ce484222325), control_id) & ~UINT64_C(1);
	return k ? k : 2;
}

/* In order, without those that were answered; and in twice the room where those left need it. */
static int asked_room(struct gate_asked *a)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n; i++)
		n += a->key[i] != 0;
	if (n > a->room / 2 || !a->room) {
		size_t room = a->room ? 2 * a->room : 64;
		uint64_t *key = room <= GATE_ASKED_MAX ? reallocarray(a->key, room, sizeof *key) : a->key;
		if (!key)
			return ERR_MEMORY;
		a->key = key;
		a->room = room <= GATE_ASKED_MAX ? room : a->room;
	}
	n = 0;
	for (size_t i = 0; i < a->n; i++)
		if (a->key[i])
			a->key[n++] = a->key[i];
	a->n = n;
	a->first = 0;
	return 0;
}

int gate_asked_add(struct gate_asked *a, struct slice control_id)
{
	if (a->n == a->room && asked_room(a) < 0)
		return ERR_MEMORY;
	if (a->n == a->room) { /* a quarter of them goes: their answers are late beyond all measure */
		a->n -= a->room / 4;
		a->first = 0;
		memmove(a->key, a->key + a->room / 4, a->n * sizeof *a->key);
	}
	a->key[a->n++] = asked_key(control_id);
	return 0;
}

bool gate_asked_take(struct gate_asked *a, const struct gate_message *m)
{
	uint64_t key = asked_key(m->answer_to);
	bool accept = m->answer_code.n && m->answer_code.p[0] == 'C';
	if (!m->ok || !m->answer)
		return false;
	for (size_t i = a->first; i < a->n; i++) {
		uint64_t *k = &a->key[i];
		if ((*k & ~UINT64_C(1)) != key || (accept && *k & 1))
			continue;
		*k = accept ? *k | 1 : 0;
		while (a->first < a->n && !a->key[a->first]) /* mostly they come in order */
			a->first++;
		if (a->first == a->n)
			a->first = a->n = 0;
		return true;
	}
	return false;
}

void gate_asked_done(struct gate_asked *a)
{
	free(a->key);
	*a = (struct gate_asked){0};
}

static bool type_listed(const struct gate_link *l, struct slice type)
{
	if (l->types_n == 0)
		return true;
	for (size_t i = 0; i < l->types_n; i++) {
		struct slice t = slice_str(l->types[i]);
		if (slice_eq(type, t) || (!memchr(t.p, '^', t.n) && type.n > t.n && type.p[t.n] == '^' && memcmp(type.p, t.p, t.n) == 0))
			return true;
	}
	return false;
}

enum gate_way gate_passes(const struct gate_link *l, enum gate_state s, const struct gate_message *m)
{
	switch (s) {
	case GATE_OPEN:
	case GATE_ONE_WAY:
		return GATE_PASS;
	case GATE_LIMITED:
		return !m || (m->ok && type_listed(l, m->type)) || (!m->ok && l->types_n == 0) ? GATE_PASS : GATE_NOT;
	case GATE_TEST:
		return m && m->ok && m->test ? GATE_PASS : GATE_WAIT;
	default:
		return GATE_WAIT;
	}
}

bool gate_passes_back(const struct gate_link *l, enum gate_state s, const struct gate_message *m)
{
	switch (s) {
	case GATE_OPEN:
		return true;
	case GATE_LIMITED:
		return (m && m->ok && m->answer) || gate_passes(l, s, m) == GATE_PASS;
	case GATE_ONE_WAY:
	case GATE_TEST:
		return m && m->ok && m->answer;
	default:
		return false;
	}
}

/* Does it ask for a commit acknowledgement (the table of hl7/ack.c)? Then that is the one that says so: CE in place of AE. */
static bool asks_commit(const struct hl7_header *h)
{
	struct slice commit = slice_trim(h->accept_ack), app = slice_trim(h->app_ack);
	if (!commit.n || slice_eq_str(commit, "\"\""))
		return slice_eq_nocase(app, "NE") || slice_eq_nocase(app, "ER");
	return !slice_eq_nocase(commit, "NE");
}

void gate_refusal(struct slice message, const char *why, int64_t now, struct buf *ret)
{
	struct hl7_header h;
	char stamp[32];
	int y, mo, d, hh, mi, s;
	hl7_header_read(bare(message), &h);
	if (!h.ok || h.wide)
		return;
	time_civil(now, &y, &mo, &d, &hh, &mi, &s);
	snprintf(stamp, sizeof stamp, "%04d%02d%02d%02d%02d%02d+0000", y % 10000, mo, d, hh, mi, s);
	char f = (char)h.d.field;
	buf_u8(ret, VT);
	buf_printf(ret, "MSH%c%.*s%c%.*s%c%.*s%c%.*s%c%.*s%c%s%c%cACK%cHFG%lld%c%.*s%c%.*s\r", f, SLICE_FMT(h.encoding), f, SLICE_FMT(h.receiving_app), f, SLICE_FMT(h.receiving_fac), f, SLICE_FMT(h.sending_app), f,
	           SLICE_FMT(h.sending_fac), f, stamp, f, f, f, (long long)(now / 1000), f, SLICE_FMT(h.processing), f, SLICE_FMT(h.version));
	buf_printf(ret, "MSA%c%s%c%.*s%c%s\r", f, asks_commit(&h) ? "CE" : "AE", f, SLICE_FMT(h.control_id), f, why);
	buf_u8(ret, FS);
	buf_u8(ret, CR);
}

static bool is_batch(struct slice m)
{
	struct hl7_file f;
	struct hl7_piece p;
	size_t messages = 0, lines = 0;
	if (nested(m))
		return false; /* as it stands: nobody knows how its far side reads it */
	hl7_file_init(&f, m);
	do {
		hl7_file_next(&f, &p);
		messages += p.type == HL7_PIECE_MESSAGE;
		lines += p.type == HL7_PIECE_ENVELOPE;
	} while (p.type != HL7_PIECE_END && messages < 2 && !lines);
	return messages > 1 || lines;
}

/* The next message of a batch, past its lines. False: there is none. */
static bool batch_message(struct hl7_file *f, struct slice *ret)
{
	struct hl7_piece p;
	do
		hl7_file_next(f, &p);
	while (p.type != HL7_PIECE_END && p.type != HL7_PIECE_MESSAGE);
	*ret = p.bytes;
	return p.type == HL7_PIECE_MESSAGE;
}

static bool unsaid(struct slice code)
{
	return !code.n || slice_eq_str(code, "\"\"");
}

static bool asks(struct slice code)
{
	return !unsaid(code) && !slice_eq_nocase(code, "NE") && !slice_eq_nocase(code, "ER");
}

static enum gate_owed owed_of(struct slice m)
{
	struct hl7_header h;
	hl7_header_read(m, &h);
	if (!h.ok || h.wide)
		return GATE_OWED_ANSWER;
	struct slice commit = slice_trim(h.accept_ack), app = slice_trim(h.app_ack), rest, kind = slice_cut(h.type, h.d.comp, &rest);
	bool answer = slice_eq_str(kind, "ACK") || slice_eq_str(kind, "MCF");
	if (asks(commit))
		return GATE_OWED_ANSWER;
	if (answer)
		return GATE_OWED_NOTHING;
	if (asks(app) || (unsaid(commit) && unsaid(app)))
		return GATE_OWED_ANSWER;
	return slice_eq_nocase(commit, "NE") && !slice_eq_nocase(app, "ER") ? GATE_OWED_NOTHING : GATE_OWED_ERRORS; /* MSH-15 left empty: some answer, some do not */
}

enum gate_owed gate_owed(struct slice content)
{
	struct slice m = bare(content), one;
	struct hl7_file f;
	enum gate_owed most = GATE_OWED_NOTHING;
	if (!is_batch(m))
		return owed_of(m);
	hl7_file_init(&f, m);
	while (batch_message(&f, &one)) {
		enum gate_owed o = owed_of(one);
		most = o < most ? o : most;
	}
	return most;
}

static struct slice id_of(struct slice m)
{
	struct hl7_header h;
	hl7_header_read(m, &h);
	return h.ok && !h.wide ? h.control_id : SLICE_NULL;
}

struct slice gate_answer_id(struct slice content)
{
	struct slice m = bare(content), one, last = SLICE_NULL;
	struct hl7_file f;
	if (!is_batch(m))
		return id_of(m);
	hl7_file_init(&f, m);
	while (batch_message(&f, &one))
		if (owed_of(one) == GATE_OWED_ANSWER || !last.p)
			last = one;
	return last.p ? id_of(last) : SLICE_NULL;
}

enum gate_answers gate_answers(struct slice content, const struct gate_message *answer)
{
	struct slice m = bare(content), one;
	struct hl7_file f;
	if (!answer->answer)
		return GATE_ANSWERS_NOT;
	if (slice_eq(answer->answer_to, gate_answer_id(m)))
		return GATE_ANSWERS_IT;
	if (!is_batch(m))
		return GATE_ANSWERS_NOT;
	hl7_file_init(&f, m);
	while (batch_message(&f, &one))
		if (slice_eq(answer->answer_to, id_of(one)))
			return GATE_ANSWERS_PART;
	return GATE_ANSWERS_NOT;
}

static void accept_one(struct slice message, int64_t now, struct buf *ret)
{
	AUTO_BUF struct buf b = {0};
	struct hl7_header h;
	char id[32];
	hl7_header_read(bare(message), &h);
	buf_init(&b, 1 << 20);
	snprintf(id, sizeof id, "HFG%lld", (long long)(now / 1000));
	hl7_ack_write(&h, HL7_ACK_AUTO, HL7_STORED, id, now, &b);
	if (b.n == 0) /* it waits for the application's word alone, which may come in days: without one of ours it would send the same again until then */
		hl7_ack_write_application(&h, HL7_ACK_AUTO, HL7_STORED, id, now, &b);
	if (buf_ok(&b) && b.n)
		hl7_mllp_wrap(ret, buf_slice(&b));
}

void gate_accepted(struct slice message, int64_t now, struct buf *ret)
{
	struct slice m = bare(message), one;
	struct hl7_file f;
	if (!is_batch(m)) {
		accept_one(m, now, ret);
		return;
	}
	hl7_file_init(&f, m);
	while (batch_message(&f, &one))
		accept_one(one, now, ret);
}

enum gate_verdict gate_verdict_of(struct slice code)
{
	if (slice_eq_str(code, "AA") || slice_eq_str(code, "CA"))
		return GATE_TAKEN;
	return slice_eq_str(code, "AR") || slice_eq_str(code, "CR") ? GATE_PERSON : GATE_LATER;
}

int64_t gate_pause(unsigned refusals)
{
	int64_t pause = TIME_SEC;
	while (refusals-- > 1 && pause < GATE_PAUSE_MAX)
		pause *= 2;
	return pause < GATE_PAUSE_MAX ? pause : GATE_PAUSE_MAX;
}
