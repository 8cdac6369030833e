/* MLLP release 1 frames out of a byte stream (HL7 v2.9 appendix C: VT, message, FS, CR), and out of the streams that peers really send.
 *
 * Between frames      NUL, CR, LF, blank, tab and FS are noise and are skipped. VT opens a frame. A header (MSH, FHS, BHS with a separator) opens one too: some senders forget
 *                     the VT. Anything else is junk (an HTTP request, a port scan) up to the next VT, or up to a header at the start of a line; it is handed out
 *                     as evidence in pieces of at most 64 KiB.
 * In a frame          VT right behind VT is doubled. VT (any number) with a header behind it: the sender has started again; what came so far is a fragment. Any
 *                     other VT is text (word processors use it for a line break).
 *                     FS CR ends the frame. FS without CR ends it when VT, FS CR, or a header follows, or when the stream ends or pauses there; up to 64 bytes of
 *                     noise may stand between. Any other FS is text: in UTF-16 it is half of a quotation mark.
 *                     In a frame that begins in UTF-16, an FS counts only at an even offset, and only with CR or VT right behind it.
 * The content         Empty or blank: ignored. One byte ACK (06) or NAK (15): release 2 commit block. No MSH, or one header and that in front: one message, as it
 *                     stood. Otherwise it is cut before each header line: every MSH a message, every FHS, BHS, BTS, FTS an envelope, what stands
 *                     before the first of them a fragment.
 * Where the next bytes could change the answer nothing is handed out before they are here, so the frames do not depend on how the stream was cut into reads. Every byte is looked
 * at a bounded number of times.
 */
#include "hl7_internal.h"

#define JUNK_MAX ((size_t)64 << 10)
#define NOISE_MAX 64            /* bytes that may stand between FS and what proves that it was an end */
#define KEEP_MAX ((size_t)1 << 20) /* an empty buffer larger than this is given back */

enum { BETWEEN, JUNK, FRAME, SPLIT };
enum until { MORE, IDLE, END }; /* what may still come: anything, nothing for a while, nothing */

enum answer { NO, YES, WAIT };

void hl7_mllp_init(struct hl7_mllp *m, size_t max)
{
	*m = (struct hl7_mllp){.max = max};
	buf_init(&m->in, max < SIZE_MAX / 4 ? 2 * max + ((size_t)4 << 20) : SIZE_MAX / 2);
}

void hl7_mllp_done(struct hl7_mllp *m)
{
	buf_done(&m->in);
}

/* Forget what is consumed. Done when that is cheap (less stays than goes), so that every byte moves a bounded number of times. */
static void compact(struct hl7_mllp *m, bool always)
{
	if (m->at == 0 || (!always && m->at < m->in.n - m->at))
		return;
	if (m->at == m->in.n && m->in.cap > KEEP_MAX) {
		size_t max = m->in.max;
		buf_done(&m->in);
		buf_init(&m->in, max);
	} else {
		buf_drop(&m->in, m->at);
	}
	m->scanned = m->scanned > m->at ? m->scanned - m->at : 0;
	m->end -= m->state == SPLIT ? m->at : 0;
	m->after -= m->state == SPLIT ? m->at : 0;
	m->at = 0;
}

uint8_t *hl7_mllp_space(struct hl7_mllp *m, size_t want, size_t *ret_have)
{
	if (m->state == FRAME && m->in.n - m->at > m->max)
		return NULL;
	compact(m, false);
	if (want > m->in.max - m->in.n)
		compact(m, true);
	uint8_t *p = buf_space(&m->in, want ? want : 1);
	if (p)
		*ret_have = m->in.cap - m->in.n;
	return p;
}

void hl7_mllp_fed(struct hl7_mllp *m, size_t n)
{
	buf_commit(&m->in, n);
}

static bool noise(uint8_t c)
{
	return c == 0 || c == '\r' || c == '\n' || c == ' ' || c == '\t' || c == FS;
}

static void hand_out(struct hl7_mllp *m, enum hl7_frame_type type, size_t begin, size_t end, struct hl7_frame *ret)
{
	*ret = (struct hl7_frame){type, slice_of(m->in.p + begin, end - begin), m->odd};
	m->odd = 0;
}

/* Does a message or a batch begin at `at`? */
static enum answer header_at(const struct hl7_mllp *m, size_t at, bool wide_too, enum until until)
{
	size_t left = m->in.n - at;
	const uint8_t *p = m->in.p + at;
	enum hl7_line line = hl7_line_at(p, left, 0, until != END);
	if (line == HL7_LINE_SHORT)
		return WAIT;
	if (line == HL7_LINE_MSH || line == HL7_LINE_FHS || line == HL7_LINE_BHS)
		return YES;
	if (!wide_too)
		return NO;
	bool maybe = (p[0] == 0xFF && (left < 2 || p[1] == 0xFE)) || (p[0] == 0xFE && (left < 2 || p[1] == 0xFF));
	for (int wide = HL7_CS_UTF16LE; wide <= HL7_CS_UTF16BE; wide++) {
		line = hl7_line_at(p, left, wide, until != END);
		if (line == HL7_LINE_MSH || line == HL7_LINE_FHS || line == HL7_LINE_BHS)
			return YES;
		maybe |= line == HL7_LINE_SHORT && left >= 2;
	}
	/* one byte could be the first half of a UTF-16 'M': rather wait for the second than guess */
	maybe |= left < 2 && (p[0] == 0 || p[0] == 'M' || p[0] == 'F' || p[0] == 'B');
	return maybe && until != END ? WAIT : NO;
}

/* ---- between frames ------------------------------------------------------------------------------------------------------------ */

static bool between(struct hl7_mllp *m, enum until until)
{
	for (; m->at < m->in.n && noise(m->in.p[m->at]); m->at++)
		m->odd |= m->in.p[m->at] == FS ? HL7_ODD_DOUBLED : HL7_ODD_NOISE;
	m->scanned = m->at;
	if (m->at == m->in.n)
		return false;
	if (m->in.p[m->at] == VT) {
		m->scanned = ++m->at;
		m->state = FRAME;
		return true;
	}
	enum answer a = header_at(m, m->at, false, until);
	if (a == WAIT)
		return false;
	m->state = a == YES ? FRAME : JUNK;
	m->odd |= a == YES ? HL7_ODD_NO_VT : HL7_ODD_NOISE;
	return true;
}

static bool junk(struct hl7_mllp *m, enum until until, struct hl7_frame *ret)
{
	size_t limit = m->in.n - m->at > JUNK_MAX ? m->at + JUNK_MAX : m->in.n, stop = 0;
	while (!stop && m->scanned < limit) {
		size_t pos = (size_t)(hl7_find4(m->in.p + m->scanned, m->in.p + limit, VT, '\r', '\n', FS) - m->in.p);
		m->scanned = pos;
		if (pos == limit)
			break;
		if (m->in.p[pos] == VT) {
			stop = pos;
			break;
		}
		if (pos + 1 == m->in.n && until != END)
			return false;
		enum answer a = pos + 1 < m->in.n ? header_at(m, pos + 1, false, until) : NO;
		if (a == WAIT)
			return false;
		if (a == YES)
			stop = pos + 1;
		else
			m->scanned = pos + 1;
	}
	bool go_on = !stop; /* only a piece of it: the next one is junk as well */
	if (!stop && limit - m->at < JUNK_MAX && until != END)
		return false;
	stop = stop ? stop : limit;
	if (stop > m->at)
		hand_out(m, HL7_FRAME_FRAGMENT, m->at, stop, ret);
	m->at = m->scanned = stop;
	m->state = go_on && (stop < m->in.n || until != END) ? JUNK : BETWEEN;
	m->odd |= HL7_ODD_NOISE;
	return true;
}

/* ---- in a frame -------------------------------------------------------------------------------------------------------------------- */

static bool blank(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!noise(s.p[i]))
			return false;
	return true;
}

/* A header line behind `at`, or the end of the content. */
static size_t next_header(const struct hl7_mllp *m, size_t at, enum hl7_line *ret_line)
{
	const uint8_t *end = m->in.p + m->end, *p = m->in.p + at;
	while ((p = hl7_find4(p, end, '\r', '\n', '\r', '\n')) < end) {
		for (p++; p < end && *p == 0; p++)
			; /* some pad with NULs */
		*ret_line = hl7_line_at(p, (size_t)(end - p), 0, false);
		if (*ret_line != HL7_LINE_OTHER)
			return (size_t)(p - m->in.p);
	}
	*ret_line = HL7_LINE_OTHER;
	return m->end;
}

/* The line that a piece at `at` begins with: past a byte order mark and blank lines. */
static enum hl7_line line_of_piece(const struct hl7_mllp *m, size_t *at)
{
	if (m->end - *at >= 3 && memcmp(m->in.p + *at, "\xEF\xBB\xBF", 3) == 0)
		*at += 3;
	while (*at < m->end && noise(m->in.p[*at]))
		++*at;
	return hl7_line_at(m->in.p + *at, m->end - *at, 0, false);
}

/* The frame's content is complete: [at, end). */
static void complete(struct hl7_mllp *m, size_t end, size_t after, struct hl7_frame *ret)
{
	struct slice content = slice_of(m->in.p + m->at, end - m->at);
	m->state = BETWEEN;
	m->end = end;
	m->after = after;
	if (blank(content)) {
		m->odd |= HL7_ODD_NOISE;
		m->at = m->scanned = after;
		return;
	}
	if (content.n == 1 && (content.p[0] == 0x06 || content.p[0] == 0x15)) {
		hand_out(m, HL7_FRAME_COMMIT, m->at, end, ret);
		m->at = m->scanned = after;
		return;
	}
	const uint8_t *line_end = hl7_find4(content.p, content.p + content.n, '\r', '\n', '\r', '\n'), *content_end = content.p + content.n;
	if (line_end < content_end && (*line_end == '\n' || (line_end + 1 < content_end && line_end[1] == '\n')))
		m->odd |= HL7_ODD_LINE_END;
	size_t first = m->at, headers = 0, messages = 0;
	if (!hl7_wide(content)) {
		enum hl7_line line = line_of_piece(m, &first);
		bool in_front = line != HL7_LINE_OTHER;
		for (size_t at = first; at < end;) {
			headers += line != HL7_LINE_OTHER;
			messages += line == HL7_LINE_MSH;
			at = next_header(m, at, &line);
		}
		headers += !in_front && headers;
	}
	if (messages && headers > 1) {
		m->odd |= HL7_ODD_SPLIT;
		m->state = SPLIT;
		return;
	}
	hand_out(m, HL7_FRAME_MESSAGE, m->at, end, ret);
	m->at = m->scanned = after;
}

static void split(struct hl7_mllp *m, struct hl7_frame *ret)
{
	size_t at = m->at;
	unsigned odd = m->odd;
	enum hl7_line next, line = line_of_piece(m, &at);
	size_t stop = next_header(m, at, &next);
	hand_out(m, line == HL7_LINE_MSH ? HL7_FRAME_MESSAGE : line == HL7_LINE_OTHER ? HL7_FRAME_FRAGMENT : HL7_FRAME_ENVELOPE, m->at, stop, ret);
	m->odd = odd;
	m->at = stop;
	if (stop == m->end) {
		m->at = m->scanned = m->after;
		m->odd = 0;
		m->state = BETWEEN;
	}
}

/* Is the FS at pos the end of the frame? */
static enum answer is_end(const struct hl7_mllp *m, size_t pos, bool wide, enum until until, size_t *ret_after, unsigned *ret_odd)
{
	size_t i = pos + 1;
	*ret_after = i;
	*ret_odd = 0;
	if (i < m->in.n && m->in.p[i] == '\r') {
		*ret_after = i + 1;
		return YES;
	}
	*ret_odd = HL7_ODD_NO_CR;
	if (i < m->in.n && m->in.p[i] == VT)
		return YES;
	if (i < m->in.n && wide)
		return NO;
	for (; i < m->in.n && i - pos <= NOISE_MAX; i++) {
		uint8_t c = m->in.p[i];
		if (c == VT)
			return YES;
		if (c == '\r' && m->in.p[i - 1] == FS) {
			*ret_odd |= HL7_ODD_DOUBLED;
			return YES;
		}
		if (!noise(c))
			return header_at(m, i, false, until);
	}
	if (i < m->in.n) /* too much noise */
		return NO;
	return until == MORE ? WAIT : YES;
}

/* Is the VT at pos, behind some content, a new start? *ret_on: where to go on looking if not. */
static enum answer is_restart(const struct hl7_mllp *m, size_t pos, enum until until, size_t *ret_on)
{
	size_t i = pos;
	while (i < m->in.n && m->in.p[i] == VT && i - pos < NOISE_MAX)
		i++;
	*ret_on = i;
	if (i == m->in.n)
		return until == END ? NO : WAIT;
	return header_at(m, i, true, until);
}

static bool frame(struct hl7_mllp *m, enum until until, struct hl7_frame *ret)
{
	for (;;) {
		size_t pos = (size_t)(hl7_find4(m->in.p + m->scanned, m->in.p + m->in.n, VT, FS, VT, FS) - m->in.p), go_on = pos + 1, after;
		m->scanned = pos;
		if (pos == m->in.n)
			break;
		unsigned odd = 0;
		bool wide = hl7_wide(slice_of(m->in.p + m->at, pos - m->at)) != 0;
		if (m->in.p[pos] == FS) {
			enum answer a = wide && (pos - m->at) % 2 ? NO : is_end(m, pos, wide, until, &after, &odd);
			if (a == WAIT)
				return false;
			if (a == YES) {
				m->odd |= odd;
				complete(m, pos, after, ret);
				return true;
			}
		} else if (pos == m->at) {
			m->odd |= HL7_ODD_DOUBLED;
			m->at++;
		} else {
			enum answer a = is_restart(m, pos, until, &go_on);
			if (a == WAIT)
				return false;
			if (a == YES) {
				hand_out(m, HL7_FRAME_FRAGMENT, m->at, pos, ret);
				m->at = m->scanned = pos;
				m->state = BETWEEN;
				return true;
			}
		}
		m->scanned = go_on;
	}
	if (until != END)
		return false;
	if (!blank(slice_of(m->in.p + m->at, m->in.n - m->at)))
		hand_out(m, HL7_FRAME_FRAGMENT, m->at, m->in.n, ret);
	m->at = m->scanned = m->in.n;
	m->state = BETWEEN;
	return true;
}

static void step(struct hl7_mllp *m, enum until until, struct hl7_frame *ret)
{
	*ret = (struct hl7_frame){HL7_FRAME_NONE, SLICE_NULL, 0};
	bool going = m->in.n > m->at;
	while (going && ret->type == HL7_FRAME_NONE) {
		switch (m->state) {
		case BETWEEN:
			going = between(m, until);
			break;
		case JUNK:
			going = m->at < m->in.n && junk(m, until, ret);
			break;
		case FRAME:
			going = frame(m, until, ret);
			break;
		case SPLIT:
			split(m, ret);
			break;
		}
	}
}

void hl7_mllp_next(struct hl7_mllp *m, struct hl7_frame *ret)
{
	step(m, MORE, ret);
}

void hl7_mllp_idle(struct hl7_mllp *m, struct hl7_frame *ret)
{
	step(m, hl7_mllp_may_end(m) ? IDLE : MORE, ret);
}

bool hl7_mllp_may_end(const struct hl7_mllp *m)
{
	if (m->state != FRAME || m->scanned >= m->in.n || m->in.p[m->scanned] != FS)
		return false;
	return blank(slice_of(m->in.p + m->scanned, m->in.n - m->scanned));
}

void hl7_mllp_eof(struct hl7_mllp *m, struct hl7_frame *ret)
{
	step(m, END, ret);
}

void hl7_mllp_wrap(struct buf *out, struct slice message)
{
	buf_u8(out, VT);
	buf_add_slice(out, message);
	buf_u8(out, FS);
	buf_u8(out, '\r');
}
