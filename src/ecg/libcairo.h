/* libcairo: cairo and pango, loaded when a page is drawn and not before (libcairo.c). */
#ifndef HOLDFAST_ECG_LIBCAIRO_H
#define HOLDFAST_ECG_LIBCAIRO_H

#include "base.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

int ecg_paper_load(struct err *e) MUST; /* ERR_SYSTEM: they are not installed */

#endif
