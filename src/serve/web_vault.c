/* What backup agents ask over HTTPS, handed on to the vault role as it is (doc/formats.md, "Agents"). Web looks at no byte of it, and has no place to put one. */
#include "web_internal.h"

#include <stdio.h>
#include <stdlib.h>

static bool number(struct web_request *q, const char *name, uint64_t *ret)
{
	const char *v = web_query(q, name);
	return v && num_u64(slice_str(v), 0, INT64_MAX, ret) == 0;
}

static bool question(struct web_request *q, const char *path, struct vault_question *x)
{
	const char *sha = web_query(q, "sha256");
	bool pack = !strcmp(path, "pack"), list = !strcmp(path, "list"), snapshot = !strcmp(path, "snapshot"), named = pack || list;
	x->period = web_query(q, "period");
	x->source = web_query(q, "source");
	x->body = buf_slice(&q->body);
	if (named || snapshot) {
		if (!sha || hex_get(x->sha256, SEAL_HASH, slice_str(sha)) < 0)
			return false;
	}
	if (named && (!number(q, "offset", &x->offset) || !number(q, "size", &x->size)))
		return false;
	if (pack && (!number(q, "number", &x->number) || x->number == 0 || !number(q, "plain", &x->plain)))
		return false;
	x->what = named ? VAULT_ASK_PUT : snapshot ? VAULT_ASK_SNAPSHOT : !strcmp(path, "begin") ? VAULT_ASK_BEGIN : !strcmp(path, "number") ? VAULT_ASK_NUMBER : 0;
	return x->what != VAULT_ASK_BEGIN || x->source;
}

void web_vault(struct web_request *q, const char *path)
{
	struct vault_question x = {.what = 0};
	struct err e = {0};
	bool working = false;
	if (!web_may(q, MAY_VAULT))
		return;
	if (q->method != WEB_POST && q->method != WEB_PUT) {
		q->allow = "POST, PUT";
		web_error(q, 405, "method", "Only POST and PUT here.");
		return;
	}
	if (!question(q, path, &x)) {
		web_error(q, 400, "input", "This is not how an agent asks.");
		return;
	}
	if (!x.what) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	if (!q->w->vault) {
		web_error(q, 503, "busy", "This daemon takes no backups of other hosts.");
		return;
	}
	int r = vault_ask(q->w->vault, &q->who, &x, &working, &q->out, &e);
	if (r < 0)
		web_fail(q, &e);
	else
		web_json(q, working ? 202 : 200);
}
