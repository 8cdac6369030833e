/* Acknowledgements (HL7 v2.9 chapter 2.9, 2.13.1): which one, and its bytes.
 *
 *   mode            MSH-15  MSH-16        answer
 *   auto            empty   empty         original: AA, AE, AR
 *                   any other             enhanced, by the table below
 *   original        -       -             AA, AE, AR whatever the message asks
 *   always-AA       -       -             AA for all that is stored; AR for what policy refuses
 *   enhanced        empty   empty         as AL, NE: CA, CE, CR, and no application acknowledgement
 *
 *   enhanced        commit (MSH-15)       application (MSH-16), sent after the commit one
 *   AL              CA, CE, CR            AA, AE, AR
 *   SU              CA                    AA
 *   ER              CE, CR                AE, AR
 *   NE              -                     -
 *   empty           as AL; in mode auto   as NE
 *                   as NE when MSH-16 asks
 *                   for an answer on success
 *   anything else   as AL                 as AL
 *
 * Values that nobody defined ("ACCEPT", "ACKNOLWEDGE" in real messages) count as AL: a sender that asks for something in its own words waits for an answer, and
 * waiting for ever stops its feed, while an answer too many is ignored. For the same reason an empty MSH-15 beside MSH-16 NE or ER gets its commit acknowledgement.
 *
 * An acknowledgement that comes in (MSH-9 ACK, MCF) is stored and not answered, whatever is wrong with it: two systems that acknowledge each other's acknowledgements never end. Only a commit
 * acknowledgement that its own MSH-15 asks for is given, and always-AA answers it, too (an engine that sends copies of all its traffic and waits).
 *
 * Shape, field by field (strict senders refuse anything else): MSH-1 and 2 as sent; 3 and 4 are the message's 5 and 6 and the other way round, as whole fields; 7 the entry's time, UTC;
 * 9 ACK^<trigger>^ACK from v2.4 on, where the message had a trigger, else ACK; 10 the id given; 11, 12, 18 and 21 as sent. MSA-1 the code, MSA-2 the message's MSH-10 as sent.
 * An error adds ERR: from v2.5 (or an unknown version) ERR-2 place, 3 code of table 0357, 4 severity; before, ERR-1.
 * An answer to a message in UTF-16 is in UTF-16: the peer reads what it writes.
 */
#include "hl7_internal.h"

enum when { WHEN_AL, WHEN_NE, WHEN_ER, WHEN_SU };

/* A raw slice of the header as UTF-8. */
static void narrow(const struct hl7_header *h, struct slice s, struct buf *out)
{
	if (h->wide)
		hl7_decode(h->wide, s, out);
	else
		buf_add_slice(out, s);
}

/* The i-th character of a raw slice; -1 past the end. */
static int at(const struct hl7_header *h, struct slice s, size_t i)
{
	if (!h->wide)
		return i < s.n ? s.p[i] : -1;
	if (s.n < 2 || i > s.n / 2 - 1)
		return -1;
	return h->wide == HL7_CS_UTF16LE ? s.p[2 * i] | s.p[2 * i + 1] << 8 : s.p[2 * i + 1] | s.p[2 * i] << 8;
}

/* A short code of the header up to a character `end` (0: none), trimmed; "?" for what is longer than any code is. */
static const char *code_of(const struct hl7_header *h, struct slice s, uint8_t end, char out[16])
{
	size_t n = 0;
	int c;
	for (size_t i = 0; (c = at(h, s, i)) >= 0 && !(end && c == end); i++) {
		if (n == 0 && (c == ' ' || c == '\t'))
			continue;
		if (n == 15)
			return memcpy(out, "?", 2);
		out[n++] = c > 0 && c < 0x7f ? (char)c : '?';
	}
	while (n && (out[n - 1] == ' ' || out[n - 1] == '\t'))
		n--;
	out[n] = 0;
	return out;
}

static bool given(const struct hl7_header *h, struct slice s)
{
	char code[16];
	code_of(h, s, 0, code);
	return code[0] && strcmp(code, "\"\"") != 0;
}

static enum when when_of(const struct hl7_header *h, struct slice s, enum when empty)
{
	char code[16];
	if (!given(h, s))
		return empty;
	struct slice c = slice_str(code_of(h, s, 0, code));
	return slice_eq_nocase(c, "NE") ? WHEN_NE : slice_eq_nocase(c, "ER") ? WHEN_ER : slice_eq_nocase(c, "SU") ? WHEN_SU : WHEN_AL;
}

static bool wanted(enum when when, bool positive)
{
	return when == WHEN_AL || (when == WHEN_SU && positive) || (when == WHEN_ER && !positive);
}

static bool enhanced(const struct hl7_header *h, enum hl7_ack_mode mode)
{
	return mode == HL7_ACK_ENHANCED || (mode == HL7_ACK_AUTO && (given(h, h->accept_ack) || given(h, h->app_ack)));
}

static bool is_acknowledgement(const struct hl7_header *h)
{
	char code[16];
	code_of(h, h->type, h->d.comp, code);
	return !strcmp(code, "ACK") || !strcmp(code, "MCF");
}

/* 2.N as 200 + N; 0 when it says nothing like it. */
static unsigned version_of(const struct hl7_header *h)
{
	char code[16];
	code_of(h, h->version, h->d.comp, code);
	if (code[0] != '2' || code[1] != '.' || code[2] < '0' || code[2] > '9')
		return 0;
	unsigned minor = 0;
	for (const char *p = code + 2; *p >= '0' && *p <= '9'; p++)
		minor = minor * 10 + (unsigned)(*p - '0');
	return 200 + (minor < 100 ? minor : 99);
}

struct fault {
	const char *code, *text; /* table 0357 */
	unsigned field;          /* of MSH; 0: the segment */
};

/* What is wrong, if anything: NULL text when all is well. */
static struct fault fault_of(const struct hl7_header *h, enum hl7_ack_verdict v)
{
	switch (v) {
	case HL7_REFUSED:
		return (struct fault){"207", "Application internal error", 0};
	case HL7_REFUSED_TYPE:
		return (struct fault){"200", "Unsupported message type", 9};
	case HL7_REFUSED_PROCESSING:
		return (struct fault){"202", "Unsupported processing id", 11};
	case HL7_REFUSED_VERSION:
		return (struct fault){"203", "Unsupported version id", 12};
	case HL7_STORED:
	case HL7_STORED_UNREADABLE:
		break;
	}
	if (h->d.field && !given(h, h->control_id))
		return (struct fault){"101", "Required field missing", 10};
	if (v == HL7_STORED_UNREADABLE || !h->ok)
		return (struct fault){"100", "Segment sequence error", 0};
	return (struct fault){0};
}

/* ---- the bytes --------------------------------------------------------------------------------------------------------------------- */

static void add(const struct hl7_header *h, struct buf *b, struct slice field)
{
	buf_u8(b, h->d.field);
	narrow(h, field, b);
}

/* The second component of a raw field, raw. */
static struct slice second(const struct hl7_header *h, struct slice field)
{
	size_t i = 0, w = h->wide ? 2 : 1, from;
	int c;
	while ((c = at(h, field, i)) >= 0 && c != h->d.comp)
		i++;
	if (c < 0 || !h->d.comp)
		return SLICE_NULL;
	for (from = ++i; (c = at(h, field, i)) >= 0 && c != h->d.comp;)
		i++;
	return slice_of(field.p + from * w, (i - from) * w);
}

/* MSH-9 of the answer: the trigger is the message's MSH-9.2. */
static void add_type(const struct hl7_header *h, struct buf *b)
{
	struct slice trigger = second(h, h->type);
	buf_u8(b, h->d.field);
	buf_str(b, "ACK");
	if (trigger.n && version_of(h) >= 204) {
		buf_u8(b, h->d.comp);
		narrow(h, trigger, b);
		buf_u8(b, h->d.comp);
		buf_str(b, "ACK");
	}
}

static void add_msh(const struct hl7_header *h, const char *id, int64_t time, struct buf *b)
{
	int y, mo, d, hh, mi, s;
	time_civil(time, &y, &mo, &d, &hh, &mi, &s);
	buf_str(b, "MSH");
	add(h, b, h->encoding);
	add(h, b, h->receiving_app);
	add(h, b, h->receiving_fac);
	add(h, b, h->sending_app);
	add(h, b, h->sending_fac);
	buf_u8(b, h->d.field);
	buf_printf(b, "%04d%02d%02d%02d%02d%02d+0000", y, mo, d, hh, mi, s);
	add(h, b, SLICE_NULL);
	add_type(h, b);
	buf_u8(b, h->d.field);
	buf_str(b, id);
	add(h, b, h->processing);
	add(h, b, h->version);
	if (h->charset.n || h->profile.n) {
		for (int i = 13; i < 18; i++)
			add(h, b, SLICE_NULL);
		add(h, b, h->charset);
	}
	if (h->profile.n) {
		add(h, b, SLICE_NULL);
		add(h, b, SLICE_NULL);
		add(h, b, h->profile);
	}
	buf_u8(b, '\r');
}

static void add_err(const struct hl7_header *h, struct fault f, struct buf *b)
{
	unsigned version = version_of(h);
	uint8_t sep = h->d.field, comp = h->d.comp ? h->d.comp : '^';
	bool old = version && version < 205; /* ERR-1: segment, sequence, field, code */
	buf_printf(b, "ERR%c", sep);
	if (!old)
		buf_u8(b, sep);
	buf_printf(b, "MSH%c1%c", comp, comp);
	if (f.field)
		buf_printf(b, "%u", f.field);
	else if (!old)
		b->n -= buf_ok(b); /* the segment: no third component */
	if (old)
		buf_printf(b, "%c%s\r", comp, f.code);
	else
		buf_printf(b, "%c%s%c%s%cHL70357%cE\r", sep, f.code, comp, f.text, comp, sep);
}

static void write_ack(const struct hl7_header *given_header, const char *code, struct fault f, const char *id, int64_t time, struct buf *out)
{
	struct hl7_header h = *given_header;
	if (!h.d.field) { /* nothing to copy from: our own */
		h = (struct hl7_header){.wide = 0};
		h.d = (struct hl7_delims){'|', '^', '~', '\\', '&', 0};
		h.encoding = SLICE("^~\\&");
		h.processing = SLICE("P");
		h.version = SLICE("2.5.1");
	} else if (!h.encoding.n) { /* "MSH||": hl7_parse assumes the same */
		h.d = (struct hl7_delims){h.d.field, '^', '~', '\\', '&', 0};
		h.encoding = h.wide == HL7_CS_UTF16LE ? SLICE("^\0~\0\\\0&\0") : h.wide ? SLICE("\0^\0~\0\\\0&") : SLICE("^~\\&");
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	add_msh(&h, id, time, &b);
	buf_str(&b, "MSA");
	buf_u8(&b, h.d.field);
	buf_str(&b, code);
	add(&h, &b, h.control_id);
	buf_u8(&b, '\r');
	if (f.code)
		add_err(&h, f, &b);
	struct slice s = buf_slice(&b);
	if (!buf_ok(&b)) {
		out->failed = true;
		out->no_memory = b.no_memory;
		return;
	}
	assert(s.p); /* there is a header in it */
	if (!h.wide) {
		buf_add_slice(out, s);
		return;
	}
	for (size_t i = 0, n; i < s.n; i += n) {
		uint32_t cp = utf8_get(slice_of(s.p + i, s.n - i), &n), units[2] = {cp, 0};
		if (cp >= 0x10000) {
			units[0] = 0xD800 + ((cp - 0x10000) >> 10);
			units[1] = 0xDC00 + ((cp - 0x10000) & 0x3FF);
		}
		for (int k = 0; k < 2 && (k == 0 || units[k]); k++) {
			buf_u8(out, (uint8_t)(h.wide == HL7_CS_UTF16LE ? units[k] : units[k] >> 8));
			buf_u8(out, (uint8_t)(h.wide == HL7_CS_UTF16LE ? units[k] >> 8 : units[k]));
		}
	}
}

static const char *code_for(char kind, enum hl7_ack_verdict v, bool positive)
{
	bool refused = v >= HL7_REFUSED;
	if (kind == 'C')
		return positive ? "CA" : refused ? "CR" : "CE";
	return positive ? "AA" : refused ? "AR" : "AE";
}

void hl7_ack_write(const struct hl7_header *h, enum hl7_ack_mode mode, enum hl7_ack_verdict v, const char *id, int64_t time, struct buf *out)
{
	struct fault f = fault_of(h, v);
	if (mode == HL7_ACK_ALWAYS_AA && v < HL7_REFUSED)
		f = (struct fault){0};
	bool positive = !f.code;
	if (is_acknowledgement(h) && mode != HL7_ACK_ALWAYS_AA && !(enhanced(h, mode) && given(h, h->accept_ack)))
		return;
	if (!enhanced(h, mode)) {
		write_ack(h, code_for('A', v, positive), f, id, time, out);
		return;
	}
	enum when app = when_of(h, h->app_ack, WHEN_NE);
	bool answered_later = mode == HL7_ACK_AUTO && (app == WHEN_AL || app == WHEN_SU);
	if (wanted(when_of(h, h->accept_ack, answered_later ? WHEN_NE : WHEN_AL), positive))
		write_ack(h, code_for('C', v, positive), f, id, time, out);
}

void hl7_ack_write_application(const struct hl7_header *h, enum hl7_ack_mode mode, enum hl7_ack_verdict v, const char *id, int64_t time, struct buf *out)
{
	struct fault f = fault_of(h, v);
	if (enhanced(h, mode) && !is_acknowledgement(h) && wanted(when_of(h, h->app_ack, WHEN_NE), !f.code))
		write_ack(h, code_for('A', v, !f.code), f, id, time, out);
}
