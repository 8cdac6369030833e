/* Unusual traffic, end to end: eight weeks of hours through the real relay and keeper, in which nothing is unusual; then ten times a volume, a day's volume at night, a kind that never was, and silence: each an alarm once, which says what
 * is unusual and against what, and is over with its hour. A link that is to be cut by it is; a daemon that was killed still knows what is usual; a link with business hours passes what is sent in them, and queues the rest; a message that does not end is ended.
 * 1,400 hours, each with messages that a partner acknowledges, and a daemon that makes them durable: longer than most. */
/* wrap: time_now time_monotonic */
#include "serve_sky.h"

#include "gate.h"

#include <netinet/tcp.h>

#define WEEKS 8
#define HOUR INT64_C(3600)

static struct house h;
static uint16_t far_port, ports[5];
static pid_t far_side;
enum { LAB, VITALS, AUTO, OFFICE, LINKS };
static const char *const names[LINKS] = {"lab", "vitals", "auto", "office"};
static int line[LINKS] = {-1, -1, -1, -1};
static unsigned sent;
static bool auto_cut;

/* Small messages, one behind the other: without this each waits for the other side's delayed acknowledgement, 40 ms, and there are thousands of them. */
static void at_once(int fd)
{
	const int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* ---- the partners: one process that acknowledges everything ---- */

static void acknowledge(int fd)
{
	static char in[1 << 16];
	size_t have = 0;
	at_once(fd);
	for (;;) {
		ssize_t got = recv(fd, in + have, sizeof in - have, 0);
		if (got <= 0)
			_exit(0);
		have += (size_t)got;
		char *end;
		while ((end = memchr(in, 0x1c, have)) && (size_t)(end - in) + 1 < have) {
			char id[32] = "", ack[256];
			const char *p = in;
			for (int bar = 0; p < end && bar < 9; p++)
				bar += *p == '|';
			for (size_t n = 0; p < end && *p != '|' && n + 1 < sizeof id; n++)
				id[n] = *p++;
			int n = snprintf(ack, sizeof ack, "\x0bMSH|^~\\&|P|P|H|H|||ACK|a%s|P|2.5\rMSA|AA|%s\r\x1c\r", id, id);
			if (send(fd, ack, (size_t)n, MSG_NOSIGNAL) != n)
				_exit(0);
			have -= (size_t)(end + 2 - in);
			memmove(in, end + 2, have);
		}
	}
}

static void far_begin(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 64) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0);
	far_port = ntohs(a.sin_port);
	far_side = fork();
	assert_true(far_side >= 0);
	if (far_side > 0) {
		close(fd);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int c = accept(fd, NULL, NULL);
		pid_t pid = c >= 0 ? fork() : -1;
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(fd);
			acknowledge(c);
		}
		close(c);
	}
}

/* ---- asking ---- */

static const char *as; /* a token */

static const struct json_node *ask(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
static const struct json_node *ask(struct arena *a, const char *fmt, ...)
{
	AUTO_BUF struct buf ret = {0};
	char q[1000];
	struct json_node *n;
	struct err e = {0};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(q, sizeof q, fmt, ap);
	va_end(ap);
	buf_init(&ret, 8 << 20);
	if (control_gate(h.k, as, slice_str(q), &ret, &e) < 0)
		fail_msg("%s: %s", q, e.text);
	if (!ret.n)
		return NULL;
	assert_int_equal(json_tree(arena_dup(a, buf_slice(&ret)), a, &n, &e), 0);
	return n;
}

/* The relay is asked what has passed, and the keeper judges it. */
static void look(void)
{
	AUTO_ARENA struct arena *a = arena_new(16 << 20);
	ask(a, "{\"do\":\"list\",\"who\":\"test\"}");
}

static bool state_is(int link, const char *key, const char *value)
{
	AUTO_ARENA struct arena *a = arena_new(16 << 20);
	const struct json_node *n = json_path(ask(a, "{\"do\":\"list\",\"who\":\"test\",\"name\":\"%s\"}", names[link]), "links.0");
	return slice_eq_str(json_text(n, key), value);
}

static void wait_state(int link, const char *key, const char *value)
{
	for (int i = 0; i < 600 && !state_is(link, key, value); i++)
		usleep(50000);
	if (!state_is(link, key, value))
		fail_msg("%s: %s does not become %s", names[link], key, value);
}

static uint64_t alarms(const char *what, int link)
{
	char text[200];
	snprintf(text, sizeof text, "{\"what\":\"%s\",\"id\":\"traffic-%s\"", what, names[link]);
	return entries_with(&h, LEDGER_ALARM, text);
}

static void wait_alarms(const char *what, int link, uint64_t n)
{
	pass(3); /* the board looks once a second */
	for (int64_t until = __real_time_monotonic() + 60 * TIME_SEC; alarms(what, link) < n && __real_time_monotonic() < until; usleep(50000))
		;
	if (alarms(what, link) != n)
		fail_msg("%s %s: %llu entries, not %llu", what, names[link], (unsigned long long)alarms(what, link), (unsigned long long)n);
}

/* ---- sending ---- */

static void dial(int link)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(ports[link])};
	for (int i = 0; i < 400; i++) {
		line[link] = socket(AF_INET, SOCK_STREAM, 0);
		at_once(line[link]);
		if (connect(line[link], (struct sockaddr *)&a, sizeof a) == 0)
			return;
		close(line[link]);
		usleep(50000);
	}
	fail_msg("nothing listens for %s", names[link]);
}

/* n messages, all acknowledged. false: the connection ended. */
static bool send_to(int link, const char *type, unsigned n)
{
	char m[256], in[4096];
	unsigned acks = 0;
	if (line[link] < 0)
		dial(link);
	for (unsigned i = 0; i < n; i++) {
		int size = snprintf(m, sizeof m, "\x0bMSH|^~\\&|H|H|P|P|||%s|T%u|P|2.5\rPID|1||4711\r\x1c\r", type, sent++);
		if (send(line[link], m, (size_t)size, MSG_NOSIGNAL) != size)
			goto ended;
	}
	while (acks < n) {
		struct pollfd p = {.fd = line[link], .events = POLLIN};
		ssize_t got = poll(&p, 1, 60000) > 0 ? recv(line[link], in, sizeof in, 0) : 0;
		if (got <= 0)
			goto ended;
		for (ssize_t i = 0; i < got; i++)
			acks += in[i] == 0x1c;
	}
	return true;
ended:
	close(line[link]);
	line[link] = -1;
	return false;
}

static void send_all(int link, const char *type, unsigned n)
{
	if (!send_to(link, type, n)) {
		AUTO_ARENA struct arena *a = arena_new(16 << 20);
		fail_msg("%s: the connection ended: %.*s", names[link], SLICE_FMT(json_path(ask(a, "{\"do\":\"list\",\"who\":\"test\",\"name\":\"%s\"}", names[link]), "links.0")->raw));
	}
}

/* ---- hours ---- */

static int64_t local(void)
{
	return time_now() / TIME_SEC + (int64_t)h.s.zone_minutes * 60;
}

static void until_next_hour(void)
{
	look(); /* whatever the relay was asked has been answered: none of it comes in the next hour, with half of what this one had */
	pass(HOUR - local() % HOUR + 5);
	look();
}

/* As it always is: the laboratory by day, its night's few, vital signs every hour, a link that is to be cut by itself as the laboratory. */
static void usual_hour(bool vitals)
{
	int64_t now = local(), day = (now / 86400 + 3) % 7, hour = now / HOUR % 24; /* 0: Monday */
	bool open = day < 5 && hour >= 8 && hour < 18;
	unsigned n = open ? 20 + (unsigned)(now / HOUR * 7 % 5) : 2;
	pass(600);
	send_all(LAB, "ADT^A01", n);
	send_all(LAB, "ORU^R01", n / 2);
	if (vitals)
		send_all(VITALS, "ORU^R01", 24);
	if (!auto_cut)
		send_all(AUTO, "ADT^A08", n);
}

static void hours_usual(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		usual_hour(true);
		until_next_hour();
	}
}

/* On to this hour of a working day. */
static void go_to(int64_t hour)
{
	while (local() / HOUR % 24 != hour || (local() / 86400 + 3) % 7 > 3)
		hours_usual(1);
}

static void links_begin(void)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	for (int i = 0; i < LINKS; i++) {
		ports[i] = free_port();
		ask(a, "{\"do\":\"add\",\"who\":\"test\",\"name\":\"%s\",\"direction\":\"out\",\"protocol\":\"mllp\",\"listen\":\"127.0.0.1:%u\",\"to\":\"127.0.0.1:%u\"%s%s}", names[i], ports[i], far_port, i == AUTO ? ",\"autoCut\":true" : "",
		    i == OFFICE ? ",\"closed\":true,\"hours\":[\"Mon-Fri 08:00-18:00\"]" : "");
	}
}

static void test_eight_weeks(void **state)
{
	char text[100];
	links_begin();
	/* eight weeks in which nothing is unusual */
	hours_usual(WEEKS * 168);
	for (int i = 0; i < LINKS; i++)
		assert_int_equal(alarms("raised", i), 0);
	uint64_t counts = entries_with(&h, LEDGER_GATE_COUNT, "\"name\":\"vitals\"");
	if (counts < WEEKS * 168 - 2)
		fail_msg("%llu hours are entries, of %d", (unsigned long long)counts, WEEKS * 168);

	/* ten times its volume, by day */
	go_to(10);
	usual_hour(true);
	send_all(LAB, "ADT^A01", 240);
	look();
	wait_alarms("raised", LAB, 1);
	assert_int_equal(entries_with(&h, LEDGER_ALARM, "at 10:00 it sends 3"), 1); /* "... 30 to 36 an hour (8 weeks)" */
	look();
	pass(300);
	look();
	wait_alarms("raised", LAB, 1); /* said once */
	assert_int_equal(alarms("cleared", LAB), 0);
	until_next_hour();
	wait_alarms("cleared", LAB, 1);

	/* a volume that is a day's, at night */
	go_to(2);
	usual_hour(true);
	send_all(LAB, "ADT^A01", 90);
	look();
	wait_alarms("raised", LAB, 2);
	snprintf(text, sizeof text, "at 02:00 it sends");
	assert_int_equal(entries_with(&h, LEDGER_ALARM, text), 1);
	until_next_hour();
	wait_alarms("cleared", LAB, 2);

	/* a kind that never was */
	usual_hour(true);
	send_all(LAB, "QBP^Q11", 4); /* fewer are somebody's trial */
	look();
	wait_alarms("raised", LAB, 2);
	send_all(LAB, "QBP^Q11", 2);
	look();
	wait_alarms("raised", LAB, 3);
	assert_int_equal(entries_with(&h, LEDGER_ALARM, "6 messages of type QBP^Q11"), 1);
	assert_int_equal(entries_with(&h, LEDGER_ALARM, "it sent none of it, but ADT^A01, ORU^R01"), 1);
	until_next_hour();
	wait_alarms("cleared", LAB, 3);

	/* silent in an hour in which it never was */
	usual_hour(false);
	pass(1500); /* 35 minutes */
	look();
	wait_alarms("raised", VITALS, 0);
	pass(900); /* 50 */
	look();
	wait_alarms("raised", VITALS, 1);
	assert_int_equal(entries_with(&h, LEDGER_ALARM, "vitals sent nothing for 5"), 1);
	send_all(VITALS, "ORU^R01", 24);
	look();
	wait_alarms("cleared", VITALS, 1);
	until_next_hour();

	/* killed: what is usual is read again from the entries */
	go_to(14);
	control_close(h.k);
	h.k = NULL;
	kill(-h.daemon, SIGKILL);
	waitpid(h.daemon, NULL, 0);
	site_close(&h.s);
	for (int i = 0; i < LINKS; i++)
		if (line[i] >= 0) {
			close(line[i]);
			line[i] = -1;
		}
	house_start(&h, false, false);
	for (int i = 0; i < 400; i++) { /* a few hours at a time, so that nobody waits for it */
		pass(1);
		look();
		usleep(5000);
	}
	until_next_hour(); /* of the hour in which it was killed nothing is said */
	usual_hour(true);
	look();
	wait_alarms("raised", LAB, 3);
	send_all(LAB, "ADT^A01", 240);
	look();
	wait_alarms("raised", LAB, 4);
	assert_int_equal(entries_with(&h, LEDGER_ALARM, "at 15:00 it sends 3"), 1);
	until_next_hour();
	wait_alarms("cleared", LAB, 4);

	/* cut by itself */
	usual_hour(true);
	assert_true(state_is(AUTO, "state", "OPEN"));
	send_all(AUTO, "ADT^A08", 200);
	look();
	wait_state(AUTO, "state", "CUT");
	auto_cut = true;
	assert_int_equal(entries_with(&h, LEDGER_GATE_ACT, "cut by itself: auto sent 22"), 1);
	assert_true(state_is(LAB, "state", "OPEN"));
	wait_alarms("raised", AUTO, 1);
	until_next_hour();
	for (int i = 0; i < LINKS; i++)
		if (i != LAB && i != VITALS && i != AUTO)
			assert_int_equal(alarms("raised", i), 0);
}

/* Open in its hours, closed and queueing outside of them; one that is added closed needs its stages. */
static void test_business_hours(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(16 << 20);
	char token[2][128];
	struct err e = {0};
	links_begin();
	assert_true(state_is(OFFICE, "state", "CUT")); /* as it was added */
	for (int i = 0; i < 2; i++) {
		char once[64];
		assert_int_equal(control_user_add(h.k, i ? "bob" : "ada", "security", NULL, once, &e), 0);
		assert_int_equal(control_token_create(h.k, NULL, i ? "bob" : "ada", "test", token[i], &e), 0);
	}
	while (local() / HOUR % 24 != 9)
		pass(600);
	for (int step = 0; step < 4; step++) /* CUT to LIMITED */
		for (int i = 0; i < 2; i++) {
			as = token[i];
			ask(a, "{\"do\":\"advance\",\"name\":\"office\",\"expires\":\"30d\"}");
		}
	as = NULL;
	assert_true(state_is(OFFICE, "state", "LIMITED"));
	send_all(OFFICE, "ADT^A01", 5);
	assert_true(state_is(OFFICE, "queue", "0"));
	/* evening: taken, acknowledged and kept */
	pass(10 * HOUR);
	for (int i = 0; i < 200 && !state_is(OFFICE, "more.outsideHours", ""); i++)
		usleep(20000);
	for (int i = 0; i < 600; i++) { /* the relay closes it by itself, with or without a word of the keeper */
		if (send_to(OFFICE, "ADT^A01", 1) && !state_is(OFFICE, "queue", "0"))
			break;
		usleep(20000);
	}
	assert_false(state_is(OFFICE, "queue", "0"));
	assert_true(state_is(OFFICE, "state", "LIMITED"));
	/* the morning: what waited goes, in order, without a person */
	while (local() / HOUR % 24 != 8)
		pass(600);
	pass(60);
	wait_state(OFFICE, "queue", "0");
	if (line[OFFICE] >= 0)
		close(line[OFFICE]);
	line[OFFICE] = -1; /* what stood when it opened was ended with its state */
	send_all(OFFICE, "ADT^A01", 5);
	assert_true(state_is(OFFICE, "queue", "0"));
}

static bool says(int link, const char *words)
{
	AUTO_ARENA struct arena *a = arena_new(16 << 20);
	const struct slice raw = ask(a, "{\"do\":\"list\",\"who\":\"test\",\"name\":\"%s\"}", names[link])->raw;
	return memmem(raw.p, raw.n, words, strlen(words)) != NULL;
}

/* A message that is begun and not ended: within its minute the connection stands, then it is ended, and that is said. */
static void test_no_end(void **state)
{
	struct pollfd p = {.events = POLLIN};
	static const char begun[] = "\x0bMSH|^~\\&|H|H|P|P|||ADT^A01|H1|P|2.5\rPID|1||4711\r\x1c"; /* the CR is what it leaves away */
	char in[64];
	links_begin();
	send_all(LAB, "ADT^A01", 1);
	assert_int_equal(send(line[LAB], begun, sizeof begun - 1, MSG_NOSIGNAL), sizeof begun - 1);
	p.fd = line[LAB];
	usleep(200000); /* the relay has it, and has looked at the time */
	pass(GATE_FRAME_SECONDS / 2);
	assert_int_equal(poll(&p, 1, 1500), 0);
	assert_false(says(LAB, "without an end (FS CR)"));
	pass(GATE_FRAME_SECONDS / 2 + 1);
	assert_int_equal(poll(&p, 1, 60000), 1);
	assert_true(recv(line[LAB], in, sizeof in, 0) < 0 && errno == ECONNRESET);
	for (int i = 0; i < 600 && !says(LAB, "without an end (FS CR)"); i++)
		usleep(50000);
	assert_true(says(LAB, "without an end (FS CR)"));
}

static int start(void **state)
{
	int64_t week = 7 * 86400;
	sky->passed = sky->set = 0;
	house_make(&h);
	struct site s;
	struct err e = {0};
	assert_int_equal(site_open(h.site, &s, &e), 0);
	int64_t now = time_now() / TIME_SEC + (int64_t)s.zone_minutes * 60, monday = (now / 86400 + 3) % 7 * 86400 + now % 86400; /* seconds since its begin */
	site_close(&s);
	sky->set = (week - monday + 30) * TIME_SEC;
	far_begin();
	house_start(&h, false, false);
	return 0;
}

static int done(void **state)
{
	for (int i = 0; i < LINKS; i++)
		if (line[i] >= 0) {
			close(line[i]);
			line[i] = -1;
		}
	as = NULL;
	house_done(&h);
	kill(far_side, SIGKILL);
	waitpid(far_side, NULL, 0);
	return 0;
}

int main(int argc, char **argv)
{
	int status = serve_role_main(argc, argv);
	if (status >= 0)
		return status;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_business_hours, start, done),
		cmocka_unit_test_setup_teardown(test_no_end, start, done),
		cmocka_unit_test_setup_teardown(test_eight_weeks, start, done),
	};
	status = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(getenv("SERVE_TEST_SKY"));
	return status;
}
