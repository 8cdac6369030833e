/* From a record to another format: the table of writers, and what they share. */
#include "ecg_write_internal.h"

#include <math.h>
#include <stdio.h>

static const struct {
	enum ecg_format format;
	ecg_write_fn *write;
} writers[] = {
	{ECG_WFDB, ecg_write_wfdb},
	{ECG_CSV, ecg_write_csv},
	{ECG_EDF, ecg_write_edf},
	{ECG_FHIR, ecg_write_fhir},
	{ECG_AECG, ecg_write_aecg},
	{ECG_SCP, ecg_write_scp},
	{ECG_DICOM, ecg_write_dicom},
};

int ecg_write(const struct ecg *g, const struct ecg_analysis *analysis, enum ecg_format to, struct slice name, const struct ecg_sink *sink, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(writers); i++)
		if (writers[i].format == to)
			return writers[i].write(g, analysis, name, sink, e);
	return err_set(e, ERR_INPUT, NULL, "nothing is written as %s here", ecg_format_name(to));
}

/* ---- output ---- */

void ecg_out_begin(struct ecg_out *o, const struct ecg_sink *sink, struct slice name, const char *extension, struct err *e)
{
	char full[300];
	o->sink = sink;
	o->e = e;
	o->n = 0;
	snprintf(full, sizeof full, "%.*s%s", (int)(name.n < 250 ? name.n : 250), (const char *)name.p, extension);
	o->code = sink->begin(sink->arg, slice_str(full), e);
}

static void flush(struct ecg_out *o)
{
	if (o->code == 0 && o->n)
		o->code = o->sink->bytes(o->sink->arg, slice_of(o->p, o->n), o->e);
	o->n = 0;
}

void ecg_out_bytes(struct ecg_out *o, const void *p, size_t n)
{
	const uint8_t *from = p;
	while (n && o->code == 0) {
		size_t k = sizeof o->p - o->n < n ? sizeof o->p - o->n : n;
		memcpy(o->p + o->n, from, k);
		o->n += k;
		from += k;
		n -= k;
		if (o->n == sizeof o->p)
			flush(o);
	}
}

void ecg_out_str(struct ecg_out *o, const char *s)
{
	ecg_out_bytes(o, s, strlen(s));
}

void ecg_out_slice(struct ecg_out *o, struct slice s)
{
	ecg_out_bytes(o, s.p, s.n);
}

void ecg_out_printf(struct ecg_out *o, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	ecg_out_str(o, text);
}

int ecg_out_end(struct ecg_out *o)
{
	flush(o);
	return o->code ? o->code : o->sink->end(o->sink->arg, o->e);
}

/* ---- numbers ---- */

const char *ecg_decimal(double v, char out[32])
{
	for (int digits = 6; digits <= 17; digits++) {
		double back;
		snprintf(out, 32, "%.*g", digits, v);
		if (ecg_number(slice_str(out), &back) && back == v)
			return out;
	}
	return out;
}

void ecg_range(const struct ecg *g, unsigned channel, struct ecg_range *ret)
{
	const struct ecg_channel *c = &g->channel[channel];
	struct ecg_range r = {.min = INT32_MAX, .max = INT32_MIN};
	int32_t block[2048];
	uint32_t sum = 0;
	for (uint64_t at = 0; at < c->samples; at += ARRAY_LEN(block)) {
		size_t n = c->samples - at < ARRAY_LEN(block) ? (size_t)(c->samples - at) : ARRAY_LEN(block);
		ecg_read(g, channel, at, n, block);
		if (!at)
			r.first = block[0] == ECG_GAP ? INT16_MIN : block[0];
		for (size_t i = 0; i < n; i++) {
			int32_t v = block[i];
			if (v == ECG_GAP) {
				r.gaps++;
				sum += 0x8000u;
				continue;
			}
			r.min = v < r.min ? v : r.min;
			r.max = v > r.max ? v : r.max;
			sum += (uint32_t)v;
		}
	}
	if (r.min > r.max)
		r.min = r.max = 0;
	r.sum = (uint16_t)sum;
	*ret = r;
}

/* ---- texts ---- */

static void put_text(void (*put)(void *, const struct ecg_line *), void *arg, struct ecg_line l, const char *fmt, ...) PRINTF_LIKE(4, 5);
static void put_text(void (*put)(void *, const struct ecg_line *), void *arg, struct ecg_line l, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	size_t n = utf8_valid_prefix(slice_str(text)); /* what was cut was cut within a character, perhaps */
	l.text = slice_of(text, n);
	put(arg, &l);
}

static bool measured(const struct ecg_measure *m, char out[ECG_WORDS_MAX])
{
	const struct {
		const char *name, *unit;
		struct ecg_value v;
	} values[] = {
		{"rate", "/min", m->rate_bpm}, {"P", " ms", m->p_ms}, {"PR", " ms", m->pr_ms}, {"QRS", " ms", m->qrs_ms}, {"QT", " ms", m->qt_ms}, {"QTc Bazett", " ms", m->qtc_bazett_ms},
		{"QTc Fridericia", " ms", m->qtc_fridericia_ms}, {"P axis", " deg", m->p_axis_deg}, {"QRS axis", " deg", m->qrs_axis_deg}, {"T axis", " deg", m->t_axis_deg},
	};
	size_t n = (size_t)snprintf(out, ECG_WORDS_MAX, "%s", ECG_OURS), begin = n;
	for (size_t i = 0; i < ARRAY_LEN(values) && n < ECG_WORDS_MAX; i++)
		if (values[i].v.conf && isfinite(values[i].v.v))
			n += (size_t)snprintf(out + n, ECG_WORDS_MAX - n, "%s%s %.0f%s", n > begin ? ", " : "", values[i].name, (double)values[i].v.v, values[i].unit);
	return n > begin;
}

bool ecg_write_words(const struct ecg_analysis *n, size_t i, char out[ECG_WORDS_MAX])
{
	if (!n)
		return false;
	if (measured(&n->measure, out)) {
		if (!i)
			return true;
		i--;
	}
	if (i >= n->statements)
		return false;
	const struct ecg_statement *s = &n->statement[i];
	snprintf(out, ECG_WORDS_MAX, "%s%s%s%s%s", ECG_OURS, s->text, s->why[0] ? " (" : "", s->why, s->why[0] ? ")" : "");
	return true;
}

bool ecg_write_stale(const struct ecg_analysis *n, const struct ecg_note *note)
{
	return n && slice_starts(note->text, ECG_OURS);
}

void ecg_lines(const struct ecg *g, const struct ecg_analysis *n, void (*put)(void *arg, const struct ecg_line *l), void *arg)
{
	char number[32], ours[ECG_WORDS_MAX];
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		put_text(put, arg, (struct ecg_line){0}, "stated: %s %s", s->key, ecg_decimal(s->value, number));
	for (const struct ecg_note *t = g->notes; t; t = t->next)
		if (!ecg_write_stale(n, t))
			put_text(put, arg, (struct ecg_line){t->timed, t->at_s, t->duration_s, SLICE_NULL}, "%.*s", (int)(t->text.n < 480 ? t->text.n : 480), (const char *)t->text.p);
	for (size_t i = 0; ecg_write_words(n, i, ours); i++)
		put_text(put, arg, (struct ecg_line){0}, "%s", ours);
}

unsigned ecg_iso(struct slice s, int part[6], struct slice *fraction, struct slice *zone)
{
	static const struct {
		uint8_t before, digits;
	} shape[6] = {{0, 4}, {'-', 2}, {'-', 2}, {'T', 2}, {':', 2}, {':', 2}};
	unsigned n = 0;
	*fraction = *zone = SLICE_NULL;
	for (; n < 6; n++) {
		struct slice t = s;
		uint64_t v;
		if (shape[n].before) {
			if (!t.n || (t.p[0] != shape[n].before && !(n == 3 && t.p[0] == ' ')))
				break;
			t = slice_of(t.p + 1, t.n - 1);
		}
		if (t.n < shape[n].digits || num_u64(slice_of(t.p, shape[n].digits), 0, 9999, &v) < 0)
			break;
		part[n] = (int)v;
		s = slice_of(t.p + shape[n].digits, t.n - shape[n].digits);
	}
	if (n == 6 && s.n && s.p[0] == '.') {
		size_t k = 1;
		while (k < s.n && s.p[k] >= '0' && s.p[k] <= '9')
			k++;
		*fraction = slice_of(s.p + 1, k - 1);
		s = slice_of(s.p + k, s.n - k);
	}
	if (n > 3)
		*zone = s;
	return n;
}
