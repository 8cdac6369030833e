/* A message to a receiver that we play, over a real socket: what counts as its answer, what does not, and what is closed after. And what a FHIR server's answer means. */
#include "send_internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ACK(code, id) "\x0bMSH|^~\\&|R|G|S|F|2026||ACK|9|P|2.5\rMSA|" code "|" id "\r\x1c\r"
#define WHOLE "\x0bMSH|^~\\&|S||R||2026||ORU^R01|E1|P|2.5.1\rOBX|1|TX|||x\r\x1c\r"

static int listener(char to[32])
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 4) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0);
	snprintf(to, 32, "127.0.0.1:%u", ntohs(at.sin_port));
	return fd;
}

/* A child that takes connection after connection; to each whole message it says the next line of the script: NULL closes, "" says nothing. Exits 0 when it got what it should. */
static pid_t receiver(int fd, const char *const *script, size_t n)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	alarm(20);
	for (size_t i = 0; i < n;) {
		int c = accept(fd, NULL, NULL);
		char got[4096];
		size_t have = 0;
		for (ssize_t k; i < n && (k = read(c, got + have, sizeof got - have)) > 0;) {
			have += (size_t)k;
			if (have < strlen(WHOLE))
				continue;
			if (have != strlen(WHOLE) || memcmp(got, WHOLE, have) != 0)
				_exit(1);
			have = 0;
			const char *say = script[i++];
			if (!say)
				break;
			if (*say && write(c, say, strlen(say)) < 0)
				_exit(2);
		}
		if (i == n) /* until the sender hangs up */
			while (read(c, got, sizeof got) > 0)
				;
		close(c);
	}
	_exit(0);
}

static struct send_line *line_to(const char *to)
{
	const struct send_to way = {.to = to, .wait_s = 1};
	struct send_line *l;
	struct err e;
	assert_int_equal(send_mllp_open(&way, &l, &e), 0);
	return l;
}

static void play(const char *const *script, size_t n, const enum send_outcome *want, const unsigned *strays)
{
	char to[32];
	int fd = listener(to), status;
	pid_t pid = receiver(fd, script, n);
	close(fd);
	struct send_line *l = line_to(to);
	struct send_heard h = {.raw = NULL};
	for (size_t i = 0; i < n; i++) {
		send_line_message(l, slice_of(&WHOLE[1], strlen(WHOLE) - 3), SLICE("E1"), &h);
		if (h.outcome != want[i])
			fail_msg("message %zu: outcome %d, want %d: %s", i, (int)h.outcome, (int)want[i], h.why.text);
		if (strays && h.strays != strays[i])
			fail_msg("message %zu: %u strays, want %u", i, h.strays, strays[i]);
	}
	send_line_close(l);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void its_own_answer(void **state)
{
	play((const char *[]){ACK("AA", "E1"), ACK("CA", "E1"), ACK("AE", "E1"), ACK("CR", "E1"), "MSH|^~\\&|R|G|S|F|2026||ACK|9|P|2.5\rMSA|AA|E1\r\x1c\r", "\x0bMSH|^~\\&|R|G|S|F|2026||ACK|9|P|2.5\rMSA|AA|E1\r\x1c"}, 6,
	     (enum send_outcome[]){SEND_TAKEN, SEND_TAKEN, SEND_NOT_TAKEN, SEND_NOT_TAKEN, SEND_TAKEN, SEND_TAKEN}, NULL);
}

static void no_answer_at_all(void **state)
{
	play((const char *[]){NULL, "\x0bMSH|^~\\&|R|G|S|F|2026||ACK|9|P|2.5\rMSA|AA|E", "", ACK("AA", "E1")}, 4, (enum send_outcome[]){SEND_UNKNOWN, SEND_UNKNOWN, SEND_UNKNOWN, SEND_TAKEN}, NULL);
}

static void the_answer_of_another(void **state)
{
	play((const char *[]){ACK("AA", "E2"), ACK("AA", "E10"), ACK("AR", "") ACK("AA", "E1"), ACK("OK", "E1")}, 4, (enum send_outcome[]){SEND_UNKNOWN, SEND_UNKNOWN, SEND_TAKEN, SEND_UNKNOWN}, (unsigned[]){1, 1, 1, 1});
}

/* Two answers to the first: the second of them is not the next one's, also where it has the same control id. */
static void twice_said(void **state)
{
	play((const char *[]){ACK("AA", "E1") ACK("AA", "E1"), ACK("AE", "E1")}, 2, (enum send_outcome[]){SEND_TAKEN, SEND_NOT_TAKEN}, NULL);
}

static void nobody_there(void **state)
{
	char to[32];
	int fd = listener(to);
	close(fd);
	struct send_line *l = line_to(to);
	struct send_heard h = {.raw = NULL};
	struct err e;
	assert_int_equal(send_line_ready(l, &e), ERR_BUSY);
	send_line_message(l, SLICE("MSH"), SLICE("E1"), &h);
	assert_int_equal(h.outcome, SEND_NOT_SENT);
	send_line_close(l);
}

static void addresses(void **state)
{
	static const struct {
		const char *to;
		bool tls, unencrypted, good;
	} cases[] = {{"127.0.0.1:2575", false, false, true}, {"[::1]:2575", false, false, true}, {"localhost:2575", false, false, true}, {"ehr.example:2575", false, false, false}, {"ehr.example:2575", true, false, true},
		{"ehr.example:2575", false, true, true}, {"127.ehr.example:2575", false, false, false}, {"127.3.2.1:2575", false, false, true}, {"127.0.0.1", false, true, false}, {"127.0.0.1:0", false, true, false}, {"127.0.0.1:65536", false, true, false}, {":2575", false, true, false}, {"::1:2575", false, true, false},
		{"http://h:1", false, true, false}, {"h:1x", false, true, false}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct send_to way = {.to = cases[i].to, .tls = cases[i].tls, .unencrypted = cases[i].unencrypted};
		struct send_line *l = NULL;
		struct err e;
		int r = send_mllp_open(&way, &l, &e);
		if ((r == 0) != cases[i].good)
			fail_msg("%s: %d", cases[i].to, r);
		send_line_close(l);
	}
	const struct send_to half = {.to = "127.0.0.1:1", .tls = true, .cert = "x.pem"};
	struct send_line *l;
	struct err e;
	assert_int_equal(send_mllp_open(&half, &l, &e), ERR_USAGE);
}

static void what_a_fhir_server_says(void **state)
{
	static const struct {
		long status;
		const char *text;
		enum send_outcome want;
	} cases[] = {
		{200, "{\"resourceType\":\"Bundle\",\"type\":\"transaction-response\",\"entry\":[{\"response\":{\"status\":\"201 Created\"}},{\"response\":{\"status\":\"200\"}}]}", SEND_TAKEN},
		{200, "{\"resourceType\":\"Bundle\",\"type\":\"transaction-response\",\"entry\":[{\"response\":{\"status\":\"201\"}},{\"response\":{\"status\":\"400\"}}]}", SEND_UNKNOWN},
		{200, "{\"resourceType\":\"Bundle\",\"type\":\"transaction-response\",\"entry\":[]}", SEND_UNKNOWN},
		{200, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"response\":{\"status\":\"200\"}}]}", SEND_UNKNOWN},
		{200, "<html>sign in</html>", SEND_UNKNOWN},
		{200, "{\"resourceType\":\"Bundle\",\"type\":\"transaction-resp", SEND_UNKNOWN},
		{412, "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"not-found\",\"diagnostics\":\"no such\\u0007 patient\"}]}", SEND_NOT_TAKEN},
		{404, "<html>nginx</html>", SEND_UNKNOWN},
		{429, "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"code\":\"throttled\"}]}", SEND_UNKNOWN},
		{500, "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"code\":\"exception\"}]}", SEND_UNKNOWN},
		{401, "", SEND_NOT_SENT}, {403, "{}", SEND_NOT_SENT}, {0, "", SEND_UNKNOWN},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct send_heard h = {.outcome = SEND_NOT_SENT};
		send_fhir_judge(cases[i].status, slice_str(cases[i].text), &h);
		if (h.outcome != cases[i].want)
			fail_msg("%ld %s: %d, want %d", cases[i].status, cases[i].text, (int)h.outcome, (int)cases[i].want);
		if (cases[i].status == 412)
			assert_string_equal(h.text, "no such  patient");
	}
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {cmocka_unit_test(its_own_answer), cmocka_unit_test(no_answer_at_all), cmocka_unit_test(the_answer_of_another), cmocka_unit_test(twice_said), cmocka_unit_test(nobody_there),
		cmocka_unit_test(addresses), cmocka_unit_test(what_a_fhir_server_says)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
