/* libcairo: cairo and pango, loaded when a page is drawn and not before (libcairo.c). paper_load of paper.h comes before the first of their functions. */
#ifndef HOLDFAST_PAPER_LIBCAIRO_H
#define HOLDFAST_PAPER_LIBCAIRO_H

#include "paper.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#endif
