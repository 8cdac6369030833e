/* gate_internal: what the files on links share. */
#ifndef HOLDFAST_GATE_INTERNAL_H
#define HOLDFAST_GATE_INTERNAL_H

#include "gate.h"

/* The sets of the table of cuts (gate_cut.c): what they are called, and which elements lie in them. */
#define GATE_SETS 8
struct gate_set {
	const char *name, *type;
	uint8_t kind;
	int six;   /* -1: of no family */
	bool wild; /* GATE_HERE on every address */
};
extern const struct gate_set gate_sets[GATE_SETS];
size_t gate_set_of(const struct gate_element *x);                 /* GATE_SETS: in none */
bool gate_table_wanted(const struct gate_element *v, size_t n);   /* something of it is cut there: else there is no table */

/* Of a link, as JSON: partner, contact, hours, conditions, auto-cut (gate_terms.c). */
void gate_terms_put(const struct gate_link *l, struct jsonw *w);
int gate_terms_read(const struct json_node *n, struct gate_link *l, struct err *e) MUST;

/* Of a link: TLS (gate_tls.c). */
int gate_tls_check(const struct gate_tls *t, struct err *e) MUST;
void gate_tls_put(const struct gate_tls *t, struct jsonw *w);
int gate_tls_read(const struct json_node *n, struct gate_tls *ret, struct err *e) MUST;

#endif
