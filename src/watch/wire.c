/* wire: what responder and judge say to each other, over a SOCK_SEQPACKET socketpair.
 *
 * A packet is one or more messages: u8 kind, u64 tag, then by kind. Only the last message of a packet has descriptors, so that a batch of names costs one packet. Either end takes the other to be hostile: the judge because it
 * reads hostile files, the responder because what it says decides. */
#include "watch_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void put_str(struct buf *b, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	buf_u32le(b, (uint32_t)n);
	buf_add(b, s, n);
}

static char *get_str(struct cur *c, struct arena *a, size_t max)
{
	uint32_t n = cur_u32le(c);
	if (n >= max) {
		cur_fail(c);
		return NULL;
	}
	struct slice s = cur_take(c, n);
	if (c->failed || (s.n && memchr(s.p, 0, s.n))) {
		cur_fail(c);
		return NULL;
	}
	char *out = arena_strdup(a, s);
	if (!out)
		cur_fail(c);
	return out;
}

static void put_layout(struct buf *b, const struct layout *l)
{
	buf_u8(b, l->known);
	buf_u64le(b, l->size);
	buf_u32le(b, (uint32_t)l->base);
	buf_u32le(b, (uint32_t)l->places);
	for (size_t i = 0; i < l->places; i++) {
		buf_u64le(b, l->place[i].offset);
		buf_u64le(b, l->place[i].length);
		buf_u64le(b, l->place[i].at);
		buf_u32le(b, (uint32_t)l->place[i].fd);
	}
}

static bool fd_index(int i)
{
	return i >= -1 && i < WIRE_FDS;
}

static void get_layout(struct cur *c, struct arena *a, struct layout *l)
{
	*l = (struct layout){.known = cur_u8(c) != 0, .size = cur_u64le(c)};
	l->base = (int)cur_u32le(c);
	l->places = cur_u32le(c);
	if (l->places > WIRE_PLACES || !fd_index(l->base))
		cur_fail(c);
	if (c->failed || !l->places)
		return;
	l->place = arena_array(a, l->places, sizeof *l->place);
	if (!l->place) {
		cur_fail(c);
		return;
	}
	uint64_t end = 0;
	for (size_t i = 0; i < l->places; i++) {
		struct layout_place *p = &l->place[i];
		p->offset = cur_u64le(c);
		p->length = cur_u64le(c);
		p->at = cur_u64le(c);
		p->fd = (int32_t)cur_u32le(c);
		if (!fd_index(p->fd) || p->offset < end || p->length > INT64_MAX || p->offset > INT64_MAX || p->at > INT64_MAX)
			cur_fail(c);
		end = p->offset + p->length;
	}
}

void wire_put(const struct wire *w, struct buf *b)
{
	const struct watch_change *c = &w->c;
	buf_u8(b, (uint8_t)w->kind);
	buf_u64le(b, w->tag);
	buf_u64le(b, (uint64_t)c->mono_ns);
	buf_u64le(b, c->who.session);
	if (w->kind == WIRE_RELEASED || w->kind == WIRE_ENDED)
		return;
	buf_u32le(b, (uint32_t)c->who.pid);
	buf_u32le(b, c->who.uid);
	put_str(b, c->who.comm);
	buf_u64le(b, c->who.program);
	buf_u8(b, c->who.foreign);
	buf_u64le(b, (uint64_t)c->who.started);
	put_str(b, c->who.client);
	put_str(b, c->who.user);
	buf_u8(b, (uint8_t)c->op);
	buf_u8(b, (uint8_t)(c->folder | c->was_read << 1 | c->fresh << 2 | (c->to != NULL) << 3));
	put_str(b, c->path);
	put_str(b, c->to);
	buf_u64le(b, c->dev);
	buf_u64le(b, c->ino);
	buf_u64le(b, c->replaced_dev);
	buf_u64le(b, c->replaced_ino);
	buf_u64le(b, c->offset);
	buf_u64le(b, c->length);
	put_layout(b, &w->before);
	put_layout(b, &w->after);
}

int wire_get(struct cur *c, struct arena *a, struct wire *ret)
{
	struct wire *w = ret;
	*w = (struct wire){.kind = (enum wire_kind)cur_u8(c), .tag = cur_u64le(c)};
	w->c.mono_ns = (int64_t)cur_u64le(c);
	w->c.who.session = cur_u64le(c);
	if (w->kind == WIRE_RELEASED || w->kind == WIRE_ENDED)
		return c->failed ? ERR_INPUT : 0;
	if (w->kind != WIRE_FEED && w->kind != WIRE_ASK)
		return ERR_INPUT;
	w->c.who.pid = (int32_t)cur_u32le(c);
	w->c.who.uid = cur_u32le(c);
	const char *comm = get_str(c, a, sizeof w->c.who.comm);
	w->c.who.program = cur_u64le(c);
	w->c.who.foreign = cur_u8(c);
	w->c.who.started = (int64_t)cur_u64le(c);
	const char *client = get_str(c, a, sizeof w->c.who.client), *user = get_str(c, a, sizeof w->c.who.user);
	if (c->failed)
		return ERR_INPUT;
	memcpy(w->c.who.comm, comm, strlen(comm));
	memcpy(w->c.who.client, client, strlen(client));
	memcpy(w->c.who.user, user, strlen(user));
	uint8_t op = cur_u8(c), flags = cur_u8(c);
	if (op < WATCH_OPENED || op > WATCH_TRUNCATED)
		return ERR_INPUT;
	w->c.op = (enum watch_op)op;
	w->c.folder = flags & 1;
	w->c.was_read = flags & 2;
	w->c.fresh = flags & 4;
	w->c.path = get_str(c, a, WATCH_PATH_MAX);
	const char *to = get_str(c, a, WATCH_PATH_MAX);
	w->c.to = flags & 8 ? to : NULL;
	w->c.dev = cur_u64le(c);
	w->c.ino = cur_u64le(c);
	w->c.replaced_dev = cur_u64le(c);
	w->c.replaced_ino = cur_u64le(c);
	w->c.offset = cur_u64le(c);
	w->c.length = cur_u64le(c);
	get_layout(c, a, &w->before);
	get_layout(c, a, &w->after);
	return c->failed ? ERR_INPUT : 0;
}

void wire_put_answer(enum wire_kind kind, const struct answer *x, struct buf *b)
{
	buf_u8(b, (uint8_t)kind);
	buf_u64le(b, x->tag);
	buf_u8(b, x->stop);
	buf_u8(b, (uint8_t)x->opinion);
}

/* Paths are told as far as the packet reaches. */
void wire_put_verdict(const struct watch_verdict *v, struct buf *b)
{
	buf_u8(b, WIRE_VERDICT);
	buf_u8(b, v->look);
	buf_u64le(b, v->number);
	buf_u64le(b, (uint64_t)v->mono_ns);
	buf_u64le(b, (uint64_t)v->began);
	buf_u64le(b, v->who.session);
	buf_u32le(b, (uint32_t)v->who.pid);
	buf_u32le(b, v->who.uid);
	put_str(b, v->who.comm);
	buf_u64le(b, v->who.program);
	put_str(b, v->who.client);
	put_str(b, v->who.user);
	buf_u32le(b, (uint32_t)v->session_count);
	for (size_t i = 0; i < v->session_count; i++)
		buf_u64le(b, v->sessions[i]);
	buf_u32le(b, (uint32_t)v->reason_count);
	for (size_t i = 0; i < v->reason_count; i++)
		put_str(b, v->reason[i]);
	buf_u64le(b, v->file_count);
	size_t named = 0, room = b->n;
	for (; named < v->file_named && room + 64 + strlen(v->file[named].path) < WIRE_MAX - 64; named++)
		room += 64 + strlen(v->file[named].path);
	buf_u32le(b, (uint32_t)named);
	for (size_t i = 0; i < named; i++) {
		buf_u64le(b, v->file[i].session);
		buf_u64le(b, v->file[i].dev);
		buf_u64le(b, v->file[i].ino);
		put_str(b, v->file[i].path);
	}
}

int wire_get_verdict(struct cur *c, struct arena *a, struct watch_verdict *ret)
{
	struct watch_verdict *v = ret;
	*v = (struct watch_verdict){.look = cur_u8(c) != 0};
	v->number = cur_u64le(c);
	v->mono_ns = (int64_t)cur_u64le(c);
	v->began = (int64_t)cur_u64le(c);
	v->who.session = cur_u64le(c);
	v->who.pid = (int32_t)cur_u32le(c);
	v->who.uid = cur_u32le(c);
	const char *comm = get_str(c, a, sizeof v->who.comm);
	v->who.program = cur_u64le(c);
	const char *client = get_str(c, a, sizeof v->who.client), *user = get_str(c, a, sizeof v->who.user);
	if (c->failed)
		return ERR_INPUT;
	memcpy(v->who.comm, comm, strlen(comm));
	memcpy(v->who.client, client, strlen(client));
	memcpy(v->who.user, user, strlen(user));
	v->session_count = cur_u32le(c);
	if (v->session_count > WATCH_SESSIONS_MAX)
		return ERR_INPUT;
	for (size_t i = 0; i < v->session_count; i++)
		v->sessions[i] = cur_u64le(c);
	v->reason_count = cur_u32le(c);
	if (v->reason_count > WATCH_REASONS_MAX)
		return ERR_INPUT;
	for (size_t i = 0; i < v->reason_count; i++) {
		const char *s = get_str(c, a, WATCH_REASON_MAX);
		if (!s)
			return ERR_INPUT;
		memcpy(v->reason[i], s, strlen(s) + 1);
	}
	v->file_count = cur_u64le(c);
	v->file_named = cur_u32le(c);
	if (c->failed || v->file_named > WATCH_FILES_MAX)
		return ERR_INPUT;
	v->file = arena_array(a, v->file_named ? v->file_named : 1, sizeof *v->file);
	if (!v->file)
		return ERR_MEMORY;
	for (size_t i = 0; i < v->file_named; i++) {
		v->file[i].session = cur_u64le(c);
		v->file[i].dev = cur_u64le(c);
		v->file[i].ino = cur_u64le(c);
		const char *s = get_str(c, a, WATCH_PATH_MAX);
		if (!s)
			return ERR_INPUT;
		memcpy(v->file[i].path, s, strlen(s) + 1);
	}
	return c->failed ? ERR_INPUT : 0;
}

/* One run of bytes: from a place, or from the base up to the next place, or zeros where there is neither. */
static int64_t read_run(const struct layout *l, const int *fd, uint64_t offset, uint8_t *out, size_t n)
{
	size_t low = 0, high = l->places;
	while (low < high) { /* the first place that ends behind offset */
		size_t mid = (low + high) / 2;
		if (l->place[mid].offset + l->place[mid].length <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	const struct layout_place *p = low < l->places ? &l->place[low] : NULL;
	if (p && p->offset <= offset) {
		uint64_t skip = offset - p->offset, left = p->length - skip;
		return p->fd < 0 ? -1 : pread(fd[p->fd], out, n < left ? n : (size_t)left, (off_t)(p->at + skip));
	}
	if (p && p->offset - offset < n)
		n = (size_t)(p->offset - offset);
	ssize_t got = l->base >= 0 ? pread(fd[l->base], out, n, (off_t)offset) : 0;
	if (got == 0) { /* it was longer once, and what is missing was not kept: zeros, as for a hole */
		memset(out, 0, n);
		got = (ssize_t)n;
	}
	return got;
}

int64_t layout_read(const struct layout *l, const int *fd, uint64_t offset, void *out, size_t n)
{
	if (offset >= l->size)
		return 0;
	if (n > l->size - offset)
		n = (size_t)(l->size - offset);
	size_t done = 0;
	while (done < n) {
		int64_t got = read_run(l, fd, offset + done, (uint8_t *)out + done, n - done);
		if (got <= 0)
			return done ? (int64_t)done : got;
		done += (size_t)got;
	}
	return (int64_t)done;
}

int wire_send(int sock, struct slice packet, const int *fds, size_t n)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int) * WIRE_FDS)];
	} u = {0};
	struct iovec v = {.iov_len = packet.n};
	memcpy(&v.iov_base, &packet.p, sizeof v.iov_base); /* (it is not written to) */
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	if (n) {
		m.msg_control = u.room;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
	}
	ssize_t r;
	do
		r = sendmsg(sock, &m, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r >= 0 ? 0 : errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS ? 1 : ERR_SYSTEM;
}

int wire_recv(int sock, struct buf *ret, int fds[WIRE_FDS], size_t *ret_n)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int) * WIRE_FDS)];
	} u;
	uint8_t *to = buf_space(ret, WIRE_MAX);
	if (!to)
		return ERR_MEMORY;
	struct iovec v = {.iov_base = to, .iov_len = WIRE_MAX};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = u.room, .msg_controllen = sizeof u.room};
	ssize_t r;
	do
		r = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == EAGAIN ? 1 : ERR_SYSTEM;
	*ret_n = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			*ret_n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(fds, CMSG_DATA(c), *ret_n * sizeof(int));
		}
	if (r == 0 || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		for (size_t i = 0; i < *ret_n; i++)
			close(fds[i]);
		return ERR_SYSTEM;
	}
	buf_commit(ret, (size_t)r);
	return 0;
}
