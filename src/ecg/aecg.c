/* HL7 annotated ECG (ANSI/HL7 V3 ECG, R1: PORT_MT020001, root AnnotatedECG in urn:hl7-org:v3).
 *
 *   AnnotatedECG  id code effectiveTime
 *     componentOf/timepointEvent/componentOf/subjectAssignment
 *       subject/trialSubject                id, subjectDemographicPerson (name, administrativeGenderCode, birthTime)
 *       componentOf/clinicalTrial           id, title, location/trialSite, responsibleParty/trialInvestigator
 *     controlVariable/relatedObservation    what was known of the subject: LOINC 21612-7 age ...
 *     component/series                      code RHYTHM (or REPRESENTATIVE_BEAT), effectiveTime, author/seriesAuthor (the device)
 *       controlVariable/controlVariable     filters
 *       component/sequenceSet               leads: aecg_waves.c
 *       subjectOf/annotationSet             aecg_notes.c
 *       derivation/derivedSeries            the median beat, again with leads and annotations
 *
 * Valid if and only if: the root's name fits, and one series has a sequence set with a time sequence and at least one lead with digits. The first rhythm series is read; of others it is said that they are there. */
#include "aecg.h"

#include <stdio.h>

static int sniff(struct slice file, struct slice name)
{
	char root[XML_NAME_MAX];
	xml_root(file, root);
	return strcmp(root, "AnnotatedECG") ? 0 : 2;
}

/* ---- whose ---- */

static struct slice attr_at(const struct xml_node *n, const char *slashed, const char *attr)
{
	return xml_attr(xml_path(n, slashed), attr);
}

/* A person's name: parts where there are parts, else all of it as the family's. */
static void name_read(struct ecg *g, const struct xml_node *name)
{
	struct slice family = xml_text(name, "family"), given = xml_text(name, "given");
	g->person.family = ecg_text(g, family.n || !name ? family : name->text);
	g->person.given = ecg_text(g, given);
}

static struct slice sex_of(struct slice code, struct slice shown)
{
	struct slice s = code.n ? code : shown;
	if (slice_eq_nocase(s, "M") || slice_eq_nocase(s, "male"))
		return SLICE("male");
	if (slice_eq_nocase(s, "F") || slice_eq_nocase(s, "female"))
		return SLICE("female");
	if (slice_eq_nocase(s, "UN") || slice_eq_nocase(s, "O") || slice_eq_nocase(s, "other")) /* undifferentiated */
		return SLICE("other");
	return s.n ? SLICE("unknown") : SLICE_NULL;
}

static struct slice quantity(struct ecg *g, struct slice number, const char *unit)
{
	const char *s = arena_printf(g->a, "%.*s%s%s", (int)(number.n < 32 ? number.n : 32), (const char *)number.p, *unit ? " " : "", unit);
	return ecg_text(g, slice_str(s));
}

/* LOINC: 21612-7 reported age, 30525-0 age, 8302-2 height, 29463-7 3141-9 weight. */
static void observed(struct ecg *g, const struct xml_node *o)
{
	struct slice code = attr_at(o, "code", "code"), v = attr_at(o, "value", "value"), unit = attr_at(o, "value", "unit");
	double number;
	char word[16];
	if (!ecg_number(v, &number))
		return;
	snprintf(word, sizeof word, "%.*s", (int)(unit.n < 8 ? unit.n : 0), unit.n ? (const char *)unit.p : "");
	if (slice_eq_str(code, "21612-7") || slice_eq_str(code, "30525-0"))
		g->person.age = quantity(g, v, *word ? word : "a");
	else if (slice_eq_str(code, "8302-2") && (slice_eq_nocase(unit, "cm") || slice_eq_nocase(unit, "m")))
		g->person.height_cm = unit.n == 2 ? ecg_text(g, v) : slice_str(arena_printf(g->a, "%g", number * 100));
	else if ((slice_eq_str(code, "29463-7") || slice_eq_str(code, "3141-9")) && slice_eq_nocase(unit, "kg"))
		g->person.weight_kg = ecg_text(g, v);
}

static void person(struct ecg *g, const struct xml_node *root)
{
	const struct xml_node *assignment = xml_path(root, "componentOf/timepointEvent/componentOf/subjectAssignment");
	const struct xml_node *subject = xml_path(assignment, "subject/trialSubject"), *p = xml_child(subject, "subjectDemographicPerson"), *trial = xml_path(assignment, "componentOf/clinicalTrial");
	const struct xml_node *gender = xml_child(p, "administrativeGenderCode");
	struct slice id = attr_at(subject, "id", "extension"), where = attr_at(subject, "id", "root");
	g->person.id = ecg_text(g, id.n ? id : where);
	g->person.assigner = id.n ? ecg_text(g, where) : SLICE_NULL;
	name_read(g, xml_child(p, "name"));
	g->person.sex = sex_of(xml_attr(gender, "code"), xml_attr(gender, "displayName"));
	g->person.birth = aecg_iso(g, attr_at(p, "birthTime", "value"));
	for (const struct xml_node *c = xml_child(root, "controlVariable"); c; c = xml_next(c))
		observed(g, xml_child(c, "relatedObservation"));
	g->study = ecg_text(g, attr_at(trial, "id", "extension"));
	g->site = ecg_text(g, xml_text(root, "location/testingSite/location/name"));
	if (!g->site.n)
		g->site = ecg_text(g, xml_text(trial, "location/trialSite/location/name"));
	g->physician = ecg_text(g, xml_text(trial, "responsibleParty/trialInvestigator/investigatorPerson/name"));
	struct slice why = attr_at(root, "reasonCode", "displayName");
	g->indication = ecg_text(g, why.n ? why : attr_at(root, "reasonCode", "code"));
}

/* ---- device and filters ---- */

static void device(struct ecg *g, const struct xml_node *series)
{
	const struct xml_node *author = xml_path(series, "author/seriesAuthor"), *d = xml_child(author, "manufacturedSeriesDevice");
	struct slice serial = attr_at(author, "id", "extension");
	g->device = ecg_text(g, xml_text(d, "manufacturerModelName"));
	g->software = ecg_text(g, xml_text(d, "softwareName"));
	g->maker = ecg_text(g, xml_text(author, "manufacturerOrganization/name"));
	if (!serial.n)
		serial = attr_at(d, "id", "extension");
	g->serial = slice_eq_str(serial, "0") ? SLICE_NULL : ecg_text(g, serial);
}

static void filter_words(struct buf *b, const struct xml_node *v)
{
	static const struct {
		const char *code, *word;
	} kinds[] = {{"MDC_ECG_CTL_VBL_ATTR_FILTER_LOW_PASS", "low pass"}, {"MDC_ECG_CTL_VBL_ATTR_FILTER_HIGH_PASS", "high pass"}, {"MDC_ECG_CTL_VBL_ATTR_FILTER_NOTCH", "notch"}};
	struct slice code = attr_at(v, "code", "code");
	if (slice_eq_str(code, "MDC_ECG_CTL_VBL_ATTR_FILTER_DESCRIPTION")) { /* in words, as we write it */
		buf_str(b, b->n ? ", " : "");
		buf_add_slice(b, xml_text(v, "value"));
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!slice_eq_str(code, kinds[i].code))
			continue;
		buf_printf(b, "%s%s", b->n ? ", " : "", kinds[i].word);
		for (const struct xml_node *c = xml_child(v, "component"); c; c = xml_next(c)) {
			const struct xml_node *value = xml_path(c, "controlVariable/value");
			struct slice number = xml_attr(value, "value"), unit = xml_attr(value, "unit");
			if (number.n) {
				buf_u8(b, ' ');
				buf_add_slice(b, number);
				buf_u8(b, ' ');
				buf_add_slice(b, unit);
			} else if (value && value->text.n) {
				buf_u8(b, ' ');
				buf_add_slice(b, value->text);
			}
		}
	}
}

static struct slice filters(struct ecg *g, const struct xml_node *series)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1024);
	for (const struct xml_node *c = xml_child(series, "controlVariable"); c; c = xml_next(c))
		filter_words(&b, xml_child(c, "controlVariable"));
	return b.n && buf_ok(&b) ? ecg_text(g, arena_dup(g->a, buf_slice(&b))) : SLICE_NULL;
}

/* ---- which series, and when ---- */

static bool has_leads(const struct xml_node *series)
{
	for (const struct xml_node *c = xml_child(series, "component"); c; c = xml_next(c))
		if (xml_child(c, "sequenceSet"))
			return true;
	return false;
}

static const struct xml_node *choose(struct ecg *g, const struct xml_node *root)
{
	const struct xml_node *rhythm = NULL, *any = NULL;
	unsigned count = 0;
	for (const struct xml_node *c = xml_child(root, "component"); c; c = xml_next(c)) {
		const struct xml_node *s = xml_child(c, "series");
		if (!has_leads(s))
			continue;
		count++;
		any = any ? any : s;
		if (!rhythm && slice_eq_str(attr_at(s, "code", "code"), "RHYTHM"))
			rhythm = s;
	}
	if (count > 1)
		ecg_warn(g, "it holds %u recordings: the first rhythm was read, the others were left out", count);
	return rhythm ? rhythm : any;
}

static struct slice begins(struct ecg *g, const struct xml_node *n)
{
	const struct xml_node *t = xml_child(n, "effectiveTime");
	struct slice s = attr_at(t, "low", "value");
	if (!s.n)
		s = attr_at(t, "center", "value");
	return aecg_iso(g, s.n ? s : xml_attr(t, "value"));
}

static int median(struct ecg *g, const struct xml_node *series, struct err *e)
{
	const struct xml_node *d = NULL;
	for (const struct xml_node *c = xml_child(series, "derivation"); c && !d; c = xml_next(c))
		d = has_leads(xml_child(c, "derivedSeries")) ? xml_child(c, "derivedSeries") : NULL;
	if (!d)
		return 0;
	struct ecg *m = arena_alloc(g->a, sizeof *m);
	struct aecg_clock clock = {0};
	struct err why = {0};
	if (!m)
		return err_set(e, arena_code(g->a), NULL, "no room for the median beat");
	m->format = g->format;
	m->name = g->name;
	m->a = g->a;
	m->reader = g->reader;
	int r = aecg_waves(m, d, SLICE_NULL, &clock, &why);
	if (r == 0)
		r = ecg_finish(m, &why);
	if (r == ERR_MEMORY || r == ERR_LIMIT)
		return err_set(e, r, NULL, "no room for the median beat");
	if (r < 0) {
		ecg_warn(g, "the median beat could not be read: %s", why.text);
		return 0;
	}
	aecg_annotations(m, d, &clock, false);
	g->median = m;
	for (const struct ecg_stated *s = m->stated; s; s = s->next)
		ecg_stated(g, s->key, s->value);
	return 0;
}

static int open_aecg(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	const struct xml_node *root;
	struct aecg_clock clock = {0};
	int r = xml_read(g, file, &root, e);
	if (r < 0)
		return r;
	const struct xml_node *series = choose(g, root);
	if (!series)
		return err_set(e, ERR_INPUT, NULL, "this annotated ECG has no leads in it");
	g->version = SLICE("HL7 V3 R1");
	r = aecg_waves(g, series, filters(g, series), &clock, e);
	if (r < 0)
		return r;
	person(g, root);
	device(g, series);
	g->start = clock.head.n ? aecg_iso(g, clock.head) : begins(g, series);
	if (!g->start.n)
		g->start = begins(g, root);
	aecg_annotations(g, series, &clock, true);
	for (const struct xml_node *p = xml_child(root, "pertainsTo"); p; p = xml_next(p)) {
		struct slice text = xml_text(p, "subjectFindingComment/text");
		if (text.n)
			(void)ecg_note(g, text);
	}
	return median(g, series, e);
}

const struct ecg_reader ecg_reader_aecg = {ECG_AECG, sniff, open_aecg, NULL, NULL};
