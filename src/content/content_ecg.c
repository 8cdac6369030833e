/* SCP-ECG (EN 1064 5.3): CRC-CCITT of the whole record, its length, section 0 a table of sections that lie inside it, each with a CRC over itself.
 * EDF, EDF+, BDF (edfplus.info): header of 256 bytes of ASCII for the file and for each signal; the size is header + records * sum of samples * 2 (3)
 * bytes. Both have no other sums. */
#include "content_internal.h"

struct scp {
	uint16_t crc;
	uint64_t size;
};

static size_t scp_feed(struct content_checker *c, struct slice s)
{
	struct scp *x = STATE_OF(c, struct scp);
	x->crc = sum_crc_ccitt(x->crc, s.p, s.n);
	return s.n;
}

static void scp_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	if (STATE_OF(c, struct scp)->crc == le16(c->head))
		walk_done(c);
	else
		walk_lost(c, "scp-ecg: the record's CRC does not fit");
}

static void scp_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct scp *x = STATE_OF(c, struct scp);
	x->crc = sum_crc_ccitt(0xFFFF, p + 2, n - 2);
	walk_feed(c, x->size - n, scp_feed, 0, scp_over);
}

/* Bytes 0-1 CRC, 2-5 size, then section 0: 6-7 CRC, 8-9 number 0, 10-13 length, 14 15 versions, 16-21 "SCPECG" (left out by old writers), 22:
 * pointers of ten bytes: id, length, index from 1 */
static bool scp_sniff(struct content_checker *c, struct slice h)
{
	if (h.n < 142 || le32(h.p + 2) < 142 || le16(h.p + 8) != 0 || le32(h.p + 10) < 136 || le32(h.p + 10) > le32(h.p + 2))
		return false;
	if (!HEAD_IS(h, 16, "SCPECG") && c->r.named != CONTENT_SCP_ECG)
		return false;
	for (size_t i = 0; i < 12; i++) {
		const uint8_t *q = h.p + 22 + 10 * i;
		if (le16(q) != i || (le32(q + 2) && (le32(q + 6) == 0 || (uint64_t)le32(q + 6) + le32(q + 2) - 1 > le32(h.p + 2))))
			return false;
	}
	return true;
}

static void scp_begin(struct content_checker *c)
{
	struct scp *x = content_state_new(c, sizeof *x);
	x->size = le32(c->head + 2);
	if (c->hint && x->size > c->hint)
		walk_lost(c, "truncated: scp-ecg says %llu bytes", (unsigned long long)x->size);
	else
		walk_want(c, 142, scp_header);
}

const struct content_format format_scp = {CONTENT_SCP_ECG, scp_sniff, scp_begin, NULL};

struct edf {
	uint64_t signals, records, record_bytes;
	unsigned sample;
	bool continuous;
};

static bool number(const uint8_t *p, size_t n, int64_t *ret)
{
	return num_i64(slice_trim(slice_of(p, n)), -1, INT64_C(99999999), ret) == 0;
}

static bool printable(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < 32 || p[i] == 127)
			return false;
	return true;
}

static void edf_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	if (raw_holds(c, "samples", false, (STATE_OF(c, struct edf)->signals + 1) * 256, c->size))
		walk_done(c);
}

static void edf_signals(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct edf *e = STATE_OF(c, struct edf);
	/* a field of all signals behind another: 16 label, 80 transducer, 8 unit, 4 * 8 ranges, 80 filter, 8 samples a record, 32 reserved */
	const uint8_t *samples = p + e->signals * 216;
	for (uint64_t i = 0; i < e->signals; i++) {
		int64_t v;
		if (!number(samples + 8 * i, 8, &v) || v < 0) {
			walk_lost(c, "edf: signal %llu has no number of samples", (unsigned long long)i + 1);
			return;
		}
		e->record_bytes += (uint64_t)v * e->sample;
	}
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0 || p[i] == 127) {
			walk_lost(c, "edf: byte %llu of the header is no text", (unsigned long long)c->w.at - n + i);
			return;
		}
	walk_skip(c, e->records == UINT64_MAX ? WALK_FOREVER : e->records * e->record_bytes, 0, edf_over);
}

static void edf_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct edf *e = STATE_OF(c, struct edf);
	int64_t records = 0, signals = 0, head = 0;
	if (!number(p + 236, 8, &records) || !number(p + 252, 4, &signals) || !number(p + 184, 8, &head) || signals < 1 || signals > 511 ||
		head != 256 * (signals + 1)) {
		walk_lost(c, "edf: its header does not add up");
		return;
	}
	e->signals = (uint64_t)signals;
	e->records = records < 0 ? UINT64_MAX : (uint64_t)records;
	e->sample = p[0] == 0xFF ? 3 : 2;
	walk_want(c, (size_t)signals * 256, edf_signals);
}

static bool edf_sniff(struct content_checker *c, struct slice h)
{
	bool bdf = HEAD_IS(h, 0,
		"\xFF"
		"BIOSEMI");
	return h.n >= 256 && (bdf || HEAD_IS(h, 0, "0       ")) && printable(h.p + 8, 160) && h.p[170] == '.' && h.p[173] == '.' && h.p[178] == '.' &&
		h.p[181] == '.';
}

static void edf_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct edf));
	walk_want(c, 256, edf_header);
}

static void edf_end(struct content_checker *c)
{
	const struct edf *e = STATE_OF(c, struct edf);
	if (c->w.mode == WALK_SKIP && e->records == UINT64_MAX && e->record_bytes)
		edf_over(c, NULL, 0);
	else
		walk_truncated(c);
}

const struct content_format format_edf = {CONTENT_EDF, edf_sniff, edf_begin, edf_end};
