/* accounts: local users and tokens. The truth is the account entries of the ledger; SITE/keys/accounts.json is a cache that says up to which entry it has read
 * them, so that a start reads leaves from there on only. Delete it and it is made again.
 *
 * Account entry, JSON: what "user-add" | "user-disable" | "user-enable" | "password" | "token-create" | "token-revoke"; user, role, by, reason, label, token (its
 * public id), mustChange; secret: {"argon2id": libsodium's string} or {"sha256": hex of the token}. The secret part never leaves the keeper: the scribe and the
 * web role get the entry without it. */
#include "keeper.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CACHE "keys/accounts.json"
#define SEALED "keys/accounts.age" /* users and tokens, sealed to recovery: heads carry it, so that a site which is being rebuilt knows its people before it has a ledger */
#define CACHE_MAX ((size_t)64 << 20)
#define USERS_MAX 20000
#define TOKENS_MAX 20000
#define SAVE_ENTRIES 50000
#define SAVE_PAUSE (5 * TIME_SEC)

struct accounts {
	struct account *users;
	struct token *tokens;
	size_t user_count, token_count;
	uint64_t upto, saved_upto;
	bool changed;
	int64_t saved_at;
	uint8_t sealed[SEAL_HASH]; /* of what SEALED holds */
};

/* ---- looking up ---- */

struct account *accounts_user(struct keeper *k, const char *user)
{
	for (size_t i = 0; i < k->accounts->user_count; i++)
		if (slice_eq_nocase(slice_str(user), k->accounts->users[i].user))
			return &k->accounts->users[i];
	return NULL;
}

static struct token *token_by_id(struct keeper *k, struct slice id)
{
	for (size_t i = 0; i < k->accounts->token_count; i++)
		if (slice_eq_str(id, k->accounts->tokens[i].id))
			return &k->accounts->tokens[i];
	return NULL;
}

/* "hft_ID_SECRET": the id finds it, the hash of the whole decides, in constant time. */
bool accounts_agent(struct keeper *k, const char *name)
{
	for (size_t i = 0; i < k->accounts->token_count; i++) {
		const struct token *t = &k->accounts->tokens[i];
		if (!t->revoked && !strcmp(t->role, AGENT_ROLE) && !strcmp(t->label, name))
			return true;
	}
	return false;
}

struct token *accounts_token(struct keeper *k, const char *token)
{
	struct slice s = slice_str(token), rest;
	uint8_t hash[SEAL_HASH];
	if (s.n > TOKEN_MAX || !slice_starts(s, "hft_"))
		return NULL;
	struct slice id = slice_cut(slice_of(s.p + 4, s.n - 4), '_', &rest);
	struct token *t = token_by_id(k, id);
	seal_sha256_once(s, hash);
	return t && !t->revoked && seal_equal(hash, t->hash, sizeof hash) ? t : NULL;
}

bool account_name_ok(const char *user)
{
	size_t n = strlen(user);
	if (n == 0 || n >= USER_MAX - 8)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = user[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && (i == 0 || !strchr("._-@", c)))
			return false;
	}
	return true;
}

/* ---- an entry and what it means ---- */

static void text(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

static struct account *user_slot(struct keeper *k, struct slice name)
{
	struct accounts *a = k->accounts;
	char user[USER_MAX];
	text(user, sizeof user, name);
	struct account *u = accounts_user(k, user);
	if (u || a->user_count == USERS_MAX || !user[0])
		return u;
	struct account *p = reallocarray(a->users, a->user_count + 1, sizeof *p);
	if (!p)
		return NULL;
	a->users = p;
	u = &p[a->user_count++];
	*u = (struct account){0};
	memcpy(u->user, user, sizeof user);
	return u;
}

static struct token *token_slot(struct keeper *k, struct slice id)
{
	struct accounts *a = k->accounts;
	struct token *t = token_by_id(k, id);
	if (t || a->token_count == TOKENS_MAX || !id.n || id.n >= sizeof t->id)
		return t;
	struct token *p = reallocarray(a->tokens, a->token_count + 1, sizeof *p);
	if (!p)
		return NULL;
	a->tokens = p;
	t = &p[a->token_count++];
	*t = (struct token){0};
	text(t->id, sizeof t->id, id);
	return t;
}

static void mean(struct keeper *k, const struct json_node *n, int64_t time)
{
	struct slice what = json_text(n, "what");
	const struct json_node *must = json_get(n, "mustChange");
	if (slice_starts(what, "token-")) {
		struct token *t = token_slot(k, json_text(n, "token"));
		if (!t)
			return;
		t->revoked = slice_eq_str(what, "token-revoke");
		if (t->revoked)
			return;
		text(t->role, sizeof t->role, json_text(n, "role"));
		text(t->user, sizeof t->user, json_text(n, "user"));
		text(t->label, sizeof t->label, json_text(n, "label"));
		t->created = time;
		if (hex_get(t->hash, sizeof t->hash, json_text(n, "secret.sha256")) < 0)
			t->revoked = true;
		return;
	}
	struct account *u = user_slot(k, json_text(n, "user"));
	if (!u)
		return;
	if (slice_eq_str(what, "user-add") || slice_eq_str(what, "password")) {
		text(u->hash, sizeof u->hash, json_text(n, "secret.argon2id"));
		u->must_change = must && must->type == JSON_TRUE;
	}
	if (slice_eq_str(what, "user-add")) {
		text(u->person, sizeof u->person, json_text(n, "person"));
		text(u->role, sizeof u->role, json_text(n, "role"));
		u->created = time;
		u->disabled = false;
	} else if (slice_eq_str(what, "user-disable")) {
		u->disabled = true;
	} else if (slice_eq_str(what, "user-enable")) {
		u->disabled = false;
	}
}

static int mean_entry(struct keeper *k, uint8_t kind, uint64_t seq, struct slice body, int64_t time)
{
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct json_node *n;
	if (!a)
		return ERR_MEMORY;
	if ((kind >= LEDGER_GATE_ACT && kind <= LEDGER_GATE_SENT) || kind == LEDGER_GATE_COUNT) {
		keeper_gate_note(k, kind, seq, time, body);
		k->accounts->changed = true;
		return 0;
	}
	if (kind == LEDGER_CAPTURE || kind == LEDGER_DOWNTIME) {
		keeper_capture_note(k, kind, seq, time, body);
		k->accounts->changed = true;
		return 0;
	}
	if (json_tree(body, a, &n, NULL) < 0)
		return 0; /* not ours to judge here: verify does */
	if (kind == LEDGER_ACCOUNT) {
		mean(k, n, time);
	} else if (kind == LEDGER_ECG_ACT) {
		keeper_link_note(k, n);
	} else if (kind == LEDGER_STATION) {
		keeper_station_note(k, time, n);
	} else if (kind == LEDGER_ALARM) {
		if (slice_eq_str(json_text(n, "what"), "watch"))
			keeper_watch_note(k, n, time);
		else
			keeper_alarm_note(k, json_text(n, "id"), slice_eq_str(json_text(n, "what"), "raised"));
	} else if (kind == LEDGER_SNAPSHOT || kind == LEDGER_VAULT_PACK) {
		keeper_vault_note(k, kind, seq, time, body, n);
	} else if (kind == LEDGER_RETENTION) {
		keeper_retain_note(k, seq);
	} else if (kind == LEDGER_KEYS) {
		keeper_keys_note(k, seq, time, n);
	} else if (kind == LEDGER_CONFIG) {
		if (json_text(n, "sha256").n) /* not a decision about a feed */
			(void)!hex_get(k->config, sizeof k->config, json_text(n, "sha256"));
	} else {
		uint64_t entry;
		if (num_u64(json_text(n, "entry"), 0, UINT64_MAX, &entry) == 0)
			keeper_quarantine_note(k, entry, slice_eq_str(json_text(n, "what"), "lift"));
	}
	k->accounts->changed = true;
	return 0;
}

/* One account entry; what is said in it takes effect here at once, and is durable before anybody is told. */
static int record(struct keeper *k, struct buf *body, struct err *e)
{
	int64_t time = 0;
	if (!buf_ok(body))
		return err_set(e, buf_code(body), NULL, "too long for an account entry");
	int r = keeper_record(k, LEDGER_ACCOUNT, "site", buf_slice(body), NULL, &time, e);
	return r < 0 ? r : mean_entry(k, LEDGER_ACCOUNT, 0, buf_slice(body), time);
}

static void kstr_opt(struct jsonw *w, const char *key, const char *s)
{
	jsonw_kslice_opt(w, key, slice_str(s));
}

int accounts_change(struct keeper *k, const char *what, const char *user, const char *role, const char *by, const char *reason, const char *hash, bool must_change, const char *person, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init_secret(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", what);
	jsonw_kstr(&w, "user", user);
	kstr_opt(&w, "role", role);
	kstr_opt(&w, "by", by);
	kstr_opt(&w, "reason", reason);
	kstr_opt(&w, "person", person);
	if (hash) {
		jsonw_kbool(&w, "mustChange", must_change);
		jsonw_key(&w, "secret");
		jsonw_obj(&w);
		jsonw_kstr(&w, "argon2id", hash);
		jsonw_obj_end(&w);
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return record(k, &b, e);
}

static void base32(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789";
	for (size_t i = 0; i < n; i++)
		out[i] = digits[p[i] & 31];
	out[n] = 0;
}

int accounts_token_new(struct keeper *k, const char *role, const char *user, const char *label, const char *by, char ret_token[TOKEN_MAX], struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	uint8_t r[10 + 40], hash[SEAL_HASH];
	char id[11], secret[41], token[TOKEN_MAX], hex[2 * SEAL_HASH + 1];
	seal_random(r, sizeof r);
	base32(id, r, 10);
	base32(secret, r + 10, 40); /* 200 bits */
	snprintf(token, sizeof token, "hft_%s_%s", id, secret);
	seal_sha256_once(slice_str(token), hash);
	for (size_t i = 0; i < sizeof hash; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "token-create");
	jsonw_kstr(&w, "token", id);
	kstr_opt(&w, "user", user);
	kstr_opt(&w, "role", role);
	kstr_opt(&w, "label", label);
	kstr_opt(&w, "by", by);
	jsonw_key(&w, "secret");
	jsonw_obj(&w);
	jsonw_kstr(&w, "sha256", hex);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	int code = record(k, &b, e);
	if (code == 0)
		memcpy(ret_token, token, sizeof token);
	seal_wipe(token, sizeof token);
	seal_wipe(secret, sizeof secret);
	return code;
}

int accounts_token_revoke(struct keeper *k, const char *id, const char *by, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	/* whoever has only the whole token may give that */
	struct slice rest, s = slice_str(id);
	if (slice_starts(s, "hft_"))
		s = slice_cut(slice_of(s.p + 4, s.n - 4), '_', &rest);
	struct token *t = token_by_id(k, s);
	if (!t || t->revoked)
		return err_set(e, ERR_NOT_FOUND, NULL, "no token of that id is in use");
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "token-revoke");
	jsonw_kstr(&w, "token", t->id);
	kstr_opt(&w, "by", by);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return record(k, &b, e);
}

void accounts_redact(struct slice body, struct buf *ret)
{
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct json_node *n = NULL;
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	if (a && json_tree(body, a, &n, NULL) == 0)
		for (const struct json_node *m = n->child; n->type == JSON_OBJ && m; m = m->next)
			if (!slice_eq_str(m->key, "secret")) {
				jsonw_key_slice(&w, m->key);
				jsonw_raw(&w, m->raw);
			}
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

void accounts_touch(struct keeper *k)
{
	k->accounts->changed = true;
}

void serve_account_redact(struct slice body, struct buf *ret)
{
	accounts_redact(body, ret);
}

void accounts_each(const struct keeper *k, void (*fn)(void *arg, const struct account *u), void *arg)
{
	for (size_t i = 0; i < k->accounts->user_count; i++)
		fn(arg, &k->accounts->users[i]);
}

void accounts_json(struct keeper *k, struct buf *ret)
{
	const struct accounts *a = k->accounts;
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_key(&w, "users");
	jsonw_arr(&w);
	for (size_t i = 0; i < a->user_count; i++) {
		const struct account *u = &a->users[i];
		jsonw_obj(&w);
		jsonw_kstr(&w, "user", u->user);
		jsonw_kstr(&w, "role", u->role);
		kstr_opt(&w, "person", u->person);
		jsonw_kbool(&w, "disabled", u->disabled);
		jsonw_kbool(&w, "mustChange", u->must_change);
		jsonw_ktime(&w, "created", u->created);
		if (u->last_login)
			jsonw_ktime(&w, "lastSignIn", u->last_login);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_key(&w, "tokens");
	jsonw_arr(&w);
	for (size_t i = 0; i < a->token_count; i++) {
		const struct token *t = &a->tokens[i];
		jsonw_obj(&w);
		jsonw_kstr(&w, "id", t->id);
		kstr_opt(&w, "role", t->role);
		kstr_opt(&w, "user", t->user);
		kstr_opt(&w, "label", t->label);
		jsonw_kbool(&w, "revoked", t->revoked);
		jsonw_ktime(&w, "created", t->created);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

/* ---- the cache ---- */

static void put_hex(struct jsonw *w, const char *key, const uint8_t *p, size_t n)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 256);
	hex_put(&b, slice_of(p, n));
	jsonw_kslice(w, key, buf_slice(&b));
}

static void put_users(const struct accounts *a, bool brief, struct jsonw *w)
{
	jsonw_key(w, "users");
	jsonw_arr(w);
	for (size_t i = 0; i < a->user_count; i++) {
		const struct account *u = &a->users[i];
		jsonw_obj(w);
		jsonw_kstr(w, "user", u->user);
		jsonw_kstr(w, "role", u->role);
		jsonw_kstr(w, "argon2id", u->hash);
		kstr_opt(w, "person", u->person);
		jsonw_kbool(w, "disabled", u->disabled);
		jsonw_kbool(w, "mustChange", u->must_change);
		jsonw_ki64(w, "created", u->created);
		if (!brief)
			jsonw_ki64(w, "lastLogin", u->last_login);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_tokens(const struct accounts *a, struct jsonw *w)
{
	jsonw_key(w, "tokens");
	jsonw_arr(w);
	for (size_t i = 0; i < a->token_count; i++) {
		const struct token *t = &a->tokens[i];
		jsonw_obj(w);
		jsonw_kstr(w, "id", t->id);
		jsonw_kstr(w, "role", t->role);
		jsonw_kstr(w, "user", t->user);
		jsonw_kstr(w, "label", t->label);
		put_hex(w, "sha256", t->hash, sizeof t->hash);
		jsonw_kbool(w, "revoked", t->revoked);
		jsonw_ki64(w, "created", t->created);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

/* Again only when something in it is new: each sealing is another file for every replica to keep under its lock. */
void accounts_seal(struct keeper *k)
{
	struct accounts *a = k->accounts;
	AUTO_BUF struct buf b = {0}, file = {0};
	struct jsonw w;
	struct err e = {0};
	struct stat st;
	uint8_t hash[SEAL_HASH];
	if (a->user_count + a->token_count == 0)
		return;
	buf_init_secret(&b, CACHE_MAX);
	buf_init(&file, CACHE_MAX);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "version", 1);
	put_users(a, true, &w);
	put_tokens(a, &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&b))
		return;
	seal_sha256_once(buf_slice(&b), hash);
	if (!memcmp(hash, a->sealed, sizeof hash) && fstatat(k->r->sitefd, SEALED, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	int r = age_seal(&k->keys.recovery, 1, buf_slice(&b), &file, &e);
	if (r == 0)
		r = file_replace(k->r->sitefd, SEALED, buf_slice(&file), 0600, &e);
	if (r < 0) {
		role_log(k->r, "%s cannot be written: %s", SEALED, e.text);
		return;
	}
	memcpy(a->sealed, hash, sizeof hash);
	a->changed = true; /* the cache says so */
}

void accounts_save(struct keeper *k, bool always)
{
	struct accounts *a = k->accounts;
	uint64_t durable = ledger_durable(k->l);
	int64_t now = time_monotonic();
	if (!always && (now - a->saved_at < SAVE_PAUSE || !(a->changed || durable - a->saved_upto > SAVE_ENTRIES)))
		return;
	if (always && !a->changed && durable == a->saved_upto)
		return;
	accounts_seal(k);
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e;
	buf_init_secret(&b, CACHE_MAX);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "version", 1);
	jsonw_kstr(&w, "origin", k->r->origin);
	jsonw_ku64(&w, "upTo", durable);
	put_hex(&w, "sealed", a->sealed, sizeof a->sealed);
	put_users(a, false, &w);
	put_tokens(a, &w);
	jsonw_key(&w, "links");
	keeper_link_save(k, &w);
	jsonw_key(&w, "quarantined");
	jsonw_arr(&w);
	for (size_t i = 0; i < k->quarantined_count; i++)
		jsonw_u64(&w, k->quarantined[i].entry);
	jsonw_arr_end(&w);
	jsonw_key(&w, "alarms");
	jsonw_arr(&w);
	for (size_t i = 0; i < k->alarm_count; i++)
		if (k->alarm[i].open)
			jsonw_str(&w, k->alarm[i].id);
	jsonw_arr_end(&w);
	put_hex(&w, "config", k->config, sizeof k->config);
	jsonw_key(&w, "vault");
	keeper_vault_save(k, &w);
	jsonw_key(&w, "gate");
	keeper_gate_save(k, &w);
	jsonw_key(&w, "watch");
	keeper_watch_save(k, &w);
	jsonw_key(&w, "cutter");
	keeper_cutter_save(k, &w);
	jsonw_key(&w, "retention");
	keeper_retain_save(k, &w);
	jsonw_key(&w, "captures");
	keeper_capture_save(k, &w);
	jsonw_key(&w, "stations");
	keeper_station_save(k, &w);
	jsonw_key(&w, "packets");
	keeper_packets_put(k, &w);
	jsonw_ku64(&w, "viewErased", k->view_erased);
	jsonw_key(&w, "rotated");
	jsonw_obj(&w);
	jsonw_ku64(&w, "entry", k->rotated_seq);
	jsonw_ki64(&w, "at", k->rotated);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	a->saved_at = now;
	if (buf_ok(&b) && file_replace(k->r->sitefd, CACHE, buf_slice(&b), 0600, &e) == 0) {
		a->changed = false;
		a->saved_upto = durable;
	}
}

static bool is_true(const struct json_node *n, const char *key)
{
	const struct json_node *v = json_get(n, key);
	return v && v->type == JSON_TRUE;
}

static int64_t number(const struct json_node *n, const char *key)
{
	int64_t v;
	return num_i64(json_text(n, key), INT64_MIN, INT64_MAX, &v) == 0 ? v : 0;
}

static bool load_people(struct keeper *k, const struct json_node *root)
{
	const struct json_node *list = json_get(root, "users");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		struct account *u = user_slot(k, json_text(n, "user"));
		if (!u)
			return false;
		text(u->role, sizeof u->role, json_text(n, "role"));
		text(u->hash, sizeof u->hash, json_text(n, "argon2id"));
		text(u->person, sizeof u->person, json_text(n, "person"));
		u->disabled = is_true(n, "disabled");
		u->must_change = is_true(n, "mustChange");
		u->created = number(n, "created");
		u->last_login = number(n, "lastLogin");
	}
	list = json_get(root, "tokens");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		struct token *t = token_slot(k, json_text(n, "id"));
		if (!t || hex_get(t->hash, sizeof t->hash, json_text(n, "sha256")) < 0)
			return false;
		text(t->role, sizeof t->role, json_text(n, "role"));
		text(t->user, sizeof t->user, json_text(n, "user"));
		text(t->label, sizeof t->label, json_text(n, "label"));
		t->revoked = is_true(n, "revoked");
		t->created = number(n, "created");
	}
	return true;
}

static bool cache_load(struct keeper *k, const struct json_node *root)
{
	uint64_t upto;
	if (!slice_eq_str(json_text(root, "version"), "1") || !slice_eq_str(json_text(root, "origin"), k->r->origin) || num_u64(json_text(root, "upTo"), 0, ledger_durable(k->l), &upto) < 0)
		return false;
	if (!load_people(k, root))
		return false;
	(void)!hex_get(k->accounts->sealed, sizeof k->accounts->sealed, json_text(root, "sealed"));
	const struct json_node *list = NULL;
	keeper_link_load(k, json_get(root, "links"));
	list = json_get(root, "quarantined");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		uint64_t entry;
		if (num_u64(n->value, 0, UINT64_MAX, &entry) < 0)
			return false;
		keeper_quarantine_note(k, entry, false);
	}
	list = json_get(root, "alarms");
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
		keeper_alarm_note(k, n->value, true);
	(void)!hex_get(k->config, sizeof k->config, json_text(root, "config"));
	keeper_vault_load(k, json_get(root, "vault"));
	keeper_gate_load(k, json_get(root, "gate"));
	keeper_watch_load(k, json_get(root, "watch"));
	keeper_cutter_load(k, json_get(root, "cutter"));
	keeper_retain_load(k, json_get(root, "retention"));
	if (!keeper_capture_load(k, json_get(root, "captures")))
		return false;
	keeper_station_load(k, json_get(root, "stations"));
	keeper_packets_load(k, json_get(root, "packets"));
	uint64_t view_erased = 0;
	(void)!num_u64(json_text(root, "viewErased"), 0, RETAIN_MOST, &view_erased);
	k->view_erased = (size_t)view_erased;
	(void)!num_u64(json_text(root, "rotated.entry"), 0, INT64_MAX, &k->rotated_seq);
	(void)!num_i64(json_text(root, "rotated.at"), 0, INT64_MAX, &k->rotated);
	k->accounts->upto = k->accounts->saved_upto = upto;
	return true;
}

struct finding {
	struct keeper *k;
	uint64_t *seqs;
	size_t n, cap;
};

static int find_kind(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct finding *f = arg;
	switch (en->leaf.kind) {
	case LEDGER_ACCOUNT:
	case LEDGER_QUARANTINE:
	case LEDGER_ALARM:
	case LEDGER_CONFIG:
	case LEDGER_SNAPSHOT:
	case LEDGER_VAULT_PACK:
	case LEDGER_KEYS:
	case LEDGER_RETENTION:
	case LEDGER_ECG_ACT: /* links among them */
	case LEDGER_GATE_ACT:
	case LEDGER_GATE_HELD:
	case LEDGER_GATE_SENT:
	case LEDGER_GATE_COUNT:
	case LEDGER_CAPTURE:
	case LEDGER_DOWNTIME:
	case LEDGER_STATION:
		break;
	default:
		return 0;
	}
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 64;
		uint64_t *p = reallocarray(f->seqs, cap, sizeof *p);
		if (!p)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the accounts");
		f->seqs = p;
		f->cap = cap;
	}
	f->seqs[f->n++] = en->seq;
	return 0;
}

/* What the cache has not read yet: leaves say which entries are about accounts, and only those are opened. */
static int catch_up(struct keeper *k, struct err *e)
{
	struct finding f = {.k = k};
	int r = ledger_scan(k->l, k->accounts->upto, ledger_durable(k->l), false, find_kind, &f, e);
	for (size_t i = 0; r == 0 && i < f.n; i++) {
		struct ledger_entry en;
		r = ledger_read(k->l, f.seqs[i], &en, e);
		if (r == 0)
			r = mean_entry(k, en.leaf.kind, en.seq, en.body, en.leaf.time);
	}
	free(f.seqs);
	k->accounts->upto = ledger_durable(k->l);
	return r;
}

static void forget(struct keeper *k)
{
	free(k->accounts->users);
	free(k->accounts->tokens);
	*k->accounts = (struct accounts){0};
	k->quarantined_count = 0;
	k->alarm_count = 0;
	keeper_link_forget(k);
	keeper_vault_forget(k);
	keeper_gate_forget(k);
	keeper_letter_forget(k);
	keeper_results_free(k);
	keeper_watch_forget(k);
	keeper_cutter_forget(k);
	keeper_retain_forget(k);
	keeper_capture_forget(k);
	keeper_station_forget(k);
	keeper_packets_forget(k);
	k->rotated = 0;
	k->rotated_seq = 0;
	memset(k->config, 0, sizeof k->config);
}

int accounts_open(struct keeper *k, struct err *e)
{
	k->accounts = calloc(1, sizeof *k->accounts);
	if (!k->accounts)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)512 << 20);
	struct json_node *root;
	buf_init_secret(&b, CACHE_MAX);
	int r = file_read(k->r->sitefd, CACHE, CACHE_MAX, &b, NULL);
	if (r == 0 && !(a && json_tree(buf_slice(&b), a, &root, NULL) == 0 && cache_load(k, root))) {
		role_log(k->r, "%s is damaged or of another ledger: it is made again from the ledger", CACHE);
		forget(k);
	}
	int code = keeper_gate_open(k, k->accounts->upto, e);
	return code < 0 ? code : catch_up(k, e);
}

/* Of a head that an older program made there are none: nobody signs in before the ledger is back. */
int accounts_open_restoring(struct keeper *k, struct err *e)
{
	struct stat st;
	k->accounts = calloc(1, sizeof *k->accounts);
	AUTO_ARENA struct arena *a = arena_new((size_t)512 << 20);
	if (!k->accounts || !a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (k->r->accountsfd < 0 || fstat(k->r->accountsfd, &st) < 0 || st.st_size <= 0) {
		role_log(k->r, "the copy that this site is rebuilt from knows no accounts: nobody can sign in before the ledger is back; holdfast chart reads the charts");
		return 0;
	}
	AUTO_BUF struct buf b = {0};
	struct json_node *root;
	buf_init_secret(&b, CACHE_MAX);
	uint8_t *p = (uint64_t)st.st_size <= CACHE_MAX ? buf_space(&b, (size_t)st.st_size) : NULL;
	int r = p ? file_pread_all(k->r->accountsfd, p, (size_t)st.st_size, 0, e, "rebuild.accounts") : err_set(e, ERR_LIMIT, "rebuild.accounts", "it is too large");
	if (r == 0)
		buf_commit(&b, (size_t)st.st_size);
	if (r == 0 && (json_tree(buf_slice(&b), a, &root, e) < 0 || !slice_eq_str(json_text(root, "version"), "1") || !load_people(k, root)))
		r = err_set(e, ERR_CORRUPT, "rebuild.accounts", "it is no list of accounts");
	return r;
}

void accounts_close(struct keeper *k)
{
	if (!k->accounts)
		return;
	forget(k);
	free(k->accounts);
	k->accounts = NULL;
}
