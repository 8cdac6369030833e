/* The verbs of `holdfast downtime` that have a file of their own. */
#ifndef HOLDFAST_CLI_DOWNTIME_CMD_H
#define HOLDFAST_CLI_DOWNTIME_CMD_H

#include "base.h"

struct downtime_numbers {
	const char *site, *unit, *machine; /* NULL: not said */
	uint64_t count;                    /* 0: not said */
	bool json;
};
/* Doses that are neither in the EHR nor compared with it (downtime_mar.c). Their patients; say: one a line. */
struct backlog;
struct backlog_item;
struct chart;
struct control;
struct err;
bool downtime_is_left(const struct backlog *l, const struct backlog_item *it);
int downtime_left(const struct backlog *l, bool say, uint32_t *ret_patients, struct err *e) MUST;
/* Somebody has compared a patient's doses with the EHR's record. ERR_NO: there is none that waits for it. backlog_persons comes before. */
int downtime_reconcile(struct control *k, struct chart *c, struct backlog *l, const char *patient, const char *by, uint32_t *ret_doses, struct err *e) MUST;
/* n words behind "numbers". The command's exit status. */
int downtime_numbers(const struct downtime_numbers *q, size_t n, const char *const *v);
/* argv begins with "calls". */
int downtime_calls(int argc, char **argv);

#endif
