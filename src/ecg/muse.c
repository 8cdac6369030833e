/* GE MUSE XML (RestingECG, restecg.dtd; MUSE v5 to NX).
 *
 *   RestingECG
 *     MuseInfo/MuseVersion
 *     PatientDemographics       PatientID PatientAge AgeUnits DateofBirth (MM-DD-YYYY) Gender HeightCM|IN WeightKG|LBS PatientLastName PatientFirstName
 *     TestDemographics          AcquisitionDevice AcquisitionDate (MM-DD-YYYY) AcquisitionTime SiteName ...
 *     RestingECGMeasurements    as confirmed; OriginalRestingECGMeasurements: as the device had them
 *     Diagnosis, OriginalDiagnosis: DiagnosisStatement (StmtText; a line goes on until a StmtFlag ENDSLINE)
 *     QRSTimesTypes/QRS         Type (0: the dominant beat) Time (ms)
 *     Waveform                  WaveformType Rhythm or Median, SampleBase and SampleExponent (base * 10^exponent a second), filters
 *       LeadData                LeadID LeadAmplitudeUnitsPerBit LeadAmplitudeUnits LeadSampleCountTotal LeadDataCRC32 WaveFormData (base64 of 16-bit little-endian)
 *
 * Only I, II and V1-V6 are stored. III = II - I, aVR = -(I + II)/2, aVL = I - II/2, aVF = II - I/2: exact in steps of half the stored size, and so they are given here. */
#include "ecg_xml.h"

#include <math.h>
#include <stdio.h>

#define QRS_MAX 100000u

static int sniff(struct slice file, struct slice name)
{
	char root[XML_NAME_MAX];
	xml_root(file, root);
	return strcmp(root, "RestingECG") ? 0 : 2;
}

/* ---- leads ---- */

/* CRC-32 of IEEE 802.3, as zlib has it; four bits a step, which is fast enough for 10 kB a lead. */
static uint32_t crc32_of(struct slice s)
{
	static const uint32_t t[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4,
		0xa00ae278, 0xbdbdf21c};
	uint32_t c = UINT32_MAX;
	for (size_t i = 0; i < s.n; i++) {
		c = (c >> 4) ^ t[(c ^ s.p[i]) & 15];
		c = (c >> 4) ^ t[(c ^ (uint32_t)(s.p[i] >> 4)) & 15];
	}
	return ~c;
}

static int lead(struct ecg *g, const struct xml_node *d, double rate, struct slice filter, struct err *e)
{
	double unit, size = 2, count, crc;
	struct slice bytes;
	size_t n;
	if (!xml_number(d, "LeadAmplitudeUnitsPerBit", &unit) || !(unit > 0))
		return err_set(e, ERR_INPUT, NULL, "a lead does not say how large its steps are");
	if (xml_number(d, "LeadSampleSize", &size) && size != 2)
		return err_set(e, ERR_INPUT, NULL, "samples of other than 2 bytes are not read here");
	int16_t *s = xml_samples(g, xml_text(d, "WaveFormData"), &bytes, &n, e);
	if (!s)
		return e && e->code ? e->code : ERR_INPUT;
	struct slice id = xml_text(d, "LeadID"), units = xml_text(d, "LeadAmplitudeUnits");
	if (!n) {
		ecg_warn(g, "a lead without samples was left out");
		return 0;
	}
	struct ecg_channel *c = ecg_channel_add(g, id, e);
	if (!c)
		return e && e->code ? e->code : ERR_LIMIT;
	ecg_unit(c, units.n < 5 ? SLICE("uV") : slice_of(units.p, units.n - (units.p[units.n - 1] == 'S')), unit);
	c->rate = rate;
	c->bits = 16;
	c->s16 = s;
	c->samples = n;
	c->filter = filter;
	if (xml_number(d, "LeadSampleCountTotal", &count) && count != (double)n)
		ecg_warn(g, "lead %s has %zu samples and says %g", c->name, n, count);
	if (xml_number(d, "LeadDataCRC32", &crc) && crc != (double)crc32_of(bytes))
		ecg_warn(g, "the check sum of lead %s does not fit its samples: they were changed or damaged", c->name);
	if (slice_eq_nocase(xml_text(d, "LeadOff"), "TRUE"))
		ecg_warn(g, "the device says that lead %s was off", c->name);
	return 0;
}

/* What the limb electrodes say of each other: a * I + b * II in steps of half the size. */
static const struct {
	const char *label;
	int a, b;
} derived[] = {{"III (from I and II)", -2, 2}, {"aVR (from I and II)", -1, -1}, {"aVL (from I and II)", 2, -1}, {"aVF (from I and II)", -1, 2}};

static int derive_one(struct ecg *g, unsigned k, int i, int ii, struct err *e)
{
	struct ecg_channel *c = ecg_channel_add(g, slice_str(derived[k].label), e);
	if (!c)
		return e && e->code ? e->code : ERR_LIMIT;
	const struct ecg_channel *I = &g->channel[i], *II = &g->channel[ii];
	int32_t *wide = arena_array(g->a, I->samples + 1, sizeof *wide), most = 0;
	if (!wide)
		return err_set(e, arena_code(g->a), NULL, "no room for the derived leads");
	for (size_t s = 0; s < I->samples; s++) {
		bool gap = I->s16[s] == ECG_GAP16 || II->s16[s] == ECG_GAP16;
		wide[s] = gap ? ECG_GAP : derived[k].a * I->s16[s] + derived[k].b * II->s16[s];
		int32_t size = gap ? 0 : wide[s] < 0 ? -wide[s] : wide[s];
		most = size > most ? size : most;
	}
	c->rate = I->rate;
	c->samples = I->samples;
	c->filter = I->filter;
	ecg_unit(c, slice_str(I->unit), I->scale / 2);
	c->bits = 16;
	if (most <= INT16_MAX) {
		int16_t *narrow = arena_array(g->a, I->samples + 1, sizeof *narrow);
		if (!narrow)
			return err_set(e, arena_code(g->a), NULL, "no room for the derived leads");
		for (size_t s = 0; s < I->samples; s++)
			narrow[s] = wide[s] == ECG_GAP ? ECG_GAP16 : (int16_t)wide[s];
		c->s16 = narrow;
		return 0;
	}
	c->s32 = wide;
	c->bits = 18;
	return 0;
}

static int derive(struct ecg *g, struct err *e)
{
	int i = ecg_find(g, ECG_LEAD_I), ii = ecg_find(g, ECG_LEAD_II);
	if (i < 0 || ii < 0)
		return 0;
	const struct ecg_channel *I = &g->channel[i], *II = &g->channel[ii];
	if (I->scale != II->scale || I->samples != II->samples || strcmp(I->unit, II->unit))
		return 0;
	if (g->channels + ARRAY_LEN(derived) > ECG_CHANNELS_MAX)
		return 0;
	for (unsigned k = 0; k < ARRAY_LEN(derived); k++) {
		if (ecg_find(g, ecg_lead_parse(slice_str(derived[k].label))) >= 0)
			continue; /* it is stored after all */
		int r = derive_one(g, k, i, ii, e);
		if (r < 0)
			return r;
		/* to its place behind II: paper and tables have limb leads first */
		unsigned to = (unsigned)(i > ii ? i : ii) + 1 + k, from = g->channels - 1;
		if (to < from) {
			struct ecg_channel c = g->channel[from];
			memmove(&g->channel[to + 1], &g->channel[to], (from - to) * sizeof c);
			g->channel[to] = c;
		}
	}
	return 0;
}

/* "16" is 0.16 Hz of a high pass (hundredths), "150" Hz of a low pass, "60" Hz of the mains. */
static struct slice filter_words(struct ecg *g, const struct xml_node *w)
{
	AUTO_BUF struct buf b = {0};
	struct slice high = xml_text(w, "HighPassFilter");
	double v;
	buf_init(&b, 256);
	if (ecg_number(high, &v) && v > 0)
		buf_printf(&b, "high pass %g Hz", memchr(high.p, '.', high.n) ? v : v / 100);
	if (xml_number(w, "LowPassFilter", &v) && v > 0)
		buf_printf(&b, "%slow pass %g Hz", b.n ? ", " : "", v);
	if (xml_number(w, "ACFilter", &v) && v > 0)
		buf_printf(&b, "%snotch %g Hz", b.n ? ", " : "", v);
	return b.n ? ecg_text(g, arena_dup(g->a, buf_slice(&b))) : SLICE_NULL;
}

static int waveform(struct ecg *g, const struct xml_node *w, struct err *e)
{
	double base, exponent = 0;
	struct slice filter = filter_words(g, w), type = xml_text(w, "SampleType");
	if (!xml_number(w, "SampleBase", &base) || !(base > 0))
		return err_set(e, ERR_INPUT, NULL, "the waveform does not say how fast it was sampled");
	(void)xml_number(w, "SampleExponent", &exponent);
	for (; exponent >= 1 && base < 1e9; exponent--)
		base *= 10;
	for (; exponent <= -1 && base > 1e-9; exponent++)
		base /= 10;
	if (type.n && !slice_eq_nocase(type, "CONTINUOUS_SAMPLES"))
		ecg_warn(g, "its samples are not marked as continuous");
	for (const struct xml_node *d = xml_child(w, "LeadData"); d; d = xml_next(d)) {
		int r = lead(g, d, base, filter, e);
		if (r < 0)
			return r;
	}
	return derive(g, e);
}

/* ---- what goes with it ---- */

/* "11-22-2026" -> "2026-11-22" */
static struct slice iso_date(struct ecg *g, struct slice s)
{
	struct slice rest, year;
	uint64_t m, d, y;
	if (num_u64(slice_cut(s, '-', &rest), 1, 12, &m) < 0 || num_u64(slice_cut(rest, '-', &year), 1, 31, &d) < 0 || num_u64(year, 1000, 9999, &y) < 0)
		return SLICE_NULL;
	return slice_str(arena_printf(g->a, "%04u-%02u-%02u", (unsigned)y, (unsigned)m, (unsigned)d));
}

static void start(struct ecg *g, const struct xml_node *t)
{
	struct slice date = iso_date(g, xml_text(t, "AcquisitionDate")), time = xml_text(t, "AcquisitionTime"), r1, r2;
	uint64_t h, m, s = 0;
	if (!date.n)
		return;
	g->start = date;
	if (num_u64(slice_cut(time, ':', &r1), 0, 23, &h) < 0 || num_u64(slice_cut(r1, ':', &r2), 0, 59, &m) < 0 || (r2.n && num_u64(r2, 0, 60, &s) < 0))
		return;
	const char *all = r2.n ? arena_printf(g->a, "%.10sT%02u:%02u:%02u", (const char *)date.p, (unsigned)h, (unsigned)m, (unsigned)s)
						   : arena_printf(g->a, "%.10sT%02u:%02u", (const char *)date.p, (unsigned)h, (unsigned)m);
	if (all)
		g->start = slice_str(all);
}

static struct slice number_in(struct ecg *g, struct slice s, double factor)
{
	double v;
	if (!ecg_number(s, &v) || !(v > 0))
		return SLICE_NULL;
	return factor == 1 ? ecg_text(g, s) : slice_str(arena_printf(g->a, "%.1f", v * factor));
}

static void person(struct ecg *g, const struct xml_node *p)
{
	static const struct {
		const char *muse, *ucum;
	} ages[] = {{"YEARS", "a"}, {"MONTHS", "mo"}, {"WEEKS", "wk"}, {"DAYS", "d"}, {"HOURS", "h"}};
	struct slice sex = xml_text(p, "Gender"), age = xml_text(p, "PatientAge"), units = xml_text(p, "AgeUnits");
	g->person.id = ecg_text(g, xml_text(p, "PatientID"));
	g->person.family = ecg_text(g, xml_text(p, "PatientLastName"));
	g->person.given = ecg_text(g, xml_text(p, "PatientFirstName"));
	g->person.birth = iso_date(g, xml_text(p, "DateofBirth"));
	if (sex.n)
		g->person.sex = slice_eq_nocase(sex, "MALE") || slice_eq_nocase(sex, "M") ? SLICE("male") : slice_eq_nocase(sex, "FEMALE") || slice_eq_nocase(sex, "F") ? SLICE("female") : SLICE("unknown");
	g->person.height_cm = number_in(g, xml_text(p, "HeightCM"), 1);
	if (!g->person.height_cm.n)
		g->person.height_cm = number_in(g, xml_text(p, "HeightIN"), 2.54);
	g->person.weight_kg = number_in(g, xml_text(p, "WeightKG"), 1);
	if (!g->person.weight_kg.n)
		g->person.weight_kg = number_in(g, xml_text(p, "WeightLBS"), 0.45359237);
	for (size_t i = 0; age.n && age.n < 8 && i < ARRAY_LEN(ages); i++)
		if (slice_eq_nocase(units.n ? units : SLICE("YEARS"), ages[i].muse))
			g->person.age = ecg_text(g, slice_str(arena_printf(g->a, "%.*s %s", SLICE_FMT(age), ages[i].ucum)));
}

static struct slice full_name(struct ecg *g, const struct xml_node *t, const char *family, const char *given)
{
	struct slice f = xml_text(t, family), v = xml_text(t, given);
	if (!f.n || !v.n)
		return ecg_text(g, f.n ? f : v);
	return ecg_text(g, slice_str(arena_printf(g->a, "%.*s, %.*s", (int)(f.n < 128 ? f.n : 128), (const char *)f.p, (int)(v.n < 128 ? v.n : 128), (const char *)v.p)));
}

static void test(struct ecg *g, const struct xml_node *root)
{
	const struct xml_node *t = xml_child(root, "TestDemographics"), *o = xml_child(root, "Order");
	start(g, t);
	g->maker = SLICE("GE");
	g->device = ecg_text(g, xml_text(t, "AcquisitionDevice"));
	g->serial = ecg_text(g, xml_text(t, "CartNumber"));
	g->software = ecg_text(g, xml_text(t, "AcquisitionSoftwareVersion"));
	g->site = ecg_text(g, xml_text(t, "SiteName"));
	g->indication = ecg_text(g, xml_text(t, "TestReason"));
	g->order = ecg_text(g, xml_text(o, "RequisitionNumber"));
	if (!g->order.n)
		g->order = ecg_text(g, xml_text(o, "HISOrderNumber"));
	g->physician = full_name(g, t, "OrderingMDLastName", "OrderingMDFirstName");
	if (!g->physician.n)
		g->physician = full_name(g, t, "ReferringMDLastName", "ReferringMDFirstName");
}

static void measurements(struct ecg *g, const struct xml_node *m)
{
	static const struct {
		const char *muse, *key;
	} keys[] = {{"VentricularRate", "rate_bpm"}, {"AtrialRate", "atrial_rate_bpm"}, {"PRInterval", "pr_ms"}, {"QRSDuration", "qrs_ms"}, {"QTInterval", "qt_ms"}, {"QTCorrected", "qtc_ms"},
		{"QTcFrederica", "qtc_fridericia_ms"}, {"PAxis", "p_axis_deg"}, {"RAxis", "qrs_axis_deg"}, {"TAxis", "t_axis_deg"}};
	double v;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (xml_number(m, keys[i].muse, &v))
			ecg_stated(g, keys[i].key, v);
}

static void flush(struct ecg *g, struct buf *line, bool statement)
{
	if (!line->n)
		return;
	struct slice text = arena_dup(g->a, buf_slice(line));
	struct ecg_note *n = text.n ? ecg_note(g, text) : NULL;
	if (n) {
		n->statement = statement;
		if (!statement)
			n->code = SLICE("original");
	}
	buf_reset(line);
}

/* The words of a diagnosis come in pieces; a line ends where a piece is flagged so. */
static void diagnosis(struct ecg *g, const struct xml_node *d, bool statement)
{
	AUTO_BUF struct buf line = {0};
	buf_init(&line, 65536);
	for (const struct xml_node *s = xml_child(d, "DiagnosisStatement"); s; s = xml_next(s)) {
		struct slice text = xml_text(s, "StmtText");
		bool ends = false;
		for (const struct xml_node *f = xml_child(s, "StmtFlag"); f; f = xml_next(f))
			ends = ends || slice_eq_nocase(f->text, "ENDSLINE");
		if (text.n && line.n)
			buf_u8(&line, ' ');
		buf_add_slice(&line, text);
		if (ends || !buf_ok(&line))
			flush(g, &line, statement);
	}
	flush(g, &line, statement);
}

static void beats(struct ecg *g, const struct xml_node *root)
{
	const struct xml_node *list = xml_child(root, "QRSTimesTypes");
	size_t n = 0;
	for (const struct xml_node *q = xml_child(list, "QRS"); q; q = xml_next(q))
		n++;
	if (!n || n > QRS_MAX || !(g->marks = arena_array(g->a, n, sizeof *g->marks)))
		return;
	for (const struct xml_node *q = xml_child(list, "QRS"); q; q = xml_next(q)) {
		double type = 0, ms;
		if (!xml_number(q, "Time", &ms) || ms < 0 || ms > 1e9 || g->channel[0].rate > ECG_RATE_MAX) /* ecg_finish, which refuses such a rate, comes later */
			continue;
		(void)xml_number(q, "Type", &type);
		/* other types are shapes that differ from the dominant one: of which class, it does not say */
		g->marks[g->mark_count++] = (struct ecg_mark){(uint64_t)floor(ms * g->channel[0].rate / 1000 + 0.5), type == 0 ? 'N' : 'Q'};
	}
}

static int median(struct ecg *g, const struct xml_node *w, struct err *e)
{
	struct ecg *m = arena_alloc(g->a, sizeof *m);
	struct err why = {0};
	if (!m)
		return err_set(e, arena_code(g->a), NULL, "no room for the median beat");
	*m = (struct ecg){.format = g->format, .name = g->name, .a = g->a, .reader = g->reader};
	int r = waveform(m, w, &why);
	if (r == 0)
		r = ecg_finish(m, &why);
	if (r == ERR_MEMORY || r == ERR_LIMIT)
		return err_set(e, r, NULL, "no room for the median beat");
	if (r < 0)
		ecg_warn(g, "the median beat could not be read: %s", why.text);
	else
		g->median = m;
	return 0;
}

static int open_muse(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	const struct xml_node *root, *rhythm = NULL, *mid = NULL;
	unsigned more = 0;
	int r = xml_read(g, file, &root, e);
	if (r < 0)
		return r;
	for (const struct xml_node *w = xml_child(root, "Waveform"); w; w = xml_next(w)) {
		bool is_median = slice_eq_nocase(xml_text(w, "WaveformType"), "Median");
		const struct xml_node **slot = is_median ? &mid : &rhythm;
		more += *slot != NULL;
		*slot = *slot ? *slot : w;
	}
	if (!rhythm)
		return err_set(e, ERR_INPUT, NULL, "this MUSE file has no rhythm waveform in it");
	if (more)
		ecg_warn(g, "it holds more than one waveform of a kind: the first was read, %u were left out", more);
	r = waveform(g, rhythm, e);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < g->channels; i++)
		if (g->channel[i].label.n > 4 && g->channel[i].lead != ECG_LEAD_OTHER) {
			ecg_warn(g, "only I, II and V1 to V6 are stored: III, aVR, aVL and aVF were computed from I and II");
			break;
		}
	g->version = ecg_text(g, xml_text(root, "MuseInfo/MuseVersion"));
	person(g, xml_child(root, "PatientDemographics"));
	test(g, root);
	measurements(g, xml_child(root, "RestingECGMeasurements"));
	measurements(g, xml_child(root, "OriginalRestingECGMeasurements"));
	diagnosis(g, xml_child(root, "Diagnosis"), true);
	diagnosis(g, xml_child(root, "OriginalDiagnosis"), !xml_child(root, "Diagnosis"));
	if (g->channels)
		beats(g, root);
	return mid ? median(g, mid, e) : 0;
}

const struct ecg_reader ecg_reader_muse = {ECG_MUSE, sniff, open_muse, NULL, NULL};
