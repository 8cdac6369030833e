/* DICOM waveforms: which encoding, who, when, with what. Waves are in dicom_waves.c, annotations in dicom_notes.c, elements in dicom_elements.c.
 *
 * Part 10 files (128 bytes, "DICM", meta group 0002 in explicit little endian) and bare data sets. Implicit, explicit little and explicit big endian; the first bytes of the data set are believed
 * more than the transfer syntax that the file names. Deflated data sets are refused in a sentence, as are documents and images. */
#include "dicom.h"

#include <stdio.h>

#define PREAMBLE 128

static bool plain_tag(uint16_t group, uint16_t element)
{
	return (group == 2 && element <= 0x10) || (group == 8 && (element <= 0x18 || element == 0x20));
}

/* What the first 8 bytes of a data set look like. false: like none. */
static bool guess(struct slice s, bool *big, bool *implicit)
{
	if (s.n < 8)
		return false;
	uint16_t g = (uint16_t)(s.p[0] | s.p[1] << 8), el = (uint16_t)(s.p[2] | s.p[3] << 8);
	uint16_t gb = (uint16_t)(s.p[0] << 8 | s.p[1]), eb = (uint16_t)(s.p[2] << 8 | s.p[3]);
	bool letters = dicom_vr(s.p + 4);
	*big = letters && !plain_tag(g, el) && plain_tag(gb, eb);
	*implicit = !letters;
	if (letters)
		return *big || plain_tag(g, el);
	uint32_t n = s.p[4] | (uint32_t)s.p[5] << 8 | (uint32_t)s.p[6] << 16 | (uint32_t)s.p[7] << 24;
	return plain_tag(g, el) && n <= 256 && n % 2 == 0;
}

static int sniff(struct slice file, struct slice name)
{
	bool big, implicit;
	if (file.n >= PREAMBLE + 4 && !memcmp(file.p + PREAMBLE, "DICM", 4))
		return 2;
	if (guess(file, &big, &implicit))
		return 2;
	return name.n > 4 && slice_eq_nocase(slice_of(name.p + name.n - 4, 4), ".dcm");
}

struct slice dicom_text(const struct dicom *d, const struct dicom_element *el)
{
	return ecg_text_in(d->g, dicom_string(el), d->chars);
}

/* ---- persons and times ---- */

/* PN: family^given^middle^prefix^suffix, in up to three writings parted by '='. */
static struct slice writing(struct slice s)
{
	struct slice first, rest = s;
	do
		first = slice_cut(rest, '=', &rest);
	while (!first.n && rest.p);
	return first;
}

static struct slice words(struct ecg *g, struct slice a, struct slice b)
{
	if (!a.n || !b.n)
		return a.n ? a : b;
	return slice_str(arena_printf(g->a, "%.*s %.*s", SLICE_FMT(a), SLICE_FMT(b)));
}

static void patient_name(struct dicom *d, const struct dicom_element *el)
{
	struct slice s = writing(dicom_text(d, el)), rest, family = slice_cut(s, '^', &rest), given = slice_cut(rest, '^', &rest), middle = slice_cut(rest, '^', &rest);
	d->g->person.family = slice_trim(family);
	d->g->person.given = words(d->g, slice_trim(given), slice_trim(middle));
}

static struct slice person(struct dicom *d, const struct dicom_element *el)
{
	struct slice s = writing(dicom_text(d, el)), rest, family = slice_cut(s, '^', &rest), given = slice_cut(rest, '^', &rest), middle = slice_cut(rest, '^', &rest), prefix = slice_cut(rest, '^', &rest);
	return words(d->g, words(d->g, slice_trim(prefix), words(d->g, slice_trim(given), slice_trim(middle))), slice_trim(family));
}

static unsigned digits(struct slice s)
{
	unsigned n = 0;
	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

/* DA, also in the old form 2026.11.22 */
static struct slice date(struct ecg *g, struct slice s)
{
	if (s.n == 10 && s.p[4] == '.' && s.p[7] == '.')
		return slice_str(arena_printf(g->a, "%.4s-%.2s-%.2s", (const char *)s.p, (const char *)s.p + 5, (const char *)s.p + 8));
	if (s.n != 8 || digits(s) != 8)
		return SLICE_NULL;
	return slice_str(arena_printf(g->a, "%.4s-%.2s-%.2s", (const char *)s.p, (const char *)s.p + 4, (const char *)s.p + 6));
}

/* DT: as many of YYYYMMDDHHMMSS.FFFFFF as are known, then perhaps +ZZXX. zone: of 0008,0201, where it says none itself. */
static struct slice date_time(struct ecg *g, struct slice s, struct slice zone)
{
	struct slice fraction = SLICE_NULL;
	unsigned n = digits(s);
	if (n < 4 || n > 14 || n % 2)
		return SLICE_NULL;
	struct slice rest = slice_of(s.p + n, s.n - n);
	if (n == 14 && rest.n > 1 && rest.p[0] == '.') {
		unsigned k = digits(slice_of(rest.p + 1, rest.n - 1));
		fraction = slice_of(rest.p, k ? k + 1 : 0);
		rest = slice_of(rest.p + k + 1, rest.n - k - 1);
	}
	if (rest.n == 5 && (rest.p[0] == '+' || rest.p[0] == '-') && digits(slice_of(rest.p + 1, 4)) == 4)
		zone = rest;
	const char *p = (const char *)s.p;
	char east[8] = "", t[48];
	if (zone.n == 5)
		snprintf(east, sizeof east, "%.3s:%.2s", (const char *)zone.p, (const char *)zone.p + 3);
	if (n == 4)
		snprintf(t, sizeof t, "%.4s", p);
	else if (n == 6)
		snprintf(t, sizeof t, "%.4s-%.2s", p, p + 4);
	else if (n <= 10)
		snprintf(t, sizeof t, "%.4s-%.2s-%.2s", p, p + 4, p + 6); /* an hour without minutes is no time that others read */
	else if (n == 12)
		snprintf(t, sizeof t, "%.4s-%.2s-%.2sT%.2s:%.2s%s", p, p + 4, p + 6, p + 8, p + 10, east);
	else
		snprintf(t, sizeof t, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s%.*s%s", p, p + 4, p + 6, p + 8, p + 10, p + 12, SLICE_FMT(fraction), east);
	return slice_str(arena_strdup(g->a, slice_str(t)));
}

static struct slice date_and_time(struct ecg *g, struct slice date, struct slice time, struct slice zone)
{
	char both[64];
	if (date.n != 8 || time.n > 24)
		return SLICE_NULL;
	snprintf(both, sizeof both, "%.*s%.*s", SLICE_FMT(date), SLICE_FMT(time));
	return date_time(g, slice_str(both), zone);
}

/* AS: three digits and D, W, M or Y. */
static struct slice age(struct ecg *g, struct slice s)
{
	uint64_t n;
	if (s.n < 2 || num_u64(slice_of(s.p, s.n - 1), 0, 999, &n) < 0 || n == 0)
		return SLICE_NULL;
	const char *unit = s.p[s.n - 1] == 'Y' ? "a" : s.p[s.n - 1] == 'M' ? "mo" : s.p[s.n - 1] == 'W' ? "wk" : s.p[s.n - 1] == 'D' ? "d" : NULL;
	return unit ? slice_str(arena_printf(g->a, "%u %s", (unsigned)n, unit)) : SLICE_NULL;
}

static struct slice size_cm(struct ecg *g, const struct dicom_element *el)
{
	double m;
	if (!dicom_number(el, &m) || m <= 0 || m >= 300)
		return SLICE_NULL;
	double cm = m < 3 ? m * 100 : m; /* metres; some write centimetres */
	char *t = arena_printf(g->a, "%.1f", cm);
	size_t n = t ? strlen(t) : 0;
	return slice_of(t, n > 2 && t[n - 1] == '0' ? n - 2 : n);
}

static struct slice sex(struct slice s)
{
	if (!s.n)
		return SLICE_NULL;
	return s.p[0] == 'M' ? SLICE("male") : s.p[0] == 'F' ? SLICE("female") : s.p[0] == 'O' ? SLICE("other") : SLICE("unknown");
}

/* ---- the data set ---- */

struct found {
	struct slice sop, acquired, acquired_date, acquired_time, content_date, content_time, study_date, study_time, zone, study_id;
	struct dicom_element waves, notes;
	bool has_waves, has_notes, pixels, document;
};

static void person_element(struct dicom *d, const struct dicom_element *el)
{
	struct ecg *g = d->g;
	double kg;
	switch (el->tag & 0xffff) {
	case 0x0010: patient_name(d, el); break;
	case 0x0020: g->person.id = dicom_text(d, el); break;
	case 0x0021: g->person.assigner = dicom_text(d, el); break;
	case 0x0030: g->person.birth = date(g, dicom_string(el)); break;
	case 0x0040: g->person.sex = sex(dicom_string(el)); break;
	case 0x1010: g->person.age = age(g, dicom_string(el)); break;
	case 0x1020: g->person.height_cm = size_cm(g, el); break;
	case 0x1030:
		if (dicom_number(el, &kg) && kg > 0)
			g->person.weight_kg = dicom_text(d, el);
		break;
	default: break;
	}
}

static void equipment_element(struct dicom *d, const struct dicom_element *el)
{
	struct ecg *g = d->g;
	switch (el->tag) {
	case DICOM_TAG(0x0008, 0x0050): g->order = dicom_text(d, el); break;
	case DICOM_TAG(0x0008, 0x0070): g->maker = dicom_text(d, el); break;
	case DICOM_TAG(0x0008, 0x0080): g->site = dicom_text(d, el); break;
	case DICOM_TAG(0x0008, 0x0090): g->physician = person(d, el); break;
	case DICOM_TAG(0x0008, 0x1090): g->device = dicom_text(d, el); break;
	case DICOM_TAG(0x0018, 0x1000): g->serial = dicom_text(d, el); break;
	case DICOM_TAG(0x0018, 0x1020): g->software = dicom_text(d, el); break;
	case DICOM_TAG(0x0032, 0x1030):
	case DICOM_TAG(0x0040, 0x1002):
		if (!g->indication.n)
			g->indication = dicom_text(d, el);
		break;
	default: break;
	}
}

static void element(struct dicom *d, struct found *f, const struct dicom_element *el)
{
	struct slice rest;
	switch (el->tag) {
	case DICOM_TAG(0x0008, 0x0005): /* several: the first that is not empty tells of the letters that matter here */
		rest = dicom_string(el);
		for (struct slice one; rest.p && d->chars == ECG_CHARS_GUESS;) {
			one = slice_cut(rest, '\\', &rest);
			d->chars = ecg_charset_dicom(one);
		}
		break;
	case DICOM_TAG(0x0008, 0x0016): f->sop = dicom_string(el); break;
	case DICOM_TAG(0x0008, 0x0020): f->study_date = dicom_string(el); break;
	case DICOM_TAG(0x0008, 0x0022): f->acquired_date = dicom_string(el); break;
	case DICOM_TAG(0x0008, 0x0023): f->content_date = dicom_string(el); break;
	case DICOM_TAG(0x0008, 0x002a): f->acquired = dicom_string(el); break;
	case DICOM_TAG(0x0008, 0x0030): f->study_time = dicom_string(el); break;
	case DICOM_TAG(0x0008, 0x0032): f->acquired_time = dicom_string(el); break;
	case DICOM_TAG(0x0008, 0x0033): f->content_time = dicom_string(el); break;
	case DICOM_TAG(0x0008, 0x0201): f->zone = dicom_string(el); break;
	case DICOM_TAG(0x0020, 0x0010): d->g->study = dicom_text(d, el); break;
	case DICOM_TAG(0x0020, 0x000d): f->study_id = dicom_text(d, el); break;
	case DICOM_TAG(0x0040, 0xb020):
		f->notes = *el;
		f->has_notes = true;
		break;
	case DICOM_TAG(0x5400, 0x0100):
		f->waves = *el;
		f->has_waves = true;
		break;
	case DICOM_TAG(0x0042, 0x0011): f->document = true; break;
	case DICOM_TAG(0x7fe0, 0x0010): f->pixels = true; break;
	default:
		if (el->tag >> 16 == 0x0010)
			person_element(d, el);
		else
			equipment_element(d, el);
		break;
	}
}

static void when(struct dicom *d, const struct found *f)
{
	struct ecg *g = d->g;
	struct slice zone = f->zone.n == 5 ? f->zone : SLICE_NULL;
	g->start = date_time(g, f->acquired, zone);
	if (!g->start.n)
		g->start = date_and_time(g, f->acquired_date, f->acquired_time, zone);
	if (!g->start.n)
		g->start = date_and_time(g, f->content_date, f->content_time, zone);
	if (!g->start.n)
		g->start = date_and_time(g, f->study_date, f->study_time, zone);
	if (!g->study.n)
		g->study = f->study_id;
}

static const char *class_name(struct slice uid)
{
	static const struct {
		const char *uid, *name;
	} known[] = {{"1.2.840.10008.5.1.4.1.1.9.1.1", "12-Lead ECG"}, {"1.2.840.10008.5.1.4.1.1.9.1.2", "General ECG"}, {"1.2.840.10008.5.1.4.1.1.9.1.3", "Ambulatory ECG"},
		{"1.2.840.10008.5.1.4.1.1.9.1.4", "General 32-bit ECG"}, {"1.2.840.10008.5.1.4.1.1.9.2.1", "Hemodynamic"}, {"1.2.840.10008.5.1.4.1.1.9.3.1", "Cardiac Electrophysiology"}};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (slice_eq_str(uid, known[i].uid))
			return known[i].name;
	return "waveform";
}

/* The meta group. Where the data set begins, and the transfer syntax. */
static int meta(struct slice file, struct dicom_set *set, struct slice *syntax, struct err *e)
{
	struct dicom_set m = {.c = cur_of(file)};
	struct dicom_element el;
	*syntax = SLICE_NULL;
	if (file.n >= PREAMBLE + 4 && !memcmp(file.p + PREAMBLE, "DICM", 4))
		(void)cur_take(&m.c, PREAMBLE + 4);
	struct cur after = m.c;
	while (cur_left(&m.c) >= 8 && m.c.p[0] == 2 && m.c.p[1] == 0 && dicom_vr(m.c.p + 4) && dicom_next(&m, &el)) {
		if (el.tag == DICOM_TAG(2, 0x10))
			*syntax = dicom_string(&el);
		after = m.c;
	}
	if (m.c.failed)
		return err_set(e, ERR_INPUT, NULL, "the DICOM file is cut off in its first elements");
	set->c = after;
	return 0;
}

static int encoding(struct dicom *d, struct dicom_set *set, struct slice syntax, struct err *e)
{
	bool big = false, implicit = false;
	if (slice_eq_str(syntax, "1.2.840.10008.1.2.1.99"))
		return err_set(e, ERR_INPUT, NULL, "the DICOM data set is deflated, which is not read here; store it uncompressed (Explicit VR Little Endian)");
	if (slice_eq_str(syntax, "1.2.840.10008.1.2"))
		set->implicit = true;
	else if (slice_eq_str(syntax, "1.2.840.10008.1.2.2"))
		set->big = true;
	struct slice first = slice_of(set->c.p, cur_left(&set->c));
	if (!guess(first, &big, &implicit))
		return syntax.n ? 0 : err_set(e, ERR_INPUT, NULL, "it does not begin like a DICOM data set");
	if (syntax.n && (big != set->big || implicit != set->implicit))
		ecg_warn(d->g, "the data set is not in the transfer syntax that the file names; it is read as it stands");
	set->big = big;
	set->implicit = implicit;
	return 0;
}

static int none(const struct found *f, struct err *e)
{
	if (f->document || slice_starts(f->sop, "1.2.840.10008.5.1.4.1.1.104."))
		return err_set(e, ERR_INPUT, NULL, "a document (PDF) inside of DICOM, not an ECG's samples: look at it as a document, and ask the device for a waveform object");
	if (f->pixels)
		return err_set(e, ERR_INPUT, NULL, "a DICOM image, not an ECG's samples");
	return err_set(e, ERR_INPUT, NULL, "there is no waveform in this DICOM object");
}

static int open_dicom(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	(void)others;
	struct dicom *d = arena_alloc(g->a, sizeof *d);
	struct dicom_set set = {0};
	struct dicom_element el;
	struct found f = {0};
	struct slice syntax;
	if (!d)
		return err_set(e, arena_code(g->a), NULL, "no room for the record");
	d->g = g;
	int r = meta(file, &set, &syntax, e);
	if (r == 0)
		r = encoding(d, &set, syntax, e);
	if (r < 0)
		return r;
	while (dicom_next(&set, &el))
		element(d, &f, &el);
	if (set.c.failed)
		ecg_warn(g, "the data set is damaged or cut off at byte %zu; what stands before is read", (size_t)(set.c.p - file.p));
	g->version = slice_str(class_name(f.sop));
	when(d, &f);
	if (!f.has_waves)
		return set.c.failed ? err_set(e, ERR_INPUT, NULL, "the DICOM data set is damaged or cut off before its waveform") : none(&f, e);
	if (d->chars == ECG_CHARS_OTHER)
		ecg_warn(g, "texts are in characters that are not read here; their letters are left open");
	r = dicom_waves(d, &f.waves, e);
	if (r == 0 && f.has_notes)
		dicom_notes(d, &f.notes);
	return r;
}

const struct ecg_reader ecg_reader_dicom = {ECG_DICOM, sniff, open_dicom, dicom_read, dicom_read16};
