/* Between the files of `holdfast ledger`. */
#ifndef HOLDFAST_LEDGER_CMD_H
#define HOLDFAST_LEDGER_CMD_H

#include "base.h"

bool ledger_is_replica(const char *site); /* NULL: HOLDFAST_SITE. A folder that holds a replica and no site */
int ledger_verify_replica(const char *site, struct slice kept, bool json); /* exit status */

#endif
