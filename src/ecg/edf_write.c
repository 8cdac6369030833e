/* A record as EDF+ (layout: edf.c). Samples are exactly those of the record: 16 bits, moved by a whole number of steps where only that makes them fit. The physical range is chosen so that a step's size survives
 * the eight characters that EDF has for it. Gaps between stretches make it EDF+D; a gap within one (a lead that was off alone) EDF cannot say. A last record that is not full is filled up with its last sample, and an
 * annotation "Recording ends" says where; our reader takes the filling off again. */
#include "edf_internal.h"
#include "ecg_write_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#define NOTE_MAX 400 /* bytes of an annotation's text */
#define RECORD_MAX 61440 /* bytes of a record, as EDF recommends, where the rates allow it */

struct scale {
	char pmin[16], pmax[16];
	char unit[9];
	int32_t dmin, dmax, move; /* move: taken off each sample */
};
struct text { /* TALs one after the other, each with its end */
	struct buf b;
	size_t longest, at;
};
struct edf_plan {
	double duration;
	char duration_text[16];
	uint32_t each[ECG_CHANNELS_MAX];
	struct scale scale[ECG_CHANNELS_MAX];
	struct ecg_stretch whole; /* where the record has no gaps */
	const struct ecg_stretch *stretch;
	size_t stretches;
	uint64_t records;
	size_t note_bytes; /* of a record */
	struct slice fraction; /* of the second in which it starts */
	struct text text;
};

/* ---- durations ---- */

static bool duration_fits(const struct ecg *g, struct edf_plan *p, double d)
{
	size_t bytes = 0;
	double back;
	snprintf(p->duration_text, sizeof p->duration_text, "%.7g", d);
	if (strlen(p->duration_text) > 8 || !ecg_number(slice_str(p->duration_text), &back))
		return false;
	for (unsigned i = 0; i < g->channels; i++) {
		double n = floor(g->channel[i].rate * back + 0.5);
		if (n < 1 || n > 5e6 || fabs(n / back - g->channel[i].rate) > 1e-9 * g->channel[i].rate)
			return false;
		p->each[i] = (uint32_t)n;
		bytes += 2 * (size_t)n;
	}
	p->duration = back;
	return bytes <= 8u << 20;
}

/* Does each stretch hold whole records only? */
static bool divides(const struct ecg *g, const struct edf_plan *p)
{
	double each = g->rate * p->duration;
	for (size_t i = 0; i < p->stretches; i++) {
		double n = (double)p->stretch[i].count / each;
		if (fabs(n - floor(n + 0.5)) > 1e-6)
			return false;
	}
	return true;
}

static int duration(const struct ecg *g, struct edf_plan *p, struct err *e)
{
	static const double good[] = {1, 2, 5, 10, 0.5, 0.25, 0.2, 0.1, 4, 8, 20, 0.125, 0.05, 0.04, 0.025, 0.02, 0.01, 0.008, 0.005, 0.004, 0.002, 0.001};
	size_t first = ARRAY_LEN(good);
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (duration_fits(g, p, good[i])) {
			size_t bytes = 0;
			for (unsigned k = 0; k < g->channels; k++)
				bytes += 2 * p->each[k];
			if (bytes <= RECORD_MAX && divides(g, p) && (i < 11 || p->stretches > 1 || g->samples < 100000))
				return 0;
			first = first == ARRAY_LEN(good) ? i : first;
		}
	if (first < ARRAY_LEN(good) && duration_fits(g, p, good[first]) && (p->stretches == 1 || divides(g, p)))
		return 0;
	for (unsigned d = 3; d <= 1000; d++) /* 249.89 Hz needs 100 s, 512.414 Hz 500 s */
		if (duration_fits(g, p, d) && (p->stretches == 1 || divides(g, p)))
			return 0;
	for (unsigned d = 1; d < 1000; d++)
		if (duration_fits(g, p, d / 1000.0) && (p->stretches == 1 || divides(g, p)))
			return 0;
	return err_set(e, ERR_INPUT, NULL, "the sampling rates and gaps do not divide into records of one length, which EDF needs; wfdb holds them");
}

/* ---- steps ---- */

/* v in at most 8 characters, as near as they allow. */
static double eight(double v, char out[16])
{
	double back = 0;
	for (int d = 7; d >= 0; d--) {
		snprintf(out, 16, "%.*f", d, v);
		if (strlen(out) <= 8)
			break;
	}
	if (strchr(out, '.')) {
		size_t n = strlen(out);
		while (out[n - 1] == '0')
			out[--n] = 0;
		if (out[n - 1] == '.')
			out[--n] = 0;
	}
	return strlen(out) <= 8 && ecg_number(slice_str(out), &back) ? back : NAN;
}

/* The same without the text: what v is in eight characters. */
static double near_eight(double v)
{
	static const double power[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
	int room = 8 - (v < 0), whole = 1;
	double a = fabs(v);
	while (whole <= room && a >= power[whole])
		whole++;
	if (whole > room)
		return NAN;
	double p = power[room - whole - 1 > 0 ? room - whole - 1 : 0];
	a = floor(a * p + 0.5) / p;
	return v < 0 ? -a : a;
}

/* How far off, in steps, a symmetric range of k steps would be. */
static double near_range(const struct ecg_channel *c, double per, double zero, double k)
{
	double size = c->scale / per, off = c->offset / per, a = near_eight(-k * size + off), b = near_eight(k * size + off), got = (b - a) / (2 * k);
	double err = fabs(got / size - 1) * 2 * k + fabs((zero - k - a / got) - (zero - off / size));
	return isfinite(err) ? err : INFINITY;
}

static double try_range(const struct ecg_channel *c, double per, int32_t move, int32_t lo, int32_t hi, struct scale *s)
{
	double size = c->scale / per, zero = c->baseline - (double)move, off = c->offset / per;
	double a = eight((lo - zero) * size + off, s->pmin), b = eight((hi - zero) * size + off, s->pmax);
	double got = (b - a) / ((double)hi - lo);
	s->dmin = lo;
	s->dmax = hi;
	s->move = move;
	/* the size of a step and the place of zero both count: in steps over the whole range */
	double err = fabs(got / size - 1) * ((double)hi - lo) + fabs((lo - a / got) - (zero - off / size));
	return isfinite(err) ? err : INFINITY;
}

static int scale(const struct ecg *g, unsigned i, struct scale *ret, struct err *e)
{
	const struct ecg_channel *c = &g->channel[i];
	struct ecg_range r;
	ecg_range(g, i, &r);
	if ((int64_t)r.max - r.min > 65535)
		return err_set(e, ERR_INPUT, NULL, "channel %s has samples %d to %d, more than the 16 bits that EDF holds; wfdb and fhir hold them", c->name, r.min, r.max);
	int32_t move = r.min >= INT16_MIN && r.max <= INT16_MAX ? 0 : r.min > INT32_MAX - 32768 ? r.max - 32767 : r.min + 32768;
	int32_t lo = r.min - move, hi = r.max - move;
	double best = INFINITY, zero = c->baseline - (double)move;
	bool volts = !strcmp(c->unit, "uV");
	for (int unit = 0; unit < (volts ? 2 : 1); unit++) {
		double per = unit ? 1000 : 1;
		struct scale s = {0};
		snprintf(s.unit, sizeof s.unit, "%.8s", volts ? unit ? "mV" : "uV" : c->unit);
		double err = try_range(c, per, move, INT16_MIN, INT16_MAX, &s);
		if (err < best)
			best = err, *ret = s;
		/* as many steps on both sides of zero: often a number of them is a short decimal (1716 steps a millivolt: 17160 are 10) */
		int64_t least = (int64_t)fmax(fabs(hi - zero), fabs(lo - zero)), most = (int64_t)fmin(INT16_MAX - zero, zero - INT16_MIN);
		int64_t which = 0;
		double least_err = best;
		for (int64_t k = most; k >= 1 && k >= least && least_err > 1e-9; k--) {
			err = near_range(c, per, zero, (double)k);
			if (err < least_err)
				least_err = err, which = k;
		}
		if (which) {
			err = try_range(c, per, move, (int32_t)(zero - (double)which), (int32_t)(zero + (double)which), &s);
			if (err < best)
				best = err, *ret = s;
		}
	}
	if (best > 0.5)
		return err_set(e, ERR_INPUT, NULL, "the size of channel %s's steps cannot be said in EDF's eight characters", c->name);
	return 0;
}

static int gaps(const struct ecg *g, const struct edf_plan *p, struct err *e)
{
	int32_t block[2048];
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_channel *c = &g->channel[i];
		double ratio = c->rate / g->rate;
		for (size_t k = 0; k < p->stretches; k++) {
			/* a slower channel may end up to one of its samples early: the reader takes as many as fit wholly before the end */
			uint64_t at = (uint64_t)floor((double)p->stretch[k].first * ratio + 0.5), end = (uint64_t)floor((double)(p->stretch[k].first + p->stretch[k].count) * ratio + 1e-3);
			for (; at < end;) {
				size_t n = end - at < ARRAY_LEN(block) ? (size_t)(end - at) : ARRAY_LEN(block);
				ecg_read(g, i, at, n, block);
				for (size_t j = 0; j < n; j++)
					if (block[j] == ECG_GAP)
						return err_set(e, ERR_INPUT, NULL, "channel %s was not recorded for a time (from second %.3f) while the record went on, which EDF cannot say; wfdb and fhir can", c->name,
							(double)(at + j) / c->rate);
				at += n;
			}
		}
	}
	return 0;
}

/* ---- annotations ---- */

static size_t safe_text(char *out, size_t room, struct slice s) /* no separators of TALs; cut between characters */
{
	size_t n = 0, k = s.n < room ? s.n : room;
	k = utf8_valid_prefix(slice_of(s.p, k));
	for (size_t i = 0; i < k; i++)
		out[n++] = s.p[i] < ' ' ? ' ' : (char)s.p[i];
	return n;
}

static void add_text(void *arg, const struct ecg_line *l)
{
	struct edf_plan *p = arg;
	struct text *t = &p->text;
	char safe[NOTE_MAX];
	size_t n = safe_text(safe, sizeof safe, l->text), before = t->b.n;
	if (!n)
		return;
	double at = l->at_s;
	double fraction = 0;
	char f[16];
	snprintf(f, sizeof f, "0.%.*s", (int)(p->fraction.n < 9 ? p->fraction.n : 9), (const char *)p->fraction.p);
	if (p->fraction.n && ecg_number(slice_str(f), &fraction))
		at += fraction;
	buf_printf(&t->b, "%c%.9f", at < 0 ? '-' : '+', fabs(at));
	if (l->duration_s > 0)
		buf_printf(&t->b, "\x15%.6f", l->duration_s);
	buf_u8(&t->b, 0x14);
	buf_add(&t->b, safe, n);
	buf_add(&t->b, "\x14", 2); /* and the zero */
	t->longest = t->b.n - before > t->longest ? t->b.n - before : t->longest;
}

static void annotations(const struct ecg *g, const struct ecg_analysis *n, struct edf_plan *p)
{
	buf_init(&p->text.b, 64u << 20);
	ecg_lines(g, n, add_text, p);
	const struct ecg_stretch *s = &p->stretch[p->stretches - 1];
	double last = (double)s->count / (g->rate * p->duration);
	if (fabs(last - floor(last + 0.5)) > 1e-6)
		add_text(p, &(struct ecg_line){true, (double)(s->first + s->count) / g->rate, 0, SLICE("Recording ends")});
	/* greedy: each record takes what fits; with so much room all of it fits in all of them */
	p->note_bytes = 40 + p->text.longest + (size_t)(p->text.b.n / p->records + 1);
	p->note_bytes += p->note_bytes & 1;
}

static void note_bytes(struct edf_plan *p, double onset, uint8_t *out)
{
	char keep[48];
	struct text *t = &p->text;
	size_t n = (size_t)snprintf(keep, sizeof keep, "+%.9f", onset);
	memset(out, 0, p->note_bytes);
	while (keep[n - 1] == '0')
		n--;
	n -= keep[n - 1] == '.';
	memcpy(out, keep, n);
	out[n++] = 0x14;
	out[n++] = 0x14;
	n++;
	while (t->at < t->b.n) {
		const uint8_t *end = memchr(t->b.p + t->at, 0, t->b.n - t->at);
		size_t k = (size_t)(end - (t->b.p + t->at)) + 1;
		if (n + k > p->note_bytes)
			break;
		memcpy(out + n, t->b.p + t->at, k);
		n += k;
		t->at += k;
	}
}

/* ---- header ---- */

static void field(struct ecg_out *o, const char *s, size_t width)
{
	size_t n = strlen(s);
	for (size_t i = 0; i < width; i++)
		ecg_out_bytes(o, i < n ? s + i : " ", 1);
}

/* ASCII without blanks, as EDF+ has its subfields; letters with accents lose them. */
static void subfield(struct buf *b, struct slice s, size_t most)
{
	AUTO_BUF struct buf fold = {0};
	size_t n = 0, len;
	buf_str(b, b->n ? " " : "");
	s = slice_trim(s);
	for (; s.n && n < most; s = slice_of(s.p + len, s.n - len)) {
		uint32_t cp = utf8_get(s, &len);
		if (cp < 0x80) {
			buf_u8(b, cp <= ' ' ? '_' : (uint8_t)cp);
			n++;
			continue;
		}
		buf_init(&fold, 64);
		utf8_fold(&fold, slice_of(s.p, len));
		uint8_t c = fold.n && fold.p[0] > ' ' && fold.p[0] < 0x7f ? fold.p[0] : '?';
		buf_u8(b, c);
		n++;
		buf_done(&fold);
	}
	if (!n)
		buf_u8(b, 'X');
}

static void day_month_year(char out[24], int y, int m, int d)
{
	static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
	snprintf(out, 24, "%02d-%.3s-%04d", d, months + 3 * (m - 1), y);
}

static bool valid_date(const int t[6])
{
	return t[0] >= 1 && t[1] >= 1 && t[1] <= 12 && t[2] >= 1 && t[2] <= time_days_in_month(t[0], t[1]);
}

static void fixed_part(const struct ecg *g, const struct edf_plan *p, struct ecg_out *o)
{
	AUTO_BUF struct buf who = {0}, what = {0}, name = {0};
	int t[6] = {0}, birth[6] = {0};
	char text[64], date[24];
	struct slice fraction, zone;
	bool day = ecg_iso(g->start, t, &fraction, &zone) >= 5 && valid_date(t);
	buf_init(&who, 4096);
	buf_init(&what, 4096);
	buf_init(&name, 4096);
	subfield(&who, g->person.id, 60);
	subfield(&who, slice_eq_str(g->person.sex, "male") ? SLICE("M") : slice_eq_str(g->person.sex, "female") ? SLICE("F") : SLICE_NULL, 1);
	if (ecg_iso(g->person.birth, birth, &fraction, &zone) >= 3 && valid_date(birth))
		day_month_year(date, birth[0], birth[1], birth[2]);
	else
		snprintf(date, sizeof date, "X");
	subfield(&who, slice_str(date), 11);
	buf_add_slice(&name, g->person.family);
	if (g->person.given.n) {
		buf_str(&name, ",");
		buf_add_slice(&name, g->person.given);
	}
	subfield(&who, buf_slice(&name), who.n < 78 ? 79 - who.n : 1);
	if (day)
		day_month_year(date, t[0], t[1], t[2]);
	else
		snprintf(date, sizeof date, "X");
	buf_str(&what, "Startdate");
	subfield(&what, slice_str(date), 11);
	subfield(&what, g->order, 20);
	subfield(&what, g->physician, 16);
	subfield(&what, g->device.n ? g->device : SLICE("Holdfast"), what.n < 78 ? 79 - what.n : 1);
	field(o, "0", 8);
	field(o, buf_cstr(&who), 80);
	field(o, buf_cstr(&what), 80);
	if (day && t[0] >= 1985 && t[0] <= 2084)
		snprintf(text, sizeof text, "%02d.%02d.%02d", t[2], t[1], t[0] % 100);
	else
		snprintf(text, sizeof text, day ? "%02d.%02d.yy" : "01.01.85", t[2], t[1]);
	field(o, text, 8);
	snprintf(text, sizeof text, "%02d.%02d.%02d", day ? t[3] : 0, day ? t[4] : 0, day ? t[5] : 0);
	field(o, text, 8);
	snprintf(text, sizeof text, "%u", 256 * (g->channels + 2));
	field(o, text, 8);
	field(o, p->stretches > 1 ? "EDF+D" : "EDF+C", 44);
	snprintf(text, sizeof text, "%llu", (unsigned long long)p->records);
	field(o, text, 8);
	field(o, p->duration_text, 8);
	snprintf(text, sizeof text, "%u", g->channels + 1);
	field(o, text, 4);
}

static void ascii(char *out, size_t size, struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n && n + 1 < size; i++)
		if (s.p[i] >= ' ' && s.p[i] < 0x7f)
			out[n++] = (char)s.p[i];
	out[n] = 0;
}

static void signal_part(const struct ecg *g, const struct edf_plan *p, struct ecg_out *o)
{
	char text[96];
	unsigned n = g->channels;
	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof text, "%s%s", g->channel[i].lead ? "ECG " : "", g->channel[i].name);
		text[16] = 0;
		if (slice_eq_nocase(slice_trim(slice_str(text)), "EDF Annotations") || slice_eq_nocase(slice_trim(slice_str(text)), "BDF Annotations"))
			snprintf(text, sizeof text, "signal %u", i); /* samples that would be read as text */
		field(o, text, 16);
	}
	field(o, "EDF Annotations", 16);
	for (unsigned i = 0; i <= n; i++)
		field(o, "", 80);
	for (unsigned i = 0; i <= n; i++)
		field(o, i < n ? p->scale[i].unit : "", 8);
	for (unsigned i = 0; i <= n; i++)
		field(o, i < n ? p->scale[i].pmin : "-1", 8);
	for (unsigned i = 0; i <= n; i++)
		field(o, i < n ? p->scale[i].pmax : "1", 8);
	for (unsigned i = 0; i <= n; i++) {
		snprintf(text, sizeof text, "%d", i < n ? p->scale[i].dmin : -32768);
		field(o, text, 8);
	}
	for (unsigned i = 0; i <= n; i++) {
		snprintf(text, sizeof text, "%d", i < n ? p->scale[i].dmax : 32767);
		field(o, text, 8);
	}
	for (unsigned i = 0; i <= n; i++) {
		ascii(text, sizeof text, i < n ? g->channel[i].filter : SLICE_NULL);
		field(o, text, 80);
	}
	for (unsigned i = 0; i <= n; i++) {
		snprintf(text, sizeof text, "%u", i < n ? p->each[i] : (unsigned)(p->note_bytes / 2));
		field(o, text, 8);
	}
	for (unsigned i = 0; i <= n; i++)
		field(o, "", 32);
}

/* ---- records ---- */

static void one_channel(const struct ecg *g, const struct edf_plan *p, unsigned i, uint64_t at, struct ecg_out *o)
{
	int32_t block[2048], last = p->scale[i].dmin + p->scale[i].move;
	for (uint32_t k = 0; k < p->each[i];) {
		uint8_t bytes[2 * ARRAY_LEN(block)];
		size_t n = p->each[i] - k < ARRAY_LEN(block) ? p->each[i] - k : ARRAY_LEN(block);
		ecg_read(g, i, at + k, n, block);
		for (size_t j = 0; j < n; j++) {
			last = block[j] == ECG_GAP ? last : block[j]; /* behind the end only: gaps() saw to it */
			uint16_t v = (uint16_t)(last - p->scale[i].move);
			bytes[2 * j] = (uint8_t)v;
			bytes[2 * j + 1] = (uint8_t)(v >> 8);
		}
		ecg_out_bytes(o, bytes, 2 * n);
		k += (uint32_t)n;
	}
}

static int data(const struct ecg *g, struct edf_plan *p, struct ecg_out *o)
{
	double fraction = 0;
	char f[16];
	uint8_t *notes = malloc(p->note_bytes);
	if (!notes)
		return ERR_MEMORY;
	snprintf(f, sizeof f, "0.%.*s", (int)(p->fraction.n < 9 ? p->fraction.n : 9), (const char *)p->fraction.p);
	if (!p->fraction.n || !ecg_number(slice_str(f), &fraction))
		fraction = 0;
	for (size_t s = 0; s < p->stretches; s++) {
		double begin = (double)p->stretch[s].first / g->rate;
		uint64_t records = (uint64_t)ceil((double)p->stretch[s].count / (g->rate * p->duration) - 1e-6);
		for (uint64_t r = 0; r < records && o->code == 0; r++) {
			for (unsigned i = 0; i < g->channels; i++)
				one_channel(g, p, i, (uint64_t)floor(begin * g->channel[i].rate + 0.5) + r * p->each[i], o);
			note_bytes(p, fraction + begin + (double)r * p->duration, notes);
			ecg_out_bytes(o, notes, p->note_bytes);
		}
	}
	assert(o->code || p->text.at == p->text.b.n);
	free(notes);
	return 0;
}

int ecg_write_edf(const struct ecg *g, const struct ecg_analysis *n, struct slice name, const struct ecg_sink *sink, struct err *e)
{
	struct edf_plan p = {.whole = {0, g->samples}};
	struct ecg_out o;
	int t[6];
	struct slice zone;
	for (unsigned i = 0; i < g->channels; i++) { /* a channel that is no ECG may be longer than those that are */
		uint64_t lasts = (uint64_t)ceil((double)g->channel[i].samples * g->rate / g->channel[i].rate - 1e-6);
		p.whole.count = lasts > p.whole.count ? lasts : p.whole.count;
	}
	p.stretch = g->stretch_count > 1 ? g->stretches : &p.whole;
	p.stretches = g->stretch_count > 1 ? g->stretch_count : 1;
	if (g->person.id.n > 60)
		return err_set(e, ERR_INPUT, NULL, "the patient's number is longer than EDF+ holds");
	if (p.stretch[0].first && p.stretches > 1)
		return err_set(e, ERR_INPUT, NULL, "the record begins with a gap, which EDF cannot say");
	int r = duration(g, &p, e);
	if (r == 0)
		r = gaps(g, &p, e);
	for (unsigned i = 0; i < g->channels && r == 0; i++)
		r = scale(g, i, &p.scale[i], e);
	if (r < 0)
		return r;
	for (size_t s = 0; s < p.stretches; s++)
		p.records += (uint64_t)ceil((double)p.stretch[s].count / (g->rate * p.duration) - 1e-6);
	if (!p.records)
		return err_set(e, ERR_INPUT, NULL, "there are no samples to write");
	if (p.records > 99999999)
		return err_set(e, ERR_INPUT, NULL, "the record is longer than EDF counts");
	if (ecg_iso(g->start, t, &p.fraction, &zone) < 6)
		p.fraction = SLICE_NULL;
	annotations(g, n, &p);
	if (!buf_ok(&p.text.b) || p.note_bytes > 2 * 99999999u)
		r = err_set(e, ERR_LIMIT, NULL, "there is more text than EDF holds");
	if (r == 0) {
		ecg_out_begin(&o, sink, name, ".edf", e);
		fixed_part(g, &p, &o);
		signal_part(g, &p, &o);
		r = data(g, &p, &o);
		if (r == 0)
			r = ecg_out_end(&o);
		else
			err_set(e, r, NULL, "no memory");
	}
	buf_done(&p.text.b);
	return r;
}
