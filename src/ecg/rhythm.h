/* rhythm: what the files behind ecg_rhythm share. Private. */
#ifndef HOLDFAST_ECG_RHYTHM_H
#define HOLDFAST_ECG_RHYTHM_H

#include "af.h"
#include "quality.h"

#define RHYTHM_LEADS 2         /* whose shapes are looked at for P waves: the two cleanest */
#define RHYTHM_PAUSE_S 2.0     /* an interval from which it is a pause */
#define RHYTHM_SLOW 55.0       /* per minute: below is bradycardia (textbooks: 60, ACC/AHA/HRS 2018: 50, the cardiologists of LUDB: 55) ... */
#define RHYTHM_FAST 100.0      /* ... above tachycardia; left again 2 further in */
#define RHYTHM_SHORT_S 10      /* a change of rate that is shorter is none */
#define RHYTHM_ASYSTOLE_S 6.0  /* without a beat, in a signal that can be read */

struct rhythm {
	const struct ecg *g;
	const struct ecg_beats *b;
	struct arena *a;
	unsigned channel[RHYTHM_LEADS], leads;
	struct af_shapes shapes;
	struct shape_reader reader[RHYTHM_LEADS];
	uint8_t *af;               /* of each beat */
	uint8_t *afl;              /* of each beat: in flutter of the atria */
	uint8_t *bad;              /* of each second: no lead can be read there */
	uint8_t *loud;             /* of each second: something as large as a QRS is there in every lead that can be read, or in none can be read */
	size_t seconds;
	struct ecg_episode *base;  /* growing */
	size_t bases, base_max;
	struct ecg_episode *over;
	size_t overs, over_max;
	uint8_t *vf;               /* of each second */
	float usual;               /* range of a usual second of the first lead, steps of the file */
	bool full;
};
void rhythm_add(struct rhythm *r, enum ecg_rhythm what, uint64_t start, uint64_t end, uint8_t confidence, bool over);
bool rhythm_bad(const struct rhythm *r, uint64_t from, uint64_t to); /* not readable for a second or more between two samples */
double rhythm_rr(const struct rhythm *r, size_t i); /* seconds from beat i - 1; 0: there is none */

void rhythm_base(struct rhythm *r);   /* tiles the record */
void rhythm_vf(struct rhythm *r, float usual); /* fills vf; takes back what of af lies in it */
void rhythm_flutter(struct rhythm *r); /* fills afl */
enum ecg_rhythm rhythm_silence(struct rhythm *r, uint64_t from, uint64_t to); /* ASYSTOLE, VF or UNKNOWN */
void rhythm_over(struct rhythm *r, struct ecg_rhythm_result *ret); /* pauses, runs, patterns; counts */
int rhythm_hrv(struct rhythm *r, struct ecg_hrv *ret, struct err *e) MUST;
int rhythm_hours(struct rhythm *r, struct ecg_rhythm_result *ret, struct err *e) MUST;

#endif
