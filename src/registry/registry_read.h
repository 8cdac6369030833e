/* A list while it is read: between registry_read.c, registry_turn.c, registry_list.c and registry_doubt.c. */
#ifndef HOLDFAST_REGISTRY_READ_H
#define HOLDFAST_REGISTRY_READ_H

#include "registry_internal.h"

struct row_dates {
	struct date_text at[5]; /* submitted, aware, notified, began, ended */
	bool turned, repaired, respelt;
};
struct reading {
	const struct registry_read_options *o;
	struct arena *a;
	struct warnings *w;
	enum registry_source source;
	enum registry_order order;
	int32_t limit;          /* no report can be of a later day; REGISTRY_NO_DAY: not known */
	struct registry_row *v;
	struct row_dates *date;
	size_t n, unread, turned, repaired;
	bool has_view;          /* a column says it row by row */
};
int32_t registry_turned_day(const struct date_text *t, unsigned turned /* bit of each enum date_form */);
void registry_turn(struct reading *x);                                           /* dates of all rows, and warnings */
/* What the file's name says: the day, or the month alone (*ret_month: its first day). */
void registry_name_day(const char *file, int32_t *ret_day, int32_t *ret_month);
void registry_list_view(struct reading *x, struct registry_list *l);             /* view, as-of, and why */
void registry_doubt(struct reading *x, const struct registry_list *l);           /* what makes a list look made up or changed */

#endif
