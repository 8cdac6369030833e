/* ecg_write_internal: what writers share: an output that fails once and stays failed, numbers as text, the range of a channel's samples. */
#ifndef HOLDFAST_ECG_WRITE_INTERNAL_H
#define HOLDFAST_ECG_WRITE_INTERNAL_H

#include "ecg_internal.h"

struct ecg_out {
	const struct ecg_sink *sink;
	struct err *e;
	int code; /* 0, or what the sink said */
	size_t n;
	uint8_t p[16384];
};
void ecg_out_begin(struct ecg_out *o, const struct ecg_sink *sink, struct slice name, const char *extension, struct err *e);
void ecg_out_bytes(struct ecg_out *o, const void *p, size_t n);
void ecg_out_str(struct ecg_out *o, const char *s);
void ecg_out_slice(struct ecg_out *o, struct slice s);
void ecg_out_printf(struct ecg_out *o, const char *fmt, ...) PRINTF_LIKE(2, 3); /* up to 512 bytes */
int ecg_out_end(struct ecg_out *o) MUST;

/* The shortest decimal that is read back as the same number, else the nearest of 17 digits. */
const char *ecg_decimal(double v, char out[32]);

struct ecg_range {
	int32_t min, max;  /* of the samples that are not gaps; both 0 where there is none */
	uint64_t gaps;
	uint16_t sum;      /* of all as 16 bits, gaps counted as -32768: WFDB's checksum */
	int32_t first;
};
void ecg_range(const struct ecg *g, unsigned channel, struct ecg_range *ret); /* reads the whole channel */

/* What we say of a record, the i-th: the measurements in one sentence, then each statement with what it rests on; each begins with ECG_OURS, so that nobody takes it for the device's or a reader's. false: no more. */
#define ECG_WORDS_MAX 512
bool ecg_write_words(const struct ecg_analysis *n, size_t i, char out[ECG_WORDS_MAX]);
/* A note that we wrote into an earlier file: left out where there is a new analysis. */
bool ecg_write_stale(const struct ecg_analysis *n, const struct ecg_note *note);
/* Lines for formats that have room for free text: what the device stated, statements, notes, and what we say. Calls put for each; text without line ends. */
struct ecg_line {
	bool timed;
	double at_s, duration_s;
	struct slice text;
};
void ecg_lines(const struct ecg *g, const struct ecg_analysis *n, void (*put)(void *arg, const struct ecg_line *l), void *arg);

/* The parts of an ISO time: how many there are (1 year .. 6 seconds); zone and fraction as written. */
unsigned ecg_iso(struct slice s, int part[6], struct slice *fraction, struct slice *zone);

#endif
