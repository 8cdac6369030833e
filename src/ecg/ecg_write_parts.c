/* What the writers of SCP-ECG and DICOM share: times, measurements, statements, decimals. */
#include "ecg_write_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool number(struct cur *c, size_t digits, int *ret)
{
	int v = 0;
	if (cur_left(c) < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (c->p[i] < '0' || c->p[i] > '9')
			return false;
		v = v * 10 + (c->p[i] - '0');
	}
	c->p += digits;
	*ret = v;
	return true;
}

static bool mark(struct cur *c, char a)
{
	if (!cur_left(c) || *c->p != (uint8_t)a)
		return false;
	c->p++;
	return true;
}

static void zone(struct cur *c, struct ecg_write_time *t)
{
	int h, m = 0, sign = mark(c, '-') ? -1 : 1;
	if (mark(c, 'Z')) {
		t->zoned = true;
		return;
	}
	if (sign > 0 && !mark(c, '+'))
		return;
	if (!number(c, 2, &h))
		return;
	(void)mark(c, ':');
	(void)number(c, 2, &m);
	t->zoned = h <= 14 && m < 60;
	t->zone = sign * (h * 60 + m);
}

struct ecg_write_time ecg_write_time(struct slice iso)
{
	struct ecg_write_time t = {0};
	struct cur c = cur_of(iso);
	if (!number(&c, 4, &t.year) || !mark(&c, '-') || !number(&c, 2, &t.month) || !mark(&c, '-') || !number(&c, 2, &t.day))
		return t;
	t.date = t.month >= 1 && t.month <= 12 && t.day >= 1 && t.day <= 31;
	if (!t.date || !(mark(&c, 'T') || mark(&c, ' ')) || !number(&c, 2, &t.hour) || !mark(&c, ':') || !number(&c, 2, &t.minute))
		return t;
	t.time = t.hour < 24 && t.minute < 60;
	if (mark(&c, ':') && !number(&c, 2, &t.second))
		t.second = 0;
	if (mark(&c, '.'))
		for (size_t n = 0; cur_left(&c) && *c.p >= '0' && *c.p <= '9'; c.p++)
			if (n < sizeof t.fraction - 1)
				t.fraction[n++] = (char)*c.p;
	zone(&c, &t);
	return t;
}

/* ---- measurements and statements ---- */

static double ours(const struct ecg_measure *m, const char *key)
{
	const struct {
		const char *key;
		struct ecg_value v;
	} all[] = {{"rate_bpm", m->rate_bpm}, {"rr_ms", m->rr_ms}, {"p_ms", m->p_ms}, {"pr_ms", m->pr_ms}, {"qrs_ms", m->qrs_ms}, {"qt_ms", m->qt_ms}, {"qtc_ms", m->qtc_bazett_ms}, {"p_axis_deg", m->p_axis_deg},
		{"qrs_axis_deg", m->qrs_axis_deg}, {"t_axis_deg", m->t_axis_deg}};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!strcmp(all[i].key, key))
			return all[i].v.conf ? (double)all[i].v.v : NAN;
	return NAN;
}

bool ecg_write_fields_ours(const struct ecg *g, const struct ecg_analysis *n)
{
	return n && !g->stated;
}

double ecg_write_measure(const struct ecg *g, const struct ecg_analysis *n, const char *key)
{
	if (ecg_write_fields_ours(g, n))
		return ours(&n->measure, key);
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		if (!strcmp(s->key, key))
			return s->value;
	return NAN;
}

bool ecg_write_statement(const struct ecg *g, const struct ecg_analysis *n, size_t i, char room[ECG_WORDS_MAX], struct slice *ret)
{
	for (const struct ecg_note *note = g->notes; note; note = note->next)
		if (note->statement && !ecg_write_stale(n, note) && i-- == 0) {
			*ret = note->text;
			return true;
		}
	if (!ecg_write_words(n, i, room))
		return false;
	*ret = slice_str(room);
	return true;
}

const char *ecg_write_decimal(double v, size_t max, char out[32])
{
	double back;
	char t[64];
	snprintf(out, 32, "%.0f", fabs(v) < 1e15 ? v : 0);
	for (int way = 0; way < 2; way++) /* 500 and 0.005 before 5e+02 */
		for (int digits = 0; digits <= 17; digits++) {
			int n = fabs(v) < 1e15 && way == 0 ? snprintf(t, sizeof t, "%.*f", digits, v) : snprintf(t, sizeof t, "%.*g", digits, v);
			if (n < 0 || (size_t)n > max || n > 31)
				break;
			if (way || fabs(v) >= 1)
				memcpy(out, t, (size_t)n + 1);
			if (ecg_number(slice_str(t), &back) && back == v) {
				memcpy(out, t, (size_t)n + 1);
				return out;
			}
		}
	return out;
}

int ecg_write_uniform(const struct ecg *g, const char *format, struct err *e)
{
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_channel *c = &g->channel[i];
		if (!c->ecg || strcmp(c->unit, "uV"))
			return err_set(e, ERR_INPUT, NULL, "channel %u is not an ECG; %s holds nothing else, edf and wfdb do", i + 1, format);
		if (c->rate != g->channel[0].rate)
			return err_set(e, ERR_INPUT, NULL, "channels %u and 1 have %g and %g samples a second; %s holds one rate, edf, wfdb and fhir several", i + 1, c->rate, g->channel[0].rate, format);
	}
	return g->samples ? 0 : err_set(e, ERR_INPUT, NULL, "there is no sample in it");
}

int ecg_write_file(const struct ecg_sink *sink, struct slice name, const char *extension, struct err *e)
{
	char file[256];
	int n = snprintf(file, sizeof file, "%.*s%s", SLICE_FMT(name), extension);
	if (n < 0 || (size_t)n >= sizeof file)
		return err_set(e, ERR_INPUT, NULL, "the name is too long");
	return sink->begin(sink->arg, slice_str(file), e);
}

/* Murmur's finisher over two lanes: enough to tell recordings apart, and the same everywhere. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

void ecg_hash(struct ecg_hash *h, const void *p, size_t n)
{
	const uint8_t *at = p;
	for (size_t left = n; left; ) {
		uint64_t v = 0;
		size_t k = left < 8 ? left : 8;
		memcpy(&v, at, k);
		v = le64toh(v);
		h->a = mix(h->a ^ v) + UINT64_C(0x9e3779b97f4a7c15);
		h->b = (h->b ^ mix(v + h->a)) * UINT64_C(0x9fb21c651e98df25);
		at += k;
		left -= k;
	}
	h->a = mix(h->a + n);
	h->b = mix(h->b ^ h->a);
}
