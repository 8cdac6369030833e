/* wards_load PORT TOKEN WARDS EVERY_MS SECONDS NAME PREFIX [SUFFIX] <LIST: so many keep-alive connections to 127.0.0.1, each asking for PREFIX + a random line of LIST + SUFFIX every EVERY_MS. The wards
 * start spread over one interval. A page's time runs from the moment the ward wanted it, not from when its connection was free: a server that stands still is not spared the pages it did not serve. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct ward {
	int fd;
	bool busy;
	int64_t due, wanted; /* next page; the one under way */
	size_t got, head, length;
	char top[16384];
};
static char **lines;
static size_t line_count;
static double *times;
static size_t n_times, failed, late;
static uint64_t bytes;

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "wards_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void read_lines(void)
{
	char *line = NULL;
	size_t cap = 0, room = 0;
	ssize_t n;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = 0;
		if (line_count == room && !(lines = realloc(lines, (room = room ? room * 2 : 1024) * sizeof *lines)))
			die("memory");
		lines[line_count++] = strdup(line);
	}
	free(line);
	if (!line_count) {
		fprintf(stderr, "wards_load: an empty list\n");
		exit(2);
	}
}

static void ward_open(struct ward *w, int ep, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;
	w->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (w->fd < 0 || connect(w->fd, (struct sockaddr *)&a, sizeof a) < 0)
		die("connect");
	setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = w};
	if (epoll_ctl(ep, EPOLL_CTL_ADD, w->fd, &ev) < 0)
		die("epoll");
}

static void ask(struct ward *w, const char *token, const char *prefix, const char *suffix)
{
	char q[4096];
	int n = snprintf(q, sizeof q, "GET %s%s%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", prefix, lines[(size_t)random() % line_count], suffix, token);
	if (n < 0 || (size_t)n >= sizeof q || send(w->fd, q, (size_t)n, MSG_NOSIGNAL) != n)
		die("send");
	w->busy = true;
	w->got = w->head = 0;
}

/* true: the answer is whole */
static bool take(struct ward *w)
{
	static char rest[1 << 18];
	size_t room = w->head ? 0 : sizeof w->top - 1 - w->got;
	ssize_t n = recv(w->fd, room ? w->top + w->got : rest, room ? room : sizeof rest, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		die("the server closed a connection");
	w->got += (size_t)n;
	bytes += (uint64_t)n;
	if (!w->head) {
		w->top[w->got] = 0;
		char *end = strstr(w->top, "\r\n\r\n"), *length = strcasestr(w->top, "\r\ncontent-length:");
		if (!end)
			return false;
		w->head = (size_t)(end - w->top) + 4;
		w->length = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
		if (strncmp(w->top, "HTTP/1.1 200", 12)) {
			if (failed++ == 0)
				fprintf(stderr, "wards_load: %.*s\n", (int)strcspn(w->top, "\r"), w->top);
		}
	}
	return w->got >= w->head + w->length;
}

static int cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	if (argc < 8) {
		fprintf(stderr, "usage: wards_load PORT TOKEN WARDS EVERY_MS SECONDS NAME PREFIX [SUFFIX] <LIST\n");
		return 2;
	}
	int port = atoi(argv[1]), wards = atoi(argv[3]), ep = epoll_create1(0);
	int64_t every = (int64_t)atoi(argv[4]) * 1000, start, end;
	const char *suffix = argc > 8 ? argv[8] : "";
	read_lines();
	struct ward *w = calloc((size_t)wards, sizeof *w);
	times = calloc((size_t)wards * (size_t)(atoi(argv[5]) * 1000 / atoi(argv[4]) + 2), sizeof *times);
	if (!w || !times || ep < 0)
		die("memory");
	for (int i = 0; i < wards; i++)
		ward_open(&w[i], ep, port);
	start = now_us();
	end = start + (int64_t)atoi(argv[5]) * 1000000;
	for (int i = 0; i < wards; i++)
		w[i].due = start + every * i / wards;
	for (int busy = 1; busy || now_us() < end;) {
		int64_t t = now_us(), next = t + 50000;
		busy = 0;
		for (int i = 0; i < wards; i++) {
			if (!w[i].busy && w[i].due <= t && t < end) {
				late += t - w[i].due > every;
				w[i].wanted = w[i].due;
				w[i].due += every;
				ask(&w[i], argv[2], argv[7], suffix);
			}
			busy += w[i].busy;
			if (!w[i].busy && w[i].due < next)
				next = w[i].due;
		}
		struct epoll_event ev[64];
		int n = epoll_wait(ep, ev, 64, next > t ? (int)((next - t + 999) / 1000) : 0);
		for (int i = 0; i < n; i++) {
			struct ward *x = ev[i].data.ptr;
			if (x->busy && take(x)) {
				x->busy = false;
				times[n_times++] = (double)(now_us() - x->wanted) / 1000;
			}
		}
	}
	if (!n_times)
		return 1;
	qsort(times, n_times, sizeof *times, cmp);
	printf("%-24s %6zu asked  p50 %6.1f ms  p95 %6.1f ms  p99 %6.1f ms  max %6.1f ms  %5.0f kB each%s\n", argv[6], n_times, times[n_times / 2], times[n_times * 95 / 100], times[n_times * 99 / 100], times[n_times - 1],
	       (double)bytes / 1000 / (double)n_times, failed ? "  SOME FAILED" : late ? "  SOME CAME AN INTERVAL LATE" : "");
	return failed ? 1 : 0;
}
