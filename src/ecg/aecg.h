/* What the parts of the aECG reader share. */
#ifndef HOLDFAST_ECG_AECG_H
#define HOLDFAST_ECG_AECG_H

#include "aecg_time.h"
#include "ecg_xml.h"

struct aecg_clock { /* where time 0 of the record is: heads of its sequence sets */
	bool absolute, relative;
	int64_t zero_ns;      /* TIME_ABSOLUTE */
	double zero_s;        /* TIME_RELATIVE */
	struct slice head;    /* the TS of zero_ns */
};

/* Channels of one series (or derivedSeries) into g. */
int aecg_waves(struct ecg *g, const struct xml_node *series, struct slice filter, struct aecg_clock *clock, struct err *e) MUST;
/* Annotations of a series: stated, notes, marks. Marks only where `marks`. */
void aecg_annotations(struct ecg *g, const struct xml_node *series, const struct aecg_clock *clock, bool beats);
double aecg_seconds(struct slice value, struct slice unit); /* of a physical quantity; NAN: it is none */

#endif
