/* The store: between registry_store.c and registry_add.c. */
#ifndef HOLDFAST_REGISTRY_STORE_H
#define HOLDFAST_REGISTRY_STORE_H

#include "registry_internal.h"

#include <sqlite3.h>

struct registry {
	sqlite3 *db;
	char *path;
	bool write;
};
int registry_prepare(struct registry *r, const char *sql, sqlite3_stmt **ret, struct err *e) MUST;
int registry_exec(struct registry *r, const char *sql, struct err *e) MUST;
int registry_done(struct registry *r, int rc, struct err *e) MUST; /* 0 for SQLITE_DONE and OK; else says why */
void registry_stmt_cleanup(sqlite3_stmt **s);
#define AUTO_STMT __attribute__((cleanup(registry_stmt_cleanup)))
void registry_bind(sqlite3_stmt *s, int i, struct slice v);
void registry_bind_day(sqlite3_stmt *s, int i, int32_t day);

#endif
