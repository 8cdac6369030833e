/* Links as a file: whole or not at all, with place and sentence; conditions and hours; and what the keeper writes of a link is read back as it was. */
#include "gate.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#define PIN "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define WHOLE "[link lab-2]\nlisten = 10.0.0.1:2575\nto = [2001:db8::9]:2575\nprotocol = mllp\n"

static void a_file(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf# partners\r\n; and another comment\n\n[link lab-2]\r\npartner = Central Laboratory\nlisten = 10.0.0.1:2575\nto = 10.9.0.1:2575\nprotocol = mllp\ndirection = out\nclass = lab\n"
		"owner = Dr. Lin\npurpose = results = orders\ncontact = 4711\nallow = 10.1.0.0/16, 2001:db8::1\ntypes = ADT, ORU^R01\nrate = 20\nhours = Mon-Fri 08:00-18:00, Sat 09:00-12:00\nauto-cut = yes\n"
		"condition = edr: EDR runs on every host\ncondition = letter before OPEN: signed: by the board\n[link images]\nlisten=10.0.0.1:104\nto=10.9.0.2:104\nprotocol=tcp";
	struct gate_config c;
	struct err e = {0};
	(void)state;
	assert_int_equal(gate_config_read(slice_of(text, sizeof text - 1), "f", NULL, &c, &e), 0);
	assert_int_equal(c.n, 2);
	const struct gate_link *l = &c.link[0];
	assert_string_equal(l->name, "lab-2");
	assert_string_equal(l->partner, "Central Laboratory");
	assert_string_equal(l->purpose, "results = orders");
	assert_true(l->out && l->auto_cut && l->rate == 20 && l->allow_n == 2 && l->types_n == 2 && l->hours_n == 2 && l->conditions == 2);
	assert_string_equal(l->condition[0].name, "edr");
	assert_string_equal(l->condition[0].text, "EDR runs on every host");
	assert_int_equal(l->condition[0].before, GATE_CUT);
	assert_string_equal(l->condition[1].text, "signed: by the board");
	assert_int_equal(l->condition[1].before, GATE_OPEN);
	assert_int_equal(c.link[1].protocol, GATE_TCP);
	for (size_t i = 0; i < c.n; i++) { /* as an entry, and back */
		AUTO_BUF struct buf b = {0};
		AUTO_ARENA struct arena *a = arena_new(1 << 20);
		struct jsonw w;
		struct json_node *n;
		struct gate_link back;
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		gate_link_put(&c.link[i], &w);
		jsonw_obj_end(&w);
		assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
		assert_int_equal(gate_link_read(n, &back, &e), 0);
		assert_true(gate_link_same(&back, &c.link[i]));
		back.condition[0].text[0] ^= 1;
		back.rate++;
		assert_false(gate_link_same(&back, &c.link[i]));
	}
	gate_config_done(&c);
}

/* File, line and a word of the sentence. */
static void refused(void **state)
{
	static const struct {
		const char *text, *place, *word;
	} bad[] = {
		{"", "f:0", "no [link"},
		{"listen = 1.2.3.4:5\n", "f:1", "before the first"},
		{"[listener lab]\n", "f:1", "begins with [link"},
		{"[link]\n", "f:1", "begins with [link"},
		{"[link lab\n", "f:1", "ends in"},
		{"[link a b]\n", "f:1", "name has"},
		{"[link -a]\nlisten = 1.2.3.4:5\nto = 1.2.3.4:6\nprotocol = tcp\n", "f:1", "name has"},
		{"# x\n\n" WHOLE "nothing\n", "f:7", "neither"},
		{WHOLE "speed = 3\n", "f:5", "no such setting"},
		{WHOLE "rate = 0\n", "f:5", "whole number"},
		{WHOLE "rate =\n", "f:5", "no value"},
		{WHOLE "to = 1.2.3.4:5\n", "f:5", "twice"},
		{WHOLE "direction = both\n", "f:5", "in ("},
		{WHOLE "auto-cut = maybe\n", "f:5", "yes or no"},
		{WHOLE "tls-listen = perhaps\n", "f:5", "yes or no"},
		{WHOLE "tls-to = yes\n", "f:5", "pin SHA256"},
		{WHOLE "tls-to = pin 0123\n", "f:5", "64 hex"},
		{WHOLE "tls-to = ca far.crt\n", "f:5", "no file can be named"},
		{WHOLE "tls-name = lab.example\n", "f:1", "beside --tls-ca"},
		{WHOLE "tls-client = pin " PIN "\n", "f:1", "say so"},
		{WHOLE "allow = 10.0.0.0/99\n", "f:5", "IP/BITS"},
		{WHOLE "types = oru\n", "f:5", "MSH-9"},
		{WHOLE "hours = Mon-Fri 18:00-08:00\n", "f:5", "midnight"},
		{WHOLE "hours = Mon-Foo 08:00-18:00\n", "f:5", "hours are"},
		{WHOLE "hours = Mon 08:00-24:01\n", "f:5", "hours are"},
		{WHOLE "condition = just words\n", "f:5", "NAME: words"},
		{WHOLE "condition = edr:\n", "f:5", "NAME: words"},
		{WHOLE "condition = edr before CUT: x\n", "f:5", "step"},
		{WHOLE "condition = edr before Tuesday: x\n", "f:5", "step"},
		{WHOLE "condition = edr: x\ncondition = edr: y\n", "f:6", "two conditions"},
		{WHOLE "owner = \xff\n", "f:5", "UTF-8"},
		{WHOLE "[link lab-2]\n", "f:5", "second link"},
		{WHOLE "[link b]\nlisten = 10.0.0.1:2575\nto = 1.2.3.4:6\nprotocol = tcp\n", "f:5", "listens where"},
		{"[link a]\nlisten = 1.2.3.4:5\nto = 1.2.3.4:6\n", "f:1", "protocol"},
		{"[link a]\nprotocol = tcp\nto = 1.2.3.4:6\n[link b]\n", "f:1", "listen"},
		{"[link a]\nlisten = host:5\nto = 1.2.3.4:6\nprotocol = tcp\n", "f:1", "in numbers"},
		{"[link a]\nlisten = 1.2.3.4:5\nto = 1.2.3.4:6\nprotocol = tcp\ntypes = ADT\n", "f:1", "no message types"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct gate_config c = {0};
		struct err e = {0};
		int r = gate_config_read(slice_str(bad[i].text), "f", NULL, &c, &e);
		if (r != ERR_INPUT || strcmp(e.place, bad[i].place) || !strstr(e.text, bad[i].word))
			fail_msg("%zu: %d '%s' '%s', not '%s' '%s'", i, r, e.place, e.text, bad[i].place, bad[i].word);
		assert_null(c.link);
	}
}

static bool open_at(const char *hours, const char *when, int zone, const char *change)
{
	struct gate_link l = {.out = false};
	int64_t t, until, want;
	assert_int_equal(gate_hours_parse(&l, slice_str(hours), NULL), 0);
	assert_int_equal(time_parse(slice_str(when), 0, &t), 0);
	bool is = gate_within_hours(&l, t, zone, &until);
	assert_int_equal(time_parse(slice_str(change), 0, &want), 0);
	assert_true(until == want);
	return is;
}

static void hours(void **state)
{
	struct gate_link none = {.out = false};
	int64_t until;
	(void)state;
	assert_true(gate_within_hours(&none, 0, 0, &until) && until == GATE_NEVER);
	/* 2026-11-23 is a Monday */
	assert_true(open_at("Mon-Fri 08:00-18:00", "2026-11-23T08:00:00Z", 0, "2026-11-23T18:00:00Z"));
	assert_false(open_at("Mon-Fri 08:00-18:00", "2026-11-23T07:59:59Z", 0, "2026-11-23T08:00:00Z"));
	assert_false(open_at("Mon-Fri 08:00-18:00", "2026-11-27T18:00:00Z", 0, "2026-11-30T08:00:00Z")); /* over the week's end */
	assert_true(open_at("Mon-Fri 08:00-18:00", "2026-11-23T07:30:00Z", 60, "2026-11-23T17:00:00Z"));  /* the site's clock */
	assert_true(open_at("Mon-Fri 08:00-18:00", "2026-11-23T23:30:00Z", -600, "2026-11-24T04:00:00Z"));
	assert_true(open_at("Sat-Mon 10:00-11:00", "2026-11-23T10:30:00Z", 0, "2026-11-23T11:00:00Z"));
	assert_false(open_at("Sat-Mon 10:00-11:00", "2026-11-24T10:30:00Z", 0, "2026-11-28T10:00:00Z"));
	assert_true(open_at("Fri 20:00-24:00, Sat 00:00-06:00", "2026-11-27T23:00:00Z", 0, "2026-11-28T06:00:00Z"));
	struct gate_link always = {.out = false};
	assert_int_equal(gate_hours_parse(&always, SLICE("daily 00:00-24:00"), NULL), 0);
	assert_true(gate_within_hours(&always, 1, 0, &until) && until == GATE_NEVER);
}

static int checked(struct gate_tls t)
{
	struct gate_link l = {.name = "a", .listen = "1.2.3.4:5", .to = "1.2.3.4:6", .protocol = GATE_TCP, .tls = t};
	return gate_link_check(&l, NULL);
}

static void tls(void **state)
{
	static const char text[] = WHOLE "tls-listen = yes\ntls-client = pin SHA256:" PIN "\ntls-to = pin 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\n";
	static const char pem[] = "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n";
	struct gate_config c;
	struct gate_link back;
	struct json_node *n;
	struct jsonw w;
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct err e = {0};
	(void)state;
	assert_int_equal(gate_config_read(slice_str(text), "f", NULL, &c, &e), 0);
	assert_true(c.link[0].tls.listen && c.link[0].tls.to);
	assert_string_equal(c.link[0].tls.client_pin, PIN);
	assert_string_equal(c.link[0].tls.pin, PIN);
	/* as JSON and back, an authority and a name with it */
	c.link[0].tls.pin[0] = 0;
	snprintf(c.link[0].tls.ca, sizeof c.link[0].tls.ca, "%s", pem);
	snprintf(c.link[0].tls.name, sizeof c.link[0].tls.name, "lab.example");
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	gate_link_put(&c.link[0], &w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
	assert_int_equal(gate_link_read(n, &back, &e), 0);
	assert_true(gate_link_same(&c.link[0], &back));
	assert_string_equal(back.tls.ca, pem);
	back.tls.to = false;
	assert_false(gate_link_same(&c.link[0], &back));
	gate_config_done(&c);
	/* what is not whole is no link */
	assert_int_equal(checked((struct gate_tls){.listen = true}), 0);
	assert_int_equal(checked((struct gate_tls){.to = true}), ERR_USAGE);
	assert_int_equal(checked((struct gate_tls){.pin = PIN}), ERR_USAGE);
	assert_int_equal(checked((struct gate_tls){.to = true, .pin = PIN}), 0);
	assert_int_equal(checked((struct gate_tls){.to = true, .pin = PIN, .ca = "-----BEGIN CERTIFICATE-----"}), ERR_USAGE);
	assert_int_equal(checked((struct gate_tls){.to = true, .pin = PIN, .name = "x"}), ERR_USAGE);
	assert_int_equal(checked((struct gate_tls){.to = true, .ca = "nothing"}), ERR_USAGE);
	assert_int_equal(checked((struct gate_tls){.listen = true, .client_pin = "zz"}), ERR_USAGE);
	/* a link that does not read is not taken for a plain one */
	static const char odd[] = "{\"name\":\"a\",\"protocol\":\"tcp\",\"listen\":\"1.2.3.4:5\",\"to\":\"1.2.3.4:6\",\"tlsListen\":\"true\"}";
	assert_int_equal(json_tree(slice_str(odd), a, &n, &e), 0);
	assert_int_equal(gate_link_read(n, &back, &e), ERR_INPUT);
}

#define CERT "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n"

/* Files by their names: CERT, KEY, nothing, bytes that are no text, too much, none. */
static int pretend(void *arg, const char *name, struct buf *ret, struct err *e)
{
	int *opened = arg;
	++*opened;
	if (!strcmp(name, "none"))
		return err_set(e, ERR_NOT_FOUND, name, "there is no such file");
	if (!strcmp(name, "long"))
		for (int i = 0; i < 1000; i++)
			buf_str(ret, CERT);
	else if (!strcmp(name, "odd"))
		buf_u8(ret, 0xff);
	else if (strcmp(name, "empty") != 0)
		buf_str(ret, !strcmp(name, "key") ? KEY : CERT);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), name, "this file is too long");
}

static void named_files(void **state)
{
	static const char text[] = WHOLE "tls-listen = yes\ntls-client = ca  a.crt \ntls-to = ca b.crt\ntls-name = lab.example\ntls-cert = c.crt\ntls-key = key\n[link plain]\nlisten = 10.0.0.1:2576\nto = 10.9.0.1:2575\nprotocol = tcp\n";
	static const struct {
		const char *text, *place, *word;
	} bad[] = {
		{WHOLE "tls-to = ca none\n", "f:5", "no such file"},
		{WHOLE "tls-to = ca\n", "f:5", "name has"},
		{WHOLE "tls-to = ca empty\n", "f:5", "certificates in PEM"},
		{WHOLE "tls-to = ca odd\n", "f:5", "certificates in PEM"},
		{WHOLE "tls-to = ca long\n", "f:5", "too long"},
		{WHOLE "tls-to = ca key\n", "f:1", "nothing secret"},
		{WHOLE "tls-to = ca a\ntls-cert = c\n", "f:1", "go together"},
		{WHOLE "tls-to = ca a\ntls-key = key\n", "f:1", "go together"},
		{WHOLE "tls-to = ca a\ntls-cert = key\ntls-key = key\n", "f:1", "another file's"},
		{WHOLE "tls-to = ca a\ntls-cert = c\ntls-key = empty\n", "f:7", "empty"},
		{WHOLE "tls-cert = c\ntls-key = key\n", "f:1", "spoken to the far side"},
	};
	int opened = 0;
	const struct gate_config_files files = {.read = pretend, .arg = &opened};
	struct gate_config c;
	struct err e = {0};
	(void)state;
	assert_int_equal(gate_config_read(slice_str(text), "f", &files, &c, &e), 0);
	assert_int_equal(opened, 4);
	assert_int_equal(c.n, 2);
	const struct gate_tls *t = &c.link[0].tls;
	assert_true(t->listen && t->to && !strcmp(t->client_ca, CERT) && !strcmp(t->ca, CERT) && !strcmp(t->cert, CERT) && !strcmp(t->name, "lab.example"));
	assert_true(slice_eq_str(buf_slice(&c.key[0]), KEY) && c.key[0].secret && c.key[1].n == 0);
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct jsonw w;
	struct json_node *n;
	struct gate_link back;
	buf_init(&b, 1 << 17);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	gate_link_put(&c.link[0], &w);
	jsonw_obj_end(&w);
	assert_null(memmem(b.p, b.n, "PRIVATE", 7)); /* what becomes an entry */
	assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
	assert_int_equal(gate_link_read(n, &back, &e), 0);
	assert_true(gate_link_same(&back, &c.link[0]));
	back.tls.cert[0] ^= 1;
	assert_false(gate_link_same(&back, &c.link[0]));
	gate_config_done(&c);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct gate_config none = {0};
		e = (struct err){0};
		int r = gate_config_read(slice_str(bad[i].text), "f", &files, &none, &e);
		if (r != ERR_INPUT || strcmp(e.place, bad[i].place) || !strstr(e.text, bad[i].word))
			fail_msg("%zu: %d '%s' '%s', not '%s' '%s'", i, r, e.place, e.text, bad[i].place, bad[i].word);
		assert_null(none.link);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(named_files), cmocka_unit_test(a_file), cmocka_unit_test(refused), cmocka_unit_test(hours), cmocka_unit_test(tls)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
