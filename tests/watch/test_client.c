/* Whose work a file server's process does: what Samba's lines say and what they cannot, and what the kernel says of a real connection. */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void lines(void **state)
{
	struct client_note c;
	(void)state;
	assert_true(client_line(slice_str("  holdfast|erna|10.77.1.2|4711|share|connect|ok|share"), &c));
	assert_int_equal(c.pid, 4711);
	assert_string_equal(c.user, "erna");
	assert_string_equal(c.client, "10.77.1.2");
	assert_true(client_line(slice_str("Nov 22 23:00:46 fs1 smbd_audit: holdfast|HOSPITAL\\erna|::ffff:10.0.0.7|99|share|pwrite|ok|x"), &c));
	assert_string_equal(c.client, "10.0.0.7");
	assert_string_equal(c.user, "HOSPITAL\\erna");
	assert_true(client_line(slice_str("holdfast|a|fe80::1|99|s"), &c));
	assert_string_equal(c.client, "fe80::1");
	static const char *const bad[] = {
		"", "holdfast", "holdfast|", "holdfast|a|10.0.0.1|", "holdfast|a|10.0.0.1|12", "holdfast|a|10.0.0.1|1|s", "holdfast|a|10.0.0.1|-5|s", "holdfast|a|10.0.0.1|99999999999|s", "holdfast||10.0.0.1|12|s",
		"holdfast|a|10.0.0|12|s", "holdfast|a|ward7|12|s", "holdfast|a\tb|10.0.0.1|12|s", "holdfast|0123456789012345678901234567890123456789012345678901234567890123|10.0.0.1|12|s", "[2026/11/22 23:00:46.395,  1] ../source3/modules/vfs_full_audit.c:643(do_log)",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(client_line(slice_str(bad[i]), &c));
}

/* A child that accepts one connection, and one that it made itself (a directory, a printer). */
static pid_t server(int listening, struct sockaddr_in *elsewhere, int told[2])
{
	pid_t pid = fork();
	if (pid)
		return pid;
	int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), in;
	if (connect(out, (struct sockaddr *)elsewhere, sizeof *elsewhere) < 0 || (in = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) < 0)
		_exit(1);
	(void)!write(told[1], "x", 1);
	char c;
	ssize_t n = read(in, &c, 1); /* cut: an error */
	_exit(n < 0 ? 7 : 8);
}

static int listener(struct sockaddr_in *at)
{
	socklen_t n = sizeof *at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &n), 0);
	return fd;
}

static void the_kernel(void **state)
{
	struct sockaddr_in at, other, from = {.sin_family = AF_INET};
	int told[2], status;
	char who[64], c;
	(void)state;
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	int listening = listener(&at), elsewhere = listener(&other), client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, "127.0.0.9", &from.sin_addr);
	assert_int_equal(bind(client, (struct sockaddr *)&from, sizeof from), 0);
	pid_t pid = server(listening, &other, told);
	assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(read(told[0], &c, 1), 1);
	assert_true(client_of(pid, who));
	assert_string_equal(who, "127.0.0.9");
	assert_false(client_of(getpid(), who) && !strcmp(who, "127.0.0.9")); /* it only listens, and connected */
	size_t cut = geteuid() == 0 ? client_cut(pid) : 0;
	if (cut) {
		assert_int_equal(cut, 1);
		struct pollfd p = {client, POLLIN, 0};
		assert_int_equal(poll(&p, 1, 5000), 1);
		assert_true(read(client, &c, 1) <= 0);
	} else {
		print_message("skipped: nobody may cut a connection here\n");
		close(client);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == (cut ? 7 : 8));
	assert_false(client_of(pid, who));
	assert_int_equal(client_cut(pid), 0);
	close(listening);
	close(elsewhere);
	close(told[0]);
	close(told[1]);
}

static bool told_of(int fd, struct client_note *c)
{
	struct pollfd p = {fd, POLLIN, 0};
	return poll(&p, 1, 3000) == 1 && read(fd, c, sizeof *c) == sizeof *c;
}

/* A log that grows, is cut into pieces, holds too long a line, and is rotated. */
static void followed(void **state)
{
	char dir[] = "/tmp/hf-client-XXXXXX", log[64], old[64];
	struct client_note c;
	int p[2];
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(log, sizeof log, "%s/log", dir);
	snprintf(old, sizeof old, "%s/log.1", dir);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	dprintf(fd, "  holdfast|erna|10.0.0.1|%d|s|connect|ok\n", getpid());
	assert_int_equal(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
	pid_t reader = fork();
	if (reader == 0) {
		close(p[0]);
		client_main(log, p[1]);
	}
	assert_true(told_of(p[0], &c));
	assert_int_equal(c.pid, getpid());
	assert_string_equal(c.user, "erna");
	assert_true(c.start > 0);
	dprintf(fd, "  holdfast|mallory|10.0.0.2|%d|s|connect|ok\n", getpid()); /* told before: only its first word counts */
	char *flood = malloc(3 * CLIENT_LINE_MAX);
	memset(flood, 'x', 3 * CLIENT_LINE_MAX);
	assert_true(write(fd, flood, 3 * CLIENT_LINE_MAX) > 0);
	free(flood);
	dprintf(fd, "holdfast|toolong|10.0.0.3|%d|s\n  holdf", getppid());
	usleep(20000);
	dprintf(fd, "ast|otto|10.0.0.4|%d|s|connect|ok\n", getppid());
	assert_true(told_of(p[0], &c));
	assert_int_equal(c.pid, getppid());
	assert_string_equal(c.user, "otto");
	assert_int_equal(rename(log, old), 0);
	close(fd);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	dprintf(fd, "  holdfast|anna|10.0.0.5|%d|s|connect|ok\n", reader);
	assert_true(told_of(p[0], &c));
	assert_int_equal(c.pid, reader);
	assert_string_equal(c.client, "10.0.0.5");
	close(p[0]); /* nobody listens any more: it ends */
	close(p[1]);
	dprintf(fd, "one more\n");
	assert_int_equal(waitpid(reader, NULL, 0), reader);
	close(fd);
	unlink(log);
	unlink(old);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(the_kernel), cmocka_unit_test(followed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
