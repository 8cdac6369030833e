/* Between ecg_deliver.c (what is due, the way, the ledger) and ecg_deliver_make.c (the message). */
#ifndef HOLDFAST_CLI_ECG_DELIVER_H
#define HOLDFAST_CLI_ECG_DELIVER_H

#include "ecg_cmd.h"
#include "send.h"

struct deliver {
	struct site *site;
	struct chart *chart;
	struct control *k;
	const char *to; /* the destination's name in the ledger */
	const char *version, *application, *facility, *patient_system;
	bool fhir, with_pdf, preliminary;
};
struct deliver_message {
	uint64_t ecg, version;
	char control_id[HL7_CONTROL_ID_MAX + 1], patient[32];
	const char *status; /* "P" "F" "C" "X" */
	struct buf bytes;
};
/* m->ecg and an empty m->bytes are there. ERR_INPUT: the patient has nothing that the receiver could know. */
int deliver_make(struct deliver *d, const struct chart_ecg *g, const struct chart_ecg_due *due, struct arena *a, struct deliver_message *m, struct err *e) MUST;
int64_t deliver_made(const struct chart_ecg *g, const struct chart_ecg_due *due); /* when the version was made: the message's own time, so that the same version is the same bytes */
int deliver_paper(struct deliver *d, const struct chart_ecg *g, struct arena *a, struct buf *ret, struct err *e) MUST; /* the printed report, PDF; of what is matched; unconfirmed is printed on what nobody has signed */
int deliver_report(const struct site *site, const struct chart_ecg *g, struct slice body, struct arena *a, struct buf *ret, struct err *e) MUST; /* the same of a body that was read */
/* Why nothing is due of a recording that was asked for by name: 0 where it was delivered, else ERR_NO with a sentence. */
int deliver_not_due(struct deliver *d, const struct chart_ecg *g, struct arena *a, struct err *e) MUST;

#endif
