/* Rows of a new list and incidents that are known: between registry_match.c and registry_add.c. */
#ifndef HOLDFAST_REGISTRY_MATCH_H
#define HOLDFAST_REGISTRY_MATCH_H

#include "registry_internal.h"

enum registry_how { HOW_NEW, HOW_WHOLE, HOW_KEY, HOW_TYPE, HOW_STATE, HOW_RENAMED, HOW_DAY };
struct registry_match {
	uint32_t incident; /* 0: none yet */
	uint32_t last;     /* that incident's newest revision before: place in the array */
	uint8_t how;
};
struct registry_merged {
	uint32_t from, into;
	const char *why;
};
/* A row of the list that a report which is gone may have become part of. */
struct registry_perhaps {
	uint32_t from, row; /* incident; place in the list */
	const char *why;
};
struct registry_matched {
	struct registry_match *row;    /* of each row of the list */
	struct registry_merged *merge;
	size_t merge_n;
	size_t gone;                   /* incidents of the import before of the same view that are not in this one */
	uint32_t *lost;                /* those of them that are not found to be merged; newest revision: place in the array */
	size_t lost_n;
	struct registry_perhaps *perhaps;
	size_t perhaps_n;
	uint32_t before;               /* place of that import; UINT32_MAX: none */
	size_t before_rows;
};
int registry_perhaps(const struct registry_all *all, const struct registry_list *l, struct arena *a, struct registry_matched *m, struct err *e) MUST;
int registry_match(const struct registry_all *all, const struct registry_list *l, struct arena *a, struct registry_matched *ret, struct err *e) MUST;

#endif
