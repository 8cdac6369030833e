/* ward_internal: one patient's chart as values for paper. Everything lives in the arena of that patient. */
#ifndef HOLDFAST_WARD_INTERNAL_H
#define HOLDFAST_WARD_INTERNAL_H

#include "ward.h"

struct fill {
	const struct ward_ask *q;
	const struct chart_patient *p;
	struct arena *a;
	bool failed;       /* the arena is full */
};

/* Of a fact, where FACT_NULL is nothing. */
struct slice fill_get(const struct fact *f, uint8_t field);
struct slice fill_code(struct slice code);                       /* what people read of a code */
struct slice fill_person(struct fill *x, struct slice person);
struct slice fill_time(struct fill *x, struct slice iso);        /* in the site's zone, to the minute at most */
struct slice fill_join(struct fill *x, const char *between, const struct slice *v, size_t n); /* of those that are not empty */
#define JOIN(x, between, ...) fill_join((x), (between), (const struct slice[]){__VA_ARGS__}, sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))
struct slice fill_dup(struct fill *x, const struct buf *b);
void *fill_array(struct fill *x, size_t n, size_t size);
double fill_number(struct slice s); /* NaN: none */

void fill_person_of(struct fill *x, struct paper_person *ret);
/* max: how many items; the newest. */
void fill_section(struct fill *x, enum chart_section_id id, enum paper_topic topic, size_t max, struct paper_section *ret);
bool fill_open_order(const struct fact_item *it);

struct fill_mar {
	struct paper_order *order;
	size_t n;
};
void fill_mar(struct fill *x, struct fill_mar *ret);
struct fill_labs {
	struct paper_series *series;
	size_t n;
};
void fill_labs(struct fill *x, struct fill_labs *ret);

#endif
