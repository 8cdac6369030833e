/* libcairo: cairo and pango as paper loads them (paper.h): paper_load comes before the first of their functions. */
#ifndef HOLDFAST_ECG_LIBCAIRO_H
#define HOLDFAST_ECG_LIBCAIRO_H

#include "paper.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#endif
