#define CURL_DISABLE_TYPECHECK
#include "post.h"
#include "vault.h"

#include <stdlib.h>
#include <unistd.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *b = arg;
	buf_add(b, p, size * n);
	return buf_ok(b) ? size * n : 0;
}

static void options(struct post *p, const char *url, const struct curl_slist *headers, struct buf *answer)
{
	CURL *c = p->curl;
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, !strncmp(p->to, "https:", 6) ? "https" : "http");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (p->ca) {
		curl_easy_setopt(c, CURLOPT_CAINFO, p->ca);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)p->quiet_s);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "holdfast/" HOLDFAST_VERSION);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, p->why);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
	p->why[0] = 0;
}

static void perform(struct post *p, struct post_answer *ret)
{
	curl_off_t wait = 0;
	*ret = (struct post_answer){.code = curl_easy_perform(p->curl)};
	if (ret->code != CURLE_OK)
		return;
	curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	curl_easy_getinfo(p->curl, CURLINFO_RETRY_AFTER, &wait);
	ret->retry_s = wait <= 0 ? 0 : wait < 3600 ? (unsigned)wait : 3600;
}

void post_send(struct post *p, const char *url, const struct curl_slist *headers, struct slice body, struct buf *answer, struct post_answer *ret)
{
	options(p, url, headers, answer);
	curl_easy_setopt(p->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, (const char *)body.p);
	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	perform(p, ret);
}

/* "ETag: ..." of the answer, as it stands. */
static size_t take_etag(char *line, size_t size, size_t n, void *arg)
{
	char *etag = arg;
	struct slice rest, name = slice_cut(slice_of(line, size * n), ':', &rest), value = slice_trim(rest);
	if (slice_eq_nocase(name, "etag") && value.n && value.n < 80) {
		memcpy(etag, value.p, value.n);
		etag[value.n] = 0;
	}
	return size * n;
}

void post_fetch(struct post *p, const char *url, const struct curl_slist *headers, char etag[80], struct buf *answer, struct post_answer *ret)
{
	options(p, url, headers, answer);
	curl_easy_setopt(p->curl, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(p->curl, CURLOPT_HEADERFUNCTION, take_etag);
	curl_easy_setopt(p->curl, CURLOPT_HEADERDATA, etag);
	perform(p, ret);
}

const char *post_why(const struct post *p, CURLcode c)
{
	return p->why[0] ? p->why : curl_easy_strerror(c);
}

bool post_token_ok(const char *token)
{
	return *token && strlen(token) < 250 && token[strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-")] == 0;
}

int post_open(struct post *p, const char *to, const char *ca, const char *option, const char *what, struct err *e)
{
	size_t n = strlen(to);
	while (n && to[n - 1] == '/')
		n--;
	if (n >= sizeof p->to || !send_address_ok(to))
		return err_set(e, ERR_USAGE, option, "%s", what);
	memcpy(p->to, to, n);
	if (ca && access(ca, R_OK) < 0)
		return err_sys(e, ca, "the certificate cannot be read");
	if (ca && !(p->ca = strdup(ca)))
		return err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	int r = vault_network_start(e);
	if (r == 0 && !(p->curl = curl_easy_init()))
		r = err_set(e, ERR_MEMORY, NULL, "libcurl does not start");
	return r;
}

void post_close(struct post *p)
{
	if (p->curl)
		curl_easy_cleanup(p->curl);
	free(p->ca);
	*p = (struct post){.curl = NULL};
}
