/* ecg_internal: what the files of this room share. */
#ifndef HOLDFAST_ECG_INTERNAL_H
#define HOLDFAST_ECG_INTERNAL_H

#include "ecg.h"

/* A format. sniff: 0 it is not; 1 perhaps (by name, or a weak sign); 2 surely. open fills g, whose a, name, reader are set; channels get s16, s32 or own. */
struct ecg_reader {
	enum ecg_format format;
	int (*sniff)(struct slice file, struct slice name);
	int (*open)(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e);
	/* for channels with neither s16 nor s32; first + n <= samples. */
	void (*read)(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int32_t *out);
	void (*read16)(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int16_t *out); /* may be NULL */
};
extern const struct ecg_reader ecg_reader_wfdb, ecg_reader_scp, ecg_reader_aecg, ecg_reader_dicom, ecg_reader_edf, ecg_reader_bdf, ecg_reader_muse, ecg_reader_sierra, ecg_reader_csv, ecg_reader_fhir;

/* A new channel, name and lead made from the label (unique in the record); NULL: too many, or no memory, with e set. unit "mV", "V", "nV", "uV" and its spellings turn into uV with the scale adjusted (ecg_unit). */
struct ecg_channel *ecg_channel_add(struct ecg *g, struct slice label, struct err *e);
/* Gives a channel its unit: scale in units of `unit` for one step. Sets ecg where the unit is a voltage and the label does not say it is something else. */
void ecg_unit(struct ecg_channel *c, struct slice unit, double scale);
/* At the end of open: rate and samples of the record from its channels. ERR_INPUT: no channel at all. */
int ecg_finish(struct ecg *g, struct err *e) MUST;
void ecg_warn(struct ecg *g, const char *fmt, ...) PRINTF_LIKE(2, 3); /* no patient data */
void ecg_stated(struct ecg *g, const char *key, double value);       /* a repeated key: the first stays */
struct ecg_note *ecg_note(struct ecg *g, struct slice text);          /* a statement-less note to be filled in; NULL: no memory (never an error) */
/* A note in a format of free text. What our writers put there is told again: "stated: pr_ms 160" is a stated value (NULL, no note), and what begins with ECG_OURS a statement. */
#define ECG_OURS "Holdfast, unconfirmed: "
struct ecg_note *ecg_remark(struct ecg *g, struct slice text);
struct slice ecg_text(struct ecg *g, struct slice s);                 /* UTF-8 or Latin-1 made safe, blanks trimmed; in g's arena or s itself */
void ecg_settle16(struct ecg *g); /* ecg_finish: middle and halved of each channel that may need more than 16 bits */
void ecg_narrow(const struct ecg_channel *c, const int32_t *in, size_t n, int16_t *out); /* less the middle, halved, cut to 16 bits; gaps stay gaps */
bool ecg_number(struct slice s, double *ret);                         /* a decimal with exponent, whole slice, finite; locale-free */

typedef int ecg_write_fn(const struct ecg *g, const struct ecg_analysis *n, struct slice name, const struct ecg_sink *sink, struct err *e);
ecg_write_fn ecg_write_wfdb, ecg_write_scp, ecg_write_aecg, ecg_write_dicom, ecg_write_edf, ecg_write_fhir, ecg_write_csv;

#endif
