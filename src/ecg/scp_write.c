/* SCP-ECG records written: version 2.0, sections 0 1 2 3 6, and 7 8 where there is something to say.
 *
 * Samples go out as second differences with the standard's Huffman table, or plain where that is smaller or a difference does not fit in 16 bits. What the format cannot hold is refused: a rate
 * that is no whole number of microseconds, samples that need more than 16 bits, a gap inside a lead, a lead without a code, more than 65,535 bytes of a lead. */
#include "ecg_write_parts.h"
#include "scp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORD_MAX ((size_t)16 << 20)
#define TEXT_MAX 200    /* bytes of one text; section 1's fields are meant to be at most 64 to 80 */

struct lead {
	unsigned id;
	uint64_t first, n; /* between the gaps at its ends */
	int32_t *v;        /* as the record has them */
	int16_t *x;        /* in SCP-ECG's steps */
	double most;       /* steps of the record, less the baseline */
};
struct out {
	const struct ecg *g;
	const struct ecg_analysis *n;
	struct arena *a;
	struct err *e;
	enum ecg_charset chars;
	uint8_t language;
	uint16_t avm, interval;
	struct lead lead[ECG_CHANNELS_MAX];
	struct buf section[12];
};

static void u16(struct buf *b, unsigned v)
{
	buf_u8(b, (uint8_t)v);
	buf_u8(b, (uint8_t)(v >> 8));
}

/* ---- what fits ---- */

static bool whole(double v, double max, uint64_t *ret)
{
	double r = rint(v);
	if (!(r >= 1 && r <= max) || fabs(v - r) > 1e-9 * r)
		return false;
	*ret = (uint64_t)r;
	return true;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t r = a % b;
		a = b;
		b = r;
	}
	return a;
}

static int interval(struct out *o)
{
	uint64_t us;
	if (!whole(1e6 / o->g->rate, UINT16_MAX, &us))
		return err_set(o->e, ERR_INPUT, NULL, "%g samples a second do not fit: SCP-ECG counts the time between samples in whole microseconds, at most 65,535; dicom, aecg, edf and wfdb hold them", o->g->rate);
	o->interval = (uint16_t)us;
	return 0;
}

/* Nanovolts a step, one for all leads: the greatest common divisor of theirs, in which every sample is exact. Where steps are no whole nanovolts (LUDB, many converted files), a finer one: an eighth
 * of the finest, or what the largest sample needs, but never coarser than the finest step, so that a sample moves by half of a step at the very most. */
static int steps(struct out *o)
{
	uint64_t avm = 0, nv;
	double finest = INFINITY, most = 0;
	bool exact = true;
	for (unsigned i = 0; i < o->g->channels; i++) {
		double step = fabs(o->g->channel[i].scale) * 1000;
		exact = exact && whole(step, 1e9, &nv) && o->g->channel[i].offset == 0;
		avm = exact ? gcd(nv, avm) : 0;
		finest = fmin(finest, step);
		most = fmax(most, o->lead[i].most * step);
	}
	if (!exact || avm > UINT16_MAX || most > (double)avm * INT16_MAX) {
		double coarse = fmax(fmax(ceil(most / INT16_MAX), floor(finest / 8)), 1);
		if (coarse > finest || coarse > UINT16_MAX)
			return err_set(o->e, ERR_INPUT, NULL, "its samples do not fit in the 16 bits of SCP-ECG (steps of %g uV, up to %g mV); aecg, wfdb and fhir hold them", finest / 1000, most / 1e6);
		avm = (uint64_t)coarse;
	}
	o->avm = (uint16_t)avm;
	return 0;
}

static int code(struct out *o, unsigned i)
{
	const struct ecg_channel *c = &o->g->channel[i];
	static const char *const vague[] = {"ch", "ecg", "ekg", "lead", "channel", "signal"};
	o->lead[i].id = scp_lead_id(c->lead);
	if (o->lead[i].id)
		return 0;
	char other[24];
	for (unsigned id = 1; id < 200 && c->lead == ECG_LEAD_OTHER; id++)
		if (!strcmp(scp_lead_name(id, other), c->name)) {
			o->lead[i].id = id;
			return 0;
		}
	for (size_t k = 0; k < ARRAY_LEN(vague) && c->lead == ECG_LEAD_OTHER; k++)
		if (slice_eq_nocase(slice_of(c->name, strnlen(c->name, strlen(vague[k]))), vague[k]))
			return 0; /* it says no more than that it is a lead; so does code 0 */
	return err_set(o->e, ERR_INPUT, NULL, "channel %u: its lead has no code in SCP-ECG; dicom, edf and wfdb hold it", i + 1);
}

/* The samples as they are, less their baseline; gaps only at the ends. */
static int samples(struct out *o, unsigned i)
{
	const struct ecg_channel *c = &o->g->channel[i];
	struct lead *l = &o->lead[i];
	if (c->samples > RECORD_MAX)
		return err_set(o->e, ERR_INPUT, NULL, "channel %u: %llu samples do not fit in SCP-ECG's 65,535 bytes a lead; dicom, edf and wfdb hold them", i + 1, (unsigned long long)c->samples);
	l->v = arena_array(o->a, (size_t)c->samples + 1, sizeof *l->v);
	l->x = arena_array(o->a, (size_t)c->samples + 1, sizeof *l->x);
	if (!l->v || !l->x)
		return err_set(o->e, arena_code(o->a), NULL, "no room for the samples");
	ecg_read(o->g, i, 0, (size_t)c->samples, l->v);
	uint64_t end = c->samples;
	while (l->first < end && l->v[l->first] == ECG_GAP)
		l->first++;
	while (end > l->first && l->v[end - 1] == ECG_GAP)
		end--;
	l->n = end - l->first;
	if (!l->n)
		return err_set(o->e, ERR_INPUT, NULL, "channel %u: nothing was recorded of it, which SCP-ECG cannot say; dicom, aecg and wfdb can", i + 1);
	l->v += l->first;
	for (uint64_t k = 0; k < l->n; k++) {
		if (l->v[k] == ECG_GAP)
			return err_set(o->e, ERR_INPUT, NULL, "channel %u: there is a gap in it, which SCP-ECG cannot hold; dicom, aecg and wfdb can", i + 1);
		l->most = fmax(l->most, fabs((double)l->v[k] - c->baseline + c->offset / c->scale));
	}
	return 0;
}

static void in_steps(struct out *o, unsigned i)
{
	const struct ecg_channel *c = &o->g->channel[i];
	struct lead *l = &o->lead[i];
	double factor = c->scale * 1000 / o->avm, whole_factor = rint(factor), zero = c->baseline - c->offset / c->scale;
	if (fabs(factor - whole_factor) <= 1e-9 * fabs(factor))
		factor = whole_factor;
	for (uint64_t k = 0; k < l->n; k++)
		l->x[k] = (int16_t)llrint(((double)l->v[k] - zero) * factor);
}

/* ---- section 6 ---- */

static bool second_differences(const struct lead *l, int16_t *d)
{
	for (uint64_t i = 0; i < l->n; i++) {
		int v = i < 2 ? l->x[i] : l->x[i] - 2 * l->x[i - 1] + l->x[i - 2];
		if (v < INT16_MIN || v > INT16_MAX)
			return false;
		d[i] = (int16_t)v;
	}
	return true;
}

/* The leads one after the other; size: of each. false: a difference does not fit. */
static bool packed(struct out *o, struct buf *data, size_t size[ECG_CHANNELS_MAX])
{
	for (unsigned i = 0; i < o->g->channels; i++) {
		int16_t *d = arena_array(o->a, (size_t)o->lead[i].n, sizeof *d);
		size_t before = data->n;
		if (!d || !second_differences(&o->lead[i], d))
			return false;
		scp_encode(data, d, (size_t)o->lead[i].n);
		if ((data->n - before) % 2)
			buf_u8(data, 0);
		size[i] = data->n - before;
	}
	return buf_ok(data);
}

static int rhythm(struct out *o)
{
	AUTO_BUF struct buf data = {0};
	size_t size[ECG_CHANNELS_MAX] = {0}, plain = 0;
	struct buf *b = &o->section[6];
	buf_init(&data, RECORD_MAX);
	for (unsigned i = 0; i < o->g->channels; i++)
		plain += 2 * (size_t)o->lead[i].n;
	bool huffman = packed(o, &data, size) && data.n <= plain;
	if (!huffman) {
		buf_reset(&data);
		for (unsigned i = 0; i < o->g->channels; i++) {
			for (uint64_t k = 0; k < o->lead[i].n; k++)
				u16(&data, (uint16_t)o->lead[i].x[k]);
			size[i] = 2 * (size_t)o->lead[i].n;
		}
	}
	u16(b, o->avm);
	u16(b, o->interval);
	buf_u8(b, huffman ? 2 : 0);
	buf_u8(b, 0);
	for (unsigned i = 0; i < o->g->channels; i++) {
		if (size[i] > UINT16_MAX)
			return err_set(o->e, ERR_INPUT, NULL, "channel %u: its samples take %zu bytes; SCP-ECG has room for 65,535 a lead (about two minutes); dicom, edf and wfdb hold them", i + 1, size[i]);
		u16(b, (unsigned)size[i]);
	}
	buf_add_slice(b, buf_slice(&data));
	if (huffman)
		u16(&o->section[2], SCP_DEFAULT_TABLE);
	return buf_ok(&data) ? 0 : err_set(o->e, buf_code(&data), NULL, "no room for the samples");
}

static void leads(struct out *o)
{
	struct buf *b = &o->section[3];
	unsigned n = o->g->channels;
	bool together = true;
	for (unsigned i = 1; i < n; i++)
		together = together && o->lead[i].first == o->lead[0].first && o->lead[i].n == o->lead[0].n;
	buf_u8(b, (uint8_t)n);
	buf_u8(b, together && n < 32 ? (uint8_t)(4 | n << 3) : 0);
	for (unsigned i = 0; i < n; i++) {
		buf_u32le(b, (uint32_t)(o->lead[i].first + 1));
		buf_u32le(b, (uint32_t)(o->lead[i].first + o->lead[i].n));
		buf_u8(b, (uint8_t)o->lead[i].id);
	}
}

/* ---- sections 1 and 8: texts ---- */

/* The first set that has all letters of all texts; UTF-16 has every one. */
static void choose_characters(struct out *o)
{
	static const struct {
		enum ecg_charset set;
		uint8_t language;
	} sets[] = {{ECG_CHARS_1, 1}, {ECG_CHARS_2, 3}, {ECG_CHARS_5, 0x13}, {ECG_CHARS_7, 0x23}, {ECG_CHARS_8, 0x2b}, {ECG_CHARS_11, 0x33}, {ECG_CHARS_15, 0x3b}, {ECG_CHARS_UTF16LE, 7}};
	const struct ecg *g = o->g;
	const struct slice texts[] = {g->person.family, g->person.given, g->person.id, g->device, g->maker, g->serial, g->software, g->site, g->study, g->physician, g->indication, g->medication};
	for (size_t k = 0; k < ARRAY_LEN(sets); k++) {
		AUTO_BUF struct buf scratch = {0};
		buf_init(&scratch, RECORD_MAX);
		bool all = true;
		for (size_t i = 0; i < ARRAY_LEN(texts) && all; i++)
			all = ecg_text_out(&scratch, texts[i], sets[k].set);
		for (const struct ecg_note *n = g->notes; n && all; n = n->next)
			all = ecg_text_out(&scratch, n->text, sets[k].set);
		struct slice one;
		char room[ECG_WORDS_MAX];
		for (size_t i = 0; i < 255 && all && ecg_write_statement(g, o->n, i, room, &one); i++)
			all = ecg_text_out(&scratch, one, sets[k].set);
		o->chars = sets[k].set;
		o->language = sets[k].language;
		if (all)
			return;
	}
}

static struct slice cut(struct slice s, size_t max)
{
	if (s.n > max)
		s = slice_of(s.p, utf8_valid_prefix(slice_of(s.p, max)));
	return s;
}

static void text(struct out *o, struct buf *b, struct slice s, size_t max)
{
	if (!ecg_text_out(b, cut(s, max), o->chars))
		assert(!"a set was chosen that has not all letters");
	buf_u8(b, 0);
	if (o->chars == ECG_CHARS_UTF16LE)
		buf_u8(b, 0);
}

static void tag(struct buf *b, unsigned id, struct slice value)
{
	buf_u8(b, (uint8_t)id);
	u16(b, (unsigned)value.n);
	buf_add_slice(b, value);
}

static void text_tag(struct out *o, unsigned id, struct slice s)
{
	AUTO_BUF struct buf v = {0};
	buf_init(&v, 4096);
	if (!s.n)
		return;
	text(o, &v, s, TEXT_MAX);
	tag(&o->section[1], id, buf_slice(&v));
}

static void number_tag(struct out *o, unsigned id, struct slice decimal, double factor, unsigned unit)
{
	double v;
	if (!decimal.n || !ecg_number(decimal, &v) || !(v > 0) || v * factor > 65535)
		return;
	uint8_t p[3] = {(uint8_t)(unsigned)rint(v * factor), (uint8_t)((unsigned)rint(v * factor) >> 8), (uint8_t)unit};
	tag(&o->section[1], id, slice_of(p, sizeof p));
}

static void date_tag(struct out *o, unsigned id, struct slice iso)
{
	struct ecg_write_time t = ecg_write_time(iso);
	uint8_t p[4] = {(uint8_t)t.year, (uint8_t)(t.year >> 8), (uint8_t)t.month, (uint8_t)t.day};
	if (t.date)
		tag(&o->section[1], id, slice_of(p, sizeof p));
}

static void age_tag(struct out *o)
{
	static const char *const units[] = {"", "a", "mo", "wk", "d", "h"};
	struct slice unit, n = slice_cut(o->g->person.age, ' ', &unit);
	for (unsigned i = 1; i < ARRAY_LEN(units); i++)
		if (slice_eq_str(unit, units[i]))
			number_tag(o, 4, n, 1, i);
}

static void device_tag(struct out *o)
{
	AUTO_BUF struct buf v = {0};
	uint8_t fixed[36] = {[6] = 0, [7] = 255, [14] = 20, [15] = 0x90, [16] = o->language};
	const struct ecg *g = o->g;
	buf_init(&v, 8192);
	AUTO_BUF struct buf model = {0};
	buf_init(&model, 64);
	if (ecg_text_out(&model, cut(g->device, 5), o->chars == ECG_CHARS_UTF16LE ? ECG_CHARS_1 : o->chars))
		memcpy(fixed + 8, model.p ? model.p : fixed + 8, model.n);
	text(o, &v, g->software, TEXT_MAX);
	fixed[35] = (uint8_t)v.n;
	text(o, &v, g->serial, TEXT_MAX);
	text(o, &v, g->software, TEXT_MAX);
	text(o, &v, SLICE("Holdfast"), TEXT_MAX);
	text(o, &v, g->maker, TEXT_MAX);
	AUTO_BUF struct buf all = {0};
	buf_init(&all, 8192);
	buf_add(&all, fixed, sizeof fixed);
	buf_add_slice(&all, buf_slice(&v));
	tag(&o->section[1], 14, buf_slice(&all));
}

static void patient(struct out *o)
{
	const struct ecg *g = o->g;
	const struct ecg_person *p = &g->person;
	struct ecg_write_time t = ecg_write_time(g->start);
	text_tag(o, 0, p->family);
	text_tag(o, 1, p->given);
	text_tag(o, 2, p->id);
	age_tag(o);
	date_tag(o, 5, p->birth);
	number_tag(o, 6, p->height_cm, 1, 1);
	double kg;
	bool grams = ecg_number(p->weight_kg, &kg) && kg * 1000 <= 65535;
	number_tag(o, 7, p->weight_kg, grams ? 1000 : 1, grams ? 2 : 1);
	if (p->sex.n) {
		uint8_t sex = slice_eq_str(p->sex, "male") ? 1 : slice_eq_str(p->sex, "female") ? 2 : slice_eq_str(p->sex, "other") ? 9 : 0;
		tag(&o->section[1], 8, slice_of(&sex, 1));
	}
	if (g->medication.n) {
		AUTO_BUF struct buf v = {0};
		buf_init(&v, 4096);
		buf_add(&v, "\0\0\0", 3);
		text(o, &v, g->medication, TEXT_MAX);
		tag(&o->section[1], 10, buf_slice(&v));
	}
	text_tag(o, 13, g->indication);
	device_tag(o);
	text_tag(o, 16, g->site);
	text_tag(o, 20, g->physician);
	date_tag(o, 25, g->start);
	if (t.time)
		tag(&o->section[1], 26, slice_of(((uint8_t[]){(uint8_t)t.hour, (uint8_t)t.minute, (uint8_t)t.second}), 3));
	for (const struct ecg_note *n = g->notes; n; n = n->next)
		if (!n->statement && !n->timed)
			text_tag(o, 30, n->text);
	text_tag(o, 31, g->study);
	if (t.zoned)
		tag(&o->section[1], 34, slice_of(((uint8_t[]){(uint8_t)t.zone, (uint8_t)((unsigned)t.zone >> 8), 0, 0, 0}), 5));
	buf_u8(&o->section[1], 255);
	u16(&o->section[1], 0);
}

static void statements(struct out *o)
{
	struct slice s;
	struct buf *b = &o->section[8];
	struct ecg_write_time t = ecg_write_time(o->g->start);
	size_t n = 0;
	char room[ECG_WORDS_MAX];
	while (n < 255 && ecg_write_statement(o->g, o->n, n, room, &s))
		n++;
	if (!n)
		return;
	buf_u8(b, 0); /* by machine, not overread */
	u16(b, t.date ? (unsigned)t.year : 0);
	buf_add(b, ((uint8_t[]){(uint8_t)t.month, (uint8_t)t.day, (uint8_t)t.hour, (uint8_t)t.minute, (uint8_t)t.second, (uint8_t)n}), 6);
	for (size_t i = 0; i < n && ecg_write_statement(o->g, o->n, i, room, &s); i++) {
		AUTO_BUF struct buf v = {0};
		buf_init(&v, 65536);
		text(o, &v, s, 4000);
		buf_u8(b, (uint8_t)(i + 1));
		u16(b, (unsigned)v.n);
		buf_add_slice(b, buf_slice(&v));
	}
}

/* ---- section 7 ---- */

static unsigned ms(double v)
{
	return isfinite(v) && v >= 0 && v < SCP_NOT_THERE ? (unsigned)rint(v) : SCP_NO_VALUE;
}

static void degrees(struct buf *b, double v)
{
	u16(b, isfinite(v) && fabs(v) <= 360 ? (uint16_t)(int16_t)rint(v) : SCP_NO_AXIS);
}

static void measurements(struct out *o)
{
	static const char *const keys[] = {"p_ms", "pr_ms", "qrs_ms", "qt_ms", "p_axis_deg", "qrs_axis_deg", "t_axis_deg", "rr_ms", "rate_bpm", "qtc_ms"};
	double v[ARRAY_LEN(keys)];
	bool any = false;
	struct buf *b = &o->section[7];
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		v[i] = ecg_write_measure(o->g, o->n, keys[i]);
		any = any || isfinite(v[i]);
	}
	if (!any)
		return;
	/* Only differences are known; they are laid around a QRS that begins 500 ms into the beat. Each is rounded by itself, so that it comes back as it was. */
	double on = isfinite(v[2]) || isfinite(v[3]) || isfinite(v[1]) ? 500 : NAN, p_on = on - rint(v[1]);
	buf_u8(b, 1);
	buf_u8(b, 0);
	u16(b, ms(v[7]));
	u16(b, SCP_NO_VALUE);
	u16(b, ms(p_on));
	u16(b, ms(p_on + rint(v[0])));
	u16(b, ms(on));
	u16(b, ms(on + rint(v[2])));
	u16(b, ms(on + rint(v[3])));
	for (size_t i = 4; i < 7; i++)
		degrees(b, v[i]);
	u16(b, 0); /* types of single beats: none */
	u16(b, ms(v[8]));
	u16(b, SCP_NO_VALUE);
	u16(b, ms(v[9]));
	buf_u8(b, ecg_write_fields_ours(o->g, o->n) ? 1 : 0); /* Bazett is ours; a device's own is not known */
	u16(b, 0);
}

/* ---- the record ---- */

static void section(struct buf *to, unsigned id, struct slice body)
{
	size_t start = to->n;
	u16(to, 0);
	u16(to, id);
	buf_u32le(to, (uint32_t)(16 + body.n + body.n % 2));
	buf_u8(to, 20);
	buf_u8(to, 20);
	buf_add(to, id ? "\0\0\0\0\0\0" : "SCPECG", 6);
	buf_add_slice(to, body);
	if (body.n % 2)
		buf_u8(to, 0);
	if (!buf_ok(to))
		return;
	uint16_t crc = scp_crc(slice_of(to->p + start + 2, to->n - start - 2));
	to->p[start] = (uint8_t)crc;
	to->p[start + 1] = (uint8_t)(crc >> 8);
}

static int put_together(struct out *o, struct buf *to)
{
	AUTO_BUF struct buf rest = {0};
	struct buf *pointers = &o->section[0];
	size_t zero = 16 + 10 * ARRAY_LEN(o->section);
	buf_init(&rest, RECORD_MAX);
	for (unsigned i = 0; i < ARRAY_LEN(o->section); i++) {
		size_t at = 6 + zero + rest.n, before = rest.n;
		if (i && o->section[i].n)
			section(&rest, i, buf_slice(&o->section[i]));
		u16(pointers, i);
		buf_u32le(pointers, (uint32_t)(i ? rest.n - before : zero));
		buf_u32le(pointers, (uint32_t)(i == 0 ? 7 : rest.n > before ? at + 1 : 0));
	}
	u16(to, 0);
	buf_u32le(to, (uint32_t)(6 + zero + rest.n));
	section(to, 0, buf_slice(pointers));
	buf_add_slice(to, buf_slice(&rest));
	for (unsigned i = 0; i < ARRAY_LEN(o->section); i++)
		if (!buf_ok(&o->section[i]))
			return err_set(o->e, buf_code(&o->section[i]), NULL, "no room for section %u", i);
	if (!buf_ok(to) || !buf_ok(&rest))
		return err_set(o->e, ERR_LIMIT, NULL, "no room for the record");
	uint16_t crc = scp_crc(slice_of(to->p + 2, to->n - 2));
	to->p[0] = (uint8_t)crc;
	to->p[1] = (uint8_t)(crc >> 8);
	return 0;
}

static int build(struct out *o, struct buf *to)
{
	int r = ecg_write_uniform(o->g, "SCP-ECG", o->e);
	if (r == 0)
		r = interval(o);
	for (unsigned i = 0; i < o->g->channels && r == 0; i++) {
		r = code(o, i);
		if (r == 0)
			r = samples(o, i);
	}
	uint64_t first = UINT64_MAX;
	for (unsigned i = 0; i < o->g->channels; i++)
		first = o->lead[i].first < first ? o->lead[i].first : first;
	if (r == 0 && first)
		r = err_set(o->e, ERR_INPUT, NULL, "it begins with a gap, which SCP-ECG cannot hold; dicom, aecg and wfdb can");
	if (r == 0)
		r = steps(o);
	for (unsigned i = 0; i < o->g->channels && r == 0; i++)
		in_steps(o, i);
	if (r == 0)
		r = rhythm(o);
	if (r < 0)
		return r;
	leads(o);
	choose_characters(o);
	patient(o);
	measurements(o);
	statements(o);
	return put_together(o, to);
}

int ecg_write_scp(const struct ecg *g, const struct ecg_analysis *n, struct slice name, const struct ecg_sink *sink, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	AUTO_BUF struct buf to = {0};
	struct out *o = a ? arena_alloc(a, sizeof *o) : NULL;
	if (!o)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	*o = (struct out){.g = g, .n = n, .a = a, .e = e};
	buf_init(&to, RECORD_MAX);
	for (unsigned i = 0; i < ARRAY_LEN(o->section); i++)
		buf_init(&o->section[i], RECORD_MAX);
	int r = build(o, &to);
	if (r == 0)
		r = ecg_write_file(sink, name, ".scp", e);
	if (r == 0)
		r = sink->bytes(sink->arg, buf_slice(&to), e);
	if (r == 0)
		r = sink->end(sink->arg, e);
	for (unsigned i = 0; i < ARRAY_LEN(o->section); i++)
		buf_done(&o->section[i]);
	return r;
}
