/* A FHIR transaction to a server, over libcurl. Its entries are conditional (by our number of the recording), so the same bytes again change nothing; what answer means what stands in send_fhir_judge. */
#include "post.h"
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MAX ((size_t)4 << 20)

struct fhir {
	struct send_line line;
	struct post post;
	char authorization[300];
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

static void no_answer(struct fhir *f, CURLcode c, struct send_heard *ret)
{
	bool other = c == CURLE_PEER_FAILED_VERIFICATION, no_ca = c == CURLE_SSL_CACERT_BADFILE;
	bool nothing = other || no_ca || c == CURLE_COULDNT_CONNECT || c == CURLE_COULDNT_RESOLVE_HOST || c == CURLE_SSL_CONNECT_ERROR;
	ret->outcome = nothing ? SEND_NOT_SENT : SEND_UNKNOWN;
	err_set(&ret->why, other || no_ca ? ERR_CRYPTO : ERR_BUSY, f->post.to, other ? "its certificate is not one that we know (%s); nothing was sent" : no_ca ? "the file of --ca does not read (%s)" : nothing ? "cannot be reached: %s" :
	        "%s: whether it was taken is not known", post_why(&f->post, c));
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
	struct post_answer is;
	post_send(&f->post, f->post.to, h, text, &answer, &is);
	curl_slist_free_all(h);
	if (is.code != CURLE_OK) {
		no_answer(f, is.code, ret);
		return;
	}
	send_fhir_judge(is.status, buf_slice(&answer), ret);
	if (ret->why.code)
		snprintf(ret->why.place, sizeof ret->why.place, "%.*s", (int)sizeof ret->why.place - 1, f->post.to);
}

static void close_line(struct send_line *l)
{
	struct fhir *f = (struct fhir *)l;
	post_close(&f->post);
	seal_wipe(f->authorization, sizeof f->authorization);
	free(f);
}

int send_fhir_open(const struct send_to *to, struct send_line **ret, struct err *e)
{
	struct fhir *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a connection");
	f->line = (struct send_line){.ready = ready, .message = message, .close = close_line};
	f->post.quiet_s = to->wait_s ? to->wait_s : 30;
	if (to->here_only) {
		close_line(&f->line);
		return err_set(e, ERR_DENIED, "--fhir", "this site is a drill's: what is in it goes to no other machine");
	}
	int r = post_open(&f->post, to->to, to->ca, "--fhir", "a server is https://HOST[:PORT][/PATH], without user, query or fragment; http:// is for this machine alone (127.0.0.1, [::1], localhost)", e);
	if (r == 0 && to->token && !post_token_ok(to->token))
		r = err_set(e, ERR_USAGE, "--token-file", "what it holds is no bearer token");
	if (r == 0 && to->token)
		snprintf(f->authorization, sizeof f->authorization, "Authorization: Bearer %s", to->token);
	if (r < 0) {
		close_line(&f->line);
		return r;
	}
	*ret = &f->line;
	return 0;
}
