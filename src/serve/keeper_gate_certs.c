/* keeper_gate_certs: certificates of links that end soon, or have ended: on the board, once for each certificate, however many links it is of. What the relay has seen in handshakes outlives the relay, and us (the cache). */
#include "keeper_gate.h"

#include <stdio.h>

#define SHOWN_MAX 32u /* on the board: past it they are counted, and gate list shows them all */
#define DAY (INT64_C(86400) * TIME_SEC)

void kg_certs_all(const struct klink *x, struct gate_certs *ret)
{
	gate_certs_merge(&x->certs_before, &x->certs, time_now(), ret);
}

void kg_certs_keep(struct klink *x)
{
	kg_certs_all(x, &x->certs_before);
	x->certs.n = 0;
}

static void put_fields(const struct gate_cert_end *c, int step, struct jsonw *w)
{
	jsonw_kstr(w, "name", c->name);
	jsonw_kstr(w, "of", gate_cert_of_name(c->of));
	if (c->signer)
		jsonw_kbool(w, "signer", true);
	if (c->pinned)
		jsonw_kbool(w, "pinned", true);
	kg_put_moment(w, "ends", c->until);
	if (step != GATE_CERT_FAR_AWAY)
		jsonw_ki64(w, "step", step);
}

void kg_put_certs(const struct klink *x, struct jsonw *w)
{
	struct gate_certs t;
	struct gate_cert_end v[2 * GATE_CERTS_MAX];
	char reason[GATE_CERT_TEXT], next[GATE_CERT_TEXT];
	int64_t now = time_now();
	kg_certs_all(x, &t);
	size_t n = gate_certs_ends(&t, v);
	if (!n)
		return;
	jsonw_key(w, "certificates");
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++) {
		int step = gate_cert_step(v[i].until, now);
		size_t same = 0;
		while (same < i && strcmp(v[same].id, v[i].id))
			same++;
		if (same < i)
			continue; /* an authority as the link has it, and as it signed what was shown */
		jsonw_obj(w);
		put_fields(&v[i], step, w);
		if (step != GATE_CERT_FAR_AWAY) {
			gate_cert_say(&v[i], "this link", x->l.name, now, reason, next);
			jsonw_kstr(w, "reason", reason);
			jsonw_kstr(w, "next", next);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

/* ---- the board ---- */

struct due { /* one certificate, of however many links */
	struct gate_cert_end c;
	const struct klink *of[3], *last;
	size_t links;
};

static void due_add(struct due *v, size_t *n, bool *ret_more, const struct gate_cert_end *c, const struct klink *x)
{
	size_t at = 0;
	while (at < *n && strcmp(v[at].c.id, c->id))
		at++;
	if (at == *n) {
		while (at && v[at - 1].c.until > c->until) /* the first to end first */
			at--;
		*ret_more |= *n == SHOWN_MAX;
		if (at == SHOWN_MAX)
			return;
		*n += *n < SHOWN_MAX;
		memmove(v + at + 1, v + at, (*n - 1 - at) * sizeof *v);
		v[at] = (struct due){.c = *c};
	} else if (v[at].last == x) {
		return; /* it stands twice with one link */
	}
	if (v[at].links < ARRAY_LEN(v->of))
		v[at].of[v[at].links] = x;
	v[at].last = x;
	v[at].links++;
}

static void names(const struct due *d, char *out, size_t size)
{
	size_t at = 0, shown = d->links < ARRAY_LEN(d->of) ? d->links : ARRAY_LEN(d->of);
	for (size_t i = 0; i < shown && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i == 0 ? "" : i + 1 == d->links ? " and " : ", ", d->of[i]->l.name);
	if (d->links > shown && at < size)
		snprintf(out + at, size - at, " and %zu more", d->links - shown);
}

static void put_due(const struct due *d, int64_t now, struct jsonw *w)
{
	char id[64], links[ARRAY_LEN(d->of) * GATE_NAME_MAX + 64], reason[GATE_CERT_TEXT], next[GATE_CERT_TEXT];
	int step = gate_cert_step(d->c.until, now);
	names(d, links, sizeof links);
	gate_cert_say(&d->c, links, d->of[0]->l.name, now, reason, next);
	snprintf(id, sizeof id, "certificate-link-%s-%d", d->c.id, step);
	jsonw_obj(w);
	jsonw_kstr(w, "id", id);
	jsonw_kstr(w, "severity", step > 7 ? "warning" : "alarm");
	jsonw_ktime(w, "since", d->c.until - step * DAY);
	jsonw_kstr(w, "what", "certificate");
	jsonw_kstr(w, "reason", reason);
	jsonw_kstr(w, "next", next);
	jsonw_key(w, "certificate");
	jsonw_obj(w);
	put_fields(&d->c, step, w);
	jsonw_key(w, "links");
	jsonw_arr(w);
	for (size_t i = 0; i < d->links && i < ARRAY_LEN(d->of); i++)
		jsonw_str(w, d->of[i]->l.name);
	jsonw_arr_end(w);
	if (d->links > ARRAY_LEN(d->of))
		jsonw_ku64(w, "more", d->links - ARRAY_LEN(d->of));
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

void kg_certs_alarms(const struct keeper *k, struct jsonw *w)
{
	struct due v[SHOWN_MAX];
	size_t n = 0;
	bool more = false;
	int64_t now = time_now();
	for (size_t i = 0; k->gate && i < k->gate->count; i++) {
		const struct klink *x = k->gate->links[i];
		struct gate_certs t;
		struct gate_cert_end ends[2 * GATE_CERTS_MAX];
		if (!x->certs.n && !x->certs_before.n)
			continue;
		kg_certs_all(x, &t);
		size_t many = gate_certs_ends(&t, ends);
		for (size_t j = 0; j < many; j++)
			if (gate_cert_step(ends[j].until, now) != GATE_CERT_FAR_AWAY)
				due_add(v, &n, &more, &ends[j], x);
	}
	for (size_t i = 0; i < n; i++)
		put_due(&v[i], now, w);
	if (!more)
		return;
	jsonw_obj(w);
	jsonw_kstr(w, "id", "certificate-links-more");
	jsonw_kstr(w, "severity", "warning");
	jsonw_ktime(w, "since", now);
	jsonw_kstr(w, "what", "certificate");
	jsonw_kstr(w, "reason", "certificates of more links end within 30 days");
	jsonw_kstr(w, "next", "holdfast gate list shows them all");
	jsonw_obj_end(w);
}
