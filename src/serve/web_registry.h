/* The registry in web's memory: what the files of web_registry*.c share. */
#ifndef HOLDFAST_WEB_REGISTRY_H
#define HOLDFAST_WEB_REGISTRY_H

#include "registry.h"
#include "web_internal.h"

/* Made of the ledger's imports by whoever asks first, and added to when there are more. Whoever uses it holds the lock: a question takes milliseconds. */
struct web_registry {
	pthread_mutex_t lock;
	struct registry *r;
	struct arena *a;          /* of all */
	struct registry_all all;
	uint64_t next;            /* entry from which on nothing is known yet */
	bool stale;               /* more was added than all has */
};

/* Up to date and locked; NULL: answered. */
struct web_registry *web_registry_take(struct web_request *q);
void web_registry_done(struct web_registry *x);
bool web_registry_question(struct web_request *q, struct registry_question *ret); /* of the query; false: answered */
void web_registry_basis(struct jsonw *w, const struct registry_basis *b);         /* source, view, as_of, lists, carried, removed, warnings */

void web_registry_incidents(struct web_request *q);
void web_registry_incident(struct web_request *q, const char *id);
void web_registry_plot(struct web_request *q, const char *file);
void web_registry_import(struct web_request *q);

#endif
