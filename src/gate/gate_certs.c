/* gate_certs: until when the certificates of a link count, and what is said before one ends. */
#include "gate_internal.h"

#include <stdio.h>

#define DAY (INT64_C(86400) * TIME_SEC)
#define FORGOTTEN (30 * DAY)

static const char *const ofs[] = {"ours", "client-ca", "ca", "near", "far"};

const char *gate_cert_of_name(enum gate_cert_of of)
{
	return ofs[of];
}

static bool shown(const struct gate_cert *c)
{
	return c->of == GATE_CERT_NEAR || c->of == GATE_CERT_FAR;
}

/* The newest stands last, so of those that are shown the first is the oldest. */
void gate_certs_note(struct gate_certs *t, const struct gate_cert *c)
{
	const struct gate_cert new = *c; /* it may be one of t */
	size_t at = 0;
	while (at < t->n && (t->v[at].of != new.of || (shown(&new) && strcmp(t->v[at].name, new.name))))
		at++;
	if (at == t->n && t->n == GATE_CERTS_MAX)
		for (at = 0; at < t->n && !shown(&t->v[at]); at++)
			;
	if (at < t->n)
		memmove(t->v + at, t->v + at + 1, (--t->n - at) * sizeof *t->v);
	t->v[t->n++] = new;
}

void gate_certs_put(const struct gate_certs *t, struct jsonw *w)
{
	jsonw_arr(w);
	for (size_t i = 0; i < t->n; i++) {
		const struct gate_cert *c = &t->v[i];
		jsonw_obj(w);
		jsonw_kstr(w, "of", ofs[c->of]);
		if (c->pinned)
			jsonw_kbool(w, "pinned", true);
		jsonw_kstr(w, "id", c->id);
		jsonw_kstr(w, "name", c->name);
		jsonw_ki64(w, "until", c->until);
		if (c->signer_until) {
			jsonw_kstr(w, "signerId", c->signer_id);
			jsonw_kstr(w, "signer", c->signer);
			jsonw_ki64(w, "signerUntil", c->signer_until);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static bool take_id(const struct json_node *n, const char *key, char out[GATE_CERT_ID])
{
	struct slice s = json_text(n, key);
	uint8_t raw[(GATE_CERT_ID - 1) / 2];
	if (s.n != GATE_CERT_ID - 1 || hex_get(raw, sizeof raw, s) < 0)
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

static bool take_name(const struct json_node *n, const char *key, char out[GATE_CERT_NAME])
{
	struct slice s = json_text(n, key);
	if (!s.n || s.n >= GATE_CERT_NAME || memchr(s.p, 0, s.n))
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

void gate_certs_read(const struct json_node *list, struct gate_certs *ret)
{
	ret->n = 0;
	for (const struct json_node *v = list && list->type == JSON_ARR ? list->child : NULL; v; v = v->next) {
		struct gate_cert c = {.of = GATE_CERT_OURS};
		const struct json_node *pinned = json_get(v, "pinned");
		size_t of = 0;
		while (of < ARRAY_LEN(ofs) && !slice_eq_str(json_text(v, "of"), ofs[of]))
			of++;
		c.of = (enum gate_cert_of)of;
		c.pinned = pinned && pinned->type == JSON_TRUE;
		if (of == ARRAY_LEN(ofs) || !take_id(v, "id", c.id) || !take_name(v, "name", c.name) || num_i64(json_text(v, "until"), INT64_MIN, INT64_MAX, &c.until) < 0)
			continue;
		if (!take_id(v, "signerId", c.signer_id) || !take_name(v, "signer", c.signer) || num_i64(json_text(v, "signerUntil"), INT64_MIN, INT64_MAX, &c.signer_until) < 0)
			c.signer_until = 0;
		gate_certs_note(ret, &c);
	}
}

void gate_certs_merge(const struct gate_certs *before, const struct gate_certs *said, int64_t now, struct gate_certs *ret)
{
	struct gate_certs t = {.n = 0};
	for (size_t i = 0; i < before->n; i++)
		if (shown(&before->v[i]) ? before->v[i].until > now || now - before->v[i].until < FORGOTTEN : !said->n)
			gate_certs_note(&t, &before->v[i]);
	for (size_t i = 0; i < said->n; i++)
		gate_certs_note(&t, &said->v[i]);
	*ret = t;
}

size_t gate_certs_ends(const struct gate_certs *t, struct gate_cert_end ret[2 * GATE_CERTS_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct gate_cert *c = &t->v[i];
		struct gate_cert_end *x = &ret[n++];
		*x = (struct gate_cert_end){.of = c->of, .pinned = c->pinned, .until = c->until};
		memcpy(x->id, c->id, sizeof x->id);
		memcpy(x->name, c->name, sizeof x->name);
		if (!c->signer_until)
			continue;
		x = &ret[n++];
		*x = (struct gate_cert_end){.of = c->of == GATE_CERT_NEAR ? GATE_CERT_CLIENT_CA : c->of == GATE_CERT_FAR ? GATE_CERT_CA : c->of, .signer = true, .until = c->signer_until};
		memcpy(x->id, c->signer_id, sizeof x->id);
		memcpy(x->name, c->signer, sizeof x->name);
	}
	return n;
}

int gate_cert_step(int64_t until, int64_t now)
{
	static const int steps[] = {1, 7, 14, 30};
	if (until <= now)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (now >= 0 && until <= now + steps[i] * DAY)
			return steps[i];
	return GATE_CERT_FAR_AWAY;
}

/* "ends on 2026-12-05T12:00:00Z, in 12 days" */
static void when(int64_t until, int64_t now, char *out, size_t size)
{
	char day[32];
	int64_t days = (until - now) / DAY, hours = (until - now) / (DAY / 24);
	time_rfc3339(until, 0, day);
	if (until <= now)
		snprintf(out, size, "HAS ENDED on %s", day);
	else if (days >= 2)
		snprintf(out, size, "ends on %s, in %lld days", day, (long long)days);
	else
		snprintf(out, size, "ends on %s, in %lld hours", day, (long long)hours);
}

void gate_cert_say(const struct gate_cert_end *c, const char *links, const char *link, int64_t now, char ret_reason[GATE_CERT_TEXT], char ret_next[GATE_CERT_TEXT])
{
	char end[96];
	when(c->until, now, end, sizeof end);
	switch (c->of) {
	case GATE_CERT_OURS:
		snprintf(ret_reason, GATE_CERT_TEXT, c->signer ? "%s, which signed our certificate on %s, %s" : "our certificate %s on %s %s", c->name, links, end);
		snprintf(ret_next, GATE_CERT_TEXT, "from then on the far side may refuse us: have a new one signed, cut the link, and holdfast gate change %s --tls-cert FILE --tls-key FILE", link);
		break;
	case GATE_CERT_CLIENT_CA:
	case GATE_CERT_CA:
		snprintf(ret_reason, GATE_CERT_TEXT, "the authority %s, by which the partner is known on %s, %s", c->name, links, end);
		snprintf(ret_next, GATE_CERT_TEXT, "from then on nobody whom it signed is let in: ask the partner for the one that follows it, cut the link, and holdfast gate change %s %s FILE", link, c->of == GATE_CERT_CA ? "--tls-ca" : "--tls-client-ca");
		break;
	case GATE_CERT_NEAR:
	case GATE_CERT_FAR:
		snprintf(ret_reason, GATE_CERT_TEXT, "the partner's certificate %s, %s on %s, %s", c->name, c->of == GATE_CERT_NEAR ? "of who connects" : "of the far side", links, end);
		if (c->pinned)
			snprintf(ret_next, GATE_CERT_TEXT, "the link goes on, as it names this very one; when the partner has another, cut the link, and holdfast gate change %s %s SHA256", link, c->of == GATE_CERT_FAR ? "--tls-pin" : "--tls-client-pin");
		else
			snprintf(ret_next, GATE_CERT_TEXT, "from then on it is refused: tell the partner; a new one by the same authority needs no change here");
		break;
	}
}
