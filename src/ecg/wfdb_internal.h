/* wfdb_internal: the parts of the WFDB reader. wfdb_header.c reads the text, wfdb_signal.c the samples, wfdb.c makes a record of them. */
#ifndef HOLDFAST_ECG_WFDB_INTERNAL_H
#define HOLDFAST_ECG_WFDB_INTERNAL_H

#include "ecg_internal.h"

#define WFDB_SEGMENTS_MAX 8192
#define WFDB_SPF_MAX 10000 /* samples a frame */
#define WFDB_NOTES_MAX 256

struct wfdb_spec { /* a signal line */
	struct slice file, unit, label;
	unsigned format, spf, bits;
	int64_t skew; /* frames */
	uint64_t offset;
	double gain;
	bool guessed; /* no gain was given: 200 */
	bool has_sum;
	int32_t baseline, init;
	uint16_t sum;
};
struct wfdb_segment {
	struct slice name;
	uint64_t frames;
};
struct wfdb_header {
	unsigned signals, segments; /* segments: 0 for a record that is not made of others */
	double rate;                /* frames a second */
	uint64_t frames;            /* 0: not said */
	struct slice time, date;
	struct wfdb_spec *spec;
	struct wfdb_segment *segment;
};
/* warn: NULL, or the record that hears of oddities. */
int wfdb_header(struct slice file, struct arena *a, struct ecg *warn, struct wfdb_header *ret, struct err *e) MUST;
void wfdb_comments(struct ecg *g, struct slice file);             /* notes, age and sex out of the lines that begin with # */
void wfdb_start(struct ecg *g, struct slice time, struct slice date);

struct wfdb_signal { /* where one signal's samples lie in one file */
	const uint8_t *p;
	size_t n;
	unsigned format;
	uint32_t frame, index, spf; /* samples of all signals in a frame of the file; where this one's begin in it; how many are its own */
	uint64_t frames;            /* whole ones in the file */
	int64_t skew;
	bool convert;               /* its steps are not those of the channel: v * mul + add */
	double mul, add;
	int32_t init;
	int32_t *sums;              /* format 8: the sample before every WFDB_SUMS_EVERY-th */
};
#define WFDB_SUMS_EVERY 4096
unsigned wfdb_format_bits(unsigned format);                       /* 0: not read here */
uint64_t wfdb_format_samples(unsigned format, size_t bytes);      /* how many fit */
int32_t wfdb_format_gap(unsigned format);                         /* the value that says "not recorded"; 1 where there is none */
int wfdb_signal_index(struct wfdb_signal *s, struct arena *a, struct err *e) MUST; /* for format 8, before anything is read */
/* n of its own samples from the first-th; frames that the file does not have are gaps. */
void wfdb_signal_read(const struct wfdb_signal *s, uint64_t first, size_t n, int32_t *out);
void wfdb_signal_read16(const struct wfdb_signal *s, uint64_t first, size_t n, int16_t *out); /* formats of at most 16 bits that need no conversion */

#endif
