/* A person signs for what is said of a breach: the bytes of a file, by their hash. Two different persons make it ready (notice_signed); here it is only made sure who each is. */
#include "keeper.h"
#include "scope.h"

#include <stdio.h>
#include <string.h>

static bool may_sign(const char *role)
{
	return !strcmp(role, "privacy") || !strcmp(role, "owner") || !strcmp(role, "admin");
}

/* Whose token it is: a person's, of a role that may. A token that is nobody's signs nothing. */
static int who_signs(struct keeper *k, const char *token, char user[64], char role[24], struct err *e)
{
	const struct token *t = token[0] ? accounts_token(k, token) : NULL;
	const struct account *u = t && t->user[0] ? accounts_user(k, t->user) : NULL;
	if (!token[0])
		return err_set(e, ERR_DENIED, NULL, "this is signed by a person: give a token of that person's account (holdfast token create --user NAME) in HOLDFAST_TOKEN");
	if (!u || u->disabled)
		return err_set(e, ERR_DENIED, "HOLDFAST_TOKEN", "this token is not known, no longer, or nobody's");
	if (!may_sign(u->role))
		return err_set(e, ERR_DENIED, NULL, "the role %s may not sign for notices: it needs privacy, owner or admin", u->role);
	snprintf(user, 64, "%s", u->user);
	snprintf(role, 24, "%s", u->role);
	return 0;
}

static bool is_hash(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == 64;
}

void op_notice(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	char token[TOKEN_MAX], user[64], role[24];
	struct err e = {0};
	struct json_node *n = NULL;
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	uint64_t seq = 0;
	frame_get_text(&c, token, sizeof token);
	struct slice json = cur_take(&c, cur_left(&c));
	buf_init(&b, 1 << 16);
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad signature");
		return;
	}
	int r = a ? json_tree(json, a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	struct slice name = json_text(n, "case"), file = json_text(n, "file"), of = json_text(n, "sha256");
	if (r == 0 && (!scope_name_ok(name) || !is_hash(of) || file.n > 1024))
		r = err_set(&e, ERR_INPUT, NULL, "a signature names a case, a file and its SHA-256");
	if (r == 0)
		r = who_signs(k, token, user, role, &e);
	if (r == 0) {
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_ku64(&w, "v", 1);
		jsonw_kslice(&w, "case", name);
		jsonw_kstr(&w, "what", "signed");
		jsonw_kslice(&w, "file", file);
		jsonw_kslice(&w, "sha256", of);
		jsonw_kstr(&w, "by", user);
		jsonw_kstr(&w, "role", role);
		jsonw_obj_end(&w);
		r = keeper_record(k, LEDGER_NOTICE, "site", buf_slice(&b), &seq, NULL, &e);
	}
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, seq);
	reply_end(ch, at);
}
