/* A FHIR transaction to a server, over libcurl. Its entries are conditional (by our number of the recording), so the same bytes again change nothing; what answer means what stands in send_fhir_judge. */
#define CURL_DISABLE_TYPECHECK
#include "send_internal.h"
#include "seal.h"
#include "vault.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define ANSWER_MAX ((size_t)4 << 20)

struct fhir {
	struct send_line line;
	CURL *curl;
	char to[512], why[CURL_ERROR_SIZE], authorization[300], id[80];
	char *ca;
	unsigned wait_s;
};

/* ---- what is answered ---- */

static void copy(char *out, size_t size, struct slice s)
{
	size_t n = utf8_valid_prefix(slice_of(s.p, s.n < size - 1 ? s.n : size - 1));
	for (size_t i = 0; i < n; i++)
		out[i] = s.p[i] >= 0x20 && s.p[i] != 0x7f ? (char)s.p[i] : ' ';
	out[n] = 0;
}

/* Each entry was done: "200 OK", "201". */
static bool all_done(const struct json_node *n)
{
	const struct json_node *list = json_get(n, "entry");
	size_t k = 0;
	if (!slice_eq_str(json_text(n, "resourceType"), "Bundle") || !slice_eq_str(json_text(n, "type"), "transaction-response"))
		return false;
	for (const struct json_node *x = list && list->type == JSON_ARR ? list->child : NULL; x; x = x->next, k++)
		if (!slice_starts(json_text(x, "response.status"), "2"))
			return false;
	return k > 0;
}

static void words(const struct json_node *n, struct send_heard *ret)
{
	static const char *const places[] = {"issue.0.details.text", "issue.0.diagnostics", "issue.0.code"};
	for (size_t i = 0; i < ARRAY_LEN(places) && !ret->text[0]; i++)
		copy(ret->text, sizeof ret->text, json_text(n, places[i]));
}

void send_fhir_judge(long status, struct slice text, struct send_heard *ret)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	struct json_node *n = NULL;
	bool read = a && json_tree(text, a, &n, NULL) == 0 && n->type == JSON_OBJ;
	bool outcome = read && slice_eq_str(json_text(n, "resourceType"), "OperationOutcome");
	snprintf(ret->ack, sizeof ret->ack, "%ld", status);
	if ((status == 200 || status == 201) && read && all_done(n)) {
		ret->outcome = SEND_TAKEN;
	} else if (status >= 400 && status < 500 && status != 401 && status != 403 && status != 408 && status != 425 && status != 429 && outcome) {
		ret->outcome = SEND_NOT_TAKEN; /* a transaction is done whole or not at all (R4 3.1.0.11.2) */
		words(n, ret);
	} else if (status == 401 || status == 403) {
		ret->outcome = SEND_NOT_SENT;
		err_set(&ret->why, ERR_DENIED, NULL, "the server does not take this token (%ld)", status);
	} else {
		ret->outcome = SEND_UNKNOWN;
		err_set(&ret->why, ERR_BUSY, NULL, status >= 500 || status == 429 ? "it answers %ld: whether it was taken is not known" : "what answers (%ld) is not what a FHIR server says: whether it was taken is not known", status);
	}
}

/* ---- the connection ---- */

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *b = arg;
	buf_add(b, p, size * n);
	return buf_ok(b) ? size * n : 0;
}

static int ready(struct send_line *l, struct err *e)
{
	(void)l;
	(void)e;
	return 0; /* a connection each; curl says when not a byte went out */
}

static struct curl_slist *headers(struct fhir *f, struct slice control_id)
{
	struct curl_slist *list = NULL;
	char id[80];
	snprintf(id, sizeof id, "X-Request-Id: %.*s", SLICE_FMT(control_id));
	const char *const lines[] = {"Content-Type: application/fhir+json", "Accept: application/fhir+json", "Prefer: return=minimal", "Expect:", id, f->authorization[0] ? f->authorization : NULL};
	for (size_t i = 0; i < ARRAY_LEN(lines) && lines[i]; i++) {
		struct curl_slist *more = curl_slist_append(list, lines[i]);
		if (!more) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = more;
	}
	return list;
}

static void options(struct fhir *f, struct slice body, struct curl_slist *h, struct buf *answer)
{
	CURL *c = f->curl;
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, f->to);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, !strncmp(f->to, "https:", 6) ? "https" : "http");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (f->ca) {
		curl_easy_setopt(c, CURLOPT_CAINFO, f->ca);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)f->wait_s);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "holdfast/" HOLDFAST_VERSION);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->why);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)body.p);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	f->why[0] = 0;
}

static void no_answer(struct fhir *f, CURLcode c, struct send_heard *ret)
{
	bool other = c == CURLE_PEER_FAILED_VERIFICATION, no_ca = c == CURLE_SSL_CACERT_BADFILE;
	bool nothing = other || no_ca || c == CURLE_COULDNT_CONNECT || c == CURLE_COULDNT_RESOLVE_HOST || c == CURLE_SSL_CONNECT_ERROR;
	const char *say = f->why[0] ? f->why : curl_easy_strerror(c);
	ret->outcome = nothing ? SEND_NOT_SENT : SEND_UNKNOWN;
	err_set(&ret->why, other || no_ca ? ERR_CRYPTO : ERR_BUSY, f->to, other ? "its certificate is not one that we know (%s); nothing was sent" : no_ca ? "the file of --ca does not read (%s)" : nothing ? "cannot be reached: %s" :
	        "%s: whether it was taken is not known", say);
}

static void message(struct send_line *l, struct slice text, struct slice control_id, struct send_heard *ret)
{
	struct fhir *f = (struct fhir *)l;
	AUTO_BUF struct buf answer = {0};
	buf_init(&answer, ANSWER_MAX);
	struct curl_slist *h = headers(f, control_id);
	if (!h) {
		err_set(&ret->why, ERR_MEMORY, NULL, "no memory for a connection");
		return;
	}
	options(f, text, h, &answer);
	CURLcode c = curl_easy_perform(f->curl);
	curl_slist_free_all(h);
	if (c != CURLE_OK) {
		no_answer(f, c, ret);
		return;
	}
	long status = 0;
	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	send_fhir_judge(status, buf_slice(&answer), ret);
	if (ret->why.code)
		snprintf(ret->why.place, sizeof ret->why.place, "%.*s", (int)sizeof ret->why.place - 1, f->to);
}

static void close_line(struct send_line *l)
{
	struct fhir *f = (struct fhir *)l;
	if (f->curl)
		curl_easy_cleanup(f->curl);
	seal_wipe(f->authorization, sizeof f->authorization);
	free(f->ca);
	free(f);
}

static bool token_ok(const char *token)
{
	return *token && strlen(token) < 250 && token[strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-")] == 0;
}

int send_fhir_open(const struct send_to *to, struct send_line **ret, struct err *e)
{
	struct fhir *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	f->line = (struct send_line){.ready = ready, .message = message, .close = close_line};
	f->wait_s = to->wait_s ? to->wait_s : 30;
	size_t n = strlen(to->to);
	while (n && to->to[n - 1] == '/')
		n--;
	int r = n < sizeof f->to && send_address_ok(to->to) ? 0 : err_set(e, ERR_USAGE, "--fhir", "a server is https://HOST[:PORT][/PATH], without user, query or fragment; http:// is for this machine alone (127.0.0.1, [::1], localhost)");
	if (r == 0)
		memcpy(f->to, to->to, n);
	if (r == 0 && to->token && !token_ok(to->token))
		r = err_set(e, ERR_USAGE, "--token-file", "what it holds is no bearer token");
	if (r == 0 && to->token)
		snprintf(f->authorization, sizeof f->authorization, "Authorization: Bearer %s", to->token);
	if (r == 0 && to->ca && access(to->ca, R_OK) < 0)
		r = err_sys(e, to->ca, "the certificate cannot be read");
	if (r == 0 && to->ca && !(f->ca = strdup(to->ca)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	if (r == 0)
		r = vault_network_start(e);
	if (r == 0 && !(f->curl = curl_easy_init()))
		r = err_set(e, ERR_MEMORY, NULL, "libcurl does not start");
	if (r < 0) {
		close_line(&f->line);
		return r;
	}
	*ret = &f->line;
	return 0;
}
