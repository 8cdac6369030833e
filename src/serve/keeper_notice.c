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

/* One signature, as it stands in its entry. */
static void put_signature(struct jsonw *w, struct slice name, struct slice file, struct slice of, const char *user, const char *role)
{
	jsonw_obj(w);
	jsonw_ku64(w, "v", 1);
	jsonw_kslice(w, "case", name);
	jsonw_kstr(w, "what", "signed");
	jsonw_kslice(w, "file", file);
	jsonw_kslice(w, "sha256", of);
	jsonw_kstr(w, "by", user);
	jsonw_kstr(w, "role", role);
	jsonw_obj_end(w);
}

/* What was made of the case, as the command says that made it: which set, its hash, from which run and facts, and how many of what. */
static int put_made(struct jsonw *w, struct slice name, struct slice file, struct slice of, const struct json_node *n, struct err *e)
{
	static const char *const sets[] = {"letters", "mailfile", "forms"};
	const struct json_node *counts = json_get(n, "counts");
	struct slice set = json_text(n, "set"), by = json_text(n, "by");
	uint64_t run, facts, x;
	size_t i = 0;
	while (i < ARRAY_LEN(sets) && !slice_eq_str(set, sets[i]))
		i++;
	if (i == ARRAY_LEN(sets) || num_u64(json_text(n, "run"), 0, UINT64_MAX - 1, &run) < 0 || num_u64(json_text(n, "facts"), 0, UINT64_MAX - 1, &facts) < 0 || !by.n || by.n > 64 || !counts || counts->type != JSON_OBJ || counts->count > 16)
		return err_set(e, ERR_INPUT, NULL, "what was made of a case is letters, mailfile or forms, by somebody, from a run and facts, with its counts");
	jsonw_obj(w);
	jsonw_ku64(w, "v", 1);
	jsonw_kslice(w, "case", name);
	jsonw_kstr(w, "what", "made");
	jsonw_kslice(w, "set", set);
	jsonw_kslice(w, "file", file);
	jsonw_kslice(w, "sha256", of);
	jsonw_ku64(w, "run", run);
	jsonw_ku64(w, "facts", facts);
	jsonw_kslice(w, "by", by);
	jsonw_key(w, "counts");
	jsonw_obj(w);
	for (const struct json_node *c = counts->child; c; c = c->next) {
		if (c->key.n > 40 || num_u64(c->value, 0, UINT64_MAX - 1, &x) < 0)
			return err_set(e, ERR_INPUT, NULL, "a count of what was made is no number");
		jsonw_key_slice(w, c->key);
		jsonw_u64(w, x);
	}
	jsonw_obj_end(w);
	jsonw_obj_end(w);
	return 0;
}

static bool known_rule(struct slice id)
{
	struct notice_rule r;
	for (size_t i = 0; notice_rule(i, &r); i++)
		if (slice_eq(r.id, id))
			return true;
	return false;
}

static bool is_day(struct slice s)
{
	uint64_t y, m, d;
	return s.n == 10 && s.p[4] == '-' && s.p[7] == '-' && num_u64(slice_of(s.p, 4), 1900, 9999, &y) == 0 && num_u64(slice_of(s.p + 5, 2), 1, 12, &m) == 0 && num_u64(slice_of(s.p + 8, 2), 1, 31, &d) == 0 && d <= (uint64_t)time_days_in_month((int)y, (int)m);
}

/* Somebody was told: which rule's duty, on which day, under which number, and what shows it. */
static int put_told(struct jsonw *w, struct slice name, struct slice file, struct slice of, const struct json_node *n, struct err *e)
{
	struct slice duty = json_text(n, "duty"), on = json_text(n, "on"), by = json_text(n, "by"), reference = json_text(n, "reference");
	if (!known_rule(duty) || !is_day(on) || !by.n || by.n > 64 || reference.n > 200)
		return err_set(e, ERR_INPUT, NULL, "that somebody was told names the duty by its rule's id, a day, and who says so");
	jsonw_obj(w);
	jsonw_ku64(w, "v", 1);
	jsonw_kslice(w, "case", name);
	jsonw_kstr(w, "what", "told");
	jsonw_kslice(w, "duty", duty);
	jsonw_kslice(w, "on", on);
	jsonw_kslice_opt(w, "reference", reference);
	jsonw_kslice_opt(w, "file", file);
	jsonw_kslice_opt(w, "sha256", of);
	jsonw_kslice(w, "by", by);
	jsonw_obj_end(w);
	return 0;
}

/* Earlier return files of the mailing that were counted with it. */
static int put_with(struct jsonw *w, const struct json_node *with, struct err *e)
{
	if (!with)
		return 0;
	if (with->type != JSON_ARR || with->count > 100)
		return err_set(e, ERR_INPUT, NULL, "what came back was counted with at most a hundred earlier files");
	jsonw_key(w, "with");
	jsonw_arr(w);
	for (const struct json_node *f = with->child; f; f = f->next) {
		struct slice file = json_text(f, "file"), of = json_text(f, "sha256");
		if (!is_hash(of) || file.n > 1024)
			return err_set(e, ERR_INPUT, NULL, "an earlier file of what came back has a name and its SHA-256");
		jsonw_obj(w);
		jsonw_kslice(w, "file", file);
		jsonw_kslice(w, "sha256", of);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	return 0;
}

/* What came back from a mail-house: counts of a return file, held against the file that was sent (its hash). No name and no number of a person. */
static int put_returned(struct jsonw *w, struct slice name, struct slice file, struct slice of, const struct json_node *n, struct err *e)
{
	static const char *const counts[] = {"sent", "rows", "printed", "mailed", "returned", "unknown", "bad", "no_address"}, *const days[] = {"first_mailed", "last_mailed"};
	struct slice mail = json_text(n, "mail"), by = json_text(n, "by");
	uint64_t x;
	bool ok = is_hash(mail) && by.n && by.n <= 64;
	for (size_t i = 0; i < ARRAY_LEN(days); i++)
		ok &= !json_get(n, days[i]) || is_day(json_text(n, days[i]));
	jsonw_obj(w);
	jsonw_ku64(w, "v", 1);
	jsonw_kslice(w, "case", name);
	jsonw_kstr(w, "what", "returned");
	jsonw_kslice(w, "file", file);
	jsonw_kslice(w, "sha256", of);
	int r = put_with(w, json_get(n, "with"), e);
	if (r < 0)
		return r;
	jsonw_kslice(w, "mail", mail);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		if (num_u64(json_text(n, counts[i]), 0, UINT64_MAX - 1, &x) < 0)
			return err_set(e, ERR_INPUT, NULL, "what came back has no count of %s", counts[i]);
		jsonw_ku64(w, counts[i], x);
	}
	for (size_t i = 0; i < ARRAY_LEN(days); i++)
		jsonw_kslice_opt(w, days[i], json_text(n, days[i]));
	jsonw_kslice(w, "by", by);
	jsonw_obj_end(w);
	return ok ? 0 : err_set(e, ERR_INPUT, NULL, "what came back names the file that was sent by its SHA-256, days, and who says so");
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
	jsonw_init(&w, &b);
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad signature");
		return;
	}
	int r = a ? json_tree(json, a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	struct slice name = json_text(n, "case"), file = json_text(n, "file"), of = json_text(n, "sha256");
	struct slice what = json_text(n, "what");
	bool told = slice_eq_str(what, "told");
	if (r == 0 && (!scope_name_ok(name) || !(is_hash(of) || (told && !of.n && !file.n)) || file.n > 1024))
		r = err_set(&e, ERR_INPUT, NULL, "a signature names a case, a file and its SHA-256");
	if (r == 0 && slice_eq_str(what, "made"))
		r = put_made(&w, name, file, of, n, &e);
	else if (r == 0 && told)
		r = put_told(&w, name, file, of, n, &e);
	else if (r == 0 && slice_eq_str(what, "returned"))
		r = put_returned(&w, name, file, of, n, &e);
	else if (r == 0 && (r = who_signs(k, token, user, role, &e)) == 0)
		put_signature(&w, name, file, of, user, role);
	if (r == 0)
		r = buf_ok(&b) ? keeper_record(k, LEDGER_NOTICE, "site", buf_slice(&b), &seq, NULL, &e) : err_set(&e, buf_code(&b), NULL, "no room for a signature");
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
#define SETS_MAX 64 /* makings that are looked at, the newest */

struct signed_one {
	struct slice file, by, role;
	uint8_t of[SEAL_HASH];
	uint64_t entry;
	int64_t time;
};
struct made_one { /* a set, as it was made */
	struct slice set, file, by, counts;
	uint8_t of[SEAL_HASH];
	uint64_t entry, run, facts;
	int64_t time;
};
struct signatures {
	struct keeper *k;
	struct slice name;
	struct arena *a;
	struct signed_one v[SIGNATURES_MAX];
	size_t n;
	struct made_one made[SETS_MAX];
	size_t made_n;
	uint64_t run, facts; /* the newest of the case */
	struct notice_signature all[SIGNATURES_MAX];
};

static int add_made(struct signatures *g, const struct json_node *n, const struct ledger_entry *en, struct err *e)
{
	const struct json_node *counts = json_get(n, "counts");
	if (g->made_n == SETS_MAX) { /* the oldest goes: it was made again often enough */
		memmove(g->made, g->made + 1, (SETS_MAX - 1) * sizeof *g->made);
		g->made_n--;
	}
	struct made_one *m = &g->made[g->made_n];
	*m = (struct made_one){.set = arena_dup(g->a, json_text(n, "set")), .file = arena_dup(g->a, json_text(n, "file")), .by = arena_dup(g->a, json_text(n, "by")), .counts = counts ? arena_dup(g->a, counts->raw) : SLICE("{}"), .entry = en->seq, .time = en->leaf.time};
	if (hex_get(m->of, sizeof m->of, json_text(n, "sha256")) < 0 || num_u64(json_text(n, "run"), 0, UINT64_MAX - 1, &m->run) < 0 || num_u64(json_text(n, "facts"), 0, UINT64_MAX - 1, &m->facts) < 0)
		return 0;
	g->made_n++;
	return arena_code(g->a) ? err_set(e, ERR_MEMORY, NULL, "no memory for signatures") : 0;
}

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
	if (json_tree(en.body, scratch, &n, &quiet) < 0 || !slice_eq(json_text(n, "case"), g->name))
		return 0;
	if (slice_eq_str(json_text(n, "what"), "made"))
		return add_made(g, n, &en, e);
	if (!slice_eq_str(json_text(n, "what"), "signed"))
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
	g->all[g->n].who = s->by;
	memcpy(g->all[g->n].of, s->of, SEAL_HASH);
	g->n++;
	return arena_code(g->a) ? err_set(e, ERR_MEMORY, NULL, "no memory for signatures") : 0;
}

/* NULL: said in e. In the arena. */
static struct signatures *gather(struct keeper *k, const struct scope_case *c, struct arena *a, struct err *e)
{
	struct signatures *g = a ? arena_alloc(a, sizeof *g) : NULL;
	if (!g) {
		err_set(e, ERR_MEMORY, NULL, "no memory for signatures");
		return NULL;
	}
	*g = (struct signatures){.k = k, .name = c->name, .a = a, .run = c->run_n ? c->run[c->run_n - 1].entry : 0, .facts = c->facts_n ? c->facts[c->facts_n - 1].entry : 0};
	return ledger_scan_kinds(k->l, 0, ledger_durable(k->l), LEDGER_KIND_BIT(LEDGER_NOTICE), one_signature, g, e) < 0 ? NULL : g;
}

/* Its newest: nothing of the same kind was made since. */
static bool newest(const struct signatures *g, size_t at)
{
	for (size_t i = at + 1; i < g->made_n; i++)
		if (slice_eq(g->made[i].set, g->made[at].set))
			return false;
	return true;
}

static bool stale(const struct signatures *g, const struct made_one *m)
{
	return m->run != g->run || m->facts != g->facts;
}

/* The hash, how many people have signed for it, who. */
static void put_signed(struct jsonw *w, const struct signatures *g, const uint8_t of[SEAL_HASH])
{
	AUTO_BUF struct buf hex = {0};
	unsigned people;
	bool ready = notice_signed(of, g->all, g->n, &people);
	buf_init(&hex, 256);
	hex_put(&hex, slice_of(of, SEAL_HASH));
	jsonw_kslice(w, "sha256", buf_slice(&hex));
	jsonw_kbool(w, "ready", ready);
	jsonw_ku64(w, "people", people);
	jsonw_key(w, "by");
	jsonw_arr(w);
	for (size_t i = 0; i < g->n; i++) {
		if (memcmp(g->v[i].of, of, SEAL_HASH))
			continue;
		jsonw_obj(w);
		jsonw_kslice(w, "user", g->v[i].by);
		jsonw_kslice(w, "role", g->v[i].role);
		jsonw_ktime(w, "at", g->v[i].time);
		jsonw_ku64(w, "entry", g->v[i].entry);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_file(struct jsonw *w, const struct signatures *g, const struct signed_one *s)
{
	jsonw_obj(w);
	jsonw_kslice(w, "file", s->file);
	put_signed(w, g, s->of);
	jsonw_obj_end(w);
}

static void put_set(struct jsonw *w, const struct signatures *g, const struct made_one *m)
{
	jsonw_obj(w);
	jsonw_kslice(w, "set", m->set);
	jsonw_kslice(w, "file", m->file);
	jsonw_ktime(w, "at", m->time);
	jsonw_kslice(w, "made_by", m->by);
	jsonw_ku64(w, "entry", m->entry);
	jsonw_ku64(w, "run", m->run);
	jsonw_ku64(w, "facts", m->facts);
	jsonw_kbool(w, "stale", stale(g, m));
	jsonw_key(w, "counts");
	jsonw_raw(w, m->counts);
	put_signed(w, g, m->of);
	jsonw_obj_end(w);
}

static bool is_made(const struct signatures *g, const uint8_t of[SEAL_HASH])
{
	for (size_t i = 0; i < g->made_n; i++)
		if (newest(g, i) && !memcmp(g->made[i].of, of, SEAL_HASH))
			return true;
	return false;
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

int keeper_notice_signed(struct keeper *k, const struct scope_case *c, struct jsonw *w, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	const struct signatures *g = gather(k, c, a, e);
	if (!g)
		return e->code;
	jsonw_key(w, "sets");
	jsonw_arr(w);
	for (size_t i = 0; i < g->made_n; i++)
		if (newest(g, i))
			put_set(w, g, &g->made[i]);
	jsonw_arr_end(w);
	jsonw_key(w, "signed");
	jsonw_arr(w);
	for (size_t i = 0; i < g->n; i++) {
		size_t first = 0;
		while (memcmp(g->v[first].of, g->v[i].of, SEAL_HASH))
			first++;
		if (first == i && !is_made(g, g->v[i].of))
			put_file(w, g, &g->v[i]);
	}
	jsonw_arr_end(w);
	jsonw_key(w, "signers");
	jsonw_arr(w);
	accounts_each(k, put_signer, w);
	jsonw_arr_end(w);
	return 0;
}

/* ---- signed for over the web, by somebody who has signed in and gives the password again ---- */

/* What may be signed there is a set whose making the ledger knows, the newest of its kind and of the case as it stands: whoever signs has its counts before him. */
static int may_sign_this(const struct signatures *g, const char *user, const uint8_t of[SEAL_HASH], const struct made_one **ret, struct err *e)
{
	size_t i = g->made_n;
	while (i && memcmp(g->made[i - 1].of, of, SEAL_HASH))
		i--;
	if (!i)
		return err_set(e, ERR_NOT_FOUND, NULL, "nothing with this SHA-256 was made of this case");
	if (!newest(g, i - 1))
		return err_set(e, ERR_NO, NULL, "this was made again since: sign for the newest");
	if (stale(g, &g->made[i - 1]))
		return err_set(e, ERR_NO, NULL, "the case was run again, or its facts were changed, since this was made: make it again, and sign for that");
	for (size_t s = 0; s < g->n; s++) {
		const struct notice_signature both[2] = {{.who = g->v[s].by}, {.who = slice_str(user)}};
		unsigned people;
		if (memcmp(g->v[s].of, of, SEAL_HASH))
			continue;
		(void)notice_signed((const uint8_t[SEAL_HASH]){0}, both, 2, &people);
		if (people < 2)
			return err_set(e, ERR_NO, NULL, "you have signed for this already: the second signature is another person's");
	}
	*ret = &g->made[i - 1];
	return 0;
}

static int sign_here(struct keeper *k, struct kchan *ch, const struct frame *f, const struct asker *who, const char *secret, struct slice json, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)24 << 20);
	AUTO_BUF struct buf b = {0};
	struct json_node *n;
	struct jsonw w;
	uint8_t of[SEAL_HASH];
	const struct made_one *m = NULL;
	struct scope_case *c = NULL;
	int r = a ? json_tree(json, a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	struct slice sum = json_text(n, "sha256");
	if (!is_hash(sum) || hex_get(of, sizeof of, sum) < 0)
		return err_set(e, ERR_INPUT, "sha256", "has to be 64 digits: what is signed for is named by its hash");
	if (!who->session || !may_sign(who->role))
		return err_set(e, ERR_DENIED, NULL, "the role %s may not sign for notices: it needs privacy, owner or admin, and to be signed in", who->role);
	r = keeper_scope_case(k, json_text(n, "case"), &c, e);
	if (r < 0)
		return r;
	const struct signatures *g = gather(k, c, a, e);
	r = g ? may_sign_this(g, who->user, of, &m, e) : e->code;
	if (r == 0) {
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		put_signature(&w, c->name, m->file, sum, who->user, who->role);
		r = buf_ok(&b) ? keeper_ask_password(k, ch, f->tag, who, secret, LEDGER_NOTICE, buf_slice(&b), false, e) : err_set(e, buf_code(&b), NULL, "no room for a signature");
	}
	scope_case_free(c);
	return r;
}

void op_notice_sign(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	char secret[256];
	int r = asker_read(k, ch, &c, MAY_SCOPE, &who, &e);
	frame_get_text(&c, secret, sizeof secret);
	struct slice json = cur_take(&c, cur_left(&c));
	if (r == 0 && c.failed)
		r = err_set(&e, ERR_INPUT, NULL, "a password has at most 255 bytes");
	if (r == 0)
		r = sign_here(k, ch, f, &who, secret, json, &e);
	seal_wipe(secret, sizeof secret);
	if (r < 0)
		reply_err(ch, f->tag, &e);
}
