/* quality: what can be read and where. Private to ecg_quality and ecg_rhythm. */
#ifndef HOLDFAST_ECG_QUALITY_H
#define HOLDFAST_ECG_QUALITY_H

#include "ecg_internal.h"

/* One second of one lead. */
#define CELL_GAP 1       /* more than half was not recorded */
#define CELL_FLAT 2      /* one value throughout: no electrode */
#define CELL_SATURATED 4 /* a tenth or more at the end of the range */
#define CELL_NOISY 8     /* rough: what is not heart is as large as a QRS */
#define CELL_DRIFT 16    /* the baseline moves by more than a QRS */
#define CELL_QUIET 32    /* no deflection that could be a QRS */
#define CELL_BAD (CELL_GAP | CELL_FLAT | CELL_SATURATED | CELL_NOISY)

struct cells {
	uint8_t *cell;
	size_t count;
	float range; /* of a usual second, steps of the file */
};
/* One pass over a channel; ret_cells may be NULL. */
int quality_scan(const struct ecg *g, unsigned channel, struct arena *a, struct cells *ret_cells, struct ecg_quality *ret, struct err *e) MUST;

#endif
