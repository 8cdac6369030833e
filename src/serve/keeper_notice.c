/* A person signs for what is said of a breach: the bytes of a file, by their hash. Two different persons make it ready (notice_signed); here it is only made sure who each is. */
#include "keeper.h"
#include "notice.h"
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

/* ---- who has signed, and who may ---- */

#define SIGNATURES_MAX 2000

struct signed_one {
	struct slice file, by, role;
	uint8_t of[SEAL_HASH];
	uint64_t entry;
	int64_t time;
};
struct signatures {
	struct keeper *k;
	struct slice name;
	struct arena *a;
	struct signed_one v[SIGNATURES_MAX];
	size_t n;
};

static int one_signature(void *arg, const struct ledger_entry *leaf, struct err *e)
{
	struct signatures *g = arg;
	AUTO_ARENA struct arena *scratch = arena_new(1 << 20);
	struct ledger_entry en;
	struct json_node *n;
	struct err quiet = {0};
	int r = scratch ? ledger_read(g->k->l, leaf->seq, &en, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r == ERR_ERASED ? 0 : r;
	if (json_tree(en.body, scratch, &n, &quiet) < 0 || !slice_eq_str(json_text(n, "what"), "signed") || !slice_eq(json_text(n, "case"), g->name))
		return 0;
	if (g->n == SIGNATURES_MAX)
		return err_set(e, ERR_LIMIT, NULL, "more signatures than are looked at");
	struct signed_one *s = &g->v[g->n];
	if (hex_get(s->of, sizeof s->of, json_text(n, "sha256")) < 0)
		return 0;
	s->file = arena_dup(g->a, json_text(n, "file"));
	s->by = arena_dup(g->a, json_text(n, "by"));
	s->role = arena_dup(g->a, json_text(n, "role"));
	s->entry = leaf->seq;
	s->time = en.leaf.time;
	g->n++;
	return arena_code(g->a) ? err_set(e, ERR_MEMORY, NULL, "no memory for signatures") : 0;
}

static void put_file(struct jsonw *w, const struct signatures *g, size_t of, const struct notice_signature *all)
{
	AUTO_BUF struct buf hex = {0};
	unsigned people;
	bool ready = notice_signed(g->v[of].of, all, g->n, &people);
	buf_init(&hex, 256);
	hex_put(&hex, slice_of(g->v[of].of, SEAL_HASH));
	jsonw_obj(w);
	jsonw_kslice(w, "file", g->v[of].file);
	jsonw_kslice(w, "sha256", buf_slice(&hex));
	jsonw_kbool(w, "ready", ready);
	jsonw_ku64(w, "people", people);
	jsonw_key(w, "by");
	jsonw_arr(w);
	for (size_t i = 0; i < g->n; i++) {
		if (memcmp(g->v[i].of, g->v[of].of, SEAL_HASH))
			continue;
		jsonw_obj(w);
		jsonw_kslice(w, "user", g->v[i].by);
		jsonw_kslice(w, "role", g->v[i].role);
		jsonw_ktime(w, "at", g->v[i].time);
		jsonw_ku64(w, "entry", g->v[i].entry);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static void put_signer(void *arg, const struct account *u)
{
	struct jsonw *w = arg;
	if (u->disabled || !may_sign(u->role))
		return;
	jsonw_obj(w);
	jsonw_kstr(w, "user", u->user);
	jsonw_kstr(w, "role", u->role);
	jsonw_obj_end(w);
}

int keeper_notice_signed(struct keeper *k, struct slice name, struct jsonw *w, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	struct signatures *g = a ? arena_alloc(a, sizeof *g) : NULL;
	struct notice_signature *all = a ? arena_array(a, SIGNATURES_MAX, sizeof *all) : NULL;
	if (!g || !all)
		return err_set(e, ERR_MEMORY, NULL, "no memory for signatures");
	*g = (struct signatures){.k = k, .name = name, .a = a};
	int r = ledger_scan_kinds(k->l, 0, ledger_durable(k->l), LEDGER_KIND_BIT(LEDGER_NOTICE), one_signature, g, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < g->n; i++) {
		all[i].who = g->v[i].by;
		memcpy(all[i].of, g->v[i].of, SEAL_HASH);
	}
	jsonw_key(w, "signed");
	jsonw_arr(w);
	for (size_t i = 0; i < g->n; i++) {
		size_t first = 0;
		while (memcmp(g->v[first].of, g->v[i].of, SEAL_HASH))
			first++;
		if (first == i)
			put_file(w, g, i, all);
	}
	jsonw_arr_end(w);
	jsonw_key(w, "signers");
	jsonw_arr(w);
	accounts_each(k, put_signer, w);
	jsonw_arr_end(w);
	return 0;
}
