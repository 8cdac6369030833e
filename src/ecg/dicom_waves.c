/* DICOM waveform sequence (PS3.3 C.10.9): multiplex groups to channels.
 *
 * A group's samples lie channel beside channel in (5400,1010) and are read from there; nothing is copied. Value = sample x sensitivity x correction + baseline, in the channel's own unit.
 * The first group is the record. A group that calls itself median beat (or is derived and shorter than 3 s beside a longer one) is the record's median; others become further channels at their
 * own rate, later by their time offset. Unsigned samples are shifted by half of their range, so that 16 bits hold them; the baseline goes with them. */
#include "dicom.h"
#include "scp.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define GROUPS_MAX 16

enum form { FORM_NONE, FORM_SB, FORM_UB, FORM_SS, FORM_US, FORM_SL, FORM_UL };

struct group {
	struct slice data, label, originality, interpretation, padding;
	struct dicom_element channels_seq;
	unsigned channels, bits;
	double rate, offset_ms, samples;
	enum form form;
	bool big;
	uint64_t n; /* samples that are there */
};
struct plexed { /* channel.own */
	const uint8_t *p;  /* the channel's first sample */
	size_t stride;     /* bytes */
	enum form form;
	bool big, padded;
	int32_t padding;
	uint64_t offset;   /* samples before the first */
};
struct definition {
	struct slice label;
	struct dicom_code source, unit;
	double sensitivity, correction, baseline, low, high, notch;
	unsigned bits;
};

static const unsigned width[] = {[FORM_SB] = 1, [FORM_UB] = 1, [FORM_SS] = 2, [FORM_US] = 2, [FORM_SL] = 4, [FORM_UL] = 4};

/* ---- samples ---- */

static inline int32_t sample(const uint8_t *p, enum form form, bool big)
{
	uint32_t v;
	switch (form) {
	case FORM_SB: return (int8_t)*p;
	case FORM_UB: return *p;
	case FORM_SS:
	case FORM_US:
		v = big ? (uint32_t)p[0] << 8 | p[1] : p[0] | (uint32_t)p[1] << 8;
		return form == FORM_SS ? (int16_t)v : (int32_t)v - 32768;
	default:
		memcpy(&v, p, 4);
		v = big ? be32toh(v) : le32toh(v);
		return form == FORM_SL ? (int32_t)v : (int32_t)(v ^ UINT32_C(0x80000000));
	}
}

static inline int32_t value(const struct plexed *x, uint64_t at)
{
	int32_t v = sample(x->p + at * x->stride, x->form, x->big);
	return (x->padded && v == x->padding) || (x->form == FORM_SS && v == INT16_MIN) ? ECG_GAP : v;
}

void dicom_read(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int32_t *out)
{
	(void)g;
	const struct plexed *x = c->own;
	for (size_t i = 0; i < n; i++)
		out[i] = first + i < x->offset ? ECG_GAP : value(x, first + i - x->offset);
}

void dicom_read16(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int16_t *out)
{
	const struct plexed *x = c->own;
	if (x->form == FORM_SS && !x->big && !x->padded && first >= x->offset) { /* what nearly all files have */
		const uint8_t *p = x->p + (first - x->offset) * x->stride;
		for (size_t i = 0; i < n; i++, p += x->stride)
			out[i] = (int16_t)(p[0] | p[1] << 8);
		return;
	}
	int32_t block[256];
	for (size_t at = 0; at < n; at += ARRAY_LEN(block)) {
		size_t k = n - at < ARRAY_LEN(block) ? n - at : ARRAY_LEN(block);
		dicom_read(g, c, first + at, k, block);
		ecg_narrow(c, block, k, out + at);
	}
}

/* ---- channel definitions ---- */

static double number_or(const struct dicom_element *el, double otherwise)
{
	double v;
	return dicom_number(el, &v) ? v : otherwise;
}

static struct definition define(const struct dicom *d, struct dicom_set *s)
{
	struct definition c = {.correction = 1, .sensitivity = NAN};
	struct dicom_element el;
	while (dicom_next(s, &el))
		switch (el.tag) {
		case DICOM_TAG(0x003a, 0x0203): c.label = dicom_text(d, &el); break;
		case DICOM_TAG(0x003a, 0x0208): c.source = dicom_code(&el); break;
		case DICOM_TAG(0x003a, 0x0210): c.sensitivity = number_or(&el, NAN); break;
		case DICOM_TAG(0x003a, 0x0211): c.unit = dicom_code(&el); break;
		case DICOM_TAG(0x003a, 0x0212): c.correction = number_or(&el, 1); break;
		case DICOM_TAG(0x003a, 0x0213): c.baseline = number_or(&el, 0); break;
		case DICOM_TAG(0x003a, 0x021a): c.bits = (unsigned)fmin(fmax(number_or(&el, 0), 0), 32); break;
		case DICOM_TAG(0x003a, 0x0220): c.low = number_or(&el, 0); break;
		case DICOM_TAG(0x003a, 0x0221): c.high = number_or(&el, 0); break;
		case DICOM_TAG(0x003a, 0x0222): c.notch = number_or(&el, 0); break;
		default: break;
		}
	return c;
}

/* Codes of a lead: "2:1" and 131073 (MDC, partition 2), "5.6.3-9-1" (SCPECG, section 3's numbers), 131329 (MDC's potentials of the same leads, 256 higher). 0: none of these. */
static unsigned lead_number(const struct dicom_code *c)
{
	uint64_t n;
	struct slice v = c->value;
	size_t at = v.n;
	if (!v.n)
		return 0;
	while (at > 0 && v.p[at - 1] >= '0' && v.p[at - 1] <= '9')
		at--;
	if (num_u64(slice_of(v.p + at, v.n - at), 1, 1u << 20, &n) < 0)
		return 0;
	bool mdc = slice_starts(v, "2:") || (at == 0 && n >> 16 == 2), scp = slice_starts(v, "5.6.3-9-");
	if (!mdc && !scp)
		return 0;
	n &= 0xffff;
	if (mdc && n > 256 && n < 512)
		n -= 256;
	return n < 200 ? (unsigned)n : 0;
}

static struct slice lead_label(const struct dicom *d, const struct definition *c)
{
	char name[24];
	unsigned id = lead_number(&c->source);
	const char *known = id ? scp_lead_name(id, name) : NULL;
	if (known && known != name)
		return slice_str(known);
	if (c->source.meaning.n && (ecg_lead_parse(c->source.meaning) != ECG_LEAD_OTHER || !c->label.n))
		return ecg_text_in(d->g, c->source.meaning, d->chars);
	return c->label.n ? c->label : ecg_text_in(d->g, c->source.value, d->chars);
}

static struct slice filter_words(struct ecg *g, const struct definition *c)
{
	char line[120] = "";
	size_t n = 0;
	if (c->low > 0)
		n += (size_t)snprintf(line, sizeof line, "high-pass %g Hz", c->low);
	if (c->high > 0)
		n += (size_t)snprintf(line + n, sizeof line - n, "%slow-pass %g Hz", n ? ", " : "", c->high);
	if (c->notch > 0)
		n += (size_t)snprintf(line + n, sizeof line - n, "%snotch %g Hz", n ? ", " : "", c->notch);
	return n ? slice_str(arena_strdup(g->a, slice_str(line))) : SLICE_NULL;
}

/* The baseline is in units; ours is in whole steps, and what is left of it in c->offset. After ecg_unit. */
static void set_baseline(struct ecg *g, struct ecg_channel *c, double baseline, double step, enum form form)
{
	double steps = -baseline / step;
	if (form == FORM_US)
		steps -= 32768;
	else if (form == FORM_UL)
		steps -= 2147483648.0;
	if (!(fabs(steps) < 2147483647.0)) {
		ecg_warn(g, "channel %s: its baseline is beyond all samples; it is taken as 0", c->name);
		return;
	}
	c->baseline = (int32_t)lrint(steps);
	if (fabs(steps - c->baseline) > 0.001) /* else it was cut to the 16 characters of a decimal */
		c->offset = (c->baseline - steps) * c->scale;
}

/* Padding is believed where it lies at the edge of what the bits hold: files name 0 there, and then mean every sample that happens to be 0. */
static bool at_the_edge(int32_t padding, enum form form, unsigned stored)
{
	unsigned bits = stored && stored < width[form] * 8 ? stored : width[form] * 8;
	double half = ldexp(1, (int)bits - 1), v = padding;
	if (form == FORM_UB)
		v -= 128;
	return fabs(v) >= 0.75 * half;
}

/* ---- groups ---- */

static enum form form_of(struct slice s, unsigned bits)
{
	static const struct {
		const char *name;
		enum form form;
	} known[] = {{"SB", FORM_SB}, {"UB", FORM_UB}, {"SS", FORM_SS}, {"US", FORM_US}, {"SL", FORM_SL}, {"UL", FORM_UL}};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (slice_eq_str(s, known[i].name) && width[known[i].form] * 8 == bits)
			return known[i].form;
	if (!s.n)
		return bits == 8 ? FORM_SB : bits == 16 ? FORM_SS : bits == 32 ? FORM_SL : FORM_NONE;
	return FORM_NONE;
}

static void group_element(const struct dicom *d, struct group *x, const struct dicom_element *el)
{
	switch (el->tag) {
	case DICOM_TAG(0x0018, 0x1068): x->offset_ms = number_or(el, 0); break;
	case DICOM_TAG(0x003a, 0x0004): x->originality = dicom_string(el); break;
	case DICOM_TAG(0x003a, 0x0005): x->channels = (unsigned)fmin(fmax(number_or(el, 0), 0), 65535); break;
	case DICOM_TAG(0x003a, 0x0010): x->samples = fmax(number_or(el, 0), 0); break;
	case DICOM_TAG(0x003a, 0x001a): x->rate = number_or(el, 0); break;
	case DICOM_TAG(0x003a, 0x0020): x->label = dicom_text(d, el); break;
	case DICOM_TAG(0x003a, 0x0200): x->channels_seq = *el; break;
	case DICOM_TAG(0x5400, 0x1004): x->bits = (unsigned)fmin(fmax(number_or(el, 0), 0), 64); break;
	case DICOM_TAG(0x5400, 0x1006): x->interpretation = dicom_string(el); break;
	case DICOM_TAG(0x5400, 0x100a): x->padding = el->value; break;
	case DICOM_TAG(0x5400, 0x1010):
		x->data = el->value;
		x->big = el->big;
		break;
	default: break;
	}
}

/* Reads one group's attributes and says what is wrong with it, or NULL. */
static const char *read_group(const struct dicom *d, struct dicom_set *s, struct group *x)
{
	struct dicom_element el;
	while (dicom_next(s, &el))
		group_element(d, x, &el);
	if (s->c.failed)
		return "it is damaged or cut off";
	if (!x->channels || x->channels > ECG_CHANNELS_MAX)
		return "it has no channels, or more than are read here";
	if (!(x->rate >= 1) || x->rate > ECG_RATE_MAX)
		return "its samples a second cannot be";
	x->form = form_of(x->interpretation, x->bits);
	if (x->form == FORM_NONE)
		return "its samples are coded in a way that is not read here (8, 16 and 32 bits, signed and unsigned, are)";
	x->n = x->data.n / width[x->form] / x->channels;
	if (x->samples < (double)x->n)
		x->n = (uint64_t)x->samples;
	return x->n ? NULL : "there is no sample in it";
}

static bool is_median(const struct group *x, const struct ecg *g)
{
	static const char *const words[] = {"MEDIAN", "AVERAGE", "TEMPLATE", "REPRESENTATIVE"};
	char up[32] = "";
	for (size_t i = 0; i < x->label.n && i < sizeof up - 1; i++)
		up[i] = (char)(x->label.p[i] >= 'a' && x->label.p[i] <= 'z' ? x->label.p[i] - 32 : x->label.p[i]);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(up, words[i]))
			return true;
	double s = (double)x->n / x->rate;
	return slice_eq_str(x->originality, "DERIVED") && s < 3 && g->channels && (double)g->channel[0].samples / g->channel[0].rate > 2 * s;
}

/* Samples before a group's first. A place in time far beyond all that was recorded is a slip: it would only make whoever goes through the record wait. */
static uint64_t offset_of(struct ecg *g, const struct group *x)
{
	double samples = x->offset_ms / 1000 * x->rate, most = 60 * x->rate + 4 * (double)x->n;
	for (unsigned i = 0; i < g->channels; i++)
		most += 4 * (double)g->channel[i].samples * (x->rate / g->channel[i].rate);
	if (samples > 0 && samples <= most)
		return (uint64_t)llrint(samples);
	if (samples != 0)
		ecg_warn(g, "a group's time offset of %g s cannot be; it is read as 0", x->offset_ms / 1000);
	return 0;
}

static int one_channel(struct dicom *d, struct ecg *g, const struct group *x, unsigned i, uint64_t offset, struct dicom_set *set, struct err *e)
{
	struct definition def = set ? define(d, set) : (struct definition){.correction = 1, .sensitivity = NAN};
	struct ecg_channel *c = ecg_channel_add(g, lead_label(d, &def), e);
	struct plexed *p = arena_alloc(g->a, sizeof *p);
	if (!c || !p)
		return c ? err_set(e, arena_code(g->a), NULL, "no room for a channel") : e->code;
	unsigned bytes = width[x->form];
	*p = (struct plexed){x->data.p + (size_t)i * bytes, (size_t)bytes * x->channels, x->form, x->big, false, 0, offset};
	if (x->padding.n >= bytes) {
		p->padding = sample(x->padding.p, x->form, x->big);
		p->padded = at_the_edge(p->padding, x->form, def.bits);
	}
	double step = def.sensitivity * def.correction;
	if (!isfinite(step) || step == 0) {
		if (set && isfinite(def.sensitivity))
			ecg_warn(g, "channel %s: its sensitivity is none; its samples are shown as they are", c->name);
		ecg_unit(c, SLICE_NULL, 1);
		set_baseline(g, c, 0, 1, x->form);
	} else {
		ecg_unit(c, def.unit.value, step);
		if (strcmp(c->unit, "uV") && def.unit.meaning.n) { /* a code of another scheme: its meaning may be a unit that is known */
			struct ecg_channel as_meant = *c;
			ecg_unit(&as_meant, def.unit.meaning, step);
			if (!strcmp(as_meant.unit, "uV"))
				*c = as_meant;
		}
		set_baseline(g, c, def.baseline, step, x->form);
	}
	c->own = p;
	c->rate = x->rate;
	c->samples = x->n + offset;
	c->bits = (uint8_t)(def.bits && def.bits < bytes * 8 && bytes == 4 ? def.bits : bytes * 8);
	c->filter = filter_words(g, &def);
	return 0;
}

static int add_group(struct dicom *d, struct ecg *g, const struct group *x, struct err *e)
{
	uint64_t offset = g->channels ? offset_of(g, x) : 0;
	size_t at = 0;
	int r = 0;
	if (x->samples > (double)x->n)
		ecg_warn(g, "a group has %.0f samples a channel by its own word; %llu are there", x->samples, (unsigned long long)x->n);
	for (unsigned i = 0; i < x->channels && r == 0; i++) {
		struct dicom_set s;
		bool defined = dicom_item(&x->channels_seq, &at, &s);
		if (!defined)
			ecg_warn(g, "channel %u of a group is not described", i + 1);
		r = one_channel(d, g, x, i, offset, defined ? &s : NULL, e);
	}
	return r;
}

static int add_median(struct dicom *d, const struct group *x, struct err *e)
{
	struct ecg *m = arena_alloc(d->g->a, sizeof *m);
	if (!m)
		return err_set(e, arena_code(d->g->a), NULL, "no room for the median beat");
	m->format = d->g->format;
	m->a = d->g->a;
	m->reader = d->g->reader;
	m->version = d->g->version;
	int r = add_group(d, m, x, e);
	struct err none;
	if (r == 0 && ecg_finish(m, &none) == 0)
		d->g->median = m;
	return r;
}

int dicom_waves(struct dicom *d, const struct dicom_element *seq, struct err *e)
{
	struct dicom_set s;
	size_t at = 0;
	const char *wrong = NULL;
	for (unsigned i = 0; i < GROUPS_MAX && dicom_item(seq, &at, &s); i++) {
		struct group x = {0};
		const char *why = read_group(d, &s, &x);
		d->group_rate[i] = x.rate;
		d->group_first[i] = UINT_MAX;
		d->groups = i + 1;
		if (why) {
			ecg_warn(d->g, "group %u of the waveform is left out: %s", i + 1, why);
			wrong = wrong ? wrong : why;
			continue;
		}
		int r;
		if (d->g->channels && !d->g->median && is_median(&x, d->g)) {
			r = add_median(d, &x, e);
		} else {
			d->group_first[i] = d->g->channels;
			r = add_group(d, d->g, &x, e);
		}
		if (r < 0)
			return r;
	}
	if (!d->g->channels)
		return err_set(e, ERR_INPUT, "the waveform", "%s", wrong ? wrong : "there is no multiplex group in it");
	return 0;
}
