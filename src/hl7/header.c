/* The least reading that an acknowledgement needs: the MSH line alone, on any bytes, without memory of its own.
 *
 * The line is looked at for 64 KiB; what lies beyond counts as absent, so that nobody makes us echo megabytes. In UTF-16 the slices are UTF-16: they are ours to copy, and
 * the two readers below bring them to ASCII where a decision hangs on them.
 */
#include "hl7_internal.h"

#define LINE_MAX_BYTES 65536

/* The i-th character of s; -1 past the end. */
static inline int at(struct slice s, int wide, size_t i)
{
	if (!wide)
		return i < s.n ? s.p[i] : -1;
	if (2 * i + 1 >= s.n)
		return -1;
	return wide == HL7_CS_UTF16LE ? s.p[2 * i] | s.p[2 * i + 1] << 8 : s.p[2 * i + 1] | s.p[2 * i] << 8;
}

static struct slice part(struct slice s, int wide, size_t from, size_t to)
{
	size_t w = wide ? 2 : 1;
	return slice_of(s.p + from * w, (to - from) * w);
}

/* MSH-2 into delimiters, by position: what hl7_parse says about doubled or missing ones is for readers of the content, not for the answer. */
static void delims(struct hl7_header *h)
{
	uint8_t *slots[] = {&h->d.comp, &h->d.rep, &h->d.esc, &h->d.sub, &h->d.trunc};
	for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
		int c = at(h->encoding, h->wide, i);
		if (c > ' ' && c < 0x7f && hl7_is_separator((uint8_t)c))
			*slots[i] = (uint8_t)c;
	}
}

/* Where, from n on, the field that is open ends: at a separator, the line's end, the end, or at LINE_MAX_BYTES. */
static inline size_t field_end(struct slice s, int wide, size_t n, uint8_t sep)
{
	size_t most = s.n < LINE_MAX_BYTES ? s.n : LINE_MAX_BYTES;
	if (!wide) {
		for (; n < most; n++) { /* byte by byte: fields of MSH are a few bytes long, and this is read of every message that is relayed or taken in */
			uint8_t c = s.p[n];
			if (c == sep || (c < ' ' && (c == '\r' || c == '\n' || c == FS)))
				break;
		}
		return n;
	}
	for (int c; n < LINE_MAX_BYTES && (c = at(s, wide, n)) >= 0 && c != sep && c != '\r' && c != '\n' && c != FS;)
		n++;
	return n;
}

/* MSH-n; NULL: it is not looked at. */
static struct slice *field_at(struct hl7_header *h, size_t n)
{
	switch (n) {
	case 2: return &h->encoding;
	case 3: return &h->sending_app;
	case 4: return &h->sending_fac;
	case 5: return &h->receiving_app;
	case 6: return &h->receiving_fac;
	case 7: return &h->time;
	case 9: return &h->type;
	case 10: return &h->control_id;
	case 11: return &h->processing;
	case 12: return &h->version;
	case 13: return &h->sequence;
	case 15: return &h->accept_ack;
	case 16: return &h->app_ack;
	case 18: return &h->charset;
	case 21: return &h->profile;
	default: return NULL;
	}
}

void hl7_header_read(struct slice message, struct hl7_header *ret)
{
	int wide = hl7_wide(message);
	*ret = (struct hl7_header){.wide = wide};
	size_t begin = 0, n;
	for (int c; (c = at(message, wide, begin)) >= 0 && begin < LINE_MAX_BYTES; begin++) {
		if (!wide && c == 0xEF && message.n - begin >= 3 && memcmp(message.p + begin, "\xEF\xBB\xBF", 3) == 0)
			begin += 2;
		else if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != VT && c != 0 && !(wide && c == 0xFEFF))
			break;
	}
	struct slice from = slice_of(message.p + begin * (wide ? 2 : 1), message.n - begin * (wide ? 2 : 1));
	if (from.n == 0 || hl7_line_at(from.p, from.n, wide, false) != HL7_LINE_MSH)
		return;
	int sep = at(from, wide, 3);
	ret->d.field = (uint8_t)sep;
	size_t number = 2, open = 4;
	for (n = 4;; n++) {
		n = field_end(from, wide, n, (uint8_t)sep);
		int c = at(from, wide, n);
		bool over = c < 0 || c == '\r' || c == '\n' || c == FS;
		if (!over && n == LINE_MAX_BYTES)
			break; /* the field that is open here is not whole */
		struct slice *field = field_at(ret, number);
		if (field)
			*field = part(from, wide, open, n);
		number++;
		open = n + 1;
		if (over)
			break;
	}
	ret->line = part(from, wide, 0, n);
	delims(ret);
	ret->ok = number > 10 && ret->d.comp; /* number: one past the last field that is whole */
}

#define WHOSE_LOOK ((size_t)1 << 20)
#define WHOSE_FIELD ((size_t)4096) /* a field that is longer is left out: no number is */

static struct slice short_enough(struct slice field)
{
	return field.n <= WHOSE_FIELD ? field : SLICE_NULL;
}

/* Field 3 of the first PID line. */
static struct slice first_pid3(struct slice s, uint8_t sep)
{
	for (size_t i = 0; i + 5 < s.n; i++) {
		if ((i && s.p[i - 1] != '\r' && s.p[i - 1] != '\n') || memcmp(s.p + i, "PID", 3) != 0 || s.p[i + 3] != sep)
			continue;
		size_t field = 0, open = i + 4;
		for (size_t n = open; n <= s.n; n++) {
			bool over = n == s.n || s.p[n] == '\r' || s.p[n] == '\n';
			if (!over && s.p[n] != sep)
				continue;
			if (++field == 3)
				return n == s.n ? SLICE_NULL : slice_of(s.p + open, n - open); /* cut by our own limit: not whole */
			if (over)
				break;
			open = n + 1;
		}
		return SLICE_NULL;
	}
	return SLICE_NULL;
}

bool hl7_whose(struct slice message, struct buf *out)
{
	struct hl7_header h;
	hl7_header_read(message, &h);
	if (!h.ok || h.wide || h.encoding.n > WHOSE_FIELD)
		return false;
	size_t after = (size_t)(h.line.p + h.line.n - message.p), look = message.n - after < WHOSE_LOOK ? message.n - after : WHOSE_LOOK;
	struct slice number = short_enough(first_pid3(slice_of(message.p + after, look), h.d.field));
	if (!number.n)
		return false;
	const struct slice msh[] = {h.encoding, h.sending_app, h.sending_fac, SLICE_NULL, SLICE_NULL, h.time, SLICE_NULL, h.type, SLICE("-"), SLICE("P"), h.version, SLICE_NULL, SLICE_NULL, SLICE_NULL, SLICE_NULL, SLICE_NULL, h.charset};
	buf_add_slice(out, SLICE("MSH"));
	for (size_t i = 0; i < ARRAY_LEN(msh); i++) {
		buf_u8(out, h.d.field);
		buf_add_slice(out, short_enough(msh[i]));
	}
	buf_u8(out, '\r');
	buf_add_slice(out, SLICE("PID"));
	for (int i = 0; i < 3; i++)
		buf_u8(out, h.d.field);
	buf_add_slice(out, number);
	buf_u8(out, '\r');
	return buf_ok(out);
}

struct slice hl7_control_key(const struct hl7_header *h, uint8_t out[HL7_CONTROL_KEY])
{
	const struct slice parts[] = {h->sending_app, h->sending_fac, h->control_id};
	size_t n = 0;
	if (!h->ok || !h->control_id.n || h->sending_app.n + h->sending_fac.n + h->control_id.n + 2 > HL7_CONTROL_KEY)
		return SLICE_NULL;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (i)
			out[n++] = 0;
		if (parts[i].n)
			memcpy(out + n, parts[i].p, parts[i].n);
		n += parts[i].n;
	}
	return slice_of(out, n);
}
