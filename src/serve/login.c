/* login: signing in and out, who asks, break-glass, users and tokens. Each is an entry, durable before the answer. */
#include "sessions.h"

#include <stdlib.h>

/* ---- roles ---- */

static const struct {
	const char *name;
	uint32_t may;
} roles[] = {
	{"admin", MAY_BOARD | MAY_CENSUS | MAY_SEARCH | MAY_CHART | MAY_AUDIT | MAY_RAW | MAY_USERS | MAY_SETUP | MAY_FHIR_READ | MAY_IDENTITY | MAY_BREAK_GLASS | MAY_ECG_SEND | MAY_GATE | MAY_CUT | MAY_CAPTURE | MAY_BACKLOAD | MAY_DOWNTIME | MAY_SCOPE},
	{"clinician", MAY_BOARD | MAY_CENSUS | MAY_SEARCH | MAY_CHART | MAY_FHIR_READ | MAY_BREAK_GLASS | MAY_ECG_SEND | MAY_ECG_SIGN | MAY_CAPTURE | MAY_BACKLOAD},
	{"registrar", MAY_BOARD | MAY_CENSUS | MAY_SEARCH | MAY_CHART | MAY_IDENTITY | MAY_BREAK_GLASS | MAY_CAPTURE | MAY_BACKLOAD},
	{"privacy", MAY_BOARD | MAY_CENSUS | MAY_SEARCH | MAY_CHART | MAY_AUDIT | MAY_RAW | MAY_BREAK_GLASS | MAY_GATE | MAY_SCOPE},
	{"security", MAY_BOARD | MAY_AUDIT | MAY_RAW | MAY_SETUP | MAY_GATE | MAY_CUT},
	{"owner", MAY_BOARD | MAY_CENSUS | MAY_SEARCH | MAY_CHART | MAY_AUDIT | MAY_RAW | MAY_BREAK_GLASS | MAY_GATE | MAY_CUT | MAY_DOWNTIME | MAY_SCOPE},
	{"auditor", MAY_BOARD | MAY_AUDIT | MAY_GATE},
	{"device", MAY_FHIR_WRITE | MAY_ECG_SEND},
	{"api", MAY_FHIR_READ | MAY_FHIR_WRITE},
	{AGENT_ROLE, MAY_VAULT},
	{"replica", MAY_REPLICA},
	{"station", MAY_STATION},   /* a ward's PC */
	{"patient", MAY_HOME},      /* at home: bound to one person of the chart */
	{"ecg-send", MAY_ECG_SEND}, /* carts and devices: hand in, and see what became of their own */
};

uint32_t serve_role_may(const char *role)
{
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (!strcmp(role, roles[i].name))
			return roles[i].may;
	return 0;
}

bool serve_role_known(const char *role)
{
	return serve_role_may(role) != 0 && strcmp(role, AGENT_ROLE) != 0; /* no person's: `agent add` makes it alone */
}

/* ---- who asks ---- */

static int of_session(struct keeper *k, const char *id, struct asker *ret, struct err *e)
{
	struct session *s = session_find(k, id);
	const struct account *u = s ? accounts_user(k, s->user) : NULL;
	if (!u || u->disabled)
		return err_set(e, ERR_DENIED, NULL, "not signed in, or for too long; sign in again");
	snprintf(ret->user, sizeof ret->user, "%s", u->user);
	snprintf(ret->role, sizeof ret->role, "%s", u->role);
	snprintf(ret->person, sizeof ret->person, "%s", u->person);
	ret->must_change = u->must_change && !k->reading;
	ret->may = ret->must_change ? 0 : serve_role_may(u->role);
	ret->session = s;
	return 0;
}

static int of_token(struct keeper *k, const char *token, struct asker *ret, struct err *e)
{
	const struct token *t = accounts_token(k, token);
	const struct account *u = t && t->user[0] ? accounts_user(k, t->user) : NULL;
	if (!t || (t->user[0] && (!u || u->disabled)))
		return err_set(e, ERR_DENIED, NULL, "this token is not known, or no longer");
	const char *role = u ? u->role : t->role;
	if (u)
		snprintf(ret->user, sizeof ret->user, "%s", u->user);
	else
		snprintf(ret->user, sizeof ret->user, "token/%.50s", t->label[0] ? t->label : t->id);
	snprintf(ret->role, sizeof ret->role, "%s", role);
	if (u)
		snprintf(ret->person, sizeof ret->person, "%s", u->person);
	ret->may = serve_role_may(role);
	ret->is_token = true;
	return 0;
}

int asker_read(struct keeper *k, struct kchan *ch, struct cur *c, uint32_t need, struct asker *ret, struct err *e)
{
	struct asker a = {.user = ""};
	char secret[TOKEN_MAX + 1];
	uint8_t way = cur_u8(c);
	struct slice s = frame_get_str(c);
	frame_get_text(c, a.address, sizeof a.address);
	if (ch->kind == CH_CONTROL) { /* the kernel says who it is */
		/* its name for it, where it gives one, is only put beside that */
		size_t n = 0;
		while (a.address[n] > ' ' && a.address[n] < 0x7f && n < 40)
			n++;
		if (n)
			snprintf(a.user, sizeof a.user, "%.*s (uid %u)", (int)n, a.address, ch->uid);
		else
			snprintf(a.user, sizeof a.user, ch->uid == 0 ? "root" : "uid-%u", ch->uid);
		a.address[0] = 0;
		snprintf(a.role, sizeof a.role, "command");
		a.command = true;
		a.may = UINT32_MAX;
		*ret = a;
		return c->failed ? err_set(e, ERR_INPUT, NULL, "a bad request") : 0;
	}
	if (ch->kind == CH_PACKET) { /* a role of ours, and no person */
		snprintf(a.user, sizeof a.user, "holdfast");
		snprintf(a.role, sizeof a.role, "packets");
		*ret = a;
		return c->failed ? err_set(e, ERR_INPUT, NULL, "a bad request") : 0;
	}
	if (c->failed || (way != WHO_SESSION && way != WHO_TOKEN) || s.n >= sizeof secret || (s.n && memchr(s.p, 0, s.n)))
		return err_set(e, ERR_DENIED, NULL, "not signed in");
	if (s.n)
		memcpy(secret, s.p, s.n);
	secret[s.n] = 0;
	int r = way == WHO_SESSION ? of_session(k, secret, &a, e) : of_token(k, secret, &a, e);
	seal_wipe(secret, sizeof secret);
	if (r < 0)
		return r;
	if ((a.may & need) != need)
		return err_set(e, ERR_DENIED, NULL, a.must_change ? "change the one-time password first" : "the role %s may not do this", a.role);
	if (a.session)
		a.session->last = time_monotonic();
	*ret = a;
	return 0;
}

/* ---- session entries ---- */

/* When even the reserve is full, people still sign in and charts still open: "not being recorded", counted (DESIGN 4). */
static int session_entry(struct keeper *k, const char *what, const struct asker *who, const char *patient, const char *reason, uint64_t *ret_seq, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char later[1200];
	buf_init(&b, FRAME_SMALL);
	if (k->restoring)
		reason = looked_when(reason, later, sizeof later);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", what);
	jsonw_kslice_opt(&w, "user", slice_str(who->user));
	jsonw_kslice_opt(&w, "role", slice_str(who->role));
	jsonw_kslice_opt(&w, "address", slice_str(who->address));
	jsonw_kslice_opt(&w, "patient", slice_str(patient));
	jsonw_kslice_opt(&w, "reason", slice_str(reason));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	int r = keeper_record(k, LEDGER_SESSION, "web", buf_slice(&b), ret_seq, NULL, e);
	if (r == ERR_FULL) {
		if (ret_seq)
			*ret_seq = UINT64_MAX;
		return 0;
	}
	return r;
}

/* ---- signing in ---- */

static void put_session(const struct keeper *k, struct kchan *ch, const struct asker *a, const char *csrf, int64_t expires)
{
	struct keeper_view v;
	keeper_view(k, &v);
	frame_str(&ch->c.out, a->user);
	frame_str(&ch->c.out, a->role);
	frame_str(&ch->c.out, csrf);
	buf_u64le(&ch->c.out, (uint64_t)expires);
	buf_u32le(&ch->c.out, a->may);
	buf_u8(&ch->c.out, a->must_change);
	buf_u8(&ch->c.out, a->is_token);
	frame_str(&ch->c.out, a->person);
	buf_u8(&ch->c.out, v.state);
	buf_u64le(&ch->c.out, v.done);
	buf_u64le(&ch->c.out, v.total);
	buf_u32le(&ch->c.out, v.left);
	buf_u8(&ch->c.out, v.read_only);
}

static void refuse_for(struct kchan *ch, uint64_t tag, uint32_t seconds)
{
	struct err e;
	char place[32];
	snprintf(place, sizeof place, "%u", seconds); /* keeper_login takes it from here */
	err_set(&e, ERR_LIMIT, place, "too many wrong passwords from here; wait %u seconds", seconds);
	reply_err(ch, tag, &e);
}

void op_login(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct password_job *j = calloc(1, sizeof *j);
	struct err e = {0};
	if (!j) {
		err_set(&e, ERR_MEMORY, NULL, "no memory");
		reply_err(ch, f->tag, &e);
		return;
	}
	j->what = JOB_LOGIN;
	j->chan = ch->id;
	j->tag = f->tag;
	frame_get_text(&c, j->user, sizeof j->user);
	frame_get_text(&c, j->secret, sizeof j->secret);
	frame_get_text(&c, j->address, sizeof j->address);
	uint32_t seconds = cur_done(&c) ? tries_wait(k, j->user, j->address) : 0;
	if (!cur_done(&c) || seconds) {
		if (seconds)
			refuse_for(ch, f->tag, seconds);
		else {
			err_set(&e, ERR_DENIED, NULL, "the name or the password is wrong");
			reply_err(ch, f->tag, &e);
		}
		seal_wipe(j, sizeof *j);
		free(j);
		return;
	}
	const struct account *u = accounts_user(k, j->user);
	j->known = u && !u->disabled;
	if (u)
		memcpy(j->hash, u->hash, sizeof j->hash);
	if (passwords_ask(k, j, &e) < 0)
		reply_err(ch, f->tag, &e);
}

static void login_answer(struct keeper *k, struct kchan *ch, struct password_job *j)
{
	struct err e = {0};
	struct account *u = accounts_user(k, j->user);
	struct asker who = {.user = ""};
	memcpy(who.address, j->address, sizeof who.address);
	if (u) /* what was typed for a name that nobody has may be a password in the wrong field: it is not written down */
		memcpy(who.user, u->user, sizeof who.user);
	if (!j->matched || !u || u->disabled) {
		tries_failed(k, j->user, j->address);
		if (session_entry(k, "login-failed", &who, NULL, NULL, NULL, &e) == 0)
			err_set(&e, ERR_DENIED, NULL, "the name or the password is wrong");
		reply_err(ch, j->tag, &e);
		return;
	}
	char id[SESSION_ID_MAX];
	memcpy(who.role, u->role, sizeof who.role);
	who.must_change = u->must_change && !k->reading; /* it cannot be changed now, and charts are to be read */
	who.may = who.must_change ? 0 : serve_role_may(u->role);
	if (session_entry(k, "login", &who, NULL, NULL, NULL, &e) < 0) {
		reply_err(ch, j->tag, &e);
		return;
	}
	tries_forget(k, j->user, j->address);
	u->last_login = time_now();
	struct session *s = session_new(k, u->user, id);
	size_t at = reply_begin(ch, j->tag);
	frame_str(&ch->c.out, id);
	put_session(k, ch, &who, s->csrf, session_expires(s));
	reply_end(ch, at);
	seal_wipe(id, sizeof id);
}

void session_failed(struct keeper *k, const char *user, const char *address)
{
	const struct account *u = accounts_user(k, user);
	struct asker who = {.user = ""};
	struct err e;
	snprintf(who.address, sizeof who.address, "%s", address);
	if (u)
		memcpy(who.user, u->user, sizeof who.user);
	if (session_entry(k, "login-failed", &who, NULL, NULL, NULL, &e) < 0)
		role_log(k->r, "a wrong password cannot be recorded: %s", e.text);
}

void op_check(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	if (asker_read(k, ch, &c, 0, &who, &e) < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	put_session(k, ch, &who, who.session ? who.session->csrf : "", who.session ? session_expires(who.session) : time_now() + SESSION_IDLE);
	reply_end(ch, at);
}

void op_logout(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	int r = asker_read(k, ch, &c, 0, &who, &e);
	if (r == 0 && who.session) {
		r = session_entry(k, "logout", &who, NULL, NULL, NULL, &e);
		seal_wipe(who.session, sizeof *who.session);
	}
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else
		reply_ok(ch, f->tag);
}

/* ---- passwords ---- */

/* Long enough, and not one of those that are tried first. */
static int password_fit(const char *user, const char *p, struct err *e)
{
	static const char *const common[] = {"password", "passwort", "motdepasse", "1234567890", "0123456789", "qwertyuiop", "qwertzuiop", "azertyuiop", "iloveyou", "letmein", "welcome", "willkommen", "bienvenue",
	                                     "administrator", "changeme", "hospital", "krankenhaus", "holdfast", "abcdefghij", "sommer20", "summer20", "winter20"};
	size_t n = strlen(p), same = 1;
	AUTO_BUF struct buf low = {0};
	buf_init(&low, 4096);
	utf8_fold(&low, slice_str(p));
	if (n < 10)
		return err_set(e, ERR_INPUT, "password", "a password has at least 10 characters");
	for (size_t i = 1; i < n; i++)
		same += p[i] == p[i - 1];
	const char *folded = buf_cstr(&low);
	bool bad = same * 2 > n;
	for (size_t i = 0; i < ARRAY_LEN(common); i++) {
		/* the word with a few characters around it is the word */
		const char *hit = strstr(folded, common[i]);
		bad |= hit && strlen(folded) < strlen(common[i]) + 6;
	}
	char name[USER_MAX];
	size_t un = strlen(user);
	for (size_t i = 0; i <= un && i < sizeof name; i++)
		name[i] = user[i] >= 'A' && user[i] <= 'Z' ? (char)(user[i] + 32) : user[i];
	bad |= un >= 4 && strstr(folded, name) && strlen(folded) < un + 6;
	return bad ? err_set(e, ERR_INPUT, "password", "this password is among those that are tried first; take several words") : 0;
}

void op_password(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	struct password_job *j = calloc(1, sizeof *j);
	int r = j ? asker_read(k, ch, &c, 0, &who, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0) {
		frame_get_text(&c, j->secret, sizeof j->secret);
		frame_get_text(&c, j->fresh, sizeof j->fresh);
		if (!cur_done(&c))
			r = err_set(&e, ERR_INPUT, "password", "a password has at most 255 bytes");
	}
	const struct account *u = r == 0 ? accounts_user(k, who.user) : NULL;
	if (r == 0 && (!u || !who.session))
		r = err_set(&e, ERR_DENIED, NULL, "only a person who is signed in changes a password");
	if (r == 0 && !strcmp(j->secret, j->fresh))
		r = err_set(&e, ERR_INPUT, "password", "the new password is the old one");
	if (r == 0)
		r = password_fit(u->user, j->fresh, &e);
	if (r == 0) {
		j->what = JOB_CHANGE;
		j->chan = ch->id;
		j->tag = f->tag;
		j->known = true;
		memcpy(j->user, u->user, sizeof j->user);
		memcpy(j->hash, u->hash, sizeof j->hash);
		memcpy(j->session, who.session->hash, sizeof j->session);
		r = passwords_ask(k, j, &e);
		j = NULL;
	}
	if (j) {
		seal_wipe(j, sizeof *j);
		free(j);
	}
	if (r < 0)
		reply_err(ch, f->tag, &e);
}

static void change_answer(struct keeper *k, struct kchan *ch, struct password_job *j)
{
	struct err e = {0};
	int r = j->matched && j->made[0] ? 0 : err_set(&e, ERR_DENIED, "password", "the old password is wrong");
	if (r == 0)
		r = accounts_change(k, "password", j->user, NULL, j->user, NULL, j->made, false, NULL, &e);
	if (r < 0) {
		reply_err(ch, j->tag, &e);
		return;
	}
	sessions_end_of(k, j->user, session_by_hash(k, j->session));
	reply_ok(ch, j->tag);
}

/* ---- users and tokens ---- */

void op_user_add(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	struct password_job *j = calloc(1, sizeof *j);
	int r = j ? asker_read(k, ch, &c, MAY_USERS, &who, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0) {
		frame_get_text(&c, j->user, sizeof j->user);
		frame_get_text(&c, j->role, sizeof j->role);
		frame_get_text(&c, j->fresh, sizeof j->fresh);
		frame_get_text(&c, j->person, sizeof j->person);
		if (!cur_done(&c) || !account_name_ok(j->user))
			r = err_set(&e, ERR_USAGE, "NAME", "a user's name has 1 to %d letters, digits, '.', '_', '-' or '@', and begins with a letter or digit", USER_MAX - 9);
	}
	if (r == 0 && !serve_role_known(j->role))
		r = err_set(&e, ERR_USAGE, "--role", "roles are " SERVE_ROLES);
	const struct account *u = r == 0 ? accounts_user(k, j->user) : NULL;
	if (r == 0 && u && !u->disabled)
		r = err_set(&e, ERR_EXISTS, j->user, "there is a user of that name");
	if (r == 0 && !strcmp(j->role, PATIENT_ROLE) != (j->person[0] != 0))
		r = err_set(&e, ERR_USAGE, "--patient", "an account of the role patient is one person's, who is named with it; no other role is");
	if (r == 0 && u && strcmp(u->person, j->person) != 0) /* recordings are theirs by the account's name */
		r = err_set(&e, ERR_EXISTS, j->user, "there was a user of that name who was somebody else; take another name");
	if (r == 0 && j->fresh[0])
		r = password_fit(j->user, j->fresh, &e);
	if (r == 0) {
		if (u) /* as it was written the first time: a disabled user comes back */
			memcpy(j->user, u->user, sizeof j->user);
		if (!j->fresh[0]) {
			char made[32];
			seal_password_new(made);
			memcpy(j->fresh, made, sizeof made);
			seal_wipe(made, sizeof made);
			j->one_time = true;
		}
		j->what = JOB_USER_ADD;
		j->chan = ch->id;
		j->tag = f->tag;
		memcpy(j->by, who.user, sizeof j->by);
		r = passwords_ask(k, j, &e);
		j = NULL;
	}
	if (j) {
		seal_wipe(j, sizeof *j);
		free(j);
	}
	if (r < 0)
		reply_err(ch, f->tag, &e);
}

static void user_added(struct keeper *k, struct kchan *ch, struct password_job *j)
{
	struct err e = {0};
	int r = j->made[0] ? 0 : err_set(&e, ERR_MEMORY, NULL, "no memory for hashing a password");
	const struct account *u = accounts_user(k, j->user);
	if (r == 0 && u && !u->disabled)
		r = err_set(&e, ERR_EXISTS, j->user, "there is a user of that name");
	if (r == 0)
		r = accounts_change(k, "user-add", j->user, j->role, j->by, NULL, j->made, j->one_time, j->person, &e);
	if (r < 0) {
		reply_err(ch, j->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, j->tag);
	frame_str(&ch->c.out, j->fresh);
	reply_end(ch, at);
}

void login_done(struct keeper *k, struct password_job *j)
{
	struct kchan *ch = keeper_chan_find(k, j->chan);
	if (!ch)
		return; /* whoever asked is gone; nothing was decided yet */
	if (j->what == JOB_LOGIN)
		login_answer(k, ch, j);
	else if (j->what == JOB_CHANGE)
		change_answer(k, ch, j);
	else if (j->what == JOB_SIGN)
		sign_answer(k, ch, j);
	else if (j->what == JOB_GATE)
		gate_sign_answer(k, ch, j);
	else
		user_added(k, ch, j);
}

void op_user_disable(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	char user[USER_MAX], reason[512];
	int r = asker_read(k, ch, &c, MAY_USERS, &who, &e);
	frame_get_text(&c, user, sizeof user);
	frame_get_text(&c, reason, sizeof reason);
	if (r == 0 && (!cur_done(&c) || !reason[0]))
		r = err_set(&e, ERR_USAGE, "--reason", "a reason of at most 511 bytes is wanted");
	const struct account *u = r == 0 ? accounts_user(k, user) : NULL;
	if (r == 0 && (!u || u->disabled))
		r = err_set(&e, ERR_NOT_FOUND, NULL, "no user of that name is active");
	if (r == 0) {
		snprintf(user, sizeof user, "%s", u->user);
		r = accounts_change(k, "user-disable", user, NULL, who.user, reason, NULL, false, NULL, &e);
	}
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	sessions_end_of(k, user, NULL);
	reply_ok(ch, f->tag);
}

void op_user_list(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	AUTO_BUF struct buf json = {0};
	buf_init(&json, FRAME_BODY - 16);
	if (asker_read(k, ch, &c, MAY_USERS, &who, &e) < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	accounts_json(k, &json);
	size_t at = reply_begin(ch, f->tag);
	buf_add_slice(&ch->c.out, buf_slice(&json));
	reply_end(ch, at);
}

void op_token_create(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	char role[24], user[USER_MAX], label[64], token[TOKEN_MAX];
	int r = asker_read(k, ch, &c, MAY_USERS, &who, &e);
	frame_get_text(&c, role, sizeof role);
	frame_get_text(&c, user, sizeof user);
	frame_get_text(&c, label, sizeof label);
	if (r == 0 && (!cur_done(&c) || !role[0] == !user[0]))
		r = err_set(&e, ERR_USAGE, NULL, "give a role or a user, and a label of at most 63 bytes");
	bool agent = !strcmp(role, AGENT_ROLE);
	if (r == 0 && !strcmp(role, PATIENT_ROLE))
		r = err_set(&e, ERR_USAGE, "--role", "a patient's token belongs to their account: give --user");
	if (r == 0 && role[0] && !agent && !serve_role_known(role))
		r = err_set(&e, ERR_USAGE, "--role", "roles are " SERVE_ROLES);
	if (r == 0 && agent && ch->uid != 0 && ch->uid != k->r->owner_uid)
		r = err_set(&e, ERR_DENIED, NULL, "agents are made by root or the site's owner");
	if (r == 0 && agent && !keeper_agent_name_ok(label))
		r = err_set(&e, ERR_USAGE, "NAME", "an agent's name is 1 to 40 letters, digits, dots, hyphens and underscores, begins with a letter or digit, and is not 'site'");
	if (r == 0 && agent && accounts_agent(k, label))
		r = err_set(&e, ERR_EXISTS, label, "there is an agent of that name; revoke it first, if its credential is to be replaced");
	const struct account *u = r == 0 && user[0] ? accounts_user(k, user) : NULL;
	if (r == 0 && user[0] && (!u || u->disabled))
		r = err_set(&e, ERR_NOT_FOUND, "--user", "no user of that name is active");
	if (r == 0)
		r = accounts_token_new(k, role, u ? u->user : "", label, who.user, token, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	frame_str(&ch->c.out, token);
	reply_end(ch, at);
	seal_wipe(token, sizeof token);
}

void op_token_revoke(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	char id[TOKEN_MAX];
	int r = asker_read(k, ch, &c, MAY_USERS, &who, &e);
	frame_get_text(&c, id, sizeof id);
	if (r == 0 && !cur_done(&c))
		r = err_set(&e, ERR_USAGE, NULL, "no such token");
	if (r == 0)
		r = accounts_token_revoke(k, id, who.user, &e);
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else
		reply_ok(ch, f->tag);
}

/* ---- protected records ---- */

void op_break_glass(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	char patient[40], reason[1024];
	uint64_t seq = 0;
	int r = asker_read(k, ch, &c, MAY_BREAK_GLASS, &who, &e);
	frame_get_text(&c, patient, sizeof patient);
	frame_get_text(&c, reason, sizeof reason);
	if (r == 0 && (!cur_done(&c) || !patient[0] || slice_trim(slice_str(reason)).n < 3))
		r = err_set(&e, ERR_INPUT, "reason", "say why this record has to be opened, in at most a thousand characters");
	if (r == 0 && !who.session)
		r = err_set(&e, ERR_DENIED, NULL, "only a person opens a protected record, not a program");
	if (r == 0)
		r = session_entry(k, "break-glass", &who, patient, reason, &seq, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	session_glass_add(who.session, patient);
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, seq);
	reply_end(ch, at);
}

void op_glass(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	char patient[128];
	int r = asker_read(k, ch, &c, 0, &who, &e);
	frame_get_text(&c, patient, sizeof patient);
	if (r == 0 && !cur_done(&c))
		r = err_set(&e, ERR_INPUT, NULL, "a bad request");
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u8(&ch->c.out, who.session && session_glass_open(who.session, patient));
	reply_end(ch, at);
}
