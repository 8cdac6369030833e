/* JPEG (ISO/IEC 10918-1 B.1): SOI, segments by their length, scans up to a marker that is neither a stuffed zero nor a restart in turn, EOI.
 * Of 4 KiB of random bytes some sixteen are 0xFF, and each is followed by something allowed only 9 times in 256: damage in a scan shows without
 * decoding it. */
#include "content_internal.h"

enum { SOI, MARK, MARKER, LENGTH, SEGMENT, SCAN, SCAN_FF, OVER, BROKEN };

void jpeg_begin(struct jpeg *j)
{
	memset(j, 0, sizeof *j);
	j->restart = -1;
}

static void marker(struct jpeg *j, uint8_t m)
{
	j->marker = m;
	j->small_n = 0;
	if (m == 0xFF)
		return; /* fill */
	if (m == 0xD9) {
		j->mode = j->scan ? OVER : BROKEN;
		j->why = "an end before any scan";
	} else if (m == 0x01 || (m >= 0xD0 && m <= 0xD7))
		j->mode = MARK;
	else if (m < 0xC0 || m == 0xD8) {
		j->mode = BROKEN;
		j->why = "no marker";
	} else
		j->mode = LENGTH;
}

static bool is_frame(uint8_t m)
{
	return m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC;
}

static void segment(struct jpeg *j)
{
	uint8_t m = j->marker;
	uint32_t n = be16(j->small);
	j->mode = SEGMENT;
	j->left = n - 2;
	if (n < 2 || (m == 0xDA && (n < 6 || !j->frame)) || (is_frame(m) && n < 11)) {
		j->mode = BROKEN;
		j->why = "no segment";
		return;
	}
	j->frame |= is_frame(m);
	j->restarts |= m == 0xDD;
	if (!j->left)
		j->mode = MARK;
}

static void segment_over(struct jpeg *j)
{
	j->mode = j->marker == 0xDA ? SCAN : MARK;
	if (j->mode == SCAN) {
		j->scan = true;
		j->restart = -1;
	}
}

static void in_scan(struct jpeg *j, uint8_t b)
{
	if (b == 0) {
		j->mode = SCAN;
	} else if (b >= 0xD0 && b <= 0xD7) { /* B.2.1: in turn, modulo 8 */
		int n = b - 0xD0;
		j->mode = SCAN;
		if (!j->restarts || (j->restart >= 0 && n != ((j->restart + 1) & 7))) {
			j->mode = BROKEN;
			j->why = "a restart marker out of turn";
		}
		j->restart = n;
	} else if (b != 0xFF)
		marker(j, b);
}

static void byte(struct jpeg *j, uint8_t b)
{
	switch (j->mode) {
	case SOI:
		j->small[j->small_n++] = b;
		if (j->small_n == 2) {
			j->mode = j->small[0] == 0xFF && j->small[1] == 0xD8 ? MARK : BROKEN;
			j->why = "no beginning";
		}
		break;
	case MARK:
		j->mode = b == 0xFF ? MARKER : BROKEN;
		j->why = "no marker";
		break;
	case MARKER:
		marker(j, b);
		break;
	case LENGTH:
		j->small[j->small_n++] = b;
		if (j->small_n == 2)
			segment(j);
		break;
	default: /* SCAN_FF */
		in_scan(j, b);
	}
}

enum part jpeg_feed(struct jpeg *j, struct slice s, size_t *used)
{
	size_t i = 0;
	while (i < s.n && j->mode != OVER && j->mode != BROKEN) {
		if (j->mode == SEGMENT) {
			size_t n = s.n - i < j->left ? s.n - i : j->left;
			i += n;
			j->left -= (uint32_t)n;
			if (!j->left)
				segment_over(j);
		} else if (j->mode == SCAN) {
			const uint8_t *hit = memchr(s.p + i, 0xFF, s.n - i);
			i = hit ? (size_t)(hit - s.p) + 1 : s.n;
			if (hit)
				j->mode = SCAN_FF;
		} else
			byte(j, s.p[i++]);
	}
	*used = i;
	j->at += i;
	return j->mode == OVER ? PART_END : j->mode == BROKEN ? PART_BAD : PART_MORE;
}

static size_t feed(struct content_checker *c, struct slice s)
{
	struct jpeg *j = STATE_OF(c, struct jpeg);
	size_t used;
	enum part part = jpeg_feed(j, s, &used);
	if (part == PART_END)
		walk_done(c);
	else if (part == PART_BAD)
		walk_lost(c, "jpeg: %s at byte %llu", j->why, (unsigned long long)j->at - 1);
	return used;
}

static bool sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 4 && HEAD_IS(h, 0, "\xFF\xD8\xFF") && h.p[3] >= 0xC0 && h.p[3] != 0xD8 && h.p[3] != 0xD9;
}

static void begin(struct content_checker *c)
{
	jpeg_begin(content_state_new(c, sizeof(struct jpeg)));
	walk_feed(c, WALK_FOREVER, feed, 0, NULL);
}

const struct content_format format_jpeg = {CONTENT_JPEG, sniff, begin, NULL};
