/* post: one POST, or GET, over libcurl, as fhir.c and way.c send theirs: to this address and no other, by a certificate that is checked, never through a proxy, and given up when nothing moves. */
#ifndef HOLDFAST_SEND_POST_H
#define HOLDFAST_SEND_POST_H

#include "send_internal.h"

#include <curl/curl.h>

struct post {
	CURL *curl;
	char to[512], why[CURL_ERROR_SIZE]; /* to: without a slash at the end; why: of the last one that was not answered, may be empty */
	char *ca;
	unsigned quiet_s;                   /* nothing moves for so long: given up */
};
struct post_answer {
	CURLcode code;      /* CURLE_OK: answered */
	long status;
	unsigned retry_s;   /* as its Retry-After says; 0: it does not */
};
/* option: what the address is called, for the sentence; what: a sentence of what it may be. p is zero; post_close frees what is left of a failure, too. */
int post_open(struct post *p, const char *to, const char *ca, const char *option, const char *what, struct err *e) MUST;
void post_close(struct post *p);
void post_send(struct post *p, const char *url, const struct curl_slist *headers, struct slice body, struct buf *answer, struct post_answer *ret);
/* A GET; etag gets the answer's. */
void post_fetch(struct post *p, const char *url, const struct curl_slist *headers, char etag[80], struct buf *answer, struct post_answer *ret);
const char *post_why(const struct post *p, CURLcode c); /* in curl's words */
/* Bearer tokens are of RFC 6750's letters, and of a length that fits a line. */
bool post_token_ok(const char *token);

#endif
