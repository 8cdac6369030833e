/* XLI, the compression of Philips Sierra XML. */
#ifndef HOLDFAST_ECG_SIERRA_XLI_H
#define HOLDFAST_ECG_SIERRA_XLI_H

#include "base.h"

/* The string that `in` stands for, at most max bytes of it into out. Returns its length. false: a code that cannot be, or more than max. */
bool xli_unpack(struct slice in, uint8_t *out, size_t max, size_t *ret_n);
/* One chunk to samples, at most max of them; the cursor stands at the next one then. ERR_INPUT, ERR_LIMIT. scratch: 2 * max bytes. */
int xli_chunk(struct cur *c, uint8_t *scratch, int32_t *out, size_t max, size_t *ret_n, struct err *e) MUST;

#endif
