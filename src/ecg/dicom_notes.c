/* DICOM waveform annotations (PS3.3 C.10.10): measurements, statements, and marks in time. */
#include "dicom.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>

#define NOTES_MAX 1000

struct annotation {
	struct slice text;
	struct dicom_code concept, coded, unit;
	double value;
	bool has_value, timed;
	double position, last; /* samples, from 1 */
	double offset_s;       /* NAN: by position */
	unsigned group, channel;
};

/* Codes first (SCPECG 5.13.5, MDC partition 2), then the words of the meaning: makers use codes of their own. Longer words before those that they contain. */
static const struct {
	const char *key;
	const char *codes[3];
	const char *words[4];
} known[] = {
	{"qtc_ms", {"5.10.2.5-5", "2:15876", "2:15880"}, {"QTC", "CORRECTED QT", NULL}},
	{"pr_ms", {"5.13.5-7", "2:15872", NULL}, {"PR INT", "PQ INT", "PR DUR", NULL}},
	{"qrs_ms", {"5.13.5-9", "2:16156", NULL}, {"QRS DUR", "QRSD", "QRS INT", NULL}},
	{"qt_ms", {"5.13.5-11", "2:16160", NULL}, {"QT INT", "QT DUR", NULL}},
	{"rr_ms", {"5.10.2.1-3", "2:16168", "2:16000"}, {"RR INT", NULL}},
	{"p_ms", {"5.13.5-1", "2:16184", NULL}, {"P DUR", NULL}},
	{"rate_bpm", {"5.10.2.5-1", "2:16016", NULL}, {"VENTRICULAR RATE", "VENTRICULAR HEART RATE", "HEART RATE", NULL}},
	{"p_axis_deg", {"5.10.3-11", "2:16128", NULL}, {"P AXIS", "P FRONT", NULL}},
	{"qrs_axis_deg", {"5.10.3-13", "2:16132", NULL}, {"QRS AXIS", "R AXIS", "QRS FRONT", NULL}},
	{"t_axis_deg", {"5.10.3-15", "2:16136", NULL}, {"T AXIS", "T FRONT", NULL}},
};

static const char *key_of(const struct dicom_code *c)
{
	char up[80] = "";
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		for (size_t k = 0; k < ARRAY_LEN(known[i].codes) && known[i].codes[k]; k++)
			if (slice_eq_str(c->value, known[i].codes[k]))
				return known[i].key;
	for (size_t i = 0; i < c->meaning.n && i < sizeof up - 1; i++)
		up[i] = (char)toupper(c->meaning.p[i]);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		for (size_t k = 0; k < ARRAY_LEN(known[i].words) && known[i].words[k]; k++)
			if (!strncmp(up, known[i].words[k], strlen(known[i].words[k])))
				return known[i].key;
	return NULL;
}

static double first_position(const struct dicom_element *el, double *last)
{
	struct cur c = cur_of(el->value);
	double first = NAN;
	while (cur_left(&c) >= 4) {
		uint32_t v = el->big ? cur_u32be(&c) : cur_u32le(&c);
		*last = v;
		if (isnan(first))
			first = v;
	}
	return first;
}

static void channels(struct annotation *a, const struct dicom_element *el)
{
	struct cur c = cur_of(el->value);
	a->group = el->big ? cur_u16be(&c) : cur_u16le(&c);
	a->channel = el->big ? cur_u16be(&c) : cur_u16le(&c);
}

static struct annotation read_one(struct dicom *d, struct dicom_set *s)
{
	struct annotation a = {.offset_s = NAN, .position = NAN, .group = 1};
	struct dicom_element el;
	double v;
	while (dicom_next(s, &el))
		switch (el.tag) {
		case DICOM_TAG(0x0040, 0x08ea): a.unit = dicom_code(&el); break;
		case DICOM_TAG(0x0040, 0xa043): a.concept = dicom_code(&el); break;
		case DICOM_TAG(0x0040, 0xa168): a.coded = dicom_code(&el); break;
		case DICOM_TAG(0x0040, 0xa0b0): channels(&a, &el); break;
		case DICOM_TAG(0x0040, 0xa132): a.position = first_position(&el, &a.last); break;
		case DICOM_TAG(0x0040, 0xa138):
			if (dicom_number(&el, &v))
				a.offset_s = v;
			break;
		case DICOM_TAG(0x0040, 0xa30a): a.has_value = dicom_number(&el, &a.value); break;
		case DICOM_TAG(0x0040, 0xa160):
		case DICOM_TAG(0x0070, 0x0006): a.text = dicom_text(d, &el); break;
		default: break;
		}
	a.timed = !isnan(a.position) || !isnan(a.offset_s);
	return a;
}

static void measurement(struct dicom *d, const struct annotation *a)
{
	const char *key = key_of(&a->concept);
	if (!key || a->timed)
		return;
	bool seconds = slice_eq_str(a->unit.value, "s") && strstr(key, "_ms");
	ecg_stated(d->g, key, seconds ? a->value * 1000 : a->value);
}

static struct slice words_of(struct dicom *d, const struct annotation *a)
{
	if (a->text.n)
		return a->text;
	struct slice s = ecg_text_in(d->g, a->coded.meaning.n ? a->coded.meaning : a->concept.meaning, d->chars);
	return s;
}

static void in_time(struct dicom *d, const struct annotation *a, struct ecg_note *n)
{
	unsigned group = a->group >= 1 && a->group <= d->groups ? a->group - 1 : 0;
	double rate = d->groups ? d->group_rate[group] : 0;
	n->timed = true;
	n->at_s = a->offset_s;
	if (isnan(a->offset_s)) {
		n->at_s = rate > 0 ? fmax(a->position - 1, 0) / rate : 0;
		n->duration_s = rate > 0 && a->last > a->position ? (a->last - a->position) / rate : 0;
	}
	if (a->channel && d->group_first[group] != UINT_MAX && d->group_first[group] + a->channel - 1 < d->g->channels)
		n->channel = (int)(d->group_first[group] + a->channel - 1);
}

void dicom_notes(struct dicom *d, const struct dicom_element *seq)
{
	struct dicom_set s;
	unsigned n = 0;
	for (size_t at = 0; n < NOTES_MAX && dicom_item(seq, &at, &s); n++) {
		struct annotation a = read_one(d, &s);
		if (a.has_value) {
			measurement(d, &a);
			continue;
		}
		struct slice words = words_of(d, &a);
		struct ecg_note *note = words.n ? ecg_note(d->g, words) : NULL;
		if (!note)
			continue;
		note->code = ecg_text_in(d->g, a.coded.value.n ? a.coded.value : a.concept.value, d->chars);
		note->statement = !a.timed;
		if (a.timed)
			in_time(d, &a, note);
	}
	if (n == NOTES_MAX)
		ecg_warn(d->g, "more than %d annotations; the others are left out", NOTES_MAX);
}
