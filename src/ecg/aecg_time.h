/* HL7 v3 points in time (TS: YYYYMMDDHHMMSS.ffff+ZZZZ, any number of parts from the left). */
#ifndef HOLDFAST_ECG_AECG_TIME_H
#define HOLDFAST_ECG_AECG_TIME_H

#include "ecg_internal.h"

struct slice aecg_iso(struct ecg *g, struct slice ts);       /* ISO 8601 with the same precision and zone; empty: it is none */
bool aecg_ns(struct slice ts, int64_t *ret);                  /* nanoseconds; a time without a zone is taken as UTC: for differences within a file only */
void aecg_ts(struct slice iso, double plus_s, char out[48]);  /* ISO to TS, plus seconds (only where the ISO text goes to the second; else as it is); "" for what is no time */
bool aecg_to_second(struct slice iso);                        /* it says the second */

#endif
