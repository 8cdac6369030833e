/* The whole daemon, as this very program re-executed per role: sandboxes, deaths, quarantine. */
/* wrap: hl7_parse */
#include "role.h"
#include "hl7.h"
#include "serve_test.h"

static const char *const names[] = {"intake", "keeper", "scribe", "web", "vault", "replicate", "ecg", "gate", "packets"};

/* A replica, so that there is somebody to carry copies away. */
static void with_replica(struct house *h)
{
	struct err e = {0};
	struct vault_replica *r = calloc(1, sizeof *r);
	assert_non_null(r);
	*r = (struct vault_replica){.name = "off", .retain_days = 30, .every = 60};
	snprintf(r->target, sizeof r->target, "%s/off", h->dir);
	AUTO_CLOSE int fd = file_open_dir(AT_FDCWD, h->site, &e);
	if (vault_replica_add(fd, r, &e) < 0)
		fail_msg("replica: %s %s", e.place, e.text);
	free(r);
}

/* ---- sandbox ---- */

/* How many tries of a role were refused, and how many not. */
static void tries(struct house *h, const char *role, unsigned *ret_denied, unsigned *ret_open, bool say)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 22);
	struct err e = {0};
	struct json_node *root;
	buf_init(&b, 1 << 20);
	if (control_self_test(h->k, &b, &e) < 0)
		fail_msg("self-test: %s", e.text);
	assert_int_equal(json_tree(buf_slice(&b), a, &root, &e), 0);
	const struct json_node *list = json_get(root, role);
	assert_non_null(list);
	assert_int_equal(list->type, JSON_ARR);
	*ret_denied = *ret_open = 0;
	for (const struct json_node *n = list->child; n; n = n->next) {
		const struct json_node *d = json_get(n, "denied");
		assert_non_null(d);
		if (d->type == JSON_TRUE) {
			++*ret_denied;
		} else {
			++*ret_open;
			if (say) {
				struct slice what = json_text(n, "try"), why = json_text(n, "errno");
				print_message("%s could: %.*s (errno %.*s)\n", role, SLICE_FMT(what), SLICE_FMT(why));
			}
		}
	}
}

static void test_sandbox(void **state)
{
	struct house h;
	house_make(&h);
	with_replica(&h);
	house_start(&h, true, false);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		unsigned denied, open;
		tries(&h, names[i], &denied, &open, true);
		assert_int_equal(open, 0);
		assert_true(denied >= 8);
	}
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	const struct json_node *roles = json_get(status_of(&h, a), "roles");
	for (const struct json_node *n = roles->child; n; n = n->next) {
		assert_int_equal(json_path(n, "sandbox.landlock")->type, JSON_TRUE);
		assert_int_equal(json_path(n, "sandbox.seccomp")->type, JSON_TRUE);
		assert_int_equal(json_path(n, "sandbox.user")->type, geteuid() == 0 ? JSON_TRUE : JSON_FALSE);
	}
	house_done(&h);
}

/* The same tries with the sandbox off are not refused: so the test above tests something. */
static void test_sandbox_off(void **state)
{
	struct house h;
	house_make(&h);
	with_replica(&h);
	house_start(&h, true, true);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		unsigned denied, open;
		tries(&h, names[i], &denied, &open, false);
		assert_true(open >= 5);
	}
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	const struct json_node *alarms = json_get(status_of(&h, a), "alarms");
	bool screams = false;
	for (const struct json_node *n = alarms->child; n; n = n->next)
		screams |= slice_eq_str(json_text(n, "what"), "SANDBOX INCOMPLETE") && slice_eq_str(json_text(n, "severity"), "alarm");
	assert_true(screams);
	house_done(&h);
}

/* The tries are there only in a daemon that was started for them. */
static void test_no_self_test(void **state)
{
	struct house h;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	house_make(&h);
	house_start(&h, false, false);
	assert_int_equal(control_self_test(h.k, &b, &e), ERR_DENIED);
	house_done(&h);
}

/* ---- deaths ---- */

static void test_killed_roles_come_back(void **state)
{
	struct house h;
	char id[32];
	house_make(&h);
	with_replica(&h);
	house_start(&h, false, false);
	int fd = mllp_connect(&h);
	assert_true(fd >= 0);
	assert_true(mllp_ask(fd, "BEFORE", 5000));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		pid_t was = 0, now = 0;
		for (int t = 0; t < 100 && !(was = role_pid(&h, names[i])); t++)
			usleep(50000);
		assert_true(was > 0);
		assert_int_equal(kill(was, SIGKILL), 0);
		int64_t at = time_monotonic();
		while ((now = role_pid(&h, names[i])) == 0 || now == was) {
			assert_true(time_monotonic() - at < 5 * TIME_SEC); /* a second on a machine of its own; this one may be busy */
			usleep(20000);
		}
		print_message("%s came back in %lld ms\n", names[i], (long long)((time_monotonic() - at) / 1000000));
		snprintf(id, sizeof id, "AFTER-%s", names[i]);
		if (!strcmp(names[i], "intake")) { /* its connections are gone: the sender comes again, and sends again */
			close(fd);
			for (int t = 0; t < 100 && (fd = mllp_connect(&h)) < 0; t++)
				usleep(20000);
			assert_true(mllp_ask(fd, "BEFORE", 5000));
		}
		/* with any other role gone the very same connection goes on */
		assert_true(mllp_ask(fd, id, 5000));
	}
	close(fd);
	struct err e = {0};
	assert_int_equal(control_catch_up(h.k, &e), 0);
	house_stop(&h);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "BEFORE"), 1);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "AFTER-"), ARRAY_LEN(names));
	house_done(&h);
}

/* What is on its way when the keeper dies is neither lost nor stored twice, on a connection that never notices. */
static void test_keeper_dies_under_load(void **state)
{
	struct house h;
	char id[32];
	house_make(&h);
	house_start(&h, false, false);
	int fd = mllp_connect(&h);
	unsigned asked = 0;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 20; i++) {
			snprintf(id, sizeof id, "LOAD-%05u", asked++);
			assert_true(mllp_ask(fd, id, 10000));
		}
		pid_t p = 0;
		for (int t = 0; t < 100 && !(p = role_pid(&h, "keeper")); t++)
			usleep(20000);
		char m[40 * 512];
		size_t n = 0;
		for (int i = 0; i < 40; i++) {
			snprintf(id, sizeof id, "LOAD-%05u", asked++);
			n += mllp_message(m + n, sizeof m - n, id);
		}
		assert_int_equal(send(fd, m, n, MSG_NOSIGNAL), (ssize_t)n);
		kill(p, SIGKILL);
		/* all forty are answered, in order */
		static char acks[65536];
		size_t have = 0;
		unsigned count = 0;
		while (count < 40) {
			struct pollfd pf = {.fd = fd, .events = POLLIN};
			assert_int_equal(poll(&pf, 1, 10000), 1);
			ssize_t got = recv(fd, acks + have, sizeof acks - have, 0);
			assert_true(got > 0);
			have += (size_t)got;
			count = 0;
			for (size_t k = 0; k < have; k++)
				count += acks[k] == 0x1c;
		}
		const char *at = acks;
		for (unsigned i = asked - 40; i < asked; i++) {
			snprintf(id, sizeof id, "MSA|AA|LOAD-%05u\r", i);
			const char *hit = memmem(at, have - (size_t)(at - acks), id, strlen(id));
			assert_non_null(hit);
			at = hit;
		}
	}
	close(fd);
	house_stop(&h);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "LOAD-"), asked);
	house_done(&h);
}

static pid_t pid_other_than(struct house *h, const char *role, pid_t was)
{
	pid_t now = 0;
	for (int t = 0; t < 500 && ((now = role_pid(h, role)) == 0 || now == was); t++)
		usleep(20000);
	assert_true(now > 0 && now != was);
	return now;
}

/* A keeper that is gone before the scribe could greet it is no failure of the scribe's: it waits for the next one. (So it is, too, when a command that had nothing to do ends before the
 * scribe has begun.) */
static void test_keeper_gone_before_greeted(void **state)
{
	struct house h;
	struct err e = {0};
	house_make(&h);
	house_start(&h, false, false);
	pid_t scribe = pid_other_than(&h, "scribe", 0), keeper = pid_other_than(&h, "keeper", 0);
	assert_int_equal(kill(scribe, SIGSTOP), 0);
	for (int i = 0; i < 2; i++) { /* the second one's channel is closed by the time that the scribe takes it up */
		assert_int_equal(kill(keeper, SIGKILL), 0);
		keeper = pid_other_than(&h, "keeper", keeper);
	}
	assert_int_equal(kill(scribe, SIGCONT), 0);
	int fd = mllp_connect(&h);
	assert_true(mllp_ask(fd, "GREETED", 5000));
	close(fd);
	assert_int_equal(control_catch_up(h.k, &e), 0);
	assert_int_equal(role_pid(&h, "scribe"), scribe);
	house_stop(&h);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "GREETED"), 1);
	house_done(&h);
}

/* Supervisor killed: nobody is left behind, and the next one finds everything. */
static void test_supervisor_killed(void **state)
{
	struct house h;
	pid_t pids[4];
	house_make(&h);
	house_start(&h, false, false);
	int fd = mllp_connect(&h);
	assert_true(mllp_ask(fd, "ONE", 5000));
	for (size_t i = 0; i < 4; i++)
		for (int t = 0; t < 100 && !(pids[i] = role_pid(&h, names[i])); t++)
			usleep(20000);
	kill(h.daemon, SIGKILL);
	waitpid(h.daemon, NULL, 0);
	control_close(h.k);
	h.k = NULL;
	site_close(&h.s);
	for (int t = 0; t < 200; t++) {
		size_t left = 0;
		for (size_t i = 0; i < 4; i++)
			left += kill(pids[i], 0) == 0;
		if (left == 0)
			break;
		assert_true(t < 199);
		usleep(50000);
	}
	close(fd);
	house_start(&h, false, false);
	fd = mllp_connect(&h);
	assert_true(mllp_ask(fd, "ONE", 5000));
	assert_true(mllp_ask(fd, "TWO", 5000));
	close(fd);
	house_stop(&h);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "ONE"), 1);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "TWO"), 1);
	house_done(&h);
}

/* A message on which the reader of this program dies, as a bug would have it. */
#define DEADLY "DEADLY-TO-THE-SCRIBE"
int __real_hl7_parse(struct slice raw, struct arena *a, struct hl7_msg *ret, struct hl7_problem *problems, size_t max, size_t *ret_problems, struct err *e);
int __wrap_hl7_parse(struct slice raw, struct arena *a, struct hl7_msg *ret, struct hl7_problem *problems, size_t max, size_t *ret_problems, struct err *e);
int __wrap_hl7_parse(struct slice raw, struct arena *a, struct hl7_msg *ret, struct hl7_problem *problems, size_t max, size_t *ret_problems, struct err *e)
{
	if (memmem(raw.p, raw.n, DEADLY, strlen(DEADLY)))
		abort();
	return __real_hl7_parse(raw, a, ret, problems, max, ret_problems, e);
}

static void wait_quarantined(struct house *h, uint64_t n)
{
	struct err e = {0};
	for (int64_t until = time_monotonic() + 60 * TIME_SEC; status_number(h, "quarantined") < n && time_monotonic() < until;)
		usleep(20000);
	assert_int_equal(status_number(h, "quarantined"), n);
	assert_int_equal(control_catch_up(h->k, &e), 0);
	assert_int_equal(status_number(h, "view.behind"), 0);
}

static struct chart_patient *patient_of(struct house *h, const char *id, struct arena *a)
{
	char path[128];
	struct err e = {0};
	struct chart *c;
	struct chart_moment now;
	struct chart_patient *p = NULL;
	snprintf(path, sizeof path, "%s/view/chart.db", h->site);
	if (chart_open(path, &(struct chart_options){.readers = SERVE_READERS}, &c, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(chart_now(c, &now, &e), 0);
	int r = chart_patient(c, slice_str(id), now, a, &p, NULL, &e);
	chart_close(c);
	return r < 0 ? NULL : p;
}

static int decide(struct house *h, uint8_t kind, const char *json)
{
	struct err e = {0};
	struct control_append ap = {.kind = kind, .body = slice_str(json)};
	struct control *k;
	assert_int_equal(control_open(&h->s, false, &k, &e), 0);
	int r = control_append(k, &ap, 1, NULL, NULL, &e);
	if (r == 0)
		r = control_flush(k, &e);
	control_close(k);
	return r;
}

/* An entry on which the scribe dies twice is set aside, and what came with it and behind it is shown. Its patient's chart, where that can be told without reading the rest, says that it is incomplete. */
static void test_quarantine(void **state)
{
	struct house h;
	struct err e = {0};
	static const char inside[] = "\x0bMSH|^~\\&|EHR|GAB|HF|GAB|20260105120000||ADT^A01^ADT_A01|INSIDE|P|2.5\rEVN|A01|20260105120000\rPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\rPV1|1|I|" DEADLY "\r\x1c\r";
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	house_make(&h);
	house_start(&h, false, false);
	int fd = mllp_connect(&h);
	assert_true(mllp_ask_with(fd, inside, sizeof inside - 1, "INSIDE", 5000)); /* it is stored, so it is acknowledged */
	for (unsigned i = 0; i < 20; i++) {
		char id[32];
		snprintf(id, sizeof id, "BEHIND%u", i);
		assert_true(mllp_ask(fd, id, 5000));
	}
	wait_quarantined(&h, 1);
	uint64_t entry = status_number(&h, "quarantine.0");
	assert_true(status_number(&h, "ledger.size") >= entry + 22); /* 21 messages and the entry that sets one of them aside */
	struct chart_patient *p = patient_of(&h, "4711", a);
	assert_non_null(p);
	assert_true(p->incomplete);
	/* here it is his very number that kills */
	assert_true(mllp_ask(fd, DEADLY, 5000));
	assert_true(mllp_ask(fd, "LAST", 5000));
	close(fd);
	wait_quarantined(&h, 2);
	assert_null(patient_of(&h, DEADLY, a));
	p = patient_of(&h, "LAST", a);
	assert_non_null(p);
	assert_false(p->incomplete);
	house_stop(&h);
	assert_int_equal(entries_with(&h, LEDGER_QUARANTINE, "\"entry\":"), 2);
	/* it stays so: the next daemon, and a rebuild, skip it too */
	house_start(&h, false, false);
	assert_int_equal(status_number(&h, "quarantined"), 2);
	assert_int_equal(control_rebuild(h.k, CHART_NOW, NULL, NULL, &e), 0);
	assert_int_equal(status_number(&h, "view.behind"), 0);
	/* until somebody lifts it, with a reason, and only what is in it; the reader is as it was, so the entry is back there soon */
	char lift[128];
	snprintf(lift, sizeof lift, "{\"what\":\"lift\",\"entry\":%llu,\"reason\":\"mended\"}", (unsigned long long)entry);
	assert_int_equal(decide(&h, LEDGER_QUARANTINE, "{\"what\":\"lift\",\"entry\":0,\"reason\":\"x\"}"), ERR_NOT_FOUND);
	assert_int_equal(decide(&h, LEDGER_QUARANTINE, "{\"what\":\"lift\",\"entry\":1}"), ERR_INPUT);
	assert_int_equal(decide(&h, LEDGER_QUARANTINE, "{\"what\":\"quarantine\",\"entry\":1,\"reason\":\"x\"}"), ERR_DENIED);
	assert_int_equal(decide(&h, LEDGER_CONFIG, "{\"what\":\"listener\",\"reason\":\"x\"}"), ERR_DENIED);
	assert_int_equal(decide(&h, LEDGER_QUARANTINE, lift), 0);
	assert_int_equal(status_number(&h, "quarantined"), 1);
	assert_int_equal(decide(&h, LEDGER_QUARANTINE, lift), ERR_NOT_FOUND);
	(void)!control_rebuild(h.k, CHART_NOW, NULL, NULL, &e); /* the scribe dies on it */
	wait_quarantined(&h, 2);
	house_stop(&h);
	assert_int_equal(entries_with(&h, LEDGER_QUARANTINE, "\"lift\""), 1);
	house_done(&h);
}

/* ---- the lock ---- */

static void test_one_keeper(void **state)
{
	struct house h;
	struct err e = {0};
	struct control *k;
	char password[64];
	house_make(&h);
	/* without a daemon a command is its own keeper; another one that may not start one finds nobody */
	struct site s;
	assert_int_equal(site_open(h.site, &s, &e), 0);
	assert_int_equal(control_open(&s, false, &k, &e), ERR_BUSY);
	assert_int_equal(control_open(&s, true, &k, &e), 0);
	assert_true(control_private(k));
	assert_int_equal(control_user_add(k, "anna", "clinician", NULL, password, &e), 0);
	assert_true(strlen(password) > 10);
	assert_int_equal(control_user_add(k, "Anna", "clinician", NULL, password, &e), ERR_EXISTS);
	assert_int_equal(control_user_add(k, "bad name", "clinician", NULL, password, &e), ERR_USAGE);
	assert_int_equal(control_user_add(k, "ben", "wizard", NULL, password, &e), ERR_USAGE);
	assert_int_equal(control_user_add(k, "ben", "admin", "password12", password, &e), ERR_INPUT);
	control_close(k);
	/* with one, everybody asks it, and what was done is still known */
	house_start(&h, false, false);
	assert_int_equal(control_open(&s, true, &k, &e), 0);
	assert_false(control_private(k));
	assert_int_equal(control_user_add(k, "anna", "clinician", NULL, password, &e), ERR_EXISTS);
	assert_int_equal(control_user_disable(k, "anna", "left", &e), 0);
	assert_int_equal(control_user_disable(k, "anna", "left", &e), ERR_NOT_FOUND);
	char token[128];
	assert_int_equal(control_token_create(k, "api", NULL, "lab", token, &e), 0);
	assert_int_equal(control_token_revoke(k, token, &e), 0);
	assert_int_equal(control_token_revoke(k, token, &e), ERR_NOT_FOUND);
	AUTO_BUF struct buf users = {0};
	buf_init(&users, 1 << 20);
	assert_int_equal(control_user_list(k, &users, &e), 0);
	assert_non_null(strstr(buf_cstr(&users), "\"anna\""));
	assert_null(strstr(buf_cstr(&users), "argon2"));
	control_close(k);
	/* a second daemon does not start */
	struct serve_options o = {.site = h.site, .http = "127.0.0.1:0", .plain = true};
	assert_int_equal(serve_run(&o, &e), ERR_BUSY);
	site_close(&s);
	house_done(&h);
}

/* What the vault room would do is its own tests' business; the role and its sandbox are real. */
static int no_standing(int vaultfd, int workfd, const char *agent, const char *source, const char *files_period, struct jsonw *ret, struct err *e)
{
	return err_set(e, ERR_BUSY, NULL, "a test");
}
static int no_snapshot(int vaultfd, int workfd, int listfd, const char *agent, const uint8_t dedupe[32], struct slice meta, const struct serve_vault_keeper *k, struct buf *ret_json, struct err *e)
{
	return err_set(e, ERR_BUSY, NULL, "a test");
}
static int no_note(int workfd, bool fresh, const char *kind, uint64_t seq, int64_t time, struct slice body, struct err *e)
{
	return 0;
}
static const struct serve_vault vault_room = {.standing = no_standing, .snapshot = no_snapshot, .note = no_note};

int main(int argc, char **argv)
{
	serve_vault_use(&vault_room);
	int status = serve_role_main(argc, argv);
	if (status >= 0)
		return status;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sandbox),         cmocka_unit_test(test_sandbox_off), cmocka_unit_test(test_no_self_test), cmocka_unit_test(test_killed_roles_come_back),
		cmocka_unit_test(test_keeper_dies_under_load), cmocka_unit_test(test_keeper_gone_before_greeted), cmocka_unit_test(test_supervisor_killed), cmocka_unit_test(test_quarantine), cmocka_unit_test(test_one_keeper),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
