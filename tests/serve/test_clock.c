/* What hangs on time, end to end: a feed that falls silent, a clock that is set, a role that dies again and again. Each is an alarm entry when it begins and one when it is over, and the board and status say so meanwhile.
 */
/* wrap: time_now time_monotonic */
#include "serve_sky.h"

/* ---- asking ---- */

static struct house h;
static char token[128];

/* The answer's JSON from GET path. */
static const struct json_node *get(const char *path, struct arena *a)
{
	AUTO_BUF struct buf b = {0};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(h.http)};
	struct json_node *n;
	struct err e = {0};
	buf_init(&b, 1 << 24);
	buf_printf(&b, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", path, token);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(send(fd, b.p, b.n, MSG_NOSIGNAL), (ssize_t)b.n);
	buf_reset(&b);
	for (;;) {
		ssize_t got = recv(fd, buf_space(&b, 1 << 16), 1 << 16, 0);
		if (got <= 0)
			break;
		buf_commit(&b, (size_t)got);
	}
	close(fd);
	const char *body = strstr(buf_cstr(&b), "\r\n\r\n");
	if (!body || strncmp(buf_cstr(&b), "HTTP/1.1 200", 12) != 0)
		fail_msg("%s: %.200s", path, buf_cstr(&b));
	assert_null(strstr(buf_cstr(&b), "chunked"));
	struct slice text = arena_dup(a, slice_str(body + 4));
	assert_int_equal(json_tree(text, a, &n, &e), 0);
	return n;
}

static const struct json_node *with(const struct json_node *list, const char *key, const char *value)
{
	assert_non_null(list);
	for (const struct json_node *n = list->child; n; n = n->next)
		if (slice_eq_str(json_text(n, key), value))
			return n;
	return NULL;
}

/* Entries of alarm so far with this "what" and "id". */
static uint64_t alarms(const char *what, const char *id)
{
	char text[200];
	snprintf(text, sizeof text, "{\"what\":\"%s\",\"id\":\"%s\"", what, id);
	return entries_with(&h, LEDGER_ALARM, text);
}

static void wait_alarms(const char *what, const char *id, uint64_t n)
{
	for (int64_t until = __real_time_monotonic() + 10 * TIME_SEC; alarms(what, id) < n && __real_time_monotonic() < until; usleep(50000))
		;
	if (alarms(what, id) != n)
		fail_msg("%s %s: %llu entries, not %llu", what, id, (unsigned long long)alarms(what, id), (unsigned long long)n);
}

static void send_one(int fd, const char *app, unsigned number)
{
	char m[512], ack[1024];
	bool lab = app[0] != 'E';
	int n = snprintf(m, sizeof m, "\x0bMSH|^~\\&|%s|GAB|HF|GAB|||%s|%s%u|P|2.5\r%sPID|1||4711^^^GAB^MR||Keller^Jeanne||19570312|F\r", app, lab ? "ORU^R01^ORU_R01" : "ADT^A08^ADT_A01", app, number, lab ? "" : "EVN|A08\r");
	assert_true(n > 0);
	n += snprintf(m + n, sizeof m - (size_t)n, lab ? "OBR|1||A%u|K^Potassium^L\rOBX|1|NM|K^Potassium^L||4.1|mmol/l|||||F\r\x1c\r" : "PV1|1|I|3W^%u\r\x1c\r", number);
	size_t have = 0;
	assert_int_equal(send(fd, m, (size_t)n, MSG_NOSIGNAL), n);
	while (!memchr(ack, 0x1c, have)) {
		ssize_t got = recv(fd, ack + have, sizeof ack - have, 0);
		assert_true(got > 0);
		have += (size_t)got;
	}
	assert_non_null(memmem(ack, have, "MSA|AA|", 7));
}

/* Until the view has all that was sent. */
static void settle(void)
{
	for (int i = 0; i < 200 && status_number(&h, "view.behind") > 0; i++)
		usleep(20000);
}

static int start(void **state)
{
	struct err e = {0};
	sky->passed = sky->set = 0;
	house_make(&h);
	house_start(&h, false, false);
	assert_int_equal(control_token_create(h.k, "clinician", NULL, "test", token, &e), 0);
	return 0;
}

/* The laboratory of test_feed_falls_silent sends its last result at 49 minutes past: it is missed before the hour turns, and the new hour, of which nothing is known yet, would wait longer. */
static int start_before_the_hour(void **state)
{
	struct err e = {0};
	const int64_t hour = 3600 * TIME_SEC;
	sky->passed = 0;
	sky->set = 0;
	sky->set = (hour + (49 * 60 - 39 * 40) * TIME_SEC - time_now() % hour) % hour;
	house_make(&h);
	house_start(&h, false, false);
	assert_int_equal(control_token_create(h.k, "clinician", NULL, "test", token, &e), 0);
	return 0;
}

static int done(void **state)
{
	house_done(&h);
	return 0;
}

/* ---- the stories ---- */

static void assert_state(const char *feed, const char *state, bool alarm)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	const struct json_node *board = get("/api/board", a), *f = with(json_get(board, "feeds"), "name", feed);
	if (!f)
		fail_msg("no feed %s among %.*s", feed, SLICE_FMT(json_get(board, "feeds")->raw));
	if (!slice_eq_str(json_text(f, "state"), state))
		fail_msg("%s on the board: %.*s", feed, SLICE_FMT(json_text(f, "state")));
	bool there = false;
	for (const struct json_node *n = json_get(board, "alarms")->child; n; n = n->next)
		there |= slice_eq_str(json_text(n, "what"), "feed-silent") && slice_eq_str(json_text(n, "feed"), feed);
	assert_true(there == alarm);
	/* by the name that its entry in the ledger has */
	char id[64];
	snprintf(id, sizeof id, "feed-%s", feed);
	assert_true((with(json_get(board, "alarms"), "id", id) != NULL) == alarm);
	f = with(json_get(status_of(&h, a), "feeds"), "name", feed);
	assert_non_null(f);
	assert_true(slice_eq_str(json_text(f, "state"), state));
	/* the section says which feeds it hangs on, and is as silent as the most silent of them: the page says so, and not "no new results", also while another one fills it */
	if (slice_starts(slice_str(feed), "LAB")) {
		const struct json_node *section = json_path(get("/api/patient/4711", a), "sections.results"), *source = section ? with(json_get(section, "sources"), "source", feed) : NULL;
		assert_non_null(section);
		if (!source || !slice_eq_str(json_text(source, "state"), state) || !slice_eq_str(json_text(section, "feeds"), state))
			fail_msg("results do not hang on %s, %s: %.*s", feed, state, (int)(section->raw.n < 900 ? section->raw.n : 900), (const char *)section->raw.p);
		assert_true(slice_eq_str(json_text(section, "state"), "list"));
		/* and what that laboratory does not feed is as it should be */
		assert_true(slice_eq_str(json_text(json_path(get("/api/patient/4711", a), "sections.visits"), "feeds"), "fresh"));
		char past[64];
		snprintf(past, sizeof past, "/api/patient/4711?at=%%23%.*s", SLICE_FMT(json_text(section, "entry")));
		section = json_path(get(past, a), "sections.results");
		assert_true(section && json_get(section, "sources") && !json_get(section, "feeds")); /* of a past moment nothing is said */
	}
}

/* A few minutes more; the scribe looks at its feeds when it is awake, every ten seconds at most. */
static void go_on(int fd, unsigned *i, bool lab)
{
	for (int n = 0; n < 5; n++) {
		pass(20);
		if (lab)
			send_one(fd, "LAB", *i);
		send_one(fd, "POC", *i);
		send_one(fd, "EHR", (*i)++);
		settle();
	}
}

/* A laboratory that sends every 40 s stops, while admissions go on. */
static void test_feed_falls_silent(void **state)
{
	int fd = mllp_connect(&h);
	unsigned i = 0;
	for (; i < 40; i++) {
		send_one(fd, "LAB", i);
		send_one(fd, "EHR", i);
		pass(40);
		if (i % 4 == 0) /* on a busy machine time would pass faster than the scribe reads */
			settle();
	}
	settle();
	assert_state("LAB@GAB", "fresh", false);
	assert_int_equal(alarms("raised", "feed-LAB@GAB"), 0);
	for (; i < 100; i++) { /* 40 minutes: 12 times its usual gap are 8 */
		send_one(fd, "EHR", i);
		send_one(fd, "POC", i); /* an analyser on the ward has results, too */
		pass(40);
		if (i % 4 == 0 || (i >= 50 && i < 66)) /* on a busy machine time would pass faster than the scribe reads */
			settle();
		if (i == 53) /* 9 minutes; at 11 another hour begins */
			wait_alarms("raised", "feed-LAB@GAB", 1);
	}
	settle();
	go_on(fd, &i, false);
	assert_int_equal(alarms("cleared", "feed-LAB@GAB"), 0); /* the hour turned, and it is as silent as before */
	wait_alarms("raised", "feed-LAB@GAB", 1);
	assert_int_equal(alarms("raised", "feed-EHR@GAB"), 0);
	assert_state("LAB@GAB", "stale", true);
	assert_state("EHR@GAB", "fresh", false);
	/* still silent: not said again */
	pass(300);
	go_on(fd, &i, false);
	usleep(1200000);
	assert_int_equal(alarms("raised", "feed-LAB@GAB"), 1);
	assert_int_equal(alarms("cleared", "feed-LAB@GAB"), 0);
	/* it speaks again */
	go_on(fd, &i, true);
	wait_alarms("cleared", "feed-LAB@GAB", 1);
	assert_state("LAB@GAB", "fresh", false);
	assert_int_equal(alarms("raised", "feed-LAB@GAB"), 1);
	close(fd);
}

struct order {
	int64_t last;
	bool back;
};
static int in_order(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct order *o = arg;
	(void)e;
	o->back |= en->leaf.time < o->last;
	o->last = en->leaf.time;
	return 0;
}

/* The clock is set back by an hour, and forward by two: an alarm each for ten minutes; and receive times never go back. */
static void test_clock_is_set(void **state)
{
	int fd = mllp_connect(&h);
	unsigned i = 0;
	send_one(fd, "LAB", i++);
	usleep(1200000); /* the keeper has looked at it once */
	sky->set = -3600 * TIME_SEC;
	wait_alarms("raised", "clock", 1);
	assert_int_equal(entries_with(&h, LEDGER_ALARM, "set back by 3600 s"), 1);
	send_one(fd, "LAB", i++);
	pass(700);
	wait_alarms("cleared", "clock", 1);
	sky->set = 3600 * TIME_SEC;
	wait_alarms("raised", "clock", 2);
	assert_int_equal(entries_with(&h, LEDGER_ALARM, "set forward by 7200 s"), 1);
	send_one(fd, "LAB", i++);
	close(fd);
	struct site s;
	struct site_keys keys = {0};
	struct ledger *l;
	struct err e = {0};
	struct order o = {.last = INT64_MIN};
	assert_int_equal(site_open(h.site, &s, &e), 0);
	assert_int_equal(site_keys_open(s.fd, &keys, &e), 0);
	assert_int_equal(ledger_open(s.fd, &keys, &(struct ledger_options){.write = false}, &l, NULL, &e), 0);
	assert_int_equal(ledger_scan(l, 0, ledger_durable(l), false, in_order, &o, &e), 0);
	assert_false(o.back);
	ledger_free(l);
	site_keys_wipe(&keys);
	site_close(&s);
}

/* A role that dies as soon as it is started, four times: an alarm; it runs for half a minute: over. */
static void test_role_keeps_dying(void **state)
{
	pid_t last = 0;
	for (int deaths = 0; deaths < 5; deaths++) {
		pid_t pid = 0;
		for (int i = 0; i < 400 && (pid == 0 || pid == last); i++, usleep(10000))
			pid = role_pid(&h, "web");
		assert_true(pid > 0 && pid != last);
		kill(pid, SIGKILL);
		last = pid;
	}
	wait_alarms("raised", "role-web", 1);
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	const struct json_node *n = with(json_get(status_of(&h, a), "alarms"), "id", "role-web");
	assert_non_null(n);
	assert_true(slice_eq_str(json_text(n, "severity"), "alarm"));
	for (int i = 0; i < 400 && role_pid(&h, "web") == 0; i++)
		usleep(10000);
	usleep(1500000);
	assert_int_equal(alarms("cleared", "role-web"), 0); /* it runs, but not for long yet */
	pass(40);
	wait_alarms("cleared", "role-web", 1);
	assert_int_equal(alarms("raised", "role-web"), 1);
	arena_reset(a);
	assert_null(with(json_get(status_of(&h, a), "alarms"), "id", "role-web"));
}

int main(int argc, char **argv)
{
	int status = serve_role_main(argc, argv);
	if (status >= 0)
		return status;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_feed_falls_silent, start_before_the_hour, done),
		cmocka_unit_test_setup_teardown(test_clock_is_set, start, done),
		cmocka_unit_test_setup_teardown(test_role_keeps_dying, start, done),
	};
	status = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(getenv("SERVE_TEST_SKY"));
	return status;
}
