/* relay_load: what bench/gate/relay and bench/gate/cut send through a relay, and the far side that answers.
 *   relay_load far PORT                      listens on PORT (an acknowledgement for each MLLP frame), PORT+1 (echo), PORT+2 (reads and drops)
 *   relay_load mllp PORT SECONDS WINDOW      one connection, messages of 300 to 2,000 bytes, at most WINDOW without their acknowledgement: "messages/s MB/s"
 *   relay_load bulk PORT SECONDS             opaque bytes, to a far side that drops them: "MB/s", counted until the far side has closed, so that all have gone through
 *   relay_load echo PORT ROUNDS              300 bytes there and back, one after the other: "p50 p99", microseconds
 *   relay_load conns PORT SECONDS            connect, 1 byte there and back, close: "connections/s"
 *   relay_load hold ADDRESS PORT N LOG       N listeners from PORT on, whatever comes is read and thrown away; LOG: "ENDED TIME-OF-THE-LAST", of connections that carried a byte
 *   relay_load many ADDRESS PORT N LOG       N connections to PORT, PORT+1 ...; LOG: "N up", and when all are ended from outside "ENDED TIME-OF-THE-LAST"
 * hold and many look every half millisecond and not at each event, so that their own work is not in the way of what they measure. Times: CLOCK_MONOTONIC, which network namespaces share, in seconds. The others all on 127.0.0.1.
 * Only libc. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FS 0x1c
#define BLOCK 512 /* messages that are made before the clock runs, and sent over and over */
#define FDS 4096

static char room[256 << 10];
static const char *doing = "";

static void die(const char *what)
{
	fprintf(stderr, "relay_load %s: %s: %s\n", doing, what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sockaddr_in here(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static int dial(int port)
{
	struct sockaddr_in a = here(port);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) < 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static int send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
		if (k < 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static size_t frames_in(const char *p, size_t n)
{
	size_t k = 0;
	for (const char *end = p + n; (p = memchr(p, FS, (size_t)(end - p))); p++)
		k++;
	return k;
}

/* ---- the far side ---- */

static const char ack[] = "\x0bMSH|^~\\&|LAB|P|HF|H|20260101120000||ACK^A01|1|P|2.5.1\rMSA|AA|1\r\x1c\r";

static int answer(int fd, int what)
{
	static char acks[(sizeof ack - 1) * 1024];
	ssize_t n = recv(fd, room, sizeof room, 0);
	if (n <= 0)
		return -1;
	if (what)
		return what == 1 ? send_all(fd, room, (size_t)n) : 0;
	for (size_t k = frames_in(room, (size_t)n); k;) {
		size_t part = k < 1024 ? k : 1024;
		for (size_t i = 0; i < part; i++)
			memcpy(acks + i * (sizeof ack - 1), ack, sizeof ack - 1);
		if (send_all(fd, acks, part * (sizeof ack - 1)) < 0)
			return -1;
		k -= part;
	}
	return 0;
}

static void far(int port)
{
	static int what[FDS];
	int ep = epoll_create1(0), on = 1;
	for (int i = 0; i < 3; i++) {
		struct sockaddr_in a = here(port + i);
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 1024) < 0)
			die("listen");
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		what[fd] = -1 - i;
	}
	for (;;) {
		struct epoll_event ev[64];
		int n = epoll_wait(ep, ev, 64, -1);
		for (int i = 0; i < n; i++) {
			int fd = ev[i].data.fd;
			if (what[fd] < 0) {
				int got = accept(fd, NULL, NULL);
				struct epoll_event more = {.events = EPOLLIN, .data.fd = got};
				if (got < 0 || got >= FDS)
					continue;
				setsockopt(got, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
				what[got] = -1 - what[fd];
				epoll_ctl(ep, EPOLL_CTL_ADD, got, &more);
			} else if (answer(fd, what[fd]) < 0) {
				close(fd);
			}
		}
	}
}

/* ---- loads ---- */

static void make_block(char *p, size_t starts[BLOCK + 1])
{
	size_t n = 0;
	unsigned seed = 1;
	for (int i = 0; i < BLOCK; i++) {
		seed = seed * 1103515245 + 12345;
		size_t want = 300 + (seed >> 8) % 1701, at = n;
		starts[i] = n;
		n += (size_t)sprintf(p + n, "\x0bMSH|^~\\&|HIS|H|LAB|P|20260101120000||ORU^R01^ORU_R01|M%d|P|2.5.1\rPID|1||%d^^^H^MR||ADA^TEST||19500101|F\rOBR|1|||GLU\r", i, 100000 + i);
		for (int k = 1; n - at + 60 < want; k++)
			n += (size_t)sprintf(p + n, "OBX|%d|NM|2345-7^Glucose^LN||%d|mg/dL|70-99|N|||F\r", k, 70 + k);
		p[n++] = FS;
		p[n++] = '\r';
	}
	starts[BLOCK] = n;
}

/* Bytes go as the socket takes them; a frame has begun when the block's position has passed its start. */
static int mllp(int port, double seconds, size_t window)
{
	static char block[BLOCK * 2200];
	static size_t starts[BLOCK + 1];
	make_block(block, starts);
	size_t at = 0, next = 0 /* frame of the block that has not begun */, begun = 0, acked = 0, bytes = 0;
	int fd = dial(port);
	double from = now(), t;
	while ((t = now()) - from < seconds || acked < begun) {
		if (t - from > seconds + 20)
			return fprintf(stderr, "%zu acknowledgements are missing\n", begun - acked), 1;
		size_t left = window - (begun - acked), upto = t - from >= seconds ? next : next + left;
		size_t end = starts[upto < BLOCK ? upto : BLOCK];
		struct pollfd p = {.fd = fd, .events = (short)(POLLIN | (end > at ? POLLOUT : 0))};
		poll(&p, 1, 1000);
		if (p.revents & POLLOUT) {
			ssize_t n = send(fd, block + at, end - at, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n < 0 && errno != EAGAIN)
				die("send");
			at += n > 0 ? (size_t)n : 0;
			bytes += n > 0 ? (size_t)n : 0;
			for (; next < BLOCK && starts[next] < at; next++)
				begun++;
			if (at == starts[BLOCK])
				at = next = 0;
		}
		if (p.revents & (POLLIN | POLLHUP)) {
			ssize_t n = recv(fd, room, sizeof room, MSG_DONTWAIT);
			if (n == 0 || (n < 0 && errno != EAGAIN))
				die("recv");
			if (n > 0)
				acked += frames_in(room, (size_t)n);
		}
	}
	t = now() - from;
	printf("%.0f %.1f\n", (double)acked / t, (double)bytes / t / 1e6);
	return 0;
}

static int bulk(int port, double seconds)
{
	int fd = dial(port);
	size_t bytes = 0;
	double from = now();
	while (now() - from < seconds) {
		if (send_all(fd, room, sizeof room) < 0)
			die("send");
		bytes += sizeof room;
	}
	shutdown(fd, SHUT_WR);
	while (recv(fd, room, sizeof room, 0) > 0)
		;
	printf("%.0f\n", (double)bytes / (now() - from) / 1e6);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static void there_and_back(int fd, size_t n)
{
	if (send_all(fd, room, n) < 0)
		die("send");
	for (size_t have = 0; have < n;) {
		ssize_t k = recv(fd, room + have, n - have, 0);
		if (k <= 0)
			die("recv");
		have += (size_t)k;
	}
}

/* The bytes are one MLLP frame, so that they pass a link with inspection too. */
static int echo(int port, int rounds)
{
	int fd = dial(port);
	double *took = calloc((size_t)rounds, sizeof *took);
	memset(room, 'x', 300);
	const char *head = "\x0bMSH|^~\\&|HIS|H|LAB|P|20260101120000||ORU^R01|M1|P|2.5.1\rOBX|1|TX|||";
	memcpy(room, head, strlen(head));
	memcpy(room + 297, "\r\x1c\r", 3);
	for (int i = -200; i < rounds; i++) {
		double from = now();
		there_and_back(fd, 300);
		if (i >= 0)
			took[i] = now() - from;
	}
	qsort(took, (size_t)rounds, sizeof *took, by_size);
	printf("%.1f %.1f\n", took[rounds / 2] * 1e6, took[rounds / 100 * 99] * 1e6);
	return 0;
}

static int conns(int port, double seconds)
{
	size_t n = 0;
	double from = now();
	for (; now() - from < seconds; n++) {
		struct linger off = {.l_onoff = 1}; /* with a reset: no port is left waiting */
		int fd = dial(port);
		there_and_back(fd, 1);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
		close(fd);
	}
	printf("%.0f\n", (double)n / (now() - from));
	return 0;
}

/* ---- many connections that stand, and end ---- */

static void note(const char *path, const char *text)
{
	char tmp[4200];
	snprintf(tmp, sizeof tmp, "%s.new", path);
	FILE *f = fopen(tmp, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0 || rename(tmp, path) < 0)
		die(path);
}

static void note_ends(const char *path, int n, double last)
{
	char text[64];
	snprintf(text, sizeof text, "%d %.6f", n, last);
	note(path, text);
}

static struct sockaddr_in there(const char *address, int port)
{
	struct sockaddr_in a = here(port);
	if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
		die(address);
	return a;
}

static void wait_a_little(void)
{
	const struct timespec half_ms = {.tv_nsec = 500000};
	nanosleep(&half_ms, NULL);
}

/* 1: there were bytes; 0: nothing yet; -1: ended */
static int swallow(int fd)
{
	ssize_t n = recv(fd, room, sizeof room, MSG_DONTWAIT);
	return n > 0 ? 1 : n < 0 && errno == EAGAIN ? 0 : -1;
}

static void hold(const char *address, int port, int n, const char *log)
{
	static bool listens[1 << 16], carried[1 << 16];
	int ep = epoll_create1(0), on = 1, ended = 0, noted = 0;
	double last = 0;
	for (int i = 0; i < n; i++) {
		struct sockaddr_in a = there(address, port + i);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		if (fd < 0 || fd >= 1 << 16 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 100) < 0)
			die("listen");
		listens[fd] = true;
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	}
	note_ends(log, 0, 0);
	for (;;) {
		struct epoll_event ev[4096];
		int k = epoll_wait(ep, ev, 4096, 200), before = ended;
		double t = now();
		for (int i = 0; i < k; i++) {
			int fd = ev[i].data.fd, got;
			if (listens[fd]) {
				struct epoll_event more = {.events = EPOLLIN, .data.fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK)};
				if (more.data.fd >= 0 && more.data.fd < 1 << 16)
					epoll_ctl(ep, EPOLL_CTL_ADD, more.data.fd, &more);
			} else if ((got = swallow(fd)) != 0) {
				ended += got < 0 && carried[fd];
				carried[fd] = got > 0;
				if (got < 0)
					close(fd);
			}
		}
		if (ended != before)
			last = t;
		if (ended != noted && t - last > 0.2) { /* a file that is written waits for the disk, where the cut itself is being written */
			note_ends(log, ended, last);
			noted = ended;
		}
		wait_a_little();
	}
}

static int many(const char *address, int port, int n, const char *log)
{
	int ep = epoll_create1(0), left = n, ended = 0;
	double last = 0;
	for (int i = 0; i < n; i++) {
		struct sockaddr_in a = there(address, port + i);
		int fd = socket(AF_INET, SOCK_STREAM, 0), tries = 0;
		while (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
			if (++tries > 20000)
				die("connect");
			close(fd);
			wait_a_little();
			fd = socket(AF_INET, SOCK_STREAM, 0);
		}
		struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
		if (send(fd, "hello", 5, MSG_NOSIGNAL) != 5 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0)
			die("send");
	}
	char text[32];
	snprintf(text, sizeof text, "%d up", n);
	note(log, text);
	for (double from = now(); left && now() - from < 60;) {
		struct epoll_event ev[4096];
		int k = epoll_wait(ep, ev, 4096, 1000);
		if (k > 0)
			last = now();
		for (int i = 0; i < k; i++, left--, ended++)
			close(ev[i].data.fd);
		wait_a_little();
	}
	note_ends(log, ended, last);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "hold") && argc == 6)
		hold(argv[2], atoi(argv[3]), atoi(argv[4]), argv[5]);
	if (!strcmp(argv[1], "many") && argc == 6)
		return many(argv[2], atoi(argv[3]), atoi(argv[4]), argv[5]);
	int port = atoi(argv[2]);
	doing = argv[1];
	double n = argc > 3 ? atof(argv[3]) : 1;
	if (!strcmp(argv[1], "far"))
		far(port);
	if (!strcmp(argv[1], "mllp"))
		return mllp(port, n, argc > 4 ? (size_t)atoi(argv[4]) : 256);
	if (!strcmp(argv[1], "bulk"))
		return bulk(port, n);
	if (!strcmp(argv[1], "echo"))
		return echo(port, (int)n);
	return strcmp(argv[1], "conns") ? 2 : conns(port, n);
}
