/* view_copy: sealed copies of the view, SITE/copies/copy-*.age (doc/formats.md). The scribe makes them, in a thread of its own; a rebuild opens them. */
#ifndef HOLDFAST_VIEW_COPY_H
#define HOLDFAST_VIEW_COPY_H

#include "serve_internal.h"

#define VIEW_COPY_PART ((uint64_t)64 << 20) /* bytes of chart.db in a part */
#define VIEW_COPY_KEEP 2

struct copier;
/* Begins one in dir (SITE/copies), sealed to `to`. The writer goes on; copier_fd becomes readable when it is done. */
int copier_start(struct chart *c, const char *dir, const struct age_recipient *to, struct copier **ret, struct err *e) MUST;
int copier_fd(const struct copier *k);
/* When it is done: its figures; parts lie under temporary names, durable. */
int copier_result(struct copier *k, struct ledger_view_copy *ret, uint64_t *ret_plain, const struct ledger_view_part **ret_part, struct err *e) MUST;
/* The ledger names it now: its parts get their names; all but the newest copies go. */
int copier_name(struct copier *k, uint64_t record, struct err *e) MUST;
void copier_free(struct copier *k); /* stops it, waits, and takes away what has no name */
/* When the newest whole copy was made, by the file's time; 0: there is none. */
int64_t view_copy_newest(const char *dir);

#endif
