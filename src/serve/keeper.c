/* keeper: alone holds the signing and care keys and is the only writer of the ledger. This file is its loop and its channels. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHANS_MAX 256
#define FULL_PATIENCE (2 * TIME_SEC)
#define BIG_PATIENCE (10 * TIME_SEC) /* a big frame that does not go on for this long gives its turn away */
#define SEGMENT_BARE (UINT64_C(8) << 20)
#define DRAIN (3 * TIME_SEC)         /* at the end the scribe may take what is left for this long */

/* What epoll hands back for the three that are no channels. */
static char is_supervisor, is_control, is_passwords, is_heads;

/* ---- channels ---- */

struct kchan *keeper_chan_add(struct keeper *k, int fd, enum chan_kind kind)
{
	size_t n = 0;
	for (struct kchan *c = k->chans; c; c = c->next)
		n++;
	struct kchan *ch = n < CHANS_MAX ? calloc(1, sizeof *ch) : NULL;
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = ch};
	if (!ch || fd_nonblock(fd) < 0 || epoll_ctl(k->ep, EPOLL_CTL_ADD, fd, &ev) < 0) {
		free(ch);
		close(fd);
		return NULL;
	}
	chan_init(&ch->c, fd);
	ch->kind = kind;
	ch->id = ++k->ids;
	ch->events = EPOLLIN;
	ch->next = k->chans;
	k->chans = ch;
	return ch;
}

struct kchan *keeper_chan_find(struct keeper *k, uint64_t id)
{
	for (struct kchan *c = k->chans; c; c = c->next)
		if (c->id == id && !c->dead)
			return c;
	return NULL;
}

/* Whose main channel it is: one that the supervisor made, and makes again. */
static enum role_id main_of(enum chan_kind kind)
{
	switch (kind) {
	case CH_INTAKE:
		return ROLE_INTAKE;
	case CH_WEB:
		return ROLE_WEB;
	case CH_SCRIBE:
		return ROLE_SCRIBE;
	case CH_VAULTS:
		return ROLE_VAULT;
	case CH_COPY_MAIN:
		return ROLE_REPLICATE;
	case CH_GATE:
		return ROLE_GATE;
	case CH_CUTTER:
		return ROLE_CUTTER;
	case CH_PACKETS:
		return ROLE_PACKETS;
	case CH_CLIENT:
	case CH_CONTROL:
	case CH_VAULT:
	case CH_COPY:
	case CH_PACKET:
		break; /* whoever made it makes another */
	}
	return ROLE_SUPERVISOR;
}

static const char *kind_name(enum chan_kind kind)
{
	return kind == CH_CLIENT ? "web" : kind == CH_CONTROL ? "a command" : kind == CH_VAULT ? "vault" : kind == CH_COPY ? "replicate" : kind == CH_PACKET ? "packets" : role_name(main_of(kind));
}

void keeper_chan_drop(struct keeper *k, struct kchan *ch, const char *why)
{
	if (ch->dead)
		return;
	ch->dead = true;
	ch->last_words = why != NULL;
	if (why)
		role_log(k->r, "a channel of %s is closed: %s", kind_name(ch->kind), why);
	if (!ch->replaced && main_of(ch->kind) != ROLE_SUPERVISOR)
		role_lost(k->r, main_of(ch->kind));
	epoll_ctl(k->ep, EPOLL_CTL_DEL, ch->c.fd, NULL);
	if (k->big == ch)
		k->big = NULL;
	if (k->feed.ch == ch)
		feed_lost(k);
	if (ch->kind == CH_GATE)
		keeper_gate_lost(k, ch);
	if (ch->kind == CH_CUTTER)
		keeper_cutter_lost(k, ch);
}

/* At the end of a round, when nothing points into their buffers any more. */
static void sweep(struct keeper *k)
{
	for (struct kchan **p = &k->chans; *p;) {
		struct kchan *ch = *p;
		if (!ch->dead) {
			chan_compact(&ch->c);
			p = &ch->next;
			continue;
		}
		*p = ch->next;
		chan_done(&ch->c);
		free(ch);
	}
}

size_t reply_begin(struct kchan *ch, uint64_t tag)
{
	size_t at = frame_begin(&ch->c.out, FRAME_K_REPLY, tag);
	buf_u32le(&ch->c.out, 0);
	return at;
}

void reply_end(struct kchan *ch, size_t at)
{
	frame_end(&ch->c.out, at);
}

void reply_ok(struct kchan *ch, uint64_t tag)
{
	reply_end(ch, reply_begin(ch, tag));
}

void reply_err(struct kchan *ch, uint64_t tag, const struct err *e)
{
	frame_err(&ch->c.out, FRAME_K_REPLY, tag, e->code, e);
}

/* ---- who may ask for what ---- */

static const struct {
	uint16_t type;
	unsigned from;
	void (*run)(struct keeper *k, struct kchan *ch, const struct frame *f);
} ops[] = {
	{FRAME_K_APPEND, CH_INTAKE | CH_CONTROL, op_append},
	{FRAME_K_RETRY, CH_INTAKE | CH_CONTROL, op_retry},
	{FRAME_K_LISTENERS, CH_INTAKE, op_listeners},
	{FRAME_K_WAIT, CH_CONTROL, op_wait},
	{FRAME_K_REBUILD, CH_CONTROL, op_rebuild},
	{FRAME_K_CATCH_UP, CH_CONTROL, op_catch_up},
	{FRAME_K_STATUS, CH_CONTROL | CH_CLIENT, op_status},
	{FRAME_K_USER_ADD, CH_CONTROL | CH_CLIENT, op_user_add},
	{FRAME_K_USER_DISABLE, CH_CONTROL | CH_CLIENT, op_user_disable},
	{FRAME_K_USER_LIST, CH_CONTROL | CH_CLIENT, op_user_list},
	{FRAME_K_TOKEN_CREATE, CH_CONTROL, op_token_create},
	{FRAME_K_TOKEN_REVOKE, CH_CONTROL, op_token_revoke},
	{FRAME_K_LOGIN, CH_CLIENT, op_login},
	{FRAME_K_CHECK, CH_CLIENT, op_check},
	{FRAME_K_LOGOUT, CH_CLIENT, op_logout},
	{FRAME_K_PASSWORD, CH_CLIENT, op_password},
	{FRAME_K_BREAK_GLASS, CH_CLIENT, op_break_glass},
	{FRAME_K_GLASS, CH_CLIENT, op_glass},
	{FRAME_K_AUDIT, CH_CLIENT | CH_CONTROL, op_audit},
	{FRAME_K_FHIR, CH_CLIENT, op_fhir},
	{FRAME_K_IDENTITY, CH_CLIENT, op_identity},
	{FRAME_K_RAW, CH_CLIENT, op_raw},
	{FRAME_K_ECG, CH_CLIENT, op_ecg},
	{FRAME_K_CAPTURE, CH_CLIENT, op_capture},
	{FRAME_K_SCAN, CH_CLIENT, op_scan},
	{FRAME_K_NOTICE, CH_CONTROL, op_notice},
	{FRAME_K_REGISTRY_NEXT, CH_CLIENT, op_registry_next},
	{FRAME_K_REGISTRY_ADD, CH_CLIENT, op_registry_add},
	{FRAME_K_SCOPE_ASK, CH_CLIENT, op_scope_ask},
	{FRAME_K_NOTICE_SIGN, CH_CLIENT, op_notice_sign},
	{FRAME_K_SCOPE_SAY, CH_CLIENT, op_scope_say},
	{FRAME_K_SCOPE_SEE, CH_CLIENT, op_scope_see},
	{FRAME_K_DOWNTIME, CH_CLIENT, op_downtime},
	{FRAME_K_SENDING, CH_CONTROL, op_sending},
	{FRAME_K_ECG_ACT, CH_CLIENT, op_ecg_act},
	{FRAME_K_ECG_BODY, CH_CLIENT, op_ecg_body},
	{FRAME_K_LINK, CH_CLIENT, op_link},
	{FRAME_K_LINK_REVOKE, CH_CLIENT, op_link_revoke},
	{FRAME_K_LINK_OPEN, CH_CLIENT, op_link_open},
	{FRAME_K_ENTRY, CH_CLIENT | CH_CONTROL, op_entry},
	{FRAME_K_CHECKPOINT, CH_CLIENT | CH_CONTROL, op_checkpoint},
	{FRAME_K_SELFTEST, CH_CONTROL, op_selftest},
	{FRAME_K_VIEW_COPY, CH_CONTROL, op_view_copy},
	{FRAME_K_VAULT_KEY, CH_CONTROL, op_vault_key},
	{FRAME_K_VAULT_NUMBER, CH_CONTROL, op_vault_number},
	{FRAME_K_VAULT_PACK, CH_CONTROL, op_vault_pack},
	{FRAME_K_VAULT_SNAPSHOT, CH_CONTROL, op_vault_snapshot},
	{FRAME_K_KEY_ROTATE, CH_CONTROL, op_key_rotate},
	{FRAME_K_VAULT_ENTRIES, CH_VAULT, op_vault_entries},
	{FRAME_K_AGENT, CH_VAULT, op_agent},
	{FRAME_K_AGENT_NUMBER, CH_VAULT, op_agent_number},
	{FRAME_K_AGENT_PACK, CH_VAULT, op_agent_pack},
	{FRAME_K_AGENT_SNAPSHOT, CH_VAULT, op_agent_snapshot},
	{FRAME_K_AGENT_KEY, CH_VAULT, op_agent_key},
	{FRAME_K_HEAD, CH_CLIENT | CH_COPY, op_head},
	{FRAME_K_COSIGN, CH_CLIENT | CH_COPY, op_cosign},
	{FRAME_K_SEEN, CH_COPY, op_seen},
	{FRAME_K_ASKED, CH_COPY, op_asked},
	{FRAME_K_RETENTION, CH_CONTROL, op_retention},
	{FRAME_K_KEPT, CH_CONTROL, op_kept},
	{FRAME_K_GATE, CH_CONTROL, op_gate},
	{FRAME_K_GATE_WEB, CH_CLIENT, op_gate_web},
	{FRAME_K_WATCH, CH_CLIENT | CH_CONTROL, op_watch},
	{FRAME_K_SAID, CH_CLIENT, op_said},
	{FRAME_K_PACKET, CH_CLIENT | CH_CONTROL | CH_PACKET, op_packet},
	{FRAME_K_STATION, CH_CONTROL, op_station},
	{FRAME_K_STATION_ITEMS, CH_CLIENT | CH_CONTROL, op_station_items},
	{FRAME_K_SHEETS, CH_CLIENT, op_sheets},
	{FRAME_G_HOLD, CH_GATE, op_gate_hold},
	{FRAME_G_NEXT, CH_GATE, op_gate_next},
	{FRAME_G_SENT, CH_GATE, op_gate_sent},
	{FRAME_G_REFUSED, CH_GATE, op_gate_refused},
	{FRAME_G_TOLD, CH_GATE, op_gate_told},
	{FRAME_C_HAVE, CH_CUTTER, op_cutter_have},
	{FRAME_C_PROVEN, CH_CUTTER, op_cutter_proven},
};

/* What needs no ledger. */
static bool done_restoring(uint16_t type)
{
	static const uint16_t types[] = {FRAME_K_STATUS, FRAME_K_LOGIN, FRAME_K_CHECK, FRAME_K_LOGOUT, FRAME_K_BREAK_GLASS, FRAME_K_GLASS, FRAME_K_AUDIT};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i] == type)
			return true;
	return false;
}

/* What needs no entry, and what is done without one when none can be written. */
static bool done_reading(uint16_t type)
{
	static const uint16_t types[] = {FRAME_K_APPEND, FRAME_K_RETRY, FRAME_K_LISTENERS, FRAME_K_WAIT, FRAME_K_CATCH_UP, FRAME_K_REBUILD, FRAME_K_STATUS, FRAME_K_USER_LIST, FRAME_K_LOGIN, FRAME_K_CHECK, FRAME_K_LOGOUT,
	                                 FRAME_K_BREAK_GLASS, FRAME_K_GLASS, FRAME_K_AUDIT, FRAME_K_FHIR, FRAME_K_RAW, FRAME_K_ECG, FRAME_K_CAPTURE, FRAME_K_ECG_ACT, FRAME_K_ECG_BODY, FRAME_K_ENTRY, FRAME_K_CHECKPOINT, FRAME_K_SELFTEST, FRAME_K_SEEN, FRAME_K_ASKED, FRAME_C_HAVE, FRAME_C_PROVEN};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i] == type)
			return true;
	return false;
}

int keeper_dispatch(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	if (ch->kind == CH_SCRIBE)
		return feed_frame(k, f);
	if (k->reading && !(k->restoring ? done_restoring(f->type) : done_reading(f->type))) {
		struct err e;
		err_set(&e, ERR_BUSY, k->restoring ? "rebuild" : "read-only", "%s", k->reading_why.text);
		reply_err(ch, f->tag, &e);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (ops[i].type == f->type && ops[i].from & (unsigned)ch->kind) {
			ops[i].run(k, ch, f);
			return 0;
		}
	return ERR_DENIED;
}

/* ---- one round ---- */

/* The web role's main channel only brings descriptors: one more client of the same trust each. */
static void take_clients(struct keeper *k, struct kchan *ch)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_HEAD + FRAME_SMALL + 64);
	for (;;) {
		struct frame f;
		int n = packet_recv(ch->c.fd, &b, &f, false);
		if (n == 0)
			return;
		int fd = n > 0 && f.type == FRAME_K_CLIENT ? frame_take_fd(&f, 0) : -1;
		if (n > 0)
			frame_close_fds(&f);
		if (fd < 0) {
			keeper_chan_drop(k, ch, n == ERR_NO ? NULL : "a main channel says something else than it may");
			return;
		}
		if (!keeper_chan_add(k, fd, ch->kind == CH_WEB ? CH_CLIENT : ch->kind == CH_VAULTS ? CH_VAULT : ch->kind == CH_PACKETS ? CH_PACKET : CH_COPY))
			role_log(k->r, "too many clients of %s", kind_name(ch->kind));
	}
}

static void read_channel(struct keeper *k, struct kchan *ch)
{
	if (ch->kind == CH_WEB || ch->kind == CH_VAULTS || ch->kind == CH_COPY_MAIN || ch->kind == CH_PACKETS) {
		take_clients(k, ch);
		return;
	}
	bool gone = false;
	size_t before = ch->c.in.n;
	while (ch->c.in.n - before < ROUND_READ) {
		/* first all the reading, then all the taking apart: staged bodies are slices of this buffer, and reading may move it */
		int n = chan_read(&ch->c, ROUND_READ);
		if (n == 0)
			break;
		if (n < 0) {
			gone = true;
			break;
		}
		if (chan_big(&ch->c)) {
			if (k->big && k->big != ch)
				break; /* not its turn: see interests() */
			k->big = ch;
			ch->progress_at = time_monotonic();
		}
	}
	struct frame f;
	int n;
	while ((n = chan_next(&ch->c, &f)) == 1 && !ch->dead)
		if ((n = keeper_dispatch(k, ch, &f)) < 0)
			break;
	if (k->big == ch && !chan_big(&ch->c))
		k->big = NULL;
	if (n < 0)
		keeper_chan_drop(k, ch, "it says what it may not, or nothing that is a frame");
	else if (gone)
		keeper_chan_drop(k, ch, NULL);
}

/* Root, the site's owner, and the group holdfast may speak to the keeper; nobody else learns more than that it is there. */
static bool may_control(struct keeper *k, int fd, uint32_t *ret_uid)
{
	struct ucred u;
	socklen_t n = sizeof u;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) < 0)
		return false;
	*ret_uid = u.uid;
	if (u.uid == 0 || u.uid == k->r->owner_uid)
		return true;
	gid_t groups[256];
	n = sizeof groups;
	if (k->r->group_gid == UINT32_MAX)
		return false;
	if (u.gid == k->r->group_gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) < 0)
		return false;
	for (size_t i = 0; i < n / sizeof groups[0]; i++)
		if (groups[i] == k->r->group_gid)
			return true;
	return false;
}

static void take_controls(struct keeper *k)
{
	for (int i = 0; i < 16; i++) {
		int fd = accept4(k->r->controlfd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		uint32_t uid = UINT32_MAX;
		if (fd < 0)
			return;
		if (!may_control(k, fd, &uid)) {
			role_log(k->r, "user %u asked over run/control and was sent away", uid);
			close(fd);
			continue;
		}
		struct kchan *ch = keeper_chan_add(k, fd, CH_CONTROL);
		if (ch)
			ch->uid = uid;
	}
}

static void take_peers(struct keeper *k)
{
	static const enum chan_kind kinds[ROLES] = {[ROLE_SUPERVISOR] = CH_CONTROL, [ROLE_INTAKE] = CH_INTAKE, [ROLE_WEB] = CH_WEB, [ROLE_VAULT] = CH_VAULTS, [ROLE_SCRIBE] = CH_SCRIBE, [ROLE_REPLICATE] = CH_COPY_MAIN, [ROLE_GATE] = CH_GATE, [ROLE_CUTTER] = CH_CUTTER, [ROLE_PACKETS] = CH_PACKETS};
	for (int i = 0; i < ROLES; i++) {
		pthread_mutex_lock(&k->r->peer_lock);
		int fd = k->r->peer[i];
		k->r->peer[i] = -1;
		pthread_mutex_unlock(&k->r->peer_lock);
		if (fd < 0)
			continue;
		if (!kinds[i]) {
			close(fd);
			continue;
		}
		/* the one before belongs to a process that is gone */
		for (struct kchan *c = k->chans; c; c = c->next)
			if (!c->dead && c->kind == kinds[i] && kinds[i] != CH_CONTROL) {
				c->replaced = true;
				keeper_chan_drop(k, c, NULL);
			}
		struct kchan *ch = keeper_chan_add(k, fd, kinds[i]);
		if (!ch) {
			role_log(k->r, "no channel can be made to %s", role_name((enum role_id)i));
			if (kinds[i] != CH_CONTROL)
				role_lost(k->r, (enum role_id)i);
			continue;
		}
		ch->uid = k->r->owner_uid; /* a private keeper's client: whoever started us */
		if (kinds[i] == CH_SCRIBE)
			feed_attach(k, ch);
		if (kinds[i] == CH_GATE)
			keeper_gate_attach(k, ch);
		if (kinds[i] == CH_CUTTER)
			keeper_cutter_attach(k, ch);
		if (kinds[i] == CH_INTAKE && k->reading) {
			size_t at = frame_begin(&ch->c.out, FRAME_K_ROOM, 0);
			buf_u8(&ch->c.out, ROOM_READ_ONLY);
			frame_end(&ch->c.out, at);
		}
	}
}

static int from_supervisor(void *arg, struct frame *f)
{
	struct keeper *k = arg;
	struct cur c = cur_of(f->payload);
	if (f->type == FRAME_R_ROLES) {
		struct buf *const into[] = {&k->roles, &k->shares, &k->alarms};
		for (size_t i = 0; i < ARRAY_LEN(into); i++) {
			struct slice s = frame_get_str(&c);
			buf_reset(into[i]);
			buf_add_slice(into[i], s);
		}
		k->verified = (int64_t)cur_u64le(&c);
	} else if (f->type == FRAME_R_CONFIG) {
		struct slice hash = frame_get_blob(&c), text = frame_get_blob(&c);
		bool whole = cur_u8(&c);
		if (cur_done(&c))
			keeper_config(k, hash, text, whole);
	} else if (f->type == FRAME_R_QUARANTINE) {
		uint64_t n = cur_u64le(&c);
		uint32_t deaths = cur_u32le(&c);
		if (cur_done(&c))
			keeper_quarantine(k, n, deaths);
	} else if (f->type == FRAME_R_RESTORING) {
		looked_pace(k, &c);
	} else if (f->type == FRAME_R_TESTED_ALL) {
		struct kchan *ch = keeper_chan_find(k, k->test_chan);
		if (ch && f->tag == k->test_tag) {
			size_t at = reply_begin(ch, k->test_tag);
			buf_add_slice(&ch->c.out, f->payload);
			reply_end(ch, at);
		}
		k->test_chan = 0;
	}
	return 0;
}

/* While replicas are asked nobody else is heard: not even who only wants to sign in, for that is an entry. The scribe may follow. */
static bool heard(const struct keeper *k, const struct kchan *c)
{
	return !k->asking || c->kind == CH_COPY_MAIN || c->kind == CH_COPY || c->kind == CH_SCRIBE;
}

/* Which channels we want to hear: not those whose answers pile up, nor a second one with a big frame, nor anybody while too much waits for a commit. */
static void interests(struct keeper *k)
{
	int64_t now = k->big ? time_monotonic() : 0;
	if (k->big && now - k->big->progress_at > BIG_PATIENCE)
		keeper_chan_drop(k, k->big, "it stopped in the middle of a large frame");
	for (struct kchan *c = k->chans; c; c = c->next) {
		if (c->dead)
			continue;
		uint32_t want = chan_unsent(&c->c) ? EPOLLOUT : 0;
		if (chan_unsent(&c->c) < OUT_MAX && !(k->big && k->big != c && chan_big(&c->c)))
			want |= EPOLLIN;
		if (c->kind == CH_SCRIBE)
			want |= EPOLLIN;
		if (!heard(k, c))
			want &= ~(uint32_t)EPOLLIN;
		if (want == c->events)
			continue;
		struct epoll_event ev = {.events = want, .data.ptr = c};
		epoll_ctl(k->ep, EPOLL_CTL_MOD, c->c.fd, &ev);
		c->events = want;
	}
}

static void send_all(struct keeper *k)
{
	for (struct kchan *c = k->chans; c; c = c->next)
		if (c->dead && c->last_words) /* of what came before what we closed it for nothing needs to be asked again */
			(void)!chan_write(&c->c);
		else if (!c->dead && chan_unsent(&c->c) && chan_write(&c->c) < 0)
			keeper_chan_drop(k, c, NULL);
}

/* Group commit. After it fails nothing that was said in this round is true: the keeper dies, and its successor reads what is on the disk. When there was only no
 * room for a segment nothing was written, and the housekeeping may make room within moments. */
static int commit(struct keeper *k, struct err *e)
{
	if (k->reading)
		return k->restoring ? looked_commit(k, e) : 0; /* nothing was appended */
	int r = k->broken.code;
	if (r < 0 && e)
		*e = k->broken;
	for (int64_t until = 0; r == 0 && ledger_size(k->l) > ledger_durable(k->l);) {
		r = ledger_commit(k->l, e);
		if (r != ERR_FULL)
			continue;
		if (!until)
			until = time_monotonic() + FULL_PATIENCE;
		if (time_monotonic() < until) {
			usleep(50000);
			r = 0;
		}
	}
	return r;
}

static int tick(struct keeper *k, int *ret_ms, struct err *e)
{
	int ms = 1000;
	struct err why = {0};
	/* what fails here (a pack, a checkpoint) is tried again; entries are safe in their segments meanwhile. A ledger that is broken says so at the next commit. */
	int r = ledger_tick(k->l, k->force_publish, &ms, &why);
	k->force_publish = false;
	*ret_ms = ms > 0 ? ms : 0;
	if (r < 0 && k->upkeep.code == 0) {
		role_log(k->r, "the ledger's upkeep failed and is tried again: %s: %s", why.place, why.text);
		k->upkeep_since = time_now();
	}
	k->upkeep = why;
	return commit(k, e); /* it may have made a pack entry */
}

static int one_round(struct keeper *k, int ms, int *ret_ms, struct err *e)
{
	struct epoll_event ev[64];
	int n = epoll_wait(k->ep, ev, ARRAY_LEN(ev), ms);
	if (n < 0 && errno != EINTR)
		return err_sys(e, NULL, "cannot wait for channels");
	for (int i = 0; i < n; i++) {
		void *p = ev[i].data.ptr;
		if (p == &is_supervisor) {
			int r = role_take(k->r, from_supervisor, k);
			if (r < 0)
				return r;
			take_peers(k);
			k->stopping |= r == 1;
		} else if (p == &is_control) {
			take_controls(k);
		} else if (p == &is_passwords) {
			passwords_done(k, login_done);
		} else if (p == &is_heads) {
			heads_done(k);
		} else if (!((struct kchan *)p)->dead && heard(k, p) && ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
			read_channel(k, p);
		}
	}
	if (k->asking && time_monotonic() > k->asking) {
		k->asking = 0;
		role_log(k->r, "not every replica said in time what it has seen of this log; the log goes on, and is stopped should one turn out to be ahead");
	}
	keeper_alarms(k);
	keeper_gate_tick(k);
	keeper_watch_tick(k);
	keeper_cutter_tick(k, time_monotonic());
	int letter_ms = keeper_letter_tick(k), result_ms = keeper_result_tick(k);
	int r = commit(k, e);
	if (r < 0)
		return r;
	keeper_gate_committed(k);
	keeper_cutter_committed(k);
	send_all(k); /* senders first: they wait */
	if (!k->restoring)
		feed_send(k);
	k->staged_count = 0;
	*ret_ms = 100;
	r = k->asking || k->reading ? 0 : tick(k, ret_ms, e); /* it may append a pack's entry */
	*ret_ms = letter_ms < *ret_ms ? letter_ms : *ret_ms;
	*ret_ms = result_ms < *ret_ms ? result_ms : *ret_ms;
	if (r == 0 && !k->told && !k->asking) {
		k->told = true;
		if (!k->reading)
			keeper_keys_resume(k); /* it may append */
		r = role_is_ready(k->r) < 0 ? ERR_NO : 0;
	}
	if (r == 0 && k->repack_at && time_monotonic() >= k->repack_at)
		keeper_repack(k);
	if (r < 0)
		return r;
	keeper_waits(k);
	keeper_learn(k);
	if (!k->reading)
		accounts_save(k, false);
	send_all(k);
	interests(k);
	sweep(k);
	return 0;
}

static bool scribe_has_all(const struct keeper *k)
{
	return !k->feed.ch || !k->feed.hello || k->feed.pinned || (!k->feed.rebuilding && k->feed.applied >= ledger_durable(k->l));
}

static int loop(struct keeper *k, struct err *e)
{
	int ms = 0; /* ready is said at the end of the first round, or when the replicas were asked */
	int64_t drain_until = 0;
	for (;;) {
		int wait = ms;
		if (k->waiting_count || k->big || k->stopping || k->asking)
			wait = wait < 100 ? wait : 100;
		if (k->learn_next < k->learn_end || (!k->restoring && feed_more(k)))
			wait = 0;
		int r = one_round(k, wait, &ms, e);
		if (r < 0)
			return r;
		if (!k->stopping)
			continue;
		if (!drain_until)
			drain_until = time_monotonic() + DRAIN;
		if (scribe_has_all(k) || time_monotonic() > drain_until)
			return 0;
	}
}

/* ---- beginning and end ---- */

static int watch_fd(struct keeper *k, int fd, void *what)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = what};
	return epoll_ctl(k->ep, EPOLL_CTL_ADD, fd, &ev);
}

/* The site is being rebuilt. There is no ledger and no key: what people need to look at charts was opened for us, and what they do is noted. */
static int begin_restoring(struct keeper *k, struct err *e)
{
	k->restoring = k->reading = true;
	err_set(&k->reading_why, ERR_BUSY, "rebuild", "this site is being rebuilt: its charts can be read as they were, and nothing else can be done here until its ledger is back");
	k->looked.pace = (struct keeper_restoring){.running = true, .left = VIEW_LEFT_UNKNOWN};
	k->ep = epoll_create1(EPOLL_CLOEXEC);
	if (k->ep < 0)
		return err_sys(e, NULL, "cannot make an event queue");
	int r = looked_open(k, e);
	if (r < 0 || (r = accounts_open_restoring(k, e)) < 0 || (r = sessions_open(k, e)) < 0 || (r = passwords_start(k, e)) < 0)
		return r;
	if (watch_fd(k, k->r->sup, &is_supervisor) < 0 || watch_fd(k, passwords_fd(k), &is_passwords) < 0)
		return err_sys(e, NULL, "cannot wait for channels");
	take_peers(k);
	return 0;
}

static int begin(struct keeper *k, struct err *e)
{
	AUTO_BUF struct buf note = {0};
	buf_init(&note, 1 << 16);
	if (k->r->restoring)
		return begin_restoring(k, e);
	/* before a key is in it; a small machine may refuse: then swap may hold one */
	if (seal_lock_memory(&k->keys, sizeof k->keys, NULL) != 0)
		role_log(k->r, "the memory of the site's keys cannot be locked (RLIMIT_MEMLOCK): swap may hold a key; use no swap, or encrypt it");
	int r = site_keys_open(k->r->sitefd, &k->keys, e);
	if (r < 0)
		return r;
	/* what a short command opens it also looks through, each time: no 64 MiB of zeros */
	struct ledger_options o = {.write = true, .reserve = k->r->reserve, .segment_size = k->r->bare ? SEGMENT_BARE : 0, .brief = k->r->bare};
	if ((r = ledger_epoch_resume(k->r->sitefd, &k->keys, e)) < 0)
		return r;
	if (r == 1) {
		memcpy(k->r->origin, k->keys.signing.v.name, sizeof k->r->origin);
		role_log(k->r, "a new epoch that had been begun is finished: the log is %s now", k->keys.signing.v.name);
	}
	r = vault_witness_ahead(k->r->sitefd, &k->keys.signing.v, &k->reading_why);
	k->reading = r == ERR_CORRUPT && k->r->reading; /* charts are still read, and nothing is written */
	o.write = !k->reading;
	if (r < 0 && !k->reading) {
		*e = k->reading_why;
		return r;
	}
	r = ledger_open(k->r->sitefd, &k->keys, &o, &k->l, &note, e);
	if (r < 0)
		return r;
	if (note.n)
		role_log(k->r, "%s", buf_cstr(&note));
	k->ep = epoll_create1(EPOLL_CLOEXEC);
	if (k->ep < 0)
		return err_sys(e, NULL, "cannot make an event queue");
	k->learn_next = ledger_control_from(k->l);
	k->learn_end = k->reading ? k->learn_next : ledger_size(k->l);
	if ((r = accounts_open(k, e)) < 0 || (r = sessions_open(k, e)) < 0 || (r = passwords_start(k, e)) < 0 || (r = heads_start(k, e)) < 0)
		return r;
	if (!k->reading)
		keeper_retain_open(k); /* it destroys what was to be destroyed */
	if (!k->reading && (r = looked_enter(k, e)) < 0)
		return r;
	if (watch_fd(k, k->r->sup, &is_supervisor) < 0 || (k->r->controlfd >= 0 && watch_fd(k, k->r->controlfd, &is_control) < 0) || watch_fd(k, passwords_fd(k), &is_passwords) < 0 ||
	    watch_fd(k, heads_fd(k), &is_heads) < 0)
		return err_sys(e, NULL, "cannot wait for channels");
	take_peers(k);
	return 0;
}

/* The ledger is closed, and closing made an entry of the last pack. The scribe gets it, so that the view of a site at rest lacks nothing. */
static void hand_over_rest(struct keeper *k)
{
	struct ledger_options o = {.write = false};
	struct err e;
	struct ledger *l;
	k->l = NULL;
	if (!k->feed.ch || k->feed.ch->dead || !k->feed.hello || k->feed.pinned || ledger_open(k->r->sitefd, &k->keys, &o, &l, NULL, &e) < 0)
		return;
	k->l = l;
	k->staged_count = 0;
	for (int64_t until = time_monotonic() + TIME_SEC; k->feed.ch && k->feed.applied < ledger_durable(l) && time_monotonic() < until;) {
		struct kchan *ch = k->feed.ch;
		feed_send(k);
		if (chan_write(&ch->c) < 0)
			return;
		struct pollfd p = {.fd = ch->c.fd, .events = POLLIN};
		struct frame f;
		if (poll(&p, 1, 100) > 0 && chan_read(&ch->c, ROUND_READ) < 0)
			return;
		while (chan_next(&ch->c, &f) == 1 && feed_frame(k, &f) == 0)
			;
		chan_compact(&ch->c);
	}
}

int keeper_main(struct role *r)
{
	struct keeper *k = calloc(1, sizeof *k);
	struct err e = {0};
	if (!k)
		return 3;
	umask(022); /* the log is public; what is not lies in folders that are closed */
	k->r = r;
	k->ep = -1;
	k->started = time_now();
	k->staged = calloc(STAGED_MAX, sizeof *k->staged);
	k->waiting = calloc(WAITING_MAX, sizeof *k->waiting);
	buf_init(&k->roles, 1 << 16);
	buf_init(&k->shares, 1 << 16);
	buf_init(&k->alarms, 1 << 16);
	buf_init(&k->listeners, 1 << 16);
	buf_init(&k->silent, FRAME_SMALL);
	k->feed.end = CHART_NOW;
	k->feed.lost_at = time_monotonic();
	int code = k->staged && k->waiting ? begin(k, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (code == 0)
		code = loop(k, &e);
	if (code < 0 && (code != ERR_NO || (!k->l && !k->restoring) || !k->accounts)) /* without them nothing is open that could be closed */
		return role_fatal(r, &e);
	if (k->restoring)
		return code == 0 ? 0 : 3;
	heads_stop(k);
	if (k->reading) {
		ledger_free(k->l);
		site_keys_wipe(&k->keys);
		return code == 0 ? 0 : 3;
	}
	/* asked to stop, or the supervisor is gone: either way the ledger is closed in order */
	accounts_save(k, true);
	keeper_vault_rest(k);
	if (ledger_close(k->l, &e) < 0)
		return role_fatal(r, &e);
	hand_over_rest(k);
	site_keys_wipe(&k->keys);
	return code == 0 ? 0 : 3;
}
