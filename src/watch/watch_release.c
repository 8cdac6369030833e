/* watch_release, watch_list: from the records alone, whether a sensor runs or not. */
#include "watch_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEEN_WAIT 60 /* times 10 ms: a running sensor notes a release within a few; else it has died or hangs, and the supervisor sees to that */

struct releasing {
	const char *id;
	bool known;
	uint64_t continued;
};

static int release_one(void *arg, const struct record *r, const struct place *data)
{
	struct releasing *x = arg;
	(void)data;
	if (strcmp(r->text, x->id))
		return 0;
	if (r->kind == RECORD_VERDICT)
		x->known = true;
	else if (r->kind == RECORD_FROZEN)
		(void)!proc_thaw(r->path);
	else if (r->kind == RECORD_STOP)
		x->continued += proc_signal(r->pid, r->start, SIGCONT);
	return 0;
}

static int know_one(void *arg, const struct record *r, const struct place *data)
{
	struct releasing *x = arg;
	(void)data;
	return r->kind == RECORD_VERDICT && !strcmp(r->text, x->id) ? (x->known = true) : 0;
}

/* The sensor is told first: else it would stop again what is continued. */
static int tell_sensor(int state, const char *id, struct err *e)
{
	char path[2 * WATCH_ID_MAX], seen[2 * WATCH_ID_MAX + 8];
	snprintf(path, sizeof path, "released/%.31s", id);
	snprintf(seen, sizeof seen, "%s.seen", path);
	(void)!mkdirat(state, "released", 0700);
	AUTO_CLOSE int fd = openat(state, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, path, "a release cannot be noted");
	AUTO_CLOSE int lock = openat(state, "lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct err ignored;
	for (int n = 0; n < SEEN_WAIT && lock >= 0 && file_lock(lock, false, &ignored) == ERR_BUSY; n++) {
		if (faccessat(state, seen, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			break;
		poll(NULL, 0, 10);
	}
	return 0;
}

int watch_release(const char *state, const char *id, uint64_t *ret_count, struct err *e)
{
	struct store s;
	struct releasing x = {.id = id};
	if (!id_valid(id))
		return err_set(e, ERR_USAGE, NULL, "'%.40s' is no verdict's id: they are a w and a number, as `watch list` prints them", id);
	AUTO_CLOSE int fd = state_open(state, false, e);
	int r = fd < 0 ? fd : store_open(&s, fd, 0, e);
	if (r < 0)
		return r;
	r = store_each(&s, know_one, &x, e);
	if (r >= 0)
		r = x.known ? tell_sensor(fd, id, e) : err_set(e, ERR_NOT_FOUND, state, "no verdict %s is known here", id);
	if (r == 0)
		r = store_each(&s, release_one, &x, e);
	store_close(&s);
	if (r < 0)
		return r;
	*ret_count = x.continued;
	return 0;
}

/* ---- list ---- */

#define LIST_MAX 4096

struct listed {
	char id[RECORD_TEXT_MAX];
	char *json;          /* of the verdict */
	size_t n;
	uint64_t stops, denials;
};
struct listing {
	struct listed *v;
	size_t n;
};

static struct listed *listed_of(struct listing *l, const char *id)
{
	for (size_t i = l->n; i-- > 0;)
		if (!strcmp(l->v[i].id, id))
			return &l->v[i];
	return NULL;
}

static int list_one(void *arg, const struct record *r, const struct place *data)
{
	struct listing *l = arg;
	struct listed *x = r->text[0] ? listed_of(l, r->text) : NULL;
	(void)data;
	if (r->kind == RECORD_VERDICT && !x && r->extra.n && l->n < LIST_MAX) {
		x = &l->v[l->n++];
		memcpy(x->id, r->text, sizeof x->id);
		x->json = strndup((const char *)r->extra.p, r->extra.n);
		x->n = x->json ? r->extra.n : 0;
	}
	if (x && r->kind == RECORD_STOP)
		x->stops++;
	if (x && r->kind == RECORD_DENY)
		x->denials++;
	return 0;
}

static bool there(int state, const char *dir, const char *id)
{
	char path[2 * RECORD_TEXT_MAX];
	snprintf(path, sizeof path, "%s/%s", dir, id);
	return faccessat(state, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The verdict's line as it was said, and behind it what became of it. */
static void put_listed(int state, const struct listed *x, struct buf *b)
{
	struct jsonw w;
	bool released = there(state, "released", x->id);
	buf_reset(b);
	if (!x->n || x->json[0] != '{')
		return;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	bool look = slice_starts(slice_of(x->json, x->n), "{\"event\":\"look\"");
	jsonw_kstr(&w, "state", released ? "released" : look ? "look" : x->stops ? "stopped" : x->denials ? "denied" : "observed");
	jsonw_ku64(&w, "stopped", x->stops);
	jsonw_kbool(&w, "restored", there(state, "restored", x->id));
	jsonw_obj_end(&w);
	b->n--; /* one object of two */
	buf_u8(b, ',');
	buf_add(b, x->json + 1, x->n - 1);
}

int watch_list(const char *state, void (*line)(void *arg, struct slice json), void *arg, struct err *e)
{
	struct store s;
	AUTO_BUF struct buf b = {0};
	AUTO_CLOSE int fd = state_open(state, false, e);
	int r = fd < 0 ? fd : store_open(&s, fd, 0, e);
	if (r < 0)
		return r == ERR_NOT_FOUND ? 0 : r;
	struct listing l = {.v = calloc(LIST_MAX, sizeof *l.v)};
	r = l.v ? store_each(&s, list_one, &l, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	store_close(&s);
	buf_init(&b, RECORD_EXTRA_MAX + 4096);
	for (size_t i = 0; i < l.n; i++) {
		put_listed(fd, &l.v[i], &b);
		if (r >= 0 && b.n && buf_ok(&b))
			line(arg, buf_slice(&b));
		free(l.v[i].json);
	}
	free(l.v);
	return r < 0 ? r : 0;
}
