/* The header of a WFDB record, header(5):
 *
 *   # comment
 *   NAME[/SEGMENTS] SIGNALS [RATE[/COUNTER[(BASE)]] [FRAMES [HH:MM:SS[.f] [DD/MM/YYYY]]]]
 *   FILE FORMAT[xSPF][:SKEW][+OFFSET] [GAIN[(BASELINE)][/UNIT] [BITS [ZERO [INIT [SUM [BLOCK [LABEL...]]]]]]]      one a signal
 *   SEGMENT FRAMES                                                                                                one a segment
 *   # comment
 *
 * Each field needs those before it. Blanks, tabs, CR and a missing last LF are as they come.
 */
#include "wfdb_internal.h"

#include <ctype.h>
#include <stdio.h>

static struct slice word(struct slice *line)
{
	*line = slice_trim(*line);
	size_t n = 0;
	if (!line->n)
		return *line;
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	struct slice w = slice_of(line->p, n);
	*line = slice_trim(slice_of(line->p + n, line->n - n));
	return w;
}

/* The digits (with a sign) that s begins with are taken off it. */
static struct slice digits(struct slice *s)
{
	size_t n = 0;
	if (n < s->n && (s->p[n] == '-' || s->p[n] == '+'))
		n++;
	while (n < s->n && isdigit(s->p[n]))
		n++;
	struct slice d = slice_of(s->p, n);
	*s = slice_of(s->p + n, s->n - n);
	return d;
}

static int format_field(struct slice f, struct wfdb_spec *s, const char *place, struct err *e)
{
	uint64_t v;
	if (num_u64(digits(&f), 0, 100000, &v) < 0)
		return err_set(e, ERR_INPUT, place, "the format of a signal is no number");
	s->format = (unsigned)v;
	s->spf = 1;
	while (f.n) {
		uint8_t what = f.p[0];
		f = slice_of(f.p + 1, f.n - 1);
		struct slice d = digits(&f);
		if (what == 'x' && num_u64(d, 1, WFDB_SPF_MAX, &v) == 0)
			s->spf = (unsigned)v;
		else if (what == ':' && num_i64(d, -(INT64_C(1) << 40), INT64_C(1) << 40, &s->skew) == 0)
			continue;
		else if (what == '+' && num_u64(d, 0, UINT64_C(1) << 48, &s->offset) == 0)
			continue;
		else if (what != 'x')
			return err_set(e, ERR_INPUT, place, "the format of a signal has something behind it that is not xN, :N or +N");
		else
			return err_set(e, ERR_INPUT, place, "samples a frame must be 1 to %d", WFDB_SPF_MAX);
	}
	return 0;
}

/* GAIN[(BASELINE)][/UNIT]. Gain 0, "nan" and the like mean that nobody measured it: 200 steps a millivolt, as WFDB has it. */
static void gain_field(struct slice f, struct wfdb_spec *s, bool *has_baseline)
{
	struct slice paren, rest;
	int64_t base;
	s->unit = SLICE("mV");
	struct slice num = slice_cut(f, '/', &rest);
	if (rest.n)
		s->unit = rest;
	num = slice_cut(num, '(', &paren);
	if (paren.n && num_i64(slice_cut(paren, ')', &rest), INT32_MIN + 1, INT32_MAX, &base) == 0) {
		s->baseline = (int32_t)base;
		*has_baseline = true;
	}
	s->guessed = !ecg_number(num, &s->gain) || s->gain == 0;
	if (s->guessed)
		s->gain = 200;
}

static int signal_line(struct slice line, struct wfdb_spec *s, const char *place, struct err *e)
{
	bool has_baseline = false;
	int64_t v, zero = 0;
	s->file = word(&line);
	int r = format_field(word(&line), s, place, e);
	if (r < 0)
		return r;
	gain_field(word(&line), s, &has_baseline);
	struct slice bits = word(&line), adc_zero = word(&line), init = word(&line), sum = word(&line);
	(void)word(&line); /* block size: of tapes */
	if (num_i64(bits, 0, 32, &v) == 0)
		s->bits = (unsigned)v;
	if (num_i64(adc_zero, INT32_MIN, INT32_MAX, &zero) < 0)
		zero = 0;
	if (!has_baseline)
		s->baseline = (int32_t)(zero == INT32_MIN ? 0 : zero);
	s->init = (int32_t)(num_i64(init, INT32_MIN, INT32_MAX, &v) == 0 ? v : zero);
	if (num_i64(sum, -65536, 65536, &v) == 0) {
		s->has_sum = true;
		s->sum = (uint16_t)v;
	}
	s->label = line;
	return 0;
}

static int record_line(struct slice line, struct wfdb_header *h, struct ecg *warn, const char *place, struct err *e)
{
	struct slice rest, name = word(&line), count = word(&line), rate = word(&line), frames = word(&line);
	uint64_t v;
	(void)slice_cut(name, '/', &rest);
	if (rest.p) {
		if (num_u64(rest, 1, WFDB_SEGMENTS_MAX, &v) < 0)
			return err_set(e, ERR_INPUT, place, "the number of segments must be 1 to %d", WFDB_SEGMENTS_MAX);
		h->segments = (unsigned)v;
	}
	if (num_u64(count, 0, 100000, &v) < 0)
		return err_set(e, ERR_INPUT, place, "a WFDB header begins with a name and a number of signals: this one does not");
	if (v > ECG_CHANNELS_MAX)
		return err_set(e, ERR_LIMIT, place, "%u signals: at most %d are read here", (unsigned)v, ECG_CHANNELS_MAX);
	h->signals = (unsigned)v;
	h->rate = 250;
	rate = slice_cut(rate, '/', &rest);
	rate = slice_cut(rate, '(', &rest);
	if (rate.n && (!ecg_number(rate, &h->rate) || !(h->rate > 0) || h->rate > ECG_RATE_MAX))
		return err_set(e, ERR_INPUT, place, "the sampling rate is no number above 0 and up to %g", ECG_RATE_MAX);
	if (!rate.n && warn)
		ecg_warn(warn, "the header gives no sampling rate: 250 Hz is what WFDB says of such records");
	if (frames.n && num_u64(frames, 0, ECG_SAMPLES_MAX, &h->frames) < 0 && warn)
		ecg_warn(warn, "the header's number of samples is none; the files' sizes tell");
	h->time = word(&line);
	h->date = word(&line);
	return 0;
}

static int segment_line(struct slice line, struct wfdb_segment *s, const char *place, struct err *e)
{
	s->name = word(&line);
	if (num_u64(word(&line), 0, ECG_SAMPLES_MAX, &s->frames) < 0)
		return err_set(e, ERR_INPUT, place, "a segment has no number of samples");
	return 0;
}

int wfdb_header(struct slice file, struct arena *a, struct ecg *warn, struct wfdb_header *ret, struct err *e)
{
	struct wfdb_header h = {0};
	unsigned number = 0, want = 1, have = 0;
	struct slice rest = file.n > 3 && !memcmp(file.p, "\xef\xbb\xbf", 3) ? slice_of(file.p + 3, file.n - 3) : file;
	while (rest.n && have < want) {
		char place[24];
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		snprintf(place, sizeof place, "line %u", ++number);
		if (!line.n || line.p[0] == '#')
			continue;
		int r = have == 0 ? record_line(line, &h, warn, place, e) : h.segments ? segment_line(line, &h.segment[have - 1], place, e) : signal_line(line, &h.spec[have - 1], place, e);
		if (r < 0)
			return r;
		if (!have++) {
			want = 1 + (h.segments ? h.segments : h.signals);
			h.spec = h.segments ? NULL : arena_array(a, h.signals + 1, sizeof *h.spec);
			h.segment = h.segments ? arena_array(a, h.segments, sizeof *h.segment) : NULL;
			if (!h.spec && !h.segment)
				return err_set(e, arena_code(a), NULL, "no room for the header");
		}
	}
	if (have < want)
		return err_set(e, ERR_INPUT, NULL, "the header ends after %u of the %u lines that it needs", have, want);
	*ret = h;
	return 0;
}

/* ---- comments ---- */

/* What stands behind the word key and a colon, wherever in the line: "<age>: 51", "Age: 64 Sex: F", "sex: female". Empty: nothing. */
static struct slice value_of(struct slice line, const char *key)
{
	size_t k = strlen(key);
	for (size_t i = 0; i + k < line.n; i++) {
		if ((i && isalnum(line.p[i - 1])) || !slice_eq_nocase(slice_of(line.p + i, k), key))
			continue;
		size_t at = i + k;
		while (at < line.n && (line.p[at] == '>' || line.p[at] == ' '))
			at++;
		if (at < line.n && (line.p[at] == ':' || line.p[at] == '='))
			return slice_trim(slice_of(line.p + at + 1, line.n - at - 1));
	}
	return SLICE_NULL;
}

static void age(struct ecg *g, struct slice v)
{
	static const struct {
		const char *word, *unit;
	} units[] = {{"mo", "mo"}, {"mon", "mo"}, {"month", "mo"}, {"months", "mo"}, {"week", "wk"}, {"weeks", "wk"}, {"day", "d"}, {"days", "d"}};
	struct slice number = word(&v), unit = word(&v);
	const char *u = "a";
	double years;
	char text[48];
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (slice_eq_nocase(unit, units[i].word))
			u = units[i].unit;
	if (g->person.age.n || number.n > 8 || !ecg_number(number, &years) || years < 0 || years > 130)
		return;
	snprintf(text, sizeof text, "%.*s %s", SLICE_FMT(number), u);
	g->person.age = arena_dup(g->a, slice_str(text));
}

static void sex(struct ecg *g, struct slice v)
{
	static const struct {
		const char *word, *sex;
	} words[] = {{"m", "male"}, {"male", "male"}, {"f", "female"}, {"female", "female"}, {"other", "other"}, {"unknown", "unknown"}};
	v = word(&v);
	for (size_t i = 0; i < ARRAY_LEN(words) && !g->person.sex.n; i++)
		if (slice_eq_nocase(v, words[i].word))
			g->person.sex = slice_str(words[i].sex);
}

/* "75 F 1011 654 x1": the first comment of the MIT-BIH arrhythmia database: age, sex, two numbers of recorders. */
static void mit_line(struct ecg *g, struct slice line)
{
	struct slice years = word(&line), which = word(&line), number = word(&line);
	uint64_t v;
	if (num_u64(number, 0, 1000000, &v) == 0 && which.n == 1 && strchr("MF", which.p[0])) {
		age(g, years);
		sex(g, which);
	}
}

static void codes(struct ecg *g, struct slice list) /* "Dx: 426783006,55827005": SNOMED CT, of the PhysioNet challenges */
{
	for (int i = 0; list.n && i < 32; i++) {
		struct slice code = slice_trim(slice_cut(list, ',', &list));
		uint64_t v;
		bool number = num_u64(code, 100000, UINT64_MAX, &v) == 0;
		struct ecg_note *n = code.n ? ecg_note(g, code) : NULL;
		if (n) {
			n->statement = true;
			n->code = number ? n->text : SLICE_NULL;
		}
	}
}

/* "start: 2026-11-22T03:12:00.000Z": our own writer's, for the header's first line has no room for a zone. It counts where it says the same time. */
static bool zoned_start(struct ecg *g, struct slice line)
{
	int64_t t;
	if (!slice_starts(line, "start: ") || !g->start.n)
		return false;
	struct slice s = slice_trim(slice_of(line.p + 7, line.n - 7));
	if (s.n <= g->start.n || memcmp(s.p, g->start.p, g->start.n) || !strchr("Z+-", s.p[g->start.n]) || time_parse(s, 0, &t) < 0)
		return false;
	g->start = arena_dup(g->a, s);
	return true;
}

void wfdb_comments(struct ecg *g, struct slice file)
{
	struct slice rest = file;
	bool diagnoses = false;
	for (unsigned n = 0; rest.n && n < WFDB_NOTES_MAX;) {
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		if (!line.n || line.p[0] != '#')
			continue;
		while (line.n && line.p[0] == '#')
			line = slice_of(line.p + 1, line.n - 1);
		line = slice_trim(line);
		if (!line.n)
			continue;
		struct slice dx = slice_starts(line, "Dx:") ? slice_of(line.p + 3, line.n - 3) : SLICE_NULL;
		n++;
		if (zoned_start(g, line))
			continue;
		if (dx.n) {
			codes(g, dx);
			continue;
		}
		struct ecg_note *note = ecg_remark(g, line);
		if (note)
			note->statement = note->statement || diagnoses;
		mit_line(g, line);
		age(g, value_of(line, "age"));
		sex(g, value_of(line, "sex"));
		sex(g, value_of(line, "gender"));
		diagnoses = diagnoses || slice_eq_nocase(line, "<diagnoses>:") || slice_eq_nocase(line, "diagnoses:");
	}
}

/* ---- start ---- */

static bool three(struct slice s, uint8_t sep, const uint64_t max[3], uint64_t v[3])
{
	for (int i = 0; i < 3; i++)
		if (num_u64(slice_cut(s, sep, &s), 0, max[i], &v[i]) < 0)
			return false;
	return !s.p;
}

void wfdb_start(struct ecg *g, struct slice time, struct slice date)
{
	uint64_t t[3] = {0}, d[3] = {0}, fraction = 0;
	struct slice frac, whole = slice_cut(time, '.', &frac);
	if (!time.n)
		return;
	bool ok = three(whole, ':', (const uint64_t[]){23, 59, 60}, t) && (!frac.n || (frac.n <= 9 && num_u64(frac, 0, 999999999, &fraction) == 0));
	if (!ok) {
		ecg_warn(g, "the header's time of day is none");
		return;
	}
	if (!date.n) { /* a time without a day is no start that could be compared; it is kept in words */
		char text[64];
		snprintf(text, sizeof text, "time of day at the start: %.*s", (int)(time.n < 24 ? time.n : 24), (const char *)time.p);
		(void)ecg_note(g, arena_dup(g->a, slice_str(text)));
		return;
	}
	if (!three(date, '/', (const uint64_t[]){31, 12, 9999}, d) || d[2] < 1000 || !d[1] || !d[0] || (int)d[0] > time_days_in_month((int)d[2], (int)d[1])) {
		ecg_warn(g, "the header's date is none (DD/MM/YYYY)");
		return;
	}
	char text[64];
	snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u%s%.*s", (unsigned)d[2], (unsigned)d[1], (unsigned)d[0], (unsigned)t[0], (unsigned)t[1], (unsigned)t[2], frac.n ? "." : "", SLICE_FMT(frac));
	g->start = arena_dup(g->a, slice_str(text));
}
