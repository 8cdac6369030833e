/* bench/mllp_load HOST PORT CONNECTIONS SECONDS [RATE]: sends a 1.5 kB ORU^R01 with a control id of its own, one message in flight per connection, waits for each acknowledgement and prints
 * messages acknowledged a second and the latency's quantiles. RATE: messages a second over all connections (for latency at a given load). The same program loads every peer. Only libc. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct line {
	int fd;
	char out[2048];
	size_t n;
	char in[4096];
	size_t have;
	double sent;
	int busy;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned long number;
static unsigned run;

static void make(struct line *l)
{
	char *p = l->out;
	size_t size = sizeof l->out;
	int n = snprintf(p, size, "\x0bMSH|^~\\&|LAB|GABRIEL|HOLDFAST|GABRIEL|20260105120000||ORU^R01^ORU_R01|B%u-%lu|P|2.5.1|||||\rPID|1||%07lu^^^GABRIEL^MR||Keller^Jeanne||19570312|F\rPV1|1|I|ICU^101^A^GABRIEL\r"
	                 "OBR|1|P%lu^EHR|F%lu^LAB|24323-8^Comprehensive metabolic panel^LN|||20260105113000|||||||||||||||||F\r",
	                 run, number, 1000000 + number % 50000, number, number);
	for (int i = 1; n < 1500; i++)
		n += snprintf(p + n, size - (size_t)n, "OBX|%d|NM|2823-3^Potassium^LN||%.1f|mmol/L^mmol/L^UCUM|3.5-5.1|N|||F|||20260105113000\r", i, 3.5 + (double)(number % 20) / 10);
	p[n++] = 0x1c;
	p[n++] = '\r';
	l->n = (size_t)n;
	number++;
}

static void send_one(struct line *l)
{
	make(l);
	l->sent = now();
	l->busy = 1;
	size_t at = 0;
	while (at < l->n) {
		ssize_t n = write(l->fd, l->out + at, l->n - at);
		if (n < 0) {
			perror("write");
			exit(3);
		}
		at += (size_t)n;
	}
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: mllp_load HOST PORT CONNECTIONS SECONDS [RATE]\n");
		return 2;
	}
	int n = (int)strtol(argv[3], NULL, 10);
	double seconds = strtod(argv[4], NULL), rate = argc > 5 ? strtod(argv[5], NULL) : 0;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtol(argv[2], NULL, 10))};
	inet_pton(AF_INET, argv[1], &a.sin_addr);
	struct line *lines = calloc((size_t)n, sizeof *lines);
	size_t cap = 4000000, got = 0;
	float *took = malloc(cap * sizeof *took);
	int ep = epoll_create1(0);
	run = (unsigned)getpid();
	for (int i = 0; i < n; i++) {
		lines[i].fd = socket(AF_INET, SOCK_STREAM, 0);
		int one = 1;
		if (connect(lines[i].fd, (struct sockaddr *)&a, sizeof a) < 0) {
			perror("connect");
			return 3;
		}
		setsockopt(lines[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct epoll_event ev = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
		epoll_ctl(ep, EPOLL_CTL_ADD, lines[i].fd, &ev);
	}
	double begin = now(), end = begin + seconds;
	unsigned long launched = 0, bad = 0;
	if (rate == 0)
		for (int i = 0; i < n; i++)
			send_one(&lines[i]);
	while (now() < end) {
		int wait = 100;
		if (rate > 0) {
			double due = begin + (double)launched / rate - now();
			if (due <= 0) {
				for (int i = 0; i < n; i++)
					if (!lines[i].busy) {
						send_one(&lines[i]);
						break;
					}
				launched++;
				wait = 0;
			} else
				wait = (int)(due * 1000);
		}
		struct epoll_event ev[256];
		int m = epoll_wait(ep, ev, 256, wait);
		for (int k = 0; k < m; k++) {
			struct line *l = &lines[ev[k].data.u32];
			ssize_t r = read(l->fd, l->in + l->have, sizeof l->in - l->have);
			if (r <= 0) {
				fprintf(stderr, "the server closed the connection\n");
				return 3;
			}
			l->have += (size_t)r;
			if (l->have < 2 || l->in[l->have - 1] != '\r' || l->in[l->have - 2] != 0x1c)
				continue;
			if (!memmem(l->in, l->have, "MSA|AA", 6) && !memmem(l->in, l->have, "MSA|CA", 6))
				bad++;
			l->have = 0;
			l->busy = 0;
			if (got < cap)
				took[got++] = (float)(now() - l->sent);
			if (rate == 0)
				send_one(l);
		}
	}
	double elapsed = now() - begin;
	qsort(took, got, sizeof *took, compare);
	if (!got)
		return 1;
	printf("%.0f msg/s  p50 %.2f ms  p99 %.2f ms  max %.2f ms  (%zu acknowledged, %lu not AA/CA)\n", (double)got / elapsed, took[got / 2] * 1e3, took[got * 99 / 100] * 1e3, took[got - 1] * 1e3, got, bad);
	return bad != 0;
}
