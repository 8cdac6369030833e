/* frame: making and taking apart the frames of serve_internal.h, and the two ways they travel: streams (struct chan) and packets with descriptors. */
#include "serve_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

uint32_t frame_max(uint16_t type)
{
	switch (type) {
#define X(n, id, max)                                                                                                                                  \
	case n:                                                                                                                                        \
		return max;
		FRAME_TYPES(X)
#undef X
	default:
		return UINT32_MAX;
	}
}

/* ---- writing ---- */

size_t frame_begin(struct buf *b, uint16_t type, uint64_t tag)
{
	size_t at = b->n;
	buf_u32le(b, 0);
	buf_u32le(b, type); /* with the two zero bytes */
	buf_u64le(b, tag);
	return at;
}

void frame_end(struct buf *b, size_t at)
{
	if (!buf_ok(b))
		return;
	size_t n = b->n - at - FRAME_HEAD;
	uint32_t le = htole32((uint32_t)n);
	assert(n < UINT32_MAX);
	memcpy(b->p + at, &le, sizeof le);
}

void frame_str(struct buf *b, const char *s)
{
	frame_str_slice(b, slice_str(s));
}

/* What is too long for a str is cut: it is a name, a reason, a sentence, and every reader checks it anyway. */
void frame_str_slice(struct buf *b, struct slice s)
{
	uint16_t n = s.n > UINT16_MAX ? UINT16_MAX : (uint16_t)s.n;
	buf_u8(b, (uint8_t)n);
	buf_u8(b, (uint8_t)(n >> 8));
	buf_add(b, s.p, n);
}

void frame_blob(struct buf *b, struct slice s)
{
	assert(s.n < UINT32_MAX);
	buf_u32le(b, (uint32_t)s.n);
	buf_add_slice(b, s);
}

void frame_err(struct buf *b, uint16_t type, uint64_t tag, int code, const struct err *e)
{
	size_t at = frame_begin(b, type, tag);
	buf_u32le(b, (uint32_t)code);
	frame_str(b, e ? e->place : "");
	frame_str(b, e ? e->text : "");
	frame_end(b, at);
}

/* ---- reading ---- */

struct slice frame_get_str(struct cur *c)
{
	uint16_t n = cur_u16le(c);
	return cur_take(c, n);
}

struct slice frame_get_blob(struct cur *c)
{
	uint32_t n = cur_u32le(c);
	return cur_take(c, n);
}

/* NUL-terminated copy; a str that is too long or holds a NUL fails the cursor. */
void frame_get_text(struct cur *c, char *out, size_t size)
{
	struct slice s = frame_get_str(c);
	if (s.n >= size || (s.n && memchr(s.p, 0, s.n))) {
		cur_fail(c);
		s.n = 0;
	}
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

int frame_get_err(struct cur *c, int code, struct err *e)
{
	struct err got = {.code = code < 0 && code > -64 ? code : ERR_SYSTEM};
	frame_get_text(c, got.place, sizeof got.place);
	frame_get_text(c, got.text, sizeof got.text);
	if (e)
		*e = got;
	return got.code;
}

bool frame_head(struct slice s, struct frame *ret)
{
	struct cur c = cur_of(s);
	uint32_t n = cur_u32le(&c);
	uint16_t type = cur_u16le(&c), zero = cur_u16le(&c);
	uint64_t tag = cur_u64le(&c);
	uint32_t max = frame_max(type);
	if (c.failed || zero || max == UINT32_MAX || n > max)
		return false;
	*ret = (struct frame){.type = type, .tag = tag, .n = n};
	return true;
}

/* ---- streams ---- */

#define CHAN_READ (256u << 10)
#define CHAN_OUT_MORE (16u << 20) /* small answers that may wait behind one big one; whoever lets more pile up is cut off */
#define CHAN_KEEP ((size_t)4 << 20) /* a buffer that grew past this for one big frame is given back */

int fd_nonblock(int fd)
{
	int fl = fcntl(fd, F_GETFL);
	return fl < 0 ? -1 : fcntl(fd, F_SETFL, fl | O_NONBLOCK);
}

void chan_init(struct chan *c, int fd)
{
	*c = (struct chan){.fd = fd};
	buf_init(&c->in, (size_t)FRAME_BODY + FRAME_HEAD + CHAN_READ);
	buf_init(&c->out, (size_t)FRAME_BODY + CHAN_OUT_MORE);
}

void chan_done(struct chan *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_wipe_done(&c->in);
	buf_wipe_done(&c->out);
	*c = (struct chan){.fd = -1};
}

/* Bytes that the frame that begins at in_at still wants; 0: it is whole, or its head is not there yet. */
static size_t wants(const struct chan *c)
{
	size_t have = c->in.n - c->in_at;
	struct frame f;
	if (have < FRAME_HEAD || !frame_head(slice_of(c->in.p + c->in_at, FRAME_HEAD), &f) || have >= FRAME_HEAD + f.n)
		return 0;
	return FRAME_HEAD + f.n - have;
}

bool chan_big(const struct chan *c)
{
	return wants(c) > CHAN_READ;
}

int chan_read(struct chan *c, size_t most)
{
	size_t want = wants(c);
	if (want < CHAN_READ)
		want = CHAN_READ;
	if (want > most && most >= CHAN_READ)
		want = most;
	uint8_t *to = buf_space(&c->in, want);
	if (!to)
		return c->in.no_memory ? ERR_MEMORY : ERR_LIMIT;
	for (;;) {
		ssize_t n = recv(c->fd, to, c->in.cap - c->in.n < most ? c->in.cap - c->in.n : most, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n < 0)
			return ERR_SYSTEM;
		if (n == 0)
			return ERR_NO; /* the other end is gone */
		buf_commit(&c->in, (size_t)n);
		return 1;
	}
}

int chan_next(struct chan *c, struct frame *ret)
{
	size_t have = c->in.n - c->in_at;
	if (have < FRAME_HEAD)
		return 0;
	if (!frame_head(slice_of(c->in.p + c->in_at, FRAME_HEAD), ret))
		return ERR_INPUT;
	if (have < FRAME_HEAD + ret->n)
		return 0;
	ret->payload = slice_of(c->in.p + c->in_at + FRAME_HEAD, ret->n);
	c->in_at += FRAME_HEAD + ret->n;
	return 1;
}

void chan_compact(struct chan *c)
{
	if (c->in_at == 0)
		return;
	buf_drop(&c->in, c->in_at);
	c->in_at = 0;
	if (c->in.cap > CHAN_KEEP && c->in.n == 0) {
		size_t max = c->in.max;
		buf_done(&c->in);
		buf_init(&c->in, max);
	}
}

int chan_write(struct chan *c)
{
	if (!buf_ok(&c->out))
		return ERR_MEMORY;
	while (c->out_at < c->out.n) {
		ssize_t n = send(c->fd, c->out.p + c->out_at, c->out.n - c->out_at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n < 0)
			return ERR_NO;
		c->out_at += (size_t)n;
	}
	c->out_at = 0;
	buf_reset(&c->out);
	if (c->out.cap > CHAN_KEEP) {
		size_t max = c->out.max;
		buf_done(&c->out);
		buf_init(&c->out, max);
	}
	return 1;
}

/* ---- packets with descriptors ---- */

int packet_send(int fd, uint16_t type, uint64_t tag, struct slice payload, const int *fds, size_t fd_count, bool wait)
{
	uint8_t head[FRAME_HEAD];
	uint32_t n32 = htole32((uint32_t)payload.n), t32 = htole32(type);
	uint64_t t64 = htole64(tag);
	assert(payload.n <= frame_max(type) && fd_count <= PACKET_FDS);
	memcpy(head, &n32, 4);
	memcpy(head + 4, &t32, 4);
	memcpy(head + 8, &t64, 8);
	struct iovec iov[2] = {{head, sizeof head}, {(void *)(uintptr_t)payload.p, payload.n}};
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * PACKET_FDS)];
	} control = {0};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = payload.n ? 2 : 1};
	if (fd_count) {
		m.msg_control = control.space;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		struct cmsghdr *h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(h), fds, sizeof(int) * fd_count);
	}
	for (;;) {
		ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
		if (n < 0 && errno == EINTR)
			continue;
		return n < 0 ? ERR_SYSTEM : 0;
	}
}

/* Collect passed descriptors; those that do not fit, or come in excess, are closed. */
static void take_fds(struct msghdr *m, struct frame *f)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof fd);
			if (f->fd_count < PACKET_FDS)
				f->fds[f->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

void frame_close_fds(struct frame *f)
{
	for (size_t i = 0; i < f->fd_count; i++)
		if (f->fds[i] >= 0)
			close(f->fds[i]);
	f->fd_count = 0;
}

int frame_take_fd(struct frame *f, size_t i)
{
	if (i >= f->fd_count)
		return -1;
	int fd = f->fds[i];
	f->fds[i] = -1;
	return fd;
}

int packet_recv(int fd, struct buf *b, struct frame *ret, bool wait)
{
	buf_reset(b);
	uint8_t *to = buf_space(b, FRAME_HEAD + FRAME_SMALL);
	if (!to)
		return ERR_MEMORY;
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * PACKET_FDS)];
	} control;
	struct iovec iov = {to, FRAME_HEAD + FRAME_SMALL};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
	ssize_t n;
	errno = 0;
	bool reset = false; /* said once when the other end died with something of ours unread; what it sent before stands behind that */
	do {
		reset = reset || errno == ECONNRESET;
		errno = 0;
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
	} while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !reset)));
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : ERR_SYSTEM;
	struct frame f = {0};
	take_fds(&m, &f);
	if (n == 0) {
		frame_close_fds(&f);
		return ERR_NO;
	}
	buf_commit(b, (size_t)n);
	struct frame head;
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || !frame_head(slice_of(to, (size_t)n), &head) || head.n != (size_t)n - FRAME_HEAD) {
		frame_close_fds(&f);
		return ERR_INPUT;
	}
	f.type = head.type;
	f.tag = head.tag;
	f.n = head.n;
	f.payload = slice_of(to + FRAME_HEAD, head.n);
	*ret = f;
	return 1;
}
