/* Between registry_select.c and the figures. */
#ifndef HOLDFAST_REGISTRY_SELECT_H
#define HOLDFAST_REGISTRY_SELECT_H

#include "registry_internal.h"

bool registry_fits(const struct registry_question *q, const struct registry_row *r); /* year, days, state, type, location, entity type */
/* registry_select in no order, for those who add up. */
int registry_count(const struct registry_all *all, const struct registry_question *q, struct arena *a, struct registry_counted **ret, size_t *ret_n, struct registry_basis *basis, struct err *e) MUST;

#endif
