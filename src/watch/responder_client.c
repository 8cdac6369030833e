/* responder_client: which client a file server's process works for. The address is the kernel's word, the name Samba's. */
#include "responder.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AGAIN TIME_SEC
#define FORKS_BUFFER (1 << 20)

static const struct client_note *note_of(const struct responder *r, int32_t pid, uint64_t start)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (r->client[i].pid == pid && r->client[i].start == start && start)
			return &r->client[i];
	return NULL;
}

void client_find(struct responder *r, struct session *s)
{
	int64_t now = time_monotonic();
	if (!s->one_client || s->who.client[0] || (s->sought && now - s->sought < AGAIN))
		return;
	s->sought = now;
	const struct client_note *c = note_of(r, s->key, s->start);
	if (c)
		memcpy(s->who.user, c->user, sizeof s->who.user);
	if (!client_of(s->key, s->who.client) && c)
		memcpy(s->who.client, c->client, sizeof s->who.client); /* (behind something that hands connections on) */
	if (s->who.client[0] && !s->standing && s->number)
		act_known(r, s);
}

bool client_read(struct responder *r)
{
	struct client_note c;
	ssize_t got = -1;
	for (int n = 0; n < 256 && (got = read(r->o->clients, &c, sizeof c)) == sizeof c; n++) {
		c.user[sizeof c.user - 1] = c.client[sizeof c.client - 1] = 0;
		if (note_of(r, c.pid, c.start))
			continue; /* the first word counts */
		r->client[r->client_next] = c;
		r->client_next = (r->client_next + 1) % CLIENTS_MAX;
		for (size_t i = 0; i < r->session_top; i++) {
			struct session *s = &r->session[i];
			if (!s->number || !s->one_client || s->key != c.pid || s->start != c.start || s->who.user[0])
				continue;
			memcpy(s->who.user, c.user, sizeof s->who.user);
			s->sought = 0;
			client_find(r, s);
		}
	}
	return got == 0;
}

/* Who was denied within milliseconds of his first word may stand in Samba's log and not yet here: his name is worth 50 ms, once. */
void client_await(struct responder *r, const struct session *s)
{
	const int64_t until = time_monotonic() + WATCH_BUDGET_NS;
	struct pollfd p = {.fd = r->o->clients, .events = POLLIN};
	while (s->one_client && !s->who.user[0] && p.fd >= 0) {
		const int64_t left = until - time_monotonic();
		if (left <= 0 || poll(&p, 1, (int)(left / 1000000) + 1) <= 0 || client_read(r))
			return;
	}
}

/* ---- who connects again ---- */

/* Renaming and deleting ask nobody, so who was denied and connects again would have one file for each connection. An smbd makes a process for each connection: the kernel tells of processes that are made
 * (Linux, drivers/connector/cn_proc.c) to who listens, and this connection is ended before its first request was read. Listened to only while a client is denied. */
bool client_is_denied(const struct responder *r, const char *which)
{
	for (size_t i = 0; i < r->standings; i++)
		if (r->standing[i].id[0] && r->standing[i].client[0] && (!which || !strcmp(r->standing[i].client, which)))
			return true;
	for (size_t i = 0; i < r->denieds; i++)
		if (r->denied[i].id[0] && r->denied[i].client[0] && (!which || !strcmp(r->denied[i].client, which)))
			return true;
	return false;
}

int client_forks_open(void)
{
	const uint32_t what = PROC_CN_MCAST_LISTEN;
	const struct cn_msg message = {.id = {.idx = CN_IDX_PROC, .val = CN_VAL_PROC}, .len = sizeof what};
	_Alignas(8) char m[NLMSG_HDRLEN + sizeof message + sizeof what];
	const struct nlmsghdr head = {.nlmsg_len = sizeof m, .nlmsg_type = NLMSG_DONE};
	const struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
	const int room = FORKS_BUFFER;
	memcpy(m, &head, sizeof head);
	memcpy(m + NLMSG_HDRLEN, &message, sizeof message);
	memcpy(m + NLMSG_HDRLEN + sizeof message, &what, sizeof what);
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	if (fd < 0)
		return -1;
	(void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	if (bind(fd, (const struct sockaddr *)&group, sizeof group) < 0 || send(fd, m, sizeof m, 0) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_denied(const void *arg, const char *client)
{
	return client_is_denied(arg, client);
}

static void made(struct responder *r, int32_t parent, int32_t child)
{
	struct proc by;
	if (r->c->act != WATCH_OBSERVE && proc_read(parent, &r->rules, &by) == 0 && by.one_client)
		(void)client_shut(child, is_denied, r); /* and nothing is written: the denial stands in the log, and the disk may take longer than a client needs for its first request */
}

void client_forks(struct responder *r)
{
	for (int n = 0; n < 1024; n++) {
		_Alignas(8) char room[1024];
		struct sockaddr_nl from = {0};
		socklen_t length = sizeof from;
		struct proc_event e;
		const size_t head = NLMSG_HDRLEN + sizeof(struct cn_msg);
		ssize_t got = recvfrom(r->forks, room, sizeof room, 0, (struct sockaddr *)&from, &length);
		if (got < 0)
			return; /* (more than it can hold: those connections have what they had before) */
		if (from.nl_pid != 0 || (size_t)got < head + sizeof e)
			continue;
		memcpy(&e, room + head, sizeof e);
		if (e.what == PROC_EVENT_FORK && e.event_data.fork.child_pid == e.event_data.fork.child_tgid)
			made(r, e.event_data.fork.parent_tgid, e.event_data.fork.child_tgid);
	}
}
