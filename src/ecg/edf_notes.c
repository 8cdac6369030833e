/* Annotation signals of EDF+ and BDF+ (edfplus.info, 2.2): a record's bytes of such a signal are time-stamped lists (TAL)
 *
 *     +ONSET [0x15 DURATION] 0x14 TEXT 0x14 [TEXT 0x14 ...] 0x00      and zeroes to the end
 *
 * ONSET and DURATION in seconds since the start in the header. The first list of a record's first annotation signal has an empty first text: it says when the record began.
 */
#include "edf_internal.h"

struct reading {
	struct ecg *g;
	struct edf *f;
	unsigned kept;
	bool spoilt;
};

static void note(struct reading *r, double onset, double duration, struct slice text)
{
	if (!slice_trim(text).n || r->kept >= EDF_NOTES_MAX) {
		r->kept += r->kept == EDF_NOTES_MAX && text.n;
		return;
	}
	if (slice_eq_str(text, "Recording ends"))
		r->f->ends = onset;
	struct ecg_note *n = ecg_remark(r->g, text);
	if (n) {
		n->timed = true;
		n->at_s = onset - r->f->first;
		n->duration_s = duration;
	}
	r->kept++;
}

/* The lists of one record. ret_onset: of its first list when that is a time-keeping one (keeper: it is the signal where that stands). */
static bool lists(struct reading *r, struct slice s, bool keeper, double *ret_onset, struct slice *ret_written)
{
	bool kept = false;
	for (bool first = true; s.n && s.p[0]; first = false) {
		struct slice rest, tal = slice_cut(s, 0, &rest), texts, length;
		s = rest;
		struct slice when = slice_cut(tal, 0x14, &texts);
		struct slice onset = slice_cut(when, 0x15, &length);
		double at = 0, lasts = 0;
		if (!onset.n || (onset.p[0] != '+' && onset.p[0] != '-') || !ecg_number(onset, &at) || (length.n && !ecg_number(length, &lasts)) || at < -1e9 || at > 1e9 || !(lasts >= 0)) {
			r->spoilt = true;
			continue;
		}
		if (first && keeper && texts.n && texts.p[0] == 0x14) {
			*ret_onset = at;
			*ret_written = onset;
			kept = true;
			if (!r->f->first_onset.n) {
				r->f->first_onset = onset;
				r->f->first = at;
			}
		}
		while (texts.n) {
			struct slice text = slice_cut(texts, 0x14, &texts);
			note(r, at, lasts, text);
		}
	}
	return kept;
}

/* Where this record begins, given where the one before ended: a new run, or one more of the last. */
static bool place(struct edf *f, uint64_t record, double onset, double finest_rate, size_t *room, struct arena *a)
{
	struct edf_run *last = f->runs ? &f->run[f->runs - 1] : NULL;
	if (last && onset - (last->onset + (double)last->count * f->duration) < 1.0 / finest_rate) { /* or it begins before the last ended: then it follows it */
		last->count++;
		return true;
	}
	if (f->runs == *room) {
		size_t more = *room ? *room * 2 : 16;
		struct edf_run *p = arena_array(a, more, sizeof *p);
		if (!p)
			return false;
		if (f->runs)
			memcpy(p, f->run, f->runs * sizeof *p);
		f->run = p;
		*room = more;
	}
	f->run[f->runs++] = (struct edf_run){record, 1, onset};
	return true;
}

int edf_notes(struct ecg *g, struct edf *f, double finest_rate, struct err *e)
{
	struct reading r = {.g = g, .f = f};
	size_t room = 0;
	uint64_t missing = 0, backwards = 0;
	double expected = 0;
	for (uint64_t i = 0; i < f->records; i++) {
		double onset = expected;
		bool kept = false;
		struct slice written;
		for (unsigned k = 0; k < f->note_signals; k++)
			kept |= lists(&r, slice_of(f->data.p + i * f->record_bytes + f->notes[k].at, f->notes[k].n), k == 0, &onset, &written);
		missing += f->note_signals && !kept;
		if (kept)
			onset -= f->first;
		if (f->discontinuous) {
			if (onset < expected - 1.0 / finest_rate) {
				backwards++;
				onset = expected;
			}
			if (!place(f, i, onset, finest_rate, &room, g->a))
				return err_set(e, arena_code(g->a), NULL, "no room for the record's gaps");
			expected = f->run[f->runs - 1].onset + (double)f->run[f->runs - 1].count * f->duration;
			if (expected * finest_rate > (double)ECG_SAMPLES_MAX)
				return err_set(e, ERR_LIMIT, NULL, "the record's gaps make it longer than is read here");
		}
	}
	if (r.kept > EDF_NOTES_MAX)
		ecg_warn(g, "more than %d annotations: the rest is left out", EDF_NOTES_MAX);
	if (r.spoilt)
		ecg_warn(g, "some annotations have no readable time and are left out");
	if (missing && f->plus)
		ecg_warn(g, "%llu records do not say when they began", (unsigned long long)missing);
	if (backwards)
		ecg_warn(g, "%llu records say that they began before the one before them ended; they are taken to follow it", (unsigned long long)backwards);
	return 0;
}
