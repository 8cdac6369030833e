/* gate_internal: what the files on links share. */
#ifndef HOLDFAST_GATE_INTERNAL_H
#define HOLDFAST_GATE_INTERNAL_H

#include "gate.h"

/* Of a link, as JSON: partner, contact, hours, conditions, auto-cut (gate_terms.c). */
void gate_terms_put(const struct gate_link *l, struct jsonw *w);
int gate_terms_read(const struct json_node *n, struct gate_link *l, struct err *e) MUST;

/* Of a link: TLS (gate_tls.c). */
int gate_tls_check(const struct gate_tls *t, struct err *e) MUST;
void gate_tls_put(const struct gate_tls *t, struct jsonw *w);
int gate_tls_read(const struct json_node *n, struct gate_tls *ret, struct err *e) MUST;

#endif
