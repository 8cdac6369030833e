/* cutter: what a cut does beside the relay, in a process of its own: CAP_NET_ADMIN and nothing else of root's, no key, no file, no listener. The keeper says what is to be cut, whole, as a list; the cutter
 * makes the kernel agree (one transaction of nftables in a table that is ours alone), ends what stands (sock_diag), and probes.
 *
 * The table stays when we die or are stopped: nothing is opened by a crash. When the keeper has said its list again, the table agrees with that. Should another program take it away (a firewall that is
 * started again flushes everything), the kernel tells us, and it is put back.
 *
 * Where libnftables is missing or the kernel does not let us, that is said, and the relay's cut stands alone. */
#include "cutter.h"
#include "libnftables.h"
#include "site.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_MOST ((size_t)4 << 20)
#define PAUSE (TIME_SEC / 10)  /* between two looks at what others do to the tables */
#define TEXT_MAX ((size_t)8 << 20)
#define ADDRESS_PORT 445       /* what is tried of an address: file service, which is what an address is cut for */

struct cutter {
	struct role *r;
	struct chan keeper; /* fd -1: none at the moment */
	char table[GATE_TABLE_MAX];
	char why[160];      /* why nftables is not to be had; empty: it is */
	bool nft;
	int diag, watch, set; /* sock_diag; what happens to tables; what is put into sets. -1: not to be had */
	struct gate_element *have; /* sorted: what is in force, if known */
	size_t have_n;
	bool known, isolated;
	size_t rules[2];    /* of the two tables, as we made them */
	bool remember;      /* they are to be counted: not before the keeper has its answer */
	bool touched;       /* another program did something to the tables */
	int64_t look_at;
	struct gate_element own[SITE_LISTENERS_MAX + 1];
	size_t own_n;
};

/* ---- before the sandbox ---- */

static struct { /* what prepare finds, for main */
	char why[160];
	int diag, watch, set;
} found = {.diag = -1, .watch = -1, .set = -1};

static int netlink_open(int protocol, uint32_t group)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_groups = group ? 1u << (group - 1) : 0};
	const struct timeval patience = {.tv_sec = 2};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (group ? SOCK_NONBLOCK : 0), protocol);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static bool may_admin(void)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {0};
	return syscall(SYS_capget, &h, d) == 0 && d[CAP_NET_ADMIN / 32].effective & 1u << (CAP_NET_ADMIN % 32);
}

int cutter_prepare(struct role *r, struct err *e)
{
	struct rlimit most;
	struct err why = {0};
	char text[128];
	(void)e;
	if (getrlimit(RLIMIT_NOFILE, &most) == 0) { /* a probe for each partner, at once */
		most.rlim_cur = most.rlim_max;
		(void)!setrlimit(RLIMIT_NOFILE, &most);
	}
	if (!may_admin())
		err_set(&why, ERR_DENIED, NULL, "this process may not administer the network (it needs CAP_NET_ADMIN)");
	else if (nft_load(&why) == 0) {
		snprintf(text, sizeof text, "add table inet holdfast_try_%d\ndelete table inet holdfast_try_%d\n", (int)getpid(), (int)getpid());
		(void)!nft_say(text, &why);
	}
	snprintf(found.why, sizeof found.why, "%.150s", why.text);
	if (may_admin())
		found.diag = netlink_open(NETLINK_SOCK_DIAG, 0);
	if (!found.why[0]) {
		found.watch = netlink_open(NETLINK_NETFILTER, NFNLGRP_NFTABLES);
		found.set = netlink_open(NETLINK_NETFILTER, 0);
	}
	return 0;
}

/* ---- the table ---- */

static void drain(struct cutter *c)
{
	char some[8192];
	while (c->watch >= 0 && (recv(c->watch, some, sizeof some, MSG_DONTWAIT) > 0 || errno == ENOBUFS))
		;
}

static int counts(struct cutter *c, bool island, struct gate_counts *ret, struct err *e)
{
	char text[128];
	struct slice json;
	snprintf(text, sizeof text, "list table inet %s%s\n", c->table, island ? "_island" : "");
	int r = nft_ask(text, &json, e);
	return r == 0 ? gate_counts_read(json, ret, e) : r;
}

static bool has_table(const struct cutter *c)
{
	return c->have_n && c->have[0].kind <= GATE_ADDRESS;
}

static void remember_rules(struct cutter *c)
{
	struct err e = {0};
	for (int island = 0; island < 2; island++) {
		struct gate_counts n = {0};
		if (island ? c->isolated : has_table(c))
			if (counts(c, island, &n, &e) == 0)
				c->rules[island] = n.rules;
		free(n.v);
	}
	c->remember = false;
}

static int put_whole(struct cutter *c, const struct gate_element *v, size_t n, bool isolated, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	buf_init(&text, TEXT_MAX);
	gate_table_whole(c->table, v, n, &text);
	gate_island_whole(c->table, isolated, v, n, &text);
	buf_u8(&text, 0);
	return buf_ok(&text) ? nft_say((const char *)text.p, e) : err_set(e, ERR_LIMIT, NULL, "too many addresses");
}

static int put_change(struct cutter *c, const struct gate_element *v, size_t n, bool isolated, struct err *e)
{
	AUTO_BUF struct buf text = {0}, batch = {0};
	bool members = false;
	if (c->set < 0)
		return ERR_NO;
	buf_init(&text, TEXT_MAX);
	buf_init(&batch, TEXT_MAX);
	gate_table_change(c->table, c->have, c->have_n, v, n, &text);
	for (size_t i = 0; i < n && !members; i++)
		members = v[i].kind >= GATE_MEMBER && !gate_element_find(c->have, c->have_n, &v[i]);
	for (size_t i = 0; i < c->have_n && !members; i++)
		members = c->have[i].kind >= GATE_MEMBER && !gate_element_find(v, n, &c->have[i]);
	if (isolated != c->isolated || (isolated && members))
		gate_island_whole(c->table, isolated, v, n, &text);
	const size_t answers = gate_table_elements(c->table, c->have, c->have_n, v, n, &batch);
	if (!buf_ok(&text) || !buf_ok(&batch))
		return err_set(e, ERR_LIMIT, NULL, "too many addresses");
	int r = 0;
	if (text.n) {
		buf_u8(&text, 0);
		r = buf_ok(&text) ? nft_say((const char *)text.p, e) : ERR_LIMIT;
	}
	return r == 0 && answers && batch_say(c->set, buf_slice(&batch), answers) < 0 ? ERR_SYSTEM : r;
}

/* The list becomes what is in force. It is taken. */
static int agree(struct cutter *c, struct gate_element *v, size_t n, bool isolated, struct err *e)
{
	bool whole = !c->known || isolated != c->isolated || (n && v[0].kind <= GATE_ADDRESS) != has_table(c);
	int r = c->known ? put_change(c, v, n, isolated, e) : ERR_NO;
	if (r < 0) /* somebody has changed it under us, or we have just begun */
		r = put_whole(c, v, n, isolated, e);
	c->known = r == 0;
	free(c->have);
	c->have = v;
	c->have_n = n;
	c->isolated = isolated;
	c->remember |= r == 0 && whole;
	drain(c);
	return r;
}

/* Others have worked on the tables: is ours still whole? */
static void look(struct cutter *c, int64_t now)
{
	struct err e = {0};
	bool good = true;
	c->look_at = now + PAUSE;
	c->touched = false;
	for (int island = 0; island < 2 && c->known; island++) {
		struct gate_counts n = {0};
		size_t want = 0;
		if (island ? !c->isolated : !has_table(c))
			continue;
		for (size_t i = 0; i < c->have_n && !island; i++)
			want += c->have[i].kind <= GATE_ADDRESS;
		good &= counts(c, island, &n, &e) == 0 && n.rules == c->rules[island] && n.n == want;
		free(n.v);
	}
	drain(c);
	if (good || !c->known)
		return;
	int r = put_whole(c, c->have, c->have_n, c->isolated, &e);
	c->known = r == 0;
	role_log(c->r, r == 0 ? "another program changed the table of cuts; it is put back" : "another program changed the table of cuts, and it cannot be put back: %s", e.text);
	c->remember = r == 0;
	drain(c);
}

/* ---- the keeper asks ---- */

static void on_want(struct cutter *c, const struct frame *f)
{
	struct cur in = cur_of(f->payload);
	bool isolated = cur_u8(&in);
	uint32_t n = cur_u32le(&in), got = 0;
	struct err e = {0};
	int64_t began = time_monotonic();
	int ended = 0, r = 0;
	struct gate_element *v = n <= GATE_ELEMENTS_MAX ? calloc(n + c->own_n + 1, sizeof *v) : NULL;
	while (v && got < n && gate_element_get(&in, &v[got]))
		got++;
	if (!v || got < n || !cur_done(&in)) {
		free(v);
		r = err_set(&e, ERR_INPUT, NULL, "a list of cuts that does not read: the one before stands");
	} else {
		for (uint32_t i = 0; i < n;) /* nobody can make us cut ourselves off */
			if (v[i].kind == GATE_ADDRESS && serve_own_address(v[i].six, v[i].ip))
				v[i] = v[--n];
			else
				i++;
		memcpy(v + n, c->own, c->own_n * sizeof *v);
		size_t all = gate_elements_sort(v, n + c->own_n);
		if (c->nft) {
			r = agree(c, v, all, isolated, &e);
		} else {
			free(c->have);
			c->have = v;
			c->have_n = all;
			r = err_set(&e, ERR_SYSTEM, NULL, "%s", c->why);
		}
		if (c->diag >= 0 && has_table(c))
			ended = sockets_end(c->diag, c->have, c->have_n);
		if (c->diag >= 0 && (ended == -EPERM || ended == -EOPNOTSUPP)) {
			close(c->diag);
			c->diag = -1;
		}
	}
	size_t at = frame_begin(&c->keeper.out, FRAME_C_HAVE, f->tag);
	buf_u8(&c->keeper.out, (uint8_t)((c->nft ? CUT_ABLE_NFT : 0) | (c->diag >= 0 ? CUT_ABLE_KILL : 0)));
	buf_u32le(&c->keeper.out, (uint32_t)r);
	frame_str(&c->keeper.out, r < 0 ? e.text : "");
	buf_u32le(&c->keeper.out, ended > 0 ? (uint32_t)ended : 0);
	buf_u64le(&c->keeper.out, (uint64_t)(time_monotonic() - began) / 1000);
	frame_end(&c->keeper.out, at);
}

/* Nobody has these addresses (RFC 5737, RFC 3849). */
static void outside(struct probe p[2])
{
	p[0].to = (struct gate_element){.kind = GATE_FAR, .ip = {192, 0, 2, 1}, .port = 9};
	p[1].to = (struct gate_element){.kind = GATE_FAR, .six = 1, .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, .port = 9};
}

static void on_prove(struct cutter *c, const struct frame *f)
{
	struct cur in = cur_of(f->payload);
	uint32_t n = cur_u32le(&in), got = 0;
	struct gate_counts before = {0}, after = {0}, island[2] = {{0}, {0}};
	struct err e = {0};
	struct gate_element *v = n <= GATE_ELEMENTS_MAX ? calloc(n + 1, sizeof *v) : NULL;
	struct probe *p = v ? calloc(n + 2, sizeof *p) : NULL;
	size_t tries = 0;
	while (p && got < n && gate_element_get(&in, &v[got]))
		got++;
	bool able = c->nft && c->known && p && got == n;
	if (able && has_table(c))
		able = counts(c, false, &before, &e) == 0;
	if (able && c->isolated)
		able = counts(c, true, &island[0], &e) == 0;
	for (uint32_t i = 0; able && i < n; i++) /* what is not in the table is not tried: it would leave */
		if (v[i].kind != GATE_HERE && gate_count_find(&before, &v[i])) {
			p[tries].to = v[i];
			if (v[i].kind == GATE_ADDRESS)
				p[tries].to.port = ADDRESS_PORT;
			tries++;
		}
	size_t links = tries;
	if (able && c->isolated) {
		struct probe far[2] = {{{0}}};
		outside(far);
		memcpy(p + tries, far, sizeof far);
		tries += ARRAY_LEN(far);
	}
	if (able)
		probe_all(p, tries);
	if (able && has_table(c))
		able = counts(c, false, &after, &e) == 0;
	if (able && c->isolated)
		able = counts(c, true, &island[1], &e) == 0;
	size_t at = frame_begin(&c->keeper.out, FRAME_C_PROVEN, f->tag), t = 0;
	buf_u8(&c->keeper.out, (uint8_t)((c->nft ? CUT_ABLE_NFT : 0) | (c->diag >= 0 ? CUT_ABLE_KILL : 0)));
	frame_str(&c->keeper.out, c->nft ? e.text : c->why);
	buf_u32le(&c->keeper.out, p && got == n ? n : 0);
	for (uint32_t i = 0; p && got == n && i < n; i++) {
		const struct gate_count *was = gate_count_find(&before, &v[i]), *is = able ? gate_count_find(&after, &v[i]) : NULL;
		enum cut_found what = is ? CUT_STOPPED : CUT_NOT;
		if (was && v[i].kind != GATE_HERE && able) {
			what = p[t++].found;
			if (!is)
				what = CUT_NOT;
			else if (what == CUT_STOPPED && is->packets <= was->packets)
				what = CUT_THROUGH; /* refused, but not by us: the packet was there */
		}
		gate_element_put(&v[i], &c->keeper.out);
		buf_u8(&c->keeper.out, (uint8_t)what);
		buf_u64le(&c->keeper.out, is ? is->packets : 0);
		buf_u64le(&c->keeper.out, is ? is->bytes : 0);
	}
	uint8_t host = CUT_NOT;
	if (able && c->isolated) {
		host = p[links].found == CUT_THROUGH || p[links + 1].found == CUT_THROUGH ? CUT_THROUGH : p[links].found == CUT_NO_WAY && p[links + 1].found == CUT_NO_WAY ? CUT_NO_WAY : CUT_STOPPED;
		if (host == CUT_STOPPED && island[1].outside <= island[0].outside)
			host = CUT_THROUGH;
	}
	buf_u8(&c->keeper.out, host);
	buf_u64le(&c->keeper.out, island[1].outside);
	frame_end(&c->keeper.out, at);
	free(before.v);
	free(after.v);
	free(island[0].v);
	free(island[1].v);
	free(v);
	free(p);
}

/* ---- the loop ---- */

static void take_keeper(struct cutter *c)
{
	pthread_mutex_lock(&c->r->peer_lock);
	int fd = c->r->peer[ROLE_KEEPER];
	c->r->peer[ROLE_KEEPER] = -1;
	pthread_mutex_unlock(&c->r->peer_lock);
	if (fd < 0)
		return;
	if (c->keeper.fd >= 0)
		chan_done(&c->keeper);
	if (fd_nonblock(fd) < 0) {
		close(fd);
		return;
	}
	chan_init(&c->keeper, fd);
}

static void read_keeper(struct cutter *c)
{
	struct frame f;
	int n = chan_read(&c->keeper, READ_MOST);
	while (n >= 0 && (n = chan_next(&c->keeper, &f)) == 1) {
		if (f.type == FRAME_C_WANT)
			on_want(c, &f);
		else if (f.type == FRAME_C_PROVE)
			on_prove(c, &f);
		else
			n = ERR_INPUT;
		if (n < 0)
			break;
	}
	if (n < 0) { /* what is cut stays cut */
		chan_done(&c->keeper);
		role_lost(c->r, ROLE_KEEPER);
	} else {
		chan_compact(&c->keeper);
	}
}

static void own_ports(struct cutter *c)
{
	for (size_t i = 0; i < c->r->listener_count && c->own_n < ARRAY_LEN(c->own); i++) {
		const char *colon = strrchr(c->r->listeners[i].is.address, ':');
		uint64_t port;
		if (colon && num_u64(slice_str(colon + 1), 1, 65535, &port) == 0)
			c->own[c->own_n++] = (struct gate_element){.kind = GATE_OWN_PORT, .port = (uint16_t)port};
	}
}

static int loop(struct cutter *c)
{
	for (;;) {
		int64_t now = time_monotonic();
		struct pollfd p[] = {
			{.fd = c->keeper.fd, .events = (short)(POLLIN | (c->keeper.fd >= 0 && chan_unsent(&c->keeper) ? POLLOUT : 0))},
			{.fd = c->r->sup, .events = POLLIN},
			{.fd = c->touched ? -1 : c->watch, .events = POLLIN},
		};
		if (poll(p, ARRAY_LEN(p), c->touched ? 20 : 1000) < 0 && errno != EINTR)
			return 3;
		if (p[0].revents & (POLLIN | POLLHUP | POLLERR))
			read_keeper(c);
		if (p[1].revents) {
			int stop = role_take(c->r, NULL, NULL);
			if (stop != 0)
				return stop == 1 ? 0 : 3;
			take_keeper(c);
		}
		if (p[2].revents)
			c->touched = true;
		if (c->keeper.fd >= 0 && chan_unsent(&c->keeper) && chan_write(&c->keeper) < 0) {
			chan_done(&c->keeper);
			role_lost(c->r, ROLE_KEEPER);
		}
		if (c->remember)
			remember_rules(c);
		if (c->touched && now >= c->look_at)
			look(c, now);
	}
}

int cutter_main(struct role *r)
{
	struct cutter *c = calloc(1, sizeof *c);
	if (!c)
		return 3;
	c->r = r;
	c->keeper.fd = -1;
	c->diag = found.diag;
	c->watch = found.watch;
	c->set = found.set;
	snprintf(c->why, sizeof c->why, "%s", found.why);
	c->nft = !c->why[0];
	gate_table_name(r->origin, c->table);
	own_ports(c);
	if (!c->nft)
		role_log(r, "%s: a cut is the relay's alone", c->why);
	take_keeper(c);
	return loop(c);
}
