/* One request over libcurl, tried again while that may help. Between vault_store_https.c and vault_store_s3.c. */
#ifndef HOLDFAST_VAULT_STORE_NET_H
#define HOLDFAST_VAULT_STORE_NET_H

#include "vault_store.h"

#include <curl/curl.h>

struct vault_net {
	CURL *curl;
	const char *where;      /* for sentences */
	const struct vault_access *access; /* ca, resolve; NULL: the system's. Lives as long as this */
	struct curl_slist *resolve;
	int (*pause)(int64_t ns); /* NULL: nanosleep; tests do not wait */
};
struct vault_request {
	const char *url;
	const char *method;               /* "GET", "HEAD", "PUT", "POST", "DELETE" */
	const struct curl_slist *headers; /* NULL: none */
	const char *sigv4, *userpwd;      /* S3: "aws:amz:REGION:s3" and KEY:SECRET; NULL: unsigned */
	uint64_t from, most;              /* GET: a range; most 0: all */
	const struct vault_bytes *body;   /* PUT */
	vault_store_sink *sink;           /* of what a good answer holds; NULL: only kept in ret_text */
	void *arg;
};
struct vault_answer {
	long status;
	struct buf text;    /* the body of an answer that is no 2xx, or of one without a sink; at most VAULT_LISTING_MAX */
	uint64_t length;    /* HEAD: Content-Length */
	int64_t modified;   /* Last-Modified; 0 */
	char version[VAULT_VERSION_MAX + 1], etag[80];
};
int vault_curl_load(struct err *e) MUST; /* libcurl is there from now on (libcurl.c): before its first use. From any thread */
int vault_net_open(struct vault_net *n, const char *where, const struct vault_access *access, struct err *e) MUST;
void vault_net_close(struct vault_net *n);
/* Any answer of the server below 500 is 0, whatever its status; ret is emptied first and to be given to vault_answer_done. */
int vault_net_do(struct vault_net *n, const struct vault_request *q, struct vault_answer *ret, struct err *e) MUST;
void vault_answer_done(struct vault_answer *a);
void vault_url_encode(struct buf *out, struct slice s, bool keep_slash); /* all but unreserved (RFC 3986) as %XX, as SigV4 wants it */

#endif
