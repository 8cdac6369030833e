/* A record as WFDB: NAME.dat with all signals interleaved in format 16 (24 or 32 where a sample needs more), NAME.hea beside it. Samples are exactly those of the record; a gap is the format's lowest value.
 * Signals of several rates share frames (xN). What the format has no field for (statements, notes, sex and age) goes into comment lines; who the person is does not: WFDB has no place for it. */
#include "ecg_write_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

struct layout {
	double rate; /* frames a second */
	uint64_t frames;
	unsigned spf[ECG_CHANNELS_MAX];
	unsigned format, bytes;
	struct ecg_range range[ECG_CHANNELS_MAX];
};

/* Frames so long that every signal has a whole number of samples in one. */
static int frame(const struct ecg *g, struct layout *l, struct err *e)
{
	double least = g->channel[0].rate;
	for (unsigned i = 1; i < g->channels; i++)
		least = g->channel[i].rate < least ? g->channel[i].rate : least;
	for (unsigned k = 1; k <= 2048; k++) {
		bool fits = true;
		for (unsigned i = 0; i < g->channels && fits; i++) {
			double n = g->channel[i].rate * k / least, w = floor(n + 0.5);
			fits = fabs(n - w) < 1e-9 * n && w <= 1000;
			l->spf[i] = (unsigned)w;
		}
		if (fits) {
			l->rate = least / k;
			return 0;
		}
	}
	return err_set(e, ERR_INPUT, NULL, "the channels' sampling rates have no common frame, which a WFDB record needs");
}

/* The sample that means 0: a whole number here; one that lies between two steps moves by half a step at most. */
static double zero(const struct ecg_channel *c)
{
	return c->baseline - rint(c->offset / c->scale);
}

static int plan(const struct ecg *g, struct layout *l, struct err *e)
{
	int r = frame(g, l, e);
	if (r < 0)
		return r;
	l->format = 16;
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_range *x = &l->range[i];
		double at = zero(&g->channel[i]);
		if (!(fabs(at) <= (double)INT32_MAX)) /* the nearest that fits would move every sample by so much */
			return err_set(e, ERR_INPUT, NULL, "channel %s has its zero at step %.0f, outside of the 32 bits that WFDB has for it; csv holds it", g->channel[i].name, at);
		ecg_range(g, i, &l->range[i]);
		uint64_t frames = (g->channel[i].samples + l->spf[i] - 1) / l->spf[i];
		l->frames = frames > l->frames ? frames : l->frames;
		if (x->min <= -8388608 || x->max > 8388607)
			l->format = 32;
		else if ((x->min <= INT16_MIN || x->max > INT16_MAX) && l->format == 16)
			l->format = 24;
	}
	l->bytes = l->format / 8;
	return 0;
}

static void samples(const struct ecg *g, const struct layout *l, struct ecg_out *o)
{
	unsigned total = 0;
	for (unsigned i = 0; i < g->channels; i++)
		total += l->spf[i];
	assert(total);
	int32_t block[4096]; /* a frame of one signal always fits: frame() saw to it */
	uint8_t bytes[4];
	/* frame by frame, a block of frames of each signal at a time: as many as fit all signals' */
	size_t many = ARRAY_LEN(block) / total;
	for (uint64_t at = 0; at < l->frames && o->code == 0;) {
		size_t n = many ? many : 1;
		n = l->frames - at < n ? (size_t)(l->frames - at) : n;
		if (!many) { /* more samples in a frame than the block holds: signal by signal */
			for (unsigned i = 0; i < g->channels; i++) {
				ecg_read(g, i, at * l->spf[i], l->spf[i], block);
				for (unsigned k = 0; k < l->spf[i]; k++) {
					uint32_t v = htole32(block[k] == ECG_GAP ? (uint32_t)-(INT64_C(1) << (l->format - 1)) : (uint32_t)block[k]);
					memcpy(bytes, &v, 4);
					ecg_out_bytes(o, bytes, l->bytes);
				}
			}
			at++;
			continue;
		}
		for (unsigned i = 0, first = 0; i < g->channels; first += l->spf[i++])
			ecg_read(g, i, at * l->spf[i], n * l->spf[i], block + n * first);
		for (size_t f = 0; f < n; f++)
			for (unsigned i = 0, first = 0; i < g->channels; first += l->spf[i++])
				for (unsigned k = 0; k < l->spf[i]; k++) {
					int32_t s = block[n * first + f * l->spf[i] + k];
					uint32_t v = htole32(s == ECG_GAP ? (uint32_t)-(INT64_C(1) << (l->format - 1)) : (uint32_t)s);
					memcpy(bytes, &v, 4);
					ecg_out_bytes(o, bytes, l->bytes);
				}
		at += n;
	}
}

static void one_line(struct ecg_out *o, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		ecg_out_bytes(o, s.p[i] == '\n' || s.p[i] == '\r' ? (const uint8_t *)" " : s.p + i, 1);
}

static void comment(void *arg, const struct ecg_line *l)
{
	struct ecg_out *o = arg;
	ecg_out_str(o, "# ");
	if (l->timed)
		ecg_out_printf(o, "at %.3f s: ", l->at_s);
	one_line(o, l->text);
	ecg_out_str(o, "\n");
}

static uint16_t sum_with_padding(const struct ecg *g, const struct layout *l, unsigned i)
{
	const struct ecg_range *x = &l->range[i];
	uint64_t pad = l->frames * l->spf[i] - g->channel[i].samples;
	uint32_t gap = l->format == 16 ? 0x8000u : 0; /* the low 16 bits of the others' lowest values are 0 */
	uint32_t sum = x->sum - (l->format == 16 ? 0u : (uint32_t)x->gaps * 0x8000u);
	return (uint16_t)(sum + (uint32_t)pad * gap);
}

static void signal_line(const struct ecg *g, const struct layout *l, struct slice name, unsigned i, struct ecg_out *o)
{
	const struct ecg_channel *c = &g->channel[i];
	char gain[32];
	bool volts = !strcmp(c->unit, "uV");
	ecg_out_slice(o, name);
	ecg_out_printf(o, ".dat %u", l->format);
	if (l->spf[i] != 1)
		ecg_out_printf(o, "x%u", l->spf[i]);
	ecg_out_printf(o, " %s(%d)/%s %u 0 %d %d 0 ", ecg_decimal((volts ? 1000 : 1) / c->scale, gain), (int32_t)zero(c), volts ? "mV" : c->unit[0] ? c->unit : "NU", l->format,
		l->range[i].first, (int16_t)sum_with_padding(g, l, i));
	one_line(o, c->label.n ? c->label : slice_str(c->name));
	ecg_out_str(o, "\n");
}

static void header(const struct ecg *g, const struct ecg_analysis *n, const struct layout *l, struct slice name, struct ecg_out *o)
{
	char rate[32];
	int t[6];
	struct slice fraction, zone;
	unsigned parts = ecg_iso(g->start, t, &fraction, &zone);
	ecg_out_slice(o, name);
	ecg_out_printf(o, " %u %s %llu", g->channels, ecg_decimal(l->rate, rate), (unsigned long long)l->frames);
	if (parts >= 5) {
		if (parts == 5)
			t[5] = 0;
		ecg_out_printf(o, " %02d:%02d:%02d%s%.*s %02d/%02d/%04d", t[3], t[4], t[5], fraction.n ? "." : "", (int)(fraction.n < 9 ? fraction.n : 9), (const char *)fraction.p, t[2], t[1], t[0]);
	}
	ecg_out_str(o, "\n");
	for (unsigned i = 0; i < g->channels; i++)
		signal_line(g, l, name, i, o);
	if (g->person.age.n && g->person.age.n < 40)
		ecg_out_printf(o, "# age: %.*s\n", SLICE_FMT(g->person.age));
	if (g->person.sex.n && g->person.sex.n < 40)
		ecg_out_printf(o, "# sex: %.*s\n", SLICE_FMT(g->person.sex));
	if (g->start.n && g->start.n < 80 && (parts < 5 || zone.n))
		ecg_out_printf(o, "# start: %.*s\n", SLICE_FMT(g->start));
	ecg_lines(g, n, comment, o);
}

int ecg_write_wfdb(const struct ecg *g, const struct ecg_analysis *n, struct slice name, const struct ecg_sink *sink, struct err *e)
{
	struct layout l = {0};
	struct ecg_out o;
	if (!name.n || name.n > 200)
		return err_set(e, ERR_INPUT, NULL, "a WFDB record needs a name of 1 to 200 letters");
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum(name.p[i]) && !strchr("_-+.", name.p[i]))
			return err_set(e, ERR_INPUT, NULL, "a WFDB record's name has letters, digits, '_' and '-' only");
	int r = plan(g, &l, e);
	if (r < 0)
		return r;
	ecg_out_begin(&o, sink, name, ".dat", e);
	samples(g, &l, &o);
	if ((r = ecg_out_end(&o)) < 0)
		return r;
	ecg_out_begin(&o, sink, name, ".hea", e);
	header(g, n, &l, name, &o);
	return ecg_out_end(&o);
}
