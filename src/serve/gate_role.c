/* gate_role: the relay's process: its loop, its listeners, and what the keeper tells it. See gate.h for what passes in which state. */
#include "gate_role.h"
#include "site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK (TIME_SEC / 20)
#define LISTEN_AGAIN (TIME_SEC / 5)
#define READ_MOST ((size_t)4 << 20)

int64_t relay_now(void)
{
	return time_monotonic();
}

int64_t relay_wall(struct relay *r)
{
	if (!r->wall)
		r->wall = time_now();
	return r->wall;
}

bool relay_holds(const struct glink *g)
{
	return g->l.out && g->l.protocol == GATE_MLLP;
}

bool relay_listens(const struct glink *g)
{
	return relay_holds(g) || g->st.state >= (g->l.protocol == GATE_MLLP ? GATE_TEST : GATE_ONE_WAY);
}

/* From the one behind the last that was asked for: where many are named, they are named in order. */
struct glink *relay_link(struct relay *r, struct slice name)
{
	for (size_t i = 0; i < r->link_count; i++) {
		size_t at = (r->link_at + 1 + i) % r->link_count;
		if (!slice_eq_str(name, r->links[at]->l.name))
			continue;
		r->link_at = at;
		return r->links[at];
	}
	return NULL;
}

/* ---- listeners ---- */

static void listener_close(struct glink *g)
{
	if (g->lfd >= 0)
		close(g->lfd);
	g->lfd = -1;
	g->why[0] = 0;
}

static void listener_open(struct relay *r, struct glink *g, int64_t now)
{
	struct sockaddr_storage a;
	socklen_t n;
	struct err e = {0};
	int on = 1, off = 0;
	if (g->lfd >= 0 || now < g->listen_due)
		return;
	if (g->tls_bad[0]) /* never plainly instead */
		return;
	g->listen_due = now + LISTEN_AGAIN;
	if (site_address(g->l.listen, &a, &n, &e) < 0) {
		snprintf(g->why, sizeof g->why, "%.90s", e.text);
		return;
	}
	int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &g->node};
	if (bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 512) < 0 || epoll_ctl(r->ep, EPOLL_CTL_ADD, fd, &ev) < 0) {
		const char *why = errno == EADDRINUSE ? "another program listens there" : errno == EACCES ? "ports below 1024 are not for this process: name a higher one" : "cannot listen there";
		if (strcmp(g->why, why)) {
			snprintf(g->why, sizeof g->why, "%s", why);
			role_log(r->r, "link %s: %s: %s; it is tried again", g->l.name, g->l.listen, why);
		}
		close(fd);
		return;
	}
	g->lfd = fd;
	g->why[0] = 0;
}

static void listener_right(struct relay *r, struct glink *g, int64_t now)
{
	if (relay_listens(g))
		listener_open(r, g, now);
	else
		listener_close(g);
}

/* ---- states ---- */

/* Whatever changes, what was going on under the state before ends. Where many links are cut at once, three times through all of them: the partners' ends of connections first, then ours, then listeners and all else. Until
 * then nothing of any of them is read or accepted. */
static void end_partners(struct relay *r, struct glink *g)
{
	for (struct conn *c = g->conns; c; c = c->next)
		side_hang_up(r, g->l.out ? &c->far : &c->near, true);
	drain_stop(r, g);
}

static void end_rest(struct relay *r, struct glink *g)
{
	while (g->conns)
		pass_reset(r, g->conns);
	if (g->st.state < GATE_TEST)
		g->bytes_cut = g->bytes;
	g->listen_due = 0;
	g->bucket_at = 0;
}

static void sweep(struct relay *r)
{
	for (struct glink *g = r->ending; g; g = g->ending_next)
		end_partners(r, g);
	for (struct glink *g = r->ending; g; g = g->ending_next)
		end_rest(r, g);
	for (struct glink *g; (g = r->ending);) {
		r->ending = g->ending_next;
		g->ending = false;
		if (!relay_listens(g))
			listener_close(g);
		listener_right(r, g, relay_now());
		drain_go(r, g, relay_now());
	}
}

/* Carried out by sweep, before anything else is. */
static void change(struct relay *r, struct glink *g, const struct gate_standing *st)
{
	bool other = g->st.state != st->state;
	g->st = *st;
	if (!other || g->ending)
		return;
	g->ending = true;
	g->ending_next = r->ending;
	r->ending = g;
}

/* Nothing goes on under what it was. */
static void quiet(struct relay *r, struct glink *g)
{
	listener_close(g);
	while (g->conns)
		pass_reset(r, g->conns);
	drain_stop(r, g);
	g->listen_due = 0;
}

static void on_gone(struct relay *r, struct cur *c)
{
	struct glink *g = relay_link(r, frame_get_str(c));
	size_t i = 0;
	if (!g || c->failed)
		return;
	quiet(r, g);
	while (r->links[i] != g)
		i++;
	r->links[i] = r->links[--r->link_count];
	g->gone_next = r->gone;
	r->gone = g;
}

static void on_link(struct relay *r, struct slice json)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct gate_link l;
	struct gate_standing st;
	struct err e = {0};
	if (!a || json_tree(json, a, &n, &e) < 0 || gate_link_read(n, &l, &e) < 0) {
		role_log(r->r, "a link that does not read is not served: %s", e.text);
		return;
	}
	gate_standing_read(json_get(n, "standing"), &st);
	struct glink *g = relay_link(r, slice_str(l.name));
	if (!g) {
		struct glink **p = r->link_count < GATE_LINKS_MAX ? reallocarray(r->links, r->link_count + 1, sizeof *p) : NULL;
		if (p)
			r->links = p;
		g = p ? calloc(1, sizeof *g) : NULL;
		if (!g)
			return;
		g->lfd = -1;
		g->node = (struct node){NODE_LISTEN, g};
		g->recent = l.out ? calloc(RECENT_MAX, GATE_KEY) : NULL;
		side_init(&g->d.far, NODE_DRAIN, g);
		buf_init(&g->d.frame, GATE_FRAME_MAX + 16);
		g->l = l;
		g->st = st;
		relay_tls_key(g, json_text(n, "tlsKey"));
		relay_tls_set(r, g);
		r->links[r->link_count++] = g;
	} else if (!gate_link_same(&g->l, &l)) {
		quiet(r, g);
		g->l = l;
		relay_tls_key(g, json_text(n, "tlsKey"));
		relay_tls_set(r, g);
		if (l.out && !g->recent)
			g->recent = calloc(RECENT_MAX, GATE_KEY);
	}
	if (g->tls_bad[0] && json_text(n, "tlsKey").n) { /* what it lacked may be here now */
		relay_tls_key(g, json_text(n, "tlsKey"));
		relay_tls_set(r, g);
	}
	change(r, g, &st);
	sweep(r);
	listener_right(r, g, relay_now());
	drain_go(r, g, relay_now());
}

static void on_state(struct relay *r, struct cur *c)
{
	struct slice name = frame_get_str(c);
	struct gate_standing st = {.state = (enum gate_state)cur_u8(c), .back = (enum gate_state)cur_u8(c)};
	st.since = (int64_t)cur_u64le(c);
	st.expires = (int64_t)cur_u64le(c);
	struct glink *g = relay_link(r, name);
	if (!g || c->failed)
		return;
	if ((unsigned)st.state >= GATE_STATES)
		st.state = GATE_CUT;
	change(r, g, &st);
}

static void on_turn(struct relay *r, struct cur *c)
{
	struct glink *g = relay_link(r, frame_get_str(c));
	uint64_t seq = cur_u64le(c);
	bool skip = cur_u8(c);
	if (g && !c->failed)
		drain_turn(r, g, seq, skip);
}

/* ---- the keeper ---- */

static void on_reply(struct relay *r, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	int code = (int)cur_u32le(&c);
	for (struct hold **p = &r->holds; *p; p = &(*p)->next) {
		struct hold *h = *p;
		if (h->tag != f->tag)
			continue;
		*p = h->next;
		if (r->holds_end == &h->next)
			r->holds_end = p;
		h->g->holds--;
		if (h->c)
			h->c->holds--;
		if (code >= 0)
			pass_accepted(r, h);
		else if (h->c)
			pass_reset(r, h->c); /* no answer: the sender keeps it */
		pass_go_on(r, h->g);
		buf_done(&h->head);
		free(h);
		return;
	}
	for (size_t i = 0; i < r->link_count; i++)
		if (r->links[i]->d.tag == f->tag) {
			drain_reply(r, r->links[i], code, &c);
			pass_go_on(r, r->links[i]);
			return;
		}
}

static int on_frame(struct relay *r, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	if (f->type != FRAME_G_STATE)
		sweep(r);
	switch (f->type) {
	case FRAME_G_LINK:
		on_link(r, f->payload);
		return 0;
	case FRAME_G_STATE:
		on_state(r, &c);
		return 0;
	case FRAME_G_GONE:
		on_gone(r, &c);
		return 0;
	case FRAME_G_TURN:
		on_turn(r, &c);
		return 0;
	case FRAME_G_ASK:
		relay_tell(r, f->tag, cur_u8(&c));
		return 0;
	case FRAME_G_READY:
		if (!r->said_ready)
			(void)!role_is_ready(r->r);
		r->said_ready = true;
		return 0;
	case FRAME_K_REPLY:
		on_reply(r, f);
		return 0;
	default:
		return ERR_INPUT;
	}
}

/* Nothing that had no answer was acknowledged: its senders come again, and the next keeper knows what its predecessor made durable. States stay what they are. */
static void keeper_lost(struct relay *r)
{
	chan_done(&r->keeper);
	while (r->holds) {
		struct hold *h = r->holds;
		r->holds = h->next;
		h->g->holds--;
		if (h->c) {
			h->c->holds--;
			pass_reset(r, h->c);
		}
		buf_done(&h->head);
		free(h);
	}
	r->holds_end = &r->holds;
	for (size_t i = 0; i < r->link_count; i++)
		drain_keeper_lost(r->links[i]);
}

static void take_keeper(struct relay *r)
{
	pthread_mutex_lock(&r->r->peer_lock);
	int fd = r->r->peer[ROLE_KEEPER];
	r->r->peer[ROLE_KEEPER] = -1;
	pthread_mutex_unlock(&r->r->peer_lock);
	if (fd < 0)
		return;
	if (r->keeper.fd >= 0)
		keeper_lost(r);
	if (fd_nonblock(fd) < 0) {
		close(fd);
		return;
	}
	chan_init(&r->keeper, fd);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &r->keeper_node};
	epoll_ctl(r->ep, EPOLL_CTL_ADD, fd, &ev);
	r->keeper_events = EPOLLIN;
}

static void read_keeper(struct relay *r)
{
	struct frame f;
	int n = chan_read(&r->keeper, READ_MOST);
	while (n >= 0 && r->keeper.fd >= 0 && (n = chan_next(&r->keeper, &f)) == 1)
		n = on_frame(r, &f);
	sweep(r);
	if (n < 0) {
		keeper_lost(r);
		role_lost(r->r, ROLE_KEEPER);
	} else {
		chan_compact(&r->keeper);
	}
}

static void write_keeper(struct relay *r)
{
	if (r->keeper.fd < 0)
		return;
	int n = chan_write(&r->keeper);
	if (n < 0) {
		keeper_lost(r);
		role_lost(r->r, ROLE_KEEPER);
		return;
	}
	struct epoll_event ev = {.events = EPOLLIN | (n == 0 ? (uint32_t)EPOLLOUT : 0u), .data.ptr = &r->keeper_node};
	if (ev.events == r->keeper_events) /* once a round, for nothing, it is a call in each message's way */
		return;
	epoll_ctl(r->ep, EPOLL_CTL_MOD, r->keeper.fd, &ev);
	r->keeper_events = ev.events;
}

/* ---- the loop ---- */

/* A step that ends does so here, too, whatever the keeper does meanwhile. */
static void tick(struct relay *r, int64_t now)
{
	if (now - r->ticked < TICK)
		return;
	r->ticked = now;
	r->throttled = false;
	int64_t wall = time_now();
	for (size_t i = 0; i < r->link_count; i++) {
		struct glink *g = r->links[i];
		struct gate_event ev = {.kind = GATE_EV_TIME, .now = wall};
		struct gate_standing st;
		if (gate_decide(&g->st, &ev, &st, NULL) == GATE_MOVED) {
			change(r, g, &st);
			sweep(r);
			role_log(r->r, "link %s falls back to %s: its step has ended", g->l.name, gate_state_name(st.state));
		}
		listener_right(r, g, now);
		pass_tick(r, g, now);
		pass_go_on(r, g);
		drain_go(r, g, now);
	}
}

static void on_event(struct relay *r, const struct epoll_event *ev)
{
	struct node *n = ev->data.ptr;
	switch (n->kind) {
	case NODE_LISTEN:
		if (((struct glink *)n->of)->lfd >= 0)
			pass_accept(r, n->of);
		break;
	case NODE_NEAR:
	case NODE_FAR:
		pass_event(r, n->of, n->kind == NODE_NEAR, ev->events);
		break;
	case NODE_DRAIN:
		drain_event(r, n->of, ev->events);
		pass_go_on(r, n->of);
		break;
	case NODE_KEEPER:
		if (r->keeper.fd >= 0 && ev->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			read_keeper(r);
		break;
	case NODE_SUP:
		break;
	}
}

static void bury(struct relay *r)
{
	while (r->graves) {
		struct conn *c = r->graves;
		r->graves = c->next;
		buf_done(&c->near.in);
		buf_done(&c->near.out);
		buf_done(&c->far.in);
		buf_done(&c->far.out);
		gate_asked_done(&c->asked);
		free(c);
	}
}

static int loop(struct relay *r)
{
	for (;;) {
		struct epoll_event ev[256];
		int n = epoll_wait(r->ep, ev, ARRAY_LEN(ev), (int)(TICK / (TIME_SEC / 1000)));
		if (n < 0 && errno != EINTR)
			return 3;
		r->wall = 0;
		for (int i = 0; i < n; i++) /* the keeper first: a cut goes before what else there is */
			if (((struct node *)ev[i].data.ptr)->kind == NODE_KEEPER)
				on_event(r, &ev[i]);
		for (int i = 0; i < n; i++) {
			const struct node *what = ev[i].data.ptr;
			if (what->kind == NODE_SUP) {
				int stop = role_take(r->r, NULL, NULL);
				if (stop != 0)
					return stop == 1 ? 0 : 3;
				take_keeper(r);
			} else if (what->kind != NODE_KEEPER) {
				on_event(r, &ev[i]);
			}
		}
		tick(r, relay_now());
		write_keeper(r);
		bury(r);
	}
}

/* A thousand partners are some thousand sockets. */
int gate_role_prepare(struct role *r, struct err *e)
{
	struct rlimit most;
	(void)e;
	if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
		most.rlim_cur = most.rlim_max;
		(void)!setrlimit(RLIMIT_NOFILE, &most);
	}
	return 0;
}

int gate_role_main(struct role *role)
{
	struct relay *r = calloc(1, sizeof *r);
	if (!r)
		return 3;
	r->r = role;
	r->keeper.fd = -1;
	r->holds_end = &r->holds;
	r->keeper_node.kind = NODE_KEEPER;
	r->sup_node.kind = NODE_SUP;
	if (role->listener_count)
		relay_tls_own(r, &role->listeners[0]);
	r->ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &r->sup_node};
	if (r->ep < 0 || epoll_ctl(r->ep, EPOLL_CTL_ADD, role->sup, &ev) < 0)
		return 3;
	take_keeper(r);
	return loop(r);
}
