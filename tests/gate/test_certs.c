/* Until when certificates count: each in its place, what nobody shows any more forgotten, steps at 30, 14, 7 and 1 days and at the end, and sentences that name whose it is and what to do. */
#include "gate.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#define DAY (INT64_C(86400) * TIME_SEC)
#define NOW (INT64_C(1793491200) * TIME_SEC) /* 2026-11-01T00:00:00Z */

static struct gate_cert cert(enum gate_cert_of of, const char *name, int64_t until)
{
	struct gate_cert c = {.of = of, .until = until};
	snprintf(c.id, sizeof c.id, "%08x%08x", (unsigned)of, (unsigned)name[0]);
	snprintf(c.name, sizeof c.name, "%s", name);
	return c;
}

static void note(struct gate_certs *t, enum gate_cert_of of, const char *name, int64_t until)
{
	struct gate_cert c = cert(of, name, until);
	gate_certs_note(t, &c);
}

static const struct gate_cert *find(const struct gate_certs *t, enum gate_cert_of of, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].of == of && !strcmp(t->v[i].name, name))
			return &t->v[i];
	return NULL;
}

static void places(void **state)
{
	struct gate_certs t = {.n = 0};
	char name[8];
	(void)state;
	note(&t, GATE_CERT_OURS, "ours", 1);
	note(&t, GATE_CERT_OURS, "new", 2); /* there is one of our own */
	assert_int_equal(t.n, 1);
	assert_int_equal(find(&t, GATE_CERT_OURS, "new")->until, 2);
	note(&t, GATE_CERT_NEAR, "engine-1", 1);
	note(&t, GATE_CERT_NEAR, "engine-2", 1);
	note(&t, GATE_CERT_FAR, "engine-1", 1); /* on another side */
	note(&t, GATE_CERT_NEAR, "engine-1", 9);
	assert_int_equal(t.n, 4);
	assert_int_equal(find(&t, GATE_CERT_NEAR, "engine-1")->until, 9);
	assert_int_equal(find(&t, GATE_CERT_FAR, "engine-1")->until, 1);
	gate_certs_note(&t, &t.v[0]); /* itself */
	assert_int_equal(t.n, 4);
	for (int i = 0; i < 40; i++) { /* as many as somebody shows: the oldest of those gives way, the link's own never */
		snprintf(name, sizeof name, "n%d", i);
		note(&t, GATE_CERT_NEAR, name, i);
	}
	assert_int_equal(t.n, GATE_CERTS_MAX);
	assert_non_null(find(&t, GATE_CERT_OURS, "new"));
	assert_null(find(&t, GATE_CERT_NEAR, "engine-1"));
	assert_non_null(find(&t, GATE_CERT_NEAR, "n39"));
	assert_non_null(find(&t, GATE_CERT_NEAR, "n29"));
	assert_null(find(&t, GATE_CERT_NEAR, "n28"));
}

static void read_text(const char *text, struct gate_certs *ret)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 16);
	struct json_node *n;
	assert_int_equal(json_tree(slice_str(text), a, &n, NULL), 0);
	gate_certs_read(n, ret);
}

static void there_and_back(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct gate_certs t = {.n = 0}, u;
	struct gate_cert c = cert(GATE_CERT_FAR, "far \"side\"", NOW);
	(void)state;
	c.pinned = true;
	snprintf(c.signer, sizeof c.signer, "authority");
	snprintf(c.signer_id, sizeof c.signer_id, "0123456789abcdef");
	c.signer_until = NOW - 1;
	gate_certs_note(&t, &c);
	note(&t, GATE_CERT_CA, "ca", INT64_MAX);
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	gate_certs_put(&t, &w);
	jsonw_done(&w);
	read_text(buf_cstr(&b), &u);
	assert_int_equal(u.n, 2);
	const struct gate_cert *x = find(&u, GATE_CERT_FAR, "far \"side\"");
	assert_non_null(x);
	assert_true(x->pinned && x->until == NOW && x->signer_until == NOW - 1 && !strcmp(x->signer, "authority") && !strcmp(x->signer_id, "0123456789abcdef") && !strcmp(x->id, c.id));
	x = find(&u, GATE_CERT_CA, "ca");
	assert_true(x && !x->pinned && !x->signer_until && x->until == INT64_MAX);
	/* what does not read is left out, and breaks nothing */
	read_text("[{\"of\":\"ours\",\"id\":\"zz\",\"name\":\"a\",\"until\":1},{\"of\":\"theirs\",\"id\":\"0123456789abcdef\",\"name\":\"a\",\"until\":1},{\"of\":\"ca\",\"id\":\"0123456789abcdef\",\"name\":\"\",\"until\":1},"
	          "{\"of\":\"ca\",\"id\":\"0123456789abcdef\",\"name\":\"a\",\"until\":\"soon\"},7,null,{\"of\":\"far\",\"id\":\"0123456789abcdef\",\"name\":\"b\",\"until\":5,\"signer\":\"c\",\"signerUntil\":4}]",
	          &u);
	assert_int_equal(u.n, 1);
	assert_int_equal(u.v[0].signer_until, 0); /* who it was is not said whole */
	read_text("{\"of\":\"far\"}", &u);
	assert_int_equal(u.n, 0);
	gate_certs_read(NULL, &u);
	assert_int_equal(u.n, 0);
}

static void what_nobody_shows(void **state)
{
	struct gate_certs before = {.n = 0}, said = {.n = 0}, all;
	(void)state;
	note(&before, GATE_CERT_OURS, "ours-before", NOW + DAY);
	note(&before, GATE_CERT_NEAR, "engine", NOW + DAY);
	note(&before, GATE_CERT_NEAR, "ended", NOW - 29 * DAY);
	note(&before, GATE_CERT_NEAR, "long-ended", NOW - 31 * DAY);
	note(&said, GATE_CERT_OURS, "ours", NOW + 90 * DAY);
	note(&said, GATE_CERT_FAR, "far", NOW + 90 * DAY);
	gate_certs_merge(&before, &(struct gate_certs){.n = 0}, NOW, &all); /* a relay that is being started has said nothing yet */
	assert_int_equal(all.n, 3);
	assert_non_null(find(&all, GATE_CERT_OURS, "ours-before"));
	gate_certs_merge(&before, &said, NOW, &all);
	assert_int_equal(all.n, 4);
	assert_non_null(find(&all, GATE_CERT_OURS, "ours")); /* the link's own are the relay's word alone */
	assert_non_null(find(&all, GATE_CERT_NEAR, "engine"));
	assert_non_null(find(&all, GATE_CERT_NEAR, "ended"));
	assert_null(find(&all, GATE_CERT_NEAR, "long-ended"));
	note(&said, GATE_CERT_NEAR, "engine", NOW + 400 * DAY); /* a new one is shown */
	gate_certs_merge(&all, &said, NOW, &all);
	assert_int_equal(all.n, 4);
	assert_int_equal(find(&all, GATE_CERT_NEAR, "engine")->until, NOW + 400 * DAY);
}

static void steps(void **state)
{
	(void)state;
	assert_int_equal(gate_cert_step(NOW + 31 * DAY, NOW), GATE_CERT_FAR_AWAY);
	assert_int_equal(gate_cert_step(NOW + 30 * DAY + 1, NOW), GATE_CERT_FAR_AWAY);
	assert_int_equal(gate_cert_step(NOW + 30 * DAY, NOW), 30);
	assert_int_equal(gate_cert_step(NOW + 14 * DAY + 1, NOW), 30);
	assert_int_equal(gate_cert_step(NOW + 14 * DAY, NOW), 14);
	assert_int_equal(gate_cert_step(NOW + 7 * DAY, NOW), 7);
	assert_int_equal(gate_cert_step(NOW + DAY + 1, NOW), 7);
	assert_int_equal(gate_cert_step(NOW + DAY, NOW), 1);
	assert_int_equal(gate_cert_step(NOW + 1, NOW), 1);
	assert_int_equal(gate_cert_step(NOW, NOW), 0);
	assert_int_equal(gate_cert_step(INT64_MIN, NOW), 0);
	assert_int_equal(gate_cert_step(INT64_MAX, NOW), GATE_CERT_FAR_AWAY);
}

static void said(const struct gate_cert_end *c, const char *reason, const char *next)
{
	char r[GATE_CERT_TEXT], n[GATE_CERT_TEXT];
	gate_cert_say(c, "lab and ris", "lab", NOW, r, n);
	if (strcmp(r, reason))
		fail_msg("said: %s", r);
	if (!strstr(n, next))
		fail_msg("'%s' is not in: %s", next, n);
}

static void sentences(void **state)
{
	struct gate_certs t = {.n = 0};
	struct gate_cert c = cert(GATE_CERT_OURS, "hospital", NOW + 12 * DAY + DAY / 2);
	struct gate_cert_end v[2 * GATE_CERTS_MAX];
	(void)state;
	snprintf(c.signer, sizeof c.signer, "root");
	c.signer_until = NOW + 3 * DAY / 2;
	gate_certs_note(&t, &c);
	c.of = GATE_CERT_NEAR;
	gate_certs_note(&t, &c);
	c.of = GATE_CERT_FAR;
	c.signer_until = 0;
	c.until = NOW - 1;
	gate_certs_note(&t, &c);
	assert_int_equal(gate_certs_ends(&t, v), 5);
	said(&v[0], "our certificate hospital on lab and ris ends on 2026-11-13T12:00:00Z, in 12 days", "holdfast gate change lab --tls-cert FILE --tls-key FILE");
	assert_true(v[1].signer);
	said(&v[1], "root, which signed our certificate on lab and ris, ends on 2026-11-02T12:00:00Z, in 36 hours", "--tls-cert FILE");
	said(&v[2], "the partner's certificate hospital, of who connects on lab and ris, ends on 2026-11-13T12:00:00Z, in 12 days", "needs no change here");
	assert_int_equal(v[3].of, GATE_CERT_CLIENT_CA);
	said(&v[3], "the authority root, by which the partner is known on lab and ris, ends on 2026-11-02T12:00:00Z, in 36 hours", "gate change lab --tls-client-ca FILE");
	said(&v[4], "the partner's certificate hospital, of the far side on lab and ris, HAS ENDED on 2026-10-31T23:59:59Z", "it is refused");
	v[4].pinned = true;
	said(&v[4], "the partner's certificate hospital, of the far side on lab and ris, HAS ENDED on 2026-10-31T23:59:59Z", "gate change lab --tls-pin SHA256");
	v[3].of = GATE_CERT_CA;
	said(&v[3], "the authority root, by which the partner is known on lab and ris, ends on 2026-11-02T12:00:00Z, in 36 hours", "gate change lab --tls-ca FILE");
	/* the longest that may come is cut, and not written past its end */
	char long_name[500], r[GATE_CERT_TEXT], n[GATE_CERT_TEXT];
	memset(long_name, 'x', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = 0;
	gate_cert_say(&v[0], long_name, long_name, NOW, r, n);
	assert_int_equal(strlen(r), GATE_CERT_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places), cmocka_unit_test(there_and_back), cmocka_unit_test(what_nobody_shows), cmocka_unit_test(steps), cmocka_unit_test(sentences),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
