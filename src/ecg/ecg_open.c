/* From bytes to a record: which format, and what all formats share. */
#include "ecg_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Surer signs first where two say the same. */
static const struct ecg_reader *const readers[] = {
	&ecg_reader_wfdb,
	&ecg_reader_edf, &ecg_reader_bdf,
	&ecg_reader_aecg,
	&ecg_reader_muse,
	&ecg_reader_sierra,
	&ecg_reader_scp,
	&ecg_reader_dicom,
	&ecg_reader_fhir,
	&ecg_reader_csv, /* last: any text may be a table */
};

static const struct ecg_reader *find(struct slice file, struct slice name)
{
	const struct ecg_reader *best = NULL;
	int sure = 0;
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		int s = readers[i]->sniff(file, name);
		if (s > sure) {
			sure = s;
			best = readers[i];
		}
	}
	return best;
}

enum ecg_format ecg_sniff(struct slice file, struct slice name)
{
	const struct ecg_reader *r = find(file, name);
	return r ? r->format : ECG_UNKNOWN;
}

int ecg_open(struct slice file, struct slice name, const struct ecg_files *others, struct arena *a, struct ecg **ret, struct err *e)
{
	const struct ecg_reader *r = find(file, name);
	if (!file.n)
		return err_set(e, ERR_INPUT, NULL, "the file is empty");
	if (!r && slice_starts(file, "%PDF-"))
		return err_set(e, ERR_INPUT, NULL, "this is a printed page (PDF): people can read it, but there are no samples in it that could be drawn or measured");
	if (!r)
		return err_set(e, ERR_INPUT, NULL, "this is no ECG in a format that is read here (WFDB by its .hea file, SCP-ECG, HL7 aECG, DICOM, EDF, BDF, MUSE XML, Sierra XML, CSV, FHIR)");
	struct ecg *g = arena_alloc(a, sizeof *g);
	if (!g)
		return err_set(e, arena_code(a), NULL, "no room for the record");
	g->format = r->format;
	g->name = name;
	g->a = a;
	g->reader = r;
	int got = r->open(g, file, others, e);
	if (got == 0)
		got = ecg_finish(g, e);
	if (got == 0)
		*ret = g;
	return got;
}

int ecg_finish(struct ecg *g, struct err *e)
{
	bool any = false;
	if (!g->channels)
		return err_set(e, ERR_INPUT, NULL, "there is no channel in it");
	for (unsigned i = 0; i < g->channels; i++)
		any = any || g->channel[i].ecg;
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_channel *c = &g->channel[i];
		if (!(c->rate > 0) || c->rate > ECG_RATE_MAX)
			return err_set(e, ERR_INPUT, NULL, "channel %u: %g samples a second is no rate", i, c->rate);
		if (c->samples > ECG_SAMPLES_MAX)
			return err_set(e, ERR_LIMIT, NULL, "channel %u: more samples than are read here", i);
		if (!isfinite(c->scale) || c->scale == 0)
			return err_set(e, ERR_INPUT, NULL, "channel %u: the size of a step is not known", i);
		if ((c->ecg || !any) && c->rate > g->rate)
			g->rate = c->rate;
	}
	for (unsigned i = 0; i < g->channels; i++) {
		double n = (double)g->channel[i].samples * g->rate / g->channel[i].rate;
		if (n > (double)ECG_SAMPLES_MAX)
			return err_set(e, ERR_LIMIT, NULL, "channel %u: longer than is read here", i);
		uint64_t whole = (uint64_t)ceil(n - 1e-6);
		if ((g->channel[i].ecg || !any) && whole > g->samples)
			g->samples = whole;
	}
	ecg_settle16(g);
	return 0;
}

/* ---- samples ---- */

void ecg_read(const struct ecg *g, unsigned channel, uint64_t first, size_t n, int32_t *out)
{
	assert(channel < g->channels);
	const struct ecg_channel *c = &g->channel[channel];
	size_t have = first >= c->samples ? 0 : c->samples - first < n ? (size_t)(c->samples - first) : n;
	if (c->s16)
		for (size_t i = 0; i < have; i++)
			out[i] = c->s16[first + i] == ECG_GAP16 ? ECG_GAP : c->s16[first + i];
	else if (c->s32)
		memcpy(out, c->s32 + first, have * sizeof *out);
	else if (have)
		g->reader->read(g, c, first, have, out);
	for (size_t i = have; i < n; i++)
		out[i] = ECG_GAP;
}

static void as_stored16(const struct ecg *g, unsigned channel, uint64_t first, size_t n, int16_t *out)
{
	assert(channel < g->channels);
	const struct ecg_channel *c = &g->channel[channel];
	size_t have = first >= c->samples ? 0 : c->samples - first < n ? (size_t)(c->samples - first) : n;
	if (c->s16) {
		memcpy(out, c->s16 + first, have * sizeof *out);
		for (size_t i = have; i < n; i++)
			out[i] = ECG_GAP16;
		return;
	}
	if (!c->s32 && g->reader->read16 && have == n) {
		g->reader->read16(g, c, first, n, out);
		return;
	}
	int32_t block[512];
	for (size_t at = 0; at < n; at += ARRAY_LEN(block)) {
		size_t k = n - at < ARRAY_LEN(block) ? n - at : ARRAY_LEN(block);
		ecg_read(g, channel, first + at, k, block);
		ecg_narrow(c, block, k, out + at);
	}
}

void ecg_read16(const struct ecg *g, unsigned channel, uint64_t first, size_t n, int16_t *out)
{
	as_stored16(g, channel, first, n, out);
	if (!g->stretch_count)
		return;
	/* behind the last stretch there may be a calibration pulse, which no detector should take for a heart */
	const struct ecg_stretch *last = &g->stretches[g->stretch_count - 1];
	double end = ceil((double)(last->first + last->count) * g->channel[channel].rate / g->rate - 1e-6);
	size_t keep = (double)first >= end ? 0 : end - (double)first < (double)n ? (size_t)(end - (double)first) : n;
	for (size_t i = keep; i < n; i++)
		out[i] = ECG_GAP16;
}

void ecg_read_uv(const struct ecg *g, unsigned channel, uint64_t first, size_t n, float *out)
{
	const struct ecg_channel *c = &g->channel[channel];
	int32_t block[512];
	for (size_t at = 0; at < n; at += ARRAY_LEN(block)) {
		size_t k = n - at < ARRAY_LEN(block) ? n - at : ARRAY_LEN(block);
		ecg_read(g, channel, first + at, k, block);
		for (size_t i = 0; i < k; i++)
			out[at + i] = block[i] == ECG_GAP ? NAN : (float)(((double)block[i] - c->baseline) * c->scale + c->offset);
	}
}

int ecg_find(const struct ecg *g, enum ecg_lead l)
{
	for (unsigned i = 0; i < g->channels; i++)
		if (g->channel[i].lead == l)
			return (int)i;
	return -1;
}

/* ---- for readers ---- */

void ecg_warn(struct ecg *g, const char *fmt, ...)
{
	char line[320];
	va_list ap;
	if (!g->warnings) {
		g->warnings = arena_alloc(g->a, sizeof *g->warnings);
		if (!g->warnings)
			return;
		g->warnings->max = 0; /* the text itself lies in the arena: see below */
	}
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	size_t n = strlen(line), had = g->warnings->n;
	g->warning_count++;
	if (had + n + 1 > 8192)
		return;
	uint8_t *p = arena_alloc(g->a, had + n + 1);
	if (!p)
		return;
	if (had)
		memcpy(p, g->warnings->p, had);
	memcpy(p + had, line, n);
	p[had + n] = '\n';
	g->warnings->p = p;
	g->warnings->n = had + n + 1;
}

void ecg_stated(struct ecg *g, const char *key, double value)
{
	struct ecg_stated **at = &g->stated;
	if (!isfinite(value))
		return;
	for (; *at; at = &(*at)->next)
		if (!strcmp((*at)->key, key))
			return;
	struct ecg_stated *s = arena_alloc(g->a, sizeof *s);
	if (s) {
		*s = (struct ecg_stated){key, value, NULL};
		*at = s;
	}
}

struct ecg_note *ecg_note(struct ecg *g, struct slice text)
{
	struct ecg_note **at = g->notes_end ? &g->notes_end->next : &g->notes, *n = arena_alloc(g->a, sizeof *n);
	if (!n)
		return NULL;
	while (*at)
		at = &(*at)->next;
	n->text = ecg_text(g, text);
	n->channel = -1;
	*at = g->notes_end = n;
	return n;
}

struct ecg_note *ecg_remark(struct ecg *g, struct slice text)
{
	static const char *const keys[] = {"rate_bpm", "rr_ms", "p_ms", "pr_ms", "qrs_ms", "qt_ms", "qtc_ms", "p_axis_deg", "qrs_axis_deg", "t_axis_deg"};
	struct slice key, number;
	double v;
	if (slice_starts(text, "stated: ")) {
		key = slice_cut(slice_of(text.p + 8, text.n - 8), ' ', &number);
		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			if (slice_eq_str(key, keys[i]) && ecg_number(number, &v)) {
				ecg_stated(g, keys[i], v);
				return NULL;
			}
	}
	struct ecg_note *n = ecg_note(g, text);
	if (n)
		n->statement = slice_starts(n->text, ECG_OURS);
	return n;
}

struct slice ecg_text(struct ecg *g, struct slice s)
{
	struct facts f;
	facts_init(&f, g->a);
	s = slice_trim(s);
	if (!utf8_valid(s)) { /* Latin-1, as devices wrote before they knew better */
		uint8_t *p = arena_alloc(g->a, 2 * s.n);
		size_t n = 0;
		if (!p)
			return SLICE_NULL;
		for (size_t i = 0; i < s.n; i++)
			n += utf8_put(s.p[i], p + n);
		s = slice_of(p, n);
	}
	return facts_text(&f, s);
}

/* The digits without their point and with the exponent that makes up for it: no locale can misread that, and strtod rounds as IEEE 754 asks. */
static bool number_slowly(const char *digits, size_t n, int exponent, double *ret)
{
	char text[352], *end;
	if (n > 300)
		return false;
	snprintf(text, sizeof text, "%.*se%d", (int)n, digits, exponent);
	*ret = strtod(text, &end);
	return !*end;
}

bool ecg_number(struct slice s, double *ret)
{
	static const double tens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	char digits[300];
	uint64_t whole = 0;
	int exponent = 0;
	size_t i = 0, n = 0;
	bool minus = false, point = false;
	double v;
	s = slice_trim(s);
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		minus = s.p[i++] == '-';
	for (; i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] == '.' && !point)); i++) {
		if (s.p[i] == '.') {
			point = true;
			continue;
		}
		if (n == sizeof digits)
			return false;
		digits[n++] = (char)s.p[i];
		whole = n < 20 ? whole * 10 + (uint64_t)(s.p[i] - '0') : UINT64_MAX;
		exponent -= point;
	}
	if (!n)
		return false;
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		int64_t x;
		if (num_i64(slice_of(s.p + i + 1, s.n - i - 1), -400, 400, &x) < 0)
			return false;
		exponent += (int)x;
		i = s.n;
	}
	if (i != s.n)
		return false;
	/* both exact, so that one operation rounds once: "0.005" is what the compiler makes of it */
	if (whole <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22)
		v = exponent < 0 ? (double)whole / tens[-exponent] : (double)whole * tens[exponent];
	else if (!number_slowly(digits, n, exponent, &v))
		return false;
	if (!isfinite(v))
		return false;
	*ret = minus ? -v : v;
	return true;
}
