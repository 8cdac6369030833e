/* What the keeper refuses of links and of accounts at home, asked by frames as a web role that was taken over would ask: nothing is opened by guessing, after its time, after it was revoked, or of somebody else. */
#include "serve_test.h"
#include "keeper.h"
#include "sessions.h"

#include <sys/mman.h>

struct fixture {
	struct house h;
	struct role r;
	struct keeper k;
	struct site s;
	struct kchan ch;
	uint64_t ecg;
};

#define BODY "{\"ecg\":1,\"files\":[{\"name\":\"x.csv\",\"size\":4}],\"via\":\"upload\"}\nfile"

static void start(struct fixture *f)
{
	struct err e = {0};
	struct ledger_options o = {.write = true};
	f->k = (struct keeper){.r = &f->r};
	f->k.staged = calloc(STAGED_MAX, sizeof *f->k.staged);
	assert_int_equal(site_keys_open(f->s.fd, &f->k.keys, &e), 0);
	if (ledger_open(f->s.fd, &f->k.keys, &o, &f->k.l, NULL, &e) < 0 || accounts_open(&f->k, &e) < 0 || sessions_open(&f->k, &e) < 0)
		fail_msg("%s %s", e.place, e.text);
}

static void crash(struct fixture *f)
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

static void setup(struct fixture *f)
{
	struct err e = {0};
	*f = (struct fixture){.ecg = 0};
	house_make(&f->h);
	assert_int_equal(site_open(f->h.site, &f->s, &e), 0);
	f->r = (struct role){.sup = -1, .sitefd = f->s.fd};
	memcpy(f->r.origin, f->s.origin, sizeof f->r.origin);
	f->r.sharedfd = memfd_create("sessions", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f->r.sharedfd, KEEPER_SHARED), 0);
	start(f);
	chan_init(&f->ch.c, -1);
	f->ch.kind = CH_CLIENT;
	assert_int_equal(keeper_record(&f->k, LEDGER_ECG, "ecg/cart", SLICE(BODY), &f->ecg, NULL, &e), 0);
	assert_int_equal(ledger_commit(f->k.l, &e), 0);
}

static void teardown(struct fixture *f)
{
	chan_done(&f->ch.c);
	crash(f);
	close(f->r.sharedfd);
	site_close(&f->s);
	house_done(&f->h);
}

/* ---- asking by frames ---- */

static int ask(struct fixture *f, void (*op)(struct keeper *k, struct kchan *ch, const struct frame *f), struct buf *payload, struct cur *ret)
{
	struct err e;
	const struct frame q = {.tag = 7, .payload = buf_slice(payload)};
	buf_reset(&f->ch.c.out);
	op(&f->k, &f->ch, &q);
	if (ledger_size(f->k.l) > ledger_durable(f->k.l))
		assert_int_equal(ledger_commit(f->k.l, &e), 0);
	assert_true(f->ch.c.out.n >= FRAME_HEAD + 4);
	*ret = cur_of(slice_of(f->ch.c.out.p + FRAME_HEAD, f->ch.c.out.n - FRAME_HEAD));
	return (int)cur_u32le(ret);
}

static void put_who(struct buf *b, const char *token)
{
	buf_u8(b, WHO_TOKEN);
	frame_str(b, token);
	frame_str(b, "10.0.0.9");
}

static int open_link(struct fixture *f, const char *token, const char *what, struct cur *ret)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	frame_str(&b, token);
	frame_str(&b, "10.0.0.9");
	frame_str(&b, what);
	return ask(f, op_link_open, &b, ret);
}

static int make_link(struct fixture *f, const char *who, uint64_t ecg, uint32_t hours, const char *to, char token[40], char id[16])
{
	AUTO_BUF struct buf b = {0};
	struct cur c;
	buf_init(&b, 4096);
	put_who(&b, who);
	buf_u64le(&b, ecg);
	buf_u32le(&b, hours);
	frame_str(&b, to);
	frame_str(&b, "");
	int r = ask(f, op_link, &b, &c);
	if (r == 0) {
		frame_get_text(&c, token, 40);
		frame_get_text(&c, id, 16);
		assert_false(c.failed);
	}
	return r;
}

static int take_back(struct fixture *f, const char *who, const char *id)
{
	AUTO_BUF struct buf b = {0};
	struct cur c;
	buf_init(&b, 4096);
	put_who(&b, who);
	frame_str(&b, id);
	frame_str(&b, "wrong address");
	return ask(f, op_link_revoke, &b, &c);
}

static void token_of(struct fixture *f, const char *user, const char *role, const char *person, char ret[TOKEN_MAX])
{
	struct err e = {0};
	assert_int_equal(accounts_change(&f->k, "user-add", user, role, "root", NULL, "$argon2id$x", false, person, &e), 0);
	assert_int_equal(accounts_token_new(&f->k, "", user, "t", "root", ret, &e), 0);
}

/* ---- links ---- */

static void test_refused(void **state)
{
	static struct fixture f;
	char ada[TOKEN_MAX], cart[TOKEN_MAX], john[TOKEN_MAX], token[40], id[16];
	struct err e = {0};
	struct cur c;
	setup(&f);
	token_of(&f, "ada", "clinician", NULL, ada);
	token_of(&f, "john", "patient", "p1", john);
	assert_int_equal(accounts_token_new(&f.k, "ecg-send", "", "cart", "root", cart, &e), 0);
	assert_int_equal(make_link(&f, cart, f.ecg, 24, "Dr. Grey", token, id), ERR_DENIED);
	assert_int_equal(make_link(&f, john, f.ecg, 24, "Dr. Grey", token, id), ERR_DENIED);
	assert_int_equal(make_link(&f, "hft_x_y", f.ecg, 24, "Dr. Grey", token, id), ERR_DENIED);
	assert_int_equal(make_link(&f, ada, f.ecg, 0, "Dr. Grey", token, id), ERR_INPUT);
	assert_int_equal(make_link(&f, ada, f.ecg, 721, "Dr. Grey", token, id), ERR_INPUT);
	assert_int_equal(make_link(&f, ada, f.ecg, 24, " ", token, id), ERR_INPUT);
	assert_int_equal(make_link(&f, ada, f.ecg, 24, "a\nb", token, id), ERR_INPUT);
	assert_int_equal(make_link(&f, ada, 0, 24, "Dr. Grey", token, id), f.ecg == 0 ? 0 : ERR_NOT_FOUND);
	assert_int_equal(make_link(&f, ada, 99999, 24, "Dr. Grey", token, id), ERR_NOT_FOUND);
	uint64_t before = ledger_size(f.k.l);
	assert_int_equal(open_link(&f, "", "", &c), ERR_NOT_FOUND);
	assert_int_equal(open_link(&f, "00000000000000000000000000000000", "", &c), ERR_NOT_FOUND);
	assert_int_equal(take_back(&f, ada, "0000000000"), ERR_NOT_FOUND);
	assert_int_equal(take_back(&f, ada, ""), ERR_NOT_FOUND);
	assert_int_equal(ledger_size(f.k.l), before); /* what is refused is no look */
	teardown(&f);
}

static void test_opened(void **state)
{
	static struct fixture f;
	char ada[TOKEN_MAX], token[40], id[16], other[40], otherid[16], text[256];
	struct cur c;
	setup(&f);
	token_of(&f, "ada", "clinician", NULL, ada);
	assert_int_equal(make_link(&f, ada, f.ecg, 24, "Dr. Grey", token, id), 0);
	assert_int_equal(make_link(&f, ada, f.ecg, 24, "the practice", other, otherid), 0);
	uint64_t before = ledger_size(f.k.l);
	assert_int_equal(open_link(&f, token, "", &c), 0);
	assert_int_equal(cur_u64le(&c), f.ecg);
	(void)cur_u64le(&c);
	frame_get_text(&c, text, sizeof text);
	assert_string_equal(text, "Dr. Grey");
	frame_get_text(&c, text, sizeof text);
	assert_string_equal(text, "ada");
	frame_get_text(&c, text, sizeof text);
	assert_int_equal(cur_left(&c), 0); /* the page takes no byte of the recording */
	assert_int_equal(ledger_size(f.k.l), before + 1);
	assert_int_equal(open_link(&f, token, "wave", &c), 0);
	assert_non_null(memmem(f.ch.c.out.p, f.ch.c.out.n, BODY, strlen(BODY)));
	assert_int_equal(ledger_size(f.k.l), before + 2);
	/* known again from the cache, and from the ledger alone */
	for (int round = 0; round < 2; round++) {
		accounts_save(&f.k, true);
		crash(&f);
		if (round == 1)
			assert_int_equal(unlinkat(f.s.fd, "keys/accounts.json", 0), 0);
		start(&f);
		assert_int_equal(open_link(&f, token, "", &c), 0);
	}
	assert_int_equal(take_back(&f, ada, id), 0);
	assert_int_equal(take_back(&f, ada, id), ERR_EXISTS);
	assert_int_equal(open_link(&f, token, "", &c), ERR_ERASED);
	assert_int_equal(open_link(&f, token, "wave", &c), ERR_ERASED);
	assert_null(memmem(f.ch.c.out.p, f.ch.c.out.n, "\nfile", 5));
	assert_int_equal(open_link(&f, other, "", &c), 0);
	crash(&f); /* the cache, made before, is gone: revoked it is by the ledger alone */
	start(&f);
	assert_int_equal(open_link(&f, token, "", &c), ERR_ERASED);
	teardown(&f);
}

/* A link whose time is over by the clock. */
static void test_over(void **state)
{
	static struct fixture f;
	struct err e = {0};
	struct cur c;
	AUTO_BUF struct buf b = {0}, hex = {0};
	uint8_t hash[SEAL_HASH];
	char t[32];
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	setup(&f);
	seal_sha256_once(SLICE("0123456789abcdef0123456789abcdef"), hash);
	buf_init(&b, 4096);
	buf_init(&hex, 256);
	hex_put(&hex, slice_of(hash, sizeof hash));
	for (int past = 0; past < 2; past++) {
		struct json_node *n;
		buf_reset(&b);
		buf_printf(&b, "{\"act\":\"share\",\"ecg\":%llu,\"id\":\"x%d\",\"by\":\"ada\",\"for\":\"f\",\"sha256\":\"%s\",\"expires\":\"%s\"}", (unsigned long long)f.ecg, past, buf_cstr(&hex),
		           time_rfc3339(time_now() + (past ? -60 : 60) * TIME_SEC, 0, t));
		assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
		keeper_link_forget(&f.k);
		keeper_link_note(&f.k, n);
		assert_int_equal(open_link(&f, "0123456789abcdef0123456789abcdef", "", &c), past ? ERR_ERASED : 0);
	}
	teardown(&f);
}

static void test_too_often(void **state)
{
	static struct fixture f;
	char ada[TOKEN_MAX], token[40], id[16];
	struct cur c;
	int r = 0, n = 0;
	setup(&f);
	token_of(&f, "ada", "clinician", NULL, ada);
	assert_int_equal(make_link(&f, ada, f.ecg, 24, "Dr. Grey", token, id), 0);
	while (n < 1000 && (r = open_link(&f, token, "", &c)) == 0)
		n++;
	assert_int_equal(r, ERR_LIMIT);
	assert_int_equal(n, 600);
	teardown(&f);
}

/* ---- at home ---- */

static int hand_in(struct fixture *f, const char *who, const char *line)
{
	AUTO_BUF struct buf b = {0};
	struct cur c;
	buf_init(&b, 1 << 16);
	put_who(&b, who);
	buf_u8(&b, 0);
	buf_str(&b, line);
	buf_str(&b, "\nfile");
	return ask(f, op_ecg, &b, &c);
}

static int take(struct fixture *f, const char *who, uint64_t seq, struct cur *ret)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	put_who(&b, who);
	buf_u64le(&b, seq);
	frame_str(&b, "view");
	frame_str(&b, "p1");
	frame_str(&b, "");
	return ask(f, op_ecg_body, &b, ret);
}

static int say(struct fixture *f, const char *who, const char *act, uint64_t seq)
{
	AUTO_BUF struct buf b = {0};
	struct cur c;
	buf_init(&b, 4096);
	put_who(&b, who);
	buf_u8(&b, 0);
	frame_str(&b, "");
	buf_printf(&b, "{\"act\":\"%s\",\"ecg\":%llu,\"by\":\"x\",\"text\":\"y\",\"urgency\":\"stat\"}", act, (unsigned long long)seq);
	return ask(f, op_ecg_act, &b, &c);
}

static void test_home(void **state)
{
	static struct fixture f;
	static const char *const acts[] = {"match", "unmatch", "read", "sign", "addend", "reject", "reopen", "urgency", "share", "share-revoke", "share-open", "delivered"};
	char john[TOKEN_MAX], joan[TOKEN_MAX], ada[TOKEN_MAX];
	struct err e = {0};
	struct cur c;
	setup(&f);
	token_of(&f, "john", "patient", "p1", john);
	token_of(&f, "joan", "patient", "p2", joan);
	token_of(&f, "ada", "clinician", NULL, ada);
#define LINE(via, patient) "{\"ecg\":1,\"files\":[{\"name\":\"x\",\"size\":4}],\"via\":\"" via "\",\"patient\":\"" patient "\"}"
	assert_int_equal(hand_in(&f, john, LINE("home", "p2")), ERR_DENIED);   /* another person's */
	assert_int_equal(hand_in(&f, john, LINE("home", "")), ERR_DENIED);
	assert_int_equal(hand_in(&f, john, LINE("upload", "p1")), ERR_DENIED); /* not from home */
	assert_int_equal(hand_in(&f, ada, LINE("home", "p1")), ERR_DENIED);    /* staff is not at home */
	assert_int_equal(hand_in(&f, john, "no line"), ERR_INPUT);
	uint64_t own = ledger_size(f.k.l);
	assert_int_equal(keeper_record(&f.k, LEDGER_ECG, "ecg/john", SLICE(LINE("home", "p1") "\nown!"), &own, NULL, &e), 0);
	assert_int_equal(ledger_commit(f.k.l, &e), 0);
	assert_int_equal(take(&f, john, own, &c), 0);
	assert_int_equal(take(&f, joan, own, &c), ERR_NOT_FOUND);
	assert_int_equal(take(&f, john, f.ecg, &c), ERR_NOT_FOUND);
	assert_null(memmem(f.ch.c.out.p, f.ch.c.out.n, "\nfile", 5));
	assert_int_equal(say(&f, john, "note", own), 0);
	assert_int_equal(say(&f, john, "review-request", own), 0);
	assert_int_equal(say(&f, joan, "note", own), ERR_NOT_FOUND);
	assert_int_equal(say(&f, john, "review-request", f.ecg), ERR_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		assert_true(say(&f, john, acts[i], own) < 0);
	assert_true(say(&f, ada, "share", own) < 0); /* a link is made by the keeper alone: nobody hands in a hash of their own */
	teardown(&f);
}

/* ---- what a command says that it delivered ---- */

static int append_act(struct fixture *f, const char *json, struct cur *ret)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	buf_u8(&b, LEDGER_ECG_ACT);
	buf_u8(&b, 0);
	buf_u8(&b, APPEND_DEDUPE);
	buf_u8(&b, 0xff);
	buf_u8(&b, 0xff);
	frame_str(&b, "");
	buf_str(&b, json);
	f->ch.kind = CH_CONTROL;
	int r = ask(f, op_append, &b, ret);
	f->ch.kind = CH_CLIENT;
	return r;
}

/* Matching, reading and signing are a person's, who has signed in: by the way of commands comes what was delivered and what was answered, of a recording, and once. */
static void test_commands(void **state)
{
	struct fixture f;
	struct cur c;
	struct err e;
	struct ledger_leaf leaf;
	setup(&f);
	char json[300];
	static const char *const persons[] = {"match", "unmatch", "read", "sign", "addend", "reject", "reopen", "urgency", "share", "share-revoke", "note", ""};
	for (size_t i = 0; i < ARRAY_LEN(persons); i++) {
		snprintf(json, sizeof json, "{\"act\":\"%s\",\"ecg\":%llu,\"to\":\"EHR\",\"controlId\":\"E1\"}", persons[i], (unsigned long long)f.ecg);
		assert_int_equal(append_act(&f, json, &c), ERR_DENIED);
	}
	assert_int_equal(append_act(&f, "no json", &c), ERR_INPUT);
	assert_int_equal(append_act(&f, "{\"act\":\"delivered\",\"ecg\":0,\"to\":\"EHR\",\"controlId\":\"E1\"}", &c), ERR_NOT_FOUND); /* the site's first entry */
	assert_int_equal(append_act(&f, "{\"act\":\"delivered\",\"ecg\":99999,\"to\":\"EHR\",\"controlId\":\"E1\"}", &c), ERR_NOT_FOUND);
	snprintf(json, sizeof json, "{\"act\":\"delivered\",\"ecg\":%llu,\"to\":\"EHR\"}", (unsigned long long)f.ecg);
	assert_int_equal(append_act(&f, json, &c), ERR_DENIED);
	snprintf(json, sizeof json, "{\"act\":\"delivered\",\"ecg\":%llu,\"to\":\"EHR\",\"controlId\":\"E1\",\"ack\":\"AA\"}", (unsigned long long)f.ecg);
	assert_int_equal(append_act(&f, json, &c), 0);
	uint64_t first = cur_u64le(&c);
	assert_int_equal(ledger_read_leaf(f.k.l, first, &leaf, &e), 0);
	assert_true(!strncmp(leaf.source, "command/", 8));
	assert_int_equal(append_act(&f, json, &c), 0); /* asked again of a keeper that had it: who asked died in between */
	assert_true(cur_u64le(&c) == first);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused), cmocka_unit_test(test_opened), cmocka_unit_test(test_over), cmocka_unit_test(test_too_often), cmocka_unit_test(test_home), cmocka_unit_test(test_commands)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
