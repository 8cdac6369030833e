/* What the writers of SCP-ECG and DICOM share. Private to this room. */
#ifndef HOLDFAST_ECG_WRITE_PARTS_H
#define HOLDFAST_ECG_WRITE_PARTS_H

#include "charset.h"
#include "ecg_write_internal.h"

struct ecg_write_time { /* of ISO 8601 text; parts that are not said are absent */
	bool date, time, zoned;
	int year, month, day, hour, minute, second, zone /* minutes east */;
	char fraction[7]; /* digits */
};
struct ecg_write_time ecg_write_time(struct slice iso);

/* SCP-ECG and DICOM have one place for a measurement, and none for whose it is: what the file says stays there, and ours takes it only where the file says nothing at all. In words ours stand in both cases. */
bool ecg_write_fields_ours(const struct ecg *g, const struct ecg_analysis *n);
/* A value for that place: keys of struct ecg_stated. NAN: none. */
double ecg_write_measure(const struct ecg *g, const struct ecg_analysis *n, const char *key);
/* The i-th statement: the file's, then our words (ecg_write_words), for which there is room; false: no more. */
bool ecg_write_statement(const struct ecg *g, const struct ecg_analysis *n, size_t i, char room[ECG_WORDS_MAX], struct slice *ret);
/* The shortest decimal of at most max characters (up to 17 digits) that is v again, or the nearest that fits. */
const char *ecg_write_decimal(double v, size_t max, char out[32]);
/* All channels are ECG voltages of one rate, ERR_INPUT with a sentence otherwise (format: "SCP-ECG"). */
int ecg_write_uniform(const struct ecg *g, const char *format, struct err *e) MUST;
int ecg_write_file(const struct ecg_sink *sink, struct slice name, const char *extension, struct err *e) MUST; /* begin */
/* Text into a character set of one byte or UTF-16; false: it has letters that the set has not. */
bool ecg_text_out(struct buf *to, struct slice utf8, enum ecg_charset set);

struct ecg_hash { /* 128 bits, no secret in it: names for objects, the same for the same content */
	uint64_t a, b;
};
void ecg_hash(struct ecg_hash *h, const void *p, size_t n);

#endif
