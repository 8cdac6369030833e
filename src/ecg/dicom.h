/* DICOM (PS3.5, PS3.10): a data set as a list of elements, for the waveform reader. Private to this room.
 *
 * An element: tag (u16 group, u16 element), then
 *   implicit VR: u32 length, value
 *   explicit VR: two letters; u16 length, or for OB OW OF OD OL OV SQ SV UC UN UR UT UV two zero bytes and u32 length; value
 * A sequence's value is items (FFFE,E000) u32 length, each a data set. Length FFFFFFFF: until its delimiter (FFFE,E00D after an item, FFFE,E0DD after a sequence).
 */
#ifndef HOLDFAST_ECG_DICOM_H
#define HOLDFAST_ECG_DICOM_H

#include "charset.h"

#define DICOM_DEPTH_MAX 12
#define DICOM_TAG(g, e) ((uint32_t)(g) << 16 | (e))

struct dicom_set { /* elements of one data set, in turn */
	struct cur c;
	bool big, implicit;
	unsigned depth;
};
struct dicom_element {
	uint32_t tag;
	char vr[2];          /* "\0\0": implicit */
	struct slice value;  /* of a sequence: its items, without the last delimiter */
	bool big, implicit;  /* how the items of a sequence are written */
	unsigned depth;
};

/* false: no more (c at its end), or damaged (c.failed). */
bool dicom_next(struct dicom_set *s, struct dicom_element *ret);
/* The next item of a sequence; at: where to go on, begins as 0. */
bool dicom_item(const struct dicom_element *seq, size_t *at, struct dicom_set *ret);
/* The first item that a sequence has. */
bool dicom_first(const struct dicom_element *seq, struct dicom_set *ret);
struct slice dicom_string(const struct dicom_element *el); /* blanks and NULs off its ends */
bool dicom_number(const struct dicom_element *el, double *ret); /* DS, IS (the first of several), or binary US UL SS SL FL FD by the value's VR, or by its length where that is implicit */
bool dicom_vr(const uint8_t *p); /* two letters that are a VR */

struct dicom_code { /* the first item of a code sequence */
	struct slice value, scheme, meaning;
};
struct dicom_code dicom_code(const struct dicom_element *seq);

/* ---- the reader's parts ---- */

struct dicom {
	struct ecg *g;
	enum ecg_charset chars;
	unsigned groups;           /* multiplex groups read */
	double group_rate[16];
	unsigned group_first[16];  /* their first channel in the record; UINT_MAX: it was the median */
};
struct slice dicom_text(const struct dicom *d, const struct dicom_element *el);
int dicom_waves(struct dicom *d, const struct dicom_element *seq, struct err *e) MUST;
void dicom_notes(struct dicom *d, const struct dicom_element *seq);
void dicom_read(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int32_t *out);
void dicom_read16(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int16_t *out);

#endif
