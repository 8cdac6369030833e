/* An operator has looked at what was judged as damage and says that it is right as it stands: a clinic that deletes a share, an archive that was enciphered on purpose. The verdict itself is an entry and stays; this
 * is another one, and from then on readers take the snapshot for clean, and marks of its time or before for none. Damage that comes later is found as ever.
 *
 * Body, kind LEDGER_SNAPSHOT: {"what":"accept","source":NAME,"snapshot":"s12","by":USER,"reason":TEXT}. Valid if and only if it names a snapshot by its id and a source. */
#include "vault_internal.h"

void vault_accept_body(const struct vault_snapshot *s, const char *by, const char *reason, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "accept");
	jsonw_kstr(&w, "source", s->source);
	jsonw_kstr(&w, "snapshot", s->id);
	jsonw_kstr(&w, "by", by);
	jsonw_kstr(&w, "reason", reason);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

static int wrong(struct err *e)
{
	return err_set(e, ERR_CORRUPT, NULL, "the body of an acceptance is not what we write");
}

int vault_accept_parse(struct slice body, struct vault_accepted *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(256 << 10);
	struct json_node *n;
	struct vault_accepted x = {.seq = 0};
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for an acceptance");
	if (body.n > VAULT_ACCEPT_MAX || json_tree(body, a, &n, NULL) < 0 || !slice_eq_str(json_text(n, "what"), "accept"))
		return wrong(e);
	struct slice id = json_text(n, "snapshot"), source = json_text(n, "source"), by = json_text(n, "by"), reason = json_text(n, "reason");
	if (id.n < 2 || id.p[0] != 's' || num_u64(slice_of(id.p + 1, id.n - 1), 0, INT64_MAX, &x.seq) < 0 || !vault_name_ok(source))
		return wrong(e);
	memcpy(x.source, source.p, source.n);
	if (by.n)
		memcpy(x.by, by.p, by.n < sizeof x.by - 1 ? by.n : sizeof x.by - 1);
	if (reason.n)
		memcpy(x.reason, reason.p, reason.n < sizeof x.reason - 1 ? reason.n : sizeof x.reason - 1);
	*ret = x;
	return 0;
}

/* The snapshot as readers are to see it: clean, and why stands first in reasons. */
int vault_accept_apply(const struct vault_accepted *x, struct vault_body *b, struct err *e)
{
	AUTO_BUF struct buf reasons = {0};
	struct jsonw w;
	char t[32], say[sizeof x->reason + 256];
	if (b->s.seq != x->seq || strcmp(b->s.source, x->source) || strcmp(b->s.verdict, "damage"))
		return 0;
	(void)snprintf(say, sizeof say, "judged as damage, and accepted by %s on %s: %s", x->by[0] ? x->by : "an operator", time_rfc3339(x->time, 0, t), x->reason);
	buf_init(&reasons, VAULT_BODY_MAX + 4096);
	jsonw_init(&w, &reasons);
	jsonw_arr(&w);
	jsonw_str(&w, say);
	jsonw_arr_end(&w);
	jsonw_done(&w);
	struct slice rest = buf_slice(&b->s.reasons); /* "[...]", checked when it was parsed */
	size_t at = 1;
	while (at < rest.n && memchr(" \t\n\r", rest.p[at], 4))
		at++;
	if (rest.n > 2 && at < rest.n && rest.p[at] != ']' && buf_ok(&reasons)) {
		reasons.n--;
		buf_u8(&reasons, ',');
		buf_add(&reasons, rest.p + 1, rest.n - 1);
	}
	if (!buf_ok(&reasons))
		return err_set(e, ERR_MEMORY, NULL, "no memory for an acceptance");
	buf_done(&b->s.reasons);
	b->s.reasons = reasons;
	reasons = (struct buf){0};
	memcpy(b->s.verdict, "clean", 6);
	b->s.accepted = true;
	b->signs[0] = 0; /* nothing of it is left open for the next judgement */
	return 0;
}
