/* SCP-ECG: what the files of its reader share. */
#ifndef HOLDFAST_ECG_SCP_INTERNAL_H
#define HOLDFAST_ECG_SCP_INTERNAL_H

#include "charset.h"
#include "scp.h"

struct scp_lead {
	uint32_t start, end; /* numbers of its first and last sample; nearly always counted from 1 */
	unsigned id;
};
struct scp_beat { /* section 4 */
	uint16_t type;
	uint32_t start, fiducial, end;
};
struct scp_zone { /* stored sample for sample where the rest is thinned out */
	uint32_t start, end;
};
struct scp_waves { /* sections 5 and 6 up to the lengths of the leads */
	uint16_t avm;      /* nanovolts a step */
	uint16_t interval; /* microseconds */
	uint8_t difference, bimodal;
	struct slice data[ECG_CHANNELS_MAX];
	unsigned leads;    /* of which data is there */
};
struct scp_late { /* channel.own */
	uint64_t offset; /* samples of the record before its first */
	const int16_t *x;
};
struct scp {
	struct ecg *g;
	struct slice file, section[SCP_SECTIONS]; /* bodies without header, p NULL: absent */
	uint8_t protocol;
	bool packed12;     /* three words of 16 bits hold four samples: see scp_samples.c */
	enum ecg_charset chars;
	unsigned leads;
	uint8_t lead_flags;
	struct scp_lead lead[ECG_CHANNELS_MAX];
	uint32_t first;    /* the lowest start of all leads */
	uint16_t fiducial; /* in the reference beat, from 1; 0: there is no section 4 */
	struct scp_beat *beat;
	size_t beats;
	struct scp_zone *zone;
	size_t zones;
	struct scp_tables tables;
	struct slice filter;
};

void scp_patient(struct scp *s);      /* section 1 */
void scp_measurements(struct scp *s); /* section 7 */
void scp_statements(struct scp *s);   /* sections 8 and 11 */
int scp_samples(struct scp *s, struct err *e) MUST; /* sections 2 to 6: channels, median */

#endif
