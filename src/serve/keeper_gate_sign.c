/* keeper_gate_sign: a step up that is signed for at a terminal, with a name and a password in place of a token. The password is looked at beside the loop (password.c); what was asked waits until then. Wrong ones are entries,
 * and count as at the door (sessions.c). */
#include "sessions.h"

#include <stdlib.h>

#define TERMINAL "terminal"

static void copy_text(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

/* What was asked, without the password. */
static int keep(struct password_job *j, const struct json_node *n, struct err *e)
{
	static const char *const keys[] = {"do", "name", "reason", "expires", "who", "seq", "address"};
	struct jsonw w;
	struct buf b;
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		jsonw_kslice_opt(&w, keys[i], json_text(n, keys[i]));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&b)) {
		buf_done(&b);
		return err_set(e, ERR_LIMIT, NULL, "the reason is too long");
	}
	j->act = b.p;
	j->act_n = b.n;
	return 0;
}

int gate_sign_ask(struct keeper *k, struct kchan *ch, uint64_t tag, const struct json_node *n, struct err *e)
{
	struct slice user = json_text(n, "user"), secret = json_text(n, "password");
	struct slice what = json_text(n, "do");
	if (!user.n || !(slice_eq_str(what, "advance") || slice_eq_str(what, "skip") || slice_eq_str(what, "retry") || slice_eq_str(what, "plan-undo") || slice_eq_str(what, "isolate-end") || slice_eq_str(what, "free-address")))
		return 0;
	struct password_job *j = calloc(1, sizeof *j);
	if (!j)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	copy_text(j->user, sizeof j->user, user);
	snprintf(j->address, sizeof j->address, TERMINAL);
	uint32_t seconds = tries_wait(k, j->user, j->address);
	int r = seconds ? err_set(e, ERR_LIMIT, NULL, "too many wrong passwords; wait %u seconds", seconds) : keep(j, n, e);
	if (r < 0) {
		free(j);
		return r;
	}
	const struct account *u = accounts_user(k, j->user);
	j->what = JOB_GATE;
	j->chan = ch->id;
	j->tag = tag;
	j->known = u && !u->disabled;
	copy_text(j->secret, sizeof j->secret, secret);
	if (u)
		memcpy(j->hash, u->hash, sizeof j->hash);
	r = passwords_ask(k, j, e);
	return r < 0 ? r : 1;
}

void gate_sign_answer(struct keeper *k, struct kchan *ch, struct password_job *j)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	const struct account *u = accounts_user(k, j->user);
	struct json_node *n;
	struct err e = {0};
	int r = 0;
	if (!j->matched || !u || u->disabled) {
		tries_failed(k, j->user, j->address);
		session_failed(k, j->user, j->address);
		r = err_set(&e, ERR_DENIED, NULL, "the name or the password is wrong: nothing was signed");
	} else if (u->must_change) {
		r = err_set(&e, ERR_DENIED, NULL, "this is a one-time password: sign in once in the browser and change it");
	} else {
		tries_forget(k, j->user, j->address);
		r = a ? json_tree(slice_of(j->act, j->act_n), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	}
	if (r == 0)
		r = keeper_gate_person(k, ch, j->tag, u->user, u->role, n, &e);
	if (r < 0)
		reply_err(ch, j->tag, &e);
}
