/* WFDB records (PhysioNet header(5), signal(5)): a text header names signals and the files that hold them. */
#include "ecg_internal.h"

#include <stdio.h>

struct signal {
	struct slice file;
	int format;
	unsigned of, index; /* signals in its file, and which of them this is */
};

static int sniff(struct slice file, struct slice name)
{
	return name.n > 4 && slice_eq_nocase(slice_of(name.p + name.n - 4, 4), ".hea") ? 2 : 0;
}

static struct slice word(struct slice *line)
{
	*line = slice_trim(*line);
	size_t n = 0;
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	struct slice w = slice_of(line->p, n);
	*line = slice_trim(slice_of(line->p + n, line->n - n));
	return w;
}

static int signal_open(struct ecg *g, struct slice line, double rate, uint64_t samples, const struct ecg_files *others, struct err *e)
{
	struct slice name = word(&line), format = word(&line), gain = word(&line), bits = word(&line), zero = word(&line), rest;
	uint64_t fmt, nbits = 0;
	int64_t base = 0;
	double g0 = 200;
	(void)word(&line), (void)word(&line), (void)word(&line);
	struct ecg_channel *c = ecg_channel_add(g, line.n ? line : name, e);
	struct signal *s = arena_alloc(g->a, sizeof *s);
	if (!c || !s)
		return err_set(e, ERR_LIMIT, NULL, "no room for a channel");
	if (num_u64(format, 1, 1000, &fmt) < 0 || (fmt != 16 && fmt != 212))
		return err_set(e, ERR_INPUT, NULL, "signal format is not read here yet");
	if (num_u64(bits, 0, 32, &nbits) < 0 || num_i64(zero, -65536, 65536, &base) < 0)
		nbits = 0;
	struct slice unit = SLICE("mV"), paren;
	struct slice num = slice_cut(gain, '/', &rest);
	if (rest.n)
		unit = rest;
	num = slice_cut(num, '(', &paren);
	if (paren.n && num_i64(slice_cut(paren, ')', &rest), -65536, 65536, &base) < 0)
		return err_set(e, ERR_INPUT, NULL, "a baseline is no number");
	if (!ecg_number(num, &g0) || g0 == 0)
		g0 = 200;
	s->format = (int)fmt;
	c->own = s;
	c->rate = rate;
	c->bits = (uint8_t)(nbits ? nbits : fmt == 16 ? 16 : 12);
	c->baseline = (int32_t)base;
	ecg_unit(c, unit, 1 / g0);
	if (!others || others->get(others->arg, name, &s->file, e) < 0)
		return err_set(e, ERR_NOT_FOUND, NULL, "the record's signal file is not beside its header");
	c->samples = samples;
	return 0;
}

static int open_wfdb(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	struct slice rest = file;
	double rate = 250;
	uint64_t count = 0, samples = 0;
	bool first = true;
	while (rest.n) {
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest)), r2;
		if (!line.n || line.p[0] == '#')
			continue;
		if (first) {
			(void)word(&line);
			if (num_u64(word(&line), 1, ECG_CHANNELS_MAX, &count) < 0)
				return err_set(e, ERR_INPUT, "line 1", "no number of signals");
			struct slice hz = word(&line);
			if (hz.n && !ecg_number(slice_cut(hz, '/', &r2), &rate))
				return err_set(e, ERR_INPUT, "line 1", "no sampling rate");
			struct slice many = word(&line);
			if (many.n && num_u64(many, 0, ECG_SAMPLES_MAX, &samples) < 0)
				return err_set(e, ERR_INPUT, "line 1", "no number of samples");
			first = false;
			continue;
		}
		if (g->channels == count)
			break;
		int r = signal_open(g, line, rate, samples, others, e);
		if (r < 0)
			return r;
	}
	if (g->channels != count)
		return err_set(e, ERR_INPUT, NULL, "the header names %u signals of %u", g->channels, (unsigned)count);
	for (unsigned i = 0; i < g->channels; i++) {
		struct signal *s = g->channel[i].own;
		for (unsigned k = 0; k < g->channels; k++) {
			const struct signal *t = g->channel[k].own;
			if (slice_eq(s->file, t->file)) {
				s->of++;
				s->index += k < i;
			}
		}
		uint64_t have = s->format == 16 ? s->file.n / 2 : s->file.n * 2 / 3;
		if (!samples || have / s->of < samples)
			g->channel[i].samples = have / s->of;
	}
	return 0;
}

static void read_wfdb(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int32_t *out)
{
	const struct signal *s = c->own;
	for (size_t i = 0; i < n; i++) {
		uint64_t k = (first + i) * s->of + s->index;
		const uint8_t *p = s->file.p;
		int32_t v;
		if (s->format == 16) {
			v = (int16_t)(p[2 * k] | p[2 * k + 1] << 8);
			out[i] = v == INT16_MIN ? ECG_GAP : v;
			continue;
		}
		p += k / 2 * 3;
		v = k & 1 ? p[2] | (p[1] >> 4) << 8 : p[0] | (p[1] & 15) << 8;
		v = v & 0x800 ? v - 0x1000 : v;
		out[i] = v == -2048 ? ECG_GAP : v;
	}
}

const struct ecg_reader ecg_reader_wfdb = {ECG_WFDB, sniff, open_wfdb, read_wfdb, NULL};
