/* DICOM waveform objects written: Part 10, Explicit VR Little Endian.
 *
 * Twelve-Lead ECG where it fits (at most 13 channels and 16,384 samples, 200 to 1000 Hz), else General ECG (24 channels, 200 to 1000 Hz), else Ambulatory ECG (12 channels, 50 to 1000 Hz): PS3.3
 * A.34.3 to 5. One multiplex group, 16 bits signed, gaps as padding -32768. What is not known of a required value is left empty, never invented. UIDs are made of the content (2.25 and a number
 * of 128 bits): the same recording gives the same object. The samples are gone through twice, once to see whether they fit and for the UID, once to write them; a long record is never held. */
#include "dicom.h"
#include "ecg_write_parts.h"
#include "scp.h"

#include <math.h>
#include <stdio.h>

#define HEAD_MAX ((size_t)8 << 20)
#define BLOCK 2048
#define STATEMENTS_MAX 1000

struct out {
	const struct ecg *g;
	const struct ecg_analysis *n;
	const struct ecg_sink *sink;
	struct err *e;
	const char *sop;
	struct ecg_hash hash;
	struct ecg_write_time start;
	struct buf b;
};

/* ---- elements ---- */

static void u16(struct buf *b, unsigned v)
{
	buf_u8(b, (uint8_t)v);
	buf_u8(b, (uint8_t)(v >> 8));
}

static void head(struct buf *b, uint32_t tag, const char *vr, size_t n)
{
	static const char longer[] = "OBODOFOLOWSQUCUNURUT";
	bool is_long = false;
	for (size_t i = 0; i + 1 < sizeof longer; i += 2)
		is_long = is_long || (vr[0] == longer[i] && vr[1] == longer[i + 1]);
	u16(b, tag >> 16);
	u16(b, tag & 0xffff);
	buf_add(b, vr, 2);
	if (is_long) {
		u16(b, 0);
		buf_u32le(b, (uint32_t)n);
	} else {
		u16(b, (unsigned)n);
	}
}

static void bytes(struct buf *b, uint32_t tag, const char *vr, struct slice v)
{
	head(b, tag, vr, v.n + v.n % 2);
	buf_add_slice(b, v);
	if (v.n % 2)
		buf_u8(b, vr[0] == 'U' && vr[1] == 'I' ? 0 : ' ');
}

static void str(struct buf *b, uint32_t tag, const char *vr, const char *v)
{
	bytes(b, tag, vr, slice_str(v));
}

/* Text of a file: what is a delimiter in DICOM becomes another sign, what is too long is cut between letters. max: in letters. */
static void text(struct buf *b, uint32_t tag, const char *vr, struct slice v, size_t max)
{
	AUTO_BUF struct buf t = {0};
	buf_init(&t, 65536);
	for (size_t n = 0; v.n && n < max; n++) {
		size_t k;
		uint32_t u = utf8_get(v, &k);
		bool delimiter = vr[1] == 'T' ? false : u == '\\';
		if (delimiter || u < ' ')
			buf_u8(&t, u == '\n' && vr[1] == 'T' ? '\n' : delimiter ? '/' : ' ');
		else
			buf_add(&t, v.p, k);
		v = slice_of(v.p + k, v.n - k);
	}
	bytes(b, tag, vr, buf_slice(&t));
}

static void number(struct buf *b, uint32_t tag, double v)
{
	char t[32];
	str(b, tag, "DS", ecg_write_decimal(v, 16, t));
}

static void us(struct buf *b, uint32_t tag, unsigned v)
{
	head(b, tag, "US", 2);
	u16(b, v);
}

static void ul(struct buf *b, uint32_t tag, uint32_t v)
{
	head(b, tag, "UL", 4);
	buf_u32le(b, v);
}

static void sequence(struct buf *b, uint32_t tag)
{
	head(b, tag, "SQ", UINT32_MAX);
}

static void mark(struct buf *b, unsigned element, uint32_t n)
{
	u16(b, 0xfffe);
	u16(b, element);
	buf_u32le(b, n);
}

static void item(struct buf *b)
{
	mark(b, 0xe000, UINT32_MAX);
}

static void item_end(struct buf *b)
{
	mark(b, 0xe00d, 0);
}

static void sequence_end(struct buf *b)
{
	mark(b, 0xe0dd, 0);
}

static void code(struct buf *b, uint32_t tag, const char *value, const char *scheme, const char *version, const char *meaning)
{
	sequence(b, tag);
	item(b);
	text(b, DICOM_TAG(8, 0x100), "SH", slice_str(value), 16);
	str(b, DICOM_TAG(8, 0x102), "SH", scheme);
	if (version)
		str(b, DICOM_TAG(8, 0x103), "SH", version);
	text(b, DICOM_TAG(8, 0x104), "LO", slice_str(meaning), 64);
	item_end(b);
	sequence_end(b);
}

/* ---- UIDs ---- */

/* 2.25 and a UUID of version 8 as one decimal number (PS3.5 B.2). */
static const char *uid(const struct out *o, uint64_t which, char ret[64])
{
	struct ecg_hash h = o->hash;
	ecg_hash(&h, &(uint64_t){htole64(which)}, 8);
	unsigned __int128 v = (unsigned __int128)((h.a & ~UINT64_C(0xf000)) | 0x8000) << 64 | ((h.b & (UINT64_MAX >> 2)) | UINT64_C(1) << 63);
	char digits[40];
	size_t n = sizeof digits;
	digits[--n] = 0;
	do
		digits[--n] = (char)('0' + (int)(v % 10));
	while (v /= 10);
	snprintf(ret, 64, "2.25.%s", digits + n);
	return ret;
}

/* The study's own UID, where the file gave one. */
static bool is_uid(struct slice s)
{
	bool dot = false;
	for (size_t i = 0; i < s.n; i++) {
		dot = dot || s.p[i] == '.';
		if (s.p[i] != '.' && (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	}
	return dot && s.n >= 5 && s.n <= 64 && s.p[0] != '.' && s.p[s.n - 1] != '.';
}

/* ---- what fits ---- */

static int choose(struct out *o)
{
	const struct ecg *g = o->g;
	uint64_t n = 0;
	for (unsigned i = 0; i < g->channels; i++)
		n = g->channel[i].samples > n ? g->channel[i].samples : n;
	if (g->rate >= 200 && g->rate <= 1000 && g->channels <= 13 && n <= 16384)
		o->sop = "1.2.840.10008.5.1.4.1.1.9.1.1";
	else if (g->rate >= 200 && g->rate <= 1000 && g->channels <= 24 && n * g->channels < UINT32_C(0x40000000))
		o->sop = "1.2.840.10008.5.1.4.1.1.9.1.2";
	else if (g->rate >= 50 && g->rate <= 1000 && g->channels <= 12)
		o->sop = "1.2.840.10008.5.1.4.1.1.9.1.3";
	else if (g->rate < 50 || g->rate > 1000)
		return err_set(o->e, ERR_INPUT, NULL, "%g samples a second do not fit: DICOM's ECGs have 50 to 1000; aecg, edf and wfdb hold them", g->rate);
	else
		return err_set(o->e, ERR_INPUT, NULL, "%u channels do not fit: DICOM's ECGs have at most 24, ambulatory ones 12; edf and wfdb hold them", g->channels);
	if (n * g->channels * 2 > UINT32_MAX - 1 || n > UINT32_MAX)
		return err_set(o->e, ERR_INPUT, NULL, "its samples take more than the 4 GiB of a DICOM element");
	if (g->person.id.n > 64)
		return err_set(o->e, ERR_INPUT, NULL, "the patient's id is longer than DICOM's 64 characters");
	if (g->order.n > 16)
		return err_set(o->e, ERR_INPUT, NULL, "the order's number is longer than DICOM's 16 characters");
	return 0;
}

/* Every sample fits, and all of them into the UID. */
static int look(struct out *o)
{
	int32_t v[BLOCK];
	for (unsigned i = 0; i < o->g->channels; i++) {
		const struct ecg_channel *c = &o->g->channel[i];
		ecg_hash(&o->hash, c->name, strlen(c->name));
		for (uint64_t at = 0; at < c->samples; at += BLOCK) {
			size_t n = c->samples - at < BLOCK ? (size_t)(c->samples - at) : BLOCK;
			ecg_read(o->g, i, at, n, v);
			for (size_t k = 0; k < n; k++)
				if (v[k] != ECG_GAP && (v[k] < -INT16_MAX || v[k] > INT16_MAX))
					return err_set(o->e, ERR_INPUT, NULL, "channel %u: a sample does not fit in the 16 bits of DICOM's ECGs; aecg, wfdb and fhir hold it", i + 1);
			ecg_hash(&o->hash, v, n * sizeof *v);
		}
	}
	ecg_hash(&o->hash, o->g->person.id.p, o->g->person.id.n);
	ecg_hash(&o->hash, o->g->start.p, o->g->start.n);
	return 0;
}

/* ---- modules ---- */

static void meta(struct out *o)
{
	struct buf *b = &o->b;
	char u[64];
	static const uint8_t preamble[128];
	buf_add(b, preamble, sizeof preamble);
	buf_str(b, "DICM");
	ul(b, DICOM_TAG(2, 0), 0);
	size_t from = b->n;
	bytes(b, DICOM_TAG(2, 1), "OB", slice_of("\0\1", 2));
	str(b, DICOM_TAG(2, 2), "UI", o->sop);
	str(b, DICOM_TAG(2, 3), "UI", uid(o, 1, u));
	str(b, DICOM_TAG(2, 0x10), "UI", "1.2.840.10008.1.2.1");
	str(b, DICOM_TAG(2, 0x12), "UI", "2.25.201174398155028364110093722841960871723");
	str(b, DICOM_TAG(2, 0x13), "SH", "HOLDFAST");
	if (buf_ok(b)) {
		uint32_t n = htole32((uint32_t)(b->n - from));
		memcpy(b->p + from - 4, &n, 4);
	}
}

static const char *date(const struct ecg_write_time *t, char ret[32])
{
	snprintf(ret, 32, "%04d%02d%02d", t->year, t->month, t->day);
	return t->date ? ret : "";
}

static const char *clock_time(const struct ecg_write_time *t, char ret[32])
{
	snprintf(ret, 32, "%02d%02d%02d%s%s", t->hour, t->minute, t->second, t->fraction[0] ? "." : "", t->fraction);
	return t->time ? ret : "";
}

static const char *zone(const struct ecg_write_time *t, char ret[32])
{
	int m = t->zone < 0 ? -t->zone : t->zone;
	snprintf(ret, 32, "%c%02d%02d", t->zone < 0 ? '-' : '+', m / 60, m % 60);
	return t->time && t->zoned ? ret : "";
}

static bool ascii(const struct out *o)
{
	const struct ecg *g = o->g;
	const struct slice texts[] = {g->person.family, g->person.given, g->person.id, g->person.assigner, g->device, g->maker, g->serial, g->software, g->site, g->order, g->study, g->physician, g->indication};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		for (size_t k = 0; k < texts[i].n; k++)
			if (texts[i].p[k] >= 0x80)
				return false;
	for (const struct ecg_note *n = g->notes; n; n = n->next)
		for (size_t k = 0; k < n->text.n; k++)
			if (n->text.p[k] >= 0x80)
				return false;
	struct slice s;
	char room[ECG_WORDS_MAX];
	for (size_t i = 0; ecg_write_statement(g, o->n, i, room, &s) && i < STATEMENTS_MAX; i++)
		for (size_t k = 0; k < s.n; k++)
			if (s.p[k] >= 0x80)
				return false;
	return true;
}

static void general(struct out *o)
{
	struct buf *b = &o->b;
	const struct ecg *g = o->g;
	char u[64], d[32], t[32], z[32], all[96];
	snprintf(all, sizeof all, "%s%s%s", date(&o->start, d), clock_time(&o->start, t), zone(&o->start, z));
	if (!ascii(o))
		str(b, DICOM_TAG(8, 5), "CS", "ISO_IR 192");
	str(b, DICOM_TAG(8, 0x16), "UI", o->sop);
	str(b, DICOM_TAG(8, 0x18), "UI", uid(o, 1, u));
	str(b, DICOM_TAG(8, 0x20), "DA", date(&o->start, d));
	str(b, DICOM_TAG(8, 0x23), "DA", date(&o->start, d));
	str(b, DICOM_TAG(8, 0x2a), "DT", all);
	str(b, DICOM_TAG(8, 0x30), "TM", clock_time(&o->start, t));
	str(b, DICOM_TAG(8, 0x33), "TM", clock_time(&o->start, t));
	text(b, DICOM_TAG(8, 0x50), "SH", g->order, 16);
	str(b, DICOM_TAG(8, 0x60), "CS", "ECG");
	text(b, DICOM_TAG(8, 0x70), "LO", g->maker, 64);
	if (g->site.n)
		text(b, DICOM_TAG(8, 0x80), "LO", g->site, 64);
	text(b, DICOM_TAG(8, 0x90), "PN", g->physician, 64);
	if (o->start.time && o->start.zoned)
		str(b, DICOM_TAG(8, 0x201), "SH", zone(&o->start, z));
	if (g->device.n)
		text(b, DICOM_TAG(8, 0x1090), "LO", g->device, 64);
}

static void name_part(struct buf *scratch, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_u8(scratch, s.p[i] == '^' || s.p[i] == '=' ? ' ' : s.p[i]);
}

static void patient(struct out *o)
{
	struct buf *b = &o->b;
	const struct ecg_person *p = &o->g->person;
	AUTO_BUF struct buf name = {0};
	char t[32];
	double v;
	buf_init(&name, 4096);
	name_part(&name, p->family);
	if (p->given.n) {
		buf_u8(&name, '^');
		name_part(&name, p->given);
	}
	text(b, DICOM_TAG(0x10, 0x10), "PN", buf_slice(&name), 64);
	text(b, DICOM_TAG(0x10, 0x20), "LO", p->id, 64);
	if (p->assigner.n)
		text(b, DICOM_TAG(0x10, 0x21), "LO", p->assigner, 64);
	struct ecg_write_time birth = ecg_write_time(p->birth);
	str(b, DICOM_TAG(0x10, 0x30), "DA", date(&birth, t));
	str(b, DICOM_TAG(0x10, 0x40), "CS", slice_eq_str(p->sex, "male") ? "M" : slice_eq_str(p->sex, "female") ? "F" : slice_eq_str(p->sex, "other") ? "O" : "");
	struct slice unit, n = slice_cut(p->age, ' ', &unit);
	uint64_t years;
	const char *letter = slice_eq_str(unit, "a") ? "Y" : slice_eq_str(unit, "mo") ? "M" : slice_eq_str(unit, "wk") ? "W" : slice_eq_str(unit, "d") ? "D" : NULL;
	if (letter && num_u64(n, 1, 999, &years) == 0) {
		snprintf(t, sizeof t, "%03u%s", (unsigned)years, letter);
		str(b, DICOM_TAG(0x10, 0x1010), "AS", t);
	}
	if (ecg_number(p->height_cm, &v) && v > 0)
		number(b, DICOM_TAG(0x10, 0x1020), v / 100);
	if (ecg_number(p->weight_kg, &v) && v > 0)
		number(b, DICOM_TAG(0x10, 0x1030), v);
}

static void study(struct out *o)
{
	struct buf *b = &o->b;
	const struct ecg *g = o->g;
	char u[64];
	if (g->serial.n)
		text(b, DICOM_TAG(0x18, 0x1000), "LO", g->serial, 64);
	if (g->software.n)
		text(b, DICOM_TAG(0x18, 0x1020), "LO", g->software, 64);
	if (is_uid(g->study))
		bytes(b, DICOM_TAG(0x20, 0xd), "UI", g->study);
	else
		str(b, DICOM_TAG(0x20, 0xd), "UI", uid(o, 3, u));
	str(b, DICOM_TAG(0x20, 0xe), "UI", uid(o, 2, u));
	text(b, DICOM_TAG(0x20, 0x10), "SH", is_uid(g->study) ? SLICE_NULL : g->study, 16);
	str(b, DICOM_TAG(0x20, 0x11), "IS", "1");
	str(b, DICOM_TAG(0x20, 0x13), "IS", "1");
	sequence(b, DICOM_TAG(0x40, 0x555)); /* acquisition context: none */
	sequence_end(b);
	if (g->indication.n)
		text(b, DICOM_TAG(0x40, 0x1002), "LO", g->indication, 64);
}

/* ---- annotations: codes of PS3.16 CID 3227 (QTc), 3228 and 3689 (intervals), 3229 (axes) ---- */

static void about_all(struct buf *b)
{
	head(b, DICOM_TAG(0x40, 0xa0b0), "US", 4);
	u16(b, 1);
	u16(b, 0); /* group 1, all its channels */
}

static void measurement(struct out *o, const char *key, const char *value, const char *meaning, const char *unit, const char *unit_meaning)
{
	struct buf *b = &o->b;
	double v = ecg_write_measure(o->g, o->n, key);
	if (!isfinite(v))
		return;
	item(b);
	code(b, DICOM_TAG(0x40, 0x8ea), unit, "UCUM", "1.4", unit_meaning);
	code(b, DICOM_TAG(0x40, 0xa043), value, "MDC", NULL, meaning);
	about_all(b);
	us(b, DICOM_TAG(0x40, 0xa180), 0);
	number(b, DICOM_TAG(0x40, 0xa30a), rint(v * 10) / 10);
	item_end(b);
}

static void point(struct out *o, const struct ecg_note *n)
{
	struct buf *b = &o->b;
	double at = rint(n->at_s * o->g->rate), last = rint((n->at_s + n->duration_s) * o->g->rate);
	if (!(at >= 0 && last < (double)UINT32_MAX))
		return;
	bool segment = last > at;
	item(b);
	head(b, DICOM_TAG(0x40, 0xa0b0), "US", 4);
	u16(b, 1);
	u16(b, n->channel >= 0 ? (unsigned)n->channel + 1 : 0);
	str(b, DICOM_TAG(0x40, 0xa130), "CS", segment ? "SEGMENT" : "POINT");
	head(b, DICOM_TAG(0x40, 0xa132), "UL", segment ? 8 : 4);
	buf_u32le(b, (uint32_t)at + 1); /* the first sample is 1 */
	if (segment)
		buf_u32le(b, (uint32_t)last + 1);
	us(b, DICOM_TAG(0x40, 0xa180), 2);
	text(b, DICOM_TAG(0x70, 6), "ST", n->text, 1024);
	item_end(b);
}

static void annotations(struct out *o)
{
	struct buf *b = &o->b;
	struct slice s;
	char room[ECG_WORDS_MAX];
	sequence(b, DICOM_TAG(0x40, 0xb020));
	measurement(o, "rate_bpm", "2:16016", "Ventricular Heart Rate", "{H.B.}/min", "heart beats per minute");
	measurement(o, "rr_ms", "2:16168", "RR interval global", "ms", "milliseconds");
	measurement(o, "p_ms", "2:16184", "P duration global", "ms", "milliseconds");
	measurement(o, "pr_ms", "2:15872", "PR interval global", "ms", "milliseconds");
	measurement(o, "qrs_ms", "2:16156", "QRS duration global", "ms", "milliseconds");
	measurement(o, "qt_ms", "2:16160", "QT interval global", "ms", "milliseconds");
	if (ecg_write_fields_ours(o->g, o->n)) /* by which formula is known of ours only */
		measurement(o, "qtc_ms", "2:15880", "QTc global using Bazett formula", "ms", "milliseconds");
	else
		measurement(o, "qtc_ms", "2:15876", "QTc interval global", "ms", "milliseconds");
	measurement(o, "p_axis_deg", "2:16128", "P axis", "deg", "degrees");
	measurement(o, "qrs_axis_deg", "2:16132", "QRS axis", "deg", "degrees");
	measurement(o, "t_axis_deg", "2:16136", "T axis", "deg", "degrees");
	for (size_t i = 0; i < STATEMENTS_MAX && ecg_write_statement(o->g, o->n, i, room, &s); i++) {
		item(b);
		about_all(b);
		us(b, DICOM_TAG(0x40, 0xa180), 1);
		text(b, DICOM_TAG(0x70, 6), "ST", s, 1024);
		item_end(b);
	}
	size_t many = 0;
	for (const struct ecg_note *n = o->g->notes; n && many++ < STATEMENTS_MAX; n = n->next)
		if (!n->statement && n->timed)
			point(o, n);
	sequence_end(b);
}

/* ---- the waveform ---- */

static void source(struct buf *b, const struct ecg_channel *c)
{
	char number[32], meaning[40];
	unsigned id = scp_lead_id(c->lead);
	text(b, DICOM_TAG(0x3a, 0x203), "SH", slice_str(c->name), 16);
	if (id) {
		snprintf(number, sizeof number, "2:%u", id);
		snprintf(meaning, sizeof meaning, "Lead %s", c->name);
		code(b, DICOM_TAG(0x3a, 0x208), number, "MDC", NULL, meaning);
	} else {
		code(b, DICOM_TAG(0x3a, 0x208), c->name, "99HOLDFAST", NULL, c->name);
	}
}

static void channel(struct buf *b, const struct ecg_channel *c)
{
	item(b);
	source(b, c);
	number(b, DICOM_TAG(0x3a, 0x210), c->scale);
	code(b, DICOM_TAG(0x3a, 0x211), "uV", "UCUM", "1.4", "microvolt");
	str(b, DICOM_TAG(0x3a, 0x212), "DS", "1");
	number(b, DICOM_TAG(0x3a, 0x213), c->baseline ? c->offset - (double)c->baseline * c->scale : c->offset);
	str(b, DICOM_TAG(0x3a, 0x215), "DS", "0");
	us(b, DICOM_TAG(0x3a, 0x21a), 16);
	item_end(b);
}

static void group(struct out *o, uint64_t samples)
{
	struct buf *b = &o->b;
	sequence(b, DICOM_TAG(0x5400, 0x100));
	item(b);
	str(b, DICOM_TAG(0x18, 0x1068), "DS", "0");
	str(b, DICOM_TAG(0x3a, 4), "CS", "ORIGINAL");
	us(b, DICOM_TAG(0x3a, 5), o->g->channels);
	ul(b, DICOM_TAG(0x3a, 0x10), (uint32_t)samples);
	number(b, DICOM_TAG(0x3a, 0x1a), o->g->rate);
	str(b, DICOM_TAG(0x3a, 0x20), "SH", "RHYTHM");
	sequence(b, DICOM_TAG(0x3a, 0x200));
	for (unsigned i = 0; i < o->g->channels; i++)
		channel(b, &o->g->channel[i]);
	sequence_end(b);
	us(b, DICOM_TAG(0x5400, 0x1004), 16);
	str(b, DICOM_TAG(0x5400, 0x1006), "CS", "SS");
	bytes(b, DICOM_TAG(0x5400, 0x100a), "OW", slice_of("\0\x80", 2));
	head(b, DICOM_TAG(0x5400, 0x1010), "OW", samples * o->g->channels * 2);
}

static int flush(struct out *o)
{
	if (!buf_ok(&o->b))
		return err_set(o->e, buf_code(&o->b), NULL, "no room for the DICOM object");
	int r = o->sink->bytes(o->sink->arg, buf_slice(&o->b), o->e);
	buf_reset(&o->b);
	return r;
}

static int samples(struct out *o, uint64_t all)
{
	int32_t v[BLOCK];
	for (uint64_t at = 0; at < all; at += BLOCK) {
		size_t n = all - at < BLOCK ? (size_t)(all - at) : BLOCK, channels = o->g->channels;
		uint8_t *p = buf_space(&o->b, n * channels * 2);
		if (!p)
			return err_set(o->e, buf_code(&o->b), NULL, "no room for the samples");
		for (unsigned i = 0; i < channels; i++) {
			ecg_read(o->g, i, at, n, v);
			for (size_t k = 0; k < n; k++) {
				unsigned x = v[k] == ECG_GAP ? 0x8000u : (uint16_t)v[k];
				p[(k * channels + i) * 2] = (uint8_t)x;
				p[(k * channels + i) * 2 + 1] = (uint8_t)(x >> 8);
			}
		}
		buf_commit(&o->b, n * channels * 2);
		int r = flush(o);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_all(struct out *o, struct slice name)
{
	uint64_t all = 0;
	for (unsigned i = 0; i < o->g->channels; i++)
		all = o->g->channel[i].samples > all ? o->g->channel[i].samples : all;
	int r = ecg_write_uniform(o->g, "DICOM's ECG", o->e);
	if (r == 0)
		r = choose(o);
	if (r == 0)
		r = look(o);
	if (r < 0)
		return r;
	o->start = ecg_write_time(o->g->start);
	meta(o);
	general(o);
	patient(o);
	study(o);
	annotations(o);
	group(o, all);
	if (!buf_ok(&o->b))
		return err_set(o->e, buf_code(&o->b), NULL, "no room for the DICOM object");
	r = ecg_write_file(o->sink, name, ".dcm", o->e);
	if (r == 0)
		r = flush(o);
	if (r == 0)
		r = samples(o, all);
	if (r < 0)
		return r;
	item_end(&o->b);
	sequence_end(&o->b);
	r = flush(o);
	return r == 0 ? o->sink->end(o->sink->arg, o->e) : r;
}

int ecg_write_dicom(const struct ecg *g, const struct ecg_analysis *n, struct slice name, const struct ecg_sink *sink, struct err *e)
{
	struct out o = {.g = g, .n = n, .sink = sink, .e = e};
	buf_init(&o.b, HEAD_MAX);
	int r = write_all(&o, name);
	buf_done(&o.b);
	return r;
}
