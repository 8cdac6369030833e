/* edf_internal: the parts of the EDF and BDF reader. edf.c reads header and samples, edf_notes.c the annotation signals. */
#ifndef HOLDFAST_ECG_EDF_INTERNAL_H
#define HOLDFAST_ECG_EDF_INTERNAL_H

#include "ecg_internal.h"

#define EDF_NOTES_MAX 8192

struct edf_run { /* records that follow each other without a gap */
	uint64_t record, count;
	double onset; /* seconds since the first record's begin */
};
struct edf {
	struct slice data;       /* behind the header */
	size_t record_bytes;
	uint64_t records;
	double duration;         /* of a record, seconds */
	unsigned width;          /* bytes of a sample: 2 or 3 */
	bool plus, discontinuous;
	struct edf_note_signal { /* annotation signals: where in a record */
		size_t at, n;
	} notes[16];
	unsigned note_signals;
	struct slice first_onset; /* "+0.25": of the first record, as written; empty: not said */
	double first;
	double ends;              /* of an annotation "Recording ends"; below 0: none */
	struct edf_run *run;
	size_t runs;
};
/* Reads the annotation signals of all records: notes of g, first_onset, and run where the records do not follow each other. */
int edf_notes(struct ecg *g, struct edf *f, double finest_rate, struct err *e) MUST;

#endif
