/* Accounts, tokens, sessions and what slows down guessing, on a real ledger without processes. */
#include "serve_test.h"
#include "keeper.h"
#include "sessions.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	struct house h;
	struct role r;
	struct keeper k;
	struct site s;
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
}

/* A crash: nothing is closed. */
static void crash(struct fixture *f)
{
	struct err e;
	if (ledger_size(f->k.l) > ledger_durable(f->k.l))
		assert_int_equal(ledger_commit(f->k.l, &e), 0);
	accounts_close(&f->k);
	munmap(f->k.sessions, KEEPER_SHARED);
	ledger_free(f->k.l);
	free(f->k.staged);
	free(f->k.quarantined);
}

static void setup(struct fixture *f)
{
	struct err e = {0};
	house_make(&f->h);
	assert_int_equal(site_open(f->h.site, &f->s, &e), 0);
	f->r = (struct role){.sup = -1, .sitefd = f->s.fd};
	memcpy(f->r.origin, f->s.origin, sizeof f->r.origin);
	f->r.sharedfd = memfd_create("sessions", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f->r.sharedfd, KEEPER_SHARED), 0);
	start(f);
}

static void teardown(struct fixture *f)
{
	crash(f);
	close(f->r.sharedfd);
	site_close(&f->s);
	house_done(&f->h);
}

static void add(struct fixture *f, const char *user, const char *role)
{
	struct err e = {0};
	assert_int_equal(accounts_change(&f->k, "user-add", user, role, "root", NULL, "$argon2id$secret-hash", true, NULL, &e), 0);
}

static void test_truth_is_the_ledger(void **state)
{
	static struct fixture f;
	struct err e = {0};
	char token[TOKEN_MAX];
	setup(&f);
	add(&f, "Anna", "clinician");
	add(&f, "ben", "admin");
	assert_int_equal(accounts_token_new(&f.k, "api", "", "lab", "root", token, &e), 0);
	assert_int_equal(accounts_change(&f.k, "user-disable", "ben", NULL, "root", "left", NULL, false, NULL, &e), 0);
	assert_non_null(accounts_user(&f.k, "ANNA"));
	assert_null(accounts_user(&f.k, "ann"));
	/* in all four: as it is; without the cache; with a damaged one; with one of another ledger */
	for (int round = 0; round < 4; round++) {
		struct buf b;
		buf_init(&b, 1 << 20);
		accounts_save(&f.k, true);
		crash(&f);
		if (round == 1)
			assert_int_equal(unlinkat(f.s.fd, "keys/accounts.json", 0), 0);
		else if (round == 2)
			assert_int_equal(file_replace(f.s.fd, "keys/accounts.json", SLICE("{\"version\":1,\"users\":["), 0600, &e), 0);
		else if (round == 3)
			assert_int_equal(file_replace(f.s.fd, "keys/accounts.json", SLICE("{\"version\":1,\"origin\":\"other\",\"upTo\":1,\"users\":[],\"tokens\":[],\"quarantined\":[]}"), 0600, &e), 0);
		start(&f);
		const struct account *u = accounts_user(&f.k, "anna");
		assert_non_null(u);
		assert_string_equal(u->user, "Anna");
		assert_string_equal(u->role, "clinician");
		assert_string_equal(u->hash, "$argon2id$secret-hash");
		assert_true(u->must_change && !u->disabled);
		assert_true(accounts_user(&f.k, "ben")->disabled);
		assert_non_null(accounts_token(&f.k, token));
		buf_done(&b);
	}
	/* one letter of the secret, or of the id */
	char wrong[TOKEN_MAX];
	memcpy(wrong, token, sizeof wrong);
	wrong[strlen(wrong) - 1] ^= 1;
	assert_null(accounts_token(&f.k, wrong));
	memcpy(wrong, token, sizeof wrong);
	wrong[5] ^= 1;
	assert_null(accounts_token(&f.k, wrong));
	assert_null(accounts_token(&f.k, ""));
	assert_null(accounts_token(&f.k, "hft_"));
	assert_int_equal(accounts_token_revoke(&f.k, token, "root", &e), 0);
	assert_null(accounts_token(&f.k, token));
	crash(&f);
	start(&f);
	assert_null(accounts_token(&f.k, token));
	teardown(&f);
}

/* Neither the scribe nor a list ever sees a hash. */
static void test_secrets_stay(void **state)
{
	static struct fixture f;
	struct err e = {0};
	char token[TOKEN_MAX];
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	setup(&f);
	add(&f, "anna", "clinician");
	assert_int_equal(accounts_token_new(&f.k, "api", "", "lab", "root", token, &e), 0);
	assert_int_equal(ledger_commit(f.k.l, &e), 0);
	for (uint64_t i = 0; i < ledger_durable(f.k.l); i++) {
		struct ledger_entry en;
		assert_int_equal(ledger_read(f.k.l, i, &en, &e), 0);
		assert_null(memmem(en.body.p, en.body.n, token, strlen(token)));
		if (en.leaf.kind != LEDGER_ACCOUNT)
			continue;
		buf_reset(&b);
		accounts_redact(en.body, &b);
		assert_null(strstr(buf_cstr(&b), "secret"));
		assert_null(strstr(buf_cstr(&b), "argon2"));
		assert_non_null(strstr(buf_cstr(&b), "\"what\""));
	}
	buf_reset(&b);
	accounts_redact(SLICE("not json"), &b);
	assert_string_equal(buf_cstr(&b), "{}");
	buf_reset(&b);
	accounts_redact(SLICE("{\"a\":1,\"secret\":{\"x\":2},\"s\\u0065cret\":3}"), &b);
	assert_string_equal(buf_cstr(&b), "{\"a\":1}");
	buf_reset(&b);
	accounts_json(&f.k, &b);
	assert_null(strstr(buf_cstr(&b), "argon2"));
	teardown(&f);
}

static void test_names(void **state)
{
	assert_true(account_name_ok("anna"));
	assert_true(account_name_ok("a.b-c_d@e9"));
	static const char *const bad[] = {"", ".a", "a b", "a\nb", "a/b", "\xc3\xa4", "a\"b", "0123456789012345678901234567890123456789012345678901234567890123"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(account_name_ok(bad[i]));
	assert_true(serve_role_known("api"));
	assert_false(serve_role_known("root"));
	assert_int_equal(serve_role_may("auditor") & MAY_CHART, 0);
	assert_int_equal(serve_role_may("device"), MAY_FHIR_WRITE | MAY_ECG_SEND);
	assert_int_equal(serve_role_may("patient"), MAY_HOME);
}

static void test_sessions(void **state)
{
	static struct fixture f;
	char id[40][SESSION_ID_MAX], other[SESSION_ID_MAX];
	setup(&f);
	add(&f, "anna", "clinician");
	add(&f, "ben", "admin");
	(void)session_new(&f.k, "ben", other);
	for (int i = 0; i < 40; i++) {
		struct session *s = session_new(&f.k, "anna", id[i]);
		assert_int_equal(strlen(id[i]), 43);
		s->last = s->created = time_monotonic() + i; /* later ones are younger, whatever the clock's grain */
	}
	/* a person who signs in again and again pushes out their own oldest, and nobody else */
	assert_null(session_find(&f.k, id[0]));
	assert_non_null(session_find(&f.k, id[39]));
	assert_non_null(session_find(&f.k, other));
	assert_null(session_find(&f.k, ""));
	assert_null(session_find(&f.k, "x"));
	id[39][10] ^= 1;
	assert_null(session_find(&f.k, id[39]));
	id[39][10] ^= 1;
	/* a keeper that dies does not sign anybody out */
	crash(&f);
	start(&f);
	assert_non_null(session_find(&f.k, id[39]));
	/* idle, and at last in any case */
	struct session *s = session_find(&f.k, id[39]);
	s->last -= SESSION_IDLE + TIME_SEC;
	assert_null(session_find(&f.k, id[39]));
	s->last = time_monotonic();
	s->created -= SESSION_WHOLE + TIME_SEC;
	assert_null(session_find(&f.k, id[39]));
	/* protected records: this one, this session, for a time */
	s = session_find(&f.k, other);
	assert_false(session_glass_open(s, "p1"));
	session_glass_add(s, "p1");
	assert_true(session_glass_open(s, "p1"));
	assert_false(session_glass_open(s, "p11"));
	assert_false(session_glass_open(session_find(&f.k, id[38]), "p1"));
	for (int i = 0; i < GLASS_MAX; i++) {
		char p[16];
		snprintf(p, sizeof p, "q%d", i);
		session_glass_add(s, p);
	}
	assert_true(session_glass_open(s, "q15"));
	assert_false(session_glass_open(s, "p1")); /* the one that ends first gave way */
	for (int i = 0; i < RAW_MAX; i++)
		assert_true(session_take_raw(s));
	assert_false(session_take_raw(s));
	/* the user is disabled: their sessions are no longer answered */
	sessions_end_of(&f.k, "anna", NULL);
	assert_null(session_find(&f.k, id[38]));
	assert_non_null(session_find(&f.k, other));
	teardown(&f);
}

static void test_guessing(void **state)
{
	static struct fixture f;
	setup(&f);
	for (int i = 0; i < 4; i++)
		tries_failed(&f.k, "anna", "10.0.0.1");
	assert_int_equal(tries_wait(&f.k, "anna", "10.0.0.1"), 0);
	tries_failed(&f.k, "ANNA", "10.0.0.1"); /* names are one whatever their case */
	uint32_t first = tries_wait(&f.k, "anna", "10.0.0.1");
	assert_true(first >= 29 && first <= 31);
	assert_int_equal(tries_wait(&f.k, "anna", "10.0.0.2"), 0); /* elsewhere she still signs in */
	assert_int_equal(tries_wait(&f.k, "ben", "10.0.0.1"), 0);
	for (int i = 0; i < 20; i++)
		tries_failed(&f.k, "anna", "10.0.0.1");
	uint32_t later = tries_wait(&f.k, "anna", "10.0.0.1");
	assert_true(later > 900 && later < 1000);
	tries_forget(&f.k, "anna", "10.0.0.1");
	assert_int_equal(tries_wait(&f.k, "anna", "10.0.0.1"), 0);
	/* one machine with many names is slowed down as a whole */
	for (int i = 0; i < 40; i++) {
		char name[16];
		snprintf(name, sizeof name, "user%d", i);
		tries_failed(&f.k, name, "10.0.0.9");
	}
	assert_true(tries_wait(&f.k, "somebody", "10.0.0.9") > 0);
	teardown(&f);
}

/* ---- while a site is being rebuilt ---- */

static uint64_t noted_size(const struct fixture *f)
{
	struct stat st;
	assert_int_equal(fstat(f->r.lookedfd, &st), 0);
	return (uint64_t)st.st_size;
}

static void is_entry(struct fixture *f, uint64_t seq, uint8_t kind, const char *body)
{
	struct ledger_entry en;
	struct err e;
	assert_int_equal(ledger_read(f->k.l, seq, &en, &e), 0);
	assert_int_equal(en.leaf.kind, kind);
	assert_string_equal(en.leaf.source, "web");
	assert_true(slice_eq_str(en.body, body));
}

static void note_three(struct fixture *f)
{
	struct err e = {0};
	f->k.restoring = true;
	assert_int_equal(looked_open(&f->k, &e), 0);
	assert_int_equal(looked_add(&f->k, LEDGER_SESSION, "web", SLICE("{\"what\":\"login\"}"), &e), 0);
	assert_int_equal(looked_add(&f->k, LEDGER_AUDIT, "web", SLICE("{\"a\":1}"), &e), 0);
	assert_int_equal(looked_add(&f->k, LEDGER_AUDIT, "web", SLICE("{\"a\":1}"), &e), 0);
	assert_true(f->k.looked.dirty);
	assert_int_equal(looked_commit(&f->k, &e), 0);
	assert_false(f->k.looked.dirty);
	f->k.restoring = false;
}

static void test_looked(void **state)
{
	static struct fixture f;
	struct err e = {0};
	char line[64];
	setup(&f);
	f.r.lookedfd = openat(f.s.fd, "rebuild.looked", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(f.r.lookedfd >= 0);
	note_three(&f);
	/* nothing else is noted, and nothing that would be two lines; what a kill tore was told to nobody */
	uint64_t whole = noted_size(&f), size = ledger_size(f.k.l);
	assert_int_equal(looked_add(&f.k, LEDGER_HL7V2, "web", SLICE("MSH"), &e), ERR_BUSY);
	assert_int_equal(looked_add(&f.k, LEDGER_AUDIT, "web", SLICE("{}\n7\tweb\t{}"), &e), ERR_BUSY);
	assert_int_equal(write(f.r.lookedfd, "7\tweb\t{\"torn", 12), 12);
	assert_int_equal(looked_open(&f.k, &e), 0);
	assert_int_equal(noted_size(&f), whole);
	assert_int_equal(f.k.looked.size, whole);
	/* the ledger is there: entries in their order, two alike are two, once */
	assert_int_equal(looked_enter(&f.k, &e), 0);
	assert_int_equal(ledger_durable(f.k.l), size + 3);
	is_entry(&f, size, LEDGER_SESSION, "{\"what\":\"login\"}");
	is_entry(&f, size + 1, LEDGER_AUDIT, "{\"a\":1}");
	is_entry(&f, size + 2, LEDGER_AUDIT, "{\"a\":1}");
	assert_int_equal(noted_size(&f), 0);
	assert_int_equal(looked_enter(&f.k, &e), 0);
	assert_int_equal(ledger_size(f.k.l), size + 3);
	/* killed when two of three were entered, and something of the ledger's own came between: the rest is */
	note_three(&f);
	snprintf(line, sizeof line, "enter\t%llu\n", (unsigned long long)size);
	assert_int_equal(write(f.r.lookedfd, line, strlen(line)), (ssize_t)strlen(line));
	assert_int_equal(looked_enter(&f.k, &e), 0); /* all three stand from `size` on */
	assert_int_equal(ledger_size(f.k.l), size + 3);
	note_three(&f);
	snprintf(line, sizeof line, "enter\t%llu\n", (unsigned long long)size + 1);
	assert_int_equal(write(f.r.lookedfd, line, strlen(line)), (ssize_t)strlen(line));
	assert_int_equal(looked_enter(&f.k, &e), 0); /* from there the sign-in does not: it and what follows it are entered */
	assert_int_equal(ledger_size(f.k.l), size + 6);
	is_entry(&f, size + 3, LEDGER_SESSION, "{\"what\":\"login\"}");
	assert_int_equal(noted_size(&f), 0);
	close(f.r.lookedfd);
	teardown(&f);
}

/* Heads carry the accounts sealed; again only when something in them is new. A keeper without a ledger reads what the rebuild opened. */
static void test_sealed(void **state)
{
	static struct fixture f;
	struct err e = {0};
	struct stat a, b;
	static const char people[] = "{\"version\":1,\"users\":[{\"user\":\"Anna\",\"role\":\"clinician\",\"argon2id\":\"$x\",\"disabled\":false,\"mustChange\":true,\"created\":1}],\"tokens\":[]}";
	setup(&f);
	accounts_save(&f.k, true);
	assert_int_equal(fstatat(f.s.fd, "keys/accounts.age", &a, 0), -1); /* nobody has an account */
	add(&f, "Anna", "clinician");
	accounts_save(&f.k, true);
	assert_int_equal(fstatat(f.s.fd, "keys/accounts.age", &a, 0), 0);
	accounts_user(&f.k, "anna")->last_login = 5; /* no reason for another file in every replica */
	accounts_seal(&f.k);
	crash(&f);
	start(&f);
	accounts_seal(&f.k);
	assert_int_equal(fstatat(f.s.fd, "keys/accounts.age", &b, 0), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(accounts_change(&f.k, "user-disable", "anna", NULL, "root", "left", NULL, false, NULL, &e), 0);
	accounts_seal(&f.k);
	assert_int_equal(fstatat(f.s.fd, "keys/accounts.age", &b, 0), 0);
	assert_int_not_equal(a.st_ino, b.st_ino);
	accounts_close(&f.k);
	f.r.accountsfd = memfd_create("accounts", MFD_CLOEXEC);
	assert_int_equal(accounts_open_restoring(&f.k, &e), 0); /* an empty one: nobody signs in */
	assert_null(accounts_user(&f.k, "anna"));
	accounts_close(&f.k);
	assert_int_equal(write(f.r.accountsfd, people, sizeof people - 1), (ssize_t)sizeof people - 1);
	assert_int_equal(accounts_open_restoring(&f.k, &e), 0);
	assert_string_equal(accounts_user(&f.k, "anna")->hash, "$x");
	accounts_close(&f.k);
	assert_int_equal(ftruncate(f.r.accountsfd, 30), 0);
	assert_int_equal(accounts_open_restoring(&f.k, &e), ERR_CORRUPT);
	close(f.r.accountsfd);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth_is_the_ledger), cmocka_unit_test(test_secrets_stay), cmocka_unit_test(test_names), cmocka_unit_test(test_sessions), cmocka_unit_test(test_guessing),
		cmocka_unit_test(test_looked), cmocka_unit_test(test_sealed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
