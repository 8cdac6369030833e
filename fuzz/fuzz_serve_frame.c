/* What our own processes say to each other is hostile too: a role that a stranger has taken over speaks these frames. Byte 0 chooses who reads:
 *   0  any frame off a stream, however its bytes are cut into reads; every field reader on its payload
 *   1  packets with descriptors: what the supervisor tells a role
 *   2  the keeper, with a real ledger under it: what web, intake, a command and the scribe ask
 * Input of 0 and 1: the bytes. Of 2: byte 1 is the kind of channel, then frames: type u8, length u16 (little-endian), payload; their heads are made here, so that what is tried is what stands behind them. */
#include "keeper.h"
#include "site.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- streams ---- */

static void read_fields(struct slice payload)
{
	for (int how = 0; how < 4; how++) {
		struct cur c = cur_of(payload);
		char text[64];
		struct err e = {0};
		while (!c.failed && cur_left(&c)) {
			struct slice s = how == 0 ? frame_get_str(&c) : how == 1 ? frame_get_blob(&c) : SLICE_NULL;
			assert(!s.n || (s.p >= payload.p && s.p + s.n <= payload.p + payload.n));
			if (how == 2) {
				frame_get_text(&c, text, sizeof text);
				assert(strnlen(text, sizeof text) < sizeof text);
			} else if (how == 3) {
				assert(frame_get_err(&c, (int)cur_u32le(&c), &e) < 0 && e.code < 0);
				assert(strnlen(e.place, sizeof e.place) < sizeof e.place && strnlen(e.text, sizeof e.text) < sizeof e.text);
			}
		}
	}
}

static void stream(struct slice s)
{
	int pair[2];
	struct chan c;
	struct frame f;
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	chan_init(&c, pair[0]);
	assert(fd_nonblock(pair[0]) == 0);
	size_t at = 0, step = 1 + (s.n ? s.p[0] : 0), frames = 0, bytes = 0;
	int n = 0;
	while (at < s.n && n >= 0) {
		size_t part = s.n - at < step ? s.n - at : step;
		ssize_t w = send(pair[1], s.p + at, part, MSG_DONTWAIT | MSG_NOSIGNAL);
		assert(w == (ssize_t)part);
		at += part;
		assert(chan_read(&c, 1 << 20) == 1);
		while ((n = chan_next(&c, &f)) == 1) {
			assert(f.n == f.payload.n && f.n <= frame_max(f.type));
			bytes += FRAME_HEAD + f.n;
			frames++;
			read_fields(f.payload);
		}
		chan_compact(&c);
	}
	assert(n < 0 ? n == ERR_INPUT : bytes + (c.in.n - c.in_at) == s.n);
	chan_done(&c);
	close(pair[1]);
}

/* ---- packets ---- */

static int take(void *arg, struct frame *f)
{
	read_fields(f->payload);
	return 0;
}

static void packet(struct slice s)
{
	int pair[2], spare = -1;
	struct role r = {.id = ROLE_SCRIBE, .sitefd = -1, .lockfd = -1, .controlfd = -1, .sharedfd = -1, .peer = {[0 ... ROLES - 1] = -1}, .peer_lock = PTHREAD_MUTEX_INITIALIZER, .peer_new = PTHREAD_COND_INITIALIZER};
	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	r.sup = pair[0];
	while (s.n) {
		size_t n = 1 + s.p[0];
		n = n > s.n - 1 ? s.n - 1 : n;
		if (n && (send(pair[1], s.p + 1, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0))
			break;
		s = slice_of(s.p + 1 + n, s.n - 1 - n);
	}
	/* and one that is well made: a peer with a descriptor */
	uint8_t id = ROLE_KEEPER;
	spare = dup(pair[1]);
	(void)!packet_send(pair[1], FRAME_R_PEER, 0, slice_of(&id, 1), &spare, 1, false);
	close(spare);
	close(pair[1]);
	for (int i = 0; i < 64 && role_take(&r, take, NULL) == 0; i++)
		;
	for (size_t i = 0; i < ROLES; i++)
		if (r.peer[i] >= 0)
			close(r.peer[i]);
	close(pair[0]);
}

/* ---- the keeper ---- */

static struct role role = {.id = ROLE_KEEPER, .site_name = "Test", .origin = "test.example", .far_behind = SERVE_FAR_BEHIND, .peer = {[0 ... ROLES - 1] = -1}, .sup = -1, .controlfd = -1, .lockfd = -1, .sharedfd = -1, .owner_uid = 0, .group_gid = UINT32_MAX,
	.peer_lock = PTHREAD_MUTEX_INITIALIZER, .peer_new = PTHREAD_COND_INITIALIZER};
static char where[64], token[TOKEN_MAX];

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static void clean(void)
{
	nftw(where, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct keeper *a_keeper(void)
{
	static struct keeper *k;
	struct err e = {0};
	char site[80];
	if (k)
		return k;
	snprintf(where, sizeof where, "%s/hf-fuzz-frame-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert(mkdtemp(where));
	atexit(clean);
	snprintf(site, sizeof site, "%s/site", where);
	AUTO_BUF struct buf talk = {0};
	buf_init(&talk, 1 << 16);
	struct site_init o = {.name = "Test", .k = 1, .n = 1, .shares_dir = where};
	assert(site_create(site, &o, &talk, &e) == 0);
	role.sitefd = open(site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	role.sharedfd = memfd_create("shared", MFD_CLOEXEC);
	assert(role.sharedfd >= 0 && ftruncate(role.sharedfd, KEEPER_SHARED) == 0);
	k = calloc(1, sizeof *k);
	assert(k && role.sitefd >= 0);
	k->r = &role;
	k->staged = calloc(STAGED_MAX, sizeof *k->staged);
	k->waiting = calloc(WAITING_MAX, sizeof *k->waiting);
	buf_init(&k->roles, 1 << 16);
	buf_init(&k->shares, 1 << 16);
	buf_init(&k->alarms, 1 << 16);
	buf_init(&k->listeners, 1 << 16);
	k->feed.end = CHART_NOW;
	struct ledger_options lo = {.write = true};
	k->ep = epoll_create1(EPOLL_CLOEXEC);
	assert(k->staged && k->waiting && k->ep >= 0);
	assert(site_keys_open(role.sitefd, &k->keys, &e) == 0 && ledger_open(role.sitefd, &k->keys, &lo, &k->l, NULL, &e) == 0);
	assert(accounts_open(k, &e) == 0);
	assert(sessions_open(k, &e) == 0);
	assert(accounts_token_new(k, "admin", "", "fuzz", "test", token, &e) == 0);
	assert(ledger_commit(k->l, &e) == 0);
	return k;
}

/* These hand a password, or a replica's head, to another thread, whose answer comes later, and which takes a tenth of a second. */
static bool slow(uint8_t type)
{
	return type == FRAME_K_LOGIN || type == FRAME_K_PASSWORD || type == FRAME_K_USER_ADD || type == FRAME_K_HEAD;
}

/* Who asks with a token gets the real one in its place: the input cannot know it. */
static struct slice let_in(struct slice payload, struct buf *b)
{
	struct cur c = cur_of(payload);
	if (cur_u8(&c) != WHO_TOKEN)
		return payload;
	frame_get_str(&c);
	if (c.failed)
		return payload;
	buf_reset(b);
	buf_u8(b, WHO_TOKEN);
	frame_str(b, token);
	buf_add_slice(b, cur_take(&c, cur_left(&c)));
	return buf_slice(b);
}

static void ask_keeper(struct slice s)
{
	static const enum chan_kind kinds[] = {CH_INTAKE, CH_CLIENT, CH_CONTROL};
	struct keeper *k = a_keeper();
	struct cur c = cur_of(s);
	struct err e = {0};
	int pair[2];
	uint8_t kind = cur_u8(&c);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	struct kchan *ch = keeper_chan_add(k, pair[0], kinds[kind % ARRAY_LEN(kinds)]);
	assert(ch);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	for (uint64_t tag = 1; cur_left(&c) && tag < 16; tag++) {
		struct frame f = {.type = cur_u8(&c), .tag = tag};
		uint16_t n = cur_u16le(&c);
		f.payload = cur_take(&c, n < cur_left(&c) ? n : cur_left(&c));
		if (ch->kind == CH_CLIENT)
			f.payload = let_in(f.payload, &b);
		f.n = (uint32_t)f.payload.n;
		uint32_t max = frame_max(f.type);
		if (c.failed || slow((uint8_t)f.type) || max == UINT32_MAX || f.n > max)
			continue;
		if (keeper_dispatch(k, ch, &f) < 0)
			break;
	}
	assert(buf_ok(&ch->c.out));
	assert(ledger_commit(k->l, &e) == 0);
	k->staged_count = 0;
	/* what it answered is frames, and each an answer */
	struct frame f;
	struct slice out = buf_slice(&ch->c.out);
	while (out.n) {
		assert(frame_head(out, &f) && (f.type == FRAME_K_REPLY || f.type == FRAME_K_PROGRESS || f.type == FRAME_K_ROOM) && out.n >= FRAME_HEAD + f.n);
		out = slice_of(out.p + FRAME_HEAD + f.n, out.n - FRAME_HEAD - f.n);
	}
	for (size_t i = 0; i < k->waiting_count; i++)
		if (k->waiting[i].chan == ch->id)
			k->waiting[i--] = k->waiting[--k->waiting_count];
	k->test_chan = 0;
	keeper_chan_drop(k, ch, NULL);
	for (struct kchan **p = &k->chans; *p; p = &(*p)->next)
		if (*p == ch) {
			*p = ch->next;
			break;
		}
	chan_done(&ch->c);
	free(ch);
	close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > 60000)
		return 0;
	struct slice s = slice_of(data + 1, size - 1);
	if (data[0] % 3 == 0)
		stream(s);
	else if (data[0] % 3 == 1)
		packet(s);
	else
		ask_keeper(s);
	return 0;
}
