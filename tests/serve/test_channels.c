/* A channel between two roles is closed by one of them and neither dies: they get a new one, what has no answer is said again, and nothing is lost. The faults are made inside the real roles, by a signal to them. */
/* wrap: keeper_main vault_main feed_frame op_append op_check op_asked op_rebuild copy_frame packet_recv */
#include "keeper.h"
#include "serve_test.h"

enum fault { NONE, SCRIBE, INTAKE, INTAKE_ALWAYS, WEB, WEB_CLIENT, VAULT, COPY_RACE };
static volatile sig_atomic_t fault;
static struct role *me;

static void on_signal(int sig)
{
	fault = sig - SIGRTMIN;
}

static void become(struct role *r)
{
	struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	me = r;
	for (int i = SCRIBE; i <= COPY_RACE; i++)
		sigaction(SIGRTMIN + i, &a, NULL);
}

int __real_keeper_main(struct role *r);
int __wrap_keeper_main(struct role *r)
{
	become(r);
	return __real_keeper_main(r);
}

int __real_vault_main(struct role *r);
int __wrap_vault_main(struct role *r)
{
	become(r);
	return __real_vault_main(r);
}

/* The scribe's frame is one that it may not send. */
int __real_feed_frame(struct keeper *k, const struct frame *f);
int __wrap_feed_frame(struct keeper *k, const struct frame *f)
{
	if (fault != SCRIBE)
		return __real_feed_frame(k, f);
	fault = NONE;
	return ERR_DENIED;
}

/* In the middle of a stream: the ninth that comes, or the one with a certain id, for ever. */
void __real_op_append(struct keeper *k, struct kchan *ch, const struct frame *f);
void __wrap_op_append(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	static int n;
	bool poison = fault == INTAKE_ALWAYS && memmem(f->payload.p, f->payload.n, "POISON", 6);
	if ((fault == INTAKE && ++n == 9) || poison) {
		if (!poison)
			fault = NONE;
		keeper_chan_drop(k, ch, "a test");
		return;
	}
	__real_op_append(k, ch, f);
}

/* WEB: the client's channel is closed, and then the one over which it would bring another. */
void __real_op_check(struct keeper *k, struct kchan *ch, const struct frame *f);
void __wrap_op_check(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	if (fault == WEB_CLIENT || fault == WEB) {
		if (fault == WEB_CLIENT)
			fault = NONE;
		keeper_chan_drop(k, ch, "a test");
		return;
	}
	__real_op_check(k, ch, f);
}

int __real_packet_recv(int fd, struct buf *b, struct frame *ret, bool wait);
int __wrap_packet_recv(int fd, struct buf *b, struct frame *ret, bool wait)
{
	int n = __real_packet_recv(fd, b, ret, wait);
	if (me && fd != me->sup && n > 0 && (fault == WEB || fault == VAULT)) {
		fault = NONE;
		frame_close_fds(ret);
		return ERR_INPUT;
	}
	return n;
}

/* Replicate's word that all were asked is the one thing that a keeper which waits for it cannot do without. */
void __real_op_asked(struct keeper *k, struct kchan *ch, const struct frame *f);
void __wrap_op_asked(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	static bool once;
	if (!once) {
		once = true;
		keeper_chan_drop(k, ch, "a test");
		for (struct kchan *c = k->chans; c; c = c->next)
			if (c->kind == CH_COPY_MAIN)
				keeper_chan_drop(k, c, "a test");
		return;
	}
	__real_op_asked(k, ch, f);
}

/* What the scribe says of a copy that it has made is heard when a rebuild has just begun. */
static struct frame made;
static uint8_t *made_payload;
int __real_copy_frame(struct keeper *k, const struct frame *f);
int __wrap_copy_frame(struct keeper *k, const struct frame *f)
{
	if (fault != COPY_RACE || f->type != FRAME_S_COPY_MADE)
		return __real_copy_frame(k, f);
	made = *f;
	made_payload = malloc(f->payload.n);
	assert(made_payload);
	memcpy(made_payload, f->payload.p, f->payload.n);
	made.payload = slice_of(made_payload, f->payload.n);
	role_log(k->r, "a copy is made");
	return 0;
}

void __real_op_rebuild(struct keeper *k, struct kchan *ch, const struct frame *f);
void __wrap_op_rebuild(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	__real_op_rebuild(k, ch, f);
	if (fault != COPY_RACE || !made_payload)
		return;
	fault = NONE;
	struct kchan *scribe = k->feed.ch;
	if (__real_copy_frame(k, &made) < 0)
		keeper_chan_drop(k, scribe, "it says what it may not, or nothing that is a frame");
	free(made_payload);
	made_payload = NULL;
}

/* ---- */

/* Status knows of it a moment after it runs. */
static pid_t pid_of(struct house *h, const char *role)
{
	pid_t p = 0;
	for (int t = 0; t < 500 && !(p = role_pid(h, role)); t++)
		usleep(20000);
	assert_true(p > 0);
	return p;
}

static void make(struct house *h, const char *role, enum fault f)
{
	assert_int_equal(kill(pid_of(h, role), SIGRTMIN + f), 0);
}

static void same_processes(struct house *h, pid_t pids[ROLES], bool first)
{
	for (int i = ROLE_INTAKE; i <= ROLE_VAULT; i++) {
		pid_t now = pid_of(h, role_name((enum role_id)i));
		if (first)
			pids[i] = now;
		assert_int_equal(now, pids[i]);
	}
}

/* Every message of a stream is acknowledged, in order. */
static void stream(int fd, const char *prefix, unsigned count)
{
	char id[64], m[60 * 512];
	static char acks[65536];
	size_t n = 0, have = 0;
	unsigned got = 0;
	for (unsigned i = 0; i < count; i++) {
		snprintf(id, sizeof id, "%s-%03u", prefix, i);
		n += mllp_message(m + n, sizeof m - n, id);
	}
	assert_int_equal(send(fd, m, n, MSG_NOSIGNAL), (ssize_t)n);
	while (got < count) {
		struct pollfd pf = {.fd = fd, .events = POLLIN};
		assert_int_equal(poll(&pf, 1, 10000), 1);
		ssize_t r = recv(fd, acks + have, sizeof acks - have, 0);
		assert_true(r > 0);
		got = 0;
		have += (size_t)r;
		for (size_t i = 0; i < have; i++)
			got += acks[i] == 0x1c;
	}
	const char *at = acks;
	for (unsigned i = 0; i < count; i++) {
		snprintf(id, sizeof id, "MSA|AA|%s-%03u\r", prefix, i);
		at = memmem(at, have - (size_t)(at - acks), id, strlen(id));
		assert_non_null(at);
	}
}

static void caught_up(struct house *h, int64_t within)
{
	struct err e = {0};
	int64_t from = time_monotonic();
	if (control_catch_up(h->k, &e) < 0)
		fail_msg("the view does not come: %s", e.text);
	assert_true(time_monotonic() - from < within);
}

static void test_scribe(void **state)
{
	struct house h;
	pid_t pids[ROLES];
	house_make(&h);
	house_start(&h, false, false);
	same_processes(&h, pids, true);
	int fd = mllp_connect(&h);
	for (int i = 0; i < 3; i++) {
		char prefix[16];
		snprintf(prefix, sizeof prefix, "SCRIBE%d", i);
		make(&h, "keeper", SCRIBE);
		stream(fd, prefix, 40);
		caught_up(&h, 5 * TIME_SEC); /* a fraction of a second on a machine of its own */
	}
	close(fd);
	same_processes(&h, pids, false);
	assert_int_equal(status_number(&h, "view.behind"), 0);
	house_stop(&h);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "SCRIBE"), 120);
	house_done(&h);
}

static void test_intake(void **state)
{
	struct house h;
	pid_t pids[ROLES];
	house_make(&h);
	house_start(&h, false, false);
	same_processes(&h, pids, true);
	int fd = mllp_connect(&h);
	make(&h, "keeper", INTAKE);
	stream(fd, "INTAKE", 40);
	/* a message for which the keeper closes the channel again and again: it is refused without an acknowledgement, and the others go on */
	make(&h, "keeper", INTAKE_ALWAYS);
	int other = mllp_connect(&h);
	assert_false(mllp_ask(other, "POISON", 20000)); /* the connection is closed */
	close(other);
	stream(fd, "AFTER", 40);
	close(fd);
	caught_up(&h, 5 * TIME_SEC);
	same_processes(&h, pids, false);
	house_stop(&h);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "INTAKE"), 40);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "AFTER"), 40);
	assert_int_equal(entries_with(&h, LEDGER_HL7V2, "POISON"), 0);
	house_done(&h);
}

static int ask(struct house *h, const char *verb, const char *path, const char *token)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(h->http)};
	char text[1024], answer[4096] = "";
	size_t have = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status = 0;
	for (int i = 0; i < 100 && connect(fd, (struct sockaddr *)&a, sizeof a) < 0; i++)
		usleep(50000);
	int n = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: 0\r\n\r\n", verb, path, token);
	assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
	for (ssize_t r; have < sizeof answer - 1 && (r = recv(fd, answer + have, sizeof answer - 1 - have, 0)) > 0;)
		have += (size_t)r;
	close(fd);
	for (int i = 9; have > 12 && i < 12 && answer[i] >= '0' && answer[i] <= '9'; i++)
		status = status * 10 + answer[i] - '0';
	return status;
}

static void test_web_and_vault(void **state)
{
	struct house h;
	struct err e = {0};
	pid_t pids[ROLES];
	char token[128], agent[128];
	house_make(&h);
	house_start(&h, false, false);
	assert_int_equal(control_token_create(h.k, "admin", NULL, "watch", token, &e), 0);
	assert_int_equal(control_token_create(h.k, AGENT_ROLE, NULL, "ward7", agent, &e), 0);
	assert_int_equal(ask(&h, "GET", "/api/board", token), 200);
	same_processes(&h, pids, true);
	static const enum fault faults[] = {WEB_CLIENT, WEB, WEB_CLIENT, WEB};
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		make(&h, "keeper", faults[i]);
		int64_t from = time_monotonic();
		assert_int_equal(ask(&h, "GET", "/api/board", token), 200);
		assert_true(time_monotonic() - from < 4 * TIME_SEC);
	}
	make(&h, "vault", VAULT);
	int status = 0;
	int64_t from = time_monotonic();
	for (int i = 0; i < 200 && (status = ask(&h, "POST", "/vault/begin?source=files", agent)) == 503; i++)
		usleep(20000);
	assert_int_equal(status, 200);
	assert_true(time_monotonic() - from < 5 * TIME_SEC);
	same_processes(&h, pids, false);
	house_done(&h);
}

/* How long a daemon with a replica takes to be there: its keeper hears nobody until it was told that all were asked, or its patience of six seconds is at an end. */
static int64_t start_with_replica(void)
{
	struct house h;
	struct err e = {0};
	house_make(&h);
	struct vault_replica *r = calloc(1, sizeof *r);
	assert_non_null(r);
	*r = (struct vault_replica){.name = "off", .retain_days = 30, .every = 60};
	snprintf(r->target, sizeof r->target, "%s/off", h.dir);
	AUTO_CLOSE int fd = file_open_dir(AT_FDCWD, h.site, &e);
	assert_int_equal(vault_replica_add(fd, r, &e), 0);
	free(r);
	int64_t from = time_monotonic();
	house_start(&h, false, false);
	int64_t took = time_monotonic() - from;
	house_done(&h);
	return took;
}

static void test_replicate(void **state)
{
	int64_t best = INT64_MAX;
	for (int i = 0; i < 3 && best > 5 * TIME_SEC; i++) { /* a busy machine may take as long for other reasons */
		int64_t took = start_with_replica();
		best = took < best ? took : best;
	}
	assert_true(best <= 5 * TIME_SEC);
}

static void test_copy_race(void **state)
{
	struct house h;
	struct err e = {0};
	pid_t pids[ROLES];
	struct control *asks;
	struct control_copied copied;
	house_make(&h);
	house_start(&h, false, false);
	int fd = mllp_connect(&h);
	stream(fd, "COPIED", 40);
	caught_up(&h, 5 * TIME_SEC);
	same_processes(&h, pids, true);
	make(&h, "keeper", COPY_RACE);
	fflush(NULL);
	pid_t p = fork();
	assert_true(p >= 0);
	if (p == 0) { /* it asks for the copy, and is told that there is none */
		assert(control_open(&h.s, false, &asks, &e) == 0);
		_exit(control_view_copy(asks, &copied, &e) == ERR_BUSY ? 0 : 1);
	}
	usleep(500000); /* for the copy to be made: were it not, the rebuild would stop it, and the test see nothing; it passes then */
	assert_int_equal(control_rebuild(h.k, CHART_NOW, NULL, NULL, &e), 0);
	int status = -1;
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_int_equal(status, 0);
	/* the scribe goes on, on the channel that it had, and copies are made */
	stream(fd, "AFTER", 40);
	caught_up(&h, 5 * TIME_SEC);
	if (control_view_copy(h.k, &copied, &e) < 0)
		fail_msg("copy: %s", e.text);
	close(fd);
	same_processes(&h, pids, false);
	house_done(&h);
}

/* ---- the vault room, which is not what is tested ---- */

static int standing(int vaultfd, int workfd, const char *agent, const char *source, const char *files_period, struct jsonw *ret, struct err *e)
{
	jsonw_kstr(ret, "source", source);
	return 0;
}
static int snapshot(int vaultfd, int workfd, int listfd, const char *agent, const uint8_t dedupe[32], struct slice meta, const struct serve_vault_keeper *k, struct buf *ret_json, struct err *e)
{
	return err_set(e, ERR_BUSY, NULL, "a test");
}
static int note(int workfd, bool fresh, const char *kind, uint64_t seq, int64_t time, struct slice body, struct err *e)
{
	return 0;
}
static const struct serve_vault room = {.standing = standing, .snapshot = snapshot, .note = note};

int main(int argc, char **argv)
{
	serve_vault_use(&room);
	int status = serve_role_main(argc, argv);
	if (status >= 0)
		return status;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scribe), cmocka_unit_test(test_intake), cmocka_unit_test(test_web_and_vault), cmocka_unit_test(test_replicate), cmocka_unit_test(test_copy_race),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
