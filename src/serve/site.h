/* site: the folder, its settings, and making one. */
#ifndef HOLDFAST_SITE_H
#define HOLDFAST_SITE_H

#include "serve_internal.h"

#include <sys/socket.h>

#define SITE_HTTP_DEFAULT "127.0.0.1:8443"
#define SITE_CONNECTIONS_MAX 10000
#define SHARES_WRITTEN "shares-written" /* SITE/...: where init put the share files, a path a line; status looks whether they are still there */
#define PEM_MAX (20u << 10)             /* bytes of one certificate chain or key file */

int site_ini_parse(struct slice text, struct site *s, struct err *e) MUST;
bool site_name_ok(struct slice name);
int site_address(const char *a, struct sockaddr_storage *ret, socklen_t *ret_n, struct err *e) MUST;
bool site_loopback(const char *address);
int site_ack_mode(struct slice v); /* -1: no such mode */

/* TLS files of a new site, in SITE/tls: ca.crt, web.crt, web.key, mllp.crt, mllp.key, and ca.age: the CA's key sealed to recovery, its only copy. */
int tls_make(int sitefd, const char *site_name, const struct age_recipient *recovery, struct err *e) MUST;
/* SITE/vault and SITE/replicas, where they are missing. Whose it is owners_give sets right. */
int site_make_vault(int sitefd, struct err *e) MUST;
/* Share files of SITE/shares-written that are still there, as a JSON array. */
void site_shares_left(int sitefd, struct buf *ret_json);

/* The newest head that a replica holds, and all replicas as a JSON array (w NULL: not wanted). */
#define OUTSIDE_OLD_HOURS 25 /* a day, and what a nightly job may be late */
struct site_outside {
	size_t replicas, witnesses;
	bool witness;       /* name is a witness's */
	char name[96];
	uint64_t size;
	int64_t time; /* 0: none */
};
void site_witnesses(int sitefd, struct jsonw *w); /* an array */
void site_replicas(int sitefd, struct jsonw *w, struct site_outside *ret);
void site_outside_json(const struct site_outside *o, struct jsonw *w); /* "outside" and "protection" */
bool site_outside_alarm(const struct site_outside *o, int64_t now, const char **ret_severity, char what[80], char reason[200]);

int64_t site_last_verified(int sitefd); /* 0: never, or nobody noted it */

#endif
