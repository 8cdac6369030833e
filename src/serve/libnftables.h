/* libnftables: loaded in the cutter and nowhere else. See libnftables.c. */
#ifndef HOLDFAST_LIBNFTABLES_H
#define HOLDFAST_LIBNFTABLES_H

#include "base.h"

int nft_load(struct err *e) MUST;                                     /* before the sandbox. ERR_SYSTEM: it is not there */
int nft_say(const char *text, struct err *e) MUST;                    /* one transaction. ERR_DENIED: the kernel does not let us; ERR_SYSTEM */
int nft_ask(const char *text, struct slice *ret, struct err *e) MUST; /* the answer as JSON, until the next call */

#endif
