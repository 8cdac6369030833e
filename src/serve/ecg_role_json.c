/* What the ecg role says of a recording as JSON: doc/api.md has the shapes. */
#include "ecg_role.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what it is ---- */

int ecg_role_check(const struct ecg *g, struct buf *ret, struct err *e)
{
	struct jsonw w;
	unsigned n = 0;
	for (unsigned i = 0; i < g->channels; i++)
		n += g->channel[i].ecg;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "format", ecg_format_name(g->format));
	jsonw_ku64(&w, "leads", n);
	ecg_json_number(&w, "seconds", (double)g->samples / g->rate, 3);
	ecg_json_number(&w, "rateHz", g->rate, 6);
	jsonw_kslice_opt(&w, "start", g->start);
	jsonw_ku64(&w, "warnings", g->warning_count);
	jsonw_obj_end(&w);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no memory");
}

/* ---- the trace ---- */

struct window {
	uint64_t first, n; /* samples of the record's rate */
	uint64_t every;    /* 1: each; more: so many give a least and a greatest one */
	unsigned channel[ECG_CHANNELS_MAX], channels;
};

static double seconds_of(const struct json_node *o, const char *key, double otherwise)
{
	struct slice s = json_text(o, key);
	char text[40];
	if (!num_is_decimal(s) || s.n >= sizeof text)
		return otherwise;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return strtod(text, NULL);
}

static int choose(const struct ecg *g, const struct json_node *o, struct window *x, struct err *e)
{
	const struct json_node *leads = json_get(o, "leads");
	double from = seconds_of(o, "from", 0), seconds = seconds_of(o, "seconds", 10);
	double first = from > 0 ? floor(from * g->rate) : 0, n = seconds > 0 ? ceil(seconds * g->rate) : 0;
	if (!(first < 9e15) || !(n < 9e15))
		return err_set(e, ERR_USAGE, "seconds", "that is no stretch of a recording");
	x->first = (uint64_t)first < g->samples ? (uint64_t)first : g->samples;
	x->n = (uint64_t)n < g->samples - x->first ? (uint64_t)n : g->samples - x->first;
	for (unsigned i = 0; i < g->channels; i++) {
		bool wanted = !leads || !leads->count ? g->channel[i].ecg : false;
		for (const struct json_node *l = leads ? leads->child : NULL; l; l = l->next)
			wanted = wanted || slice_eq_str(l->value, g->channel[i].name);
		if (wanted)
			x->channel[x->channels++] = i;
	}
	if (!x->channels)
		return err_set(e, ERR_NOT_FOUND, "leads", "the recording has no such lead");
	uint64_t most = ECG_WAVE_POINTS / x->channels;
	x->every = x->n > most ? (2 * x->n + most - 1) / most : 1;
	return 0;
}

/* One channel at the record's own rate: a slower one stands still between its samples. Microvolts a step: the channel's own where 16 bits hold what is there, else halved until they do. */
static void put_lead(struct jsonw *w, const struct ecg *g, const struct window *x, unsigned channel, int32_t *v, int16_t *out, struct buf *bytes)
{
	const struct ecg_channel *c = &g->channel[channel];
	double ratio = c->rate / g->rate;
	uint64_t from = (uint64_t)floor((double)x->first * ratio), count = (uint64_t)ceil((double)x->n * ratio) + 1, n = 0;
	int64_t most = 0;
	unsigned shift = 0;
	ecg_read(g, channel, from, (size_t)count, v);
	for (uint64_t i = 0; i < count; i++)
		if (v[i] != ECG_GAP && llabs((int64_t)v[i] - c->baseline) > most)
			most = llabs((int64_t)v[i] - c->baseline);
	while (most >> shift > INT16_MAX)
		shift++;
	for (uint64_t i = 0; i < x->n; i += x->every) {
		int16_t least = INT16_MAX, greatest = INT16_MIN;
		bool gap = true;
		for (uint64_t k = i; k < i + x->every && k < x->n; k++) {
			uint64_t at = (uint64_t)floor((double)(x->first + k) * ratio) - from;
			if (at >= count || v[at] == ECG_GAP)
				continue;
			int64_t d = (int64_t)v[at] - c->baseline;
			int16_t s = (int16_t)(d < 0 ? -(-d >> shift) : d >> shift);
			gap = false;
			least = s < least ? s : least;
			greatest = s > greatest ? s : greatest;
		}
		out[n++] = gap ? ECG_GAP16 : least;
		if (x->every > 1)
			out[n++] = gap ? ECG_GAP16 : greatest;
	}
	for (uint64_t i = 0; i < n; i++) {
		uint16_t le = htole16((uint16_t)out[i]);
		memcpy(&out[i], &le, 2);
	}
	buf_reset(bytes);
	base64_put(bytes, slice_of(out, (size_t)n * 2));
	jsonw_obj(w);
	jsonw_kstr(w, "name", c->name);
	ecg_json_number(w, "uv", c->scale * (double)(UINT64_C(1) << shift), 9);
	if (strcmp(c->unit, "uV"))
		jsonw_kstr(w, "unit", c->unit);
	jsonw_kslice(w, "data", buf_slice(bytes));
	jsonw_obj_end(w);
}

int ecg_role_wave(const struct ecg *g, const struct json_node *o, struct arena *a, struct buf *ret, struct err *e)
{
	struct window x = {.channels = 0};
	struct jsonw w;
	AUTO_BUF struct buf bytes = {0};
	int r = choose(g, o, &x, e);
	if (r < 0)
		return r;
	double fastest = g->rate;
	for (unsigned i = 0; i < x.channels; i++)
		fastest = g->channel[x.channel[i]].rate > fastest ? g->channel[x.channel[i]].rate : fastest;
	int32_t *v = arena_array(a, (size_t)ceil((double)x.n * fastest / g->rate) + 4, sizeof *v);
	int16_t *out = arena_array(a, 2 * ((size_t)x.n / x.every + 2), sizeof *out);
	if (!v || !out)
		return err_set(e, ERR_LIMIT, "seconds", "this stretch is too long to be shown at once");
	buf_init(&bytes, (size_t)16 << 20);
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	ecg_json_number(&w, "rateHz", g->rate, 6);
	ecg_json_number(&w, "from", (double)x.first / g->rate, 6);
	jsonw_ku64(&w, "samples", x.every > 1 ? 2 * ((x.n + x.every - 1) / x.every) : x.n);
	jsonw_ku64(&w, "total", g->samples);
	if (x.every > 1)
		jsonw_ku64(&w, "reduced", x.every); /* so many samples are two values: the least, then the greatest */
	jsonw_key(&w, "leads");
	jsonw_arr(&w);
	for (unsigned i = 0; i < x.channels; i++)
		put_lead(&w, g, &x, x.channel[i], v, out, &bytes);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	return buf_ok(ret) && buf_ok(&bytes) ? 0 : err_set(e, ERR_LIMIT, "seconds", "this stretch is too long to be shown at once");
}

/* ---- measured ---- */

static void put_median(struct jsonw *w, const struct ecg *g, const struct ecg_measure *m)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	jsonw_key(w, "median");
	jsonw_obj(w);
	jsonw_ku64(w, "rateHz", ECG_MEDIAN_RATE);
	jsonw_ku64(w, "r", ECG_MEDIAN_R);
	jsonw_key(w, "leads");
	jsonw_arr(w);
	for (unsigned i = 0; m->lead && i < g->channels; i++) {
		int16_t le[ECG_MEDIAN_N];
		if (!g->channel[i].ecg)
			continue;
		for (size_t k = 0; k < ECG_MEDIAN_N; k++)
			le[k] = (int16_t)htole16((uint16_t)m->lead[i].median[k]);
		buf_reset(&b);
		base64_put(&b, slice_of(le, sizeof le));
		jsonw_obj(w);
		jsonw_kstr(w, "name", g->channel[i].name);
		jsonw_kslice(w, "data", buf_slice(&b));
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	static const struct ecg_fiducials none = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	jsonw_key(w, "fiducials");
	jsonw_obj(w);
	ecg_json_fiducials(w, m->used > 0 ? &m->global : &none);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

int ecg_role_analysis(const struct ecg *g, struct arena *a, struct buf *ret, struct err *e)
{
	struct ecg_analysis n = {.statements = 0};
	struct jsonw w;
	int r = ecg_analyse(g, a, &n, e);
	if (r < 0)
		return r;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_key(&w, "measure");
	jsonw_obj(&w);
	ecg_json_measure(&w, g, &n, 0);
	jsonw_obj_end(&w);
	jsonw_key(&w, "rhythm");
	jsonw_obj(&w);
	ecg_json_rhythm(&w, g, &n.rhythm, ECG_JSON_PAGES);
	jsonw_obj_end(&w);
	put_median(&w, g, &n.measure);
	jsonw_obj_end(&w);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the answer is too long");
}
