/* EDF, EDF+, BDF, BDF+ (edfplus.info; Kemp et al. 1992, 2003). All header fields are ASCII, filled up with blanks:
 *
 *     0    8  version: "0", or 0xff "BIOSEMI"        184   8  bytes of the header: 256 * (1 + signals)
 *     8   80  patient                                192  44  "EDF+C", "EDF+D", "BDF+C", "24BIT", ...
 *    88   80  recording                              236   8  number of records, -1: not known
 *   168    8  start date dd.mm.yy                    244   8  duration of a record in seconds
 *   176    8  start time hh.mm.ss                    252   4  number of signals
 *   256  for all signals each in turn: 16 label, 80 transducer, 8 unit, 8 physical minimum, 8 maximum, 8 digital minimum, 8 maximum, 80 prefilter, 8 samples in a record, 32 reserved
 *
 * then records: for each signal its samples, little-endian, 16 bits (BDF: 24). value = (sample - digital minimum) * (physical range / digital range) + physical minimum.
 */
#include "edf_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

struct own {
	const struct edf *f;
	size_t at;     /* in a record */
	uint32_t each; /* samples in a record */
};

static struct slice field(struct slice h, size_t at, size_t n)
{
	struct slice s = slice_of(h.p + at, n);
	for (;;) { /* devices fill up with zeroes as well */
		struct slice t = slice_trim(s);
		while (t.n && !t.p[t.n - 1])
			t.n--;
		if (t.n == s.n)
			return t;
		s = t;
	}
}

static bool decimal(struct slice s, double *ret)
{
	char text[16];
	if (!s.n || s.n >= sizeof text)
		return false;
	for (size_t i = 0; i < s.n; i++)
		text[i] = s.p[i] == ',' ? '.' : (char)s.p[i]; /* forbidden by the format, written by devices */
	return ecg_number(slice_of(text, s.n), ret);
}

static bool whole(struct slice s, int64_t min, int64_t max, int64_t *ret)
{
	double v;
	if (num_i64(s, min, max, ret) == 0)
		return true;
	if (!decimal(s, &v) || v != floor(v) || v < (double)min || v > (double)max) /* "32767.00" */
		return false;
	*ret = (int64_t)v;
	return true;
}

static bool is_bdf(struct slice f)
{
	return f.n >= 8 && !memcmp(f.p, "\xff" "BIOSEMI", 8);
}

static bool ends_in(struct slice name, const char *extension)
{
	size_t n = strlen(extension);
	return name.n > n && slice_eq_nocase(slice_of(name.p + name.n - n, n), extension);
}

static int sniff_bdf(struct slice file, struct slice name)
{
	return is_bdf(file) ? 2 : ends_in(name, ".bdf");
}

static int sniff_edf(struct slice file, struct slice name)
{
	int64_t v;
	if (file.n >= 256 && slice_eq_str(field(file, 0, 8), "0") && whole(field(file, 252, 4), 0, 9999, &v) && whole(field(file, 184, 8), 256, 99999999, &v))
		return 2;
	return ends_in(name, ".edf") || ends_in(name, ".rec");
}

/* ---- what the header says of person and recording ---- */

static int month(struct slice s)
{
	static const char *const names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
	for (int i = 0; i < 12; i++)
		if (slice_eq_nocase(s, names[i]))
			return i + 1;
	return 0;
}

static bool date(struct slice s, int *y, int *m, int *d) /* 02-MAR-2002 */
{
	int64_t day, year;
	struct slice a = slice_cut(s, '-', &s), b = slice_cut(s, '-', &s);
	if (num_i64(a, 1, 31, &day) < 0 || !(*m = month(b)) || num_i64(s, 1000, 9999, &year) < 0 || day > time_days_in_month((int)year, *m))
		return false;
	*y = (int)year;
	*d = (int)day;
	return true;
}

/* A subfield of EDF+: "X" is not known, blanks were written as underscores. */
static struct slice subfield(struct ecg *g, struct slice *rest)
{
	struct slice s;
	do
		s = slice_cut(*rest, ' ', rest);
	while (!s.n && rest->n);
	if (!s.n || slice_eq_str(s, "X"))
		return SLICE_NULL;
	uint8_t *p = arena_alloc(g->a, s.n);
	if (!p)
		return SLICE_NULL;
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == '_' ? ' ' : s.p[i];
	return ecg_text(g, slice_of(p, s.n));
}

static struct slice known(struct slice s) /* part of a name: "X" hides it */
{
	s = slice_trim(s);
	return slice_eq_nocase(s, "X") ? SLICE_NULL : s;
}

static void patient(struct ecg *g, struct slice s, bool plus)
{
	struct slice rest = s, given;
	int y, m, d;
	if (!plus) { /* free text: nothing says what it is made of */
		if (s.n && !slice_eq_str(s, "X X X X") && !slice_eq_str(s, "X"))
			g->person.id = ecg_text(g, s);
		return;
	}
	g->person.id = subfield(g, &rest);
	struct slice sex = subfield(g, &rest), birth = subfield(g, &rest), name = subfield(g, &rest);
	if (slice_eq_nocase(sex, "M") || slice_eq_nocase(sex, "F"))
		g->person.sex = slice_str(sex.p[0] == 'M' || sex.p[0] == 'm' ? "male" : "female");
	if (date(birth, &y, &m, &d))
		g->person.birth = slice_str(arena_printf(g->a, "%04d-%02d-%02d", y, m, d));
	g->person.family = known(slice_cut(name, ',', &given));
	g->person.given = known(given);
	if (slice_trim(rest).n)
		(void)ecg_note(g, rest);
}

static void recording(struct ecg *g, struct slice s, bool plus)
{
	struct slice rest = s;
	if (!plus || !slice_starts(s, "Startdate ")) {
		if (s.n && !slice_eq_str(s, "X"))
			(void)ecg_note(g, s);
		return;
	}
	(void)subfield(g, &rest);
	(void)subfield(g, &rest);
	g->order = subfield(g, &rest);
	g->physician = subfield(g, &rest); /* the investigator or technician */
	g->device = subfield(g, &rest);
	if (slice_trim(rest).n)
		(void)ecg_note(g, rest);
}

static bool three(struct slice s, int64_t v[3])
{
	for (int i = 0; i < 3; i++) {
		size_t n = 0;
		while (n < s.n && isdigit(s.p[n]))
			n++;
		if (num_i64(slice_of(s.p, n), 0, 99, &v[i]) < 0 || (i < 2 && n == s.n))
			return false;
		n += i < 2; /* '.', and ':' '-' '/' of devices */
		s = slice_of(s.p + n, s.n - n);
	}
	return !s.n;
}

enum { CLOCK_FIRST = 1710, CLOCK_LAST = 2229 }; /* years from which an onset of at most 1e9 seconds (32 years) leads nowhere that nanoseconds do not reach */

/* Two digits of the year, with the clip of EDF: 85..99 are 1985..1999, 00..84 are 2000..2084; EDF+ says all four in the recording field. The first record may begin a fraction of a second (EDF+D: any time) later. */
static void start(struct ecg *g, struct slice h, const struct edf *f)
{
	int64_t d[3], t[3];
	int y = 0, mo = 0, day = 0, hour, minute, second;
	struct slice rec = field(h, 88, 80), rest;
	bool said = three(field(h, 168, 8), d) && d[0] >= 1 && d[1] >= 1 && d[1] <= 12;
	if (said) {
		y = (int)d[2] + (d[2] >= 85 ? 1900 : 2000);
		mo = (int)d[1];
		day = (int)d[0];
		said = day <= time_days_in_month(y, mo);
	}
	if (slice_starts(rec, "Startdate ")) {
		int yy, mm, dd;
		if (date(slice_cut(slice_of(rec.p + 10, rec.n - 10), ' ', &rest), &yy, &mm, &dd)) {
			if (said && (yy % 100 != y % 100 || mm != mo || dd != day))
				ecg_warn(g, "the two start dates of the header differ; the one with four digits of the year is taken");
			y = yy, mo = mm, day = dd, said = true;
		}
	}
	if (slice_starts(rec, "Startdate X") && slice_eq_str(field(h, 168, 8), "01.01.85")) /* EDF+: not known */
		return;
	if (!said || !three(field(h, 176, 8), t) || t[0] > 23 || t[1] > 59 || t[2] > 60) {
		ecg_warn(g, "the header's start date and time are none");
		return;
	}
	struct slice fraction = SLICE_NULL;
	(void)slice_cut(f->first_onset, '.', &fraction);
	int64_t later = 0;
	if (f->first_onset.n && f->first_onset.p[0] == '+')
		later = (int64_t)f->first;
	else
		fraction = SLICE_NULL;
	while (fraction.n && fraction.p[fraction.n - 1] == '0')
		fraction.n--;
	hour = (int)t[0], minute = (int)t[1], second = (int)t[2];
	if (later || second == 60) {
		if (y < CLOCK_FIRST || y > CLOCK_LAST) {
			ecg_warn(g, "the header's start is in a year in which no clock is kept here: when the first record began is not known");
			return;
		}
		time_civil(time_from_civil(y, mo, day, hour, minute, second) + later * TIME_SEC, &y, &mo, &day, &hour, &minute, &second);
	}
	g->start = slice_str(arena_printf(g->a, "%04d-%02d-%02dT%02d:%02d:%02d%s%.*s", y, mo, day, hour, minute, second, fraction.n ? "." : "", (int)(fraction.n < 9 ? fraction.n : 9), (const char *)fraction.p));
}

/* ---- signals ---- */

enum { LABEL = 0, UNIT = 96, PMIN = 104, PMAX = 112, DMIN = 120, DMAX = 128, FILTER = 136, SAMPLES = 216 };
static const unsigned char widths[] = {[LABEL] = 16, [UNIT] = 8, [PMIN] = 8, [PMAX] = 8, [DMIN] = 8, [DMAX] = 8, [FILTER] = 80, [SAMPLES] = 8};

static struct slice column(struct slice h, unsigned signals, unsigned i, unsigned what)
{
	return field(h, 256 + (size_t)signals * what + (size_t)i * widths[what], widths[what]);
}

static bool is_notes(struct slice label)
{
	return slice_eq_nocase(label, "EDF Annotations") || slice_eq_nocase(label, "BDF Annotations");
}

/* An electrode of the 10-20 system and what else a sleep laboratory writes: voltages, but not of the heart. */
static bool of_the_head(struct slice l)
{
	static const char *const names[] = {"Fp1", "Fp2", "Fpz", "F3", "F4", "F7", "F8", "Fz", "C3", "C4", "Cz", "T3", "T4", "T5", "T6", "T7", "T8", "P3", "P4", "P7", "P8", "Pz", "O1", "O2", "Oz", "A1", "A2", "M1", "M2", "LOC", "ROC", "E1", "E2", "Chin", "Chin1", "Chin2"};
	struct slice rest;
	l = slice_cut(l, '-', &rest);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_nocase(slice_trim(l), names[i]))
			return true;
	return false;
}

static bool says_heart(const struct ecg_channel *c)
{
	for (size_t i = 0; i + 3 <= c->label.n; i++)
		if (slice_eq_nocase(slice_of(c->label.p + i, 3), "ECG") || slice_eq_nocase(slice_of(c->label.p + i, 3), "EKG"))
			return true;
	return c->lead != ECG_LEAD_OTHER;
}

static int scale(struct ecg *g, struct ecg_channel *c, struct slice h, unsigned signals, unsigned i, struct err *e)
{
	double pmin, pmax, dmin, dmax, steps, size;
	int64_t lo, hi;
	bool known_scale = decimal(column(h, signals, i, PMIN), &pmin) && decimal(column(h, signals, i, PMAX), &pmax) && whole(column(h, signals, i, DMIN), -(1 << 23), 1 << 23, &lo) &&
			   whole(column(h, signals, i, DMAX), -(1 << 23), 1 << 23, &hi) && pmin != pmax && lo != hi;
	ecg_unit(c, column(h, signals, i, UNIT), 1);
	if (!known_scale) {
		if (c->ecg && says_heart(c))
			return err_set(e, ERR_INPUT, NULL, "signal %u: its physical or digital minimum and maximum are equal or no numbers: the size of a step is not known", i);
		ecg_warn(g, "signal %u: its physical or digital range says nothing; its samples are kept as they are, without a unit", i);
		c->ecg = false;
		c->unit[0] = 0;
		c->scale = 1;
		return 0;
	}
	dmin = (double)lo;
	dmax = (double)hi;
	size = (pmax - pmin) / (dmax - dmin); /* below 0 where one of them is the wrong way round: EDF allows it for a signal upside down */
	steps = dmin - pmin / size;           /* where 0 lies; rarely on a step */
	double to_unit = c->scale;
	c->baseline = (int32_t)floor((steps < -2e9 ? -2e9 : steps > 2e9 ? 2e9 : steps) + 0.5);
	c->scale = size * to_unit;
	c->offset = (pmin + (c->baseline - dmin) * size) * to_unit;
	if (fabs(c->offset) < fabs(c->scale) * 1e-6)
		c->offset = 0;
	return 0;
}

static int signal_open(struct ecg *g, struct edf *f, struct slice h, unsigned signals, unsigned i, size_t *at, struct err *e)
{
	struct slice label = column(h, signals, i, LABEL);
	int64_t each;
	if (!whole(column(h, signals, i, SAMPLES), 0, 99999999, &each))
		return err_set(e, ERR_INPUT, NULL, "signal %u: the number of its samples in a record is none", i);
	size_t here = *at, bytes = (size_t)each * f->width;
	*at += bytes;
	if (is_notes(label)) {
		if (f->note_signals < ARRAY_LEN(f->notes))
			f->notes[f->note_signals++] = (struct edf_note_signal){here, bytes};
		return 0;
	}
	if (!each) {
		ecg_warn(g, "signal %u has no samples and is left out", i);
		return 0;
	}
	struct ecg_channel *c = ecg_channel_add(g, label, e);
	struct own *o = arena_alloc(g->a, sizeof *o);
	if (!c || !o)
		return c ? err_set(e, arena_code(g->a), NULL, "no room for a channel") : ERR_LIMIT;
	*o = (struct own){f, here, (uint32_t)each};
	c->own = o;
	c->bits = (uint8_t)(8 * f->width);
	c->filter = ecg_text(g, column(h, signals, i, FILTER));
	return scale(g, c, h, signals, i, e);
}

/* Where one signal says that it is an ECG, voltages that do not are something else; where none does, all are but those of the head. */
static void which_are_hearts(struct ecg *g)
{
	bool any = false;
	for (unsigned i = 0; i < g->channels; i++)
		any = any || (g->channel[i].ecg && says_heart(&g->channel[i]));
	for (unsigned i = 0; i < g->channels; i++)
		if (any ? !says_heart(&g->channel[i]) : of_the_head(g->channel[i].label))
			g->channel[i].ecg = false;
}

/* ---- records ---- */

static int records(struct ecg *g, struct edf *f, struct slice file, unsigned signals, struct err *e)
{
	size_t at = 256 * ((size_t)signals + 1);
	int64_t said, header;
	if (!f->record_bytes)
		return err_set(e, ERR_INPUT, NULL, "the signals have no samples");
	if (!whole(field(file, 184, 8), 0, 99999999, &header) || (size_t)header != at) {
		bool fits = (size_t)header > at && (size_t)header < file.n && (file.n - (size_t)header) % f->record_bytes == 0 && (file.n - at) % f->record_bytes;
		ecg_warn(g, "the header's own length is wrong");
		at = fits ? (size_t)header : at; /* a device that fills its header up */
	}
	f->data = slice_of(file.p + at, file.n - at);
	f->records = f->data.n / f->record_bytes;
	size_t left = f->data.n % f->record_bytes;
	if (!whole(field(file, 236, 8), -1, 99999999, &said))
		said = -2;
	if (said == -1)
		ecg_warn(g, "the recording was not closed (number of records -1): the file's size tells");
	else if (said < 0)
		ecg_warn(g, "the header's number of records is none: the file's size tells");
	else if ((uint64_t)said > f->records)
		ecg_warn(g, "the file ends after %llu of %lld records", (unsigned long long)f->records, (long long)said);
	else if ((uint64_t)said < f->records) {
		if (said)
			ecg_warn(g, "the file has %llu records, its header says %lld; so many are read", (unsigned long long)f->records, (long long)said);
		f->records = said ? (uint64_t)said : f->records; /* 0: a device that never came back to fill it in */
	}
	if (left && (said < 0 || (uint64_t)said > f->records))
		ecg_warn(g, "the last record is cut off and left out");
	if (!f->records)
		return err_set(e, ERR_INPUT, NULL, "the file ends before its first record is whole");
	return 0;
}

static int lengths(struct ecg *g, struct edf *f, struct err *e)
{
	double finest = 0, ecg = 0;
	for (unsigned i = 0; i < g->channels; i++) {
		struct ecg_channel *c = &g->channel[i];
		c->rate = ((const struct own *)c->own)->each / f->duration;
		finest = c->rate > finest ? c->rate : finest;
		ecg = c->ecg && c->rate > ecg ? c->rate : ecg;
	}
	f->ends = -1;
	int r = edf_notes(g, f, finest, e);
	if (r < 0)
		return r;
	if (!f->runs) {
		if (!(f->run = arena_alloc(g->a, sizeof *f->run)))
			return err_set(e, arena_code(g->a), NULL, "no room for the record");
		*f->run = (struct edf_run){0, f->records, 0};
		f->runs = 1;
	}
	const struct edf_run *last = &f->run[f->runs - 1];
	for (unsigned i = 0; i < g->channels; i++) {
		struct ecg_channel *c = &g->channel[i];
		c->samples = (uint64_t)floor(last->onset * c->rate + 0.5) + last->count * ((const struct own *)c->own)->each;
	}
	double end = f->ends - f->first; /* what stands behind it fills the last record up */
	if (f->ends >= 0 && last->onset + (double)(last->count - 1) * f->duration < end)
		for (unsigned i = 0; i < g->channels; i++) {
			uint64_t n = (uint64_t)floor(end * g->channel[i].rate + 1e-3);
			g->channel[i].samples = n < g->channel[i].samples ? n : g->channel[i].samples;
		}
	if (f->runs == 1)
		return 0;
	double rate = ecg > 0 ? ecg : finest;
	if (!(g->stretches = arena_array(g->a, f->runs, sizeof *g->stretches)))
		return err_set(e, arena_code(g->a), NULL, "no room for the record's gaps");
	for (size_t i = 0; i < f->runs; i++)
		g->stretches[i] = (struct ecg_stretch){(uint64_t)floor(f->run[i].onset * rate + 0.5), (uint64_t)floor((double)f->run[i].count * f->duration * rate + 0.5)};
	g->stretch_count = f->runs;
	struct ecg_stretch *s = &g->stretches[f->runs - 1];
	if (f->ends >= 0 && (double)s->first < end * rate && (double)(s->first + s->count) > end * rate)
		s->count = (uint64_t)floor(end * rate + 1e-3) - s->first;
	return 0;
}

static int open_edf(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	struct edf *f = arena_alloc(g->a, sizeof *f);
	int64_t signals;
	if (!f)
		return err_set(e, arena_code(g->a), NULL, "no room for the record");
	if (file.n < 256)
		return err_set(e, ERR_INPUT, NULL, "the file ends within its header");
	bool bdf = is_bdf(file);
	if (!bdf && !slice_eq_str(field(file, 0, 8), "0"))
		return err_set(e, ERR_INPUT, "offset 0", "no EDF or BDF header stands here");
	if (!whole(field(file, 252, 4), 1, 9999, &signals))
		return err_set(e, ERR_INPUT, "offset 252", "the number of signals is none");
	if (256 * ((size_t)signals + 1) > file.n)
		return err_set(e, ERR_INPUT, NULL, "the file ends within its header of %lld signals", (long long)signals);
	if (!decimal(field(file, 244, 8), &f->duration) || f->duration < 0 || f->duration > 1e7)
		return err_set(e, ERR_INPUT, "offset 244", "the duration of a record is no number");
	g->format = bdf ? ECG_BDF : ECG_EDF;
	f->width = bdf ? 3 : 2;
	struct slice kind = field(file, 192, 44);
	f->plus = slice_starts(kind, bdf ? "BDF+" : "EDF+");
	f->discontinuous = f->plus && slice_starts(slice_of(kind.p + 4, kind.n - 4), "D");
	g->version = f->plus ? ecg_text(g, slice_of(kind.p, kind.n < 5 ? kind.n : 5)) : slice_str(bdf ? "BDF" : "EDF");
	for (unsigned i = 0; i < signals; i++) {
		int r = signal_open(g, f, file, (unsigned)signals, i, &f->record_bytes, e);
		if (r < 0)
			return r;
	}
	if (!g->channels)
		return err_set(e, ERR_INPUT, NULL, "the file holds annotations only, no samples to read");
	if (!(f->duration > 0))
		return err_set(e, ERR_INPUT, "offset 244", "the duration of a record is 0: the sampling rate is not known");
	which_are_hearts(g);
	patient(g, field(file, 8, 80), f->plus);
	recording(g, field(file, 88, 80), f->plus);
	int r = records(g, f, file, (unsigned)signals, e);
	if (r == 0)
		r = lengths(g, f, e);
	if (r == 0)
		start(g, file, f);
	return r;
}

/* ---- samples ---- */

static int32_t sample(const uint8_t *p, unsigned width)
{
	if (width == 2)
		return (int16_t)(p[0] | p[1] << 8);
	return (int32_t)((uint32_t)p[0] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 24) >> 8;
}

/* From the at-th sample: how many lie in one record at *p, or (NULL) in a gap. */
static size_t piece(const struct ecg_channel *c, uint64_t at, size_t n, const uint8_t **p)
{
	const struct own *o = c->own;
	const struct edf *f = o->f;
	size_t low = 0, high = f->runs;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if ((uint64_t)floor(f->run[mid].onset * c->rate + 0.5) <= at)
			low = mid;
		else
			high = mid;
	}
	uint64_t first = (uint64_t)floor(f->run[low].onset * c->rate + 0.5), in = at - first, count = f->run[low].count * o->each, left;
	*p = NULL;
	if (in >= count)
		left = (low + 1 < f->runs ? (uint64_t)floor(f->run[low + 1].onset * c->rate + 0.5) : c->samples) - at;
	else {
		*p = f->data.p + (f->run[low].record + in / o->each) * f->record_bytes + o->at + in % o->each * f->width;
		left = o->each - in % o->each;
	}
	return left < n ? (size_t)left : n;
}

static void read_edf(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int32_t *out)
{
	unsigned width = ((const struct own *)c->own)->f->width;
	while (n) {
		const uint8_t *p;
		size_t here = piece(c, first, n, &p);
		for (size_t i = 0; i < here; i++)
			out[i] = p ? sample(p + i * width, width) : ECG_GAP;
		first += here;
		n -= here;
		out += here;
	}
}

static void read16_edf(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int16_t *out)
{
	unsigned width = ((const struct own *)c->own)->f->width;
	while (n) {
		const uint8_t *p;
		int32_t block[512];
		size_t here = piece(c, first, n, &p);
		if (p && width == 2) {
			for (size_t i = 0; i < here; i++) {
				int32_t v = sample(p + 2 * i, 2);
				out[i] = v == INT16_MIN ? -INT16_MAX : (int16_t)v; /* a value like any other here */
			}
		} else {
			here = here < ARRAY_LEN(block) ? here : ARRAY_LEN(block);
			read_edf(g, c, first, here, block);
			ecg_narrow(c, block, here, out);
		}
		first += here;
		n -= here;
		out += here;
	}
}

const struct ecg_reader ecg_reader_edf = {ECG_EDF, sniff_edf, open_edf, read_edf, read16_edf};
const struct ecg_reader ecg_reader_bdf = {ECG_BDF, sniff_bdf, open_edf, read_edf, read16_edf};
