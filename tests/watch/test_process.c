/* Who is stopped with a writer and who is not; what a waiting call does. By real processes that this test made. */
#include "watch_internal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static pid_t sleeper(bool session, bool group)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (session)
			setsid();
		if (group)
			setpgid(0, 0);
		for (;;)
			pause();
	}
	return pid;
}

static char state_of(pid_t pid)
{
	char path[64], text[512];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	return strrchr(text, ')')[2];
}

static bool becomes(pid_t pid, char want)
{
	for (int i = 0; i < 500 && state_of(pid) != want; i++)
		usleep(10000);
	return state_of(pid) == want;
}

static void note(void *arg, int32_t pid, uint64_t start)
{
	int32_t *to = arg;
	assert_true(start > 0);
	for (int i = 0; i < 8; i++)
		if (!to[i]) {
			to[i] = pid;
			return;
		}
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_stop(void **state)
{
	(void)state;
	static const struct watch_config c;
	struct proc_rules rules;
	proc_rules_init(&rules, &c);
	memset(&rules.ino, 0, sizeof rules.ino); /* the sleepers are this program, too */
	pid_t writer = sleeper(true, false), other = sleeper(true, false);
	usleep(50000);
	struct stopping s = {.writer = {writer}, .writers = 1, .rules = &rules};
	int32_t stopped[8] = {0};
	uint64_t start;
	assert_true(proc_stop(&s, note, stopped) >= 1);
	assert_int_equal(stopped[0], writer);
	assert_true(becomes(writer, 'T'));
	assert_true(state_of(other) != 'T');
	assert_int_equal(proc_start(writer, &start), 0);
	const int64_t age = time_monotonic() - proc_started(start);
	assert_true(age > -TIME_SEC / 10 && age < 600 * TIME_SEC); /* (to the tick) */
	assert_false(proc_signal(writer, start + 1, SIGCONT)); /* another's number */
	assert_true(proc_signal(writer, start, SIGCONT));
	assert_true(becomes(writer, 'S'));
	/* in our own job: it alone, and not us */
	pid_t child = sleeper(false, false);
	usleep(50000);
	s.writer[0] = child;
	memset(stopped, 0, sizeof stopped);
	assert_int_equal(proc_stop(&s, note, stopped), 1);
	assert_true(becomes(child, 'T'));
	/* us: never */
	s.writer[0] = getpid();
	assert_int_equal(proc_stop(&s, note, stopped), 0);
	s.writer[0] = 1;
	assert_int_equal(proc_stop(&s, note, stopped), 0);
	end(writer);
	end(other);
	end(child);
	assert_false(proc_signal(writer, start, SIGCONT));
}

static pid_t program(const char *argument)
{
	pid_t pid = fork();
	if (pid == 0) {
		setsid();
		execl("/bin/sleep", "sleep", argument, (char *)NULL);
		_exit(3);
	}
	return pid;
}

/* Work that is split over sessions: who is the same program told the same things is stopped, too, and nobody else. */
static void test_kin(void **state)
{
	(void)state;
	static const struct watch_config c;
	struct proc_rules rules;
	proc_rules_init(&rules, &c);
	pid_t writer = program("1234.5"), twin = program("1234.5"), other = program("1234.6");
	usleep(100000);
	struct stopping s = {.writer = {writer}, .writers = 1, .rules = &rules};
	int32_t stopped[8] = {0};
	assert_int_equal(proc_stop(&s, note, stopped), 1);
	assert_true(state_of(twin) != 'T');
	s.kin = true;
	assert_int_equal(proc_stop(&s, note, stopped), 2);
	assert_true(becomes(writer, 'T') && becomes(twin, 'T'));
	assert_true(state_of(other) != 'T');
	end(writer);
	end(twin);
	end(other);
}

static void test_read(void **state)
{
	(void)state;
	static const struct watch_config c;
	struct proc_rules rules;
	struct proc p;
	proc_rules_init(&rules, &c);
	assert_int_equal(proc_read(getpid(), &rules, &p), 0);
	assert_int_equal(p.pid, getpid());
	assert_int_equal(p.ppid, getppid());
	assert_int_equal(p.sid, getsid(0));
	assert_int_equal(p.uid, getuid());
	assert_int_equal(p.class, PROC_OWN);
	assert_int_equal(proc_read(1, &rules, &p), 0);
	assert_int_equal(p.class, PROC_OWN);
	assert_int_equal(proc_read(0, &rules, &p), ERR_NOT_FOUND);
	assert_true(proc_alike(getpid(), getpid()));
	assert_false(proc_alike(getpid(), 1));
	assert_false(proc_thaw("/etc/passwd"));
	assert_false(proc_thaw("/sys/fs/cgroup/../../etc/cgroup.freeze"));
}

/* Who waits for a lease in truncate(2) is told from who waits for it in open(2); nothing has happened to the file before it is let go. */
static void test_truncating(void **state)
{
	char name[] = "/tmp/hf-lease-XXXXXX";
	int of_cutter = -1, of_opener = -1, made = mkstemp(name);
	struct stat st;
	(void)state;
	signal(SIGIO, SIG_IGN);
	assert_true(made >= 0 && write(made, "whole", 5) == 5 && close(made) == 0);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0) {
		unlink(name);
		close(fd);
		skip(); /* this file system has no leases */
	}
	pid_t cutter = fork();
	if (cutter == 0)
		_exit(truncate(name, 0) == 0 ? 0 : 1);
	for (int i = 0; i < 1000 && !proc_truncating(cutter, &of_cutter); i++)
		usleep(10000);
	assert_true(proc_truncating(cutter, &of_cutter));
	pid_t opener = fork();
	if (opener == 0)
		_exit(open(name, O_WRONLY | O_CLOEXEC) >= 0 ? 0 : 1);
	for (int i = 0; i < 1000 && proc_opening(opener, &of_opener) != ACCESS_WRITE; i++)
		usleep(10000);
	assert_int_equal(proc_opening(opener, &of_opener), ACCESS_WRITE);
	assert_false(proc_truncating(opener, &of_opener));
	assert_true(fcntl(fd, F_GETLEASE) == F_UNLCK && fstat(fd, &st) == 0 && st.st_size == 5);
	assert_int_equal(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
	int status;
	assert_true(waitpid(cutter, &status, 0) == cutter && status == 0);
	assert_true(waitpid(opener, &status, 0) == opener && status == 0);
	assert_true(fstat(fd, &st) == 0 && st.st_size == 0);
	assert_false(proc_truncating(cutter, &of_cutter)); /* it has gone */
	close(of_cutter);
	close(of_opener);
	close(fd);
	unlink(name);
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(id_valid("w1795380363"));
	static const char *const bad[] = {"", "w", "x1", "w1/..", "w1.", "../w1", "w12345678901234567890123456789"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(id_valid(bad[i]));
}

/* Between its end and its removal the kernel knows a process's group and session no more (proc(5): -1). What such a one did must not count as another session's: files that it had removed were not put back. */
static void test_ending(void **state)
{
	(void)state;
	static const struct watch_config c;
	struct proc_rules rules;
	struct proc p;
	proc_rules_init(&rules, &c);
	const pid_t own = getsid(0);
	struct sigaction was, ignore = {.sa_handler = SIG_IGN};
	assert_int_equal(sigaction(SIGCHLD, &ignore, &was), 0); /* nobody waits for it: it goes from the list as it ends */
	for (int i = 0; i < 4000; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		assert_true(pid > 0);
		while (proc_read(pid, &rules, &p) == 0)
			assert_int_equal(p.sid, own);
	}
	assert_int_equal(sigaction(SIGCHLD, &was, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_stop), cmocka_unit_test(test_kin), cmocka_unit_test(test_read), cmocka_unit_test(test_ending), cmocka_unit_test(test_truncating), cmocka_unit_test(test_ids)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
