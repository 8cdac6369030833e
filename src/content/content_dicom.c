/* DICOM (PS3.10 7.1, PS3.5 7): preamble of 128 bytes and "DICM" (older files have neither), then elements in ascending order of tag to the end: group
 * 2 explicit little endian, the rest as the transfer syntax says: explicit or implicit VR, little or big endian. Sequences and their items are walked
 * in, encapsulated pixel data by its items. Deflated data sets are walked as deflate. Pixel data has no sum of its own; native pixels that became
 * random show only in the figures. */
#include "content_internal.h"

#define DEPTH_MAX 64u

struct dicom {
	bool big, deflated, meta, native;
	bool explicit_vr[DEPTH_MAX];
	unsigned disorder;         /* elements behind their place: real files have a few */
	uint64_t raw_from, raw_to; /* native pixels */
	uint32_t tag, last[DEPTH_MAX];
	uint64_t end[DEPTH_MAX]; /* where this level's sequence or item is over; WALK_FOREVER: at its delimiter */
	bool fragments;          /* inside encapsulated pixel data */
	unsigned depth;
	uint64_t elements;
	char vr[2];
	uint32_t uid_n;
	struct deflate d;
};

#define TAG(g, e) ((uint32_t)(g) << 16 | (e))
#define UNDEFINED UINT32_MAX

static void element(struct content_checker *c, const uint8_t *p, size_t n);

static uint16_t u16(const struct dicom *d, const uint8_t *p)
{
	return d->big ? be16(p) : le16(p);
}
static uint32_t u32(const struct dicom *d, const uint8_t *p)
{
	return d->big ? be32(p) : le32(p);
}

static void lost(struct content_checker *c, const char *what)
{
	walk_lost(c, "dicom: %s before byte %llu", what, (unsigned long long)c->w.at);
}

static void next(struct content_checker *c, uint64_t skip)
{
	struct dicom *d = STATE_OF(c, struct dicom);
	uint64_t at = c->w.at + skip;
	while (d->depth && d->end[d->depth] != WALK_FOREVER && at >= d->end[d->depth]) {
		if (at > d->end[d->depth]) {
			lost(c, "an element is longer than what holds it");
			return;
		}
		d->depth--;
	}
	walk_skip(c, skip, 8, element);
}

static void push(struct content_checker *c, uint32_t len)
{
	struct dicom *d = STATE_OF(c, struct dicom);
	if (d->depth + 1 >= DEPTH_MAX) {
		lost(c, "sequences within sequences");
		return;
	}
	d->depth++;
	d->end[d->depth] = len == UNDEFINED ? WALK_FOREVER : c->w.at + len;
	d->last[d->depth] = 0;
	/* PS3.5 6.2.2: what stands in an element of unknown VR and undefined length is implicit, whatever is around it */
	d->explicit_vr[d->depth] = d->explicit_vr[d->depth - 1] && !(memcmp(d->vr, "UN", 2) == 0 && d->tag >> 16 != 0xFFFE);
	next(c, 0);
}

static size_t feed_deflated(struct content_checker *c, struct slice s)
{
	struct dicom *d = STATE_OF(c, struct dicom);
	size_t used;
	enum part part = deflate_feed(&d->d, s, &used);
	if (part == PART_BAD)
		lost(c, "its data set is not deflate");
	else if (part == PART_END)
		walk_done(c);
	return used;
}

static void syntax(struct dicom *d, struct slice uid)
{
	while (uid.n && (uid.p[uid.n - 1] == 0 || uid.p[uid.n - 1] == ' '))
		uid.n--;
	d->explicit_vr[0] = !slice_eq_str(uid, "1.2.840.10008.1.2");
	d->big = slice_eq_str(uid, "1.2.840.10008.1.2.2");
	d->deflated = slice_eq_str(uid, "1.2.840.10008.1.2.1.99") || slice_eq_str(uid, "1.2.840.10008.1.2.4.95");
}

/* Group 2 is over: its last element was passed. The data set begins here. */
static bool meta_over(struct content_checker *c, const uint8_t *p)
{
	struct dicom *d = STATE_OF(c, struct dicom);
	if (!d->meta || le16(p) == 2)
		return false;
	d->meta = false;
	d->last[0] = 0;
	const uint8_t *at = NULL;
	struct slice head = slice_of(c->head, c->head_n);
	for (size_t i = 132; i + 8 <= head.n && !at; i++) /* the transfer syntax stands in the head */
		if (memcmp(head.p + i, "\2\0\x10\0UI", 6) == 0)
			at = head.p + i;
	d->explicit_vr[0] = true;
	if (at && (size_t)(head.p + head.n - at) >= 8u + le16(at + 6))
		syntax(d, slice_of(at + 8, le16(at + 6)));
	return true;
}

static void value(struct content_checker *c, uint32_t len)
{
	struct dicom *d = STATE_OF(c, struct dicom);
	bool sequence = memcmp(d->vr, "SQ", 2) == 0;
	if (len == UNDEFINED && d->tag == TAG(0x7FE0, 0x10)) {
		d->fragments = true;
		push(c, len);
	} else if (len == UNDEFINED || sequence)
		push(c, len);
	else if (c->hint && c->w.at + len > c->hint)
		walk_lost(c, "truncated: dicom element before byte %llu is longer than the file", (unsigned long long)c->w.at);
	else {
		if (d->tag == TAG(0x7FE0, 0x10) && d->depth == 0) {
			d->raw_from = c->w.at;
			d->raw_to = c->w.at + len;
		}
		next(c, len);
	}
}

static void long_length(struct content_checker *c, const uint8_t *p, size_t n)
{
	value(c, u32(STATE_OF(c, struct dicom), p));
}

static bool is_vr(const uint8_t *p)
{
	static const char vrs[] = "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV";
	for (size_t i = 0; i < sizeof vrs; i += 3)
		if (memcmp(p, vrs + i, 2) == 0)
			return true;
	return false;
}

static bool is_long_vr(const uint8_t *p)
{
	static const char vrs[] = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
	for (size_t i = 0; i < sizeof vrs; i += 3)
		if (memcmp(p, vrs + i, 2) == 0)
			return true;
	return false;
}

/* FFFE,E000 item; E00D its end; E0DD the sequence's end. They have no VR. */
static void delimiter(struct content_checker *c, uint32_t len)
{
	struct dicom *d = STATE_OF(c, struct dicom);
	if (d->tag == TAG(0xFFFE, 0xE000)) {
		if (d->fragments)
			next(c, len);
		else
			push(c, len);
		return;
	}
	if (!d->depth || len) {
		lost(c, "an end of nothing");
		return;
	}
	d->fragments = false;
	d->depth--;
	next(c, 0);
}

static void element(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct dicom *d = STATE_OF(c, struct dicom);
	if (meta_over(c, p) && d->deflated) {
		deflate_begin(&d->d);
		size_t used;
		if (deflate_feed(&d->d, slice_of(p, n), &used) == PART_BAD)
			lost(c, "its data set is not deflate");
		else
			walk_feed(c, WALK_FOREVER, feed_deflated, 0, NULL);
		return;
	}
	if (!d->depth && d->elements > 4 && memcmp(p, "\0\0\0\0\0\0\0\0", 8) == 0) { /* padding of a disk or an archive */
		walk_done(c);
		c->w.end_at -= 8;
		return;
	}
	d->tag = TAG(u16(d, p), u16(d, p + 2));
	d->elements++;
	if (d->tag >> 16 == 0xFFFE) {
		delimiter(c, u32(d, p + 4));
		return;
	}
	bool named = is_vr(p + 4);
	if (d->explicit_vr[d->depth] && !named && !d->last[d->depth] && (u32(d, p + 4) < 1 << 16 || u32(d, p + 4) == UNDEFINED))
		d->explicit_vr[d->depth] = false; /* the transfer syntax is not there, or says what is not so: it happens */
	if (d->tag <= d->last[d->depth] && (!d->explicit_vr[d->depth] || !named || ++d->disorder > 16))
		d->fragments = true;
	if (d->fragments || (d->tag >> 16) < 1) {
		lost(c, "no element in ascending order");
		return;
	}
	d->last[d->depth] = d->tag;
	memcpy(d->vr, p + 4, 2);
	if (!d->explicit_vr[d->depth]) {
		memcpy(d->vr, "--", 2);
		value(c, u32(d, p + 4));
	} else if (!named)
		lost(c, "no value representation");
	else if (is_long_vr(p + 4))
		walk_want(c, 4, long_length);
	else
		value(c, u16(d, p + 6));
}

/* Without preamble: begins with group 2 or 8, small elements in order. */
static bool bare(struct slice h, bool *ret_explicit)
{
	uint32_t last = 0;
	size_t at = 0, n = 0;
	*ret_explicit = h.n > 8 && is_vr(h.p + 4);
	while (at + 8 <= h.n && n < 5) {
		uint32_t tag = TAG(le16(h.p + at), le16(h.p + at + 2)), len = *ret_explicit ? le16(h.p + at + 6) : le32(h.p + at + 4);
		if (tag <= last || (at == 0 && tag >> 16 != 2 && tag >> 16 != 8) || tag >> 16 > 0x50 || len > 1024)
			return false;
		if (*ret_explicit && (!is_vr(h.p + at + 4) || is_long_vr(h.p + at + 4)))
			return n >= 3;
		last = tag;
		at += 8 + len;
		n++;
	}
	return n == 5;
}

static bool sniff(struct content_checker *c, struct slice h)
{
	bool e;
	return (HEAD_IS(h, 128, "DICM") && h.n >= 140) || bare(h, &e);
}

static void begin(struct content_checker *c)
{
	struct dicom *d = content_state_new(c, offsetof(struct dicom, d));
	struct slice h = slice_of(c->head, c->head_n);
	bool explicit_vr = true;
	d->end[0] = WALK_FOREVER;
	if (HEAD_IS(h, 128, "DICM")) {
		d->explicit_vr[0] = d->meta = true;
		walk_skip(c, 132, 8, element);
		return;
	}
	(void)bare(h, &explicit_vr);
	d->explicit_vr[0] = explicit_vr;
	walk_want(c, 8, element);
}

static void end(struct content_checker *c)
{
	const struct dicom *d = STATE_OF(c, struct dicom);
	if (walk_between(c) && d->elements > 1 && !d->meta &&
		(d->depth == 0 || d->fragments)) { /* some writers leave out the last delimiter of the pixels */
		if (raw_holds(c, "pixels", false, d->raw_from, d->raw_to))
			walk_done(c);
	} else
		walk_truncated(c);
}

const struct content_format format_dicom = {CONTENT_DICOM, sniff, begin, end};
