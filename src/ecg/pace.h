/* pace: the spikes of a pacemaker. Private to ecg_classify. */
#ifndef HOLDFAST_ECG_PACE_H
#define HOLDFAST_ECG_PACE_H

#include "ecg_internal.h"

/* channel NULL: all ECG channels of the `channels` that there are. Beats that follow a spike at this patient's own constant distance are paced, class 'Q'. Nothing where the rate is below 250 Hz or no spikes stand out. */
int pace_find(const struct ecg *g, const unsigned *channel, unsigned channels, struct arena *a, struct ecg_beats *b, struct err *e) MUST;

#endif
