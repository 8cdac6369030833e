/* Between registry_select.c and the figures. */
#ifndef HOLDFAST_REGISTRY_SELECT_H
#define HOLDFAST_REGISTRY_SELECT_H

#include "registry_internal.h"

bool registry_fits(const struct registry_question *q, const struct registry_row *r); /* year, days, state, type, location, entity type */

#endif
