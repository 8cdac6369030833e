/* What the keeper lets be ordered of a file server's sensor, and asked about partners, over the web: by frames, as a web role that was taken over would ask. And that a verdict is an alarm until somebody has settled it. */
#include "serve_test.h"
#include "keeper.h"
#include "sessions.h"

#include <limits.h>
#include <sys/mman.h>

struct fixture {
	struct house h;
	struct role r;
	struct keeper k;
	struct site s;
	struct kchan web, other, sensor;
	char ada[TOKEN_MAX], bob[TOKEN_MAX], eve[TOKEN_MAX], nora[TOKEN_MAX], api[TOKEN_MAX];
};

static void start(struct fixture *f)
{
	struct err e = {0};
	struct ledger_options o = {.write = true};
	f->k = (struct keeper){.r = &f->r};
	f->k.staged = calloc(STAGED_MAX, sizeof *f->k.staged);
	assert_int_equal(site_keys_open(f->s.fd, &f->k.keys, &e), 0);
	if (ledger_open(f->s.fd, &f->k.keys, &o, &f->k.l, NULL, &e) < 0 || accounts_open(&f->k, &e) < 0 || sessions_open(&f->k, &e) < 0)
		fail_msg("%s %s", e.place, e.text);
	f->k.chans = &f->web;
	f->web.next = &f->other;
	f->other.next = &f->sensor;
}

static void stop(struct fixture *f)
{
	struct err e;
	if (ledger_size(f->k.l) > ledger_durable(f->k.l))
		assert_int_equal(ledger_commit(f->k.l, &e), 0);
	accounts_close(&f->k);
	munmap(f->k.sessions, KEEPER_SHARED);
	ledger_free(f->k.l);
	free(f->k.staged);
	free(f->k.waiting);
	free(f->k.quarantined);
}

static void token_of(struct fixture *f, const char *user, const char *role, char ret[TOKEN_MAX])
{
	struct err e = {0};
	assert_int_equal(accounts_change(&f->k, "user-add", user, role, "root", NULL, "$argon2id$x", false, NULL, &e), 0);
	assert_int_equal(accounts_token_new(&f->k, "", user, "t", "root", ret, &e), 0);
}

static void chan_of(struct kchan *ch, uint64_t id, enum chan_kind kind)
{
	*ch = (struct kchan){.id = id, .kind = kind};
	chan_init(&ch->c, -1);
}

static void setup(struct fixture *f)
{
	struct err e = {0};
	*f = (struct fixture){.ada = ""};
	house_make(&f->h);
	assert_int_equal(site_open(f->h.site, &f->s, &e), 0);
	f->r = (struct role){.sup = -1, .sitefd = f->s.fd};
	memcpy(f->r.origin, f->s.origin, sizeof f->r.origin);
	f->r.sharedfd = memfd_create("sessions", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f->r.sharedfd, KEEPER_SHARED), 0);
	chan_of(&f->web, 5, CH_CLIENT);
	chan_of(&f->other, 6, CH_CLIENT);
	chan_of(&f->sensor, 7, CH_CONTROL);
	start(f);
	token_of(f, "ada", "security", f->ada);
	token_of(f, "bob", "owner", f->bob);
	token_of(f, "eve", "auditor", f->eve);
	token_of(f, "nora", "clinician", f->nora);
	assert_int_equal(accounts_token_new(&f->k, "api", "", "program", "root", f->api, &e), 0);
}

static void teardown(struct fixture *f)
{
	struct kchan *all[] = {&f->web, &f->other, &f->sensor};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		chan_done(&all[i]->c);
	stop(f);
	close(f->r.sharedfd);
	site_close(&f->s);
	house_done(&f->h);
}

/* ---- asking ---- */

/* The first frame in a channel's answers: its code, and what follows. INT_MIN: there is none. */
static int answer(struct kchan *ch, struct slice *ret)
{
	if (ch->c.out.n < FRAME_HEAD + 4)
		return INT_MIN;
	struct cur c = cur_of(slice_of(ch->c.out.p + FRAME_HEAD, ch->c.out.n - FRAME_HEAD));
	int code = (int)cur_u32le(&c);
	*ret = cur_take(&c, cur_left(&c));
	return code;
}

static int ask(struct fixture *f, struct kchan *ch, void (*op)(struct keeper *k, struct kchan *ch, const struct frame *f), const char *token, const char *json, struct slice *ret)
{
	AUTO_BUF struct buf b = {0};
	struct err e;
	buf_init(&b, 1 << 20);
	buf_u8(&b, ch->kind == CH_CONTROL ? 0 : WHO_TOKEN);
	frame_str(&b, token);
	frame_str(&b, "");
	buf_str(&b, json);
	const struct frame q = {.tag = 7, .payload = buf_slice(&b)};
	buf_reset(&ch->c.out);
	op(&f->k, ch, &q);
	if (ledger_size(f->k.l) > ledger_durable(f->k.l))
		assert_int_equal(ledger_commit(f->k.l, &e), 0);
	return answer(ch, ret);
}

static bool says(struct slice s, const char *what)
{
	return s.n && memmem(s.p, s.n, what, strlen(what));
}

static bool alarm_says(struct fixture *f, const char *what)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	jsonw_arr(&w);
	keeper_watch_alarms(&f->k, &w);
	jsonw_arr_end(&w);
	return says(buf_slice(&b), what);
}

/* As the sensor's process that makes entries hands them in. */
static void said(struct fixture *f, const char *watch)
{
	AUTO_BUF struct buf b = {0};
	struct err e;
	buf_init(&b, 1 << 16);
	buf_u8(&b, LEDGER_ALARM);
	buf_u8(&b, 0);
	buf_u8(&b, 0);
	buf_u8(&b, 0);
	buf_u8(&b, 0);
	frame_str(&b, "");
	buf_printf(&b, "{\"what\":\"watch\",\"id\":\"watch-w12\",\"watch\":%s}", watch);
	const struct frame q = {.tag = 7, .payload = buf_slice(&b)};
	struct slice ret = SLICE_NULL;
	buf_reset(&f->sensor.c.out);
	op_append(&f->k, &f->sensor, &q);
	assert_int_equal(ledger_commit(f->k.l, &e), 0);
	f->k.staged_count = 0;
	assert_int_equal(answer(&f->sensor, &ret), 0);
}

/* ---- orders ---- */

#define RELEASE "{\"do\":\"order\",\"what\":\"release\",\"id\":\"w12\",\"reason\":\"our own converter\"}"

static void test_orders(void **state)
{
	static struct fixture f;
	struct slice s = SLICE_NULL;
	char text[200];
	setup(&f);
	assert_int_equal(ask(&f, &f.web, op_watch, f.ada, RELEASE, &s), ERR_BUSY); /* nobody is there: what to type is said */
	assert_true(says(s, "holdfast watch release w12"));
	assert_int_equal(ask(&f, &f.sensor, op_watch, "", "{\"do\":\"take\"}", &s), 0);
	assert_true(says(s, "{\"orders\":[]}"));
	uint64_t size = ledger_size(f.k.l);
	assert_int_equal(ask(&f, &f.web, op_watch, f.eve, RELEASE, &s), ERR_DENIED);
	assert_int_equal(ask(&f, &f.web, op_watch, f.nora, RELEASE, &s), ERR_DENIED);
	assert_int_equal(ask(&f, &f.web, op_watch, f.nora, "{\"do\":\"sensor\"}", &s), ERR_DENIED);
	assert_int_equal(ask(&f, &f.web, op_watch, "hft_x_y", RELEASE, &s), ERR_DENIED);
	assert_int_equal(ask(&f, &f.web, op_watch, f.ada, "{\"do\":\"order\",\"what\":\"remove\",\"id\":\"w12\"}", &s), ERR_INPUT);
	assert_int_equal(ask(&f, &f.web, op_watch, f.ada, "{\"do\":\"order\",\"what\":\"release\",\"id\":\"w1/../../x\"}", &s), ERR_INPUT);
	assert_int_equal(ask(&f, &f.web, op_watch, f.ada, "{\"do\":\"order\",\"what\":\"release\",\"id\":\"w\"}", &s), ERR_INPUT);
	assert_true(ask(&f, &f.web, op_watch, f.ada, "not json", &s) < 0);
	assert_true(ask(&f, &f.web, op_watch, f.ada, "{\"do\":\"take\"}", &s) < 0); /* what is the sensor's is nobody else's */
	assert_true(ask(&f, &f.web, op_watch, f.ada, "{\"do\":\"done\",\"order\":1,\"result\":{}}", &s) < 0);
	assert_int_equal(ledger_size(f.k.l), size); /* and none of it is an entry */

	/* a good one: an entry first, given once, answered when it is done */
	assert_int_equal(ask(&f, &f.web, op_watch, f.ada, RELEASE, &s), INT_MIN);
	assert_int_equal(ledger_size(f.k.l), size + 1);
	assert_int_equal(ask(&f, &f.sensor, op_watch, "", "{\"do\":\"take\"}", &s), 0);
	assert_true(says(s, "\"what\":\"release\",\"id\":\"w12\",\"by\":\"ada\""));
	AUTO_ARENA struct arena *a = arena_new(1 << 16);
	struct json_node *n;
	struct err e = {0};
	uint64_t number;
	assert_int_equal(json_tree(s, a, &n, &e), 0);
	assert_int_equal(num_u64(json_text(n, "orders.0.order"), 1, UINT64_MAX, &number), 0);
	assert_int_equal(ask(&f, &f.sensor, op_watch, "", "{\"do\":\"take\"}", &s), 0);
	assert_true(says(s, "{\"orders\":[]}"));
	snprintf(text, sizeof text, "{\"do\":\"done\",\"order\":%llu,\"result\":[1]}", (unsigned long long)number);
	assert_int_equal(ask(&f, &f.sensor, op_watch, "", text, &s), ERR_NOT_FOUND);
	snprintf(text, sizeof text, "{\"do\":\"done\",\"order\":%llu,\"result\":{\"ok\":true,\"continued\":3}}", (unsigned long long)number);
	buf_reset(&f.web.c.out);
	assert_int_equal(ask(&f, &f.sensor, op_watch, "", text, &s), 0);
	assert_int_equal(answer(&f.web, &s), 0); /* who waited for it */
	assert_true(says(s, "\"state\":\"done\",\"result\":{\"ok\":true,\"continued\":3}"));
	assert_int_equal(ask(&f, &f.sensor, op_watch, "", text, &s), ERR_NOT_FOUND); /* done once */

	/* how far it is: for who gave it */
	snprintf(text, sizeof text, "{\"do\":\"ask\",\"order\":%llu}", (unsigned long long)number);
	assert_int_equal(ask(&f, &f.other, op_watch, f.ada, text, &s), 0);
	assert_true(says(s, "\"continued\":3"));
	assert_int_equal(ask(&f, &f.other, op_watch, f.bob, text, &s), ERR_NOT_FOUND);

	/* a proposal changes nothing, and is no entry */
	size = ledger_size(f.k.l);
	assert_int_equal(ask(&f, &f.web, op_watch, f.bob, "{\"do\":\"order\",\"what\":\"proposal\",\"id\":\"w12\"}", &s), INT_MIN);
	assert_int_equal(ledger_size(f.k.l), size);

	/* nobody takes them: they do not pile up */
	int r = INT_MIN;
	for (int i = 0; i < 40 && r == INT_MIN; i++)
		r = ask(&f, &f.web, op_watch, f.ada, RELEASE, &s);
	assert_int_equal(r, ERR_BUSY);
	teardown(&f);
}

/* ---- verdicts stand ---- */

static void test_standing(void **state)
{
	static struct fixture f;
	setup(&f);
	said(&f, "{\"event\":\"stopped\",\"id\":\"w12\"}"); /* of a verdict that nobody said */
	assert_false(alarm_says(&f, "w12"));
	said(&f, "{\"event\":\"verdict\",\"id\":\"w12\",\"comm\":\"python3\",\"client\":\"10.0.0.7\",\"reasons\":[\"3 files lost their structure\",\"and more\"]}");
	assert_true(alarm_says(&f, "\"what\":\"watch-observed\",\"reason\":\"python3 of 10.0.0.7: 3 files lost their structure\""));
	said(&f, "{\"event\":\"stopped\",\"id\":\"w12\",\"pids\":[7]}");
	assert_true(alarm_says(&f, "\"id\":\"watch-w12\",\"severity\":\"alarm\""));
	assert_true(alarm_says(&f, "watch-stopped"));
	stop(&f); /* from the cache, and from the entries after it */
	start(&f);
	assert_true(alarm_says(&f, "watch-stopped"));
	assert_true(alarm_says(&f, "3 files lost their structure"));
	said(&f, "{\"event\":\"restored\",\"id\":\"w12\",\"put_back\":3}");
	assert_true(alarm_says(&f, "\"severity\":\"warning\"")); /* it is still stopped */
	stop(&f);
	start(&f);
	assert_true(alarm_says(&f, "watch-restored"));
	said(&f, "{\"event\":\"released\",\"id\":\"w12\"}");
	assert_false(alarm_says(&f, "w12"));
	stop(&f);
	start(&f);
	assert_false(alarm_says(&f, "w12"));
	said(&f, "{\"event\":\"look\",\"id\":\"w12\",\"comm\":\"rm\",\"reasons\":[\"200 files removed\"]}"); /* odd: a note, which putting back settles */
	assert_true(alarm_says(&f, "\"severity\":\"note\"") && alarm_says(&f, "\"what\":\"watch-look\",\"reason\":\"rm: 200 files removed\""));
	said(&f, "{\"event\":\"restored\",\"id\":\"w12\"}");
	assert_false(alarm_says(&f, "w12"));
	/* more than there is room for: the newest stay */
	for (int i = 100; i < 200; i++) {
		char text[80];
		snprintf(text, sizeof text, "{\"event\":\"verdict\",\"id\":\"w%d\",\"reasons\":[]}", i);
		said(&f, text);
	}
	assert_true(alarm_says(&f, "watch-w199"));
	assert_false(alarm_says(&f, "watch-w100"));
	teardown(&f);
}

/* ---- partners, and what entries say ---- */

static int gate_ask(struct fixture *f, const char *token, const char *json)
{
	struct slice s = SLICE_NULL;
	return ask(f, &f->web, op_gate_web, token, json, &s);
}

static void test_gate(void **state)
{
	static struct fixture f;
	struct slice s = SLICE_NULL;
	setup(&f);
	const char *const add = "{\"do\":\"add\",\"name\":\"LAB\",\"listen\":\"127.0.0.1:20001\",\"to\":\"127.0.0.1:20002\",\"protocol\":\"mllp\",\"direction\":\"out\"}";
	assert_int_equal(gate_ask(&f, f.ada, add), ERR_INPUT); /* links are made at the machine */
	assert_int_equal(gate_ask(&f, f.ada, "{\"do\":\"plan\",\"plan\":{}}"), ERR_INPUT);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	frame_str(&b, "");
	buf_str(&b, add);
	const struct frame q = {.tag = 7, .payload = buf_slice(&b)};
	buf_reset(&f.sensor.c.out);
	op_gate(&f.k, &f.sensor, &q);
	assert_int_equal(answer(&f.sensor, &s), 0);
	assert_int_equal(gate_ask(&f, f.nora, "{\"do\":\"list\"}"), ERR_DENIED);
	assert_int_equal(gate_ask(&f, f.eve, "{\"do\":\"list\"}"), 0);
	assert_int_equal(gate_ask(&f, f.eve, "{\"do\":\"cut\"}"), ERR_DENIED);
	assert_int_equal(gate_ask(&f, f.api, "{\"do\":\"cut\"}"), ERR_DENIED);
	assert_int_equal(gate_ask(&f, f.bob, "{\"do\":\"cut\",\"name\":\"LAB\",\"reason\":\"x\"}"), 0);
	uint64_t cut = ledger_size(f.k.l) - 2; /* and its proof: there is no relay */
	assert_int_equal(gate_ask(&f, f.eve, "{\"do\":\"advance\",\"name\":\"LAB\"}"), ERR_DENIED);
	assert_int_equal(gate_ask(&f, f.ada, "{\"do\":\"advance\",\"name\":\"LAB\"}"), 0);
	assert_true(gate_ask(&f, f.ada, "{\"do\":\"advance\",\"name\":\"LAB\"}") < 0);
	assert_int_equal(gate_ask(&f, f.bob, "{\"do\":\"advance\",\"name\":\"LAB\"}"), 0);
	assert_int_equal(ask(&f, &f.web, op_gate_web, f.eve, "{\"do\":\"list\"}", &s), 0);
	assert_true(says(s, "\"state\":\"QUARANTINED\"") && says(s, "\"next\":\"TEST\""));

	/* bodies of three kinds, for who may see them */
	AUTO_BUF struct buf seqs = {0};
	buf_init(&seqs, 4096);
	for (uint64_t i = 0; i < ledger_durable(f.k.l) + 3; i++)
		buf_u64le(&seqs, i);
	for (int may = 0; may < 2; may++) {
		AUTO_BUF struct buf x = {0};
		buf_init(&x, 4096);
		buf_u8(&x, WHO_TOKEN);
		frame_str(&x, may ? f.eve : f.nora);
		frame_str(&x, "");
		buf_add_slice(&x, buf_slice(&seqs));
		const struct frame ask_said = {.tag = 7, .payload = buf_slice(&x)};
		buf_reset(&f.web.c.out);
		op_said(&f.k, &f.web, &ask_said);
		assert_int_equal(answer(&f.web, &s), may ? 0 : ERR_DENIED);
	}
	assert_true(says(s, "\"what\":\"cut\",\"link\":\"LAB\"") && says(s, "\"first\":\"ada\""));
	assert_false(says(s, "argon2id")); /* accounts are entries, too */
	struct cur c = cur_of(s);
	bool seen = false;
	while (cur_left(&c)) {
		uint64_t seq = cur_u64le(&c);
		(void)cur_u64le(&c);
		uint8_t kind = cur_u8(&c);
		struct slice body = frame_get_blob(&c);
		assert_false(c.failed);
		assert_true(kind == LEDGER_ALARM || kind == LEDGER_GATE_ACT || kind == LEDGER_GATE_LETTER);
		seen |= seq == cut && says(body, "\"what\":\"cut\"");
	}
	assert_true(seen);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest all[] = {cmocka_unit_test(test_orders), cmocka_unit_test(test_standing), cmocka_unit_test(test_gate)};
	return cmocka_run_group_tests(all, NULL, NULL);
}
