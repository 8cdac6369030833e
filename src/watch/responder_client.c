/* responder_client: which client a file server's process works for. The address is the kernel's word, the name Samba's. */
#include "responder.h"

#include <unistd.h>

#define AGAIN TIME_SEC

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
