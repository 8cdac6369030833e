/* libcairo: cairo and pango as paper loads them (paper.h): paper_load comes before the first of their functions. */
#ifndef HOLDFAST_PLOT_LIBCAIRO_H
#define HOLDFAST_PLOT_LIBCAIRO_H

#include "paper.h"

#include <pango/pangocairo.h>

#endif
