/* The receiver of a drill: it listens on a port of the loopback that the kernel chose, and takes the place of the EHR. A process of its own, which ends with the pipe that it was given. */
#include "drill_cmd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_MAX ((size_t)4 << 20)
#define IDS_MAX 100000

struct sink {
	struct drill_heard heard;
	char (*ids)[HL7_CONTROL_ID_MAX + 1];
};

static void count(struct sink *k, const struct hl7_header *h)
{
	k->heard.messages++;
	k->heard.not_training += !slice_eq_str(h->processing, "T");
	for (uint64_t i = 0; i < k->heard.distinct; i++)
		if (slice_eq_str(h->control_id, k->ids[i]))
			return;
	if (k->heard.distinct == IDS_MAX || h->control_id.n > HL7_CONTROL_ID_MAX)
		return;
	memcpy(k->ids[k->heard.distinct], h->control_id.p, h->control_id.n);
	k->ids[k->heard.distinct++][h->control_id.n] = 0;
}

static void answer(struct sink *k, int fd, struct slice message)
{
	struct hl7_header h;
	AUTO_BUF struct buf ack = {0};
	AUTO_BUF struct buf out = {0};
	char id[32];
	buf_init(&ack, 1 << 16);
	buf_init(&out, 1 << 16);
	hl7_header_read(message, &h);
	if (!h.ok || !h.control_id.n)
		return;
	count(k, &h);
	snprintf(id, sizeof id, "DRILL%llu", (unsigned long long)k->heard.messages);
	hl7_ack_write(&h, HL7_ACK_ORIGINAL, HL7_STORED, id, time_now(), &ack);
	hl7_mllp_wrap(&out, buf_slice(&ack));
	(void)!file_write_all(fd, buf_slice(&out), NULL, "acknowledgement");
}

/* One connection, until it ends or the drill does. */
static void serve(struct sink *k, int fd, int end)
{
	struct hl7_mllp m;
	struct hl7_frame f;
	hl7_mllp_init(&m, MESSAGE_MAX);
	for (;;) {
		struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = end, .events = POLLIN}};
		size_t have;
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		uint8_t *to = p[1].revents ? NULL : hl7_mllp_space(&m, 65536, &have);
		ssize_t n = to ? read(fd, to, have) : 0;
		if (n <= 0)
			break;
		hl7_mllp_fed(&m, (size_t)n);
		for (hl7_mllp_next(&m, &f); f.type != HL7_FRAME_NONE; hl7_mllp_next(&m, &f))
			if (f.type == HL7_FRAME_MESSAGE)
				answer(k, fd, f.bytes);
	}
	hl7_mllp_done(&m);
	close(fd);
}

static void sink(int listening, int end, int out)
{
	struct sink k = {.ids = calloc(IDS_MAX, sizeof *k.ids)};
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!k.ids || getppid() == 1)
		_exit(1);
	for (;;) {
		struct pollfd p[2] = {{.fd = listening, .events = POLLIN}, {.fd = end, .events = POLLIN}};
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		if (p[1].revents)
			break;
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			serve(&k, fd, end);
	}
	_exit(write(out, &k.heard, sizeof k.heard) == (ssize_t)sizeof k.heard ? 0 : 1);
}

static int listen_here(uint16_t *ret_port, struct err *e)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 8) < 0 || getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
		int r = err_sys(e, "127.0.0.1", "the drill's receiver cannot listen there");
		if (fd >= 0)
			close(fd);
		return r;
	}
	*ret_port = ntohs(a.sin_port);
	return fd;
}

int drill_sink_start(struct drill_run *x, struct err *e)
{
	int end[2], out[2];
	AUTO_CLOSE int fd = listen_here(&x->port, e);
	if (fd < 0)
		return fd;
	if (pipe2(end, O_CLOEXEC) < 0)
		return err_sys(e, NULL, "no pipe");
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(end[0]);
		close(end[1]);
		return err_sys(e, NULL, "no pipe");
	}
	x->sink_pid = fork();
	if (x->sink_pid == 0) {
		close(end[1]);
		sink(fd, end[0], out[1]);
	}
	close(end[0]);
	close(out[1]);
	x->sink_in = end[1];
	x->sink_out = out[0];
	return x->sink_pid > 0 ? 0 : err_sys(e, NULL, "the drill's receiver cannot be started");
}

int drill_sink_end(struct drill_run *x, struct drill_heard *ret, struct err *e)
{
	close(x->sink_in); /* it says what it heard, and ends */
	ssize_t n = read(x->sink_out, ret, sizeof *ret);
	close(x->sink_out);
	while (waitpid(x->sink_pid, NULL, 0) < 0 && errno == EINTR)
		;
	return n == (ssize_t)sizeof *ret ? 0 : err_set(e, ERR_SYSTEM, NULL, "the drill's receiver ended before its time");
}
