/* keeper_ecg: recordings over the web role: handed in, acted on, given out. Who may do what with one is settled here, and a signature is a person's: it is taken only with that person's own password, at that moment. */
#include "sessions.h"

#include <stdlib.h>

#define ACT_MAX (48u << 10)
#define HEAD_MAX (64u << 10) /* of a recording's line: ECG_BODY_HEAD_MAX */

/* ---- handed in ---- */

/* A patient's account brings that person's alone, and nobody else says that theirs came from home: whose it is rests on the account then. */
static int may_hand_in(const struct asker *who, struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n = NULL;
	size_t most = body.n < HEAD_MAX ? body.n : HEAD_MAX;
	const uint8_t *lf = most ? memchr(body.p, '\n', most) : NULL;
	if (!(who->may & (MAY_ECG_SEND | MAY_HOME)))
		return err_set(e, ERR_DENIED, NULL, who->must_change ? "change the one-time password first" : "the role %s may not do this", who->role);
	if (!a || !lf || json_tree(slice_of(body.p, (size_t)(lf - body.p)), a, &n, NULL) < 0)
		return err_set(e, a ? ERR_INPUT : ERR_MEMORY, NULL, a ? "this is no recording as the ledger keeps it" : "no memory");
	bool home = slice_eq_str(json_text(n, "via"), "home");
	if (who->may & MAY_ECG_SEND ? home : !home || !who->person[0] || !slice_eq_str(json_text(n, "patient"), who->person))
		return err_set(e, ERR_DENIED, NULL, "an account at home brings recordings of its own person, and no other account does");
	return 0;
}

/* What this account has brought itself. */
static bool is_own(const struct asker *who, const struct ledger_leaf *leaf)
{
	char source[LEDGER_SOURCE_MAX + 1];
	keeper_source(who, "ecg", source);
	return !strcmp(leaf->source, source);
}

void op_ecg(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	int r = asker_read(k, ch, &c, 0, &who, &e);
	bool wait = cur_u8(&c);
	struct slice body = cur_take(&c, cur_left(&c));
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad recording");
		return;
	}
	if (r == 0)
		r = may_hand_in(&who, body, &e);
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else
		keeper_store_for_web(k, ch, f->tag, &who, LEDGER_ECG, "ecg", body, true, wait);
}

/* ---- acted on ---- */

static uint32_t act_needs(struct slice act)
{
	static const struct {
		const char *act;
		uint32_t may;
	} acts[] = {{"match", MAY_ECG_SIGN}, {"unmatch", MAY_ECG_SIGN}, {"read", MAY_ECG_SIGN}, {"sign", MAY_ECG_SIGN}, {"addend", MAY_ECG_SIGN}, {"reject", MAY_ECG_SIGN}, {"reopen", MAY_ECG_SIGN}, {"urgency", MAY_CHART},
	            {"note", MAY_CHART}, {"review-request", MAY_CHART}};
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (slice_eq_str(act, acts[i].act))
			return acts[i].may;
	return 0;
}

/* What is to be done, by somebody who may, to an entry that is a recording. */
static int act_read(struct keeper *k, const struct asker *who, struct slice json, bool *ret_sign, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct ledger_leaf leaf;
	uint64_t of;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (json.n > ACT_MAX)
		return err_set(e, ERR_LIMIT, NULL, "what is said of a recording at once is at most %u bytes", ACT_MAX);
	int r = json_tree(json, a, &n, e);
	if (r < 0)
		return r;
	uint32_t need = act_needs(json_text(n, "act"));
	if (!need || num_u64(json_text(n, "ecg"), 0, UINT64_MAX, &of) < 0)
		return err_set(e, ERR_INPUT, NULL, "there is no such act");
	bool home = need == MAY_CHART && who->may & MAY_HOME && !slice_eq_str(json_text(n, "act"), "urgency");
	if ((who->may & need) != need && !home)
		return err_set(e, ERR_DENIED, NULL, who->must_change ? "change the one-time password first" : "the role %s may not do this", who->role);
	if (of >= ledger_durable(k->l))
		return err_set(e, ERR_NOT_FOUND, NULL, "the ledger has no entry of that number");
	r = ledger_read_leaf(k->l, of, &leaf, e);
	if (r == 0 && (leaf.kind != LEDGER_ECG || (home && !is_own(who, &leaf))))
		r = err_set(e, ERR_NOT_FOUND, NULL, home ? "this account has sent no ECG of number %llu" : "entry %llu is no ECG", (unsigned long long)of);
	*ret_sign = slice_eq_str(json_text(n, "act"), "sign");
	return r;
}

/* Its bytes wait until the password has been looked at, beside the loop. */
int keeper_ask_password(struct keeper *k, struct kchan *ch, uint64_t tag, const struct asker *who, const char *secret, uint8_t kind, struct slice json, bool wait, struct err *e)
{
	const struct account *u = accounts_user(k, who->user);
	uint32_t seconds = tries_wait(k, who->user, who->address);
	if (!who->session || !u || u->disabled)
		return err_set(e, ERR_DENIED, NULL, "a signature is a person's, who is signed in");
	if (seconds) {
		char text[16];
		snprintf(text, sizeof text, "%u", seconds);
		return err_set(e, ERR_LIMIT, text, "too many tries; wait %u seconds", seconds);
	}
	struct password_job *j = calloc(1, sizeof *j);
	uint8_t *kept = j ? malloc(json.n) : NULL;
	if (!kept) {
		free(j);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	memcpy(kept, json.p, json.n);
	j->what = JOB_SIGN;
	j->chan = ch->id;
	j->tag = tag;
	j->known = true;
	j->kind = kind;
	j->act = kept;
	j->act_n = json.n;
	j->one_time = wait;
	snprintf(j->user, sizeof j->user, "%s", u->user);
	snprintf(j->role, sizeof j->role, "%s", who->role);
	snprintf(j->address, sizeof j->address, "%s", who->address);
	snprintf(j->secret, sizeof j->secret, "%s", secret);
	memcpy(j->hash, u->hash, sizeof j->hash);
	memcpy(j->session, who->session->hash, sizeof j->session);
	return passwords_ask(k, j, e);
}

void sign_answer(struct keeper *k, struct kchan *ch, struct password_job *j)
{
	struct err e = {0};
	const struct account *u = accounts_user(k, j->user);
	struct asker who = {.user = ""};
	if (!j->matched || !u || u->disabled || !session_by_hash(k, j->session)) {
		tries_failed(k, j->user, j->address);
		err_set(&e, ERR_DENIED, "password", "the password is wrong: nothing was signed");
		reply_err(ch, j->tag, &e);
		return;
	}
	tries_forget(k, j->user, j->address);
	snprintf(who.user, sizeof who.user, "%s", u->user);
	snprintf(who.role, sizeof who.role, "%s", u->role);
	size_t staged = k->staged_count;
	keeper_store_for_web(k, ch, j->tag, &who, j->kind, "web", slice_of(j->act, j->act_n), false, j->one_time);
	if (k->staged_count > staged)
		k->staged[k->staged_count - 1].body = SLICE_NULL; /* the job's bytes go away before the round ends: the scribe gets the ledger's */
}

void op_ecg_act(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	char secret[256];
	bool sign = false;
	int r = asker_read(k, ch, &c, 0, &who, &e);
	bool wait = cur_u8(&c);
	frame_get_text(&c, secret, sizeof secret);
	struct slice json = cur_take(&c, cur_left(&c));
	if (r == 0 && c.failed)
		r = err_set(&e, ERR_INPUT, NULL, "a password has at most 255 bytes");
	if (r == 0)
		r = act_read(k, &who, json, &sign, &e);
	if (r == 0 && sign)
		r = keeper_ask_password(k, ch, f->tag, &who, secret, LEDGER_ECG_ACT, json, wait, &e);
	seal_wipe(secret, sizeof secret);
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else if (!sign)
		keeper_store_for_web(k, ch, f->tag, &who, LEDGER_ECG_ACT, "web", json, false, wait);
}

/* ---- given out ---- */

void op_ecg_body(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	struct ledger_leaf leaf;
	struct ledger_entry en;
	char what[24], patient[128], query[256];
	uint64_t audit = 0;
	int r = asker_read(k, ch, &c, 0, &who, &e);
	uint64_t seq = cur_u64le(&c);
	bool home = r == 0 && who.may & MAY_HOME;
	if (r == 0 && !(who.may & (MAY_CHART | MAY_HOME)))
		r = err_set(&e, ERR_DENIED, NULL, who.must_change ? "change the one-time password first" : "the role %s may not do this", who.role);
	frame_get_text(&c, what, sizeof what);
	frame_get_text(&c, patient, sizeof patient);
	frame_get_text(&c, query, sizeof query);
	if (r == 0 && (!cur_done(&c) || !what[0]))
		r = err_set(&e, ERR_INPUT, NULL, "a bad request");
	if (r == 0 && seq >= ledger_durable(k->l))
		r = err_set(&e, ERR_NOT_FOUND, NULL, "the ledger has no entry of that number");
	if (r == 0)
		r = ledger_read_leaf(k->l, seq, &leaf, &e);
	if (r == 0 && (leaf.kind != LEDGER_ECG || (home && !is_own(&who, &leaf))))
		r = err_set(&e, ERR_NOT_FOUND, NULL, home ? "this account has sent no ECG of number %llu" : "entry %llu is no ECG", (unsigned long long)seq);
	if (r == 0 && who.session && !session_take_ecg(who.session))
		r = err_set(&e, ERR_LIMIT, NULL, "this session has looked at recordings %d times within an hour; more need another way", ECG_MAX);
	if (r == 0)
		r = keeper_audit_entry(k, &who, what, patient, query, UINT64_MAX, &audit, &e);
	if (r == 0)
		r = ledger_read(k->l, seq, &en, &e);
	if (r == 0 && en.erased)
		r = err_set(&e, ERR_ERASED, NULL, "this recording was erased");
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag); /* goes out after the same commit as the audit entry */
	buf_u64le(&ch->c.out, audit);
	buf_add_slice(&ch->c.out, en.body);
	reply_end(ch, at);
}
