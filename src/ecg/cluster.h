/* cluster: beats that look alike. Private to ecg_classify. */
#ifndef HOLDFAST_ECG_CLUSTER_H
#define HOLDFAST_ECG_CLUSTER_H

#include "classify.h"

void cluster_beat(struct classify *k, size_t i); /* beats in order */
void cluster_settle(struct classify *k);         /* after the last */
float cluster_alike(const struct classify *k, const struct shape *a, const struct shape *b);

#endif
