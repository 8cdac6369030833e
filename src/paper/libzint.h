/* libzint: the barcodes of libzint, loaded when the first is drawn (Debian: libzint2.11). */
#ifndef HOLDFAST_PAPER_LIBZINT_H
#define HOLDFAST_PAPER_LIBZINT_H

#include "paper_internal.h"

enum code_kind { CODE_QR, CODE_128, CODE_MATRIX };
/* A square of modules, or with CODE_128 one row of them. Without a quiet zone: who draws it leaves that free. */
#define CODE_SIDE_MAX 400u
struct code {
	unsigned wide, high;
	uint8_t *dark; /* wide * high, 1: dark; in the arena */
};
int libzint_code(enum code_kind k, const char *text, struct arena *a, struct code *ret, struct err *e) MUST;

#endif
